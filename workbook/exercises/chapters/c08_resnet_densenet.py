"""The exercises of chapter 08: ResNet and DenseNet."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from workbook.exercises import Exercise, Inputs, Mistake
from workbook.exercises.models import observe_model, same_model
from workbook.interpret import surface


def _residual_cases(rng: np.random.Generator) -> list[Inputs]:
    filters = int(rng.integers(3, 20))
    return [(16, 16, 1), (16, 32, 2), (filters, filters, 2), (filters, filters + int(rng.integers(1, 9)), 1)]


def _residual(channels: int, filters: int, strides: int, **changes: Any) -> Any:
    """Build the block of exercise 8.1; `changes` turn it into one of the mistakes."""
    import keras
    from keras import layers

    bias = changes.get("bias", False)

    def conv_norm(x: Any, kernel_size: int, strides: int = 1) -> Any:
        x = layers.Conv2D(filters, kernel_size, strides=strides, padding="same", use_bias=bias)(x)
        return layers.BatchNormalization()(x)

    inputs = shortcut = keras.Input((12, 10, channels))
    x = conv_norm(inputs, 3, strides)
    x = layers.ReLU()(x)
    x = conv_norm(x, 3)
    if changes.get("project", strides > 1 or channels != filters):
        shortcut = conv_norm(inputs, 1, strides)
    if changes.get("early"):
        x = layers.ReLU()(x)
    if changes.get("join", "Add"):
        x = getattr(layers, changes.get("join", "Add"))()([shortcut, x])
    if not changes.get("early") and changes.get("last", True):
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
    reference=residual_block,
    observe=observe_model,
    compare=same_model(),
    time_limit=60,
    mistakes=(
        Mistake(
            "forgets the shortcut",
            lambda *inputs: _residual(*inputs, join="", project=False),
            "This is a plain block: nothing is added. Keep the block's input in a name of its own, and add it with "
            "`layers.Add()([x, shortcut])`.",
        ),
        Mistake(
            "concatenates",
            lambda *inputs: _residual(*inputs, join="Concatenate"),
            "The two are put side by side, and the channels double. A residual block *adds* them: `layers.Add()`.",
        ),
        Mistake(
            "activates before adding",
            lambda *inputs: _residual(*inputs, early=True),
            "The last ReLU stands before the addition, so the block can only ever add something positive. Add first, "
            "then activate.",
        ),
        Mistake(
            "leaves the last activation out",
            lambda *inputs: _residual(*inputs, last=False),
            "After the addition comes one more ReLU.",
        ),
        Mistake(
            "always projects",
            lambda *inputs: _residual(*inputs, project=True),
            "The shortcut is projected even where the shapes agree (option C). Here the input is added as it is unless "
            "strides > 1 or channels and filters differ.",
        ),
        Mistake(
            "keeps the biases",
            lambda *inputs: _residual(*inputs, bias=True),
            "The convolutions have biases, but each is followed by batch normalisation, which takes them away again: "
            "`use_bias=False`.",
        ),
    ),
    hints=(
        "Write the plain block first: convolution, normalisation, ReLU, convolution, normalisation.",
        "`shortcut = inputs`; where the shapes differ, a 1×1 convolution with the same strides and filters, and its "
        "normalisation.",
        "`layers.ReLU()(layers.Add()([x, shortcut]))`",
    ),
)


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


CHANGES = (  # of the training and of the test error; "=" is exactly the margin
    ("worse", "worse"), ("alike", "worse"), ("better", "worse"), ("better", "better"), ("worse", "alike"),
    ("worse", "better"), ("better", "alike"), ("alike", "better"), ("alike", "alike"),
    ("=worse", "worse"), ("worse", "=worse"), ("better", "=better"), ("=better", "better"),
)  # fmt: skip


def _error_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw errors of two networks for every pair of changes; halves of a per cent, which floats hold exactly."""
    cases = []
    for changes in CHANGES:
        steps = int(rng.integers(2, 5))  # of the margin
        training = int(rng.integers(16, 40))
        shallow = training, training + int(rng.integers(15, 25))
        sizes = {"worse": steps + int(rng.integers(1, 4)), "=worse": steps}
        sizes |= {"better": -sizes["worse"], "=better": -steps}
        sizes["alike"] = int(rng.choice((-1, 1)) * rng.integers(1, steps))
        deep = tuple(before + sizes[change] for before, change in zip(shallow, changes, strict=True))
        cases.append((tuple(one / 2 for one in shallow), tuple(one / 2 for one in deep), steps / 2))
    return cases


def diagnose(shallow: Sequence[float], deep: Sequence[float], margin: float) -> str:
    """Judge a deeper network by (training error, test error) of both: what is wrong, if anything."""
    training, test = deep[0] - shallow[0], deep[1] - shallow[1]
    if test > margin:
        return "degradation" if training > margin else "over-fitting"
    if training < -margin and test < -margin:
        return "too small"
    return "none"


