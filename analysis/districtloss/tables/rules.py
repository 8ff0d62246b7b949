"""Rules that look at more than one cell: keys between tables, and cells of one row that must agree."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, cast

import numpy as np
import pandas as pd

from districtloss.errors import Fault
from districtloss.tables import decisions
from districtloss.tables.cell_rules import cell_problem
from districtloss.tables.frames import Tables, as_text
from districtloss.tables.schema import Package, nearest, show
from districtloss.vocabulary import LOOKING_AHEAD

NUMBERED = re.compile(r"[A-Z][0-9]+")
SUGGESTIONS = 500  # looking for the nearest of many names is dear: so many wrong keys get one, the rest a rule


@dataclass(frozen=True)
class Known:
    """What is wrong with files and single cells, and told already: faults that would only follow from it are not.

    `missing`: the columns that each table lacks. `partial`: tables some of whose rows cannot be read. `cells`: the
    (file, line, column) of cells that break a rule; those count as empty where they are not text. `misspelt`: the
    (file, column) of cells that do not say what they mean.
    """

    missing: Mapping[str, Collection[str]] = field(default_factory=dict)
    partial: Collection[str] = ()
    cells: Collection[tuple[str, int | None, str | None]] = ()
    misspelt: Collection[tuple[str, str | None]] = ()


def check(tables: Tables, package: Package, known: Known | None = None) -> list[Fault]:
    """Return every fault between cells, rows and tables, whose text is categorical: rules look at what is distinct."""
    run = _Run(tables, package, known or Known())
    for rule in RULES:
        rule(run)
    return run.faults


@dataclass
class _Run:
    tables: Tables
    package: Package
    known: Known
    faults: list[Fault] = field(default_factory=list)

    def has(self, table: str, *columns: str) -> bool:
        return not set(columns) & set(self.known.missing.get(table, ()))

    def can_name(self, table: str, column: str) -> bool:
        """Return whether what a column does not hold is not there: all its rows could be read, and none is wrong."""
        wrong = (self.package.tables[table].file, column) in self.known.misspelt
        return self.has(table, column) and table not in self.known.partial and not wrong

    def told(self, table: str, row: int, column: str | None) -> bool:
        return (self.package.tables[table].file, self.tables.line(table, row), column) in self.known.cells

    def fault(self, table: str, row: int, column: str | None, problem: str, remedy: str) -> None:
        if not self.told(table, row, column):
            line = self.tables.line(table, row)
            self.faults.append(Fault(self.package.tables[table].file, line, column, problem, remedy))


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return cast(list[dict[str, Any]], frame.to_dict("records"))


def _printed(value: object) -> str:
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    return f"{value:g}" if isinstance(value, float) else str(value)


# --- keys -----------------------------------------------------------------------------------------


def _foreign_keys(run: _Run) -> None:
    for table in run.package.tables.values():
        for key in table.foreign_keys:
            if not (run.has(table.name, key.column) and run.can_name(key.table, key.target)):
                continue
            cells = getattr(run.tables, table.name)[key.column]
            known = getattr(run.tables, key.table)[key.target]
            target = run.package.tables[key.table]
            _unknown(run, table.name, key.column, cells, [known], f"{key.target} of {target.file}")


def _unknown(run: _Run, table: str, column: str, cells: pd.Series, known: list[pd.Series], what: str) -> None:
    """Add a fault for each cell that is neither empty nor in one of the columns of `known`."""
    cells = cells.astype("category")
    distinct = cells.cat.categories
    wrong = distinct.to_numpy(dtype=object).astype(bool)
    for there in known:
        wrong &= ~_among(distinct, there)
    if not wrong.any():
        return
    remedy = _remedy(known)
    cells = cells[wrong[cells.cat.codes]]
    for row, value in zip(cells.index.tolist(), cells.tolist(), strict=True):
        run.fault(table, row, column, f"{show(value)} is no {what}", remedy(value))


def _among(texts: pd.Index, known: pd.Series) -> np.ndarray:
    """Return for each text whether it stands in a column: the index of its categories is built once for all rules."""
    return known.astype("category").cat.categories.get_indexer(texts) >= 0


def _remedy(known: list[pd.Series]) -> Callable[[str], str]:
    choices: list[str] = []
    asked: set[str] = set()

    @cache
    def remedy(value: str) -> str:
        asked.add(value)
        if not choices:
            choices.extend(dict.fromkeys(text for column in known for text in column.unique() if text))
        # One number is as like another as any.
        meant = nearest(value, choices) if len(asked) <= SUGGESTIONS and not NUMBERED.fullmatch(value) else None
        return f"did you mean {meant}?" if meant else "add that row there, or name one that is there"

    return remedy


def _lists(run: _Run, table: str, column: str) -> pd.Series:
    """The items of a column of |-separated lists, indexed by row."""
    cells = getattr(run.tables, table)[column]
    return cast(pd.Series, cells[_filled(cells)].astype(str).str.split("|").explode().astype(str))


def _filled(cells: pd.Series) -> np.ndarray:
    """Return which cells of categorical text are not empty; asking what is distinct once is quicker than `!= ""`."""
    return cells.cat.categories.to_numpy(dtype=object).astype(bool)[cells.cat.codes]


def _references(run: _Run) -> None:
    """Lists of ids name rows that exist."""
    events, claims = run.tables.events["event_id"], run.tables.claims["claim_id"]
    both = [events, claims]
    for table, column, known, what in (
        ("events", "disputed_by", [events], "event_id of events.csv"),
        ("claims", "disputed_by", both, "event_id or claim_id"),
        ("decisions", "touches", both, "event_id or claim_id"),
    ):
        if run.has(table, column) and run.can_name("events", "event_id") and run.can_name("claims", "claim_id"):
            _unknown(run, table, column, _lists(run, table, column), known, what)


def _disputes(run: _Run) -> None:
    """A contradiction holds both ways, and no row contradicts itself."""
    for table, key in decisions.KEYS.items():
        if not run.has(table, key, "disputed_by"):
            continue
        ids = getattr(run.tables, table)[key]
        against = _lists(run, table, "disputed_by")
        if not len(against):
            continue
        pairs = list(zip(ids[against.index].tolist(), against.tolist(), strict=True))
        said, known = set(pairs), set(ids)
        for row, (one, other) in zip(against.index.tolist(), pairs, strict=True):
            if one == other:
                run.fault(table, row, "disputed_by", "the row disputes itself", f"take {one} out")
            elif one and other in known and (other, one) not in said:
                problem = f"{other} does not name {one} in turn"
                run.fault(table, row, "disputed_by", problem, f"add {one} to disputed_by of {other}")


# --- cells of one row -----------------------------------------------------------------------------


@dataclass(frozen=True)
class RowRule:
    """Cells of one row that must agree. {name} in the problem is that cell of the row."""

    table: str
    column: str  # the one to look at first
    needs: str  # the columns that the rule reads
    wrong: Callable[[pd.DataFrame], pd.Series]
    problem: str
    remedy: str


ROW_RULES = (
    RowRule("sources", "republished", "published republished",
            lambda s: s["republished"] < s["published"],
            "{republished} is before {published}, the day of publication", "swap the two"),
    RowRule("sources", "published_note", "published_basis published_note",
            lambda s: (s["published_basis"] == "inferred") & (s["published_note"] == ""),
            "the day is inferred, and nothing says how", "say how it follows"),
    RowRule("provinces", "tile_column", "tile_column tile_row",
            lambda p: p.duplicated(["tile_column", "tile_row"])
            & p["tile_column"].notna() & p["tile_row"].notna(),
            "the tile in column {tile_column}, row {tile_row} is taken", "give each province its own"),
    RowRule("provinces", "districts_total_source", "districts_total districts_total_source",
            lambda p: p["districts_total"].notna() & (p["districts_total_source"] == ""),
            "a number of districts without its source", "name who gives it"),
    RowRule("provinces", "districts_total", "districts_total districts_total_source",
            lambda p: p["districts_total"].isna() & (p["districts_total_source"] != ""),
            "a source without its number of districts", "give the number"),
    RowRule("events", "date_earliest", "date_earliest date_latest",
            lambda e: e["date_earliest"] > e["date_latest"],
            "{date_earliest} is later than date_latest {date_latest}", "swap the two"),
    RowRule("events", "date_latest", "date_earliest date_latest",
            lambda e: e["date_earliest"].isna() & e["date_latest"].isna(),
            "the row has no date", "the day of publication is the latest possible"),
    RowRule("events", "date_precision", "date_earliest date_latest date_precision",
            lambda e: e["date_precision"].isin(["day", "interval"])
            & (e["date_earliest"].isna() != e["date_latest"].isna()),
            "the precision is {date_precision} and one of the dates is empty",
            "give both, or write before or after"),
    RowRule("events", "date_precision", "date_earliest date_latest date_precision",
            lambda e: (e["date_precision"] == "day") & (e["date_earliest"] < e["date_latest"]),
            "the precision is day and the dates are {date_earliest} and {date_latest}", "write interval"),
    RowRule("events", "date_latest", "date_earliest date_latest date_precision",
            lambda e: (e["date_precision"] == "before")
            & e["date_earliest"].notna() & e["date_latest"].isna(),
            "the precision is before and the latest day is empty", "give the day before which it happened"),
    RowRule("events", "date_earliest", "date_earliest date_latest date_precision",
            lambda e: (e["date_precision"] == "after")
            & e["date_earliest"].isna() & e["date_latest"].notna(),
            "the precision is after and the earliest day is empty", "give the day after which it happened"),
    RowRule("claims", "as_of_earliest", "as_of_earliest as_of_latest",
            lambda c: c["as_of_earliest"] > c["as_of_latest"],
            "{as_of_earliest} is later than as_of_latest {as_of_latest}", "swap the two"),
    RowRule("claims", "since", "since as_of_latest",
            lambda c: c["since"] > c["as_of_latest"],
            "{since} is later than as_of_latest {as_of_latest}", "swap the two"),
    RowRule("claims", "since", "since kind",
            lambda c: c["since"].notna() & ~c["kind"].isin(["flow", ""]),
            "a {kind} has no beginning", "leave it empty, or write flow as the kind"),
    RowRule("claims", "value_low", "value_low value_high",
            lambda c: c["value_low"] > c["value_high"],
            "{value_low} is above value_high {value_high}", "swap the two"),
    RowRule("claims", "value_low", "value_low value_high",
            lambda c: c["value_low"].isna() & c["value_high"].isna(),
            "the claim has no value", "give at least one of value_low and value_high"),
    RowRule("claims", "qualifier", "qualifier value_low value_high",
            lambda c: (c["qualifier"] == "exact") & (c["value_low"] != c["value_high"])
            & (c["value_low"].notna() | c["value_high"].notna()),
            "the value is exact and its two ends differ", "give both ends the same value"),
    RowRule("claims", "value_high", "qualifier value_low value_high",
            lambda c: (c["qualifier"] == "up_to") & c["value_high"].isna() & c["value_low"].notna(),
            "the words are up to and no upper end is given", "give value_high"),
    RowRule("claims", "value_low", "qualifier value_low value_high",
            lambda c: c["qualifier"].isin(["at_least", "more_than"])
            & c["value_low"].isna() & c["value_high"].notna(),
            "the words are {qualifier} and no lower end is given", "give value_low"),
    RowRule("claims", "value_low", "kind value_low",
            lambda c: (c["kind"] == "share") & (c["value_low"] > 1),
            "a share of {value_low} is above 1", "85 percent is 0.85"),
    RowRule("claims", "value_high", "kind value_high",
            lambda c: (c["kind"] == "share") & (c["value_high"] > 1),
            "a share of {value_high} is above 1", "85 percent is 0.85"),
    RowRule("claims", "value_low", "kind value_low denominator",
            lambda c: (c["kind"] != "share") & (c["value_low"] > c["denominator"]),
            "{value_low} is above the denominator {denominator}", "a part is not more than its whole"),
    RowRule("claims", "value_high", "kind value_high denominator",
            lambda c: (c["kind"] != "share") & (c["value_high"] > c["denominator"]),
            "{value_high} is above the denominator {denominator}", "a part is not more than its whole"),
    RowRule("claims", "denominator", "denominator",
            lambda c: c["denominator"] == 0,
            "nothing is a part of 0", "give the whole, or leave it empty"),
    RowRule("claims", "unit", "kind unit",
            lambda c: (c["kind"] == "share") & ~c["unit"].str.startswith("share of") & (c["unit"] != ""),
            "a share is counted in {unit}", "write share of …, or another kind"),
    RowRule("claims", "kind", "kind unit",
            lambda c: c["unit"].str.startswith("share of") & ~c["kind"].isin(["share", ""]),
            "a {kind} is counted in {unit}", "write share"),
    *(
        rule
        for table in decisions.KEYS
        for rule in (
            RowRule(table, "audit_reason", "audit_exempt audit_reason",
                    lambda f: (f["audit_exempt"] != "") & (f["audit_reason"] == ""),
                    "nothing says why {audit_exempt} cannot apply", "say why, in your own words"),
            RowRule(table, "audit_exempt", "audit_exempt audit_reason",
                    lambda f: (f["audit_exempt"] == "") & (f["audit_reason"] != ""),
                    "a reason without a check", "name the check that cannot apply"),
        )
    ),
)  # fmt: skip


def _rows(run: _Run, tables: Collection[str] | None = None) -> None:
    for rule in ROW_RULES:
        if (tables and rule.table not in tables) or not run.has(rule.table, *rule.needs.split()):
            continue
        frame = getattr(run.tables, rule.table)
        wrong = np.flatnonzero(rule.wrong(frame).fillna(False).to_numpy(bool))
        if not len(wrong):
            continue
        for row, cells in zip(wrong.tolist(), _records(frame.iloc[wrong]), strict=True):
            if any(run.told(rule.table, row, name) for name in rule.needs.split()):
                continue  # it was judged by a cell that could not be read
            said = {name: _printed(value) for name, value in cells.items()}
            run.fault(rule.table, row, rule.column, rule.problem.format(**said), rule.remedy)


# --- rows of one table ----------------------------------------------------------------------------


def _places(run: _Run) -> None:
    places = run.tables.places
    if not run.has("places", "place_id", "province_id", "within"):
        return
    province = dict(zip(places["place_id"], places["province_id"], strict=True))
    inside = {place: within for place, within in zip(places["place_id"], places["within"], strict=True) if within}
    first: dict[str, str] = {}
    for row, place in enumerate(places["place_id"].tolist()):
        slug = place.partition("/")[0]
        here = province[place]
        if here and first.setdefault(slug, here) != here:
            problem = f"{show(place)} lies in {here}, other places of {slug}/ in {first[slug]}"
            run.fault("places", row, "place_id", problem, "begin the ids of one province alike")
        parent = inside.get(place, "")
        if parent in province and province[parent] != here:
            problem = f"{show(place)} lies in {here}, {show(parent)} in {province[parent]}"
            run.fault("places", row, "within", problem, "name a place of the same province")
        if parent and place in _chain(parent, inside):
            run.fault("places", row, "within", f"{show(place)} lies within itself", "name the larger place")


def _chain(place: str, inside: Mapping[str, str]) -> Iterator[str]:
    """The place and all that contain it, each once."""
    seen = set()
    while place and place not in seen:
        yield place
        seen.add(place)
        place = inside.get(place, "")


def _incidents(run: _Run) -> None:
    """All reports of an incident are about one place, or about places of which one contains the others."""
    if not (run.has("events", "incident_id", "place_id") and run.has("places", "place_id", "within")):
        return
    places = run.tables.places
    inside = {place: within for place, within in zip(places["place_id"], places["within"], strict=True) if within}
    events = run.tables.events[["incident_id", "place_id"]]
    named = events[_filled(events["place_id"]) & _filled(events["incident_id"])]
    incident_of, place_of = (named[name].cat.codes.to_numpy() for name in named)
    some_place = np.zeros(len(events["incident_id"].cat.categories), dtype=place_of.dtype)
    some_place[incident_of] = place_of
    of_several = np.unique(incident_of[place_of != some_place[incident_of]])
    spanning = as_text(named[np.isin(incident_of, of_several)]).drop_duplicates()
    for incident, group in spanning.groupby("incident_id", sort=False):
        smallest = max(group["place_id"], key=lambda place: len(list(_chain(place, inside))))
        around = set(_chain(smallest, inside))
        for row, place in group["place_id"].items():
            if place not in around:
                problem = f"{incident} is at {show(smallest)} elsewhere and at {show(place)} here"
                run.fault("events", int(str(row)), "incident_id", problem, "give each place an incident of its own")


# --- events and claims against other tables -------------------------------------------------------


def _published(run: _Run, table: str) -> pd.Series:
    """The day on which the source of each row was published."""
    sources = run.tables.sources.drop_duplicates("source_id")
    published = pd.Series(sources["published"].array, index=pd.Index(sources["source_id"].astype(object)))
    cells = getattr(run.tables, table)["source_id"].cat
    return published.reindex(cells.categories).take(cells.codes.to_numpy()).reset_index(drop=True)


def _after_publication(run: _Run) -> None:
    for table, columns in {
        "events": ("date_earliest", "date_latest"),
        "claims": ("since", "as_of_earliest", "as_of_latest"),
    }.items():
        if not (run.has(table, "source_id", *columns) and run.has("sources", "source_id", "published")):
            continue
        frame, published = getattr(run.tables, table), _published(run, table)
        told = pd.Series(True, index=frame.index)
        if table == "claims":
            told = ~frame["measure"].isin(LOOKING_AHEAD) & run.has("claims", "measure")
        for column in columns:
            for row in np.flatnonzero((told & (frame[column] > published)).to_numpy(bool)).tolist():
                day, source = _printed(frame[column].iloc[row]), frame["source_id"].iloc[row]
                problem = f"{day} is after {show(source)} was published"
                run.fault(table, row, column, problem, f"nothing later than {_printed(published.iloc[row])}")


def _scopes(run: _Run) -> None:
    if run.has("claims", "scope") and run.can_name("provinces", "province_id"):
        provinces = run.tables.provinces["province_id"]
        scope = run.tables.claims["scope"]
        country = provinces.str[:2]
        _unknown(
            run,
            "claims",
            "scope",
            scope,
            [provinces, country],
            "province_id of provinces.csv, nor their country",
        )


# --- decisions ------------------------------------------------------------------------------------


def _alternatives(run: _Run) -> None:
    told = run.has("decisions", "decision_id", "chosen", "alternatives", "note")
    if not told or "options" in run.known.partial:
        return
    has_rows = set()
    if run.has("options", "decision_id", "option"):
        has_rows = set(zip(run.tables.options["decision_id"], run.tables.options["option"], strict=True))
    for row, decision in enumerate(_records(run.tables.decisions)):
        alternatives = decision["alternatives"].split("|") if decision["alternatives"] else []
        if decision["chosen"] and decision["chosen"] in alternatives:
            problem = f"the chosen option {show(decision['chosen'])} is among the alternatives"
            run.fault("decisions", row, "alternatives", problem, "take it out")
        for option in dict.fromkeys(o for o in alternatives if alternatives.count(o) > 1):
            run.fault("decisions", row, "alternatives", f"{show(option)} stands twice", "delete one of the two")
        for option in dict.fromkeys(alternatives):
            if (decision["decision_id"], option) not in has_rows and option not in decision["note"]:
                problem = f"the alternative {show(option)} changes nothing"
                remedy = "say in options.csv what it changes, or name it in the note and say why nothing"
                run.fault("decisions", row, "alternatives", problem, remedy)


def _options(run: _Run) -> None:
    """Options name decisions, rows and columns that exist, and values that those cells could hold."""
    tables = run.tables
    concerned = {"options", "decisions", "events", "claims"}
    if any(run.known.missing.get(name) for name in concerned) or concerned & set(run.known.partial):
        return
    known = decisions.choices(tables.decisions)
    named = tables.options["row_id"].cat.categories
    ids = {name: set(named[_among(named, getattr(tables, name)[key])]) for name, key in decisions.KEYS.items()}
    usable = []
    for row, cell in enumerate(_records(tables.options)):
        before = len(run.faults)
        options = known.get(cell["decision_id"])
        if options and cell["option"] not in options[1:]:
            problem = f"{show(cell['option'])} is no alternative of {cell['decision_id']}"
            if cell["option"] == options[0]:
                problem = f"{show(cell['option'])} is the chosen option, which changes nothing"
            run.fault("options", row, "option", problem, f"one of {', '.join(options[1:])}")
        if cell["table"] in ids:
            _cell_of_option(run, row, cell, ids[cell["table"]])
        right = len(run.faults) == before and not any(run.told("options", row, name) for name in cell)
        if options and cell["table"] in ids and cell["column"] and right:
            usable.append(row)
    _coded_otherwise(run, tables.options.loc[usable])


def _cell_of_option(run: _Run, row: int, cell: Mapping[str, str], ids: set[str]) -> None:
    rules = run.package.tables[cell["table"]]
    row_id, name, value = cell["row_id"], cell["column"], cell["value"]
    if row_id and row_id not in ids:
        run.fault("options", row, "row_id", f"{show(row_id)} is no row of {rules.file}", "name one that is there")
    column = rules.columns.get(name)
    if column is None:
        if name:
            meant = nearest(name, rules.columns)
            remedy = f"did you mean {meant}?" if meant else f"one of {', '.join(rules.columns)}"
            run.fault("options", row, "column", f"{show(name)} is no column of {rules.file}", remedy)
        return
    if name in (*rules.primary_key, "decision_id"):
        run.fault("options", row, "column", f"{name} identifies the row", "change another cell")
    elif not value and column.required:
        run.fault("options", row, "value", f"{name} cannot be empty", f"give {column.wanted()}")
    elif value and column.problem(value) is not None:
        problem, remedy = cell_problem(column, value)
        run.fault("options", row, "value", problem, remedy)
    else:
        for key in rules.foreign_keys:
            known = getattr(run.tables, key.table)[key.target]
            if key.column == name and value and not _among(pd.Index([value]), known).all():
                problem = f"{show(value)} is no {key.target} of {key.table}.csv"
                run.fault("options", row, "value", problem, _remedy([known])(value))


def _coded_otherwise(run: _Run, options: pd.DataFrame) -> None:
    """The rows that an option changes still agree with themselves; publication days may be in doubt too."""
    options = as_text(options)
    as_coded, coded_otherwise = {}, {}
    cells_of: dict[str, list[tuple[int, str]]] = {}
    for name, key in decisions.KEYS.items():
        frame = getattr(run.tables, name)
        rows = as_text(frame[frame[key].isin(options["row_id"].tolist())]).drop_duplicates(key).reset_index(drop=True)
        cells = options[(options["table"] == name) & options["row_id"].isin(rows[key])]
        changed_row = cells.groupby(["decision_id", "option", "row_id"], sort=False).ngroup()
        first = cells[~changed_row.duplicated()]
        changed = rows.set_index(key, drop=False).loc[first["row_id"]].reset_index(drop=True)
        for column, those in cells.groupby("column", sort=False):
            values = [decisions.typed(value, changed[column].dtype) for value in those["value"]]
            changed.loc[changed_row[those.index].to_numpy(), column] = values
        as_coded[name], coded_otherwise[name] = rows, changed
        under = first["decision_id"] + " " + first["option"]
        cells_of[name] = list(zip(first.index.tolist(), under.tolist(), strict=True))
    without_lines = replace(run.tables, lines={})
    before = _faults_of_rows(run, replace(without_lines, **as_coded))
    told = {(table, row_id, replace(fault, row=None)) for table, row_id, fault in before}
    for table, row_id, fault in _faults_of_rows(run, replace(without_lines, **coded_otherwise)):
        cell, option = cells_of[table][(fault.row or 2) - 2]
        if (table, row_id, replace(fault, row=None)) not in told:
            problem = f"under {option}, {row_id} {fault.column}: {fault.problem}"
            run.fault("options", cell, "value", problem, fault.remedy)


def _faults_of_rows(run: _Run, tables: Tables) -> Iterator[tuple[str, str, Fault]]:
    """The faults between cells of one row of events and claims, with table and id of the row."""
    inner = _Run(tables, run.package, Known(run.known.missing))
    _rows(inner, tuple(decisions.KEYS))
    for fault in inner.faults:
        table = fault.file.removesuffix(".csv")
        yield table, str(getattr(tables, table)[decisions.KEYS[table]].iloc[(fault.row or 2) - 2]), fault


RULES: tuple[Callable[[_Run], None], ...] = (
    _foreign_keys,
    _references,
    _disputes,
    _rows,
    _places,
    _incidents,
    _after_publication,
    _scopes,
    _alternatives,
    _options,
)
