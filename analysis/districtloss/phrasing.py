"""How numbers, ranges, days and counts of things are printed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

UNKNOWN = "not known"


LEAST = 1e-6  # anything smaller is what is left of rounding


def printed(number: float | None, decimals: int = 0, style: str = "number") -> str:
    """Return a number as the report prints it: thousands with commas, a real minus sign, percent for shares.

    What would round to nothing is printed to its first digit, since a small rate is not none.
    """
    if finite(number) is None:
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
    low, high = finite(low), finite(high)
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


def finite(number: float | None) -> float | None:
    return None if number is None or not math.isfinite(number) else float(number)


def day(date: Any) -> str:
    """Return a day as the report prints it: `4 June 2021`."""
    stamp = pd.Timestamp(date)
    return f"{stamp.day} {stamp:%B} {stamp.year}"


def days(earliest: Any, latest: Any) -> str:
    """Return an interval of days in short: `21 Jun`, `25–30 Jun`, `1 May – 21 Jun`, `by 21 Jun`, `from 25 Jun on`."""
    first, last = pd.Timestamp(earliest), pd.Timestamp(latest)
    if pd.isna(first) and pd.isna(last):
        return "day not known"
    if pd.isna(first):
        return f"by {last.day} {last:%b}"
    if pd.isna(last):
        return f"from {first.day} {first:%b} on"
    if first == last:
        return f"{first.day} {first:%b}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{last.day} {first:%b}"
    return f"{first.day} {first:%b} – {last.day} {last:%b}"
