"""Convolution and pooling in NumPy, written to be read.

Each operation appears twice: with loops, to explain it, and vectorised, to use it. Both return the same numbers
as Keras.

Images are (height, width), (height, width, channels) or (batch, height, width, channels); the result has
the same number of axes. Kernels are (height, width, in_channels // groups, filters), or (height, width) for a
two-dimensional image. Like all frameworks, `conv2d` *cross-correlates*: it does not flip the kernel. For the
convolution of mathematics write `conv2d(images, flip(kernel))`.

Integers stay integers: integer images with integer kernels produce int64, so nothing overflows.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

from workbook.arithmetic import Size, output_size, pair, same_padding
from workbook.calls import note_call

Array = NDArray[Any]
Margins = tuple[tuple[int, int], tuple[int, int]]
Padding = str | int | Margins

FILLS = {"zero": "constant", "replicate": "edge"}


# Convolution ------------------------------------------------------------------------------------------------


def conv2d_loops(
    images: ArrayLike,
    kernel: ArrayLike,
    *,
    strides: Size = 1,
    padding: Padding = "valid",
    fill: str = "zero",
    groups: int = 1,
    bias: ArrayLike | None = None,
) -> Array:
    """Slide every filter over every image: at each position multiply window and weights, and add up.

    Shapes and options are those of `conv2d`, the fast form.
    """
    if groups != 1:
        options = {"strides": strides, "padding": padding, "fill": fill}
        return _conv2d_with_groups(conv2d_loops, images, kernel, groups, bias, **options)
    note_call("reference.conv2d_loops")
    batch, weights, axes = _batch_and_kernel(images, kernel, groups)
    padded, (rows, columns) = _pad_for(batch, weights.shape[:2], strides, padding, fill)
    down, right = pair("strides", strides)
    height, width, _, filters = weights.shape
    output = np.zeros((len(batch), rows, columns, filters), batch.dtype)
    for image, feature_maps in zip(padded, output, strict=True):
        for row in range(rows):
            for column in range(columns):
                top, left = row * down, column * right
                window = image[top : top + height, left : left + width]  # (kh, kw, channels)
                for index in range(filters):
                    feature_maps[row, column, index] = (window * weights[:, :, :, index]).sum()
    return _restore(_add_bias(output, bias), axes)


def conv2d(
    images: ArrayLike,
    kernel: ArrayLike,
    *,
    strides: Size = 1,
    padding: Padding = "valid",
    fill: str = "zero",
    groups: int = 1,
    bias: ArrayLike | None = None,
) -> Array:
    """Cross-correlate images with a kernel: all windows at once, contracted with the weights.

    `padding` is "valid", "same" (as Keras, asymmetric where the total is odd), a number of pixels, or
    ((top, bottom), (left, right)). `fill` says what the margin holds: "zero", or "replicate" for the nearest
    pixel. `groups` splits the channels and the filters into that many equal parts, which do not see each other.
    `bias` is (filters,). ValueError for wrong ranks, channels or options, or a kernel that is too large.
    """
    if groups != 1:
        options = {"strides": strides, "padding": padding, "fill": fill}
        return _conv2d_with_groups(conv2d, images, kernel, groups, bias, **options)
    note_call("reference.conv2d")
    batch, weights, axes = _batch_and_kernel(images, kernel, groups)
    padded, _ = _pad_for(batch, weights.shape[:2], strides, padding, fill)
    windows = _windows(padded, weights.shape[:2], strides)  # (batch, rows, columns, channels, kh, kw)
    maps = np.tensordot(windows, weights, axes=((4, 5, 3), (0, 1, 2)))
    return _restore(_add_bias(maps, bias), axes)


def _conv2d_with_groups(
    convolve: Callable[..., Array],
    images: ArrayLike,
    kernel: ArrayLike,
    groups: int,
    bias: ArrayLike | None,
    **options: Any,
) -> Array:
    """Convolve each group of channels with its own filters, and put the maps one after another.

    A function of its own, because an exercise can rule out calls with `groups` and allow those without.
    """
    note_call("reference.conv2d with groups")
    batch, weights, axes = _batch_and_kernel(images, kernel, groups)
    parts = zip(np.split(batch, groups, axis=3), np.split(weights, groups, axis=3), strict=True)
    maps = [convolve(seen, part, **options) for seen, part in parts]
    return _restore(_add_bias(np.concatenate(maps, axis=3), bias), axes)


def flip(kernel: ArrayLike) -> Array:
    """Return a kernel turned by 180° in height and width: cross-correlation with it is a true convolution."""
    return np.flip(_array("kernel", kernel, (2, 4)), axis=(0, 1))


def dense_matrix(
    kernel: ArrayLike, input_shape: tuple[int, ...], *, strides: Size = 1, padding: Padding = "valid"
) -> Array:
    """Return a convolution as the weights of a dense layer: most are zero, the others repeat the kernel's.

    `input_shape` is (height, width) or (height, width, channels). The result M, (outputs, inputs), satisfies
    M @ image.ravel() == conv2d(image, kernel, ...).ravel(), with zeros in the margin.
    """
    note_call("reference.dense_matrix")
    image = np.zeros(input_shape, np.int8)
    if image.ndim not in (2, 3):
        raise ValueError(f"input_shape must be (height, width[, channels]). Received: {input_shape}")
    batch, weights, _ = _batch_and_kernel(image, kernel, groups=1)
    (above, _), (before, _) = _margins(batch.shape[1:3], weights.shape[:2], strides, padding)
    _, (rows, columns) = _pad_for(batch, weights.shape[:2], strides, padding, "zero")
    down, right = pair("strides", strides)
    height, width, _, filters = weights.shape
    matrix = np.zeros((rows, columns, filters, *batch.shape[1:]), weights.dtype)
    for row, column, i, j in np.ndindex(rows, columns, height, width):
        y, x = row * down + i - above, column * right + j - before  # the pixel that weight (i, j) sees
        if 0 <= y < batch.shape[1] and 0 <= x < batch.shape[2]:
            matrix[row, column, :, y, x, :] = weights[i, j].T
    return matrix.reshape(rows * columns * filters, image.size)


# Depthwise and separable convolution ------------------------------------------------------------------------


def depthwise_conv2d_loops(
    images: ArrayLike, kernel: ArrayLike, *, strides: Size = 1, padding: Padding = "valid"
) -> Array:
    """Convolve each channel by itself, one after another. Shapes are those of `depthwise_conv2d`."""
    note_call("reference.depthwise_conv2d_loops")
    pixels, weights = _depthwise_arguments(images, kernel)
    maps = [
        conv2d_loops(pixels[..., c : c + 1], weights[:, :, c : c + 1], strides=strides, padding=padding)
        for c in range(pixels.shape[-1])
    ]
    return np.concatenate(maps, axis=-1)


def depthwise_conv2d(
    images: ArrayLike, kernel: ArrayLike, *, strides: Size = 1, padding: Padding = "valid"
) -> Array:
    """Convolve each channel with filters of its own; no sum goes across channels.

    `kernel` is (kh, kw, channels, multiplier); output channel c · multiplier + m is channel c under filter m.
    """
    note_call("reference.depthwise_conv2d")
    pixels, weights = _depthwise_arguments(images, kernel)
    batch = pixels if pixels.ndim == 4 else pixels[None]
    padded, (rows, columns) = _pad_for(batch, weights.shape[:2], strides, padding, "zero")
    windows = _windows(padded, weights.shape[:2], strides)
    output = np.einsum("nhwcij,ijcm->nhwcm", windows, weights)
    return _restore(output.reshape(len(batch), rows, columns, -1), pixels.ndim)


def separable_conv2d(
    images: ArrayLike,
    depthwise_kernel: ArrayLike,
    pointwise_kernel: ArrayLike,
    *,
    strides: Size = 1,
    padding: Padding = "valid",
    bias: ArrayLike | None = None,
) -> Array:
    """Convolve each channel by itself, then mix the channels by a 1×1 convolution.

    `depthwise_kernel` is (kh, kw, channels, multiplier), `pointwise_kernel` is
    (1, 1, channels · multiplier, filters).
    """
    note_call("reference.separable_conv2d")
    between = depthwise_conv2d(images, depthwise_kernel, strides=strides, padding=padding)
    return conv2d(between, pointwise_kernel, bias=bias)


# Pooling ----------------------------------------------------------------------------------------------------


def pool2d_loops(
    images: ArrayLike,
    pool_size: Size = 2,
    *,
    strides: Size | None = None,
    padding: str = "valid",
    kind: str = "max",
) -> Array:
    """Summarise one window after another; where a window extends beyond the image, only real pixels count.

    Shapes and options are those of `pool2d`, the fast form.
    """
    note_call("reference.pool2d_loops")
    batch, axes = _batch(images)
    summary = _summary(kind)
    size, strides = pair("pool_size", pool_size), pool_size if strides is None else strides
    (above, _), (before, _) = _margins(batch.shape[1:3], size, strides, _word(padding))
    rows, columns = _output_shape(batch.shape[1:3], size, strides, padding)
    down, right = pair("strides", strides)
    output = np.zeros((len(batch), rows, columns, batch.shape[3]), summary(batch[:1, :1, :1]).dtype)
    for row in range(rows):
        for column in range(columns):
            top, left = row * down - above, column * right - before
            window = batch[:, max(top, 0) : top + size[0], max(left, 0) : left + size[1], :]
            output[:, row, column, :] = summary(window, axis=(1, 2))
    return _restore(output, axes)


def pool2d(
    images: ArrayLike,
    pool_size: Size = 2,
    *,
    strides: Size | None = None,
    padding: str = "valid",
    kind: str = "max",
) -> Array:
    """Return the largest value ("max") or the mean of every window, channel by channel; nothing is learned.

    `strides` defaults to `pool_size`; smaller strides make the windows overlap. `padding` is "valid" or
    "same"; as in Keras, the pixels that "same" adds count neither for the maximum nor for the mean. The mean
    of integers is float64.
    """
    note_call("reference.pool2d")
    batch, axes = _batch(images)
    _summary(kind)
    size, strides = pair("pool_size", pool_size), pool_size if strides is None else strides
    margins = _margins(batch.shape[1:3], size, strides, _word(padding))
    _output_shape(batch.shape[1:3], size, strides, padding)
    if kind == "max":
        lowest = -np.inf if batch.dtype.kind == "f" else np.iinfo(batch.dtype).min
        padded = np.pad(batch, ((0, 0), *margins, (0, 0)), constant_values=lowest)
        return _restore(_windows(padded, size, strides).max(axis=(4, 5)), axes)
    totals = _windows(pad2d(batch, margins), size, strides).sum(axis=(4, 5))
    inside = pad2d(np.ones(batch.shape[1:3], np.int64), margins)[None, :, :, None]
    counts = _windows(inside, size, strides).sum(axis=(4, 5))  # real pixels under each window
    means = totals / counts
    return _restore(means.astype(batch.dtype) if batch.dtype.kind == "f" else means, axes)


def global_pool(images: ArrayLike, kind: str = "mean") -> Array:
    """Return one number per feature map: (height, width, channels) → (channels,), a batch likewise."""
    note_call("reference.global_pool")
    return _summary(kind)(_array("images", images, (3, 4)), axis=(-3, -2))


def pad2d(images: ArrayLike, padding: int | Margins, *, fill: str = "zero") -> Array:
    """Add a margin around images: a number of pixels on every side, or ((top, bottom), (left, right))."""
    pixels = _array("images", images, (2, 3, 4))
    if fill not in FILLS:
        raise ValueError(f'fill must be "zero" or "replicate". Received: fill={fill!r}')
    margins = _margins((1, 1), (1, 1), 1, padding)
    around: list[tuple[int, int]] = [(0, 0)] * pixels.ndim
    first = 1 if pixels.ndim == 4 else 0
    around[first : first + 2] = margins
    return np.pad(pixels, around, mode=FILLS[fill])  # type: ignore[call-overload]


# What the operations share ----------------------------------------------------------------------------------


def _array(name: str, values: ArrayLike, ranks: tuple[int, ...]) -> Array:
    """Return an array of numbers; ValueError unless it has one of these numbers of axes and is not empty."""
    array = np.asarray(values)
    if array.dtype.kind not in "biuf" or array.ndim not in ranks or not array.size:
        raise ValueError(
            f"{name} must hold numbers and have {' or '.join(map(str, ranks))} axes. "
            f"Received: shape {array.shape}, dtype {array.dtype}"
        )
    return array


def _batch(images: ArrayLike) -> tuple[Array, int]:
    """Return images as (batch, height, width, channels), and their original number of axes."""
    pixels = _array("images", images, (2, 3, 4))
    if pixels.dtype.kind == "b":
        pixels = pixels.astype(np.int64)
    if pixels.ndim == 2:
        return pixels[None, :, :, None], 2
    return (pixels[None], 3) if pixels.ndim == 3 else (pixels, 4)


def _restore(output: Array, axes: int) -> Array:
    """Remove the axes that `_batch` added."""
    if axes == 2:
        return output[0, :, :, 0]
    return output[0] if axes == 3 else output


def _common(images: Array, kernel: Array) -> tuple[Array, Array]:
    """Return both in one dtype that holds their products: int64 for integers."""
    are_integers = images.dtype.kind in "biu" and kernel.dtype.kind in "biu"
    dtype = np.dtype(np.int64) if are_integers else np.result_type(images, kernel)
    return images.astype(dtype, copy=False), kernel.astype(dtype, copy=False)


def _batch_and_kernel(images: ArrayLike, kernel: ArrayLike, groups: int) -> tuple[Array, Array, int]:
    """Return the batch, the (kh, kw, depth, filters) kernel and the number of axes; check that they match."""
    weights = _array("kernel", kernel, (2, 4))
    batch, axes = _batch(images)
    if (axes == 2) != (weights.ndim == 2):
        raise ValueError(
            "A (height, width) image takes a (height, width) kernel, any other a kernel of 4 axes. "
            f"Received: images with {axes} axes, kernel of shape {weights.shape}"
        )
    weights = weights if weights.ndim == 4 else weights[:, :, None, None]
    channels, (depth, filters) = batch.shape[3], weights.shape[2:]
    if groups < 1 or channels != depth * groups or filters % groups:
        raise ValueError(
            "The kernel must span in_channels // groups channels, and groups must divide the filters. "
            f"Received: {channels} channels, kernel of shape {weights.shape}, groups={groups}"
        )
    return *_common(batch, weights), axes


def _depthwise_arguments(images: ArrayLike, kernel: ArrayLike) -> tuple[Array, Array]:
    """Return images and depthwise kernel in one dtype; check that their channels match."""
    pixels, weights = _array("images", images, (3, 4)), _array("kernel", kernel, (4,))
    if pixels.shape[-1] != weights.shape[2]:
        raise ValueError(
            "A depthwise kernel is (height, width, channels, multiplier) with the images' channels. "
            f"Received: {pixels.shape[-1]} channels, kernel of shape {weights.shape}"
        )
    return _common(pixels, weights)


def _margins(shape: tuple[int, ...], kernel: tuple[int, ...], strides: Size, padding: Padding) -> Margins:
    """Return ((top, bottom), (left, right)) for any form of `padding`."""
    if isinstance(padding, str):
        if padding not in ("valid", "same"):
            raise ValueError(
                'padding must be "valid", "same", a number or ((top, bottom), (left, right)). '
                f"Received: padding={padding!r}"
            )
        if padding == "valid":
            return (0, 0), (0, 0)
        down, right = pair("strides", strides)
        return same_padding(shape[0], kernel[0], down), same_padding(shape[1], kernel[1], right)
    if isinstance(padding, tuple | list):
        if len(padding) != 2 or not all(isinstance(side, tuple | list) for side in padding):
            raise ValueError(f"padding must be ((top, bottom), (left, right)). Received: padding={padding!r}")
        return pair("padding", padding[0], 0), pair("padding", padding[1], 0)
    pixels = pair("padding", padding, 0)
    return pixels, pixels


def _word(padding: str) -> str:
    """Return a pooling layer's padding; ValueError unless it is "valid" or "same"."""
    if padding not in ("valid", "same"):
        raise ValueError(
            f'padding of a pooling layer must be "valid" or "same". Received: padding={padding!r}'
        )
    return padding


