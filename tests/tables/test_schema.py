"""The rules in code are those of datapackage.json, and no folder brings the reader down."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import shutil
import sys
import tempfile
from decimal import Decimal
from pathlib import Path

import frictionless
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from districtloss.errors import Fault, Faults
from districtloss.paths import DATA, DATAPACKAGE
from districtloss.tables.csv_files import Raw, read_raw
from districtloss.tables.frames import Tables
from districtloss.tables.reading import read_tables
from districtloss.tables.rules import keys
from districtloss.tables.rules.cell import cell_faults
from districtloss.tables.rules.context import Context
from districtloss.tables.schema import BLANK, CONTROL, Column, load
from helpers import pandera_schema
from helpers.small_data import rows, write

PACKAGE = load()
COLUMNS = [(table.name, column) for table in PACKAGE.tables.values() for column in table.columns]


def test_the_data_package_is_a_frictionless_package_of_version_2():
    descriptor = json.loads(DATAPACKAGE.read_text("utf-8"))
    assert "/2.0/" in descriptor["$schema"]
    assert frictionless.Package.metadata_validate(descriptor) is not None
    assert list(frictionless.Package.metadata_validate(descriptor)) == []


def test_frictionless_accepts_the_projects_data():
    report = frictionless.validate(str(DATAPACKAGE))
    assert report.flatten(["name", "rowNumber", "message"]) == []


def test_every_term_has_a_meaning_and_every_column_a_description():
    for resource in json.loads(DATAPACKAGE.read_text("utf-8"))["resources"]:
        for field in resource["schema"]["fields"]:
            assert len(field["description"]) > 10
            terms = field.get("constraints", {}).get("enum", [])
            assert terms == [category["value"] for category in field.get("categories", [])]
            assert all(category["label"] for category in field.get("categories", []))


def test_every_foreign_key_names_a_key_that_is_there():
    for table in PACKAGE.tables.values():
        for key in table.foreign_keys:
            assert key.column in table.columns
            assert PACKAGE.tables[key.table].primary_key == (key.target,)


def test_no_control_character_is_printable():
    assert not [c for c in map(chr, range(sys.maxunicode + 1)) if c.isprintable() and CONTROL.search(c)]


# --- witnesses: Pandera and Frictionless --------------------------------------------------------------------


def read(folder: Path) -> dict[str, Raw]:
    faults: list[Fault] = []
    found = {name: read_raw(folder / table.file, table, faults.append) for name, table in PACKAGE.tables.items()}
    assert not faults
    return {name: raw for name, raw in found.items() if raw}


def refused_by_us(folder: Path) -> set[tuple[str, int]]:
    """The rows (table, number) of which a cell or a foreign key is refused: all that a data package can say."""
    raw = read(folder)
    faults = [fault for name, found in raw.items() for fault in cell_faults(PACKAGE.tables[name], found)]
    # The keys are followed through the text of the cells, as Frictionless does it.
    text = {name: found.cells.astype(str) for name, found in raw.items()}
    context = Context(Tables(**text, lines={name: found.lines for name, found in raw.items()}), PACKAGE)
    keys.foreign_keys(context)
    # Frictionless counts rows, where an editor counts lines: a cell can have several.
    number = {(name, line): at for name, found in raw.items() for at, line in enumerate(found.lines.tolist(), 2)}
    named = [(fault.file.removesuffix(".csv"), fault.row or 0) for fault in faults + context.faults]
    return {(name, number.get((name, line), line)) for name, line in named}


def refused_by_frictionless(folder: Path) -> set[tuple[str, int]]:
    shutil.copy(DATAPACKAGE, folder)
    report = frictionless.validate(str(folder / DATAPACKAGE.name))
    return {(task.name, getattr(error, "row_number", 0)) for task in report.tasks for error in task.errors}


def read_by_python_alone(column: Column, text: str) -> bool:
    """Whether Frictionless takes a cell for what Python's own readers make of it, and we for a slip."""
    if column.pattern and text.endswith("\n"):
        return True  # in Python's regular expressions, $ also stands before a last line end
    if column.type == "string" or column.problem(text) is None:
        return False
    try:
        if column.type == "date":
            dt.datetime.strptime(text, "%Y-%m-%d")
        elif column.type == "integer":
            int(text.strip())
        else:
            Decimal(text.strip())
    except (ValueError, ArithmeticError):
        return False
    return column.parse(text) is None


