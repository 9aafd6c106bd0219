"""Exercises whose answer builds a Keras model: what is observed of the model, and how two are compared.

What crosses from the learner's code to the check is the model's configuration: plain JSON, no weights and no
code. The check rebuilds the model from it, out of a fixed list of Keras layers, and reads the facts off that.
"""

import hashlib
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from workbook.exercises.compare import Comparison, short

# Layers that a check rebuilds. None that carries code (Lambda) or reads files (TFSMLayer) may stand here.
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
SYMMETRIC = ("Add", "Average", "Maximum", "Minimum", "Multiply")  # the order of their inputs means nothing
SILENT = ("name", "dtype", "data_format", "seed", "synchronized")  # settings that are not compared
OWN_ONLY = "use what Keras itself has"
MOST_LAYERS, LARGEST = 2000, 2**24
LONGEST = 2_000_000  # characters of a configuration
SPARE_LAYERS = 20  # beyond twice what was asked for: more are not even looked at

Key = tuple[str, int]  # a layer's name and which of its calls
Shapes = tuple[tuple[int | None, ...], ...]


@dataclass
class LayerCall:
    """One call of a layer: its class, its settings, and the steps whose outputs it reads."""

    kind: str
    settings: dict[str, Any]
    reads: list[Key]


@dataclass(frozen=True)
class Layer:
    """What is compared of one layer. `reads` counts layers from 1; 0 and below are the model's inputs."""

    kind: str
    settings: dict[str, Any]
    reads: tuple[int, ...]

    def __str__(self) -> str:
        sizes = [self.settings[name] for name in ("filters", "units", "rate") if name in self.settings]
        return f"{self.kind}({sizes[0]})" if sizes else self.kind


@dataclass(frozen=True)
class Facts:
    """What is compared of a model. `ends` are the layers whose outputs it gives."""

    inputs: Shapes
    outputs: Shapes
    layers: tuple[Layer, ...]
    ends: tuple[int, ...]
    parameters: int


def observe_model(answer: Any, *inputs: Any) -> Any:
    """Call the builder `answer` and describe what it returns in plain values that JSON can carry.

    Gives {"model": configuration} for a functional or sequential Keras model, {"other": words} for anything
    else; None and `...` stay as they are.
    """
    result = answer(*inputs)
    if result is None or result is ...:
        return result
    keras = sys.modules.get("keras")  # not imported: then this is no Keras model
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
        return {"other": f"a model of a class of its own ({type(result).__name__})"}
    return {"model": {"class_name": described["class_name"], "config": described["config"]}}


def same_model() -> Comparison:
    """Make a comparison of two observed models that names the first difference.

    Compared in this order: shapes in and out; layer after layer its class, settings and what it reads; the
    parameters. Names, initial weights and the order in which branches were written do not matter, nor whether
    an activation is a layer of its own.
    """

    def compare(observed: Any, expected: Any, inputs: tuple[Any, ...] = ()) -> str | None:
        if observed is None:
            return "gave None. Is a `return` missing?"
        if not isinstance(observed, dict) or set(observed) != {"model"}:
            words = observed.get("other") if isinstance(observed, dict) else None
            return f"gave {short(observed, 80) if words is None else words}, expected a Keras model"
        have, want = _layer_count(observed["model"]), _layer_count(expected["model"])
        if have > 2 * want + SPARE_LAYERS:
            return f"gave a model of {have} layers, expected {want}"
        try:
            facts = read_facts(observed["model"])
        except ValueError as error:
            return f"gave a model that {error}"
        return _first_difference(facts, read_facts(expected["model"]))

    return compare


def _layer_count(described: Any) -> int:
    """Count the layers of a configuration, its inputs too; 0 if it is none."""
    config = described.get("config") if isinstance(described, dict) else None
    layers = config.get("layers") if isinstance(config, dict) else None
    return len(layers) if isinstance(layers, list) else 0


def read_facts(described: Any) -> Facts:
    """Rebuild a model from its configuration and read its facts; ValueError, a clause, if it cannot be."""
    try:
        return _read_facts(json.dumps(described, allow_nan=False))
    except _RefusedError as refused:
        raise ValueError(str(refused)) from None
    except Exception as error:  # an untrusted configuration can be wrong in any way
        first = (str(error).strip().split("\n") or [""])[0]
        raise ValueError(f"Keras cannot rebuild: {type(error).__name__}: {first[:160]}") from None


class _RefusedError(ValueError):
    """A configuration that a check will not rebuild, with the reason as a clause."""


@lru_cache(maxsize=128)
def _read_facts(text: str) -> Facts:
    if len(text) > LONGEST:
        raise _RefusedError("is too large to check")
    described = json.loads(text)
    graph, clean = _graph(described["class_name"], described["config"])
    # Keras keeps its state, and a list of weights still to be made, for each thread: this one's ends with it.
    with ThreadPoolExecutor(max_workers=1) as pool:
        inputs, outputs, parameters = pool.submit(_rebuild, described["class_name"], clean).result()
    return Facts(inputs, outputs, *graph.layers(), parameters)


