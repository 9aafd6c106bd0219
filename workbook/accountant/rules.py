"""The cost and the receptive field of each kind of Keras layer: the rules of the accountant.

A MAC is one multiplication with its addition in a kernel. Products with padding count, as is usual in the
literature; biases, activations, normalisation, pooling and element-wise arithmetic do not count. A transposed
convolution has one MAC for every input value and every weight that it is multiplied with.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from workbook.accountant.fields import Axis, Fields, interpolate, slide, spread, union, whole
from workbook.arithmetic import same_padding

Shape = tuple[int, ...]


class Tensor(NamedTuple):
    """A value between layers: its shape without the batch, its field, and the number of the row that made it."""

    shape: Shape
    dtype: str
    fields: Fields
    source: int


class Rule(NamedTuple):
    """How to count a layer's MACs from (layer, inputs, output shape), and how to compute its field.

    `field` also gets the sizes of the model's input, to clip the field of a layer that sees all of it.
    """

    macs: Callable[[Any, list[Tensor], Shape], int]
    field: Callable[[Any, list[Tensor], Shape, Shape], Fields]


def spatial(shape: Shape, layer: Any = None) -> Shape:
    """Return the spatial sizes, without the channels; a shape with one axis is returned unchanged."""
    import keras

    if len(shape) < 2:
        return shape
    order = getattr(layer, "data_format", None) or keras.config.image_data_format()
    return shape[1:] if order == "channels_first" else shape[:-1]


def _positions(layer: Any, shape: Shape) -> int:
    return math.prod(spatial(shape, layer)) if len(shape) > 1 else 1


# MACs -------------------------------------------------------------------------------------------------------


def _no_macs(layer: Any, inputs: list[Tensor], output: Shape) -> int:
    return 0


def _conv_macs(layer: Any, inputs: list[Tensor], output: Shape) -> int:
    """Return one MAC per weight and output position; a group's kernel has only the group's channels."""
    return math.prod(layer.kernel.shape) * _positions(layer, output)


def _separable_macs(layer: Any, inputs: list[Tensor], output: Shape) -> int:
    """Return one MAC per weight of both halves and output position: the strides belong to the depthwise half."""
    weights = math.prod(layer.depthwise_kernel.shape) + math.prod(layer.pointwise_kernel.shape)
    return weights * _positions(layer, output)


def _transposed_macs(layer: Any, inputs: list[Tensor], output: Shape) -> int:
    return math.prod(layer.kernel.shape) * _positions(layer, inputs[0].shape)


def _dense_macs(layer: Any, inputs: list[Tensor], output: Shape) -> int:
    """Return the MACs of a dense layer, which works at every position of maps, as a 1×1 convolution."""
    return math.prod(inputs[0].shape) * layer.units


def _einsum_macs(layer: Any, inputs: list[Tensor], output: Shape) -> int:
    """Return the MACs: every output value is a sum over the kernel's axes that the output does not have."""
    terms, result = layer.equation.replace("...", "").split("->")
    letters = terms.split(",")[1]
    summed = [size for letter, size in zip(letters, layer.kernel.shape, strict=True) if letter not in result]
    return math.prod(output) * math.prod(summed)


def _recurrent_macs(layer: Any, inputs: list[Tensor], output: Shape) -> int:
    """Return the MACs: the cell's two kernels are used once per time step."""
    weights = math.prod(layer.cell.kernel.shape) + math.prod(layer.cell.recurrent_kernel.shape)
    return weights * inputs[0].shape[0]


# Receptive fields -------------------------------------------------------------------------------------------


def _join(layer: Any, inputs: list[Tensor], output: Shape, size: Shape) -> Fields:
    """Return the union over the inputs that see the image; None where positions are not kept."""
    seeing = [tensor for tensor in inputs if tensor.fields != ()]
    if not seeing:
        return ()
    tracked = [tensor.fields for tensor in seeing if tensor.fields]
    if len(tracked) < len(seeing):
        return None
    fixed = [all(axis.step == 0 for axis in fields) for fields in tracked]
    for tensor, is_fixed in zip(seeing, fixed, strict=True):  # a field that moves must keep its positions
        if not is_fixed and spatial(tensor.shape, layer) != spatial(output, layer):
            return None
    places = spatial(output, layer) if not all(fixed) else (1,) * len(size)
    branches = zip(*tracked, strict=True)  # for each spatial axis, the branches' fields along it
    return _fields(
        union(list(axes), count, pixels) for axes, count, pixels in zip(branches, places, size, strict=True)
    )


def _fields(axes: Iterable[Axis | None]) -> Fields:
    """Return the axes as a tuple; None if one of them is not tracked."""
    tracked = tuple(axes)
    return None if None in tracked else tuple(axis for axis in tracked if axis is not None)


def _everything(layer: Any, inputs: list[Tensor], output: Shape, size: Shape) -> Fields:
    """Return what all positions of the first input see together, which every output sees."""
    fields, places = inputs[0].fields, spatial(inputs[0].shape, layer)
    if not fields or all(axis.step == 0 for axis in fields):
        return fields
    if len(places) != len(fields):
        return None
    return tuple(whole(axis, count, pixels) for axis, count, pixels in zip(fields, places, size, strict=True))


def _along(layer: Any, inputs: list[Tensor], change: Callable[[Axis, int], Axis | None]) -> Fields:
    """Return the fields after `change(axis, number)` of every spatial axis."""
    fields = inputs[0].fields
    if not fields:
        return fields
    if len(spatial(inputs[0].shape, layer)) != len(fields):
        return fields if all(axis.step == 0 for axis in fields) else None
    return _fields(change(axis, number) for number, axis in enumerate(fields))


