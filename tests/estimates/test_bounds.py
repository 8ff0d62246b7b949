"""How many falls there were at least, by whom one believes; held against everything tried, and against work by hand."""

import datetime as dt
import math
from collections import Counter
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from districtloss.estimates.bounds import Bound, ladder, least_falls, smallest_contradiction, speakers, subsets
from districtloss.estimates.statements import NATION, Change, Count, Statements, Stock, of_study
from helpers import brute_force, real
from helpers.brute_force import PROVINCE, day

DAYS, WINDOW = 4, (1, 3)
JUNE, JULY = (lambda n: dt.date(2021, 6, n)), (lambda n: dt.date(2021, 7, n))
MAY = dt.date(2021, 5, 1)
OURS = (JUNE(4), JULY(27))


def days(window):
    return day(window[0]), day(window[1])


spans = st.tuples(st.integers(0, DAYS - 1), st.integers(0, DAYS - 1)).map(sorted).map(days)
scopes = st.sampled_from([NATION, PROVINCE])


@st.composite
def statements(draw) -> Statements:
    whole = draw(st.integers(1, 4))
    wholes = {NATION: whole} | draw(st.sampled_from([{}, {PROVINCE: draw(st.integers(0, whole))}]))
    names = st.sampled_from(["a", "b", "c"])
    levels = st.tuples(st.integers(0, whole), st.integers(0, whole)).map(sorted)
    stocks = draw(st.lists(st.tuples(names, scopes, levels, spans), max_size=3))
    counts = draw(st.lists(st.tuples(names, scopes, st.integers(0, 3), spans), max_size=2))
    changes = st.lists(st.tuples(st.sampled_from([PROVINCE, "AF-Q"]), spans), max_size=2)
    return Statements(
        wholes,
        tuple(Stock(f"S{n}", name, scope, *level, *span) for n, (name, scope, level, span) in enumerate(stocks)),
        tuple(Count(f"K{n}", name, scope, least, *span) for n, (name, scope, least, span) in enumerate(counts)),
        *(tuple(Change(province, *span) for province, span in draw(changes)) for _ in range(2)),
    )


def value(falls: Bound | None) -> float:
    if falls is None:
        return math.inf
    assert falls.exact
    return falls.least


@given(statements())
@example(  # without bounds of its flows, HiGHS took it for unbounded
    Statements(
        {NATION: 1, PROVINCE: 1},
        tuple(Stock(f"S{n}", "a", scope, 0, 0, day(0), day(1)) for n, scope in enumerate([NATION, NATION, PROVINCE])),
        (Count("K0", "a", NATION, 0, day(0), day(0)), Count("K1", "a", PROVINCE, 1, day(0), day(1))),
        (),
        (Change("AF-Q", day(0), day(1)), Change("AF-Q", day(1), day(2))),
    )
)
@settings(max_examples=60)
def test_the_minimum_is_that_of_everything_tried(said: Statements):
    by_hand = brute_force.least(said, DAYS, WINDOW)
    assert value(least_falls(said, days(WINDOW))) == (math.inf if by_hand is None else by_hand)


@given(statements())
@settings(max_examples=25)
def test_what_contradicts_itself_is_found_and_nothing_smaller_does(said: Statements):
    ids = [statement.statement_id for statement in said.of_speakers]
    smallest = next(
        (
            size
            for size in range(len(ids) + 1)
            for some in combinations(ids, size)
            if brute_force.least(said.only(some), DAYS, WINDOW) is None
        ),
        None,
    )
    found = smallest_contradiction(said)
    assert (None if found is None else len(found)) == smallest
    if found is not None:
        assert brute_force.least(said.only(found), DAYS, WINDOW) is None


@given(statements())
@settings(max_examples=25)
def test_a_rung_more_never_lowers_the_minimum_and_the_ladder_ends_with_all(said: Statements):
    built = ladder(said, days(WINDOW))
    minima = [value(rung.falls) for rung in built.rungs]
    assert minima == sorted(set(minima))
    assert minima[0] == value(least_falls(said.by(()), days(WINDOW)))
    assert minima[-1] == value(least_falls(said, days(WINDOW)))
    named = [name for rung in built.rungs for name in rung.speakers]
    assert sorted((*named, *built.adding_nothing)) == sorted(speakers(said))


