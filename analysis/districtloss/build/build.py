"""From a data folder to a report: check, run the notebooks, render, and put the whole in place at once."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

from districtloss.build import keys
from districtloss.errors import Fault, Faults
from districtloss.files import atomic, digest, report_folder, scratch
from districtloss.files.cache import Cache
from districtloss.parameters import Parameters
from districtloss.paths import CACHE
from districtloss.tables import folders

Say = Callable[[str], None]

CHAPTERS = Cache(CACHE / "chapters", most=200)  # by edition and name; a book has some twenty
LEAST_ROOM = 1 << 20  # bytes; a disk with less is taken to be full when a build fails on it


def build(
    data: Path,
    target: Path,
    parameters: Parameters,
    *,
    renderer: str = "auto",
    rendered: bool = True,
    force: bool = False,
    kernel: bool = False,
    say: Say = lambda _: None,
) -> dict[str, Any]:
    """Build the report (or, not `rendered`, its results alone) into `target`; return the manifest.

    With `force`, the results and pages of other builds are not used. With `kernel`, notebooks run in real Jupyter
    kernels: slower, and the reference for what they leave.

    Raises Faults for anything in the user's input that cannot be used; `target` is then as it was.
    """
    thread_environment()
    target = atomic.resolve_link(target)
    report_folder.check_ours(target)
    chosen = choose_renderer(renderer) if rendered else ("none", "")
    if not data.is_dir():
        raise Faults([Fault(str(data), None, None, "is not a folder", "name the folder that holds the tables")])
    with complete(data) as (folder, located):
        try:
            return _build(folder, target, parameters, chosen, force=force or kernel, kernel=kernel, say=say)
        except Faults as found:
            raise folders.located_in_package(map(located, found.faults), data, parameters) from None


@contextmanager
def complete(data: Path) -> Iterator[tuple[Path, Callable[[Fault], Fault]]]:
    """Yield a folder that has all tables: the folder itself, or one in which it is joined with ours where it extends
    them; and what makes a fault of that folder one of the user's own files."""
    if not folders.about(data).extends:
        yield data, lambda fault: fault
        return
    from districtloss.tables import joined  # brings pandas, which a report that is up to date does without

    with joined.completed(data) as full:
        yield full.path, full.located


def _build(
    data: Path, target: Path, parameters: Parameters, chosen: tuple[str, str], *, force: bool, kernel: bool, say: Say
) -> dict[str, Any]:
    """Build from a folder that has all tables, with the (name, version) of a renderer or of none."""
    _check_readable(data)
    key = keys.of(data, parameters, chosen)
    before = report_folder.manifest(target)
    if not force and before and before.get("key") == key.report and _intact(target, before):
        say("Nothing has changed: the report is up to date.")
        atomic.tidy(target)
        scratch.clear_away()
        return before
    with (
        _full_disk_as_fault(target),
        atomic.replacing(target, report_folder.check_ours) as work,
        scratch.folder("build") as place,
        _started(chosen[0]) as running,
    ):
        from districtloss.build import analysis, manifest
        from districtloss.files import archive

        # All that follows sees the same files, whatever happens to the folder meanwhile.
        copy = _copied(data, place / "data")
        if keys.of(copy, parameters, chosen) != key:
            raise _changed(data)
        stage = place / "stage"
        stage.mkdir()
        rendered = chosen[0] != "none"
        made = analysis.results(copy, stage, parameters, key, force=force, kernel=kernel, rendered=rendered, say=say)
        # The fragments that chapters include end up in the pages.
        shutil.copytree(stage / "results", work / "results", ignore=shutil.ignore_patterns("include"))
        content = digest.content_digest(made["data"], digest.tree(work / "results"))
        used = {"name": "none", "version": ""}
        if rendered:
            say(f"Rendering HTML and PDF with {chosen[0].capitalize()}")
            used = _render(stage, work, made, content, chosen, running, copy, again=force)
        # Without a report too: diff tells which rows did it.
        archive.pack(copy, folders.data_files(copy), work / report_folder.DATA_ZIP)
        own = digest.of_files(copy, folders.book_files(copy))
        return manifest.write(work, parameters, key, made, own, content, used)


def _render(
    stage: Path,
    work: Path,
    made: dict[str, Any],
    content: str,
    chosen: tuple[str, str],
    running: Any,
    data: Path,
    *,
    again: bool,
) -> dict[str, str]:
    """Render the staged results into `work`, with the data folder's own chapters if it has any; return name and
    version of what did it."""
    from districtloss.render import imprint, renderers

    imprint.lay_out(stage, made, content, chosen, data)
    return asdict(renderers.render(stage, work, chosen[0], CHAPTERS, running, again=again))  # type: ignore[arg-type]


def _copied(data: Path, copy: Path) -> Path:
    for path in (*folders.data_files(data), *folders.book_files(data)):
        target = copy / path.relative_to(data)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(path, target)
        except FileNotFoundError:
            raise _changed(data) from None
    return copy


def _changed(data: Path) -> Faults:
    remedy = "run the command again once nothing writes it"
    return Faults([Fault(str(data), None, None, "changed while it was read", remedy)])


def _check_readable(data: Path) -> None:
    """Raise Faults if a file of the folder cannot be read, with those that reading the others finds."""
    faults = []
    for path in folders.data_files(data):
        try:
            folders.check_ends(path)
            with path.open("rb"):
                pass
        except OSError as error:
            problem = f"cannot be read ({error.strerror})"
            faults.append(Fault(path.name, None, None, problem, "make it a readable file"))
    if faults:
        from districtloss.tables.reading import read_tables

        read_tables(data)
        raise Faults(faults)


def choose_renderer(wanted: str) -> tuple[str, str]:
    """Return (name, version) of the renderer that `wanted` (auto, quarto or pandoc) comes to.

    Raises Faults when Quarto is asked for and is not on the PATH.
    """
    found = shutil.which("quarto")
    if wanted == "quarto" and not found:
        remedy = "install Quarto, or use --renderer pandoc"
        raise Faults([Fault("--renderer", None, "quarto", "Quarto is not on the PATH", remedy)])
    if wanted == "pandoc" or not found:
        return ("pandoc", "")
    version = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    return ("quarto", version)


def _intact(target: Path, manifest: dict[str, Any]) -> bool:
    files = report_folder.tree(target)
    files.pop(report_folder.MANIFEST, None)
    return files == manifest.get("outputs")


def _started(renderer: str) -> AbstractContextManager[Any]:
    """Have the renderer, if there is to be one, get ready while the analysis runs."""
    if renderer == "none":
        return nullcontext()
    from districtloss.render import renderers

    return renderers.started(renderer)  # type: ignore[arg-type]


@contextmanager
def _full_disk_as_fault(target: Path) -> Iterator[None]:
    """Turn the many ways in which programs end that find the disk full into one fault."""
    try:
        yield
    except Faults:
        raise
    except Exception as error:
        full = os.strerror(errno.ENOSPC)
        if full not in str(error) and shutil.disk_usage(target.absolute().parent).free > LEAST_ROOM:
            raise
        raise Faults([Fault(str(target), None, None, f"cannot be written ({full})", "make room")]) from None


def thread_environment() -> None:
    """Keep numeric libraries to one thread: the tables are small, and threads only cost start-up time."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
