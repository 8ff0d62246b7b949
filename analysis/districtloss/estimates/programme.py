"""The mixed-integer programme of districts held: which falls and recaptures a set of statements allows.

Districts held are a stock, falls and recaptures its flows: h_t = h_{t−1} + f_t − r_t, day by day, with every h, also
that before the first day, between 0 and its whole. A stock statement holds at the end of one day of its interval; only
which day that is is a whole unknown. A named change is spread over its days; where it lies in a province that has
flows of its own, it is part of them. Provinces have flows of their own where a statement is about them, and a stock
where a stock statement is; with the rest of the country they sum to the nation's.

What a programme can attain bounds what is true if the statements are (partial identification: Manski 2003, *Partial
Identification of Probability Distributions*; Molinari 2020, "Microeconometrics with partial identification", *Handbook
of Econometrics* 7A). Solved by HiGHS, in SciPy.
"""

from __future__ import annotations

import datetime as dt
import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, milp
from scipy.sparse import csr_array

from districtloss.estimates.statements import NATION, Change, Statements

NODES = 500  # of branch and bound; never a limit of time, which would make the answer hang on the machine
ROUNDING = 1e-3  # districts; what is left of a whole one is the solver's inexactness, and a minimum errs downwards
INFEASIBLE = 2  # the status of `milp`

Days = tuple[int, int]  # the first and last day of an interval, as ordinals


@dataclass(frozen=True)
class Bound:
    """A valid lower bound of a whole number of districts; `exact` where the node limit did not end the search."""

    least: int
    exact: bool = True


