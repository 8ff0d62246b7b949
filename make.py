"""Decides how .venv is made, and what is run in it: `python make.py` lists the commands, and the Makefile calls them.

Needs nothing but the standard library, a Python of 3.11 or newer and a package registry, and installs nothing outside
this folder. An older Python (3.8 or newer) can start it, to have it look for a newer one or say what is missing."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
PIP = (PYTHON, "-m", "pip", "--disable-pip-version-check")
# Without what .venv holds, for a stale .venv cannot make its successor.
OUTSIDE = os.pathsep.join(p for p in os.environ.get("PATH", os.defpath).split(os.pathsep) if Path(p) != BIN)

REPORT, TEST, LAB = "requirements.lock", "requirements-test.lock", "requirements-lab.lock"
PROJECT = "pyproject.toml"  # what districtloss itself is installed by
# What is installed: the folder that .venv was made in, and a digest of each file that it was made by.
STAMP = VENV / "installed.json"
UNFINISHED = "unfinished"

QUARTO_VERSION = "1.10.19"
QUARTO_PAGE = "https://github.com/quarto-dev/quarto-cli/releases"
QUARTO_LOG = VENV / "quarto.log"
NO_QUARTO = VENV / "quarto-not-to-be-had"


# --- set-up --------------------------------------------------------------------------------------------------------


def set_up(*locks: str) -> None:
    """Bring .venv to what requirements.lock and other `locks` pin, and install the project itself in it.

    Locks agree on the versions of what they share (a test holds them to it), so one can be installed over another.
    One that has changed, or whose installation was interrupted, has .venv made anew: pip would leave behind what is no
    longer wanted, and take half a package for a whole one."""
    wanted = {name: digest(name) for name in (REPORT, *locks)}
    done = installed()
    if REPORT not in done or any(done.get(name, pins) != pins for name, pins in wanted.items()):
        make_environment()
        done = {}
    for name in wanted:
        if name not in done:
            say(f"Set-up: installing the packages of {name} (a minute or two, this once).")
            # Nothing is compiled ahead: what a report imports is compiled by its first run in 6 s of processor time,
            # all of it would take 36 s and 130 MB.
            install(done, name, "--no-compile", "--require-hashes", "-r", ROOT / name)
    if done.get(PROJECT) != digest(PROJECT):
        say("Set-up: installing districtloss itself.")
        install(done, PROJECT, "--no-build-isolation", "-e", ROOT)


def digest(name: str) -> str:
    return hashlib.sha256((ROOT / name).read_bytes()).hexdigest()


def installed() -> dict[str, str]:
    """Return the digest of each file that .venv was made by; nothing, if .venv was moved or its Python went away."""
    try:
        done = json.loads(STAMP.read_text("utf-8"))
        works = done.pop("folder") == str(ROOT) and run(PYTHON, "-c", "") == 0
    except (OSError, ValueError, KeyError):
        return {}
    return done if works else {}


def install(done: dict[str, str], name: str, *what: object) -> None:
    """Have pip install `what` the file `name` asks for, and note in `done` and on disk that this is done."""
    write_stamp({**done, name: UNFINISHED})
    if run(*PIP, "install", "-qq", "--no-deps", *what):
        write_stamp(done)  # pip itself puts back what it has begun to replace, and what was here before still works
        sys.exit(f"Set-up: pip could not install what {name} asks for; its words above tell why.")
    done[name] = digest(name)
    write_stamp(done)


def write_stamp(done: dict[str, str]) -> None:
    STAMP.write_text(json.dumps({"folder": str(ROOT), **done}, indent=1), "utf-8")


def make_environment() -> None:
    """Make .venv anew, with nothing in it but pip."""
    python, version = find_python()
    say(f"Set-up: making .venv with Python {version}.")
    try:
        if VENV.is_symlink():  # what it leads to is another's
            VENV.unlink()
        elif VENV.exists():
            STAMP.unlink(missing_ok=True)
            shutil.rmtree(VENV)
    except OSError as error:
        sys.exit(f"Set-up: the old .venv cannot be removed: {error}. Close what runs in it, and start outside of it.")
    if run(python, "-m", "venv", VENV):
        sys.exit(f"Set-up: {python} could not make .venv; its words above tell why.")


def find_python() -> tuple[str, str]:
    """Return the first Python that can make an environment, and its version.

    The one that runs this comes first, if the pins are tested with it; PYTHONS, a list in the environment, comes
    before everything."""
    this = [sys.executable] if sys.version_info[:2] in {(3, 11), (3, 12), (3, 13)} else []
    names = [*this, "python3.13", "python3.12", "python3.11", sys.executable, "python3", "python"]
    seen = {}
    for name in os.environ.get("PYTHONS", "").split() or names:
        python = shutil.which(name, path=OUTSIDE)
        if python is None or python in seen or Path(python).parent == BIN:
            continue
        # The environment gets its pip from ensurepip, which Debian packs apart.
        probe = "import sys; print('%d.%d.%d' % sys.version_info[:3]); import ensurepip, venv"
        answer = subprocess.run([python, "-c", probe], capture_output=True, text=True, check=False)
        version = re.fullmatch(r"(\d+)\.(\d+)\.\d+", answer.stdout.strip())
        if version is None:
            seen[python] = "does not start"
        elif (int(version[1]), int(version[2])) < (3, 11):
            seen[python] = f"is Python {version[0]}"
        elif answer.returncode:
            package = f"python{version[1]}.{version[2]}-venv"
            seen[python] = f"comes without ensurepip (on Debian and Ubuntu: apt-get install {package})"
        else:
            return python, version[0]
    found = "".join(f"\n  {python} {why}" for python, why in seen.items()) or " none"
    sys.exit(
        f"Set-up: needs Python 3.11 or newer with venv and ensurepip. Found:{found}\n"
        "Another can be named: PYTHONS=/path/to/python"
    )


# --- commands ------------------------------------------------------------------------------------------------------


def report(arguments: list[str]) -> None:
    """build the report [DATA=folder] [OUTPUT=folder] [ARGS="other options of districtloss build"]"""
    set_up()
    if not quarto_version() and not NO_QUARTO.exists() and os.access(VENV, os.W_OK):
        install_quarto()
    version = quarto_version()
    if version:
        say(f"Report: the renderer is Quarto {version}.")
    else:
        say("Report: the renderer is Pandoc with Typst, as Quarto is not here ('make quarto' tries to install it).")
    become(PYTHON, "-m", "districtloss", "build", *option("DATA"), *option("OUTPUT"), *arguments)


def check(arguments: list[str]) -> None:
    """list every fault in the data [DATA=folder]"""
    set_up()
    become(PYTHON, "-m", "districtloss", "check", *option("DATA"), *arguments)


def test(arguments: list[str]) -> None:
    """run the linters and all tests [ARGS="options of pytest"]"""
    lint([])
    os.chdir(ROOT)
    become(PYTHON, "-m", "pytest", "-n", "2", "--dist", "loadfile", *arguments)


def lab(arguments: list[str]) -> None:
    """open the notebooks in JupyterLab [ARGS="options of jupyter lab"]"""
    set_up(LAB)
    become(PYTHON, "-m", "jupyterlab", ROOT / "analysis" / "notebooks", *arguments)


def quarto(arguments: list[str]) -> None:
    """install Quarto into .venv, if its release page can be reached"""
    set_up()
    if quarto_version():
        say(f"Quarto {quarto_version()} is here already.")
    elif not install_quarto():
        sys.exit(1)


def lint(arguments: list[str]) -> None:
    """check style and types"""
    set_up(TEST)
    for command in (("ruff", "check"), ("ruff", "format", "--check"), ("mypy",)):
        run_or_exit(PYTHON, "-m", *command)


def format_code(arguments: list[str]) -> None:
    """put code and notebooks into the project's form"""
    set_up(TEST)
    notebooks = sorted((ROOT / "analysis" / "notebooks").glob("*.ipynb"))
    for command in (("ruff", "check", "--fix"), ("ruff", "format"), ("nbstripout", "--keep-id", *notebooks)):
        run_or_exit(PYTHON, "-m", *command)


