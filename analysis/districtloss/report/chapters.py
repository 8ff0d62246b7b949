"""Which text each chapter of a report has: our own, the general one made for the data at hand, or the data folder's.

Our chapters say in their front matter what their sentences take for granted (`holds`). Where that does not hold, the
general chapter takes the place of the whole one, and with any chapter the index too: so no sentence can contradict its
neighbour. A data folder's own chapters are never replaced: there a condition that does not hold is a fault.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

from districtloss.errors import Fault, Faults
from districtloss.report.conditions import CONDITIONS, Outcome, failing

INDEX = "index.qmd"
OURS = "our articles"  # on other data the general report needs no excuse
FRONT_MATTER = re.compile(r"\A---\n(.*?\n)---\n", re.DOTALL)


@dataclass(frozen=True)
class Source:
    """A chapter as somebody wrote it: its file, its text, and what its front matter takes for granted."""

    file: str
    text: str
    holds: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = field(default=(), compare=False)


def read(folder: Path, file: str) -> Source:
    """Read a chapter. What is wrong with its front matter comes back with it, as faults."""
    text = (folder / file).read_text("utf-8")
    found = FRONT_MATTER.match(text)
    if found is None:
        return Source(file, text)
    try:
        matter = yaml.safe_load(found[1]) or {}
        names = matter.get("holds", [])
    except (yaml.YAMLError, AttributeError):
        return Source(file, text, faults=(Fault(file, 1, None, "front matter that is not YAML", "mend or drop it"),))
    if not isinstance(names, list):
        return Source(file, text, faults=(Fault(file, 1, "holds", "is not a list", "holds: [named losses]"),))
    unknown = tuple(_unknown(file, text, str(name)) for name in names if name not in CONDITIONS)
    return Source(file, text, tuple(name for name in names if name in CONDITIONS), unknown)


def _unknown(file: str, text: str, name: str) -> Fault:
    near = get_close_matches(name, CONDITIONS, 1)
    remedy = f"{near[0]}?" if near else f"one of {', '.join(CONDITIONS)}"
    return Fault(file, _row(text, name), "holds", f"unknown condition {name!r}", remedy)


def _row(text: str, name: str) -> int | None:
    return next((row for row, line in enumerate(text.splitlines(), start=1) if name in line), None)


def chosen(sources: Iterable[Source], outcome: Outcome) -> dict[str, str]:
    """Return the text of each of our chapters, by file: as written, or the general one.

    Raises Faults for front matter that cannot be used."""
    listed = list(sources)
    if faults := [fault for source in listed for fault in source.faults]:
        raise Faults(faults)
    broken = {source.file: failing(source.holds, outcome) for source in listed}
    if not any(broken.values()):
        return {source.file: source.text for source in listed}
    from districtloss.report import general  # only what is replaced has to wait for Jinja

    texts = general.chapters(outcome)
    made = {}
    for source in listed:
        if not broken[source.file] and source.file != INDEX:
            made[source.file] = source.text
            continue
        why = broken[source.file] or next(names for names in broken.values() if names)
        made[source.file] = texts[source.file] if OURS in why else _with_reason(texts[source.file], why)
    return made


def _with_reason(text: str, broken: list[str]) -> str:
    """Say below the title in one line why the chapter is the general one: the first reason, of which others come."""
    title, _, rest = text.partition("\n")
    reason = CONDITIONS[broken[0]].otherwise
    return f"{title}\n\n[This page comes from a template, because {reason}.]{{.from-template}}\n{rest}"


def checked(sources: Iterable[Source], outcome: Outcome) -> dict[str, str]:
    """Return the text of each of a folder's own chapters. Raises Faults where a condition does not hold."""
    listed = list(sources)
    faults = [fault for source in listed for fault in source.faults]
    faults += [
        Fault(
            source.file, _row(source.text, name), "holds", f"{name!r} does not hold: {CONDITIONS[name].otherwise}",
            "change what the chapter says of it, and drop the condition",
        )
        for source in listed for name in failing(source.holds, outcome)
    ]  # fmt: skip
    if faults:
        raise Faults(faults)
    return {source.file: source.text for source in listed}


def outcome_of(made: Mapping[str, Any]) -> Outcome:
    """Return what the summary of an analysis (`made`) holds for the prose."""
    return Outcome(made["values"], made["words"], made["facts"])
