"""The rows of the data in words: what each says, who says it, where it stands."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from typing import Any

import numpy as np
import pandas as pd

from districtloss.estimates.claims import voices
from districtloss.phrasing import days, printed, printed_range
from districtloss.tables.frames import Tables
from districtloss.vocabulary import ATTRIBUTIONS, EVENT_TYPES

# The texts that the chapters speak of by name; what they say of these is left out of a report on others.
OWN_SOURCES = (
    "southfront-2021-06-22", "kabulnow-2021-06-24", "kabulnow-2021-06-30", "unnamed-2021-07-08", "sputnik-2021-07-27",
)  # fmt: skip

SIDE_WORDS = {"government": "the government", "us": "the United States", "all": "all sides"}


def has_own_sources(tables: Tables) -> bool:
    return set(OWN_SOURCES) <= set(tables.sources["source_id"])


def event_words(tables: Tables) -> dict[str, str]:
    """Return for each type of event what the report says of a place."""
    return {term: meant.words.format(side=tables.about.taking_side) for term, meant in EVENT_TYPES.items()}


def days_of(tables: Tables) -> Callable[[Any, Any], str]:
    """Return how the report prints days of these data in short: with the year only where there are several."""
    e, c = tables.events, tables.claims
    dates = [
        tables.sources["published"],
        e["date_earliest"],
        e["date_latest"],
        c["as_of_earliest"],
        c["as_of_latest"],
    ]
    years = {year for column in dates for year in column.dt.year.dropna().unique()}

    def with_year(earliest: Any, latest: Any) -> str:
        first, last = pd.Timestamp(earliest), pd.Timestamp(latest)
        if pd.isna(first) and pd.isna(last):
            return days(first, last)
        if pd.isna(first) or pd.isna(last):
            known = first if pd.isna(last) else last
            return days(first, last).replace(f"{known:%b}", f"{known:%b} {known.year}")
        if first.year == last.year:
            return f"{days(first, last)} {last.year}"
        return f"{first.day} {first:%b} {first.year} – {last.day} {last:%b} {last.year}"

    return with_year if len(years) > 1 else days


def laid_out(provinces: pd.DataFrame) -> pd.DataFrame:
    """Return the provinces with a tile each: their own, or, where any has none, row by row in the order of names."""
    if provinces[["tile_column", "tile_row"]].notna().all(axis=None):
        return provinces.astype({"tile_column": int, "tile_row": int})
    across = max(4, min(8, math.ceil(math.sqrt(len(provinces)))))
    order = provinces["name"].str.casefold().rank(method="first").astype(int) - 1
    return provinces.assign(tile_column=order % across, tile_row=order // across)


def spans(tables: Tables, earliest: pd.Series, latest: pd.Series) -> list[str]:
    """Return intervals of days in short, as `days_of` prints them; each different one is worded once."""
    in_short = days_of(tables)
    ends = pd.DataFrame({"a": earliest.to_numpy(), "b": latest.to_numpy()})
    different = ends.drop_duplicates()
    words = different.assign(words=[in_short(a, b) for a, b in zip(different["a"], different["b"], strict=True)])
    return ends.merge(words, on=["a", "b"], how="left")["words"].tolist()


def some(frame: pd.DataFrame, key: str, ids: Collection[str], at_least: int = 0) -> pd.DataFrame:
    """Return the rows of these ids, and the first `at_least`."""
    named = frame[key].isin(list(ids)).to_numpy(bool)
    return frame[named | (np.arange(len(frame)) < at_least)].reset_index(drop=True)


def source_names(tables: Tables) -> pd.Series:
    """Return for each source_id how the report names it: outlet and day."""
    sources, in_short = tables.sources, days_of(tables)
    names = [
        f"{'unnamed outlet' if 'not named' in s.outlet.lower() else s.outlet}, {in_short(s.published, s.published)}"
        for s in sources.itertuples(index=False)
    ]
    return pd.Series(names, index=sources["source_id"])


def place_names(tables: Tables) -> pd.Series:
    """Return for each place_id its name with its province: `Kaldar (Balkh)`; the empty id is the country."""
    provinces = tables.provinces.set_index("province_id")["name"]
    places = tables.places
    names = [
        name if name.startswith(provinces[province]) else f"{name} ({provinces[province]})"
        for name, province in zip(places["name"], places["province_id"], strict=True)
    ]
    return pd.concat([pd.Series(names, index=places["place_id"], dtype=object), pd.Series({"": "the country"})])


def events_in_words(tables: Tables, events: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return one row an event row (of all, or of `events`), in words: id, place, what, when, who, source, paragraph,
    incident_id, decision, disputed_by, note, basis."""
    e = tables.events if events is None else events
    speaker = e["reported_by"].where(e["reporter_office"] == "", e["reported_by"] + ", " + e["reporter_office"])
    attribution = e["attribution"].map({term: meant.words for term, meant in ATTRIBUTIONS.items()})
    return pd.DataFrame(
        {
            "id": e["event_id"],
            "place": e["place_id"].map(place_names(tables)),
            "what": e["event_type"].map(event_words(tables)).fillna(e["event_type"].str.replace("_", " ")),
            "when": spans(tables, e["date_earliest"], e["date_latest"]),
            "who": attribution.where(speaker == "", attribution + ": " + speaker),
            "source": e["source_id"].map(source_names(tables)),
            "paragraph": e["paragraph"],
            "incident_id": e["incident_id"],
            "decision": e["decision_id"],
            "disputed_by": e["disputed_by"],
            "note": e["note"],
            "basis": e["date_basis"],
        }
    )


