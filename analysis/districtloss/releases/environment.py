"""Decides where the pinned source of a version runs: which packages it imports, what it sees of the system, whether it
reaches a network."""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
import venv
from collections.abc import Callable
from pathlib import Path

from districtloss.files import lock as locks
from districtloss.paths import CACHE

Say = Callable[[str], None]

LOCK = "requirements.lock"
ENVIRONMENTS = CACHE / "environments"
MOST = 3  # environments stay, 1.1 GB each, those that were used last
IN_USE = 3600.0  # seconds since its last use in which an environment is not removed: a build may run in it


class Unavailable(Exception):
    """The environment of a lock cannot be made here. Says why."""


def of_lock(lock: Path, say: Say = lambda _: None) -> Path:
    """Return the Python of an environment that holds what `lock` pins and nothing else; make it where there is none.

    It is kept under the lock's hash, for this Python on this kind of system. Raises Unavailable where pip cannot
    install every wheel that the lock names, with one of the hashes that it lists.
    """
    if not lock.is_file():
        raise Unavailable(f"it has no {LOCK}")
    key = hashlib.sha256(lock.read_bytes()).hexdigest()[:16]
    folder = ENVIRONMENTS / f"{key}-{platform.python_version()}-{sysconfig.get_platform()}"
    try:
        ENVIRONMENTS.mkdir(parents=True, exist_ok=True)
        with locks.held(ENVIRONMENTS / ".lock", wait=True):  # a second rebuild then finds what the first has made
            if not _python(folder).exists():  # nor is the Python that it was made from there, if that is gone
                say(f"Installing the packages of {LOCK}, this once for every version with the same (a minute or two)")
                _make(folder, lock)
            os.utime(folder)
            _remove_old()
    except OSError as error:
        raise Unavailable(f"it cannot be kept ({error.strerror or error})") from None
    return _python(folder)


def _make(folder: Path, lock: Path) -> None:
    """Install a lock in `folder`, which appears complete or not at all."""
    for left in (folder, *ENVIRONMENTS.glob(".unfinished-*")):  # of runs that were killed: this one has the lock
        shutil.rmtree(left, ignore_errors=True)
    # Not in its place: pip may outlive a killed run, for some seconds, and must not write into what the next one makes.
    with tempfile.TemporaryDirectory(prefix=".unfinished-", dir=ENVIRONMENTS, ignore_cleanup_errors=True) as beside:
        made = Path(beside) / folder.name
        # Without a pip of its own, which takes as long to install as twenty packages, and is not in the lock.
        venv.create(made, symlinks=os.name != "nt")
        # Only wheels: what has none for this Python fails at once, and nothing is run to install.
        # Not compiled: the first build compiles what it imports, a fraction of all.
        how = ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--no-compile", "--disable-pip-version-check"]
        # Not quiet: the first line that nobody reads ends the pip of a run that was killed.
        command = [sys.executable, "-m", "pip", "--python", str(_python(made)), "install", *how, "-r", str(lock)]
        # What lies in a PYTHONPATH would count as installed.
        own = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        done = subprocess.run(command, env=own, capture_output=True, text=True, errors="replace", check=False)
        if done.returncode:
            lines = done.stderr.splitlines() or [f"exit code {done.returncode}"]
            problems = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
            raise Unavailable(f"pip says: {(problems or lines)[-1]}")
        # Commands of the environment still name the place that it was made in; `python -m` is all that is used.
        made.rename(folder)


def _remove_old() -> None:
    """Remove the environments that have not been used for the longest."""
    used = {path: path.stat().st_mtime for path in ENVIRONMENTS.iterdir() if path.is_dir() and path.name[0] != "."}
    for path in sorted(used, key=used.__getitem__, reverse=True)[MOST:]:
        if time.time() - used[path] > IN_USE:
            shutil.rmtree(path, ignore_errors=True)


def _python(folder: Path) -> Path:
    return folder / "Scripts" / "python.exe" if os.name == "nt" else folder / "bin" / "python"


def variables(place: Path, renderer: str) -> dict[str, str]:
    """Return the environment variables of a build that shall depend on nothing of this machine: a home and a place for
    temporary folders below `place`, UTF-8, and no commands but those that Quarto, a shell script, needs."""
    home, temporary = place / "home", place / "tmp"
    for folder in (home, temporary):
        folder.mkdir()
    quarto = shutil.which("quarto") if renderer != "pandoc" else None
    named = {
        # Pandoc comes as a wheel, which prefers a newer one of the system where it finds any.
        "PATH": os.pathsep.join([str(Path(quarto).parent), os.defpath]) if quarto else str(home),
        "HOME": str(home),
        "TMPDIR": str(temporary),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "PYTHONUTF8": "1",
    }
    if os.name == "nt":  # Python does not start there without its SYSTEMROOT, and has another name for the home
        named |= {"USERPROFILE": str(home), "SYSTEMROOT": os.environ["SYSTEMROOT"]}
    return named


@functools.cache
def without_network() -> tuple[str, ...]:
    """Return what to put before a command so that it reaches no network; nothing where this system has no such means.

    Linux lets root leave the network alone, and everybody else in most systems as root of a namespace of users.
    """
    unshare = shutil.which("unshare")
    for options in (["--net"], ["--map-root-user", "--net"]) if unshare else ():
        command = (str(unshare), *options)
        if subprocess.run([*command, sys.executable, "-c", ""], capture_output=True, check=False).returncode == 0:
            return command
    return ()
