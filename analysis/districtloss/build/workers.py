"""How work is given to other processes: pools of `concurrent.futures` whose workers end with whoever started them."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.connection import Connection

# A fork has all that its parent has imported and read, which saves each notebook a second of processor time (pandas and
# Altair). Only on Linux is it safe to fork a process that has loaded libraries.
QUICKEST = "fork" if sys.platform == "linux" else "spawn"


@contextlib.contextmanager
def pool(workers: int = 1, method: str = "spawn") -> Iterator[ProcessPoolExecutor]:
    """Yield a pool of processes that are gone afterwards; when the block raises, whatever they are at.

    They hold the reading end of a pipe. However this process ends, the other end closes, and they end too.
    """
    context = multiprocessing.get_context(method)
    ends, alive = context.Pipe(duplex=False)
    inherited = alive if method == "fork" else None  # which a fork would hold open
    executor = ProcessPoolExecutor(workers, mp_context=context, initializer=_begin, initargs=(ends, inherited))
    try:
        if inherited is not None:
            executor.submit(len, "")  # starts the workers at once, so that none inherits the pipe of a later pool
        yield executor
        executor.shutdown()
    finally:
        alive.close()
        executor.shutdown(cancel_futures=True)
        ends.close()


def _begin(ends: Connection, inherited: Connection | None) -> None:
    """Set up a worker: it ends with its parent, and leaves signals to it, which reach all processes of a terminal."""
    if inherited is not None:
        inherited.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, args=(ends,), daemon=True).start()


def _end_with_parent(ends: Connection) -> None:
    with contextlib.suppress(EOFError, OSError):
        ends.recv_bytes()
    os._exit(1)  # from a thread, no other way ends a process that computes
