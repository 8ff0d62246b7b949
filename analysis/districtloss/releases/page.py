"""The list of pinned versions (releases/index.html), and the way to the newest of them (releases/latest/).

latest/ holds a page for every page of the newest version, which leads there. A link would do on Pages, where it is
followed when the site is made, but not in a checkout on Windows or an unpacked archive; and whoever follows a page
ends at the address of a version, which is the one to cite.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from districtloss.files import atomic
from districtloss.paths import CHANGELOG, RELEASES
from districtloss.releases import versions
from districtloss.releases.templates import fill

INDEX = RELEASES / "index.html"
LATEST = RELEASES / "latest"


def files() -> list[Path]:
    """Return the files that `write` may change or make: what is there, and what the newest version calls for."""
    return sorted({INDEX, *LATEST.rglob("*.html"), *_latest()})


def write() -> None:
    """Write the list of versions and latest/ anew, from the folders of the versions and the changelog."""
    pages = _latest()
    for path in sorted(LATEST.rglob("*.html")):
        if path not in pages:
            path.unlink()
    for path, target in pages.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic.write(path, fill("redirect.html", target=target))
    atomic.write(INDEX, fill("releases.html", versions=[_entry(str(v)) for v in versions.released()]))


def _latest() -> dict[Path, str]:
    """Return the pages of latest/ with what each leads to."""
    pinned = versions.released()
    # A version that is only tried out (1.1.0-rc.1) is not the latest as long as there is another.
    newest = next((v for v in pinned if not v.prerelease), pinned[0] if pinned else None)
    if newest is None:
        return {}
    folder = RELEASES / str(newest)
    pages = [folder / "index.html", *(folder / "chapters").glob("*.html")]
    found = {}
    for page in sorted(pages):
        path = LATEST / page.relative_to(folder)
        found[path] = os.path.relpath(page, path.parent).replace(os.sep, "/")
    return found


def _entry(version: str) -> Mapping[str, Any]:
    """Return what the list says of a version."""
    from districtloss.releases import cite, compare

    folder = RELEASES / version
    manifest = versions.manifest(folder)
    facts = cite.facts(folder)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    changed = folder / compare.JSON
    return {
        "version": version,
        "date": f"{facts.date.day} {MONTHS[facts.date.month - 1]} {facts.date.year}",
        "title": facts.title,
        "citation": cite.text(facts),
        "manifest": manifest,
        "size": f"{size / 1e6:.1f} MB",
        "changes": _html(versions.changes(CHANGELOG.read_text("utf-8"), version)),
        "diff": json.loads(changed.read_text("utf-8")) if changed.exists() else None,
        "source": versions.SOURCE,
        "page": compare.PAGE,
    }


MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def _html(markdown: str) -> str:
    """Return a section of the changelog as HTML, its headings two levels down."""
    import pypandoc

    arguments = ["--shift-heading-level-by=1", "--wrap=none"]
    return str(pypandoc.convert_text(markdown, "html5", format="commonmark", extra_args=arguments))
