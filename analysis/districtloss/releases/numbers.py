"""The numbers of a study without its pages: the notebooks' own code, run in this process on tables in memory.

What takes time and makes no number is left out: kernels, charts, files. A test holds the outcome to that of a build.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat

from districtloss.build import notebooks
from districtloss.estimates import study
from districtloss.report.recorder import Drawn, Results
from districtloss.tables.frames import Tables

Numbers = dict[str, dict[str, Any]]

SHOWING = ("charts", "explorer")  # modules that only turn numbers into something to look at


def compute(
    tables: Tables, parameters: Mapping[str, Any], beside: Path, only: Collection[str] | None = None
) -> Numbers:
    """Return the values (as in values.json) of tables under parameters (as notebooks have them).

    `beside` is a data folder, for what the notebooks read besides tables. `only` names the notebooks to run, without
    the ending; None is all of them. Raises whatever a cell raises.
    """
    found: Numbers = {}
    with _given(tables):
        for path in notebooks.notebooks():
            if only is None or path.stem in only:
                found |= _run(path, dict(parameters) | {"data": str(beside), "output": ""})
    return found


def _run(path: Path, parameters: Mapping[str, Any]) -> Numbers:
    recorded: Numbers = {}

    class Recorder(Results):
        """Keeps the values, and makes nothing else."""

        def __init__(self, folder: str, notebook: str, decisions: Any = None) -> None:
            self.notebook = notebook
            self._touches = {}

        def table(self, *_: Any, **__: Any) -> None:
            pass

        def figure(self, *_: Any, **__: Any) -> Drawn:
            return Drawn({})

        def _record(self, kind: str, name: str, content: Any) -> None:
            if kind == "values":
                recorded[name] = content

    cells: dict[str, Any] = {}
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type != "code":
            continue
        exec(compile(cell.source, path.name, "exec"), cells)
        if "parameters" in cell.metadata.get("tags", ()):
            cells |= {name: value for name, value in parameters.items() if name in cells}
        cells |= {name: _Nothing() for name in SHOWING if name in cells}
        if "Results" in cells:
            cells["Results"] = Recorder
    return recorded


class _Nothing:
    """Takes any call, and returns nothing to read."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: ""


@contextmanager
def _given(tables: Tables) -> Iterator[None]:
    """Let every study be of these tables, whatever folder it is told to read."""
    reading = study.read_once
    study.read_once = lambda folder: tables
    try:
        yield
    finally:
        study.read_once = reading
