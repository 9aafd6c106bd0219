"""The arithmetic of convolutional networks: sizes, parameters, work, receptive fields, memory.

Every function takes plain numbers and returns plain numbers, so that a formula can be read, tried and trusted
before any network is built. Only the standard library is used.

A *parameter* is a learned number. A *MAC* is one multiplication with its addition; biases, activations and
pooling are not counted as MACs.
"""

import math
import operator
from collections.abc import Iterable
from typing import Any

from workbook.calls import note_call

Size = int | tuple[int, int]

BITS = {
    "float64": 64, "float32": 32, "float16": 16, "bfloat16": 16,
    "int64": 64, "int32": 32, "int16": 16, "int8": 8, "uint8": 8, "bool": 8,
}  # fmt: skip


def integer(name: str, value: Any, least: int) -> int:
    """Return `value` as an int; ValueError unless it is an integer, at least `least`. A bool is none."""
    try:
        number = None if isinstance(value, bool) else operator.index(value)
    except TypeError:
        number = None
    if number is None or number < least:
        raise ValueError(f"{name} must be an integer, at least {least}. Received: {name}={value!r}")
    return number


def pair(name: str, value: Size, least: int = 1) -> tuple[int, int]:
    """Return (height, width) from one integer or a pair of them."""
    if not isinstance(value, tuple | list):
        number = integer(name, value, least)
        return number, number
    if len(value) != 2:
        raise ValueError(f"{name} must be an integer or (height, width). Received: {name}={value!r}")
    return integer(name, value[0], least), integer(name, value[1], least)


# Sizes ------------------------------------------------------------------------------------------------------


def output_size(
    size: int, kernel_size: int, strides: int = 1, padding: int | str = 0, *, dilation: int = 1
) -> int:
    """Return the number of outputs along one axis: floor((W − F + 2P) / S) + 1.

    `padding` is the number of pixels added on each side, or "valid" (none) or "same" (as in Keras: the output
    has ceil(size / strides) values). A dilated kernel covers dilation · (kernel_size − 1) + 1 pixels.
    ValueError where the kernel does not fit.
    """
    note_call("arithmetic.output_size")
    size = integer("size", size, 1)
    strides = integer("strides", strides, 1)
    covered = integer("dilation", dilation, 1) * (integer("kernel_size", kernel_size, 1) - 1) + 1
    if isinstance(padding, str):
        if padding not in ("valid", "same"):
            raise ValueError(f'padding must be "valid", "same" or an integer. Received: padding={padding!r}')
        if padding == "same":
            return math.ceil(size / strides)
        padding = 0
    padded = size + 2 * integer("padding", padding, 0)
    if covered > padded:
        raise ValueError(
            "The kernel does not fit: make it smaller or pad the input. "
            f"Received: size={size}, kernel_size={kernel_size}, padding={padding}, dilation={dilation}"
        )
    return (padded - covered) // strides + 1


def same_padding(size: int, kernel_size: int, strides: int = 1) -> tuple[int, int]:
    """Return the pixels that padding "same" adds (before, after) one axis, as TensorFlow and Keras do.

    Where the total is odd, the extra pixel goes after: with stride 2 the padding is often asymmetric.
    """
    note_call("arithmetic.same_padding")
    outputs = output_size(size, kernel_size, strides, "same")
    total = max((outputs - 1) * strides + kernel_size - size, 0)
    return total // 2, total - total // 2


# Parameters -------------------------------------------------------------------------------------------------


def dense_parameters(inputs: int, units: int, *, bias: bool = True) -> int:
    """Count the parameters of a dense layer: every unit has a weight for every input, and a bias."""
    note_call("arithmetic.dense_parameters")
    return (integer("inputs", inputs, 1) + bool(bias)) * integer("units", units, 1)


