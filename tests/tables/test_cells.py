"""The cells of a regular file, found a column at a time, are those that a reader finds row by row."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from districtloss.tables import cells, csv_files
from districtloss.tables.cells import LONG

# About as long as one, two and all of the words that a short cell is read as; one byte, several; quoted or not.
SHORT = ["", "a", "é", "ab", "12345678", "123456789", "1234567é", 'x""y', "b,c", "d\ne", "f\r\ng", '"q"', "€" * 5]
TEXTS = st.sampled_from([*SHORT, *("l" * n for n in (LONG - 2, LONG, LONG + 1, 300)), "l" * LONG + "é"])
ROWS = st.integers(2, 4).flatmap(
    lambda width: st.lists(st.lists(TEXTS, min_size=width, max_size=width), min_size=2, max_size=12)
)
END, QUOTING = st.sampled_from(["\n", "\r\n"]), st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])


def written(rows: list[list[str]], end: str, quoting: int, closed: bool) -> bytes:
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator=end, quoting=quoting).writerows(rows)
    return (stream.getvalue() if closed else stream.getvalue().removesuffix(end)).encode()


@given(ROWS, END, QUOTING, st.booleans(), st.sampled_from([3, 70, cells.CHUNK]))
@settings(deadline=None)
def test_columns_hold_what_was_written(rows, end: str, quoting: int, closed: bool, chunk: int) -> None:
    data = written(rows, end, quoting, closed)
    assert csv_files._regular(data) is not None
    found = list(cells.columns(cells.cut(data if closed else data + b"\n", len(rows[0]), chunk)))
    assert [list(column) for column in found] == [list(column) for column in zip(*rows[1:], strict=True)]
    for column in found:
        assert list(column.categories) == list(dict.fromkeys(column))


def test_many_ids_of_two_words_are_told_apart() -> None:
    ids = [f"E{number:012d}" for number in range(0, 5_000_000, 997)] * 2
    data = "".join(f"{text},x\n" for text in ["id", *ids]).encode()
    column, same = cells.columns(cells.cut(data, 2))
    assert list(column) == ids and len(column.categories) == len(ids) // 2
    assert list(same.categories) == ["x"]


def test_cells_that_mix_to_one_number_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "MIXER", cells.np.uint64(1))  # their eight bytes are added up
    ids = ["a2345678b", "b2345678a", "a2345678c", "b2345678a"]
    data = "".join(f"{text},x\n" for text in ["id", *ids]).encode()
    column, _ = cells.columns(cells.cut(data, 2))
    assert list(column) == ids and list(column.categories) == ids[:3]


@pytest.mark.parametrize("text", ['"a"', "a"])
def test_what_is_written_with_quotes_and_without_is_the_same(text: str) -> None:
    (column, _) = cells.columns(cells.cut(f'h,i\na,"x"\n{text},x\n'.encode(), 2))
    assert list(column) == ["a", "a"] and list(column.categories) == ["a"]
