"""Turns an export of ACLED into a data folder: which rows are changes of control, when, where, and which are not.

ACLED (Armed Conflict Location & Event Data) codes one row an event, a day and a location. What its codebook says
of a column is said here where it is used; the rest is a choice of ours, and the choices that could be made otherwise
are decisions of the folder that is made.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
import re
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from rapidfuzz import fuzz, process

from districtloss import digest, folders, output, values
from districtloss.faults import Fault, Faults
from districtloss.folders import LEFT_OUT, TO_SETTLE
from districtloss.markup import inert_cell
from districtloss.paths import DATA
from districtloss.schema import CONTROL
from districtloss.wording import MONTHS, fold

ASKED = ["column", "spelling", "province", "rows", "candidates", "answer"]
LEFT = ["row", "event_id_cnty", "event_date", "sub_event_type", "admin1", "admin2", "why"]

OVERTAKES = "Non-state actor overtakes territory"
REGAINS = "Government regains territory"
TRANSFER = "Non-violent transfer of territory"
CHANGES = {fold(name): name for name in (OVERTAKES, REGAINS, TRANSFER)}
# As event types were called before ACLED had sub-events.
CHANGES |= {fold(f"Battle-{name}"): name for name in (OVERTAKES, REGAINS)}
OTHER_SUB_EVENTS = (
    "Abduction/forced disappearance", "Agreement", "Air/drone strike", "Armed clash", "Arrests", "Attack",
    "Change to group/activity", "Chemical weapon", "Disrupted weapons use", "Excessive force against protesters",
    "Grenade", "Headquarters or base established", "Looting/property destruction", "Mob violence", "Other",
    "Peaceful protest", "Protest with intervention", "Remote explosive/landmine/IED", "Sexual violence",
    "Shelling/artillery/missile attack", "Suicide bomb", "Violent demonstration",
    "Battle-No change of territory", "Remote violence", "Riots/Protests", "Strategic development",
    "Violence against civilians",
)  # fmt: skip
SUB_EVENTS = CHANGES | {fold(name): "" for name in OTHER_SUB_EVENTS}

NEEDED = ("event_id_cnty", "event_date", "time_precision", "sub_event_type", "actor1", "inter1", "actor2", "inter2",
          "country", "admin1", "admin2", "location", "geo_precision", "source")  # fmt: skip
KNOWN = (*NEEDED, "year", "disorder_type", "event_type", "assoc_actor_1", "assoc_actor_2", "interaction",
         "civilian_targeting", "iso", "iso3", "region", "admin3", "latitude", "longitude", "source_scale", "notes",
         "fatalities", "tags", "timestamp", "data_id", "event_id_no_cnty")  # fmt: skip

AFGHANISTAN, TALIBAN = "Afghanistan", "the Taliban"
GAINS = ("recapture", "claimed_recapture")  # of a government

WHOLE = ("time_precision", "geo_precision", "inter1", "inter2", "timestamp")  # columns of whole numbers

# Of the tables of another country; names are matched to `variants` too, where places.csv has them.
PLACES_NEED = {"provinces": ("province_id", "name"), "places": ("place_id", "name", "province_id", "kind")}

AMBIGUOUS = re.compile(r"(0?[1-9]|1[0-2])/(0?[1-9]|1[0-2])/\d{4}")
NEW = "new"  # the answer that a place is to be added
LIKE_A_CHANGE = "a sub-event that ACLED does not have, like a change of control"
MOST_REASONS = 8  # named on the terminal
CANDIDATES, LIKE_ENOUGH = 5, 60  # how many names are proposed, and from which likeness (of 100) on
LONGEST_LIST = 99_000  # characters of the ids that one decision can touch, by the rules of decisions.csv

# Outlets of a side: what they alone tell of their own side's gains is a claim.
TALIBAN_OUTLETS = re.compile(r"\b(voice of jihad|al emarah|alemarah|islamic emirate)\b")
GOVERNMENT_OUTLETS = re.compile(r"\b(ministry of (national )?defen[cs]e|ministry of (the )?interior|mod|moi)\b")


# --- the gazetteer ------------------------------------------------------------------------------------------------


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
        provinces = {row["province_id"]: row for row in _table(DATA / "provinces.csv")}
        for row in _table(DATA / "gazetteer" / "provinces.csv"):
            provinces[row["province_id"]]["variants"] = row["variants"]
        rows = _table(DATA / "gazetteer" / "districts.csv")
        return cls(provinces, {row["place_id"]: _district(row) for row in rows})

    @classmethod
    def of(cls, folder: Path) -> Gazetteer:
        """The provinces and districts of a folder with both tables, or at least the columns PLACES_NEED of them.

        Raises Faults where it has none that can be read.
        """
        from districtloss import schema, tables

        if not folder.is_dir():
            remedy = "name the folder that holds provinces.csv and places.csv"
            raise Faults([Fault(str(folder), None, None, "is not a folder", remedy)])
        rules, faults = schema.load_for(folder).tables, list[Fault]()
        for name, needed in PLACES_NEED.items():
            table = rules[name]
            found = tables.read_raw(folder / table.file, table, faults.append, rows_needed=False, needed=needed)
            faults += tables.cell_faults(table, found) if found else []
        if faults:
            raise Faults(faults)
        provinces = {row["province_id"]: row for row in _table(folder / "provinces.csv")}
        districts = [_district(row) for row in _table(folder / "places.csv") if row["kind"] == "district"]
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


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def slug(name: str) -> str:
    """Return the name as a part of a place id; a name without any Latin letter gets one from its hash."""
    plain = re.sub(r"[^a-z0-9]+", "-", fold(name)).strip("-")[:50].strip("-")
    return plain or "x" + hashlib.sha256(name.encode()).hexdigest()[:8]


# --- reading the export -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Export:
    """The rows of an export, in their order, with the line on which each begins, and the hash of the file."""

    rows: list[dict[str, str]]
    lines: list[int]
    sha256: str


def read_export(path: Path) -> Export:
    """Read an export: commas, semicolons or tabs; with or without a byte-order mark; headers in any case.

    Raises Faults for what is wrong with the file as a whole.
    """

    def fault(row: int | None, column: str | None, problem: str, remedy: str) -> Fault:
        return Fault(path.name, row, column, problem, remedy)

    try:
        folders.check_ends(path, pipes=True)
        data = path.read_bytes()
        if data[:2] == b"PK":
            remedy = "save it as CSV, or unpack it"
            raise Faults([fault(None, None, "is an Excel workbook or another packed file", remedy)])
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise Faults([fault(None, None, f"cannot be read ({error.strerror})", "name the file of the export")]) from None
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise Faults([fault(line, None, "is not UTF-8", "save the file as UTF-8")]) from None
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise Faults([fault(line, None, "holds a NUL byte", "export the file again")])
    if not text.strip():
        raise Faults([fault(None, None, "is empty", "name the file of the export")])
    head = text.split("\n", 1)[0]
    if head.lstrip().startswith("<"):
        raise Faults([fault(1, None, "is a web page", "download the export itself")])
    delimiter = max(",;\t|", key=head.count)
    limit = csv.field_size_limit(sys.maxsize)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows, lines, faults, begin = list[dict[str, str]](), list[int](), list[Fault](), 1
    try:
        header = [name.strip().lower() for name in next(reader)]
        faults += _header_faults(header, fault)
        begin = reader.line_num + 1
        for cells in reader:
            if len(cells) == len(header):
                texts = (CONTROL.sub(" ", cell).strip() for cell in cells)  # our tables hold none of these
                rows.append(_as_exported(dict(zip(header, texts, strict=True))))
                lines.append(begin)
            elif cells:
                problem = f"{_counted(len(cells), 'cell')} where the header has {len(header)}"
                faults.append(fault(begin, None, problem, "export the file again"))
            begin = reader.line_num + 1
    except csv.Error:
        faults.append(fault(begin, None, "the quotes of this row are not paired", "export the file again"))
    finally:
        csv.field_size_limit(limit)
    if not rows and not faults:
        faults.append(fault(None, None, "has a header and no rows", "export some"))
    if faults:
        raise Faults(faults)
    return Export(rows, lines, hashlib.sha256(data).hexdigest())


def _as_exported(row: dict[str, str]) -> dict[str, str]:
    """Return a row without what programs add that save an export: `1.0` for 1, midnight for a day."""
    row |= {name: row[name].removesuffix(".0") for name in WHOLE if name in row}
    if "event_date" in row:
        row["event_date"] = re.sub(r"[T ]00:00(:00(\.0+)?)?$", "", row["event_date"])
    return row


def _header_faults(header: list[str], fault: Callable[[int | None, str | None, str, str], Fault]) -> Iterator[Fault]:
    for name in NEEDED:
        if name not in header:
            strange = [found for found in header if found not in KNOWN]
            like = process.extractOne(name, strange, scorer=fuzz.ratio, score_cutoff=70)
            remedy = f"is {like[0][:60]!r} meant?" if like else "export it too"
            yield fault(1, name, "the column is missing", remedy)
    for name in dict.fromkeys(name for name in header if name in NEEDED and header.count(name) > 1):
        yield fault(1, name, "the column stands twice", "delete one of the two")


def day_of(text: str) -> dt.date | None:
    """Return the day that a cell of ACLED's means: 2021-06-21, 21 June 2021, 21-Jun-2021 or 21/06/2021."""
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            day = dt.date.fromisoformat(text)
        elif found := re.fullmatch(r"(\d{1,2})[ -]([A-Za-z]{3,9})[ -](\d{4})", text):
            months = [i for i, name in enumerate(MONTHS, 1) if name.startswith(found[2].lower())]
            day = dt.date(int(found[3]), months[0], int(found[1]))
        elif found := re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", text):  # ACLED writes the day first
            day = dt.date(int(found[3]), int(found[2]), int(found[1]))
        else:
            return None
    except (ValueError, IndexError):
        return None
    return day if 1900 <= day.year <= 2100 else None


