"""The PDF as a finished product: tagged, bookmarked, linked, its fonts inside, small."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pikepdf
import pypdf
import pytest
import typst
from lxml import html

from districtloss.render import renderers
from helpers import sample_book


@pytest.fixture(scope="module")
def path(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("book")
    renderers.render(sample_book.make(folder / "stage"), folder / "out")
    return folder / "out/report.pdf"


@pytest.fixture(scope="module")
def reader(path) -> pypdf.PdfReader:
    return pypdf.PdfReader(path)


@pytest.fixture(scope="module")
def texts(reader) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in reader.pages]


def elements(pdf: pikepdf.Pdf, kind: str) -> list[pikepdf.Object]:
    """All elements of the structure tree of one kind."""
    found: list[pikepdf.Object] = []

    def visit(node: pikepdf.Object) -> None:
        if isinstance(node, pikepdf.Dictionary):
            if node.get("/S") == f"/{kind}":
                found.append(node)
            children = node.get("/K", [])
            for child in children if isinstance(children, pikepdf.Array) else [children]:
                visit(child)

    visit(pdf.Root.StructTreeRoot)
    return found


def test_the_document_says_its_title_language_and_standard(path):
    with pikepdf.open(path) as pdf:
        assert str(pdf.docinfo["/Title"]) == "Harbours Closed"
        assert pdf.Root.ViewerPreferences.DisplayDocTitle
        assert str(pdf.Root.Lang) == "en-GB"
        assert pdf.Root.MarkInfo.Marked
        with pdf.open_metadata() as metadata:
            assert metadata["pdfuaid:part"] == "1"


def test_it_is_dated_with_the_report_not_with_the_build(path):
    with pikepdf.open(path) as pdf:
        assert str(pdf.docinfo["/CreationDate"]).startswith("D:20210727000000")


def test_every_drawing_has_its_text_alternative(path):
    with pikepdf.open(path) as pdf:
        alternatives = {str(figure.Alt) for figure in elements(pdf, "Figure") if "/Alt" in figure}
    assert "A band that rises from 0 to between 5 and 12 closures." in alternatives
    assert "North leads with 8 closures, then West with 5." in alternatives


def test_every_number_of_the_pages_is_a_link_to_its_entry_in_the_pdf_too(path, reader):
    out = path.parent
    on_pages = Counter(
        link.get("href").rpartition("#")[2]
        for page in [out / "index.html", *sorted((out / "chapters").glob("*.html"))]
        for link in html.parse(str(page)).xpath("//main//a[contains(@class, 'number')]")
    )
    annotations = [item.get_object() for sheet in reader.pages for item in sheet.get("/Annots", [])]
    on_paper = Counter(str(item["/Dest"]) for item in annotations if str(item.get("/Dest", "")) in on_pages)
    assert on_pages.total() >= 4
    # One that goes over a line end has two.
    assert not {name: count for name, count in on_pages.items() if on_paper[name] < count}
    assert on_paper.keys() <= reader.named_destinations.keys()


def test_tables_have_header_cells(path):
    with pikepdf.open(path) as pdf:
        assert len(elements(pdf, "TH")) >= 10


def test_every_font_is_embedded_and_is_one_of_ours(path):
    fonts = set()
    with pikepdf.open(path) as pdf:
        for item in pdf.objects:
            if isinstance(item, pikepdf.Dictionary) and item.get("/Type") == "/FontDescriptor":
                fonts.add(str(item.FontName).split("+")[-1])
                assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(item.keys())
    assert {re.split(r"[-,]", name.lstrip("/"))[0] for name in fonts} <= {
        "SourceSerifPro",
        "SourceSansPro",
        "DejaVuSansMono",
    }


def test_bookmarks_follow_the_chapters(reader):
    titles = [entry.title for entry in reader.outline if not isinstance(entry, list)]
    plain = [re.sub(r"\s+", " ", title) for title in titles]
    assert [title for title in plain if title != "Contents"] == [
        "How fast the harbours closed",
        "1 Closure rates",
        "2 Methods and limits",
        "3 Sources",
        "A All rows",
        "B Where the numbers come from",
    ]


def test_the_title_page_says_what_to_cite(texts):
    for part in ("Harbours Closed", "27 July 2021", "0.1.0", sample_book.REPORT["report"]["citation"]):
        assert part in texts[0]
    assert sample_book.REPORT["report"]["digest"] in texts[0].replace(" ", "")


def test_the_contents_give_page_numbers(texts):
    contents = next(text for text in texts if text.startswith("Contents"))
    assert re.search(r"1 Closure rates[ .]+\d+ 1\.1 By day[ .]+\d+", contents)
    assert re.search(r"A All rows[ .]+\d+", contents)


def test_every_page_but_the_title_says_version_digest_and_number(texts):
    for number, text in enumerate(texts[1:], start=2):
        assert "Version 0.1.0" in text
        assert "3f1c0a9b9b9b" in text
        assert re.search(rf"\b{number}\b", text)


def test_pages_are_headed_by_the_book_on_the_left_and_the_chapter_on_the_right(texts):
    continued = [(i, t) for i, t in enumerate(texts, start=1) if "E040" in t or "E060" in t]
    assert continued
    for number, text in continued:
        head = text[:60]
        assert ("Harbours Closed" in head) if number % 2 == 0 else ("A All rows" in head)


def test_captions_carry_the_numbers_of_the_pages(texts):
    whole = " ".join(texts)
    for label in ("Figure 1.1:", "Figure 1.2:", "Table 1.1:", "Table A.1:"):
        assert label in whole.replace("\u00a0", " ")


def test_a_long_table_breaks_across_pages_and_repeats_its_header(texts):
    header = "Row When Where What How the date follows from the text"
    rows = [text for text in texts if re.search(r"E0\d\d \d+ June 2021", text)]
    assert len(rows) >= 2
    assert all(header in text for text in rows)
    seen = re.findall(r"E0\d\d(?= \d+ June)", " ".join(rows))
    assert seen == [f"E{i:03}" for i in range(1, 70)]


def test_nothing_stands_outside_the_page(path):
    with pikepdf.open(path) as pdf:
        for page in pdf.pages:
            _, _, width, height = (float(edge) for edge in page.MediaBox)
            for note in page.get("/Annots", []):
                left, low, right, high = (float(edge) for edge in note.Rect)
                assert left >= 0 and low >= 0 and right <= width and high <= height


def test_numbers_and_references_are_links_that_land(reader):
    named = reader.named_destinations
    landed = 0
    for page in reader.pages:
        for note in page.get("/Annots", []):
            target = note.get_object()
            if target.get("/Subtype") != "/Link":
                continue
            destination = target.get("/Dest") or target.get("/A", {}).get("/D")
            if destination is None:
                assert target["/A"]["/URI"].startswith("https://example.org")
            elif isinstance(destination, str):
                assert destination in named
                landed += 1
            else:
                landed += 1
    assert landed > 20


def test_text_from_data_is_printed_not_obeyed(texts):
    whole = " ".join(texts)
    assert "<script>alert(1)</script>" in whole
    assert "{{< var total >}}" in whole
    assert "#let $5" in whole


def test_it_shows_what_is_for_paper_and_hides_what_is_for_the_screen(texts):
    whole = " ".join(texts)
    assert "Only on paper." in whole
    assert "Open on paper." in whole
    assert "Data (CSV)" not in whole
    assert "for the pages alone" not in whole and "More of them" not in whole and "nowhere else" not in whole


def test_what_the_pages_alone_define_holds_for_the_pdf_too(reader, texts):
    assert "It follows the guide." in " ".join(" ".join(texts).split())
    links = [
        a.get_object()["/A"].get("/URI")
        for page in reader.pages
        for a in page.get("/Annots", ())
        if "/A" in a.get_object()
    ]
    assert "https://example.org/guide" in links


def test_it_is_small(path):
    assert path.stat().st_size < 3_000_000


def test_drawings_stay_in_their_place_where_typst_cannot_let_them_float(tmp_path, monkeypatch):
    """Which pages these are depends on how every line falls, so the error is played."""
    compiled, tries = typst.compile, []

    def broken(text, **settings):
        tries.append(settings["sys_inputs"])
        if tries[-1] != {"floating": "no"}:
            raise RuntimeError("internal error: parent group (occurred at build.rs:202:14)")
        return compiled(text, **settings)

    monkeypatch.setattr(typst, "compile", broken)
    renderers.render(sample_book.make(tmp_path / "stage"), tmp_path / "out")
    assert tries == [{}, {"floating": "no"}]
    printed = "".join(page.extract_text() for page in pypdf.PdfReader(tmp_path / "out" / "report.pdf").pages)
    assert "Figure 1.1" in printed
