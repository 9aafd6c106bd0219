"""One small network a task, built with the functional API on the same pieces. Pictures are bytes (size, size, 1)."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras

ENCODER = tuple(f"encoder_{number}" for number in range(1, 7))

Tensor = Any  # a symbolic Keras tensor, (batch, height, width, channels)


def conv(x: Tensor, filters: int, kernel_size: int, strides: int = 1, *, name: str | None = None) -> Tensor:
    """Convolve, normalise over the batch, cut off below 0."""
    from keras import layers

    settings = {"strides": strides, "padding": "same", "use_bias": False}
    x = layers.Conv2D(filters, kernel_size, name=name, **settings)(x)
    x = layers.BatchNormalization(momentum=0.8, name=name and f"{name}_norm")(x)
    return layers.ReLU()(x)


def encoder(inputs: Tensor) -> tuple[Tensor, Tensor]:
    """Read a picture (size, size, 1); give its maps (size/2, size/2, 16) and (size/4, size/4, 64).

    Its layers have the same names, `ENCODER`, in every network, so that one can begin with another's weights.
    """
    from keras import layers

    x = layers.Rescaling(1 / 255)(inputs)
    half = conv(x, 16, 5, 2, name="encoder_1")  # (batch, 24, 24, 16) for a size of 48
    x = conv(half, 32, 3, 2, name="encoder_2")  # (batch, 12, 12, 32)
    quarter = conv(x, 48, 3, name="encoder_3")  # (batch, 12, 12, 48)
    x = conv(quarter, 96, 3, 2, name="encoder_4")  # (batch, 6, 6, 96)
    x = conv(x, 96, 3, name="encoder_5")  # (batch, 6, 6, 96)
    x = layers.Concatenate()([layers.UpSampling2D(2)(x), quarter])  # (batch, 12, 12, 144)
    return half, conv(x, 64, 1, name="encoder_6")  # (batch, 12, 12, 64)


def copy_encoder(source: "keras.Model", target: "keras.Model") -> None:
    """Give a network's encoder the weights of another's."""
    for name in ENCODER:
        for layer in (name, f"{name}_norm"):
            target.get_layer(layer).set_weights(source.get_layer(layer).get_weights())


def decoder(half: Tensor, quarter: Tensor, filters: int) -> Tensor:
    """Bring the coarse maps up to the finer ones' size, lay both side by side: (size/2, size/2, filters)."""
    from keras import layers

    x = layers.Concatenate()([layers.UpSampling2D(2, interpolation="bilinear")(quarter), half])
    return conv(x, filters, 1)


def to_full_size(x: Tensor, inputs: Tensor) -> Tensor:
    """Bring maps (size/2, size/2, C) up to the picture's size, beside the picture's own edges: C + 8 channels."""
    from keras import layers

    edges = conv(layers.Rescaling(1 / 255)(inputs), 8, 3)  # (batch, 48, 48, 8)
    return layers.Concatenate()([layers.UpSampling2D(2, interpolation="bilinear")(x), edges])


def centre_head(x: Tensor, classes: int) -> Tensor:
    """Give a heat-map of centres for each class, (size/4, size/4, classes), small at first."""
    import keras
    from keras import layers

    rare = keras.initializers.Constant(-4.0)  # a centre is rare: begin at a probability of .02
    return layers.Conv2D(classes, 1, activation="sigmoid", bias_initializer=rare, name="centres")(x)


def detector(size: int = 48, classes: int = 10) -> "keras.Model":
    """Build a network that finds centres and box sizes: outputs "centres" (g, g, classes), "boxes" (g, g, 4)."""
    import keras
    from keras import layers

    inputs = keras.Input((size, size, 1))
    _, x = encoder(inputs)
    boxes = layers.Conv2D(4, 1, name="boxes")(conv(x, 32, 1))
    return keras.Model(inputs, {"centres": centre_head(x, classes), "boxes": boxes}, name="detector")


def segmenter(size: int = 48, classes: int = 11) -> "keras.Model":
    """Build a small U-Net that names every pixel: (size, size, classes), probabilities."""
    import keras
    from keras import layers

    inputs = keras.Input((size, size, 1))
    half, quarter = encoder(inputs)
    quarter = conv(quarter, 64, 3)  # (batch, 12, 12, 64): what a digit's centre knows reaches its edge
    x = to_full_size(decoder(half, quarter, 32), inputs)  # (batch, 48, 48, 40)
    return keras.Model(
        inputs, layers.Conv2D(classes, 1, activation="softmax", name="pixels")(x), name="segmenter"
    )


def instance_segmenter(size: int = 48, classes: int = 10) -> "keras.Model":
    """Build a network that tells digits apart.

    Outputs "centres" (g, g, classes), "offsets" (size/2, size/2, 2), "ink" (size, size, 1).
    """
    import keras
    from keras import layers

    inputs = keras.Input((size, size, 1))
    half, quarter = encoder(inputs)
    x = decoder(half, quarter, 32)
    offsets = layers.Conv2D(2, 1, name="offsets")(x)
    ink = layers.Conv2D(1, 1, activation="sigmoid", name="ink")(to_full_size(x, inputs))
    outputs = {"centres": centre_head(quarter, classes), "offsets": offsets, "ink": ink}
    return keras.Model(inputs, outputs, name="instance_segmenter")


def landmark_finder(size: int = 48, points: int = 4) -> "keras.Model":
    """Build a network with a heat-map for each landmark, (size/2 · size/2, points), each adding up to 1."""
    import keras
    from keras import layers

    inputs = keras.Input((size, size, 1))
    x = decoder(*encoder(inputs), 32)
    x = layers.Reshape((-1, points))(layers.Conv2D(points, 1)(x))
    return keras.Model(inputs, layers.Softmax(axis=1, name="landmarks")(x), name="landmark_finder")
