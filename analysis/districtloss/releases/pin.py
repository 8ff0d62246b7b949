"""Pins a version: builds it from what is committed, and puts it under releases/ for good, or changes nothing."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from semver import Version

from districtloss import __version__
from districtloss.coding import audit
from districtloss.errors import Fault, Faults
from districtloss.files import atomic, digest, forms, lock, report_folder, scratch
from districtloss.files.archive import pack
from districtloss.paths import BUILD, CHANGELOG, CITATION, DATA, RELEASES, ROOT
from districtloss.releases import cite, compare, integrity, page, pinned_source, versions
from districtloss.tables.reading import read_tables

Say = Callable[[str], None]

ARTICLES = ROOT.parent / "shared" / "sources"  # where the texts of the sources lie, on machines that have them
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
        pinned_source.set_version(source, str(wanted), day)
        say(f"Building {wanted} from commit {commit[:12]}")
        pinned_source.run_build(source, place / "built", renderer, {})
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
    say("Auditing the data")
    found = audit.audit(read_tables(DATA), folder)
    if found.faults:
        raise Faults(found.faults)


@contextmanager
def _lock() -> Iterator[None]:
    """Let one release be made at a time, and leave no empty releases/ behind."""
    made = not RELEASES.exists()
    RELEASES.mkdir(exist_ok=True)
    try:
        with atomic.created(BUILD), lock.held(BUILD / "release.lock"):  # where Git does not look
            for left in RELEASES.glob(f"{LITTER}*"):
                shutil.rmtree(left, ignore_errors=True)
            yield
    except lock.Held:
        raise Faults([Fault(str(RELEASES), None, None, "another release is being made", "wait for it")]) from None
    finally:
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


# --- the folder ----------------------------------------------------------------------------------------------------


def _assemble(work: Path, source: Path, built: Path, commit: str, doi: str) -> None:
    """Put the report, its data, its source and its citation into `work`, with a manifest that `_seal` completes."""
    shutil.copytree(built, work)
    made = json.loads((work / report_folder.MANIFEST).read_text("utf-8"))
    shutil.copytree(source / "data", work / versions.DATA)
    shutil.copyfile(source / CITATION.name, work / versions.CITATION)
    # As given, not as found: a last day that was not asked for is again the day of the newest source.
    given = made["parameters"] | {"as_of": ""}
    atomic.write(work / versions.PARAMETERS, forms.as_json(given))
    pack(source, pinned_source.source_files(source), work / versions.SOURCE)
    record = {name: made[name] for name in KEPT}
    record |= {"generator": versions.GENERATOR, "commit": commit, "doi": doi, "platform": pinned_source.machine()}
    atomic.write(work / report_folder.MANIFEST, forms.as_json(record))


def _compare(work: Path, wanted: Version, say: Say) -> None:
    """Lay the difference to the version before into the folder of the new one."""
    earlier = [version for version in versions.released() if version < wanted]
    if not earlier:
        return
    say(f"Comparing with {earlier[0]}")
    with compare.opened(str(earlier[0])) as before, compare.opened(str(work)) as after:
        found = compare.compare(before, after)
    atomic.write(work / compare.JSON, forms.as_json(found.as_dict()))
    atomic.write(work / compare.PAGE, compare.page(found))


def _seal(work: Path) -> None:
    """Complete the manifest with the hash of every file and the identifier of the whole, and sum them up."""
    path = work / report_folder.MANIFEST
    record = json.loads(path.read_text("utf-8"))
    files = {name: sha256 for name, sha256 in digest.tree(work).items() if name not in versions.UNLISTED}
    atomic.write(path, forms.as_json(record | {"outputs": files, "swhid": versions.swhid(work)}))
    atomic.write(work / versions.SUMS, versions.sums(files | {report_folder.MANIFEST: digest.sha256(path)}))


def _put_in_place(work: Path, version: str, day: dt.date) -> None:
    """Move the folder to where it stays and bring the rest up to date; undo all of it if a part fails."""
    found = integrity.check(work)
    if found:
        raise RuntimeError("the folder that was made does not match its own manifest: " + "; ".join(map(str, found)))
    target = RELEASES / version
    touched = [pinned_source.VERSION_FILE, CITATION, CHANGELOG, *page.files()]
    kept = {path: path.read_bytes() if path.exists() else None for path in touched}
    try:
        work.rename(target)
        pinned_source.set_version(ROOT, version, day)
        page.write()
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        for path, content in kept.items():
            if content is None:
                path.unlink(missing_ok=True)
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                atomic.write(path, content)
        raise
