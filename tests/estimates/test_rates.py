"""Counts are bands because dates are intervals; rates carry chance on top of that."""

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from districtloss.estimates import rates
from districtloss.estimates.intervals import Interval
from districtloss.estimates.rates import Estimate

START, AS_OF = pd.Timestamp("2021-06-04"), pd.Timestamp("2021-06-30")


def table(*rows: tuple[str, str, str]) -> pd.DataFrame:
    """Return incidents from (place, first day of June, last day), days as numbers; below 1 is May."""
    days = [(p, START + pd.Timedelta(days=int(a) - 4), START + pd.Timedelta(days=int(b) - 4)) for p, a, b in rows]
    frame = pd.DataFrame(days, columns=["place_id", "date_earliest", "date_latest"])
    frame = frame.astype({"date_earliest": "datetime64[s]", "date_latest": "datetime64[s]"})
    return frame.assign(incident_id=[f"I{i}" for i in range(len(frame))], province_id="AF-BAL", events="E1")


def placed(*rows, rule="midpoint"):
    return rates.placed(table(*rows), START, AS_OF, rule)


spans = st.tuples(st.sampled_from("abc"), st.integers(-20, 45), st.integers(0, 25)).map(
    lambda t: (t[0], t[1], t[1] + t[2])
)
several = st.lists(spans, max_size=8)
rules = st.sampled_from(rates.DATE_RULES)


def test_both_days_of_a_window_count():
    # 4, 5, … 30 June: 30 - 4 + 1 = 27 days. To 27 July: 27 more.
    assert rates.exposure_days(START, AS_OF) == 27
    assert rates.exposure_days(START, pd.Timestamp("2021-07-27")) == 54
    assert rates.exposure_days(START, START) == 1


def test_a_loss_is_certain_inside_the_window_and_possible_across_its_edge():
    p = placed(("a", 10, 12), ("b", -10, 20), ("c", 28, 40))
    # a lies within; b can be in May (midpoint 5 June: counted); c reaches past the end (midpoint 4 July: not).
    assert rates.gross(p) == Estimate(2, 1, 3)


def test_what_cannot_lie_in_the_window_is_left_out():
    assert len(placed(("a", -10, 3), ("b", 31, 40))) == 0


@pytest.mark.parametrize(("rule", "counted"), [("earliest", 0), ("midpoint", 0), ("latest", 1)])
def test_the_date_rule_picks_the_day_of_the_point_figure(rule, counted):
    # Balkh district: 1 May (= day -30 of June) to 21 June; the middle is 26 May, before the window.
    assert rates.gross(placed(("balkh", -30, 21), rule=rule)).point == counted


def test_a_district_lost_twice_is_two_losses_and_one_district():
    p = placed(("a", 10, 10), ("a", 20, 20))
    assert rates.gross(p).point == 2
    assert rates.distinct(p).point == 1


@given(several, several, rules)
def test_low_is_never_above_point_nor_point_above_high(lost, won, rule):
    losses, recaptures = placed(*lost, rule=rule), placed(*won, rule=rule)
    for estimate in (rates.gross(losses), rates.distinct(losses), rates.net(losses, recaptures)):
        assert estimate.low <= estimate.point <= estimate.high
    assert rates.net(losses, recaptures).high <= rates.distinct(losses).high <= rates.gross(losses).high


@given(several, spans, rules)
def test_another_loss_never_lowers_a_count(lost, more, rule):
    before, after = rates.gross(placed(*lost, rule=rule)), rates.gross(placed(*lost, more, rule=rule))
    assert (after.low, after.point, after.high) >= (before.low, before.point, before.high)


@given(several, spans, rules)
def test_another_recapture_never_raises_what_is_held(lost, won, rule):
    losses = placed(*lost, rule=rule)
    none, one = rates.net(losses, placed(rule=rule)), rates.net(losses, placed(won, rule=rule))
    assert one.low <= none.low and one.point <= none.point and one.high <= none.high


