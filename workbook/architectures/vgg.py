"""VGG, configurations A to E. K. Simonyan & A. Zisserman 2015, "Very deep convolutional networks for large-scale
image recognition", table 1.

Deviations: weights start as Keras starts them, where the paper starts from configuration A. `keras.applications` has
D and E without the dropout of section 3.1, which does nothing at inference. A smaller input gives the first dense layer
fewer inputs; the rest is the same.
"""

from keras import layers

from workbook.architectures.blocks import Architecture, BuildOptions, Tensor, dense_head
from workbook.architectures.layers import LocalResponseNormalization

FILTERS = (64, 128, 256, 512, 512)

# table 1: the kernel sizes of each stage; 0 means local response normalisation
TABLE = {
    "vgg11": ((3,), (3,), (3, 3), (3, 3), (3, 3)),  # A
    "vgg11_lrn": ((3, 0), (3,), (3, 3), (3, 3), (3, 3)),  # A-LRN
    "vgg13": ((3, 3), (3, 3), (3, 3), (3, 3), (3, 3)),  # B
    "vgg16_1x1": ((3, 3), (3, 3), (3, 3, 1), (3, 3, 1), (3, 3, 1)),  # C
    "vgg16": ((3, 3), (3, 3), (3, 3, 3), (3, 3, 3), (3, 3, 3)),  # D
    "vgg19": ((3, 3), (3, 3), (3, 3, 3, 3), (3, 3, 3, 3), (3, 3, 3, 3)),  # E
}


def vgg(x: Tensor, stages: tuple[tuple[int, ...], ...], options: BuildOptions) -> Tensor:
    """Add five stages of convolutions, each halved by max pooling, then the dense head."""
    for i, (filters, kernels) in enumerate(zip(FILTERS, stages, strict=True), 1):
        for j, size in enumerate(kernels, 1):
            if size:
                conv = layers.Conv2D(options.filters(filters), size, padding="same", activation="relu",
                                     name=f"block{i}_conv{j}")  # fmt: skip
                x = conv(x)
            else:
                x = LocalResponseNormalization(name=f"block{i}_norm")(x)
        x = layers.MaxPooling2D(2, name=f"block{i}_pool")(x)
    return dense_head(x, options)  # from (batch, 7, 7, 512)


ARCHITECTURES = {name: Architecture(vgg, row, 32, options=("width",)) for name, row in TABLE.items()}
