"""The document around every interactive picture, and the module that all of them draw with."""

import base64
import html
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest

from tests import ROOT
from workbook.data.picture_files import encode_png
from workbook.interactive.document import ASSETS, Document, encode

SCRIPTS = sorted(ASSETS.glob("*.js"))


def make(**changes: Any) -> Document:
    options: dict[str, Any] = {
        "title": "A <test>",
        "body": '<div id="here" class="controls"></div><p>text</p>',
        "scripts": (),
        "data": {"text": "</script><b>", "values": np.arange(3), "one": np.float64(0.5)},
        "picture": b"\x89PNG",
        "alt": 'a "picture"',
    }
    return Document(**(options | changes))


def test_the_output_holds_the_page_and_a_static_picture() -> None:
    output = make()._repr_html_()
    assert base64.b64encode(b"\x89PNG").decode() in output
    assert 'alt="a &quot;picture&quot;"' in output
    assert 'title="A &lt;test&gt;"' in output
    (page,) = re.findall(r'srcdoc="([^"]*)"', output)
    assert html.unescape(page) == make().page()


def test_data_cannot_end_their_script() -> None:
    page = make().page()
    (data,) = re.findall(r'id="data">(.*?)</script>', page)
    assert json.loads(data) == {"text": "</script><b>", "values": [0, 1, 2], "one": 0.5}


@pytest.mark.parametrize("value", [{1, 2}, float("nan")])
def test_data_that_json_cannot_hold_are_refused(value: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=r"data must be|Out of range"):
        make(data={"value": value}).page()


def test_a_figure_becomes_a_png_and_is_closed() -> None:
    figure = plt.figure(figsize=(1, 1))
    document = make(picture=figure)
    assert document.picture.startswith(b"\x89PNG")
    assert not plt.fignum_exists(figure.number)


def test_what_a_sanitiser_leaves_is_the_static_picture() -> None:
    """GitHub and notebooks that are not trusted strip frames, scripts and most attributes."""
    output = make()._repr_html_()
    left = re.sub(r"<iframe.*?</iframe>", "", re.sub(r' style="[^"]*"', "", output), flags=re.DOTALL)
    assert "<img src=" in left
    assert "Run this cell" in left
    assert "script" not in left


def test_scripts_lose_comments_and_indentation_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbook.interactive.document.ASSETS", tmp_path)
    for name in ("base.css", "draw.js"):
        (tmp_path / name).write_text("", encoding="utf-8")
    source = (
        "/* a\n   b */\nx('/* kept */'); // kept\n    // gone\n  /* kept */ y();\n    /* gone */\n\nz();\n"
    )
    (tmp_path / "one.js").write_text(source, encoding="utf-8")
    assert "x('/* kept */'); // kept\n/* kept */ y();\n\nz();\n" in make(scripts=("one",)).page()
    assert "gone" not in make(scripts=("one",)).page()


def test_encoded_arrays_are_read_back() -> None:
    array = np.linspace(-1, 1, 6, dtype=np.float32).reshape(2, 3)
    encoded = encode(array)
    assert np.array_equal(np.frombuffer(base64.b64decode(encoded["base64"]), "<f4").reshape(2, 3), array)
    with pytest.raises(ValueError, match="must be uint8, int32 or float32"):
        encode(np.zeros(2))


def test_only_grey_bytes_become_a_photograph() -> None:
    assert encode_png(np.zeros((2, 3), np.uint8)).startswith("data:image/png;base64,")
    with pytest.raises(ValueError, match=r"\(H, W\)"):
        encode_png(np.zeros((2, 3, 3), np.uint8))


def test_numbers_are_written_for_readers(node: Callable[..., Any]) -> None:
    values = [0, -0.001, 1.5, -20, 100, 1 / 3, 1e6]
    assert node("draw", "values.map((value) => draw.format(value))", values=values) == [
        "0", "0", "1.5", "−20", "100", "0.33", "1000000",
    ]  # fmt: skip
    assert node("draw", "[draw.format(null), draw.format(Infinity), draw.thousands(1234567)]") == [
        "",
        "∞",
        "1\u202f234\u202f567",
    ]


