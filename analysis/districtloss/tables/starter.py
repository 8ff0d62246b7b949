"""Begins a data folder: the tables with their headers, the rules, the codebook, and what to fill first."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from districtloss.errors import Fault, Faults
from districtloss.files import atomic, csv_rows, forms
from districtloss.paths import DATA, DATAPACKAGE
from districtloss.tables import folders

README = Path(__file__).with_name("starter_readme.md")
WITH_PROVINCES = """those of Afghanistan are there. For another country, put its own in their place, with their ISO
   3166-2 codes."""
WITHOUT_PROVINCES = "one row a province of the country, with its ISO 3166-2 code."


def init(folder: Path, *, provinces: bool = True) -> list[str]:
    """Write an empty data folder, with the provinces of Afghanistan unless `provinces` is False; return its files.

    Raises Faults if the folder has any content or cannot be written, and then leaves nothing behind.
    """
    if folder.exists() and not folder.is_dir():
        raise Faults([Fault(str(folder), None, None, "is a file", "name a new or an empty folder")])
    try:
        if folder.exists() and any(folder.iterdir()):
            raise Faults([Fault(str(folder), None, None, "is not empty", "name a new or an empty folder")])
        with atomic.created(folder):
            return _filled(folder, provinces)
    except OSError as error:
        problem = f"cannot be written ({error.strerror})"
        raise Faults([Fault(str(folder), None, None, problem, atomic.ROOM)]) from None


def _filled(folder: Path, provinces: bool) -> list[str]:
    try:
        return _fill(folder, provinces)
    except BaseException:
        for path in folder.iterdir():  # it was empty
            path.unlink()
        raise


def _fill(folder: Path, provinces: bool) -> list[str]:
    from districtloss.tables import schema
    from districtloss.tables.codebook import codebook

    package = described({"name": folder.resolve().name, "title": folder.resolve().name, folders.COUNTRY: ""})
    for resource in package["resources"]:
        path = folder / resource["path"]
        if resource["name"] == "provinces" and provinces:
            shutil.copyfile(DATA / path.name, path)
            _without_totals(path)
        else:
            csv_rows.write(path, [item["name"] for item in resource["schema"]["fields"]], [])
    atomic.write(folder / folders.PACKAGE, forms.as_edited_json(package))
    atomic.write(folder / "CODEBOOK.md", codebook(schema.package_of(package)))
    shutil.copyfile(README, folder / "README.md")
    if not provinces:
        path = folder / "README.md"
        atomic.write(path, path.read_text("utf-8").replace(WITH_PROVINCES, WITHOUT_PROVINCES))
    return sorted(path.name for path in folder.iterdir())


def _without_totals(path: Path) -> None:
    """Empty the numbers of districts: they rest on a source that the new folder does not have."""
    rows = csv_rows.records(path)
    csv_rows.write(path, list(rows[0]), [row | {"districts_total": "", "districts_total_source": ""} for row in rows])


def described(
    about: Mapping[str, object], terms: Mapping[tuple[str, str], Mapping[str, str]] | None = None
) -> dict[str, Any]:
    """Return our description of the tables under another name, with terms (by table and column) added."""
    package: dict[str, Any] = json.loads(DATAPACKAGE.read_text("utf-8"))
    package = {"$schema": package["$schema"], **package, **about}
    package["sources"] = []
    # Whose data they are and under which terms is for their makers to say; our rules hold for them all the same.
    for ours in ("licenses", "contributors"):
        package.pop(ours, None)
    package["description"] = f"{package['title']}.\n\n{package['description'].partition(chr(10) * 2)[2]}"
    for resource in package["resources"]:
        for item in resource["schema"]["fields"]:
            for value, label in (terms or {}).get((resource["name"], item["name"]), {}).items():
                item["constraints"]["enum"].append(value)
                item["categories"].append({"value": value, "label": label})
    if not package.get(folders.COUNTRY):
        package.pop(folders.COUNTRY, None)
    return package
