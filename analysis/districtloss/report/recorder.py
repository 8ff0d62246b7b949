"""What a notebook leaves behind: values, words, tables and figures, recorded by one call where they are found."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd

from districtloss import phrasing
from districtloss.estimates.study import Study
from districtloss.files import atomic
from districtloss.files.forms import inert_cell
from districtloss.report import quantities, sentences
from districtloss.report.figures import Figure
from districtloss.report.layouts import LONGEST_TABLE, Column, Form, Layout


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


# Rows that a value names; of more, only the number is given, since each value would carry them all.
MOST_ROWS = 2000


class Results:
    """Collects what one notebook makes under `folder` (results/): tables/*.csv, figures/*.vl.json and
    parts/NOTEBOOK.jsonl, which `publish` joins into values.json and the fragments of the book."""

    def __init__(self, folder: str | Path, notebook: str, study: Study) -> None:
        """Open the results of `notebook` (its file name without the ending), which are of `study`."""
        self.folder = Path(folder)
        self.notebook = notebook
        self.study = study
        self._recorded: set[tuple[str, str]] = set()
        for name in ("tables", "figures", "parts"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self._part = self.folder / "parts" / f"{notebook}.jsonl"
        atomic.write(self._part, "")

    def record(self, finding: Any) -> pd.DataFrame:
        """Record the numbers of a finding as values of the report, and what sentences take from it.

        Returns the numbers as they are printed, a row a value: its name (index), Number (label), Value, Unit.
        """
        made = quantities.values_of(finding, self.study, self.notebook)
        for name, value in made.items():
            more = {"rows_more": len(value.rows) - MOST_ROWS} if len(value.rows) > MOST_ROWS else {}
            entry = value.entry()
            self._record("values", name, entry | {"rows": entry["rows"][:MOST_ROWS]} | more)
        said = sentences.of(finding, self.study, made)
        for name, text in said.words.items():
            self._record("words", name, text)
        for name, holds in said.facts.items():
            self._record("facts", name, bool(holds))
        shown = [(v.label, phrasing.with_range(v.text, v.range), v.unit) for v in made.values()]
        return pd.DataFrame(shown, columns=["Number", "Value", "Unit"], index=list(made), dtype=str)

    def table(self, layout: Layout, frame: pd.DataFrame) -> pd.DataFrame:
        """Record a table: all of `frame` as CSV, and its columns as `layout` has them as the table of the book.

        Of a long table the book prints the first LONGEST_TABLE rows. Returns the table as it is printed.
        """
        _export(frame, self.folder / "tables" / f"{layout.name}.csv")
        printed = frame.head(LONGEST_TABLE)
        shown = pd.DataFrame(
            {header: _column(printed, column, layout.formats.get(column)) for column, header in layout.columns.items()}
        )
        numeric = [isinstance(column, str) and column in layout.formats for column in layout.columns]
        self._record(
            "tables",
            layout.name,
            {
                "headers": list(layout.columns.values()),
                "align": "".join("r" if n else "l" for n in numeric),
                "rows": shown.astype(str).to_numpy().tolist(),
                "more": len(frame) - len(printed),
                "widths": list(layout.widths) if layout.widths else None,
                "notebook": self.notebook,
            },
        )
        return shown

    def figure(self, figure: Figure) -> Drawn:
        """Record a chart as a Vega-Lite specification, with its data as CSV and what it shows in words."""
        # Altair's own check of it takes nearly as long as making it; a test holds all of ours to the schema.
        specification = figure.chart.to_dict(validate=False)
        text = json.dumps(specification, sort_keys=True, ensure_ascii=False)
        atomic.write(self.folder / "figures" / f"{figure.name}.vl.json", text + "\n")
        _export(figure.data, self.folder / "tables" / f"fig-{figure.name}.csv")
        self._record("figures", figure.name, {"alt": figure.alt, "note": figure.note, "notebook": self.notebook})
        return Drawn(specification)

    def data(self, name: str, content: Any) -> None:
        """Record data that a page of the book works with in the reader's browser."""
        self._record("data", name, content)

    def _record(self, kind: str, name: str, content: Any) -> None:
        if (kind, name) in self._recorded:
            raise ValueError(f"{kind} {name!r} is recorded twice in {self.notebook}")
        self._recorded.add((kind, name))
        with self._part.open("a", encoding="utf-8", newline="\n") as part:
            part.write(json.dumps([kind, name, content], ensure_ascii=False) + "\n")


def _export(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV that a spreadsheet reads as text and numbers, never as formulas."""
    exported = frame.copy()
    for column in exported.select_dtypes(["object", "string"]):
        cells, codes = pd.factorize(exported[column].astype(str))[::-1]
        exported[column] = pd.Series(list(map(inert_cell, cells)), dtype=str).take(codes).to_numpy()
    exported.to_csv(path, index=False, lineterminator="\n", float_format="%.6g", date_format="%Y-%m-%d")


def _column(frame: pd.DataFrame, column: Column, form: Form | None) -> list[str]:
    """Return what the book prints of one column, or of those of an interval together."""
    if isinstance(column, str):
        return [_shown(cell, form) for cell in frame[column]]
    decimals, style = _decimals(form)
    texts = []
    for *point, low, high in frame[list(column)].itertuples(index=False):
        known = not (pd.isna(low) and pd.isna(high))
        ends = phrasing.printed_range(low, high, decimals, style) if known else ""
        exact = phrasing.telling(low, high, decimals, style)
        middle = [phrasing.printed(float(n), exact, style) for n in point if not pd.isna(n)]
        texts.append(phrasing.with_range(middle[0], ends) if middle else ends)
    return texts


def _shown(cell: Any, form: Form | None) -> str:
    if form is None:
        return str(cell)
    return "" if pd.isna(cell) else phrasing.printed(float(cell), *_decimals(form))


def _decimals(form: Form | None) -> tuple[int, str]:
    """Return with how many decimals numbers are printed, and in which style."""
    return (0, "percent") if form == "percent" else (form or 0, "number")
