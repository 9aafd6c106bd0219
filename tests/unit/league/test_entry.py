"""What the league takes, and what it refuses: plain values of Keras's own layers, and settings from a list."""

import copy
import json
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from workbook import league
from workbook.league import network, practice
from workbook.league.course_entries import COURSE_ENTRIES
from workbook.league.entry import RECIPE, read_settings
from workbook.league.standings import LEAGUES

SHAPE = (28, 28, 1)


def _model(*between: Any, scores: Any = None) -> keras.Model:
    x = inputs = keras.Input(SHAPE)
    for layer in between:
        x = layer(x)
    return keras.Model(inputs, (scores or layers.Dense(10))(layers.Flatten()(x)))


def _taken(model: Any, recipe: Any = None) -> league.LeagueEntry:
    return league.entry_of("mnist", lambda: model, lambda: {} if recipe is None else recipe)


def _rebuilt(entry: league.LeagueEntry) -> keras.Model:
    return network.build_network(entry.plan, entry.league.shape, entry.league.most_parameters)


@pytest.mark.parametrize(
    ("name", "entry"), [(name, entry) for name in COURSE_ENTRIES for entry in COURSE_ENTRIES[name]]
)
def test_the_courses_own_entries_are_rebuilt_as_they_are(name: str, entry: str) -> None:
    build, recipe = COURSE_ENTRIES[name][entry]
    original = build()
    taken = league.entry_of(name, lambda: original, lambda: recipe)
    rebuilt = network.build_network(taken.plan, taken.league.shape, 10**6)
    weights = original.get_weights()
    rebuilt.set_weights(weights)
    x = np.random.default_rng(1).integers(0, 256, (3, *taken.league.shape))
    np.testing.assert_allclose(
        rebuilt.predict(x, verbose=0), original.predict(x, verbose=0), rtol=1e-4, atol=1e-4
    )
    assert rebuilt.count_params() == original.count_params()


def test_the_entry_to_beat_has_4770_parameters() -> None:
    build, recipe = COURSE_ENTRIES["mnist"]["small"]
    assert _rebuilt(league.entry_of("mnist", build, lambda: recipe)).count_params() == 4770


EVERY_LAYER: dict[str, tuple[Any, ...]] = {
    "Activation": (layers.Activation("gelu"),),
    "AveragePooling1D": (layers.Reshape((28, 28)), layers.AveragePooling1D(2)),
    "Conv1D": (layers.Reshape((28, 28)), layers.Conv1D(4, 3, padding="causal")),
    "Cropping2D": (layers.Cropping2D(((1, 2), (3, 4))),),
    "DepthwiseConv1D": (layers.Reshape((28, 28)), layers.DepthwiseConv1D(3)),
    "DepthwiseConv2D": (layers.DepthwiseConv2D(3, depth_multiplier=2, depthwise_regularizer="l2"),),
    "ELU": (layers.ELU(),),
    "GaussianDropout": (layers.GaussianDropout(0.1),),
    "GaussianNoise": (layers.GaussianNoise(0.1),),
    "GlobalAveragePooling1D": (layers.Reshape((28, 28)), layers.GlobalAveragePooling1D()),
    "GlobalMaxPooling1D": (layers.Reshape((28, 28)), layers.GlobalMaxPooling1D()),
    "GlobalMaxPooling2D": (layers.GlobalMaxPooling2D(keepdims=True),),
    "GroupNormalization": (layers.Conv2D(4, 3), layers.GroupNormalization(2)),
    "LayerNormalization": (layers.LayerNormalization(),),
    "LeakyReLU": (layers.LeakyReLU(),),
    "MaxPooling1D": (layers.Reshape((28, 28)), layers.MaxPooling1D(2)),
    "PReLU": (layers.PReLU(shared_axes=[1, 2]),),
    "Permute": (layers.Permute((2, 1, 3)),),
    "ReLU": (layers.ReLU(6.0),),
    "SeparableConv1D": (layers.Reshape((28, 28)), layers.SeparableConv1D(4, 3)),
    "Softmax": (layers.Softmax(),),
    "SpatialDropout2D": (layers.SpatialDropout2D(0.1),),
    "UpSampling2D": (layers.UpSampling2D(2),),
    "ZeroPadding2D": (layers.ZeroPadding2D(2),),
}  # fmt: skip
MERGING = ("Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract")


