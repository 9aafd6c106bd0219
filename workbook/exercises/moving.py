"""The exercises of chapter 03 in which the input moves: equivariance and invariance, measured."""

from collections.abc import Callable
from typing import Any

import numpy as np

from workbook import reference
from workbook.exercises import Exercise, Mistake, close, value_exercise

Inputs = tuple


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
