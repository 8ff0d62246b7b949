"""What is being done, as it is being done: a live line on a terminal, plain lines in a log, nothing when quiet."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress(quiet: bool) -> Iterator[Callable[[str], None]]:
    """Yield a function that is called with each step as it begins."""
    if quiet:
        yield lambda _: None
    elif sys.stderr.isatty():
        from rich.console import Console

        console = Console(stderr=True)
        with console.status("Starting") as status:

            def show(step: str) -> None:
                console.print(step, style="dim", markup=False, highlight=False)
                status.update(f"{step.strip()} …")

            yield show
    else:
        yield lambda step: print(step, file=sys.stderr, flush=True)
