"""The outcome of the last audit, kept with the data: a bare clone lacks the texts and cannot repeat it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pandas as pd

from districtloss.coding.audit import AuditResult
from districtloss.files import atomic, forms

NAME = "audit.json"
COLUMNS = ["check", "meaning", "checked", "faults", "exempt", "not_applicable"]
AUDITED = ("sources.csv", "places.csv", "events.csv", "claims.csv")


def tables_hash(folder: Path) -> str:
    """Return the SHA-256 over the tables that the audit looks at; line ends do not count."""
    digest = hashlib.sha256()
    for name in AUDITED:
        digest.update(b"\n".join((folder / name).read_bytes().splitlines()))
    return digest.hexdigest()


def write(folder: Path, result: AuditResult) -> None:
    """Keep the outcome beside the tables that it is about."""
    content = {"tables": tables_hash(folder), "outcome": result.summary()}
    atomic.write(folder / NAME, forms.as_json(content))


def read(folder: Path) -> dict[str, Any] | None:
    """Return the outcome of the audit of these very tables, or None: never audited, changed since, or not as kept."""
    try:
        content = json.loads((folder / NAME).read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(content, dict) or content.get("tables") != tables_hash(folder):
        return None
    outcome = content.get("outcome")
    return outcome if isinstance(outcome, dict) and _is_outcome(outcome) else None


def _is_outcome(outcome: dict[str, Any]) -> bool:
    checks = outcome.get("checks")
    rows = checks.values() if isinstance(checks, dict) else ()
    if not rows or not all(isinstance(row, dict) and set(COLUMNS) == row.keys() for row in rows):
        return False
    numbers = [outcome.get(name) for name in ("faults", "rows")] + [row[name] for row in rows for name in COLUMNS[2:]]
    return all(type(number) is int for number in numbers)


def table(outcome: dict[str, Any] | None) -> pd.DataFrame:
    """Return one row a check: check, meaning, checked, faults, exempt, not_applicable (rows); none without audit."""
    return pd.DataFrame(list(outcome["checks"].values()) if outcome else [], columns=COLUMNS)
