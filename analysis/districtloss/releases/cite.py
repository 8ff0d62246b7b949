"""Citations of pinned versions, in the forms that reference managers read, from the facts in CITATION.cff."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from districtloss.errors import Fault, Faults
from districtloss.files import digest
from districtloss.releases import versions

FORMATS = ("text", "bibtex", "csl", "ris")


@dataclass(frozen=True)
class Author:
    """A person (family and given names) or, with `literal`, a body that goes by one name."""

    family: str = ""
    given: str = ""
    literal: str = ""

    def __str__(self) -> str:
        return self.literal or ", ".join(filter(None, (self.family, self.given)))


@dataclass(frozen=True)
class Facts:
    """What a citation says of a version. `doi` and `url` are empty where there is none."""

    title: str
    authors: tuple[Author, ...]
    version: str
    date: dt.date
    digest: str
    swhid: str
    doi: str = ""
    url: str = ""
    abstract: str = ""
    keywords: tuple[str, ...] = ()


def facts(folder: Path) -> Facts:
    """Read the facts of a pinned version from the CITATION.cff and the manifest in its folder.

    Raises Faults where one of them cannot be read or they speak of different versions.
    """
    manifest = versions.manifest(folder)
    path = folder / versions.CITATION
    try:
        cff = yaml.safe_load(path.read_text("utf-8"))
        read = Facts(
            title=cff["title"],
            authors=tuple(map(_author, cff["authors"])),
            version=str(cff["version"]),
            date=dt.date.fromisoformat(str(cff["date-released"])),
            digest=manifest["digest"],
            swhid=manifest["swhid"],
            doi=manifest["doi"] or cff.get("doi", ""),
            url=cff.get("url", ""),
            abstract=cff.get("abstract", "").strip(),
            keywords=tuple(cff.get("keywords", ())),
        )
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError) as error:
        problem = f"cannot be read as a citation ({type(error).__name__}: {error})"
        raise Faults([Fault(str(path), None, None, problem, "take the folder anew")]) from None
    if read.version != manifest["version"]:
        problem = f"cites {read.version}, and the manifest is of {manifest['version']}"
        raise Faults([Fault(str(path), None, "version", problem, "take the folder anew")])
    return read


def _author(entry: Mapping[str, Any]) -> Author:
    if "name" in entry:
        return Author(literal=entry["name"])
    particle = f"{entry['name-particle']} " if entry.get("name-particle") else ""
    return Author(particle + entry.get("family-names", ""), entry.get("given-names", ""))


def cite(facts: Facts, form: str) -> str:
    """Return the citation in one of FORMATS, without a line end."""
    return {"text": text, "bibtex": bibtex, "csl": csl, "ris": ris}[form](facts)


def text(facts: Facts) -> str:
    """Return a sentence for a list of references: that of the report's own pages, with where to find it."""
    authors = "; ".join(map(str, facts.authors))
    where = " ".join(
        filter(None, (f"https://doi.org/{facts.doi}." if facts.doi else "", facts.url and f"{facts.url}."))
    )
    said = (
        f"{authors} ({facts.date.year}). {facts.title}. Version {facts.version}. "
        f"Content digest sha256:{facts.digest[: digest.SHORT]}. {where} {facts.swhid}."
    )
    return re.sub(r"\s+", " ", said)


def bibtex(facts: Facts) -> str:
    """Return a BibTeX entry. `version`, `doi` and `url` are fields of biblatex; old styles print the note."""
    fields = {
        "author": " and ".join(f"{{{_tex(a.literal)}}}" if a.literal else _tex(str(a)) for a in facts.authors),
        "title": f"{{{_tex(facts.title)}}}",
        "year": str(facts.date.year),
        "month": f"{facts.date:%m}".lstrip("0"),
        "date": facts.date.isoformat(),
        "version": _tex(facts.version),
        "note": _tex(f"Version {facts.version}. {_marks(facts)}"),
        "doi": facts.doi,
        "url": facts.url,
    }
    lines = [f"  {name} = {{{value}}}" for name, value in fields.items() if value]
    return f"@misc{{{_key(facts)},\n" + ",\n".join(lines) + "\n}"


def csl(facts: Facts) -> str:
    """Return CSL-JSON: a list of one item, as reference managers import it."""
    item = {
        "id": _key(facts),
        "type": "report",
        "title": facts.title,
        "author": [
            {"literal": a.literal} if a.literal else {"family": a.family, "given": a.given} for a in facts.authors
        ],
        "issued": {"date-parts": [[facts.date.year, facts.date.month, facts.date.day]]},
        "version": facts.version,
        "note": _marks(facts),
        "abstract": facts.abstract,
        "keyword": ", ".join(facts.keywords),
        "DOI": facts.doi,
        "URL": facts.url,
    }
    return json.dumps([{k: v for k, v in item.items() if v}], indent=1, ensure_ascii=False)


def ris(facts: Facts) -> str:
    """Return a RIS record (lines end in CR LF, as the form wants)."""
    lines = [
        ("TY", "RPRT"),
        *(("AU", str(author)) for author in facts.authors),
        ("TI", facts.title),
        ("PY", str(facts.date.year)),
        ("DA", f"{facts.date:%Y/%m/%d}"),
        ("ET", facts.version),
        ("N1", _marks(facts)),
        ("AB", re.sub(r"\s+", " ", facts.abstract)),
        *(("KW", word) for word in facts.keywords),
        ("DO", facts.doi),
        ("UR", facts.url),
        ("ID", _key(facts)),
    ]
    return "\r\n".join([*(f"{tag}  - {value}" for tag, value in lines if value), "ER  - "])


def _marks(facts: Facts) -> str:
    return f"Content digest sha256:{facts.digest}; {facts.swhid}"


def _key(facts: Facts) -> str:
    return "districtloss-" + re.sub(r"[^A-Za-z0-9.-]", "-", facts.version)


# What TeX would take for a command. The rest, dashes too, is UTF-8 text to every BibTeX of this century.
TEX = {c: rf"\{c}" for c in "&%$#_{}"} | {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}


def _tex(text: str) -> str:
    return "".join(TEX.get(character, character) for character in text)
