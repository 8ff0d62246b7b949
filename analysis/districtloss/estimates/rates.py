"""Loss rates: counts as bands, because dates are intervals, and exact Poisson intervals around them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from districtloss.estimates.intervals import Interval

DATE_RULES = ("earliest", "midpoint", "latest")
DAYS_PER_WEEK = 7


@dataclass(frozen=True)
class Estimate:
    """A point figure within what is possible: low <= point <= high."""

    point: float
    low: float
    high: float

    def scaled(self, factor: float) -> Estimate:
        return Estimate(self.point * factor, self.low * factor, self.high * factor)

    @property
    def interval(self) -> Interval:
        return Interval(self.low, self.high)


def exposure_days(start: pd.Timestamp, as_of: pd.Timestamp) -> int:
    """Return the days of the window from `start` to `as_of`, both counted: from 4 to 30 June are 27.

    Losses of both days count, so both are exposure. Between two stocks elapse as many days as lie between them, one
    less (`claims.days_between`).
    """
    return (as_of - start).days + 1


def placed(incidents: pd.DataFrame, start: pd.Timestamp, as_of: pd.Timestamp, date_rule: str) -> pd.DataFrame:
    """Return the incidents that can have happened in the window, with where in it.

    Adds `certain` (every possible day lies in the window), `date_point` (the day that `date_rule` picks) and
    `counted` (that day lies in the window). Rows that cannot lie in the window are left out.
    """
    first, last = incidents["date_earliest"], incidents["date_latest"]
    point = {"earliest": first, "latest": last, "midpoint": first + (last - first) / 2}[date_rule]
    point = point.dt.floor("D")
    table = incidents.assign(
        certain=(first >= start) & (last <= as_of),
        date_point=point,
        counted=(point >= start) & (point <= as_of),
    )
    return table[(first <= as_of) & (last >= start)].reset_index(drop=True)


def gross(placed_incidents: pd.DataFrame) -> Estimate:
    """Count incidents: the certain ones, those that the date rule counts, all that are possible."""
    p = placed_incidents
    return Estimate(int(p["counted"].sum()), int(p["certain"].sum()), len(p))


def distinct(placed_incidents: pd.DataFrame) -> Estimate:
    """Count places with at least one incident, as `gross` does incidents."""
    p = placed_incidents
    places = p["place_id"]
    return Estimate(places[p["counted"]].nunique(), places[p["certain"]].nunique(), places.nunique())


def net(losses: pd.DataFrame, recaptures: pd.DataFrame) -> Estimate:
    """Count places lost in the window and held by the Taliban at its end: the last change of control wins.

    Both tables are `placed`. Low: a certain loss comes after every recapture, whatever the days. High: some
    possible loss can come after every certain recapture. Point: by the days of the date rule. On one day, the
    recapture is taken to come last: sources tell of it because the loss came before.
    """
    after = (
        recaptures.groupby("place_id")
        .agg(last_possible=("date_latest", "max"))
        .join(recaptures[recaptures["certain"]].groupby("place_id").agg(certain_from=("date_earliest", "max")))
        .join(recaptures[recaptures["counted"]].groupby("place_id").agg(point=("date_point", "max")))
    )
    held = losses.join(after, on="place_id")
    low = held["certain"] & ~(held["last_possible"] >= held["date_earliest"])
    point = held["counted"] & ~(held["point"] >= held["date_point"])
    high = ~(held["certain_from"] >= held["date_latest"])
    places = held["place_id"]
    return Estimate(places[point].nunique(), places[low].nunique(), places[high].nunique())


def cumulative(placed_incidents: pd.DataFrame, start: pd.Timestamp, as_of: pd.Timestamp) -> pd.DataFrame:
    """Return the running count of incidents: date, low, point, high, one row a day of the window.

    An incident enters `high` on the first day it can have happened and `low` on the last, if it is certain to
    lie in the window; it enters `point` on the day that the date rule picks.
    """
    days = pd.date_range(start, as_of, freq="D", unit="s")
    counts = {
        name: np.searchsorted(np.sort(dates.to_numpy("datetime64[s]")), days.to_numpy("datetime64[s]"), "right")
        for name, dates in _entries(placed_incidents, start).items()
    }
    return pd.DataFrame({"date": days, **counts})


def _entries(placed_incidents: pd.DataFrame, start: pd.Timestamp) -> dict[str, pd.Series]:
    """Return for low, point and high the days on which incidents enter the running count."""
    p = placed_incidents
    return {
        "low": p.loc[p["certain"], "date_latest"],
        "point": p.loc[p["counted"], "date_point"],
        "high": p["date_earliest"].clip(lower=start),
    }


def steps(placed_incidents: pd.DataFrame, start: pd.Timestamp) -> pd.DataFrame:
    """Return what each day adds to the running count of each province: province_id, date, low, point, high.

    Days that add nothing to a province have no row. Summed over provinces and up to a day, that is `cumulative`.
    """
    entered = [
        pd.DataFrame({"province_id": placed_incidents["province_id"].loc[dates.index], "date": dates, name: 1})
        for name, dates in _entries(placed_incidents, start).items()
    ]
    keys, edges = ["province_id", "date"], ["low", "point", "high"]
    added = pd.concat(entered).groupby(keys, sort=True, observed=True)[edges].sum()
    return added.astype(int).reset_index()


def poisson_bounds(counts: np.ndarray, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the ends of the exact intervals for the means of Poisson counts (Garwood 1936, Biometrika 28: 437-442).

    Quantiles of chi-squared are those of gamma: half of one with 2n degrees is that of a gamma of shape n.
    """
    n, tail = np.asarray(counts, dtype=float), (1 - confidence) / 2
    low = np.where(n > 0, special.gammaincinv(np.maximum(n, 1), tail), 0.0)
    return low, special.gammaincinv(n + 1, 1 - tail)


