"""Numbers that the prose uses, each with the trail of how it was made; and how they are printed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from districtloss.rates import Estimate

UNKNOWN = "not known"
LEAST = 1e-6  # anything smaller is what is left of rounding


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
        value=_finite(point),
        low=_finite(estimate.low if estimate else None),
        high=_finite(estimate.high if estimate else None),
        unit=unit,
        text=printed(point, decimals, style),
        range=printed_range(estimate.low, estimate.high, decimals, style) if estimate else "",
        formula=formula,
        rows=tuple(rows),
        decisions=tuple(decisions),
        notebook=notebook,
    )


def printed(number: float | None, decimals: int = 0, style: str = "number") -> str:
    """Return a number as the report prints it: thousands with commas, a real minus sign, percent for shares.

    What would round to nothing is printed to its first digit, since a small rate is not none.
    """
    if _finite(number) is None:
        return UNKNOWN
    assert number is not None
    scaled = number * 100 if style == "percent" else number
    text = f"{scaled:,.{decimals}f}"
    if not text.strip("-0."):
        # Rounded before it is asked where its first digit stands: 0.00096 is printed as 0.001, not as 0.0010.
        rough = float(f"{abs(scaled):.0e}")
        text = f"{scaled:.{-math.floor(math.log10(rough))}f}" if abs(scaled) >= LEAST else text.lstrip("-")
    text = text.replace("-", "−")
    return f"{text}%" if style == "percent" else text


MORE = 2  # decimals, at most, for ends that print alike


def telling(low: float | None, high: float | None, decimals: int, style: str = "number") -> int:
    """Return with how many decimals an interval and its point are printed: those asked for, or, of rates below one, as
    many as make two digits, or the fewest more that tell apart ends which differ; a range from 0.06 to 0.09 would else
    be printed as 0.1."""
    if low is None or high is None or low == high:
        return decimals
    largest = max(abs(low), abs(high)) * (100 if style == "percent" else 1)
    if decimals and LEAST <= largest < 1:
        decimals = max(decimals, 1 - math.floor(math.log10(largest)))
    ways = range(decimals, decimals + MORE + 1)
    return next((n for n in ways if printed(low, n, style) != printed(high, n, style)), decimals)


def printed_range(low: float | None, high: float | None, decimals: int = 0, style: str = "number") -> str:
    """Return an interval in words: `3 to 5`, one number where both ends print alike, open ends said."""
    low, high = _finite(low), _finite(high)
    if low is None and high is None:
        return UNKNOWN
    if high is None:
        return f"at least {printed(low, decimals, style)}"
    if low is None:
        return f"at most {printed(high, decimals, style)}"
    decimals = telling(low, high, decimals, style)
    ends = printed(low, decimals, style), printed(high, decimals, style)
    return ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"


def with_range(text: str, ends: str) -> str:
    """Return a printed number and its interval: `4 (3 to 5)`; one of them where both say the same."""
    return f"{text} ({ends})" if ends and ends != text else text


def span(first: Any, last: Any) -> str:
    """Return the days from first to last, said in full once: `4 June – 27 July 2021`."""
    year = "" if first.year == last.year else f" {first.year}"
    return f"{first.day} {first:%B}{year} – {last.day} {last:%B} {last.year}"


NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def counted(number: int, one: str, many: str) -> str:
    """Return a number with what is counted, in words up to twelve: `one source`, `five sources`, `13 sources`."""
    return f"{NUMBERS[number] if number < len(NUMBERS) else f'{number:,}'} {one if number == 1 else many}"


def agreeing(text: str, one: str, many: str) -> str:
    """Return the words that go with a number as it is printed: `one` with 1, `many` with any other."""
    return one if text == "1" else many


def joined(items: Sequence[str], none: str) -> str:
    """Return items as a sentence lists them: `a`, `a and b`, `a, b and c`; `none` where there is none."""
    *before, last = items or [none]
    return f"{', '.join(before)} and {last}" if before else last


def _finite(number: float | None) -> float | None:
    return None if number is None or not math.isfinite(number) else float(number)


def anchor(name: str) -> str:
    """Return the id of a value's entry in the chapter on where the numbers come from."""
    return f"n-{name.replace('_', '-')}"


def variables(values: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return what `var` shortcodes expand to: for each value NAME its text, and NAME_range its interval, as links
    to its entry. Text is inline Markdown; numbers are quoted, since YAML would reformat them."""
    expanded = {}
    for name, value in values.items():
        link = f"(#{anchor(name)}){{.number}}" if known(value) else ""
        for variable, text in ((name, value["text"]), (f"{name}_range", value["range"] or value["text"])):
            expanded[variable] = f"[{text}]{link}" if link else text
    return expanded


def known(value: Mapping[str, Any]) -> bool:
    """Return whether the data give a value, or an end of its interval. Others have no entry to link to."""
    return any(value[end] is not None for end in ("value", "low", "high"))
