"""Bad input, as a user meets it on the command line: exit code 2, a line a fault, nothing written, no traceback."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from districtloss import cli
from districtloss.errors import Faults
from districtloss.files import report_folder
from districtloss.tables.reading import read_tables
from districtloss.tables.schema import load
from helpers.new_data import one_event
from helpers.small_data import rows, write

FILES = {name: table.file for name, table in load().tables.items()}
LINE = re.compile(r"^[\w./ -]+(:\d+)?: (.+: )?.+, .+$")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "data")


def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: object
) -> tuple[int, list[str]]:
    """Run a command in this process; return its exit code and the lines on standard error."""
    monkeypatch.setattr(sys, "argv", ["districtloss", *map(str, arguments)])
    monkeypatch.setattr(cli.signal, "signal", lambda *_: None)  # signals to the tests are pytest's
    code = 0
    try:
        cli.main()
    except SystemExit as end:
        code = int(end.code or 0)
    return code, capsys.readouterr().err.splitlines()


def cell(table: str, row: int, **cells: str) -> Callable[[Path], None]:
    """A way to break the folder: other cells in a row (counted from 0) of a table."""

    def broken(folder: Path) -> None:
        data = rows()
        data[table][row] |= cells
        write(folder, data)

    return broken


def content(table: str, change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def broken(folder: Path) -> None:
        path = folder / FILES[table]
        path.write_bytes(change(path.read_bytes()))

    return broken


def twice(table: str) -> Callable[[Path], None]:
    def broken(folder: Path) -> None:
        data = rows()
        data[table].append(dict(data[table][0]))
        write(folder, data)

    return broken


# What is wrong; how to break the folder; file and line, column and words of one of the faults.
BROKEN = {
    "missing file": (lambda f: (f / "claims.csv").unlink(), "claims.csv: is missing, add it"),
    "missing column": (content("places", lambda b: b.replace(b",kind,", b",", 1).replace(b",district,", b",")),
                       "places.csv:1: kind: the column is missing"),
    "extra column": (content("places", lambda b: b.replace(b"\n", b",\n").replace(b",\n", b",colour\n", 1)),
                     "places.csv:1: unknown column 'colour'"),
    "renamed column": (content("events", lambda b: b.replace(b"actor", b"aktor", 1)),
                       "events.csv:1: 'aktor': unknown column, did you mean actor?"),
    "ragged row": (content("places", lambda b: b + b"a,b\n"), "places.csv:5: 2 cells where the header has 8"),
    "empty file": (content("events", lambda _: b""), "events.csv: is empty, begin it with the header"),
    "wrong encoding": (content("places", lambda b: b.replace(b"Gilan", b"G\xeflan")),
                       "places.csv:4: the byte b'\\xef'"),
    "UTF-16": (content("places", lambda b: b.decode().encode("utf-16")), "places.csv: is UTF-16, save it as UTF-8"),
    "NUL byte": (content("places", lambda b: b.replace(b"Gilan", b"Gi\0lan")), "places.csv:4: holds a NUL byte"),
    "duplicate id": (twice("events"), "events.csv:5: event_id: 'E001' stands in line 2 already"),
    "unknown key": (cell("events", 0, source_id="paper-2021-06-31"),
                    "events.csv:2: source_id: 'paper-2021-06-31' is no source_id of sources.csv, did you mean"),
    "unknown place": (cell("events", 0, place_id="balkh/kalder"), "did you mean balkh/kaldar?"),
    "impossible date": (cell("events", 0, date_latest="2021-02-30"), "events.csv:2: date_latest: '2021-02-30' is not"),
    "other date format": (cell("events", 0, date_latest="30/06/2021"), "give an ISO date such as 2021-06-30"),
    "reversed interval": (cell("events", 1, date_earliest="2021-06-30", date_latest="2021-06-25"),
                          "events.csv:3: date_earliest: 2021-06-30 is later than date_latest 2021-06-25, swap"),
    "after publication": (cell("events", 1, date_latest="2021-07-02"),
                          "events.csv:3: date_latest: 2021-07-02 is after 'paper-2021-06-30' was published"),
    "no number": (cell("claims", 0, value_low="many"), "claims.csv:2: value_low: 'many' is not a number"),
    "number in words of pandas": (cell("claims", 0, value_low="nan"), "claims.csv:2: value_low: 'nan' is not a number"),
    "thousands with a comma": (cell("claims", 0, value_low="1,000"), "'1,000' is not a number"),
    "negative": (cell("claims", 0, value_low="-3"), "claims.csv:2: value_low: '-3' is below 0"),
    "share above one": (cell("claims", 1, value_high="85"), "claims.csv:3: value_high: a share of 85 is above 1"),
    "low above high": (cell("claims", 0, value_low="90"), "claims.csv:2: value_low: 90 is above value_high 81, swap"),
    "stock above its whole": (cell("claims", 0, value_low="420", value_high="420"),
                              "claims.csv:2: value_low: 420 is above the denominator 419"),
    "unknown word": (cell("events", 0, event_type="captured"),
                     "events.csv:2: event_type: 'captured' is not in the vocabulary, did you mean capture?"),
    "a million characters": (cell("events", 0, note="x" * 1_000_000),
                             "events.csv:2: note: 1,000,000 characters, at most 2,000 are allowed"),
    "formula where none can be": (cell("events", 0, paragraph="=1+1"), "paragraph: '=1+1' is not a whole number"),
    "no JSON": (lambda f: (f / "datapackage.json").write_text("{"), "datapackage.json: cannot be read as JSON"),
    "a pipe for a file": (lambda f: ((f / "claims.csv").unlink(), os.mkfifo(f / "claims.csv")),
                          "claims.csv: cannot be read (it is no file)"),
    "a device for a file": (lambda f: ((f / "claims.csv").unlink(), (f / "claims.csv").symlink_to("/dev/zero")),
                            "claims.csv: cannot be read (it is no file), make it a readable file"),
    "a device for a file of a part": (
        lambda f: ((f / "claims.csv").unlink(), (f / "claims.csv").symlink_to("/dev/zero"),
                   (f / "datapackage.json").write_text('{"districtloss:extends": "replace"}')),
        "claims.csv: cannot be read (it is no file)"),
    "a device for a data package": (lambda f: (f / "datapackage.json").symlink_to("/dev/zero"),
                                    "datapackage.json: cannot be read as JSON"),
    "a device for a coding": (
        lambda f: [((f / name).mkdir(), (f / name / "events.csv").symlink_to("/dev/zero"))
                   for name in ("first_coding", "second_coding")],
        "first_coding/events.csv: cannot be read (it is no file)"),
    "misspelt key": (lambda f: (f / "datapackage.json").write_text('{"districtloss:parameter": {}}'),
                     "datapackage.json: districtloss:parameter: is no key of ours, districtloss:parameters?"),
    "a folder for a file that replaces ours": (
        lambda f: ((f / "claims.csv").unlink(), (f / "claims.csv").mkdir(),
                   (f / "datapackage.json").write_text('{"districtloss:extends": "replace"}')),
        "claims.csv: cannot be read (Is a directory)"),
    "a folder for a file": (lambda f: ((f / "claims.csv").unlink(), (f / "claims.csv").mkdir()),
                            "claims.csv: cannot be read (Is a directory)"),
    "option of no column": (cell("options", 0, column="0"), "options.csv:2: column: '0' does not have the form"),
    "option of no row": (cell("options", 0, row_id="x"), "options.csv:2: row_id: 'x' does not have the form"),
    "decision without options": (lambda f: (f / "options.csv").unlink(), "the alternative 'the_29th' changes nothing"),
}  # fmt: skip


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_folder_is_refused_with_what_to_mend_and_nothing_is_written(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, what: str
):
    breaking, fault = BROKEN[what]
    breaking(folder)
    target = folder.parent / "out" / "report"
    for command in (["check"], ["build", "--quiet", "--output", target, "--renderer", "pandoc"]):
        code, told = run(capsys, monkeypatch, *command, "--data", folder)
        assert code == 2
        assert any(fault in line for line in told), told
        assert all(LINE.match(line) for line in told), told
    assert not target.exists()
    left = list(target.parent.iterdir()) if target.parent.exists() else []
    assert left == []


def test_all_faults_come_in_one_go_up_to_a_hundred_and_then_their_number(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    data = rows()
    data["places"] += [{**data["places"][0], "place_id": f"balkh/p{n}", "kind": "hamlet"} for n in range(150)]
    data["events"][0]["actor"] = "nobody"
    write(folder, data)
    code, told = run(capsys, monkeypatch, "check", "--data", folder)
    assert code == 2
    assert len(told) == 101
    assert told[-1] == "and 51 more faults"


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (["--start", "soon"], "--set: start: 'soon' is not usable"),
        (["--start", "2021-07-30", "--as-of", "2021-07-01"], "2021-07-01"),
        (["--set", "denominator"], "has no value, write --set denominator=VALUE"),
        (["--set", "denominator=0"], "denominator: '0' is not usable, a whole number from 1 to 1000"),
        (["--set", "denominater=3"], "no such parameter, did you mean denominator?"),
        (["--set", "D99=x"], "D99: no such decision"),
        (["--set", "D01=x"], "D01: no option 'x', one of the_30th, the_29th, none"),
        (["--renderer", "word"], "'word' is not a renderer"),
    ],
)
def test_a_wrong_option_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, arguments: list[str], fault: str
):
    target = folder.parent / "report"
    code, told = run(capsys, monkeypatch, "build", "--quiet", "--data", folder, "--output", target, *arguments)
    assert code == 2
    assert fault in "\n".join(told)
    assert not target.exists()


def test_a_data_folder_that_is_none_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "file").write_text("x")
    for data in (tmp_path / "none", tmp_path / "file"):
        for command in (["check"], ["build", "--quiet", "--output", tmp_path / "out"]):
            code, told = run(capsys, monkeypatch, *command, "--data", data)
            assert (code, told) == (2, [f"{data}: is not a folder, name the folder that holds the tables"])


# --- the output folder --------------------------------------------------------------------------------------------


def test_an_output_folder_of_somebody_else_is_refused_and_left_alone(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    target = folder.parent / "thesis"
    target.mkdir()
    (target / "chapter.doc").write_text("mine")
    for manifest in (None, "{}", '{"generator": "another"}', "no json", "[1]"):
        if manifest is not None:
            (target / "manifest.json").write_text(manifest)
        code, told = run(capsys, monkeypatch, "build", "--data", folder, "--output", target, "--quiet")
        assert code == 2
        assert told == [f"{target}: holds files that this command did not make, name an empty or a new folder"]
    assert (target / "chapter.doc").read_text() == "mine"


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"strat": "2021-07-01"}, "districtloss:parameters strat: no such parameter, did you mean start?"),
        ({"confidence": 95}, "districtloss:parameters confidence: '95' is not usable, a number from 0.5 to 0.999"),
        ({"D77": "x"}, "districtloss:parameters D77: no such decision, one of D01"),
        (
            {"denominator": 60},
            "districtloss:parameters denominator: 60 is less than the 81 of C001, "
            "say how many districts the country has: --set denominator=330",
        ),
    ],
)
def test_check_holds_the_parameters_of_a_folder_too(folder, capsys, monkeypatch, given, fault):
    (folder / "datapackage.json").write_text(json.dumps({"districtloss:parameters": given}))
    code, told = run(capsys, monkeypatch, "check", "--data", folder)
    assert (code, told) == (2, [f"datapackage.json: {fault}"])


OLDER = "the window would be empty: the newest source is of 2015-07-05, say an earlier start, after --start or in "
OLDER += "districtloss:parameters of datapackage.json, or say --as-of too"


@pytest.fixture
def older(folder: Path) -> Path:
    """The small data, six years earlier."""
    for file in ("sources.csv", "events.csv", "claims.csv"):
        text = (folder / file).read_text("utf-8")
        (folder / file).write_text(re.sub(r"2021-(\d\d-\d\d),", r"2015-\1,", text), "utf-8")
    return folder


def test_a_folder_that_is_older_than_the_window_is_asked_for_another(older, tmp_path, capsys, monkeypatch):
    command = ["run", "--quiet", "--data", older, "--output", tmp_path / "out"]
    assert run(capsys, monkeypatch, *command) == (2, [f"--start: {OLDER}"])
    assert run(capsys, monkeypatch, *command, "--start", "2015-06-04") == (0, [])


def test_check_tells_what_a_build_has_to_be_told(older, capsys, monkeypatch):
    text = (older / "claims.csv").read_text("utf-8")
    (older / "claims.csv").write_text(text.replace(",81,81,", ",519,519,").replace(",419,", ",,"), "utf-8")
    monkeypatch.setattr(sys, "argv", ["districtloss", "check", "--data", str(older)])
    cli.app(standalone_mode=False)
    _, *asked = capsys.readouterr().out.splitlines()
    assert asked == [
        "Before a build: --set: denominator: 419 is less than the 519 of C001, "
        "say how many districts the country has: --set denominator=330",
        f"Before a build: --start: {OLDER}",
    ]


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"D01": "x"}, "D01: no option 'x', one of the_30th, the_29th, none"),
        ({"denominator": 60}, "denominator: 60 is less than the 81 of C001"),
        ({"start": "2022-01-01"}, "start: the window would be empty: the newest source is of 2021-07-05"),
    ],
)
def test_a_build_says_where_a_parameter_was_set(folder, capsys, monkeypatch, given, fault):
    (folder / "datapackage.json").write_text(json.dumps({"districtloss:parameters": given}))
    command = ["run", "--quiet", "--data", folder, "--output", folder.parent / "out"]
    code, told = run(capsys, monkeypatch, *command)
    assert code == 2 and len(told) == 1
    assert told[0].startswith(f"datapackage.json: districtloss:parameters {fault}")
    code, told = run(
        capsys, monkeypatch, *command, "--set", "denominator=7", "--set", "D01=the_29th", "--start=2021-06-04"
    )
    assert code == 2 and len(told) == 1
    assert told[0].startswith("--set: denominator: 7 is less than the 81 of C001")


def test_a_file_of_somebody_else_in_a_report_is_not_taken_along(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    target = folder.parent / "report"
    target.mkdir()
    (target / "index.html").write_text("ours")
    (target / "manifest.json").write_text('{"generator": "districtloss", "outputs": {"index.html": ""}}')
    for name in (".DS_Store", "._index.html", ".~lock.a.csv#", "~$a.docx"):  # of file managers and office programs
        (target / name).write_text("")
    report_folder.check_ours(target)
    (target / "notes").mkdir()
    (target / "notes" / "mine.txt").write_text("mine")
    code, told = run(capsys, monkeypatch, "build", "--data", folder, "--output", target, "--quiet")
    problem = "holds notes/mine.txt, which this command did not make and would delete"
    assert (code, told) == (2, [f"{target}: {problem}, move it away, or name another folder"])
    assert (target / "notes" / "mine.txt").read_text() == "mine"


def test_an_output_folder_that_is_a_file_or_lies_below_one_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    (folder.parent / "file").write_text("mine")
    code, told = run(capsys, monkeypatch, "build", "--data", folder, "--output", folder.parent / "file", "--quiet")
    assert code == 2 and told[0].endswith("is a file, name a folder")
    below = folder.parent / "file" / "report"
    code, told = run(capsys, monkeypatch, "build", "--data", folder, "--output", below, "--quiet")
    assert code == 2 and told[0].startswith(f"{below}: cannot be written (")


def test_an_output_folder_that_is_a_link_to_itself_is_refused(folder, capsys, monkeypatch):
    circle = folder.parent / "circle"
    circle.symlink_to(circle)
    for target in (circle, circle / "report"):
        code, told = run(capsys, monkeypatch, "build", "--data", folder, "--output", target, "--quiet")
        problem = "is a link, or lies behind one, that leads back to itself"
        assert (code, told) == (2, [f"{target}: {problem}, name a folder"])
    assert circle.is_symlink()


def test_an_output_folder_without_the_right_to_write_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    target = folder.parent / "report"
    made = Path.mkdir

    def refused(path: Path, *rest: object, **named: object) -> None:
        if path.parent == target.parent:
            raise PermissionError(errno.EACCES, "Permission denied")
        made(path, *rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(Path, "mkdir", refused)
    code, told = run(capsys, monkeypatch, "build", "--data", folder, "--output", target, "--quiet")
    assert (code, told) == (2, [f"{target}: cannot be written (Permission denied), make room or name another folder"])


# --- anything at all ----------------------------------------------------------------------------------------------

TABLES = list(FILES)
ODD = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["", "0", "-1", "nan", "inf", "1e999", "9" * 400, "2021-06-31", "=cmd()", "E001|E001", "AF",
                     "\u2028", "a|b", "|", "١", "2021-06-30 ", "ﬁ", "\ud7ff", "I001", "balkh/kaldar", "D01",
                     "none", "C001"]),
)  # fmt: skip


def broken_csv(draw: st.DrawFn, table: str) -> bytes:
    """A table with a few cells, columns, rows or bytes that are not as they were."""
    header = list(load().tables[table].columns)
    lines = [header, *([row.get(name, "") for name in header] for row in rows()[table])]
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(lines) - 1))
        if not lines[at]:
            continue
        column = draw(st.integers(0, len(lines[at]) - 1))
        match draw(st.sampled_from(["cell", "cell", "cell", "drop", "add", "copy", "leave out"])):
            case "cell":
                lines[at][column] = draw(ODD)
            case "drop":
                del lines[at][column]
            case "add":
                lines[at].insert(column, draw(ODD))
            case "copy":
                lines.append(list(lines[at]))
            case "leave out" if at:
                del lines[at]
    stream = io.StringIO()
    csv.writer(stream, lineterminator=draw(st.sampled_from(["\n", "\r\n"]))).writerows(lines)
    data = bytearray(stream.getvalue().encode("utf-8", "surrogatepass"))
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 3]))):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data)


@st.composite
def broken_folders(draw: st.DrawFn) -> dict[str, bytes]:
    files = {
        FILES[name]: broken_csv(draw, name) for name in draw(st.sets(st.sampled_from(TABLES), min_size=1, max_size=3))
    }
    json_value = st.recursive(
        st.none() | st.booleans() | st.integers() | ODD, lambda c: st.lists(c) | st.dictionaries(ODD, c)
    )
    kind = draw(st.sampled_from(["none", "none", "none", "json", "bytes", "keys"]))
    if kind == "json":
        files["datapackage.json"] = json.dumps(draw(json_value)).encode()
    elif kind == "bytes":
        files["datapackage.json"] = draw(st.binary(max_size=40))
    elif kind == "keys":
        keys = ["districtloss:extends", "districtloss:country", "districtloss:parameters", "resources"]
        words = json_value | st.sampled_from(["add", "replace"])
        files["datapackage.json"] = json.dumps(draw(st.dictionaries(st.sampled_from(keys), words))).encode()
    return files


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(broken_folders())
def test_whatever_a_folder_holds_it_is_read_or_its_faults_are_told(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes]
):
    folder = write(tmp_path_factory.mktemp("fuzz"))
    for name, data in files.items():
        (folder / name).write_bytes(data)
    try:
        read_tables(folder)
    except Faults as found:
        lines = [str(fault) for fault in found.faults]
        assert lines
        assert all(line.isprintable() for line in lines), lines


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.dictionaries(
        st.sampled_from(["start", "as_of", "denominator", "net", "confidence", "D01", "attribution"]) | ODD, ODD
    )
)
def test_whatever_is_set_it_is_taken_or_told(named: dict[str, str]):
    from districtloss import parameters

    try:
        parameters.parse(named)
    except Faults as found:
        assert all(str(fault).isprintable() for fault in found.faults)


@pytest.mark.parametrize("mark", ["bom", "crlf"])
def test_a_byte_order_mark_and_windows_line_ends_are_no_fault(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, mark: str
):
    folder = write(tmp_path, one_event())
    for path in folder.glob("*.csv"):
        data = path.read_bytes()
        path.write_bytes(b"\xef\xbb\xbf" + data if mark == "bom" else data.replace(b"\n", b"\r\n"))
    assert run(capsys, monkeypatch, "check", "--data", folder) == (0, [])


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ({"path": "../../etc/passwd"}, "resources[0].path: is '../../etc/passwd', it is 'events.csv', or leave it out"),
        ({"encoding": "utf-16"}, "resources[0].encoding: is 'utf-16', it is 'utf-8', or leave it out"),
        ({"dialect": {"delimiter": ";"}}, "resources[0].dialect.delimiter: is ';', it is ',', or leave it out"),
    ],
)
def test_a_package_says_nothing_untrue_of_a_table(tmp_path: Path, said: dict[str, object], fault: str):
    write(tmp_path)
    (tmp_path / "datapackage.json").write_text(json.dumps({"resources": [{"name": "events"} | said]}), "utf-8")
    with pytest.raises(Faults) as caught:
        read_tables(tmp_path)
    assert str(caught.value.faults[0]) == f"datapackage.json: {fault}"
