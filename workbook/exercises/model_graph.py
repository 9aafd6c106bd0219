"""Read the configuration of a Keras model that nobody vouches for: what of it a check rebuilds, and its graph.

Only what is on the lists here is rebuilt: layers, operations of `keras.ops`, and models within models. Nothing on them
carries code or reads a file.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

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
# What `keras.ops`, `keras.activations` and the operators of a KerasTensor leave in a model, by their modules.
OPERATIONS = {
    "keras.src.ops.numpy": frozenset((
        "Absolute", "Add", "Concatenate", "Divide", "Exp", "ExpandDims", "GetItem", "Log", "Matmul", "Max", "Maximum",
        "Mean", "Min", "Minimum", "Moveaxis", "Multiply", "Negative", "Pad", "Power", "Reshape", "Sqrt", "Square",
        "Squeeze", "Stack", "Subtract", "Sum", "Swapaxes", "Tanh", "Transpose", "TrueDivide", "Var",
    )),
    "keras.src.ops.nn": frozenset((
        "AveragePool", "Elu", "Gelu", "HardSigmoid", "HardSilu", "LeakyRelu", "LogSoftmax", "MaxPool", "Relu", "Relu6",
        "Selu", "Sigmoid", "Silu", "Softmax", "Softplus", "Softsign",
    )),
    "keras.src.ops.core": frozenset(("Cast",)),
    "keras.src.activations.activations": frozenset(("ReLU",)),
}  # fmt: skip
REGULARIZERS = frozenset(("L1", "L2", "L1L2"))
MODELS = {"Functional": "keras.src.models.functional", "Sequential": "keras"}
# Layers that do nothing at inference, so that only the configuration shows them.
TRAINING_ONLY = frozenset((
    "AlphaDropout", "Dropout", "GaussianDropout", "GaussianNoise", "RandomContrast", "RandomFlip", "RandomRotation",
    "RandomTranslation", "RandomZoom", "SpatialDropout1D", "SpatialDropout2D",
))  # fmt: skip
SYMMETRIC = ("Add", "Average", "Maximum", "Minimum", "Multiply")  # the order of their inputs does not matter
SILENT = ("name", "dtype", "data_format", "seed", "synchronized")  # settings that are not compared
OWN_ONLY = "use only what Keras provides"
MOST_LAYERS, LARGEST = 2000, 2**24
DEEPEST = 5  # models within models

Key = tuple[str, int]  # a layer's path and the number of the call
Output = tuple[str, int, int]  # a layer's path, the number of the call, and which of its outputs


class RefusedError(ValueError):
    """A configuration that a check does not rebuild, with the reason as a clause."""


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
        if self.kind == "Activation":
            return (
                "ReLU"
                if self.settings["activation"] == "relu"
                else f"Activation({self.settings['activation']!r})"
            )
        sizes = [self.settings[name] for name in ("filters", "units", "rate") if name in self.settings]
        return f"{self.kind}({sizes[0]})" if sizes else self.kind


@dataclass
class Graph:
    """The calls of a model's layers, and which of them are its inputs and outputs. Inner models are written out."""

    steps: dict[Key, LayerCall]
    inputs: list[Key]
    outputs: list[Key]

    def layers(self) -> tuple[tuple[Layer, ...], tuple[int, ...]]:
        """Return the layers, each after those that it reads, and the numbers of the output layers.

        The order does not depend on the order in which the layers were written.
        """
        self._fold_activations()
        digest: dict[Key, str] = {}
        for key in self.order(list(self.steps)):
            step = self.steps[key]
            if step.kind in SYMMETRIC:
                step.reads.sort(key=digest.__getitem__)
            # Sizes come first, so that branches keep their order where only a lesser setting differs.
            sizes = [step.settings.get(name) for name in ("filters", "units", "kernel_size", "pool_size")]
            inputs = [digest[read] for read in step.reads]
            coarse = hashlib.sha256(
                repr((step.kind, sizes, [text[:16] for text in inputs])).encode()
            ).hexdigest()
            exact = hashlib.sha256(repr((step.settings, inputs)).encode()).hexdigest()
            digest[key] = coarse[:16] + exact
        order = [key for key in self.order(self.outputs) if key not in self.inputs]
        number = {key: index + 1 for index, key in enumerate(order)}
        number |= {key: -index for index, key in enumerate(self.inputs)}
        layers = tuple(self._layer(self.steps[key], number) for key in order)
        return layers, tuple(number[key] for key in self.outputs)

    def _layer(self, step: LayerCall, number: dict[Key, int]) -> Layer:
        reads = [number[key] for key in step.reads]
        if step.kind in SYMMETRIC:
            reads.sort()
        return Layer(step.kind, step.settings, tuple(reads))

    def order(self, ends: list[Key]) -> list[Key]:
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
                raise RefusedError("reads its own output")
        return list(order)

    def _fold_activations(self) -> None:
        """Merge each activation layer into the layer before it, where no other layer reads that one."""
        for key in self.order(list(self.steps)):
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


