"""The exercises of chapter 03: pooling, stacking, and how far a neuron sees."""

from collections.abc import Callable
from typing import Any

import numpy as np

from workbook import arithmetic, reference
from workbook.exercises import Exercise, Inputs, Mistake, value_exercise

# 3.1 Max pooling


def _pool_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw images with windows that overlap, touch or leave gaps; some do not fit evenly."""
    shapes = [((5, 7, 2), 2, 2), ((6, 8, 3), 3, 2), ((9, 7, 2), 2, 3), ((4, 5, 3), 3, 1), ((6, 10, 2), 3, 3)]
    cases: list[Inputs] = []
    for shape, pool_size, strides in shapes:
        values = np.arange(np.prod(shape)) - 40
        cases.append((rng.permuted(values).reshape(shape), pool_size, strides))
    negative = -1 - np.arange(60)
    cases.append((rng.permuted(negative).reshape(5, 6, 2), 2, 2))
    return cases


def _max_pool(image: np.ndarray, pool_size: int, strides: int) -> np.ndarray:
    return reference.pool2d(image, pool_size, strides=strides)


def _ceil_pool(image: np.ndarray, pool_size: int, strides: int) -> np.ndarray:
    """Pool incomplete windows too."""
    tops = range(0, image.shape[0], strides)
    lefts = range(0, image.shape[1], strides)
    return np.array(
        [
            [image[top : top + pool_size, left : left + pool_size].max(axis=(0, 1)) for left in lefts]
            for top in tops
        ]
    )


def _pool_everything(image: np.ndarray, pool_size: int, strides: int) -> np.ndarray:
    pooled = _max_pool(image, pool_size, strides)
    return np.broadcast_to(pooled.max(axis=2, keepdims=True), pooled.shape).copy()


def _pool_group(image: np.ndarray, pool_size: int, strides: int) -> str:
    if pool_size == strides:
        return "windows side by side"
    return "windows that overlap" if pool_size > strides else "windows with gaps"


def _neighbouring_windows(image: np.ndarray, pool_size: int, strides: int) -> np.ndarray:
    """Fill an output of the right size with the first windows that are one pixel apart."""
    rows, columns, _ = _max_pool(image, pool_size, strides).shape
    return _max_pool(image, pool_size, 1)[:rows, :columns]


POOL = Exercise(
    id="3.1",
    title="Max pooling",
    answer_name="max_pool",
    section="Keep the strongest",
    minutes=12,
    points=3,
    cases=_pool_cases,
    groups=_pool_group,
    reference=_max_pool,
    solved_by=("reference.pool2d", "reference.pool2d_loops"),
    mistakes=(
        Mistake(
            "pools the channels too",
            _pool_everything,
            "This takes the maximum over the channels as well, so that all channels hold the same numbers. Pooling "
            "treats every feature map separately: take the maximum over the window's height and width only, "
            "`axis=(0, 1)`.",
        ),
        Mistake(
            "ignores the strides",
            lambda image, pool_size, strides: _max_pool(image, pool_size, pool_size),
            "This uses the pool size as the step, which is only the default. A window starts at row · strides and "
            "is pool_size wide.",
        ),
        Mistake(
            "moves by one pixel",
            lambda image, pool_size, strides: _max_pool(image, pool_size, 1),
            "This moves the window pixel by pixel. With strides S the windows start at 0, S, 2S ...",
        ),
        Mistake(
            "uses the strides as the window",
            lambda image, pool_size, strides: _max_pool(image, strides, strides),
            "This uses the strides as the size of the window. The window is pool_size wide, and its step is strides.",
        ),
        Mistake(
            "averages",
            lambda image, pool_size, strides: reference.pool2d(
                image, pool_size, strides=strides, kind="mean"
            ),
            "This is mean pooling. Max pooling keeps the largest value of each window.",
        ),
        Mistake(
            "keeps incomplete windows",
            _ceil_pool,
            "This keeps windows that hang over the edge, so the output has a row or a column too many. Without "
            "padding a window must fit: there are (H − pool_size) // strides + 1 rows.",
        ),
        Mistake(
            "takes the window's corner",
            lambda image, pool_size, strides: _max_pool(
                image[: image.shape[0] - pool_size + 1, : image.shape[1] - pool_size + 1], 1, strides
            ),
            "The shape is right, but each value is the window's top left pixel, which is subsampling. Take the "
            "maximum of the whole window.",
        ),
        Mistake(
            "starts from zero",
            lambda image, pool_size, strides: np.maximum(_max_pool(image, pool_size, strides), 0),
            "This returns 0 where all values of a window are negative, because the search for the maximum begins at "
            "0. The maximum of (−3, −5) is −3: begin with a value of the window.",
        ),
        Mistake(
            "forgets the strides in the slice",
            _neighbouring_windows,
            "The output has the right size, but the window moves pixel by pixel. It starts at row · strides: "
            "`top = row * strides`, and the same for the columns.",
        ),
    ),
    hints=(
        "How many windows fit, down and across? Use the formula of chapter 02, without padding.",
        "Write two loops, as for the convolution. The window is `image[top : top + pool_size, left : left + "
        "pool_size]` with `top = row * strides`.",
        "The window is (pool_size, pool_size, C) and the output needs C numbers: `window.max(axis=(0, 1))`.",
    ),
)


# 3.2 Global average pooling


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
    reference=lambda maps: reference.global_pool(maps),
    solved_by=("reference.global_pool",),
    may_use=("reference.pool2d", "reference.pool2d_loops"),  # with the whole map as the window
    mistakes=(
        Mistake(
            "averages the batch too",
            lambda maps: maps.mean(axis=(0, 1, 2)),
            "This averages over the images of the batch as well. Each image keeps its own row: return the shape (N, "
            "C).",
        ),
        Mistake(
            "takes the batch for a side",
            lambda maps: maps.mean(axis=(0, 1)),
            "This averages axes 0 and 1, the batch and the height. In (N, H, W, C) height and width are axes 1 and "
            "2.",
        ),
        Mistake(
            "averages the channels too",
            lambda maps: maps.mean(axis=(1, 2, 3)),
            "This averages over the channels as well, so one number per image is left. Keep one number per feature "
            "map.",
        ),
        Mistake(
            "takes the channels for a side",
            lambda maps: maps.mean(axis=(2, 3)),
            "This averages the last two axes, which are height and width in PyTorch's order. Keras puts the "
            "channels last, (N, H, W, C): average axes 1 and 2.",
        ),
        Mistake(
            "adds without dividing",
            lambda maps: maps.sum(axis=(1, 2)),
            "This is the sum of each map. Divide by the number of its pixels.",
        ),
        Mistake(
            "takes the maximum",
            lambda maps: maps.max(axis=(1, 2)),
            "This is global max pooling: the largest value of each map. The exercise asks for the average.",
        ),
        Mistake(
            "keeps the empty axes",
            lambda maps: maps.mean(axis=(1, 2), keepdims=True),
            "The numbers are right, but height and width are still there, with size 1. Return the shape (N, C).",
        ),
    ),
    hints=(
        "Four axes come in and two go out. Which two disappear?",
        "`mean` takes a tuple of axes: `maps.mean(axis=(…, …))`. Axis 0 is the batch.",
    ),
)


# 3.3 Two heads


def _head_cases(rng: np.random.Generator) -> list[Inputs]:
    fixed: list[Inputs] = [(7, 7, 512, 1000), (4, 6, 64, 10)]
    drawn = [tuple(rng.integers((2, 2, 3, 3), (9, 9, 65, 21)).tolist()) for _ in range(5)]
    side, _, *sizes = drawn[0]
    return [*fixed, (side, side, *sizes), *drawn[1:]]


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
    groups=lambda height, width, *sizes: "square maps" if height == width else "maps that are not square",
    reference=_head_parameters,
    may_use=("arithmetic.dense_parameters",),
    mistakes=(
        Mistake(
            "forgets the biases",
            lambda height, width, channels, classes: (
                height * width * channels * classes,
                channels * classes,
            ),
            "This counts only the weights. In both heads each class also has a bias.",
        ),
        Mistake(
            "gives every input a bias",
            lambda height, width, channels, classes: (
                height * width * channels * (classes + 1),
                channels * (classes + 1),
            ),
            "This counts one bias per input. A bias belongs to a unit of the dense layer: count one per class.",
        ),
        Mistake(
            "forgets the channels",
            lambda height, width, channels, classes: (
                (height * width + 1) * classes,
                _head_parameters(height, width, channels, classes)[1],
            ),
            "This counts H·W inputs for the Flatten head. Flatten lays out every value of every map: H·W·C inputs.",
        ),
        Mistake(
            "pools the channels",
            lambda height, width, channels, classes: (
                _head_parameters(height, width, channels, classes)[0],
                (height * width + 1) * classes,
            ),
            "This counts H·W inputs for the pooled head, as if the channels had been averaged. Global pooling "
            "averages over height and width: C numbers are left.",
        ),
        Mistake(
            "counts parameters for pooling",
            lambda height, width, channels, classes: (
                _head_parameters(height, width, channels, classes)[0],
                (channels + 1) * classes + channels,
            ),
            "This counts C parameters for the pooling, which learns nothing. Count only the dense layer.",
        ),
        Mistake(
            "exchanges the heads",
            lambda height, width, channels, classes: _head_parameters(height, width, channels, classes)[::-1],
            "Both numbers are right, but in the wrong order. Return the Flatten head first.",
        ),
    ),
    hints=(
        "How many numbers does the dense layer read after Flatten? How many after global pooling?",
        "A dense layer that reads n numbers and has k units has (n + 1)·k parameters.",
    ),
)


# 3.4 Measure equivariance


def _shift_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw maps, each with a copy that is moved right, with new columns at the left and a little noise."""
    cases: list[Inputs] = []
    for shape, shift in (((4, 7), 2), ((6, 5), 1), ((3, 9), 4), ((5, 8), 3), ((4, 6), 0)):
        before = rng.normal(scale=3.0, size=shape)
        after = np.roll(before, shift, axis=1)
        after[:, :shift] += rng.normal(scale=20.0, size=(shape[0], shift))  # the new content
        after[:, shift:] += rng.normal(scale=0.3, size=(shape[0], shape[1] - shift))
        row, column = rng.integers(shape[0]), rng.integers(shift, shape[1])
        after[row, column] -= 1.5  # the largest difference is a negative one
        cases.append((before, after, shift))
    return cases


