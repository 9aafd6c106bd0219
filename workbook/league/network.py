"""Read the configuration of a network that nobody vouches for, and rebuild it out of Keras's own layers.

Every layer, every option and every value is compared with the lists here. What is on them carries no code, no weights
and no file; the constants that some layers take are single numbers, or one for each channel of an image. So the only
numbers of a network that training does not find are its few settings.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbook.data.bundled import first_line

if TYPE_CHECKING:
    import keras

MOST_LAYERS = 200
MOST_CALLS = 400
MOST_CHANNELS = 4096
MOST_VALUES = 400_000  # of one layer's output, for one example
MOST_NAME = 100  # characters of a layer's name
ACTIVATIONS = (
    "celu", "elu", "exponential", "gelu", "hard_sigmoid", "hard_silu", "hard_swish", "leaky_relu", "linear", "mish",
    "relu", "relu6", "selu", "sigmoid", "silu", "softmax", "softplus", "softsign", "swish", "tanh",
)  # fmt: skip
Reader = Callable[[Any], Any]
Call = tuple[tuple[str, int], ...]  # the inputs of a call: a layer's name and which of its calls
IS_SKIPPED = object()


class NotTakenError(ValueError):
    """An entry that the league does not take, with the reason as a sentence."""


class _NotAllowedError(ValueError):
    """A value that is not on the lists; the message says what it must be."""


# What a value may be ----------------------------------------------------------------------------------------


def whole(least: int, most: int) -> Reader:
    """Return a reader of an integer from `least` to `most`."""

    def read(value: Any) -> int:
        if type(value) is not int or not least <= value <= most:
            raise _NotAllowedError(f"an integer from {least} to {most:,}")
        return value

    return read


def number(least: float, most: float) -> Reader:
    """Return a reader of a finite number from `least` to `most`."""

    def read(value: Any) -> float:
        if type(value) not in (int, float) or not least <= value <= most:
            raise _NotAllowedError(f"a number from {least:g} to {most:g}")
        return float(value)

    return read


def choice(*values: Any) -> Reader:
    """Return a reader of one of a few values."""

    def read(value: Any) -> Any:
        if not any(type(value) is type(known) and value == known for known in values):
            raise _NotAllowedError(f"one of {', '.join(map(repr, values))}")
        return value

    return read


def sizes(most: int, *, least: int = 1, depth: int = 1) -> Reader:
    """Return a reader of an integer, or of a short list of them, or (with `depth`) of lists of them."""
    item = whole(least, most)

    def read(value: Any) -> Any:
        if not isinstance(value, (list, tuple)):
            return item(value)
        if not 0 < len(value) <= 4:
            raise _NotAllowedError("one to four integers")
        inner = sizes(most, least=least, depth=depth - 1) if depth > 1 else item
        return tuple(inner(part) for part in value)

    return read


def _optional(reader: Reader) -> Reader:
    return lambda value: None if value is None else reader(value)


def _constant(value: Any) -> Any:
    """Read what a `Rescaling` multiplies by or adds: a number, or one for each of at most four channels."""
    read = number(-1e4, 1e4)
    if isinstance(value, (list, tuple)):
        if not 0 < len(value) <= 4:
            raise _NotAllowedError("a number, or at most four numbers")
        return [read(part) for part in value]
    return read(value)


def _skip(value: Any) -> Any:
    return IS_SKIPPED


INITIALIZERS: dict[str, dict[str, Reader]] = {
    "Zeros": {},
    "Ones": {},
    "Constant": {"value": number(-10, 10)},
    "RandomNormal": {"mean": number(-10, 10), "stddev": number(0, 10), "seed": _skip},
    "RandomUniform": {"minval": number(-10, 10), "maxval": number(-10, 10), "seed": _skip},
    "TruncatedNormal": {"mean": number(-10, 10), "stddev": number(0, 10), "seed": _skip},
    "VarianceScaling": {
        "scale": number(0, 100),
        "mode": choice("fan_in", "fan_out", "fan_avg"),
        "distribution": choice("normal", "truncated_normal", "untruncated_normal", "uniform"),
        "seed": _skip,
        "input_axes": choice(None),
        "output_axes": choice(None),
    },
} | {
    name: {"seed": _skip, "input_axes": choice(None), "output_axes": choice(None)}
    for name in ("GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "LecunNormal", "LecunUniform")
}
REGULARIZERS: dict[str, dict[str, Reader]] = {
    "L1": {"l1": number(0, 10)},
    "L2": {"l2": number(0, 10)},
    "L1L2": {"l1": number(0, 10), "l2": number(0, 10)},
}


@dataclass(frozen=True)
class Part:
    """An initialiser or a regulariser: the name of Keras's class, and its arguments."""

    name: str
    options: tuple[tuple[str, Any], ...]


