"""What is wrong with the user's input, said so that it can be mended: file, row, column, problem, remedy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong. `row` is the line an editor shows (the header is line 1)."""

    file: str
    row: int | None
    column: str | None
    problem: str
    remedy: str = ""

    def __str__(self) -> str:
        """Return `FILE:ROW: COLUMN: problem, remedy`; parts that do not apply are left out."""
        where = self.file if self.row is None else f"{self.file}:{self.row}"
        column = f" {self.column}:" if self.column else ""
        remedy = f", {self.remedy}" if self.remedy else ""
        line = f"{where}:{column} {self.problem}{remedy}"
        # One line a fault, and no control character of somebody's data or file names on the terminal.
        return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)

    def sort_key(self) -> tuple[str, int, str, str]:
        return (self.file, self.row or 0, self.column or "", self.problem)


def read_back(text: str) -> list[Fault]:
    """Take faults that another process printed, a line each, apart: so far that they are printed the same again."""
    lines = (line.partition(": ") for line in text.splitlines() if line.strip())
    return [Fault(where, None, None, problem) for where, _, problem in lines]


class Faults(Exception):
    """The input cannot be used. Carries every fault that was found, in the order of the files."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = sorted(faults, key=Fault.sort_key)
        super().__init__("\n".join(map(str, self.faults)))
