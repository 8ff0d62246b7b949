"""The figures that the parties gave, as intervals on their own measures, and what each pair of them implies."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping
from typing import Any, TypeAlias

import pandas as pd

from districtloss.errors import Fault
from districtloss.estimates.intervals import Interval
from districtloss.parameters import Parameters
from districtloss.vocabulary import CLAIMANTS, DISTRICT_MEASURES, LOOKING_AHEAD, SPEAKERS, noun

# A row of claims, or of `common_scale`: a Series, or a mapping, which is far quicker to make of many rows.
Row: TypeAlias = "pd.Series | Mapping[Hashable, Any]"
IN_FULL = {name: CLAIMANTS[term] for term, name in SPEAKERS.items()}
# What is about the state of the war; the deadlines of the withdrawal are not set against these.
COMPARED_KINDS = ("stock", "share", "strength")
HOME = "AF"  # the scope of figures of the country whose number of districts is the default


def national(claims: pd.DataFrame) -> pd.Series:
    """Return which claims are about a whole country: their scope is its code, that of a province has a hyphen."""
    return ~claims["scope"].str.contains("-", regex=False)


def speakers_claims(claims: pd.DataFrame) -> pd.DataFrame:
    """Return the national figures that are set side by side, oldest first: all of SPEAKERS but for deadlines, and of
    anybody how many districts or centers the Taliban hold."""
    wanted = (
        (claims["claimant"].isin(list(SPEAKERS)) | on_district_scale(claims))
        & claims["kind"].isin(COMPARED_KINDS)
        & national(claims)
        & ~claims["measure"].isin(LOOKING_AHEAD)
    )
    return claims[wanted].sort_values(["as_of_latest", "claim_id"], ignore_index=True)


MOST_COMPARED = 40  # figures; each is set against every other


def compared(claims: pd.DataFrame) -> pd.DataFrame:
    """Return the national figures that the report compares: the newest MOST_COMPARED."""
    return speakers_claims(claims).tail(MOST_COMPARED).reset_index(drop=True)


def voices(claims: pd.DataFrame) -> pd.Series:
    """Return who gave each claim, as a list of claims names them."""
    term = claims["claimant"].astype(str)
    return claims["claimant_name"].where(
        claims["claimant_name"] != "", term.map(CLAIMANTS).fillna(term.str.replace("_", " "))
    )


def speakers(claims: pd.DataFrame) -> pd.Series:
    """Return how the report names who gave each claim, or each row of `common_scale`."""
    return claims["claimant"].map(SPEAKERS).fillna(voices(claims))


def named(claims: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Return claims with the names that a folder has for claimants of its own, where a row says none."""
    given = claims["claimant_name"]
    by_term = pd.Series([names.get(term, "") for term in claims["claimant"]], claims.index, dtype=given.dtype)
    return claims.assign(claimant_name=given.where(given != "", by_term))


def in_full(names: Iterable[str]) -> list[str]:
    """Return speakers as a sentence names them, each once, SPEAKERS first."""
    order = list(SPEAKERS.values())
    names = sorted(set(names), key=lambda name: (order.index(name) if name in order else len(order), name))
    return [IN_FULL.get(name, name) for name in names]


def pick(claims: pd.DataFrame, claimant: str, measure: str, side: str = "") -> pd.Series | None:
    """Return the newest national claim of somebody on a measure (about one side, if given), or None."""
    found = claims[(claims["claimant"] == claimant) & (claims["measure"] == measure) & national(claims)]
    if side:
        found = found[found["side"] == side]
    return None if found.empty else found.sort_values(["as_of_latest", "claim_id"]).iloc[-1]


def least_value(claim: Row) -> float:
    """Return the lower end of a claim's value. Over 200 of what is counted is 201 or more; a share has no such step."""
    low = float(claim["value_low"])
    return math.floor(low) + 1.0 if claim["qualifier"] == "more_than" and claim["kind"] != "share" else low