def days_of(day: dt.date, precision: str, recorded: dt.date | None) -> tuple[dt.date, dt.date, str] | None:
    """Return the days on which an event can have happened and why; None for a precision that ACLED does not have.

    By ACLED's codebook, 1 is the day itself; at 2 the event lies in a week (or a weekend), whose middle is given;
    at 3 it lies in a month, whose middle (or first or last day) is given. Nothing happened after it was recorded.
    """
    if precision == "1":
        return day, day, "Time precision 1: the day itself"
    if precision == "2":
        first, last = day - dt.timedelta(3), day + dt.timedelta(3)
        basis = f"Time precision 2: the week around {day}"
    elif precision == "3":
        first = day.replace(day=1)
        last = (first + dt.timedelta(31)).replace(day=1) - dt.timedelta(1)
        basis = f"Time precision 3: the month of {day}"
    else:
        return None
    if recorded and day <= recorded < last:
        last, basis = recorded, f"{basis}, up to the day on which it was recorded"
    return first, last, basis


def _recorded(row: Mapping[str, str]) -> dt.date | None:
    """The day of ACLED's `timestamp`, seconds since 1970 (or, in some exports, a day)."""
    text = row.get("timestamp", "")
    if re.fullmatch(r"\d{9,11}", text):
        return dt.datetime.fromtimestamp(int(text), dt.UTC).date()
    return day_of(text[:10])


