"""One small network per task, built from the same parts. Pictures are bytes (size, size, 1)."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras

ENCODER = tuple(f"encoder_{number}" for number in range(1, 7))

Tensor = Any  # a symbolic Keras tensor, (batch, height, width, channels)


def conv(x: Tensor, filters: int, kernel_size: int, strides: int = 1, *, name: str | None = None) -> Tensor:
    """Convolve, normalise over the batch, cut off below 0."""
    from keras import layers

    x = layers.Conv2D(filters, kernel_size, strides, "same", use_bias=False, name=name)(x)
    x = layers.BatchNormalization(momentum=0.8, name=name and f"{name}_norm")(x)
    return layers.ReLU(name=name and f"{name}_cut")(x)


def encoder(inputs: Tensor) -> tuple[Tensor, Tensor]:
    """Return the feature maps (size/2, size/2, 16) and (size/4, size/4, 64) of a picture (size, size, 1).

    The layers have the same names, `ENCODER`, in every network, so that one can start with the weights of another.
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


def classifier(size: int = 24, classes: int = 10) -> "keras.Model":
    """Build a network that classifies the digit in the middle of a window: (classes,) probabilities.

    It uses only the four cells in the middle, so that the encoder learns to represent a digit there.
    """
    import keras
    from keras import layers

    inputs = keras.Input((size, size, 1))
    _, x = encoder(inputs)  # (batch, 6, 6, 64)
    middle = layers.Cropping2D(size // 8 - 1)(x)  # (batch, 2, 2, 64)
    x = layers.GlobalAveragePooling2D()(middle)  # (batch, 64)
    scores = layers.Dense(classes, activation="softmax", name="classes")(x)
    return keras.Model(inputs, scores, name="classifier")


def copy_encoder(source: "keras.Model", target: "keras.Model") -> None:
    """Copy the weights of one network's encoder to another's."""
    for name in ENCODER:
        for layer in (name, f"{name}_norm"):
            target.get_layer(layer).set_weights(source.get_layer(layer).get_weights())


def decoder(half: Tensor, quarter: Tensor, filters: int) -> Tensor:
    """Upsample the coarse maps to the size of the fine ones and combine both: (size/2, size/2, filters)."""
    from keras import layers

    x = layers.Concatenate()([layers.UpSampling2D(2, interpolation="bilinear")(quarter), half])
    return conv(x, filters, 1, name="decoder")


def centre_head(x: Tensor, classes: int) -> Tensor:
    """Return a heat-map of centres per class, (size/4, size/4, classes), with small values at first."""
    import keras
    from keras import layers

    rare = keras.initializers.Constant(-4.0)  # a centre is rare: begin at a probability of .02
    return layers.Conv2D(classes, 1, activation="sigmoid", bias_initializer=rare, name="centres")(x)


def detector(size: int = 48, classes: int = 10) -> "keras.Model":
    """Build a network that detects centres and box sizes: outputs "centres" (g, g, classes), "boxes" (g, g, 4)."""
    import keras
    from keras import layers

    inputs = keras.Input((size, size, 1))
    _, x = encoder(inputs)
    boxes = layers.Conv2D(4, 1, name="boxes")(conv(x, 32, 1))
    return keras.Model(inputs, {"centres": centre_head(x, classes), "boxes": boxes}, name="detector")


def segmenter(size: int = 48, classes: int = 11) -> "keras.Model":
    """Build a small U-Net that classifies every pixel: (size, size, classes), probabilities.

    Classes are predicted at half the size; at full size, edges of the picture only refine where each class ends. So few
    maps of full size are needed.
    """
    import keras
    from keras import layers

    inputs = keras.Input((size, size, 1))
    half, quarter = encoder(inputs)
    quarter = conv(quarter, 64, 3)  # (batch, 12, 12, 64): information from a digit's middle reaches its edge
    coarse = layers.Conv2D(classes, 1)(decoder(half, quarter, 32))  # (batch, 24, 24, 11)
    edges = conv(layers.Rescaling(1 / 255)(inputs), 8, 5)  # (batch, 48, 48, 8)
    x = layers.Concatenate()([layers.UpSampling2D(2, interpolation="bilinear")(coarse), edges])
    pixels = layers.Conv2D(classes, 1, activation="softmax", name="pixels")(x)  # (batch, 48, 48, 11)
    return keras.Model(inputs, pixels, name="segmenter")


def coin_finder() -> "keras.Model":
    """Build one network with three answers for pictures of any size, (H, W, 1) with sides divisible by 8.

    Outputs "centres" (H/4, W/4, 1), "boxes" (H/4, W/4, 4), as the detector's, and "pixels" (H, W, 2), as the
    segmenter's: the probability of ground and of coin.
    """
    import keras
    from keras import layers

    inputs = keras.Input((None, None, 1))
    half, quarter = encoder(inputs)
    boxes = layers.Conv2D(4, 1, name="boxes")(conv(quarter, 32, 1))
    x = decoder(half, quarter, 32)  # (batch, H/2, W/2, 32)
    x = layers.Concatenate()(
        [layers.UpSampling2D(2, interpolation="bilinear")(x), layers.Rescaling(1 / 255)(inputs)]
    )
    pixels = layers.Conv2D(2, 3, padding="same", activation="softmax", name="pixels")(x)
    outputs = {"centres": centre_head(quarter, 1), "boxes": boxes, "pixels": pixels}
    return keras.Model(inputs, outputs, name="coin_finder")


def features(segmenter: "keras.Model") -> "keras.Model":
    """Return the part of a segmenter up to its maps of half the size, (size/2, size/2, 32)."""
    import keras

    return keras.Model(segmenter.input, segmenter.get_layer("decoder_cut").output, name="features")


def offset_head(size: int = 48, channels: int = 32) -> "keras.Model":
    """Build a network from maps (size/2, size/2, channels) to offsets (size/2, size/2, 2)."""
    import keras
    from keras import layers

    inputs = keras.Input((size // 2, size // 2, channels))
    offsets = layers.Conv2D(2, 1, name="offsets")(conv(inputs, 32, 1))
    return keras.Model(inputs, offsets, name="offset_head")


def instance_segmenter(
    detector: "keras.Model", segmenter: "keras.Model", head: "keras.Model"
) -> "keras.Model":
    """Join a detector, a segmenter, and a head for offsets on the segmenter's maps.

    Outputs "centres" (g, g, classes), "offsets" (size/2, size/2, 2), and "ink" (size, size, 1), the probability that a
    pixel is not background.
    """
    import keras

    inputs = keras.Input(segmenter.input.shape[1:])
    parts = keras.Model(segmenter.input, [segmenter.get_layer("decoder_cut").output, segmenter.output])
    maps, pixels = parts(inputs)
    outputs = {"centres": detector(inputs)["centres"], "offsets": head(maps), "ink": 1 - pixels[..., :1]}
    return keras.Model(inputs, outputs, name="instance_segmenter")


def landmark_finder(size: int = 48, points: int = 4) -> "keras.Model":
    """Build a network with a heat-map for each landmark, (size/2 · size/2, points), each with the sum 1."""
    import keras
    from keras import layers

    inputs = keras.Input((size, size, 1))
    x = decoder(*encoder(inputs), 32)
    x = layers.Reshape((-1, points))(layers.Conv2D(points, 1)(x))
    return keras.Model(inputs, layers.Softmax(axis=1, name="landmarks")(x), name="landmark_finder")
