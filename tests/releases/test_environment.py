"""Where a pinned version is made again: with the packages of its own lock, and with nothing of this machine."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import platform
import subprocess
import sys
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from districtloss.errors import Faults
from districtloss.releases import environment, pinned_source, rebuild, versions
from districtloss.releases.environment import LOCK, Unavailable
from helpers.pinned import pinned

# A build that leaves the files that lie with its source as the report, and beside it what it saw around itself.
SOURCE = """
import json, os, shutil, socket, sys
from pathlib import Path
target = Path(sys.argv[sys.argv.index("--output") + 1])
shutil.copytree("report", target)
seen = {"variables": dict(os.environ), "networks": [name for _, name in socket.if_nameindex()], "prefix": sys.prefix}
Path(%r).write_text(json.dumps(seen), "utf-8")
"""


def wheel(folder: Path, name: str = "tiny", version: str = "1.0") -> str:
    """Make a wheel of one empty module, and return the line of a lock that pins it."""
    about = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": "",
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    lines = []
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        lines.append(f"{path},sha256={digest},{len(text)}\n")
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for inside, text in files.items():
            archive.writestr(inside, text)
        archive.writestr(f"{about}/RECORD", "".join([*lines, f"{about}/RECORD,,\n"]))
    return f"{name}=={version} --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


@pytest.fixture(autouse=True)
def only_local_wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pip ask no index, and keep environments apart from those of the project."""
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.setattr(environment, "ENVIRONMENTS", tmp_path / "environments")


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / LOCK
    path.write_text(wheel(tmp_path), "utf-8")
    return path


def environments() -> list[str]:
    return sorted(path.name for path in environment.ENVIRONMENTS.iterdir() if path.name != ".lock")


def imports(python: Path, name: str) -> bool:
    return subprocess.run([python, "-c", f"import {name}"], capture_output=True, check=False).returncode == 0


def test_rebuilds_at_the_same_time_share_one_environment_of_what_the_lock_pins_and_nothing_else(lock: Path) -> None:
    steps: list[str] = []
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: environment.of_lock(lock, steps.append), range(2))
    assert first == second
    assert len(steps) == len(environments()) == 1
    assert (imports(first, "tiny"), imports(first, "pandas")) == (True, False)


def test_an_environment_is_kept_for_every_version_with_the_same_lock(lock: Path, tmp_path: Path) -> None:
    made = environment.of_lock(lock)
    (tmp_path / "tiny-1.0-py3-none-any.whl").unlink()
    assert environment.of_lock(lock) == made


def test_an_environment_whose_python_is_gone_is_made_again(lock: Path) -> None:
    made = environment.of_lock(lock)
    made.unlink()
    assert imports(environment.of_lock(lock), "tiny")


@pytest.mark.parametrize(
    ("pins", "reason"),
    [
        ("tiny==1.0 --hash=sha256:" + 64 * "0", "DO NOT MATCH THE HASHES"),
        ("tiny==2.0 --hash=sha256:" + 64 * "0", "No matching distribution found for tiny==2.0"),
        ("tiny==1.0", "Hashes are required in --require-hashes mode"),
    ],
)
def test_where_the_lock_cannot_be_installed_pip_says_why_and_nothing_is_left(
    lock: Path, pins: str, reason: str
) -> None:
    lock.write_text(pins, "utf-8")
    with pytest.raises(Unavailable, match=f"pip says: .*{reason}"):
        environment.of_lock(lock)
    assert environments() == []


