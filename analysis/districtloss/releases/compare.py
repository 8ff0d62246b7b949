"""What differs between two versions or builds: numbers, rows, parameters; and which rows moved which number."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from districtloss.build import workers
from districtloss.errors import Fault, Faults
from districtloss.files import csv_rows, report_folder, scratch
from districtloss.releases import causes, versions
from districtloss.releases.causes import Cause, Ends
from districtloss.releases.templates import fill

JSON, PAGE = "diff.json", "diff.html"  # what a pinned version carries of its difference to the one before
FILES = "files beside the tables"  # audit, codings: changed as one, since they are no rows of ours
PROGRAMS = "code, notebooks or packages"
MOST_LISTED = 12  # changes of one cause, in lines and on the page; JSON has all

Row = dict[str, str]
Rows = dict[str, Row]  # of one table, by key


@dataclass(frozen=True)
class Edition:
    """One side: what was computed, from which rows, with which parameters (as given: a last day may be "")."""

    name: str
    version: str
    digest: str
    numbers: Mapping[str, Mapping[str, Any]]
    tables: Mapping[str, Rows]
    parameters: Mapping[str, Any]
    data: Path
    results: Mapping[str, str]  # hashes of the tables that were computed


@contextmanager
def opened(name: str) -> Iterator[Edition]:
    """Open a pinned version, by its number, or a folder: of a version or a build. Raises Faults where it is neither."""
    folder = versions.folder(name) if versions.is_version(name) and not Path(name).is_dir() else Path(name)
    record = _manifest(folder)
    if "outputs" in record:  # a version that is being made lists them last
        _check_as_made(folder, record)
    with scratch.folder("diff") as place:
        data = folder / versions.DATA
        if not data.is_dir():
            data = place
            _unpack(folder, data)
        tables = _tables(data)
        yield Edition(
            name=str(record["version"]) if record["generator"] == versions.GENERATOR else str(folder),
            version=str(record["version"]),
            digest=record["digest"],
            numbers=json.loads((folder / "results" / "values.json").read_text("utf-8")),
            tables=tables,
            parameters=_given(record["parameters"], tables),
            data=data,
            results=report_folder.tree(folder / "results" / "tables"),
        )


def _manifest(folder: Path) -> Mapping[str, Any]:
    try:
        record = json.loads((folder / report_folder.MANIFEST).read_text("utf-8"))
        whole = {"version", "digest", "parameters"} <= record.keys() and isinstance(record.get("outputs", {}), dict)
        if whole and record["generator"] in (versions.GENERATOR, report_folder.GENERATOR):
            return record
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass
    remedy = "name a version, or a folder that `districtloss build` made"
    raise Faults([Fault(str(folder), None, None, "is neither a pinned version nor a build", remedy)])


def _check_as_made(folder: Path, record: Mapping[str, Any]) -> None:
    """Raise Faults where data or results are not those that the manifest lists."""
    listed = {path: sha256 for path, sha256 in record["outputs"].items() if _is_compared(path)}
    there = {path: sha256 for path, sha256 in report_folder.tree(folder).items() if _is_compared(path)}
    changed = sorted(path for path in listed.keys() | there.keys() if listed.get(path) != there.get(path))
    if changed:
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        problem = f"is not as it was made: {changed[0]}{more} {'are' if more else 'is'} missing, new or changed"
        raise Faults([Fault(str(folder), None, None, problem, "take or build the folder anew")])


def _is_compared(path: str) -> bool:
    return path.startswith((f"{versions.DATA}/", "results/tables/")) or path in (
        "results/values.json",
        report_folder.DATA_ZIP,
    )


def _unpack(folder: Path, target: Path) -> None:
    from districtloss.files.report_folder import DATA_ZIP

    try:
        with zipfile.ZipFile(folder / DATA_ZIP) as archive:
            archive.extractall(target)
    except (OSError, zipfile.BadZipFile):
        problem = f"has no {DATA_ZIP}, so its rows are not known"
        raise Faults([Fault(str(folder), None, None, problem, "build it anew with `districtloss build`")]) from None


def _tables(data: Path) -> dict[str, Rows]:
    """Return the rows of a data folder as text, by their keys (parts of a key joined by a slash)."""
    from districtloss.tables import schema

    tables: dict[str, Rows] = {}
    for table in schema.load().tables.values():
        path = data / table.file
        tables[table.name] = {}
        if path.exists():
            for row in csv_rows.records(path):
                key = "/".join(row.get(part, "") for part in table.primary_key)
                tables[table.name][key] = {name: cell for name, cell in row.items() if name}
    return tables


def _given(parameters: Mapping[str, Any], tables: Mapping[str, Rows]) -> dict[str, Any]:
    """Return the parameters as somebody gave them: the last day is "" where it is that of the newest source."""
    newest = max((row.get("published", "") for row in tables["sources"].values()), default="")
    as_of = parameters.get("as_of", "")
    return dict(parameters) | {"as_of": "" if as_of == newest else as_of}


# --- comparing -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Change:
    """One thing that differs in what goes in: a row (`table`, `key`), a parameter or decision, or the files beside."""

    kind: str  # added, removed, edited, parameter, files
    table: str
    key: str
    fields: Mapping[str, tuple[str, str]]  # column -> what was, what is

    def __str__(self) -> str:
        if self.kind in ("added", "removed", "edited"):
            return f"{self.table} {self.key} ({self.kind})"
        return self.key if self.kind == "files" else f"{self.table} {self.key}"


@dataclass(frozen=True)
class Moved:
    """A number that differs. `beyond` is whether it lies outside the interval it had; None where it had none."""

    name: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    beyond: bool | None
    causes: tuple[Cause, ...] = ()
    programs: Ends | None = None  # by how much, where other code on the same rows makes another number

    @property
    def change(self) -> float | None:
        return causes.shift(causes.ends(self.before), causes.ends(self.after))[0]

    @property
    def entry(self) -> Mapping[str, Any]:
        """The side to take label and unit from."""
        return self.after or self.before or {}


@dataclass(frozen=True)
class Difference:
    """All that differs from `before` to `after`. `trails` names numbers that are the same, made of other rows or
    in other words; `files` the files of the data and the computed tables that differ."""

    before: Edition
    after: Edition
    moved: Sequence[Moved]
    changes: Sequence[Change]
    trails: Sequence[str]
    files: Sequence[str]
    notes: Sequence[str] = field(default_factory=list)

    def rows(self, kind: str) -> list[Change]:
        return [change for change in self.changes if change.kind == kind]

    @property
    def settings(self) -> list[Change]:
        return self.rows("parameter")

    @property
    def empty(self) -> bool:
        return not (self.moved or self.changes or self.trails or self.files)

    def as_dict(self) -> dict[str, Any]:
        """Return the difference as plain values, for JSON."""
        return {
            "from": _side(self.before),
            "to": _side(self.after),
            "numbers": [self._number(moved) for moved in self.moved],
            "rows": {kind: [_row(c) for c in self.rows(kind)] for kind in ("added", "removed", "edited")},
            "parameters": [_row(change) for change in self.settings],
            "same_numbers_other_trail": list(self.trails),
            "files": list(self.files),
            "notes": list(self.notes),
        }

    def _number(self, moved: Moved) -> dict[str, Any]:
        entry: dict[str, Any] = {
            "name": moved.name,
            "label": moved.entry["label"],
            "unit": moved.entry["unit"],
            "from": _figure(moved.before),
            "to": _figure(moved.after),
            "change": moved.change,
            "beyond_interval": moved.beyond,
            "because": [
                {
                    "of": [str(self.changes[i]) for i in cause.changes],
                    "alone": len(cause.changes) == 1,
                    **dict(zip(("change", "low", "high"), cause.shift, strict=True)),
                }
                for cause in moved.causes
            ],
        }
        if moved.programs is not None:
            entry["because"].append(
                {"of": [PROGRAMS], "alone": True, **dict(zip(("change", "low", "high"), moved.programs, strict=True))}
            )
        return entry


def _side(edition: Edition) -> dict[str, str]:
    return {"name": edition.name, "version": edition.version, "digest": edition.digest}


def _figure(value: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if value is None else {name: value[name] for name in ("value", "low", "high", "text", "range")}


def _row(change: Change) -> dict[str, Any]:
    fields = {column: {"from": was, "to": now} for column, (was, now) in change.fields.items()}
    return {"table": change.table, "id": change.key, "fields": fields}


def compare(before: Edition, after: Edition, *, explained: bool = True) -> Difference:
    """Return what differs between two editions; if `explained`, also which changes moved each number."""
    changes = [*_parameter_changes(before, after), *_row_changes(before, after)]
    beside = [path for path in _other_files(before, after) if path.endswith((".json", ".csv"))]
    if beside:
        changes.append(Change("files", "", FILES, dict.fromkeys(beside, ("", ""))))
    names = sorted(before.numbers.keys() | after.numbers.keys())
    pairs = {name: (before.numbers.get(name), after.numbers.get(name)) for name in names}
    moved = [
        Moved(name, a, b, _beyond(a, b))
        for name, (a, b) in pairs.items()
        if (a is None) != (b is None) or not causes.same(causes.ends(a), causes.ends(b))
    ]
    moved.sort(key=lambda m: (m.entry["notebook"], m.name))
    names_moved = {m.name for m in moved}
    trails = [name for name, (a, b) in pairs.items() if name not in names_moved and a != b]
    tables = before.results.keys() | after.results.keys()
    files = [f"results/tables/{path}" for path in sorted(tables) if before.results.get(path) != after.results.get(path)]
    files = _other_files(before, after) + files
    notes: list[str] = []
    if explained and moved:
        moved, notes = _with_causes(before, after, changes, moved)
    return Difference(before, after, moved, changes, trails, files, notes)


def _beyond(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> bool | None:
    _, low, high = causes.ends(before)
    now = causes.ends(after)[0]
    if now is None or (low is None and high is None):
        return None
    return (low is not None and now < low) or (high is not None and now > high)


def _row_changes(before: Edition, after: Edition) -> Iterator[Change]:
    for table in before.tables:
        was, now = before.tables[table], after.tables[table]
        for key in [*now, *(key for key in was if key not in now)]:
            a, b = was.get(key), now.get(key)
            if a == b:
                continue
            kind = "added" if a is None else "removed" if b is None else "edited"
            columns = dict.fromkeys([*(b or {}), *(a or {})])
            cells = {c: ((a or {}).get(c, ""), (b or {}).get(c, "")) for c in columns}
            fields = {c: cell for c, cell in cells.items() if cell[0] != cell[1]}
            if fields:
                yield Change(kind, table, key, fields)


def _parameter_changes(before: Edition, after: Edition) -> Iterator[Change]:
    was, now = before.parameters, after.parameters
    for name in sorted(was.keys() | now.keys()):
        a, b = was.get(name, ""), now.get(name, "")
        if name != "decisions":
            if a != b:
                yield Change("parameter", "parameter", name, {name: (_plain(a), _plain(b))})
            continue
        for decision in sorted(a.keys() | b.keys()):
            chosen = [_chosen(edition, decision) for edition in (before, after)]
            pair = a.get(decision, chosen[0]), b.get(decision, chosen[1])
            if a.get(decision) != b.get(decision) and pair[0] != pair[1]:
                yield Change("parameter", "decision", decision, {decision: pair})


def _chosen(edition: Edition, decision: str) -> str:
    return edition.tables["decisions"].get(decision, {}).get("chosen", "")


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value) if value != "" else "as the data have it"


def _other_files(before: Edition, after: Edition) -> list[str]:
    """Return the files of the data folders that differ, but for the tables, whose rows are listed one by one."""
    from districtloss.tables import schema

    tables = {table.file for table in schema.load().tables.values()}
    was, now = report_folder.tree(before.data), report_folder.tree(after.data)
    # A ZIP of a build may hold fewer files than a pinned folder: what only one has is not a difference of content.
    both = was.keys() & now.keys()
    return [f"data/{path}" for path in sorted(both) if path not in tables and was[path] != now[path]]


# --- causes --------------------------------------------------------------------------------------------------------

# What must be there before a row that names it can be: parents before children, away in the opposite order.
PARENTS = ("sources", "provinces", "places", "decisions")
CHILDREN = ("events", "claims")


def _orders(changes: Sequence[Change]) -> list[list[int]]:
    """Return two orders in which the changes can be made one after the other, as different as they can be.

    Changes of mere words stand side by side, so that one look is enough to see that they move nothing.
    """
    prose = _prose()

    def stage(change: Change) -> int:
        if change.kind in ("parameter", "files"):
            return 0
        rank = 1 if change.table in PARENTS else 2 if change.table in CHILDREN else 3
        return 7 - rank if change.kind == "removed" else rank

    def words(change: Change) -> bool:
        return change.kind == "edited" and change.fields.keys() <= prose

    there = sorted(range(len(changes)), key=lambda i: (stage(changes[i]), words(changes[i]), i))
    back = sorted(range(len(changes)), key=lambda i: (stage(changes[i]) or 9, not words(changes[i]), -i))
    return [there, back]


def _prose() -> set[str]:
    """Return the columns of free text: no vocabulary, no form, no key."""
    from districtloss.tables import schema

    tables = schema.load().tables.values()
    keys = {key.column for table in tables for key in table.foreign_keys}
    keys |= {name for table in tables for name in table.primary_key}
    columns = [column for table in tables for column in table.columns.values()]
    free = {c.name for c in columns if c.type == "string" and not c.terms and not c.pattern}
    return free - keys


def _with_causes(
    before: Edition, after: Edition, changes: Sequence[Change], moved: Sequence[Moved]
) -> tuple[list[Moved], list[str]]:
    """Say of each number what moved it: changes of rows and parameters, and for the rest the programs."""
    orders = _orders(changes)
    notebooks = {m.entry["notebook"] for m in moved}

    numbers = partial(_numbers, before, after, changes, notebooks)

    def compute(states: Sequence[causes.State]) -> list[Mapping[str, Any] | None]:
        if len(states) < 2:
            return [numbers(state) for state in states]
        with workers.pool(min(len(states), os.cpu_count() or 1), workers.QUICKEST) as pool:
            return list(pool.map(numbers, states))

    ends = numbers(()), numbers(tuple(range(len(changes))))
    if ends[0] is None or ends[1] is None:
        side = before if ends[0] is None else after
        return list(moved), [f"This code cannot compute the numbers of {side.name}, so nothing is said of causes."]
    found = causes.attribute(orders, compute, [m.name for m in moved])
    explained = []
    for m in moved:
        programs = _programs(m, ends[0], ends[1])
        explained.append(Moved(m.name, m.before, m.after, m.beyond, tuple(found[m.name]), programs))
    return explained, []


def _programs(moved: Moved, first: Mapping[str, Any], last: Mapping[str, Any]) -> Ends | None:
    """Return what of a shift this code does not make of the rows: that of other code, notebooks or packages."""
    whole = causes.shift(causes.ends(moved.before), causes.ends(moved.after))
    here = causes.ends(first.get(moved.name)), causes.ends(last.get(moved.name))
    if all(causes.same(causes.ends(v), made) for v, made in zip((moved.before, moved.after), here, strict=True)):
        return None
    mine = causes.shift(*here)
    value, low, high = (None if w is None else w - (m or 0.0) for w, m in zip(whole, mine, strict=True))
    return (value, low, high)


def _numbers(
    before: Edition, after: Edition, changes: Sequence[Change], only: set[str], made: causes.State
) -> Mapping[str, Any] | None:
    """Compute the numbers with some of the changes made. None where a state halfway cannot be computed."""
    from districtloss.releases import numbers
    from districtloss.tables import schema
    from districtloss.tables.frames import of_rows

    rows: dict[str, Rows] = {name: dict(table) for name, table in before.tables.items()}
    parameters = json.loads(json.dumps(dict(before.parameters)))
    beside = before.data
    for change in (changes[i] for i in made):
        if change.kind == "files":
            beside = after.data
        elif change.kind == "parameter":
            _set(parameters, change, after.parameters)
        elif change.kind == "removed":
            del rows[change.table][change.key]
        else:
            rows[change.table][change.key] = after.tables[change.table][change.key]
    with scratch.folder("diff") as place:
        folder = place / versions.DATA
        shutil.copytree(beside, folder)
        for name, table in rows.items():
            _lay(folder, name, table, before, after)
        ordered = {name: _in_order(table, after.tables[name]) for name, table in rows.items()}
        try:
            return numbers.compute(of_rows(ordered, schema.load_for(after.data)), parameters, folder, only)
        except Exception:  # a row that names one that is gone: such a state says nothing
            return None


def _lay(folder: Path, name: str, rows: Rows, before: Edition, after: Edition) -> None:
    """Put the file of a table as it is in a state into its folder: the file of a side, byte for byte, if it is that
    side's, since the outcome of an audit is bound to bytes."""
    from districtloss.tables import schema

    file = schema.load().tables[name].file
    (folder / file).unlink(missing_ok=True)
    for side in (before, after):
        if rows == side.tables[name]:
            if (side.data / file).exists():
                shutil.copyfile(side.data / file, folder / file)
            return
    columns = dict.fromkeys(column for row in rows.values() for column in row)
    csv_rows.write(folder / file, list(columns), _in_order(rows, after.tables[name]))


