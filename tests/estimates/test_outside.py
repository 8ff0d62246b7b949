"""What others published beside what the articles name: rates by hand, dates that hold, and no number that uses it."""

from __future__ import annotations

import ast
import dataclasses
import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from districtloss.estimates import outside
from districtloss.estimates.findings import outside as findings
from districtloss.estimates.study import Study
from districtloss.parameters import Parameters
from districtloss.paths import DATA, ROOT
from districtloss.releases import numbers
from districtloss.tables.frames import of_rows
from districtloss.tables.schema import load
from helpers import real

DAY = "datetime64[s]"


def figures(*rows: dict[str, object]) -> pd.DataFrame:
    """Return rows of outside.csv; `day` stands for both ends, `value` for both values."""
    filled = []
    for number, row in enumerate(rows, 1):
        day, value = row.get("day", ""), row.get("value", "")
        fixed = {"figure_id": f"X{number:03}", "series_id": "s", "publisher": "P", "measure": "held",
                 "unit_counted": "districts", "date_earliest": day, "date_latest": day, "value_low": value,
                 "value_high": value}  # fmt: skip
        filled.append({name: str(cell) for name, cell in (fixed | row).items() if name not in ("day", "value")})
    return of_rows({"outside": filled}, load()).outside


def falls(*rows: tuple[str, str, str]) -> pd.DataFrame:
    """Return rows of outside_falls.csv of (place, first day, last day)."""
    filled = [
        {"fall_id": f"F{number:03}", "place_id": place, "date_earliest": first, "date_latest": last}
        for number, (place, first, last) in enumerate(rows, 1)
    ]
    return of_rows({"outside_falls": filled}, load()).outside_falls


def losses(*rows: tuple[str, str, str]) -> pd.DataFrame:
    """Return incidents of (place, first day, last day)."""
    frame = pd.DataFrame(list(rows), columns=["place_id", "date_earliest", "date_latest"])
    frame = frame.astype({"place_id": "str", "date_earliest": DAY, "date_latest": DAY})
    ids = pd.Series([f"I{i:03}" for i in range(len(frame))], dtype="str")
    return frame.assign(incident_id=ids, events="E001", name=frame["place_id"])


@pytest.fixture(scope="module")
def spans() -> pd.DataFrame:
    return findings.published_rates(real.study()).spans.set_index("figures")


# --- rates of published series, by hand ---------------------------------------------------------------------------


def test_the_long_war_journal_counts_47_more_in_the_11_days_after_29_june(spans):
    # 204 on 10 July less 157 on 29 June is 47; one day of June and ten of July pass. 47 / 11 * 7 = 29.909.
    span = spans.loc["X003|X004"]
    assert (span["estimand"], span["days_low"], span["days_high"], span["count_low"]) == ("net", 11, 11, 47)
    assert span["per_week_low"] == span["per_week_high"] == pytest.approx(29.909, abs=5e-4)
    assert span["same_whole"]


def test_a_day_that_is_not_certain_makes_the_rate_a_range(spans):
    # 106 on a day from 14 to 18 June, 157 on 29 June: 51 in 11 to 15 days. 51 / 15 * 7 = 23.8; 51 / 11 * 7 = 32.4545.
    span = spans.loc["X002|X003"]
    assert (span["days_low"], span["days_high"]) == (11, 15)
    assert span["per_week_low"] == pytest.approx(23.8)
    assert span["per_week_high"] == pytest.approx(32.4545, abs=5e-5)


def test_a_series_has_the_span_from_its_first_to_its_last_figure(spans):
    # 224 less 73 is 151, in 30 days of May, 30 of June and 27 of July: 87. 151 / 87 * 7 = 12.149; of 407 and of 421.
    span = spans.loc["X001|X005"]
    assert (span["count_low"], span["days_low"]) == (151, 87)
    assert span["per_week_low"] == pytest.approx(12.149, abs=5e-4)
    assert not span["same_whole"]


