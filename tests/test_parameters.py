"""A parameter that cannot be used is told before anything runs, with what would be right."""

import dataclasses
import datetime as dt
import re
import subprocess
import sys

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from districtloss import parameters
from districtloss.build.notebooks import notebooks
from districtloss.errors import Faults
from districtloss.paths import ROOT
from districtloss.vocabulary import ATTRIBUTIONS


def fault(**settings) -> str:
    with pytest.raises(Faults) as found:
        parameters.parse(settings)
    return "\n".join(map(str, found.value.faults))


def test_text_becomes_typed_values():
    p = parameters.parse(
        {
            "start": "2021-06-10",
            "as_of": "2021-06-30",
            "denominator": "401",
            "net": "true",
            "confidence": "0.9",
            "D04": "counted",
        }
    )
    assert (p.start, p.as_of) == (dt.date(2021, 6, 10), dt.date(2021, 6, 30))
    assert (p.denominator, p.net, p.confidence, p.decisions) == (401, True, 0.9, {"D04": "counted"})


def test_attributions_are_a_set_in_a_fixed_order():
    p = parameters.parse({"attribution": "witnesses|confirmed_by_official"})
    assert p.attribution == ("confirmed_by_official", "witnesses")


@pytest.mark.parametrize(
    ("name", "text", "remedy"),
    [
        ("start", "2021-02-30", "a day that exists"),
        ("start", "4 June 2021", "ISO date"),
        ("denominator", "0", "1 to 1000"),
        ("denominator", "419.5", "whole number"),
        ("denominator", "1001", "1 to 1000"),
        ("confidence", "95", "0.5 to 0.999"),
        ("confidence", "nan", "0.5 to 0.999"),
        ("net", "yes", "true or false"),
        ("date_rule", "middle", "earliest, midpoint, latest"),
        ("attribution", "rumour", "confirmed_by_official"),
        ("denominater", "419", "did you mean denominator?"),
    ],
)
def test_each_wrong_value_is_refused_with_the_remedy(name, text, remedy):
    assert remedy in fault(**{name: text})


def test_all_faults_are_told_at_once():
    lines = fault(start="x", denominator="x", nonsense="x").splitlines()
    assert len(lines) == 3


def test_a_window_must_end_after_it_starts():
    assert "not after the start" in fault(start="2021-06-30", as_of="2021-06-30")


@given(st.dictionaries(st.text(max_size=12), st.text(max_size=12), max_size=4))
def test_no_text_makes_anything_but_parameters_or_faults(settings):
    try:
        parameters.parse(settings)
    except Faults as found:
        assert found.faults


@pytest.mark.parametrize("path", notebooks(), ids=lambda p: p.stem)
def test_every_notebook_has_these_parameters_with_these_defaults(path):
    cells = nbformat.read(path, 4).cells
    tagged = [c for c in cells if "parameters" in c.metadata.get("tags", [])]
    assert len(tagged) == 1
    defaults: dict = {}
    exec(tagged[0].source, defaults)
    for name, value in parameters.Parameters().for_notebooks().items():
        assert defaults[name] == value, name


@given(
    start=st.dates(dt.date(2000, 1, 1), dt.date(2021, 6, 4)),
    as_of=st.none() | st.dates(dt.date(2021, 6, 5), dt.date(2030, 1, 1)),
    denominator=st.integers(1, 1000),
    attribution=st.sets(st.sampled_from(sorted(ATTRIBUTIONS)), min_size=1),
    date_rule=st.sampled_from(parameters.DATE_RULES),
    net=st.booleans(),
    confidence=st.sampled_from([0.5, 0.9, 0.95, 0.999]),
    decisions=st.dictionaries(st.sampled_from(["D01", "D02"]), st.sampled_from(["a", "b"])),
)
def test_settings_lead_back_to_the_same_parameters(attribution, **values):
    ordered = tuple(a for a in ATTRIBUTIONS if a in attribution)
    wanted = parameters.Parameters(attribution=ordered, **values)
    assert parameters.parse(parameters.settings(wanted)) == wanted


def test_the_defaults_need_no_setting():
    assert parameters.settings(parameters.Parameters()) == {}


def test_help_names_every_parameter_that_can_be_set():
    command = [sys.executable, "-m", "districtloss", "build", "--help"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    names = [f.name for f in dataclasses.fields(parameters.Parameters) if f.name != "decisions"]
    for name in [*names, "D01"]:
        assert re.search(rf"^ +{name}\b", said, re.MULTILINE), name
