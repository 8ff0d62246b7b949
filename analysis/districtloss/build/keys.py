"""What decides whether work can be left out: hashes of all that it is made of. Equal keys, equal bytes."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from districtloss import __version__
from districtloss.files import digest
from districtloss.parameters import Parameters
from districtloss.paths import (
    ASSETS,
    CHAPTERS,
    CITATION,
    DATA,
    DATAPACKAGE,
    EXTENSION,
    GENERAL,
    NOTEBOOKS,
    RENDER,
    ROOT,
)
from districtloss.tables import folders

PACKAGE = ROOT / "analysis" / "districtloss"
LOCK = ROOT / "requirements.lock"
# What each part of a build runs, by stage; the part before it is in its key already. The modules at the base count with
# the notebooks, but for the one that holds the version, which is printed alone.
STAGES = {
    "notebooks": ("files", "tables", "coding", "estimates", "report", "build"),
    "report": ("render", "__init__.py"),
}
# No report depends on these: commands of their own, and the command line.
COMMANDS = ("releases", "imports", "cli.py", "__main__.py")


@dataclass(frozen=True)
class Keys:
    """The keys of a build's three parts; each stands for the one before it too."""

    notebooks: str  # of all that notebooks compute with, but for themselves
    results: str
    report: str


def of(data: Path, parameters: Parameters, renderer: tuple[str, str]) -> Keys:
    """Return the keys of a build from `data`, by the (name, version) of a renderer."""
    sources = {f"data/{p.relative_to(data).as_posix()}": p for p in folders.data_files(data)} | {"rules": DATAPACKAGE}
    if folders.about(data).extends:
        sources |= {f"ours/{p.relative_to(DATA).as_posix()}": p for p in folders.data_files(DATA)}
    written = {f"book/{p.name}": p for p in (ROOT / "_quarto.yml", ROOT / "index.qmd", CITATION)}
    for folder in (CHAPTERS, GENERAL, EXTENSION, ASSETS, RENDER):
        written |= {p.relative_to(ROOT).as_posix(): p for p in folder.rglob("*") if p.is_file()}
    written |= {f"own/{p.relative_to(data).as_posix()}": p for p in folders.book_files(data)}
    books = {f"notebooks/{p.name}": p for p in NOTEBOOKS.glob("*.ipynb")}
    python = ".".join(map(str, sys.version_info[:3]))
    notebooks = _hash(
        [parameters.for_notebooks(), python, installed()], sources | modules("notebooks") | {"lock": LOCK}
    )
    results = _hash([notebooks], books)
    return Keys(notebooks, results, _hash([results, *renderer, __version__], modules("report") | written))


def modules(part: str) -> dict[str, Path]:
    """Return the modules that a part of a build runs, by their names in the key."""
    elsewhere = {*COMMANDS, *(stage for other, stages in STAGES.items() if other != part for stage in stages)}
    found = {path.relative_to(PACKAGE): path for path in PACKAGE.rglob("*.py")}
    return {
        f"code/{name.as_posix()}": path
        for name, path in found.items()
        if name.parts[0] in STAGES[part] or (part == "notebooks" and name.parts[0] not in elsewhere)
    }


def _hash(facts: list[Any], files: dict[str, Path]) -> str:
    """Hash facts, and files by names that do not tell where the project lies."""
    lines = [json.dumps(facts, sort_keys=True)]
    lines += sorted(f"{digest.sha256(path)} {name}" for name, path in files.items() if path.is_file())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def installed() -> list[str]:
    """Return name and version of every installed package that requirements.lock pins, as pip wrote them on disk.

    What is installed can differ from the lock. Asking importlib for each takes longer than all the rest."""
    pinned = set(re.findall(r"^([\w.-]+)==", LOCK.read_text("utf-8"), re.MULTILINE)) if LOCK.is_file() else set()
    wanted = {re.sub(r"[-_.]+", "_", name).lower() for name in pinned}
    found = set()
    for folder in filter(Path.is_dir, map(Path, sys.path)):
        for path in folder.glob("*.dist-info"):
            package, _, version = path.stem.partition("-")
            if re.sub(r"[-_.]+", "_", package).lower() in wanted:
                found.add(f"{package} {version}")
    return sorted(found)
