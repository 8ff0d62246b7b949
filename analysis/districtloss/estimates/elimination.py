"""How sums of small tables over many choices are counted: every combination, without going through them one by one.

A table has a number for every combination of the few choices in its scope. What is wanted is about the sum of all
tables under all combinations of all choices. Choices are eliminated one after the other: the tables that a choice is
in the scope of are combined to one, and that one is reduced over the options of the choice (bucket elimination,
Dechter 1999, Artificial Intelligence 113: 41-85). The work follows the largest table on the way, not the number of
combinations.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

Array = np.ndarray


@dataclass(frozen=True)
class Table:
    """Numbers under every combination of some choices.

    `scope`: positions of the choices, ascending. `cells`: an axis for each of them, of as many cells as it has
    options, then axes that all tables have alike (`batch`).
    """

    scope: tuple[int, ...]
    cells: Array

    @property
    def axes(self) -> tuple[int, ...]:
        """The axes of the choices, for functions of arrays."""
        return tuple(range(len(self.scope)))


@dataclass(frozen=True)
class Plan:
    """In which order choices are eliminated, and how many cells the tables have that come up on the way, together."""

    order: tuple[int, ...]
    cells: int


def plan(scopes: Iterable[tuple[int, ...]], sizes: Sequence[int], limit: int) -> Plan | None:
    """Return an order of elimination for tables of these scopes; `sizes` has the number of options of each choice.

    Next comes always the choice whose combined table is the smallest (the first of these). None where the tables
    would have more than `limit` cells together.
    """
    tables = dict(enumerate({frozenset(scope) for scope in scopes if scope}))
    cells = sum(math.prod(sizes[v] for v in scope) for scope in tables.values())
    of: dict[int, set[int]] = {}
    for name, scope in tables.items():
        for v in scope:
            of.setdefault(v, set()).add(name)

    def combined(v: int) -> frozenset[int]:
        return frozenset().union(*(tables[name] for name in of[v]))

    cost = {v: math.prod(sizes[u] for u in combined(v)) for v in sorted(of)}
    order: list[int] = []
    while cost and cells <= limit:
        v = min(cost, key=lambda u: (cost[u], u))
        scope = combined(v)
        cells += cost.pop(v)
        order.append(v)
        for name in of.pop(v):
            for u in tables.pop(name) - {v}:
                of[u].discard(name)
        left, name = scope - {v}, -len(order)
        tables[name] = left
        for u in left:
            of[u].add(name)
        for u in left:
            cost[u] = math.prod(sizes[w] for w in combined(u))
    return Plan(tuple(order), cells) if cells <= limit else None


def eliminated(
    tables: Sequence[Table],
    order: Sequence[int],
    combine: Callable[[Array, Array], Array],
    reduce: Callable[..., Array],
) -> Array:
    """Return an array of the batch: all tables combined, reduced over all choices.

    `combine` is a ufunc of two arrays, `reduce` one with `axis`; the former has to distribute over the latter, as
    np.multiply does over np.sum, and np.add over np.min. `order` holds every choice that is in a scope. Raises
    ValueError where there is no table.
    """
    known = {v for table in tables for v in table.scope}
    order = [v for v in order if v in known]
    rank = {v: i for i, v in enumerate(order)}
    # A table waits until the first of its choices is eliminated; the last bucket is for what has no choice left.
    buckets: list[list[Table]] = [[] for _ in range(len(order) + 1)]

    def put(table: Table) -> None:
        buckets[min((rank[v] for v in table.scope), default=len(order))].append(table)

    for table in tables:
        put(table)
    for v, here in zip(order, buckets, strict=False):
        if here:
            joint = _combined(here, combine)
            at = joint.scope.index(v)
            put(Table(joint.scope[:at] + joint.scope[at + 1 :], reduce(joint.cells, axis=at)))
    return _combined(buckets[-1], combine).cells


def _combined(tables: Sequence[Table], combine: Callable[[Array, Array], Array]) -> Table:
    """Combine tables two by two: long numbers meet long numbers then, which multiplies them fastest."""
    if not tables:
        raise ValueError("no table to combine")
    while len(tables) > 1:
        last = tables[-1:] if len(tables) % 2 else []
        tables = [*(_pair(a, b, combine) for a, b in zip(tables[::2], tables[1::2], strict=False)), *last]
    return tables[0]


def _pair(a: Table, b: Table, combine: Callable[[Array, Array], Array]) -> Table:
    scope = tuple(sorted({*a.scope, *b.scope}))

    def spread(table: Table) -> Array:
        return table.cells[(*(slice(None) if v in table.scope else None for v in scope), ...)]

    return Table(scope, combine(spread(a), spread(b)))


def extremes(tables: Sequence[Table], order: Sequence[int]) -> tuple[Array, Array]:
    """Return the least and the greatest sum over all combinations: arrays of the batch."""
    return eliminated(tables, order, np.add, np.min), eliminated(tables, order, np.add, np.max)


@dataclass(frozen=True)
class Sums:
    """How many combinations have each sum: `numbers[i]` of them the sum `least + i`; some the first and the last."""

    least: int
    numbers: tuple[int, ...]


def length(tables: Sequence[Table], combinations: int) -> int:
    """Return how many bits the longest number has that `distributions` computes with."""
    widest = sum(int((t.cells.max(axis=t.axes) - t.cells.min(axis=t.axes)).max()) for t in tables)
    return (widest + 1) * combinations.bit_length()


def distributions(tables: Sequence[Table], order: Sequence[int], combinations: int, summed: tuple[int, ...]) -> Array:
    """Return how often each sum of whole numbers occurs: an array of `Sums`, of the batch without its axes `summed`,
    of which one at least is left.

    `combinations`: the number of those of the choices in the scopes and on the axes `summed`, together. Counts are
    Python integers and exact, whatever their size.
    """
    # A distribution is written as one long integer, a slot of `width` bytes for the number of combinations with each
    # sum. Then the distribution of a sum of two is a product, and that of either of two is a sum (Kronecker
    # substitution; von zur Gathen & Gerhard 2013, Modern Computer Algebra, section 8.4).
    width = combinations.bit_length() // 8 + 1
    written = np.frompyfunc(lambda number: 1 << (8 * width * int(number)), 1, 1)
    least = sum(t.cells.min(axis=t.axes) for t in tables)
    lowest = least.min(axis=summed, keepdims=True)
    above = [Table(t.scope, written(t.cells - t.cells.min(axis=t.axes))) for t in tables]
    long = (eliminated(above, order, np.multiply, np.sum) * written(least - lowest)).sum(axis=summed)

    def read(number: int, first: int) -> Sums:
        raw = int(number).to_bytes(-(-int(number).bit_length() // (8 * width)) * width, "little")
        slots = [int.from_bytes(raw[i : i + width], "little") for i in range(0, len(raw), width)]
        empty = next(i for i, slot in enumerate(slots) if slot)  # not all tables are lowest together
        return Sums(int(first) + empty, tuple(slots[empty:]))

    return np.frompyfunc(read, 2, 1)(long, lowest.squeeze(axis=summed))
