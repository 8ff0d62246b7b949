"""The shortcodes of the book as Markdown for plain Pandoc, with the origin of every line: those of our Quarto extension
(`_extensions/districtloss`), and Quarto's own `meta`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from districtloss.errors import Fault
from districtloss.report.markup import escape, link

_SHORTCODE = re.compile(r"(?<!\{)\{\{<(.*?)>\}\}(?!\})")
_ESCAPED = re.compile(r"\{(\{\{<.*?>\}\})\}")
_CELL = re.compile(r"^\s*(?:`{3,}|~{3,})\s*\{\w")
_IN_ATTRIBUTE = re.compile(r'[\w-]+="[^"]*$')
_OPEN = re.compile(r"(?<!\{)\{\{<")

# What stands on a line of its own, and the file of the results that takes its place.
BLOCKS = {"table": "tbl-{}.md", "chart": "fig-{}.md", "list": "{}.md"}
INCLUDE = "results/include"


@dataclass(frozen=True)
class Known:
    """What shortcodes can name: the numbers and words of the results, and the facts of the report (`_report.yml`)."""

    values: Mapping[str, Mapping[str, Any]]
    words: Mapping[str, str]
    meta: Mapping[str, Any]


@dataclass
class Expanded:
    """A chapter after expansion. `origin[i]` is the file and line that line `i` of the text came from."""

    lines: list[str] = field(default_factory=list)
    origin: list[tuple[str, int]] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(self.lines) + "\n"

    def find(self, pattern: str) -> list[tuple[str, int]]:
        """The origins of all lines that match a regular expression."""
        compiled = re.compile(pattern)
        return [origin for line, origin in zip(self.lines, self.origin, strict=True) if compiled.search(line)]


def expand(stage: Path, file: str, known: Known) -> tuple[Expanded, list[Fault]]:
    """Expand the shortcodes of one chapter. All faults come back together, so that they can be mended together."""
    out, faults = Expanded(), list[Fault]()
    for row, line in enumerate((stage / file).read_text(encoding="utf-8").splitlines(), start=1):
        if _CELL.match(line):
            faults.append(Fault(file, row, None, "a cell to be executed", "computing is done in analysis/notebooks"))
        whole = _SHORTCODE.fullmatch(line.strip())
        if whole and whole[1].split()[:1] and whole[1].split()[0] in BLOCKS:
            _insert(stage, file, row, whole[1].split(), out, faults)
        else:
            out.lines.append(_expand_line(line, file, row, known, faults) if "{{" in line else line)
            out.origin.append((file, row))
    return out, faults


def _insert(stage: Path, file: str, row: int, words: list[str], out: Expanded, faults: list[Fault]) -> None:
    """Put a table, chart or list of the results in the place of its shortcode."""
    kind, *names = words
    if len(names) != 1:
        faults.append(Fault(file, row, None, f"{kind} takes one name", f"{{{{< {kind} NAME >}}}}"))
        return
    folder, pattern = stage / INCLUDE, BLOCKS[kind]
    there = [path.name for path in folder.glob(pattern.format("*"))]
    name = pattern.format(names[0])
    if name not in there:
        before, after = pattern.split("{}")
        found = [other.removeprefix(before).removesuffix(after) for other in there]
        faults.append(Fault(file, row, None, f"there is no {kind} named {names[0]!r}", _nearest(names[0], found)))
        return
    lines = (folder / name).read_text(encoding="utf-8").splitlines()
    out.lines += lines
    out.origin += [(f"{INCLUDE}/{name}", number) for number in range(1, len(lines) + 1)]


def _expand_line(line: str, file: str, row: int, known: Known, faults: list[Fault]) -> str:
    def replace(match: re.Match[str]) -> str:
        words = match[1].split()
        name = words[0] if words else ""
        if _IN_ATTRIBUTE.search(line[: match.start()]):
            faults.append(Fault(file, row, None, "a shortcode stands in an attribute", "write plain words there"))
        elif name in BLOCKS:
            faults.append(Fault(file, row, None, f"{name} stands in a line with other text", "give it its own line"))
        elif name not in INLINE:
            faults.append(Fault(file, row, None, f"unknown shortcode {name!r}", f"one of {', '.join(INLINE | BLOCKS)}"))
        elif len(words) != 2:
            faults.append(Fault(file, row, None, f"{name} takes one name", f"{{{{< {name} NAME >}}}}"))
        else:
            kind = INLINE[name]
            text = kind.text(known, words[1])
            if text is not None:
                return text
            faults.append(
                Fault(file, row, None, f"unknown {kind.what} {words[1]!r}", _nearest(words[1], kind.names(known)))
            )
        return ""

    expanded = _SHORTCODE.sub(replace, line)
    if _OPEN.search(_SHORTCODE.sub("", line)):
        faults.append(Fault(file, row, None, "a shortcode is not closed on its line", "end it with >}}"))
    return _ESCAPED.sub(r"\1", expanded)


def _nearest(name: str, names: list[str]) -> str:
    near = get_close_matches(name, names, 1)
    return f"{near[0]}?" if near else "results/ has all names"


@dataclass(frozen=True)
class _Inline:
    """A shortcode within a line: what it names, the Markdown of a name (None of one that is not known), all names."""

    what: str
    text: Callable[[Known, str], str | None]
    names: Callable[[Known], list[str]]


def _number(known: Known, name: str) -> str | None:
    value = known.values.get(name)
    return None if value is None else link(name, value, value["text"])


def _range(known: Known, name: str) -> str | None:
    value = known.values.get(name)
    return None if value is None else link(name, value, value["range"] or value["text"])


def _word(known: Known, name: str) -> str | None:
    word = known.words.get(name)
    return None if word is None else escape(word)


def _meta(known: Known, name: str) -> str | None:
    value: Any = known.meta
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return None if value is None or isinstance(value, Mapping | list) else escape(value)


def _meta_names(known: Known) -> list[str]:
    return [f"{key}.{name}" for key, part in known.meta.items() if isinstance(part, Mapping) for name in part]


INLINE = {
    "n": _Inline("number", _number, lambda known: list(known.values)),
    "range": _Inline("number", _range, lambda known: list(known.values)),
    "word": _Inline("word", _word, lambda known: list(known.words)),
    "meta": _Inline("fact of the report", _meta, _meta_names),
}
