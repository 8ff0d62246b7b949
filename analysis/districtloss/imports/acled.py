"""Reads an export of ACLED: which rows are changes of control, on which days, by whom, and who says so.

ACLED (Armed Conflict Location & Event Data) codes one row an event, a day and a location. What its codebook says
of a column is said here where it is used; the rest is a choice of ours.
"""

from __future__ import annotations

import codecs
import datetime as dt
import hashlib
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from rapidfuzz import fuzz, process

from districtloss.english import MONTHS, fold
from districtloss.errors import Fault, Faults
from districtloss.files import csv_rows
from districtloss.imports.places import LIKE_ENOUGH
from districtloss.phrasing import agreeing
from districtloss.tables import folders
from districtloss.tables.schema import CONTROL
from districtloss.vocabulary import FIRST_DAY, LAST_DAY

OVERTAKES = "Non-state actor overtakes territory"
REGAINS = "Government regains territory"
TRANSFER = "Non-violent transfer of territory"
CHANGES = {fold(name): name for name in (OVERTAKES, REGAINS, TRANSFER)}
# As event types were called before ACLED had sub-events.
CHANGES |= {fold(f"Battle-{name}"): name for name in (OVERTAKES, REGAINS)}
CHANGES[fold("Battle-Non-state actors overtake territory")] = OVERTAKES
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
# What is read besides, where it is there.
ASIDE = ("year", "assoc_actor_1", "assoc_actor_2", "source_scale", "timestamp")
KNOWN = (*NEEDED, "year", "disorder_type", "event_type", "assoc_actor_1", "assoc_actor_2", "interaction",
         "civilian_targeting", "iso", "iso3", "region", "admin3", "latitude", "longitude", "source_scale", "notes",
         "fatalities", "tags", "timestamp", "data_id", "event_id_no_cnty")  # fmt: skip

PACKED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ")  # gzip, bzip2 and xz, in which R saves too
WHOLE = ("year", "time_precision", "geo_precision", "inter1", "inter2", "timestamp")  # columns of whole numbers

LIKE_A_CHANGE = "a sub-event that ACLED does not have, like a change of control"

# Outlets of a side: what they alone tell of their own side's gains is a claim.
TALIBAN_OUTLETS = re.compile(r"\b(voice of jihad|al emarah|alemarah|islamic emirate)\b")
MINISTRIES = re.compile(r"\b(ministry of (national )?defen[cs]e|ministry of (the )?interior|mod|moi)\b")
OF_STATES = ("of", "the", "and", "s", "republic", "islamic", "democratic", "federation", "union", "government")


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
        if data.startswith(PACKED):
            raise Faults([fault(None, None, "is a packed file", "unpack it, and export it as CSV")])
        data.decode("utf-8-sig")
    except OSError as error:
        raise Faults([fault(None, None, f"cannot be read ({error.strerror})", "name the file of the export")]) from None
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise Faults([fault(line, None, "is not UTF-8", "save the file as UTF-8")]) from None
    if b"\0" in data:
        line = data[: data.index(b"\0")].count(b"\n") + 1
        raise Faults([fault(line, None, "holds a NUL byte", "export the file again")])
    head = data[: data.find(b"\n") + 1 or None].decode("utf-8-sig")
    if not data.removeprefix(codecs.BOM_UTF8).strip():
        raise Faults([fault(None, None, "is empty", "name the file of the export")])
    for sign, what in (("<", "a web page"), ("{", "JSON"), ("[", "JSON")):
        if head.lstrip().startswith(sign):
            raise Faults([fault(1, None, f"is {what}", "download the export as CSV")])
    delimiter = max(",;\t|", key=head.count)
    text = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig", newline="")
    table = csv_rows.rows(text, delimiter)
    rows, lines, faults = list[dict[str, str]](), list[int](), list[Fault]()
    known: dict[str, str] = {}  # most cells of an export stand in many rows: each text is read and held once
    try:
        header = [name.strip().lower() for name in next(table)[1]]
        before_sub_events = "event_type" in header and "sub_event_type" not in header
        if before_sub_events:
            header[header.index("event_type")] = "sub_event_type"
        faults += _header_faults(header, fault)
        wanted = [(at, name) for at, name in enumerate(header) if name in (*NEEDED, *ASIDE)]
        notes = header.index("notes") if "notes" in header else None
        for line, cells in table:
            if len(cells) == len(header):
                for at, _ in wanted:
                    if cells[at] not in known:
                        known[cells[at]] = CONTROL.sub(" ", cells[at]).strip()  # our tables hold none of these
                row = _as_exported({name: known[cells[at]] for at, name in wanted})
                if notes is not None and change_named(row.get("sub_event_type", "")) == TRANSFER:
                    row["notes"] = cells[notes]  # of the others nothing is read, and they are most of a file
                rows.append(row)
                lines.append(line)
            elif cells:
                number = f"{len(cells)} {agreeing(str(len(cells)), 'cell', 'cells')}"
                problem = f"{number} where the header has {len(header)}"
                faults.append(fault(line, None, problem, "export the file again"))
    except csv_rows.UnpairedQuotes as error:
        faults.append(fault(error.line, None, "the quotes of this row are not paired", "export the file again"))
    if not rows and not faults:
        faults.append(fault(None, None, "has a header and no rows", "export some"))
    if before_sub_events and not faults and not any(fold(r["sub_event_type"]).startswith("battle ") for r in rows):
        faults.append(fault(1, "sub_event_type", "the column is missing", "export it too"))
    if faults:
        raise Faults(faults)
    return Export(rows, lines, hashlib.sha256(data).hexdigest())


