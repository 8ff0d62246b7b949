"""Rules of a table: rows of it, or of it and another, that must agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from districtloss.tables.rules.context import Context, printed
from districtloss.tables.schema import show
from districtloss.vocabulary import LOOKING_AHEAD


def places(context: Context) -> None:
    """A place lies in the province of what contains it, not within itself, and its id begins as its province's do."""
    places = context.tables.places
    if not context.has("places", "place_id", "province_id", "within"):
        return
    province = dict(zip(places["place_id"], places["province_id"], strict=True))
    inside = {place: within for place, within in zip(places["place_id"], places["within"], strict=True) if within}
    first: dict[str, str] = {}
    for row, place in enumerate(places["place_id"].tolist()):
        slug = place.partition("/")[0]
        here = province[place]
        if here and first.setdefault(slug, here) != here:
            problem = f"{show(place)} lies in {here}, other places of {slug}/ in {first[slug]}"
            context.fault("places", row, "place_id", problem, "begin the ids of one province alike")
        parent = inside.get(place, "")
        if parent in province and province[parent] != here:
            problem = f"{show(place)} lies in {here}, {show(parent)} in {province[parent]}"
            context.fault("places", row, "within", problem, "name a place of the same province")
        if parent and place in _chain(parent, inside):
            context.fault("places", row, "within", f"{show(place)} lies within itself", "name the larger place")


def _chain(place: str, inside: Mapping[str, str]) -> Iterator[str]:
    """The place and all that contain it, each once."""
    seen = set()
    while place and place not in seen:
        yield place
        seen.add(place)
        place = inside.get(place, "")


def incidents(context: Context) -> None:
    """All reports of an incident are about one place, or about places of which one contains the others."""
    if not (context.has("events", "incident_id", "place_id") and context.has("places", "place_id", "within")):
        return
    places = context.tables.places
    inside = {place: within for place, within in zip(places["place_id"], places["within"], strict=True) if within}
    events = context.tables.events[["incident_id", "place_id"]]
    named = events[(events["place_id"] != "") & (events["incident_id"] != "")]
    first = named.groupby("incident_id", sort=False)["place_id"].transform("first")
    several = named.loc[named["place_id"] != first, "incident_id"].unique()
    spanning = named[named["incident_id"].isin(several)].drop_duplicates()
    for incident, group in spanning.groupby("incident_id", sort=False):
        smallest = max(group["place_id"], key=lambda place: len(list(_chain(place, inside))))
        around = set(_chain(smallest, inside))
        for row, place in group["place_id"].items():
            if place not in around:
                problem = f"{incident} is at {show(smallest)} elsewhere and at {show(place)} here"
                context.fault("events", int(str(row)), "incident_id", problem, "give each place an incident of its own")


def after_publication(context: Context) -> None:
    """What a source tells of lies before its publication, but for the figures of measures that look ahead."""
    days = context.tables.sources.drop_duplicates("source_id").set_index("source_id")["published"]
    for table, columns in {
        "events": ("date_earliest", "date_latest"),
        "claims": ("since", "as_of_earliest", "as_of_latest"),
    }.items():
        if not (context.has(table, "source_id", *columns) and context.has("sources", "source_id", "published")):
            continue
        frame = getattr(context.tables, table)
        published = days.reindex(frame["source_id"]).reset_index(drop=True)
        bound = pd.Series(True, index=frame.index)
        if table == "claims":
            bound = ~frame["measure"].isin(LOOKING_AHEAD) & context.has("claims", "measure")
        for column in columns:
            for row in np.flatnonzero((bound & (frame[column] > published)).to_numpy(bool)).tolist():
                day, source = printed(frame[column].iloc[row]), frame["source_id"].iloc[row]
                problem = f"{day} is after {show(source)} was published"
                context.fault(table, row, column, problem, f"nothing later than {printed(published.iloc[row])}")
