"""Joins what the notebooks left into what the book takes: values.json, variables, fragments, drawings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from districtloss import evidence, results, values
from districtloss.drawing import Drawer, own_ids
from districtloss.markup import escape, html_block, pipe_table, script_json
from districtloss.tables import Tables

# A table longer than this becomes a page that nobody reads; the rest is in the CSV beside it.
LONGEST_TABLE = 150
LONGEST_TRAIL = 40
SHORT_TRAIL = 6  # more rows than this would bury the next number

Part = dict[str, dict[str, Any]]


def publish(stage: Path, tables: Tables, drawer: Drawer) -> dict[str, Any]:
    """Write into `stage` all that chapters refer to; return the values (as in values.json).

    `stage/results` holds what the notebooks made. Raises ValueError when two notebooks record one name.
    """
    folder = stage / "results"
    parts = _joined(sorted((folder / "parts").glob("*.json")))
    numbers = parts["values"]
    _write_json(folder / "values.json", numbers)
    lines = evidence.rows_in_words(tables)
    include = folder / "include"
    include.mkdir(exist_ok=True)
    for name, table in parts["tables"].items():
        (include / f"tbl-{name}.md").write_text(table_fragment(name, table), "utf-8")
    for name, figure in parts["figures"].items():
        specification = (folder / "figures" / f"{name}.vl.json").read_text("utf-8")
        (folder / "figures" / f"{name}.svg").write_text(own_ids(drawer.drawn(specification), name), "utf-8")
        (include / f"fig-{name}.md").write_text(figure_fragment(name, figure, json.loads(specification)), "utf-8")
    for name, content in parts["data"].items():
        block = f'<script type="application/json" id="data-{name}">{script_json(content)}</script>'
        (include / f"data-{name}.md").write_text(html_block(block) + "\n", "utf-8")
    (include / "numbers.md").write_text(number_entries(numbers, lines, tables), "utf-8")
    (include / "events.md").write_text(event_list(tables), "utf-8")
    (include / "claims.md").write_text(claim_list(tables), "utf-8")
    (include / "decisions.md").write_text(decision_list(tables), "utf-8")
    (include / "sources.md").write_text(source_list(tables), "utf-8")
    popovers = {values.anchor(n).removeprefix("n-"): popover(v, lines) for n, v in numbers.items()}
    script = f"window.DISTRICTLOSS_NUMBERS = {script_json(popovers)};\n"
    (folder / "numbers.js").write_text(script, "utf-8")
    words = {name: escape(text) for name, text in parts["words"].items()}
    _write_yaml(stage / "_variables.yml", values.variables(numbers) | words)
    for part in (folder / "parts").glob("*.json"):
        part.unlink()
    (folder / "parts").rmdir()
    return {"values": numbers, "flags": parts["flags"]}


def _joined(paths: list[Path]) -> Part:
    joined: Part = {"values": {}, "words": {}, "flags": {}, "tables": {}, "figures": {}, "data": {}}
    for path in paths:
        for kind, entries in json.loads(path.read_text("utf-8")).items():
            twice = joined[kind].keys() & entries.keys()
            if twice:
                raise ValueError(f"{path.stem} records {kind} again: {', '.join(sorted(twice))}")
            joined[kind] |= entries
    return joined


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n", "utf-8")


def _write_yaml(path: Path, content: Mapping[str, Any]) -> None:
    # Every value quoted: Quarto reads 3.50 as a number and prints 3.5.
    text = yaml.safe_dump(dict(content), sort_keys=True, allow_unicode=True, default_style='"', width=10_000)
    path.write_text(text, "utf-8")


# --- fragments ---------------------------------------------------------------------------------------------------


def _links(csv: str, notebook: str, what: str) -> str:
    return (
        '::: {.content-visible when-format="html"}\n::: {.chart-links}\n'
        f"[Data of {what} (CSV)](/results/tables/{csv}.csv) · "
        f"[Notebook](/results/notebooks/{notebook}.ipynb)\n:::\n:::\n"
    )


def table_fragment(name: str, table: Mapping[str, Any]) -> str:
    rows = [[escape(cell) for cell in row] for row in table["rows"]]
    if not rows:
        return "Nothing in the data.\n"
    more = len(rows) - LONGEST_TABLE
    text = pipe_table([escape(h) for h in table["headers"]], rows[:LONGEST_TABLE], table["align"], table["widths"])
    note = f"\nThe first {LONGEST_TABLE} rows; {more:,} more are in the CSV file.\n" if more > 0 else ""
    return f"{text}\n{note}\n{_links(name, table['notebook'], 'the table')}"


def figure_fragment(name: str, figure: Mapping[str, Any], specification: Mapping[str, Any]) -> str:
    alt = figure["alt"].replace("\\", "").replace('"', "'")
    block = html_block(
        f'<script type="application/json" class="chart-spec" data-for="{name}">{script_json(specification)}</script>'
    )
    return (
        f'::: {{.chart data-spec="{name}"}}\n![](/results/figures/{name}.svg){{fig-alt="{alt}"}}\n:::\n\n'
        f"{block}\n\n{_links(f'fig-{name}', figure['notebook'], 'the chart')}"
    )


def popover(value: Mapping[str, Any], lines: pd.DataFrame) -> dict[str, Any]:
    """Return the short form of a value's trail."""
    rows = [f"{lines.at[row, 'line']} ({lines.at[row, 'where']})" for row in value["rows"][:3]]
    if len(value["rows"]) > 3:
        rows.append(f"and {len(value['rows']) - 3} more")
    return {
        "label": value["label"],
        "text": value["text"],
        "range": value["range"],
        "unit": value["unit"],
        "formula": value["formula"],
        "rows": rows,
    }


