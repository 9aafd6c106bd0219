"""The exercises of chapter 08: ResNet and DenseNet."""

from collections.abc import Sequence

import numpy as np

from workbook import surface
from workbook.exercises import Exercise, Mistake
from workbook.exercises.blocks import DENSE_BLOCK, RESIDUAL_BLOCK
from workbook.exercises.degradation import DIAGNOSIS

Inputs = tuple


def _shortcut_cases(rng: np.random.Generator) -> list[Inputs]:
    cases = []
    for height, width, channels, filters, strides in (
        (6, 4, 3, 7, 2),
        (7, 5, 2, 4, 2),
        (9, 7, 2, 5, 3),
        (4, 6, 3, 5, 1),
    ):
        shape = int(rng.integers(1, 4)), height, width, channels
        cases.append((rng.integers(1, 50, shape).astype(float), filters, strides))
    return cases


def padded_shortcut(x: np.ndarray, filters: int, strides: int) -> np.ndarray:
    """Keep every `strides`-th row and column; append channels of zeros."""
    kept = x[:, ::strides, ::strides]
    return np.pad(kept, [(0, 0), (0, 0), (0, 0), (0, filters - x.shape[-1])])


def _repeated(x: np.ndarray, filters: int, strides: int) -> np.ndarray:
    return np.take(x[:, ::strides, ::strides], np.arange(filters) % x.shape[-1], axis=-1)