def _as_exported(row: dict[str, str]) -> dict[str, str]:
    """Return a row without what programs change that save an export: `1.0` for 1, midnight after a day, a year of two
    digits, which are those of the column `year`."""
    row |= {name: row[name].removesuffix(".0") for name in WHOLE if name in row}
    day = re.sub(r"[T ]00:00(:00(\.0+)?)?(Z|\+00:?00)?$", "", row.get("event_date", ""))
    short = re.fullmatch(r"(\d{1,2}([-/ ]).+\2)(\d\d)", day)
    if short and re.fullmatch(rf"\d\d{short[3]}", row.get("year", "")):
        day = short[1] + row["year"]
    return row | {"event_date": day}


def _header_faults(header: list[str], fault: Callable[[int | None, str | None, str, str], Fault]) -> Iterator[Fault]:
    if "week" in header and "events" in header:
        yield fault(1, None, "counts events by weeks, and names no districts", "export the events themselves")
        return
    missing = [name for name in NEEDED if name not in header]
    if 2 * len(missing) > len(NEEDED):
        some = f"{len(missing)} of {len(NEEDED)} columns are missing, {missing[0]} among them"
        raise Faults([fault(1, None, f"is no export of ACLED's: {some}", "name a file that is one")])
    for name in NEEDED:
        if name not in header:
            strange = [found for found in header if found not in KNOWN]
            like = process.extractOne(name, strange, scorer=fuzz.ratio, score_cutoff=70)
            remedy = f"is {like[0][:60]!r} meant?" if like else "export it too"
            yield fault(1, name, "the column is missing", remedy)
    for name in dict.fromkeys(name for name in header if name in NEEDED and header.count(name) > 1):
        yield fault(1, name, "the column stands twice", "delete one of the two")


@cache  # an export has many rows of few days
def day_of(text: str) -> dt.date | None:
    """Return the day that a cell of ACLED's means: 2021-06-21, 21 June 2021, 21-Jun-2021, 21/06/2021, 21-06-2021
    and 21.06.2021, as programs write it in some languages."""
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            day = dt.date.fromisoformat(text)
        elif found := re.fullmatch(r"(\d{1,2})[ -]([A-Za-z]{3,9})[ -](\d{4})", text):
            months = [i for i, name in enumerate(MONTHS, 1) if name.startswith(found[2].lower())]
            day = dt.date(int(found[3]), months[0], int(found[1]))
        elif found := re.fullmatch(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})", text):  # ACLED writes the day first
            day = dt.date(int(found[4]), int(found[3]), int(found[1]))
        else:
            return None
    except (ValueError, IndexError):
        return None
    return day if FIRST_DAY <= day <= LAST_DAY else None


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


def recorded_on(row: Mapping[str, str]) -> dt.date | None:
    """The day of ACLED's `timestamp`, seconds since 1970 (or, in some exports, a day)."""
    return _moment(row.get("timestamp", ""))


@cache
def _moment(text: str) -> dt.date | None:
    if re.fullmatch(r"\d{9,11}", text):
        return dt.datetime.fromtimestamp(int(text), dt.UTC).date()
    return day_of(text[:10])