# From the configuration to the graph ------------------------------------------------------------------------


@dataclass
class _Reader:
    """Reads one model's configuration; `inner` says what an output of a model within it is."""

    steps: dict[Key, LayerCall] = field(default_factory=dict)
    inner: dict[Output, Key] = field(default_factory=dict)

    def resolved(self, output: Output) -> Key:
        return self.inner.get(output, output[:2])

    def add_layer(self, layer: dict[str, Any], call: int, reads: list[Output]) -> None:
        key = (layer["name"], call)
        self.steps[key] = LayerCall(*_canonical(layer, call), [self.resolved(read) for read in reads])

    def add_model(self, name: str, graph: Graph, call: int, reads: list[Output]) -> None:
        """Write an inner model's calls out, its inputs replaced by what it is called on."""
        given = [self.resolved(read) for read in reads]
        if len(graph.inputs) > len(given):
            raise RefusedError(f"calls the model {name} on too few inputs")
        places: dict[Key, Key] = dict(zip(graph.inputs, given, strict=False))
        places |= {
            (path, inner): (f"{name}/{path}", call * MOST_LAYERS + inner)
            for path, inner in graph.steps
            if (path, inner) not in places
        }
        for key, step in graph.steps.items():
            if key not in graph.inputs:
                inputs = [places[read] for read in step.reads]
                is_first = not inputs and step.kind != "InputLayer" and not graph.inputs
                self.steps[places[key]] = LayerCall(step.kind, step.settings, given if is_first else inputs)
        self.inner |= {(name, call, index): places[key] for index, key in enumerate(graph.outputs)}


def read_graph(class_name: str, config: dict[str, Any], depth: int = 0) -> tuple[Graph, dict[str, Any]]:
    """Return the graph of a model's configuration, and the configuration reduced to what a rebuild needs."""
    if class_name not in MODELS:
        raise RefusedError(f"is a {class_name}, expected a functional or sequential model")
    if depth > DEEPEST:
        raise RefusedError("holds models within models too deeply")
    if not 0 < len(config["layers"]) <= MOST_LAYERS:
        raise RefusedError(f"has {len(config['layers'])} layers, expected 1 to {MOST_LAYERS}")
    reader = _Reader()
    layers: list[dict[str, Any]] = []
    last: list[Output] = []
    for layer in config["layers"]:
        graph, clean = _read_layer(layer, depth)
        layers.append(clean)
        calls = clean["inbound_nodes"] if class_name == "Functional" else []
        reads_of_calls = [_parents(call) for call in calls] or [last if class_name == "Sequential" else []]
        for index, reads in enumerate(reads_of_calls):
            if graph is None:
                reader.add_layer(clean, index, reads)
            else:
                reader.add_model(clean["name"], graph, index, reads)
        if len(reader.steps) > MOST_LAYERS:
            raise RefusedError(f"has more than {MOST_LAYERS} layers")
        last = [(clean["name"], 0, 0)]
    reduced = {"name": str(config.get("name", "model")) if depth else "model", "layers": layers}
    if class_name == "Sequential":
        has_input = layers[0]["class_name"] == "InputLayer"
        inputs = [(layers[0]["name"], 0)] if has_input else []
        outputs = [reader.resolved(output) for output in last]
    else:
        reduced |= {name: config[name] for name in ("input_layers", "output_layers")}
        inputs = [output[:2] for output in _outputs(config["input_layers"])]
        inner = {layer["name"] for layer in layers if layer["class_name"] == "Functional"}
        ends = _outputs(config["output_layers"])
        # Here Keras counts the calls of an inner functional model from 1, since it is born with one; elsewhere from 0.
        outputs = [reader.resolved((name, call - (name in inner), index)) for name, call, index in ends]
    graph = Graph(reader.steps, inputs, outputs)
    graph.order(list(graph.steps))  # refuses cycles, which Keras would follow for ever
    return graph, reduced


