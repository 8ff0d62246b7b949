"""What the page shows under a reader's choices is what the report computes under the same ones."""

from __future__ import annotations

import datetime as dt
import itertools
import math
import re
import shlex
import shutil
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest

from districtloss import parameters
from districtloss.estimates import choices, claims, rates
from districtloss.estimates.findings import choices as findings
from districtloss.estimates.findings.choices import EDGES
from districtloss.estimates.study import Study
from districtloss.paths import ASSETS
from districtloss.phrasing import printed, printed_range, telling
from districtloss.report import explorer
from districtloss.report.markup import script_json
from districtloss.tables.reading import read_tables
from districtloss.vocabulary import noun
from helpers import new_data, real
from helpers.looking import axe
from helpers.small_data import write


def content(study: Study, **limits) -> dict:
    """What notebook 04 hands to the page."""
    losses = findings.named_losses(study, 300)
    return explorer.content(
        study, losses, findings.event_swings(study, losses), findings.implied_rates(study, 300), **limits
    )


@pytest.fixture(scope="module")
def ours() -> dict:
    return content(real.study())


def added_up(held: dict, at: dict[str, int]) -> list[int]:
    """Sum the tables at a combination, as the page does."""
    total = np.zeros(3 * len(held["events"]["counts"]), dtype=int)
    for table in held["events"]["tables"]:
        place = np.ravel_multi_index([at.get(n, 0) for n in table["factors"]], table["sizes"]) if table["sizes"] else 0
        total += table["rows"][table["at"][place]]
    return total.tolist()


def test_tables_add_up_to_the_count_of_every_combination_tried(ours):
    study = real.study()
    specs = choices.specifications(choices.event_factors(study), 1000)
    counts = choices.event_headlines(study, specs)
    names = [f.name for f in specs.factors]
    columns = [f"{c}_{e}" for c in ours["events"]["counts"] for e in EDGES]
    for index, wanted in zip(specs.index, counts[columns].to_numpy(int), strict=True):
        assert added_up(ours, dict(zip(names, map(int, index), strict=True))) == wanted.tolist()


def test_every_decision_on_losses_and_figures_can_be_flipped(ours):
    offered = {f["name"] for f in ours["factors"]}
    study = real.study()
    wanted = {f.name for f in [*choices.event_factors(study), *choices.claim_factors(study)]}
    assert offered == wanted
    assert {"as_of", "attribution", "date_rule", "denominator", "D04", "D19"} <= offered


def test_where_tables_would_grow_too_long_the_weakest_decisions_stay_as_they_are():
    study = real.study()
    held = content(study, limit=200)
    assert max(len(t["at"]) for t in held["events"]["tables"]) <= 200
    offered = {f["name"] for f in held["factors"]}
    assert {"D05", "as_of"} <= offered and "D02" not in offered  # the look-back moves no count of losses
    assert added_up(held, {})[:3] == [study.gross().low, study.gross().point, study.gross().high]


def test_the_page_stays_small(ours):
    assert len(script_json(ours).encode()) < 60_000


@pytest.mark.parametrize("folder", [new_data.no_decisions, new_data.no_claims], ids=lambda f: f.__name__)
def test_other_data_make_a_page_too(tmp_path, folder):
    new_data.write(tmp_path, folder())
    study = Study.of(read_tables(tmp_path), parameters.Parameters())
    assert added_up(content(study), {})[1] == study.gross().point


def test_options_read_as_words():
    study = real.study()
    told = {option: explorer.in_words(study, name, option) for name, option in [
        ("D03", "since_1_may"), ("D25", "ghazni_council"), ("D12", "29_or_30_june"), ("as_of", "2021-06-30"),
        ("attribution", "officials_only"), ("date_rule", "midpoint"), ("D22", "at_least_36"),
    ]}  # fmt: skip
    assert list(told.values()) == [
        "since 1 May", "Ghazni council", "29 or 30 June", "30 June 2021", "officials", "the middle", "at least 36",
    ]  # fmt: skip


def test_what_matters_most_is_said_from_the_swings():
    factors = [choices.Factor(n, f"{n}?", ("x", "y")) for n in ("One", "Two", "Three", "Four")]
    single = choices.one_at_a_time(factors)
    point = np.array([2.0, 2.1, 4.5, 1.0, 2.04])
    said = choices.what_matters(choices.swings(single, point, point, point), "a week")
    assert said == (
        "The point figure moves most with “Two?” (2.5 a week), “Three?” (1.0 a week) and “One?” (0.1 a week). "
        "The other moves it by no more than 0.04."
    )
    still = np.full(5, 2.0)
    said = choices.what_matters(choices.swings(single, still, still, still), "a week")
    assert said == "None of them alone moves the point figure."


