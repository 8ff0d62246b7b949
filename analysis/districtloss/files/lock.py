"""What may be done by one process at a time: a lock file, held by the system, so that it is free once its holder ends,
however that comes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path


class Held(Exception):
    """Another process holds the lock."""


@contextlib.contextmanager
def held(path: Path, *, wait: bool = False) -> Iterator[None]:
    """Hold the lock file `path`, which is gone afterwards. Where another process holds it, `wait` for that, or raise
    Held. Raises OSError where the file cannot be made."""
    from filelock import FileLock, Timeout  # a report that is up to date needs none

    lock = FileLock(path, blocking=wait)
    try:
        lock.acquire()
    except Timeout:
        raise Held(path) from None
    try:
        yield
    finally:
        # Before the lock is free: whoever has opened this file meanwhile finds that it is gone. Windows removes no open
        # file, and there it stays.
        with contextlib.suppress(OSError):
            path.unlink()
        lock.release()
