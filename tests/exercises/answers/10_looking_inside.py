# %% 10.1 right · functional API
def network_with_maps(filters, classes):
    inputs = keras.Input((28, 28, 1))
    first = layers.Conv2D(filters, 3, activation="relu")(inputs)
    x = layers.MaxPooling2D(2)(first)
    second = layers.Conv2D(2 * filters, 3, activation="relu")(x)
    x = layers.MaxPooling2D(2)(second)
    outputs = layers.Dense(classes, activation="softmax")(layers.Flatten()(x))
    return keras.Model(inputs, [first, second, outputs])

# %% 10.1 right · activations as layers of their own
def network_with_maps(filters, classes):
    images = layers.Input(shape=(28, 28, 1), name="images")
    a = layers.ReLU()(layers.Conv2D(filters, kernel_size=(3, 3))(images))
    b = layers.MaxPool2D(pool_size=(2, 2))(a)
    b = layers.Activation("relu")(layers.Conv2D(filters * 2, kernel_size=(3, 3))(b))
    c = layers.Flatten()(layers.MaxPool2D(pool_size=(2, 2), strides=2)(b))
    c = layers.Softmax()(layers.Dense(classes)(c))
    return keras.Model(inputs=images, outputs=[a, b, c])

# %% 10.1 right · Sequential first, then a model of its outputs
def network_with_maps(filters, classes):
    plain = keras.Sequential([
        keras.Input((28, 28, 1)),
        layers.Conv2D(filters, 3, activation="relu", name="one"),
        layers.MaxPooling2D(2),
        layers.Conv2D(2 * filters, 3, activation="relu", name="two"),
        layers.MaxPooling2D(2),
        layers.Flatten(),
        layers.Dense(classes, activation="softmax"),
    ])
    maps = [plain.get_layer(name).output for name in ("one", "two")]
    return keras.Model(plain.inputs[0], [*maps, plain.outputs[0]])

# %% 10.1 right · loop that keeps the outputs
def network_with_maps(filters, classes):
    x = inputs = keras.Input((28, 28, 1))
    outputs = []
    for n in (filters, 2 * filters):
        x = layers.Conv2D(n, 3, strides=1, padding="valid", activation="relu")(x)
        outputs.append(x)
        x = layers.MaxPooling2D()(x)
    x = layers.Flatten()(x)
    outputs.append(layers.Dense(units=classes, activation="softmax")(x))
    return keras.Model(inputs, outputs)

# %% 10.1 right · keras.ops for ReLU and softmax
def network_with_maps(filters, classes):
    inputs = keras.Input(shape=(28, 28, 1))
    maps1 = keras.ops.relu(layers.Conv2D(filters, 3)(inputs))
    maps2 = keras.ops.relu(layers.Conv2D(filters + filters, 3)(layers.MaxPooling2D(2)(maps1)))
    flat = layers.Flatten()(layers.MaxPooling2D(2)(maps2))
    return keras.Model(inputs, [maps1, maps2, keras.ops.softmax(layers.Dense(classes)(flat))])

# %% 10.1 right · layers first, then called
def network_with_maps(filters, classes):
    relu, softmax = keras.activations.relu, keras.activations.softmax
    conv1, conv2 = (layers.Conv2D(n, (3, 3), activation=relu) for n in (filters, 2 * filters))
    pool, flatten, dense = layers.MaxPooling2D((2, 2)), layers.Flatten(), layers.Dense(classes, softmax)
    images = keras.Input((28, 28, 1))
    one = conv1(images)
    two = conv2(pool(one))
    return keras.Model(images, [one, two, dense(flatten(pool(two)))])

# %% 10.1 wrong · order reversed
def network_with_maps(filters, classes):
    inputs = keras.Input((28, 28, 1))
    first = layers.Conv2D(filters, 3, activation="relu")(inputs)
    second = layers.Conv2D(2 * filters, 3, activation="relu")(layers.MaxPooling2D(2)(first))
    x = layers.Flatten()(layers.MaxPooling2D(2)(second))
    return keras.Model(inputs, [layers.Dense(classes, activation="softmax")(x), second, first])

# %% 10.1 wrong · maps after pooling
def network_with_maps(filters, classes):
    inputs = keras.Input((28, 28, 1))
    x = layers.Conv2D(filters, 3, activation="relu")(inputs)
    first = layers.MaxPooling2D(2)(x)
    x = layers.Conv2D(2 * filters, 3, activation="relu")(first)
    second = layers.MaxPooling2D(2)(x)
    outputs = layers.Dense(classes, activation="softmax")(layers.Flatten()(second))
    return keras.Model(inputs, [first, second, outputs])

# %% 10.1 wrong · maps before the ReLU
def network_with_maps(filters, classes):
    inputs = keras.Input((28, 28, 1))
    first = layers.Conv2D(filters, 3)(inputs)
    x = layers.MaxPooling2D(2)(layers.ReLU()(first))
    second = layers.Conv2D(2 * filters, 3)(x)
    x = layers.MaxPooling2D(2)(layers.ReLU()(second))
    outputs = layers.Dense(classes, activation="softmax")(layers.Flatten()(x))
    return keras.Model(inputs, [first, second, outputs])

# %% 10.1 wrong · padding same
def network_with_maps(filters, classes):
    inputs = keras.Input((28, 28, 1))
    first = layers.Conv2D(filters, 3, padding="same", activation="relu")(inputs)
    x = layers.MaxPooling2D(2)(first)
    second = layers.Conv2D(2 * filters, 3, padding="same", activation="relu")(x)
    x = layers.Flatten()(layers.MaxPooling2D(2)(second))
    return keras.Model(inputs, [first, second, layers.Dense(classes, activation="softmax")(x)])

