# %% 8.1 right · functional, plain
def residual_block(channels, filters, strides):
    inputs = keras.Input((12, 10, channels))
    x = layers.Conv2D(filters, 3, strides=strides, padding="same", use_bias=False)(inputs)
    x = layers.BatchNormalization()(x)
    x = layers.ReLU()(x)
    x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    shortcut = inputs
    if strides > 1 or channels != filters:
        shortcut = layers.Conv2D(filters, 1, strides=strides, padding="same", use_bias=False)(inputs)
        shortcut = layers.BatchNormalization()(shortcut)
    x = layers.Add()([x, shortcut])
    return keras.Model(inputs, layers.ReLU()(x))

# %% 8.1 right · helper function, the shortcut first, plus sign
def residual_block(channels, filters, strides):
    def conv_bn(x, size, step):
        x = layers.Conv2D(filters, size, strides=step, padding="same", use_bias=False)(x)
        return layers.BatchNormalization()(x)

    inputs = keras.Input(shape=(12, 10, channels))
    shortcut = inputs if strides == 1 and channels == filters else conv_bn(inputs, 1, strides)
    x = layers.Activation("relu")(conv_bn(inputs, 3, strides))
    x = conv_bn(x, 3, 1)
    return keras.Model(inputs, layers.Activation("relu")(shortcut + x))

# %% 8.1 right · Sequential path, layers.add, names
def residual_block(channels, filters, strides):
    inputs = keras.Input((12, 10, channels), name="maps")
    path = keras.Sequential([
        layers.Conv2D(filters, (3, 3), strides=(strides, strides), padding="same", use_bias=False, name="conv1"),
        layers.BatchNormalization(name="norm1"),
        layers.Activation("relu"),
        layers.Conv2D(filters, (3, 3), padding="same", use_bias=False, name="conv2"),
        layers.BatchNormalization(name="norm2"),
    ], name="path")
    if strides > 1 or channels != filters:
        fitted = keras.Sequential([
            layers.Conv2D(filters, (1, 1), strides=(strides, strides), use_bias=False, name="projection"),
            layers.BatchNormalization(name="norm3"),
        ], name="shortcut")(inputs)
    else:
        fitted = inputs
    outputs = layers.Activation("relu", name="out")(layers.add([fitted, path(inputs)]))
    return keras.Model(inputs, outputs, name="residual_block")

# %% 8.1 right · keras.activations and keras.ops.add
def residual_block(channels, filters, strides):
    conv = dict(padding="same", use_bias=False, kernel_initializer="he_normal")
    inputs = keras.Input((12, 10, channels))
    x = layers.BatchNormalization(momentum=0.8)(layers.Conv2D(filters, 3, strides, **conv)(inputs))
    x = keras.activations.relu(x)
    x = layers.BatchNormalization(momentum=0.8)(layers.Conv2D(filters, 3, **conv)(x))
    before = inputs
    if (channels, 1) != (filters, strides):
        before = layers.BatchNormalization(momentum=0.8)(layers.Conv2D(filters, 1, strides, **conv)(inputs))
    return keras.Model(inputs, keras.activations.relu(keras.ops.add(x, before)))

