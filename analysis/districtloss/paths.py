"""Where things are in the project. One constant a place; nothing else spells a path."""

import contextlib
import os
from pathlib import Path

# The package is installed editable from analysis/districtloss, so the project is two folders up.
ROOT = Path(__file__).resolve().parents[2]

DATA = ROOT / "data"
DATAPACKAGE = DATA / "datapackage.json"  # the rules of every table, also for data folders that bring none
CHAPTERS = ROOT / "chapters"
GENERAL = ROOT / "analysis" / "general"  # templates of the report on anybody's data
EXTENSION = ROOT / "_extensions" / "districtloss"  # the shortcodes of the chapters, for Quarto
NOTEBOOKS = ROOT / "analysis" / "notebooks"
ASSETS = ROOT / "analysis" / "assets"
RENDER = ROOT / "analysis" / "render"
CITATION = ROOT / "CITATION.cff"
CHANGELOG = ROOT / "CHANGELOG.md"
RELEASES = ROOT / "releases"
BUILD = ROOT / "build"
REPORT = BUILD / "report"  # the default output folder


def _cache() -> Path:
    """Return where to keep what speeds up the next run: in the project, or at home where that can only be read."""
    there = next(path for path in (BUILD / "cache", BUILD, ROOT) if path.exists())
    with contextlib.suppress(RuntimeError):  # nobody knows of a home, as in some containers: cache.py does without
        if not os.access(there, os.W_OK):
            return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "districtloss"
    return BUILD / "cache"


CACHE = _cache()
