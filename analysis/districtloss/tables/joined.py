"""How a folder that holds a part of the tables is completed from ours: what it adds to them or replaces in them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from districtloss.errors import Fault, Faults
from districtloss.files import atomic, csv_rows, forms, scratch
from districtloss.paths import DATA, DATAPACKAGE
from districtloss.tables import folders, schema
from districtloss.tables.complete import faults_of_present
from districtloss.tables.rules.cell import EARLIER

OURS = "districtloss/data"  # how faults name a row of ours in a folder that extends it


@dataclass
class Completed:
    """A folder with all tables, and where each of its rows comes from."""

    path: Path
    origins: dict[str, dict[int, tuple[str, int]]] = field(default_factory=dict)

    def located(self, fault: Fault) -> Fault:
        """Return a fault of this folder as one of the file that the user can mend."""
        origins = self.origins.get(fault.file, {})
        file, row = origins.get(fault.row or 0, (fault.file, fault.row))
        problem = fault.problem
        if (found := EARLIER.search(problem)) and int(found[1]) in origins:
            there, line = origins[int(found[1])]
            problem = f"{problem[: found.start()]}stands in {there}:{line} already"
        return Fault(file, row, fault.column, problem, fault.remedy)


@contextmanager
def completed(folder: Path) -> Iterator[Completed]:
    """Yield the folder itself, or, where it extends ours, a folder for the time being with all tables.

    Raises Faults where the files cannot be put together.
    """
    extends = folders.about(folder).extends
    if not extends:
        yield Completed(folder)
        return
    with scratch.folder("data") as place:
        try:
            made = _joined(folder, place, extends)
        except OSError as error:
            raise _not_joined(
                folder, f"cannot be joined with our tables ({error})", "make room, and every file readable"
            ) from None
        yield made


def _not_joined(folder: Path, problem: str, remedy: str) -> Faults:
    """Return the faults of the folder's files, or, where each is right by itself, this one."""
    return Faults(faults_of_present(folder) or [Fault(str(folder), None, None, problem, remedy)])


def _joined(folder: Path, target: Path, extends: str) -> Completed:
    for path in folders.data_files(folder):
        folders.check_ends(path)
    made = Completed(target)
    tables = schema.load().tables
    theirs = {name for name, table in tables.items() if (folder / table.file).exists()}
    if not theirs:
        files = ", ".join(table.file for table in tables.values())
        raise Faults([Fault(str(folder), None, None, "holds none of the tables", f"give at least one of {files}")])
    dropped = _dropped_decisions(theirs) if extends == "replace" else None
    for name, table in tables.items():
        if name in theirs and extends == "replace":
            shutil.copyfile(folder / table.file, target / table.file)
            continue
        header = list(table.columns)
        ours = [] if extends == "replace" and name in folders.OUTSIDE else _rows(DATA / table.file, table) or []
        if dropped is not None:
            ours = [(line, row) for line, row in ours if _kept(name, header, row, dropped, theirs)]
        parts = [(f"{OURS}/{table.file}", ours)]
        if name in theirs:
            rows = _rows(folder / table.file, table)
            if rows is None:
                raise _not_joined(folder, f"holds {table.file}, which cannot be read as rows", "save it as CSV")
            parts.append((table.file, rows))
        made.origins[table.file] = _write(target / table.file, header, parts)
    for name in (*folders.BESIDE, *folders.CODINGS):
        source = folder / name
        if source.is_dir():
            shutil.copytree(source, target / name)
        elif source.is_file():
            shutil.copyfile(source, target / name)
    for path in folders.book_files(folder):
        (target / path.relative_to(folder)).parent.mkdir(exist_ok=True)
        shutil.copyfile(path, target / path.relative_to(folder))
    if not (target / "CODEBOOK.md").exists():
        shutil.copyfile(DATA / "CODEBOOK.md", target / "CODEBOOK.md")
    _write_package(folder, target)
    return made


