"""From a data folder to results: the tables are checked, the notebooks run, and what they leave is published."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from districtloss.build.keys import Keys
from districtloss.files import cache, digest
from districtloss.parameters import Parameters
from districtloss.paths import CACHE

if TYPE_CHECKING:
    from districtloss.build.drawing import Drawer

Say = Callable[[str], None]

MOST_KEPT = 8  # results of whole analyses, the newest


def results(
    data: Path, stage: Path, parameters: Parameters, keys: Keys, *, force: bool, kernel: bool, rendered: bool, say: Say
) -> dict[str, Any]:
    """Fill stage/results and stage/_variables.yml; return hashes of the data, values and flags."""
    known = CACHE / "results" / keys.results
    if not force and cache.take(known, stage):
        say("Results are unchanged")
        return json.loads((stage / "made.json").read_text("utf-8"))
    from districtloss.build.drawing import Drawer

    with Drawer(CACHE / "drawings", also=rendered) as drawer:
        made = _compute(data, stage, parameters, keys, drawer, force, kernel, say)
    (stage / "made.json").write_text(json.dumps(made, sort_keys=True), "utf-8")
    cache.keep(stage, known, MOST_KEPT)
    return made


def _compute(
    data: Path, stage: Path, parameters: Parameters, keys: Keys, drawer: Drawer, force: bool, kernel: bool, say: Say
) -> dict[str, Any]:
    say("Checking the data")
    (stage / "data").symlink_to(data, target_is_directory=True)
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
    plan = notebooks.Plan(parameters.for_notebooks(), keys.notebooks, CACHE / "notebooks", force, kernel)
    notebooks.run(stage, plan, say, draw)
    say("Writing tables, numbers and charts")
    made = publish.publish(stage, study.tables, drawer.drawn)
    made |= {
        "data": digest.tree(data),
        "as_of": f"{study.as_of:%Y-%m-%d}",
        "provinces": len(tables.provinces),
        "subtitle": study.subtitle,
        "own": study.tables.about.own,
    }
    (stage / "data").unlink()
    return made