def _future(rows: list[dict[str, str]]) -> Callable[[dt.date], str]:
    """Return what says of a day why no event of the export can be of it, or nothing.

    Nothing happened after the newest row was recorded, nor after today: such a day is a slip, which would stretch the
    window.
    """
    newest, today = max(filter(None, map(_recorded, rows)), default=dt.date.max), dt.date.today()

    def why(day: dt.date) -> str:
        if day > newest:
            return f"a date in the future: {day} is after {newest}, the newest timestamp of the export"
        return f"a date in the future: {day} is after today" if day > today else ""

    return why


@cache  # an export has many rows of few sub-events
def _no_change(sub_event: str) -> str:
    """Return why a sub-event is no change of control, with the one that may be meant where it is like one."""
    folded = fold(sub_event)[:200]
    like = process.extractOne(folded, list(SUB_EVENTS), scorer=fuzz.ratio, score_cutoff=LIKE_ENOUGH)
    if like and folded not in SUB_EVENTS and (meant := SUB_EVENTS[like[0]]):
        return f"{LIKE_A_CHANGE}: {sub_event[:60]!r}, is {meant!r} meant?"
    return f"no change of control: {sub_event[:60] or 'no sub-event type'}"


# --- who took what from whom --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Change:
    """A change of control: a capture from the government, or a recapture by it."""

    event_type: str  # capture | recapture
    actor: str
    order_matters: bool = False  # who gains follows from the order of the actors alone
    loser: str = ""  # of a recapture: taliban | other_group, where one is named


def change_of(row: Mapping[str, str], sub_event: str) -> Change | str:
    """Return the change of control that a row tells of, or why it is none between a government and others.

    The order of actors has no meaning in ACLED, so sides are told by the kind of actor (`inter`). Only a transfer
    without violence between a government and others does not say who gains; there the first actor is taken.
    """
    sides = [(row[f"actor{i}"], _side(row[f"actor{i}"], row[f"inter{i}"])) for i in (1, 2) if row[f"actor{i}"]]
    if not sides:
        return "no actor is named"
    if any(side == "taliban government" for _, side in sides):
        return "the government meant is that of the Taliban, since August 2021"
    state = [name for name, side in sides if side == "government"]
    others = [name for name, side in sides if side == "other"]
    helpers = any(_pro_government(row.get(f"assoc_actor_{i}", "")) for i in (1, 2))
    loser = max(map(_actor, others), default="")  # the Taliban, where they are among several
    regained = Change("recapture", "government_and_locals" if helpers else "government", loser=loser)
    if sub_event == REGAINS:
        return regained
    if sub_event == TRANSFER:
        if len(sides) == 1 or not (state and others):
            return regained if not others else _taken(others, state, alone=len(sides) == 1)
        first = sides[0][1]
        made = regained if first == "government" else Change("capture", _actor(others[0]))
        return replace(made, order_matters=True)
    return _taken(others, state, alone=len(sides) == 1)


