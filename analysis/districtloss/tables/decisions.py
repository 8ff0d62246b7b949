"""Coding decisions: each alternative is a set of cells to overwrite, so a decision is flipped in data alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from districtloss.errors import Fault, Faults

if TYPE_CHECKING:
    from districtloss.tables.frames import Tables

KEYS = {"events": "event_id", "claims": "claim_id"}


def choices(decisions: pd.DataFrame) -> dict[str, list[str]]:
    """Return for each decision_id its options, the chosen one first."""
    return {
        d.decision_id: [d.chosen, *filter(None, d.alternatives.split("|"))] for d in decisions.itertuples(index=False)
    }


def check_choice(decisions: pd.DataFrame, chosen: Mapping[str, str]) -> None:
    """Raise Faults when `chosen` names a decision or an option that `decisions` does not have."""
    known = choices(decisions)
    faults = []
    for decision, option in chosen.items():
        if decision not in known:
            remedy = f"one of {', '.join(known)}" if known else "the data have no decisions"
            faults.append(Fault("--set", None, decision, "no such decision", remedy))
        elif option not in known[decision]:
            faults.append(
                Fault("--set", None, decision, f"no option {option!r}", f"one of {', '.join(known[decision])}")
            )
    if faults:
        raise Faults(faults)


def apply(tables: Tables, chosen: Mapping[str, str]) -> Tables:
    """Return the tables as they would be coded under `chosen` (decision_id -> option).

    Options that are the chosen ones of the register change nothing. Where two decisions overwrite one cell, the
    one later in the register wins. Raises Faults for unknown decisions or options.
    """
    check_choice(tables.decisions, chosen)
    if not chosen:
        return tables
    options = tables.options
    wanted = options[options["option"] == options["decision_id"].map(dict(chosen))]
    changed: dict[str, pd.DataFrame] = {}
    for name, cells in wanted.groupby("table", sort=False):
        frame = getattr(tables, str(name)).copy()
        row_of = dict(zip(frame[KEYS[str(name)]], frame.index, strict=True))
        for cell in cells.itertuples(index=False):
            frame.at[row_of[cell.row_id], cell.column] = typed(cell.value, frame[cell.column].dtype)
        changed[str(name)] = frame
    return replace(tables, **changed)


def claims_under_each(tables: Tables, chosen: Sequence[Mapping[str, str]]) -> pd.DataFrame:
    """Return the claims as they would be coded under each of `chosen`, one coding below the other: as `apply` does
    for one, but all at once. The column `coding` counts the codings from 0."""
    frame = tables.claims
    row_of = dict(zip(frame["claim_id"], range(len(frame)), strict=True))
    many = pd.concat([frame] * len(chosen), ignore_index=True)
    for cell in tables.options[tables.options["table"] == "claims"].itertuples(index=False):
        codings = [i for i, choice in enumerate(chosen) if choice.get(cell.decision_id) == cell.option]
        rows = [i * len(frame) + row_of[cell.row_id] for i in codings]
        many.loc[rows, cell.column] = typed(cell.value, many[cell.column].dtype)
    return many.assign(coding=[i for i in range(len(chosen)) for _ in range(len(frame))])


def typed(text: str, dtype: object) -> object:
    """Return the text of a cell as a value of the dtype of its column."""
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return pd.Timestamp(text) if text else pd.NaT
    if pd.api.types.is_integer_dtype(dtype):
        return int(text) if text else pd.NA
    if pd.api.types.is_float_dtype(dtype):
        return float(text) if text else float("nan")
    return text
