# %% 7.1 right · the formulas
def bottleneck_cost(shape, kernel_size, reduced, filters):
    height, width, channels = shape
    parameters = (channels + 1) * reduced + (kernel_size**2 * reduced + 1) * filters
    macs = height * width * (channels * reduced + kernel_size**2 * reduced * filters)
    return parameters, macs

# %% 7.1 right · the package's arithmetic
def bottleneck_cost(shape, kernel_size, reduced, filters):
    parameters = arithmetic.conv_parameters(1, shape[2], reduced) + arithmetic.conv_parameters(kernel_size, reduced, filters)
    macs = arithmetic.conv_macs(shape[:2], 1, shape[2], reduced) + arithmetic.conv_macs(shape[:2], kernel_size, reduced, filters)
    return parameters, macs

# %% 7.1 right · weights first, biases added
def bottleneck_cost(shape, kernel_size, reduced, filters):
    weights = shape[-1] * reduced + kernel_size * kernel_size * reduced * filters
    return weights + reduced + filters, weights * shape[0] * shape[1]

# %% 7.1 right · loop over a table of the two layers
def bottleneck_cost(shape, kernel_size, reduced, filters):
    parameters = macs = 0
    for size, before, after in ((1, shape[2], reduced), (kernel_size, reduced, filters)):
        weights = size * size * before * after
        parameters += weights + after
        macs += weights * shape[0] * shape[1]
    return (parameters, macs)

# %% 7.1 right · counts with the layers of Keras
def bottleneck_cost(shape, kernel_size, reduced, filters):
    inputs = keras.Input(shape)
    thin = layers.Conv2D(reduced, 1, padding="same")
    large = layers.Conv2D(filters, kernel_size, padding="same")
    large(thin(inputs))
    macs = sum(int(np.prod(layer.kernel.shape)) for layer in (thin, large)) * shape[0] * shape[1]
    return thin.count_params() + large.count_params(), macs

# %% 7.1 right · the accountant
def bottleneck_cost(shape, kernel_size, reduced, filters):
    inputs = keras.Input(shape)
    x = layers.Conv2D(reduced, 1)(inputs)
    counted = account(keras.Model(inputs, layers.Conv2D(filters, kernel_size, padding="same")(x)))
    return counted.parameters, counted.macs

# %% 7.1 right · NumPy whole numbers
def bottleneck_cost(shape, kernel_size, reduced, filters):
    kernels = np.array([[1, 1, shape[2], reduced], [kernel_size, kernel_size, reduced, filters]], dtype=np.int64)
    weights = kernels.prod(axis=1)
    return np.sum(weights + kernels[:, -1]), weights.sum() * np.prod(shape[:2])

# %% 7.1 right · factored out
def bottleneck_cost(shape, kernel_size, reduced, filters):
    h, w, c = shape
    each = c + filters * kernel_size**2  # weights for each of the reduced channels
    return reduced * (each + 1) + filters, reduced * each * h * w

# %% 7.1 wrong · no biases
def bottleneck_cost(shape, kernel_size, reduced, filters):
    height, width, channels = shape
    weights = channels * reduced + kernel_size**2 * reduced * filters
    return weights, height * width * weights

# %% 7.1 wrong · biases in the MACs too
def bottleneck_cost(shape, kernel_size, reduced, filters):
    height, width, channels = shape
    parameters = (channels + 1) * reduced + (kernel_size**2 * reduced + 1) * filters
    return parameters, height * width * parameters

# %% 7.1 wrong · MACs for one pixel
def bottleneck_cost(shape, kernel_size, reduced, filters):
    channels = shape[2]
    weights = channels * reduced + kernel_size**2 * reduced * filters
    return weights + reduced + filters, weights

# %% 7.1 wrong · pair the other way round
def bottleneck_cost(shape, kernel_size, reduced, filters):
    height, width, channels = shape
    weights = channels * reduced + kernel_size**2 * reduced * filters
    return height * width * weights, weights + reduced + filters

# %% 7.1 wrong · large kernel reads all channels
def bottleneck_cost(shape, kernel_size, reduced, filters):
    height, width, channels = shape
    weights = channels * reduced + kernel_size**2 * channels * filters
    return weights + reduced + filters, height * width * weights

# %% 7.1 wrong · kernel not squared
def bottleneck_cost(shape, kernel_size, reduced, filters):
    height, width, channels = shape
    weights = channels * reduced + kernel_size * reduced * filters
    return weights + reduced + filters, height * width * weights

# %% 7.1 wrong · biases of the second layer only
def bottleneck_cost(shape, kernel_size, reduced, filters):
    height, width, channels = shape
    weights = channels * reduced + kernel_size**2 * reduced * filters
    return weights + filters, height * width * weights

# %% 7.1 wrong · square maps taken for granted
def bottleneck_cost(shape, kernel_size, reduced, filters):
    # height and width differ
    height, width, channels = shape
    weights = channels * reduced + kernel_size**2 * reduced * filters
    return weights + reduced + filters, height**2 * weights

# %% 7.1 wrong · no bottleneck at all
def bottleneck_cost(shape, kernel_size, reduced, filters):
    height, width, channels = shape
    weights = kernel_size**2 * channels * filters
    return weights + filters, height * width * weights

# %% 7.1 wrong · large kernel as if valid
def bottleneck_cost(shape, kernel_size, reduced, filters):
    height, width, channels = shape
    small = (height - kernel_size + 1) * (width - kernel_size + 1)
    thin, large = channels * reduced, kernel_size**2 * reduced * filters
    return thin + large + reduced + filters, height * width * thin + small * large

# %% 7.1 wrong · large kernel in both layers
def bottleneck_cost(shape, kernel_size, reduced, filters):
    height, width, channels = shape
    weights = kernel_size**2 * (channels * reduced + reduced * filters)
    return weights + reduced + filters, height * width * weights

# %% 7.1 wrong · channels first
def bottleneck_cost(shape, kernel_size, reduced, filters):
    channels, height, width = shape
    weights = channels * reduced + kernel_size**2 * reduced * filters
    return weights + reduced + filters, height * width * weights

# %% 7.1 wrong · the text's 5×5 for any kernel
def bottleneck_cost(shape, kernel_size, reduced, filters):
    height, width, channels = shape
    weights = channels * reduced + 25 * reduced * filters
    return weights + reduced + filters, height * width * weights

# %% 7.1 wrong · MACs in millions
def bottleneck_cost(shape, kernel_size, reduced, filters):
    height, width, channels = shape
    weights = channels * reduced + kernel_size**2 * reduced * filters
    return weights + reduced + filters, height * width * weights / 10**6

# %% 7.1 wrong · MACs counted as two operations
def bottleneck_cost(shape, kernel_size, reduced, filters):
    height, width, channels = shape
    weights = channels * reduced + kernel_size**2 * reduced * filters
    return weights + reduced + filters, 2 * height * width * weights

# %% 7.1 wrong · the second layer only
def bottleneck_cost(shape, kernel_size, reduced, filters):
    height, width, _ = shape
    weights = kernel_size**2 * reduced * filters
    return weights + filters, height * width * weights

