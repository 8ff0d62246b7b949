"""Folders for the time being, in the system's place for them. What a killed command left goes with the next one."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from districtloss.files import lock

PREFIX = "districtloss-temporary-"  # nobody else's folders are called so, nor those of 1.2.0, which has other locks
LOCK = ".lock"
TEMPORARY = "tmp"
VARIABLES = ("TMPDIR", "TEMP", "TMP")  # where programs look for the place of temporary files, Windows' among them


@contextlib.contextmanager
def folder(what: str) -> Iterator[Path]:
    """Yield a folder that is gone afterwards; beside it, temporary files are made meanwhile, those of children too.

    So what a killed command and its children leave lies in one folder, which the next command clears away.
    """
    clear_away()
    place = Path(tempfile.gettempdir()) / f"{PREFIX}{what}-{secrets.token_hex(8)}"
    # The lock is there before the folder: a folder whose lock is free is nobody's any more. Another command that clears
    # away may have found the lock before it was held; it is free again at once.
    with lock.held(place.with_name(place.name + LOCK), wait=True):
        place.mkdir(mode=0o700)
        try:
            for name in (what, TEMPORARY):
                (place / name).mkdir()
            with _temporary_files_in(place / TEMPORARY):
                yield place / what
        finally:
            shutil.rmtree(place, ignore_errors=True)


def link(source: Path, target: Path) -> None:
    """Have a folder stand at `target` too: by a link or, where the system lets nobody make one, as a copy."""
    try:
        target.symlink_to(source, target_is_directory=True)
    except OSError:  # Windows asks for a right that few have
        shutil.copytree(source, target)


def clear_away() -> None:
    """Remove the folders of commands that were killed."""
    for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        place = left.with_name(left.name.removesuffix(LOCK))
        with contextlib.suppress(lock.Held, OSError), lock.held(place.with_name(place.name + LOCK)):
            shutil.rmtree(place, ignore_errors=True)


@contextlib.contextmanager
def _temporary_files_in(place: Path) -> Iterator[None]:
    before = tempfile.tempdir, {name: os.environ[name] for name in VARIABLES if name in os.environ}
    tempfile.tempdir = str(place)
    os.environ.update(dict.fromkeys(VARIABLES, str(place)))
    try:
        yield
    finally:
        tempfile.tempdir, variables = before
        for name in VARIABLES:
            del os.environ[name]
        os.environ.update(variables)
