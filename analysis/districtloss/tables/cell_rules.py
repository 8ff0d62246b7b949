"""Which cells break a rule of their column, and what would be right."""

from __future__ import annotations

import re

import pandas as pd

from districtloss.errors import Fault
from districtloss.tables import schema
from districtloss.tables.csv_files import Raw

EARLIER = re.compile(r"stands in line ([0-9]+) already$")  # as tables.py says of an id that is given twice


def cell_faults(table: schema.Table, raw: Raw) -> list[Fault]:
    """Return a fault for every cell that breaks a rule of its column, found by Pandera.

    Pandera is not asked where all is well: to load it takes as long as to read some ten thousand rows.
    """
    if schema.holds(table, raw.cells, raw.missing):
        return []
    import pandera.errors

    present = raw.cells.drop(columns=list(raw.missing))
    try:
        schema.pandera_schema(table, raw.missing).validate(present, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        return _translate(errors.failure_cases, table, raw)
    return []


def _translate(cases: pd.DataFrame, table: schema.Table, raw: Raw) -> list[Fault]:
    """Turn Pandera's failure cases into faults."""
    faults = []
    first_line: dict[str, dict[str, int]] = {}
    for name, rule, row in cases[["column", "check", "index"]].itertuples(index=False):
        line = int(raw.lines[int(row)])
        if rule == "key":  # Pandera tells it once for each column of the row
            if name == table.primary_key[0]:
                key = ", ".join(table.primary_key)
                faults.append(Fault(table.file, line, key, "the row stands twice", "delete one of the two"))
            continue
        column = table.columns[name]
        text = str(raw.cells[name].iloc[int(row)])
        if rule == "required":
            faults.append(Fault(table.file, line, name, "the cell is empty", f"give {column.wanted()}"))
        elif rule == "unique":
            if name not in first_line:
                once = ~raw.cells[name].duplicated()
                first_line[name] = dict(zip(raw.cells[name][once].astype(str), raw.lines[once], strict=True))
            problem = f"{schema.show(text)} stands in line {first_line[name][text]} already"
            faults.append(Fault(table.file, line, name, problem, "give each row its own"))
        else:
            faults.append(Fault(table.file, line, name, *cell_problem(column, text)))
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
