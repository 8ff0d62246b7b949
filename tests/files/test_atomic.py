"""Files and folders are there whole or not at all, whatever ends the command that writes them."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from districtloss.errors import Faults
from districtloss.files import atomic
from helpers.steps import ended_at_each_step

PAGES = [f"page{number}" for number in range(3)]


def anything(_: Path) -> None:
    """Let any folder be replaced."""


def pages(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def old_report(place: Path) -> None:
    (place / "report").mkdir()
    (place / "report" / "page0").write_text("old")


REPLACING = """
watch()
with atomic.replacing(place / "report", lambda _: None) as work:
    for number in range(3):
        (work / f"page{number}").write_text("new")
"""


@pytest.mark.parametrize("how", ["SIGKILL", "SIGTERM", "SIGINT"])
def test_whatever_step_a_command_is_ended_at_the_next_one_finds_the_old_folder_or_the_new_one(tmp_path, how) -> None:
    runs = 0
    for place, code in ended_at_each_step(
        "from districtloss.files import atomic", REPLACING, tmp_path, old_report, how=how
    ):
        runs += 1
        between = how == "SIGKILL" and not (place / "report").exists()  # no process can see to it that there is one
        atomic.tidy(place / "report")
        assert [path.name for path in place.iterdir()] == ["report"], code
        assert pages(place / "report") in ({"page0": "old"}, dict.fromkeys(PAGES, "new"))
        assert not between or pages(place / "report") == {"page0": "old"}
    assert runs > 10


WRITING = """
watch()
atomic.write(place / "page", "new")
"""


def test_whatever_step_a_command_is_killed_at_a_file_is_the_old_one_or_the_new_one(tmp_path: Path) -> None:
    runs = 0
    for place, _ in ended_at_each_step(
        "from districtloss.files import atomic",
        WRITING,
        tmp_path,
        lambda place: (place / "page").write_text("old") and None,
        how="SIGKILL",
    ):
        runs += 1
        assert (place / "page").read_text() in ("old", "new")
    assert runs > 2


def test_a_file_that_cannot_be_written_leaves_the_old_one_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "page").write_text("old")
    with pytest.raises(UnicodeEncodeError):
        atomic.write(tmp_path / "page", "\ud800")
    assert pages(tmp_path) == {"page": "old"}


def test_the_new_folder_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    for text in ("first", "second"):
        with atomic.replacing(tmp_path / "report", anything) as work:
            (work / "page").write_text(text)
        assert pages(tmp_path / "report") == {"page": text}
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


def test_what_raises_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    old_report(tmp_path)
    with pytest.raises(KeyboardInterrupt), atomic.replacing(tmp_path / "report", anything) as work:
        (work / "page").write_text("new")
        raise KeyboardInterrupt
    assert pages(tmp_path / "report") == {"page0": "old"}
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


def test_a_folder_that_was_moved_aside_when_the_command_died_comes_back(tmp_path: Path) -> None:
    old_report(tmp_path)
    (tmp_path / "report").rename(tmp_path / ".report.old")
    (tmp_path / ".report.building-x").mkdir()
    atomic.tidy(tmp_path / "report")
    assert [path.name for path in tmp_path.iterdir()] == ["report"]
    assert pages(tmp_path / "report") == {"page0": "old"}


def test_a_folder_that_comes_back_is_checked_too(tmp_path: Path) -> None:
    old_report(tmp_path)
    (tmp_path / "report").rename(tmp_path / ".report.old")

    def absent(folder: Path) -> None:
        if folder.exists():
            raise Faults([])

    with pytest.raises(Faults), atomic.replacing(tmp_path / "report", absent):
        pass
    assert pages(tmp_path / "report") == {"page0": "old"}


def test_a_folder_that_another_command_writes_is_refused(tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from districtloss.files import atomic\n"
    code += "with atomic.replacing(Path(sys.argv[1]), lambda _: None): pass"
    with atomic.replacing(tmp_path / "report", anything):
        done = subprocess.run(
            [sys.executable, "-c", code, tmp_path / "report"], capture_output=True, text=True, check=False
        )
        assert "another command is writing it, wait for it, or name another folder" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


def test_a_link_stays_a_link_and_the_folder_that_it_stands_for_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "report").symlink_to(tmp_path / "disk")
    with atomic.replacing(tmp_path / "report", anything) as work:
        (work / "page").write_text("new")
    assert (tmp_path / "report").is_symlink()
    assert pages(tmp_path / "disk") == {"page": "new"}


def test_what_a_killed_command_left_is_cleared_away_whatever_the_folder_is_called(tmp_path: Path) -> None:
    (tmp_path / ".a[bc]*.building-x").mkdir()
    (tmp_path / ".ab.building-of-another-build").mkdir()
    with atomic.replacing(tmp_path / "a[bc]*", anything):
        pass
    assert sorted(path.name for path in tmp_path.iterdir()) == [".ab.building-of-another-build", "a[bc]*"]


@pytest.mark.parametrize("number", [errno.EACCES, errno.ENOSPC, errno.EROFS])
def test_a_place_that_cannot_be_written_is_a_fault_and_leaves_no_folder(tmp_path: Path, number: int) -> None:
    target = tmp_path / "new" / "report"
    with pytest.raises(Faults, match=r"report: cannot be written \("), atomic.replacing(target, anything):
        raise OSError(number, "as the system says")
    assert not any(tmp_path.iterdir())


def test_a_copy_that_finds_the_disk_full_is_told_of_the_folder_that_it_was_to_be_part_of(tmp_path: Path) -> None:
    target = tmp_path / "report"
    with pytest.raises(Faults) as found, atomic.replacing(target, anything) as work:
        raise OSError(errno.ENOSPC, "No space left on device", "/elsewhere/page", None, str(work / "page"))
    full = "cannot be written (No space left on device), make room or name another folder"
    assert str(found.value) == f"{target}: {full}"
