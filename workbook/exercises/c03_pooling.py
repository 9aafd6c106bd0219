"""The exercises of chapter 03: pooling, stacking, and how far a neuron sees."""

from collections.abc import Callable

import numpy as np

from workbook import arithmetic, reference
from workbook.exercises import Exercise, Mistake
from workbook.exercises.moving import MOVES, SHIFT

Inputs = tuple


def _pool_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw images with windows that overlap, touch or leave gaps; some do not fit evenly."""
    shapes = [((5, 7, 2), 2, 2), ((6, 8, 3), 3, 2), ((9, 7, 2), 2, 3), ((4, 5, 3), 3, 1), ((6, 10, 2), 3, 3)]
    cases: list[Inputs] = [(rng.permuted(np.arange(np.prod(s)) - 40).reshape(s), f, k) for s, f, k in shapes]
    return [*cases, (-1 - rng.permuted(np.arange(60)).reshape(5, 6, 2), 2, 2)]


def _max_pool(image: np.ndarray, pool_size: int, strides: int) -> np.ndarray:
    return reference.pool2d(image, pool_size, strides=strides)


def _ceil_pool(image: np.ndarray, pool_size: int, strides: int) -> np.ndarray:
    """Pool incomplete windows too."""
    rows, columns = range(0, image.shape[0], strides), range(0, image.shape[1], strides)
    windows = [[image[r : r + pool_size, c : c + pool_size].max(axis=(0, 1)) for c in columns] for r in rows]
    return np.array(windows)


def _pool_everything(image: np.ndarray, pool_size: int, strides: int) -> np.ndarray:
    pooled = _max_pool(image, pool_size, strides)
    return np.broadcast_to(pooled.max(axis=2, keepdims=True), pooled.shape).copy()


POOL = Exercise(
    id="3.1",
    title="Max pooling",
    answer_name="max_pool",
    section="Keep the strongest",
    minutes=12,
    points=3,
    cases=_pool_cases,
    reference=_max_pool,
    mistakes=(
        Mistake(
            "pools the channels too",
            _pool_everything,
            "All channels hold the same numbers: the maximum was taken over the depth as well. Pooling "
            "treats every feature map by itself; take the maximum over the window's height and width only, "
            "`axis=(0, 1)`.",
        ),
        Mistake(
            "ignores the strides",
            lambda image, pool_size, strides: _max_pool(image, pool_size, pool_size),
            "The windows stand side by side: the pool size was used as the step. That is only the default. "
            "A window starts at row · strides, and is pool_size wide.",
        ),
        Mistake(
            "moves by one pixel",
            lambda image, pool_size, strides: _max_pool(image, pool_size, 1),
            "The window moves pixel by pixel. With strides S it starts at 0, S, 2S ...",
        ),
        Mistake(
            "uses the strides as the window",
            lambda image, pool_size, strides: _max_pool(image, strides, strides),
            "The window is as wide as the step. Its width is pool_size, its step is strides: two numbers.",
        ),
        Mistake(
            "averages",
            lambda image, pool_size, strides: reference.pool2d(
                image, pool_size, strides=strides, kind="mean"
            ),
            "This is mean pooling. Max pooling keeps the largest value of the window.",
        ),
        Mistake(
            "keeps incomplete windows",
            _ceil_pool,
            "The output has a row or a column too many: windows that hang over the edge were kept. Without "
            "padding a window must fit, so there are (H − pool_size) // strides + 1 rows.",
        ),
        Mistake(
            "takes the window's corner",
            lambda image, pool_size, strides: _max_pool(
                image[: image.shape[0] - pool_size + 1, : image.shape[1] - pool_size + 1], 1, strides
            ),
            "The shape is right, but each value is the window's top left pixel: this is subsampling. Look "
            "at the whole window.",
        ),
        Mistake(
            "starts from zero",
            lambda image, pool_size, strides: np.maximum(_max_pool(image, pool_size, strides), 0),
            "Where all values of a window are negative you give 0: the search for the maximum began at 0. "
            "The maximum of (−3, −5) is −3.",
        ),
    ),
    hints=(
        "How many windows fit, down and across? It is the formula of chapter 02, without padding.",
        "Two loops as for the convolution; the window is `image[top : top + pool_size, left : left + "
        "pool_size]` with `top = row * strides`.",
        "The window is (pool_size, pool_size, C) and the output wants C numbers: `window.max(axis=(0, 1))`.",
    ),
)


def _batch_cases(rng: np.random.Generator) -> list[Inputs]:
    shapes = [(2, 3, 4, 5), (3, 5, 2, 4), (1, 4, 6, 3), (4, 2, 3, 1)]
    return [(rng.normal(size=shape) + 0.5,) for shape in shapes]


GLOBAL = Exercise(
    id="3.2",
    title="Global average pooling",
    answer_name="global_average",
    section="Pool everything",
    minutes=3,
    cases=_batch_cases,
    reference=reference.global_pool,
    mistakes=(
        Mistake(
            "averages the batch too",
            lambda maps: maps.mean(axis=(0, 1, 2)),
            "The images of the batch are averaged together. Each image keeps its own row: the output is (N, "
            "C).",
        ),
        Mistake(
            "takes the batch for a side",
            lambda maps: maps.mean(axis=(0, 1)),
            "Axes 0 and 1 are the batch and the height. In (N, H, W, C) a map's height and width are axes 1 and 2.",
        ),
        Mistake(
            "averages the channels too",
            lambda maps: maps.mean(axis=(1, 2, 3)),
            "One number an image: the channels are averaged away. Every feature map gives a number of its "
            "own.",
        ),
        Mistake(
            "takes the channels for a side",
            lambda maps: maps.mean(axis=(2, 3)),
            "This averages the last two axes. They are height and width in PyTorch's order; Keras keeps "
            "channels last, (N, H, W, C), so the maps' axes are 1 and 2.",
        ),
        Mistake(
            "adds without dividing",
            lambda maps: maps.sum(axis=(1, 2)),
            "This is the sum of each map. Divide by the number of its pixels.",
        ),
        Mistake(
            "takes the maximum",
            lambda maps: maps.max(axis=(1, 2)),
            "This is global max pooling: the largest value of each map. Asked for is the average.",
        ),
        Mistake(
            "keeps the empty axes",
            lambda maps: maps.mean(axis=(1, 2), keepdims=True),
            "The numbers are right, but height and width are still there, of size 1. The output is (N, C).",
        ),
    ),
    hints=(
        "Four axes come in and two go out. Which two disappear?",
        "`mean` takes a tuple of axes: `maps.mean(axis=(…, …))`. Axis 0 is the batch.",
    ),
)


def _head_cases(rng: np.random.Generator) -> list[Inputs]:
    fixed: list[Inputs] = [(7, 7, 512, 1000), (4, 6, 64, 10)]
    return fixed + [tuple(int(n) for n in rng.integers((2, 2, 3, 3), (9, 9, 65, 21))) for _ in range(5)]


def _head_parameters(height: int, width: int, channels: int, classes: int) -> tuple[int, int]:
    flattened = arithmetic.dense_parameters(height * width * channels, classes)
    return flattened, arithmetic.dense_parameters(channels, classes)


HEADS = Exercise(
    id="3.3",
    title="Two heads",
    answer_name="head_parameters",
    section="Pool everything",
    minutes=5,
    points=2,
    cases=_head_cases,
    reference=_head_parameters,
    mistakes=(
        Mistake(
            "forgets the biases",
            lambda height, width, channels, classes: (
                height * width * channels * classes,
                channels * classes,
            ),
            "These are the weights alone. Each of the classes has a bias too, in either head.",
        ),
        Mistake(
            "gives every input a bias",
            lambda height, width, channels, classes: (
                height * width * channels * (classes + 1),
                channels * (classes + 1),
            ),
            "There is one bias for each input. A bias belongs to a unit of the dense layer: one for each "
            "class.",
        ),
        Mistake(
            "forgets the channels",
            lambda height, width, channels, classes: (
                (height * width + 1) * classes,
                _head_parameters(height, width, channels, classes)[1],
            ),
            "Flatten lays out every value of every map: H·W·C inputs, not H·W.",
        ),
        Mistake(
            "pools the channels",
            lambda height, width, channels, classes: (
                _head_parameters(height, width, channels, classes)[0],
                (height * width + 1) * classes,
            ),
            "The pooled head has H·W inputs here, as if the channels had been averaged. Global pooling "
            "averages over height and width: C numbers are left.",
        ),
        Mistake(
            "counts parameters for pooling",
            lambda height, width, channels, classes: (
                _head_parameters(height, width, channels, classes)[0],
                (channels + 1) * classes + channels,
            ),
            "The pooled head has C parameters too many. Pooling learns nothing; only the dense layer counts.",
        ),
        Mistake(
            "exchanges the heads",
            lambda height, width, channels, classes: _head_parameters(height, width, channels, classes)[::-1],
            "Both numbers are right, in the wrong order: the Flatten head comes first.",
        ),
    ),
    hints=(
        "How many numbers does the dense layer read after Flatten? How many after global pooling?",
        "A dense layer that reads n numbers and has k units has (n + 1)·k parameters.",
    ),
)


def _layer_cases(rng: np.random.Generator) -> list[Inputs]:
    fixed = [[(3, 1)] * 2, [(3, 1), (2, 2), (3, 1), (2, 2), (3, 1)], [(7, 2), (3, 2), (3, 1)], [(5, 3)], []]
    drawn = [
        [(int(rng.integers(2, 8)), int(rng.integers(1, 4))) for _ in range(rng.integers(3, 6))]
        for _ in range(6)
    ]
    return [(layers,) for layers in fixed + drawn]


def _walk(layers: list[tuple[int, int]], advance: Callable[[int, int], int], extra: int = 0) -> int:
    """Add up a receptive field with another rule for the step, or `extra` pixels for every kernel."""
    field, step = 1, 1
    for kernel_size, strides in layers:
        field += (kernel_size - 1 + extra) * step
        step = advance(step, strides)
    return field


def _too_early(layers: list[tuple[int, int]]) -> int:
    """Let each stride widen its own layer's window too."""
    steps = np.cumprod([strides for _, strides in layers])
    return 1 + int(sum((layer[0] - 1) * step for layer, step in zip(layers, steps, strict=True)))


