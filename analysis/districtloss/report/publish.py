"""Joins what the notebooks left into what the book takes: values.json, words.json, tables, charts, lists, drawings."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from districtloss import phrasing
from districtloss.files import atomic, forms
from districtloss.report import evidence
from districtloss.report.markup import anchor, escape, html_block, html_text, known, pipe_table, script_json
from districtloss.report.svg import anywhere, own_ids
from districtloss.tables.frames import Tables

LONGEST_LIST = 600  # rows of the evidence, or sources, on a page; the rest is in the data package
LONGEST_TRAIL = 40
LONGEST_ALT = 2500  # characters; nobody listens to more before the chart
SHORT_CELL = 16
LIVE = {"province_map": "provinces"}  # charts that come with a script of their own
SHORT_TRAIL = 6  # more rows than this would bury the next number
SHORT_DECISIONS = 3  # and more questions than this

Part = dict[str, dict[str, Any]]


def publish(stage: Path, tables: Tables, draw: Callable[[str], str]) -> dict[str, Any]:
    """Write into `stage` all that chapters refer to; return the values (as in values.json), words and facts.

    `draw` returns the SVG of a Vega-Lite specification.
    `stage/results` holds what the notebooks made. Raises ValueError when two notebooks record one name.
    """
    folder = stage / "results"
    parts = _joined(sorted((folder / "parts").glob("*.jsonl")))
    numbers = parts["values"]
    atomic.write(folder / "values.json", forms.as_json(numbers))
    cited = {row for v in numbers.values() for row in v["rows"][:LONGEST_TRAIL]}
    lines = evidence.rows_in_words(tables, cited)
    include = folder / "include"
    include.mkdir(exist_ok=True)
    for name, table in parts["tables"].items():
        atomic.write(include / f"tbl-{name}.md", table_fragment(name, table))
    for name, figure in parts["figures"].items():
        specification = (folder / "figures" / f"{name}.vl.json").read_text("utf-8")
        svg = anywhere(own_ids(draw(specification), name))
        atomic.write(folder / "figures" / f"{name}.svg", svg)
        atomic.write(include / f"fig-{name}.md", figure_fragment(name, figure, json.loads(specification)))
    for name, content in parts["data"].items():
        atomic.write(include / f"fig-{name}.md", _live_part(name, content))
    atomic.write(include / "numbers.md", number_entries(numbers, lines, tables))
    atomic.write(include / "events.md", event_list(tables, cited))
    atomic.write(include / "claims.md", claim_list(tables, cited))
    atomic.write(include / "decisions.md", decision_list(tables))
    atomic.write(include / "sources.md", source_list(tables))
    popovers = {anchor(n).removeprefix("n-"): popover(v, lines) for n, v in numbers.items()}
    script = f"window.DISTRICTLOSS_NUMBERS = {script_json(popovers)};\n"
    atomic.write(folder / "numbers.js", script)
    atomic.write(folder / "words.json", forms.as_json(parts["words"]))
    shutil.rmtree(folder / "parts")
    whole = max(len(tables.events), len(tables.claims)) <= LONGEST_LIST
    return {"values": numbers, "words": parts["words"], "facts": parts["facts"] | {"all_rows": whole}}


def _joined(paths: list[Path]) -> Part:
    joined: Part = {"values": {}, "words": {}, "facts": {}, "tables": {}, "figures": {}, "data": {}}
    for path in paths:
        for line in path.read_text("utf-8").split("\n")[:-1]:
            kind, name, content = json.loads(line)
            if name in joined[kind]:
                raise ValueError(f"{path.stem} records {kind} {name!r}, which another notebook has recorded")
            joined[kind][name] = content
    return joined


# --- fragments ---------------------------------------------------------------------------------------------------


def _links(csv: str, notebook: str, what: str) -> str:
    return (
        '::: {.content-visible when-format="html"}\n::: {.chart-links}\n'
        f"[Data of {what} (CSV)](/results/tables/{csv}.csv) · "
        f"[Notebook](/results/notebooks/{notebook}.ipynb)\n:::\n:::\n"
    )


def _scripts(name: str) -> str:
    """Return what a page of a chapter loads for a part that answers to its reader."""
    return f'<script defer src="../assets/{name}.js"></script>'


def _live_part(name: str, content: Any) -> str:
    """Return a part of a page that is made in the reader's browser, of data that stand on the page."""
    data = f'<script type="application/json" id="data-{name}">{script_json(content)}</script>'
    look = f'<link rel="stylesheet" href="../assets/{name}.css">\n{_scripts(name)}'
    return (
        f'::: {{.content-visible when-format="html"}}\n::: {{#{name} .{name} .wide}}\n'
        "This part needs JavaScript. Without it, the tables on this page show each choice by itself.\n:::\n:::\n\n"
        f"{html_block(data)}\n\n{html_block(look)}\n"
    )


