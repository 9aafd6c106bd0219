"""The exercises of chapter 08: ResNet and DenseNet."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from workbook.exercises import Exercise, Inputs, Mistake
from workbook.exercises.models import observe_model, same_model
from workbook.interpret import surface

# 8.1 A residual block


def _residual_cases(rng: np.random.Generator) -> list[Inputs]:
    filters = int(rng.integers(3, 20))
    return [(16, 16, 1), (16, 32, 2), (filters, filters, 2), (filters, filters + int(rng.integers(1, 9)), 1)]


def _shortcut_group(channels: int, filters: int, strides: int) -> str:
    return "the shape stays" if strides == 1 and channels == filters else "the shape changes"


def _residual_variant(
    channels: int,
    filters: int,
    strides: int,
    *,
    bias: bool = False,
    always_project: bool = False,
    merge: str | None = "Add",
    early_relu: bool = False,
    last_relu: bool = True,
) -> Any:
    """Build the block of exercise 8.1 with one of the mistakes."""
    import keras
    from keras import layers

    def conv_norm(x: Any, kernel_size: int, strides: int = 1) -> Any:
        x = layers.Conv2D(filters, kernel_size, strides=strides, padding="same", use_bias=bias)(x)
        return layers.BatchNormalization()(x)

    inputs = shortcut = keras.Input((12, 10, channels))
    x = layers.ReLU()(conv_norm(inputs, 3, strides))
    x = conv_norm(x, 3)
    if always_project or strides > 1 or channels != filters:
        shortcut = conv_norm(inputs, 1, strides)
    if early_relu:
        x = layers.ReLU()(x)
    if merge is not None:
        x = getattr(layers, merge)()([shortcut, x])
    if last_relu:
        x = layers.ReLU()(x)
    return keras.Model(inputs, x)


def residual_block(channels: int, filters: int, strides: int) -> Any:
    """Build a basic residual block with a projection where the shapes differ."""
    import keras
    from keras import layers

    inputs = shortcut = keras.Input((12, 10, channels))
    x = layers.Conv2D(filters, 3, strides=strides, padding="same", use_bias=False)(inputs)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    if strides > 1 or channels != filters:
        shortcut = layers.Conv2D(filters, 1, strides=strides, padding="same", use_bias=False)(inputs)
        shortcut = layers.BatchNormalization()(shortcut)
    return keras.Model(inputs, layers.ReLU()(layers.Add()([x, shortcut])))


RESIDUAL_BLOCK = Exercise(
    id="8.1",
    title="A residual block",
    answer_name="residual_block",
    section="When the shape changes",
    minutes=12,
    points=3,
    cases=_residual_cases,
    groups=_shortcut_group,
    reference=residual_block,
    observe=observe_model,
    compare=same_model(),
    time_limit=60,
    mistakes=(
        Mistake(
            "forgets the shortcut",
            lambda *inputs: _residual_variant(*inputs, merge=None),
            "This is a plain block: nothing is added. Keep the block's input in a variable, and add it with "
            "`layers.Add()([x, shortcut])`.",
        ),
        Mistake(
            "concatenates",
            lambda *inputs: _residual_variant(*inputs, merge="Concatenate"),
            "This concatenates the two branches, so the channels double. A residual block *adds* them: `layers.Add()`.",
        ),
        Mistake(
            "activates before adding",
            lambda *inputs: _residual_variant(*inputs, early_relu=True, last_relu=False),
            "The last ReLU comes before the addition, so the block can only add positive values. Add first, then "
            "apply the ReLU.",
        ),
        Mistake(
            "leaves the last activation out",
            lambda *inputs: _residual_variant(*inputs, last_relu=False),
            "Nothing follows the addition. Apply one more ReLU after it.",
        ),
        Mistake(
            "always projects",
            lambda *inputs: _residual_variant(*inputs, always_project=True),
            "The shortcut is projected even where the shapes agree (option C). Project only if strides > 1 or if "
            "channels and filters differ. Otherwise, add the input unchanged.",
        ),
        Mistake(
            "keeps the biases",
            lambda *inputs: _residual_variant(*inputs, bias=True),
            "The convolutions have biases, but the batch normalisation after each one cancels them. Set "
            "`use_bias=False`.",
        ),
    ),
    hints=(
        "Write the plain block first: convolution, normalisation, ReLU, convolution, normalisation.",
        "Start with `shortcut = inputs`. Where the shapes differ, replace it by a 1×1 convolution with the block's "
        "strides and filters, followed by batch normalisation.",
        "`layers.ReLU()(layers.Add()([x, shortcut]))`",
    ),
)


# 8.2 A shortcut without parameters


def _shortcut_cases(rng: np.random.Generator) -> list[Inputs]:
    cases = []
    for height, width, channels, filters, strides in (
        (6, 4, 3, 7, 2),
        (7, 5, 2, 4, 2),
        (9, 7, 2, 5, 3),
        (4, 6, 3, 5, 1),
        (5, 6, 4, 4, 2),  # no channel is missing
    ):
        shape = int(rng.integers(1, 4)), height, width, channels
        cases.append((rng.integers(1, 50, shape).astype(float), filters, strides))
    return cases


def _option_a_group(x: np.ndarray, filters: int, strides: int) -> str:
    if strides == 1:
        return "more channels"
    return "larger strides" if filters == x.shape[-1] else "larger strides and more channels"


def padded_shortcut(x: np.ndarray, filters: int, strides: int) -> np.ndarray:
    """Keep every `strides`-th row and column; append channels of zeros."""
    kept = x[:, ::strides, ::strides]
    return np.pad(kept, [(0, 0), (0, 0), (0, 0), (0, filters - x.shape[-1])])


def _repeated(x: np.ndarray, filters: int, strides: int) -> np.ndarray:
    return np.take(x[:, ::strides, ::strides], np.arange(filters) % x.shape[-1], axis=-1)


def _zeros_first(x: np.ndarray, filters: int, strides: int) -> np.ndarray:
    kept = x[:, ::strides, ::strides]
    return np.pad(kept, [(0, 0), (0, 0), (0, 0), (filters - x.shape[-1], 0)])


def _cropped(x: np.ndarray, filters: int, strides: int) -> np.ndarray:
    height, width = math.ceil(x.shape[1] / strides), math.ceil(x.shape[2] / strides)
    return padded_shortcut(x[:, :height, :width], filters, 1)


def _averaged(x: np.ndarray, filters: int, strides: int) -> np.ndarray:
    """Average squares of `strides` × `strides` pixels, with zeros beyond the edge."""
    batch, height, width, channels = x.shape
    rows, columns = math.ceil(height / strides), math.ceil(width / strides)
    padding = [(0, 0), (0, rows * strides - height), (0, columns * strides - width), (0, 0)]
    squares = np.pad(x, padding).reshape(batch, rows, strides, columns, strides, channels)
    return padded_shortcut(squares.mean(axis=(2, 4)), filters, 1)


PADDED = Exercise(
    id="8.2",
    title="A shortcut without parameters",
    answer_name="padded_shortcut",
    section="When the shape changes",
    minutes=8,
    points=2,
    cases=_shortcut_cases,
    groups=_option_a_group,
    reference=padded_shortcut,
    mistakes=(
        Mistake(
            "averages instead of skipping",
            _averaged,
            "This averages pixels. Option A only subsamples: keep every `strides`-th row and column unchanged, `x[:, "
            "::strides, ::strides]`.",
        ),
        Mistake(
            "crops instead of skipping",
            _cropped,
            "This cuts out a corner. The shape is right, but the shortcut sees only the top left part of the image. "
            "Slice with a step instead.",
        ),
        Mistake(
            "puts the zeros first",
            _zeros_first,
            "The zeros come before the old channels. Append them: the padding of the last axis is (0, filters − C).",
        ),
        Mistake(
            "repeats the channels",
            _repeated,
            "The new channels repeat the old ones. Option A fills them with zeros, so that the addition changes "
            "nothing there.",
        ),
        Mistake(
            "forgets the strides",
            lambda x, filters, strides: padded_shortcut(x, filters, 1),
            "The channels are right, but the maps keep their size. The block's first convolution has strides, so the "
            "shortcut must shrink as well.",
        ),
        Mistake(
            "forgets the channels",
            lambda x, filters, strides: x[:, ::strides, ::strides],
            "The maps have the right size, but still only C channels. Pad the last axis with zeros up to `filters` "
            "channels.",
        ),
    ),
    hints=(
        "There are two steps: fewer pixels, then more channels. Neither computes anything.",
        "`x[:, ::strides, ::strides]` keeps every `strides`-th row and column. `np.pad` takes one pair (before, "
        "after) for each axis.",
        "`np.pad(kept, [(0, 0), (0, 0), (0, 0), (0, filters - x.shape[-1])])`",
    ),
)


# 8.3 Degradation or over-fitting?


CHANGES = (  # of the training and of the test error; "=" means exactly the margin
    ("worse", "worse"), ("alike", "worse"), ("better", "worse"), ("better", "better"), ("worse", "alike"),
    ("worse", "better"), ("better", "alike"), ("alike", "better"), ("alike", "alike"),
    ("=worse", "worse"), ("worse", "=worse"), ("better", "=better"), ("=better", "better"),
)  # fmt: skip


def _error_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw errors of two networks for every pair of changes, in halves of a per cent, which floats hold exactly."""
    cases = []
    for changes in CHANGES:
        steps = int(rng.integers(2, 5))  # of the margin
        training = int(rng.integers(16, 40))
        shallow = training, training + int(rng.integers(15, 25))
        sizes = {"worse": steps + int(rng.integers(1, 4)), "=worse": steps}
        sizes |= {"better": -sizes["worse"], "=better": -steps}
        sizes["alike"] = int(rng.choice((-1, 1)) * rng.integers(1, steps))
        deep = tuple(before + sizes[change] for before, change in zip(shallow, changes, strict=True))
        halved = [tuple(error / 2 for error in errors) for errors in (shallow, deep)]
        cases.append((*halved, steps / 2))
    return [*cases, ((80.0, 90.0), (80.5, 90.5), 2.0)]  # a margin is in points, not a share of the error


