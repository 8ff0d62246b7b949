"""What `verify` says of a pinned version that was tampered with, and of one that was made again."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from districtloss.files import digest, forms, report_folder
from districtloss.releases import integrity, rebuild, versions
from districtloss.releases.rebuild import DIFFERENT, IDENTICAL, SAME_RESULTS
from helpers.pinned import PACKAGES, VALUE, manifest, pinned


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return pinned(tmp_path / "1.0.0")


def told(folder: Path) -> list[str]:
    return list(map(str, integrity.check(folder)))


def test_a_folder_as_it_was_made_matches(folder: Path) -> None:
    assert told(folder) == []


def test_files_that_are_missing_changed_and_added_are_named(folder: Path) -> None:
    (folder / "report.pdf").unlink()
    (folder / "index.html").write_text("<p>Version 1.0.0!</p>", "utf-8")
    (folder / "results" / "tables" / "b.csv").write_text("", "utf-8")
    assert told(folder) == ["index.html: changed", "report.pdf: missing", "results/tables/b.csv: added"]


def test_no_single_bit_of_any_file_can_be_turned_unseen(folder: Path) -> None:
    for name in digest.tree(folder):
        path = folder / name
        whole = path.read_bytes()
        for at in range(0, len(whole), max(1, len(whole) // 25)):
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            # Where the two that vouch for each other disagree, either can be at fault, and both are named.
            assert any(name in line for line in told(folder)), (name, at)
            assert len(told(folder)) == 1, (name, at)
        path.write_bytes(whole)
    assert told(folder) == []


def test_a_manifest_that_is_gone_or_somebody_elses_is_told(folder: Path) -> None:
    (folder / report_folder.MANIFEST).write_text('{"generator": "other"}', "utf-8")
    assert told(folder) == ["manifest.json: is not the manifest of a pinned version"]
    (folder / report_folder.MANIFEST).unlink()
    assert told(folder)[0].startswith("manifest.json: cannot be read")


@pytest.mark.parametrize("facts", [{"outputs": 5}, {"outputs": 5, "digest": None}])
def test_a_manifest_with_something_of_another_kind_is_told(folder: Path, facts: dict[str, object]) -> None:
    record = versions.manifest(folder) | facts
    (folder / report_folder.MANIFEST).write_text(forms.as_json(record), "utf-8")
    assert told(folder) == [f"manifest.json: changed: it has no usable {' and '.join(facts)}"]


def test_a_link_in_place_of_a_file_is_no_match(folder: Path, tmp_path: Path) -> None:
    away = tmp_path / "away.pdf"
    shutil.move(folder / "report.pdf", away)
    (folder / "report.pdf").symlink_to(away)
    assert told(folder) == ["report.pdf: changed"]


def test_data_changed_together_with_their_hash_contradict_the_digest(folder: Path) -> None:
    (folder / "data" / "events.csv").write_text("event_id\nE002\n", "utf-8")
    before = versions.manifest(folder)["digest"]
    manifest(folder, "1.0.0", digest=before)
    assert told(folder) == ["manifest.json: changed: its digest is not that of the data and results it lists"]


def test_a_page_changed_together_with_its_hash_contradicts_the_identifier(folder: Path) -> None:
    before = versions.manifest(folder)["swhid"]
    (folder / "index.html").write_text("<p>Other</p>", "utf-8")
    manifest(folder, "1.0.0")
    record = versions.manifest(folder) | {"swhid": before}
    (folder / report_folder.MANIFEST).write_text(forms.as_json(record), "utf-8")
    files = digest.tree(folder)
    del files[versions.SUMS]
    (folder / versions.SUMS).write_text(versions.sums(files), "utf-8")
    assert told(folder) == ["manifest.json: changed: its SWHID is not that of the files"]


def test_anybody_can_check_the_folder_with_sha256sum(folder: Path) -> None:
    if not shutil.which("sha256sum"):
        pytest.skip("sha256sum is not on the PATH")
    command = ["sha256sum", "--check", "--strict", "--quiet", versions.SUMS]
    assert subprocess.run(command, cwd=folder, check=False).returncode == 0
    (folder / "data" / "events.csv").write_text("", "utf-8")
    assert subprocess.run(command, cwd=folder, check=False, capture_output=True).returncode == 1


def test_the_identifier_is_that_of_the_git_tree_without_manifest_and_sums(folder: Path, tmp_path: Path) -> None:
    claimed = versions.manifest(folder)["swhid"]
    tree = tmp_path / "tree"
    shutil.copytree(folder, tree)
    for name in versions.UNLISTED:
        (tree / name).unlink()
    git = ["git", "-C", tree, "-c", "core.autocrlf=false"]
    subprocess.run([*git, "init", "--quiet"], check=True)
    subprocess.run([*git, "add", "--all", "--force"], check=True)
    found = subprocess.run([*git, "write-tree"], check=True, capture_output=True, text=True).stdout.strip()
    assert claimed == f"swh:1:dir:{found}"


# --- made again ----------------------------------------------------------------------------------------------------


def again(folder: Path, tmp_path: Path, changes: dict[str, str], **facts: object) -> rebuild.Rebuilt:
    """What `verify` says when the build of a pinned version gives the same but for `changes`."""
    built = tmp_path / "built"
    shutil.copytree(folder, built, ignore=shutil.ignore_patterns("data", "*.cff", "parameters.json", versions.SUMS))
    for name, text in changes.items():
        (built / name).write_text(text, "utf-8")
    was = versions.manifest(folder)
    data = {path.removeprefix("data/"): sha256 for path, sha256 in was["inputs"].items()}
    made = was | {"digest": digest.content_digest(data, digest.tree(built / "results"))} | facts
    return rebuild._compared(folder, was, built, made, other_code=False)


def test_the_same_bytes_are_identical(folder: Path, tmp_path: Path) -> None:
    rebuilt = again(folder, tmp_path, {})
    assert (rebuilt.verdict, rebuilt.matches) == (IDENTICAL, True)


def test_pages_of_another_renderer_are_the_same_results_and_say_why(folder: Path, tmp_path: Path) -> None:
    renderer = {"name": "quarto", "version": "Quarto 1.11"}
    rebuilt = again(folder, tmp_path, {"index.html": "<p>other</p>"}, renderer=renderer)
    assert (rebuilt.verdict, rebuilt.matches) == (SAME_RESULTS, True)
    assert rebuilt.files == {"index.html": "renderer: Pandoc 3.9, here Quarto 1.11"}


def test_each_file_is_explained_by_the_tools_that_show_in_it(folder: Path, tmp_path: Path) -> None:
    changes = {"results/figures/a.svg": "<svg />", "report.pdf": "%PDF-2"}
    rebuilt = again(folder, tmp_path, changes, packages=PACKAGES | {"vl-convert-python": "2", "pandas": "4"})
    why = "vl-convert-python: 1, here 2"
    assert rebuilt.files == {"results/figures/a.svg": why, "report.pdf": why}


def test_a_difference_that_nothing_on_record_explains_is_no_match(folder: Path, tmp_path: Path) -> None:
    rebuilt = again(folder, tmp_path, {"index.html": "<p>tampered</p>"})
    assert (rebuilt.verdict, rebuilt.matches) == (SAME_RESULTS, False)
    assert rebuild.report("1.0.0", rebuilt)[1:] == ["  differs, and nothing on record explains it", "    index.html"]


def test_other_numbers_are_different_results_and_named_with_both_values(folder: Path, tmp_path: Path) -> None:
    values = {"losses": VALUE | {"value": 5.0, "text": "5"}, "gains": VALUE}
    rebuilt = again(folder, tmp_path, {"results/values.json": json.dumps(values)})
    assert (rebuilt.verdict, rebuilt.matches) == (DIFFERENT, False)
    assert rebuilt.numbers == {"gains": ("not there", "3 [3, 2, 4]"), "losses": ("3 [3, 2, 4]", "5 [5, 2, 4]")}


def test_a_table_that_differs_while_every_number_agrees_is_a_different_result(folder: Path, tmp_path: Path) -> None:
    rebuilt = again(folder, tmp_path, {"results/tables/a.csv": "a\n2\n"})
    assert (rebuilt.verdict, rebuilt.numbers, list(rebuilt.files)) == (DIFFERENT, {}, ["results/tables/a.csv"])
