"""Every page of the real report, and every page of its PDF, as a reader meets them; pictures of all are kept."""

from __future__ import annotations

import csv
import itertools
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pypdf import PdfReader

from districtloss.paths import BUILD, ROOT
from helpers.looking import PHONE, WIDE, axe, draw_charts

pytestmark = pytest.mark.browser

CHAPTERS = [p.stem for p in sorted((ROOT / "chapters").glob("*.qmd"))]
PAGES = ["index.html", *(f"chapters/{name}.html" for name in CHAPTERS)]
# Charts that are drawn again, narrower, until nothing of them is cut.
FITTED = "[...document.querySelectorAll('.chart-view')].every(v => v.scrollWidth <= v.clientWidth + 1)"
# Of each chart the width of its widest plot, without labels, and of the room it has.
PLOTS = """[...document.querySelectorAll('.chart-view')].map(v => [
    Math.max(...[...v.querySelectorAll('.background')].map(b => b.getBoundingClientRect().width)), v.clientWidth])"""
LOOKS = {"wide": (WIDE, "light"), "phone": (PHONE, "light"), "dark": (WIDE, "dark")}


@pytest.fixture(scope="module")
def out(tmp_path_factory) -> Path:
    target = tmp_path_factory.mktemp("pages") / "report"
    command = [sys.executable, "-m", "districtloss", "build", "--renderer", "pandoc", "--output", str(target)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return target


@pytest.fixture(scope="module")
def screenshots() -> Path:
    folder = BUILD / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_draws_its_charts_fits_the_screen_and_is_accessible(visit, screenshots, name, look):
    size, scheme = LOOKS[look]
    page = visit(name, size, scheme)
    draw_charts(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    page.wait_for_function(FITTED)
    assert all(plot >= room / 2 for plot, room in page.evaluate(PLOTS)), "labels take more room than what they label"
    page.evaluate(axe())
    found = page.evaluate(
        "axe.run(document, {preload: false}).then(r => r.violations.map(v => [v.id, v.nodes[0].html]))"
    )
    assert not found
    page.evaluate("scrollTo(0, 0)")
    page.screenshot(path=screenshots / f"{Path(name).stem}-{look}.png", full_page=True)


def test_headings_of_every_page_come_in_order(visit):
    for name in PAGES:
        levels = visit(name).evaluate("[...document.querySelectorAll('h1,h2,h3,h4,h5')].map(h => +h.tagName[1])")
        assert levels.count(1) == 1, name
        assert all(after <= before + 1 for before, after in itertools.pairwise(levels)), name


def test_the_answer_is_on_one_page_of_the_pdf_with_its_chart(out):
    texts = [page.extract_text() for page in PdfReader(out / "report.pdf").pages]
    answer = next(i for i, text in enumerate(texts) if text.startswith("The answer on one page"))
    assert "Our choices matter." in texts[answer]
    assert "Figure 1:" in texts[answer].replace("\u00a0", " ")
    assert texts[answer + 1].startswith("Chapter 1")


def test_pages_of_the_pdf_become_pictures(out, screenshots):
    if not shutil.which("pdftoppm"):
        pytest.skip("no pdftoppm on the PATH (Debian: apt-get install poppler-utils)")
    for old in screenshots.glob("report-*.png"):
        old.unlink()
    subprocess.run(["pdftoppm", "-r", "60", "-png", out / "report.pdf", screenshots / "report"], check=True)
    assert len(list(screenshots.glob("report-*.png"))) == len(PdfReader(out / "report.pdf").pages)


# --- a province, chosen ------------------------------------------------------------------------------------------


@pytest.fixture
def rates_page(visit) -> Iterator:
    page = visit("chapters/loss-rates.html")
    draw_charts(page)
    yield page


@pytest.fixture(scope="module")
def tiles(out) -> dict[str, dict[str, str]]:
    with (out / "results" / "tables" / "fig-province_map.csv").open(encoding="utf-8", newline="") as file:
        return {row["name"]: row for row in csv.DictReader(file)}


def last_count(page) -> list[int]:
    """What the running count of the chart of losses has come to: certain, possible."""
    return page.evaluate(
        """() => {
            const area = document.querySelector('.chart[data-spec="losses"] .mark-area path').__data__;
            const last = (area.items ?? area.mark.items).at(-1).datum;
            return [last.low, last.high];
        }"""
    )


def strong_bars(page) -> int:
    """How many bars of the chart of losses are not faded."""
    return page.locator('.chart[data-spec="losses"] .mark-rect path[stroke]:not([opacity="0.12"])').count()


def becomes(page, read, wanted) -> bool:
    """Whether what is read is as wanted, once the charts have followed."""
    for _ in range(50):
        if read(page) == wanted:
            return True
        page.wait_for_timeout(100)
    return False


def choice(page):
    return page.get_by_role("combobox", name="Province")


def tile_of(page, name: str):
    return page.locator('.chart[data-spec="province_map"] svg').get_by_text(name, exact=True)


@pytest.mark.parametrize("name", ["Balkh", "Paktia", "Zabul"])
def test_a_province_chosen_from_the_list_is_followed_by_table_curve_and_bars(rates_page, tiles, name):
    tile = tiles[name]
    choice(rates_page).select_option(tile["province_id"])
    assert name in rates_page.locator(".province-choice output").inner_text()
    chosen = rates_page.locator("#tbl-provinces tr.chosen")
    assert [row.split("\t")[0] for row in chosen.all_inner_texts()] == ([name] if tile["high"] != "0" else [])
    assert becomes(rates_page, last_count, [int(tile["low"]), int(tile["high"])])
    assert becomes(rates_page, strong_bars, int(tile["high"]))


def test_a_province_is_chosen_on_the_map_and_let_go_again(rates_page, tiles):
    everywhere = [sum(int(t[edge]) for t in tiles.values()) for edge in ("low", "high")]
    assert last_count(rates_page) == everywhere
    tile_of(rates_page, "Kandahar").click()
    assert choice(rates_page).input_value() == tiles["Kandahar"]["province_id"]
    assert rates_page.locator("#tbl-provinces tr.chosen").count() == 1
    # The choice outlives a change of the theme, which draws all charts anew.
    rates_page.locator(".theme-switch").click()
    assert becomes(rates_page, strong_bars, int(tiles["Kandahar"]["high"]))
    tile_of(rates_page, "Kandahar").click()
    assert choice(rates_page).input_value() == ""
    assert becomes(rates_page, last_count, everywhere)


def test_a_province_is_chosen_by_keyboard(rates_page):
    choice(rates_page).focus()
    rates_page.keyboard.press("ArrowDown")
    assert choice(rates_page).input_value() != ""
    assert rates_page.locator(".province-choice output").inner_text() != ""