# %% 10.1 wrong · filters not doubled
def network_with_maps(filters, classes):
    inputs = keras.Input((28, 28, 1))
    first = layers.Conv2D(filters, 3, activation="relu")(inputs)
    second = layers.Conv2D(filters, 3, activation="relu")(layers.MaxPooling2D(2)(first))
    x = layers.Flatten()(layers.MaxPooling2D(2)(second))
    return keras.Model(inputs, [first, second, layers.Dense(classes, activation="softmax")(x)])

# %% 10.1 wrong · no ReLU in the second convolution
def network_with_maps(filters, classes):
    inputs = keras.Input((28, 28, 1))
    first = layers.Conv2D(filters, 3, activation="relu")(inputs)
    second = layers.Conv2D(2 * filters, 3)(layers.MaxPooling2D(2)(first))
    x = layers.Flatten()(layers.MaxPooling2D(2)(second))
    return keras.Model(inputs, [first, second, layers.Dense(classes, activation="softmax")(x)])

# %% 10.1 wrong · softmax forgotten
def network_with_maps(filters, classes):
    inputs = keras.Input((28, 28, 1))
    first = layers.Conv2D(filters, 3, activation="relu")(inputs)
    second = layers.Conv2D(2 * filters, 3, activation="relu")(layers.MaxPooling2D(2)(first))
    x = layers.Flatten()(layers.MaxPooling2D(2)(second))
    return keras.Model(inputs, [first, second, layers.Dense(classes)(x)])

# %% 10.1 wrong · only the probabilities
def network_with_maps(filters, classes):
    inputs = keras.Input((28, 28, 1))
    x = layers.Conv2D(filters, 3, activation="relu")(inputs)
    x = layers.MaxPooling2D(2)(x)
    x = layers.Conv2D(2 * filters, 3, activation="relu")(x)
    x = layers.MaxPooling2D(2)(x)
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(layers.Flatten()(x)))

# %% 10.1 wrong · second pooling forgotten
def network_with_maps(filters, classes):
    inputs = keras.Input((28, 28, 1))
    first = layers.Conv2D(filters, 3, activation="relu")(inputs)
    second = layers.Conv2D(2 * filters, 3, activation="relu")(layers.MaxPooling2D(2)(first))
    x = layers.Flatten()(second)
    return keras.Model(inputs, [first, second, layers.Dense(classes, activation="softmax")(x)])

# %% 10.1 wrong · average pooling
def network_with_maps(filters, classes):
    inputs = keras.Input((28, 28, 1))
    first = layers.Conv2D(filters, 3, activation="relu")(inputs)
    second = layers.Conv2D(2 * filters, 3, activation="relu")(layers.AveragePooling2D(2)(first))
    x = layers.Flatten()(layers.AveragePooling2D(2)(second))
    return keras.Model(inputs, [first, second, layers.Dense(classes, activation="softmax")(x)])

# %% 10.1 wrong · global average for Flatten
def network_with_maps(filters, classes):
    inputs = keras.Input((28, 28, 1))
    first = layers.Conv2D(filters, 3, activation="relu")(inputs)
    second = layers.Conv2D(2 * filters, 3, activation="relu")(layers.MaxPooling2D(2)(first))
    x = layers.GlobalAveragePooling2D()(layers.MaxPooling2D(2)(second))
    return keras.Model(inputs, [first, second, layers.Dense(classes, activation="softmax")(x)])

# %% 10.1 wrong · strides of 2 in place of pooling
def network_with_maps(filters, classes):
    inputs = keras.Input((28, 28, 1))
    first = layers.Conv2D(filters, 3, strides=2, activation="relu")(inputs)
    second = layers.Conv2D(2 * filters, 3, strides=2, activation="relu")(first)
    outputs = layers.Dense(classes, activation="softmax")(layers.Flatten()(second))
    return keras.Model(inputs, [first, second, outputs])

# %% 10.1 wrong · always ten classes
def network_with_maps(filters, classes):
    inputs = keras.Input((28, 28, 1))
    first = layers.Conv2D(filters, 3, activation="relu")(inputs)
    second = layers.Conv2D(2 * filters, 3, activation="relu")(layers.MaxPooling2D(2)(first))
    x = layers.Flatten()(layers.MaxPooling2D(2)(second))
    return keras.Model(inputs, [first, second, layers.Dense(10, activation="softmax")(x)])

# %% 10.1 wrong · Dense 100 of the chapter's network
def network_with_maps(filters, classes):
    inputs = keras.Input((28, 28, 1))
    first = layers.Conv2D(filters, 3, activation="relu")(inputs)
    second = layers.Conv2D(2 * filters, 3, activation="relu")(layers.MaxPooling2D(2)(first))
    x = layers.Flatten()(layers.MaxPooling2D(2)(second))
    x = layers.Dense(100, activation="relu")(x)
    return keras.Model(inputs, [first, second, layers.Dense(classes, activation="softmax")(x)])

# %% 10.1 wrong · Flatten forgotten
def network_with_maps(filters, classes):
    inputs = keras.Input((28, 28, 1))
    first = layers.Conv2D(filters, 3, activation="relu")(inputs)
    second = layers.Conv2D(2 * filters, 3, activation="relu")(layers.MaxPooling2D(2)(first))
    x = layers.MaxPooling2D(2)(second)
    return keras.Model(inputs, [first, second, layers.Dense(classes, activation="softmax")(x)])