def _by_one(shallow: float, deep: float, margin: float, verdict: str) -> str:
    """Judge by one error alone."""
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
            "A difference of exactly the margin counts here. It must be *larger* than the margin: > and not >=.",
        ),
        Mistake(
            "ignores the margin",
            lambda shallow, deep, margin: diagnose(shallow, deep, 0),
            "Every difference counts here, however small. One that is not larger than the margin may be chance: the "
            "two errors are alike.",
        ),
        Mistake(
            "asks for a better training error",
            _needs_better_training,
            "Over-fitting is found only where the training error got better. Where it is alike and the test error "
            "worse, the network fits as well as before and generalises less: over-fitting, too.",
        ),
        Mistake(
            "is content with a worse training error",
            _training_is_enough,
            "A worse training error alone is taken for degradation. The test error must be worse, too: a network that "
            "fits its training data less and reads new data as well has done no harm.",
        ),
        Mistake(
            "judges by the test error alone",
            lambda shallow, deep, margin: _by_one(shallow[1], deep[1], margin, "over-fitting"),
            "A worse test error alone is taken for over-fitting. A network that over-fits is *good* on what it was "
            "shown: look at the training errors as well. Where they are worse, too, it is degradation.",
        ),
        Mistake(
            "takes every worse test error for degradation",
            lambda shallow, deep, margin: _by_one(shallow[1], deep[1], margin, "degradation"),
            "A worse test error alone is taken for degradation. That the deep network is worse on its training data, "
            "too, is what makes it so: compare the training errors as well.",
        ),
        Mistake(
            "judges by the training error alone",
            lambda shallow, deep, margin: _by_one(shallow[0], deep[0], margin, "degradation"),
            "Only the training errors are compared. Over-fitting cannot be seen in them, and degradation asks for a "
            "worse test error, too.",
        ),
        Mistake(
            "looks at the deep network's own gap",
            _by_own_gap,
            "The gap between the deep network's own test and training error is taken for over-fitting. Nearly every "
            "network has such a gap. Compare the deep network with the shallow one, each error with its like.",
        ),
        Mistake(
            "swaps the networks",
            lambda shallow, deep, margin: diagnose(deep, shallow, margin),
            "The shallow network is judged against the deep one. A change is deep − shallow: above zero the deeper "
            "network is worse.",
        ),
        Mistake(
            "reads the pairs the wrong way round",
            lambda shallow, deep, margin: diagnose(shallow[::-1], deep[::-1], margin),
            "Training and test error are taken for each other. The first of each pair is the training error.",
        ),
    ),
    hints=(
        "Two changes decide, deep − shallow: one of the training errors, one of the test errors.",
        "Begin with the test error. Where it is worse, the training error tells degradation from over-fitting.",
        "`if test > margin:` one of two verdicts; then `if training < -margin and test < -margin:`; else none.",
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


def _block_cases(rng: np.random.Generator) -> list[Inputs]:
    drawn = int(rng.integers(5, 20)), int(rng.integers(3, 5)), int(rng.integers(3, 12))
    return [(16, 3, 12), drawn, (7, 1, 4)]


def _dense(channels: int, count: int, growth_rate: int, **changes: Any) -> Any:
    """Build the block of exercise 8.6; `changes` turn it into one of the mistakes."""
    import keras
    from keras import layers

    inputs = x = keras.Input((8, 6, channels))
    for i in range(count):
        filters = growth_rate * (i + 1) if changes.get("growing") else growth_rate
        conv = layers.Conv2D(filters, 3, padding="same", use_bias=False)
        if changes.get("late"):
            new = layers.ReLU()(layers.BatchNormalization()(conv(x)))
        else:
            new = conv(layers.ReLU()(layers.BatchNormalization()(x)))
        if changes.get("chain"):
            x = new
        elif changes.get("first"):
            x = layers.Concatenate()([inputs, new])
        else:
            x = layers.Concatenate()([new, x] if changes.get("before") else [x, new])
    return keras.Model(inputs, x)


def dense_block(channels: int, count: int, growth_rate: int) -> Any:
    """Build a dense block: each layer appends `growth_rate` maps to all before."""
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
    reference=dense_block,
    observe=observe_model,
    compare=same_model(),
    time_limit=60,
    mistakes=(
        Mistake(
            "forgets to concatenate",
            lambda *inputs: _dense(*inputs, chain=True),
            "Each layer reads only the layer before it: a plain chain. Concatenate the new maps to everything so far.",
        ),
        Mistake(
            "concatenates with the block's input",
            lambda *inputs: _dense(*inputs, first=True),
            "The new maps join the block's *input* each time, and the maps of the layers between are lost. Join them "
            "to `x`, which holds everything so far.",
        ),
        Mistake(
            "normalises after the convolution",
            lambda *inputs: _dense(*inputs, late=True),
            "The order is convolution, normalisation, ReLU. In DenseNet normalisation and ReLU come first: what is "
            "stored is the convolution's raw output, and every reader normalises it anew.",
        ),
        Mistake(
            "makes each layer wider",
            lambda *inputs: _dense(*inputs, growing=True),
            "The number of filters grows from layer to layer. Every layer makes `growth_rate` maps; what grows is its "
            "input.",
        ),
        Mistake(
            "puts the new maps first",
            lambda *inputs: _dense(*inputs, before=True),
            "The new maps stand before the old ones. The network could learn as well, but here they are appended: "
            "`Concatenate()([x, new])`.",
        ),
    ),
    hints=(
        "A loop over `count`; `x` holds everything so far, `new` the maps of this layer.",
        "`new = layers.ReLU()(layers.BatchNormalization()(x))`, then the convolution with `growth_rate` filters.",
        "`x = layers.Concatenate()([x, new])` at the end of each round.",
    ),
)

EXERCISES = (
    RESIDUAL_BLOCK,
    PADDED,
    DIAGNOSIS,
    DIRECTION,
    CHANNELS,
    DENSE_BLOCK,
)
