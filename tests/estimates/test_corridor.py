"""What all stocks allow together, day by day, and the paces that they imply."""

import datetime as dt
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise, product

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from districtloss.estimates.bounds import Bound, smallest_contradiction
from districtloss.estimates.corridor import corridor, fewest_recaptures, pace, turn
from districtloss.estimates.statements import NATION, Change, Statements, Stock, of_study
from helpers import brute_force, real
from helpers.brute_force import PROVINCE, day

DAYS = 5
spans = st.tuples(st.integers(0, DAYS - 1), st.integers(0, DAYS - 1)).map(sorted)
OURS = (dt.date(2021, 6, 4), dt.date(2021, 7, 27))


@st.composite
def stocks(draw) -> Statements:
    whole = draw(st.integers(1, 3))
    levels = st.tuples(st.integers(0, whole), st.integers(0, whole)).map(sorted)
    drawn = draw(st.lists(st.tuples(levels, spans), max_size=3))
    return Statements(
        {NATION: whole},
        tuple(Stock(f"S{n}", f"s{n}", NATION, *level, *map(day, span)) for n, (level, span) in enumerate(drawn)),
    )


def everything(said: Statements, recaptures: int) -> list[tuple[int, ...]]:
    """Return every course of levels at the ends of DAYS that all stocks allow."""
    return [
        levels
        for levels in product(range(said.wholes[NATION] + 1), repeat=DAYS)
        if sum(max(0, a - b) for a, b in pairwise(levels)) <= recaptures
        and all(
            any(
                stock.low <= level <= stock.high
                for n, level in enumerate(levels)
                if stock.first <= day(n) <= stock.last
            )
            for stock in said.stocks
        )
    ]


@given(stocks(), st.integers(0, 2))
@example(  # HiGHS gives it up where it first simplifies it
    Statements({NATION: 2}, (Stock("S0", "s0", NATION, 0, 0, day(0), day(2)),)), 1
)
@settings(max_examples=50)
def test_the_corridor_is_that_of_every_course_tried(said: Statements, recaptures: int):
    courses = everything(said, recaptures)
    table = corridor(said, day(0), day(DAYS - 1), recaptures)
    if not courses:
        assert table is None
        assert smallest_contradiction(said, recaptures=recaptures)
    else:
        assert table is not None
        for row, levels in zip(table.itertuples(), zip(*courses, strict=True), strict=True):
            # HiGHS gives up a programme now and then, whatever it is told; its bound is then wider, and says so.
            assert row.low <= min(levels) and row.high >= max(levels)
            assert not row.exact or (row.low, row.high) == (min(levels), max(levels))


@given(stocks(), st.lists(spans, max_size=2))
@settings(max_examples=30)
def test_the_fewest_recaptures_are_those_of_everything_tried(said: Statements, days):
    said = replace(said, falls=tuple(Change(PROVINCE, *map(day, span)) for span in days))
    by_hand = brute_force.least(said, DAYS, (0, DAYS - 1), recaptures=True)
    assert fewest_recaptures(said) == (None if by_hand is None else Bound(by_hand))


def course(table: pd.DataFrame) -> list[tuple[str, int, int]]:
    """Return where the corridor changes: first day, low, high."""
    changes = table[(table[["low", "high"]].diff() != 0).any(axis=1)]
    return [(f"{row.day:%d %B}", row.low, row.high) for row in changes.itertuples()]


def test_the_corridor_of_our_data_if_the_number_never_falls():
    """Before the 81 (23 to 30 June) no more than it; from its last day on no less. Up to Milley's first day (19 July)
    no more than his 230 (55 % of 419); from 8 July on no less than the Taliban's 201, which is above his 189."""
    table = corridor(of_study(real.study()), *OURS)
    assert table is not None
    assert course(table) == [
        ("04 June", 0, 81),
        ("24 June", 0, 230),
        ("30 June", 81, 230),
        ("08 July", 201, 230),
        ("20 July", 201, 419),
    ]


def test_each_recapture_that_is_allowed_widens_the_corridor_of_our_data_by_one():
    """Two are reported. On 8 July itself 201 stand, and on the days before and after up to two fewer."""
    table = corridor(of_study(real.study()), *OURS, recaptures=2)
    assert table is not None
    assert course(table) == [
        ("04 June", 0, 83),
        ("24 June", 0, 232),
        ("30 June", 79, 232),
        ("08 July", 201, 232),
        ("09 July", 199, 232),
        ("20 July", 199, 419),
    ]


def test_our_statements_need_no_recapture():
    assert fewest_recaptures(of_study(real.study())) == Bound(0)


def turn_at_the_taliban(**settings):
    said = of_study(real.study(**settings)).stocks
    return turn(said, next(stock for stock in said if stock.speaker == "Taliban"))


def test_the_pace_fell_at_least_threefold_at_the_talibans_day():
    """201 − 81 = 120 in at most 15 days (23 June to 8 July): 8 a day. 230 − 201 = 29 in at least 11 (8 to 19 July):
    2.636 a day. 8 / 2.636 = 3.034."""
    turned = turn_at_the_taliban()
    assert (turned.before.earlier.speaker, turned.after.later.speaker) == ("Pentagon", "Milley")
    assert (turned.before.least, turned.after.most) == (8, Fraction(29, 11))
    assert turned.slowed_at_least == Fraction(88, 29)


def test_with_a_figure_of_the_pentagon_two_weeks_old_it_fell_twofold():
    """120 in at most 22 days (16 June to 8 July) are 5.45 a day; by 2.636: 2.07."""
    turned = turn_at_the_taliban(decisions={"D17": "up_to_two_weeks"})
    assert turned is not None
    assert turned.slowed_at_least == Fraction(60, 29)


def test_a_pace_that_can_be_negative_divides_by_the_time_that_makes_it_widest():
    """From 10 to 20 held on days 0 to 2, to 5 to 12 on days 6 to 8: from 15 fewer in 4 days to 2 more in 4."""
    first = Stock("S1", "a", NATION, 10, 20, day(0), day(2))
    second = Stock("S2", "b", NATION, 5, 12, day(6), day(8))
    both = pace(first, second)
    assert (both.least, both.most) == (Fraction(-15, 4), Fraction(2, 4))
    surely_fewer = pace(first, replace(second, high=8))
    assert (surely_fewer.least, surely_fewer.most) == (Fraction(-15, 4), Fraction(-2, 8))


def test_stocks_of_days_that_can_be_one_imply_no_pace():
    first = Stock("S1", "a", NATION, 1, 1, day(0), day(2))
    with pytest.raises(ValueError, match="S2 need not be later than S1"):
        pace(first, replace(first, statement_id="S2", first=day(2), last=day(3)))


def test_a_speakers_own_series_shows_no_turn():
    series = [Stock(f"S{n}", "a", NATION, n, n, day(n), day(n)) for n in range(3)]
    assert turn(series, series[1]) is None
