"""An export of ACLED becomes tables; what it cannot tell is asked, and what is left out is told."""

from __future__ import annotations

import csv
import datetime as dt
import errno
import gzip
import os
from pathlib import Path

import pytest

from districtloss.errors import Faults
from districtloss.estimates import incidents
from districtloss.files import csv_rows
from districtloss.imports import acled, data_folder, places
from districtloss.paths import DATA
from districtloss.tables import decisions, folders
from districtloss.tables.reading import read_tables
from helpers.small_data import write

COLUMNS = [
    "event_id_cnty",
    "event_date",
    "year",
    "time_precision",
    "disorder_type",
    "event_type",
    "sub_event_type",
    "actor1",
    "assoc_actor_1",
    "inter1",
    "actor2",
    "assoc_actor_2",
    "inter2",
    "interaction",
    "civilian_targeting",
    "iso",
    "region",
    "country",
    "admin1",
    "admin2",
    "admin3",
    "location",
    "latitude",
    "longitude",
    "geo_precision",
    "source",
    "source_scale",
    "notes",
    "fatalities",
    "tags",
    "timestamp",
]
ARMY = "Military Forces of Afghanistan (2014-2021)"


def row(number: int = 1, **cells: str) -> dict[str, str]:
    """A row of an export: the Taliban take Imam Sahib from the army on 21 June 2021."""
    return {
        "event_id_cnty": f"AFG{number:05d}", "event_date": "2021-06-21", "year": "2021", "time_precision": "1",
        "event_type": "Battles", "sub_event_type": acled.OVERTAKES, "actor1": "Taliban", "inter1": "Rebel group",
        "actor2": ARMY, "inter2": "State forces", "iso": "4", "country": "Afghanistan", "admin1": "Kunduz",
        "admin2": "Imam Sahib", "location": "Imam Sahib", "geo_precision": "1", "source": "Pajhwok Afghan News",
        "source_scale": "National", "notes": "A sentence of theirs.", "fatalities": "0", "timestamp": "1640000000",
    } | cells  # fmt: skip


