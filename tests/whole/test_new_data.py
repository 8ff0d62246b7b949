"""The report of other people's data: whatever they hold, it is whole and reads well."""

from __future__ import annotations

import errno
import html
import json
import os
import re
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import lxml.html
import pandas as pd
import pypdf
import pytest

from districtloss import parameters
from districtloss.build import build
from districtloss.errors import Faults
from districtloss.estimates import choices, claims, contradictions
from districtloss.estimates.study import Study
from districtloss.files import report_folder
from districtloss.files.cache import Cache
from districtloss.imports import data_folder
from districtloss.paths import DATA, ROOT
from districtloss.tables import folders, joined
from districtloss.tables.frames import Tables
from districtloss.tables.reading import read_tables
from helpers import hostile, new_data
from helpers.small_data import rows, write

EXAMPLES = ROOT / "examples"
# The words of a page that tell that something was not there and nobody said so.
HOLES = re.compile(r"\b(nan|NaN|NaT|null|undefined)\b|\?var|\?@|\?meta")


@pytest.fixture
def aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what tests build from pushing out what is kept of the user's builds."""
    monkeypatch.setattr(build, "CHAPTERS", Cache(tmp_path / "cache", most=99))


def built(data: Path, target: Path, rendered: bool = True, renderer: str = "pandoc") -> Path:
    build.build(data, target, parameters.parse(folders.defaults(data)), renderer=renderer, rendered=rendered)
    return target


def text_of(page: Path) -> str:
    main = re.search(r"<main.*?</main>", page.read_text("utf-8"), re.DOTALL)
    assert main
    whole = main[0].replace("<span></span>", "")  # keeps signs apart that Quarto would obey
    plain = re.sub(r"<script.*?</script>|<svg.*?</svg>|<[^>]+>", " ", whole, flags=re.DOTALL)
    return html.unescape(" ".join(plain.split()))


def dead_links(page: Path) -> Iterator[str]:
    """Links of a page to a place in the report that is not there."""
    for link in lxml.html.parse(page).getroot().iterlinks():
        path, _, place = link[2].partition("#")
        if re.match(r"[a-z]+:", path):
            continue
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (place and target.suffix == ".html" and place not in ids(target)):
            yield link[2]


def assert_whole(report: Path) -> None:
    """Assert that no page of a report leaves anything out unsaid, and that its links lead somewhere."""
    for page in (report / "index.html", *(report / "chapters").glob("*.html")):
        text = text_of(page)
        assert not HOLES.search(text), f"{page.name}: {text}"
        assert "not known" not in text, page.name
        assert not list(dead_links(page)), page.name


@cache
def ids(page: Path) -> set[str]:
    return set(lxml.html.parse(page).xpath("//@id"))


@pytest.mark.usefixtures("aside")
@pytest.mark.parametrize("name", new_data.FOLDERS)
def test_every_kind_of_folder_makes_a_whole_report(tmp_path: Path, name: str):
    report = built(new_data.folder(name, tmp_path / "data"), tmp_path / "report")
    assert len(list((report / "chapters").glob("*.html"))) == 8
    assert_whole(report)
    values = json.loads((report / "results" / "values.json").read_text("utf-8"))
    assert values["sources_count"]["value"] >= 1
    assert len(pypdf.PdfReader(report / "report.pdf").pages) > 5
    assert "NaN" not in (report / "results" / "values.json").read_text("utf-8")


@pytest.mark.usefixtures("aside")
def test_the_words_are_those_of_the_data(tmp_path: Path):
    report = built(new_data.folder("another_country", tmp_path / "data"), tmp_path / "report")
    first = text_of(report / "index.html")
    assert "Norland, 20 November 2021 – 1 February 2022" in first
    assert "fall to the rebels" in first
    cited = lxml.html.parse(str(report / "index.html")).findtext(".//p[@class='cite-line']") or ""
    assert cited.startswith("Cite as: Districts Lost: Norland, 20 November 2021 – 1 February 2022 (2022). Made with")
    for page in (report / "index.html", *(report / "chapters").glob("*.html")):
        assert not re.search("Taliban|Pentagon|Milley|Biden", text_of(page)), page.name
    assert "13 Nov" not in first and "1 Feb 2022" in text_of(report / "chapters" / "events.html")


