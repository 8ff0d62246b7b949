"""What the choices do: headline numbers under every combination of coding decisions and parameters.

Thousands of specifications are counted at once, as arrays of specifications by reports; a test holds this to the
plain functions of `incidents` and `rates`, one specification at a time.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from districtloss import phrasing
from districtloss.estimates import claims as figures
from districtloss.estimates import rates
from districtloss.estimates.incidents import OPEN
from districtloss.estimates.study import Study
from districtloss.parameters import DATE_RULES
from districtloss.phrasing import agreeing, joined, printed
from districtloss.tables import decisions as register
from districtloss.tables.frames import Tables
from districtloss.vocabulary import ATTRIBUTIONS, COUNTED_TYPES, LOSS_TYPES, RECAPTURE_TYPES

SEED = 20210604  # any fixed number; the first day of the window is easy to remember
# OCHA's list of 2021 counts 401 districts, the Pentagon's figure rests on 419.
OTHER_DENOMINATOR = 401

Array = np.ndarray


@dataclass(frozen=True)
class Factor:
    """One choice: its options, the one that the report takes first."""

    name: str
    question: str
    options: tuple[str, ...]


@dataclass(frozen=True)
class Specifications:
    """Combinations of options: `index[i, j]` is the option of factor j in specification i; row 0 is the report's."""

    factors: tuple[Factor, ...]
    index: Array
    total: int

    @property
    def sampled(self) -> bool:
        return len(self.index) < self.total

    def option(self, name: str) -> Array:
        """Return the option index of a factor in each specification."""
        return self.index[:, [f.name for f in self.factors].index(name)]


def decision_factors(tables: Tables, chosen: Mapping[str, str], rows: Sequence[str]) -> list[Factor]:
    """Return a factor for each decision with an alternative that overwrites a cell of one of `rows`.

    Where `chosen` already flips a decision, that option comes first.
    """
    touching = tables.options[tables.options["row_id"].isin(list(rows))]["decision_id"].unique()
    options = register.choices(tables.decisions)
    factors = []
    for decision in tables.decisions.itertuples(index=False):
        if decision.decision_id in touching:
            first = chosen.get(decision.decision_id, decision.chosen)
            rest = [o for o in options[decision.decision_id] if o != first]
            factors.append(Factor(decision.decision_id, decision.question, (first, *rest)))
    return factors


def specifications(factors: Sequence[Factor], limit: int) -> Specifications:
    """Return all combinations of the factors, or a random `limit` of them (fixed seed) where there are more."""
    sizes = [len(f.options) for f in factors]
    total = math.prod(sizes)
    if total <= limit:
        index = np.array(list(itertools.product(*map(range, sizes))), dtype=np.int16).reshape(total, len(sizes))
    else:
        index = np.random.default_rng(SEED).integers(0, sizes, size=(limit, len(sizes)), dtype=np.int16)
        index[0] = 0
        index = np.unique(index, axis=0)  # sorts too, so the report's own specification stays first
    return Specifications(tuple(factors), index, total)


def one_at_a_time(factors: Sequence[Factor]) -> Specifications:
    """Return the report's specification and each that differs from it in one choice."""
    rows = [[0] * len(factors)]
    for j, factor in enumerate(factors):
        rows += [[k if i == j else 0 for i in range(len(factors))] for k in range(1, len(factor.options))]
    index = np.array(rows, dtype=np.int16).reshape(len(rows), len(factors))
    return Specifications(tuple(factors), index, math.prod(len(f.options) for f in factors))


# --- event-based headlines ---------------------------------------------------------------------------------------


def windows(study: Study) -> tuple[str, ...]:
    """Return the last days of windows to try: the study's, and that of the largest provincial statement."""
    stated = study.stated_losses
    ends = [study.as_of] + ([] if stated.empty else [stated["as_of_latest"].iloc[0]])
    return tuple(dict.fromkeys(f"{end:%Y-%m-%d}" for end in ends))


