"""How each table of the report is laid out: which columns it prints, under which headers, with how many decimals.

All columns of its frame go into its CSV.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Column = str | tuple[str, ...]  # of a frame: one, or those of an interval
Form = int | Literal["percent"]

# A table longer than this becomes a page that nobody reads; the rest is in the CSV beside it.
LONGEST_TABLE = 150

POINT = ("point", "low", "high")
PER_WEEK = ("per_week", "per_week_low", "per_week_high")
PER_DAY = ("per_day", "per_day_low", "per_day_high")


@dataclass(frozen=True)
class Layout:
    """How a table is printed.

    `columns`: column -> header. Columns (low, high) or (point, low, high) are printed as one: `3 to 5`, `4 (3 to 5)`.
    `formats` has for a column the decimals of its numbers, or `percent`; text stands as it is. `widths` are those of
    the columns, relative to each other, where they cannot follow from the cells.
    """

    name: str
    columns: Mapping[Column, str]
    formats: Mapping[Column, Form] = field(default_factory=dict)
    widths: Sequence[int] | None = None


CHANGES_OF_CONTROL = Layout(
    "changes_of_control",
    {"when": "Days", "place": "District", "what": "What", "who": "Who says so", "source": "Source", "event_id": "Row"},
    widths=[22, 20, 18, 32, 20, 7],
)
KINDS_OF_EVENTS = Layout("kinds_of_events", {"what": "What is reported", "reports": "Reports"}, {"reports": 0})
TIMELINES = Layout(
    "timelines",
    {
        "district": "District",
        "days": "Days",
        "what": "What",
        "standing": "Standing",
        "told_by": "Source",
        "event_id": "Row",
    },
    widths=[22, 21, 19, 13, 22, 7],
)
CONTRADICTIONS = Layout(
    "sanity",
    {"check": "Check", "finding": "Finding", "meaning": "What it means", "rows": "Rows"},
    widths=[20, 28, 44, 10],
)
AUDIT = Layout(
    "audit",
    {
        "check": "Check",
        "meaning": "What must hold",
        "checked": "Checked",
        "faults": "Faults",
        "not_applicable": "No need",
    },
    {"checked": 0, "faults": 0, "not_applicable": 0},
    widths=[10, 50, 8, 8, 8],
)
AGREEMENT = Layout(
    "agreement",
    {
        "table": "Table",
        "aspect": "What is compared",
        "units": "Matched rows",
        "percent": "Same, in percent",
        "alpha": "Krippendorff's alpha",
    },
    {"units": 0, "percent": 0, "alpha": 2},
)

LOSS_BY_PROVINCE = Layout(
    "loss_by_province",
    {"province": "Province", POINT: "Losses", PER_WEEK: "Per week"},
    {POINT: 0, PER_WEEK: 2},
)
LOSS_RATES = Layout(
    "loss_rates",
    {"measure": "Count", "days": "Days", POINT: "Losses", PER_WEEK: "Per week"},
    {"days": 0, POINT: 0, PER_WEEK: 1},
    widths=[36, 6, 16, 18],
)

FIGURES = Layout(
    "figures",
    {
        "speaker": "Speaker",
        "figure": "Figure",
        "about": "Whom it is about",
        "days": "As of",
        "source": "Source",
        "claim_id": "Row",
    },
    widths=[10, 32, 14, 14, 24, 6],
)
COMMON_SCALE = Layout(
    "common_scale",
    {
        "label": "Speaker",
        "quote": "Figure",
        "days": "As of",
        ("low", "high"): "Districts",
        ("share_low", "share_high"): "Share",
        "claim_id": "Row",
    },
    {("low", "high"): 0, ("share_low", "share_high"): "percent"},
    widths=[10, 32, 13, 13, 14, 6],
)
PAIRS_COMPARED = Layout(
    "pairs_compared",
    {
        "first": "First figure",
        "second": "Second figure",
        ("ratio_low", "ratio_high"): "Second over first",
        PER_DAY: "Districts a day",
        "reading": "Reading",
        "why": "Caveat",
    },
    {("ratio_low", "ratio_high"): 2, PER_DAY: 1},
    widths=[22, 22, 13, 17, 18, 18],
)
PAIRS_NOT_COMPARED = Layout(
    "pairs_not_compared",
    {"why": "Why not", "pairs": "Pairs", "example": "For instance"},
    {"pairs": 0},
    widths=[36, 6, 50],
)
BELIEF_LADDER = Layout(
    "belief_ladder",
    {
        "believed": "Who is believed",
        "least": "Least falls",
        "per_week": "Per week",
        "bound": "Bound",
        "rows": "Contradict each other",
    },
    {"least": 0, "per_week": 1},
    widths=[36, 10, 10, 18, 18],
)
CORRIDOR = Layout(
    "corridor",
    {"days": "At the end of", ("low", "high"): "Districts that can be held", "bound": "Bound"},
    {("low", "high"): 0},
)

CHOICES_NATIONAL = Layout(
    "choices_national",
    {"question": "Question", "said": "Option", POINT: "Per week", "change": "Change", "factor": "Name"},
    {POINT: 1, "change": 1},
    widths=[40, 20, 16, 8, 10],
)
CHOICES_LOCAL = Layout(
    "choices_local",
    {"question": "Question", "said": "Option", POINT: "Losses", "factor": "Name"},
    {POINT: 0},
    widths=[44, 20, 14, 10],
)
CHOICES_IMPLIED = Layout(
    "choices_implied",
    {
        "pair": "Figures",
        "ours": "As the report reads them",
        ("smallest", "largest"): "Under every choice",
        ("low", "high"): "Outermost bounds",
    },
    {"ours": 1, ("smallest", "largest"): 1, ("low", "high"): 1},
)
