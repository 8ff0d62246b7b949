"""What the choices do: the headlines under every combination of the coding decisions and parameters that can move them.

One function a question, each counting anew: thousands of combinations take a second, and the numbers are asked for
without the swings that only words and charts need.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from districtloss.estimates import choices
from districtloss.estimates.choices import Curve, Factor, Specifications
from districtloss.estimates.findings.number import Number
from districtloss.estimates.rates import Estimate
from districtloss.estimates.study import Study

LIMIT = 4000  # specifications counted; more combinations than this are sampled
EDGES = ("low", "point", "high")


def _range(point: pd.Series) -> Estimate:
    """Return the median of a headline's point figures, with the smallest and the largest."""
    return Estimate(point.median(), point.min(), point.max())


def headline(counts: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the columns NAME_low, NAME_point and NAME_high of `choices.counts` as low, point and high."""
    return counts[[f"{name}_{edge}" for edge in EDGES]].set_axis(list(EDGES), axis=1)


@dataclass(frozen=True)
class NamedLosses:
    """The named losses under every combination; a row of the frames is a specification of `specs`.

    `counts`: the columns of `choices.event_headlines` (losses and districts, days). `weekly`: low, point, high losses
    a week. Ranges are the median, smallest and largest point figure.
    """

    combinations_total: Number
    combinations_counted: Number
    choices_count: Number
    range_of_rates: Number  # per week
    range_of_rates_same_end: Number  # per week
    range_of_counts: Number  # losses
    range_of_net: Number  # districts
    range_of_local: Number  # losses
    factors: Sequence[Factor]
    specs: Specifications
    counts: pd.DataFrame
    weekly: pd.DataFrame


def named_losses(study: Study, limit: int = LIMIT) -> NamedLosses:
    """Count the named losses under every combination of choices, or a sample of `limit`."""
    factors = choices.event_factors(study)
    specs = choices.specifications(factors, limit)
    counts = choices.event_headlines(study, specs)
    weekly = choices.weekly(counts, "gross", counts["days"], study.parameters.confidence)
    same_end = specs.option("as_of") == 0
    return NamedLosses(
        combinations_total=Number(specs.total),
        combinations_counted=Number(len(specs.index)),
        choices_count=Number(sum(len(f.options) > 1 for f in factors)),
        range_of_rates=Number(_range(weekly["point"])),
        range_of_rates_same_end=Number(_range(weekly.loc[same_end, "point"])),
        range_of_counts=Number(_range(counts["gross_point"])),
        range_of_net=Number(_range(counts["net_point"])),
        range_of_local=Number(None if study.stated_losses.empty else _range(counts["local_point"])),
        factors=factors,
        specs=specs,
        counts=counts,
        weekly=weekly,
    )


@dataclass(frozen=True)
class EventSwings:
    """What each choice alone does to the named losses: frames with the columns of `choices.swings`.

    `weekly`: losses a week; `held`: districts still held at the end; `local`: losses in the province of the largest
    statement. Of the first two also the curve over all combinations.
    """

    weekly: pd.DataFrame
    held: pd.DataFrame
    local: pd.DataFrame
    weekly_curve: Curve
    held_curve: Curve


def event_swings(study: Study, losses: NamedLosses) -> EventSwings:
    """Change one choice on events at a time, and put all their combinations, as in `losses`, in order of size."""
    single = choices.one_at_a_time(losses.factors)
    counts = choices.event_headlines(study, single)
    rates = choices.weekly(counts, "gross", counts["days"], study.parameters.confidence)
    weekly = choices.swings(single, *rates[list(EDGES)].to_numpy().T)
    held = choices.swings(single, *headline(counts, "net").to_numpy(float).T)
    return EventSwings(
        weekly=weekly,
        held=held,
        local=choices.swings(single, *headline(counts, "local").to_numpy(float).T),
        weekly_curve=choices.curve(losses.specs, losses.weekly, weekly),
        held_curve=choices.curve(losses.specs, headline(losses.counts, "net"), held),
    )


@dataclass(frozen=True)
class ImpliedRates:
    """The rates between figures under every combination of readings; `scales` and `implied` have the columns of
    `choices.claim_scales` and `choices.claim_headlines`, `implied` also pair (its name)."""

    claim_combinations: Number
    specs: Specifications
    scales: pd.DataFrame
    implied: pd.DataFrame

    def ranges(self) -> pd.DataFrame:
        """Return a row a pair: pair, smallest, largest (of the narrow readings), low, high (outermost bounds), ours
        (as the report reads them), all districts a day."""
        ends = {"smallest": ("narrow", "min"), "largest": ("narrow", "max"), "low": ("low", "min")}
        ranges = self.implied.groupby("pair", sort=False).agg(**ends, high=("high", "max")).reset_index()
        ours = self.implied[self.implied["specification"] == 0].set_index("pair")["narrow"]
        return ranges.assign(ours=ranges["pair"].map(ours))


def implied_rates(study: Study, limit: int = LIMIT) -> ImpliedRates:
    """Return what each two figures imply under every combination of choices on them, or a sample of `limit`."""
    specs = choices.specifications(choices.claim_factors(study), limit)
    scales = choices.claim_scales(study, specs)
    implied, names = choices.claim_headlines(scales), choices.figure_names(scales)
    pair = [f"{names[a]} to {names[b]}" for a, b in zip(implied["a"], implied["b"], strict=True)]
    return ImpliedRates(Number(len(specs.index)), specs, scales, implied.assign(pair=pair))


@dataclass(frozen=True)
class OldestToNewest:
    """The rate between the oldest and the newest figure on the scale, which is asked most.

    `name` is that of the pair; `moved` what each choice alone does to its districts a day (`choices.swings`); `curve`
    the rate under every combination. Where some reading gives no rate, `known` is false and `moved` has no rows.
    """

    known: bool
    name: str
    moved: pd.DataFrame
    curve: Curve


def oldest_to_newest(study: Study, rates: ImpliedRates) -> OldestToNewest:
    """Return the rate between the ends of the scale under every combination in `rates`."""
    scale = rates.scales[rates.scales["specification"] == 0]
    pair = (scale["claim_id"].iat[0], scale["claim_id"].iat[-1]) if len(scale) > 1 else ("", "")

    def of_pair(implied: pd.DataFrame, specs: Specifications) -> pd.DataFrame:
        rows = implied[(implied["a"] == pair[0]) & (implied["b"] == pair[1])].set_index("specification")
        ends = rows[["low", "narrow", "high"]].set_axis(list(EDGES), axis=1)
        return ends.reindex(range(len(specs.index))).astype(float)

    single = choices.one_at_a_time(rates.specs.factors)
    between = of_pair(rates.implied, rates.specs)
    alone = of_pair(choices.claim_headlines(choices.claim_scales(study, single)), single)
    known = bool(between.notna().all(axis=None) and alone.notna().all(axis=None))
    moved = choices.swings(single, *alone.to_numpy().T)
    moved = moved if known else moved.head(0)
    name = " to ".join(choices.figure_names(rates.scales)[list(pair)]) if known else "no two of them"
    return OldestToNewest(known, name, moved, choices.curve(rates.specs, between, moved))