def test_shares_along_the_curve_are_those_of_the_combinations_there():
    specs = choices.specifications([choices.Factor("a", "A?", ("x", "y")), choices.Factor("b", "B?", ("u", "v"))], 9)
    shares = choices.taken(specs, np.array([0, 1, 2, 3]), ["a"], 2).set_index(["option", "first"])["share"]
    # The rows are xu, xv, yu, yv: the first half of the curve takes x, the second y.
    assert shares.to_dict() == {("x", 0): 1, ("x", 2): 0, ("y", 0): 0, ("y", 2): 1}


# --- in a browser ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def page_at(tmp_path_factory, ours):
    """Open the explorer alone, from disk, at an address; errors of the page fail the test."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        pytest.skip("no Chromium on the PATH (Debian: apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    folder = tmp_path_factory.mktemp("explorer")
    register = "".join(f'<li id="decision-{f["name"].lower()}">{f["name"]}</li>' for f in ours["factors"])
    page_of(folder, "ours", ours, f"<ul>{register}</ul>")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])

        def open_page(query: str = "", *, name: str = "ours", held: dict | None = None, width=1280, scheme="light"):
            if held is not None:
                page_of(folder, name, held, "")
            context = browser.new_context(
                viewport={"width": width, "height": 800}, color_scheme=scheme, reduced_motion="reduce"
            )
            page = context.new_page()
            errors: list[str] = []
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.on("requestfailed", lambda r: errors.append(r.url))
            page.goto(f"{(folder / f'{name}.html').as_uri()}{query}")
            page.locator(".choice-numbers").wait_for()
            assert not errors
            return page

        yield open_page
        browser.close()


def page_of(folder: Path, name: str, held: dict, more: str) -> None:
    files = [(ASSETS / f"{sheet}.css").as_uri() for sheet in ("frame", "report", "explorer")]
    sheets = "".join(f"<link rel=stylesheet href='{file}'>" for file in files)
    (folder / f"{name}.html").write_text(
        f"<!doctype html><html lang=en><head><meta charset=utf-8><title>x</title>"
        f"<meta name=viewport content='width=device-width, initial-scale=1'>{sheets}"
        f"<script defer src='{(ASSETS / 'explorer.js').as_uri()}'></script></head><body><main><h1>x</h1>"
        f"<div id=explorer class='explorer wide'>Needs JavaScript.</div>"
        f"<script type='application/json' id='data-explorer'>{script_json(held)}</script>{more}</main></body></html>",
        encoding="utf-8",
    )


def shown(page) -> dict[str, list[str]]:
    """The table of numbers: for each its text under the reader's choices, in the report, and the change."""
    read = "rows => rows.map(r => [r.cells[0].innerText, ...[...r.cells].slice(1).map(c => c.innerText)])"
    rows = page.locator(".choice-numbers tbody tr:has(td)").evaluate_all(read)
    return {label: [" ".join(cell.split()) for cell in cells] for label, *cells in rows}


def text(point: float, low: float, high: float, decimals: int) -> str:
    ends = "any" if math.isnan(low) else printed_range(low, high, decimals)
    middle = printed(point, telling(low, high, decimals))
    return middle if " to " not in ends and ends != "any" else f"{middle} {ends}"


def rerun(command: str) -> Study:
    """The study that a command of the page describes."""
    words = shlex.split(command)
    assert words[:2] == ["districtloss", "build"]
    pairs = list(zip(words[2::2], words[3::2], strict=True))
    named = dict(value.split("=", 1) for option, value in pairs if option == "--set")
    named |= {option.strip("-").replace("-", "_"): value for option, value in pairs if option != "--set"}
    assert {option for option, _ in pairs} <= {"--set", "--start", "--as-of"}
    return Study.of(real.tables(), parameters.parse(named))


def computed(study: Study) -> dict[str, str]:
    """The numbers of the table, from the plain functions of the analysis."""
    weekly = study.rate(study.gross()).scaled(7)
    stated = study.stated_losses.iloc[0]
    local = study.losses_in_window(stated["as_of_latest"])
    local = rates.gross(local[local["province_id"] == stated["scope"]])
    told = {
        "Named losses": (study.gross(), 0),
        "Named losses a week": (weekly, 1),
        "Districts lost and still held at the end": (study.net(), 0),
        "Named losses in Ghazni, by 30 June 2021": (local, 0),
    }
    numbers = {label: text(e.point, e.low, e.high, d) for label, (e, d) in told.items()}
    scale = claims.common_scale(claims.speakers_claims(study.tables.claims), study.parameters.denominator)
    name = claims.SPEAKERS
    for (_, a), (_, b) in itertools.combinations(scale.iterrows(), 2):
        narrow, widest = claims.implied_rate(a, b)
        low, high = (widest.low, widest.high) if widest else (math.nan, math.nan)
        numbers[f"{name[a['claimant']]} to {name[b['claimant']]}"] = text(narrow, low, high, 1)
    for _, c in scale.iterrows():
        label = f"{name[c['claimant']]}: {noun(c['measure'])}"
        numbers[label] = text(c["narrow"], c["low"], c["high"], 0)
    return numbers


