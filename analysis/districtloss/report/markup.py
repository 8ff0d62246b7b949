"""Markdown from data. Text from data is data: whatever it holds is printed, never obeyed."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

# Every ASCII punctuation mark can be escaped in Pandoc's Markdown; escaping all of them leaves no syntax, be it
# Markdown, HTML, a citation, a cross-reference or a Quarto shortcode.
SYNTAX = re.compile(r"([!-/:-@\[-`{-~])")
# Quarto looks for these signs in what Markdown has been read to: it warns of three colons, as of a fence that is not
# closed, and obeys a shortcode in the value of a variable. An empty span between the signs keeps them apart.
APART = re.compile(r"(\\:\\:)(?=\\:)|(\\\{)(?=\\\{)")
SPACE = re.compile(r"\s+")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
# Longer cells would make a page that nobody can read; the CSV beside the table holds the whole text.
LONGEST = 400


def escape(text: object) -> str:
    """Return `text` as inline Markdown that prints as itself, on one line, cut at LONGEST characters."""
    return APART.sub(r"\g<0>[]{}", SYNTAX.sub(r"\\\1", _flat(text)))


def _flat(text: object) -> str:
    flat = SPACE.sub(" ", CONTROL.sub("", str(text))).strip()
    return flat if len(flat) <= LONGEST else flat[: LONGEST - 1] + "…"


def pipe_table(
    headers: Sequence[str], rows: Iterable[Sequence[str]], align: str, widths: Sequence[int] | None = None
) -> str:
    """Return a pipe table. `align` has one letter a column, `l` or `r`; cells are Markdown already.

    `widths` are relative column widths, used where a row is longer than a line.
    """
    widths = widths or [max(3, len(h)) for h in headers]
    rules = [
        ("-" * max(2, w) + ":") if a == "r" else (":" + "-" * max(2, w)) for a, w in zip(align, widths, strict=True)
    ]
    lines = ["| " + " | ".join(headers) + " |", "|" + "|".join(rules) + "|"]
    lines += ["| " + " | ".join(cell or " " for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def html_text(text: object) -> str:
    """Return `text` as HTML that prints as itself, on one line, cut at LONGEST characters; no shortcode either."""
    return html.escape(_flat(text)).replace("{", "&#123;")


def html_block(code: str) -> str:
    """Return a block of raw HTML that only the HTML book holds."""
    return f'::: {{.content-visible when-format="html"}}\n```{{=html}}\n{code}\n```\n:::'


def script_json(data: Any) -> str:
    """Return JSON that can stand in a script element: no character of it can end the element or start a comment."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


# --- numbers in prose ---------------------------------------------------------------------------------------------


def anchor(name: str) -> str:
    """Return the id of a value's entry in the chapter on where the numbers come from."""
    return f"n-{name.replace('_', '-')}"


def link(name: str, value: Mapping[str, Any], text: str) -> str:
    """Return the Markdown of a number in prose: `text`, which leads to the value's entry where it has one."""
    return f"[{text}](#{anchor(name)}){{.number}}" if known(value) else text


def known(value: Mapping[str, Any]) -> bool:
    """Return whether the data give a value, or an end of its interval. Others have no entry to link to."""
    return any(value[end] is not None for end in ("value", "low", "high"))