@given(several, rules)
def test_the_running_count_ends_at_the_count_and_never_falls(lost, rule):
    p = placed(*lost, rule=rule)
    running = rates.cumulative(p, START, AS_OF)
    assert len(running) == 27
    assert running[["low", "point", "high"]].apply(lambda c: c.is_monotonic_increasing).all()
    assert (running["low"] <= running["point"]).all() and (running["point"] <= running["high"]).all()
    end = running.iloc[-1]
    assert Estimate(end["point"], end["low"], end["high"]) == rates.gross(p)


@given(several, rules, st.data())
def test_the_steps_of_all_provinces_add_up_to_the_running_count(lost, rule, data):
    homes = data.draw(st.lists(st.sampled_from(["AF-BAL", "AF-GHA", "AF-KAN"]), min_size=len(lost), max_size=len(lost)))
    everywhere = table(*lost).assign(province_id=homes)
    p = rates.placed(everywhere, START, AS_OF, rule)
    steps = rates.steps(p, START)
    running = rates.cumulative(p, START, AS_OF).set_index("date")
    edges = ["low", "point", "high"]
    added = steps.groupby("date")[edges].sum().reindex(running.index, fill_value=0).cumsum()
    assert (added == running[edges]).all(axis=None)
    by = steps.groupby("province_id")[edges].sum()
    for province, part in p.groupby("province_id"):
        assert Estimate(*by.loc[province, ["point", "low", "high"]]) == rates.gross(part)


@given(several, st.integers(1, 25), rules)
def test_a_shorter_window_counts_no_more(lost, days, rule):
    short = rates.placed(table(*lost), START, START + pd.Timedelta(days=days), rule)
    assert rates.gross(short).high <= rates.gross(placed(*lost, rule=rule)).high


def test_the_poisson_interval_is_garwoods():
    # Garwood's table for 8 events at 95 %: 3.45 to 15.76; for none: 0 to 3.69 (= -ln 0.025).
    eight = rates.poisson_interval(8, 0.95)
    assert (round(eight.low, 2), round(eight.high, 2)) == (3.45, 15.76)
    none = rates.poisson_interval(0, 0.95)
    assert none.low == 0 and none.high == pytest.approx(-math.log(0.025))


@given(st.integers(0, 200), st.floats(0.5, 0.99))
def test_the_poisson_interval_holds_its_count_and_grows_with_confidence(count, confidence):
    inner, outer = rates.poisson_interval(count, confidence), rates.poisson_interval(count, 0.999)
    assert count in inner and outer.contains(inner)


def test_a_rate_spans_the_dates_and_chance():
    # 17 certain, 20 possible in 53 days: 17/53 = 0.3208; Garwood's low of 17 is 9.903, high of 20 is 30.888.
    rate = rates.rate(Estimate(17, 17, 20), 53, 0.95)
    assert rate.point == pytest.approx(0.3208, abs=1e-4)
    assert rate.low == pytest.approx(9.903 / 53, abs=1e-4)
    assert rate.high == pytest.approx(30.888 / 53, abs=1e-4)


def test_coverage_is_named_over_stated_and_never_above_one():
    assert rates.coverage(Estimate(2, 2, 3), Interval(8, 8)) == Estimate(0.25, 0.25, 0.375)
    assert rates.coverage(Estimate(9, 9, 9), Interval(8, 8)).point == 1


def test_hazard_of_ghazni():
    # 8 of 15 fall in 26 days. Constant hazard: -ln(7/15)/26 = 0.7621/26 = 0.02931. All fall on the last day:
    # 8/(15*26) = 0.02051. All on the first: 8/(7*26) = 0.04396.
    hazard = rates.hazard(8, 15, 26)
    assert hazard.point == pytest.approx(0.02931, abs=1e-5)
    assert hazard.low == pytest.approx(0.02051, abs=1e-5)
    assert hazard.high == pytest.approx(0.04396, abs=1e-5)


def test_provinces_are_listed_by_losses_and_add_up():
    p = placed(("a", 10, 10), ("b", 11, 11), ("c", 12, 12)).assign(province_id=["AF-BAL", "AF-GHA", "AF-GHA"])
    by = rates.by_province(p, 26, 0.95)
    assert list(by["province_id"]) == ["AF-GHA", "AF-BAL"]
    assert by["point"].sum() == rates.gross(p).point
    assert by["per_week"].iat[0] == pytest.approx(2 / 26 * 7)
