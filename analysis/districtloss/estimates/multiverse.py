"""What the choices do to the counts: the multiverse of all combinations of readings, counted and not sampled.

A multiverse analysis reports a result under every combination of defensible choices (Steegen, Tuerlinckx, Gelman &
Vanpaemel 2016, Perspectives on Psychological Science 11: 702-712; Simonsohn, Simmons & Nelson 2020, Nature Human
Behaviour 4: 1208-1214). What is `asked` (whose word counts, until which day) is another question and not another
reading of the same one, so it is kept apart from how texts are `read` (Del Giudice & Gangestad 2021, Advances in
Methods and Practices in Psychological Science 4: only choices that are arbitrary between each other belong together).
Numbers of combinations follow the number of options that somebody listed: they weigh nothing, so there are no shares
of variance here, no medians and no p-values.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from districtloss.estimates import choices, elimination, rates
from districtloss.estimates.choices import Factor
from districtloss.estimates.elimination import Array, Plan, Sums, Table
from districtloss.estimates.study import Study
from districtloss.estimates.tallies import EDGES, Tallies

ASKED = ("as_of", "attribution")
# Cells of all tables on the way to the counts (ours: 278); of a folder that has more, a sample is counted.
CELLS = 20_000
# Bits of the longest number with which a distribution is counted (ours: 450). For longer ones, from some 300 decisions
# on, least and greatest counts are still exact, but how many combinations have each count is that of a sample.
BITS = 300_000
SAMPLE = 2_000  # combinations of decisions in a sample, beside those that differ from the report's in one,
REPORTS = 4_000_000  # but fewer where so many reports would have to be read anew for them
# Cells of all tables of the page where a reader flips choices (ours: 2,856), before those that are alike are joined.
PAGE = 10_000


@dataclass(frozen=True)
class Multiverse:
    """The counts of a study under all combinations of its choices, or of a sample where they hang together too much.

    Counts are `gross` (named falls, incidents), `net` (districts lost and still held at the window's end) and, where
    a statement on a province's losses is there, `local` (incidents there by its day); of each the certain ones
    (`low`), those by the date rule (`point`) and the possible ones (`high`).
    """

    tallies: Tallies
    plan: Plan | None  # None: choices hang together too much
    bits: int

    @classmethod
    def of(cls, study: Study, cells: int = CELLS, bits: int = BITS) -> Multiverse:
        """Return the multiverse of a study: exact, if no more than so many cells and bits are needed on the way."""
        tallies = Tallies.of(study)
        sizes = [len(f.options) for f in tallies.decisions]
        return cls(tallies, elimination.plan([g.scope for g in tallies.groups], sizes, cells), bits)

    @property
    def factors(self) -> tuple[Factor, ...]:
        return (*self.tallies.decisions, *self.tallies.common)

    @property
    def combinations(self) -> int:
        """Return how many combinations of all options there are."""
        return math.prod(len(f.options) for f in self.factors)

    @property
    def exact_bounds(self) -> bool:
        """Whether least and greatest counts are those of all combinations; else they are those of a sample, and some
        combination may exceed them."""
        return self.plan is not None

    @cached_property
    def exact_numbers(self) -> bool:
        """Whether every combination is in the distribution; else it is that of a sample."""
        return self.plan is not None and elimination.length(self._tables, self.combinations) <= self.bits

    @property
    def counted(self) -> int:
        """Return how many combinations are in the distribution: all, or those of the sample."""
        if self.exact_numbers:
            return self.combinations
        return len(self._sample) * math.prod(len(f.options) for f in self._common)

    @property
    def _common(self) -> tuple[Factor, ...]:
        return self.tallies.common

    @cached_property
    def _tables(self) -> list[Table]:
        return [Table(g.scope, cells) for g, cells in zip(self.tallies.groups, self.tallies.tables(), strict=True)]

    @cached_property
    def _alone(self) -> Array:
        """Return combinations of decisions: the report's own, and each that differs from it in one."""
        return choices.one_at_a_time(self.tallies.decisions).index

    @cached_property
    def _alone_totals(self) -> Array:
        return self.tallies.totals(self._alone)

    @cached_property
    def _sample(self) -> Array:
        """Return combinations of decisions: those of `_alone` and random ones, the same each time."""
        reports = sum(len(g.rows) for g in self.tallies.groups if g.scope)
        drawn = choices.specifications(self.tallies.decisions, min(SAMPLE, REPORTS // max(1, reports))).index
        return np.unique(np.concatenate([self._alone, drawn]), axis=0)

    @cached_property
    def _sample_totals(self) -> Array:
        return self.tallies.totals(self._sample)

    @cached_property
    def sums(self) -> Array:
        """Return `Sums` by window end, attribution, measure and edge."""
        if self.plan is None or not self.exact_numbers:
            totals = np.moveaxis(self._sample_totals, 3, 1)  # what is summed over comes first
            sums = np.empty(totals.shape[2:], object)
            for at in np.ndindex(sums.shape):
                found = totals[(slice(None), slice(None), *at)].ravel()
                sums[at] = Sums(int(found.min()), tuple(np.bincount(found - found.min()).tolist()))
            return sums
        known = {j for g in self.tallies.groups for j in g.scope}
        sizes = [len(f.options) for f in self.tallies.decisions]
        rules = len(self._common[2].options)
        mine = math.prod(sizes[j] for j in known) * rules
        sums = elimination.distributions(self._tables, self.plan.order, mine, (2,))
        idle = math.prod(sizes) * rules // mine  # decisions that no count hangs on, however they are taken
        return np.frompyfunc(lambda s: Sums(s.least, tuple(n * idle for n in s.numbers)), 1, 1)(sums)

    @cached_property
    def distribution(self) -> pd.DataFrame:
        """Return how many combinations have each count, for each window's end and each set of attributions by itself.

        Columns: measure, edge, as_of (ISO date), days (of the window), attribution (name of the set, as
        `choices.attributions` has it), count, combinations (of readings; only counts that some combination has).
        `local` has the day and the days of its statement.
        """
        ends, words = self._common[:2]
        rows = []
        for (e, a, m, k), sums in np.ndenumerate(self.sums):
            measure = self.tallies.measures[m]
            if measure == "local" and e:
                continue  # the same for every end
            as_of, days = self._window(measure, ends.options[e])
            for i, number in enumerate(sums.numbers):
                if number:
                    rows.append((measure, EDGES[k], as_of, days, words.options[a], sums.least + i, number))
        columns = ["measure", "edge", "as_of", "days", "attribution", "count", "combinations"]
        return pd.DataFrame(rows, columns=columns)

    @cached_property
    def ranges(self) -> pd.DataFrame:
        """Return the least and the greatest count over all readings, for each window's end by itself.

        One row a measure, edge, window's end and set of attributions: measure, edge, as_of (ISO date), days (of the
        window), attribution (name of the set; `` for whichever), least, most (counts), least_weekly, most_weekly (a
        week of the window). Of a sample where `exact_bounds` is false.
        """
        ends, words = self._common[:2]
        if self.plan:
            low, high = elimination.extremes(self._tables, self.plan.order)
        else:
            low, high = self._sample_totals.min(axis=0), self._sample_totals.max(axis=0)
        low, high = low.min(axis=2), high.max(axis=2)  # over date rules
        rows = []
        for m, measure in enumerate(self.tallies.measures):
            for e, end in enumerate(ends.options[:1] if measure == "local" else ends.options):
                as_of, days = self._window(measure, end)
                for k, edge in enumerate(EDGES):
                    least, most = low[e, :, m, k].tolist(), high[e, :, m, k].tolist()
                    rows.append((measure, edge, as_of, days, "", min(least), max(most)))
                    rows += [(measure, edge, as_of, days, *of) for of in zip(words.options, least, most, strict=True)]
        columns = ["measure", "edge", "as_of", "days", "attribution", "least", "most"]
        table = pd.DataFrame(rows, columns=columns)
        weekly = rates.DAYS_PER_WEEK / table["days"]
        return table.assign(least_weekly=table["least"] * weekly, most_weekly=table["most"] * weekly)

    def _window(self, measure: str, end: str) -> tuple[str, int]:
        """Return the last day of the window of a measure, and its days."""
        study = self.tallies.study
        if measure == "local":
            claim = study.stated_losses.iloc[0]
            return f"{claim['as_of_latest']:%Y-%m-%d}", int(claim["days"])
        return end, rates.exposure_days(study.start, pd.Timestamp(end))

    @cached_property
    def alone(self) -> pd.DataFrame:
        """Return what each choice does alone, all others as the report takes them: the bars of a tornado.

        One row a measure, edge and choice that moves it: measure, edge, factor, question, kind (`asked` | `read`),
        own (the report's count), least, most (counts over its options), least_option, most_option; widest first.
        """
        rows = []
        own = (0,) * len(self._common)
        for m, measure in enumerate(self.tallies.measures):
            for k, edge in enumerate(EDGES):
                ours = int(self._alone_totals[(0, *own, m, k)])
                for j, factor in enumerate(self.factors):
                    decided = j - len(self.tallies.decisions)
                    if decided < 0:
                        under = self._alone_totals[(self._alone[:, j] > 0, *own, m, k)]
                    else:
                        at = tuple(slice(1, None) if i == decided else 0 for i in range(len(own)))
                        under = self._alone_totals[(0, *at, m, k)]
                    counts = [ours, *under.tolist()]
                    least, most = min(counts), max(counts)
                    if least < most:
                        ends = (factor.options[counts.index(c)] for c in (least, most))
                        about = (measure, edge, factor.name, factor.question, _kind(factor))
                        rows.append((*about, ours, least, most, *ends))
        columns = ["measure", "edge", "factor", "question", "kind"]
        columns += ["own", "least", "most", "least_option", "most_option"]
        table = pd.DataFrame(rows, columns=columns)
        order = table.assign(width=table["most"] - table["least"])
        order = order.sort_values(["width", "factor"], ascending=[False, True], kind="stable")
        return order.drop(columns="width").reset_index(drop=True)

    @cached_property
    def moves(self) -> pd.DataFrame:
        """Return which choices move a count, whatever the others are: those that do not are none of its choices.

        One row a measure, window's end and choice: measure, as_of (ISO date; `` for the choice of the end itself),
        factor, question, kind, moves (certain, counted or possible number, in some combination), least, most (by how
        much an alternative moves the point count from what it is under the report's option, over all combinations of
        the others). Of a sample: in those combinations that differ from the report's in no other decision.
        """
        ends = self._common[0].options
        rows = []
        for j, factor in enumerate(self.factors):
            low, high = self._differences(j)
            if factor.name == "as_of":
                low, high = low[None], high[None]
            for m, measure in enumerate(self.tallies.measures):
                for e in range(len(low)):
                    if measure == "local" and e:
                        continue
                    as_of = "" if factor.name == "as_of" else self._window(measure, ends[e])[0]
                    least, most = (int(x) for x in (low[e, ..., m, 1].min(), high[e, ..., m, 1].max()))
                    moving = bool(low[e, ..., m, :].any() or high[e, ..., m, :].any())
                    rows.append((measure, as_of, factor.name, factor.question, _kind(factor), moving, least, most))
        columns = ["measure", "as_of", "factor", "question", "kind", "moves", "least", "most"]
        return pd.DataFrame(rows, columns=columns)

    def _differences(self, j: int) -> tuple[Array, Array]:
        """Return the least and the greatest difference that options make to the report's own of choice j: arrays of
        the batch, without the axis of the choice where it has one."""
        of_common = j - len(self.tallies.decisions)
        decision = of_common < 0
        if self.plan:
            order = self.plan.order
            tables = [t for t in self._tables if not decision or j in t.scope]
        else:  # what was counted, as one table: under the options of the decision, or under all of `_alone`
            order = (j,)
            here = np.flatnonzero((self._alone[:, j] > 0) | (np.arange(len(self._alone)) == 0)) if decision else ...
            tables = [Table(order, self._alone_totals[here])]

        def difference(table: Table, option: int) -> Table:
            axis = table.scope.index(j) if decision else len(table.scope) + of_common
            scope = tuple(v for v in table.scope if v != j) if decision else table.scope
            return Table(scope, table.cells.take(option, axis) - table.cells.take(0, axis))

        batch = self.tallies.batch
        least = most = np.zeros(batch if decision else np.delete(batch, of_common), int)
        for option in range(1, len(self.factors[j].options)) if tables else ():
            low, high = elimination.extremes([difference(t, option) for t in tables], order)
            least, most = np.minimum(least, low), np.maximum(most, high)
        return least, most


def _kind(factor: Factor) -> str:
    return "asked" if factor.name in ASKED else "read"


# --- for the page where a reader flips choices -------------------------------------------------------------------


def page(multiverse: Multiverse, limit: int = PAGE) -> dict[str, Any]:
    """Return what a page takes to count exactly when a reader flips choices: counts of groups, which add up.

    `combinations`, `counted`: how many there are, and were counted for `curves`. `measures`: names of the counts.
    `days`: of each window's end. `factors`: the choices (name, question, kind, options; the report's first) that can
    be flipped. `fixed`: names of the decisions that cannot, because the tables would have more than `limit` cells;
    they stay as the report takes them, those first that do least for the cells they need. `tables`: of the groups of
    reports under the same choices, `factors` (names), `sizes` (numbers of their options), `rows` (low, point, high of
    each measure, one after the other) and `at`: which row a combination has, the last factor fastest.
    `curves`: by measure, window's end and set of attributions (in the order of their options), the least point count
    and the numbers of combinations with it, one more, two more ….
    """
    tallies = _offered(multiverse, limit)
    summed: dict[tuple[int, ...], Array] = {}
    for group, cells in zip(tallies.groups, tallies.tables(), strict=True):
        scope = _flipped(group.scope, tallies.decisions)
        summed[scope] = summed.get(scope, 0) + cells.reshape(
            *(len(tallies.decisions[j].options) for j in scope), *tallies.batch
        )
    tables = [
        _table([tallies.decisions[j].name for j in scope] + [f.name for f in tallies.common], cells)
        for scope, cells in summed.items()
        if cells.any()
    ]
    study = tallies.study
    sums = multiverse.sums
    return {
        "combinations": multiverse.combinations,
        "counted": multiverse.counted,
        "measures": list(tallies.measures),
        "days": [rates.exposure_days(study.start, pd.Timestamp(end)) for end in tallies.common[0].options],
        "factors": [
            {"name": f.name, "question": f.question, "kind": _kind(f), "options": list(f.options)}
            for f in (*tallies.decisions, *tallies.common)
            if len(f.options) > 1
        ],
        "fixed": [
            f.name
            for f, ours in zip(tallies.decisions, multiverse.tallies.decisions, strict=True)
            if len(f.options) < len(ours.options)
        ],
        "tables": tables,
        "curves": {
            measure: [[[s.least, list(s.numbers)] for s in row] for row in sums[:, :, m, EDGES.index("point")]]
            for m, measure in enumerate(tallies.measures)
        },
    }


def counts(content: Mapping[str, Any], flipped: Mapping[str, int]) -> dict[str, tuple[int, int, int]]:
    """Return low, point and high of each measure, as a page counts them from `page`; `flipped` has the number of the
    option of each choice that is not as the report takes it. Raises KeyError for a choice that cannot be flipped."""
    offered = {f["name"] for f in content["factors"]}
    for name in flipped:
        if name not in offered:
            raise KeyError(name)
    total = np.zeros((len(content["measures"]), len(EDGES)), int)
    for table in content["tables"]:
        at = 0
        for name, size in zip(table["factors"], table["sizes"], strict=True):
            at = at * size + flipped.get(name, 0)
        total += np.reshape(table["rows"][table["at"][at]], total.shape)
    return {
        m: (int(low), int(point), int(high)) for m, (low, point, high) in zip(content["measures"], total, strict=True)
    }


def _offered(multiverse: Multiverse, limit: int) -> Tallies:
    """Return the tallies of the choices that the page can offer: where tables are too long, the decision that does
    least for its cells is not offered, then the next, until they are not."""
    tallies = multiverse.tallies
    widths = multiverse.alone.assign(width=multiverse.alone["most"] - multiverse.alone["least"])
    strength = widths.groupby("factor")["width"].sum().to_dict()
    decisions = list(tallies.decisions)
    common = math.prod(len(f.options) for f in tallies.common)
    scopes = {_flipped(g.scope, decisions) for g in tallies.groups}
    while True:
        cells = {scope: common * math.prod(len(decisions[j].options) for j in scope) for scope in scopes}
        if sum(cells.values()) <= limit or not any(scopes):
            return replace(tallies, decisions=tuple(decisions))
        saved: dict[int, float] = defaultdict(float)
        for scope, number in cells.items():
            for j in scope:
                saved[j] += number * (1 - 1 / len(decisions[j].options))
        weakest = min(saved, key=lambda j: (strength.get(decisions[j].name, 0) / saved[j], -saved[j], j))
        decisions[weakest] = replace(decisions[weakest], options=decisions[weakest].options[:1])
        scopes = {_flipped(scope, decisions) for scope in scopes}


def _flipped(scope: tuple[int, ...], decisions: Sequence[Factor]) -> tuple[int, ...]:
    """Return those choices of a scope that have more than one option."""
    return tuple(j for j in scope if len(decisions[j].options) > 1)


def _table(names: Sequence[str], cells: Array) -> dict[str, Any]:
    """Return a table of a page: without the choices that do not matter in it, and each row once."""
    names = list(names)
    for axis in reversed(range(len(names))):
        if (cells == cells.take([0], axis)).all():
            cells = cells.take(0, axis)
            names.pop(axis)
    sizes = cells.shape[: len(names)]
    rows, at = np.unique(cells.reshape(math.prod(sizes), -1), axis=0, return_inverse=True)
    return {"factors": names, "sizes": list(sizes), "rows": rows.tolist(), "at": at.ravel().tolist()}
