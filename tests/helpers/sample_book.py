"""A small staged book with everything in our subset of Quarto, for the tests of the rendering."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import altair as alt
import vl_convert
import yaml

from districtloss.paths import ASSETS, EXTENSION, ROOT

# The project's own configuration, with another book in it: so what the tests find holds for the report too.
CONFIG = yaml.safe_load((ROOT / "_quarto.yml").read_text(encoding="utf-8"))
CONFIG["book"].update(
    {
        "title": "Harbours Closed",
        "subtitle": "A sample for the tests",
        "author": "The sample's author",
        "chapters": ["index.qmd", "chapters/rates.qmd", "chapters/methods.qmd", "chapters/sources.qmd"],
        "appendices": ["chapters/rows.qmd", "chapters/numbers.qmd"],
    }
)
VALUES = {
    "north_rate": {"text": "0.31", "range": "0.13 to 0.61", "value": 0.31, "low": 0.13, "high": 0.61},
    "total": {"text": "1,204", "range": "", "value": 1204, "low": None, "high": None},
}
WORDS = {"hostile": "<b>x</b> #let $5 *star* @fig-none [a](b) {{< env HOME >}}"}
REPORT = {
    "report": {
        "title": "Harbours Closed",
        "version": "0.1.0",
        "digest": "3f1c0a" + "9b" * 29,
        "digest_short": "3f1c0a9b9b9b",
        "date": "2021-07-27",
        "date_long": "27 July 2021",
        "citation": "Harbours Closed: a sample for the tests. Version 0.1.0, 27 July 2021.",
        "downloads": [
            {"label": "The report as PDF", "href": "report.pdf"},
            {"label": "Rates by port (CSV)", "href": "results/tables/rates.csv", "note": "4 rows"},
        ],
    },
}
NUMBERS = {
    "north-rate": {
        "label": "Closures in the north",
        "text": "0.31",
        "range": "0.13 to 0.61",
        "unit": "a day",
        "formula": "8 closures / 26 days",
        "rows": ["Kaldar quay, closed (Harbour News, paragraph 3)", "<b>Old</b> pier, closed (paragraph 4)"],
    },
    "total": {
        "label": "Boats",
        "text": "1,204",
        "range": "",
        "unit": "boats",
        "formula": "the sum of all ports",
        "rows": ["The port office, 30 June (paragraph 1)"],
    },
}
BIBLIOGRAPHY = """\
@article{harbour2021, title = {Harbours fall silent}, author = {Mariner, Ann}, date = {2021-06-30},
  journaltitle = {Harbour News}}
@article{harbour2021b, title = {More harbours fall silent}, author = {Mariner, Ann}, date = {2021-07-02},
  journaltitle = {Harbour News}}