def future(rows: list[dict[str, str]]) -> Callable[[dt.date], str]:
    """Return what says of a day why no event of the export can be of it, or nothing.

    Nothing happened after the newest row was recorded, nor after today: such a day is a slip, which would stretch the
    window.
    """
    newest, today = max(filter(None, map(recorded_on, rows)), default=dt.date.max), dt.date.today()

    def why(day: dt.date) -> str:
        if day > newest:
            return f"a date in the future: {day} is after {newest}, the newest timestamp of the export"
        return f"a date in the future: {day} is after today" if day > today else ""

    return why


@cache
def change_named(sub_event: str) -> str:
    """Return which change of control a sub-event is: OVERTAKES, REGAINS, TRANSFER, or none."""
    return CHANGES.get(fold(sub_event), "")


@cache
def no_change(sub_event: str) -> str:
    """Return why a sub-event is no change of control, with the one that may be meant where it is like one."""
    folded = fold(sub_event)[:200]
    like = process.extractOne(folded, list(SUB_EVENTS), scorer=fuzz.ratio, score_cutoff=LIKE_ENOUGH)
    if like and folded not in SUB_EVENTS and (meant := SUB_EVENTS[like[0]]):
        return f"{LIKE_A_CHANGE}: {sub_event[:60]!r}, is {meant!r} meant?"
    return f"no change of control: {sub_event[:60] or 'no sub-event type'}"


# --- who took what from whom --------------------------------------------------------------------------------------

# Kinds of actors (`inter`): numbers in older exports, words in newer ones.
KINDS = {
    "1": "state forces", "2": "rebel group", "3": "political militia", "4": "identity militia", "5": "rioters",
    "6": "protesters", "7": "civilians", "8": "external/other forces",
}  # fmt: skip
HOLD_NOTHING = ("rioters", "protesters", "civilians")
# Forces that other states sent to a government's aid.
MISSIONS = re.compile(r"\b(united nations|african union|mission|multinational)\b")


@dataclass(frozen=True)
class Change:
    """A change of control: a capture from the government, or a recapture by it."""

    event_type: str  # capture | recapture
    actor: str  # of events.csv
    name: str = ""  # of who captures, or loses what it held, as ACLED has it
    order_matters: bool = False  # who gains follows from the order of the actors, or from the notes, alone
    loser: str = ""  # of a recapture: taliban | other_group, where one is named


def change_of(row: Mapping[str, str], sub_event: str) -> Change | str:
    """Return the change of control that a row tells of, or why it is none between a government and others.

    The order of actors has no meaning in ACLED, so sides are known by the kind of actor (`inter`). Only a transfer
    without violence does not say who gains; there the first actor is taken, unless the notes say that it left and
    nobody else is named.
    """
    named = [(row[f"actor{i}"], _side(row[f"actor{i}"], row[f"inter{i}"])) for i in (1, 2) if row[f"actor{i}"]]
    sides = [(name, side) for name, side in named if side != "nobody"]
    if not sides:
        return "no actor is named" if not named else "no actor is named that can hold territory"
    if any(side == "taliban government" for _, side in sides):
        return "the government meant is that of the Taliban, since August 2021"
    others = [name for name, side in sides if side in ("other", "foreign")]
    helpers = any(_pro_government(row.get(f"assoc_actor_{i}", "")) for i in (1, 2))
    loser = max(map(_actor, others), default="")  # the Taliban, where they are among several
    by = "government_and_locals" if helpers else "government"
    regained = Change("recapture", by, others[0] if others else "", loser=loser)
    if sub_event == REGAINS:
        return regained
    if sub_event == OVERTAKES and not others:
        return _taken_by_a_helper(sides)
    if sub_event == TRANSFER and len(sides) == 1:
        if not _leaves(sides[0][0], row.get("notes", "")):
            return replace(_taken(others[0]) if others else regained, order_matters=True)
        return replace(regained, order_matters=True) if others else "who was there left, and nobody is named who came"
    if others and len(others) == len(sides):
        if len(others) == 2:
            return f"between others than the government: {others[0]} and {others[1]}"
        return _taken(others[0])
    if sub_event == OVERTAKES:
        return _taken(others[0])
    if others:
        made = _taken(others[0]) if sides[0][0] == others[0] else regained
        return replace(made, order_matters=True)
    if all(side == "government" for _, side in sides) and len(sides) == 2:
        return f"between forces of states: {sides[0][0]} and {sides[1][0]}"
    return regained


