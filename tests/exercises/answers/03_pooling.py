# %% 3.1 right · two loops
def max_pool(image, pool_size, strides):
    height, width, channels = image.shape
    rows = (height - pool_size) // strides + 1
    columns = (width - pool_size) // strides + 1
    pooled = np.zeros((rows, columns, channels))
    for i in range(rows):
        for j in range(columns):
            y, x = i * strides, j * strides
            pooled[i, j] = image[y : y + pool_size, x : x + pool_size].max(axis=(0, 1))
    return pooled

# %% 3.1 right · sliding windows, then every stride
def max_pool(image, pool_size, strides):
    windows = np.lib.stride_tricks.sliding_window_view(image, (pool_size, pool_size), axis=(0, 1))
    return windows[::strides, ::strides].max(axis=(-2, -1))

# %% 3.1 right · shifted images, np.maximum
def max_pool(image, pool_size, strides):
    rows = (image.shape[0] - pool_size) // strides + 1
    columns = (image.shape[1] - pool_size) // strides + 1
    largest = None
    for i in range(pool_size):
        for j in range(pool_size):
            part = image[i::strides, j::strides][:rows, :columns]
            largest = part if largest is None else np.maximum(largest, part)
    return largest

# %% 3.1 right · comprehension with range steps
def max_pool(image, pool_size, strides):
    h, w = image.shape[:2]
    tops = range(0, h - pool_size + 1, strides)
    lefts = range(0, w - pool_size + 1, strides)
    return np.array([
        [image[y : y + pool_size, x : x + pool_size].max((0, 1)) for x in lefts] for y in tops
    ])

# %% 3.1 right · Keras layer, float32
def max_pool(image, pool_size, strides):
    import keras

    layer = keras.layers.MaxPooling2D(pool_size=pool_size, strides=strides, padding="valid")
    return np.array(layer(image[np.newaxis].astype("float32")))[0]

# %% 3.1 right · keras.ops
def max_pool(image, pool_size, strides):
    from keras import ops

    batch = ops.expand_dims(ops.convert_to_tensor(image.astype("float32")), 0)
    return ops.convert_to_numpy(ops.max_pool(batch, pool_size, strides, padding="valid")[0])

# %% 3.1 right · the package's pooling
def max_pool(image, pool_size, strides):
    return reference.pool2d(image, pool_size, strides=strides)

# %% 3.1 right · rows first, columns second
def max_pool(image, pool_size, strides):
    def along_rows(maps):
        starts = range(0, len(maps) - pool_size + 1, strides)
        return np.stack([maps[s : s + pool_size].max(axis=0) for s in starts])

    down = along_rows(image)
    return along_rows(down.swapaxes(0, 1)).swapaxes(0, 1)

