"""Whatever ends a build, the last good report stays whole, and the next build leaves nothing lying about."""

from __future__ import annotations

import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from districtloss import parameters
from districtloss.build import build
from districtloss.errors import Faults
from districtloss.files import atomic, digest
from districtloss.tables import folders
from helpers.new_data import folder

SEED = random.randrange(10**6)  # printed with a failure, since it is part of the moments


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder("one_event", tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def good(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report's folder with a good report in it; tests work on copies."""
    target = tmp_path_factory.mktemp("good") / "report"
    done = _build(data, target).communicate()
    assert atomic.manifest(target), done
    return target


@pytest.fixture
def report(good: Path, tmp_path: Path) -> Path:
    target = tmp_path / "out" / "report"
    shutil.copytree(good, target)
    return target


def _build(data: Path, target: Path, *more: str) -> subprocess.Popen[str]:
    """Begin a build of a process group of its own, so that its children can be looked for."""
    command = [sys.executable, "-m", "districtloss", "build", "--renderer", "pandoc", "--quiet"]
    command += ["--data", str(data), "--output", str(target), *more]
    # Tests that run in the background hand down that SIGINT is ignored.
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip


def _whole(target: Path) -> bool:
    """Say whether the report is the one that its manifest describes."""
    files = digest.tree(target)
    files.pop(atomic.MANIFEST)
    manifest = json.loads((target / atomic.MANIFEST).read_text("utf-8"))
    return bool(files == manifest["outputs"])


def _left(group: int) -> list[str]:
    """The processes of a group that are still there and no zombies."""
    listed = subprocess.run(["ps", "-eo", "pgid=,stat=,args="], capture_output=True, text=True, check=True).stdout
    rows = (line.split(None, 2) for line in listed.splitlines())
    return [row[2] for row in rows if len(row) == 3 and int(row[0]) == group and not row[1].startswith("Z")]


def _gone(group: int) -> bool:
    for _ in range(100):
        if not _left(group):
            return True
        time.sleep(0.1)
    return False


def _moments(count: int, longest: float) -> Iterator[float]:
    """Moments spread over a build, each drawn at random in its part."""
    chance = random.Random(SEED)
    for part in range(count):
        yield (part + chance.random()) * longest / count


@pytest.fixture(scope="module")
def seconds(data: Path, good: Path) -> float:
    """How long a build takes here."""
    start = time.monotonic()
    process = _build(data, good, "--force")
    assert process.wait() == 0
    return time.monotonic() - start


def test_a_killed_build_leaves_the_last_report_whole_and_the_next_one_leaves_no_litter(
    data: Path, report: Path, seconds: float
):
    for moment in _moments(6, seconds):
        process = _build(data, report, "--force")
        time.sleep(moment)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        assert _whole(report), f"seed {SEED}, killed after {moment:.2f} s"
        assert _gone(process.pid), f"seed {SEED}, {moment:.2f} s: {_left(process.pid)}"
    process = _build(data, report, "--force")
    _, errors = process.communicate()
    assert process.returncode == 0, errors
    assert _whole(report)
    assert [path.name for path in report.parent.iterdir()] == ["report"]


@pytest.mark.parametrize(
    ("end", "how", "code"),  # Ctrl-C goes to all processes, what ends a container to the first one
    [(os.killpg, signal.SIGINT, 130), (os.kill, signal.SIGTERM, 143)],
)
def test_an_interrupted_build_says_so_and_leaves_all_as_it_was(data, report, seconds, end, how, code):
    before = digest.tree(report)
    for moment in _moments(5, seconds):
        process = _build(data, report, "--force")
        time.sleep(moment + 0.3)  # before that, Python itself is starting
        end(process.pid, how)
        _, errors = process.communicate()
        where = f"seed {SEED}, interrupted after {moment:.2f} s"
        # Once all is done and Python itself ends, a signal does what it does by default.
        assert process.returncode in (0, code, -how), f"{where}: {errors}"
        assert errors == ("stopped\n" if process.returncode == code else ""), where
        assert digest.tree(report) == before, where
        assert [path.name for path in report.parent.iterdir()] == ["report"], where
        assert _gone(process.pid), where


EACH_STEP = """
import os, signal, sys, tempfile, time
from pathlib import Path
from districtloss.files import atomic
from districtloss.files.interruptions import Stopped, stop_in_order

place, step = Path(sys.argv[1]), int(sys.argv[2])
signal.signal(signal.SIGTERM, signal.SIG_DFL)
stop_in_order()
steps = 0


def stop_at_the_step(event, arguments):
    global steps
    if event in ("open", "os.chmod", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.scandir") and str(
        arguments[0]
    ).startswith((str(place), ".report", "page")):
        steps += 1
        if steps == step:
            os.kill(os.getpid(), signal.SIGTERM)


sys.addaudithook(stop_at_the_step)
try:
    with atomic.replacing(place / "report", lambda _: None) as work, atomic.scratch(place / "report"):
        for number in range(3):
            (work / f"page{number}").write_text("new")
            Path(tempfile.mkdtemp(), "page").write_text("for the time being")
    time.sleep(0.1)  # for what comes a moment later
except Stopped as stopped:
    sys.exit(stopped.args[0])
sys.exit(0 if steps < step else 1)
"""


def test_a_build_that_is_stopped_while_it_clears_away_comes_to_the_end_of_it(tmp_path: Path):
    for step in itertools.count(1):
        place = tmp_path / str(step)
        (place / "report").mkdir(parents=True)
        (place / "report" / "page0").write_text("old")
        code = subprocess.run([sys.executable, "-c", EACH_STEP, place, str(step)], check=False).returncode
        assert [path.name for path in place.iterdir()] == ["report"], step
        pages = {path.name: path.read_text() for path in (place / "report").iterdir()}
        assert pages in ({"page0": "old"}, {f"page{number}": "new" for number in range(3)}), step
        if code == 0:
            break
        assert code == 128 + signal.SIGTERM, step
    assert step > 20


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
    with atomic.replacing(target):
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


def test_a_lock_whose_file_was_taken_away_is_no_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    target = tmp_path / "report"
    lock = atomic.fcntl.flock

    def taken_away(stream, how):  # type: ignore[no-untyped-def]
        lock(stream, how)
        Path(stream.name).unlink()

    monkeypatch.setattr(atomic.fcntl, "flock", taken_away)
    with pytest.raises(Faults, match="another command is writing it"), atomic.replacing(target):
        pass


def test_a_link_stays_a_link_and_what_it_points_to_is_replaced(data: Path, good: Path, tmp_path: Path):
    (tmp_path / "disk").mkdir()
    shutil.copytree(good, tmp_path / "disk" / "report")
    (tmp_path / "report").symlink_to(tmp_path / "disk" / "report")
    before = atomic.manifest(tmp_path / "report")
    process = _build(data, tmp_path / "report", "--force", "--set", "confidence=0.9")
    assert process.communicate()[1] == "" and process.returncode == 0
    assert (tmp_path / "report").is_symlink()
    assert atomic.manifest(tmp_path / "disk" / "report") not in (None, before)
    assert sorted(p.name for p in [*tmp_path.iterdir(), *(tmp_path / "disk").iterdir()]) == ["disk", "report", "report"]


def test_whatever_replaces_a_folder_leaves_a_link_to_it_a_link(tmp_path: Path):
    (tmp_path / "report").symlink_to(tmp_path / "disk")
    with atomic.replacing(tmp_path / "report") as work:
        (work / "page").write_text("new")
    assert (tmp_path / "report").is_symlink()
    assert (tmp_path / "disk" / "page").read_text() == "new"


def test_what_a_killed_build_left_is_cleared_away_whatever_the_folder_is_called(tmp_path: Path):
    (tmp_path / ".a[bc]*.building-x").mkdir()
    (tmp_path / ".ab.building-of-another-build").mkdir()
    with atomic.replacing(tmp_path / "a[bc]*"):
        pass
    assert sorted(path.name for path in tmp_path.iterdir()) == [".ab.building-of-another-build", "a[bc]*"]


def test_a_place_where_a_file_system_is_mounted_is_refused(data: Path, small_disk: Path):
    process = _build(data, small_disk)
    _, errors = process.communicate()
    assert (process.returncode, errors) == (
        2, f"{small_disk}: is where a file system is mounted, so it cannot be replaced, name a folder in it\n",
    )  # fmt: skip


@pytest.mark.parametrize("exchange", [True, False])
def test_the_new_folder_takes_the_place_of_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exchange: bool):
    if not exchange:
        monkeypatch.setattr(atomic, "_exchanged", lambda one, other: False)
    target = tmp_path / "report"
    for text in ("first", "second"):
        with atomic.replacing(target) as work:
            (work / atomic.MANIFEST).write_text(json.dumps({"generator": atomic.GENERATOR, "text": text}), "utf-8")
        assert atomic.manifest(target) == {"generator": atomic.GENERATOR, "text": text}
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


def test_a_report_that_was_moved_aside_when_the_build_died_comes_back(tmp_path: Path):
    target = tmp_path / "report"
    with atomic.replacing(target) as work:
        (work / atomic.MANIFEST).write_text(json.dumps({"generator": atomic.GENERATOR}), "utf-8")
    target.rename(tmp_path / ".report.old")
    (tmp_path / ".report.building-x").mkdir()
    with pytest.raises(KeyboardInterrupt), atomic.replacing(target):
        raise KeyboardInterrupt
    assert [path.name for path in tmp_path.iterdir()] == ["report"]
    assert atomic.manifest(target)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MB: enough for a part of a report."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(place)], capture_output=True)
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
