"""Which changes of rows and parameters moved which number.

Changes are made one after the other, from what was to what is, and the numbers are computed in between; then once
more in the opposite order. A change that moves a number by as much both times did that alone. What is left belongs
to changes that work together (two reports of one incident, say), and they are given as a group: to give each a
share of its own would be arbitrary. Ends of intervals are no sums of counts, so a change can move a number alone and
its interval only together with others; the shift of that end is then left open.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Ends = tuple[float | None, float | None, float | None]
State = tuple[int, ...]  # which changes have been made, in ascending order
Compute = Callable[[Sequence[State]], Sequence[Mapping[str, Any] | None]]

MOST_RUNS = 80  # computations of all numbers; beyond them, changes that stand together are given as groups


@dataclass(frozen=True)
class Cause:
    """What moved a number: changes by their positions, and from where to where they moved value, low and high.

    One change: it did so alone. Several: only together, or not distinguished.
    """

    changes: tuple[int, ...]
    shift: Ends


def ends(value: Mapping[str, Any] | None) -> Ends:
    """Return value, low and high of a number as values.json has it."""
    return (value["value"], value["low"], value["high"]) if value else (None, None, None)


def same(a: Ends, b: Ends) -> bool:
    """Whether two numbers are the same but for the last digits of floating point."""
    return all(
        x == y or (x is not None and y is not None and math.isclose(x, y, rel_tol=1e-9, abs_tol=1e-12))
        for x, y in zip(a, b, strict=True)
    )


def shift(a: Ends, b: Ends) -> Ends:
    """Return by how much value, low and high moved; None where one of the two is not known."""
    low, point, high = (None if x is None or y is None else y - x for x, y in zip(a, b, strict=True))
    return (low, point, high)


def attribute(
    orders: Sequence[Sequence[int]], compute: Compute, names: Sequence[str], runs: int = MOST_RUNS
) -> dict[str, list[Cause]]:
    """Return for each of the numbers `names` what moved it.

    `orders` are two orders of all changes, each of which can be made one after the other. `compute` returns the
    numbers of each of several states, None for a state in which they cannot be computed.
    """
    seen = _Seen(compute, runs)
    paths = [_Path(order, seen, names) for order in orders]
    while any(path.open for path in paths):
        asked = [state for path in paths for state in path.wanted()]
        seen.look(asked)
        for path in paths:
            path.split()
    return {name: _joined([path.causes.get(name, {}) for path in paths], paths, name) for name in names}


class _Seen:
    """The numbers of the states that were computed, as long as the runs last."""

    def __init__(self, compute: Compute, runs: int) -> None:
        self._compute, self._runs = compute, runs
        self._known: dict[State, Mapping[str, Any] | None] = {}

    def look(self, states: Sequence[State]) -> None:
        new = [state for state in dict.fromkeys(states) if state not in self._known][: self._runs]
        self._runs -= len(new)
        self._known |= zip(new, self._compute(new), strict=True)

    def __contains__(self, state: State) -> bool:
        return state in self._known

    def __getitem__(self, state: State) -> Mapping[str, Any] | None:
        return self._known[state]


class _Path:
    """One order of the changes, cut where numbers move until each cut lies between two changes."""

    def __init__(self, order: Sequence[int], seen: _Seen, names: Sequence[str]) -> None:
        self.order, self.seen, self.names = list(order), seen, names
        self.open: list[tuple[int, int]] = [(0, len(order))] if order else []
        self.causes: dict[str, dict[frozenset[int], tuple[Ends, Ends]]] = {}

    def state(self, made: int) -> State:
        return tuple(sorted(self.order[:made]))

    def wanted(self) -> list[State]:
        return [self.state(at) for i, j in self.open for at in (i, j, (i + j) // 2)]

    def split(self) -> None:
        """Close the stretches that move nothing or cannot be cut further; cut the others in two."""
        parts, self.open = self.open, []
        for i, j in parts:
            if self._still(i, j):
                continue
            middle = (i + j) // 2
            known = self.state(middle) in self.seen and self.seen[self.state(middle)] is not None
            if j - i > 1 and known:
                self.open += [(i, middle), (middle, j)]
            else:
                self._close(i, j)

    def _still(self, i: int, j: int) -> bool:
        return not any(self._moved(i, j))

    def _moved(self, i: int, j: int) -> list[tuple[str, Ends, Ends]]:
        a, b = self.seen[self.state(i)] or {}, self.seen[self.state(j)] or {}
        pairs = [(name, ends(a.get(name)), ends(b.get(name))) for name in self.names]
        return [pair for pair in pairs if not same(pair[1], pair[2])]

    def _close(self, i: int, j: int) -> None:
        for name, before, after in self._moved(i, j):
            self.causes.setdefault(name, {})[frozenset(self.order[i:j])] = (before, after)


def _joined(
    found: Sequence[Mapping[frozenset[int], tuple[Ends, Ends]]], paths: Sequence[_Path], name: str
) -> list[Cause]:
    """Keep the single changes that every order agrees on; lump together what is left."""
    first, *others = found
    alone = []
    for changes, moved in first.items():
        moves = [moved, *(other[changes] for other in others if changes in other)]
        shifts = [shift(*move) for move in moves]
        if len(moves) == len(found) and len(changes) == 1:
            agreed = _agreed(shifts)
            if agreed is not None:
                alone.append(Cause(tuple(changes), agreed))
    single = {cause.changes[0] for cause in alone}
    rest = sorted({change for part in found for changes in part for change in changes} - single)
    if rest:
        path = paths[0]
        whole = shift(*(ends((path.seen[path.state(made)] or {}).get(name)) for made in (0, len(path.order))))
        alone.append(Cause(tuple(rest), _less(whole, [cause.shift for cause in alone])))
    return sorted(alone, key=lambda cause: cause.changes)


def _agreed(shifts: Sequence[Ends]) -> Ends | None:
    """Return the shift that all orders found: None unless they agree on the number itself."""
    value, low, high = ([shift[k] for shift in shifts] for k in range(3))
    if not _one(value):
        return None
    return (value[0], low[0] if _one(low) else None, high[0] if _one(high) else None)


def _one(found: Sequence[float | None]) -> bool:
    return all(same((found[0], None, None), (other, None, None)) for other in found)


def _less(whole: Ends, parts: Sequence[Ends]) -> Ends:
    left = [
        None if end is None or any(part[k] is None for part in parts) else end - sum(part[k] or 0.0 for part in parts)
        for k, end in enumerate(whole)
    ]
    return (left[0], left[1], left[2])