def _rebuild(class_name: str, clean: dict[str, Any]) -> tuple[Shapes, Shapes, int]:
    """Rebuild a model without making its weights; give the shapes in and out, and the parameters."""
    import keras

    with keras.StatelessScope(initialize_variables=False):
        model = (keras.Sequential if class_name == "Sequential" else keras.Model).from_config(clean)
    if not model.built or not model.inputs:
        raise _RefusedError("does not know its input shape: begin it with `keras.Input(shape)`")
    inputs, outputs = tuple(model.inputs), tuple(model.outputs)
    return _shapes_of(inputs), _shapes_of(outputs), model.count_params()


def _shapes_of(tensors: tuple[Any, ...]) -> Shapes:
    return tuple(tuple(one.shape) for one in tensors)


# From the configuration to layers in order ------------------------------------------------------------------


@dataclass
class Graph:
    """The calls of a model's layers, and those that its inputs and outputs are."""

    steps: dict[Key, LayerCall]
    inputs: list[Key]
    outputs: list[Key]

    def layers(self) -> tuple[tuple[Layer, ...], tuple[int, ...]]:
        """List the layers, each after those that it reads, and which of them are outputs.

        The order is the same in whatever order the layers were written.
        """
        self._fold_activations()
        likeness: dict[Key, str] = {}
        for key in self._order(list(self.steps)):
            step = self.steps[key]
            below = [likeness[one] for one in step.reads]
            below = sorted(below) if step.kind in SYMMETRIC else below
            text = " ".join((step.kind, repr(step.settings), *below))
            likeness[key] = hashlib.sha256(text.encode()).hexdigest()
            if step.kind in SYMMETRIC:
                step.reads.sort(key=likeness.__getitem__)
        order = [key for key in self._order(self.outputs) if key not in self.inputs]
        number = {key: index + 1 for index, key in enumerate(order)}
        number |= {key: -index for index, key in enumerate(self.inputs)}
        layers = tuple(self._layer(self.steps[key], number) for key in order)
        return layers, tuple(number[key] for key in self.outputs)

    def _layer(self, step: LayerCall, number: dict[Key, int]) -> Layer:
        reads = [number[key] for key in step.reads]
        return Layer(step.kind, step.settings, tuple(sorted(reads) if step.kind in SYMMETRIC else reads))

    def _order(self, ends: list[Key]) -> list[Key]:
        """List `ends` and all that they read, each step after what it reads."""
        order: dict[Key, None] = {}
        stack = ends[::-1]
        while stack:
            waiting = [one for one in self.steps[stack[-1]].reads if one not in order]
            if waiting:
                stack.append(waiting[0])
            else:
                order[stack.pop()] = None
            if len(stack) > 2 * len(self.steps):
                raise _RefusedError("reads its own output")
        return list(order)

    def _fold_activations(self) -> None:
        """Make an activation that is a layer part of the layer before, where nothing else reads that."""
        for key in self._order(list(self.steps)):
            step = self.steps[key]
            name = _activation(step)
            before = self.steps[step.reads[0]] if len(step.reads) == 1 else None
            if name is None or before is None or before.settings.get("activation") != "linear":
                continue
            readers = sum(one.reads.count(step.reads[0]) for one in self.steps.values())
            if readers + self.outputs.count(step.reads[0]) == 1:
                before.settings = {**before.settings, "activation": name}
                for other in self.steps.values():
                    other.reads = [step.reads[0] if one == key else one for one in other.reads]
                self.outputs = [step.reads[0] if one == key else one for one in self.outputs]
                del self.steps[key]


def _activation(step: LayerCall) -> str | None:
    """Give the activation that a layer is, if it is one with nothing set."""
    if step.kind == "Activation":
        return step.settings["activation"]
    plain = {"max_value": None, "negative_slope": 0.0, "threshold": 0.0, "axis": -1, "trainable": True}
    is_plain = all(plain.get(name) == value for name, value in step.settings.items())
    return {"ReLU": "relu", "Softmax": "softmax"}.get(step.kind) if is_plain else None


def _graph(class_name: str, config: dict[str, Any]) -> tuple[Graph, dict[str, Any]]:
    """Read a model's configuration; give its graph, and the configuration without all that is not needed."""
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
    graph._order(list(steps))  # refuses circles, which Keras would follow for ever
    return graph, clean