# %% 7.2 right · functional, four branches
def inception_module(shape, widths):
    one, reduce3, three, reduce5, five, projection = widths
    inputs = keras.Input(shape)
    same = {"padding": "same", "activation": "relu"}
    a = layers.Conv2D(one, 1, **same)(inputs)
    b = layers.Conv2D(three, 3, **same)(layers.Conv2D(reduce3, 1, **same)(inputs))
    c = layers.Conv2D(five, 5, **same)(layers.Conv2D(reduce5, 1, **same)(inputs))
    d = layers.MaxPooling2D(3, strides=1, padding="same")(inputs)
    d = layers.Conv2D(projection, 1, **same)(d)
    return keras.Model(inputs, layers.Concatenate()([a, b, c, d]))

# %% 7.2 right · ReLU layers, keras.ops.concatenate
def inception_module(shape, widths):
    def conv(x, filters, size):
        return layers.ReLU()(layers.Conv2D(filters, size, padding="same")(x))

    x = keras.Input(shape)
    branches = [
        conv(x, widths[0], 1),
        conv(conv(x, widths[1], 1), widths[2], 3),
        conv(conv(x, widths[3], 1), widths[4], 5),
        conv(layers.MaxPool2D((3, 3), strides=(1, 1), padding="same")(x), widths[5], 1),
    ]
    return keras.Model(x, keras.ops.concatenate(branches, axis=-1))

# %% 7.2 right · table of branches, a Sequential each
def inception_module(shape, widths):
    def conv(filters, size):
        return layers.Conv2D(filters, (size, size), padding="same", activation="relu")

    one, r3, three, r5, five, projection = widths
    table = [
        [conv(one, 1)],
        [conv(r3, 1), conv(three, 3)],
        [conv(r5, 1), conv(five, 5)],
        [layers.MaxPooling2D(pool_size=3, strides=1, padding="same"), conv(projection, 1)],
    ]
    inputs = keras.Input(shape)
    return keras.Model(inputs, layers.concatenate([keras.Sequential(branch)(inputs) for branch in table]))

# %% 7.2 right · padding only where it matters, names
def inception_module(shape, widths):
    inputs = keras.Input(shape=shape, name="maps")
    relu = "relu"
    one = layers.Conv2D(widths[0], 1, activation=relu, name="one")(inputs)
    thin3 = layers.Conv2D(widths[1], 1, activation=relu, name="reduce3")(inputs)
    three = layers.Conv2D(widths[2], 3, padding="same", activation=relu, name="three")(thin3)
    thin5 = layers.Conv2D(widths[3], 1, activation=relu, name="reduce5")(inputs)
    five = layers.Conv2D(widths[4], 5, padding="same", activation=relu, name="five")(thin5)
    pooled = layers.MaxPooling2D(3, 1, "same", name="pool")(inputs)
    projected = layers.Conv2D(widths[5], 1, activation=relu, name="projection")(pooled)
    joined = layers.Concatenate(axis=3, name="join")([one, three, five, projected])
    return keras.Model(inputs, joined, name="inception")

# %% 7.2 right · keras.activations.relu, pooling branch first
def inception_module(shape, widths):
    inputs = keras.Input(shape)
    relu = keras.activations.relu
    d = relu(layers.Conv2D(widths[5], 1)(layers.MaxPooling2D(3, strides=1, padding="same")(inputs)))
    c = relu(layers.Conv2D(widths[3], 1)(inputs))
    c = relu(layers.Conv2D(widths[4], 5, padding="same")(c))
    b = relu(layers.Conv2D(widths[1], 1)(inputs))
    b = relu(layers.Conv2D(widths[2], 3, padding="same")(b))
    a = relu(layers.Conv2D(widths[0], 1)(inputs))
    return keras.Model(inputs=inputs, outputs=layers.Concatenate(axis=-1)([a, b, c, d]))

# %% 7.2 right · loop over kernel sizes, Activation layers
def inception_module(shape, widths):
    inputs = keras.Input(shape)
    def conv_relu(x, filters, size=1):
        x = layers.Conv2D(filters, kernel_size=size, strides=1, padding="same")(x)
        return layers.Activation("relu")(x)

    rest = iter(widths)
    outputs = [conv_relu(inputs, next(rest))]
    for size in (3, 5):
        thin = conv_relu(inputs, next(rest))
        outputs.append(conv_relu(thin, next(rest), size))
    pooled = layers.MaxPooling2D(pool_size=(3, 3), strides=1, padding="same")(inputs)
    outputs.append(conv_relu(pooled, next(rest)))
    return keras.Model(inputs, layers.Concatenate()(outputs))

# %% 7.2 right · the package's module
def inception_module(shape, widths):
    inputs = keras.Input(shape)
    return keras.Model(inputs, blocks.assemble(inputs, inception.module_v1(*widths), "module", None))

# %% 7.2 right · keras.ops.relu, joined two by two
def inception_module(shape, widths):
    one, reduce3, three, reduce5, five, projection = widths
    inputs = keras.Input(shape)
    conv = lambda x, n, k: keras.ops.relu(layers.Conv2D(n, k, padding="same")(x))
    left = layers.Concatenate()([conv(inputs, one, 1), conv(conv(inputs, reduce3, 1), three, 3)])
    pooled = layers.MaxPooling2D(3, strides=1, padding="same")(inputs)
    right = layers.Concatenate()([conv(conv(inputs, reduce5, 1), five, 5), conv(pooled, projection, 1)])
    return keras.Model(inputs, layers.Concatenate()([left, right]))

# %% 7.2 wrong · naive, no bottlenecks
def inception_module(shape, widths):
    one, _, three, _, five, projection = widths
    inputs = keras.Input(shape)
    same = {"padding": "same", "activation": "relu"}
    a = layers.Conv2D(one, 1, **same)(inputs)
    b = layers.Conv2D(three, 3, **same)(inputs)
    c = layers.Conv2D(five, 5, **same)(inputs)
    d = layers.MaxPooling2D(3, strides=1, padding="same")(inputs)
    d = layers.Conv2D(projection, 1, **same)(d)
    return keras.Model(inputs, layers.Concatenate()([a, b, c, d]))

# %% 7.2 wrong · pooling with its usual strides
def inception_module(shape, widths):
    # raises: the branches do not agree
    one, reduce3, three, reduce5, five, projection = widths
    inputs = keras.Input(shape)
    same = {"padding": "same", "activation": "relu"}
    a = layers.Conv2D(one, 1, **same)(inputs)
    b = layers.Conv2D(three, 3, **same)(layers.Conv2D(reduce3, 1, **same)(inputs))
    c = layers.Conv2D(five, 5, **same)(layers.Conv2D(reduce5, 1, **same)(inputs))
    d = layers.MaxPooling2D(3, padding="same")(inputs)
    d = layers.Conv2D(projection, 1, **same)(d)
    return keras.Model(inputs, layers.Concatenate()([a, b, c, d]))

# %% 7.2 wrong · average pooling
def inception_module(shape, widths):
    one, reduce3, three, reduce5, five, projection = widths
    inputs = keras.Input(shape)
    same = {"padding": "same", "activation": "relu"}
    a = layers.Conv2D(one, 1, **same)(inputs)
    b = layers.Conv2D(three, 3, **same)(layers.Conv2D(reduce3, 1, **same)(inputs))
    c = layers.Conv2D(five, 5, **same)(layers.Conv2D(reduce5, 1, **same)(inputs))
    d = layers.AveragePooling2D(3, strides=1, padding="same")(inputs)
    d = layers.Conv2D(projection, 1, **same)(d)
    return keras.Model(inputs, layers.Concatenate()([a, b, c, d]))

