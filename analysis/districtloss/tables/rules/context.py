"""What a rule is given: the tables, what is wrong with them already, and where to report what it finds."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import pandas as pd

from districtloss.errors import Fault
from districtloss.tables.frames import Tables
from districtloss.tables.schema import Package


@dataclass(frozen=True)
class Reported:
    """What is reported already of files and single cells: faults that would only follow from it are left out.

    `missing`: the columns that each table lacks. `incomplete`: tables some of whose rows cannot be read. `cells`: the
    (file, line, column) of cells that break a rule; those count as empty where they are not text. `misspelt`: the
    (file, column) of cells that do not say what they mean.
    """

    missing: Mapping[str, Collection[str]] = field(default_factory=dict)
    incomplete: Collection[str] = ()
    cells: Collection[tuple[str, int | None, str | None]] = ()
    misspelt: Collection[tuple[str, str | None]] = ()


@dataclass
class Context:
    """The tables that rules look at, and the faults that they find."""

    tables: Tables
    package: Package
    reported: Reported = field(default_factory=Reported)
    faults: list[Fault] = field(default_factory=list)

    def has(self, table: str, *columns: str) -> bool:
        """Return whether the file of a table has these columns."""
        return not set(columns) & set(self.reported.missing.get(table, ()))

    def can_name(self, table: str, column: str) -> bool:
        """Return whether what a column does not hold is not there: all its rows could be read, and none is wrong."""
        wrong = (self.package.tables[table].file, column) in self.reported.misspelt
        return self.has(table, column) and table not in self.reported.incomplete and not wrong

    def is_reported(self, table: str, row: int, column: str | None) -> bool:
        """Return whether a cell breaks a rule of its own, which was said."""
        return (self.package.tables[table].file, self.tables.line(table, row), column) in self.reported.cells

    def fault(self, table: str, row: int, column: str | None, problem: str, remedy: str) -> None:
        """Add a fault of a row (counted from 0), unless its cell is reported already."""
        if not self.is_reported(table, row, column):
            line = self.tables.line(table, row)
            self.faults.append(Fault(self.package.tables[table].file, line, column, problem, remedy))


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a frame, column to cell."""
    return cast(list[dict[str, Any]], frame.to_dict("records"))


def printed(value: object) -> str:
    """Return a value as a message shows it."""
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    return f"{value:g}" if isinstance(value, float) else str(value)