def _taken(others: list[str], state: list[str], alone: bool) -> Change | str:
    if not others:
        return "no actor but the government is named"
    if not state and not alone:
        return f"between others than the government: {others[0]} and {others[1]}"
    return Change("capture", _actor(others[0]))


def _side(actor: str, inter: str) -> str:
    """`government`, `taliban government` or `other`. `inter` is a number in older exports and words in newer ones."""
    state = inter == "1" or fold(inter) == "state forces"
    if state and ("taliban" in fold(actor) or re.search(r"Afghanistan \(2021-\)", actor)):
        return "taliban government"
    return "government" if state or _pro_government(actor) else "other"


def _pro_government(actor: str) -> bool:
    return "pro government" in fold(actor)


def _actor(name: str) -> str:
    return "taliban" if "taliban" in fold(name) else "other_group"


def attribution_of(row: Mapping[str, str], change: Change) -> tuple[str, str]:
    """Return (event_type, attribution): what a side alone tells of its gain is a claim, of its loss an admission."""
    outlets = [fold(name) for name in row["source"].split(";") if name.strip()]
    kinds = {_outlet_of(outlet) for outlet in outlets}
    if len(kinds) == 1 and (kind := kinds.pop()):
        gains = "taliban" if change.event_type == "capture" else "government"
        if kind == gains:
            return f"claimed_{change.event_type}", "claimed_by_party"
        return change.event_type, "confirmed_by_official" if kind == "government" else "reported_by_media"
    only_new_media = fold(row.get("source_scale", "")) == "new media"
    return change.event_type, "social_media" if only_new_media else "reported_by_media"


def _outlet_of(name: str) -> str:
    if TALIBAN_OUTLETS.search(name):
        return "taliban"
    return "government" if GOVERNMENT_OUTLETS.search(name) else ""


# --- where --------------------------------------------------------------------------------------------------------


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
            if answer == "leave out":
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
            fold(spelling)[:200], [fold(n) for n, _ in named], scorer=fuzz.ratio, score_cutoff=LIKE_ENOUGH, limit=None
        )
        best: dict[str, float] = {}
        for _, score, at in like:
            best[named[at][1]] = max(score, best.get(named[at][1], 0))
        order = sorted(best.items(), key=lambda item: (-item[1], item[0]))[:CANDIDATES]
        return " | ".join(f"{place} {score:.0f}" for place, score in order)


def read_answers(path: Path, gazetteer: Gazetteer) -> dict[tuple[str, str, str], str]:
    """Read a file to settle, as somebody filled it. Raises Faults for answers that cannot be taken."""
    from districtloss.tables import nearest

    if not path.is_file():
        return {}
    faults, answers = list[Fault](), {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError, csv.Error):
        raise Faults([Fault(path.name, None, None, "cannot be read as UTF-8 CSV", "mend it, or delete it")]) from None
    if rows and not {"column", "spelling", "province", "answer"} <= rows[0].keys():
        raise Faults([Fault(path.name, 1, None, "lacks columns", f"begin it with {','.join(ASKED)}")])
    for line, row in enumerate(rows, 2):
        column, spelling, within, answer = (
            (row[c] or "").strip() for c in ("column", "spelling", "province", "answer")
        )
        if answer and answer != "leave out":
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


# --- from rows to tables ------------------------------------------------------------------------------------------


@dataclass
class Import:
    """What an export came to."""

    tables: dict[str, list[dict[str, str]]]
    package: dict[str, object]
    to_settle: list[dict[str, str]]
    left_out: list[dict[str, str]]
    rows: int
    provincial: int  # events that are placed in a province alone
    day_first: str  # a date of the export whose day and month could be taken for each other, if there is one
    window: tuple[dt.date, dt.date]

    @property
    def open_questions(self) -> list[dict[str, str]]:
        return [row for row in self.to_settle if not row["answer"]]