def test_the_analysts_network_counts_75_falls_and_68_more_held_in_24_days_of_july(spans):
    # 75 / 24 * 7 = 21.875 falls; 75 - 7 = 68 net, 68 / 24 * 7 = 19.833.
    assert spans.loc["X009", ["estimand", "per_week_low"]].tolist() == ["gross", 21.875]
    net = spans.loc["X009|X010"]
    assert (net["estimand"], net["count_low"]) == ("net", 68)
    assert net["per_week_low"] == pytest.approx(19.8333, abs=5e-5)


def test_what_was_kept_and_what_was_won_back_make_what_was_taken(spans):
    # From 1 May to 30 June: 125 kept and 8 lost again are 133 taken, in 60 days. 133 / 60 * 7 = 15.5167.
    span = spans.loc["X007|X008"]
    assert (span["estimand"], span["count_low"], span["days_low"]) == ("gross", 133, 60)
    assert span["per_week_high"] == pytest.approx(15.5167, abs=5e-5)


def test_more_than_fifty_has_no_upper_end(spans):
    # 51 at least, from the end of April to 22 June: 31 + 22 = 53 days. 51 / 53 * 7 = 6.736.
    span = spans.loc["X011"]
    assert span["per_week_low"] == pytest.approx(6.736, abs=5e-4)
    assert math.isinf(span["count_high"]) and math.isinf(span["per_week_high"])


def test_milley_says_131_to_133_more_in_four_weeks(spans):
    # 212 to 214 less 81; 28 days are four weeks: 32.75 to 33.25.
    assert spans.loc["X012|X013", ["per_week_low", "per_week_high"]].tolist() == [32.75, 33.25]


def test_one_figure_of_a_series_gives_no_rate(spans):
    assert not [ids for ids in spans.index if "X014" in ids]


def test_the_articles_name_2_to_13_falls_between_milleys_two_figures(spans):
    # Certain from 24 June to 21 July: Kaldar (30 June) and Feroz Nakhchir (29 or 30 June): 2. Possible too: Ab Band and
    # Khash (to 24 June), Gilan and Khakrez (from 23 June), and Chimtal, Kushinda, Dawlatabad, Charbolak, Zari, Maruf,
    # Ghorak (20 to 30 June): 2 + 2 + 2 + 7 = 13. In four weeks: 0.5 to 3.25 a week.
    span = spans.loc["X012|X013"]
    assert (span["named_low"], span["named_high"]) == (2, 13)
    assert (span["named_per_week_low"], span["named_per_week_high"]) == (0.5, 3.25)
    assert span["named_share_low"] == pytest.approx(2 / 133)
    assert span["named_share_high"] == pytest.approx(13 / 131)


# --- properties ----------------------------------------------------------------------------------------------------

days = st.integers(0, 60).map(lambda n: pd.Timestamp("2021-05-20") + pd.Timedelta(days=n))
stretches = st.tuples(days, st.integers(0, 9)).map(lambda t: (t[0], t[0] + pd.Timedelta(days=t[1])))
stocks = st.lists(
    st.tuples(stretches, st.integers(0, 400), st.integers(0, 9), st.sampled_from(["a", "b"]),
              st.sampled_from(["districts", "district_centres"])),
    max_size=6,
)  # fmt: skip
named = st.lists(st.tuples(st.sampled_from("klm"), stretches).map(lambda t: (t[0], *t[1])), max_size=6)


def coded(drawn) -> pd.DataFrame:
    return figures(
        *(
            {"series_id": series, "unit_counted": unit, "date_earliest": f"{first:%F}", "date_latest": f"{last:%F}",
             "value_low": low, "value_high": low + more}
            for (first, last), low, more, series, unit in drawn
        )
    )  # fmt: skip


