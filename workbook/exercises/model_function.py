"""Compute a model's function: two models are compared by their outputs, under corresponding weights.

A model is rebuilt from its configuration and gets random weights that depend on each layer's *signature* alone: its
kind of computation, its weights' shapes, and the signatures of the nearest layers with weights before it. Two models
that compute the same, however they are written, have the same signatures, so the same weights, so the same outputs.
Layers with the same signature get the same weights: exchanging them would change nothing.
"""

import hashlib
import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from workbook.exercises.model_graph import TRAINING_ONLY, Graph, Key, RefusedError

SCALES = (0.3, 1.0, 3.0, 30.0)  # of the four examples: a bound such as ReLU6's shows at large values only
TOLERANCE = 1e-4  # relative to an example's largest output: float32 sums depend on the order of the terms
MOST_VALUES = 20_000_000  # weights and feature maps together
MOST_WORK = 1_000_000_000  # multiplications or comparisons for one example: a second or two
PRODUCTS = (
    "Attention",
    "AdditiveAttention",
    "Dot",
    "Matmul",
    "MultiHeadAttention",
)  # layers that multiply two inputs
# Of a window, stride or padding: a larger one may need memory that no output's size shows.
LARGEST_SETTING = 1024
LINEAR = ("Conv1D", "Conv2D", "Conv3D", "Dense")  # a 1×1 convolution is a dense layer at every place
SIZES = ("pool_size", "strides", "dilation_rate", "padding", "size", "cropping", "kernel_size", "pad_width")
HALF = " (depthwise)"  # after the path of a separable convolution: the key of its depthwise half
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Function:
    """What a model computes: outputs for the drawn inputs, and what they do not show.

    `layers` are the signatures of the layers with weights, sorted. `hidden` are settings that only training shows:
    regularisers and frozen layers.
    """

    outputs: tuple[np.ndarray, ...]
    layers: tuple[str, ...]
    hidden: tuple[str, ...]


def evaluate(class_name: str, clean: dict[str, Any], graph: Graph, values: int) -> Function:
    """Rebuild a model from its reduced configuration and return what it computes.

    `values` is the model's `count_values`. Raises `RefusedError` for a model that would take too much memory.
    """
    if values > MOST_VALUES:
        raise RefusedError("has too many weights or too large feature maps to check")
    _check_sizes(graph)
    # Keras keeps its global state per thread. What this model leaves in it is discarded with the thread.
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(_evaluate, class_name, clean, graph).result()


def same_outputs(observed: Function, expected: Function) -> bool:
    """Return whether two models compute the same, example by example."""
    return observed.layers == expected.layers and all(
        output.shape == expected_output.shape and _close(output, expected_output)
        for output, expected_output in zip(observed.outputs, expected.outputs, strict=True)
    )


def _close(observed: np.ndarray, expected: np.ndarray) -> bool:
    """Return whether two outputs (examples, ...) agree, each example relative to its largest value."""
    examples = len(expected)
    largest = np.abs(expected.reshape(examples, -1)).max(axis=1)
    error = np.abs(observed - expected).reshape(examples, -1).max(axis=1)
    return bool(np.all(error <= TOLERANCE * largest))


def _check_sizes(graph: Graph) -> None:
    """Raise `RefusedError` if a window, stride or padding is too large."""
    for step in graph.steps.values():
        for name in SIZES:
            if any(abs(number) > LARGEST_SETTING for number in _numbers(step.settings.get(name))):
                raise RefusedError(
                    f"has {step.kind} with {name}={step.settings[name]}, which is too large to check"
                )


def _numbers(value: Any) -> list[int]:
    """Return the integers in a setting, which may be a nested tuple."""
    if isinstance(value, tuple):
        return [number for item in value for number in _numbers(item)]
    return [value] if isinstance(value, int) else []


def _evaluate(class_name: str, clean: dict[str, Any], graph: Graph) -> Function:
    import keras

    build = (keras.Sequential if class_name == "Sequential" else keras.Model).from_config
    with keras.utils.custom_object_scope({"_Mark": _mark_class()}):
        model = build(_marked(clean))
    layers = dict(_layers(model))
    _check_work(layers)
    signatures = _signatures(graph, layers)
    for path, layer in layers.items():
        if layer.weights:
            _set_weights(layer, signatures[path], signatures.get(path + HALF, ""))
    tensors = keras.tree.flatten(model(_inputs(model, graph), training=False))
    outputs = tuple(np.asarray(keras.ops.convert_to_numpy(tensor), np.float64) for tensor in tensors)
    return Function(outputs, tuple(sorted(signatures.values())), tuple(sorted(_hidden(graph, signatures))))


