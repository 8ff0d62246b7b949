"""Processes that a build starts end with it, however it ends, and whatever they are at."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from districtloss.build import workers
from helpers.processes import group, until

METHODS = sorted({"spawn", workers.QUICKEST})
AT_WORK = """
import sys, time
from pathlib import Path
from districtloss.build import workers

def work(place):
    Path(place, "began").touch()
    time.sleep(600)

if __name__ == "__main__":
    with workers.pool(method=sys.argv[2]) as first, workers.pool(method=sys.argv[2]) as second:
        first.submit(len, "")
        second.submit(work, sys.argv[1]).result()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="looks for processes as POSIX has them")
@pytest.mark.parametrize("method", METHODS)
# Ctrl-C goes to all processes of a terminal, what ends a container to the first one.
@pytest.mark.parametrize("how", ["SIGINT", "SIGTERM", "SIGKILL"])
def test_workers_end_with_the_process_that_started_them(tmp_path: Path, method: str, how: str) -> None:
    script = tmp_path / "script.py"
    script.write_text("import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n" + AT_WORK, "utf-8")
    running = subprocess.Popen(
        [sys.executable, script, tmp_path, method], start_new_session=True, stderr=subprocess.DEVNULL
    )
    try:
        until(lambda: (tmp_path / "began").exists() or running.poll() is not None)
        assert len(group(running.pid)) >= 3
        number = getattr(signal, how)
        os.killpg(running.pid, number) if how == "SIGINT" else os.kill(running.pid, number)
        running.wait()
        until(lambda: not group(running.pid))
    finally:
        if group(running.pid):
            os.killpg(running.pid, signal.SIGKILL)


@pytest.mark.parametrize("method", METHODS)
def test_workers_end_with_the_block_that_they_work_for(tmp_path: Path, method: str) -> None:
    began = tmp_path / "began"
    with pytest.raises(KeyboardInterrupt), workers.pool(method=method) as pool:
        pid = pool.submit(os.getpid).result()
        pool.submit(Path.touch, began)
        pool.submit(time.sleep, 600)
        until(began.exists)
        raise KeyboardInterrupt
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.parametrize("method", METHODS)
def test_a_worker_that_is_gone_is_an_error_and_no_wait(method: str) -> None:
    with pytest.raises(BrokenProcessPool), workers.pool(method=method) as pool:
        pool.submit(os._exit, 1).result()