# %% 7.2 wrong · pooling branch first in the output
def inception_module(shape, widths):
    one, reduce3, three, reduce5, five, projection = widths
    inputs = keras.Input(shape)
    same = {"padding": "same", "activation": "relu"}
    a = layers.Conv2D(one, 1, **same)(inputs)
    b = layers.Conv2D(three, 3, **same)(layers.Conv2D(reduce3, 1, **same)(inputs))
    c = layers.Conv2D(five, 5, **same)(layers.Conv2D(reduce5, 1, **same)(inputs))
    d = layers.MaxPooling2D(3, strides=1, padding="same")(inputs)
    d = layers.Conv2D(projection, 1, **same)(d)
    return keras.Model(inputs, layers.Concatenate()([d, a, b, c]))

# %% 7.2 wrong · no ReLU in the bottlenecks
def inception_module(shape, widths):
    one, reduce3, three, reduce5, five, projection = widths
    inputs = keras.Input(shape)
    same = {"padding": "same", "activation": "relu"}
    a = layers.Conv2D(one, 1, **same)(inputs)
    b = layers.Conv2D(three, 3, **same)(layers.Conv2D(reduce3, 1)(inputs))
    c = layers.Conv2D(five, 5, **same)(layers.Conv2D(reduce5, 1)(inputs))
    d = layers.MaxPooling2D(3, strides=1, padding="same")(inputs)
    d = layers.Conv2D(projection, 1, **same)(d)
    return keras.Model(inputs, layers.Concatenate()([a, b, c, d]))

# %% 7.2 wrong · no ReLU after the projection
def inception_module(shape, widths):
    one, reduce3, three, reduce5, five, projection = widths
    inputs = keras.Input(shape)
    same = {"padding": "same", "activation": "relu"}
    a = layers.Conv2D(one, 1, **same)(inputs)
    b = layers.Conv2D(three, 3, **same)(layers.Conv2D(reduce3, 1, **same)(inputs))
    c = layers.Conv2D(five, 5, **same)(layers.Conv2D(reduce5, 1, **same)(inputs))
    d = layers.MaxPooling2D(3, strides=1, padding="same")(inputs)
    d = layers.Conv2D(projection, 1)(d)
    return keras.Model(inputs, layers.Concatenate()([a, b, c, d]))

# %% 7.2 wrong · widths unpacked in another order
def inception_module(shape, widths):
    one, three, five, reduce3, reduce5, projection = widths
    inputs = keras.Input(shape)
    same = {"padding": "same", "activation": "relu"}
    a = layers.Conv2D(one, 1, **same)(inputs)
    b = layers.Conv2D(three, 3, **same)(layers.Conv2D(reduce3, 1, **same)(inputs))
    c = layers.Conv2D(five, 5, **same)(layers.Conv2D(reduce5, 1, **same)(inputs))
    d = layers.MaxPooling2D(3, strides=1, padding="same")(inputs)
    d = layers.Conv2D(projection, 1, **same)(d)
    return keras.Model(inputs, layers.Concatenate()([a, b, c, d]))

# %% 7.2 wrong · pooling not projected
def inception_module(shape, widths):
    one, reduce3, three, reduce5, five, _ = widths
    inputs = keras.Input(shape)
    same = {"padding": "same", "activation": "relu"}
    a = layers.Conv2D(one, 1, **same)(inputs)
    b = layers.Conv2D(three, 3, **same)(layers.Conv2D(reduce3, 1, **same)(inputs))
    c = layers.Conv2D(five, 5, **same)(layers.Conv2D(reduce5, 1, **same)(inputs))
    d = layers.MaxPooling2D(3, strides=1, padding="same")(inputs)
    return keras.Model(inputs, layers.Concatenate()([a, b, c, d]))

# %% 7.2 wrong · one bottleneck for both kernels
def inception_module(shape, widths):
    one, reduce3, three, reduce5, five, projection = widths
    inputs = keras.Input(shape)
    same = {"padding": "same", "activation": "relu"}
    a = layers.Conv2D(one, 1, **same)(inputs)
    thin = layers.Conv2D(reduce3, 1, **same)(inputs)
    b = layers.Conv2D(three, 3, **same)(thin)
    c = layers.Conv2D(five, 5, **same)(thin)
    d = layers.MaxPooling2D(3, strides=1, padding="same")(inputs)
    d = layers.Conv2D(projection, 1, **same)(d)
    return keras.Model(inputs, layers.Concatenate()([a, b, c, d]))

# %% 7.2 wrong · bottleneck behind the large kernel
def inception_module(shape, widths):
    one, reduce3, three, reduce5, five, projection = widths
    inputs = keras.Input(shape)
    same = {"padding": "same", "activation": "relu"}
    a = layers.Conv2D(one, 1, **same)(inputs)
    b = layers.Conv2D(three, 1, **same)(layers.Conv2D(reduce3, 3, **same)(inputs))
    c = layers.Conv2D(five, 1, **same)(layers.Conv2D(reduce5, 5, **same)(inputs))
    d = layers.MaxPooling2D(3, strides=1, padding="same")(inputs)
    d = layers.Conv2D(projection, 1, **same)(d)
    return keras.Model(inputs, layers.Concatenate()([a, b, c, d]))

# %% 7.2 wrong · projection before the pooling
def inception_module(shape, widths):
    # the same shapes and parameters
    one, reduce3, three, reduce5, five, projection = widths
    inputs = keras.Input(shape)
    same = {"padding": "same", "activation": "relu"}
    a = layers.Conv2D(one, 1, **same)(inputs)
    b = layers.Conv2D(three, 3, **same)(layers.Conv2D(reduce3, 1, **same)(inputs))
    c = layers.Conv2D(five, 5, **same)(layers.Conv2D(reduce5, 1, **same)(inputs))
    d = layers.Conv2D(projection, 1, **same)(inputs)
    d = layers.MaxPooling2D(3, strides=1, padding="same")(d)
    return keras.Model(inputs, layers.Concatenate()([a, b, c, d]))

# %% 7.2 wrong · 5×5 reads the output of the 3×3
def inception_module(shape, widths):
    one, reduce3, three, reduce5, five, projection = widths
    inputs = keras.Input(shape)
    same = {"padding": "same", "activation": "relu"}
    a = layers.Conv2D(one, 1, **same)(inputs)
    b = layers.Conv2D(three, 3, **same)(layers.Conv2D(reduce3, 1, **same)(inputs))
    c = layers.Conv2D(five, 5, **same)(layers.Conv2D(reduce5, 1, **same)(b))
    d = layers.MaxPooling2D(3, strides=1, padding="same")(inputs)
    d = layers.Conv2D(projection, 1, **same)(d)
    return keras.Model(inputs, layers.Concatenate()([a, b, c, d]))

# %% 7.2 wrong · 3×3 and 5×5 branches swapped
def inception_module(shape, widths):
    one, reduce3, three, reduce5, five, projection = widths
    inputs = keras.Input(shape)
    same = {"padding": "same", "activation": "relu"}
    a = layers.Conv2D(one, 1, **same)(inputs)
    b = layers.Conv2D(three, 3, **same)(layers.Conv2D(reduce3, 1, **same)(inputs))
    c = layers.Conv2D(five, 5, **same)(layers.Conv2D(reduce5, 1, **same)(inputs))
    d = layers.MaxPooling2D(3, strides=1, padding="same")(inputs)
    d = layers.Conv2D(projection, 1, **same)(d)
    return keras.Model(inputs, layers.Concatenate()([a, c, b, d]))

