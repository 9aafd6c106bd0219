"""In Chromium: pictures have alternative texts, no finding of the chapters is critical, the pad works by keys."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest

from tests import ROOT
from tests.conftest import CHROMIUM
from workbook.drawing import PAD_SCRIPT, SIDE

pytestmark = [pytest.mark.claims, pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")]
CHAPTERS = sorted((ROOT / "solutions").glob("*.ipynb"))
# Contrast is measured in tests/unit/test_colours.py; the rest of these two is JupyterLab's and nbconvert's own page.
AXE = {"rules": {"color-contrast": {"enabled": False}}}
TOKEN = "t"
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    page = browser.new_page(viewport={"width": 1300, "height": 900})
    yield page
    page.close()


def _critical(page: Any, within: str | None = None) -> list[tuple[str, str]]:
    """Return the critical findings of axe in a page, or in a part of it, with the element of each."""
    from axe_playwright_python.sync_playwright import Axe

    violations = Axe().run(page, within, options=AXE).response["violations"]
    return [
        (rule["id"], node["html"])
        for rule in violations
        if rule["impact"] == "critical"
        for node in rule["nodes"]
    ]


# ---------------------------------------------------------------- chapters as nbconvert shows them


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_no_chapter_has_a_critical_finding(page: Any, path: Path, tmp_path: Path) -> None:
    from nbconvert import HTMLExporter
    from traitlets.config import Config

    settings = Config(json.loads((ROOT / "lab" / "jupyter_config.json").read_text(encoding="utf-8")))
    file = tmp_path / "chapter.html"
    notebook = nbformat.read(path, as_version=4)
    for output in (output for cell in notebook.cells for output in cell.get("outputs", [])):
        if "image/png" in output.get("data", {}):
            output.data["image/png"] = PIXEL  # axe looks at texts, not at pictures
    file.write_text(HTMLExporter(config=settings).from_notebook_node(notebook)[0], encoding="utf-8")
    page.goto(file.as_uri(), wait_until="domcontentloaded")
    assert _critical(page) == []
    assert page.locator("img").count() == page.locator("img[alt]:not([alt^='No description'])").count()


# ---------------------------------------------------------------- JupyterLab, as the course installs it


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the address of a JupyterLab with the extension and the settings of `lab/`, and two notebooks."""
    folder = tmp_path_factory.mktemp("lab")
    shutil.copytree(ROOT / "lab" / "extension", folder / "share" / "labextensions" / "cnn-workbook")
    settings = folder / "settings" / "overrides.d"
    settings.mkdir(parents=True)
    shutil.copy(ROOT / "lab" / "overrides.json", settings / "cnn-workbook.json")
    work = folder / "work"
    work.mkdir()
    shutil.copy(ROOT / "solutions" / "03_pooling.ipynb", work)
    shutil.copy(ROOT / "notebooks" / "00_start_here.ipynb", work)
    nbformat.write(_own_pictures(), work / "own.ipynb")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = {
        "ServerApp.port": port,
        "ServerApp.root_dir": work,
        "ServerApp.open_browser": False,
        "ServerApp.allow_root": True,
        "IdentityProvider.token": TOKEN,
        "LabApp.app_settings_dir": folder / "settings",
        "LabApp.user_settings_dir": folder / "user",
        "LabApp.workspaces_dir": folder / "workspaces",
    }
    environment = os.environ | {
        "JUPYTER_PATH": str(folder / "share"),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
    }
    command = [sys.executable, "-m", "jupyterlab", *(f"--{name}={value}" for name, value in options.items())]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{address}/api", server)
        yield address
    finally:
        server.terminate()
        server.wait(30)


def _own_pictures() -> nbformat.NotebookNode:
    """Return a notebook of a learner: pictures without `alt`, one with its numbers as text."""
    outputs = [
        nbformat.v4.new_output("display_data", {"image/png": PIXEL, "text/plain": text})
        for text in ("<Figure size 640x480>", "after 5 epochs: loss 0.1")
    ]
    cell = nbformat.v4.new_code_cell("draw()", outputs=outputs, execution_count=1)
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Own"), cell])