def export(path: Path, rows: list[dict[str, str]], delimiter: str = ",", encoding: str = "utf-8") -> Path:
    columns = [name for name in COLUMNS if name in rows[0] or name not in ("disorder_type", "tags")]
    with path.open("w", encoding=encoding, newline="") as stream:
        writer = csv.DictWriter(stream, columns, restval="", delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return path


def events(tmp_path: Path, *rows: dict[str, str]) -> list[dict[str, str]]:
    return _imported(tmp_path, *rows).tables["events"]


def _imported(tmp_path: Path, *rows: dict[str, str]) -> data_folder.Import:
    return data_folder.import_export(export(tmp_path / "export.csv", list(rows)), tmp_path / "made")


def why(tmp_path: Path, **cells: str) -> str:
    """Why a row with these cells is left out."""
    (left,) = _imported(tmp_path, row(**cells)).left_out
    return left["why"]


def cells_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def settle(path: Path, answers: dict[str, str]) -> None:
    rows = cells_of(path)
    for asked in rows:
        asked["answer"] = answers.get(asked["spelling"], asked["answer"])
    csv_rows.write(path, places.ASKED, rows)


def test_the_folder_that_is_made_is_without_fault_and_counts_the_loss(tmp_path: Path):
    made = _imported(tmp_path, row(1), row(2, sub_event_type="Armed clash", event_date="2021-07-20"))
    tables = read_tables(tmp_path / "made")
    reports = incidents.control_reports(tables)
    assert reports[["place_id", "to", "event_type"]].to_numpy().tolist() == [
        ["kunduz/imam-sahib", "taliban", "capture"]
    ]
    assert tables.about.country == "Afghanistan"
    assert tables.sources["published"].dt.strftime("%Y-%m-%d").tolist() == ["2021-07-20"]
    assert made.rows == 2 and len(made.left_out) == 1


def test_no_word_of_their_notes_is_copied(tmp_path: Path):
    _imported(tmp_path, row())
    assert not any("sentence of theirs" in path.read_text("utf-8") for path in (tmp_path / "made").iterdir())


@pytest.mark.parametrize(
    ("precision", "first", "last", "kind"),
    [
        ("1", "2021-06-23", "2021-06-23", "day"),
        ("2", "2021-06-20", "2021-06-26", "interval"),
        ("3", "2021-06-01", "2021-06-30", "interval"),
    ],
)
def test_time_precision_is_a_day_a_week_or_a_month(tmp_path: Path, precision: str, first: str, last: str, kind: str):
    (event,) = events(tmp_path, row(event_date="2021-06-23", time_precision=precision))
    assert (event["date_earliest"], event["date_latest"], event["date_precision"]) == (first, last, kind)


def test_nothing_happened_after_it_was_recorded(tmp_path: Path):
    recorded = int(dt.datetime(2021, 6, 18, tzinfo=dt.UTC).timestamp())
    (event,) = events(tmp_path, row(event_date="2021-06-15", time_precision="3", timestamp=str(recorded)))
    assert event["date_latest"] == "2021-06-18"


@pytest.mark.parametrize(
    "text", ["2021-06-21", "21 June 2021", "21-June-2021", "21 Jun 2021", "21/06/2021", "21-06-2021", "21.06.2021"]
)
def test_dates_are_read_in_every_form_that_exports_have_had(text: str):
    assert acled.day_of(text) == dt.date(2021, 6, 21)


@pytest.mark.parametrize("text", ["", "June 2021", "2021-02-30", "31 June 2021", "21 Foo 2021", "06/21/2021", "1-1-21"])
def test_what_is_no_date_is_none(text: str):
    assert acled.day_of(text) is None


@pytest.mark.parametrize(("delimiter", "encoding"), [(";", "utf-8-sig"), ("\t", "utf-8"), (",", "utf-8-sig")])
def test_older_exports_are_read_too(tmp_path: Path, delimiter: str, encoding: str):
    """Without disorder_type, with headers in capitals, numbers for kinds of actors and months in words."""
    old = row(event_date="21 June 2021", inter1="2", inter2="1")
    path = export(tmp_path / "old.csv", [old], delimiter, encoding)
    header, _, rest = path.read_text(encoding).partition("\n")
    assert "disorder_type" not in header
    path.write_text(f"{header.upper()}\n{rest}", encoding)
    made = data_folder.import_export(path, tmp_path / "made")
    assert [event["place_id"] for event in made.tables["events"]] == ["kunduz/imam-sahib"]


@pytest.mark.parametrize(
    ("cells", "event_type", "actor"),
    [
        ({}, "capture", "taliban"),
        ({"actor1": ARMY, "inter1": "State forces", "actor2": "Taliban", "inter2": "2"}, "capture", "taliban"),
        ({"actor1": "Islamic State (Afghanistan)"}, "capture", "other_group"),
        ({"sub_event_type": acled.REGAINS}, "recapture", "government"),
        ({"sub_event_type": acled.REGAINS, "assoc_actor_2": "Militia (Pro-Government)"},
         "recapture", "government_and_locals"),
        ({"sub_event_type": acled.TRANSFER}, "capture", "taliban"),
        ({"sub_event_type": acled.TRANSFER, "actor2": "", "inter2": ""}, "capture", "taliban"),
        ({"sub_event_type": acled.TRANSFER, "actor1": ARMY, "inter1": "1", "actor2": "", "inter2": "0"},
         "recapture", "government"),
        ({"sub_event_type": acled.TRANSFER, "actor1": ARMY, "inter1": "1", "actor2": "Taliban", "inter2": "2"},
         "recapture", "government"),
        # Mutineers bear the kind of those whom they left, and militias on a government's side can turn against it.
        ({"actor1": f"Mutiny of {ARMY}", "inter1": "1", "actor2": ARMY, "inter2": "1"}, "capture", "other_group"),
        ({"actor1": "Militia (Pro-Government)", "inter1": "3", "actor2": ARMY, "inter2": "1"},
         "capture", "other_group"),
        ({"actor2": "Militia (Pro-Government)", "inter2": "3"}, "capture", "taliban"),
        # Civilians hold no territory; a mission holds it for the government, another army for itself.
        ({"sub_event_type": acled.TRANSFER, "actor2": "Civilians (Afghanistan)", "inter2": "7"}, "capture", "taliban"),
        ({"sub_event_type": acled.TRANSFER, "actor1": "UNX: United Nations Mission in X", "inter1": "8", "actor2": ""},
         "recapture", "government"),
        ({"actor1": "Military Forces of Norland", "inter1": "External/Other forces"}, "capture", "other_group"),
        ({"sub_event_type": acled.TRANSFER, "actor1": "Military Forces of Norland", "inter1": "8", "actor2": ""},
         "capture", "other_group"),
    ],
)  # fmt: skip
def test_who_gains_follows_from_the_kind_of_actor(tmp_path: Path, cells: dict[str, str], event_type: str, actor: str):
    (event,) = events(tmp_path, row(**cells))
    assert (event["event_type"], event["actor"]) == (event_type, actor)


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"sub_event_type": "Armed clash"}, "no change of control: Armed clash"),
        ({"geo_precision": "0"}, "no geo precision of ACLED's (1, 2, 3): '0'"),
        ({"time_precision": "4"}, "no time precision of ACLED's (1, 2, 3): '4'"),
        ({"actor2": "Islamic State (Afghanistan)", "inter2": "Rebel group"},
         "between others than the government: Taliban and Islamic State (Afghanistan)"),
        ({"sub_event_type": acled.REGAINS, "actor1": "Military Forces of Afghanistan (2021-)", "inter1": "State forces",
          "actor2": "National Resistance Front", "inter2": "Rebel group"},
         "the government meant is that of the Taliban, since August 2021"),
        ({"actor1": ARMY, "inter1": "State forces"}, "nobody is named who is not on the government's side"),
        ({"sub_event_type": acled.TRANSFER, "actor1": ARMY, "inter1": "1", "actor2": "Police", "inter2": "1"},
         f"between forces of states: {ARMY} and Police"),
        ({"actor1": "Protesters (Afghanistan)", "inter1": "6", "actor2": ""},
         "no actor is named that can hold territory"),
        ({"admin1": ""}, "no province (admin1) is given"),
        ({"admin1": "Kunduzz"}, "admin1 'Kunduzz' is to be settled in to_settle.csv"),
        ({"admin2": "Imam Sahibb"}, "admin2 'Imam Sahibb' is to be settled in to_settle.csv"),
    ],
)  # fmt: skip
def test_every_row_left_out_is_told_with_the_reason(tmp_path: Path, cells: dict[str, str], reason: str):
    assert why(tmp_path, **cells) == reason


@pytest.mark.parametrize(
    ("spelling", "event_type"),
    [
        ("  NON-STATE  ACTOR OVERTAKES TERRITORY ", "capture"),
        ("Non\u2011state actor overtakes\u00a0territory", "capture"),
        ("Battle-Non-state actor overtakes territory", "capture"),
        ("Battle-Non-state actors overtake territory", "capture"),
        ("Battle - Government regains territory", "recapture"),
        ("non-violent Transfer of territory", "capture"),
    ],
)
def test_case_spaces_hyphens_and_older_names_make_no_other_sub_event(tmp_path: Path, spelling: str, event_type: str):
    (event,) = events(tmp_path, row(sub_event_type=spelling))
    assert event["event_type"] == event_type


@pytest.mark.parametrize(
    ("spelling", "meant"),
    [
        ("Goverment regains teritory", acled.REGAINS),
        ("Nonstate actor overtakes territory", acled.OVERTAKES),
        ("Non-violent transfer of control", acled.TRANSFER),
    ],
)
def test_a_like_sub_event_is_proposed_and_not_taken(tmp_path: Path, spelling: str, meant: str):
    made = _imported(tmp_path, row(1), row(2, sub_event_type=spelling), row(3, sub_event_type=spelling))
    assert made.left_out[0]["why"] == f"{acled.LIKE_A_CHANGE}: {spelling!r}, is {meant!r} meant?"
    said = data_folder.summary(made, tmp_path)
    assert f"  2  {acled.LIKE_A_CHANGE}\n" in said
    assert said.count(f"  Row 2, sub_event_type: {spelling!r}, is {meant!r} meant?") == 1 and "Row 3" not in said


