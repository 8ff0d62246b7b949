"""Every sentence is tried: what the chapters say under many parameters and of many folders, held to stated rules."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from districtloss import parameters
from districtloss.paths import DATA, ROOT
from helpers import new_data, prose

# A number in prose stands as a link; what goes with it is read as a reader would.
LINK = re.compile(r"\[([^\[\]]*)\]\([^)]*\)(?:\{[^}]*\})?")
FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
NONE = re.compile(r"names? no (?:loss|district as lost)|No losses are named|No loss surely")
RULES = {
    "a number that is not known": re.compile(r"not known|\bNone(?=[.,;)] |\))|\bnan\b"),
    "one of many": re.compile(
        r"(?<![\w.,])1 (?:falls|losses|districts|provinces|days|rows|reports|figures|recaptures|decisions|faults)\b"
    ),
    "many of one": re.compile(
        r"(?<![\w.,])(?:0|[2-9]|\d\d+) (?:fall|loss|district(?! cent)|province|day|row|figure|recapture)\b"
    ),
    "a word twice": re.compile(r"\b([a-z]\w*) \1\b"),  # a name may: Abdul Jami Jami
    "an empty bracket": re.compile(r"\(\s*\)"),
    "a sign of a template": re.compile(r"<%|%>|<<|>>|\{\{<|\?@"),
    "a sentence that ends twice": re.compile(r"[a-z]\.\.|,\.|: ?\.|\s\."),
}
OF_AFGHANISTAN = re.compile(r"Afghan|Taliban|Pentagon|Milley|Biden|Ghazni|Kabul|Badghis|five (?:news )?articles")

SETTINGS = [
    {},
    {"start": "2021-06-20"},
    {"start": "2021-07-01"},
    {"start": "2021-07-20"},
    {"as_of": "2021-06-05"},
    {"as_of": "2021-06-10"},
    {"as_of": "2021-06-22"},
    {"as_of": "2021-06-30"},
    {"start": "2021-06-21", "as_of": "2021-06-22"},
    {"net": "true"},
    {"net": "true", "as_of": "2021-06-10"},
    {"attribution": "confirmed_by_official"},
    {"attribution": "reported_by_media"},
    {"attribution": "witnesses"},
    {"attribution": "claimed_by_party"},
    {"attribution": "social_media"},
    {"date_rule": "latest"},
    {"denominator": "200"},
    {"denominator": "1000"},
    {"confidence": "0.5"},
]
FOLDERS = [
    new_data.one_event, new_data.no_claims, new_data.no_events, new_data.nothing_but_a_source, new_data.no_decisions,
    new_data.no_statement, new_data.pentagon_and_milley_alone, new_data.other_speakers, new_data.another_country,
]  # fmt: skip


def read(came_to, folder: Path) -> dict[str, str]:
    """Return what a reader reads of each chapter, without tables, charts and lists."""
    said = prose.said(prose.texts(came_to), came_to, folder)
    return {name: _plain(text) for name, text in said.items()}


def _plain(text: str) -> str:
    text = LINK.sub(r"\1", FRONT_MATTER.sub("", text))
    text = re.sub(r"\{[^{}]*\}|[\[\]]|`|\*\*", "", text)
    return re.sub(r"[ \n]*\n", "\n", re.sub(r"\\(?=\W)", "", text))


def complaints(read_as: dict[str, str]) -> list[str]:
    found = []
    for name, text in read_as.items():
        flat = re.sub(r"\s+", " ", text)
        for rule, pattern in RULES.items():
            found += [f"{name}: {rule}: …{flat[max(0, m.start() - 50) : m.end() + 20]}" for m in pattern.finditer(flat)]
        if NONE.search(flat) and re.search(r"\b0\.0 a week", flat):
            found.append(f"{name}: a rate of none")
    return found


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda s: " ".join(f"{k}={v}" for k, v in s.items()) or "as set")
def test_our_data_under_other_parameters(settings: dict[str, str], tmp_path: Path) -> None:
    came_to = prose.outcome(prose.study_of(DATA, parameters.parse(settings)))
    assert complaints(read(came_to, tmp_path)) == []


@pytest.mark.parametrize("data", FOLDERS, ids=lambda data: data.__name__)
def test_other_data(data, tmp_path: Path) -> None:
    folder = new_data.write(tmp_path / "data", data())
    came_to = prose.outcome(prose.study_of(folder))
    assert complaints(read(came_to, tmp_path)) == []


def test_nothing_of_afghanistan_is_said_of_another_country(tmp_path: Path) -> None:
    folder = ROOT / "tests" / "folders" / "another_country"
    came_to = prose.outcome(prose.study_of(folder))
    for name, text in read(came_to, tmp_path).items():
        assert not OF_AFGHANISTAN.search(text), (name, OF_AFGHANISTAN.search(text))
