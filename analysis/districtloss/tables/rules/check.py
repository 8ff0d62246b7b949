"""Holds tables to all rules that look at more than one cell."""

from __future__ import annotations

from collections.abc import Callable

from districtloss.errors import Fault
from districtloss.tables.frames import Tables
from districtloss.tables.rules import keys, options, row, table
from districtloss.tables.rules.context import Context, Reported
from districtloss.tables.schema import Package

RULES: tuple[Callable[[Context], None], ...] = (
    keys.foreign_keys,
    keys.references,
    keys.disputes,
    row.check,
    table.places,
    table.incidents,
    table.after_publication,
    keys.scopes,
    options.alternatives,
    options.options,
)


def check(tables: Tables, package: Package, reported: Reported | None = None) -> list[Fault]:
    """Return every fault between the cells of a row, the rows of a table, and tables."""
    context = Context(tables, package, reported or Reported())
    for rule in RULES:
        rule(context)
    return context.faults
