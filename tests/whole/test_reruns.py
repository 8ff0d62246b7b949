"""What is unchanged is not computed again, and what is changed is: each input changed alone, in a project's copy."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from districtloss.build.keys import installed
from districtloss.paths import ROOT

ALL = ["01_event_table", "02_loss_rates", "03_figures_compared", "04_choices"]


# --- a project of its own, to be changed -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what a report is made of, with the results of one run kept."""
    copy = tmp_path_factory.mktemp("project") / "copy"
    copy.mkdir()
    for name in ("_extensions", "analysis", "data", "chapters"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for name in ("_quarto.yml", "index.qmd", "CITATION.cff", "CHANGELOG.md", "requirements.lock"):
        shutil.copy(ROOT / name, copy / name)
    assert steps(copy, "run") == ALL
    return copy


@pytest.fixture
def changed(project: Path) -> Iterable[Callable[[str, Callable[[str], str]], None]]:
    """Changes a file of the project, until the test is over."""
    before: dict[Path, bytes] = {}

    def change(name: str, edit: Callable[[str], str]) -> None:
        path = project / name
        before.setdefault(path, path.read_bytes())
        text = before[path].decode()
        new = edit(text)
        assert new != text
        path.write_bytes(new.encode())

    yield change
    for path, content in before.items():
        path.write_bytes(content)


def python(project: Path, *arguments: str) -> str:
    """Run Python with the project's own code; return what it says on standard error, then on standard output."""
    environment = os.environ | {"PYTHONPATH": str(project / "analysis"), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=project, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stderr + done.stdout


def steps(project: Path, command: str, *options: str) -> list[str]:
    """Run a command of the project; return the notebooks that it ran, or the one step that tells of none."""
    said = python(project, "-m", "districtloss", command, "--output", str(project / "out"), *options)
    ran = sorted(re.findall(r"^  (\d\d_\w+)$", said, re.MULTILINE))
    other = [step for step in ("Nothing has changed", "Results are unchanged") if step in said]
    return ran or other or ["results"]


def keys(project: Path, *settings: str) -> dict[str, str]:
    code = (
        "import json, sys; from dataclasses import asdict; from districtloss import parameters, paths; "
        "from districtloss.build import keys; "
        "values = parameters.parse(dict(s.split('=') for s in sys.argv[1:])); "
        "print(json.dumps(asdict(keys.of(paths.DATA, values, ('pandoc', '')))))"
    )
    return dict(json.loads(python(project, "-c", code, *settings)))


def reworded(text: str) -> str:
    return text.replace("the", "teh", 1)


def another_day(text: str) -> str:
    rows = list(csv.reader(text.splitlines(keepends=True)))
    return text.replace(rows[-1][-1], rows[-1][-1] + "!") if rows[-1][-1] else text.rstrip("\n") + "changed\n"


EVERYTHING, PAGES = {"notebooks", "results", "report"}, {"report"}
CHANGES: dict[str, tuple[str, Callable[[str], str], set[str]]] = {
    "a row of data": ("data/events.csv", another_day, EVERYTHING),
    "the codings behind the data": ("data/second_coding/events.csv", another_day, EVERYTHING),
    "the rules of the data": ("data/datapackage.json", reworded, EVERYTHING),
    "an analysis module": ("analysis/districtloss/estimates/rates.py", reworded, EVERYTHING),
    "the engine": ("analysis/districtloss/build/engine.py", reworded, EVERYTHING),
    "the lock": (
        "requirements.lock",
        lambda text: re.sub(r"^pandas==\S+", "pandas==0.1", text, flags=re.M),
        EVERYTHING,
    ),
    "a notebook": ("analysis/notebooks/02_loss_rates.ipynb", reworded, {"results", "report"}),
    "what decides on keys": ("analysis/districtloss/build/keys.py", reworded, EVERYTHING),
    "the imprint": ("analysis/districtloss/render/imprint.py", reworded, PAGES),
    "the module that publishes": ("analysis/districtloss/report/publish.py", reworded, EVERYTHING),
    "the version": ("analysis/districtloss/__init__.py", lambda text: re.sub(r'"\d.*"', '"9.9.9"', text), PAGES),
    "a renderer": ("analysis/districtloss/render/pandoc.py", reworded, PAGES),
    "a chapter": ("chapters/methods.qmd", reworded, PAGES),
    "a stylesheet": ("analysis/assets/report.css", lambda text: text + "\n", PAGES),
    "a template": ("analysis/render/book.typ", lambda text: text + "\n", PAGES),
    "a command of its own": ("analysis/districtloss/releases/cite.py", reworded, set()),
    "what no report is made of": ("CHANGELOG.md", reworded, set()),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_alone_makes_stale_what_depends_on_it_and_nothing_else(project, changed, name) -> None:
    file, edit, stale = CHANGES[name]
    before = keys(project)
    changed(file, edit)
    after = keys(project)
    assert {part for part in before if before[part] != after[part]} == stale


@pytest.mark.parametrize("setting", ["denominator=401", "D04=counted", "confidence=0.9"])
def test_a_parameter_makes_everything_stale(project, setting) -> None:
    before, after = keys(project), keys(project, setting)
    assert all(before[part] != after[part] for part in before)


def test_a_package_of_another_version_than_the_lock_says_makes_everything_stale(tmp_path, monkeypatch) -> None:
    as_it_is = installed()
    assert any(line.startswith("pandas ") for line in as_it_is)
    (tmp_path / "pandas-0.0.1.dist-info").mkdir()
    (tmp_path / "unheard_of-1.0.dist-info").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    assert set(installed()) - set(as_it_is) == {"pandas 0.0.1"}


def test_the_keys_do_not_depend_on_where_the_project_lies(project, tmp_path) -> None:
    shutil.copytree(project, tmp_path / "elsewhere")
    assert keys(tmp_path / "elsewhere") == keys(project)


def test_a_changed_notebook_alone_runs_again_and_forced_all_do(project, changed) -> None:
    assert steps(project, "run") == ["Nothing has changed"]
    changed("analysis/notebooks/02_loss_rates.ipynb", lambda text: text.replace("# Loss rates", "# Rates of loss"))
    assert steps(project, "run") == ["02_loss_rates"]
    assert steps(project, "run") == ["Nothing has changed"]
    assert steps(project, "run", "--force") == ALL


def test_results_that_are_put_together_again_are_the_same(project) -> None:
    steps(project, "run")
    before = {p: p.read_bytes() for p in (project / "out" / "results").rglob("*") if p.is_file()}
    shutil.rmtree(project / "build" / "cache" / "results")
    shutil.rmtree(project / "out")
    assert steps(project, "run") == ["results"]
    assert {p: p.read_bytes() for p in (project / "out" / "results").rglob("*") if p.is_file()} == before
