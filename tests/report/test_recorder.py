"""What a notebook records as a table is printed as a reader takes it in, and kept whole as CSV."""

import math

import pandas as pd

from districtloss.report.recorder import Results


def test_columns_of_an_interval_are_printed_as_one_and_kept_apart(tmp_path):
    frame = pd.DataFrame(
        {"what": ["all", "one", "none"], "n": [4, 2, math.nan], "low": [3, 2, math.nan], "high": [5, 2, math.nan]}
    )
    printed = Results(tmp_path, "01_test").table(
        "counts",
        frame,
        {"what": "What", ("n", "low", "high"): "Count", ("low", "high"): "Ends"},
        {("n", "low", "high"): 0, ("low", "high"): 1},
    )
    assert printed["Count"].tolist() == ["4 (3 to 5)", "2", ""]
    assert printed["Ends"].tolist() == ["3.0 to 5.0", "2.0", ""]
    assert pd.read_csv(tmp_path / "tables" / "counts.csv").columns.tolist() == ["what", "n", "low", "high"]


def test_a_small_number_in_a_table_is_told_apart_from_its_interval(tmp_path):
    frame = pd.DataFrame({"n": [0.078, 2.0, math.nan], "low": [0.064, 1.0, 0.1], "high": [0.095, 3.0, 0.2]})
    printed = Results(tmp_path, "01_test").table(
        "rates", frame, {("n", "low", "high"): "Rate"}, {("n", "low", "high"): 1}
    )
    assert printed["Rate"].tolist() == ["0.078 (0.064 to 0.095)", "2.0 (1.0 to 3.0)", "0.10 to 0.20"]
