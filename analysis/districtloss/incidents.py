"""From reports to incidents: what happened once, however many sources tell of it, at an interval of days."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from districtloss.tables import Tables

LOSS_TYPES = ("capture",)
RECAPTURE_TYPES = ("recapture",)
# Told of, but not counted unless a decision makes them a capture or a recapture.
DOUBTED_TYPES = ("claimed_capture", "claimed_recapture", "implied_capture")


def control_reports(tables: Tables) -> pd.DataFrame:
    """Return the event rows that tell of a change of control of a district, with its name and province.

    Columns: those of events, plus `name`, `province_id`, `kind`, `to` (`taliban` | `government`).
    """
    types = LOSS_TYPES + RECAPTURE_TYPES + DOUBTED_TYPES
    reports = tables.events[tables.events["event_type"].isin(types)]
    reports = reports.merge(tables.places[["place_id", "name", "province_id", "kind"]], on="place_id", how="inner")
    reports = reports[reports["kind"] == "district"]
    to_taliban = reports["event_type"].isin(["capture", "claimed_capture", "implied_capture"])
    return reports.assign(to=np.where(to_taliban, "taliban", "government")).reset_index(drop=True)


def incidents(reports: pd.DataFrame, types: Sequence[str], attribution: Sequence[str]) -> pd.DataFrame:
    """Return one row per incident told of by at least one report of these types and attributions.

    The days an incident can have happened on are those that all its reports allow; where reports contradict
    each other, all the days that any of them allows.

    Columns: incident_id, place_id, name, province_id, date_earliest, date_latest (days), events (ids joined
    with `|`), disputed (some report of it is disputed by another).
    """
    counted = reports[reports["event_type"].isin(types) & reports["attribution"].isin(attribution)]
    groups = counted.groupby(["incident_id"], sort=True, observed=True)
    table = groups.agg(
        place_id=("place_id", "first"),
        name=("name", "first"),
        province_id=("province_id", "first"),
        first_end=("date_latest", "min"),
        last_end=("date_latest", "max"),
        first_start=("date_earliest", "min"),
        last_start=("date_earliest", "max"),
        events=("event_id", "|".join),
        disputed=("disputed_by", "max"),
    ).reset_index()
    agree = table["last_start"] <= table["first_end"]
    return table.assign(
        date_earliest=table["last_start"].where(agree, table["first_start"]),
        date_latest=table["first_end"].where(agree, table["last_end"]),
        disputed=table["disputed"].astype(str) != "",
    )[["incident_id", "place_id", "name", "province_id", "date_earliest", "date_latest", "events", "disputed"]]