def _shift_error(before: np.ndarray, after: np.ndarray, shift: int) -> float:
    kept = before[:, : before.shape[1] - shift]
    return float(np.abs(after[:, shift:] - kept).max())


SHIFT = Exercise(
    id="3.4",
    title="Measure equivariance",
    answer_name="shift_error",
    section="When the input moves",
    minutes=8,
    points=2,
    cases=_shift_cases,
    groups=lambda before, after, shift: "a shift" if shift else "no shift",
    reference=_shift_error,
    mistakes=(
        Mistake(
            "does not move the first map",
            lambda before, after, shift: float(np.abs(after - before).max()),
            "This compares the two maps in place, which measures invariance: whether the output stays. Equivariance "
            "asks whether it moves along: move the first map by `shift` columns before you compare.",
        ),
        Mistake(
            "moves the wrong way",
            lambda before, after, shift: float(
                np.abs(after[:, : after.shape[1] - shift] - before[:, shift:]).max()
            ),
            "This moves the map to the left. Column j of the first map becomes column j + shift of the second: move "
            "it to the right.",
        ),
        Mistake(
            "wraps around",
            lambda before, after, shift: float(np.abs(after - np.roll(before, shift, axis=1)).max()),
            "This also compares the first `shift` columns, with columns that wrapped around from the other side. "
            "New content entered there: leave these columns out.",
        ),
        Mistake(
            "slices with -0",
            lambda before, after, shift: float(np.abs(after[:, shift:] - before[:, :-shift]).max()),
            "This is right for every shift except 0: `[:, :-0]` is `[:, :0]`, which is empty. Count from the left "
            "instead: `[:, : width - shift]`.",
        ),
        Mistake(
            "takes the mean",
            lambda before, after, shift: float(
                np.abs(after[:, shift:] - before[:, : before.shape[1] - shift]).mean()
            ),
            "This is the mean difference, in which one wrong pixel among thousands hardly shows. Take the largest "
            "difference.",
        ),
        Mistake(
            "lets negative differences lose",
            lambda before, after, shift: float(
                (after[:, shift:] - before[:, : before.shape[1] - shift]).max()
            ),
            "This misses large negative differences. Take absolute values before the maximum.",
        ),
    ),
    hints=(
        "Draw two rows of 7 columns and move one by 2. Which columns of the second have a partner in the "
        "first?",
        "After the move: columns `shift` to the end. Before: columns 0 to `width - shift`.",
        "`np.abs(after[:, shift:] - before[:, : width - shift]).max()`",
    ),
)


