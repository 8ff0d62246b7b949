"""Folders for the time being, in the system's place for them. What a killed command left goes with the next one."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

PREFIX = "districtloss-scratch-"  # and nobody else's folders are called so
NEW = 1.0  # seconds in which a folder may be there and not yet be held


@contextlib.contextmanager
def folder(what: str) -> Iterator[Path]:
    """Yield a folder that is gone afterwards, and clear away those that nobody holds any more."""
    _clear_away()
    with tempfile.TemporaryDirectory(prefix=f"{PREFIX}{what}-", ignore_cleanup_errors=True) as name:
        # Held as long as this process lives, or one that it forked.
        held = os.open(name, os.O_RDONLY)
        fcntl.flock(held, fcntl.LOCK_SH)
        try:
            yield Path(name)
        finally:
            os.close(held)


def _clear_away() -> None:
    for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):  # somebody else's, held, or gone by now
            there = os.open(left, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(there, fcntl.LOCK_EX | fcntl.LOCK_NB)
                about = os.fstat(there)
                if about.st_uid == os.getuid() and time.time() - about.st_mtime > NEW:
                    shutil.rmtree(left, ignore_errors=True)
            finally:
                os.close(there)
