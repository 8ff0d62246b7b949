"""What is kept from one run for the next: files under the hash of what they were made of, and of these the ones used
last.

An entry is one file, written whole or not at all, so runs side by side need no lock. Keeping is for speed alone: where
nothing can be written, such as in a container without a home, nothing is kept.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from districtloss.files import archive, atomic


@dataclass(frozen=True)
class Cache:
    """The entries in one folder, at most `most` of them."""

    folder: Path
    most: int

    def __contains__(self, key: str) -> bool:
        return (self.folder / key).exists()

    def get(self, key: str) -> bytes | None:
        """Return an entry, which counts as used now, or None where there is none."""
        path = self.folder / key
        try:
            content = path.read_bytes()
        except OSError:
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return content

    def put(self, key: str, content: bytes) -> None:
        """Keep an entry, and forget the one that was used longest ago where there are too many."""
        with contextlib.suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            atomic.write(self.folder / key, content)
            self._forget()

    def get_folder(self, key: str, into: Path) -> bool:
        """Lay the files of an entry that `put_folder` made into a folder; return whether there is one."""
        content = self.get(key)
        return content is not None and archive.unpack(content, into)

    def put_folder(self, key: str, folder: Path) -> None:
        """Keep all that a folder holds as one entry."""
        self.put(key, archive.packed(folder))

    def _forget(self) -> None:
        entries = list(os.scandir(self.folder))
        if len(entries) > self.most:
            for entry in sorted(entries, key=lambda entry: entry.stat().st_mtime)[: -self.most]:
                Path(entry.path).unlink(missing_ok=True)
