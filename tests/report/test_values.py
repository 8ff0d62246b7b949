"""A number is printed the same everywhere, and never without saying where it comes from."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from districtloss import phrasing
from districtloss.estimates.rates import Estimate
from districtloss.report import markup, values


@pytest.mark.parametrize(
    ("number", "decimals", "style", "text"),
    [
        (0.3077, 2, "number", "0.31"),
        (300_000, 0, "number", "300,000"),
        (-20.95, 1, "number", "−20.9"),
        (-0.01, 1, "number", "−0.01"),
        (0.0253, 1, "number", "0.03"),
        (0.004, 0, "percent", "0.4%"),
        (0.5, 0, "number", "0.5"),
        (0.00096, 1, "number", "0.001"),
        (-0.0999, 0, "number", "−0.1"),
        (-1e-9, 1, "number", "0.0"),
        (0.0, 1, "number", "0.0"),
        (0.25, 0, "percent", "25%"),
        (3.5, 2, "number", "3.50"),
        (math.inf, 0, "number", "not known"),
        (None, 0, "number", "not known"),
    ],
)
def test_how_numbers_are_printed(number, decimals, style, text):
    assert phrasing.printed(number, decimals, style) == text


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (17, 20, "17 to 20"),
        (8, 8, "8"),
        (200, math.inf, "at least 200"),
        (None, 85, "at most 85"),
        (None, None, "not known"),
    ],
)
def test_how_intervals_are_printed(low, high, text):
    assert phrasing.printed_range(low, high) == text


@pytest.mark.parametrize(
    ("low", "high", "decimals", "style", "text"),
    [
        (0.064, 0.0947, 1, "number", "0.064 to 0.095"),
        (0.064212, 0.064213, 1, "number", "0.064"),
        (0.16, 0.255, 1, "number", "0.16 to 0.26"),
        (0.16, 6.7, 1, "number", "0.2 to 6.7"),
        (0.0004, 0.0007, 1, "number", "0.00040 to 0.00070"),
        (0.16, 0.255, 0, "number", "0.2 to 0.3"),
        (0.061, 0.064, 1, "number", "0.061 to 0.064"),
        (0.386, 0.391, 0, "percent", "38.6% to 39.1%"),
    ],
)
def test_ends_that_differ_are_printed_so_that_they_do(low, high, decimals, style, text):
    assert phrasing.printed_range(low, high, decimals, style) == text


def test_a_number_is_printed_as_exactly_as_its_interval():
    of = values.of(
        "rate", Estimate(0.078, 0.064, 0.095), label="", unit="", formula="", rows=[], notebook="02", decimals=1
    )
    assert (of.text, of.range) == ("0.078", "0.064 to 0.095")


@given(st.floats(-1e9, 1e9), st.integers(0, 3))
def test_what_is_printed_reads_back_as_the_number(number, decimals):
    text = phrasing.printed(number, decimals)
    assert float(text.replace("−", "-").replace(",", "")) == pytest.approx(number, abs=0.51 * 10**-decimals)


LOSSES = Estimate(17, 17, 20)


def value(figure=LOSSES):
    return values.of(
        "gross_losses", figure, label="Losses", unit="losses", formula="counted", rows=["E001"], notebook="02"
    )


def test_an_entry_has_all_that_the_contract_names():
    entry = value().entry()
    assert {"value", "low", "high", "unit", "text", "formula", "rows", "notebook"} <= entry.keys()
    assert (entry["value"], entry["low"], entry["high"]) == (17, 17, 20)


def test_a_number_in_prose_is_a_link_to_its_entry_where_it_has_one():
    entry = value().entry()
    assert markup.link("gross_losses", entry, entry["text"]) == "[17](#n-gross-losses){.number}"
    assert markup.link("gross_losses", value(figure=None).entry(), "not known") == "not known"


def test_a_number_that_the_data_do_not_give_says_so():
    entry = value(figure=None).entry()
    assert entry["value"] is None and entry["text"] == "not known"
