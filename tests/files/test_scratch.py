"""Folders for the time being are gone afterwards, whatever ended the command that made them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from districtloss.files import scratch

HOLDING = """
from districtloss.files import scratch
with scratch.folder("test") as place:
    (place / "file").write_text("left")
    print(place, flush=True)
    input()
"""


@pytest.fixture(autouse=True)
def own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


def _holding() -> tuple[subprocess.Popen[str], Path]:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    process = subprocess.Popen([sys.executable, "-c", HOLDING], text=True, **pipes)  # type: ignore[call-overload]
    return process, Path(process.stdout.readline().strip())


def test_a_folder_is_gone_afterwards_and_another_s_is_left_alone(own_place: Path):
    other = own_place / "districtloss-report-1"
    other.mkdir()
    os.utime(other, (0, 0))
    with scratch.folder("test") as place:
        (place / "file").write_text("text")
        os.utime(place, (0, 0))
        with scratch.folder("test"):
            assert (place / "file").exists()  # as long as it is held
    assert list(own_place.iterdir()) == [other]


def test_what_a_killed_command_left_goes_with_the_next_one_and_what_is_held_stays(own_place: Path):
    (killed, left), (living, held) = _holding(), _holding()
    killed.kill()
    killed.wait()
    for place in (left, held):
        os.utime(place, (time.time() - 60,) * 2)
    with scratch.folder("test"):
        assert not left.exists()
        assert (held / "file").exists()
    living.communicate("\n")
    assert living.returncode == 0
    assert not any(own_place.iterdir())


def test_a_build_for_a_release_that_is_stopped_is_asked_to_end_and_waited_for(tmp_path: Path):
    """The inner build clears away behind itself before the folder that it works in is taken away."""
    code = f"""
import subprocess, sys, time
from pathlib import Path
from districtloss.releases import pinned_source
from districtloss.files.interruptions import Stopped, stop_in_order
stop_in_order()
try:
    python = {str(tmp_path / "slow")!r}
    pinned_source.run_build(Path({str(tmp_path)!r}), Path("target"), "pandoc", {{}}, python=[python])
except Stopped:
    print(Path({str(tmp_path / "ended")!r}).exists())
"""
    slow = tmp_path / "slow"
    slow.write_text(f"#!/bin/sh\ntrap 'sleep 0.5; touch {tmp_path}/ended; exit 143' TERM\ntouch {tmp_path}/began\n"
                    "while :; do sleep 0.1; done\n")  # fmt: skip
    slow.chmod(0o755)
    running = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    while not (tmp_path / "began").exists() and running.poll() is None:
        time.sleep(0.05)
    running.send_signal(signal.SIGTERM)
    assert running.communicate(timeout=60)[0] == "True\n"


def test_where_nothing_can_be_kept_what_speeds_up_is_kept_for_one_run(own_place: Path):
    code = "import os; os.access = lambda *_: False\n"
    code += "from districtloss import paths\nprint(paths.CACHE.is_dir(), paths.CACHE)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"True {own_place}/districtloss-scratch-cache-")
    assert not any(own_place.iterdir())