# %% 10.1 wrong · the list comes back, not the model
def network_with_maps(filters, classes):
    inputs = keras.Input((28, 28, 1))
    first = layers.Conv2D(filters, 3, activation="relu")(inputs)
    second = layers.Conv2D(2 * filters, 3, activation="relu")(layers.MaxPooling2D(2)(first))
    x = layers.Flatten()(layers.MaxPooling2D(2)(second))
    return [first, second, layers.Dense(classes, activation="softmax")(x)]

# %% 10.1 wrong · outputs without a list
def network_with_maps(filters, classes):
    inputs = keras.Input((28, 28, 1))
    first = layers.Conv2D(filters, 3, activation="relu")(inputs)
    second = layers.Conv2D(2 * filters, 3, activation="relu")(layers.MaxPooling2D(2)(first))
    x = layers.Flatten()(layers.MaxPooling2D(2)(second))
    return keras.Model(inputs, first, second, layers.Dense(classes, activation="softmax")(x))

# %% 10.1 wrong · layers as outputs, not tensors
def network_with_maps(filters, classes):
    inputs = keras.Input((28, 28, 1))
    conv1 = layers.Conv2D(filters, 3, activation="relu")
    conv2 = layers.Conv2D(2 * filters, 3, activation="relu")
    x = layers.MaxPooling2D(2)(conv2(layers.MaxPooling2D(2)(conv1(inputs))))
    outputs = layers.Dense(classes, activation="softmax")(layers.Flatten()(x))
    return keras.Model(inputs, [conv1, conv2, outputs])

# %% 10.1 wrong · input without channels
def network_with_maps(filters, classes):
    inputs = keras.Input((28, 28))
    first = layers.Conv2D(filters, 3, activation="relu")(inputs)
    second = layers.Conv2D(2 * filters, 3, activation="relu")(layers.MaxPooling2D(2)(first))
    x = layers.Flatten()(layers.MaxPooling2D(2)(second))
    return keras.Model(inputs, [first, second, layers.Dense(classes, activation="softmax")(x)])

# %% 10.2 right · sum over rows and columns
def activation_degree(maps, k):
    return maps[..., k].sum(axis=(1, 2))

# %% 10.2 right · np.sum, all filters first
def activation_degree(maps, k):
    return np.sum(maps, axis=(1, 2))[:, k]

# %% 10.2 right · einsum
def activation_degree(maps, k):
    return np.einsum("bhw->b", maps[:, :, :, k])

# %% 10.2 right · one image after another
def activation_degree(maps, k):
    return np.array([np.sum(image[:, :, k]) for image in maps])

# %% 10.2 right · loops over all the places
def activation_degree(maps, k):
    batch, height, width, _ = maps.shape
    degrees = np.zeros(batch)
    for b in range(batch):
        for i in range(height):
            for j in range(width):
                degrees[b] += maps[b, i, j, k]
    return degrees

# %% 10.2 right · flattened, matrix product with ones
def activation_degree(maps, k):
    flat = np.reshape(np.asarray(maps)[..., k], (len(maps), -1))
    return flat @ np.ones(flat.shape[1], flat.dtype)

# %% 10.2 right · keras.ops, a tensor
def activation_degree(maps, k):
    return keras.ops.sum(keras.ops.convert_to_tensor(maps)[:, :, :, k], axis=(1, 2))

# %% 10.2 right · mean times the number of places, float32
def activation_degree(maps, k):
    places = maps.shape[1] * maps.shape[2]
    return (np.mean(np.asarray(maps, "float64")[..., k], axis=(1, 2)) * places).astype("float32")

# %% 10.2 wrong · mean
def activation_degree(maps, k):
    return maps[..., k].mean(axis=(1, 2))

# %% 10.2 wrong · maximum
def activation_degree(maps, k):
    return maps[..., k].max(axis=(1, 2))

# %% 10.2 wrong · one sum for the whole batch
def activation_degree(maps, k):
    return maps[..., k].sum()

# %% 10.2 wrong · summed over batch and rows
def activation_degree(maps, k):
    return maps[..., k].sum(axis=(0, 1))

# %% 10.2 wrong · only the rows summed
def activation_degree(maps, k):
    return maps[..., k].sum(axis=1)

# %% 10.2 wrong · counted from 1
def activation_degree(maps, k):
    return maps[..., k - 1].sum(axis=(1, 2))

# %% 10.2 wrong · image k
def activation_degree(maps, k):
    return maps[k].sum(axis=(0, 1))

# %% 10.2 wrong · all filters come back
def activation_degree(maps, k):
    return maps.sum(axis=(1, 2))

# %% 10.2 wrong · the first k filters
def activation_degree(maps, k):
    return maps[..., :k].sum(axis=(1, 2, 3))

# %% 10.2 wrong · keeps the axes
def activation_degree(maps, k):
    return maps[..., k].sum(axis=(1, 2), keepdims=True)

# %% 10.2 wrong · first image only
def activation_degree(maps, k):
    return maps[0, :, :, k].sum()

# %% 10.2 wrong · squares
def activation_degree(maps, k):
    return (maps[..., k] ** 2).sum(axis=(1, 2))

# %% 10.2 wrong · places counted, not summed
def activation_degree(maps, k):
    return np.count_nonzero(maps[..., k] > 0, axis=(1, 2))

# %% 10.2 wrong · an axis that is gone
def activation_degree(maps, k):
    return maps[..., k].sum(axis=(2, 3))

