"""What others published of the same weeks, beside what the articles name. No number of the answer rests on it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import pandas as pd

from districtloss.estimates import rates
from districtloss.estimates.incidents import OPEN
from districtloss.estimates.intervals import Interval
from districtloss.estimates.rates import DAYS_PER_WEEK

HELD, TAKEN, KEPT, WON_BACK = "held", "taken", "taken_and_kept", "won_back"  # the measures of outside.csv
GROSS, NET = "gross", "net"  # what a span counts: falls, or falls less recaptures
HOLDS, MAY_HOLD, DOES_NOT_HOLD = "holds", "may_hold", "does_not_hold"
DAY = pd.Timedelta(days=1)
SPAN_COLUMNS = [
    "series_id", "publisher", "unit_counted", "estimand", "from_earliest", "from_latest", "to_earliest", "to_latest",
    "days_low", "days_high", "count_low", "count_high", "per_week_low", "per_week_high", "same_whole", "figures",
]  # fmt: skip


@dataclass(frozen=True)
class _Point:
    """A number that a series has reached at the end of a day: a stock, or what a flow has come to since its start."""

    earliest: pd.Timestamp
    latest: pd.Timestamp
    count: Interval
    whole: float  # NaN where the publisher gives none
    figures: tuple[str, ...]  # ids of the rows of outside.csv


def spans(figures: pd.DataFrame) -> pd.DataFrame:
    """Return the rates between figures of one series; series, units and estimands are never mixed.

    `figures`: the rows of outside.csv. Two stocks give the net change between them; flows since one day give falls
    (gross) and, where what was kept or won back is known, the net change, each from its start on and between any two
    that follow one another; what was taken is what was kept and what was won back, as if nothing fell twice. A series
    of more than two figures also has the span from its first to its last.

    Columns: series_id, publisher, unit_counted, estimand (`gross` | `net`), from_earliest, from_latest, to_earliest,
    to_latest (days; counted from the end of the one to the end of the other), days_low, days_high (days between
    them), count_low, count_high (districts or centres, `count_high` infinite where it is open), per_week_low,
    per_week_high (NaN unless a day surely passed in between), same_whole (both figures are set against one number of
    districts), figures (ids joined with `|`).
    """
    rows = []
    for series, of_series in figures.groupby("series_id", sort=False):
        for (publisher, unit), part in of_series.groupby(["publisher", "unit_counted"], sort=False):
            for estimand, points in _chains(part):
                steps = list(pairwise(points))
                if len(points) > 2:
                    steps.append((points[0], points[-1]))
                rows += [(series, publisher, unit, estimand, *_step(a, b)) for a, b in steps]
    return pd.DataFrame(rows, columns=SPAN_COLUMNS)


def _chains(part: pd.DataFrame) -> Iterator[tuple[str, list[_Point]]]:
    """Yield each estimand with the points between which it is counted, oldest first."""
    stocks = [_point(row) for row in _in_order(part[part["measure"] == HELD])]
    yield NET, stocks
    for since, flows in part[part["measure"] != HELD].groupby("since"):
        start = _Point(since, since, Interval.exactly(0), math.nan, ())
        reached: dict[str, list[_Point]] = {GROSS: [start], NET: [start]}
        for _, day in flows.groupby(["date_earliest", "date_latest"]):
            by_measure = {row["measure"]: _point(row) for row in _in_order(day)}
            taken, kept, won = (by_measure.get(measure) for measure in (TAKEN, KEPT, WON_BACK))
            falls = taken or _joined(kept, won, 1)
            change = kept or _joined(taken, won, -1)
            reached[GROSS] += [falls] if falls else []
            reached[NET] += [change] if change else []
        yield from reached.items()


def _in_order(rows: pd.DataFrame) -> list[pd.Series]:
    ordered = rows.sort_values(["date_latest", "date_earliest", "figure_id"])
    return [row for _, row in ordered.iterrows()]


def _point(row: pd.Series) -> _Point:
    high = math.inf if pd.isna(row["value_high"]) else float(row["value_high"])
    whole = math.nan if pd.isna(row["of_how_many"]) else float(row["of_how_many"])
    count = Interval(float(row["value_low"]), high)
    return _Point(row["date_earliest"], row["date_latest"], count, whole, (row["figure_id"],))


def _joined(one: _Point | None, other: _Point | None, sign: int) -> _Point | None:
    """Return the sum (sign 1) or the difference (-1) of two figures of one day, None unless both are there."""
    if one is None or other is None:
        return None
    count = one.count + other.count if sign > 0 else one.count - other.count
    return _Point(one.earliest, one.latest, count, one.whole, (*one.figures, *other.figures))


def _step(a: _Point, b: _Point) -> tuple[object, ...]:
    """Return the cells of a span from `from_earliest` on."""
    days = Interval((b.earliest - a.latest).days, (b.latest - a.earliest).days)
    count = b.count - a.count
    rate = count * DAYS_PER_WEEK / days if days.low > 0 else None
    return (
        a.earliest, a.latest, b.earliest, b.latest, days.low, days.high, count.low, count.high,
        rate.low if rate else math.nan, rate.high if rate else math.nan,
        not a.figures or a.whole == b.whole, "|".join((*a.figures, *b.figures)),
    )  # fmt: skip


def named_beside(table: pd.DataFrame, losses: pd.DataFrame) -> pd.DataFrame:
    """Return `spans` with the falls that the articles name in the same days: always gross, whatever the span counts.

    `losses`: incidents of loss (`incidents.incidents`). Adds named_low (those certain in the days that the span has at
    least), named_high (those possible in the days that it has at most), named_per_week_low, named_per_week_high, and
    named_share_low, named_share_high (of the published count; NaN where that can be 0 or less).
    """
    rows = []
    for span in table.itertuples(index=False):
        # Counting begins on the day after the end of which the earlier figure stands.
        narrow = rates.placed(losses, span.from_latest + DAY, span.to_earliest, "latest")
        wide = rates.placed(losses, span.from_earliest + DAY, span.to_latest, "latest")
        named = Interval(rates.gross(narrow).low if span.days_low > 0 else 0, len(wide) if span.days_high > 0 else 0)
        weekly = named * DAYS_PER_WEEK / Interval(span.days_low, span.days_high) if span.days_low > 0 else None
        share = named / Interval(span.count_low, span.count_high) if span.count_low > 0 else None
        ends = [named, weekly, share]
        rows.append([math.nan if end is None else side for end in ends for side in (end and end.low, end and end.high)])
    names = ["named", "named_per_week", "named_share"]
    added = pd.DataFrame(rows, columns=[f"{name}_{end}" for name in names for end in ("low", "high")], dtype=float)
    return pd.concat([table.reset_index(drop=True), added], axis=1)


def published_days(falls: pd.DataFrame) -> pd.DataFrame:
    """Return for each district the days on which it can have fallen by all that was published of it.

    `falls`: the rows of outside_falls.csv. Where they contradict each other, all days that any of them allows, as with
    the reports of an incident. Columns: place_id, published_earliest, published_latest (days; the ends of OPEN where
    nothing is known), falls (ids joined with `|`).
    """
    first, last = (falls[column].fillna(end) for column, end in OPEN.items())
    parts = falls.assign(first=first, last=last).groupby("place_id", sort=True)
    found = parts.agg(
        first_start=("first", "min"), last_start=("first", "max"), first_end=("last", "min"), last_end=("last", "max"),
        falls=("fall_id", "|".join),
    ).reset_index()  # fmt: skip
    agree = found["last_start"] <= found["first_end"]
    return pd.DataFrame(
        {
            "place_id": found["place_id"],
            "published_earliest": found["last_start"].where(agree, found["first_start"]),
            "published_latest": found["first_end"].where(agree, found["last_end"]),
            "falls": found["falls"],
        }
    )


def days_held(losses: pd.DataFrame, falls: pd.DataFrame) -> pd.DataFrame:
    """Say of each district with a published day whether the coded interval holds it.

    `losses`: incidents of loss, `falls`: the rows of outside_falls.csv. Of several losses of a district the one that
    fits best is taken. Columns: those of `losses` and `published_days`, and `verdict`: `holds` (every published day
    lies in the interval), `may_hold` (some do, of several or of an open stretch), `does_not_hold` (none does).
    """
    both = losses.merge(published_days(falls), on="place_id", how="inner")
    inside = (both["date_earliest"] <= both["published_earliest"]) & (both["published_latest"] <= both["date_latest"])
    meets = (both["date_earliest"] <= both["published_latest"]) & (both["published_earliest"] <= both["date_latest"])
    rank = 2 - inside.astype(int) - meets.astype(int)
    verdict = rank.map(dict(enumerate((HOLDS, MAY_HOLD, DOES_NOT_HOLD)))).astype("str")
    best = both.assign(verdict=verdict, rank=rank).sort_values(["place_id", "rank", "incident_id"], kind="stable")
    return best.drop_duplicates("place_id").drop(columns="rank").reset_index(drop=True)
