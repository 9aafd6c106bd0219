"""What each kind of Keras layer costs and sees: the rules that the accountant follows.

A MAC is one multiplication with its addition in a kernel. Products with padding count, as everywhere in the
literature; biases, activations, normalisation, pooling and element-wise arithmetic count as none. A transposed
convolution is counted as it is done: every input value times every weight that it meets.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from workbook.accountant.fields import Axis, Fields, interpolate, slide, spread, union, whole
from workbook.arithmetic import same_padding

Shape = tuple[int, ...]


class Tensor(NamedTuple):
    """A value that flows between layers: its shape without the batch, its field, and the row that made it."""

    shape: Shape
    dtype: str
    fields: Fields
    source: int


class Rule(NamedTuple):
    """How to count a layer's MACs for (layer, inputs, output shape), and how to find its field.

    `field` also gets the input's sizes, to clip what sees everything.
    """

    macs: Callable[[Any, list[Tensor], Shape], int]
    field: Callable[[Any, list[Tensor], Shape, Shape], Fields]


def spatial(shape: Shape, layer: Any = None) -> Shape:
    """Return the sizes without the channels: of (H, W, C) the first two; a vector has one axis, itself."""
    import keras

    if len(shape) < 2:
        return shape
    order = getattr(layer, "data_format", None) or keras.config.image_data_format()
    return shape[1:] if order == "channels_first" else shape[:-1]


def _places(layer: Any, shape: Shape) -> int:
    return math.prod(spatial(shape, layer)) if len(shape) > 1 else 1


# MACs -------------------------------------------------------------------------------------------------------


def _no_macs(layer: Any, inputs: list[Tensor], output: Shape) -> int:
    return 0


def _conv_macs(layer: Any, inputs: list[Tensor], output: Shape) -> int:
    """Every weight is used once for every output position; a group's kernel holds its own channels only."""
    return math.prod(layer.kernel.shape) * _places(layer, output)


def _separable_macs(layer: Any, inputs: list[Tensor], output: Shape) -> int:
    """Both halves work at the output's positions: the strides belong to the depthwise half."""
    weights = math.prod(layer.depthwise_kernel.shape) + math.prod(layer.pointwise_kernel.shape)
    return weights * _places(layer, output)


def _transposed_macs(layer: Any, inputs: list[Tensor], output: Shape) -> int:
    return math.prod(layer.kernel.shape) * _places(layer, inputs[0].shape)


def _dense_macs(layer: Any, inputs: list[Tensor], output: Shape) -> int:
    """A dense layer on maps works at every position, as a 1×1 convolution."""
    return math.prod(inputs[0].shape) * layer.units


def _einsum_macs(layer: Any, inputs: list[Tensor], output: Shape) -> int:
    """Every output value sums over the kernel's axes that the output does not have."""
    terms, result = layer.equation.replace("...", "").split("->")
    letters = terms.split(",")[1]
    summed = [size for letter, size in zip(letters, layer.kernel.shape, strict=True) if letter not in result]
    return math.prod(output) * math.prod(summed)


def _recurrent_macs(layer: Any, inputs: list[Tensor], output: Shape) -> int:
    """The cell's two kernels are used once a time step."""
    weights = math.prod(layer.cell.kernel.shape) + math.prod(layer.cell.recurrent_kernel.shape)
    return weights * inputs[0].shape[0]


# Receptive fields -------------------------------------------------------------------------------------------


def _join(layer: Any, inputs: list[Tensor], output: Shape, size: Shape) -> Fields:
    """Return the union over the inputs that see the image; untracked where positions are not kept."""
    seeing = [tensor for tensor in inputs if tensor.fields != ()]
    if not seeing:
        return ()
    known = [tensor.fields for tensor in seeing if tensor.fields]
    if len(known) < len(seeing):
        return None
    fixed = [all(axis.step == 0 for axis in fields) for fields in known]
    for tensor, stays in zip(seeing, fixed, strict=True):  # what moves must keep its positions
        if not stays and spatial(tensor.shape, layer) != spatial(output, layer):
            return None
    places = spatial(output, layer) if not all(fixed) else (1,) * len(size)
    joined = [
        union(list(axes), *ends) for *axes, ends in zip(*known, zip(places, size, strict=True), strict=True)
    ]
    return None if None in joined else tuple(axis for axis in joined if axis is not None)


def _everything(layer: Any, inputs: list[Tensor], output: Shape, size: Shape) -> Fields:
    """Every output sees what all positions of the first input see together."""
    fields, places = inputs[0].fields, spatial(inputs[0].shape, layer)
    if not fields or all(axis.step == 0 for axis in fields):
        return fields
    if len(places) != len(fields):
        return None
    return tuple(whole(*each) for each in zip(fields, places, size, strict=True))


