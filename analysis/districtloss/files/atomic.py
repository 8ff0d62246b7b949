"""The output folder: appears whole or not at all, is never taken from somebody else, and holds one build at a time."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import glob
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from districtloss.errors import Fault, Faults
from districtloss.files import digest
from districtloss.paths import RELEASES

MANIFEST = "manifest.json"
DATA_ZIP = "districtloss-data.zip"
AT_FDCWD, RENAME_EXCHANGE = -100, 2  # of linux/fcntl.h and linux/fs.h
ROOM = "make room or name another folder"
GENERATOR = "districtloss"  # what a manifest says in a folder that is ours to replace


def check_folder(output: Path) -> None:
    """Raise Faults unless `output` is, or can become, a folder that another can take the place of."""
    real = behind_link(output).resolve()
    if RELEASES.resolve() in (real, *real.parents):
        raise Faults(
            [Fault(str(output), None, None, "lies in a pinned release, which never changes", "another folder")]
        )
    if output.exists() and not output.is_dir():
        raise Faults([Fault(str(output), None, None, "is a file", "name a folder")])
    if os.path.ismount(output):
        problem = "is where a file system is mounted, so it cannot be replaced"
        raise Faults([Fault(str(output), None, None, problem, "name a folder in it")])


def check_ours(output: Path) -> None:
    """Raise Faults unless `output` is free to be replaced: absent, empty, or made by this command before and with
    nothing of somebody else's in it."""
    check_folder(output)
    if not output.exists() or not any(output.iterdir()):
        return
    made = manifest(output)
    if made is None:
        problem = "holds files that this command did not make"
        raise Faults([Fault(str(output), None, None, problem, "name an empty or a new folder")])
    listed = made.get("outputs")
    known = {MANIFEST, *(listed if isinstance(listed, dict) else ())}
    if strange := [path for path in digest.paths(output) if path not in known and not is_of_the_system(path)]:
        more = f" and {len(strange) - 1} more" if len(strange) > 1 else ""
        problem = f"holds {strange[0]}{more}, which this command did not make and would delete"
        raise Faults([Fault(str(output), None, None, problem, "move it away, or name another folder")])


def behind_link(output: Path) -> Path:
    """Return the folder that a link stands for, since it is replaced and the link stays; any other path as it is.
    Raises Faults for links that lead in a circle."""
    try:
        output.stat()
    except OSError as error:
        if error.errno == errno.ELOOP:
            problem = "is a link, or lies behind one, that leads back to itself"
            raise Faults([Fault(str(output), None, None, problem, "name a folder")]) from None
    return output.resolve() if output.is_symlink() else output


def is_of_the_system(path: str) -> bool:
    """Return whether a file is one that file managers leave in every folder that is looked at, or that an office
    program leaves beside a file while it is open."""
    name = path.rpartition("/")[2]
    return name in (".DS_Store", "Thumbs.db", "desktop.ini", ".directory") or name.startswith((".~lock.", "~$", "._"))


