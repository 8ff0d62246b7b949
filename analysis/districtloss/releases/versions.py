"""Which versions are pinned under releases/, and what the folder of one holds."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from semver import Version

from districtloss.errors import Fault, Faults
from districtloss.files import report_folder
from districtloss.paths import RELEASES

# Not what a build calls itself, so that no build takes a pinned folder for one that it may replace.
GENERATOR = "districtloss release"
CITATION = "CITATION.cff"
PARAMETERS = "parameters.json"
SOURCE = "source.zip"  # code, notebooks, chapters and pins that made the version; the data lie beside it
DATA = "data"
SUMS = "SHA256SUMS"  # every file with the manifest, in the form that `sha256sum --check` reads
UNLISTED = (report_folder.MANIFEST, SUMS)  # cannot list themselves


def parse(text: str) -> Version:
    """Return a Semantic Version. Raises Faults where `text` is none."""
    try:
        return Version.parse(text)
    except ValueError:
        remedy = "such as 1.0.0 or 1.1.0-rc.1 (https://semver.org)"
        raise Faults([Fault(text, None, None, "is not a semantic version", remedy)]) from None


def is_version(text: str) -> bool:
    return Version.is_valid(text)


def released(releases: Path = RELEASES) -> list[Version]:
    """Return the pinned versions, newest first."""
    if not releases.is_dir():
        return []
    names = [path.name for path in releases.iterdir() if path.is_dir() and is_version(path.name)]
    return sorted(map(Version.parse, names), reverse=True)


def folder(version: str) -> Path:
    """Return the folder of a pinned version. Raises Faults where there is none."""
    path = RELEASES / str(parse(version))
    if not path.is_dir():
        known = ", ".join(map(str, released()))
        raise Faults([Fault(version, None, None, "is not pinned here", f"one of {known}" if known else "none is yet")])
    return path


def manifest(path: Path) -> dict[str, Any]:
    """Return the manifest of a pinned version's folder. Raises Faults where it is missing or is none of a release."""
    file = path / report_folder.MANIFEST
    try:
        content = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise Faults([Fault(str(file), None, None, f"cannot be read ({error})", "take the folder anew")]) from None
    if not isinstance(content, dict) or content.get("generator") != GENERATOR:
        raise Faults([Fault(str(file), None, None, "is not the manifest of a pinned version", "take the folder anew")])
    return content


def sums(files: dict[str, str]) -> str:
    """Return the lines of SHA256SUMS for files by their hashes."""
    return "".join(f"{sha256}  {path}\n" for path, sha256 in sorted(files.items()))


def swhid(path: Path) -> str:
    """Return the Software Heritage identifier of a release's content: the folder without manifest and sums.

    It is the hash of a Git tree, so anybody can compute it, and no registrar is needed to cite by it.
    """
    from swh.model.from_disk import Directory

    top = bytes(path.resolve())

    def counted(parent: bytes, name: bytes, entries: list[bytes] | None) -> bool:
        return parent != top or name.decode(errors="replace") not in UNLISTED

    made = Directory.from_disk(path=top, max_content_length=None, path_filter=counted)
    return str(made.swhid())


def changes(changelog: str, version: str) -> str:
    """Return what a changelog says of a version (Markdown, without the heading); empty where it says nothing."""
    found = re.search(rf"^## \[{re.escape(version)}\][^\n]*\n(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL)
    return found[1].strip() if found else ""
