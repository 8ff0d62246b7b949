"""What `diff` tells of two editions: numbers, rows, parameters, and which of them moved what."""

from __future__ import annotations

import dataclasses
import json
import math
import shutil
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from lxml import html

from districtloss.errors import Faults
from districtloss.files import report_folder
from districtloss.files.cache import Cache
from districtloss.files.report_folder import DATA_ZIP
from districtloss.parameters import Parameters
from districtloss.paths import DATAPACKAGE
from districtloss.releases import causes, compare, numbers
from districtloss.tables.reading import read_tables
from helpers.pinned import pinned
from helpers.small_data import ROWS, Rows, rows, write


@pytest.fixture
def opened() -> Iterator[Any]:
    with ExitStack() as stack:
        yield lambda folder: stack.enter_context(compare.opened(str(folder)))


def built(folder: Path, tables: Mapping[str, Rows] = ROWS, **settings: Any) -> Path:
    """Make the folder of a build of some tables, without pages."""
    data = write(folder / "from", tables)
    shutil.copyfile(DATAPACKAGE, data / DATAPACKAGE.name)
    parameters = Parameters(**settings).for_notebooks()
    found = numbers.compute(read_tables(data), parameters, data)
    (folder / "results" / "tables").mkdir(parents=True)
    (folder / "results" / "values.json").write_text(json.dumps(found), "utf-8")
    with zipfile.ZipFile(folder / DATA_ZIP, "w") as archive:
        for path in sorted(data.iterdir()):
            archive.write(path, path.name)
    newest = max(row["published"] for row in tables["sources"])
    record = {
        "generator": report_folder.GENERATOR, "version": "1.0.0", "digest": str(folder)[-12:],
        "parameters": parameters | {"as_of": parameters["as_of"] or newest},
    }  # fmt: skip
    (folder / report_folder.MANIFEST).write_text(json.dumps(record), "utf-8")
    return folder


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("before") / "build")


def causes_of(found: compare.Difference) -> dict[str, list[tuple[list[str], float | None]]]:
    return {
        moved.name: [([str(found.changes[i]) for i in cause.changes], cause.shift[0]) for cause in moved.causes]
        for moved in found.moved
    }


def report(event: str, place: str, incident: str, source: str = "paper-2021-06-30", **more: str) -> dict[str, str]:
    return {
        "event_id": event, "incident_id": incident, "source_id": source, "paragraph": "2", "place_id": place,
        "event_type": "capture", "actor": "taliban", "date_earliest": "2021-06-20", "date_latest": "2021-06-21",
        "date_precision": "interval", "attribution": "confirmed_by_official",
    } | more  # fmt: skip


def test_an_edition_does_not_differ_from_itself(before: Path, opened: Any) -> None:
    found = compare.compare(opened(before), opened(before))
    assert found.empty
    assert "No number, row or parameter differs." in compare.text(found)


def test_an_event_and_a_claim_are_each_told_as_the_cause_of_their_own_numbers(
    before: Path, opened: Any, tmp_path: Path
) -> None:
    tables = rows()
    tables["events"][1]["event_type"] = "assault"
    tables["claims"][0] |= {"value_low": "90", "value_high": "90"}
    found = compare.compare(opened(before), opened(built(tmp_path / "after", tables)))
    told = causes_of(found)
    assert told["gross_losses"] == [(["events E002 (edited)"], -1.0)]
    assert told["pentagon_districts"] == [(["claims C001 (edited)"], 9.0)]
    edited = {change.key: change.fields for change in found.rows("edited")}
    assert edited["E002"] == {"event_type": ("capture", "assault")}
    assert edited["C001"] == {"value_low": ("81", "90"), "value_high": ("81", "90")}
    assert not any(moved.programs for moved in found.moved)


def test_two_reports_of_one_new_incident_are_a_cause_together_and_a_lone_one_by_itself(
    before: Path, opened: Any, tmp_path: Path
) -> None:
    tables = rows()
    tables["places"] += [
        {"place_id": f"balkh/{name}", "name": name.title(), "province_id": "AF-BAL", "kind": "district"}
        for name in ("alpha", "beta")
    ]
    tables["events"] += [
        report("E010", "balkh/alpha", "I010"),
        report("E011", "balkh/alpha", "I010", "radio-2021-07-05"),
        report("E012", "balkh/beta", "I012"),
    ]
    found = compare.compare(opened(before), opened(built(tmp_path / "after", tables)))
    gross = causes_of(found)["gross_losses"]
    assert (["events E012 (added)"], 1.0) in gross
    assert (["events E010 (added)", "events E011 (added)"], 1.0) in gross
    assert len(gross) == 2
    assert {change.key for change in found.rows("added")} >= {"balkh/alpha", "E010", "E012"}


