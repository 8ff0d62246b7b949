"""The names of provinces and districts, and how those of an export are matched to them: proposed, never guessed."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rapidfuzz import fuzz, process

from districtloss.english import fold
from districtloss.errors import Fault, Faults
from districtloss.files import csv_rows
from districtloss.paths import DATA

ASKED = ["column", "spelling", "province", "rows", "candidates", "answer"]
# Of the tables of another country; names are matched to `variants` too, where places.csv has them.
PLACES_NEED = {"provinces": ("province_id", "name"), "places": ("place_id", "name", "province_id", "kind")}
NEW = "new"  # the answer that a place is to be added
OMIT = "leave out"
CANDIDATES, LIKE_ENOUGH = 5, 60  # how many names are proposed, and from which likeness (of 100) on


@dataclass(frozen=True)
class District:
    place_id: str
    name: str
    province_id: str
    pcode: str = ""
    variants: tuple[str, ...] = ()


@dataclass
class Gazetteer:
    """Provinces (as rows of provinces.csv, with `variants`) and districts that names are matched to."""

    provinces: dict[str, dict[str, str]]
    districts: dict[str, District]

    @classmethod
    def ours(cls) -> Gazetteer:
        """Afghanistan: the project's provinces and the districts of the OCHA list, with the spellings of both."""
        provinces = {row["province_id"]: row for row in csv_rows.records(DATA / "provinces.csv")}
        for row in csv_rows.records(DATA / "gazetteer" / "provinces.csv"):
            provinces[row["province_id"]]["variants"] = row["variants"]
        rows = csv_rows.records(DATA / "gazetteer" / "districts.csv")
        return cls(provinces, {row["place_id"]: _district(row) for row in rows})

    @classmethod
    def of(cls, folder: Path) -> Gazetteer:
        """The provinces and districts of a folder with both tables, or at least the columns PLACES_NEED of them.

        Raises Faults where it has none that can be read.
        """
        from districtloss.tables import csv_files, schema
        from districtloss.tables.rules import cell

        if not folder.is_dir():
            remedy = "name the folder that holds provinces.csv and places.csv"
            raise Faults([Fault(str(folder), None, None, "is not a folder", remedy)])
        rules, faults = schema.load_for(folder).tables, list[Fault]()
        for name, needed in PLACES_NEED.items():
            table = rules[name]
            found = csv_files.read_raw(folder / table.file, table, faults.append, rows_needed=False, needed=needed)
            faults += cell.cell_faults(table, found) if found else []
        if faults:
            raise Faults(faults)
        provinces = {row["province_id"]: row for row in csv_rows.records(folder / "provinces.csv")}
        districts = [_district(row) for row in csv_rows.records(folder / "places.csv") if row["kind"] == "district"]
        return cls(provinces, {d.place_id: d for d in districts})

    slugs: dict[str, str] = field(default_factory=dict)

    def slug(self, province_id: str) -> str:
        """Return how the place ids of a province begin."""
        if province_id not in self.slugs:
            own = (d.place_id.partition("/")[0] for d in self.districts.values() if d.province_id == province_id)
            self.slugs[province_id] = next(own, "") or slug(self.provinces[province_id]["name"])
        return self.slugs[province_id]

    def provinces_named(self) -> list[tuple[str, str]]:
        """Return every spelling of a province with its id."""
        return [
            (name, key)
            for key, row in self.provinces.items()
            for name in (row["name"], *filter(None, row.get("variants", "").split("|")))
        ]

    def districts_named(self, province_id: str) -> list[tuple[str, str]]:
        """Return every spelling of a district of the province with its place id."""
        inside = (d for d in self.districts.values() if d.province_id == province_id)
        return [(name, d.place_id) for d in inside for name in (d.name, *d.variants)]


def _district(row: Mapping[str, str]) -> District:
    variants = tuple(filter(None, row.get("variants", "").split("|")))
    return District(row["place_id"], row["name"], row["province_id"], row.get("pcode", ""), variants)


def slug(name: str) -> str:
    """Return the name as a part of a place id; a name without any Latin letter gets one from its hash."""
    plain = re.sub(r"[^a-z0-9]+", "-", fold(name)).strip("-")[:50].strip("-")
    return plain or "x" + hashlib.sha256(name.encode()).hexdigest()[:8]