def convert(export: Export, gazetteer: Gazetteer, answers: Mapping[tuple[str, str, str], str]) -> Import:
    """Return the tables that an export comes to, the spellings that are to be settled and the rows left out."""
    matcher = Matcher(gazetteer, dict(answers))
    events, left, origin = list[dict[str, str]](), list[dict[str, str]](), dict[str, tuple[Mapping[str, str], Change]]()
    number = _numbering(export.rows)
    seen: set[str] = set()
    country, future = _country(gazetteer), _future(export.rows)
    for at, row in enumerate(export.rows, 1):
        made = _event(row, at, number(at, row), matcher, country, future, seen)
        if isinstance(made, str):
            left.append(_left(row, at, made))
        else:
            event, change = made
            events.append(event)
            origin[event["event_id"]] = row, change
    here = _in_country(export.rows, country)
    side = _side_taking(events, _country_named(here))
    if side == TALIBAN:
        # The report is on one side's gains: what another group took is no loss to that side, nor what was won back
        # from it a gain.
        theirs = [event for event in events if _of_another_group(event, origin[event["event_id"]][1])]
        for event in theirs:
            how = "won back from" if event["event_type"] in GAINS else "taken by"
            taken, _ = origin.pop(event["event_id"])
            left.append(_left(taken, int(event["paragraph"]), f"{how} another group than {TALIBAN}"))
        events = [event for event in events if event["event_id"] in origin]
        left.sort(key=lambda one: int(one["row"]))
    days = _covered(export.rows, country)
    first, last = min(days), max(days)
    source = _source(export, max([last, *(dt.date.fromisoformat(e["date_latest"]) for e in events)]))
    for event in events:
        event["source_id"] = source["source_id"]
    tables = {
        "sources": [source],
        "provinces": [_province(row) for row in gazetteer.provinces.values()],
        "places": _places(events, matcher),
        "events": events,
        "claims": [],
        **_decisions(events, origin, matcher),
    }
    asked = [
        {"column": key[0], "spelling": key[1], "province": key[2], "rows": str(count),
         "candidates": matcher.candidates(key), "answer": matcher.answers.get(key, "")}
        for key, count in sorted(matcher.asked.items(), key=lambda item: (item[0][0], -item[1], item[0]))
    ]  # fmt: skip
    provincial = sum(event["place_id"].endswith("/province") for event in events)
    # An event that is known to a week or a month can lie after the last day, but the export was not made to cover that.
    window = min(first, last - dt.timedelta(1)), last
    package = _package(_country_named(here), side, window)
    day_first = next((row["event_date"] for row in here if AMBIGUOUS.fullmatch(row["event_date"])), "")
    return Import(tables, package, asked, left, len(export.rows), provincial, day_first, window)


def _country(gazetteer: Gazetteer) -> str:
    """Afghanistan, where the gazetteer is of it alone; exports of many countries are then told apart."""
    known = gazetteer.provinces
    return AFGHANISTAN if known and all(key.startswith("AF-") for key in known) else ""


def _in_country(rows: list[dict[str, str]], country: str) -> list[dict[str, str]]:
    return [row for row in rows if not country or fold(row["country"]) == fold(country)]


def _covered(rows: list[dict[str, str]], country: str) -> list[dt.date]:
    """Return the days of rows in a country that can be read and are not in the future."""
    future = _future(rows)
    return [day for row in _in_country(rows, country) if (day := day_of(row["event_date"])) and not future(day)]


def _numbering(rows: list[dict[str, str]]) -> Callable[[int, Mapping[str, str]], str]:
    """Number events by ACLED's own ids where they differ in their digits, so that a later export keeps them."""
    ids = {row["event_id_cnty"] for row in rows}
    digits = {name: re.sub(r"[^0-9]", "", name) for name in ids}
    if all(0 < len(d) <= 12 for d in digits.values()) and len(set(map(int, digits.values()))) == len(ids):
        return lambda _, row: f"{int(digits[row['event_id_cnty']]):03d}"
    return lambda at, _: f"{at:03d}"


def _event(
    row: Mapping[str, str],
    at: int,
    number: str,
    matcher: Matcher,
    country: str,
    future: Callable[[dt.date], str],
    seen: set[str],
) -> tuple[dict[str, str], Change] | str:
    """Return the event that a row comes to, or why it is left out."""
    sub_event = CHANGES.get(fold(row["sub_event_type"]))
    if not sub_event:
        return _no_change(row["sub_event_type"])
    if country and fold(row["country"]) != fold(country):
        return f"not in {country} (for another country, say --places)"
    day = day_of(row["event_date"])
    if not day:
        return f"a date that cannot be read: {row['event_date'][:40]!r}"
    if too_late := future(day):
        return too_late
    days = days_of(day, row["time_precision"], _recorded(row))
    if not days:
        return f"no time precision of ACLED's (1, 2, 3): {row['time_precision'][:20]!r}"
    if row["geo_precision"] not in ("", "1", "2", "3"):
        return f"no geo precision of ACLED's (1, 2, 3): {row['geo_precision'][:20]!r}"
    change = change_of(row, sub_event)
    if isinstance(change, str):
        return change
    if number in seen:
        return "the event id stands in an earlier row"
    place = _place(row, matcher)
    if not place[0]:
        return place[1]
    seen.add(number)
    event_type, attribution = attribution_of(row, change)
    first, last, basis = days
    return {
        "event_id": f"E{number}",
        "incident_id": f"I{number}",
        "paragraph": str(at),
        "place_id": place[0],
        "event_type": event_type,
        "actor": change.actor,
        "date_earliest": first.isoformat(),
        "date_latest": last.isoformat(),
        "date_precision": "day" if first == last else "interval",
        "date_basis": basis,
        "reported_by": row["source"][:300],
        "attribution": attribution,
        "note": f"ACLED {row['event_id_cnty'][:40]}: {sub_event}, at {row['location'][:120] or 'no named location'}"
        f" (geo precision {row['geo_precision'][:5] or 'not given'})",
    }, change


