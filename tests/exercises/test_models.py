"""Models as answers: what is observed of them, how two are compared, and that a forged configuration is harmless."""

import copy
import json
from collections.abc import Callable
from typing import Any

import keras
import pytest
from keras import layers

from workbook.exercises.models import LAYERS, observe_model, read_facts, same_model


def build(
    *, filters: int = 8, activation: Any = "relu", second: str = "SeparableConv2D", **first: Any
) -> Any:
    inputs = keras.Input((12, 16, 3))
    options = {"strides": 2, "padding": "same", "activation": "relu", **first}
    x = layers.Conv2D(filters, 3, **options)(inputs)
    x = getattr(layers, second)(16, 3, padding="same", activation=activation)(x)
    return keras.Model(inputs, layers.Dense(5, activation="softmax")(layers.GlobalAveragePooling2D()(x)))


def difference(answer: Callable[[], Any], reference: Callable[[], Any] = build) -> str | None:
    observed, expected = (json.loads(json.dumps(observe_model(builder))) for builder in (answer, reference))
    return same_model()(observed, expected, ())


@pytest.fixture
def observed() -> dict[str, Any]:
    return observe_model(build)


def layer(observed: dict[str, Any], index: int) -> dict[str, Any]:
    return observed["model"]["config"]["layers"][index]


def test_what_is_observed_survives_json_unchanged(observed: dict[str, Any]) -> None:
    assert set(observed) == {"model"}
    assert json.loads(json.dumps(observed)) == observed


def test_a_model_is_the_same_as_itself_built_again() -> None:
    assert difference(build) is None


def test_inputs_are_handed_to_the_builder() -> None:
    observed = observe_model(lambda filters: build(filters=filters), 9)
    assert "layer 1 is Conv2D(9)" in str(same_model()(observed, observe_model(build), ()))


def test_the_facts_are_kerass_own(observed: dict[str, Any]) -> None:
    facts = read_facts(observed["model"])
    assert facts.inputs == ((None, 12, 16, 3),)
    assert facts.outputs == ((None, 5),)
    assert [str(layer) for layer in facts.layers] == [
        "Conv2D(8)", "SeparableConv2D(16)", "GlobalAveragePooling2D", "Dense(5)",
    ]  # fmt: skip
    assert facts.parameters == build().count_params()


@pytest.mark.parametrize(
    ("builder", "words"),
    [
        (lambda: build(second="Conv2D"), "layer 2 is Conv2D(16), expected SeparableConv2D(16)"),
        (lambda: build(filters=9), "layer 1 is Conv2D(9), expected Conv2D(8)"),
        (lambda: build(strides=1), "layer 1 is Conv2D(8) with strides=(1, 1), expected strides=(2, 2)"),
        (lambda: build(padding="valid"), "with padding='valid', expected padding='same'"),
        (lambda: build(activation=None), "layer 2 is SeparableConv2D(16) with activation='linear', expected"),
        (lambda: build(use_bias=False), "with use_bias=False, expected use_bias=True"),
        (lambda: build(trainable=False), "with trainable=False, expected trainable=True"),
        (lambda: build(kernel_regularizer="l2"), "with kernel_regularizer={"),
    ],
)
def test_the_first_difference_is_named(builder: Callable[[], Any], words: str) -> None:
    assert words in str(difference(builder))


def test_shapes_are_compared_first() -> None:
    def smaller() -> Any:
        return keras.Sequential([keras.Input((12, 16, 3)), layers.Conv2D(4, 3)])

    assert difference(smaller) == "got a model with outputs (None, 10, 14, 4), expected (None, 5)"
    square = keras.Sequential([keras.Input((9, 9, 3)), layers.GlobalAveragePooling2D(), layers.Dense(5)])
    assert "with inputs (None, 9, 9, 3), expected (None, 12, 16, 3)" in str(difference(lambda: square))


def _chain(*chain: Any) -> Callable[[], Any]:
    def builder() -> Any:
        fresh = [layer.from_config(layer.get_config()) for layer in chain]
        return keras.Sequential([keras.Input((8, 8, 4)), *fresh])

    return builder


