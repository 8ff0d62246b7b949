"""Citations of pinned versions, as parsers of each form read them."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from pathlib import Path
from typing import Any

import pypandoc
import pytest
import rispy
import yaml

from districtloss.errors import Faults
from districtloss.files import report_folder
from districtloss.paths import CITATION
from districtloss.releases import cite, versions
from districtloss.releases.cite import Author, Facts

FACTS = Facts(
    title="Districts Lost: Afghanistan, 4 June – 27 July 2021",
    authors=(Author("Berg", "Ann_a"), Author(literal="Müller & Sons contributors")),
    version="1.2.0-rc.1",
    date=dt.date(2026, 2, 3),
    digest="ab" * 32,
    swhid="swh:1:dir:" + "cd" * 20,
    doi="10.5281/zenodo.1234567",
    url="https://example.org/report_1/",
    abstract="What it\nsays.",
    keywords=("Afghanistan", "100% open"),
)


def parsed(facts: Facts, form: str, reader: str) -> dict[str, Any]:
    """The one entry that Pandoc (or for RIS rispy) reads in a citation, as CSL."""
    if reader == "rispy":
        (record,) = rispy.loads(cite.ris(facts))
        people = [dict(zip(("family", "given"), name.split(", "), strict=False)) for name in record.pop("authors")]
        issued = {"date-parts": [list(map(int, record.pop("date").split("/")))]}
        return record | {"author": people, "issued": issued, "DOI": record["doi"], "URL": record["urls"][0]}
    entries = json.loads(pypandoc.convert_text(cite.cite(facts, form), "csljson", format=reader))
    assert len(entries) == 1
    return entries[0]


@pytest.mark.parametrize(("form", "reader"), [("bibtex", "biblatex"), ("csl", "csljson"), ("ris", "rispy")])
def test_a_parser_reads_title_authors_date_and_addresses_from_each_form(form: str, reader: str) -> None:
    entry = parsed(FACTS, form, reader)
    assert entry["title"] == FACTS.title
    first, second = entry["author"]
    assert (first["family"], first["given"]) == ("Berg", "Ann_a")
    assert (second.get("literal") or second["family"]) == "Müller & Sons contributors"
    assert list(map(int, entry["issued"]["date-parts"][0])) == [2026, 2, 3]
    assert entry["DOI"] == FACTS.doi
    assert entry["URL"] == FACTS.url


@pytest.mark.parametrize(("form", "reader"), [("bibtex", "biblatex"), ("csl", "csljson"), ("ris", "rispy")])
def test_each_form_carries_version_whole_digest_and_identifier(form: str, reader: str) -> None:
    told = json.dumps(parsed(FACTS, form, reader), ensure_ascii=False).replace("\\\\", "")
    for mark in (FACTS.version, f"sha256:{FACTS.digest}", FACTS.swhid):
        assert mark in told


def test_old_bibtex_reads_the_entry_too() -> None:
    entry = parsed(FACTS, "bibtex", "bibtex")
    assert str(entry["issued"]["date-parts"][0][0]) == "2026"
    assert FACTS.version in entry["note"]


def test_every_reader_finds_one_ris_record_with_the_title() -> None:
    assert parsed(FACTS, "ris", "ris")["title"] == FACTS.title


def test_signs_that_tex_obeys_are_written_out() -> None:
    facts = dataclasses.replace(FACTS, title=r"50% of {A} & B_c #1 $x$ \input{y} ~^")
    title = parsed(facts, "bibtex", "biblatex")["title"]
    for part in ("50%", "{A}", "& B_c #1 $x$", r"\input{y}"):
        assert part in title


def test_a_style_prints_the_csl_item_with_its_title_and_year() -> None:
    document = json.dumps({"references": json.loads(cite.csl(FACTS)), "nocite": "@*"})
    front = yaml.safe_dump(json.loads(document) | {"nocite": "@*"}, allow_unicode=True)
    printed = pypandoc.convert_text(f"---\n{front}---\n", "plain", format="markdown", extra_args=["--citeproc"])
    assert "2026" in printed
    assert "Districts Lost: Afghanistan" in " ".join(printed.split())


def test_facts_that_are_not_there_leave_no_field_behind() -> None:
    bare = dataclasses.replace(FACTS, doi="", url="", abstract="", keywords=())
    assert "DOI" not in parsed(bare, "csl", "csljson")
    assert "doi =" not in cite.bibtex(bare)
    assert "DO  -" not in cite.ris(bare)
    assert "  " not in cite.text(bare)


def test_the_text_names_authors_year_title_version_digest_and_identifier() -> None:
    assert cite.text(FACTS) == (
        "Berg, Ann_a; Müller & Sons contributors (2026). Districts Lost: Afghanistan, 4 June – 27 July 2021. "
        f"Version 1.2.0-rc.1. Content digest sha256:{'ab' * 6}. https://doi.org/10.5281/zenodo.1234567. "
        f"https://example.org/report_1/. {FACTS.swhid}."
    )


def test_facts_come_from_the_citation_file_and_the_manifest_of_the_folder(tmp_path: Path) -> None:
    folder = pinned(tmp_path, yaml.safe_load(CITATION.read_text("utf-8"))["version"])
    facts = cite.facts(folder)
    assert facts.title.startswith("Districts Lost")
    assert facts.authors
    assert (facts.digest, facts.swhid, facts.doi) == ("ab" * 32, FACTS.swhid, "10.1234/x")


def test_a_folder_whose_citation_and_manifest_disagree_is_not_cited(tmp_path: Path) -> None:
    with pytest.raises(Faults, match=r"the manifest is of 99\.0\.0"):
        cite.facts(pinned(tmp_path, "99.0.0"))


def pinned(folder: Path, version: str) -> Path:
    manifest = {"generator": versions.GENERATOR, "version": version, "digest": "ab" * 32, "swhid": FACTS.swhid}
    (folder / report_folder.MANIFEST).write_text(json.dumps(manifest | {"doi": "10.1234/x"}), "utf-8")
    (folder / versions.CITATION).write_bytes(CITATION.read_bytes())
    return folder
