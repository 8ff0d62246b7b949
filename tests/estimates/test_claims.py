"""What the Pentagon, Milley, the Taliban and Biden said, and what each two of them imply, worked out by hand."""

import math

import pandas as pd
import pytest

from districtloss.estimates import claims
from districtloss.estimates.intervals import Interval
from districtloss.report import evidence
from helpers import real


def scale(denominator=419, **settings):
    study = real.study(denominator=denominator, **settings)
    return claims.common_scale(claims.speakers_claims(study.tables.claims), denominator).set_index("claimant")


def rate(first, second, **settings):
    table = scale(**settings)
    return claims.implied_rate(table.loc[first], table.loc[second])


def test_the_three_figures_on_the_scale_of_419():
    table = scale()
    # Pentagon: 81 of 419 = 19.33 %. Taliban: over 200, so from 201/419 = 47.97 % up. Milley: 45 to 55 % of 419 is
    # 188.55 to 230.45, around 209.5.
    assert table.loc["pentagon", "share_low"] == pytest.approx(81 / 419)
    assert (table.loc["taliban", "low"], table.loc["taliban", "high"]) == (201, 419)
    assert table.loc["milley", "low"] == pytest.approx(188.55)
    assert table.loc["milley", "high"] == pytest.approx(230.45)
    assert table.loc["milley", "narrow"] == pytest.approx(209.5)


def test_from_the_pentagon_to_milley():
    # Pentagon 23 to 30 June, Milley 19 to 25 July: 19 (30 June to 19 July) to 32 days (23 June to 25 July), middle
    # 25.5. Narrow: (209.5 - 81) / 25.5 = 5.039. Widest: (188.55 - 81) / 32 = 3.361 to (230.45 - 81) / 19 = 7.866.
    narrow, widest = rate("pentagon", "milley")
    assert narrow == pytest.approx(128.5 / 25.5)
    assert widest.low == pytest.approx(107.55 / 32)
    assert widest.high == pytest.approx(149.45 / 19)


def test_from_the_pentagon_to_the_taliban():
    # 8 July less 23 to 30 June: 8 to 15 days, middle 11.5. Narrow: (201 - 81) / 11.5 = 10.435. Widest:
    # (201 - 81) / 15 = 8 to (419 - 81) / 8 = 42.25.
    narrow, widest = rate("pentagon", "taliban")
    assert narrow == pytest.approx(120 / 11.5)
    assert (widest.low, widest.high) == (pytest.approx(120 / 15), pytest.approx(338 / 8))


def test_from_the_taliban_to_milley():
    # 19 to 25 July less 8 July: 11 to 17 days, middle 14. Narrow: (209.5 - 201) / 14 = 0.607. Widest:
    # (188.55 - 419) / 11 = -20.95 to (230.45 - 201) / 11 = 2.677.
    narrow, widest = rate("taliban", "milley")
    assert narrow == pytest.approx(8.5 / 14)
    assert (widest.low, widest.high) == (pytest.approx(-230.45 / 11), pytest.approx(29.45 / 11))


def test_the_narrowest_reading_of_half_and_of_the_days():
    # Exactly half, and the Pentagon's figure of 30 June: 19 to 25 days, so 128.5 / 25 = 5.14 to 128.5 / 19 = 6.763.
    _, widest = rate("pentagon", "milley", decisions={"D19": "exactly_half", "D17": "publication_day"})
    assert (widest.low, widest.high) == (pytest.approx(5.14), pytest.approx(128.5 / 19))


def test_the_denominator_moves_a_share_and_not_a_count():
    # Half of 401 is 200.5; 81 stays 81.
    assert scale(401).loc["milley", "narrow"] == pytest.approx(200.5)
    assert scale(401).loc["pentagon", "narrow"] == 81
    # The Pentagon's own denominator is 419, whatever the report's is; its share is taken of the report's.
    assert scale(401).loc["pentagon", "share_low"] == pytest.approx(81 / 401)


def test_strengths_and_their_ratios():
    table = real.tables().claims
    biden = claims.narrow_value(claims.pick(table, "biden", "force_size", "government"))
    taliban = claims.narrow_value(claims.pick(table, "biden", "force_size", "taliban"))
    article = claims.narrow_value(claims.pick(table, "outlet", "force_size", "government"))
    # 300,000 : 75,000 = 4; 186,000 : 75,000 = 2.48; 300,000 : 186,000 = 1.613.
    assert (biden / taliban, article / taliban) == (4, pytest.approx(2.48))
    assert biden / article == pytest.approx(1.613, abs=1e-3)


