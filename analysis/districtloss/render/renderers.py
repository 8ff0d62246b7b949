"""Which renderer makes the book: the one call that turns a staged book into HTML and PDF, by Pandoc or by Quarto."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any, Literal

from districtloss.render import pandoc, quarto
from districtloss.render.book import Rendered, read

Renderer = Literal["pandoc", "quarto"]


def started(renderer: Renderer) -> contextlib.AbstractContextManager[Any]:
    """Start what `render` can be given as `running`, where that saves time: it gets ready while there is no book."""
    if renderer == "quarto":
        return contextlib.nullcontext()
    return pandoc.started()


def render(
    stage: Path,
    out: Path,
    renderer: Renderer = "pandoc",
    kept: Path | None = None,
    running: Any = None,
    *,
    again: bool = False,
) -> Rendered:
    """Render the staged book into `out` (made if need be): pages, report.pdf and assets/.

    The pages link to ../results/…, which whoever owns `out` puts beside index.html. The same stage gives
    the same bytes, whatever the folder `kept` holds: Pandoc's chapters, to be taken again until anything that they
    are made of changes, or made `again` all the same. Raises Faults, one for each unresolved reference, unknown
    variable or shortcode, missing include or unknown citation, with the file and line in which it stands.
    """
    out.mkdir(parents=True, exist_ok=True)
    source = read(stage)
    if renderer == "quarto":
        return quarto.render(source, stage, out)
    return pandoc.render(source, stage, out, kept, running, again=again)
