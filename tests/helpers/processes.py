"""Which processes are still there."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable


def until(holds: Callable[[], object], seconds: float = 300) -> None:
    """Wait for what comes in the end; the bound is only there so that a test that fails comes to an end."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def group(leader: int) -> list[str]:
    """Return the processes of a group that are still there and no zombies."""
    listed = subprocess.run(["ps", "-eo", "pgid=,stat=,args="], capture_output=True, text=True, check=True).stdout
    rows = (line.split(None, 2) for line in listed.splitlines())
    return [row[2] for row in rows if len(row) == 3 and int(row[0]) == leader and not row[1].startswith("Z")]
