"""The figures of the report: what each draws, the data under it, and what it shows in words for who cannot see it."""

from __future__ import annotations

from dataclasses import dataclass

import altair as alt
import pandas as pd

from districtloss.estimates import choices, rates, timelines
from districtloss.estimates.choices import Curve
from districtloss.estimates.findings.choices import EventSwings, OldestToNewest
from districtloss.estimates.findings.figures_compared import Compared
from districtloss.estimates.findings.ladder import BeliefLadder, Corridor
from districtloss.estimates.findings.loss_rates import ByProvince, DensePart
from districtloss.estimates.rates import Estimate
from districtloss.estimates.study import Study
from districtloss.phrasing import day, printed, printed_range, telling
from districtloss.report import charts, explorer, listings
from districtloss.report.layouts import LONGEST_TABLE
from districtloss.report.quantities import newest_only


@dataclass(frozen=True)
class Figure:
    """A chart with its data, what it shows in words (`alt`), and what it leaves out (`note`, below it)."""

    name: str
    chart: alt.TopLevelMixin
    data: pd.DataFrame
    alt: str
    note: str = ""


def _noun(number: int, one: str, many: str) -> str:
    return one if number == 1 else many


def _window(study: Study) -> str:
    return f"from {day(study.start)} to {day(study.as_of)}"


# --- the event table --------------------------------------------------------------------------------------------


def control_over_time(study: Study, reports: pd.DataFrame) -> Figure:
    """Draw who held a district when; `reports` are `listings.timelines_of`."""
    shown = timelines.drawable(reports)
    columns = ["district", "lane", "date_earliest", "date_latest", "days", "to", "standing", "what", "told_by"]
    drawn = shown[columns].rename(columns={"told_by": "source"})
    districts = shown["place_id"].nunique()
    spoken = " ".join(f"{r.district}: {r.what}, {r.days}, {r.standing}." for r in drawn.itertuples())
    below = "the table below has" if len(reports) <= LONGEST_TABLE else "the data of the table below have"
    left_out = (
        f"Drawn are the newest reports on the {districts} districts with most reports; {below} all "
        f"{len(reports):,} reports."
    )
    return Figure(
        "timelines",
        charts.timelines(drawn, study.side),
        drawn,
        f"Bars over the days on which {districts} {_noun(districts, 'district is', 'districts are')} reported to have "
        f"changed hands. {spoken}",
        left_out if len(shown) < len(reports) else "",
    )


# --- loss rates -------------------------------------------------------------------------------------------------


def cumulative_losses(study: Study, dense: DensePart) -> Figure:
    """Draw the running count of losses, with the days on which the sources appeared."""
    running, gross, early = study.cumulative(), study.gross(), dense.dense_losses.value
    assert isinstance(early, Estimate)
    stands = f"By {day(dense.until)} the count stands at {printed_range(early.low, early.high)}."
    return Figure(
        "cumulative_losses",
        charts.cumulative(running, listings.sources_in_window(study), study.parameters.date_rule),
        running,
        f"Running count of districts reported lost {_window(study)}. At the end: certain to lie in the window "
        f"{gross.low}, by the date rule {gross.point}, possible {gross.high}. "
        + (stands if dense.until < study.as_of else ""),
    )


def province_map(study: Study, found: ByProvince) -> Figure:
    """Draw the provinces as tiles, shaded by losses."""
    tiles = listings.tiles(study, found.provinces)
    lost = tiles[tiles["high"] > 0].sort_values(["high", "name"], ascending=[False, True])
    listed = ", ".join(f"{r.name} {r.label}" for r in lost.itertuples(index=False))
    return Figure(
        "province_map",
        charts.province_tiles(tiles),
        tiles,
        f"Map of {len(tiles)} {_noun(len(tiles), 'province as a tile', 'provinces as tiles')}, shaded by losses named "
        f"in the window: {listed or 'none'}. None are named in the others.",
    )


def losses(study: Study) -> Figure:
    """Draw a bar for each loss over its days, below the running count."""
    lost = study.losses_in_window()
    bars = listings.loss_bars(study, lost)
    steps = rates.steps(lost, study.start)
    listed = " ".join(f"{r.place}: {r.days}, {'certain' if r.certain else 'possible'}." for r in bars.itertuples())
    left_out = f"Of {len(lost):,} losses, the {len(bars)} that ended last have a bar; the count is of all."
    return Figure(
        "losses",
        charts.loss_bars(bars, steps, study.start, study.as_of, study.parameters.date_rule),
        bars,
        f"The running count of losses {_window(study)}, and below it a bar for each loss over the days on which it can "
        f"have happened. {listed}",
        left_out if len(bars) < len(lost) else "",
    )


# --- the figures compared ---------------------------------------------------------------------------------------


