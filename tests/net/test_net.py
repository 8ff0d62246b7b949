"""The net: what reports say, held while the code below them is rewritten. Golden numbers take its place; then it goes.

`recording.json.xz` holds, for our data under several settings and for folders of other people, what a build by the
command line leaves: values, tables, chart specifications, the outputs of each notebook in their order (not its cells
and their sources), the text of each page, and the content digest. Not held are the PDF and the SVG drawings, which the
same chapters and specifications are made into, and the pages' markup. VERSION, RENDERER and DIGEST stand for what
`manifest.json` names so; packages, keys and commits stand in no text that is held. Where a change of what is held is
meant, say so in the commit, and record anew: `python tests/net/test_net.py --record`.
"""

from __future__ import annotations

import difflib
import json
import lzma
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lxml.html
import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
RECORDING = HERE / "recording.json.xz"  # {case: {file: [line, …]}}
SHOWN = 12  # lines of a difference, in each file

Texts = dict[str, list[str]]  # the lines of each file


@dataclass(frozen=True)
class Case:
    """One report: the data, or the export that they are imported from, and the options of `build`."""

    data: str = "data"
    options: str = ""
    export: str = ""


MEDIA = "confirmed_by_official,reported_by_media,witnesses"
CASES = {
    "default": Case(),
    "as_of": Case(options="--as-of 2021-06-30"),
    "late_start": Case(options="--start 2021-06-20"),
    "claimed_by_party": Case(options=f"--set attribution={MEDIA},claimed_by_party"),
    "social_media": Case(options=f"--set attribution={MEDIA},social_media"),
    "denominator": Case(options="--set denominator=407"),
    "net": Case(options="--set net=true"),
    "confidence_and_latest": Case(options="--set confidence=0.9 --set date_rule=latest"),
    "two_decisions": Case(options="--set D03=week_before --set D04=counted"),
    "one_more_article": Case("examples/one-more-article"),
    "acled": Case(export="examples/acled/export.csv"),
    "small": Case("tests/net/folders/small"),
    "another_country": Case("tests/net/folders/another_country"),
    "nothing_but_a_source": Case("tests/net/folders/nothing_but_a_source"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_report_says_what_it_said_when_it_was_recorded(name: str, tmp_path: Path) -> None:
    differing = differences(recorded()[name], report(CASES[name], tmp_path))
    assert not differing, f"{name}: {' '.join(command(CASES[name], Path('out')))}\n" + "\n".join(differing)


def test_no_case_is_recorded_that_is_not_rebuilt() -> None:
    assert recorded().keys() == CASES.keys()


def test_a_difference_names_the_file_and_shows_the_lines() -> None:
    told = "\n".join(differences({"a": ["1", "2"], "gone": ["x"]}, {"a": ["1", "3"], "new": ["y"]}))
    assert re.findall(r"^\S.*", told, re.MULTILINE) == ["a: 2 lines differ", "gone: missing", "new: not recorded"]
    assert "-2" in told and "+3" in told


def recorded() -> dict[str, Texts]:
    return dict(json.loads(lzma.decompress(RECORDING.read_bytes())))


def differences(before: Texts, now: Texts) -> list[str]:
    """Say for each file that differs how many lines do, and show the first of them (- recorded, + now)."""
    told = []
    for file in sorted(before.keys() | now.keys()):
        if file not in now or file not in before:
            told.append(f"{file}: {'missing' if file in before else 'not recorded'}")
        elif before[file] != now[file]:
            lines = list(difflib.unified_diff(before[file], now[file], "recorded", "now", lineterm="", n=1))[2:]
            changed = [line for line in lines if line[0] in "+-"]
            told += [f"{file}: {len(changed)} lines differ", *(f"  {line}" for line in lines[:SHOWN])]
    return told


# --- building ----------------------------------------------------------------------------------------------------


def report(case: Case, folder: Path) -> Texts:
    """Build a case below `folder` by the command line, with nothing that earlier builds left; return what it says."""
    imported: Texts = {}
    folder.mkdir(exist_ok=True)
    if case.export:
        districtloss("import", "acled", case.export, "--output", str(folder / "imported"))
        imported = {f"imported/{p.name}": _lines(p) for p in sorted((folder / "imported").glob("*.csv"))}
    districtloss(*command(case, folder))
    return imported | contents(folder / "report")


def command(case: Case, folder: Path) -> list[str]:
    data = str(folder / "imported") if case.export else case.data
    fixed = ["--output", str(folder / "report"), "--renderer", "pandoc", "--force", "--quiet"]
    return ["build", "--data", data, *fixed, *case.options.split()]


def districtloss(*arguments: str) -> None:
    paths = [str(ROOT / "analysis"), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    done = subprocess.run(
        [sys.executable, "-m", "districtloss", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


# --- what a report says ------------------------------------------------------------------------------------------


def contents(out: Path) -> Texts:
    """Return what is held of an output folder."""
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    held = {"manifest.json": list(leaves({name: manifest[name] for name in ("digest", "parameters")}))}
    written = {p.relative_to(out).as_posix(): p for p in sorted(out.rglob("*"))}
    masks = {
        rf"\b{manifest['digest'][:12]}(?:{manifest['digest'][12:]})?\b": "DIGEST",
        re.escape(manifest["renderer"]["version"]): "RENDERER",
        rf"(?<![\d.]){re.escape(manifest['version'])}(?!\.?\d)": "VERSION",
        r"\bdata-[0-9a-f]{32}\b": "data-DIGEST",  # Altair names a data set by its hash
        r"(vega-lite/v\d+)[\d.]*(?=\.json)": r"\1",
    }
    for name, path in written.items():
        if lines := _lines(path):
            text = "\n".join(lines)
            for pattern, word in masks.items():
                text = re.sub(pattern, word, text)
            held[name] = text.split("\n")
    return held


def _lines(path: Path) -> list[str]:
    """Return the lines that are held of one file; none of a file that is not."""
    if path.name == "manifest.json" or path.suffix not in (".json", ".csv", ".ipynb", ".html", ".js"):
        return []
    text = path.read_text("utf-8")
    match path.suffix:
        case ".csv":
            return text.split("\n")
        case ".ipynb":
            return list(outputs(json.loads(text)))
        case ".html":
            return list(page(text))
        case ".json":
            return list(leaves(json.loads(text)))
    assigned = re.fullmatch(r"window\.DISTRICTLOSS_NUMBERS = (.*?);?\s*", text, re.DOTALL)  # what popovers say
    return list(leaves(json.loads(assigned[1]))) if assigned else []


def leaves(value: Any, path: str = "") -> Iterator[str]:
    """Yield a line for each value in a JSON document, with the way to it; rows of plain values are one line."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if not any(isinstance(each, dict | list) for each in inner):
        yield f"{path} = {json.dumps(value, ensure_ascii=False, sort_keys=True)}"
    elif isinstance(value, dict):
        for name in sorted(value):
            yield from leaves(value[name], f"{path}.{name}")
    else:
        for at, each in enumerate(value):
            yield from leaves(each, f"{path}[{at}]")


def outputs(notebook: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of all outputs of an executed notebook, of each in the form that a reader sees."""
    for output in (output for cell in notebook["cells"] for output in cell.get("outputs", [])):
        data = output.get("data", {})
        chart = next((data[kind] for kind in data if kind.startswith("application/vnd.vegalite")), None)
        if chart:
            yield from leaves(chart, "chart")
        elif "text/html" in data:
            yield from visible(lxml.html.fragment_fromstring("".join(data["text/html"]), create_parent="div"))
        else:
            yield from "".join(output.get("text") or data.get("text/plain") or json.dumps(output)).splitlines()


BLOCKS = re.compile(
    "address|article|aside|blockquote|body|br|button|caption|dd|details|dialog|div|dl|dt|fieldset|figcaption|figure|"
    "footer|form|h[1-6]|header|hr|label|legend|li|main|nav|ol|option|p|pre|section|select|summary|table|tbody|tfoot|"
    "thead|title|tr|ul"
)


def page(html: str) -> Iterator[str]:
    """Yield the lines of a page that a reader sees, then the rows that its scripts draw tables from."""
    tree = lxml.html.document_fromstring(html)
    yield from visible(tree)
    for data in tree.xpath("//script[@type='application/json'][@id]"):  # not chart specifications: figures/ has them
        yield from leaves(json.loads(data.text), data.get("id"))


def visible(element: lxml.html.HtmlElement) -> Iterator[str]:
    """Yield the text of an element: a line for each block and each row of a table, without needless space."""
    for line in "".join(_pieces(element)).split("\n"):
        if text := " ".join(line.split()):
            yield text


def _pieces(element: lxml.html.HtmlElement) -> Iterator[str]:
    if isinstance(element.tag, str) and element.tag not in ("script", "style", "template"):
        end = "\n" if BLOCKS.fullmatch(element.tag) else " | " if element.tag in ("td", "th") else ""
        yield end if end == "\n" else ""
        yield " ".join((element.text or "", element.get("alt", ""))).replace("\n", " ")
        for child in element:
            yield from _pieces(child)
        yield end
    yield (element.tail or "").replace("\n", " ")


# --- recording ---------------------------------------------------------------------------------------------------


def record() -> None:
    """Write the recording anew, and print what is no longer as it was."""
    before = recorded() if RECORDING.is_file() else {}
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count()) as pool:
        now = dict(zip(CASES, pool.map(report, CASES.values(), (Path(folder) / name for name in CASES)), strict=True))
    for name in CASES:
        told = differences(before[name], now[name]) if name in before else []
        print(f"{name}: {len(now[name])} files", *told, sep="\n  ")
    text = json.dumps(now, ensure_ascii=False, sort_keys=True, indent=0)
    RECORDING.write_bytes(lzma.compress(text.encode(), preset=9))


if __name__ == "__main__":
    if sys.argv[1:] != ["--record"]:
        sys.exit("python tests/net/test_net.py --record")
    record()
