"""Counting thousands of combinations at once gives what counting each by itself gives."""

import datetime as dt

import numpy as np
import pytest

from districtloss.estimates import choices, rates
from districtloss.estimates.incidents import reported_days
from districtloss.estimates.study import Study
from districtloss.parameters import Parameters
from districtloss.tables.reading import read_tables
from helpers import new_data, real
from helpers.small_data import write


@pytest.fixture(scope="module")
def study():
    return real.study()


@pytest.fixture(scope="module")
def sample(study):
    specs = choices.specifications(choices.event_factors(study), 400)
    return specs, choices.event_headlines(study, specs)


def one_by_one(study, specs, row):
    """Count one specification with the plain functions."""
    chosen = {f.name: f.options[k] for f, k in zip(specs.factors, specs.index[row], strict=True)}
    settings = {
        "date_rule": chosen.pop("date_rule"),
        "as_of": chosen.pop("as_of"),
        "attribution": choices.attributions(study)[chosen.pop("attribution")],
    }
    settings["as_of"] = dt.date.fromisoformat(settings["as_of"])
    return real.study(decisions=chosen, **settings)


@pytest.mark.parametrize("row", [0, *np.random.default_rng(7).integers(1, 399, 24).tolist()])
def test_the_fast_count_is_the_plain_count(study, sample, row):
    specs, counts = sample
    plain = one_by_one(study, specs, row)
    fast = counts.iloc[row]
    for name, estimate in (("gross", plain.gross()), ("net", plain.net())):
        assert (fast[f"{name}_low"], fast[f"{name}_point"], fast[f"{name}_high"]) == (
            estimate.low,
            estimate.point,
            estimate.high,
        ), name
    stated = study.stated_losses.iloc[0]
    local = plain.losses_in_window(stated["as_of_latest"])
    local = rates.gross(local[local["province_id"] == stated["scope"]])
    assert (fast["local_low"], fast["local_point"], fast["local_high"]) == (local.low, local.point, local.high)
    assert fast["days"] == plain.days


def test_the_fast_count_is_the_plain_count_where_intervals_are_open(tmp_path):
    tables = read_tables(new_data.folder("open_ended", tmp_path))
    study = Study.of(tables, Parameters())
    specs = choices.specifications(choices.event_factors(study), 60)
    counts = choices.event_headlines(study, specs)
    for row in range(0, len(specs.index), 2):
        chosen = {f.name: f.options[k] for f, k in zip(specs.factors, specs.index[row], strict=True)}
        rule, end, words = (chosen.pop(name) for name in ("date_rule", "as_of", "attribution"))
        settings = {"date_rule": rule, "as_of": dt.date.fromisoformat(end), "decisions": chosen}
        plain = Study.of(tables, Parameters(attribution=choices.attributions(study)[words], **settings))
        for name, estimate in (("gross", plain.gross()), ("net", plain.net())):
            fast = counts.iloc[row][[f"{name}_point", f"{name}_low", f"{name}_high"]]
            assert rates.Estimate(*fast) == estimate, (row, name)
    told = reported_days(study.losses)
    assert told["date_earliest"].isna().any() and told["date_latest"].isna().any()


def test_the_first_specification_is_the_reports_own(study, sample):
    specs, counts = sample
    assert (specs.index[0] == 0).all()
    assert counts["gross_point"].iat[0] == study.gross().point


def test_more_combinations_than_the_limit_are_sampled_the_same_way_each_time(study):
    factors = choices.event_factors(study)
    a, b = choices.specifications(factors, 50), choices.specifications(factors, 50)
    assert a.sampled and len(a.index) <= 50
    assert (a.index == b.index).all()


def test_few_enough_are_all_counted():
    factors = [choices.Factor("a", "?", ("x", "y")), choices.Factor("b", "?", ("1", "2", "3"))]
    specs = choices.specifications(factors, 100)
    assert len({tuple(row) for row in specs.index}) == 6 and not specs.sampled


def test_every_decision_on_a_change_of_control_is_a_choice(study):
    names = {f.name for f in choices.event_factors(study)}
    assert {"D01", "D02", "D03", "D04", "D05", "D06", "date_rule", "as_of", "attribution"} <= names
    assert "D19" not in names  # about a figure, not an event
    assert {"D17", "D18", "D19", "D20", "denominator"} <= {f.name for f in choices.claim_factors(study)}


def test_whose_word_counts_is_tried_of_those_who_tell_of_a_change_of_control(study, tmp_path):
    assert list(choices.attributions(study)) == ["as_set", "officials_only", "officials_and_media", "all"]
    data = new_data.one_event()
    data["events"][0]["attribution"] = "reported_by_media"
    data["events"].append(
        data["events"][0] | {"event_id": "E002", "event_type": "clash", "attribution": "confirmed_by_official"}
    )
    tables = read_tables(write(tmp_path, data))
    assert list(choices.attributions(Study.of(tables, Parameters()))) == ["as_set", "officials_and_media", "all"]
    officials = Parameters(attribution=("confirmed_by_official",))
    assert choices.attributions(Study.of(tables, officials))["as_set"] == ("confirmed_by_official",)


def test_a_swing_is_the_headline_with_one_choice_changed(study):
    single = choices.one_at_a_time(choices.event_factors(study))
    counts = choices.event_headlines(study, single)
    moved = choices.swings(single, *counts[["gross_low", "gross_point", "gross_high"]].to_numpy(float).T)
    nad_ali = moved[(moved["factor"] == "D05") & (moved["option"] == "counted")].iloc[0]
    # The Taliban's claim to Nad Ali, counted: one more loss, certain to lie in the window.
    assert (nad_ali["low"], nad_ali["point"], nad_ali["high"], nad_ali["change"]) == (20, 20, 21, 1)


def test_weekly_rates_are_those_of_the_plain_function(sample):
    _, counts = sample
    weekly = choices.weekly(counts, "gross", counts["days"], 0.95)
    for row in (0, 5, 17):
        c = counts.iloc[row]
        plain = rates.rate(rates.Estimate(c["gross_point"], c["gross_low"], c["gross_high"]), c["days"], 0.95).scaled(7)
        assert weekly.iloc[row].to_list() == pytest.approx([plain.low, plain.point, plain.high])


def test_implied_rates_cover_all_combinations(study):
    factors = choices.claim_factors(study)
    specs = choices.specifications(factors, 10_000)
    implied = choices.claim_headlines(choices.claim_scales(study, specs))
    assert implied["specification"].nunique() == np.prod([len(f.options) for f in factors])
    # Pentagon to Milley by hand: smallest half of 401 (200.5) over the longest middle; see test_claims for the rest.
    ours = implied[implied["specification"] == 0].set_index(["a", "b"])["narrow"]
    assert ours.loc[("C012", "C035")] == pytest.approx(128.5 / 25.5)
