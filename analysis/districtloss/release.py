"""Pins a version: builds it from what is committed, and puts it under releases/ for good, or changes nothing."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from semver import Version

from districtloss import __version__, cite, digest, output, scratch, versions
from districtloss.faults import Fault, Faults, read_back
from districtloss.packing import pack
from districtloss.paths import CHANGELOG, CITATION, DATA, RELEASES, ROOT

Say = Callable[[str], None]

VERSION_FILE = ROOT / "analysis" / "districtloss" / "__init__.py"
ARTICLES = ROOT.parent / "shared" / "sources"  # where the texts of the sources lie, on machines that have them
# What no build reads; data/ is left out of the source because it lies beside it, as plain files.
NOT_SOURCE = (".ci", ".github", "data", "docs", "releases", "tests")
LITTER = ".unfinished-"  # begins the name of a folder that a killed release leaves
# What a build puts into its manifest and a release keeps; the files are listed anew.
KEPT = ("digest", "inputs", "packages", "parameters", "python", "renderer", "version")


def release(
    version: str,
    *,
    date: str | None = None,
    doi: str = "",
    renderer: str = "auto",
    sources: Path | None = None,
    say: Say = lambda _: None,
) -> Path:
    """Pin `version`, dated `date` (ISO; today in UTC if none), and return its folder.

    What is committed is taken out of Git into a folder of its own, given the version there, and built there. The
    checkout is touched only when all of that has gone well: the version, citation and changelog, releases/VERSION,
    the list of versions and releases/latest. With `sources` (or the articles beside the project) every row is
    audited first.

    Raises Faults, and leaves all as it was, where the version is no new one, the tree is not clean, or the data, the
    audit or the book has a fault.
    """
    wanted = versions.parse(version)
    day = _day(date)
    if doi and not re.fullmatch(r"10\.\d{4,9}/\S+", doi):
        raise Faults([Fault("--doi", None, None, f"{doi!r} is no DOI", "such as 10.5281/zenodo.1234567")])
    with _lock(), scratch.folder("release") as place:
        _refuse_old(wanted, day)
        commit = _clean_commit()
        _audit(sources, say)
        source = place.resolve() / "source"
        _take_out(commit, source)
        set_version(source, str(wanted), day)
        say(f"Building {wanted} from commit {commit[:12]}")
        run_build(source, source / "data", place / "built", renderer, {})
        with tempfile.TemporaryDirectory(prefix=LITTER, dir=RELEASES) as beside:
            work = Path(beside) / str(wanted)
            _assemble(work, source, place / "built", commit, doi)
            _compare(work, wanted, say)
            _seal(work)
            _put_in_place(work, str(wanted), day)
    return RELEASES / str(wanted)


# --- what must hold first ------------------------------------------------------------------------------------------


def _day(date: str | None) -> dt.date:
    if date is None:
        return dt.datetime.now(dt.UTC).date()
    try:
        return dt.date.fromisoformat(date)
    except ValueError:
        raise Faults(
            [Fault("--date", None, None, f"{date!r} is not a day", "an ISO date such as 2026-11-22")]
        ) from None


def _refuse_old(wanted: Version, day: dt.date) -> None:
    """Raise Faults unless `wanted` is newer than every version that is pinned here and than the tree's own."""
    pinned = versions.released()
    if wanted in pinned or (RELEASES / str(wanted)).exists():
        raise Faults([Fault(str(wanted), None, None, "is pinned already, and never changes", "a newer version")])
    newest = max([*pinned, Version.parse(__version__)])
    if wanted <= newest:
        raise Faults([Fault(str(wanted), None, None, f"is not newer than {newest}", "a newer version")])
    last = max((cite.facts(versions.folder(str(version))).date for version in pinned), default=day)
    if day < last:
        raise Faults(
            [Fault("--date", None, None, f"{day} is before {last}, the day of the newest version", "a later day")]
        )
    if re.search(rf"^## \[{re.escape(str(wanted))}\]", CHANGELOG.read_text("utf-8"), re.MULTILINE):
        raise Faults([Fault(CHANGELOG.name, None, str(wanted), "has a heading already", "a newer version")])


def _git(*arguments: str) -> bytes:
    try:
        done = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, check=False)
    except FileNotFoundError:
        raise Faults(
            [Fault("git", None, None, "is not on the PATH", "a version is made of what is committed")]
        ) from None
    if done.returncode:
        problem = f"git says: {done.stderr.decode(errors='replace').strip()}"
        raise Faults([Fault(str(ROOT), None, None, problem, "release from a Git checkout")])
    return done.stdout


