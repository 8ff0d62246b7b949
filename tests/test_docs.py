"""Holds the page for contributors to the code: what it names is there, and it names every stage."""

from __future__ import annotations

import re

from districtloss.paths import ROOT

PACKAGE = ROOT / "analysis" / "districtloss"
PAGE = (ROOT / "docs" / "how-a-row-becomes-a-sentence.md").read_text("utf-8")


def test_every_module_that_the_page_names_is_there_and_defines_what_it_is_said_to() -> None:
    named = re.findall(r"`(?:districtloss\.|findings\.)?(\w+)\.([A-Za-z]\w*)(?:\.\w+)?`", PAGE)
    files = {"py", "csv", "json", "ipynb", "qmd", "lock", "lua"}
    named = [(owner, name) for owner, name in named if name not in files]
    assert len(named) > 20
    texts = [(path.stem, path.read_text("utf-8")) for path in PACKAGE.rglob("*.py")]

    def defines(owner: str, name: str) -> bool:
        """Whether a module of this name, or the module of a class of this name, defines it."""
        own = [text for stem, text in texts if stem == owner or re.search(rf"^class {owner}\b", text, re.MULTILINE)]
        return any(re.search(rf"^(?:class |def |    def )?{name}\b", text, re.MULTILINE) for text in own)

    assert not [f"{owner}.{name}" for owner, name in named if not defines(owner, name)]


def test_every_file_and_folder_that_the_page_names_is_there() -> None:
    named = re.findall(r"`([\w*.-]+(?:/[\w*.-]+)*(?:/|\.py|\.md|\.ipynb|\.qmd|\.lua|\.csv|\.json))`", PAGE)
    homes = (ROOT, PACKAGE, ROOT / "data", ROOT / "analysis" / "notebooks", PACKAGE / "estimates")
    made_by_a_build = {"results/values.json", "values.json", "words.json"}
    assert len(named) > 20
    assert not [name for name in named if name not in made_by_a_build and not any(list(h.glob(name)) for h in homes)]


def test_the_page_has_a_row_for_every_stage() -> None:
    stages = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    assert stages == set(re.findall(r"^\| `(\w+)/` \|", PAGE, re.MULTILINE))
