"""Rules of one row: cells of it that must agree."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from districtloss.tables import decisions
from districtloss.tables.folders import OUTSIDE
from districtloss.tables.rules.context import Context, printed, records
from districtloss.vocabulary import PRECISIONS


@dataclass(frozen=True)
class RowRule:
    """Cells of one row that must agree. {name} in the problem is that cell of the row."""

    table: str
    column: str  # the one to look at first
    needs: str  # the columns that the rule reads
    wrong: Callable[[pd.DataFrame], pd.Series]
    problem: str
    remedy: str


# Of a series there is one figure of a measure for the same days.
ONE_FIGURE = ("series_id", "publisher", "measure", "unit_counted", "since", "date_earliest", "date_latest")
ROW_RULES = (
    RowRule("sources", "republished", "published republished",
            lambda s: s["republished"] < s["published"],
            "{republished} is before {published}, the day of publication", "swap the two"),
    RowRule("sources", "published_note", "published_basis published_note",
            lambda s: (s["published_basis"] == "inferred") & (s["published_note"] == ""),
            "the day is inferred, and nothing says how", "say how it follows"),
    RowRule("sources", "url_basis", "url url_basis",
            lambda s: (s["url"] != "") & (s["url_basis"] == ""),
            "an address, and nothing says where it is from", "write stated, or found if it was looked up"),
    RowRule("sources", "party_basis", "party party_basis",
            lambda s: (s["party"] != "") & (s["party_basis"] == ""),
            "a party, and nothing says by whose word", "say who ties the outlet to it"),
    RowRule("provinces", "tile_column", "tile_column tile_row",
            lambda p: p.duplicated(["tile_column", "tile_row"])
            & p["tile_column"].notna() & p["tile_row"].notna(),
            "the tile in column {tile_column}, row {tile_row} is taken", "give each province its own"),
    RowRule("provinces", "districts_total_source", "districts_total districts_total_source",
            lambda p: p["districts_total"].notna() & (p["districts_total_source"] == ""),
            "a number of districts without its source", "name who gives it"),
    RowRule("provinces", "districts_total", "districts_total districts_total_source",
            lambda p: p["districts_total"].isna() & (p["districts_total_source"] != ""),
            "a source without its number of districts", "give the number"),
    RowRule("events", "date_earliest", "date_earliest date_latest",
            lambda e: e["date_earliest"] > e["date_latest"],
            "{date_earliest} is later than date_latest {date_latest}", "swap the two"),
    RowRule("events", "date_latest", "date_earliest date_latest",
            lambda e: e["date_earliest"].isna() & e["date_latest"].isna(),
            "the row has no date", "the day of publication is the latest possible"),
    RowRule("events", "date_precision", "date_earliest date_latest date_precision",
            lambda e: e["date_precision"].isin([p for p, ends in PRECISIONS.items() if len(ends) == 2])
            & (e["date_earliest"].isna() != e["date_latest"].isna()),
            "the precision is {date_precision} and one of the dates is empty",
            "give both, or write before or after"),
    RowRule("events", "date_precision", "date_earliest date_latest date_precision",
            lambda e: (e["date_precision"] == "day") & (e["date_earliest"] < e["date_latest"]),
            "the precision is day and the dates are {date_earliest} and {date_latest}", "write interval"),
    RowRule("events", "date_latest", "date_earliest date_latest date_precision",
            lambda e: (e["date_precision"] == "before")
            & e["date_earliest"].notna() & e["date_latest"].isna(),
            "the precision is before and the latest day is empty", "give the day before which it happened"),
    RowRule("events", "date_earliest", "date_earliest date_latest date_precision",
            lambda e: (e["date_precision"] == "after")
            & e["date_earliest"].isna() & e["date_latest"].notna(),
            "the precision is after and the earliest day is empty", "give the day after which it happened"),
    RowRule("claims", "as_of_earliest", "as_of_earliest as_of_latest",
            lambda c: c["as_of_earliest"] > c["as_of_latest"],
            "{as_of_earliest} is later than as_of_latest {as_of_latest}", "swap the two"),
    RowRule("claims", "since", "since as_of_latest",
            lambda c: c["since"] > c["as_of_latest"],
            "{since} is later than as_of_latest {as_of_latest}", "swap the two"),
    RowRule("claims", "since", "since kind",
            lambda c: c["since"].notna() & ~c["kind"].isin(["flow", ""]),
            "a {kind} has no beginning", "leave it empty, or write flow as the kind"),
    RowRule("claims", "value_low", "value_low value_high",
            lambda c: c["value_low"] > c["value_high"],
            "{value_low} is above value_high {value_high}", "swap the two"),
    RowRule("claims", "value_low", "value_low value_high",
            lambda c: c["value_low"].isna() & c["value_high"].isna(),
            "the claim has no value", "give at least one of value_low and value_high"),
    RowRule("claims", "qualifier", "qualifier value_low value_high",
            lambda c: (c["qualifier"] == "exact") & (c["value_low"] != c["value_high"])
            & (c["value_low"].notna() | c["value_high"].notna()),
            "the value is exact and its two ends differ", "give both ends the same value"),
    RowRule("claims", "value_high", "qualifier value_low value_high",
            lambda c: (c["qualifier"] == "up_to") & c["value_high"].isna() & c["value_low"].notna(),
            "the words are up to and no upper end is given", "give value_high"),
    RowRule("claims", "value_low", "qualifier value_low value_high",
            lambda c: c["qualifier"].isin(["at_least", "more_than"])
            & c["value_low"].isna() & c["value_high"].notna(),
            "the words are {qualifier} and no lower end is given", "give value_low"),
    RowRule("claims", "value_low", "kind value_low",
            lambda c: (c["kind"] == "share") & (c["value_low"] > 1),
            "a share of {value_low} is above 1", "85 percent is 0.85"),
    RowRule("claims", "value_high", "kind value_high",
            lambda c: (c["kind"] == "share") & (c["value_high"] > 1),
            "a share of {value_high} is above 1", "85 percent is 0.85"),
    RowRule("claims", "value_low", "kind value_low denominator",
            lambda c: (c["kind"] != "share") & (c["value_low"] > c["denominator"]),
            "{value_low} is above the denominator {denominator}", "a part is not more than its whole"),
    RowRule("claims", "value_high", "kind value_high denominator",
            lambda c: (c["kind"] != "share") & (c["value_high"] > c["denominator"]),
            "{value_high} is above the denominator {denominator}", "a part is not more than its whole"),
    RowRule("claims", "denominator", "denominator",
            lambda c: c["denominator"] == 0,
            "nothing is a part of 0", "give the whole, or leave it empty"),
    RowRule("claims", "unit", "kind unit",
            lambda c: (c["kind"] == "share") & ~c["unit"].str.startswith("share of") & (c["unit"] != ""),
            "a share is counted in {unit}", "write share of …, or another kind"),
    RowRule("claims", "kind", "kind unit",
            lambda c: c["unit"].str.startswith("share of") & ~c["kind"].isin(["share", ""]),
            "a {kind} is counted in {unit}", "write share"),
    *(
        RowRule(table, "date_earliest", "date_earliest date_latest",
                lambda o: o["date_earliest"] > o["date_latest"],
                "{date_earliest} is later than date_latest {date_latest}", "swap the two")
        for table in OUTSIDE
    ),
    RowRule("outside", "date_latest", " ".join(ONE_FIGURE),
            lambda o: o.duplicated(list(ONE_FIGURE)),
            "the series has this measure of these days already", "take one out, or make it another series"),
    RowRule("outside", "since", "since measure",
            lambda o: (o["measure"] == "held") & o["since"].notna(),
            "a stock has no beginning", "leave it empty, or write what was taken as the measure"),
    RowRule("outside", "since", "since measure",
            lambda o: ~o["measure"].isin(["held", ""]) & o["since"].isna(),
            "nothing says since when it is counted", "give the day after whose end counting began"),
    RowRule("outside", "since", "since date_earliest",
            lambda o: o["since"] >= o["date_earliest"],
            "{since} is not before date_earliest {date_earliest}", "a flow takes a day at least"),
    RowRule("outside", "value_low", "value_low value_high",
            lambda o: o["value_low"] > o["value_high"],
            "{value_low} is above value_high {value_high}", "swap the two"),
    RowRule("outside", "value_low", "measure value_low of_how_many",
            lambda o: (o["measure"] == "held") & (o["value_low"] > o["of_how_many"]),
            "{value_low} is above the whole {of_how_many}", "a part is not more than its whole"),
    RowRule("outside", "value_high", "measure value_high of_how_many",
            lambda o: (o["measure"] == "held") & (o["value_high"] > o["of_how_many"]),
            "{value_high} is above the whole {of_how_many}", "a part is not more than its whole"),
    RowRule("outside_falls", "date_latest", "date_earliest date_latest",
            lambda f: f["date_earliest"].isna() & f["date_latest"].isna(),
            "the row has no date", "the day of the page is the latest possible"),
    *(
        rule
        for table in decisions.KEYS
        for rule in (
            RowRule(table, "audit_reason", "audit_exempt audit_reason",
                    lambda f: (f["audit_exempt"] != "") & (f["audit_reason"] == ""),
                    "nothing says why {audit_exempt} cannot apply", "say why, in your own words"),
            RowRule(table, "audit_exempt", "audit_exempt audit_reason",
                    lambda f: (f["audit_exempt"] == "") & (f["audit_reason"] != ""),
                    "a reason without a check", "name the check that cannot apply"),
        )
    ),
)  # fmt: skip


def check(context: Context, tables: Collection[str] | None = None) -> None:
    """Hold every row of these tables, or of all, to the rules of its table."""
    for rule in ROW_RULES:
        if (tables and rule.table not in tables) or not context.has(rule.table, *rule.needs.split()):
            continue
        frame = getattr(context.tables, rule.table)
        wrong = np.flatnonzero(rule.wrong(frame).fillna(False).to_numpy(bool))
        if not len(wrong):
            continue
        for row, cells in zip(wrong.tolist(), records(frame.iloc[wrong]), strict=True):
            if any(context.is_reported(rule.table, row, name) for name in rule.needs.split()):
                continue  # it was judged by a cell that could not be read
            shown = {name: printed(value) for name, value in cells.items()}
            context.fault(rule.table, row, rule.column, rule.problem.format(**shown), rule.remedy)
