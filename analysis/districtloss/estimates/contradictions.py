"""What does not fit together in the coded rows, and what that means. Findings, not faults: sources do contradict."""

from __future__ import annotations

import numpy as np
import pandas as pd

from districtloss.estimates.claims import national
from districtloss.estimates.study import Study
from districtloss.phrasing import counted
from districtloss.vocabulary import DISTRICT_MEASURES, LOSS_TYPES

COLUMNS = ["check", "rows", "finding", "meaning"]
CLAIMED = "claimed_capture"
UNTOLD = "Either a fall is missing, and the count of losses is too low, or it came before the first day of the window."
DOUBTED = "No report that counts tells of the loss: if the district fell in the window, the count of losses is too low."


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
    won = study.recaptures
    lost_before = first_loss.reindex(won["place_id"]).to_numpy() <= won["date_latest"].to_numpy()
    left = won[~lost_before]
    # Losses that reports name which do not count. What is only implied no report names.
    named = study.reports[study.reports["event_type"].isin([*LOSS_TYPES, CLAIMED])]
    named = named[(named["event_type"] == CLAIMED) | ~named["attribution"].isin(study.parameters.attribution)]
    named = named.assign(claimed=(named["event_type"] == CLAIMED) | (named["attribution"] == "claimed_by_party"))
    pairs = left[["events", "place_id", "date_latest"]].merge(
        named[["place_id", "event_id", "date_earliest", "claimed"]], on="place_id"
    )
    pairs = pairs[~(pairs["date_earliest"] > pairs["date_latest"])]
    doubted = dict(list(pairs.groupby("place_id")))
    rows = []
    # All that are left of a district come before its first loss, and so with none between them.
    for place, run in left.groupby("place_id", sort=False):
        lost, ids, meaning = "not told lost before", [*run["events"]], UNTOLD
        if place in doubted:
            here = doubted[place]
            who = "by one side alone" if here["claimed"].all() else "only by those whose word does not count"
            lost, ids, meaning = f"told lost {who}", [*ids, *here["event_id"].unique()], DOUBTED
        won_back = "won back" if len(run) == 1 else f"won back {counted(len(run), 'time', 'times')}"
        finding = f"{run['name'].iat[0]} is {won_back} and {lost}"
        rows.append(("recapture without a loss", "|".join(ids), finding, meaning))
    return rows


def _loss_of_a_held_district(study: Study) -> list[tuple[str, str, str, str]]:
    losses = study.losses.sort_values(["place_id", "date_latest", "date_earliest"], kind="stable", ignore_index=True)
    before, after = losses.iloc[:-1].reset_index(drop=True), losses.iloc[1:].reset_index(drop=True)
    again = (before["place_id"] == after["place_id"]).to_numpy(bool)
    before, after = before[again].reset_index(drop=True), after[again].reset_index(drop=True)
    # A recapture lies between where it began by the end of the second loss, and did not end before the first began.
    begun = _up_to(study.recaptures, "date_earliest", after["place_id"], after["date_latest"])
    over = _up_to(study.recaptures, "date_latest", before["place_id"], before["date_earliest"] - pd.Timedelta(days=1))
    found = np.flatnonzero(begun == over)
    meaning = "Either a recapture is missing, or both reports tell of one fall and belong to one incident."
    first, second, name = before["events"].iloc[found], after["events"].iloc[found], after["name"].iloc[found]
    return [
        ("loss of a district already held", f"{a}|{b}", f"{district} falls twice in a row", meaning)
        for a, b, district in zip(first, second, name, strict=True)
    ]


def _up_to(table: pd.DataFrame, column: str, places: pd.Series, days: pd.Series) -> np.ndarray:
    """Count for each place and day the rows of `table` of that place with a `column` up to that day."""
    known = pd.Index(table["place_id"].unique())
    unit = np.int64(10**7)  # more days than the calendar of any data has

    def key(place: pd.Series, day: pd.Series) -> np.ndarray:
        return known.get_indexer(place) * unit + day.to_numpy("datetime64[D]").astype(np.int64) + unit // 2

    dated = table[table[column].notna()]
    keys = np.sort(key(dated["place_id"], dated[column]))
    first = np.searchsorted(keys, known.get_indexer(places) * unit)
    return np.searchsorted(keys, key(places, days), "right") - first


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
