"""What the page needs so that a reader can flip choices: counts that add up, curves, and words for the options.

The counts of all combinations would fill megabytes. But a count of incidents or districts is a sum over places, and
few decisions touch one place; so each group of places has a table over its own decisions, and the page adds them up.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from districtloss import parameters, phrasing
from districtloss.estimates import choices, rates
from districtloss.estimates.choices import COMMON, Factor, Specifications
from districtloss.estimates.findings.choices import EDGES, EventSwings, ImpliedRates, NamedLosses, headline
from districtloss.estimates.study import Study
from districtloss.vocabulary import ATTRIBUTIONS, noun

# Rows of one table of counts. Decisions that move the rate least are left out where a table would be longer.
LIMIT = 6000
MAIN = 5  # decisions that the page shows at once; the others unfold


def content(
    study: Study, losses: NamedLosses, swings: EventSwings, between: ImpliedRates, *, limit: int = LIMIT
) -> dict[str, Any]:
    """Return what the page takes, from the findings about the choices; no table of it has more than `limit` rows.

    `factors`: the choices (name, question, whether it is a decision, options as value and words, the report's
    first; group main, more or claims). `settings`: where the report itself departs from the defaults; `own`:
    whether it is of the project's own data.
    `combinations`: how many there are of the choices on events and on figures. `events`: days of each window, the
    names of the counts, and tables; a row of a table has the counts under one combination of its factors (of so
    many options: `sizes`; the last one fastest), `at` says which row. `poisson`: exact bounds for the mean of each
    count from 0. `claims`: figures (districts) and pairs (districts a day); rows of low, narrow and high (null where
    there is none), `at` says which row a combination has. `curves`: per headline rows of low, point, high and how
    many combinations have them, smallest point first.
    """
    factors, moved = losses.factors, swings.weekly
    claim_specs, scales, implied = between.specs, between.scales, between.implied
    curves = {"rate": losses.weekly} | {name: headline(losses.counts, name) for name in ("net", "local")}
    combinations = {
        name: math.prod(len(f.options) for f in some)
        for name, some in (("events", factors), ("claims", claim_specs.factors))
    }
    size = moved.assign(size=moved["change"].abs() + moved["reach"]).groupby("factor")["size"].max()
    rows = choices.control_rows(study.base)
    # Reports under the same decisions: none of one group hangs together with one of another, so that counts add up.
    groups: dict[tuple[str, ...], list[int]] = {}
    for at, decided in enumerate(choices.touching(rows, study.base.options, factors)):
        groups.setdefault(decided, []).append(at)
    factors = _offered(factors, groups, size, limit)
    counts = ["gross", "net"] if study.stated_losses.empty else ["gross", "net", "local"]
    found = (_table(study, factors, decided, rows.iloc[part], counts) for decided, part in groups.items())
    tables = [table for table in found if table]
    most = sum(max(max(row[:6]) for row in t["rows"]) for t in tables)
    bounds = [rates.poisson_interval(n, study.parameters.confidence) for n in range(most + 1)]
    windows = next(f for f in factors if f.name == "as_of").options
    stated = study.stated_losses
    return {
        "own": study.tables.about.own,
        "settings": parameters.settings(study.parameters),
        "combinations": combinations,
        "province": "" if stated.empty else stated["province"].iat[0],
        "province_day": "" if stated.empty else phrasing.day(stated["as_of_latest"].iat[0]),
        "factors": _described(study, factors, _readings(claim_specs, scales), size),
        "events": {
            "days": [rates.exposure_days(study.start, pd.Timestamp(end)) for end in windows],
            "counts": counts,
            "tables": tables,
        },
        "poisson": {"low": [b.low for b in bounds], "high": [b.high for b in bounds]},
        "claims": _claims(claim_specs, scales, implied),
        "curves": {name: _curve(headline) for name, headline in curves.items() if name in ("rate", *counts)}
        | {
            f"{a}-{b}": _curve(part.rename(columns={"narrow": "point"}))
            for (a, b), part in implied.groupby(["a", "b"], sort=False)
        },
    }


# --- events ------------------------------------------------------------------------------------------------------


def _offered(
    factors: Sequence[Factor], groups: Mapping[tuple[str, ...], Any], size: pd.Series, limit: int
) -> list[Factor]:
    """Return the factors, less the weakest decisions of every table that would be longer than `limit`."""
    options = {f.name: len(f.options) for f in factors}
    for decided in groups:
        while math.prod(options[n] for n in (*decided, *COMMON)) > limit:
            left = [n for n in decided if options[n] > 1]
            if not left:
                break
            options[min(left, key=lambda n: (size.get(n, 0.0), n))] = 1
    return [replace(f, options=f.options[: options[f.name]]) for f in factors]


def _table(
    study: Study, factors: Sequence[Factor], decided: Sequence[str], rows: pd.DataFrame, counts: Sequence[str]
) -> dict[str, Any] | None:
    """Count the incidents of a group's reports, `rows`, under every combination of its decisions; None where nothing
    is ever counted."""
    mine = [f for f in factors if f.name in (*decided, *COMMON)]
    specs = choices.specifications(mine, math.prod(len(f.options) for f in mine))
    counted = choices.counts(study, rows, specs)
    columns = [f"{c}_{e}" for c in counts for e in EDGES]
    mine = [f for f in mine if len(f.options) > 1]  # an array has 64 axes at most
    cube = counted[columns].to_numpy(int).reshape(*(len(f.options) for f in mine), len(columns))
    if not cube.any():
        return None
    for axis in reversed(range(len(mine))):
        if (cube == cube.take([0], axis)).all():  # this choice does not matter here
            cube = cube.take(0, axis)
            mine.pop(axis)
    sizes = cube.shape[:-1]
    rows, at = np.unique(cube.reshape(-1, len(columns)), axis=0, return_inverse=True)
    names = [f.name for f in mine]
    return {"factors": names, "sizes": list(sizes), "rows": rows.tolist(), "at": at.ravel().tolist()}


# --- figures -----------------------------------------------------------------------------------------------------


def _claims(specs: Specifications, scales: pd.DataFrame, implied: pd.DataFrame) -> dict[str, Any]:
    shown = _readings(specs, scales)
    number = range(len(specs.index) if shown else 1)

    def edges(part: pd.DataFrame) -> dict[str, list[Any]]:
        # In full precision: the page rounds them, and must round as the report does.
        found = part.set_index("specification").reindex(number)[["low", "narrow", "high"]].to_numpy(float)
        rows: dict[tuple[float | None, ...], int] = {}
        at = [rows.setdefault(tuple(None if math.isnan(v) else v for v in row), len(rows)) for row in found.tolist()]
        return {"rows": [list(row) for row in rows], "at": at}

    measures = scales.drop_duplicates("claim_id").set_index("claim_id")["measure"]
    who = choices.figure_names(scales)
    return {
        "factors": [f.name for f in shown],
        "sizes": [len(f.options) for f in shown],
        "figures": [
            {"label": f"{who[i]}: {noun(measures[i])}", **edges(part)}
            for i, part in scales.groupby("claim_id", sort=False)
        ],
        "pairs": [
            {"name": f"{a}-{b}", "label": f"{who[a]} to {who[b]}", **edges(part)}
            for (a, b), part in implied.groupby(["a", "b"], sort=False)
        ],
    }


def _readings(specs: Specifications, scales: pd.DataFrame) -> tuple[Factor, ...]:
    """Return the choices on figures that the page can offer: none where there is no figure, nor where there are so
    many combinations that only a sample was counted. Then the figures stand as the report reads them."""
    return () if specs.sampled or scales.empty else specs.factors


def _curve(headline: pd.DataFrame) -> list[list[float | None]]:
    """Return distinct low, point, high with how many combinations have them, in order of point."""
    drawn = headline[list(EDGES)].astype(float).round(3)
    drawn = drawn[drawn["point"].notna()].value_counts(dropna=False, sort=False).reset_index()
    drawn = drawn.sort_values(["point", "low", "high"])
    return [[None if pd.isna(v) else v for v in row] for row in drawn.to_numpy(float).tolist()]


# --- words -------------------------------------------------------------------------------------------------------

MONTHS = "January February March April May June July August September October November December"
RULES = {"earliest": "the earliest possible", "midpoint": "the middle", "latest": "the latest possible"}


def _described(
    study: Study, events: Sequence[Factor], claims: Sequence[Factor], size: pd.Series
) -> list[dict[str, Any]]:
    about = [f for f in events if len(f.options) > 1]
    parameters_first = [f for name in COMMON for f in about if f.name == name]
    decided = sorted((f for f in about if f.name not in COMMON), key=lambda f: (-size.get(f.name, 0.0), f.name))
    main = decided[:MAIN]
    more = [f for f in about if f.name not in COMMON and f not in main]
    known = {f.name for f in events}
    figures = [f for f in claims if len(f.options) > 1 and f.name not in known]
    decisions = set(study.base.decisions["decision_id"])
    return [
        {
            "name": f.name,
            "question": f.question,
            "decision": f.name in decisions,
            "group": group,
            "options": [[value(study, f.name, o), in_words(study, f.name, o)] for o in f.options],
        }
        for group, part in (("main", [*parameters_first, *main]), ("more", more), ("claims", figures))
        for f in part
    ]


def value(study: Study, name: str, option: str) -> str:
    """Return an option as `--set NAME=` takes it."""
    return ",".join(choices.attributions(study)[option]) if name == "attribution" else option


def in_words(study: Study, name: str, option: str) -> str:
    """Return an option as a reader would say it: `since 1 May`, `27 July 2021`, `officials, media`."""
    if name == "attribution":
        speakers = [ATTRIBUTIONS[a].who for a in choices.attributions(study)[option]]
        if len(speakers) == len(ATTRIBUTIONS):
            return "everybody, parties too"
        return ", ".join(speakers)
    if name == "as_of":
        return phrasing.day(option)
    if name == "date_rule":
        return RULES[option]
    return _spelt(option, tuple(study.tables.provinces["name"].tolist()))


@cache  # a chart has a row for each part of each option
def _spelt(option: str, provinces: tuple[str, ...]) -> str:
    text = option.replace("_", " ")
    for month in MONTHS.split():
        text = re.sub(rf"(?<=\d ){month}\b", month, text, flags=re.IGNORECASE)
    for province in provinces:
        text = re.sub(rf"\b{re.escape(province)}\b", province.replace("\\", r"\\"), text, flags=re.IGNORECASE)
    return text
