"""Observe and compare the answers that build a Keras model.

Only the model's configuration passes from the learner's code to the check: plain JSON, without weights or code. The
check rebuilds the model from it with layers from a fixed list, and compares facts of the rebuilt model.
"""

import hashlib
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from workbook.exercises.compare import Comparison, short

# Layers that a check rebuilds. A layer that carries code (Lambda) or reads files (TFSMLayer) must not be added.
LAYERS = frozenset((
    "Activation", "Add", "AlphaDropout", "Average", "AveragePooling1D", "AveragePooling2D",
    "AveragePooling3D", "BatchNormalization", "Bidirectional", "CenterCrop", "Concatenate", "Conv1D",
    "Conv1DTranspose", "Conv2D", "Conv2DTranspose", "Conv3D", "Cropping1D", "Cropping2D", "Dense",
    "DepthwiseConv1D", "DepthwiseConv2D", "Dot", "Dropout", "ELU", "Embedding", "Flatten", "GRU",
    "GaussianDropout", "GaussianNoise", "GlobalAveragePooling1D", "GlobalAveragePooling2D",
    "GlobalAveragePooling3D", "GlobalMaxPooling1D", "GlobalMaxPooling2D", "GroupNormalization",
    "Identity", "InputLayer", "LSTM", "LayerNormalization", "LeakyReLU", "MaxPooling1D", "MaxPooling2D",
    "MaxPooling3D", "Maximum", "Minimum", "Multiply", "PReLU", "Permute", "RandomContrast", "RandomCrop",
    "RandomFlip", "RandomRotation", "RandomTranslation", "RandomZoom", "ReLU", "RepeatVector",
    "Rescaling", "Reshape", "Resizing", "SeparableConv1D", "SeparableConv2D", "Softmax",
    "SpatialDropout1D", "SpatialDropout2D", "Subtract", "TimeDistributed", "UnitNormalization",
    "UpSampling1D", "UpSampling2D", "ZeroPadding1D", "ZeroPadding2D",
))  # fmt: skip
REGULARIZERS = frozenset(("L1", "L2", "L1L2"))
MODELS = ("Functional", "Sequential")
SYMMETRIC = ("Add", "Average", "Maximum", "Minimum", "Multiply")  # the order of their inputs does not matter
SILENT = ("name", "dtype", "data_format", "seed", "synchronized")  # settings that are not compared
OWN_ONLY = "use only what Keras provides"
MOST_LAYERS, LARGEST = 2000, 2**24
LONGEST = 2_000_000  # characters of a configuration
SPARE_LAYERS = 20  # allowed beyond twice the expected number; a larger model is not rebuilt

Key = tuple[str, int]  # a layer's name and the number of the call
Shapes = tuple[tuple[int | None, ...], ...]


@dataclass
class LayerCall:
    """One call of a layer: its class, its settings, and the calls whose outputs it reads."""

    kind: str
    settings: dict[str, Any]
    reads: list[Key]


@dataclass(frozen=True)
class Layer:
    """The facts of a layer that are compared. In `reads`, layers count from 1; 0 and below are the model's inputs."""

    kind: str
    settings: dict[str, Any]
    reads: tuple[int, ...]

    def __str__(self) -> str:
        sizes = [self.settings[name] for name in ("filters", "units", "rate") if name in self.settings]
        return f"{self.kind}({sizes[0]})" if sizes else self.kind


@dataclass(frozen=True)
class Facts:
    """The facts of a model that are compared. `ends` are the layers whose outputs are the model's outputs."""

    inputs: Shapes
    outputs: Shapes
    layers: tuple[Layer, ...]
    ends: tuple[int, ...]
    parameters: int


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
    if described.get("class_name") not in MODELS:
        return {"other": f"a model of your own class {type(result).__name__}"}
    return {"model": {"class_name": described["class_name"], "config": described["config"]}}


