"""Observe and compare the answers that build a Keras model.

Only the model's configuration passes from the learner's code to the check: plain JSON, without weights or code. The
check rebuilds the model from it (`model_graph` says out of what), and compares what it computes (`model_function`).
"""

import json
import math
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from workbook.exercises.compare import Comparison, short

if TYPE_CHECKING:
    from workbook.exercises.model_function import Function
    from workbook.exercises.model_graph import Layer

KINDS = ("Functional", "Sequential")
LONGEST = 2_000_000  # characters of a configuration
SPARE_LAYERS = 20  # allowed beyond twice the expected number; a larger model is not rebuilt
Shapes = tuple[tuple[int | None, ...], ...]


@dataclass(frozen=True)
class Facts:
    """The facts of a model that are compared. `ends` are the layers whose outputs are the model's outputs."""

    inputs: Shapes
    outputs: Shapes
    layers: "tuple[Layer, ...]"
    ends: tuple[int, ...]
    parameters: int
    trainable: int
    values: int  # of weights and feature maps

    @property
    def sizes(self) -> tuple[Shapes, Shapes, int, int]:
        """What two models that compute the same have in common."""
        return self.inputs, self.outputs, self.parameters, self.trainable


def observe_model(answer: Any, *inputs: Any) -> Any:
    """Call the builder `answer` and return a description of its result that JSON can carry.

    The description is {"model": configuration} for a functional or sequential Keras model and {"other": words} for
    anything else. None and `...` are returned as they are.
    """
    result = answer(*inputs)
    if result is None or result is ...:
        return result
    keras = sys.modules.get("keras")  # if it was never imported, this is not a Keras model
    if keras is not None and isinstance(result, keras.KerasTensor):
        return {"other": "a KerasTensor, the output of a layer, without `keras.Model(inputs, outputs)`"}
    if keras is None or not isinstance(result, keras.Model):
        name = type(result).__name__
        return {"other": f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name} ({short(result, 60)})"}
    try:
        described = json.loads(result.to_json())
    except Exception as error:  # a layer of the learner's own may raise anything here
        return {"other": f"a model without a configuration ({type(error).__name__})"}
    if described.get("class_name") not in KINDS:
        return {"other": f"a model of your own class {type(result).__name__}"}
    return {"model": {"class_name": described["class_name"], "config": described["config"]}}


def same_model(*, may_rescale: bool = False) -> Comparison:
    """Return a comparison of two observed models by what they compute.

    Compared are the shapes, the number of parameters, the outputs on random inputs under weights that correspond, and
    what only training shows: dropout, augmentation, regularisers. How a model is written does not matter. The
    layers are read to say where a model differs. With `may_rescale`, a model may begin with a `Rescaling` of its
    pixels.
    """

    def compare(observed: Any, expected: Any, inputs: tuple[Any, ...] = ()) -> str | None:
        if observed is None:
            return "got None. Is a `return` missing?"
        if not isinstance(observed, dict) or set(observed) != {"model"}:
            words = observed.get("other") if isinstance(observed, dict) else None
            return f"got {short(observed, 80) if words is None else words}, expected a Keras model"
        described, wanted = observed["model"], expected["model"]
        try:
            observed_count, expected_count = _layer_count(described), _layer_count(wanted)
            if observed_count > 2 * expected_count + SPARE_LAYERS:
                return f"got a model of {observed_count} layers, expected {expected_count}"
            if may_rescale:
                described = _without_rescaling(described)
            facts, wanted_facts = read_facts(described), read_facts(wanted)
            apart = _first_difference(facts, wanted_facts)
            if facts.sizes != wanted_facts.sizes:
                return apart or f"got a model with {facts.trainable:,} trainable parameters"
            if apart is None:
                return None
            function, wanted_function = read_function(described), read_function(wanted)
        except ValueError as error:
            return f"got a model that {error}"
        return _difference_in_function(function, wanted_function, apart)

    return compare


def _layer_count(described: Any, depth: int = 0) -> int:
    """Return the number of layers in a configuration, those of inner models and inputs included; 0 if malformed."""
    config = described.get("config") if isinstance(described, dict) else None
    layers = config.get("layers") if isinstance(config, dict) else None
    if not isinstance(layers, list) or depth > 20:
        return 0
    return len(layers) + sum(_layer_count(layer, depth + 1) for layer in layers)


def read_facts(described: Any) -> Facts:
    """Rebuild a model from its configuration and return its facts; raise ValueError with a clause if that fails."""
    return _guarded(_read_facts, described)


def read_function(described: Any) -> "Function":
    """Rebuild a model from its configuration and return what it computes; raise ValueError with a clause."""
    return _guarded(_read_function, described)


def _guarded(read: Any, described: Any) -> Any:
    from workbook.exercises.model_graph import RefusedError

    try:
        return read(json.dumps(described, allow_nan=False))
    except RefusedError as refused:
        raise ValueError(str(refused)) from None
    except Exception as error:  # an untrusted configuration can be wrong in any way
        first_line = str(error).strip().split("\n")[0]
        raise ValueError(f"Keras cannot rebuild: {type(error).__name__}: {first_line[:160]}") from None


def _graph(text: str) -> Any:
    from workbook.exercises.model_graph import RefusedError, read_graph

    if len(text) > LONGEST:
        raise RefusedError("is too large to check")
    described = json.loads(text)
    return described["class_name"], *read_graph(described["class_name"], described["config"])


@lru_cache(maxsize=128)
def _read_facts(text: str) -> Facts:
    class_name, graph, clean = _graph(text)
    # Keras keeps its state and a list of weights to create per thread: a thread of our own takes them with it.
    with ThreadPoolExecutor(max_workers=1) as pool:
        shapes, counts = pool.submit(_rebuild, class_name, clean).result()
    layers, ends = graph.layers()
    return Facts(*shapes, layers, ends, *counts)


