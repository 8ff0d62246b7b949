"""What a notebook leaves behind: values, tables, figures and words, recorded by one call where they are computed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd

from districtloss import phrasing
from districtloss.estimates.rates import Estimate
from districtloss.files.forms import inert_cell
from districtloss.report import values
from districtloss.report.values import Value


def _specification(chart: dict[str, Any]) -> dict[str, Any]:
    """What a chart leaves in an executed notebook: its specification, as JupyterLab draws it.

    Altair's own ways are a page that loads scripts from the network, under an id drawn at random, and a bundle of a
    type that no notebook may hold ("….v6.json", where the form asks for "+json").
    """
    major = alt.SCHEMA_VERSION.removeprefix("v").partition(".")[0]
    return {f"application/vnd.vegalite.v{major}+json": chart, "text/plain": "A chart in Vega-Lite."}


alt.renderers.register("specification", _specification)
alt.renderers.enable("specification")


@dataclass(frozen=True)
class Drawn:
    """A chart that is recorded, as a notebook shows it: to ask the chart again would take as long as to make it."""

    specification: dict[str, Any]

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return _specification(self.specification)


# A table longer than this becomes a page that nobody reads; the rest is in the CSV beside it.
LONGEST_TABLE = 150
# Of a table: one, or those of an interval.
Column = str | tuple[str, ...]
# Rows that a value names; of more, their number is told, since each value would carry them all.
MOST_ROWS = 2000


class Results:
    """Collects what one notebook makes under `folder` (results/): tables/*.csv, figures/*.vl.json and
    parts/NOTEBOOK.jsonl, which `publish` joins into values.json and the fragments of the book."""

    def __init__(self, folder: str | Path, notebook: str, decisions: pd.DataFrame | None = None) -> None:
        """Open the results of `notebook` (its file name without the ending).

        With a decisions table, each value records which decisions touch the rows it was made of.
        """
        self.folder = Path(folder)
        self.notebook = notebook
        self._touches: dict[str, list[str]] = {}
        if decisions is not None:
            for decision in decisions.itertuples(index=False):
                for row in filter(None, decision.touches.split("|")):
                    self._touches.setdefault(row, []).append(decision.decision_id)
        self._recorded: set[tuple[str, str]] = set()
        for name in ("tables", "figures", "parts"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self._part = self.folder / "parts" / f"{notebook}.jsonl"
        self._part.write_text("", "utf-8")

    def value(
        self,
        name: str,
        figure: Estimate | float | None,
        *,
        label: str,
        unit: str,
        formula: str,
        rows: Iterable[str] = (),
        decimals: int = 0,
        style: str = "number",
    ) -> Value:
        """Record a number of the prose: what it is called, how it was made (in words) and from which rows."""
        rows = sorted({part for row in rows for part in str(row).split("|") if part})
        decisions = sorted({d for row in rows for d in self._touches.get(row, [])})
        value = values.of(
            name, figure, label=label, unit=unit, formula=formula, rows=rows[:MOST_ROWS], decimals=decimals,
            style=style, decisions=decisions, notebook=self.notebook,
        )  # fmt: skip
        more = {"rows_more": len(rows) - MOST_ROWS} if len(rows) > MOST_ROWS else {}
        self._record("values", name, value.entry() | more)
        return value

    def words(self, name: str, text: str) -> str:
        """Record words that depend on the data, for a `var` shortcode: a date, a name."""
        self._record("words", name, text)
        return text

    def flag(self, name: str, holds: bool) -> bool:
        """Record whether the data have something that a section is about, for `when-meta="has.NAME"`."""
        self._record("flags", name, bool(holds))
        return holds

    def table(
        self, name: str, frame: pd.DataFrame, columns: Mapping[Column, str],
        formats: Mapping[Column, Any] | None = None, widths: Sequence[int] | None = None,
    ) -> pd.DataFrame:  # fmt: skip
        """Record a table: all of `frame` as CSV, and `columns` (column -> header) as the table of the book.

        Columns (low, high) or (point, low, high) are printed as one: `3 to 5`, `4 (3 to 5)`. `formats` has for a
        column the decimals of its numbers, `percent` or `date`; text stands as it is.
        Of a long table the book prints the first LONGEST_TABLE rows. Returns the table as it is printed.
        """
        formats = formats or {}
        _export(frame, self.folder / "tables" / f"{name}.csv")
        printed = frame.head(LONGEST_TABLE)
        shown = pd.DataFrame(
            {header: _column(printed, column, formats.get(column)) for column, header in columns.items()}
        )
        numeric = [isinstance(c, str) and formats.get(c) not in (None, "date") for c in columns]
        self._record(
            "tables",
            name,
            {
                "headers": list(columns.values()),
                "align": "".join("r" if n else "l" for n in numeric),
                "rows": shown.astype(str).to_numpy().tolist(),
                "more": len(frame) - len(printed),
                "widths": list(widths) if widths else None,
                "notebook": self.notebook,
            },
        )
        return shown

    def figure(self, name: str, chart: alt.TopLevelMixin, data: pd.DataFrame, alt_text: str, note: str = "") -> Drawn:
        """Record a chart as a Vega-Lite specification, with its data as CSV and what it shows in words.

        `note` stands below the chart; it says what a chart of many rows leaves out.
        """
        # Altair's own check of it takes nearly as long as making it; a test holds all of ours to the schema.
        specification = chart.to_dict(validate=False)
        text = json.dumps(specification, sort_keys=True, ensure_ascii=False)
        (self.folder / "figures" / f"{name}.vl.json").write_text(text + "\n", "utf-8")
        _export(data, self.folder / "tables" / f"fig-{name}.csv")
        self._record("figures", name, {"alt": alt_text, "note": note, "notebook": self.notebook})
        return Drawn(specification)

    def data(self, name: str, content: Any) -> None:
        """Record data that a page of the book works with in the reader's browser."""
        self._record("data", name, content)

    def _record(self, kind: str, name: str, content: Any) -> None:
        if (kind, name) in self._recorded:
            raise ValueError(f"{kind} {name!r} is recorded twice in {self.notebook}")
        self._recorded.add((kind, name))
        with self._part.open("a", encoding="utf-8") as part:
            part.write(json.dumps([kind, name, content], ensure_ascii=False) + "\n")


def _export(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV that a spreadsheet reads as text and numbers, never as formulas."""
    exported = frame.copy()
    for column in exported.select_dtypes(["object", "string"]):
        cells, codes = pd.factorize(exported[column].astype(str))[::-1]
        exported[column] = pd.Series(list(map(inert_cell, cells)), dtype=str).take(codes).to_numpy()
    exported.to_csv(path, index=False, lineterminator="\n", float_format="%.6g", date_format="%Y-%m-%d")


def _column(frame: pd.DataFrame, column: Column, form: Any) -> list[str]:
    """Return what the book prints of one column, or of those of an interval together."""
    if isinstance(column, str):
        return [_shown(cell, form) for cell in frame[column]]
    decimals, style = (0, "percent") if form == "percent" else (form, "number")
    texts = []
    for *point, low, high in frame[list(column)].itertuples(index=False):
        known = not (pd.isna(low) and pd.isna(high))
        ends = phrasing.printed_range(low, high, decimals, style) if known else ""
        exact = phrasing.telling(low, high, decimals, style)
        middle = [phrasing.printed(float(n), exact, style) for n in point if not pd.isna(n)]
        texts.append(phrasing.with_range(middle[0], ends) if middle else ends)
    return texts


def _shown(cell: Any, form: Any) -> str:
    if form == "date":
        return "" if pd.isna(cell) else phrasing.day(cell)
    if form == "percent":
        return "" if pd.isna(cell) else phrasing.printed(float(cell), 0, "percent")
    if isinstance(form, int):
        return "" if pd.isna(cell) else phrasing.printed(float(cell), form)
    return str(cell)
