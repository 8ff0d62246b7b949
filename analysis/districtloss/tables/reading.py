"""The one way in: a data folder read into typed tables, or everything that is wrong with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from districtloss.errors import Fault, Faults
from districtloss.tables import folders, joined, schema
from districtloss.tables.complete import faults_of_present, read_complete
from districtloss.tables.frames import Tables


def read_tables(folder: Path | str) -> Tables:
    """Read a data folder, completed from ours if it says that it extends it. Raises Faults with every fault in it."""
    folder = Path(folder)
    if not folder.is_dir():
        raise Faults([Fault(str(folder), None, None, "is not a folder", "name the folder that holds the tables")])
    if not folders.about(folder).extends:
        return read_complete(folder)
    faults = faults_of_present(folder)
    if faults:
        raise Faults(faults)
    with joined.completed(folder) as full:
        try:
            return read_complete(full.path)
        except Faults as found:
            raise Faults(dict.fromkeys(map(full.located, found.faults))) from None


def read_once(folder: Path) -> Tables:
    """Read a data folder, or return what was read of it last, if its files have not changed since.

    A build and the notebooks that it forks read the same folder. Frames are shared: nobody may write into them,
    which pandas' copies on writing see to.
    """
    files = [(p.name, p.stat()) for p in sorted(folder.iterdir())] if folder.is_dir() else []
    state = (folder.resolve(), tuple((name, s.st_size, s.st_mtime_ns, s.st_ino) for name, s in files))
    if _last.get("state") != state:
        _last.update(state=state, tables=read_tables(folder))
    tables: Tables = _last["tables"]
    return replace(tables, **{name: getattr(tables, name).copy(deep=False) for name in schema.load().tables})


_last: dict[str, Any] = {}
