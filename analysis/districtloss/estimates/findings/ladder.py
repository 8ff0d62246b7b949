"""What follows from whom one believes: the ladder of beliefs; and whether all who give figures can be right: the
corridor of the number held, and the pace before and after a figure in its middle."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from districtloss.errors import Fault, Faults
from districtloss.estimates import bounds, statements
from districtloss.estimates import corridor as corridors
from districtloss.estimates.bounds import Ladder, Rung
from districtloss.estimates.claims import SPEAKERS, speakers
from districtloss.estimates.corridor import Turn
from districtloss.estimates.findings.number import Number
from districtloss.estimates.rates import DAYS_PER_WEEK
from districtloss.estimates.statements import NATION, Statements, Stock
from districtloss.estimates.study import Study

MOST_BELIEVED = 24  # statements; every one adds whole unknowns to each programme
MOST_NAMED = 200  # changes whose days are told apart; with a thousand of them the ladder took minutes


@dataclass(frozen=True)
class BeliefLadder:
    """The least number of falls in the window by whom one believes.

    `by_speaker`: `falls_believing_TERM` for each of SPEAKERS and for the `statement` of a province's losses: the
    minimum on the rung on which that speaker comes in, None where he has none; the same a week, with `_weekly`. `rungs`
    has a row a rung: speakers (names, joined with `|`, none on the first), least (falls, missing where what is believed
    contradicts itself), per_week, exact (bool), contradiction (ids of the smallest set that shows it, joined with `|`).
    `left_out` is how many statements, the oldest, there are beyond MOST_BELIEVED.
    """

    falls_named: Number  # falls
    falls_named_weekly: Number
    falls_believing_all: Number  # falls
    falls_believing_all_weekly: Number
    by_speaker: Mapping[str, Number]
    rungs: pd.DataFrame
    adding_nothing: tuple[str, ...]
    left_out: int

    @property
    def believed(self) -> list[str]:
        """Return who is believed on the last rung, and who adds nothing to it."""
        named = [name for names in self.rungs["speakers"] for name in names.split("|") if name]
        return [*named, *self.adding_nothing]


def belief_ladder(study: Study) -> BeliefLadder:
    """Climb the ladder of beliefs. Raises Faults where the country has fewer districts than its provinces."""
    said, left_out = _said(study)
    window = (study.start.date(), study.as_of.date())
    together = len(said.falls) + len(said.recaptures) > MOST_NAMED
    climbed = bounds.ladder(said.with_days_together(window) if together else said, window)
    falls = {rung.speakers: None if rung.falls is None else rung.falls.least for rung in climbed.rungs}
    rows = _rows(study, said, climbed)
    of_speaker = {name: names for names in falls for name in names}
    numbers: dict[str, Number] = {}
    for term, name in _names(study).items():
        names = of_speaker.get(name)
        least = Number(None) if names is None else Number(falls[names], rows[names])
        numbers |= {f"falls_believing_{term}": least, f"falls_believing_{term}_weekly": _weekly(least, study)}
    last = climbed.rungs[-1].speakers
    named, every = (Number(falls[names], rows[names]) for names in ((), last))
    return BeliefLadder(
        falls_named=named,
        falls_named_weekly=_weekly(named, study),
        falls_believing_all=every,
        falls_believing_all_weekly=_weekly(every, study),
        by_speaker=numbers,
        rungs=pd.DataFrame([_row(rung, study, together) for rung in climbed.rungs]),
        adding_nothing=climbed.adding_nothing,
        left_out=left_out,
    )


def _said(study: Study) -> tuple[Statements, int]:
    """Return what can be believed, of many statements the newest, and how many are left out."""
    try:
        said = statements.of_study(study)
    except ValueError as error:
        remedy = "say how many districts the country has: --set denominator=330"
        raise Faults([Fault("--set", None, "denominator", str(error), remedy)]) from None
    days = {s.statement_id: s.last if isinstance(s, Stock) else s.until for s in said.of_speakers}
    newest = sorted(days, key=lambda name: (days[name], name))[-MOST_BELIEVED:]
    return said.only(newest), len(days) - len(newest)


def _names(study: Study) -> dict[str, str]:
    """Return of whom the report speaks, as the ladder names them."""
    stated = speakers(study.stated_losses)
    return SPEAKERS | ({"statement": stated.iat[0]} if len(stated) else {"statement": ""})


def _rows(study: Study, said: Statements, climbed: Ladder) -> dict[tuple[str, ...], list[str]]:
    """Return the rows that each rung rests on: incidents that are named, and all claims of those who are believed."""
    rows = [*study.losses["events"], *study.recaptures["events"]]
    found = {}
    for rung in climbed.rungs:
        rows = rows + [s.statement_id for s in said.of_speakers if s.speaker in rung.speakers]
        found[rung.speakers] = rows
    return found


def _row(rung: Rung, study: Study, together: bool) -> dict[str, object]:
    return {
        "speakers": "|".join(rung.speakers),
        "least": math.nan if rung.falls is None else rung.falls.least,
        "per_week": math.nan if rung.falls is None else _a_week(rung.falls.least, study),
        "exact": rung.falls is None or (rung.falls.exact and not together),
        "contradiction": "|".join(rung.contradiction or ()),
    }


def _weekly(falls: Number, study: Study) -> Number:
    assert falls.value is None or isinstance(falls.value, int)
    return Number(None if falls.value is None else _a_week(falls.value, study), falls.rows)


def _a_week(falls: int, study: Study) -> float:
    """Return a minimum a week, rounded down to a tenth."""
    return falls * DAYS_PER_WEEK * 10 // study.days / 10


@dataclass(frozen=True)
class Corridor:
    """Which numbers held all stocks allow together, if the number never falls, and the pace around one in the middle.

    `corridor` has a row for each day of the window on which the bounds change: first, last (days on which they hold),
    low, high (districts), exact (bool); none without a national figure, or where the figures contradict each other.
    `contradiction` then holds the ids of the smallest set that does, if the number never falls. `stocks`, the national
    figures: claim_id, speaker, low, high (districts), first, last (days). `turn` is the pace before and after the
    `pivot`; both are None without a figure surely before, and one surely after, of other speakers.
    """

    recaptures_needed: Number  # recaptures
    pace_before: Number  # districts a week
    pace_after: Number  # districts a week
    slowed_at_least: Number  # times
    corridor: pd.DataFrame
    contradiction: tuple[str, ...]
    stocks: pd.DataFrame
    turn: Turn | None
    pivot: Stock | None


def corridor(study: Study) -> Corridor:
    """Ask whether all can be right. Raises Faults where the country has fewer districts than its provinces."""
    said, _ = _said(study)
    window = (study.start.date(), study.as_of.date())
    stocks = sorted((s for s in said.stocks if s.scope == NATION), key=lambda s: (s.last, s.first, s.statement_id))
    days = corridors.corridor(said, *window) if stocks else None
    contradiction: tuple[str, ...] = ()
    if stocks and days is None:
        alone = replace(said, counts=(), falls=(), recaptures=())
        contradiction = bounds.smallest_contradiction(alone, recaptures=0) or ()
    named = said.with_days_together(window) if len(said.falls) > MOST_NAMED else said
    needed = corridors.fewest_recaptures(named) if said.of_speakers else None
    pivot, turn = _middle(stocks)
    rows = [s.statement_id for s in (turn.before.earlier, pivot, turn.after.later)] if turn and pivot else []
    slowed = turn.slowed_at_least if turn else None
    return Corridor(
        recaptures_needed=Number(needed.least if needed else None, [s.statement_id for s in said.of_speakers]),
        # A least pace is rounded down and a most one up.
        pace_before=Number(math.floor(turn.before.least * DAYS_PER_WEEK * 10) / 10 if turn else None, rows),
        pace_after=Number(math.ceil(turn.after.most * DAYS_PER_WEEK * 10) / 10 if turn else None, rows),
        slowed_at_least=Number(math.floor(slowed * 10) / 10 if slowed else None, rows),
        corridor=_courses(days),
        contradiction=contradiction,
        stocks=pd.DataFrame(
            [(s.statement_id, s.speaker, s.low, s.high, pd.Timestamp(s.first), pd.Timestamp(s.last)) for s in stocks],
            columns=["claim_id", "speaker", "low", "high", "first", "last"],
        ),
        turn=turn,
        pivot=pivot,
    )


def _middle(stocks: list[Stock]) -> tuple[Stock | None, Turn | None]:
    """Return the middle one of the stocks around which others show a pace, and that pace before and after it."""
    turning = [(stock, turn) for stock in stocks if (turn := corridors.turn(stocks, stock)) is not None]
    return turning[len(turning) // 2] if turning else (None, None)


def _courses(days: pd.DataFrame | None) -> pd.DataFrame:
    """Return the days of a corridor on which its bounds change, with the last day on which they hold."""
    if days is None:
        return pd.DataFrame(columns=["first", "last", "low", "high", "exact"])
    bounds_of = ["low", "high", "exact"]
    course = days[bounds_of].ne(days[bounds_of].shift()).any(axis=1).cumsum()
    return (
        days.groupby(course)
        .agg(first=("day", "first"), last=("day", "last"), **{name: (name, "first") for name in bounds_of})
        .reset_index(drop=True)
    )