@given(stocks, st.data())
def test_a_span_holds_the_rate_of_every_pair_of_days_and_values(drawn, data):
    table = coded(drawn)
    for span in outside.spans(table).itertuples(index=False):
        a, b = (table.set_index("figure_id").loc[name] for name in span.figures.split("|"))
        assert (a["series_id"], a["unit_counted"]) == (b["series_id"], b["unit_counted"])
        if not span.days_low > 0:
            assert math.isnan(span.per_week_low)
            continue
        picks = []
        for row in (a, b):
            width = (row["date_latest"] - row["date_earliest"]).days
            day = row["date_earliest"] + pd.Timedelta(days=data.draw(st.integers(0, width)))
            picks.append((day, data.draw(st.integers(row["value_low"], row["value_high"]))))
        (day, value), (later, more) = picks
        weekly = (more - value) * 7 / (later - day).days
        assert span.per_week_low - 1e-9 <= weekly <= span.per_week_high + 1e-9


@given(stocks, named)
def test_what_is_named_is_a_band_that_another_loss_never_lowers(drawn, lost):
    table = outside.spans(coded(drawn))
    fewer = outside.named_beside(table, losses(*lost[:-1]))
    all_of_them = outside.named_beside(table, losses(*lost))
    assert (all_of_them["named_low"] <= all_of_them["named_high"]).all()
    for end in ("named_low", "named_high"):
        assert (fewer[end] <= all_of_them[end]).all()
    assert (all_of_them["named_high"] <= len(lost)).all()


@given(stocks, st.randoms())
def test_the_order_of_the_rows_changes_no_rate(drawn, random):
    table = coded(drawn)
    order = list(table.index)
    random.shuffle(order)
    columns = ["series_id", "unit_counted", "figures"]
    one, other = (outside.spans(t).sort_values(columns, ignore_index=True) for t in (table, table.loc[order]))
    pd.testing.assert_frame_equal(one, other)


@given(named, st.lists(st.tuples(st.sampled_from("klm"), stretches), max_size=6))
def test_a_verdict_is_what_the_days_say(lost, published):
    found = outside.days_held(losses(*lost), falls(*((p, f"{a:%F}", f"{b:%F}") for p, (a, b) in published)))
    assert set(found["place_id"]) == {p for p, *_ in lost} & {p for p, _ in published}
    for row in found.itertuples(index=False):
        coded_days = set(pd.date_range(row.date_earliest, row.date_latest))
        told = set(pd.date_range(row.published_earliest, row.published_latest))
        wanted = "holds" if told <= coded_days else "may_hold" if told & coded_days else "does_not_hold"
        assert row.verdict == wanted


# --- days of falls -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("published", "verdict"),
    [
        ([("k", "2021-06-25", "2021-06-25")], "holds"),
        ([("k", "2021-06-24", "2021-06-24")], "does_not_hold"),
        ([("k", "2021-06-24", "2021-06-26")], "may_hold"),
        ([("k", "", "2021-06-26")], "may_hold"),
        ([("k", "", "2021-06-24")], "does_not_hold"),
        ([("k", "2021-07-01", "")], "does_not_hold"),
        ([("k", "", "2021-06-26"), ("k", "2021-06-25", "")], "holds"),  # both leave the 25th and the 26th
        ([("k", "2021-06-26", "2021-06-26"), ("k", "2021-06-20", "2021-06-20")], "may_hold"),  # they contradict
    ],
)
def test_an_interval_of_25_to_30_june_holds_a_published_day_or_does_not(published, verdict):
    found = outside.days_held(losses(("k", "2021-06-25", "2021-06-30")), falls(*published))
    assert found["verdict"].tolist() == [verdict]


def test_of_two_losses_of_a_district_the_one_that_fits_is_taken():
    twice = losses(("k", "2021-06-10", "2021-06-12"), ("k", "2021-06-25", "2021-06-30"))
    found = outside.days_held(twice, falls(("k", "2021-06-26", "2021-06-26")))
    assert (found["incident_id"].tolist(), found["verdict"].tolist()) == (["I001"], ["holds"])


