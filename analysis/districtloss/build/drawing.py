"""Draws charts as SVG in a process of its own, which draws while other things are done, and keeps the drawings.

The renderer (vl-convert) takes 0.6 s to start and holds Python's lock while it draws, so a thread would not do.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import multiprocessing
import os
import re
import signal
import sys
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from types import ModuleType, TracebackType

FONTS = "font-source-sans-pro"
MOST_KEPT = 1000  # drawings; a report has some twenty
OF_TWO_HALVES = re.compile(r"[\U00010000-\U0010ffff]")  # in the text of JavaScript, in which Vega is written


class Drawer:
    """Draws Vega-Lite specifications, and keeps each drawing in `kept` by the hash of what it was made of."""

    def __init__(self, kept: Path, also: bool = False) -> None:
        """Start the process. It must be started before threads are. With `also`, the chart library that pages
        load is made too, where it is not there yet."""
        kept.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):  # another build clears away too
            _clear_away(kept)
        self.kept = kept
        self._asked: set[str] = set()
        # A fork is quicker, but takes none of vl-convert's threads along and waits for them for ever.
        loaded = "vl_convert" in sys.modules
        context = multiprocessing.get_context("spawn") if loaded else multiprocessing.get_context("fork")
        self._answers, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, self._answers, kept, also), daemon=True)
        self._process.start()
        theirs.close()

    def __enter__(self) -> Drawer:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with contextlib.suppress(OSError):
            self._answers.send(None)
        self._answers.close()
        if error is not None:
            self._process.kill()
        self._process.join()

    def ask(self, specification: str) -> None:
        """Have a chart drawn, and do not wait for it."""
        key = _key(specification)
        if key not in self._asked:
            try:
                os.utime(self._path(key))  # so that it counts as used
            except FileNotFoundError:
                self._asked.add(key)
                self._answers.send((key, specification))

    def drawn(self, specification: str) -> str:
        """Return the SVG of a specification. Raises RuntimeError where it cannot be drawn."""
        key = _key(specification)
        while True:
            self.ask(specification)
            if key in self._asked:
                self._hear()
            with contextlib.suppress(FileNotFoundError):
                return self._path(key).read_text("utf-8")

    def _hear(self) -> None:
        """Wait for the next drawing."""
        try:
            key, problem = self._answers.recv()
        except EOFError:
            raise RuntimeError("the process that draws charts has gone") from None
        if problem:
            raise RuntimeError(f"a chart cannot be drawn: {problem}")
        self._asked.discard(key)

    def _path(self, key: str) -> Path:
        return self.kept / f"{key}.svg"


@cache
def _versions() -> str:
    from importlib.metadata import version

    return " ".join(version(name) for name in ("vl-convert-python", FONTS))


def _key(specification: str) -> str:
    return hashlib.sha256(f"{_versions()}\n{specification}".encode()).hexdigest()


def _serve(asked: Connection, parents: Connection, kept: Path, also: bool) -> None:
    """Draw what is asked for until the other side is closed."""
    parents.close()  # so that the end of the parent, however it comes, ends this process too
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent is asked to stop as well, and says so
    os.environ["TZ"] = "UTC"  # days are drawn where they lie, whatever the zone of the machine
    if not any(kept.iterdir()):  # all will be to be drawn
        _renderer().vegalite_to_svg({"mark": "point", "data": {"values": [{}]}})
    if also:
        from districtloss.render.assets import vega_bundle

        vega_bundle()
    with contextlib.suppress(EOFError, OSError):
        while (task := asked.recv()) is not None:
            key, specification = task
            try:
                svg = _drawn(specification)
            except ValueError as error:
                asked.send((key, str(error)))
                continue
            partial = kept / f"{key}.{os.getpid()}.partial"
            partial.write_text(svg, "utf-8")
            partial.replace(kept / f"{key}.svg")
            asked.send((key, ""))


def _clear_away(kept: Path) -> None:
    """Keep the drawings that were used last, and no others."""
    ages = [(entry.stat().st_mtime, entry.path) for entry in os.scandir(kept)]
    for _, path in sorted(ages, reverse=True)[MOST_KEPT:]:
        Path(path).unlink(missing_ok=True)


def _drawn(specification: str) -> str:
    """Return the SVG of a specification. Raises ValueError where Vega cannot draw it.

    Vega cuts a text that has no room, be it between the two halves of a sign, which then cannot be measured: signs
    that have two stand as one that says so.
    """
    try:
        return str(_renderer().vegalite_to_svg(json.loads(specification)))
    except ValueError:
        whole = OF_TWO_HALVES.sub("\ufffd", specification)
        if whole == specification:
            raise
        return str(_renderer().vegalite_to_svg(json.loads(whole)))


@cache
def _renderer() -> ModuleType:
    import font_source_sans_pro
    import vl_convert

    vl_convert.register_font_directory(str(Path(font_source_sans_pro.__file__).parent / "files"))
    return vl_convert