def _along(layer: Any, inputs: list[Tensor], change: Callable[[Axis, int], Axis | None]) -> Fields:
    """Apply `change(axis, number)` to every spatial axis."""
    fields = inputs[0].fields
    if not fields:
        return fields
    if len(spatial(inputs[0].shape, layer)) != len(fields):
        return fields if all(axis.step == 0 for axis in fields) else None
    axes = [change(axis, number) for number, axis in enumerate(fields)]
    return None if None in axes else tuple(axis for axis in axes if axis is not None)


def _each(value: Any, number: int) -> int:
    return value if isinstance(value, int) else value[number]


def _window_field(layer: Any, inputs: list[Tensor], output: Shape, size: Shape) -> Fields:
    """A convolution or a pooling layer: valid, same (asymmetric, as Keras), or causal padding."""
    kernel = getattr(layer, "kernel_size", None) or layer.pool_size
    places = spatial(inputs[0].shape, layer)

    def change(axis: Axis, number: int) -> Axis:
        dilation = _each(getattr(layer, "dilation_rate", 1), number)
        width, strides = dilation * (_each(kernel, number) - 1) + 1, _each(layer.strides, number)
        before = {"valid": 0, "causal": width - 1}.get(layer.padding)
        before = same_padding(places[number], width, strides)[0] if before is None else before
        return slide(axis, width, strides, before)

    return _along(layer, inputs, change)


def _transposed_field(layer: Any, inputs: list[Tensor], output: Shape, size: Shape) -> Fields:
    """A transposed convolution; untracked where strides exceed the kernel, which leaves blind outputs."""
    places, made = spatial(inputs[0].shape, layer), spatial(output, layer)

    def change(axis: Axis, number: int) -> Axis | None:
        strides = _each(layer.strides, number)
        width = _each(layer.dilation_rate, number) * (_each(layer.kernel_size, number) - 1) + 1
        cut = max((places[number] - 1) * strides + width - made[number], 0) // 2
        before = cut if layer.padding == "same" else 0
        return spread(axis, width, strides, before) if width >= strides else None

    return _along(layer, inputs, change)


def _upsampled_field(layer: Any, inputs: list[Tensor], output: Shape, size: Shape) -> Fields:
    """Nearest or (bi)linear up-sampling."""
    kind = getattr(layer, "interpolation", "nearest")

    def change(axis: Axis, number: int) -> Axis | None:
        factor = _each(layer.size, number)
        if kind == "nearest":
            return spread(axis, factor, factor)
        return interpolate(axis, factor) if kind == "bilinear" else None

    return _along(layer, inputs, change)


def _edges_field(layer: Any, inputs: list[Tensor], output: Shape, size: Shape) -> Fields:
    """Zero padding moves the positions one way, cropping the other."""
    edges, sign = (layer.padding, 1) if hasattr(layer, "padding") else (layer.cropping, -1)
    pairs = edges if isinstance(edges[0], tuple | list) else (edges,)
    return _along(layer, inputs, lambda axis, number: slide(axis, 1, 1, sign * pairs[number][0]))


def _dense_field(layer: Any, inputs: list[Tensor], output: Shape, size: Shape) -> Fields:
    return (_everything if len(inputs[0].shape) == 1 else _join)(layer, inputs, output, size)


def _untracked(layer: Any, inputs: list[Tensor], output: Shape, size: Shape) -> Fields:
    """Positions are mixed: keep only what sees the same everywhere."""
    fields = inputs[0].fields
    return fields if fields is not None and all(axis.step == 0 for axis in fields) else None


def _reduced_field(layer: Any, inputs: list[Tensor], output: Shape, size: Shape) -> Fields:
    """A mean or sum: over all positions it sees them all; over channels alone it changes nothing."""
    before = inputs[0].shape
    if len(before) == len(size) + 1 and output[: len(size)] == before[:-1]:
        return inputs[0].fields
    alone = all(places == 1 for places in output[:-1])
    return (_everything if alone else _untracked)(layer, inputs, output, size)


def _recurrent_field(layer: Any, inputs: list[Tensor], output: Shape, size: Shape) -> Fields:
    """The last state sees the whole sequence; a state on the way only what came before."""
    return (_everything if len(output) == 1 else _untracked)(layer, inputs, output, size)


