"""Inception v3. C. Szegedy, V. Vanhoucke, S. Ioffe, J. Shlens & Z. Wojna 2016, "Rethinking the Inception
architecture for computer vision", table 1, figures 5 to 7 and 10.

The paper states the modules' shapes, but not their widths; these are the released model's. So is the stem: table 1 has
a 3×3 convolution with strides 2 and one of 288 filters where the released model pools. `auxiliary=True` adds section
4's head after the last 17×17 module, normalised, as a second output. In the paper's convention batch normalisation
learns γ; `convention="keras"` has `keras.applications.InceptionV3`, which does not have it.
"""

from typing import Any

from keras import layers

from workbook.architectures.blocks import (
    Architecture,
    BuildOptions,
    Conv,
    Norm,
    Pool,
    Tensor,
    assemble,
    conv_norm,
    pooled_head,
)

MEAN, HALVE = Pool("average"), Pool("max", 3, 2, "valid")

STEM = (
    Conv(32, 3, 2, "valid"), Conv(32, 3, 1, "valid"), Conv(64, 3), HALVE,
    Conv(80, 1), Conv(192, 3, 1, "valid"), HALVE,
)  # fmt: skip


def module_35(projection: int) -> list:
    """Return figure 5's module: a 5×5 made of two 3×3."""
    return [
        Conv(64, 1),
        (Conv(48, 1), Conv(64, 5)),
        (Conv(64, 1), Conv(96, 3), Conv(96, 3)),
        (MEAN, Conv(projection, 1)),
    ]


def module_17(width: int) -> list:
    """Return figure 6's module: 7×7 factorised into 1×7 and 7×1."""
    row, column = Conv(width, (1, 7)), Conv(width, (7, 1))
    return [
        Conv(192, 1),
        (Conv(width, 1), row, Conv(192, (7, 1))),
        (Conv(width, 1), column, row, column, Conv(192, (1, 7))),
        (MEAN, Conv(192, 1)),
    ]


CROSS = [Conv(384, (1, 3)), Conv(384, (3, 1))]  # side by side

MODULE_8 = [  # figure 7
    Conv(320, 1),
    (Conv(384, 1), CROSS),
    (Conv(448, 1), Conv(384, 3), CROSS),
    (MEAN, Conv(192, 1)),
]
REDUCTION_35 = [  # figure 10: 35×35×288 → 17×17×768
    Conv(384, 3, 2, "valid"),
    (Conv(64, 1), Conv(96, 3), Conv(96, 3, 2, "valid")),
    HALVE,
]
REDUCTION_17 = [  # 17×17×768 → 8×8×1280
    (Conv(192, 1), Conv(320, 3, 2, "valid")),
    (Conv(192, 1), Conv(192, (1, 7)), Conv(192, (7, 1)), Conv(192, 3, 2, "valid")),
    HALVE,
]
INCEPTION_V3 = (
    module_35(32), module_35(64), module_35(64), REDUCTION_35,
    module_17(128), module_17(160), module_17(160), module_17(192), REDUCTION_17,
    MODULE_8, MODULE_8,
)  # fmt: skip


def auxiliary_head(x: Tensor, options: BuildOptions, norm: Norm) -> Tensor:
    """Add section 4's head: 5×5 average pooling, 1×1, a 5×5 convolution to 1×1×768."""
    x = layers.AveragePooling2D(5, 3, name="auxiliary_pool")(x)  # (batch, 5, 5, 768)
    x = conv_norm(x, 128, 1, name="auxiliary_conv1", norm=norm)
    x = conv_norm(x, 768, 5, padding="valid", name="auxiliary_conv2", norm=norm)
    return options.classifier(layers.GlobalAveragePooling2D(name="auxiliary_avg_pool")(x), "auxiliary")


def inception_v3(x: Tensor, rows: tuple[Any, ...], options: BuildOptions) -> Tensor | list[Tensor]:
    """Add the stem, eleven modules and the pooled head; with `auxiliary`, return both outputs."""
    norm = Norm(scale=options.convention == "paper")
    x = assemble(x, STEM, "stem", norm)  # (batch, 35, 35, 192)
    heads = []
    for i, module in enumerate(rows):
        if options.auxiliary and module is REDUCTION_17:
            heads.append(auxiliary_head(x, options, norm))
        x = assemble(x, module, f"mixed{i}", norm)
    output = pooled_head(x, options)
    return [output, *heads] if heads else output


ARCHITECTURES = {
    "inception_v3": Architecture(
        inception_v3, INCEPTION_V3, 75, (299, 299, 3),
        options=("auxiliary", "convention"), smallest_auxiliary=299,
    ),
}  # fmt: skip