def _part(known: dict[str, dict[str, Reader]], module: str) -> Reader:
    def read(value: Any) -> Part:
        if not isinstance(value, dict) or not isinstance(value.get("config"), dict):
            raise _NotAllowedError(f"one of Keras's own {module}")
        name = value.get("class_name")
        is_keras = value.get("module") == f"keras.{module}" and value.get("registered_name") is None
        if not is_keras or not isinstance(name, str) or name not in known:
            raise _NotAllowedError(f"one of {', '.join(known)}, as Keras has them")
        options = []
        for option, entry in value["config"].items():
            if option not in known[name]:
                raise _NotAllowedError(f"{name} without the option {_shown(option)}")
            try:
                kept = known[name][option](entry)
            except _NotAllowedError as error:
                raise _NotAllowedError(f"{name} whose {option} is {error}") from None
            if kept is not IS_SKIPPED:
                options.append((option, kept))
        return Part(name, tuple(options))

    return read


_initializer = _part(INITIALIZERS, "initializers")
_regularizer = _optional(_part(REGULARIZERS, "regularizers"))
_switch = choice(True, False)
_none = choice(None)

# What a layer may be set to ---------------------------------------------------------------------------------

ALWAYS: dict[str, Reader] = {
    "name": _skip,
    "trainable": choice(True),
    "dtype": _skip,  # every network computes in float32
    "data_format": choice(None, "channels_last"),
}
_KERNEL: dict[str, Reader] = {
    "kernel_size": sizes(64),
    "strides": sizes(64),
    "padding": choice("valid", "same"),
    "dilation_rate": sizes(64),
    "activation": choice(None, *ACTIVATIONS),
    "use_bias": _switch,
    "activity_regularizer": _none,
}
_POOLED = {"pool_size": sizes(64), "strides": _optional(sizes(64)), "padding": choice("valid", "same")}
_GLOBAL = {"keepdims": _switch}


def _weights(*names: str) -> dict[str, Reader]:
    """Return the readers for the weights of a layer: how each begins, and what keeps it small."""
    readers: dict[str, Reader] = {}
    for name in names:
        readers[f"{name}_initializer"] = _initializer
        readers[f"{name}_regularizer"] = _regularizer
        readers[f"{name}_constraint"] = _none
    return readers


_CONV: dict[str, Reader] = {
    **_KERNEL,
    "filters": whole(1, MOST_CHANNELS),
    "groups": whole(1, MOST_CHANNELS),
    **_weights("kernel", "bias"),
}
_SEPARABLE: dict[str, Reader] = {
    **_KERNEL,
    "filters": whole(1, MOST_CHANNELS),
    "depth_multiplier": whole(1, 64),
    **_weights("depthwise", "pointwise", "bias"),
}
_DEPTHWISE: dict[str, Reader] = {
    **_KERNEL,
    "depth_multiplier": whole(1, 64),
    **_weights("depthwise", "bias"),
}
LAYERS: dict[str, dict[str, Reader]] = {
    "Activation": {"activation": choice(*ACTIVATIONS)},
    "Add": {},
    "Average": {},
    "AveragePooling1D": _POOLED,
    "AveragePooling2D": _POOLED,
    "BatchNormalization": {
        "axis": choice(-1),
        "momentum": number(0, 1),
        "epsilon": number(1e-8, 1),
        "center": _switch,
        "scale": _switch,
        **_weights("beta", "gamma"),
        "moving_mean_initializer": _initializer,
        "moving_variance_initializer": _initializer,
        "synchronized": choice(False),
        "renorm": choice(False),
        "renorm_clipping": _none,
        "renorm_momentum": _skip,
    },
    "Concatenate": {"axis": whole(-4, 4)},
    "Conv1D": {**_CONV, "padding": choice("valid", "same", "causal")},
    "Conv2D": _CONV,
    "Cropping2D": {"cropping": sizes(64, least=0, depth=2)},
    "Dense": {
        "units": whole(1, MOST_CHANNELS),
        "activation": choice(None, *ACTIVATIONS),
        "use_bias": _switch,
        "activity_regularizer": _none,
        "quantization_config": _none,
        **_weights("kernel", "bias"),
    },
    "DepthwiseConv1D": _DEPTHWISE,
    "DepthwiseConv2D": _DEPTHWISE,
    "Dropout": {"rate": number(0, 0.99), "seed": _skip, "noise_shape": _none},
    "ELU": {"alpha": number(0, 10)},
    "Flatten": {},
    "GaussianDropout": {"rate": number(0, 0.99), "seed": _skip},
    "GaussianNoise": {"stddev": number(0, 1), "seed": _skip},
    "GlobalAveragePooling1D": _GLOBAL,
    "GlobalAveragePooling2D": _GLOBAL,
    "GlobalMaxPooling1D": _GLOBAL,
    "GlobalMaxPooling2D": _GLOBAL,
    "GroupNormalization": {
        "groups": whole(-1, MOST_CHANNELS),
        "axis": choice(-1),
        "epsilon": number(1e-8, 1),
        "center": _switch,
        "scale": _switch,
        **_weights("beta", "gamma"),
    },
    "LayerNormalization": {
        "axis": sizes(4, least=-4),
        "epsilon": number(1e-8, 1),
        "center": _switch,
        "scale": _switch,
        "rms_scaling": choice(False),
        **_weights("beta", "gamma"),
    },
    "LeakyReLU": {"negative_slope": number(-10, 10)},
    "MaxPooling1D": _POOLED,
    "MaxPooling2D": _POOLED,
    "Maximum": {},
    "Minimum": {},
    "Multiply": {},
    "PReLU": {"shared_axes": _optional(sizes(4)), **_weights("alpha")},
    "Permute": {"dims": sizes(4)},
    "ReLU": {
        "max_value": _optional(number(0, 1e4)),
        "negative_slope": number(0, 10),
        "threshold": number(0, 1e4),
    },
    "Rescaling": {"scale": _constant, "offset": _constant},
    "Reshape": {"target_shape": sizes(100_000, least=-1)},
    "SeparableConv1D": _SEPARABLE,
    "SeparableConv2D": _SEPARABLE,
    "Softmax": {"axis": choice(-1)},
    "SpatialDropout2D": {"rate": number(0, 0.99), "seed": _skip},
    "Subtract": {},
    "UpSampling2D": {"size": sizes(8), "interpolation": choice("nearest", "bilinear")},
    "ZeroPadding2D": {"padding": sizes(64, least=0, depth=2)},
}