COUNTED = (
    "(?:articles|sources|incidents|reports|losses|districts|recaptures|days|provinces|figures|pairs|centers|capitals"
    "|choices|combinations|rows|faults|persons|decisions|claims|events|are|were|say|rest)"
)


@pytest.mark.usefixtures("aside")
def test_where_a_number_is_one_its_words_are_of_one_thing(tmp_path: Path):
    report = built(new_data.folder("one_of_each", tmp_path / "data"), tmp_path / "report")
    pages = {page: text_of(page) for page in (report / "index.html", *(report / "chapters").glob("*.html"))}
    for page, text in pages.items():
        # Not "1 June", nor "1 was", nor a number of a table before the next row's words.
        found = re.findall(rf"(?<![\d.,–-])(?<!to )1 (?:(?!was|is)[a-z]+ )?{COUNTED}\b.{{20}}", text)
        assert not found, (page.name, found)
    numbers = (report / "results" / "numbers.js").read_text("utf-8")
    assert '"text":"1","unit":"recapture"' in numbers and '"text":"1","unit":"loss"' in numbers
    index, events, rates, figures = (
        pages[report / name]
        for name in ("index.html", *(f"chapters/{n}.html" for n in ("events", "loss-rates", "figures-compared")))
    )
    assert "1 district fell in 1 day, by one count" in index and "the data name 1 loss, where 1 was counted" in index
    assert "Reports that a district fell: 1 ;" in events
    assert "Losses named: 1 ." in rates and "Provinces with named losses: 1 of 1 ." in rates
    assert "lists 2 figures about the whole country" in figures and "Pairs of figures: 1 ;" in figures


@pytest.mark.usefixtures("aside")
def test_whoever_counts_the_districts_held_is_compared(tmp_path: Path):
    report = built(new_data.folder("other_speakers", tmp_path / "data"), tmp_path / "report")
    chapter = text_of(report / "chapters" / "figures-compared.html")
    assert "compares what the Pentagon, A think tank and UNAMA said of the war" in chapter
    assert (
        "UNAMA, 73 districts (20 Jun); Pentagon, 81 of 419" in chapter
        and "A think tank, 120 districts (2 Jul)" in chapter
    )
    assert "Nothing in the data" not in chapter
    table = pd.read_csv(report / "results" / "tables" / "pairs_compared.csv")
    assert len(table) == 3
    rate = table.set_index(["first", "second"]).loc[("UNAMA: 73 districts", "A think tank: 120 districts"), "per_day"]
    assert rate == pytest.approx((120 - 73) / 12, abs=1e-4)  # 20 June to 2 July
    assert "UNAMA to A think tank" in (report / "results" / "tables" / "choices_implied.csv").read_text("utf-8")


@pytest.mark.usefixtures("aside")
def test_a_claimant_of_a_folders_own_is_printed_by_the_label_that_it_brings(tmp_path: Path):
    data = new_data.other_speakers()
    for row, claimant in zip(data["claims"][1:], ("nug", "nld"), strict=True):
        row |= {"claimant": claimant, "claimant_name": ""}
    write(tmp_path / "data", data)
    terms = [{"value": "nug", "label": "National Unity Government"}, "nld"]
    fields = [{"name": "claimant", "categories": terms}]
    package = {"resources": [{"name": "claims", "schema": {"fields": fields}}]}
    (tmp_path / "data" / "datapackage.json").write_text(json.dumps(package), "utf-8")
    report = built(tmp_path / "data", tmp_path / "report")
    chapter = text_of(report / "chapters" / "figures-compared.html")
    assert "compares what the Pentagon, National Unity Government and nld said of the war" in chapter
    assert "National Unity Government: districts" in text_of(report / "chapters" / "evidence.html")
    assert "National Unity Government to nld" in text_of(report / "chapters" / "choices.html")
    assert not list(re.finditer(r"\bnug\b", chapter))


