"""Reports of one happening are one incident, on the days that they allow together."""

import pandas as pd

from districtloss.estimates import rates
from districtloss.estimates.incidents import incidents, reported_days

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


def opened(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    return rows.assign(**{column: pd.NaT}).astype({column: "datetime64[s]"})


def test_what_happened_by_a_day_is_possible_from_ever_on_and_nowhere_certain():
    table = incidents(opened(reports(("I1", "capture", 1, 20, MEDIA)), "date_earliest"), ["capture"], [MEDIA])
    start, end = pd.Timestamp("2021-06-04"), pd.Timestamp("2021-06-30")
    for rule, point in (("earliest", 0), ("midpoint", 0), ("latest", 1)):
        assert rates.gross(rates.placed(table, start, end, rule)) == rates.Estimate(point, 0, 1)
    running = rates.cumulative(rates.placed(table, start, end, "midpoint"), start, end)
    assert list(running["high"].unique()) == [1] and list(running["low"].unique()) == [0]
    assert rates.placed(table, pd.Timestamp("2021-06-21"), end, "midpoint").empty
    assert reported_days(table)["date_earliest"].isna().all() and reported_days(table)["date_latest"].notna().all()


def test_a_recapture_some_day_after_leaves_no_loss_certainly_held():
    day = [("I1", "capture", 10, 10, MEDIA)]
    lost = incidents(reports(*day), ["capture"], [MEDIA])
    won = incidents(opened(reports(("I2", "recapture", 5, 30, MEDIA)), "date_latest"), ["recapture"], [MEDIA])
    start, end = pd.Timestamp("2021-06-04"), pd.Timestamp("2021-06-30")
    held = rates.net(*(rates.placed(table, start, end, "midpoint") for table in (lost, won)))
    assert (held.low, held.high) == (0, 1)


def test_an_open_end_is_closed_by_another_report_of_the_incident():
    rows = reports(("I1", "capture", 1, 20, MEDIA), ("I1", "capture", 15, 25, OFFICIAL))
    rows.loc[0, "date_earliest"] = pd.NaT
    assert days(incidents(rows, ["capture"], [OFFICIAL, MEDIA])) == [(15, 20)]
