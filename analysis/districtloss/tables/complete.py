"""Reads a folder that has all tables, or says everything that is wrong with it; and codings and parts by themselves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

from districtloss.errors import Fault, Faults
from districtloss.tables import folders, schema
from districtloss.tables.csv_files import Raw, empty, read_raw
from districtloss.tables.frames import Tables, typed
from districtloss.tables.rules.cell import EARLIER, cell_faults, cell_problem
from districtloss.tables.rules.check import check
from districtloss.tables.rules.context import Reported

# A folder without these has no decisions, and nothing outside it to hold its answer against.
OPTIONAL = ("decisions", "options", *folders.OUTSIDE)


def faults_of_present(folder: Path) -> list[Fault]:
    """Return the faults of the files that the folder has, each by itself: of their form and of their cells."""
    package = schema.load_for(folder)
    faults: list[Fault] = []
    for table in package.tables.values():
        if (folder / table.file).exists():
            found = read_raw(folder / table.file, table, faults.append, rows_needed=False)
            faults += cell_faults(table, found) if found else []
    return faults + codings_faults(folder)


def codings_faults(folder: Path) -> list[Fault]:
    """Return the faults of the codings behind the tables, where the folder has a second one to compare."""
    _, second = codings = folders.codings(folder)
    faults: list[Fault] = []
    for coding in filter(None, codings if second else ()):
        try:
            read_coding(coding)
        except Faults as found:
            faults += found.faults
    return faults


def read_complete(folder: Path) -> Tables:
    """Read a folder that has all tables. Raises Faults with everything that is wrong with it."""
    package = schema.load_for(folder)
    faults: list[Fault] = []
    raw: dict[str, Raw] = {}
    readable = True
    for table in package.tables.values():
        path = folder / table.file
        if not path.exists() and table.name in OPTIONAL:
            raw[table.name] = empty(table)
            continue
        found = read_raw(path, table, faults.append)
        readable = readable and found is not None
        raw[table.name] = found or empty(table)
    for name, found in raw.items():
        faults += cell_faults(package.tables[name], found)
    frames = {name: typed(found.cells, package.tables[name]) for name, found in raw.items()}
    lines = {name: found.lines for name, found in raw.items()}
    claimants, column = schema.claimants(package), package.tables["claims"].columns["claimant_name"]
    faults += [
        Fault(folders.PACKAGE, None, f"label of {schema.show(term)}", *cell_problem(column, label))
        for term, label in claimants.items()
        if column.problem(label)
    ]
    tables = Tables(**frames, lines=lines, about=replace(folders.about(folder), claimants=claimants))
    faults += codings_faults(folder)
    if readable:  # where a file is unreadable, every key into it would be called unknown
        reported = Reported(
            missing={name: found.missing for name, found in raw.items()},
            incomplete=frozenset(name for name, found in raw.items() if not found.complete),
            cells=frozenset((fault.file, fault.row, fault.column) for fault in faults),
            misspelt=frozenset((f.file, f.column) for f in faults if not EARLIER.search(f.problem)),
        )
        faults += check(tables, package, reported)
    if faults:
        raise Faults(dict.fromkeys(faults))
    return tables


def read_coding(folder: Path | str) -> dict[str, pd.DataFrame]:
    """Read events.csv, claims.csv and, if it is there, places.csv of a folder with a coding of the same sources.

    Holds them to the rules of their columns; keys into other tables are not followed. Raises Faults.
    """
    folder = Path(folder)
    # A coding speaks the language of the tables that were settled from it, unless it describes its own.
    package = schema.load_for(folder if (folder / folders.PACKAGE).exists() else folder.parent)
    faults: list[Fault] = []
    frames = {}
    for name in ("events", "claims", "places"):
        path = folder / package.tables[name].file
        if name == "places" and not path.exists():
            continue
        table = replace(package.tables[name], file=f"{folder.name}/{path.name}")
        found = read_raw(path, table, faults.append) or empty(table)
        faults += cell_faults(table, found)
        frames[name] = typed(found.cells, table)
    if faults:
        raise Faults(faults)
    return frames
