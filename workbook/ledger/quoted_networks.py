"""The cost of whole networks, counted from a list of their layers: no framework, only arithmetic.

Sequential networks are lists of layers for `count`; each network with branches or shortcuts has its own function. All
are at paper size, for 1,000 classes unless stated otherwise.
"""

from collections.abc import Sequence
from typing import NamedTuple

from workbook.arithmetic import conv_macs, conv_parameters, dense_parameters, output_size


class QuotedConv(NamedTuple):
    """A convolution layer."""

    kernel_size: int
    filters: int
    strides: int = 1
    padding: int | str = "same"
    groups: int = 1


class QuotedPool(NamedTuple):
    """A pooling layer, unpadded."""

    pool_size: int
    strides: int


class Dense(NamedTuple):
    """A fully connected layer; the first one flattens its input."""

    units: int


class Count(NamedTuple):
    """The cost of a sequence of layers; weights do not include biases."""

    conv_weights: int
    dense_weights: int
    parameters: int
    conv_macs: int
    dense_macs: int


Layer = QuotedConv | QuotedPool | Dense


def alexnet(groups: int) -> list[Layer]:
    """Return AlexNet's layers; 2 groups for the paper's two towers, 1 for a single one."""
    return [
        QuotedConv(11, 96, 4, "valid"), QuotedPool(3, 2), QuotedConv(5, 256, groups=groups), QuotedPool(3, 2),
        QuotedConv(3, 384), QuotedConv(3, 384, groups=groups), QuotedConv(3, 256, groups=groups), QuotedPool(3, 2),
        Dense(4096), Dense(4096), Dense(1000),
    ]  # fmt: skip


def lenet(first: int, second: int, *units: int) -> list[Layer]:
    """Return a LeNet's layers: two 5×5 convolutions with `first` and `second` filters, then dense layers."""
    features: list[Layer] = [
        QuotedConv(5, first, padding="valid"),
        QuotedPool(2, 2),
        QuotedConv(5, second, padding="valid"),
        QuotedPool(2, 2),
    ]
    return [*features, *map(Dense, units)]


def vgg(repeats: Sequence[int], last: int | None = None) -> list[Layer]:
    """Return VGG's layers for the convolutions per stage; `last` adds a kernel of that size to stages 3 to 5."""
    layers: list[Layer] = []
    for stage, (filters, count) in enumerate(zip((64, 128, 256, 512, 512), repeats, strict=True)):
        layers += [QuotedConv(3, filters)] * count
        layers += [QuotedConv(last, filters)] if last and stage >= 2 else []
        layers += [QuotedPool(2, 2)]
    return [*layers, Dense(4096), Dense(4096), Dense(1000)]


LENET5 = lenet(6, 16, 120, 84, 10)
CAFFE_LENET = lenet(20, 50, 500, 10)
VGG = {
    "A": vgg((1, 1, 2, 2, 2)), "B": vgg((2, 2, 2, 2, 2)), "C": vgg((2, 2, 2, 2, 2), last=1),
    "D": vgg((2, 2, 3, 3, 3)), "E": vgg((2, 2, 4, 4, 4)),
}  # fmt: skip


def count(size: int, channels: int, layers: Sequence[Layer]) -> Count:
    """Count what the layers cost on square images of this size."""
    conv = dense = biases = macs = 0
    for layer in layers:
        if isinstance(layer, QuotedConv):
            size = output_size(size, layer.kernel_size, layer.strides, layer.padding)
            shape = (layer.kernel_size, channels, layer.filters)
            conv += conv_parameters(*shape, groups=layer.groups, bias=False)
            macs += conv_macs((size, size), *shape, groups=layer.groups)
            channels, biases = layer.filters, biases + layer.filters
        elif isinstance(layer, QuotedPool):
            size = output_size(size, layer.pool_size, layer.strides)
        else:
            dense += dense_parameters(size * size * channels, layer.units, bias=False)
            size, channels, biases = 1, layer.units, biases + layer.units
    return Count(conv, dense, conv + dense + biases, macs, dense)


def googlenet_parameters(*, auxiliary: bool) -> int:
    """Count GoogLeNet's parameters from Table 1 of the paper, with biases and without batch normalisation."""
    modules = (  # in, 1×1, 3×3 reduce, 3×3, 5×5 reduce, 5×5, pool projection
        (192, 64, 96, 128, 16, 32, 32), (256, 128, 128, 192, 32, 96, 64),
        (480, 192, 96, 208, 16, 48, 64), (512, 160, 112, 224, 24, 64, 64), (512, 128, 128, 256, 24, 64, 64),
        (512, 112, 144, 288, 32, 64, 64), (528, 256, 160, 320, 32, 128, 128),
        (832, 256, 160, 320, 32, 128, 128), (832, 384, 192, 384, 48, 128, 128),
    )  # fmt: skip
    total = conv_parameters(7, 3, 64) + conv_parameters(1, 64, 64) + conv_parameters(3, 64, 192)
    for channels, one, reduce3, three, reduce5, five, projection in modules:
        total += sum(conv_parameters(1, channels, filters) for filters in (one, reduce3, reduce5, projection))
        total += conv_parameters(3, reduce3, three) + conv_parameters(5, reduce5, five)
    for channels in (512, 528) if auxiliary else ():
        total += conv_parameters(1, channels, 128) + dense_parameters(4 * 4 * 128, 1024)
        total += dense_parameters(1024, 1000)
    return total + dense_parameters(1024, 1000)


def resnet_parameters(repeats: Sequence[int], *, bottleneck: bool = False, bias: bool = False) -> int:
    """Count a ResNet's parameters: with projections where the depth changes, and scale and shift of every norm."""

    def normed(kernel_size: int, channels: int, filters: int) -> int:
        return conv_parameters(kernel_size, channels, filters, bias=bias) + 2 * filters

    total, channels = normed(7, 3, 64), 64
    for width, blocks in zip((64, 128, 256, 512), repeats, strict=True):
        depth = 4 * width if bottleneck else width
        for _ in range(blocks):
            if bottleneck:
                total += normed(1, channels, width) + normed(3, width, width) + normed(1, width, depth)
            else:
                total += normed(3, channels, width) + normed(3, width, width)
            total += normed(1, channels, depth) if channels != depth else 0
            channels = depth
    return total + dense_parameters(channels, 1000)


def densenet_parameters(repeats: Sequence[int], growth_rate: int = 32) -> int:
    """Count a DenseNet's parameters and statistics: four numbers per channel of every batch normalisation."""
    channels = 2 * growth_rate
    total = conv_parameters(7, 3, channels, bias=False) + 4 * channels
    for block, layers in enumerate(repeats):
        for _ in range(layers):
            total += 4 * channels + conv_parameters(1, channels, 4 * growth_rate, bias=False)
            total += 16 * growth_rate + conv_parameters(3, 4 * growth_rate, growth_rate, bias=False)
            channels += growth_rate
        if block < len(repeats) - 1:  # a transition halves the channels
            total += 4 * channels + conv_parameters(1, channels, channels // 2, bias=False)
            channels //= 2
    return total + 4 * channels + dense_parameters(channels, 1000)
