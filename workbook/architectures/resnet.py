"""Residual networks and the plain nets beside them. K. He, X. Zhang, S. Ren & J. Sun 2016, "Deep residual learning
for image recognition", table 1 and figures 3 and 5 (ImageNet), section 4.2 and table 6 (CIFAR-10).

Shortcuts where the shape changes, section 3.3: option A pads with zeros and has no parameter, B projects by a 1×1
convolution, C projects in every block. Table 4's ImageNet networks are B here, the CIFAR ones A, unless `shortcut` says
otherwise. Convolutions have no bias (normalisation has one), padding is symmetric, and a bottleneck strides in its
first 1×1 convolution. Deviation: `convention="keras"` has `keras.applications`' biases, in 50, 101 and 152 layers.
Plain nets are the same layers without shortcuts.
"""

from typing import NamedTuple

from keras import layers

from workbook.architectures.blocks import Architecture, BuildOptions, Tensor, pooled_head
from workbook.architectures.layers import PaddedShortcut


class ResNet(NamedTuple):
    """A network: the blocks per stage, their kind, and its shortcuts ("" for a plain net)."""

    blocks: tuple[int, ...]
    bottleneck: bool = False
    shortcut: str = "B"


Row = ResNet  # its name in notebooks of 2026 and before

IMAGENET = {
    "resnet18": ResNet((2, 2, 2, 2)),
    "resnet34": ResNet((3, 4, 6, 3)),
    "resnet50": ResNet((3, 4, 6, 3), bottleneck=True),
    "resnet101": ResNet((3, 4, 23, 3), bottleneck=True),
    "resnet152": ResNet((3, 8, 36, 3), bottleneck=True),
    "plain18": ResNet((2, 2, 2, 2), shortcut=""),
    "plain34": ResNet((3, 4, 6, 3), shortcut=""),
}
DEPTHS = (20, 32, 44, 56, 110)  # 6n + 2: three stages of n blocks of two layers
CIFAR = {f"resnet{depth}": ResNet(((depth - 2) // 6,) * 3, shortcut="A") for depth in DEPTHS} | {
    f"plain{depth}": ResNet(((depth - 2) // 6,) * 3, shortcut="") for depth in DEPTHS
}


def conv_norm(x: Tensor, filters: int, kernel_size: int, strides: int, bias: bool, *, name: str) -> Tensor:
    """Add a convolution with symmetric padding, and batch normalisation."""
    if strides > 1 and kernel_size > 1:
        x = layers.ZeroPadding2D(kernel_size // 2, name=f"{name}_pad")(x)
    padding = "same" if strides == 1 else "valid"
    conv = layers.Conv2D(
        filters, kernel_size, strides, padding, use_bias=bias, kernel_initializer="he_normal", name=name
    )
    return layers.BatchNormalization(epsilon=1.001e-5, name=f"{name}_norm")(conv(x))


def shortcut(x: Tensor, filters: int, strides: int, option: str, bias: bool, *, name: str) -> Tensor:
    """Fit the input to a block's output; option C also projects where it fits already."""
    if option == "C" or (option == "B" and (strides > 1 or x.shape[-1] != filters)):
        return conv_norm(x, filters, 1, strides, bias, name=name)
    if strides > 1 or x.shape[-1] != filters:
        return PaddedShortcut(filters, strides=strides, name=name)(x)
    return x


def block(x: Tensor, filters: int, strides: int, row: ResNet, bias: bool, *, name: str) -> Tensor:
    """Add figure 5's block: two 3×3 convolutions, or 1×1, 3×3, 1×1 to four times the filters."""
    steps = ((1, 1), (3, 1), (1, 4)) if row.bottleneck else ((3, 1), (3, 1))  # kernel size, times filters
    filters_out, before = filters * steps[-1][1], x
    if row.shortcut:
        before = shortcut(x, filters_out, strides, row.shortcut, bias, name=f"{name}_shortcut")
    for i, (size, times) in enumerate(steps, 1):
        x = conv_norm(x, filters * times, size, strides if i == 1 else 1, bias, name=f"{name}_conv{i}")
        if i < len(steps):
            x = layers.ReLU(name=f"{name}_relu{i}")(x)
    if row.shortcut:
        x = layers.Add(name=f"{name}_add")([before, x])
    return layers.ReLU(name=name)(x)


def stages(x: Tensor, row: ResNet, filters: int, options: BuildOptions, *, first: int) -> Tensor:
    """Add the stages of the table: each after the first halves height and width, and doubles the filters."""
    row = row._replace(shortcut=options.shortcut or row.shortcut)
    bias = options.convention == "keras"
    for i, count in enumerate(row.blocks):
        for j in range(count):
            strides = 2 if i and not j else 1
            width = options.filters(filters * 2**i)
            x = block(x, width, strides, row, bias, name=f"conv{first + i}_{j + 1}")
    return x


def imagenet(x: Tensor, row: ResNet, options: BuildOptions) -> Tensor:
    """Add the 7×7 stem, four stages from 64 filters and the pooled head."""
    x = conv_norm(x, options.filters(64), 7, 2, options.convention == "keras", name="conv1")
    x = layers.ReLU(name="conv1_relu")(x)  # (batch, 112, 112, 64)
    x = layers.ZeroPadding2D(1, name="pool1_pad")(x)
    x = layers.MaxPooling2D(3, 2, name="pool1")(x)  # (batch, 56, 56, 64)
    return pooled_head(stages(x, row, 64, options, first=2), options)


def cifar(x: Tensor, row: ResNet, options: BuildOptions) -> Tensor:
    """Add a 3×3 stem, three stages from 16 filters and the pooled head."""
    x = conv_norm(x, options.filters(16), 3, 1, False, name="conv1")
    x = layers.ReLU(name="conv1_relu")(x)  # (batch, 32, 32, 16)
    return pooled_head(stages(x, row, 16, options, first=2), options)


def _options(row: ResNet) -> tuple[str, ...]:
    residual = ("shortcut",) if row.shortcut else ()
    return ("width", *residual, *(("convention",) if row.bottleneck else ()))


ARCHITECTURES = {
    name: Architecture(imagenet, row, 1, options=_options(row)) for name, row in IMAGENET.items()
} | {name: Architecture(cifar, row, 1, (32, 32, 3), 10, options=_options(row)) for name, row in CIFAR.items()}