# %% 3.1 right · five loops from minus infinity
def max_pool(image, pool_size, strides):
    H, W, C = image.shape
    out = np.full(((H - pool_size) // strides + 1, (W - pool_size) // strides + 1, C), -np.inf)
    for c in range(C):
        for i in range(out.shape[0]):
            for j in range(out.shape[1]):
                for di in range(pool_size):
                    for dj in range(pool_size):
                        value = image[i * strides + di, j * strides + dj, c]
                        if value > out[i, j, c]:
                            out[i, j, c] = value
    return out

# %% 3.1 right · map by map with while
def max_pool(image, pool_size, strides):
    maps = []
    for c in range(image.shape[2]):
        rows, top = [], 0
        while top + pool_size <= image.shape[0]:
            row, left = [], 0
            while left + pool_size <= image.shape[1]:
                row.append(np.max(image[top : top + pool_size, left : left + pool_size, c]))
                left += strides
            rows.append(row)
            top += strides
        maps.append(rows)
    return np.transpose(maps, (1, 2, 0))

# %% 3.1 wrong · largest so far begins at zero
def max_pool(image, pool_size, strides):
    height, width, channels = image.shape
    pooled = np.zeros(((height - pool_size) // strides + 1, (width - pool_size) // strides + 1, channels))
    for i in range(pooled.shape[0]):
        for j in range(pooled.shape[1]):
            for di in range(pool_size):
                for dj in range(pool_size):
                    pixel = image[i * strides + di, j * strides + dj]
                    pooled[i, j] = np.maximum(pooled[i, j], pixel)
    return pooled

# %% 3.1 wrong · one maximum for all channels
def max_pool(image, pool_size, strides):
    height, width, channels = image.shape
    pooled = np.zeros(((height - pool_size) // strides + 1, (width - pool_size) // strides + 1, channels))
    for i in range(pooled.shape[0]):
        for j in range(pooled.shape[1]):
            y, x = i * strides, j * strides
            pooled[i, j] = image[y : y + pool_size, x : x + pool_size].max()
    return pooled

# %% 3.1 wrong · mean
def max_pool(image, pool_size, strides):
    return reference.pool2d(image, pool_size, strides=strides, kind="mean")

# %% 3.1 wrong · strides ignored
def max_pool(image, pool_size, strides):
    return reference.pool2d(image, pool_size)

# %% 3.1 wrong · every window kept
def max_pool(image, pool_size, strides):
    windows = np.lib.stride_tricks.sliding_window_view(image, (pool_size, pool_size), axis=(0, 1))
    return windows.max(axis=(-2, -1))

# %% 3.1 wrong · strides forgotten in the slice
def max_pool(image, pool_size, strides):
    rows = (image.shape[0] - pool_size) // strides + 1
    columns = (image.shape[1] - pool_size) // strides + 1
    pooled = np.zeros((rows, columns, image.shape[2]))
    for i in range(rows):
        for j in range(columns):
            pooled[i, j] = image[i : i + pool_size, j : j + pool_size].max(axis=(0, 1))
    return pooled

# %% 3.1 wrong · steps by the pool size
def max_pool(image, pool_size, strides):
    rows = (image.shape[0] - pool_size) // pool_size + 1
    columns = (image.shape[1] - pool_size) // pool_size + 1
    pooled = np.zeros((rows, columns, image.shape[2]))
    for i in range(rows):
        for j in range(columns):
            y, x = i * pool_size, j * pool_size
            pooled[i, j] = image[y : y + pool_size, x : x + pool_size].max(axis=(0, 1))
    return pooled

# %% 3.1 wrong · windows as wide as the strides
def max_pool(image, pool_size, strides):
    rows = (image.shape[0] - pool_size) // strides + 1
    columns = (image.shape[1] - pool_size) // strides + 1
    pooled = np.zeros((rows, columns, image.shape[2]))
    for i in range(rows):
        for j in range(columns):
            y, x = i * strides, j * strides
            pooled[i, j] = image[y : y + strides, x : x + strides].max(axis=(0, 1))
    return pooled

# %% 3.1 wrong · one window too few
def max_pool(image, pool_size, strides):
    rows = (image.shape[0] - pool_size) // strides
    columns = (image.shape[1] - pool_size) // strides
    pooled = np.zeros((rows, columns, image.shape[2]))
    for i in range(rows):
        for j in range(columns):
            y, x = i * strides, j * strides
            pooled[i, j] = image[y : y + pool_size, x : x + pool_size].max(axis=(0, 1))
    return pooled

# %% 3.1 wrong · incomplete windows kept
def max_pool(image, pool_size, strides):
    h, w = image.shape[:2]
    return np.array([
        [image[y : y + pool_size, x : x + pool_size].max(axis=(0, 1)) for x in range(0, w, strides)]
        for y in range(0, h, strides)
    ])

# %% 3.1 wrong · padded as with same
def max_pool(image, pool_size, strides):
    return reference.pool2d(image, pool_size, strides=strides, padding="same")

# %% 3.1 wrong · range ends before the last window
def max_pool(image, pool_size, strides):
    h, w = image.shape[:2]
    return np.array([
        [image[y : y + pool_size, x : x + pool_size].max((0, 1)) for x in range(0, w - pool_size, strides)]
        for y in range(0, h - pool_size, strides)
    ])

# %% 3.1 wrong · largest absolute value
def max_pool(image, pool_size, strides):
    return reference.pool2d(np.abs(image), pool_size, strides=strides)

# %% 3.1 wrong · rows and columns swapped
def max_pool(image, pool_size, strides):
    return reference.pool2d(image, pool_size, strides=strides).swapaxes(0, 1)

# %% 3.1 wrong · square maps only
def max_pool(image, pool_size, strides):
    size = (image.shape[0] - pool_size) // strides + 1
    pooled = np.zeros((size, size, image.shape[2]))
    for i in range(size):
        for j in range(size):
            y, x = i * strides, j * strides
            pooled[i, j] = image[y : y + pool_size, x : x + pool_size].max(axis=(0, 1))
    return pooled

# %% 3.1 wrong · corner pixel of each window
def max_pool(image, pool_size, strides):
    rows = (image.shape[0] - pool_size) // strides + 1
    columns = (image.shape[1] - pool_size) // strides + 1
    return image[::strides, ::strides][:rows, :columns]

# %% 3.1 wrong · reshaped into blocks
def max_pool(image, pool_size, strides):
    h, w, c = image.shape
    blocks = image.reshape(h // pool_size, pool_size, w // pool_size, pool_size, c)
    return blocks.max(axis=(1, 3))

# %% 3.1 wrong · maximum over the rows of the window only
def max_pool(image, pool_size, strides):
    rows = (image.shape[0] - pool_size) // strides + 1
    columns = (image.shape[1] - pool_size) // strides + 1
    pooled = np.zeros((rows, columns, image.shape[2]))
    for i in range(rows):
        for j in range(columns):
            y, x = i * strides, j * strides
            pooled[i, j] = image[y : y + pool_size, x : x + pool_size].max(axis=0)
    return pooled

# %% 3.1 wrong · image taken for two axes
def max_pool(image, pool_size, strides):
    height, width = image.shape
    rows, columns = (height - pool_size) // strides + 1, (width - pool_size) // strides + 1
    return np.array([
        [np.max(image[i * strides : i * strides + pool_size, j * strides : j * strides + pool_size])
         for j in range(columns)]
        for i in range(rows)
    ])

# %% 3.1 wrong · size with a fraction
def max_pool(image, pool_size, strides):
    rows = (image.shape[0] - pool_size) / strides + 1
    columns = (image.shape[1] - pool_size) / strides + 1
    pooled = np.zeros((rows, columns, image.shape[2]))
    for i in range(rows):
        for j in range(columns):
            y, x = i * strides, j * strides
            pooled[i, j] = image[y : y + pool_size, x : x + pool_size].max(axis=(0, 1))
    return pooled

# %% 3.1 wrong · returns after the first row
def max_pool(image, pool_size, strides):
    rows = (image.shape[0] - pool_size) // strides + 1
    columns = (image.shape[1] - pool_size) // strides + 1
    pooled = np.zeros((rows, columns, image.shape[2]))
    for i in range(rows):
        for j in range(columns):
            y, x = i * strides, j * strides
            pooled[i, j] = image[y : y + pool_size, x : x + pool_size].max(axis=(0, 1))
        return pooled

# %% 3.2 right · mean over two axes
def global_average(maps):
    return maps.mean(axis=(1, 2))

# %% 3.2 right · Keras layer
def global_average(maps):
    import keras

    return np.array(keras.layers.GlobalAveragePooling2D()(maps.astype("float32")))

# %% 3.2 right · keras.ops, tensor returned
def global_average(maps):
    from keras import ops

    return ops.mean(ops.cast(maps, "float32"), axis=(1, 2))

# %% 3.2 right · one axis after the other
def global_average(maps):
    return np.mean(np.mean(maps, axis=2), axis=1)

# %% 3.2 right · places in one axis
def global_average(maps):
    n, h, w, c = maps.shape
    return maps.reshape(n, h * w, c).mean(axis=1)

# %% 3.2 right · sum divided by the area
def global_average(maps):
    area = maps.shape[1] * maps.shape[2]
    return np.einsum("nhwc->nc", maps.astype(float)) / area

# %% 3.2 right · image by image, map by map
def global_average(maps):
    averages = np.zeros((len(maps), maps.shape[-1]))
    for n in range(len(maps)):
        for c in range(maps.shape[-1]):
            averages[n, c] = np.mean(maps[n, :, :, c])
    return averages

# %% 3.2 right · lists in lists
def global_average(maps):
    return np.array([[image[..., c].mean() for c in range(image.shape[-1])] for image in maps])

# %% 3.2 right · the package's global pooling
def global_average(maps):
    return reference.global_pool(maps, "mean")

# %% 3.2 right · all places added up in a loop
def global_average(maps):
    N, H, W, C = maps.shape
    total = np.zeros((N, C))
    for y in range(H):
        for x in range(W):
            total += maps[:, y, x, :]
    return total / (H * W)

# %% 3.2 wrong · batch and rows averaged
def global_average(maps):
    return maps.mean(axis=(0, 1))

# %% 3.2 wrong · channels first
def global_average(maps):
    return maps.mean(axis=(2, 3))

# %% 3.2 wrong · rows and channels
def global_average(maps):
    return maps.mean(axis=(1, 3))

# %% 3.2 wrong · sum
def global_average(maps):
    return maps.sum(axis=(1, 2))

# %% 3.2 wrong · maximum
def global_average(maps):
    return maps.max(axis=(1, 2))

# %% 3.2 wrong · median
def global_average(maps):
    return np.median(maps, axis=(1, 2))

# %% 3.2 wrong · axes kept
def global_average(maps):
    return maps.mean(axis=(1, 2), keepdims=True)

# %% 3.2 wrong · one number for all
def global_average(maps):
    return maps.mean()

# %% 3.2 wrong · one number for each image
def global_average(maps):
    return maps.mean(axis=(1, 2, 3))

# %% 3.2 wrong · one number for each channel
def global_average(maps):
    return maps.mean(axis=(0, 1, 2))

# %% 3.2 wrong · rows only
def global_average(maps):
    return maps.mean(axis=1)

# %% 3.2 wrong · mean over the channels
def global_average(maps):
    return maps.mean(axis=-1)

# %% 3.2 wrong · transposed
def global_average(maps):
    return maps.mean(axis=(1, 2)).T

# %% 3.2 wrong · divided by the height squared
def global_average(maps):
    return maps.sum(axis=(1, 2)) / maps.shape[1] ** 2

# %% 3.2 wrong · divided by the height only
def global_average(maps):
    return maps.sum(axis=(1, 2)) / maps.shape[1]

# %% 3.2 wrong · channels torn apart by reshape
def global_average(maps):
    n, h, w, c = maps.shape
    return maps.reshape(n, c, h * w).mean(axis=2)

# %% 3.2 wrong · first image only
def global_average(maps):
    return maps[0].mean(axis=(0, 1))

# %% 3.2 wrong · whole numbers
def global_average(maps):
    return maps.mean(axis=(1, 2)).astype(int)

# %% 3.2 wrong · axes in a list
def global_average(maps):
    return maps.mean(axis=[1, 2])

# %% 3.2 wrong · axes without brackets
def global_average(maps):
    return np.mean(maps, 1, 2)

# %% 3.2 wrong · taken for a single image
def global_average(maps):
    height, width, channels = maps.shape
    return maps.reshape(height * width, channels).mean(axis=0)

# %% 3.2 wrong · return forgotten
def global_average(maps):
    maps.mean(axis=(1, 2))

# %% 3.3 right · two formulas
def head_parameters(height, width, channels, classes):
    return (height * width * channels + 1) * classes, (channels + 1) * classes

# %% 3.3 right · the package's arithmetic
def head_parameters(height, width, channels, classes):
    flatten = arithmetic.dense_parameters(height * width * channels, classes)
    pooled = arithmetic.dense_parameters(channels, classes)
    return flatten, pooled

# %% 3.3 right · helper function
def head_parameters(height, width, channels, classes):
    def dense(inputs):
        return inputs * classes + classes

    return (dense(height * width * channels), dense(channels))

# %% 3.3 right · tuple of a generator
def head_parameters(height, width, channels, classes):
    return tuple(classes * (places * channels + 1) for places in (height * width, 1))

# %% 3.3 right · weights and biases apart
def head_parameters(height, width, channels, classes):
    biases = classes
    pooled_weights = channels * classes
    flat_weights = pooled_weights * height * width
    return flat_weights + biases, pooled_weights + biases

# %% 3.3 right · place by place
def head_parameters(height, width, channels, classes):
    flat = pooled = classes
    pooled += channels * classes
    for _ in range(height):
        for _ in range(width):
            flat += channels * classes
    return flat, pooled

# %% 3.3 right · a pooled head is a Flatten head of one place
def head_parameters(height, width, channels, classes):
    if height == width == 1:
        return ((channels + 1) * classes,) * 2
    return (height * width * channels + 1) * classes, head_parameters(1, 1, channels, classes)[1]

# %% 3.3 right · NumPy, then Python numbers
def head_parameters(height, width, channels, classes):
    inputs = np.array([height * width, 1], dtype=np.int64) * channels
    return tuple(((inputs + 1) * classes).tolist())

# %% 3.3 wrong · biases forgotten
def head_parameters(height, width, channels, classes):
    return height * width * channels * classes, channels * classes

# %% 3.3 wrong · pooled head first
def head_parameters(height, width, channels, classes):
    return (channels + 1) * classes, (height * width * channels + 1) * classes

# %% 3.3 wrong · a single bias
def head_parameters(height, width, channels, classes):
    return height * width * channels * classes + 1, channels * classes + 1

# %% 3.3 wrong · a bias for each input
def head_parameters(height, width, channels, classes):
    return height * width * channels * (classes + 1), channels * (classes + 1)

# %% 3.3 wrong · brackets forgotten
def head_parameters(height, width, channels, classes):
    return height * width * channels + 1 * classes, channels + 1 * classes

# %% 3.3 wrong · bias of the Flatten head only
def head_parameters(height, width, channels, classes):
    return (height * width * channels + 1) * classes, channels * classes

# %% 3.3 wrong · channels forgotten in Flatten
def head_parameters(height, width, channels, classes):
    return (height * width + 1) * classes, (channels + 1) * classes

# %% 3.3 wrong · one number for each place when pooled
def head_parameters(height, width, channels, classes):
    return (height * width * channels + 1) * classes, (height * width + 1) * classes

# %% 3.3 wrong · one number for all maps
def head_parameters(height, width, channels, classes):
    return (height * width * channels + 1) * classes, 2 * classes

# %% 3.3 wrong · square maps only
def head_parameters(height, width, channels, classes):
    return (height**2 * channels + 1) * classes, (channels + 1) * classes

# %% 3.3 wrong · pooled as a share of Flatten
def head_parameters(height, width, channels, classes):
    flatten = (height * width * channels + 1) * classes
    return flatten, flatten // (height * width)

# %% 3.3 wrong · a bias for each place
def head_parameters(height, width, channels, classes):
    return height * width * (channels + 1) * classes, (channels + 1) * classes

# %% 3.3 wrong · in millions
def head_parameters(height, width, channels, classes):
    return (height * width * channels + 1) * classes / 1e6, (channels + 1) * classes / 1e6

# %% 3.3 wrong · sum of the two
def head_parameters(height, width, channels, classes):
    return (height * width * channels + 1) * classes + (channels + 1) * classes

# %% 3.3 wrong · Flatten head only
def head_parameters(height, width, channels, classes):
    return (height * width * channels + 1) * classes

# %% 3.3 wrong · sides added
def head_parameters(height, width, channels, classes):
    return ((height + width) * channels + 1) * classes, (channels + 1) * classes

# %% 3.3 wrong · a bias for each map
def head_parameters(height, width, channels, classes):
    return height * width * channels * classes + channels, channels * classes + channels

# %% 3.3 wrong · dictionary
def head_parameters(height, width, channels, classes):
    return {"Flatten": (height * width * channels + 1) * classes, "pooled": (channels + 1) * classes}

# %% 3.3 wrong · maps is unknown here
def head_parameters(height, width, channels, classes):
    return (maps.size + 1) * classes, (maps.shape[-1] + 1) * classes

# %% 3.3 wrong · multiplication sign forgotten
def head_parameters(height, width, channels, classes):
    return (height * width * channels + 1)(classes), (channels + 1)(classes)

# %% 3.3 wrong · return forgotten
def head_parameters(height, width, channels, classes):
    flatten = (height * width * channels + 1) * classes
    pooled = (channels + 1) * classes
    print(flatten, pooled)

# %% 3.4 right · common columns, largest difference
def shift_error(before, after, shift):
    width = before.shape[1]
    return np.abs(after[:, shift:] - before[:, : width - shift]).max()

# %% 3.4 right · rolled, new columns left out
def shift_error(before, after, shift):
    moved = np.roll(before, shift, axis=1)
    return float(np.max(np.abs(after - moved)[:, shift:]))

# %% 3.4 right · two loops
def shift_error(before, after, shift):
    largest = 0.0
    for row in range(after.shape[0]):
        for column in range(shift, after.shape[1]):
            error = abs(float(after[row, column]) - float(before[row, column - shift]))
            largest = max(largest, error)
    return largest

# %% 3.4 right · early answer for no shift
def shift_error(before, after, shift):
    if shift == 0:
        return np.max(np.abs(after - before))
    return np.max(np.abs(after[:, shift:] - before[:, :-shift]))

# %% 3.4 right · max of a generator
def shift_error(before, after, shift):
    pairs = zip(after[:, shift:].ravel().tolist(), before[:, : before.shape[1] - shift].ravel().tolist())
    return max(abs(new - old) for new, old in pairs)

# %% 3.4 right · positive and negative side
def shift_error(before, after, shift):
    W = after.shape[1]
    d = after[:, shift:W].astype(float) - before[:, 0 : W - shift].astype(float)
    return max(d.max(), -d.min())

# %% 3.4 right · maximum norm
def shift_error(before, after, shift):
    kept = before[:, : before.shape[1] - shift]
    return np.linalg.norm((after[:, shift:] - kept).ravel(), ord=np.inf)

# %% 3.4 right · filled with NaN, nanmax
def shift_error(before, after, shift):
    moved = np.full(before.shape, np.nan)
    moved[:, shift:] = before[:, : before.shape[1] - shift]
    return np.nanmax(np.abs(after - moved))

# %% 3.4 right · column by column, sorted
def shift_error(before, after, shift):
    errors = []
    for new, old in zip(after.T[shift:], before.T):
        errors.append(np.abs(new - old).max())
    return sorted(errors)[-1]

# %% 3.4 right · keras.ops, float32
def shift_error(before, after, shift):
    from keras import ops

    a, b = ops.cast(after, "float32"), ops.cast(before, "float32")
    return float(ops.max(ops.abs(a[:, shift:] - b[:, : b.shape[1] - shift])))

# %% 3.4 wrong · moved to the left
def shift_error(before, after, shift):
    width = before.shape[1]
    return np.abs(after[:, : width - shift] - before[:, shift:]).max()

# %% 3.4 wrong · mean difference
def shift_error(before, after, shift):
    width = before.shape[1]
    return np.abs(after[:, shift:] - before[:, : width - shift]).mean()

# %% 3.4 wrong · sum of the differences
def shift_error(before, after, shift):
    width = before.shape[1]
    return np.abs(after[:, shift:] - before[:, : width - shift]).sum()

# %% 3.4 wrong · absolute value forgotten
def shift_error(before, after, shift):
    width = before.shape[1]
    return (after[:, shift:] - before[:, : width - shift]).max()

# %% 3.4 wrong · absolute value after the maximum
def shift_error(before, after, shift):
    width = before.shape[1]
    return abs((after[:, shift:] - before[:, : width - shift]).max())

# %% 3.4 wrong · compared in place
def shift_error(before, after, shift):
    return np.abs(after - before).max()

# %% 3.4 wrong · moved down instead of right
def shift_error(before, after, shift):
    height = before.shape[0]
    return np.abs(after[shift:] - before[: height - shift]).max()

# %% 3.4 wrong · columns come in again on the left
def shift_error(before, after, shift):
    return np.abs(after - np.roll(before, shift, axis=1)).max()

# %% 3.4 wrong · black comes in and is compared too
def shift_error(before, after, shift):
    moved = np.pad(before, ((0, 0), (shift, 0)))[:, : before.shape[1]]
    return np.abs(after - moved).max()

# %% 3.4 wrong · same columns of both
def shift_error(before, after, shift):
    return np.abs(after[:, shift:] - before[:, shift:]).max()

# %% 3.4 wrong · one column too far
def shift_error(before, after, shift):
    width = before.shape[1]
    return np.abs(after[:, shift + 1 :] - before[:, : width - shift - 1]).max(initial=0)

# %% 3.4 wrong · move by shift + 1
def shift_error(before, after, shift):
    kept = before[:, : before.shape[1] - shift]
    return np.abs(after[:, shift:] - np.roll(kept, 1, axis=1)).max()

# %% 3.4 wrong · squared
def shift_error(before, after, shift):
    width = before.shape[1]
    return ((after[:, shift:] - before[:, : width - shift]) ** 2).max()

# %% 3.4 wrong · relative to the old map
def shift_error(before, after, shift):
    width = before.shape[1]
    return np.abs(after[:, shift:] - before[:, : width - shift]).max() / np.abs(before).max()

# %% 3.4 wrong · difference of the maxima
def shift_error(before, after, shift):
    width = before.shape[1]
    return abs(after[:, shift:].max() - before[:, : width - shift].max())

# %% 3.4 wrong · smallest difference
def shift_error(before, after, shift):
    width = before.shape[1]
    return np.abs(after[:, shift:] - before[:, : width - shift]).min()

# %% 3.4 wrong · one number for each row
def shift_error(before, after, shift):
    width = before.shape[1]
    return np.abs(after[:, shift:] - before[:, : width - shift]).max(axis=1)

# %% 3.4 wrong · equal or not
def shift_error(before, after, shift):
    width = before.shape[1]
    return not np.array_equal(after[:, shift:], before[:, : width - shift])

# %% 3.4 wrong · where instead of how much
def shift_error(before, after, shift):
    width = before.shape[1]
    return np.abs(after[:, shift:] - before[:, : width - shift]).argmax()

# %% 3.4 wrong · minus shift, no columns at 0
def shift_error(before, after, shift):
    return np.abs(after[:, shift:] - before[:, :-shift]).max()

# %% 3.4 wrong · only one of the maps cut
def shift_error(before, after, shift):
    return np.abs(after[:, shift:] - before).max()

# %% 3.4 wrong · max of Python on an array
def shift_error(before, after, shift):
    width = before.shape[1]
    return max(abs(after[:, shift:] - before[:, : width - shift]))

# %% 3.4 wrong · return forgotten
def shift_error(before, after, shift):
    width = before.shape[1]
    error = np.abs(after[:, shift:] - before[:, : width - shift]).max()

# %% 3.5 right · filled in
moves = {
    "convolution, strides 1": 4,
    "convolution, strides 2": 2,
    "max pooling, size 3, strides 1": 4,
    "max pooling, size 2, strides 2": 2,
    "max pooling, size 3, strides 3": None,
    "two poolings, size 2, strides 2": 1,
    "global average pooling": 0,
}

# %% 3.5 right · a function of the strides
def columns(strides):
    return 4 // strides if 4 % strides == 0 else None


moves = {
    "convolution, strides 1": columns(1),
    "convolution, strides 2": columns(2),
    "max pooling, size 3, strides 1": columns(1),
    "max pooling, size 2, strides 2": columns(2),
    "max pooling, size 3, strides 3": columns(3),
    "two poolings, size 2, strides 2": columns(2 * 2),
    "global average pooling": 0,
}

# %% 3.5 right · dictionary of strides first
strides_of = {
    "convolution, strides 1": 1,
    "convolution, strides 2": 2,
    "max pooling, size 3, strides 1": 1,
    "max pooling, size 2, strides 2": 2,
    "max pooling, size 3, strides 3": 3,
    "two poolings, size 2, strides 2": 4,
}
moves = {}
for operation, step in strides_of.items():
    whole, rest = divmod(4, step)
    moves[operation] = None if rest else whole
moves["global average pooling"] = 0

# %% 3.5 right · measured on a small object
def measured(operation):
    thing = np.arange(1, 26).reshape(5, 5)
    old, new = np.zeros((60, 60), int), np.zeros((60, 60), int)
    old[24:29, 24:29] = thing
    new[24:29, 28:33] = thing
    a, b = operation(old), operation(new)
    for k in range(9):
        if np.array_equal(b[:, k:], a[:, : a.shape[1] - k]):
            return k
    return None


nine = np.arange(1, 10).reshape(3, 3)
moves = {
    "convolution, strides 1": measured(lambda x: reference.conv2d(x, nine)),
    "convolution, strides 2": measured(lambda x: reference.conv2d(x, nine, strides=2)),
    "max pooling, size 3, strides 1": measured(lambda x: reference.pool2d(x, 3, strides=1)),
    "max pooling, size 2, strides 2": measured(lambda x: reference.pool2d(x, 2)),
    "max pooling, size 3, strides 3": measured(lambda x: reference.pool2d(x, 3)),
    "two poolings, size 2, strides 2": measured(lambda x: reference.pool2d(reference.pool2d(x, 2), 2)),
    "global average pooling": measured(lambda x: reference.global_pool(x[..., None])[None]),
}

# %% 3.5 right · names and values zipped
names = [f"convolution, strides {s}" for s in (1, 2)]
names += [f"max pooling, size {f}, strides {s}" for f, s in ((3, 1), (2, 2), (3, 3))]
names += ["two poolings, size 2, strides 2", "global average pooling"]
moves = dict(zip(names, [4, 2, 4, 2, None, 1, 0]))

# %% 3.5 right · exact quotients looked up
whole = {1: 4, 2: 2, 4: 1}
moves = dict([
    ("global average pooling", 0),
    ("two poolings, size 2, strides 2", whole.get(4)),
    ("max pooling, size 3, strides 3", whole.get(3)),
    ("max pooling, size 2, strides 2", whole.get(2)),
    ("max pooling, size 3, strides 1", whole.get(1)),
    ("convolution, strides 2", whole.get(2)),
    ("convolution, strides 1", whole.get(1)),
])

# %% 3.5 wrong · whole-number division for 3
moves = {
    "convolution, strides 1": 4,
    "convolution, strides 2": 2,
    "max pooling, size 3, strides 1": 4,
    "max pooling, size 2, strides 2": 2,
    "max pooling, size 3, strides 3": 4 // 3,
    "two poolings, size 2, strides 2": 1,
    "global average pooling": 0,
}

# %% 3.5 wrong · four thirds
moves = {
    "convolution, strides 1": 4,
    "convolution, strides 2": 2,
    "max pooling, size 3, strides 1": 4,
    "max pooling, size 2, strides 2": 2,
    "max pooling, size 3, strides 3": 4 / 3,
    "two poolings, size 2, strides 2": 1,
    "global average pooling": 0,
}

# %% 3.5 wrong · None for the global average
moves = {
    "convolution, strides 1": 4,
    "convolution, strides 2": 2,
    "max pooling, size 3, strides 1": 4,
    "max pooling, size 2, strides 2": 2,
    "max pooling, size 3, strides 3": None,
    "two poolings, size 2, strides 2": 1,
    "global average pooling": None,
}

# %% 3.5 wrong · 0 where no move explains it
moves = {
    "convolution, strides 1": 4,
    "convolution, strides 2": 2,
    "max pooling, size 3, strides 1": 4,
    "max pooling, size 2, strides 2": 2,
    "max pooling, size 3, strides 3": 0,
    "two poolings, size 2, strides 2": 1,
    "global average pooling": 0,
}

# %% 3.5 wrong · pooling twice counted once
moves = {
    "convolution, strides 1": 4,
    "convolution, strides 2": 2,
    "max pooling, size 3, strides 1": 4,
    "max pooling, size 2, strides 2": 2,
    "max pooling, size 3, strides 3": None,
    "two poolings, size 2, strides 2": 2,
    "global average pooling": 0,
}

# %% 3.5 wrong · divided by the pool size
moves = {
    "convolution, strides 1": 4,
    "convolution, strides 2": 2,
    "max pooling, size 3, strides 1": None,
    "max pooling, size 2, strides 2": 2,
    "max pooling, size 3, strides 3": None,
    "two poolings, size 2, strides 2": 1,
    "global average pooling": 0,
}

# %% 3.5 wrong · all strides break it
moves = {
    "convolution, strides 1": 4,
    "convolution, strides 2": None,
    "max pooling, size 3, strides 1": 4,
    "max pooling, size 2, strides 2": None,
    "max pooling, size 3, strides 3": None,
    "two poolings, size 2, strides 2": None,
    "global average pooling": 0,
}

# %% 3.5 wrong · pooling taken for invariant
moves = {
    "convolution, strides 1": 4,
    "convolution, strides 2": 2,
    "max pooling, size 3, strides 1": 0,
    "max pooling, size 2, strides 2": 0,
    "max pooling, size 3, strides 3": 0,
    "two poolings, size 2, strides 2": 0,
    "global average pooling": 0,
}

# %% 3.5 wrong · convolution taken for invariant
moves = {
    "convolution, strides 1": 0,
    "convolution, strides 2": 0,
    "max pooling, size 3, strides 1": 4,
    "max pooling, size 2, strides 2": 2,
    "max pooling, size 3, strides 3": None,
    "two poolings, size 2, strides 2": 1,
    "global average pooling": 0,
}

# %% 3.5 wrong · pixels of the input
moves = {
    "convolution, strides 1": 4,
    "convolution, strides 2": 4,
    "max pooling, size 3, strides 1": 4,
    "max pooling, size 2, strides 2": 4,
    "max pooling, size 3, strides 3": 4,
    "two poolings, size 2, strides 2": 4,
    "global average pooling": 4,
}

# %% 3.5 wrong · multiplied by the strides
moves = {
    "convolution, strides 1": 4,
    "convolution, strides 2": 8,
    "max pooling, size 3, strides 1": 4,
    "max pooling, size 2, strides 2": 8,
    "max pooling, size 3, strides 3": 12,
    "two poolings, size 2, strides 2": 16,
    "global average pooling": 0,
}

# %% 3.5 wrong · strides subtracted
moves = {
    "convolution, strides 1": 4,
    "convolution, strides 2": 2,
    "max pooling, size 3, strides 1": 4,
    "max pooling, size 2, strides 2": 2,
    "max pooling, size 3, strides 3": 1,
    "two poolings, size 2, strides 2": 0,
    "global average pooling": 0,
}

# %% 3.5 wrong · None as a text
moves = {
    "convolution, strides 1": 4,
    "convolution, strides 2": 2,
    "max pooling, size 3, strides 1": 4,
    "max pooling, size 2, strides 2": 2,
    "max pooling, size 3, strides 3": "None",
    "two poolings, size 2, strides 2": 1,
    "global average pooling": 0,
}

# %% 3.5 wrong · list without names
moves = [4, 2, 4, 2, None, 1, 0]

# %% 3.5 wrong · global average left out
moves = {
    "convolution, strides 1": 4,
    "convolution, strides 2": 2,
    "max pooling, size 3, strides 1": 4,
    "max pooling, size 2, strides 2": 2,
    "max pooling, size 3, strides 3": None,
    "two poolings, size 2, strides 2": 1,
}

# %% 3.5 wrong · two poolings add up to 6
moves = {
    "convolution, strides 1": 4,
    "convolution, strides 2": 2,
    "max pooling, size 3, strides 1": 4,
    "max pooling, size 2, strides 2": 2,
    "max pooling, size 3, strides 3": None,
    "two poolings, size 2, strides 2": None,
    "global average pooling": 0,
}

# %% 3.6 right · jump and field
def receptive_field(layers):
    field, jump = 1, 1
    for kernel_size, strides in layers:
        field += (kernel_size - 1) * jump
        jump *= strides
    return field

# %% 3.6 right · from the last layer down
def receptive_field(layers):
    seen = 1
    for kernel_size, strides in reversed(layers):
        seen = (seen - 1) * strides + kernel_size
    return seen

# %% 3.6 right · recursion, first layer taken off
def receptive_field(layers):
    if not layers:
        return 1
    (f, s), *above = layers
    return (receptive_field(above) - 1) * s + f

# %% 3.6 right · recursion, last layer taken off
def receptive_field(layers):
    if len(layers) == 0:
        return 1
    step = 1
    for _, s in layers[:-1]:
        step *= s
    return receptive_field(layers[:-1]) + (layers[-1][0] - 1) * step

# %% 3.6 right · sum with math.prod
def receptive_field(layers):
    import math

    strides = [s for _, s in layers]
    return 1 + sum((layer[0] - 1) * math.prod(strides[:i]) for i, layer in enumerate(layers))

# %% 3.6 right · the package's arithmetic
def receptive_field(layers):
    return arithmetic.receptive_field(layers)

# %% 3.6 right · np.cumprod
def receptive_field(layers):
    if len(layers) == 0:
        return 1
    sizes, strides = np.array(layers).T
    jumps = np.concatenate([[1], np.cumprod(strides)[:-1]])
    return int(1 + np.sum((sizes - 1) * jumps))

# %% 3.6 right · first and last pixel
def receptive_field(layers):
    first = last = 0
    for kernel_size, strides in layers[::-1]:
        first, last = first * strides, last * strides + kernel_size - 1
    return last - first + 1

# %% 3.6 right · functools.reduce
def receptive_field(layers):
    from functools import reduce

    def step(sums, layer):
        field, jump = sums
        return field + (layer[0] - 1) * jump, jump * layer[1]

    return reduce(step, layers, (1, 1))[0]

# %% 3.6 right · indices and while
def receptive_field(layers):
    total, product, k = 1, 1, 0
    while k < len(layers):
        total = total + (layers[k][0] - 1) * product
        product = product * layers[k][1]
        k = k + 1
    return total

# %% 3.6 wrong · own strides counted too
def receptive_field(layers):
    field, jump = 1, 1
    for kernel_size, strides in layers:
        jump *= strides
        field += (kernel_size - 1) * jump
    return field

# %% 3.6 wrong · strides ignored
def receptive_field(layers):
    return 1 + sum(kernel_size - 1 for kernel_size, _ in layers)

# %% 3.6 wrong · begins at 0
def receptive_field(layers):
    field, jump = 0, 1
    for kernel_size, strides in layers:
        field += (kernel_size - 1) * jump
        jump *= strides
    return field

# %% 3.6 wrong · minus one forgotten
def receptive_field(layers):
    field, jump = 1, 1
    for kernel_size, strides in layers:
        field += kernel_size * jump
        jump *= strides
    return field

# %% 3.6 wrong · strides added instead of multiplied
def receptive_field(layers):
    field, jump = 1, 0
    for kernel_size, strides in layers:
        field += (kernel_size - 1) * max(jump, 1)
        jump += strides
    return field

# %% 3.6 wrong · only the strides of the layer before
def receptive_field(layers):
    field, jump = 1, 1
    for kernel_size, strides in layers:
        field += (kernel_size - 1) * jump
        jump = strides
    return field

# %% 3.6 wrong · only its own strides
def receptive_field(layers):
    field = 1
    for kernel_size, strides in layers:
        field += (kernel_size - 1) * strides
    return field

# %% 3.6 wrong · backward formula used forward
def receptive_field(layers):
    field = 1
    for kernel_size, strides in layers:
        field = (field - 1) * strides + kernel_size
    return field

# %% 3.6 wrong · layers turned round
def receptive_field(layers):
    field, jump = 1, 1
    for kernel_size, strides in reversed(layers):
        field += (kernel_size - 1) * jump
        jump *= strides
    return field

# %% 3.6 wrong · backward without minus one
def receptive_field(layers):
    field = 1
    for kernel_size, strides in reversed(layers):
        field = field * strides + kernel_size
    return field

# %% 3.6 wrong · kernel sizes multiplied
def receptive_field(layers):
    field = 1
    for kernel_size, strides in layers:
        field *= kernel_size
    return field

# %% 3.6 wrong · pooling layers skipped
def receptive_field(layers):
    field, jump = 1, 1
    for kernel_size, strides in layers:
        if strides == 1:
            field += (kernel_size - 1) * jump
        else:
            jump *= strides
    return field

# %% 3.6 wrong · pair read the other way round
def receptive_field(layers):
    field, jump = 1, 1
    for strides, kernel_size in layers:
        field += (kernel_size - 1) * jump
        jump *= strides
    return field

# %% 3.6 wrong · last layer left out
def receptive_field(layers):
    field, jump = 1, 1
    for kernel_size, strides in layers[:-1]:
        field += (kernel_size - 1) * jump
        jump *= strides
    return field

# %% 3.6 wrong · list of all fields
def receptive_field(layers):
    fields, jump = [1], 1
    for kernel_size, strides in layers:
        fields.append(fields[-1] + (kernel_size - 1) * jump)
        jump *= strides
    return fields

# %% 3.6 wrong · area instead of one axis
def receptive_field(layers):
    field, jump = 1, 1
    for kernel_size, strides in layers:
        field += (kernel_size - 1) * jump
        jump *= strides
    return field**2

# %% 3.6 wrong · returns after the first layer
def receptive_field(layers):
    field, jump = 1, 1
    for kernel_size, strides in layers:
        field += (kernel_size - 1) * jump
        jump *= strides
        return field
    return field

# %% 3.6 wrong · strides of the whole stack
def receptive_field(layers):
    jump = 1
    for kernel_size, strides in layers:
        jump *= strides
    return jump

# %% 3.6 wrong · half the kernel on one side
def receptive_field(layers):
    field, jump = 1, 1
    for kernel_size, strides in layers:
        field += kernel_size // 2 * jump
        jump *= strides
    return field

# %% 3.6 wrong · empty list gives 0
def receptive_field(layers):
    if not layers:
        return 0
    field, jump = 1, 1
    for kernel_size, strides in layers:
        field += (kernel_size - 1) * jump
        jump *= strides
    return field

# %% 3.6 wrong · begins with the first layer of an empty list
def receptive_field(layers):
    field, jump = layers[0]
    for kernel_size, strides in layers[1:]:
        field += (kernel_size - 1) * jump
        jump *= strides
    return field

# %% 3.6 wrong · looks at the layer after the last
def receptive_field(layers):
    field, jump = 1, 1
    for k in range(len(layers)):
        field += (layers[k][0] - 1) * jump
        jump *= layers[k + 1][1]
    return field

# %% 3.6 wrong · pairs with named parts
def receptive_field(layers):
    field, jump = 1, 1
    for layer in layers:
        field += (layer.kernel_size - 1) * jump
        jump *= layer.strides
    return field

# %% 3.6 wrong · jump never set
def receptive_field(layers):
    field = 1
    for kernel_size, strides in layers:
        field += (kernel_size - 1) * jump
        jump *= strides
    return field

# %% 3.6 wrong · return forgotten
def receptive_field(layers):
    field, jump = 1, 1
    for kernel_size, strides in layers:
        field += (kernel_size - 1) * jump
        jump *= strides
