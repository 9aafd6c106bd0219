"""EfficientNet-Lite: EfficientNet (Tan and Le 2019, table 1) simplified for small devices.

Compared with EfficientNet there is no squeeze-and-excitation, ReLU6 replaces swish, and stem, head,
first and last stage keep their size in every variant (TensorFlow's reference model, March 2020). One deviation:
stochastic depth, used there in training only, is left out; it has no parameters.
"""

import math
from string import ascii_lowercase
from typing import NamedTuple

import keras
from keras import layers

from workbook.architectures.blocks import Tensor


class Stage(NamedTuple):
    """A row of table 1: `repeats` inverted residual blocks, the first of them with the stride."""

    expansion: int
    filters: int
    repeats: int
    kernel_size: int
    strides: int


class Variant(NamedTuple):
    """How a variant scales the rows: filters times `width`, repeats times `depth`, and its input size."""

    width: float
    depth: float
    resolution: int
    dropout: float


STEM_FILTERS, HEAD_FILTERS = 32, 1280

STAGES = (
    # expansion, filters, repeats, kernel, stride    (of 224: output)
    Stage(1, 16, 1, 3, 1),  #                             112
    Stage(6, 24, 2, 3, 2),  #                              56
    Stage(6, 40, 2, 5, 2),  #                              28
    Stage(6, 80, 3, 3, 2),  #                              14
    Stage(6, 112, 3, 5, 1),  #                             14
    Stage(6, 192, 4, 5, 2),  #                              7
    Stage(6, 320, 1, 3, 1),  #                              7
)

VARIANTS = {
    #                            width depth pixels dropout
    "efficientnet_lite0": Variant(1.0, 1.0, 224, 0.2),
    "efficientnet_lite1": Variant(1.0, 1.1, 240, 0.2),
    "efficientnet_lite2": Variant(1.1, 1.2, 260, 0.3),
    "efficientnet_lite3": Variant(1.2, 1.4, 280, 0.3),
    "efficientnet_lite4": Variant(1.4, 1.8, 300, 0.3),
}

SMALLEST = 32  # pixels per side: five halvings leave one


def stages(variant: Variant) -> tuple[Stage, ...]:
    """Return the rows of table 1 scaled for a variant; `depth` does not change the first and the last stage."""
    last = len(STAGES) - 1
    return tuple(
        stage._replace(
            filters=_round_filters(stage.filters * variant.width),
            repeats=stage.repeats if index in (0, last) else math.ceil(stage.repeats * variant.depth),
        )
        for index, stage in enumerate(STAGES)
    )


def _round_filters(filters: float) -> int:
    """Return the filters rounded to a multiple of 8, at least 8, and never down by more than a tenth."""
    rounded = max(8, int(filters + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * filters else rounded


def build(
    name: str = "efficientnet_lite0",
    *,
    input_shape: tuple[int, int, int] | None = None,
    num_classes: int = 1000,
    activation: str | None = "softmax",
) -> keras.Model:
    """Build an EfficientNet-Lite, untrained, at its own size unless told otherwise.

    Input: float images (batch, H, W, C), pixels as (value - 127) / 128. Output: (batch, num_classes),
    probabilities, or logits with `activation=None`. Lite0 learns 4,652,008 parameters for 1,000 classes.

    Raises `ValueError` for an unknown name, a shape that is not (H, W, C) or has a side below 32 pixels, or no classes.
    """
    if name not in VARIANTS:
        raise ValueError(f"name must be one of {', '.join(VARIANTS)}. Received: name={name!r}")
    if num_classes < 1:
        raise ValueError(f"num_classes must be at least 1. Received: num_classes={num_classes}")
    variant = VARIANTS[name]
    shape = input_shape or (variant.resolution, variant.resolution, 3)
    if len(shape) != 3 or min(shape[:2]) < SMALLEST:
        raise ValueError(
            f"input_shape must be (height, width, channels), with sides of at least {SMALLEST} pixels. "
            f"Received: input_shape={shape}"
        )
    inputs = keras.Input(shape, name="image")
    return keras.Model(inputs, network(inputs, variant, num_classes, activation), name=name)


def network(x: Tensor, variant: Variant, num_classes: int, activation: str | None) -> Tensor:
    """Add stem, the stages of table 1, head and classifier."""
    x = _convolution(x, "stem", STEM_FILTERS, 3, strides=2)  # (batch, 112, 112, 32)
    for number, stage in enumerate(stages(variant), start=1):
        for repeat in range(stage.repeats):
            strides = stage.strides if repeat == 0 else 1
            x = _block(x, f"block{number}{ascii_lowercase[repeat]}", stage, strides)
    x = _convolution(x, "head", HEAD_FILTERS, 1)  # (batch, 7, 7, 1280)
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)  # (batch, 1280)
    x = layers.Dropout(variant.dropout, name="dropout")(x)
    return layers.Dense(num_classes, activation=activation, name="predictions")(x)


def _block(x: Tensor, name: str, stage: Stage, strides: int) -> Tensor:
    """Add an inverted residual block (Sandler et al. 2018): widen, filter each channel, narrow linearly, add."""
    shortcut = x
    if stage.expansion > 1:
        x = _convolution(x, f"{name}_expand", stage.expansion * x.shape[-1], 1)
    x = layers.DepthwiseConv2D(
        stage.kernel_size, strides, "same", use_bias=False, name=f"{name}_depthwise"
    )(x)  # fmt: skip
    x = _norm(x, f"{name}_depthwise")
    x = _convolution(x, f"{name}_project", stage.filters, 1, relu=False)
    if strides == 1 and shortcut.shape[-1] == stage.filters:
        x = layers.Add(name=f"{name}_add")([shortcut, x])
    return x


def _convolution(
    x: Tensor, name: str, filters: int, kernel_size: int, *, strides: int = 1, relu: bool = True
) -> Tensor:
    """Add a convolution without bias, batch normalisation and, if `relu`, ReLU6."""
    x = layers.Conv2D(filters, kernel_size, strides, "same", use_bias=False, name=name)(x)
    return _norm(x, name, relu=relu)


def _norm(x: Tensor, name: str, *, relu: bool = True) -> Tensor:
    x = layers.BatchNormalization(momentum=0.99, epsilon=1e-3, name=f"{name}_norm")(x)
    return layers.ReLU(6.0, name=f"{name}_relu")(x) if relu else x
