"""Characters that the fonts of the PDF can show. Data may hold any script; a PDF for screen readers refuses a
character without a glyph, so those are put in words of fewer signs, or marked, there and nowhere else."""

from __future__ import annotations

import struct
import unicodedata
from collections.abc import Iterable
from pathlib import Path

MISSING = "□?"  # what stands for a character that cannot be shown: the first of these that the fonts have
NOT_SHOWN = ("could not be displayed", "missing codepoints")  # how Typst says it


def covered(fonts: Iterable[Path]) -> set[int]:
    """Return the code points that every one of the fonts (TrueType files) has a glyph for."""
    sets = [_code_points(path.read_bytes()) for path in fonts]
    return set.intersection(*sets) if sets else set()


def shown(text: str, known: set[int]) -> str:
    """Return the text with each character that is not among `known` as its plain form, or as a box."""
    odd = {c for c in text if ord(c) not in known and c not in "\n\r\t"}
    return text.translate({ord(c): _substitute(c, known) for c in odd})


def not_shown(told: str) -> bool:
    """Return whether Typst says that there is a character that cannot be shown."""
    return any(words in told for words in NOT_SHOWN)


def make_printable(files: Iterable[Path], known: set[int]) -> None:
    """Rewrite text files so that they hold no character that cannot be shown. In drawings marks are set one by one,
    each as a sign that stands for no character: those that join no letter are left out."""
    for path in files:
        text = path.read_text("utf-8")
        plain = shown(text, known)
        if path.suffix == ".svg":
            plain = "".join(c for c in unicodedata.normalize("NFC", plain) if not unicodedata.combining(c))
        if plain != text:
            path.write_text(plain, "utf-8")


def _substitute(character: str, known: set[int]) -> str:
    if unicodedata.category(character) in ("Cf", "Cc", "Mn"):
        return ""  # marks and directions: nothing to see by themselves
    plain = "".join(c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c))
    if plain != character and all(ord(c) in known for c in plain):
        return plain
    return next((c for c in MISSING if ord(c) in known), "?")


def _code_points(data: bytes) -> set[int]:
    """The code points of a font's cmap table, of the formats 4 and 12 (OpenType 1.9, cmap)."""
    tables = {data[at : at + 4]: struct.unpack(">II", data[at + 8 : at + 16]) for at in _records(data, 12, 4, 16)}
    start = tables[b"cmap"][0]
    found: set[int] = set()
    for at in _records(data, start + 4, start + 2, 8):
        sub = start + struct.unpack(">I", data[at + 4 : at + 8])[0]
        kind = struct.unpack(">H", data[sub : sub + 2])[0]
        if kind == 12:
            (groups,) = struct.unpack(">I", data[sub + 12 : sub + 16])
            for group in range(groups):
                first, last = struct.unpack(">II", data[sub + 16 + 12 * group : sub + 24 + 12 * group])
                found.update(range(first, last + 1))
        elif kind == 4:
            (twice,) = struct.unpack(">H", data[sub + 6 : sub + 8])
            count = twice // 2
            ends = struct.unpack(f">{count}H", data[sub + 14 : sub + 14 + twice])
            starts = struct.unpack(f">{count}H", data[sub + 16 + twice : sub + 16 + 2 * twice])
            for first, last in zip(starts, ends, strict=True):
                found.update(range(first, last + 1))
    return found - {0xFFFF}


def _records(data: bytes, first: int, counter: int, size: int) -> range:
    (count,) = struct.unpack(">H", data[counter : counter + 2])
    return range(first, first + count * size, size)