# %% 7.2 wrong · joined along the rows
def inception_module(shape, widths):
    # raises unless all widths are equal
    one, reduce3, three, reduce5, five, projection = widths
    inputs = keras.Input(shape)
    same = {"padding": "same", "activation": "relu"}
    a = layers.Conv2D(one, 1, **same)(inputs)
    b = layers.Conv2D(three, 3, **same)(layers.Conv2D(reduce3, 1, **same)(inputs))
    c = layers.Conv2D(five, 5, **same)(layers.Conv2D(reduce5, 1, **same)(inputs))
    d = layers.MaxPooling2D(3, strides=1, padding="same")(inputs)
    d = layers.Conv2D(projection, 1, **same)(d)
    return keras.Model(inputs, layers.Concatenate(axis=1)([a, b, c, d]))

# %% 7.2 wrong · no padding in the kernels
def inception_module(shape, widths):
    # raises: the branches do not agree
    one, reduce3, three, reduce5, five, projection = widths
    inputs = keras.Input(shape)
    a = layers.Conv2D(one, 1, activation="relu")(inputs)
    b = layers.Conv2D(three, 3, activation="relu")(layers.Conv2D(reduce3, 1, activation="relu")(inputs))
    c = layers.Conv2D(five, 5, activation="relu")(layers.Conv2D(reduce5, 1, activation="relu")(inputs))
    d = layers.MaxPooling2D(3, strides=1, padding="same")(inputs)
    d = layers.Conv2D(projection, 1, activation="relu")(d)
    return keras.Model(inputs, layers.Concatenate()([a, b, c, d]))

# %% 7.2 wrong · always 28×28×256
def inception_module(shape, widths):
    one, reduce3, three, reduce5, five, projection = widths
    inputs = keras.Input((28, 28, 256))
    same = {"padding": "same", "activation": "relu"}
    a = layers.Conv2D(one, 1, **same)(inputs)
    b = layers.Conv2D(three, 3, **same)(layers.Conv2D(reduce3, 1, **same)(inputs))
    c = layers.Conv2D(five, 5, **same)(layers.Conv2D(reduce5, 1, **same)(inputs))
    d = layers.MaxPooling2D(3, strides=1, padding="same")(inputs)
    d = layers.Conv2D(projection, 1, **same)(d)
    return keras.Model(inputs, layers.Concatenate()([a, b, c, d]))

# %% 7.2 wrong · batch normalisation before each ReLU
def inception_module(shape, widths):
    one, reduce3, three, reduce5, five, projection = widths
    inputs = keras.Input(shape)
    def conv(x, filters, size):
        x = layers.BatchNormalization()(layers.Conv2D(filters, size, padding="same")(x))
        return layers.ReLU()(x)
    a = conv(inputs, one, 1)
    b = conv(conv(inputs, reduce3, 1), three, 3)
    c = conv(conv(inputs, reduce5, 1), five, 5)
    d = conv(layers.MaxPooling2D(3, strides=1, padding="same")(inputs), projection, 1)
    return keras.Model(inputs, layers.Concatenate()([a, b, c, d]))

# %% 7.2 wrong · pooling 2×2
def inception_module(shape, widths):
    one, reduce3, three, reduce5, five, projection = widths
    inputs = keras.Input(shape)
    same = {"padding": "same", "activation": "relu"}
    a = layers.Conv2D(one, 1, **same)(inputs)
    b = layers.Conv2D(three, 3, **same)(layers.Conv2D(reduce3, 1, **same)(inputs))
    c = layers.Conv2D(five, 5, **same)(layers.Conv2D(reduce5, 1, **same)(inputs))
    d = layers.MaxPooling2D(2, strides=1, padding="same")(inputs)
    d = layers.Conv2D(projection, 1, **same)(d)
    return keras.Model(inputs, layers.Concatenate()([a, b, c, d]))

# %% 7.2 wrong · 5×5 as two 3×3, as in v2
def inception_module(shape, widths):
    one, reduce3, three, reduce5, five, projection = widths
    inputs = keras.Input(shape)
    same = {"padding": "same", "activation": "relu"}
    a = layers.Conv2D(one, 1, **same)(inputs)
    b = layers.Conv2D(three, 3, **same)(layers.Conv2D(reduce3, 1, **same)(inputs))
    c = layers.Conv2D(five, 3, **same)(layers.Conv2D(reduce5, 1, **same)(inputs))
    c = layers.Conv2D(five, 3, **same)(c)
    d = layers.MaxPooling2D(3, strides=1, padding="same")(inputs)
    d = layers.Conv2D(projection, 1, **same)(d)
    return keras.Model(inputs, layers.Concatenate()([a, b, c, d]))

# %% 7.2 wrong · the joined tensor instead of a model
def inception_module(shape, widths):
    one, reduce3, three, reduce5, five, projection = widths
    inputs = keras.Input(shape)
    same = {"padding": "same", "activation": "relu"}
    a = layers.Conv2D(one, 1, **same)(inputs)
    b = layers.Conv2D(three, 3, **same)(layers.Conv2D(reduce3, 1, **same)(inputs))
    c = layers.Conv2D(five, 5, **same)(layers.Conv2D(reduce5, 1, **same)(inputs))
    d = layers.MaxPooling2D(3, strides=1, padding="same")(inputs)
    d = layers.Conv2D(projection, 1, **same)(d)
    return layers.Concatenate()([a, b, c, d])

# %% 7.2 wrong · four outputs, not joined
def inception_module(shape, widths):
    one, reduce3, three, reduce5, five, projection = widths
    inputs = keras.Input(shape)
    same = {"padding": "same", "activation": "relu"}
    a = layers.Conv2D(one, 1, **same)(inputs)
    b = layers.Conv2D(three, 3, **same)(layers.Conv2D(reduce3, 1, **same)(inputs))
    c = layers.Conv2D(five, 5, **same)(layers.Conv2D(reduce5, 1, **same)(inputs))
    d = layers.MaxPooling2D(3, strides=1, padding="same")(inputs)
    d = layers.Conv2D(projection, 1, **same)(d)
    return keras.Model(inputs, [a, b, c, d])

# %% 7.3 right · mean and var over three axes
def batch_norm(x, gamma, beta, epsilon):
    mean, variance = x.mean(axis=(0, 1, 2)), x.var(axis=(0, 1, 2))
    return gamma * (x - mean) / np.sqrt(variance + epsilon) + beta

# %% 7.3 right · line by line as in the table
def batch_norm(x, gamma, beta, epsilon):
    m = x.shape[0] * x.shape[1] * x.shape[2]
    mu = np.sum(x, axis=(0, 1, 2)) / m
    sigma2 = np.sum((x - mu) ** 2, axis=(0, 1, 2)) / m
    x_hat = (x - mu) / (sigma2 + epsilon) ** 0.5
    return gamma * x_hat + beta

# %% 7.3 right · loop over the channels
def batch_norm(x, gamma, beta, epsilon):
    y = np.zeros(x.shape)
    for c in range(x.shape[-1]):
        one = x[..., c]
        y[..., c] = gamma[c] * (one - np.mean(one)) / np.sqrt(np.var(one) + epsilon) + beta[c]
    return y

# %% 7.3 right · reshaped to columns
def batch_norm(x, gamma, beta, epsilon):
    columns = np.reshape(x, (-1, x.shape[-1]))
    centred = columns - columns.mean(axis=0, keepdims=True)
    scaled = centred / np.sqrt(np.mean(centred * centred, axis=0) + epsilon)
    return (scaled * gamma + beta).reshape(x.shape)