def diagnose(shallow: Sequence[float], deep: Sequence[float], margin: float) -> str:
    """Judge a deeper network by the (training error, test error) of both: what is wrong, if anything."""
    training, test = deep[0] - shallow[0], deep[1] - shallow[1]
    if test > margin:
        return "degradation" if training > margin else "over-fitting"
    if training < -margin and test < -margin:
        return "too small"
    return "none"


def _by_one_error(shallow: float, deep: float, margin: float, verdict: str) -> str:
    """Judge by one of the two errors alone."""
    if abs(deep - shallow) <= margin:
        return "none"
    return verdict if deep > shallow else "too small"


def _by_own_gap(shallow: Sequence[float], deep: Sequence[float], margin: float) -> str:
    return "over-fitting" if deep[1] - deep[0] > margin else diagnose(shallow, deep, margin)


def _needs_better_training(shallow: Sequence[float], deep: Sequence[float], margin: float) -> str:
    verdict = diagnose(shallow, deep, margin)
    return "none" if verdict == "over-fitting" and deep[0] >= shallow[0] - margin else verdict


def _training_is_enough(shallow: Sequence[float], deep: Sequence[float], margin: float) -> str:
    return "degradation" if deep[0] - shallow[0] > margin else diagnose(shallow, deep, margin)