# %% 10.2 wrong · round brackets
def activation_degree(maps, k):
    return maps(..., k).sum(axis=(1, 2))

# %% 10.2 wrong · forgotten return
def activation_degree(maps, k):
    maps[..., k].sum(axis=(1, 2))

# %% 10.3 right · the formula, then clip
def step_uphill(images, gradients, rate):
    rms = np.sqrt((gradients**2).mean(axis=(1, 2, 3), keepdims=True))
    return np.clip(images + rate * gradients / rms, 0, 1)

# %% 10.3 right · image by image
def step_uphill(images, gradients, rate):
    out = np.zeros(images.shape)
    for i, (image, gradient) in enumerate(zip(images, gradients)):
        step = rate * gradient / np.sqrt(np.mean(gradient**2))
        out[i] = np.clip(image + step, 0, 1)
    return out

# %% 10.3 right · norm and the number of pixels
def step_uphill(images, gradients, rate):
    flat = gradients.reshape(len(gradients), -1)
    size = np.linalg.norm(flat, axis=1) / np.sqrt(flat.shape[1])
    moved = images + rate * gradients / size[:, None, None, None]
    return np.minimum(np.maximum(moved, 0), 1)

# %% 10.3 right · masks for the pixels outside
def step_uphill(images, gradients, rate):
    squares = np.square(gradients)
    root = np.sqrt(np.mean(squares.reshape(squares.shape[0], -1), axis=-1)).reshape(-1, 1, 1, 1)
    new = images + rate * (gradients / root)
    new[new < 0] = 0
    new[new > 1] = 1
    return new

# %% 10.3 right · keras.ops, a float32 tensor
def step_uphill(images, gradients, rate):
    x, g = (keras.ops.convert_to_tensor(one, "float32") for one in (images, gradients))
    rms = keras.ops.sqrt(keras.ops.mean(keras.ops.square(g), axis=(1, 2, 3), keepdims=True))
    return keras.ops.clip(x + g / rms * float(rate), 0.0, 1.0)

# %% 10.3 right · comprehension, where
def step_uphill(images, gradients, rate):
    steps = np.array([rate * g / (g * g).mean() ** 0.5 for g in gradients])
    x = images + steps
    return np.where(x < 0, 0, np.where(x > 1, 1, x))

# %% 10.3 right · einsum for the squares
def step_uphill(images, gradients, rate):
    pixels = np.prod(gradients.shape[1:])
    squares = np.einsum("bhwc,bhwc->b", gradients, gradients) / pixels
    return (images + np.einsum("bhwc,b->bhwc", gradients, rate / np.sqrt(squares))).clip(0, 1)

# %% 10.3 wrong · downhill
def step_uphill(images, gradients, rate):
    rms = np.sqrt((gradients**2).mean(axis=(1, 2, 3), keepdims=True))
    return np.clip(images - rate * gradients / rms, 0, 1)

# %% 10.3 wrong · one root mean square for the batch
def step_uphill(images, gradients, rate):
    return np.clip(images + rate * gradients / np.sqrt(np.mean(gradients**2)), 0, 1)

# %% 10.3 wrong · not divided
def step_uphill(images, gradients, rate):
    return np.clip(images + rate * gradients, 0, 1)

# %% 10.3 wrong · root forgotten
def step_uphill(images, gradients, rate):
    square = (gradients**2).mean(axis=(1, 2, 3), keepdims=True)
    return np.clip(images + rate * gradients / square, 0, 1)

# %% 10.3 wrong · sum of the squares
def step_uphill(images, gradients, rate):
    norm = np.sqrt((gradients**2).sum(axis=(1, 2, 3), keepdims=True))
    return np.clip(images + rate * gradients / norm, 0, 1)

# %% 10.3 wrong · standard deviation
def step_uphill(images, gradients, rate):
    return np.clip(images + rate * gradients / gradients.std(axis=(1, 2, 3), keepdims=True), 0, 1)

# %% 10.3 wrong · mean of the absolute values
def step_uphill(images, gradients, rate):
    size = np.abs(gradients).mean(axis=(1, 2, 3), keepdims=True)
    return np.clip(images + rate * gradients / size, 0, 1)

# %% 10.3 wrong · divided by the largest
def step_uphill(images, gradients, rate):
    size = np.abs(gradients).max(axis=(1, 2, 3), keepdims=True)
    return np.clip(images + rate * gradients / size, 0, 1)

# %% 10.3 wrong · not clipped
def step_uphill(images, gradients, rate):
    rms = np.sqrt((gradients**2).mean(axis=(1, 2, 3), keepdims=True))
    return images + rate * gradients / rms

# %% 10.3 wrong · only clipped below
def step_uphill(images, gradients, rate):
    rms = np.sqrt((gradients**2).mean(axis=(1, 2, 3), keepdims=True))
    return np.maximum(images + rate * gradients / rms, 0)

# %% 10.3 wrong · clipped to 255
def step_uphill(images, gradients, rate):
    rms = np.sqrt((gradients**2).mean(axis=(1, 2, 3), keepdims=True))
    return np.clip(images + rate * gradients / rms, 0, 255)

# %% 10.3 wrong · step clipped, not the image
def step_uphill(images, gradients, rate):
    rms = np.sqrt((gradients**2).mean(axis=(1, 2, 3), keepdims=True))
    return images + np.clip(rate * gradients / rms, 0, 1)

# %% 10.3 wrong · each channel by itself
def step_uphill(images, gradients, rate):
    # shows with more than one channel
    rms = np.sqrt((gradients**2).mean(axis=(1, 2), keepdims=True))
    return np.clip(images + rate * gradients / rms, 0, 1)

