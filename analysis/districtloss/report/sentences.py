"""What prose takes from findings beside their numbers: days and names, and the facts on which paragraphs and chapters
depend. Templates and `conditions` look them up by these names."""

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
from districtloss.estimates.findings.ladder import BeliefLadder, Corridor
from districtloss.estimates.findings.loss_rates import (
    ByProvince,
    Coverage,
    DensePart,
    NamedLosses,
    Statement,
    Stock,
    statement,
)
from districtloss.estimates.incidents import DOUBTED_TYPES
from districtloss.estimates.rates import Estimate
from districtloss.estimates.study import Study
from districtloss.parameters import Parameters
from districtloss.phrasing import counted, day, days, joined
from districtloss.report import evidence, explorer, listings
from districtloss.report.reliability import Audit, TwoCodings
from districtloss.report.values import Value

Values = Mapping[str, Value]


@dataclass(frozen=True)
class Sentences:
    """What sentences take from a finding: `words` (days and names) stand in them, `facts` say what holds of it."""

    words: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, bool] = field(default_factory=dict)


@singledispatch
def of(finding: Any, study: Study, values: Values) -> Sentences:
    """Return what sentences take from a finding beside its numbers; `values` are these as they are printed."""
    return Sentences()


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
            "start_day": day(study.start),
            "as_of_day": day(study.as_of),
            "start_short": f"{study.start.day} {study.start:%B}",
            "as_of_short": f"{study.as_of.day} {study.as_of:%B}",
            "country": study.country,
            "side": study.side,
            "texts_counted": of_articles if own else counted(len(sources), "source", "sources"),
            "events_span": f"from {day(days.min())} to {day(days.max())}" if len(days) else "on no day",
            "parties": _of_parties(parties),
            "set_example": f"{first.decision_id}={first.alternatives.split('|')[0]}" if first else "none",
        },
        facts={
            "default_window": study.start == pd.Timestamp(Parameters().start)
            and study.as_of == sources["published"].max(),
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
    return Sentences(
        facts={"doubted": bool(study.reports["event_type"].isin(DOUBTED_TYPES).any())},
    )


@of.register
def _(finding: NamedTwice, study: Study, values: Values) -> Sentences:
    return Sentences(facts={"timelines": len(finding.reports) > 0})


@of.register
def _(finding: Contradictions, study: Study, values: Values) -> Sentences:
    return Sentences(facts={"findings": len(finding.found) > 0})


@of.register
def _(finding: Audit, study: Study, values: Values) -> Sentences:
    return Sentences(
        facts={"audit": finding.audit_rows.value is not None},
    )


@of.register
def _(finding: TwoCodings, study: Study, values: Values) -> Sentences:
    return Sentences(facts={"second_coding": finding.both_events.value is not None})


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
        facts={
            "losses": gross.high > 0,
            "some_losses": gross.point > 0,
            "some_held": held.point > 0,
            "net": study.parameters.net,
            "band": gross.low != gross.high,
            "repeated": distinct.point < gross.point,
            "begins_with_loss": bool(begins),
            "recaptures": len(finding.won) > 0,
        },
    )


@of.register
def _(finding: DensePart, study: Study, values: Values) -> Sentences:
    gross = study.gross()
    alike = finding.until < study.as_of and finding.dense_losses.value == gross and gross.point > 1
    return Sentences(
        words={
            "dense_until": day(finding.until),
        },
        facts={"crowded": bool(alike)},
    )


@of.register
def _(finding: ByProvince, study: Study, values: Values) -> Sentences:
    table = finding.provinces
    return Sentences(
        words={
            "top_province": table["province"].iat[0] if len(table) else "no province",
            "tile_order": "in its rough place" if listings.has_tiles(study.tables) else "in the order of names",
        }
    )


@of.register
def _(finding: Statement, study: Study, values: Values) -> Sentences:
    claim = finding.claim
    return Sentences(
        words={
            "statement_place": finding.place if claim is not None else "no province",
            "statement_day": day(claim["as_of_latest"]) if claim is not None else "no day",
        },
        facts={"statement": claim is not None, "several_counted": study.stated_losses["scope"].nunique() > 1},
    )


@of.register
def _(finding: Coverage, study: Study, values: Values) -> Sentences:
    named, stated = finding.named_of_stated.value, statement(study).count
    more = isinstance(named, Estimate) and stated is not None and named.point > stated.high
    return Sentences(facts={"overseen": more})


@of.register
def _(finding: Stock, study: Study, values: Values) -> Sentences:
    return Sentences(
        facts={
            "statement_stock": finding.claim is not None,
            "statement_before": finding.statement_held_before.value is not None,
            "statement_hazard": finding.statement_hazard.value is not None,
        },
    )


# --- the figures compared ---------------------------------------------------------------------------------------


@of.register
def _(finding: Compared, study: Study, values: Values) -> Sentences:
    others = finding.figures_other.value
    return Sentences(
        words={
            "speakers": joined(in_full(speakers(finding.figures)), "anybody"),
        },
        facts={
            "figures": len(finding.figures) > 0,
            "figures_other": isinstance(others, int) and others > 1,
            "figure_other": others == 1,
        },
    )


