"""What each chapter finds, of our own data and of small ones, without a build."""

from __future__ import annotations

from dataclasses import fields, is_dataclass

import pytest

from districtloss.estimates.findings import event_table, figures_compared, loss_rates
from districtloss.estimates.findings.number import Number, numbers_of
from districtloss.estimates.rates import Estimate
from districtloss.estimates.study import Study
from districtloss.parameters import Parameters
from districtloss.releases.numbers import FINDINGS
from districtloss.tables.reading import read_tables
from helpers import new_data, real
from helpers.small_data import write

EVERY = [pytest.param(find, id=f"{name}-{find.__name__}") for name, part in FINDINGS.items() for find in part]


@pytest.fixture(scope="module")
def ours() -> Study:
    return real.study()


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return Study.of(read_tables(write(tmp_path_factory.mktemp("small"))), Parameters())


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A study of one source that reports nothing."""
    return Study.of(read_tables(new_data.folder("nothing_but_a_source", tmp_path_factory.mktemp("bare"))), Parameters())


def test_our_articles_name_19_losses_all_certain_and_one_more_that_is_possible(ours: Study) -> None:
    found = loss_rates.named_losses(ours)
    # Balkh district can have fallen before 4 June; its days, 1 May to 21 June, have their middle on 26 May.
    assert found.gross_losses.value == Estimate(19, 19, 20)
    assert found.exposure_days.value == 54  # 27 of June, 4 to 30, and 27 of July
    assert len(found.lost) == len(found.gross_losses.rows) == 20


def test_a_rate_is_the_count_over_the_days_and_rests_on_the_same_rows(ours: Study) -> None:
    # 19 losses in 54 days: 0.3519 a day, 2.463 a week (see test_rates for the interval).
    rate, losses = loss_rates.headline_rate(ours), loss_rates.named_losses(ours)
    assert rate.national_rate_daily.value.point == pytest.approx(19 / 54)
    assert rate.national_rate.value.point == pytest.approx(19 / 54 * 7)
    assert rate.national_rate.rows == losses.gross_losses.rows


def test_the_headline_is_of_districts_still_held_where_recaptures_are_subtracted() -> None:
    study = real.study(net=True)
    rate, losses = loss_rates.headline_rate(study), loss_rates.named_losses(study)
    assert rate.national_rate_daily.value == study.rate(losses.net_held.value)
    assert rate.national_rate.rows == losses.net_held.rows


def test_ghazni_lost_eight_of_fifteen_that_could_fall_and_the_articles_name_two(ours: Study) -> None:
    stated, seen, stock = loss_rates.statement(ours), loss_rates.coverage(ours), loss_rates.stock(ours)
    assert (stated.place, stated.statement_losses.value) == ("Ghazni", Estimate(8, 8, 8))
    assert (seen.named_of_stated.value.point, seen.coverage.value.point) == (2, 0.25)
    assert stated.statement_days.value == 27  # 4 to 30 June, both counted
    assert stated.statement_rate_weekly.value.point == pytest.approx(56 / 27)  # 8 / 27 * 7, some 2.07
    at_risk = stock.statement_whole.value - stock.statement_held_before.value
    assert at_risk == 15
    assert stock.statement_hazard.value.low == pytest.approx(100 * 8 / (15 * stated.statement_days.value))
    assert set(seen.coverage.rows) > set(seen.named_of_stated.rows)


def test_the_rates_stand_side_by_side_as_they_are_found_one_by_one(ours: Study) -> None:
    table = loss_rates.summary(ours).set_index("measure")
    whole, weekly = table.loc["Named losses, whole window"], loss_rates.headline_rate(ours).national_rate.value
    assert (whole["low"], whole["point"], whole["high"]) == (19, 19, 20)
    assert Estimate(whole["per_week"], whole["per_week_low"], whole["per_week_high"]) == weekly
    assert table.loc["Ghazni, as stated", "point"] == 8


def test_provinces_add_up_to_the_whole(ours: Study) -> None:
    by, losses = loss_rates.by_province(ours), loss_rates.named_losses(ours).gross_losses.value
    assert by.provinces["high"].sum() == losses.high
    assert by.provinces["province"].iat[0] == "Balkh"
    assert by.top_province_losses.value.high == by.provinces["high"].max()


def test_the_pentagon_counts_81_and_milley_half_of_the_districts(ours: Study) -> None:
    found = figures_compared.scale(ours)
    assert found.by_speaker["pentagon_districts"] == Number(Estimate(81, 81, 81), ["C012"])
    assert found.by_speaker["milley_districts"].value.point == pytest.approx(209.5)
    assert found.by_speaker["pentagon_share"].value.point == pytest.approx(81 / 419)


def test_a_rate_between_two_figures_is_their_difference_over_the_days_between(ours: Study) -> None:
    # 209.5 less 81 in 25.5 days, as test_choices works it out for 419 districts.
    found = figures_compared.rates_between(ours)
    daily = found.by_pair["rate_pentagon_milley"]
    assert daily.value.point == pytest.approx(128.5 / 25.5)
    assert found.by_pair["rate_pentagon_milley_weekly"].value.point == pytest.approx(7 * 128.5 / 25.5)
    assert set(daily.rows) == {"C012", "C035"}
    assert found.verdicts["pentagon", "milley"] == "change"
    assert found.verdicts["taliban", "milley"] == "agree"


def test_every_pair_is_either_compared_or_has_a_reason_why_not(ours: Study) -> None:
    found = figures_compared.pairs(ours)
    count = len(figures_compared.compared(ours).figures)
    assert found.pairs_count.value == len(found.pairs) == count * (count - 1) // 2
    assert (found.pairs.loc[~found.pairs["comparable"].astype(bool), "why"] != "").all()


def test_the_small_data_have_two_losses_and_a_report_in_doubt(small: Study) -> None:
    assert loss_rates.named_losses(small).gross_losses == Number(Estimate(2, 2, 2), ["E001", "E002"])
    assert event_table.reports_of_control(small).capture_reports == Number(2, ["E001", "E002"])
    extent = event_table.extent(small)
    assert (extent.reports_count.value, extent.incidents_count.value, extent.claims_count.value) == (3, 2, 3)
    assert loss_rates.dense_part(small).until == small.tables.sources["published"].min()


def test_without_a_statement_nothing_is_said_of_a_province(small: Study) -> None:
    for find in (loss_rates.statement, loss_rates.coverage, loss_rates.stock):
        found = find(small)
        assert found.place == "the province"
        assert all(number.value is None and not number.rows for number in numbers_of(found).values())


@pytest.mark.parametrize("find", EVERY)
def test_a_finding_is_made_of_data_that_have_nothing_to_find(find, bare: Study) -> None:
    found = find(bare)
    assert is_dataclass(found)
    assert numbers_of(found)
    rows = {row for number in numbers_of(found).values() for row in number.rows}
    assert not rows


@pytest.mark.parametrize("find", EVERY)
def test_every_row_that_a_number_rests_on_is_one_of_the_data(find, ours: Study) -> None:
    known = {*ours.tables.events["event_id"], *ours.tables.claims["claim_id"]}
    for name, number in numbers_of(find(ours)).items():
        assert {part for row in number.rows for part in row.split("|")} <= known, name


def test_numbers_are_taken_from_fields_and_from_mappings_and_from_nothing_else(ours: Study) -> None:
    found = figures_compared.rates_between(ours)
    names = {field.name for field in fields(found)}
    assert "national_hazard" in numbers_of(found)
    assert set(found.by_pair) <= numbers_of(found).keys()
    assert not {"verdicts", "rates", "by_pair"} & numbers_of(found).keys() and "verdicts" in names
