"""Rules of decisions and options: what an alternative changes is there, and what it makes of a row is right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import pandas as pd

from districtloss.errors import Fault
from districtloss.tables import decisions
from districtloss.tables.frames import Tables
from districtloss.tables.rules import row as row_rules
from districtloss.tables.rules.cell import cell_problem
from districtloss.tables.rules.context import Context, Reported, records
from districtloss.tables.rules.keys import suggestions
from districtloss.tables.schema import nearest, show


def alternatives(context: Context) -> None:
    """The alternatives of a decision are others than the chosen option, and each changes something."""
    complete = context.has("decisions", "decision_id", "chosen", "alternatives", "note")
    if not complete or "options" in context.reported.incomplete:
        return
    has_rows = set()
    if context.has("options", "decision_id", "option"):
        has_rows = set(zip(context.tables.options["decision_id"], context.tables.options["option"], strict=True))
    for row, decision in enumerate(records(context.tables.decisions)):
        names = decision["alternatives"].split("|") if decision["alternatives"] else []
        if decision["chosen"] and decision["chosen"] in names:
            problem = f"the chosen option {show(decision['chosen'])} is among the alternatives"
            context.fault("decisions", row, "alternatives", problem, "take it out")
        for option in dict.fromkeys(o for o in names if names.count(o) > 1):
            context.fault("decisions", row, "alternatives", f"{show(option)} stands twice", "delete one of the two")
        for option in dict.fromkeys(names):
            if (decision["decision_id"], option) not in has_rows and option not in decision["note"]:
                problem = f"the alternative {show(option)} changes nothing"
                remedy = "say in options.csv what it changes, or name it in the note and say why nothing"
                context.fault("decisions", row, "alternatives", problem, remedy)


def options(context: Context) -> None:
    """Options name decisions, rows and columns that exist, and values that those cells could hold."""
    tables = context.tables
    concerned = {"options", "decisions", "events", "claims"}
    if any(context.reported.missing.get(name) for name in concerned) or concerned & set(context.reported.incomplete):
        return
    known = decisions.choices(tables.decisions)
    ids = {name: set(getattr(tables, name)[key].tolist()) for name, key in decisions.KEYS.items()}
    usable = []
    for row, cell in enumerate(records(tables.options)):
        before = len(context.faults)
        options = known.get(cell["decision_id"])
        if options and cell["option"] not in options[1:]:
            problem = f"{show(cell['option'])} is no alternative of {cell['decision_id']}"
            if cell["option"] == options[0]:
                problem = f"{show(cell['option'])} is the chosen option, which changes nothing"
            context.fault("options", row, "option", problem, f"one of {', '.join(options[1:])}")
        if cell["table"] in ids:
            _cell_of_option(context, row, cell, ids[cell["table"]])
        right = len(context.faults) == before and not any(context.is_reported("options", row, name) for name in cell)
        if options and cell["table"] in ids and cell["column"] and right:
            usable.append(row)
    _coded_otherwise(context, tables.options.loc[usable])


def _cell_of_option(context: Context, row: int, cell: Mapping[str, str], ids: set[str]) -> None:
    rules = context.package.tables[cell["table"]]
    row_id, name, value = cell["row_id"], cell["column"], cell["value"]
    if row_id and row_id not in ids:
        context.fault("options", row, "row_id", f"{show(row_id)} is no row of {rules.file}", "name one that is there")
    column = rules.columns.get(name)
    if column is None:
        if name:
            meant = nearest(name, rules.columns)
            remedy = f"did you mean {meant}?" if meant else f"one of {', '.join(rules.columns)}"
            context.fault("options", row, "column", f"{show(name)} is no column of {rules.file}", remedy)
        return
    if name in (*rules.primary_key, "decision_id"):
        context.fault("options", row, "column", f"{name} identifies the row", "change another cell")
    elif not value and column.required:
        context.fault("options", row, "value", f"{name} cannot be empty", f"give {column.wanted()}")
    elif value and column.problem(value) is not None:
        problem, remedy = cell_problem(column, value)
        context.fault("options", row, "value", problem, remedy)
    else:
        for key in rules.foreign_keys:
            known = getattr(context.tables, key.table)[key.target]
            if key.column == name and value and not (known == value).any():
                problem = f"{show(value)} is no {key.target} of {key.table}.csv"
                context.fault("options", row, "value", problem, suggestions([known])(value))


def _coded_otherwise(context: Context, options: pd.DataFrame) -> None:
    """The rows that an option changes still agree with themselves; publication days may be in doubt too."""
    as_coded, coded_otherwise = {}, {}
    cells_of: dict[str, list[tuple[int, str]]] = {}
    for name, key in decisions.KEYS.items():
        frame = getattr(context.tables, name)
        rows = frame[frame[key].isin(options["row_id"])].drop_duplicates(key).reset_index(drop=True)
        cells = options[(options["table"] == name) & options["row_id"].isin(rows[key])]
        changed_row = cells.groupby(["decision_id", "option", "row_id"], sort=False).ngroup()
        first = cells[~changed_row.duplicated()]
        changed = rows.set_index(key, drop=False).loc[first["row_id"]].reset_index(drop=True)
        for column, those in cells.groupby("column", sort=False):
            values = [decisions.typed(value, changed[column].dtype) for value in those["value"]]
            changed.loc[changed_row[those.index].to_numpy(), column] = values
        as_coded[name], coded_otherwise[name] = rows, changed
        under = first["decision_id"] + " " + first["option"]
        cells_of[name] = list(zip(first.index.tolist(), under.tolist(), strict=True))
    without_lines = replace(context.tables, lines={})
    before = _faults_of_rows(context, replace(without_lines, **as_coded))
    also_as_coded = {(table, row_id, replace(fault, row=None)) for table, row_id, fault in before}
    for table, row_id, fault in _faults_of_rows(context, replace(without_lines, **coded_otherwise)):
        cell, option = cells_of[table][(fault.row or 2) - 2]
        if (table, row_id, replace(fault, row=None)) not in also_as_coded:
            problem = f"under {option}, {row_id} {fault.column}: {fault.problem}"
            context.fault("options", cell, "value", problem, fault.remedy)


def _faults_of_rows(context: Context, tables: Tables) -> Iterator[tuple[str, str, Fault]]:
    """The faults between cells of one row of events and claims, with table and id of the row."""
    inner = Context(tables, context.package, Reported(context.reported.missing))
    row_rules.check(inner, tuple(decisions.KEYS))
    for fault in inner.faults:
        table = fault.file.removesuffix(".csv")
        yield table, str(getattr(tables, table)[decisions.KEYS[table]].iloc[(fault.row or 2) - 2]), fault
