"""Reads a data folder into typed tables, or says everything that is wrong with it."""

from __future__ import annotations

import codecs
import csv
import io
import sys
from array import array
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import compress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from rapidfuzz import fuzz, process

from districtloss import cells, folders, schema
from districtloss.faults import Fault, Faults

OPTIONAL = ("decisions", "options")  # a folder without these has no decisions
NEEDS_ROWS = ("sources", "provinces")  # without these nothing can be placed in time or space
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


@dataclass
class Raw:
    """A table as it stands in its file: categorical text, and the line on which each row begins."""

    cells: pd.DataFrame
    lines: np.ndarray
    missing: tuple[str, ...] = ()  # columns that the file lacks; `cells` has them, all empty
    whole: bool = True  # no row had to be left out


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
    return faults + codings_faults(folder)


def codings_faults(folder: Path) -> list[Fault]:
    """Return the faults of the codings behind the tables, where the folder has a second one to compare."""
    _, second = codings = folders.codings(folder)
    faults: list[Fault] = []
    for coding in filter(None, codings if second else ()):
        try:
            read_coding(coding)
        except Faults as found:
            faults += found.faults
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
    claimants, column = schema.claimants(package), package.tables["claims"].columns["claimant_name"]
    faults += [
        Fault(folders.PACKAGE, None, f"label of {schema.show(term)}", *cell_problem(column, label))
        for term, label in claimants.items()
        if column.problem(label)
    ]
    tables = Tables(**frames, lines=lines, about=replace(folders.about(folder), claimants=claimants))
    faults += codings_faults(folder)
    if whole:  # where a file is unreadable, every key into it would be called unknown
        known = checks.Known(
            missing={name: found.missing for name, found in raw.items()},
            partial=frozenset(name for name, found in raw.items() if not found.whole),
            cells=frozenset((fault.file, fault.row, fault.column) for fault in faults),
            misspelt=frozenset((f.file, f.column) for f in faults if not folders.EARLIER.search(f.problem)),
        )
        faults += checks.check(tables, package, known)
    if faults:
        raise Faults(dict.fromkeys(faults))
    return replace(tables, **{name: as_text(frame) for name, frame in frames.items()})


def read_coding(folder: Path | str) -> dict[str, pd.DataFrame]:
    """Read events.csv, claims.csv and, if it is there, places.csv of a folder with a coding of the same sources.

    Holds them to the rules of their columns; keys into other tables are not followed. Raises Faults.
    """
    folder = Path(folder)
    # A coding speaks the language of the tables that were settled from it, unless it describes its own.
    package = schema.load_for(folder if (folder / folders.PACKAGE).exists() else folder.parent)
    faults: list[Fault] = []
    frames = {}
    for name in ("events", "claims", "places"):
        path = folder / package.tables[name].file
        if name == "places" and not path.exists():
            continue
        table = replace(package.tables[name], file=f"{folder.name}/{path.name}")
        found = read_raw(path, table, faults.append) or _empty(table)
        faults += cell_faults(table, found)
        frames[name] = as_text(_typed(found.cells, table))
    if faults:
        raise Faults(faults)
    return frames


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that is most like this one, if any is near enough to be meant."""
    found = process.extractOne(word[:200], list(known), scorer=fuzz.ratio, score_cutoff=60)
    return found[0] if found else None


# --- from bytes to cells --------------------------------------------------------------------------


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
    return pd.DataFrame({name: _distinct(frame[name]) for name in frame})


def _distinct(texts: pd.Series) -> pd.Categorical:
    # As astype("category") does, but for the sorting of the distinct values.
    codes, values = pd.factorize(texts.to_numpy(dtype=object))
    return pd.Categorical.from_codes(codes, categories=pd.Index(values, dtype=object))


def _empty(table: schema.Table) -> Raw:
    return Raw(pd.DataFrame(columns=list(table.columns), dtype="category"), np.empty(0, dtype="int64"))


# --- from cells to values -------------------------------------------------------------------------


def cell_faults(table: schema.Table, raw: Raw) -> list[Fault]:
    """Return a fault for every cell that breaks a rule of its column, found by Pandera.

    Pandera is not asked where all is well: to load it takes as long as to read some ten thousand rows.
    """
    if schema.holds(table, raw.cells, raw.missing):
        return []
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
    if rule == "characters":
        return problem, "delete it"
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
        frames[table.name] = as_text(_typed(frame.astype("category"), table))
    return Tables(**frames)


def _typed(raw: pd.DataFrame, table: schema.Table) -> pd.DataFrame:
    """Return the cells as values, text still categorical; a cell that is none of its column's type becomes a missing
    one."""
    return pd.DataFrame({name: _values(raw[name], column) for name, column in table.columns.items()}, copy=False)


def _values(texts: pd.Series, column: schema.Column) -> pd.Series:
    distinct, codes = texts.cat.categories, texts.cat.codes.to_numpy()
    if column.type == "string":
        if not column.terms or set(distinct) <= {"", *column.terms}:
            return texts
        known = pd.Series([text if text in column.terms else "" for text in distinct], dtype=object)
        return pd.Series(_distinct(known).take(codes))
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
