"""Data folders that hold a part of the tables: what they add to the project's own data, or replace in them.

A folder says so in its datapackage.json, which may also name the country, the side that takes districts, and
defaults for the parameters:

    {"districtloss:extends": "add" | "replace", "districtloss:country": "…", "districtloss:side": "…",
     "districtloss:parameters": {"start": "2021-07-01", "denominator": 401}}

`add`: the rows of each table follow ours. `replace`: each table stands in place of ours. Tables that the folder
lacks come from ours in both cases; but what others published of our districts is not held against rows that replace
ours. Only the standard library is needed here, so that an unchanged report is
recognised without pandas.
"""

from __future__ import annotations

import errno
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from districtloss.errors import Fault, Faults
from districtloss.files import csv_rows
from districtloss.paths import DATAPACKAGE

if TYPE_CHECKING:
    from districtloss.parameters import Parameters

PACKAGE = DATAPACKAGE.name
EXTENDS = "districtloss:extends"
COUNTRY = "districtloss:country"
SIDE = "districtloss:side"
PARAMETERS = "districtloss:parameters"
BOOK = "districtloss:book"  # the order of a folder's own chapters: {"chapters": […], "appendices": […]}
IMPORT = "districtloss:import"  # by which a folder is known to be an import's
# What an import asks, and the rows that it did not take.
TO_SETTLE, LEFT_OUT = "to_settle.csv", "left_out.csv"
KEYS = (EXTENDS, COUNTRY, SIDE, PARAMETERS, BOOK, IMPORT)
MODES = ("add", "replace")
LONGEST_NAME = 80
LONGEST_TITLE = 200
OWN_NAME = "districtloss"  # of the package that the project's own data are
# What stands beside the tables and goes along with them; of ours only where the tables are all ours.
BESIDE = ("CODEBOOK.md", "audit.json")
OUTSIDE = ("outside", "outside_falls")  # tables of what others published, for the validation chapter alone
CODINGS = ("first_coding", "second_coding")  # folders of the codings that the tables were settled from


@dataclass(frozen=True)
class About:
    """What a data folder says of itself."""

    extends: str = ""
    country: str = ""
    side: str = ""
    parameters: dict[str, str] = field(default_factory=dict, hash=False)
    claimants: Mapping[str, str] = field(default_factory=dict, hash=False)  # that the folder adds: term to name
    title: str = ""
    authors: tuple[str, ...] = ()  # the contributors of the package, who sign the report
    own: bool = False  # the project's own data, untouched

    def country_of(self, provinces: Iterable[str]) -> str:
        """Return how the report names the country: as the folder does, or by its provinces' ids."""
        known = {"AF": "Afghanistan"}
        codes = {province.partition("-")[0] for province in provinces}
        return self.country or (known.get(codes.pop(), "the country") if len(codes) == 1 else "the country")

    @property
    def taking_side(self) -> str:
        """Return how the report names the side that takes districts."""
        return self.side or "the Taliban"


def defaults(folder: Path) -> dict[str, str]:
    """Return the parameters that the folder sets, as after --set. Raises Faults for those that are none."""
    from districtloss import parameters

    if not folder.is_dir():
        return {}
    found = about(folder).parameters
    try:
        parameters.parse(found)
    except Faults as faults:
        raise Faults(
            Fault(PACKAGE, None, f"{PARAMETERS} {fault.column or ''}".strip(), fault.problem, fault.remedy)
            for fault in faults.faults
        ) from None
    return found


def located_in_package(faults: Iterable[Fault], folder: Path, chosen: Parameters) -> Faults:
    """Return faults of parameters as ones of datapackage.json where it is that file that sets them so."""
    from districtloss import parameters

    given = defaults(folder)
    of_folder, of_all = parameters.settings(parameters.parse(given)), parameters.settings(chosen)

    def located(fault: Fault) -> Fault:
        name = "start" if fault.file == "--start" else fault.column or ""
        if fault.file not in ("--set", "--start") or name not in given or of_folder.get(name) != of_all.get(name):
            return fault
        return replace(fault, file=PACKAGE, column=f"{PARAMETERS} {name}")

    return Faults(dict.fromkeys(map(located, faults)))


