"""The ledger of the lectures' figures: the stated value of each, and the computed one.

`figures.toml` holds the expected value of each figure, its convention, its source and, if a lecture has a slip, an
explanation. This module *computes* each value with `arithmetic`, `reference` and `quoted_networks`. No result is typed
here. A value that cannot be computed (how many people wrote the digits) is a `Fact`.

An id is a row of the course's contents and a name: "F8.parameters".
"""

import functools
import math
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np

from workbook.arithmetic import (
    conv_macs,
    conv_parameters,
    dense_parameters,
    mebibytes,
    megabytes,
    memory_bytes,
    output_size,
    receptive_field,
    same_padding,
    separable_macs,
    separable_parameters,
)
from workbook.ledger.quoted_networks import (
    CAFFE_LENET,
    LENET5,
    VGG,
    alexnet,
    count,
    densenet_parameters,
    googlenet_parameters,
    resnet_parameters,
)
from workbook.reference import conv2d, dense_matrix, flip, global_pool, pool2d
from workbook.tables import Table


@dataclass(frozen=True)
class Figure:
    """One figure of the lectures: stated, and recomputed.

    `tolerance` is half a unit of the last digit that the source prints; 0 means exact (for fractions, to one
    part in 10⁹). `slip` explains an error in a lecture, or is None.
    """

    id: str
    what: str
    expected: Any
    computed: Any
    convention: str
    source: str
    unit: str = ""
    tolerance: float = 0.0
    slip: str | None = None

    @property
    def agrees(self) -> bool:
        """Whether the computed value equals the expected one, in shape and in every number."""
        expected, computed = np.asarray(self.expected), np.asarray(self.computed)
        if expected.shape != computed.shape:
            return False
        if expected.dtype.kind in "iu" and computed.dtype.kind in "iu" and not self.tolerance:
            return bool((expected == computed).all())
        return bool(np.allclose(computed, expected, rtol=1e-9, atol=self.tolerance))


@dataclass(frozen=True)
class Fact:
    """A value that cannot be computed: cited, with its source."""

    id: str
    what: str
    value: Any
    source: str


def ledger() -> list[Figure]:
    """Return every figure, recomputed now, in the order of the course."""
    return [figure(name) for name in _stated()["figure"]]


def figure(name: str) -> Figure:
    """Return one figure, recomputed now; ValueError for an unknown id."""
    entries = _stated()["figure"]
    if name not in entries:
        raise ValueError(f"name must be the id of a figure; ledger() lists them. Received: name={name!r}")
    return Figure(id=name, computed=_plain(COMPUTED[name]()), **entries[name])


def facts() -> list[Fact]:
    """Return the facts: values that the lectures state and that cannot be computed."""
    return [Fact(id=name, **entry) for name, entry in _stated()["fact"].items()]


def table(rows: Iterable[Figure | Fact]) -> Table:
    """Return figures or facts as a table, one per row; long values are truncated."""
    cells = []
    for row in rows:
        if isinstance(row, Figure):
            stated = "the same" if row.agrees else f"NOT: {_show(row.expected, row.unit)}"
            cells.append((row.id, _show(row.computed, row.unit), stated, row.what))
        else:
            cells.append((row.id, "", _show(row.value), row.what))
    return Table(("id", "recomputed", "stated", "what"), cells)


def as_text(rows: Iterable[Figure | Fact]) -> str:
    """Return the table of figures or facts as text: older copies of the chapters print it."""
    return str(table(rows))


@functools.cache
def _stated() -> dict[str, dict[str, dict[str, Any]]]:
    """Read figures.toml: {"figure": {id: entry}, "fact": {id: entry}}, lists as tuples."""
    text = resources.files("workbook.ledger").joinpath("figures.toml").read_text(encoding="utf-8")
    return {
        table: {name: {key: _plain(value) for key, value in entry.items()} for name, entry in rows.items()}
        for table, rows in tomllib.loads(text).items()
    }