# Without control characters, nor with cells of blanks where a text is required: Frictionless knows no rule that we
# could write them into but a pattern for each column.
CHARACTERS = st.characters(
    exclude_categories=["Cs", "Cc"],
    include_characters="\t\n\r",
    exclude_characters="\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufffe\uffff"
    + "".join(map(chr, range(0xFDD0, 0xFDF0))),
)
CELLS = st.one_of(
    st.sampled_from(sorted({term for _, name in COLUMNS for t in PACKAGE.tables.values()
                            for term in t.columns.get(name, next(iter(t.columns.values()))).terms})),
    st.sampled_from(["", " ", "E001", "E01", "C001", "D01", "AF", "AF-BAL", "AF-XXX", "balkh/kaldar", "balkh",
                     "paper-2021-06-30", "E001|E003", "E001|", "place|date", "place@3", "a|b", "|", "0", "-1", "2",
                     "1.5", "1e3", "1e13", "NaN", "inf", "1,000", "2021-06-30", "2021-02-30", "1899-12-31", "x" * 2001,
                     "x" * 301, "é", "=1+1", "AF2113", "en", "en-GB", "0" * 64, "the_29th", "events"]),
    st.text(CHARACTERS, max_size=8).filter(lambda text: "\r" not in text),  # a line end to one of the two alone
    st.integers(-10, 10**13).map(str),
    st.dates(dt.date(1800, 1, 1), dt.date(2200, 1, 1)).map(str),
    st.from_regex(r"[A-Z]{1,2}-?[0-9]{2,4}", fullmatch=True),
)  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(edits=st.lists(st.tuples(st.sampled_from(COLUMNS), st.integers(0, 2), CELLS), min_size=1, max_size=10))
def test_we_and_frictionless_refuse_the_same_rows(edits: list[tuple[tuple[str, str], int, str]]):
    data = rows()
    for (table, name), row, cell in edits:
        column = PACKAGE.tables[table].columns[name]
        blank = column.required and BLANK.fullmatch(cell)
        if not (blank or read_by_python_alone(column, cell)):
            data[table][row % len(data[table])][name] = cell
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), data)
        assert refused_by_us(Path(folder)) == refused_by_frictionless(Path(folder))


ODD_CELLS = st.one_of(
    CELLS, st.text(max_size=4), st.sampled_from(["\u00a0", "a\x07", "E001\n", "٢", "1_0", "2021-6-30"])
)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(edits=st.lists(st.tuples(st.sampled_from(COLUMNS), st.integers(0, 2), ODD_CELLS), min_size=1, max_size=10))
def test_we_and_pandera_refuse_the_same_cells(edits: list[tuple[tuple[str, str], int, str]]):
    data = rows()
    for (table, name), row, cell in edits:
        data[table][row % len(data[table])][name] = cell.replace("\0", "")
    with tempfile.TemporaryDirectory() as folder:
        raw = read(write(Path(folder), data, quoting=csv.QUOTE_ALL))
    for name in {table for (table, _), _, _ in edits}:
        table, found = PACKAGE.tables[name], raw[name]
        row_of = {line: row for row, line in enumerate(found.lines.tolist())}
        ours = {(row_of[fault.row or 0], fault.column) for fault in cell_faults(table, found)}
        assert ours == pandera_schema.refused(table, found.cells.astype(str))


@settings(max_examples=10, deadline=None)
@given(table=st.sampled_from(sorted(PACKAGE.tables)), data=st.data())
def test_we_and_frictionless_refuse_the_same_keys_that_stand_twice(table: str, data: st.DataObject):
    tables = rows()
    tables[table].append(dict(data.draw(st.sampled_from(tables[table]))))
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), tables)
        ours = refused_by_us(Path(folder))
        assert ours == refused_by_frictionless(Path(folder)) != set()


