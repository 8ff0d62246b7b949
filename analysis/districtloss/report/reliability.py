"""How good the coding is: the outcome of the last audit against the texts, and how far two codings agree."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from districtloss.coding import agreement, audit_record
from districtloss.estimates.findings.number import Number
from districtloss.estimates.study import Study

AGREED = ("table", "aspect", "units", "percent", "alpha")


@dataclass(frozen=True)
class Audit:
    """The last audit; `checks` has the columns of `audit_record.table`, no rows where there was none."""

    audit_rows: Number  # events and claims
    audit_faults: Number  # rows
    checks: pd.DataFrame


def audit(study: Study) -> Audit:
    """Return the outcome of the last audit of these tables, which lies beside them."""
    outcome = audit_record.read(study.folder) if study.folder else None
    rows, faults = (outcome["rows"], outcome["faults"]) if outcome else (None, None)
    return Audit(Number(rows), Number(faults), audit_record.table(outcome))


@dataclass(frozen=True)
class TwoCodings:
    """The agreement of two independent codings; `aspects` has the columns AGREED, no rows without a second coding."""

    agreement_events: Number  # share, 0 to 1
    both_events: Number  # rows
    agreement_claims: Number  # share, 0 to 1
    both_claims: Number  # rows
    aspects: pd.DataFrame


def two_codings(study: Study) -> TwoCodings:
    """Compare the second coding, which lies beside the tables, with the first. Raises Faults where it is not usable."""
    compared = agreement.of_folder(study.folder) if study.folder else None
    if compared is None:
        nothing = Number(None)
        return TwoCodings(nothing, nothing, nothing, nothing, pd.DataFrame(columns=list(AGREED)))
    found = compared.found.set_index("table")
    share, both = found["percent"] / 100, found["both"].astype(int)
    return TwoCodings(
        agreement_events=Number(share["events"]),
        both_events=Number(both["events"]),
        agreement_claims=Number(share["claims"]),
        both_claims=Number(both["claims"]),
        aspects=compared.coded,
    )