@dataclass
class Matcher:
    """Finds places by name. What is not certain is asked; nothing is taken because it looks alike."""

    gazetteer: Gazetteer
    answers: dict[tuple[str, str, str], str] = field(default_factory=dict)
    asked: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    used: dict[str, set[str]] = field(default_factory=dict)  # place_id -> spellings of it
    _exact: dict[tuple[str, str, str], set[str]] = field(default_factory=dict)

    def province(self, spelling: str) -> str | None:
        """Return the province of that name, or None: it is left out, or asked for in `asked`."""
        names = self.gazetteer.provinces_named()
        return self._find("admin1", spelling, "", names, lambda answer: self._add_province(answer, spelling))

    def district(self, spelling: str, province_id: str) -> str | None:
        """Return the district of that name in the province, or None, as `province` does."""
        names = self.gazetteer.districts_named(province_id)
        found = self._find("admin2", spelling, province_id, names, lambda _: self._add(spelling, province_id))
        if found:
            self.used.setdefault(found, set()).add(spelling)
        return found

    def _find(
        self, column: str, spelling: str, within: str, names: list[tuple[str, str]], add: Callable[[str], str]
    ) -> str | None:
        key = (column, spelling, within)
        answer = self.answers.get(key, "")
        if answer:
            self.asked[key] += 1
            if answer == OMIT:
                return None
            return answer if answer in {place for _, place in names} else add(answer)
        if key not in self._exact:
            self._exact[key] = {place for name, place in names if fold(name) == fold(spelling)}
        if len(self._exact[key]) == 1:
            return next(iter(self._exact[key]))
        self.asked[key] += 1
        return None

    def _add(self, spelling: str, province_id: str) -> str:
        place_id = f"{self.gazetteer.slug(province_id)}/{slug(spelling)}"
        if place_id not in self.gazetteer.districts:
            self.gazetteer.districts[place_id] = District(place_id, spelling[:300], province_id)
        return place_id

    def _add_province(self, answer: str, spelling: str) -> str:
        code = answer.removeprefix(NEW).strip()
        self.gazetteer.provinces.setdefault(code, {"province_id": code, "name": spelling[:300], "variants": ""})
        return code

    def candidates(self, key: tuple[str, str, str]) -> str:
        """Return the places that a spelling is most like, with the likeness of 100: `balkh/kaldar 92 | …`."""
        column, spelling, within = key
        named = self.gazetteer.provinces_named() if column == "admin1" else self.gazetteer.districts_named(within)
        like = process.extract(
            fold(spelling)[:200], [fold(n) for n, _ in named], scorer=_likeness, score_cutoff=LIKE_ENOUGH, limit=None
        )
        best: dict[str, float] = {}
        for _, score, at in like:
            best[named[at][1]] = max(score, best.get(named[at][1], 0))
        order = sorted(best.items(), key=lambda item: (-item[1], item[0]))[:CANDIDATES]
        return " | ".join(f"{place} {score:.0f}" for place, score in order)


def _likeness(one: str, other: str, *, score_cutoff: float | None = None) -> float:
    """Return how like two names are, of 100: by their letters, or, somewhat less, by the words that they share."""
    return max(fuzz.ratio(one, other), 0.9 * fuzz.token_set_ratio(one, other))


def read_answers(path: Path, gazetteer: Gazetteer) -> dict[tuple[str, str, str], str]:
    """Read a file to settle, as somebody filled it. Raises Faults for answers that cannot be taken."""
    from districtloss.tables.schema import nearest

    if not path.is_file():
        return {}
    faults, answers = list[Fault](), {}
    try:
        rows = csv_rows.records(path)
    except (OSError, ValueError):
        raise Faults([Fault(path.name, None, None, "cannot be read as UTF-8 CSV", "mend it, or delete it")]) from None
    if rows and not {"column", "spelling", "province", "answer"} <= rows[0].keys():
        raise Faults([Fault(path.name, 1, None, "lacks columns", f"begin it with {','.join(ASKED)}")])
    for line, row in enumerate(rows, 2):
        column, spelling, within, answer = (row[c].strip() for c in ("column", "spelling", "province", "answer"))
        if answer and answer != OMIT:
            known = list(gazetteer.provinces) if column == "admin1" else _inside(gazetteer, within)
            added = _adds_province(answer, known) if column == "admin1" else answer == NEW
            if answer not in known and not added:
                meant = nearest(answer, known)
                new = f"{NEW} with the code of one that is not there (such as {NEW} UA-14)"
                remedy = f"give a province_id, {new}, or leave out"
                if column != "admin1":
                    remedy = f"give a place_id of {within}, {NEW}, or leave out"
                if meant:
                    remedy = f"did you mean {meant}? Otherwise {remedy}"
                faults.append(Fault(path.name, line, "answer", f"{answer[:60]!r} is not known", remedy))
        if answer:
            answers[column, spelling, within] = answer
    if faults:
        raise Faults(faults)
    return answers


def _adds_province(answer: str, known: list[str]) -> bool:
    """Return whether an answer is the code of a province that the gazetteer lacks: with `new`, or of a country of
    which it has none, since a code of a country that it has can be a slip."""
    found = re.fullmatch(rf"({NEW} +)?(([A-Z]{{2}})-[A-Z0-9]{{1,3}})", answer)
    countries = {code.partition("-")[0] for code in known}
    return bool(found and found[2] not in known and (found[1] or found[3] not in countries))


def _inside(gazetteer: Gazetteer, province_id: str) -> list[str]:
    return [d.place_id for d in gazetteer.districts.values() if d.province_id == province_id]
