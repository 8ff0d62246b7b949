"""The cells of a regular CSV file, found in its bytes a column at a time, not row by row.

Regular is a file whose rows all have as many cells as its header, and whose quotes all are where they belong.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

QUOTE, COMMA, NEWLINE, RETURN = (ord(c) for c in '",\n\r')
CHUNK = 1 << 18  # bytes looked at together: they and what is found in them stay in the processor's cache
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


def columns(data: bytes, rows: int, width: int) -> Iterator[pd.Categorical]:
    """Yield the columns of a regular file of so many rows (the header is one) and columns, as categorical text.

    Categories are in the order of their first appearance; an empty cell is "".
    """
    data += b"\n" + bytes(LONG)  # the last line end may lack, and cells are read with what follows them
    found = np.empty(rows * width + 1, dtype=np.int32 if len(data) < 1 << 31 else np.int64)
    count = 0
    for at in separators(data):
        found[count : count + len(at)] = at
        count += len(at)
    ends = np.ascontiguousarray(found[:-1].reshape(rows, width).T)
    del found
    for number, end in enumerate(ends):
        before = ends[number - 1, 1:] if number else ends[-1, :-1]
        begin, length = before.astype(np.int64) + 1, end[1:].astype(np.int64) - before - 1
        if number == width - 1 and b"\r" in data:
            length -= np.frombuffer(data, np.uint8)[end[1:] - 1] == RETURN
        codes, texts = _distinct(data, begin, length)
        if b'"' in data:
            codes, texts = _unquoted(codes, texts)
        yield pd.Categorical.from_codes(codes, categories=pd.Index(texts, dtype=object))


def _unquoted(codes: np.ndarray, written: list[str]) -> tuple[np.ndarray, list[str]]:
    meant = [text[1:-1].replace('""', '"') if text.startswith('"') else text for text in written]
    same, texts = pd.factorize(np.array(meant, dtype=object))  # "x" and x are the same
    return same[codes], list(texts)


def _distinct(data: bytes, begin: np.ndarray, length: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Return a code for each cell, the same where the same is written, and what each code stands for."""
    if length.max() > LONG:
        written = [data[a : a + n] for a, n in zip(begin.tolist(), length.tolist(), strict=True)]
        codes, texts = pd.factorize(np.array(written, dtype=object))
        return codes, [text.decode() for text in texts]
    codes, many = np.zeros(len(begin), dtype=np.int64), 1
    for word in _words(data, begin, length):
        code, distinct = pd.factorize(word)
        if many == 1:
            codes, many = code, len(distinct)
        elif len(distinct) > 1:  # both are below the number of rows, so their product is a number of 64 bits
            codes, distinct = pd.factorize(codes * len(distinct) + code)
            many = len(distinct)
    first = np.empty(many, dtype=np.int64)
    first[codes[::-1]] = np.arange(len(codes))[::-1]
    words = list(_words(data, begin[first], length[first]))
    if not words:
        return codes, [""]
    together = np.stack(words, axis=1).astype("<u8").view(f"S{8 * len(words)}")
    return codes, b"\0".join(together.ravel().tolist()).decode().split("\0")


def _words(data: bytes, begin: np.ndarray, length: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the cells eight bytes after eight bytes, each eight as one number, NULs where a cell has ended."""
    at = np.ndarray(len(data) - 7, "<u8", data, strides=1)
    kept = np.array([(1 << 8 * n) - 1 for n in range(9)], dtype=np.uint64)
    for done in range(0, int(length.max()), 8):
        yield at[begin + done] & kept.take(length - done, mode="clip")