def _wait_for(address: str, server: subprocess.Popen, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and server.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except OSError:
            time.sleep(0.5)
    raise AssertionError(f"JupyterLab did not start (exit code {server.poll()})")


def _open(page: Any, lab: str, name: str) -> None:
    page.goto(f"{lab}/lab/tree/{name}?token={TOKEN}&reset")
    page.wait_for_selector(".jp-Notebook .jp-MarkdownOutput h1", timeout=60_000)


def test_stored_pictures_have_their_texts_in_jupyterlab(page: Any, lab: str) -> None:
    _open(page, lab, "03_pooling.ipynb")
    page.wait_for_selector(".jp-RenderedImage img[alt]")
    page.evaluate("document.querySelector('.jp-WindowedPanel-outer').scrollTo(0, 1e6)")
    page.wait_for_function("document.querySelectorAll('.jp-RenderedImage img[alt]').length >= 4")
    texts = page.eval_on_selector_all(
        ".jp-RenderedImage img", "all => all.map((image) => image.getAttribute('alt'))"
    )
    cells = nbformat.read(ROOT / "solutions" / "03_pooling.ipynb", as_version=4).cells
    assert set(texts) <= {cell.metadata.get("alt") for cell in cells} - {None}
    assert _critical(page, ".jp-OutputArea-output") == []


def test_a_learners_own_pictures_have_a_text_too(page: Any, lab: str) -> None:
    _open(page, lab, "own.ipynb")
    page.wait_for_function("document.querySelectorAll('.jp-RenderedImage img[alt]').length == 2")
    texts = page.eval_on_selector_all(".jp-RenderedImage img", "all => all.map((image) => image.alt)")
    assert texts == ["A picture without a description.", "after 5 epochs: loss 0.1"]


def test_nothing_covers_the_first_cell_and_nothing_is_asked_of_the_network(page: Any, lab: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    _open(page, lab, "00_start_here.ipynb")
    page.wait_for_timeout(3000)  # JupyterLab asks about news some seconds after its start
    assert page.locator(".Toastify__toast").count() == 0
    assert [
        url for url in asked if not url.startswith((lab, lab.replace("http", "ws", 1), "data:", "blob:"))
    ] == []
    assert not [url for url in asked if "lab/api/news" in url or "lab/api/update" in url]


# ---------------------------------------------------------------- the drawing pad


@pytest.fixture
def pad(page: Any) -> Any:
    """Return a page with the pad and a model in place of anywidget's; `sent` holds the drawings."""
    script = PAD_SCRIPT.replace("export default { render };", "")
    page.set_content(f"""<!DOCTYPE html><html lang="en"><title>pad</title><main><h1>pad</h1><div id="pad"></div></main>
<script>{script}
const state = {{ side: {SIDE}, answer: "<p>Draw a digit.</p>", pixels: [] }}, sent = [], listeners = {{}};
const model = {{ get: (name) => state[name], set: (name, value) => {{ state[name] = value; }},
  save_changes: () => sent.push(state.pixels), on: (name, call) => {{ listeners[name] = call; }} }};
render({{ model, el: document.getElementById("pad") }});
const answer = (text) => {{ state.answer = text; listeners["change:answer"](); }};
</script></html>""")
    return page


def _drawings(page: Any) -> list[np.ndarray]:
    return [
        np.array(pixels).reshape(SIDE, SIDE) for pixels in json.loads(page.evaluate("JSON.stringify(sent)"))
    ]


def test_a_digit_is_drawn_with_keys_alone(pad: Any) -> None:
    pad.keyboard.press("Tab")
    assert pad.evaluate("document.activeElement.getAttribute('aria-label')") == "Pad to draw a digit on"
    pad.keyboard.press("Space")
    assert "pen is down" in pad.inner_text("[role=status]")
    for _ in range(14):
        pad.keyboard.press("ArrowDown")
    assert _drawings(pad) == []
    pad.keyboard.press("Space")
    (drawing,) = _drawings(pad)
    rows, columns = np.nonzero(drawing > 128)
    assert rows.max() - rows.min() >= 13  # a vertical stroke, about two cells wide
    assert 1 <= columns.max() - columns.min() <= 3
    pad.keyboard.press("Delete")
    assert not _drawings(pad)[1].any()


def test_leaving_the_pad_lifts_the_pen_and_the_answer_is_announced(pad: Any) -> None:
    pad.keyboard.press("Tab")
    pad.keyboard.press("Space")
    pad.keyboard.press("ArrowRight")
    pad.keyboard.press("Tab")
    assert len(_drawings(pad)) == 1
    assert pad.evaluate("document.activeElement.textContent") == "clear"
    pad.evaluate("answer('<p>It is a 7.</p>')")
    assert pad.inner_text("[aria-live=polite]") == "It is a 7."
    assert _critical(pad) == []


def test_a_digit_is_drawn_with_the_mouse(pad: Any) -> None:
    box = pad.locator("canvas").bounding_box()
    pad.mouse.move(box["x"] + 50, box["y"] + 112)
    pad.mouse.down()
    pad.mouse.move(box["x"] + 170, box["y"] + 112)
    pad.mouse.up()
    (drawing,) = _drawings(pad)
    assert (drawing[13:15, 8:20] > 200).all()
    assert not drawing[:10].any()
