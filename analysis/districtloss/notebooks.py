"""Runs the notebooks through Papermill, each in a kernel of its own, and leaves executed copies without clocks."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from districtloss.paths import NOTEBOOKS

# Papermill and Jupyter write clocks and machine facts into these; none of them is a result.
CLOCKS = ("papermill", "execution", "language_info", "widgets")


def notebooks() -> list[Path]:
    """Return the notebooks of the project in their order."""
    return sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))


def run(stage: Path, parameters: Mapping[str, Any], done: Callable[[str], None]) -> None:
    """Execute every notebook with `stage` as its working folder; it reads data/ there and writes results/.

    Executed copies go to stage/results/notebooks. `done` is called with the name of each that is through.
    Raises papermill.PapermillExecutionError when a cell fails.
    """
    target = stage / "results" / "notebooks"
    target.mkdir(parents=True, exist_ok=True)

    def one(path: Path) -> None:
        _execute(path, target / path.name, stage, parameters)
        done(path.stem)

    # Two at a time: they share nothing but the folder, and each writes files of its own names.
    with _quiet(), ThreadPoolExecutor(max_workers=2) as pool:
        list(pool.map(one, notebooks()))


def _execute(source: Path, target: Path, stage: Path, parameters: Mapping[str, Any]) -> None:
    import nbformat
    import papermill

    unknown = set(parameters) - set(papermill.inspect_notebook(str(source)))
    if unknown:
        raise ValueError(f"{source.name} has no parameters {', '.join(sorted(unknown))}")
    executed = papermill.execute_notebook(
        str(source),
        None,
        parameters=dict(parameters),
        cwd=str(stage),
        kernel_name="python3",
        progress_bar=False,
        log_output=False,
        # Kernels that start side by side race for TCP ports; pipes have none.
        transport="ipc",
        shutdown_kernel="immediate",
    )
    nbformat.write(without_clocks(executed), target)


def without_clocks(notebook: Any) -> Any:
    """Return an executed notebook without timings, ids of the run and versions of the kernel: same inputs, same
    bytes. Cell ids become the position, since Papermill draws one at random for the cell that it injects."""
    for key in CLOCKS:
        notebook.metadata.pop(key, None)
    for position, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{position:02d}"
        for key in CLOCKS:
            cell.metadata.pop(key, None)
    return notebook


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep Papermill's and the kernels' chatter off the terminal; failures are raised, not printed."""
    previous = os.environ.get("PYDEVD_DISABLE_FILE_VALIDATION")
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
    logging.getLogger("papermill").setLevel(logging.CRITICAL)
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        yield
    if previous is None:
        del os.environ["PYDEVD_DISABLE_FILE_VALIDATION"]
