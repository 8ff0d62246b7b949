"""A book for a data folder: the general report on its data as plain Quarto chapters, for its owner to edit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from districtloss.build import analysis, build, keys
from districtloss.errors import Fault, Faults
from districtloss.files import atomic, forms, scratch
from districtloss.parameters import Parameters
from districtloss.render import book
from districtloss.report import chapters, general
from districtloss.tables import folders


def begin(folder: Path, parameters: Parameters, say: Callable[[str], None]) -> list[str]:
    """Write index.qmd and chapters/ into a data folder, and their order into its datapackage.json; return the files.

    Raises Faults where the folder has chapters already, or where its tables have faults; nothing is then written."""
    build.thread_environment()
    for name in ("index.qmd", "chapters"):
        if (folder / name).exists():
            remedy = "move it away to begin a new one"
            raise Faults([Fault(str(folder / name), None, None, "is there: the folder has a book", remedy)])
    package = folders.package_in(folder)
    with build.complete(folder) as (whole, located), scratch.folder("book") as stage:
        try:
            key = keys.of(whole, parameters, ("none", ""))
            made = analysis.results(
                whole, stage, parameters, key, force=False, kernel=False, rendered=False, say=say
            )  # fmt: skip
        except Faults as found:
            raise folders.located_in_package(map(located, found.faults), folder, parameters) from None
        texts = general.chapters(chapters.outcome_of(made))
    (folder / "chapters").mkdir()
    for name, text in texts.items():
        atomic.write(folder / name, text)
    parts = {"chapter": "chapters", "appendix": "appendices"}
    order: dict[str, list[str]] = {part: [] for part in parts.values()}
    for chapter in book.chapters(book.ROOT):
        if chapter.kind in parts:
            order[parts[chapter.kind]].append(chapter.file)
    package = {"name": folder.resolve().name} | package | {folders.BOOK: order}
    atomic.write(folder / folders.PACKAGE, forms.as_edited_json(package))
    return sorted(texts)