def _rows(path: Path, table: schema.Table) -> list[tuple[int, list[str]]] | None:
    """Return the rows of a file with their lines, the cells in the order of the table's columns, empty in the optional
    ones that the file lacks; None if it has another form."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            (_, found), *rows = csv_rows.rows(stream)
        lacking = {name for name, column in table.columns.items() if column.optional and name not in found}
        order = [None if name in lacking else found.index(name) for name in table.columns]
    except (OSError, ValueError):
        return None
    if len(found) != len(table.columns) - len(lacking) or any(len(row) != len(found) for _, row in rows):
        return None
    return [(line, ["" if i is None else row[i] for i in order]) for line, row in rows]


def _write(
    path: Path, header: list[str], parts: list[tuple[str, list[tuple[int, list[str]]]]]
) -> dict[int, tuple[str, int]]:
    """Write the rows of all parts into one table; return for each line of it the file and line it comes from."""
    csv_rows.write_rows(path, header, (row for _, rows in parts for _, row in rows))
    origins, at = {}, 2
    for file, rows in parts:
        for line, row in rows:
            origins[at] = (file, line)
            at += 1 + sum(_line_ends(cell) for cell in row)
    return origins


def _line_ends(cell: str) -> int:
    return cell.count("\n") + cell.count("\r") - cell.count("\r\n")


@dataclass(frozen=True)
class _Dropped:
    """Decisions of ours that are about rows of a table that is replaced, and the first letter of those rows' ids."""

    decisions: frozenset[str]
    letters: tuple[str, ...]


def _dropped_decisions(theirs: set[str]) -> _Dropped | None:
    """Return which of our decisions go when events or claims are replaced and no decisions are brought along."""
    letters = tuple(letter for letter, name in (("E", "events"), ("C", "claims")) if name in theirs)
    if not letters:
        return None
    gone = set()
    if "decisions" in theirs:
        return _Dropped(frozenset(), letters)
    for row in csv_rows.records(DATA / "decisions.csv"):
        if any(touched.startswith(letters) for touched in row["touches"].split("|")):
            gone.add(row["decision_id"])
    return _Dropped(frozenset(gone), letters)


def _kept(table: str, header: list[str], row: list[str], dropped: _Dropped, theirs: set[str]) -> bool:
    """Say whether a row of ours stays; take out of it what it says of rows that are gone."""
    at = {name: i for i, name in enumerate(header)}
    if table in ("decisions", "options"):
        if table == "options" and "decisions" in theirs:
            return False
        return row[at["decision_id"]] not in dropped.decisions
    if "decision_id" in at and (row[at["decision_id"]] in dropped.decisions or "decisions" in theirs):
        row[at["decision_id"]] = ""
    if "disputed_by" in at:
        stay = [i for i in row[at["disputed_by"]].split("|") if i and not i.startswith(dropped.letters)]
        row[at["disputed_by"]] = "|".join(stay)
    return True


def _write_package(folder: Path, target: Path) -> None:
    """Write our description of the tables with the terms and names of theirs, and without the key that extends."""
    package = json.loads(DATAPACKAGE.read_text("utf-8"))
    theirs = folders.package_in(folder)
    rules = schema.load_for(folder)
    for resource in package["resources"]:
        for item in resource["schema"]["fields"]:
            terms = rules.tables[resource["name"]].columns[item["name"]].terms
            known = item.get("constraints", {}).get("enum")
            if known:
                new = [term for term in terms if term not in known]
                known += new
                item["categories"] += [{"value": term, "label": terms[term]} for term in new]
    package["name"] = theirs.get("name", "districtloss-extended")
    # Whose words ours were answers for no row of theirs.
    for key in ("title", "contributors"):
        package.pop(key, None)
    for key in (
        "title",
        "description",
        "contributors",
        folders.COUNTRY,
        folders.SIDE,
        folders.PARAMETERS,
        folders.BOOK,
    ):
        if key in theirs:
            package[key] = theirs[key]
    atomic.write(target / folders.PACKAGE, forms.as_edited_json(package))
