"""The entries of numbers: what a reader is led to, and in how many words."""

from hypothesis import given
from hypothesis import strategies as st

from districtloss.report import publish

ids = st.lists(st.integers(0, 1200), unique=True).map(sorted)


def test_rows_that_follow_each_other_are_named_by_their_ends():
    rows = ["C003", "E003", "E017", "E018", "E019", "E021", "E022", "E998", "E999", "E1000"]
    assert publish.runs(rows) == [
        ["C003"],
        ["E003"],
        ["E017", "E019"],
        ["E021"],
        ["E022"],
        ["E998"],
        ["E999"],
        ["E1000"],
    ]


@given(ids, ids)
def test_no_row_is_lost_in_a_run_and_none_comes_into_it(claims, events):
    rows = [f"C{n:03d}" for n in claims] + [f"E{n:03d}" for n in events]
    named = [f"{run[0][0]}{n:03d}" for run in publish.runs(rows) for n in range(int(run[0][1:]), int(run[-1][1:]) + 1)]
    assert named == rows