def test_a_label_that_could_be_no_name_is_told(tmp_path: Path):
    write(tmp_path, new_data.one_event())
    fields = [{"name": "claimant", "categories": [{"value": "nug", "label": "x\x1b"}]}]
    package = {"resources": [{"name": "claims", "schema": {"fields": fields}}]}
    (tmp_path / "datapackage.json").write_text(json.dumps(package), "utf-8")
    with pytest.raises(Faults, match=r"datapackage\.json: label of 'nug': holds the control character"):
        read_tables(tmp_path)


def figures(tmp_path: Path, *more: dict[str, str], **changed: str) -> Path:
    """Our data with some figures more, and the Pentagon's changed."""
    data = new_data.without_decisions(new_data.ours())
    ours = next(row for row in data["claims"] if row["claim_id"] == "C012")
    ours |= changed
    for number, cells in enumerate(more, 901):
        data["claims"].append(ours | {"claim_id": f"C{number}"} | cells)
    return write(tmp_path / "data", data)


@pytest.mark.usefixtures("aside")
@pytest.mark.parametrize(
    ("more", "changed"),
    [
        ([{"claimant": "unama", "claimant_name": "UNAMA"}, {"claimant": "unama", "claimant_name": "UNAMA"}], {}),
        ([], {"value_low": "300", "value_high": "300"}),
        ([], {"qualifier": "about", "value_low": "70", "value_high": "250"}),
    ],
    ids=["two of one speaker and day", "above Milley's", "all can be right"],
)
def test_figures_that_the_chapter_does_not_expect_make_a_report_all_the_same(tmp_path, more, changed):
    report = built(figures(tmp_path, *more, **changed), tmp_path / "report")
    assert_whole(report)


@pytest.mark.usefixtures("aside")
@pytest.mark.parametrize(
    ("denominator", "changed", "fault"),
    [
        ("60", {}, "60 is less than the 81 of C012"),
        (
            "419",
            {"qualifier": "up_to", "value_low": "", "value_high": "500", "denominator": ""},
            "419 is less than the 500 of C012",
        ),
    ],
)
def test_no_figure_is_above_the_number_of_districts(tmp_path: Path, denominator: str, changed, fault: str):
    data = figures(tmp_path, **changed)
    with pytest.raises(Faults, match=fault):
        build.build(data, tmp_path / "report", parameters.parse({"denominator": denominator}), rendered=False)


def norland(folder: Path) -> Path:
    """Another country, with a figure on the scale of districts."""
    data = new_data.another_country()
    data["claims"].append(
        data["claims"][0]
        | {
            "claim_id": "C002",
            "measure": "districts_held",
            "side": "taliban",
            "scope": "XA",
            "kind": "stock",
            "since": "",
        }
    )
    return write(folder, data)


@pytest.mark.usefixtures("aside")
def test_where_figures_are_of_another_country_its_number_of_districts_is_asked_for(tmp_path: Path):
    data = norland(tmp_path / "data")
    with pytest.raises(Faults, match="419 is the number of districts of Afghanistan, and C002 is of XA"):
        build.build(data, tmp_path / "report", parameters.parse({"start": "2021-11-20"}), rendered=False)
    given = parameters.parse({"start": "2021-11-20", "denominator": "480"})
    build.build(data, tmp_path / "report", given, rendered=False)
    assert [f.options for f in choices.claim_factors(Study.of(read_tables(data), given))] == [("480",)]


def test_a_folder_may_call_afghanistan_as_it_likes(tmp_path: Path):
    data = figures(tmp_path)
    (data / "datapackage.json").write_text(json.dumps({folders.COUNTRY: "Northern Afghanistan"}), "utf-8")
    study = Study.of(read_tables(data), parameters.Parameters())
    assert claims.denominator_faults(study.tables.claims, study.parameters.denominator) == []
    assert [f.options for f in choices.claim_factors(study)] == [("419", "401")]