@dataclass(frozen=True)
class LayerRow:
    """One layer of a network: the name of Keras's class, its options, and the inputs of each of its calls."""

    name: str
    kind: str
    options: tuple[tuple[str, Any], ...]
    calls: tuple[Call, ...]


@dataclass(frozen=True)
class NetworkPlan:
    """A network as plain values: one input, rows of layers, and which call is the output."""

    source: str  # the input's name
    rows: tuple[LayerRow, ...]
    output: tuple[str, int]


# From the configuration to the plan -------------------------------------------------------------------------


def read_plan(model: Any, shape: tuple[int, int, int]) -> NetworkPlan:
    """Return the plan of a model as Keras describes it: {"class_name": ..., "config": ...}.

    `shape` is that of the league's inputs. NotTakenError, in a sentence, for everything that is not on the lists here.
    """
    if not isinstance(model, dict) or not isinstance(model.get("config"), dict):
        raise NotTakenError("build() must return a Keras model, keras.Model(inputs, outputs).")
    config, kind = model["config"], model.get("class_name")
    layers = config.get("layers")
    if kind not in ("Functional", "Sequential") or not isinstance(layers, list):
        raise NotTakenError("build() must return keras.Model(inputs, outputs), not a class of your own.")
    if not 0 < len(layers) <= MOST_LAYERS:
        raise NotTakenError(f"A network must have at most {MOST_LAYERS} layers. Received: {len(layers)}.")
    if not all(isinstance(layer, dict) and isinstance(layer.get("config"), dict) for layer in layers):
        raise NotTakenError("The configuration of a layer is missing.")
    return _chain(layers, shape) if kind == "Sequential" else _graph(config, layers, shape)


def _chain(layers: list[dict[str, Any]], shape: tuple[int, int, int]) -> NetworkPlan:
    """Return the plan of a sequential model, whose layers are called in turn."""
    source = "input"
    rows: list[LayerRow] = []
    before = (source, 0)
    for layer in layers:
        if layer.get("class_name") == "InputLayer":
            _check_input(layer, shape)
            continue
        name = f"layer {len(rows) + 1}"
        rows.append(LayerRow(name, *_read_layer(layer), calls=((before,),)))
        before = (name, 0)
    if not rows:
        raise NotTakenError("A network must have at least one layer.")
    return NetworkPlan(source, tuple(rows), before)


