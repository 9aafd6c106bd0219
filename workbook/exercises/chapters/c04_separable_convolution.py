"""The exercises of chapter 04: depthwise-separable, grouped and 1×1 convolution."""

from typing import Any

import numpy as np

from workbook import arithmetic, reference
from workbook.exercises import Exercise, Inputs, Mistake
from workbook.exercises.models import observe_model, same_model

# 4.1 Every channel by itself


def _depthwise_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw images and one kernel per channel; no image is square, and one has a single channel."""
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
    groups=lambda image, kernel: (
        "square kernels" if kernel.shape[0] == kernel.shape[1] else "kernels that are not square"
    ),
    reference=_depthwise,
    solved_by=(
        "reference.depthwise_conv2d",
        "reference.depthwise_conv2d_loops",
        "reference.conv2d with groups",
    ),
    may_use=("reference.conv2d", "reference.conv2d_loops"),  # channel by channel
    mistakes=(
        Mistake(
            "adds up over the channels",
            lambda image, kernel: reference.conv2d(image, kernel[..., None])[..., 0],
            "This adds up the channels into one map, as an ordinary filter does. A depthwise convolution adds over "
            "height and width only and returns one map per channel: sum over the axes (0, 1).",
        ),
        Mistake(
            "writes the sum over all channels into every map",
            lambda image, kernel: reference.conv2d(image, np.stack([kernel] * image.shape[-1], axis=-1)),
            "All maps are equal, because each holds the sum over all channels. Map c reads only channel c: sum over "
            "the axes (0, 1), not over all of them.",
        ),
        Mistake(
            "uses the first kernel for all channels",
            lambda image, kernel: _depthwise(image, np.repeat(kernel[..., :1], image.shape[-1], axis=-1)),
            "This convolves every channel with the first kernel. Each channel has its own: `kernel[:, :, c]`.",
        ),
        Mistake(
            "puts the channels first",
            lambda image, kernel: np.moveaxis(_depthwise(image, kernel), -1, 0),
            "The maps are right, but the channels are the first axis: (channels, height, width). Keras puts the "
            "channels last.",
        ),
    ),
    hints=(
        "How many maps does the output have? As many as the input has channels. Make an array of zeros of that "
        "shape.",
        "Loop over rows and columns. The window is (kh, kw, C), the kernel too: multiply them element by "
        "element.",
        "`output[row, column] = (window * kernel).sum(axis=(0, 1))` fills all channels of one pixel.",
    ),
)


# 4.2 Every pixel by itself


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
    groups=lambda image, kernel, bias: (
        "one channel or one filter" if 1 in kernel.shape else "several channels and filters"
    ),
    reference=_pointwise,
    mistakes=(
        Mistake(
            "turns the weights around",
            lambda image, weights, bias: image @ weights.T + bias,
            "This transposes the weights. They come as (C, filters), so that `image @ weights` sums over the "
            "channels. Transposed, the product fails or, where C = filters, mixes up inputs and outputs.",
        ),
        Mistake(
            "leaves out the bias",
            lambda image, weights, bias: image @ weights,
            "The bias is missing. Every filter has one: add it at every pixel.",
        ),
        Mistake(
            "adds up the pixels too",
            lambda image, weights, bias: image.sum(axis=(0, 1)) @ weights + bias,
            "This adds up all pixels into one vector for the whole image. A 1×1 window sees one pixel, so the map "
            "keeps its height and width.",
        ),
        Mistake(
            "flattens the image",
            lambda image, weights, bias: image.reshape(-1, image.shape[-1]) @ weights + bias,
            "The numbers are right, but the map is flat: (pixels, filters). Restore its height and width with "
            "`reshape`.",
        ),
    ),
    hints=(
        "Take one pixel: a vector of C numbers. A dense layer turns it into `filters` numbers: vector @ "
        "weights + bias.",
        "NumPy's `@` works on the last axis of the image, for all pixels at once.",
        "`image @ weights + bias`; or `np.tensordot(image, weights, axes=1) + bias`.",
    ),
)


# 4.3 Parameters of a separable layer


def _count_cases(rng: np.random.Generator) -> list[Inputs]:
    cases: list[Inputs] = [(3, 64, 128), (5, 3, 16), (1, 8, 4), (3, 4, 1)]
    for _ in range(6):
        kernel_size = int(rng.integers(2, 8))
        in_channels, filters = rng.integers(5, 130, 2).tolist()
        cases.append((kernel_size, in_channels, filters))
    return cases


COUNT = Exercise(
    id="4.3",
    title="Parameters of a separable layer",
    answer_name="separable_parameters",
    section="Both in a row: the separable layer",
    cases=_count_cases,
    reference=arithmetic.separable_parameters,
    solved_by=("arithmetic.separable_parameters",),
    mistakes=(
        Mistake(
            "counts an ordinary convolution",
            lambda kernel_size, in_channels, filters: (kernel_size**2 * in_channels + 1) * filters,
            "This counts the ordinary layer, in which every filter has a k × k kernel for each channel. Here each "
            "channel has *one* kernel, and the filters only mix the results.",
        ),
        Mistake(
            "forgets the biases",
            lambda kernel_size, in_channels, filters: in_channels * kernel_size**2 + in_channels * filters,
            "These are the weights, C·k² + C·filters, as the lecture counts. Keras's layer also has biases: add "
            "them.",
        ),
        Mistake(
            "gives the depthwise half biases too",
            lambda kernel_size, in_channels, filters: (
                in_channels * (kernel_size**2 + 1) + (in_channels + 1) * filters
            ),
            "This gives biases to both halves. Keras's SeparableConv2D adds one per filter, at the end: a bias in "
            "the middle would add nothing that the last one cannot.",
        ),
        Mistake(
            "forgets that kernels are square",
            lambda kernel_size, in_channels, filters: in_channels * kernel_size + (in_channels + 1) * filters,
            "This counts k weights per channel in the depthwise half. A square kernel of size k has k · k.",
        ),
        Mistake(
            "gives the pointwise half the whole kernel",
            lambda kernel_size, in_channels, filters: kernel_size**2 * in_channels * (1 + filters) + filters,
            "This counts k × k kernels in the second half. It is a 1 × 1 convolution: one weight for each channel "
            "of each filter.",
        ),
    ),
    hints=(
        "Count each half on its own. How many k × k kernels does the depthwise half have?",
        "The pointwise half is a convolution with kernel_size 1; count it as in chapter 02, with its biases.",
        "The sum is k·k·C + (C + 1)·filters.",
    ),
)


# 4.4 The ordinary kernel behind a separable layer


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
    groups=lambda depthwise, pointwise: (
        "square kernels" if depthwise.shape[0] == depthwise.shape[1] else "kernels that are not square"
    ),
    reference=_combine,
    mistakes=(
        Mistake(
            "adds up the channels",
            lambda depthwise, pointwise: depthwise @ pointwise,
            "This adds up the channels, so the result has lost its channel axis. The kernel keeps them apart, and "
            "the convolution adds them up later: multiply with `[..., None]` and `*`, but do not sum.",
        ),
        Mistake(
            "adds instead of multiplying",
            lambda depthwise, pointwise: depthwise[..., None] + pointwise,
            "This adds the two weights. A pixel's value is multiplied by the depthwise weight, then by the "
            "pointwise one: the ordinary kernel holds their product.",
        ),
        Mistake(
            "swaps channels and filters",
            lambda depthwise, pointwise: np.swapaxes(_combine(depthwise, pointwise), 2, 3),
            "The last two axes are exchanged. Keras's order is (kh, kw, C, filters).",
        ),
        Mistake(
            "mixes with the weights transposed",
            lambda depthwise, pointwise: depthwise[..., None] * pointwise.T,
            "This transposes the pointwise weights. They come as (C, filters), which is already the order of the "
            "result's last two axes.",
        ),
        Mistake(
            "forgets the mixing",
            lambda depthwise, pointwise: np.repeat(depthwise[..., None], pointwise.shape[1], axis=-1),
            "Every filter holds the bare depthwise kernels. Filter f weights channel c with `pointwise[c, f]`: "
            "multiply by it.",
        ),
    ),
    hints=(
        "Follow one pixel at place (i, j) of the window, in channel c, on its way to filter f. Which two numbers is "
        "it multiplied by?",
        "`kernel[i, j, c, f] = depthwise[i, j, c] * pointwise[c, f]`. Four loops do it.",
        "Without loops: give `depthwise` a last axis of length 1, `depthwise[..., None]`, and let NumPy "
        "broadcast.",
    ),
)


# 4.5 Split, convolve, concatenate


def _group_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw (image, kernel, groups) with 2, 3 and 1 groups, and with one group per channel."""
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
    channels = np.split(image, groups, axis=2)
    filters = np.split(kernel, groups, axis=3)
    maps = [reference.conv2d(channels[group], filters[group]) for group in range(groups)]
    return np.concatenate(maps, axis=2)


