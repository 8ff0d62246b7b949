"""Holds every coded row against the text that it was coded from."""

from __future__ import annotations

import datetime as dt
import hashlib
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pandas as pd

from districtloss import english
from districtloss.english import names
from districtloss.errors import Fault, Faults
from districtloss.phrasing import agreeing
from districtloss.tables.frames import Tables
from districtloss.vocabulary import LOOKING_AHEAD

CHECKS = {
    "paragraph": "the paragraph exists in the source",
    "type": "the paragraph has a word for what happened",
    "place": "the paragraph contains a spelling of the place",
    "figure": "the paragraph contains the figure, in digits or words",
    "reporter": "the name of the one who says so stands in the source",
    "date": "the dates fit the publication and the words of the paragraph",
    "quote": "no run of nine words is the source's",
}
RUN = 9  # so many consecutive words of a source are a copied sentence, not a fact
# A claimant of the vocabulary is named in the paragraph by one of these.
CLAIMANTS = {
    "pentagon": ("Pentagon", "Department of Defense"),
    "milley": ("Milley",),
    "biden": ("Biden",),
    "taliban": ("Taliban",),
    "unama": ("United Nations", "UN", "UNAMA"),
    "afghan_mod": (
        "MoD",
        "Ministry of Defense",
        "Defense Ministry",
        "Defence Ministry",
        "Ministry of Defence",
    ),
}
# What a paragraph that tells of an event of this type says, as beginnings of words; other needs no word.
CONTROL = "captur seiz fell fall fallen took taken take takes control overr collaps occup hand hands hold lost"
BACK = "recaptur retak retook retaken regain liberat kick clear push recover return won"
TYPES = {
    "capture": CONTROL,
    "claimed_capture": CONTROL,
    "implied_capture": f"{CONTROL} {BACK} storm remain",
    "recapture": f"{BACK} control",
    "claimed_recapture": BACK,
    "assault": "attack assault storm strik bomb rocket mortar shell fight offensive ambush raid operation",
    "clash": "clash fight fought battl combat resist active operation",
    "retreat": "retreat withdr left flee fled abandon pull",
    "threat": "brink threat encircl surround besieg siege verge warn",
    "prison_break": "prison jail inmate",
    "aircraft_down": "helicopter aircraft plane chopper jet drone",
    "casualties": "kill wound injur dead death died casualt los",
    "mobilisation": "mobiliz mobilis arms armed uprising militia resist joined",
}
OWN_WORDS = {
    "sources": ("published_note", "note"),
    "places": ("note",),
    "events": ("date_basis", "audit_reason", "note"),
    "claims": ("as_of_basis", "audit_reason", "note"),
    "decisions": ("question", "reason", "note"),
}
# What a check says of a row: None (it does not apply), "" (it holds), or column, problem and remedy.
Verdict = tuple[str, str, str] | str | None


@dataclass(frozen=True)
class AuditResult:
    """What the audit found; `counts` has per check how many rows passed, failed, were exempt, had no need."""

    faults: tuple[Fault, ...]
    counts: Mapping[str, Mapping[str, int]]
    sources: int
    sources_found: int
    rows: int

    def table(self) -> pd.DataFrame:
        """Return one row a check: check, meaning; of rows: checked, faults, exempt, not_applicable."""
        return pd.DataFrame(
            [
                {
                    "check": check,
                    "meaning": meaning,
                    "checked": self.counts[check]["passed"] + self.counts[check]["failed"],
                    "faults": self.counts[check]["failed"],
                    "exempt": self.counts[check]["exempt"],
                    "not_applicable": self.counts[check]["not_applicable"],
                }
                for check, meaning in CHECKS.items()
            ]
        )

    def summary(self) -> dict[str, Any]:
        """Return the outcome as plain numbers and text, for values.json and the like."""
        return {
            "sources": self.sources,
            "sources_found": self.sources_found,
            "rows": self.rows,
            "faults": len(self.faults),
            "checks": {row["check"]: row for row in self.table().to_dict("records")},
        }

    def __str__(self) -> str:
        """Return one line a check and one for the whole."""
        lines = [
            f"{check}: {n['passed']} passed, {n['failed']} failed, {n['exempt']} exempt, "
            f"{n['not_applicable']} without need"
            for check, n in self.counts.items()
        ]
        rows, sources, faults = (f"{n:,}" for n in (self.rows, self.sources, len(self.faults)))
        found = f"{self.sources_found:,} of {sources} {agreeing(sources, 'source', 'sources')} found"
        held = f"{rows} {agreeing(rows, 'row', 'rows')} held against {found}"
        return "\n".join([*lines, f"{held}: {faults} {agreeing(faults, 'fault', 'faults')}"])


