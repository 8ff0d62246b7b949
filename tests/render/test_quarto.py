"""The Quarto path: the same book as the Pandoc path, and what Quarto only mutters about as faults."""

from __future__ import annotations

import posixpath
import re
import shutil
from pathlib import Path

import pypdf
import pytest
from lxml import html

from districtloss.errors import Faults
from districtloss.render import quarto, renderers
from helpers import sample_book

PAGES = ["index", "chapters/rates", "chapters/methods", "chapters/sources", "chapters/rows", "chapters/numbers"]


@pytest.fixture(scope="module")
def stage(tmp_path_factory) -> Path:
    return sample_book.make(tmp_path_factory.mktemp("book") / "stage")


@pytest.fixture(scope="module")
def ours(stage, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("pandoc")
    renderers.render(stage, out, "pandoc")
    return out


@pytest.fixture(scope="module")
def theirs(stage, tmp_path_factory) -> Path:
    if quarto.find() is None:
        pytest.skip("no Quarto on the PATH")
    out = tmp_path_factory.mktemp("quarto")
    renderers.render(stage, out, "quarto")
    return out


def tree(folder: Path, name: str) -> html.HtmlElement:
    """The text of a page, without what only one renderer prints beside it."""
    page = html.fromstring((folder / f"{name}.html").read_text(encoding="utf-8")).xpath("//main")[0]
    drop = (
        './/script|.//nav|.//details[contains(@class, "contents-short")]|.//header'
        '|.//*[contains(@class, "masthead")]|.//a[@role="doc-backlink"]'
        '|.//*[contains(@class, "screen-reader-only")]|.//p[span[@class="cite-line"]]'
        '|.//*[@id="refs" and contains(@style, "none")]'
    )
    for element in page.xpath(drop):
        element.drop_tree()
    # In pages (not in the PDF) Quarto calls another chapter by number and title: "2 Methods and limits".
    for link in page.xpath('.//a[contains(@class, "quarto-xref")]'):
        text = link.text_content()
        if chapter := re.match(r"(\d+)\s|(Appendix\s\w)\s", text):
            for child in list(link):
                child.drop_tree()
            link.text = chapter[2] or f"Chapter {chapter[1]}"
    return page


def words(element: html.HtmlElement) -> str:
    text = " ".join(element.text_content().split())
    # Quarto cites chapter by chapter, so that two works of one year get no letters to tell them apart.
    return re.sub(r"\b((?:19|20)\d\d)[a-z]\b", r"\1", text)


def texts(folder: Path, name: str, path: str) -> list[str]:
    return [words(element) for element in tree(folder, name).xpath(path)]


@pytest.mark.quarto
def test_both_have_the_same_pages(ours, theirs):
    assert {p.relative_to(ours) for p in ours.rglob("*.html")} == {
        p.relative_to(theirs) for p in theirs.rglob("*.html")
    }


@pytest.mark.quarto
@pytest.mark.parametrize("name", PAGES)
def test_both_number_sections_alike(ours, theirs, name):
    path = ".//h2|.//h3|.//h4"
    assert texts(theirs, name, path) == texts(ours, name, path)


@pytest.mark.quarto
@pytest.mark.parametrize("name", PAGES)
def test_both_number_figures_and_tables_alike(ours, theirs, name):
    captions = texts(ours, name, ".//figcaption")
    assert texts(theirs, name, ".//figcaption") == captions


@pytest.mark.quarto
@pytest.mark.parametrize("name", PAGES)
def test_both_say_the_same(ours, theirs, name):
    path = './/p[not(contains(@class, "callout-title"))]|.//td|.//th|.//li[text()]|.//dd|.//pre'
    assert texts(theirs, name, path) == texts(ours, name, path)


@pytest.mark.quarto
@pytest.mark.parametrize("name", PAGES)
def test_both_link_the_same_words_to_the_same_places(ours, theirs, name):
    def links(folder: Path) -> list[tuple[str, str]]:
        found = []
        for a in tree(folder, name).xpath('.//a[@href and not(ancestor::*[@id="refs"])]'):
            target = a.get("href")
            if not re.match(r"https?:", target):
                target = posixpath.normpath(posixpath.join(posixpath.dirname(name), target))
            # Quarto leads to the top of a chapter without saying its id.
            found.append(
                (words(a), re.sub(r"#sec-.*", "", target) if words(a).startswith(("Chapter", "App")) else target)
            )
        return found

    assert links(theirs) == links(ours)


@pytest.mark.quarto
@pytest.mark.parametrize("name", PAGES)
def test_both_cite_the_same_works(ours, theirs, name):
    assert tree(theirs, name).xpath(".//@data-cites") == tree(ours, name).xpath(".//@data-cites")


@pytest.mark.quarto
def test_both_list_the_same_works(ours, theirs):
    path = './/*[@id="refs"]/*/@id'
    assert tree(theirs, "chapters/sources").xpath(path) == tree(ours, "chapters/sources").xpath(path)


@pytest.mark.quarto
def test_quartos_pages_say_version_digest_and_citation(theirs):
    for name in PAGES:
        whole = words(html.fromstring((theirs / f"{name}.html").read_text(encoding="utf-8")))
        assert "Version 0.1.0 · 3f1c0a9b9b9b" in whole
        assert f"Cite as: {sample_book.REPORT['report']['citation']}" in whole


@pytest.mark.quarto
def test_both_pdfs_carry_the_same_captions(ours, theirs):
    def captions(folder: Path) -> set[str]:
        reader = pypdf.PdfReader(folder / "report.pdf")
        whole = " ".join(page.extract_text() for page in reader.pages).replace("\u00a0", " ")
        return set(re.findall(r"(?:Figure|Table) [\dA-Z]+\.\d+:", whole))

    assert captions(theirs) == captions(ours) == {"Figure 1.1:", "Figure 1.2:", "Table 1.1:", "Table A.1:"}


@pytest.mark.quarto
def test_the_pdf_of_quarto_loses_no_row_of_a_long_table(theirs):
    reader = pypdf.PdfReader(theirs / "report.pdf")
    whole = " ".join(page.extract_text() for page in reader.pages)
    assert [f"E{i:03}" for i in range(1, 70) if f"E{i:03}" not in whole] == []


@pytest.mark.quarto
def test_the_pages_of_quarto_ask_for_nothing_from_a_network_and_load_from_disk(theirs):
    for path in theirs.rglob("*.html"):
        page = html.fromstring(path.read_text(encoding="utf-8"))
        for target in page.xpath("//script/@src|//link[@rel='stylesheet']/@href|//img/@src"):
            assert not re.match(r"https?:|//|/", target), target
            assert (path.parent / target.partition("?")[0]).is_file() or target.startswith("../results"), target
        assert not page.xpath('//script[@type="module" and @src]')
    for path in theirs.rglob("*.css"):
        assert not re.search(r"@import url\(\"?https?:", path.read_text(encoding="utf-8")), path


@pytest.mark.quarto
def test_links_of_quartos_pages_resolve(theirs):
    ids = {
        path: set(html.fromstring(path.read_text(encoding="utf-8")).xpath("//@id")) for path in theirs.rglob("*.html")
    }
    for path in ids:
        for target in html.fromstring(path.read_text(encoding="utf-8")).xpath("//main//a/@href"):
            name, _, fragment = target.partition("#")
            if re.match(r"https?:", target) or "results/" in name or not fragment:
                continue
            other = (path.parent / name).resolve() if name else path
            assert fragment in ids[other], f"{path.name}: {target}"


@pytest.mark.quarto
def test_quarto_gives_the_same_bytes_again(stage, theirs, tmp_path):
    shutil.copytree(stage, tmp_path / "elsewhere" / "stage")
    renderers.render(tmp_path / "elsewhere" / "stage", tmp_path / "out", "quarto")
    first = {p.relative_to(theirs): p.read_bytes() for p in theirs.rglob("*") if p.is_file()}
    second = {p.relative_to(tmp_path / "out"): p.read_bytes() for p in (tmp_path / "out").rglob("*") if p.is_file()}
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []


def test_without_quarto_the_quarto_path_says_so(stage, tmp_path, monkeypatch):
    monkeypatch.setattr(quarto, "find", lambda: None)
    with pytest.raises(Faults, match="Quarto is not on the PATH"):
        renderers.render(stage, tmp_path, "quarto")


def test_faults_are_found_before_quarto_starts(stage, tmp_path, monkeypatch):
    shutil.copytree(stage, tmp_path / "stage")
    path = tmp_path / "stage/chapters/sources.qmd"
    path.write_text(path.read_text(encoding="utf-8") + "\nSee @fig-none.\n", encoding="utf-8")
    monkeypatch.setattr(quarto, "find", lambda: Path("/no/quarto"))
    with pytest.raises(Faults, match=r"chapters/sources.qmd:6: unresolved reference @fig-none"):
        renderers.render(tmp_path / "stage", tmp_path / "out", "quarto")


@pytest.mark.parametrize(
    "line",
    [
        "WARN: Unable to resolve link target: x.qmd",
        "[WARNING] Citeproc: citation nobody not found",
        "WARNING (/main.lua) Unable to resolve crossref @fig-none",
        "ERROR: something",
    ],
)
def test_a_warning_of_quarto_is_a_fault(line):
    (fault,) = quarto._complaints(f"Rendering\n{line}\nDone\n", "html")
    assert line in str(fault)


def test_what_quarto_says_of_the_machine_is_no_fault():
    log = "WARN: PDF standard validation requested but verapdf is not installed.\n[1/6] index.qmd\n"
    assert not list(quarto._complaints(log, "typst"))


@pytest.mark.parametrize("left", ["?var:nonsense", "?meta:x", "?@fig-none"])
def test_what_quarto_leaves_in_the_text_is_a_fault(tmp_path, left):
    (tmp_path / "x.html").write_text(f"<p>See <strong>{left}</strong>.</p><script>?var:no</script>", encoding="utf-8")
    (fault,) = quarto._unresolved(tmp_path)
    assert left in str(fault)
    assert fault.file == "x.qmd"