@pytest.mark.parametrize(
    ("table", "column", "cell"),
    [
        ("events", "date_latest", "2021-6-30"),
        ("events", "paragraph", " 2"),
        ("events", "paragraph", "٢"),
        ("claims", "denominator", "1_000"),
        ("events", "event_id", "E009\n"),
    ],
)
def test_where_frictionless_is_laxer_than_its_own_rules_we_are_not(tmp_path, table, column, cell):
    # Frictionless reads cells with Python's strptime, int, Decimal and $, which take more than the standard does.
    data = rows()
    data[table][1 if table == "events" else 0][column] = cell
    write(tmp_path, data)
    line = 3 if table == "events" else 2
    assert (table, line) in refused_by_us(tmp_path)
    assert (table, line) not in refused_by_frictionless(tmp_path)


# --- whatever the folder holds -------------------------------------------------------------------

BITS = st.one_of(
    st.binary(max_size=6),
    st.sampled_from([b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\r", b"\n", b"\r\n", b'"', b'""', b",", b";", b"\t",
                     b",,", b"\xe2\x80\xa8", b"-", b"|", b"NaN", b"9" * 400, b"x" * 3000, b"{{< x >}}", b"\x1b[0m",
                     b"2021-99-99", b"C001|E001|E001"]),
)  # fmt: skip
EDITS = st.lists(
    st.tuples(st.sampled_from(sorted(PACKAGE.tables)), st.floats(0, 1), st.integers(0, 40), BITS), max_size=5
)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(edits=EDITS, gone=st.sets(st.sampled_from(sorted(PACKAGE.tables)), max_size=2), theirs=st.binary(max_size=3))
def test_any_folder_gives_tables_or_faults_and_nothing_else(edits, gone, theirs):
    with tempfile.TemporaryDirectory() as name:
        folder = write(Path(name))
        for table, where, cut, bits in edits:
            path = folder / f"{table}.csv"
            data = path.read_bytes()
            at = int(where * len(data))
            path.write_bytes(data[:at] + bits + data[at + cut :])
        for table in gone:
            (folder / f"{table}.csv").unlink()
        if theirs:
            (folder / "datapackage.json").write_bytes(theirs)
        try:
            assert isinstance(read_tables(folder), Tables)
        except Faults as faults:
            assert faults.faults
            assert all("\n" not in str(fault) and "\0" not in str(fault) for fault in faults.faults)


@settings(max_examples=25, deadline=None)
@given(
    cells=st.lists(
        st.tuples(*[st.text(CHARACTERS, max_size=6)] * 2),
        min_size=1,
        max_size=20,
    )
)
def test_cells_come_back_as_they_were_written(cells: list[tuple[str, str]]):
    data = rows()
    blank = {"kind": "district", "province_id": "AF-BAL"}
    data["places"] += [
        {"place_id": f"balkh/x{n}", "name": f"x{a}", "note": b, **blank} for n, (a, b) in enumerate(cells)
    ]
    with tempfile.TemporaryDirectory() as name:
        # Python's writer leaves a lone carriage return without the quotes that it needs.
        places = read_tables(write(Path(name), data, quoting=csv.QUOTE_ALL)).places.iloc[3:]
    assert places["note"].tolist() == [b for _, b in cells]
    assert places["name"].tolist() == [f"x{a}" for a, _ in cells]


def test_checking_a_hundred_thousand_rows_takes_seconds(tmp_path: Path):
    import time

    data = rows()
    write(tmp_path, data)
    lines = (tmp_path / "events.csv").read_text("utf-8").splitlines()
    text = io.StringIO()
    text.write("\n".join(lines) + "\n")
    for number in range(1000, 101_000):
        text.write(lines[2].replace("E002", f"E{number}").replace("I002", f"I{number}") + "\n")
    (tmp_path / "events.csv").write_text(text.getvalue(), "utf-8")
    began = time.monotonic()
    events = read_tables(tmp_path).events
    assert time.monotonic() - began < 20  # about 1 s on two idle cores
    assert len(events) == 100_003
    assert isinstance(events.index, pd.RangeIndex)


def test_the_projects_folder_is_not_taken_for_somebody_elses():
    assert read_tables(DATA).sources["source_id"].is_unique
