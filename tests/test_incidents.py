"""Reports of one happening are one incident, on the days that they allow together."""

import pandas as pd

from districtloss.incidents import incidents

OFFICIAL, MEDIA, PARTY = "confirmed_by_official", "reported_by_media", "claimed_by_party"


def reports(*rows) -> pd.DataFrame:
    """Return control reports from (incident, type, first day of June 2021, last day, attribution)."""
    frame = pd.DataFrame(rows, columns=["incident_id", "event_type", "a", "b", "attribution"])
    day = pd.Timestamp("2021-06-01")
    return frame.assign(
        event_id=[f"E{i:03d}" for i in range(1, len(frame) + 1)],
        place_id="balkh/kaldar",
        name="Kaldar",
        province_id="AF-BAL",
        disputed_by="",
        date_earliest=[day + pd.Timedelta(days=a - 1) for a in frame["a"]],
        date_latest=[day + pd.Timedelta(days=b - 1) for b in frame["b"]],
    )


def days(table: pd.DataFrame) -> list[tuple[int, int]]:
    return [(a.day, b.day) for a, b in zip(table["date_earliest"], table["date_latest"], strict=True)]


def test_reports_that_agree_narrow_the_interval():
    # Kaldar: one source names 30 June, the other says a month before 27 July.
    table = incidents(
        reports(("I1", "capture", 30, 30, OFFICIAL), ("I1", "capture", 20, 30, MEDIA)), ["capture"], [OFFICIAL, MEDIA]
    )
    assert days(table) == [(30, 30)]
    assert list(table["events"]) == ["E001|E002"]


def test_reports_that_contradict_each_other_span_the_interval():
    # Maywand: fallen by the 22nd in one source, between the 25th and the 30th in the other.
    table = incidents(reports(("I1", "capture", 5, 22, MEDIA), ("I1", "capture", 25, 30, MEDIA)), ["capture"], [MEDIA])
    assert days(table) == [(5, 30)]


def test_a_report_whose_attribution_does_not_count_changes_nothing():
    rows = reports(("I1", "capture", 30, 30, OFFICIAL), ("I1", "capture", 1, 2, PARTY), ("I2", "capture", 3, 3, PARTY))
    table = incidents(rows, ["capture"], [OFFICIAL])
    assert list(table["incident_id"]) == ["I1"] and days(table) == [(30, 30)]


def test_other_types_of_events_are_no_losses():
    rows = reports(("I1", "recapture", 1, 1, OFFICIAL), ("I2", "implied_capture", 1, 1, OFFICIAL))
    assert incidents(rows, ["capture"], [OFFICIAL]).empty
