"""AlexNet and ZFNet, one builder: five convolutions, three overlapping poolings, three dense layers.

A. Krizhevsky, I. Sutskever & G. Hinton 2012, "ImageNet classification with deep convolutional neural networks",
section 3.5 and figure 2. M. Zeiler & R. Fergus 2014, "Visualizing and understanding convolutional networks", figure 3.

Deviations: AlexNet's input is 227×227, which its 55×55 maps need, where the paper says 224. The two towers are
grouped convolutions in one; response normalisation crosses them. Weights start as Keras starts them, not from a
normal distribution of deviation 0.01 with some biases at 1. ZFNet's contrast normalisation is AlexNet's, and its first
two poolings are "same", which results in figure 3's 55×55 and 13×13. At other sizes and widths the layers are the same.
"""

from typing import NamedTuple

from keras import layers

from workbook.architectures.blocks import Architecture, BuildOptions, Tensor, dense_head, pool
from workbook.architectures.layers import LocalResponseNormalization


class Convolution(NamedTuple):
    """A convolution and what follows it: "norm", "pool" or "pool same" (3×3 with strides 2)."""

    filters: int
    kernel_size: int
    strides: int = 1
    padding: str = "same"
    groups: int = 1
    then: tuple[str, ...] = ()


ALEXNET = (
    Convolution(96, 11, strides=4, padding="valid", then=("norm", "pool")),
    Convolution(256, 5, groups=2, then=("norm", "pool")),
    Convolution(384, 3),
    Convolution(384, 3, groups=2),
    Convolution(256, 3, groups=2, then=("pool",)),
)
UNGROUPED = tuple(row._replace(groups=1) for row in ALEXNET)
ZFNET = (
    Convolution(96, 7, strides=2, padding="border", then=("pool same", "norm")),
    Convolution(256, 5, strides=2, padding="valid", then=("pool same", "norm")),
    Convolution(384, 3),
    Convolution(384, 3),
    Convolution(256, 3, then=("pool",)),
)


def alexnet(x: Tensor, rows: tuple[Convolution, ...], options: BuildOptions) -> Tensor:
    """Add the convolutions of the table, each with what follows it, then the dense head."""
    for i, row in enumerate(rows, 1):
        if row.padding == "border":  # one pixel all round: 224 → 110
            x = layers.ZeroPadding2D(1, name=f"conv{i}_pad")(x)
        x = layers.Conv2D(
            options.filters(row.filters), row.kernel_size, row.strides,
            "same" if row.padding == "same" else "valid",
            groups=row.groups, activation="relu", name=f"conv{i}",
        )(x)  # fmt: skip
        for step in row.then:
            if step == "norm":
                x = LocalResponseNormalization(name=f"norm{i}")(x)
            else:
                x = pool(x, "max", 3, 2, "same" if step == "pool same" else "valid", name=f"pool{i}")
    return dense_head(x, options)  # from (batch, 6, 6, 256)


ARCHITECTURES = {
    "alexnet": Architecture(alexnet, ALEXNET, 67, (227, 227, 3), options=("width",)),
    "alexnet_ungrouped": Architecture(alexnet, UNGROUPED, 67, (227, 227, 3), options=("width",)),
    "zfnet": Architecture(alexnet, ZFNET, 53, options=("width",)),
}