def _place(row: Mapping[str, str], matcher: Matcher) -> tuple[str, str]:
    """Return (place_id, "") or ("", why there is none).

    At geo precision 3 ACLED knows only a larger region and gives the provincial capital in its place, so the
    district that stands there is none that was reported.
    """
    if not row["admin1"]:
        return "", "no province (admin1) is given"
    province = matcher.province(row["admin1"])
    if not province:
        return "", _why("admin1", row["admin1"], "", matcher)
    if row["geo_precision"] == "3" or not row["admin2"]:
        return f"{matcher.gazetteer.slug(province)}/province", ""
    district = matcher.district(row["admin2"], province)
    return (district, "") if district else ("", _why("admin2", row["admin2"], province, matcher))


def _why(column: str, spelling: str, within: str, matcher: Matcher) -> str:
    if matcher.answers.get((column, spelling, within)) == "leave out":
        return f"settled by hand: {column} {spelling[:60]!r} is left out"
    return f"{column} {spelling[:60]!r} is to be settled in {TO_SETTLE}"


def _source(export: Export, last: dt.date) -> dict[str, str]:
    return {
        "source_id": f"acled-{last}",
        "title": "Changes of territory in an export of ACLED",
        "outlet": "ACLED",
        "published": last.isoformat(),
        "published_basis": "inferred",
        "published_note": "The last day on which an event of the export can have happened; ACLED names the day on "
        "which it recorded an event and none of publication",
        "language": "en",
        "sha256": export.sha256,
        "note": "Paragraphs are rows of the export, the header left out. ACLED's own terms hold for its data",
    }


def _province(row: Mapping[str, str]) -> dict[str, str]:
    columns = ("province_id", "name", "capital", "tile_column", "tile_row")
    return {name: row.get(name, "") for name in columns}


def _places(events: list[dict[str, str]], matcher: Matcher) -> list[dict[str, str]]:
    gazetteer, places = matcher.gazetteer, list[dict[str, str]]()
    slugs = {gazetteer.slug(key): key for key in gazetteer.provinces}
    for place_id in sorted({event["place_id"] for event in events}):
        if district := gazetteer.districts.get(place_id):
            spelt = {s for s in matcher.used.get(place_id, ()) if s != district.name and "|" not in s}
            variants = list(dict.fromkeys([*district.variants, *sorted(spelt)]))
            places.append({"place_id": place_id, "name": district.name, "province_id": district.province_id,
                           "kind": "district", "pcode": district.pcode, "variants": "|".join(variants)})  # fmt: skip
        else:
            province = slugs[place_id.partition("/")[0]]
            name = f"{gazetteer.provinces[province]['name']} province"
            places.append({"place_id": place_id, "name": name, "province_id": province, "kind": "area"})
    return places


def _decisions(
    events: list[dict[str, str]], origin: Mapping[str, tuple[Mapping[str, str], Change]], matcher: Matcher
) -> dict[str, list[dict[str, str]]]:
    """Return the decisions that reading ACLED took, and what their alternatives change."""
    counted = [e for e in events if e["place_id"] in matcher.gazetteer.districts]
    elsewhere = [e for e in counted if not _is_center(origin[e["event_id"]][0], e, matcher)]
    in_order = [e for e in counted if origin[e["event_id"]][1].order_matters]
    decisions, options = list[dict[str, str]](), list[dict[str, str]]()

    def decide(question: str, chosen: str, alternative: str, reason: str, touched: list[dict[str, str]]) -> None:
        touches = "|".join(e["event_id"] for e in touched)
        if not touched or len(touches) > LONGEST_LIST:
            return
        decision = f"D{len(decisions) + 1:02d}"
        decisions.append({"decision_id": decision, "question": question, "chosen": chosen,
                          "alternatives": alternative, "reason": reason, "touches": touches})  # fmt: skip
        for event in touched:
            event["decision_id"] = event.get("decision_id") or decision
            options.append({"decision_id": decision, "option": alternative, "table": "events",
                            "row_id": event["event_id"], "column": "event_type", "value": "other"})  # fmt: skip

    decide(
        "Does the capture of a location count as the fall of the district that it lies in?", "counted",
        "centers_only",
        "ACLED records locations. One that does not bear its district's name need not be the seat of it.", elsewhere,
    )  # fmt: skip
    decide(
        "Who gains where territory changes hands without violence between the government and others?",
        "first_actor", "not_counted",
        "ACLED gives its order of actors no meaning; the first is as a rule the one that acts.", in_order,
    )  # fmt: skip
    return {"decisions": decisions, "options": options}


