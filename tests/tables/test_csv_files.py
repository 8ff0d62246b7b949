"""The library and the exact reader find the same cells, or the same faults, in whatever a file holds."""

from __future__ import annotations

import csv
import io
import tempfile
from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from districtloss.errors import Fault
from districtloss.files import csv_rows
from districtloss.tables import csv_files, schema

COLUMN = schema.load().tables["places"].columns["note"]
TABLE = replace(schema.load().tables["places"], columns={name: replace(COLUMN, name=name) for name in ("one", "two")})

CELLS = st.sampled_from(
    [b"", b" ", b" x", b'""', b'"x"', b'"\n"', b'",\r\n"', b'"x""\ny"', b"\t", b"'", b"\\", b"#", b"NaN", b"NULL",
     b"007", b"1e5", b"True", b"\xc3\xa9", b"\xef\xbb\xbf", b"\xc2\x85", b"\xe2\x80\xa8", b"\x0b", b"\x0c", b"\x1a",
     b"\x1c"]
)  # fmt: skip
ROWS = st.tuples(CELLS, st.just(b","), CELLS, st.sampled_from([b"\n", b"\r\n"])).map(b"".join)
SLIPS = st.one_of(
    st.just(b""),
    st.sampled_from([b",", b"\n", b"\r", b'"', b"x", b'"\r', b'"x"y,z\n', b'x"y",z\n', b'x"\n",z\n', b"x,y"]),
    st.binary(max_size=4),
)
FILES = st.tuples(
    st.sampled_from([b"one,two\n", b"one,two\r\n", b'"one",two\n', b"one,x\n", b'one,"x\ny"\n', b"two\n", b""]),
    st.lists(ROWS, max_size=4).map(b"".join),
    SLIPS,
    st.lists(ROWS, max_size=2).map(b"".join),
    SLIPS,
).map(b"".join)


def read(data: bytes) -> tuple[csv_files.Raw | None, list[Fault]]:
    faults: list[Fault] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "places.csv")
        path.write_bytes(data)
        return csv_files.read_raw(path, TABLE, faults.append), faults


def read_exactly(data: bytes) -> tuple[csv_files.Raw | None, list[Fault]]:
    with mock.patch.object(csv_files, "regular", return_value=None):
        return read(data)


def assert_same(data: bytes) -> None:
    (found, faults), (exact, faults_of_exact) = read(data), read_exactly(data)
    assert faults == faults_of_exact
    assert (found is None) == (exact is None)
    if found and exact:
        pd.testing.assert_frame_equal(found.cells, exact.cells)
        assert found.lines.tolist() == exact.lines.tolist()
        assert (found.missing, found.complete) == (exact.missing, exact.complete)


@settings(max_examples=1000, deadline=None)
@given(FILES)
def test_both_ways_of_reading_give_the_same_cells_or_the_same_faults(data: bytes) -> None:
    assert_same(data)


TEXTS = st.text("a,\"\n é\t'\\", max_size=4)


@given(
    st.lists(st.tuples(TEXTS, TEXTS), max_size=6),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.booleans(),
)
def test_what_a_writer_of_csv_makes_is_read_by_the_library(cells, end: str, quoting, ends: bool) -> None:
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator=end, quoting=quoting).writerows([("one", "two"), *cells])
    text = stream.getvalue()
    data = (text if ends else text.removesuffix(end)).encode()
    with mock.patch.object(csv_files, "_one_by_one", side_effect=AssertionError):
        found, faults = read(data)
    assert found and not faults
    assert list(found.cells.itertuples(index=False, name=None)) == cells
    assert found.lines.tolist() == [line for line, _ in csv_rows.rows(io.StringIO(text, newline=""))][1:]


@pytest.mark.parametrize(
    "rows",
    [b"1\n", b"1,2,3\n", b"1,2,3\n4\n", b"1,2\n\n", b'"1"x,2\n', b'x"1",2\n', b'1,2"\n', b'"1,2\n', b"1,2\r3,4\n"],
)
def test_what_a_library_might_read_in_another_way_is_left_to_the_exact_reader(rows: bytes) -> None:
    assert csv_files.regular(b"one,two\n" + rows, 2) is None


def test_one_column_has_no_separators_to_count() -> None:
    assert csv_files.regular(b"one\n1\n\n2\n", 1) is None


@pytest.mark.parametrize("line", [b'  a,"b"\n', b'"a""b",\r\n', b'"\r\n",b\r\n', b'"","\n"\n', b",\xc3\xa9\n"])
def test_nothing_is_lost_where_the_library_goes_from_one_part_of_a_large_file_to_the_next(line: bytes) -> None:
    part = 2**18  # bytes that pandas takes at once
    for at in range(part - len(line), part + 1):
        before = b"one,two\n" + b"x" * (at - 11) + b",y\n"
        assert len(before) == at
        assert csv_files.regular(before + line, 2) is not None
        assert_same(before + line)


def test_a_fault_in_one_row_leaves_the_others_as_they_are() -> None:
    found, faults = read(b'one,two\na,"b\nc"\nd\ne,f\n')
    assert [(fault.row, fault.problem) for fault in faults] == [(4, "1 cell where the header has 2")]
    assert found and not found.complete
    assert found.cells.to_numpy().tolist() == [["a", "b\nc"], ["e", "f"]]
    np.testing.assert_array_equal(found.lines, [2, 5])