@dataclass(frozen=True)
class _Text:
    """A source with its text."""

    source_id: str
    published: dt.date
    whole: str
    paragraphs: list[str]


def audit(tables: Tables, sources_dir: Path | str) -> AuditResult:
    """Hold events and claims against the texts in `sources_dir`, which are found by their SHA-256.

    A row says in `audit_exempt` which checks cannot apply to it, or in which other paragraph to look. Rows of
    a source whose text is not there are not checked; the missing text is one fault. Raises Faults if
    `sources_dir` is no folder.
    """
    folder = Path(sources_dir)
    if not folder.is_dir():
        raise Faults([Fault(str(folder), None, None, "is not a folder", "name the folder that holds the texts")])
    run = _Audit(tables, _texts(tables, folder))
    run.sources()
    run.rows("events", EVENT_CHECKS)
    run.rows("claims", CLAIM_CHECKS)
    run.quotes()
    return AuditResult(
        faults=tuple(sorted(run.faults, key=Fault.sort_key)),
        counts={check: dict(run.counts[check]) | _zeros(run.counts[check]) for check in CHECKS},
        sources=len(tables.sources),
        sources_found=len(run.texts),
        rows=len(tables.events) + len(tables.claims),
    )


def _zeros(counts: Mapping[str, int]) -> dict[str, int]:
    return {outcome: counts.get(outcome, 0) for outcome in ("passed", "failed", "exempt", "not_applicable")}


def _texts(tables: Tables, folder: Path) -> dict[str, _Text]:
    """Return the texts of the sources by source_id, as far as a file has the digest."""
    files = {}
    for path in sorted(path for path in folder.iterdir() if path.is_file()):
        data = path.read_bytes()
        files[hashlib.sha256(data).hexdigest()] = data
    found = {}
    for source in _records(tables.sources):
        if source["sha256"] in files and not pd.isna(source["published"]):
            text = files[source["sha256"]].decode("utf-8", errors="replace")
            published = source["published"].date()
            found[source["source_id"]] = _Text(source["source_id"], published, text, english.paragraphs(text))
    return found


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return cast(list[dict[str, Any]], frame.to_dict("records"))


