"""The terms of datapackage.json are all described, once, and described without what a short command has not loaded."""

from __future__ import annotations

import subprocess
import sys

import pytest

from districtloss import vocabulary
from districtloss.coding import audit
from districtloss.tables.schema import load


@pytest.mark.parametrize(
    ("described", "table", "column"),
    [
        (vocabulary.EVENT_TYPES, "events", "event_type"),
        (vocabulary.ATTRIBUTIONS, "events", "attribution"),
        (vocabulary.PRECISIONS, "events", "date_precision"),
        (vocabulary.CLAIMANTS, "claims", "claimant"),
        (vocabulary.MEASURES, "claims", "measure"),
    ],
)
def test_every_term_of_the_data_package_is_described_and_none_more(described, table: str, column: str) -> None:
    assert set(described) == set(vocabulary.terms(table, column))


def test_terms_that_only_some_stages_speak_of_are_of_the_vocabulary() -> None:
    assert set(vocabulary.SPEAKERS) <= set(vocabulary.CLAIMANTS)
    assert set(audit.CLAIMANTS) <= set(vocabulary.CLAIMANTS)
    assert set(audit.TYPES) == set(vocabulary.EVENT_TYPES) - {"other"}
    assert {vocabulary.TAKER, vocabulary.GOVERNMENT} <= set(vocabulary.terms("claims", "side"))


def test_what_counts_is_no_claim_of_a_side() -> None:
    assert vocabulary.COUNTED_TYPES == ("capture", "recapture")
    assert set(vocabulary.GAINED_BY_TAKER) == {"capture", "claimed_capture", "implied_capture"}
    assert [term for term, meant in vocabulary.ATTRIBUTIONS.items() if not meant.counts] == [
        "claimed_by_party",
        "social_media",
    ]


def test_the_same_days_are_allowed_in_every_column_of_dates() -> None:
    dates = [column for table in load().tables.values() for column in table.columns.values() if column.type == "date"]
    assert dates
    assert {(column.minimum, column.maximum) for column in dates} == {(vocabulary.FIRST_DAY, vocabulary.LAST_DAY)}


def test_the_vocabulary_loads_without_pandas() -> None:
    code = "import sys; from districtloss import vocabulary; sys.exit('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
