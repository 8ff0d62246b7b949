"""One analysis: the tables under the chosen decisions and the window, with what every notebook starts from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import pandas as pd

from districtloss.errors import Fault, Faults
from districtloss.estimates import incidents, rates
from districtloss.estimates.claims import denominator_faults, least_value, named, national
from districtloss.estimates.intervals import Interval
from districtloss.estimates.rates import Estimate
from districtloss.parameters import Parameters
from districtloss.paths import DATA
from districtloss.phrasing import span
from districtloss.tables import decisions
from districtloss.tables.folders import PACKAGE, PARAMETERS
from districtloss.tables.frames import Tables
from districtloss.tables.reading import read_once


@dataclass(frozen=True)
class Study:
    """The tables as coded (`base`) and with the decisions applied (`tables`); the window filled in.

    `folder` is where they lie, for what stands beside them: the last audit, codings to compare. None where there is
    nothing beside them.
    """

    base: Tables
    tables: Tables
    parameters: Parameters
    start: pd.Timestamp
    as_of: pd.Timestamp
    folder: Path | None = None

    @classmethod
    def of(cls, tables: Tables, parameters: Parameters, folder: Path | None = None) -> Study:
        """Apply the decisions, and take the newest source for the end of the window if none is given."""
        coded = decisions.apply(tables, parameters.decisions)
        coded = replace(coded, claims=named(coded.claims, tables.about.claimants))
        start = pd.Timestamp(parameters.start)
        newest = coded.sources["published"].max()
        # A window has a day at least, also where `window_faults` has something to tell.
        as_of = parameters.as_of or max(newest, start + pd.Timedelta(days=1))
        return cls(tables, coded, parameters, start, pd.Timestamp(as_of), folder)

    @classmethod
    def checked(cls, tables: Tables, parameters: Parameters, folder: Path | None = None) -> Study:
        """Return the study of tables that are right by themselves. Raises Faults where no report can be made of them
        under these parameters: an unknown decision or option, an empty window, too few districts for a figure."""
        study = cls.of(tables, parameters, folder)
        faults = window_faults(study) + denominator_faults(study.tables.claims, parameters.denominator)
        if faults:
            raise Faults(faults)
        return study

    @classmethod
    def load(cls, data: str | Path, parameters: Parameters) -> Study:
        """Read a data folder, the project's own where `data` is empty, and return the study of it. Raises Faults."""
        folder = Path(data) if data else DATA
        return cls.checked(read_once(folder), parameters, folder)

    @property
    def country(self) -> str:
        return self.tables.about.country_of(self.tables.provinces["province_id"])

    @property
    def side(self) -> str:
        """How the report names the side that takes districts."""
        return self.tables.about.taking_side

    @property
    def subtitle(self) -> str:
        """Return the country and the window: `Afghanistan, 4 June – 27 July 2021`."""
        return f"{self.country}, {span(self.start, self.as_of)}"

    @cached_property
    def decided(self) -> dict[str, list[str]]:
        """Return for each row that a decision touches the ids of its decisions."""
        found: dict[str, list[str]] = {}
        for decision in self.tables.decisions.itertuples(index=False):
            for row in filter(None, decision.touches.split("|")):
                found.setdefault(row, []).append(decision.decision_id)
        return found

    @cached_property
    def days(self) -> int:
        return rates.exposure_days(self.start, self.as_of)

    @cached_property
    def reports(self) -> pd.DataFrame:
        return incidents.control_reports(self.tables)

    @cached_property
    def voices(self) -> frozenset[str]:
        """Return the attributions of the reports of a change of control."""
        return frozenset(self.reports["attribution"])

    @cached_property
    def losses(self) -> pd.DataFrame:
        """Incidents of loss, whenever they happened."""
        return incidents.incidents(self.reports, incidents.LOSS_TYPES, self.parameters.attribution)

    @cached_property
    def recaptures(self) -> pd.DataFrame:
        return incidents.incidents(self.reports, incidents.RECAPTURE_TYPES, self.parameters.attribution)

    def placed(self, table: pd.DataFrame, until: pd.Timestamp | None = None) -> pd.DataFrame:
        """Return the incidents of `table` in the window, or in the part of it that ends with `until`."""
        return rates.placed(table, self.start, until or self.as_of, self.parameters.date_rule)

    def losses_in_window(self, until: pd.Timestamp | None = None) -> pd.DataFrame:
        return self.placed(self.losses, until) if until else self._losses_in_whole_window.copy(deep=False)

    @cached_property
    def _losses_in_whole_window(self) -> pd.DataFrame:
        return self.placed(self.losses)

    def gross(self, until: pd.Timestamp | None = None) -> Estimate:
        return rates.gross(self.losses_in_window(until))

    def distinct(self, until: pd.Timestamp | None = None) -> Estimate:
        return rates.distinct(self.losses_in_window(until))

    def net(self, until: pd.Timestamp | None = None) -> Estimate:
        return rates.net(self.losses_in_window(until), self.placed(self.recaptures, until))

    def rate(self, count: Estimate, until: pd.Timestamp | None = None) -> Estimate:
        """Return `count` per day of the window up to `until`."""
        days = rates.exposure_days(self.start, until or self.as_of)
        return rates.rate(count, days, self.parameters.confidence)

    def cumulative(self) -> pd.DataFrame:
        return rates.cumulative(self.losses_in_window(), self.start, self.as_of)

    @cached_property
    def stated_losses(self) -> pd.DataFrame:
        """Return the claims that count a province's losses since a day of the window, largest first.

        Columns of claims, plus province (name), days (from `since` to the end of the as-of interval, both counted).
        """
        claims = self.tables.claims
        flows = claims[
            (claims["measure"] == "districts_lost")
            & (claims["kind"] == "flow")
            & ~national(claims)
            & (claims["since"] == self.start)
        ]
        names = self.tables.provinces.set_index("province_id")["name"]
        days = [rates.exposure_days(self.start, until) for until in flows["as_of_latest"]]
        flows = flows.assign(province=flows["scope"].map(names), days=days)
        return flows.sort_values(["value_low", "claim_id"], ascending=[False, True], ignore_index=True)

    def stated_stock(self, scope: str) -> pd.Series | None:
        """Return the newest claim of how many districts of a province the Taliban hold, if there is one."""
        claims = self.tables.claims
        stocks = claims[
            (claims["measure"] == "districts_held")
            & (claims["side"] == "taliban")
            & (claims["scope"] == scope)
            & claims["value_low"].notna()
            & claims["denominator"].notna()
        ].sort_values(["as_of_latest", "claim_id"])
        return None if stocks.empty else stocks.iloc[-1]


def window_faults(study: Study) -> list[Fault]:
    """Return a fault where every source is older than the window, and nobody said that it is to end later."""
    newest = study.tables.sources["published"].max()
    if study.parameters.as_of is not None or newest > study.start:
        return []
    problem = f"the window would be empty: the newest source is of {newest:%Y-%m-%d}"
    remedy = f"say an earlier start, after --start or in {PARAMETERS} of {PACKAGE}, or say --as-of too"
    return [Fault("--start", None, None, problem, remedy)]


def stated_interval(claim: pd.Series) -> Interval:
    """Return what a claim's figure allows; an open upper end stays open."""
    low = 0.0 if pd.isna(claim["value_low"]) else least_value(claim)
    high = float("inf") if pd.isna(claim["value_high"]) else float(claim["value_high"])
    return Interval(low, high)
