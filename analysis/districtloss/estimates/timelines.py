"""Who held a district when: its changes of control in order, with the sources and with what is disputed."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from districtloss.vocabulary import COUNTED_TYPES


def named_twice(reports: pd.DataFrame, attribution: Sequence[str]) -> pd.DataFrame:
    """Return the control reports of districts with more than one of them, ordered by district and time.

    `reports` as `incidents.control_reports` gives them. Adds `standing`: `counted` (a capture or recapture that
    nobody contradicts), `disputed` (another report contradicts it) or `doubted` (claimed by one side, only implied,
    or of an `attribution` that does not count). Rows run from the oldest to the newest end of their intervals.
    """
    several = reports[reports.groupby("place_id")["event_id"].transform("count") > 1]
    standing = pd.Series("counted", index=several.index, dtype=object)
    standing[~several["event_type"].isin(COUNTED_TYPES)] = "doubted"
    standing[~several["attribution"].isin(attribution)] = "doubted"
    standing[several["disputed_by"] != ""] = "disputed"
    keys = ["province_id", "name", "date_latest", "date_earliest", "event_id"]
    # Rows mostly stand in the order of their ids: to see that takes a tenth of sorting by them, and sorting keeps it.
    keys = keys[:-1] if several["event_id"].is_monotonic_increasing else keys
    return several.assign(standing=standing).sort_values(keys, ignore_index=True)


MOST_BARS = 48  # in one chart: of more, a page of the PDF has too little height to be read
DISTRICTS, NEWEST = 16, 3  # of a chart that cannot show all


def drawable(changes: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `named_twice` that a chart can show: all of them, or, where there are more than MOST_BARS,
    the NEWEST of each of the DISTRICTS with most reports."""
    if len(changes) <= MOST_BARS:
        return changes
    reports = changes.groupby("place_id")["event_id"].transform("count")
    ranked = changes.assign(reports=reports).sort_values(
        ["reports", "place_id"], ascending=[False, True], kind="stable"
    )
    shown = list(ranked["place_id"].unique()[:DISTRICTS])
    return changes[changes["place_id"].isin(shown)].groupby("place_id", sort=False).tail(NEWEST).reset_index(drop=True)


def in_lanes(losses: pd.DataFrame) -> pd.DataFrame:
    """Return the losses that a chart can show one by one, in order of time: all of them, or, where there are more
    than MOST_BARS, those that ended last."""
    order = ["date_latest", "date_earliest", "incident_id"]
    return losses.sort_values(order, kind="stable").tail(MOST_BARS).reset_index(drop=True)
