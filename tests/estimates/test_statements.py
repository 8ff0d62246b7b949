"""Claims and incidents become statements in whole districts on days."""

import datetime as dt
from dataclasses import replace

import pytest

from districtloss.estimates.statements import NATION, Change, Statements, Stock, of_study, whole_numbers
from helpers import real


@pytest.mark.parametrize(
    ("low", "high", "above", "expected"),
    [
        (188.55, 230.45, False, (189, 230)),  # 45 and 55 % of 419
        (209.5, 209.5, False, (209, 210)),  # half of 419: both neighbours
        (0.45 * 420, 0.55 * 420, False, (189, 231)),  # the product of the second is 231.00000000000003
        (200, 419, True, (201, 419)),  # over 200
        (209.5, 419, True, (210, 419)),  # more than half
    ],
)
def test_bounds_are_whole_numbers(low, high, above, expected):
    assert whole_numbers(low, high, above) == expected


def test_our_claims_become_these_statements():
    said = of_study(real.study())
    held = {
        stock.statement_id: (stock.scope, stock.low, stock.high, stock.first.day, stock.last.day)
        for stock in said.stocks
    }
    assert held == {
        "C011": ("AF-GHA", 12, 12, 30, 30),
        "C012": (NATION, 81, 81, 23, 30),
        "C019": (NATION, 201, 419, 8, 8),
        "C035": (NATION, 189, 230, 19, 25),
    }
    counts = {count.statement_id: (count.scope, count.least, count.since) for count in said.counts}
    assert counts["C010"] == ("AF-GHA", 8, dt.date(2021, 6, 4))
    assert said.wholes == {NATION: 419, "AF-GHA": 19}
    assert (len(said.falls), len(said.recaptures)) == (20, 2)
    assert Change("AF-KDZ", dt.date(2021, 6, 21), dt.date(2021, 6, 21)) in said.falls


def test_exactly_half_is_one_of_two_numbers():
    said = of_study(real.study(decisions={"D19": "exactly_half"}))
    assert [(stock.low, stock.high) for stock in said.stocks if stock.speaker == "Milley"] == [(209, 210)]


def with_claims(**cells) -> Statements:
    """Return the statements of our study with cells of Ghazni's stock changed."""
    study = real.study()
    claims = study.tables.claims.copy()
    for column, value in cells.items():
        claims.loc[claims["claim_id"] == "C011", column] = value
    return of_study(replace(study, tables=replace(study.tables, claims=claims)))


def test_a_share_of_a_province_is_one_of_its_districts_and_is_left_out_where_they_are_not_known():
    halves = with_claims(kind="share", value_low=0.5, value_high=0.5)  # of 19, by the table of provinces: 9.5
    assert [(stock.low, stock.high) for stock in halves.stocks if stock.scope == "AF-GHA"] == [(9, 10)]
    assert "C011" not in {s.statement_id for s in with_claims(kind="share", value_low=0.5, scope="AF-BAL").stocks}


def test_a_count_without_a_day_from_which_it_counts_says_nothing():
    study = real.study()
    claims = study.tables.claims.copy()
    claims.loc[claims["claim_id"] == "C010", "since"] = None
    said = of_study(replace(study, tables=replace(study.tables, claims=claims)))
    assert "C010" not in {count.statement_id for count in said.counts}


def test_statements_that_cannot_be_meant_are_errors():
    june = dt.date(2021, 6, 1)
    with pytest.raises(ValueError, match="S1: no number or no day"):
        Statements({NATION: 9}, (Stock("S1", "a", NATION, 3, 2, june, june),))
    with pytest.raises(ValueError, match="provinces with 12 districts in a country with 9"):
        Statements({NATION: 9, "AF-P": 12})
    with pytest.raises(ValueError, match="how many districts the country has"):
        Statements({})
