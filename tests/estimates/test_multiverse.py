"""Every combination of choices is counted, and each as the report would count it."""

from __future__ import annotations

import csv
import datetime as dt
import itertools
import json
import math
from collections import Counter, defaultdict
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from districtloss.estimates import choices, multiverse, rates
from districtloss.estimates.multiverse import Multiverse
from districtloss.estimates.study import Study
from districtloss.estimates.tallies import EDGES, Tallies
from districtloss.parameters import ATTRIBUTIONS, DATE_RULES, Parameters
from districtloss.paths import RELEASES
from districtloss.tables.frames import Tables, of_rows
from districtloss.tables.schema import load
from helpers import new_data, real


@pytest.fixture(scope="module")
def ours() -> Multiverse:
    return Multiverse.of(real.study())


def under(study: Study, chosen: dict[str, str]) -> Study:
    """Return the study with other choices, made from the tables as the report makes it."""
    sets = choices.attributions(study)
    parameters = replace(
        study.parameters,
        as_of=dt.date.fromisoformat(chosen["as_of"]),
        date_rule=chosen["date_rule"],
        attribution=sets[chosen["attribution"]],
        decisions={k: v for k, v in chosen.items() if k not in choices.COMMON},
    )
    return Study.of(study.base, parameters)


def counted(study: Study, claim=None) -> dict[str, tuple[int, int, int]]:
    """Count one study with the plain functions."""
    estimates = {"gross": study.gross(), "net": study.net()}
    if claim is not None:
        local = study.losses_in_window(claim["as_of_latest"])
        estimates["local"] = rates.gross(local[local["province_id"] == claim["scope"]])
    return {m: (e.low, e.point, e.high) for m, e in estimates.items()}


def the_claim(study: Study):
    return None if study.stated_losses.empty else study.stated_losses.iloc[0]


# --- the project's own data --------------------------------------------------------------------------------------


def coded_in(version: str) -> Study:
    """Return the study of the data as a pinned version coded them."""
    rows = {}
    for name, table in load().tables.items():
        if (path := RELEASES / version / "data" / table.file).exists():
            with path.open(encoding="utf-8", newline="") as stream:
                rows[name] = list(csv.DictReader(stream))
    return Study.of(of_rows(rows, load()), Parameters())


def test_the_coding_of_1_2_0_has_the_combinations_and_counts_of_another_programme():
    # Reference: a prototype in plain Python, that enumerated components and did no algebra.
    old = Multiverse.of(coded_in("1.2.0"))
    assert old.exact_bounds and old.exact_numbers
    assert old.combinations == old.counted == 21_233_664
    ranges = old.ranges[(old.ranges["edge"] == "point") & (old.ranges["attribution"] == "")]
    ranges = ranges.set_index(["measure", "as_of"])[["least", "most"]]
    assert tuple(ranges.loc[("gross", "2021-07-27")]) == (3, 27)
    assert tuple(ranges.loc[("gross", "2021-06-30")]) == (3, 25)
    assert tuple(ranges.loc[("net", "2021-07-27")]) == (2, 19)


@pytest.mark.parametrize("seed", range(25))
def test_a_combination_drawn_at_random_counts_as_the_report_would(ours, seed):
    drawn = np.random.default_rng(seed)
    at = {f.name: int(drawn.integers(len(f.options))) for f in ours.factors}
    study = ours.tallies.study
    wanted = counted(under(study, {f.name: f.options[at[f.name]] for f in ours.factors}), the_claim(study))
    decided = np.array([[at[f.name] for f in ours.tallies.decisions]])
    found = ours.tallies.totals(decided)[(0, *(at[name] for name in choices.COMMON))]
    assert {m: tuple(found[i].tolist()) for i, m in enumerate(ours.tallies.measures)} == wanted
    assert multiverse.counts(multiverse.page(ours), at) == wanted


