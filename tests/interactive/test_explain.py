"""A learner's own network in the page: what Python hands over, what JavaScript computes, what a reader does with it."""

import base64
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests import harness
from workbook import data, interactive
from workbook.interactive.document import Document
from workbook.interactive.explain import MAX_IMAGES, mosaic
from workbook.interactive.network_export import export_network

Node = Callable[..., Any]
OUTPUTS = "asset.compute(asset.decode(exported), image)"


def small_network(*, seed: int = 0) -> Any:
    """Build a small network for digits, with random weights."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(seed)
    inputs = keras.Input((28, 28, 1))
    x = layers.Rescaling(1 / 255, name="rescaling")(inputs)
    x = layers.Conv2D(6, 5, strides=2, padding="same", name="edges")(x)
    x = layers.ReLU(name="on")(layers.BatchNormalization(name="norm")(x))
    x = layers.SeparableConv2D(8, 3, padding="same", activation="relu", name="parts")(x)
    x = layers.GlobalAveragePooling2D(name="means")(x)
    return keras.Model(inputs, layers.Dense(10, activation="softmax", name="scores")(x), name="small")


@pytest.fixture(scope="module")
def model() -> Any:
    return small_network()


@pytest.fixture(scope="module")
def digits() -> np.ndarray:
    return data.load("mnist").x_test[:200]


@pytest.fixture(scope="module")
def document(model: Any, digits: np.ndarray) -> Document:
    return interactive.explain(model, digits[:12])


def test_the_page_gets_the_network_the_images_and_the_classes(document: Document, digits: np.ndarray) -> None:
    images = base64.b64decode(document.data["images"]["base64"])
    assert np.array_equal(np.frombuffer(images, np.uint8).reshape(12, 28, 28, 1), digits[:12])
    assert document.data["unit"] == 1
    assert document.data["classes"] == list("0123456789")
    assert document.data["pad"]
    assert "Draw a digit" in document.body
    assert "Probabilities" in document.body


def test_images_from_0_to_1_stay_so(model: Any, digits: np.ndarray) -> None:
    document = interactive.explain(
        model, digits[:2] / np.float32(255), class_names=[f"digit {n}" for n in range(10)]
    )
    assert document.data["unit"] == 1 / 255
    assert (
        document.data["images"]["base64"] == interactive.explain(model, digits[:2]).data["images"]["base64"]
    )
    assert document.data["classes"][3] == "digit 3"


def test_other_images_have_no_pad_and_scores_are_named() -> None:
    import keras

    model = keras.Sequential([keras.Input((8, 6, 3)), keras.layers.Flatten(), keras.layers.Dense(2)])
    document = interactive.explain(model, np.zeros((1, 8, 6, 3), np.uint8), class_names=("cat", "dog"))
    assert not document.data["pad"]
    assert "Draw" not in document.body
    assert "Scores" in document.body
    assert document.alt == f"An image, the scores that the network {model.name} gives it."


def test_the_static_picture_and_its_text_name_layers(document: Document) -> None:
    assert document.picture.startswith(b"\x89PNG")
    assert (
        document.alt
        == "An image, the first maps of on, parts, and the scores that the network small gives it."
    )


def test_a_mosaic_puts_maps_side_by_side() -> None:
    maps = np.arange(12).reshape(1, 2, 6)
    picture = mosaic(maps, 4)
    assert picture.shape == (3, 11)
    assert np.array_equal(picture[0, [0, 1, 3, 4]], [0, 6, 1, 7])
    assert np.array_equal(picture[2, :2], [4, 10])
    assert np.isnan(picture[1]).all()


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((3, 28, 28)), "input shape (28, 28, 1). Received: shape (3, 28, 28)"),
        (np.zeros((0, 28, 28, 1)), f"images must be 1 to {MAX_IMAGES}"),
        (np.zeros((41, 28, 28, 1)), f"images must be 1 to {MAX_IMAGES}"),
        (np.full((1, 28, 28, 1), -0.5), "a Rescaling or Normalization layer. Received: float64, -0.5 to -0.5"),
        (np.full((1, 28, 28, 1), 256), "images must be 0-255"),
        (np.full((1, 28, 28, 1), np.nan), "images must be 0-255"),
    ],
)  # fmt: skip
def test_images_that_do_not_fit_are_one_sentence(model: Any, images: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]*$") as raised:
        interactive.explain(model, images)
    assert message in str(raised.value)


def test_classes_and_outputs_that_do_not_fit_are_one_sentence(model: Any, digits: np.ndarray) -> None:
    import keras

    with pytest.raises(ValueError, match=r"a name for each of 10 outputs\. Received: 2"):
        interactive.explain(model, digits[:1], class_names=["a", "b"])
    maps = keras.Model(model.inputs[0], model.get_layer("on").output)
    with pytest.raises(ValueError, match=r"one score per class. Received: output \(batch, 14, 14, 6\)"):
        interactive.explain(maps, digits[:1])
    deep = keras.Sequential([keras.Input((4, 4, 2)), keras.layers.GlobalMaxPooling2D()])
    with pytest.raises(ValueError, match="1 or 3 channels"):
        interactive.explain(deep, np.zeros((1, 4, 4, 2)))


def test_the_page_without_its_data_is_small(document: Document) -> None:
    assert len(Document(**{**vars(document), "data": None}).page()) < 60_000


def test_blocks_are_an_operation_and_what_changes_each_map(node: Node, model: Any) -> None:
    steps = export_network(model)["steps"]
    blocks = node("network", "asset.blocksOf(steps)", steps=steps)
    named = [[(steps[number]["layer"], steps[number]["kind"]) for number in block] for block in blocks]
    assert named == [
        [("input", "input"), ("rescaling", "affine")],
        [("edges", "conv"), ("norm", "affine"), ("on", "activation")],
        [("parts", "conv")],
        [("parts", "conv"), ("parts", "activation")],
        [("means", "pool")],
        [("scores", "conv"), ("scores", "activation")],
    ]


def test_a_block_ends_where_two_layers_read_it(node: Node) -> None:
    import keras

    inputs = keras.Input((4, 4, 2))
    x = keras.layers.Conv2D(2, 3, padding="same")(inputs)
    outputs = keras.layers.GlobalMaxPooling2D()(keras.layers.Add()([x, keras.layers.ReLU()(x)]))
    steps = export_network(keras.Model(inputs, outputs))["steps"]
    assert node("network", "asset.blocksOf(steps)", steps=steps) == [[0], [1], [2], [3], [4]]


def test_the_products_of_a_place_add_up_to_its_value(node: Node) -> None:
    import keras
    from keras import layers

    keras.utils.set_random_seed(3)
    stack = [
        layers.Conv2D(
            4, (3, 2), strides=2, padding="same", groups=2, dilation_rate=1, bias_initializer="ones"
        )
    ]
    stack += [layers.Conv2D(6, 2, dilation_rate=2, padding="same"), layers.Flatten(), layers.Dense(3)]
    model = keras.Sequential([keras.Input((7, 6, 4)), *stack])
    image = np.random.default_rng(0).normal(size=(7, 6, 4))
    code = f"""(() => {{
        const outputs = {OUTPUTS};
        return asset.decode(exported).flatMap((step, number) => {{
            if (step.kind !== "conv") return [];
            const [input, output] = [outputs[step.inputs[0]], outputs[number]];
            return Array.from(output.values, (value, i) => {{
                const place = Math.floor(i / output.channels);
                const [row, column] = [Math.floor(place / output.width), place % output.width];
                const parts = asset.terms(step, input, row, column, i % output.channels);
                return [value, parts.reduce((sum, part) => sum + part.sum, step.bias[i % output.channels])];
            }});
        }});
    }})()"""
    pairs = np.array(node("network", code, exported=export_network(model), image=image.ravel()))
    assert len(pairs) == 4 * 3 * 4 + 4 * 3 * 6 + 3
    np.testing.assert_allclose(pairs[:, 0], pairs[:, 1], rtol=1e-5, atol=1e-5)


def test_a_window_shows_the_numbers_under_it(node: Node) -> None:
    maps = {"height": 3, "width": 4, "channels": 2, "values": np.arange(24)}
    step = {"size": [2, 2], "strides": [2, 1], "dilation": [1, 2], "corner": [1, 0]}
    window = "asset.windowOf(step, maps, row, 1, 1)"
    assert node("detail", window, step=step, maps=maps, row=0) == [[None, None], [3, 7]]
    assert node("detail", window, step=step, maps=maps, row=1) == [[11, 15], [19, 23]]


def test_each_step_says_its_arithmetic(node: Node) -> None:
    def maps(value: float) -> dict:
        return {"height": 1, "width": 1, "channels": 1, "values": [value]}

    steps = [
        {"kind": "input", "layer": "input", "inputs": []},
        {"kind": "conv", "layer": "c", "inputs": [0], "bias": [-0.5]},
        {"kind": "affine", "layer": "n", "inputs": [1], "factor": [2], "shift": [0.25]},
        {"kind": "activation", "layer": "r", "inputs": [2], "function": "relu"},
        {"kind": "add", "layer": "a", "inputs": [2, 3]},
        {"kind": "pool", "layer": "p", "inputs": [4], "reduce": "max"},
        {"kind": "activation", "layer": "s", "inputs": [5], "function": "softmax", "shape": [1, 1, 1]},
    ]
    values = [3, -1, -1.75, 0, -1.75, -1.75, 1]
    code = "asset.equations(steps, outputs, [0,1,2,3,4,5,6], { row: 0, column: 0, channel: 0 }, draw.format)"
    lines = node("detail", code, steps=steps, outputs=[maps(value) for value in values])
    assert [line["text"] for line in lines] == [
        "the pixel: 3",
        "sum of all products: −0.5 − 0.5 (bias) = −1",
        "−1 × 2 + 0.25 = −1.75",
        "relu(−1.75) = 0",
        "−1.75 + 0 = −1.75",
        "the largest value in the window: −1.75",
        "e^(−1.75) divided by the sum over all 1 = 1",
    ]


def test_tiles_are_found_where_they_are_drawn(node: Node) -> None:
    code = "asset.layout(10, { height: 7, width: 7 }, 4, 100)"
    grid = node("sheet", code)
    assert (grid["columns"], grid["rows"], grid["tile"]) == (3, 4, {"height": 32, "width": 32})
    place = f"asset.placeAt(x, y, {code})"
    assert node("sheet", place, x=2, y=2) == {"index": 0, "row": 0, "column": 0}
    assert node("sheet", place, x=32 + 2 + 9, y=64 + 2 + 27) == {"index": 7, "row": 6, "column": 2}
    assert node("sheet", place, x=95, y=31) == {
        "index": 2,
        "row": 6,
        "column": 6,
    }  # the gap belongs to the tile
    assert node("sheet", place, x=40, y=120) is None  # tile 10 does not exist
    assert node("sheet", place, x=97, y=2) is None


@pytest.mark.parametrize(
    ("key", "index"),
    [
        ("ArrowLeft", 3),
        ("ArrowRight", 5),
        ("ArrowUp", 1),
        ("ArrowDown", 7),
        ("Home", 0),
        ("End", 7),
        ("a", None),
    ],
)
def test_arrow_keys_move_among_places(node: Node, key: str, index: int | None) -> None:
    assert node("sheet", "asset.moved(4, key, 3, 8)", key=key) == index
    if key.startswith("Arrow"):
        assert node("sheet", "asset.moved(0, key, 3, 1)", key=key) == 0  # no place to go to


def test_scales_are_grey_or_have_two_colours_around_0(node: Node) -> None:
    assert node("sheet", "asset.scaleOf([0, 2, 1])") == {"scale": "grey", "low": 0, "high": 2}
    assert node("sheet", "asset.scaleOf([-3, 2])") == {"scale": "signed", "low": -3, "high": 3}


def test_keys_move_the_pen(node: Node) -> None:
    pen = {"x": 112, "y": 4, "down": False}
    assert node("pad", "asset.penAfter(pen, ' ')", pen=pen) == {**pen, "down": True}
    assert node("pad", "asset.penAfter(pen, 'ArrowRight')", pen=pen) == {**pen, "x": 120}
    assert node("pad", "asset.penAfter(pen, 'ArrowUp')", pen=pen) == {**pen, "y": 0}  # not beyond the edge
    assert node("pad", "asset.penAfter(pen, 'a')", pen=pen) is None


def test_ink_is_reduced_to_means(node: Node) -> None:
    ink = np.zeros((224, 224))
    ink[8:12, 16:24] = 1  # half of one cell of 8 x 8
    ink[216:, :8] = 0.5
    expected = np.zeros((28, 28))
    expected[1, 2] = expected[27, 0] = 0.5
    assert (
        node("pad", "Array.from(asset.reduced(ink, 28))", ink=ink.ravel().tolist())
        == expected.ravel().tolist()
    )


def test_scores_are_written_as_shares_or_as_numbers(node: Node) -> None:
    code = "asset.rowsOf([0.25, 0.75], ['a', 'b'], areShares, draw.format)"
    rows = node("explain", code, areShares=True)
    assert [(row["label"], row["text"], row["best"]) for row in rows] == [
        ("a", "25 %", False),
        ("b", "75 %", True),
    ]
    rows = node("explain", "asset.rowsOf([-1.5, 2], ['a', 'b'], false, draw.format)")
    assert [(row["value"], row["text"]) for row in rows] == [(0, "−1.5"), (2, "2")]


def test_another_map_is_entered_at_the_same_spot(node: Node) -> None:
    assert node("explain", "[0, 13, 27].map((place) => asset.scaled(place, 28, 7))") == [0, 3, 6]
    assert node("explain", "[0, 3, 6].map((place) => asset.scaled(place, 7, 28))") == [2, 14, 26]
    stack = {"height": 2, "width": 3, "channels": 2, "values": [0] * 7 + [5] + [0] * 4}
    assert node("explain", "asset.strongest(stack)", stack=stack) == {"row": 1, "column": 0, "channel": 1}


def test_kernels_are_shown_where_a_filter_reads_one_map(node: Node, model: Any) -> None:
    code = "network.decode(exported).map((step) => asset.kernelsOf(step)?.channels ?? null)"
    code = f"(() => {{ const network = require(path); return {code}; }})()"
    path = str(interactive.document.ASSETS / "network.js")
    kernels = node("explain", code, exported=export_network(model), path=path)
    assert kernels == [None, None, 6, None, None, 6, None, None, None, None, None]
    step = {"kernel": [1, 0, -2, 0], "size": [2, 1], "shape": [5, 5, 2]}
    assert node("explain", "asset.kernelsOf(step).values", step=step) == [0.5, 0, -1, 0]


# --- In Chromium ---


@pytest.fixture(scope="module")
def trained(digits: np.ndarray) -> Any:
    """Return chapter 05's network after a short training."""
    import keras

    network = harness.run_chapter("05_first_cnn", harness.named("separable-network"))["separable_network"]()
    mnist = data.load("mnist")
    network.compile(keras.optimizers.Adam(0.004), "sparse_categorical_crossentropy")
    network.fit(mnist.x_train[:6000], mnist.y_train[:6000], batch_size=100, epochs=2, verbose=0)
    return network