@pytest.mark.parametrize("kind", EVERY_LAYER)
def test_a_layer_on_the_list_is_rebuilt(kind: str) -> None:
    model = _model(*EVERY_LAYER[kind])
    rebuilt = _rebuilt(_taken(model))
    assert rebuilt.output_shape == model.output_shape
    assert rebuilt.count_params() == model.count_params()
    assert [type(layer) for layer in rebuilt.layers] == [type(layer) for layer in model.layers]


@pytest.mark.parametrize("kind", MERGING)
def test_layers_that_merge_are_rebuilt(kind: str) -> None:
    inputs = keras.Input(SHAPE)
    branch = layers.Conv2D(1, 3, padding="same")(inputs)
    merged = getattr(layers, kind)()([inputs, branch])
    model = keras.Model(inputs, layers.Dense(10)(layers.Flatten()(merged)))
    assert _rebuilt(_taken(model)).count_params() == model.count_params()


def test_a_layer_that_is_called_twice_keeps_its_parameters() -> None:
    inputs = keras.Input(SHAPE)
    shared = layers.Conv2D(1, 3, padding="same")
    x = shared(shared(inputs))
    model = keras.Model(inputs, layers.Dense(10)(layers.Flatten()(x)))
    rebuilt = _rebuilt(_taken(model))
    rebuilt.set_weights(model.get_weights())
    x_some = np.random.default_rng(0).random((2, *SHAPE), np.float32)
    np.testing.assert_allclose(rebuilt(x_some), model(x_some), rtol=1e-5, atol=1e-5)


def test_a_sequential_model_is_taken() -> None:
    model = keras.Sequential([keras.Input(SHAPE), layers.Flatten(), layers.Dense(10)])
    assert _rebuilt(_taken(model)).count_params() == 7850


def test_no_weight_travels() -> None:
    """Not even one: two rebuilt networks differ from the original and from each other."""
    model = _model(layers.Conv2D(3, 3))
    first, second = (_rebuilt(_taken(model)).get_weights()[0] for _ in range(2))
    assert not np.allclose(first, model.get_weights()[0])
    assert not np.allclose(first, second)


def test_a_seed_of_an_initialiser_is_left_out() -> None:
    """A learner cannot bring lucky first weights: the league's seeds decide."""
    start = keras.initializers.GlorotUniform(seed=7)
    first, second = (
        _rebuilt(_taken(_model(scores=layers.Dense(10, kernel_initializer=start)))) for _ in range(2)
    )
    assert not np.allclose(first.get_weights()[0], second.get_weights()[0])


class OwnLayer(layers.Layer):
    def call(self, x: Any) -> Any:
        return x


class OwnModel(keras.Model):
    def call(self, x: Any) -> Any:
        return x


@keras.saving.register_keras_serializable("cheat")
class Dense(layers.Dense):
    """Bears the name of one of Keras's layers."""


class OwnInitializer(keras.initializers.Initializer):
    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        return keras.ops.zeros(shape)

    def get_config(self) -> dict[str, Any]:
        return {"weights": list(range(100))}


def _constant_added() -> keras.Model:
    inputs = keras.Input(SHAPE)
    return keras.Model(inputs, layers.Dense(10)(layers.Flatten()(inputs)) + np.arange(10.0))


def _constant_merged() -> keras.Model:
    inputs = keras.Input(SHAPE)
    added = layers.Add()([inputs, keras.ops.ones((1, *SHAPE))])
    return keras.Model(inputs, layers.Dense(10)(layers.Flatten()(added)))


