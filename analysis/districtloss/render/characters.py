"""Characters that the fonts of the PDF can show. Data may hold any script; a PDF for screen readers refuses a
character without a glyph, so those are put in words of fewer signs, or marked, there and nowhere else."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from pathlib import Path

from districtloss.files import atomic

MISSING = "□?"  # what stands for a character that cannot be shown: the first of these that the fonts have
NOT_SHOWN = ("could not be displayed", "missing codepoints")  # how Typst says it


def covered(fonts: Iterable[Path]) -> set[int]:
    """Return the code points that every one of the fonts (TrueType files) has a glyph for."""
    from fontTools.ttLib import TTFont  # 0.1 s, which a book that Typst takes as it is need not wait for

    sets = []
    for path in fonts:
        with TTFont(path, lazy=True) as font:
            sets.append(set(font.getBestCmap()))
    return set.intersection(*sets) if sets else set()


def printable(text: str, known: set[int]) -> str:
    """Return the text with each character that is not among `known` as its plain form, or as a box."""
    odd = {c for c in text if ord(c) not in known and c not in "\n\r\t"}
    return text.translate({ord(c): _substitute(c, known) for c in odd})


def without_glyph(message: str) -> bool:
    """Return whether a message of Typst's says that there is a character that no font can show."""
    return any(words in message for words in NOT_SHOWN)


def make_printable(files: Iterable[Path], known: set[int]) -> None:
    """Rewrite text files so that they hold no character that cannot be shown. In drawings marks are set one by one,
    each as a sign that stands for no character: those that join no letter are left out."""
    for path in files:
        text = path.read_text("utf-8")
        plain = printable(text, known)
        if path.suffix == ".svg":
            plain = "".join(c for c in unicodedata.normalize("NFC", plain) if not unicodedata.combining(c))
        if plain != text:
            atomic.write(path, plain)


def _substitute(character: str, known: set[int]) -> str:
    if unicodedata.category(character) in ("Cf", "Cc", "Mn"):
        return ""  # marks and directions: nothing to see by themselves
    plain = "".join(c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c))
    if plain != character and all(ord(c) in known for c in plain):
        return plain
    return next((c for c in MISSING if ord(c) in known), "?")