# Words of notes. Those of taking are many, since a note that has one of them may speak of somebody else's leaving.
LEAVES = (
    r"(withdr[ae]w\w*|abandon\w*|left|leav(es?|ing)|vacat\w+|retreat\w*|pull(ed|s|ing)? (out|back)|evacuat\w+|"
    r"hand(ed|s|ing)? (it )?over|relinquish\w*)\b"
)
TAKES = (
    r"\b(t(ake[ns]?|ook|aking)|captur\w+|recaptur\w*|seiz\w+|over(r[au]n|t[ao]k\w*|took)|ret[ao]\w*k\w*|enter\w*|"
    r"occup\w+|reoccup\w*|conquer\w+|regain\w*|gain\w*|liberat\w+|arriv\w+|deploy\w*|return\w*|install\w*|"
    r"establish\w*|settl\w+|set up|control\w*|invad\w+|mov(ed|es|ing) in\w*|reach\w*|secur\w+|claim\w*)\b"
)
BETWEEN = r"( (forces|fighters|militants|militiamen|militia|rebels|troops|have|has|had|\w+ly))* "


def _leaves(actor: str, notes: str) -> bool:
    """Say whether the notes of a transfer that names one actor say that it left: by a word of leaving after its name,
    or by one where there is none of taking."""
    text = fold(notes)
    names = {fold(name) for name in (actor.partition(":")[0], actor.partition(" (")[0]) if name.strip()}
    phrase = rf"\b({'|'.join(map(re.escape, names))}){BETWEEN}{LEAVES}"
    return bool(re.search(phrase, text) or (re.search(rf"\b{LEAVES}", text) and not re.search(TAKES, text)))


def _taken(name: str) -> Change:
    return Change("capture", _actor(name), name)


def _taken_by_a_helper(sides: list[tuple[str, str]]) -> Change | str:
    """Return what it means that no state took territory where no foe of the government is named: who is else on its
    side has turned against it."""
    helpers = [name for name, side in sides if side == "helper"]
    if len(helpers) == 1 and len(sides) == 2:
        return _taken(helpers[0])
    return "nobody is named who is not on the government's side"


def _side(actor: str, inter: str) -> str:
    """`government`, `taliban government`, `helper` of a government, `foreign`, `other` or `nobody`.

    Mutineers bear the name of the forces that they left, and their kind.
    """
    name, kind = fold(actor), KINDS.get(inter, fold(inter))
    if kind in HOLD_NOTHING:
        return "nobody"
    if name.startswith("mutiny"):
        return "other"
    if kind == "state forces":
        here = "taliban" in name or re.search(r"Afghanistan \(2021-\)", actor)
        return "taliban government" if here else "government"
    if _pro_government(actor) or MISSIONS.search(name):
        return "helper"
    return "foreign" if kind == "external/other forces" else "other"


def _pro_government(actor: str) -> bool:
    return "pro government" in fold(actor)


def _actor(name: str) -> str:
    return "taliban" if "taliban" in fold(name) else "other_group"


def attribution_of(row: Mapping[str, str], change: Change) -> tuple[str, str]:
    """Return (event_type, attribution): what a side alone tells of its gain is a claim, of its loss an admission."""
    outlets = [fold(name) for name in row["source"].split(";") if name.strip()]
    kinds = {_outlet_of(outlet, row["country"], change) for outlet in outlets}
    if len(kinds) == 1 and (kind := kinds.pop()):
        gains = "taker" if change.event_type == "capture" else "government"
        if kind == gains:
            return f"claimed_{change.event_type}", "claimed_by_party"
        return change.event_type, "confirmed_by_official" if kind == "government" else "reported_by_media"
    only_new_media = fold(row.get("source_scale", "")) == "new media"
    return change.event_type, "social_media" if only_new_media else "reported_by_media"


def _outlet_of(name: str, country: str, change: Change) -> str:
    """Say whose outlet it is: `government`, `taker`, or nobody's that is known. A ministry without the name of a
    state is the country's; that of another is the taker's where it bears its name."""
    if TALIBAN_OUTLETS.search(name):
        return "taker"
    if not MINISTRIES.search(name):
        return ""
    whose = [word for word in re.findall(r"\w+", MINISTRIES.sub("", name)) if word not in OF_STATES]
    if not whose or _alike(whose, country):
        return "government"
    return "taker" if _alike(whose, change.name) else ""


def _alike(words: list[str], name: str) -> bool:
    """Say whether one of the words is of the name, or begins like a part of it: Afghan, Russian, Ukrainian."""
    parts = re.findall(r"\w+", fold(name))
    return any(word in parts or (len(word) > 3 and part.startswith(word[:4])) for word in words for part in parts)
