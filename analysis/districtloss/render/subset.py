"""What somebody else's chapter may hold: our subset of Quarto's Markdown, without what a page or the PDF would obey.

A chapter of a data folder is text from data. It may hold no code to be run, no raw HTML or Typst, no attribute that a
browser acts on, and no path out of the results.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import yaml

from districtloss.errors import Fault
from districtloss.report.chapters import FRONT_MATTER

MATTER = ("title", "description", "holds")
ATTRIBUTES = ("fig-alt", "title", "collapse", "when-format", "unless-format")
TARGET = re.compile(r"#|/results/|https?://|mailto:")
SHORTCODE = re.compile(r"\{\{<.*?>\}\}")
FORMAT = "markdown"


def faults(file: str, text: str) -> list[Fault]:
    """Return what a chapter holds that it may not, with the lines where that can be told."""
    found = FRONT_MATTER.match(text)
    matter = yaml.safe_load(found[1]) if found else {}
    more = [str(name) for name in matter or {} if name not in MATTER]
    known = ", ".join(MATTER)
    made = [Fault(file, _row(text, name), name, "is front matter that no chapter may set", known) for name in more]
    document = json.loads(_as_json(SHORTCODE.sub("shortcode", text[found.end() :] if found else text)))
    made += [
        Fault(file, _row(text, hint), None, problem, remedy) for hint, problem, remedy in _walk(document["blocks"])
    ]
    return list(dict.fromkeys(made))


def _as_json(text: str) -> str:
    import pypandoc

    return str(pypandoc.convert_text(text, "json", format=FORMAT))


def _row(text: str, hint: str) -> int | None:
    """Return the first line that holds what a fault is about."""
    return next((row for row, line in enumerate(text.splitlines(), start=1) if hint and hint in line), None)


def _walk(node: Any) -> Iterator[tuple[str, str, str]]:
    """Yield hint, problem and remedy of all that may not be there in a part of Pandoc's document."""
    if isinstance(node, list):
        for part in node:
            yield from _walk(part)
    if not isinstance(node, dict):
        return
    kind: str = node.get("t", "")
    content: Any = node.get("c")
    if kind in ("RawBlock", "RawInline"):
        first = str(content[1]).strip().splitlines()[0] if str(content[1]).strip() else ""
        yield first, f"raw {content[0]}, which no chapter of a data folder may hold", "write it in Markdown"
    if kind in ("Link", "Image") and not TARGET.match(content[2][0]):
        target = content[2][0]
        yield target, f"the target {target!r} leads out of the report", "#ID, /results/…, https://…"
    for name, _ in _attributes(kind, content):
        if name not in ATTRIBUTES:
            yield name, f"the attribute {name!r} is outside the book's subset", f"one of {', '.join(ATTRIBUTES)}"
    yield from _walk(content)


def _attributes(kind: str, content: Any) -> list[list[str]]:
    """Return the attributes of an element, as pairs of name and value."""
    place = {"Header": 1, "Div": 0, "Span": 0, "Link": 0, "Image": 0, "Code": 0, "CodeBlock": 0, "Table": 0}.get(kind)
    return [] if place is None else list(content[place][2])
