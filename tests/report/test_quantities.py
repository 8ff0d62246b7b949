"""Every number of the report has one quantity: label, unit, form and formula, all of whose blanks are filled."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from districtloss.estimates.findings import figures_compared, loss_rates
from districtloss.parameters import Parameters
from districtloss.paths import DATA
from districtloss.releases.numbers import FINDINGS, compute
from districtloss.report import quantities, sentences
from districtloss.report.quantities import QUANTITIES
from helpers import real


@pytest.fixture(scope="module")
def numbers() -> dict:
    return compute(real.tables(), Parameters().for_notebooks(), DATA)


def test_every_quantity_is_found_and_every_number_has_a_quantity(numbers) -> None:
    assert numbers.keys() == QUANTITIES.keys()


def test_no_name_stands_for_two_quantities() -> None:
    every = [*quantities.EVENT_TABLE, *quantities.LOSS_RATES, *quantities.FIGURES_COMPARED, *quantities.CHOICES]
    every += [*quantities.LADDER, *quantities.CORRIDOR]
    assert len({quantity.name for quantity in every}) == len(every)


def test_labels_and_formulas_have_no_blank_left(numbers) -> None:
    assert not [name for name, value in numbers.items() if re.search(r"[{}]", value["label"] + value["formula"])]


def test_a_share_has_no_unit_and_is_printed_in_percent(numbers) -> None:
    for quantity in QUANTITIES.values():
        assert (quantity.unit == "") == (quantity.style == "percent"), quantity.name
        text = numbers[quantity.name]["text"]
        assert text == "not known" or text.endswith("%") == (quantity.style == "percent")


def test_the_window_the_rule_and_what_is_counted_enter_the_formulas() -> None:
    study = real.study(date_rule="latest", net=True, confidence=0.9)
    losses = quantities.values_of(loss_rates.named_losses(study), study, "02_loss_rates")
    assert losses["gross_losses"].formula.startswith(
        "Incidents of a district falling from 4 June 2021 to 27 July 2021, told by"
    )
    assert "takes the latest of each interval" in losses["gross_losses"].formula
    rate = quantities.values_of(loss_rates.headline_rate(study), study, "02_loss_rates")["national_rate"]
    assert rate.label == "Named districts still held per week, whole window"
    assert rate.formula.startswith("Districts still held in the window over 54 days, times seven.")
    assert "Poisson interval (90%)" in rate.formula


def test_a_value_names_the_decisions_that_touch_its_rows() -> None:
    study = real.study()
    value = quantities.values_of(figures_compared.scale(study), study, "03_figures_compared")["pentagon_districts"]
    assert value.rows == ("C012",)
    assert value.decisions == tuple(sorted(study.decided["C012"]))


def test_of_very_many_figures_the_formula_says_how_many_are_compared() -> None:
    study = real.study()
    found = replace(figures_compared.compared(study), left_out=1000)
    shown = len(found.figures)
    formula = quantities.values_of(found, study, "03_figures_compared")["figures_count"].formula
    assert formula.endswith(f" Of {1000 + shown:,}, the newest {shown}.")


@pytest.mark.parametrize("notebook", FINDINGS)
def test_words_and_facts_have_one_name_each_and_are_words_and_truth_values(notebook) -> None:
    study = real.study()
    words: set[str] = set()
    facts: set[str] = set()
    for find in FINDINGS[notebook]:
        found = find(study)
        taken = sentences.of(found, study, quantities.values_of(found, study, notebook))
        assert not words & taken.words.keys() and not facts & taken.facts.keys()
        assert all(isinstance(text, str) for text in taken.words.values())
        words |= taken.words.keys()
        facts |= taken.facts.keys()
    assert words | facts
