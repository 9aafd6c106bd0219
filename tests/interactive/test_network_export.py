"""A Keras model as numbers for the browser: `network.js` computes what Keras computes, for every kind of layer."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests import harness
from workbook.interactive.network_export import (
    ACTIVATIONS,
    MAX_WEIGHTS,
    READERS,
    TRAINING_ONLY,
    export_network,
)

Node = Callable[..., Any]
Same = Callable[[Any, np.ndarray], None]

COMPUTE = """images.map((image) => asset.compute(asset.decode(exported), image).map(
    (maps) => ({ ...maps, values: Array.from(maps.values) })))"""


def randomised(model: Any, seed: int = 0) -> Any:
    """Give every weight a random value, also the statistics of normalisation, which start at 0 and 1."""
    rng = np.random.default_rng(seed)
    for variable in model.weights:
        values = rng.normal(0, 0.4, variable.shape)
        variable.assign(np.abs(values) + 0.3 if "variance" in variable.name else values)
    return model


def computed(node: Node, model: Any, images: np.ndarray) -> tuple[list[dict], list[list[np.ndarray]]]:
    """Return a model's steps, and for each image the maps of each step, as the page computes them."""
    exported = export_network(model)
    flat = [image.ravel().astype(float).tolist() for image in images]
    outputs = node("network", COMPUTE, exported=exported, images=flat)
    maps = [
        [np.reshape(one["values"], (one["height"], one["width"], one["channels"])) for one in image]
        for image in outputs
    ]
    return exported["steps"], maps


@pytest.fixture
def assert_same(node: Node) -> Callable[[Any, np.ndarray], None]:
    """Return a check that the page computes the output, and that of each layer that ends in a step, as Keras does."""

    def check(model: Any, images: np.ndarray) -> None:
        import keras

        steps, maps = computed(node, model, images)
        names = {layer.name for layer in model.layers if len(layer._inbound_nodes) == 1}
        last = {step["layer"]: number for number, step in enumerate(steps) if step["layer"] in names}
        layers = [name for name in last if name != "input"]
        tensors = [model.get_layer(name).output for name in layers] + model.outputs
        every = keras.Model(model.inputs[0], tensors)
        expected = [np.asarray(array) for array in every(images.astype("float32"), training=False)]
        for number, arrays in zip([last[name] for name in layers] + [len(steps) - 1], expected, strict=True):
            actual = np.stack([image[number] for image in maps]).reshape(arrays.shape)
            message = str(steps[number]["label"])
            np.testing.assert_allclose(actual, arrays, rtol=1e-4, atol=1e-4, err_msg=message)

    return check


def _after(*stack: Any, shape: tuple[int, ...] = (9, 7, 4)) -> Any:
    """Build a Sequential model of the layers, with random weights."""
    import keras

    return randomised(keras.Sequential([keras.Input(shape), *stack]))


def _images(shape: tuple[int, ...] = (9, 7, 4), count: int = 2) -> np.ndarray:
    return np.random.default_rng(1).normal(0, 1, (count, *shape)).astype("float32")


def _side_by_side(*stack: Any) -> Any:
    """Build a model in which each layer reads the same input, with random weights."""
    import keras

    inputs = keras.Input((9, 7, 4))
    outputs = [keras.layers.Flatten()(layer(inputs)) for layer in stack]
    return randomised(keras.Model(inputs, keras.layers.Concatenate()(outputs)))