def about(folder: Path) -> About:
    """Read what datapackage.json says of the folder. Raises Faults where a key of ours has no value of ours."""
    package = package_in(folder)
    faults: list[Fault] = []

    def fault(key: str, problem: str, remedy: str) -> None:
        faults.append(Fault(PACKAGE, None, key, problem, remedy))

    for key in package:
        if key.startswith("districtloss:") and key not in KEYS:
            near = get_close_matches(key, KEYS, 1)
            fault(key, "is no key of ours", f"{near[0]}?" if near else "leave it out")
    extends = package.get(EXTENDS, "")
    if extends not in ("", *MODES):
        fault(EXTENDS, f"{_shown(extends)} is no way to extend the data", f"one of {', '.join(MODES)}")
    names = {}
    for key in (COUNTRY, SIDE):
        name = package.get(key, "")
        if not isinstance(name, str) or len(name) > LONGEST_NAME or not name.isprintable():
            fault(key, f"{_shown(name)} is no name", f"text of at most {LONGEST_NAME} characters")
        names[key] = name
    title, contributors = package.get("title", ""), package.get("contributors", [])
    if not _is_line(title):
        fault("title", f"{_shown(title)} is no title", f"text of at most {LONGEST_TITLE} characters")
    if not (isinstance(contributors, list) and all(map(_is_contributor, contributors))):
        fault("contributors", "is not a list of people", '[{"title": "Name of a person or a body"}]')
    settings = package.get(PARAMETERS, {})
    if not isinstance(settings, dict):
        fault(PARAMETERS, "is not an object", 'write {"start": "2021-07-01"}')
        settings = {}
    if faults:
        raise Faults(faults)
    texts = {name: _text(value) for name, value in settings.items()}
    return About(
        extends, names[COUNTRY], names[SIDE], texts,
        title=title, authors=tuple(map(_name_of, contributors)), own=package.get("name") == OWN_NAME,
    )  # fmt: skip


def _is_line(text: Any) -> bool:
    return isinstance(text, str) and len(text) <= LONGEST_TITLE and text.isprintable()


def _name_of(contributor: Mapping[str, Any]) -> str:
    """Return the name of a contributor as Frictionless has it: a title, or given and family name."""
    names = (contributor.get(key, "") for key in ("givenName", "familyName"))
    return contributor.get("title") or " ".join(filter(None, names))


def _is_contributor(item: Any) -> bool:
    return (
        isinstance(item, dict)
        and all(_is_line(item.get(key, "")) for key in ("title", "givenName", "familyName"))
        and bool(_name_of(item))
    )


