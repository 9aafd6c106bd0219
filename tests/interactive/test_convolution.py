"""The convolution stepper: its arithmetic is the reference's, and every choice is possible."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from workbook import arithmetic, interactive, reference
from workbook.interactive.kernels import KERNELS

EDGE = np.array([[10, 10, 10, 0, 0, 0]] * 6)
CHOICES = [
    {"size": size, "kernelSize": kernel, "stride": stride, "padding": padding, "dilation": dilation}
    for size in (2, 5, 6, 10)
    for kernel in (1, 2, 3, 5)
    for stride in (1, 2, 3)
    for padding in (0, 1, 3)
    for dilation in (1, 2, 3)
]


def test_every_output_size_is_the_formulas(node: Callable[..., Any]) -> None:
    places = node("convolution", "choices.map(asset.geometry)", choices=CHOICES)
    advice = node("convolution", "choices.map(asset.advice)", choices=CHOICES)
    for choice, place, sentence in zip(CHOICES, places, advice, strict=True):
        options = [choice[name] for name in ("size", "kernelSize", "stride", "padding")]
        if place["fits"]:
            assert place["outputs"] == arithmetic.output_size(*options, dilation=choice["dilation"])
            read = (place["outputs"] - 1) * choice["stride"] + place["extent"]
            assert read + place["unread"] == choice["size"] + 2 * choice["padding"]
            assert ("never read" in sentence) == (place["unread"] > 0)
        else:
            with pytest.raises(ValueError, match="fit"):
                arithmetic.output_size(*options, dilation=choice["dilation"])
            assert "does not fit. Pad more" in sentence
    assert {place["fits"] for place in places} == {True, False}


@pytest.mark.parametrize("fill", ["zero", "replicate"])
def test_the_map_is_the_references(node: Callable[..., Any], fill: str) -> None:
    rng = np.random.default_rng(3)
    image, kernel = rng.integers(-9, 9, (7, 7)), rng.integers(-3, 3, (3, 3))
    expression = "asset.convolve(asset.pad(image, 2, repeat), kernel, { stride: 2, dilation: 1 })"
    result = node("convolution", expression, image=image, kernel=kernel, repeat=fill == "replicate")
    assert np.array_equal(result, reference.conv2d(image, kernel, strides=2, padding=2, fill=fill))


def test_a_dilated_kernel_has_zeros_between_its_weights(node: Callable[..., Any]) -> None:
    rng = np.random.default_rng(4)
    image, kernel = rng.integers(-9, 9, (9, 9)), rng.integers(-3, 3, (3, 3))
    expression = "asset.convolve(image, kernel, { stride: 1, dilation: 2 })"
    spread = np.zeros((5, 5), int)
    spread[::2, ::2] = kernel
    assert np.array_equal(
        node("convolution", expression, image=image, kernel=kernel), reference.conv2d(image, spread)
    )


def test_a_step_holds_its_products_and_their_sum(node: Callable[..., Any]) -> None:
    values = {"image": EDGE, "kernel": KERNELS["vertical edge"]}
    step = node("convolution", "asset.step(image, kernel, { stride: 1, dilation: 1 }, 4, 5)", **values)
    assert (step["row"], step["column"], step["total"]) == (1, 1, 30)
    assert step["products"] == [[10, 0, 0]] * 3
    assert node("convolution", "asset.sumOf([[10, -5], [0, 2]], 7)") == "10 − 5 + 2 = 7"
    assert "sum is 0" in node("convolution", "asset.sumOf([[0]], 0)")


def test_the_formula_has_its_numbers(node: Callable[..., Any]) -> None:
    plain = {"size": 6, "kernelSize": 3, "stride": 2, "padding": 1, "dilation": 1}
    assert node("convolution", "asset.formula(choice)", choice=plain) == (
        "⌊(W − F + 2P) / S⌋ + 1 = ⌊(6 − 3 + 2·1) / 2⌋ + 1 = ⌊5 / 2⌋ + 1 = 3"
    )
    wide = plain | {"dilation": 2, "padding": 0, "size": 4}
    assert node("convolution", "asset.formula(choice)", choice=wide).endswith(
        "no position: −1 is negative, where F′ = D·(F − 1) + 1 = 2·2 + 1 = 5"
    )


def test_images_and_kernels_change_their_size(node: Callable[..., Any]) -> None:
    assert node("convolution", "asset.resizeImage([[1, 2], [3, 4]], 3)") == [[1, 2, 2], [3, 4, 4], [3, 4, 4]]
    assert node("convolution", "asset.resizeImage([[1, 2], [3, 4]], 1)") == [[1]]
    assert node("convolution", "asset.resizeKernel([[7]], 3)") == [[0, 0, 0], [0, 7, 0], [0, 0, 0]]


@pytest.mark.parametrize("shape", [(3, 4), (1, 1), (11, 11), (4,)])
def test_other_images_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="image must be square"):
        interactive.convolution(np.zeros(shape))


def test_other_kernels_are_refused() -> None:
    with pytest.raises(ValueError, match="kernels must be square"):
        interactive.convolution(EDGE, {"wide": np.zeros((1, 3))})


def test_the_document_is_small() -> None:
    document = interactive.convolution(EDGE)
    assert len(document.page().encode()) < 60_000
    assert len(document._repr_html_().encode()) < 150_000


@pytest.mark.claims
def test_the_stepper_in_a_browser(
    show: Callable[..., Any], keeps_the_rules: Callable[[interactive.Document], None]
) -> None:
    document = interactive.convolution(EDGE)
    keeps_the_rules(document)
    frame = show(document)
    position = frame.get_by_label("position of the window")
    for key in ("ArrowRight", "ArrowDown"):
        position.press(key)
    assert position.input_value() == "5"
    assert frame.locator("#sum").inner_text() == "10 + 10 + 10 = 30"
    assert frame.locator("#output text").all_text_contents() == ["0", "30", "30", "0", "0", "30"]
    frame.get_by_label("weight in row 1, column 1").fill("-1")
    assert frame.get_by_label("kernel", exact=True).input_value() == "your own"
    assert frame.locator("#sum").inner_text() == "−10 + 10 + 10 = 10"
    frame.get_by_label("kernel", exact=True).select_option("5×5 ones")
    frame.get_by_label("image size W").fill("4")
    assert "does not fit" in frame.locator("#advice").inner_text()
    frame.get_by_label("padding P").fill("1")
    frame.get_by_label("stride S").fill("2")
    assert "never read" in frame.locator("#advice").inner_text()
    assert frame.locator("#size").inner_text() == "output, 1 × 1"


@pytest.mark.claims
def test_a_move_takes_under_a_tenth_of_a_second(show: Callable[..., Any]) -> None:
    frame = show(interactive.convolution(EDGE))
    frame.get_by_label("image size W").fill("10")
    frame.get_by_label("padding P").fill("3")
    milliseconds = frame.evaluate(
        """() => {
            const slider = document.querySelector("#walk input");
            const times = [];
            for (let place = 0; place < 30; place++) {
                const start = performance.now();
                slider.value = place;
                slider.dispatchEvent(new Event("input"));
                document.body.getBoundingClientRect();
                times.push(performance.now() - start);
            }
            return times.sort((a, b) => a - b)[15];
        }"""
    )
    assert milliseconds < 100


@pytest.mark.claims
def test_play_goes_to_the_end_and_the_pointer_moves_the_window(show: Callable[..., Any]) -> None:
    frame = show(interactive.convolution(EDGE[:2, :2], {"identity": np.ones((1, 1), int)}))
    frame.get_by_role("button", name="play").click()
    frame.wait_for_function("document.querySelector('#walk input').value === '3'")
    frame.locator("#output").hover(position={"x": 10, "y": 10})
    assert frame.get_by_label("position of the window").input_value() == "0"
