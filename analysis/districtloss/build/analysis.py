"""From a data folder to results: the tables are checked, the notebooks run, and what they leave is published."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from districtloss.build.keys import Keys
from districtloss.files import atomic, digest, forms
from districtloss.files.cache import Cache
from districtloss.parameters import Parameters
from districtloss.paths import CACHE
from districtloss.tables import folders

if TYPE_CHECKING:
    from districtloss.build.drawing import Drawer

Say = Callable[[str], None]

RESULTS = Cache(CACHE / "results", most=8)  # of whole analyses
NOTEBOOKS = Cache(CACHE / "notebooks", most=40)  # of single notebooks
DRAWINGS = Cache(CACHE / "drawings", most=1000)  # a report has some twenty


def results(
    data: Path, stage: Path, parameters: Parameters, keys: Keys, *, force: bool, kernel: bool, rendered: bool, say: Say
) -> dict[str, Any]:
    """Fill stage/results; return hashes of the data, and the values, words and facts that prose takes."""
    summary = stage / "made.json"
    if not force and RESULTS.get_folder(keys.results, stage):
        say("Results are unchanged")
        return dict(json.loads(summary.read_text("utf-8")))
    from districtloss.build import drawing
    from districtloss.render import assets

    ahead = assets.vega_bundle if rendered and not assets.vega_bundle_is_cached() else None
    with drawing.drawer(DRAWINGS, ahead) as drawer:
        made = _compute(data, stage, parameters, keys, drawer, force, kernel, say)
    atomic.write(summary, forms.as_json(made))
    RESULTS.put_folder(keys.results, stage)
    return made


def _compute(
    data: Path, stage: Path, parameters: Parameters, keys: Keys, drawer: Drawer, force: bool, kernel: bool, say: Say
) -> dict[str, Any]:
    """Check the tables, run the notebooks, publish what they left, and return the summary of it."""
    say("Checking the data")
    from districtloss.build import notebooks

    notebooks.warm()
    from districtloss.estimates.study import Study
    from districtloss.report import publish
    from districtloss.tables.reading import read_once

    tables = read_once(data)
    study = Study.checked(tables, parameters)

    def draw(folder: Path) -> None:
        for path in sorted((folder / "figures").glob("*.vl.json")):
            drawer.ask(path.read_text("utf-8"))

    say("Running the notebooks" + (" in Jupyter kernels" if kernel else ""))
    plan = notebooks.Plan(parameters.for_notebooks(), keys.notebooks, NOTEBOOKS, force, kernel)
    notebooks.run(data, stage, plan, say, draw)
    say("Writing tables, numbers and charts")
    return publish.publish(stage, study.tables, drawer.drawn) | {
        "data": digest.of_files(data, folders.data_files(data)),
        "as_of": f"{study.as_of:%Y-%m-%d}",
        "provinces": len(tables.provinces),
        "subtitle": study.subtitle,
        "own": tables.about.own,
        "title": tables.about.title,
        "authors": list(tables.about.authors),
        "newest": f"{tables.sources['published'].max():%Y-%m-%d}",
    }
