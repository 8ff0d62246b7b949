"""Hashes of files, and the content digest that names what a report is made of and what it found."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

SHORT = 12  # characters of the digest that pages print


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def paths(folder: Path) -> list[str]:
    """Return the path of every file below a folder within it, in order."""
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def tree(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file below a folder by its path within it, in order."""
    return {path: sha256(folder / path) for path in paths(folder)}


def of_files(folder: Path, files: Iterable[Path]) -> dict[str, str]:
    """Return the SHA-256 of files below a folder by their paths within it, in order."""
    return dict(sorted((path.relative_to(folder).as_posix(), sha256(path)) for path in files))


def content_digest(data: Mapping[str, str], results: Mapping[str, str]) -> str:
    """Return the digest of data and results: SHA-256 over `HASH  PATH` lines (as sha256sum prints them), sorted.

    Drawings and executed notebooks are left out, since they carry versions of programs and no result of their own;
    so the digest is the same for both renderers.
    """
    counted = {f"data/{path}": h for path, h in data.items()}
    counted |= {
        f"results/{path}": h for path, h in results.items() if path == "values.json" or path.startswith("tables/")
    }
    lines = "".join(f"{h}  {path}\n" for path, h in sorted(counted.items()))
    return hashlib.sha256(lines.encode()).hexdigest()
