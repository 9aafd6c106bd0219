"""GoogLeNet (Inception v1) and Inception v2, each module a row of its paper's table.

C. Szegedy et al. 2015, "Going deeper with convolutions", table 1 and section 5. S. Ioffe & C. Szegedy 2015, "Batch
normalization", figure 5 of its appendix.

Deviations. GoogLeNet: "same" padding in the stem, which pads right and below where Caffe rounds up; weights start as
Keras starts them. `googlenet_naive` is figure 2a's module in table 1's place, which the paper describes and does not
build: its pooling passes every channel on, so each module is wider than the last. `auxiliary=True` adds the two
training heads, as further outputs. Inception v2: the widths are those of figure 5's columns; 4c and 4d then have 608
channels and 4e has 1,056, where its output column says 576 and 1,024. Normalisation learns γ and β.
"""

from collections.abc import Callable
from functools import partial

from keras import layers

from workbook.architectures.blocks import (
    Architecture,
    BuildOptions,
    Conv,
    Norm,
    Pool,
    Tensor,
    assemble,
    pooled_head,
)
from workbook.architectures.layers import LocalResponseNormalization

HALVE = Pool("max", 3, 2)

# table 1: 1×1, 3×3 reduce, 3×3, 5×5 reduce, 5×5, pool projection
GOOGLENET = {
    "3a": (64, 96, 128, 16, 32, 32), "3b": (128, 128, 192, 32, 96, 64), "pool3": HALVE,
    "4a": (192, 96, 208, 16, 48, 64), "4b": (160, 112, 224, 24, 64, 64), "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64), "4e": (256, 160, 320, 32, 128, 128), "pool4": HALVE,
    "5a": (256, 160, 320, 32, 128, 128), "5b": (384, 192, 384, 48, 128, 128),
}  # fmt: skip

# figure 5: 1×1, 3×3 reduce, 3×3, double 3×3 reduce, double 3×3, pooling, projection; no 1×1: strides 2
INCEPTION_V2 = {
    "3a": (64, 64, 64, 64, 96, "average", 32), "3b": (64, 64, 96, 64, 96, "average", 64),
    "3c": (0, 128, 160, 64, 96, "max", 0),
    "4a": (224, 64, 96, 96, 128, "average", 128), "4b": (192, 96, 128, 96, 128, "average", 128),
    "4c": (160, 128, 160, 128, 160, "average", 128), "4d": (96, 128, 192, 160, 192, "average", 128),
    "4e": (0, 128, 192, 192, 256, "max", 0),
    "5a": (352, 192, 320, 160, 224, "average", 128), "5b": (352, 192, 320, 192, 224, "max", 128),
}  # fmt: skip


def module_v1(conv1: int, reduce3: int, conv3: int, reduce5: int, conv5: int, projection: int) -> list:
    """Return figure 2b's module: 1×1 bottlenecks before the large kernels, and after the pooling."""
    return [
        Conv(conv1, 1),
        (Conv(reduce3, 1), Conv(conv3, 3)),
        (Conv(reduce5, 1), Conv(conv5, 5)),
        (Pool("max"), Conv(projection, 1)),
    ]


def module_naive(conv1: int, reduce3: int, conv3: int, reduce5: int, conv5: int, projection: int) -> list:
    """Return figure 2a's module, without the bottlenecks."""
    return [Conv(conv1, 1), Conv(conv3, 3), Conv(conv5, 5), Pool("max")]


def module_v2(widths: list[int], kind: str, projection: int) -> list:
    """Return the module with two 3×3 for a 5×5; without a 1×1 it has strides 2 and passes the pooling on."""
    conv1, reduce3, conv3, reduce_double, double = widths
    strides = 1 if conv1 else 2
    return [
        *([Conv(conv1, 1)] if conv1 else []),
        (Conv(reduce3, 1), Conv(conv3, 3, strides)),
        (Conv(reduce_double, 1), Conv(double, 3), Conv(double, 3, strides)),
        (Pool(kind, 3, strides), *([Conv(projection, 1)] if projection else [])),
    ]


