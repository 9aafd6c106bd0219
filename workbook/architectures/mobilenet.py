"""MobileNet v1. A. Howard et al. 2017, "MobileNets: efficient convolutional neural networks for mobile vision
applications", table 1.

`width` is the paper's width multiplier α; its resolution multiplier is `input_shape`. Deviations: the last row's
depthwise convolution has strides 1, where table 1 prints 2 and yet 7×7 maps; no dropout. `convention="keras"` has
`keras.applications.MobileNet`'s ReLU6 and its padding, right and below, which differs at odd sizes.
"""

from keras import layers

from workbook.architectures.blocks import Architecture, BuildOptions, Tensor, pooled_head

# filters of the pointwise convolution, strides of the depthwise one
MOBILENET = (
    (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2),
    *[(512, 1)] * 5,
    (1024, 2), (1024, 1),
)  # fmt: skip


def norm_relu(x: Tensor, options: BuildOptions, *, name: str) -> Tensor:
    """Add batch normalisation and ReLU."""
    x = layers.BatchNormalization(name=f"{name}_norm")(x)
    return layers.ReLU(6.0 if options.convention == "keras" else None, name=f"{name}_relu")(x)


def depthwise(x: Tensor, strides: int, options: BuildOptions, *, name: str) -> Tensor:
    """Add a 3×3 convolution of each channel by itself."""
    padding = "same"
    if strides > 1 and options.convention == "keras":
        x = layers.ZeroPadding2D(((0, 1), (0, 1)), name=f"{name}_pad")(x)
        padding = "valid"
    x = layers.DepthwiseConv2D(3, strides, padding, use_bias=False, name=name)(x)
    return norm_relu(x, options, name=name)


def mobilenet(x: Tensor, rows: tuple[tuple[int, int], ...], options: BuildOptions) -> Tensor:
    """Add a convolution, thirteen depthwise and pointwise pairs, and the pooled head."""
    x = layers.Conv2D(options.filters(32), 3, 2, "same", use_bias=False, name="conv1")(x)
    x = norm_relu(x, options, name="conv1")  # (batch, 112, 112, 32)
    for i, (filters, strides) in enumerate(rows, 1):
        x = depthwise(x, strides, options, name=f"depthwise{i}")
        x = layers.Conv2D(options.filters(filters), 1, use_bias=False, name=f"pointwise{i}")(x)
        x = norm_relu(x, options, name=f"pointwise{i}")
    return pooled_head(x, options)


ARCHITECTURES = {"mobilenet": Architecture(mobilenet, MOBILENET, 1, options=("width", "convention"))}
