"""Can they all be right: the number of districts held that all stocks allow together, and the paces that they imply.

The corridor of a day is the least and the greatest number held at its end that is compatible with every stock (Manski's
bounds, as in `programme`), if no more than so many districts were won back in all. Counts and named events are no part
of it. With no limit on recaptures every number is possible on every day that no stock fixes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction

import pandas as pd

from districtloss.estimates.programme import NODES, Bound, Programme
from districtloss.estimates.statements import NATION, Statements, Stock


def corridor(
    statements: Statements, first: dt.date, last: dt.date, recaptures: int = 0, nodes: int = NODES
) -> pd.DataFrame | None:
    """Return how many districts of the country can have been held at the end of each day from `first` to `last`.

    `recaptures` is how many there were at most; with none the number held never falls. None where the stocks then
    contradict each other (`bounds.smallest_contradiction` says which).

    Columns: day (date), low, high (districts), exact (bool: the node limit did not widen it).
    """
    only_stocks = replace(statements, counts=(), falls=(), recaptures=())
    programme = Programme(only_stocks, (first, last), recaptures, watched=True, nodes=nodes)
    days = [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]
    steps = [programme.step(day) for day in days]
    found: dict[int, tuple[Bound, Bound]] = {}

    def possible(step: int) -> bool:
        """Find the bounds of a step, and return whether there are any."""
        level = programme.held[NATION][step]
        low, high = programme.least({level: 1}), programme.least({level: -1})
        if low is None or high is None:
            return False
        found[step] = low, high
        return True

    asked = list(dict.fromkeys(steps))
    if not (possible(asked[0]) and (asked[-1] in found or possible(asked[-1]))):
        return None
    stretches = [(0, len(asked) - 1)]
    while stretches:
        begin, end = stretches.pop()
        if recaptures == 0 and found[asked[begin]] == found[asked[end]]:
            # Where the number never falls, its bounds do not either: nothing lies between equal ones.
            found |= dict.fromkeys(asked[begin:end], found[asked[begin]])
        elif end - begin > 1:
            middle = (begin + end) // 2
            possible(asked[middle])
            stretches += [(begin, middle), (middle, end)]
    return pd.DataFrame(
        {
            "day": pd.to_datetime(days),
            "low": [found[step][0].least for step in steps],
            "high": [-found[step][1].least for step in steps],
            "exact": [found[step][0].exact and found[step][1].exact for step in steps],
        }
    )


def fewest_recaptures(statements: Statements, nodes: int = NODES) -> Bound | None:
    """Return how many recaptures it takes at least for all statements to be true; None if none suffices.

    Statements are stocks, counts and named falls; named recaptures are not, since what is asked is whether the others
    need any.
    """
    programme = Programme(replace(statements, recaptures=()), nodes=nodes)
    return programme.least({column: 1 for flow in programme.recaptures.values() for column in flow})


@dataclass(frozen=True)
class Pace:
    """Districts a day, net of recaptures and whatever their number, between the days of two stocks of one scope."""

    earlier: Stock
    later: Stock
    least: Fraction
    most: Fraction


def pace(earlier: Stock, later: Stock) -> Pace:
    """Return the least and the most a day that both stocks allow, in whole districts and days.

    Raises ValueError where the later need not lie after the earlier, and then any pace fits.
    """
    shortest, longest = (later.first - earlier.last).days, (later.last - earlier.first).days
    if shortest <= 0:
        raise ValueError(f"{later.statement_id} need not be later than {earlier.statement_id}")
    least, most = later.low - earlier.high, later.high - earlier.low
    # What is lost slowest takes the longest time, what is won back fastest the shortest.
    return Pace(
        earlier,
        later,
        Fraction(least, longest if least > 0 else shortest),
        Fraction(most, shortest if most > 0 else longest),
    )


@dataclass(frozen=True)
class Turn:
    """The pace before and after the day of a stock."""

    before: Pace
    after: Pace

    @property
    def slowed_at_least(self) -> Fraction | None:
        """Return how many times as fast it was before as after, at least; None where nothing shows that it slowed.

        Infinite slowing, after which nothing was lost, is None too: there is no such number.
        """
        if self.after.most <= 0 or self.before.least <= self.after.most:
            return None
        return self.before.least / self.after.most


def turn(stocks: Iterable[Stock], pivot: Stock) -> Turn | None:
    """Return the pace before and after `pivot`, by the other speakers' stocks of its scope that lie surely on one side.

    Of several, those that say most: the one that makes the least pace before it greatest, and the one that makes the
    most after it smallest. None where there is none before or none after.
    """
    others = [stock for stock in stocks if stock.scope == pivot.scope and stock.speaker != pivot.speaker]
    before = [pace(stock, pivot) for stock in others if stock.last < pivot.first]
    after = [pace(pivot, stock) for stock in others if pivot.last < stock.first]
    if not before or not after:
        return None
    return Turn(max(before, key=lambda p: p.least), min(after, key=lambda p: p.most))
