"""The staged book: what a renderer is given, whichever it is."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from districtloss.errors import Fault, Faults
from districtloss.paths import ROOT
from districtloss.render.shortcodes import Known

CONFIG = "_quarto.yml"
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
    known: Known
    report: Mapping[str, Any]
    chapters: tuple[Chapter, ...]


def stage_sources(stage: Path, root: Path = ROOT) -> None:
    """Copy what the book needs beside its chapters (configuration, works cited, shortcodes, assets) into the stage."""
    stage.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(root / CONFIG, stage / CONFIG)
    without_chapters = shutil.ignore_patterns("*.qmd")
    for folder in ("chapters", "_extensions", "analysis/assets"):
        shutil.copytree(root / folder, stage / folder, dirs_exist_ok=True, ignore=without_chapters)


def chapters(root: Path) -> tuple[Chapter, ...]:
    """Return the chapters that the configuration in a folder lists."""
    return tuple(_chapters(_yaml(root / CONFIG)))


def read(stage: Path) -> Book:
    """Read the configuration of a staged book. Raises Faults for files that are missing or cannot be read."""
    config = _yaml(stage / CONFIG)
    report: dict[str, Any] = {}
    for name in config.get("metadata-files", []):
        report |= _yaml(stage / name)
    listed = tuple(_chapters(config))
    missing = [chapter.file for chapter in listed if not (stage / chapter.file).is_file()]
    if missing:
        raise Faults(
            Fault(CONFIG, _line(stage / CONFIG, file), None, f"{file} does not exist", "write it or take it out")
            for file in missing
        )
    values, words = (_json(stage / "results" / name) for name in ("values.json", "words.json"))
    return Book(config, Known(values, words, report), report, listed)


def _json(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text("utf-8")))


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
