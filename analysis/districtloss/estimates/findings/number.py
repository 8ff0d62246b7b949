"""A number that a section finds, with the rows that it rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from districtloss.estimates.rates import Estimate


@dataclass(frozen=True)
class Number:
    """A number, None where the data do not give it; `rows` are ids of events and claims, those of one incident joined
    with `|`. What it counts, in which unit and how it is printed says the quantity of the same name."""

    value: Estimate | float | None
    rows: Sequence[str] = ()


def numbers_of(finding: Any) -> dict[str, Number]:
    """Return the numbers of a finding by the names of their quantities, in the order of its fields.

    A finding is a dataclass: a field that is a Number is a number of that name, a field that maps names to Numbers is
    as many; other fields are frames and facts that go with them.
    """
    found: dict[str, Number] = {}
    for field in fields(finding):
        content = getattr(finding, field.name)
        if isinstance(content, Number):
            found[field.name] = content
        elif isinstance(content, Mapping):
            found |= {name: number for name, number in content.items() if isinstance(number, Number)}
    return found