def poisson_interval(count: float, confidence: float) -> Interval:
    """Return the exact interval for the mean of one Poisson count."""
    low, high = poisson_bounds(np.array(count), confidence)
    return Interval(float(low), float(high))


def rate(count: Estimate, days: int, confidence: float) -> Estimate:
    """Return events per day: the point count over the days, and the hull of the exact intervals of both edges.

    Raises ZeroDivisionError for a window of no days.
    """
    low = poisson_interval(count.low, confidence).low
    high = poisson_interval(count.high, confidence).high
    return Estimate(count.point / days, low / days, high / days)


def by_province(placed_incidents: pd.DataFrame, days: int, confidence: float) -> pd.DataFrame:
    """Return one row a province with an incident: province_id, low, point, high (incidents), per_week,
    per_week_low, per_week_high, events (ids joined with `|`), most first."""
    rows = []
    for province, part in placed_incidents.groupby("province_id", sort=True, observed=True):
        count = gross(part)
        weekly = rate(count, days, confidence).scaled(DAYS_PER_WEEK)
        rows.append(
            {
                "province_id": province,
                "low": count.low,
                "point": count.point,
                "high": count.high,
                "per_week": weekly.point,
                "per_week_low": weekly.low,
                "per_week_high": weekly.high,
                "events": "|".join(part["events"].tolist()),
            }
        )
    columns = ["province_id", "low", "point", "high", "per_week", "per_week_low", "per_week_high", "events"]
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values(["high", "point", "province_id"], ascending=[False, False, True], ignore_index=True)


def coverage(named: Estimate, stated: Interval) -> Estimate:
    """Return the share of the losses that a source states which the articles name, at most 1.

    `stated` must not hold 0.
    """
    return Estimate(
        min(1.0, named.point / stated.middle) if stated.bounded else math.nan,
        min(1.0, named.low / stated.high),
        min(1.0, named.high / stated.low),
    )


def hazard(lost: float, at_risk: float, days: float) -> Estimate:
    """Return losses per district-day among `at_risk` districts of which `lost` fell within `days`.

    Point: constant hazard, -ln(1 - lost/at_risk) / days. Low and high: lost over the district-days at risk if
    all fell on the last day or all on the first (Kalbfleisch & Prentice 2002, ch. 1: events over exposure);
    with every district lost on the first day there is no upper bound.
    """
    left = at_risk - lost
    point = -math.log(left / at_risk) / days if left > 0 else math.inf
    high = lost / (left * days) if left > 0 else math.inf
    return Estimate(point, lost / (at_risk * days), high)
