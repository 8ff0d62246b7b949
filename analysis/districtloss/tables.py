"""Reads a data folder into typed tables, or says everything that is wrong with it."""

from __future__ import annotations

import csv
import io
import sys
from array import array
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import compress
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rapidfuzz import fuzz, process

from districtloss import folders, schema
from districtloss.faults import Fault, Faults

OPTIONAL = ("decisions", "options")  # a folder without these has no decisions
NEEDS_ROWS = ("sources", "provinces")  # without these nothing can be placed in time or space
PANDAS_DTYPES = {"date": "datetime64[s]", "integer": "Int64", "number": "float64", "string": "str"}


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


@dataclass
class Raw:
    """A table as it stands in its file: categorical text, and the line on which each row begins."""

    cells: pd.DataFrame
    lines: np.ndarray
    missing: tuple[str, ...] = ()  # columns that the file lacks; `cells` has them, all empty


def read_tables(folder: Path | str) -> Tables:
    """Read a data folder, completed from ours if it says that it extends it. Raises Faults with every fault in it."""
    folder = Path(folder)
    if not folder.is_dir():
        raise Faults([Fault(str(folder), None, None, "is not a folder", "name the folder that holds the tables")])
    if not folders.about(folder).extends:
        return _read(folder)
    faults = faults_of_present(folder)
    if faults:
        raise Faults(faults)
    with folders.whole(folder) as joined:
        try:
            return _read(joined.path)
        except Faults as found:
            raise Faults(dict.fromkeys(map(joined.located, found.faults))) from None


def read_once(folder: Path) -> Tables:
    """Read a data folder, or return what was read of it last, if its files have not changed since.

    A build and the notebooks that it forks read the same folder. Frames are shared: nobody may write into them,
    which pandas' copies on writing see to.
    """
    files = [(p.name, p.stat()) for p in sorted(folder.iterdir())] if folder.is_dir() else []
    state = (folder.resolve(), tuple((name, s.st_size, s.st_mtime_ns, s.st_ino) for name, s in files))
    if _last.get("state") != state:
        _last.update(state=state, tables=read_tables(folder))
    tables: Tables = _last["tables"]
    return replace(tables, **{name: getattr(tables, name).copy(deep=False) for name in schema.load().tables})


_last: dict[str, Any] = {}


def faults_of_present(folder: Path) -> list[Fault]:
    """Return the faults of the files that the folder has, each by itself: of their form and of their cells."""
    package = schema.load_for(folder)
    faults: list[Fault] = []
    for table in package.tables.values():
        if (folder / table.file).exists():
            found = read_raw(folder / table.file, table, faults.append, rows_needed=False)
            faults += cell_faults(table, found) if found else []
    return faults


def _read(folder: Path) -> Tables:
    """Read a folder that has all tables."""
    from districtloss import checks

    package = schema.load_for(folder)
    faults: list[Fault] = []
    raw: dict[str, Raw] = {}
    whole = True
    for table in package.tables.values():
        path = folder / table.file
        if not path.exists() and table.name in OPTIONAL:
            raw[table.name] = _empty(table)
            continue
        found = read_raw(path, table, faults.append)
        whole = whole and found is not None
        raw[table.name] = found or _empty(table)
    for name, found in raw.items():
        faults += cell_faults(package.tables[name], found)
    frames = {name: _typed(found.cells, package.tables[name]) for name, found in raw.items()}
    lines = {name: found.lines for name, found in raw.items()}
    tables = Tables(**frames, lines=lines, about=folders.about(folder))
    if whole:  # where a file is unreadable, every key into it would be called unknown
        absent = {name: found.missing for name, found in raw.items()}
        faults += checks.check(tables, package, absent)
    if faults:
        raise Faults(dict.fromkeys(faults))
    return tables


