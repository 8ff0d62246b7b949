"""The pages that the Pandoc path makes from a staged book."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import strategies as st
from lxml import html

from districtloss.render import renderers
from districtloss.report.markup import escape
from helpers import sample_book

PAGES = ["index", "chapters/rates", "chapters/methods", "chapters/sources", "chapters/rows", "chapters/numbers"]


@pytest.fixture(scope="module")
def stage(tmp_path_factory) -> Path:
    return sample_book.make(tmp_path_factory.mktemp("book") / "stage")


@pytest.fixture(scope="module")
def out(stage, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("out")
    renderers.render(stage, folder)
    shutil.copytree(stage / "results", folder / "results")
    return folder


def page(out: Path, name: str) -> html.HtmlElement:
    return html.fromstring((out / f"{name}.html").read_text(encoding="utf-8"))


def article(out: Path, name: str) -> html.HtmlElement:
    return page(out, name).xpath("//article")[0]


def words(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_every_chapter_becomes_a_page_and_the_book_a_pdf(out):
    assert all((out / f"{name}.html").is_file() for name in PAGES)
    assert (out / "report.pdf").read_bytes().startswith(b"%PDF-")


def test_the_renderer_says_what_it_is(stage, tmp_path):
    rendered = renderers.render(stage, tmp_path)
    assert rendered.name == "pandoc"
    assert re.fullmatch(r"Pandoc 3\.\d+(\.\d+)*, Typst 0\.\d+\.\d+", rendered.version)


def test_chapters_and_sections_are_numbered_as_quarto_numbers_them(out):
    titles = {name: [words(h) for h in article(out, name).xpath(".//h1|.//h2|.//h3")] for name in PAGES}
    assert titles["index"] == ["How fast the harbours closed", "What we know", "What we do not know"]
    assert titles["chapters/rates"] == ["1 Closure rates", "1.1 By day", "1.2 By port", "1.2.1 Smaller still"]
    assert titles["chapters/methods"][:2] == ["2 Methods and limits", "2.1 How a rate is made"]
    assert titles["chapters/rows"] == ["Appendix A All rows", "A.1 In words"]
    assert titles["chapters/numbers"][0] == "Appendix B Where the numbers come from"


def test_figures_and_tables_are_numbered_within_their_chapter(out):
    captions = [words(c) for name in PAGES for c in article(out, name).xpath(".//figcaption")]
    labels = [re.match(r"(Figure|Table) [\w.]+:", caption)[0] for caption in captions]
    assert labels == ["Figure 1.1:", "Figure 1.2:", "Table 1.1:", "Table A.1:"]


def test_references_name_and_reach_what_they_refer_to_in_any_chapter(out):
    links = {(a.text_content(), a.get("href")) for a in article(out, "index").xpath('.//a[@class="xref"]')}
    assert links == {
        ("Figure\u00a01.1", "chapters/rates.html#fig-closures"),
        ("Table\u00a01.1", "chapters/rates.html#tbl-rates"),
        ("Chapter\u00a02", "chapters/methods.html#sec-methods"),
        ("Appendix\u00a0A", "chapters/rows.html#sec-rows"),
    }
    assert "Only the number: 1.1." in words(article(out, "chapters/rates"))
    assert ("Section\u00a01.1", "../chapters/rates.html#sec-day") in {
        (a.text_content(), a.get("href")) for a in article(out, "chapters/methods").xpath(".//a")
    }


def test_a_number_leads_to_its_entry(out):
    links = {a.text_content(): a.get("href") for a in article(out, "index").xpath('.//a[@class="number"]')}
    assert links == {
        "0.31": "chapters/numbers.html#n-north-rate",
        "1,204": "chapters/numbers.html#n-total",
    }


def test_every_link_of_every_page_resolves(out):
    ids = {name: set(page(out, name).xpath("//@id")) for name in PAGES}
    for name in PAGES:
        for target in page(out, name).xpath("//@href|//@src"):
            if target.startswith("https://example.org"):
                continue
            assert not re.match(r"[a-z]+:|/", target), f"{name}: {target} leaves the folder"
            path, _, fragment = unquote(target).partition("#")
            file = ((out / f"{name}.html").parent / path).resolve() if path else out / f"{name}.html"
            assert file.is_file(), f"{name}: {target}"
            if fragment:
                other = file.relative_to(out).with_suffix("").as_posix()
                assert fragment in ids[other], f"{name}: {target}"


def test_an_id_stands_once_on_a_page(out):
    for name in PAGES:
        ids = page(out, name).xpath("//@id")
        assert len(ids) == len(set(ids)), name


def test_citations_lead_to_one_list_with_years_told_apart(out):
    cited = {
        (a.text_content(), a.get("href"))
        for name in PAGES
        for a in article(out, name).xpath('.//span[@class="citation"]//a')
    }
    assert ("Mariner 2021a, 3", "chapters/sources.html#ref-harbour2021") in cited
    assert ("2021b", "../chapters/sources.html#ref-harbour2021b") in cited
    entries = article(out, "chapters/sources").xpath('.//div[@id="refs"]/div/@id')
    assert entries == ["ref-harbour2021", "ref-harbour2021b", "ref-pilot2020"]
    assert not article(out, "chapters/rates").xpath('.//div[contains(@class, "references")]')


def test_conditions_choose_by_format(out):
    text = words(article(out, "chapters/rates"))
    assert "Only on paper." not in text
    assert "Then on screen." in text
    assert "Words for the pages alone." in text and "More of them." in text


def test_callouts_carry_their_title_as_attribute_or_heading(out):
    titles = [words(t) for name in PAGES for t in article(out, name).xpath('.//p[contains(@class, "callout-title")]')]
    assert titles == ["How sure is this?", "A heading as the title"]


def test_the_frame_says_version_digest_and_citation_on_each_page(out):
    report = sample_book.REPORT["report"]
    for name in PAGES:
        tree = page(out, name)
        assert "Version 0.1.0 · 3f1c0a9b9b9b" in words(tree.xpath("//footer")[0])
        assert words(tree.xpath('//*[contains(@class, "citation-text")]')[0]) == report["citation"]
        assert tree.get("lang") == "en-GB"
        assert tree.xpath('//details//a[@download and contains(@href, "report.pdf")]')
        assert len(tree.xpath("//h1")) == 1
        assert len(tree.xpath('//nav[contains(@class, "sidebar")]//a[@aria-current="page"]')) == 1


def test_chapters_follow_one_another(out):
    steps = [
        (
            page(out, name).xpath('string(//a[@rel="prev"]/@href)'),
            page(out, name).xpath('string(//a[@rel="next"]/@href)'),
        )
        for name in PAGES
    ]
    assert steps[0] == ("", "chapters/rates.html")
    assert steps[1] == ("../index.html", "../chapters/methods.html")
    assert steps[-1] == ("../chapters/rows.html", "")


def test_the_search_knows_every_section_and_the_cells_of_tables(out):
    script = (out / "assets/search.js").read_text(encoding="utf-8")
    entries = json.loads(script.removeprefix("window.DISTRICTLOSS_SEARCH = ").rstrip().removesuffix(";"))
    headings = [
        (f"{name}.html", h.get("id")) for name in PAGES for h in article(out, name).xpath(".//h1|.//h2|.//h3|.//h4")
    ]
    assert [(entry["p"], entry["i"]) for entry in entries] == headings
    by_id = {(entry["p"], entry["i"]): entry for entry in entries}
    assert "The port office and the pilots" in by_id["chapters/rates.html", "by-port"]["x"]
    assert by_id["chapters/rates.html", "by-port"]["n"] == "1.2"


def test_a_page_loads_the_chart_library_only_through_its_script(out):
    for name in PAGES:
        assert not page(out, name).xpath('//script[contains(@src, "vega")]')
    assert "vegaEmbed" in (out / "assets/vega.js").read_text(encoding="utf-8")


def test_the_same_stage_gives_the_same_bytes_in_any_folder(stage, out, tmp_path):
    elsewhere = tmp_path / "a much longer path than the other" / "stage"
    shutil.copytree(stage, elsewhere)
    renderers.render(elsewhere, tmp_path / "out")
    expected = {name: content for name, content in files(out).items() if not name.startswith("results/")}
    assert files(tmp_path / "out") == expected


def test_no_path_of_this_machine_gets_into_the_book(stage, out):
    for name, content in files(out).items():
        assert str(stage).encode() not in content, name
        assert str(sample_book.ASSETS).encode() not in content, name


def test_text_that_looks_like_markup_prints_as_it_is(stage, tmp_path):
    hostile = [
        "<script>alert(1)</script> <b>x</b> &amp; <!-- c -->",
        "{{< var total >}} {{< include /index.qmd >}} {{< env HOME >}} {{{< var total >}}}",
        '#let x = 1; #read("/etc/passwd") $x^2$ @fig-none <label> // c /* c */ = heading',
        "*a* _b_ `c` ~d~ ^e^ [f](g) ![h](i) [^1] {#id .class} \\ | \"q\" 'q' -- ... ::: {.callout-note}",
        "]]> ${x} %{y} \\u0041 </article> --- # title",
    ]
    sample = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"], max_codepoint=0x24F))
    texts = hostile + [_draw(sample, seed) for seed in range(60)]
    texts = [" ".join(text.split()) for text in texts if text.strip()]
    shutil.copytree(stage, tmp_path / "stage")
    body = "".join(f"- {escape(text)}\n" for text in texts)
    table = "| a | b |\n|---|---|\n" + "".join(f"| {escape(text)} | x |\n" for text in hostile)
    (tmp_path / "stage/chapters/methods.qmd").write_text(
        f"# Hostile {{#sec-methods}}\n\n## List {{#sec-how}}\n\n{body}\n{table}\n", encoding="utf-8"
    )
    renderers.render(tmp_path / "stage", tmp_path / "out")
    shown = article(tmp_path / "out", "chapters/methods")
    assert [" ".join(li.text_content().split()) for li in shown.xpath(".//li")] == texts
    assert [" ".join(td.text_content().split()) for td in shown.xpath(".//td[1]")] == hostile


def _draw(strategy: st.SearchStrategy[str], seed: int) -> str:
    from hypothesis import HealthCheck, given, settings
    from hypothesis import seed as seeded

    found: list[str] = []

    @seeded(seed)
    @settings(max_examples=3, database=None, suppress_health_check=list(HealthCheck))
    @given(strategy)
    def collect(text: str) -> None:
        found.append(text)

    collect()
    return found[-1]