def _is_center(row: Mapping[str, str], event: Mapping[str, str], matcher: Matcher) -> bool:
    district = matcher.gazetteer.districts[event["place_id"]]
    location = fold(row["location"])
    return any(fold(name) == location for name in (row["admin2"], district.name, *district.variants))


def _side_taking(events: list[dict[str, str]], country: str) -> str:
    """Return how the report names the side that takes districts: the Taliban where they act more often than others,
    in Afghanistan also where they act as often."""
    actors = Counter(event["actor"] for event in events)
    more = actors["taliban"] - actors["other_group"]
    return TALIBAN if more > 0 or (more == 0 and fold(country) == fold(AFGHANISTAN)) else "armed groups"


def _of_another_group(event: Mapping[str, str], change: Change) -> bool:
    """Return whether a change is to or from another group than the Taliban."""
    return (change.loser if event["event_type"] in GAINS else event["actor"]) == "other_group"


def _left(row: Mapping[str, str], at: int, why: str) -> dict[str, str]:
    """Return a row of left_out.csv."""
    return {**{c: row.get(c, "") for c in LEFT}, "row": str(at), "why": why}


def _country_named(rows: list[dict[str, str]]) -> str:
    """Return the country that most rows are of, as ACLED names it."""
    countries = Counter(row["country"] for row in rows if row["country"])
    return countries.most_common(1)[0][0][:80] if countries else ""


def _package(country: str, side: str, window: tuple[dt.date, dt.date]) -> dict[str, object]:
    """Return what datapackage.json says beside the rules of the tables."""
    return {
        "name": "districtloss-acled",
        "title": f"Changes of territory in an export of ACLED: {country}",
        folders.COUNTRY: country if country.isprintable() else "",
        folders.SIDE: side,
        folders.PARAMETERS: dict(zip(("start", "as_of"), map(dt.date.isoformat, window), strict=True)),
    }


# --- writing ------------------------------------------------------------------------------------------------------


def _check_day_first(export: Export, path: Path) -> None:
    """Raise Faults where a date has the month first: of the others, nobody could tell day and month apart."""
    for line, row in zip(export.lines, export.rows, strict=True):
        found = re.fullmatch(r"(\d{1,2})/(\d{1,2})/\d{4}", row["event_date"])
        if found and int(found[2]) > 12 >= int(found[1]):
            problem = (
                f"{row['event_date']} has the month first, so that in other rows day and month cannot be told apart"
            )
            raise Faults([Fault(path.name, line, "event_date", problem, "write days as 2021-06-21")])


def _check_dates(export: Export, gazetteer: Gazetteer, path: Path) -> None:
    """Raise Faults where no row has a date that can be: there is no window then."""
    if not _covered(export.rows, _country(gazetteer)):
        line, first = export.lines[0], export.rows[0]["event_date"][:40]
        problem = f"no date of the export can be read, or is in the past; this one is {first!r}"
        raise Faults([Fault(path.name, line, "event_date", problem, "write days as 2021-06-21")])


def _check_country(export: Export, gazetteer: Gazetteer, path: Path) -> None:
    """Raise Faults where no row is in the country of the gazetteer."""
    country, found = _country(gazetteer), _country_named(export.rows)
    if country and not found:
        raise Faults([Fault(path.name, None, "country", "is empty in every row", f"say {country} where it is that")])
    if country and found and all(fold(row["country"]) != fold(country) for row in export.rows):
        remedy = f"give the provinces and districts of {found} with --places FOLDER"
        raise Faults([Fault(path.name, None, "country", f"no row is in {country}", remedy)])


def import_export(path: Path, target: Path, places: Path | None = None) -> Import:
    """Turn the export into a data folder at `target`, which is new, empty or an import's before.

    Answers in its to_settle.csv are taken. Raises Faults, and then leaves the folder as it was.
    """
    gazetteer = Gazetteer.of(places) if places else Gazetteer.ours()
    export = read_export(path)
    _check_day_first(export, path)
    _check_country(export, gazetteer, path)
    _check_dates(export, gazetteer, path)
    with output.replacing(target, check_target) as fresh:
        # The answers are somebody's work: where an import was killed, they are in their place again only now.
        made = convert(export, gazetteer, read_answers(target / TO_SETTLE, gazetteer))
        _fill(made, fresh)
    return made