# %% 7.3 right · einsum, in float64
def batch_norm(x, gamma, beta, epsilon):
    x = np.asarray(x, np.float64)
    m = x[..., 0].size
    centred = x - np.einsum("bhwc->c", x) / m
    variance = np.einsum("bhwc,bhwc->c", centred, centred) / m
    return np.einsum("bhwc,c->bhwc", centred, gamma / np.sqrt(variance + epsilon)) + beta

# %% 7.3 right · as one line a · x + b for each channel
def batch_norm(x, gamma, beta, epsilon):
    axes = (0, 1, 2)
    a = gamma / np.sqrt(np.std(x, axis=axes, dtype=float) ** 2 + epsilon)
    return a * x + (beta - a * np.mean(x, axis=axes, dtype=float))

# %% 7.3 right · channels to the front, np.stack
def batch_norm(x, gamma, beta, epsilon):
    out = []
    for values, g, b in zip(np.moveaxis(x, 3, 0), gamma, beta):
        deviation = values - np.average(values)
        out.append(g * deviation / np.sqrt(np.average(deviation**2) + epsilon) + b)
    return np.stack(out, axis=-1)

# %% 7.3 right · float32 from start to end
def batch_norm(x, gamma, beta, epsilon):
    x = np.float32(x)
    x_hat = x - x.mean((0, 1, 2), keepdims=True)
    x_hat = x_hat / np.sqrt(np.square(x_hat).mean((0, 1, 2), keepdims=True) + np.float32(epsilon))
    return (np.float32(gamma) * x_hat + np.float32(beta)).astype("float32")

# %% 7.3 wrong · mean over the batch axis only
def batch_norm(x, gamma, beta, epsilon):
    return gamma * (x - x.mean(0)) / np.sqrt(x.var(0) + epsilon) + beta

# %% 7.3 wrong · each image by itself
def batch_norm(x, gamma, beta, epsilon):
    # equal for a batch of one image
    mean, variance = x.mean((1, 2), keepdims=True), x.var((1, 2), keepdims=True)
    return gamma * (x - mean) / np.sqrt(variance + epsilon) + beta

# %% 7.3 wrong · mean over the channels
def batch_norm(x, gamma, beta, epsilon):
    mean, variance = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    return gamma * (x - mean) / np.sqrt(variance + epsilon) + beta

# %% 7.3 wrong · one mean for everything
def batch_norm(x, gamma, beta, epsilon):
    return gamma * (x - x.mean()) / np.sqrt(x.var() + epsilon) + beta

# %% 7.3 wrong · epsilon added to the root
def batch_norm(x, gamma, beta, epsilon):
    mean, spread = x.mean((0, 1, 2)), x.std((0, 1, 2))
    return gamma * (x - mean) / (spread + epsilon) + beta

# %% 7.3 wrong · divided by the variance
def batch_norm(x, gamma, beta, epsilon):
    mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
    return gamma * (x - mean) / (variance + epsilon) + beta

# %% 7.3 wrong · variance with m − 1
def batch_norm(x, gamma, beta, epsilon):
    mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2), ddof=1)
    return gamma * (x - mean) / np.sqrt(variance + epsilon) + beta

# %% 7.3 wrong · gamma and beta swapped
def batch_norm(x, gamma, beta, epsilon):
    mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
    return beta * (x - mean) / np.sqrt(variance + epsilon) + gamma

# %% 7.3 wrong · forgot scale and shift
def batch_norm(x, gamma, beta, epsilon):
    mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
    return (x - mean) / np.sqrt(variance + epsilon)

# %% 7.3 wrong · forgot beta
def batch_norm(x, gamma, beta, epsilon):
    mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
    return gamma * (x - mean) / np.sqrt(variance + epsilon)

# %% 7.3 wrong · shift before the scale
def batch_norm(x, gamma, beta, epsilon):
    mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
    return gamma * ((x - mean) / np.sqrt(variance + epsilon) + beta)

# %% 7.3 wrong · not centred
def batch_norm(x, gamma, beta, epsilon):
    return gamma * x / np.sqrt(x.var((0, 1, 2)) + epsilon) + beta

# %% 7.3 wrong · epsilon forgotten
def batch_norm(x, gamma, beta, epsilon):
    # not a number where a channel is constant
    mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
    return gamma * (x - mean) / np.sqrt(variance) + beta

# %% 7.3 wrong · Keras's epsilon instead of the argument
def batch_norm(x, gamma, beta, epsilon):
    mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
    return gamma * (x - mean) / np.sqrt(variance + 0.001) + beta

# %% 7.3 wrong · returns in the loop
def batch_norm(x, gamma, beta, epsilon):
    # right for one channel only
    y = np.zeros(x.shape)
    for c in range(x.shape[-1]):
        one = x[..., c]
        y[..., c] = gamma[c] * (one - one.mean()) / np.sqrt(one.var() + epsilon) + beta[c]
        return y

# %% 7.3 wrong · mean of the square not reduced by the squared mean
def batch_norm(x, gamma, beta, epsilon):
    mean = x.mean((0, 1, 2))
    variance = (x**2).mean((0, 1, 2))
    return gamma * (x - mean) / np.sqrt(variance + epsilon) + beta

# %% 7.3 wrong · brackets forgotten
def batch_norm(x, gamma, beta, epsilon):
    mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
    return gamma * x - mean / np.sqrt(variance + epsilon) + beta

# %% 7.3 wrong · inference, with the statistics of a new layer
def batch_norm(x, gamma, beta, epsilon):
    return gamma * (x - 0) / np.sqrt(1 + epsilon) + beta

# %% 7.3 wrong · with the ReLU behind
def batch_norm(x, gamma, beta, epsilon):
    mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
    return np.maximum(gamma * (x - mean) / np.sqrt(variance + epsilon) + beta, 0)

# %% 7.4 right · loop with the formula
def moving_statistics(batches, momentum):
    channels = batches[0].shape[-1]
    mean, variance = np.zeros(channels), np.ones(channels)
    for batch in batches:
        mean = momentum * mean + (1 - momentum) * batch.mean(axis=(0, 1, 2))
        variance = momentum * variance + (1 - momentum) * batch.var(axis=(0, 1, 2))
    return mean, variance

# %% 7.4 right · scalars 0 and 1 that grow to vectors
def moving_statistics(batches, momentum):
    mean, variance = 0.0, 1.0
    for batch in batches:
        flat = batch.reshape(-1, batch.shape[-1])
        mean += (1 - momentum) * (flat.mean(axis=0) - mean)
        variance += (1 - momentum) * (flat.var(axis=0) - variance)
    return mean, variance

# %% 7.4 right · weights of each batch in closed form
def moving_statistics(batches, momentum):
    n = len(batches)
    weights = (1 - momentum) * momentum ** np.arange(n - 1, -1, -1)
    means = np.array([b.mean((0, 1, 2)) for b in batches])  # (n, C)
    variances = np.array([b.var((0, 1, 2)) for b in batches])
    return weights @ means, momentum**n + weights @ variances

# %% 7.4 right · the layer of Keras, float32
def moving_statistics(batches, momentum):
    layer = layers.BatchNormalization(momentum=momentum)
    for batch in batches:
        layer(np.asarray(batch, "float32"), training=True)
    return np.array(layer.moving_mean), np.array(layer.moving_variance)

