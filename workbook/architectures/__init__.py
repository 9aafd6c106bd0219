"""The classic architectures, LeNet-5 to DenseNet: `names()` lists them, `build(name)` makes a Keras model.

Each family is a module with the paper's table and one short builder; its docstring states the deviations. Every model
ends in a layer called `predictions`, after `avg_pool` if it pools over the whole image. Inputs are those of the paper's
network; no model scales pixels.
"""

import keras

from workbook.architectures import (
    alexnet,
    densenet,
    inception,
    inception_v3,
    inception_v4,
    lenet,
    mobilenet,
    nin,
    resnet,
    vgg,
    xception,
)
from workbook.architectures.blocks import Architecture, BuildOptions
from workbook.architectures.transfer import copy_weights

__all__ = ["build", "copy_weights", "names"]

FAMILIES = (
    lenet, alexnet, vgg, nin, inception, inception_v3, inception_v4, resnet, densenet, xception, mobilenet,
)  # fmt: skip
REGISTRY: dict[str, Architecture] = {
    name: row for family in FAMILIES for name, row in family.ARCHITECTURES.items()
}


def names() -> list[str]:
    """Return the names that `build` takes, family by family, in the order of their years."""
    return list(REGISTRY)


def build(
    name: str,
    *,
    input_shape: tuple[int, int, int] | None = None,
    num_classes: int | None = None,
    activation: str | None = "softmax",
    convention: str = "paper",
    width: float = 1.0,
    shortcut: str | None = None,
    auxiliary: bool = False,
) -> keras.Model:
    """Build an architecture, untrained, at paper size unless told otherwise.

    `activation` is the last layer's; None means logits. The other options are those that some families have.
    `convention="keras"` builds the layers of `keras.applications` where those differ, `width` scales every layer's
    filters (to multiples of 4), `shortcut` is a residual network's "A", "B" or "C", `auxiliary` adds an inception
    network's training heads as further outputs.

    Raises ValueError for an unknown name, an option that the family does not have, or an image that is too small.
    """
    if name not in REGISTRY:
        raise ValueError(f"name must be one of {', '.join(names())}. Received: name={name!r}")
    row = REGISTRY[name]
    classes = row.num_classes if num_classes is None else num_classes
    options = BuildOptions(classes, activation, convention, width, shortcut, auxiliary)
    _check_options(name, row, options)
    inputs = keras.Input(_checked_shape(name, row, input_shape, auxiliary), name="image")
    return keras.Model(inputs, row.layers(inputs, row.row, options), name=name)


def _checked_shape(
    name: str, row: Architecture, shape: tuple[int, int, int] | None, auxiliary: bool
) -> tuple[int, ...]:
    shape = row.input_shape if shape is None else shape
    if len(shape) != 3 or any(not isinstance(side, int) or side < 1 for side in shape):
        raise ValueError(
            f"input_shape must be three positive integers (height, width, channels). Received: input_shape={shape!r}"
        )
    least = row.smallest_auxiliary if auxiliary else row.smallest
    if min(shape[:2]) < least:
        heads = " with auxiliary heads" if auxiliary else ""
        raise ValueError(
            f"{name}{heads} needs images of at least {least}×{least} pixels. Received: input_shape={shape}"
        )
    return tuple(shape)


def _check_options(name: str, row: Architecture, options: BuildOptions) -> None:
    if options.num_classes < 1:
        raise ValueError(f"num_classes must be at least 1. Received: num_classes={options.num_classes}")
    for option, choices in (("convention", ("paper", "keras")), ("shortcut", (None, "A", "B", "C"))):
        if (value := getattr(options, option)) not in choices:
            raise ValueError(f"{option} must be one of {choices}. Received: {option}={value!r}")
    if options.width <= 0:
        raise ValueError(f"width must be positive. Received: width={options.width}")
    usual = BuildOptions(options.num_classes)
    for option in ("convention", "width", "shortcut", "auxiliary"):
        value = getattr(options, option)
        if value != getattr(usual, option) and option not in row.options:
            raise ValueError(f"{name} does not have the option {option}. Received: {option}={value!r}")
