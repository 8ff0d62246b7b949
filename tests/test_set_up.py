"""make.py, and the Makefile before it, with a Python whose venv and pip take no time. CI runs it with real ones."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from districtloss.paths import ROOT
from helpers import python_stand_in

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stand-in for Python is a script of the shell")

LOCKS = ("requirements.lock", "requirements-test.lock", "requirements-lab.lock")
REPORT = ["venv", "requirements.lock", "districtloss itself", "build"]
ONCE_MORE = ["build"]


@dataclass
class Project:
    """A project that is nothing but its set-up."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, *words: str, by: tuple[str, ...] = (sys.executable, "make.py"), **environment: str):
        return subprocess.run(
            [*by, *words], cwd=self.folder, env=self.environment | environment, capture_output=True, text=True
        )

    def calls(self) -> list[list[str]]:
        """What the stand-in was asked for since this was last called."""
        log = Path(self.environment["STAND_IN_LOG"])
        lines = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return [json.loads(line) for line in lines if line.startswith("[")]

    def steps(self) -> list[str]:
        """The same in short: what was installed, and which module ran."""
        return [self.step(call) for call in self.calls()]

    def step(self, call: list[str]) -> str:
        if call[:2] != ["-m", "pip"]:
            return "build" if call[1] == "districtloss" else call[1]
        assert "--no-deps" in call
        if call[-1] == str(self.folder):
            return "districtloss itself"
        assert "--require-hashes" in call
        return Path(call[-1]).name


@pytest.fixture
def project(tmp_path: Path) -> Project:
    folder = tmp_path / "a folder" / "project"
    folder.mkdir(parents=True)
    for name in ("make.py", "Makefile"):
        shutil.copy(ROOT / name, folder)
    for name in (*LOCKS, "pyproject.toml"):
        (folder / name).write_text(f"# {name}\n")
    commands = tmp_path / "bin"
    commands.mkdir()
    (commands / "quarto").write_text("#!/bin/sh\necho 1.99.0\n")
    (commands / "quarto").chmod(0o755)
    environment = {
        "PATH": f"{commands}:/usr/bin:/bin",
        "PYTHONS": str(python_stand_in.make(tmp_path / "bin")),
        "STAND_IN_LOG": str(tmp_path / "log"),
        "https_proxy": "http://127.0.0.1:9",  # where nobody answers
    }
    return Project(folder, environment)


def test_an_old_python_can_start_it_too() -> None:
    ast.parse((ROOT / "make.py").read_text("utf-8"), feature_version=(3, 8))


def test_a_report_is_set_up_once(project: Project) -> None:
    assert project.run("report").returncode == 0
    assert project.steps() == REPORT
    assert project.run("report").returncode == 0
    assert project.steps() == ONCE_MORE


def test_tests_and_jupyterlab_are_added_when_they_are_asked_for(project: Project) -> None:
    project.run("report")
    project.calls()
    project.run("test")
    assert project.steps() == ["requirements-test.lock", "ruff", "ruff", "mypy", "pytest"]
    project.run("lab")
    assert project.steps() == ["requirements-lab.lock", "jupyterlab"]
    for command, steps in {
        "test": ["ruff", "ruff", "mypy", "pytest"],
        "lab": ["jupyterlab"],
        "report": ONCE_MORE,
    }.items():
        project.run(command)
        assert project.steps() == steps


def other_pins(project: Project) -> None:
    (project.folder / "requirements.lock").write_text("# others\n")


def moved(project: Project) -> None:
    project.folder = project.folder.rename(project.folder.with_name("moved"))


def python_gone(project: Project) -> None:
    (project.folder / ".venv" / "bin" / "python").unlink()


def stamp_broken(project: Project) -> None:
    (project.folder / ".venv" / "installed.json").write_text("{")


@pytest.mark.parametrize("change", [other_pins, moved, python_gone, stamp_broken])
def test_an_environment_that_does_not_fit_is_made_anew(project: Project, change: Callable[[Project], None]) -> None:
    project.run("report")
    project.calls()
    left = project.folder / ".venv" / "left-over"
    left.touch()
    change(project)
    assert project.run("report").returncode == 0
    assert project.steps() == REPORT
    assert not (project.folder / ".venv" / "left-over").exists()
    project.run("report")
    assert project.steps() == ONCE_MORE


def test_an_environment_that_is_active_does_not_make_its_own_successor(project: Project) -> None:
    project.run("report")
    project.calls()
    other_pins(project)
    active = f"{project.folder / '.venv' / 'bin'}:{project.environment['PATH']}"
    assert project.run("report", PATH=active, PYTHONS="python").returncode == 0
    assert project.steps() == REPORT


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-test.lock"])
def test_an_installation_that_was_killed_is_not_taken_for_whole(project: Project, lock: str) -> None:
    assert project.run("lint", STAND_IN_PIP=f"killed {lock}").returncode == -signal.SIGKILL
    assert project.steps()[-1] == lock
    assert project.run("lint").returncode == 0
    assert project.steps() == ["venv", *LOCKS[:2], "districtloss itself", "ruff", "ruff", "mypy"]


