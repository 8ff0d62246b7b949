"""The figures that the parties gave: on one scale, in pairs, and what each two of them imply."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from districtloss.estimates import claims, rates
from districtloss.estimates.claims import SPEAKERS, narrow_value, pick, value_interval
from districtloss.estimates.findings.number import Number
from districtloss.estimates.rates import DAYS_PER_WEEK, Estimate
from districtloss.estimates.study import Study

# The pairs of speakers between whose figures the report gives a rate, the earlier figure first.
RATED = (("pentagon", "taliban"), ("pentagon", "milley"), ("taliban", "milley"))


@dataclass(frozen=True)
class Compared:
    """The national figures that are set side by side, oldest first: rows of claims (`claims.compared`).

    `left_out` is how many more there are of the same kind, all older.
    """

    figures_other: Number  # figures
    figures_count: Number  # figures
    denominator: Number  # districts
    figures: pd.DataFrame
    left_out: int


def compared(study: Study) -> Compared:
    """Choose the figures to compare, and say on which of them the number of the country's districts rests."""
    table, districts = study.tables.claims, study.parameters.denominator
    figures = claims.compared(table)
    of_it = figures.loc[figures["denominator"] == districts, "claim_id"]
    return Compared(
        figures_other=Number(int(claims.national(table).sum()) - len(figures)),
        figures_count=Number(len(figures), list(figures["claim_id"])),
        denominator=Number(districts, list(of_it)),
        figures=figures,
        left_out=len(claims.speakers_claims(table)) - len(figures),
    )


@dataclass(frozen=True)
class Scale:
    """The figures that count districts or their centers; `scale` has the columns of `claims.common_scale`.

    `by_speaker`: for each of SPEAKERS `TERM_districts` (districts) and `TERM_share` (0 to 1), of the newest figure.
    """

    by_speaker: Mapping[str, Number]
    scale: pd.DataFrame

    def newest(self, claimant: str) -> pd.Series | None:
        """Return the newest figure of a speaker on the scale, None without one."""
        found = self.scale[self.scale["claimant"] == claimant]
        return None if found.empty else found.iloc[-1]


def scale(study: Study) -> Scale:
    """Put the figures on one scale: districts, of as many as the parameter `denominator` says."""
    districts = study.parameters.denominator
    found = Scale({}, claims.common_scale(claims.compared(study.tables.claims), districts))
    numbers = {}
    for claimant in SPEAKERS:
        figure = found.newest(claimant)
        count = None if figure is None else Estimate(figure["narrow"], figure["low"], figure["high"])
        rows = [] if figure is None else [figure["claim_id"]]
        numbers[f"{claimant}_districts"] = Number(count, rows)
        numbers[f"{claimant}_share"] = Number(count.scaled(1 / districts) if count else None, rows)
    return Scale(numbers, found.scale)


@dataclass(frozen=True)
class Pairs:
    """Every two of the figures; `pairs` has the columns of `claims.pairs`, `comparable` those that can be compared."""

    pairs_count: Number  # pairs
    pairs_comparable: Number  # pairs
    pairs: pd.DataFrame
    comparable: pd.DataFrame


def pairs(study: Study) -> Pairs:
    """Set every figure against every other."""
    figures = claims.compared(study.tables.claims)
    table = claims.pairs(figures, study.parameters.denominator)
    comparable = table[table["comparable"].astype(bool)].reset_index(drop=True)
    return Pairs(
        pairs_count=Number(len(table), list(figures["claim_id"])),
        pairs_comparable=Number(len(comparable), list(pd.unique(comparable[["a", "b"]].to_numpy().ravel()))),
        pairs=table,
        comparable=comparable,
    )


@dataclass(frozen=True)
class RatesBetween:
    """What the newest figures of two speakers imply, net of recaptures.

    `by_pair`: `rate_A_B` (districts a day) and `rate_A_B_weekly` for each pair of RATED. `verdicts`: of those pairs
    of which both have a figure, whether both can be right (`claims.pairs`). `rates`: the daily rates of the pairs of
    which time surely passed in between. `figures_on_scale` is how many figures there are in all.
    """

    by_pair: Mapping[str, Number]
    national_hazard: Number  # in a hundred, a day
    figures_on_scale: int
    verdicts: Mapping[tuple[str, str], str]
    rates: Mapping[tuple[str, str], Estimate]