def conv_parameters(
    kernel_size: Size, in_channels: int, filters: int, *, groups: int = 1, bias: bool = True
) -> int:
    """Count the parameters of a convolution: F_h · F_w · C_in / groups weights, and one bias per filter."""
    note_call("arithmetic.conv_parameters")
    height, width = pair("kernel_size", kernel_size)
    depth = _channels_per_group(in_channels, filters, groups)
    return (height * width * depth + bool(bias)) * filters


def separable_parameters(
    kernel_size: Size, in_channels: int, filters: int, *, depth_multiplier: int = 1, bias: bool = True
) -> int:
    """Count the parameters of a depthwise-separable convolution: C_in · k² + C_in · C_out, and the biases.

    As in `keras.layers.SeparableConv2D`, only the pointwise half has biases.
    """
    note_call("arithmetic.separable_parameters")
    height, width = pair("kernel_size", kernel_size)
    between = integer("in_channels", in_channels, 1) * integer("depth_multiplier", depth_multiplier, 1)
    return height * width * between + conv_parameters(1, between, filters, bias=bias)


def _channels_per_group(in_channels: int, filters: int, groups: int) -> int:
    """Return how many input channels each filter reads; ValueError where the groups do not divide evenly."""
    groups = integer("groups", groups, 1)
    if integer("in_channels", in_channels, 1) % groups or integer("filters", filters, 1) % groups:
        raise ValueError(
            "groups must divide both in_channels and filters. "
            f"Received: in_channels={in_channels}, filters={filters}, groups={groups}"
        )
    return in_channels // groups


# Multiply-accumulates ---------------------------------------------------------------------------------------


def conv_macs(
    output_shape: tuple[int, int], kernel_size: Size, in_channels: int, filters: int, *, groups: int = 1
) -> int:
    """Count the MACs of a convolution: every weight is used once for every output position."""
    height, width = pair("output_shape", output_shape)
    return height * width * conv_parameters(kernel_size, in_channels, filters, groups=groups, bias=False)


def separable_macs(
    output_shape: tuple[int, int],
    kernel_size: Size,
    in_channels: int,
    filters: int,
    *,
    depth_multiplier: int = 1,
) -> int:
    """Count the MACs of a depthwise-separable convolution; both halves work at the output's resolution."""
    height, width = pair("output_shape", output_shape)
    weights = separable_parameters(
        kernel_size, in_channels, filters, depth_multiplier=depth_multiplier, bias=False
    )
    return height * width * weights


# Receptive fields -------------------------------------------------------------------------------------------


def receptive_fields(layers: Iterable[tuple[int, int]]) -> list[int]:
    """Return the receptive field after each layer: l_k = l_{k−1} + (f_k − 1) · ∏ s_i over the earlier layers.

    `layers` are (kernel_size, strides) pairs along one axis, first layer first; pooling layers count too.
    """
    note_call("arithmetic.receptive_fields")
    field, step, fields = 1, 1, []
    for kernel_size, strides in layers:
        field += (integer("kernel_size", kernel_size, 1) - 1) * step
        step *= integer("strides", strides, 1)
        fields.append(field)
    return fields


def receptive_field(layers: Iterable[tuple[int, int]]) -> int:
    """Return the receptive field of the last layer's outputs in pixels; one pixel without any layer."""
    note_call("arithmetic.receptive_field")
    return [1, *receptive_fields(layers)][-1]


# Memory -----------------------------------------------------------------------------------------------------


def memory_bytes(values: int, dtype: str = "float32") -> int:
    """Return the bytes that this many values of a dtype take."""
    if dtype not in BITS:
        raise ValueError(f"dtype must be one of {', '.join(BITS)}. Received: dtype={dtype!r}")
    return integer("values", values, 0) * BITS[dtype] // 8


def megabytes(size: int) -> float:
    """Convert bytes to megabytes, MB: 10⁶ bytes."""
    return size / 10**6


def mebibytes(size: int) -> float:
    """Convert bytes to mebibytes, MiB: 2²⁰ bytes, 4.9 % more than a megabyte."""
    return size / 2**20
