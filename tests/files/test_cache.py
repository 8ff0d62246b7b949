"""What is kept from run to run is whole, whatever other runs do and whatever ends one."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
import sys
from pathlib import Path

import pytest

from districtloss.files import cache

FILES = [f"page{number}" for number in range(5)]
WITH_FORKS = multiprocessing.get_context("fork")


def made(folder: Path, text: str) -> Path:
    folder.mkdir()
    for name in FILES:
        (folder / name).write_text(text)
    return folder


def texts(folder: Path) -> list[str]:
    return [path.read_text() for path in sorted(folder.iterdir())]


def test_what_was_kept_is_taken_and_what_was_not_is_not(tmp_path: Path):
    cache.keep(made(tmp_path / "one", "one"), tmp_path / "kept" / "a", 3)
    cache.keep(made(tmp_path / "two", "two"), tmp_path / "kept" / "a", 3)
    assert cache.take(tmp_path / "kept" / "a", tmp_path / "taken")
    assert texts(tmp_path / "taken") == ["two"] * len(FILES)
    assert not cache.take(tmp_path / "kept" / "b", tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_those_used_last_stay(tmp_path: Path):
    source = made(tmp_path / "source", "text")
    names = "abcdef"
    for age, name in enumerate(names):
        cache.keep(source, tmp_path / "kept" / name, 9)
        os.utime(tmp_path / "kept" / name, (age, age))
    cache.take(tmp_path / "kept" / "b", tmp_path / "taken")
    cache.keep(source, tmp_path / "kept" / "g", 2)
    left = [path.name for path in (tmp_path / "kept").iterdir() if path.is_dir()]
    assert sorted(left) == ["b", "f", "g"]  # two beside the new one


def _at_work(place: Path, number: int) -> None:
    """Keep and take one of a few folders, again and again, and fail where one that was taken is not whole."""
    for turn in range(60):
        name = f"{(number + turn) % 3}"
        cache.keep(place / name, place / "kept" / name, 1)
        taken = place / f"taken-{number}-{turn}"
        if cache.take(place / "kept" / f"{turn % 3}", taken):
            assert texts(taken) == [f"{turn % 3}"] * len(FILES)


def test_runs_side_by_side_take_nothing_from_each_other(tmp_path: Path):
    for number in range(3):
        made(tmp_path / f"{number}", f"{number}")
    runs = [WITH_FORKS.Process(target=_at_work, args=(tmp_path, number)) for number in range(4)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert [run.exitcode for run in runs] == [0] * 4


def _killed_at(step: int, place: Path) -> None:
    steps = itertools.count(1)

    def kill(event: str, _: object) -> None:
        if event in ("open", "os.mkdir", "os.remove", "os.rename", "os.rmdir") and next(steps) == step:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(kill)
    cache.keep(place / "new", place / "kept" / "a", 1)


@pytest.mark.parametrize("neighbours", [0, 2])
def test_a_run_that_is_killed_while_it_keeps_leaves_no_half(tmp_path: Path, neighbours: int):
    source = made(tmp_path / "source", "old")
    for step in itertools.count(1):
        place = tmp_path / f"step{step}"
        place.mkdir()
        made(place / "new", "new")
        for name in "abc"[: 1 + neighbours]:
            cache.keep(source, place / "kept" / name, 9)
        run = WITH_FORKS.Process(target=_killed_at, args=(step, place))
        run.start()
        run.join()
        whole = {"old": ["old"] * len(FILES), "new": ["new"] * len(FILES)}
        for name in "abc":
            if cache.take(place / "kept" / name, place / f"taken-{name}"):
                assert texts(place / f"taken-{name}") in whole.values(), (step, name)
        if run.exitcode == 0:
            break
        assert run.exitcode == -signal.SIGKILL
        cache.keep(place / "new", place / "kept" / "a", 9)  # the lock is free again
    assert step > 10
