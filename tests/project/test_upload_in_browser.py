"""In Chromium: the upload button shrinks a photograph before it sends it, whatever its size."""

import base64
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.conftest import CHROMIUM, watch
from workbook.picture_upload import LONGEST, MOST_BYTES, MOST_RAW_BYTES, SCRIPT

pytestmark = [pytest.mark.claims, pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")]

PAGE = """<!DOCTYPE html><html lang="en"><title>upload</title><main><h1>upload</h1><div id="place"></div></main>
<script>{script}
const state = {state}, sent = [];
const model = {{ get: (name) => state[name], send: (message, callbacks, buffers) => sent.push([message, buffers[0]]) }};
render({{ model, el: document.getElementById("place") }});
const read = () => new Promise((done) => {{
  const reader = new FileReader();
  reader.onload = () => done(reader.result.split(",")[1]);
  reader.readAsDataURL(new Blob([sent[sent.length - 1][1]]));
}});
</script></html>"""


@pytest.fixture
def page(browser: Any):
    """Yield a page with the button and a model in place of anywidget's; `sent` holds what was sent."""
    problems: list[str] = []
    page = browser.new_page()
    watch(page, problems, is_own=lambda url: url.startswith(("about:", "data:", "blob:")))
    state = {
        "description": "your digit",
        "longest": LONGEST,
        "most": MOST_BYTES,
        "most_raw": MOST_RAW_BYTES,
    }
    script = SCRIPT.replace("export default { render };", "")
    page.set_content(PAGE.format(script=script, state=json.dumps(state)))
    yield page
    page.close()
    assert problems == []


@pytest.fixture
def upload(page: Any):
    """Return a function that chooses a file; it returns the bytes that were sent (or None) and the status line."""

    def choose(path: Path) -> tuple[bytes | None, str]:
        before = page.evaluate("sent.length")
        page.get_by_label("your digit").set_input_files(path)
        page.wait_for_function(
            "!['', 'reading …'].includes(document.querySelector('[role=status]').textContent)", timeout=60_000
        )
        status = page.inner_text("[role=status]")
        content = base64.b64decode(page.evaluate("read()")) if page.evaluate("sent.length") > before else None
        return content, status

    return choose


def _saved(path: Path, picture: np.ndarray, **options: Any) -> Path:
    Image.fromarray(picture).save(path, **options)
    return path


def _noise(height: int, width: int, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, channels), dtype=np.uint8)


def _photograph(tmp_path: Path) -> Path:
    """Return 50 megapixels of a sensor's noise, brighter on the left, that a camera held upright: over 20 MB."""
    picture = np.tile(_noise(625, 800), (10, 10, 1)) // 2
    picture[:, :4000] += 120
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90° clockwise
    return _saved(tmp_path / "large.jpg", picture, quality=92, exif=exif)


@pytest.mark.timeout(300)
def test_50_megapixels_arrive_as_two_megabytes(upload: Callable[..., Any], tmp_path: Path) -> None:
    path = _photograph(tmp_path)
    assert path.stat().st_size > 20e6
    content, status = upload(path)
    assert content is not None
    assert len(content) <= MOST_BYTES
    picture = Image.open(io.BytesIO(content))
    assert max(picture.size) <= LONGEST
    assert picture.size[1] > picture.size[0]  # turned as the camera was held
    grey = np.asarray(picture.convert("L"), float)
    half = len(grey) // 2
    assert grey[:half].mean() > grey[half:].mean() + 60  # what was on the left is on top
    assert status.startswith("shrunk from")


def test_a_small_file_is_sent_as_it_is(upload: Callable[..., Any], tmp_path: Path) -> None:
    path = _saved(tmp_path / "small.png", _noise(60, 40))
    assert upload(path) == (path.read_bytes(), "read")


def test_a_large_png_keeps_its_transparency_where_that_is_small_enough(upload, tmp_path: Path) -> None:
    ink = np.zeros((3000, 2400, 4), np.uint8)
    ink[600:2400, 1100:1300] = (255, 255, 255, 255)
    content, _ = upload(_saved(tmp_path / "ink.png", ink))
    picture = Image.open(io.BytesIO(content))
    assert (picture.mode, picture.size) == ("RGBA", (1638, 2048))
    assert np.asarray(picture)[10, 10, 3] == 0


def test_a_large_png_of_noise_becomes_a_jpeg_on_white(upload, tmp_path: Path) -> None:
    noise = _noise(1500, 1500, 4)
    noise[:100, :, 3] = 0
    content, _ = upload(_saved(tmp_path / "noise.png", noise, compress_level=1))
    picture = Image.open(io.BytesIO(content))
    assert picture.format == "JPEG"
    assert len(content) <= MOST_BYTES
    assert np.asarray(picture)[5].mean() > 240


def test_what_the_browser_cannot_decode_is_sent_if_it_is_small(upload, tmp_path: Path) -> None:
    small, large = tmp_path / "small.heic", tmp_path / "large.heic"
    small.write_bytes(b"x" * 1000)
    large.write_bytes(b"x" * (MOST_RAW_BYTES + 1))
    assert upload(small)[0] == small.read_bytes()
    content, status = upload(large)
    assert content is None
    assert (
        status
        == "This browser cannot open large.heic, and it is too large to send (8.0 MB). Save it as JPEG first."
    )


def test_the_same_file_can_be_chosen_again_and_its_name_stays(page: Any, tmp_path: Path) -> None:
    path = _saved(tmp_path / "small.png", _noise(60, 40))
    for times in (1, 2):
        with page.expect_file_chooser() as chooser:
            page.get_by_label("your digit").click()
        chooser.value.set_files(path)
        page.wait_for_function(f"sent.length === {times}")
        assert page.evaluate("document.querySelector('input').files[0].name") == "small.png"
