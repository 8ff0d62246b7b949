"""Data folders of other people, as functions: each is right by the rules and unlike ours in one way."""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

from districtloss.paths import DATA
from districtloss.tables import folders
from districtloss.tables.schema import load
from helpers.small_data import Rows, write

Data = dict[str, Rows]


def ours() -> Data:
    """The project's own tables, as rows of text, without what others published of our districts."""
    data: Data = {name: [] for name in folders.OUTSIDE}
    for name, table in load().tables.items():
        if name in folders.OUTSIDE:
            continue
        with (DATA / table.file).open(encoding="utf-8", newline="") as stream:
            data[name] = list(csv.DictReader(stream))
    return data


def without_decisions(data: Data) -> Data:
    data |= {"decisions": [], "options": []}
    for row in [*data["events"], *data["claims"]]:
        row["decision_id"] = ""
    return data


def no_decisions() -> Data:
    return without_decisions(ours())


def no_claims() -> Data:
    return without_decisions(ours()) | {"claims": []}


def no_events() -> Data:
    data = without_decisions(ours()) | {"events": []}
    for row in data["claims"]:
        row["disputed_by"] = ""
    return data


def nothing_but_a_source() -> Data:
    return no_events() | {"claims": [], "places": []}


def no_statement() -> Data:
    data = without_decisions(ours())
    data["claims"] = [row for row in data["claims"] if row["measure"] != "districts_lost" and not row["disputed_by"]]
    return data


def pentagon_and_milley_alone() -> Data:
    data = no_statement()
    data["claims"] = [row for row in data["claims"] if row["claimant"] in ("pentagon", "milley")]
    return data


def other_speakers() -> Data:
    """The Pentagon's figure and two that our articles do not have, all counts of districts held."""
    data = no_statement()
    ours = next(row for row in data["claims"] if row["claimant"] == "pentagon" and row["unit"] == "district centers")
    data["claims"] = [ours]
    for number, who, name, count, day in (
        (901, "unama", "UNAMA", "73", "2021-06-20"),
        (902, "other", "A think tank", "120", "2021-07-02"),
    ):
        figure = {"measure": "districts_held", "unit": "districts", "value_low": count, "value_high": count}
        when = {"as_of_earliest": day, "as_of_latest": day, "source_id": data["sources"][-1]["source_id"]}
        data["claims"].append(
            ours | figure | when | {"claim_id": f"C{number}", "claimant": who, "claimant_name": name, "denominator": ""}
        )
    return data


def without_parties() -> Data:
    data = ours()
    for row in data["sources"]:
        row["party"] = ""
    return data


def one_event() -> Data:
    data = nothing_but_a_source()
    data["sources"] = data["sources"][:1]
    data["places"] = [_place("balkh/kaldar", "Kaldar", "AF-BAL")]
    data["events"] = [_event(1, data["sources"][0]["source_id"], "balkh/kaldar", "2021-06-20", "2021-06-20")]
    return data


def before_the_window() -> Data:
    """Events of 2019, told two years later: none lies in the window that begins on 4 June 2021."""
    data = one_event()
    data["sources"] = [_source("paper-2021-08-01", "2021-08-01")]
    data["events"] = [
        _event(1, "paper-2021-08-01", "balkh/kaldar", "2019-07-03", "2019-07-05"),
        _event(2, "paper-2021-08-01", "balkh/kaldar", "2019-07-20", "2019-07-20", "recapture"),
    ]
    return data


def open_ended() -> Data:
    """Changes of control of which only one end is told, by turns."""
    data = without_decisions(ours())
    told = [row for row in data["events"] if row["event_type"] in ("capture", "recapture")]
    for at, row in enumerate(told):
        end, precision = (("date_earliest", "before"), ("date_latest", "after"), ("", ""))[at % 3]
        if end:
            row |= {end: "", "date_precision": precision}
    return data


def a_window_of_one_day() -> Data:
    data = one_event()
    data["sources"] = [_source("paper-2021-06-05", "2021-06-05")]
    data["events"] = [_event(1, "paper-2021-06-05", "balkh/kaldar", "2021-06-04", "2021-06-05")]
    return data


# Letters with marks that no font has joined, and such as no font of the PDF has.
NAMES = {3: "O\u0323\u0300yo\u0323\u0301", 4: "\u0628\u0627\u0645\u0651\u06cc\u0627\u0646"}


