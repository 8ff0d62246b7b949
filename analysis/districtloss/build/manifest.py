"""What a build writes down of itself: what it was made of, by what, and the hash of everything that came out."""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from districtloss import __version__
from districtloss.build.keys import Keys
from districtloss.files import atomic, digest, forms, report_folder
from districtloss.parameters import Parameters

PACKAGES = ("altair", "nbclient", "numpy", "pandas", "papermill", "pypandoc_binary", "scipy", "typst",
            "vl-convert-python")  # fmt: skip


def write(
    work: Path,
    parameters: Parameters,
    keys: Keys,
    made: dict[str, Any],
    book: dict[str, str],
    content: str,
    renderer: dict[str, str],
) -> dict[str, Any]:
    """Write the manifest of what stands in `work`, and return it; `book` holds the hashes of the folder's chapters."""
    manifest = {
        "generator": report_folder.GENERATOR,
        "version": __version__,
        "digest": content,
        "key": keys.report,
        "parameters": parameters.for_notebooks() | {"as_of": made["as_of"]},
        "inputs": {f"data/{path}": h for path, h in (made["data"] | book).items()},
        "outputs": digest.tree(work),
        "packages": {name: version(name) for name in PACKAGES},
        "python": ".".join(map(str, sys.version_info[:3])),
        "renderer": renderer,
    }
    atomic.write(work / report_folder.MANIFEST, forms.as_json(manifest))
    return manifest