def test_the_signed_scale_is_matplotlibs(node: Callable[..., Any]) -> None:
    values = np.linspace(-1, 1, 21)
    expected = 255 * plt.get_cmap("PuOr_r")(np.round((values + 1) / 2 * 255).astype(int))[:, :3]
    colours = node("draw", "values.map((value) => draw.signed(value, 1))", values=values)
    assert np.abs(np.array(colours) - expected).max() <= 3


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_assets_are_small_and_need_nothing_from_outside(path: Any) -> None:
    source = path.read_text(encoding="utf-8")
    assert "://" not in source
    assert "</script" not in source
    assert len(source.splitlines()) <= (350 if path.name == "draw.js" else 250)
    assert len(source.encode()) < 30_000


def test_assets_are_laid_out_and_without_lint() -> None:
    """As `make lint` does."""
    programs = Path(sys.executable).parent
    for command in ([sys.executable, ".ci/format_js.py"], [programs / "oxlint", "--deny-warnings", ASSETS]):
        result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stdout


@pytest.mark.claims
def test_the_document_replaces_its_static_picture_and_follows_the_theme(show: Callable[..., Any]) -> None:
    frame = show(make(), width=390, dark=True)
    assert frame.page.query_selector("figure") is None
    assert frame.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(17, 17, 17)"
    frame.page.evaluate("document.body.style.background = '#fff'")
    frame.wait_for_function("document.documentElement.dataset.theme === 'light'")
    frame.evaluate("draw.add(document.body, 'div').style.height = '700px'")
    frame.page.wait_for_function("document.querySelector('iframe').clientHeight > 700")


@pytest.mark.claims
def test_arrays_and_photographs_arrive_in_the_page(show: Callable[..., Any]) -> None:
    array = np.array([[-1.5, 0, 2]], np.float32)
    photo = np.arange(12, dtype=np.uint8).reshape(3, 4)
    frame = show(make(data={"array": encode(array), "photo": encode_png(photo)}, picture=plt.figure()))
    read = "(() => { const a = draw.array(draw.data.array); return [a.shape, [...a.values]]; })()"
    assert frame.evaluate(read) == [[1, 3], [-1.5, 0, 2]]
    decoded = frame.evaluate(
        "draw.photograph(draw.data.photo).then((p) => ({ ...p, values: [...p.values] }))"
    )
    assert decoded == {"height": 3, "width": 4, "values": photo.ravel().tolist()}


@pytest.mark.claims
def test_without_scripts_the_static_picture_is_seen(browser: Any) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.set_content(make()._repr_html_())
    assert page.locator("figure img").count() == 1
    body = page.frames[1].locator("body")
    assert not body.is_visible()
    context.close()


@pytest.mark.claims
def test_controls_are_named_and_answer_to_keys(
    show: Callable[..., Any], keeps_the_rules: Callable[[Document], None]
) -> None:
    document = make(picture=plt.figure(figsize=(1, 1)))
    keeps_the_rules(document)
    frame = show(document)
    frame.evaluate(
        """() => {
            window.heard = [];
            const here = draw.element("here");
            draw.slider(here, { label: "stride", min: 1, max: 3 }, (value) => heard.push(value));
            draw.choice(here, { label: "kernel", options: ["a", ["b", "text"]] }, (value) => heard.push(value));
            draw.number(here, { label: "weight", value: 1 }, (value) => heard.push(value));
            draw.toggle(here, { label: "relu" }, (value) => heard.push(value));
        }"""
    )
    frame.get_by_label("stride").press("ArrowRight")
    frame.get_by_label("kernel").select_option("b")
    frame.get_by_label("weight").fill("-2")
    frame.get_by_label("relu").press("Space")
    assert frame.evaluate("heard") == [2, "b", -2, True]
    assert frame.locator("output").inner_text() == "2"
