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
    with locked(target.parent):
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
    with locked(folder.parent, shared=True):
        if not folder.is_dir():  # another run has just taken it away
            return False
        os.utime(folder)
        shutil.copytree(folder, into, dirs_exist_ok=True)
    return True


def _clear_away(folder: Path) -> None:
    """Take a folder away, and its name first."""
    shutil.rmtree(folder.rename(folder.with_name(HALF)))


@contextlib.contextmanager
def locked(folder: Path, *, shared: bool = False) -> Iterator[None]:
    """Hold the lock of a folder of kept things, alone or with others; wait for it where somebody else has it."""
    with (folder / ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        yield


def _age(folder: Path) -> float:
    return folder.stat().st_mtime
