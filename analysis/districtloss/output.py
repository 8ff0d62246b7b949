"""The output folder: appears whole or not at all, is never taken from somebody else, and holds one build at a time."""

from __future__ import annotations

import contextlib
import fcntl
import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from districtloss.faults import Fault, Faults
from districtloss.paths import RELEASES

MANIFEST = "manifest.json"
GENERATOR = "districtloss"  # what a manifest says in a folder that is ours to replace


def check_ours(output: Path) -> None:
    """Raise Faults unless `output` is free to be replaced: absent, empty, or made by this command before."""
    if RELEASES.resolve() in (output.resolve(), *output.resolve().parents):
        raise Faults(
            [Fault(str(output), None, None, "lies in a pinned release, which never changes", "another folder")]
        )
    if output.exists() and not output.is_dir():
        raise Faults([Fault(str(output), None, None, "is a file", "name a folder")])
    if not output.exists() or not any(output.iterdir()):
        return
    if manifest(output) is None:
        problem = "holds files that this command did not make"
        raise Faults([Fault(str(output), None, None, problem, "name an empty or a new folder")])


def manifest(output: Path) -> dict[str, object] | None:
    """Return the manifest of an output folder, or None where there is none of ours."""
    try:
        content = json.loads((output / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) and content.get("generator") == GENERATOR else None


@contextlib.contextmanager
def replacing(output: Path) -> Iterator[Path]:
    """Yield a folder beside `output` to build in; when the block ends well, it takes the place of `output`.

    When the block raises, `output` is as it was. What a killed build left beside it is cleared away first. Raises
    Faults where the folder is not ours, cannot be written, or another build is at work on it.
    """
    output = output.absolute()
    check_ours(output)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        lock = (output.parent / f".{output.name}.lock").open("w")
    except OSError as error:
        raise Faults([_unwritable(output, error)]) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            problem = "another build is writing it"
            raise Faults([Fault(str(output), None, None, problem, "wait for it, or name another folder")]) from None
        _recover(output)
        work = None
        try:
            work = Path(tempfile.mkdtemp(prefix=f".{output.name}.building-", dir=output.parent))
            yield work
            work.chmod(0o755)
            old = output.with_name(f".{output.name}.old")
            if output.exists():
                output.rename(old)
            work.rename(output)
            shutil.rmtree(old, ignore_errors=True)
        except OSError as error:
            if error.errno in (13, 28, 30, 122):  # no permission, disk full, read-only, quota
                raise Faults([_unwritable(output, error)]) from None
            raise
        finally:
            if work is not None:
                shutil.rmtree(work, ignore_errors=True)
            with contextlib.suppress(OSError):
                Path(lock.name).unlink()


def _recover(output: Path) -> None:
    """Clear away what a killed build left; put the last good report back if the kill fell between two renames."""
    old = output.with_name(f".{output.name}.old")
    if old.exists() and not output.exists():
        old.rename(output)
    for litter in (old, *output.parent.glob(f".{output.name}.building-*")):
        shutil.rmtree(litter, ignore_errors=True)


def _unwritable(output: Path, error: OSError) -> Fault:
    return Fault(str(output), None, None, f"cannot be written ({error.strerror})", "make room or name another folder")
