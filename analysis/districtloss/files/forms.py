"""How JSON and cells of CSV are written: equal content is equal bytes, and no spreadsheet takes text for a formula."""

from __future__ import annotations

import json
from typing import Any


def as_json(content: Any) -> str:
    """Return the JSON of files that programs write for programs and people to read: a line each thing, and keys in
    order, so that equal content is equal bytes."""
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def as_edited_json(content: Any) -> str:
    """Return the JSON of files that people go on editing, such as datapackage.json: keys as they come, set in as ours
    is."""
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def inert_cell(text: str) -> str:
    """Return a CSV cell that a spreadsheet does not take for a formula."""
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
