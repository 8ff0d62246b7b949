"""The staged book: what a renderer is given, whichever it is."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from districtloss.errors import Fault, Faults
from districtloss.paths import ROOT

CONFIG = "_quarto.yml"
VARIABLES = "_variables.yml"
REPORT = "_report.yml"


@dataclass(frozen=True)
class Rendered:
    """Which program made the book, for the manifest and the colophon."""

    name: str
    version: str


@dataclass(frozen=True)
class Chapter:
    """One file of the book. `kind` decides how it is numbered: not at all, 1, 2, … or A, B, …"""

    file: str  # as _quarto.yml names it: chapters/x.qmd
    kind: Literal["index", "chapter", "appendix"]

    @property
    def page(self) -> str:
        """The path of the HTML page, the same with both renderers."""
        return re.sub(r"\.qmd$", ".html", self.file)


@dataclass(frozen=True)
class Book:
    """What `_quarto.yml` and the files it names say, read once for whichever renderer."""

    config: Mapping[str, Any]
    variables: Mapping[str, Any]
    report: Mapping[str, Any]
    chapters: tuple[Chapter, ...]


def stage_sources(stage: Path, root: Path = ROOT) -> None:
    """Copy what people write (configuration, chapters, assets) into the stage; results come from the analysis."""
    stage.mkdir(parents=True, exist_ok=True)
    for name in (CONFIG, "index.qmd"):
        shutil.copyfile(root / name, stage / name)
    for folder in ("chapters", "analysis/assets"):
        shutil.copytree(root / folder, stage / folder, dirs_exist_ok=True)


def read(stage: Path) -> Book:
    """Read the configuration of a staged book. Raises Faults for files that are missing or cannot be read."""
    config = _yaml(stage / CONFIG)
    report: dict[str, Any] = {}
    for name in config.get("metadata-files", []):
        report |= _yaml(stage / name)
    chapters = tuple(_chapters(config))
    missing = [chapter.file for chapter in chapters if not (stage / chapter.file).is_file()]
    if missing:
        raise Faults(
            Fault(CONFIG, _line(stage / CONFIG, file), None, f"{file} does not exist", "write it or take it out")
            for file in missing
        )
    variables = _yaml(stage / VARIABLES) if (stage / VARIABLES).is_file() else {}
    return Book(config, variables, report, chapters)


def _chapters(config: Mapping[str, Any]) -> Iterator[Chapter]:
    book = config.get("book", {})
    for key, kind in (("chapters", "chapter"), ("appendices", "appendix")):
        for entry in book.get(key, []):
            if not isinstance(entry, str):
                raise Faults(
                    [Fault(CONFIG, None, f"book.{key}", f"{entry!r} is not a file", "parts are outside our subset")]
                )
            yield Chapter(entry, "index" if entry == "index.qmd" else kind)  # type: ignore[arg-type]


def _yaml(path: Path) -> dict[str, Any]:
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)  # ten times as fast as safe_load
    except FileNotFoundError:
        raise Faults([Fault(path.name, None, None, "the file is missing", "the book cannot do without it")]) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        row = mark.line + 1 if mark else None
        raise Faults([Fault(path.name, row, None, f"not YAML: {getattr(error, 'problem', error)}")]) from None
    return content or {}


def _line(path: Path, text: str) -> int | None:
    for row, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if text in line:
            return row
    return None


def timestamp(report: Mapping[str, Any]) -> int:
    """Seconds since 1970 of the report's own date at midnight UTC: files are stamped with that, never with now."""
    import datetime

    date = str(report.get("report", {}).get("date", "1970-01-01"))
    day = datetime.datetime.fromisoformat(date).replace(tzinfo=datetime.UTC)
    return int(day.timestamp())