def _interleaved(maps: np.ndarray, groups: int) -> np.ndarray:
    """Return the maps in another order: the first of each group, then the second of each, and so on."""
    return maps.reshape(*maps.shape[:2], groups, -1).swapaxes(2, 3).reshape(maps.shape)


def _strided(array: np.ndarray, groups: int) -> np.ndarray:
    """Return the channels in another order, in which every `groups`-th channel forms a group."""
    return np.concatenate([array[..., first::groups] for first in range(groups)], axis=-1)


def _grouping(image: np.ndarray, kernel: np.ndarray, groups: int) -> str:
    if groups == 1:
        return "one group"
    return "one group per channel" if groups == image.shape[-1] else "several groups"


GROUPED = Exercise(
    id="4.5",
    title="Split, convolve, concatenate",
    answer_name="grouped_conv",
    section="Groups: something between",
    minutes=10,
    points=3,
    cases=_group_cases,
    groups=_grouping,
    reference=_grouped,
    solved_by=("reference.conv2d with groups",),
    may_use=("reference.conv2d", "reference.conv2d_loops"),
    mistakes=(
        Mistake(
            "adds the groups up",
            lambda image, kernel, groups: sum(np.split(_grouped(image, kernel, groups), groups, axis=2)),
            "This adds the groups' maps. Stack them instead, one group after the other: `np.concatenate`.",
        ),
        Mistake(
            "shows every filter all groups",
            lambda image, kernel, groups: np.concatenate(
                [reference.conv2d(channels, kernel) for channels in np.split(image, groups, axis=2)], axis=2
            ),
            "This applies every filter to every group, which makes `groups` times too many maps. Split the filters "
            "as well: the first part of the filters reads the first part of the channels.",
        ),
        Mistake(
            "takes every G-th channel",
            lambda image, kernel, groups: _grouped(_strided(image, groups), kernel, groups),
            "This makes a group of every G-th channel. The channels of a group are neighbours: with 4 channels and "
            "2 groups they are channels 0, 1 and channels 2, 3.",
        ),
        Mistake(
            "interleaves the maps",
            lambda image, kernel, groups: _interleaved(_grouped(image, kernel, groups), groups),
            "The maps are right, but their order alternates between the groups. All maps of the first group come "
            "first. (Alternating them is the channel shuffle, a step of its own.)",
        ),
        Mistake(
            "shows all groups the first channels",
            lambda image, kernel, groups: reference.conv2d(image[..., : kernel.shape[2]], kernel),
            "All filters read the first group of channels. Each group of filters has its own part of the image: "
            "split the image as well.",
        ),
    ),
    hints=(
        "`np.split(image, groups, axis=2)` returns a list of images with C / groups channels each.",
        "Split the kernel too. Which of its four axes counts the filters?",
        "Convolve part by part with `reference.conv2d(channels, filters)`, and `np.concatenate(maps, "
        "axis=2)`.",
    ),
)


