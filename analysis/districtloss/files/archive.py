"""Archives whose bytes depend on what is in them alone."""

from __future__ import annotations

import zipfile
from pathlib import Path


def pack(folder: Path, files: list[Path], target: Path) -> None:
    """Write files below `folder` into a ZIP: no days, no owners, in the order given."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in files:
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, path.read_bytes())
