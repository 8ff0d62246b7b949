"""Holds the repository to its promises: one version, pinned packages, clean notebooks, a telling layout."""

from __future__ import annotations

import ast
import csv
import importlib.metadata
import importlib.resources
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import jsonschema
import nbformat
import pytest
import yaml

import districtloss
from districtloss.paths import CHANGELOG, CITATION, NOTEBOOKS, ROOT

SHARED = ROOT.parent / "shared"  # where the articles lie, on machines that have them
# Methods of files by which the ends of lines would be those of the system, and the bytes others on Windows.
ENDS_OF_THE_SYSTEM = {"write_text"}
LAYOUT = {
    ".ci",
    ".github",
    ".gitignore",
    "CHANGELOG.md",
    "CITATION.cff",
    "LICENSE",
    "LICENSE-data",
    "Makefile",
    "README.md",
    "_extensions",
    "_quarto.yml",
    "analysis",
    "chapters",
    "data",
    "docs",
    "environment.yml",
    "index.qmd",
    "make.py",
    "pyproject.toml",
    "requirements-lab.lock",
    "requirements-test.lock",
    "requirements.lock",
    "tests",
}
# What each lock is made from, beside what the package itself imports.
LOCKS = {
    "requirements.lock": ["install"],
    "requirements-test.lock": ["install", "test"],
    "requirements-lab.lock": ["install", "lab"],
}
LAYOUT_LATER = {".gitattributes", "releases", "benchmarks", "examples"}  # there once a release has been made
# Spelt in two halves, so that this file does not name what it forbids.
REGISTRIES = [
    ".".join(halves)
    for halves in [
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("deb.debian", "org"),
        ("anaconda", "org"),
    ]
]
MACHINE_PATH = r"(?<![\w.~-])/(?:work|root|home|Users)/\w+"


def tracked() -> list[Path]:
    """Files that git tracks; the whole tree is the project's only in a checkout."""
    command = ["git", "-C", ROOT, "ls-files", "-z"]
    names = subprocess.run(command, capture_output=True, text=True, check=False)
    if names.returncode:
        pytest.skip("not a git checkout, so which files are the project's own is not known")
    return [path for name in names.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def text(name: str | Path) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def project() -> dict:
    return tomllib.loads(text("pyproject.toml"))["project"]


def schema(name: str) -> dict:
    package = importlib.resources.files("check_jsonschema") / "builtin_schemas" / "vendor"
    return json.loads((package / f"{name}.json").read_text(encoding="utf-8"))


def test_the_top_level_holds_what_the_readme_promises_and_nothing_else() -> None:
    top = {path.relative_to(ROOT).parts[0] for path in tracked()}
    assert top - LAYOUT_LATER == LAYOUT


@pytest.mark.parametrize("name", ["01_event_table", "02_loss_rates", "03_figures_compared"])
def test_the_promised_notebook_is_there(name: str) -> None:
    nbformat.validate(nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4))


def test_notebooks_carry_no_outputs() -> None:
    dirty = [
        f"{path.name}, cell {position}"
        for path in sorted(NOTEBOOKS.glob("*.ipynb"))
        for position, cell in enumerate(nbformat.read(path, as_version=4).cells)
        if cell.get("outputs") or cell.get("execution_count")
    ]
    assert not dirty, "run make format"


def test_package_citation_and_changelog_agree_on_version_and_day() -> None:
    citation = yaml.safe_load(text(CITATION))
    newest = re.search(r"^## \[(\d.*?)\] - (\S+)$", text(CHANGELOG), re.MULTILINE)
    assert newest
    for told in (citation, citation["preferred-citation"]):
        assert (told["version"], told["date-released"]) == newest.groups()
    assert citation["version"] == districtloss.__version__


def test_citation_file_holds_to_its_schema() -> None:
    citation = yaml.safe_load(text(CITATION))
    jsonschema.validate(citation, schema("citation-file-format"))


def test_workflows_hold_to_their_schema_and_call_targets_that_exist() -> None:
    workflows = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
    assert workflows
    for path in workflows:
        workflow = yaml.safe_load(text(path))
        # PyYAML speaks YAML 1.1, where the key `on` is a truth value.
        workflow["on"] = workflow.pop(True)
        jsonschema.validate(workflow, schema("github-workflows"))
        assert_targets_exist(path)


@pytest.mark.parametrize("name", ["README.md", ".ci/run"])
def test_make_commands_that_are_written_down_exist(name: str) -> None:
    assert_targets_exist(ROOT / name)


def assert_targets_exist(path: Path) -> None:
    phony = re.search(r"^\.PHONY: (.*)$", text("Makefile"), re.MULTILINE)
    assert phony
    targets = set(phony[1].split())
    called = set(re.findall(r"(?:^|`|run: |python )make(?:\.py)? ([a-z]+)\b", text(path), re.MULTILINE))
    assert {"report", "test"} <= called <= targets


def test_pictures_and_files_that_the_readme_names_exist() -> None:
    readme = text("README.md")
    links, paths = r"\]\((?!http)(.+?)\)", r"`(\.?\w[\w-]*/[\w./-]+\.\w+)`"
    named = re.findall(links, readme) + re.findall(paths, readme)
    made = {"build/report/index.html"}
    assert {"docs/report.png", "data/CODEBOOK.md"} <= set(named)
    assert not [name for name in named if name not in made and not (ROOT / name).exists()]


