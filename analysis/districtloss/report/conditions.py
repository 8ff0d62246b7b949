"""What a chapter may take for granted, by the names that its front matter lists under `holds`.

Each condition is a function of what an analysis came to, and says in words what is otherwise: for the line that stands
on a page whose chapter is replaced, and for the fault of a chapter that somebody else wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Outcome:
    """What an analysis came to, as prose takes it: `values` as in values.json, `words` (days and names) as in
    words.json, `facts` as `sentences` has them."""

    values: Mapping[str, Mapping[str, Any]]
    words: Mapping[str, str]
    facts: Mapping[str, bool]


@dataclass(frozen=True)
class Condition:
    """`holds` of an outcome, or else `otherwise` is the case: a clause that can follow "because"."""

    holds: Callable[[Outcome], bool]
    otherwise: str


def _fact(name: str, otherwise: str) -> Condition:
    return Condition(lambda outcome: outcome.facts.get(name, False), otherwise)


def _not(name: str, otherwise: str) -> Condition:
    return Condition(lambda outcome: not outcome.facts.get(name, False), otherwise)


CONDITIONS: dict[str, Condition] = {
    "our articles": _fact("ours", "the data are not those of the five articles alone"),
    "default window": _fact("default_window", "another window is set"),
    "usual attribution": _fact("usual_attribution", "whose word counts is set otherwise"),
    "recaptures not deducted": _not("net", "recaptures are deducted"),
    "named losses": _fact("losses", "no loss is named in the window"),
    "a band of dates": _fact("band", "all dates of losses are certain"),
    "all named by one day": _fact("crowded", "losses are named until the end of the window"),
    "recaptures named": _fact("recaptures", "no recapture is named in the window"),
    "doubted reports": _fact("doubted", "no report rests on one side's word"),
    "districts named twice": _fact("timelines", "no district is named more than once"),
    "no contradictions": _not("findings", "some rows do not fit together"),
    "a counted province": _fact("statement_hazard", "nobody counts the losses of a province in the window"),
    "fewer named than counted": _not("overseen", "more losses are named than were counted"),
    "three figures that fit": _fact(
        "three_agree", "the figures of the Pentagon, of Milley and of the Taliban do not fit together"
    ),
    "our ladder of beliefs": _fact("ladder_of_ours", "what follows from the figures has other steps"),
    "figures true together": _fact("corridor", "no number held that never falls fits all figures"),
    "no recapture needed": _fact("no_recapture_needed", "the figures need recaptures to be true"),
    "a pace that fell": _fact("slowed", "the figures do not show that the pace fell"),
    "figures of others": _fact("figures_other", "no other figures are given"),
    "pairs not compared": _fact("not_compared", "all figures can be compared"),
    "capitals counted": _fact("capitals", "nobody counts provincial capitals"),
    "shares of land": _fact("land", "no shares of land are given"),
    "forces on both sides": _fact("outlet_forces", "the strengths of both sides are not given"),
    "choices that matter": _fact("rates_move", "no choice moves the rate"),
    "several readings of figures": _fact("several_readings", "the figures have one reading"),
    "audited": _fact("audit", "these tables were not checked against the texts"),
    "coded twice": _fact("second_coding", "no second coding comes with the data"),
    "all rows listed": _fact("all_rows", "there are too many rows to list"),
}


def failing(names: Iterable[str], outcome: Outcome) -> list[str]:
    """Return those of the conditions that do not hold. Raises KeyError for a name that no condition has."""
    return [name for name in names if not CONDITIONS[name].holds(outcome)]
