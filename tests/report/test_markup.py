"""Text from data prints as itself in Markdown, HTML, PDF and CSV, whatever it holds."""

import json
import re

import pypandoc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from districtloss.files import forms
from districtloss.report import markup

HOSTILE = [
    "<script>alert(1)</script>",
    "{{< include /etc/passwd >}}",
    "{{< var version >}}",
    "# heading",
    "**bold** _it_ `code` $x$ ~~s~~ ^u^",
    "[link](https://example.org) ![i](x.png)",
    "@kabulnow2021 @fig-map [-@x]",
    '#let x = 1; #eval("1")',
    "a | b\n| c |",
    "::: {.callout-note}",
    "\\newpage & % ~",
    "1. list\n- item",
    "```{=html}\n<b>\n```",
    "line --- dash ... \"quotes\" 'single'",
]


def plain(markdown: str) -> str:
    text = pypandoc.convert_text(markdown, "plain", "markdown", extra_args=["--wrap=none"])
    return re.sub(r"\s+", " ", text).strip()


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_prints_as_itself(text):
    assert plain("x " + markup.escape(text) + " x") == re.sub(r"\s+", " ", f"x {text} x")


@pytest.mark.parametrize("text", HOSTILE)
def test_escaped_text_holds_no_shortcode_and_no_tag(text):
    escaped = markup.escape(text)
    assert "{{<" not in escaped and not re.search(r"(?<!\\)<", escaped)
    html = pypandoc.convert_text(escaped, "html", "markdown")
    html = html.replace("<span></span>", "")  # ours: it keeps signs apart
    assert not re.search(r"<(?!/?p\b)", html)


@pytest.mark.parametrize("text", ["::: {.callout-note}", "x :::::: y", "{{< var version >}}", "{{{< x >}}}"])
def test_signs_that_quarto_looks_for_in_read_markdown_are_kept_apart(text):
    def strings(part):
        if isinstance(part, dict) and part.get("t") == "Str":
            yield part["c"]
        elif isinstance(part, dict | list):
            for inner in part.values() if isinstance(part, dict) else part:
                yield from strings(inner)

    read = json.loads(pypandoc.convert_text(markup.escape(text), "json", "markdown"))
    held = list(strings(read["blocks"]))
    assert held and not [s for s in held if ":::" in s or "{{" in s]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=30),
        min_size=5,
        max_size=20,
    )
)
def test_any_text_prints_as_itself(texts):
    cells = [re.sub(r"\s+", " ", t).strip() for t in texts]
    document = "\n\n".join(f"x{markup.escape(t)}x" for t in texts)
    printed = pypandoc.convert_text(document, "json", "markdown")
    found = []
    for block in json.loads(printed)["blocks"]:
        found.append(
            "".join(
                {"Str": lambda i: i["c"], "Space": lambda i: " ", "Span": lambda i: ""}.get(i["t"], lambda i: "?")(i)
                for i in block["c"]
            )
        )
    assert [re.sub(r"\s+", " ", f) for f in found] == [f"x{c}x" for c in cells]


def test_a_cell_cannot_break_its_table():
    table = markup.pipe_table(["A", "B"], [[markup.escape("1 | 2"), markup.escape("x\ny")]], "lr")
    rows = json.loads(pypandoc.convert_text(table, "json", "markdown"))["blocks"]
    assert [b["t"] for b in rows] == ["Table"]
    assert plain(table).count("1 | 2") == 1


def test_a_very_long_text_is_cut_on_the_page():
    assert len(markup.escape("a" * 1_000_000)) == markup.LONGEST


@given(st.text())
def test_json_in_a_script_element_cannot_end_it(text):
    encoded = markup.script_json({"x": text})
    assert not set("<>&") & set(encoded)
    assert json.loads(encoded) == {"x": text}


@pytest.mark.parametrize("text", ["=cmd()", "+1", "-1", "@SUM(A1)", "\tx"])
def test_a_spreadsheet_takes_no_cell_for_a_formula(text):
    assert forms.inert_cell(text) == "'" + text
    assert forms.inert_cell("Kaldar") == "Kaldar"
