"""A new data folder has all that is needed to begin, and nothing that is not its owner's."""

from __future__ import annotations

import csv
import errno
import json
import os
from pathlib import Path

import pytest

from districtloss.errors import Faults
from districtloss.tables import starter
from districtloss.tables.reading import read_tables
from districtloss.tables.schema import load


def test_a_new_folder_has_every_table_with_its_header_the_rules_and_what_to_do(tmp_path: Path):
    files = starter.init(tmp_path / "new")
    assert {table.file for table in load().tables.values()} | {"README.md", "CODEBOOK.md", "datapackage.json"} == set(
        files
    )
    for table in load().tables.values():
        with (tmp_path / "new" / table.file).open(encoding="utf-8") as stream:
            header, *rows = csv.reader(stream)
        assert header == list(table.columns)
        assert bool(rows) == (table.name == "provinces")


def test_the_only_thing_wrong_with_a_new_folder_is_that_it_has_no_source(tmp_path: Path):
    starter.init(tmp_path)
    with pytest.raises(Faults) as caught:
        read_tables(tmp_path)
    assert str(caught.value) == "sources.csv: has a header and no rows, add at least one row"


def test_with_one_source_it_is_without_fault_and_without_ours(tmp_path: Path):
    starter.init(tmp_path)
    with (tmp_path / "sources.csv").open("a", encoding="utf-8") as stream:
        stream.write("paper-2021-07-01,,Paper,,,2021-07-01,stated,,,,,,,,,,\n")
    tables = read_tables(tmp_path)
    assert len(tables.provinces) == 34 and len(tables.events) == 0
    assert tables.provinces["districts_total"].isna().all()
    package = json.loads((tmp_path / "datapackage.json").read_text("utf-8"))
    assert package["name"] != "districtloss" and not package["sources"]


def test_provinces_can_be_left_out(tmp_path: Path):
    starter.init(tmp_path, provinces=False)
    assert (tmp_path / "provinces.csv").read_text("utf-8").count("\n") == 1
    readme = (tmp_path / "README.md").read_text("utf-8")
    assert "Afghanistan" not in readme and "`provinces.csv`: one row a province" in readme


@pytest.mark.parametrize("name", ["notes.txt", ".hidden"])
def test_a_folder_with_content_is_refused_and_left_alone(tmp_path: Path, name: str):
    (tmp_path / name).write_text("mine")
    with pytest.raises(Faults, match="is not empty, name a new or an empty folder"):
        starter.init(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_file_or_a_folder_below_a_file_is_refused(tmp_path: Path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(Faults, match="is a file"):
        starter.init(tmp_path / "file")
    with pytest.raises(Faults, match="cannot be written"):
        starter.init(tmp_path / "file" / "new")


@pytest.mark.parametrize("new", ["new", "a/new", "."])
def test_on_a_full_disk_nothing_is_left_and_the_fault_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, new: str
):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(starter.shutil, "copyfile", full)  # by which the last file comes
    with pytest.raises(Faults, match="cannot be written \\(No space left on device\\), make room"):
        starter.init(tmp_path / new, provinces=False)
    assert list(tmp_path.iterdir()) == []