@pytest.mark.claims
def test_200_test_digits_have_the_scores_of_keras(
    trained: Any, digits: np.ndarray, show: Callable[..., Any]
) -> None:
    frame = show(interactive.explain(trained, digits[:12]))
    expected = trained.predict(digits, verbose=0)
    scores = frame.evaluate(
        """(images) => {
            const steps = network.decode(draw.data.network);
            return images.map((image) => Array.from(network.compute(steps, image).at(-1).values));
        }""",
        digits.reshape(len(digits), -1).tolist(),
    )
    assert np.abs(np.array(scores) - expected).max() < 1e-4
    for number in range(12):  # what the page shows
        shown = frame.locator("#scores .bar span:last-child").all_inner_texts()
        read = [float(text.removesuffix(" %")) for text in shown]
        assert np.abs(np.array(read) - 100 * expected[number]).max() < 0.051
        frame.locator("#images canvas").press("ArrowRight")


@pytest.mark.claims
def test_an_image_is_shown_within_100_ms(trained: Any, digits: np.ndarray, show: Callable[..., Any]) -> None:
    frame = show(interactive.explain(trained, digits[:12]))
    times = frame.evaluate(
        """() => ["ArrowRight", "ArrowLeft"].flatMap((key) => Array.from({ length: 11 }, () => {
            const start = performance.now();
            draw.element("images").firstChild.dispatchEvent(new KeyboardEvent("keydown", { key }));
            return performance.now() - start;
        }))"""
    )
    assert np.median(times) < 100