COMBINATIONS = [
    {},
    {"as_of": "2021-06-30"},
    {"D04": "counted", "as_of": "2021-06-30"},
    {"attribution": "confirmed_by_official", "date_rule": "latest", "D02": "14_days"},
    {"attribution": "confirmed_by_official,reported_by_media,witnesses,claimed_by_party,social_media",
     "D06": "two_falls", "D07": "believed", "D28": "counted_as_possible", "D27": "within_3_days",
     "D11": "counted_as_district"},
    {"D03": "week_before", "D13": "not_counted", "D09": "believed", "D29": "confirmed", "date_rule": "earliest"},
    {"denominator": "401", "D19": "within_10_points", "D20": "below_250", "D17": "publication_day"},
    {"D16": "9_july", "D18": "seven_days_before", "D19": "exactly_half", "D20": "below_210", "D05": "counted"},
]  # fmt: skip


@pytest.mark.browser
@pytest.mark.parametrize("chosen", COMBINATIONS, ids=lambda c: "+".join(c) or "report")
def test_an_address_shows_what_its_command_computes(page_at, chosen):
    page = page_at("?" + "&".join(f"{n}={v}" for n, v in chosen.items()))
    command = page.locator(".choice-copy code").first.inner_text()
    study = rerun(command)
    assert parameters.settings(study.parameters) == chosen
    table = shown(page)
    assert {label: cells[0] for label, cells in table.items()} == computed(study)
    assert {label: cells[1] for label, cells in table.items()} == computed(real.study())
    for mine, report, change in table.values():
        assert (change == "none") == (mine == report)
    page.context.close()


@pytest.mark.browser
def test_numbers_are_printed_as_in_the_report(page_at):
    chance = np.random.default_rng(7)
    drawn = chance.choice([-1, 1], 3000) * 10 ** chance.uniform(-7, 6, 3000)
    ties = np.arange(-40, 40) / 8
    numbers = [0.5, -0.5, 0.00096, 0.0999, 0.0096, 1e-6, 9e-7, 0.001, *drawn.tolist(), *ties.tolist()]
    function = re.search(r"function printed\(.*?\n  }\n", (ASSETS / "explorer.js").read_text("utf-8"), re.DOTALL)
    page = page_at()
    for decimals in (0, 1, 2):
        of_page = page.evaluate(
            f"numbers => {{ {function[0]}; return numbers.map(n => printed(n, {decimals})); }}", numbers
        )
        differ = [
            (n, p, printed(n, decimals)) for n, p in zip(numbers, of_page, strict=True) if p != printed(n, decimals)
        ]
        assert not differ, decimals
    page.context.close()


@pytest.mark.browser
def test_intervals_are_printed_as_in_the_report(page_at):
    chance = np.random.default_rng(7)
    low = 10 ** chance.uniform(-4, 2, 500)
    ends = [(a, a * by) for a, by in zip(low.tolist(), (1 + 10 ** chance.uniform(-4, 0, 500)).tolist(), strict=True)]
    script = (ASSETS / "explorer.js").read_text("utf-8")
    named = [re.search(rf"function {name}\(.*?\n  }}\n", script, re.DOTALL) for name in ("printed", "telling", "range")]
    functions = "".join(found[0] for found in named)
    page = page_at()
    for decimals in (0, 1):
        of_each = f"([a, b]) => range({{ low: a, high: b, decimals: {decimals} }})"
        told = page.evaluate(f"ends => {{ {functions} return ends.map({of_each}); }}", ends)
        wanted = [printed_range(*pair, decimals) for pair in ends]
        assert told == [text if " to " in text else "" for text in wanted]
    page.context.close()