FIELD = Exercise(
    id="3.6",
    title="Receptive field",
    answer_name="receptive_field",
    section="How far a neuron sees",
    minutes=10,
    points=3,
    cases=_layer_cases,
    reference=arithmetic.receptive_field,
    mistakes=(
        Mistake(
            "ignores the strides",
            lambda layers: _walk(layers, lambda step, strides: 1),
            "This is right as long as every stride is 1. After a layer with strides S, neighbours lie S "
            "pixels apart, so every later kernel reaches S times as far.",
        ),
        Mistake(
            "lets a layer's own stride count",
            _too_early,
            "A layer's own stride does not widen its own window, only what comes after it. Add (F − 1)·step "
            "first, then multiply the step.",
        ),
        Mistake(
            "keeps the last stride only",
            lambda layers: _walk(layers, lambda step, strides: strides),
            "Only the stride of the layer before counts here. The strides of *all* earlier layers multiply.",
        ),
        Mistake(
            "adds whole kernels",
            lambda layers: _walk(layers, lambda step, strides: step * strides, extra=1),
            "Every layer adds F·step here. A window F wide holds the pixel we already see and F − 1 new "
            "neighbours.",
        ),
        Mistake(
            "adds the strides up",
            lambda layers: _walk(layers, lambda step, strides: step + strides),
            "The strides are added. They multiply: every second of every second is every fourth.",
        ),
        Mistake(
            "starts from nothing",
            lambda layers: arithmetic.receptive_field(layers) - 1,
            "One pixel is missing. Without any layer a neuron is a pixel and sees itself: start from 1.",
        ),
        Mistake(
            "goes through the layers backwards",
            lambda layers: arithmetic.receptive_field(layers[::-1]),
            "The layers were taken from the last to the first. The list begins at the image.",
        ),
    ),
    hints=(
        "Keep two numbers: the field, and how many pixels apart neighbours of the present layer are. Both "
        "start at 1.",
        "Each layer adds (kernel_size − 1) steps to the field. Afterwards the step is multiplied by its "
        "strides.",
        "`field += (kernel_size - 1) * step`, then `step *= strides`.",
    ),
)

EXERCISES = (POOL, GLOBAL, HEADS, SHIFT, MOVES, FIELD)