@pytest.mark.claims
def test_the_page_keeps_the_rules(document: Document, keeps_the_rules: Callable[[Document], None]) -> None:
    keeps_the_rules(document)


@pytest.mark.claims
def test_a_map_is_opened_by_a_click_or_by_keys(document: Document, show: Callable[..., Any]) -> None:
    frame = show(document)
    title, formula = frame.locator("#detail h3"), frame.locator("#detail ol")
    sheets = frame.locator("#layers canvas")
    sheets.nth(1).click(position={"x": 46 + 20, "y": 20})
    assert title.inner_text() == "edges → norm → on: map 2 of 6"
    assert formula.locator("li").count() == 3
    sheets.nth(1).press("ArrowRight")
    assert title.inner_text() == "edges → norm → on: map 3 of 6"
    place = frame.get_by_role("slider", name="Place in the map")
    before = place.get_attribute("aria-valuetext")
    place.press("Home")
    assert place.get_attribute("aria-valuetext") == "row 1, column 1" != before
    sheets.nth(3).press("End")
    assert title.inner_text() == "parts: map 8 of 8"
    chooser = frame.get_by_role("slider", name="Input map of which the product is shown")
    chooser.press("End")
    assert "input: map 6 of 6" in frame.locator("#detail").inner_text()
    sheets.nth(5).press("ArrowRight")
    assert title.inner_text() == "scores: score of “1”"
    assert "divided by the sum over all 10" in formula.inner_text()
    frame.get_by_label("Kernels instead of maps").check()
    assert sheets.nth(1).bounding_box()["height"] < 60  # 5×5 kernels, in one row