def same_model() -> Comparison:
    """Return a comparison of two observed models that names the first difference.

    It compares, in this order: the input and output shapes; the class, settings and inputs of each layer; the number of
    parameters. Names, initial weights and the order in which branches were written do not matter. Nor does it matter
    whether an activation is a layer of its own.
    """

    def compare(observed: Any, expected: Any, inputs: tuple[Any, ...] = ()) -> str | None:
        if observed is None:
            return "got None. Is a `return` missing?"
        if not isinstance(observed, dict) or set(observed) != {"model"}:
            words = observed.get("other") if isinstance(observed, dict) else None
            return f"got {short(observed, 80) if words is None else words}, expected a Keras model"
        observed_count = _layer_count(observed["model"])
        expected_count = _layer_count(expected["model"])
        if observed_count > 2 * expected_count + SPARE_LAYERS:
            return f"got a model of {observed_count} layers, expected {expected_count}"
        try:
            facts = read_facts(observed["model"])
        except ValueError as error:
            return f"got a model that {error}"
        return _first_difference(facts, read_facts(expected["model"]))

    return compare


def _layer_count(described: Any) -> int:
    """Return the number of layers in a configuration, input layers included; 0 if it is malformed."""
    config = described.get("config") if isinstance(described, dict) else None
    layers = config.get("layers") if isinstance(config, dict) else None
    return len(layers) if isinstance(layers, list) else 0


def read_facts(described: Any) -> Facts:
    """Rebuild a model from its configuration and return its facts; raise ValueError with a clause if that fails."""
    try:
        return _read_facts(json.dumps(described, allow_nan=False))
    except _RefusedError as refused:
        raise ValueError(str(refused)) from None
    except Exception as error:  # an untrusted configuration can be wrong in any way
        first_line = str(error).strip().split("\n")[0]
        raise ValueError(f"Keras cannot rebuild: {type(error).__name__}: {first_line[:160]}") from None


class _RefusedError(ValueError):
    """A configuration that a check does not rebuild, with the reason as a clause."""


@lru_cache(maxsize=128)
def _read_facts(text: str) -> Facts:
    if len(text) > LONGEST:
        raise _RefusedError("is too large to check")
    described = json.loads(text)
    graph, clean = _graph(described["class_name"], described["config"])
    # Keras keeps its state and a list of weights to create per thread: a thread of our own takes them with it.
    with ThreadPoolExecutor(max_workers=1) as pool:
        inputs, outputs, parameters = pool.submit(_rebuild, described["class_name"], clean).result()
    return Facts(inputs, outputs, *graph.layers(), parameters)


def _rebuild(class_name: str, clean: dict[str, Any]) -> tuple[Shapes, Shapes, int]:
    """Rebuild a model without creating weights; return its input shapes, output shapes and number of parameters."""
    import keras

    with keras.StatelessScope(initialize_variables=False):
        model = (keras.Sequential if class_name == "Sequential" else keras.Model).from_config(clean)
    if not model.built or not model.inputs:
        raise _RefusedError("does not know its input shape: begin it with `keras.Input(shape)`")
    inputs, outputs = tuple(model.inputs), tuple(model.outputs)
    return _shapes_of(inputs), _shapes_of(outputs), model.count_params()


def _shapes_of(tensors: tuple[Any, ...]) -> Shapes:
    return tuple(tuple(tensor.shape) for tensor in tensors)


# From the configuration to layers in order ------------------------------------------------------------------


