"""Pinned versions made by hand, to be tampered with: as `release` leaves them, with little in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from districtloss.files import digest, forms, report_folder
from districtloss.paths import CITATION
from districtloss.releases import pin, versions

VALUE = {
    "label": "Losses", "value": 3.0, "low": 2.0, "high": 4.0, "unit": "losses", "text": "3", "range": "2 to 4",
    "formula": "Counted.", "rows": ["E001"], "decisions": [], "notebook": "01_event_table",
}  # fmt: skip
PACKAGES = {"altair": "6", "pandas": "3", "pypandoc_binary": "1", "typst": "0.15", "vl-convert-python": "1"}


def pinned(folder: Path, version: str = "1.0.0", files: dict[str, str] | None = None) -> Path:
    """Make a folder of a pinned version with data, results, a page and a drawing."""
    contents = {
        "index.html": f"<p>Version {version}</p>",
        "report.pdf": "%PDF",
        "results/values.json": json.dumps({"losses": VALUE}),
        "results/tables/a.csv": "a\n1\n",
        "results/figures/a.svg": "<svg/>",
        "data/events.csv": "event_id\nE001\n",
        "data/second_coding/events.csv": "event_id\nE001\n",
        versions.CITATION: CITATION.read_text("utf-8"),
        versions.PARAMETERS: forms.as_json({"as_of": "", "decisions": {}}),
    }
    for name, text in (contents | (files or {})).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    manifest(folder, version)
    return folder


def manifest(folder: Path, version: str, **facts: Any) -> None:
    """Write manifest and sums of what is in the folder, as `release` does at its end."""
    inputs = {f"data/{path}": sha256 for path, sha256 in digest.tree(folder / "data").items()}
    data = {path.removeprefix("data/"): sha256 for path, sha256 in inputs.items()}
    record = {
        "generator": versions.GENERATOR, "version": version, "doi": "", "inputs": inputs, "parameters": {"as_of": ""},
        "digest": digest.content_digest(data, digest.tree(folder / "results")),
        "packages": PACKAGES, "python": "3.11.1", "platform": {"system": "Linux x86_64", "zlib": "1.3"},
        "renderer": {"name": "pandoc", "version": "Pandoc 3.9"},
    }  # fmt: skip
    (folder / report_folder.MANIFEST).write_text(forms.as_json(record | facts), "utf-8")
    pin._seal(folder)
