"""What tests that look at pages share: sizes of screens, waiting for charts, axe-core."""

import importlib.util
from pathlib import Path

import pytest

from districtloss.paths import CACHE

PHONE, WIDE = (320, 640), (1440, 900)


def draw_charts(page) -> None:
    for chart in page.locator(".chart[data-spec]").all():
        chart.scroll_into_view_if_needed()
    page.wait_for_function(
        "[...document.querySelectorAll('.chart[data-spec]')].every(c => c.querySelector('.chart-view svg path'))"
    )


def axe() -> str:
    """The source of axe-core, from the package that carries it or from the cache."""
    if importlib.util.find_spec("axe_playwright_python"):
        import axe_playwright_python

        return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
    if (CACHE / "axe.min.js").is_file():
        return (CACHE / "axe.min.js").read_text(encoding="utf-8")
    pytest.skip("axe-core is not here (pip install axe-playwright-python, or axe.min.js in build/cache)")
