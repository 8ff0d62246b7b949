"""Whose a folder is: an output folder is replaced where it is absent, empty, or a report of ours and nothing else."""

from __future__ import annotations

import json
import os
from pathlib import Path

from districtloss.errors import Fault, Faults
from districtloss.files import atomic, digest
from districtloss.paths import RELEASES

MANIFEST = "manifest.json"
DATA_ZIP = "districtloss-data.zip"
GENERATOR = "districtloss"  # what a manifest says in a folder that is ours to replace


def check_folder(output: Path) -> None:
    """Raise Faults unless `output` is, or can become, a folder that another can take the place of."""
    real = atomic.resolve_link(output).resolve()
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
