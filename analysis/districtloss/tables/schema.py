"""The rules of every table, read from datapackage.json, which is the only place where they are written."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from rapidfuzz import fuzz, process

from districtloss.paths import DATAPACKAGE
from districtloss.tables import folders

# Python's int(), float() and strptime() also take padding, underscores, digits of other scripts and 2021-6-4.
# A file that goes to other tools must not hold those.
INTEGER = re.compile(r"[+-]?[0-9]{1,4000}")  # int() takes no more digits
NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,9})?")
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Not tab and line ends. The rest means something to terminals alone, and XML and PDF cannot hold it; or it turns the
# direction of what follows, also beyond its cell, so that a text reads as what it is not. The marks U+200E and U+200F
# turn nothing, and Dari and Arabic need no more. U+2028 and U+2029 end lines of some programs alone; the last ones are
# no characters. None of them is printable to Python, which is quicker to ask.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff]")
OPTIONAL = "districtloss:optional"  # of a field: a file may lack this column
BLANK = re.compile(r"[\s\u200b-\u200f\u2060\ufeff]+")


@dataclass(frozen=True)
class Column:
    """One column: what belongs there, in words and as constraints."""

    name: str
    type: str  # string, integer, number or date
    title: str
    description: str
    example: str | None = None
    required: bool = False
    optional: bool = False  # a file may lack the column, as those written before there was one do
    unique: bool = False
    pattern: str | None = None
    terms: Mapping[str, str] = field(default_factory=dict)  # the vocabulary: term to meaning; {} = any text
    max_length: int | None = None
    minimum: Any = None
    maximum: Any = None

    def problem(self, text: str) -> tuple[str, str] | None:
        """Return the rule that a non-empty cell breaks and what is wrong with it; None when it is fine.

        The rules are `type`, `enum`, `length`, `characters`, `blank`, `pattern` and `bounds`; only the first
        broken one is named.
        """
        if self.max_length is not None and len(text) > self.max_length:
            return "length", f"{len(text):,} characters, at most {self.max_length:,} are allowed"
        if self.type != "string":
            value = self.parse(text)
            if value is None:
                return "type", f"{show(text)} is not {ARTICLE[self.type]}"
            return self._out_of_bounds(text, value)
        if self.terms and text not in self.terms:
            return "enum", f"{show(text)} is not in the vocabulary"
        if not text.isprintable() and (strange := CONTROL.search(text)):
            return "characters", f"holds the control character {strange[0]!r}"
        if self.required and BLANK.fullmatch(text):
            return "blank", "holds nothing but blanks"
        if self._form and not self._form.fullmatch(text):
            return "pattern", f"{show(text)} does not have the form of this column"
        return None

    @cached_property
    def _form(self) -> re.Pattern[str] | None:
        return re.compile(self.pattern) if self.pattern else None

    def _out_of_bounds(self, text: str, value: Any) -> tuple[str, str] | None:
        if self.minimum is not None and value < self.minimum:
            return "bounds", f"{show(text)} is below {self.minimum}"
        if self.maximum is not None and value > self.maximum:
            return "bounds", f"{show(text)} is above {self.maximum}"
        return None

    def parse(self, text: str) -> Any:
        """Return the cell as int, float or datetime.date; None where it is not one."""
        if self.type == "integer":
            return int(text) if INTEGER.fullmatch(text) else None
        if self.type == "number":
            return float(text) if NUMBER.fullmatch(text) else None
        if self.type == "date":
            try:
                return dt.date.fromisoformat(text) if DATE.fullmatch(text) else None
            except ValueError:
                return None
        return text

    def wanted(self) -> str:
        """Say in words what a cell of this column looks like."""
        if self.type == "date":
            return "an ISO date such as 2021-06-30"
        if self.type in ("integer", "number"):
            return f"{ARTICLE[self.type]} from {self.minimum:,} to {self.maximum:,}"
        if self.terms:
            return "one of " + ", ".join(self.terms)
        if self.pattern:
            return f"such as {self.example}" if self.example else f"of the form {self.pattern}"
        return f"text of at most {self.max_length:,} characters" if self.max_length else "text"


ARTICLE = {"integer": "a whole number", "number": "a number", "date": "an ISO date"}


@dataclass(frozen=True)
class ForeignKey:
    column: str
    table: str
    target: str


@dataclass(frozen=True)
class Table:
    """One table: its columns and keys."""

    name: str
    file: str
    title: str
    description: str
    columns: Mapping[str, Column]
    primary_key: tuple[str, ...]
    foreign_keys: tuple[ForeignKey, ...]


@dataclass(frozen=True)
class Package:
    """The data package: what holds for all tables, and the tables by name."""

    title: str
    description: str
    licenses: tuple[Mapping[str, str], ...]
    sources: tuple[Mapping[str, str], ...]
    tables: Mapping[str, Table]


# The analysis computes with every term of these, so none can be added.
CLOSED = {
    ("sources", "published_basis"), ("sources", "url_basis"), ("places", "kind"), ("events", "date_precision"),
    ("events", "attribution"), ("claims", "kind"), ("claims", "side"), ("claims", "qualifier"), ("options", "table"),
}  # fmt: skip


@cache
def load() -> Package:
    """Return the rules of the project's own datapackage.json."""
    return package_of(json.loads(DATAPACKAGE.read_text("utf-8")))


