"""Chapters are plain prose: no number is typed, and each says what its sentences take for granted."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from districtloss.errors import Faults
from districtloss.paths import CHAPTERS, GENERAL, ROOT
from districtloss.report import chapters, conditions, general
from districtloss.report.conditions import Outcome
from helpers import prose

FILES = [ROOT / "index.qmd", *sorted(CHAPTERS.glob("*.qmd"))]
TEMPLATES = sorted(GENERAL.rglob("*.jinja"))
# What may hold digits without being a number of the report: shortcodes, attributes, targets, citations, code.
NOT_PROSE = re.compile(
    r"\A---\n.*?\n---\n|\{\{<.*?>\}\}|\{[^{}]*\}|\]\([^)]*\)|@[\w-]+|`[^`]*`|<%.*?%>|<<.*?>>", re.DOTALL
)
SECTION = re.compile(r"\{#(sec-[\w-]+)")
FLOAT = re.compile(r"@((?:fig|tbl)-[\w-]+)")


def words(text: str) -> str:
    return NOT_PROSE.sub(lambda m: "\n" * m.group().count("\n"), text)


@pytest.fixture(scope="module")
def came_to() -> Outcome:
    return prose.outcome(prose.study_of(prose.DATA))


def changed(came_to: Outcome, **facts: bool) -> Outcome:
    return Outcome(came_to.values, came_to.words, {**came_to.facts, **facts})


@pytest.mark.parametrize("path", [*FILES, *TEMPLATES], ids=lambda p: p.name)
def test_no_number_is_typed_into_a_chapter(path: Path) -> None:
    text = words(path.read_text("utf-8"))
    assert [line for line in text.splitlines() if re.search(r"\d", line)] == []


def test_a_typed_number_would_be_found() -> None:
    assert re.search(r"\d", words("Some {{< n n2 >}} districts [x](#n-2){.a1}, and 17 more."))
    assert not re.search(r"\d", words("Some {{< n n2 >}} districts [x](#n-2){.a1} [@garwood1936]."))


def test_the_book_names_every_chapter_and_no_other_and_each_has_a_general_one() -> None:
    book = yaml.safe_load((ROOT / "_quarto.yml").read_text("utf-8"))["book"]
    names = book["chapters"] + book["appendices"]
    assert {ROOT / name for name in names} == set(FILES)
    assert general.files() == sorted(names)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_a_general_chapter_has_the_sections_of_ours_whatever_the_data_hold(path: Path, came_to: Outcome) -> None:
    name = path.relative_to(ROOT).as_posix()
    ours = set(SECTION.findall(path.read_text("utf-8")))
    for holds in (True, False):
        facts = dict.fromkeys(came_to.facts, holds)
        text = general.chapters(Outcome(came_to.values, came_to.words, facts))[name]
        # The part on which a reader flips choices is there only where a choice moves something; ours holds that.
        assert ours - {"sec-explorer"} <= set(SECTION.findall(text)), (name, holds)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_a_chapter_refers_to_figures_and_tables_of_its_own_alone_since_others_may_be_replaced(path: Path) -> None:
    text = path.read_text("utf-8")
    assert [name for name in FLOAT.findall(text) if f"{{#{name}}}" not in text] == []


def test_ours_stand_as_they_are_written_where_all_that_they_take_for_granted_holds(came_to: Outcome) -> None:
    assert prose.texts(came_to) == {p.relative_to(ROOT).as_posix(): p.read_text("utf-8") for p in FILES}


@pytest.mark.parametrize("condition", sorted(conditions.CONDITIONS))
def test_every_condition_holds_of_our_data_and_is_taken_for_granted_somewhere(condition: str, came_to: Outcome) -> None:
    assert conditions.CONDITIONS[condition].holds(came_to)
    assert any(condition in chapters.read(ROOT, p.relative_to(ROOT).as_posix()).holds for p in FILES)


def test_a_chapter_whose_condition_fails_is_replaced_with_the_reason_and_the_index_too(came_to: Outcome) -> None:
    made = prose.texts(changed(came_to, audit=False))
    ours = prose.texts(came_to)
    assert {name for name in made if made[name] != ours[name]} == {"index.qmd", "chapters/methods.qmd"}
    for name in ("index.qmd", "chapters/methods.qmd"):
        assert "comes from a template, because these tables were not checked against the texts." in made[name]


def test_other_data_need_no_reason(came_to: Outcome) -> None:
    made = prose.texts(changed(came_to, ours=False))
    assert not [name for name, text in made.items() if "comes from a template" in text]
    assert "five articles" not in made["index.qmd"]


@pytest.mark.parametrize(
    ("matter", "fault"),
    [
        ("holds: [named loses]", "chapters/x.qmd:2: holds: unknown condition 'named loses', named losses?"),
        ("holds: named losses", "chapters/x.qmd:1: holds: is not a list, holds: [named losses]"),
        ("holds: [", "chapters/x.qmd:1: front matter that is not YAML, mend or drop it"),
    ],
)
def test_front_matter_that_cannot_be_used_is_a_fault(tmp_path: Path, came_to: Outcome, matter: str, fault: str) -> None:
    (tmp_path / "chapters").mkdir()
    (tmp_path / "chapters" / "x.qmd").write_text(f"---\n{matter}\n---\n\n# X\n", "utf-8")
    with pytest.raises(Faults) as found:
        chapters.chosen([chapters.read(tmp_path, "chapters/x.qmd")], came_to)
    assert [str(f) for f in found.value.faults] == [fault]


def test_every_word_and_fact_is_asked_for(came_to: Outcome) -> None:
    text = "".join(path.read_text("utf-8") for path in [*FILES, *TEMPLATES])
    asked = Path(conditions.__file__).read_text("utf-8")
    per_speaker = re.compile("_days$")  # made for each speaker in turn
    assert [w for w in came_to.words if not per_speaker.search(w) and not re.search(rf"\bword[ .]{w}\b", text)] == []
    assert [f for f in came_to.facts if not re.search(rf"\bhas\.{f}\b", text) and f'"{f}"' not in asked] == []


def test_text_of_the_data_is_escaped_in_a_template_and_a_name_that_it_lacks_is_an_error(came_to: Outcome) -> None:
    hostile = Outcome(came_to.values, {**came_to.words, "country": "<b>{{< meta x >}} *A*"}, came_to.facts)
    index = general.chapters(hostile)["index.qmd"]
    assert r"\<b\>" in index and "{{< meta x" not in index and "*A*" not in index
    with pytest.raises(Exception, match="has no attribute"):
        general.chapters(Outcome(came_to.values, {}, came_to.facts))
