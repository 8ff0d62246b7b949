"""How far two codings of the same sources agree: on what was found, and on how the same thing was coded."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import krippendorff
import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from districtloss.english import fold
from districtloss.tables import folders
from districtloss.tables.complete import read_coding
from districtloss.vocabulary import EVENT_TYPES, GOVERNMENT, TAKER, EventType

PARAGRAPHS_APART = 1  # coders who take the headline or the sentence before mean the same report
SORTS = {"city": "town", "town": "town", "port": "town", "district": "district", "area": "area"}
Record = dict[str, Any]


@dataclass(frozen=True)
class Agreement:
    """The comparison of two codings.

    `found`: table, both, only_first, only_second (rows), percent (of all that either found).
    `coded`: table, aspect, units (matched rows), percent that agree, alpha (Krippendorff's; NaN where all rows of
    both coders hold one value, so that chance cannot be distinguished from agreement).
    `differences`: table, first_id, second_id, aspect, first, second; an id is empty where one coder has no row.
    """

    found: pd.DataFrame
    coded: pd.DataFrame
    differences: pd.DataFrame

    def summary(self) -> dict[str, Any]:
        """Return the tables `found` and `coded` as plain values; an undefined alpha is None."""
        coded = [row | {"alpha": None if np.isnan(row["alpha"]) else row["alpha"]} for row in _records(self.coded)]
        return {"found": _records(self.found), "coded": coded}

    def __str__(self) -> str:
        """Return both tables as text, one line a row."""
        lines = [
            f"{row['table']}: {row['both']} found by both, {row['only_first']} by the first coder only, "
            f"{row['only_second']} by the second only: {row['percent']:.0f} % agreement"
            for row in _records(self.found)
        ]
        for row in _records(self.coded):
            alpha = "undefined (one value only)" if np.isnan(row["alpha"]) else f"{row['alpha']:.2f}"
            lines.append(f"{row['table']}, {row['aspect']}: {row['percent']:.0f} % of {row['units']}, alpha {alpha}")
        return "\n".join(lines)


def of_folder(data: Path | str) -> Agreement | None:
    """Compare the second coding of a data folder with the first, or with the tables where these are the first coding
    themselves; None without a second one. Raises Faults."""
    first, second = folders.codings(Path(data))
    return agreement(first or data, second) if second else None


def agreement(first: Path | str, second: Path | str) -> Agreement:
    """Compare the codings in two folders, e.g. data/first_coding/ and data/second_coding/. Raises Faults."""
    ours = read_coding(first)
    if "places" not in ours:  # its coder had the places of the tables that it lies beside
        ours["places"] = read_coding(Path(first).parent)["places"]
    return compare(ours, read_coding(second))


def compare(first: Mapping[str, pd.DataFrame], second: Mapping[str, pd.DataFrame]) -> Agreement:
    """Compare two codings: frames `events`, `claims` and `places` (the second may lack places).

    Rows are paired one to one within a source and at most one paragraph apart, so that the pairs are as alike as
    can be. Events pair when the place is the same, or the type is of one family and the paragraph and province
    are the same; claims when measure or value is the same.
    """
    places = _Places(first["places"], second.get("places", first["places"]))
    found, coded, differences = [], [], []
    for table, key, alike, aspects in (
        ("events", "event_id", places.events_alike, EVENT_ASPECTS | {"place": places.label}),
        ("claims", "claim_id", _claims_alike, CLAIM_ASPECTS),
    ):
        ours, theirs = _records(first[table]), _records(second[table])
        pairs = _pairs(ours, theirs, alike)
        matched = [(ours[i], theirs[j]) for i, j in pairs]
        lonely = len(ours) + len(theirs) - 2 * len(pairs)
        found.append(
            {
                "table": table,
                "both": len(pairs),
                "only_first": len(ours) - len(pairs),
                "only_second": len(theirs) - len(pairs),
                "percent": 100 * len(pairs) / (len(pairs) + lonely) if pairs or lonely else 100.0,
            }
        )
        for aspect, value in aspects.items():
            values = [(value(a, 0), value(b, 1)) for a, b in matched]
            coded.append({"table": table, "aspect": aspect} | _score(values))
            differences += [
                _difference(table, a[key], b[key], aspect, one, other)
                for (a, b), (one, other) in zip(matched, values, strict=True)
                if one != other
            ]
        dates = {"events": ("date_earliest", "date_latest"), "claims": ("as_of_earliest", "as_of_latest")}[table]
        coded.append({"table": table, "aspect": "dates overlap"} | _overlap(matched, dates))
        in_pair = ({i for i, _ in pairs}, {j for _, j in pairs})
        differences += [
            _difference(table, r[key], "", "found", _worded(r), "") for i, r in enumerate(ours) if i not in in_pair[0]
        ]
        differences += [
            _difference(table, "", r[key], "found", "", _worded(r)) for j, r in enumerate(theirs) if j not in in_pair[1]
        ]
    columns = ["table", "first_id", "second_id", "aspect", "first", "second"]
    return Agreement(pd.DataFrame(found), pd.DataFrame(coded), pd.DataFrame(differences, columns=columns))


# --- pairing -------------------------------------------------------------------------------------


def _pairs(ours: list[Record], theirs: list[Record], alike: Callable[[Record, Record], float]) -> list[tuple[int, int]]:
    """Pair rows one to one so that the sum of their likeness is greatest; rows of likeness 0 never pair."""
    pairs: list[tuple[int, int]] = []
    for source in dict.fromkeys(row["source_id"] for row in ours):
        mine = [i for i, row in enumerate(ours) if row["source_id"] == source]
        yours = [j for j, row in enumerate(theirs) if row["source_id"] == source]
        likeness = np.array([[_near(ours[i], theirs[j], alike) for j in yours] for i in mine])
        if likeness.size:
            # Rows of likeness 0 would not be linked at all; with one more each, the same pairing is the best one.
            chosen = zip(*min_weight_full_bipartite_matching(csr_matrix(likeness + 1), maximize=True), strict=True)
            pairs += [(mine[i], yours[j]) for i, j in chosen if likeness[i, j] > 0]
    return sorted(pairs)


def _near(ours: Record, theirs: Record, alike: Callable[[Record, Record], float]) -> float:
    apart = abs(int(ours["paragraph"]) - int(theirs["paragraph"]))
    likeness = alike(ours, theirs) if apart <= PARAGRAPHS_APART else 0.0
    return likeness + (1 - apart if likeness else 0)


class _Places:
    """The gazetteers of both coders, whose slugs and spellings may differ."""

    def __init__(self, first: pd.DataFrame, second: pd.DataFrame) -> None:
        self.known = [{row["place_id"]: row for row in _records(frame)} for frame in (first, second)]

    def same(self, ours: str, theirs: str) -> bool:
        """Say whether both ids mean one place: the same province, sort of place, and a spelling in common.

        A province as a whole, a district and a town that bear one name are three places.
        """
        if not (ours and theirs):
            return ours == theirs
        one, other = self.known[0].get(ours), self.known[1].get(theirs)
        if one is None or other is None:
            return ours == theirs
        return (
            one["province_id"] == other["province_id"]
            and SORTS.get(one["kind"]) == SORTS.get(other["kind"])
            and bool(_spellings(one) & _spellings(other))
        )

    def label(self, row: Record, coder: int) -> str:
        """The place as the first coder would call it, if the first coder has it."""
        place = str(row["place_id"])
        if coder == 0 or not place:
            return place
        own = f"{place} (second coder)"
        return next((known for known in self.known[0] if self.same(known, place)), own)

    def events_alike(self, ours: Record, theirs: Record) -> float:
        same_place = self.same(ours["place_id"], theirs["place_id"])
        same_family = _family(ours) == _family(theirs)
        provinces = [known.get(row["place_id"], {}).get("province_id") for known, row in
                     zip(self.known, (ours, theirs), strict=True)]  # fmt: skip
        near = same_family and ours["paragraph"] == theirs["paragraph"] and provinces[0] == provinces[1]
        if not (same_place or near):
            return 0.0
        return 20 + 8 * same_place + 4 * (ours["event_type"] == theirs["event_type"]) + 2 * same_family


def _spellings(place: Record) -> set[str]:
    return {fold(spelling) for spelling in (place["name"], *filter(None, place["variants"].split("|")))}


def _family(row: Record) -> str:
    term = str(row["event_type"])
    meant = EVENT_TYPES.get(term, EventType(term))
    gained = {TAKER: "loss", GOVERNMENT: "gain", "": "fighting" if meant.fighting else term}
    return gained[meant.gains]


def _claims_alike(ours: Record, theirs: Record) -> float:
    same_measure = ours["measure"] == theirs["measure"]
    same_value = _value(ours, 0) == _value(theirs, 1)
    if not (same_measure or same_value):
        return 0.0
    details = sum(ours[name] == theirs[name] for name in ("side", "scope", "claimant", "kind"))
    return 20 + 8 * same_value + 8 * same_measure + details


# --- measuring -----------------------------------------------------------------------------------


def _cell(name: str) -> Callable[[Record, int], str]:
    return lambda row, coder: str(row[name])


def _value(row: Record, coder: int) -> str:
    ends = ("" if pd.isna(row[name]) else f"{row[name]:g}" for name in ("value_low", "value_high"))
    return "–".join(ends)


EVENT_ASPECTS: dict[str, Callable[[Record, int], str]] = {
    "type": _cell("event_type"),
    "type family": lambda row, coder: _family(row),
    "actor": _cell("actor"),
    "attribution": _cell("attribution"),
}
CLAIM_ASPECTS: dict[str, Callable[[Record, int], str]] = {
    "value": _value,
    "measure": _cell("measure"),
    "side": _cell("side"),
    "scope": _cell("scope"),
    "claimant": _cell("claimant"),
    "qualifier": _cell("qualifier"),
}


def _score(values: list[tuple[str, str]]) -> Record:
    """Percent agreement and Krippendorff's alpha for nominal data of two coders."""
    same = sum(one == other for one, other in values)
    codes, labels = pd.factorize(np.array(values, dtype=object).ravel())
    alpha = float("nan")
    if len(labels) > 1:
        matrix = codes.reshape(-1, 2).T
        alpha = float(krippendorff.alpha(reliability_data=matrix, level_of_measurement="nominal"))
    return {
        "units": len(values),
        "percent": 100 * same / len(values) if values else float("nan"),
        "alpha": alpha,
    }