def test_who_stops_the_set_up_stops_pip_too(project: Project) -> None:
    assert project.run("report", STAND_IN_PIP="stopped requirements.lock").returncode == 128 + signal.SIGTERM
    pip = int(Path(project.environment["STAND_IN_LOG"]).read_text().splitlines()[-1])
    with pytest.raises(ProcessLookupError):
        os.kill(pip, 0)
    project.calls()
    project.run("report")
    assert project.steps() == REPORT


def test_what_works_goes_on_working_when_more_cannot_be_installed(project: Project) -> None:
    project.run("report")
    project.calls()
    failed = project.run("test", STAND_IN_PIP="fails requirements-test.lock")
    assert failed.returncode == 1
    assert "could not install what requirements-test.lock asks for" in failed.stderr
    assert project.steps() == ["requirements-test.lock"]
    project.run("report")
    assert project.steps() == ONCE_MORE
    project.run("lint")
    assert project.steps() == ["requirements-test.lock", "ruff", "ruff", "mypy"]


def test_other_pins_of_the_tests_are_no_matter_of_the_report(project: Project) -> None:
    project.run("lint")
    project.calls()
    (project.folder / "requirements-test.lock").write_text("# others\n")
    project.run("report")
    assert project.steps() == ONCE_MORE
    project.run("lint")
    assert project.steps()[:3] == ["venv", *LOCKS[:2]]


def test_another_project_file_has_the_project_alone_installed_again(project: Project) -> None:
    project.run("report")
    project.calls()
    (project.folder / "pyproject.toml").write_text("# another\n")
    project.run("report")
    assert project.steps() == ["districtloss itself", "build"]


def test_an_environment_elsewhere_is_left_alone(project: Project, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "thing").touch()
    (project.folder / ".venv").symlink_to(tmp_path / "elsewhere")
    assert project.run("report").returncode == 0
    assert [path.name for path in (tmp_path / "elsewhere").iterdir()] == ["thing"]


@pytest.mark.parametrize("by", [("make",), (sys.executable, "make.py")], ids=["make", "python make.py"])
def test_settings_reach_the_build_as_they_were_said(project: Project, by: tuple[str, ...]) -> None:
    if shutil.which(by[0]) is None:
        pytest.skip("no make on the PATH")
    done = project.run("report", "DATA=my data's", "OUTPUT=out", 'ARGS=--set "title=a b" --force', by=by)
    assert "Report: the renderer is Quarto 1.99.0." in done.stdout
    words = ["--data", "my data's", "--output", "out", "--set", "title=a b", "--force"]
    assert project.calls()[-1] == ["-m", "districtloss", "build", *words]


def test_the_exit_code_is_that_of_the_build(project: Project) -> None:
    assert project.run("report", STAND_IN_BUILD="3").returncode == 3


def test_what_is_no_command_is_refused(project: Project) -> None:
    refused = project.run("report", "DATE=2021-06-30")
    assert refused.returncode == 2
    assert "DATE=2021-06-30" in refused.stderr
    assert not project.calls()


def test_quarto_is_tried_once_and_its_log_says_what_went_wrong(project: Project, tmp_path: Path) -> None:
    (tmp_path / "bin" / "quarto").unlink()
    told = project.run("report").stdout
    assert "trying to install Quarto" in told
    assert "the renderer is Pandoc with Typst" in told
    assert "refused" in (project.folder / ".venv" / "quarto.log").read_text()
    assert "trying" not in project.run("report").stdout
    assert project.run("quarto").returncode == 1


@pytest.mark.parametrize(
    ("python", "complaint"),
    [
        ("echo 3.9.2", "/snake is Python 3.9.2"),
        (
            "echo 3.11.2; exit 1",
            "/snake comes without ensurepip (on Debian and Ubuntu: apt-get install python3.11-venv)",
        ),
        ("exit 127", "/snake does not start"),
    ],
)
def test_a_python_that_will_not_do_is_named_with_the_remedy(
    project: Project, tmp_path: Path, python: str, complaint: str
) -> None:
    snake = tmp_path / "bin" / "snake"
    snake.write_text(f"#!/bin/sh\n{python}\n")
    snake.chmod(0o755)
    failed = project.run("report", PYTHONS="snake")
    assert failed.returncode == 1
    assert complaint in failed.stderr
    assert project.run("report", PYTHONS=f"snake {project.environment['PYTHONS']}").returncode == 0
    assert project.steps() == REPORT


def test_make_alone_lists_every_command() -> None:
    if shutil.which("make") is None:
        pytest.skip("no make on the PATH")
    phony = re.search(r"^\.PHONY: help (.*)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert phony
    listed = subprocess.run(["make", "-C", ROOT], capture_output=True, text=True, check=True).stdout
    assert re.findall(r"^  ([a-z]+) ", listed, re.MULTILINE) == phony[1].split()
