"""What one process does at a time is done by one, and is free again once that has ended."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from districtloss.files import lock

HOLDING = """
import sys
from pathlib import Path
from districtloss.files import lock
with lock.held(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path: Path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDING, tmp_path / "lock"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout and process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_what_another_process_holds_is_not_held_twice(holder, tmp_path: Path) -> None:
    with pytest.raises(lock.Held), lock.held(tmp_path / "lock"):
        pass


@pytest.mark.parametrize("end", ["killed", "done"])
def test_a_lock_is_free_once_its_holder_has_ended(holder, tmp_path: Path, end: str) -> None:
    if end == "killed":
        holder.kill()
    holder.communicate()
    with lock.held(tmp_path / "lock"):
        pass
    assert not list(tmp_path.iterdir())


def test_a_lock_whose_file_was_taken_away_meanwhile_is_made_anew(holder, tmp_path: Path) -> None:
    (tmp_path / "lock").unlink()
    with lock.held(tmp_path / "lock"), pytest.raises(lock.Held), lock.held(tmp_path / "lock"):
        pass


def test_a_file_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError), lock.held(tmp_path / "file" / "lock"):
        pass


def test_who_waits_holds_the_lock_once_it_is_free(holder, tmp_path: Path) -> None:
    waiting = subprocess.Popen(
        [sys.executable, "-c", HOLDING.replace("sys.argv[1])", "sys.argv[1]), wait=True"), tmp_path / "lock"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    holder.communicate()
    assert waiting.communicate("")[0] == "held\n"