class _Audit:
    def __init__(self, tables: Tables, texts: Mapping[str, _Text]) -> None:
        self.tables = tables
        self.texts = texts
        self.faults: list[Fault] = []
        self.counts: dict[str, Counter[str]] = {check: Counter() for check in CHECKS}
        self.spellings = {
            place["place_id"]: [place["name"], *filter(None, place["variants"].split("|"))]
            for place in _records(tables.places)
        }
        self.in_province: dict[str, list[str]] = {
            province["province_id"]: [province["name"]] for province in _records(tables.provinces)
        }
        for place in _records(tables.places):
            self.in_province.setdefault(place["province_id"], []).extend(self.spellings[place["place_id"]])

    def answer(self, check: str, table: str, row: int, verdict: Verdict) -> None:
        if verdict is None:
            self.counts[check]["not_applicable"] += 1
        elif isinstance(verdict, str):
            self.counts[check]["passed"] += 1
        else:
            self.counts[check]["failed"] += 1
            column, problem, remedy = verdict
            self.faults.append(Fault(f"{table}.csv", self.tables.line(table, row), column, problem, remedy))

    def sources(self) -> None:
        for row, source in enumerate(_records(self.tables.sources)):
            text = self.texts.get(source["source_id"])
            if text is None:
                problem = "no digest is given" if not source["sha256"] else "no file of the folder has this digest"
                line = self.tables.line("sources", row)
                self.faults.append(Fault("sources.csv", line, "sha256", problem, "its rows cannot be checked"))
                continue
            verdict: Verdict = None
            if source["published_basis"] == "stated":
                verdict = ""
                if text.published not in english.days_named(text.whole, text.published.year):
                    problem = f"the text does not name {text.published} as it should"
                    verdict = ("published", problem, "mend the day, or say inferred and how")
            self.answer("date", "sources", row, verdict)

    def rows(self, table: str, checks: Mapping[str, Callable[[_Audit, _Row], Verdict]]) -> None:
        for number, cells in enumerate(_records(getattr(self.tables, table))):
            text = self.texts.get(cells["source_id"])
            if text is None:
                continue
            own = 0 if pd.isna(cells["paragraph"]) else int(cells["paragraph"])
            elsewhere = dict(item.partition("@")[::2] for item in cells["audit_exempt"].split("|") if item)
            count = len(text.paragraphs)
            wrong = [n for n in (own, *map(int, filter(None, elsewhere.values()))) if not 1 <= n <= count]
            if wrong:
                column = "paragraph" if wrong[0] == own else "audit_exempt"
                has = f"{count} {agreeing(str(count), 'paragraph', 'paragraphs')}"
                problem = f"{text.source_id} has {has} and none is number {wrong[0]}"
                self.answer("paragraph", table, number, (column, problem, "count the non-empty lines again"))
                continue
            self.answer("paragraph", table, number, "")
            for check, applies in checks.items():
                if elsewhere.get(check) == "":
                    self.counts[check]["exempt"] += 1
                    continue
                paragraph = int(elsewhere.get(check, own))
                where = f"paragraph {paragraph} of {text.source_id}"
                row = _Row(cells, text, text.paragraphs[paragraph - 1], where)
                self.answer(check, table, number, applies(self, row))

    def quotes(self) -> None:
        copied = {run for text in self.texts.values() for run in english.runs(text.whole, RUN)}
        for table, columns in OWN_WORDS.items():
            for number, cells in enumerate(_records(getattr(self.tables, table)[list(columns)])):
                verdict: Verdict = "" if any(cells.values()) else None
                for column, text in cells.items():
                    run = next((run for run in english.runs(text, RUN) if run in copied), None)
                    if run:
                        verdict = (column, f"the words {run!r} are a source's", "say it in your own words")
                self.answer("quote", table, number, verdict)


@dataclass(frozen=True)
class _Row:
    cells: Mapping[str, Any]
    text: _Text
    paragraph: str
    where: str

    def day(self, column: str) -> dt.date | None:
        value = self.cells[column]
        return None if pd.isna(value) else value.date()


# --- the checks ----------------------------------------------------------------------------------


def _event_type(audit: _Audit, row: _Row) -> Verdict:
    """A word of the paragraph begins as one does that tells of such an event."""
    beginnings = TYPES.get(row.cells["event_type"], "").split()
    if not beginnings:
        return None
    if any(word.startswith(tuple(beginnings)) for word in english.WORD.findall(english.fold(row.paragraph))):
        return ""
    problem = f"{row.where} has no word for {row.cells['event_type']}"
    return "event_type", problem, "mend the paragraph or the type"


def _event_place(audit: _Audit, row: _Row) -> Verdict:
    place = row.cells["place_id"]
    if not place:
        return None
    return _spelled(row, "place_id", audit.spellings.get(place, []))


def _claim_place(audit: _Audit, row: _Row) -> Verdict:
    scope = row.cells["scope"]
    if "-" not in scope:
        return None
    return _spelled(row, "scope", audit.in_province.get(scope, []))


def _spelled(row: _Row, column: str, spellings: Iterable[str]) -> Verdict:
    spellings = list(dict.fromkeys(spellings))
    if any(names(row.paragraph, spelling) for spelling in spellings):
        return ""
    known = ", ".join(spellings[:6]) or "none"
    problem = f"{row.where} has no spelling of {row.cells[column]} (known: {known})"
    return column, problem, "mend the paragraph or the place, or add the spelling to its variants"


def _figure(audit: _Audit, row: _Row) -> Verdict:
    low, high, whole = (row.cells[name] for name in ("value_low", "value_high", "denominator"))
    if row.cells["measure"] in LOOKING_AHEAD:  # the figure is its meaning: nobody is left on that day
        return "" if low == high == 0 else ("value_low", "a deadline is coded as 0 left", "give 0 and 0")
    found = english.numbers(row.paragraph)
    if row.cells["kind"] == "share" and low == 1 and names(row.paragraph, "all"):
        found.append(1.0)
    if not _value_stands(row, low, high, found):
        value = f"{low:g}" if low == high else "–".join("" if pd.isna(v) else f"{v:g}" for v in (low, high))
        problem = f"{row.where} has no figure {value}"
        return "value_high" if pd.isna(low) else "value_low", problem, "mend the paragraph or the value"
    if pd.isna(whole):
        return ""
    # Of 12 of 19, the 19 must not do for both: only where all of a whole are meant does it stand once.
    needed = 2 if low == high == whole and not names(row.paragraph, "all") else 1
    if sum(_same(whole, number) for number in found) < needed:
        remedy = "mend it, or leave it empty where the source gives none"
        return "denominator", f"{row.where} has no figure {whole:g} beside the value", remedy
    return ""