def load_for(folder: Path) -> Package:
    """Return the rules for a data folder: ours, with the terms that its own datapackage.json adds.

    The analysis relies on our columns, keys and constraints, so a folder can add terms to a vocabulary (a
    claimant that these five articles do not know) and nothing else. Raises Faults for a package of another form.
    """
    path = folder / DATAPACKAGE.name
    if not path.exists() or (DATAPACKAGE.exists() and path.samefile(DATAPACKAGE)):
        return load()
    theirs = _vocabularies(folders.package_in(folder))
    ours = load()
    tables = {}
    for name, table in ours.tables.items():
        columns = {
            key: replace(column, terms={**theirs.get((name, key), {}), **column.terms})
            if column.terms and (name, key) not in CLOSED
            else column
            for key, column in table.columns.items()
        }
        tables[name] = replace(table, columns=columns)
    return replace(ours, tables=tables)


def claimants(package: Package) -> dict[str, str]:
    """Return how the report names the claimants that a folder adds, by term."""
    known, terms = (p.tables["claims"].columns["claimant"].terms for p in (load(), package))
    return {term: label.strip() or term.replace("_", " ") for term, label in terms.items() if term not in known}


def _vocabularies(package: Mapping[str, Any]) -> dict[tuple[str, str], dict[str, str]]:
    """Return the vocabularies of somebody else's package, by table and column: term to meaning."""
    return {
        (resource["name"], str(item.get("name"))): folders.terms_of(item)
        for resource in package.get("resources", ())
        if resource.get("name") in load().tables and isinstance(resource.get("schema"), dict)
        for item in resource["schema"].get("fields", ())
    }


def package_of(descriptor: Mapping[str, Any]) -> Package:
    """Return the rules of a descriptor: ours, or one that was made of it for other data."""
    return Package(
        title=descriptor["title"],
        description=descriptor["description"],
        licenses=tuple(descriptor.get("licenses", ())),
        sources=tuple(descriptor["sources"]),
        tables={resource["name"]: _table(resource) for resource in descriptor["resources"]},
    )


def _table(resource: dict[str, Any]) -> Table:
    rules = resource["schema"]
    return Table(
        name=resource["name"],
        file=resource["path"],
        title=resource["title"],
        description=resource["description"],
        columns={item["name"]: _column(item) for item in rules["fields"]},
        primary_key=tuple(rules["primaryKey"]),
        foreign_keys=tuple(
            ForeignKey(key["fields"][0], key["reference"]["resource"], key["reference"]["fields"][0])
            for key in rules.get("foreignKeys", ())
        ),
    )


def _column(item: dict[str, Any]) -> Column:
    constraints = item.get("constraints", {})
    bounds = {end: constraints.get(end) for end in ("minimum", "maximum")}
    if item["type"] == "date":
        bounds = {end: day and dt.date.fromisoformat(day) for end, day in bounds.items()}
    meanings = {term["value"]: term["label"] for term in item.get("categories", ())}
    return Column(
        name=item["name"],
        type=item["type"],
        title=item["title"],
        description=item["description"],
        example=item.get("example"),
        required=constraints.get("required", False),
        optional=item.get(OPTIONAL, False),
        unique=constraints.get("unique", False),
        pattern=constraints.get("pattern"),
        terms={term: meanings[term] for term in constraints.get("enum", ())},
        max_length=constraints.get("maxLength"),
        **bounds,
    )


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that is most like this one, if any is near enough to be meant."""
    found = process.extractOne(word[:200], list(known), scorer=fuzz.ratio, score_cutoff=60)
    return found[0] if found else None


def show(text: str, width: int = 60) -> str:
    """Return a cell as it can be printed on one line: quoted, cut, control characters escaped."""
    return repr(text if len(text) <= width else text[: width - 1] + "…")
