"""From reports to incidents: what happened once, however many sources tell of it, at an interval of days."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from districtloss.vocabulary import (
    DOUBTED_TYPES,
    FIRST_DAY,
    GAINED_BY_TAKER,
    GOVERNMENT,
    LAST_DAY,
    LOSS_TYPES,
    RECAPTURE_TYPES,
    TAKER,
)

if TYPE_CHECKING:
    from districtloss.tables.frames import Tables

# An interval that is open (`before` a day, `after` a day) is as wide as datapackage.json lets dates be: what lies in
# it is possible on every day that the text leaves, and certain on none.
OPEN = {"date_earliest": pd.Timestamp(FIRST_DAY), "date_latest": pd.Timestamp(LAST_DAY)}
OF_INCIDENTS = ("place_id", "name", "province_id")  # the same in all reports of one


def control_reports(tables: Tables) -> pd.DataFrame:
    """Return the event rows that tell of a change of control of a district, with its name and province.

    Columns: those of events, plus `name`, `province_id`, `kind`, `to` (`taliban` | `government`).
    """
    types = LOSS_TYPES + RECAPTURE_TYPES + DOUBTED_TYPES
    districts = tables.places.loc[tables.places["kind"] == "district", ["place_id", "name", "province_id", "kind"]]
    reports = tables.events[tables.events["event_type"].isin(types)].merge(districts, on="place_id", how="inner")
    to_taker = reports["event_type"].isin(GAINED_BY_TAKER)
    return reports.assign(to=np.where(to_taker, TAKER, GOVERNMENT)).reset_index(drop=True)


def incidents(reports: pd.DataFrame, types: Sequence[str], attribution: Sequence[str]) -> pd.DataFrame:
    """Return one row per incident that a report of these types and attributions names.

    The days an incident can have happened on are those that all its reports allow; where reports contradict
    each other, all the days that any of them allows. An end that no report gives is that of OPEN.

    Columns: incident_id, place_id, name, province_id, date_earliest, date_latest (days), events (ids joined
    with `|`), disputed (some report of it is disputed by another).
    """
    here = reports["event_type"].isin(types) & reports["attribution"].isin(attribution)
    counted = reports.loc[here, ["incident_id", "event_id", "disputed_by", *OF_INCIDENTS, *OPEN]]
    code, ids = pd.factorize(counted["incident_id"], sort=True)
    order = np.argsort(code, kind="stable")
    counted = counted.iloc[order]
    begin = np.flatnonzero(np.diff(code[order], prepend=-1))  # where the reports of each incident begin
    end = np.append(begin, len(order))[1:]

    def over(how: np.ufunc, column: str) -> pd.Series:
        cells = counted[column].fillna(OPEN[column]).to_numpy("datetime64[s]")
        return pd.Series(how.reduceat(cells, begin) if len(begin) else cells)

    first_end, last_end = over(np.minimum, "date_latest"), over(np.maximum, "date_latest")
    first_start, last_start = over(np.minimum, "date_earliest"), over(np.maximum, "date_earliest")
    agree = last_start <= first_end
    events = counted["event_id"].tolist()
    disputed = (counted["disputed_by"] != "").to_numpy(bool)
    table = counted[[*OF_INCIDENTS]].iloc[begin].reset_index(drop=True)
    table.insert(0, "incident_id", pd.Series(ids, dtype=counted["incident_id"].dtype))
    return table.assign(
        date_earliest=last_start.where(agree, first_start),
        date_latest=first_end.where(agree, last_end),
        events=pd.Series(["|".join(events[a:b]) for a, b in zip(begin, end, strict=True)], dtype=str),
        disputed=np.logical_or.reduceat(disputed, begin) if len(begin) else disputed,
    )


def reported_days(table: pd.DataFrame) -> pd.DataFrame:
    """Return incidents with the ends missing that no report gives, for words and charts."""
    return table.assign(**{column: table[column].where(table[column] != end) for column, end in OPEN.items()})