@pytest.mark.parametrize("name", [*acled.OTHER_SUB_EVENTS, "armed  CLASH", "Armed clashes", "Election", ""])
def test_other_sub_events_are_like_none(tmp_path: Path, name: str):
    assert why(tmp_path, sub_event_type=name).startswith("no change of control: ")


def test_a_row_whose_date_cannot_be_read_is_left_out(tmp_path: Path):
    (left,) = _imported(tmp_path, row(1), row(2, event_date="soon")).left_out
    assert (left["row"], left["why"]) == ("2", "a date that cannot be read: 'soon'")


def test_the_terminal_tells_of_like_rows_together(tmp_path: Path):
    groups = [row(i, actor2=f"Militia {i}", inter2="Rebel group") for i in (2, 3)]
    said = data_folder.summary(_imported(tmp_path, row(1), *groups, row(4, event_date="soon")), tmp_path)
    assert said.splitlines()[0].endswith(": 1 event from 4 rows.")
    assert "  2  between others than the government\n  1  a date that cannot be read" in said


def test_a_row_that_stands_twice_counts_once(tmp_path: Path):
    made = _imported(tmp_path, row(7), row(7))
    assert len(made.tables["events"]) == 1
    assert made.left_out[0]["why"] == "the event id stands in an earlier row"


def test_at_geo_precision_3_the_district_is_not_believed(tmp_path: Path):
    (event,) = events(tmp_path, row(geo_precision="3"))
    assert event["place_id"] == "kunduz/province"
    assert incidents.control_reports(read_tables(tmp_path / "made")).empty


@pytest.mark.parametrize(
    ("cells", "event_type", "attribution"),
    [
        ({"source": "Voice of Jihad"}, "claimed_capture", "claimed_by_party"),
        ({"source": "Voice of Jihad; Khaama Press"}, "capture", "reported_by_media"),
        ({"source": "Afghanistan Ministry of Defense"}, "capture", "confirmed_by_official"),
        ({"source": "Ministry of Interior", "sub_event_type": acled.REGAINS}, "claimed_recapture", "claimed_by_party"),
        ({"source": "Ministry of Defense - NUG"}, "capture", "reported_by_media"),
        ({"source": "French Ministry of Defence"}, "capture", "reported_by_media"),
        (
            {"source": "Norlandian MoD", "actor1": "Military Forces of Norland", "inter1": "8"},
            "claimed_capture",
            "claimed_by_party",
        ),
        ({"source": "Twitter", "source_scale": "New media"}, "capture", "social_media"),
    ],
)
def test_what_a_side_alone_tells_of_its_gains_is_a_claim(
    tmp_path: Path, cells: dict[str, str], event_type: str, attribution: str
):
    (event,) = events(tmp_path, row(**cells))
    assert (event["event_type"], event["attribution"]) == (event_type, attribution)


@pytest.mark.parametrize(("admin1", "admin2"), [("KUNDUZ", "imam sahib"), ("Kunduz", "Imám-Sahib")])
def test_case_diacritics_and_hyphens_make_no_other_place(tmp_path: Path, admin1: str, admin2: str):
    assert events(tmp_path, row(admin1=admin1, admin2=admin2))[0]["place_id"] == "kunduz/imam-sahib"


def test_a_name_that_two_provinces_share_is_looked_for_in_its_own(tmp_path: Path):
    found = events(tmp_path, row(1, admin1="Ghazni", admin2="Muqur"), row(2, admin1="Badghis", admin2="Muqur"))
    assert [event["place_id"].split("/")[0] for event in found] == ["ghazni", "badghis"]


def test_a_like_name_is_proposed_and_not_taken(tmp_path: Path):
    made = _imported(tmp_path, row(admin2="Emam Saheb"), row(2, admin2="Emam Saheb"))
    assert made.tables["events"] == []
    (asked,) = cells_of(tmp_path / "made" / data_folder.TO_SETTLE)
    assert (asked["column"], asked["spelling"], asked["province"], asked["rows"]) == (
        "admin2", "Emam Saheb", "AF-KDZ", "2",
    )  # fmt: skip
    assert asked["candidates"].startswith("kunduz/imam-sahib 80")
    assert asked["answer"] == ""


def test_a_name_that_is_a_part_of_another_is_proposed(tmp_path: Path):
    _imported(tmp_path, row(admin2="Sahib"))
    (asked,) = cells_of(tmp_path / "made" / data_folder.TO_SETTLE)
    assert asked["candidates"].startswith("kunduz/imam-sahib 90")


@pytest.mark.parametrize(("admin1", "admin2", "place"), [("Urozgan", "Tarinkot", "uruzgan/tirinkot"),
                                                         ("Kunduz", "Archi", "kunduz/dasht-e-archi")])  # fmt: skip
def test_spellings_of_acled_are_known(tmp_path: Path, admin1: str, admin2: str, place: str):
    (event,) = events(tmp_path, row(admin1=admin1, admin2=admin2))
    assert event["place_id"] == place


def test_a_name_that_two_districts_bear_is_asked(tmp_path: Path):
    places = [
        {"place_id": "p/one", "name": "Twin", "province_id": "XA-01", "kind": "district"},
        {"place_id": "p/two", "name": "Other", "province_id": "XA-01", "kind": "district", "variants": "Twin"},
    ]
    write(tmp_path / "places", {"provinces": [{"province_id": "XA-01", "name": "Prov"}], "places": places})
    path = export(tmp_path / "x.csv", [row(country="Norland", admin1="Prov", admin2="Twin")])
    made = data_folder.import_export(path, tmp_path / "made", tmp_path / "places")
    assert made.tables["events"] == []
    assert made.to_settle[0]["candidates"] == "p/one 100 | p/two 100"