def test_a_removed_row_with_the_rows_that_it_held_up_is_told(before: Path, opened: Any, tmp_path: Path) -> None:
    tables = rows()
    tables["events"] = tables["events"][:1] + tables["events"][2:]
    for name in ("places", "outside_falls"):
        tables[name] = [row for row in tables[name] if row["place_id"] != "ghazni/gilan"]
    found = compare.compare(opened(before), opened(built(tmp_path / "after", tables)))
    assert causes_of(found)["gross_losses"] == [(["events E002 (removed)"], -1.0)]
    assert [change.key for change in found.rows("removed")] == ["ghazni/gilan", "E002", "F002"]


def test_parameters_and_flipped_decisions_differ_and_are_causes_too(before: Path, opened: Any, tmp_path: Path) -> None:
    after = built(tmp_path / "after", denominator=400, decisions={"D01": "the_29th"})
    found = compare.compare(opened(before), opened(after))
    assert {(c.table, c.key): next(iter(c.fields.values())) for c in found.settings} == {
        ("parameter", "denominator"): ("419", "400"),
        ("decision", "D01"): ("the_30th", "the_29th"),
    }
    assert [names for names, _ in causes_of(found)["pentagon_share"]] == [["parameter denominator"]]


def test_a_window_that_follows_from_a_newer_source_is_no_parameter_but_the_work_of_that_source(
    before: Path, opened: Any, tmp_path: Path
) -> None:
    tables = rows()
    tables["sources"].append(tables["sources"][0] | {"source_id": "paper-2021-07-20", "published": "2021-07-20"})
    found = compare.compare(opened(before), opened(built(tmp_path / "after", tables)))
    assert not found.settings
    assert causes_of(found)["exposure_days"] == [(["sources paper-2021-07-20 (added)"], 15.0)]


def test_a_number_that_these_programs_do_not_make_is_laid_to_other_programs(
    before: Path, opened: Any, tmp_path: Path
) -> None:
    first = opened(before)
    older = {name: dict(value) for name, value in first.numbers.items()}
    older["gross_losses"]["value"] -= 1
    tables = rows()
    tables["events"][1]["event_type"] = "assault"
    found = compare.compare(dataclasses.replace(first, numbers=older), opened(built(tmp_path / "after", tables)))
    moved = next(m for m in found.moved if m.name == "gross_losses")
    assert moved.change == 0 - 0.0
    assert causes_of(found)["gross_losses"] == [(["events E002 (edited)"], -1.0)]
    assert moved.programs is not None
    assert moved.programs[0] == 1.0


@pytest.mark.parametrize(
    ("was", "now", "beyond"),
    [
        ((3.0, 2.0, 4.0), (4.0, 3.0, 5.0), False),
        ((3.0, 2.0, 4.0), (5.0, 3.0, 6.0), True),
        ((3.0, 2.0, None), (99.0, 2.0, None), False),
        ((3.0, 2.0, None), (1.0, None, None), True),
        ((3.0, None, None), (4.0, None, None), None),
        ((3.0, 2.0, 4.0), (None, None, None), None),
    ],
)
def test_a_number_is_beyond_its_interval_where_it_lies_outside_the_one_it_had(
    was: tuple[float | None, ...], now: tuple[float | None, ...], beyond: bool | None
) -> None:
    sides = [dict(zip(("value", "low", "high"), side, strict=True)) for side in (was, now)]
    assert compare._beyond(*sides) is beyond


def test_json_and_page_tell_the_same_and_escape_what_the_data_say(before: Path, opened: Any, tmp_path: Path) -> None:
    tables = rows()
    tables["events"][1] |= {"event_type": "assault", "note": "<script>alert(1)</script>"}
    found = compare.compare(opened(before), opened(built(tmp_path / "after", tables)))
    plain = json.loads(json.dumps(found.as_dict(), allow_nan=False))
    gross = next(entry for entry in plain["numbers"] if entry["name"] == "gross_losses")
    assert gross["because"] == [
        {"of": ["events E002 (edited)"], "alone": True, "change": -1.0, "low": -1.0, "high": -1.0}
    ]
    assert plain["rows"]["edited"][0]["fields"]["event_type"] == {"from": "capture", "to": "assault"}
    page = html.fromstring(compare.page(found))
    assert not page.xpath("//script")
    assert "alert(1)" in page.text_content()
    assert not page.xpath("//@src | //link[@rel='stylesheet']")
    cells = page.xpath("//tr[contains(., 'gross_losses')]")[0].text_content()
    assert "events E002 (edited)" in cells


