"""From a data folder to a report: validate, run the notebooks, render, and put the whole in place at once."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from districtloss import __version__, digest, folders, kept, output
from districtloss.faults import Fault, Faults
from districtloss.parameters import Parameters
from districtloss.paths import ASSETS, CACHE, CHAPTERS, CITATION, DATA, DATAPACKAGE, NOTEBOOKS, RENDER, ROOT

if TYPE_CHECKING:
    from districtloss.drawing import Drawer

Say = Callable[[str], None]

PACKAGE = ROOT / "analysis" / "districtloss"
LOCK = ROOT / "requirements.lock"
# What a change in a module makes worth doing again. A module that is in none of these sets counts as one that
# notebooks compute with; a test holds the sets to what the modules import.
PUBLISHING = {"publish.py", "drawing.py", "digest.py"}  # turn what notebooks left into what the book takes
RENDERING = {
    "__init__.py", "book.py", "render_pandoc.py", "render_quarto.py", "shortcodes.py", "glyphs.py", "build.py",
    "output.py",
}  # fmt: skip
TOOLS = {  # commands of their own, and what goes round a build; no report depends on them
    "__main__.py", "cli.py", "progress.py", "kept.py", "codebook.py",
    "release.py", "releases_page.py", "versions.py", "templates.py", "verify.py", "diff.py", "attribution.py",
    "numbers.py", "cite.py", "acled.py", "starter.py",
}  # fmt: skip
LEAST_ROOM = 1 << 20  # bytes; a disk with less is taken to be full when a build fails on it
MOST_KEPT = 8  # results of whole analyses, the newest
CODINGS = ("first_coding", "second_coding")
DATA_ZIP = "districtloss-data.zip"
SERIES = "Districts Lost"
TITLE = f"{SERIES}: Afghanistan, 4 June – 27 July 2021"


@dataclass(frozen=True)
class Keys:
    """What decides whether work can be left out: equal keys, equal bytes."""

    notebooks: str  # of all that notebooks compute with, but for themselves
    results: str
    report: str


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

    With `force`, nothing that is kept from other builds is used. With `kernel`, notebooks run in real Jupyter
    kernels: slower, and the reference for what they leave.

    Raises Faults for anything in the user's input that cannot be used; `target` is then as it was.
    """
    thread_environment()
    output.check_ours(target)
    chosen = choose_renderer(renderer) if rendered else ("none", "")
    if not data.is_dir():
        raise Faults([Fault(str(data), None, None, "is not a folder", "name the folder that holds the tables")])
    with folders.whole(data) as joined:
        try:
            return _build(
                joined.path,
                target,
                parameters,
                chosen,
                rendered=rendered,
                force=force or kernel,
                kernel=kernel,
                say=say,
            )
        except Faults as found:
            raise Faults(dict.fromkeys(map(joined.located, found.faults))) from None


def _build(
    data: Path,
    target: Path,
    parameters: Parameters,
    chosen: tuple[str, str],
    *,
    rendered: bool,
    force: bool,
    kernel: bool,
    say: Say,
) -> dict[str, Any]:
    """Build from a folder that has all tables."""
    _check_readable(data)
    keys = _keys(data, parameters, chosen)
    before = output.manifest(target)
    if not force and before and before.get("key") == keys.report and _intact(target, before):
        say("Nothing has changed: the report is up to date.")
        return before
    with _told_when_full(target), output.replacing(target) as work, _stage(target) as stage:
        made = _results(data, stage, parameters, keys, force=force, kernel=kernel, rendered=rendered, say=say)
        # The fragments that chapters include end up in the pages.
        shutil.copytree(stage / "results", work / "results", ignore=shutil.ignore_patterns("include"))
        content = digest.content_digest(made["data"], digest.tree(work / "results"))
        renderer_used: dict[str, str] = {"name": "none", "version": ""}
        if rendered:
            from districtloss import book

            say(f"Rendering HTML and PDF with {chosen[0].capitalize()}")
            if force:
                shutil.rmtree(CACHE / "pages", ignore_errors=True)
            _lay_out(stage, made, content, chosen)
            used = book.render(stage, work, chosen[0], CACHE / "pages")  # type: ignore[arg-type]
            renderer_used = {"name": used.name, "version": used.version}
        _zip(data_files(data), data, work / DATA_ZIP)  # without a report too: diff tells which rows did it
        manifest = _manifest(parameters, keys, made, content, renderer_used, work)
        text = json.dumps(manifest, indent=1, sort_keys=True, ensure_ascii=False)
        (work / output.MANIFEST).write_text(text + "\n", "utf-8")
    return manifest


def _check_readable(data: Path) -> None:
    """Raise Faults if a file of the folder cannot be read, with those that reading the others finds."""
    faults = []
    for path in data_files(data):
        try:
            with path.open("rb"):
                pass
        except OSError as error:
            problem = f"cannot be read ({error.strerror})"
            faults.append(Fault(path.name, None, None, problem, "make it a readable file"))
    if faults:
        from districtloss.tables import read_tables

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