def _graph(config: dict[str, Any], layers: list[dict[str, Any]], shape: tuple[int, int, int]) -> NetworkPlan:
    """Return the plan of a functional model."""
    sources, rows, names = [], [], set()
    for layer in layers:
        name = layer["config"].get("name")
        if not isinstance(name, str) or len(name) > MOST_NAME or name in names:
            raise NotTakenError("Every layer must have a name of its own, of at most 100 characters.")
        names.add(name)
        if layer.get("class_name") == "InputLayer":
            _check_input(layer, shape)
            sources.append(name)
        else:
            rows.append(LayerRow(name, *_read_layer(layer), calls=_calls(layer, name)))
    outputs = _ends(config.get("output_layers"))
    if len(sources) != 1 or len(outputs) != 1:
        raise NotTakenError("A network must have one input and one output.")
    if sum(len(row.calls) for row in rows) > MOST_CALLS:
        raise NotTakenError(f"A network must call its layers at most {MOST_CALLS} times.")
    return NetworkPlan(sources[0], tuple(rows), outputs[0])


def _check_input(layer: dict[str, Any], shape: tuple[int, int, int]) -> None:
    received = layer["config"].get("batch_shape")
    if received != [None, *shape] and received != (None, *shape):
        raise NotTakenError(f"The input must be keras.Input({shape}). Received: {_shown(received)}.")


def _read_layer(layer: dict[str, Any]) -> tuple[str, tuple[tuple[str, Any], ...]]:
    """Return the class and the options of a layer; NotTakenError for what is not on the lists."""
    kind = layer.get("class_name")
    if kind in ("Functional", "Sequential"):
        raise NotTakenError("A model within a model is not taken. Call its layers one by one.")
    is_keras = layer.get("module") == "keras.layers" and layer.get("registered_name") is None
    if str(layer.get("module")).startswith("keras.src.ops"):
        raise NotTakenError(
            f"The league does not take the operation {_shown(kind)}, which may hold numbers. Use a layer in "
            "place of an operator or of keras.ops: Add()([x, y]) for x + y."
        )
    if not is_keras or not isinstance(kind, str) or kind not in LAYERS:
        raise NotTakenError(
            f"The league does not take {_shown(kind)}. It takes these layers of Keras: {', '.join(LAYERS)}."
        )
    options = []
    for option, value in layer["config"].items():
        reader = LAYERS[kind].get(option, ALWAYS.get(option))
        if reader is None:
            raise NotTakenError(f"{kind} must not have the option {_shown(option)}.")
        try:
            kept = reader(value)
        except _NotAllowedError as error:
            raise NotTakenError(f"{option} of {kind} must be {error}. Received: {_shown(value)}.") from None
        if kept is not IS_SKIPPED:
            options.append((option, kept))
    return kind, tuple(options)


def _calls(layer: dict[str, Any], name: str) -> tuple[Call, ...]:
    """Return the inputs of each call of a layer."""
    nodes = layer.get("inbound_nodes")
    if not isinstance(nodes, list) or not 0 < len(nodes) <= MOST_CALLS:
        raise NotTakenError(f"The calls of the layer {_shown(name)} are missing.")
    return tuple(_call(node, name) for node in nodes)


def _call(node: Any, name: str) -> Call:
    """Return the inputs of one call: tensors of this network, and nothing else."""
    arguments = node.get("args") if isinstance(node, dict) else None
    extras = node.get("kwargs") if isinstance(node, dict) else None
    if not isinstance(arguments, list) or not isinstance(extras, dict) or len(arguments) != 1:
        raise NotTakenError(f"The layer {_shown(name)} must be called on tensors of the network alone.")
    if any(value is not None and option != "training" for option, value in extras.items()):
        raise NotTakenError(f"The layer {_shown(name)} must be called on tensors of the network alone.")
    if extras.get("training"):
        raise NotTakenError(f"The layer {_shown(name)} must not be called with training=True.")
    given = arguments[0] if isinstance(arguments[0], list) else [arguments[0]]
    if not 0 < len(given) <= MOST_LAYERS:
        raise NotTakenError(f"The layer {_shown(name)} must be called on at least one tensor.")
    return tuple(_tensor(tensor, name) for tensor in given)


def _tensor(value: Any, name: str) -> tuple[str, int]:
    history = None
    if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
        config = value.get("config")
        history = config.get("keras_history") if isinstance(config, dict) else None
    ends = _ends(history)
    if len(ends) != 1:
        raise NotTakenError(
            f"The layer {_shown(name)} is called on a constant. Call it on other layers' outputs."
        )
    return ends[0]