# 3.5 How far does the output move?

MOVED = 4  # pixels


def _convolve(image: np.ndarray, strides: int) -> np.ndarray:
    return reference.conv2d(image, np.array([[1, 2, 0], [0, 1, 3], [2, 0, 1]]), strides=strides)


OPERATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "convolution, strides 1": lambda image: _convolve(image, 1),
    "convolution, strides 2": lambda image: _convolve(image, 2),
    "max pooling, size 3, strides 1": lambda image: reference.pool2d(image, 3, strides=1),
    "max pooling, size 2, strides 2": lambda image: reference.pool2d(image, 2),
    "max pooling, size 3, strides 3": lambda image: reference.pool2d(image, 3),
    "two poolings, size 2, strides 2": lambda image: reference.pool2d(reference.pool2d(image, 2), 2),
    "global average pooling": lambda image: image.mean(keepdims=True),
}


def _measured_moves() -> dict[str, int | None]:
    """Return by how many columns each operation's output moves if the content moves by 4 pixels.

    None means that no whole number of columns explains the new output.
    """
    image = np.zeros((36, 36), int)
    image[12:24, 8:20] = np.random.default_rng(0).integers(1, 100, (12, 12))  # black around it
    moved = np.roll(image, MOVED, axis=1)
    moves: dict[str, int | None] = {}
    for name, operation in OPERATIONS.items():
        before, after = operation(image), operation(moved)
        explains = [move for move in range(MOVED + 1) if np.array_equal(np.roll(before, move, axis=1), after)]
        moves[name] = explains[0] if explains else None
    return moves


