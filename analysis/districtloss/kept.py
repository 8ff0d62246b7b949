"""Folders kept from run to run under the hash of what they were made of. A killed run leaves no half of one."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path


def keep(source: Path, target: Path, most: int) -> None:
    """Keep a copy of `source` as `target`, and of its neighbours the `most` that were used last."""
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=".partial-", dir=target.parent))
    shutil.copytree(source, fresh, dirs_exist_ok=True)
    shutil.rmtree(target, ignore_errors=True)
    try:
        fresh.rename(target)
    except OSError:  # another run kept the same meanwhile
        shutil.rmtree(fresh, ignore_errors=True)
    others = sorted((p for p in target.parent.iterdir() if p != target), key=_age)
    for stale in others[: max(0, len(others) - most)]:
        shutil.rmtree(stale, ignore_errors=True)


def used(folder: Path) -> Path:
    """Note that a kept folder was of use, and return it."""
    os.utime(folder)
    return folder


def _age(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except OSError:
        return 0.0
