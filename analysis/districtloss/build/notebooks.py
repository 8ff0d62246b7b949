"""Runs the notebooks through Papermill, each in a process of its own, and keeps what each made for the next run.

Where that is safe the process is a fork, which has pandas, Altair and the data that were read already. Nothing that
one notebook does reaches another.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib
import logging
import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import Callable, Collection, Generator, Iterator, Mapping
from concurrent.futures import Future, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from districtloss.build import workers
from districtloss.errors import Faults, read_back
from districtloss.files import scratch
from districtloss.files.cache import Cache
from districtloss.paths import NOTEBOOKS

# Papermill and Jupyter write clocks and machine facts into these; none of them is a result.
CLOCKS = ("papermill", "execution", "language_info", "widgets")
# What notebooks and Papermill would each import for themselves.
WARM = ("papermill", "altair", "nbformat", "scipy.sparse.csgraph", "districtloss.build.engine",
        "districtloss.coding.audit_record", "districtloss.estimates.choices", "districtloss.estimates.contradictions",
        "districtloss.estimates.timelines", "districtloss.report.charts", "districtloss.report.evidence",
        "districtloss.report.recorder")  # fmt: skip
# jsonschema, which Altair and Papermill import, would check formats with them, where they are installed. Nothing here
# asks for that, and they take longer to import than all the rest (measured: 6.1 s of processor time, without 1.9).
UNUSED = ("rfc3987_syntax", "rfc3986_validator", "isoduration")
# pandas fits what it prints to the terminal, and programs ask for the zone: neither is an input.
SURROUNDINGS = {"COLUMNS": "80", "LINES": "24", "TZ": "UTC"}


@functools.cache
def warm() -> None:
    """Import what notebooks use, so that their forks need not. Call it before anything imports Altair."""
    with _quiet(), _without(UNUSED):
        for module in WARM:
            importlib.import_module(module)
        import altair
        import nbformat
        import pandas

        # Both load more when they are first asked.
        nbformat.validate(nbformat.v4.new_notebook())
        altair.Chart(pandas.DataFrame({"x": [0]})).mark_bar().encode(x="x:Q").to_dict(validate=False)


@contextlib.contextmanager
def _without(modules: Collection[str]) -> Iterator[None]:
    """Hide modules that others import where they find them, and can do without."""
    hidden = [module for module in modules if module not in sys.modules]
    for module in hidden:
        sys.modules[module] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        for module in hidden:
            del sys.modules[module]


def notebooks() -> list[Path]:
    """Return the notebooks of the project in their order."""
    return sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))


@dataclass(frozen=True)
class Plan:
    """How the notebooks are to be run."""

    parameters: Mapping[str, Any]
    key: str  # of all that a notebook's results depend on, but for the notebook itself
    cache: Cache  # of the results of single notebooks
    again: bool = False  # run them even where their results are cached
    kernel: bool = False  # in real kernels, and without a look at the cache


def run(
    data: Path, stage: Path, plan: Plan, say: Callable[[str], None], made: Callable[[Path], None] = lambda _: None
) -> None:
    """Run every notebook whose results are not cached, and lay the results of all into stage/results.

    Each works in a folder of its own, where it finds `data` as data/ and writes results/; executed copies go to
    stage/results/notebooks. `say` is called with the name of each that is through, `made` with the folder of its
    results. Raises papermill.PapermillExecutionError when a cell fails.
    """
    results = stage / "results"
    (results / "notebooks").mkdir(parents=True, exist_ok=True)
    keys = {path: _key(path, plan.key) for path in notebooks()}
    anew = plan.again or plan.kernel
    stale = [path for path in keys if anew or not plan.cache.get_folder(keys[path], results)]
    if len(stale) < len(keys):
        made(results)
    with contextlib.closing(_executed(stale, data, stage / "run", plan)) as executed:
        for path, fresh in executed:
            say(f"  {path.stem}")
            made(fresh)
            if not plan.kernel:
                plan.cache.put_folder(keys[path], fresh)
            _move(fresh, results, path.stem)
    shutil.rmtree(stage / "run", ignore_errors=True)


def _key(path: Path, rest: str) -> str:
    return hashlib.sha256(f"{path.name}\n{rest}\n".encode() + path.read_bytes()).hexdigest()


def _executed(books: list[Path], data: Path, place: Path, plan: Plan) -> Generator[tuple[Path, Path]]:
    """Execute notebooks side by side, and yield each that is through with the folder of its results."""
    homes = {path: place / path.stem for path in books}
    for home in homes.values():
        home.mkdir(parents=True)
        scratch.link(data, home / "data")
    running: dict[Future[None], Path] = {}
    with contextlib.ExitStack() as pools:
        for path in reversed(books):  # the last one takes longest
            pool = pools.enter_context(workers.pool(method=workers.QUICKEST))
            running[pool.submit(_execute, path, homes[path], plan)] = path
        for done in as_completed(running):
            if failure := done.exception():
                raise _found_in_the_data(failure)
            yield running[done], homes[running[done]] / "results"


def _found_in_the_data(failure: BaseException) -> BaseException:
    """Return the Faults that a cell raised, as lines, where it was these that ended a notebook; else `failure`."""
    faults = read_back(getattr(failure, "evalue", "")) if getattr(failure, "ename", "") == "Faults" else []
    return Faults(faults) if faults else failure


def _move(fresh: Path, results: Path, notebook: str) -> None:
    for file in sorted(p for p in fresh.rglob("*") if p.is_file()):
        target = results / file.relative_to(fresh)
        if target.exists():
            raise ValueError(f"{notebook} writes {file.relative_to(fresh)}, which another notebook wrote")
        target.parent.mkdir(parents=True, exist_ok=True)
        file.rename(target)


# --- one notebook ------------------------------------------------------------------------------------------------


def _execute(source: Path, home: Path, plan: Plan) -> None:
    """Execute a notebook in its folder, in a process that ends with it."""
    warm()  # does nothing in a fork
    from altair.utils import schemapi

    os.environ.update(SURROUNDINGS)
    # It asks of each part of a chart whether it fits the schema, which takes a third of the time of all notebooks
    # (measured: 7.7 s of processor time, without 5.4). A test asks that of all charts.
    schemapi.disable_debug_mode()
    with _quiet():
        _write_executed(source, home, plan)


def _write_executed(source: Path, home: Path, plan: Plan) -> None:
    import nbformat
    import papermill

    parameters = {"data": "data", "output": "results"} | dict(plan.parameters)
    unknown = set(parameters) - set(papermill.inspect_notebook(str(source)))
    if unknown:
        raise ValueError(f"{source.name} has no parameters {', '.join(sorted(unknown))}")
    with _kernel() if plan.kernel else _no_kernel() as settings:
        executed = papermill.execute_notebook(
            str(source), None, parameters=parameters, cwd=str(home), kernel_name="python3", progress_bar=False,
            log_output=False, **settings,
        )  # fmt: skip
    target = home / "results" / "notebooks" / source.name
    target.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(without_clocks(executed), target)


@contextlib.contextmanager
def _no_kernel() -> Iterator[dict[str, Any]]:
    from districtloss.build import engine

    yield {"engine_name": engine.NAME}


@contextlib.contextmanager
def _kernel() -> Iterator[dict[str, Any]]:
    """Settings for a kernel that nobody else can reach, reads nobody's settings, and goes at once."""
    from traitlets.config import Config

    # Sockets that are files: kernels that start side by side race for ports, and others on the machine could
    # listen. The files lie in the working folder, which both sides share, since their whole path must be short.
    sockets = {} if sys.platform == "win32" else {"transport": "ipc", "ip": "k"}
    with tempfile.TemporaryDirectory() as folder:
        os.environ["IPYTHONDIR"] = folder
        config = Config({"KernelManager": sockets | {"connection_file": f"{folder}/k.json"}})
        yield {"config": config, "shutdown_kernel": "immediate", "coalesce_streams": True}


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
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
    logging.getLogger("papermill").setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
    sys.stdout.flush()