@article{pilot2020, title = {A pilot's guide to \\& quays}, author = {Pilot, Bo}, date = {2020},
  journaltitle = {The Pilot}, url = {https://example.org/pilot}}
"""

INDEX = """\
# How fast the harbours closed {.unnumbered}

Harbours closed at {{< n north_rate >}} a day between 4 June and 30 June. That is a floor: the newspapers
that we read name {{< n total >}} boats, and the port office counts more [@harbour2021, p. 3].
[See how](#sec-how) the rate is made, or go to @fig-closures.

## What we know

- Ports of the north closed first (@tbl-rates).
- The south followed; see [the entry](#n-total).

::: {.callout-note title="How sure is this?"}
Not very. Each date is an interval, and so is {{< n north_rate >}}.
:::

## What we do not know

Much. @sec-methods says why, @sec-rows lists every row.
"""
RATES = """\
# Closure rates {#sec-rates}

A *rate* is a count over a time. @mariner says otherwise.

## By day {#sec-day}

::: {#fig-closures}
{{< chart closures >}}

Harbours closed since 4 June, as a band: the lower edge counts a closure on the last day that it can have
happened. {{< n total >}} boats in all.
:::

As @fig-closures and [@fig-ports; @tbl-rates] show, the band is wide. Only the number: [-@fig-closures].

## By port

::: {#fig-ports}
{{< chart ports >}}

The ports compared.
:::

::: {#tbl-rates}
{{< table rates >}}

Closures by port, with exact Poisson intervals.
:::

::: {.callout-warning}
## A heading as the title
The office counts *quays*, not harbours.[^quay]
:::

[^quay]: A harbour has one quay or more.

### Smaller still

::: {.content-hidden when-format="html"}
Only on paper.
:::

::: {.content-visible when-format="html"}
Words for the pages alone.

More of them.[^deep]

[^deep]: A note that is nowhere else.
:::

::: {.content-visible when-format="html"}
Where a link is defined that the PDF has too.

[the guide]: https://example.org/guide
:::

It follows [the guide].

Then [on screen]{.content-visible when-format="html"}[on paper]{.content-visible unless-format="html"}.
""".replace("@mariner", "@harbour2021b")
METHODS = """\
# Methods and limits {#sec-methods}

## How a rate is made {#sec-how}

The same heading stands in two chapters. See @sec-day, and the guide [@pilot2020; @harbour2021].

## By port

Data may hold anything: {{< word hostile >}}, \\{\\{\\< var total \\>\\}\\}. In code: `#let x = 1`.

> One may quote the port office.

1. First, count.
2. Then divide.

::: {.callout-tip collapse="true" title="Folded on screen"}
Open on paper.
:::

Term
:   What it means.

```
a block of code with a rather long line that has to scroll on a phone because it does not wrap at all anywhere
```
"""
SOURCES = """\
# Sources {#sec-sources}

::: {#refs}
:::
"""
ROWS = """\
# All rows {#sec-rows}

::: {#tbl-rows}
{{< table rows >}}

Every row.
:::

## In words

- [E001]{#row-e001 .row-id} Kaldar quay was closed.
- [E002]{#row-e002 .row-id} The old pier was closed.
"""
NUMBERS_CHAPTER = """\
# Where the numbers come from {#sec-numbers}

{{< list numbers >}}
"""


def make(stage: Path) -> Path:
    """Write the sample book into `stage` and return it."""
    files = {
        "index.qmd": INDEX,
        "chapters/rates.qmd": RATES,
        "chapters/methods.qmd": METHODS,
        "chapters/sources.qmd": SOURCES,
        "chapters/rows.qmd": ROWS,
        "chapters/numbers.qmd": NUMBERS_CHAPTER,
        "chapters/references.bib": BIBLIOGRAPHY,
        "_quarto.yml": yaml.safe_dump(CONFIG, sort_keys=False),
        "_report.yml": yaml.safe_dump(REPORT),
        "results/values.json": json.dumps(VALUES),
        "results/words.json": json.dumps(WORDS),
        "results/numbers.js": f"window.DISTRICTLOSS_NUMBERS = {json.dumps(NUMBERS)};\n",
        "results/tables/rates.csv": "port,closures\nNorth,8\n",
        "results/tables/closures.csv": "day,count\n2021-06-04,1\n",
        "results/notebooks/01_rates.ipynb": "{}",
        "results/include/tbl-rates.md": _rates_table(),
        "results/include/tbl-rows.md": _rows_table(),
        "results/include/numbers.md": _number_entries(),
    }
    for name, text in files.items():
        path = stage / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    shutil.copytree(EXTENSION, stage / "_extensions" / "districtloss", dirs_exist_ok=True)
    shutil.copytree(ASSETS, stage / "analysis" / "assets", dirs_exist_ok=True)
    (stage / "results" / "figures").mkdir(parents=True, exist_ok=True)
    _write_chart(stage, "closures", _band_chart(), "A band that rises from 0 to between 5 and 12 closures.")
    _write_chart(stage, "ports", _port_chart(), "North leads with 8 closures, then West with 5.")
    return stage


def _band_chart() -> alt.LayerChart:
    rows = [{"day": f"2021-06-{4 + i:02}", "low": i * 0.25, "high": i * 0.5 + 1} for i in range(26)]
    base = alt.Chart(alt.Data(values=rows)).encode(x=alt.X("day:T", title=None))
    band = base.mark_area(opacity=0.35, color="#2a6f97").encode(y=alt.Y("low:Q", title="Closures"), y2="high:Q")
    line = base.mark_line(color="#2a6f97").encode(y="high:Q", tooltip=["day:T", "low:Q", "high:Q"])
    return (band + line).properties(width=620, height=300)


def _port_chart() -> alt.Chart:
    rows = [{"port": p, "closures": n} for p, n in (("North", 8), ("West", 5), ("South", 3), ("East", 1))]
    return (
        alt.Chart(alt.Data(values=rows))
        .mark_bar(color="#2a6f97")
        .encode(y=alt.Y("port:N", sort="-x", title=None), x="closures:Q", tooltip=["port:N", "closures:Q"])
        .properties(width=620, height=140)
    )


def _write_chart(stage: Path, name: str, chart: alt.TopLevelMixin, alternative: str) -> None:
    spec = chart.configure(font="Source Sans Pro").to_dict()
    (stage / f"results/figures/{name}.vl.json").write_text(json.dumps(spec, sort_keys=True))
    (stage / f"results/figures/{name}.svg").write_text(vl_convert.vegalite_to_svg(spec))
    escaped = json.dumps(spec, sort_keys=True).replace("</", "<\\/")
    (stage / f"results/include/fig-{name}.md").write_text(
        f'''::: {{.chart data-spec="{name}"}}
![](/results/figures/{name}.svg){{fig-alt="{alternative}"}}
:::

::: {{.content-visible when-format="html"}}
```{{=html}}
<script type="application/json" class="chart-spec" data-for="{name}">{escaped}</script>
```

::: {{.chart-links}}
[Data (CSV)](/results/tables/closures.csv) · [Notebook](/results/notebooks/01_rates.ipynb)
:::
:::
'''
    )


def _rates_table() -> str:
    return """\
| Port | Closures | Rate a day | Interval | Who says so |
|:-----|---------:|-----------:|:--------:|:------------|
| North | 8 | 0.31 | 0.13–0.61 | The port office and the pilots, on 30 June |
| West | 5 | 0.19 | 0.06–0.45 | Harbour News |
| South | 3 | 0.12 | 0.02–0.34 | Harbour News \\| Pilots |
| East | 1 | 0.04 | 0.00–0.21 | \\<script\\>alert(1)\\</script\\> |

::: {.content-visible when-format="html"}
::: {.chart-links}
[Data (CSV)](/results/tables/rates.csv) · [Notebook](/results/notebooks/01_rates.ipynb)
:::
:::
"""


def _rows_table() -> str:
    head = "| Row | When | Where | What | How the date follows from the text |\n|---|---|---|---|---|\n"
    basis = "The article is dated the 30th and says that it happened on the night before it was written."
    return head + "".join(
        f"| E{i:03} | {4 + i % 26} June 2021 | Quay {i}, North | closure | {basis} |\n" for i in range(1, 70)
    )


def _number_entries() -> str:
    return "".join(
        f"## {entry['label']} {{#n-{name}}}\n\n**{entry['text']}** {entry['unit']}\n\n"
        f"Formula: {entry['formula']}.\n\nRests on:\n\n- [E001](#row-e001) and [E002](#row-e002)\n\n"
        for name, entry in NUMBERS.items()
    )