def test_answers_are_taken_in_the_next_run_and_kept(tmp_path: Path):
    rows = [
        row(1, admin2="Emam Saheb"), row(2, admin2="New Place"), row(3, admin2="Nowhere"),
        row(4, admin1="Kondoz", admin2="Imam Sahib"),
    ]  # fmt: skip
    _imported(tmp_path, *rows)
    settle(
        tmp_path / "made" / data_folder.TO_SETTLE,
        {"Emam Saheb": "kunduz/imam-sahib", "New Place": "new", "Nowhere": "leave out", "Kondoz": "AF-KDZ"},
    )
    for _ in range(2):
        made = _imported(tmp_path, *rows)
        assert [event["place_id"] for event in made.tables["events"]] == [
            "kunduz/imam-sahib", "kunduz/new-place", "kunduz/imam-sahib",
        ]  # fmt: skip
        assert [left["why"] for left in made.left_out] == ["settled by hand: admin2 'Nowhere' is left out"]
        assert made.open_questions == []
    places = read_tables(tmp_path / "made").places.set_index("place_id")
    assert "Emam Saheb" in places.at["kunduz/imam-sahib", "variants"]
    assert places.at["kunduz/new-place", "kind"] == "district"


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ("kunduz/imam-sahb", "did you mean kunduz/imam-sahib?"),
        ("whatever at all", "give a place_id of AF-KDZ, new, or leave out"),
        ("balkh/kaldar", "is not known"),
    ],
)
def test_answers_that_name_no_place_are_faults_and_change_nothing(tmp_path: Path, answer: str, fault: str):
    _imported(tmp_path, row(admin2="Emam Saheb"))
    settle(tmp_path / "made" / data_folder.TO_SETTLE, {"Emam Saheb": answer})
    before = {path.name: path.read_bytes() for path in (tmp_path / "made").iterdir()}
    with pytest.raises(Faults) as caught:
        _imported(tmp_path, row(admin2="Emam Saheb"))
    assert str(caught.value).startswith("to_settle.csv:2: answer: ") and fault in str(caught.value)
    assert {path.name: path.read_bytes() for path in (tmp_path / "made").iterdir()} == before


def test_answers_that_an_export_does_not_need_are_kept_for_the_next_one(tmp_path: Path):
    asking = row(admin2="Emam Saheb City")
    _imported(tmp_path, asking)
    settle(tmp_path / "made" / data_folder.TO_SETTLE, {"Emam Saheb City": "kunduz/imam-sahib"})
    _imported(tmp_path, row())
    (kept,) = cells_of(tmp_path / "made" / data_folder.TO_SETTLE)
    assert (kept["spelling"], kept["rows"], kept["answer"]) == ("Emam Saheb City", "0", "kunduz/imam-sahib")
    assert [event["place_id"] for event in events(tmp_path, asking)] == ["kunduz/imam-sahib"]


def test_ids_follow_acleds_own_so_that_a_longer_export_keeps_them(tmp_path: Path):
    first = events(tmp_path, row(501))
    second = events(tmp_path, row(77), row(501))
    assert first[0]["event_id"] == second[1]["event_id"] == "E501"


def _under(tmp_path: Path, rows: list[dict[str, str]], **chosen: str) -> list[str]:
    """The types of the events of an import in the order of its rows, with some decisions flipped."""
    _imported(tmp_path, *rows)
    tables = read_tables(tmp_path / "made")
    return decisions.apply(tables, chosen).events.sort_values("event_id")["event_type"].tolist()


def test_a_district_that_is_taken_falls_again_only_after_it_was_won_back(tmp_path: Path):
    """A village falls on the 21st, the seat on the 23rd, another village on the 24th; the army wins two places back on
    the 26th and 27th; the seat falls again on the 30th. The rows are in another order than the days."""
    village, regained = {"location": "A village"}, {"sub_event_type": acled.REGAINS}
    rows = [
        row(1, event_date="2021-06-30"),
        row(2, event_date="2021-06-21", **village),
        row(3, event_date="2021-06-23"),
        row(4, event_date="2021-06-24", **village),
        row(5, event_date="2021-06-26", **regained, **village),
        row(6, event_date="2021-06-27", **regained),
    ]
    assert _under(tmp_path, rows) == ["capture", "capture", "other", "other", "recapture", "other"]
    every = ["capture", "capture", "capture", "capture", "recapture", "recapture"]
    assert _under(tmp_path, rows, D01="every_place") == every
    assert _under(tmp_path, rows, D01="centers_only") == ["capture", "other", "capture", "other", "other", "recapture"]
    notes = {event["event_id"]: event["note"] for event in cells_of(tmp_path / "made" / "events.csv")}
    assert notes["E003"].endswith("; its district was taken already")
    assert notes["E006"].endswith("; its district was won back already")
    assert (
        "Of them 3 concern a district that was taken, or won back, already, and so of no other change"
        in data_folder.summary(_imported(tmp_path, *rows), tmp_path)
    )


def test_on_one_day_a_recapture_comes_after_a_capture_as_in_the_report(tmp_path: Path):
    regained = {"sub_event_type": acled.REGAINS}
    assert _under(tmp_path, [row(1, **regained), row(2)]) == ["recapture", "capture"]
    before = row(3, event_date="2021-06-11")
    assert _under(tmp_path, [row(1), row(2, **regained), before]) == ["other", "recapture", "capture"]


def test_news_on_social_media_does_not_make_a_later_report_a_repetition(tmp_path: Path):
    rumour = {"source": "Twitter", "source_scale": "New media"}
    rows = [row(1, event_date="2021-06-20", **rumour), row(2, event_date="2021-06-21"),
            row(3, event_date="2021-06-22", **rumour)]  # fmt: skip
    assert _under(tmp_path, rows) == ["capture", "capture", "other"]


def test_claims_change_no_hands(tmp_path: Path):
    rows = [row(1, event_date="2021-06-20", source="Voice of Jihad"), row(2, event_date="2021-06-21")]
    assert _under(tmp_path, rows) == ["claimed_capture", "capture"]


def test_who_gains_without_violence_is_a_decision_that_can_be_flipped(tmp_path: Path):
    rows = [row(1, sub_event_type=acled.TRANSFER)]
    assert _under(tmp_path, rows) == ["capture"]
    assert _under(tmp_path, rows, D01="not_counted") == ["other"]


ALONE = {"sub_event_type": acled.TRANSFER, "actor2": "", "inter2": ""}
FRONT = {"actor1": "UF: United Front (Faction)", "inter1": "2", **ALONE}