def table_fragment(name: str, table: Mapping[str, Any]) -> str:
    rows = [[_cell(cell) for cell in row] for row in table["rows"]]
    if not rows:
        return "Nothing in the data.\n"
    text = pipe_table([escape(h) for h in table["headers"]], rows, table["align"], table["widths"])
    more = f"{table['more']:,}"
    rest = f"{more} more {phrasing.agreeing(more, 'is', 'are')} in the CSV file"
    note = f"\nThe first {len(rows)} rows; {rest}.\n" if table["more"] else ""
    return f"{text}\n{note}\n{_links(name, table['notebook'], 'the table')}"


def _cell(text: str) -> str:
    """Return the Markdown of a cell; pages keep a short one, such as of days, on one line."""
    return f"[{escape(text)}]{{.short}}" if " " in text and len(text) <= SHORT_CELL else escape(text)


def figure_fragment(name: str, figure: Mapping[str, Any], specification: Mapping[str, Any]) -> str:
    # In an attribute only a quotation mark and a backslash mean something, to shortcodes two braces too.
    alt = " ".join(figure["alt"].translate(str.maketrans('"{}', "'()", "\\")).split())
    if len(alt) > LONGEST_ALT:
        alt = f"{alt[:LONGEST_ALT]} … The rest is in the data of the chart."
    block = html_block(
        f'<script type="application/json" class="chart-spec" data-for="{name}">{script_json(specification)}</script>'
    )
    return (
        f'::: {{.chart data-spec="{name}"}}\n![](/results/figures/{name}.svg){{fig-alt="{alt}"}}\n:::\n\n'
        f"{block}\n\n{escape(figure['note'])}\n\n{_links(f'fig-{name}', figure['notebook'], 'the chart')}"
        + (f"\n{html_block(_scripts(LIVE[name]))}\n" if name in LIVE else "")
    )


def popover(value: Mapping[str, Any], lines: pd.DataFrame) -> dict[str, Any]:
    """Return the short form of a value's trail."""
    rows = [f"{lines.at[row, 'line']} ({lines.at[row, 'where']})" for row in value["rows"][:3]]
    if (whole := total(value)) > 3:
        rows.append(f"and {whole - 3:,} more")
    return {
        "label": value["label"],
        "text": value["text"],
        "range": value["range"],
        "unit": _unit(value),
        "formula": value["formula"],
        "rows": rows,
    }


def total(value: Mapping[str, Any]) -> int:
    """Return how many rows a value rests on; of very many, it names the first ones alone."""
    return len(value["rows"]) + value.get("rows_more", 0)


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
        of_notebook = {name: v for name, v in numbers.items() if v["notebook"] == notebook}
        given = {name: v for name, v in of_notebook.items() if known(v)}
        text += [_number_entry(name, v, lines, questions) for name, v in given.items()]
        if left := len(of_notebook) - len(given):
            unknown = phrasing.counted(left, "number of this kind is", "numbers of this kind are")
            text.append(f"{unknown.capitalize()} not given by the data; `results/values.json` names all.\n")
    return "\n".join(text) or "No numbers were recorded.\n"