def _check_work(layers: dict[str, Any]) -> None:
    """Raise `RefusedError` if computing the outputs would take too long."""
    work = 0
    for layer in layers.values():
        for node in layer._inbound_nodes:
            values = sum(math.prod(size or 1 for size in tensor.shape) for tensor in node.output_tensors)
            work += values * _work_per_value(layer, node)
    if work > MOST_WORK:
        raise RefusedError("takes too long to compute here")


def _work_per_value(layer: Any, node: Any) -> int:
    """Return how many numbers a layer reads for each value that it computes."""
    pool_size, kernel = getattr(layer, "pool_size", None), getattr(layer, "kernel", None)
    if pool_size is not None:
        axes = max(1, len(node.output_tensors[0].shape) - 2)
        return math.prod(pool_size) if isinstance(pool_size, (tuple, list)) else pool_size**axes
    if kernel is not None:
        return max(1, math.prod(kernel.shape) // max(1, kernel.shape[-1]))
    if type(layer).__name__ in PRODUCTS:
        return max(size or 1 for tensor in node.input_tensors for size in tensor.shape)
    return 1


def _layers(model: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the path and the layer of each layer of a model and of its nested models."""
    for layer in model.layers:
        if hasattr(layer, "layers") and hasattr(layer, "inputs"):
            yield from _layers(layer, f"{prefix}{layer.name}/")
        else:
            yield prefix + layer.name, layer


def count_values(model: Any) -> int:
    """Return the number of a model's weights plus the number of values in its layers' outputs for one example."""
    tensors = [
        tensor
        for _, layer in _layers(model)
        for node in layer._inbound_nodes
        for tensor in node.output_tensors
    ]
    return model.count_params() + sum(math.prod(size or 1 for size in tensor.shape) for tensor in tensors)


# What only training shows -----------------------------------------------------------------------------------


@cache
def _mark_class() -> Any:
    """Return the class of the layer that replaces a layer without effect at inference, such as a dropout.

    It multiplies by fixed positive numbers. So the outputs show its place, except where the place does not matter:
    before or after a ReLU or a Flatten.
    """
    import keras

    class Mark(keras.layers.Layer):
        def __init__(self, kind: str, settings: str, **options: Any) -> None:
            super().__init__(**options)
            self.kind = kind
            self.numbers = _random("mark", kind, settings).uniform(0.8, 1.25, 251).astype(np.float32)

        def compute_output_shape(self, input_shape: Any) -> Any:
            return input_shape

        def call(self, inputs: Any) -> Any:
            shape = tuple(inputs.shape[-1:] if self.kind.startswith("Spatial") else inputs.shape[1:])
            indices = np.arange(math.prod(shape)) % len(self.numbers)
            return inputs * self.numbers[indices].reshape(shape)

    return Mark


def _marked(clean: dict[str, Any]) -> dict[str, Any]:
    """Return a model's configuration with marks in place of the layers that only training uses."""
    return {**clean, "layers": [_marked_layer(layer) for layer in clean["layers"]]}


def _marked_layer(layer: dict[str, Any]) -> dict[str, Any]:
    config = layer["config"]
    if "layers" in config:
        return {**layer, "config": _marked(config)}
    if layer["class_name"] not in TRAINING_ONLY or config.get("rate") == 0:
        return layer
    ignored = ("name", "dtype", "seed", "data_format", "trainable")
    settings = repr(sorted((name, value) for name, value in config.items() if name not in ignored))
    mark = {"name": config["name"], "kind": layer["class_name"], "settings": settings}
    return {**layer, "module": None, "class_name": "_Mark", "registered_name": "_Mark", "config": mark}


def _hidden(graph: Graph, signatures: dict[str, str]) -> Iterator[str]:
    """Yield the settings that neither outputs nor marks show, each with the layer that has it."""
    for (path, call), step in graph.steps.items():
        layer = signatures.get(path, step.kind)
        if call:
            continue
        for name, value in step.settings.items():
            if value is not None and name.endswith("_regularizer"):
                yield f"{layer} {step.kind} {name}={value}"
        if step.settings.get("trainable") is False:
            yield f"{layer} trainable=False"


# Corresponding weights --------------------------------------------------------------------------------------


def _signatures(graph: Graph, layers: dict[str, Any]) -> dict[str, str]:
    """Return path → signature for each layer with weights.

    A depthwise half of a separable convolution has an entry of its own, under the path plus `HALF`. A layer that is
    called several times, in different places, has the digest of all its signatures.
    """
    of_calls: dict[Key, tuple[str, str]] = {}
    # For each call, the signatures of the nearest layers with weights up to it, or else its inputs.
    nearest_above: dict[Key, frozenset[str]] = {}
    for number, key in enumerate(graph.inputs):
        nearest_above[key] = frozenset((f"input {number}",))
    for key in graph.order(list(graph.steps)):
        if key in nearest_above:
            continue
        path = key[0]
        nearest = frozenset().union(*(nearest_above[read] for read in graph.steps[key].reads))
        layer = layers.get(path)
        if layer is not None and layer.weights:
            of_calls[key] = _signature(layer, nearest)
            nearest = frozenset((of_calls[key][0],))
        nearest_above[key] = nearest
    of_paths: dict[str, set[str]] = {}
    for (path, _), (signature, half) in of_calls.items():
        of_paths.setdefault(path, set()).add(signature)
        if half:
            of_paths.setdefault(path + HALF, set()).add(half)
    return {
        path: signatures.pop() if len(signatures) == 1 else _digest(*sorted(signatures))
        for path, signatures in of_paths.items()
    }


def _signature(layer: Any, nearest: frozenset[str]) -> tuple[str, str]:
    """Return a layer's signature, and that of its depthwise half if it is a separable convolution, else "".

    A separable convolution counts as a depthwise convolution and a 1×1 convolution after it.
    """
    kind, shapes = type(layer).__name__, {weight.name: tuple(weight.shape) for weight in layer.weights}
    before = sorted(nearest)
    if kind.startswith("SeparableConv"):
        half = _digest("Depthwise", [("kernel", _squeezed(shapes.pop("depthwise_kernel")))], before)
        shapes = {name.replace("pointwise_", ""): shape for name, shape in shapes.items()}
        return _named("Linear", shapes, [half]), half
    if kind.startswith("DepthwiseConv"):
        return _named("Depthwise", shapes, before), ""
    if kind in LINEAR:
        return _named("Linear", shapes, before), ""
    if len(shapes) == len(layer.weights):
        return _digest(kind, sorted(shapes.items()), before), ""
    return _digest(kind, [tuple(weight.shape) for weight in layer.weights], before), ""


def _named(kind: str, shapes: dict[str, Shape], before: list[str]) -> str:
    """Return the signature of a layer that has a kernel."""
    return _digest(kind, sorted((shapes | {"kernel": _squeezed(shapes["kernel"])}).items()), before)


def _squeezed(shape: Shape) -> Shape:
    """Return a kernel's shape without windows of size 1, so that a dense layer equals a 1×1 convolution."""
    return (*[size for size in shape[:-2] if size > 1], *shape[-2:])


def _digest(*parts: Any) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def _random(*parts: Any) -> np.random.Generator:
    return np.random.default_rng(int(_digest(*parts), 16))


def _set_weights(layer: Any, signature: str, half: str) -> None:
    is_depthwise = type(layer).__name__.startswith("DepthwiseConv")
    for number, weight in enumerate(layer.weights):
        shape, name = tuple(weight.shape), weight.name
        if half and name == "depthwise_kernel":
            weight.assign(_kernel(_random(half, "kernel"), shape, depthwise=True))
        elif name in ("kernel", "pointwise_kernel"):
            weight.assign(_kernel(_random(signature, "kernel"), shape, depthwise=is_depthwise))
        elif name in SHAPED:
            weight.assign(SHAPED[name](_random(signature, name), shape))
        else:
            weight.assign(_kernel(_random(signature, number), shape))


def _kernel(random: np.random.Generator, shape: Shape, *, depthwise: bool = False) -> np.ndarray:
    fan_in = math.prod(shape[:-2] if depthwise else shape[:-1])
    return random.normal(scale=math.sqrt(2 / max(fan_in, 1)), size=shape)


def _shift(random: np.random.Generator, shape: Shape) -> np.ndarray:
    return random.normal(scale=0.5, size=shape)


def _positive(random: np.random.Generator, shape: Shape) -> np.ndarray:
    return random.uniform(0.4, 1.6, size=shape)


SHAPED = {
    "bias": _shift, "beta": _shift, "moving_mean": _shift, "gamma": _positive, "moving_variance": _positive,
}  # fmt: skip


def _inputs(model: Any, graph: Graph) -> list[Any]:
    """Return four random examples for each input: normally distributed, or integers where an embedding reads them."""
    import keras

    drawn = []
    for number, (key, tensor) in enumerate(zip(graph.inputs or [("", 0)], model.inputs, strict=True)):
        shape = tuple(size or 8 for size in tensor.shape[1:])
        random = _random("input", number, shape)
        tables = [
            step.settings["input_dim"]
            for step in graph.steps.values()
            if step.kind == "Embedding" and key in step.reads
        ]
        values: np.ndarray
        if tables:
            values = random.integers(0, min(tables), (len(SCALES), *shape))
        else:
            scales = np.reshape(SCALES, (-1, *[1] * len(shape)))
            values = scales * random.normal(size=(len(SCALES), *shape))
        drawn.append(keras.ops.convert_to_tensor(values.astype(tensor.dtype)))
    return drawn if len(drawn) > 1 else drawn[0]