OF_ONE = {"cities": "city", "troops": "troops"}  # units of one thing that do not just lose an s


def figure_in_words(claim: pd.Series) -> str:
    """Return a claim's figure as a reader would say it: `81 of 419 district centers`, `up to 85% of territory`."""
    share = claim["kind"] == "share"
    style = "percent" if share else "number"
    low, high = (None if pd.isna(claim[end]) else claim[end] for end in ("value_low", "value_high"))
    value = printed_range(low, high, 0, style)
    if claim["qualifier"] == "about" and low is not None and high is not None:
        # What is said to be about a number was read as a range around it.
        value = f"about {value}" if low == high else f"about {printed((low + high) / 2, 0, style)} ({value})"
    if claim["qualifier"] == "more_than":
        value = value.replace("at least", "more than")
    if claim["qualifier"] == "up_to":
        value = value.replace("at most", "up to")
    whole = claim["denominator"]
    unit = claim["unit"].removeprefix("share of ")
    if share:
        return f"{value} of {unit}"
    if {low, high} <= {1, None} if pd.isna(whole) else whole == 1:
        unit = OF_ONE.get(unit, unit.removesuffix("s"))
    return f"{value} {unit}" if pd.isna(whole) else f"{value} of {printed(whole)} {unit}"


def claims_in_words(tables: Tables, claims: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return one row a claim (of all, or of `claims`), in words: id, who, about (side), measure, figure, scope, when,
    source, paragraph, decision, disputed_by, note, basis."""
    c = tables.claims if claims is None else claims
    scopes = tables.provinces.set_index("province_id")["name"]
    sides = SIDE_WORDS | {"taliban": tables.about.taking_side}
    return pd.DataFrame(
        {
            "id": c["claim_id"],
            "who": voices(c),
            "about": c["side"].astype(str).map(lambda side: sides.get(side, side)),
            "measure": c["measure"].str.replace("_", " "),
            "figure": [figure_in_words(claim) for _, claim in c.iterrows()],
            "scope": c["scope"].map(scopes).fillna("the country"),
            "when": spans(tables, c["as_of_earliest"], c["as_of_latest"]),
            "source": c["source_id"].map(source_names(tables)),
            "paragraph": c["paragraph"],
            "decision": c["decision_id"],
            "disputed_by": c["disputed_by"],
            "note": c["note"],
            "basis": c["as_of_basis"],
        }
    )


def rows_in_words(tables: Tables, ids: Collection[str]) -> pd.DataFrame:
    """Return the events and claims of these ids as one line each, indexed by id: `line` (what it says) and `where`
    (source)."""
    e = events_in_words(tables, some(tables.events, "event_id", ids))
    c = claims_in_words(tables, some(tables.claims, "claim_id", ids))
    events = e["place"] + ", " + e["what"] + ", " + e["when"] + " — " + e["who"]
    claims = c["who"] + ": " + c["measure"] + " (" + c["about"] + "), " + c["figure"] + ", as of " + c["when"]
    return pd.DataFrame(
        {
            "line": pd.concat([events, claims]).to_numpy(dtype=object),
            "where": pd.concat([f["source"] + ", paragraph " + f["paragraph"].astype(str) for f in (e, c)]).to_numpy(
                dtype=object
            ),
        },
        index=pd.concat([e["id"], c["id"]]).to_numpy(dtype=object),
    )
