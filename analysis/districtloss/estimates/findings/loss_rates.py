"""Loss rates: what the articles name, over the days of the window, beside what somebody counted in a province."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from districtloss.estimates import rates
from districtloss.estimates.findings.number import Number
from districtloss.estimates.intervals import Interval
from districtloss.estimates.rates import DAYS_PER_WEEK, Estimate
from districtloss.estimates.study import Study, stated_interval
from districtloss.phrasing import day

NO_PLACE = "the province"  # of the statement, in labels, where there is none


@dataclass(frozen=True)
class NamedLosses:
    """Counts of the window, each from certain to possible; `lost` and `won` are placed incidents (`rates.placed`)."""

    exposure_days: Number  # days
    gross_losses: Number  # losses
    distinct_losses: Number  # districts
    net_held: Number  # districts
    recaptures: Number  # recaptures
    lost: pd.DataFrame
    won: pd.DataFrame


def named_losses(study: Study) -> NamedLosses:
    """Count the losses and recaptures that are named in the window."""
    lost, won = study.losses_in_window(), study.placed(study.recaptures)
    of_losses, of_recaptures = list(lost["events"]), list(won["events"])
    return NamedLosses(
        exposure_days=Number(study.days),
        gross_losses=Number(study.gross(), of_losses),
        distinct_losses=Number(study.distinct(), of_losses),
        net_held=Number(study.net(), [*of_losses, *of_recaptures]),
        recaptures=Number(rates.gross(won), of_recaptures),
        lost=lost,
        won=won,
    )


@dataclass(frozen=True)
class HeadlineRate:
    """The rate over the whole window: of losses, or of districts still held where the parameter `net` says so."""

    national_rate: Number  # per week
    national_rate_daily: Number  # per day


def headline_rate(study: Study) -> HeadlineRate:
    """Divide the named losses by the days of the window."""
    rows = list(study.losses_in_window()["events"])
    if study.parameters.net:
        daily = study.rate(study.net())
        rows += list(study.placed(study.recaptures)["events"])
    else:
        daily = study.rate(study.gross())
    return HeadlineRate(Number(daily.scaled(DAYS_PER_WEEK), rows), Number(daily, rows))


@dataclass(frozen=True)
class DensePart:
    """The part of the window up to the day of the source that names most of its losses.

    After that day a count of what is named stands still, whatever happened.
    """

    until: pd.Timestamp
    dense_days: Number  # days
    dense_losses: Number  # losses
    dense_rate: Number  # per week
    dense_rate_daily: Number  # per day


def dense_part(study: Study) -> DensePart:
    """Count losses up to the source that names most of them; where none does, the part is the whole window."""
    until = _densest(study)
    losses, rows = study.gross(until), list(study.losses_in_window(until)["events"])
    daily = study.rate(losses, until)
    return DensePart(
        until=until,
        dense_days=Number(rates.exposure_days(study.start, until)),
        dense_losses=Number(losses, rows),
        dense_rate=Number(daily.scaled(DAYS_PER_WEEK), rows),
        dense_rate_daily=Number(daily, rows),
    )


def _densest(study: Study) -> pd.Timestamp:
    """Return the day of the window by which most of its named losses had been reported."""
    events = study.tables.events.merge(study.tables.sources[["source_id", "published"]], on="source_id")
    counted = events["event_id"].isin("|".join(study.losses_in_window()["events"]).split("|"))
    naming = events[counted & (events["date_latest"] <= study.as_of)]
    if naming.empty:
        return study.as_of
    published = naming.groupby("published").size().sort_values(kind="stable").index[-1]
    return min(published, study.as_of) if published > study.start else study.as_of


@dataclass(frozen=True)
class ByProvince:
    """Losses a province; `provinces` has the columns of `rates.by_province` and province (its name), most first."""

    provinces_with_losses: Number  # provinces
    top_province_losses: Number  # losses
    provinces: pd.DataFrame


def by_province(study: Study) -> ByProvince:
    """Count the named losses of each province."""
    lost = study.losses_in_window()
    names = study.tables.provinces.set_index("province_id")["name"]
    table = rates.by_province(lost, study.days, study.parameters.confidence)
    table = table.assign(province=table["province_id"].map(names))
    most = next(table.itertuples(index=False), None)
    return ByProvince(
        provinces_with_losses=Number(int((table["high"] > 0).sum()), list(lost["events"])),
        top_province_losses=Number(Estimate(most.point, most.low, most.high), [most.events]) if most else Number(None),
        provinces=table,
    )


@dataclass(frozen=True)
class Statement:
    """The largest count that somebody gave of a province's losses since the first day of the window.

    `claim` is its row, None where nobody gave one; `place` the province, `count` what the words allow (districts).
    """

    place: str
    claim: pd.Series | None
    count: Interval | None
    statement_losses: Number  # districts
    statement_days: Number  # days
    statement_rate: Number  # per day
    statement_rate_weekly: Number  # per week

    @property
    def rows(self) -> list[str]:
        return [] if self.claim is None else [self.claim["claim_id"]]


def statement(study: Study) -> Statement:
    """Return what was stated of a province's losses, and the rate that it gives."""
    if study.stated_losses.empty:
        nothing = Number(None)
        return Statement(NO_PLACE, None, None, nothing, nothing, nothing, nothing)
    claim = study.stated_losses.iloc[0]
    count, rows = stated_interval(claim), [claim["claim_id"]]
    lost = Estimate(count.low, count.low, count.high)
    daily = rates.rate(lost, int(claim["days"]), study.parameters.confidence) if count.bounded else None
    return Statement(
        place=claim["province"],
        claim=claim,
        count=count,
        statement_losses=Number(lost, rows),
        statement_days=Number(int(claim["days"]), rows),
        statement_rate=Number(daily, rows),
        statement_rate_weekly=Number(daily.scaled(DAYS_PER_WEEK) if daily else None, rows),
    )


