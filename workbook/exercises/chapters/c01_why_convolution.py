"""The exercises of chapter 01: why convolution."""

from collections.abc import Callable
from typing import Any

import numpy as np

from workbook import arithmetic, reference
from workbook.exercises import Exercise, Inputs, Mistake, value_exercise

# 1.1 Parameters of a dense layer


def _dense_cases(rng: np.random.Generator) -> list[Inputs]:
    cases: list[Inputs] = [(1000, 1000, 1, 10**6), (28, 28, 1, 10), (32, 32, 3, 100)]
    for _ in range(5):
        height, width = rng.integers(5, 60, 2).tolist()
        cases.append((height, width, 3, int(rng.integers(2, 300))))
    return cases


DENSE = Exercise(
    id="1.1",
    title="Parameters of a dense layer",
    answer_name="dense_parameters",
    section="A weight for every pair",
    cases=_dense_cases,
    groups=lambda height, width, channels, units: "one channel" if channels == 1 else "three channels",
    reference=lambda height, width, channels, units: arithmetic.dense_parameters(
        height * width * channels, units
    ),
    solved_by=("arithmetic.dense_parameters",),
    mistakes=(
        Mistake(
            "forgets the biases",
            lambda height, width, channels, units: height * width * channels * units,
            "This counts only the weights. Each unit also has a bias.",
        ),
        Mistake(
            "forgets the channels",
            lambda height, width, channels, units: (height * width + 1) * units,
            "This counts each pixel once. A colour pixel is three numbers, and each of them is an input: multiply "
            "by the channels.",
        ),
        Mistake(
            "gives the inputs the biases",
            lambda height, width, channels, units: height * width * channels * (units + 1),
            "This counts one bias per input. A bias belongs to a unit: count one per unit.",
        ),
        Mistake(
            "counts one bias",
            lambda height, width, channels, units: height * width * channels * units + 1,
            "This counts a single bias for the whole layer. Each unit has its own.",
        ),
        Mistake(
            "counts one unit",
            lambda height, width, channels, units: height * width * channels + 1,
            "These are the parameters of one unit. The layer has `units` of them: multiply.",
        ),
        Mistake(
            "adds inputs and units",
            lambda height, width, channels, units: height * width * channels + units,
            "This adds inputs and units. In a dense layer every unit has a weight for *every* input: multiply.",
        ),
    ),
    hints=(
        "How many numbers enter the layer? Height × width × channels.",
        "One unit has a weight for each of them, and one bias. How many units are there?",
    ),
)


# 1.2 MB and MiB


def _memory_cases(rng: np.random.Generator) -> list[Inputs]:
    drawn = [(int(rng.integers(10**4, 10**8)), bytes_each) for bytes_each in (2, 4, 8, 4)]
    return [(10**12, 4), (61_706, 4), *drawn]


MEMORY = Exercise(
    id="1.2",
    title="MB and MiB",
    answer_name="memory",
    section="How much memory is that?",
    cases=_memory_cases,
    groups=lambda weights, bytes_each: "float32 weights" if bytes_each == 4 else "weights of other types",
    reference=lambda weights, bytes_each: (weights * bytes_each / 10**6, weights * bytes_each / 2**20),
    mistakes=(
        Mistake(
            "counts weights, not bytes",
            lambda weights, bytes_each: (weights / 10**6, weights / 2**20),
            "This counts weights, not bytes. Each weight takes `bytes_each` bytes: multiply first.",
        ),
        Mistake(
            "swaps the units",
            lambda weights, bytes_each: (weights * bytes_each / 2**20, weights * bytes_each / 10**6),
            "MB and MiB are exchanged. A MB has 10⁶ bytes, a MiB has 2²⁰. Return the MB first.",
        ),
        Mistake(
            "gives MB twice",
            lambda weights, bytes_each: (weights * bytes_each / 10**6, weights * bytes_each / 10**6),
            "Both numbers are in MB. A MiB has 2²⁰ = 1,048,576 bytes: divide by that for the second number.",
        ),
        Mistake(
            "gives MiB twice",
            lambda weights, bytes_each: (weights * bytes_each / 2**20, weights * bytes_each / 2**20),
            "Both numbers are in MiB, though many programs print this as MB. A MB has 10⁶ bytes: divide by that for "
            "the first number.",
        ),
        Mistake(
            "mixes 1000 and 1024",
            lambda weights, bytes_each: (weights * bytes_each / 10**6, weights * bytes_each / (1000 * 1024)),
            "The second number divides by 1000 and by 1024, which is neither MB nor MiB. A MiB has 1024 × 1024 "
            "bytes.",
        ),
        Mistake(
            "counts bits",
            lambda weights, bytes_each: (8 * weights * bytes_each / 10**6, 8 * weights * bytes_each / 2**20),
            "This counts bits, which is eight times too much. Sizes are given in bytes: do not multiply by 8.",
        ),
    ),
    hints=(
        "First the bytes: how many weights are there, and how many bytes does each take?",
        "Divide by `10**6` for MB, by `2**20` for MiB, and return both: `return first, second`.",
    ),
)