@given(st.lists(st.tuples(st.sampled_from([PROVINCE, "AF-Q"]), spans)), st.data())
@settings(max_examples=40)
def test_every_named_fall_that_must_lie_in_the_window_counts_once(changes, data):
    falls = tuple(Change(province, *span) for province, span in changes)
    first, last = days(WINDOW)
    inside = sum(first <= fall.first and fall.last <= last for fall in falls)
    count = Count("K", "a", PROVINCE, data.draw(st.integers(0, 4)), first, last)
    here = sum(fall.province == PROVINCE and first <= fall.first and fall.last <= last for fall in falls)
    # Those that a province's count holds are part of it; a fall that can lie outside can also lie inside.
    said = Statements({NATION: 100}, (), (count,), falls)
    assert least_falls(said.by(()), (first, last)) == Bound(inside)
    assert least_falls(said, (first, last)) == Bound(inside + max(0, count.least - here))


# What follows by hand: what the articles name and what is said, as `of_study` must give it.
def ours_by_hand() -> Statements:
    """Return our data under the default choices: 19 falls certain, 20 possible, 2 recaptures."""
    falls = [
        ("AF-BAL", MAY, JUNE(21)), ("AF-BGL", JUNE(15), JUNE(22)), ("AF-KAN", JUNE(20), JUNE(22)),
        ("AF-KDZ", JUNE(21), JUNE(21)), *[("AF-PIA", JUNE(16), JUNE(23))] * 3,
        ("AF-GHA", JUNE(17), JUNE(24)), ("AF-BDS", JUNE(17), JUNE(24)), ("AF-GHA", JUNE(23), JUNE(30)),
        ("AF-KAN", JUNE(23), JUNE(30)), ("AF-BAL", JUNE(30), JUNE(30)), ("AF-SAM", JUNE(29), JUNE(30)),
        *[("AF-BAL", JUNE(20), JUNE(30))] * 5, *[("AF-KAN", JUNE(20), JUNE(30))] * 2,
    ]  # fmt: skip
    recaptures = [("AF-BAL", JUNE(21), JUNE(21)), ("AF-BAL", JULY(26), JULY(26))]
    return Statements(
        {NATION: 419, "AF-GHA": 19},
        (
            Stock("C011", "Kabul Now", "AF-GHA", 12, 12, JUNE(30), JUNE(30)),
            Stock("C012", "Pentagon", NATION, 81, 81, JUNE(23), JUNE(30)),
            Stock("C019", "Taliban", NATION, 201, 419, JULY(8), JULY(8)),
            Stock("C035", "Milley", NATION, 189, 230, JULY(19), JULY(25)),
        ),
        (
            Count("C001", "South Front", NATION, 24, MAY, JUNE(22)),
            Count("C010", "Kabul Now", "AF-GHA", 8, JUNE(4), JUNE(30)),
        ),
        tuple(Change(*fall) for fall in falls),
        tuple(Change(*recapture) for recapture in recaptures),
    )


def test_our_tables_say_what_was_read_from_the_articles_by_hand():
    said, by_hand = of_study(real.study()), ours_by_hand()
    assert (said.wholes, said.stocks, said.counts) == (by_hand.wholes, by_hand.stocks, by_hand.counts)
    assert Counter(said.falls) == Counter(by_hand.falls)
    assert Counter(said.recaptures) == Counter(by_hand.recaptures)


def test_the_ladder_of_our_data():
    """All falls but Balkh district's surely lie in the window, 19. Kabul Now counts eight in Ghazni, of which two are
    named (Ab Band, Gilan): 25. The Pentagon's 81 and Milley's 189 (45 % of 419 is 188.55) are 108 apart. At the end of
    23 June, the first day of the 81, six falls surely lie behind it (Doshi, Maywand, Imam Sahib, three of Paktia), and
    a later day of the 81 has more: 6 + 108 = 114, 14.7 a week of 54 days. The Taliban's 201 instead of 189: 126. South
    Front's 24 since 1 May can lie in May."""
    built = ladder(of_study(real.study()), OURS)
    assert [(rung.speakers, rung.falls) for rung in built.rungs] == [
        ((), Bound(19)),
        (("Kabul Now",), Bound(25)),
        (("Pentagon", "Milley"), Bound(114)),
        (("Taliban",), Bound(126)),
    ]
    assert math.floor(114 * 7 / 54 * 10) / 10 == 14.7
    assert built.adding_nothing == ("South Front",)


def test_of_our_speakers_every_subset_is_told():
    table = subsets(ours_by_hand(), OURS, ["Kabul Now", "Pentagon", "Milley", "Taliban"])
    assert len(table) == 16
    # One stock alone says nothing on falls, and Milley's half may be less than the Taliban's 201 before it.
    assert {table[name,] for name in ("Pentagon", "Milley", "Taliban")} == {Bound(19)}
    assert table["Milley", "Taliban"] == Bound(19)
    assert table["Pentagon", "Taliban"] == Bound(126)


