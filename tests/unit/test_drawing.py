"""The drawing pad and the upload button, as far as Python sees them."""

import base64
import io
import re

import numpy as np
import pytest

from workbook import data, drawing


def _predict(batch: np.ndarray) -> np.ndarray:
    """Return 3 with probability 0.9 for any picture; check the input of the model."""
    assert batch.shape == (1, 28, 28, 1)
    assert batch.dtype == np.uint8
    shares = np.full((1, 10), 0.1 / 9)
    shares[0, 3] = 0.9
    return shares


def _stroke() -> np.ndarray:
    ink = np.zeros((28, 28), np.uint8)
    ink[6:22, 13:16] = 255
    return ink


def _png(image: np.ndarray) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, format="PNG")
    return buffer.getvalue()


def test_a_drawing_is_answered_with_bars() -> None:
    page = drawing.answer(_stroke(), _predict)
    assert page.count("<tr>") == 10
    assert "90.0 %" in page
    assert page.count("#D55E00") == 1


def test_the_answer_shows_the_pixels_that_the_network_gets() -> None:
    from PIL import Image

    page = drawing.answer(_stroke(), _predict)
    match = re.search(
        r'<img alt="your drawing as 28 by 28 pixels[^"]*" [^>]*src="data:image/png;base64,([^"]+)"', page
    )
    assert match
    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(match[1]))))
    np.testing.assert_array_equal(shown, data.to_digit(_stroke())[..., 0])


def test_the_pad_answers_when_the_pen_lifts() -> None:
    widget = drawing.pad(_predict)
    assert "Draw a digit" in widget.answer
    widget.pixels = _stroke().ravel().tolist()
    assert "90.0 %" in widget.answer
    widget.pixels = [0] * 784
    assert "Draw a digit" in widget.answer


def test_an_uploaded_picture_is_read() -> None:
    photo = 255 - np.kron(_stroke(), np.ones((9, 9), np.uint8))  # dark ink on white paper, larger
    assert "90.0 %" in drawing.answer_file(_png(photo), _predict)


@pytest.mark.parametrize("content", [b"", b"not a picture", _png(np.zeros((9, 9), np.uint8))[:40]])
def test_a_file_that_is_no_picture_is_one_line(content: bytes) -> None:
    page = drawing.answer_file(content, _predict)
    assert page.startswith("<p>The file is ")
    assert page.count("<p>") == 1


def test_a_blank_picture_is_one_line() -> None:
    page = drawing.answer_file(_png(np.full((40, 40), 255, np.uint8)), _predict)
    assert page.startswith("<p>")
    assert "<tr>" not in page


def test_the_upload_button_shows_the_answer() -> None:
    box = drawing.upload(_predict)
    button, result = box.children
    button._handle_custom_msg({"name": "x.png"}, [memoryview(_png(_stroke()))])
    assert "90.0 %" in result.value


def test_a_photograph_is_shown_step_by_step() -> None:
    page = np.full((300, 260), 240, np.uint8)
    page[:] = np.linspace(240, 150, 260)
    page[80:200, 120:135] = 20
    shown = drawing.answer_file(_png(page), _predict)
    captions = re.findall("<figcaption>(.*?)</figcaption>", shown)
    assert captions == ["grey", "light evened out", "ink", "what the network sees"]
    assert "<p>Uneven light: the paper is not equally bright everywhere.</p>" in shown
    assert shown.count("alt=") == 4


def test_several_digits_are_read_from_left_to_right() -> None:
    page = np.full((200, 400), 250, np.uint8)
    for left, width in ((60, 20), (200, 60), (330, 20)):
        page[60:140, left : left + width] = 20

    def predict(batch: np.ndarray) -> np.ndarray:
        wide = np.count_nonzero(batch[0, :, :, 0].max(axis=0)) > 10
        return np.eye(10)[[7 if wide else 1]]

    shown = drawing.answer_file(_png(page), predict)
    assert "3 digits: the largest is read. From left to right: 1 7 1." in shown


def test_white_ink_on_nothing_is_read() -> None:
    ink = np.zeros((120, 120, 4), np.uint8)
    ink[..., :3] = 255
    ink[30:90, 55:65, 3] = 255
    assert "90.0 %" in drawing.answer_file(_png(ink), _predict)