# 4.6 A small separable network


def _build(
    input_shape: tuple[int, ...],
    filters: int,
    classes: int,
    *,
    strides: int = 2,
    padding: str = "same",
    activation: str | None = "relu",
    separable: bool = True,
    flatten: bool = False,
    last_activation: str | None = "softmax",
) -> Any:
    """Return the small separable network; the options turn it into a mistake."""
    import keras
    from keras import layers

    inputs = keras.Input(input_shape)
    x = layers.Conv2D(filters, 3, strides=strides, padding=padding, activation=activation)(inputs)
    second = layers.SeparableConv2D if separable else layers.Conv2D
    x = second(2 * filters, 3, padding=padding, activation=activation)(x)
    x = layers.Flatten()(x) if flatten else layers.GlobalAveragePooling2D()(x)
    outputs = layers.Dense(classes, activation=last_activation)(x)
    return keras.Model(inputs, outputs)


def _build_cases(rng: np.random.Generator) -> list[Inputs]:
    sizes = rng.integers(10, 20, 4).tolist()
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
    compare=same_model(may_rescale=True),
    reference=_build,
    time_limit=40.0,
    mistakes=(
        Mistake(
            "uses an ordinary convolution",
            lambda input_shape, filters, classes: _build(input_shape, filters, classes, separable=False),
            "The second convolution is an ordinary one. The exercise asks for the separable layer, "
            "`SeparableConv2D`.",
        ),
        Mistake(
            "forgets the stride",
            lambda input_shape, filters, classes: _build(input_shape, filters, classes, strides=1),
            "The first convolution has stride 1. Set `strides=2`, so that all later layers work on a quarter of the "
            "pixels.",
        ),
        Mistake(
            "forgets the padding",
            lambda input_shape, filters, classes: _build(input_shape, filters, classes, padding="valid"),
            'The convolutions do not pad, because Keras\'s default is "valid". Set `padding="same"`.',
        ),
        Mistake(
            "leaves out the activations",
            lambda input_shape, filters, classes: _build(input_shape, filters, classes, activation=None),
            'Without activations the convolutions merge into one linear map. Give both `activation="relu"`.',
        ),
        Mistake(
            "flattens",
            lambda input_shape, filters, classes: _build(input_shape, filters, classes, flatten=True),
            "This flattens the maps before the dense layer, which then has a weight for every pixel. Use "
            "`GlobalAveragePooling2D`: one number per map.",
        ),
        Mistake(
            "ends without softmax",
            lambda input_shape, filters, classes: _build(input_shape, filters, classes, last_activation=None),
            'The last layer outputs raw scores. Set `activation="softmax"`, so that they become probabilities '
            "that sum to 1.",
        ),
    ),
    hints=(
        "Start with `inputs = keras.Input(input_shape)`. Create each layer, then call it on the tensor before it: "
        "`x = keras.layers.Conv2D(...)(x)`.",
        'Then `keras.layers.SeparableConv2D(2 * filters, 3, padding="same", activation="relu")(x)`.',
        'After it `GlobalAveragePooling2D()`, then `Dense(classes, activation="softmax")`, then '
        "`return keras.Model(inputs, x)`.",
    ),
)

EXERCISES = (DEPTHWISE, POINTWISE, COUNT, COMBINE, GROUPED, BUILD)
