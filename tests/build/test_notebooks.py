"""Notebooks run in processes of ours leave what a Jupyter kernel leaves, and leave no process behind."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import nbformat
import papermill
import pytest

from districtloss.build import notebooks, workers
from districtloss.errors import Fault, Faults
from districtloss.files.cache import Cache
from districtloss.paths import ROOT

CELLS = [
    "print('one'); import sys; print('two', file=sys.stderr); print('three')",
    "import pandas as pd\npd.DataFrame({'a': [1, 2], 'b': ['x', None]})",
    "from districtloss.report import values\n"
    "values.of('n', 3, label='l', unit='u', formula='f', rows=['E1'], notebook='x')",
    "import altair as alt\nfrom districtloss.report import recorder as results\n"
    "alt.Chart(pd.DataFrame({'d': [1], 'w': ['</script>']})).mark_point().encode(x='d:Q', y='w:N')",
    "from IPython.display import display, HTML, Image, Markdown\ndisplay(HTML('<b>x</b>'), Markdown('*y*'))\n"
    "display(Image(data=bytes.fromhex('89504e470d0a1a0a'), format='png'))\n1 + 1;",
    "class Shown:\n    def _repr_html_(self): return '<i>é</i>'\n    def __repr__(self): return 'shown'\nShown()",
    "a, b = 1, {'z': [1.5, float('nan')]}\nb",
    "",
    "print('é', end='')\n'text'",
    "pd.DataFrame([[f'a long cell {i}' for i in range(25)]] * 70, columns=[f'column {i}' for i in range(25)])",
    "pd.Series([1.0, 2.0]).describe()",
    "_ + 0 if False else (data, output, __name__)",
]


def notebook(path: Path, cells: list[str]) -> Path:
    first = nbformat.v4.new_code_cell("data = ''\noutput = ''", metadata={"tags": ["parameters"]})
    book = nbformat.v4.new_notebook(cells=[first, *map(nbformat.v4.new_code_cell, cells)])
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(book, path)
    return path


def executed(folder: Path, books: list[Path], monkeypatch: pytest.MonkeyPatch, *, kernel: bool) -> dict[str, bytes]:
    monkeypatch.setattr(notebooks, "notebooks", lambda: books)
    (folder / "data").mkdir(parents=True)
    plan = notebooks.Plan({}, "key", Cache(folder / "cache", most=9), kernel=kernel)
    notebooks.run(folder / "data", folder, plan, lambda _: None)
    made = folder / "results"
    return {p.relative_to(made).as_posix(): p.read_bytes() for p in made.rglob("*") if p.is_file()}


@pytest.mark.parametrize("method", sorted({"spawn", workers.QUICKEST}))
def test_outputs_are_those_of_a_kernel_byte_for_byte(tmp_path, monkeypatch, method) -> None:
    monkeypatch.setattr(workers, "QUICKEST", method)
    books = [notebook(tmp_path / "01_all.ipynb", CELLS)]
    ours = executed(tmp_path / "ours", books, monkeypatch, kernel=False)
    theirs = executed(tmp_path / "theirs", books, monkeypatch, kernel=True)
    outputs = json.loads(ours["notebooks/01_all.ipynb"])["cells"]
    kinds = {o["output_type"] for cell in outputs for o in cell.get("outputs", [])}
    assert kinds == {"stream", "display_data", "execute_result"}
    assert ours == theirs


def test_the_project_s_own_results_are_those_of_kernels_byte_for_byte(tmp_path) -> None:
    made = []
    for options in ([], ["--kernel"]):
        target = tmp_path / f"out{len(made)}"
        command = [sys.executable, "-m", "districtloss", "run", "--output", str(target), "--force", *options]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "WARNING" not in done.stderr and "Traceback" not in done.stderr
        made.append({p.relative_to(target).as_posix(): p.read_bytes() for p in target.rglob("*") if p.is_file()})
    assert "results/notebooks/04_choices.ipynb" in made[0]
    assert made[0] == made[1]


@pytest.mark.parametrize("kernel", [False, True], ids=["engine", "kernel"])
def test_a_cell_that_fails_is_told_with_its_source(tmp_path, monkeypatch, kernel) -> None:
    books = [notebook(tmp_path / "01_bad.ipynb", ["x = 1", "x / 0", "print('never')"])]
    with pytest.raises(papermill.PapermillExecutionError) as error:
        executed(tmp_path / "stage", books, monkeypatch, kernel=kernel)
    assert (error.value.ename, error.value.source) == ("ZeroDivisionError", "x / 0")
    assert "division by zero" in str(error.value)
    assert not (tmp_path / "stage" / "cache").exists()


def test_faults_that_a_cell_finds_are_told_as_anywhere_and_none_is_a_failure(tmp_path, monkeypatch) -> None:
    found = [Fault("a.csv", 3, "day", "is wrong: 'x'", "a day"), Fault("b.csv", None, None, "is missing", "add it")]
    finding = f"from districtloss.errors import Fault, Faults\nraise Faults({found!r})"
    with pytest.raises(Faults) as faults:
        books = [notebook(tmp_path / "01_a.ipynb", [finding])]
        executed(tmp_path / "one", books, monkeypatch, kernel=False)
    assert str(faults.value) == str(Faults(found))
    with pytest.raises(papermill.PapermillExecutionError):
        books = [notebook(tmp_path / "01_a.ipynb", [finding.replace(repr(found), "[]")])]
        executed(tmp_path / "two", books, monkeypatch, kernel=False)


def test_a_name_that_a_cell_defines_is_not_there_in_the_next_notebook(tmp_path, monkeypatch) -> None:
    leaving = "import builtins, os, pandas\nbuiltins.left = pandas.left = 1\nos.environ['LEFT'] = '1'"
    looking = (
        "import builtins, os, pandas\nprint(hasattr(builtins, 'left'), hasattr(pandas, 'left'), 'LEFT' in os.environ)"
    )
    books = [notebook(tmp_path / "01_a.ipynb", [leaving]), notebook(tmp_path / "02_b.ipynb", [looking])]
    made = executed(tmp_path / "stage", books, monkeypatch, kernel=False)
    assert b"False False False" in made["notebooks/02_b.ipynb"]


def test_a_parameter_that_a_notebook_does_not_have_is_an_error(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(notebooks, "notebooks", lambda: [notebook(tmp_path / "01_a.ipynb", ["1"])])
    (tmp_path / "data").mkdir()
    with pytest.raises(ValueError, match="no parameters unheard"):
        plan = notebooks.Plan({"unheard": 1}, "k", Cache(tmp_path / "cache", most=9))
        notebooks.run(tmp_path / "data", tmp_path, plan, lambda _: None)


def test_two_notebooks_cannot_write_one_file(tmp_path, monkeypatch) -> None:
    write = "import pathlib\npathlib.Path('results').mkdir(exist_ok=True)\npathlib.Path('results/same').write_text('x')"
    books = [notebook(tmp_path / f"0{i}_x.ipynb", [write]) for i in (1, 2)]
    with pytest.raises(ValueError, match="another notebook"):
        executed(tmp_path / "stage", books, monkeypatch, kernel=False)