def test_a_missing_and_a_superfluous_layer_are_named() -> None:
    short = _chain(layers.Conv2D(4, 3))
    long = _chain(layers.Conv2D(4, 3), layers.Dropout(0.5))
    assert "of 1 layers, expected 2: Dropout(0.5) is missing" in str(difference(short, long))
    assert "of 2 layers, expected 1: Dropout(0.5) is not needed" in str(difference(long, short))


@pytest.mark.parametrize("activation", [layers.ReLU(), layers.Activation("relu")])
def test_an_activation_may_be_a_layer_of_its_own(activation: Any) -> None:
    inside = _chain(layers.Conv2D(4, 3, activation="relu"), layers.Flatten())
    assert difference(_chain(layers.Conv2D(4, 3), activation, layers.Flatten()), inside) is None
    capped = _chain(layers.Conv2D(4, 3), layers.ReLU(max_value=6), layers.Flatten())
    assert difference(capped, inside) is not None


def test_sequential_and_functional_models_compare() -> None:
    def sequential() -> Any:
        return keras.Sequential([
            keras.Input((12, 16, 3)), layers.Conv2D(8, 3, strides=2, padding="same"), layers.ReLU(),
            layers.SeparableConv2D(16, 3, padding="same", activation=keras.activations.relu),
            layers.GlobalAveragePooling2D(), layers.Dense(5), layers.Softmax(),
        ])  # fmt: skip

    assert difference(sequential) is None


def _residual(*, swapped: bool = False, kind: str = "Add", skips: bool = True) -> Callable[[], Any]:
    def builder() -> Any:
        inputs = keras.Input((8, 8, 4))
        makers = [lambda: layers.Conv2D(4, 1)(inputs), lambda: layers.Conv2D(4, 3, padding="same")(inputs)]
        branches = [make() for make in (makers[::-1] if swapped else makers)]
        return keras.Model(inputs, getattr(layers, kind)()([*branches, inputs] if skips else branches))

    return builder


def test_the_order_of_branches_matters_only_where_it_changes_the_result() -> None:
    assert difference(_residual(swapped=True), _residual()) is None
    assert difference(_residual(swapped=True, kind="Concatenate"), _residual(kind="Concatenate")) is not None


def test_a_missing_shortcut_is_named() -> None:
    words = "layer 3 is Add and reads layer 1 and layer 2, expected the input and layer 1 and layer 2"
    assert words in str(difference(_residual(skips=False), _residual()))


def test_the_order_of_outputs_matters() -> None:
    def two(*, swapped: bool) -> Any:
        inputs = keras.Input((8, 8, 4))
        first = layers.Conv2D(4, 3, padding="same")(inputs)
        second = layers.Conv2D(4, 3, padding="same")(first)
        return keras.Model(inputs, [second, first] if swapped else [first, second])

    words = "got a model that ends in layer 2 and layer 1, expected layer 1 and layer 2"
    assert difference(lambda: two(swapped=True), lambda: two(swapped=False)) == words


def test_a_wrapped_layer_is_compared_too() -> None:
    def wrapped(units: int) -> Callable[[], Any]:
        return lambda: keras.Sequential([keras.Input((5, 3)), layers.Bidirectional(layers.LSTM(units))])

    assert difference(wrapped(4), wrapped(4)) is None
    assert difference(wrapped(4), wrapped(5)) is not None


def test_a_shared_layer_is_not_two_layers() -> None:
    def twice(*, shared: bool) -> Any:
        inputs = keras.Input((8, 8, 4))
        first = layers.Conv2D(4, 3)
        second = first if shared else layers.Conv2D(4, 3)
        return keras.Model(inputs, second(first(inputs)))

    words = "got a model of 148 parameters, expected 296"
    assert difference(lambda: twice(shared=True), lambda: twice(shared=False)) == words


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda: None, "got None. Is a `return` missing?"),
        (lambda: 3, "got an int (3), expected a Keras model"),
        (lambda: keras.Input((3,)), "got a KerasTensor, the output of a layer"),
        (lambda: layers.Dense(3), "got a Dense (<Dense"),
        (lambda: keras.Sequential([layers.Dense(3)]), "does not know its input shape"),
        (lambda: keras.Sequential([keras.Input((2,)), layers.Lambda(abs)]), "uses Lambda, which a check"),
        (lambda: keras.Sequential([keras.Input((8, 8, 4)), _chain(layers.ReLU())()]), "holds the model"),
    ],
)
def test_an_answer_that_is_not_a_rebuildable_model_is_described(
    answer: Callable[[], Any], words: str
) -> None:
    text = str(difference(answer))
    assert words in text
    assert "expected" in text or "None" in text or text.startswith("got a model that")


