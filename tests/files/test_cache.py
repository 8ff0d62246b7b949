"""What is cached from run to run is whole, whatever other runs do and whatever ends one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from districtloss.files.cache import Cache
from helpers.steps import ended_at_each_step

LONG = "x" * 100_000


def folder(place: Path, text: str) -> Path:
    for name in ("page0", "page1", "tables/rates.csv"):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text)
    return place


def texts(place: Path) -> dict[str, str]:
    return {path.relative_to(place).as_posix(): path.read_text() for path in place.rglob("*") if path.is_file()}


def test_an_entry_is_found_by_its_key_until_another_takes_its_place(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", most=3)
    assert cache.get("a") is None
    cache.put("a", b"one")
    cache.put("a", b"two")
    assert (cache.get("a"), cache.get("b")) == (b"two", None)


def test_a_folder_comes_back_with_all_that_it_held(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", most=3)
    made = folder(tmp_path / "made", "text")
    (made / "figures").mkdir()
    cache.put_folder("a", made)
    assert cache.get_folder("a", tmp_path / "again")
    assert texts(tmp_path / "again") == texts(made)
    assert (tmp_path / "again" / "figures").is_dir()
    assert not cache.get_folder("b", tmp_path / "none")
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("left", [b"", b"PK", LONG.encode()])
def test_a_folder_of_which_a_part_is_lost_is_as_none(tmp_path: Path, left: bytes) -> None:
    cache = Cache(tmp_path / "cache", most=3)
    cache.put("a", left)
    assert not cache.get_folder("a", tmp_path / "again")
    cache.put_folder("b", folder(tmp_path / "made", "text"))
    content = cache.get("b") or b""
    cache.put("b", content.replace(b"text", b"TEXT", 1))
    assert not cache.get_folder("b", tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_the_entries_used_last_stay(tmp_path: Path) -> None:
    for age, key in enumerate("abcdef"):
        Cache(tmp_path, most=9).put(key, b"")
        os.utime(tmp_path / key, (age, age))
    cache = Cache(tmp_path, most=3)
    cache.get("b")
    cache.put("g", b"")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b", "f", "g"]


def test_where_nothing_can_be_written_nothing_is_cached(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = Cache(tmp_path / "file" / "cache", most=3)
    cache.put("a", b"one")
    assert cache.get("a") is None


AT_WORK = """
import sys
from pathlib import Path
from districtloss.files.cache import Cache

cache, number = Cache(Path(sys.argv[1]), most=2), int(sys.argv[2])
for turn in range(60):
    text = str((number + turn) % 3)
    cache.put(text, text.encode() * 100_000)
    found = cache.get(str(turn % 3))
    assert found in (None, str(turn % 3).encode() * 100_000)
"""


def test_runs_side_by_side_take_nothing_from_each_other(tmp_path: Path) -> None:
    runs = [subprocess.Popen([sys.executable, "-c", AT_WORK, tmp_path, str(number)]) for number in range(4)]
    assert [run.wait() for run in runs] == [0] * 4


PUTTING = """
cache = Cache(place / "cache", most=2)
watch()
cache.put("a", b"new" * 1000)
"""


def test_a_run_that_is_killed_while_it_caches_leaves_the_old_entry_or_the_new_one(tmp_path: Path) -> None:
    def prepare(place: Path) -> None:
        for key in "abc":
            Cache(place / "cache", most=9).put(key, b"old" * 1000)

    steps = 0
    for place, _ in ended_at_each_step(
        "from districtloss.files.cache import Cache", PUTTING, tmp_path, prepare, how="SIGKILL"
    ):
        steps += 1
        assert Cache(place / "cache", most=9).get("a") in (b"old" * 1000, b"new" * 1000)
    assert steps > 3