CHEATS: dict[str, tuple[Callable[[], Any], str]] = {
    "a Lambda": (lambda: _model(layers.Lambda(lambda x: x)), "does not take 'Lambda'"),
    "a layer of one's own": (lambda: _model(OwnLayer()), "does not take 'OwnLayer'"),
    "a layer with Keras's name": (lambda: _model(scores=Dense(10)), "does not take 'Dense'"),
    "a model of one's own": (lambda: OwnModel(), "build"),
    "a model within a model": (
        lambda: _model(keras.Sequential([layers.Conv2D(2, 3)])),
        "model within a model",
    ),
    "an array in an initialiser": (
        lambda: _model(
            scores=layers.Dense(10, kernel_initializer=keras.initializers.Constant(np.eye(784, 10)))
        ),
        "Constant whose value is a number",
    ),
    "a list in an initialiser": (
        lambda: _model(scores=layers.Dense(10, bias_initializer=keras.initializers.Constant([1.0] * 10))),
        "Constant whose value is a number",
    ),
    "an initialiser of one's own": (
        lambda: _model(scores=layers.Dense(10, kernel_initializer=OwnInitializer())),
        "as Keras has them",
    ),
    "weights in a Rescaling": (
        lambda: _model(layers.Rescaling(np.ones(28).tolist())),
        "at most four numbers",
    ),
    "weights in an addition": (_constant_added, "does not take the operation 'Add'"),
    "a constant in a merge": (_constant_merged, "on a constant"),
    "frozen weights": (lambda: _model(layers.Conv2D(2, 3, trainable=False)), "trainable of Conv2D"),
    "a table of numbers": (lambda: _model(layers.Normalization(mean=[0.5], variance=[1.0])), "does not take"),
    "a file": (lambda: _model(layers.Embedding(4, 2)), "does not take 'Embedding'"),
    "a constraint": (
        lambda: _model(scores=layers.Dense(10, kernel_constraint="max_norm")),
        "kernel_constraint of Dense",
    ),
    "a regulariser of an activity": (
        lambda: _model(scores=layers.Dense(10, activity_regularizer="l2")),
        "activity_regularizer",
    ),
    "an activation of one's own": (
        lambda: _model(scores=layers.Dense(10, activation=OwnLayer().call)),
        "activation",
    ),
    "another input": (lambda: keras.Sequential([keras.Input((784,)), layers.Dense(10)]), "The input must be"),
    "two outputs": (
        lambda: keras.Model(
            inputs := keras.Input(SHAPE), [layers.Flatten()(inputs), layers.Flatten()(inputs)]
        ),
        "one input and one output",
    ),
    "nothing": (lambda: None, "returns nothing yet"),
    "a number": (lambda: 7, "must return a Keras model"),
}


@pytest.mark.parametrize("name", CHEATS)
def test_what_is_not_on_the_list_is_refused_in_one_sentence(name: str) -> None:
    build, words = CHEATS[name]
    try:
        model = build()
    except Exception as error:
        pytest.fail(f"the cheat itself cannot be written: {error}")
    with pytest.raises(league.NotTakenError) as refused:
        _taken(model)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)
    assert str(refused.value).endswith(".")


BAD_RECIPES: dict[str, Any] = {
    "code": {"optimizer": lambda: 1},
    "an optimizer": {"optimizer": keras.optimizers.Adam()},
    "an unknown setting": {"initial_weights": [1, 2]},
    "too many epochs": {"epochs": 10**6},
    "a truth value for a number": {"epochs": True},
    "not finite": {"learning_rate": float("nan")},
    "infinite": {"learning_rate": float("inf")},
    "a list": ["epochs", 3],
    "a text": "adam",
    "a key that is no text": {1: 2},
    "an array": {"learning_rate": np.array([1.0])},
}


@pytest.mark.parametrize("name", BAD_RECIPES)
def test_a_recipe_has_no_code_and_no_other_settings(name: str) -> None:
    with pytest.raises(league.NotTakenError, match=r"recipe"):
        _taken(_model(), BAD_RECIPES[name])


def test_the_usual_values_are_allowed_ones() -> None:
    settings = read_settings({})
    assert read_settings({name: getattr(settings, name) for name in RECIPE}) == settings


def _plain() -> dict[str, Any]:
    return json.loads(json.dumps(practice.described(_model(layers.Conv2D(2, 3)))))


