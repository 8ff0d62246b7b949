"""A data folder is read into typed tables, or every fault of its files is told."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest

from districtloss.errors import Faults
from districtloss.paths import DATA
from districtloss.tables import folders
from districtloss.tables.reading import read_tables
from districtloss.tables.schema import load
from helpers.small_data import rows, write

NO_VILLAGE = "'village' is not in the vocabulary, give one of district, city, town, port, area"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "data")


def told(folder: Path) -> list[str]:
    """The faults of the folder as they are printed."""
    with pytest.raises(Faults) as caught:
        read_tables(folder)
    return [str(fault) for fault in caught.value.faults]


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def test_the_projects_own_data_are_without_fault():
    tables = read_tables(DATA)
    assert len(tables.provinces) == 34
    assert len(tables.sources) == 5


def test_cells_have_the_types_that_the_data_package_gives_them(folder: Path):
    tables = read_tables(folder)
    for name, table in load().tables.items():
        frame = getattr(tables, name)
        assert list(frame.columns) == list(table.columns)
        assert isinstance(frame.index, pd.RangeIndex)
        wanted = {"string": "str", "date": "datetime64[s]", "integer": "Int64", "number": "float64"}
        assert [str(t) for t in frame.dtypes] == [wanted[c.type] for c in table.columns.values()]


def test_empty_cells_are_empty_text_or_missing_values(folder: Path):
    tables = read_tables(folder)
    event, claim = tables.events.iloc[2], tables.claims.iloc[1]
    assert event["decision_id"] == ""
    assert event["date_earliest"] is pd.NaT
    assert pd.isna(claim["value_low"]) and claim["value_high"] == 0.85
    assert tables.provinces["districts_total"].tolist() == [15, pd.NA]
    assert tables.events["date_latest"].iloc[0] == pd.Timestamp("2021-06-30")


def test_text_that_looks_like_a_number_or_a_missing_value_stays_text(tmp_path: Path):
    data = rows()
    for row, note in zip(data["events"], ["007", "NA", "1e3"], strict=True):
        row["note"] = note
    assert read_tables(write(tmp_path, data)).events["note"].tolist() == ["007", "NA", "1e3"]


@pytest.mark.parametrize(
    "text",
    [
        "=cmd|' /C calc'!A0",
        "<script>alert(1)</script>",
        "{{< include /etc/passwd >}}",
        '"quoted", so',
        "a\nb",
        "é‏",
    ],
)
def test_whatever_stands_in_a_text_cell_is_data(tmp_path: Path, text: str):
    data = rows()
    data["events"][1]["note"] = text
    assert read_tables(write(tmp_path, data)).events["note"].iloc[1] == text


def test_a_byte_order_mark_and_windows_line_ends_are_accepted(folder: Path):
    plain = read_tables(folder)
    for path in folder.glob("*.csv"):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    pd.testing.assert_frame_equal(read_tables(folder).events, plain.events)


def test_columns_may_stand_in_another_order(tmp_path: Path):
    plain = read_tables(write(tmp_path))
    with (tmp_path / "places.csv").open(encoding="utf-8", newline="") as stream:
        reversed_rows = [row[::-1] for row in csv.reader(stream)]
    with (tmp_path / "places.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(reversed_rows)
    pd.testing.assert_frame_equal(read_tables(tmp_path).places, plain.places)


def test_a_folder_may_lack_decisions_options_and_a_data_package(tmp_path: Path):
    data = {name: table for name, table in rows().items() if name not in ("decisions", "options")}
    for row in [*data["events"], *data["claims"]]:
        row.pop("decision_id", None)
    tables = read_tables(write(tmp_path, data))
    assert len(tables.decisions) == len(tables.options) == 0
    assert tables.options.columns.tolist() == list(load().tables["options"].columns)


def test_a_folder_may_lack_what_others_published(tmp_path: Path):
    data = rows()
    del data["outside"], data["outside_falls"]
    tables = read_tables(write(tmp_path, data))
    for name in folders.OUTSIDE:
        assert getattr(tables, name).columns.tolist() == list(load().tables[name].columns)
        assert getattr(tables, name).empty


@pytest.mark.parametrize("table", ["events", "claims", "decisions", "options", "places", *folders.OUTSIDE])
def test_a_header_without_rows_is_accepted_where_the_report_can_go_without(tmp_path: Path, table: str):
    data = rows()
    # what points at the emptied table goes too
    gone = {
        "events": ["options", "decisions"],
        "claims": ["options", "decisions"],
        "decisions": ["options"],
        "places": ["events", "options", "decisions", "outside_falls"],
        "options": ["decisions"],
    }
    for name in [table, *gone.get(table, [])]:
        data[name] = []
    for row in [*data["events"], *data["claims"]]:
        row.pop("decision_id", None)
    tables = read_tables(write(tmp_path, data))
    assert len(getattr(tables, table)) == 0


def test_a_folder_that_is_none_is_told(tmp_path: Path):
    assert told(tmp_path / "nowhere") == [
        f"{tmp_path / 'nowhere'}: is not a folder, name the folder that holds the tables"
    ]


def test_every_missing_file_is_told(tmp_path: Path):
    faults = told(tmp_path)
    assert [fault.split(":")[0] for fault in faults] == [
        "claims.csv", "events.csv", "places.csv", "provinces.csv", "sources.csv",
    ]  # fmt: skip
    assert faults[0].startswith("claims.csv: is missing, add it with the columns claim_id,source_id,")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "claims.csv: is empty, begin it with the header claim_id,"),
        (b"\n \n", "claims.csv: is empty, begin it with the header claim_id,"),
        (b"claim_id,\0\n", "claims.csv:1: holds a NUL byte, delete it"),
        ("claim_id\n".encode("utf-16"), "claims.csv: is UTF-16, save it as UTF-8"),
        (b"claim_id\nM\xfcnchen\n", "claims.csv:2: the byte b'\\xfc' is not UTF-8, save the file as UTF-8"),
        (b"claim_id;source_id\n", "claims.csv:1: the columns are divided by ';', divide them by commas"),
        (b"1,2,3\n4,5,6\n", "claims.csv:1: the first line is no header, begin the file with claim_id,"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_is_told(folder: Path, content: bytes, problem: str):
    (folder / "claims.csv").write_bytes(content)
    faults = told(folder)
    assert len(faults) == 1
    assert faults[0].startswith(problem)


def test_a_folder_in_place_of_a_file_is_told(folder: Path):
    (folder / "claims.csv").unlink()
    (folder / "claims.csv").mkdir()
    assert told(folder) == ["claims.csv: cannot be read (Is a directory), make it a readable file"]


def test_sources_without_rows_are_told(folder: Path):
    edit(folder / "sources.csv", (folder / "sources.csv").read_text("utf-8"), "source_id\n")
    assert "sources.csv: has a header and no rows, add at least one row" in told(folder)


def test_a_missing_column_is_told_once_and_not_for_every_row(folder: Path):
    text = (folder / "options.csv").read_text("utf-8")
    (folder / "options.csv").write_text("\n".join(line.rpartition(",")[0] for line in text.splitlines()), "utf-8")
    assert told(folder) == ["options.csv:1: value: the column is missing, add it; its cells may be empty"]


def test_a_renamed_column_is_told_with_its_name_and_its_cells_are_still_held_to_the_rules(folder: Path):
    edit(folder / "events.csv", "actor", "acter")
    edit(folder / "events.csv", "taliban", "talib")
    assert told(folder) == [
        "events.csv:1: 'acter': unknown column, did you mean actor?",
        "events.csv:2: actor: 'talib' is not in the vocabulary, did you mean taliban?",
    ]


def test_an_extra_and_a_doubled_and_a_nameless_column_are_told(folder: Path):
    text = (folder / "places.csv").read_text("utf-8").splitlines()
    lines = [text[0] + ",zzz,name,", *(line + ",,," for line in text[1:])]
    (folder / "places.csv").write_text("\n".join(lines), "utf-8")
    faults = told(folder)
    assert [fault.split(",")[0] for fault in faults] == [
        "places.csv:1: column 11 has no name",
        "places.csv:1: unknown column 'zzz'",
        "places.csv:1: name: the column stands twice",
    ]


def test_ragged_and_empty_rows_are_told_and_the_others_still_checked(folder: Path):
    with (folder / "places.csv").open("a", encoding="utf-8") as stream:
        stream.write("balkh/short,Short\n\nbalkh/bad,Bad,AF-BAL,village,,,,\n")
    assert told(folder) == [
        "places.csv:5: 2 cells where the header has 8, give the row 8 cells; "
        "text with a comma or a line break needs quotes around it",
        "places.csv:6: the row is empty, delete it",
        f"places.csv:7: kind: {NO_VILLAGE}",
    ]


def test_quotes_that_do_not_close_are_told(folder: Path):
    with (folder / "places.csv").open("a", encoding="utf-8") as stream:
        stream.write('balkh/open,"Open,AF-BAL,district,,,,\n')
    assert told(folder) == [
        'places.csv:5: the quotes of this row are not paired, write each " inside quoted text twice'
    ]


def test_a_row_is_named_by_its_line_also_after_a_cell_of_several_lines(tmp_path: Path):
    data = rows()
    data["places"][0]["note"] = "one\ntwo\nthree"
    data["places"][2]["kind"] = "village"
    assert told(write(tmp_path, data)) == [f"places.csv:6: kind: {NO_VILLAGE}"]


@pytest.mark.parametrize(
    ("table", "column", "cell", "fault"),
    [
        ("events", "event_id", "", "events.csv:2: event_id: the cell is empty, give such as E001"),
        ("events", "event_id", "X1", "'X1' does not have the form of this column, give such as E001"),
        ("events", "date_latest", "2021-02-30", "'2021-02-30' is not an ISO date, give an ISO date such as"),
        ("events", "date_latest", "30/06/2021", "'30/06/2021' is not an ISO date"),
        ("events", "date_latest", "2021-6-30", "'2021-6-30' is not an ISO date"),
        ("events", "date_latest", "20210630", "'20210630' is not an ISO date"),
        ("events", "paragraph", "two", "'two' is not a whole number, give a whole number from 1 to 100,000"),
        ("events", "paragraph", "2.0", "'2.0' is not a whole number"),
        ("events", "paragraph", "0", "'0' is below 1"),
        ("events", "paragraph", "9" * 5000, "is not a whole number"),
        ("claims", "value_low", "eighty", "'eighty' is not a number"),
        ("claims", "value_low", "1,500", "'1,500' is not a number"),
        ("claims", "value_low", "NaN", "'NaN' is not a number"),
        ("claims", "value_low", "inf", "'inf' is not a number"),
        ("claims", "value_low", "1e999", "'1e999' is above 1000000000000"),
        ("claims", "value_low", "-1", "'-1' is below 0"),
        ("claims", "claimant", "pentagn", "'pentagn' is not in the vocabulary, did you mean pentagon?"),
        ("events", "note", "x" * 1_000_000, "1,000,000 characters, at most 2,000 are allowed"),
        ("sources", "sha256", "abc", "'abc' does not have the form of this column"),
    ],
)  # fmt: skip
def test_a_cell_that_breaks_the_rule_of_its_column_is_told(tmp_path, table, column, cell, fault):
    data = rows()
    data[table][0][column] = cell
    found = [line for line in told(write(tmp_path, data)) if fault in line]
    assert len(found) == 1
    assert found[0].startswith(f"{table}.csv:2: {column}: ")


def test_a_key_that_stands_twice_is_told_with_the_line_of_the_first(tmp_path: Path):
    data = rows()
    data["events"][1]["event_id"] = "E001"
    data["options"].append(dict(data["options"][0]))
    faults = told(write(tmp_path, data))
    assert "events.csv:3: event_id: 'E001' stands in line 2 already, give each row its own" in faults
    key = "decision_id, option, table, row_id, column"
    assert f"options.csv:4: {key}: the row stands twice, delete one of the two" in faults
    assert len(faults) == 2


def test_control_characters_of_a_cell_do_not_reach_the_terminal(tmp_path: Path):
    data = rows()
    data["events"][0]["actor"] = "\x1b[31mtaliban\n"
    (fault,) = told(write(tmp_path, data))
    assert "\x1b" not in fault and "\n" not in fault


def test_all_faults_of_all_files_are_told_in_one_go(tmp_path: Path):
    data = rows()
    data["sources"][0]["published"] = "soon"
    data["places"][0]["kind"] = "distrikt"
    data["events"][2]["actor"] = "x"
    data["claims"][1]["unit"] = "x"
    assert [fault.split(": ")[0] for fault in told(write(tmp_path, data))] == [
        "claims.csv:3", "events.csv:4", "places.csv:2", "sources.csv:2",
    ]  # fmt: skip


def test_a_folders_own_data_package_adds_to_the_vocabulary_and_changes_nothing_else(tmp_path: Path):
    data = rows()
    data["claims"][0]["claimant"] = "red_cross"
    write(tmp_path, data)
    assert len(told(tmp_path)) == 1
    (tmp_path / "datapackage.json").write_text(
        '{"resources": [{"name": "red"}, {"name": "claims", "schema": {"fields": [{"name": "claimant",'
        ' "constraints": {"enum": ["red_cross"]}}, {"name": "paragraph", "type": "string"}]}}]}'
    )
    assert read_tables(tmp_path).claims["claimant"].tolist() == ["red_cross", "taliban", "afghan_mod"]


def test_the_two_codings_of_a_folder_speak_its_language(tmp_path: Path):
    data = rows()
    data["claims"][0]["claimant"] = "red_cross"
    write(tmp_path, data)
    term = '{"name": "claimant", "constraints": {"enum": ["%s"]}}'
    (tmp_path / "datapackage.json").write_text(CLAIMS % f"[{term % 'red_cross'}]")
    for coding in ("first_coding", "second_coding"):
        write(tmp_path / coding, {name: data[name] for name in ("events", "claims")})
    read_tables(tmp_path)
    own = tmp_path / "first_coding" / "datapackage.json"
    own.write_text(CLAIMS % f"[{term % 'unicef'}]")
    (fault,) = told(tmp_path)
    assert fault.startswith("first_coding/claims.csv:2: claimant: 'red_cross' is not in the vocabulary")
    assert own in folders.data_files(tmp_path)  # a build holds the codings to the same rules


CLAIMS = '{"resources": [{"name": "claims", "schema": {"fields": %s}}]}'


@pytest.mark.parametrize(
    "terms",
    [
        '"constraints": {"enum": ["red_cross"]}',
        '"categories": ["red_cross"]',
        '"categories": [{"value": "red_cross"}]',
        '"categories": [{"value": "red_cross", "label": "The Red Cross"}], "constraints": {"enum": ["pentagon"]}',
    ],
)
def test_terms_are_added_as_frictionless_lists_them(tmp_path: Path, terms: str):
    data = rows()
    data["claims"][0]["claimant"] = "red_cross"
    write(tmp_path, data)
    (tmp_path / "datapackage.json").write_text(CLAIMS % f'[{{"name": "claimant", {terms}}}]')
    assert read_tables(tmp_path).claims["claimant"][0] == "red_cross"


@pytest.mark.parametrize(
    ("package", "where"),
    [
        ("[]", "is not an object"),
        ('{"resources": {}}', "resources: is not a list"),
        ('{"resources": [7]}', "resources[0]: is not an object"),
        ('{"resources": [{"name": []}]}', "resources[0].name: is not text"),
        (CLAIMS % '"all"', "resources[0].schema.fields: is not a list"),
        (
            CLAIMS % '[{"name": "kind", "constraints": {"enum": [1]}}]',
            "resources[0].schema, field 'kind': constraints.enum: is not a list",
        ),
        *(
            (
                CLAIMS % f'[{{"name": "kind", "categories": {categories}}}]',
                "resources[0].schema, field 'kind': categories: is not a list",
            )
            for categories in ('{"a": "b"}', "[7]", '[""]', '[{"label": "A"}]', '[{"value": "a", "label": 7}]')
        ),
    ],
)
def test_a_data_package_of_another_form_is_told(folder: Path, package: str, where: str):
    (folder / "datapackage.json").write_text(package)
    (fault,) = told(folder)
    assert fault.startswith(f"datapackage.json: {where}")


@pytest.mark.parametrize(
    ("character", "shown"),
    [
        (character, repr(character))
        for character in "\x1b\x07\x9b\u2028\ufdd0\uffff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    ],
)
def test_control_characters_are_told_and_line_ends_are_none(folder: Path, character: str, shown: str):
    data = rows()
    data["events"][0]["note"] = "two\nlines\tand a tab, \u200fولسوالی کل\u200cدار\u200e"
    assert read_tables(write(folder, data)).events["note"][0] == data["events"][0]["note"]
    data["events"][0]["note"] = f"a note{character}[31m"
    assert told(write(folder, data)) == [f"events.csv:2: note: holds the control character {shown}, delete it"]


@pytest.mark.parametrize("blank", [" ", "\n", "\t \u00a0", "\u200b\u2060"])
def test_a_name_of_nothing_but_blanks_is_none(folder: Path, blank: str):
    data = rows()
    data["places"][0]["name"] = blank
    data["events"][0]["note"] = blank
    (fault,) = told(write(folder, data))
    assert fault.startswith("places.csv:2: name: holds nothing but blanks, give ")


def test_what_only_follows_from_another_fault_is_not_told(folder: Path):
    data = rows()
    data["events"][0] |= {"date_earliest": "June", "date_latest": ""}
    assert [fault.split(", ")[0] for fault in told(write(folder, data))] == [
        "events.csv:2: date_earliest: 'June' is not an ISO date"
    ]
    data = rows()
    data["places"][0]["name"] += ", Balkh"
    text = (write(folder, data) / "places.csv").read_text().replace('"', "")
    (folder / "places.csv").write_text(text)
    assert [fault.split(": ")[0] for fault in told(folder)] == ["places.csv:2"]


def test_a_data_package_that_is_no_json_is_told(folder: Path):
    (folder / "datapackage.json").write_text("{")
    (fault,) = told(folder)
    assert fault.startswith("datapackage.json: cannot be read as JSON (")


def test_a_file_may_lack_the_columns_that_are_optional_and_no_other(tmp_path: Path):
    folder = write(tmp_path)
    optional = [name for name, column in load().tables["sources"].columns.items() if column.optional]
    assert optional == ["outlet_family", "url_basis", "party_basis"]
    sources = pd.read_csv(folder / "sources.csv", dtype=str, keep_default_na=False)
    sources.drop(columns=optional).to_csv(folder / "sources.csv", index=False)
    assert (read_tables(folder).sources[optional] == "").all(axis=None)
    sources.drop(columns=[*optional, "outlet"]).to_csv(folder / "sources.csv", index=False)
    with pytest.raises(Faults, match=r"^sources\.csv:1: outlet: the column is missing, add it$"):
        read_tables(folder)
