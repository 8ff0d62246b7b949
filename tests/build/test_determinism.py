"""Same inputs, same bytes: a build in another folder, zone, locale, hash order, home and year is the same build."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from districtloss.files import digest
from districtloss.paths import ROOT

INPUTS = (
    "_extensions",
    "analysis",
    "chapters",
    "data",
    "CITATION.cff",
    "_quarto.yml",
    "index.qmd",
    "requirements.lock",
)
# Answers every question for the time with one that lies four years ahead.
CLOCK = """
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
int clock_gettime(clockid_t clock, struct timespec *t) {
  int answer = syscall(SYS_clock_gettime, clock, t);
  if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) t->tv_sec += 126230400;
  return answer;
}
int gettimeofday(struct timeval *restrict t, void *restrict zone) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  t->tv_sec = now.tv_sec;
  t->tv_usec = now.tv_nsec / 1000;
  return 0;
}
time_t time(time_t *t) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (t) *t = now.tv_sec;
  return now.tv_sec;
}
"""


def build(project: Path, target: Path, renderer: str, **environment: str) -> dict[str, str]:
    """Build in a process with a bare environment and return the hashes of all that came out."""
    command = [sys.executable, "-m", "districtloss", "build", "--quiet", "--renderer", renderer, "--output", target]
    bare = {"PATH": os.environ["PATH"], "PYTHONPATH": str(project / "analysis")}
    done = subprocess.run(
        command, cwd=project, env=bare | environment, umask=int(environment.get("UMASK", "022"), 8),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return digest.tree(target)


def copy(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name in INPUTS:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            shutil.copyfile(source, folder / name)
    return folder


def hostile(folder: Path) -> dict[str, str]:
    """An environment that differs in all that programs listen to, with settings of its user's own."""
    home = folder / "home"
    startup = home / ".ipython" / "profile_default" / "startup"
    kernel = home / ".local" / "share" / "jupyter" / "kernels" / "python3"
    for made in (startup, kernel, folder / "temporary files"):
        made.mkdir(parents=True)
    narrow = "import pandas\npandas.set_option('display.max_rows', 3, 'display.precision', 1, 'display.width', 20)\n"
    (startup / "00-mine.py").write_text(narrow, "utf-8")
    (home / "start.py").write_text(narrow, "utf-8")
    (kernel / "kernel.json").write_text('{"argv": ["false"], "display_name": "Mine", "language": "python"}', "utf-8")
    fonts = home / ".local" / "share" / "fonts"
    fonts.mkdir(parents=True)
    environment = {
        "HOME": str(home),
        "TMPDIR": str(folder / "temporary files"),
        "PYTHONSTARTUP": str(home / "start.py"),
        "TZ": "Pacific/Kiritimati",
        "LC_ALL": "C",
        "LANGUAGE": "de",
        "PYTHONHASHSEED": "4711",
        "COLUMNS": "20",
        "LINES": "3",
        "UMASK": "077",
    }
    compiler = shutil.which("cc")
    if compiler and sys.platform == "linux":
        (folder / "clock.c").write_text(CLOCK, "utf-8")
        subprocess.run([compiler, "-shared", "-fPIC", "-o", folder / "clock.so", folder / "clock.c"], check=True)
        environment["LD_PRELOAD"] = str(folder / "clock.so")
    return environment


@pytest.mark.slow
@pytest.mark.parametrize("renderer", ["pandoc", pytest.param("quarto", marks=pytest.mark.quarto)])
def test_two_builds_are_the_same_bytes_however_their_surroundings_differ(tmp_path: Path, renderer: str) -> None:
    if renderer == "quarto" and not shutil.which("quarto"):
        pytest.skip("Quarto is not on the PATH")
    plain = {"HOME": os.environ.get("HOME", "/"), "LC_ALL": "C.UTF-8", "TZ": "UTC", "PYTHONHASHSEED": "0"}
    here = build(ROOT, tmp_path / "here", renderer, **plain)
    there = build(copy(tmp_path / "ein änderer Ort"), tmp_path / "out there", renderer, **hostile(tmp_path / "x"))
    assert {"index.html", "report.pdf", "results/values.json", "manifest.json"} <= here.keys()
    assert {path for path in here.keys() | there.keys() if here.get(path) != there.get(path)} == set()