@dataclass(frozen=True)
class Coverage:
    """How much of the stated losses of a province the articles name, up to the day of the statement."""

    place: str
    named_of_stated: Number  # losses
    coverage: Number  # share, 0 to 1
    undercount: Number  # stated losses for each named one


def coverage(study: Study) -> Coverage:
    """Set the losses that the articles name in the province beside those that were stated."""
    stated = statement(study)
    if stated.claim is None or stated.count is None:
        return Coverage(stated.place, Number(None), Number(None), Number(None))
    local = _named_locally(study, stated.claim)
    named, events = rates.gross(local), list(local["events"])
    rows = [*events, *stated.rows]
    return Coverage(
        place=stated.place,
        named_of_stated=Number(named, events),
        coverage=Number(rates.coverage(named, stated.count), rows),
        undercount=Number(stated.count.low / named.point if named.point else None, rows),
    )


def _named_locally(study: Study, claim: pd.Series) -> pd.DataFrame:
    """Return the losses that the articles name in the province of a statement, up to its day."""
    local = study.losses_in_window(claim["as_of_latest"])
    return local[local["province_id"] == claim["scope"]]


@dataclass(frozen=True)
class Stock:
    """How much of the province was held on the day of the statement, and so before its losses.

    `claim` is the row that says so, None where there is none.
    """

    place: str
    claim: pd.Series | None
    statement_whole: Number  # districts
    statement_held: Number  # districts
    statement_share: Number  # share, 0 to 1
    statement_held_before: Number  # districts
    statement_share_before: Number  # share, 0 to 1
    statement_hazard: Number  # in a hundred, a day


def stock(study: Study) -> Stock:
    """Take the stated losses from what was held; where more was lost than held, nothing is known of before."""
    stated = statement(study)
    claim = None if stated.claim is None else study.stated_stock(stated.claim["scope"])
    if stated.claim is None or stated.count is None or claim is None:
        nothing, unknown = Number(None), Number(None, stated.rows)
        return Stock(stated.place, None, nothing, nothing, nothing, unknown, unknown, unknown)
    held, total, lost = float(claim["value_low"]), float(claim["denominator"]), stated.count.low
    rows, both = [claim["claim_id"]], [claim["claim_id"], *stated.rows]
    # More lost than held: some were won back in between, or the two figures are not of the same.
    before = held - lost if held >= lost else None
    at_risk = total - before if before is not None else 0.0
    hazard = rates.hazard(lost, at_risk, int(stated.claim["days"])) if lost < at_risk else None
    return Stock(
        place=stated.place,
        claim=claim,
        statement_whole=Number(total, rows),
        statement_held=Number(held, rows),
        statement_share=Number(held / total, rows),
        statement_held_before=Number(before, both),
        statement_share_before=Number(before / total if before is not None else None, both),
        statement_hazard=Number(hazard.scaled(100) if hazard else None, both),
    )


@dataclass(frozen=True)
class Yardsticks:
    """What the province's statement would mean for the whole country: yardsticks, not estimates."""

    place: str
    provinces_count: Number  # provinces
    as_if_everywhere: Number  # per day
    coverage_adjusted: Number  # per day


def yardsticks(study: Study) -> Yardsticks:
    """Scale the province's stated rate by provinces, and the named losses by what the articles see of the province."""
    stated, seen, dense = statement(study), coverage(study), dense_part(study)
    provinces, daily = len(study.tables.provinces), stated.statement_rate.value
    share, named = seen.coverage.value, dense.dense_rate_daily.value
    assert isinstance(named, Estimate)
    return Yardsticks(
        place=stated.place,
        provinces_count=Number(provinces),
        as_if_everywhere=Number(daily.scaled(provinces) if isinstance(daily, Estimate) else None, stated.rows),
        coverage_adjusted=Number(
            named.point / share.point if isinstance(share, Estimate) and share.point else None,
            [*dense.dense_losses.rows, *stated.rows],
        ),
    )


def summary(study: Study) -> pd.DataFrame:
    """Return every rate side by side, a row a count.

    Columns: measure, days (of its part of the window), low, point, high (losses or districts), per_week,
    per_week_low, per_week_high (with the chance of a Poisson count).
    """
    until, days, stated = _densest(study), study.days, statement(study)
    counts = [("Named losses, whole window", days, study.gross(), study.rate(study.gross()))]
    if until < study.as_of:
        span, early = rates.exposure_days(study.start, until), study.gross(until)
        counts.append((f"Named losses, up to {day(until)}", span, early, study.rate(early, until)))
    counts += [
        ("Districts lost at least once, whole window", days, study.distinct(), study.rate(study.distinct())),
        ("Still held at the end, whole window", days, study.net(), study.rate(study.net())),
    ]
    if stated.claim is not None:
        span, lost, rate = int(stated.claim["days"]), stated.statement_losses.value, stated.statement_rate.value
        if isinstance(lost, Estimate) and isinstance(rate, Estimate):
            counts.append((f"{stated.place}, as stated", span, lost, rate))
        named = rates.gross(_named_locally(study, stated.claim))
        rate = rates.rate(named, span, study.parameters.confidence)
        counts.append((f"{stated.place}, as named", span, named, rate))
    rows = [
        (measure, span, count.low, count.point, count.high, *(DAYS_PER_WEEK * end for end in (r.point, r.low, r.high)))
        for measure, span, count, r in counts
    ]
    columns = ["measure", "days", "low", "point", "high", "per_week", "per_week_low", "per_week_high"]
    return pd.DataFrame(rows, columns=columns)
