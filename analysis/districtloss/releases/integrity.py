"""Whether a pinned version is as it was made: every file held to the manifest, the manifest to the sums."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from districtloss.errors import Faults
from districtloss.files import digest, report_folder
from districtloss.releases import versions


@dataclass(frozen=True, order=True)
class Mismatch:
    """A file of a pinned version that is not as it was: `missing`, `changed`, `added`, or something else said."""

    path: str
    what: str

    def __str__(self) -> str:
        return f"{self.path}: {self.what}"


def check(folder: Path) -> list[Mismatch]:
    """Return every way in which a pinned folder differs from its manifest; none if it is as it was made.

    The manifest itself is held to SHA256SUMS, and what it says of the whole (digest, SWHID) to the files.
    """
    try:
        manifest = versions.manifest(folder)
    except Faults as faults:
        return [Mismatch(report_folder.MANIFEST, faults.faults[0].problem)]
    wanted = {"outputs": dict, "inputs": dict, "digest": str, "swhid": str}
    unusable = [name for name, kind in wanted.items() if not isinstance(manifest.get(name), kind)]
    if unusable:
        return [Mismatch(report_folder.MANIFEST, f"changed: it has no usable {' and '.join(unusable)}")]
    listed, inputs, claimed, swhid = (manifest[name] for name in wanted)
    there = _tree(folder)
    files = {path: sha256 for path, sha256 in there.items() if path not in versions.UNLISTED}
    found = [Mismatch(path, "missing") for path in listed.keys() - files.keys()]
    found += [Mismatch(path, "added") for path in files.keys() - listed.keys()]
    found += [Mismatch(path, "changed") for path in listed.keys() & files.keys() if listed[path] != files[path]]
    contradictions = []
    results = {path.removeprefix("results/"): h for path, h in listed.items() if path.startswith("results/")}
    data = {path.removeprefix("data/"): h for path, h in inputs.items()}
    if any(listed.get(path) != sha256 for path, sha256 in inputs.items()):
        contradictions.append("changed: its inputs are not the data that it lists")
    elif digest.content_digest(data, results) != claimed:
        contradictions.append("changed: its digest is not that of the data and results it lists")
    elif not found and versions.swhid(folder) != swhid:
        contradictions.append("changed: its SWHID is not that of the files")
    try:
        summed = (folder / versions.SUMS).read_bytes()
    except FileNotFoundError:
        found.append(Mismatch(versions.SUMS, "missing"))
    else:
        own = there[report_folder.MANIFEST]
        if summed != versions.sums(listed | {report_folder.MANIFEST: own}).encode():
            named = f"{own}  {report_folder.MANIFEST}\n".encode() in summed
            others = [
                line
                for line in summed.decode("utf-8", "replace").splitlines(True)
                if report_folder.MANIFEST not in line
            ]
            if named:
                found.append(Mismatch(versions.SUMS, "changed"))
            elif "".join(others) == versions.sums(files) and (found or contradictions):
                # The sums vouch for every file as it is, and the manifest does not even agree with itself.
                return [Mismatch(report_folder.MANIFEST, "changed")]
            else:
                found.append(Mismatch(report_folder.MANIFEST, f"changed, or {versions.SUMS} was"))
    return sorted([*found, *(Mismatch(report_folder.MANIFEST, what) for what in contradictions)])


def _tree(folder: Path) -> dict[str, str]:
    """Return the hash of every file; of a link, which no release holds, something that no hash is."""
    hashes = digest.tree(folder)
    links = {p.relative_to(folder).as_posix(): "a link" for p in folder.rglob("*") if p.is_symlink()}
    return hashes | links