def value_interval(claim: Row, denominator: int) -> Interval:
    """Return what the words of a claim allow. An open end stops where its unit does: at 0, at the whole (a share
    of 1, `denominator` districts, the claim's own denominator), or nowhere for strengths."""
    whole = math.inf
    if claim["kind"] == "share":
        whole = 1.0
    elif not pd.isna(claim["denominator"]):
        whole = float(claim["denominator"])
    elif claim["kind"] == "stock" and claim["measure"] in DISTRICT_MEASURES:
        whole = float(denominator)
    low = 0.0 if pd.isna(claim["value_low"]) else least_value(claim)
    high = whole if pd.isna(claim["value_high"]) else float(claim["value_high"])
    return Interval(low, max(low, high))


def narrow_value(claim: Row) -> float:
    """Return the one value that the words point at: the middle of a closed figure, the named end of an open one."""
    high = float(claim["value_high"])
    if pd.isna(claim["value_low"]):
        return high
    low = least_value(claim)
    return low if math.isnan(high) else (low + high) / 2


def on_district_scale(claims: pd.DataFrame) -> pd.Series:
    """Return which claims can be put on the scale of district centers held by the Taliban."""
    return (claims["side"] == "taliban") & claims["measure"].isin(DISTRICT_MEASURES)


def is_district_scale(claim: Row) -> bool:
    """Return whether one claim is `on_district_scale`."""
    return claim["side"] == "taliban" and claim["measure"] in DISTRICT_MEASURES


def common_scale(claims: pd.DataFrame, denominator: int) -> pd.DataFrame:
    """Return the claims that count districts or centers held, as a number and a share of `denominator`.

    Columns: claim_id, claimant, claimant_name, measure, as_of_earliest, as_of_latest, low, high, narrow
    (districts), share_low, share_high, share_narrow (of `denominator`).
    """
    rows = []
    named = ["claim_id", "claimant", "claimant_name", "measure", "as_of_earliest", "as_of_latest"]
    for claim in claims[on_district_scale(claims)].to_dict("records"):
        factor = denominator if claim["kind"] == "share" else 1
        value = value_interval(claim, denominator) * factor
        narrow = narrow_value(claim) * factor
        rows.append(
            {
                **{name: claim[name] for name in named},
                "low": value.low,
                "high": value.high,
                "narrow": narrow,
                "share_low": value.low / denominator,
                "share_high": value.high / denominator,
                "share_narrow": narrow / denominator,
            }
        )
    columns = [*named, "low", "high", "narrow", "share_low", "share_high", "share_narrow"]
    return pd.DataFrame(rows, columns=columns)


def denominator_faults(claims: pd.DataFrame, denominator: int) -> list[Fault]:
    """Return a fault where figures on the scale of districts and the number of districts do not go together: it is
    the default, which is Afghanistan's, and a figure is of another country, or it is less than a figure."""
    scale = compared(claims)
    scale = scale[on_district_scale(scale)]
    problem, remedy = "", "say how many districts the country has: --set denominator=330"
    # By their scope and not by how the folder calls its country: "Northern Afghanistan" has Afghan figures.
    foreign = scale[scale["scope"] != HOME]
    if len(foreign) and denominator == Parameters().denominator:
        claim = foreign.iloc[0]
        problem = (
            f"{denominator} is the number of districts of Afghanistan, and {claim['claim_id']} is of {claim['scope']}"
        )
    largest = scale[["value_low", "value_high"]].max(axis=1)
    above = scale[(scale["kind"] != "share") & (largest > denominator)]
    if len(above):
        claim = above.iloc[0]
        problem = f"{denominator} is less than the {largest[claim.name]:g} of {claim['claim_id']}"
    return [Fault("--set", None, "denominator", problem, remedy)] if problem else []


def days_between(earlier: Row, later: Row) -> Interval:
    """Return how many days can lie between two claims' as-of dates."""
    return Interval(
        (later["as_of_earliest"] - earlier["as_of_latest"]).days,
        (later["as_of_latest"] - earlier["as_of_earliest"]).days,
    )


def implied_rate(earlier: Row, later: Row) -> tuple[float, Interval | None]:
    """Return districts a day that both rows of `common_scale` imply: by their narrow reading, and in the widest.

    The narrow reading takes the named values and the middles of the dates. The widest is None where both can be
    of one day, since then any rate fits.
    """
    days = days_between(earlier, later)
    narrow = (later["narrow"] - earlier["narrow"]) / days.middle if days.middle else math.nan
    if days.low <= 0:
        return narrow, None
    gap = Interval(later["low"], later["high"]) - Interval(earlier["low"], earlier["high"])
    return narrow, gap / days