class Own(keras.Model):
    """A subclassed model."""


class Wide(layers.Layer):
    """A layer of the learner's own."""


def test_classes_of_the_learners_own_are_refused() -> None:
    assert "got a model of your own class Own, expected a Keras model" in str(difference(Own))
    assert "uses Wide" in str(difference(lambda: keras.Sequential([keras.Input((2,)), Wide()])))
    named = difference(lambda: build(activation=_cube))
    assert "uses function" in str(named)


def _cube(x: Any) -> Any:
    return x * x * x


@pytest.mark.filterwarnings("ignore:The object being serialized includes a `lambda`")
def test_an_anonymous_activation_is_refused() -> None:
    assert "has a function of your own as activation" in str(
        difference(lambda: build(activation=lambda x: x))
    )


def test_no_layer_on_the_list_can_carry_code_or_read_files() -> None:
    code = {"Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer", "TextVectorization"}
    assert not LAYERS & code
    assert all(hasattr(layers, name) for name in LAYERS)


# Forged configurations --------------------------------------------------------------------------------------


MALFORMED = (
    3, [], {}, {"class_name": "Functional"}, {"class_name": "x", "config": {}},
    {"class_name": "Functional", "config": {"layers": [{"class_name": "Conv2D"}]}},
)  # fmt: skip


@pytest.mark.parametrize("forged", MALFORMED)
def test_a_malformed_configuration_is_a_sentence(observed: dict[str, Any], forged: Any) -> None:
    assert str(same_model()({"model": forged}, observed, ())).startswith("got a model that ")


@pytest.mark.parametrize("forged", [3, [1], "model", {}, {"model": {}, "other": "x"}, float("nan")])
def test_a_malformed_observation_is_a_sentence(observed: dict[str, Any], forged: Any) -> None:
    assert "expected a Keras model" in str(same_model()(forged, observed, ()))


def test_huge_layers_take_no_memory(observed: dict[str, Any]) -> None:
    huge = copy.deepcopy(observed)
    layer(huge, 2)["config"]["filters"] = 2**20
    layer(huge, -1)["config"]["units"] = 2**24
    assert read_facts(huge["model"]).parameters > 10**13
    layers.Dense(3)(keras.ops.ones((1, 2)))  # Keras has not kept the weights for later
    with keras.StatelessScope():
        pass


def test_huge_numbers_and_too_many_layers_are_refused(observed: dict[str, Any]) -> None:
    huge, long = copy.deepcopy(observed), copy.deepcopy(observed)
    layer(huge, 1)["config"]["filters"] = 10**12
    assert "too large to check" in str(same_model()(huge, observed, ()))
    long["model"]["config"]["layers"] *= 1000
    assert "a model of 5000 layers" in str(same_model()(long, observed, ()))


def test_a_cycle_is_refused_and_does_not_hang(observed: dict[str, Any]) -> None:
    cycle = copy.deepcopy(observed)
    history = layer(cycle, 1)["inbound_nodes"][0]["args"][0]["config"]["keras_history"]
    history[0] = layer(cycle, 2)["config"]["name"]
    assert same_model()(cycle, observed, ()) == "got a model that reads its own output"


@pytest.mark.parametrize("place", ["module", "initializer", "activation", "regularizer", "argument"])
def test_no_foreign_class_is_imported(observed: dict[str, Any], place: str) -> None:
    forged = copy.deepcopy(observed)
    foreign = {"module": "subprocess", "class_name": "Popen", "config": {}, "registered_name": None}
    target = layer(forged, 1)
    if place == "module":
        target.update(module="subprocess", class_name="Popen")
    elif place == "initializer":
        target["config"]["kernel_initializer"] = foreign
    elif place == "argument":
        target["inbound_nodes"][0]["args"].append(foreign)
    else:
        target["config"]["activation" if place == "activation" else "kernel_regularizer"] = foreign
    verdict = same_model()(forged, observed, ())
    if place == "initializer":
        assert verdict is None  # dropped unread: weights are not compared
    else:
        assert "uses Popen" in str(verdict)