def _value_stands(row: _Row, low: float, high: float, found: list[float]) -> bool:
    if pd.isna(high):
        # Of dozens, the lower end is some multiple of twelve that a decision sets.
        multiples = (low / unit for unit in english.vague(row.paragraph))
        return any(_same(low, n) for n in found) or any(1 <= m <= 9 and m == int(m) for m in multiples)
    if pd.isna(low):
        return any(_same(high, number) for number in found)
    return any(low <= number <= high or _same(low, number) for number in found)


def _same(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-9)


def _event_reporter(audit: _Audit, row: _Row) -> Verdict:
    return _named(row, "reported_by", row.cells["reported_by"])


def _claim_reporter(audit: _Audit, row: _Row) -> Verdict:
    claimant = row.cells["claimant"]
    wanted = CLAIMANTS.get(claimant, ())
    if wanted and not any(names(row.paragraph, word) for word in wanted):
        return "claimant", f"{row.where} does not name {wanted[0]}", "mend the paragraph or the claimant"
    named = _named(row, "claimant_name", row.cells["claimant_name"])
    return "" if named is None and wanted else named


def _named(row: _Row, column: str, name: str) -> Verdict:
    """Every word of the name, the surname above all, stands in the source as a whole word."""
    words = english.WORD.findall(english.fold(name))
    missing = [word for word in words if not names(row.text.whole, word)]
    if not words:
        return None
    if missing:
        problem = f"{row.text.source_id} has no {missing[-1]!r} of {name!r}"
        return column, problem, "spell the name as the text does"
    return ""


def _event_date(audit: _Audit, row: _Row) -> Verdict:
    first, last = row.day("date_earliest"), row.day("date_latest")
    if row.cells["date_precision"] == "day" and not english.days_allowed(row.paragraph, row.text.published):
        return (
            "date_precision",
            f"nothing in {row.where} gives the day",
            "name the paragraph that does (date@…)",
        )
    return _dated(row, ("date_earliest", "date_latest"), first, last)


def _claim_date(audit: _Audit, row: _Row) -> Verdict:
    since = row.day("since")
    for day in _since(row):
        if since and since != day:
            return "since", f"{row.where} counts since {day}", f"give {day}"
    first = since or row.day("as_of_earliest")
    return _dated(row, ("as_of_earliest", "as_of_latest"), first, row.day("as_of_latest"))


def _since(row: _Row) -> Iterator[dt.date]:
    lowered = row.paragraph.casefold()
    at = lowered.find("since ")
    while at >= 0:
        # The day must follow at once: since June 04, since 4 June 2021.
        yield from english.days_named(row.paragraph[at + 6 : at + 6 + 18], row.text.published.year)[:1]
        at = lowered.find("since ", at + 1)


def _dated(row: _Row, columns: tuple[str, str], first: dt.date | None, last: dt.date | None) -> Verdict:
    """Within a day of something that the paragraph names or allows."""
    first, last = first or last, last or first
    if first is None or last is None:
        return None
    allowed = english.days_allowed(row.paragraph, row.text.published)
    if not allowed or any(days.meets(first, last, slack=1) for days in allowed):
        return ""
    near = min(allowed, key=lambda days: abs((days.last - last).days))
    problem = f"{row.where} allows {near.first} to {near.last}" if near.first != near.last else (
        f"{row.where} names {near.first}"
    )  # fmt: skip
    return columns[0], f"{problem}, the row has {first} to {last}", "mend the dates or the paragraph"


EVENT_CHECKS = {"type": _event_type, "place": _event_place, "reporter": _event_reporter, "date": _event_date}
CLAIM_CHECKS = {"place": _claim_place, "figure": _figure, "reporter": _claim_reporter, "date": _claim_date}