def _clean_commit() -> str:
    """Return the commit that is checked out. Raises Faults for every file that differs from it."""
    if Path(_git("rev-parse", "--show-toplevel").decode().rstrip("\n")).resolve() != ROOT:
        raise Faults([Fault(str(ROOT), None, None, "is not the top of a Git checkout", "release from a clone")])
    entries = _git("status", "--porcelain", "--untracked-files=all", "-z").decode(errors="replace").split("\0")
    changed = [entry[3:] for entry in entries if len(entry) > 3 and entry[2] == " "]
    if changed:
        raise Faults(Fault(name, None, None, "is not committed", "commit it or put it back") for name in changed)
    return _git("rev-parse", "HEAD").decode().strip()


def _audit(sources: Path | None, say: Say) -> None:
    """Hold every row against the articles, where they are. Raises Faults for what does not fit."""
    folder = sources or ARTICLES
    if sources is not None and not sources.is_dir():
        raise Faults([Fault(str(sources), None, None, "is not a folder", "name the folder with the articles' texts")])
    if not folder.is_dir():
        say("The articles are not here, so the rows are not audited")
        return
    from districtloss import audit
    from districtloss.tables import read_tables

    say("Auditing the data")
    found = audit.audit(read_tables(DATA), folder)
    if found.faults:
        raise Faults(found.faults)


