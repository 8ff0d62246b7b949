"""Data of many rows: counted as few are, and shown in parts that say that they are parts."""

from __future__ import annotations

import csv
import itertools
import json
import subprocess
import sys
from pathlib import Path

import lxml.etree
import numpy as np
import pandas as pd
import pytest

from districtloss import parameters
from districtloss.estimates import choices, contradictions, incidents, timelines
from districtloss.estimates.study import Study
from districtloss.paths import ROOT
from districtloss.report import recorder
from districtloss.report.publish import LONGEST_LIST, LONGEST_TRAIL
from districtloss.tables.reading import read_tables
from districtloss.vocabulary import LOSS_TYPES, RECAPTURE_TYPES

sys.path.insert(0, str(ROOT / "benchmarks"))
import synthetic

ROWS = 7000  # more than any limit


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthetic.write(tmp_path_factory.mktemp("many"), ROWS)


@pytest.fixture(scope="module")
def study(folder: Path) -> Study:
    return Study.of(read_tables(folder), parameters.parse({"start": "2020-02-01"}))


@pytest.fixture(scope="module")
def made(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("made") / "report"
    command = [sys.executable, "-m", "districtloss", "build", "--renderer", "pandoc", "--data", str(folder)]
    command += ["--start", "2020-02-01", "--output", str(target)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return target


# --- the same counts ---------------------------------------------------------------------------------------------


def plain_incidents(reports: pd.DataFrame, types: tuple[str, ...], attribution: tuple[str, ...]) -> dict[str, tuple]:
    """Incident by incident and report by report: the days that all allow, else those that any allows."""
    told: dict[str, list] = {}
    for r in reports.itertuples():
        if r.event_type in types and r.attribution in attribution:
            told.setdefault(r.incident_id, []).append(r)
    found = {}
    for incident, rows in told.items():
        first, last = max(r.date_earliest for r in rows), min(r.date_latest for r in rows)
        if first > last:
            first, last = min(r.date_earliest for r in rows), max(r.date_latest for r in rows)
        found[incident] = (first, last, "|".join(r.event_id for r in rows), any(r.disputed_by for r in rows))
    return found


@pytest.mark.parametrize("types", [LOSS_TYPES, RECAPTURE_TYPES, ("none",)])
def test_incidents_in_whole_columns_are_those_taken_one_by_one(study, types) -> None:
    table = incidents.incidents(study.reports, types, study.parameters.attribution)
    columns = table[["date_earliest", "date_latest", "events", "disputed"]].itertuples(index=False, name=None)
    fast = dict(zip(table["incident_id"], columns, strict=True))
    assert fast == plain_incidents(study.reports, types, study.parameters.attribution)
    assert list(table["incident_id"]) == sorted(table["incident_id"])


def test_two_losses_in_a_row_are_found_as_by_looking_at_each_pair(study) -> None:
    pairs = set()
    for place, part in study.losses.groupby("place_id"):
        rows = list(part.sort_values(["date_latest", "date_earliest"], kind="stable").itertuples())
        won = study.recaptures[study.recaptures["place_id"] == place]
        for before, after in itertools.pairwise(rows):
            if not ((won["date_latest"] >= before.date_earliest) & (won["date_earliest"] <= after.date_latest)).any():
                pairs.add(f"{before.events}|{after.events}")
    found = contradictions.findings(study)
    assert set(found.loc[found["check"] == "loss of a district already held", "rows"]) == pairs
    assert pairs


def test_what_no_decision_touches_counts_in_every_combination_as_the_plain_functions_count_it(study) -> None:
    specs = choices.specifications(choices.event_factors(study), 300)
    counts = choices.event_headlines(study, specs)
    for row in np.random.default_rng(3).integers(0, len(specs.index), 5):
        option = {f.name: f.options[k] for f, k in zip(specs.factors, specs.index[row], strict=True)}
        chosen = {name: o for name, o in option.items() if name.startswith("D")}
        heard = choices.attributions(study)[option["attribution"]]
        settings = {"start": "2020-02-01", "as_of": option["as_of"], "date_rule": option["date_rule"]}
        settings |= chosen | {"attribution": ",".join(heard)}
        plain = Study.of(study.base, parameters.parse(settings))
        for name, estimate in (("gross", plain.gross()), ("net", plain.net())):
            fast = counts.loc[row, [f"{name}_low", f"{name}_point", f"{name}_high"]]
            assert tuple(fast) == (estimate.low, estimate.point, estimate.high), (name, option)


def test_blocks_do_not_change_a_count(study, monkeypatch) -> None:
    specs = choices.specifications(choices.event_factors(study), 100)
    whole = choices.event_headlines(study, specs)
    monkeypatch.setattr(choices, "MOST_CELLS", 5000)
    pd.testing.assert_frame_equal(choices.event_headlines(study, specs), whole)


# --- shown in parts ----------------------------------------------------------------------------------------------


def test_long_tables_are_whole_in_the_csv_and_cut_in_the_book_which_says_so(made, study) -> None:
    page = (made / "chapters/events.html").read_text("utf-8")
    table = page.partition('id="tbl-changes"')[2].partition("</table>")[0]
    assert table.count("<tr") == recorder.LONGEST_TABLE + 1
    assert f"{len(study.reports) - recorder.LONGEST_TABLE:,} more are in the CSV file" in page
    with (made / "results/tables/changes_of_control.csv").open(encoding="utf-8", newline="") as stream:
        assert sum(1 for _ in csv.DictReader(stream)) == len(study.reports)


def test_the_page_of_rows_holds_those_that_numbers_link_to_and_says_how_many_there_are(made) -> None:
    page = (made / "chapters/evidence.html").read_text("utf-8")
    values = json.loads((made / "results/values.json").read_text("utf-8"))
    linked = {row for v in values.values() for row in v["rows"][:LONGEST_TRAIL]}
    assert linked and all(f'id="row-{row.lower()}"' in page for row in linked)
    assert f"Of {ROWS:,} rows these are" in page
    assert LONGEST_LIST <= page.count('id="row-e') <= LONGEST_LIST + len(linked)


def test_a_value_of_very_many_rows_names_the_first_and_tells_of_the_others(made, study) -> None:
    value = json.loads((made / "results/values.json").read_text("utf-8"))["capture_reports"]
    assert len(value["rows"]) == recorder.MOST_ROWS
    assert len(value["rows"]) + value["rows_more"] == value["value"]
    assert f"Rests on {value['value']:,.0f} rows" in (made / "chapters/numbers.html").read_text("utf-8")


def test_a_chart_of_very_many_rows_shows_a_part_and_says_which(made, study) -> None:
    changes = timelines.named_twice(study.reports, study.parameters.attribution)
    drawn = timelines.drawable(changes)
    assert len(changes) > timelines.MOST_BARS >= len(drawn)
    assert drawn.groupby("place_id")["event_id"].count().max() <= timelines.NEWEST
    newest = changes[changes["place_id"] == drawn["place_id"].iat[0]].tail(timelines.NEWEST)
    assert set(newest["event_id"]) <= set(drawn["event_id"])
    note = f"Drawn are the newest reports on the {timelines.DISTRICTS} districts with most reports;"
    note += f" the data of the table below have all {len(changes):,} reports."
    assert note in (made / "chapters/events.html").read_text("utf-8")


@pytest.mark.parametrize("name", ["timelines", "losses"])
def test_a_chart_of_very_many_rows_can_be_read_on_a_page_of_the_pdf(made, name) -> None:
    height = float(lxml.etree.parse(made / f"results/figures/{name}.svg").getroot().get("height"))
    label, page = 12, 600  # pixels of a label; points of a page that are left for a drawing and not for its caption
    assert label * min(1, page / height) > 6


def test_no_page_is_too_large_to_be_read(made) -> None:
    for page in made.rglob("*.html"):
        assert page.stat().st_size < 2_000_000, page.name


def test_few_rows_are_drawn_whole(study) -> None:
    few = timelines.named_twice(study.reports, study.parameters.attribution).head(timelines.MOST_BARS)
    assert timelines.drawable(few) is few


def test_the_table_work_of_the_benchmark_runs(folder: Path):
    command = [sys.executable, str(ROOT / "benchmarks" / "table_work.py"), "districtloss", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["counts"]
