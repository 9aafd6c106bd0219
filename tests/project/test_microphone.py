"""The recorder: its page in Chromium, with a file in place of a microphone, and the answer to what it sends."""

import base64
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.conftest import CHROMIUM, watch
from workbook import microphone
from workbook.data import read_recording

HERTZ, RATE = 660, 44_100
PAGE = "https://notebook.example/"  # a page has a microphone only if its address is secure
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")


def tone(seconds: float = 1.0, rate: int = RATE) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * HERTZ * np.arange(round(seconds * rate)) / rate)


def wav(samples: np.ndarray, rate: int = RATE) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format="WAV", subtype="PCM_16")
    return file.getvalue()


def loudest_hertz(waveform: np.ndarray, rate: int) -> float:
    spectrum = np.abs(np.fft.rfft(waveform * np.hanning(len(waveform))))
    return float(np.fft.rfftfreq(len(waveform), 1 / rate)[spectrum.argmax()])


def hear(clip: np.ndarray) -> np.ndarray:
    """Answer as a network does that is sure of digit 7."""
    assert clip.shape == (8000,)
    assert clip.dtype == np.int16
    return np.eye(10)[7] * 0.9 + 0.01


def test_the_answer_has_the_image_and_a_bar_for_each_digit() -> None:
    answer = microphone.answer(wav(tone(0.5)), hear)
    assert answer.count("<tr>") == 10
    assert "91.0 %" in answer
    assert 'alt="log-mel image' in answer
    assert "first second" not in answer


def test_a_long_recording_says_what_is_heard() -> None:
    assert "Only the first second is heard." in microphone.answer(wav(tone(2.5)), hear)


@pytest.mark.parametrize(
    ("content", "reason"),
    [(wav(np.zeros(8000)), "is silent"), (b"", "is empty"), (b"no sound at all", "is not a sound")],
    ids=["silent", "empty", "text"],
)
def test_what_cannot_be_heard_is_one_line(content: bytes, reason: str) -> None:
    answer = microphone.answer(content, hear)
    assert answer.startswith("<p>")
    assert answer.count("<") == 2
    assert reason in answer


def test_a_recording_that_arrives_is_answered() -> None:
    widget = microphone.recorder(hear)
    assert widget.answer == microphone.INVITATION
    message = {
        "content": {"data": {"method": "custom", "content": {}}},
        "buffers": [memoryview(wav(tone(0.5)))],
    }
    widget._handle_msg(message)  # as the front end sends it
    assert widget.answer == microphone.answer(wav(tone(0.5)), hear)
    assert not [
        value for value in widget.get_state().values() if isinstance(value, bytes)
    ]  # no voice is stored
    assert repr(widget) == "Recorder()"


# ---------------------------------------------------------------- in Chromium


def open_recorder(browser: Any, problems: list[str], *, seconds: float = 3.0) -> Any:
    """Return a page with the recorder and a model in place of anywidget's; `sent` holds the recordings as base64."""
    script = microphone.SCRIPT.replace("export default { render };", "")
    content = f"""<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>recorder</title>
<main><h1>recorder</h1><div id="here"></div></main>
<script>{script}
const state = {{ seconds: {seconds}, answer: "" }}, sent = [];
const text = (buffer) => btoa(Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join(""));
const model = {{ get: (name) => state[name], send: (content, callbacks, buffers) => sent.push(...buffers.map(text)),
  on: () => {{}} }};
const close = render({{ model, el: document.getElementById("here") }});
</script></html>"""
    page = browser.new_page()
    watch(page, problems, is_own=lambda url: url.startswith((PAGE, "blob:", "data:")))
    page.route("**/*", lambda route: route.fulfill(body=content, content_type="text/html"))
    page.goto(PAGE)
    return page


def launched(arguments: list[str]) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", *arguments])
        yield chromium
        chromium.close()


@pytest.fixture
def with_microphone(tmp_path: Path) -> Iterator[Any]:
    """Yield a Chromium whose microphone plays a tone of 660 Hz, and which allows it."""
    file = tmp_path / "tone.wav"
    file.write_bytes(wav(tone(10)))
    yield from launched(
        [
            "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream",
            f"--use-file-for-fake-audio-capture={file}",
        ]
    )


def recorded(page: Any) -> bytes:
    page.wait_for_function("sent.length === 1")
    return base64.b64decode(page.evaluate("sent[0]"))


@pytest.mark.parametrize("stops", ["by hand", "by itself"])
@pytest.mark.claims
@needs_chromium
def test_a_word_is_recorded_with_keys_alone(with_microphone: Any, stops: str) -> None:
    problems: list[str] = []
    page = open_recorder(with_microphone, problems, seconds=3.0 if stops == "by hand" else 0.8)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "record"
    page.keyboard.press("Enter")
    page.wait_for_selector("button[aria-pressed=true]")
    assert page.inner_text("[role=status]") == "recording …"
    if stops == "by hand":
        page.wait_for_timeout(900)
        page.keyboard.press("Enter")
    content = recorded(page)
    assert page.inner_text("button") == "record"
    player = "document.querySelector('audio')"
    page.wait_for_function(f"{player}.duration > 0")  # the page plays what it sent
    assert not page.evaluate(f"{player}.hidden")
    sound = read_recording(content)
    assert 0.4 < sound.seconds < 3
    assert page.evaluate(f"{player}.duration") == pytest.approx(sound.seconds, abs=0.01)
    assert loudest_hertz(sound.waveform, sound.rate) == pytest.approx(HERTZ, abs=5)
    assert "91.0 %" in microphone.answer(content, hear)
    assert problems == []


@pytest.mark.claims
@needs_chromium
def test_a_refused_microphone_is_one_line() -> None:
    problems: list[str] = []
    for browser in launched(["--use-fake-device-for-media-stream", "--deny-permission-prompts"]):
        page = open_recorder(browser, problems)
        page.click("button")
        page.wait_for_function("document.querySelector('[role=status]').textContent.includes('use a file')")
        assert page.get_attribute("button", "aria-pressed") == "false"
        assert page.evaluate("sent.length") == 0
    assert problems == []


@pytest.mark.claims
@needs_chromium
def test_a_page_without_a_microphone_says_so(with_microphone: Any) -> None:
    problems: list[str] = []
    page = open_recorder(with_microphone, problems)
    page.evaluate("Object.defineProperty(navigator, 'mediaDevices', { value: undefined })")
    page.click("button")
    assert "may not use a microphone" in page.inner_text("[role=status]")
    assert problems == []