def _plain(value: Any) -> Any:
    """Return arrays and lists as tuples of plain numbers, which can be compared and hashed."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    return tuple(map(_plain, value)) if isinstance(value, list | tuple) else value


def in_words(value: Any, unit: str = "") -> str:
    """Return a value as text: thousands separated, six digits, rows of arrays separated by semicolons."""
    return f"{_digits(value)} {unit}".rstrip()


def _show(value: Any, unit: str = "") -> str:
    """Return a value as text of at most 34 characters."""
    text = in_words(value, unit)
    return text if len(text) <= 34 else text[:33] + "…"


def _digits(value: Any) -> str:
    if isinstance(value, tuple):
        rows = bool(value) and isinstance(value[0], tuple)
        return "; ".join(map(_digits, value)) if rows else " ".join(map(_digits, value))
    if isinstance(value, float):
        return f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


# Inputs of the worked examples ------------------------------------------------------------------------------

EDGE = np.tile([1, 0, -1], (3, 1))
STEP_6 = np.tile([10, 10, 10, 0, 0, 0], (6, 1))
STEP_5 = np.tile([10, 10, 10, 0, 0], (5, 1))
POOL_INPUT_4X4 = np.array([[1, 3, 2, 9], [7, 4, 1, 5], [8, 5, 2, 3], [4, 2, 1, 4]])
POOL_INPUT_2X2 = np.array([[0.3, 0.2], [0.5, 0.6]])
EMBOSS = np.array([[-1, -1, 0], [-1, 0, 1], [0, 1, 1]])
EDGES_KEEPING = np.array([[1, 1, 1], [1, -7, 1], [1, 1, 1]])
EDGES_ONLY = np.array([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]])
GREY = np.full((5, 5), 100)

# The module of the GoogLeNet example: its input, 28×28×256; the filters of its branches, and of each bottleneck.
AREA, DEPTH = (28, 28), 256
FILTERS_1X1, FILTERS_3X3, FILTERS_5X5, FILTERS_REDUCED = 128, 192, 96, 64


def _work(strides: int, size: int) -> int:
    """Count the MACs of a 3×3 kernel on one channel with padding "same"."""
    outputs = output_size(size, 3, strides, "same")
    return conv_macs((outputs, outputs), 3, 1, 1)


def _module_macs(*, bottleneck: bool, count_3x3: int = 1) -> int:
    """Count the MACs of the GoogLeNet example's module, naive or with 1×1 bottlenecks.

    `count_3x3` is how often the 3×3 branch is counted: 2 reproduces a slip of the lecture.
    """
    depth = FILTERS_REDUCED if bottleneck else DEPTH
    reductions = 3 * conv_macs(AREA, 1, DEPTH, FILTERS_REDUCED) if bottleneck else 0
    three, five = conv_macs(AREA, 3, depth, FILTERS_3X3), conv_macs(AREA, 5, depth, FILTERS_5X5)
    return reductions + conv_macs(AREA, 1, DEPTH, FILTERS_1X1) + count_3x3 * three + five


def _bottleneck_macs() -> int:
    """Count the MACs per pixel of 64 → 32 through 1×1, then 32 → 64 through 5×5."""
    return conv_macs((1, 1), 1, 64, 32) + conv_macs((1, 1), 5, 32, 64)


def _response_norm(channels: Any, *, k: float, alpha: float, beta: float, n: int) -> np.ndarray:
    """Return one pixel's channels, normalised by their neighbours: the channels from i − n/2 to i + n/2."""
    squares = np.square(channels)
    sums = [squares[max(0, i - n // 2) : i + n // 2 + 1].sum() for i in range(len(squares))]
    return channels / (k + alpha * np.array(sums)) ** beta


def _smooth(label: int, classes: int, epsilon: float) -> np.ndarray:
    """Return a one-hot label mixed with the uniform distribution, as in the paper and in Keras."""
    return (1 - epsilon) * np.eye(classes)[label] + epsilon / classes


def _idx_bytes(*shape: int) -> int:
    """Count the bytes of an uncompressed MNIST file: a magic number, one number per axis, one byte per value."""
    return 4 + 4 * len(shape) + memory_bytes(math.prod(shape), "uint8")


def _sparse_c3() -> int:
    """Count the parameters of LeNet-5's C3 in the paper: 6 maps see 3 inputs, 9 see 4 and 1 sees all 6."""
    return 6 * conv_parameters(5, 3, 1) + 9 * conv_parameters(5, 4, 1) + conv_parameters(5, 6, 1)


def _lecture_table() -> list[int]:
    """Return the parameters of the lecture's comparison table, top to bottom."""
    return [
        count(227, 3, alexnet(2)).parameters,
        count(224, 3, VGG["D"]).parameters,
        count(224, 3, VGG["E"]).parameters,
        googlenet_parameters(auxiliary=True),
        resnet_parameters((2, 2, 2, 2)),
        resnet_parameters((3, 4, 6, 3)),
        densenet_parameters((6, 12, 24, 16)),
    ]


RESNETS = ((2, 2, 2, 2), (3, 4, 6, 3), (3, 4, 6, 3), (3, 4, 23, 3), (3, 8, 36, 3))  # 18, 34, 50, 101, 152
RESNET50 = RESNETS[2]

# How each figure is computed --------------------------------------------------------------------------------

COMPUTED: dict[str, Callable[[], Any]] = {
    "F1.weights": lambda: dense_parameters(1000 * 1000, 1000 * 1000, bias=False),
    "F1.terabytes": lambda: memory_bytes(dense_parameters(1000**2, 1000**2, bias=False)) / 10**12,
    "F1.inputs": lambda: math.prod((200, 200)),
    "F1.small_weights": lambda: dense_parameters(200 * 200, 400_000, bias=False),
    "F3.matrix_shape": lambda: dense_matrix(EDGE, (6, 6)).shape,
    "F3.places": lambda: np.count_nonzero(dense_matrix(np.ones((3, 3), int), (6, 6))),
    "F3.shared": lambda: conv_parameters(3, 1, 1, bias=False),
    "F3.output": lambda: (dense_matrix(EDGE, (6, 6)) @ STEP_6.ravel()).reshape(4, 4),
    "F4.edges": lambda: conv2d(STEP_6, EDGE),
    "F4.convolution": lambda: conv2d(STEP_6, flip(EDGE)),
    "F5.sums": lambda: [kernel.sum() for kernel in (EMBOSS, EDGES_KEEPING, EDGES_ONLY)],
    "F5.flat_grey": lambda: [conv2d(GREY, kernel)[1, 1] for kernel in (EMBOSS, EDGES_KEEPING, EDGES_ONLY)],
    "F6.stride_1": lambda: conv2d(STEP_5, EDGE),
    "F6.stride_2": lambda: conv2d(STEP_5, EDGE, strides=2),
    "F6.subsampled": lambda: conv2d(STEP_5, EDGE)[::2, ::2],
    "F6.seven": lambda: [output_size(7, 3, strides) for strides in (1, 2)],
    "F6.work": lambda: _work(2, 28) / _work(1, 28),
    "F7.shrinks": lambda: 5 - output_size(5, 3),
    "F7.same_size": lambda: output_size(5, 3, 1, 1),
    "F7.same": lambda: conv2d(STEP_5, EDGE, padding="same"),
    "F7.replicate": lambda: conv2d(STEP_5, EDGE, padding="same", fill="replicate"),
    "F7.asymmetric": lambda: same_padding(224, 3, 2),
    "F8.output": lambda: (output_size(32, 5, 1, 2), output_size(32, 5, 1, 2), 10),
    "F8.parameters": lambda: conv_parameters(5, 3, 10),
    "F9.filter_weights": lambda: conv_parameters(5, 3, 1, bias=False),
    "F9.next_filter_weights": lambda: conv_parameters(5, 10, 1, bias=False),
    "F11.two_3x3": lambda: receptive_field([(3, 1)] * 2),
    "F11.three_3x3": lambda: receptive_field([(3, 1)] * 3),
    "F12.max": lambda: pool2d(POOL_INPUT_2X2)[0, 0],
    "F12.mean": lambda: pool2d(POOL_INPUT_2X2, kind="mean")[0, 0],
    "F12.max_2x2": lambda: pool2d(POOL_INPUT_4X4),
    "F12.mean_2x2": lambda: pool2d(POOL_INPUT_4X4, kind="mean"),
    "F12.mean_as_convolution": lambda: conv2d(POOL_INPUT_4X4, np.full((2, 2), 1 / 4), strides=2),
    "F12.depth": lambda: pool2d(np.zeros((4, 4, 7))).shape,
    "F13.global": lambda: [global_pool(POOL_INPUT_4X4[:, :, None], kind)[0] for kind in ("mean", "max")],
    "F13.flatten_head": lambda: dense_parameters(7 * 7 * 512, 1000),
    "F13.pooled_head": lambda: dense_parameters(512, 1000),
    "F15.weights": lambda: separable_parameters(3, 64, 128, bias=False),
    "F15.ordinary_weights": lambda: conv_parameters(3, 64, 128, bias=False),
    "F15.macs": lambda: separable_macs((28, 28), 3, 64, 128),
    "F15.ordinary_macs": lambda: conv_macs((28, 28), 3, 64, 128),
    "F16.grouped": lambda: [conv_parameters(5, 96, 256, groups=groups, bias=False) for groups in (1, 2)],
    "F18.coefficients": lambda: [np.vander(np.arange(6.0), degree + 1).shape[1] for degree in (1, 2, 4)],
    "F19.mnist_images": lambda: 60_000 + 10_000,
    "F19.mnist_raw_bytes": lambda: [
        _idx_bytes(60_000, 28, 28), _idx_bytes(60_000), _idx_bytes(10_000, 28, 28), _idx_bytes(10_000)
    ],
    "F19.cifar_images": lambda: (5 * 10_000, 5 * 10_000 + 10 * 1_000),
    "F19.cifar_bytes": lambda: memory_bytes(60_000 * 32 * 32 * 3, "uint8"),
    "F19.cifar_archive": lambda: mebibytes(_stated()["fact"]["F19.cifar.archive_bytes"]["value"]),
    "A1.parameters": lambda: count(32, 1, LENET5).parameters,
    "A1.macs": lambda: sum(count(32, 1, LENET5)[3:]),
    "A1.sparse_c3": lambda: _sparse_c3(),
    "A1.paper_parameters": lambda: (
        count(32, 1, LENET5).parameters - conv_parameters(5, 6, 16) + _sparse_c3()
        + 2 * 6 + 2 * 16 - dense_parameters(84, 10)
    ),
    "A1.survey_weights": lambda: count(32, 1, LENET5)[:2],
    "A1.caffe_weights": lambda: count(28, 1, CAFFE_LENET)[:2],
    "A2.output": lambda: (output_size(227, 11, 4), output_size(227, 11, 4), 96),
    "A2.output_of_224": lambda: output_size(224, 11, 4),
    "A2.pooled": lambda: (output_size(55, 3, 2), output_size(55, 3, 2), 96),
    "A2.conv1_weights": lambda: conv_parameters(11, 3, 96, bias=False),
    "A2.conv1_parameters": lambda: conv_parameters(11, 3, 96),
    "A2.conv1_macs": lambda: conv_macs((output_size(227, 11, 4),) * 2, 11, 3, 96),
    "A2.tower_depth": lambda: conv_parameters(1, 96, 256, groups=2, bias=False) // 256,
    "A2.grouped_parameters": lambda: count(227, 3, alexnet(2)).parameters,
    "A2.grouped_macs": lambda: sum(count(227, 3, alexnet(2))[3:]) / 10**6,
    "A2.parameters": lambda: count(227, 3, alexnet(1)).parameters,
    "A2.macs": lambda: sum(count(227, 3, alexnet(1))[3:]) / 10**9,
    "A3.example": lambda: _response_norm(np.ones(4), k=0, alpha=1, beta=1, n=2),
    "A5.vgg16": lambda: count(224, 3, VGG["D"]).parameters,
    "A5.vgg19": lambda: count(224, 3, VGG["E"]).parameters,
    "A5.table_2": lambda: [count(224, 3, layers).parameters / 10**6 for layers in VGG.values()],
    "A5.stacked": lambda: [layers * conv_parameters(3, 1, 1, bias=False) for layers in (2, 3)],
    "A5.single": lambda: [conv_parameters(kernel_size, 1, 1, bias=False) for kernel_size in (5, 7)],
    "A7.direct_parameters": lambda: conv_parameters(5, 64, 64),
    "A7.direct_macs": lambda: conv_macs((1, 1), 5, 64, 64),
    "A7.bottleneck_parameters": lambda: conv_parameters(1, 64, 32) + conv_parameters(5, 32, 64),
    "A7.bottleneck_macs": _bottleneck_macs,
    "A7.bottleneck_saving": lambda: conv_macs((1, 1), 5, 64, 64) / _bottleneck_macs(),
    "A7.module_naive": lambda: _module_macs(bottleneck=False),
    "A7.module_bottleneck": lambda: _module_macs(bottleneck=True) / 10**6,
    "A7.module_3x3": lambda: conv_macs(AREA, 3, FILTERS_REDUCED, FILTERS_3X3) / 10**6,
    "A7.module_counted_twice": lambda: _module_macs(bottleneck=True, count_3x3=2) / 10**6,
    "A7.module_saving": lambda: _module_macs(bottleneck=False) / _module_macs(bottleneck=True),
    "A7.module_depth": lambda: [
        FILTERS_1X1 + FILTERS_3X3 + FILTERS_5X5 + last for last in (DEPTH, FILTERS_REDUCED)
    ],
    "A7.parameters": lambda: googlenet_parameters(auxiliary=False),
    "A7.parameters_with_auxiliary": lambda: googlenet_parameters(auxiliary=True),
    "A9.label_smoothing": lambda: _smooth(1, classes=10, epsilon=0.1)[[1, 0]],
    "A11.resnet18": lambda: resnet_parameters((2, 2, 2, 2)),
    "A11.resnet34": lambda: resnet_parameters((3, 4, 6, 3)),
    "A11.resnet50": lambda: resnet_parameters(RESNET50, bottleneck=True),
    "A11.resnet101": lambda: resnet_parameters(RESNETS[3], bottleneck=True),
    "A11.resnet152": lambda: resnet_parameters(RESNETS[4], bottleneck=True),
    "A11.keras_biases": lambda: (
        resnet_parameters(RESNET50, bottleneck=True, bias=True) - resnet_parameters(RESNET50, bottleneck=True)
    ),
    "A11.projection": lambda: conv_parameters(1, 64, 96, bias=False),
    "A11.depths": lambda: [
        2 + layers * sum(blocks)
        for layers, blocks in zip((2, 2, 3, 3, 3), RESNETS, strict=True)
    ],
    "A11.cifar_depths": lambda: [6 * blocks + 2 for blocks in (3, 5, 7, 9, 18, 200)],
    "A14.densenet121": lambda: densenet_parameters((6, 12, 24, 16)),
    "A14.densenet169": lambda: densenet_parameters((6, 12, 32, 32)),
    "A14.densenet201": lambda: densenet_parameters((6, 12, 48, 32)),
    "A14.depths": lambda: [
        1 + 2 * sum(blocks) + 3 + 1
        for blocks in ((6, 12, 24, 16), (6, 12, 32, 32), (6, 12, 48, 32))
    ],
    "A14.depth_of_264": lambda: 1 + 2 * sum((6, 12, 64, 48)) + 3 + 1,
    "A15.mebibytes": lambda: [mebibytes(memory_bytes(parameters)) for parameters in _lecture_table()],
    "A15.megabytes": lambda: [megabytes(memory_bytes(parameters)) for parameters in _lecture_table()],
    "A15.alexnet_macs": lambda: [macs / 10**6 for macs in count(227, 3, alexnet(2))[3:]],
    "A15.alexnet_weights": lambda: [weights / 10**6 for weights in count(227, 3, alexnet(2))[:2]],
    "A15.vgg16_weights": lambda: [weights / 10**6 for weights in count(224, 3, VGG["D"])[:2]],
    "A15.vgg16_macs": lambda: sum(count(224, 3, VGG["D"])[3:]) / 10**9,
    "T11.sum": lambda: sum((0.860755, 0.669319, 0.488238, 0.294248)),
}  # fmt: skip
