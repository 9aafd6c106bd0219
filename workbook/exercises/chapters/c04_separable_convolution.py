"""The exercises of chapter 04: depthwise-separable, grouped and 1×1 convolution."""

from typing import Any

import numpy as np

from workbook import arithmetic, reference
from workbook.exercises import Exercise, Inputs, Mistake
from workbook.exercises.models import observe_model, same_model


def _depthwise_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw images and one kernel a channel; no image is square, one has a single channel."""
    images = [(5, 7, 3), (6, 4, 2), (4, 6, 4), (7, 5, 1), (3, 8, 2)]
    windows = [(3, 2), (1, 3), (2, 2), (4, 5), (3, 1)]
    return [
        (rng.normal(size=image), rng.normal(size=(*window, image[-1])))
        for image, window in zip(images, windows, strict=True)
    ]


def _depthwise(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    return reference.depthwise_conv2d(image, kernel[..., None])


DEPTHWISE = Exercise(
    id="4.1",
    title="Every channel by itself",
    answer_name="depthwise",
    section="Depthwise: each channel alone",
    minutes=10,
    points=2,
    cases=_depthwise_cases,
    reference=_depthwise,
    mistakes=(
        Mistake(
            "adds up over the channels",
            lambda image, kernel: reference.conv2d(image, kernel[..., None])[..., 0],
            "The channels are added up to one map: that is an ordinary filter. A depthwise convolution adds "
            "over height and width only, and gives one map for each channel. Sum over the axes (0, 1).",
        ),
        Mistake(
            "writes the sum over all channels into every map",
            lambda image, kernel: reference.conv2d(image, np.stack([kernel] * image.shape[-1], axis=-1)),
            "All maps are alike, because each holds the sum over all channels. Map c sees channel c and no "
            "other: sum over the axes (0, 1), not over everything.",
        ),
        Mistake(
            "uses the first kernel for all channels",
            lambda image, kernel: _depthwise(image, np.repeat(kernel[..., :1], image.shape[-1], axis=-1)),
            "Every channel is convolved with the first kernel. Each has one of its own: `kernel[:, :, c]`.",
        ),
        Mistake(
            "puts the channels first",
            lambda image, kernel: np.moveaxis(_depthwise(image, kernel), -1, 0),
            "The maps are right, but stacked in front: (channels, height, width). Keras keeps channels last.",
        ),
    ),
    hints=(
        "How many maps come out? As many as channels go in. Make an array of zeros of that shape.",
        "Loop over rows and columns. The window is (kh, kw, C), the kernel too: multiply them element by "
        "element.",
        "`output[row, column] = (window * kernel).sum(axis=(0, 1))` fills all channels of one pixel.",
    ),
)


def _pointwise_cases(rng: np.random.Generator) -> list[Inputs]:
    shapes = [((4, 5, 3), 2), ((3, 6, 4), 4), ((5, 2, 1), 3), ((1, 1, 5), 2), ((6, 3, 2), 1)]
    return [
        (rng.normal(size=image), rng.normal(size=(image[-1], filters)), rng.normal(size=filters))
        for image, filters in shapes
    ]


def _pointwise(image: np.ndarray, weights: np.ndarray, bias: np.ndarray) -> np.ndarray:
    return image @ weights + bias


POINTWISE = Exercise(
    id="4.2",
    title="Every pixel by itself",
    answer_name="pointwise",
    section="Pointwise: each pixel alone",
    minutes=5,
    points=2,
    cases=_pointwise_cases,
    reference=_pointwise,
    mistakes=(
        Mistake(
            "turns the weights around",
            lambda image, weights, bias: image @ weights.T + bias,
            "The weights are transposed. They come as (C, filters), so that `image @ weights` contracts the "
            "channels with the first axis; transposed, it fails or, where C = filters, mixes up inputs and "
            "outputs.",
        ),
        Mistake(
            "leaves out the bias",
            lambda image, weights, bias: image @ weights,
            "The bias is missing. Every filter has one, and it is added at every pixel.",
        ),
        Mistake(
            "adds up the pixels too",
            lambda image, weights, bias: image.sum(axis=(0, 1)) @ weights + bias,
            "All pixels are added together: one vector for the whole image. A 1×1 window sees one pixel, "
            "and the map keeps its height and width.",
        ),
        Mistake(
            "flattens the image",
            lambda image, weights, bias: image.reshape(-1, image.shape[-1]) @ weights + bias,
            "The numbers are right, but the map was left flat: (pixels, filters). Give it its height and "
            "width back with `reshape`.",
        ),
    ),
    hints=(
        "Take one pixel: a vector of C numbers. A dense layer turns it into `filters` numbers: vector @ "
        "weights + bias.",
        "NumPy's `@` works on the last axis of the image and repeats itself for all pixels.",
        "`image @ weights + bias`; or `np.tensordot(image, weights, axes=1) + bias`.",
    ),
)


def _count_cases(rng: np.random.Generator) -> list[Inputs]:
    fixed: list[Inputs] = [(3, 64, 128), (5, 3, 16), (1, 8, 4), (3, 4, 1)]
    drawn = [tuple(int(one) for one in (rng.integers(2, 8), *rng.integers(5, 130, 2))) for _ in range(6)]
    return fixed + drawn


def _separable_parameters(kernel_size: int, in_channels: int, filters: int) -> int:
    return arithmetic.separable_parameters(kernel_size, in_channels, filters)


COUNT = Exercise(
    id="4.3",
    title="Parameters of a separable layer",
    answer_name="separable_parameters",
    section="Both in a row: the separable layer",
    cases=_count_cases,
    reference=_separable_parameters,
    mistakes=(
        Mistake(
            "counts an ordinary convolution",
            lambda kernel_size, in_channels, filters: (kernel_size**2 * in_channels + 1) * filters,
            "This is the ordinary layer, where every filter has a k × k kernel for each channel. Here each "
            "channel has *one* kernel, and the filters only mix the results.",
        ),
        Mistake(
            "forgets the biases",
            lambda kernel_size, in_channels, filters: in_channels * kernel_size**2 + in_channels * filters,
            "These are the weights: C·k² + C·filters, as the lecture counts. Keras's layer has biases as "
            "well.",
        ),
        Mistake(
            "gives the depthwise half biases too",
            lambda kernel_size, in_channels, filters: (
                in_channels * (kernel_size**2 + 1) + (in_channels + 1) * filters
            ),
            "Both halves were given biases. Keras's SeparableConv2D adds one at the end, for each filter; a "
            "bias in the middle would add nothing that the last one cannot.",
        ),
        Mistake(
            "forgets that kernels are square",
            lambda kernel_size, in_channels, filters: in_channels * kernel_size + (in_channels + 1) * filters,
            "A kernel of size k has k · k weights on its channel, not k.",
        ),
        Mistake(
            "gives the pointwise half the whole kernel",
            lambda kernel_size, in_channels, filters: kernel_size**2 * in_channels * (1 + filters) + filters,
            "The second half was counted with k × k kernels. It is a 1 × 1 convolution: one weight for each "
            "channel of each filter.",
        ),
    ),
    hints=(
        "Count the halves one by one. How many k × k kernels does the depthwise half have?",
        "The pointwise half is a convolution with kernel_size 1; count it as in chapter 02, with its biases.",
        "k·k·C, then (C + 1)·filters.",
    ),
)


def _combine_cases(rng: np.random.Generator) -> list[Inputs]:
    shapes = [((3, 2, 4), 5), ((2, 3, 2), 3), ((1, 4, 3), 2), ((2, 2, 3), 3), ((3, 3, 1), 2)]
    return [(rng.normal(size=window), rng.normal(size=(window[-1], filters))) for window, filters in shapes]


def _combine(depthwise: np.ndarray, pointwise: np.ndarray) -> np.ndarray:
    return depthwise[..., None] * pointwise


COMBINE = Exercise(
    id="4.4",
    title="The ordinary kernel behind a separable layer",
    answer_name="full_kernel",
    section="The ordinary layer behind it",
    minutes=10,
    points=3,
    cases=_combine_cases,
    reference=_combine,
    mistakes=(
        Mistake(
            "adds up the channels",
            lambda depthwise, pointwise: depthwise @ pointwise,
            "The channels are already added up here: the result has lost its channel axis. The kernel keeps "
            "them apart; the convolution adds them up later. Multiply, but do not sum: `[..., None]` and "
            "`*`.",
        ),
        Mistake(
            "adds instead of multiplying",
            lambda depthwise, pointwise: depthwise[..., None] + pointwise,
            "The two weights are added. A pixel's value is multiplied by the depthwise weight, then by the "
            "pointwise one: in the ordinary kernel stands their product.",
        ),
        Mistake(
            "swaps channels and filters",
            lambda depthwise, pointwise: np.swapaxes(_combine(depthwise, pointwise), 2, 3),
            "The last two axes are exchanged. Keras's order is (kh, kw, C, filters).",
        ),
        Mistake(
            "mixes with the weights transposed",
            lambda depthwise, pointwise: depthwise[..., None] * pointwise.T,
            "The pointwise weights are transposed. They come as (C, filters), which is the order of the "
            "last two axes of the result; no turning is needed.",
        ),
        Mistake(
            "forgets the mixing",
            lambda depthwise, pointwise: np.repeat(depthwise[..., None], pointwise.shape[1], axis=-1),
            "Every filter holds the bare depthwise kernels. Filter f weighs channel c with `pointwise[c, "
            "f]`.",
        ),
    ),
    hints=(
        "Follow one pixel at place (i, j) of the window, in channel c, on its way to filter f. By which two "
        "numbers is it multiplied?",
        "`kernel[i, j, c, f] = depthwise[i, j, c] * pointwise[c, f]`. Four loops do it.",
        "Without loops: give `depthwise` a last axis of length 1, `depthwise[..., None]`, and let NumPy "
        "broadcast.",
    ),
)


def _group_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw (image, kernel, groups): two, three and one groups, and as many as channels."""
    sizes = [
        ((5, 6, 4), (3, 2), 6, 2),
        ((4, 7, 6), (2, 3), 9, 3),
        ((6, 4, 3), (1, 2), 4, 1),
        ((5, 4, 4), (2, 2), 8, 4),
    ]
    return [
        (rng.normal(size=image), rng.normal(size=(*window, image[-1] // groups, filters)), groups)
        for image, window, filters, groups in sizes
    ]


def _grouped(image: np.ndarray, kernel: np.ndarray, groups: int) -> np.ndarray:
    maps = map(reference.conv2d, np.split(image, groups, axis=2), np.split(kernel, groups, axis=3))
    return np.concatenate(list(maps), axis=2)


def _interleaved(maps: np.ndarray, groups: int) -> np.ndarray:
    """Shuffle the maps: the first of each group, then the second of each ..."""
    return maps.reshape(*maps.shape[:2], groups, -1).swapaxes(2, 3).reshape(maps.shape)


def _strided(array: np.ndarray, groups: int) -> np.ndarray:
    """Put every `groups`-th channel together."""
    return np.concatenate([array[..., first::groups] for first in range(groups)], axis=-1)


GROUPED = Exercise(
    id="4.5",
    title="Split, convolve, concatenate",
    answer_name="grouped_conv",
    section="Groups: something between",
    minutes=10,
    points=3,
    cases=_group_cases,
    reference=_grouped,
    mistakes=(
        Mistake(
            "adds the groups up",
            lambda image, kernel, groups: sum(np.split(_grouped(image, kernel, groups), groups, axis=2)),
            "The groups' maps are added. They are stacked, one group's behind the other's: `np.concatenate`.",
        ),
        Mistake(
            "shows every filter all groups",
            lambda image, kernel, groups: np.concatenate(
                [reference.conv2d(seen, kernel) for seen in np.split(image, groups, axis=2)], axis=2
            ),
            "Every filter was applied to every group, which gives `groups` times too many maps. Split the "
            "filters as well: the first part of the filters sees the first part of the channels.",
        ),
        Mistake(
            "takes every second channel",
            lambda image, kernel, groups: _grouped(_strided(image, groups), kernel, groups),
            "A group was made of every G-th channel. Groups are neighbours: with 4 channels and 2 groups "
            "they are channels 0, 1 and channels 2, 3.",
        ),
        Mistake(
            "interleaves the maps",
            lambda image, kernel, groups: _interleaved(_grouped(image, kernel, groups), groups),
            "The maps are right, their order is not: they alternate between the groups. All maps of the "
            "first group come first. (Alternating them is the channel shuffle, a step of its own.)",
        ),
        Mistake(
            "shows all groups the first channels",
            lambda image, kernel, groups: reference.conv2d(image[..., : kernel.shape[2]], kernel),
            "All filters look at the first group of channels. Each group of filters has its own part of the "
            "image.",
        ),
    ),
    hints=(
        "`np.split(image, groups, axis=2)` gives a list of images with C / groups channels each.",
        "Split the kernel too. Which of its four axes counts the filters?",
        "Convolve part by part with `reference.conv2d(channels, filters)`, and `np.concatenate(maps, "
        "axis=2)`.",
    ),
)


def _build(
    input_shape: tuple[int, ...],
    filters: int,
    classes: int,
    *,
    strides: int = 2,
    padding: str = "same",
    activation: str | None = "relu",
    second: str = "SeparableConv2D",
    head: str = "average",
    end: str | None = "softmax",
) -> Any:
    """Build the small separable network, or one with a mistake."""  # fmt: skip
    import keras
    from keras import layers

    inputs = keras.Input(input_shape)
    x = layers.Conv2D(filters, 3, strides=strides, padding=padding, activation=activation)(inputs)
    x = getattr(layers, second)(2 * filters, 3, padding=padding, activation=activation)(x)
    x = layers.Flatten()(x) if head == "flatten" else layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(classes, activation=end)(x))


def _build_cases(rng: np.random.Generator) -> list[Inputs]:
    sizes = [int(one) for one in rng.integers(10, 20, 4)]
    filters, classes = int(rng.integers(3, 9)), int(rng.integers(2, 9))
    return [((sizes[0], sizes[1] + 10, 1), filters, 10), ((sizes[2] + 10, sizes[3], 3), 2 * filters, classes)]


BUILD = Exercise(
    id="4.6",
    title="A small separable network",
    answer_name="build",
    section="A network that separates",
    minutes=15,
    points=3,
    cases=_build_cases,
    observe=observe_model,
    compare=same_model(),
    reference=_build,
    time_limit=40.0,
    mistakes=(
        Mistake(
            "uses an ordinary convolution",
            lambda input_shape, filters, classes: _build(input_shape, filters, classes, second="Conv2D"),
            "The second convolution is an ordinary one. The task asks for the separable layer: "
            "`SeparableConv2D`.",
        ),
        Mistake(
            "forgets the stride",
            lambda input_shape, filters, classes: _build(input_shape, filters, classes, strides=1),
            "The first convolution has stride 1. With `strides=2` all that follows works on a quarter of "
            "the pixels.",
        ),
        Mistake(
            "forgets the padding",
            lambda input_shape, filters, classes: _build(input_shape, filters, classes, padding="valid"),
            'The convolutions do not pad. Keras\'s default is "valid"; ask for `padding="same"`.',
        ),
        Mistake(
            "leaves out the activations",
            lambda input_shape, filters, classes: _build(input_shape, filters, classes, activation=None),
            'Without activations the convolutions merge into one linear map. Give both `activation="relu"`.',
        ),
        Mistake(
            "flattens",
            lambda input_shape, filters, classes: _build(input_shape, filters, classes, head="flatten"),
            "The maps are flattened before the dense layer, which then has a weight for every pixel. The "
            "task asks for `GlobalAveragePooling2D`: one number a map.",
        ),
        Mistake(
            "ends without softmax",
            lambda input_shape, filters, classes: _build(input_shape, filters, classes, end=None),
            'The last layer gives raw scores. `activation="softmax"` makes them probabilities that sum to 1.',
        ),
    ),
    hints=(
        "Start with `inputs = keras.Input(input_shape)`. Each layer is made, then called on what came "
        "before: `x = keras.layers.Conv2D(...)(x)`.",
        'Then `keras.layers.SeparableConv2D(2 * filters, 3, padding="same", activation="relu")(x)`.',
        'After it `GlobalAveragePooling2D()`, then `Dense(classes, activation="softmax")`, then '
        "`return keras.Model(inputs, x)`.",
    ),
)


EXERCISES = (DEPTHWISE, POINTWISE, COUNT, COMBINE, GROUPED, BUILD)
