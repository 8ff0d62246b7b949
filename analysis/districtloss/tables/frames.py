"""How cells become typed columns: the tables of a data folder as data frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from districtloss.tables import folders, schema

PANDAS_DTYPES = {"date": "datetime64[s]", "integer": "Int64", "number": "float64"}


@dataclass(frozen=True)
class Tables:
    """The tables of a data folder, with the columns of datapackage.json in its order and a RangeIndex.

    Text is str with "" where nothing is known, dates are datetime64[s] with NaT, whole numbers Int64 with NA,
    other numbers float64 with NaN.
    """

    sources: pd.DataFrame
    provinces: pd.DataFrame
    places: pd.DataFrame
    events: pd.DataFrame
    claims: pd.DataFrame
    decisions: pd.DataFrame
    options: pd.DataFrame
    outside: pd.DataFrame
    outside_falls: pd.DataFrame
    lines: Mapping[str, np.ndarray] = field(default_factory=dict, repr=False, compare=False)
    about: folders.About = field(default=folders.About(), repr=False, compare=False)

    def line(self, table: str, row: int) -> int:
        """Return the line of the file on which a row (counted from 0) begins."""
        return int(self.lines[table][row]) if table in self.lines else row + 2


def of_rows(rows: Mapping[str, list[dict[str, str]]], package: schema.Package) -> Tables:
    """Return tables made of rows as text (column -> cell), by the rules of `package` and unchecked.

    For states between two data folders that were checked each. Columns that a row lacks are empty.
    """
    frames = {}
    for table in package.tables.values():
        cells = [[row.get(name, "") for name in table.columns] for row in rows.get(table.name, ())]
        frame = pd.DataFrame(cells, columns=list(table.columns), dtype=object)
        frames[table.name] = typed(frame.astype("category"), table)
    return Tables(**frames)


def typed(cells: pd.DataFrame, table: schema.Table) -> pd.DataFrame:
    """Return cells (categorical text, "" where empty) as values of their columns' types, with the dtypes of Tables.

    A cell that is none of its column's type or terms becomes a missing one.
    """
    return pd.DataFrame({name: _values(cells[name], column) for name, column in table.columns.items()}, copy=False)


def _values(cells: pd.Series, column: schema.Column) -> pd.Series:
    texts, numbers = cells.cat.categories.tolist(), cells.cat.codes.to_numpy()
    values: list[Any]
    if column.type == "string":
        dtype, values = "str", [text if not column.terms or text in column.terms else "" for text in texts]
    else:
        dtype = PANDAS_DTYPES[column.type]
        values = [column.parse(text) if text and column.problem(text) is None else None for text in texts]
    return pd.Series(pd.array(values, dtype=dtype).take(numbers), dtype=dtype)
