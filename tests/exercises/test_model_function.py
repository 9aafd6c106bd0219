"""Models as answers are compared by what they compute: right ones in many spellings, wrong ones that look alike."""

import copy
import json
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops

from workbook.exercises.models import observe_model, read_function, same_model

Builder = Callable[[], Any]


def difference(answer: Builder, reference: Builder, **options: Any) -> str | None:
    observed, expected = (json.loads(json.dumps(observe_model(builder))) for builder in (answer, reference))
    return same_model(**options)(observed, expected, ())


# A residual block --------------------------------------------------------------------------------------------


def block(
    *,
    relu: Callable[[Any], Any] = lambda x: layers.ReLU()(x),
    add: Callable[[Any, Any], Any] = lambda x, y: layers.Add()([x, y]),
    shortcut_padding: str = "same",
    epsilon: float = 1e-3,
    momentum: float = 0.99,
    regularizer: str | None = None,
) -> Any:
    def normalised(x: Any) -> Any:
        return layers.BatchNormalization(epsilon=epsilon, momentum=momentum)(x)

    inputs = keras.Input((9, 7, 6))
    options = {"use_bias": False, "kernel_regularizer": regularizer}
    x = layers.Conv2D(8, 3, strides=2, padding="same", **options)(inputs)
    x = relu(normalised(x))
    x = normalised(layers.Conv2D(8, 3, padding="same", **options)(x))
    shortcut = layers.Conv2D(8, 1, strides=2, padding=shortcut_padding, **options)(inputs)
    return keras.Model(inputs, relu(add(x, normalised(shortcut))))


def block_of_blocks() -> Any:
    """The same block with its main path as a Sequential and its shortcut as a functional model."""
    main = keras.Sequential(
        [
            layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Conv2D(8, 3, padding="same", use_bias=False),
            layers.BatchNormalization(),
        ]
    )
    place = keras.Input((9, 7, 6))
    shortcut = layers.Conv2D(8, 1, strides=2, use_bias=False)(place)
    shortcut = keras.Model(place, layers.BatchNormalization()(shortcut))
    inputs = keras.Input((9, 7, 6))
    return keras.Model(inputs, ops.relu(main(inputs) + shortcut(inputs)))


@pytest.mark.parametrize(
    "answer",
    [
        lambda: block(relu=ops.relu),
        lambda: block(relu=keras.activations.relu),
        lambda: block(relu=layers.Activation("relu")),
        lambda: block(relu=lambda x: ops.maximum(x, 0)),
        lambda: block(relu=lambda x: keras.layers.LeakyReLU(negative_slope=0.0)(x)),
        lambda: block(add=lambda x, y: x + y),
        lambda: block(add=lambda x, y: ops.add(y, x)),
        lambda: block(add=lambda x, y: layers.add([y, x])),
        lambda: block(add=lambda x, y: ops.sum(ops.stack([x, y]), axis=0)),
        lambda: block(add=lambda x, y: 2 * layers.Average()([x, y])),
        lambda: block(shortcut_padding="valid"),
        lambda: block(momentum=0.9),  # how fast the statistics follow is nobody's question
        block_of_blocks,
    ],
)
def test_a_residual_block_in_any_spelling_passes(answer: Builder) -> None:
    assert difference(answer, block) is None


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda: block(relu=lambda x: layers.ReLU(max_value=6)(x)), "max_value"),
        (lambda: block(relu=layers.Activation("tanh")), "tanh"),
        (lambda: block(add=lambda x, y: x - y), "expected Add"),
        (lambda: block(add=lambda x, y: x + x), "Conv2D(8) is missing"),
        (lambda: block(epsilon=1e-5), "epsilon"),
        (lambda: block(regularizer="l2"), "kernel_regularizer"),
        (lambda: block(relu=lambda x: ops.relu(x) * 1.01), "layer"),
    ],
)
def test_another_residual_block_does_not(answer: Builder, words: str) -> None:
    assert words in str(difference(answer, block))


# Other networks ----------------------------------------------------------------------------------------------


def dense_block(*, join: str = "chain", growth: tuple[int, ...] = (3, 3, 3)) -> Any:
    inputs = keras.Input((6, 5, 4))
    x, features = inputs, [inputs]
    for filters in growth:
        made = layers.Conv2D(filters, 3, padding="same")(layers.ReLU()(layers.BatchNormalization()(x)))
        features.append(made)
        if join == "chain":
            x = layers.Concatenate()([x, made])
        elif join == "all":
            x = layers.Concatenate()(features)
        elif join == "operation":
            x = ops.concatenate(features, axis=-1)
        else:  # the newest first
            x = layers.Concatenate()([made, x])
    return keras.Model(inputs, x)