def coded_in_1_2_0() -> Study:
    """Return the study of the intervals of 1.2.0, which were coded before any outside day was known."""
    import csv

    from districtloss.paths import RELEASES

    rows = {}
    for name, table in load().tables.items():
        data = DATA if name in ("outside", "outside_falls") else RELEASES / "1.2.0" / "data"
        with (data / table.file).open(encoding="utf-8", newline="") as stream:
            rows[name] = list(csv.DictReader(stream))
    return Study.of(of_rows(rows, load()), Parameters())


def test_of_the_coding_of_1_2_0_five_intervals_hold_the_published_day_and_seven_do_not():
    # Days that were published: Imam Sahib, Maywand and Balkh on 21 June, Doshi on the 20th or 21st, Gilan on the 29th,
    # all held. Chimtal fell on the 21st, Dawlatabad and Kushinda from the 20th to the 22nd, Charbolak and Zari before
    # (coded 25 to 30 June); Ab Band by the 14th (coded 19 to 24); Maruf stood on 3 July (coded 25 to 30 June).
    found = findings.published_days(coded_in_1_2_0())
    by_verdict = found.districts.groupby("verdict")["place_id"].agg(list)
    assert by_verdict["holds"] == [
        "baghlan/doshi", "balkh/balkh", "ghazni/gilan", "kandahar/maywand", "kunduz/imam-sahib",
    ]  # fmt: skip
    assert by_verdict["does_not_hold"] == [
        "balkh/charbolak", "balkh/chimtal", "balkh/dawlatabad", "balkh/kushinda", "balkh/zari", "ghazni/ab-band",
        "kandahar/maruf",
    ]  # fmt: skip
    assert [n.value for n in (found.days_held, found.days_missed, found.days_open, found.days_compared)] == [
        5,
        7,
        8,
        20,
    ]
    assert found.districts.set_index("place_id").loc["balkh/charbolak", "published_earliest"] is pd.NaT


def test_the_verdicts_add_up_and_rest_on_events_of_the_data():
    found = findings.published_days(real.study())
    parts = (found.days_held, found.days_open, found.days_missed)
    assert sum(n.value for n in parts) == found.days_compared.value == len(found.districts)
    known = set(real.tables().events["event_id"])
    assert {event for n in parts for row in n.rows for event in row.split("|")} <= known


# --- no number of the answer uses it --------------------------------------------------------------------------------


def without(study: Study, **changed: pd.DataFrame) -> Study:
    empty = {name: getattr(study.base, name).iloc[:0] for name in ("outside", "outside_falls")}
    return Study.of(dataclasses.replace(study.base, **(empty | changed)), study.parameters)


def test_without_the_tables_there_is_nothing_to_compare():
    study = without(real.study())
    rates, published = findings.published_rates(study), findings.published_days(study)
    assert (rates.outside_figures.value, len(rates.spans), published.days_compared.value) == (0, 0, 0)
    assert list(rates.spans.columns) == list(findings.published_rates(real.study()).spans.columns)
    assert list(published.districts.columns) == list(findings.published_days(real.study()).districts.columns)


def test_no_number_of_the_answer_changes_with_what_others_published():
    tables = real.tables()
    of_others = tables.outside.assign(value_low=tables.outside["value_low"] * 2 + 1)
    shifted = tables.outside_falls.assign(date_latest=tables.outside_falls["date_latest"] + pd.Timedelta(days=9))
    answers = [
        numbers.compute(study.base, Parameters().for_notebooks(), DATA)
        for study in (
            real.study(),
            without(real.study()),
            without(real.study(), outside=of_others, outside_falls=shifted),
        )
    ]
    assert answers[0] and answers[0] == answers[1] == answers[2]


def test_only_the_validation_chapter_reads_what_others_published():
    package = ROOT / "analysis" / "districtloss"
    reading, importing = set(), set()
    for path in package.rglob("*.py"):
        name = path.relative_to(package).as_posix()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in ("outside", "outside_falls"):
                reading.add(name)
            if isinstance(node, ast.ImportFrom) and node.module == "districtloss.estimates":
                importing |= {name for alias in node.names if alias.name == "outside"}
    assert reading == importing == {"estimates/findings/outside.py"}