@pytest.mark.browser
def test_a_choice_by_keyboard_moves_numbers_address_command_and_curve(page_at):
    page = page_at("#decision-d04")
    place = page.evaluate("history.length")
    before = page.locator(".choice-curve .yours circle").get_attribute("cx")
    page.get_by_label("Shinwari and Khost were retaken").focus()
    page.keyboard.press("ArrowDown")
    page.get_by_label("On which day does the window end?").focus()
    page.keyboard.press("ArrowDown")
    address = urlsplit(page.url)
    assert dict(parse_qsl(address.query)) == {"D04": "counted", "as_of": "2021-06-30"}
    assert address.fragment == "explorer"
    assert page.locator(".choice-copy code").nth(1).inner_text() == page.url
    expected = computed(real.study(decisions={"D04": "counted"}, as_of=dt.date(2021, 6, 30)))
    assert shown(page)["Named losses a week"][0] == expected["Named losses a week"]
    page.wait_for_function("document.querySelector('.choice-now p').innerText.startsWith('2 choices are yours')")
    assert float(page.locator(".choice-curve .yours circle").get_attribute("cx")) > float(before)
    words = page.locator(".choice-curve svg").get_attribute("aria-labelledby")
    assert expected["Named losses a week"].split()[0] in page.locator(f"#{words}").inner_text()
    assert page.evaluate("history.length") == place  # "back" still leaves the page
    page.reload()
    assert page.get_by_label("Shinwari and Khost were retaken").input_value() == "1"
    page.get_by_role("button", name="Reset").click()
    assert urlsplit(page.url).query == ""
    assert {change for _, _, change in shown(page).values()} == {"none"}
    page.context.close()


@pytest.mark.browser
def test_links_within_the_page_keep_the_choices(page_at):
    page = page_at("?D04=counted")
    page.get_by_role("link", name="D04 in the register").click()
    assert page.url.endswith("?D04=counted#decision-d04")
    assert page.get_by_label("Shinwari and Khost were retaken").input_value() == "1"
    page.go_back()
    assert page.get_by_label("Shinwari and Khost were retaken").input_value() == "1"
    page.context.close()


@pytest.mark.browser
def test_what_an_address_asks_in_vain_is_said_and_ignored(page_at):
    page = page_at("?D99=counted&D04=perhaps&as_of=2021-06-30&q=losses&utm_source=letter")
    said = page.locator(".choice-wrong").inner_text()
    assert "D99=counted, D04=perhaps" in said and "letter" not in said
    assert page.locator(".choice-copy code").first.inner_text() == "districtloss build --as-of 2021-06-30"
    page.get_by_label("Whose word counts?").select_option(index=1)
    assert "D99" not in page.url and "q=losses" in page.url
    page.context.close()


@pytest.mark.browser
def test_the_command_keeps_where_the_report_itself_departs_from_the_defaults(page_at):
    study = real.study(start=dt.date(2021, 6, 10), decisions={"D04": "counted"})
    page = page_at("?D05=counted", name="other", held=content(study))
    assert page.locator(".choice-copy code").first.inner_text() == (
        "districtloss build --start 2021-06-10 --set D04=counted --set D05=counted"
    )
    gross = study.gross()
    assert shown(page)["Named losses"][1] == text(gross.point, gross.low, gross.high, 0)
    page.context.close()


@pytest.mark.browser
def test_without_figures_the_page_keeps_to_the_losses(page_at, tmp_path):
    new_data.write(tmp_path, new_data.no_claims())
    study = Study.of(read_tables(tmp_path), parameters.Parameters())
    page = page_at(name="bare", held=content(study))
    assert list(shown(page)) == ["Named losses", "Named losses a week", "Districts lost and still held at the end"]
    assert page.locator(".choice-copy code").first.inner_text() == "districtloss build --data FOLDER"
    assert page.locator("fieldset").count() == 1 and page.locator(".choice select").count() == 2
    page.context.close()


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_the_explorer_fits_and_axe_finds_nothing(page_at, width, scheme):
    page = page_at("?D04=counted&as_of=2021-06-30&D99=x&D27=within_3_days", width=width, scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator(".more-choices").get_attribute("open") is not None
    page.evaluate(axe())
    found = page.evaluate("axe.run(document, {preload: false})")["violations"]
    assert not [(v["id"], v["nodes"][0]["html"]) for v in found]
    page.context.close()


def test_a_choice_with_one_option_is_none(tmp_path: Path):
    """Another country has one number of districts, and data without a provincial count one end of the window."""
    data = new_data.one_event()
    claim = new_data.another_country()["claims"][0] | {"scope": "XA", "measure": "districts_held", "side": "taliban"}
    claim |= {"source_id": data["sources"][0]["source_id"], "kind": "stock", "since": "", "denominator": "480"}
    claim |= {"as_of_earliest": "2021-06-20", "as_of_latest": "2021-06-20"}
    data["provinces"] = [{"province_id": "XA-01", "name": "Norland", "capital": "Norton"}]
    data["places"][0]["province_id"] = "XA-01"
    study = Study.of(read_tables(write(tmp_path, data | {"claims": [claim]})), parameters.parse({}))
    alone = {f.name for f in (*choices.event_factors(study), *choices.claim_factors(study)) if len(f.options) == 1}
    assert alone == {"as_of", "denominator"}
    offered = content(study)["factors"]
    assert offered and not alone & {factor["name"] for factor in offered}