NOTEBOOK_TITLES = {
    "01_event_table": "The event table",
    "02_loss_rates": "Loss rates",
    "03_figures_compared": "The figures compared",
    "04_choices": "What the choices do",
}


def number_entries(numbers: Mapping[str, Any], lines: pd.DataFrame, tables: Tables) -> str:
    """Return an entry for each value, grouped by notebook: what it is, how it was made, the rows it rests on."""
    questions = tables.decisions.set_index("decision_id")["question"]
    text = []
    for notebook in sorted({v["notebook"] for v in numbers.values()}):
        title = NOTEBOOK_TITLES.get(notebook, notebook)
        text.append(f"## {escape(title)} {{#numbers-{notebook.replace('_', '-')}}}\n")
        text.append(
            '::: {.content-visible when-format="html"}\n'
            f"[The notebook that computes these numbers](/results/notebooks/{notebook}.ipynb)\n:::\n"
        )
        for name, v in numbers.items():
            if v["notebook"] == notebook:
                text.append(_number_entry(name, v, lines, questions))
    return "\n".join(text) or "No numbers were recorded.\n"


def _number_entry(name: str, v: Mapping[str, Any], lines: pd.DataFrame, questions: pd.Series) -> str:
    whole = f"{v['text']}" + (f" ({v['range']})" if v["range"] and v["range"] != v["text"] else "")
    entry = [
        f"### {escape(v['label'])} {{#{values.anchor(name)} .number-entry}}\n",
        f"**{escape(whole)}** {escape(v['unit'])}\n",
        f"{escape(v['formula'])}\n",
    ]
    if v["rows"]:
        entry.append(_trail(v["rows"], lines))
    if v["decisions"]:
        listed = "; ".join(f"[{d}](#decision-{d.lower()}) {escape(questions[d])}" for d in v["decisions"])
        entry.append(f"Decisions that touch these rows: {listed}\n")
    return "\n".join(entry)


def _trail(rows: list[str], lines: pd.DataFrame) -> str:
    """Return the rows that a number rests on: each in words where they are few; else their ids, which link to the
    words, with the words folded away in the HTML."""
    told = [
        f"- {_row_link(r)} {escape(lines.at[r, 'line'])} ({escape(lines.at[r, 'where'])})" for r in rows[:LONGEST_TRAIL]
    ]
    if len(rows) > LONGEST_TRAIL:
        told.append(f"- and {len(rows) - LONGEST_TRAIL:,} more, in `results/values.json`")
    listed = "\n".join(told)
    if len(rows) <= SHORT_TRAIL:
        return f"Rests on:\n\n{listed}\n"
    ids = ", ".join(_row_link(r) for r in rows[:LONGEST_TRAIL])
    more = "" if len(rows) <= LONGEST_TRAIL else f" and {len(rows) - LONGEST_TRAIL:,} more"
    return (
        f"Rests on {len(rows):,} rows: {ids}{more}.\n\n"
        '::: {.content-visible when-format="html"}\n'
        f'::: {{.callout-note collapse="true" title="The {len(rows):,} rows in words"}}\n{listed}\n:::\n:::\n'
    )