def auxiliary_head(x: Tensor, number: int, options: BuildOptions) -> Tensor:
    """Add section 5's training head: 5×5 average pooling, 1×1, a dense layer of 1,024."""
    name = f"auxiliary{number}"
    x = layers.AveragePooling2D(5, 3, name=f"{name}_pool")(x)
    x = layers.Conv2D(options.filters(128), 1, activation="relu", name=f"{name}_conv")(x)
    # (batch, 4, 4, 128)
    x = layers.Flatten(name=f"{name}_flatten")(x)
    x = layers.Dense(options.filters(1024), activation="relu", name=f"{name}_fc")(x)
    return options.classifier(layers.Dropout(0.7, name=f"{name}_dropout")(x), name)


def stem(x: Tensor, options: BuildOptions) -> Tensor:
    """Add the layers before the first module: two convolutions, each normalised, and two poolings."""
    narrow, wide = options.filters(64), options.filters(192)
    x = assemble(x, Conv(narrow, 7, 2), "conv1", None)
    x = assemble(x, HALVE, "pool1", None)
    x = LocalResponseNormalization(name="norm1")(x)  # (batch, 56, 56, 64)
    x = assemble(x, (Conv(narrow, 1), Conv(wide, 3)), "conv2", None)
    x = LocalResponseNormalization(name="norm2")(x)
    return assemble(x, HALVE, "pool2", None)  # (batch, 28, 28, 192)


def googlenet(
    x: Tensor, rows: dict, options: BuildOptions, *, module: Callable[..., list] = module_v1
) -> Tensor | list[Tensor]:
    """Add the stem, nine modules and the pooled head; with `auxiliary`, return the three outputs."""
    x = stem(x, options)
    heads: list[Tensor] = []
    for name, row in rows.items():
        if options.auxiliary and name in ("4b", "4e"):  # the heads read 4a and 4d
            heads.append(auxiliary_head(x, len(heads) + 1, options))
        if isinstance(row, Pool):
            x = assemble(x, row, name, None)
        else:
            widths = [options.filters(count) for count in row]
            x = assemble(x, module(*widths), f"inception_{name}", None)
    output = pooled_head(x, options, 0.4)
    return [output, *heads] if options.auxiliary else output


def inception_v2(x: Tensor, rows: dict, options: BuildOptions) -> Tensor:
    """Add the stem, whose first layer is a separable convolution of depth 8, ten modules and the pooled head."""
    norm, narrow, wide = Norm(), options.filters(64), options.filters(192)
    x = layers.SeparableConv2D(narrow, 7, 2, "same", depth_multiplier=8, use_bias=False, name="conv1")(x)
    x = layers.BatchNormalization(name="conv1_norm")(x)
    x = assemble(layers.ReLU(name="conv1_relu")(x), HALVE, "pool1", norm)
    x = assemble(x, (Conv(narrow, 1), Conv(wide, 3)), "conv2", norm)
    x = assemble(x, HALVE, "pool2", norm)  # (batch, 28, 28, 192)
    for name, row in rows.items():
        *widths, kind, projection = row
        module = module_v2([options.filters(count) for count in widths], kind, options.filters(projection))
        x = assemble(x, module, f"inception_{name}", norm)
    return pooled_head(x, options)


BOTH = ("width", "auxiliary")

ARCHITECTURES = {
    "googlenet": Architecture(googlenet, GOOGLENET, 1, options=BOTH, smallest_auxiliary=65),
    "googlenet_naive": Architecture(
        partial(googlenet, module=module_naive), GOOGLENET, 1, options=BOTH, smallest_auxiliary=65
    ),
    "inception_v2": Architecture(inception_v2, INCEPTION_V2, 1, options=("width",)),
}