MOVES = [{}, {"strides": 2}, {"strides": (3, 2)}, {"dilation_rate": 2}, {"dilation_rate": (1, 3)}]


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("name", ["Conv2D", "DepthwiseConv2D", "SeparableConv2D"])
def test_convolutions_equal_those_of_keras(assert_same: Same, name: str, padding: str) -> None:
    from keras import layers

    kinds: dict[str, list[Callable[..., Any]]] = {
        "Conv2D": [partial(layers.Conv2D, 6, (3, 2), activation="tanh"),
                   partial(layers.Conv2D, 6, (2, 3), groups=2, use_bias=False)],
        "DepthwiseConv2D": [partial(layers.DepthwiseConv2D, (3, 2), depth_multiplier=2)],
        "SeparableConv2D": [partial(layers.SeparableConv2D, 5, 3, depth_multiplier=2, activation="relu")],
    }  # fmt: skip
    # Keras knows depthwise convolutions with strides of one number alone.
    moves = MOVES if name == "Conv2D" else [{}, {"strides": 2}, {"strides": 3}, {"dilation_rate": 2}]
    stack = [build(padding=padding, **options) for build in kinds[name] for options in moves]
    assert_same(_side_by_side(*stack), _images())


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_pooling_equals_that_of_keras(assert_same: Same, padding: str) -> None:
    from keras import layers

    kinds = (layers.MaxPooling2D, layers.AveragePooling2D)
    windows = [(2, None), (3, 2), ((2, 3), 1), ((3, 2), (1, 2))]
    stack = [kind(size, strides=strides, padding=padding) for kind in kinds for size, strides in windows]
    assert_same(_side_by_side(*stack), _images())


def test_layers_that_change_each_map_equal_those_of_keras(assert_same: Same) -> None:
    from keras import layers

    normalization = layers.Normalization(mean=[0.1, 0.2, -0.3, 0], variance=[1, 2, 3, 0])
    stack = (
        layers.BatchNormalization(), layers.BatchNormalization(scale=False, center=False),
        layers.Rescaling(1 / 255, offset=-1), layers.ReLU(), layers.ELU(0.5), layers.LeakyReLU(0.3),
        layers.ReLU(max_value=1, negative_slope=0.1, threshold=0.2),
        layers.Softmax(), layers.ZeroPadding2D(((1, 2), (0, 3))), layers.GlobalMaxPooling2D(keepdims=True),
        layers.GlobalAveragePooling2D(), normalization, *(layers.Activation(name) for name in ACTIVATIONS),
    )  # fmt: skip
    assert_same(_side_by_side(*stack), _images() * 3)


def test_dense_layers_equal_those_of_keras(assert_same: Same) -> None:
    from keras import layers

    assert_same(_after(layers.Flatten(), layers.Dense(5, activation="softmax")), _images())
    assert_same(_after(layers.Flatten(), layers.Dropout(0.5), layers.Dense(5), layers.Dense(3)), _images())
    assert_same(
        _after(layers.Flatten(), layers.ReLU(), layers.Dense(5)), _images()
    )  # flattened values are read
    assert_same(_after(layers.Dense(5, activation="relu")), _images())  # on maps: a convolution of 1×1
    assert_same(_after(layers.Reshape((7, 9, 4)), layers.Conv2D(2, 3)), _images())


def test_branches_equal_those_of_keras(assert_same: Same) -> None:
    import keras
    from keras import layers

    inputs = keras.Input((9, 7, 4))
    x = layers.Conv2D(4, 3, padding="same", activation="relu")(inputs)
    added = layers.Add()([inputs, x])
    pooled = layers.MaxPooling2D(3, 1, "same")(x)
    functions = [keras.ops.relu(added), keras.ops.sigmoid(x), keras.ops.tanh(x)]
    branches = layers.Concatenate()([*functions, pooled, added + x])
    shared = layers.Dense(6)
    inner = keras.Sequential([keras.Input((9, 7, 20)), layers.RandomFlip(), layers.Conv2D(3, 1)])
    outputs = layers.Concatenate()([shared(layers.GlobalAveragePooling2D()(inner(branches))),
                                    shared(layers.GlobalMaxPooling2D()(inner(branches)))])  # fmt: skip
    assert_same(randomised(keras.Model(inputs, outputs)), _images())


def test_every_layer_that_may_be_exported_is_compared_above() -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    functions = {"Relu", "Sigmoid", "Tanh"}
    calls = {f"ops.{name.lower()}(" if name in functions else f"layers.{name}" for name in READERS}
    assert not [call for call in calls if call not in source]


