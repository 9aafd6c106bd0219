"""A Keras model as plain numbers: the steps that `assets/network.js` computes in a browser, and their weights.

A step is one of a few operations on maps (height, width, channels): `conv`, `affine`, `activation`, `pool`, `add`,
`concat`, `reshape`. A layer becomes one or more of them. A vector (n,) is n maps of 1×1, so a dense layer is a
convolution whose kernel is as large as what it reads.
"""

import base64
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import keras

Step = dict[str, Any]
MAX_WEIGHTS = 150_000  # 0.8 MB in a page
TRAINING_ONLY = (
    "ActivityRegularization", "AlphaDropout", "Dropout", "GaussianDropout", "GaussianNoise", "Identity",
    "RandomBrightness", "RandomContrast", "RandomFlip", "RandomRotation", "RandomShear", "RandomTranslation",
    "RandomZoom", "SpatialDropout2D",
)  # fmt: skip
ACTIVATIONS = ("elu", "leaky_relu", "relu", "relu6", "sigmoid", "silu", "softmax", "tanh")


def export_network(model: "keras.Model") -> dict[str, Any]:
    """Return a model as values for JSON: its `steps` in order, their `weights` as base64 of little-endian float32.

    A step's `inputs` are numbers of steps before it, and step 0 is the input. ValueError for a model that is not built,
    has several inputs or outputs, an input without one fixed size, more than `MAX_WEIGHTS` weights, or a layer that
    the page cannot compute.
    """
    _check_model(model)
    graph = _Graph(_shape(model.inputs[0], "the input"))
    last = graph.add_model(model, [0])
    steps = _needed(graph.steps, last)
    return {"steps": steps, "weights": _pack(steps)}


def _check_model(model: "keras.Model") -> None:
    import keras

    if not isinstance(model, keras.Model) or not getattr(model, "inputs", None):
        raise ValueError(
            "model must be a functional or Sequential Keras model with known inputs: begin it with keras.Input. "
            f"Received: {type(model).__name__} {getattr(model, 'name', '')!r}"
        )
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise ValueError(
            f"model must have one input and one output. Received: {len(model.inputs)} and {len(model.outputs)}"
        )
    count = model.count_params()
    if count > MAX_WEIGHTS:
        raise ValueError(
            f"model must have at most {MAX_WEIGHTS:,} parameters, or the page becomes too large. Received: {count:,}"
        )


def _shape(tensor: Any, what: str) -> list[int]:
    """Return the shape of a tensor's maps as [height, width, channels]."""
    shape = list(tensor.shape[1:])
    if len(shape) not in (1, 3) or None in shape:
        raise ValueError(
            f"{what} must be (height, width, channels) or (units,), with fixed sizes. Received: {tuple(shape)}"
        )
    return [1] * (3 - len(shape)) + shape


class _Graph:
    """The steps so far; each method that adds some returns the number of the last."""

    def __init__(self, input_shape: list[int]) -> None:
        self.steps: list[Step] = [
            {"layer": "input", "kind": "input", "label": "Input", "inputs": [], "shape": input_shape}
        ]

    def add_model(self, model: "keras.Model", inputs: Sequence[int]) -> int:
        """Add the steps of a model, and of models inside it."""
        import keras

        places = {id(tensor): number for tensor, number in zip(model.inputs, inputs, strict=True)}

        def place(tensor: Any) -> int:
            if id(tensor) not in places:
                operation, node_index, _ = tensor._keras_history
                sources = [place(source) for source in operation._inbound_nodes[node_index].input_tensors]
                if isinstance(operation, keras.Model):
                    places[id(tensor)] = self.add_model(operation, sources)
                else:
                    places[id(tensor)] = self.add_layer(operation, sources, tensor)
            return places[id(tensor)]

        return place(model.outputs[0])

    def add_layer(self, layer: Any, inputs: Sequence[int], output: Any) -> int:
        """Add the steps of a layer, or of an operation of `keras.ops`, whose output is a tensor."""
        kind = type(layer).__name__
        if kind in TRAINING_ONLY:
            return inputs[0]
        if kind not in READERS:
            raise ValueError(
                f"model must consist of layers that the page can compute: {', '.join(sorted(READERS))}, and layers for "
                f"training alone. Received: layer {layer.name!r}, a {kind}"
            )
        if getattr(layer, "data_format", "channels_last") != "channels_last":
            raise ValueError(f"data_format must be channels_last. Received: channels_first in {layer.name!r}")
        sources = list(inputs)
        shape = _shape(output, f"The output of layer {layer.name!r}")
        for step in READERS[kind](layer, [self.steps[number] for number in inputs], shape):
            self.steps.append({"layer": layer.name, "inputs": sources, **step})
            sources = [len(self.steps) - 1]
        return sources[0]


