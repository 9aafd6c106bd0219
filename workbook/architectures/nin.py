"""Network in Network. M. Lin, Q. Chen & S. Yan 2014, section 3 and figure 2, in its CIFAR-10 form.

The paper states three mlpconv layers, but not their widths; these are the authors' published CIFAR-10 configuration.
Deviations: both poolings are "same", which stands for Caffe's rounding up (32 → 16 → 8); weights start as Keras starts
them.
"""

from keras import layers

from workbook.architectures.blocks import Architecture, BuildOptions, Tensor, pool

# kernel size, widths of the convolution and of the two 1×1 layers (None: one per class), pooling
NIN_CIFAR = (
    (5, (192, 160, 96), "max"),
    (5, (192, 192, 192), "average"),
    (3, (192, 192, None), None),
)


def nin(
    x: Tensor, rows: tuple[tuple[int, tuple[int | None, ...], str | None], ...], options: BuildOptions
) -> Tensor:
    """Add mlpconv layers, then average each class's map into its score: no dense layer."""
    for i, (kernel_size, widths, pooling) in enumerate(rows, 1):
        for j, (filters, size) in enumerate(zip(widths, (kernel_size, 1, 1), strict=True), 1):
            x = layers.Conv2D(
                filters or options.num_classes,
                size,
                padding="same",
                activation="relu",
                name=f"mlpconv{i}_{j}",
            )(x)
        if pooling:
            x = pool(x, pooling, 3, 2, "same", name=f"pool{i}")
            x = layers.Dropout(0.5, name=f"dropout{i}")(x)
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    return layers.Activation(options.activation or "linear", name="predictions")(x)


ARCHITECTURES = {"nin": Architecture(nin, NIN_CIFAR, 1, (32, 32, 3), 10)}