def _overlap(matched: list[tuple[Record, Record]], columns: tuple[str, str]) -> Record:
    """Percent of pairs whose intervals share a day, and alpha for interval data on the middle of the intervals."""
    spans = [(_span(a, columns), _span(b, columns)) for a, b in matched]
    dated = [(one, other) for one, other in spans if one and other]
    shared = sum(one[0] <= other[1] and other[0] <= one[1] for one, other in dated)
    middles = np.array([[sum(map(dt.date.toordinal, span)) / 2 for span in pair] for pair in dated]).T
    alpha = float("nan")
    if len(np.unique(middles)) > 1:
        alpha = float(krippendorff.alpha(reliability_data=middles, level_of_measurement="interval"))
    percent = 100 * shared / len(dated) if dated else float("nan")
    return {"units": len(dated), "percent": percent, "alpha": alpha}


def _span(row: Record, columns: tuple[str, str]) -> tuple[dt.date, dt.date] | None:
    first, last = (row[name] for name in columns)
    first, last = (last if pd.isna(first) else first), (first if pd.isna(last) else last)
    return None if pd.isna(first) else (first.date(), last.date())


def _worded(row: Record) -> str:
    """A row in short, for a list of what only one coder has."""
    what = row.get("event_type") or f"{row.get('measure')} {_value(row, 0)}"
    where = row.get("place_id", row.get("scope")) or "no place"
    return f"{row['source_id']} ¶{row['paragraph']}: {what}, {where}"


def _difference(table: str, first_id: str, second_id: str, aspect: str, first: str, second: str) -> Record:
    return {
        "table": table,
        "first_id": first_id,
        "second_id": second_id,
        "aspect": aspect,
        "first": first,
        "second": second,
    }


def _records(frame: pd.DataFrame) -> list[Record]:
    return cast(list[Record], frame.to_dict("records"))