def _set(parameters: dict[str, Any], change: Change, to: Mapping[str, Any]) -> None:
    if change.table == "decision":
        option = to["decisions"].get(change.key)
        parameters["decisions"].pop(change.key, None)
        if option is not None:
            parameters["decisions"][change.key] = option
    else:
        parameters[change.key] = to.get(change.key, "")


def _in_order(rows: Rows, after: Rows) -> list[Row]:
    """Return rows as the later edition orders them; those that it lacks stand at the end."""
    place = {key: i for i, key in enumerate(after)}
    return [rows[key] for key in sorted(rows, key=lambda key: place.get(key, len(place)))]


# --- in words ------------------------------------------------------------------------------------------------------


def text(found: Difference) -> str:
    """Return the difference in lines for a terminal."""
    lines = [f"{found.before.name} → {found.after.name}"]
    if found.empty:
        return "\n".join([*lines, "No number, row or parameter differs."])
    lines += [*found.notes, "", f"Numbers that changed: {len(found.moved)}"]
    for moved in found.moved:
        lines.append(f"  {moved.name}: {figures(moved)}{BEYOND[moved.beyond]}")
        lines += [f"    {line}" for line in because(found, moved)]
    for heading, kind in (("added", "added"), ("removed", "removed"), ("edited", "edited")):
        rows = found.rows(kind)
        lines += ["", f"Rows {heading}: {len(rows)}"] if rows else []
        for change in rows:
            lines.append(f"  {change.table} {change.key}")
            lines += [f"    {column}: {_cell(was)} → {_cell(now)}" for column, (was, now) in change.fields.items()
                      if kind == "edited"]  # fmt: skip
    if found.settings:
        lines += ["", f"Parameters and decisions that differ: {len(found.settings)}"]
        lines += [f"  {c.key}: {was} → {now}" for c in found.settings for was, now in c.fields.values()]
    if found.trails:
        lines += ["", "Same number, made of other rows or in other words: " + ", ".join(found.trails)]
    if found.files:
        lines += ["", "Files that differ: " + ", ".join(found.files)]
    return "\n".join(lines)


