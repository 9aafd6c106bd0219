"""The exercises of chapter 03: pooling, stacking, and how far a neuron sees."""

from collections.abc import Callable
from typing import Any

import numpy as np

from workbook import arithmetic, reference
from workbook.exercises import Exercise, Inputs, Mistake, close, value_exercise


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


def _shift_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw a map and one that is the same moved right, new columns at the left and some noise inside."""
    cases: list[Inputs] = []
    for shape, shift in (((4, 7), 2), ((6, 5), 1), ((3, 9), 4), ((5, 8), 3), ((4, 6), 0)):
        before = rng.normal(scale=3.0, size=shape)
        after = np.roll(before, shift, axis=1)
        after[:, :shift] += rng.normal(scale=20.0, size=(shape[0], shift))  # what came into view
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
    reference=_shift_error,
    mistakes=(
        Mistake(
            "does not move the first map",
            lambda before, after, shift: float(np.abs(after - before).max()),
            "The two maps are compared in place. That measures invariance: whether the output stays. "
            "Equivariance asks whether it moves along: move the first map by `shift` columns before you "
            "compare.",
        ),
        Mistake(
            "moves the wrong way",
            lambda before, after, shift: float(
                np.abs(after[:, : after.shape[1] - shift] - before[:, shift:]).max()
            ),
            "The map was moved to the left. What stood in column j before stands in column j + shift "
            "afterwards.",
        ),
        Mistake(
            "wraps around",
            lambda before, after, shift: float(np.abs(after - np.roll(before, shift, axis=1)).max()),
            "The first `shift` columns are compared as well, with columns that came round from the other "
            "side. New content entered there: leave them out.",
        ),
        Mistake(
            "slices with -0",
            lambda before, after, shift: float(np.abs(after[:, shift:] - before[:, :-shift]).max()),
            "Right for every shift but 0: `[:, :-0]` is `[:, :0]`, which is empty. Count from the left "
            "instead: `[:, : width - shift]`.",
        ),
        Mistake(
            "takes the mean",
            lambda before, after, shift: float(
                np.abs(after[:, shift:] - before[:, : before.shape[1] - shift]).mean()
            ),
            "This is the mean difference. One wrong pixel among thousands would hardly show: take the "
            "largest.",
        ),
        Mistake(
            "forgets the sign",
            lambda before, after, shift: float(
                (after[:, shift:] - before[:, : before.shape[1] - shift]).max()
            ),
            "A large negative difference is a difference too: take absolute values before the maximum.",
        ),
    ),
    hints=(
        "Draw two rows of 7 columns and move one by 2. Which columns of the second have a partner in the "
        "first?",
        "After the move: columns `shift` to the end. Before: columns 0 to `width - shift`.",
        "`np.abs(after[:, shift:] - before[:, : width - shift]).max()`",
    ),
)


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


def measured_moves() -> dict[str, int | None]:
    """Measure by how many columns each operation's output moves if the content moves by 4 pixels.

    None where no whole number of columns explains the new output.
    """
    image = np.zeros((36, 36), int)
    image[12:24, 8:20] = np.random.default_rng(0).integers(1, 100, (12, 12))  # black around
    moved = np.roll(image, MOVED, axis=1)
    moves: dict[str, int | None] = {}
    for name, operation in OPERATIONS.items():
        before, after = operation(image), operation(moved)
        fits = [k for k in range(MOVED + 1) if np.array_equal(np.roll(before, k, axis=1), after)]
        moves[name] = fits[0] if fits else None
    return moves


def _same_moves(observed: Any, expected: Any, inputs: Inputs = ()) -> str | None:
    """Compare without giving the right number away."""
    if not isinstance(observed, dict) or set(observed) != set(expected):
        return close()(observed, expected, inputs)
    for key, number in expected.items():
        if observed[key] is ...:
            return f"at {key!r}: not filled in yet"
        if observed[key] is not None and type(observed[key]) is not int:
            return f"at {key!r}: gave {observed[key]!r}, expected a whole number or None"
        if observed[key] != number:
            return f"at {key!r}: {observed[key]} is not what happens"
    return None


def _wrong_move(name: str, operation: str, number: int | None, message: str) -> Mistake:
    """Make the mistake of giving this number for one operation, recognised by it alone."""

    def looks_like(observed: Any, expected: Any, inputs: Inputs) -> bool:
        return observed[operation] == number

    return Mistake(name, {**measured_moves(), operation: number}, message, looks_like)


MOVES = value_exercise(
    id="3.5",
    title="How far does the output move?",
    answer_name="moves",
    section="When the input moves",
    minutes=6,
    points=2,
    reference=measured_moves(),
    compare=_same_moves,
    mistakes=(
        _wrong_move(
            "calls convolution invariant",
            "convolution, strides 1",
            0,
            "You say that the convolution's output stays where it is. It is equivariant, not invariant: the "
            "same kernel looks everywhere, so its answer moves with the object, pixel by pixel.",
        ),
        _wrong_move(
            "ignores the strides",
            "convolution, strides 2",
            4,
            "With strides S one column of the output stands for S columns of the input: divide.",
        ),
        _wrong_move(
            "calls pooling invariant",
            "max pooling, size 2, strides 2",
            0,
            "Pooling forgives moves inside a window. Four pixels are two whole windows of size 2: the "
            "pattern moves.",
        ),
        _wrong_move(
            "thinks that pooling always shrinks",
            "max pooling, size 3, strides 1",
            1,
            "The window is 3 wide, but it moves pixel by pixel: with strides 1 the output moves as far as "
            "the input.",
        ),
        _wrong_move(
            "rounds a move",
            "max pooling, size 3, strides 3",
            1,
            "Four pixels are not a whole number of windows of 3. The pixels fall into the windows in "
            "another way, so the values themselves change: no move explains the new output. That is `None`.",
        ),
        _wrong_move(
            "forgets that strides multiply",
            "two poolings, size 2, strides 2",
            2,
            "Two poolings with strides 2 have strides 4 together: four pixels are one column.",
        ),
        _wrong_move(
            "moves a single number",
            "global average pooling",
            None,
            "Global pooling leaves one number for the whole map. It has nowhere to go, and its value stays: "
            "0.",
        ),
    ),
    hints=(
        "One column of the output stands for as many columns of the input as the strides say.",
        "Strides of layers in a row multiply. If the 4 pixels are not a whole number of steps, the answer "
        "is `None`.",
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

EXERCISES = (
    POOL,
    GLOBAL,
    HEADS,
    SHIFT,
    MOVES,
    FIELD,
)
