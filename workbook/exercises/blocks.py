"""Two exercises of chapter 08 whose answers build Keras models: a residual and a dense block."""

from typing import Any

import numpy as np

from workbook.exercises import Exercise, Mistake
from workbook.exercises.models import observe_model, same_model

Inputs = tuple


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
