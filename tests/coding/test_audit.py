"""Rows that do not agree with the texts that they were coded from are found, one by one."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from districtloss import english
from districtloss.coding import audit_record
from districtloss.coding.audit import CHECKS, AuditResult, audit
from districtloss.errors import Faults
from districtloss.paths import DATA, ROOT
from districtloss.tables.reading import read_tables
from districtloss.tables.schema import load
from helpers.small_data import rows, write

SOURCES = Path(os.environ.get("DISTRICTLOSS_SOURCES", ROOT.parent / "shared" / "sources"))

PAPER = """Two districts gone
Kalldar was overrun this morning, June 30, said Governor Ali Ahmad.

In the south, Gilan fell as well over the past few days.
The Pentagon puts the number of centers in Taliban hands at 81 of 419 now.
Paper, 30 June 2021
"""
RADIO = """The ministry says that Hairatan was retaken.
Up to eighty-five percent of Ghazni is ours, the Taliban let it be known.
It also spoke of scores of dead Taliban since July 1, a word from the Ministry of Defense.
"""


PAPER_ID = "paper_2021_06_30"  # source_id as a name of Python


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "1.txt").write_text(PAPER, "utf-8")
    (folder / "2.txt").write_text(RADIO, "utf-8")
    return folder


def run(tmp_path: Path, texts: Path, **changes: dict[str, Any]) -> AuditResult:
    """Audit the small data with the cells `E001={"place_id": …}` changed."""
    data = rows()
    for source, text in zip(data["sources"], (PAPER, RADIO), strict=True):
        source["sha256"] = hashlib.sha256(text.encode()).hexdigest()
    data["events"][2] |= {"audit_exempt": "", "audit_reason": "", "reported_by": "ministry"}
    for table in ("events", "claims", "sources"):
        for row in data[table]:
            row |= changes.get(next(iter(row.values())).replace("-", "_"), {})
    return audit(read_tables(write(tmp_path / "data", data)), texts)


def told(result: AuditResult) -> list[str]:
    return [str(fault) for fault in result.faults]


def test_rows_that_agree_with_their_texts_pass(tmp_path: Path, texts: Path):
    result = run(tmp_path, texts)
    assert told(result) == []
    assert result.sources_found == 2
    assert result.rows == 6
    counts = {check: n["passed"] for check, n in result.counts.items()}
    assert counts == {
        "paragraph": 6,
        "type": 3,
        "place": 4,
        "figure": 3,
        "reporter": 5,
        "date": 7,
        "quote": 3,
    }


@pytest.mark.parametrize(
    ("row", "cells", "where", "says"),
    [
        ("E001", {"paragraph": "7"}, "events.csv:2: paragraph", "has 5 paragraphs and none is number 7"),
        (
            "E001",
            {"paragraph": "4"},
            "events.csv:2: place_id",
            "paragraph 4 of paper-2021-06-30 has no spelling",
        ),
        ("E001", {"place_id": "balkh/hairatan"}, "events.csv:2: place_id", "no spelling of balkh/hairatan"),
        ("E001", {"event_type": "prison_break"}, "events.csv:2: event_type", "has no word for prison_break"),
        ("E001", {"reported_by": "Ali Karim"}, "events.csv:2: reported_by", "has no 'karim' of 'Ali Karim'"),
        (
            "E001",
            {"date_earliest": "2021-06-27", "date_latest": "2021-06-27"},
            "events.csv:2: date_earliest",
            "names 2021-06-30, the row has 2021-06-27 to 2021-06-27",
        ),
        (
            "E002",
            {"date_earliest": "2021-05-25", "date_latest": "2021-05-30"},
            "events.csv:3: date_earliest",
            "allows 2021-06-20 to 2021-06-30, the row has 2021-05-25 to 2021-05-30",
        ),
        (
            "E003",
            {"date_earliest": "2021-07-05", "date_precision": "day"},
            "events.csv:4: date_precision",
            "nothing in paragraph 1 of radio-2021-07-05 gives the day",
        ),
        ("C001", {"value_low": "82", "value_high": "82"}, "claims.csv:2: value_low", "has no figure 82"),
        ("C001", {"denominator": "421"}, "claims.csv:2: denominator", "has no figure 421"),
        (
            "C001",
            {"value_low": "419", "value_high": "419"},
            "claims.csv:2: denominator",
            "has no figure 419 beside the value",
        ),
        ("C001", {"claimant": "biden"}, "claims.csv:2: claimant", "does not name Biden"),
        ("C002", {"value_high": "0.58"}, "claims.csv:3: value_high", "has no figure –0.58"),
        ("C002", {"scope": "AF-BAL"}, "claims.csv:3: scope", "no spelling of AF-BAL"),
        ("C003", {"value_low": "41"}, "claims.csv:4: value_low", "has no figure 41–"),
        ("C003", {"since": "2021-07-02"}, "claims.csv:4: since", "counts since 2021-07-01"),
        ("C003", {"claimant_name": "General Smith"}, "claims.csv:4: claimant_name", "has no 'smith'"),
        (PAPER_ID, {"published": "2021-07-01"}, "sources.csv:2: published", "does not name 2021-07-01"),
        (PAPER_ID, {"sha256": "0" * 64}, "sources.csv:2: sha256", "no file of the folder has this digest"),
        (PAPER_ID, {"sha256": ""}, "sources.csv:2: sha256", "no digest is given"),
        (
            "E002",
            {"note": "So: Kalldar was overrun this morning, June 30, said Governor A."},
            "events.csv:3: note",
            "the words 'kalldar was overrun this morning june 30 said governor' are a source's",
        ),
    ],
)
def test_a_row_broken_on_purpose_is_found(tmp_path, texts, row, cells, where, says):
    faults = told(run(tmp_path, texts, **{row: cells}))
    assert {fault.split(": ")[0] for fault in faults} == {where.split(": ")[0]}
    assert any(fault.startswith(where + ": ") and says in fault for fault in faults), faults


def test_a_row_can_send_a_check_to_another_paragraph_or_take_it_away(tmp_path: Path, texts: Path):
    why = {"audit_reason": "a test"}
    moved = {"paragraph": "4", "audit_exempt": "place@2|type@2|date@2"} | why
    result = run(
        tmp_path,
        texts,
        E001=moved,
        C001={"value_low": "0", "audit_exempt": "figure", "qualifier": "about"} | why,
    )
    assert told(result) == []
    assert result.counts["figure"]["exempt"] == 1
    assert result.counts["place"]["exempt"] == 0
    wrong = told(run(tmp_path, texts, E001=moved | {"audit_exempt": "place@3|type@2|date@2"}))
    assert len(wrong) == 1
    assert wrong[0].startswith("events.csv:2: place_id: paragraph 3 of paper-2021-06-30 has no spelling")
    (beyond,) = told(run(tmp_path, texts, E001=moved | {"audit_exempt": "place@9"}))
    assert beyond.startswith("events.csv:2: audit_exempt: paper-2021-06-30 has 5 paragraphs and none is number 9")


def test_the_outcome_comes_as_a_table_and_as_plain_values(tmp_path: Path, texts: Path):
    result = run(tmp_path, texts, E001={"place_id": "balkh/hairatan"})
    table = result.table().set_index("check")
    assert list(table.index) == list(CHECKS)
    assert table.loc["place", ["checked", "faults", "exempt", "not_applicable"]].tolist() == [4, 1, 0, 2]
    assert json.loads(json.dumps(result.summary()))["faults"] == 1
    assert str(result).endswith("6 rows held against 2 of 2 sources found: 1 fault")


@pytest.mark.parametrize("outcome", [
    {}, {"outcome": []}, {"outcome": {"rows": 6}}, {"outcome": {"rows": 6, "faults": 0, "checks": 5}},
    {"outcome": {"rows": 6, "faults": 0, "checks": {"date": {"checked": None}}}},
    {"outcome": {"rows": "many", "faults": 0, "checks": {"d": dict.fromkeys(audit_record.COLUMNS, 1)}}},
])  # fmt: skip
def test_a_record_that_lacks_what_was_found_counts_as_none(tmp_path: Path, texts: Path, outcome: dict[str, object]):
    result = run(tmp_path, texts)
    folder = tmp_path / "data"
    audit_record.write(folder, result)
    kept = json.loads((folder / audit_record.NAME).read_text("utf-8"))
    assert audit_record.read(folder) == kept.pop("outcome")
    (folder / audit_record.NAME).write_text(json.dumps(kept | outcome), "utf-8")
    assert audit_record.read(folder) is None


def test_a_folder_of_texts_that_is_none_is_told(tmp_path: Path):
    with pytest.raises(Faults, match="is not a folder"):
        audit(read_tables(write(tmp_path / "data")), tmp_path / "nowhere")


def test_checks_that_a_row_may_name_are_those_of_the_audit():
    for table in ("events", "claims"):
        column = load().tables[table].columns["audit_exempt"]
        for check in set(CHECKS) - {"paragraph", "quote"}:
            assert column.problem(check) is None
            assert column.problem(f"{check}@3") is None


@pytest.mark.sources
@pytest.mark.skipif(not SOURCES.is_dir(), reason=f"the articles are not beside the project ({SOURCES.name}/)")
def test_every_row_of_the_project_agrees_with_the_articles():
    result = audit(read_tables(DATA), SOURCES)
    assert told(result) == []
    assert result.sources_found == result.sources


# --- what words say ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("the 8th district and the eighth", [8, 8]),
        ("12 districts of 19", [12, 19]),
        ("some 1,500 fighters and over 21,000", [1500, 21000]),
        ("three hundred thousand", [300000]),
        ("two hundred and five", [200, 5]),
        ("twenty-one", [21]),
        ("four, five", [4, 5]),
        ("1.5 million", [1.5e6]),
        ("85 percent, 90% and ten per cent", [0.85, 0.9, 0.1]),
        ("about half of them", [0.5]),
        ("a dozen", [12]),
        ("June 29, 2021 and 4 July", []),
        ("in 2015, 9/11, MD-530, see https://a.example/12", []),
        ("nobody", []),
    ],
)  # fmt: skip
def test_numbers_are_read_in_digits_and_in_words(text: str, found: list[float]):
    assert sorted(english.numbers(text)) == pytest.approx(sorted(found))


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("on June 21st", "2021-06-21", "2021-06-21"),
        ("22 June 2021", "2021-06-22", "2021-06-22"),
        ("on Monday", "2021-07-26", "2021-07-26"),
        ("on Tuesday", "2021-07-27", "2021-07-27"),
        ("on Wednesday", "2021-07-21", "2021-07-21"),
        ("over the weekend", "2021-07-19", "2021-07-26"),
        ("in May", "2021-05-01", "2021-05-31"),
        ("in the first half of 2021", "2021-01-01", "2021-06-30"),
    ],
)
def test_days_are_read_from_names_and_relative_words(text: str, first: str, last: str):
    published = dt.date(2021, 7, 27)  # a Tuesday
    (days,) = english.days_allowed(text, published)
    assert (days.first.isoformat(), days.last.isoformat()) == (first, last)


def test_the_verb_may_is_no_month():
    assert english.days_allowed("it may fall", dt.date(2021, 7, 27)) == []


@pytest.mark.parametrize(
    ("text", "spelling", "there"),
    [
        ("the QALA-E-NAW city", "Qala e Naw", True),
        ("Hérat fell", "Herat", True),
        ("Balkh’s governor", "Balkh", True),
        ("Balkhi spoke", "Balkh", False),
        ("anything", "", False),
    ],
)
def test_names_are_whole_words_whatever_their_case_and_accents(text: str, spelling: str, there: bool):
    assert english.names(text, spelling) is there


def test_paragraphs_are_the_lines_that_are_not_blank():
    assert english.paragraphs("\ufeffa\r\n\r\n  \nb\n") == ["a", "b"]
