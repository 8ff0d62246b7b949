"""How a pinned version is made again from what is pinned with it, and what differs then."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from districtloss.errors import Fault, Faults
from districtloss.files import digest, report_folder, scratch
from districtloss.releases import cite, environment, pinned_source, versions

Say = Callable[[str], None]

IDENTICAL = "identical"
SAME_RESULTS = "same results, other rendering"
DIFFERENT = "different results"

# Which of the recorded tools a file can show the version of, by its path: the reasons for other bytes.
TOOLS = (
    ("results/notebooks/*", ("python", "altair", "pandas", "numpy", "papermill", "nbclient")),
    ("results/figures/*", ("altair", "vl-convert-python", "system")),
    ("results/*", ("python", "pandas", "numpy")),
    ("assets/*", ("vl-convert-python", "renderer")),
    ("*.pdf", ("renderer", "typst", "pypandoc_binary", "altair", "vl-convert-python", "system")),
    ("*.html", ("renderer", "pypandoc_binary", "altair", "vl-convert-python", "system")),
    ("*.zip", ("zlib", "python")),
    ("*", ("renderer",)),
)


# --- making it again -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rebuilt:
    """What making a version again came to. `files` has the reason for each file that differs, empty where nothing
    that is on record explains it; `numbers` what each number was and is."""

    verdict: str
    files: Mapping[str, str]
    numbers: Mapping[str, tuple[str, str]]

    @property
    def matches(self) -> bool:
        """Whether results are the same, and every other difference is explained."""
        return self.verdict != DIFFERENT and all(self.files.values())


def rebuild(
    folder: Path, *, renderer: str | None = None, code: Path | None = None, say: Say = lambda _: None
) -> Rebuilt:
    """Make a pinned version again from its own data, parameters, source and packages, and compare.

    `renderer` is by default the one that made it, where it is here. `code` is a checkout whose code and chapters are
    to be used instead of those that are pinned, with the packages of today, as it has pins of its own. Raises Faults
    where the build does, or where this system cannot run the pinned source; RuntimeError where the build breaks.
    """
    manifest = versions.manifest(folder)
    version = manifest["version"]
    if code is None and versions.parse(version).major < 2 and importlib.util.find_spec("fcntl") is None:
        problem = "cannot be made again on this system: versions before 2.0.0 need fcntl, which Windows lacks"
        raise Faults([Fault(version, None, None, problem, "make it again on Linux or macOS")])
    parameters = json.loads((folder / versions.PARAMETERS).read_text("utf-8"))
    with scratch.folder("rebuild") as place:
        place = place.resolve()
        source, built = place / "source", place / "built"
        if code is None:
            with zipfile.ZipFile(folder / versions.SOURCE) as archive:
                archive.extractall(source)
        else:
            _copy_code(code, source)
            pinned_source.set_version(source, version, _date(folder))
        shutil.rmtree(source / versions.DATA, ignore_errors=True)
        shutil.copytree(folder / versions.DATA, source / versions.DATA)
        wanted = renderer or _renderer(manifest["renderer"]["name"])
        say(f"Making {version} again with {wanted.capitalize()}")
        python = Path(sys.executable) if code is not None else _python(source, say)
        alone = environment.without_network()
        say("  without network" if alone else "  with network, because this system cannot do without")
        made = pinned_source.run_build(
            source, built, wanted, parameters,
            python=(*alone, str(python)), variables=environment.variables(place, wanted),
        )  # fmt: skip
        return _compared(folder, manifest, built, made | {"platform": pinned_source.machine()}, code is not None)


def _python(source: Path, say: Say) -> Path:
    """Return a Python with the packages that the source pins, or today's, and say which."""
    try:
        python = environment.of_lock(source / environment.LOCK, say)
    except environment.Unavailable as error:
        say(f"  today's packages stand in for those of its own lock, because {error}")
        return Path(sys.executable)
    say("  with the packages of its own lock")
    return python


def _renderer(recorded: str) -> str:
    return "pandoc" if recorded == "quarto" and not shutil.which("quarto") else recorded