DIAGNOSIS = Exercise(
    id="8.3",
    title="Degradation or over-fitting?",
    answer_name="diagnose",
    section="Four numbers tell",
    minutes=8,
    points=2,
    cases=_error_cases,
    reference=diagnose,
    mistakes=(
        Mistake(
            "counts a difference of exactly the margin",
            lambda shallow, deep, margin: diagnose(shallow, deep, margin - 0.25),
            "A difference of exactly the margin counts here. Count it only if it is *larger* than the margin: use "
            "`>`, not `>=`.",
        ),
        Mistake(
            "ignores the margin",
            lambda shallow, deep, margin: diagnose(shallow, deep, 0),
            "Every difference counts here, however small. A difference that is not larger than the margin may be "
            "chance: treat the two errors as equal.",
        ),
        Mistake(
            "asks for a better training error",
            _needs_better_training,
            "This reports over-fitting only where the training error improves. Report it as well where the training "
            "error stays about the same and the test error is worse: the network fits as well as before but "
            "generalises less.",
        ),
        Mistake(
            "is content with a worse training error",
            _training_is_enough,
            "This reports degradation wherever the training error is worse. Require a worse test error as well: a "
            "network that fits its training data less well, but classifies new data as well as before, has done no "
            "harm.",
        ),
        Mistake(
            "judges by the test error alone",
            lambda shallow, deep, margin: _by_one_error(shallow[1], deep[1], margin, "over-fitting"),
            "This takes every worse test error for over-fitting. A network that over-fits is *good* on its training "
            "data. Compare the training errors as well: where they are worse too, it is degradation.",
        ),
        Mistake(
            "takes every worse test error for degradation",
            lambda shallow, deep, margin: _by_one_error(shallow[1], deep[1], margin, "degradation"),
            "This takes every worse test error for degradation. It is degradation only if the training error is worse "
            "too: compare the training errors as well.",
        ),
        Mistake(
            "judges by the training error alone",
            lambda shallow, deep, margin: _by_one_error(shallow[0], deep[0], margin, "degradation"),
            "This compares only the training errors. Over-fitting does not show in them, and degradation needs a "
            "worse test error too: compare both.",
        ),
        Mistake(
            "looks at the deep network's own gap",
            _by_own_gap,
            "This takes the gap between the deep network's own test and training error for over-fitting. Nearly every "
            "network has such a gap. Compare the deep network with the shallow one: training error with training "
            "error, test error with test error.",
        ),
        Mistake(
            "swaps the networks",
            lambda shallow, deep, margin: diagnose(deep, shallow, margin),
            "This judges the shallow network against the deep one. Compute each change as deep − shallow: if it is "
            "positive, the deeper network is worse.",
        ),
        Mistake(
            "reads the pairs the wrong way round",
            lambda shallow, deep, margin: diagnose(shallow[::-1], deep[::-1], margin),
            "Training and test error are swapped. The first number of each pair is the training error.",
        ),
    ),
    hints=(
        "Two changes decide, both deep − shallow: that of the training error and that of the test error.",
        "Begin with the test error. Where it is worse, the training error tells degradation from over-fitting.",
        "`if test > margin:` leads to one of two verdicts. Then comes `if training < -margin and test < -margin:`. "
        'Everything else is "none".',
    ),
)