def attributions(study: Study) -> dict[str, tuple[str, ...]]:
    """Return sets of attributions to try, by a name for each: the study's own first, then those others that take
    the word of somebody who tells of a change of control."""
    own = tuple(study.parameters.attribution)
    surest = tuple(ATTRIBUTIONS)
    tried = {"officials_only": surest[:1], "officials_and_media": surest[:2], "all": surest}
    return {"as_set": own} | {name: s for name, s in tried.items() if s != own and study.voices.intersection(s)}


def event_factors(study: Study) -> list[Factor]:
    """Return the choices that can move an event-based headline: decisions, date rule, window, attributions."""
    rows = control_rows(study.base)
    rules = (study.parameters.date_rule, *(r for r in DATE_RULES if r != study.parameters.date_rule))
    return [
        *decision_factors(study.tables, study.parameters.decisions, list(rows["event_id"])),
        Factor("date_rule", "Which day stands for an interval in the point figure?", rules),
        Factor("as_of", "On which day does the window end?", windows(study)),
        Factor("attribution", "Whose word counts?", tuple(attributions(study))),
    ]


def control_rows(tables: Tables) -> pd.DataFrame:
    """Return the event rows that are changes of control as coded or under some option."""
    options = tables.options[tables.options["table"] == "events"]
    becomes = options[(options["column"] == "event_type") & options["value"].isin(COUNTED_TYPES)]["row_id"]
    events = tables.events
    return events[events["event_type"].isin(COUNTED_TYPES) | events["event_id"].isin(becomes)].reset_index(drop=True)


def event_headlines(study: Study, specs: Specifications) -> pd.DataFrame:
    """Count losses in every specification: columns of `counts` and days (of the window), one row a specification."""
    rows = control_rows(study.base)
    open_ = np.array([bool(decided) for decided in touching(rows, study.base.options, specs.factors)], dtype=bool)
    # What no choice but the common ones touches adds the same to every specification that agrees in those.
    common = [i for i, f in enumerate(specs.factors) if f.name in COMMON]
    few, of = np.unique(specs.index[:, common], axis=0, return_inverse=True)
    alike = Specifications(tuple(specs.factors[i] for i in common), few.reshape(-1, len(common)), len(few))
    parts = []
    if not open_.all() or not len(rows):
        parts.append(counts(study, rows[~open_], alike).iloc[of.ravel()].reset_index(drop=True))
    if open_.any():
        parts.append(counts(study, rows[open_], specs))
    result = sum(parts[1:], start=parts[0])
    days = np.array([rates.exposure_days(study.start, pd.Timestamp(o)) for o in _factor(specs, "as_of").options])
    return result.assign(days=days[specs.option("as_of")])


# The choices that every event counts under, whatever its place, in the order in which a reader meets them.
COMMON = ("as_of", "attribution", "date_rule")
HUBS = ["incident_id", "place_id"]  # what reports share
# Reports times specifications that are held at once, so that memory does not grow with either.
MOST_CELLS = 2_000_000


def _factor(specs: Specifications, name: str) -> Factor:
    return next(f for f in specs.factors if f.name == name)


def touching(rows: pd.DataFrame, options: pd.DataFrame, factors: Sequence[Factor]) -> list[tuple[str, ...]]:
    """Return, for each of the control reports `rows`, the decisions among `factors` under which it can count in
    another way: those that change it or a report that it hangs together with. Reports hang together that share an
    incident or a place, as coded or under any option, or are linked by others that do."""
    names = [f.name for f in factors if f.name not in COMMON]
    cells = options[(options["table"] == "events") & options["decision_id"].isin(names)]
    cells = cells[cells["row_id"].isin(rows["event_id"])]
    if cells.empty:
        return [()] * len(rows)
    ids = pd.Index(rows["event_id"])
    links = [pd.DataFrame({"report": np.arange(len(rows)), "hub": rows[hub].astype(str), "kind": hub}) for hub in HUBS]
    moves = cells[cells["column"].isin(HUBS)]
    links.append(
        pd.DataFrame({"report": ids.get_indexer(moves["row_id"]), "hub": moves["value"], "kind": moves["column"]})
    )
    link = pd.concat(links, ignore_index=True)
    hub = len(rows) + link.groupby(["kind", "hub"], sort=False).ngroup().to_numpy()
    whole = int(hub.max()) + 1
    graph = coo_matrix((np.ones(len(link)), (link["report"].to_numpy(), hub)), shape=(whole, whole))
    _, part = connected_components(graph, directed=False)
    decisions = cells["decision_id"].groupby(part[ids.get_indexer(cells["row_id"])]).agg(set)
    decided = {at: tuple(name for name in names if name in found) for at, found in decisions.items()}
    return [decided.get(at, ()) for at in part[: len(rows)]]