def test_an_installation_that_is_stopped_leaves_nothing_to_be_taken_for_an_environment(
    lock: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(environment.subprocess, "run", stopped)
        with pytest.raises(KeyboardInterrupt):
            environment.of_lock(lock)
    assert environments() == []


def test_what_a_killed_installation_left_is_removed_by_the_next(lock: Path) -> None:
    left = environment.ENVIRONMENTS / ".unfinished-x" / "bin" / "python"
    left.parent.mkdir(parents=True)
    left.touch()
    environment.of_lock(lock)
    assert not left.exists()
    assert len(environments()) == 1


def test_of_old_environments_those_used_last_are_kept_and_those_that_may_be_in_use(lock: Path) -> None:
    hours = {"new": 0.1, "used": 0.2, "old": 2, "older": 3, "oldest": 4}
    for name, ago in hours.items():
        path = environment.ENVIRONMENTS / name
        path.mkdir(parents=True)
        os.utime(path, (time.time() - ago * 3600,) * 2)
    made = environment.of_lock(lock)
    assert environments() == sorted([made.parents[1].name, "new", "used"])
    assert environment.MOST == 3


# --- through verify ------------------------------------------------------------------------------------------------


def with_source(folder: Path, files: dict[str, str]) -> Path:
    """Make a pinned version whose source builds what is pinned, and leaves what it saw in `seen.json` beside it."""
    made = pinned(folder)
    script = SOURCE % str(folder.with_name("seen.json"))
    with zipfile.ZipFile(folder.with_name("source.zip"), "w") as archive:
        for name in ("__init__", "__main__"):
            archive.writestr(f"analysis/districtloss/{name}.py", script if name == "__main__" else "")
        for path in made.rglob("*"):
            inside = path.relative_to(made).as_posix()
            if path.is_file() and inside.startswith(("index", "report", "results", "manifest")):
                archive.write(path, f"report/{inside}")
        for name, text in files.items():
            archive.writestr(name, text)
    folder.with_name("source.zip").rename(folder / versions.SOURCE)
    return made


def test_a_version_is_made_again_with_its_own_packages_and_nothing_of_this_machine(
    lock: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISTRICTLOSS_TEST", "of this machine")
    folder = with_source(tmp_path / "1.0.0", {LOCK: lock.read_text("utf-8")})
    steps: list[str] = []
    rebuilt = rebuild.rebuild(folder, say=steps.append)
    assert rebuilt.verdict == rebuild.IDENTICAL
    assert "  with the packages of its own lock" in steps
    seen = json.loads((tmp_path / "seen.json").read_text("utf-8"))
    assert Path(seen["prefix"]).parent == environment.ENVIRONMENTS
    # LC_CTYPE is Python's own, the rest what Windows and macOS need or add.
    of_the_system = {"LC_CTYPE", "SYSTEMROOT", "USERPROFILE", "__CF_USER_TEXT_ENCODING"}
    given = {"HOME", "LANG", "LC_ALL", "PATH", "PYTHONPATH", "PYTHONUTF8", "TMPDIR"}
    assert seen["variables"].keys() - of_the_system == given
    assert not Path(seen["variables"]["HOME"]).exists()


def test_where_there_is_no_environment_of_its_own_todays_packages_stand_in_and_it_is_said(
    tmp_path: Path,
) -> None:
    folder = with_source(tmp_path / "1.0.0", {LOCK: "tiny==1.0 --hash=sha256:" + 64 * "0"})
    steps: list[str] = []
    assert rebuild.rebuild(folder, say=steps.append).verdict == rebuild.IDENTICAL
    assert [step for step in steps if "today's packages stand in" in step and "No matching distribution" in step]
    assert json.loads((tmp_path / "seen.json").read_text("utf-8"))["prefix"] == sys.prefix


@pytest.mark.parametrize("able", [True, False])
def test_a_version_is_made_again_without_network_where_the_system_can(
    able: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not able:
        monkeypatch.setattr(environment, "without_network", lambda: ())
    elif not environment.without_network():
        pytest.skip("this system has no unshare, or does not allow it")
    folder = with_source(tmp_path / "1.0.0", {})
    steps: list[str] = []
    rebuild.rebuild(folder, say=steps.append)
    networks = json.loads((tmp_path / "seen.json").read_text("utf-8"))["networks"]
    if able:
        assert networks == ["lo"]
    assert ("  without network" in steps) == able
    assert ("  with network, because this system cannot do without" in steps) != able


def test_where_fcntl_is_lacking_it_is_said_which_versions_cannot_be_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = with_source(tmp_path / "1.0.0", {})
    monkeypatch.setitem(sys.modules, "fcntl", None)
    with pytest.raises(Faults, match=r"1\.0\.0: .* versions before 2\.0\.0 need fcntl, which Windows lacks"):
        rebuild.rebuild(folder)


@pytest.mark.slow
def test_the_newest_pinned_version_is_made_again_with_its_own_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()  # real packages, kept with those of the project
    folder = versions.folder(str(versions.released()[0]))
    steps: list[str] = []
    rebuilt = rebuild.rebuild(folder, say=steps.append)
    if instead := [step.strip() for step in steps if "stand in" in step]:
        pytest.skip(instead[0])
    manifest = versions.manifest(folder)
    made_here = (manifest["python"], manifest["platform"]) == (platform.python_version(), pinned_source.machine())
    assert rebuilt.verdict in ([rebuild.IDENTICAL] if made_here else [rebuild.IDENTICAL, rebuild.SAME_RESULTS])
    assert rebuilt.matches