def pairs():
    table = claims.speakers_claims(real.tables().claims)
    who = table.set_index("claim_id")["claimant"] + "/" + table.set_index("claim_id")["measure"]
    found = claims.pairs(table, 419)
    return found.assign(a=found["a"].map(who), b=found["b"].map(who))


def test_of_36_pairs_four_can_be_compared():
    # Nine figures make 9 * 8 / 2 = 36 pairs: three among the district figures, and Biden's two strengths.
    table = pairs()
    assert len(table) == 36
    assert table["comparable"].sum() == 4


def test_milley_and_the_taliban_agree_and_the_pentagon_needs_a_change():
    table = pairs().set_index(["a", "b"])
    assert table.loc[("taliban/districts_held", "milley/district_centers_held"), "verdict"] == "agree"
    assert table.loc[("pentagon/district_centers_held", "milley/district_centers_held"), "verdict"] == "change"
    assert table.loc[("pentagon/district_centers_held", "taliban/districts_held"), "verdict"] == "change"


def test_every_pair_that_is_not_compared_says_why():
    table = pairs()
    assert (table.loc[~table["comparable"], "why"] != "").all()
    strengths = table[table["a"].str.contains("force") ^ table["b"].str.contains("force")]
    assert set(strengths["why"]) == {"a force size and an extent of control"}


def claim(**cells):
    empty = dict.fromkeys(("value_low", "value_high", "denominator"), math.nan)
    day = pd.Timestamp("2021-07-08")
    fixed = {
        "kind": "stock",
        "measure": "districts_held",
        "side": "taliban",
        "qualifier": "exact",
        "as_of_earliest": day,
        "as_of_latest": day,
    }
    return pd.Series(fixed | empty | cells)


def test_open_ends_stop_where_their_unit_does():
    assert claims.value_interval(claim(value_low=200), 419) == Interval(200, 419)
    over = claim(value_low=200, qualifier="more_than")
    assert (claims.value_interval(over, 419), claims.narrow_value(over)) == (Interval(201, 419), 201)
    over_half = claim(kind="share", value_low=0.5, qualifier="more_than")
    assert claims.value_interval(over_half, 419) == Interval(0.5, 1)
    assert claims.value_interval(claim(kind="share", value_high=0.85), 419) == Interval(0, 0.85)
    assert claims.value_interval(claim(kind="strength", measure="force_size", value_low=5), 419) == Interval(
        5, math.inf
    )


def test_figures_of_one_day_that_differ_imply_no_rate():
    rows = pd.DataFrame([claim(value_low=5, value_high=5), claim(value_low=9, value_high=9)])
    rows = rows.assign(claim_id=["C1", "C2"], claimant="taliban", claimant_name="")
    table = claims.pairs(rows, 419).iloc[0]
    assert table["verdict"] == "apart"
    assert pd.isna(table["per_day_low"])


@pytest.mark.parametrize(
    ("low", "high", "whole", "unit", "words"),
    [
        (1, 1, None, "districts", "1 district"),
        (1, None, None, "cities", "at least 1 city"),
        (None, 1, None, "troops", "at most 1 troops"),
        (0, 1, None, "districts", "0 to 1 districts"),
        (1, 1, 34, "provinces", "1 of 34 provinces"),
        (1, 1, 1, "provinces", "1 of 1 province"),
    ],
)
def test_a_figure_of_one_thing_has_the_unit_of_one(low, high, whole, unit, words):
    claim = {"kind": "stock", "value_low": low, "value_high": high, "qualifier": "exact", "unit": unit}
    assert evidence.figure_in_words(pd.Series(claim | {"denominator": whole})) == words


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [(0.5, 0.5, "about 50%"), (0.45, 0.55, "about 50% (45% to 55%)"), (0.4, float("nan"), "at least 40%")],
)
def test_a_figure_that_is_about_a_number_says_both_the_number_and_how_it_is_read(low, high, words):
    claim = {"kind": "share", "value_low": low, "value_high": high, "qualifier": "about", "unit": "share of districts"}
    assert evidence.figure_in_words(pd.Series(claim | {"denominator": float("nan")})) == f"{words} of districts"


def test_who_gave_a_figure_is_said_also_where_the_row_has_no_name():
    lines = evidence.claims_in_words(real.study().tables).set_index("id")["who"]
    assert lines["C018"] == "the United States government"  # a deadline of theirs, told by an outlet
    assert lines["C015"] == "the outlet"
