"""Which renderer makes the book: the one call that turns a staged book into HTML and PDF, by Pandoc or by Quarto."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any, Literal

from districtloss.files.cache import Cache
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
    cache: Cache | None = None,
    running: Any = None,
    *,
    again: bool = False,
) -> Rendered:
    """Render the staged book into `out` (made if need be): pages, report.pdf and assets/.

    The pages link to ../results/…, which whoever owns `out` puts beside index.html. The same stage gives
    the same bytes, whatever `cache` holds: Pandoc's chapters by edition and name, used until anything that they are
    made of changes, or made `again` all the same. Raises Faults, one for each unresolved reference, unknown
    variable or shortcode, missing include or unknown citation, with the file and line in which it stands.
    """
    out.mkdir(parents=True, exist_ok=True)
    source = read(stage)
    if renderer == "quarto":
        return quarto.render(source, stage, out)
    return pandoc.render(source, stage, out, cache, running, again=again)
