"""Counting by elimination gives what going through every combination gives."""

import itertools
import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from districtloss.estimates import elimination
from districtloss.estimates.elimination import Table


@st.composite
def problems(draw):
    """Return numbers of options and tables over some of the choices, with one batch axis of two."""
    sizes = draw(st.lists(st.integers(1, 3), min_size=1, max_size=5))
    scopes = draw(st.lists(st.sets(st.integers(0, len(sizes) - 1), max_size=3), min_size=1, max_size=6))
    tables = []
    for scope in (tuple(sorted(s)) for s in scopes):
        shape = (*(sizes[v] for v in scope), 2)
        cells = draw(st.lists(st.integers(-3, 9), min_size=math.prod(shape), max_size=math.prod(shape)))
        tables.append(Table(scope, np.array(cells).reshape(shape)))
    return sizes, tables


def every_sum(sizes, tables, batch):
    for chosen in itertools.product(*map(range, sizes)):
        yield sum(int(t.cells[(*(chosen[v] for v in t.scope), batch)]) for t in tables)


def planned(sizes, tables, limit=10**6):
    return elimination.plan([t.scope for t in tables], sizes, limit)


@given(problems())
def test_every_combination_is_counted_under_its_sum(problem):
    sizes, tables = problem
    order = planned(sizes, tables).order
    used = math.prod(sizes[v] for v in order)
    sums = elimination.distributions(tables, order, used, ())
    for batch in range(2):
        brute = Counter(every_sum(sizes, tables, batch))
        idle = math.prod(sizes) // used  # choices in no table
        found = {sums[batch].least + i: n * idle for i, n in enumerate(sums[batch].numbers) if n}
        assert found == brute
        assert sums[batch].numbers[0] and sums[batch].numbers[-1]


@given(problems())
def test_least_and_greatest_are_those_of_all_combinations(problem):
    sizes, tables = problem
    least, most = elimination.extremes(tables, planned(sizes, tables).order)
    for batch in range(2):
        every = list(every_sum(sizes, tables, batch))
        assert (least[batch], most[batch]) == (min(every), max(every))


@given(problems())
def test_axes_that_are_summed_over_are_choices_too(problem):
    sizes, tables = problem
    order = planned(sizes, tables).order
    used = 2 * math.prod(sizes[v] for v in order)
    deeper = [Table(t.scope, t.cells[..., None]) for t in tables]
    (sums,) = elimination.distributions(deeper, order, used, (0,))
    brute = Counter(s for batch in range(2) for s in every_sum(sizes, tables, batch))
    idle = 2 * math.prod(sizes) // used
    assert {sums.least + i: n * idle for i, n in enumerate(sums.numbers) if n} == brute


def test_numbers_of_combinations_have_no_largest():
    # 200 choices of two options, each adding 1: binomial numbers, by hand.
    tables = [Table((v,), np.array([[0], [1]])) for v in range(200)]
    (sums,) = elimination.distributions(tables, range(200), 2**200, ())
    assert sums.least == 0 and list(sums.numbers) == [math.comb(200, k) for k in range(201)]


def test_choices_in_a_row_take_little_room_and_choices_in_one_table_much():
    chain = [(v, v + 1) for v in range(50)]
    # 50 tables of 4 cells. Eliminated from an end, each choice but the last has one neighbour left: 50 tables of 4
    # more, and one of 2.
    plan = elimination.plan(chain, [2] * 51, 10_000)
    assert plan is not None and sorted(plan.order) == list(range(51)) and plan.cells == 50 * 4 + 50 * 4 + 2
    assert elimination.plan([tuple(range(40))], [2] * 40, 10_000) is None


def test_the_limit_holds_on_the_way_too():
    # A star: the hub first would make a table of all others (2**21 cells), the others first only small ones.
    star = [(0, v) for v in range(1, 21)]
    plan = elimination.plan(star, [2] * 21, 1000)
    assert plan is not None and 0 in plan.order[-2:]
    # Every two of twelve choices together: small tables, but whichever comes first leaves one of eleven choices.
    pairs = list(itertools.combinations(range(12), 2))
    assert elimination.plan(pairs, [2] * 12, 1000) is None
    assert elimination.plan(pairs, [2] * 12, 10_000) is not None


def test_there_is_nothing_to_combine_without_a_table():
    with pytest.raises(ValueError, match="no table"):
        elimination.extremes([], ())