# 8.4 A direction of the right length


def _direction_cases(rng: np.random.Generator) -> list[Inputs]:
    shapes = (3, 3, 2, 5), (1, 1, 4, 3), (6, 4), (5,)
    return [(rng.normal(0, 2, shape), rng.normal(0.3, 1.5, shape)) for shape in shapes]


def _norm(array: np.ndarray, axes: Sequence[int] | None) -> np.ndarray:
    return np.sqrt((array**2).sum(axis=axes, keepdims=True))


def _all_but_last(array: np.ndarray) -> tuple[int, ...]:
    return tuple(range(array.ndim - 1))


def _scaled(direction: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """Return the direction times a factor, and zeros for a vector."""
    return direction * factor if direction.ndim > 1 else np.zeros_like(direction)


def _whole(direction: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return _scaled(direction, _norm(weights, None) / _norm(direction, None))


def _unit(direction: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return _scaled(direction, 1 / _norm(direction, _all_but_last(direction)))


def _moves_biases(direction: np.ndarray, weights: np.ndarray) -> np.ndarray:
    axes = _all_but_last(weights)
    return direction * _norm(weights, axes) / _norm(direction, axes)


def _keeps_biases(direction: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return direction if weights.ndim == 1 else surface.filter_normalised(direction, weights)


def _by_input(direction: np.ndarray, weights: np.ndarray) -> np.ndarray:
    axes = tuple(axis for axis in range(weights.ndim) if axis != weights.ndim - 2)
    return _scaled(direction, _norm(weights, axes) / _norm(direction, axes))


def _squares(direction: np.ndarray, weights: np.ndarray) -> np.ndarray:
    axes = _all_but_last(weights)
    return _scaled(direction, (_norm(weights, axes) / _norm(direction, axes)) ** 2)


DIRECTION = Exercise(
    id="8.4",
    title="A direction of the right length",
    answer_name="filter_normalise",
    section="Directions of the right length",
    minutes=10,
    points=3,
    cases=_direction_cases,
    groups=lambda weights, direction: "convolutions" if weights.ndim == 4 else "dense layers and vectors",
    reference=surface.filter_normalised,
    solved_by=("interpret.surface.filter_normalised",),
    mistakes=(
        Mistake(
            "scales the layer as a whole",
            _whole,
            "This uses one factor for the whole layer, so a small filter moves as far as a large one. Compute one "
            "factor for each filter.",
        ),
        Mistake(
            "gives every filter length 1",
            _unit,
            "Every filter of the direction now has length 1. Multiply by the norm of the *weights'* filter, so that a "
            "step of 1 is as long as the filter itself.",
        ),
        Mistake(
            "scales the vectors too",
            _moves_biases,
            "Vectors (biases, scale and shift) are moved here, each entry by its own size. Return zeros for them.",
        ),
        Mistake(
            "leaves the vectors as they are",
            _keeps_biases,
            "The direction of a vector is returned unchanged. Biases and batch normalisation are not moved: return "
            "zeros of that shape.",
        ),
        Mistake(
            "goes along the input channels",
            _by_input,
            "The norms are computed per *input channel*. A filter is a slice along the last axis, (kh, kw, C): sum "
            "over all axes but the last.",
        ),
        Mistake(
            "forgets the root",
            _squares,
            "These are ratios of squared lengths. Take the square root: `np.sqrt((x**2).sum(axis))`.",
        ),
    ),
    hints=(
        "Treat a vector first: return zeros. Then compute the length of each filter, one number for each entry of the "
        "last axis.",
        "`axes = tuple(range(weights.ndim - 1))` lists all axes but the last; `np.sqrt((weights**2).sum(axis=axes))` "
        "has the shape (filters,).",
        "`direction * length_of_weights / length_of_direction`: NumPy aligns the last axis by itself.",
    ),
)


# 8.5 How wide it grows


def _dense_cases(rng: np.random.Generator) -> list[Inputs]:
    drawn = tuple(int(layers) for layers in rng.integers(2, 9, 4))
    growth_rate = 4 * int(rng.integers(2, 9))
    return [
        (64, (6, 12, 24, 16), 32, 0.5),
        (16, (3, 5, 4), 12, 1.0),
        (24, (3, 2, 5), 7, 0.5),
        (16, (6, 12, 24, 16), 12, 0.6),  # fractions that add up if they are kept
        (int(rng.integers(9, 40)), drawn, growth_rate, 0.75),
    ]


def dense_channels(channels: int, blocks: Sequence[int], growth_rate: int, compression: float) -> list[int]:
    """List the channels at the end of each dense block; a transition between two blocks keeps a part of them."""
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
    counts = dense_channels(channels, blocks, growth_rate, compression)
    return [int(count * compression) for count in counts]


def _new_maps_compressed(
    channels: int, blocks: Sequence[int], growth_rate: int, compression: float
) -> list[int]:
    counts, added = [], 0
    for layers in blocks:
        kept = channels + int(added * compression)
        counts.append(kept + layers * growth_rate)
        added += layers * growth_rate
    return counts


def _fractions_kept(
    channels: float, blocks: Sequence[int], growth_rate: int, compression: float
) -> list[int]:
    counts = []
    for layers in blocks:
        channels += layers * growth_rate
        counts.append(int(channels))
        channels *= compression
    return counts


def _with_transition(
    channels: int,
    blocks: Sequence[int],
    growth_rate: int,
    compression: float,
    *,
    transition: Callable[[float], int],
) -> list[int]:
    counts = []
    for layers in blocks:
        channels += layers * growth_rate
        counts.append(channels)
        channels = transition(channels * compression)
    return counts


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
            "Nothing is compressed. Between two blocks, a transition keeps only int(channels · compression) channels.",
        ),
        Mistake(
            "compresses before it counts",
            _after_transition,
            "These are the channels after each transition. List those at the end of each block, before the "
            "transition. There is no transition after the last block.",
        ),
        Mistake(
            "begins each block with the stem",
            _reset,
            "Each block starts with the stem's channels here. Start it with the channels that the transition before "
            "it keeps.",
        ),
        Mistake(
            "counts only the new maps",
            _only_new,
            "This counts only the new maps. Concatenating keeps the block's own input as well: add its channels.",
        ),
        Mistake(
            "grows once per block",
            lambda channels, blocks, growth_rate, compression: dense_channels(
                channels, (1,) * len(blocks), growth_rate, compression
            ),
            "The growth rate is added once per block. Add it once for every layer of the block.",
        ),
        Mistake(
            "compresses only the new maps",
            _new_maps_compressed,
            "Only the channels that the blocks added are compressed. A transition compresses all channels, including "
            "the stem's.",
        ),
        Mistake(
            "keeps the fractions",
            _fractions_kept,
            "The channels keep their fractions between the blocks and are cut off only in the list. A transition keeps "
            "a whole number: `channels = int(channels * compression)`.",
        ),
        Mistake(
            "rounds instead of cutting off",
            lambda *inputs: _with_transition(*inputs, transition=round),
            "A transition rounds here. It cuts the fraction off: `int(channels * compression)`.",
        ),
        Mistake(
            "rounds up",
            lambda *inputs: _with_transition(*inputs, transition=math.ceil),
            "A transition rounds up here. It cuts the fraction off: `int(channels * compression)`.",
        ),
    ),
    hints=(
        "Follow one number through the network: a block of n layers adds n · growth_rate to it.",
        "Record the number at the end of a block, then compress it for the next block.",
        "In the loop: `channels += layers * growth_rate`, then append, then `channels = int(channels * compression)`.",
    ),
)


# 8.6 A dense block


def _block_cases(rng: np.random.Generator) -> list[Inputs]:
    drawn = int(rng.integers(5, 20)), int(rng.integers(3, 5)), int(rng.integers(3, 12))
    return [(16, 3, 12), drawn, (7, 1, 4)]


def _dense_variant(
    channels: int,
    count: int,
    growth_rate: int,
    *,
    chain: bool = False,
    join_input: bool = False,
    new_first: bool = False,
    convolve_first: bool = False,
    wider: bool = False,
) -> Any:
    """Build the block of exercise 8.6 with one of the mistakes."""
    import keras
    from keras import layers

    inputs = x = keras.Input((8, 6, channels))
    for i in range(count):
        filters = growth_rate * (i + 1) if wider else growth_rate
        conv = layers.Conv2D(filters, 3, padding="same", use_bias=False)
        if convolve_first:
            new = layers.ReLU()(layers.BatchNormalization()(conv(x)))
        else:
            new = conv(layers.ReLU()(layers.BatchNormalization()(x)))
        if chain:
            x = new
        elif join_input:
            x = layers.Concatenate()([inputs, new])
        elif new_first:
            x = layers.Concatenate()([new, x])
        else:
            x = layers.Concatenate()([x, new])
    return keras.Model(inputs, x)


def dense_block(channels: int, count: int, growth_rate: int) -> Any:
    """Build a dense block: each layer appends `growth_rate` maps to all maps before it."""
    import keras
    from keras import layers

    inputs = x = keras.Input((8, 6, channels))
    for _ in range(count):
        new = layers.ReLU()(layers.BatchNormalization()(x))
        new = layers.Conv2D(growth_rate, 3, padding="same", use_bias=False)(new)
        x = layers.Concatenate()([x, new])
    return keras.Model(inputs, x)


DENSE_BLOCK = Exercise(
    id="8.6",
    title="A dense block",
    answer_name="dense_block",
    section="DenseNet: concatenate instead of add",
    minutes=10,
    points=3,
    cases=_block_cases,
    groups=lambda channels, count, growth: "one layer" if count == 1 else "several layers",
    reference=dense_block,
    observe=observe_model,
    compare=same_model(),
    time_limit=60,
    mistakes=(
        Mistake(
            "forgets to concatenate",
            lambda *inputs: _dense_variant(*inputs, chain=True),
            "Each layer reads only the layer before it: this is a plain chain. Concatenate the new maps with "
            "everything before them.",
        ),
        Mistake(
            "concatenates with the block's input",
            lambda *inputs: _dense_variant(*inputs, join_input=True),
            "The new maps are joined to the block's *input* each time, so the maps of the layers between are lost. "
            "Join them to `x`, which holds everything so far.",
        ),
        Mistake(
            "normalises after the convolution",
            lambda *inputs: _dense_variant(*inputs, convolve_first=True),
            "The order here is convolution, normalisation, ReLU. In DenseNet, normalisation and ReLU come first: the "
            "block stores the convolution's raw output, and every layer that reads it normalises it again.",
        ),
        Mistake(
            "makes each layer wider",
            lambda *inputs: _dense_variant(*inputs, wider=True),
            "The number of filters grows from layer to layer. Use `growth_rate` filters in every layer; only its "
            "input grows.",
        ),
        Mistake(
            "puts the new maps first",
            lambda *inputs: _dense_variant(*inputs, new_first=True),
            "The new maps come before the old ones. Such a network can learn equally well, but the exercise appends "
            "them: `Concatenate()([x, new])`.",
        ),
    ),
    hints=(
        "Loop `count` times. `x` holds everything so far, `new` the maps of this layer.",
        "`new = layers.ReLU()(layers.BatchNormalization()(x))`, then the convolution with `growth_rate` filters.",
        "End each round of the loop with `x = layers.Concatenate()([x, new])`.",
    ),
)

EXERCISES = (RESIDUAL_BLOCK, PADDED, DIAGNOSIS, DIRECTION, CHANNELS, DENSE_BLOCK)
