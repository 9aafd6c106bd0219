"""A Keras model as plain numbers: the steps that `assets/network.js` computes in a browser, and their weights.

A step is one operation on maps (height, width, channels): `conv`, `affine`, `activation`, `pool`, `add`, `concat` or
`reshape`. A layer becomes one or more steps. A vector (n,) is n maps of 1×1, so a dense layer is a convolution whose
kernel is as large as its input maps.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from workbook.interactive.document import encode

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

    A step's `inputs` are the numbers of earlier steps; step 0 is the input. ValueError for a model that is not built,
    has several inputs or outputs, an input without a fixed size, more than `MAX_WEIGHTS` weights, or a layer that the
    page cannot compute.
    """
    _check_model(model)
    graph = _Graph(_shape(model.inputs[0], "the input"))
    last = graph.add_model(model, [0])
    steps = _needed(graph.steps, last)
    return {"steps": steps, "weights": _pack(steps)}


def _check_model(model: "keras.Model") -> None:
    """Raise ValueError for a model that is not built, is too large, or has several inputs or outputs."""
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
    """The steps so far. A method that adds steps returns the number of the last one."""

    def __init__(self, input_shape: list[int]) -> None:
        self.steps: list[Step] = [
            {"layer": "input", "kind": "input", "label": "Input", "inputs": [], "shape": input_shape}
        ]

    def add_model(self, model: "keras.Model", inputs: Sequence[int]) -> int:
        """Add the steps of a model and of the models inside it; `inputs` are the steps that it reads."""
        import keras

        step_of = {id(tensor): number for tensor, number in zip(model.inputs, inputs, strict=True)}

        def add_maker(tensor: Any) -> int:
            if id(tensor) not in step_of:
                operation, node_index, _ = tensor._keras_history
                sources = [add_maker(source) for source in operation._inbound_nodes[node_index].input_tensors]
                if isinstance(operation, keras.Model):
                    step_of[id(tensor)] = self.add_model(operation, sources)
                else:
                    step_of[id(tensor)] = self.add_layer(operation, sources, tensor)
            return step_of[id(tensor)]

        return add_maker(model.outputs[0])

    def add_layer(self, layer: Any, inputs: Sequence[int], output: Any) -> int:
        """Add the steps of a layer, or of an operation of `keras.ops`, with this output tensor."""
        kind = type(layer).__name__
        if kind in TRAINING_ONLY:
            return inputs[0]
        if kind not in READERS:
            raise ValueError(
                f"model must consist of layers that the page can compute: {', '.join(sorted(READERS))}, and layers "
                f"that act in training only. Received: layer {layer.name!r}, a {kind}"
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
    """Return a variable's values as float64."""
    import keras

    return np.asarray(keras.ops.convert_to_numpy(variable), np.float64)


def _times(size: Sequence[int]) -> str:
    """Return a size in words: "5×5"."""
    return "×".join(str(side) for side in size)


def _zeros_before(length: int, size: int, stride: int, dilation: int, padding: str) -> int:
    """Return the number of zeros before the first value along an axis: with "same" padding, the smaller half."""
    if padding == "valid":
        return 0
    needed = (-(-length // stride) - 1) * stride + (size - 1) * dilation + 1
    return max(needed - length, 0) // 2


def _windows(layer: Any, size: Sequence[int], source: Step) -> Step:
    """Return the window's size, strides, dilation and first corner, which convolution and pooling have alike."""
    strides, dilation = tuple(layer.strides), tuple(getattr(layer, "dilation_rate", (1, 1)))
    corner = [
        _zeros_before(source["shape"][axis], size[axis], strides[axis], dilation[axis], layer.padding)
        for axis in (0, 1)
    ]
    return {"size": list(size), "strides": list(strides), "dilation": list(dilation), "corner": corner}


def _describe_window(layer: Any, size: Sequence[int]) -> str:
    """Return a window in words: "5×5, strides 2, same"."""
    words = [_times(size)]
    for name, steps in (("strides", layer.strides), ("dilation", getattr(layer, "dilation_rate", (1, 1)))):
        if max(steps) > 1:
            words.append(f"{name} {steps[0] if len(set(steps)) == 1 else _times(steps)}")
    return ", ".join([*words, layer.padding])


def _single_window(size: Sequence[int], corner: Sequence[int] = (0, 0)) -> Step:
    """Return what `_windows` does for a window of a given size with strides and dilation 1."""
    return {"size": list(size), "strides": [1, 1], "dilation": [1, 1], "corner": list(corner)}


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
    label = f"Conv2D, {layer.filters} filters {_describe_window(layer, layer.kernel_size)}{groups}"
    step = {"kind": "conv", "label": label, "shape": shape, "groups": layer.groups,
            **_windows(layer, layer.kernel_size, sources[0]), "kernel": _numbers(layer.kernel)}  # fmt: skip
    return [_with_bias(step, layer), *_activated(layer, shape)]


def _with_bias(step: Step, layer: Any) -> Step:
    return {**step, "bias": _numbers(layer.bias)} if layer.use_bias else step


def _depthwise(layer: Any, source: Step, kernel: Any, shape: list[int], name: str) -> Step:
    """Return the step of a depthwise kernel, whose filters read one map each."""
    depth = source["shape"][2]
    label = f"{name}, {_describe_window(layer, layer.kernel_size)}: a filter for each map"
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
    second = {"kind": "conv", "part": "pointwise", "label": label, "shape": shape, "groups": 1,
              **_single_window((1, 1)), "kernel": _numbers(layer.pointwise_kernel)}  # fmt: skip
    return [{**first, "part": "depthwise"}, _with_bias(second, layer), *_activated(layer, shape)]


def _dense(layer: Any, sources: Sequence[Step], shape: list[int]) -> list[Step]:
    """Return a convolution with a 1×1 kernel or, after Flatten, a kernel as large as the flattened maps."""
    source = sources[0]
    is_flattened = source["kind"] == "reshape"
    height, width, channels = source["from"] if is_flattened else [1, 1, source["shape"][2]]
    kernel = _numbers(layer.kernel).reshape(height, width, channels, layer.units)
    kernels = f", each with a kernel {_times((height, width, channels))}" if height * width > 1 else ""
    step = {"kind": "conv", "label": f"Dense, {layer.units} units{kernels}", "shape": shape, "groups": 1,
            **_single_window((height, width)), "kernel": kernel}  # fmt: skip
    if is_flattened:
        step["inputs"] = source["inputs"]
    return [_with_bias(step, layer), *_activated(layer, shape)]


def _affine(label: str, shape: list[int], factor: Any, shift: Any) -> list[Step]:
    """Return the step that multiplies each map by a factor and adds a shift."""
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
    """Raise ValueError unless a layer works along the axis of the maps."""
    if axis not in (-1, len(layer._inbound_nodes[0].output_tensors[0].shape) - 1):
        raise ValueError(
            f"axis must be the last one, that of the maps. Received: axis={axis} in layer {layer.name!r}"
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
    step = {"kind": "pool", "label": f"{kind}, {_describe_window(layer, layer.pool_size)}", "shape": shape}
    return [{**step, "reduce": _reduction(kind), **_windows(layer, layer.pool_size, sources[0])}]


def _reduction(kind: str) -> str:
    return "max" if "Max" in kind else "mean"


def _global_pool(layer: Any, sources: Sequence[Step], shape: list[int]) -> list[Step]:
    height, width, channels = sources[0]["shape"]
    kind = type(layer).__name__
    label = f"{kind}: one number for each map"
    return [
        {"kind": "pool", "label": label, "shape": [1, 1, channels], "reduce": _reduction(kind),
         **_single_window((height, width))}
    ]  # fmt: skip


def _zero_padding(layer: Any, sources: Sequence[Step], shape: list[int]) -> list[Step]:
    """Return a mean pooling with a 1×1 window: where the window covers no value, in the frame, the result is 0."""
    corner = [layer.padding[0][0], layer.padding[1][0]]
    return [
        {"kind": "pool", "label": "ZeroPadding2D", "shape": shape, "reduce": "mean",
         **_single_window((1, 1), corner)}
    ]  # fmt: skip


def _reshape(layer: Any, sources: Sequence[Step], shape: list[int]) -> list[Step]:
    return [{"kind": "reshape", "label": type(layer).__name__, "shape": shape, "from": sources[0]["shape"]}]


def _add(layer: Any, sources: Sequence[Step], shape: list[int]) -> list[Step]:
    shapes = [source["shape"] for source in sources]
    if len(shapes) < 2 or any(shape != shapes[0] for shape in shapes):
        raise ValueError(
            f"The inputs of an addition must have one shape. Received: {shapes} in layer {layer.name!r}"
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
    """Return the step of an activation function that is called as an operation, such as `keras.ops.relu`."""
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
    """Return the steps that step `last` depends on, renumbered in order."""
    wanted = {0, last}
    for number in range(last, 0, -1):
        wanted |= set(steps[number]["inputs"]) if number in wanted else set()
    order = sorted(wanted)
    numbers = {old: new for new, old in enumerate(order)}
    return [{**steps[old], "inputs": [numbers[source] for source in steps[old]["inputs"]]} for old in order]


def _pack(steps: Sequence[Step]) -> str:
    """Replace each array of the steps by [start, length] in the weights; return all weights as base64 of float32."""
    parts: list[np.ndarray] = []
    start = 0
    for step in steps:
        for key, value in step.items():
            if isinstance(value, np.ndarray):
                parts.append(value.astype(np.float32).reshape(-1))
                step[key] = [start, value.size]
                start += value.size
    packed: str = encode(np.concatenate([np.zeros(0, np.float32), *parts]))["base64"]
    return packed