def _date(folder: Path) -> Any:
    return cite.facts(folder).date


def _copy_code(code: Path, target: Path) -> None:
    left_out = (*pinned_source.NOT_SOURCE, ".git", ".venv", "build")

    def skip(folder: str, names: list[str]) -> Iterable[str]:
        return [n for n in names if n == "__pycache__" or (Path(folder) == code and n in left_out)]

    shutil.copytree(code, target, ignore=lambda folder, names: set(skip(folder, names)))


def _compared(
    folder: Path, manifest: Mapping[str, Any], built: Path, made: Mapping[str, Any], other_code: bool
) -> Rebuilt:
    before, after = manifest["outputs"], digest.tree(built)
    after.pop(report_folder.MANIFEST, None)
    # Only what a build makes can be made again: not the source, the data or the record of changes.
    paths = sorted(path for path in before.keys() | after.keys() if _is_built(path, after))
    differ = [path for path in paths if before.get(path) != after.get(path)]
    if not differ:
        return Rebuilt(IDENTICAL, {}, {})
    reasons = {path: _reason(path, path in after, manifest, made, other_code) for path in differ}
    if made["digest"] == manifest["digest"]:
        return Rebuilt(SAME_RESULTS, reasons, {})
    return Rebuilt(DIFFERENT, reasons, _numbers(folder, built))


def _is_built(path: str, after: Mapping[str, str]) -> bool:
    return path in after or path.startswith(("results/", "chapters/", "assets/", "site_libs/")) or path in (
        "index.html", "report.pdf", "search.json",
    )  # fmt: skip


def _reason(path: str, there: bool, was: Mapping[str, Any], now: Mapping[str, Any], other_code: bool) -> str:
    """Return which tools on record differ that this file can show the version of."""
    tools = next(names for pattern, names in TOOLS if fnmatch(path, pattern))
    changed = {name: (_tool(was, name), _tool(now, name)) for name in tools}
    said = [f"{name}: {a}, here {b}" for name, (a, b) in changed.items() if a != b]
    if other_code:
        said.insert(0, "made with the code and chapters of this checkout")
    return "; ".join(said) + ("" if there or not said else " (not made here)")


def _tool(manifest: Mapping[str, Any], name: str) -> str:
    if name == "renderer":
        return str(manifest["renderer"]["version"])
    if name in ("system", "zlib"):
        return str(manifest["platform"][name])
    return str(manifest["python"] if name == "python" else manifest["packages"].get(name, "none"))


def _numbers(folder: Path, built: Path) -> dict[str, tuple[str, str]]:
    was, now = (json.loads((f / "results" / "values.json").read_text("utf-8")) for f in (folder, built))
    names = sorted(was.keys() | now.keys())
    both = {name: (_printed(was.get(name)), _printed(now.get(name))) for name in names}
    return {name: pair for name, pair in both.items() if pair[0] != pair[1]}


def _printed(value: Mapping[str, Any] | None) -> str:
    """Return a value with its interval as printed, and unprinted where that could hide a difference."""
    if value is None:
        return "not there"
    ends = [value.get(end) for end in ("value", "low", "high")]
    return f"{value['text']} [{', '.join('–' if end is None else f'{end:.10g}' for end in ends)}]"


# --- in words ------------------------------------------------------------------------------------------------------


def report(version: str, rebuilt: Rebuilt) -> list[str]:
    """Return what making a version again came to, a line each."""
    lines = [f"{version}: {rebuilt.verdict}"]
    lines += [f"  {name}: {was} was pinned, {now} came out" for name, (was, now) in rebuilt.numbers.items()]
    unknown = "differs, and nothing on record explains it"
    if rebuilt.verdict == DIFFERENT:
        unknown = "follows from the results, or from something that is not on record"
    by_reason: dict[str, list[str]] = {}
    for path, reason in rebuilt.files.items():
        by_reason.setdefault(reason or unknown, []).append(path)
    for reason, paths in by_reason.items():
        lines += [f"  {reason}", *(f"    {path}" for path in paths)]
    return lines