@lru_cache(maxsize=128)
def _read_function(text: str) -> "Function":
    from workbook.exercises.model_function import evaluate

    class_name, graph, clean = _graph(text)
    return evaluate(class_name, clean, graph, _read_facts(text).values)


def _rebuild(class_name: str, clean: dict[str, Any]) -> tuple[tuple[Shapes, Shapes], tuple[int, int, int]]:
    """Rebuild a model without creating weights.

    Return its shapes in and out; and its parameters, the trainable ones, and all values that it would hold.
    """
    import keras

    from workbook.exercises.model_function import count_values
    from workbook.exercises.model_graph import RefusedError

    with keras.StatelessScope(initialize_variables=False):
        model = (keras.Sequential if class_name == "Sequential" else keras.Model).from_config(clean)
    if not model.built or not model.inputs:
        raise RefusedError("does not know its input shape: begin it with `keras.Input(shape)`")
    trainable = sum(math.prod(weight.shape) for weight in model.trainable_weights)
    shapes = _shapes_of(tuple(model.inputs)), _shapes_of(tuple(model.outputs))
    return shapes, (model.count_params(), trainable, count_values(model))


def _shapes_of(tensors: tuple[Any, ...]) -> Shapes:
    return tuple(tuple(tensor.shape) for tensor in tensors)


def _without_rescaling(described: Any) -> Any:
    """Turn the first layer, if it is a Rescaling of the input, into one that changes nothing."""
    described = json.loads(json.dumps(described))
    for layer in described["config"]["layers"][1:2]:
        if layer["class_name"] == "Rescaling":
            layer.update(class_name="Identity", config={"name": layer["config"]["name"], "trainable": True})
    return described


# Comparing --------------------------------------------------------------------------------------------------


def _difference_in_function(observed: "Function", expected: "Function", apart: str) -> str | None:
    """Return `apart`, the first difference between the layers, unless the two compute the same."""
    from workbook.exercises.model_function import same_outputs

    return None if same_outputs(observed, expected) and observed.hidden == expected.hidden else apart


def _first_difference(observed: Facts, expected: Facts) -> str | None:
    if observed.inputs != expected.inputs:
        apart = f"got a model with inputs {_shapes(observed.inputs)}, expected {_shapes(expected.inputs)}"
        return apart + _input_advice(observed.inputs, expected.inputs)
    if observed.outputs != expected.outputs:
        return f"got a model with outputs {_shapes(observed.outputs)}, expected {_shapes(expected.outputs)}"
    difference = _difference_in_layers(observed.layers, expected.layers)
    if difference:
        return f"got a model {difference}"
    if observed.ends != expected.ends:
        return f"got a model that ends in {_places(observed.ends)}, expected {_places(expected.ends)}"
    if observed.parameters != expected.parameters:
        return f"got a model of {observed.parameters:,} parameters, expected {expected.parameters:,}"
    return None


def _input_advice(observed: Shapes, expected: Shapes) -> str:
    """Say what is wrong with the shape of a single input of images (batch, height, width, channels)."""
    if len(observed) != 1 or len(expected) != 1 or len(expected[0]) != 4:
        return ""
    (shape,), (wanted,) = observed, expected
    if len(shape) == 5:
        return ". `keras.Input` adds the batch axis itself"
    if len(shape) == 3:
        return ". The channel axis is missing"
    return ". The number of channels differs" if shape[:3] == wanted[:3] else ""


def _difference_in_layers(observed: "Sequence[Layer]", expected: "Sequence[Layer]") -> str | None:
    """Say which layer one model has and the other has not; if there is none, which layer reads another one."""
    surplus, lacking = _unmatched(observed, expected), _unmatched(expected, observed)
    counts = f"of {len(observed)} layers, expected {len(expected)}"
    if not surplus and lacking:
        return f"{counts}: {expected[lacking[0]]} is missing"
    for number in surplus:
        alike = [place for place in lacking if expected[place].kind == observed[number].kind]
        if alike or lacking:
            place = (alike or lacking)[0]
            return f"whose layer {number + 1} {_layer_difference(observed[number], expected[place])}"
        return f"{counts}: {observed[number]} is not needed"
    for number, (mine, other) in enumerate(zip(observed, expected, strict=True), start=1):
        if mine != other:
            return f"whose layer {number} {_layer_difference(mine, other)}"
    return None


def _unmatched(layers: "Sequence[Layer]", others: "Sequence[Layer]") -> list[int]:
    """Return the places of the layers that have no partner of the same class and settings among the others."""
    partners = [(layer.kind, layer.settings) for layer in others]
    places = []
    for place, layer in enumerate(layers):
        if (layer.kind, layer.settings) in partners:
            partners.remove((layer.kind, layer.settings))
        else:
            places.append(place)
    return places


def _layer_difference(observed: "Layer", expected: "Layer") -> str:
    if observed.kind != expected.kind or str(observed) != str(expected):
        return f"is {observed}, expected {expected}"
    for name in {**expected.settings, **observed.settings}:
        observed_value = observed.settings.get(name)
        expected_value = expected.settings.get(name)
        if observed_value != expected_value:
            return f"is {observed} with {name}={observed_value!r}, expected {name}={expected_value!r}"
    return f"is {observed} and reads {_places(observed.reads)}, expected {_places(expected.reads)}"


def _shapes(shapes: Shapes) -> str:
    return " and ".join(map(str, shapes))


def _places(reads: tuple[int, ...]) -> str:
    return " and ".join(f"layer {number}" if number > 0 else "the input" for number in reads)