# %% 8.1 right · keras.ops.relu, loop over the two convolutions
def residual_block(channels, filters, strides):
    inputs = keras.Input((12, 10, channels))
    x = inputs
    for number, step in enumerate((strides, 1)):
        if number:
            x = keras.ops.relu(x)
        x = layers.Conv2D(filters, 3, strides=step, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization()(x)
    if channels == filters and strides == 1:
        return keras.Model(inputs, keras.ops.relu(x + inputs))
    projected = layers.Conv2D(filters, 1, strides=strides, use_bias=False)(inputs)
    return keras.Model(inputs, keras.ops.relu(x + layers.BatchNormalization()(projected)))

# %% 8.1 right · the residual as a model of its own
def residual_block(channels, filters, strides):
    start = keras.Input((12, 10, channels))
    y = layers.Conv2D(filters, 3, strides=strides, padding="same", use_bias=False)(start)
    y = layers.ReLU()(layers.BatchNormalization()(y))
    y = layers.BatchNormalization()(layers.Conv2D(filters, 3, padding="same", use_bias=False)(y))
    residual = keras.Model(start, y)

    inputs = keras.Input((12, 10, channels))
    if filters != channels or strides != 1:
        fit = [layers.Conv2D(filters, 1, strides=strides, padding="valid", use_bias=False), layers.BatchNormalization()]
    else:
        fit = []
    x = inputs
    for layer in fit:
        x = layer(x)
    return keras.Model(inputs, layers.ReLU()(layers.Add()([x, residual(inputs)])))

# %% 8.1 right · identity layer where nothing changes
def residual_block(channels, filters, strides):
    inputs = keras.layers.Input((12, 10, channels))
    F = layers.Conv2D(filters, 3, strides=strides, padding="SAME", use_bias=False)(inputs)
    F = layers.BatchNormalization(axis=-1)(F)
    F = layers.Activation(keras.activations.relu)(F)
    F = layers.Conv2D(filters, 3, strides=1, padding="SAME", use_bias=False)(F)
    F = layers.BatchNormalization(axis=-1)(F)
    changed = strides > 1 or filters != channels
    W = layers.Conv2D(filters, 1, strides=strides, padding="SAME", use_bias=False)(inputs) if changed else inputs
    W = layers.BatchNormalization(axis=-1)(W) if changed else layers.Identity()(W)
    return keras.models.Model(inputs=inputs, outputs=layers.Activation("relu")(layers.Add()((F, W))))

# %% 8.1 wrong · no ReLU after the sum
def residual_block(channels, filters, strides):
    inputs = keras.Input((12, 10, channels))
    x = layers.Conv2D(filters, 3, strides=strides, padding="same", use_bias=False)(inputs)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.BatchNormalization()(layers.Conv2D(filters, 3, padding="same", use_bias=False)(x))
    shortcut = inputs
    if strides > 1 or channels != filters:
        shortcut = layers.Conv2D(filters, 1, strides=strides, padding="same", use_bias=False)(inputs)
        shortcut = layers.BatchNormalization()(shortcut)
    return keras.Model(inputs, layers.Add()([x, shortcut]))

# %% 8.1 wrong · ReLU before the sum
def residual_block(channels, filters, strides):
    inputs = keras.Input((12, 10, channels))
    x = layers.Conv2D(filters, 3, strides=strides, padding="same", use_bias=False)(inputs)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.BatchNormalization()(layers.Conv2D(filters, 3, padding="same", use_bias=False)(x))
    x = layers.ReLU()(x)
    shortcut = inputs
    if strides > 1 or channels != filters:
        shortcut = layers.Conv2D(filters, 1, strides=strides, padding="same", use_bias=False)(inputs)
        shortcut = layers.BatchNormalization()(shortcut)
    return keras.Model(inputs, layers.Add()([x, shortcut]))

# %% 8.1 wrong · no shortcut
def residual_block(channels, filters, strides):
    inputs = keras.Input((12, 10, channels))
    x = layers.Conv2D(filters, 3, strides=strides, padding="same", use_bias=False)(inputs)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.BatchNormalization()(layers.Conv2D(filters, 3, padding="same", use_bias=False)(x))
    return keras.Model(inputs, layers.ReLU()(x))

# %% 8.1 wrong · always a projection, option C
def residual_block(channels, filters, strides):
    inputs = keras.Input((12, 10, channels))
    x = layers.Conv2D(filters, 3, strides=strides, padding="same", use_bias=False)(inputs)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.BatchNormalization()(layers.Conv2D(filters, 3, padding="same", use_bias=False)(x))
    shortcut = layers.Conv2D(filters, 1, strides=strides, padding="same", use_bias=False)(inputs)
    shortcut = layers.BatchNormalization()(shortcut)
    return keras.Model(inputs, layers.ReLU()(layers.Add()([x, shortcut])))

# %% 8.1 wrong · projects only where the channels change
def residual_block(channels, filters, strides):
    # channels = filters with strides 2: the shapes do not agree
    inputs = keras.Input((12, 10, channels))
    x = layers.Conv2D(filters, 3, strides=strides, padding="same", use_bias=False)(inputs)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.BatchNormalization()(layers.Conv2D(filters, 3, padding="same", use_bias=False)(x))
    shortcut = inputs
    if channels != filters:
        shortcut = layers.Conv2D(filters, 1, strides=strides, padding="same", use_bias=False)(inputs)
        shortcut = layers.BatchNormalization()(shortcut)
    return keras.Model(inputs, layers.ReLU()(layers.Add()([x, shortcut])))

# %% 8.1 wrong · projects only where strides are above 1
def residual_block(channels, filters, strides):
    # more filters with strides 1: the shapes do not agree
    inputs = keras.Input((12, 10, channels))
    x = layers.Conv2D(filters, 3, strides=strides, padding="same", use_bias=False)(inputs)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.BatchNormalization()(layers.Conv2D(filters, 3, padding="same", use_bias=False)(x))
    shortcut = inputs
    if strides > 1:
        shortcut = layers.Conv2D(filters, 1, strides=strides, padding="same", use_bias=False)(inputs)
        shortcut = layers.BatchNormalization()(shortcut)
    return keras.Model(inputs, layers.ReLU()(layers.Add()([x, shortcut])))

# %% 8.1 wrong · strides in the second convolution
def residual_block(channels, filters, strides):
    # the same shapes and parameters; strides 2 show it
    inputs = keras.Input((12, 10, channels))
    x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(inputs)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.Conv2D(filters, 3, strides=strides, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    shortcut = inputs
    if strides > 1 or channels != filters:
        shortcut = layers.Conv2D(filters, 1, strides=strides, padding="same", use_bias=False)(inputs)
        shortcut = layers.BatchNormalization()(shortcut)
    return keras.Model(inputs, layers.ReLU()(layers.Add()([x, shortcut])))

# %% 8.1 wrong · strides in both convolutions
def residual_block(channels, filters, strides):
    inputs = keras.Input((12, 10, channels))
    x = layers.Conv2D(filters, 3, strides=strides, padding="same", use_bias=False)(inputs)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.Conv2D(filters, 3, strides=strides, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    shortcut = inputs
    if strides > 1 or channels != filters:
        shortcut = layers.Conv2D(filters, 1, strides=strides, padding="same", use_bias=False)(inputs)
        shortcut = layers.BatchNormalization()(shortcut)
    return keras.Model(inputs, layers.ReLU()(layers.Add()([x, shortcut])))

# %% 8.1 wrong · no ReLU between the convolutions
def residual_block(channels, filters, strides):
    inputs = keras.Input((12, 10, channels))
    x = layers.Conv2D(filters, 3, strides=strides, padding="same", use_bias=False)(inputs)
    x = layers.BatchNormalization()(x)
    x = layers.BatchNormalization()(layers.Conv2D(filters, 3, padding="same", use_bias=False)(x))
    shortcut = inputs
    if strides > 1 or channels != filters:
        shortcut = layers.Conv2D(filters, 1, strides=strides, padding="same", use_bias=False)(inputs)
        shortcut = layers.BatchNormalization()(shortcut)
    return keras.Model(inputs, layers.ReLU()(layers.Add()([x, shortcut])))

# %% 8.1 wrong · biases left on
def residual_block(channels, filters, strides):
    inputs = keras.Input((12, 10, channels))
    x = layers.Conv2D(filters, 3, strides=strides, padding="same")(inputs)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.BatchNormalization()(layers.Conv2D(filters, 3, padding="same")(x))
    shortcut = inputs
    if strides > 1 or channels != filters:
        shortcut = layers.Conv2D(filters, 1, strides=strides, padding="same")(inputs)
        shortcut = layers.BatchNormalization()(shortcut)
    return keras.Model(inputs, layers.ReLU()(layers.Add()([x, shortcut])))

# %% 8.1 wrong · bias left on in the projection
def residual_block(channels, filters, strides):
    inputs = keras.Input((12, 10, channels))
    x = layers.Conv2D(filters, 3, strides=strides, padding="same", use_bias=False)(inputs)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.BatchNormalization()(layers.Conv2D(filters, 3, padding="same", use_bias=False)(x))
    shortcut = inputs
    if strides > 1 or channels != filters:
        shortcut = layers.Conv2D(filters, 1, strides=strides, padding="same")(inputs)
        shortcut = layers.BatchNormalization()(shortcut)
    return keras.Model(inputs, layers.ReLU()(layers.Add()([x, shortcut])))

# %% 8.1 wrong · projection without normalisation
def residual_block(channels, filters, strides):
    inputs = keras.Input((12, 10, channels))
    x = layers.Conv2D(filters, 3, strides=strides, padding="same", use_bias=False)(inputs)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.BatchNormalization()(layers.Conv2D(filters, 3, padding="same", use_bias=False)(x))
    shortcut = inputs
    if strides > 1 or channels != filters:
        shortcut = layers.Conv2D(filters, 1, strides=strides, padding="same", use_bias=False)(inputs)
    return keras.Model(inputs, layers.ReLU()(layers.Add()([x, shortcut])))

# %% 8.1 wrong · second normalisation after the sum
def residual_block(channels, filters, strides):
    inputs = keras.Input((12, 10, channels))
    x = layers.Conv2D(filters, 3, strides=strides, padding="same", use_bias=False)(inputs)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
    shortcut = inputs
    if strides > 1 or channels != filters:
        shortcut = layers.Conv2D(filters, 1, strides=strides, padding="same", use_bias=False)(inputs)
        shortcut = layers.BatchNormalization()(shortcut)
    x = layers.BatchNormalization()(layers.Add()([x, shortcut]))
    return keras.Model(inputs, layers.ReLU()(x))

# %% 8.1 wrong · concatenates instead of adding
def residual_block(channels, filters, strides):
    inputs = keras.Input((12, 10, channels))
    x = layers.Conv2D(filters, 3, strides=strides, padding="same", use_bias=False)(inputs)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.BatchNormalization()(layers.Conv2D(filters, 3, padding="same", use_bias=False)(x))
    shortcut = inputs
    if strides > 1 or channels != filters:
        shortcut = layers.Conv2D(filters, 1, strides=strides, padding="same", use_bias=False)(inputs)
        shortcut = layers.BatchNormalization()(shortcut)
    return keras.Model(inputs, layers.ReLU()(layers.Concatenate()([x, shortcut])))

# %% 8.1 wrong · no normalisation at all
def residual_block(channels, filters, strides):
    inputs = keras.Input((12, 10, channels))
    x = layers.Conv2D(filters, 3, strides=strides, padding="same", use_bias=False, activation="relu")(inputs)
    x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
    shortcut = inputs
    if strides > 1 or channels != filters:
        shortcut = layers.Conv2D(filters, 1, strides=strides, padding="same", use_bias=False)(inputs)
    return keras.Model(inputs, layers.ReLU()(layers.Add()([x, shortcut])))

# %% 8.1 wrong · 3×3 projection
def residual_block(channels, filters, strides):
    inputs = keras.Input((12, 10, channels))
    x = layers.Conv2D(filters, 3, strides=strides, padding="same", use_bias=False)(inputs)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.BatchNormalization()(layers.Conv2D(filters, 3, padding="same", use_bias=False)(x))
    shortcut = inputs
    if strides > 1 or channels != filters:
        shortcut = layers.Conv2D(filters, 3, strides=strides, padding="same", use_bias=False)(inputs)
        shortcut = layers.BatchNormalization()(shortcut)
    return keras.Model(inputs, layers.ReLU()(layers.Add()([x, shortcut])))

# %% 8.1 wrong · ReLU before the normalisation
def residual_block(channels, filters, strides):
    inputs = keras.Input((12, 10, channels))
    x = layers.Conv2D(filters, 3, strides=strides, padding="same", use_bias=False, activation="relu")(inputs)
    x = layers.BatchNormalization()(x)
    x = layers.BatchNormalization()(layers.Conv2D(filters, 3, padding="same", use_bias=False)(x))
    shortcut = inputs
    if strides > 1 or channels != filters:
        shortcut = layers.Conv2D(filters, 1, strides=strides, padding="same", use_bias=False)(inputs)
        shortcut = layers.BatchNormalization()(shortcut)
    return keras.Model(inputs, layers.ReLU()(layers.Add()([x, shortcut])))

# %% 8.1 wrong · projection reads the path's output
def residual_block(channels, filters, strides):
    inputs = keras.Input((12, 10, channels))
    x = layers.Conv2D(filters, 3, strides=strides, padding="same", use_bias=False)(inputs)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    shortcut = inputs
    if strides > 1 or channels != filters:
        shortcut = layers.Conv2D(filters, 1, padding="same", use_bias=False)(x)
        shortcut = layers.BatchNormalization()(shortcut)
    x = layers.BatchNormalization()(layers.Conv2D(filters, 3, padding="same", use_bias=False)(x))
    return keras.Model(inputs, layers.ReLU()(layers.Add()([x, shortcut])))

# %% 8.1 wrong · width and height of the maps swapped
def residual_block(channels, filters, strides):
    inputs = keras.Input((10, 12, channels))
    x = layers.Conv2D(filters, 3, strides=strides, padding="same", use_bias=False)(inputs)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.BatchNormalization()(layers.Conv2D(filters, 3, padding="same", use_bias=False)(x))
    shortcut = inputs
    if strides > 1 or channels != filters:
        shortcut = layers.Conv2D(filters, 1, strides=strides, padding="same", use_bias=False)(inputs)
        shortcut = layers.BatchNormalization()(shortcut)
    return keras.Model(inputs, layers.ReLU()(layers.Add()([x, shortcut])))

# %% 8.2 right · slices and np.pad
def padded_shortcut(x, filters, strides):
    small = x[:, ::strides, ::strides, :]
    return np.pad(small, ((0, 0), (0, 0), (0, 0), (0, filters - x.shape[-1])))

# %% 8.2 right · concatenate with zeros
def padded_shortcut(x, filters, strides):
    x = x[:, ::strides, ::strides]
    zeros = np.zeros((*x.shape[:3], filters - x.shape[3]), x.dtype)
    return np.concatenate([x, zeros], axis=-1)

# %% 8.2 right · buffer of zeros, float64
def padded_shortcut(x, filters, strides):
    batch, height, width, channels = x.shape
    out = np.zeros((batch, -(-height // strides), -(-width // strides), filters))
    out[..., :channels] = x[:, ::strides, ::strides, :]
    return out

# %% 8.2 right · product with a wide identity matrix
def padded_shortcut(x, filters, strides):
    return np.einsum("bhwc,cf->bhwf", x[:, ::strides, ::strides], np.eye(x.shape[-1], filters))

# %% 8.2 right · four plain loops
def padded_shortcut(x, filters, strides):
    batch, height, width, channels = x.shape
    rows, columns = range(0, height, strides), range(0, width, strides)
    out = np.zeros((batch, len(rows), len(columns), filters), "float32")
    for b in range(batch):
        for i, row in enumerate(rows):
            for j, column in enumerate(columns):
                for c in range(channels):
                    out[b, i, j, c] = x[b, row, column, c]
    return out

# %% 8.2 right · np.take and np.append
def padded_shortcut(x, filters, strides):
    x = np.take(x, np.arange(0, x.shape[1], strides), axis=1)
    x = np.take(x, np.arange(0, x.shape[2], strides), axis=2)
    while x.shape[3] < filters:
        x = np.append(x, np.zeros_like(x[..., :1]), axis=3)
    return x

# %% 8.2 right · comprehension over batch, rows and columns
def padded_shortcut(x, filters, strides):
    zeros = [0.0] * (filters - x.shape[-1])
    return np.array([[[list(pixel) + zeros for pixel in row[::strides]] for row in one[::strides]] for one in x])

# %% 8.2 right · masks for rows and columns
def padded_shortcut(x, filters, strides):
    keep_rows = np.arange(x.shape[1]) % strides == 0
    keep_columns = np.arange(x.shape[2]) % strides == 0
    kept = x[:, keep_rows][:, :, keep_columns]
    missing = filters - kept.shape[-1]
    return np.dstack([kept.reshape(-1, 1, kept.shape[-1]), np.zeros((kept[..., 0].size, 1, missing))]).reshape(*kept.shape[:3], filters)

# %% 8.2 wrong · zeros before the channels
def padded_shortcut(x, filters, strides):
    small = x[:, ::strides, ::strides]
    return np.pad(small, ((0, 0), (0, 0), (0, 0), (filters - x.shape[-1], 0)))

# %% 8.2 wrong · zeros half before, half after
def padded_shortcut(x, filters, strides):
    small = x[:, ::strides, ::strides]
    missing = filters - x.shape[-1]
    return np.pad(small, ((0, 0), (0, 0), (0, 0), (missing // 2, missing - missing // 2)))

# %% 8.2 wrong · begins with the second pixel
def padded_shortcut(x, filters, strides):
    small = x[:, strides - 1 :: strides, strides - 1 :: strides]
    return np.pad(small, ((0, 0), (0, 0), (0, 0), (0, filters - x.shape[-1])))

# %% 8.2 wrong · adds as many channels as filters
def padded_shortcut(x, filters, strides):
    small = x[:, ::strides, ::strides]
    return np.pad(small, ((0, 0), (0, 0), (0, 0), (0, filters)))

# %% 8.2 wrong · strides along the batch and the rows
def padded_shortcut(x, filters, strides):
    small = x[::strides, ::strides]
    return np.pad(small, ((0, 0), (0, 0), (0, 0), (0, filters - x.shape[-1])))

# %% 8.2 wrong · rows only
def padded_shortcut(x, filters, strides):
    small = x[:, ::strides]
    return np.pad(small, ((0, 0), (0, 0), (0, 0), (0, filters - x.shape[-1])))

# %% 8.2 wrong · strides of 2 whatever is asked
def padded_shortcut(x, filters, strides):
    small = x[:, ::2, ::2]
    return np.pad(small, ((0, 0), (0, 0), (0, 0), (0, filters - x.shape[-1])))

# %% 8.2 wrong · mean of each window
def padded_shortcut(x, filters, strides):
    b, h, w, c = x.shape
    h, w = h // strides, w // strides
    small = x[:, : h * strides, : w * strides].reshape(b, h, strides, w, strides, c).mean((2, 4))
    return np.pad(small, ((0, 0), (0, 0), (0, 0), (0, filters - c)))

# %% 8.2 wrong · cuts the corner out instead of striding
def padded_shortcut(x, filters, strides):
    small = x[:, : -(-x.shape[1] // strides), : -(-x.shape[2] // strides)]
    return np.pad(small, ((0, 0), (0, 0), (0, 0), (0, filters - x.shape[-1])))

# %% 8.2 wrong · repeats the last channel instead of zeros
def padded_shortcut(x, filters, strides):
    small = x[:, ::strides, ::strides]
    return np.pad(small, ((0, 0), (0, 0), (0, 0), (0, filters - x.shape[-1])), mode="edge")

# %% 8.2 wrong · doubles the channels with zeros
def padded_shortcut(x, filters, strides):
    # right where filters = 2 C
    small = x[:, ::strides, ::strides]
    return np.concatenate([small, np.zeros_like(small)], axis=-1)

# %% 8.2 wrong · the row after the last whole window is lost
def padded_shortcut(x, filters, strides):
    # 7 rows with strides 2 give 4, not 3
    rows, columns = x.shape[1] // strides, x.shape[2] // strides
    out = np.zeros((x.shape[0], rows, columns, filters))
    out[..., : x.shape[-1]] = x[:, ::strides, ::strides][:, :rows, :columns]
    return out

# %% 8.2 wrong · buffer too small where strides do not divide
def padded_shortcut(x, filters, strides):
    # raises for 7 rows with strides 2
    out = np.zeros((x.shape[0], x.shape[1] // strides, x.shape[2] // strides, filters))
    out[..., : x.shape[-1]] = x[:, ::strides, ::strides]
    return out

# %% 8.2 wrong · nothing done where no channel is missing
def padded_shortcut(x, filters, strides):
    # filters = C and strides 2: the strides are forgotten
    missing = filters - x.shape[-1]
    if missing == 0:
        return x
    return np.pad(x[:, ::strides, ::strides], ((0, 0), (0, 0), (0, 0), (0, missing)))

# %% 8.2 wrong · negative slice, empty where no channel is missing
def padded_shortcut(x, filters, strides):
    # filters = C: [..., :-0] is empty
    small = x[:, ::strides, ::strides]
    out = np.zeros((*small.shape[:3], filters))
    out[..., : -(filters - x.shape[-1])] = small
    return out

# %% 8.2 wrong · ones instead of zeros
def padded_shortcut(x, filters, strides):
    small = x[:, ::strides, ::strides]
    return np.concatenate([small, np.ones((*small.shape[:3], filters - x.shape[3]))], axis=3)

# %% 8.2 wrong · no strides
def padded_shortcut(x, filters, strides):
    return np.pad(x, ((0, 0), (0, 0), (0, 0), (0, filters - x.shape[-1])))

# %% 8.3 right · ifs in the order of the table
def diagnose(shallow, deep, margin):
    training = deep[0] - shallow[0]
    test = deep[1] - shallow[1]
    if training > margin and test > margin:
        return "degradation"
    if training <= margin and test > margin:
        return "over-fitting"
    if training < -margin and test < -margin:
        return "too small"
    return "none"

# %% 8.3 right · nested, test error first
def diagnose(shallow, deep, margin):
    (train_s, test_s), (train_d, test_d) = shallow, deep
    if test_d - test_s > margin:
        return "degradation" if train_d - train_s > margin else "over-fitting"
    elif test_s - test_d > margin and train_s - train_d > margin:
        return "too small"
    else:
        return "none"

# %% 8.3 right · words first, then a dictionary
def diagnose(shallow, deep, margin):
    def word(before, after):
        return "worse" if after - before > margin else "better" if before - after > margin else "alike"

    table = {
        ("worse", "worse"): "degradation",
        ("alike", "worse"): "over-fitting",
        ("better", "worse"): "over-fitting",
        ("better", "better"): "too small",
    }
    return table.get(tuple(word(s, d) for s, d in zip(shallow, deep)), "none")

# %% 8.3 right · NumPy signs
def diagnose(shallow, deep, margin):
    change = np.subtract(deep, shallow)
    training, test = np.where(np.abs(change) > margin, np.sign(change), 0)
    if test == 1:
        return "degradation" if training == 1 else "over-fitting"
    return "too small" if training == test == -1 else "none"

# %% 8.3 right · match statement
def diagnose(shallow, deep, margin):
    changes = [after - before for before, after in zip(shallow, deep)]
    match [(c > margin) - (c < -margin) for c in changes]:
        case [1, 1]:
            return "degradation"
        case [_, 1]:
            return "over-fitting"
        case [-1, -1]:
            return "too small"
        case _:
            return "none"

# %% 8.3 right · four named booleans, one return
def diagnose(shallow, deep, margin):
    training_worse, test_worse = (d - s > margin for s, d in zip(shallow, deep))
    training_better, test_better = (s - d > margin for s, d in zip(shallow, deep))
    answer = "none"
    if test_worse and training_worse:
        answer = "degradation"
    if test_worse and not training_worse:
        answer = "over-fitting"
    if test_better and training_better:
        answer = "too small"
    return answer

# %% 8.3 right · np.select
def diagnose(shallow, deep, margin):
    a, b = np.array(deep) - np.array(shallow)
    cases = [(a > margin) & (b > margin), b > margin, (a < -margin) & (b < -margin)]
    return str(np.select(cases, ["degradation", "over-fitting", "too small"], default="none"))

# %% 8.3 wrong · at least the margin
def diagnose(shallow, deep, margin):
    # a difference of exactly the margin, as 4.0 to 5.5 with 1.5
    training, test = deep[0] - shallow[0], deep[1] - shallow[1]
    if training >= margin and test >= margin:
        return "degradation"
    if training < margin and test >= margin:
        return "over-fitting"
    if training <= -margin and test <= -margin:
        return "too small"
    return "none"

# %% 8.3 wrong · margin ignored
def diagnose(shallow, deep, margin):
    training, test = deep[0] - shallow[0], deep[1] - shallow[1]
    if training > 0 and test > 0:
        return "degradation"
    if training <= 0 and test > 0:
        return "over-fitting"
    if training < 0 and test < 0:
        return "too small"
    return "none"

# %% 8.3 wrong · shallow and deep swapped
def diagnose(shallow, deep, margin):
    training, test = shallow[0] - deep[0], shallow[1] - deep[1]
    if training > margin and test > margin:
        return "degradation"
    if training <= margin and test > margin:
        return "over-fitting"
    if training < -margin and test < -margin:
        return "too small"
    return "none"

# %% 8.3 wrong · over-fitting only if training is better
def diagnose(shallow, deep, margin):
    # training alike, test worse
    training, test = deep[0] - shallow[0], deep[1] - shallow[1]
    if training > margin and test > margin:
        return "degradation"
    if training < -margin and test > margin:
        return "over-fitting"
    if training < -margin and test < -margin:
        return "too small"
    return "none"

# %% 8.3 wrong · too small by the test error alone
def diagnose(shallow, deep, margin):
    # training alike, test better
    training, test = deep[0] - shallow[0], deep[1] - shallow[1]
    if test > margin:
        return "degradation" if training > margin else "over-fitting"
    if test < -margin:
        return "too small"
    return "none"

# %% 8.3 wrong · degradation by the training error alone
def diagnose(shallow, deep, margin):
    # training worse, test alike
    training, test = deep[0] - shallow[0], deep[1] - shallow[1]
    if training > margin:
        return "degradation"
    if test > margin:
        return "over-fitting"
    if training < -margin and test < -margin:
        return "too small"
    return "none"

# %% 8.3 wrong · training and test mixed up
def diagnose(shallow, deep, margin):
    test, training = deep[0] - shallow[0], deep[1] - shallow[1]
    if training > margin and test > margin:
        return "degradation"
    if training <= margin and test > margin:
        return "over-fitting"
    if training < -margin and test < -margin:
        return "too small"
    return "none"

# %% 8.3 wrong · no answer in the last case
def diagnose(shallow, deep, margin):
    training, test = deep[0] - shallow[0], deep[1] - shallow[1]
    if training > margin and test > margin:
        return "degradation"
    if training <= margin and test > margin:
        return "over-fitting"
    if training < -margin and test < -margin:
        return "too small"

# %% 8.3 wrong · spelled without the hyphen
def diagnose(shallow, deep, margin):
    training, test = deep[0] - shallow[0], deep[1] - shallow[1]
    if training > margin and test > margin:
        return "degradation"
    if training <= margin and test > margin:
        return "overfitting"
    if training < -margin and test < -margin:
        return "too small"
    return "none"

# %% 8.3 wrong · one of two is enough
def diagnose(shallow, deep, margin):
    training, test = deep[0] - shallow[0], deep[1] - shallow[1]
    if training > margin or test > margin:
        return "degradation"
    if training <= margin and test > margin:
        return "over-fitting"
    if training < -margin or test < -margin:
        return "too small"
    return "none"

# %% 8.3 wrong · over-fitting asked first
def diagnose(shallow, deep, margin):
    training, test = deep[0] - shallow[0], deep[1] - shallow[1]
    if test > margin:
        return "over-fitting"
    if training > margin and test > margin:
        return "degradation"
    if training < -margin and test < -margin:
        return "too small"
    return "none"

# %% 8.3 wrong · margin as a percentage of the error
def diagnose(shallow, deep, margin):
    training = 100 * (deep[0] - shallow[0]) / shallow[0]
    test = 100 * (deep[1] - shallow[1]) / shallow[1]
    if training > margin and test > margin:
        return "degradation"
    if training <= margin and test > margin:
        return "over-fitting"
    if training < -margin and test < -margin:
        return "too small"
    return "none"

# %% 8.3 wrong · better without the margin
def diagnose(shallow, deep, margin):
    # both better by less than the margin
    training, test = deep[0] - shallow[0], deep[1] - shallow[1]
    if training > margin and test > margin:
        return "degradation"
    if training <= margin and test > margin:
        return "over-fitting"
    if training < 0 and test < 0:
        return "too small"
    return "none"

# %% 8.3 wrong · compares the gap between training and test
def diagnose(shallow, deep, margin):
    training, test = deep[0] - shallow[0], deep[1] - shallow[1]
    if training > margin and test > margin:
        return "degradation"
    if deep[1] - deep[0] > margin:
        return "over-fitting"
    if training < -margin and test < -margin:
        return "too small"
    return "none"

# %% 8.3 wrong · None instead of a word
def diagnose(shallow, deep, margin):
    training, test = deep[0] - shallow[0], deep[1] - shallow[1]
    if test > margin:
        return "degradation" if training > margin else "over-fitting"
    return "too small" if training < -margin and test < -margin else None

# %% 8.4 right · squares summed over all axes but the last
def filter_normalise(direction, weights):
    if weights.ndim == 1:
        return np.zeros_like(weights)
    axes = tuple(range(weights.ndim - 1))
    wanted = np.sqrt((weights**2).sum(axis=axes))
    length = np.sqrt((direction**2).sum(axis=axes))
    return direction * wanted / length

# %% 8.4 right · reshaped to columns, np.linalg.norm
def filter_normalise(direction, weights):
    if direction.ndim < 2:
        return np.zeros(direction.shape)
    d = direction.reshape(-1, direction.shape[-1])
    w = weights.reshape(-1, weights.shape[-1])
    return (d / np.linalg.norm(d, axis=0) * np.linalg.norm(w, axis=0)).reshape(direction.shape)

# %% 8.4 right · loop over the filters
def filter_normalise(direction, weights):
    out = np.zeros(direction.shape)
    if len(direction.shape) > 1:
        for f in range(direction.shape[-1]):
            ratio = np.linalg.norm(weights[..., f].ravel()) / np.linalg.norm(direction[..., f].ravel())
            out[..., f] = ratio * direction[..., f]
    return out

# %% 8.4 right · einsum over an ellipsis
def filter_normalise(direction, weights):
    if np.ndim(weights) == 1:
        return 0.0 * direction
    flat = lambda a: np.reshape(a, (-1, a.shape[-1]))
    power = lambda a: np.einsum("if,if->f", flat(a), flat(a))
    return direction * np.sqrt(power(weights) / power(direction))

# %% 8.4 right · root of the mean of squares, the number cancels
def filter_normalise(direction, weights):
    if direction.ndim == 1:
        return np.zeros_like(direction)
    axes = tuple(range(direction.ndim - 1))
    rms = lambda a: np.mean(np.square(a), axis=axes, keepdims=True) ** 0.5
    return direction / rms(direction) * rms(weights)

# %% 8.4 right · filters to the front, stacked again
def filter_normalise(direction, weights):
    if direction.ndim == 1:
        return np.zeros(len(direction))
    pairs = zip(np.moveaxis(direction, -1, 0), np.moveaxis(weights, -1, 0))
    return np.stack([d * np.sqrt(np.sum(w * w) / np.sum(d * d)) for d, w in pairs], axis=-1)

# %% 8.4 right · keras.ops in float32
def filter_normalise(direction, weights):
    d, w = (keras.ops.convert_to_tensor(a, "float32") for a in (direction, weights))
    if len(d.shape) == 1:
        return keras.ops.convert_to_numpy(keras.ops.zeros_like(d))
    axes = list(range(len(d.shape) - 1))
    norm = lambda a: keras.ops.sqrt(keras.ops.sum(a * a, axis=axes, keepdims=True))
    return keras.ops.convert_to_numpy(d * norm(w) / norm(d))

# %% 8.4 right · TensorFlow norm
import tensorflow as tf

def filter_normalise(direction, weights):
    if direction.ndim == 1:
        return np.zeros_like(direction)
    d = tf.reshape(tf.cast(direction, tf.float32), (-1, direction.shape[-1]))
    w = tf.reshape(tf.cast(weights, tf.float32), (-1, direction.shape[-1]))
    return tf.reshape(d / tf.norm(d, axis=0) * tf.norm(w, axis=0), direction.shape).numpy()

# %% 8.4 wrong · norm of the whole array
def filter_normalise(direction, weights):
    if weights.ndim == 1:
        return np.zeros_like(weights)
    return direction * np.linalg.norm(weights) / np.linalg.norm(direction)

# %% 8.4 wrong · vectors not set to zero
def filter_normalise(direction, weights):
    axes = tuple(range(weights.ndim - 1))
    return direction * np.sqrt((weights**2).sum(axes)) / np.sqrt((direction**2).sum(axes))

# %% 8.4 wrong · vectors left as they are
def filter_normalise(direction, weights):
    if weights.ndim == 1:
        return direction
    axes = tuple(range(weights.ndim - 1))
    return direction * np.sqrt((weights**2).sum(axes)) / np.sqrt((direction**2).sum(axes))

# %% 8.4 wrong · first axis taken for the filters
def filter_normalise(direction, weights):
    if weights.ndim == 1:
        return np.zeros_like(weights)
    axes = tuple(range(1, weights.ndim))
    wanted = np.sqrt((weights**2).sum(axes, keepdims=True))
    return direction * wanted / np.sqrt((direction**2).sum(axes, keepdims=True))

# %% 8.4 wrong · norm along the last axis
def filter_normalise(direction, weights):
    if weights.ndim == 1:
        return np.zeros_like(weights)
    wanted = np.linalg.norm(weights, axis=-1, keepdims=True)
    return direction * wanted / np.linalg.norm(direction, axis=-1, keepdims=True)

# %% 8.4 wrong · unit length only
def filter_normalise(direction, weights):
    if weights.ndim == 1:
        return np.zeros_like(weights)
    axes = tuple(range(weights.ndim - 1))
    return direction / np.sqrt((direction**2).sum(axes))

# %% 8.4 wrong · forgot to divide by the direction's norm
def filter_normalise(direction, weights):
    if weights.ndim == 1:
        return np.zeros_like(weights)
    axes = tuple(range(weights.ndim - 1))
    return direction * np.sqrt((weights**2).sum(axes))

# %% 8.4 wrong · ratio upside down
def filter_normalise(direction, weights):
    if weights.ndim == 1:
        return np.zeros_like(weights)
    axes = tuple(range(weights.ndim - 1))
    return direction * np.sqrt((direction**2).sum(axes)) / np.sqrt((weights**2).sum(axes))

# %% 8.4 wrong · no root
def filter_normalise(direction, weights):
    if weights.ndim == 1:
        return np.zeros_like(weights)
    axes = tuple(range(weights.ndim - 1))
    return direction * (weights**2).sum(axes) / (direction**2).sum(axes)

# %% 8.4 wrong · sums of absolute values
def filter_normalise(direction, weights):
    if weights.ndim == 1:
        return np.zeros_like(weights)
    axes = tuple(range(weights.ndim - 1))
    return direction * np.abs(weights).sum(axes) / np.abs(direction).sum(axes)

# %% 8.4 wrong · weights scaled instead of the direction
def filter_normalise(direction, weights):
    if weights.ndim == 1:
        return np.zeros_like(weights)
    axes = tuple(range(weights.ndim - 1))
    return weights * np.sqrt((direction**2).sum(axes)) / np.sqrt((weights**2).sum(axes))

# %% 8.4 wrong · convolutions only
def filter_normalise(direction, weights):
    # raises for a dense layer
    if weights.ndim == 1:
        return np.zeros_like(weights)
    wanted = np.sqrt((weights**2).sum(axis=(0, 1, 2)))
    return direction * wanted / np.sqrt((direction**2).sum(axis=(0, 1, 2)))

# %% 8.4 wrong · dense layers only
def filter_normalise(direction, weights):
    # a convolution is normalised along its first axis only
    if weights.ndim == 1:
        return np.zeros_like(weights)
    wanted = np.linalg.norm(weights, axis=0)
    return direction * wanted / np.linalg.norm(direction, axis=0)

# %% 8.4 wrong · np.linalg.norm with three axes
def filter_normalise(direction, weights):
    # raises for a convolution: norm takes two axes at most
    if weights.ndim == 1:
        return np.zeros_like(weights)
    axes = tuple(range(weights.ndim - 1))
    return direction * np.linalg.norm(weights, axis=axes) / np.linalg.norm(direction, axis=axes)

# %% 8.4 wrong · one zero for a whole vector
def filter_normalise(direction, weights):
    if weights.ndim == 1:
        return 0
    axes = tuple(range(weights.ndim - 1))
    return direction * np.sqrt((weights**2).sum(axes)) / np.sqrt((direction**2).sum(axes))

# %% 8.4 wrong · channels kept apart
def filter_normalise(direction, weights):
    if weights.ndim == 1:
        return np.zeros_like(weights)
    if weights.ndim == 2:
        return direction * np.linalg.norm(weights, axis=0) / np.linalg.norm(direction, axis=0)
    return direction * np.linalg.norm(weights, axis=(0, 1)) / np.linalg.norm(direction, axis=(0, 1))

# %% 8.4 wrong · spread instead of norm
def filter_normalise(direction, weights):
    if weights.ndim == 1:
        return np.zeros_like(weights)
    axes = tuple(range(weights.ndim - 1))
    return direction * weights.std(axes) / direction.std(axes)

# %% 8.4 wrong · a matrix counts as a vector
def filter_normalise(direction, weights):
    if weights.ndim <= 2:
        return np.zeros_like(weights)
    axes = tuple(range(weights.ndim - 1))
    return direction * np.sqrt((weights**2).sum(axes)) / np.sqrt((direction**2).sum(axes))

# %% 8.4 wrong · one number for each filter
def filter_normalise(direction, weights):
    if weights.ndim == 1:
        return np.zeros_like(weights)
    axes = tuple(range(weights.ndim - 1))
    return np.sqrt((weights**2).sum(axes)) / np.sqrt((direction**2).sum(axes))

# %% 8.5 right · loop, transition after each block
def dense_channels(channels, blocks, growth_rate, compression):
    ends = []
    for count in blocks:
        channels = channels + count * growth_rate
        ends.append(channels)
        channels = int(channels * compression)
    return ends

# %% 8.5 right · transition before each block but the first
def dense_channels(channels, blocks, growth_rate, compression):
    ends = []
    for number, count in enumerate(blocks):
        if number > 0:
            channels = int(ends[-1] * compression)
        ends += [channels + growth_rate * count]
    return ends

# %% 8.5 right · recursion
def dense_channels(channels, blocks, growth_rate, compression):
    if len(blocks) == 0:
        return []
    end = channels + blocks[0] * growth_rate
    return [end] + dense_channels(int(end * compression), blocks[1:], growth_rate, compression)

# %% 8.5 right · accumulate
from itertools import accumulate

def dense_channels(channels, blocks, growth_rate, compression):
    first, *rest = blocks
    step = lambda before, count: int(before * compression) + count * growth_rate
    return list(accumulate(rest, step, initial=channels + first * growth_rate))

# %% 8.5 right · layer by layer, math.floor
import math

def dense_channels(channels, blocks, growth_rate, compression):
    answer = []
    for count in blocks:
        for _ in range(count):
            channels += growth_rate
        answer.append(channels)
        channels = math.floor(channels * compression)
    return answer

# %% 8.5 right · a generator and walrus
def dense_channels(channels, blocks, growth_rate, compression):
    def widths():
        width = channels
        for n in blocks:
            yield (end := width + n * growth_rate)
            width = int(end * compression)
    return list(widths())

# %% 8.5 right · NumPy whole numbers
def dense_channels(channels, blocks, growth_rate, compression):
    ends = np.zeros(len(blocks), dtype=np.int64)
    for i, added in enumerate(np.multiply(blocks, growth_rate)):
        ends[i] = channels + added
        channels = (ends[i] * compression).astype(np.int64)
    return list(ends)

# %% 8.5 wrong · channels after the transition
def dense_channels(channels, blocks, growth_rate, compression):
    ends = []
    for count in blocks:
        channels = int((channels + count * growth_rate) * compression)
        ends.append(channels)
    return ends

# %% 8.5 wrong · no compression
def dense_channels(channels, blocks, growth_rate, compression):
    ends = []
    for count in blocks:
        channels += count * growth_rate
        ends.append(channels)
    return ends

# %% 8.5 wrong · rounds instead of cutting off
def dense_channels(channels, blocks, growth_rate, compression):
    # 29 · 0.5 = 14.5, 15 · 0.5 = 7.5 becomes 8
    ends = []
    for count in blocks:
        channels += count * growth_rate
        ends.append(channels)
        channels = round(channels * compression)
    return ends

# %% 8.5 wrong · rounds up
import math

def dense_channels(channels, blocks, growth_rate, compression):
    ends = []
    for count in blocks:
        channels += count * growth_rate
        ends.append(channels)
        channels = math.ceil(channels * compression)
    return ends

# %% 8.5 wrong · keeps fractions
def dense_channels(channels, blocks, growth_rate, compression):
    ends = []
    for count in blocks:
        channels += count * growth_rate
        ends.append(channels)
        channels = channels * compression
    return ends

# %% 8.5 wrong · fractions cut off at the end only
def dense_channels(channels, blocks, growth_rate, compression):
    # with 0.5 never seen; 16 channels, blocks (6, 12, 24, 16), growth rate 12, compression 0.6 show it
    ends = []
    for count in blocks:
        channels += count * growth_rate
        ends.append(int(channels))
        channels *= compression
    return ends

# %% 8.5 wrong · always halves
def dense_channels(channels, blocks, growth_rate, compression):
    ends = []
    for count in blocks:
        channels += count * growth_rate
        ends.append(channels)
        channels //= 2
    return ends

# %% 8.5 wrong · the last block only
def dense_channels(channels, blocks, growth_rate, compression):
    for count in blocks[:-1]:
        channels = int((channels + count * growth_rate) * compression)
    return channels + blocks[-1] * growth_rate

# %% 8.5 wrong · a transition before the first block too
def dense_channels(channels, blocks, growth_rate, compression):
    ends = []
    for count in blocks:
        channels = int(channels * compression) + count * growth_rate
        ends.append(channels)
    return ends

# %% 8.5 wrong · one layer a block
def dense_channels(channels, blocks, growth_rate, compression):
    ends = []
    for _ in blocks:
        channels += growth_rate
        ends.append(channels)
        channels = int(channels * compression)
    return ends

# %% 8.5 wrong · growth counted from layer 1
def dense_channels(channels, blocks, growth_rate, compression):
    # the input of the last layer, not its output
    ends = []
    for count in blocks:
        channels += (count - 1) * growth_rate
        ends.append(channels)
        channels = int(channels * compression)
    return ends

# %% 8.5 wrong · every block starts with the first channels
def dense_channels(channels, blocks, growth_rate, compression):
    return [channels + count * growth_rate for count in blocks]

# %% 8.5 wrong · compression taken away instead of kept
def dense_channels(channels, blocks, growth_rate, compression):
    # right for 0.5 as long as the channels are even
    ends = []
    for count in blocks:
        channels += count * growth_rate
        ends.append(channels)
        channels -= int(channels * compression)
    return ends

# %% 8.5 wrong · returns in the loop
def dense_channels(channels, blocks, growth_rate, compression):
    ends = []
    for count in blocks:
        channels += count * growth_rate
        ends.append(channels)
        channels = int(channels * compression)
        return ends

# %% 8.5 wrong · begins with the channels that enter
def dense_channels(channels, blocks, growth_rate, compression):
    ends = [channels]
    for count in blocks:
        channels += count * growth_rate
        ends.append(channels)
        channels = int(channels * compression)
    return ends

# %% 8.5 wrong · ends and transitions in one list
def dense_channels(channels, blocks, growth_rate, compression):
    ends = []
    for count in blocks:
        channels += count * growth_rate
        ends.append(channels)
        channels = int(channels * compression)
        ends.append(channels)
    return ends[:-1]

# %% 8.5 wrong · DenseNet-121 by heart
def dense_channels(channels, blocks, growth_rate, compression):
    return [256, 512, 1024, 1024]

# %% 8.5 wrong · compression of the new channels only
def dense_channels(channels, blocks, growth_rate, compression):
    ends = []
    for count in blocks:
        ends.append(channels + count * growth_rate)
        channels = channels + int(count * growth_rate * compression)
    return ends

# %% 8.6 right · concatenates after each layer
def dense_block(channels, count, growth_rate):
    inputs = keras.Input((8, 6, channels))
    x = inputs
    for _ in range(count):
        y = layers.BatchNormalization()(x)
        y = layers.ReLU()(y)
        y = layers.Conv2D(growth_rate, 3, padding="same", use_bias=False)(y)
        x = layers.Concatenate()([x, y])
    return keras.Model(inputs, x)

# %% 8.6 right · keeps a list of all features
def dense_block(channels, count, growth_rate):
    inputs = keras.Input((8, 6, channels))
    features = [inputs]
    for _ in range(count):
        x = features[0] if len(features) == 1 else layers.Concatenate()(features)
        x = layers.Activation("relu")(layers.BatchNormalization()(x))
        features.append(layers.Conv2D(growth_rate, 3, padding="same", use_bias=False)(x))
    return keras.Model(inputs, layers.Concatenate()(features))

# %% 8.6 right · keras.ops.concatenate and keras.ops.relu
def dense_block(channels, count, growth_rate):
    inputs = keras.Input((8, 6, channels))
    x = inputs
    for i in range(count):
        y = keras.ops.relu(layers.BatchNormalization(name=f"norm{i}")(x))
        y = layers.Conv2D(growth_rate, (3, 3), padding="same", use_bias=False, name=f"conv{i}")(y)
        x = keras.ops.concatenate([x, y], axis=-1)
    return keras.Model(inputs, x, name="dense_block")

# %% 8.6 right · recursion
def dense_block(channels, count, growth_rate):
    def grow(x, left):
        if left == 0:
            return x
        y = layers.ReLU()(layers.BatchNormalization(momentum=0.8)(x))
        y = layers.Conv2D(growth_rate, 3, padding="same", use_bias=False, kernel_initializer="he_normal")(y)
        return grow(layers.concatenate([x, y]), left - 1)

    inputs = keras.Input((8, 6, channels))
    return keras.Model(inputs, grow(inputs, count))

# %% 8.6 right · a Sequential for each layer
def dense_block(channels, count, growth_rate):
    inputs = keras.Input((8, 6, channels))
    x = inputs
    for _ in range(count):
        layer = keras.Sequential([
            layers.BatchNormalization(),
            layers.Activation("relu"),
            layers.Conv2D(growth_rate, 3, strides=1, padding="same", use_bias=False),
        ])
        x = layers.Concatenate(axis=-1)([x, layer(x)])
    return keras.Model(inputs=inputs, outputs=x)

# %% 8.6 right · wraps a smaller dense block
def dense_block(channels, count, growth_rate):
    inputs = keras.Input((8, 6, channels))
    y = keras.activations.relu(layers.BatchNormalization()(inputs))
    y = layers.Conv2D(growth_rate, [3, 3], padding="same", use_bias=False)(y)
    x = layers.Concatenate(axis=3)([inputs, y])
    if count > 1:
        x = dense_block(channels + growth_rate, count - 1, growth_rate)(x)
    return keras.Model(inputs, x)

# %% 8.6 wrong · new maps in front
def dense_block(channels, count, growth_rate):
    inputs = keras.Input((8, 6, channels))
    x = inputs
    for _ in range(count):
        y = layers.ReLU()(layers.BatchNormalization()(x))
        y = layers.Conv2D(growth_rate, 3, padding="same", use_bias=False)(y)
        x = layers.Concatenate()([y, x])
    return keras.Model(inputs, x)

# %% 8.6 wrong · convolution, normalisation, ReLU
def dense_block(channels, count, growth_rate):
    inputs = keras.Input((8, 6, channels))
    x = inputs
    for _ in range(count):
        y = layers.Conv2D(growth_rate, 3, padding="same", use_bias=False)(x)
        y = layers.ReLU()(layers.BatchNormalization()(y))
        x = layers.Concatenate()([x, y])
    return keras.Model(inputs, x)

# %% 8.6 wrong · ReLU before the normalisation
def dense_block(channels, count, growth_rate):
    inputs = keras.Input((8, 6, channels))
    x = inputs
    for _ in range(count):
        y = layers.BatchNormalization()(layers.ReLU()(x))
        y = layers.Conv2D(growth_rate, 3, padding="same", use_bias=False)(y)
        x = layers.Concatenate()([x, y])
    return keras.Model(inputs, x)

# %% 8.6 wrong · biases left on
def dense_block(channels, count, growth_rate):
    inputs = keras.Input((8, 6, channels))
    x = inputs
    for _ in range(count):
        y = layers.ReLU()(layers.BatchNormalization()(x))
        y = layers.Conv2D(growth_rate, 3, padding="same")(y)
        x = layers.Concatenate()([x, y])
    return keras.Model(inputs, x)

# %% 8.6 wrong · no ReLU
def dense_block(channels, count, growth_rate):
    inputs = keras.Input((8, 6, channels))
    x = inputs
    for _ in range(count):
        y = layers.BatchNormalization()(x)
        y = layers.Conv2D(growth_rate, 3, padding="same", use_bias=False)(y)
        x = layers.Concatenate()([x, y])
    return keras.Model(inputs, x)

# %% 8.6 wrong · no normalisation
def dense_block(channels, count, growth_rate):
    inputs = keras.Input((8, 6, channels))
    x = inputs
    for _ in range(count):
        y = layers.Conv2D(growth_rate, 3, padding="same", use_bias=False)(layers.ReLU()(x))
        x = layers.Concatenate()([x, y])
    return keras.Model(inputs, x)

# %% 8.6 wrong · count and growth rate swapped
def dense_block(channels, count, growth_rate):
    inputs = keras.Input((8, 6, channels))
    x = inputs
    for _ in range(growth_rate):
        y = layers.ReLU()(layers.BatchNormalization()(x))
        y = layers.Conv2D(count, 3, padding="same", use_bias=False)(y)
        x = layers.Concatenate()([x, y])
    return keras.Model(inputs, x)

# %% 8.6 wrong · reads the last maps only
def dense_block(channels, count, growth_rate):
    # equal for one layer
    inputs = keras.Input((8, 6, channels))
    features = [inputs]
    for _ in range(count):
        y = layers.ReLU()(layers.BatchNormalization()(features[-1]))
        features.append(layers.Conv2D(growth_rate, 3, padding="same", use_bias=False)(y))
    return keras.Model(inputs, layers.Concatenate()(features))

# %% 8.6 wrong · joins with the block's input only
def dense_block(channels, count, growth_rate):
    # equal for one layer
    inputs = keras.Input((8, 6, channels))
    x = inputs
    for _ in range(count):
        y = layers.ReLU()(layers.BatchNormalization()(x))
        y = layers.Conv2D(growth_rate, 3, padding="same", use_bias=False)(y)
        x = layers.Concatenate()([inputs, y])
    return keras.Model(inputs, x)

# %% 8.6 wrong · last layer's maps only come out
def dense_block(channels, count, growth_rate):
    inputs = keras.Input((8, 6, channels))
    x = inputs
    for _ in range(count):
        y = layers.ReLU()(layers.BatchNormalization()(x))
        y = layers.Conv2D(growth_rate, 3, padding="same", use_bias=False)(y)
        x = layers.Concatenate()([x, y])
    return keras.Model(inputs, y)

# %% 8.6 wrong · the block's input is not kept
def dense_block(channels, count, growth_rate):
    inputs = keras.Input((8, 6, channels))
    x, new = inputs, []
    for _ in range(count):
        y = layers.ReLU()(layers.BatchNormalization()(x))
        y = layers.Conv2D(growth_rate, 3, padding="same", use_bias=False)(y)
        new.append(y)
        x = layers.Concatenate()([x, y])
    return keras.Model(inputs, layers.Concatenate()(new) if count > 1 else y)

# %% 8.6 wrong · adds
def dense_block(channels, count, growth_rate):
    # raises unless growth_rate = channels
    inputs = keras.Input((8, 6, channels))
    x = inputs
    for _ in range(count):
        y = layers.ReLU()(layers.BatchNormalization()(x))
        y = layers.Conv2D(growth_rate, 3, padding="same", use_bias=False)(y)
        x = layers.Add()([x, y])
    return keras.Model(inputs, x)

# %% 8.6 wrong · joins along the rows
def dense_block(channels, count, growth_rate):
    inputs = keras.Input((8, 6, channels))
    x = inputs
    for _ in range(count):
        y = layers.ReLU()(layers.BatchNormalization()(x))
        y = layers.Conv2D(channels, 3, padding="same", use_bias=False)(y)
        x = layers.Concatenate(axis=1)([x, y])
    return keras.Model(inputs, x)

# %% 8.6 wrong · wider layer by layer
def dense_block(channels, count, growth_rate):
    inputs = keras.Input((8, 6, channels))
    x = inputs
    for i in range(1, count + 1):
        y = layers.ReLU()(layers.BatchNormalization()(x))
        y = layers.Conv2D(i * growth_rate, 3, padding="same", use_bias=False)(y)
        x = layers.Concatenate()([x, y])
    return keras.Model(inputs, x)

# %% 8.6 wrong · no padding
def dense_block(channels, count, growth_rate):
    # raises: heights differ
    inputs = keras.Input((8, 6, channels))
    x = inputs
    for _ in range(count):
        y = layers.ReLU()(layers.BatchNormalization()(x))
        y = layers.Conv2D(growth_rate, 3, use_bias=False)(y)
        x = layers.Concatenate()([x, y])
    return keras.Model(inputs, x)

# %% 8.6 wrong · one layer too few
def dense_block(channels, count, growth_rate):
    inputs = keras.Input((8, 6, channels))
    x = inputs
    for _ in range(1, count):
        y = layers.ReLU()(layers.BatchNormalization()(x))
        y = layers.Conv2D(growth_rate, 3, padding="same", use_bias=False)(y)
        x = layers.Concatenate()([x, y])
    return keras.Model(inputs, x)

# %% 8.6 wrong · a bottleneck added
def dense_block(channels, count, growth_rate):
    inputs = keras.Input((8, 6, channels))
    x = inputs
    for _ in range(count):
        y = layers.ReLU()(layers.BatchNormalization()(x))
        y = layers.Conv2D(4 * growth_rate, 1, use_bias=False)(y)
        y = layers.ReLU()(layers.BatchNormalization()(y))
        y = layers.Conv2D(growth_rate, 3, padding="same", use_bias=False)(y)
        x = layers.Concatenate()([x, y])
    return keras.Model(inputs, x)

# %% 8.6 wrong · normalised maps are passed on
def dense_block(channels, count, growth_rate):
    inputs = keras.Input((8, 6, channels))
    x = inputs
    for _ in range(count):
        x = layers.ReLU()(layers.BatchNormalization()(x))
        y = layers.Conv2D(growth_rate, 3, padding="same", use_bias=False)(x)
        x = layers.Concatenate()([x, y])
    return keras.Model(inputs, x)

# %% 8.6 wrong · returns in the loop
def dense_block(channels, count, growth_rate):
    inputs = keras.Input((8, 6, channels))
    x = inputs
    for _ in range(count):
        y = layers.ReLU()(layers.BatchNormalization()(x))
        y = layers.Conv2D(growth_rate, 3, padding="same", use_bias=False)(y)
        x = layers.Concatenate()([x, y])
        return keras.Model(inputs, x)