@dataclass
class Graph:
    """The calls of a model's layers, and which of them are its inputs and outputs."""

    steps: dict[Key, LayerCall]
    inputs: list[Key]
    outputs: list[Key]

    def layers(self) -> tuple[tuple[Layer, ...], tuple[int, ...]]:
        """Return the layers, each after those that it reads, and the numbers of the output layers.

        The order does not depend on the order in which the layers were written.
        """
        self._fold_activations()
        digest: dict[Key, str] = {}
        for key in self._order(list(self.steps)):
            step = self.steps[key]
            inputs = [digest[read] for read in step.reads]
            if step.kind in SYMMETRIC:
                inputs.sort()
            text = " ".join((step.kind, repr(step.settings), *inputs))
            digest[key] = hashlib.sha256(text.encode()).hexdigest()
            if step.kind in SYMMETRIC:
                step.reads.sort(key=digest.__getitem__)
        order = [key for key in self._order(self.outputs) if key not in self.inputs]
        number = {key: index + 1 for index, key in enumerate(order)}
        number |= {key: -index for index, key in enumerate(self.inputs)}
        layers = tuple(self._layer(self.steps[key], number) for key in order)
        return layers, tuple(number[key] for key in self.outputs)

    def _layer(self, step: LayerCall, number: dict[Key, int]) -> Layer:
        reads = [number[key] for key in step.reads]
        if step.kind in SYMMETRIC:
            reads.sort()
        return Layer(step.kind, step.settings, tuple(reads))

    def _order(self, ends: list[Key]) -> list[Key]:
        """Return `ends` and every step that they read, directly or not, each after the steps that it reads."""
        order: dict[Key, None] = {}
        stack = ends[::-1]
        while stack:
            waiting = [read for read in self.steps[stack[-1]].reads if read not in order]
            if waiting:
                stack.append(waiting[0])
            else:
                order[stack.pop()] = None
            if len(stack) > 2 * len(self.steps):
                raise _RefusedError("reads its own output")
        return list(order)

    def _fold_activations(self) -> None:
        """Merge each activation layer into the layer before it, where no other layer reads that one."""
        for key in self._order(list(self.steps)):
            step = self.steps[key]
            name = _activation(step)
            before = self.steps[step.reads[0]] if len(step.reads) == 1 else None
            if name is None or before is None or before.settings.get("activation") != "linear":
                continue
            key_before = step.reads[0]
            readers = sum(reader.reads.count(key_before) for reader in self.steps.values())
            if readers + self.outputs.count(key_before) == 1:
                before.settings = {**before.settings, "activation": name}
                for reader in self.steps.values():
                    reader.reads = [key_before if read == key else read for read in reader.reads]
                self.outputs = [key_before if output == key else output for output in self.outputs]
                del self.steps[key]


def _activation(step: LayerCall) -> str | None:
    """Return the name of the activation that a layer is; None if it is another layer or has settings of its own."""
    if step.kind == "Activation":
        return step.settings["activation"]
    plain = {"max_value": None, "negative_slope": 0.0, "threshold": 0.0, "axis": -1, "trainable": True}
    is_plain = all(plain.get(name) == value for name, value in step.settings.items())
    return {"ReLU": "relu", "Softmax": "softmax"}.get(step.kind) if is_plain else None


def _graph(class_name: str, config: dict[str, Any]) -> tuple[Graph, dict[str, Any]]:
    """Return the graph of a model's configuration, and the configuration reduced to what a rebuild needs."""
    if class_name not in MODELS:
        raise _RefusedError(f"is a {class_name}, expected a functional or sequential model")
    if not 0 < len(config["layers"]) <= MOST_LAYERS:
        raise _RefusedError(f"has {len(config['layers'])} layers, expected 1 to {MOST_LAYERS}")
    layers = [_clean_layer(layer) for layer in config["layers"]]
    steps: dict[Key, LayerCall] = {}
    last: list[Key] = []
    for layer in layers:
        calls = layer["inbound_nodes"] if class_name == "Functional" else []
        reads_of_calls = [_parents(call) for call in calls] or [last if class_name == "Sequential" else []]
        for index, reads in enumerate(reads_of_calls):
            steps[layer["name"], index] = LayerCall(layer["class_name"], _compared(layer), reads)
        last = [(layer["name"], 0)]
    clean = {"name": "model", "layers": layers}
    if class_name == "Sequential":
        first = layers[0]
        graph = Graph(steps, [(first["name"], 0)] if first["class_name"] == "InputLayer" else [], last)
    else:
        clean |= {name: config[name] for name in ("input_layers", "output_layers")}
        graph = Graph(steps, _calls(config["input_layers"]), _calls(config["output_layers"]))
    graph._order(list(steps))  # refuses cycles, which Keras would follow for ever
    return graph, clean


def _clean_layer(layer: dict[str, Any]) -> dict[str, Any]:
    """Return the part of a layer's configuration that a rebuild needs; refuse everything that is not on the lists."""
    kind, config = layer["class_name"], layer["config"]
    if kind in MODELS:
        raise _RefusedError(f"holds the model {config['name']} as a layer: call its layers one by one")
    if kind not in LAYERS or not str(layer["module"]).startswith("keras.layers"):
        raise _RefusedError(f"uses {kind}, which a check does not rebuild: {OWN_ONLY}")
    kept = {name: _clean_value(value) for name, value in config.items() if _is_needed(name, kind)}
    for name, value in kept.items():
        if isinstance(value, dict) and "class_name" not in value:
            raise _RefusedError(f"has a function of your own as {name}: {OWN_ONLY}")
    entry = {"module": "keras.layers", "class_name": kind, "config": kept, "registered_name": None}
    nodes = _clean_value(layer.get("inbound_nodes", []))
    return {**entry, "name": str(config["name"]), "inbound_nodes": nodes}


