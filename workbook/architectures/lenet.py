"""LeNet-5. Y. LeCun, L. Bottou, Y. Bengio & P. Haffner 1998, "Gradient-based learning applied to document
recognition", section II.B, figure 2 and table I.

Deviations, the usual ones of a modern LeNet-5: C3 sees all six maps of S2, not the sparse choice of table I (so
61,706 parameters; the paper's has 60,000); subsampling is plain averaging, without the paper's trainable
coefficient, bias and sigmoid; tanh is not scaled to 1.7159 tanh(2a/3); the output is a softmax, not distances to
drawn characters. C5 is a dense layer, which is the same thing at the paper's size. The paper's input is 32×32: 28×28
digits with a border.
"""

from keras import layers

from workbook.architectures.blocks import Architecture, BuildOptions, Tensor

# filters of C1 and C3, units of C5 and F6
LENET5 = ((6, 16), (120, 84))


def lenet(x: Tensor, row: tuple[tuple[int, ...], tuple[int, ...]], options: BuildOptions) -> Tensor:
    """Add 5×5 convolutions, each averaged 2×2, then dense layers."""
    filters, units = row
    for i, count in enumerate(filters):
        x = layers.Conv2D(count, 5, activation="tanh", name=f"c{2 * i + 1}")(x)
        x = layers.AveragePooling2D(2, name=f"s{2 * i + 2}")(x)
    x = layers.Flatten(name="flatten")(x)  # (batch, 5 · 5 · 16)
    for name, count in zip(("c5", "f6"), units, strict=True):
        x = layers.Dense(count, activation="tanh", name=name)(x)
    return options.classifier(x)


ARCHITECTURES = {"lenet5": Architecture(lenet, LENET5, 16, (32, 32, 1), 10)}
