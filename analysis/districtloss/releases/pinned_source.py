"""The source of a version: which files it is, what version it says that it is, and how it is built."""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
import re
import subprocess
import sys
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from districtloss.errors import Fault, Faults, read_back
from districtloss.files import atomic, report_folder
from districtloss.paths import CHANGELOG, CITATION, ROOT

VERSION_FILE = ROOT / "analysis" / "districtloss" / "__init__.py"
# What no build reads; data/ is left out of the source because it lies beside it, as plain files.
NOT_SOURCE = (".ci", ".github", "data", "docs", "releases", "tests")


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
    atomic.write(path, text)


def run_build(
    source: Path, target: Path, renderer: str, parameters: Mapping[str, Any],
    *, python: Sequence[str] = (sys.executable,), variables: Mapping[str, str] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Build the data with the code at `source`, in a process of its own, and return the manifest.

    `parameters` are as in parameters.json; `python` is the command that starts Python, by default this one, with the
    environment `variables`, by default those of this process. Raises Faults with those of the build, RuntimeError
    where it breaks.
    """
    command = [*python, "-m", "districtloss", "build", "--quiet"]
    command += ["--data", str(source / "data"), "--output", str(target), "--renderer", renderer]
    for name, text in settings(parameters).items():
        command += ["--set", f"{name}={text}"]
    # The code of `source` comes before an installed package.
    variables = {**(os.environ if variables is None else variables), "PYTHONPATH": str(source / "analysis")}
    pipes: Any = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "encoding": "utf-8"}
    with subprocess.Popen(command, cwd=source, env=variables, **pipes) as process:
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
    made: dict[str, Any] = json.loads((target / report_folder.MANIFEST).read_text("utf-8"))
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


def machine() -> dict[str, str]:
    """Return what of the machine can show in the bytes of drawings and archives."""
    return {"system": f"{platform.system()} {platform.machine()}", "zlib": zlib.ZLIB_RUNTIME_VERSION}


def source_files(source: Path) -> list[Path]:
    """Return the files that were taken out of Git and that a build reads, data apart."""
    left_out = (*NOT_SOURCE, "build")  # the build keeps drawings there
    files = (path for path in source.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return sorted(path for path in files if path.relative_to(source).parts[0] not in left_out)
