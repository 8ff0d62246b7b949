"""CSV is read exactly: cells as they were written, each row with the line on which it begins."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from districtloss.files import csv_rows

CELLS = st.one_of(st.sampled_from(["", "a", "b,c", "d\ne", '"q"', "é", 'x""y', "\r\n", '"']), st.text('a,;"\n\r é'))
TABLES = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=8)
)


@given(TABLES, st.sampled_from(["\n", "\r\n"]), st.sampled_from(",;\t"))
def test_cells_come_back_as_they_were_written_with_the_lines_of_their_rows(table, end: str, delimiter: str) -> None:
    stream = io.StringIO(newline="")
    begins = []
    for row in table:
        written = stream.getvalue()
        begins.append(1 + written.count("\n") + written.count("\r") - written.count("\r\n"))
        csv.writer(stream, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL).writerow(row)
    found = list(csv_rows.rows(io.StringIO(stream.getvalue(), newline=""), delimiter))
    assert [row for _, row in found] == table
    assert [line for line, _ in found] == begins


@pytest.mark.parametrize(
    ("text", "line"), [('a,b\n1,"2\n3,4\n', 2), ('a,b\n"x"y,2\n', 2), ('a,b\n1,"p\nq"\n"r"s,2\n', 4)]
)
def test_quotes_that_do_not_pair_are_told_with_the_line_of_their_row(text: str, line: int) -> None:
    with pytest.raises(csv_rows.UnpairedQuotes) as caught:
        list(csv_rows.rows(io.StringIO(text, newline="")))
    assert caught.value.line == line


def test_a_cell_may_be_longer_than_python_allows_by_default() -> None:
    assert [row for _, row in csv_rows.rows([f"a,{'x' * 1_000_000}\n"])] == [["a", "x" * 1_000_000]]


def test_records_are_rows_by_their_columns_and_can_be_written_again(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("\ufeffa,b\n1\n\n2,3\n", "utf-8")
    records = csv_rows.records(path)
    assert records == [{"a": "1", "b": ""}, {"a": "2", "b": "3"}]
    csv_rows.write(path, ["a", "b"], [{"a": "1"}, records[1]])
    assert csv_rows.records(path) == records
