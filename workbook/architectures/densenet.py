"""DenseNet. G. Huang, Z. Liu, L. van der Maaten & K. Weinberger 2017, "Densely connected convolutional networks",
table 1 (ImageNet, all with bottlenecks and compression) and table 2 (CIFAR-10).

In the CIFAR form a name's number is the depth L, the growth rate is 12, and BC stands for bottlenecks and compression.
By the paper's way of counting, `densenet264`'s blocks (6, 12, 64, 48) make 265 layers; the name is the paper's.
Deviation: no dropout, which the paper uses only on CIFAR without augmentation.
"""

from typing import NamedTuple

from keras import layers

from workbook.architectures.blocks import Architecture, BuildOptions, Tensor, pooled_head


class DenseNet(NamedTuple):
    """A network: the layers per dense block, the growth rate, and the paper's B and C."""

    blocks: tuple[int, ...]
    growth_rate: int = 32
    bottleneck: bool = True
    compression: float = 0.5


Row = DenseNet  # its name in notebooks of 2026 and before

IMAGENET = {
    "densenet121": DenseNet((6, 12, 24, 16)),
    "densenet169": DenseNet((6, 12, 32, 32)),
    "densenet201": DenseNet((6, 12, 48, 32)),
    "densenet264": DenseNet((6, 12, 64, 48)),
}
CIFAR = {
    "densenet40": DenseNet((12, 12, 12), 12, bottleneck=False, compression=1.0),
    "densenet100": DenseNet((32, 32, 32), 12, bottleneck=False, compression=1.0),
    "densenet_bc100": DenseNet((16, 16, 16), 12),
}


def norm_relu(x: Tensor, *, name: str) -> Tensor:
    """Add batch normalisation and ReLU: here they come before the convolution."""
    x = layers.BatchNormalization(epsilon=1.001e-5, name=f"{name}_norm")(x)
    return layers.ReLU(name=f"{name}_relu")(x)


def conv(x: Tensor, filters: int, kernel_size: int, *, name: str) -> Tensor:
    """Add a convolution of the same size, without bias."""
    return layers.Conv2D(
        filters, kernel_size, padding="same", use_bias=False, kernel_initializer="he_normal", name=name
    )(x)


def dense_layer(x: Tensor, row: DenseNet, *, name: str) -> Tensor:
    """Append `growth_rate` new channels to all channels before."""
    new = x
    if row.bottleneck:
        new = conv(norm_relu(new, name=f"{name}_a"), 4 * row.growth_rate, 1, name=f"{name}_a")
    new = conv(norm_relu(new, name=f"{name}_b"), row.growth_rate, 3, name=f"{name}_b")
    return layers.Concatenate(name=name)([x, new])


def transition(x: Tensor, compression: float, *, name: str) -> Tensor:
    """Compress the channels by a 1×1 convolution, and halve height and width."""
    x = conv(norm_relu(x, name=name), int(x.shape[-1] * compression), 1, name=name)
    return layers.AveragePooling2D(2, name=f"{name}_pool")(x)


def dense_blocks(x: Tensor, row: DenseNet, options: BuildOptions) -> Tensor:
    """Add the dense blocks, a transition between each two, and the pooled head."""
    for i, count in enumerate(row.blocks, 1):
        for j in range(1, count + 1):
            x = dense_layer(x, row, name=f"dense{i}_{j}")
        if i < len(row.blocks):
            x = transition(x, row.compression, name=f"transition{i}")
    return pooled_head(norm_relu(x, name="last"), options)


def imagenet(x: Tensor, row: DenseNet, options: BuildOptions) -> Tensor:
    """Add a 7×7 stem of twice the growth rate, then the dense blocks."""
    x = layers.ZeroPadding2D(3, name="conv1_pad")(x)
    x = layers.Conv2D(
        2 * row.growth_rate, 7, 2, use_bias=False, kernel_initializer="he_normal", name="conv1"
    )(x)
    x = norm_relu(x, name="conv1")  # (batch, 112, 112, 64)
    x = layers.ZeroPadding2D(1, name="pool1_pad")(x)
    return dense_blocks(layers.MaxPooling2D(3, 2, name="pool1")(x), row, options)


def cifar(x: Tensor, row: DenseNet, options: BuildOptions) -> Tensor:
    """Add a 3×3 stem (16 filters, or twice the growth rate in BC), then the dense blocks."""
    x = conv(x, 2 * row.growth_rate if row.bottleneck else 16, 3, name="conv1")
    return dense_blocks(x, row, options)


ARCHITECTURES = {name: Architecture(imagenet, row, 29) for name, row in IMAGENET.items()} | {
    name: Architecture(cifar, row, 4, (32, 32, 3), 10) for name, row in CIFAR.items()
}
