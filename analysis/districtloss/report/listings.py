"""The tables that the report prints, as frames: what the findings found, beside the rows of the data in words."""

from __future__ import annotations

import pandas as pd

from districtloss.estimates import claims, incidents, timelines
from districtloss.estimates.findings.figures_compared import Compared, Pairs, Scale
from districtloss.estimates.findings.ladder import BeliefLadder, Corridor
from districtloss.estimates.study import Study
from districtloss.phrasing import joined
from districtloss.report import evidence, explorer
from districtloss.tables.frames import Tables

# --- the event table --------------------------------------------------------------------------------------------


def changes_of_control(study: Study, words: pd.DataFrame) -> pd.DataFrame:
    """Return the reports of a change of control, oldest first: columns of `Study.reports` and of `words`, the latter
    with `_words` where both have one. `words` are `evidence.events_in_words`, by id."""
    control = study.reports.merge(words, left_on="event_id", right_index=True, suffixes=("", "_words"))
    return control.sort_values(["date_latest", "date_earliest", "event_id"], ignore_index=True)


def kinds_of_events(words: pd.DataFrame) -> pd.DataFrame:
    """Return how often each kind of event is reported: what (in words), reports, most first."""
    kinds = words["what"].value_counts().rename_axis("what").reset_index(name="reports")
    return kinds.sort_values(["reports", "what"], ascending=[False, True], ignore_index=True)


def timelines_of(reports: pd.DataFrame, words: pd.DataFrame) -> pd.DataFrame:
    """Return the reports of `timelines.named_twice` with the words that a chart and a table need: place, what,
    told_by (source), who, when; district and days are the same as place and when; lane is the row."""
    columns = words[["place", "what", "source", "who", "when"]].rename(columns={"source": "told_by"})
    table = reports.merge(columns, left_on="event_id", right_index=True)
    return table.assign(district=table["place"], days=table["when"], lane=table["event_id"])


# --- loss rates -------------------------------------------------------------------------------------------------


def sources_in_window(study: Study) -> pd.DataFrame:
    """Return the sources that appeared in the window: date, source (how the report names it), oldest first."""
    sources = study.tables.sources
    marks = sources.assign(source=sources["source_id"].map(evidence.source_names(study.tables)))
    marks = marks.loc[marks["published"].between(study.start, study.as_of), ["published", "source"]]
    return marks.rename(columns={"published": "date"}).sort_values(["date", "source"], ignore_index=True)


def has_tiles(tables: Tables) -> bool:
    """Return whether every province says where it lies on a map of tiles."""
    return bool(tables.provinces[["tile_column", "tile_row"]].notna().all(axis=None))


def tiles(study: Study, provinces: pd.DataFrame) -> pd.DataFrame:
    """Return every province as a tile: province_id, name, tile_column, tile_row, low, point, high (losses), label (the
    losses, empty of none). `provinces` are those with losses, as `rates.by_province` gives them."""
    edges = ["low", "point", "high"]
    table = study.tables.provinces.merge(provinces[["province_id", *edges]], on="province_id", how="left")
    table = evidence.laid_out(table)
    table[edges] = table[edges].fillna(0).astype(int)
    bands = zip(table["low"], table["high"], strict=True)
    table["label"] = [f"{low}" if low == high else f"{low}–{high}" for low, high in bands]
    table.loc[table["high"] == 0, "label"] = ""
    return table[["province_id", "name", "tile_column", "tile_row", *edges, "label"]]


def loss_bars(study: Study, lost: pd.DataFrame) -> pd.DataFrame:
    """Return the losses that a chart can show one by one: place, province_id, date_earliest, date_latest (missing
    where not reported), date_point (missing where it lies outside the window), certain, days (in words), events."""
    shown = incidents.reported_days(timelines.in_lanes(lost))
    bars = shown.assign(
        place=shown["place_id"].map(evidence.place_names(study.tables)),
        days=evidence.spans(study.tables, shown["date_earliest"], shown["date_latest"]),
        date_point=shown["date_point"].where(shown["counted"]),
    )
    columns = ["place", "province_id", "date_earliest", "date_latest", "date_point", "certain", "days", "events"]
    return bars[columns]


# --- the figures compared ---------------------------------------------------------------------------------------