def figures_over_time(compared: Compared, listed: pd.DataFrame) -> Figure:
    """Draw the figures that are compared on a time axis; `listed` are `listings.figures`."""
    drawn = listed.assign(group=listed["measure_words"], quote=listed["figure"])
    columns = ["row", "speaker", "group", "quote", "as_of_earliest", "as_of_latest", "days", "source"]
    drawn = drawn[columns]
    return Figure(
        "figures_over_time",
        charts.figures_over_time(drawn),
        drawn,
        f"{len(drawn)} {_noun(len(drawn), 'figure', 'figures')} on a time axis, each a bar over the days it can be of. "
        + " ".join(f"{r.row}, {r.days}." for r in drawn.itertuples()),
        newest_only(compared).strip(),
    )


def common_scale(study: Study, scale: pd.DataFrame) -> Figure:
    """Draw the figures that count districts on one scale; `scale` are `listings.on_one_scale`."""
    districts = study.parameters.denominator
    spoken = " ".join(f"{r.label}, {r.days}: {r.low:.0f} to {r.high:.0f}." for r in scale.itertuples())
    return Figure(
        "common_scale",
        charts.common_scale(scale, districts),
        scale,
        f"Districts or district centers held by {study.side}, of {districts}. {spoken}",
    )


def belief_ladder(study: Study, found: BeliefLadder, rungs: pd.DataFrame) -> Figure:
    """Draw the ladder of beliefs; `rungs` are `listings.belief_ladder`."""
    known = rungs["least"].notna()
    drawn = rungs.assign(
        said=[
            f"at least {printed(r.least)} · {printed(r.per_week, 1)} a week" if told else "cannot all be true"
            for r, told in zip(rungs.itertuples(), known, strict=True)
        ]
    )[["believed", "least", "per_week", "said"]]
    left_out = f"Of the figures, the {found.left_out:,} oldest are not among those believed."
    return Figure(
        "belief_ladder",
        charts.belief_ladder(drawn),
        drawn,
        f"Falls of districts {_window(study)}, by whom one believes. "
        + " ".join(f"{r.believed}: {r.said}." for r in drawn.itertuples()),
        left_out if found.left_out else "",
    )


def corridor(study: Study, found: Corridor, course: pd.DataFrame) -> Figure:
    """Draw the corridor of the number held with the figures in it; `course` is `listings.corridor`."""
    stocks = found.stocks.astype(
        {"first": "datetime64[s]", "last": "datetime64[s]"}
    )  # of none, Pandas would not know that they are days
    near = stocks[(stocks["last"] >= study.start) & (stocks["first"] <= study.as_of)]
    stocks = near.assign(first=near["first"].clip(lower=study.start), last=near["last"].clip(upper=study.as_of))
    open_ended = stocks["high"] >= study.parameters.denominator
    numbers = [
        f"{r.low} or more" if more else printed_range(r.low, r.high)
        for r, more in zip(stocks.itertuples(), open_ended, strict=True)
    ]
    stocks = stocks.assign(open=open_ended, said=stocks["speaker"] + "\n" + pd.Series(numbers, stocks.index, dtype=str))
    spoken = " ".join(f"{r.days}: {r.low} to {r.high}." for r in course.itertuples())
    figures = "; ".join(stocks["said"].str.replace("\n", ", "))
    return Figure(
        "corridor",
        charts.corridor(course, stocks, study.parameters.denominator),
        course,
        f"Districts that {study.side} can have held at the end of each day {_window(study)}, if the number never fell. "
        f"{spoken} Figures: {figures or 'none'}.",
    )


# --- what the choices do ----------------------------------------------------------------------------------------


def choices_national(study: Study, swings: EventSwings) -> Figure:
    """Draw the rate of named losses under every combination of choices."""
    return _curve(study, "choices_national", swings.weekly_curve, "Named losses per week", "named losses per week", 1)


def choices_net(study: Study, swings: EventSwings) -> Figure:
    """Draw how many districts are still held under every combination of choices."""
    return _curve(
        study, "choices_net", swings.held_curve, "Named losses still held at the end", "districts still held", 0
    )


def choices_between(study: Study, rate: OldestToNewest) -> Figure:
    """Draw the rate between the oldest and the newest figure under every combination of choices."""
    return _curve(study, "choices_between", rate.curve, f"Districts a day, {rate.name},", "districts a day", 1)


def _curve(study: Study, name: str, curve: Curve, subject: str, unit: str, decimals: int) -> Figure:
    """Draw a headline under every combination of choices, in order of size; `subject` names it in a sentence."""
    said = [explorer.in_words(study, r.factor, r.option) for r in curve.taken.itertuples(index=False)]
    taken = curve.taken.assign(option=said)
    point = curve.whole["point"]
    exact = telling(point.min(), point.max(), decimals)
    own = point[curve.whole["ours"]].iat[0]
    smallest, largest, half, ours = (printed(v, exact) for v in (point.min(), point.max(), point.median(), own))
    combinations = _noun(len(point), "combination", "combinations")
    return Figure(
        name,
        charts.specification_curve(curve.drawn, taken, unit),
        curve.whole,
        f"{subject} under {len(point):,} {combinations} of choices, in order of size: from {smallest} to {largest}, "
        f"half of them below {half}; the report's own is {ours}. {choices.along(taken)}",
    )