def _read_layer(layer: dict[str, Any], depth: int) -> tuple[Graph | None, dict[str, Any]]:
    """Return a layer's reduced configuration, and its graph if the layer is a model."""
    kind = layer["class_name"]
    if kind not in MODELS:
        return None, _clean_layer(layer)
    if layer["module"] not in ("keras", "keras.models", MODELS[kind], "keras.src.models.sequential"):
        raise RefusedError(f"uses {kind}, which a check does not rebuild: {OWN_ONLY}")
    graph, reduced = read_graph(kind, layer["config"], depth + 1)
    name = str(layer["config"]["name"])
    entry = {"module": MODELS[kind], "class_name": kind, "config": {**reduced, "name": name}}
    nodes = _clean_value(layer.get("inbound_nodes", []))
    return graph, {**entry, "registered_name": None, "name": name, "inbound_nodes": nodes}


def _clean_layer(layer: dict[str, Any]) -> dict[str, Any]:
    """Return the part of a layer's configuration that a rebuild needs; refuse everything that is not on the lists."""
    kind, module, config = layer["class_name"], str(layer["module"]), layer["config"]
    is_operation = kind in OPERATIONS.get(module, ())
    if not is_operation and (kind not in LAYERS or not module.startswith("keras.layers")):
        raise RefusedError(f"uses {kind}, which a check does not rebuild: {OWN_ONLY}")
    kept = {name: _clean_value(value) for name, value in config.items() if _is_needed(name, kind)}
    for name, value in kept.items():
        if isinstance(value, dict) and "class_name" not in value:
            raise RefusedError(f"has a function of your own as {name}: {OWN_ONLY}")
        if name.endswith("activation") and isinstance(value, dict):
            kept[name] = _activation_name(value)
    nodes = _clean_value(layer.get("inbound_nodes", []))
    return {
        "module": module if is_operation else "keras.layers", "class_name": kind, "config": kept,
        "registered_name": None, "name": str(config["name"]), "inbound_nodes": nodes,
    }  # fmt: skip


def _activation_name(layer: dict[str, Any]) -> Any:
    """Return "relu" for the plain layer ReLU as an activation, and so on; a layer with settings stays a layer."""
    step = LayerCall(layer["class_name"], _compared(layer["config"]), [])
    return _activation(step) or layer


def _is_needed(name: str, kind: str) -> bool:
    if name == "dtype":
        return kind in ("InputLayer", "Cast")
    return not name.endswith(("_initializer", "quantization_config"))


def _clean_value(value: Any) -> Any:
    if isinstance(value, list):
        return [_clean_value(item) for item in value]
    if isinstance(value, int) and abs(value) > LARGEST:
        raise RefusedError(f"holds the number {value}, which is too large to check")
    if not isinstance(value, dict):
        return value
    kind = value.get("class_name")
    if kind in LAYERS:  # a layer within a wrapper such as Bidirectional
        return _clean_layer(value)
    is_regularizer = kind in REGULARIZERS and value["module"] == "keras.regularizers"
    is_plain = "class_name" not in value or kind in ("__keras_tensor__", "__slice__", "__ellipsis__")
    if is_plain or is_regularizer:
        kept = {name: item for name, item in value.items() if name != "registered_name"}
        return {name: item if name == "module" else _clean_value(item) for name, item in kept.items()}
    raise RefusedError(f"uses {kind}, which a check does not rebuild: {OWN_ONLY}")


