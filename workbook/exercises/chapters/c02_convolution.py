"""The exercises of chapter 02: convolution."""

import numpy as np

from workbook import arithmetic, reference
from workbook.exercises import Exercise, Inputs, Mistake

CONVOLUTIONS = (
    "reference.conv2d",
    "reference.conv2d_loops",
    "reference.depthwise_conv2d",
    "reference.dense_matrix",
)

# 2.1 Slide a kernel


def _grey_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw images and kernels; only one kernel is square, and one is as wide as its image."""
    shapes = [((5, 7), (3, 2)), ((6, 4), (1, 3)), ((4, 6), (2, 2)), ((7, 5), (4, 5)), ((3, 8), (3, 1))]
    cases: list[Inputs] = [
        (rng.integers(-9, 10, image), rng.integers(-3, 4, kernel)) for image, kernel in shapes
    ]
    return [*cases, (rng.uniform(0, 1, (5, 6)), rng.uniform(-1, 1, (2, 3)))]  # fractions


def _square_only(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    size = kernel.shape[0]
    rows, columns = image.shape[0] - size + 1, image.shape[1] - size + 1
    windows = [[image[i : i + size, j : j + size] for j in range(columns)] for i in range(rows)]
    return np.array([[np.sum(window * kernel) for window in row] for row in windows])


def _first_value_only(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    output = np.zeros_like(reference.conv2d(image, kernel))
    output[0, 0] = reference.conv2d(image, kernel)[0, 0]
    return output


def _first_row_only(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    output = reference.conv2d(image, kernel)
    output[1:] = 0
    return output


def _last_row_and_column_empty(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    output = reference.conv2d(image, kernel)
    output[-1], output[:, -1] = 0, 0
    return output


SLIDE = Exercise(
    id="2.1",
    title="Slide a kernel",
    answer_name="slide",
    section="Slide, multiply, add",
    minutes=10,
    points=3,
    cases=_grey_cases,
    groups=lambda image, kernel: (
        "square kernels" if kernel.shape[0] == kernel.shape[1] else "kernels that are not square"
    ),
    reference=lambda image, kernel: reference.conv2d(image, kernel),
    solved_by=CONVOLUTIONS,
    mistakes=(
        Mistake(
            "flips the kernel",
            lambda image, kernel: reference.conv2d(image, kernel[::-1, ::-1]),
            "This turns the kernel by 180° first: that is the true convolution of signal processing. Deep-learning "
            "frameworks do not turn it, they cross-correlate. Multiply the window by the kernel as it is.",
        ),
        Mistake(
            "stops one window early",
            lambda image, kernel: reference.conv2d(image, kernel)[
                : image.shape[0] - kernel.shape[0], : image.shape[1] - kernel.shape[1]
            ],
            "The last row and column of windows are missing. A kernel of height F fits at rows 0 to H − F, which is "
            "H − F + 1 places.",
        ),
        Mistake(
            "swaps rows and columns",
            lambda image, kernel: reference.conv2d(image, kernel).T,
            "Rows and columns are exchanged. The first index of an array counts rows, downwards.",
        ),
        Mistake(
            "takes the kernel for square",
            _square_only,
            "This uses one size for both sides of the kernel, so that window and kernel do not match. The height is "
            "`kernel.shape[0]`, the width `kernel.shape[1]`.",
        ),
        Mistake(
            "averages the window",
            lambda image, kernel: reference.conv2d(image, kernel) / kernel.size,
            "This averages the products. A convolution adds them up: do not divide.",
        ),
        Mistake(
            "adds without multiplying",
            lambda image, kernel: reference.conv2d(image, np.ones_like(kernel)),
            "This adds up the window and ignores the kernel's weights. Multiply by the kernel first, then add.",
        ),
        Mistake(
            "returns after the first value",
            _first_value_only,
            "Only the first value is computed: `return` is inside the inner loop, which ends there. Put it after both "
            "loops, as far to the left as the first `for`.",
        ),
        Mistake(
            "returns after the first row",
            _first_row_only,
            "Only the first row is computed: `return` is inside the outer loop, which ends there. Put it after both "
            "loops, as far to the left as the first `for`.",
        ),
        Mistake(
            "cuts the fractions off",
            lambda image, kernel: reference.conv2d(image, kernel).astype(int),
            "The fractions are cut off, because the output array holds whole numbers. `np.zeros(shape)` without a "
            "`dtype` holds floats.",
        ),
        Mistake(
            "leaves the last row and column at 0",
            _last_row_and_column_empty,
            "The last row and the last column of the output stay 0, because the loops end one step early. `range` "
            "stops *before* its end: use `range(H - kh + 1)` and `range(W - kw + 1)`.",
        ),
    ),
    hints=(
        "How many places are there for the window, down and across? Make an array of zeros of that shape first.",
        "Two loops: `for row in range(...)` and `for column in range(...)`. The window is "
        "`image[row : row + kh, column : column + kw]`.",
        "`output[row, column] = np.sum(window * kernel)`, and `return output` after both loops.",
    ),
)


# 2.2 Stride as subsampling


def _stride_cases(rng: np.random.Generator) -> list[Inputs]:
    cases: list[Inputs] = [
        (rng.integers(-30, 31, shape), strides)
        for shape, strides in [((5, 7), 2), ((6, 4), 3), ((3, 3), 1), ((8, 5), 4), ((7, 7), 2)]
    ]
    return [*cases, (rng.uniform(-3, 3, (6, 5)), 2)]  # fractions


STRIDE = Exercise(
    id="2.2",
    title="Stride as subsampling",
    answer_name="subsample",
    section="Stride",
    minutes=3,
    cases=_stride_cases,
    groups=lambda full, strides: "stride 2" if strides == 2 else "any stride",
    reference=lambda full, strides: full[::strides, ::strides],
    mistakes=(
        Mistake(
            "starts too late",
            lambda full, strides: full[strides - 1 :: strides, strides - 1 :: strides],
            "This starts too late. The first window is at position 0, so the first row and the first column stay.",
        ),
        Mistake(
            "steps along the rows only",
            lambda full, strides: full[::strides],
            "This thins out only the rows. The window jumps in both directions: give the columns a step too.",
        ),
        Mistake(
            "steps along the columns only",
            lambda full, strides: full[:, ::strides],
            "This thins out only the columns. The window jumps in both directions: give the rows a step too.",
        ),
        Mistake(
            "cuts the corner out",
            lambda full, strides: full[: -(-full.shape[0] // strides), : -(-full.shape[1] // strides)],
            "The shape is right, but these are the values of the top left corner. Take every S-th row and column of "
            "the whole array.",
        ),
    ),
    hints=(
        "Which rows of the stride-1 result does a window that jumps by S visit? Row 0, row S, row 2S ...",
        "NumPy's slices have a step: `x[::2]` takes every second row.",
    ),
)


# 2.3 How Keras pads


def _same_cases(rng: np.random.Generator) -> list[Inputs]:
    cases: list[Inputs] = [(28, 3, 1), (28, 3, 2), (7, 3, 2), (224, 7, 2), (28, 5, 2), (9, 2, 1), (6, 1, 2)]
    for _ in range(10):
        cases.append((int(rng.integers(4, 60)), int(rng.integers(1, 8)), int(rng.integers(1, 4))))
    return cases


def _needed_padding(size: int, kernel_size: int, strides: int) -> int:
    """Return by how much the windows extend beyond the input; negative if they end before its last pixel."""
    positions = -(-size // strides)
    return (positions - 1) * strides + kernel_size - size


def _total_padding(size: int, kernel_size: int, strides: int) -> int:
    return max(_needed_padding(size, kernel_size, strides), 0)


SAME_PADDING = Exercise(
    id="2.3",
    title="How Keras pads",
    answer_name="same_padding",
    section="Padding",
    minutes=10,
    points=2,
    cases=_same_cases,
    groups=lambda size, kernel_size, strides: "stride 1" if strides == 1 else "larger strides",
    reference=arithmetic.same_padding,
    solved_by=("arithmetic.same_padding",),
    mistakes=(
        Mistake(
            "ignores the stride",
            lambda size, kernel_size, strides: ((kernel_size - 1) // 2, kernel_size // 2),
            "This is right for stride 1, where the total is F − 1. A larger stride needs fewer pixels: the last "
            "window starts at (output − 1)·S and must end inside the padded input.",
        ),
        Mistake(
            "puts the odd pixel in front",
            lambda size, kernel_size, strides: (
                -(-_total_padding(size, kernel_size, strides) // 2),
                _total_padding(size, kernel_size, strides) // 2,
            ),
            "The total is right. If it is odd, Keras puts the extra pixel after the input (right and bottom), not "
            "before it.",
        ),
        Mistake(
            "pads both sides alike",
            lambda size, kernel_size, strides: (
                _total_padding(size, kernel_size, strides) // 2,
                _total_padding(size, kernel_size, strides) // 2,
            ),
            "Both sides get the same padding, so an odd total loses a pixel and the output is too small. Put that "
            "pixel after the input.",
        ),
        Mistake(
            "pads as PyTorch does",
            lambda size, kernel_size, strides: ((kernel_size - 1) // 2, (kernel_size - 1) // 2),
            "This is PyTorch's padding: the same on both sides, whatever the width. Keras adds only as much as "
            "ceil(W / S) windows need, which depends on W and S.",
        ),
        Mistake(
            "gives the total twice",
            lambda size, kernel_size, strides: (
                _total_padding(size, kernel_size, strides),
                _total_padding(size, kernel_size, strides),
            ),
            "Each side gets the whole total. Divide it: half goes before the input, the rest after it.",
        ),
        Mistake(
            "lets the padding go negative",
            lambda size, kernel_size, strides: (
                _needed_padding(size, kernel_size, strides) // 2,
                -(-_needed_padding(size, kernel_size, strides) // 2),
            ),
            "This can be negative if the stride is larger than the kernel. Then no padding is needed: the total is "
            "at least 0.",
        ),
    ),
    hints=(
        "Start from the output: it has ceil(W / S) positions. With integers: `-(-size // strides)`.",
        "The last window starts at (output − 1)·S and is F pixels wide. How many pixels is that more than W?",
        "`total = max((output - 1) * strides + kernel_size - size, 0)`. Put `total // 2` before the input, the rest "
        "after it.",
    ),
)


# 2.4 Output size


def _size_cases(rng: np.random.Generator) -> list[Inputs]:
    cases: list[Inputs] = [(32, 5, 1, 2), (7, 3, 2, 0), (8, 3, 2, 0), (227, 11, 4, 0), (5, 5, 3, 0)]
    for _ in range(12):
        kernel_size, padding = int(rng.integers(1, 8)), int(rng.integers(0, 4))
        size = int(rng.integers(kernel_size, 40))
        cases.append((size, kernel_size, int(rng.integers(1, 5)), padding))
    return cases


def _size_group(size: int, kernel_size: int, strides: int, padding: int) -> str:
    if strides == 1:
        return "stride 1"
    return "larger strides with padding" if padding else "larger strides without padding"


OUTPUT_SIZE = Exercise(
    id="2.4",
    title="Output size",
    answer_name="output_size",
    section="The output size",
    points=2,
    cases=_size_cases,
    groups=_size_group,
    reference=arithmetic.output_size,
    solved_by=("arithmetic.output_size",),
    mistakes=(
        Mistake(
            "forgets the padding",
            lambda size, kernel_size, strides, padding: (size - kernel_size) // strides + 1,
            "This ignores the padding. It makes the input wider before the window starts: add it on both sides.",
        ),
        Mistake(
            "pads one side only",
            lambda size, kernel_size, strides, padding: (size - kernel_size + padding) // strides + 1,
            "This counts the padding once. There are P pixels on the left and P on the right: add 2P.",
        ),
        Mistake(
            "forgets the first position",
            lambda size, kernel_size, strides, padding: (size - kernel_size + 2 * padding) // strides,
            "This is one too few, because the quotient counts the moves. The window also has a position before its "
            "first move: add 1.",
        ),
        Mistake(
            "divides without rounding",
            lambda size, kernel_size, strides, padding: (size - kernel_size + 2 * padding) / strides + 1,
            "This divides without rounding. A size is a whole number, and an incomplete last step is dropped: round "
            "down, with `//`.",
        ),
        Mistake(
            "rounds up",
            lambda size, kernel_size, strides, padding: -(-(size - kernel_size + 2 * padding) // strides) + 1,
            "This rounds up, so that the last window hangs over the edge. It must fit: round down.",
        ),
        Mistake(
            "ignores the stride",
            lambda size, kernel_size, strides, padding: size - kernel_size + 2 * padding + 1,
            "This is the size for stride 1. With stride S the window makes only every S-th of these moves: divide "
            "by S.",
        ),
    ),
    hints=(
        "How far can the window move before it hits the right edge? Count pixels of the padded input.",
        "It can move W + 2P − F pixels, in jumps of S. The first position counts as well.",
        "`(size - kernel_size + 2 * padding) // strides + 1`",
    ),
)


# 2.5 Channels and filters


def _channel_cases(rng: np.random.Generator) -> list[Inputs]:
    shapes = [
        ((5, 6, 3), (3, 2, 3, 4)),
        ((4, 7, 2), (2, 3, 2, 5)),
        ((6, 5, 4), (1, 1, 4, 2)),
        ((5, 5, 1), (3, 3, 1, 2)),
    ]
    return [
        (rng.normal(size=image), rng.normal(size=kernel), rng.normal(size=kernel[-1]))
        for image, kernel in shapes
    ]


CHANNELS = Exercise(
    id="2.5",
    title="Channels and filters",
    answer_name="conv_layer",
    section="Channels and filters",
    minutes=15,
    points=3,
    cases=_channel_cases,
    groups=lambda image, kernel, bias: "one channel" if image.shape[-1] == 1 else "several channels",
    reference=lambda image, kernel, bias: reference.conv2d(image, kernel, bias=bias),
    solved_by=CONVOLUTIONS,
    mistakes=(
        Mistake(
            "leaves out the bias",
            lambda image, kernel, bias: reference.conv2d(image, kernel),
            "The bias is missing. Every filter has one: add it to each value of that filter's map.",
        ),
        Mistake(
            "adds the bias once per channel",
            lambda image, kernel, bias: reference.conv2d(image, kernel, bias=bias * image.shape[-1]),
            "This adds the bias once per input channel. It belongs to the filter: add it once, after the sum over "
            "the channels.",
        ),
        Mistake(
            "reads the first channel only",
            lambda image, kernel, bias: reference.conv2d(image[..., :1], kernel[:, :, :1], bias=bias),
            "This uses only the first channel. A filter spans the whole depth of its input: sum over all channels.",
        ),
        Mistake(
            "averages the channels",
            lambda image, kernel, bias: reference.conv2d(image, kernel / image.shape[-1], bias=bias),
            "This averages the channels. Add them up instead, each multiplied by its own weights.",
        ),
        Mistake(
            "puts the filters first",
            lambda image, kernel, bias: np.moveaxis(reference.conv2d(image, kernel, bias=bias), -1, 0),
            "The maps are right, but the filters are the first axis: (filters, height, width). Keras puts the "
            "channels last.",
        ),
    ),
    hints=(
        "Start with one filter: the window is (kh, kw, C), and so is `kernel[..., k]`. Together they make one "
        "number.",
        "The output has the shape (H − kh + 1, W − kw + 1, filters). Loop over its rows, columns and filters.",
        "`output[row, column, k] = np.sum(window * kernel[..., k]) + bias[k]`",
    ),
)


# 2.6 Parameters of a convolution layer


def _parameter_cases(rng: np.random.Generator) -> list[Inputs]:
    fixed: list[Inputs] = [(5, 3, 10), (3, 1, 32), (1, 256, 64), (11, 3, 96)]
    drawn = [(int(rng.integers(1, 8)), int(rng.integers(2, 65)), int(rng.integers(2, 65))) for _ in range(6)]
    return fixed + drawn


PARAMETERS = Exercise(
    id="2.6",
    title="Parameters of a convolution layer",
    answer_name="conv_parameters",
    section="How many parameters?",
    cases=_parameter_cases,
    reference=arithmetic.conv_parameters,
    solved_by=("arithmetic.conv_parameters",),
    mistakes=(
        Mistake(
            "forgets the biases",
            lambda kernel_size, in_channels, filters: kernel_size**2 * in_channels * filters,
            "This counts only the weights. Each filter also has a bias.",
        ),
        Mistake(
            "forgets the depth",
            lambda kernel_size, in_channels, filters: (kernel_size**2 + 1) * filters,
            "This counts flat filters. A filter is as deep as its input: multiply the weights by the number of "
            "channels.",
        ),
        Mistake(
            "gives every channel a bias",
            lambda kernel_size, in_channels, filters: (kernel_size**2 + 1) * in_channels * filters,
            "This counts a bias for each channel of each filter. The sum over the channels gets one bias: count one "
            "per filter.",
        ),
        Mistake(
            "forgets that kernels are square",
            lambda kernel_size, in_channels, filters: (kernel_size * in_channels + 1) * filters,
            "This counts F weights per channel. A square kernel of size F has F·F weights on each channel.",
        ),
        Mistake(
            "has one bias in all",
            lambda kernel_size, in_channels, filters: kernel_size**2 * in_channels * filters + 1,
            "This counts one bias for the whole layer. Each filter has its own.",
        ),
        Mistake(
            "counts one filter",
            lambda kernel_size, in_channels, filters: kernel_size**2 * in_channels + 1,
            "These are the parameters of one filter. Multiply by the number of filters.",
        ),
    ),
    hints=(
        "Count the weights of one filter: it covers F × F pixels and the whole depth.",
        "Add its bias, then multiply by the number of filters.",
    ),
)

EXERCISES = (SLIDE, STRIDE, SAME_PADDING, OUTPUT_SIZE, CHANNELS, PARAMETERS)
