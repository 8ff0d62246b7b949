"""Coding decisions: each alternative is a set of cells to overwrite, so a decision is flipped in data alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from districtloss.faults import Fault, Faults

if TYPE_CHECKING:
    from districtloss.tables import Tables

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
        row_of = pd.Series(frame.index, index=frame[KEYS[str(name)]])
        for cell in cells.itertuples(index=False):
            frame.loc[row_of[cell.row_id], cell.column] = typed(cell.value, frame[cell.column].dtype)
        changed[str(name)] = frame
    return replace(tables, **changed)


def typed(text: str, dtype: object) -> object:
    """Return the text of a cell as a value of the dtype of its column."""
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return pd.Timestamp(text) if text else pd.NaT
    if pd.api.types.is_integer_dtype(dtype):
        return int(text) if text else pd.NA
    if pd.api.types.is_float_dtype(dtype):
        return float(text) if text else float("nan")
    return text