def _numbers(variable: Any) -> np.ndarray:
    import keras

    return np.asarray(keras.ops.convert_to_numpy(variable), np.float64)


def _by(size: Sequence[int]) -> str:
    return "×".join(str(side) for side in size)


def _before(length: int, size: int, stride: int, dilation: int, padding: str) -> int:
    """Return how many zeros stand before the first value along an axis: with "same", the smaller half of them."""
    if padding == "valid":
        return 0
    needed = (-(-length // stride) - 1) * stride + (size - 1) * dilation + 1
    return max(needed - length, 0) // 2


def _windows(layer: Any, size: Sequence[int], source: Step) -> Step:
    """Return what convolution and pooling share: the window's size, and how it moves over the source's maps."""
    strides, dilation = tuple(layer.strides), tuple(getattr(layer, "dilation_rate", (1, 1)))
    corner = [
        _before(source["shape"][axis], size[axis], strides[axis], dilation[axis], layer.padding)
        for axis in (0, 1)
    ]
    return {"size": list(size), "strides": list(strides), "dilation": list(dilation), "corner": corner}


def _moves(layer: Any, size: Sequence[int]) -> str:
    """Return a window in words: "5×5, strides 2, same"."""
    strides, dilation = tuple(layer.strides), tuple(getattr(layer, "dilation_rate", (1, 1)))
    words = [_by(size)]
    words += [f"strides {strides[0] if len(set(strides)) == 1 else _by(strides)}"] if max(strides) > 1 else []
    words += (
        [f"dilation {dilation[0] if len(set(dilation)) == 1 else _by(dilation)}"] if max(dilation) > 1 else []
    )
    return ", ".join([*words, layer.padding])


def _activated(layer: Any, shape: list[int], options: Step | None = None, name: str = "") -> list[Step]:
    """Return the step of an activation function; none for a linear one."""
    name = name or layer.activation.__name__
    if name == "linear":
        return []
    if name not in ACTIVATIONS:
        raise ValueError(
            f"activation must be linear or one of {', '.join(ACTIVATIONS)}. Received: {name!r} in layer {layer.name!r}"
        )
    defaults = {"leaky_relu": {"slope": 0.2}, "elu": {"alpha": 1.0}}
    return [
        {"kind": "activation", "function": name, "label": name, "shape": shape,
         **defaults.get(name, {}), **(options or {})}
    ]  # fmt: skip


def _conv2d(layer: Any, sources: Sequence[Step], shape: list[int]) -> list[Step]:
    groups = f", {layer.groups} groups" if layer.groups > 1 else ""
    label = f"Conv2D, {layer.filters} filters {_moves(layer, layer.kernel_size)}{groups}"
    step = {"kind": "conv", "label": label, "shape": shape, "groups": layer.groups,
            **_windows(layer, layer.kernel_size, sources[0]), "kernel": _numbers(layer.kernel)}  # fmt: skip
    return [_with_bias(step, layer), *_activated(layer, shape)]


def _with_bias(step: Step, layer: Any) -> Step:
    return {**step, "bias": _numbers(layer.bias)} if layer.use_bias else step


def _depthwise(layer: Any, source: Step, kernel: Any, shape: list[int], name: str) -> Step:
    """Return the step in which each filter reads one map."""
    depth = source["shape"][2]
    label = f"{name}, {_moves(layer, layer.kernel_size)}: a filter for each map"
    window = _windows(layer, layer.kernel_size, source)
    return {
        "kind": "conv",
        "label": label,
        "shape": shape,
        "groups": depth,
        "kernel": _numbers(kernel),
        **window,
    }


def _depthwise_conv2d(layer: Any, sources: Sequence[Step], shape: list[int]) -> list[Step]:
    step = _depthwise(layer, sources[0], layer.kernel, shape, "DepthwiseConv2D")
    return [_with_bias(step, layer), *_activated(layer, shape)]


def _separable_conv2d(layer: Any, sources: Sequence[Step], shape: list[int]) -> list[Step]:
    depth = sources[0]["shape"][2] * layer.depth_multiplier
    first = _depthwise(
        layer, sources[0], layer.depthwise_kernel, [*shape[:2], depth], "SeparableConv2D, depthwise part"
    )
    label = f"SeparableConv2D, pointwise part: {layer.filters} filters 1×1"
    second = {"kind": "conv", "part": "pointwise", "label": label, "shape": shape, "groups": 1, "size": [1, 1],
              "strides": [1, 1], "dilation": [1, 1], "corner": [0, 0],
              "kernel": _numbers(layer.pointwise_kernel)}  # fmt: skip
    return [{**first, "part": "depthwise"}, _with_bias(second, layer), *_activated(layer, shape)]


def _dense(layer: Any, sources: Sequence[Step], shape: list[int]) -> list[Step]:
    """Return a convolution with a kernel of 1×1, or, behind Flatten, as large as the maps that were flattened."""
    source = sources[0]
    flat = source["kind"] == "reshape"
    height, width, channels = source["from"] if flat else [1, 1, source["shape"][2]]
    kernel = _numbers(layer.kernel).reshape(height, width, channels, layer.units)
    reads = f", each with a kernel {_by((height, width, channels))}" if height * width > 1 else ""
    step = {"kind": "conv", "label": f"Dense, {layer.units} units{reads}", "shape": shape, "groups": 1,
            "size": [height, width], "strides": [1, 1], "dilation": [1, 1], "corner": [0, 0],
            "kernel": kernel}  # fmt: skip
    if flat:
        step["inputs"] = source["inputs"]
    return [_with_bias(step, layer), *_activated(layer, shape)]


def _affine(label: str, shape: list[int], factor: Any, shift: Any) -> list[Step]:
    """Return the step that multiplies each map by a factor and adds a number."""
    values = {
        name: np.broadcast_to(np.asarray(value, np.float64).reshape(-1), shape[2:])
        for name, value in (("factor", factor), ("shift", shift))
    }
    return [{"kind": "affine", "label": label, "shape": shape, **values}]


def _batch_normalization(layer: Any, sources: Sequence[Step], shape: list[int]) -> list[Step]:
    _check_last_axis(layer, layer.axis)
    factor = 1 / np.sqrt(_numbers(layer.moving_variance) + layer.epsilon)
    factor = factor * _numbers(layer.gamma) if layer.scale else factor
    shift = (_numbers(layer.beta) if layer.center else 0) - factor * _numbers(layer.moving_mean)
    return _affine("BatchNormalization: a factor and a shift for each map", shape, factor, shift)


def _check_last_axis(layer: Any, axis: int) -> None:
    if axis not in (-1, len(layer._inbound_nodes[0].output_tensors[0].shape) - 1):
        raise ValueError(
            f"axis must be the last one, that of the maps. Received: {axis} in layer {layer.name!r}"
        )


def _rescaling(layer: Any, sources: Sequence[Step], shape: list[int]) -> list[Step]:
    return _affine("Rescaling", shape, layer.scale, layer.offset)


def _normalization(layer: Any, sources: Sequence[Step], shape: list[int]) -> list[Step]:
    mean, variance = _numbers(layer.mean), _numbers(layer.variance)
    if layer.invert or mean.size not in (1, shape[2]):
        raise ValueError(
            f"Normalization must have one mean per map, and invert=False. Received: layer {layer.name!r}"
        )
    factor = 1 / np.maximum(np.sqrt(variance), 1e-7)
    return _affine("Normalization", shape, factor, -factor * mean)


def _pool(layer: Any, sources: Sequence[Step], shape: list[int]) -> list[Step]:
    kind = type(layer).__name__
    step = {"kind": "pool", "label": f"{kind}, {_moves(layer, layer.pool_size)}", "shape": shape}
    return [{**step, "reduce": _reduction(kind), **_windows(layer, layer.pool_size, sources[0])}]


def _reduction(kind: str) -> str:
    return "max" if "Max" in kind else "mean"


def _global_pool(layer: Any, sources: Sequence[Step], shape: list[int]) -> list[Step]:
    height, width, channels = sources[0]["shape"]
    kind = type(layer).__name__
    label = f"{kind}: one number for each map"
    return [
        {"kind": "pool", "label": label, "shape": [1, 1, channels], "reduce": _reduction(kind),
         "size": [height, width], "strides": [1, 1], "dilation": [1, 1], "corner": [0, 0]}
    ]  # fmt: skip


def _zero_padding(layer: Any, sources: Sequence[Step], shape: list[int]) -> list[Step]:
    """Return a pooling step of 1×1, which finds no value in the frame and leaves 0 there."""
    corner = [layer.padding[0][0], layer.padding[1][0]]
    return [
        {"kind": "pool", "label": "ZeroPadding2D", "shape": shape, "reduce": "mean", "size": [1, 1],
         "strides": [1, 1], "dilation": [1, 1], "corner": corner}
    ]  # fmt: skip


def _reshape(layer: Any, sources: Sequence[Step], shape: list[int]) -> list[Step]:
    return [{"kind": "reshape", "label": type(layer).__name__, "shape": shape, "from": sources[0]["shape"]}]


def _add(layer: Any, sources: Sequence[Step], shape: list[int]) -> list[Step]:
    shapes = [source["shape"] for source in sources]
    if len(shapes) < 2 or any(shape != shapes[0] for shape in shapes):
        raise ValueError(
            f"Additions must be of maps of one shape. Received: {shapes} in layer {layer.name!r}"
        )
    return [{"kind": "add", "label": f"Add, {len(shapes)} inputs", "shape": shapes[0]}]


def _concatenate(layer: Any, sources: Sequence[Step], shape: list[int]) -> list[Step]:
    _check_last_axis(layer, layer.axis)
    return [{"kind": "concat", "label": f"Concatenate, {len(sources)} inputs", "shape": shape}]


def _activation(layer: Any, sources: Sequence[Step], shape: list[int]) -> list[Step]:
    return _activated(layer, shape)


def _relu(layer: Any, sources: Sequence[Step], shape: list[int]) -> list[Step]:
    options = {"slope": float(layer.negative_slope), "threshold": float(layer.threshold)}
    if layer.max_value is not None:
        options["largest"] = float(layer.max_value)
    return _activated(layer, shape, options, "relu")


def _leaky_relu(layer: Any, sources: Sequence[Step], shape: list[int]) -> list[Step]:
    return _activated(layer, shape, {"slope": float(layer.negative_slope)}, "leaky_relu")


def _elu(layer: Any, sources: Sequence[Step], shape: list[int]) -> list[Step]:
    return _activated(layer, shape, {"alpha": float(layer.alpha)}, "elu")


def _softmax(layer: Any, sources: Sequence[Step], shape: list[int]) -> list[Step]:
    _check_last_axis(layer, layer.axis)
    return _activated(layer, shape, None, "softmax")


def _function(layer: Any, sources: Sequence[Step], shape: list[int]) -> list[Step]:
    """Return the step of an operation such as `keras.ops.relu`."""
    return _activated(layer, shape, None, type(layer).__name__.lower())


READERS: dict[str, Callable[[Any, Sequence[Step], list[int]], list[Step]]] = {
    "Activation": _activation, "Add": _add, "AveragePooling2D": _pool, "BatchNormalization": _batch_normalization,
    "Concatenate": _concatenate, "Conv2D": _conv2d, "Dense": _dense, "DepthwiseConv2D": _depthwise_conv2d, "ELU": _elu,
    "Flatten": _reshape, "GlobalAveragePooling2D": _global_pool, "GlobalMaxPooling2D": _global_pool,
    "LeakyReLU": _leaky_relu, "MaxPooling2D": _pool, "Normalization": _normalization, "ReLU": _relu, "Relu": _function,
    "Rescaling": _rescaling, "Reshape": _reshape, "SeparableConv2D": _separable_conv2d, "Sigmoid": _function,
    "Softmax": _softmax, "Tanh": _function, "ZeroPadding2D": _zero_padding,
}  # fmt: skip


def _needed(steps: Sequence[Step], last: int) -> list[Step]:
    """Return the steps that the last one needs, numbered again; it becomes the last of all."""
    wanted = {0, last}
    for number in range(last, 0, -1):
        wanted |= set(steps[number]["inputs"]) if number in wanted else set()
    order = sorted(wanted)
    numbers = {old: new for new, old in enumerate(order)}
    return [{**steps[old], "inputs": [numbers[source] for source in steps[old]["inputs"]]} for old in order]


def _pack(steps: Sequence[Step]) -> str:
    """Replace each array of the steps by its start and length among all weights; return these."""
    parts: list[np.ndarray] = []
    start = 0
    for step in steps:
        for key, value in step.items():
            if isinstance(value, np.ndarray):
                parts.append(value.astype("<f4").reshape(-1))
                step[key] = [start, value.size]
                start += value.size
    return encoded(np.concatenate(parts) if parts else np.zeros(0, "<f4"))


def encoded(values: np.ndarray) -> str:
    """Return an array's bytes as base64."""
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode("ascii")