def test_github_takes_the_quarto_that_the_set_up_pins() -> None:
    pinned = re.search(r'^QUARTO_VERSION = "(\S+)"$', text("make.py"), re.MULTILINE)
    assert pinned
    assert f'version: "{pinned[1]}"' in text(".github/workflows/report.yml")


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_an_exact_version_and_hashes_and_no_address(name: str) -> None:
    lock = text(name)
    entries = re.split(r"^(?=\w)", lock, flags=re.MULTILINE)[1:]
    exact = re.compile(r"[\w.\[\]-]+==\S+ .*\\\n +--hash=sha256:[0-9a-f]{64}")
    assert len(entries) > 90
    assert not [entry for entry in entries if not exact.match(entry)]
    assert "://" not in lock
    assert "-url" not in lock


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_covers_every_dependency_that_it_is_for(name: str) -> None:
    wanted = project()["dependencies"] + [d for e in LOCKS[name] for d in project()["optional-dependencies"][e]]
    assert set(map(normal, wanted)) <= {normal(package) for package, _ in pins(name)}


def test_locks_agree_on_what_they_share() -> None:
    report, test, lab = map(pins, LOCKS)
    assert report <= test & lab
    shared = {package for package, _ in test} & {package for package, _ in lab}
    assert {pin for pin in test if pin[0] in shared} == {pin for pin in lab if pin[0] in shared}


def pins(name: str) -> set[tuple[str, str]]:
    """Names and versions in a lock."""
    return set(re.findall(r"^(\w[\w.-]*)==(\S+)", text(name), re.MULTILINE))


@pytest.mark.parametrize(("folder", "extras"), [("analysis/districtloss", []), ("tests", ["test"])])
def test_every_imported_package_is_a_declared_dependency(folder: str, extras: list[str]) -> None:
    declared = set(map(normal, project()["dependencies"]))
    for extra in extras:
        declared |= set(map(normal, project()["optional-dependencies"][extra]))
    files = list((ROOT / folder).rglob("*.py"))
    ours = [*files, *(ROOT / "benchmarks").glob("*.py")]
    known = {path.stem for path in ours} | {"districtloss", "helpers"} | sys.stdlib_module_names
    providers = importlib.metadata.packages_distributions()
    undeclared = [
        f"{path.name}: {module}"
        for path in files
        for module in imports(path) - known
        if declared.isdisjoint(map(normal, providers.get(module, [])))
    ]
    assert not undeclared


def test_nothing_is_installed_for_a_report_that_it_does_not_run_on() -> None:
    named: set[str] = set()
    for path in (ROOT / "analysis" / "districtloss").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        # Fonts are packages that are no more than asked for their files, by name.
        named |= imports(path) | {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    providers = importlib.metadata.packages_distributions()
    used = {normal(package) for module in named & providers.keys() for package in providers[module]}
    started = {"ipykernel"}  # by Jupyter, with `build --kernel`
    assert set(map(normal, project()["dependencies"])) - used == started


def imports(path: Path) -> set[str]:
    """Top-level names of the modules that a file imports, at its head or inside a function."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_conda_environment_brings_quarto_and_the_named_tools() -> None:
    environment = yaml.safe_load(text("environment.yml"))
    names = {re.split(r"[ <>=]", entry)[0] for entry in environment["dependencies"] if isinstance(entry, str)}
    assert environment["name"] == "districtloss"
    assert {"quarto", "jupyter", "pandas", "altair", "papermill"} <= names


def test_no_file_names_a_registry_or_a_path_of_one_machine() -> None:
    telling = re.compile("|".join([*map(re.escape, REGISTRIES), MACHINE_PATH]).encode())
    found = {path.relative_to(ROOT): telling.findall(path.read_bytes()) for path in tracked()}
    assert not {path: matches for path, matches in found.items() if matches}


@pytest.mark.sources
def test_no_run_of_nine_words_stands_in_an_article_too_but_for_titles() -> None:
    tool, articles = SHARED / "tools" / "copied_sentences.py", SHARED / "sources"
    if not (tool.is_file() and articles.is_dir()):
        pytest.skip("the articles are not on this machine")
    with (ROOT / "data" / "sources.csv").open(encoding="utf-8", newline="") as table:
        titles = [" ".join(re.findall(r"\w+", row["title"].lower())) for row in csv.DictReader(table)]
    command = [sys.executable, tool, ROOT, articles, "--words", "9"]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode in (0, 1), told.stderr
    runs = [line for line in told.stdout.splitlines() if not any(line.split(": ")[1] in t for t in titles)]
    assert not runs


def test_every_file_is_written_with_the_same_ends_of_lines_on_every_system():
    """By `atomic.write`, or by an `open` that says what ends a line."""
    found = []
    for path in sorted((ROOT / "analysis" / "districtloss").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name)):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
            modes = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
            opens = name in ("open", "fdopen") and any(re.fullmatch("[wax]t?", mode) for mode in modes)
            said = any(keyword.arg == "newline" for keyword in node.keywords)
            if name in ENDS_OF_THE_SYSTEM or (opens and not said):
                found.append(f"{path.name}:{node.lineno}")
    assert found == [], found