def _shape_faults(package: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield what is wrong with the form of what we read of a package: the terms that it gives for our columns."""
    own = set(table_files())

    def fault(where: str, wanted: str) -> Fault:
        return Fault(PACKAGE, None, where, f"is not {wanted}", "see our own datapackage.json")

    resources = package.get("resources", [])
    if not isinstance(resources, list):
        yield fault("resources", "a list")
        return
    for number, resource in enumerate(resources):
        at = f"resources[{number}]"
        if not isinstance(resource, dict):
            yield fault(at, "an object")
            continue
        if not isinstance(resource.get("name", ""), str):
            yield fault(f"{at}.name", "text")
            continue
        # A resource of another name is no table of ours, and a schema may be the name of a file.
        rules, file = resource.get("schema"), f"{resource.get('name')}.csv"
        if file in own:
            yield from _untrue(at, resource, file)
        if file not in own or rules is None or isinstance(rules, str):
            continue
        fields = rules.get("fields", []) if isinstance(rules, dict) else None
        if not isinstance(fields, list) or not all(isinstance(item, dict) for item in fields):
            yield fault(f"{at}.schema.fields", "a list of objects")
            continue
        for item in fields:
            constraints = item.get("constraints", {})
            terms = constraints.get("enum", []) if isinstance(constraints, dict) else None
            if not isinstance(terms, list) or not all(isinstance(term, str) and term for term in terms):
                yield fault(f"{at}.schema, field {_shown(item.get('name'))}: constraints.enum", "a list of terms")
            categories = item.get("categories", [])
            if not isinstance(categories, list) or not all(map(_is_category, categories)):
                where = f"{at}.schema, field {_shown(item.get('name'))}: categories"
                yield fault(where, 'a list of terms or of {"value": TERM, "label": TEXT}')


def _untrue(at: str, resource: Mapping[str, Any], file: str) -> Iterator[Fault]:
    """Say where a resource says of a table of ours what no such table is: whoever reads the package would stumble."""
    dialect = resource.get("dialect")
    said = {
        "path": (resource.get("path", file), file),
        "encoding": (str(resource.get("encoding", "utf-8")).lower(), "utf-8"),
        "dialect.delimiter": (dialect.get("delimiter", ",") if isinstance(dialect, dict) else ",", ","),
    }
    for key, (value, true) in said.items():
        if value != true:
            yield Fault(PACKAGE, None, f"{at}.{key}", f"is {_shown(value)}", f"it is {true!r}, or leave it out")


def _is_category(item: Any) -> bool:
    """Return whether something is a category as Frictionless has it: a term, or a term with what it means."""
    if isinstance(item, dict):
        return _is_category(item.get("value")) and isinstance(item.get("label", ""), str)
    return isinstance(item, str) and bool(item)


def terms_of(field: Mapping[str, Any]) -> dict[str, str]:
    """Return the terms that a field of a package lists, with what they mean where that is said. Frictionless lists
    terms in `constraints.enum` and in `categories`; one of the two is enough."""
    categories = (item if isinstance(item, dict) else {"value": item} for item in field.get("categories", ()))
    return dict.fromkeys(field.get("constraints", {}).get("enum", ()), "") | {
        item["value"]: item.get("label", "") for item in categories
    }


def check_ends(path: Path, *, pipes: bool = False) -> None:
    """Raise OSError for a device, and but for `pipes` for a pipe: reading would wait or go on for ever."""
    if path.is_char_device() or path.is_block_device() or (path.is_fifo() and not pipes):
        raise OSError(errno.EINVAL, "it is no file")


def unsettled(folder: Path) -> int:
    """Return how many rows of an import wait for their place to be settled, or for the import that takes the answer."""
    try:
        check_ends(folder / LEFT_OUT)
        return sum(row.get("why", "").endswith(TO_SETTLE) for row in csv_rows.records(folder / LEFT_OUT))
    except (OSError, ValueError):
        return 0


def table_files() -> list[str]:
    """Return the file names of the tables, in the order of the data package."""
    return [resource["path"] for resource in json.loads(DATAPACKAGE.read_text("utf-8"))["resources"]]


def data_files(data: Path) -> list[Path]:
    """Return the files of a data folder that are its content: tables, both codings behind them, what describes them."""
    # Whatever else stands there, such as what an import left out, is no part of the report.
    content = {*table_files(), PACKAGE, *BESIDE}
    files = [p for p in data.iterdir() if p.name in content]
    codings = [p for folder in CODINGS for p in (data / folder).glob("*") if p.suffix == ".csv" or p.name == PACKAGE]
    return sorted(files + codings)


def book_files(data: Path) -> list[Path]:
    """Return the files of a folder's own book: index.qmd, and the chapters and lists of works beside it. [] without
    an index.qmd, for then the folder has no book."""
    index = data / "index.qmd"
    if not index.is_file():
        return []
    beside = (p for p in (data / "chapters").glob("*") if p.suffix in (".qmd", ".bib") and p.is_file())
    return [index, *sorted(beside)]


def book_order(data: Path) -> dict[str, list[str]]:
    """Return the chapters and appendices of a folder's own book, index.qmd first, as its datapackage.json lists them.

    Raises Faults where it does not list each of them once, or lists what is not there."""
    order = package_in(data).get(BOOK)
    there = {p.relative_to(data).as_posix() for p in book_files(data) if p.suffix == ".qmd"}
    example = '{"chapters": ["chapters/rates.qmd"], "appendices": []}'
    if not isinstance(order, dict) or not set(order) <= {"chapters", "appendices"}:
        raise Faults([Fault(PACKAGE, None, BOOK, "does not give the order of the folder's chapters", example)])
    lists = [order.get(part, []) for part in ("chapters", "appendices")]
    if not all(isinstance(names, list) and all(isinstance(name, str) for name in names) for names in lists):
        raise Faults([Fault(PACKAGE, None, BOOK, "is not two lists of files", example)])
    listed = [name for names in lists for name in names if name != "index.qmd"]
    faults = [
        Fault(PACKAGE, None, BOOK, f"{_shown(name)} is no chapter of the folder", "chapters/NAME.qmd, or leave it out")
        for name in listed if name not in there
    ]  # fmt: skip
    faults += [
        Fault(PACKAGE, None, BOOK, f"{_shown(name)} is listed {listed.count(name)} times", "list each chapter once")
        for name in sorted(there - {"index.qmd"}) if listed.count(name) != 1
    ]  # fmt: skip
    if faults:
        raise Faults(faults)
    return {"chapters": ["index.qmd", *(n for n in lists[0] if n != "index.qmd")], "appendices": list(lists[1])}


def codings(data: Path) -> list[Path | None]:
    """Return the folders of both codings, None for one that is not there or has nothing in it."""
    return [folder if any(folder.glob("*")) else None for folder in (data / name for name in CODINGS)]


def package_in(folder: Path) -> dict[str, Any]:
    """Return what datapackage.json of the folder holds, {} without one. Raises Faults for one of another form."""
    try:
        check_ends(folder / PACKAGE)
        content = json.loads((folder / PACKAGE).read_text("utf-8-sig"))
        json.dumps(content, ensure_ascii=False).encode()  # which no half of a surrogate pair can be
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        problem = f"cannot be read as JSON ({str(error).splitlines()[0][:120]})"
        raise Faults([Fault(PACKAGE, None, None, problem, "mend it, or leave it out")]) from None
    if not isinstance(content, dict):
        raise Faults([Fault(PACKAGE, None, None, "is not an object", "begin it with {, or leave it out")])
    if faults := list(_shape_faults(content)):
        raise Faults(faults)
    return content


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"


def _text(value: Any) -> str:
    """Return a JSON value as it would stand after --set NAME=."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "|".join(map(str, value))
    return str(value)
