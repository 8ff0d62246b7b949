"""Runs the notebooks through Papermill, each in a fork of this process, and keeps what each made for the next run.

A fork has pandas, Altair and the data that were read already; nothing that one notebook does reaches another.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import importlib
import logging
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import threading
import traceback
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import Any

from districtloss.errors import Faults, read_back
from districtloss.files import cache
from districtloss.paths import NOTEBOOKS

# Papermill and Jupyter write clocks and machine facts into these; none of them is a result.
CLOCKS = ("papermill", "execution", "language_info", "widgets")
# What notebooks and Papermill would each import for themselves.
WARM = ("papermill", "altair", "nbformat", "scipy.sparse.csgraph", "districtloss.build.engine",
        "districtloss.coding.audit_record", "districtloss.estimates.choices", "districtloss.estimates.contradictions",
        "districtloss.estimates.timelines", "districtloss.report.charts", "districtloss.report.evidence",
        "districtloss.report.recorder")  # fmt: skip
# jsonschema, which Altair and Papermill import, would check formats with them. They take a second to import, and
# nothing here asks for that.
UNUSED = ("rfc3987_syntax", "rfc3986_validator", "isoduration")
# pandas fits what it prints to the terminal, and programs ask for the zone: neither is an input.
SURROUNDINGS = {"COLUMNS": "80", "LINES": "24", "TZ": "UTC"}
MOST_KEPT = 40  # results of single notebooks, the newest


def warm() -> None:
    """Import what notebooks use, so that their forks need not. Call it before anything imports Altair."""
    with _quiet(), _without(UNUSED), _uncollected():
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


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Look for no garbage among what is imported, neither now nor later: all of it stays."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def notebooks() -> list[Path]:
    """Return the notebooks of the project in their order."""
    return sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))


@dataclass(frozen=True)
class Plan:
    """How the notebooks are to be run."""

    parameters: Mapping[str, Any]
    key: str  # of all that a notebook's results depend on, but for the notebook itself
    folder: Path  # keeps the results of single notebooks by their keys
    again: bool = False  # run them even where their results are kept
    kernel: bool = False  # in real kernels, and without a look at what is kept


def run(stage: Path, plan: Plan, say: Callable[[str], None], made: Callable[[Path], None] = lambda _: None) -> None:
    """Run every notebook whose results are not kept, and lay the results of all into stage/results.

    Each works in a folder of its own, where it finds data/ and writes results/; executed copies go to
    stage/results/notebooks. `say` is called with the name of each that is through, `made` with the folder of its
    results. Raises papermill.PapermillExecutionError when a cell fails.
    """
    results = stage / "results"
    (results / "notebooks").mkdir(parents=True, exist_ok=True)
    keys = {path: _key(path, plan.key) for path in notebooks()}
    anew = plan.again or plan.kernel
    stale = [path for path in keys if anew or not cache.take(plan.folder / keys[path], results)]
    if len(stale) < len(keys):
        made(results)
    if not stale:
        return
    homes = {path: stage / "run" / path.stem for path in stale}
    for home in homes.values():
        home.mkdir(parents=True)
        (home / "data").symlink_to(stage / "data", target_is_directory=True)
    for path in _in_forks(homes, plan):
        say(f"  {path.stem}")
        fresh = homes[path] / "results"
        made(fresh)
        if not plan.kernel:
            cache.keep(fresh, plan.folder / keys[path], MOST_KEPT)
        for file in sorted(p for p in fresh.rglob("*") if p.is_file()):
            target = results / file.relative_to(fresh)
            if target.exists():
                raise ValueError(f"{path.stem} writes {file.relative_to(fresh)}, which another notebook wrote")
            target.parent.mkdir(parents=True, exist_ok=True)
            file.rename(target)
    shutil.rmtree(stage / "run")


def _key(path: Path, rest: str) -> str:
    return hashlib.sha256(f"{path.name}\n{rest}\n".encode() + path.read_bytes()).hexdigest()


# --- forks -------------------------------------------------------------------------------------------------------


def _in_forks(homes: Mapping[Path, Path], plan: Plan) -> Iterator[Path]:
    """Execute the notebooks and yield each that is through: one more at a time than there are processors, so that
    none of these stands idle beside the last ones."""
    context = multiprocessing.get_context("fork")
    # The forks hold the reading end. However this process ends, theirs closes, and they end too.
    ends, alive = os.pipe()
    waiting = list(homes)[::-1]  # the last one takes longest, so it goes first
    running: dict[Connection, tuple[Path, ForkProcess]] = {}
    try:
        while waiting or running:
            while waiting and len(running) <= _processors():
                path = waiting.pop(0)
                answer, theirs = context.Pipe(duplex=False)
                process = context.Process(target=_child, args=(path, homes[path], plan, theirs, ends, alive))
                process.start()
                theirs.close()
                running[answer] = (path, process)
            ready = wait(list(running))
            for answer in [a for a in running if a in ready]:
                path, process = running.pop(answer)
                try:
                    failure = answer.recv()
                except EOFError:
                    failure = RuntimeError(f"the process that ran {path.name} has gone")
                process.join()
                if failure is not None:
                    raise _found_in_the_data(failure)
                yield path
    finally:
        for _, process in running.values():
            process.kill()
        for _, process in running.values():
            process.join()
        os.close(alive)
        os.close(ends)


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _child(path: Path, home: Path, plan: Plan, answer: Connection, ends: int, alive: int) -> None:
    """Execute one notebook and tell how it went: nothing, or the exception."""
    from altair.utils import schemapi

    os.close(alive)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent gets it too, and ends this process
    threading.Thread(target=_end_with_parent, args=(ends,), daemon=True).start()
    os.environ.update(SURROUNDINGS)
    gc.disable()  # this process ends with its notebook, and what it leaves goes with it
    schemapi.disable_debug_mode()  # it asks of each part of a chart whether it fits the schema; a test asks of all
    failure: BaseException | None = None
    try:
        with _quiet():
            _execute(path, home, plan)
    except BaseException as error:  # whatever it is, the parent raises it
        failure = error if _can_be_sent(error) else RuntimeError("".join(traceback.format_exception(error)))
    answer.send(failure)
    answer.close()


def _found_in_the_data(failure: BaseException) -> BaseException:
    """Return the Faults that a cell raised, as lines, where it was these that ended a notebook; else `failure`."""
    told = read_back(getattr(failure, "evalue", "")) if getattr(failure, "ename", "") == "Faults" else []
    return Faults(told) if told else failure


def _end_with_parent(ends: int) -> None:
    os.read(ends, 1)
    os._exit(1)


def _can_be_sent(error: BaseException) -> bool:
    import pickle

    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return False
    return True


# --- one notebook ------------------------------------------------------------------------------------------------


def _execute(source: Path, home: Path, plan: Plan) -> None:
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
    """Settings for a kernel that is heard by nobody else, reads nobody's settings, and goes at once."""
    from traitlets.config import Config

    # Sockets that are files: kernels that start side by side race for ports, and others on the machine could
    # listen. The files lie in the working folder, which both sides share, since their whole path must be short.
    with tempfile.TemporaryDirectory() as folder:
        os.environ["IPYTHONDIR"] = folder
        config = Config({"KernelManager": {"transport": "ipc", "ip": "k", "connection_file": f"{folder}/k.json"}})
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