def _read_itself(model: dict[str, Any]) -> None:
    node = model["config"]["layers"][1]["inbound_nodes"][0]
    node["args"][0]["config"].update(keras_history=[model["config"]["layers"][1]["config"]["name"], 0, 0])


DAMAGES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "no layers": lambda model: model["config"].pop("layers"),
    "a layer without a class": lambda model: model["config"]["layers"][1].pop("class_name"),
    "a layer that is a text": lambda model: model["config"]["layers"].__setitem__(1, "Conv2D"),
    "an option too many": lambda model: model["config"]["layers"][1]["config"].update(weights=[1]),
    "a million filters": lambda model: model["config"]["layers"][1]["config"].update(filters=10**6),
    "filters below one": lambda model: model["config"]["layers"][1]["config"].update(filters=-3),
    "a float of filters": lambda model: model["config"]["layers"][1]["config"].update(filters=2.5),
    "a module of one's own": lambda model: model["config"]["layers"][1].update(module="os"),
    "a class of one's own": lambda model: model["config"]["layers"][1].update(registered_name="cheat>Conv2D"),
    "a call of its own output": _read_itself,
    "an output that is not there": lambda model: model["config"].update(output_layers=["nobody", 0, 0]),
    "two inputs": lambda model: model["config"]["layers"].append(
        {**model["config"]["layers"][0], "config": {**model["config"]["layers"][0]["config"], "name": "other"}}
    ),
    "a name twice": lambda model: model["config"]["layers"].append(model["config"]["layers"][1]),
    "a thousand layers": lambda model: model["config"].update(layers=model["config"]["layers"] * 100),
    "another kind of model": lambda model: model.update(class_name="Pickle"),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGES)
def test_a_configuration_that_was_changed_by_hand_is_refused(name: str) -> None:
    model = _plain()
    before = copy.deepcopy(model)
    DAMAGES[name](model)
    assert model != before
    with pytest.raises(league.NotTakenError):
        _rebuilt(league.read_entry("mnist", model, {}))


def test_a_layer_that_would_be_too_large_is_not_made() -> None:
    """The count comes before Keras makes the weights: this one would have 3 million parameters."""
    model = _plain()
    options = model["config"]["layers"][1]["config"]
    options.update(filters=4096, kernel_size=[28, 28], padding="same")
    with pytest.raises(league.NotTakenError, match=r"alone has more than 1,000,000 parameters"):
        _rebuilt(league.read_entry("mnist", model, {}))


def test_an_output_that_would_be_too_large_is_refused() -> None:
    model = _plain()
    model["config"]["layers"][1]["config"].update(filters=4096, kernel_size=[1, 1], padding="same")
    with pytest.raises(league.NotTakenError, match=r"values per example"):
        _rebuilt(league.read_entry("mnist", model, {}))


def test_ten_scores_are_demanded() -> None:
    with pytest.raises(league.NotTakenError, match=r"ten scores"):
        _rebuilt(_taken(_model(scores=layers.Dense(11))))


def test_an_unknown_league_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"league must be one of mnist, speech, crops"):
        league.try_it("cifar", _model, dict)


def test_no_list_of_layers_has_one_that_carries_code_or_numbers() -> None:
    assert not set(network.LAYERS) & {
        "Lambda",
        "TFSMLayer",
        "Normalization",
        "Embedding",
        "Discretization",
        "Hashing",
    }
    for kind in network.LAYERS:
        assert issubclass(getattr(layers, kind), layers.Layer)


@pytest.mark.parametrize("name", LEAGUES)
def test_an_entry_that_is_handed_in_is_read_again(name: str, tmp_path: Any) -> None:
    build, recipe = next(iter(COURSE_ENTRIES[name].values()))
    file = league.hand_in(name, build, lambda: recipe, tmp_path / "ann.json")
    values = json.loads(file.read_text())
    assert set(values) == {"league", "model", "recipe"}
    entry = league.read_entry(**values)
    assert entry.settings == read_settings(recipe)
    assert [row.kind for row in entry.plan.rows] == [type(layer).__name__ for layer in build().layers[1:]]