def figures(study: Study, compared: Compared) -> pd.DataFrame:
    """Return the figures that are compared, in order of their days: columns of claims and of
    `evidence.claims_in_words` (with `_words` where both have one), speaker, days, row (how a pair names the figure)."""
    words = evidence.claims_in_words(study.tables, compared.figures).set_index("id")
    listed = compared.figures.merge(words, left_on="claim_id", right_index=True, suffixes=("", "_words"))
    listed = listed.assign(speaker=claims.speakers(listed), days=listed["when"])
    listed = listed.assign(row=listed["speaker"] + ": " + listed["figure"])
    return listed.sort_values(["as_of_latest", "as_of_earliest", "claim_id"], ignore_index=True)


def on_one_scale(study: Study, found: Scale) -> pd.DataFrame:
    """Return the figures on the scale of districts: columns of `claims.common_scale`, quote (the figure in words),
    days, source, label (the speaker)."""
    wanted = evidence.some(study.tables.claims, "claim_id", list(found.scale["claim_id"]))
    words = evidence.claims_in_words(study.tables, wanted).set_index("id")[["figure", "when", "source"]]
    scale = found.scale.merge(words, left_on="claim_id", right_index=True)
    scale = scale.rename(columns={"when": "days", "figure": "quote"})
    scale["label"] = claims.speakers(scale)
    return scale


VERDICTS = {
    "agree": "can both be right",
    "change": "both right only if the number changed",
    "apart": "cannot both be right",
    "": "",
}


def _named(pairs: pd.DataFrame, listed: pd.DataFrame) -> pd.DataFrame:
    """Return pairs with `first` and `second`, how `listed` names their figures."""
    short = listed.set_index("claim_id")["row"]
    return pairs.assign(first=pairs["a"].map(short).astype(object), second=pairs["b"].map(short).astype(object))


def pairs_compared(found: Pairs, listed: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs that can be compared: columns of `claims.pairs`, first, second (figures in words), reading."""
    table = _named(found.comparable, listed)
    return table.assign(reading=table["verdict"].map(VERDICTS))


def pairs_not_compared(found: Pairs, listed: pd.DataFrame) -> pd.DataFrame:
    """Return why pairs cannot be compared: why, pairs (how many), example, most first."""
    table = _named(found.pairs, listed)
    table = table[~table["comparable"].astype(bool)].assign(pair=lambda t: t["first"] + " / " + t["second"])
    reasons = table.groupby("why", sort=True).agg(pairs=("pair", "size"), example=("pair", "first")).reset_index()
    return reasons.sort_values(["pairs", "why"], ascending=[False, True], ignore_index=True)


def belief_ladder(study: Study, found: BeliefLadder) -> pd.DataFrame:
    """Return the rungs of a ladder of beliefs: columns of `BeliefLadder.rungs`, believed (who, in words), bound (how
    close it is), rows (those that contradict each other)."""
    texts = "articles" if evidence.has_own_sources(study.tables) else "sources"
    table = found.rungs
    said = ["and " + joined(claims.in_full(names.split("|")), "") if names else "" for names in table["speakers"]]
    bound = table["exact"].map({True: "exact", False: "can be higher"}).astype(object)
    return table.assign(
        believed=[f"What the {texts} name", *said[1:]],
        bound=bound.mask(table["least"].isna(), "cannot all be true"),
        rows=table["contradiction"].str.replace("|", ", "),
    )


def corridor(study: Study, found: Corridor) -> pd.DataFrame:
    """Return the corridor of the number held: columns of `Corridor.corridor`, days and bound (in words)."""
    table = found.corridor
    bound = table["exact"].map({True: "exact", False: "can be narrower"}).astype(object)
    return table.assign(days=evidence.spans(study.tables, table["first"], table["last"]), bound=bound)


# --- what the choices do ----------------------------------------------------------------------------------------


def swings(study: Study, moved: pd.DataFrame) -> pd.DataFrame:
    """Return `choices.swings` with `said`, each option in words."""
    said = [explorer.in_words(study, r.factor, r.option) for r in moved.itertuples(index=False)]
    return moved.assign(said=said)


def local_swings(study: Study, moved: pd.DataFrame) -> pd.DataFrame:
    """Return those of `swings` that move anything."""
    return swings(study, moved[(moved["change"] != 0) | (moved["reach"] != 0)])