def data_files(data: Path) -> list[Path]:
    """Return the files of a data folder that are its content: tables, both codings behind them, what describes them."""
    # Whatever else stands there, such as what an import left out, is no part of the report.
    content = {*folders.table_files(), folders.PACKAGE, *folders.BESIDE}
    files = [p for p in data.iterdir() if p.name in content]
    codings = [path for folder in CODINGS for path in (data / folder).glob("*.csv")]
    return sorted(files + codings)


# --- keys --------------------------------------------------------------------------------------------------------


def _keys(data: Path, parameters: Parameters, renderer: tuple[str, str]) -> Keys:
    sources = {f"data/{p.relative_to(data).as_posix()}": p for p in data_files(data)} | {"rules": DATAPACKAGE}
    if folders.about(data).extends:
        sources |= {f"ours/{p.relative_to(DATA).as_posix()}": p for p in data_files(DATA)}
    modules = {f"code/{p.name}": p for p in PACKAGE.glob("*.py")}
    computing = {name: p for name, p in modules.items() if p.name not in PUBLISHING | RENDERING | TOOLS}
    publishing = {name: p for name, p in modules.items() if p.name not in RENDERING | TOOLS}
    rendering = {name: p for name, p in modules.items() if p.name not in TOOLS}
    written = {f"book/{p.name}": p for p in (ROOT / "_quarto.yml", ROOT / "index.qmd", CITATION)}
    for folder in (CHAPTERS, ASSETS, RENDER):
        written |= {p.relative_to(ROOT).as_posix(): p for p in folder.rglob("*") if p.is_file()}
    books = {f"notebooks/{p.name}": p for p in NOTEBOOKS.glob("*.ipynb")}
    python = ".".join(map(str, sys.version_info[:3]))
    notebooks = _hash([parameters.for_notebooks(), python, installed()], sources | computing | {"lock": LOCK})
    results = _hash([notebooks], publishing | books)
    return Keys(notebooks, results, _hash([results, *renderer, __version__], rendering | written))


def _hash(facts: list[Any], files: dict[str, Path]) -> str:
    """Hash facts, and files by names that do not tell where the project lies."""
    lines = [json.dumps(facts, sort_keys=True)]
    lines += sorted(f"{digest.sha256(path)} {name}" for name, path in files.items() if path.is_file())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def installed() -> list[str]:
    """Return name and version of every installed package that requirements.lock pins, as pip wrote them on disk.

    What is installed can differ from the lock. Asking importlib for each takes longer than all the rest."""
    pinned = set(re.findall(r"^([\w.-]+)==", LOCK.read_text("utf-8"), re.MULTILINE)) if LOCK.is_file() else set()
    wanted = {re.sub(r"[-_.]+", "_", name).lower() for name in pinned}
    found = set()
    for folder in filter(Path.is_dir, map(Path, sys.path)):
        for path in folder.glob("*.dist-info"):
            package, _, version = path.stem.partition("-")
            if re.sub(r"[-_.]+", "_", package).lower() in wanted:
                found.add(f"{package} {version}")
    return sorted(found)


def _intact(target: Path, manifest: dict[str, Any]) -> bool:
    files = digest.tree(target)
    files.pop(output.MANIFEST, None)
    return files == manifest.get("outputs")


# --- results -----------------------------------------------------------------------------------------------------


@contextmanager
def _stage(target: Path) -> Iterator[Path]:
    with output.scratch(target) as folder:
        stage = folder / "stage"
        stage.mkdir()
        yield stage


@contextmanager
def _told_when_full(target: Path) -> Iterator[None]:
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


def _results(
    data: Path, stage: Path, parameters: Parameters, keys: Keys, *, force: bool, kernel: bool, rendered: bool, say: Say
) -> dict[str, Any]:
    """Fill stage/results and stage/_variables.yml; return hashes of the data, values and flags."""
    known = CACHE / "results" / keys.results
    if not force and (known / "made.json").is_file():
        say("Results are unchanged")
        shutil.copytree(kept.used(known), stage, dirs_exist_ok=True)
        return json.loads((stage / "made.json").read_text("utf-8"))
    from districtloss.drawing import Drawer

    with Drawer(CACHE / "drawings", also=rendered) as drawer:
        made = _compute(data, stage, parameters, keys, drawer, force, kernel, say)
    (stage / "made.json").write_text(json.dumps(made, sort_keys=True), "utf-8")
    kept.keep(stage, known, MOST_KEPT)
    return made


