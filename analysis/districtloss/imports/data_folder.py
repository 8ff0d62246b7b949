"""Turns an export of ACLED into a data folder: tables, decisions, places to settle, and what was left out and why.

The choices in it that could be made otherwise are decisions of the folder that is made.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from districtloss import phrasing
from districtloss.english import fold
from districtloss.errors import Fault, Faults
from districtloss.files import atomic, csv_rows, digest, forms, report_folder
from districtloss.imports import acled, decisions
from districtloss.imports.acled import Change, Export
from districtloss.imports.decisions import NOTHING
from districtloss.imports.places import ASKED, OMIT, Gazetteer, Matcher, read_answers
from districtloss.tables import folders
from districtloss.tables.folders import LEFT_OUT, TO_SETTLE
from districtloss.vocabulary import GAINED_BY_GOVERNMENT

LEFT = ["row", "event_id_cnty", "event_date", "sub_event_type", "admin1", "admin2", "why"]
AFGHANISTAN, TALIBAN = "Afghanistan", "the Taliban"
AMBIGUOUS = re.compile(r"(0?[1-9]|1[0-2])[/-](0?[1-9]|1[0-2])[/-]\d{4}")
MOST_REASONS = 8  # named on the terminal

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
    further: int  # events of a district that was taken, or won back, already
    day_first: str  # a date of the export whose day and month could be taken for each other, if there is one
    window: tuple[dt.date, dt.date]

    @property
    def open_questions(self) -> list[dict[str, str]]:
        return [row for row in self.to_settle if not row["answer"]]


def convert(export: Export, matcher: Matcher, country: str) -> Import:
    """Return the tables that an export comes to, the spellings that are to be settled and the rows left out."""
    gazetteer = matcher.gazetteer
    events, left, origin = list[dict[str, str]](), list[dict[str, str]](), dict[str, tuple[Mapping[str, str], Change]]()
    number = _numbering(export.rows)
    seen: set[str] = set()
    future = acled.future(export.rows)
    for at, row in enumerate(export.rows, 1):
        made = _event(row, at, number(at, row), matcher, country, future, seen)
        if isinstance(made, str):
            left.append(_left(row, at, made))
        else:
            event, change = made
            events.append(event)
            origin[event["event_id"]] = row, change
    here = _in_country(export.rows, country)
    named = _country_named(here)
    side = _side_taking([change for _, change in origin.values() if change.name], named)
    if side == TALIBAN:
        # The report is on one side's gains: what another group took is no loss to that side, nor what was won back
        # from it a gain.
        theirs = [event for event in events if _of_another_group(event, origin[event["event_id"]][1])]
        for event in theirs:
            how = "won back from" if event["event_type"] in GAINED_BY_GOVERNMENT else "taken by"
            taken, _ = origin.pop(event["event_id"])
            left.append(_left(taken, int(event["paragraph"]), f"{how} another group than {TALIBAN}"))
        events = [event for event in events if event["event_id"] in origin]
        left.sort(key=lambda one: int(one["row"]))
    days = _covered(export.rows, country)
    first, last = min(days), max(days)
    source = _source(export, max([last, *(dt.date.fromisoformat(e["date_latest"]) for e in events)]))
    for event in events:
        event["source_id"] = source["source_id"]
    decided = decisions.decide(events, origin, matcher.gazetteer)
    tables = {
        "sources": [source],
        "provinces": [_province(row) for row in gazetteer.provinces.values()],
        "places": _places(events, matcher),
        "events": events,
        "claims": [],
        **decided,
    }
    # Answers that this export does not need are kept too: the next one may.
    spellings = matcher.asked | dict.fromkeys(matcher.answers.keys() - matcher.asked.keys(), 0)
    asked = [
        {"column": key[0], "spelling": key[1], "province": key[2], "rows": str(count),
         "candidates": matcher.candidates(key), "answer": matcher.answers.get(key, "")}
        for key, count in sorted(spellings.items(), key=lambda item: (item[0][0], -item[1], item[0]))
    ]  # fmt: skip
    provincial = sum(event["place_id"].endswith("/province") for event in events)
    # An event that is known to a week or a month can lie after the last day, but the export was not made to cover that.
    window = min(first, last - dt.timedelta(1)), last
    package = _package(named, side, window)
    day_first = next((row["event_date"] for row in here if AMBIGUOUS.fullmatch(row["event_date"])), "")
    further = sum(event["event_type"] == NOTHING for event in events)
    return Import(tables, package, asked, left, len(export.rows), provincial, further, day_first, window)


def country_of(rows: list[dict[str, str]], matcher: Matcher) -> str:
    """Return the country that the report is on: Afghanistan, where the gazetteer is of it alone; else that in which
    most changes of control lie in a province that is known, by the gazetteer or an answer."""
    known = matcher.gazetteer.provinces
    if known and all(key.startswith("AF-") for key in known):
        return AFGHANISTAN
    trial = Matcher(matcher.gazetteer, matcher.answers)  # what is asked here need not be settled
    changes = [row for row in rows if acled.change_named(row["sub_event_type"])]
    placed = [row for row in changes if trial.province(row["admin1"])]
    return _country_named(placed) or _country_named(changes) or _country_named(rows)


def _in_country(rows: list[dict[str, str]], country: str) -> list[dict[str, str]]:
    here = cache(lambda name: not country or fold(name) == fold(country))  # many rows, few names
    return [row for row in rows if here(row["country"])]


def _covered(rows: list[dict[str, str]], country: str) -> list[dt.date]:
    """Return the days of rows in a country that can be read and are not in the future."""
    future = acled.future(rows)
    return [day for row in _in_country(rows, country) if (day := acled.day_of(row["event_date"])) and not future(day)]


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
    sub_event = acled.change_named(row["sub_event_type"])
    if not sub_event:
        return acled.no_change(row["sub_event_type"])
    if country and fold(row["country"]) != fold(country):
        return f"not in {country}" + (" (for another country, say --places)" if country == AFGHANISTAN else "")
    day = acled.day_of(row["event_date"])
    if not day:
        return f"a date that cannot be read: {row['event_date'][:40]!r}"
    if too_late := future(day):
        return too_late
    days = acled.days_of(day, row["time_precision"], acled.recorded_on(row))
    if not days:
        return f"no time precision of ACLED's (1, 2, 3): {row['time_precision'][:20]!r}"
    if row["geo_precision"] not in ("", "1", "2", "3"):
        return f"no geo precision of ACLED's (1, 2, 3): {row['geo_precision'][:20]!r}"
    change = acled.change_of(row, sub_event)
    if isinstance(change, str):
        return change
    if number in seen:
        return "the event id stands in an earlier row"
    place = _place(row, matcher)
    if not place[0]:
        return place[1]
    seen.add(number)
    event_type, attribution = acled.attribution_of(row, change)
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
        "note": f"ACLED {row['event_id_cnty'][:40]}: {sub_event} ({_actors(row)}), at "
        f"{row['location'][:120] or 'no named location'} (geo precision {row['geo_precision'][:5] or 'not given'})",
    }, change


def _actors(row: Mapping[str, str]) -> str:
    return " and ".join(row[actor][:120] for actor in ("actor1", "actor2") if row[actor])


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
    if matcher.answers.get((column, spelling, within)) == OMIT:
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


def _side_taking(changes: list[Change], country: str) -> str:
    """Return how the report names the side that takes districts: the Taliban where they take more of them than
    others, in Afghanistan also where as many; else the actor that takes more than half of them, if it has a name."""
    takers = [change.name for change in changes if change.event_type == "capture"]
    taliban = sum("taliban" in fold(name) for name in takers)
    more = 2 * taliban - len(takers)
    if more > 0 or (more == 0 and fold(country) == fold(AFGHANISTAN)):
        return TALIBAN
    names = Counter(re.split(r" \(|:", name)[0].strip() for name in takers)
    name, most = names.most_common(1)[0] if names else ("", 0)
    if 2 * most <= len(takers) or not name.isprintable() or fold(name).startswith("unidentified"):
        return "armed groups"
    named = f"the {name}" if name.startswith(("Military", "Police")) else name
    named = "mutineers" if name.startswith("Mutiny") else named
    others = most < len(takers) or any(not change.name.startswith(name) for change in changes)
    return named[:80] + (" and others" if others else "")


def _of_another_group(event: Mapping[str, str], change: Change) -> bool:
    """Return whether a change is to or from another group than the Taliban."""
    return (change.loser if event["event_type"] in GAINED_BY_GOVERNMENT else event["actor"]) == "other_group"


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
        found = re.fullmatch(r"(\d{1,2})[/-](\d{1,2})[/-]\d{4}", row["event_date"])
        if found and int(found[2]) > 12 >= int(found[1]):
            problem = (
                f"{row['event_date']} has the month first, so that in other rows day and month cannot be distinguished"
            )
            raise Faults([Fault(path.name, line, "event_date", problem, "write days as 2021-06-21")])


def _check_dates(export: Export, country: str, path: Path) -> None:
    """Raise Faults where no row has a date that can be: there is no window then."""
    if not _covered(export.rows, country):
        line, first = export.lines[0], export.rows[0]["event_date"][:40]
        read = any(acled.day_of(row["event_date"]) for row in export.rows)
        problem = "all dates of the export lie in the future" if read else "no date of the export can be read"
        problem = f"{problem}; this one is {first!r}"
        raise Faults([Fault(path.name, line, "event_date", problem, "write days as 2021-06-21")])


def _check_country(export: Export, country: str, path: Path) -> None:
    """Raise Faults where no row is in the country of the gazetteer."""
    found = _country_named(export.rows)
    if country and not found:
        raise Faults([Fault(path.name, None, "country", "is empty in every row", f"say {country} where it is that")])
    if country and found and all(fold(row["country"]) != fold(country) for row in export.rows):
        remedy = f"give the provinces and districts of {found} with --places FOLDER"
        raise Faults([Fault(path.name, None, "country", f"no row is in {country}", remedy)])


def import_export(
    path: Path, target: Path, places: Path | None = None, say: Callable[[str], None] = lambda _: None
) -> Import:
    """Turn the export into a data folder at `target`, which is new, empty or an import's before.

    Answers in its to_settle.csv are taken, and `say` is called with each step as it begins. Raises Faults, and then
    leaves the folder as it was.
    """
    gazetteer = Gazetteer.of(places) if places else Gazetteer.ours()
    say(f"Reading {path.name}")
    export = acled.read_export(path)
    _check_day_first(export, path)
    with atomic.replacing(target, check_target) as fresh:
        # The answers are somebody's work: where an import was killed, they are in their place again only now.
        matcher = Matcher(gazetteer, read_answers(target / TO_SETTLE, gazetteer))
        country = country_of(export.rows, matcher)
        _check_country(export, country, path)
        _check_dates(export, country, path)
        say("Finding what changed hands, and where")
        made = convert(export, matcher, country)
        say("Writing the tables")
        _fill(made, fresh)
    return made


def summary(made: Import, target: Path) -> str:
    """Say what came of an import, for the terminal."""
    events = made.tables["events"]
    to_settle = [row for row in made.left_out if row["why"].endswith(TO_SETTLE)]
    lines = [f"{target}: {_counted(len(events), 'event')} from {_counted(made.rows, 'row')}."]
    if made.provincial:
        lines.append(f"Of them {made.provincial:,} can be placed in a province alone, and count for no district.")
    if made.further:
        lines.append(
            f"Of them {made.further:,} {'concerns' if made.further == 1 else 'concern'} a district that was taken, or "
            "won back, already, and so of no other change; decisions.csv says how to count them."
        )
    lines.append(
        f"The report's window: {phrasing.span(*made.window)}. If the export covers more, give --start or --as-of."
    )
    if made.day_first:
        lines.append(f"Dates are read with the day first, as ACLED writes them: {made.day_first} is {_day(made)}.")
    if made.left_out:
        lines.append(f"Left out, as {target / LEFT_OUT} says of each: {_counted(len(made.left_out), 'row')}.")
        others = (row["why"] for row in made.left_out if not row["why"].endswith(TO_SETTLE))
        reasons = Counter(why.split(":")[0] for why in others)
        lines += [f"  {count:,}  {why}" for why, count in reasons.most_common(MOST_REASONS)]
        if len(reasons) > MOST_REASONS:
            listed = sum(count for _, count in reasons.most_common(MOST_REASONS))
            lines.append(f"  {reasons.total() - listed:,}  other reasons")
    like: dict[str, str] = {}  # and the first row of each
    for row in made.left_out:
        if row["why"].startswith(acled.LIKE_A_CHANGE):
            like.setdefault(row["why"].removeprefix(f"{acled.LIKE_A_CHANGE}: "), row["row"])
    lines += [f"  Row {at}, sub_event_type: {why}" for why, at in list(like.items())[:MOST_REASONS]]
    if made.open_questions:
        names = _counted(len(made.open_questions), "spelling")
        lines.append(f"  {len(to_settle):,}  with a place that is to be settled: {names}")
        lines.append(f"Fill the column answer of {target / TO_SETTLE} and run the same command again.")
    return "\n".join(lines)


def _day(made: Import) -> str:
    day = acled.day_of(made.day_first)
    assert day
    return f"{day.day} {day:%B}"


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _made(folder: Path, package: Mapping[str, object]) -> dict[str, str]:
    """Return the hash of each file of an import but for the answers, and of what `package` says of the folder."""
    paths = [path for path in digest.paths(folder) if not report_folder.is_of_the_system(path)]
    found = {path: digest.sha256(folder / path) for path in paths}
    said = json.dumps({key: value for key, value in package.items() if key != folders.IMPORT}, sort_keys=True)
    return found | {TO_SETTLE: "", folders.PACKAGE: hashlib.sha256(said.encode()).hexdigest()}


def check_target(target: Path) -> None:
    """Raise Faults unless the folder is new, empty or an import's before."""
    report_folder.check_folder(target)
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
    from districtloss.tables import schema
    from districtloss.tables.codebook import codebook
    from districtloss.tables.starter import described

    for name, table in schema.load().tables.items():
        csv_rows.write(folder / table.file, list(table.columns), made.tables.get(name, ()))
    csv_rows.write(folder / TO_SETTLE, ASKED, made.to_settle)
    csv_rows.write(folder / LEFT_OUT, LEFT, ({k: forms.inert_cell(v) for k, v in row.items()} for row in made.left_out))
    other = {("events", "actor"): {"other_group": "Another armed group"}}
    package = described(made.package, other)
    atomic.write(folder / "CODEBOOK.md", codebook(schema.package_of(package)))
    shutil.copyfile(Path(__file__).with_name("acled_readme.md"), folder / "README.md")
    package[folders.IMPORT] = _made(folder, package)
    atomic.write(folder / folders.PACKAGE, forms.as_edited_json(package))
