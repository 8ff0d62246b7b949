"""Whoever calls may have closed a stream, may stop to read it, or may have given a full disk for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from districtloss.files import report_folder
from helpers.new_data import folder

COMMAND = f"{sys.executable} -m districtloss"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder("one_event", tmp_path_factory.mktemp("data"))


def _sh(command: str, place: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["sh", "-c", command], capture_output=True, text=True, cwd=place, check=False)


@pytest.mark.parametrize("how", [">&-", "| head -1", "> /dev/full", "2>&-"])
def test_a_build_goes_on_though_nobody_hears_of_it(data: Path, tmp_path: Path, how: str):
    done = _sh(f"{COMMAND} build --renderer pandoc --data {data} --output report {how}", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert report_folder.manifest(tmp_path / "report")


def test_an_answer_that_cannot_be_written_is_told(data: Path, tmp_path: Path):
    done = _sh(f"{COMMAND} check --data {data} > /dev/full", tmp_path)
    assert done.returncode == 2
    assert done.stderr == "standard output: cannot be written (No space left on device)\n"


def test_faults_are_never_told_on_the_other_stream(tmp_path: Path):
    done = _sh(f"{COMMAND} check --data there 2>&-", tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
