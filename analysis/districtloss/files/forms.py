"""How JSON and cells of CSV are written: equal content is equal bytes, and no spreadsheet takes text for a formula."""

from __future__ import annotations

import json
from typing import Any


def as_json(content: Any, *, in_order: bool = True) -> str:
    """Return the JSON of every file that people may read: a line each thing, keys in order so that equal content is
    equal bytes, or, not `in_order`, as they come, for files that people edit."""
    return json.dumps(content, indent=1, sort_keys=in_order, ensure_ascii=False) + "\n"


def inert_cell(text: str) -> str:
    """Return a CSV cell that a spreadsheet does not take for a formula."""
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
