"""Chapters that are kept: the same bytes as without them, and no more of them made again than need be."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from districtloss.errors import Faults
from districtloss.files.cache import Cache
from districtloss.render import renderers
from helpers import sample_book

ALL = {"index", "rates", "methods", "sources", "rows", "numbers"}
METHODS = "chapters/methods.qmd"


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sample book that was rendered once, with what is kept of it."""
    folder = tmp_path_factory.mktemp("kept")
    renderers.render(sample_book.make(folder / "stage"), folder / "out", cache=Cache(folder / "pages", most=99))
    return folder


@pytest.fixture
def rendered(first: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(first, tmp_path / "copy"))


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def written(pages: Path) -> dict[str, int]:
    return {p.name: p.stat().st_mtime_ns for p in pages.iterdir()}


def made_again(pages: Path, before: dict[str, int]) -> dict[str, set[str]]:
    """The chapters that are made anew, by edition."""
    fresh = [name for name, time in written(pages).items() if before.get(name) != time]
    return {
        edition: {name for name in ALL if any(n.startswith(f"{edition}-") and f"{name}-qmd" in n for n in fresh)}
        for edition in ("html", "typst")
    }


def replaced(name: str, old: str, new: str) -> Callable[[Path], None]:
    def edit(stage: Path) -> None:
        text = (stage / name).read_text("utf-8")
        assert old in text
        (stage / name).write_text(text.replace(old, new, 1), "utf-8")

    return edit


def other_version(stage: Path) -> None:
    report = {"report": sample_book.REPORT["report"] | {"version": "0.2.0"}}
    (stage / "_report.yml").write_text(yaml.safe_dump(report), "utf-8")


def other_order(stage: Path) -> None:
    config = yaml.safe_load((stage / "_quarto.yml").read_text("utf-8"))
    config["book"]["chapters"][1:3] = config["book"]["chapters"][2:0:-1]
    (stage / "_quarto.yml").write_text(yaml.safe_dump(config, sort_keys=False), "utf-8")


CHANGES: dict[str, tuple[Callable[[Path], None], set[str]]] = {
    "nothing": (lambda stage: None, set()),
    "a sentence": (replaced(METHODS, "Then divide", "Then share"), {"methods"}),
    "a sentence with a citation": (replaced(METHODS, "and the guide", "and the old guide"), {"methods"}),
    "words for the screen alone": (replaced("chapters/rates.qmd", "[on screen]", "[on the screen]"), {"rates"}),
    "a number": (replaced("results/values.json", "0.31", "0.32"), ALL),
    "a heading": (replaced(METHODS, "## By port", "## By harbour"), ALL),
    "a new section before others": (replaced(METHODS, "## By port", "## New\n\nNew.\n\n## By port"), ALL),
    "an id": (replaced("chapters/rows.qmd", "was closed.", "was closed, and [more]{#more}."), ALL),
    "another work cited": (replaced(METHODS, "; @harbour2021]", "; @harbour2021b]"), ALL),
    "a page of a work cited": (replaced("index.qmd", "p. 3", "p. 4"), ALL),
    "the bibliography": (replaced("chapters/references.bib", "fall silent", "fall still"), ALL),
    "a drawing": (replaced("results/figures/ports.svg", 'width="', 'width="1'), ALL),
    "the version": (other_version, ALL),
    "the order": (other_order, ALL),
    "a stylesheet": (replaced("analysis/assets/report.css", ":root", ":root "), set()),
}


@pytest.mark.parametrize("name", CHANGES)
def test_with_kept_chapters_the_bytes_are_those_of_a_first_rendering(rendered: Path, name: str) -> None:
    edit, stale = CHANGES[name]
    edit(rendered / "stage")
    before = written(rendered / "pages")
    renderers.render(rendered / "stage", rendered / "again", cache=Cache(rendered / "pages", most=99))
    renderers.render(rendered / "stage", rendered / "anew")
    assert files(rendered / "again") == files(rendered / "anew")
    assert made_again(rendered / "pages", before) == {"html": stale, "typst": stale}


def test_what_is_to_be_made_again_is_not_taken_from_what_is_kept(rendered: Path) -> None:
    for path in (rendered / "pages").iterdir():
        path.write_text("not even read", "utf-8")
    before = written(rendered / "pages")
    renderers.render(rendered / "stage", rendered / "again", cache=Cache(rendered / "pages", most=99), again=True)
    assert files(rendered / "again") == files(rendered / "out")
    assert made_again(rendered / "pages", before) == {"html": ALL, "typst": ALL}


@pytest.mark.parametrize("left", ["", '{"text": "half', "null", "[]"])
def test_what_is_kept_in_halves_is_not_kept(rendered: Path, left: str) -> None:
    for path in (rendered / "pages").glob("*methods*"):
        path.write_text(left, "utf-8")
    before = written(rendered / "pages")
    renderers.render(rendered / "stage", rendered / "again", cache=Cache(rendered / "pages", most=99))
    assert files(rendered / "again") == files(rendered / "out")
    assert made_again(rendered / "pages", before) == {"html": {"methods"}, "typst": {"methods"}}


def test_a_fault_is_found_however_often_and_keeps_nothing(rendered: Path) -> None:
    replaced(METHODS, "@sec-day", "@sec-night")(rendered / "stage")
    before = files(rendered / "pages")
    for _ in range(2):
        with pytest.raises(Faults, match="sec-night"):
            renderers.render(rendered / "stage", rendered / "again", cache=Cache(rendered / "pages", most=99))
    assert files(rendered / "pages") == before


def test_a_chapter_that_refers_to_what_another_lost_is_a_fault(rendered: Path) -> None:
    replaced("chapters/rates.qmd", " {#sec-day}", "")(rendered / "stage")
    with pytest.raises(Faults, match="sec-day"):
        renderers.render(rendered / "stage", rendered / "again", cache=Cache(rendered / "pages", most=99))
    (rendered / "stage" / "results" / "tables" / "rates.csv").unlink()
    replaced("chapters/rates.qmd", "## By day", "## By day {#sec-day}")(rendered / "stage")
    with pytest.raises(Faults, match=r"rates\.csv"):
        renderers.render(rendered / "stage", rendered / "again", cache=Cache(rendered / "pages", most=99))
