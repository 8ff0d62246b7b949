"""Rules of one cell, and of a column whose cells must differ: which cells break one, and what would be right."""

from __future__ import annotations

import re

import numpy as np

from districtloss.errors import Fault
from districtloss.tables import schema
from districtloss.tables.csv_files import Raw

EARLIER = re.compile(r"stands in line ([0-9]+) already$")  # as is said below of a cell that another row has too


def cell_faults(table: schema.Table, raw: Raw) -> list[Fault]:
    """Return a fault for every cell that breaks a rule of its column, and for every row whose key another has."""
    faults: list[Fault] = []

    def fault(row: int, column: str, problem: str, remedy: str) -> None:
        faults.append(Fault(table.file, int(raw.lines[row]), column, problem, remedy))

    for name, column in table.columns.items():
        if name in raw.missing:
            continue
        texts, numbers = raw.cells[name].cat.categories.tolist(), raw.cells[name].cat.codes.to_numpy()
        wrong = np.array([column.problem(text) is not None if text else column.required for text in texts], dtype=bool)
        for row in np.flatnonzero(wrong[numbers]).tolist():
            text = texts[numbers[row]]
            said = cell_problem(column, text) if text else ("the cell is empty", f"give {column.wanted()}")
            fault(row, name, *said)
        if column.unique and len(texts) < len(numbers):
            first = dict(zip(numbers[::-1].tolist(), raw.lines[::-1].tolist(), strict=True))
            for row in np.flatnonzero(raw.cells[name].duplicated()).tolist():
                if text := texts[numbers[row]]:
                    problem = f"{schema.show(text)} stands in line {first[numbers[row]]} already"
                    fault(row, name, problem, "give each row its own")
    key = list(table.primary_key)
    if len(key) > 1 and not set(key) & set(raw.missing):
        for row in np.flatnonzero(raw.cells.duplicated(key)).tolist():
            fault(row, ", ".join(key), "the row stands twice", "delete one of the two")
    return faults


def cell_problem(column: schema.Column, text: str) -> tuple[str, str]:
    """Return what is wrong with a cell that breaks a rule of its column, and what would be right."""
    found = column.problem(text)
    assert found is not None
    rule, problem = found
    if rule == "characters":
        return problem, "delete it"
    meant = schema.nearest(text, column.terms) if rule == "enum" else None
    return problem, f"did you mean {meant}?" if meant else f"give {column.wanted()}"
