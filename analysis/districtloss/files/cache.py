"""Folders kept from run to run under the hash of what they were made of. A killed run leaves no half of one, and runs
side by side take none from each other."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

HALF = ".half"  # what is being written or taken away; nothing is looked for by this name


def keep(source: Path, target: Path, most: int) -> None:
    """Keep a copy of `source` as `target`, and of its neighbours the `most` that were used last."""
    target.parent.mkdir(parents=True, exist_ok=True)
    half = target.with_name(HALF)
    with _locked(target.parent, fcntl.LOCK_EX):
        shutil.rmtree(half, ignore_errors=True)  # of a run that was killed
        if target.exists():
            _clear_away(target)
        shutil.copytree(source, half)
        half.rename(target)
        others = sorted((p for p in target.parent.iterdir() if p.is_dir() and p != target), key=_age)
        for path in others[: max(0, len(others) - most)]:
            _clear_away(path)


def take(folder: Path, into: Path) -> bool:
    """Copy what is kept as `folder` into another; return whether there is any."""
    if not folder.is_dir():
        return False
    with _locked(folder.parent, fcntl.LOCK_SH):
        if not folder.is_dir():  # another run has just taken it away
            return False
        os.utime(folder)
        shutil.copytree(folder, into, dirs_exist_ok=True)
    return True


def _clear_away(folder: Path) -> None:
    """Take a folder away, and its name first."""
    shutil.rmtree(folder.rename(folder.with_name(HALF)))


@contextlib.contextmanager
def _locked(folder: Path, how: int) -> Iterator[None]:
    with (folder / ".lock").open("a") as lock:
        fcntl.flock(lock, how)
        yield


def _age(folder: Path) -> float:
    return folder.stat().st_mtime