def test_a_dense_block_may_join_in_a_chain_or_all_features() -> None:
    assert difference(lambda: dense_block(join="all"), dense_block) is None
    assert difference(lambda: dense_block(join="operation"), dense_block) is None
    assert "reads" in str(difference(lambda: dense_block(join="newest first"), dense_block))


def test_a_model_may_end_in_a_model() -> None:
    def nested() -> Any:
        place = keras.Input((6, 5, 7))
        made = layers.Conv2D(3, 3, padding="same")(layers.ReLU()(layers.BatchNormalization()(place)))
        rest = keras.Model(place, layers.Concatenate()([place, made]))
        inputs = keras.Input((6, 5, 4))
        made = layers.Conv2D(3, 3, padding="same")(layers.ReLU()(layers.BatchNormalization()(inputs)))
        return keras.Model(inputs, rest(layers.Concatenate()([inputs, made])))

    def twice(*, order: int = 1) -> Any:
        place = keras.Input((4,))
        shared = keras.Model(place, layers.Dense(4)(place))
        inputs = keras.Input((4,))
        first = shared(inputs)
        return keras.Model(inputs, [first, shared(layers.ReLU()(first))][::order])

    assert difference(nested, lambda: dense_block(growth=(3, 3))) is None
    assert difference(nested, lambda: dense_block(growth=(3, 4)))
    assert difference(twice, twice) is None
    assert difference(lambda: twice(order=-1), twice)


def network(*, dropout: str = "after", rate: float = 0.5, head: str = "softmax", join: Any = None) -> Any:
    inputs = keras.Input((8, 8, 2))
    x = layers.Conv2D(4, 3, activation="relu")(inputs)
    x = layers.MaxPooling2D(2)(x) if join is None else join(x)
    if dropout == "before":
        x = layers.Dropout(rate)(x)
    x = layers.Flatten()(x)
    if dropout == "after":
        x = layers.Dropout(rate)(x)
    x = layers.Dense(6, activation="relu")(x)
    if dropout == "late":
        x = layers.Dropout(rate)(x)
    x = layers.Dense(3)(x)
    return keras.Model(inputs, layers.Activation(head)(x) if head != "ops" else ops.softmax(x))


@pytest.mark.parametrize(
    "answer",
    [
        lambda: network(dropout="before"),  # before or after Flatten: the same
        lambda: network(head="ops"),
        lambda: network(join=lambda x: ops.max_pool(x, 2)),
    ],
)
def test_what_makes_no_difference_passes(answer: Builder) -> None:
    assert difference(answer, network) is None


@pytest.mark.parametrize(
    "answer",
    [
        lambda: network(dropout="late"),
        lambda: network(dropout="nowhere"),
        lambda: network(rate=0.4),
        lambda: network(head="sigmoid"),
        lambda: network(join=layers.AveragePooling2D(2)),
    ],
)
def test_what_makes_a_difference_does_not(answer: Builder) -> None:
    assert difference(answer, network)


def test_two_branches_of_one_shape_are_told_apart_by_what_they_do() -> None:
    def branches(*, pooled: bool) -> Any:
        inputs = keras.Input((6, 6, 3))
        beside = layers.MaxPooling2D(3, 1, "same")(inputs) if pooled else inputs
        made = [layers.Conv2D(4, 1)(inputs), layers.Conv2D(4, 1)(beside)]
        return keras.Model(inputs, layers.Concatenate()(made))

    assert difference(lambda: branches(pooled=True), lambda: branches(pooled=True)) is None
    assert difference(lambda: branches(pooled=False), lambda: branches(pooled=True))


def test_a_separable_convolution_may_be_written_as_its_two_halves() -> None:
    def separable() -> Any:
        return keras.Sequential([keras.Input((7, 6, 3)), layers.SeparableConv2D(5, 3, activation="relu")])

    def halves(*, bias: bool = False, first: str | None = None) -> Any:
        depthwise = layers.DepthwiseConv2D(3, use_bias=bias, activation=first)
        return keras.Sequential([keras.Input((7, 6, 3)), depthwise, layers.Conv2D(5, 1, activation="relu")])

    assert difference(halves, separable) is None
    assert difference(lambda: halves(bias=True), separable)
    assert difference(lambda: halves(first="relu"), separable)


