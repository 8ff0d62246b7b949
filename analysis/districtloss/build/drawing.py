"""Draws charts as SVG in a process of its own, which draws while other things are done, and keeps the drawings.

The renderer (vl-convert) takes 0.6 s to start and holds Python's lock while it draws, so a thread would not do.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from functools import cache
from importlib.metadata import version
from pathlib import Path

from districtloss.build import workers
from districtloss.files.cache import Cache

FONTS = "font-source-sans-pro"
OF_TWO_HALVES = re.compile(r"[\U00010000-\U0010ffff]")  # in the text of JavaScript, in which Vega is written


@contextlib.contextmanager
def drawer(drawings: Cache, ahead: Callable[[], object] | None = None) -> Iterator[Drawer]:
    """Yield a Drawer whose process starts with the first chart that is not cached, or at once where none is or
    there is something to make `ahead` of the charts."""
    with workers.pool() as pool:
        if not drawings.folder.exists():
            pool.submit(_renderer)
        if ahead is not None:
            pool.submit(ahead)
        yield Drawer(drawings, pool)


class Drawer:
    """Draws Vega-Lite specifications, and keeps each drawing by the hash of what it was made of."""

    def __init__(self, drawings: Cache, pool: ProcessPoolExecutor) -> None:
        self._drawings, self._pool = drawings, pool
        self._drawn: dict[str, str] = {}
        self._asked: dict[str, Future[str]] = {}

    def ask(self, specification: str) -> None:
        """Have a chart drawn, and do not wait for it."""
        key = _key(specification)
        if key in self._asked or key in self._drawn:
            return
        kept = self._drawings.get(key)
        if kept is None:
            self._asked[key] = self._pool.submit(_draw, specification)
        else:
            self._drawn[key] = kept.decode()

    def drawn(self, specification: str) -> str:
        """Return the SVG of a specification. Raises RuntimeError where it cannot be drawn."""
        self.ask(specification)
        key = _key(specification)
        if key in self._asked:
            try:
                self._drawn[key] = self._asked.pop(key).result()
            except ValueError as error:
                raise RuntimeError(f"a chart cannot be drawn: {error}") from None
            self._drawings.put(key, self._drawn[key].encode())
        return self._drawn[key]


@cache
def _versions() -> str:
    return " ".join(version(name) for name in ("vl-convert-python", FONTS))


def _key(specification: str) -> str:
    return hashlib.sha256(f"{_versions()}\n{specification}".encode()).hexdigest()


# --- in the process that draws -----------------------------------------------------------------------------------


def _draw(specification: str) -> str:
    """Return the SVG of a specification. Raises ValueError where Vega cannot draw it.

    Vega cuts a text that has no room, be it between the two halves of a sign, which then cannot be measured: signs
    that have two stand as one that says so.
    """
    _renderer()
    import vl_convert

    try:
        return str(vl_convert.vegalite_to_svg(json.loads(specification)))
    except ValueError:
        in_one_piece = OF_TWO_HALVES.sub("\ufffd", specification)
        if in_one_piece == specification:
            raise
        return str(vl_convert.vegalite_to_svg(json.loads(in_one_piece)))


@cache
def _renderer() -> None:
    """Start what draws, once in a process."""
    os.environ["TZ"] = "UTC"  # days are drawn where they lie, whatever the zone of the machine
    import font_source_sans_pro
    import vl_convert

    vl_convert.register_font_directory(str(Path(font_source_sans_pro.__file__).parent / "files"))
    vl_convert.vegalite_to_svg({"mark": "point", "data": {"values": [{}]}})
