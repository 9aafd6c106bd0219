"""Xception. F. Chollet 2017, "Xception: deep learning with depthwise separable convolutions", figure 5.

Deviations: none in the layers; the paper's optional dense layers before the classifier are left out, as in its own
table 3, and so is its dropout of 0.5 before the classifier, which `keras.applications.Xception` does not have either.
"""

from typing import NamedTuple

from keras import layers

from workbook.architectures.blocks import Architecture, BuildOptions, Norm, Tensor, conv_norm, pooled_head


class SeparableBlock(NamedTuple):
    """A block of separable convolutions; `halve` adds max pooling and a projection, `first` a ReLU in front."""

    filters: tuple[int, ...]
    halve: bool = True
    first: bool = True


XCEPTION = (
    SeparableBlock((128, 128), first=False), SeparableBlock((256, 256)), SeparableBlock((728, 728)),  # entry flow
    *[SeparableBlock((728, 728, 728), halve=False)] * 8,  # middle flow
    SeparableBlock((728, 1024)),  # exit flow
)  # fmt: skip


def separable(x: Tensor, filters: int, *, name: str) -> Tensor:
    """Add a depthwise separable 3×3 convolution and batch normalisation."""
    x = layers.SeparableConv2D(filters, 3, padding="same", use_bias=False, name=name)(x)
    return layers.BatchNormalization(name=f"{name}_norm")(x)


def projection(x: Tensor, filters: int, *, name: str) -> Tensor:
    """Add the shortcut's 1×1 convolution with strides 2, normalised."""
    x = layers.Conv2D(filters, 1, 2, padding="same", use_bias=False, name=name)(x)
    return layers.BatchNormalization(name=f"{name}_norm")(x)


def block(x: Tensor, row: SeparableBlock, *, name: str) -> Tensor:
    """Add a residual block: ReLU before each separable convolution."""
    before = projection(x, row.filters[-1], name=f"{name}_shortcut") if row.halve else x
    for i, filters in enumerate(row.filters, 1):
        if i > 1 or row.first:
            x = layers.ReLU(name=f"{name}_relu{i}")(x)
        x = separable(x, filters, name=f"{name}_sepconv{i}")
    if row.halve:
        x = layers.MaxPooling2D(3, 2, padding="same", name=f"{name}_pool")(x)
    return layers.Add(name=name)([x, before])


def xception(x: Tensor, rows: tuple[SeparableBlock, ...], options: BuildOptions) -> Tensor:
    """Add two convolutions, twelve residual blocks, two separable convolutions and the pooled head."""
    x = conv_norm(x, 32, 3, 2, "valid", name="block1_conv1", norm=Norm())
    x = conv_norm(x, 64, 3, 1, "valid", name="block1_conv2", norm=Norm())  # (batch, 147, 147, 64)
    for i, row in enumerate(rows, 2):
        x = block(x, row, name=f"block{i}")
    for i, filters in enumerate((1536, 2048), 1):  # (batch, 10, 10, …)
        x = separable(x, filters, name=f"block14_sepconv{i}")
        x = layers.ReLU(name=f"block14_relu{i}")(x)
    return pooled_head(x, options)


ARCHITECTURES = {"xception": Architecture(xception, XCEPTION, 7, (299, 299, 3))}