@pytest.mark.parametrize(
    ("cells", "event_type"),
    [
        (FRONT | {"notes": "UF rebels silently withdrew from the town."}, "recapture"),
        (FRONT | {"notes": "The UF has left the town, which it had taken two days before."}, "recapture"),
        (FRONT | {"notes": "Hundreds of fighters evacuate the camp."}, "recapture"),
        (FRONT | {"notes": "The UF took the town after the army withdrew."}, "capture"),
        (FRONT | {"notes": "The UF said that soldiers had left; it is in their hands, and under control."}, "capture"),
        (FRONT | {"notes": ""}, "capture"),
        (FRONT | {"actor1": ARMY, "inter1": "1", "notes": "Soldiers came back to the town."}, "recapture"),
        # Where two are named, one of them has left: which one, the notes leave to their reader.
        (FRONT | {"actor1": ARMY, "inter1": "1", "actor2": "UF", "inter2": "2", "notes": "UF withdrew."}, "recapture"),
    ],
)
def test_who_leaves_a_place_does_not_take_it(tmp_path: Path, cells: dict[str, str], event_type: str):
    write(tmp_path / "places", {"provinces": [{"province_id": "XA-01", "name": "Kunduz"}], "places": []})
    path = export(tmp_path / "x.csv", [row(1, country="Norland", **cells)])
    data_folder.import_export(path, tmp_path / "made", tmp_path / "places")
    settle(tmp_path / "made" / data_folder.TO_SETTLE, {"Imam Sahib": "new"})
    (event,) = data_folder.import_export(path, tmp_path / "made", tmp_path / "places").tables["events"]
    assert event["event_type"] == event_type
    tables = decisions.apply(read_tables(tmp_path / "made"), {"D01": "not_counted"})
    assert tables.events["event_type"].tolist() == ["other"]


def test_soldiers_who_leave_a_place_to_nobody_who_is_named_lose_it_to_nobody(tmp_path: Path):
    left = {"actor1": ARMY, "inter1": "1", "notes": "The army abandons the post."}
    assert why(tmp_path, **(ALONE | left)) == "who was there left, and nobody is named who came"


def test_what_an_export_comes_to_does_not_depend_on_the_order_of_its_rows(tmp_path: Path):
    """Of reports on one day, by the middle of their time, that count by default and are dated best come first."""
    rows = [
        row(2, time_precision="2", source="Pajhwok"),
        row(3),
        row(4, source="Twitter", source_scale="New media"),
        row(1, source="Twitter", source_scale="New media"),
        row(5, sub_event_type=acled.REGAINS),
        row(6),
    ]
    for some in (rows, rows[::-1], sorted(rows, key=lambda r: r["event_id_cnty"])):
        assert _under(tmp_path, some) == ["other", "other", "capture", "other", "recapture", "other"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "x.csv: is empty"),
        (
            ",".join(COLUMNS).replace("admin2,", "") + "\n1,2,3\n",
            "x.csv:1: admin2: the column is missing, export it too",
        ),
        ("event_id_cnty,event_date\n1,2,3\n", "x.csv:1: is no export of ACLED's: 12 of 14 columns are missing"),
        (",".join(COLUMNS).replace("admin2", "admin_2") + "\n", "admin2: the column is missing, is 'admin_2' meant?"),
        (",".join(COLUMNS) + "\n", "x.csv: has a header and no rows"),
        (",".join(COLUMNS) + "\n1,2\n", f"x.csv:2: 2 cells where the header has {len(COLUMNS)}"),
        (",".join(COLUMNS) + '\n"1,2\n', "x.csv:2: the quotes of this row are not paired"),
        (",".join(COLUMNS) + "\n\0\n", "x.csv:2: holds a NUL byte"),
        ('{"type": "FeatureCollection"}', "x.csv:1: is JSON, download the export as CSV"),
        ("week,country,admin1,sub_event_type,events\n", "x.csv:1: counts events by weeks, and names no districts"),
    ],
)
def test_a_file_that_is_no_export_is_told(tmp_path: Path, text: str, fault: str):
    (tmp_path / "x.csv").write_text(text)
    with pytest.raises(Faults) as caught:
        data_folder.import_export(tmp_path / "x.csv", tmp_path / "made")
    assert fault in str(caught.value)
    assert not (tmp_path / "made").exists()


def test_a_packed_file_is_told_as_one(tmp_path: Path):
    (tmp_path / "x.rda").write_bytes(gzip.compress(b"RDX3"))
    with pytest.raises(Faults, match=r"x.rda: is a packed file, unpack it, and export it as CSV"):
        data_folder.import_export(tmp_path / "x.rda", tmp_path / "made")


def test_dates_with_the_month_first_are_refused_rather_than_guessed(tmp_path: Path):
    rows = [row(1, event_date="06/05/2021"), row(2, event_date="06/21/2021")]
    with pytest.raises(Faults, match=r"export.csv:3: event_date: 06/21/2021 has the month first"):
        _imported(tmp_path, *rows)
    assert not (tmp_path / "made").exists()


def test_what_another_group_takes_is_no_loss_to_the_taliban(tmp_path: Path):
    rows = [row(1), row(2, actor1="Islamic State (Afghanistan)", event_date="2021-06-25"), row(3)]
    rows[2]["event_date"] = "2021-07-01"
    made = _imported(tmp_path, *rows)
    assert [(left["row"], left["why"]) for left in made.left_out] == [("2", "taken by another group than the Taliban")]
    assert {event["actor"] for event in made.tables["events"]} == {"taliban"}


def test_what_is_won_back_from_another_group_is_no_gain_over_the_taliban(tmp_path: Path):
    regain = {"sub_event_type": acled.REGAINS, "actor1": ARMY, "inter1": "State forces", "inter2": "Rebel group"}
    rows = [
        row(1),
        row(2, **regain, actor2="Islamic State (Afghanistan)", event_date="2021-06-25"),
        row(3, **regain, actor2="Taliban", event_date="2021-07-01"),
    ]
    made = _imported(tmp_path, *rows)
    why = "won back from another group than the Taliban"
    assert [(left["row"], left["why"]) for left in made.left_out] == [("2", why)]
    assert [event["event_type"] for event in made.tables["events"]] == ["capture", "recapture"]


def test_where_nobody_takes_anything_the_taliban_are_those_of_afghanistan_alone(tmp_path: Path):
    regain = row(sub_event_type=acled.REGAINS, actor1=ARMY, inter1="State forces", actor2="", inter2="")
    assert _imported(tmp_path, regain).package[folders.SIDE] == "the Taliban"
    write(tmp_path / "places", {"provinces": [], "places": []})
    path = export(tmp_path / "x.csv", [regain | {"country": "Norland"}])
    made = data_folder.import_export(path, tmp_path / "other", tmp_path / "places")  # a gazetteer that is still empty
    assert made.package[folders.SIDE] == "armed groups"


