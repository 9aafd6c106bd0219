"""The exercises of chapter 01: why convolution."""

from typing import Any

import numpy as np

from workbook import arithmetic, reference
from workbook.exercises import Exercise, Inputs, Mistake, value_exercise


def _dense_cases(rng: np.random.Generator) -> list[Inputs]:
    fixed: list[Inputs] = [(1000, 1000, 1, 10**6), (28, 28, 1, 10), (32, 32, 3, 100)]
    drawn = [(*(int(one) for one in rng.integers(5, 60, 2)), 3, int(rng.integers(2, 300))) for _ in range(5)]
    return fixed + drawn


DENSE = Exercise(
    id="1.1",
    title="Parameters of a dense layer",
    answer_name="dense_parameters",
    section="One layer, a trillion weights",
    cases=_dense_cases,
    reference=lambda height, width, channels, units: arithmetic.dense_parameters(
        height * width * channels, units
    ),
    mistakes=(
        Mistake(
            "forgets the biases",
            lambda height, width, channels, units: height * width * channels * units,
            "These are the weights alone. Each unit adds a bias of its own.",
        ),
        Mistake(
            "forgets the channels",
            lambda height, width, channels, units: (height * width + 1) * units,
            "Each pixel counts once here. A colour pixel is three numbers, and each of them is an input.",
        ),
        Mistake(
            "gives the inputs the biases",
            lambda height, width, channels, units: height * width * channels * (units + 1),
            "There is one bias for each input here. Biases belong to the units: one for each output.",
        ),
        Mistake(
            "counts one bias",
            lambda height, width, channels, units: height * width * channels * units + 1,
            "There is a single bias for the whole layer here. Each unit has its own.",
        ),
        Mistake(
            "counts one unit",
            lambda height, width, channels, units: height * width * channels + 1,
            "These are the parameters of one unit. The layer has `units` of them.",
        ),
        Mistake(
            "adds inputs and units",
            lambda height, width, channels, units: height * width * channels + units,
            "Inputs and units are added. In a dense layer every unit has a weight for *every* input: "
            "multiply.",
        ),
    ),
    hints=(
        "How many numbers go in? Height × width × channels.",
        "One unit has a weight for each of them, and one bias. How many units are there?",
    ),
)


def _memory_cases(rng: np.random.Generator) -> list[Inputs]:
    drawn = [(int(rng.integers(10**4, 10**8)), bytes_each) for bytes_each in (2, 4, 8, 4)]
    return [(10**12, 4), (61_706, 4), *drawn]


MEMORY = Exercise(
    id="1.2",
    title="MB and MiB",
    answer_name="memory",
    section="How much memory is that?",
    cases=_memory_cases,
    reference=lambda weights, bytes_each: (weights * bytes_each / 10**6, weights * bytes_each / 2**20),
    mistakes=(
        Mistake(
            "counts weights, not bytes",
            lambda weights, bytes_each: (weights / 10**6, weights / 2**20),
            "These are millions of weights. Each weight takes `bytes_each` bytes: multiply first.",
        ),
        Mistake(
            "swaps the units",
            lambda weights, bytes_each: (weights * bytes_each / 2**20, weights * bytes_each / 10**6),
            "The two are exchanged. MB is the one with a million bytes, MiB the larger one with 2²⁰.",
        ),
        Mistake(
            "gives MB twice",
            lambda weights, bytes_each: (weights * bytes_each / 10**6,) * 2,
            "Both numbers are in MB. A MiB has 2²⁰ = 1,048,576 bytes.",
        ),
        Mistake(
            "gives MiB twice",
            lambda weights, bytes_each: (weights * bytes_each / 2**20,) * 2,
            "Both numbers are in MiB, though many programs print this as MB. A MB has 10⁶ bytes.",
        ),
        Mistake(
            "mixes 1000 and 1024",
            lambda weights, bytes_each: (weights * bytes_each / 10**6, weights * bytes_each / (1000 * 1024)),
            "The second is neither: it divides by 1000 and by 1024. A MiB is 1024 × 1024 bytes.",
        ),
        Mistake(
            "counts bits",
            lambda weights, bytes_each: (8 * weights * bytes_each / 10**6, 8 * weights * bytes_each / 2**20),
            "Eight times too much: these are bits. A byte has eight of them; sizes are given in bytes.",
        ),
    ),
    hints=(
        "First the bytes: how many weights, and how many bytes does each take?",
        "Divide by `10**6` for MB, by `2**20` for MiB, and return both: `return first, second`.",
    ),
)


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
            "The weights are moved back instead of along: this is the inverse order. New input i is old "
            "input `order[i]`, so new row i is old row `order[i]`.",
        ),
        Mistake(
            "shuffles the units",
            lambda weights, order: weights[:, order],
            "The columns are reordered. A column belongs to a unit; the inputs, which were shuffled, are "
            "the rows.",
        ),
        Mistake(
            "turns the matrix",
            lambda weights, order: weights[order].T,
            "The rows are in the right order, but the matrix is transposed: keep (inputs, units).",
        ),
    ),
    hints=(
        "`shuffled = image[order]`: input number i now holds the pixel that used to be number `order[i]`.",
        "Input i needs the weights that its pixel had before: row `order[i]` of `weights`. One index does "
        "it.",
    ),
)