class Programme:
    """The falls, recaptures and numbers held that `statements` allow, over the days of all of them.

    Days that no statement tells apart are one step, which changes no bound; `watched` keeps apart those on which the
    level can have different bounds. `recaptures` limits how many there are in all. `window` is a pair of days that must
    be distinguished from those around it.
    """

    def __init__(
        self,
        statements: Statements,
        window: tuple[dt.date, dt.date] | None = None,
        recaptures: int | None = None,
        watched: bool = False,
        nodes: int = NODES,
    ) -> None:
        self.nodes = nodes
        self._lower: list[float] = []
        self._upper: list[float] = []
        self._whole: list[bool] = []
        self._rows: list[tuple[Sequence[int], Sequence[float], float, float]] = []
        changes = (*statements.falls, *statements.recaptures)
        whole = statements.wholes[NATION]
        # No flow need be greater: a fall and a recapture of one step that nothing asks for cancel out. With flows that
        # have no bound, HiGHS now and then cannot tell a programme that has a solution from one that is unbounded.
        self._most = 2 * (whole + len(changes) + sum(count.least for count in statements.counts))
        spans = [_days(change.first, change.last) for change in changes]
        spans += [_days(count.since, count.until) for count in statements.counts]
        spans += [_days(*window)] if window else []
        held = [_days(stock.first, stock.last) for stock in statements.stocks]
        self.ends = _ends(spans, held, watched)
        stocked = sorted({stock.scope for stock in statements.stocks} - {NATION})
        regions = sorted({*stocked, *(count.scope for count in statements.counts)} - {NATION})
        steps = range(1, len(self.ends))
        self.falls = {region: self._flow(statements.falls, region, regions) for region in [NATION, *regions]}
        self.recaptures = {region: self._flow(statements.recaptures, region, regions) for region in [NATION, *regions]}
        self.held = {
            scope: [self._column(0, statements.wholes.get(scope, whole)) for _ in self.ends]
            for scope in [NATION, *stocked]
        }
        for scope, level in self.held.items():
            parts = [scope] if scope else [NATION, *regions]  # the nation's flows are those of all its parts
            for t in steps:
                flows = [(self.falls[part][t], self.recaptures[part][t]) for part in parts]
                columns = [level[t], level[t - 1], *(column for flow in flows for column in flow)]
                self._row(columns, [1, -1, *[-1, 1] * len(flows)], 0, 0)
        self._sum_within_the_nation(statements.wholes, stocked)
        for stock in statements.stocks:
            ceiling = statements.wholes.get(stock.scope, whole)
            self._hold(self.held[stock.scope], _days(stock.first, stock.last), stock.low, stock.high, ceiling)
        for count in statements.counts:
            parts = [count.scope] if count.scope else [NATION, *regions]
            columns = self.falls_within((count.since, count.until), parts)
            self._row(columns, [1] * len(columns), count.least, math.inf)
        if recaptures is not None:
            columns = [column for flow in self.recaptures.values() for column in flow]
            self._row(columns, [1] * len(columns), 0, recaptures)

    def falls_within(self, days: tuple[dt.date, dt.date], regions: Iterable[str] | None = None) -> list[int]:
        """Return the columns of the falls on these days, which must be an interval that the programme was made with."""
        return [self.falls[region][t] for region in regions or self.falls for t in self._steps(_days(*days))]

    def step(self, day: dt.date) -> int:
        """Return the step that holds a day of the programme."""
        return bisect_left(self.ends, day.toordinal())

    def least(self, costs: Mapping[int, float]) -> Bound | None:
        """Return the least value of a cost per column that a solution has, rounded up; None where there is no solution.

        Where the node limit ends the search, the bound is the dual one: no solution lies below it.
        """
        cost = np.zeros(len(self._lower))
        cost[list(costs)] = list(costs.values())
        whole = np.array(self._whole, dtype=int)
        for unknowns, options in (
            (whole, {"node_limit": self.nodes}),
            # HiGHS gives up a programme now and then after rounding what its presolve left of it; not so without.
            (whole, {"node_limit": self.nodes, "presolve": False}),
            # SciPy passes no bound on where the limit came before any solution: then that without whole unknowns.
            (np.zeros_like(whole), {}),
        ):
            answer = self._solve(cost, unknowns, options)
            decided = answer.status in (0, INFEASIBLE)
            if decided or (answer.mip_dual_bound is not None and math.isfinite(answer.mip_dual_bound)):
                break
        if answer.status == INFEASIBLE:
            return None
        value = answer.fun if answer.mip_dual_bound is None else answer.mip_dual_bound
        if value is None:
            raise RuntimeError(answer.message)
        return Bound(math.ceil(value - ROUNDING), decided and unknowns is whole)

    def _solve(self, cost: np.ndarray, whole: np.ndarray, options: Mapping[str, float]) -> OptimizeResult:
        columns = [column for row in self._rows for column in row[0]]
        values = [value for row in self._rows for value in row[1]]
        begins = np.cumsum([0, *(len(row[0]) for row in self._rows)])
        matrix = csr_array((values, columns, begins), shape=(len(self._rows), len(cost)), dtype=float)
        return milp(
            cost,
            integrality=whole,
            bounds=Bounds(self._lower, self._upper),
            constraints=LinearConstraint(matrix, [row[2] for row in self._rows], [row[3] for row in self._rows]),
            options={"mip_rel_gap": 0.0, **options},
        )

    def _column(self, lower: float = 0, upper: float = math.inf, whole: bool = False) -> int:
        self._lower.append(lower)
        self._upper.append(upper)
        self._whole.append(whole)
        return len(self._lower) - 1

    def _row(self, columns: Sequence[int], values: Sequence[float], low: float, high: float) -> None:
        self._rows.append((columns, values, low, high))

    def _steps(self, days: Days) -> range:
        """Return the steps that make up an interval of days."""
        return range(bisect_left(self.ends, days[0]), bisect_left(self.ends, days[1]) + 1)

    def _flow(self, changes: Iterable[Change], region: str, regions: Iterable[str]) -> list[int]:
        """Add the falls, or the recaptures, of each step in a region (NATION: outside all `regions`): at least those
        that are named there, each spread over its days. The first step is before all days and has none."""
        here = (c for c in changes if (c.province if c.province in regions else NATION) == region)
        named = Counter(self._steps(_days(change.first, change.last)) for change in here)
        certain = Counter({steps[0]: number for steps, number in named.items() if len(steps) == 1})
        flow = [self._column(upper=0), *(self._column(certain[t], self._most) for t in range(1, len(self.ends)))]
        spread: dict[int, list[int]] = {}
        for steps, number in named.items():
            if len(steps) > 1:
                shares = [self._column() for _ in steps]
                self._row(shares, [1] * len(shares), number, number)
                for t, share in zip(steps, shares, strict=True):
                    spread.setdefault(t, []).append(share)
        for t, shares in spread.items():
            self._row([flow[t], *shares], [1, *[-1] * len(shares)], certain[t], math.inf)
        return flow

    def _sum_within_the_nation(self, wholes: Mapping[str, int], stocked: Sequence[str]) -> None:
        """What provinces hold is part of what the nation holds, and so it is with what they do not hold."""
        known = [scope for scope in stocked if scope in wholes]
        rest = wholes[NATION] - sum(wholes[scope] for scope in known)
        for t in range(len(self.ends)):
            for scopes, low, high in ((stocked, 0, math.inf), (known, -math.inf, rest)):
                if scopes:
                    columns = [self.held[NATION][t], *(self.held[scope][t] for scope in scopes)]
                    self._row(columns, [1, *[-1] * len(scopes)], low, high)

    def _hold(self, level: Sequence[int], days: Days, low: int, high: int, whole: int) -> None:
        """At the end of one of the days the level lies from low to high."""
        steps = self._steps(days)
        chosen = [self._column(upper=1, whole=True) for _ in steps]
        self._row(chosen, [1] * len(chosen), 1, 1)
        for t, here in zip(steps, chosen, strict=True):
            self._row([level[t], here], [1, -low], 0, math.inf)
            self._row([level[t], here], [1, whole - high], -math.inf, whole)


def _days(first: dt.date, last: dt.date) -> Days:
    return first.toordinal(), last.toordinal()


def _ends(spans: Iterable[Days], held: Sequence[Days], watched: bool) -> list[int]:
    """Return the last day of each step, after a day before all of them.

    Within a run of days on which nothing begins or ends, days differ only in their order. Of k stocks that can hold
    there, no more than k days are needed, and one for what happens after them. Where the level of a day is watched, up
    to k of them come before it and up to k after, so that all days but the first k and the last k are alike.
    """
    cuts = sorted({cut for first, last in (*spans, *held) for cut in (first - 1, last)})
    ends = cuts[:1]
    for before, last in pairwise(cuts):
        stocks = sum(days[0] <= last <= days[1] for days in held)
        needed = set(range(max(before + 1, last - stocks), last + 1))
        if watched:
            needed.update(range(before + 1, min(before + stocks, last) + 1))
        ends += sorted(needed)
    return ends