def _row_link(row: str) -> str:
    return f"[{escape(row)}](#row-{row.lower()})"


def event_list(tables: Tables) -> str:
    """Return every event row in words, by source, each with an anchor that numbers link to."""
    rows = evidence.events_in_words(tables)
    return _listing(
        rows,
        lambda r: f"{escape(r.place)}: {escape(r.what)}, {escape(r.when)}. {escape(r.who)}.",
        tables,
    )


def claim_list(tables: Tables) -> str:
    rows = evidence.claims_in_words(tables)
    return _listing(
        rows,
        lambda r: (
            f"{escape(r.who)}: {escape(r.measure)} ({escape(r.about)}), {escape(r.figure)}, {escape(r.scope)}, "
            f"as of {escape(r.when)}."
        ),
        tables,
    )


def _listing(rows: pd.DataFrame, sentence: Any, tables: Tables) -> str:
    known = set(tables.decisions["decision_id"])
    text = []
    shown = rows.head(LONGEST_TABLE * 4)
    for source, part in shown.groupby("source", sort=False):
        text.append(f"### {escape(source)} {{.unnumbered}}\n")
        for r in part.itertuples(index=False):
            extra = f" {escape(r.note)}." if r.note else ""
            basis = f" *Days:* {escape(r.basis)}." if r.basis else ""
            dispute = f" *Disputed by* {escape(r.disputed_by.replace('|', ', '))}." if r.disputed_by else ""
            choice = f" [{r.decision}](#decision-{r.decision.lower()})" if r.decision in known else ""
            text.append(
                f"- [{escape(r.id)}]{{#row-{r.id.lower()} .row-id}} {sentence(r)}{extra}{basis}{dispute}{choice} "
                f"*Paragraph {r.paragraph}.*"
            )
        text.append("")
    if len(rows) > len(shown):
        text.append(f"{len(rows) - len(shown):,} more rows are in the data package.\n")
    return "\n".join(text) or "No rows.\n"


def decision_list(tables: Tables) -> str:
    """Return the register of decisions, each with an anchor."""
    text = []
    for d in tables.decisions.itertuples(index=False):
        options = ", ".join(
            f"**{escape(o)}**" if o == d.chosen else escape(o) for o in (d.chosen, *d.alternatives.split("|"))
        )
        touches = escape(d.touches.replace("|", ", "))
        text.append(
            f"- [{escape(d.decision_id)}]{{#decision-{d.decision_id.lower()} .row-id}} {escape(d.question)} {options}. "
            f"{escape(d.reason)} *Touches* {touches}."
        )
    return "\n".join(text) + "\n" if text else "The data have no decisions.\n"


def source_list(tables: Tables) -> str:
    """Return what is known of each source: outlet, title, days, whose side it belongs to, the hash of its text."""
    names = evidence.source_names(tables)
    text = []
    for s in tables.sources.sort_values(["published", "source_id"]).itertuples(index=False):
        title = f"“{escape(s.title)}”" if s.title else "No headline in the text"
        facts = [
            f"{escape(s.outlet)}{', ' + escape(s.author) if s.author else ''}",
            f"published {escape(results.day(s.published))} ({escape(s.published_basis)})",
        ]
        if s.republished_by:
            when = "" if pd.isna(s.republished) else f", {escape(results.day(s.republished))}"
            facts.append(f"republished by {escape(s.republished_by)}{when}")
        if s.party:
            facts.append(f"outlet of {escape(s.party)}")
        notes = " ".join(escape(n.rstrip(".") + ".") for n in (s.published_note, s.note) if n)
        text.append(
            f"## {escape(names[s.source_id])} {{#source-{s.source_id} .unnumbered}}\n\n{title}. {'; '.join(facts)}.\n\n"
            f"{notes}\n\n" + (f"`sha256:{s.sha256}`\n" if s.sha256 else "")
        )
    return "\n".join(text)
