"""The pages in a real browser, opened from disk with no network: what a reader sees, clicks and hears."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from districtloss.render import renderers
from helpers import sample_book
from helpers.looking import PHONE, WIDE, axe, draw_charts

pytestmark = pytest.mark.browser

PAGES = [
    "index.html",
    "chapters/rates.html",
    "chapters/methods.html",
    "chapters/sources.html",
    "chapters/rows.html",
    "chapters/numbers.html",
]


@pytest.fixture(scope="module")
def out(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("book")
    stage = sample_book.make(folder / "stage")
    renderers.render(stage, folder / "out")
    shutil.copytree(stage / "results", folder / "out" / "results")
    return folder / "out"


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(visit, size, scheme):
    source, violations = axe(), []
    for name in PAGES:
        page = visit(name, size, scheme)
        draw_charts(page)
        page.evaluate(source)
        result = page.evaluate("axe.run(document, {preload: false})")
        violations += [
            f"{name}: {found['id']}: {node['html'][:120]} {node['failureSummary'][:200]}"
            for found in result["violations"]
            for node in found["nodes"]
        ]
        page.close()
    assert not violations


def test_axe_finds_nothing_in_open_menus_search_and_cards(visit):
    source = axe()
    page = visit("index.html")
    page.evaluate(source)
    for opened in ("Cite", "Download"):
        page.locator("summary", has_text=opened).click()
        assert not page.evaluate("axe.run(document, {preload: false}).then(r => r.violations.map(v => v.id))")
    page.locator("a.number").first.hover()
    page.locator("#number-card").wait_for(state="visible")
    assert not page.evaluate("axe.run(document, {preload: false}).then(r => r.violations.map(v => v.id))")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("searchbox").fill("harbour")
    assert not page.evaluate("axe.run(document, {preload: false}).then(r => r.violations.map(v => v.id))")


@pytest.mark.parametrize("width", [320, 768, 1024, 1440, 1920])
def test_no_page_scrolls_sideways(visit, width):
    for name in PAGES:
        page = visit(name, (width, 800))
        draw_charts(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        page.close()


def test_no_page_scrolls_sideways_at_double_size(visit):
    page = visit("chapters/rates.html", (640, 800), device_scale_factor=2)
    draw_charts(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 640


def test_charts_draw_and_say_what_they_show(visit):
    page = visit("chapters/rates.html")
    draw_charts(page)
    views = page.locator(".chart-view")
    assert views.count() == 2
    assert views.nth(0).get_attribute("role") == "img"
    assert views.nth(0).get_attribute("aria-label") == "A band that rises from 0 to between 5 and 12 closures."
    assert page.locator(".chart img:visible").count() == 0


def test_the_chart_library_is_loaded_where_there_is_a_chart_alone(visit):
    page = visit("chapters/methods.html")
    page.wait_for_load_state("networkidle")
    assert page.evaluate("typeof vegaEmbed") == "undefined"


def test_a_chart_fits_a_phone_and_follows_the_window(visit):
    page = visit("chapters/rates.html", PHONE)
    draw_charts(page)
    narrow = page.locator(".chart-view svg").first.bounding_box()["width"]
    assert narrow <= 320
    page.set_viewport_size({"width": 1200, "height": 800})
    page.wait_for_function(f"document.querySelector('.chart-view svg').getBoundingClientRect().width > {narrow} + 100")


def test_charts_take_the_theme_of_the_page(visit):
    page = visit("chapters/rates.html")
    draw_charts(page)
    axis = "getComputedStyle(document.querySelector('.chart-view .role-axis-label text')).fill"
    light = page.evaluate(axis)
    page.locator(".theme-switch").click()
    page.wait_for_function(f"{axis} !== '{light}'")
    bars = page.locator(".chart-view").nth(1).locator(".mark-rect path").first
    assert bars.get_attribute("fill") != "#2a6f97"


def test_without_scripts_the_drawings_and_all_text_stand(visit):
    page = visit("chapters/rates.html", java_script_enabled=False)
    assert page.locator(".chart img:visible").count() == 2
    assert page.locator(".theme-switch:visible, .search-open:visible").count() == 0
    page.locator("summary", has_text="Cite").click()
    assert page.locator(".citation-text").is_visible()


def test_a_number_opens_its_card_by_keyboard_and_escape_closes_it(visit):
    page = visit("index.html")
    number = page.locator("a.number").first
    for _ in range(60):
        page.keyboard.press("Tab")
        if number.evaluate("link => link === document.activeElement"):
            break
    card = page.locator("#number-card")
    card.wait_for(state="visible")
    assert number.get_attribute("aria-describedby") == "number-card"
    text = card.inner_text()
    for part in ("Closures in the north", "0.31", "0.13 to 0.61", "8 closures / 26 days", "<b>Old</b> pier"):
        assert part in text
    page.keyboard.press("Escape")
    card.wait_for(state="hidden")
    assert number.evaluate("link => link === document.activeElement")
    page.keyboard.press("Enter")
    page.wait_for_url("**/chapters/numbers.html#n-north-rate")


def test_a_card_stays_while_the_pointer_is_on_it_and_goes_after(visit):
    page = visit("index.html")
    page.locator("a.number").first.hover()
    card = page.locator("#number-card")
    card.wait_for(state="visible")
    card.hover()
    page.wait_for_timeout(500)
    assert card.is_visible()
    page.mouse.move(5, 700)
    card.wait_for(state="hidden")


def test_a_tap_opens_the_card_which_holds_the_link(visit):
    page = visit("index.html", PHONE, has_touch=True, is_mobile=True)
    page.locator("a.number").first.tap()
    card = page.locator("#number-card")
    card.wait_for(state="visible")
    box = card.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 320
    card.get_by_role("link").tap()
    page.wait_for_url("**/chapters/numbers.html#n-north-rate")


def test_the_theme_is_switched_and_remembered_on_the_next_page(visit):
    page = visit("index.html")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    switch = page.get_by_role("button", name="Dark")
    assert switch.get_attribute("aria-pressed") == "false"
    switch.click()
    assert switch.get_attribute("aria-pressed") == "true"
    dark = page.evaluate(ground)
    assert dark != light
    page.locator("a[rel=next]").click()
    page.wait_for_url("**/chapters/rates.html")
    assert page.evaluate(ground) == dark


def test_the_system_decides_the_theme_until_the_reader_does(visit):
    page = visit("index.html", scheme="dark")
    assert page.get_by_role("button", name="Dark").get_attribute("aria-pressed") == "true"


def test_the_search_finds_sections_and_leads_there_by_keyboard(visit):
    page = visit("index.html")
    page.keyboard.press("/")
    field = page.get_by_role("searchbox")
    field.fill("rate made")
    results = page.locator(".search-results a")
    results.first.wait_for()
    assert "2.1 How a rate is made" in results.first.inner_text()
    field.press("Enter")
    page.wait_for_url("**/chapters/methods.html#sec-how")


def test_the_search_says_when_it_finds_nothing_and_shows_text_as_text(visit):
    page = visit("chapters/rates.html")
    page.get_by_role("button", name="Search").click()
    field = page.get_by_role("searchbox")
    field.fill("zeppelin")
    page.get_by_text("Nothing found").wait_for()
    field.fill("alert")
    page.locator(".search-results a").first.wait_for()
    assert "<script>alert(1)</script>" in page.locator(".search-results").inner_text()
    page.keyboard.press("Escape")
    assert not page.locator("dialog").is_visible()


def test_menus_open_by_keyboard_and_escape_gives_the_focus_back(visit):
    page = visit("index.html")
    cite = page.locator("summary", has_text="Cite")
    cite.focus()
    page.keyboard.press("Enter")
    assert page.locator(".citation-text").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator(".citation-text").is_visible()
    assert cite.evaluate("summary => summary === document.activeElement")


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_every_menu_that_opens_shows_all_of_its_lines(visit, width):
    names = [name for name in ("Chapters", "Cite", "Download") if name != "Chapters" or width < 1280]
    for name in names:
        page = visit("index.html", (width, 844))
        page.locator("summary", has_text=name).click()
        panel = page.locator("details[open] > .panel")
        box = panel.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= width, name
        assert box["width"] >= min(width - 48, 340), name
        assert panel.evaluate("panel => panel.scrollWidth <= panel.clientWidth"), name


def test_the_citation_is_copied_or_selected(visit):
    page = visit("index.html")
    page.locator("summary", has_text="Cite").click()
    page.get_by_role("button", name="Copy").click()
    page.wait_for_function("document.querySelector('.copy-done').textContent !== ''")


def test_the_first_stop_skips_to_the_text(visit):
    page = visit("index.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


def test_every_stop_of_the_keyboard_is_seen(visit):
    page = visit("chapters/rates.html")
    draw_charts(page)
    seen = 0
    for _ in range(120):
        page.keyboard.press("Tab")
        state = page.evaluate(
            """() => { const e = document.activeElement; if (e === document.body) return null;
            const box = e.getBoundingClientRect(), style = getComputedStyle(e);
            return [e.outerHTML.slice(0, 80), box.width > 0 && box.height > 0 && style.outlineStyle !== 'none']; }"""
        )
        if state is None:
            break
        seen += 1
        assert state[1], state[0]
    assert seen > 20


def test_a_table_too_wide_for_a_phone_scrolls_in_a_box_the_keyboard_reaches(visit):
    page = visit("chapters/rates.html", PHONE)
    box = page.locator(".table-scroll").first
    page.wait_for_function("document.querySelector('.table-scroll').tabIndex === 0")
    assert box.evaluate("box => box.scrollWidth > box.clientWidth")
    wide = visit("chapters/rates.html", WIDE)
    wide.wait_for_function("document.querySelector('.table-scroll').tabIndex === -1")


def test_a_chart_is_a_stop_of_the_keyboard_while_it_scrolls_and_no_longer(visit):
    page = visit("chapters/rates.html", WIDE)
    page.add_style_tag(content=".chart-view svg { min-width: 500px }")  # wider than a phone, whatever it is a chart of
    draw_charts(page)
    for (width, height), stop in ((WIDE, -1), (PHONE, 0), (WIDE, -1)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function("stop => document.querySelector('.chart-view').tabIndex === stop", arg=stop)


def test_print_drops_the_frame_and_shows_the_drawings_on_white(visit):
    page = visit("chapters/rates.html", scheme="dark")
    draw_charts(page)
    page.emulate_media(media="print")
    assert page.locator(".bar:visible, .sidebar:visible, .pager:visible, .chart-view:visible").count() == 0
    assert page.locator(".chart img:visible").count() == 2
    assert page.evaluate("getComputedStyle(document.querySelector('.table-scroll')).backgroundImage") == "none"
    assert page.evaluate("getComputedStyle(document.querySelector('article p')).color") == "rgb(27, 26, 23)"


def test_every_link_of_a_page_leads_to_a_file_and_a_place_in_it(visit, out):
    for name in PAGES:
        page = visit(name)
        for target in page.evaluate("[...document.links].map(link => link.href)"):
            if target.startswith("https://example.org"):
                continue
            path, _, fragment = target.removeprefix("file://").partition("#")
            assert Path(path).is_file(), target
            if fragment and path.endswith(".html"):
                text = Path(path).read_text(encoding="utf-8")
                assert re.search(rf'\sid="{re.escape(fragment)}"', text), target
        page.close()
