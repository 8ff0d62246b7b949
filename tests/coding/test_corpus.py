"""No option of a decision contradicts another row of the corpus: what one article says is held against the others."""

from __future__ import annotations

import csv
import itertools
from dataclasses import replace

import pandas as pd
import pytest

from districtloss.estimates import contradictions, statements
from districtloss.estimates.bounds import smallest_contradiction
from districtloss.estimates.incidents import OPEN
from districtloss.estimates.study import Study
from districtloss.parameters import Parameters
from districtloss.paths import RELEASES
from districtloss.tables import decisions
from districtloss.tables.frames import Tables, of_rows
from districtloss.tables.schema import load
from districtloss.vocabulary import GAINED_BY_GOVERNMENT, GAINED_BY_TAKER, LOSS_TYPES
from helpers import real


def events(tables: Tables) -> pd.DataFrame:
    """Return the events with an end that is open as wide as dates can be."""
    return tables.events.assign(**{column: tables.events[column].fillna(end) for column, end in OPEN.items()})


def incidents_apart(tables: Tables) -> list[str]:
    """Return the incidents of which two reports allow no day in common."""
    spans = events(tables).groupby("incident_id").agg(first=("date_earliest", "max"), last=("date_latest", "min"))
    return sorted(spans.index[spans["first"] > spans["last"]])


def falls_before_unfallen(tables: Tables) -> list[tuple[str, str]]:
    """Return falls that can lie before a day on which another row has the place unfallen, with that row.

    A place under threat stood on some day of that row, so on its first or later. It can have fallen before only if it
    was won back in between.
    """
    rows = events(tables)
    falls, threats, won = (
        rows[rows["event_type"].isin(types)]
        for types in (LOSS_TYPES, ("threat",), GAINED_BY_GOVERNMENT)
    )  # fmt: skip
    found = []
    for fall, threat in itertools.product(falls.itertuples(), threats.itertuples()):
        if fall.place_id == threat.place_id != "" and fall.date_earliest < threat.date_earliest:
            between = won[(won["place_id"] == fall.place_id) & (won["date_earliest"] <= threat.date_latest)]
            if not (between["date_latest"] >= fall.date_earliest).any():
                found.append((fall.event_id, threat.event_id))
    return found


def won_back_before_lost(tables: Tables) -> list[str]:
    """Return reports of a recapture that must lie before every fall of the place, also before one only implied."""
    rows = events(tables)
    lost = rows[rows["event_type"].isin(GAINED_BY_TAKER)].groupby("place_id")["date_earliest"].min()
    won = rows[rows["event_type"].isin(GAINED_BY_GOVERNMENT)]
    return won.loc[~(won["place_id"].map(lost) <= won["date_latest"]), "event_id"].tolist()


def more_named_than_counted(study: Study) -> list[str]:
    """Return counts of losses, exact and with a first day, of which the articles surely name more than they hold."""
    claims = study.tables.claims
    counts = claims[(claims["measure"] == "districts_lost") & claims["since"].notna() & claims["value_high"].notna()]
    named = study.losses
    found = []
    for count in counts.itertuples():
        inside = named["date_earliest"].ge(count.since) & named["date_latest"].le(count.as_of_earliest)
        here = named["province_id"].str.startswith(count.scope)
        if (inside & here).sum() > count.value_high:
            found.append(count.claim_id)
    return found


def disagreement(tables: Tables) -> list[object]:
    """Return what rows of the tables say against each other."""
    return [*incidents_apart(tables), *falls_before_unfallen(tables), *won_back_before_lost(tables)]


OPTIONS = [
    {decision: option} for decision, options in decisions.choices(real.tables().decisions).items() for option in options
]


def test_no_default_contradicts_another_row():
    study = real.study()
    assert disagreement(study.tables) == []
    assert more_named_than_counted(study) == []
    assert smallest_contradiction(statements.of_study(study)) is None
    assert "loss of a district already held" not in set(contradictions.findings(study)["check"])


@pytest.mark.parametrize("chosen", OPTIONS, ids=lambda chosen: "=".join(*chosen.items()))
def test_no_alternative_does_either(chosen):
    assert disagreement(decisions.apply(real.tables(), chosen)) == []


def test_every_look_back_goes_with_every_reading_of_the_past_few_days():
    options = decisions.choices(real.tables().decisions)
    for few, back in itertools.product(options["D01"], options["D02"]):
        assert disagreement(decisions.apply(real.tables(), {"D01": few, "D02": back})) == [], (few, back)


# --- that these tests can fail -------------------------------------------------------------------------------------


def with_event(tables: Tables, event_id: str, **cells: object) -> Tables:
    changed = tables.events.copy()
    for column, value in cells.items():
        changed.loc[changed["event_id"] == event_id, column] = value
    return replace(tables, events=changed)


def test_five_days_with_one_fall_of_maywand_would_contradict_the_earlier_report():
    assert incidents_apart(with_event(real.tables(), "E059", date_earliest=pd.Timestamp("2021-06-25"))) == ["I013"]


def test_a_look_back_beyond_the_day_on_which_gilan_stood_would_be_found():
    back = with_event(real.tables(), "E057", date_earliest=pd.Timestamp("2021-06-16"))
    assert falls_before_unfallen(back) == [("E057", "E025")]


def test_a_recapture_before_the_fall_would_be_found():
    early = pd.Timestamp("2021-04-30")
    assert won_back_before_lost(with_event(real.tables(), "E054", date_latest=early)) == ["E054"]


def test_a_count_that_is_too_small_for_the_falls_named_in_it_would_be_found():
    claims = real.tables().claims.copy()
    claims.loc[claims["claim_id"] == "C010", ["value_low", "value_high"]] = 1.0
    assert more_named_than_counted(Study.of(replace(real.tables(), claims=claims), Parameters())) == ["C010"]


def test_the_two_reports_of_maywand_in_1_2_0_shared_no_day():
    rows = {}
    for name, table in load().tables.items():
        if not (RELEASES / "1.2.0" / "data" / table.file).exists():  # a table that is newer
            continue
        with (RELEASES / "1.2.0" / "data" / table.file).open(encoding="utf-8", newline="") as stream:
            rows[name] = list(csv.DictReader(stream))
    assert "I013" in incidents_apart(of_rows(rows, load()))