@pytest.mark.parametrize("name", TRAINING_ONLY)
def test_layers_for_training_leave_no_step(name: str) -> None:
    import keras
    from keras import layers

    arguments = {"Identity": (), "RandomFlip": (), "RandomTranslation": (0.1, 0.1)}.get(name, (0.1,))
    layer = getattr(layers, name)(*arguments)
    model = keras.Sequential([keras.Input((4, 4, 3)), layer, layers.Flatten(), layers.Dense(2)])
    assert [step["kind"] for step in export_network(model)["steps"]] == ["input", "conv"]


def test_the_networks_of_the_recipes_equal_keras(assert_same: Same) -> None:
    from workbook.training.recipes import mnist

    digits = np.random.default_rng(2).integers(0, 256, (2, 28, 28, 1)).astype("float32")
    for build in (mnist.network, mnist.small_network):
        assert_same(randomised(build()), digits)


def test_the_networks_of_chapter_05_equal_keras(assert_same: Same) -> None:
    from keras import layers

    starts = ("def dense_network", "def lenet5", "def network_with", "def large_network")
    names = harness.run_chapter("05_first_cnn", harness.named("separable-network", starts=starts))
    digits = np.random.default_rng(2).integers(0, 256, (2, 28, 28, 1)).astype("float32")
    networks = [names[name]() for name in ("dense_network", "lenet5", "separable_network")]
    networks += [names["network_with"](layers.Flatten()), names["large_network"](dropout=0.5, shift=0.1)]
    for network in networks:
        assert_same(randomised(network), digits)


def test_a_step_says_what_it_does() -> None:
    from keras import layers

    model = _after(
        layers.SeparableConv2D(8, 5, strides=2, padding="same"), layers.Conv2D(4, 1, dilation_rate=2, groups=2),
        layers.Flatten(), layers.Dense(3, activation="softmax"),
    )  # fmt: skip
    assert [step["label"] for step in export_network(model)["steps"]] == [
        "Input", "SeparableConv2D, depthwise part, 5×5, strides 2, same: a filter for each map",
        "SeparableConv2D, pointwise part: 8 filters 1×1", "Conv2D, 4 filters 1×1, dilation 2, valid, 2 groups",
        "Dense, 3 units, each with a kernel 5×4×4", "softmax",
    ]  # fmt: skip


def _two_inputs() -> Any:
    import keras

    inputs = [keras.Input((4, 4, 1)), keras.Input((4, 4, 1))]
    return keras.Model(inputs, keras.layers.Add()(inputs))


def _unbuilt() -> Any:
    import keras

    return keras.Sequential([keras.layers.Dense(3)])


def _any_size() -> Any:
    import keras

    return keras.Sequential([keras.Input((None, None, 1)), keras.layers.GlobalMaxPooling2D()])


def _layer(kind: str, *arguments: Any, **options: Any) -> Callable[[], Any]:
    def build() -> Any:
        from keras import layers

        return _after(getattr(layers, kind)(*arguments, **options))

    return build


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: "model", "must be a functional or Sequential Keras model"),
        (_unbuilt, "begin it with keras.Input"),
        (_two_inputs, "one input and one output. Received: 2 and 1"),
        (_any_size, "fixed sizes. Received: (None, None, 1)"),
        (_layer("Conv2D", 5000, 3), f"at most {MAX_WEIGHTS:,} parameters"),
        (_layer("UpSampling2D", name="larger"), "Received: layer 'larger', a UpSampling2D"),
        (_layer("Conv2D", 2, 3, activation="gelu", name="odd"), "Received: 'gelu' in layer 'odd'"),
        (_layer("BatchNormalization", axis=1, name="rows"), "Received: axis=1 in layer 'rows'"),
        (_layer("Normalization", axis=None, invert=True, mean=1.0, variance=2.0), "invert=False"),
    ],
)
def test_what_cannot_be_exported_is_one_sentence(build: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]*$") as raised:
        export_network(build())
    assert message in str(raised.value)


def test_the_export_is_json_and_the_weights_are_float32() -> None:
    from keras import layers

    exported = export_network(_after(layers.Conv2D(3, 2), layers.GlobalMaxPooling2D()))
    json.dumps(exported)
    assert len(exported["weights"]) == -(-4 * (2 * 2 * 4 * 3 + 3) // 3) * 4  # base64 of 51 float32
