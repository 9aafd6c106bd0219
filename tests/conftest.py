"""The one browser of all tests that look at a page."""

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Yield the system's Chromium; skip the test where there is none.

    It is closed with each file of tests: while it is open, Playwright's event loop runs in the main thread, and nothing
    else can have one there.
    """
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


def watch(page: Any, problems: list[str], *, is_own: Callable[[str], bool]) -> None:
    """Add to `problems` what a page does that none may do: script errors, and requests to addresses not its own."""
    page.set_default_timeout(10_000)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
    page.on(
        "request",
        lambda request: None if is_own(request.url) else problems.append(f"asked for {request.url}"),
    )