def _pad_for(
    batch: Array, kernel: tuple[int, ...], strides: Size, padding: Padding, fill: str
) -> tuple[Array, tuple[int, int]]:
    """Return the padded batch, and the (rows, columns) of the output for a kernel of this size."""
    padded = pad2d(batch, _margins(batch.shape[1:3], kernel, strides, padding), fill=fill)
    return padded, _output_shape(padded.shape[1:3], kernel, strides, "valid")


def _output_shape(
    shape: tuple[int, ...], kernel: tuple[int, ...], strides: Size, padding: str
) -> tuple[int, int]:
    """Return (rows, columns); ValueError where the kernel does not fit."""
    down, right = pair("strides", strides)
    return output_size(shape[0], kernel[0], down, padding), output_size(shape[1], kernel[1], right, padding)


def _windows(padded: Array, kernel: tuple[int, ...], strides: Size) -> Array:
    """Return a view of every window: (batch, rows, columns, channels, kh, kw). Nothing is copied."""
    down, right = pair("strides", strides)
    return sliding_window_view(padded, (kernel[0], kernel[1]), axis=(1, 2))[:, ::down, ::right]


def _add_bias(output: Array, bias: ArrayLike | None) -> Array:
    """Add one bias to each filter's feature map."""
    if bias is None:
        return output
    offsets = np.atleast_1d(np.asarray(bias))
    if offsets.shape != output.shape[-1:]:
        raise ValueError(
            f"bias must be ({output.shape[-1]},), one per filter. Received: shape {offsets.shape}"
        )
    return output + offsets


def _summary(kind: str) -> Any:
    """Return the NumPy function for a kind of pooling."""
    if kind not in ("max", "mean"):
        raise ValueError(f'kind must be "max" or "mean". Received: kind={kind!r}')
    return np.max if kind == "max" else np.mean
