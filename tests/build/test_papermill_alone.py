"""A notebook run with Papermill alone tells its parameters, finds the data, and refuses what is wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import nbformat
import papermill
import pytest

from districtloss import parameters
from districtloss.build import engine, notebooks
from districtloss.errors import Faults
from districtloss.estimates.study import Study
from districtloss.parameters import Parameters
from districtloss.paths import NOTEBOOKS

LONGEST_LINE = 120
RATES = NOTEBOOKS / "02_loss_rates.ipynb"
TYPES = {
    "data": "str", "output": "str", "start": "str", "as_of": "str", "denominator": "int", "attribution": "list[str]",
    "date_rule": "str", "net": "bool", "confidence": "float", "decisions": "dict[str, str]",
}  # fmt: skip
every_notebook = pytest.mark.parametrize("path", notebooks.notebooks(), ids=lambda path: path.stem)


def run(path: Path, folder: Path, **given: object) -> None:
    """Execute a notebook as Papermill does, without a kernel."""
    papermill.execute_notebook(
        str(path), str(folder / path.name), parameters=given, cwd=str(folder), engine_name=engine.NAME,
        kernel_name="python3", progress_bar=False,
    )  # fmt: skip


@every_notebook
def test_papermill_tells_the_type_and_the_meaning_of_every_parameter(path: Path) -> None:
    told = papermill.inspect_notebook(str(path))
    assert {name: parameter["inferred_type_name"] for name, parameter in told.items()} == TYPES
    assert all(parameter["help"] for parameter in told.values())


@every_notebook
def test_a_notebook_is_sentences_and_calls(path: Path) -> None:
    cells = nbformat.read(path, as_version=4).cells
    lines = [line for cell in cells for line in cell.source.splitlines()]
    assert max(map(len, lines)) <= LONGEST_LINE
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    calls = code[2:]  # after the cell of parameters and the one that imports
    assert not [source for source in calls if any(word in source for word in ("def ", "for ", "if ", "lambda"))]
    assert max(len(source.splitlines()) for source in calls) <= 3


def test_all_notebooks_have_the_same_parameters() -> None:
    cells = {nbformat.read(path, as_version=4).cells[1].source for path in notebooks.notebooks()}
    assert len(cells) == 1


def test_a_notebook_runs_in_a_kernel_from_any_folder_on_the_project_s_own_data(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "papermill", "--no-progress-bar", str(RATES), "out.ipynb", "-p", "D04", "counted"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = (tmp_path / "results" / "parts" / "02_loss_rates.jsonl").read_text("utf-8").splitlines()
    values = {name: content for kind, name, content in map(json.loads, lines) if kind == "values"}
    study = Study.load("", Parameters(decisions={"D04": "counted"}))
    assert values["net_held"]["value"] == study.net().point
    assert values["gross_losses"]["value"] == study.gross().point
    shown = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    assert "Losses named in the window" in str([cell.get("outputs") for cell in shown.cells])


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"confidence": 7}, "confidence: '7' is not usable, a number from 0.5 to 0.999"),
        ({"confidence": float("nan")}, "confidence: 'nan' is not usable"),
        ({"confidnce": 0.9}, "confidnce: no such parameter, did you mean confidence?"),
        ({"attribution": ["rumour"]}, "attribution: 'rumour' is not usable, one or more of confirmed_by_official"),
        ({"start": "2021-02-30"}, "start: '2021-02-30' is not usable, a day that exists"),
        ({"as_of": "2021-06-01"}, "as_of: 2021-06-01 is not after the start"),
        ({"net": 1}, "net: '1' is not usable, true or false"),
        ({"decisions": "D04"}, "decisions: 'D04' is not usable, options by the ids of their decisions"),
        ({"decisions": {"D99": "counted"}}, "D99: no such decision"),
        ({"decisions": {"D04": "perhaps"}}, "D04: no option 'perhaps'"),
        ({"denominator": 50}, "denominator: 50 is less than the 81 of C012"),
        ({"data": "nowhere"}, "nowhere: is not a folder"),
    ],
    ids=str,
)
def test_a_parameter_that_is_unknown_or_cannot_be_used_is_an_error_that_names_it(tmp_path, given, wrong) -> None:
    with pytest.raises(papermill.PapermillExecutionError) as error:
        run(RATES, tmp_path, **given)
    assert error.value.ename == "Faults"
    assert wrong in error.value.evalue
    assert not (tmp_path / "results").exists()


def test_only_what_papermill_sets_is_taken_for_a_parameter() -> None:
    """Names that somebody gives in a session of their own are no affair of the report's."""
    names = Parameters().for_notebooks() | {"threshold": 3, "In": ["", "threshold = 3"]}
    assert parameters.of_notebook(names) == Parameters()
    names["In"].append("# Parameters\nthreshold = 3\n")
    with pytest.raises(Faults, match="threshold: no such parameter"):
        parameters.of_notebook(names)


def test_plain_values_lead_back_to_the_parameters() -> None:
    wanted = Parameters(net=True, confidence=0.9, attribution=("witnesses",), decisions={"D04": "counted"})
    assert parameters.of_values(wanted.for_notebooks(), "parameter") == wanted