def _count(key: str, count: int) -> Any:
    """Recognise a prediction by one of its numbers."""
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
            "There are 28 × 28 windows here, so some hang over the edge. A window of 5 fits into 28 pixels "
            "at 28 − 5 + 1 = 24 places.",
            lambda observed, expected, inputs: (
                observed["dense"] == PIXELS**2 or observed["local"] == PIXELS * WINDOW
            ),
        ),
        Mistake(
            "stops one window early",
            {"dense": PIXELS * 23**2, "local": 23**2 * WINDOW, "shared": WINDOW},
            "There are 23 × 23 windows here. Count the first one too: 28 − 5 + 1 places.",
            lambda observed, expected, inputs: (
                observed["dense"] == PIXELS * 23**2 or observed["local"] == 23**2 * WINDOW
            ),
        ),
        Mistake(
            "does not share",
            {"dense": PIXELS * PLACES, "local": PLACES * WINDOW, "shared": PLACES * WINDOW},
            "Shared means that all 576 units use the *same* weights. They are stored, and learned, once.",
            _count("shared", PLACES * WINDOW),
        ),
        Mistake(
            "shares within a window",
            {"dense": PIXELS * PLACES, "local": PLACES * WINDOW, "shared": PLACES},
            "This is one weight for each place. It is the other way round: a window keeps its 25 different "
            "weights, and all places share them.",
            _count("shared", PLACES),
        ),
        Mistake(
            "counts one side of the window",
            {"dense": PIXELS * PLACES, "local": PLACES * 5, "shared": 5},
            "A 5 × 5 window has 25 pixels, so 25 weights, not 5.",
            lambda observed, expected, inputs: observed["local"] == PLACES * 5 or observed["shared"] == 5,
        ),
        Mistake(
            "adds inputs and units",
            {"dense": PIXELS + PLACES, "local": PLACES * WINDOW, "shared": WINDOW},
            "Inputs and units are added for the dense layer. Every unit is connected to every pixel: "
            "multiply.",
            _count("dense", PIXELS + PLACES),
        ),
    ),
    hints=(
        "Start with the places: into how many positions along one side does a window of 5 fit, on 28 pixels?",
        "24 × 24 places, one unit each. Dense: each unit has 784 weights. Local: each unit has 25.",
        "Shared: one set of 25 weights for all units.",
    ),
)