def _number_entry(name: str, v: Mapping[str, Any], lines: pd.DataFrame, questions: pd.Series) -> str:
    whole = phrasing.with_range(v["text"], v["range"])
    entry = [
        f"### {escape(v['label'])} {{#{anchor(name)} .number-entry}}\n",
        f"**{escape(whole)}** {escape(_unit(v))}\n",
        f"{escape(v['formula'])}\n",
    ]
    if v["rows"]:
        entry.append(_trail(v["rows"], total(v), lines))
    if v["decisions"]:
        few = len(v["decisions"]) <= SHORT_DECISIONS
        links = {d: f"[{d}](#decision-{d.lower()})" for d in v["decisions"]}
        named = [f"{link} {escape(questions[d])}" for d, link in links.items()] if few else links.values()
        entry.append(f"Decisions that touch these rows: {'; '.join(named) if few else ', '.join(named) + '.'}\n")
    return "\n".join(entry)


def _unit(v: Mapping[str, Any]) -> str:
    """Return the unit of a value, of one thing where it is one: units are words such as `losses` and `reports`."""
    noun, *more = v["unit"].split(" ")
    if v["text"] == "1" and v["range"] in ("", "1"):
        noun = noun.removesuffix("es") if noun.endswith("sses") else noun.removesuffix("s")
    return " ".join([noun, *more])


def _trail(rows: list[str], whole: int, lines: pd.DataFrame) -> str:
    """Return the rows that a number rests on: each in words where they are few; else their ids, which link to the
    words, with the words folded away in the HTML."""
    listed = rows[:LONGEST_TRAIL]
    left = whole - len(listed)
    if len(rows) <= SHORT_TRAIL:
        listed = [f"{_row_link(r)} {escape(_in_words(lines, r))}" for r in listed]
        listed += [f"and {_rest(rows, whole, left)}"] if left else []
        return "Rests on:\n\n" + "".join(f"- {line}\n" for line in listed)
    ids = ", ".join("–".join(map(_row_link, run)) for run in runs(listed))
    more = f" and {_rest(rows, whole, left)}" if left else ""
    folded = f"The first of {whole:,} rows in words" if left else f"The {whole:,} rows in words"
    # As HTML, which Pandoc need not read: as Markdown these lists would take half of the time of the longest chapter.
    items = "".join(f"<li>{html_text(f'{r} {_in_words(lines, r)}')}</li>\n" for r in listed)
    details = f'<details class="in-words">\n<summary>{folded}</summary>\n<ul>\n{items}</ul>\n</details>'
    return f"Rests on {whole:,} rows: {ids}{more}.\n\n{html_block(details)}\n"


def runs(rows: Sequence[str]) -> list[list[str]]:
    """Return the ends of every run of rows whose ids follow each other (E048 to E053); fewer than three stand alone."""
    whole: list[list[str]] = []
    for row in rows:
        before = whole[-1][-1] if whole else row
        if row[0] == before[0] and len(row) == len(before) and int(row[1:]) == int(before[1:]) + 1:
            whole[-1].append(row)
        else:
            whole.append([row])
    return [run for part in whole for run in ([[part[0], part[-1]]] if len(part) > 2 else [[row] for row in part])]


def _in_words(lines: pd.DataFrame, row: str) -> str:
    return f"{lines.at[row, 'line']} ({lines.at[row, 'where']})"


def _rest(rows: list[str], whole: int, left: int) -> str:
    return f"{left:,} more; `results/values.json` names {'them' if whole == len(rows) else 'some'}"


def _row_link(row: str) -> str:
    return f"[{escape(row)}](#row-{row.lower()})"


def event_list(tables: Tables, named: Collection[str]) -> str:
    """Return event rows in words, by source, each with an anchor that numbers link to: the first LONGEST_LIST, and
    those that numbers have `named`."""
    rows = evidence.events_in_words(tables, evidence.some(tables.events, "event_id", named, LONGEST_LIST))
    return _listing(
        rows,
        lambda r: f"{_begun(r.place)}: {escape(r.what)}, {escape(r.when)}. {_begun(r.who)}.",
        len(tables.events),
        tables,
    )


