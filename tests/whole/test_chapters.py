"""No number is typed into a chapter."""

import re

import pytest
import yaml

from districtloss.estimates.claims import SPEAKERS
from districtloss.estimates.findings import choices, event_table
from districtloss.paths import CHAPTERS, ROOT
from districtloss.releases.numbers import FINDINGS
from districtloss.report import quantities, sentences
from helpers import real

FILES = [ROOT / "index.qmd", *sorted(CHAPTERS.glob("*.qmd"))]
# What may hold digits without being a number of the report: shortcodes, attributes, targets, citations, code.
NOT_PROSE = re.compile(r"\{\{<.*?>\}\}|\{[^{}]*\}|\]\([^)]*\)|@[\w-]+|`[^`]*`|<!--.*?-->", re.DOTALL)


def prose(text: str) -> str:
    return NOT_PROSE.sub(lambda m: "\n" * m.group().count("\n"), text)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_no_number_is_typed_into_a_chapter(path):
    typed = [
        f"{path.name}:{row}: {line.strip()}"
        for row, line in enumerate(prose(path.read_text("utf-8")).splitlines(), 1)
        if re.search(r"\d", line)
    ]
    assert typed == []


def test_a_typed_number_would_be_found():
    assert re.search(r"\d", prose("Some {{< var n2 >}} districts [x](#n-2){.a1}, and 17 more."))
    assert not re.search(r"\d", prose("Some {{< var n2 >}} districts [x](#n-2){.a1} [@garwood1936]."))


def test_the_book_names_every_chapter_and_no_other():
    book = yaml.safe_load((ROOT / "_quarto.yml").read_text("utf-8"))["book"]
    assert {ROOT / f for f in book["chapters"] + book["appendices"]} == set(FILES)


def test_every_word_and_flag_that_a_notebook_records_is_asked_for():
    chapters = "".join(path.read_text("utf-8") for path in FILES)
    study = real.study()
    found = [find(study) for findings in FINDINGS.values() for find in findings]
    losses, rates = choices.named_losses(study), choices.implied_rates(study)
    # These hold no number, so they are not among the others.
    found += [
        event_table.contradictions(study),
        choices.event_swings(study, losses),
        choices.oldest_to_newest(study, rates),
    ]
    recorded = [sentences.of(finding, study, quantities.values_of(finding, study, "")) for finding in found]
    words = [name for taken in recorded for name in taken.words]
    flags = [name for taken in recorded for name in taken.flags]
    assert len(words) > 20 and len(flags) > 20
    assert [name for name in words if not re.search(rf"\bvar {for_any_speaker(name)}\b", chapters)] == []
    assert [name for name in flags if not re.search(rf"\bhas\.{for_any_speaker(name)}\b", chapters)] == []


def for_any_speaker(name: str) -> str:
    """What is made for each speaker in turn has to be asked for of one."""
    return re.sub("|".join(SPEAKERS), r"\\w+", name)
