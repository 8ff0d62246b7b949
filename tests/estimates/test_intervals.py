"""Interval arithmetic keeps what is possible and nothing gets lost."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from districtloss.estimates.intervals import Interval

numbers = st.floats(-1e6, 1e6, allow_nan=False)
intervals = st.tuples(numbers, numbers).map(lambda ends: Interval(min(ends), max(ends)))
OPERATIONS = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
}
operations = st.sampled_from(sorted(OPERATIONS))


def member(interval: Interval, share: float) -> float:
    return min(max(interval.low + share * interval.width, interval.low), interval.high)


def near(value: float, interval: Interval) -> bool:
    slack = 1e-9 * max(1.0, abs(value))
    return interval.low - slack <= value <= interval.high + slack


def possible(name: str, divisor: Interval) -> bool:
    return name != "divide" or not (divisor.low <= 1e-3 and divisor.high >= -1e-3)


@given(intervals, intervals, st.floats(0, 1), st.floats(0, 1), operations)
def test_results_on_members_lie_in_the_result(a, b, s, t, name):
    assume(possible(name, b))
    operation = OPERATIONS[name]
    assert near(operation(member(a, s), member(b, t)), operation(a, b))


@given(intervals, intervals, intervals, operations)
def test_a_wider_operand_never_gives_a_narrower_result(a, b, more, name):
    wider = Interval.hull([b, more])
    assume(possible(name, wider))
    narrow, wide = OPERATIONS[name](a, b), OPERATIONS[name](a, wider)
    assert near(narrow.low, wide) and near(narrow.high, wide)


@given(intervals, intervals)
def test_sums_and_products_do_not_depend_on_the_order(a, b):
    assert a + b == b + a
    assert a * b == b * a


@given(intervals, intervals)
def test_the_hull_holds_its_parts_and_overlap_is_mutual(a, b):
    hull = Interval.hull([a, b])
    assert hull.contains(a) and hull.contains(b)
    assert a.overlaps(b) == b.overlaps(a)


def test_an_open_end_stays_open_and_never_turns_into_nan():
    over_200 = Interval(200, math.inf)
    assert (over_200 - 81).high == math.inf
    assert over_200 * 0 == Interval(0, 0)
    assert not over_200.bounded


def test_what_is_no_interval_is_refused():
    with pytest.raises(ValueError, match="no interval from 2 to 1"):
        Interval(2, 1)
    with pytest.raises(ValueError):
        Interval(math.nan, 1)
    with pytest.raises(ZeroDivisionError):
        Interval(1, 2) / Interval(-1, 1)
