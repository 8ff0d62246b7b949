"""Archives: ZIP files whose bytes depend on what is in them alone, and folders as one piece of bytes."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path


def pack(folder: Path, files: list[Path], target: Path) -> None:
    """Write files below `folder` into a ZIP: no days, no owners, in the order given."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in files:
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, wherever it is packed: it is part of the bytes
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, path.read_bytes())


def packed(folder: Path) -> bytes:
    """Return all that a folder holds, empty folders too, for `unpack`."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", strict_timestamps=False) as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder))
    return content.getvalue()


def unpack(content: bytes, folder: Path) -> bool:
    """Lay what `packed` returned into a folder; return False, and lay nothing, where a part of it is lost."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except zipfile.BadZipFile:
        return False
    with archive:
        if archive.testzip() is not None:
            return False
        archive.extractall(folder)
    return True