# 1.3 Weights for shuffled pixels


def _shuffle_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw weights (inputs, units) and orders that are not their own inverse."""
    cases: list[Inputs] = []
    for inputs, units in ((6, 2), (9, 4), (12, 3), (7, 5)):
        order = rng.permutation(inputs)
        while np.array_equal(order, np.argsort(order)):
            order = rng.permutation(inputs)
        cases.append((rng.normal(size=(inputs, units)), order))
    return cases


SHUFFLE = Exercise(
    id="1.3",
    title="Weights for shuffled pixels",
    answer_name="shuffled_weights",
    section="Shuffle the pixels",
    points=2,
    cases=_shuffle_cases,
    reference=lambda weights, order: weights[order],
    mistakes=(
        Mistake(
            "leaves the weights alone",
            lambda weights, order: weights,
            "These are the old weights. The pixels have moved, so each weight must move with its pixel.",
        ),
        Mistake(
            "undoes the shuffle",
            lambda weights, order: weights[np.argsort(order)],
            "This applies the inverse order, so the weights move the wrong way. New input i is old input "
            "`order[i]`, so new row i must be old row `order[i]`.",
        ),
        Mistake(
            "shuffles the units",
            lambda weights, order: weights[:, order],
            "This reorders the columns. A column belongs to a unit. The inputs, which were shuffled, are the rows: "
            "reorder those.",
        ),
        Mistake(
            "turns the matrix",
            lambda weights, order: weights[order].T,
            "The rows are in the right order, but the matrix is transposed. Return the shape (inputs, units).",
        ),
    ),
    hints=(
        "`shuffled = image[order]`: input number i now holds the pixel that used to be number `order[i]`.",
        "Input i needs the weights that its pixel had before: row `order[i]` of `weights`. One index is enough.",
    ),
)


# 1.4 Dense, local, shared


def _predicts(key: str, count: int) -> Callable[[Any, Any, Inputs], bool]:
    """Return a predicate that recognises a wrong prediction by one of its numbers."""
    return lambda observed, expected, inputs: observed[key] == count and expected[key] != count


PLACES, WINDOW, PIXELS = 24 * 24, 5 * 5, 28 * 28

COUNTS = value_exercise(
    id="1.4",
    title="Dense, local, shared",
    answer_name="weight_counts",
    section="Three observations, three savings",
    reference={"dense": PIXELS * PLACES, "local": PLACES * WINDOW, "shared": WINDOW},
    mistakes=(
        Mistake(
            "has a window for every pixel",
            {"dense": PIXELS * PIXELS, "local": PIXELS * WINDOW, "shared": WINDOW},
            "This counts 28 × 28 windows, some of which hang over the edge. A window of 5 fits into 28 pixels at 28 "
            "− 5 + 1 = 24 places.",
            lambda observed, expected, inputs: (
                observed["dense"] == PIXELS**2 or observed["local"] == PIXELS * WINDOW
            ),
        ),
        Mistake(
            "stops one window early",
            {"dense": PIXELS * 23**2, "local": 23**2 * WINDOW, "shared": WINDOW},
            "This counts 23 × 23 windows. Count the first one too: there are 28 − 5 + 1 places along a side.",
            lambda observed, expected, inputs: (
                observed["dense"] == PIXELS * 23**2 or observed["local"] == 23**2 * WINDOW
            ),
        ),
        Mistake(
            "does not share",
            {"dense": PIXELS * PLACES, "local": PLACES * WINDOW, "shared": PLACES * WINDOW},
            "This stores weights for each of the 576 units. Shared means that all of them use the *same* weights, "
            "stored and learned once.",
            _predicts("shared", PLACES * WINDOW),
        ),
        Mistake(
            "shares within a window",
            {"dense": PIXELS * PLACES, "local": PLACES * WINDOW, "shared": PLACES},
            "This counts one weight per place. It is the other way round: the weights of a window differ, and "
            "all places share them.",
            _predicts("shared", PLACES),
        ),
        Mistake(
            "counts one side of the window",
            {"dense": PIXELS * PLACES, "local": PLACES * 5, "shared": 5},
            "This counts one side of the window. A window has a weight for each of its pixels, in every row.",
            lambda observed, expected, inputs: observed["local"] == PLACES * 5 or observed["shared"] == 5,
        ),
        Mistake(
            "adds inputs and units",
            {"dense": PIXELS + PLACES, "local": PLACES * WINDOW, "shared": WINDOW},
            "This adds inputs and units for the dense layer. Every unit is connected to every pixel: multiply.",
            _predicts("dense", PIXELS + PLACES),
        ),
    ),
    hints=(
        "Start with the places: at how many positions along one side does a window of 5 fit into 28 pixels?",
        "24 × 24 places, one unit each. Dense: each unit has 784 weights. Local: each unit has 25.",
        "Shared: one set of 25 weights for all units.",
    ),
)


# 1.5 Write a convolution as a matrix


def _row_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw kernels of different weights; none reads the same backwards, except the one of length 1."""
    sizes = [(3, 6), (2, 5), (4, 7), (1, 3), (5, 5), (2, 8)]
    cases: list[Inputs] = [(rng.permutation(np.arange(1, 10))[:length], size) for length, size in sizes]
    return [*cases, (rng.permutation(np.arange(1, 10))[:3] / 4, 5)]  # fractions