def told(made: Import, target: Path) -> str:
    """Say what came of an import, for the terminal."""
    events = made.tables["events"]
    to_settle = [row for row in made.left_out if row["why"].endswith(TO_SETTLE)]
    lines = [f"{target}: {_counted(len(events), 'event')} from {_counted(made.rows, 'row')}."]
    if made.provincial:
        lines.append(f"Of them {made.provincial:,} can be placed in a province alone, and count for no district.")
    lines.append(
        f"The report's window: {values.span(*made.window)}. If the export covers more, give --start or --as-of."
    )
    if made.day_first:
        lines.append(f"Dates are read with the day first, as ACLED writes them: {made.day_first} is {_day(made)}.")
    if made.left_out:
        lines.append(f"Left out, as {target / LEFT_OUT} says of each: {_counted(len(made.left_out), 'row')}.")
        others = (row["why"] for row in made.left_out if not row["why"].endswith(TO_SETTLE))
        reasons = Counter(why.split(":")[0] for why in others)
        lines += [f"  {count:,}  {why}" for why, count in reasons.most_common(MOST_REASONS)]
        if len(reasons) > MOST_REASONS:
            told = sum(count for _, count in reasons.most_common(MOST_REASONS))
            lines.append(f"  {reasons.total() - told:,}  other reasons")
    like: dict[str, str] = {}  # and the first row of each
    for row in made.left_out:
        if row["why"].startswith(LIKE_A_CHANGE):
            like.setdefault(row["why"].removeprefix(f"{LIKE_A_CHANGE}: "), row["row"])
    lines += [f"  Row {at}, sub_event_type: {why}" for why, at in list(like.items())[:MOST_REASONS]]
    if made.open_questions:
        names = _counted(len(made.open_questions), "spelling")
        lines.append(f"  {len(to_settle):,}  with a place that is to be settled: {names}")
        lines.append(f"Fill the column answer of {target / TO_SETTLE} and run the same command again.")
    return "\n".join(lines)


def _day(made: Import) -> str:
    day = day_of(made.day_first)
    assert day
    return f"{day.day} {day:%B}"


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _made(folder: Path, package: Mapping[str, object]) -> dict[str, str]:
    """Return the hash of each file of an import but for the answers, and of what `package` says of the folder."""
    paths = [path for path in digest.paths(folder) if not output.is_of_the_system(path)]
    found = {path: digest.sha256(folder / path) for path in paths}
    said = json.dumps({key: value for key, value in package.items() if key != folders.IMPORT}, sort_keys=True)
    return found | {TO_SETTLE: "", folders.PACKAGE: hashlib.sha256(said.encode()).hexdigest()}


def check_target(target: Path) -> None:
    """Raise Faults unless the folder is new, empty or an import's before."""
    output.check_folder(target)
    if not target.exists() or not any(target.iterdir()):
        return
    try:
        package = json.loads((target / folders.PACKAGE).read_text("utf-8"))
    except (OSError, ValueError):
        package = {}
    if not isinstance(package, dict) or folders.IMPORT not in package:
        problem = "holds files that this command did not make"
        raise Faults([Fault(str(target), None, None, problem, "name an empty or a new folder")])
    made = package[folders.IMPORT]
    if not isinstance(made, dict):  # an import of version 1.0.0 did not say what it made
        return
    changed = [name for name, sha256 in _made(target, package).items() if made.get(name) != sha256]
    if changed:
        named = ", ".join(changed[:3]) + (" and more" if changed[3:] else "")
        problem = f"holds {named}, added or changed since the import"
        remedy = "which would undo that: import into another folder, or move this one"
        raise Faults([Fault(str(target), None, None, problem, remedy)])


def _fill(made: Import, folder: Path) -> None:
    from districtloss import schema
    from districtloss.codebook import codebook
    from districtloss.starter import described

    for name, table in schema.load().tables.items():
        write_table(folder / table.file, list(table.columns), made.tables[name])
    write_table(folder / TO_SETTLE, ASKED, made.to_settle)
    write_table(folder / LEFT_OUT, LEFT, ({k: inert_cell(v) for k, v in row.items()} for row in made.left_out))
    other = {("events", "actor"): {"other_group": "Another armed group"}}
    package = described(made.package, other)
    (folder / "CODEBOOK.md").write_text(codebook(schema.package_of(package)), "utf-8")
    shutil.copyfile(Path(__file__).with_name("acled_readme.md"), folder / "README.md")
    package[folders.IMPORT] = _made(folder, package)
    (folder / folders.PACKAGE).write_text(json.dumps(package, indent=2, ensure_ascii=False) + "\n", "utf-8")


def write_table(path: Path, columns: list[str], rows: Iterable[Mapping[str, str]]) -> None:
    """Write a table as CSV; cells that a row lacks are empty."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
