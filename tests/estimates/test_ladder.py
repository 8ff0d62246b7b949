"""What follows from whom one believes, and whether all can be right, worked out by hand on the small data."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from districtloss.errors import Faults
from districtloss.estimates import bounds, statements
from districtloss.estimates.findings import ladder, loss_rates
from districtloss.estimates.findings.number import Number
from districtloss.estimates.study import Study
from districtloss.parameters import Parameters
from districtloss.tables.reading import read_tables
from helpers import real, small_data


def study(folder: Path, figures: dict[str, tuple[str, str]], **settings) -> Study:
    """Return the small data with figures of districts held beside the Pentagon's 81 of 24 to 30 June: value, day."""
    rows = small_data.rows()
    for number, (claimant, (value, day)) in enumerate(figures.items(), start=10):
        given = {"claim_id": f"C0{number}", "claimant": claimant, "value_low": value, "value_high": value}
        days = {"as_of_earliest": day, "as_of_latest": day, "source_id": "radio-2021-07-05", "decision_id": ""}
        rows["claims"].append(rows["claims"][0] | given | days)
    return Study.of(read_tables(small_data.write(folder, rows)), Parameters(**settings))


@pytest.fixture
def three(tmp_path: Path) -> Study:
    return study(tmp_path, {"taliban": ("90", "2021-07-02"), "milley": ("91", "2021-07-05")})


def test_each_rung_is_the_least_that_its_figures_allow(three: Study) -> None:
    """Two falls are named, in the last days of June. From 81 to 90 it takes nine, if the 81 is of 24 June and the two
    are among them; from 81 to 91 ten."""
    found = ladder.belief_ladder(three)
    assert found.rungs[["speakers", "least", "exact", "contradiction"]].to_numpy().tolist() == [
        ["", 2, True, ""],
        ["Pentagon|Taliban", 9, True, ""],
        ["Milley", 10, True, ""],
    ]
    assert found.falls_named == Number(2, ["E001", "E002"])
    assert found.falls_believing_all == Number(10, ["E001", "E002", "C001", "C010", "C011"])
    assert {name: n.value for name, n in found.by_speaker.items() if not name.endswith("weekly")} == {
        "falls_believing_pentagon": 9,
        "falls_believing_milley": 10,
        "falls_believing_taliban": 9,
        "falls_believing_biden": None,
        "falls_believing_statement": None,
    }
    assert found.believed == ["Pentagon", "Taliban", "Milley"]


def test_a_minimum_a_week_is_rounded_down(three: Study) -> None:
    weekly = ladder.belief_ladder(three).falls_believing_all_weekly.value
    assert weekly == math.floor(10 * 7 / three.days * 10) / 10
    assert weekly < 10 * 7 / three.days


def test_the_first_rung_is_what_surely_lies_in_the_window() -> None:
    ours = real.study()
    assert ladder.belief_ladder(ours).falls_named.value == loss_rates.named_losses(ours).gross_losses.value.low


def test_beliefs_that_contradict_each_other_have_no_number_and_say_which(tmp_path: Path) -> None:
    """On one day nobody can hold both 90 and 95."""
    apart = study(tmp_path, {"taliban": ("90", "2021-07-02"), "milley": ("95", "2021-07-02")})
    found, together = ladder.belief_ladder(apart), ladder.corridor(apart)
    assert found.falls_believing_all.value is None and found.falls_believing_all_weekly.value is None
    assert found.rungs["contradiction"].iat[-1] == "C010|C011"
    assert together.contradiction == ("C010", "C011")
    assert together.corridor.empty and together.recaptures_needed.value is None


def test_the_corridor_turns_where_a_figure_does(three: Study) -> None:
    """81 on some day from 24 to 30 June, so at most that until the first and at least that from the last of them on;
    then 90 on 2 July and 91 on 5 July."""
    course = ladder.corridor(three).corridor
    assert [(f"{r.first:%d %b}", f"{r.last:%d %b}", r.low, r.high) for r in course.itertuples()] == [
        ("04 Jun", "24 Jun", 0, 81),
        ("25 Jun", "29 Jun", 0, 90),
        ("30 Jun", "01 Jul", 81, 90),
        ("02 Jul", "02 Jul", 90, 90),
        ("03 Jul", "04 Jul", 90, 91),
        ("05 Jul", "05 Jul", 91, 91),
    ]


def test_a_pace_is_of_the_days_that_make_it_least_before_and_most_after(three: Study) -> None:
    """9 more in at most 8 days, 7.875 a week; then 1 more in 3 days, 2.33 a week: 3.375 times as fast."""
    found = ladder.corridor(three)
    assert found.pivot is not None and found.pivot.speaker == "Taliban"
    assert (found.pace_before.value, found.pace_after.value, found.slowed_at_least.value) == (7.8, 2.4, 3.3)
    assert found.recaptures_needed.value == 0


def test_a_number_that_fell_needs_recaptures_and_shows_no_slowing(tmp_path: Path) -> None:
    """From 81 to 70, and on to 90."""
    fell = ladder.corridor(study(tmp_path, {"taliban": ("70", "2021-07-02"), "milley": ("90", "2021-07-05")}))
    assert fell.recaptures_needed.value == 11
    assert fell.contradiction == ("C001", "C010")
    assert fell.slowed_at_least.value is None


def test_two_figures_have_no_middle(tmp_path: Path) -> None:
    found = ladder.corridor(study(tmp_path, {"milley": ("91", "2021-07-05")}))
    assert (found.pivot, found.pace_before.value, found.pace_after.value) == (None, None, None)


def test_fewer_districts_than_a_province_has_is_a_fault(tmp_path: Path) -> None:
    rows = small_data.rows()
    rows["claims"] = [rows["claims"][0] | {"scope": "AF-BAL", "value_low": "3", "value_high": "3", "denominator": "15"}]
    rows["claims"][0] |= {"claim_id": "C001"}
    rows["events"][2]["disputed_by"] = "E001"
    few = Study.of(read_tables(small_data.write(tmp_path, rows)), Parameters(denominator=9))
    with pytest.raises(Faults, match="provinces with 15 districts in a country with 9"):
        ladder.belief_ladder(few)


def test_days_taken_together_bound_no_more_than_days_told_apart() -> None:
    ours, window = statements.of_study(real.study()), (real.study().start.date(), real.study().as_of.date())
    together = ours.with_days_together(window)
    days = {(change.first, change.last) for change in ours.falls}
    assert {(change.first, change.last) for change in together.falls} < {
        (a.first, b.last) for a in together.falls for b in together.falls
    }
    assert len({(change.first, change.last) for change in together.falls}) < len(days)
    for names in ((), ("Pentagon", "Milley"), bounds.speakers(ours)):
        rough, exact = (bounds.least_falls(said.by(names), window) for said in (together, ours))
        assert rough is not None and exact is not None
        assert rough.least <= exact.least
    assert bounds.least_falls(together.by(()), window) == bounds.least_falls(ours.by(()), window)


def test_of_many_figures_the_newest_are_believed_and_the_others_counted(three: Study, monkeypatch) -> None:
    monkeypatch.setattr(ladder, "MOST_BELIEVED", 2)
    found = ladder.belief_ladder(three)
    assert found.left_out == 1
    assert sorted(found.believed) == ["Milley", "Taliban"]
