"""From the bytes of a CSV file to cells, or to everything that is wrong with its form."""

from __future__ import annotations

import codecs
import io
import itertools
from array import array
from collections import defaultdict
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
    lines, complete, block = array("q"), True, list[list[str]]()
    try:
        _, header = next(rows)
        columns = _columns(header, table, needed, fault)
        if columns is None:
            return None
        width, cells = len(columns), {name: _Cells() for name in columns}

        def store() -> None:
            for column, texts in zip(cells.values(), zip(*block, strict=True), strict=bool(block)):
                column.extend(texts)
            block.clear()

        for line, row in rows:
            if len(row) == width:
                lines.append(line)
                block.append(row)
                if len(block) == BLOCK:
                    store()
                continue
            complete = False
            if not row:
                fault(line, None, "the row is empty", "delete it")
            else:
                problem = f"{len(row)} {'cell' if len(row) == 1 else 'cells'} where the header has {width}"
                remedy = f"give the row {width} cells; text with a comma or a line break needs quotes around it"
                fault(line, None, problem, remedy)
        store()
    except csv_rows.UnpairedQuotes as error:
        fault(error.line, None, "the quotes of this row are not paired", 'write each " inside quoted text twice')
        return None
    missing = tuple(name for name in table.columns if name not in columns)
    empty_column = pd.Categorical.from_codes(np.zeros(len(lines), "int32"), categories=pd.Index([""], dtype=object))
    found = {name: cells[name].categorical() if name in cells else empty_column for name in table.columns}
    return Raw(pd.DataFrame(found), np.array(lines, dtype="int64"), missing, complete)


BLOCK = (
    50  # rows that are turned into columns at once: with 10,000 it takes twice as long, out of the processor's cache
)


class _Cells:
    """The cells of a column while they are read: each text that differs once, and its number for each cell."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = defaultdict(itertools.count().__next__)
        self.codes = array("i")

    def extend(self, texts: Iterable[str]) -> None:
        self.codes.extend(map(self.numbers.__getitem__, texts))

    def categorical(self) -> pd.Categorical:
        """Return the column; its categories are in the order of their first appearance."""
        texts = pd.Index(list(self.numbers), dtype=object)
        return pd.Categorical.from_codes(np.array(self.codes, dtype="int32"), categories=texts)


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