MEASURED = _measured_moves()


def _wrong_move(name: str, operation: str, number: int | None, message: str) -> Mistake:
    """Return the mistake of predicting this number for one operation, recognised where all others are right."""

    def looks_like(observed: Any, expected: Any, inputs: Inputs) -> bool:
        return {**observed, operation: expected[operation]} == expected and observed[operation] == number

    return Mistake(name, {**MEASURED, operation: number}, message, looks_like)


MOVES = value_exercise(
    id="3.5",
    title="How far does the output move?",
    answer_name="moves",
    section="When the input moves",
    minutes=6,
    points=2,
    reference=MEASURED,
    mistakes=(
        _wrong_move(
            "calls convolution invariant",
            "convolution, strides 1",
            0,
            "This says that the convolution's output stays in place. Convolution is equivariant, not invariant: the "
            "same kernel looks everywhere, so its response moves with the object, pixel by pixel.",
        ),
        _wrong_move(
            "ignores the strides",
            "convolution, strides 2",
            4,
            "This ignores the strides. With strides S one column of the output stands for S columns of the input: "
            "divide by S.",
        ),
        _wrong_move(
            "calls pooling invariant",
            "max pooling, size 2, strides 2",
            0,
            "This says that pooling removes the move. It does so only inside a window, and four pixels are two "
            "whole windows of size 2: the pattern moves.",
        ),
        _wrong_move(
            "thinks that pooling always shrinks",
            "max pooling, size 3, strides 1",
            1,
            "This divides the move by the window's width. The window moves pixel by pixel, so with strides 1 the "
            "output moves as far as the input.",
        ),
        _wrong_move(
            "rounds a move",
            "max pooling, size 3, strides 3",
            1,
            "This rounds the move. Four pixels are not a whole number of windows of 3: the pixels fall into the "
            "windows in another way, so the values themselves change.",
        ),
        _wrong_move(
            "forgets that strides multiply",
            "two poolings, size 2, strides 2",
            2,
            "This counts the strides of one pooling. Strides multiply: which strides do the two poolings have "
            "together?",
        ),
        _wrong_move(
            "moves a single number",
            "global average pooling",
            None,
            "This says that no move explains the new output. Global pooling leaves one number for the whole map, "
            "which has nowhere to go and keeps its value.",
        ),
    ),
    hints=(
        "With strides S, one column of the output stands for S columns of the input.",
        "Strides of layers in a row multiply. If the 4 pixels are not a whole number of steps, the answer "
        "is `None`.",
    ),
)


