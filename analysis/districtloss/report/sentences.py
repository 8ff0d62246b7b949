"""The words and conditions that sentences of the chapters need, made of findings: what agrees with a number, what a
paragraph can say of these data at all. Chapters look them up by these names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import singledispatch
from typing import Any

import pandas as pd

from districtloss.estimates import choices as choosing
from districtloss.estimates.claims import SPEAKERS, in_full, speakers
from districtloss.estimates.findings.choices import EventSwings, ImpliedRates, OldestToNewest
from districtloss.estimates.findings.choices import NamedLosses as LossesOverChoices
from districtloss.estimates.findings.event_table import Contradictions, Extent, NamedTwice, ReportsOfControl
from districtloss.estimates.findings.figures_compared import (
    Compared,
    OtherShares,
    Pairs,
    RatesBetween,
    Scale,
    Strengths,
)
from districtloss.estimates.findings.loss_rates import (
    ByProvince,
    Coverage,
    DensePart,
    HeadlineRate,
    NamedLosses,
    Statement,
    Stock,
    Yardsticks,
    statement,
)
from districtloss.estimates.incidents import DOUBTED_TYPES
from districtloss.estimates.rates import Estimate
from districtloss.estimates.study import Study
from districtloss.parameters import Parameters
from districtloss.phrasing import agreeing, counted, day, joined
from districtloss.report import evidence, explorer, listings
from districtloss.report.reliability import Audit, TwoCodings
from districtloss.report.values import Value

Values = Mapping[str, Value]


@dataclass(frozen=True)
class Sentences:
    """What sentences take from a finding: `words` stand in them, `flags` say whether a passage holds."""

    words: Mapping[str, str] = field(default_factory=dict)
    flags: Mapping[str, bool] = field(default_factory=dict)


@singledispatch
def of(finding: Any, study: Study, values: Values) -> Sentences:
    """Return what sentences take from a finding; `values` are its numbers as they are printed."""
    raise TypeError(f"no sentence takes anything from a {type(finding).__name__}")


# --- the event table --------------------------------------------------------------------------------------------

# Some sentences of the chapters are about these rows of our own coding.
SPOKEN_OF = {"events": "E080", "claims": "C001", "decisions": "D25"}


@of.register
def _(finding: Extent, study: Study, values: Values) -> Sentences:
    tables = study.tables
    events, sources = tables.events, tables.sources
    own = evidence.has_own_sources(tables)
    days = pd.concat([events["date_earliest"], events["date_latest"]]).dropna()
    ids = {name: set(getattr(tables, name)[f"{name.removesuffix('s')}_id"]) for name in SPOKEN_OF}
    parties = sources[sources["party"] != ""]
    first = next(tables.decisions.itertuples(), None)
    of_articles = f"{counted(len(sources), 'news article', 'news articles')} of the time"
    outside = (events["date_latest"] < study.start) | (events["date_earliest"] > study.as_of)
    return Sentences(
        words={
            "reports_noun": agreeing(values["reports_count"].text, "report", "reports"),
            "incidents_noun": agreeing(values["incidents_count"].text, "incident", "incidents"),
            "start_day": day(study.start),
            "as_of_day": day(study.as_of),
            "country": study.country,
            "side": study.side,
            "texts": "articles" if own else "sources" if len(sources) > 1 else "data",
            "texts_counted": of_articles if own else counted(len(sources), "source", "sources"),
            "events_span": f"from {day(days.min())} to {day(days.max())}" if len(days) else "on no day",
            "parties": _of_parties(parties),
            "set_example": f"{first.decision_id}={first.alternatives.split('|')[0]}" if first else "none",
        },
        flags={
            "own": own,
            "ours": tables.about.own and all(row in ids[name] for name, row in SPOKEN_OF.items()),
            "any_events": len(events) > 0,
            "events_outside": bool(outside.any()),
            "parties": len(parties) > 0,
            "events": len(study.reports) > 0,
            "decisions": len(tables.decisions) > 0,
        },
    )


def _of_parties(sources: pd.DataFrame) -> str:
    """Say which of the sources belong to a state or a side: those given."""
    named = sources[["outlet", "party"]].drop_duplicates()
    outlets = ", ".join(f"{s.outlet} ({s.party})" for s in named.itertuples(index=False))
    belong = counted(len(sources), "source belongs", "sources belong")
    return f"{belong} to a state or a side, or {'is' if len(sources) == 1 else 'are'} close to one: {outlets}"


@of.register
def _(finding: ReportsOfControl, study: Study, values: Values) -> Sentences:
    doubted = values["doubted_reports"].text
    return Sentences(
        words={
            "capture_say": agreeing(values["capture_reports"].text, "report says", "reports say"),
            "doubted_rest": agreeing(doubted, "rests", "rest"),
            "doubted_follow": agreeing(doubted, "follows", "follow"),
            "doubted_are": agreeing(doubted, "This is in the table and does not", "These are in the table and do not"),
        },
        flags={"doubted": bool(study.reports["event_type"].isin(DOUBTED_TYPES).any())},
    )


@of.register
def _(finding: NamedTwice, study: Study, values: Values) -> Sentences:
    return Sentences(flags={"timelines": len(finding.reports) > 0})


@of.register
def _(finding: Contradictions, study: Study, values: Values) -> Sentences:
    return Sentences(flags={"findings": len(finding.found) > 0})


@of.register
def _(finding: Audit, study: Study, values: Values) -> Sentences:
    return Sentences(
        words={
            "audit_rows_noun": agreeing(values["audit_rows"].text, "row", "rows"),
            "audit_faults_noun": agreeing(values["audit_faults"].text, "fault", "faults"),
        },
        flags={"audit": finding.audit_rows.value is not None},
    )


@of.register
def _(finding: TwoCodings, study: Study, values: Values) -> Sentences:
    return Sentences(flags={"second_coding": finding.both_events.value is not None})


# --- loss rates -------------------------------------------------------------------------------------------------


def _band(number: Any) -> Estimate:
    assert isinstance(number.value, Estimate)
    return number.value


@of.register
def _(finding: NamedLosses, study: Study, values: Values) -> Sentences:
    gross, distinct, held = map(_band, (finding.gross_losses, finding.distinct_losses, finding.net_held))
    counted_days = finding.lost.loc[finding.lost["counted"], "date_point"]
    # Of our own data the first day was set by what the report asks, not by what fell.
    begins = not study.tables.about.own and len(counted_days) > 0 and counted_days.min() == study.start
    return Sentences(
        words={
            "exposure_noun": "day" if study.days == 1 else "days",
            "gross_noun": "fall of a district" if gross.point == 1 else "falls of districts",
            "gross_are": "loss is" if gross.point == 1 else "losses are",
            "distinct_were": agreeing(values["distinct_losses"].text, "district was", "different districts were"),
            "net_were": agreeing(values["net_held"].text, "was", "were"),
            "recaptures_noun": agreeing(values["recaptures"].range, "recapture", "recaptures"),
        },
        flags={
            "losses": gross.high > 0,
            "net": study.parameters.net,
            "band": gross.low != gross.high,
            "net_band": held.low != held.high,
            "repeated": distinct.point < gross.point,
            "begins_with_loss": bool(begins),
            "recaptures": len(finding.won) > 0,
        },
    )


@of.register
def _(finding: HeadlineRate, study: Study, values: Values) -> Sentences:
    return Sentences(words={"confidence_level": f"{study.parameters.confidence:.0%}"})


@of.register
def _(finding: DensePart, study: Study, values: Values) -> Sentences:
    gross = study.gross()
    alike = finding.until < study.as_of and finding.dense_losses.value == gross and gross.point > 1
    return Sentences(
        words={
            "dense_until": day(finding.until),
            "dense_days_noun": agreeing(values["dense_days"].text, "day", "days"),
        },
        flags={"crowded": bool(alike)},
    )


@of.register
def _(finding: ByProvince, study: Study, values: Values) -> Sentences:
    table = finding.provinces
    return Sentences(
        words={
            "top_province": table["province"].iat[0] if len(table) else "no province",
            "top_province_share": _share_of_most(table, len(study.losses_in_window())),
            "tile_order": "in its rough place" if listings.has_tiles(study.tables) else "in the order of names",
        }
    )


def _share_of_most(table: pd.DataFrame, losses: int) -> str:
    """Say how much of all losses the first province of a table has."""
    if len(table) == 1:
        return "all of them"
    if len(table) and 2 * table["high"].iat[0] > losses:
        return "most of them"
    ahead = len(table) > 1 and table["high"].iat[0] > table["high"].iat[1]
    return "more than anywhere else" if ahead else "nowhere more than"


@of.register
def _(finding: Statement, study: Study, values: Values) -> Sentences:
    claim, stated = finding.claim, values["statement_losses"].text
    return Sentences(
        words={
            "statement_place": finding.place if claim is not None else "no province",
            "statement_day": day(claim["as_of_latest"]) if claim is not None else "no day",
            "statement_districts": agreeing(stated, "district", "districts"),
            "statement_were_said": agreeing(stated, "district was said", "districts were said"),
            "statement_were_counted": agreeing(stated, "was counted", "were counted"),
            "statement_those": agreeing(stated, "that", "those"),
            "statement_these": agreeing(stated, "this", "these"),
            "statement_noun": agreeing(stated, "loss", "losses"),
            "statement_days_noun": agreeing(values["statement_days"].text, "day", "days"),
        },
        flags={"statement": claim is not None, "several_counted": study.stated_losses["scope"].nunique() > 1},
    )


@of.register
def _(finding: Coverage, study: Study, values: Values) -> Sentences:
    named, stated = finding.named_of_stated.value, statement(study).count
    more = isinstance(named, Estimate) and stated is not None and named.point > stated.high
    return Sentences(
        words={"named_noun": agreeing(values["named_of_stated"].text, "loss", "losses")},
        flags={"overseen": more},
    )


@of.register
def _(finding: Stock, study: Study, values: Values) -> Sentences:
    return Sentences(
        words={"statement_whole_noun": agreeing(values["statement_whole"].text, "district", "districts")},
        flags={
            "statement_stock": finding.claim is not None,
            "statement_before": finding.statement_held_before.value is not None,
            "statement_hazard": finding.statement_hazard.value is not None,
        },
    )


@of.register
def _(finding: Yardsticks, study: Study, values: Values) -> Sentences:
    return Sentences(
        words={"provinces_noun": "province" if finding.provinces_count.value == 1 else "provinces"},
        flags={"adjusted": finding.coverage_adjusted.value is not None},
    )


# --- the figures compared ---------------------------------------------------------------------------------------


@of.register
def _(finding: Compared, study: Study, values: Values) -> Sentences:
    others = finding.figures_other.value
    return Sentences(
        words={
            "speakers": joined(in_full(speakers(finding.figures)), "anybody"),
            "figures_noun": agreeing(values["figures_count"].text, "figure", "figures"),
        },
        flags={
            "figures": len(finding.figures) > 0,
            "figures_other": isinstance(others, int) and others > 1,
            "figure_other": others == 1,
        },
    )


@of.register
def _(finding: Scale, study: Study, values: Values) -> Sentences:
    listed = listings.on_one_scale(study, finding)
    others = listed[~listed["claimant"].isin(list(SPEAKERS))]
    words = {"others_scale": _listed(others), "scale_listed": _listed(listed)}
    flags = {"scale": len(listed) > 1, "others_scale": len(others) > 0}
    for claimant in SPEAKERS:
        days = listed.loc[listed["claimant"] == claimant, "days"]
        held = values[f"{claimant}_districts"]
        flags[f"{claimant}_scale"] = len(days) > 0
        words[f"{claimant}_days"] = days.iat[-1] if len(days) else "no day"
        words[f"{claimant}_centers"] = agreeing(held.text, "center", "centers")
        words[f"{claimant}_districts_noun"] = agreeing(held.range, "district", "districts")
    return Sentences(words, flags)


def _listed(scale: pd.DataFrame) -> str:
    return "; ".join(f"{r.label}, {r.quote} ({r.days})" for r in scale.itertuples(index=False))


@of.register
def _(finding: Pairs, study: Study, values: Values) -> Sentences:
    return Sentences(
        words={"pairs_noun": agreeing(values["pairs_count"].text, "pair", "pairs")},
        flags={"pairs": len(finding.comparable) > 0, "not_compared": len(finding.comparable) < len(finding.pairs)},
    )


@of.register
def _(finding: RatesBetween, study: Study, values: Values) -> Sentences:
    # What the chapter says of a pair is of numbers that rose in between.
    rose = {p: finding.verdicts.get(p) == "change" and rate.low > 0 for p, rate in finding.rates.items()}
    agree = finding.verdicts.get(("taliban", "milley")) == "agree"
    # The first page tells of all three where the Taliban's figure and Milley's agree; else it lists who said what.
    three = agree and rose.get(("pentagon", "milley"), False) and len(finding.verdicts) == 3
    return Sentences(
        flags={
            **{"_".join(pair): bool(holds) for pair, holds in rose.items()},
            "taliban_milley_agree": agree,
            "three_agree": bool(three),
            "scale_listed": finding.figures_on_scale > 1 and not three,
            "national_hazard": finding.national_hazard.value is not None,
        }
    )


@of.register
def _(finding: OtherShares, study: Study, values: Values) -> Sentences:
    measures, cities = study.tables.claims["measure"], ["main_cities_held", "main_cities_and_highways_held"]
    return Sentences(
        words={"capitals_noun": agreeing(values["capitals_held"].text, "capital", "capitals")},
        flags={
            "land": all(n.value is not None for n in (finding.taliban_territory, finding.taliban_border)),
            "main_cities": bool(measures.isin(cities).any()),
            "capitals": finding.capitals_held.value is not None,
        },
    )


@of.register
def _(finding: Strengths, study: Study, values: Values) -> Sentences:
    army = finding.outlet_government.value is not None
    return Sentences(
        flags={
            "outlet_forces": army,
            "commandos": army and finding.outlet_commandos.value is not None,
            "forces": all(n.value is not None for n in (finding.biden_government, finding.biden_taliban)),
        }
    )


# --- what the choices do ----------------------------------------------------------------------------------------


@of.register
def _(finding: LossesOverChoices, study: Study, values: Values) -> Sentences:
    moves = {
        flag: values[name].range != values[name].text
        for flag, name in (
            ("rates_move", "range_of_rates"),
            ("same_end_moves", "range_of_rates_same_end"),
            ("net_moves", "range_of_net"),
        )
    }
    return Sentences(
        words={
            "whose_word": explorer.in_words(study, "attribution", "as_set"),
            "range_of_net_noun": agreeing(values["range_of_net"].range, "district", "districts"),
        },
        flags={
            "end_varies": any(f.name == "as_of" and len(f.options) > 1 for f in finding.factors),
            "sampled": finding.specs.sampled,
            "usual_attribution": study.parameters.attribution == Parameters().attribution,
        }
        | moves,
    )


@of.register
def _(finding: EventSwings, study: Study, values: Values) -> Sentences:
    return Sentences(
        words={
            "what_matters": choosing.what_matters(finding.weekly, "a week"),
            "what_matters_net": choosing.what_matters(finding.held, "districts", 0),
        },
        flags={"thinned": len(finding.weekly_curve.drawn) < len(finding.weekly_curve.whole)},
    )


@of.register
def _(finding: ImpliedRates, study: Study, values: Values) -> Sentences:
    return Sentences(flags={"several_readings": values["claim_combinations"].text != "1"})


@of.register
def _(finding: OldestToNewest, study: Study, values: Values) -> Sentences:
    words = {"between": finding.name, "what_matters_between": choosing.what_matters(finding.moved, "a day")}
    return Sentences(words, {"between": finding.known})