@pytest.mark.claims
def test_a_digit_is_drawn_with_the_mouse_and_with_keys(document: Document, show: Callable[..., Any]) -> None:
    frame = show(document)
    pad, scores = frame.locator("#pad canvas"), frame.locator("#scores")
    lit = """() => {
        const canvas = draw.element("seen");
        const pixels = canvas.getContext("2d").getImageData(0, 0, 28, 28).data;
        return pixels.filter((value, i) => i % 4 === 0 && value > 127).length;
    }"""
    frame.get_by_role("button", name="clear").click()
    assert frame.evaluate(lit) == 0
    blank = scores.inner_text()
    box = pad.bounding_box()
    frame.page.mouse.move(box["x"] + 100, box["y"] + 30)
    frame.page.mouse.down()
    frame.page.mouse.move(box["x"] + 100, box["y"] + 170, steps=10)
    frame.page.mouse.up()
    frame.wait_for_function("(blank) => draw.element('scores').innerText !== blank", arg=blank)
    assert 20 <= frame.evaluate(lit) <= 80  # a stroke of 20 pixels, two or three wide
    frame.get_by_role("button", name="clear").click()
    pad.focus()
    for key in ("ArrowLeft", " ", *["ArrowDown"] * 12, " ", "ArrowRight"):
        pad.press(key)
    frame.wait_for_function(f"() => ({lit})() > 20")
    assert frame.evaluate(lit) <= 80
    pad.press("Delete")
    assert frame.evaluate(lit) == 0