@pytest.mark.usefixtures("aside")
def test_events_outside_the_window_are_said_to_be_outside(tmp_path: Path):
    report = built(new_data.folder("before_the_window", tmp_path / "data"), tmp_path / "report")
    text = text_of(report / "index.html")
    assert "name no district as lost between 4 June 2021 and 1 August 2021" in text
    assert "happened from 3 July 2019 to 20 July 2019. The options --start and --as-of set another window" in text


@pytest.mark.usefixtures("aside")
def test_another_window_is_offered_only_where_one_holds_more(tmp_path: Path):
    data = new_data.one_event()
    data["events"][0]["event_type"] = "recapture"
    text = text_of(built(write(tmp_path / "data", data), tmp_path / "report") / "index.html")
    assert "name no district as lost between 4 June 2021 and 22 June 2021" in text
    assert "In that time the data name 1 recapture." in text and "another window" not in text


@pytest.mark.usefixtures("aside")
def test_the_first_page_tells_what_was_won_back_and_what_is_still_held(tmp_path: Path):
    report = built(new_data.folder("one_of_each", tmp_path / "data"), tmp_path / "report")
    said = "The data also name 1 recapture. Fallen districts still held by the Taliban at the end: 0 ."
    assert said in text_of(report / "index.html")
    data = new_data.folder("one_event", tmp_path / "other")
    assert "The data also name" not in text_of(built(data, tmp_path / "report") / "index.html")


@pytest.mark.usefixtures("aside")
def test_what_was_set_is_what_the_words_say(tmp_path: Path):
    data = new_data.folder("one_of_each", tmp_path / "data")
    given = parameters.parse({"net": "true", "attribution": "reported_by_media,claimed_by_party"})
    build.build(data, tmp_path / "report", given, renderer="pandoc")
    assert_whole(tmp_path / "report")
    text = text_of(tmp_path / "report" / "index.html")
    assert "Recaptures are deducted. Fallen districts still held by the Taliban at the end: 0 ." in text
    assert text.count("still held") == 1
    methods = text_of(tmp_path / "report" / "chapters" / "methods.html")
    assert "has an attribution that was set for this build: media, warring parties." in methods
    assert "What one party claims for itself" not in methods


@pytest.mark.usefixtures("aside")
def test_a_second_coding_of_other_data_is_told_without_the_story_of_ours(tmp_path: Path):
    data = new_data.folder("one_of_each", tmp_path / "data")
    for coding in ("first_coding", "second_coding"):
        (data / coding).mkdir()
        for table in ("events.csv", "claims.csv", "places.csv"):
            shutil.copyfile(data / table, data / coding / table)
    methods = text_of(built(data, tmp_path / "report") / "chapters" / "methods.html")
    assert "Two codings of the sources come with the data. Of all events that either found" in methods
    assert "who acted in a fight" not in methods and "coded the articles again" not in methods


@pytest.mark.usefixtures("aside")
def test_where_no_choice_moves_a_number_it_is_said_to_be_the_same(tmp_path: Path):
    data = new_data.one_event()
    data["events"][0] |= {"date_earliest": "2021-05-01", "date_latest": "", "date_precision": "after"}
    report = built(write(tmp_path / "data", data), tmp_path / "report")
    assert_whole(report)
    assert "None of them moves the rate of named losses." in text_of(report / "index.html")
    chapter = text_of(report / "chapters" / "choices.html")
    assert "Each of them gives the same point figure of the rate." in chapter
    for page in (report / "index.html", report / "chapters" / "choices.html"):
        assert not re.search(r"from 0(\.0)? (a week|districts|over)", text_of(page)), page.name


@pytest.mark.parametrize(
    ("changed", "finding", "rows"),
    [
        ({"event_type": "claimed_capture"}, "Kaldar is won back and told lost by one side alone", "E002|E001"),
        ({"attribution": "claimed_by_party"}, "Kaldar is won back and told lost by one side alone", "E002|E001"),
        (
            {"attribution": "social_media"},
            "Kaldar is won back and told lost only by those whose word does not count",
            "E002|E001",
        ),
        ({"event_type": "implied_capture"}, "Kaldar is won back and not told lost before", "E002"),
    ],
)
def test_a_loss_that_is_told_but_not_counted_is_not_said_to_be_untold(tmp_path: Path, changed, finding, rows):
    data = new_data.one_event()
    won = {"event_id": "E002", "incident_id": "I002", "event_type": "recapture", "actor": "government"}
    data["events"].append(data["events"][0] | won)
    data["events"][0] |= changed
    found = contradictions.findings(Study.of(read_tables(write(tmp_path, data)), parameters.Parameters()))
    assert found[["finding", "rows"]].to_numpy().tolist() == [[finding, rows]]


