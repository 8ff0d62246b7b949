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
    lines: Mapping[str, np.ndarray] = field(default_factory=dict, repr=False, compare=False)
    about: folders.About = field(default=folders.About(), repr=False, compare=False)

    def line(self, table: str, row: int) -> int:
        """Return the line of the file on which a row (counted from 0) begins."""
        return int(self.lines[table][row]) if table in self.lines else row + 2


def distinct_texts(texts: pd.Series) -> pd.Categorical:
    # As astype("category") does, but for the sorting of the distinct values.
    codes, values = pd.factorize(texts.to_numpy(dtype=object))
    return pd.Categorical.from_codes(codes, categories=pd.Index(values, dtype=object))


def of_rows(rows: Mapping[str, list[dict[str, str]]], package: schema.Package) -> Tables:
    """Return tables made of rows as text (column -> cell), by the rules of `package` and unchecked.

    For states between two data folders that were checked each. Columns that a row lacks are empty.
    """
    frames = {}
    for table in package.tables.values():
        cells = [[row.get(name, "") for name in table.columns] for row in rows.get(table.name, ())]
        frame = pd.DataFrame(cells, columns=list(table.columns), dtype=object)
        frames[table.name] = as_text(typed(frame.astype("category"), table))
    return Tables(**frames)


def typed(raw: pd.DataFrame, table: schema.Table) -> pd.DataFrame:
    """Return the cells as values, text still categorical; a cell that is none of its column's type becomes a missing
    one."""
    return pd.DataFrame({name: _values(raw[name], column) for name, column in table.columns.items()}, copy=False)


def _values(texts: pd.Series, column: schema.Column) -> pd.Series:
    distinct, codes = texts.cat.categories, texts.cat.codes.to_numpy()
    if column.type == "string":
        if not column.terms or set(distinct) <= {"", *column.terms}:
            return texts
        known = pd.Series([text if text in column.terms else "" for text in distinct], dtype=object)
        return pd.Series(distinct_texts(known).take(codes))
    dtype: Any = PANDAS_DTYPES[column.type]
    usable = (text if text and column.problem(text) is None else None for text in distinct)
    values: list[Any] = [None if text is None else column.parse(text) for text in usable]
    return pd.Series(pd.array(values, dtype=dtype).take(codes), dtype=dtype)


def as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with str for categorical text."""
    columns = {name: _as_str(cells) if cells.dtype == "category" else cells for name, cells in frame.items()}
    return pd.DataFrame(columns, copy=False)


def _as_str(texts: pd.Series) -> pd.Series:
    distinct, codes = texts.cat.categories.to_numpy(), texts.cat.codes.to_numpy()
    if len(codes) < len(distinct):  # a few rows of many
        return pd.Series(pd.array(distinct.take(codes), dtype="str"), index=texts.index)
    values: Any = pd.array(distinct, dtype="str")
    return pd.Series(values.take(codes), index=texts.index)