def counts(study: Study, rows: pd.DataFrame, specs: Specifications) -> pd.DataFrame:
    """Count the losses that the control reports `rows` tell of in every specification.

    Returns one row a specification: gross_low, gross_point, gross_high (incidents), net_low, net_point, net_high
    (districts held), local_low, local_point, local_high (incidents in the province of the largest provincial
    statement, up to its day; NaN without one).
    """
    rows = rows.reset_index(drop=True)
    step = max(1, MOST_CELLS // max(1, len(rows)))
    blocks = [replace(specs, index=specs.index[i : i + step]) for i in range(0, len(specs.index), step)]
    return pd.concat([_counted(study, rows, block) for block in blocks], ignore_index=True)


def _counted(study: Study, rows: pd.DataFrame, specs: Specifications) -> pd.DataFrame:
    """Count the reports `rows` in every specification: columns of `counts`."""
    cells = _Cells.of(study.base, rows, specs)
    start = _day(study.start)
    names = [f.name for f in specs.factors]
    end_days = np.array([_day(pd.Timestamp(o)) for o in specs.factors[names.index("as_of")].options])
    ends = end_days[specs.option("as_of")]
    rules = np.array(specs.factors[names.index("date_rule")].options)[specs.option("date_rule")]
    allowed = np.zeros((len(specs.index), len(ATTRIBUTIONS)), dtype=bool)
    sets = attributions(study)
    for k, option in enumerate(specs.factors[names.index("attribution")].options):
        allowed[specs.option("attribution") == k] = [a in sets[option] for a in ATTRIBUTIONS]
    counted_voice = np.take_along_axis(allowed, cells.attribution, axis=1)

    losses = cells.incidents((cells.type == 1) & counted_voice)
    recaptures = cells.incidents((cells.type == 2) & counted_voice)
    lost = losses.placed(start, ends, rules)
    won = recaptures.placed(start, ends, rules)
    result = {f"gross_{k}": v for k, v in lost.counts().items()} | _net(lost, won, len(cells.places))
    stated = study.stated_losses
    if not stated.empty:
        claim = stated.iloc[0]
        local = losses.placed(start, np.full(len(specs.index), _day(claim["as_of_latest"])), rules)
        inside = np.isin(local.place, np.flatnonzero(cells.province == claim["scope"]))
        result |= {f"local_{k}": v for k, v in local.counts(inside).items()}
    else:
        nothing = np.full(len(specs.index), np.nan)
        result |= dict.fromkeys(("local_low", "local_point", "local_high"), nothing)
    return pd.DataFrame(result)


def _day(stamp: pd.Timestamp) -> int:
    return int(np.datetime64(stamp, "D").astype(int))


FAR = 2**30


def _end(column: str, cell: str | pd.Timestamp) -> int:
    stamp = pd.Timestamp(cell)
    return _day(OPEN[column] if pd.isna(stamp) else stamp)


@dataclass(frozen=True)
class _Placed:
    """Incidents of all specifications in their windows: arrays of specifications by incidents."""

    place: Array
    first: Array
    last: Array
    point: Array
    possible: Array
    certain: Array
    counted: Array

    def counts(self, where: Array | bool = True) -> dict[str, Array]:
        edges = {"low": self.certain, "point": self.counted, "high": self.possible}
        return {name: (edge & where).sum(axis=1) for name, edge in edges.items()}


@dataclass(frozen=True)
class _Incidents:
    place: Array
    first: Array
    last: Array
    exists: Array

    def placed(self, start: int, ends: Array, rules: Array) -> _Placed:
        ends = ends[:, None]
        rule = rules[:, None]
        middle = self.first + (self.last - self.first) // 2
        point = np.where(rule == "earliest", self.first, np.where(rule == "latest", self.last, middle))
        return _Placed(
            self.place,
            self.first,
            self.last,
            point,
            possible=self.exists & (self.first <= ends) & (self.last >= start),
            certain=self.exists & (self.first >= start) & (self.last <= ends),
            counted=self.exists & (point >= start) & (point <= ends),
        )


@dataclass(frozen=True)
class _Cells:
    """The cells of the control reports in every specification: arrays of specifications by reports."""

    first: Array
    last: Array
    type: Array  # 1 loss, 2 recapture, 0 neither
    attribution: Array
    incident: Array
    place: Array  # -1 for what is not a district
    places: list[str]
    province: Array  # of each place
    incident_count: int

    @classmethod
    def of(cls, tables: Tables, rows: pd.DataFrame, specs: Specifications) -> _Cells:
        districts = tables.places[tables.places["kind"] == "district"]
        place_code = {p: i for i, p in enumerate(districts["place_id"])}
        incident_code: dict[str, int] = {}
        type_code = dict.fromkeys(LOSS_TYPES, 1) | dict.fromkeys(RECAPTURE_TYPES, 2)
        encode: dict[str, Callable[[Any], int]] = {
            **{column: partial(_end, column) for column in OPEN},
            "event_type": lambda v: type_code.get(v, 0),
            "attribution": list(ATTRIBUTIONS).index,
            "incident_id": lambda v: incident_code.setdefault(v, len(incident_code)),
            "place_id": lambda v: place_code.get(v, -1),
        }
        matrix = {}
        for column, code in encode.items():
            which, values = pd.factorize(rows[column], use_na_sentinel=False)
            codes = np.array([code(v) for v in values], dtype=np.int32)
            matrix[column] = np.tile(codes[which], (len(specs.index), 1))
        touched = rows["event_id"].isin(tables.options["row_id"])
        position = {event: i for i, event in rows["event_id"][touched].items()}
        rewritten = tables.options[tables.options["row_id"].isin(position) & tables.options["column"].isin(encode)]
        cells_of = dict(list(rewritten.groupby(["decision_id", "option"], sort=False)))
        # In the order of the register, so that a later decision overwrites an earlier one, as in decisions.apply.
        for j, factor in enumerate(specs.factors):
            for k, option in enumerate(factor.options):
                if (factor.name, option) in cells_of:
                    chosen = specs.index[:, j] == k
                    for cell in cells_of[factor.name, option].itertuples(index=False):
                        matrix[cell.column][chosen, position[cell.row_id]] = encode[cell.column](cell.value)
        return cls(
            first=matrix["date_earliest"],
            last=matrix["date_latest"],
            type=matrix["event_type"],
            attribution=matrix["attribution"],
            incident=matrix["incident_id"],
            place=matrix["place_id"],
            places=list(place_code),
            province=districts["province_id"].to_numpy(),
            incident_count=len(incident_code),
        )

    def incidents(self, counted: Array) -> _Incidents:
        """Group the counted reports by incident, as `incidents.incidents` does."""
        shape = (len(counted), self.incident_count)
        spec, report = np.nonzero(counted & (self.place >= 0))
        at = (spec, self.incident[spec, report])
        first, last = self.first[spec, report], self.last[spec, report]

        def gathered(how: np.ufunc, empty: int, source: Array) -> Array:
            table = np.full(shape, empty, dtype=np.int32)
            how.at(table, at, source)
            return table

        last_start, first_start = gathered(np.maximum, -FAR, first), gathered(np.minimum, FAR, first)
        last_end, first_end = gathered(np.maximum, -FAR, last), gathered(np.minimum, FAR, last)
        place = gathered(np.maximum, -1, self.place[spec, report])
        agree = last_start <= first_end
        return _Incidents(
            place,
            np.where(agree, last_start, first_start),
            np.where(agree, first_end, last_end),
            exists=place >= 0,
        )


def _net(lost: _Placed, won: _Placed, places: int) -> dict[str, Array]:
    """Count places held at the end, as `rates.net` does."""
    shape = (len(lost.place), max(places, 1))

    def newest(of: Array, where: Array) -> Array:
        table = np.full(shape, -FAR, dtype=np.int32)
        spec, incident = np.nonzero(where)
        np.maximum.at(table, (spec, won.place[spec, incident]), of[spec, incident])
        return np.take_along_axis(table, np.maximum(lost.place, 0), axis=1)

    held = {
        "net_low": lost.certain & (newest(won.last, won.possible) < lost.first),
        "net_point": lost.counted & (newest(won.point, won.counted) < lost.point),
        "net_high": lost.possible & (newest(won.first, won.certain) < lost.last),
    }
    result = {}
    for name, flags in held.items():
        table = np.zeros(shape, dtype=bool)
        spec, incident = np.nonzero(flags)
        table[spec, lost.place[spec, incident]] = True
        result[name] = table.sum(axis=1)
    return result


def weekly(counts: pd.DataFrame, name: str, days: pd.Series | int, confidence: float) -> pd.DataFrame:
    """Return low, point, high losses a week of each specification: `rates.rate` over columns NAME_low …"""
    low, _ = rates.poisson_bounds(counts[f"{name}_low"].to_numpy(), confidence)
    _, high = rates.poisson_bounds(counts[f"{name}_high"].to_numpy(), confidence)
    point = counts[f"{name}_point"].to_numpy(float)
    per_week = rates.DAYS_PER_WEEK / np.asarray(days)
    return pd.DataFrame({"low": low * per_week, "point": point * per_week, "high": high * per_week})


# --- headlines from the figures that the parties gave ------------------------------------------------------------


def claim_factors(study: Study) -> list[Factor]:
    """Return the choices that can move an implied rate between two figures: decisions and the denominator."""
    speakers = figures.compared(study.tables.claims)
    scale = speakers[figures.on_district_scale(speakers)]["claim_id"]
    chosen = study.parameters.denominator
    home = study.tables.provinces["province_id"].str.startswith(f"{figures.HOME}-").all()
    known = ("419", str(OTHER_DENOMINATOR)) if home else ()
    denominators = tuple(dict.fromkeys((str(chosen), *known)))
    return [
        *decision_factors(study.tables, study.parameters.decisions, list(scale)),
        Factor("denominator", "How many districts does the country have?", denominators),
    ]


def claim_scales(study: Study, specs: Specifications) -> pd.DataFrame:
    """Return the figures on the scale of districts in every specification: `specification` and the columns of
    `claims.common_scale`, oldest figure first."""
    base = study.base
    # Nothing but the claims that are or can become those of the speakers is coded anew.
    touched = base.options.loc[base.options["table"] == "claims", "row_id"]
    known = base.claims["claimant"].isin(list(figures.SPEAKERS)) | figures.on_district_scale(base.claims)
    kept = known | base.claims["claim_id"].isin(touched)
    at = [f.name for f in specs.factors].index("denominator")
    decided = [f for f in specs.factors if f.name != "denominator"]
    codings, of = np.unique(np.delete(specs.index, at, axis=1), axis=0, return_inverse=True)
    chosen = [
        {**study.parameters.decisions, **{f.name: f.options[k] for f, k in zip(decided, coding, strict=True)}}
        for coding in codings
    ]
    claims = register.claims_under_each(replace(base, claims=base.claims[kept]), chosen)
    claims = figures.named(claims, base.about.claimants)
    compared = figures.speakers_claims(claims).groupby("coding").tail(figures.MOST_COMPARED)
    coded = compared[figures.on_district_scale(compared)]
    scales = []
    for k, denominator in enumerate(specs.factors[at].options):
        scale = figures.common_scale(coded, int(denominator)).assign(coding=coded["coding"].to_numpy())
        under = np.flatnonzero(specs.index[:, at] == k)
        wanted = pd.DataFrame({"specification": under, "coding": of.ravel()[under]})
        scales.append(wanted.merge(scale, on="coding").drop(columns="coding"))
    return pd.concat(scales).sort_values("specification", kind="stable", ignore_index=True)


def figure_names(scales: pd.DataFrame) -> pd.Series:
    """Return how the figures of `claim_scales` are named, by claim_id: who gave them; of one who gave several also of
    when, and where that is the same too, which row it is."""
    first = scales.drop_duplicates("claim_id").set_index("claim_id")
    names = figures.speakers(first)
    days = [phrasing.days(*ends) for ends in first[["as_of_earliest", "as_of_latest"]].itertuples(index=False)]
    for more in (days, first.index):
        names = names.where(~names.duplicated(keep=False), names + ", " + pd.Series(more, index=first.index, dtype=str))
    return names


def claim_headlines(scales: pd.DataFrame) -> pd.DataFrame:
    """Return the implied rates in every specification of `claim_scales`: one row a specification and pair.

    Columns: specification, a, b (claim_ids, earlier and later), narrow, low, high (districts a day; low and high
    NaN where any rate fits).
    """
    rows = []
    for i, scale in itertools.groupby(scales.to_dict("records"), lambda figure: figure["specification"]):
        for a, b in itertools.combinations(scale, 2):
            narrow, widest = figures.implied_rate(a, b)
            low, high = (widest.low, widest.high) if widest else (math.nan, math.nan)
            rows.append((i, a["claim_id"], b["claim_id"], narrow, low, high))
    return pd.DataFrame(rows, columns=["specification", "a", "b", "narrow", "low", "high"])


# --- what moves a headline ---------------------------------------------------------------------------------------


def swings(specs: Specifications, low: Array, point: Array, high: Array) -> pd.DataFrame:
    """Return what each choice alone does to a headline; `specs` as `one_at_a_time` gives them.

    One row an alternative: factor, question, option, low, point, high (the headline under it), change (of the
    point from the report's), reach (how far low or high move), largest first.
    """
    rows = []
    for i in range(1, len(specs.index)):
        j = int(np.flatnonzero(specs.index[i])[0])
        factor = specs.factors[j]
        rows.append(
            {
                "factor": factor.name,
                "question": factor.question,
                "option": factor.options[specs.index[i, j]],
                "low": low[i],
                "point": point[i],
                "high": high[i],
                "change": point[i] - point[0],
                "reach": np.nanmax(np.abs([low[i] - low[0], high[i] - high[0], 0.0])),
            }
        )
    columns = ["factor", "question", "option", "low", "point", "high", "change", "reach"]
    table = pd.DataFrame(rows, columns=columns)
    order = table.assign(size=table["change"].abs()).sort_values(
        ["size", "reach", "factor", "option"], ascending=[False, False, True, True], kind="stable"
    )
    return order.drop(columns="size").reset_index(drop=True)


def taken(specs: Specifications, order: Array, names: Sequence[str], bins: int) -> pd.DataFrame:
    """Return which options the combinations take along a curve; `order` are the specifications in its order.

    One row an option of the factors `names` and bin: factor, question, option, first, last (places on the curve,
    last not included), share (of the specifications between them that take the option).
    """
    edges = np.linspace(0, len(order), min(bins, len(order)) + 1).astype(int)
    factors = {f.name: f for f in specs.factors}
    rows = []
    for name in names:
        chosen = specs.option(name)[order]
        for k, option in enumerate(factors[name].options):
            share = np.add.reduceat(chosen == k, edges[:-1]) / np.diff(edges)
            rows.append(
                pd.DataFrame({"option": option, "first": edges[:-1], "last": edges[1:], "share": share}).assign(
                    factor=name, question=factors[name].question
                )
            )
    columns = ["factor", "question", "option", "first", "last", "share"]
    return pd.concat(rows)[columns].reset_index(drop=True) if rows else pd.DataFrame(columns=columns)


BINS = 80  # of a curve: a thin sample of its combinations can be seen apart
STRIPS = 40  # of an option below it, by the share of combinations that take it
PANELS = 5  # choices shown below a curve


@dataclass(frozen=True)
class Curve:
    """A headline under combinations of choices, in order of size (Simonsohn, Simmons & Nelson 2020).

    `whole`: rank, low, point, high, ours, one row a combination. `drawn`: those of its rows that a chart shows, each
    in the middle of its part, and the report's own. `taken`: as the function of that name gives it, of the choices
    that move the headline most.
    """

    whole: pd.DataFrame
    drawn: pd.DataFrame
    taken: pd.DataFrame


def curve(specs: Specifications, headline: pd.DataFrame, moved: pd.DataFrame) -> Curve:
    """Return the curve of a headline; `headline` has low, point and high, a row a specification; `moved` as `swings`
    gives it."""
    middle = headline["low"] + headline["high"]
    order = headline.assign(middle=middle).sort_values(["point", "middle"], kind="stable").index.to_numpy()
    whole = headline.loc[order, ["low", "point", "high"]].assign(rank=range(len(order)), ours=order == 0)
    middles = ((np.arange(BINS) + 0.5) * len(whole) / BINS).astype(int)
    drawn = pd.concat([whole.iloc[np.unique(middles)], whole[whole["ours"]]]).drop_duplicates("rank")
    most = moved.groupby("factor", sort=False)["change"].agg(lambda change: change.abs().max())
    most = most.sort_values(ascending=False, kind="stable")
    columns = ["rank", "low", "point", "high", "ours"]
    return Curve(whole[columns], drawn[columns], taken(specs, order, list(most[most > 0].index[:PANELS]), STRIPS))


def along(shares: pd.DataFrame) -> str:
    """Return in words which options the ends of a curve take more often than the rest of it, from `taken`."""
    if shares.empty:
        return ""
    whole = shares["last"].max()
    ends = {"lowest": shares["last"] <= whole / 4, "highest": shares["first"] >= whole * 3 / 4}
    average = shares.groupby(["question", "option"], sort=False)["share"].mean()
    phrases = []
    for end, where in ends.items():
        if not where.any():  # few combinations have no quarters
            continue
        here = shares[where].groupby(["question", "option"], sort=False)["share"].mean()
        more = (here - average).idxmax()
        phrases.append(f"{printed(here[more], 0, 'percent')} of the {end} quarter have “{more[1]}” for “{more[0]}”")
    return f"{'; '.join(phrases)}." if phrases else ""


def what_matters(moved: pd.DataFrame, unit: str, decimals: int = 1, named: int = 3) -> str:
    """Return in words which choices move a headline most; `moved` as `swings` gives it, `unit` such as `a week`."""
    size = moved.assign(size=moved["change"].abs()).groupby("question", sort=False)["size"].max()
    size = size.sort_values(ascending=False, kind="stable")
    top = size[size > 0].head(named)
    if top.empty:
        return "None of them alone moves the point figure."
    sizes = [printed(by, decimals) for by in top]
    units = [agreeing(by, unit.removesuffix("s"), unit) for by in sizes]
    phrases = [f"“{question}” ({by} {of})" for question, by, of in zip(top.index, sizes, units, strict=True)]
    others = size.drop(top.index)
    rest = ""
    if len(others):
        rest = "The other moves" if len(others) == 1 else f"None of the other {len(others)} moves"
        by = printed(others.max(), 1)
        rest = f" {rest} it by {'no ' if len(others) == 1 else ''}more than {by}." if others.max() else f" {rest} it."
        rest = rest.replace("The other moves it.", "The other does not move it.")
    return f"The point figure moves most with {joined(phrases, '')}.{rest}"