def test_recaptures_in_a_row_without_a_loss_are_one_finding_of_their_district(tmp_path: Path):
    data = new_data.one_event()
    fall = data["events"][0] | {"event_id": "E009", "incident_id": "I009", "date_earliest": "2021-06-21"}
    won = {"event_type": "recapture", "actor": "government"}
    data["events"] = [
        *(fall | won | {"event_id": f"E00{n}", "incident_id": f"I00{n}", "date_earliest": day, "date_latest": day}
          for n, day in enumerate(("2021-06-10", "2021-06-12", "2021-06-20"), 1)),
        fall | {"date_latest": "2021-06-21"},
    ]  # fmt: skip
    (found,) = contradictions.findings(
        Study.of(read_tables(write(tmp_path, data)), parameters.Parameters())
    ).itertuples()
    assert (found.finding, found.rows) == ("Kaldar is won back three times and not told lost before", "E001|E002|E003")
    assert "or it came before the first day of the window" in found.meaning


@pytest.mark.usefixtures("aside")
@pytest.mark.parametrize("renderer", ["pandoc", "quarto"])
def test_hostile_text_is_printed_and_never_obeyed(tmp_path: Path, renderer: str):
    if renderer == "quarto" and not shutil.which("quarto"):
        pytest.skip("no Quarto on the PATH")
    report = built(write(tmp_path / "data", hostile.data()), tmp_path / "report", renderer=renderer)
    for page in [report / "index.html", *(report / "chapters").glob("*.html")]:
        assert "root:" not in page.read_text("utf-8")  # of /etc/passwd
        for element in lxml.html.parse(page).getroot().iter():
            attributes = dict(element.attrib)
            assert not [name for name, code in attributes.items() if name.startswith("on") and "pwned" in code], (
                page.name
            )
            assert not attributes.get("href", "").lower().startswith("javascript:"), page.name
            assert not attributes.get("src", "").startswith("http"), page.name
            if element.tag == "script" and element.get("type", "") != "application/json":
                assert "pwned" not in (element.text or ""), page.name
    evidence = text_of(report / "chapters" / "evidence.html")
    for text in (
        "{{< include /etc/passwd >}}",
        "::: {.column} :::",
        "<script>window.pwned=1</script>",
        "#let x = 1",
        "$x^2$",
        "Київ کابل",
    ):
        assert text in evidence or any(text in text_of(p) for p in (report / "chapters").glob("*.html")), text
    for table in (report / "results" / "tables").glob("*.csv"):
        for cell in pd.read_csv(table, dtype=str, keep_default_na=False).to_numpy().ravel():
            assert not re.match(r"[=@\t\r]|[+-](?![\d.]+(e[+-]?\d+)?$)", cell), f"{table.name}: {cell}"
    print_out = "".join(page.extract_text() for page in pypdf.PdfReader(report / "report.pdf").pages)
    assert "#let x" in print_out and "root:" not in print_out


def test_an_import_makes_a_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(build, "CHAPTERS", Cache(tmp_path / "cache", most=99))
    made = data_folder.import_export(EXAMPLES / "acled" / "export.csv", tmp_path / "data")
    report = built(tmp_path / "data", tmp_path / "report")
    values = json.loads((report / "results" / "values.json").read_text("utf-8"))
    assert values["reports_count"]["value"] == len(made.tables["events"])
    names = {path.removeprefix("data/") for path in (report_folder.manifest(report) or {})["inputs"]}  # type: ignore[attr-defined]
    assert not names & {data_folder.LEFT_OUT, data_folder.TO_SETTLE, "README.md"}


