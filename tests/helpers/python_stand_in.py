"""Stands in for a Python whose venv and pip take no time: notes what it is asked for, and can fail or be interrupted.

`make` writes it as a command. In its environment STAND_IN_LOG says where notes go, STAND_IN_PIP what happens to which
lock ("killed requirements.lock"), and STAND_IN_BUILD how a build ends."""

import json
import os
import shlex
import shutil
import signal
import sys
import time
from pathlib import Path


def make(folder: Path) -> Path:
    """Write the stand-in into `folder` as a command called `python`, and return it."""
    command = folder / "python"
    here = [shlex.quote(str(path)) for path in (sys.executable, Path(__file__).resolve())]
    command.write_text(f'#!/bin/sh\nexec {" ".join(here)} "$0" "$@"\n')
    command.chmod(0o755)
    return command


def answer(command: str, words: list[str]) -> None:
    if words[0] in ("-c", "make.py"):
        os.execv(sys.executable, [sys.executable, *words])
    with Path(os.environ["STAND_IN_LOG"]).open("a") as log:
        print(json.dumps(words), file=log)
    if words[:2] == ["-m", "venv"]:
        commands = Path(words[2]) / "bin"
        commands.mkdir(parents=True)
        shutil.copy(command, commands / "python")
    happening, _, lock = os.environ.get("STAND_IN_PIP", "").partition(" ")
    if words[:2] == ["-m", "pip"] and words[-1].endswith(lock):
        if happening == "fails":
            sys.exit(1)
        if happening == "killed":
            os.kill(os.getppid(), signal.SIGKILL)
        if happening == "stopped":
            with Path(os.environ["STAND_IN_LOG"]).open("a") as log:
                print(os.getpid(), file=log)
            os.kill(os.getppid(), signal.SIGTERM)
            time.sleep(60)
    if words[:2] == ["-m", "districtloss"]:
        sys.exit(int(os.environ.get("STAND_IN_BUILD", 0)))


if __name__ == "__main__":
    answer(sys.argv[1], sys.argv[2:])
