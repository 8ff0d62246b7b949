"""What the book says of itself: its title, version, digest, citation and downloads."""

from __future__ import annotations

import datetime
import json
import re
from pathlib import Path
from typing import Any

import yaml

from districtloss import __version__
from districtloss.files import atomic, digest, report_folder
from districtloss.paths import CITATION, ROOT
from districtloss.render import book
from districtloss.report import chapters

SERIES = "Districts Lost"


def lay_out(stage: Path, made: dict[str, Any], content: str, renderer: tuple[str, str]) -> None:
    """Put beside the results what people wrote, and the facts of this build."""
    book.stage_sources(stage)
    for file, text in _texts(made).items():
        (stage / file).parent.mkdir(exist_ok=True)
        atomic.write(stage / file, text)
    _retitle(stage / book.CONFIG, made["subtitle"])
    report = _facts(content, renderer, f"{SERIES}: {made['subtitle']}", made["own"])
    content = yaml.dump({"report": report}, Dumper=yaml.CSafeDumper, sort_keys=True, allow_unicode=True)
    atomic.write(stage / book.REPORT, content)


def _texts(made: dict[str, Any]) -> dict[str, str]:
    """Return the text of every chapter that _quarto.yml lists."""
    files = [chapter.file for chapter in book.chapters(ROOT)]
    return chapters.chosen((chapters.read(ROOT, file) for file in files), chapters.outcome_of(made))


def _retitle(config: Path, subtitle: str) -> None:
    """Give the staged book the subtitle of its own data: their country and window."""
    line = "  subtitle: " + json.dumps(subtitle, ensure_ascii=False)
    atomic.write(config, re.sub(r"(?m)^  subtitle: .*$", lambda _: line, config.read_text("utf-8"), count=1))


def _facts(content: str, renderer: tuple[str, str], title: str, own: bool) -> dict[str, Any]:
    """Return what title page, badges and the cite box say; of other data than the `own` that they are others'. The
    version stands in one place, districtloss.__version__, and its date in CITATION.cff."""
    citation = yaml.load(CITATION.read_text("utf-8"), yaml.CSafeLoader)
    released = datetime.date.fromisoformat(str(citation["date-released"]))
    authors = "; ".join(a.get("name") or f"{a['family-names']}, {a['given-names']}" for a in citation["authors"])
    made = f"{authors} ({released.year}). {title}. Version {__version__}."
    if not own:  # nobody who is named in CITATION.cff answers for these data
        made = f"{title}. Made with districtloss {__version__} from other data than its own."
    return {
        "title": title,
        "version": __version__ if own else f"{__version__} (other data)",
        "digest": content,
        "digest_short": content[: digest.SHORT],
        "date": released.isoformat(),
        "date_long": f"{released.day} {released:%B} {released.year}",
        "citation": f"{made} Content digest sha256:{content[: digest.SHORT]}.",
        "renderer": renderer[0].capitalize() + (f" {renderer[1]}" if renderer[1] else ""),
        "downloads": [
            {"label": "The report as PDF", "href": "report.pdf"},
            {"label": "The data package (ZIP)", "href": report_folder.DATA_ZIP},
            {"label": "Every number with its trail (JSON)", "href": "results/values.json"},
        ],
    }