def tree(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file below a folder, but for those of the system."""
    return {path: digest.sha256(folder / path) for path in digest.paths(folder) if not is_of_the_system(path)}


def manifest(output: Path) -> dict[str, object] | None:
    """Return the manifest of an output folder, or None where there is none of ours."""
    try:
        content = json.loads((output / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) and content.get("generator") == GENERATOR else None


@contextlib.contextmanager
def replacing(output: Path, check: Callable[[Path], None] = check_ours) -> Iterator[Path]:
    """Yield a folder beside `output` to write in; when the block ends well, it takes the place of `output`.

    When the block raises, `output` is as it was. What a killed command left beside it is cleared away first. Raises
    Faults where `check` does, and where the folder cannot be written or another command is at work on it.
    """
    output = behind_link(output).absolute()
    check(output)
    with _locked(output):
        if _recover(output):
            check(output)
        work = None
        try:
            work = Path(tempfile.mkdtemp(prefix=f".{output.name}.building-", dir=output.parent))
            yield work
            work.chmod(0o777 & ~_umask())
            put_in_place(work, output)
        except OSError as error:
            if error.errno in (13, 28, 30, 122):  # no permission, disk full, read-only, quota
                raise Faults([_unwritable(output, error)]) from None
            raise
        finally:
            _recover_last(output)
            if work is not None:
                shutil.rmtree(work, ignore_errors=True)


def _umask() -> int:
    """Return which rights new files do not get; the system tells it to whoever sets it."""
    os.umask(now := os.umask(0o077))
    return now


def tidy(output: Path) -> None:
    """Clear away what a killed command left beside `output`, unless another is at work there."""
    output = behind_link(output).absolute()
    if any(output.parent.glob(f".{glob.escape(output.name)}.*")):
        with contextlib.suppress(Faults), _locked(output):
            _recover(output)


@contextlib.contextmanager
def _locked(output: Path) -> Iterator[None]:
    """Be the only one that writes `output`. Raises Faults where another command does, or none can."""
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(made(output.parent))
            lock = stack.enter_context((output.parent / f".{output.name}.lock").open("w"))
        except OSError as error:
            raise Faults([_unwritable(output, error)]) from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # One that ended between the two lines above has taken this lock file away: another may have a new one.
            held = Path(lock.name).stat().st_ino == os.fstat(lock.fileno()).st_ino
        except OSError:
            held = False
        if not held:
            problem = "another command is writing it"
            raise Faults([Fault(str(output), None, None, problem, "wait for it, or name another folder")])
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                Path(lock.name).unlink()


@contextlib.contextmanager
def made(folder: Path) -> Iterator[None]:
    """Make a folder, and those that it lies in; when the block raises, those that were not there are gone again."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for path in missing:
            with contextlib.suppress(OSError):
                path.rmdir()
        raise


@contextlib.contextmanager
def scratch(output: Path) -> Iterator[Path]:
    """Yield a folder for the time being beside `output`, and have every temporary file made inside it.

    So whatever a killed build leaves, and whatever its children do, lies where the next build clears it away.
    """
    before, variable = tempfile.tempdir, os.environ.get("TMPDIR")
    with tempfile.TemporaryDirectory(prefix=f".{output.name}.building-", dir=output.absolute().parent) as folder:
        home = Path(folder) / "tmp"
        home.mkdir()
        tempfile.tempdir = os.environ["TMPDIR"] = str(home)
        try:
            yield Path(folder)
        finally:
            tempfile.tempdir = before
            del os.environ["TMPDIR"]
            if variable is not None:
                os.environ["TMPDIR"] = variable


def put_in_place(work: Path, output: Path) -> None:
    """Put `work` in the place of `output`: in one step where the system can, so that there is always a whole one."""
    if not output.exists():
        work.rename(output)
    elif not _exchanged(work, output):
        output.rename(_old(output))
        work.rename(output)
        shutil.rmtree(_old(output), ignore_errors=True)


def _exchanged(one: Path, other: Path) -> bool:
    """Let two folders change places (Linux 3.15 and later); False where that cannot be done."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    return rename(AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(other), RENAME_EXCHANGE) == 0


def _old(output: Path) -> Path:
    return output.with_name(f".{output.name}.old")


def _recover_last(output: Path) -> bool:
    """Put the last good folder back if what ended the command fell between two renames; return whether it did."""
    between = _old(output).exists() and not output.exists()
    if between:
        _old(output).rename(output)
    return between


def _recover(output: Path) -> bool:
    """Clear away what a killed command left, once the last good folder is in its place; return whether it was not."""
    between = _recover_last(output)
    old = _old(output)
    for litter in (old, *output.parent.glob(f".{glob.escape(output.name)}.building-*")):
        shutil.rmtree(litter, ignore_errors=True)
    return between


def _unwritable(output: Path, error: OSError) -> Fault:
    named = str(error.filename or "")
    # What is made on the way lies beside the folder, or where results are kept from run to run.
    kept = named and not Path(named).is_relative_to(output.parent)
    return Fault(named if kept else str(output), None, None, f"cannot be written ({error.strerror})", ROOM)