def _compute(
    data: Path, stage: Path, parameters: Parameters, keys: Keys, drawer: Drawer, force: bool, kernel: bool, say: Say
) -> dict[str, Any]:
    say("Checking the data")
    # A copy, so that all that follows sees the same files, whatever happens to the folder meanwhile.
    for path in data_files(data):
        copy = stage / "data" / path.relative_to(data)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    from districtloss import notebooks

    notebooks.warm()
    from districtloss import decisions, publish
    from districtloss.study import Study
    from districtloss.tables import read_once

    tables = read_once(stage / "data")
    decisions.check_choice(tables.decisions, parameters.decisions)
    study = Study.of(tables, parameters)
    if study.as_of <= study.start:
        problem = f"the window would end on {study.as_of:%Y-%m-%d}, before it starts"
        raise Faults([Fault("--start", None, None, problem, "an earlier start or a later --as-of")])

    def draw(folder: Path) -> None:
        for path in sorted((folder / "figures").glob("*.vl.json")):
            drawer.ask(path.read_text("utf-8"))

    say("Running the notebooks" + (" in Jupyter kernels" if kernel else ""))
    plan = notebooks.Plan(parameters.for_notebooks(), keys.notebooks, CACHE / "notebooks", force, kernel)
    notebooks.run(stage, plan, say, draw)
    say("Writing tables, numbers and charts")
    made = publish.publish(stage, study.tables, drawer)
    made |= {
        "data": digest.tree(stage / "data"),
        "as_of": f"{study.as_of:%Y-%m-%d}",
        "provinces": len(tables.provinces),
        "subtitle": study.subtitle,
        "own": study.tables.about.own,
    }
    shutil.rmtree(stage / "data")
    return made


# --- pages -------------------------------------------------------------------------------------------------------


def _lay_out(stage: Path, made: dict[str, Any], content: str, renderer: tuple[str, str]) -> None:
    """Put beside the results what people wrote, and the facts of this build."""
    import yaml

    from districtloss import book

    book.stage_sources(stage)
    _retitle(stage / book.CONFIG, made["subtitle"])
    report = report_facts(content, renderer, f"{SERIES}: {made['subtitle']}", made["own"])
    facts = yaml.safe_dump({"report": report, "has": made["flags"]}, sort_keys=True, allow_unicode=True)
    (stage / book.REPORT).write_text(facts, "utf-8")
    path = stage / book.VARIABLES
    variables = yaml.safe_load(path.read_text("utf-8"))
    variables |= {
        "version": report["version"],
        "digest": report["digest"],
        "digest_short": report["digest"][: digest.SHORT],
        "renderer": renderer[0].capitalize() + (f" {renderer[1]}" if renderer[1] else ""),
        "citation": report["citation"],
    }
    path.write_text(
        yaml.safe_dump(variables, sort_keys=True, allow_unicode=True, default_style='"', width=10_000), "utf-8"
    )


def _retitle(config: Path, subtitle: str) -> None:
    """Give the staged book the subtitle of its own data: their country and window."""
    line = "  subtitle: " + json.dumps(subtitle, ensure_ascii=False)
    config.write_text(re.sub(r"(?m)^  subtitle: .*$", lambda _: line, config.read_text("utf-8"), count=1), "utf-8")


def report_facts(content: str, renderer: tuple[str, str], title: str = TITLE, own: bool = True) -> dict[str, Any]:
    """Return what title page, badges and the cite box say; of other data than the `own` that they are others'.
    The version stands in one place, districtloss.__version__,
       and its date in CITATION.cff."""
    import datetime

    import yaml

    citation = yaml.safe_load(CITATION.read_text("utf-8"))
    released = datetime.date.fromisoformat(str(citation["date-released"]))
    authors = "; ".join(a.get("name") or f"{a['family-names']}, {a['given-names']}" for a in citation["authors"])
    made = f"{authors} ({released.year}). {title}. Version {__version__}."
    if not own:  # nobody who is named in CITATION.cff answers for these data
        made = f"{title}. Made with districtloss {__version__} from other data than its own."
    return {
        "title": title,
        "version": __version__ if own else f"{__version__} (other data)",
        "digest": content,
        "digest_short": content[: digest.SHORT],
        "date": released.isoformat(),
        "date_long": f"{released.day} {released:%B} {released.year}",
        "citation": f"{made} Content digest sha256:{content[: digest.SHORT]}.",
        "renderer": renderer[0],
        "downloads": [
            {"label": "The report as PDF", "href": "report.pdf"},
            {"label": "The data package (ZIP)", "href": DATA_ZIP},
            {"label": "Every number with its trail (JSON)", "href": "results/values.json"},
        ],
    }


def _zip(files: list[Path], folder: Path, target: Path) -> None:
    """Write a ZIP whose bytes depend on the content alone."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in files:
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, path.read_bytes())


def _manifest(
    parameters: Parameters, keys: Keys, made: dict[str, Any], content: str, renderer: dict[str, str], work: Path
) -> dict[str, Any]:
    from importlib.metadata import version

    packages = (
        "altair",
        "nbclient",
        "numpy",
        "pandas",
        "papermill",
        "pypandoc_binary",
        "scipy",
        "typst",
        "vl-convert-python",
    )
    return {
        "generator": output.GENERATOR,
        "version": __version__,
        "digest": content,
        "key": keys.report,
        "parameters": parameters.for_notebooks() | {"as_of": made["as_of"]},
        "inputs": {f"data/{path}": h for path, h in made["data"].items()},
        "outputs": digest.tree(work),
        "packages": {name: version(name) for name in packages},
        "python": ".".join(map(str, sys.version_info[:3])),
        "renderer": renderer,
    }


def thread_environment() -> None:
    """Keep numeric libraries to one thread: the tables are small, and threads only cost start-up time."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
