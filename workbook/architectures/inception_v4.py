"""Inception v4 and Inception-ResNet v1 and v2. C. Szegedy, S. Ioffe, V. Vanhoucke & A. Alemi 2017, "Inception-v4,
Inception-ResNet and the impact of residual connections on learning", figures 3 to 19 and table 1.

Deviations. In the residual networks the 1×1 convolution before an addition has as many filters as its input has
channels: for v2 that is 1,152 and 2,144, where figures 17 and 19 print 1,154 and 2,048, which do not add up. Residuals
are scaled by 0.17, 0.10 and 0.20 (section 3.3 says 0.1 to 0.3). For v1 and v2 `convention="paper"` is the figures';
for v2 `convention="keras"` is the released model, which `keras.applications.InceptionResNetV2` has: a stem nearer v3's,
10, 20 and 10 blocks, one more 1×1 convolution, no γ in normalisation and no dropout.
"""

from typing import Any

from workbook.architectures.blocks import (
    Architecture,
    BuildOptions,
    Conv,
    Norm,
    Pool,
    Residual,
    Tensor,
    assemble,
    pooled_head,
)
from workbook.architectures.inception_v3 import STEM as STEM_V3

MEAN, HALVE = Pool("average"), Pool("max", 3, 2, "valid")


def reduction_a(k: int, l: int, m: int, n: int) -> list:  # noqa: E741 - the paper's letters
    """Return figure 7's module, 35×35 to 17×17, with table 1's widths."""
    return [HALVE, Conv(n, 3, 2, "valid"), (Conv(k, 1), Conv(l, 3), Conv(m, 3, 2, "valid"))]


def reduction_b(first: int, second: int, third: int, fourth: int) -> list:
    """Return figures 12 and 18's module, 17×17 to 8×8."""
    return [
        HALVE,
        (Conv(256, 1), Conv(first, 3, 2, "valid")),
        (Conv(256, 1), Conv(second, 3, 2, "valid")),
        (Conv(256, 1), Conv(third, 3), Conv(fourth, 3, 2, "valid")),
    ]


def residual(branches: list, channels: int, scale: float, *, linear: bool = False) -> Residual:
    """Return an Inception-ResNet block: branches, a linear 1×1 to the input's channels, scaled and added."""
    return Residual((branches, Conv(channels, 1, linear=True)), scale, linear)


STEM_V4 = (  # figure 3: 299×299×3 → 35×35×384
    Conv(32, 3, 2, "valid"), Conv(32, 3, 1, "valid"), Conv(64, 3),
    [HALVE, Conv(96, 3, 2, "valid")],
    [
        (Conv(64, 1), Conv(96, 3, 1, "valid")),
        (Conv(64, 1), Conv(64, (7, 1)), Conv(64, (1, 7)), Conv(96, 3, 1, "valid")),
    ],
    [Conv(192, 3, 2, "valid"), HALVE],
)  # fmt: skip
STEM_V1 = (*STEM_V3[:-1], Conv(256, 3, 2, "valid"))  # figure 14: 35×35×256

CROSS = [Conv(256, (1, 3)), Conv(256, (3, 1))]
A_V4 = [  # figure 4
    (MEAN, Conv(96, 1)), Conv(96, 1), (Conv(64, 1), Conv(96, 3)),
    (Conv(64, 1), Conv(96, 3), Conv(96, 3)),
]  # fmt: skip
B_V4 = [  # figure 5
    (MEAN, Conv(128, 1)), Conv(384, 1), (Conv(192, 1), Conv(224, (1, 7)), Conv(256, (7, 1))),
    (Conv(192, 1), Conv(192, (1, 7)), Conv(224, (7, 1)), Conv(224, (1, 7)), Conv(256, (7, 1))),
]  # fmt: skip
C_V4 = [  # figure 6
    (MEAN, Conv(256, 1)), Conv(256, 1), (Conv(384, 1), CROSS),
    (Conv(384, 1), Conv(448, (1, 3)), Conv(512, (3, 1)), CROSS),
]  # fmt: skip
REDUCTION_V4 = [  # figure 8: 17×17×1024 → 8×8×1536
    HALVE, (Conv(192, 1), Conv(192, 3, 2, "valid")),
    (Conv(256, 1), Conv(256, (1, 7)), Conv(320, (7, 1)), Conv(320, 3, 2, "valid")),
]  # fmt: skip

