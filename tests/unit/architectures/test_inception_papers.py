"""Inception v4 and Inception-ResNet v1 and v2 in the paper's form, against a second implementation in NumPy.

The tables below restate figures 3 to 19 of Szegedy et al. 2017 from memory, box by box, in a notation of their own:
they show that two forms of the networks agree, not that each box is as printed. `|` separates branches, `,`
the boxes of a branch, and braces enclose a split; "3x3 96 /2 V" is a 3×3 convolution of 96 filters, strides 2, valid.
Where the figures do not add up, the sum that does is used here (see the builder's deviations).
"""

import re

import keras
import numpy as np
import pytest

from tests.unit.architectures.test_architectures import randomise
from workbook.architectures import build, inception_v4
from workbook.reference import conv2d, pool2d

STEM = (  # figure 3
    "3x3 32 /2 V, 3x3 32 V, 3x3 64, {max /2 V | 3x3 96 /2 V},"
    "{1x1 64, 3x3 96 V | 1x1 64, 7x1 64, 1x7 64, 3x3 96 V}, {3x3 192 /2 V | max /2 V}"
)
STEM_RESNET_V1 = "3x3 32 /2 V, 3x3 32 V, 3x3 64, max /2 V, 1x1 80, 3x3 192 V, 3x3 256 /2 V"  # figure 14

# part: how often it occurs, its boxes; in a residual block the linear 1×1's filters, and the scale
PAPER: dict[str, dict[str, tuple]] = {
    "inception_v4": {
        "stem": (1, STEM),
        "block_a": (4, "{avg, 1x1 96 | 1x1 96 | 1x1 64, 3x3 96 | 1x1 64, 3x3 96, 3x3 96}"),  # figure 4
        "reduction_a": (1, "{max /2 V | 3x3 384 /2 V | 1x1 192, 3x3 224, 3x3 256 /2 V}"),  # figure 7, table 1
        "block_b": (7, "{avg, 1x1 128 | 1x1 384 | 1x1 192, 1x7 224, 7x1 256 |"  # figure 5
                       " 1x1 192, 1x7 192, 7x1 224, 1x7 224, 7x1 256}"),
        "reduction_b": (1, "{max /2 V | 1x1 192, 3x3 192 /2 V | 1x1 256, 1x7 256, 7x1 320, 3x3 320 /2 V}"),  # figure 8
        "block_c": (3, "{avg, 1x1 256 | 1x1 256 | 1x1 384, {1x3 256 | 3x1 256} |"  # figure 6
                       " 1x1 384, 1x3 448, 3x1 512, {1x3 256 | 3x1 256}}"),
    },
    "inception_resnet_v1": {
        "stem": (1, STEM_RESNET_V1),
        "block_a": (5, "{1x1 32 | 1x1 32, 3x3 32 | 1x1 32, 3x3 32, 3x3 32}", 256, 0.17),  # figure 10
        "reduction_a": (1, "{max /2 V | 3x3 384 /2 V | 1x1 192, 3x3 192, 3x3 256 /2 V}"),
        "block_b": (10, "{1x1 128 | 1x1 128, 1x7 128, 7x1 128}", 896, 0.1),  # figure 11
        "reduction_b": (1, "{max /2 V | 1x1 256, 3x3 384 /2 V | 1x1 256, 3x3 256 /2 V |"  # figure 12
                           " 1x1 256, 3x3 256, 3x3 256 /2 V}"),
        "block_c": (5, "{1x1 192 | 1x1 192, 1x3 192, 3x1 192}", 1792, 0.2),  # figure 13
    },
    "inception_resnet_v2": {
        "stem": (1, STEM),
        "block_a": (5, "{1x1 32 | 1x1 32, 3x3 32 | 1x1 32, 3x3 48, 3x3 64}", 384, 0.17),  # figure 16
        "reduction_a": (1, "{max /2 V | 3x3 384 /2 V | 1x1 256, 3x3 256, 3x3 384 /2 V}"),
        "block_b": (10, "{1x1 192 | 1x1 128, 1x7 160, 7x1 192}", 1152, 0.1),  # figure 17
        "reduction_b": (1, "{max /2 V | 1x1 256, 3x3 384 /2 V | 1x1 256, 3x3 288 /2 V |"  # figure 18
                           " 1x1 256, 3x3 288, 3x3 320 /2 V}"),
        "block_c": (5, "{1x1 192 | 1x1 192, 1x3 224, 3x1 256}", 2144, 0.2),  # figure 19
    },
}  # fmt: skip
RESIDUAL = 4  # entries of a residual block's row
SHAPE = (75, 91, 3)


