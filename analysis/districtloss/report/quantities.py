"""Every number of the report: what it is called, its unit, how it is printed, and how it was made, in words.

A finding has each as a `Number` of the same name. Labels and formulas are templates: `words` says what stands in them.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import singledispatch
from typing import Any, Literal

import pandas as pd

from districtloss.estimates import claims
from districtloss.estimates.claims import SPEAKERS
from districtloss.estimates.findings.figures_compared import RATED, Compared
from districtloss.estimates.findings.number import numbers_of
from districtloss.estimates.study import Study
from districtloss.phrasing import day, joined
from districtloss.report import values
from districtloss.report.values import Value


@dataclass(frozen=True)
class Quantity:
    """A number of the report. `unit` is empty of what has none; `percent` is a share from 0 to 1, printed times 100."""

    name: str
    label: str
    unit: str
    formula: str
    decimals: int = 0
    style: Literal["number", "percent"] = "number"


# --- formulas that several quantities share --------------------------------------------------------------------

BAND = (
    "The first figure takes the {date_rule} of each interval of days; low counts only losses that surely lie in the "
    "window, high all that can."
)
CHANCE = (
    "The interval runs from the lower end of the exact Poisson interval ({confidence}) of the low count to the upper "
    "end of that of the high count (Garwood 1936)."
)
HAZARD_ENDS = "Low and high: all fall on the last day, or all on the first."
OF_CLAIM = "The figure of the claim."
SEVENFOLD = "The daily rate times seven."
OVER_ALL = "Median, smallest and largest point count over the combinations that were counted."
BETWEEN = (
    "The later figure less the earlier over the days between them: by the named values and the middles of the dates; "
    "low and high by every value and day that the words allow."
)

# --- the event table --------------------------------------------------------------------------------------------

EVENT_TABLE = (
    Quantity("sources_count", "Sources", "sources", "Rows of the table of sources."),
    Quantity(
        "reports_count",
        "Reports of events",
        "reports",
        "Rows of the event table: one for each event in each source.",
    ),
    Quantity(
        "incidents_count",
        "Incidents",
        "incidents",
        "Different incidents in the event table: what several sources tell of counts once.",
    ),
    Quantity("claims_count", "Figures that somebody gave", "figures", "Rows of the table of claims."),
    Quantity("decisions_count", "Coding decisions", "decisions", "Rows of the register of decisions."),
    Quantity(
        "capture_reports",
        "Reports of a district falling",
        "reports",
        "Reports of type capture on districts, in any source.",
    ),
    Quantity(
        "recapture_reports",
        "Reports of a district won back",
        "reports",
        "Reports of type recapture on districts.",
    ),
    Quantity(
        "doubted_reports",
        "Changes of control claimed by one side or only implied",
        "reports",
        "Reports of a claimed capture, a claimed recapture or an implied capture, on districts. They count only where "
        "a decision says so.",
    ),
    Quantity(
        "districts_named_twice",
        "Districts with more than one report of a change of control",
        "districts",
        "Districts that two or more reports of a capture, recapture, claim or implication are about.",
    ),
    Quantity(
        "audit_rows",
        "Rows held against the texts",
        "rows",
        "Events and claims that the audit looked at.",
    ),
    Quantity(
        "audit_faults",
        "Faults that the audit found",
        "faults",
        "Rows that do not fit the text they come from, over all checks.",
    ),
)


def _agreement(table: str) -> tuple[Quantity, Quantity]:
    return (
        Quantity(
            f"agreement_{table}",
            f"Rows of {table} that both coders found",
            "",
            "Rows found by both, over all that either found.",
            style="percent",
        ),
        Quantity(
            f"both_{table}",
            f"Rows of {table} found by both coders",
            "rows",
            "Rows of both codings that can be matched by source, paragraph, kind and place.",
        ),
    )


# --- loss rates -------------------------------------------------------------------------------------------------

LOSS_RATES = (
    Quantity("exposure_days", "Length of the window", "days", "Days {window}, both counted."),
    Quantity(
        "gross_losses",
        "Losses named in the window",
        "losses",
        "Incidents of a district falling {window}, told by an attribution that counts. " + BAND,
    ),
    Quantity(
        "distinct_losses",
        "Districts lost at least once",
        "districts",
        "Districts with at least one loss {window}. " + BAND,
    ),
    Quantity(
        "net_held",
        "Named losses still held at the end",
        "districts",
        "Districts lost {window} whose last change of control is the loss. Low: the loss follows every possible "
        "recapture; high: it can follow every certain one.",
    ),
    Quantity(
        "recaptures",
        "Recaptures named in the window",
        "recaptures",
        "Incidents of a district being won back {window}.",
    ),
    Quantity(
        "national_rate",
        "Named {counted} per week, whole window",
        "per week",
        "{Counted} in the window over {days}, times seven. " + CHANCE,
        decimals=1,
    ),
    Quantity(
        "national_rate_daily",
        "Named {counted} per day, whole window",
        "per day",
        "{Counted} in the window over {days}. " + CHANCE,
        decimals=2,
    ),
    Quantity(
        "dense_days",
        "Days up to the article that names most losses",
        "days",
        "Days that pass from {start} to {until}, when the source that names most of the losses appeared.",
    ),
    Quantity(
        "dense_losses",
        "Losses named up to {until}",
        "losses",
        "As the losses of the whole window, up to {until}.",
    ),
    Quantity(
        "dense_rate",
        "Named losses per week up to {until}",
        "per week",
        "Losses up to {until} over the days from {start}, times seven. " + CHANCE,
        decimals=1,
    ),
    Quantity(
        "dense_rate_daily",
        "Named losses per day up to {until}",
        "per day",
        "Losses up to {until} over the days from {start}. " + CHANCE,
        decimals=2,
    ),
    Quantity(
        "provinces_with_losses",
        "Provinces with a named loss",
        "provinces",
        "Provinces with at least one possible loss {window}.",
    ),
    Quantity(
        "top_province_losses",
        "Named losses in the province with most",
        "losses",
        "The first row of the table by province.",
    ),
    Quantity("statement_losses", "Districts of {place} lost, as stated", "districts", OF_CLAIM),
    Quantity(
        "statement_days",
        "Days that the statement spans",
        "days",
        "Days from the start of the count to the day of the statement, both counted.",
    ),
    Quantity(
        "statement_rate",
        "{place}: districts lost per day, as stated",
        "per day",
        "Stated losses over the days of the statement, with the exact Poisson interval ({confidence}) of the count.",
        decimals=2,
    ),
    Quantity(
        "statement_rate_weekly",
        "{place}: districts lost per week, as stated",
        "per week",
        SEVENFOLD,
        decimals=1,
    ),
    Quantity(
        "named_of_stated",
        "Losses of {place} that the articles name",
        "losses",
        "Named losses in the province up to the day of the statement.",
    ),
    Quantity(
        "coverage",
        "{place}: share of the stated losses that the articles name",
        "",
        "Named losses in the province over stated ones.",
        style="percent",
    ),
    Quantity(
        "undercount",
        "{place}: stated losses for each named one",
        "times",
        "Stated losses over named ones.",
        decimals=1,
    ),
    Quantity("statement_whole", "Districts of {place}", "districts", "The denominator of the claim."),
    Quantity("statement_held", "Districts of {place} held by {side}, as stated", "districts", OF_CLAIM),
    Quantity(
        "statement_share",
        "Share of {place} held by {side} on the day of the statement",
        "",
        "Districts held over districts of the province.",
        style="percent",
    ),
    Quantity(
        "statement_held_before",
        "Districts of {place} held at the start of the count",
        "districts",
        "Districts held on the day of the statement less those lost since the start: right if none of the losses was "
        "won back in between.",
    ),
    Quantity(
        "statement_share_before",
        "Share of {place} held at the start of the count",
        "",
        "Districts held at the start over districts of the province.",
        style="percent",
    ),
    Quantity(
        "statement_hazard",
        "{place}: chance of a district to fall on a day",
        "in a hundred",
        "Of the districts that the government still held, the share that falls in a day: -ln(1 - lost / at risk) / "
        "days. " + HAZARD_ENDS,
        decimals=1,
    ),
    Quantity("provinces_count", "Provinces", "provinces", "Rows of the table of provinces."),
    Quantity(
        "as_if_everywhere",
        "Districts a day, if every province lost as {place} did",
        "per day",
        "The stated daily rate of the province times the number of provinces. A yardstick, not an estimate: the "
        "province was named because it was losing.",
        decimals=1,
    ),
    Quantity(
        "coverage_adjusted",
        "Districts a day, if the articles see the country as they see that province",
        "per day",
        "Named losses a day up to the article that names most, over the share of the stated losses that the articles "
        "name. A yardstick: one province's coverage need not be the country's.",
        decimals=1,
    ),
)

# --- the figures compared ---------------------------------------------------------------------------------------


def _on_scale(claimant: str) -> tuple[Quantity, Quantity]:
    return (
        Quantity(
            f"{claimant}_districts",
            f"{SPEAKERS[claimant]}: districts or centers held by the Taliban",
            "of the country's districts",
            "The figure of the claim; a share is taken of {denominator}, an open end reaches to it.",
        ),
        Quantity(
            f"{claimant}_share",
            f"{SPEAKERS[claimant]}: share of districts held by the Taliban",
            "",
            "The figure over {denominator}.",
            style="percent",
        ),
    )


def _implied(first: str, second: str) -> tuple[Quantity, Quantity]:
    between = f"net of recaptures, between the figures of {SPEAKERS[first]} and {SPEAKERS[second]}"
    name = f"rate_{first}_{second}"
    return (
        Quantity(name, f"Districts a day, {between}", "per day", BETWEEN, decimals=1),
        Quantity(f"{name}_weekly", f"Districts a week, {between}", "per week", SEVENFOLD),
    )


MINIMUM = (
    "The number held changes by falls and recaptures alone, day by day, and lies between nothing and {denominator}; a "
    "center counts as a district; those named are among all falls and recaptures. Found by a mixed-integer programme."
)
WEEKLY_MINIMUM = "That minimum over {days}, times seven, rounded down."
FROM_STOCKS = (
    "in whole districts and days, whatever the days that each figure can be of; net of recaptures, and right if each "
    "figure is of the days that the report gives it. A center counts as a district."
)


def _believing(term: str, whom: str) -> tuple[Quantity, Quantity]:
    name, label = f"falls_believing_{term}", f"Least falls in the window, if {whom} is believed too"
    return (
        Quantity(
            name,
            label,
            "falls",
            "The least number of falls {window} that fits what the sources name, and what this speaker and all on the "
            "rungs below say of districts held or lost. " + MINIMUM,
        ),
        Quantity(f"{name}_weekly", f"{label}, per week", "per week", WEEKLY_MINIMUM, decimals=1),
    )


LADDER = (
    Quantity(
        "falls_named",
        "Least falls in the window, by what the sources name",
        "falls",
        "The least number of falls {window} that fits the falls and recaptures that the sources name. " + MINIMUM,
    ),
    Quantity(
        "falls_named_weekly",
        "Least falls per week, by what the sources name",
        "per week",
        WEEKLY_MINIMUM,
        decimals=1,
    ),
    Quantity(
        "falls_believing_all",
        "Least falls in the window, if all who give figures are believed",
        "falls",
        "The least number of falls {window} that fits what the sources name, and all that is said of districts held or "
        "lost. " + MINIMUM,
    ),
    Quantity(
        "falls_believing_all_weekly",
        "Least falls per week, if all who give figures are believed",
        "per week",
        WEEKLY_MINIMUM,
        decimals=1,
    ),
    *(quantity for term, name in SPEAKERS.items() for quantity in _believing(term, name)),
    *_believing("statement", "who counts a province's losses"),
)
CORRIDOR = (
    Quantity(
        "recaptures_needed",
        "Fewest recaptures that make all figures true",
        "recaptures",
        "The least number of recaptures, named or not, with which all that is said of districts held or lost can be "
        "true, with the falls that the sources name.",
    ),
    Quantity(
        "pace_before",
        "Least districts a week before the figure in the middle, net of recaptures",
        "per week",
        "The least that the figure in the middle can lie above the one before, over the longest time between them, "
        "times seven, rounded down: " + FROM_STOCKS,
        decimals=1,
    ),
    Quantity(
        "pace_after",
        "Most districts a week after the figure in the middle, net of recaptures",
        "per week",
        "The most that the figure after can lie above the one in the middle, over the shortest time between them, "
        "times seven, rounded up: " + FROM_STOCKS,
        decimals=1,
    ),
    Quantity(
        "slowed_at_least",
        "How many times as fast it was before as after, at least",
        "times",
        "The least pace before the figure in the middle over the most after it, rounded down: " + FROM_STOCKS,
        decimals=1,
    ),
)

FIGURES_COMPARED = (
    Quantity(
        "figures_other",
        "National figures that are not compared",
        "figures",
        "Claims about the whole country that are flows, deadlines or casualties, or of speakers whose figures this "
        "report does not set side by side.",
    ),
    Quantity(
        "figures_count",
        "National figures that are compared",
        "figures",
        "Claims of {speakers} about the whole country that are a stock, a share or a strength; of those whom the "
        "report does not know, only how many districts or centers are held.{newest_only}",
    ),
    Quantity(
        "denominator",
        "Districts in the country, as the report takes it",
        "districts",
        "The parameter of that name.{come_with}",
    ),
    *(quantity for claimant in SPEAKERS for quantity in _on_scale(claimant)),
    Quantity("pairs_count", "Pairs of figures", "pairs", "Every two of the speakers' figures."),
    Quantity(
        "pairs_comparable",
        "Pairs that can be compared",
        "pairs",
        "Pairs of the same measure, or both on the scale of districts.",
    ),
    *(quantity for pair in RATED for quantity in _implied(*pair)),
    Quantity(
        "national_hazard",
        "Chance of a district of the country to fall on a day, between the figures of Pentagon and Milley",
        "in a hundred",
        "Of the districts that the government still held by the Pentagon's figure, the share that falls in a day: "
        "-ln(1 - lost / at risk) / days, with the values named and the middles of the dates. " + HAZARD_ENDS,
        decimals=1,
    ),
    Quantity(
        "taliban_territory",
        "Territory held, by the Taliban's word",
        "",
        "The figure of the claim; open ends stop at nothing or at all.",
        style="percent",
    ),
    Quantity(
        "taliban_border",
        "Border areas held, by the Taliban's word",
        "",
        "The figure of the claim; open ends stop at nothing or at all.",
        style="percent",
    ),
    Quantity(
        "capitals_held",
        "Provincial capitals held by the government, by Milley's word",
        "capitals",
        OF_CLAIM,
    ),
    Quantity("biden_government", "Afghan forces, by Biden's word", "persons", OF_CLAIM),
    Quantity("biden_taliban", "Taliban fighters, by Biden's word", "persons", OF_CLAIM),
    Quantity("outlet_government", "Afghan armed forces, as the same article gives them", "persons", OF_CLAIM),
    Quantity("outlet_commandos", "Afghan commandos, as the same article gives them", "persons", OF_CLAIM),
    Quantity(
        "biden_ratio",
        "Afghan soldiers for each Taliban fighter, by Biden's figures",
        "to one",
        "Biden's two figures, one over the other.",
        decimals=1,
    ),
    Quantity(
        "outlet_ratio",
        "Afghan soldiers for each Taliban fighter, by the article's strength",
        "to one",
        "The strength that the article gives over Biden's figure for the Taliban.",
        decimals=1,
    ),
    Quantity(
        "biden_over_outlet",
        "Biden's figure for the Afghan forces over the article's",
        "to one",
        "One figure over the other.",
        decimals=2,
    ),
    Quantity(
        "commando_share",
        "Commandos among the Afghan armed forces",
        "",
        "One figure of the article over the other.",
        decimals=1,
        style="percent",
    ),
)

# --- what the choices do ----------------------------------------------------------------------------------------

CHOICES = (
    Quantity(
        "combinations_total",
        "Combinations of choices for the named losses",
        "combinations",
        "Product of the numbers of options of every choice that can move the count.",
    ),
    Quantity(
        "combinations_counted",
        "Combinations that were counted",
        "combinations",
        "All of them, or a random sample with a fixed seed where there are more than the limit.",
    ),
    Quantity(
        "choices_count",
        "Choices that can move the count of named losses",
        "choices",
        "Coding decisions that touch a change of control, the date rule, the end of the window and the attributions "
        "that count.",
    ),
    Quantity(
        "range_of_rates",
        "Named losses per week over all combinations",
        "per week",
        "Median, smallest and largest point figure over the combinations that were counted.",
        decimals=1,
    ),
    Quantity(
        "range_of_rates_same_end",
        "Named losses per week over the combinations whose window ends as the report's",
        "per week",
        "Median, smallest and largest point figure over those of the combinations that leave the end of the window as "
        "it is.",
        decimals=1,
    ),
    Quantity("range_of_counts", "Named losses over all combinations", "losses", OVER_ALL),
    Quantity("range_of_net", "Named losses still held, over all combinations", "districts", OVER_ALL),
    Quantity(
        "range_of_local",
        "Named losses in the province of the statement, over all combinations",
        "losses",
        OVER_ALL,
    ),
    Quantity(
        "claim_combinations",
        "Combinations of choices for the implied rates",
        "combinations",
        "Product of the numbers of options of every decision on these figures, and of the denominators.",
    ),
)

_CODED_TWICE = (*_agreement("events"), *_agreement("claims"))
QUANTITIES = {
    q.name: q for q in (*EVENT_TABLE, *_CODED_TWICE, *LOSS_RATES, *FIGURES_COMPARED, *LADDER, *CORRIDOR, *CHOICES)
}


# --- from numbers to values -------------------------------------------------------------------------------------


def values_of(finding: Any, study: Study, notebook: str) -> dict[str, Value]:
    """Return the numbers of a finding as values, by their names, with the decisions that touch the rows of each.

    Raises KeyError where a number has no quantity.
    """
    terms, made = words(finding, study), {}
    for name, number in numbers_of(finding).items():
        quantity = QUANTITIES[name]
        rows = sorted({part for row in number.rows for part in str(row).split("|") if part})
        made[name] = values.of(
            name,
            number.value,
            label=quantity.label.format_map(terms),
            unit=quantity.unit,
            formula=quantity.formula.format_map(terms),
            rows=rows,
            decimals=quantity.decimals,
            style=quantity.style,
            decisions=sorted({decision for row in rows for decision in study.decided.get(row, ())}),
            notebook=notebook,
        )
    return made


@singledispatch
def words(finding: Any, study: Study) -> dict[str, str]:
    """Return what stands in the templates of a finding's quantities: the window and the rules of the study, and of the
    finding the facts that are words or days."""
    counted = "districts still held" if study.parameters.net else "losses"
    facts = {field.name: getattr(finding, field.name) for field in fields(finding)}
    facts = {name: day(fact) if isinstance(fact, pd.Timestamp) else fact for name, fact in facts.items()}
    return {
        "window": f"from {day(study.start)} to {day(study.as_of)}",
        "start": day(study.start),
        "days": f"{study.days} {'day' if study.days == 1 else 'days'}",
        "date_rule": study.parameters.date_rule,
        "confidence": f"{study.parameters.confidence:.0%}",
        "counted": counted,
        "Counted": counted.capitalize(),
        "denominator": str(study.parameters.denominator),
        "side": study.side,
    } | {name: fact for name, fact in facts.items() if isinstance(fact, str)}


@words.register
def _(finding: Compared, study: Study) -> dict[str, str]:
    return {
        "speakers": joined(claims.in_full(claims.speakers(finding.figures)), "anybody"),
        "newest_only": newest_only(finding),
        "come_with": " It is the number that these figures come with." if finding.denominator.rows else "",
    }


def newest_only(finding: Compared) -> str:
    """Return how many of the figures are compared, where not all are."""
    shown = len(finding.figures)
    return f" Of {shown + finding.left_out:,}, the newest {shown}." if finding.left_out else ""
