"""What pages and PDF load beside the text: stylesheets, scripts, the chart library, typefaces."""

from __future__ import annotations

import importlib.resources
import shutil
from importlib.metadata import version
from pathlib import Path

from districtloss.files import atomic
from districtloss.files.cache import Cache
from districtloss.paths import CACHE

SCRIPTS = Cache(CACHE / "scripts", most=4)  # by the version that made them
# Only these faces are used; handing Typst just them keeps its choice of a face from depending on the folder.
FACES = {
    "font_source_serif_pro": ("Regular", "It", "Semibold", "SemiboldIt", "Bold", "BoldIt"),
    "font_source_sans_pro": ("Regular", "It", "Semibold", "SemiboldIt", "Bold", "BoldIt"),
}


def copy_assets(stage: Path, folder: Path, *, frame: bool = True) -> None:
    """Put stylesheets, scripts and the chart library into `folder`; without `frame`, for Quarto."""
    folder.mkdir(parents=True, exist_ok=True)
    for asset in sorted((stage / "analysis" / "assets").iterdir()):
        # Each renderer has a frame of its own: frame.* is ours, quarto.scss a sheet for Quarto's.
        if asset.is_file() and asset.stem != ("quarto" if frame else "frame"):
            shutil.copyfile(asset, folder / asset.name)
    atomic.write(folder / "vega.js", vega_bundle())


def vega_bundle() -> bytes:
    """Return one classic script that brings `vegaEmbed` and all it needs. To make it takes two seconds."""
    script = SCRIPTS.get(_vega_key())
    if script is None:
        import vl_convert

        # In a function of its own: the library's thousands of short names stay out of the page.
        code = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
        script = f"(() => {{\n{code}\n}})();\n".encode()
        SCRIPTS.put(_vega_key(), script)
    return script


def vega_bundle_is_cached() -> bool:
    return _vega_key() in SCRIPTS


def _vega_key() -> str:
    return f"vega-embed-{version('vl-convert-python')}.js"


def copy_fonts(folder: Path) -> Path:
    """Put the faces of the PDF and of the drawings into `folder`."""
    folder.mkdir(parents=True)
    for package, faces in FACES.items():
        files = importlib.resources.files(package) / "files"
        family = {"font_source_serif_pro": "SourceSerifPro", "font_source_sans_pro": "SourceSansPro"}[package]
        for face in faces:
            name = f"{family}-{face}.ttf"
            atomic.write(folder / name, (files / name).read_bytes())
    return folder
