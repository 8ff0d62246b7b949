"""What a notebook records as a table is printed as a reader takes it in, and kept whole as CSV."""

import math

import pandas as pd
import pytest

from districtloss.estimates.findings import loss_rates
from districtloss.report.layouts import Layout
from districtloss.report.recorder import Results
from helpers import real


@pytest.fixture
def results(tmp_path):
    return Results(tmp_path, "01_test", real.study())


def test_columns_of_an_interval_are_printed_as_one_and_kept_apart(results):
    frame = pd.DataFrame(
        {"what": ["all", "one", "none"], "n": [4, 2, math.nan], "low": [3, 2, math.nan], "high": [5, 2, math.nan]}
    )
    layout = Layout(
        "counts",
        {"what": "What", ("n", "low", "high"): "Count", ("low", "high"): "Ends"},
        {("n", "low", "high"): 0, ("low", "high"): 1},
    )
    printed = results.table(layout, frame)
    assert printed["Count"].tolist() == ["4 (3 to 5)", "2", ""]
    assert printed["Ends"].tolist() == ["3.0 to 5.0", "2.0", ""]
    assert pd.read_csv(results.folder / "tables" / "counts.csv").columns.tolist() == ["what", "n", "low", "high"]


def test_a_small_number_in_a_table_is_told_apart_from_its_interval(results):
    frame = pd.DataFrame({"n": [0.078, 2.0, math.nan], "low": [0.064, 1.0, 0.1], "high": [0.095, 3.0, 0.2]})
    printed = results.table(Layout("rates", {("n", "low", "high"): "Rate"}, {("n", "low", "high"): 1}), frame)
    assert printed["Rate"].tolist() == ["0.078 (0.064 to 0.095)", "2.0 (1.0 to 3.0)", "0.10 to 0.20"]


def test_a_notebook_shows_the_numbers_that_it_records_as_the_report_prints_them(results):
    shown = results.record(loss_rates.named_losses(results.study))
    assert shown.loc["gross_losses"].tolist() == ["Losses named in the window", "19 (19 to 20)", "losses"]


def test_nothing_is_recorded_twice(results):
    results.record(loss_rates.statement(results.study))
    with pytest.raises(ValueError, match="recorded twice"):
        results.record(loss_rates.statement(results.study))