def _row_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw kernels of different weights, none the same backwards except the single one."""
    sizes = [(3, 6), (2, 5), (4, 7), (1, 3), (5, 5), (2, 8)]
    return [(rng.permutation(np.arange(1, 10))[:length], size) for length, size in sizes]


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
    reference=_row_matrix,
    mistakes=(
        Mistake(
            "flips the kernel",
            lambda kernel, size: _row_matrix(kernel[::-1], size),
            "The kernel stands backwards in the rows: that is the true convolution. Frameworks do not turn "
            "it; write it as it is.",
        ),
        Mistake(
            "does not move the kernel",
            lambda kernel, size: np.tile(_row_matrix(kernel, size)[:1], (size - len(kernel) + 1, 1)),
            "All rows are the same, so all outputs would be. Each row is one pixel further to the right.",
        ),
        Mistake(
            "wraps around the edge",
            lambda kernel, size: np.array(
                [np.roll(np.pad(kernel, (0, size - len(kernel))), row) for row in range(size)]
            ),
            "The last rows wrap around to the left edge. Stop when the window reaches the right edge: size "
            "− F + 1 rows.",
        ),
        Mistake(
            "turns the matrix",
            lambda kernel, size: _row_matrix(kernel, size).T,
            "This is the transpose. There is one row for each output and one column for each input.",
        ),
        Mistake(
            "stops one row early",
            lambda kernel, size: _row_matrix(kernel, size)[:-1],
            "The last row is missing: a kernel of length F fits at size − F + 1 places.",
        ),
        Mistake(
            "lets the kernel hang over the edge",
            lambda kernel, size: np.array([np.pad(kernel, (row, size))[:size] for row in range(size)]),
            "In the last rows the kernel is cut off at the edge. Keep only the rows into which it fits "
            "whole.",
        ),
    ),
    hints=(
        "Begin with zeros. The shape is (outputs, inputs): how many outputs does a kernel of length F give "
        "on `size` pixels?",
        "Row 0 holds the kernel in the columns 0 to F − 1. Where does it stand in row 1?",
        "In a loop over the rows: `matrix[row, row : row + len(kernel)] = kernel`.",
    ),
)


def _zero_cases(rng: np.random.Generator) -> list[Inputs]:
    cases: list[Inputs] = [(6, 6, 3, 3), (28, 28, 5, 5), (200, 200, 10, 10), (4, 9, 4, 8)]
    for _ in range(5):
        height, width = (int(one) for one in rng.integers(6, 40, 2))
        cases.append((height, width, int(rng.integers(1, 5)), int(rng.integers(2, 6))))
    return cases


def _places(height: int, width: int, kernel_height: int, kernel_width: int) -> int:
    return (height - kernel_height + 1) * (width - kernel_width + 1)


ZEROS = Exercise(
    id="1.6",
    title="How empty is the matrix?",
    answer_name="share_of_zeros",
    section="Pruned and shared",
    points=2,
    cases=_zero_cases,
    reference=lambda height, width, kernel_height, kernel_width: (
        1 - kernel_height * kernel_width / (height * width)
    ),
    mistakes=(
        Mistake(
            "gives the share that is left",
            lambda height, width, kernel_height, kernel_width: (
                kernel_height * kernel_width / (height * width)
            ),
            "This is the share of entries that are *not* zero. Take it from 1.",
        ),
        Mistake(
            "gives per cent",
            lambda height, width, kernel_height, kernel_width: (
                100 * (1 - kernel_height * kernel_width / (height * width))
            ),
            "This is in per cent. A share lies between 0 and 1.",
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
            "The row's length is taken for the number of outputs. A row has one entry for each *input* "
            "pixel.",
        ),
        Mistake(
            "counts each weight once",
            lambda height, width, kernel_height, kernel_width: (
                1
                - kernel_height
                * kernel_width
                / (height * width * _places(height, width, kernel_height, kernel_width))
            ),
            "The kernel is counted once for the whole matrix. It is copied into every row, and each copy "
            "fills entries.",
        ),
    ),
    hints=(
        "Every row is built alike, so one row is enough. How long is it, and how many of its entries are "
        "weights?",
        "A row has one entry for each pixel, height × width; kernel_height × kernel_width of them are not "
        "zero.",
    ),
)

EXERCISES = (DENSE, MEMORY, SHUFFLE, COUNTS, TOEPLITZ, ZEROS)
