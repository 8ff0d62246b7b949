"""The numbers of a study without notebooks and pages: the findings that the notebooks record, of tables in memory.

A test holds them to those of a build.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from districtloss import parameters
from districtloss.estimates.findings import choices, event_table, figures_compared, ladder, loss_rates
from districtloss.estimates.study import Study
from districtloss.parameters import Parameters
from districtloss.report import quantities, reliability
from districtloss.tables.frames import Tables

Numbers = dict[str, dict[str, Any]]

# The findings with numbers in them, by the notebook that records them.
FINDINGS: Mapping[str, tuple[Callable[[Study], Any], ...]] = {
    "01_event_table": (
        event_table.extent,
        event_table.reports_of_control,
        event_table.named_twice,
        reliability.audit,
        reliability.two_codings,
    ),
    "02_loss_rates": (
        loss_rates.named_losses,
        loss_rates.headline_rate,
        loss_rates.dense_part,
        loss_rates.by_province,
        loss_rates.statement,
        loss_rates.coverage,
        loss_rates.stock,
        loss_rates.yardsticks,
    ),
    "03_figures_compared": (
        figures_compared.compared,
        figures_compared.scale,
        figures_compared.pairs,
        figures_compared.rates_between,
        figures_compared.other_shares,
        figures_compared.strengths,
        ladder.belief_ladder,
        ladder.corridor,
    ),
    "04_choices": (choices.named_losses, choices.implied_rates),
}


def compute(tables: Tables, given: Mapping[str, Any], beside: Path, only: Collection[str] | None = None) -> Numbers:
    """Return the values (as in values.json) of tables under the parameters that are `given` (as notebooks have them;
    others, of other versions, are left out).

    `beside` is a data folder, for the audit and the codings that lie beside the tables. `only` names the notebooks
    whose numbers are wanted, without the ending; None is all of them. Raises Faults, and whatever a finding raises.
    """
    known = {name: given[name] for name in Parameters().for_notebooks() if name in given}
    study = Study.of(tables, parameters.of_values(known, "parameter"), beside)
    return {
        name: value.entry()
        for notebook, findings in FINDINGS.items()
        if only is None or notebook in only
        for find in findings
        for name, value in quantities.values_of(find(study), study, notebook).items()
    }