def test_what_is_neither_a_version_nor_a_build_is_refused(tmp_path: Path) -> None:
    for name in (str(tmp_path), str(tmp_path / "nowhere"), "7.7.7"):
        with pytest.raises(Faults), compare.opened(name):
            pass


def test_an_edition_that_was_changed_by_hand_is_refused(tmp_path: Path) -> None:
    folder = pinned(tmp_path / "1.0.0")
    with compare.opened(str(folder)) as edition:
        assert edition.version == "1.0.0"
    for path in ("data/events.csv", "results/values.json", "results/tables/a.csv"):
        whole = (folder / path).read_text("utf-8")
        (folder / path).write_text(whole + " ", "utf-8")
        with pytest.raises(Faults, match=f"is not as it was made: {path} is missing, new or changed"):
            compare.opened(str(folder)).__enter__()
        (folder / path).write_text(whole, "utf-8")


def test_what_a_file_manager_leaves_is_no_change_by_hand(tmp_path: Path) -> None:
    folder = pinned(tmp_path / "1.0.0")
    for place in ("data", "results/tables"):
        (folder / place / ".DS_Store").write_text("")
    with compare.opened(str(folder)) as edition:
        assert ".DS_Store" not in edition.results


def test_the_quick_numbers_are_those_of_the_notebooks_run_by_papermill(before: Path, tmp_path: Path) -> None:
    from districtloss.build import notebooks
    from districtloss.report import publish

    stage = tmp_path / "stage"
    write(stage / "data")
    plan = notebooks.Plan(Parameters().for_notebooks(), "key", Cache(tmp_path / "cache", most=9))
    notebooks.run(stage / "data", stage, plan, lambda _: None)
    ran = publish._joined(sorted((stage / "results" / "parts").iterdir()))["values"]
    quick = json.loads((before / "results" / "values.json").read_text("utf-8"))
    assert ran == quick


# --- attribution of made-up numbers --------------------------------------------------------------------------------


def attributed(count: int, number: Any, runs: int = 1000) -> list[tuple[tuple[int, ...], float | None]]:
    """What moves a number that is a function of the set of changes made."""

    def compute(states: Sequence[tuple[int, ...]]) -> list[Mapping[str, Any] | None]:
        values = [number(set(made)) for made in states]
        return [None if value is None else {"n": {"value": value, "low": None, "high": None}} for value in values]

    orders = [list(range(count)), list(reversed(range(count)))]
    return [(c.changes, c.shift[0]) for c in causes.attribute(orders, compute, ["n"], runs)["n"]]


def test_sums_are_told_apart_change_by_change() -> None:
    assert attributed(8, lambda made: 5.0 * (2 in made) - 1.0 * (7 in made)) == [((2,), 5.0), ((7,), -1.0)]


def test_changes_of_which_any_would_do_and_those_that_need_each_other_stand_together() -> None:
    assert attributed(4, lambda made: float(bool(made & {0, 3})) + 2.0 * (1 in made)) == [((0, 3), 1.0), ((1,), 2.0)]
    assert attributed(4, lambda made: float({0, 3} <= made)) == [((0, 3), 1.0)]


def test_shares_of_a_cause_add_up_to_the_whole_change() -> None:
    found = attributed(6, lambda made: math.prod(i + 2 for i in made) + 10.0 * len(made & {1}))
    assert sum(shift or 0.0 for _, shift in found) == pytest.approx(math.prod(range(2, 8)) - 1 + 10)


def test_a_state_halfway_that_cannot_be_computed_joins_the_changes_around_it() -> None:
    assert attributed(2, lambda made: None if len(made) == 1 else float(len(made))) == [((0, 1), 2.0)]


def test_more_changes_than_there_is_time_for_are_told_as_groups_that_hold_the_right_one() -> None:
    found = attributed(500, lambda made: float(321 in made), runs=6)
    assert len(found) == 1
    changes, shift = found[0]
    assert 321 in changes
    assert shift == 1.0
    assert attributed(500, lambda made: float(321 in made)) == [((321,), 1.0)]