def _ends(value: Any) -> list[tuple[str, int]]:
    """Return references [layer, call, 0] as (layer, call); [] for anything else."""
    if isinstance(value, (list, tuple)) and value and isinstance(value[0], str):
        value = [value]
    if not isinstance(value, (list, tuple)):
        return []
    ends = []
    for item in value:
        is_reference = isinstance(item, (list, tuple)) and len(item) == 3
        if not is_reference or not isinstance(item[0], str) or type(item[1]) is not int or item[2] != 0:
            return []
        ends.append((item[0], item[1]))
    return ends


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"


# From the plan to the network -------------------------------------------------------------------------------


def build_network(plan: NetworkPlan, shape: tuple[int, int, int], most_parameters: int) -> "keras.Model":
    """Return the Keras model of a plan, with new random weights; its outputs must be ten scores.

    NotTakenError for shapes that do not fit, for more than `most_parameters`, and for outputs that are too large.
    """
    import keras

    inputs = keras.Input(shape)
    tensors: dict[tuple[str, int], Any] = {(plan.source, 0): inputs}
    waiting = [(row, number) for row in plan.rows for number in range(len(row.calls))]
    layers = {row.name: _made(row) for row in plan.rows}
    while waiting:
        row, number = next((item for item in waiting if _is_ready(item, tensors)), (None, 0))
        if row is None:
            raise NotTakenError("The layers of the network are not connected to its input.")
        waiting.remove((row, number))
        given = [tensors[key] for key in row.calls[number]]
        tensors[row.name, number] = _called(row, layers[row.name], given, most_parameters)
    outputs = tensors.get(plan.output)
    if outputs is None or tuple(outputs.shape) != (None, 10):
        received = None if outputs is None else tuple(outputs.shape)
        raise NotTakenError(f"The output must be ten scores, (None, 10). Received: {received}.")
    model = keras.Model(inputs, outputs)
    if model.count_params() > most_parameters:
        raise NotTakenError(
            f"A network must have at most {most_parameters:,} parameters. Received: {model.count_params():,}."
        )
    return model


def _is_ready(item: tuple[LayerRow, int], tensors: dict[tuple[str, int], Any]) -> bool:
    row, number = item
    return all(key in tensors for key in row.calls[number])


def _made(row: LayerRow) -> Any:
    """Return the layer of a row; NotTakenError where Keras refuses its options."""
    from keras import layers

    options = {option: _part_of_keras(value) for option, value in row.options}
    try:
        return getattr(layers, row.kind)(**options)
    except (ValueError, TypeError) as error:
        raise NotTakenError(f"Keras does not make this {row.kind}: {first_line(error)}") from None


def _part_of_keras(value: Any) -> Any:
    from keras import initializers, regularizers

    if not isinstance(value, Part):
        return value
    home = initializers if value.name in INITIALIZERS else regularizers
    return getattr(home, value.name)(**dict(value.options))


def _called(row: LayerRow, layer: Any, given: list[Any], most_parameters: int) -> Any:
    """Call a layer, after a look at how much it would make."""
    tensors = given if len(given) > 1 else given[0]
    if _least_weights(row, tuple(given[0].shape)) > most_parameters:
        raise NotTakenError(f"{row.kind} alone has more than {most_parameters:,} parameters.")
    try:
        shape = layer.compute_output_shape(
            [tensor.shape for tensor in given] if len(given) > 1 else given[0].shape
        )
        if math.prod(size or 1 for size in shape) > MOST_VALUES:
            raise NotTakenError(f"The output of {row.kind} has more than {MOST_VALUES:,} values per example.")
        return layer(tensors)
    except NotTakenError:
        raise
    except Exception as error:  # Keras raises errors of many kinds for shapes that do not fit
        raise NotTakenError(f"{row.kind} does not fit here: {first_line(error)}") from None


def _least_weights(row: LayerRow, shape: tuple[int | None, ...]) -> int:
    """Return a lower bound of a layer's weights, worked out before Keras makes them."""
    options = dict(row.options)
    channels = shape[-1] or 1
    if row.kind == "Dense":
        return channels * options["units"]
    if row.kind == "PReLU":
        shared = options.get("shared_axes") or ()
        shared = shared if isinstance(shared, tuple) else (shared,)
        return math.prod(size or 1 for axis, size in enumerate(shape) if axis and axis not in shared)
    if "kernel_size" not in options:
        return 0
    kernel = options["kernel_size"]
    area = math.prod(kernel) if isinstance(kernel, tuple) else kernel
    if row.kind.startswith(("Separable", "Depthwise")):
        return channels * options["depth_multiplier"] * max(area, options.get("filters", 1))
    return area * channels // options.get("groups", 1) * options["filters"]
