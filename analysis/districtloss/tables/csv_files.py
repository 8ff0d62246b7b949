"""From the bytes of a CSV file to cells, or to everything that is wrong with its form."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from districtloss.errors import Fault
from districtloss.files import csv_rows
from districtloss.tables import folders, schema

NEEDS_ROWS = ("sources", "provinces")  # without these nothing can be placed in time or space


@dataclass
class Raw:
    """A table as it stands in its file: categorical text, and the line on which each row begins."""

    cells: pd.DataFrame
    lines: np.ndarray
    missing: tuple[str, ...] = ()  # columns that the file lacks; `cells` has them, all empty
    complete: bool = True  # no row had to be left out


def read_raw(
    path: Path,
    table: schema.Table,
    complain: Callable[[Fault], None],
    *,
    rows_needed: bool = True,
    needed: Collection[str] = (),
) -> Raw | None:
    """Read one file and hand every fault of its form to `complain`. None where nothing of it can be used.

    `needed` names the columns that it must have, if not all but the optional ones.
    """
    needed = needed or tuple(name for name, column in table.columns.items() if not column.optional)

    def fault(row: int | None, column: str | None, problem: str, remedy: str) -> None:
        complain(Fault(table.file, row, column, problem, remedy))

    header_wanted = ",".join(needed)
    try:
        folders.check_ends(path)
        written = path.read_bytes()
    except FileNotFoundError:
        alone = "" if table.name in NEEDS_ROWS else " (a header alone will do)"
        fault(None, None, "is missing", f"add it with the columns {header_wanted}{alone}")
        return None
    except OSError as error:
        fault(None, None, f"cannot be read ({error.strerror})", "make it a readable file")
        return None
    data = _in_utf_8(written, fault)
    if data is None:
        return None
    # The beginning tells it of any file that is not all white space.
    if not data[:1000].decode(errors="ignore").strip() and not data.decode().strip():
        fault(None, None, "is empty", f"begin it with the header {header_wanted}")
        return None
    found = _rows(data, table, needed, fault)
    if found and rows_needed and table.name in NEEDS_ROWS and found.complete and not len(found.lines):
        fault(None, None, "has a header and no rows", "add at least one row")
    return found


Complain = Callable[[int | None, str | None, str, str], None]


def _in_utf_8(data: bytes, fault: Complain) -> bytes | None:
    """Return the bytes of a UTF-8 file without the byte-order mark that it may have."""
    if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        fault(None, None, "is UTF-16", "save it as UTF-8")
        return None
    if b"\0" in data:
        for number, line in enumerate(data.split(b"\n"), 1):
            if b"\0" in line:
                fault(number, None, "holds a NUL byte", "delete it")
        return None
    try:
        if not data.isascii():
            data.decode()
    except UnicodeDecodeError:
        for number, line in enumerate(data.split(b"\n"), 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                bad = line[error.start : error.start + 1]
                fault(number, None, f"the byte {bad!r} is not UTF-8", "save the file as UTF-8")
        return None
    return data.removeprefix(codecs.BOM_UTF8)


def _rows(data: bytes, table: schema.Table, needed: Collection[str], fault: Complain) -> Raw | None:
    """Return the rows that have as many cells as the header. None where there is no such header, or quotes do not
    pair, so that nobody can say where a row ends."""
    rows = csv_rows.rows(io.TextIOWrapper(io.BytesIO(data), "utf-8", newline=""))
    try:
        _, header = next(rows)
        columns = _columns(header, table, needed, fault)
        if columns is None:
            return None
        lines = regular(data, len(columns))
        if complete := lines is not None:
            # A million rows are read and checked in 4.7 s of processor time so, and in 9.8 s row by row.
            # With skip_blank_lines, pandas 3.1.1 loses blanks at the beginning of a line every 2**18 bytes.
            cells = pd.read_csv(
                io.BytesIO(data), header=0, names=columns, dtype=object, na_filter=False, skip_blank_lines=False
            )
        else:
            cells, lines, complete = _one_by_one(rows, columns, fault)
    except csv_rows.UnpairedQuotes as error:
        fault(error.line, None, "the quotes of this row are not paired", 'write each " inside quoted text twice')
        return None
    missing = tuple(name for name in table.columns if name not in columns)
    none = pd.Series("", index=cells.index)
    found = {name: _categorical(cells.pop(name) if name in cells else none) for name in table.columns}
    return Raw(pd.DataFrame(found), lines, missing, complete)


QUOTE, NEWLINE = b'"\n'
BESIDE_QUOTES = list(b',\r\n"')  # outside of a quoted cell; the quote is one that is written twice, within it
TEXT = bytes(set(range(256)) - set(b',\n"'))  # what does not divide cells
LONE_RETURN = re.compile(rb"\r(?!\n)")


def regular(data: bytes, width: int) -> np.ndarray | None:
    """Return the lines on which the rows below the header begin, if any reader of CSV must find the same cells.

    That is so where each row has `width` cells, at least two, quotes are paired and stand around whole cells alone, and
    lines end with \\n or \\r\\n. None for any other file. `data` is UTF-8 without a byte-order mark.
    """
    if width < 2 or LONE_RETURN.search(data):
        return None
    data += b"" if data.endswith(b"\n") else b"\n"
    whole = np.frombuffer(data, np.uint8)
    quotes = np.flatnonzero(whole == QUOTE)
    before, after = whole[quotes[::2] - 1], whole[quotes[1::2] + 1]
    if len(before) != len(after) or not np.isin([before, after], BESIDE_QUOTES).all():
        return None
    marks = np.frombuffer(data.translate(None, TEXT), np.uint8)
    quoted = np.logical_xor.accumulate(marks == QUOTE)
    ends = ~quoted[marks == NEWLINE]  # of each line, whether a row ends with it
    if marks[~quoted & (marks != QUOTE)].tobytes() != (b"," * (width - 1) + b"\n") * np.count_nonzero(ends):
        return None
    return np.flatnonzero(ends)[:-1] + 2


def _one_by_one(
    rows: Iterable[tuple[int, list[str]]], columns: list[str], fault: Complain
) -> tuple[pd.DataFrame, np.ndarray, bool]:
    """Return the rows that are as long as the header, the lines on which they begin, and whether all rows are.

    Raises UnpairedQuotes.
    """
    kept, lines, complete, width = [], [], True, len(columns)
    once: dict[str, str] = {}  # equal cells are one object, or a large table would not fit into memory
    for line, row in rows:
        if len(row) == width:
            kept.append([once.setdefault(text, text) for text in row])
            lines.append(line)
            continue
        complete = False
        if not row:
            fault(line, None, "the row is empty", "delete it")
        else:
            problem = f"{len(row)} {'cell' if len(row) == 1 else 'cells'} where the header has {width}"
            remedy = f"give the row {width} cells; text with a comma or a line break needs quotes around it"
            fault(line, None, problem, remedy)
    return pd.DataFrame(kept, columns=columns, dtype=object), np.array(lines, dtype="int64"), complete


def _categorical(texts: pd.Series) -> pd.Categorical:
    """Return a column with its texts as categories, in the order of their first appearance."""
    codes, distinct = pd.factorize(texts)
    return pd.Categorical.from_codes(codes, categories=pd.Index(distinct, dtype=object))


def _columns(header: list[str], table: schema.Table, needed: Collection[str], fault: Complain) -> list[str] | None:
    """Hold the header to the table's columns; return it with misspelt names mended, None if it is useless."""
    for mark in (";", "\t"):
        if len(header) == 1 and mark in header[0]:
            fault(1, None, f"the columns are divided by {mark!r}", "divide them by commas")
            return None
    missing = [name for name in table.columns if name not in header]
    if len(missing) == len(table.columns) and len(missing) > 1:
        fault(1, None, "the first line is no header", f"begin the file with {','.join(needed)}")
        return None
    columns: list[str] = []
    for position, name in enumerate(header, 1):
        meant = schema.nearest(name, missing) if name not in table.columns else None
        if name in columns:
            fault(1, name, "the column stands twice", "delete one of the two")
            columns.append(f"{name} {position}")
        elif name in table.columns:
            columns.append(name)
        elif meant:
            fault(1, schema.show(name), "unknown column", f"did you mean {meant}?")
            missing.remove(meant)
            columns.append(meant)
        else:
            what = f"unknown column {schema.show(name)}" if name else f"column {position} has no name"
            fault(1, None, what, f"delete it; the columns are {','.join(table.columns)}")
            columns.append(f"{name} {position}")
    for name in (name for name in missing if name in needed):
        may = "" if table.columns[name].required else "; its cells may be empty"
        fault(1, name, "the column is missing", f"add it{may}")
    return columns


def empty(table: schema.Table) -> Raw:
    return Raw(pd.DataFrame(columns=list(table.columns), dtype="category"), np.empty(0, dtype="int64"))
