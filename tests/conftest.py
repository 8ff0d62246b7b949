"""What all tests share."""

import shutil
from collections.abc import Iterator

import pytest
from hypothesis import settings

from helpers.looking import WIDE

# Examples are not timed: a busy machine would fail them, and speed is the benchmarks' affair.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="module")
def browser():
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        pytest.skip("no Chromium on the PATH (Debian: apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def visit(browser, out) -> Iterator:
    """Open a page of the report in `out`, a fixture of the module; the test fails if the page asks for anything that
    is not a file, or complains."""
    contexts, complaints = [], []

    def complain(text: str) -> None:
        complaints.append(text)

    def open_page(name: str, size=WIDE, scheme="light", context=None, **options):
        if context is None:
            width, height = size
            context = browser.new_context(
                viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce", **options
            )
            contexts.append(context)
        page = context.new_page()
        page.on("request", lambda r: r.url.startswith(("file:", "data:", "blob:")) or complain(f"asks for {r.url}"))
        page.on("requestfailed", lambda r: complain(f"cannot load {r.url}"))
        page.on("console", lambda m: complain(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complain(str(error)))
        page.goto(f"{(out / name).as_uri()}" if "#" not in name else f"{out.as_uri()}/{name}")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not complaints