def test_a_pointwise_convolution_may_be_a_dense_layer() -> None:
    def mixing(layer: Any) -> Builder:
        return lambda: keras.Sequential([keras.Input((4, 5, 3)), layer()])

    pointwise = mixing(lambda: layers.Conv2D(2, 1))
    assert difference(mixing(lambda: layers.Dense(2)), pointwise) is None
    assert difference(mixing(lambda: layers.Conv2D(2, (1, 2), padding="same")), pointwise)


def test_pixels_may_be_rescaled_first_where_that_is_allowed() -> None:
    def scaled() -> Any:
        inputs = keras.Input((5, 5, 1))
        return keras.Model(inputs, layers.Conv2D(2, 3)(layers.Rescaling(1 / 255)(inputs)))

    def bare() -> Any:
        inputs = keras.Input((5, 5, 1))
        return keras.Model(inputs, layers.Conv2D(2, 3)(inputs))

    assert difference(scaled, bare, may_rescale=True) is None
    assert difference(scaled, bare)


def test_words_are_read_as_whole_numbers() -> None:
    def reader(pool: Any, words: int = 11) -> Builder:
        def builder() -> Any:
            inputs = keras.Input((7,), dtype="int32")
            x = layers.Conv1D(4, 3, activation="relu")(layers.Embedding(words, 5)(inputs))
            return keras.Model(inputs, layers.Dense(1, activation="sigmoid")(pool(x)))

        return builder

    assert difference(reader(lambda x: ops.max(x, axis=1)), reader(layers.GlobalMaxPooling1D())) is None
    assert difference(reader(lambda x: ops.mean(x, axis=1)), reader(layers.GlobalMaxPooling1D()))
    assert difference(reader(layers.GlobalMaxPooling1D(), 12), reader(layers.GlobalMaxPooling1D()))


def test_the_order_of_outputs_matters_and_a_frozen_layer_shows() -> None:
    def two(*, swapped: bool = False, frozen: bool = False) -> Any:
        inputs = keras.Input((4,))
        ends = [layers.Dense(3, trainable=not frozen)(inputs), layers.Dense(3, activation="relu")(inputs)]
        return keras.Model(inputs, ends[::-1] if swapped else ends)

    assert difference(two, two) is None
    assert difference(lambda: two(swapped=True), two)
    assert "trainable" in str(difference(lambda: two(frozen=True), two))


def test_examples_differ_so_that_outputs_can_say_something() -> None:
    for builder in (block, dense_block, network):
        for output in read_function(observe_model(builder)["model"]).outputs:
            assert np.abs(output[0] - output[1]).max() > 1e-3 * np.abs(output).max()


# Forged configurations ---------------------------------------------------------------------------------------


@pytest.fixture
def observed() -> dict[str, Any]:
    return observe_model(network)


@pytest.mark.parametrize(
    ("index", "setting", "value"),
    [(1, "dilation_rate", [4096, 4096]), (2, "pool_size", [2**20, 2**20]), (1, "strides", [10**6, 1])],
)
def test_settings_that_cost_memory_are_refused(
    observed: dict[str, Any], index: int, setting: str, value: list[int]
) -> None:
    forged = copy.deepcopy(observed)
    forged["model"]["config"]["layers"][index]["config"][setting] = value
    assert same_model()(forged, observed, ())
    with pytest.raises(ValueError):  # noqa: PT011 - too large to check, or Keras says that it does not fit
        read_function(forged["model"])


def test_a_model_within_itself_without_end_is_refused(observed: dict[str, Any]) -> None:
    forged = copy.deepcopy(observed["model"])
    for _ in range(8):
        inner = {"module": "keras", "class_name": "Sequential", "name": "inner", "inbound_nodes": []}
        forged = {"class_name": "Sequential", "config": {"name": "outer", "layers": [{**inner, **forged}]}}
        forged["config"]["layers"][0]["config"]["name"] = "inner"
    assert str(same_model()({"model": forged}, observed, ())).startswith("got a model")


@pytest.mark.parametrize("name", ["Lambda", "Function", "Map", "Vmap", "VectorizedMap", "Custom"])
def test_no_operation_that_calls_code_is_rebuilt(observed: dict[str, Any], name: str) -> None:
    forged = copy.deepcopy(observed)
    layer = forged["model"]["config"]["layers"][3]
    layer.update(module="keras.src.ops.core", class_name=name, config={"name": layer["config"]["name"]})
    assert f"uses {name}, which a check does not rebuild" in str(same_model()(forged, observed, ()))
