"""The falls that statements need, by trying everything: days of stocks, days of named changes, levels, day by day."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import product

from districtloss.estimates.statements import NATION, Statements

PROVINCE = "AF-P"  # the only one with statements; changes elsewhere are of no province that matters
DAY = dt.date(2021, 6, 1)
Level = tuple[int, int]  # districts held in the country and in the province


def day(number: int) -> dt.date:
    return DAY + dt.timedelta(days=number)


def least(statements: Statements, days: int, window: tuple[int, int], recaptures: bool = False) -> int | None:
    """Return the fewest falls in the window (or recaptures at all), days counted from 0; None if nothing fits."""
    changes = [*statements.falls, *statements.recaptures]
    found = []
    for held in product(*(_days(stock.first, stock.last) for stock in statements.stocks)):
        for named in product(*(_days(change.first, change.last) for change in changes)):
            kinds = "f" * len(statements.falls) + "r" * len(statements.recaptures)
            of_days = Counter(zip(named, map(_here, changes), kinds, strict=True))
            found.append(_cheapest(statements, days, window, held, of_days, recaptures))
    possible = [value for value in found if value is not None]
    return min(possible, default=None)


def _days(first: dt.date, last: dt.date) -> range:
    return range((first - DAY).days, (last - DAY).days + 1)


def _here(change) -> bool:
    return change.province == PROVINCE


def _cheapest(statements: Statements, days: int, window, held: Sequence[int], named: Counter, recaptures: bool):
    counts = statements.counts
    top = max((count.least for count in counts), default=0)
    costs = {(level, (0,) * len(counts)): 0 for level in _levels(statements)}
    for today in range(days):
        after: dict = {}
        for ((level, progress), cost), to in product(costs.items(), _levels(statements)):
            if not _fits(statements, held, today, to):
                continue
            for here, rest, won in _flows(statements, named, today, level, to, top):
                done = tuple(
                    min(count.least, some + (here + rest * (count.scope == NATION)) * (today in _span(count)))
                    for count, some in zip(counts, progress, strict=True)
                )
                fell = here + rest if window[0] <= today <= window[1] else 0
                price = cost + (won if recaptures else fell)
                if price < after.get((to, done), price + 1):
                    after[to, done] = price
        costs = after
    full = tuple(count.least for count in counts)
    return min((cost for (_, progress), cost in costs.items() if progress == full), default=None)


def _span(count) -> range:
    return _days(count.since, count.until)


def _levels(statements: Statements) -> list[Level]:
    """Return every level that the wholes allow; of a province that has no stock, 0."""
    whole, part = statements.wholes[NATION], statements.wholes.get(PROVINCE)
    if not any(stock.scope == PROVINCE for stock in statements.stocks):
        return [(level, 0) for level in range(whole + 1)]
    ceiling = whole if part is None else part
    rest = whole if part is None else whole - part
    return [(a, b) for a in range(whole + 1) for b in range(min(a, ceiling) + 1) if a - b <= rest]


def _fits(statements: Statements, held: Sequence[int], today: int, level: Level) -> bool:
    return all(
        stock.low <= level[stock.scope == PROVINCE] <= stock.high
        for stock, chosen in zip(statements.stocks, held, strict=True)
        if chosen == today
    )


def _flows(statements, named: Counter, today: int, level: Level, to: Level, top: int) -> Iterator[tuple[int, int, int]]:
    """Yield falls in the province, falls elsewhere, and recaptures of a day: no more than something asks for."""
    fell, won = ({here: named[today, here, kind] for here in (True, False)} for kind in "fr")
    rise, here_rise = to[0] - level[0], to[1] - level[1]
    stocked = any(stock.scope == PROVINCE for stock in statements.stocks)
    for more_here, more_elsewhere in product(range(top + 1), repeat=2):
        if stocked:
            here = max(fell[True], won[True] + here_rise) + more_here
            elsewhere = max(fell[False], won[False] + rise - here_rise) + more_elsewhere
        else:
            here = fell[True] + more_here
            elsewhere = max(fell[False], sum(won.values()) + rise - here) + more_elsewhere
        yield here, elsewhere, here + elsewhere - rise