def _clean_layer(layer: dict[str, Any]) -> dict[str, Any]:
    """Copy what is needed of a layer's configuration; refuse whatever is not on the lists."""
    kind, config = layer["class_name"], layer["config"]
    if kind in MODELS:
        raise _RefusedError(f"holds the model {config['name']} as a layer: call its layers one by one")
    if kind not in LAYERS or not str(layer["module"]).startswith("keras.layers"):
        raise _RefusedError(f"uses {kind}, which a check does not rebuild: {OWN_ONLY}")
    kept = {name: _clean_value(value) for name, value in config.items() if _is_needed(name, kind)}
    for name, value in kept.items():
        if isinstance(value, dict) and "class_name" not in value:
            raise _RefusedError(f"has a function of its own as {name}: {OWN_ONLY}")
    entry = {"module": "keras.layers", "class_name": kind, "config": kept, "registered_name": None}
    nodes = _clean_value(layer.get("inbound_nodes", []))
    return {**entry, "name": str(config["name"]), "inbound_nodes": nodes}


def _is_needed(name: str, kind: str) -> bool:
    if name == "dtype":
        return kind == "InputLayer"
    return not name.endswith(("_initializer", "quantization_config"))


def _clean_value(value: Any) -> Any:
    if isinstance(value, list):
        return [_clean_value(one) for one in value]
    if isinstance(value, int) and abs(value) > LARGEST:
        raise _RefusedError(f"holds the number {value}, which is too large to check")
    if not isinstance(value, dict):
        return value
    kind = value.get("class_name")
    if kind in LAYERS:  # a layer within a wrapper such as Bidirectional
        return _clean_layer(value)
    is_regularizer = kind in REGULARIZERS and value["module"] == "keras.regularizers"
    if "class_name" not in value or kind == "__keras_tensor__" or is_regularizer:
        kept = {name: one for name, one in value.items() if name != "registered_name"}
        return {name: one if name == "module" else _clean_value(one) for name, one in kept.items()}
    raise _RefusedError(f"uses {kind}, which a check does not rebuild: {OWN_ONLY}")


def _compared(layer: dict[str, Any]) -> dict[str, Any]:
    """Give the settings of a layer that are compared."""
    return {name: _frozen(value) for name, value in layer["config"].items() if name not in SILENT}


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _frozen(one) for name, one in value.items() if name not in SILENT}
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def _parents(call: Any) -> list[Key]:
    """Find the calls whose outputs are arguments of this one."""
    if isinstance(call, list):
        return [one for item in call for one in _parents(item)]
    if not isinstance(call, dict):
        return []
    if call.get("class_name") == "__keras_tensor__":
        return _calls(call["config"]["keras_history"])
    return [one for item in call.values() for one in _parents(item)]


def _calls(ends: Any) -> list[Key]:
    """Read ["name", 0, 0], or any list or dictionary of such."""
    if isinstance(ends, list) and len(ends) == 3 and isinstance(ends[0], str):
        return [(ends[0], int(ends[1]))]
    items = ends.values() if isinstance(ends, dict) else ends
    return [one for item in items for one in _calls(item)]


# Comparing --------------------------------------------------------------------------------------------------


def _first_difference(observed: Facts, expected: Facts) -> str | None:
    if observed.inputs != expected.inputs:
        return f"gave a model with inputs {_shapes(observed.inputs)}, expected {_shapes(expected.inputs)}"
    if observed.outputs != expected.outputs:
        return f"gave a model with outputs {_shapes(observed.outputs)}, expected {_shapes(expected.outputs)}"
    for index, pair in enumerate(zip(observed.layers, expected.layers, strict=False), start=1):
        difference = _layer_difference(*pair)
        if difference:
            return f"gave a model whose layer {index} {difference}"
    have, want = len(observed.layers), len(expected.layers)
    if have < want:
        return f"gave a model of {have} layers, expected {want}: {expected.layers[have]} is missing"
    if have > want:
        return f"gave a model of {have} layers, expected {want}: {observed.layers[want]} is too many"
    if observed.ends != expected.ends:
        return f"gave a model that ends in {_places(observed.ends)}, expected {_places(expected.ends)}"
    if observed.parameters != expected.parameters:
        return f"gave a model of {observed.parameters:,} parameters, expected {expected.parameters:,}"
    return None


def _layer_difference(here: Layer, there: Layer) -> str | None:
    if here.kind != there.kind or str(here) != str(there):
        return f"is {here}, expected {there}"
    for name in {**there.settings, **here.settings}:
        one, other = here.settings.get(name), there.settings.get(name)
        if one != other:
            return f"is {here} with {name}={one!r}, expected {name}={other!r}"
    if here.reads != there.reads:
        return f"is {here} and reads {_places(here.reads)}, expected {_places(there.reads)}"
    return None


def _shapes(shapes: Shapes) -> str:
    return " and ".join(map(str, shapes))


def _places(reads: tuple[int, ...]) -> str:
    return " and ".join(f"layer {one}" if one > 0 else "the input" for one in reads)
