"""What is said of how many districts are held and fall, as bounds in whole districts on days: what can be believed."""

from __future__ import annotations

import datetime as dt
import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import pandas as pd

from districtloss.estimates.claims import Row, least_value, national, on_district_scale, speakers, value_interval
from districtloss.estimates.incidents import OPEN
from districtloss.estimates.study import Study

NATION = ""  # the scope of what is said of the whole country; all others are those of provinces


@dataclass(frozen=True)
class Stock:
    """At the end of one day from `first` to `last`, from `low` to `high` districts of the scope were held."""

    statement_id: str
    speaker: str
    scope: str
    low: int
    high: int
    first: dt.date
    last: dt.date


@dataclass(frozen=True)
class Count:
    """From `since` to `until`, both days counted, `least` districts of the scope fell or more."""

    statement_id: str
    speaker: str
    scope: str
    least: int
    since: dt.date
    until: dt.date


@dataclass(frozen=True)
class Change:
    """A named district of the province fell, or was won back, on one day from `first` to `last`."""

    province: str
    first: dt.date
    last: dt.date


@dataclass(frozen=True)
class Statements:
    """All that is said: what speakers say in numbers, and what the articles name.

    `wholes` holds how many districts the NATION has, and each province of which that is known.

    Raises ValueError where a stock has no number left in it or days run backwards, and where the country's whole is
    missing or less than those of its provinces together.
    """

    wholes: Mapping[str, int]
    stocks: tuple[Stock, ...] = ()
    counts: tuple[Count, ...] = ()
    falls: tuple[Change, ...] = ()
    recaptures: tuple[Change, ...] = ()

    def __post_init__(self) -> None:
        if NATION not in self.wholes:
            raise ValueError("how many districts the country has is not said")
        provinces = sum(whole for scope, whole in self.wholes.items() if scope != NATION)
        if provinces > self.wholes[NATION]:
            raise ValueError(f"provinces with {provinces} districts in a country with {self.wholes[NATION]}")
        for stock in self.stocks:
            if not (0 <= stock.low <= stock.high and stock.first <= stock.last):
                raise ValueError(f"{stock.statement_id}: no number or no day is left in it")
        for count in self.counts:
            if count.since > count.until:
                raise ValueError(f"{count.statement_id}: it begins after its end")
        if any(change.first > change.last for change in (*self.falls, *self.recaptures)):
            raise ValueError("a fall or a recapture whose days run backwards")

    @property
    def of_speakers(self) -> tuple[Stock | Count, ...]:
        return (*self.stocks, *self.counts)

    def by(self, names: Iterable[str]) -> Statements:
        """Return what is said if of all speakers only these are believed."""
        names = frozenset(names)
        return replace(
            self,
            stocks=tuple(stock for stock in self.stocks if stock.speaker in names),
            counts=tuple(count for count in self.counts if count.speaker in names),
        )

    def only(self, ids: Iterable[str]) -> Statements:
        """Return what is said if of all that speakers say only these statements are believed."""
        ids = frozenset(ids)
        return replace(
            self,
            stocks=tuple(stock for stock in self.stocks if stock.statement_id in ids),
            counts=tuple(count for count in self.counts if count.statement_id in ids),
        )

    def with_days_together(self, window: tuple[dt.date, dt.date]) -> Statements:
        """Return the same with named changes widened to whole runs of days that neither speakers nor the window tell
        apart. Fewer days then differ, and what follows is a bound as before, if not always the closest."""
        spans = [window, *((stock.first, stock.last) for stock in self.stocks)]
        spans += [(count.since, count.until) for count in self.counts]
        cuts = sorted({cut for first, last in spans for cut in (first.toordinal(), last.toordinal() + 1)})

        def widened(changes: tuple[Change, ...]) -> tuple[Change, ...]:
            days = [day.toordinal() for change in changes for day in (change.first, change.last)]
            starts = sorted([*cuts, min(days, default=0), max(days, default=0) + 1])
            made = []
            for change in changes:
                first = starts[bisect_right(starts, change.first.toordinal()) - 1]
                last = starts[bisect_right(starts, change.last.toordinal())] - 1
                made.append(Change(change.province, dt.date.fromordinal(first), dt.date.fromordinal(last)))
            return tuple(made)

        return replace(self, falls=widened(self.falls), recaptures=widened(self.recaptures))


