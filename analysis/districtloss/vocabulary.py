"""What the terms of the coding mean: event types, attributions, claimants, measures, precisions; and the days allowed.

The terms and their labels stand in datapackage.json alone. What no data package can say of them stands here, once for
all stages, and a test holds that every term of the package is described and no other. Needs the standard library alone.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from districtloss.paths import DATAPACKAGE


@cache
def fields(table: str) -> dict[str, dict[str, Any]]:
    """Return the fields of one of our tables as datapackage.json describes them, by name."""
    package = json.loads(DATAPACKAGE.read_text("utf-8"))
    (resource,) = (item for item in package["resources"] if item["name"] == table)
    return {item["name"]: item for item in resource["schema"]["fields"]}


def terms(table: str, column: str) -> list[str]:
    """Return the terms that datapackage.json allows in a column."""
    return list(fields(table)[column]["constraints"]["enum"])


# --- days ---------------------------------------------------------------------------------------------------------

_DATES = fields("events")["date_earliest"]["constraints"]
# The days that a cell or a parameter can hold; those of all date columns are the same.
FIRST_DAY, LAST_DAY = (dt.date.fromisoformat(_DATES[end]) for end in ("minimum", "maximum"))

# The ends of an event's interval that each `date_precision` needs.
PRECISIONS = {
    "day": ("date_earliest", "date_latest"),
    "interval": ("date_earliest", "date_latest"),
    "before": ("date_latest",),
    "after": ("date_earliest",),
}

# --- events -------------------------------------------------------------------------------------------------------

TAKER, GOVERNMENT = (
    "taliban",
    "government",
)  # the sides, by the terms of `side`: who takes districts, and who holds them


@dataclass(frozen=True)
class EventType:
    """What an `event_type` means: which side gains control (none: `""`), whether that is only claimed or implied, and
    what the report says of the place (`{side}`: who takes districts)."""

    words: str
    gains: str = ""
    doubted: bool = False
    fighting: bool = False


EVENT_TYPES = {
    "capture": EventType("fell to {side}", TAKER),
    "recapture": EventType("won back", GOVERNMENT),
    "claimed_capture": EventType("claimed by {side}", TAKER, doubted=True),
    "claimed_recapture": EventType("claimed to be won back", GOVERNMENT, doubted=True),
    "implied_capture": EventType("implied to have fallen", TAKER, doubted=True),
    "assault": EventType("attacked", fighting=True),
    "clash": EventType("fighting", fighting=True),
    "retreat": EventType("retreat"),
    "threat": EventType("threatened", fighting=True),
    "prison_break": EventType("prisoners freed"),
    "aircraft_down": EventType("aircraft lost"),
    "casualties": EventType("casualties reported"),
    "mobilisation": EventType("residents took up arms"),
    "other": EventType("other"),
}


def _types(gains: str, *, doubted: bool) -> tuple[str, ...]:
    return tuple(term for term, t in EVENT_TYPES.items() if t.gains == gains and t.doubted is doubted)


LOSS_TYPES, RECAPTURE_TYPES = _types(TAKER, doubted=False), _types(GOVERNMENT, doubted=False)
COUNTED_TYPES = LOSS_TYPES + RECAPTURE_TYPES
# Reported, but not counted unless a decision makes them a capture or a recapture.
DOUBTED_TYPES = tuple(term for term, t in EVENT_TYPES.items() if t.doubted)
GAINED_BY_TAKER = LOSS_TYPES + _types(TAKER, doubted=True)
GAINED_BY_GOVERNMENT = RECAPTURE_TYPES + _types(GOVERNMENT, doubted=True)


@dataclass(frozen=True)
class Attribution:
    """What an `attribution` means: how a row and how a list of choices words it, and whether it counts by default."""

    words: str
    who: str
    counts: bool = False


# The surest first; the choices that the report tries take the first one, two, and all.
ATTRIBUTIONS = {
    "confirmed_by_official": Attribution("an official confirms", "officials", counts=True),
    "reported_by_media": Attribution("the outlet reports", "media", counts=True),
    "witnesses": Attribution("witnesses say", "witnesses", counts=True),
    "claimed_by_party": Attribution("one side claims", "warring parties"),
    "social_media": Attribution("posted on social media", "social media"),
}

# --- claims -------------------------------------------------------------------------------------------------------

# How a sentence names who gives a figure without a name beside it.
CLAIMANTS = {
    "pentagon": "the Pentagon",
    "milley": "General Milley",
    "biden": "President Biden",
    "us_government": "the United States government",
    "taliban": "the Taliban",
    "afghan_government": "the Afghan government",
    "afghan_mod": "the Afghan Ministry of Defense",
    "afghan_military": "the Afghan military",
    "police": "the police",
    "local_officials": "local officials",
    "ghazni_council": "the Provincial Council of Ghazni",
    "unama": "the United Nations mission in Afghanistan",
    "witnesses": "witnesses",
    "outlet": "the outlet",
    "other": "somebody",
}
# The speakers all of whose figures the report sets side by side, in the order in which it shows them, and their names
# in tables and charts. Others join them by a figure on the scale of districts.
SPEAKERS = {"pentagon": "Pentagon", "milley": "Milley", "taliban": "Taliban", "biden": "Biden"}


@dataclass(frozen=True)
class Measure:
    """What a `measure` counts, as a noun; whether it counts districts or their centers, and so shares a denominator;
    and whether it looks ahead of the article that reports it, as every other figure does not."""

    noun: str
    districts: bool = False
    looks_ahead: bool = False


MEASURES = {
    "districts_held": Measure("districts", districts=True),
    "district_centers_held": Measure("district centers", districts=True),
    "districts_lost": Measure("districts lost"),
    "districts_recaptured": Measure("districts won back"),
    "provinces_with_districts_held": Measure("provinces with districts held"),
    "provincial_capitals_held": Measure("provincial capitals"),
    "main_cities_held": Measure("main cities held"),
    "main_cities_and_highways_held": Measure("main cities and highways held"),
    "regions_taken": Measure("regions taken"),
    "territory_share": Measure("territory"),
    "border_share": Measure("border areas"),
    "provinces_with_clashes": Measure("provinces with clashes"),
    "provinces_with_uprisings": Measure("provinces with uprisings"),
    "provinces_with_operations": Measure("provinces with operations"),
    "provinces_cut_off": Measure("provinces cut off"),
    "force_size": Measure("force size"),
    "commando_force_size": Measure("commando force size"),
    "force_trained": Measure("soldiers ever trained"),
    "killed": Measure("killed"),
    "wounded": Measure("wounded"),
    "civilians_killed": Measure("civilians killed"),
    "civilians_wounded": Measure("civilians wounded"),
    "prisoners_freed": Measure("prisoners freed"),
    "withdrawal_deadline": Measure("withdrawal deadline", looks_ahead=True),
    "other": Measure("other"),
}
DISTRICT_MEASURES = tuple(term for term, measure in MEASURES.items() if measure.districts)
LOOKING_AHEAD = tuple(term for term, measure in MEASURES.items() if measure.looks_ahead)


def noun(measure: str) -> str:
    """Return what a measure counts; for one that a data folder adds, its term in words."""
    return MEASURES[measure].noun if measure in MEASURES else measure.replace("_", " ")
