"""The decisions of an import: what counts where several places of a district change hands, and who gains."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from districtloss.english import fold
from districtloss.imports import acled
from districtloss.imports.acled import Change
from districtloss.imports.places import Gazetteer
from districtloss.parameters import Parameters
from districtloss.vocabulary import COUNTED_TYPES, GAINED_BY_GOVERNMENT

NOTHING = "other"  # the type of an event that changes nothing
LONGEST_LIST = 99_000  # characters of the ids that one decision can touch, by the rules of decisions.csv
# Of the districts of an import, so many at least have an event at a location of their name; where fewer do, districts
# have other names than their seats, and the seats cannot be known.
CENTERS_TOLD = 0.25


def decide(
    events: list[dict[str, str]], origin: Mapping[str, tuple[Mapping[str, str], Change]], gazetteer: Gazetteer
) -> dict[str, list[dict[str, str]]]:
    """Return the decisions that reading ACLED took, and what their alternatives change. Events that change nothing as
    the decisions stand become `other`, with the reason in their note."""
    counted = [e for e in events if e["place_id"] in gazetteer.districts]
    kinds = {e["event_id"]: e["event_type"] for e in counted}
    days = {e["event_id"]: acled.day_of(origin[e["event_id"]][0]["event_date"]) or dt.date.max for e in counted}
    centers = [e for e in counted if _is_center(origin[e["event_id"]][0], e, gazetteer)]
    first = changes_of_hands(counted, days)
    ways = {"every_place": set(kinds)}
    if CENTERS_TOLD * len({e["place_id"] for e in counted}) <= len({e["place_id"] for e in centers}):
        ways["centers_only"] = changes_of_hands(centers, days)
    decisions, options = list[dict[str, str]](), list[dict[str, str]]()

    def record(question: str, chosen: str, reason: str, alternatives: Mapping[str, Mapping[str, str]]) -> None:
        """Record a decision; `alternatives` has the event type that each gives an event, where it is another."""
        given = {option: types for option, types in alternatives.items() if types}
        touched = [e for e in counted if any(e["event_id"] in types for types in given.values())]
        touches = "|".join(e["event_id"] for e in touched)
        if not touched or len(touches) > LONGEST_LIST:
            return
        decision = f"D{len(decisions) + 1:02d}"
        decisions.append({"decision_id": decision, "question": question, "chosen": chosen,
                          "alternatives": "|".join(given), "reason": reason, "touches": touches})  # fmt: skip
        for event in touched:
            event["decision_id"] = event.get("decision_id") or decision
        options.extend(
            {"decision_id": decision, "option": option, "table": "events", "row_id": event, "column": "event_type",
             "value": value}
            for option, types in given.items() for event, value in types.items()
        )  # fmt: skip

    record(
        "Which places that change hands count for their district?", "first_place",
        "ACLED records locations, posts and villages among them, and a district that is taken cannot fall again before "
        "it is won back. A location that does not bear its district's name need not be the seat of it.",
        {way: {e: kind if e in ids else NOTHING for e, kind in kinds.items() if (e in ids) != (e in first)}
         for way, ids in ways.items()},
    )  # fmt: skip
    record(
        "Who gains where territory changes hands without violence, and ACLED does not say?", "first_actor",
        "ACLED gives its order of actors no meaning; the first, or the only one, is as a rule the one that gains. "
        "Where its notes say of an only one that it left, it loses.",
        {"not_counted": {e: NOTHING for e in kinds if origin[e][1].order_matters}},
    )  # fmt: skip
    for event in counted:
        if event["event_id"] not in first:
            event["note"] += (
                f"; its district was {'won back' if event['event_type'] in GAINED_BY_GOVERNMENT else 'taken'} already"
            )
            event["event_type"] = NOTHING
    return {"decisions": decisions, "options": options}


def changes_of_hands(events: Sequence[Mapping[str, str]], days: Mapping[str, dt.date]) -> set[str]:
    """Return the ids of the events that change who holds their district, in the order of `days`: no capture where it
    is taken already, and no recapture where it is won back. Claims, which count nowhere, are among them.

    On one day captures come first, as they do in the report, then what counts by default, what is dated best, and the
    lowest id. What is not counted by default, such as news on social media, decides nothing about later reports.
    """
    counted = Parameters().attribution
    found = {e["event_id"] for e in events if e["event_type"] not in COUNTED_TYPES}
    held, rumoured = dict[str, str](), dict[str, str]()  # by district, what the last report said of it

    def order(event: Mapping[str, str]) -> tuple[object, ...]:
        first, last = (dt.date.fromisoformat(event[f"date_{end}"]) for end in ("earliest", "latest"))
        name = event["event_id"]
        return days[name], event["event_type"], event["attribution"] not in counted, last - first, len(name), name

    for event in sorted(events, key=order):
        place, kind, firm = event["place_id"], event["event_type"], event["attribution"] in counted
        if event["event_id"] in found or kind == held.get(place) or (kind == rumoured.get(place) and not firm):
            continue
        found.add(event["event_id"])
        rumoured[place] = kind
        if firm:
            held[place] = kind
    return found


def _is_center(row: Mapping[str, str], event: Mapping[str, str], gazetteer: Gazetteer) -> bool:
    district = gazetteer.districts[event["place_id"]]
    location = fold(row["location"])
    return any(fold(name) == location for name in (row["admin2"], district.name, *district.variants))