# 3.6 Receptive field


def _layer_cases(rng: np.random.Generator) -> list[Inputs]:
    fixed = [[(3, 1)] * 2, [(3, 1), (2, 2), (3, 1), (2, 2), (3, 1)], [(7, 2), (3, 2), (3, 1)], [(5, 3)], []]
    drawn = [
        [(int(rng.integers(2, 8)), int(rng.integers(1, 4))) for _ in range(rng.integers(3, 6))]
        for _ in range(6)
    ]
    return [(layers,) for layers in fixed + drawn]


def _walk(layers: list[tuple[int, int]], advance: Callable[[int, int], int], extra: int = 0) -> int:
    """Return a receptive field with another rule for the step, or with `extra` pixels for every kernel."""
    field, step = 1, 1
    for kernel_size, strides in layers:
        field += (kernel_size - 1 + extra) * step
        step = advance(step, strides)
    return field


def _too_early(layers: list[tuple[int, int]]) -> int:
    """Return a receptive field in which each stride widens the window of its own layer too."""
    field, step = 1, 1
    for kernel_size, strides in layers:
        step *= strides
        field += (kernel_size - 1) * step
    return field


FIELD = Exercise(
    id="3.6",
    title="Receptive field",
    answer_name="receptive_field",
    section="How far a neuron sees",
    minutes=10,
    points=3,
    cases=_layer_cases,
    groups=lambda layers: "stride 1" if all(strides == 1 for _, strides in layers) else "larger strides",
    reference=arithmetic.receptive_field,
    solved_by=("arithmetic.receptive_field", "arithmetic.receptive_fields"),
    mistakes=(
        Mistake(
            "ignores the strides",
            lambda layers: _walk(layers, lambda step, strides: 1),
            "This is right only if every stride is 1. After a layer with strides S neighbours are S pixels apart, "
            "so every later kernel reaches S times as far: multiply by the strides.",
        ),
        Mistake(
            "lets a layer's own stride count",
            _too_early,
            "This lets a layer's stride widen the layer's own window. It widens only later windows: add (F − "
            "1)·step first, then multiply the step.",
        ),
        Mistake(
            "keeps the last stride only",
            lambda layers: _walk(layers, lambda step, strides: strides),
            "This uses only the strides of the layer before. Multiply the strides of *all* earlier layers.",
        ),
        Mistake(
            "adds whole kernels",
            lambda layers: _walk(layers, lambda step, strides: step * strides, extra=1),
            "This adds F·step per layer. A window of F pixels holds one pixel that is already seen and F − 1 new "
            "ones: add (F − 1)·step.",
        ),
        Mistake(
            "adds the strides up",
            lambda layers: _walk(layers, lambda step, strides: step + strides),
            "This adds the strides. Multiply them: every second of every second is every fourth.",
        ),
        Mistake(
            "starts from nothing",
            lambda layers: arithmetic.receptive_field(layers) - 1,
            "This is one pixel too few. Without any layer a neuron is a pixel and sees itself: start from 1.",
        ),
        Mistake(
            "goes through the layers backwards",
            lambda layers: arithmetic.receptive_field(layers[::-1]),
            "This goes through the layers from the last to the first. The list begins at the image.",
        ),
    ),
    hints=(
        "Keep two numbers: the field, and the distance in pixels between neighbours of the current layer. Both "
        "start at 1.",
        "Each layer adds (kernel_size − 1) steps to the field. Then multiply the step by the layer's strides.",
        "`field += (kernel_size - 1) * step`, then `step *= strides`.",
    ),
)

EXERCISES = (POOL, GLOBAL, HEADS, SHIFT, MOVES, FIELD)
