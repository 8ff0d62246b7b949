"""Writes a data folder as large as one likes: places in all provinces, events of two years, a few claims and decisions.

    python benchmarks/synthetic.py FOLDER ROWS

The rows mean nothing; they have the shares of types, precisions and repeated reports that news of a war has.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from districtloss.paths import DATA
from districtloss.tables.schema import load

START, DAYS = pd.Timestamp("2020-01-01"), 700
DISTRICTS = 12  # in each province
REPORTS = 1.3  # of an incident, on average
TYPES = {
    "capture": 0.3, "recapture": 0.12, "claimed_capture": 0.06, "claimed_recapture": 0.02, "assault": 0.2,
    "clash": 0.2, "retreat": 0.03, "casualties": 0.05, "other": 0.02,
}  # fmt: skip
ATTRIBUTIONS = {
    "confirmed_by_official": 0.45, "reported_by_media": 0.3, "claimed_by_party": 0.15, "witnesses": 0.05,
    "social_media": 0.05,
}  # fmt: skip
ACTORS = {"recapture": "government", "claimed_recapture": "government"}


def write(folder: Path, rows: int, seed: int = 1) -> Path:
    """Write all tables of a data folder with `rows` events; the same seed gives the same bytes."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    provinces = pd.read_csv(DATA / "provinces.csv", dtype=str, keep_default_na=False)
    places = pd.DataFrame(
        [
            {"place_id": f"{slug}/district-{i:02d}", "name": f"District {i} of {name}", "province_id": province,
             "kind": "district"}
            for name, province in zip(provinces["name"], provinces["province_id"], strict=True)
            for slug in [name.lower().replace(" ", "-").replace("'", "")]
            for i in range(1, DISTRICTS + 1)
        ]
    )  # fmt: skip
    published = pd.date_range(START + pd.Timedelta(days=30), periods=DAYS // 7, freq="7D")
    sources = pd.DataFrame(
        {
            "source_id": [f"weekly-{day:%Y-%m-%d}" for day in published],
            "title": [f"The week to {day:%Y-%m-%d}" for day in published],
            "outlet": "Weekly", "published": published.strftime("%Y-%m-%d"), "published_basis": "stated",
            "language": "en",
        }
    )  # fmt: skip
    incidents = max(1, int(rows / REPORTS))
    of = np.concatenate([np.arange(min(incidents, rows)), rng.integers(0, incidents, max(0, rows - incidents))])
    source = rng.integers(0, len(sources), rows)
    latest = published.to_numpy("datetime64[D]")[source] - rng.integers(0, 25, rows).astype("timedelta64[D]")
    width = np.where(rng.random(rows) < 0.5, 0, rng.integers(1, 9, rows))
    type_of = rng.choice(list(TYPES), incidents, p=list(TYPES.values()))
    place_of = rng.integers(0, len(places), incidents)
    number = np.arange(1, rows + 1)
    digits = max(3, len(str(rows)))
    events = pd.DataFrame(
        {
            "event_id": np.char.add("E", np.char.zfill(number.astype(str), digits)),
            "incident_id": np.char.add("I", np.char.zfill((of + 1).astype(str), digits)),
            "source_id": sources["source_id"].to_numpy()[source],
            "paragraph": rng.integers(1, 40, rows),
            "place_id": places["place_id"].to_numpy()[place_of[of]],
            "event_type": type_of[of],
            "actor": pd.Series(type_of[of]).map(ACTORS).fillna("taliban").to_numpy(),
            "date_earliest": np.datetime_as_string(latest - width.astype("timedelta64[D]"), unit="D"),
            "date_latest": np.datetime_as_string(latest, unit="D"),
            "date_precision": np.where(width == 0, "day", "interval"),
            "date_basis": "made up",
            "reported_by": rng.choice(["", "the governor", "a spokesman", "residents"], rows),
            "attribution": rng.choice(list(ATTRIBUTIONS), rows, p=list(ATTRIBUTIONS.values())),
        }
    )
    claims = _claims(sources["source_id"].iat[-1], published[-1])
    decisions, options = _decisions(events)
    tables = {
        "sources": sources, "provinces": provinces, "places": places, "events": events, "claims": claims,
        "decisions": decisions, "options": options,
    }  # fmt: skip
    for name, made in tables.items():
        table = load().tables[name]
        whole = made.reindex(columns=list(table.columns), fill_value="")
        whole.to_csv(folder / table.file, index=False, lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
    return folder


def _claims(source: str, day: pd.Timestamp) -> pd.DataFrame:
    common = {"source_id": source, "paragraph": "1", "side": "taliban", "as_of_latest": f"{day:%Y-%m-%d}"}
    since = f"{START + pd.Timedelta(days=31):%Y-%m-%d}"
    return pd.DataFrame(
        [
            {**common, "claim_id": "C001", "claimant": "pentagon", "measure": "district_centers_held", "scope": "AF",
             "kind": "stock", "value_low": "81", "value_high": "81", "qualifier": "exact", "unit": "district centers",
             "denominator": "419", "as_of_earliest": f"{day - pd.Timedelta(days=9):%Y-%m-%d}"},
            {**common, "claim_id": "C002", "claimant": "milley", "measure": "district_centers_held", "scope": "AF",
             "kind": "stock", "value_low": "200", "value_high": "", "qualifier": "more_than",
             "unit": "district centers", "denominator": "419", "as_of_earliest": f"{day:%Y-%m-%d}"},
            {**common, "claim_id": "C003", "claimant": "ghazni_council", "measure": "districts_lost", "scope": "AF-GHA",
             "kind": "flow", "value_low": "9", "value_high": "9", "qualifier": "exact", "unit": "districts",
             "since": since, "as_of_earliest": f"{day:%Y-%m-%d}"},
        ]
    )  # fmt: skip


def _decisions(events: pd.DataFrame, count: int = 8) -> tuple[pd.DataFrame, pd.DataFrame]:
    captures = events.loc[events["event_type"] == "capture", "event_id"].iloc[:count].tolist()
    decisions = pd.DataFrame(
        [
            {"decision_id": f"D{i:02d}", "question": f"Does report {event} count?", "chosen": "counts",
             "alternatives": "does_not", "reason": "Made up.", "touches": event}
            for i, event in enumerate(captures, 1)
        ],
        columns=["decision_id", "question", "chosen", "alternatives", "reason", "touches"],
    )  # fmt: skip
    options = pd.DataFrame(
        [
            {"decision_id": f"D{i:02d}", "option": "does_not", "table": "events", "row_id": event,
             "column": "event_type", "value": "claimed_capture"}
            for i, event in enumerate(captures, 1)
        ],
        columns=["decision_id", "option", "table", "row_id", "column", "value"],
    )  # fmt: skip
    return decisions, options


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]))
