"""Cells that do not agree with each other, within a row or between tables, are told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from districtloss.errors import Faults
from districtloss.tables.reading import read_tables
from helpers.small_data import rows, write


def told(tmp_path: Path, data: Any) -> list[str]:
    try:
        read_tables(write(tmp_path, data))
    except Faults as faults:
        return [str(fault) for fault in faults.faults]
    return []


def test_a_series_has_one_figure_of_a_measure_for_the_same_days(tmp_path: Path):
    data = rows()
    data["outside"].append(data["outside"][1] | {"figure_id": "X003", "value_low": "13"})
    assert told(tmp_path, data) == [
        "outside.csv:4: date_latest: the series has this measure of these days already, "
        "take one out, or make it another series"
    ]


def test_the_small_data_are_without_fault(tmp_path: Path):
    assert told(tmp_path, rows()) == []


@pytest.mark.parametrize(
    ("table", "row", "cells", "fault"),
    [
        # keys
        ("places", 0, {"province_id": "AF-BAM"}, "'AF-BAM' is no province_id of provinces.csv, did you mean AF-BAL?"),
        (
            "places",
            1,
            {"within": "balkh/kalder"},
            "'balkh/kalder' is no place_id of places.csv, did you mean balkh/kaldar?",
        ),
        ("events", 1, {"source_id": "zzz"}, "'zzz' is no source_id of sources.csv, add that row there, or name one"),
        (
            "events",
            1,
            {"place_id": "ghazni/gillan"},
            "'ghazni/gillan' is no place_id of places.csv, did you mean ghazni/gilan?",
        ),
        ("events", 1, {"decision_id": "D77"}, "'D77' is no decision_id of decisions.csv"),
        ("events", 0, {"disputed_by": "E003|E099"}, "'E099' is no event_id of events.csv"),
        ("events", 0, {"disputed_by": ""}, "E001 does not name E003 in turn, add E003 to disputed_by of E001"),
        ("events", 1, {"disputed_by": "E002"}, "the row disputes itself"),
        ("claims", 0, {"disputed_by": "E001|C099"}, "'C099' is no event_id or claim_id"),
        ("claims", 0, {"scope": "AF-XXX"}, "'AF-XXX' is no province_id of provinces.csv, nor their country"),
        ("decisions", 0, {"touches": "E001|E444"}, "'E444' is no event_id or claim_id"),
        ("outside_falls", 0, {"place_id": "balkh/kalder"}, "'balkh/kalder' is no place_id of places.csv, did you mean"),
        ("outside", 1, {"figure_id": "X001"}, "figure_id: 'X001' stands in line 2 already, give each row its own"),
        ("outside_falls", 1, {"fall_id": "F001"}, "fall_id: 'F001' stands in line 2 already, give each row its own"),
        ("outside", 0, {"url": "ftp://example.org"}, "url: 'ftp://example.org' does not have the form of this column"),
        ("outside_falls", 0, {"url": "https://a b"}, "url: 'https://a b' does not have the form of this column"),
        ("outside", 0, {"measure": "hold"}, "measure: 'hold' is not in the vocabulary, did you mean held?"),
        # dates
        (
            "sources",
            1,
            {"republished": "2021-07-01"},
            "republished: 2021-07-01 is before 2021-07-05, the day of publication",
        ),
        ("sources", 1, {"published_note": ""}, "published_note: the day is inferred, and nothing says how"),
        (
            "events",
            1,
            {"date_earliest": "2021-06-30", "date_latest": "2021-06-25"},
            "date_earliest: 2021-06-30 is later than date_latest 2021-06-25",
        ),
        (
            "events",
            1,
            {"date_latest": "2021-07-01"},
            "date_latest: 2021-07-01 is after 'paper-2021-06-30' was published, nothing later than 2021-06-30",
        ),
        ("events", 1, {"date_latest": "", "date_earliest": ""}, "date_latest: the row has no date"),
        ("events", 1, {"date_earliest": ""}, "date_precision: the precision is interval and one of the dates is empty"),
        (
            "events",
            1,
            {"date_precision": "day"},
            "date_precision: the precision is day and the dates are 2021-06-25 and 2021-06-30",
        ),
        (
            "events",
            2,
            {"date_earliest": "2021-07-01", "date_latest": ""},
            "date_latest: the precision is before and the latest day is empty",
        ),
        (
            "events",
            2,
            {"date_precision": "after"},
            "date_earliest: the precision is after and the earliest day is empty",
        ),
        (
            "claims",
            0,
            {"as_of_earliest": "2021-07-01"},
            "as_of_earliest: 2021-07-01 is later than as_of_latest 2021-06-30",
        ),
        (
            "claims",
            0,
            {"as_of_latest": "2021-07-01"},
            "as_of_latest: 2021-07-01 is after 'paper-2021-06-30' was published",
        ),
        ("claims", 2, {"since": "2021-07-06"}, "since: 2021-07-06 is later than as_of_latest 2021-07-05"),
        ("claims", 0, {"since": "2021-06-04"}, "since: a stock has no beginning"),
        (
            "outside",
            1,
            {"date_earliest": "2021-07-01"},
            "date_earliest: 2021-07-01 is later than date_latest 2021-06-30, swap the two",
        ),
        ("outside", 0, {"since": "2021-06-01"}, "since: a stock has no beginning, leave it empty"),
        ("outside", 1, {"since": ""}, "since: nothing says since when it is counted"),
        ("outside", 1, {"since": "2021-06-29"}, "since: 2021-06-29 is not before date_earliest 2021-06-29"),
        ("outside_falls", 0, {"date_earliest": "", "date_latest": ""}, "date_latest: the row has no date"),
        (
            "outside_falls",
            0,
            {"date_earliest": "2021-07-01"},
            "date_earliest: 2021-07-01 is later than date_latest 2021-06-30, swap the two",
        ),
        # values
        ("outside", 0, {"value_low": "71"}, "value_low: 71 is above value_high 70, swap the two"),
        (
            "outside",
            0,
            {"of_how_many": "69"},
            "value_high: 70 is above the whole 69, a part is not more than its whole",
        ),
        ("outside", 0, {"of_how_many": "0"}, "of_how_many: '0' is below 1, give a whole number from 1 to 1,000,000"),
        ("claims", 0, {"value_low": "90", "qualifier": "about"}, "value_low: 90 is above value_high 81, swap the two"),
        ("claims", 0, {"value_low": "", "value_high": "", "qualifier": "about"}, "value_low: the claim has no value"),
        ("claims", 0, {"value_high": "90"}, "qualifier: the value is exact and its two ends differ"),
        (
            "claims",
            1,
            {"value_high": "", "value_low": "0.8"},
            "value_high: the words are up to and no upper end is given",
        ),
        (
            "claims",
            2,
            {"value_high": "50", "value_low": ""},
            "value_low: the words are at_least and no lower end is given",
        ),
        ("claims", 1, {"value_high": "85"}, "value_high: a share of 85 is above 1, 85 percent is 0.85"),
        (
            "claims",
            0,
            {"denominator": "80"},
            "value_low: 81 is above the denominator 80, a part is not more than its whole",
        ),
        ("claims", 0, {"unit": "share of territory"}, "kind: a stock is counted in share of territory, write share"),
        ("claims", 1, {"unit": "persons"}, "unit: a share is counted in persons"),
        # places and provinces
        ("places", 1, {"within": "ghazni/gilan"}, "within: 'balkh/hairatan' lies in AF-BAL, 'ghazni/gilan' in AF-GHA"),
        ("places", 0, {"within": "balkh/hairatan"}, "within: 'balkh/kaldar' lies within itself"),
        (
            "places",
            1,
            {"province_id": "AF-GHA", "within": ""},
            "place_id: 'balkh/hairatan' lies in AF-GHA, other places of balkh/ in AF-BAL",
        ),
        ("provinces", 1, {"tile_row": "0"}, "tile_column: the tile in column 3, row 0 is taken"),
        (
            "provinces",
            0,
            {"districts_total_source": ""},
            "districts_total_source: a number of districts without its source",
        ),
        ("provinces", 0, {"districts_total": ""}, "districts_total: a source without its number of districts"),
        (
            "events",
            1,
            {"incident_id": "I001"},
            "incident_id: I001 is at 'balkh/hairatan' elsewhere and at 'ghazni/gilan' here",
        ),
        ("sources", 0, {"url": "https://paper.example/1"}, "url_basis: an address, and nothing says where it is from"),
        ("sources", 0, {"party": "Russia"}, "party_basis: a party, and nothing says by whose word, say who ties"),
        # audit
        ("events", 0, {"audit_exempt": "place"}, "audit_reason: nothing says why place cannot apply"),
        ("claims", 0, {"audit_reason": "no"}, "audit_exempt: a reason without a check"),
        # decisions and options
        ("decisions", 0, {"chosen": "none"}, "alternatives: the chosen option 'none' is among the alternatives"),
        ("decisions", 0, {"alternatives": "the_29th|none|none"}, "alternatives: 'none' stands twice"),
        (
            "decisions",
            0,
            {"note": ""},
            "alternatives: the alternative 'none' changes nothing, say in options.csv what it changes",
        ),
        ("options", 0, {"decision_id": "D09"}, "decision_id: 'D09' is no decision_id of decisions.csv"),
        ("options", 0, {"option": "the_28th"}, "option: 'the_28th' is no alternative of D01, one of the_29th, none"),
        ("options", 0, {"option": "the_30th"}, "option: 'the_30th' is the chosen option, which changes nothing"),
        ("options", 0, {"row_id": "E009"}, "row_id: 'E009' is no row of events.csv"),
        ("options", 0, {"row_id": "C001"}, "row_id: 'C001' is no row of events.csv"),
        (
            "options",
            0,
            {"column": "date_earlist"},
            "column: 'date_earlist' is no column of events.csv, did you mean date_earliest?",
        ),
        ("options", 0, {"column": "event_id"}, "column: event_id identifies the row"),
        ("options", 0, {"value": "the 29th"}, "value: 'the 29th' is not an ISO date"),
        (
            "options",
            0,
            {"column": "actor", "value": "talban"},
            "value: 'talban' is not in the vocabulary, did you mean taliban?",
        ),
        ("options", 0, {"column": "actor", "value": ""}, "value: actor cannot be empty"),
        (
            "options",
            0,
            {"column": "place_id", "value": "ghazni/gilam"},
            "value: 'ghazni/gilam' is no place_id of places.csv, did you mean ghazni/gilan?",
        ),
        (
            "options",
            1,
            {"value": "2021-06-28"},
            "value: under D01 the_29th, E001 date_earliest: 2021-06-29 is later than date_latest 2021-06-28",
        ),
    ],
)
def test_what_does_not_agree_is_told(tmp_path, table, row, cells, fault):
    data = rows()
    data[table][row] |= cells
    faults = told(tmp_path, data)
    assert any(fault in line for line in faults), faults


def test_a_fault_names_the_line_of_its_own_row(tmp_path: Path):
    data = rows()
    data["events"][1]["date_latest"] = "2021-07-01"
    assert told(tmp_path, data) == [
        "events.csv:3: date_latest: 2021-07-01 is after 'paper-2021-06-30' was published, nothing later than 2021-06-30"
    ]


def test_a_deadline_may_lie_after_the_publication(tmp_path: Path):
    data = rows()
    data["claims"][0] |= {"measure": "withdrawal_deadline", "as_of_latest": "2021-09-11", "denominator": ""}
    assert told(tmp_path, data) == []


def test_an_option_may_move_a_date_past_the_publication_that_is_itself_in_doubt(tmp_path: Path):
    data = rows()
    for option in data["options"]:
        option["value"] = "2021-07-01"
    assert told(tmp_path, data) == []


def test_a_place_inside_another_may_share_its_incident(tmp_path: Path):
    data = rows()
    data["events"][1] |= {"incident_id": "I001", "place_id": "balkh/kaldar"}
    assert told(tmp_path, data) == []


def test_keys_into_a_file_that_cannot_be_read_are_not_told_one_by_one(tmp_path: Path):
    write(tmp_path)
    (tmp_path / "places.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(Faults) as caught:
        read_tables(tmp_path)
    assert [str(fault) for fault in caught.value.faults] == ["places.csv: is UTF-16, save it as UTF-8"]


def test_keys_into_a_column_that_is_missing_are_not_told_one_by_one(tmp_path: Path):
    write(tmp_path)
    text = (tmp_path / "places.csv").read_text("utf-8")
    (tmp_path / "places.csv").write_text("\n".join(line.partition(",")[2] for line in text.splitlines()), "utf-8")
    with pytest.raises(Faults) as caught:
        read_tables(tmp_path)
    assert [str(fault) for fault in caught.value.faults] == ["places.csv:1: place_id: the column is missing, add it"]
