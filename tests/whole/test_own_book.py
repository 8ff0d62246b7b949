"""A data folder may bring chapters of its own: they are the book, and what they may not hold or say is a fault."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from districtloss.build import build, own_book
from districtloss.errors import Faults
from districtloss.files import report_folder
from districtloss.parameters import Parameters
from districtloss.paths import ROOT
from helpers import new_data

RATES = "chapters/loss-rates.qmd"


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder for which a book was begun."""
    folder = new_data.folder("one_of_each", tmp_path_factory.mktemp("begun") / "data")
    own_book.begin(folder, Parameters(), lambda _: None)
    return folder


@pytest.fixture
def folder(begun: Path, tmp_path: Path) -> Path:
    shutil.copytree(begun, tmp_path / "data")
    return tmp_path / "data"


def edit(folder: Path, name: str, change: Callable[[str], str]) -> None:
    path = folder / name
    path.write_text(change(path.read_text("utf-8")), "utf-8")


def built(folder: Path) -> Path:
    build.build(folder, folder.parent / "report", Parameters(), renderer="pandoc")
    return folder.parent / "report"


def faults(folder: Path) -> list[str]:
    with pytest.raises(Faults) as found:
        built(folder)
    assert not (folder.parent / "report").exists()
    return [str(fault) for fault in found.value.faults]


def text(page: Path) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page.read_text("utf-8")))


def test_the_chapters_of_a_begun_book_are_plain_and_make_the_report_that_there_was(begun: Path, tmp_path: Path) -> None:
    written = "".join(path.read_text("utf-8") for path in begun.rglob("*.qmd"))
    assert "<%" not in written and "{{< n gross_losses >}}" in written
    plain = new_data.folder("one_of_each", tmp_path / "plain")
    (tmp_path / "begun").mkdir()
    before = built(plain)
    shutil.copytree(begun, tmp_path / "begun" / "data")
    after = built(tmp_path / "begun" / "data")
    for page in ("index.html", "chapters/loss-rates.html", "chapters/choices.html"):
        # The digest is another: the package names the chapters.
        same = [re.sub(r"\b[0-9a-f]{12,64}\b", "DIGEST", text(report / page)) for report in (before, after)]
        assert same[0] == same[1], page


def test_an_edited_chapter_is_what_the_reader_reads_and_stands_in_the_manifest(folder: Path) -> None:
    edit(folder, RATES, lambda was: was + "\nOur own view: {{< n gross_losses >}} is {{< word country >}} alone.\n")
    report = built(folder)
    assert "Our own view: 1 is Afghanistan alone." in text(report / "chapters" / "loss-rates.html")
    digest = report_folder.manifest(report)
    assert digest and f"data/{RATES}" in digest["inputs"]
    edit(folder, RATES, lambda was: was.replace("Our own view", "Our view"))
    again = report_folder.manifest(built(folder))
    assert again and again["digest"] == digest["digest"], "words are no part of the content"
    assert "Our view: 1" in text(report / "chapters" / "loss-rates.html")


def test_chapters_and_works_of_ones_own_come_in_the_order_of_the_package(folder: Path) -> None:
    (folder / "chapters" / "view.qmd").write_text("# Our view {#sec-view}\n\nAs @nobody1999 says.\n", "utf-8")
    works = "@book{nobody1999, title = {Nothing}, author = {Nobody, Ann}, date = {1999}}\n"
    (folder / "chapters" / "ours.bib").write_text(works, "utf-8")
    package = json.loads((folder / "datapackage.json").read_text("utf-8"))
    package["districtloss:book"]["chapters"].insert(0, "chapters/view.qmd")
    (folder / "datapackage.json").write_text(json.dumps(package), "utf-8")
    report = built(folder)
    page = text(report / "chapters" / "view.html")
    assert "1 Our view" in page and "As Nobody (1999) says." in page


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("So {{< n gross_loses >}}.", "unknown number 'gross_loses', gross_losses?"),
        ("<script>alert(1)</script>", "raw html, which no chapter of a data folder may hold, write it in Markdown"),
        ("<img src=x onerror=alert(1)>", "raw html, which no chapter of a data folder may hold"),
        ('`#read("/etc/passwd")`{=typst}', "raw typst, which no chapter of a data folder may hold"),
        (
            "[x](javascript:alert(1))",
            "the target 'javascript:alert(1)' leads out of the report, #ID, /results/…, https",
        ),
        ("![x](/etc/passwd){fig-alt='x'}", "the target '/etc/passwd' leads out of the report"),
        ("![x](../secret.svg){fig-alt='x'}", "the target '../secret.svg' leads out of the report"),
        ("[x]{onclick='alert(1)'}", "the attribute 'onclick' is outside the book's subset"),
        ("::: {style='position: fixed'}\nx\n:::", "the attribute 'style' is outside the book's subset"),
        ("```{python}\n1\n```", "a cell to be executed"),
        ("{{< include ../secret.md >}}", "unknown shortcode 'include'"),
        ("{{< env HOME >}}", "unknown shortcode 'env'"),
    ],
)
def test_what_a_chapter_of_a_folder_may_not_hold_is_a_fault_with_its_line(folder: Path, line: str, fault: str) -> None:
    edit(folder, RATES, lambda was: f"{was}\n{line}\n")
    row = (folder / RATES).read_text("utf-8").split(line)[0].count("\n") + 1
    found = faults(folder)
    assert any(f.startswith(f"{RATES}:{row}: {fault}") for f in found), found


def test_front_matter_beyond_what_a_chapter_may_set_is_a_fault(folder: Path) -> None:
    edit(folder, RATES, lambda was: f"---\nfilters: [evil.lua]\nholds: [named losses]\n---\n\n{was}")
    assert faults(folder) == [f"{RATES}:2: filters: is front matter that no chapter may set, title, description, holds"]


def test_a_condition_that_does_not_hold_is_a_fault_and_replaces_nothing(folder: Path) -> None:
    edit(folder, RATES, lambda was: f"---\nholds: [audited, named losses]\n---\n\n{was}")
    assert faults(folder) == [
        f"{RATES}:2: holds: 'audited' does not hold: these tables were not checked against the texts, "
        "change what the chapter says of it, and drop the condition"
    ]


def test_the_order_names_each_chapter_once(folder: Path) -> None:
    package = json.loads((folder / "datapackage.json").read_text("utf-8"))
    package["districtloss:book"]["chapters"] = ["chapters/events.qmd", "chapters/events.qmd", "../x.qmd"]
    package["districtloss:book"]["appendices"] = []
    (folder / "datapackage.json").write_text(json.dumps(package), "utf-8")
    found = faults(folder)
    assert "datapackage.json: districtloss:book: '../x.qmd' is no chapter of the folder" in found[0]
    assert any("'chapters/events.qmd' is listed 2 times" in fault for fault in found)
    assert any("'chapters/methods.qmd' is listed 0 times" in fault for fault in found)


def test_a_book_is_not_begun_over_another(begun: Path) -> None:
    with pytest.raises(Faults, match="is there: the folder has a book, move it away to begin a new one"):
        own_book.begin(begun, Parameters(), lambda _: None)


def test_a_folder_of_the_examples_has_a_book_and_builds(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples" / "own-book", tmp_path / "data")
    report = built(tmp_path / "data")
    assert "Norland" in text(report / "index.html")