def _each(value: Any, number: int) -> int:
    return value if isinstance(value, int) else value[number]


def _window_field(layer: Any, inputs: list[Tensor], output: Shape, size: Shape) -> Fields:
    """Return the field of a convolution or a pooling layer; padding is valid, same (as in Keras) or causal."""
    kernel = getattr(layer, "kernel_size", None) or layer.pool_size
    places = spatial(inputs[0].shape, layer)

    def change(axis: Axis, number: int) -> Axis:
        dilation = _each(getattr(layer, "dilation_rate", 1), number)
        width, strides = dilation * (_each(kernel, number) - 1) + 1, _each(layer.strides, number)
        if layer.padding == "same":
            return slide(axis, width, strides, same_padding(places[number], width, strides)[0])
        return slide(axis, width, strides, width - 1 if layer.padding == "causal" else 0)

    return _along(layer, inputs, change)


def _transposed_field(layer: Any, inputs: list[Tensor], output: Shape, size: Shape) -> Fields:
    """Return the field of a transposed convolution; None if strides exceed the kernel: some outputs see nothing."""
    places, made = spatial(inputs[0].shape, layer), spatial(output, layer)

    def change(axis: Axis, number: int) -> Axis | None:
        strides = _each(layer.strides, number)
        width = _each(layer.dilation_rate, number) * (_each(layer.kernel_size, number) - 1) + 1
        cut = max((places[number] - 1) * strides + width - made[number], 0) // 2
        before = cut if layer.padding == "same" else 0
        return spread(axis, width, strides, before) if width >= strides else None

    return _along(layer, inputs, change)


def _upsampled_field(layer: Any, inputs: list[Tensor], output: Shape, size: Shape) -> Fields:
    """Return the field of nearest or bilinear up-sampling; None for other kinds."""
    kind = getattr(layer, "interpolation", "nearest")

    def change(axis: Axis, number: int) -> Axis | None:
        factor = _each(layer.size, number)
        if kind == "nearest":
            return spread(axis, factor, factor)
        return interpolate(axis, factor) if kind == "bilinear" else None

    return _along(layer, inputs, change)


def _edges_field(layer: Any, inputs: list[Tensor], output: Shape, size: Shape) -> Fields:
    """Return the field of zero padding or cropping, which move the positions in opposite directions."""
    edges, sign = (layer.padding, 1) if hasattr(layer, "padding") else (layer.cropping, -1)
    pairs = edges if isinstance(edges[0], tuple | list) else (edges,)
    return _along(layer, inputs, lambda axis, number: slide(axis, 1, 1, sign * pairs[number][0]))


def _dense_field(layer: Any, inputs: list[Tensor], output: Shape, size: Shape) -> Fields:
    rule = _everything if len(inputs[0].shape) == 1 else _join
    return rule(layer, inputs, output, size)


def _untracked(layer: Any, inputs: list[Tensor], output: Shape, size: Shape) -> Fields:
    """Return the field of a layer that mixes positions: None, unless all of them see the same."""
    fields = inputs[0].fields
    return fields if fields is not None and all(axis.step == 0 for axis in fields) else None


def _reduced_field(layer: Any, inputs: list[Tensor], output: Shape, size: Shape) -> Fields:
    """Return the field of a mean or sum: all positions, or the same as before if only channels are reduced."""
    before = inputs[0].shape
    if len(before) == len(size) + 1 and output[: len(size)] == before[:-1]:
        return inputs[0].fields
    rule = _everything if all(places == 1 for places in output[:-1]) else _untracked
    return rule(layer, inputs, output, size)


def _recurrent_field(layer: Any, inputs: list[Tensor], output: Shape, size: Shape) -> Fields:
    """Return the field of a recurrent layer: the last state sees the whole sequence; earlier ones are not tracked."""
    rule = _everything if len(output) == 1 else _untracked
    return rule(layer, inputs, output, size)


def _normalised_field(layer: Any, inputs: list[Tensor], output: Shape, size: Shape) -> Fields:
    """Return the field of a normalisation: one position if it goes over the last axis alone, else the whole map."""
    axis = getattr(layer, "axis", None)
    axes = list(axis) if isinstance(axis, tuple | list) else [axis]
    is_local = "Group" not in type(layer).__name__ and axes in ([-1], [len(output)])
    rule = _join if is_local else _everything
    return rule(layer, inputs, output, size)


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
    **dict.fromkeys(
        ("LayerNormalization", "RMSNormalization", "UnitNormalization", "GroupNormalization"), _NORMALISED
    ),
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


def rule_for(layer: Any, counted_as: Mapping[str, str | Rule]) -> Rule | None:
    """Return the rule of a layer or an operation; None if there is none.

    `counted_as` has priority and maps a class's name to a rule, or to the Keras layer that it is counted as. A class
    of your own can say the same with an attribute: `counted_as = "Activation"`.
    """
    import keras

    name = type(layer).__name__
    chosen = counted_as.get(name, getattr(layer, "counted_as", None))
    if isinstance(chosen, Rule):
        return chosen
    if chosen is not None:
        if chosen not in LAYERS:
            raise ValueError(
                f"{name} must be counted as one of Keras's layers. Received: counted_as={chosen!r}"
            )
        return LAYERS[chosen]
    if not type(layer).__module__.startswith("keras."):
        return None
    return (LAYERS if isinstance(layer, keras.Layer) else OPERATIONS).get(name)
