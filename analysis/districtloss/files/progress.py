"""What is being done, as it is being done: a live line on a terminal, plain lines in a log, nothing when quiet.

On standard output: standard error is for faults alone, one a line.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress(quiet: bool) -> Iterator[Callable[[str], None]]:
    """Yield a function that is called with each step as it begins."""
    if quiet:
        yield lambda _: None
    elif sys.stdout.isatty():
        from rich.console import Console
        from rich.live import Live
        from rich.text import Text

        # No thread draws the line anew: notebooks run in forks of this process, and a fork takes no threads along.
        with Live(console=Console(), auto_refresh=False, transient=True) as live:

            def show(step: str) -> None:
                live.console.print(Text(step, style="dim"))
                live.update(Text(f"{step.strip()} …"), refresh=True)

            yield show
    else:
        yield _print


def _print(step: str) -> None:
    try:
        print(step, flush=True)
    except OSError:  # nobody listens any more, which is no reason to stop
        discard_output()


def discard_output() -> None:
    """Throw away what is still printed, also by Python when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
