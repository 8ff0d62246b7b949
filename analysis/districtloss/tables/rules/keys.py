"""Rules of keys: what a cell names stands in the table that it names."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import cast

import pandas as pd

from districtloss.tables import decisions
from districtloss.tables.rules.context import Context
from districtloss.tables.schema import nearest, show

NUMBERED = re.compile(r"[A-Z][0-9]+")
SUGGESTIONS = 500  # looking for the nearest of many names is slow: so many wrong keys get one, the rest a rule


def foreign_keys(context: Context) -> None:
    """A foreign key of datapackage.json names a row that exists."""
    for table in context.package.tables.values():
        for key in table.foreign_keys:
            if not (context.has(table.name, key.column) and context.can_name(key.table, key.target)):
                continue
            cells = getattr(context.tables, table.name)[key.column]
            known = getattr(context.tables, key.table)[key.target]
            target = context.package.tables[key.table]
            _unknown(context, table.name, key.column, cells, [known], f"{key.target} of {target.file}")


def _unknown(context: Context, table: str, column: str, cells: pd.Series, known: list[pd.Series], what: str) -> None:
    """Add a fault for each cell that is neither empty nor in one of the columns of `known`."""
    cells = cells[cells != ""]
    for there in known:
        if len(cells):  # to look up none of them, isin would still number all that are there
            cells = cells[~cells.isin(there)]
    suggest = suggestions(known)
    for row, value in zip(cells.index.tolist(), cells.tolist(), strict=True):
        context.fault(table, row, column, f"{show(value)} is no {what}", suggest(value))


def suggestions(known: list[pd.Series]) -> Callable[[str], str]:
    """Return a function that says for a name in none of these columns which one may be meant."""
    choices: list[str] = []
    asked: set[str] = set()

    @cache
    def suggest(value: str) -> str:
        asked.add(value)
        if not choices:
            choices.extend(dict.fromkeys(text for column in known for text in column.unique() if text))
        # One number is as like another as any.
        meant = nearest(value, choices) if len(asked) <= SUGGESTIONS and not NUMBERED.fullmatch(value) else None
        return f"did you mean {meant}?" if meant else "add that row there, or name one that is there"

    return suggest


def _lists(context: Context, table: str, column: str) -> pd.Series:
    """The items of a column of |-separated lists, indexed by row."""
    cells = getattr(context.tables, table)[column]
    return cast(pd.Series, cells[cells != ""].str.split("|").explode().astype(str))


def references(context: Context) -> None:
    """Lists of ids name rows that exist."""
    events, claims = context.tables.events["event_id"], context.tables.claims["claim_id"]
    both = [events, claims]
    if not (context.can_name("events", "event_id") and context.can_name("claims", "claim_id")):
        return
    for table, column, known, what in (
        ("events", "disputed_by", [events], "event_id of events.csv"),
        ("claims", "disputed_by", both, "event_id or claim_id"),
        ("decisions", "touches", both, "event_id or claim_id"),
    ):
        if context.has(table, column):
            _unknown(context, table, column, _lists(context, table, column), known, what)


def disputes(context: Context) -> None:
    """A contradiction holds both ways, and no row contradicts itself."""
    for table, key in decisions.KEYS.items():
        if not context.has(table, key, "disputed_by"):
            continue
        ids = getattr(context.tables, table)[key]
        against = _lists(context, table, "disputed_by")
        if not len(against):
            continue
        pairs = list(zip(ids[against.index].tolist(), against.tolist(), strict=True))
        named, known = set(pairs), set(ids)
        for row, (one, other) in zip(against.index.tolist(), pairs, strict=True):
            if one == other:
                context.fault(table, row, "disputed_by", "the row disputes itself", f"take {one} out")
            elif one and other in known and (other, one) not in named:
                problem = f"{other} does not name {one} in turn"
                context.fault(table, row, "disputed_by", problem, f"add {one} to disputed_by of {other}")


def scopes(context: Context) -> None:
    """A claim is about a province that exists, or their country."""
    if context.has("claims", "scope") and context.can_name("provinces", "province_id"):
        provinces = context.tables.provinces["province_id"]
        scope = context.tables.claims["scope"]
        country = provinces.str[:2]
        _unknown(
            context,
            "claims",
            "scope",
            scope,
            [provinces, country],
            "province_id of provinces.csv, nor their country",
        )
