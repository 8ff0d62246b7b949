"""How right it was: what the articles give, beside what others published of the same weeks.

Nothing but this chapter's own table rests on the figures of others: no number of the answer is made of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from districtloss.estimates import outside
from districtloss.estimates.findings.number import Number
from districtloss.estimates.incidents import OPEN, reported_days
from districtloss.estimates.study import Study


@dataclass(frozen=True)
class PublishedRates:
    """The rates of published series; `spans` has the columns of `outside.named_beside`, a row a span."""

    outside_figures: Number  # figures
    outside_series: Number  # series
    spans: pd.DataFrame


def published_rates(study: Study) -> PublishedRates:
    """Set the falls that the articles name beside each span of a published series, within the window or not."""
    figures = study.tables.outside
    return PublishedRates(
        outside_figures=Number(len(figures)),
        outside_series=Number(figures["series_id"].nunique()),
        spans=outside.named_beside(outside.spans(figures), study.losses),
    )


@dataclass(frozen=True)
class PublishedDays:
    """How many coded intervals hold the day that others published for the fall; `rows` are the events' ids.

    `districts` has the columns of `outside.days_held` with ends missing that are not known, a row a district. The
    three verdicts add up to `days_compared`.
    """

    days_compared: Number  # districts
    days_held: Number  # districts
    days_open: Number  # districts
    days_missed: Number  # districts
    districts: pd.DataFrame


def published_days(study: Study) -> PublishedDays:
    """Hold the intervals of the counted losses, whenever they happened, against the published days."""
    table = outside.days_held(study.losses, study.tables.outside_falls)

    def of(*verdicts: str) -> Number:
        rows = table.loc[table["verdict"].isin(verdicts), "events"]
        return Number(len(rows), list(rows))

    published = table[["published_earliest", "published_latest"]]
    told = reported_days(published.set_axis(list(OPEN), axis=1)).set_axis(published.columns, axis=1)
    return PublishedDays(
        days_compared=of(outside.HOLDS, outside.MAY_HOLD, outside.DOES_NOT_HOLD),
        days_held=of(outside.HOLDS),
        days_open=of(outside.MAY_HOLD),
        days_missed=of(outside.DOES_NOT_HOLD),
        districts=reported_days(table).assign(**told),
    )
