"""Whatever ends a build, the last good report stays whole, and the next build leaves nothing lying about."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from districtloss import parameters
from districtloss.build import build
from districtloss.errors import Faults
from districtloss.files import atomic, digest, report_folder
from districtloss.tables import folders
from helpers.new_data import folder
from helpers.processes import group, until

# What a build says as it begins each part of its work.
STEPS = ("Checking the data", "Running the notebooks", "  04_choices", "Writing tables, numbers and charts",
         "Rendering HTML and PDF with Pandoc")  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder("one_event", tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def good(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report's folder with a good report in it; tests work on copies."""
    target = tmp_path_factory.mktemp("good") / "report"
    done = _build(data, target).communicate()
    assert report_folder.manifest(target), done
    return target


@pytest.fixture
def report(good: Path, tmp_path: Path) -> Path:
    target = tmp_path / "out" / "report"
    shutil.copytree(good, target)
    return target


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The place for temporary files of the builds of a test."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setenv("TMPDIR", str(place))
    return place


def _build(data: Path, target: Path, *more: str, quiet: bool = True) -> subprocess.Popen[str]:
    """Begin a build of a process group of its own, so that its children can be looked for."""
    command = [sys.executable, "-m", "districtloss", "build", "--renderer", "pandoc"]
    command += ["--data", str(data), "--output", str(target), *more]
    command += ["--quiet"] if quiet else []
    # Tests that run in the background hand down that SIGINT is ignored.
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip


def _whole(target: Path) -> bool:
    """Say whether the report is the one that its manifest describes."""
    files = digest.tree(target)
    files.pop(report_folder.MANIFEST)
    manifest = json.loads((target / report_folder.MANIFEST).read_text("utf-8"))
    return bool(files == manifest["outputs"])


@pytest.mark.parametrize("how", ["SIGKILL", "SIGTERM", "SIGINT"])
def test_whatever_ends_a_build_at_whatever_step_the_report_is_whole_and_the_next_build_clears_up(
    data: Path, report: Path, temporary: Path, how: str
):
    before, number = digest.tree(report), getattr(signal, how)
    for step in STEPS:
        process = _build(data, report, "--force", quiet=False)
        assert process.stdout
        while process.stdout.readline() not in (f"{step}\n", ""):
            pass
        # Ctrl-C goes to all processes of a terminal, what ends a container to the first one.
        os.killpg(process.pid, number) if how == "SIGINT" else os.kill(process.pid, number)
        _, errors = process.communicate()
        # Where the machine is slow to send it, a signal may come once all is done, and then does as by default.
        stopped = process.returncode == 128 + number
        assert stopped or process.returncode in (0, -number), (step, errors)
        assert not stopped or errors.endswith("stopped\n"), (step, errors)
        assert digest.tree(report) == before, step
        until(lambda process=process: not group(process.pid))
    _, errors = _build(data, report).communicate()
    assert errors == ""
    assert digest.tree(report) == before
    assert [path.name for path in report.parent.iterdir()] == ["report"]
    assert not any(temporary.iterdir())


