"""What the families share: the options of a build, and a notation in which a network is a table.

In a table, a tuple is a sequence of layers, a list is branches side by side, concatenated along the channels, and an
empty tuple is a branch that passes its input on.
"""

from collections.abc import Callable
from dataclasses import dataclass
from string import ascii_lowercase
from typing import Any, NamedTuple

from keras import layers

Tensor = Any  # a symbolic Keras tensor, (batch, height, width, channels)
Kernel = int | tuple[int, int]


@dataclass(frozen=True)
class BuildOptions:
    """The options of `build`, except the name and the input."""

    num_classes: int
    activation: str | None = "softmax"
    convention: str = "paper"
    width: float = 1.0
    shortcut: str | None = None
    auxiliary: bool = False

    def filters(self, count: int) -> int:
        """Return a number of filters or units scaled by `width`, to a multiple of 4 unless width is 1; 0 stays 0."""
        if self.width == 1 or count == 0:
            return count
        return max(4, 4 * round(count * self.width / 4))

    def classifier(self, x: Tensor, name: str = "predictions") -> Tensor:
        """Add the last dense layer, one unit per class."""
        return layers.Dense(self.num_classes, activation=self.activation, name=name)(x)


class Architecture(NamedTuple):
    """A row of the registry.

    `smallest` is the shortest side of an input for which every layer has at least one output pixel, and
    `smallest_auxiliary` the same with auxiliary heads. `options` are those of `build` that the family has, beside
    `input_shape`, `num_classes` and `activation`.
    """

    layers: Callable[[Tensor, Any, BuildOptions], Any]
    row: Any
    smallest: int
    input_shape: tuple[int, int, int] = (224, 224, 3)
    num_classes: int = 1000
    options: tuple[str, ...] = ()
    smallest_auxiliary: int = 0


class Conv(NamedTuple):
    """A convolution; a linear one has a bias, and no normalisation or activation."""

    filters: int
    kernel_size: Kernel
    strides: int = 1
    padding: str = "same"
    linear: bool = False


class Pool(NamedTuple):
    """A pooling layer, "max" or "average"."""

    kind: str
    pool_size: int = 3
    strides: int = 1
    padding: str = "same"


class Residual(NamedTuple):
    """A branch that is scaled and added to its input; a ReLU follows unless it is linear."""

    body: Any
    scale: float
    linear: bool = False


class Norm(NamedTuple):
    """How to normalise after a convolution: `scale` says whether γ is learned."""

    scale: bool = True
    epsilon: float = 1e-3


def assemble(x: Tensor, node: Any, name: str, norm: Norm | None) -> Tensor:
    """Add the layers of a table to x, and return the output.

    The concatenation of a list has the table's name, and its branches are name_1, name_2 …. The steps of a tuple are
    named name + a, b ….
    """
    if isinstance(node, Conv):
        return _convolution(x, node, name, norm)
    if isinstance(node, Pool):
        return pool(x, node.kind, node.pool_size, node.strides, node.padding, name=name)
    if isinstance(node, Residual):
        body = assemble(x, node.body, f"{name}_", norm)
        scaled = layers.Rescaling(node.scale, name=f"{name}_scale")(body)
        if node.linear:
            return layers.Add(name=name)([x, scaled])
        return layers.ReLU(name=name)(layers.Add(name=f"{name}_add")([x, scaled]))
    if isinstance(node, list):
        outputs = [assemble(x, branch, f"{name}_{i}", norm) for i, branch in enumerate(node, 1)]
        return layers.Concatenate(name=name)(outputs)
    for letter, step in zip(ascii_lowercase, node, strict=False):
        x = assemble(x, step, name + letter, norm)
    return x


def _convolution(x: Tensor, node: Conv, name: str, norm: Norm | None) -> Tensor:
    if norm and not node.linear:
        return conv_norm(x, node.filters, node.kernel_size, node.strides, node.padding, name=name, norm=norm)
    activation = None if node.linear else "relu"
    return layers.Conv2D(
        node.filters, node.kernel_size, node.strides, node.padding, activation=activation, name=name
    )(x)


def conv_norm(
    x: Tensor,
    filters: int,
    kernel_size: Kernel,
    strides: int = 1,
    padding: str = "same",
    *,
    name: str,
    norm: Norm,
) -> Tensor:
    """Add a convolution without bias, batch normalisation and ReLU."""
    x = layers.Conv2D(filters, kernel_size, strides, padding, use_bias=False, name=name)(x)
    x = layers.BatchNormalization(scale=norm.scale, epsilon=norm.epsilon, name=f"{name}_norm")(x)
    return layers.ReLU(name=f"{name}_relu")(x)


def pool(x: Tensor, kind: str, pool_size: int, strides: int, padding: str = "valid", *, name: str) -> Tensor:
    """Add a pooling layer, "max" or "average"."""
    layer = {"max": layers.MaxPooling2D, "average": layers.AveragePooling2D}[kind]
    return layer(pool_size, strides, padding, name=name)(x)


def dense_head(x: Tensor, options: BuildOptions) -> Tensor:
    """Add AlexNet's head: two dense layers of 4,096 units, each with dropout, and the classifier."""
    x = layers.Flatten(name="flatten")(x)
    for name in ("fc1", "fc2"):
        x = layers.Dense(options.filters(4096), activation="relu", name=name)(x)
        x = layers.Dropout(0.5, name=f"{name}_dropout")(x)
    return options.classifier(x)


def pooled_head(x: Tensor, options: BuildOptions, rate: float = 0.0) -> Tensor:
    """Add global average pooling, dropout unless its rate is 0, and the classifier."""
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    x = layers.Dropout(rate, name="dropout")(x) if rate else x
    return options.classifier(x)