# %% 7.4 right · recursion from the last batch
def moving_statistics(batches, momentum):
    if not len(batches):
        return 0.0, 1.0
    before = moving_statistics(batches[:-1], momentum)
    last = batches[-1]
    now = np.mean(last, (0, 1, 2)), np.var(last, (0, 1, 2))
    return tuple(momentum * old + (1 - momentum) * new for old, new in zip(before, now))

# %% 7.4 right · reduce over a two-row array
from functools import reduce

def moving_statistics(batches, momentum):
    C = batches[0].shape[3]
    start = np.stack([np.zeros(C), np.ones(C)])
    step = lambda old, b: momentum * old + (1 - momentum) * np.stack([b.mean((0, 1, 2)), b.std((0, 1, 2)) ** 2])
    mean, variance = reduce(step, batches, start)
    return mean, variance

# %% 7.4 right · keras.ops.moments
def moving_statistics(batches, momentum):
    C = batches[0].shape[-1]
    moving = [keras.ops.zeros(C), keras.ops.ones(C)]
    for batch in batches:
        new = keras.ops.moments(keras.ops.convert_to_tensor(batch, "float32"), axes=[0, 1, 2])
        moving = [momentum * m + (1 - momentum) * n for m, n in zip(moving, new)]
    return keras.ops.convert_to_numpy(moving[0]), keras.ops.convert_to_numpy(moving[1])

# %% 7.4 right · channel by channel
def moving_statistics(batches, momentum):
    channels = batches[0].shape[-1]
    means, variances = np.zeros(channels), np.ones(channels)
    for c in range(channels):
        for batch in batches:
            values = batch[:, :, :, c].ravel()
            mu = sum(values) / len(values)
            means[c] = momentum * means[c] + (1 - momentum) * mu
            variances[c] = momentum * variances[c] + (1 - momentum) * sum((values - mu) ** 2) / len(values)
    return means, variances

# %% 7.4 wrong · momentum the other way round
def moving_statistics(batches, momentum):
    channels = batches[0].shape[-1]
    mean, variance = np.zeros(channels), np.ones(channels)
    for batch in batches:
        mean = (1 - momentum) * mean + momentum * batch.mean((0, 1, 2))
        variance = (1 - momentum) * variance + momentum * batch.var((0, 1, 2))
    return mean, variance

# %% 7.4 wrong · both start at 0
def moving_statistics(batches, momentum):
    channels = batches[0].shape[-1]
    mean, variance = np.zeros(channels), np.zeros(channels)
    for batch in batches:
        mean = momentum * mean + (1 - momentum) * batch.mean((0, 1, 2))
        variance = momentum * variance + (1 - momentum) * batch.var((0, 1, 2))
    return mean, variance

# %% 7.4 wrong · starts with the first batch's statistics
def moving_statistics(batches, momentum):
    mean, variance = batches[0].mean((0, 1, 2)), batches[0].var((0, 1, 2))
    for batch in batches[1:]:
        mean = momentum * mean + (1 - momentum) * batch.mean((0, 1, 2))
        variance = momentum * variance + (1 - momentum) * batch.var((0, 1, 2))
    return mean, variance

# %% 7.4 wrong · variance first
def moving_statistics(batches, momentum):
    channels = batches[0].shape[-1]
    mean, variance = np.zeros(channels), np.ones(channels)
    for batch in batches:
        mean = momentum * mean + (1 - momentum) * batch.mean((0, 1, 2))
        variance = momentum * variance + (1 - momentum) * batch.var((0, 1, 2))
    return variance, mean

# %% 7.4 wrong · variance with n − 1
def moving_statistics(batches, momentum):
    channels = batches[0].shape[-1]
    mean, variance = np.zeros(channels), np.ones(channels)
    for batch in batches:
        mean = momentum * mean + (1 - momentum) * batch.mean((0, 1, 2))
        variance = momentum * variance + (1 - momentum) * batch.var((0, 1, 2), ddof=1)
    return mean, variance

# %% 7.4 wrong · spread instead of variance
def moving_statistics(batches, momentum):
    channels = batches[0].shape[-1]
    mean, spread = np.zeros(channels), np.ones(channels)
    for batch in batches:
        mean = momentum * mean + (1 - momentum) * batch.mean((0, 1, 2))
        spread = momentum * spread + (1 - momentum) * batch.std((0, 1, 2))
    return mean, spread

# %% 7.4 wrong · the last batch first
def moving_statistics(batches, momentum):
    channels = batches[0].shape[-1]
    mean, variance = np.zeros(channels), np.ones(channels)
    for batch in batches[::-1]:
        mean = momentum * mean + (1 - momentum) * batch.mean((0, 1, 2))
        variance = momentum * variance + (1 - momentum) * batch.var((0, 1, 2))
    return mean, variance

# %% 7.4 wrong · returns after the first batch
def moving_statistics(batches, momentum):
    channels = batches[0].shape[-1]
    mean, variance = np.zeros(channels), np.ones(channels)
    for batch in batches:
        mean = momentum * mean + (1 - momentum) * batch.mean((0, 1, 2))
        variance = momentum * variance + (1 - momentum) * batch.var((0, 1, 2))
        return mean, variance

# %% 7.4 wrong · all batches as one
def moving_statistics(batches, momentum):
    # equal for a list of one batch
    everything = np.concatenate(batches)
    mean = (1 - momentum) * everything.mean((0, 1, 2))
    variance = momentum + (1 - momentum) * everything.var((0, 1, 2))
    return mean, variance

# %% 7.4 wrong · one number for all channels
def moving_statistics(batches, momentum):
    mean, variance = 0.0, 1.0
    for batch in batches:
        mean = momentum * mean + (1 - momentum) * batch.mean()
        variance = momentum * variance + (1 - momentum) * batch.var()
    return mean, variance

# %% 7.4 wrong · mean over the batch axis only
def moving_statistics(batches, momentum):
    shape = batches[0].shape[1:]
    mean, variance = np.zeros(shape), np.ones(shape)
    for batch in batches:
        mean = momentum * mean + (1 - momentum) * batch.mean(axis=0)
        variance = momentum * variance + (1 - momentum) * batch.var(axis=0)
    return mean, variance

# %% 7.4 wrong · start corrected as in Adam
def moving_statistics(batches, momentum):
    channels = batches[0].shape[-1]
    mean, variance = np.zeros(channels), np.zeros(channels)
    for batch in batches:
        mean = momentum * mean + (1 - momentum) * batch.mean((0, 1, 2))
        variance = momentum * variance + (1 - momentum) * batch.var((0, 1, 2))
    share = 1 - momentum ** len(batches)
    return mean / share, variance / share

# %% 7.4 wrong · momentum of SGD, nothing taken away
def moving_statistics(batches, momentum):
    channels = batches[0].shape[-1]
    mean, variance = np.zeros(channels), np.ones(channels)
    for batch in batches:
        mean = momentum * mean + batch.mean((0, 1, 2))
        variance = momentum * variance + batch.var((0, 1, 2))
    return mean, variance

# %% 7.4 wrong · plain average of the batches
def moving_statistics(batches, momentum):
    mean = np.mean([batch.mean((0, 1, 2)) for batch in batches], axis=0)
    variance = np.mean([batch.var((0, 1, 2)) for batch in batches], axis=0)
    return mean, variance