def test_rows_wait_until_the_answer_is_imported(tmp_path: Path):
    asked = row(admin2="Emam Saheb")
    _imported(tmp_path, row(2), asked, row(3, admin2="Emam Saheb"))
    assert folders.unsettled(tmp_path / "made") == 2
    settle(tmp_path / "made" / data_folder.TO_SETTLE, {"Emam Saheb": "kunduz/imam-sahib"})
    assert folders.unsettled(tmp_path / "made") == 2  # the tables do not have them yet
    _imported(tmp_path, row(2), asked, row(3, admin2="Emam Saheb"))
    assert folders.unsettled(tmp_path / "made") == 0


def test_an_import_through_a_link_leaves_the_link(tmp_path: Path):
    (tmp_path / "made").symlink_to("elsewhere", target_is_directory=True)
    (tmp_path / "elsewhere").mkdir()
    _imported(tmp_path, row())
    assert (tmp_path / "made").is_symlink() and (tmp_path / "elsewhere" / "events.csv").is_file()


def test_answers_outlive_an_import_that_was_killed_between_its_two_renames(tmp_path: Path):
    _imported(tmp_path, row(admin2="Emam Saheb"))
    settle(tmp_path / "made" / data_folder.TO_SETTLE, {"Emam Saheb": "kunduz/imam-sahib"})
    (tmp_path / "made").rename(tmp_path / ".made.old")  # what the first of them does
    (event,) = events(tmp_path, row(admin2="Emam Saheb"))
    assert event["place_id"] == "kunduz/imam-sahib"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["export.csv", "made"]


def test_an_import_says_nothing_of_our_licence_or_our_articles(tmp_path: Path):
    _imported(tmp_path, row())
    package = (tmp_path / "made" / "datapackage.json").read_text("utf-8")
    assert "CC-BY" not in package and "CC BY" not in package and "five news articles" not in package
    assert "five news articles" not in (tmp_path / "made" / "CODEBOOK.md").read_text("utf-8")


def test_the_window_is_that_of_the_export(tmp_path: Path):
    made = _imported(tmp_path, row(1, event_date="2021-05-01"), row(2, event_date="2021-07-15"))
    assert made.package[folders.PARAMETERS] == {"start": "2021-05-01", "as_of": "2021-07-15"}
    alone = _imported(tmp_path, row(1, event_date="2021-05-01"))
    assert alone.package[folders.PARAMETERS] == {"start": "2021-04-30", "as_of": "2021-05-01"}


@pytest.mark.parametrize(
    ("timestamp", "late", "reason"),
    [
        ("1640000000", "2021-12-21", "2021-12-21 is after 2021-12-20, the newest timestamp of the export"),
        ("", "2099-01-01", "2099-01-01 is after today"),
        ("4102444800", "2099-01-01", "2099-01-01 is after today"),
    ],
)
def test_what_is_of_the_future_is_left_out_told_and_no_part_of_the_window(
    tmp_path: Path, timestamp: str, late: str, reason: str
):
    rows = [row(1, timestamp=timestamp), row(2, event_date="2021-12-20", timestamp="")]
    rows += [row(3, event_date=late, timestamp=""), row(4, event_date=late, sub_event_type="Attack", timestamp="")]
    made = _imported(tmp_path, *rows)
    assert made.window == (dt.date(2021, 6, 21), dt.date(2021, 12, 20))
    assert [(left["row"], left["why"]) for left in made.left_out] == [
        ("3", f"a date in the future: {reason}"),
        ("4", "no change of control: Attack"),
    ]


def test_an_export_of_another_country_needs_its_places(tmp_path: Path):
    with pytest.raises(Faults, match=r"export.csv: country: no row is in Afghanistan, give the provinces .* of Sudan"):
        _imported(tmp_path, row(country="Sudan"))
    assert not (tmp_path / "made").exists()


def test_what_somebody_added_or_changed_is_not_undone_by_the_next_import(tmp_path: Path):
    _imported(tmp_path, row(admin2="Emam Saheb"))
    made = tmp_path / "made"
    settle(made / data_folder.TO_SETTLE, {"Emam Saheb": "kunduz/imam-sahib"})
    _imported(tmp_path, row(admin2="Emam Saheb"))  # answers are there to be filled in
    for name in ("claims.csv", "notes.txt", folders.PACKAGE):
        before = (made / name).read_bytes() if (made / name).exists() else None
        text = (before or b"").decode()
        changed = text.replace('"districtloss:side": "the Taliban"', '"districtloss:side": "they"')
        (made / name).write_text(changed if changed != text else f"{text}mine\n")
        with pytest.raises(Faults, match=f"holds {name}, added or changed since the import"):
            _imported(tmp_path, row(admin2="Emam Saheb"))
        (made / name).unlink() if before is None else (made / name).write_bytes(before)
    _imported(tmp_path, row(admin2="Emam Saheb"))


def test_an_import_that_was_killed_leaves_nothing_behind_the_next_one(tmp_path: Path):
    _imported(tmp_path, row())
    (tmp_path / ".made.building-killed" / "new").mkdir(parents=True)
    _imported(tmp_path, row())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["export.csv", "made"]


def test_an_import_onto_a_full_disk_leaves_nothing_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    file = export(tmp_path / "export.csv", [row()])
    monkeypatch.setattr(data_folder.shutil, "copyfile", full)
    with pytest.raises(Faults, match="cannot be written \\(No space left on device\\), make room"):
        data_folder.import_export(file, tmp_path / "a" / "made")
    assert list(tmp_path.iterdir()) == [file]


def test_the_window_ends_with_the_last_row_though_its_event_can_have_happened_later(tmp_path: Path):
    made = _imported(tmp_path, row(1), row(2, event_date="2021-07-16", time_precision="3", timestamp=""))
    assert made.package[folders.PARAMETERS] == {"start": "2021-06-21", "as_of": "2021-07-16"}
    assert made.tables["sources"][0]["published"] == "2021-07-31"
    assert "The report's window: 21 June – 16 July 2021" in data_folder.summary(made, tmp_path)