def whole_numbers(low: float, high: float, above: bool = False) -> tuple[int, int]:
    """Return the whole numbers from `low` to `high` (`above`: from above `low`), as their least and greatest.

    Where there is none, as between 209.5 and 209.5, the figure was rounded: its two neighbours.
    """
    least, greatest = _least(low, above), math.floor(round(high, 6))
    return (least, greatest) if least <= greatest else (greatest, least)


def _least(low: float, above: bool = False) -> int:
    low = round(low, 6)  # 0.55 · 420 is 231.00000000000003
    return math.floor(low) + 1 if above else math.ceil(low)


def of_study(study: Study) -> Statements:
    """Return what a study's tables say, in districts: a district counts with its center.

    Stocks are the claims of DISTRICT_MEASURES about the side that takes districts, of the country and of provinces; a
    share is one of the whole. `more_than` 200 is 201 or more: `value_low` is the number in the text. Counts are claims
    of districts lost with a `since`, which a row has where the text says from when on it counts; they are minima.
    Falls and recaptures are the study's incidents. A province's whole is the largest that a claim or the table of
    provinces gives; shares of a province without one are left out, since they say nothing in districts.
    """
    claims = study.tables.claims
    claims = claims.assign(
        speaker=speakers(claims),
        scope=claims["scope"].mask(national(claims), NATION),
        as_of_earliest=claims["as_of_earliest"].fillna(OPEN["date_earliest"]),
    )
    held = claims[on_district_scale(claims) & claims["kind"].isin(["stock", "share"])]
    lost = claims[
        (claims["measure"] == "districts_lost")
        & (claims["kind"] == "flow")
        & claims["since"].notna()
        & claims["value_low"].notna()
    ]
    wholes = _wholes(study, held)
    scaled = held[(held["kind"] == "stock") | held["scope"].isin(list(wholes))]
    return Statements(
        wholes,
        tuple(_stock(claim, wholes) for claim in scaled.to_dict("records")),
        tuple(_count(claim) for claim in lost.to_dict("records")),
        _changes(study.losses),
        _changes(study.recaptures),
    )


def _wholes(study: Study, held: pd.DataFrame) -> dict[str, int]:
    """Return the districts of the country, and of the provinces that `held` is about where that is known."""
    known = [
        study.tables.provinces.set_index("province_id")["districts_total"],
        held[held["kind"] == "stock"].set_index("scope")["denominator"],
    ]
    largest = pd.concat([of_scope.astype(float) for of_scope in known]).groupby(level=0).max().dropna()
    of_provinces = largest[largest.index.isin(held["scope"]) & (largest.index != NATION)]
    return {NATION: study.parameters.denominator, **of_provinces.astype(int).to_dict()}


def _stock(claim: Row, wholes: Mapping[str, int]) -> Stock:
    whole = wholes.get(claim["scope"], wholes[NATION])
    factor = whole if claim["kind"] == "share" else 1
    value = value_interval(claim, whole) * factor
    # Of a count, `value_interval` has left out the number itself already.
    above = claim["kind"] == "share" and claim["qualifier"] == "more_than"
    low, high = whole_numbers(value.low, value.high, above)
    first, last = claim["as_of_earliest"].date(), claim["as_of_latest"].date()
    return Stock(claim["claim_id"], claim["speaker"], claim["scope"], low, high, first, last)


def _count(claim: Row) -> Count:
    least = _least(least_value(claim))
    since, until = claim["since"].date(), claim["as_of_latest"].date()
    return Count(claim["claim_id"], claim["speaker"], claim["scope"], least, since, until)


def _changes(table: pd.DataFrame) -> tuple[Change, ...]:
    """Return incidents as named changes; `table` as `incidents.incidents` gives it."""
    days = (table[column].dt.date for column in ("date_earliest", "date_latest"))
    return tuple(Change(*change) for change in zip(table["province_id"], *days, strict=True))
