"""The real data to the finished report, as a user makes it: what must be there, and what the numbers must be."""

import csv
import json
import re
import subprocess
import sys
from pathlib import Path

import altair
import pytest

from districtloss.files import digest
from districtloss.paths import DATA, ROOT


def command(*arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "districtloss", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> Path:
    target = tmp_path_factory.mktemp("end") / "report"
    done = command("build", "--renderer", "pandoc", "--output", str(target))
    assert done.returncode == 0, done.stderr
    return target


@pytest.fixture(scope="module")
def values(report) -> dict:
    return json.loads((report / "results" / "values.json").read_text("utf-8"))


def test_the_output_folder_is_what_the_contract_says(report):
    assert (report / "index.html").is_file()
    assert (report / "report.pdf").read_bytes().startswith(b"%PDF-")
    for folder, ending in (("tables", "csv"), ("figures", "vl.json"), ("figures", "svg"), ("notebooks", "ipynb")):
        assert list((report / "results" / folder).glob(f"*.{ending}")), (folder, ending)
    chapters = {p.stem for p in (ROOT / "chapters").glob("*.qmd")}
    assert {p.stem for p in (report / "chapters").glob("*.html")} == chapters


def test_every_chart_is_what_the_schema_of_vega_lite_has(report):
    specifications = sorted((report / "results" / "figures").glob("*.vl.json"))
    assert specifications
    for path in specifications:
        altair.Chart.from_json(path.read_text("utf-8"), validate=True)


def test_the_manifest_hashes_every_file_and_names_no_machine(report):
    manifest = json.loads((report / "manifest.json").read_text("utf-8"))
    files = digest.tree(report)
    del files["manifest.json"]
    assert manifest["outputs"] == files
    assert manifest["inputs"]["data/events.csv"] == digest.sha256(DATA / "events.csv")
    assert {"version", "digest", "parameters", "packages", "renderer"} <= manifest.keys()
    text = (report / "manifest.json").read_text("utf-8")
    assert str(report.parent) not in text and str(ROOT) not in text
    assert manifest["parameters"]["as_of"] == "2021-07-27"


def test_no_page_table_or_notebook_names_a_folder_of_this_machine(report):
    texts = [p for p in report.rglob("*") if p.suffix in {".html", ".json", ".csv", ".ipynb", ".svg", ".md", ".js"}]
    assert texts
    for path in texts:
        text = path.read_text("utf-8")
        assert str(ROOT) not in text and "/tmp/" not in text, path.name


# name: (value, low, high), each worked out by hand from the articles.
GOLDEN = {
    # 4 June to 27 July, both counted: 27 days of June, 27 of July.
    "exposure_days": (54, None, None),
    # Thirteen districts named by Kabul Now on 30 June, five on 24 June, Imam Sahib and Doshi by South Front; Maywand
    # is in both, Kaldar in two: 20 incidents. Balkh can have fallen before 4 June: 19 are certain.
    "gross_losses": (19, 19, 20),
    # Kaldar was retaken on 26 July, after it fell on 30 June: one fewer of the certain ones. Balkh, possible, fell by
    # 21 June and was retaken on that day: two fewer of the possible ones.
    "net_held": (18, 18, 18),
    # Balkh and Kaldar were won back; Shinwari and Khost wa Firing by the word of the side that won them.
    "recaptures": (2, 2, 2),
    "statement_losses": (8, 8, 8),
    # 4 to 30 June, both counted.
    "statement_days": (27, None, None),
    # 8/27 = 0.2963; Garwood's 3.4538/27 = 0.1279 and 15.7632/27 = 0.5838.
    "statement_rate": (0.2963, 0.1279, 0.5838),
    # Ab Band and Gilan of the eight.
    "coverage": (0.25, 0.25, 0.25),
    # 12 of 19; 12 - 8 = 4 of 19 before.
    "statement_share": (12 / 19, None, None),
    "statement_share_before": (4 / 19, None, None),
    "pentagon_share": (81 / 419, 81 / 419, 81 / 419),
    "milley_share": (0.5, 0.45, 0.55),
    "taliban_share": (201 / 419, 201 / 419, 1),  # over 200
    "biden_ratio": (4, None, None),
    "outlet_ratio": (2.48, None, None),
    "rate_pentagon_milley": (128.5 / 25.5, 107.55 / 32, 149.45 / 19),
    "rate_pentagon_taliban": (120 / 11.5, 120 / 15, 338 / 8),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_numbers(values, name):
    got = tuple(values[name][key] for key in ("value", "low", "high"))
    assert got == pytest.approx(GOLDEN[name], abs=1e-4)


def test_each_number_has_its_trail(values):
    rows = {r["event_id"] for r in csv.DictReader((DATA / "events.csv").open())}
    rows |= {r["claim_id"] for r in csv.DictReader((DATA / "claims.csv").open())}
    for name, value in values.items():
        assert value["label"] and value["formula"] and value["text"], name
        assert set(value["rows"]) <= rows, name
        assert re.fullmatch(r"0\d_\w+", value["notebook"]), name


def test_the_trail_of_coverage_leads_to_the_rows_and_their_paragraphs(report, values):
    assert values["coverage"]["rows"] == ["C010", "E021", "E057"]
    page = (report / "chapters" / "numbers.html").read_text("utf-8")
    entry = page.split('id="n-coverage"')[1].split("<h3")[0]
    assert "Ab Band" in entry and "Gilan" in entry and "Kabul Now, 30 Jun, paragraph 9" in entry
    assert "D02" in entry  # the decision on undated news touches Ab Band's fall


def test_flipping_a_decision_changes_what_it_should_and_nothing_else(values, tmp_path):
    done = command("run", "--set", "D05=counted", "--output", str(tmp_path / "flipped"))
    assert done.returncode == 0, done.stderr
    flipped = json.loads((tmp_path / "flipped" / "results" / "values.json").read_text("utf-8"))
    # Nad Ali counted: one loss more, certain.
    assert (flipped["gross_losses"]["low"], flipped["gross_losses"]["high"]) == (20, 21)
    untouched = ["statement_rate", "coverage", "pentagon_share", "rate_pentagon_milley", "biden_ratio", "reports_count"]
    for name in untouched:
        assert flipped[name] == values[name], name


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--set", "denominater=419"], "--set: denominater: no such parameter, did you mean denominator?"),
        (["--set", "D04=perhaps"], "--set: D04: no option 'perhaps', one of not_counted, counted"),
        (["--start", "yesterday"], "--set: start: 'yesterday' is not usable, an ISO date such as 2021-06-04"),
        (["--data", "/nowhere"], "/nowhere: is not a folder, name the folder that holds the tables"),
        (["--renderer", "word"], "--renderer: 'word' is not a renderer, auto, quarto or pandoc"),
    ],
)
def test_a_wrong_option_is_one_line_exit_2_and_nothing_written(arguments, line, tmp_path):
    target = tmp_path / "out"
    done = command("build", "--output", str(target), *arguments)
    assert done.returncode == 2
    assert done.stderr.strip() == line
    assert not target.exists()
