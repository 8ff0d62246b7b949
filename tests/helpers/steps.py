"""Ends a piece of code at each step at which it touches the file system, one run a step: no moment is left to luck."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

WATCHED = """
import os, signal, sys
from pathlib import Path

place, step, how = Path(sys.argv[1]), int(sys.argv[2]), getattr(signal, sys.argv[3])
signal.signal(signal.SIGINT, signal.default_int_handler)  # tests in the background hand down that it is ignored
signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
steps = 0

def look(event, arguments):
    global steps
    touches = event in ("open", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.scandir", "os.utime")
    if touches and not str(arguments[0]).endswith((".py", ".pyc")):  # which are imports
        steps += 1
        if steps == step:
            os.kill(os.getpid(), how)

def watch():
    sys.addaudithook(look)

"""


def ended_at_each_step(
    imports: str, code: str, folder: Path, prepare: Callable[[Path], None], *, how: str
) -> Iterator[tuple[Path, int]]:
    """Run `code`, which calls `watch()` where it begins and finds its folder as `place`, in a process that the signal
    `how` ends at its first step, then at its second, and so on; yield each folder, as `prepare` and the run left it,
    with the exit code. The last run comes to its end."""
    for step in itertools.count(1):
        place = folder / f"step{step}"
        place.mkdir()
        prepare(place)
        text = f"{WATCHED}{imports}\n{code}\nsys.exit(0 if steps < step else 70)\n"
        ended = subprocess.run(
            [sys.executable, "-c", text, place, str(step), how], stderr=subprocess.DEVNULL, check=False
        ).returncode
        yield place, ended
        if ended == 0:
            return
        assert ended != 1, f"step {step} breaks"