def _cropped(x: np.ndarray, filters: int, strides: int) -> np.ndarray:
    height, width = (-(-side // strides) for side in x.shape[1:3])
    return padded_shortcut(x[:, :height, :width], filters, 1)


def _averaged(x: np.ndarray, filters: int, strides: int) -> np.ndarray:
    sides = [-(-side // strides) * strides for side in x.shape[1:3]]
    full = np.pad(
        x, [(0, 0), *((0, side - one) for side, one in zip(sides, x.shape[1:3], strict=True)), (0, 0)]
    )
    split = full.reshape(len(x), sides[0] // strides, strides, sides[1] // strides, strides, x.shape[-1])
    return padded_shortcut(split.mean(axis=(2, 4)), filters, 1)


PADDED = Exercise(
    id="8.2",
    title="A shortcut without parameters",
    answer_name="padded_shortcut",
    section="When the shape changes",
    minutes=8,
    points=2,
    cases=_shortcut_cases,
    reference=padded_shortcut,
    mistakes=(
        Mistake(
            "averages instead of skipping",
            _averaged,
            "The pixels are averaged. Option A only subsamples: it keeps every `strides`-th row and column as it is, "
            "`x[:, ::strides, ::strides]`.",
        ),
        Mistake(
            "crops instead of skipping",
            _cropped,
            "The corner is cut out: the shape fits, but the shortcut now sees the top left part of the image only. Use "
            "a slice with a step.",
        ),
        Mistake(
            "puts the zeros first",
            lambda x, filters, strides: padded_shortcut(x, filters, strides)[
                ..., np.r_[x.shape[-1] : filters, : x.shape[-1]]
            ],
            "The zeros stand before the old channels. Append them: the pair for the last axis is (0, filters − C).",
        ),
        Mistake(
            "repeats the channels",
            _repeated,
            "The new channels repeat the old ones. Option A fills them with zeros, so that nothing is added there.",
        ),
        Mistake(
            "forgets the strides",
            lambda x, filters, strides: padded_shortcut(x, filters, 1),
            "The channels are right, but the maps keep their size. The block's first convolution has strides, and the "
            "shortcut must shrink likewise.",
        ),
        Mistake(
            "forgets the channels",
            lambda x, filters, strides: x[:, ::strides, ::strides],
            "The maps have the right size, but still C channels. Pad the last axis with zeros up to `filters`.",
        ),
    ),
    hints=(
        "Two steps: fewer pixels, then more channels. Neither computes anything.",
        "`x[:, ::strides, ::strides]` keeps every `strides`-th row and column. `np.pad` takes a pair for each axis.",
        "`np.pad(kept, [(0, 0), (0, 0), (0, 0), (0, filters - x.shape[-1])])`",
    ),
)


def _dense_cases(rng: np.random.Generator) -> list[Inputs]:
    drawn = tuple(int(one) for one in rng.integers(2, 9, 4))
    growth_rate = 4 * int(rng.integers(2, 9))
    return [
        (64, (6, 12, 24, 16), 32, 0.5),
        (16, (3, 5, 4), 12, 1.0),
        (24, (3, 2, 5), 7, 0.5),
        (int(rng.integers(9, 40)), drawn, growth_rate, 0.75),
    ]


def dense_channels(channels: int, blocks: Sequence[int], growth_rate: int, compression: float) -> list[int]:
    """List the channels at the end of each dense block; a transition between two keeps a part of them."""
    counts = []
    for layers in blocks:
        channels = channels + layers * growth_rate
        counts.append(channels)
        channels = int(channels * compression)
    return counts


def _reset(channels: int, blocks: Sequence[int], growth_rate: int, compression: float) -> list[int]:
    return [channels + layers * growth_rate for layers in blocks]


def _only_new(channels: int, blocks: Sequence[int], growth_rate: int, compression: float) -> list[int]:
    return [layers * growth_rate for layers in blocks]


def _after_transition(
    channels: int, blocks: Sequence[int], growth_rate: int, compression: float
) -> list[int]:
    return [int(one * compression) for one in dense_channels(channels, blocks, growth_rate, compression)]


CHANNELS = Exercise(
    id="8.5",
    title="How wide it grows",
    answer_name="dense_channels",
    section="DenseNet: concatenate instead of add",
    minutes=8,
    points=2,
    cases=_dense_cases,
    reference=dense_channels,
    mistakes=(
        Mistake(
            "forgets the transitions",
            lambda channels, blocks, growth_rate, compression: dense_channels(
                channels, blocks, growth_rate, 1.0
            ),
            "Nothing is compressed. Between two blocks a transition keeps int(channels · compression) of them.",
        ),
        Mistake(
            "compresses before it counts",
            _after_transition,
            "These are the channels after each transition. Asked for are those at the end of each block; and after the "
            "last block there is no transition.",
        ),
        Mistake(
            "begins each block with the stem",
            _reset,
            "Each block begins with the stem's channels here. It begins with what the transition lets through.",
        ),
        Mistake(
            "counts only the new maps",
            _only_new,
            "Only the new maps are counted. Concatenating keeps the block's own input as well.",
        ),
        Mistake(
            "grows once a block",
            lambda channels, blocks, growth_rate, compression: dense_channels(
                channels, (1,) * len(blocks), growth_rate, compression
            ),
            "The growth rate is added once a block. Each of the block's layers adds that many.",
        ),
        Mistake(
            "compresses only the new maps",
            lambda channels, blocks, growth_rate, compression: [
                channels + int(sum(blocks[:i]) * growth_rate * compression) + layers * growth_rate
                for i, layers in enumerate(blocks)
            ],
            "Only what the blocks added is compressed. A transition reads all channels, the block's input too.",
        ),
    ),
    hints=(
        "Follow one number through the network: a block of n layers adds n · growth_rate to it.",
        "Note the number at the end of a block, then compress it for the next one.",
        "In the loop: `channels += layers * growth_rate`, append, `channels = int(channels * compression)`.",
    ),
)


def _direction_cases(rng: np.random.Generator) -> list[Inputs]:
    shapes = (3, 3, 2, 5), (1, 1, 4, 3), (6, 4), (5,)
    return [(rng.normal(0, 2, shape), rng.normal(0.3, 1.5, shape)) for shape in shapes]


def _norm(array: np.ndarray, axes: Sequence[int] | None) -> np.ndarray:
    return np.sqrt((array**2).sum(axis=axes, keepdims=True))


def _whole(direction: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return direction * _norm(weights, None) / _norm(direction, None) * (weights.ndim > 1)


def _unit(direction: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return direction / _norm(direction, tuple(range(weights.ndim - 1))) * (weights.ndim > 1)


def _moves_biases(direction: np.ndarray, weights: np.ndarray) -> np.ndarray:
    axes = tuple(range(weights.ndim - 1))
    return direction * _norm(weights, axes) / _norm(direction, axes)


def _keeps_biases(direction: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return direction if weights.ndim == 1 else surface.filter_normalised(direction, weights)


def _by_input(direction: np.ndarray, weights: np.ndarray) -> np.ndarray:
    axes = tuple(axis for axis in range(weights.ndim) if axis != weights.ndim - 2)
    scaled = direction * _norm(weights, axes) / _norm(direction, axes)
    return scaled * (weights.ndim > 1)


def _squares(direction: np.ndarray, weights: np.ndarray) -> np.ndarray:
    axes = tuple(range(weights.ndim - 1))
    return direction * _norm(weights, axes) ** 2 / _norm(direction, axes) ** 2 * (weights.ndim > 1)


DIRECTION = Exercise(
    id="8.4",
    title="A direction of the right length",
    answer_name="filter_normalise",
    section="Directions of the right length",
    minutes=10,
    points=3,
    cases=_direction_cases,
    reference=surface.filter_normalised,
    mistakes=(
        Mistake(
            "scales the layer as a whole",
            _whole,
            "One factor is used for the whole layer. Each filter needs its own: a small filter would be moved as far "
            "as a large one.",
        ),
        Mistake(
            "gives every filter length 1",
            _unit,
            "Every filter of the direction has length 1 now. Multiply by the norm of the *weights'* filter, so that a "
            "step of 1 is as long as the filter itself.",
        ),
        Mistake(
            "scales the vectors too",
            _moves_biases,
            "Vectors (biases, scale and shift) are moved here, each entry by its own size. They must give zeros.",
        ),
        Mistake(
            "leaves the vectors as they are",
            _keeps_biases,
            "A vector's direction is returned as it was drawn. Biases and batch normalisation are not moved: return "
            "zeros of that shape.",
        ),
        Mistake(
            "goes along the input channels",
            _by_input,
            "The norms are taken for each *input channel*. A filter is a slice of the last axis, (kh, kw, C): sum over "
            "all axes but the last.",
        ),
        Mistake(
            "forgets the root",
            _squares,
            "These are ratios of squared lengths: the root is missing. `np.sqrt((x**2).sum(axis))`",
        ),
    ),
    hints=(
        "First the case of a vector: zeros. Then find the length of each filter, one for each entry of the last axis.",
        "`axes = tuple(range(weights.ndim - 1))` are all axes but the last; "
        "`np.sqrt((weights**2).sum(axis=axes))` is (filters,).",
        "`direction * length_of_weights / length_of_direction`: NumPy matches the last axis by itself.",
    ),
)

EXERCISES = (RESIDUAL_BLOCK, PADDED, DIAGNOSIS, DIRECTION, CHANNELS, DENSE_BLOCK)
