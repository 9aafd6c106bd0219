"""The receptive field picture: its recursion is the accountant's, pixel by pixel."""

import io

import numpy as np
import pytest
from PIL import Image

from workbook import arithmetic, data
from workbook.accountant.fields import PIXEL, slide
from workbook.interactive.receptive_field import STACKS, receptive_field

PHOTO = np.arange(40 * 40, dtype=np.uint32).reshape(40, 40).astype(np.uint8)


def _random_stacks():
    random = np.random.default_rng(0)
    stacks = [[]]
    for count in (1, 2, 3, 5, 8, 13) * 6:
        numbers = random.integers(1, (8, 4, 5), size=(count, 3))
        keys = ("kernel_size", "strides", "dilation")
        stacks.append([dict(zip(keys, row, strict=True), kind="conv") for row in numbers.tolist()])
    return stacks


RANDOM = _random_stacks()


@pytest.fixture(scope="module")
def measured(node):
    return node("receptive_field", "stacks.map((layers) => asset.fields(layers, 224))", stacks=RANDOM)


def test_fields_and_steps_are_the_accountants(measured):
    for layers, rows in zip(RANDOM, measured, strict=True):
        axis = PIXEL
        for layer, row in zip(layers, rows, strict=True):
            axis = slide(axis, layer["dilation"] * (layer["kernel_size"] - 1) + 1, layer["strides"])
            assert (row["field"], row["step"]) == (axis.size, axis.step)


def test_without_dilation_the_fields_are_those_of_arithmetic(node):
    stacks = [[{**layer, "dilation": 1} for layer in layers] for layers in RANDOM]
    results = node("receptive_field", "stacks.map((layers) => asset.fields(layers, 224))", stacks=stacks)
    for layers, rows in zip(stacks, results, strict=True):
        expected = arithmetic.receptive_fields((layer["kernel_size"], layer["strides"]) for layer in layers)
        assert [row["field"] for row in rows] == expected


def test_the_maps_are_those_of_arithmetic_until_one_does_not_fit(measured):
    for layers, rows in zip(RANDOM, measured, strict=True):
        size = 224
        for layer, row in zip(layers, rows, strict=True):
            try:
                size = arithmetic.output_size(
                    size, layer["kernel_size"], layer["strides"], dilation=layer["dilation"]
                )
            except ValueError:
                size = 0
            assert row["map"] == size
            if size == 0:
                break


def test_the_paths_are_counted_from_each_pixel(node):
    stacks = [layers for layers in RANDOM if len(layers) <= 3]
    results = node("receptive_field", "stacks.map(asset.paths)", stacks=stacks)
    for layers, counts in zip(stacks, results, strict=True):
        places = [0]  # one entry for each path, from the neuron down to the pixels
        for layer in reversed(layers):
            taps = range(0, layer["kernel_size"] * layer["dilation"], layer["dilation"])
            places = [place * layer["strides"] + tap for place in places for tap in taps]
        assert counts == np.bincount(places).tolist()


def test_holes_are_the_pixels_that_no_path_reaches(node):
    plain = {"kernel_size": 3, "strides": 1, "dilation": 1}
    dilated = {**plain, "dilation": 2}
    counts = node("receptive_field", "stacks.map(asset.paths)", stacks=[[plain], [dilated], [dilated, plain]])
    assert counts == [[1, 1, 1], [1, 0, 1, 0, 1], [1, 1, 2, 1, 2, 1, 1]]


def test_neurons_move_by_the_step_and_begin_in_the_middle(node):
    rows = [{"field": 3, "step": 1}, {"field": 10, "step": 4}, {"field": 404, "step": 32}]
    code = "rows.map((row) => [-1, 0, 1].map((moved) => asset.fieldStart(row, 256, moved)))"
    for row, (left, middle, right) in zip(rows, node("receptive_field", code, rows=rows), strict=True):
        assert right - middle == middle - left == row["step"]
        assert abs(middle + row["field"] / 2 - 128) <= row["step"] / 2 + 0.5


def test_a_layer_that_does_not_fit_is_explained(node):
    pool = {"kernel_size": 2, "strides": 2, "dilation": 1}
    layers = [pool, pool, pool, {"kernel_size": 3, "strides": 1, "dilation": 2}]
    texts = node("receptive_field", "[40, 32].map((size) => asset.explainFit(layers, size))", layers=layers)
    assert texts[0] == ""
    assert (
        "Layer 4 does not fit without padding: its kernel covers 5 places, and the map below is 4" in texts[1]
    )