def _is_needed(name: str, kind: str) -> bool:
    if name == "dtype":
        return kind == "InputLayer"
    return not name.endswith(("_initializer", "quantization_config"))


def _clean_value(value: Any) -> Any:
    if isinstance(value, list):
        return [_clean_value(item) for item in value]
    if isinstance(value, int) and abs(value) > LARGEST:
        raise _RefusedError(f"holds the number {value}, which is too large to check")
    if not isinstance(value, dict):
        return value
    kind = value.get("class_name")
    if kind in LAYERS:  # a layer within a wrapper such as Bidirectional
        return _clean_layer(value)
    is_regularizer = kind in REGULARIZERS and value["module"] == "keras.regularizers"
    if "class_name" not in value or kind == "__keras_tensor__" or is_regularizer:
        kept = {name: item for name, item in value.items() if name != "registered_name"}
        return {name: item if name == "module" else _clean_value(item) for name, item in kept.items()}
    raise _RefusedError(f"uses {kind}, which a check does not rebuild: {OWN_ONLY}")


def _compared(layer: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of a layer that are compared."""
    return {name: _frozen(value) for name, value in layer["config"].items() if name not in SILENT}


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _frozen(item) for name, item in value.items() if name not in SILENT}
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def _parents(call: Any) -> list[Key]:
    """Return the calls whose outputs are arguments of this one."""
    if isinstance(call, list):
        return [parent for item in call for parent in _parents(item)]
    if not isinstance(call, dict):
        return []
    if call.get("class_name") == "__keras_tensor__":
        return _calls(call["config"]["keras_history"])
    return [parent for item in call.values() for parent in _parents(item)]


def _calls(ends: Any) -> list[Key]:
    """Return the calls that `ends` names: ["name", 0, 0], or a list or dictionary of such lists."""
    if isinstance(ends, list) and len(ends) == 3 and isinstance(ends[0], str):
        return [(ends[0], int(ends[1]))]
    items = ends.values() if isinstance(ends, dict) else ends
    return [call for item in items for call in _calls(item)]


# Comparing --------------------------------------------------------------------------------------------------


def _first_difference(observed: Facts, expected: Facts) -> str | None:
    if observed.inputs != expected.inputs:
        return f"got a model with inputs {_shapes(observed.inputs)}, expected {_shapes(expected.inputs)}"
    if observed.outputs != expected.outputs:
        return f"got a model with outputs {_shapes(observed.outputs)}, expected {_shapes(expected.outputs)}"
    for index, pair in enumerate(zip(observed.layers, expected.layers, strict=False), start=1):
        difference = _layer_difference(*pair)
        if difference:
            return f"got a model whose layer {index} {difference}"
    observed_count, expected_count = len(observed.layers), len(expected.layers)
    counts = f"got a model of {observed_count} layers, expected {expected_count}"
    if observed_count < expected_count:
        return f"{counts}: {expected.layers[observed_count]} is missing"
    if observed_count > expected_count:
        return f"{counts}: {observed.layers[expected_count]} is not needed"
    if observed.ends != expected.ends:
        return f"got a model that ends in {_places(observed.ends)}, expected {_places(expected.ends)}"
    if observed.parameters != expected.parameters:
        return f"got a model of {observed.parameters:,} parameters, expected {expected.parameters:,}"
    return None


def _layer_difference(observed: Layer, expected: Layer) -> str | None:
    if observed.kind != expected.kind or str(observed) != str(expected):
        return f"is {observed}, expected {expected}"
    for name in {**expected.settings, **observed.settings}:
        observed_value = observed.settings.get(name)
        expected_value = expected.settings.get(name)
        if observed_value != expected_value:
            return f"is {observed} with {name}={observed_value!r}, expected {name}={expected_value!r}"
    if observed.reads != expected.reads:
        return f"is {observed} and reads {_places(observed.reads)}, expected {_places(expected.reads)}"
    return None


def _shapes(shapes: Shapes) -> str:
    return " and ".join(map(str, shapes))


def _places(reads: tuple[int, ...]) -> str:
    return " and ".join(f"layer {number}" if number > 0 else "the input" for number in reads)
