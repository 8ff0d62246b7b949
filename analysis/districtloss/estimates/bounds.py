"""How many falls there were at least, by whom one believes: the ladder of beliefs, and which contradict each other.

Every rung bounds the same number: falls in the window, in the whole country, a district as often as it fell. Its
minimum is the least that is compatible with all that its speakers say (`programme` has the model and its sources). It
has no upper end: with R recaptures allowed that would be the districts of the country and R more, on every rung.
"""

from __future__ import annotations

import datetime as dt
import math
from bisect import bisect_left
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from districtloss.estimates.programme import NODES, Bound, Programme
from districtloss.estimates.statements import Statements

MOST_ORDERED = 8  # speakers; to try which of more adds least would take hundreds of programmes, so they go by day
MOST_SUBSETS = 4  # speakers of whom every subset is listed

Window = tuple[dt.date, dt.date]  # first and last day, both counted
Believed = Callable[[frozenset[str]], Bound | None]


@dataclass(frozen=True)
class Rung:
    """What follows if the speakers of this rung are believed as well as those below.

    `speakers` (none on the first, where only the articles' named falls count) are those who raise the minimum together;
    `falls` is that minimum, None where what is believed cannot all be true. `contradiction` then holds the ids of the
    smallest set of statements that shows it: an empty one if what is named does by itself.
    """

    speakers: tuple[str, ...]
    falls: Bound | None
    contradiction: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Ladder:
    """Rungs from what the articles name to all that is said, and the speakers who add nothing to the last of them."""

    rungs: tuple[Rung, ...]
    adding_nothing: tuple[str, ...] = ()


def least_falls(statements: Statements, window: Window, nodes: int = NODES) -> Bound | None:
    """Return how many falls in the window, both its days counted, all the statements need; None if none allows them.

    Named falls that may lie outside the window are taken to, and stocks to hold on the days that need fewest falls.
    """
    programme = Programme(statements, window, nodes=nodes)
    return programme.least(dict.fromkeys(programme.falls_within(window), 1))


def ladder(statements: Statements, window: Window, order: Sequence[str] | None = None, nodes: int = NODES) -> Ladder:
    """Return the ladder of beliefs: speakers come in `order`, or in that of `default_order`.

    A speaker who adds nothing joins the next. Where what is believed cannot all be true, the ladder ends with all.
    Where the node limit leaves open whether a speaker adds something, he has a rung of his own.

    Raises ValueError where `order` does not name every speaker once.
    """
    believed = _believed(statements, window, nodes)
    names = default_order(statements, believed) if order is None else list(order)
    if sorted(names) != sorted(speakers(statements)):
        raise ValueError(f"the order must name each of these once: {', '.join(speakers(statements))}")
    rungs = [Rung((), believed(frozenset()))]
    reached = 0  # how many of the names stand on a rung
    for position in range(1, len(names) + 1):
        below, falls = rungs[-1].falls, believed(frozenset(names[:position]))
        if below is None:
            break
        if falls is None or falls.least > below.least or not falls.exact:
            # Who believes more has no lower minimum, also where the limit came sooner.
            least = falls and Bound(max(falls.least, below.least), falls.exact)
            rungs.append(Rung(tuple(names[reached:position]), least))
            reached = position
    if rungs[-1].falls is not None:
        return Ladder(tuple(rungs), tuple(names[reached:]))
    said = (*rungs[-1].speakers, *names[reached:])
    return Ladder((*rungs[:-1], Rung(said, None, smallest_contradiction(statements, nodes))))


def default_order(statements: Statements, believed: Believed) -> list[str]:
    """Return the speakers in the order in which each adds least to those before; ties by their first statement's day.

    A speaker who adds nothing by himself comes just before the first with whom he adds something: the first stock says
    nothing on falls before a second one. Those who never add anything come last.
    """
    left = speakers(statements)
    if len(left) > MOST_ORDERED:
        return left
    order: list[str] = []
    while left:
        group = _next(left, frozenset(order), believed)
        order += group
        left = [name for name in left if name not in group]
    return order


def _next(left: Sequence[str], below: frozenset[str], believed: Believed) -> list[str]:
    """Return who comes next of those that are left: one who adds something, after those without whom he would not."""
    floor = _value(believed(below))

    def adding(count: int) -> dict[str, float]:
        """Return the minima with each who adds something after the first `count`."""
        added = {name: _value(believed(below | {*left[:count], name})) for name in left[count:]}
        return {name: value for name, value in added.items() if value > floor}

    if adding(0):
        count = 0
    elif not adding(len(left) - 1):
        return list(left)
    else:
        # Where somebody adds something after so many, somebody does after more: the fewest are found by halving.
        count = bisect_left(range(len(left) - 1), True, lo=1, key=lambda count: bool(adding(count)))
    added = adding(count)
    chosen = min(added, key=lambda name: added[name])  # the first of equals, and so the earliest
    return [*_needed(left[:count], below | {chosen}, added[chosen], believed), chosen]