# %% 10.3 wrong · sign only
def step_uphill(images, gradients, rate):
    return np.clip(images + rate * np.sign(gradients), 0, 1)

# %% 10.3 wrong · rate forgotten
def step_uphill(images, gradients, rate):
    rms = np.sqrt((gradients**2).mean(axis=(1, 2, 3), keepdims=True))
    return np.clip(images + gradients / rms, 0, 1)

# %% 10.3 wrong · stretched to 0-1
def step_uphill(images, gradients, rate):
    rms = np.sqrt((gradients**2).mean(axis=(1, 2, 3), keepdims=True))
    x = images + rate * gradients / rms
    return (x - x.min()) / (x.max() - x.min())

# %% 10.3 wrong · axes not kept
def step_uphill(images, gradients, rate):
    rms = np.sqrt((gradients**2).mean(axis=(1, 2, 3)))
    return np.clip(images + rate * gradients / rms, 0, 1)

# %% 10.3 wrong · clip without its limits
def step_uphill(images, gradients, rate):
    rms = np.sqrt((gradients**2).mean(axis=(1, 2, 3), keepdims=True))
    return np.clip(images + rate * gradients / rms, (0, 1))

# %% 10.4 right · forward, field and size
def field_and_unseen(size, layers):
    field, jump, maps = 1, 1, size
    for kernel, strides in layers:
        field += (kernel - 1) * jump
        jump *= strides
        maps = (maps - kernel) // strides + 1
    return field, size - (field + (maps - 1) * jump)

# %% 10.4 right · remainder of the jump
def field_and_unseen(size, layers):
    field, jump = 1, 1
    for kernel, strides in layers:
        field += (kernel - 1) * jump
        jump *= strides
    return field, (size - field) % jump

# %% 10.4 right · backward from the last value
def field_and_unseen(size, layers):
    n = size
    for kernel, strides in layers:
        n = (n - kernel) // strides + 1
    first, last = 0, n - 1
    for kernel, strides in reversed(layers):
        first, last = first * strides + kernel - 1, last * strides + kernel - 1
    return first + 1, size - 1 - last

# %% 10.4 right · what each layer drops
def field_and_unseen(size, layers):
    n, jump, field, unseen = size, 1, 1, 0
    for k, s in layers:
        unseen += (n - k) % s * jump
        n = (n - k) // s + 1
        field = field + (k - 1) * jump
        jump = jump * s
    return field, unseen

# %% 10.4 right · first and last pixel of each value
def field_and_unseen(size, layers):
    windows = [(pixel, pixel) for pixel in range(size)]
    for kernel, strides in layers:
        starts = range(0, len(windows) - kernel + 1, strides)
        windows = [(windows[i][0], windows[i + kernel - 1][1]) for i in starts]
    return windows[-1][1] - windows[-1][0] + 1, size - 1 - windows[-1][1]