def claim_list(tables: Tables, named: Collection[str]) -> str:
    """Return claims in words, as `event_list` does events."""
    rows = evidence.claims_in_words(tables, evidence.some(tables.claims, "claim_id", named, LONGEST_LIST))
    return _listing(
        rows,
        lambda r: (
            f"{_begun(r.who)}: {escape(r.measure)} ({escape(r.about)}), {escape(r.figure)}, {escape(r.scope)}, "
            f"as of {escape(r.when)}."
        ),
        len(tables.claims),
        tables,
    )


def _begun(text: str) -> str:
    """Return text for the beginning of a sentence."""
    return escape(text[:1].upper() + text[1:])


def _listing(rows: pd.DataFrame, sentence: Any, whole: int, tables: Tables) -> str:
    known = set(tables.decisions["decision_id"])
    text = []
    if whole > len(rows):
        rest = (
            f"Of {whole:,} rows these are {len(rows):,}: the first ones, and those that the numbers of the report name"
        )
        text.append(f"{rest}. All are in the data package.\n")
    for source, part in rows.groupby("source", sort=False):
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
    return "\n".join(text) or "No rows.\n"


MOST_TOUCHED = 40  # rows that are named with a decision; options.csv has all


def decision_list(tables: Tables) -> str:
    """Return the register of decisions, each with an anchor."""
    text = []
    for d in tables.decisions.itertuples(index=False):
        options = ", ".join(
            f"**{escape(o)}**" if o == d.chosen else escape(o) for o in (d.chosen, *d.alternatives.split("|"))
        )
        touched = d.touches.split("|")
        more = f" and {len(touched) - MOST_TOUCHED:,} more" if len(touched) > MOST_TOUCHED else ""
        touches = escape(", ".join(touched[:MOST_TOUCHED])) + more
        text.append(
            f"- [{escape(d.decision_id)}]{{#decision-{d.decision_id.lower()} .row-id}} {escape(d.question)} {options}. "
            f"{escape(d.reason)} *Touches* {touches}."
        )
    return "\n".join(text) + "\n" if text else "The data have no decisions.\n"


def source_list(tables: Tables) -> str:
    """Return what is known of each source: outlet, title, days, address, who ties it to whom, the hash of its text."""
    names = evidence.source_names(tables)
    text = []
    sources = tables.sources.sort_values(["published", "source_id"])
    if len(sources) > LONGEST_LIST:
        text.append(f"The first {LONGEST_LIST} of {len(sources):,} sources; all are in the data package.\n")
    for s in sources.head(LONGEST_LIST).itertuples(index=False):
        title = f"“{escape(s.title)}”" if s.title else "No headline in the text"
        facts = [
            f"{escape(s.outlet)}{', ' + escape(s.author) if s.author else ''}",
            f"published {escape(phrasing.day(s.published))} ({escape(s.published_basis)})",
        ]
        if s.republished_by:
            when = "" if pd.isna(s.republished) else f", {escape(phrasing.day(s.republished))}"
            facts.append(f"republished by {escape(s.republished_by)}{when}")
        if s.party:
            facts.append(f"tied to {escape(s.party)}")
        if s.url:
            facts.append(f"{'address, found after coding' if s.url_basis == 'found' else 'address'}: {escape(s.url)}")
        notes = " ".join(escape(n.rstrip(".") + ".") for n in (s.published_note, s.party_basis, s.note) if n)
        text.append(
            f"## {escape(names[s.source_id])} {{#source-{s.source_id} .unnumbered}}\n\n{title}. {'; '.join(facts)}.\n\n"
            f"{notes}\n\n" + (f"`sha256:{s.sha256}`\n" if s.sha256 else "")
        )
    return "\n".join(text)