def test_every_combination_is_in_each_distribution_once(ours):
    totals = ours.distribution.groupby(["measure", "edge"])["combinations"].sum()
    assert set(totals) == {ours.combinations, ours.combinations // 2} if "local" in ours.tallies.measures else None
    by_end = ours.distribution.groupby(["measure", "edge", "as_of", "attribution"])["combinations"].sum()
    assert by_end.nunique() == 1


def test_ranges_are_the_ends_of_the_distributions(ours):
    ends = ours.distribution.groupby(["measure", "edge", "as_of", "attribution"])["count"].agg(["min", "max"])
    ranges = ours.ranges[ours.ranges["attribution"] != ""].set_index(["measure", "edge", "as_of", "attribution"])
    assert len(ranges) == len(ends)
    assert (ranges.loc[ends.index, ["least", "most"]].to_numpy() == ends.to_numpy()).all()
    weekly = ours.ranges["least"] * 7 / ours.ranges["days"]
    assert ours.ranges["least_weekly"].tolist() == pytest.approx(weekly.tolist())


def test_what_is_asked_is_kept_apart_from_how_texts_are_read(ours):
    kinds = ours.moves.drop_duplicates("factor").set_index("factor")["kind"]
    assert set(kinds.index[kinds == "asked"]) == {"as_of", "attribution"}
    assert kinds["date_rule"] == "read"


def test_the_tornado_starts_from_the_reports_own_count_and_leads_with_the_widest(ours):
    study = ours.tallies.study
    bars = ours.alone[(ours.alone["measure"] == "gross") & (ours.alone["edge"] == "point")]
    assert (bars["own"] == study.gross().point).all()
    widths = (bars["most"] - bars["least"]).tolist()
    assert widths == sorted(widths, reverse=True) and min(widths) > 0
    for bar in bars.itertuples(index=False):
        own = {f.name: f.options[0] for f in ours.factors}
        ends = [under(study, own | {bar.factor: o}).gross().point for o in (bar.least_option, bar.most_option)]
        assert ends == [bar.least, bar.most]


def test_the_page_takes_little_room_and_knows_all_choices(ours):
    content = multiverse.page(ours)
    assert len(json.dumps(content, separators=(",", ":"))) < 30_000
    assert not content["fixed"]
    assert {f["name"] for f in content["factors"]} == {f.name for f in ours.factors}
    gross = content["curves"]["gross"]
    assert sum(sum(numbers) for end in gross for _, numbers in end) == ours.combinations


def test_where_tables_would_be_too_long_the_weakest_decisions_stay_as_they_are(ours):
    content = multiverse.page(ours, limit=400)
    study = ours.tallies.study
    assert sum(len(t["at"]) for t in content["tables"]) <= 400
    assert content["fixed"] and multiverse.counts(content, {}) == counted(study, the_claim(study))
    with pytest.raises(KeyError):
        multiverse.counts(content, {content["fixed"][0]: 1})
    # Of the decisions that move the count most, all by one, those stay that need few cells.
    bars = ours.alone[(ours.alone["measure"] == "gross") & (ours.alone["edge"] == "point")]
    widths = (bars["most"] - bars["least"])[bars["factor"].str.startswith("D")]
    most = set(bars["factor"][widths.index[widths == widths.max()]])
    assert most - set(content["fixed"])


# --- small folders of other people -------------------------------------------------------------------------------

SOURCE = new_data._source("paper-2021-07-10", "2021-07-10")
PLACES = ("x/a", "x/b", "y/c", "x/town")
DAYS = st.integers(-5, 36).map(lambda n: dt.date(2021, 6, 4) + dt.timedelta(n))
TYPES = ("capture", "capture", "recapture", "claimed_capture", "implied_capture")
WHO = tuple(ATTRIBUTIONS)[:2] + tuple(ATTRIBUTIONS)[3:4]


def folder(events, decisions, claim: bool) -> Tables:
    """Return tables of `events` (place, type, who, incident, first day, length) and `decisions`: for each a list of
    options, each a list of cells (event, column, value)."""
    data = new_data.nothing_but_a_source() | {"sources": [SOURCE]}
    data["provinces"] = [{"province_id": f"AF-{p}", "name": p, "capital": p} for p in ("BAL", "GHA")]
    kinds = ("district", "district", "district", "town")
    of = ("AF-BAL", "AF-BAL", "AF-GHA", "AF-BAL")
    data["places"] = [
        new_data._place(p, p, province) | {"kind": kind} for p, kind, province in zip(PLACES, kinds, of, strict=True)
    ]
    data["events"] = [
        new_data._event(n, SOURCE["source_id"], place, str(first), str(first + dt.timedelta(length)), kind)
        | {"attribution": who, "incident_id": f"I{incident:03d}"}
        for n, (place, kind, who, incident, first, length) in enumerate(events, 1)
    ]
    for d, options in enumerate(decisions, 1):
        names = [f"option_{k}" for k in range(len(options) + 1)]
        data["decisions"].append({"decision_id": f"D{d:02d}", "question": "?", "chosen": names[0],
                                  "alternatives": "|".join(names[1:]), "reason": "One has to be chosen"})  # fmt: skip
        for name, cells in zip(names[1:], options, strict=True):
            data["options"] += [
                {"decision_id": f"D{d:02d}", "option": name, "table": "events", "column": column, "value": value,
                 "row_id": f"E{event % len(events) + 1:03d}"}
                for event, column, value in cells
            ]  # fmt: skip
    if claim:
        data["claims"] = [{
            "claim_id": "C001", "source_id": SOURCE["source_id"], "paragraph": "1", "claimant": "other",
            "measure": "districts_lost", "side": "government", "scope": "AF-BAL", "kind": "flow", "value_low": "2",
            "value_high": "2", "qualifier": "exact", "unit": "districts", "since": "2021-06-04",
            "as_of_earliest": "2021-06-20", "as_of_latest": "2021-06-20",
        }]  # fmt: skip
    return of_rows(data, load())


EVENTS = st.tuples(st.sampled_from(PLACES), st.sampled_from(TYPES), st.sampled_from(WHO), st.integers(1, 4), DAYS,
                   st.integers(0, 15))  # fmt: skip
CELLS = st.one_of(
    st.tuples(st.integers(0, 9), st.just("event_type"), st.sampled_from(TYPES)),
    st.tuples(st.integers(0, 9), st.just("place_id"), st.sampled_from(PLACES)),
    st.tuples(st.integers(0, 9), st.just("attribution"), st.sampled_from(WHO)),
    st.tuples(st.integers(0, 9), st.just("incident_id"), st.sampled_from(["I001", "I002", "I009"])),
    st.tuples(st.integers(0, 9), st.sampled_from(["date_earliest", "date_latest"]), DAYS.map(str)),
)
OPTIONS = st.lists(st.lists(CELLS, min_size=1, max_size=3, unique_by=lambda c: c[:2]), min_size=1, max_size=2)
FOLDERS = st.builds(folder, st.lists(EVENTS, min_size=1, max_size=6), st.lists(OPTIONS, max_size=2), st.booleans())


def one_by_one(study: Study, factors) -> dict[tuple[str, ...], dict[str, tuple[int, int, int]]]:
    """Count every combination by itself, with the plain functions."""
    claim = the_claim(study)
    *decided, ends, words, rules = factors
    every = {}
    for chosen in itertools.product(*(f.options for f in (*decided, words))):
        own = {"as_of": ends.options[0], "date_rule": rules.options[0]}
        here = under(study, own | dict(zip([*(f.name for f in decided), words.name], chosen, strict=True)))

        def placed(table, end, rule, start=study.start):
            return rates.placed(table, start, pd.Timestamp(end), rule)

        for end, rule in itertools.product(ends.options, rules.options):
            lost, won = (placed(table, end, rule) for table in (here.losses, here.recaptures))
            found = {"gross": rates.gross(lost), "net": rates.net(lost, won)}
            if claim is not None:
                local = here.losses[here.losses["province_id"] == claim["scope"]]
                found["local"] = rates.gross(placed(local, claim["as_of_latest"], rule))
            counts = {m: (e.low, e.point, e.high) for m, e in found.items()}
            every[(*chosen[:-1], end, chosen[-1], rule)] = counts
    return every


@settings(max_examples=6)
@given(FOLDERS)
def test_all_that_is_said_of_a_small_folder_is_true_of_its_combinations_one_by_one(tables):
    study = Study.of(tables, Parameters())
    found = Multiverse.of(study)
    every = one_by_one(study, found.factors)
    names = [f.name for f in found.factors]
    at = {name: i for i, name in enumerate(names)}
    assert found.combinations == found.counted == len(every)

    distribution = found.distribution[found.distribution["measure"] != "local"]
    brute: Counter = Counter()
    for chosen, by_measure in every.items():
        for measure, k in itertools.product(("gross", "net"), range(3)):
            brute[measure, EDGES[k], chosen[at["as_of"]], chosen[at["attribution"]], by_measure[measure][k]] += 1
    columns = ["measure", "edge", "as_of", "attribution", "count"]
    assert distribution.set_index(columns)["combinations"].to_dict() == brute

    # How far each alternative moves each count from what it is under the report's own option, all others alike.
    moved: dict[tuple[str, str, str], list[tuple[int, ...]]] = defaultdict(list)
    for chosen, by_measure in every.items():
        for i, factor in enumerate(found.factors):
            own = every[(*chosen[:i], factor.options[0], *chosen[i + 1 :])]
            for measure in found.tallies.measures:
                end = "" if factor.name == "as_of" else chosen[at["as_of"]]
                if measure == "local" and end:
                    end = "2021-06-20"
                change = tuple(a - b for a, b in zip(by_measure[measure], own[measure], strict=True))
                moved[measure, end, factor.name].append(change)
    for row in found.moves.itertuples(index=False):
        changes = moved[row.measure, row.as_of, row.factor]
        assert row.moves == any(map(any, changes))
        assert (row.least, row.most) == (min(c[1] for c in changes), max(c[1] for c in changes))

    own = tuple(f.options[0] for f in found.factors)
    bars = {(b.measure, b.edge, b.factor): (b.least, b.most) for b in found.alone.itertuples(index=False)}
    for measure, k, (i, factor) in itertools.product(found.tallies.measures, range(3), enumerate(found.factors)):
        counts = [every[(*own[:i], o, *own[i + 1 :])][measure][k] for o in factor.options]
        bar = bars.get((measure, EDGES[k], factor.name), (counts[0], counts[0]))
        assert bar == (min(counts), max(counts))

    content = multiverse.page(found)
    for chosen, wanted in every.items():
        flipped = {f.name: f.options.index(o) for f, o in zip(found.factors, chosen, strict=True) if len(f.options) > 1}
        assert multiverse.counts(content, flipped) == wanted


CAPTURES = [(PLACES[i % 3], "capture", WHO[0], i, dt.date(2021, 6, 10 + i), 0) for i in range(3)]


def test_a_choice_whose_effects_cancel_out_does_not_move_the_count():
    # The decision takes the fall of x/a out of the count and brings that of y/c into it: two before, two after.
    events = [*CAPTURES[:2], ("y/c", "claimed_capture", *CAPTURES[2][2:])]
    swap = [[(0, "event_type", "claimed_capture"), (2, "event_type", "capture")]]
    found = Multiverse.of(Study.of(folder(events, [swap], False), Parameters()))
    moves = found.moves.set_index(["measure", "factor"])["moves"]
    assert not moves["gross", "D01"] and not moves["net", "D01"]
    assert len({g.scope for g in found.tallies.groups}) == 2  # one group that it touches, of two places


def test_a_later_decision_overwrites_the_cell_of_an_earlier_one():
    late = [[(0, "date_earliest", "2021-05-01"), (0, "date_latest", "2021-05-02")]]
    back = [[(0, "date_earliest", "2021-06-20"), (0, "date_latest", "2021-06-20")]]
    found = Multiverse.of(Study.of(folder(CAPTURES, [late, back], False), Parameters()))
    # The first alone takes one of three falls out of the window; under both, the second has the last word.
    assert found.tallies.totals(np.array([[0, 0], [1, 0], [0, 1], [1, 1]]))[:, 0, 0, 0, 0, 1].tolist() == [3, 2, 3, 3]


@pytest.mark.parametrize("rule", DATE_RULES)
def test_an_interval_that_an_option_turns_round_counts_as_in_the_report(rule):
    turned = [[(0, "date_latest", "2021-05-30")]]  # begins on 10 June
    study = Study.of(folder(CAPTURES, [turned], False), Parameters(date_rule=rule))
    found = Multiverse.of(study).tallies.totals(np.array([[1]]))[0, 0, 0, 0, 0]
    other = Study.of(study.base, Parameters(date_rule=rule, decisions={"D01": "option_1"})).gross()
    assert tuple(found.tolist()) == (other.low, other.point, other.high)


def test_a_folder_without_changes_of_control_has_a_count_of_none():
    tables = of_rows(new_data.no_events(), load())
    found = Multiverse.of(Study.of(tables, Parameters()))
    assert set(found.distribution["count"]) == {0}
    assert not found.moves["moves"].any() and found.alone.empty
    assert multiverse.counts(multiverse.page(found), {})["gross"] == (0, 0, 0)


# --- folders with more choices than can be counted ---------------------------------------------------------------


def many(decisions: int, entangled: bool) -> Study:
    """Return a study of falls; each of as many decisions unsays a fall of its own, or one of x/a."""
    rows = []
    for i in range(decisions):
        rows.append(("x/a", "capture", WHO[0], i + 1, dt.date(2021, 6, 10), 0))
    options = [[[(i, "event_type", "claimed_capture")]] for i in range(decisions)]
    tables = folder(rows, options, False)
    if not entangled:
        province = tables.provinces["province_id"].iat[0]
        places = [new_data._place(f"x/{i}", f"X {i}", province) for i in range(decisions)]
        apart = of_rows({"places": places}, load()).places
        events = tables.events.assign(place_id=apart["place_id"].to_numpy())
        tables = replace(tables, places=apart, events=events)
    return Study.of(tables, Parameters())


def test_a_folder_that_is_too_entangled_has_bounds_of_a_sample_and_says_so():
    study = many(12, entangled=True)
    whole, part = Multiverse.of(study), Multiverse.of(study, cells=1_000)
    assert whole.exact_bounds and not part.exact_bounds and not part.exact_numbers
    assert part.counted < part.combinations == whole.combinations == whole.counted
    assert part.distribution.groupby(["measure", "edge"])["combinations"].sum().unique().tolist() == [part.counted]
    inside = part.ranges["least"] >= whole.ranges["least"]
    assert (inside & (part.ranges["most"] <= whole.ranges["most"])).all()
    # What is counted one choice at a time is the same, and what moves a count so does in all combinations too.
    assert part.alone.equals(whole.alone)
    assert (whole.moves["moves"] >= part.moves["moves"]).all() and part.moves["moves"].any()
    # A district that fell twelve times is held unless all twelve are unsaid: no choice alone says so.
    net = whole.moves["measure"] == "net"
    assert whole.moves[net & whole.moves["factor"].str.startswith("D")]["moves"].all()
    assert not part.moves[net & part.moves["factor"].str.startswith("D")]["moves"].any()
    again = Multiverse.of(study, cells=1_000)
    assert again.distribution.equals(part.distribution) and again.ranges.equals(part.ranges)


def test_bounds_stay_exact_where_numbers_are_too_long_to_be_counted():
    study = many(150, entangled=False)
    found = Multiverse.of(study, bits=10_000)
    rules, sets = len(DATE_RULES), len(choices.attributions(study))
    assert found.exact_bounds and not found.exact_numbers
    assert found.combinations == 2**150 * rules * sets
    gross = found.ranges[(found.ranges["measure"] == "gross") & (found.ranges["edge"] == "point")].iloc[0]
    assert (gross["least"], gross["most"]) == (0, 150)
    assert found.distribution["count"].min() > 20  # a sample comes nowhere near
    content = multiverse.page(found, limit=2_000)
    assert content["fixed"] and content["counted"] == found.counted < found.combinations
    assert len(json.dumps(content)) < 300_000


def test_hundreds_of_decisions_that_do_not_touch_each_other_are_counted():
    found = Multiverse.of(many(100, entangled=False))
    gross = found.distribution[(found.distribution["measure"] == "gross") & (found.distribution["edge"] == "low")]
    first = gross[gross["attribution"] == "as_set"].set_index("count")["combinations"]
    assert [first[k] for k in (0, 50, 100)] == [math.comb(100, k) * len(DATE_RULES) for k in (0, 50, 100)]


def test_groups_are_counted_the_same_however_few_at_once(ours, monkeypatch):
    monkeypatch.setattr("districtloss.estimates.tallies.MOST_ENTRIES", 150)
    few = Tallies.of(ours.tallies.study).tables()
    assert all((a == b).all() for a, b in zip(few, ours.tallies.tables(), strict=True))
