"""Where things are in the project. One constant a place; nothing else spells a path."""

import contextlib
import os
from pathlib import Path

# The package is installed editable from analysis/districtloss, so the project is two folders up.
ROOT = Path(__file__).resolve().parents[2]

DATA = ROOT / "data"
DATAPACKAGE = DATA / "datapackage.json"  # the rules of every table, also for data folders that bring none
CHAPTERS = ROOT / "chapters"
NOTEBOOKS = ROOT / "analysis" / "notebooks"
ASSETS = ROOT / "analysis" / "assets"
RENDER = ROOT / "analysis" / "render"
CITATION = ROOT / "CITATION.cff"
CHANGELOG = ROOT / "CHANGELOG.md"
RELEASES = ROOT / "releases"
BUILD = ROOT / "build"
REPORT = BUILD / "report"  # the default output folder


def _cache() -> Path:
    """Return where to keep what speeds up the next run: in the project, or at home where that can only be read, or, as
    in some containers, for this run alone."""
    places = [BUILD / "cache"]
    with contextlib.suppress(RuntimeError):  # nobody knows of a home
        places.append(Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "districtloss")
    for place in places:
        there = next(path for path in (place, *place.parents) if path.exists())
        if os.access(there, os.W_OK):
            return place
    import atexit
    import fcntl
    import shutil
    import tempfile

    alone = tempfile.mkdtemp(prefix="districtloss-scratch-cache-")
    fcntl.flock(os.open(alone, os.O_RDONLY), fcntl.LOCK_SH)  # as scratch.py has it
    atexit.register(shutil.rmtree, alone, ignore_errors=True)
    return Path(alone)


CACHE = _cache()
