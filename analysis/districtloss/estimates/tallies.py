"""How many losses each group of reports tells of under combinations of choices, counted for all groups at once.

Reports hang together that share an incident or a place, as coded or under any option; groups of reports under the same
decisions are counted by themselves, and their counts add up. A test holds this to `Study`, one combination at a time.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from districtloss.estimates import choices
from districtloss.estimates.choices import COMMON, Factor
from districtloss.estimates.incidents import LOSS_TYPES, OPEN, RECAPTURE_TYPES
from districtloss.estimates.study import Study
from districtloss.parameters import ATTRIBUTIONS

Array = np.ndarray
EDGES = ("low", "point", "high")
LOSS, RECAPTURE = 1, 2
NEVER = -(2**40)  # a day before all others
# Reports times combinations that are counted at once, so that memory does not grow with either.
MOST_ENTRIES = 500_000


@dataclass(frozen=True)
class Group:
    """Reports that no decision touches but those of `scope` (positions among the decisions, ascending)."""

    scope: tuple[int, ...]
    rows: Array  # positions among the control reports, ascending


@dataclass(frozen=True)
class _Cell:
    """A cell that an option overwrites: in which report of a group, under which option of which of its choices."""

    report: int
    choice: int
    option: int
    column: str
    code: int


@dataclass(frozen=True)
class Tallies:
    """The groups of a study's reports of a change of control, and how they are counted.

    `decisions`: the choices that can overwrite a cell of such a report; `common`: those that every report counts under
    (window's end, attribution, date rule, in the order of COMMON). Counts are arrays whose last axes are the three
    of `common`, `measures` and EDGES: the certain ones, those by the date rule, the possible ones.
    """

    study: Study
    decisions: tuple[Factor, ...]
    common: tuple[Factor, ...]
    groups: tuple[Group, ...]

    @classmethod
    def of(cls, study: Study) -> Tallies:
        factors = choices.event_factors(study)
        decisions = tuple(f for f in factors if f.name not in COMMON)
        position = {f.name: j for j, f in enumerate(decisions)}
        rows = choices.control_rows(study.base)
        options = study.base.options
        options = options[options["column"].isin(_CODED)]  # no other column decides what is counted
        members: dict[tuple[int, ...], list[int]] = defaultdict(list, {(): []})
        for row, decided in enumerate(choices.touching(rows, options, decisions)):
            members[tuple(sorted(position[name] for name in decided))].append(row)
        groups = tuple(Group(scope, np.array(members[scope], int)) for scope in sorted(members))
        by_name = {f.name: f for f in factors}
        return cls(study, decisions, tuple(by_name[name] for name in COMMON), groups)

    @cached_property
    def measures(self) -> tuple[str, ...]:
        """`gross` (incidents of loss), `net` (districts lost and still held at the end), and where there is a statement
        on a province's losses `local`: incidents in that province by the statement's day."""
        return ("gross", "net") if self.study.stated_losses.empty else ("gross", "net", "local")

    @property
    def batch(self) -> tuple[int, ...]:
        return (*(len(f.options) for f in self.common), len(self.measures), len(EDGES))

    def sizes(self, group: Group) -> tuple[int, ...]:
        return tuple(len(self.decisions[j].options) for j in group.scope)

    def tables(self) -> list[Array]:
        """Return the counts of every group under every combination of its scope: an axis for each of its decisions."""
        cases = [np.indices(self.sizes(g)).reshape(len(g.scope), math.prod(self.sizes(g))).T for g in self.groups]
        counted = self._counts(cases)
        return [c.reshape(*self.sizes(g), *self.batch) for c, g in zip(counted, self.groups, strict=True)]

    def totals(self, index: Array) -> Array:
        """Return the counts of all reports under some combinations: `index[i, j]` is the option of decision j in i."""
        found = [_distinct(index[:, g.scope]) for g in self.groups]
        total = np.zeros((len(index), *self.batch), int)
        counted = self._counts([few for few, _ in found])
        for counts, (_, of) in zip(counted, found, strict=True):
            total += counts[of]
        return total

    def _counts(self, cases: Sequence[Array]) -> list[Array]:
        """Return for every group its counts in each of its `cases` (rows of options of its scope)."""
        result = [np.zeros((len(c), *self.batch), int) for c in cases]
        block: list[tuple[int, int, int]] = []
        entries = 0
        for part in self._parts(cases):
            g, first, last = part
            more = (last - first) * len(self.groups[g].rows)
            if block and entries + more > MOST_ENTRIES:
                self._count(block, cases, result)
                block, entries = [], 0
            block.append(part)
            entries += more
        if block:
            self._count(block, cases, result)
        return result

    def _parts(self, cases: Sequence[Array]) -> Iterator[tuple[int, int, int]]:
        """Yield group, first and last case (not included) of parts that are small enough to be counted at once."""
        for g, group in enumerate(self.groups):
            step = max(1, MOST_ENTRIES // max(1, len(group.rows)))
            for first in range(0, len(cases[g]), step):
                yield g, first, min(first + step, len(cases[g]))

    def _count(self, block: Sequence[tuple[int, int, int]], cases: Sequence[Array], result: Sequence[Array]) -> None:
        """Count some cases of some groups, and put the counts into `result`."""
        rows, case, number, start = [], [], 0, [0]
        for g, first, last in block:
            members = self.groups[g].rows
            rows.append(np.tile(members, last - first))
            case.append(np.repeat(np.arange(number, number + last - first), len(members)))
            number += last - first
            start.append(start[-1] + len(rows[-1]))
        at = np.concatenate(rows)
        cells = {column: codes[at] for column, codes in self._coded.items()}
        for (g, first, last), begin in zip(block, start[:-1], strict=True):
            mine, width = cases[g][first:last], len(self.groups[g].rows)
            for cell in self._cells[g]:
                under = np.flatnonzero(mine[:, cell.choice] == cell.option)
                cells[cell.column][begin + under * width + cell.report] = cell.code
        counted = self._tallied(cells, np.concatenate(case), number)
        done = 0
        for g, first, last in block:
            result[g][first:last] = counted[done : done + last - first]
            done += last - first

    @cached_property
    def _codes(self) -> dict[str, dict[str, int]]:
        """Return for each column of text the codes of its cells, as coded or under any option."""
        options = self.study.base.options
        rows = choices.control_rows(self.study.base)
        texts = {
            column: [*rows[column], *options.loc[options["column"] == column, "value"]]
            for column in ("incident_id", "place_id")
        }
        places = self.study.base.places
        districts = set(places.loc[places["kind"] == "district", "place_id"])
        found = [p for p in dict.fromkeys(texts["place_id"]) if p in districts]
        return {
            "incident_id": {text: i for i, text in enumerate(dict.fromkeys(texts["incident_id"]))},
            "place_id": {text: i for i, text in enumerate(found)},
            "event_type": dict.fromkeys(LOSS_TYPES, LOSS) | dict.fromkeys(RECAPTURE_TYPES, RECAPTURE),
            "attribution": {text: i for i, text in enumerate(ATTRIBUTIONS)},
        }

    def _code(self, column: str, value: str | pd.Timestamp) -> int:
        """Return the code of a cell: -1 for a place that is no district, and for the type of an event that is no change
        of control; the day of a date, counted from 1970."""
        if column in OPEN:
            stamp = pd.Timestamp(value)
            return _day(OPEN[column] if pd.isna(stamp) else stamp)
        return self._codes[column].get(str(value), -1)

    @cached_property
    def _coded(self) -> dict[str, Array]:
        """Return the cells of the control reports as coded, by column."""
        rows = choices.control_rows(self.study.base)
        coded = {}
        for column in _CODED:
            which, values = pd.factorize(rows[column], use_na_sentinel=False)
            coded[column] = np.array([self._code(column, v) for v in values], int)[which]
        return coded

    @cached_property
    def _cells(self) -> list[list[_Cell]]:
        """Return for each group the cells that options overwrite: in the order of the options, as in decisions.apply,
        so that of two that overwrite one cell the later wins."""
        ids = choices.control_rows(self.study.base)["event_id"].tolist()
        place = {ids[row]: (g, i) for g, group in enumerate(self.groups) for i, row in enumerate(group.rows)}
        position = {f.name: j for j, f in enumerate(self.decisions)}
        found: list[list[_Cell]] = [[] for _ in self.groups]
        options = self.study.base.options
        options = options[(options["table"] == "events") & options["column"].isin(_CODED)]
        options = options[options["row_id"].isin(place) & options["decision_id"].isin(position)]
        for cell in options.itertuples(index=False):
            g, report = place[cell.row_id]
            j = position[cell.decision_id]
            if cell.option in self.decisions[j].options:
                option = self.decisions[j].options.index(cell.option)
                code = self._code(cell.column, cell.value)
                found[g].append(_Cell(report, self.groups[g].scope.index(j), option, cell.column, code))
        return found

    def _tallied(self, cells: dict[str, Array], case: Array, number: int) -> Array:
        """Count the losses in each of `number` cases; `cells` and `case` have a place for every report of each."""
        study, (ends, words, rules) = self.study, self.common
        start = _day(study.start)
        result = np.zeros((number, *self.batch), int)
        voices = choices.attributions(study)
        code = self._codes["attribution"]
        for a, option in enumerate(words.options):
            counts = np.isin(cells["attribution"], [code[w] for w in voices[option]]) & (cells["place_id"] >= 0)
            lost, won = (_Incidents.of(cells, case, counts & (cells["event_type"] == t)) for t in (LOSS, RECAPTURE))
            at = np.unique(np.concatenate([lost.site, won.site]), return_inverse=True)
            for e, end in enumerate(ends.options):
                for r, rule in enumerate(rules.options):
                    losses, recaptures = (i.placed(start, _day(pd.Timestamp(end)), rule) for i in (lost, won))
                    result[:, e, a, r, 0] = _gross(lost, losses, number)
                    result[:, e, a, r, 1] = _net(lost, won, losses, recaptures, at, number)
            if "local" in self.measures:
                claim = study.stated_losses.iloc[0]
                here = self._in_province(claim["scope"])[lost.place]
                for r, rule in enumerate(rules.options):
                    losses = lost.placed(start, _day(claim["as_of_latest"]), rule)
                    result[:, :, a, r, 2] = _gross(lost, {k: v & here for k, v in losses.items()}, number)[:, None]
        return result

    def _in_province(self, province: str) -> Array:
        of = self.study.base.places.set_index("place_id")["province_id"]
        return np.array([of[p] == province for p in self._codes["place_id"]], bool)


_CODED = (*OPEN, "event_type", "attribution", "incident_id", "place_id")


def _distinct(rows: Array) -> tuple[Array, Array]:
    """Return the distinct rows of whole numbers, and which of them each row is: as np.unique does, ten times faster."""
    code = np.zeros(len(rows), int)
    for column in rows.T:
        code = np.unique(code * (int(column.max(initial=0)) + 1) + column, return_inverse=True)[1]
    _, first, of = np.unique(code, return_index=True, return_inverse=True)
    return rows[first], of


def _day(stamp: pd.Timestamp) -> int:
    return int(np.datetime64(stamp, "D").astype(int))


@dataclass(frozen=True)
class _Incidents:
    """Incidents of one kind in all cases, as `incidents.incidents` makes them of reports."""

    case: Array
    place: Array
    site: Array  # a number for each place in each case
    first: Array
    last: Array

    @classmethod
    def of(cls, cells: dict[str, Array], case: Array, counted: Array) -> _Incidents:
        at = np.flatnonzero(counted)
        key = case[at] * (cells["incident_id"].max(initial=0) + 1) + cells["incident_id"][at]
        order = np.argsort(key, kind="stable")
        at, key = at[order], key[order]
        begin = np.flatnonzero(np.diff(key, prepend=-1))

        def over(how: np.ufunc, column: str) -> Array:
            return how.reduceat(cells[column][at], begin) if len(begin) else np.zeros(0, int)

        first_start, last_start = over(np.minimum, "date_earliest"), over(np.maximum, "date_earliest")
        first_end, last_end = over(np.minimum, "date_latest"), over(np.maximum, "date_latest")
        agree = last_start <= first_end
        of, place = case[at[begin]], cells["place_id"][at[begin]]
        site = of * (cells["place_id"].max(initial=0) + 1) + place
        first, last = np.where(agree, last_start, first_start), np.where(agree, first_end, last_end)
        return cls(of, place, site, first, last)

    def point(self, rule: str) -> Array:
        middle = self.first + (self.last - self.first) // 2
        return {"earliest": self.first, "latest": self.last, "midpoint": middle}[rule]

    def placed(self, start: int, end: int, rule: str) -> dict[str, Array]:
        """Return which of the incidents lie in the window: certainly, by the rule, possibly."""
        point = self.point(rule)
        possible = (self.first <= end) & (self.last >= start)
        return {
            "low": possible & (self.first >= start) & (self.last <= end),
            # Two decisions together can put an interval's end before its start: then it is as `rates.placed` has it.
            "point": possible & (point >= start) & (point <= end),
            "high": possible,
            "day": point,
        }


def _gross(lost: _Incidents, losses: dict[str, Array], number: int) -> Array:
    return np.stack([np.bincount(lost.case[losses[edge]], minlength=number) for edge in EDGES], axis=1)


def _net(
    lost: _Incidents,
    won: _Incidents,
    losses: dict[str, Array],
    recaptures: dict[str, Array],
    sites: tuple[Array, Array],
    number: int,
) -> Array:
    """Count places held at the end, as `rates.net` does; `sites` are those of both, and which one each incident has."""
    all_sites, at = sites
    here, there = at[: len(lost.case)], at[len(lost.case) :]
    of = np.zeros(len(all_sites), int)
    of[here] = lost.case

    def newest(day: Array, among: Array) -> Array:
        days = np.full(len(all_sites), NEVER)
        np.maximum.at(days, there[among], day[among])
        return days[here]

    held = (
        losses["low"] & (newest(won.last, recaptures["high"]) < lost.first),
        losses["point"] & (newest(recaptures["day"], recaptures["point"]) < losses["day"]),
        losses["high"] & (newest(won.first, recaptures["low"]) < lost.last),
    )
    result = np.zeros((number, len(EDGES)), int)
    for k, flags in enumerate(held):
        result[:, k] = np.bincount(of[np.unique(here[flags])], minlength=number)
    return result