# --- folders that hold a part -------------------------------------------------------------------------------------


def same(one: Tables, other: Tables) -> bool:
    return all(getattr(one, name).equals(getattr(other, name)) for name in ("sources", "events", "claims", "decisions"))


def part(folder: Path, extends: str, tables: dict[str, list[dict[str, str]]]) -> Path:
    write(folder, tables)
    (folder / "datapackage.json").write_text(json.dumps({folders.EXTENDS: extends}), "utf-8")
    return folder


@pytest.fixture
def added(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLES / "one-more-article", tmp_path / "added"))


def test_rows_that_are_added_follow_ours(added: Path):
    ours, joined = read_tables(DATA), read_tables(added)
    assert joined.events["event_id"].tolist() == [*ours.events["event_id"], "E901"]
    assert joined.sources["source_id"].tolist() == [*ours.sources["source_id"], "made-up-2021-07-30"]
    assert joined.claims.equals(ours.claims)


def test_the_folder_that_is_built_from_is_whole_and_says_the_same(added: Path):
    with joined.completed(added) as full:
        assert {path.name for path in full.path.iterdir()} >= set(folders.table_files())
        assert same(read_tables(full.path), read_tables(added))
        assert not folders.about(full.path).extends
        assert not folders.about(full.path).own
    assert not full.path.exists()


def test_a_folder_of_its_own_is_built_from_as_it_lies(tmp_path: Path):
    with joined.completed(write(tmp_path)) as full:
        assert full.path == tmp_path


@pytest.mark.usefixtures("aside")
def test_the_report_shows_what_it_was_made_of(added: Path, tmp_path: Path):
    report = built(added, tmp_path / "report", rendered=False)
    manifest = report_folder.manifest(report)
    assert manifest is not None
    with joined.completed(added) as full:
        from districtloss.files import digest

        assert manifest["inputs"]["data/events.csv"] == digest.sha256(full.path / "events.csv")  # type: ignore[index]


def test_faults_are_told_with_the_file_and_line_that_the_user_can_mend(added: Path):
    with (added / "events.csv").open("a", encoding="utf-8") as stream:
        stream.write('E902,I902,made-up-2021-07-30,1,balkh/zari,capture,taliban,2021-07-28,2021-07-28,day,"a\nb",,,'
                     "reported_by_media,,,,,\n")  # fmt: skip
        stream.write("E001,I903,made-up-2021-07-31,1,balkh/zarri,capture,taliban,2021-07-31,2021-07-28,interval,,,,"
                     "reported_by_media,,,,,\n")  # fmt: skip
    with pytest.raises(Faults) as caught:
        read_tables(added)
    lines = [str(fault) for fault in caught.value.faults]
    assert [line.split(": ")[:2] for line in lines] == [
        ["events.csv:5", "date_earliest"], ["events.csv:5", "event_id"], ["events.csv:5", "place_id"],
        ["events.csv:5", "source_id"],
    ]  # fmt: skip
    with pytest.raises(Faults) as again:
        build.build(added, added.parent / "out", parameters.parse({}), renderer="pandoc")
    assert [str(fault) for fault in again.value.faults] == lines
    assert not (added.parent / "out").exists()


def test_a_file_of_a_part_that_has_no_form_is_told_as_any_other(added: Path):
    (added / "events.csv").write_text("event_id;source_id\n", "utf-8")
    for read in (read_tables, lambda folder: joined.completed(folder).__enter__()):
        with pytest.raises(Faults, match=r"events\.csv:1: the columns are divided by ';'"):
            read(added)


@pytest.mark.parametrize("extends", ["add", "replace"])
def test_a_full_disk_is_told_where_a_part_is_joined_with_ours(tmp_path: Path, monkeypatch, extends: str):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(joined.shutil, "copyfile", full)
    with pytest.raises(
        Faults, match=r"part: cannot be joined with our tables \(.*No space left on device\), make room"
    ):
        read_tables(part(tmp_path / "part", extends, {"claims": new_data.no_decisions()["claims"]}))