def test_the_stacks_see_what_their_papers_networks_see():
    fields = {}
    for name, layers in STACKS.items():
        fields[name] = arithmetic.receptive_field((layer[1], layer[2]) for layer in layers)
    assert fields["VGG-16"] == 212
    assert fields["AlexNet"] == 195
    assert fields["LeNet-5"] == 16
    assert fields["conv 3, pool 2, conv 3"] == 8


def test_the_alternative_text_tells_the_fields():
    assert "conv 3: 3 pixels; pool 2: 4 pixels; conv 3: 8 pixels" in receptive_field(PHOTO).alt


def test_the_static_picture_keeps_the_colour_of_the_frame():
    portrait = data.photograph("astronaut")[:256, 94:350].mean(axis=2).astype("uint8")
    with Image.open(io.BytesIO(receptive_field(portrait).picture)) as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    frame = np.abs(pixels - [0xD5, 0x5E, 0x00]).max(axis=2) < 20
    assert frame.sum() > 30


@pytest.mark.parametrize("layers", [[("dense", 3, 1)], [("conv", 0, 1)], [("conv", 3, 1, 0)]])
def test_impossible_layers_are_refused(layers):
    with pytest.raises(ValueError, match="must be"):
        receptive_field(PHOTO, {"mine": layers})


@pytest.mark.parametrize("image", [PHOTO / 255, PHOTO[0], np.zeros((4, 4, 4), np.uint8)])
def test_other_images_are_refused(image):
    with pytest.raises(ValueError, match="image must be"):
        receptive_field(image)


def _texts(frame):
    return frame.locator("p.formula").inner_text()


@pytest.mark.claims
def test_the_receptive_field_picture_keeps_the_rules(keeps_the_rules):
    keeps_the_rules(receptive_field(PHOTO))


@pytest.mark.claims
def test_layers_are_added_changed_and_removed(show):
    frame = show(receptive_field(PHOTO))
    assert "sees 8 × 8 pixels" in _texts(frame)
    frame.get_by_role("button", name="Add convolution").press("Enter")
    assert "4 + 2·2 = 8" in frame.locator("tbody tr").nth(2).inner_text()
    assert "One neuron of layer 4 sees 12 × 12 pixels; the next neuron's field begins 2 pixels" in _texts(
        frame
    )
    frame.get_by_label("dilation of layer 4").fill("2")
    assert "sees 16 × 16" in _texts(frame)
    frame.get_by_role("button", name="Remove layer 2").press("Enter")
    assert "One neuron of layer 3 sees 9 × 9 pixels; the next neuron's field begins 1 pixel " in _texts(frame)
    frame.get_by_label("neuron of layer").press("ArrowLeft")
    assert "One neuron of layer 2 sees 5 × 5" in _texts(frame)


@pytest.mark.claims
def test_arrow_keys_move_the_field_by_its_step(show):
    frame = show(receptive_field(np.zeros((40, 40), np.uint8)), width=390, dark=True)
    scale = frame.evaluate("SHOWN * 2 / 40")
    frame.get_by_label("Photograph").press("ArrowRight")
    # 8 pixels wide, from pixel 16 or 18 on: at its left edge the frame's colour
    colour = frame.evaluate(
        """([x, y]) => [...document.querySelector("canvas").getContext("2d").getImageData(x, y, 1, 1).data]""",
        [18 * scale, 20 * scale],
    )
    assert colour[:3] == [0xD5, 0x5E, 0x00]


@pytest.mark.claims
def test_padding_and_layers_that_do_not_fit_are_said(show):
    frame = show(receptive_field(PHOTO))
    frame.get_by_label("begin with").select_option("VGG-16")
    assert "does not fit without padding" in frame.locator(".warn").inner_text()
    assert "beyond the picture" in frame.inner_text("body")


@pytest.mark.claims
def test_a_field_of_millions_of_pixels_does_not_stop_the_page(show):
    frame = show(receptive_field(PHOTO, {"huge": [("conv", 31, 8)] * 8}))
    field = arithmetic.receptive_field([(31, 8)] * 8)
    assert f"One neuron of layer 8 sees {field} × {field} pixels" in _texts(frame)
    frame.get_by_label("darken by number of paths").press("Space")
    frame.get_by_label("neuron of layer").press("Home")
    assert _texts(frame) == "A pixel sees itself."


@pytest.mark.claims
def test_the_field_stays_on_the_photograph(show):
    frame = show(receptive_field(PHOTO, {"one": [("conv", 3, 4)]}))
    for _ in range(20):
        frame.get_by_label("Photograph").press("ArrowUp")
    assert frame.evaluate("(() => fieldStart({ field: 3, step: 4 }, 40, -5))()") == 0
    assert "beyond the picture" not in frame.inner_text("body")
