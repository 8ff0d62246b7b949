"""The prose of a report without notebooks, drawings and pages: what the chapters say of a study."""

from __future__ import annotations

import re
from pathlib import Path

from districtloss.estimates.findings import choices, event_table
from districtloss.estimates.study import Study
from districtloss.parameters import Parameters
from districtloss.paths import DATA, ROOT
from districtloss.releases.numbers import FINDINGS
from districtloss.render import book
from districtloss.render.shortcodes import BLOCKS, Known, expand
from districtloss.report import chapters, quantities, sentences
from districtloss.report.conditions import Outcome
from districtloss.report.publish import LONGEST_LIST
from districtloss.tables.frames import Tables
from districtloss.tables.reading import read_tables

META = {"report": {"version": "1.2.3", "digest": "abc", "digest_short": "ab", "renderer": "Pandoc", "citation": "Us."}}
BLOCK = re.compile(rf"^\{{\{{< ({'|'.join(BLOCKS)}) .*$", re.MULTILINE)


def outcome(study: Study) -> Outcome:
    """Return what an analysis of a study comes to, as prose takes it."""
    found = [find(study) for findings in FINDINGS.values() for find in findings]
    losses, rates = choices.named_losses(study), choices.implied_rates(study)
    # These hold no number, so they are not among the others.
    found += [
        event_table.contradictions(study),
        choices.event_swings(study, losses),
        choices.oldest_to_newest(study, rates),
    ]
    values, words, facts = {}, {}, {}
    for finding in found:
        made = quantities.values_of(finding, study, "")
        said = sentences.of(finding, study, made)
        values |= {name: value.entry() for name, value in made.items()}
        words |= said.words
        facts |= {name: bool(holds) for name, holds in said.facts.items()}
    whole = max(len(study.tables.events), len(study.tables.claims)) <= LONGEST_LIST
    return Outcome(values, words, facts | {"all_rows": whole})


def study_of(data: Path | Tables, parameters: Parameters | None = None) -> Study:
    tables, beside = (read_tables(data), data) if isinstance(data, Path) else (data, DATA)
    return Study.of(tables, parameters or Parameters(), beside)


def texts(came_to: Outcome) -> dict[str, str]:
    """Return each chapter of the report as it is written for an outcome: with shortcodes, before either renderer."""
    files = [chapter.file for chapter in book.chapters(ROOT)]
    return chapters.chosen((chapters.read(ROOT, file) for file in files), came_to)


def said(written: dict[str, str], came_to: Outcome, folder: Path) -> dict[str, str]:
    """Return chapters in words, without their tables, charts and lists; `folder` is a place to lay them in."""
    made = {}
    for file, text in written.items():
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(BLOCK.sub("", text), "utf-8")
        expanded, faults = expand(folder, file, Known(came_to.values, came_to.words, META))
        assert not faults, faults
        made[file] = expanded.text
    return made
