"""What is wrong in a chapter is told with file and line, all at once, and nothing is written."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from districtloss.errors import Faults
from districtloss.render import renderers
from helpers import sample_book


@pytest.fixture(scope="module")
def untouched(tmp_path_factory) -> Path:
    return sample_book.make(tmp_path_factory.mktemp("book") / "stage")


@pytest.fixture
def stage(untouched, tmp_path) -> Path:
    shutil.copytree(untouched, tmp_path / "stage")
    return tmp_path / "stage"


def add(stage: Path, file: str, text: str) -> int:
    """Append `text` to a chapter and return the line in which it starts."""
    path = stage / file
    before = path.read_text(encoding="utf-8")
    path.write_text(f"{before}\n{text}\n", encoding="utf-8")
    return before.count("\n") + 2


def faults_of(stage: Path) -> list[str]:
    with pytest.raises(Faults) as caught:
        renderers.render(stage, stage.parent / "out")
    return [str(fault) for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Some {{< n totals >}} here.", "unknown number 'totals', total?"),
        ("Some {{< range nonsense >}} here.", "unknown number 'nonsense', results/ has all names"),
        ("Some {{< word nonsense >}} here.", "unknown word 'nonsense'"),
        ("Some {{< meta report.nonsense >}} here.", "unknown fact of the report 'report.nonsense'"),
        ("Some {{< n >}} here.", "n takes one name, {{< n NAME >}}"),
        ("Some {{< var total >}} here.", "unknown shortcode 'var', one of n, range, word, meta, table, chart, list"),
        ("Some {{< video x.mp4 >}} here.", "unknown shortcode 'video'"),
        ("{{< table rate >}}", "there is no table named 'rate', rates?"),
        ("{{< chart ../../outside >}}", "there is no chart named '../../outside'"),
        ("{{< list >}}", "list takes one name, {{< list NAME >}}"),
        ("See {{< table rates >}}", "table stands in a line with other text, give it its own line"),
        ("{{< include /results/include/numbers.md >}}", "unknown shortcode 'include'"),
        ('![](/results/figures/ports.svg){fig-alt="{{< n total >}}"}', "a shortcode stands in an attribute"),
        ("Some {{< n total", "a shortcode is not closed on its line"),
        ("See @fig-none.", "unresolved reference @fig-none"),
        ("See @tbl-none and more.", "unresolved reference @tbl-none"),
        ("See [@sec-none].", "unresolved reference @sec-none"),
        ("As @nobody2021 says.", "unknown citation @nobody2021"),
        ("As told [see @nobody2021, p. 3].", "unknown citation @nobody2021"),
        ("See [there](#nowhere).", "the link #nowhere leads nowhere"),
        ("See [there](rates.qmd).", "a link to a chapter's file breaks in the PDF"),
        ("See [there](/results/tables/none.csv).", "there is no results/tables/none.csv"),
        ("![](/results/figures/ports.svg)", "an image without a text alternative"),
        ("# Another title", "a second heading of level 1"),
        ("#### Too deep", "the heading skips a level"),
        ("::: {.callout-hint}\nx\n:::", "unknown callout callout-hint"),
        ("::: {.panel-tabset}\n## A\nx\n:::", "panel-tabset is outside the book's subset of Quarto"),
        ("```{python}\n1\n```", "a cell to be executed"),
        ("So $x^2$ it is.", "a formula in TeX, which has no text alternative in the PDF"),
        ("::: {#fig-lone}\n![](/results/figures/ports.svg){fig-alt='x'}\n:::", "Figure without a caption"),
    ],
)
def test_a_fault_is_told_with_its_line(stage, text, problem):
    line = add(stage, "chapters/methods.qmd", text)
    found = faults_of(stage)
    assert len(found) == 1
    assert found[0].startswith(f"chapters/methods.qmd:{line}: {problem}")


def test_nothing_is_written_where_there_is_a_fault(stage):
    add(stage, "chapters/sources.qmd", "See @fig-none.")
    faults_of(stage)
    assert not [path for path in (stage.parent / "out").rglob("*") if path.is_file()]


def test_all_faults_of_a_kind_come_together_in_the_order_of_the_files(stage):
    first = add(stage, "chapters/methods.qmd", "See @fig-none and @nobody.\n\nAgain @fig-none.")
    second = add(stage, "chapters/sources.qmd", "[There](#nowhere) and @tbl-none.")
    assert [fault.split(": ")[0] for fault in faults_of(stage)] == [
        f"chapters/methods.qmd:{first}",
        f"chapters/methods.qmd:{first}",
        f"chapters/methods.qmd:{first + 2}",
        f"chapters/sources.qmd:{second}",
    ]


def test_a_shortcode_in_what_the_results_hold_is_printed_and_never_obeyed(stage):
    path = stage / "results/include/tbl-rows.md"
    path.write_text(path.read_text("utf-8") + "\nTwo {{< n total >}}.\n", encoding="utf-8")
    renderers.render(stage, stage.parent / "out")
    assert "Two {{&lt; n total &gt;}}." in (stage.parent / "out/chapters/rows.html").read_text(encoding="utf-8")


def test_lines_after_a_chart_keep_their_numbers(stage):
    path = stage / "chapters/rates.qmd"
    line = add(stage, "chapters/rates.qmd", "See @fig-none.")
    assert "{{< chart" in path.read_text(encoding="utf-8")
    assert faults_of(stage)[0].startswith(f"chapters/rates.qmd:{line}: unresolved reference")


def test_an_id_used_twice_is_told_where_it_is_used_again(stage):
    line = add(stage, "chapters/methods.qmd", "## Again {#sec-rows}")
    found = faults_of(stage)
    assert any(fault.startswith("chapters/rows.qmd:1: the id sec-rows is used twice") for fault in found)
    assert any(f"chapters/methods.qmd:{line}" in fault or "chapters/methods.qmd" in fault for fault in found)


def test_a_figure_in_one_format_alone_is_refused_since_numbers_would_differ(stage):
    add(
        stage,
        "chapters/methods.qmd",
        '::: {.content-visible when-format="html"}\n::: {#fig-lone}\n![](/results/figures/ports.svg){fig-alt="x"}\n\n'
        "Caption.\n:::\n:::",
    )
    assert "one number in HTML and another in the PDF" in faults_of(stage)[0]


def test_a_chapter_that_is_not_there_is_told_by_the_line_that_names_it(stage):
    (stage / "chapters/rows.qmd").unlink()
    assert faults_of(stage)[0].startswith("_quarto.yml:")
    assert "chapters/rows.qmd does not exist" in faults_of(stage)[0]


def test_a_heading_that_two_chapters_share_cannot_be_linked_from_a_third(stage):
    add(stage, "chapters/sources.qmd", "See [there](#by-port).")
    assert "#by-port leads nowhere" in faults_of(stage)[0]


def test_an_escaped_shortcode_is_printed_not_obeyed(stage):
    add(stage, "chapters/methods.qmd", "Write `{{{< n total >}}}` for a number.")
    renderers.render(stage, stage.parent / "out")
    text = (stage.parent / "out/chapters/methods.html").read_text(encoding="utf-8")
    assert "<code>{{&lt; n total &gt;}}</code>" in text