def _row_matrix(kernel: np.ndarray, size: int) -> np.ndarray:
    return reference.dense_matrix(kernel[np.newaxis], (1, size))


TOEPLITZ = Exercise(
    id="1.5",
    title="Write a convolution as a matrix",
    answer_name="as_matrix",
    section="The same output from a matrix",
    minutes=10,
    points=3,
    cases=_row_cases,
    groups=lambda kernel, size: "whole numbers" if kernel.dtype.kind == "i" else "fractions",
    reference=_row_matrix,
    solved_by=("reference.dense_matrix",),
    mistakes=(
        Mistake(
            "flips the kernel",
            lambda kernel, size: _row_matrix(kernel[::-1], size),
            "The kernel is backwards in every row: that is the true convolution. Frameworks do not flip the kernel, "
            "so write it as it is.",
        ),
        Mistake(
            "does not move the kernel",
            lambda kernel, size: np.tile(_row_matrix(kernel, size)[:1], (size - len(kernel) + 1, 1)),
            "All rows are equal, so all outputs would be equal. Move the kernel one pixel further to the right in "
            "each row.",
        ),
        Mistake(
            "wraps around the edge",
            lambda kernel, size: np.array(
                [np.roll(np.pad(kernel, (0, size - len(kernel))), row) for row in range(size)]
            ),
            "The last rows wrap around to the left edge. Stop when the window reaches the right edge: there are "
            "size − F + 1 rows.",
        ),
        Mistake(
            "turns the matrix",
            lambda kernel, size: _row_matrix(kernel, size).T,
            "This is the transposed matrix. It must have one row per output and one column per input.",
        ),
        Mistake(
            "stops one row early",
            lambda kernel, size: _row_matrix(kernel, size)[:-1],
            "The last row is missing. A kernel of length F fits at size − F + 1 places.",
        ),
        Mistake(
            "lets the kernel hang over the edge",
            lambda kernel, size: np.array([np.pad(kernel, (row, size))[:size] for row in range(size)]),
            "In the last rows the kernel is cut off at the edge. Keep only the rows in which the whole kernel fits.",
        ),
        Mistake(
            "cuts the fractions off",
            lambda kernel, size: _row_matrix(kernel, size).astype(int),
            "The kernel's fractions are cut off, because the matrix holds whole numbers. `np.zeros(shape)` without a "
            "`dtype` holds floats.",
        ),
    ),
    hints=(
        "Begin with zeros of shape (outputs, inputs). How many outputs does a kernel of length F have on `size` "
        "pixels?",
        "Row 0 holds the kernel in columns 0 to F − 1. Which columns hold it in row 1?",
        "In a loop over the rows: `matrix[row, row : row + len(kernel)] = kernel`.",
    ),
)


