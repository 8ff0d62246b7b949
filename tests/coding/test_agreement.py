"""Two codings of the same sources are paired row by row and compared, with numbers worked out by hand."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from districtloss.coding.agreement import agreement, of_folder
from districtloss.errors import Faults
from districtloss.estimates import rates
from districtloss.estimates.rates import Estimate
from districtloss.estimates.study import Study
from districtloss.parameters import Parameters
from districtloss.paths import DATA
from districtloss.tables.complete import codings_faults, read_coding
from helpers import real
from helpers.small_data import Rows, rows, write

SECOND = DATA / "second_coding"


def events(*cells: tuple[str, str, str, str, str]) -> Rows:
    """Rows of (paragraph, place_id, event_type, date_earliest, date_latest) of one source."""
    return [
        {
            "event_id": f"E{number:03}",
            "incident_id": f"I{number:03}",
            "source_id": "paper-2021-06-30",
            "paragraph": paragraph,
            "place_id": place,
            "event_type": event_type,
            "actor": "taliban",
            "date_earliest": first,
            "date_latest": last,
            "date_precision": "interval",
            "attribution": "reported_by_media",
        }
        for number, (paragraph, place, event_type, first, last) in enumerate(cells, 1)
    ]


def compare(tmp_path: Path, first: Rows, second: Rows, places: Rows | None = None, claims: Rows | None = None):
    data = rows()
    write(tmp_path / "first", {"events": first, "claims": data["claims"], "places": data["places"]})
    other = {"events": second, "claims": data["claims"] if claims is None else claims}
    if places is not None:
        other["places"] = places
    write(tmp_path / "second", other)
    result = agreement(tmp_path / "first", tmp_path / "second")
    found = {row["table"]: row for row in result.summary()["found"]}
    coded = {(row["table"], row["aspect"]): row for row in result.summary()["coded"]}
    return result, found, coded


KALDAR, HAIRATAN, GILAN = "balkh/kaldar", "balkh/hairatan", "ghazni/gilan"


def test_rows_found_by_both_and_by_one_are_counted(tmp_path: Path):
    first = events(("2", KALDAR, "capture", "2021-06-01", "2021-06-01"),
                   ("3", GILAN, "capture", "2021-06-01", "2021-06-01"),
                   ("5", "", "other", "2021-06-01", "2021-06-01"))  # fmt: skip
    second = events(("3", KALDAR, "capture", "2021-06-01", "2021-06-01"),
                    ("9", GILAN, "capture", "2021-06-01", "2021-06-01"))  # fmt: skip
    result, found, _ = compare(tmp_path, first, second)
    # Kaldar is one paragraph off and pairs; Gilan is six off and does not: 1 of 1 + 2 + 1 rows.
    assert found["events"] == {"table": "events", "both": 1, "only_first": 2, "only_second": 1, "percent": 25.0}
    lonely = result.differences.query("table == 'events' and aspect == 'found'")
    assert lonely[["first_id", "second_id"]].values.tolist() == [["E002", ""], ["E003", ""], ["", "E002"]]


def test_type_agreement_is_the_alpha_worked_out_by_hand(tmp_path: Path):
    day = ("2021-06-01", "2021-06-01")
    first = events(("1", KALDAR, "capture", *day), ("3", GILAN, "capture", *day),
                   ("5", HAIRATAN, "assault", *day), ("7", KALDAR, "retreat", *day))  # fmt: skip
    second = events(("1", KALDAR, "capture", *day), ("3", GILAN, "assault", *day),
                    ("5", HAIRATAN, "assault", *day), ("7", KALDAR, "retreat", *day))  # fmt: skip
    _, _, coded = compare(tmp_path, first, second)
    # Eight values: capture 3, assault 3, retreat 2. One unit of four disagrees:
    # observed 2/8 = 0.25; expected (64 - 9 - 9 - 4) / (8 * 7) = 0.75; alpha = 1 - 0.25/0.75 = 2/3.
    assert coded["events", "type"] == {
        "table": "events", "aspect": "type", "units": 4, "percent": 75.0, "alpha": pytest.approx(2 / 3)
    }  # fmt: skip
    # All rows name the Taliban as actor: agreement cannot be told from chance.
    assert coded["events", "actor"]["percent"] == 100
    assert coded["events", "actor"]["alpha"] is None


def test_date_agreement_counts_overlaps_and_is_the_alpha_worked_out_by_hand(tmp_path: Path):
    first = events(("1", KALDAR, "capture", "2021-06-01", "2021-06-01"),
                   ("3", GILAN, "capture", "2021-06-02", "2021-06-04"),
                   ("5", HAIRATAN, "capture", "2021-06-07", "2021-06-07"))  # fmt: skip
    second = events(("1", KALDAR, "capture", "2021-06-01", "2021-06-01"),
                    ("3", GILAN, "capture", "2021-06-05", "2021-06-05"),
                    ("5", HAIRATAN, "capture", "2021-06-07", "2021-06-07"))  # fmt: skip
    _, _, coded = compare(tmp_path, first, second)
    # Middles, in days after 1 June: (0, 0), (2, 4), (6, 6). Observed 2 * 2**2 / 6 = 4/3. Expected: the squares of
    # all ordered differences, 2 * 6 * 92 - 2 * 18**2 = 456, over 6 * 5 = 15.2. Alpha = 1 - (4/3) / 15.2 = 52/57.
    assert coded["events", "dates overlap"]["percent"] == pytest.approx(200 / 3)
    assert coded["events", "dates overlap"]["alpha"] == pytest.approx(52 / 57)


def test_places_agree_by_spelling_and_sort_whatever_their_slugs(tmp_path: Path):
    day = ("2021-06-01", "2021-06-01")
    places = [
        {"place_id": "balkh/qaldar", "name": "KALLDAR", "province_id": "AF-BAL", "kind": "district"},
        {"place_id": "ghazni/gilan", "name": "Gilan", "province_id": "AF-GHA", "kind": "city"},
    ]
    first = events(("1", KALDAR, "capture", *day), ("3", GILAN, "capture", *day))
    second = events(("1", "balkh/qaldar", "capture", *day), ("3", "ghazni/gilan", "capture", *day))
    result, found, coded = compare(tmp_path, first, second, places)
    assert found["events"]["both"] == 2  # the city pairs with the district: same type, paragraph and province
    assert coded["events", "place"]["percent"] == 50.0
    (difference,) = result.differences.query("aspect == 'place'").to_dict("records")
    assert (difference["first_id"], difference["second_id"]) == ("E002", "E002")


def test_of_several_rows_in_one_paragraph_the_likest_pair(tmp_path: Path):
    day = ("2021-06-01", "2021-06-01")
    first = events(("1", KALDAR, "capture", *day), ("1", KALDAR, "retreat", *day), ("1", GILAN, "capture", *day))
    second = events(("1", GILAN, "capture", *day), ("1", KALDAR, "retreat", *day), ("1", KALDAR, "capture", *day))
    result, found, _ = compare(tmp_path, first, second)
    assert found["events"]["both"] == 3
    assert result.differences.query("table == 'events'").empty


def test_claims_are_compared_by_value_and_what_it_is_of(tmp_path: Path):
    claims = rows()["claims"]
    claims[0] |= {"value_low": "80", "value_high": "80"}
    claims[1] |= {"claimant": "outlet"}
    day = ("2021-06-01", "2021-06-01")
    both = events(("1", KALDAR, "capture", *day))
    result, found, coded = compare(tmp_path, both, both, claims=claims[:2])
    assert found["claims"]["both"] == 2
    assert found["claims"]["only_first"] == 1
    assert coded["claims", "value"]["percent"] == 50.0
    assert coded["claims", "measure"]["percent"] == 100.0
    assert coded["claims", "claimant"]["percent"] == 50.0
    assert "claims: 2 found by both, 1 by the first coder only, 0 by the second only: 67 % agreement" in str(result)


def test_codings_without_rows_compare_without_numbers(tmp_path: Path):
    _, found, coded = compare(tmp_path, [], [], claims=[])
    assert found["events"]["percent"] == 100.0
    assert coded["events", "type"]["units"] == 0


def test_a_coding_with_faults_is_refused(tmp_path: Path):
    with pytest.raises(Faults, match=r"claims\.csv: is missing"):
        compare(tmp_path, [], []) and agreement(tmp_path / "first", tmp_path)


@pytest.mark.skipif(not SECOND.is_dir(), reason="the project has no second coding yet")
def test_the_projects_two_codings_agree_well_beyond_chance():
    summary = agreement(DATA, SECOND).summary()
    assert all(row["percent"] > 80 for row in summary["found"])
    assert all(row["alpha"] > 0.667 for row in summary["coded"])  # Krippendorff's bound for tentative conclusions


@pytest.mark.skipif(not SECOND.is_dir(), reason="the project has no second coding yet")
def test_the_second_coding_gives_the_same_count_of_falls():
    """It has Balkh district from 1 May on, as ours; Maywand's two reports allow 15 to 22 and 23 to 30 June, all in the
    window. It gives the recaptures of Shinwari and Khost to the outlet, ours to the side that won them: 4 and 2."""
    tables = real.tables()
    coding = replace(tables, **read_coding(SECOND), decisions=tables.decisions[:0], options=tables.options[:0])
    ours, second = real.study(), Study.of(coding, Parameters())
    assert second.gross() == ours.gross() == Estimate(19, 19, 20)
    assert [rates.gross(study.placed(study.recaptures)).point for study in (second, ours)] == [4, 2]


def test_a_second_coding_is_compared_with_the_tables_where_there_is_no_first(tmp_path: Path):
    write(tmp_path)
    assert of_folder(tmp_path) is None
    write(tmp_path / "second_coding")
    assert str(of_folder(tmp_path)) == str(agreement(tmp_path, tmp_path / "second_coding"))
    (tmp_path / "first_coding").mkdir()
    for name in ("events.csv", "claims.csv"):
        shutil.copy(tmp_path / name, tmp_path / "first_coding")
        (tmp_path / "second_coding" / "places.csv").unlink(missing_ok=True)
    assert str(of_folder(tmp_path)) == str(agreement(tmp_path, tmp_path / "second_coding"))  # places of the tables


def test_an_empty_folder_is_no_second_coding(tmp_path: Path):
    write(tmp_path / "data", rows())
    (tmp_path / "data" / "second_coding").mkdir()
    assert of_folder(tmp_path / "data") is None
    assert codings_faults(tmp_path / "data") == []
