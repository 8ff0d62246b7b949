"""Numbers that the prose uses, each with the trail of how it was made; and how they are printed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from districtloss.estimates.rates import Estimate
from districtloss.phrasing import finite, printed, printed_range, telling


@dataclass(frozen=True)
class Value:
    """One number of the report, as `values.json` holds it."""

    name: str
    label: str
    value: float | None
    low: float | None
    high: float | None
    unit: str
    text: str
    range: str
    formula: str
    rows: tuple[str, ...]
    decisions: tuple[str, ...]
    notebook: str

    def entry(self) -> dict[str, Any]:
        """Return the value as `values.json` has it, without its name."""
        entry = asdict(self)
        del entry["name"]
        return entry | {"rows": list(self.rows), "decisions": list(self.decisions)}


def of(
    name: str,
    figure: Estimate | float | None,
    *,
    label: str,
    unit: str,
    formula: str,
    rows: Iterable[str],
    notebook: str,
    decimals: int = 0,
    decisions: Iterable[str] = (),
    style: str = "number",
) -> Value:
    """Return a Value; `figure` None, NaN or infinite where the data do not give it.

    `style` is `number` or `percent` (a share from 0 to 1, printed times 100). Open ends of an interval are None.
    """
    estimate = figure if isinstance(figure, Estimate) else None
    point = figure.point if isinstance(figure, Estimate) else figure
    if estimate:
        decimals = telling(estimate.low, estimate.high, decimals, style)
    return Value(
        name=name,
        label=label,
        value=finite(point),
        low=finite(estimate.low if estimate else None),
        high=finite(estimate.high if estimate else None),
        unit=unit,
        text=printed(point, decimals, style),
        range=printed_range(estimate.low, estimate.high, decimals, style) if estimate else "",
        formula=formula,
        rows=tuple(rows),
        decisions=tuple(decisions),
        notebook=notebook,
    )
