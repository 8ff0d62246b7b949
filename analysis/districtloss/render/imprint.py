"""What the book says of itself: its title, version, digest, citation and downloads."""

from __future__ import annotations

import datetime
import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from districtloss import __version__
from districtloss.errors import Faults
from districtloss.files import atomic, digest, report_folder
from districtloss.paths import CITATION, ROOT
from districtloss.render import book, subset
from districtloss.report import chapters
from districtloss.report.conditions import Outcome
from districtloss.tables import folders

SERIES = "Districts Lost"
NOBODY = "No author named"  # Quarto's template for books in Typst fails without one


def lay_out(stage: Path, made: dict[str, Any], content: str, renderer: tuple[str, str], data: Path) -> None:
    """Put beside the results what people wrote, and the facts of this build; the chapters are those of the data folder
    where it has any."""
    book.stage_sources(stage)
    outcome = chapters.outcome_of(made)
    texts = _folder_texts(data, stage, outcome) if folders.book_files(data) else _our_texts(outcome)
    for file, text in texts.items():
        (stage / file).parent.mkdir(exist_ok=True)
        atomic.write(stage / file, text)
    signed = _own() if made["own"] else _others(made)
    _entitle(stage / book.CONFIG, signed.title, made["subtitle"], signed.authors or NOBODY)
    facts = _facts(signed, made["subtitle"], content, renderer)
    report = yaml.dump({"report": facts}, Dumper=yaml.CSafeDumper, sort_keys=True, allow_unicode=True)
    atomic.write(stage / book.REPORT, report)


def _our_texts(outcome: Outcome) -> dict[str, str]:
    """Return the text of every chapter that our _quarto.yml lists."""
    files = [chapter.file for chapter in book.chapters(ROOT)]
    return chapters.chosen((chapters.read(ROOT, file) for file in files), outcome)


def _folder_texts(data: Path, stage: Path, outcome: Outcome) -> dict[str, str]:
    """Return the text of the folder's own chapters, and stage their order and the works that they cite."""
    order = folders.book_order(data)
    texts = chapters.checked((chapters.read(data, file) for files in order.values() for file in files), outcome)
    if faults := [fault for file, text in texts.items() for fault in subset.faults(file, text)]:
        raise Faults(faults)
    config = yaml.load((stage / book.CONFIG).read_text("utf-8"), yaml.CSafeLoader)
    config["book"] |= order
    works = sorted(p.relative_to(data).as_posix() for p in folders.book_files(data) if p.suffix == ".bib")
    for file in works:
        shutil.copyfile(data / file, stage / file)
    config["bibliography"] = sorted({config["bibliography"], *works})
    atomic.write(stage / book.CONFIG, yaml.safe_dump(config, sort_keys=False, allow_unicode=True, width=1000))
    return texts


@dataclass(frozen=True)
class Signature:
    """Who signs a report, under which title, for which day and in which version. Nobody has to sign."""

    title: str
    authors: str
    date: datetime.date
    version: str
    edition: str  # the version in the words of a citation


def _own() -> Signature:
    """The report on our own data: the version stands in districtloss.__version__ alone, its date in CITATION.cff."""
    citation = yaml.load(CITATION.read_text("utf-8"), yaml.CSafeLoader)
    authors = "; ".join(a.get("name") or f"{a['family-names']}, {a['given-names']}" for a in citation["authors"])
    released = datetime.date.fromisoformat(str(citation["date-released"]))
    return Signature(SERIES, authors, released, __version__, f"Version {__version__}")


def _others(made: dict[str, Any]) -> Signature:
    """A report on other data: signed as their package says, never by us, and dated by its newest source."""
    newest = datetime.date.fromisoformat(made["newest"])
    edition = f"Made with districtloss {__version__}"
    return Signature(
        made["title"] or SERIES, "; ".join(made["authors"]), newest, f"{__version__} (other data)", edition
    )


def _entitle(config: Path, title: str, subtitle: str, authors: str) -> None:
    """Give the staged book the title and the authors of its own data, and their country and window as subtitle."""
    text = config.read_text("utf-8")
    for key, value in (("title", title), ("subtitle", subtitle), ("author", authors)):
        line = f"  {key}: {json.dumps(value, ensure_ascii=False)}".replace("\\", r"\\")
        text = re.sub(rf"(?m)^  {key}: .*$", line, text, count=1)
    atomic.write(config, text)


def _facts(signed: Signature, subtitle: str, content: str, renderer: tuple[str, str]) -> dict[str, Any]:
    """Return what title page, badges and the cite box say."""
    title = f"{signed.title}: {subtitle}"
    by = f"{signed.authors} ({signed.date.year}). {title}." if signed.authors else f"{title} ({signed.date.year})."
    return {
        "title": title,
        "version": signed.version,
        "digest": content,
        "digest_short": content[: digest.SHORT],
        "date": signed.date.isoformat(),
        "date_long": f"{signed.date.day} {signed.date:%B} {signed.date.year}",
        "citation": f"{by} {signed.edition}. Content digest sha256:{content[: digest.SHORT]}.",
        "renderer": renderer[0].capitalize() + (f" {renderer[1]}" if renderer[1] else ""),
        "downloads": [
            {"label": "The report as PDF", "href": "report.pdf"},
            {"label": "The data package (ZIP)", "href": report_folder.DATA_ZIP},
            {"label": "Every number with its trail (JSON)", "href": "results/values.json"},
        ],
    }
