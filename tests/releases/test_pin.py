"""Pinning a version in a checkout of its own, and what becomes of it: whole or not at all, and never changed."""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from lxml import html
from pypdf import PdfReader

from districtloss.errors import Faults
from districtloss.files import digest, report_folder
from districtloss.paths import RELEASES, ROOT
from districtloss.releases import environment, integrity, page, pin, pinned_source, versions
from helpers.pinned import pinned
from helpers.processes import until

PROJECT = ("_extensions", "analysis", "chapters", "data", "CHANGELOG.md", "CITATION.cff", "_quarto.yml", "index.qmd",
           "requirements.lock", ".gitignore", ".gitattributes")  # fmt: skip


# --- what is pinned here -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", list(map(str, versions.released())))
def test_a_version_that_is_pinned_here_matches_its_manifest(version: str) -> None:
    assert integrity.check(RELEASES / version) == []


@pytest.mark.parametrize("version", list(map(str, versions.released())))
def test_no_commit_has_touched_a_file_of_a_version_once_it_was_pinned(version: str) -> None:
    log = ["git", "-C", ROOT, "log", "--diff-filter=a", "--format=", "--name-status", "--", f"releases/{version}"]
    done = subprocess.run(log, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("not a git checkout")
    assert done.stdout.split("\n\n") == [""]


def test_no_build_writes_into_the_folder_of_pinned_versions(tmp_path: Path) -> None:
    for target in (RELEASES, RELEASES / "1.0.0", RELEASES / "1.0.0" / "results", RELEASES / "new"):
        with pytest.raises(Faults, match="never changes"):
            report_folder.check_ours(target)


def test_no_build_takes_a_copy_of_a_pinned_version_for_a_report_to_replace(tmp_path: Path) -> None:
    with pytest.raises(Faults, match="did not make"):
        report_folder.check_ours(pinned(tmp_path / "copy"))


# --- versions ------------------------------------------------------------------------------------------------------


def test_versions_are_listed_newest_first_by_their_precedence_and_not_as_text(tmp_path: Path) -> None:
    for name in ("1.0.0", "1.10.0", "1.9.0", "2.0.0-rc.1", "latest", "1.0"):
        (tmp_path / name).mkdir()
    (tmp_path / "3.0.0").write_text("a file", "utf-8")
    assert list(map(str, versions.released(tmp_path))) == ["2.0.0-rc.1", "1.10.0", "1.9.0", "1.0.0"]


def test_the_section_of_a_version_is_found_in_the_changelog() -> None:
    log = "# Log\n\n## [Unreleased]\n\n## [1.1.0] - 2026-01-02\n\n### Added\n- B.\n\n## [1.0.0] - 2026-01-01\n- A.\n"
    assert versions.changes(log, "1.1.0") == "### Added\n- B."
    assert versions.changes(log, "1.0.0") == "- A."
    assert versions.changes(log, "1.1") == ""


def test_version_and_day_are_written_where_they_stand_and_nowhere_else(tmp_path: Path) -> None:
    project = copied(tmp_path)
    pinned_source.set_version(project, "9.8.7", dt.date(2031, 2, 3))
    changed = {path for path in digest.tree(project) if (project / path).read_bytes() != (ROOT / path).read_bytes()}
    assert changed == {"analysis/districtloss/__init__.py", "CITATION.cff", "CHANGELOG.md"}
    assert '__version__ = "9.8.7"' in (project / "analysis/districtloss/__init__.py").read_text("utf-8")
    citation = (project / "CITATION.cff").read_text("utf-8")
    assert citation.count('version: "9.8.7"') == citation.count('date-released: "2031-02-03"') == 2
    assert "cff-version: 1.2.0" in citation
    assert "## [Unreleased]\n\n## [9.8.7] - 2031-02-03\n" in (project / "CHANGELOG.md").read_text("utf-8")


def test_parameters_go_to_another_process_and_come_back_as_they_were() -> None:
    from districtloss import parameters

    given = parameters.parse({"as_of": "2021-07-01", "net": "true", "attribution": "witnesses", "D03": "since_4_june"})
    assert parameters.parse(pinned_source.settings(given.for_notebooks())) == given
    assert parameters.parse(pinned_source.settings(parameters.Parameters().for_notebooks())) == parameters.Parameters()


def test_a_failure_on_the_last_step_leaves_everything_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = copied(tmp_path)
    for name, path in {"ROOT": ".", "CITATION": "CITATION.cff", "CHANGELOG": "CHANGELOG.md"}.items():
        monkeypatch.setattr(pinned_source, name, project / path)
        monkeypatch.setattr(pin, name, project / path, raising=False)
    monkeypatch.setattr(pinned_source, "VERSION_FILE", project / "analysis" / "districtloss" / "__init__.py")
    monkeypatch.setattr(pin, "RELEASES", project / "releases")
    monkeypatch.setattr(page, "files", lambda: [project / "releases" / "index.html"])
    (project / "releases").mkdir()
    before = digest.tree(project)

    def write_half() -> None:
        (project / "releases" / "index.html").write_text("half", "utf-8")
        raise OSError("the disk is full")

    monkeypatch.setattr(page, "write", write_half)
    work = pinned(tmp_path / "work" / "9.0.0", "9.0.0")
    with pytest.raises(OSError, match="full"):
        pin._put_in_place(work, "9.0.0", dt.date(2031, 1, 1))
    assert digest.tree(project) == before


# --- a life in a checkout ------------------------------------------------------------------------------------------


def copied(folder: Path) -> Path:
    project = folder / "project"
    project.mkdir()
    for name in PROJECT:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, project / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            shutil.copyfile(ROOT / name, project / name)
    return project


class Checkout:
    """A Git checkout of the project, with the commands of its own code."""

    def __init__(self, folder: Path) -> None:
        self.root = copied(folder)
        # What a rebuild runs in is installed once for all checkouts, and takes a minute.
        environment.ENVIRONMENTS.mkdir(parents=True, exist_ok=True)
        (self.root / "build" / "cache").mkdir(parents=True)
        (self.root / "build" / "cache" / environment.ENVIRONMENTS.name).symlink_to(environment.ENVIRONMENTS)
        self.git("init", "--quiet", "--initial-branch=main")
        self.commit("As it is")

    def git(self, *arguments: str) -> str:
        who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
        command = ["git", "-C", str(self.root), *who, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def commit(self, message: str) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "-m", message)

    def run(self, *arguments: str) -> tuple[int, str, str]:
        environment = os.environ | {"PYTHONPATH": str(self.root / "analysis")}
        command = [sys.executable, "-m", "districtloss", *arguments]
        done = subprocess.run(command, cwd=self.root, env=environment, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    def edit(self, table: str, row: str, **cells: str) -> None:
        path = self.root / "data" / f"{table}.csv"
        with path.open(encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines))
        (found,) = [r for r in rows if next(iter(r.values())) == row]
        found.update(cells)
        with path.open("w", encoding="utf-8", newline="") as lines:
            writer = csv.DictWriter(lines, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout with two pinned versions, the second after one event and one claim were edited."""
    made = Checkout(tmp_path_factory.mktemp("checkout"))
    assert made.run("release", "7.0.0", "--date", "2030-01-31", "--renderer", "pandoc")[0] == 0
    made.commit("Version 7.0.0")
    made.edit("events", "E003", event_type="assault")
    made.edit("claims", "C012", value_low="90", value_high="90")
    made.commit("Two edits")
    code, _, told = made.run("release", "7.1.0", "--date", "2030-02-28", "--renderer", "pandoc")
    assert code == 0, told
    made.commit("Version 7.1.0")
    return made


@pytest.mark.slow
def test_every_page_and_every_sheet_carries_version_and_short_digest(checkout: Checkout) -> None:
    folder = checkout.root / "releases" / "7.0.0"
    short = versions.manifest(folder)["digest"][: digest.SHORT]
    pages = [folder / "index.html", *(folder / "chapters").glob("*.html")]
    sheets = [sheet.extract_text() for sheet in PdfReader(folder / "report.pdf").pages]
    assert len(pages) > 5
    assert len(sheets) > 5
    for text in [*(html.parse(str(path)).getroot().text_content() for path in pages), *sheets]:
        assert re.search(r"(?i)\bversion 7\.0\.0\b", text)
        assert short in text
    assert "31 January 2030" in html.parse(str(folder / "index.html")).getroot().text_content()


@pytest.mark.slow
def test_a_pinned_version_holds_report_data_source_and_citation(checkout: Checkout) -> None:
    folder = checkout.root / "releases" / "7.0.0"
    manifest = versions.manifest(folder)
    there = digest.tree(folder)
    assert manifest["outputs"] == {path: h for path, h in there.items() if path not in versions.UNLISTED}
    assert {"index.html", "report.pdf", "results/values.json", "data/datapackage.json", "source.zip"} <= there.keys()
    assert {f"data/{path}" for path in digest.tree(ROOT / "data")} <= there.keys()
    assert 'version: "7.0.0"' in (folder / "CITATION.cff").read_text("utf-8")
    with zipfile.ZipFile(folder / "source.zip") as archive:
        assert b'"7.0.0"' in archive.read("analysis/districtloss/__init__.py")
        assert not [name for name in archive.namelist() if name.startswith(("data/", "releases/", "tests/", "build/"))]
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) < 8e6


@pytest.mark.slow
def test_the_checkout_is_at_the_version_that_was_pinned_last(checkout: Checkout) -> None:
    assert '"7.1.0"' in (checkout.root / "analysis" / "districtloss" / "__init__.py").read_text("utf-8")
    log = (checkout.root / "CHANGELOG.md").read_text("utf-8")
    assert log.index("## [Unreleased]") < log.index("## [7.1.0] - 2030-02-28") < log.index("## [7.0.0] - 2030-01-31")


@pytest.mark.slow
def test_the_list_has_the_newest_version_first_and_every_link_leads_somewhere(checkout: Checkout) -> None:
    releases = checkout.root / "releases"
    page = html.parse(str(releases / "index.html")).getroot()
    assert [heading.text_content() for heading in page.xpath("//h2/a")] == ["Version 7.1.0", "Version 7.0.0"]
    assert not [link for link in page.xpath("//a/@href") if not (releases / link).is_file()]
    for redirect in (releases / "latest").rglob("*.html"):
        (target,) = html.parse(str(redirect)).getroot().xpath("//a/@href")
        leads_to = (redirect.parent / target).resolve()
        assert leads_to.is_file()
        assert "7.1.0" in leads_to.parts
    assert (releases / "latest" / "chapters" / "methods.html").is_file()


@pytest.mark.slow
def test_the_newer_version_carries_who_changed_what_since_the_older(checkout: Checkout) -> None:
    folder = checkout.root / "releases" / "7.1.0"
    found = json.loads((folder / "diff.json").read_text("utf-8"))
    causes = {number["name"]: number["because"] for number in found["numbers"]}
    assert [cause["of"] for cause in causes["gross_losses"]] == [["events E003 (edited)"]]
    assert [cause["of"] for cause in causes["pentagon_districts"]] == [["claims C012 (edited)"]]
    assert {row["id"] for row in found["rows"]["edited"]} == {"E003", "C012"}
    assert "E003" in (folder / "diff.html").read_text("utf-8")


@pytest.mark.slow
def test_a_pinned_version_can_be_made_again_to_the_byte(checkout: Checkout) -> None:
    code, told, _ = checkout.run("verify", "7.0.0", "--rebuild")
    assert (code, told.splitlines()[-1]) == (0, "7.0.0: identical")


@pytest.mark.slow
def test_a_version_that_does_not_match_is_told_with_exit_code_1(checkout: Checkout) -> None:
    page = checkout.root / "releases" / "7.0.0" / "index.html"
    whole = page.read_bytes()
    try:
        page.write_bytes(whole + b" ")
        code, told, _ = checkout.run("verify", "7.0.0")
        cited = checkout.run("cite", "7.0.0")
    finally:
        page.write_bytes(whole)
    assert code == 1
    assert told.splitlines()[0] == "index.html: changed"
    assert cited[0] == 2 and "is not as it was made, `districtloss verify 7.0.0` tells what has changed" in cited[2]
    assert checkout.run("cite", "7.0.0")[0] == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("version", "more", "told"),
    [
        ("7.1.0", (), "7.1.0: is pinned already, and never changes"),
        ("7.0.9", (), "7.0.9: is not newer than 7.1.0"),
        ("7.2", (), "7.2: is not a semantic version"),
        ("v7.2.0", (), "v7.2.0: is not a semantic version"),
        ("7.2.0", ("--date", "yesterday"), "--date: 'yesterday' is not a day"),
        ("7.2.0", ("--date", "2029-01-01"), "--date: 2029-01-01 is before 2030-02-28"),
        ("7.2.0", ("--doi", "zenodo"), "--doi: 'zenodo' is no DOI"),
        ("7.2.0", ("--date", "2030-03-01", "--sources", "nowhere"), "nowhere: is not a folder"),
    ],
)
def test_what_cannot_be_pinned_is_one_line_and_exit_code_2(
    checkout: Checkout, version: str, more: tuple[str, ...], told: str
) -> None:
    code, out, err = checkout.run("release", version, *more, "--quiet")
    assert (code, out) == (2, "")
    assert err.startswith(told)
    assert err.count("\n") == 1
    assert checkout.git("status", "--porcelain") == ""


@pytest.mark.slow
def test_a_tree_with_changes_is_refused_file_by_file(checkout: Checkout) -> None:
    new, changed = checkout.root / "data" / "new.csv", checkout.root / "index.qmd"
    whole = changed.read_bytes()
    try:
        new.write_text("", "utf-8")
        changed.write_bytes(whole + b"\n")
        code, _, err = checkout.run("release", "7.2.0", "--date", "2030-03-01", "--quiet")
    finally:
        new.unlink()
        changed.write_bytes(whole)
    assert code == 2
    assert [line.split(":")[0] for line in err.splitlines()] == ["data/new.csv", "index.qmd"]


@pytest.mark.slow
def test_data_with_a_fault_are_told_as_by_check_and_pin_nothing(checkout: Checkout) -> None:
    checkout.edit("events", "E002", date_latest="soon")
    checkout.commit("A fault")
    try:
        code, _, err = checkout.run("release", "7.2.0", "--date", "2030-03-01", "--quiet")
        assert code == 2
        assert err == checkout.run("check")[2]
        assert "events.csv:3: date_latest: 'soon' is not an ISO date" in err
        assert checkout.git("status", "--porcelain") == ""
        assert sorted(p.name for p in (checkout.root / "releases").iterdir()) == [
            "7.0.0",
            "7.1.0",
            "index.html",
            "latest",
        ]
    finally:
        checkout.git("reset", "--quiet", "--hard", "HEAD~1")


def test_the_build_of_a_release_that_is_stopped_is_asked_to_end_and_waited_for(tmp_path: Path) -> None:
    code = f"""
import signal, sys
from pathlib import Path
from districtloss.releases import pinned_source
signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
try:
    python = {str(tmp_path / "slow")!r}
    pinned_source.run_build(Path({str(tmp_path)!r}), Path("target"), "pandoc", {{}}, python=[python])
finally:
    print(Path({str(tmp_path / "ended")!r}).exists())
"""
    slow = tmp_path / "slow"
    slow.write_text(f"#!/bin/sh\ntrap 'sleep 0.5; touch {tmp_path}/ended; exit 143' TERM\ntouch {tmp_path}/began\n"
                    "while :; do sleep 0.1; done\n")  # fmt: skip
    slow.chmod(0o755)
    running = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    until(lambda: (tmp_path / "began").exists() or running.poll() is not None)
    running.terminate()
    assert running.communicate()[0] == "True\n"
    assert running.returncode == 143