A_V1 = [Conv(32, 1), (Conv(32, 1), Conv(32, 3)), (Conv(32, 1), Conv(32, 3), Conv(32, 3))]  # figure 10
B_V1 = [Conv(128, 1), (Conv(128, 1), Conv(128, (1, 7)), Conv(128, (7, 1)))]  # figure 11
C_V1 = [Conv(192, 1), (Conv(192, 1), Conv(192, (1, 3)), Conv(192, (3, 1)))]  # figure 13
A_V2 = [Conv(32, 1), (Conv(32, 1), Conv(32, 3)), (Conv(32, 1), Conv(48, 3), Conv(64, 3))]  # figure 16
B_V2 = [Conv(192, 1), (Conv(128, 1), Conv(160, (1, 7)), Conv(192, (7, 1)))]  # figure 17
C_V2 = [Conv(192, 1), (Conv(192, 1), Conv(224, (1, 3)), Conv(256, (3, 1)))]  # figure 19

INCEPTION_V4 = {
    "stem": STEM_V4, "a": [A_V4] * 4, "reduction_a": reduction_a(192, 224, 256, 384),
    "b": [B_V4] * 7, "reduction_b": REDUCTION_V4, "c": [C_V4] * 3,
}  # fmt: skip
RESNET_V1 = {
    "stem": STEM_V1, "a": [residual(A_V1, 256, 0.17)] * 5, "reduction_a": reduction_a(192, 192, 256, 384),
    "b": [residual(B_V1, 896, 0.1)] * 10, "reduction_b": reduction_b(384, 256, 256, 256),
    "c": [residual(C_V1, 1792, 0.2)] * 5,
}  # fmt: skip
RESNET_V2 = {
    "stem": STEM_V4, "a": [residual(A_V2, 384, 0.17)] * 5, "reduction_a": reduction_a(256, 256, 384, 384),
    "b": [residual(B_V2, 1152, 0.1)] * 10, "reduction_b": reduction_b(384, 288, 288, 320),
    "c": [residual(C_V2, 2144, 0.2)] * 5,
}  # fmt: skip
MIXED_5B = [
    Conv(96, 1),
    (Conv(48, 1), Conv(64, 5)),
    (Conv(64, 1), Conv(96, 3), Conv(96, 3)),
    (MEAN, Conv(64, 1)),
]
RELEASED_V2 = {  # a reduction's branches are in the released order: convolutions, then pooling
    "stem": (*STEM_V3, MIXED_5B), "a": [residual(A_V2, 320, 0.17)] * 10,
    "reduction_a": [*reduction_a(256, 256, 384, 384)[1:], HALVE],
    "b": [residual(B_V2, 1088, 0.1)] * 20, "reduction_b": [*reduction_b(384, 288, 288, 320)[1:], HALVE],
    "c": [*[residual(C_V2, 2080, 0.2)] * 9, residual(C_V2, 2080, 1.0, linear=True)], "last": Conv(1536, 1),
}  # fmt: skip


def inception_v4(x: Tensor, rows: dict[str, Any], options: BuildOptions) -> Tensor:
    """Add the table's parts in order; a stage is a list of blocks, one after another."""
    released = options.convention == "keras"
    norm = Norm(scale=not released)
    for name, part in (RELEASED_V2 if released else rows).items():
        if name in ("a", "b", "c"):
            for i, block in enumerate(part, 1):
                x = assemble(x, block, f"block_{name}{i}", norm)
        else:
            x = assemble(x, part, name, norm)
    return pooled_head(x, options, 0.0 if released else 0.2)  # the paper keeps 0.8


ARCHITECTURES = {
    "inception_v4": Architecture(inception_v4, INCEPTION_V4, 75, (299, 299, 3)),
    "inception_resnet_v1": Architecture(inception_v4, RESNET_V1, 75, (299, 299, 3)),
    "inception_resnet_v2": Architecture(inception_v4, RESNET_V2, 75, (299, 299, 3), options=("convention",)),
}
