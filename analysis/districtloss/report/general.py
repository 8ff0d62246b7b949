"""The report on anybody's data: the templates of `analysis/general`, made into plain Quarto chapters.

Templates have delimiters of their own (`<% %>`, `<< >>`, `<# #>`), since Quarto's are Jinja's. A condition stands
around whole paragraphs; what must vary inside a sentence comes from one of the functions below.
"""

from __future__ import annotations

import re

import jinja2

from districtloss import phrasing
from districtloss.paths import GENERAL
from districtloss.report.conditions import Outcome
from districtloss.report.markup import escape

ENDING = ".jinja"
GAPS = re.compile(r"\n{3,}")  # which conditions leave


class Markdown(str):
    """Text that is Markdown already, and not escaped once more."""


def chapters(outcome: Outcome) -> dict[str, str]:
    """Return the text of every chapter, by its file (`index.qmd`, `chapters/loss-rates.qmd`).

    In templates, `has` holds the facts of the outcome and `word` its words. Raises jinja2.UndefinedError where a
    template names what the outcome has not."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(GENERAL),
        undefined=jinja2.StrictUndefined,
        finalize=lambda value: value if isinstance(value, Markdown) else escape(value),
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<<",
        variable_end_string=">>",
        comment_start_string="<#",
        comment_end_string="#>",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )

    def agreeing(name: str, one: str, many: str) -> Markdown:
        """`one` or `many`, by a number as it is printed: `loss` with 1."""
        return Markdown(phrasing.agreeing(outcome.values[name]["text"], one, many))

    def counted(name: str, one: str, many: str) -> Markdown:
        """A number with what is counted, which agrees with it."""
        return Markdown(f"{{{{< n {name} >}}}} {agreeing(name, one, many)}")

    def ranged(name: str, one: str = "", many: str = "") -> Markdown:
        """A number with its range where it has one, and what is counted: `16 (16 to 18) districts`."""
        value = outcome.values[name]
        if value["range"] in ("", value["text"]):
            return Markdown(counted(name, one, many).strip())
        return Markdown(f"{{{{< n {name} >}}}} ({{{{< range {name} >}}}}) {many}".strip())

    environment.globals |= {"agreeing": agreeing, "counted": counted, "ranged": ranged}
    context = {"has": outcome.facts, "word": outcome.words}
    made = {name: environment.get_template(f"{name}{ENDING}").render(context) for name in files()}
    return {name: GAPS.sub("\n\n", text).strip() + "\n" for name, text in made.items()}


def files() -> list[str]:
    """Return the chapters that there are templates of."""
    found = GENERAL.rglob(f"*.qmd{ENDING}")
    return sorted(path.relative_to(GENERAL).as_posix().removesuffix(ENDING) for path in found)