def test_a_code_of_a_country_that_the_gazetteer_has_may_be_a_slip(tmp_path: Path):
    _imported(tmp_path, row(admin1="Wardag"))

    def settled(answer: str) -> data_folder.Import:
        settle(tmp_path / "made" / data_folder.TO_SETTLE, {"Wardag": answer})
        return _imported(tmp_path, row(admin1="Wardag"))

    with pytest.raises(Faults, match=r"to_settle.csv:2: answer: 'AF-WAD' is not known, did you mean AF-WAR\?"):
        settled("AF-WAD")
    assert not any("Wardag" in province["name"] for province in settled("AF-WAR").tables["provinces"])
    assert {"province_id": "AF-WAD", "name": "Wardag"}.items() <= settled("new AF-WAD").tables["provinces"][-1].items()


def test_a_workbook_is_told_as_one(tmp_path: Path):
    (tmp_path / "export.csv").write_bytes(b"PK\x03\x04\x14\x00")
    with pytest.raises(Faults, match=r"export.csv: is an Excel workbook or another packed file, save it as CSV"):
        data_folder.import_export(tmp_path / "export.csv", tmp_path / "made")


def test_a_file_that_is_not_there_or_not_utf_8_is_told(tmp_path: Path):
    (tmp_path / "latin.csv").write_bytes(",".join(COLUMNS).encode() + b"\nM\xfcnchen\n")
    for name, fault in (("none.csv", "cannot be read"), ("latin.csv", ":2: is not UTF-8")):
        with pytest.raises(Faults, match=fault):
            acled.read_export(tmp_path / name)


def test_a_device_is_no_export(tmp_path: Path):
    (tmp_path / "export.csv").symlink_to("/dev/zero")
    with pytest.raises(Faults, match=r"export\.csv: cannot be read \(it is no file\), name the file of the export"):
        data_folder.import_export(tmp_path / "export.csv", tmp_path / "made")


def test_a_folder_of_others_is_left_alone(tmp_path: Path):
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "thesis.doc").write_text("mine")
    with pytest.raises(Faults, match="holds files that this command did not make"):
        _imported(tmp_path, row())
    assert [path.name for path in (tmp_path / "made").iterdir()] == ["thesis.doc"]


def test_another_country_comes_with_its_own_gazetteer(tmp_path: Path):
    write(tmp_path / "places", {"provinces": [{"province_id": "XA-01", "name": "Prov"}], "places": []})
    rows = [row(country="Norland", event_date="2023-05-05", admin1="Prov", admin2="Dist", actor1="Front")]
    later = row(2, country="Norland", event_date="2023-06-05", sub_event_type="Attack", timestamp="1700000000")
    path = export(tmp_path / "x.csv", [*rows, later])
    data_folder.import_export(path, tmp_path / "made", tmp_path / "places")
    settle(tmp_path / "made" / data_folder.TO_SETTLE, {"Dist": "new"})
    data_folder.import_export(path, tmp_path / "made", tmp_path / "places")
    tables = read_tables(tmp_path / "made")
    assert tables.places["place_id"].tolist() == ["prov/dist"]
    assert folders.about(tmp_path / "made").parameters == {"start": "2023-05-05", "as_of": "2023-06-05"}
    assert tables.about.taking_side == "Front"


@pytest.mark.parametrize(
    ("takers", "side"),
    [
        (["Military Forces of Norland (2000-) Navy"], "the Military Forces of Norland"),
        (["XF: Front of X", "XF: Front of X", "Army of Y"], "XF and others"),
        (["XF: Front of X", "Army of Y"], "armed groups"),
        (["Unidentified Armed Group (Norland)"], "armed groups"),
        (["Mutiny of Military Forces of Norland (2000-)"], "mutineers"),
        (["Taliban", "Taliban", "Army of Y"], "the Taliban"),
    ],
)
def test_the_side_is_named_after_whoever_takes_most(tmp_path: Path, takers: list[str], side: str):
    write(tmp_path / "places", {"provinces": [{"province_id": "XA-01", "name": "Kunduz"}], "places": []})
    rows = [row(i, country="Norland", actor1=taker, inter1="8") for i, taker in enumerate(takers, 1)]
    path = export(tmp_path / "x.csv", rows)
    data_folder.import_export(path, tmp_path / "made", tmp_path / "places")
    settle(tmp_path / "made" / data_folder.TO_SETTLE, {"Imam Sahib": "new"})
    assert data_folder.import_export(path, tmp_path / "made", tmp_path / "places").package[folders.SIDE] == side


def test_the_side_has_others_beside_it_where_territory_is_won_back_from_others(tmp_path: Path):
    write(tmp_path / "places", {"provinces": [{"province_id": "XA-01", "name": "Kunduz"}], "places": []})
    regained = {"sub_event_type": acled.REGAINS, "actor1": ARMY, "inter1": "1", "actor2": "Army of Y", "inter2": "2"}
    rows = [row(1, country="Norland", actor1="XF: Front of X"), row(2, country="Norland", **regained)]
    path = export(tmp_path / "x.csv", rows)
    data_folder.import_export(path, tmp_path / "made", tmp_path / "places")
    settle(tmp_path / "made" / data_folder.TO_SETTLE, {"Imam Sahib": "new"})
    made = data_folder.import_export(path, tmp_path / "made", tmp_path / "places")
    assert made.package[folders.SIDE] == "XF and others"
    assert "(Army of Y)" not in made.tables["events"][0]["note"]
    assert f"({ARMY} and Army of Y)" in made.tables["events"][1]["note"]


def test_of_an_export_of_several_countries_the_one_counts_whose_places_are_known(tmp_path: Path):
    write(tmp_path / "places", {"provinces": [{"province_id": "XA-01", "name": "Prov"}], "places": []})
    of = {"country": "Norland", "admin1": "Prov", "admin2": "Dist"}
    rows = [row(1, **of), row(2, country="Sudland", admin1="Provo"), row(3, country="Sudland", admin1="Provo")]
    made = data_folder.import_export(export(tmp_path / "x.csv", rows), tmp_path / "made", tmp_path / "places")
    assert made.package[folders.COUNTRY] == "Norland"
    assert [left["why"] for left in made.left_out if left["row"] != "1"] == ["not in Norland", "not in Norland"]
    assert [asked["spelling"] for asked in made.to_settle] == ["Dist"]