def rates_between(study: Study) -> RatesBetween:
    """Divide the difference of two speakers' figures by the days between them."""
    on_scale = scale(study)
    newest = {claimant: on_scale.newest(claimant) for pair in RATED for claimant in pair}
    figures = claims.compared(study.tables.claims)
    figures = figures[figures["claim_id"].isin([f["claim_id"] for f in newest.values() if f is not None])]
    verdict_of = claims.pairs(figures, study.parameters.denominator).set_index(["a", "b"])["verdict"]
    numbers: dict[str, Number] = {}
    verdicts: dict[tuple[str, str], str] = {}
    known: dict[tuple[str, str], Estimate] = {}
    for first, second in RATED:
        a, b = newest[first], newest[second]
        daily: Estimate | float | None = None
        if a is not None and b is not None:
            narrow, widest = claims.implied_rate(a, b)
            daily = narrow if widest is None else Estimate(narrow, widest.low, widest.high)
            ids = a["claim_id"], b["claim_id"]
            verdicts[first, second] = verdict_of[ids if ids in verdict_of.index else ids[::-1]]
        rows = [figure["claim_id"] for figure in (a, b) if figure is not None]
        if isinstance(daily, Estimate):
            known[first, second] = daily
        weekly = daily.scaled(DAYS_PER_WEEK) if isinstance(daily, Estimate) else None
        numbers[f"rate_{first}_{second}"] = Number(daily, rows)
        numbers[f"rate_{first}_{second}_weekly"] = Number(weekly, rows)
    return RatesBetween(numbers, _national_hazard(study, on_scale), len(on_scale.scale), verdicts, known)


def _national_hazard(study: Study, on_scale: Scale) -> Number:
    """Return the daily hazard of a district between the figures of Pentagon and Milley, where districts fell."""
    a, b = on_scale.newest("pentagon"), on_scale.newest("milley")
    if a is None or b is None:
        return Number(None)
    days = claims.days_between(a, b).middle
    fallen, at_risk = b["narrow"] - a["narrow"], study.parameters.denominator - a["narrow"]
    if days <= 0 or not 0 < fallen < at_risk:
        return Number(None)
    return Number(rates.hazard(fallen, at_risk, days).scaled(100), [a["claim_id"], b["claim_id"]])


@dataclass(frozen=True)
class OtherShares:
    """The shares of other things than districts, by the newest figure of each."""

    taliban_territory: Number  # share, 0 to 1
    taliban_border: Number  # share, 0 to 1
    capitals_held: Number  # provincial capitals


def other_shares(study: Study) -> OtherShares:
    """Return what the Taliban say of territory and border, and Milley of provincial capitals."""

    def share(measure: str) -> Number:
        claim = pick(study.tables.claims, "taliban", measure)
        if claim is None:
            return Number(None)
        held = value_interval(claim, study.parameters.denominator)
        return Number(Estimate(narrow_value(claim), held.low, held.high), [claim["claim_id"]])

    capitals = pick(study.tables.claims, "milley", "provincial_capitals_held")
    return OtherShares(share("territory_share"), share("border_share"), _figure(capitals))


def _figure(claim: pd.Series | None) -> Number:
    return Number(None) if claim is None else Number(narrow_value(claim), [claim["claim_id"]])


@dataclass(frozen=True)
class Strengths:
    """How many fight on each side, by Biden's word and an article's, and the ratios of these."""

    biden_government: Number  # persons
    biden_taliban: Number  # persons
    outlet_government: Number  # persons
    outlet_commandos: Number  # persons
    biden_ratio: Number  # to one
    outlet_ratio: Number  # to one
    biden_over_outlet: Number  # to one
    commando_share: Number  # share, 0 to 1


def strengths(study: Study) -> Strengths:
    """Return the newest figure of each strength, and each ratio of two that are both known."""

    def force(claimant: str, measure: str, side: str) -> Number:
        return _figure(pick(study.tables.claims, claimant, measure, side))

    def ratio(a: Number, b: Number) -> Number:
        if a.value is None or b.value is None:
            return Number(None)
        assert not isinstance(a.value, Estimate) and not isinstance(b.value, Estimate)
        return Number(a.value / b.value, [*a.rows, *b.rows])

    government, taliban = (force("biden", "force_size", side) for side in ("government", "taliban"))
    outlet, commandos = (force("outlet", m, "government") for m in ("force_size", "commando_force_size"))
    return Strengths(
        biden_government=government,
        biden_taliban=taliban,
        outlet_government=outlet,
        outlet_commandos=commandos,
        biden_ratio=ratio(government, taliban),
        outlet_ratio=ratio(outlet, taliban),
        biden_over_outlet=ratio(government, outlet),
        commando_share=ratio(commandos, outlet),
    )
