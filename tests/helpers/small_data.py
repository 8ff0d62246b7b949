"""A small data folder that is right in every way, to be broken one way at a time."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

from districtloss.tables.schema import load

Rows = list[dict[str, str]]

ROWS: dict[str, Rows] = {
    "sources": [
        {"source_id": "paper-2021-06-30", "title": "Two fall", "outlet": "Paper", "published": "2021-06-30",
         "published_basis": "stated", "language": "en"},
        {"source_id": "radio-2021-07-05", "outlet": "Radio", "published": "2021-07-05",
         "published_basis": "inferred", "published_note": "From the weekday", "republished_by": "Echo",
         "republished": "2021-07-06"},
    ],
    "provinces": [
        {"province_id": "AF-BAL", "name": "Balkh", "capital": "Mazar-e-Sharif", "tile_column": "3",
         "tile_row": "0", "districts_total": "15", "districts_total_source": "paper-2021-06-30"},
        {"province_id": "AF-GHA", "name": "Ghazni", "capital": "Ghazni", "tile_column": "3", "tile_row": "4"},
    ],
    "places": [
        {"place_id": "balkh/kaldar", "name": "Kaldar", "province_id": "AF-BAL", "kind": "district",
         "pcode": "AF2113", "variants": "Kalldar|Qaldar"},
        {"place_id": "balkh/hairatan", "name": "Hairatan", "province_id": "AF-BAL", "kind": "port",
         "within": "balkh/kaldar"},
        {"place_id": "ghazni/gilan", "name": "Gilan", "province_id": "AF-GHA", "kind": "district"},
    ],
    "events": [
        {"event_id": "E001", "incident_id": "I001", "source_id": "paper-2021-06-30", "paragraph": "2",
         "place_id": "balkh/kaldar", "event_type": "capture", "actor": "taliban",
         "date_earliest": "2021-06-30", "date_latest": "2021-06-30", "date_precision": "day",
         "date_basis": "Named", "reported_by": "Ali Ahmad", "reporter_office": "governor",
         "attribution": "confirmed_by_official", "disputed_by": "E003", "decision_id": "D01"},
        {"event_id": "E002", "incident_id": "I002", "source_id": "paper-2021-06-30", "paragraph": "3",
         "place_id": "ghazni/gilan", "event_type": "capture", "actor": "taliban",
         "date_earliest": "2021-06-25", "date_latest": "2021-06-30", "date_precision": "interval",
         "attribution": "reported_by_media"},
        {"event_id": "E003", "incident_id": "I001", "source_id": "radio-2021-07-05", "paragraph": "1",
         "place_id": "balkh/hairatan", "event_type": "claimed_recapture", "actor": "government",
         "date_latest": "2021-07-05", "date_precision": "before", "attribution": "claimed_by_party",
         "disputed_by": "E001", "audit_exempt": "place|date", "audit_reason": "Named elsewhere"},
    ],
    "claims": [
        {"claim_id": "C001", "source_id": "paper-2021-06-30", "paragraph": "4", "claimant": "pentagon",
         "measure": "district_centers_held", "side": "taliban", "scope": "AF", "kind": "stock",
         "value_low": "81", "value_high": "81", "qualifier": "exact", "unit": "district centers",
         "denominator": "419", "as_of_earliest": "2021-06-24", "as_of_latest": "2021-06-30",
         "decision_id": "D01"},
        {"claim_id": "C002", "source_id": "radio-2021-07-05", "paragraph": "2", "claimant": "taliban",
         "measure": "territory_share", "side": "taliban", "scope": "AF-GHA", "kind": "share",
         "value_high": "0.85", "qualifier": "up_to", "unit": "share of territory",
         "as_of_latest": "2021-07-05", "disputed_by": "C003"},
        {"claim_id": "C003", "source_id": "radio-2021-07-05", "paragraph": "3", "claimant": "afghan_mod",
         "measure": "killed", "side": "taliban", "scope": "AF", "kind": "flow", "value_low": "40",
         "qualifier": "at_least", "unit": "persons", "since": "2021-07-01", "as_of_latest": "2021-07-05",
         "disputed_by": "C002"},
    ],
    "decisions": [
        {"decision_id": "D01", "question": "Which day?", "chosen": "the_30th",
         "alternatives": "the_29th|none", "reason": "It is named",
         "touches": "E001|C001", "note": "none changes nothing: a test of the note"},
    ],
    "options": [
        {"decision_id": "D01", "option": "the_29th", "table": "events", "row_id": "E001",
         "column": "date_earliest", "value": "2021-06-29"},
        {"decision_id": "D01", "option": "the_29th", "table": "events", "row_id": "E001",
         "column": "date_latest", "value": "2021-06-29"},
    ],
    "outside": [
        {"figure_id": "X001", "series_id": "tracker-held", "publisher": "Tracker", "measure": "held",
         "unit_counted": "districts", "date_earliest": "2021-06-20", "date_latest": "2021-06-20", "value_low": "70",
         "value_high": "70", "of_how_many": "407", "url": "https://www.example.org/june", "looked_up": "2026-12-01",
         "basis": "publisher"},
        {"figure_id": "X002", "series_id": "tracker-taken", "publisher": "Tracker", "measure": "taken",
         "unit_counted": "districts", "since": "2021-06-20", "date_earliest": "2021-06-29",
         "date_latest": "2021-06-30", "value_low": "12", "url": "http://www.example.org/july",
         "looked_up": "2026-12-01", "basis": "secondary", "note": "More than eleven"},
    ],
    "outside_falls": [
        {"fall_id": "F001", "place_id": "balkh/kaldar", "publisher": "Wire", "date_earliest": "2021-06-30",
         "date_latest": "2021-06-30", "url": "https://www.example.org/wire", "looked_up": "2026-12-01",
         "basis": "publisher"},
        {"fall_id": "F002", "place_id": "ghazni/gilan", "publisher": "Wire", "date_latest": "2021-06-24",
         "url": "https://www.example.org/wire", "looked_up": "2026-12-01", "basis": "secondary"},
    ],
}  # fmt: skip


def rows() -> dict[str, Rows]:
    """Return a copy that a test may change."""
    return {table: [dict(row) for row in table_rows] for table, table_rows in ROWS.items()}


def write(
    folder: Path,
    tables: Mapping[str, Iterable[Mapping[str, str]]] | None = None,
    quoting: int = csv.QUOTE_MINIMAL,
) -> Path:
    """Write the tables (the small data unless others are given) as a data folder, and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    rules = load().tables
    for name, table_rows in (ROWS if tables is None else tables).items():
        with (folder / rules[name].file).open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(rules[name].columns), restval="", lineterminator="\n", quoting=quoting)
            writer.writeheader()
            writer.writerows(table_rows)
    return folder
