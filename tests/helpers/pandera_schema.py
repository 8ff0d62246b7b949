"""Pandera as a witness: the rules of a table as Pandera reads them from datapackage.json, and what it refuses."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pandera.errors
import pandera.pandas as pa

from districtloss.tables.schema import BLANK, CONTROL, Column, Table


def _checks(column: Column) -> list[pa.Check]:
    """One check a constraint; an empty cell holds to all but `required`."""

    def holds(rule: str, test) -> pa.Check:
        return pa.Check(lambda cells: cells.map(lambda text: text == "" or test(text)), name=rule)

    checks = []
    if column.required:
        checks.append(pa.Check(lambda cells: cells != "", name="required"))
    if column.unique:
        checks.append(pa.Check(lambda cells: ~cells.duplicated() | (cells == ""), name="unique"))
    if column.max_length is not None:
        checks.append(holds("length", lambda text: len(text) <= column.max_length))
    if column.type == "date":
        dates = pa.Check.str_matches(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
        checks.append(holds("date", lambda text: _is(dates, text) and _between(column, _day(text))))
    elif column.type == "integer":
        whole = pa.Check.str_matches(r"^[+-]?[0-9]{1,4000}\Z")
        checks.append(holds("integer", lambda text: _is(whole, text) and _between(column, int(text))))
    elif column.type == "number":
        number = pa.Check.str_matches(r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,9})?\Z")
        checks.append(holds("number", lambda text: _is(number, text) and _between(column, float(text))))
    elif column.terms:
        checks.append(pa.Check.isin(["", *column.terms], name="enum"))
    else:
        checks.append(holds("characters", lambda text: not CONTROL.search(text)))
        if column.required:
            checks.append(holds("blank", lambda text: not BLANK.fullmatch(text)))
        if column.pattern:
            form = pa.Check.str_matches(rf"(?:{column.pattern})\Z")
            checks.append(holds("pattern", lambda text: _is(form, text)))
    return checks


def _is(check: pa.Check, text: str) -> bool:
    return bool(check(pd.Series([text], dtype=object)).check_passed)


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _between(column: Column, value) -> bool:
    low, high = column.minimum, column.maximum
    return value is not None and (low is None or value >= low) and (high is None or value <= high)


def refused(table: Table, cells: pd.DataFrame) -> set[tuple[int, str]]:
    """Return the (row counted from 0, column) of every cell that Pandera refuses, of text as it is read."""
    columns = {column.name: pa.Column(object, checks=_checks(column)) for column in table.columns.values()}
    key = list(table.primary_key)
    unique = [pa.Check(lambda frame: ~frame.duplicated(key), name="key")] if len(key) > 1 else []
    try:
        pa.DataFrameSchema(columns, checks=unique).validate(cells.astype(object), lazy=True)
    except pandera.errors.SchemaErrors as errors:
        cases = errors.failure_cases[["index", "column", "check"]].itertuples(index=False)
        return {(int(row), ", ".join(key) if rule == "key" else str(name)) for row, name, rule in cases}
    return set()
