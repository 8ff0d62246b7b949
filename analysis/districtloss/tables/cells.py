"""The cells of a regular CSV file, found in its bytes a column at a time, not row by row.

Regular is a file whose rows all have as many cells as its header, at least two, and whose quotes all are where they
belong. The work is done a part of the file after the other, so that what is looked at stays in the processor's cache.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

QUOTE, COMMA, NEWLINE, RETURN = (ord(c) for c in '",\n\r')
CHUNK = 1 << 20  # bytes
LONG = 64  # bytes: cells of columns with a longer one are made texts first and compared as such


def separators(data: bytes, chunk: int = CHUNK) -> Iterator[np.ndarray]:
    """Yield the positions of the commas and line ends that stand outside quotes, in order, some at a time."""
    quoted, within = b'"' in data, np.uint8(0)
    for start in range(0, len(data), chunk):
        part = np.frombuffer(data, np.uint8, min(chunk, len(data) - start), start)
        separates = (part == COMMA) | (part == NEWLINE)
        if quoted:
            inside = np.bitwise_xor.accumulate((part == QUOTE).view(np.uint8)) ^ within
            within = inside[-1]
            separates &= inside == 0
        yield np.flatnonzero(separates) + start


class Cut(NamedTuple):
    """A regular file in cells, without its header."""

    data: bytes
    starts: np.ndarray  # where each row begins
    words: list[list[np.ndarray]]  # of each column: its cells, eight bytes a word
    long: dict[int, list[bytes]]  # the cells of columns that have none


class Irregular(ValueError):
    """A row has more or fewer cells than the header."""


def cut(data: bytes, width: int, chunk: int = CHUNK) -> Cut:
    """Cut a file that ends with a line end, and whose quotes all are where they belong, into `width` columns.

    Raises Irregular where that cannot be done.
    """
    most = data.count(b"\n")
    words: list[list[np.ndarray]] = [[] for _ in range(width)]
    long: dict[int, list[bytes]] = {}
    begun: list[np.ndarray] = []
    row = 0
    for begin, length in _blocks(data, width, chunk):
        here = slice(row, row := row + len(begin))
        begun.append(begin[:, 0].copy())
        part = data[begin[0, 0] : begin[-1, -1] + length[-1, -1]] + bytes(LONG)
        starts, lengths = np.ascontiguousarray((begin - begin[0, 0]).T), np.ascontiguousarray(length.T)
        for number, longest in enumerate(lengths.max(axis=1).tolist()):
            if longest > LONG:
                long[number] = []
                continue
            for position, word in enumerate(_words(part, starts[number], lengths[number], longest)):
                if position == len(words[number]):
                    words[number].append(np.zeros(most, dtype=np.uint64))
                words[number][position][here] = word
    if b'"' not in data and row + 1 != most:
        raise Irregular
    if long:
        for begin, length in _blocks(data, width, chunk):
            for number, written in long.items():
                ends = begin[:, number] + length[:, number]
                written += [data[a:b] for a, b in zip(begin[:, number].tolist(), ends.tolist(), strict=True)]
    return Cut(data, np.concatenate([np.empty(0, np.int64), *begun]), [[w[:row] for w in ws] for ws in words], long)


def columns(found: Cut) -> Iterator[pd.Categorical]:
    """Yield the columns of a file as categorical text, and let go of their cells.

    Categories are in the order of their first appearance; an empty cell is "".
    """
    quoted, rows = b'"' in found.data, len(found.starts)
    for number, words in enumerate(found.words):
        codes, texts = _distinct_long(found.long.pop(number)) if number in found.long else _distinct(words, rows)
        words.clear()
        if quoted:
            codes, texts = _unquoted(codes, texts)
        yield pd.Categorical.from_codes(codes, categories=pd.Index(texts, dtype=object))


def _blocks(data: bytes, width: int, chunk: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield where cells begin and how long they are, by row and column, some rows at a time, without the header."""
    bytes_, quoted = np.frombuffer(data, np.uint8), b'"' in data
    ends, header = np.array([-1]), 1  # of the cell before, and of those of a row that has not ended
    for at in separators(data, chunk):
        ends = np.concatenate([ends, at])
        whole = (len(ends) - 1) // width * width
        begin = ends[:whole].reshape(-1, width) + 1
        end = ends[1 : whole + 1].reshape(-1, width)
        # Without quotes, to count the line ends is enough to know that none stands within a row.
        if (bytes_[end[:, -1]] != NEWLINE).any() or (quoted and (bytes_[end[:, :-1]] == NEWLINE).any()):
            raise Irregular
        length = end - begin
        length[:, -1] -= bytes_[end[:, -1] - 1] == RETURN  # of a line end \r\n
        ends = ends[whole:]
        if len(begin) > header:
            yield begin[header:], length[header:]
        header = 0 if len(begin) else header
    if len(ends) > 1:
        raise Irregular


def _words(part: bytes, begin: np.ndarray, length: np.ndarray, longest: int) -> Iterator[np.ndarray]:
    """Yield cells eight bytes after eight bytes, each eight as one number, with NULs where a cell has ended."""
    at = np.ndarray(len(part) - 7, "<u8", part, strides=1)
    for done in range(0, longest, 8):
        yield at[begin + done] & KEPT.take(length - done, mode="clip")


KEPT = np.array([(1 << 8 * n) - 1 for n in range(9)], dtype=np.uint64)  # of a word, by the bytes that are the cell's


def _distinct(words: list[np.ndarray], rows: int) -> tuple[np.ndarray, list[str]]:
    """Return a code for each cell, the same where the same is written, and what each code stands for."""
    if not words:
        return np.zeros(rows, dtype=np.int64), [""]
    mixed = words[0].copy() if len(words) > 1 else words[0]
    for word in words[1:]:
        mixed *= MIXER
        mixed += word
    codes, first = _first(mixed)
    same = all((np.take(word[first], codes, out=mixed) == word).all() for word in words[1:])
    if not same:  # cells that differ were mixed to one number
        codes, first = _first(words[0])
        for word in words[1:]:
            more, of = _first(word)  # both are below the number of rows, so their product is a number of 64 bits
            codes, first = _first(codes * len(of) + more)
    together = np.zeros((len(first), 8 * len(words) + 1), dtype=np.uint8)
    together[:, :-1] = np.stack([word[first] for word in words], axis=1).astype("<u8", copy=False).view(np.uint8)
    kept = together != 0
    kept[:, -1] = True  # one NUL after each; no cell has any
    return codes, together[kept].tobytes().decode().split("\0")[:-1]


# odd, so that multiplying by it loses nothing: cells that differ in one word alone never mix to one number
MIXER = np.uint64(0x9E3779B97F4A7C15)


def _first(numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a code for each number, in the order of their first appearance, and where each code appears first."""
    codes, distinct = pd.factorize(numbers)
    first = np.empty(len(distinct), dtype=np.int64)
    first[codes[::-1]] = np.arange(len(numbers))[::-1]
    return codes, first


def _distinct_long(written: list[bytes]) -> tuple[np.ndarray, list[str]]:
    codes, distinct = pd.factorize(np.array(written, dtype=object))
    return codes, [text.decode() for text in distinct]


def _unquoted(codes: np.ndarray, written: list[str]) -> tuple[np.ndarray, list[str]]:
    meant = [text[1:-1].replace('""', '"') if text.startswith('"') else text for text in written]
    same, texts = pd.factorize(np.array(meant, dtype=object))  # "x" and x are the same
    return same[codes], list(texts)
