"""What a notebook records as a table is printed as a reader takes it in, and kept whole as CSV."""

import math

import pandas as pd

from districtloss.results import Results


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
