"""What does not fit together in the coded rows, and what that means. Findings, not faults: sources do contradict."""

from __future__ import annotations

import pandas as pd

from districtloss.claims import DISTRICT_MEASURES, national
from districtloss.study import Study

COLUMNS = ["check", "rows", "finding", "meaning"]


def findings(study: Study) -> pd.DataFrame:
    """Return one row a finding: check, rows (ids joined with `|`), finding, meaning."""
    rows = [
        *_recapture_without_loss(study),
        *_loss_of_a_held_district(study),
        *_stock_above_whole(study),
        *_after_publication(study),
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _recapture_without_loss(study: Study) -> list[tuple[str, str, str, str]]:
    first_loss = study.losses.groupby("place_id")["date_earliest"].min()
    rows = []
    for r in study.recaptures.itertuples(index=False):
        if not first_loss.get(r.place_id, pd.Timestamp.max) <= r.date_latest:
            meaning = "The district was lost, but no counted report tells of it: the count of losses is too low by one."
            rows.append(("recapture without a loss", r.events, f"{r.name} is won back and never told lost", meaning))
    return rows


def _loss_of_a_held_district(study: Study) -> list[tuple[str, str, str, str]]:
    rows = []
    for place, part in study.losses.groupby("place_id", sort=False):
        if len(part) < 2:
            continue
        ordered = part.sort_values(["date_latest", "date_earliest"])
        won = study.recaptures[study.recaptures["place_id"] == place]
        for before, after in zip(ordered.itertuples(), ordered.iloc[1:].itertuples(), strict=False):
            between = (won["date_latest"] >= before.date_earliest) & (won["date_earliest"] <= after.date_latest)
            if not between.any():
                meaning = "Either a recapture is missing, or both reports tell of one fall and belong to one incident."
                events = f"{before.events}|{after.events}"
                rows.append(("loss of a district already held", events, f"{after.name} falls twice in a row", meaning))
    return rows


def _stock_above_whole(study: Study) -> list[tuple[str, str, str, str]]:
    claims = study.tables.claims
    held = claims[claims["measure"].isin(DISTRICT_MEASURES) & (claims["kind"] == "stock") & national(claims)]
    over = held[held["value_low"] > study.parameters.denominator]
    meaning = "The denominator that was set is too small for this figure; shares above one follow."
    return [
        ("stock above its denominator", c.claim_id, f"{c.value_low:g} of {study.parameters.denominator}", meaning)
        for c in over.itertuples(index=False)
    ]


def _after_publication(study: Study) -> list[tuple[str, str, str, str]]:
    published = study.tables.sources.set_index("source_id")["published"]
    events = study.tables.events
    late = events[events["date_earliest"] > events["source_id"].map(published)]
    meaning = "A source cannot tell of what had not happened: the row or the publication date is wrong."
    return [
        ("event after its publication", e.event_id, f"{e.date_earliest:%Y-%m-%d}", meaning)
        for e in late.itertuples(index=False)
    ]
