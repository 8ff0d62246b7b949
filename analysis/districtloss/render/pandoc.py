"""Renders the staged book with Pandoc (pages) and Typst (PDF), both of which come as wheels."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any, Literal, TypeVar

from districtloss.errors import Fault, Faults
from districtloss.files import atomic, digest
from districtloss.files.cache import Cache
from districtloss.paths import RENDER
from districtloss.render import assets, book, characters
from districtloss.render.shortcodes import Expanded, expand

# The strictest first; a book that cannot meet it is a fault, not a silent step down.
PDF_STANDARD: Literal["ua-1"] = "ua-1"


Running = Mapping[str, "subprocess.Popen[str]"]  # book.lua by edition, waiting for a book


def render(
    source: book.Book, stage: Path, out: Path, cache: Cache | None, running: Running | None, *, again: bool
) -> book.Rendered:
    """Render `source` from `stage` into `out`; see `book.render`."""
    import typst

    with tempfile.TemporaryDirectory() as scratch:
        fonts = assets.copy_fonts(Path(scratch) / "fonts")
        pages, main = Path(scratch) / "pages", Path(scratch) / "book.typ"
        pages.mkdir()

        def compiled(inputs: dict[str, str]) -> bytes:
            # As bytes, so that the root can be the stage, which holds the drawings.
            text: Any = main.read_bytes()
            return typst.compile(
                text,
                root=str(stage),
                font_paths=[str(fonts)],
                ignore_system_fonts=True,
                pdf_standards=PDF_STANDARD,
                timestamp=book.timestamp(source.report),
                sys_inputs=inputs,
            )

        def printed() -> bytes | Faults:
            printable, inputs = False, dict[str, str]()
            while True:
                try:
                    return compiled(inputs)
                except (RuntimeError, typst.TypstError) as error:
                    if not printable and characters.without_glyph(str(error)):
                        drawings = (stage / "results" / "figures").glob("*.svg")
                        characters.make_printable([main, *drawings], characters.covered(fonts.glob("*.ttf")))
                        printable = True
                    elif not inputs and BROKEN in str(error):
                        inputs = IN_PLACE
                    else:
                        return Faults([Fault("report.pdf", None, None, f"Typst refuses the book: {error}")])

        with contextlib.nullcontext(running) if running else started() as editions:
            version, pdf = _make(editions, source, stage, Path(scratch), pages, None if again else cache, printed)
        if isinstance(pdf, Faults):
            raise pdf
        if cache:
            for path in (Path(scratch) / "keep").iterdir():
                cache.put(path.name, path.read_bytes())
        assert pdf is not None  # without faults, the PDF was printed
        shutil.copytree(pages, out, dirs_exist_ok=True)
    atomic.write(out / "report.pdf", pdf)
    assets.copy_assets(stage, out / "assets")
    return book.Rendered("pandoc", f"Pandoc {version}, Typst {installed('typst')}")


def check(source: book.Book, stage: Path) -> None:
    """Raise the Faults that `render` would, and write nothing. Quarto only warns of most, and names no line."""
    with tempfile.TemporaryDirectory() as scratch, started() as editions:
        _make(editions, source, stage, Path(scratch), None, None, lambda: None)


# On some pages Typst cannot say where a drawing belongs that floats beside a table that goes over pages (its issue
# 8487), and ends. Nobody can foresee which pages these are, so then no drawing floats.
BROKEN, IN_PLACE = "internal error", {"floating": "no"}

EDITIONS = ("typst", "html")
# For Haskell's runtime, in which Pandoc is written: with more room for new values it looks for garbage less often.
ROOMY = ("+RTS", "-A128m", "-n4m", "-RTS")

T = TypeVar("T")


@contextlib.contextmanager
def started() -> Iterator[Running]:
    """Start Pandoc, once for each edition of a book that is named later: what it has to load takes as long as
    some chapters."""
    import pypandoc

    command = [pypandoc.get_pandoc_path(), *ROOMY, "lua", str(RENDER / "book.lua")]
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    with contextlib.ExitStack() as stack:
        running = {
            edition: stack.enter_context(subprocess.Popen([*command, edition], **pipes, encoding="utf-8"))
            for edition in EDITIONS
        }
        try:
            yield running
        finally:
            for process in running.values():
                process.kill()


def _make(
    running: Running,
    source: book.Book,
    stage: Path,
    scratch: Path,
    pages: Path | None,
    cache: Cache | None,
    printed: Callable[[], T],
) -> tuple[str, T | None]:
    """Have Pandoc make both editions at once, and call `printed` as soon as that for the PDF is there; return Pandoc's
    version and what `printed` returned. Raises Faults with those of both editions."""
    chapters = _expand(source, stage)
    job = _job(source, chapters, stage, pages, cache)
    (scratch / "keep").mkdir()
    atomic.write(scratch / "job.json", json.dumps(job, ensure_ascii=False, default=str))
    for process in running.values():
        _tell(process, scratch)
    typst = _answer(running["typst"], scratch, "typst")
    result = None if typst["faults"] else printed()
    html = _answer(running["html"], scratch, "html")
    found = {(f["file"], f["find"], f["problem"]): f for f in html["faults"] + typst["faults"]}
    if faults := list(found.values()) or _numbered_otherwise(html["numbers"], typst["numbers"]):
        raise Faults(_locate(faults, chapters))
    return html["pandoc"], result


def _numbered_otherwise(html: list[dict[str, Any]], typst: list[dict[str, Any]]) -> list[dict[str, str]]:
    numbers = {entry["id"]: entry["number"] for entry in typst}
    return [
        {
            "file": entry["file"],
            "find": f"#{entry['id']}",
            "problem": f"{entry['kind']} with one number in HTML and another in the PDF",
            "remedy": "put the conditions inside the division, not around it",
        }
        for entry in html
        if numbers.get(entry["id"]) != entry["number"]
    ]


def _expand(source: book.Book, stage: Path) -> dict[str, Expanded]:
    chapters: dict[str, Expanded] = {}
    faults: list[Fault] = []
    for chapter in source.chapters:
        chapters[chapter.file], found = expand(stage, chapter.file, source.known)
        faults += found
    if faults:
        raise Faults(faults)
    return chapters


def _job(
    source: book.Book, chapters: dict[str, Expanded], stage: Path, out: Path | None, cache: Cache | None
) -> dict[str, Any]:
    """Everything that book.lua has to know. Without `out` it only checks."""
    bibliography = source.config.get("bibliography", [])
    files = [bibliography] if isinstance(bibliography, str) else bibliography
    return {
        "stage": str(stage),
        "out": str(out) if out else None,
        "kept": str(cache.folder) if cache else None,
        "facts": _facts(source, stage),
        "page": str(RENDER / "page.html"),
        "typst": str(RENDER / "book.typ"),
        "book": source.config.get("book", {}),
        "lang": source.config.get("lang", "en-GB"),
        "csl": str(stage / source.config["csl"]) if source.config.get("csl") else None,
        "bibliography": [str(stage / file) for file in files],
        "meta": {**source.config, **source.report},
        "report": source.report.get("report", {}),
        "chapters": [
            {"file": c.file, "page": c.page, "kind": c.kind, "text": chapters[c.file].text} for c in source.chapters
        ],
    }


def _facts(source: book.Book, stage: Path) -> str:
    """Return a hash of all that a chapter is made of, but for its own text and for what other chapters hold."""
    code = [digest.sha256(RENDER / name) for name in ("book.lua", "page.html")]
    beside = {
        path: found
        for path, found in digest.tree(stage).items()
        if path.startswith(("results/", "chapters/")) and not path.endswith(".qmd")
    }
    inputs = json.dumps([source.config, source.report, code, beside], sort_keys=True, default=str)
    return hashlib.sha256(inputs.encode()).hexdigest()


def _tell(process: subprocess.Popen[str], scratch: Path) -> None:
    """Say where the book is. A process that has ended cannot hear it; `_answer` finds out why it has."""
    assert process.stdin
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(json.dumps(str(scratch)) + "\n")  # a path may hold any sign
        process.stdin.flush()


def _answer(process: subprocess.Popen[str], scratch: Path, edition: str) -> dict[str, Any]:
    """Wait for an edition, and return its answer: faults, numbers of figures and tables, and Pandoc's version."""
    _, said = process.communicate()
    if process.returncode:
        raise RuntimeError(f"book.lua failed\n{said}")
    answer: dict[str, Any] = json.loads((scratch / f"{edition}.json").read_text(encoding="utf-8"))
    return answer


def _locate(found: list[dict[str, str]], chapters: dict[str, Expanded]) -> Iterator[Fault]:
    """Give each fault that book.lua found the lines in which its cause stands."""
    for fault in found:
        expanded = chapters.get(fault["file"])
        places = expanded.find(_whole(fault["find"])) if expanded and fault.get("find") else []
        for file, row in dict.fromkeys(places) or [(fault["file"], None)]:
            yield Fault(file, row, None, fault["problem"], fault.get("remedy", ""))


def _whole(text: str) -> str:
    """A pattern for `text` that is neither escaped nor the start of a longer key."""
    return r"(?<!\\)" + re.escape(text) + r"(?![\w-])"