def split(text: str, sign: str) -> list[str]:
    """Split a table's text at a sign that is outside all braces."""
    parts, depth = [""], 0
    for character in text:
        depth += (character == "{") - (character == "}")
        if character == sign and not depth:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts]


class Network:
    """The forward pass in float64 with a model's weights, which it takes by name, each once."""

    def __init__(self, model: keras.Model) -> None:
        self.weights = {
            layer.name: [np.asarray(weight, np.float64) for weight in layer.weights]
            for layer in model.layers
            if layer.weights
        }

    def box(self, x: np.ndarray, text: str, name: str) -> np.ndarray:
        what = re.fullmatch(r"(?:(max|avg)|(\d)x(\d) (\d+))( /2)?( V)?", text)
        assert what, text
        strides, padding = 2 if what[5] else 1, "valid" if what[6] else "same"
        if what[1]:
            return pool2d(x, 3, strides=strides, padding=padding, kind={"max": "max", "avg": "mean"}[what[1]])
        (kernel,) = self.weights.pop(name)
        assert kernel.shape == (int(what[2]), int(what[3]), x.shape[-1], int(what[4])), name
        gamma, beta, mean, variance = self.weights.pop(f"{name}_norm")
        x = conv2d(x, kernel, strides=strides, padding=padding)
        return np.maximum(gamma * (x - mean) / np.sqrt(variance + 1e-3) + beta, 0)

    def run(self, x: np.ndarray, text: str, name: str) -> np.ndarray:
        boxes = split(text, ",")
        for letter, box in zip("abcdefgh", boxes, strict=False):
            here = name + letter if len(boxes) > 1 else name
            if box.startswith("{"):
                branches = enumerate(split(box[1:-1], "|"), 1)
                x = np.concatenate([self.run(x, branch, f"{here}_{i}") for i, branch in branches], axis=-1)
            else:
                x = self.box(x, box, here)
        return x

    def block(self, x: np.ndarray, row: tuple, name: str) -> np.ndarray:
        if len(row) < RESIDUAL:
            return self.run(x, row[1], name)
        branches = self.run(x, row[1], f"{name}_a")
        kernel, bias = self.weights.pop(f"{name}_b")
        assert kernel.shape == (1, 1, branches.shape[-1], row[2])
        return np.maximum(x + row[3] * (branches @ kernel[0, 0] + bias), 0)

    def forward(self, x: np.ndarray, table: dict) -> np.ndarray:
        for part, row in table.items():
            for i in range(1, row[0] + 1):
                x = self.block(x, row, f"{part}{i}" if part.startswith("block") else part)
        kernel, bias = self.weights.pop("predictions")
        return x.mean((1, 2)) @ kernel + bias


def both(name: str) -> tuple[np.ndarray, np.ndarray, dict]:
    """Return Keras's output, NumPy's, and the weights that NumPy had no use for."""
    model = build(name, input_shape=SHAPE, num_classes=4, activation=None)
    randomise(model)
    images = np.random.default_rng(3).normal(size=(2, *SHAPE))
    network = Network(model)
    return np.asarray(model(images.astype(np.float32))), network.forward(images, PAPER[name]), network.weights


def relative(ours: np.ndarray, by_hand: np.ndarray) -> float:
    """Return the largest difference, in units of the largest value."""
    return float(np.abs(ours - by_hand).max() / np.abs(by_hand).max())


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [name if name == "inception_v4" else pytest.param(name, marks=pytest.mark.claims) for name in PAPER],
)
def test_the_papers_figures_give_the_same_output(name):
    ours, by_hand, left = both(name)
    assert not left  # the model has no layer that the figures do not have
    assert np.abs(by_hand[0] - by_hand[1]).max() > 1e-3 * np.abs(by_hand).max()  # the images matter
    assert relative(ours, by_hand) < 1e-4


SLIPS = {  # what could be wrong in the builder's table, and which table
    "another scale": ("c", [inception_v4.residual(inception_v4.C_V2, 2144, 0.1)] * 5),
    "a block too many": ("a", [inception_v4.residual(inception_v4.A_V2, 384, 0.17)] * 6),
}


@pytest.mark.claims
@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_in_the_builders_table_is_noticed(monkeypatch, slip):
    part, blocks = SLIPS[slip]
    monkeypatch.setitem(inception_v4.RESNET_V2, part, blocks)
    try:
        ours, by_hand, left = both("inception_resnet_v2")
    except AssertionError:
        return  # a kernel of another shape
    assert left or relative(ours, by_hand) > 1e-3