def test_places_of_another_country_need_the_columns_by_which_they_are_found(tmp_path: Path):
    (tmp_path / "provinces.csv").write_text("province_id,name\nXA-01,Prov\n", "utf-8")
    (tmp_path / "places.csv").write_text("kind,name,place_id,province_id\ndistrict,Dist,prov/dist,XA-01\n", "utf-8")
    path = export(tmp_path / "x.csv", [row(country="Norland", admin1="Prov", admin2="Dist")])
    made = data_folder.import_export(path, tmp_path / "made", tmp_path)
    assert [event["place_id"] for event in made.tables["events"]] == ["prov/dist"]
    read_tables(tmp_path / "made")


@pytest.mark.parametrize(
    ("header", "fault"),
    [
        ("place_id,name,kind", "places.csv:1: province_id: the column is missing, add it"),
        ("place_id,nam,province_id,kind", "places.csv:1: 'nam': unknown column, did you mean name?"),
        ("a,b", "the first line is no header, begin the file with place_id,name,province_id,kind"),
        (None, "places.csv: is missing, add it with the columns place_id,name,province_id,kind"),
    ],
)
def test_places_that_lack_a_needed_column_are_told(tmp_path: Path, header: str | None, fault: str):
    (tmp_path / "provinces.csv").write_text("province_id,name\n", "utf-8")
    if header:
        (tmp_path / "places.csv").write_text(f"{header}\n", "utf-8")
    with pytest.raises(Faults) as caught:
        data_folder.import_export(export(tmp_path / "x.csv", [row()]), tmp_path / "made", tmp_path)
    assert len(caught.value.faults) == 1 and fault in str(caught.value)


def test_places_are_a_folder(tmp_path: Path):
    path = export(tmp_path / "x.csv", [row()])
    with pytest.raises(Faults, match=r"x\.csv: is not a folder, name the folder that holds provinces\.csv and places"):
        data_folder.import_export(path, tmp_path / "made", path)


def test_hostile_cells_are_data(tmp_path: Path):
    made = _imported(tmp_path, row(1, admin2="=cmd()", location="<script>"), row(2, admin1="{{< include x >}}"))
    assert len(made.left_out) == 2
    left = cells_of(tmp_path / "made" / data_folder.LEFT_OUT)
    assert left[0]["admin2"] == "'=cmd()"
    settle(tmp_path / "made" / data_folder.TO_SETTLE, {"=cmd()": "new"})
    assert len(_imported(tmp_path, row(1, admin2="=cmd()", location="\x1b[31m<script>\x9b")).tables["events"]) == 1
    read_tables(tmp_path / "made")


def test_the_gazetteer_knows_all_places_of_the_project_and_each_id_once():
    known = places.Gazetteer.ours()
    ours = [r for r in cells_of(DATA / "places.csv") if r["kind"] == "district"]
    assert {r["place_id"] for r in ours} <= known.districts.keys()
    assert len(known.districts) == 401
    others = {r["place_id"] for r in cells_of(DATA / "places.csv") if r["kind"] != "district"}
    assert not others & known.districts.keys()
    slugs = [known.slug(province) for province in known.provinces]
    assert len(set(slugs)) == len(slugs) == 34


@pytest.mark.parametrize("day", ["21-Jun-21", "21/06/21", "21-06-21"])
def test_a_year_of_two_digits_is_that_of_its_column(tmp_path: Path, day: str):
    (event,) = events(tmp_path, row(event_date=day))
    assert event["date_earliest"] == "2021-06-21"
    with pytest.raises(Faults, match="no date of the export can be read"):
        _imported(tmp_path, row(event_date=day, year="2020"))


def test_an_export_from_before_there_were_sub_events_has_them_in_its_event_types(tmp_path: Path):
    def imported(event_type: str) -> data_folder.Import:
        path = tmp_path / "old.csv"
        csv_rows.write(path, [c for c in COLUMNS if c != "sub_event_type"], [_old(row(event_type=event_type))])
        return data_folder.import_export(path, tmp_path / "made")

    assert imported("Battle-Non-state actor overtakes territory").tables["events"][0]["event_type"] == "capture"
    with pytest.raises(Faults, match=r"old.csv:1: sub_event_type: the column is missing, export it too"):
        imported("Battles")


def _old(cells: dict[str, str]) -> dict[str, str]:
    return {name: cell for name, cell in cells.items() if name != "sub_event_type"}


def test_what_programs_add_that_save_an_export_is_nothing_to_leave_a_row_out_for(tmp_path: Path):
    saved = {"event_date": "2021-06-21 00:00:00", "time_precision": "1.0", "geo_precision": "1.0", "inter2": "1.0"}
    assert events(tmp_path, row(**saved)) == events(tmp_path, row(inter2="1"))


@pytest.mark.parametrize(
    ("cells", "fault"),
    [
        ({"country": ""}, "export.csv: country: is empty in every row, say Afghanistan where it is that"),
        ({"event_date": "44368"}, "export.csv:2: event_date: no date of the export can be read; this one is '44368'"),
    ],
)
def test_an_export_of_which_nothing_can_be_read_makes_no_window(tmp_path: Path, cells: dict[str, str], fault: str):
    with pytest.raises(Faults, match=fault):
        _imported(tmp_path, row(1, **cells), row(2, **cells))
    assert not (tmp_path / "made").exists()


def test_it_is_said_how_dates_were_read_that_could_be_read_otherwise(tmp_path: Path):
    plain = _imported(tmp_path, row(1, event_date="21/06/2021"))
    assert "day first" not in data_folder.summary(plain, tmp_path)
    doubtful = _imported(tmp_path, row(1, event_date="05/06/2021"))
    assert "with the day first, as ACLED writes them: 05/06/2021 is 5 June." in data_folder.summary(doubtful, tmp_path)


def test_an_export_of_the_future_alone_makes_no_window(tmp_path: Path):
    with pytest.raises(Faults, match="all dates of the export lie in the future; this one is '2099-06-21'"):
        _imported(tmp_path, row(event_date="2099-06-21"))
    assert not (tmp_path / "made").exists()
