"""Holds the library to its design: one folder a stage, imports flow one way, and no circle of modules."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from districtloss.build.keys import COMMANDS, STAGES
from districtloss.paths import ROOT

PACKAGE = ROOT / "analysis" / "districtloss"
# What each stage may import beside itself and the modules at the base, which import no stage.
BELOW = {
    "files": set(),
    "tables": {"files"},
    "coding": {"files", "tables"},
    "estimates": {"files", "tables"},
    "report": {"files", "tables", "coding", "estimates"},
    "render": {"files", "tables", "coding", "estimates", "report"},
    "build": {"files", "tables", "coding", "estimates", "report", "render"},
    "releases": {"files", "tables", "coding", "estimates", "report", "render", "build"},
    "imports": {"files", "tables"},
}
ABOVE = {"cli", "__main__"}  # the command line, which calls every stage
MODULES = {".".join(path.relative_to(PACKAGE).with_suffix("").parts): path for path in PACKAGE.rglob("*.py")}


def imported(path: Path) -> set[str]:
    """Return the modules of ours that a module imports: at its head, inside a function, or for its types alone."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "districtloss":
            inner = node.module.partition(".")[2] if node.module else ""
            names = {f"{inner}.{alias.name}".strip(".") for alias in node.names}
            found |= {name if name in MODULES else inner for name in names}
    return found & MODULES.keys()


IMPORTS = {name: imported(path) for name, path in MODULES.items()}


def stage(module: str) -> str:
    """Return the stage of a module; `` for the modules at the base."""
    return module.partition(".")[0] if "." in module else ""


def test_there_are_modules_and_imports_to_look_at() -> None:
    assert len(MODULES) > 40
    assert "tables.schema" in IMPORTS["tables.reading"]


@pytest.mark.parametrize("module", sorted(MODULES.keys() - ABOVE))
def test_a_module_imports_its_own_stage_and_those_below(module: str) -> None:
    allowed = {"", stage(module)} | BELOW.get(stage(module), set())
    backwards = {name for name in IMPORTS[module] if stage(name) not in allowed or name in ABOVE}
    assert not backwards


def test_no_module_imports_itself_by_way_of_others() -> None:
    try:
        TopologicalSorter(IMPORTS).prepare()
    except CycleError as error:
        pytest.fail(f"a circle of imports: {' → '.join(reversed(error.args[1]))}")


def test_the_stages_stand_on_eight_floors_at_most() -> None:
    floors: dict[str, int] = {}
    for name in TopologicalSorter(BELOW).static_order():
        floors[name] = 1 + max((floors[below] for below in BELOW[name]), default=0)
    assert max(floors.values()) + 1 <= 8  # and the command line above them


def test_the_keys_of_a_build_know_every_stage() -> None:
    """So that no change of the code leaves a report as it was: each part's key holds the stages that it runs."""
    known = {name for stages in STAGES.values() for name in stages}
    assert known | set(COMMANDS) == {*BELOW, "cli.py", "__main__.py", "__init__.py"}
    assert not {below for name in ("coding", "estimates", "report") for below in BELOW[name]} - set(STAGES["notebooks"])