def why_not_comparable(a: pd.Series, b: pd.Series) -> str:
    """Return why two claims cannot be set against each other, or the empty string where they can.

    One reason, the first that applies: other kind of quantity, other measure, other side.
    """
    if is_district_scale(a) and is_district_scale(b):
        return ""
    kinds = {"strength" if c["kind"] == "strength" else "extent" for c in (a, b)}
    if len(kinds) > 1:
        return "a force size and an extent of control"
    if a["measure"] != b["measure"]:
        nouns = sorted(noun(c["measure"]) for c in (a, b))
        return f"{nouns[0]} and {nouns[1]}"
    if a["side"] != b["side"] and a["kind"] != "strength":
        return "one counts what the Taliban hold, the other what the government holds"
    return ""


def caveat(a: pd.Series, b: pd.Series) -> str:
    """Return what to keep in mind where two claims can be compared, or the empty string."""
    notes = []
    if is_district_scale(a) and is_district_scale(b) and a["measure"] != b["measure"]:
        notes.append("one counts district centers, the other districts")
    if a["kind"] == "strength" and a["side"] != b["side"]:
        notes.append("two sides' strengths, one speaker" if a["claimant"] == b["claimant"] else "two sides")
    return "; ".join(notes)


def pairs(claims: pd.DataFrame, denominator: int) -> pd.DataFrame:
    """Return every pair of claims (oldest first): whether they can be compared, why not, and what they imply.

    Columns: a, b (claim_ids), comparable (bool), why (reason or caveat), ratio_low, ratio_high (b over a),
    gap_low, gap_high (b minus a), days_low, days_high, per_day, per_day_low, per_day_high (the change a day
    that both need to be true; district scale only), verdict (`agree` | `apart` | `change` | empty).

    Verdict: `agree` where the values overlap, `apart` where they do not though the dates do, `change` where
    they do not and time passed in between.
    """
    scale = common_scale(claims, denominator).set_index("claim_id")
    rows = []
    for i, (_, a) in enumerate(claims.iterrows()):
        for _, b in claims.iloc[i + 1 :].iterrows():
            rows.append(_pair(a, b, scale, denominator))
    columns = ["a", "b", "comparable", "why", "ratio_low", "ratio_high", "gap_low", "gap_high"]
    columns += ["days_low", "days_high", "per_day", "per_day_low", "per_day_high", "verdict"]
    return pd.DataFrame(rows, columns=columns)


def _pair(a: pd.Series, b: pd.Series, scale: pd.DataFrame, denominator: int) -> dict[str, object]:
    row: dict[str, object] = {"a": a["claim_id"], "b": b["claim_id"]}
    days = days_between(a, b)
    row |= {"days_low": days.low, "days_high": days.high}
    reason = why_not_comparable(a, b)
    if reason:
        return row | {"comparable": False, "why": reason, "verdict": ""}
    on_scale = is_district_scale(a) and is_district_scale(b)
    if on_scale:
        first, second = (scale.loc[c["claim_id"]] for c in (a, b))
        va, vb = (Interval(s["low"], s["high"]) for s in (first, second))
    else:
        va, vb = value_interval(a, denominator), value_interval(b, denominator)
    gap = vb - va
    same_side = a["side"] == b["side"]
    row |= {"comparable": True, "why": caveat(a, b), "gap_low": gap.low, "gap_high": gap.high}
    if 0 not in va:
        ratio = vb / va
        row |= {"ratio_low": ratio.low, "ratio_high": ratio.high}
    if on_scale:
        per_day, widest = implied_rate(first, second)
        row["per_day"] = per_day
        if widest is not None:
            row |= {"per_day_low": widest.low, "per_day_high": widest.high}
    if not same_side:
        verdict = ""  # two sides' strengths can be compared, but neither confirms nor contradicts the other
    elif va.overlaps(vb):
        verdict = "agree"
    else:
        verdict = "apart" if days.low <= 0 else "change"
    return row | {"verdict": verdict}
