"""No number is typed into a chapter."""

import json
import re

import pytest
import yaml

from districtloss.paths import CHAPTERS, NOTEBOOKS, ROOT

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
    recorded = [
        (path.name, kind, name)
        for path in sorted(NOTEBOOKS.glob("*.ipynb"))
        for cell in json.loads(path.read_text("utf-8"))["cells"]
        for kind, name in re.findall(r'results\.(words|flag)\("(\w+)"[,)]', "".join(cell["source"]))
    ]
    asked = {"words": r"\bvar {}\b", "flag": r"\bhas\.{}\b"}
    assert len(recorded) > 40
    assert [r for r in recorded if not re.search(asked[r[1]].format(r[2]), chapters)] == []