# %% 10.4 right · recursion
def field_and_unseen(size, layers):
    if len(layers) == 0:
        return 1, 0
    (kernel, strides), rest = layers[0], layers[1:]
    field, unseen = field_and_unseen((size - kernel) // strides + 1, rest)
    return (field - 1) * strides + kernel, unseen * strides + (size - kernel) % strides

# %% 10.4 right · the package's arithmetic
def field_and_unseen(size, layers):
    from workbook import arithmetic

    values, jump = size, 1
    for kernel, strides in layers:
        values = arithmetic.output_size(values, kernel, strides)
        jump *= strides
    field = arithmetic.receptive_field(layers)
    return field, size - field - jump * (values - 1)

# %% 10.4 right · sums and products over slices
def field_and_unseen(size, layers):
    import math

    jumps = [math.prod(s for _, s in layers[:i]) for i in range(len(layers) + 1)]
    field = 1 + sum((k - 1) * jump for (k, _), jump in zip(layers, jumps))
    seen = field
    while seen + jumps[-1] <= size:
        seen += jumps[-1]
    return (field, size - seen)

# %% 10.4 wrong · kernel for kernel − 1
def field_and_unseen(size, layers):
    field, jump, maps = 1, 1, size
    for kernel, strides in layers:
        field += kernel * jump
        jump *= strides
        maps = (maps - kernel) // strides + 1
    return field, size - (field + (maps - 1) * jump)

# %% 10.4 wrong · jump grows too early
def field_and_unseen(size, layers):
    field, jump, maps = 1, 1, size
    for kernel, strides in layers:
        jump *= strides
        field += (kernel - 1) * jump
        maps = (maps - kernel) // strides + 1
    return field, size - (field + (maps - 1) * jump)

# %% 10.4 wrong · strides do not add up in the field
def field_and_unseen(size, layers):
    field, jump, maps = 1, 1, size
    for kernel, strides in layers:
        field += kernel - 1
        jump *= strides
        maps = (maps - kernel) // strides + 1
    return field, size - (field + (maps - 1) * jump)

# %% 10.4 wrong · strides added, not multiplied
def field_and_unseen(size, layers):
    field, jump, maps = 1, 1, size
    for kernel, strides in layers:
        field += (kernel - 1) * jump
        jump += strides - 1
        maps = (maps - kernel) // strides + 1
    return field, max(size - (field + (maps - 1) * jump), 0)

# %% 10.4 wrong · everything outside one field
def field_and_unseen(size, layers):
    field, jump = 1, 1
    for kernel, strides in layers:
        field += (kernel - 1) * jump
        jump *= strides
    return field, size - field

# %% 10.4 wrong · one value too many
def field_and_unseen(size, layers):
    field, jump, maps = 1, 1, size
    for kernel, strides in layers:
        field += (kernel - 1) * jump
        jump *= strides
        maps = (maps - kernel) // strides + 1
    return field, size - (field + maps * jump)

# %% 10.4 wrong · what is dropped, not in pixels
def field_and_unseen(size, layers):
    n, jump, field, unseen = size, 1, 1, 0
    for k, s in layers:
        unseen += (n - k) % s
        n = (n - k) // s + 1
        field += (k - 1) * jump
        jump *= s
    return field, unseen

# %% 10.4 wrong · jump after the layer that drops
def field_and_unseen(size, layers):
    n, jump, field, unseen = size, 1, 1, 0
    for k, s in layers:
        field += (k - 1) * jump
        jump *= s
        unseen += (n - k) % s * jump
        n = (n - k) // s + 1
    return field, unseen

# %% 10.4 wrong · last layer only
def field_and_unseen(size, layers):
    n, jump, field = size, 1, 1
    for k, s in layers:
        unseen = (n - k) % s * jump
        n = (n - k) // s + 1
        field += (k - 1) * jump
        jump *= s
    return field, unseen

# %% 10.4 wrong · map sizes rounded up
def field_and_unseen(size, layers):
    field, jump, maps = 1, 1, size
    for kernel, strides in layers:
        field += (kernel - 1) * jump
        jump *= strides
        maps = -(-(maps - kernel) // strides) + 1
    return field, size - (field + (maps - 1) * jump)

# %% 10.4 wrong · from the top down
def field_and_unseen(size, layers):
    field, jump, maps = 1, 1, size
    for kernel, strides in layers[::-1]:
        field += (kernel - 1) * jump
        jump *= strides
        maps = (maps - kernel) // strides + 1
    return field, size - (field + (maps - 1) * jump)

# %% 10.4 wrong · order of the answers
def field_and_unseen(size, layers):
    field, jump = 1, 1
    for kernel, strides in layers:
        field += (kernel - 1) * jump
        jump *= strides
    return (size - field) % jump, field

# %% 10.4 wrong · field only
def field_and_unseen(size, layers):
    field, jump = 1, 1
    for kernel, strides in layers:
        field += (kernel - 1) * jump
        jump *= strides
    return field

# %% 10.4 wrong · the two numbers of the example
def field_and_unseen(size, layers):
    return 10, 2

# %% 10.4 wrong · starts at 0
def field_and_unseen(size, layers):
    field, jump = 0, 1
    for kernel, strides in layers:
        field += (kernel - 1) * jump
        jump *= strides
    return field, (size - field) % jump

# %% 10.4 wrong · strides for kernel, kernel for strides
def field_and_unseen(size, layers):
    field, jump, maps = 1, 1, size
    for strides, kernel in layers:
        field += (kernel - 1) * jump
        jump *= strides
        maps = (maps - kernel) // strides + 1
    return field, size - (field + (maps - 1) * jump)

# %% 10.4 wrong · returns in the loop
def field_and_unseen(size, layers):
    field, jump, maps = 1, 1, size
    for kernel, strides in layers:
        field += (kernel - 1) * jump
        jump *= strides
        maps = (maps - kernel) // strides + 1
        return field, size - (field + (maps - 1) * jump)

# %% 10.4 wrong · attributes of Keras's layers
def field_and_unseen(size, layers):
    field, jump = 1, 1
    for layer in layers:
        field += (layer.kernel_size[0] - 1) * jump
        jump *= layer.strides[0]
    return field, (size - field) % jump

# %% 10.4 wrong · counter without a start
def field_and_unseen(size, layers):
    field = jump = 1
    for kernel, strides in layers:
        field += (kernel - 1) * jump
        jump *= strides
        maps = (maps - kernel) // strides + 1
    return field, size - (field + (maps - 1) * jump)

# %% 10.5 right · differences of slices
def total_variation(images):
    down = np.abs(images[:, 1:] - images[:, :-1]).sum(axis=(1, 2, 3))
    right = np.abs(images[:, :, 1:] - images[:, :, :-1]).sum(axis=(1, 2, 3))
    return down + right

# %% 10.5 right · np.diff
def total_variation(images):
    return sum(np.abs(np.diff(images, axis=axis)).sum(axis=(1, 2, 3)) for axis in (1, 2))

# %% 10.5 right · loops over the pixels
def total_variation(images):
    batch, height, width, channels = images.shape
    totals = np.zeros(batch)
    for b in range(batch):
        for i in range(height):
            for j in range(width):
                for c in range(channels):
                    if i + 1 < height:
                        totals[b] += abs(images[b, i + 1, j, c] - images[b, i, j, c])
                    if j + 1 < width:
                        totals[b] += abs(images[b, i, j + 1, c] - images[b, i, j, c])
    return totals

# %% 10.5 right · image by image
def total_variation(images):
    def one(image):
        return np.abs(image[:-1] - image[1:]).sum() + np.abs(image[:, :-1] - image[:, 1:]).sum()

    return np.array([one(image) for image in images])

# %% 10.5 right · edge pixels repeated, float32
def total_variation(images):
    images = np.asarray(images, "float32")
    wide = np.pad(images, ((0, 0), (0, 1), (0, 1), (0, 0)), mode="edge")
    rough = np.abs(wide[:, 1:, :-1] - images) + np.abs(wide[:, :-1, 1:] - images)
    return rough.reshape(len(images), -1).sum(axis=1)

# %% 10.5 right · rolled, last row and column cut off
def total_variation(images):
    below = (np.roll(images, -1, axis=1) - images)[:, :-1]
    beside = (np.roll(images, -1, axis=2) - images)[:, :, :-1]
    return np.einsum("bhwc->b", np.abs(below)) + np.einsum("bhwc->b", np.abs(beside))

# %% 10.5 right · keras.ops, a tensor
def total_variation(images):
    x = keras.ops.convert_to_tensor(images)
    down = keras.ops.sum(keras.ops.abs(x[:, 1:] - x[:, :-1]), axis=(1, 2, 3))
    return down + keras.ops.sum(keras.ops.abs(x[:, :, 1:] - x[:, :, :-1]), axis=(1, 2, 3))

# %% 10.5 right · larger minus smaller
def total_variation(images):
    total = 0
    for a, b in ((images[:, 1:], images[:, :-1]), (images[:, :, 1:], images[:, :, :-1])):
        total = total + (np.maximum(a, b) - np.minimum(a, b)).sum(axis=(1, 2, 3))
    return total

# %% 10.5 wrong · round the edge
def total_variation(images):
    down = np.abs(np.roll(images, -1, axis=1) - images).sum(axis=(1, 2, 3))
    return down + np.abs(np.roll(images, -1, axis=2) - images).sum(axis=(1, 2, 3))

# %% 10.5 wrong · no absolute values
def total_variation(images):
    return np.diff(images, axis=1).sum(axis=(1, 2, 3)) + np.diff(images, axis=2).sum(axis=(1, 2, 3))

# %% 10.5 wrong · absolute value of the sum
def total_variation(images):
    down, right = (np.diff(images, axis=axis).sum(axis=(1, 2, 3)) for axis in (1, 2))
    return np.abs(down) + np.abs(right)

# %% 10.5 wrong · squares
def total_variation(images):
    return sum((np.diff(images, axis=axis) ** 2).sum(axis=(1, 2, 3)) for axis in (1, 2))

# %% 10.5 wrong · mean for the sum
def total_variation(images):
    return sum(np.abs(np.diff(images, axis=axis)).mean(axis=(1, 2, 3)) for axis in (1, 2))

# %% 10.5 wrong · one number for the batch
def total_variation(images):
    return sum(np.abs(np.diff(images, axis=axis)).sum() for axis in (1, 2))

# %% 10.5 wrong · down only
def total_variation(images):
    return np.abs(images[:, 1:] - images[:, :-1]).sum(axis=(1, 2, 3))

# %% 10.5 wrong · twice to the right
def total_variation(images):
    right = np.abs(np.diff(images, axis=2)).sum(axis=(1, 2, 3))
    return right + right

# %% 10.5 wrong · differences between the images
def total_variation(images):
    down = np.abs(np.diff(images, axis=0)).sum(axis=(0, 2, 3))
    return down + np.abs(np.diff(images, axis=1)).sum(axis=(0, 1, 3))

# %% 10.5 wrong · differences between the channels too
def total_variation(images):
    return sum(np.abs(np.diff(images, axis=axis)).sum(axis=(1, 2, 3)) for axis in (1, 2, 3))

# %% 10.5 wrong · channels not summed
def total_variation(images):
    return sum(np.abs(np.diff(images, axis=axis)).sum(axis=(1, 2)) for axis in (1, 2))

# %% 10.5 wrong · first channel only
def total_variation(images):
    images = images[..., 0]
    return sum(np.abs(np.diff(images, axis=axis)).sum(axis=(1, 2)) for axis in (1, 2))

# %% 10.5 wrong · zeros beyond the edge
def total_variation(images):
    wide = np.pad(images, ((0, 0), (0, 1), (0, 1), (0, 0)))
    rough = np.abs(wide[:, 1:, :-1] - images) + np.abs(wide[:, :-1, 1:] - images)
    return rough.sum(axis=(1, 2, 3))

# %% 10.5 wrong · last row and column not at all
def total_variation(images):
    here = images[:, :-1, :-1]
    rough = np.abs(images[:, 1:, :-1] - here) + np.abs(images[:, :-1, 1:] - here)
    return rough.sum(axis=(1, 2, 3))

# %% 10.5 wrong · Euclidean length
def total_variation(images):
    here = images[:, :-1, :-1]
    rough = np.sqrt((images[:, 1:, :-1] - here) ** 2 + (images[:, :-1, 1:] - here) ** 2)
    return rough.sum(axis=(1, 2, 3))

# %% 10.5 wrong · both neighbours, counted twice
def total_variation(images):
    return 2 * sum(np.abs(np.diff(images, axis=axis)).sum(axis=(1, 2, 3)) for axis in (1, 2))

# %% 10.5 wrong · every second pixel
def total_variation(images):
    down = np.abs(np.diff(images[:, ::2], axis=1)).sum(axis=(1, 2, 3))
    return down + np.abs(np.diff(images[:, :, ::2], axis=2)).sum(axis=(1, 2, 3))

# %% 10.5 wrong · added before the sum
def total_variation(images):
    down = np.abs(images[:, 1:] - images[:, :-1])
    right = np.abs(images[:, :, 1:] - images[:, :, :-1])
    return (down + right).sum(axis=(1, 2, 3))

# %% 10.5 wrong · index beyond the edge
def total_variation(images):
    totals = np.zeros(len(images))
    for i in range(images.shape[1]):
        totals += np.abs(images[:, i + 1] - images[:, i]).sum(axis=(1, 2))
    for j in range(images.shape[2]):
        totals += np.abs(images[:, :, j + 1] - images[:, :, j]).sum(axis=(1, 2))
    return totals

# %% 10.6 right · pairs of indices, mean
def share_fooled(probabilities, targets, threshold):
    own = probabilities[np.arange(len(targets)), targets]
    return np.mean(own >= threshold)

# %% 10.6 right · loop and counter
def share_fooled(probabilities, targets, threshold):
    fooled = 0
    for row, target in zip(probabilities, targets):
        if row[target] >= threshold:
            fooled += 1
    return fooled / len(probabilities)

# %% 10.6 right · take_along_axis
def share_fooled(probabilities, targets, threshold):
    own = np.take_along_axis(np.asarray(probabilities), np.asarray(targets)[:, None], axis=1)
    return float((own >= threshold).mean())

# %% 10.6 right · one-hot mask
def share_fooled(probabilities, targets, threshold):
    mask = np.arange(probabilities.shape[1]) == np.asarray(targets).reshape(-1, 1)
    return np.count_nonzero(probabilities[mask] >= threshold) / len(targets)

# %% 10.6 right · rows of the identity
def share_fooled(probabilities, targets, threshold):
    own = (probabilities * np.eye(probabilities.shape[1], dtype=probabilities.dtype)[targets]).sum(axis=1)
    return (own >= threshold).sum() / own.size

# %% 10.6 right · comprehension, not below
def share_fooled(probabilities, targets, threshold):
    unsure = [i for i, k in enumerate(targets) if probabilities[i][k] < threshold]
    return 1 - len(unsure) / len(targets)

# %% 10.6 right · keras.ops for the choice
def share_fooled(probabilities, targets, threshold):
    index = keras.ops.expand_dims(keras.ops.convert_to_tensor(np.asarray(targets, "int32")), 1)
    own = keras.ops.take_along_axis(keras.ops.convert_to_tensor(probabilities), index, axis=1)
    return float(np.mean(keras.ops.convert_to_numpy(own) >= threshold))

# %% 10.6 right · diagonal of the chosen columns
def share_fooled(probabilities, targets, threshold):
    own = np.diagonal(np.take(probabilities, targets, axis=1))
    return sum(bool(p >= threshold) for p in own) / len(own)

# %% 10.6 wrong · greater, not at least
def share_fooled(probabilities, targets, threshold):
    own = probabilities[np.arange(len(targets)), targets]
    return np.mean(own > threshold)

# %% 10.6 wrong · whichever class is likeliest
def share_fooled(probabilities, targets, threshold):
    return np.mean(probabilities.max(axis=1) >= threshold)

# %% 10.6 wrong · target only has to be likeliest
def share_fooled(probabilities, targets, threshold):
    return np.mean(probabilities.argmax(axis=1) == targets)

# %% 10.6 wrong · all rows at all targets
def share_fooled(probabilities, targets, threshold):
    return np.mean(probabilities[:, targets] >= threshold)

# %% 10.6 wrong · all the classes
def share_fooled(probabilities, targets, threshold):
    return np.mean(probabilities >= threshold)

# %% 10.6 wrong · per cent
def share_fooled(probabilities, targets, threshold):
    own = probabilities[np.arange(len(targets)), targets]
    return 100 * np.mean(own >= threshold)

# %% 10.6 wrong · count
def share_fooled(probabilities, targets, threshold):
    own = probabilities[np.arange(len(targets)), targets]
    return int(np.sum(own >= threshold))

# %% 10.6 wrong · always 99 %
def share_fooled(probabilities, targets, threshold):
    own = probabilities[np.arange(len(targets)), targets]
    return np.mean(own >= 0.99)

# %% 10.6 wrong · share that is not fooled
def share_fooled(probabilities, targets, threshold):
    own = probabilities[np.arange(len(targets)), targets]
    return np.mean(own < threshold)

# %% 10.6 wrong · a yes or no for each image
def share_fooled(probabilities, targets, threshold):
    return probabilities[np.arange(len(targets)), targets] >= threshold

# %% 10.6 wrong · mean probability
def share_fooled(probabilities, targets, threshold):
    own = probabilities[np.arange(len(targets)), targets]
    return np.mean(own) >= threshold

# %% 10.6 wrong · divided by the classes
def share_fooled(probabilities, targets, threshold):
    own = probabilities[np.arange(len(targets)), targets]
    return np.sum(own >= threshold) / probabilities.shape[1]

# %% 10.6 wrong · class before image
def share_fooled(probabilities, targets, threshold):
    own = probabilities[targets, np.arange(len(targets))]
    return np.mean(own >= threshold)

# %% 10.6 wrong · images in place of classes
def share_fooled(probabilities, targets, threshold):
    return np.mean(probabilities[targets].max(axis=1) >= threshold)

# %% 10.6 wrong · rounded down to 0 or 1
def share_fooled(probabilities, targets, threshold):
    own = probabilities[np.arange(len(targets)), targets]
    return np.sum(own >= threshold) // len(targets)

# %% 10.6 wrong · classes counted from 1
def share_fooled(probabilities, targets, threshold):
    own = probabilities[np.arange(len(targets)), targets - 1]
    return np.mean(own >= threshold)

# %% 10.6 wrong · range of an array
def share_fooled(probabilities, targets, threshold):
    own = probabilities[range(targets), targets]
    return np.mean(own >= threshold)

# %% 10.6 wrong · own is nowhere made
def share_fooled(probabilities, targets, threshold):
    return np.mean(own[np.arange(len(targets))] >= threshold)
