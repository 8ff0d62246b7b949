"""The event table: how much was reported, which districts changed hands, and what does not fit together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from districtloss.estimates import contradictions as contradicting
from districtloss.estimates import timelines
from districtloss.estimates.findings.number import Number
from districtloss.estimates.incidents import DOUBTED_TYPES, LOSS_TYPES, RECAPTURE_TYPES
from districtloss.estimates.study import Study


@dataclass(frozen=True)
class Extent:
    """How many rows the data have, each a count without a band."""

    sources_count: Number
    reports_count: Number
    incidents_count: Number
    claims_count: Number
    decisions_count: Number


def extent(study: Study) -> Extent:
    """Count the sources, the reports, the incidents behind them, the figures that somebody gave and the decisions."""
    tables = study.tables
    return Extent(
        sources_count=Number(len(tables.sources)),
        reports_count=Number(len(tables.events)),
        incidents_count=Number(tables.events["incident_id"].nunique()),
        claims_count=Number(len(tables.claims)),
        decisions_count=Number(len(tables.decisions)),
    )


@dataclass(frozen=True)
class ReportsOfControl:
    """How many reports tell of a district that changed hands, by how far they are believed."""

    capture_reports: Number
    recapture_reports: Number
    doubted_reports: Number


def reports_of_control(study: Study) -> ReportsOfControl:
    """Count the reports of captures, of recaptures, and of changes that one side claims or that are only implied."""

    def of(types: Sequence[str]) -> Number:
        ids = study.reports.loc[study.reports["event_type"].isin(types), "event_id"]
        return Number(len(ids), list(ids))

    return ReportsOfControl(of(LOSS_TYPES), of(RECAPTURE_TYPES), of(DOUBTED_TYPES))


@dataclass(frozen=True)
class NamedTwice:
    """The districts that several reports are about; `reports` has the columns of `timelines.named_twice`."""

    districts_named_twice: Number
    reports: pd.DataFrame


def named_twice(study: Study) -> NamedTwice:
    """Return the reports of districts with more than one report of a change of control."""
    reports = timelines.named_twice(study.reports, study.parameters.attribution)
    return NamedTwice(Number(reports["place_id"].nunique(), list(reports["event_id"])), reports)


@dataclass(frozen=True)
class Contradictions:
    """What does not fit together; `found` has the columns of `contradictions.findings`, a row a contradiction."""

    found: pd.DataFrame


def contradictions(study: Study) -> Contradictions:
    """Return what contradicts itself in the coded rows."""
    return Contradictions(contradicting.findings(study))