@of.register
def _(finding: Scale, study: Study, values: Values) -> Sentences:
    listed = listings.on_one_scale(study, finding)
    words = {"scale_listed": _listed(listed)}
    for claimant in SPEAKERS:
        days = listed.loc[listed["claimant"] == claimant, "days"]
        words[f"{claimant}_days"] = days.iat[-1] if len(days) else "no day"
    return Sentences(words, {"scale": len(listed) > 1})


def _listed(scale: pd.DataFrame) -> str:
    return "; ".join(f"{r.label}, {r.quote} ({r.days})" for r in scale.itertuples(index=False))


@of.register
def _(finding: Pairs, study: Study, values: Values) -> Sentences:
    return Sentences(
        facts={"pairs": len(finding.comparable) > 0, "not_compared": len(finding.comparable) < len(finding.pairs)},
    )


@of.register
def _(finding: RatesBetween, study: Study, values: Values) -> Sentences:
    # What our chapter says of a pair is of numbers that rose in between.
    rose = {p: finding.verdicts.get(p) == "change" and rate.low > 0 for p, rate in finding.rates.items()}
    agree = finding.verdicts.get(("taliban", "milley")) == "agree"
    three = agree and all(rose.get(("pentagon", other), False) for other in ("milley", "taliban"))
    return Sentences(facts={"three_agree": bool(three)})


@of.register
def _(finding: BeliefLadder, study: Study, values: Values) -> Sentences:
    rungs = finding.rungs
    climb = [tuple(names.split("|")) for names in rungs["speakers"]]
    stated = speakers(study.stated_losses)
    steps = [("",), tuple(stated[:1]), ("Pentagon", "Milley"), ("Taliban",)]
    return Sentences(
        words={
            "believed": joined(in_full(finding.believed), "nobody"),
            "adding_nothing": joined(in_full(finding.adding_nothing), "nobody"),
            "ladder_apart": joined(rungs["contradiction"].iat[-1].split("|"), "none"),
        },
        facts={
            "beliefs": len(finding.believed) > 0,
            "beliefs_apart": finding.falls_believing_all.value is None,
            "beliefs_add": len(rungs) > 1 and finding.falls_believing_all.value is not None,
            "adding_nothing": len(finding.adding_nothing) > 0,
            "ladder_of_ours": climb == steps and finding.falls_believing_all.value is not None,
        },
    )


@of.register
def _(finding: Corridor, study: Study, values: Values) -> Sentences:
    pivot = finding.pivot
    needed = finding.recaptures_needed.value
    return Sentences(
        words={
            "pivot_days": days(pivot.first, pivot.last) if pivot else "no day",
            "pivot_speaker": joined(in_full([pivot.speaker]) if pivot else [], "nobody"),
            "corridor_apart": joined(finding.contradiction, "none"),
        },
        facts={
            "corridor": len(finding.corridor) > 0,
            "corridor_apart": len(finding.contradiction) > 0,
            "no_recapture_needed": needed == 0,
            "recaptures_needed": needed is not None and needed != 0,
            "slowed": finding.slowed_at_least.value is not None,
        },
    )


@of.register
def _(finding: OtherShares, study: Study, values: Values) -> Sentences:
    return Sentences(
        facts={
            "land": all(n.value is not None for n in (finding.taliban_territory, finding.taliban_border)),
            "capitals": finding.capitals_held.value is not None,
        },
    )


@of.register
def _(finding: Strengths, study: Study, values: Values) -> Sentences:
    army = finding.outlet_government.value is not None
    return Sentences(
        facts={
            "outlet_forces": army,
            "forces": all(n.value is not None for n in (finding.biden_government, finding.biden_taliban)),
        }
    )


# --- what the choices do ----------------------------------------------------------------------------------------


@of.register
def _(finding: LossesOverChoices, study: Study, values: Values) -> Sentences:
    return Sentences(
        words={"whose_word": explorer.in_words(study, "attribution", "as_set")},
        facts={
            "sampled": finding.specs.sampled,
            "usual_attribution": study.parameters.attribution == Parameters().attribution,
            "rates_move": values["range_of_rates"].range != values["range_of_rates"].text,
        },
    )


@of.register
def _(finding: EventSwings, study: Study, values: Values) -> Sentences:
    return Sentences(
        words={
            "what_matters": choosing.what_matters(finding.weekly, "a week"),
            "what_matters_net": choosing.what_matters(finding.held, "districts", 0),
        },
    )


@of.register
def _(finding: ImpliedRates, study: Study, values: Values) -> Sentences:
    return Sentences(facts={"several_readings": values["claim_combinations"].text != "1"})


@of.register
def _(finding: OldestToNewest, study: Study, values: Values) -> Sentences:
    words = {"between": finding.name, "what_matters_between": choosing.what_matters(finding.moved, "a day")}
    return Sentences(words, {"between": finding.known})