def _normalised_field(layer: Any, inputs: list[Tensor], output: Shape, size: Shape) -> Fields:
    """Statistics over the last axis alone see one position, over any other axis the whole map."""
    axis = getattr(layer, "axis", None)
    axes = list(axis) if isinstance(axis, tuple | list) else [axis]
    local = "Group" not in type(layer).__name__ and axes in ([-1], [len(output)])
    return (_join if local else _everything)(layer, inputs, output, size)


# The rules --------------------------------------------------------------------------------------------------

POINTWISE = Rule(_no_macs, _join)
WINDOW = Rule(_no_macs, _window_field)
CONVOLUTION = Rule(_conv_macs, _window_field)
GLOBAL = Rule(_no_macs, _everything)
UNTRACKED = Rule(_no_macs, _untracked)
_NORMALISED, _EDGES = Rule(_no_macs, _normalised_field), Rule(_no_macs, _edges_field)

_POINTWISE = """Activation ReLU LeakyReLU PReLU ELU Softmax BatchNormalization Dropout SpatialDropout1D
    SpatialDropout2D SpatialDropout3D GaussianNoise GaussianDropout AlphaDropout ActivityRegularization Rescaling
    Normalization Identity Masking Embedding RandomFlip RandomTranslation RandomRotation RandomZoom RandomContrast
    RandomBrightness Add Subtract Multiply Average Maximum Minimum Concatenate Reshape RepeatVector Resizing
    CenterCrop"""
LAYERS: dict[str, Rule] = dict.fromkeys(_POINTWISE.split(), POINTWISE) | {
    "Dense": Rule(_dense_macs, _dense_field),
    "EinsumDense": Rule(_einsum_macs, _untracked),
    "Permute": UNTRACKED,
    "Flatten": GLOBAL,
    **dict.fromkeys(("LayerNormalization", "RMSNormalization", "UnitNormalization"), _NORMALISED),
    "GroupNormalization": _NORMALISED,
    **{name: Rule(_recurrent_macs, _recurrent_field) for name in ("SimpleRNN", "LSTM", "GRU")},
}
for _rank in ("1D", "2D", "3D"):
    LAYERS |= {
        f"Conv{_rank}": CONVOLUTION,
        f"DepthwiseConv{_rank}": CONVOLUTION,
        f"SeparableConv{_rank}": Rule(_separable_macs, _window_field),
        f"Conv{_rank}Transpose": Rule(_transposed_macs, _transposed_field),
        f"UpSampling{_rank}": Rule(_no_macs, _upsampled_field),
        f"MaxPooling{_rank}": WINDOW,
        f"AveragePooling{_rank}": WINDOW,
        f"GlobalMaxPooling{_rank}": GLOBAL,
        f"GlobalAveragePooling{_rank}": GLOBAL,
        f"ZeroPadding{_rank}": _EDGES,
        f"Cropping{_rank}": _EDGES,
    }

# Plain operations, such as `keras.ops.relu(x)` or `x + y`
_OPERATIONS = """Relu Relu6 LeakyRelu Elu Selu Gelu Silu Sigmoid HardSigmoid HardSilu LogSigmoid Softplus Softsign
    Tanh Softmax LogSoftmax Exp Log Sqrt Rsqrt Square Power Absolute Abs Negative Sign Cast Clip Add Subtract
    Multiply Divide TrueDivide Maximum Minimum Concatenate Reshape Squeeze ExpandDims GetItem Split
    Stack Pad"""
OPERATIONS: dict[str, Rule] = dict.fromkeys(_OPERATIONS.split(), POINTWISE) | {
    "Transpose": UNTRACKED,
    **{
        name: Rule(_no_macs, _reduced_field)
        for name in ("Mean", "Max", "Min", "Sum", "Amax", "Amin", "Var", "Std")
    },
}


def rule_for(layer: Any, known: Mapping[str, str | Rule]) -> Rule | None:
    """Return the rule of a layer or an operation; None if there is none.

    `known` comes first and maps a class's name to a rule, or to the Keras layer that it is counted as. A class
    of one's own may say the same with an attribute: `counted_as = "Activation"`.
    """
    import keras

    name = type(layer).__name__
    chosen = known.get(name, getattr(layer, "counted_as", None))
    if isinstance(chosen, Rule):
        return chosen
    if chosen is not None:
        if chosen not in LAYERS:
            raise ValueError(f"{name} must be counted as one of Keras's layers. Received: {chosen!r}")
        return LAYERS[chosen]
    if not type(layer).__module__.startswith("keras."):
        return None
    return (LAYERS if isinstance(layer, keras.Layer) else OPERATIONS).get(name)