def _needed(silent: Sequence[str], below: frozenset[str], value: float, believed: Believed) -> list[str]:
    """Return those of the silent without whom the minimum would be lower."""
    needed = list(silent)
    for name in silent:
        fewer = [other for other in needed if other != name]
        if _value(believed(below | {*fewer})) >= value:
            needed = fewer
    return needed


def subsets(
    statements: Statements, window: Window, names: Collection[str], nodes: int = NODES
) -> dict[tuple[str, ...], Bound | None]:
    """Return the minimum for every subset of up to MOST_SUBSETS speakers, the smaller ones first; of more, of none."""
    if len(names) > MOST_SUBSETS:
        return {}
    believed = _believed(statements, window, nodes)
    chosen = [subset for size in range(len(names) + 1) for subset in combinations(names, size)]
    return {subset: believed(frozenset(subset)) for subset in chosen}


def speakers(statements: Statements) -> list[str]:
    """Return who says anything, by the day of the first statement of each."""
    days: dict[str, dt.date] = {}
    for statement in statements.stocks:
        days[statement.speaker] = min(statement.last, days.get(statement.speaker, dt.date.max))
    for count in statements.counts:
        days[count.speaker] = min(count.until, days.get(count.speaker, dt.date.max))
    return sorted(days, key=lambda name: (days[name], name))


def smallest_contradiction(
    statements: Statements, nodes: int = NODES, recaptures: int | None = None
) -> tuple[str, ...] | None:
    """Return the ids of a smallest set of stocks and counts that cannot all be true, None if all can be.

    The set is empty where what is named cannot be true by itself. Found by hitting sets (Ignatiev et al. 2015,
    "Smallest MUS extraction with minimal hitting set dualization", CP 2015): a set that contradicts itself has an
    element in the complement of every set that does not. Where the node limit leaves no proof, a set is taken not to.
    """
    ids = [statement.statement_id for statement in statements.of_speakers]

    @cache
    def possible(some: frozenset[str]) -> bool:
        return Programme(statements.only(some), None, recaptures, nodes=nodes).least({}) is not None

    if possible(frozenset(ids)):
        return None
    complements: list[frozenset[str]] = []
    while possible(candidate := _hitting_set(ids, complements)):
        largest = candidate
        for name in ids:
            if possible(largest | {name}):
                largest |= {name}
        complements.append(frozenset(ids) - largest)
    return tuple(name for name in ids if name in candidate)


def _hitting_set(ids: Sequence[str], sets: Sequence[frozenset[str]]) -> frozenset[str]:
    """Return a smallest set with an element of each of `sets`; of several, of the earliest ids in sum."""
    if not sets:
        return frozenset()
    members = np.array([[name in some for name in ids] for some in sets], dtype=float)
    cost = 1 + np.arange(len(ids)) / len(ids) ** 2  # all second terms together are less than one
    answer = milp(
        cost,
        integrality=np.ones(len(ids)),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(members, lb=1),
        options={"mip_rel_gap": 0.0},
    )
    return frozenset(name for name, taken in zip(ids, answer.x, strict=True) if taken > 0.5)


def _value(falls: Bound | None) -> float:
    """Return the minimum, above every number where what is believed cannot be true."""
    return math.inf if falls is None else falls.least


def _believed(statements: Statements, window: Window, nodes: int) -> Believed:
    """Return the minimum by whom one believes, each computed once, and only where it does not follow from others.

    Who believes more has no lower minimum, so one between two that are equal is equal to them. That halves the time
    with our data, since it spares the slow programmes.
    """
    known: dict[frozenset[str], Bound | None] = {}

    def least(names: frozenset[str]) -> Bound | None:
        exact = {some: falls for some, falls in known.items() if falls is None or falls.exact}
        below = max((_value(falls) for some, falls in exact.items() if some <= names), default=-math.inf)
        above = min((_value(falls) for some, falls in exact.items() if some >= names), default=math.inf)
        if below == above:
            known[names] = None if math.isinf(below) else Bound(int(below))
        if names not in known:
            known[names] = least_falls(statements.by(names), window, nodes)
        return known[names]

    least(frozenset(speakers(statements)))
    return least