def test_an_older_figure_of_the_pentagon_needs_fewer_falls():
    """From 16 June on no named fall surely lies behind the 81 (on 16 June), and Balkh is won back after it: 108 + 1."""
    said = of_study(real.study(decisions={"D17": "up_to_two_weeks"}))
    assert least_falls(said.by(["Pentagon", "Milley"]), OURS) == Bound(109)


def test_the_order_can_be_given_and_who_adds_nothing_joins_the_next():
    built = ladder(ours_by_hand(), OURS, order=["Taliban", "Pentagon", "Kabul Now", "Milley", "South Front"])
    assert [(rung.speakers, rung.falls) for rung in built.rungs] == [
        ((), Bound(19)),
        (("Taliban", "Pentagon"), Bound(126)),
    ]
    assert built.adding_nothing == ("Kabul Now", "Milley", "South Front")


def test_an_order_that_forgets_a_speaker_is_an_error():
    with pytest.raises(ValueError, match="South Front, Kabul Now, Pentagon, Taliban, Milley"):
        ladder(ours_by_hand(), OURS, order=["Taliban", "Pentagon", "Milley"])


def test_beliefs_that_contradict_each_other_end_the_ladder_with_the_smallest_set():
    """On one day nobody can hold both 81 and 90 of the country, whatever else is said."""
    other = Stock("C099", "Kabul", NATION, 90, 90, JULY(8), JULY(8))
    said = ours_by_hand()
    built = ladder(replace(said, stocks=(*said.stocks, other)), OURS)
    assert built.rungs[-1].falls is None
    assert built.rungs[-1].contradiction == ("C019", "C099")


def test_what_a_province_does_not_hold_the_country_does_not_hold_either():
    """All of 5 districts are held, but none of a province's 3."""
    said = Statements(
        {NATION: 5, PROVINCE: 3},
        (Stock("S1", "a", NATION, 5, 5, day(1), day(1)), Stock("S2", "b", PROVINCE, 0, 0, day(1), day(1))),
    )
    assert smallest_contradiction(said) == ("S1", "S2")


def test_three_figures_for_two_days_contradict_each_other_and_no_two_do():
    stocks = tuple(Stock(f"S{n}", "a", NATION, n, n, day(0), day(1)) for n in range(3))
    assert smallest_contradiction(Statements({NATION: 9}, stocks)) == ("S0", "S1", "S2")
    assert smallest_contradiction(Statements({NATION: 9}, stocks[1:])) is None


def crowded(stocks: int, free: int, falls: int, length: int) -> tuple[Statements, tuple[dt.date, dt.date]]:
    """Return many stocks, each true of the end of some day of `free`, and named falls: a level that rises steadily."""
    start = dt.date(2021, 1, 1)

    def at(n: int) -> dt.date:
        return start + dt.timedelta(days=n)

    fell = [number * length // falls for number in range(falls)]
    said = []
    for number in range(stocks):
        middle = (number * 2 + 1) * length // (2 * stocks)
        first, held = middle - free // 2, 20 + sum(n <= middle for n in fell)
        low, high = held - number % 3, held + number % 2
        said.append(Stock(f"C{number:03d}", f"s{number}", NATION, low, high, at(first), at(first + free - 1)))
    named = tuple(Change("AF-Q", at(n - n % 4), at(n - n % 4 + 5)) for n in fell)
    return Statements({NATION: 419}, tuple(said), (), named), (at(0), at(length + 5))


def test_thirty_seven_stocks_with_a_week_of_freedom_and_320_falls_are_bounded():
    """All named falls lie in the window, and no two stocks are further apart than the falls named between them."""
    said, window = crowded(37, 7, 320, 365)
    assert least_falls(said, window) == Bound(320)


def test_where_the_node_limit_ends_the_search_the_bound_is_still_a_minimum():
    said, window = crowded(6, 12, 30, 30)
    said = replace(said, falls=said.falls[::3])
    limited, exact = least_falls(said, window, nodes=0), least_falls(said, window)
    assert limited and exact and exact.exact and not limited.exact
    assert limited.least <= exact.least


def test_a_ladder_under_the_node_limit_never_falls_and_says_where_it_was_cut_short():
    said, window = crowded(4, 12, 12, 30)
    built = ladder(said, window, nodes=0)
    minima = [rung.falls.least for rung in built.rungs if rung.falls]
    assert minima == sorted(minima)
    assert not all(rung.falls.exact for rung in built.rungs if rung.falls)
    assert [name for rung in built.rungs for name in rung.speakers] == speakers(said)


def test_the_same_statements_give_the_same_ladder_whatever_their_order():
    said = ours_by_hand()
    turned = replace(said, stocks=said.stocks[::-1], falls=said.falls[::-1])
    assert ladder(said, OURS) == ladder(said, OURS) == ladder(turned, OURS)