@contextmanager
def _lock() -> Iterator[None]:
    """Let one release be made at a time, and leave no empty releases/ behind."""
    import fcntl

    made = not RELEASES.exists()
    RELEASES.mkdir(exist_ok=True)
    handle = os.open(RELEASES, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Faults([Fault(str(RELEASES), None, None, "another release is being made", "wait for it")]) from None
        for litter in RELEASES.glob(f"{LITTER}*"):
            shutil.rmtree(litter, ignore_errors=True)
        yield
    finally:
        os.close(handle)
        if made and not any(RELEASES.iterdir()):
            RELEASES.rmdir()


# --- building ------------------------------------------------------------------------------------------------------


def _take_out(commit: str, target: Path) -> None:
    """Write the files of a commit into a new folder, but for the versions that are pinned already."""
    packed = _git("archive", "--format=tar", commit, "--", ".", ":(exclude)releases")
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        if hasattr(tarfile, "data_filter"):  # Python 3.11.4 and later, which else warn
            archive.extraction_filter = tarfile.data_filter
        archive.extractall(target)


def set_version(root: Path, version: str, day: dt.date) -> None:
    """Write the version and its day into the files of the project at `root`: the package, the citation, the
    changelog, whose Unreleased section becomes the version's."""
    _edit(root / VERSION_FILE.relative_to(ROOT), [(r'^__version__ = ".*"$', f'__version__ = "{version}"')])
    _edit(
        root / CITATION.name,
        [
            (r"^(\s*)version: .*$", rf'\g<1>version: "{version}"'),
            (r"^(\s*)date-released: .*$", rf'\g<1>date-released: "{day}"'),
        ],
    )
    changelog = root / CHANGELOG.name
    if changelog.exists() and f"## [{version}]" not in changelog.read_text("utf-8"):
        _edit(changelog, [(r"^## \[Unreleased\]$", f"## [Unreleased]\n\n## [{version}] - {day}")])


def _edit(path: Path, changes: list[tuple[str, str]]) -> None:
    text = path.read_text("utf-8")
    for pattern, replacement in changes:
        text, count = re.subn(pattern, replacement, text, flags=re.MULTILINE)
        if not count:
            raise Faults([Fault(path.name, None, None, f"has no line like {pattern}", "put it back")])
    path.write_text(text, "utf-8")


def run_build(source: Path, data: Path, target: Path, renderer: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Build with the code at `source`, in a process of its own, and return the manifest.

    `parameters` are as in parameters.json. Raises Faults with those of the build, RuntimeError where it breaks.
    """
    command = [sys.executable, "-m", "districtloss", "build", "--quiet", "--data", str(data), "--output", str(target)]
    command += ["--renderer", renderer]
    for name, text in settings(parameters).items():
        command += ["--set", f"{name}={text}"]
    # The code of `source` comes before the installed package.
    environment = os.environ | {"PYTHONPATH": str(source / "analysis"), "PYTHONDONTWRITEBYTECODE": "1"}
    pipes: Any = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "encoding": "utf-8"}
    with subprocess.Popen(command, cwd=source, env=environment, **pipes) as process:
        try:
            _, errors = process.communicate()
        except BaseException:
            process.terminate()  # it clears away behind itself, which takes a moment
            process.wait()
            raise
    if process.returncode == 2:
        raise Faults(read_back(errors))
    if process.returncode:
        raise RuntimeError("the build fails\n" + "\n".join(errors.splitlines()[-30:]))
    made: dict[str, Any] = json.loads((target / output.MANIFEST).read_text("utf-8"))
    return made


def settings(parameters: Mapping[str, Any]) -> dict[str, str]:
    """Return parameters as `--set` takes them: NAME -> text, decisions by their ids."""
    texts: dict[str, str] = {}
    for name, value in parameters.items():
        if name == "decisions":
            texts |= {decision: str(option) for decision, option in value.items()}
        elif isinstance(value, list):
            texts[name] = "|".join(map(str, value))
        elif value != "":
            texts[name] = str(value).lower() if isinstance(value, bool) else str(value)
    return texts


# --- the folder ----------------------------------------------------------------------------------------------------


def _assemble(work: Path, source: Path, built: Path, commit: str, doi: str) -> None:
    """Put the report, its data, its source and its citation into `work`, with a manifest that `_seal` completes."""
    shutil.copytree(built, work)
    made = json.loads((work / output.MANIFEST).read_text("utf-8"))
    shutil.copytree(source / "data", work / versions.DATA)
    shutil.copyfile(source / CITATION.name, work / versions.CITATION)
    # As given, not as found: a last day that was not asked for is again the day of the newest source.
    given = made["parameters"] | {"as_of": ""}
    (work / versions.PARAMETERS).write_text(versions.as_json(given), "utf-8")
    pack(source, _source_files(source), work / versions.SOURCE)
    record = {name: made[name] for name in KEPT}
    record |= {"generator": versions.GENERATOR, "commit": commit, "doi": doi, "platform": machine()}
    (work / output.MANIFEST).write_text(versions.as_json(record), "utf-8")


def machine() -> dict[str, str]:
    """Return what of the machine can show in the bytes of drawings and archives."""
    return {"system": f"{platform.system()} {platform.machine()}", "zlib": zlib.ZLIB_RUNTIME_VERSION}


def _source_files(source: Path) -> list[Path]:
    """Return the files that were taken out of Git and that a build reads, data apart."""
    left_out = (*NOT_SOURCE, "build")  # the build keeps drawings there
    files = (path for path in source.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return sorted(path for path in files if path.relative_to(source).parts[0] not in left_out)


def _compare(work: Path, wanted: Version, say: Say) -> None:
    """Lay the difference to the version before into the folder of the new one."""
    earlier = [version for version in versions.released() if version < wanted]
    if not earlier:
        return
    from districtloss import diff

    say(f"Comparing with {earlier[0]}")
    with diff.opened(str(earlier[0])) as before, diff.opened(str(work)) as after:
        found = diff.compare(before, after)
    (work / diff.JSON).write_text(versions.as_json(found.as_dict()), "utf-8")
    (work / diff.PAGE).write_text(diff.page(found), "utf-8")


def _seal(work: Path) -> None:
    """Complete the manifest with the hash of every file and the identifier of the whole, and sum them up."""
    path = work / output.MANIFEST
    record = json.loads(path.read_text("utf-8"))
    files = {name: sha256 for name, sha256 in digest.tree(work).items() if name not in versions.UNLISTED}
    path.write_text(versions.as_json(record | {"outputs": files, "swhid": versions.swhid(work)}), "utf-8")
    (work / versions.SUMS).write_text(versions.sums(files | {output.MANIFEST: digest.sha256(path)}), "utf-8")


def _put_in_place(work: Path, version: str, day: dt.date) -> None:
    """Move the folder to where it stays and bring the rest up to date; undo all of it if a part fails."""
    from districtloss import releases_page, verify

    found = verify.check(work)
    if found:
        raise RuntimeError("the folder that was made does not match its own manifest: " + "; ".join(map(str, found)))
    target = RELEASES / version
    touched = [VERSION_FILE, CITATION, CHANGELOG, *releases_page.files()]
    kept = {path: path.read_bytes() if path.exists() else None for path in touched}
    try:
        work.rename(target)
        set_version(ROOT, version, day)
        releases_page.write()
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        for path, content in kept.items():
            if content is None:
                path.unlink(missing_ok=True)
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
        raise
