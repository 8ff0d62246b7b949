"""From the bytes of a CSV file to cells, or to everything that is wrong with its form."""

from __future__ import annotations

import codecs
import csv
import io
import sys
from array import array
from collections.abc import Callable, Collection
from dataclasses import dataclass
from itertools import compress
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from districtloss.errors import Fault
from districtloss.tables import cells, folders, schema
from districtloss.tables.frames import distinct_texts

NEEDS_ROWS = ("sources", "provinces")  # without these nothing can be placed in time or space


@dataclass
class Raw:
    """A table as it stands in its file: categorical text, and the line on which each row begins."""

    cells: pd.DataFrame
    lines: np.ndarray
    missing: tuple[str, ...] = ()  # columns that the file lacks; `cells` has them, all empty
    whole: bool = True  # no row had to be left out


def read_raw(
    path: Path,
    table: schema.Table,
    complain: Callable[[Fault], None],
    *,
    rows_needed: bool = True,
    needed: Collection[str] = (),
) -> Raw | None:
    """Read one file and hand every fault of its form to `complain`. None where nothing of it can be used.

    `needed` names the columns that it must have, if not all.
    """
    needed = needed or tuple(table.columns)

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
    shape = _shape(data, fault)
    if shape is None:
        return None
    columns = _columns(shape.header, table, needed, fault)
    if columns is None:
        return None
    if rows_needed and table.name in NEEDS_ROWS and not len(shape.lines):
        fault(None, None, "has a header and no rows", "add at least one row")
    found = _cells(data, columns, shape)
    missing = tuple(name for name in table.columns if name not in columns)
    for name in missing:
        found[name] = pd.Series("", index=found.index, dtype="category")
    return Raw(found[list(table.columns)], shape.lines[shape.good], missing, bool(shape.good.all()))


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


class Shape(NamedTuple):
    """The header of a file, the line on which each row begins, whether its length is right, and, where the whole
    file is as `cells` wants it, its cells."""

    header: list[str]
    lines: np.ndarray
    good: np.ndarray
    regular: cells.Cut | None


def _shape(text: str | bytes, fault: Complain) -> Shape | None:
    regular = _regular(text)
    if regular is not None:
        return regular
    limit = csv.field_size_limit(sys.maxsize)  # a cell that is too long is told with its column, by its rule
    lines = array("q")
    good = bytearray()
    reader = csv.reader(_stream(text), strict=True)
    begin = 1
    try:
        header = next(reader)
        width = len(header)
        begin = reader.line_num + 1
        for row in reader:
            lines.append(begin)
            good.append(len(row) == width)
            if not row:
                fault(begin, None, "the row is empty", "delete it")
            elif len(row) != width:
                problem = f"{len(row)} {'cell' if len(row) == 1 else 'cells'} where the header has {width}"
                remedy = f"give the row {width} cells; text with a comma or a line break needs quotes around it"
                fault(begin, None, problem, remedy)
            begin = reader.line_num + 1
    except csv.Error:
        fault(begin, None, "the quotes of this row are not paired", 'write each " inside quoted text twice')
        return None
    finally:
        csv.field_size_limit(limit)
    return Shape(header, np.array(lines, dtype="int64"), np.array(good, dtype="uint8").astype(bool), None)


def _encoded(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


def _stream(text: str | bytes) -> io.TextIOBase:
    return io.TextIOWrapper(io.BytesIO(_encoded(text)), "utf-8", newline="")


CHUNK = cells.CHUNK


def _regular(text: str | bytes) -> Shape | None:
    """Return the shape of a file if every row has as many cells as the header and every quote is where it belongs;
    None where one has to look row by row to say what is wrong. A hundred times as fast as that."""
    data = _encoded(text)
    if not data.endswith(b"\n"):
        data += b"\n"
    if b"\r" in data and data.count(b"\r") != data.count(b"\r\n"):
        return None
    bytes_, quoted = np.frombuffer(data, np.uint8), b'"' in data
    if quoted and not _quotes_pair(bytes_):
        return None
    try:
        header = next(csv.reader(_stream(data)))
        if len(header) < 2:
            return None
        found = cells.cut(data, len(header), CHUNK)
    except (csv.Error, cells.Irregular):
        return None
    lines = np.arange(2, len(found.starts) + 2)  # a row is a line
    if quoted:
        lines = np.searchsorted(np.flatnonzero(bytes_ == cells.NEWLINE), found.starts) + 1
    return Shape(header, lines, np.ones(len(lines), dtype=bool), found)


def _quotes_pair(data: np.ndarray) -> bool:
    """Return whether every quote opens a cell, closes one, or is written twice within one."""
    at = np.flatnonzero(data == cells.QUOTE)
    if len(at) % 2:
        return False
    opening, closing = at[::2], at[1::2]
    before = data[np.maximum(opening - 1, 0)]
    doubled = np.zeros(len(opening), dtype=bool)  # the second of two within a cell: it follows one that "closes"
    doubled[1:] = opening[1:] == closing[:-1] + 1
    opens = (opening == 0) | (before == cells.COMMA) | (before == cells.NEWLINE) | doubled
    after = data[np.minimum(closing + 1, len(data) - 1)]
    again = np.append(doubled[1:], False)
    closes = (after == cells.COMMA) | (after == cells.NEWLINE) | (after == cells.RETURN)
    return bool((opens & (again | closes)).all())


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


def _cells(data: bytes, columns: list[str], shape: Shape) -> pd.DataFrame:
    """Return the rows that have the right number of cells, as categorical text."""
    if shape.regular and len(shape.lines):
        return pd.DataFrame(dict(zip(columns, cells.columns(shape.regular), strict=True)), copy=False)
    limit = csv.field_size_limit(sys.maxsize)
    try:
        reader = csv.reader(_stream(data))
        next(reader)
        frame = pd.DataFrame(compress(reader, shape.good), columns=columns, dtype=object)
    finally:
        csv.field_size_limit(limit)
    return pd.DataFrame({name: distinct_texts(frame[name]) for name in frame})


def empty(table: schema.Table) -> Raw:
    return Raw(pd.DataFrame(columns=list(table.columns), dtype="category"), np.empty(0, dtype="int64"))