@pytest.mark.parametrize(("how", "code"), [("SIGTERM", 143), ("SIGINT", 130)])
def test_a_signal_counts_even_where_what_it_interrupts_complains_of_being_closed_half_done(how: str, code: int):
    half_done = f"""
import os, signal
from districtloss import cli

def app():
    try:
        os.kill(os.getpid(), signal.{how})
        signal.pause()
    finally:
        raise ValueError("cannot be closed now")

cli.app = app
cli.main()
"""
    done = subprocess.run([sys.executable, "-c", half_done], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (code, "stopped\n")


def test_what_a_file_manager_leaves_does_not_make_a_report_stale(data: Path, report: Path):
    (report / ".DS_Store").write_text("")
    process = subprocess.run(
        [sys.executable, "-m", "districtloss", "build", "--renderer", "pandoc", "--data", data, "--output", report],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "Nothing has changed" in process.stderr + process.stdout
    assert (report / ".DS_Store").exists()


def test_of_two_builds_into_one_folder_the_second_is_refused_clearly(data: Path, tmp_path: Path):
    target = tmp_path / "report"
    with atomic.replacing(target, report_folder.check_ours):
        process = _build(data, target)
        _, errors = process.communicate()
    assert process.returncode == 2
    assert errors == f"{target}: another command is writing it, wait for it, or name another folder\n"


def test_two_builds_at_once_never_mix(data: Path, tmp_path: Path):
    target = tmp_path / "report"
    both = [_build(data, target, "--force") for _ in range(2)]
    told = [process.communicate()[1] for process in both]
    codes = sorted(process.returncode for process in both)
    assert codes in ([0, 0], [0, 2]), told
    assert _whole(target)
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


def test_a_link_stays_a_link_and_what_it_points_to_is_replaced(data: Path, good: Path, tmp_path: Path):
    (tmp_path / "disk").mkdir()
    shutil.copytree(good, tmp_path / "disk" / "report")
    (tmp_path / "report").symlink_to(tmp_path / "disk" / "report")
    before = report_folder.manifest(tmp_path / "report")
    process = _build(data, tmp_path / "report", "--force", "--set", "confidence=0.9")
    assert process.communicate()[1] == "" and process.returncode == 0
    assert (tmp_path / "report").is_symlink()
    assert report_folder.manifest(tmp_path / "disk" / "report") not in (None, before)
    assert sorted(p.name for p in [*tmp_path.iterdir(), *(tmp_path / "disk").iterdir()]) == ["disk", "report", "report"]


def test_a_place_where_a_file_system_is_mounted_is_refused(data: Path, small_disk: Path):
    process = _build(data, small_disk)
    _, errors = process.communicate()
    assert (process.returncode, errors) == (
        2, f"{small_disk}: is where a file system is mounted, so it cannot be replaced, name a folder in it\n",
    )  # fmt: skip


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB: enough for a part of a report."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], capture_output=True)
    if mounted.returncode:
        pytest.skip("a small disk needs the right to mount one")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=False)


def test_a_full_disk_is_told_and_leaves_nothing(data: Path, small_disk: Path):
    process = _build(data, small_disk / "report", "--force")
    _, errors = process.communicate()
    assert process.returncode == 2, errors
    target = small_disk / "report"
    assert errors.startswith(f"{target}: cannot be written (No space left on device), make room")
    assert errors.count("\n") == 1
    assert list(small_disk.iterdir()) == []


def test_data_that_change_while_they_are_read_make_no_report(data: Path, report: Path, tmp_path, monkeypatch):
    mine = tmp_path / "mine"
    shutil.copytree(data, mine)
    copied = build._copied

    def changed_meanwhile(folder: Path, copy: Path) -> Path:
        with (mine / "sources.csv").open("a") as stream:
            stream.write("\n")
        return copied(folder, copy)

    monkeypatch.setattr(build, "_copied", changed_meanwhile)
    before = digest.tree(report)
    with pytest.raises(Faults, match="changed while it was read, run the command again"):
        build.build(mine, report, parameters.parse(folders.defaults(mine)), renderer="pandoc", force=True)
    assert digest.tree(report) == before


def test_litter_goes_with_the_next_run_though_that_has_nothing_to_do(data: Path, report: Path):
    (report.parent / ".report.building-killed").mkdir()
    (report.parent / ".report.lock").touch()
    process = _build(data, report)
    assert process.communicate() == ("", "") and process.returncode == 0
    assert [path.name for path in report.parent.iterdir()] == ["report"]


def test_any_path_can_be_built_into_and_a_name_too_long_is_told(data: Path, tmp_path: Path):
    odd = tmp_path / "new\nline' \"$(x)`é" / "report"
    process = _build(data, odd)
    assert process.communicate() == ("", "") and (odd / "index.html").is_file()
    process = _build(data, tmp_path / ("x" * 300))
    assert process.communicate()[1].endswith("the name is too long, give a shorter one\n")
    assert process.returncode == 2
