"""Closed intervals of numbers, for figures and dates of which only bounds are known."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Interval:
    """All numbers from `low` to `high`, both included; an open end is infinite.

    Arithmetic gives the smallest interval that holds every result of the operation on members of the
    operands (Moore, Kearfott & Cloud 2009, *Introduction to Interval Analysis*, ch. 2), up to rounding.

    Raises ValueError for a reversed interval or one with NaN, and ZeroDivisionError where a divisor holds 0.
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.low <= self.high:  # also false for NaN
            raise ValueError(f"no interval from {self.low} to {self.high}")

    @classmethod
    def exactly(cls, value: float) -> Interval:
        return cls(value, value)

    @classmethod
    def hull(cls, parts: Iterable[Interval]) -> Interval:
        """Return the smallest interval that holds all parts."""
        parts = list(parts)
        return cls(min(p.low for p in parts), max(p.high for p in parts))

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high

    def contains(self, other: Interval) -> bool:
        return self.low <= other.low and other.high <= self.high

    def overlaps(self, other: Interval) -> bool:
        return self.low <= other.high and other.low <= self.high

    @property
    def bounded(self) -> bool:
        return math.isfinite(self.low) and math.isfinite(self.high)

    @property
    def width(self) -> float:
        return self.high - self.low

    @property
    def middle(self) -> float:
        return (self.low + self.high) / 2

    def __add__(self, other: Interval | float) -> Interval:
        o = _interval(other)
        return Interval(self.low + o.low, self.high + o.high)

    def __sub__(self, other: Interval | float) -> Interval:
        o = _interval(other)
        return Interval(self.low - o.high, self.high - o.low)

    def __mul__(self, other: Interval | float) -> Interval:
        o = _interval(other)
        products = [_times(a, b) for a in (self.low, self.high) for b in (o.low, o.high)]
        return Interval(min(products), max(products))

    def __truediv__(self, other: Interval | float) -> Interval:
        o = _interval(other)
        if 0 in o:
            raise ZeroDivisionError(f"the divisor {o} holds 0")
        return self * Interval(1 / o.high, 1 / o.low)


def _interval(value: Interval | float) -> Interval:
    return value if isinstance(value, Interval) else Interval.exactly(value)


def _times(a: float, b: float) -> float:
    # An infinite end stands for "no bound known", so nothing times it is nothing, not NaN.
    return 0.0 if a == 0 or b == 0 else a * b