# Spellings of one thing -------------------------------------------------------------------------------------


ACTIVATIONS = {
    "Relu": "relu",
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "Silu": "silu",
    "Relu6": "relu6",
    "Elu": "elu",
}
GLOBAL_POOLS = {
    ("Mean", (1, 2)): "GlobalAveragePooling2D", ("Mean", (1,)): "GlobalAveragePooling1D",
    ("Max", (1, 2)): "GlobalMaxPooling2D", ("Max", (1,)): "GlobalMaxPooling1D",
}  # fmt: skip


def _canonical(layer: dict[str, Any], call: int) -> tuple[str, dict[str, Any]]:
    """Return the class and settings by which a layer is compared: an operation as the layer that does the same."""
    kind, settings = layer["class_name"], _compared(layer["config"])
    if layer["module"] == "keras.layers":
        sizes = settings.get("kernel_size")
        if settings.get("padding") == "same" and sizes and set(sizes) == {1}:
            settings["padding"] = "valid"  # a 1×1 kernel needs no padding
        name = _activation(LayerCall(kind, settings, []))
        return _activation_layer(name) if isinstance(name, str) else (kind, settings)
    constants = _constants(layer["inbound_nodes"][call]) if call < len(layer["inbound_nodes"]) else ()
    if kind in ACTIVATIONS:
        return _activation_layer(ACTIVATIONS[kind])
    if kind in ("Mean", "Max") and not constants:
        axes = settings["axis"] if isinstance(settings["axis"], tuple) else (settings["axis"],)
        if (kind, axes) in GLOBAL_POOLS:
            return GLOBAL_POOLS[kind, axes], {"keepdims": settings["keepdims"], "trainable": True}
    if constants:
        settings["arguments"] = constants
    return kind, {**settings, "trainable": True}


def _activation_layer(name: str) -> tuple[str, dict[str, Any]]:
    if name == "relu":
        return "ReLU", {"max_value": None, "negative_slope": 0.0, "threshold": 0.0, "trainable": True}
    return "Activation", {"activation": name, "trainable": True}


def _constants(call: dict[str, Any]) -> tuple[Any, ...]:
    """Return the arguments of an operation's call that are no tensors."""
    values = [*call.get("args", []), *call.get("kwargs", {}).values()] if isinstance(call, dict) else []
    return tuple(_frozen(value) for value in values if value is not None and not _parents(value))


def _compared(config: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of a layer that are compared."""
    return {name: _frozen(value) for name, value in config.items() if name not in SILENT}


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _frozen(item) for name, item in value.items() if name not in SILENT}
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


# References -------------------------------------------------------------------------------------------------


def _parents(call: Any) -> list[Output]:
    """Return the outputs that are arguments of this call."""
    return list(_find_parents(call))


def _find_parents(call: Any) -> Iterator[Output]:
    if isinstance(call, list):
        for item in call:
            yield from _find_parents(item)
    elif isinstance(call, dict):
        if call.get("class_name") == "__keras_tensor__":
            yield from _outputs(call["config"]["keras_history"])
        else:
            for item in call.values():
                yield from _find_parents(item)


def _outputs(ends: Any) -> list[Output]:
    """Return the outputs that `ends` names: ["name", 0, 0], or a list or dictionary of such lists."""
    if isinstance(ends, list) and len(ends) == 3 and isinstance(ends[0], str):
        return [(ends[0], int(ends[1]), int(ends[2]))]
    items = ends.values() if isinstance(ends, dict) else ends
    return [output for item in items for output in _outputs(item)]
