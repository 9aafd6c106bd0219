"""Common to the tests of interactive pictures: JavaScript in node, documents in Chromium, rules that all must keep."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.conftest import watch
from workbook.interactive.document import ASSETS, Document

OUTSIDE = """<!DOCTYPE html><html><body style="margin:8px;background:{background}">{output}</body></html>"""


@pytest.fixture(scope="session")
def node() -> Callable[..., Any]:
    """Return a function that evaluates a JavaScript expression with an asset's exports, and returns its value.

    `node("pooling", "cases.map((c) => asset.pool(c.image, c.size))", cases=[...])`: `asset` is what assets/pooling.js
    exports, `draw` what draw.js does, and each keyword argument is a constant. Arrays are handed over as lists.
    """
    if shutil.which("node") is None:
        pytest.skip("node is not installed")

    def evaluate(asset: str, expression: str, **values: Any) -> Any:
        constants = "".join(f"const {name} = {_json(value)};\n" for name, value in values.items())
        code = (
            f"globalThis.draw = require({json.dumps(str(ASSETS / 'draw.js'))});\n"
            f"const asset = require({json.dumps(str(ASSETS / f'{asset}.js'))});\n"
            f"{constants}process.stdout.write(JSON.stringify({expression}));"
        )
        result = subprocess.run(["node", "-"], input=code, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)

    return evaluate


def _json(value: Any) -> str:
    return json.dumps(value, default=lambda array: array.tolist())


@pytest.fixture
def show(browser: Any) -> Iterator[Callable[..., Any]]:
    """Yield a function that shows a document as a notebook does, and returns the frame with the document in it.

    `frame = show(document, width=390, dark=True)`; `frame.page` is the page around. At the end the test fails if a
    script reported an error, or anything outside was asked for.
    """
    problems: list[str] = []
    contexts = []

    def open_document(document: Document, *, width: int = 1200, dark: bool = False) -> Any:
        context = browser.new_context(viewport={"width": width, "height": 1000})
        contexts.append(context)
        page = context.new_page()
        watch(page, problems, is_own=lambda url: url.startswith(("about:", "data:", "blob:")))
        output = document._repr_html_()
        page.set_content(OUTSIDE.format(background="#111" if dark else "#fff", output=output))
        page.wait_for_selector("iframe")
        frame = page.frames[1]
        frame.wait_for_selector("html.ready", state="attached")
        return frame

    yield open_document
    for context in contexts:
        context.close()
    assert not problems


@pytest.fixture
def keeps_the_rules(show: Callable[..., Any]) -> Callable[[Document], None]:
    """Return a check of what every interactive picture must keep.

    Light and dark, at 1200 and 390 pixels: no script error, nothing from outside, nothing wider than the page, a label
    for every control, and no finding of axe above "minor".
    """

    def check(document: Document) -> None:
        from axe_playwright_python.sync_playwright import Axe

        for width, dark in ((1200, False), (390, True)):
            frame = show(document, width=width, dark=dark)
            assert frame.evaluate("document.documentElement.dataset.theme") == ("dark" if dark else "light")
            excess = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            assert frame.evaluate(excess) <= 0, f"too wide at {width} pixels"
            unnamed = "[...document.querySelectorAll('input,select')].filter((e) => !e.labels.length).length"
            assert frame.evaluate(unnamed) == 0
            findings = Axe().run(frame).response["violations"]
            serious = [row for row in findings if row["impact"] != "minor" and row["id"] not in OF_THE_PAGE]
            assert not serious, [
                (row["id"], row["help"], [n["html"][:90] for n in row["nodes"]]) for row in serious
            ]

    return check


# What a document leaves to the page around it: the heading of the first level, and landmarks.
OF_THE_PAGE = {"page-has-heading-one", "region"}