def another_country() -> Data:
    """A country of 24 provinces without tiles and 480 districts, over the turn of a year."""
    provinces = [
        {"province_id": f"XA-{n:02d}", "name": NAMES.get(n, f"Norland {n}"), "capital": f"Norton {n}"}
        for n in range(1, 25)
    ]
    places = [
        _place(f"norland-{n}/district-{d}", f"District {d}", f"XA-{n:02d}") for n in range(1, 25) for d in range(1, 21)
    ]
    events = []
    for at, place in enumerate(places[:400], 1):
        day = dt.date(2021, 11, 20) + dt.timedelta(at % 70)
        kind = "recapture" if at % 9 == 0 else "capture"
        events.append(_event(at, "wire-2022-02-01", place["place_id"], str(day), str(day + dt.timedelta(at % 4)), kind))
    claim = {
        "claim_id": "C001", "source_id": "wire-2022-02-01", "paragraph": "1", "claimant": "local_officials",
        "claimant_name": "Governor", "measure": "districts_lost", "side": "government", "scope": "XA-03",
        "kind": "flow", "value_low": "25", "value_high": "25", "qualifier": "exact", "unit": "districts",
        "since": "2021-11-20", "as_of_earliest": "2022-01-20", "as_of_latest": "2022-01-20",
    }  # fmt: skip
    return {
        "sources": [_source("wire-2022-02-01", "2022-02-01")],
        "provinces": provinces, "places": places, "events": events, "claims": [claim], "decisions": [], "options": [],
    }  # fmt: skip


def one_of_each() -> Data:
    """One event, one district and one figure of each kind, all of one day; their sources are our own."""
    data = one_event() | {"sources": ours()["sources"], "provinces": ours()["provinces"][:1]}
    province = data["provinces"][0]["province_id"]
    source = data["sources"][-1]["source_id"]
    data["places"] = [_place("x/one", "One", province)]
    data["events"] = [
        _event(1, source, "x/one", "2021-06-04", "2021-06-04"),
        _event(2, source, "x/one", "2021-06-06", "2021-06-06", "recapture"),
        _event(3, source, "x/one", "2021-06-07", "2021-06-07", "claimed_capture"),
    ]
    figure = {
        "source_id": source, "paragraph": "1", "side": "taliban", "scope": "AF", "kind": "stock", "value_low": "1",
        "value_high": "1", "qualifier": "exact", "as_of_earliest": "2021-06-04", "as_of_latest": "2021-06-04",
    }  # fmt: skip
    flow = {"kind": "flow", "since": "2021-06-04"}
    data["claims"] = [
        figure | {"claim_id": f"C{number:03d}"} | cells
        for number, cells in enumerate(
            (
                {"claimant": "pentagon", "measure": "district_centers_held", "unit": "district centers"},
                {"claimant": "taliban", "measure": "districts_held", "unit": "districts"},
                {"claimant": "unama", "measure": "civilians_killed", "unit": "persons", **flow},
                {"claimant": "other", "measure": "districts_lost", "unit": "districts", "scope": province,
                 "side": "government", **flow},
                {"claimant": "other", "measure": "districts_held", "unit": "districts", "scope": province,
                 "denominator": "1"},
            ),
            1,
        )
    ]  # fmt: skip
    return data


ANOTHER_COUNTRY = {
    "name": "norland",
    "districtloss:country": "Norland",
    "districtloss:side": "the rebels",
    "districtloss:parameters": {"start": "2021-11-20", "denominator": 480},
}

FOLDERS: dict[str, Callable[[], Data]] = {
    made.__name__: made
    for made in (
        no_decisions, no_claims, no_events, nothing_but_a_source, no_statement, pentagon_and_milley_alone,
        other_speakers, without_parties, one_event, one_of_each, before_the_window, open_ended, a_window_of_one_day,
        another_country,
    )
}  # fmt: skip


def folder(name: str, path: Path) -> Path:
    """Write one of FOLDERS and return where it lies."""
    write(path, FOLDERS[name]())
    if name == "another_country":
        (path / "datapackage.json").write_text(json.dumps(ANOTHER_COUNTRY), "utf-8")
    return path


def _source(source_id: str, published: str) -> dict[str, str]:
    return {"source_id": source_id, "outlet": "Wire", "published": published, "published_basis": "stated"}


def _place(place_id: str, name: str, province: str) -> dict[str, str]:
    return {"place_id": place_id, "name": name, "province_id": province, "kind": "district"}


def _event(number: int, source: str, place: str, first: str, last: str, event_type: str = "capture") -> dict[str, str]:
    return {
        "event_id": f"E{number:03d}", "incident_id": f"I{number:03d}", "source_id": source, "paragraph": "1",
        "place_id": place, "event_type": event_type, "actor": "taliban" if event_type == "capture" else "government",
        "date_earliest": first, "date_latest": last, "date_precision": "day" if first == last else "interval",
        "attribution": "reported_by_media",
    }  # fmt: skip
