"""How files and folders come to be: whole or not at all, and by one command at a time.

A file or folder is written beside the place where it is to stand, and renamed. A signal or a lost power leaves the old
one or the new one there; what else it leaves lies beside it, and goes with the next command.
"""

from __future__ import annotations

import contextlib
import errno
import glob
import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from districtloss.errors import Fault, Faults
from districtloss.files import lock

ROOM = "make room or name another folder"
NOT_WRITABLE = (errno.EACCES, errno.ENOSPC, errno.EROFS, getattr(errno, "EDQUOT", errno.ENOSPC))


def write(path: Path, content: str | bytes) -> None:
    """Write a file, text as UTF-8 with the ends of lines as they are; what was there stays until the new is whole.

    Where `path` is a link, the file that it leads to is written; a device or a pipe is written to and never replaced.
    """
    content = content if isinstance(content, bytes) else content.encode()
    path = resolve_link(path)
    if path.exists() and not path.is_file():
        path.write_bytes(content)
        return
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def replacing(output: Path, check: Callable[[Path], None]) -> Iterator[Path]:
    """Yield a folder beside `output` to write in; when the block ends well, it takes the place of `output`.

    When the block raises, `output` is as it was. What a killed command left beside it is cleared away first. Raises
    Faults where `check` does, and where the folder cannot be written or another command is at work on it.
    """
    output = resolve_link(output).absolute()
    check(output)
    with _locked(output):
        if _recover(output):
            check(output)
        work = output.with_name(f".{output.name}.building-{secrets.token_hex(4)}")
        try:
            work.mkdir()
            yield work
            _put_in_place(work, output)
        except OSError as error:
            if error.errno in NOT_WRITABLE:
                raise Faults([_unwritable(output, error)]) from None
            raise
        finally:
            _bring_back(output)
            shutil.rmtree(work, ignore_errors=True)


def tidy(output: Path) -> None:
    """Clear away what a killed command left beside `output`, unless another is at work there."""
    output = resolve_link(output).absolute()
    if any(output.parent.glob(f".{glob.escape(output.name)}.*")):
        with contextlib.suppress(Faults), _locked(output):
            _recover(output)


def resolve_link(output: Path) -> Path:
    """Return the folder that a link stands for, since it is replaced and the link stays; any other path as it is.
    Raises Faults for links that lead in a circle."""
    try:
        output.stat()
    except OSError as error:
        if error.errno == errno.ELOOP:
            problem = "is a link, or lies behind one, that leads back to itself"
            raise Faults([Fault(str(output), None, None, problem, "name a folder")]) from None
    return output.resolve() if output.is_symlink() else output


@contextlib.contextmanager
def created(folder: Path) -> Iterator[None]:
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
def _locked(output: Path) -> Iterator[None]:
    """Be the only one that writes `output`. Raises Faults where another command does, or none can."""
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(created(output.parent))
            stack.enter_context(lock.held(output.with_name(f".{output.name}.lock")))
        except OSError as error:
            raise Faults([_unwritable(output, error)]) from None
        except lock.Held:
            problem = "another command is writing it"
            raise Faults([Fault(str(output), None, None, problem, "wait for it, or name another folder")]) from None
        yield


def _put_in_place(work: Path, output: Path) -> None:
    """Put `work` in the place of `output`. A command that is killed between the two renames leaves no folder there,
    and the next one brings the old one back."""
    if output.exists():
        output.rename(_old(output))
    work.rename(output)
    shutil.rmtree(_old(output), ignore_errors=True)


def _old(output: Path) -> Path:
    return output.with_name(f".{output.name}.old")


def _bring_back(output: Path) -> bool:
    """Put the old folder back where a command ended between two renames; return whether it did."""
    between = _old(output).exists() and not output.exists()
    if between:
        _old(output).rename(output)
    return between


def _recover(output: Path) -> bool:
    """Clear away what a killed command left, once the last good folder is in its place; return whether it was not."""
    between = _bring_back(output)
    for left in (_old(output), *output.parent.glob(f".{glob.escape(output.name)}.building-*")):
        shutil.rmtree(left, ignore_errors=True)
    return between


def _unwritable(output: Path, error: OSError) -> Fault:
    named = str(error.filename2 or error.filename or "")  # of a copy the second is the one that is written
    # What is made on the way lies beside the folder, or in the system's place for temporary files.
    elsewhere = named and not Path(named).is_relative_to(output.parent)
    return Fault(named if elsewhere else str(output), None, None, f"cannot be written ({error.strerror})", ROOM)