def clean(arguments: list[str]) -> None:
    """remove build/ and caches (.venv stays)"""
    for name in ("build", ".quarto", "_book", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis"):
        shutil.rmtree(ROOT / name, ignore_errors=True)


COMMANDS = {
    "report": report,
    "test": test,
    "lab": lab,
    "quarto": quarto,
    "check": check,
    "lint": lint,
    "format": format_code,
    "clean": clean,
}


def install_quarto() -> bool:
    """Try to install Quarto into .venv, and return whether that went well; what went wrong is in a log."""
    say(f"Set-up: trying to install Quarto {QUARTO_VERSION}.")
    NO_QUARTO.unlink(missing_ok=True)
    with QUARTO_LOG.open("w", encoding="utf-8") as log:
        try:
            # The package downloads from this page without a limit of time, so the page is asked first.
            urllib.request.urlopen(QUARTO_PAGE, timeout=10).close()
            # Its dependencies are for its Jupyter engine, which a book without code cells does not start.
            what = ("--no-deps", "--no-build-isolation", f"quarto-cli=={QUARTO_VERSION}")
            subprocess.run([*PIP, "install", *what], stdout=log, stderr=log, check=True)
            if quarto_version():
                say("Set-up: Quarto is installed.")
                return True
        except (OSError, subprocess.CalledProcessError) as error:
            print(error, file=log)
        subprocess.run([*PIP, "uninstall", "-qq", "--yes", "quarto-cli"], stdout=log, stderr=log, check=False)
    NO_QUARTO.touch()
    say("Set-up: Quarto cannot be installed here; the end of .venv/quarto.log tells why.")
    return False


def quarto_version() -> str:
    """Return the version of the Quarto on the PATH; nothing, if there is none or it does not start."""
    found = shutil.which("quarto")
    return subprocess.run([found, "--version"], stdout=subprocess.PIPE, text=True).stdout.strip() if found else ""


# --- running -------------------------------------------------------------------------------------------------------


def say(text: str) -> None:
    print(text, flush=True)


def run(*command: object) -> int:
    return subprocess.run(list(map(str, command)), cwd=ROOT, check=False).returncode


def run_or_exit(*command: object) -> None:
    code = run(*command)
    if code:
        sys.exit(code)


def become(*command: object) -> None:
    """Go on as another program, which then gets every signal and gives the exit code itself."""
    words = list(map(str, command))
    if os.name != "nt":
        os.execv(words[0], words)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # there a process cannot be replaced; the other one gets Ctrl-C too
    sys.exit(subprocess.run(words, check=False).returncode)


def option(name: str) -> list[str]:
    value = os.environ.get(name)
    return [f"--{name.lower()}", value] if value else []


def main(words: list[str]) -> None:
    """Carry out a command. NAME=value after it is heard as `make` hears it: over what the environment says."""
    settings = [word for word in words if re.match(r"(DATA|OUTPUT|ARGS|PYTHONS)=", word)]
    commands = [word for word in words if word not in settings]
    if not commands:
        say("make COMMAND, or without make: python make.py COMMAND")
        for name, command in COMMANDS.items():
            say(f"  {name:8}{command.__doc__}")
        return
    if len(commands) > 1 or commands[0] not in COMMANDS:
        print(f"make.py: needs one of {', '.join(COMMANDS)}, not: {' '.join(commands)}", file=sys.stderr)
        sys.exit(2)
    for name, _, value in (word.partition("=") for word in settings):
        os.environ[name] = value
    # So that Quarto, Papermill and the tests find what is installed in .venv.
    os.environ["PATH"] = f"{BIN}{os.pathsep}{OUTSIDE}"
    # Whoever ends this ends pip too, which would go on in a .venv that the next run clears away.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    arguments = os.environ.get("ARGS", "")
    # In paths of Windows a backslash quotes nothing.
    COMMANDS[commands[0]](shlex.split(arguments.replace("\\", "\\\\") if os.name == "nt" else arguments))


if __name__ == "__main__":
    main(sys.argv[1:])
