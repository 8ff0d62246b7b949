"""Fills the templates of pages that are not part of the book."""

from __future__ import annotations

from typing import Any

from districtloss.paths import RENDER


def fill(name: str, **values: Any) -> str:
    """Return a template of analysis/render/ filled with values, which are escaped; a name it lacks is an error."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(RENDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(name).render(**values)
