"""What a build imports is part of its key, wherever in the package it lies: else a report would go stale in silence."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = Path("analysis/districtloss")
ROUND_A_BUILD = {"__main__.py", "cli.py"}  # run by every build, and no report is made by them

KEYS = """
import json, sys
from dataclasses import asdict
from pathlib import Path
from districtloss import parameters, paths
from districtloss.build import keys
def now():
    return asdict(keys.of(paths.DATA, parameters.Parameters(), ("pandoc", "")))
before, differing = now(), {}
for path in sorted(keys.PACKAGE.rglob("*.py")):
    text = path.read_bytes()
    path.write_bytes(text + b"# changed")
    differing[path.relative_to(keys.PACKAGE).as_posix()] = [part for part, key in now().items() if key != before[part]]
    path.write_bytes(text)
print(json.dumps([differing, keys.COMMANDS]))
"""

# Python imports a module of this name whenever it starts, and forks take the hook along, however they end. Modules are
# executed however they are imported; the event "import" is not raised for those that `from package import` finds.
WATCH = """
import os, sys
HERE = os.path.dirname(__file__)
def watch(event, facts):
    if event == "exec" and getattr(facts[0], "co_filename", "").startswith(os.path.join(HERE, "districtloss", "")):
        with open(os.path.join(HERE, "..", "imported"), "a") as log:
            log.write(facts[0].co_filename + "\\n")
sys.addaudithook(watch)
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what a report is made of."""
    copy = tmp_path_factory.mktemp("project")
    for name in ("_extensions", "analysis", "data", "chapters"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for name in ("_quarto.yml", "index.qmd", "CITATION.cff", "CHANGELOG.md", "requirements.lock"):
        shutil.copy(ROOT / name, copy / name)
    return copy


@pytest.fixture(scope="module")
def keyed(project: Path) -> tuple[dict[str, list[str]], set[str]]:
    """The parts of the key that a change in each module changes; the stages and modules that are declared in none."""
    parts, commands = json.loads(python(project, "-c", KEYS).stdout)
    return parts, set(commands)


def python(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(project / "analysis"), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=project, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done


def imported(project: Path, *arguments: str) -> set[str]:
    """The files of ours that a program and the processes that it starts import, as paths in the package."""
    (project / "analysis" / "sitecustomize.py").write_text(WATCH, "utf-8")
    (project / "imported").unlink(missing_ok=True)
    python(project, *arguments)
    files = (project / "imported").read_text("utf-8").splitlines()
    return {Path(file).relative_to(project / PACKAGE).as_posix() for file in files}


def test_a_change_in_any_module_that_a_build_imports_changes_its_key(project: Path, keyed) -> None:
    parts, _ = keyed
    used = imported(project, "-m", "districtloss", "build", "--output", "out", "--renderer", "pandoc", "--force")
    assert {file for file in used if "report" not in parts[file]} == ROUND_A_BUILD


def test_a_change_in_any_module_that_notebooks_import_has_them_run_again(project: Path, keyed) -> None:
    parts, _ = keyed
    books = (project / "analysis" / "notebooks").glob("*.ipynb")
    cells = [c for book in books for c in json.loads(book.read_text("utf-8"))["cells"] if c["cell_type"] == "code"]
    nodes = [node for cell in cells for node in ast.walk(ast.parse("".join(cell["source"])))]
    code = "\n".join(ast.unparse(node) for node in nodes if isinstance(node, ast.Import | ast.ImportFrom))
    used = imported(project, "-c", code) - {"__init__.py"}  # holds the version, which notebooks do not use
    assert used and not {file for file in used if "notebooks" not in parts[file]}


def test_a_module_is_in_no_key_just_where_it_is_declared_to_be_a_command(keyed) -> None:
    parts, commands = keyed
    assert {file for file in parts if file.partition("/")[0] in commands} == {f for f, cut in parts.items() if not cut}