# %% 7.4 wrong · variance around the moving mean
def moving_statistics(batches, momentum):
    channels = batches[0].shape[-1]
    mean, variance = np.zeros(channels), np.ones(channels)
    for batch in batches:
        mean = momentum * mean + (1 - momentum) * batch.mean((0, 1, 2))
        variance = momentum * variance + (1 - momentum) * ((batch - mean) ** 2).mean((0, 1, 2))
    return mean, variance

# %% 7.4 wrong · starts at 1 and 0
def moving_statistics(batches, momentum):
    channels = batches[0].shape[-1]
    mean, variance = np.ones(channels), np.zeros(channels)
    for batch in batches:
        mean = momentum * mean + (1 - momentum) * batch.mean((0, 1, 2))
        variance = momentum * variance + (1 - momentum) * batch.var((0, 1, 2))
    return mean, variance

# %% 7.4 wrong · the mean only
def moving_statistics(batches, momentum):
    mean = np.zeros(batches[0].shape[-1])
    for batch in batches:
        mean = momentum * mean + (1 - momentum) * batch.mean((0, 1, 2))
    return mean

# %% 7.4 wrong · the first batch is skipped
def moving_statistics(batches, momentum):
    channels = batches[0].shape[-1]
    mean, variance = np.zeros(channels), np.ones(channels)
    for i in range(1, len(batches)):
        mean = momentum * mean + (1 - momentum) * batches[i].mean((0, 1, 2))
        variance = momentum * variance + (1 - momentum) * batches[i].var((0, 1, 2))
    return mean, variance

# %% 7.5 right · the two formulas
def rmsprop_step(weights, gradient, average, learning_rate, rho, epsilon):
    average = rho * average + (1 - rho) * gradient**2
    weights = weights - learning_rate * gradient / np.sqrt(average + epsilon)
    return weights, average

# %% 7.5 right · NumPy functions, negative power
def rmsprop_step(weights, gradient, average, learning_rate, rho, epsilon):
    new_average = np.add(rho * average, (1 - rho) * np.square(gradient))
    step = learning_rate * gradient * np.power(new_average + epsilon, -0.5)
    return np.subtract(weights, step), new_average

# %% 7.5 right · as a correction of the average
def rmsprop_step(weights, gradient, average, learning_rate, rho, epsilon):
    new = average + (1 - rho) * (gradient * gradient - average)
    return weights - gradient * (learning_rate / (new + epsilon) ** 0.5), new

# %% 7.5 right · keras.ops in float32
def rmsprop_step(weights, gradient, average, learning_rate, rho, epsilon):
    w, g, a = (keras.ops.convert_to_tensor(one, "float32") for one in (weights, gradient, average))
    a = rho * a + (1 - rho) * keras.ops.square(g)
    w = w - learning_rate * g * keras.ops.rsqrt(a + epsilon)
    return keras.ops.convert_to_numpy(w), keras.ops.convert_to_numpy(a)

# %% 7.5 right · weight by weight with math.sqrt
import math

def rmsprop_step(weights, gradient, average, learning_rate, rho, epsilon):
    new_weights, new_average = np.zeros(np.shape(weights)), np.zeros(np.shape(weights))
    for place in np.ndindex(np.shape(weights)):
        g = float(gradient[place])
        new_average[place] = rho * average[place] + (1 - rho) * g * g
        new_weights[place] = weights[place] - learning_rate * g / math.sqrt(new_average[place] + epsilon)
    return new_weights, new_average

# %% 7.5 right · vectorised Python function
def rmsprop_step(weights, gradient, average, learning_rate, rho, epsilon):
    def one(w, g, a):
        a = rho * a + (1.0 - rho) * g**2
        return w - learning_rate * g / (a + epsilon) ** 0.5, a
    return np.vectorize(one, otypes=[float, float])(weights, gradient, average)

# %% 7.5 right · np.average of old and new
def rmsprop_step(weights, gradient, average, learning_rate, rho, epsilon):
    mean_square = np.average([average, gradient**2], axis=0, weights=[rho, 1 - rho])
    rms = np.sqrt(mean_square + epsilon)
    return (weights - learning_rate * (gradient / rms), mean_square)

# %% 7.5 wrong · epsilon outside the root
def rmsprop_step(weights, gradient, average, learning_rate, rho, epsilon):
    average = rho * average + (1 - rho) * gradient**2
    return weights - learning_rate * gradient / (np.sqrt(average) + epsilon), average

# %% 7.5 wrong · divides by the old average
def rmsprop_step(weights, gradient, average, learning_rate, rho, epsilon):
    weights = weights - learning_rate * gradient / np.sqrt(average + epsilon)
    average = rho * average + (1 - rho) * gradient**2
    return weights, average

# %% 7.5 wrong · rho the other way round
def rmsprop_step(weights, gradient, average, learning_rate, rho, epsilon):
    average = (1 - rho) * average + rho * gradient**2
    return weights - learning_rate * gradient / np.sqrt(average + epsilon), average

# %% 7.5 wrong · gradient not squared
def rmsprop_step(weights, gradient, average, learning_rate, rho, epsilon):
    average = rho * average + (1 - rho) * gradient
    return weights - learning_rate * gradient / np.sqrt(average + epsilon), average

# %% 7.5 wrong · climbs instead of descending
def rmsprop_step(weights, gradient, average, learning_rate, rho, epsilon):
    average = rho * average + (1 - rho) * gradient**2
    return weights + learning_rate * gradient / np.sqrt(average + epsilon), average

# %% 7.5 wrong · no root
def rmsprop_step(weights, gradient, average, learning_rate, rho, epsilon):
    average = rho * average + (1 - rho) * gradient**2
    return weights - learning_rate * gradient / (average + epsilon), average

# %% 7.5 wrong · average first in the pair
def rmsprop_step(weights, gradient, average, learning_rate, rho, epsilon):
    average = rho * average + (1 - rho) * gradient**2
    return average, weights - learning_rate * gradient / np.sqrt(average + epsilon)

# %% 7.5 wrong · weights only
def rmsprop_step(weights, gradient, average, learning_rate, rho, epsilon):
    average = rho * average + (1 - rho) * gradient**2
    return weights - learning_rate * gradient / np.sqrt(average + epsilon)

# %% 7.5 wrong · one average for all weights
def rmsprop_step(weights, gradient, average, learning_rate, rho, epsilon):
    average = rho * average + (1 - rho) * np.mean(gradient**2)
    return weights - learning_rate * gradient / np.sqrt(average + epsilon), average

# %% 7.5 wrong · forgot the learning rate
def rmsprop_step(weights, gradient, average, learning_rate, rho, epsilon):
    average = rho * average + (1 - rho) * gradient**2
    return weights - gradient / np.sqrt(average + epsilon), average

# %% 7.5 wrong · multiplies by the root
def rmsprop_step(weights, gradient, average, learning_rate, rho, epsilon):
    average = rho * average + (1 - rho) * gradient**2
    return weights - learning_rate * gradient * np.sqrt(average + epsilon), average

# %% 7.5 wrong · the sign of the gradient only
def rmsprop_step(weights, gradient, average, learning_rate, rho, epsilon):
    average = rho * average + (1 - rho) * gradient**2
    return weights - learning_rate * np.sign(gradient), average

# %% 7.5 wrong · average left as it was
def rmsprop_step(weights, gradient, average, learning_rate, rho, epsilon):
    new = rho * average + (1 - rho) * gradient**2
    return weights - learning_rate * gradient / np.sqrt(new + epsilon), average