# 1.6 How empty is the matrix?


def _zero_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw sizes of matrices that are small enough to be built as a whole."""
    cases: list[Inputs] = [(6, 6, 3, 3), (28, 28, 5, 5), (30, 40, 10, 10), (4, 9, 4, 8)]
    for _ in range(5):
        height, width = rng.integers(6, 40, 2).tolist()
        cases.append((height, width, int(rng.integers(1, 5)), int(rng.integers(2, 6))))
    return cases


def _places(height: int, width: int, kernel_height: int, kernel_width: int) -> int:
    return (height - kernel_height + 1) * (width - kernel_width + 1)


def _shape_group(height: int, width: int, kernel_height: int, kernel_width: int) -> str:
    is_square = height == width and kernel_height == kernel_width
    return "square images and kernels" if is_square else "other images and kernels"


ZEROS = Exercise(
    id="1.6",
    title="How empty is the matrix?",
    answer_name="share_of_zeros",
    section="Pruned and shared",
    points=2,
    cases=_zero_cases,
    groups=_shape_group,
    reference=lambda height, width, kernel_height, kernel_width: (
        1 - kernel_height * kernel_width / (height * width)
    ),
    mistakes=(
        Mistake(
            "gives the share that is left",
            lambda height, width, kernel_height, kernel_width: (
                kernel_height * kernel_width / (height * width)
            ),
            "This is the share of entries that are *not* zero. Subtract it from 1.",
        ),
        Mistake(
            "gives per cent",
            lambda height, width, kernel_height, kernel_width: (
                100 * (1 - kernel_height * kernel_width / (height * width))
            ),
            "This is in per cent. A share is between 0 and 1: do not multiply by 100.",
        ),
        Mistake(
            "counts the zeros",
            lambda height, width, kernel_height, kernel_width: (
                _places(height, width, kernel_height, kernel_width)
                * (height * width - kernel_height * kernel_width)
            ),
            "This is the number of zeros. Divide it by the number of all entries.",
        ),
        Mistake(
            "divides by the outputs",
            lambda height, width, kernel_height, kernel_width: (
                1 - kernel_height * kernel_width / _places(height, width, kernel_height, kernel_width)
            ),
            "This divides by the number of outputs. A row has one entry per *input* pixel: divide by the number of "
            "inputs.",
        ),
        Mistake(
            "counts each weight once",
            lambda height, width, kernel_height, kernel_width: (
                1
                - kernel_height
                * kernel_width
                / (height * width * _places(height, width, kernel_height, kernel_width))
            ),
            "This counts the kernel once for the whole matrix. Every row holds a copy of it: count the weights in "
            "all rows.",
        ),
    ),
    hints=(
        "All rows have the same number of zeros, so one row is enough. How long is it, and how many of its entries "
        "are weights?",
        "A row has height × width entries, one per pixel. Of these, kernel_height × kernel_width are not zero.",
    ),
)

EXERCISES = (DENSE, MEMORY, SHUFFLE, COUNTS, TOEPLITZ, ZEROS)