BEYOND = {True: ", beyond its interval", False: ", within its interval", None: ""}


def figures(moved: Moved) -> str:
    """Return what a number was and is, with its intervals and by how much it moved."""
    before, after = _printed(moved.before), _printed(moved.after)
    unit = f" {moved.entry['unit']}" if moved.entry["unit"] else ""
    by = f" ({signed(moved.change, moved)})" if moved.change else ""
    return f"{before} → {after}{unit}{by}"


def _printed(value: Mapping[str, Any] | None) -> str:
    if value is None:
        return "not there"
    return value["text"] + (f" [{value['range']}]" if value["range"] and value["range"] != value["text"] else "")


def signed(number: float | None, moved: Moved | None = None) -> str:
    """Return by how much a number moved, with a sign and no more digits than say something; of a share, in points."""
    if number is None:
        return "by an unknown amount"
    if number == 0:
        return "±0"
    if moved is not None and str(moved.entry["text"]).endswith("%"):
        return f"{100 * number:+.3g} points".replace("-", "−")
    return (f"{number:+,.0f}" if abs(number) >= 1000 else f"{number:+.3g}").replace("-", "−")


def because(found: Difference, moved: Moved) -> list[str]:
    """Return a line for each cause of a moved number: by how much, where there are several, and what it was."""
    shares = [(cause.shift, _listed(found, cause)) for cause in moved.causes]
    if moved.programs is not None:
        shares.append((moved.programs, PROGRAMS))
    if len(shares) == 1 and shares[0][0][0]:
        return [shares[0][1]]
    return [f"{_shifted(shift, moved)}: {what}" for shift, what in shares]


def _listed(found: Difference, cause: Cause) -> str:
    changes = [str(found.changes[i]) for i in cause.changes]
    more = len(changes) - MOST_LISTED
    together = "together: " if len(changes) > 1 else ""
    return together + "; ".join(changes[:MOST_LISTED]) + (f" and {more} more" if more > 0 else "")


def _shifted(shift: Ends, moved: Moved) -> str:
    value, low, high = shift
    if value:
        return signed(value, moved)
    if value is None:
        known = causes.ends(moved.after)[0] is not None
        return "made it known" if known else "made it unknown"
    moves = [f"{name} {signed(end, moved)}" for name, end in (("low", low), ("high", high)) if end]
    return ", ".join(moves) or "moves the interval"


def _cell(text: str) -> str:
    return text or "(empty)"


def page(found: Difference) -> str:
    """Return the difference as an HTML page that needs no other file."""
    return fill(PAGE, found=found, because=because, signed=signed)
