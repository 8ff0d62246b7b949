"""Folders for the time being are gone afterwards, whatever ended the command that made them."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import pytest

from districtloss.files import scratch
from helpers.steps import ended_at_each_step

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
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDING], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout
    return process, Path(process.stdout.readline().strip())


def test_a_folder_is_gone_afterwards_and_another_s_is_left_alone(own_place: Path) -> None:
    other = own_place / "districtloss-report-1"
    other.mkdir()
    with scratch.folder("test") as place:
        (place / "file").write_text("text")
        scratch.clear_away()
        assert (place / "file").exists()  # as long as it is held
    assert list(own_place.iterdir()) == [other]


def test_what_a_killed_command_left_goes_with_the_next_one_and_what_is_held_stays(own_place: Path) -> None:
    (killed, left), (living, held) = _holding(), _holding()
    killed.kill()
    killed.communicate()
    with scratch.folder("test"):
        assert not left.exists()
        assert (held / "file").exists()
    living.communicate("\n")
    assert living.returncode == 0
    assert not any(own_place.iterdir())


def test_a_folder_waits_for_a_command_that_looks_whether_its_lock_is_free(own_place: Path) -> None:
    looking = f"""
from pathlib import Path
from districtloss.files import lock
with lock.held(Path({str(own_place)!r}) / "districtloss-temporary-test-1.lock"):
    print(flush=True)
    input()
"""
    making = f"import secrets\nsecrets.token_hex = lambda _: print('asks', flush=True) or '1'\n{HOLDING}"
    run = partial(subprocess.Popen, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    looks = run([sys.executable, "-c", looking])
    assert looks.stdout and looks.stdout.readline() == "\n"
    makes = run([sys.executable, "-c", making])
    assert makes.stdout and makes.stdout.readline() == "asks\n"
    looks.communicate("\n")
    assert makes.communicate("\n")[0].endswith("/districtloss-temporary-test-1/test\n")
    assert makes.returncode == 0


def test_temporary_files_lie_beside_the_folder_those_of_children_too(own_place: Path) -> None:
    code = "import tempfile; print(tempfile.mkdtemp())"
    with scratch.folder("test") as place:
        child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        for made in (tempfile.mkdtemp(), child):
            assert Path(made).is_relative_to(place.parent)
        assert not any(place.iterdir())
    assert (os.environ["TMPDIR"], tempfile.gettempdir()) == (str(own_place), str(own_place))


USING = """
tempfile.tempdir = str(place)
watch()
with scratch.folder("test") as made:
    (made / "file").write_text("text")
    tempfile.mkdtemp()
"""


def test_whatever_step_a_command_is_killed_at_the_next_one_leaves_nothing(own_place: Path, monkeypatch) -> None:
    runs = 0
    for place, _ in ended_at_each_step(
        "import tempfile\nfrom districtloss.files import scratch", USING, own_place, lambda _: None, how="SIGKILL"
    ):
        runs += 1
        monkeypatch.setattr(tempfile, "tempdir", str(place))
        scratch.clear_away()
        assert not any(place.iterdir())
    assert runs > 5


def test_where_no_link_can_be_made_a_folder_is_copied(own_place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError("as on Windows")

    (own_place / "data").mkdir()
    (own_place / "data" / "events.csv").write_text("text")
    scratch.link(own_place / "data", own_place / "linked")
    monkeypatch.setattr(Path, "symlink_to", refused)
    scratch.link(own_place / "data", own_place / "copied")
    assert [(own_place / name / "events.csv").read_text() for name in ("linked", "copied")] == ["text", "text"]
    assert ((own_place / "linked").is_symlink(), (own_place / "copied").is_symlink()) == (True, False)


@pytest.mark.parametrize(("home", "place"), [("/x", "/x/.cache/districtloss"), (None, "build/cache")])
def test_what_speeds_up_is_cached_at_home_where_the_project_can_only_be_read(home: str | None, place: str) -> None:
    code = "import os, pwd\nos.access = lambda *_: False\npwd.getpwuid = lambda _: {}[0]\n"
    code += "from districtloss import paths\nprint(paths.CACHE)"
    bare = {key: value for key, value in os.environ.items() if key not in ("HOME", "XDG_CACHE_HOME")}
    environment = bare | ({"HOME": home} if home else {})
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip().endswith(place)
