"""How CSV is read and written: exactly, row by row, with the line on which each row begins."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

# Python refuses longer cells than 128 kB, without a word on which. A rule of the column does that, with row and column.
csv.field_size_limit(2**31 - 1)  # the most that a C long holds on every system


class UnpairedQuotes(ValueError):
    """A quote opens a cell and none closes it, or one closes it before its end."""

    def __init__(self, line: int) -> None:
        """Remember the line on which the row begins."""
        self.line = line
        super().__init__(f"the quotes of the row in line {line} are not paired")


def rows(lines: Iterable[str], delimiter: str = ",") -> Iterator[tuple[int, list[str]]]:
    """Yield the rows, the header first, each with the line on which it begins, counted from 1.

    A cell can hold line ends, so that a row has several lines; an empty line is a row without cells. `lines` is a file
    that was opened with `newline=""`. Raises UnpairedQuotes.
    """
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    begin = 1
    try:
        for row in reader:
            yield begin, row
            begin = reader.line_num + 1
    except csv.Error:
        raise UnpairedQuotes(begin) from None


def records(path: Path) -> list[dict[str, str]]:
    """Return the rows of a file whose form is right, column to cell; cells that a row lacks are "".

    Raises OSError and ValueError where the file cannot be read as CSV in UTF-8.
    """
    with path.open(encoding="utf-8-sig", newline="") as stream:
        found = rows(stream)
        _, header = next(found, (1, []))
        return [dict.fromkeys(header, "") | dict(zip(header, row, strict=False)) for _, row in found if row]


def write(path: Path, columns: Sequence[str], records: Iterable[Mapping[str, str]]) -> None:
    """Write records as CSV with a header; columns that a record lacks are empty."""
    write_rows(path, columns, ([record.get(name, "") for name in columns] for record in records))


def write_rows(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write rows of cells, in the order of `columns`, as CSV with a header."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
