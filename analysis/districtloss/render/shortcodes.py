"""The two shortcodes of our Quarto subset, `var` and `include`, expanded as text, with every line's origin kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from districtloss.errors import Fault

_SHORTCODE = re.compile(r"(?<!\{)\{\{<(.*?)>\}\}(?!\})")
_ESCAPED = re.compile(r"\{(\{\{<.*?>\}\})\}")
_CELL = re.compile(r"^\s*(?:`{3,}|~{3,})\s*\{\w")
_OPEN = re.compile(r"(?<!\{)\{\{<")
_IN_ATTRIBUTE = re.compile(r'[\w-]+="[^"]*$')
_LINK = re.compile(r"\[([^\]]*)\](?:\([^)]*\))?(?:\{[^}]*\})?")


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


def expand(stage: Path, file: str, variables: Mapping[str, Any]) -> tuple[Expanded, list[Fault]]:
    """Expand the shortcodes of one chapter. All faults come back together, so that they can be mended together."""
    out, faults = Expanded(), list[Fault]()
    _expand_file(stage, file, variables, (), out, faults)
    return out, faults


def _expand_file(
    stage: Path,
    file: str,
    variables: Mapping[str, Any],
    parents: tuple[str, ...],
    out: Expanded,
    faults: list[Fault],
) -> None:
    lines = (stage / file).read_text(encoding="utf-8").splitlines()
    if parents and lines and lines[0].strip() == "---":
        faults.append(Fault(file, 1, None, "an included file starts with front matter", "leave it out"))
    for row, line in enumerate(lines, start=1):
        if _CELL.match(line):
            faults.append(Fault(file, row, None, "a cell to be executed", "computing is done in analysis/notebooks"))
        whole = _SHORTCODE.fullmatch(line.strip())
        if whole and whole[1].split()[:1] == ["include"]:
            _include(stage, file, row, whole[1].split()[1:], variables, parents, out, faults)
            continue
        # Most lines have no shortcode, and some are a whole chart.
        out.lines.append(_expand_line(line, file, row, variables, faults) if "{{" in line else line)
        out.origin.append((file, row))


def _include(
    stage: Path,
    file: str,
    row: int,
    arguments: list[str],
    variables: Mapping[str, Any],
    parents: tuple[str, ...],
    out: Expanded,
    faults: list[Fault],
) -> None:
    if len(arguments) != 1:
        faults.append(Fault(file, row, None, "include takes one path", "{{< include /results/include/x.md >}}"))
        return
    name = arguments[0]
    path = stage / name.lstrip("/") if name.startswith("/") else (stage / file).parent / name
    if not path.resolve().is_relative_to(stage.resolve()):
        faults.append(Fault(file, row, None, f"include {name} leaves the book's folder", "paths start with /"))
    elif not path.is_file():
        faults.append(Fault(file, row, None, f"include {name}: there is no such file", "does a notebook write it?"))
    else:
        inner = path.resolve().relative_to(stage.resolve()).as_posix()
        if inner in (*parents, file):
            faults.append(Fault(file, row, None, f"include {name} includes itself"))
        else:
            _expand_file(stage, inner, variables, (*parents, file), out, faults)


def _expand_line(line: str, file: str, row: int, variables: Mapping[str, Any], faults: list[Fault]) -> str:
    def replace(match: re.Match[str]) -> str:
        words = match[1].split()
        if words[:1] == ["include"]:
            faults.append(Fault(file, row, None, "include stands in a line with other text", "give it its own line"))
        elif words[:1] != ["var"]:
            name = words[0] if words else ""
            faults.append(Fault(file, row, None, f"unknown shortcode {name!r}", "the book knows var and include"))
        elif len(words) != 2 or (value := _look_up(variables, words[1])) is None:
            faults.append(
                Fault(file, row, None, f"unknown variable {' '.join(words[1:])!r}", "see results/values.json for names")
            )
        else:
            text = value.replace("\n", " ")
            # An attribute holds plain text: of a linked number only the number goes there.
            if _IN_ATTRIBUTE.search(line[: match.start()]):
                return _LINK.sub(r"\1", text).replace('"', '\\"')
            return text
        return ""

    expanded = _SHORTCODE.sub(replace, line)
    if _OPEN.search(_SHORTCODE.sub("", line)):
        faults.append(Fault(file, row, None, "a shortcode is not closed on its line", "end it with >}}"))
    return _ESCAPED.sub(r"\1", expanded)


def _look_up(variables: Mapping[str, Any], name: str) -> str | None:
    value: Any = variables
    for part in name.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return None
        value = value[part]
    return None if isinstance(value, Mapping | list) else str(value)