def test_tables_that_replace_ours_stand_alone(tmp_path: Path):
    data = new_data.one_event()
    names = ("sources", "places", "events", "claims")
    folder = part(tmp_path, "replace", {name: data[name] for name in names})
    tables = read_tables(folder)
    assert len(tables.events) == 1 and len(tables.claims) == 0
    assert len(tables.provinces) == 34
    assert len(tables.decisions) == 0 and len(tables.options) == 0


def test_decisions_on_rows_that_are_replaced_go_with_them(tmp_path: Path):
    ours = read_tables(DATA)
    claims_only = ~ours.decisions["touches"].str.contains("E")
    assert claims_only.any() and not claims_only.all()
    tables = read_tables(part(tmp_path, "replace", {"events": []}))
    assert tables.claims["claim_id"].equals(ours.claims["claim_id"])
    assert tables.decisions["decision_id"].tolist() == ours.decisions["decision_id"][claims_only].tolist()


def test_what_others_published_of_our_districts_is_not_held_against_rows_that_replace_ours(tmp_path: Path):
    ours, mine = read_tables(DATA), {"events": new_data.no_decisions()["events"]}
    added = read_tables(part(tmp_path / "added", "add", {"claims": []}))
    assert added.outside.equals(ours.outside) and len(added.outside_falls) == len(ours.outside_falls) > 0
    replaced = read_tables(part(tmp_path / "replaced", "replace", mine))
    assert replaced.outside.empty and replaced.outside_falls.empty
    row = rows()["outside"][0] | {"figure_id": "X901"}
    brought = read_tables(part(tmp_path / "brought", "replace", mine | {"outside": [row]}))
    assert brought.outside["figure_id"].tolist() == ["X901"]


def test_a_part_without_any_table_or_with_a_wrong_key_is_told(tmp_path: Path):
    with pytest.raises(Faults, match="holds none of the tables, give at least one of sources"):
        read_tables(part(tmp_path, "add", {}))
    with pytest.raises(Faults, match="'both' is no way to extend the data, one of add, replace"):
        read_tables(part(tmp_path, "both", {}))


@pytest.mark.parametrize(
    ("package", "fault"),
    [
        ({folders.COUNTRY: 7}, "datapackage.json: districtloss:country: 7 is no name"),
        ({folders.SIDE: "x" * 200}, "is no name, text of at most 80 characters"),
        ({folders.PARAMETERS: [1]}, "datapackage.json: districtloss:parameters: is not an object"),
        ({folders.PARAMETERS: {"start": "soon"}}, "districtloss:parameters start: 'soon' is not usable"),
        ({folders.PARAMETERS: {"strat": "2021-06-04"}}, "no such parameter, did you mean start?"),
    ],
)
def test_keys_of_ours_with_a_wrong_value_are_told(tmp_path: Path, package: dict[str, object], fault: str):
    write(tmp_path)
    (tmp_path / "datapackage.json").write_text(json.dumps(package), "utf-8")
    with pytest.raises(Faults, match=re.escape(fault)):
        folders.defaults(tmp_path)


def test_terms_that_the_analysis_computes_with_cannot_be_added(tmp_path: Path):
    data = new_data.one_event()
    data["events"][0]["attribution"] = "rumour"
    write(tmp_path, data)
    field = {"name": "attribution", "constraints": {"enum": ["rumour"]}}
    package = {"resources": [{"name": "events", "schema": {"fields": [field]}}]}
    (tmp_path / "datapackage.json").write_text(json.dumps(package), "utf-8")
    with pytest.raises(Faults, match="'rumour' is not in the vocabulary"):
        read_tables(tmp_path)


def test_scopes_are_provinces_or_the_country_that_they_are_of(tmp_path: Path):
    data = new_data.another_country()
    data["claims"][0]["scope"] = "XA"
    read_tables(write(tmp_path, data))
    data["claims"][0]["scope"] = "AF"
    with pytest.raises(Faults, match=r"'AF' is no province_id of provinces\.csv, nor their country"):
        read_tables(write(tmp_path, data))