# %% 7.5 wrong · nothing taken from the old average
def rmsprop_step(weights, gradient, average, learning_rate, rho, epsilon):
    # Adagrad with a factor: old + (1 − ρ) g²
    average = average + (1 - rho) * gradient**2
    return weights - learning_rate * gradient / np.sqrt(average + epsilon), average

# %% 7.5 wrong · epsilon forgotten
def rmsprop_step(weights, gradient, average, learning_rate, rho, epsilon):
    # shows with the paper's epsilon of 1
    average = rho * average + (1 - rho) * gradient**2
    return weights - learning_rate * gradient / np.sqrt(average), average

# %% 7.5 wrong · the step instead of the new weights
def rmsprop_step(weights, gradient, average, learning_rate, rho, epsilon):
    average = rho * average + (1 - rho) * gradient**2
    return learning_rate * gradient / np.sqrt(average + epsilon), average

# %% 7.5 wrong · epsilon kept in the average
def rmsprop_step(weights, gradient, average, learning_rate, rho, epsilon):
    average = rho * average + (1 - rho) * gradient**2 + epsilon
    return weights - learning_rate * gradient / np.sqrt(average), average

# %% 7.5 wrong · root of the mixture of roots
def rmsprop_step(weights, gradient, average, learning_rate, rho, epsilon):
    average = (rho * np.sqrt(average) + (1 - rho) * np.abs(gradient)) ** 2
    return weights - learning_rate * gradient / np.sqrt(average + epsilon), average

# %% 7.6 right · rows of the identity matrix
def smooth_labels(labels, classes, epsilon):
    return (1 - epsilon) * np.eye(classes)[labels] + epsilon / classes

# %% 7.6 right · filled, then the true class raised
def smooth_labels(labels, classes, epsilon):
    targets = np.full((len(labels), classes), epsilon / classes)
    targets[np.arange(len(labels)), labels] += 1 - epsilon
    return targets

# %% 7.6 right · to_categorical, float32
def smooth_labels(labels, classes, epsilon):
    hard = keras.utils.to_categorical(labels, classes)
    return hard * (1 - epsilon) + epsilon / classes

# %% 7.6 right · compared by broadcasting, np.where
def smooth_labels(labels, classes, epsilon):
    hit = np.asarray(labels)[:, None] == np.arange(classes)[None, :]
    return np.where(hit, 1 - epsilon + epsilon / classes, epsilon / classes)

# %% 7.6 right · two comprehensions, np.array
def smooth_labels(labels, classes, epsilon):
    share = epsilon / classes
    return np.array([[1 - epsilon + share if k == label else share for k in range(classes)] for label in labels])

# %% 7.6 right · two plain loops
def smooth_labels(labels, classes, epsilon):
    out = np.zeros((len(labels), classes))
    for row, label in enumerate(labels):
        for k in range(classes):
            out[row, k] = epsilon / classes
            if k == label:
                out[row, k] = out[row, k] + 1 - epsilon
    return out

# %% 7.6 right · TensorFlow's one_hot with on and off
import tensorflow as tf

def smooth_labels(labels, classes, epsilon):
    on, off = 1 - epsilon * (classes - 1) / classes, epsilon / classes
    return tf.one_hot(labels, classes, on_value=on, off_value=off).numpy()

# %% 7.6 right · keras.ops.one_hot
def smooth_labels(labels, classes, epsilon):
    hot = keras.ops.one_hot(np.asarray(labels), classes)
    return keras.ops.convert_to_numpy(hot + epsilon * (1 / classes - hot))

# %% 7.6 right · SciPy sparse matrix
from scipy import sparse

def smooth_labels(labels, classes, epsilon):
    n = len(labels)
    hot = sparse.coo_matrix((np.ones(n), (np.arange(n), labels)), shape=(n, classes))
    return hot.toarray() * (1 - epsilon) + np.ones((n, classes)) * epsilon / classes

# %% 7.6 wrong · spread over the other classes only
def smooth_labels(labels, classes, epsilon):
    hot = np.eye(classes)[labels]
    return np.where(hot == 1, 1 - epsilon, epsilon / (classes - 1))

# %% 7.6 wrong · true class without its share
def smooth_labels(labels, classes, epsilon):
    hot = np.eye(classes)[labels]
    return np.where(hot == 1, 1 - epsilon, epsilon / classes)

# %% 7.6 wrong · nothing taken from the true class
def smooth_labels(labels, classes, epsilon):
    return np.eye(classes)[labels] + epsilon / classes

# %% 7.6 wrong · the whole epsilon to each class
def smooth_labels(labels, classes, epsilon):
    return (1 - epsilon) * np.eye(classes)[labels] + epsilon

# %% 7.6 wrong · classes in rows
def smooth_labels(labels, classes, epsilon):
    return ((1 - epsilon) * np.eye(classes)[labels] + epsilon / classes).T

# %% 7.6 wrong · the text's .91 and .01
def smooth_labels(labels, classes, epsilon):
    return np.where(np.eye(classes)[labels] == 1, 0.91, 0.01)

# %% 7.6 wrong · hard labels
def smooth_labels(labels, classes, epsilon):
    return np.eye(classes)[labels]

# %% 7.6 wrong · divided by the number of labels
def smooth_labels(labels, classes, epsilon):
    # equal where there are as many labels as classes
    return (1 - epsilon) * np.eye(classes)[labels] + epsilon / len(labels)

# %% 7.6 wrong · classes counted from 1
def smooth_labels(labels, classes, epsilon):
    # label 0 falls on the last class
    return (1 - epsilon) * np.eye(classes)[np.asarray(labels) - 1] + epsilon / classes

# %% 7.6 wrong · as many classes as seen in the labels
def smooth_labels(labels, classes, epsilon):
    # the last class is not among the labels
    return (1 - epsilon) * np.eye(max(labels) + 1)[labels] + epsilon / classes

# %% 7.6 wrong · first label only
def smooth_labels(labels, classes, epsilon):
    out = np.full((len(labels), classes), epsilon / classes)
    for row, label in enumerate(labels):
        out[row, label] += 1 - epsilon
        return out

# %% 7.6 wrong · whole numbers
def smooth_labels(labels, classes, epsilon):
    out = np.zeros((len(labels), classes), int)
    out[:] = epsilon / classes
    out[np.arange(len(labels)), labels] = 1 - epsilon + epsilon / classes
    return out

# %% 7.6 wrong · columns of labels raised in every row
def smooth_labels(labels, classes, epsilon):
    # equal where all labels are the same class
    out = np.full((len(labels), classes), epsilon / classes)
    out[:, labels] = 1 - epsilon + epsilon / classes
    return out

# %% 7.6 wrong · percent
def smooth_labels(labels, classes, epsilon):
    return 100 * ((1 - epsilon) * np.eye(classes)[labels] + epsilon / classes)

# %% 7.6 wrong · the share multiplied, not divided
def smooth_labels(labels, classes, epsilon):
    return (1 - epsilon) * np.eye(classes)[labels] + epsilon * classes

# %% 7.6 wrong · uniform and true label swapped
def smooth_labels(labels, classes, epsilon):
    return epsilon * np.eye(classes)[labels] + (1 - epsilon) / classes

# %% 7.6 wrong · the probabilities of the true class only
def smooth_labels(labels, classes, epsilon):
    return np.full(len(labels), 1 - epsilon + epsilon / classes)
