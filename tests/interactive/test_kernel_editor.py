"""The kernel editor and the kernel that learns."""

import base64
import io
from collections.abc import Callable
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from workbook import data, interactive, reference
from workbook.interactive.kernel_editor import shrink
from workbook.interactive.kernels import PRESETS

PHOTO = np.random.default_rng(5).integers(0, 256, (9, 12), dtype=np.uint8)
EDGE = np.array([[1, 0, -1]] * 3)
KERNELS = np.stack([EDGE + 0.5 / (step + 1) ** 2 for step in range(10)])
LOSSES = 1.0 / np.arange(1, 11) ** 4


def test_every_result_is_the_references(node: Callable[..., Any]) -> None:
    photo = {"height": 9, "width": 12, "values": PHOTO.ravel()}
    cases = [[weights.ravel(), divisor] for weights, divisor in PRESETS.values()]
    results = node("photo_filter", "cases.map((c) => asset.convolve(photo, ...c))", photo=photo, cases=cases)
    for (weights, divisor), result in zip(PRESETS.values(), results, strict=True):
        assert (result["height"], result["width"]) == (7, 10)
        values = np.reshape(list(result["values"].values()), (7, 10))  # a Float32Array is an object in JSON
        assert np.allclose(values, reference.conv2d(PHOTO / 255, weights / divisor), atol=1e-5)


def test_the_sum_says_what_becomes_of_flat_areas(node: Callable[..., Any]) -> None:
    words = {
        0: "become 0",
        1e-9: "become 0",
        1: "keep their brightness",
        2: "2 times as bright: lighter",
        0.5: "0.5 times as bright: darker",
        -1: "negative",
    }
    sentences = node("kernel_editor", "totals.map(asset.describe)", totals=list(words))
    assert all(word in sentence for word, sentence in zip(words.values(), sentences, strict=True))


def test_what_a_screen_cannot_show_is_counted(node: Callable[..., Any]) -> None:
    assert node("kernel_editor", "[asset.outside(values), asset.mean(values)]", values=[-1, 0, 0.5, 2]) == [
        0.5,
        0.375,
    ]


def test_photographs_are_reduced_to_squares_means() -> None:
    image = np.arange(36, dtype=np.uint8).reshape(6, 6)
    assert np.array_equal(shrink(image, 6), image)
    assert np.array_equal(shrink(image, 4), image.reshape(3, 2, 3, 2).mean(axis=(1, 3)).round())
    assert shrink(np.zeros((300, 451, 3), np.uint8), 224).shape == (100, 150)
    with pytest.raises(ValueError, match="must be uint8"):
        shrink(image / 36, 4)


def test_the_photograph_in_the_page_is_the_reduced_one() -> None:
    document = interactive.kernel_editor({"camera": data.photograph("camera")})
    content = base64.b64decode(document.data["photographs"]["camera"].partition(",")[2])
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(content))), shrink(data.photograph("camera"), 224))
    assert len(document._repr_html_().encode()) < 150_000


def test_the_editor_refuses_what_it_cannot_show() -> None:
    with pytest.raises(ValueError, match="must not be empty"):
        interactive.kernel_editor({})


def test_the_recorded_descent_must_fit() -> None:
    with pytest.raises(ValueError, match="kernels must be"):
        interactive.learning(np.zeros((4, 2, 2)), np.ones(4), EDGE)
    with pytest.raises(ValueError, match="one value for each"):
        interactive.learning(KERNELS, LOSSES[:-1], EDGE)
    with pytest.raises(ValueError, match="2 to 121 kernels"):
        interactive.learning(np.zeros((200, 3, 3)), np.ones(200), EDGE)


def test_a_step_is_described(node: Callable[..., Any]) -> None:
    text = node("learning", "asset.describe(kernel, target)", kernel=EDGE + 0.25, target=EDGE)
    assert text == "The weights sum to 2.25. The largest error of a weight is 0.25."


def test_pictures_are_closed() -> None:
    before = plt.get_fignums()
    interactive.kernel_editor({"noise": PHOTO})
    interactive.learning(KERNELS, LOSSES, EDGE)
    assert plt.get_fignums() == before


@pytest.mark.claims
def test_the_editor_in_a_browser(
    show: Callable[..., Any], keeps_the_rules: Callable[[interactive.Document], None]
) -> None:
    photographs = {name: data.photograph(name) for name in ("camera", "coins")}
    document = interactive.kernel_editor(photographs)
    keeps_the_rules(document)
    frame = show(document)
    frame.get_by_label("kernel", exact=True).select_option("vertical edge")
    frame.wait_for_function("document.querySelector('#result').width > 100")
    assert "sum to 0." in frame.locator("#sum").inner_text()
    assert frame.get_by_label("show the result").input_value() == "signed"
    frame.get_by_label("weight in row 2, column 2").fill("1")
    assert "sum to 1." in frame.locator("#sum").inner_text()
    frame.get_by_label("kernel", exact=True).select_option("sharpen")
    before = frame.evaluate(PIXEL)
    frame.get_by_role("button", name="turn").click()
    assert frame.evaluate(PIXEL) == before  # sharpen has no direction
    assert frame.evaluate(PIXEL) == expected_pixel(photographs["camera"])
    frame.get_by_label("photograph", exact=True).select_option("coins")
    frame.wait_for_function("document.querySelector('#result').width > 180")
    assert frame.evaluate(MOVE) < 100


PIXEL = "document.querySelector('#result').getContext('2d').getImageData(60, 50, 1, 1).data[0]"
MOVE = """() => {
    const field = document.querySelector("#kernel input");
    const times = [];
    for (let value = 0; value < 15; value++) {
        const start = performance.now();
        field.value = value;
        field.dispatchEvent(new Event("input"));
        times.push(performance.now() - start);
    }
    return times.sort((a, b) => a - b)[7];
}"""


def expected_pixel(photo: np.ndarray) -> int:
    weights, divisor = PRESETS["sharpen"]
    result = reference.conv2d(shrink(photo, 224) / 255, weights / divisor)
    return round(255 * float(np.clip(result[50, 60], 0, 1)))


@pytest.mark.claims
def test_the_descent_in_a_browser(
    show: Callable[..., Any], keeps_the_rules: Callable[[interactive.Document], None]
) -> None:
    document = interactive.learning(KERNELS, LOSSES, EDGE, photograph=data.photograph("camera"))
    keeps_the_rules(document)
    frame = show(document)
    assert "Loss 1." in frame.locator("#words").inner_text()
    frame.get_by_label("step", exact=True).press("End")
    assert frame.locator("#kernel text").first.text_content() == "1"  # 1.005
    assert "largest error of a weight is 0.005" in frame.locator("#words").inner_text()
    frame.get_by_role("button", name="play").click()
    frame.wait_for_function("document.querySelector('#walk input').value === '2'")
    assert "pause" in frame.get_by_role("button").inner_text()