def read_coding(folder: Path | str) -> dict[str, pd.DataFrame]:
    """Read events.csv, claims.csv and, if it is there, places.csv of another coding of the same sources.

    Holds them to the rules of their columns; keys into other tables are not followed. Raises Faults.
    """
    folder = Path(folder)
    package = schema.load_for(folder)
    faults: list[Fault] = []
    frames = {}
    for name in ("events", "claims", "places"):
        table = package.tables[name]
        if name == "places" and not (folder / table.file).exists():
            continue
        found = read_raw(folder / table.file, table, faults.append) or _empty(table)
        faults += cell_faults(table, found)
        frames[name] = _typed(found.cells, table)
    if faults:
        raise Faults(faults)
    return frames


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that is most like this one, if any is near enough to be meant."""
    found = process.extractOne(word[:200], list(known), scorer=fuzz.ratio, score_cutoff=60)
    return found[0] if found else None


# --- from bytes to cells --------------------------------------------------------------------------


def read_raw(
    path: Path, table: schema.Table, complain: Callable[[Fault], None], *, rows_needed: bool = True
) -> Raw | None:
    """Read one file and hand every fault of its form to `complain`. None where nothing of it can be used."""

    def fault(row: int | None, column: str | None, problem: str, remedy: str) -> None:
        complain(Fault(table.file, row, column, problem, remedy))

    header_wanted = ",".join(table.columns)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        alone = "" if table.name in NEEDS_ROWS else " (a header alone will do)"
        fault(None, None, "is missing", f"add it with the columns {header_wanted}{alone}")
        return None
    except OSError as error:
        fault(None, None, f"cannot be read ({error.strerror})", "make it a readable file")
        return None
    text = _decode(data, fault)
    if text is None:
        return None
    del data
    if not text.strip():
        fault(None, None, "is empty", f"begin it with the header {header_wanted}")
        return None
    shape = _shape(text, fault)
    if shape is None:
        return None
    header, lines, good = shape
    columns = _columns(header, table, fault)
    if columns is None:
        return None
    cells = _cells(text, columns, good)
    if rows_needed and table.name in NEEDS_ROWS and not len(lines):
        fault(None, None, "has a header and no rows", "add at least one row")
    lines = lines[good]
    missing = tuple(name for name in table.columns if name not in columns)
    for name in missing:
        cells[name] = pd.Series("", index=cells.index, dtype="category")
    return Raw(cells[list(table.columns)], lines, missing)


Complain = Callable[[int | None, str | None, str, str], None]


def _decode(data: bytes, fault: Complain) -> str | None:
    """Return the text of a UTF-8 file, with or without a byte-order mark."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        fault(None, None, "is UTF-16", "save it as UTF-8")
        return None
    if b"\0" in data:
        for number, line in enumerate(data.split(b"\n"), 1):
            if b"\0" in line:
                fault(number, None, "holds a NUL byte", "delete it")
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        for number, line in enumerate(data.split(b"\n"), 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                bad = line[error.start : error.start + 1]
                fault(number, None, f"the byte {bad!r} is not UTF-8", "save the file as UTF-8")
        return None


def _shape(text: str, fault: Complain) -> tuple[list[str], np.ndarray, np.ndarray] | None:
    """Return the header, the line on which each row begins, and whether its length is right."""
    regular = _regular_lines(text)
    if regular is not None:
        return next(csv.reader(io.StringIO(text, newline=""))), regular, np.ones(len(regular), dtype=bool)
    limit = csv.field_size_limit(sys.maxsize)  # a cell that is too long is told with its column, by its rule
    lines = array("q")
    good = bytearray()
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
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
                problem = f"{len(row)} cells where the header has {width}"
                remedy = f"give the row {width} cells; text with a comma or a line break needs quotes around it"
                fault(begin, None, problem, remedy)
            begin = reader.line_num + 1
    except csv.Error:
        fault(begin, None, "the quotes of this row are not paired", 'write each " inside quoted text twice')
        return None
    finally:
        csv.field_size_limit(limit)
    return header, np.array(lines, dtype="int64"), np.array(good, dtype="uint8").astype(bool)


CHUNK = 1 << 24  # bytes looked at together, so that memory does not grow with the file


def _regular_lines(text: str) -> np.ndarray | None:
    """Return the line on which each row begins, if every row has as many cells as the header and every quote is
    where it belongs; None where one has to look row by row to say what is wrong. Twenty times as fast as that."""
    if text.count("\r") != text.count("\r\n") or "\n\n" in text or "\n\r\n" in text:
        return None
    data = np.frombuffer((text if text.endswith("\n") else text + "\n").encode(), dtype=np.uint8)
    quoted = '"' in text
    if quoted and not _quotes_pair(data):
        return None
    open_, commas, newlines = np.uint8(0), 0, 0
    ends: list[np.ndarray] = []  # of commas before the end of each row, and of lines
    for start in range(0, len(data), CHUNK):
        part = data[start : start + CHUNK]
        comma, newline = part == COMMA, part == NEWLINE
        every = np.flatnonzero(newline)
        if quoted:
            inside = np.bitwise_xor.accumulate((part == QUOTE).view(np.uint8)) ^ open_
            open_ = inside[-1]
            newline, comma = newline & (inside == 0), comma & (inside == 0)
        rows, cells = np.flatnonzero(newline) if quoted else every, np.flatnonzero(comma)
        ends.append(np.stack([np.searchsorted(cells, rows) + commas, np.searchsorted(every, rows) + newlines + 1]))
        commas, newlines = commas + len(cells), newlines + len(every)
    counts, last_lines = np.concatenate(ends, axis=1)
    in_row = np.diff(counts, prepend=0)
    if open_ or not in_row[0] or (in_row != in_row[0]).any():
        return None
    return last_lines[:-1] + 1


QUOTE, COMMA, NEWLINE, RETURN = (ord(c) for c in '",\n\r')


def _quotes_pair(data: np.ndarray) -> bool:
    """Return whether every quote opens a cell, closes one, or is written twice within one."""
    at = np.flatnonzero(data == QUOTE)
    if len(at) % 2:
        return False
    opening, closing = at[::2], at[1::2]
    before = data[np.maximum(opening - 1, 0)]
    doubled = np.zeros(len(opening), dtype=bool)  # the second of two within a cell: it follows one that "closes"
    doubled[1:] = opening[1:] == closing[:-1] + 1
    opens = (opening == 0) | (before == COMMA) | (before == NEWLINE) | doubled
    after = data[np.minimum(closing + 1, len(data) - 1)]
    again = np.append(doubled[1:], False)
    return bool((opens & (again | (after == COMMA) | (after == NEWLINE) | (after == RETURN))).all())


def _columns(header: list[str], table: schema.Table, fault: Complain) -> list[str] | None:
    """Hold the header to the table's columns; return it with misspelt names mended, None if it is useless."""
    for mark in (";", "\t"):
        if len(header) == 1 and mark in header[0]:
            fault(1, None, f"the columns are divided by {mark!r}", "divide them by commas")
            return None
    missing = [name for name in table.columns if name not in header]
    if len(missing) == len(table.columns) and len(missing) > 1:
        fault(1, None, "the first line is no header", f"begin the file with {','.join(table.columns)}")
        return None
    columns: list[str] = []
    for position, name in enumerate(header, 1):
        meant = nearest(name, missing) if name not in table.columns else None
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
    for name in missing:
        may = "" if table.columns[name].required else "; its cells may be empty"
        fault(1, name, "the column is missing", f"add it{may}")
    return columns


def _cells(text: str, columns: list[str], good: np.ndarray) -> pd.DataFrame:
    """Return the rows that have the right number of cells, as categorical text."""
    if good.all() and len(good):
        # Read as objects first: pandas makes numbers of the categories of a column that looks numeric.
        frame = pd.read_csv(
            io.StringIO(text, newline=""),
            header=0,
            names=columns,
            index_col=False,
            dtype=object,
            na_filter=False,
            skip_blank_lines=False,
        )
    else:
        limit = csv.field_size_limit(sys.maxsize)
        try:
            reader = csv.reader(io.StringIO(text, newline=""))
            next(reader)
            frame = pd.DataFrame(compress(reader, good), columns=columns, dtype=object)
        finally:
            csv.field_size_limit(limit)
    return pd.DataFrame({name: _distinct(frame[name]) for name in frame})


def _distinct(cells: pd.Series) -> pd.Categorical:
    # As astype("category") does, but for the sorting of the distinct values, which ids have as many of as rows.
    codes, values = pd.factorize(cells.to_numpy(dtype=object))
    return pd.Categorical.from_codes(codes, categories=pd.Index(values, dtype=object))


def _empty(table: schema.Table) -> Raw:
    return Raw(pd.DataFrame(columns=list(table.columns), dtype="category"), np.empty(0, dtype="int64"))


# --- from cells to values -------------------------------------------------------------------------


def cell_faults(table: schema.Table, raw: Raw) -> list[Fault]:
    """Return a fault for every cell that breaks a rule of its column, found by Pandera."""
    import pandera.errors

    present = raw.cells.drop(columns=list(raw.missing))
    try:
        schema.pandera_schema(table, raw.missing).validate(present, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        return _translate(errors.failure_cases, table, raw)
    return []


def _translate(cases: pd.DataFrame, table: schema.Table, raw: Raw) -> list[Fault]:
    """Turn Pandera's failure cases into faults."""
    faults = []
    first_line: dict[str, dict[str, int]] = {}
    for name, rule, row in cases[["column", "check", "index"]].itertuples(index=False):
        line = int(raw.lines[int(row)])
        if rule == "key":  # Pandera tells it once for each column of the row
            if name == table.primary_key[0]:
                key = ", ".join(table.primary_key)
                faults.append(Fault(table.file, line, key, "the row stands twice", "delete one of the two"))
            continue
        column = table.columns[name]
        text = str(raw.cells[name].iloc[int(row)])
        if rule == "required":
            faults.append(Fault(table.file, line, name, "the cell is empty", f"give {column.wanted()}"))
        elif rule == "unique":
            if name not in first_line:
                once = ~raw.cells[name].duplicated()
                first_line[name] = dict(zip(raw.cells[name][once].astype(str), raw.lines[once], strict=True))
            problem = f"{schema.show(text)} stands in line {first_line[name][text]} already"
            faults.append(Fault(table.file, line, name, problem, "give each row its own"))
        else:
            faults.append(Fault(table.file, line, name, *cell_problem(column, text)))
    return faults


def cell_problem(column: schema.Column, text: str) -> tuple[str, str]:
    """Return what is wrong with a cell that breaks a rule of its column, and what would be right."""
    found = column.problem(text)
    assert found is not None
    rule, problem = found
    meant = nearest(text, column.terms) if rule == "enum" else None
    return problem, f"did you mean {meant}?" if meant else f"give {column.wanted()}"


def of_rows(rows: Mapping[str, list[dict[str, str]]], package: schema.Package) -> Tables:
    """Return tables made of rows as text (column -> cell), by the rules of `package` and unchecked.

    For states between two data folders that were checked each. Columns that a row lacks are empty.
    """
    frames = {}
    for table in package.tables.values():
        cells = [[row.get(name, "") for name in table.columns] for row in rows.get(table.name, ())]
        frame = pd.DataFrame(cells, columns=list(table.columns), dtype=object)
        frames[table.name] = _typed(frame.astype("category"), table)
    return Tables(**frames)


def _typed(cells: pd.DataFrame, table: schema.Table) -> pd.DataFrame:
    """Return the cells as values; a cell that is none of its column's type becomes a missing one."""
    return pd.DataFrame({name: _values(cells[name], column) for name, column in table.columns.items()})


def _values(cells: pd.Series, column: schema.Column) -> pd.Series:
    dtype: Any = PANDAS_DTYPES[column.type]
    values: list[Any] = list(cells.cat.categories)
    if column.type != "string":
        usable = (text if text and column.problem(text) is None else None for text in values)
        values = [None if text is None else column.parse(text) for text in usable]
    elif column.terms:
        values = [text if text in column.terms else "" for text in values]
    return pd.Series(pd.array(values, dtype=dtype).take(cells.cat.codes.to_numpy()), dtype=dtype)
