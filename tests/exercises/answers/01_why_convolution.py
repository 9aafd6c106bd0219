# %% 1.1 right · inputs plus one, times units
def dense_parameters(height, width, channels, units):
    return (height * width * channels + 1) * units

# %% 1.1 right · weights, then biases
def dense_parameters(height, width, channels, units):
    inputs = height * width * channels
    weights = inputs * units
    biases = units
    return weights + biases

# %% 1.1 right · the package's arithmetic
def dense_parameters(height, width, channels, units):
    return arithmetic.dense_parameters(height * width * channels, units)

# %% 1.1 right · math.prod
def dense_parameters(height, width, channels, units):
    import math

    return math.prod((height, width, channels, units)) + units

# %% 1.1 right · channel by channel
def dense_parameters(height, width, channels, units):
    total = units
    for _ in range(channels):
        total += height * width * units
    return total

# %% 1.1 right · np.prod, made an int
def dense_parameters(height, width, channels, units):
    return int(np.prod([height, width, channels], dtype=np.int64)) * units + units

# %% 1.1 right · sum of a generator over the rows
def dense_parameters(height, width, channels, units):
    return sum(width * channels * units for row in range(height)) + units

# %% 1.1 right · reduce and mul
def dense_parameters(height, width, channels, units):
    from functools import reduce
    from operator import mul

    return units * (1 + reduce(mul, [height, width, channels]))

# %% 1.1 wrong · biases forgotten
def dense_parameters(height, width, channels, units):
    return height * width * channels * units

# %% 1.1 wrong · a single bias
def dense_parameters(height, width, channels, units):
    return height * width * channels * units + 1

# %% 1.1 wrong · a bias for each input
def dense_parameters(height, width, channels, units):
    return height * width * channels * (units + 1)

# %% 1.1 wrong · a bias for each weight
def dense_parameters(height, width, channels, units):
    return 2 * height * width * channels * units

# %% 1.1 wrong · channels forgotten
def dense_parameters(height, width, channels, units):
    return (height * width + 1) * units

# %% 1.1 wrong · a bias for each channel
def dense_parameters(height, width, channels, units):
    return height * width * channels * units + channels

# %% 1.1 wrong · a bias for each channel of each unit
def dense_parameters(height, width, channels, units):
    return (height * width + 1) * channels * units

# %% 1.1 wrong · brackets forgotten
def dense_parameters(height, width, channels, units):
    return height * width * channels + 1 * units

# %% 1.1 wrong · sizes added
def dense_parameters(height, width, channels, units):
    return (height + width + channels + 1) * units

# %% 1.1 wrong · bytes instead of parameters
def dense_parameters(height, width, channels, units):
    return 4 * (height * width * channels + 1) * units

# %% 1.1 wrong · square images only
def dense_parameters(height, width, channels, units):
    return (height**2 * channels + 1) * units

# %% 1.1 wrong · a unit for each pixel
def dense_parameters(height, width, channels, units):
    return (height * width * channels) ** 2 + units

# %% 1.1 wrong · always three channels
def dense_parameters(height, width, channels, units):
    return (height * width * 3 + 1) * units

# %% 1.1 wrong · biases counted twice
def dense_parameters(height, width, channels, units):
    return (height * width * channels + 1) * units + units

# %% 1.1 wrong · power instead of product
def dense_parameters(height, width, channels, units):
    return height * width**channels * units + units

# %% 1.1 wrong · NameError by a missing s
def dense_parameters(height, width, channels, units):
    return (height * width * channels + 1) * unit

# %% 1.1 wrong · sum of four numbers
def dense_parameters(height, width, channels, units):
    return sum(height, width, channels) * units

# %% 1.1 wrong · len of a number
def dense_parameters(height, width, channels, units):
    return (len(height) * len(width) * channels + 1) * units

# %% 1.1 wrong · return forgotten
def dense_parameters(height, width, channels, units):
    parameters = (height * width * channels + 1) * units

# %% 1.2 right · two divisions
def memory(weights, bytes_each):
    total = weights * bytes_each
    return total / 10**6, total / 2**20

# %% 1.2 right · the package's arithmetic
def memory(weights, bytes_each):
    size = weights * bytes_each
    return (arithmetic.megabytes(size), arithmetic.mebibytes(size))

# %% 1.2 right · tuple of a generator
def memory(weights, bytes_each):
    return tuple(weights * bytes_each / unit for unit in (1_000_000, 1_048_576))

# %% 1.2 right · divided twice by a thousand
def memory(weights, bytes_each):
    mb = mib = weights * bytes_each
    for _ in range(2):
        mb, mib = mb / 1000, mib / 1024
    return mb, mib

# %% 1.2 right · NumPy, then a tuple
def memory(weights, bytes_each):
    units = np.array([1e6, 2.0**20])
    return tuple((weights * bytes_each / units).tolist())

# %% 1.2 right · MiB from MB
def memory(weights, bytes_each):
    megabytes = weights * bytes_each / 1e6
    mebibytes = megabytes * 1000**2 / 1024**2
    return megabytes, mebibytes

# %% 1.2 right · shifted bit
def memory(weights, bytes_each):
    number = float(bytes_each) * weights
    return (number * 1e-6, number / (1 << 20))

# %% 1.2 right · helper function
def memory(weights, bytes_each):
    def measured_in(unit):
        return bytes_each * weights / unit**2

    return measured_in(1000), measured_in(1024)

# %% 1.2 wrong · MiB first
def memory(weights, bytes_each):
    total = weights * bytes_each
    return total / 2**20, total / 10**6

# %% 1.2 wrong · bytes forgotten
def memory(weights, bytes_each):
    return weights / 10**6, weights / 2**20

# %% 1.2 wrong · always 4 bytes
def memory(weights, bytes_each):
    return weights * 4 / 10**6, weights * 4 / 2**20

# %% 1.2 wrong · taken for bits
def memory(weights, bytes_each):
    total = weights * bytes_each / 8
    return total / 10**6, total / 2**20

# %% 1.2 wrong · turned into bits
def memory(weights, bytes_each):
    bits = weights * bytes_each * 8
    return bits / 10**6, bits / 2**20

# %% 1.2 wrong · whole-number division
def memory(weights, bytes_each):
    total = weights * bytes_each
    return float(total // 10**6), float(total // 2**20)

# %% 1.2 wrong · rounded
def memory(weights, bytes_each):
    total = weights * bytes_each
    return float(round(total / 10**6)), float(round(total / 2**20))

# %% 1.2 wrong · MiB as 1000 times 1024
def memory(weights, bytes_each):
    total = weights * bytes_each
    return total / 10**6, total / (1000 * 1024)

# %% 1.2 wrong · kilobytes
def memory(weights, bytes_each):
    total = weights * bytes_each
    return total / 1000, total / 1024

# %% 1.2 wrong · gigabytes
def memory(weights, bytes_each):
    total = weights * bytes_each
    return total / 10**9, total / 2**30

# %% 1.2 wrong · factor turned round
def memory(weights, bytes_each):
    mb = weights * bytes_each / 10**6
    return mb, mb * 1.048576

# %% 1.2 wrong · both in MB
def memory(weights, bytes_each):
    total = weights * bytes_each
    return total / 10**6, total / 10**6

# %% 1.2 wrong · caret for a power
def memory(weights, bytes_each):
    total = weights * bytes_each
    return total / (10 ^ 6), total / (2 ^ 20)

# %% 1.2 wrong · 10**20 and 2**6
def memory(weights, bytes_each):
    total = weights * bytes_each
    return total / 2**6, total / 10**20

# %% 1.2 wrong · multiplied
def memory(weights, bytes_each):
    total = weights * bytes_each
    return total * 1e6, total * 2.0**20

# %% 1.2 wrong · added instead of multiplied
def memory(weights, bytes_each):
    total = weights + bytes_each
    return total / 10**6, total / 2**20

# %% 1.2 wrong · MB only
def memory(weights, bytes_each):
    return weights * bytes_each / 10**6

# %% 1.2 wrong · texts with units
def memory(weights, bytes_each):
    total = weights * bytes_each
    return f"{total / 10**6} MB", f"{total / 2**20} MiB"

# %% 1.2 wrong · number cannot be called
def memory(weights, bytes_each):
    total = weights(bytes_each)
    return total / 10**6, total / 2**20

# %% 1.2 wrong · total in one line only
def memory(weights, bytes_each):
    return total / 10**6, total / 2**20

# %% 1.2 wrong · return forgotten
def memory(weights, bytes_each):
    total = weights * bytes_each
    (total / 10**6, total / 2**20)

# %% 1.3 right · rows indexed
def shuffled_weights(weights, order):
    return weights[order]

# %% 1.3 right · np.take
def shuffled_weights(weights, order):
    return np.take(weights, order, axis=0)

# %% 1.3 right · row by row into a buffer
def shuffled_weights(weights, order):
    moved = np.empty_like(weights)
    for new, old in enumerate(order):
        moved[new, :] = weights[old, :]
    return moved

# %% 1.3 right · list of rows
def shuffled_weights(weights, order):
    return np.array([weights[i] for i in order])

# %% 1.3 right · permutation matrix
def shuffled_weights(weights, order):
    permutation = np.zeros((len(order), len(order)))
    permutation[np.arange(len(order)), order] = 1
    return permutation @ weights

# %% 1.3 right · unit by unit
def shuffled_weights(weights, order):
    return np.stack([column[order] for column in weights.T], axis=1)

# %% 1.3 right · written to the inverse order
def shuffled_weights(weights, order):
    out = np.zeros(weights.shape)
    out[np.argsort(order)] = weights
    return out

# %% 1.3 right · take_along_axis
def shuffled_weights(weights, order):
    return np.take_along_axis(weights, np.asarray(order)[:, None], axis=0)

# %% 1.3 right · rows of the unit matrix, float32
def shuffled_weights(weights, order):
    return (np.eye(len(weights))[order] @ weights).astype("float32")

# %% 1.3 right · keras.ops, back to NumPy
def shuffled_weights(weights, order):
    from keras import ops

    return ops.convert_to_numpy(ops.take(weights, order, axis=0))

# %% 1.3 wrong · left as they are
def shuffled_weights(weights, order):
    return weights

# %% 1.3 wrong · inverse order
def shuffled_weights(weights, order):
    return weights[np.argsort(order)]

# %% 1.3 wrong · written to the order instead of read from it
def shuffled_weights(weights, order):
    out = np.empty_like(weights)
    out[order] = weights
    return out

# %% 1.3 wrong · old and new swapped in the loop
def shuffled_weights(weights, order):
    out = np.zeros_like(weights)
    for i, j in enumerate(order):
        out[j] = weights[i]
    return out

# %% 1.3 wrong · permutation matrix transposed
def shuffled_weights(weights, order):
    return np.eye(len(order))[order].T @ weights

# %% 1.3 wrong · rows overwritten while they are read
def shuffled_weights(weights, order):
    moved = weights.copy()
    for i, j in enumerate(order):
        moved[i] = moved[j]
    return moved

# %% 1.3 wrong · rows swapped in pairs
def shuffled_weights(weights, order):
    moved = weights.copy()
    for i, j in enumerate(order):
        moved[[i, j]] = moved[[j, i]]
    return moved

# %% 1.3 wrong · another random order
def shuffled_weights(weights, order):
    return np.random.default_rng(1).permutation(weights)

# %% 1.3 wrong · order turned round
def shuffled_weights(weights, order):
    return weights[order[::-1]]

# %% 1.3 wrong · order applied twice
def shuffled_weights(weights, order):
    return weights[order][order]

# %% 1.3 wrong · order counted from 1
def shuffled_weights(weights, order):
    return weights[order - 1]

# %% 1.3 wrong · transposed at the end
def shuffled_weights(weights, order):
    return weights[order].T

# %% 1.3 wrong · weights multiplied by the order
def shuffled_weights(weights, order):
    return weights * order[:, None]

# %% 1.3 wrong · first unit only
def shuffled_weights(weights, order):
    return weights[order, 0]

# %% 1.3 wrong · rows sorted
def shuffled_weights(weights, order):
    return weights[np.sort(order)]

# %% 1.3 wrong · units reordered
def shuffled_weights(weights, order):
    return weights[:, order]

# %% 1.3 wrong · product with the order
def shuffled_weights(weights, order):
    return weights @ order

# %% 1.3 wrong · image is unknown here
def shuffled_weights(weights, order):
    return image[order] @ weights

# %% 1.3 wrong · return forgotten
def shuffled_weights(weights, order):
    weights = weights[order]

# %% 1.4 right · typed in
weight_counts = {
    "dense": 451_584,
    "local": 14_400,
    "shared": 25,
}

# %% 1.4 right · worked out
places = 28 - 5 + 1
units = places * places
weight_counts = {
    "dense": 28 * 28 * units,
    "local": units * 5 * 5,
    "shared": 5 * 5,
}

# %% 1.4 right · counted in the matrix
matrix = reference.dense_matrix(np.arange(1, 26).reshape(5, 5), (28, 28))
weight_counts = {
    "dense": matrix.size,
    "local": int(np.count_nonzero(matrix)),
    "shared": len(np.unique(matrix[matrix != 0])),
}

# %% 1.4 right · the package's arithmetic, dict(zip)
units = arithmetic.output_size(28, 5) ** 2
counts = (arithmetic.dense_parameters(28 * 28, units, bias=False), units * 25, 25)
weight_counts = dict(zip(("dense", "local", "shared"), counts))

# %% 1.4 right · windows counted in a loop
inside = 0
for top in range(28):
    for left in range(28):
        if top + 5 <= 28 and left + 5 <= 28:
            inside += 1
weight_counts = dict(dense=inside * 784, local=inside * 25, shared=25)

# %% 1.4 right · filled in one after the other, another order
weight_counts = {"shared": 5**2}
weight_counts["local"] = weight_counts["shared"] * (28 - 4) ** 2
weight_counts["dense"] = (28 - 4) ** 2 * 28**2

# %% 1.4 right · shape of sliding windows
windows = np.lib.stride_tricks.sliding_window_view(np.zeros((28, 28)), (5, 5))
rows, columns, high, wide = windows.shape
weight_counts = {"dense": rows * columns * 28 * 28, "local": windows.size, "shared": high * wide}

# %% 1.4 wrong · a unit for each pixel
weight_counts = {
    "dense": 784 * 784,
    "local": 784 * 25,
    "shared": 25,
}

# %% 1.4 wrong · one place too few
weight_counts = {
    "dense": 784 * 23 * 23,
    "local": 23 * 23 * 25,
    "shared": 25,
}

# %% 1.4 wrong · one place too many
weight_counts = {
    "dense": 784 * 25 * 25,
    "local": 25 * 25 * 25,
    "shared": 25,
}

# %% 1.4 wrong · biases counted
weight_counts = {
    "dense": 785 * 576,
    "local": 26 * 576,
    "shared": 26,
}

# %% 1.4 wrong · a bias for each unit
weight_counts = {
    "dense": 784 * 576 + 576,
    "local": 25 * 576 + 576,
    "shared": 25 + 1,
}

# %% 1.4 wrong · local and shared swapped
weight_counts = {
    "dense": 784 * 576,
    "local": 25,
    "shared": 25 * 576,
}

# %% 1.4 wrong · units instead of weights
weight_counts = {
    "dense": 576,
    "local": 576,
    "shared": 1,
}

# %% 1.4 wrong · local with all pixels
weight_counts = {
    "dense": 784 * 576,
    "local": 784 * 25,
    "shared": 25,
}

# %% 1.4 wrong · dense with a unit for each pixel only
weight_counts = {
    "dense": 784**2,
    "local": 576 * 25,
    "shared": 25,
}

# %% 1.4 wrong · windows side by side
weight_counts = {
    "dense": 784 * 5 * 5,
    "local": 5 * 5 * 25,
    "shared": 25,
}

# %% 1.4 wrong · window of 5 weights
weight_counts = {
    "dense": 784 * 576,
    "local": 576 * 5,
    "shared": 5,
}

# %% 1.4 wrong · one axis only
weight_counts = {
    "dense": 28 * 24,
    "local": 24 * 5,
    "shared": 5,
}

# %% 1.4 wrong · shared by the rows of a map
weight_counts = {
    "dense": 784 * 576,
    "local": 576 * 25,
    "shared": 24 * 25,
}

# %% 1.4 wrong · bytes
weight_counts = {
    "dense": 4 * 784 * 576,
    "local": 4 * 576 * 25,
    "shared": 4 * 25,
}

# %% 1.4 wrong · keys with a capital
weight_counts = {"Dense": 784 * 576, "Local": 576 * 25, "Shared": 25}

# %% 1.4 wrong · tuple instead of a dictionary
weight_counts = (784 * 576, 576 * 25, 25)

# %% 1.4 wrong · texts instead of numbers
weight_counts = {"dense": "784 * 576", "local": "576 * 25", "shared": "25"}

# %% 1.4 wrong · slip in a digit
weight_counts = {"dense": 451_548, "local": 14_400, "shared": 25}

# %% 1.5 right · kernel into each row
def as_matrix(kernel, size):
    outputs = size - len(kernel) + 1
    matrix = np.zeros((outputs, size))
    for i in range(outputs):
        matrix[i, i : i + len(kernel)] = kernel
    return matrix

# %% 1.5 right · two loops
def as_matrix(kernel, size):
    f = kernel.shape[0]
    M = np.zeros((size - f + 1, size), dtype=kernel.dtype)
    for row in range(size - f + 1):
        for k in range(f):
            M[row, row + k] = kernel[k]
    return M

# %% 1.5 right · a diagonal for each weight
def as_matrix(kernel, size):
    rows = size - len(kernel) + 1
    return sum(weight * np.eye(rows, size, k=shift) for shift, weight in enumerate(kernel))

# %% 1.5 right · zeros left and right of the kernel
def as_matrix(kernel, size):
    free = size - len(kernel)
    return np.array([np.pad(kernel, (left, free - left)) for left in range(free + 1)])

# %% 1.5 right · lists joined
def as_matrix(kernel, size):
    weights = list(kernel)
    gap = size - len(weights)
    rows = [[0] * i + weights + [0] * (gap - i) for i in range(gap + 1)]
    return np.array(rows)

# %% 1.5 right · first row rolled, float32
def as_matrix(kernel, size):
    first = np.zeros(size, "float32")
    first[: len(kernel)] = kernel
    return np.stack([np.roll(first, i) for i in range(size - len(kernel) + 1)])

# %% 1.5 right · answers to single pixels
def as_matrix(kernel, size):
    return np.column_stack([np.correlate(pixel, kernel, "valid") for pixel in np.eye(size)])

# %% 1.5 right · column minus row
def as_matrix(kernel, size):
    f = len(kernel)
    offset = np.arange(size) - np.arange(size - f + 1)[:, None]
    inside = (offset >= 0) & (offset < f)
    return np.where(inside, np.asarray(kernel)[np.clip(offset, 0, f - 1)], 0)

# %% 1.5 right · one long line, cut into rows
def as_matrix(kernel, size):
    outputs = size - len(kernel) + 1
    return np.resize(np.concatenate([kernel, np.zeros(outputs)]), (outputs, size))

# %% 1.5 right · the package's matrix
def as_matrix(kernel, size):
    return reference.dense_matrix(np.asarray(kernel)[np.newaxis], (1, size))

# %% 1.5 right · recursion on the size
def as_matrix(kernel, size):
    if size == len(kernel):
        return np.array([kernel], dtype=float)
    smaller = as_matrix(kernel, size - 1)
    top = np.concatenate([kernel, np.zeros(size - len(kernel))])
    below = np.hstack([np.zeros((len(smaller), 1)), smaller])
    return np.vstack([top, below])

# %% 1.5 wrong · kernel turned round
def as_matrix(kernel, size):
    outputs = size - len(kernel) + 1
    matrix = np.zeros((outputs, size))
    for i in range(outputs):
        matrix[i, i : i + len(kernel)] = kernel[::-1]
    return matrix

# %% 1.5 wrong · transposed
def as_matrix(kernel, size):
    outputs = size - len(kernel) + 1
    matrix = np.zeros((size, outputs))
    for i in range(outputs):
        matrix[i : i + len(kernel), i] = kernel
    return matrix

# %% 1.5 wrong · one row too few
def as_matrix(kernel, size):
    outputs = size - len(kernel)
    matrix = np.zeros((outputs, size))
    for i in range(outputs):
        matrix[i, i : i + len(kernel)] = kernel
    return matrix

# %% 1.5 wrong · last row left at zero
def as_matrix(kernel, size):
    matrix = np.zeros((size - len(kernel) + 1, size))
    for i in range(size - len(kernel)):
        matrix[i, i : i + len(kernel)] = kernel
    return matrix

# %% 1.5 wrong · square and going round
def as_matrix(kernel, size):
    first = np.zeros(size)
    first[: len(kernel)] = kernel
    return np.stack([np.roll(first, i) for i in range(size)])

# %% 1.5 wrong · padded, a row for each pixel
def as_matrix(kernel, size):
    middle = len(kernel) // 2
    return sum(weight * np.eye(size, k=j - middle) for j, weight in enumerate(kernel))

# %% 1.5 wrong · kernel never moves
def as_matrix(kernel, size):
    matrix = np.zeros((size - len(kernel) + 1, size))
    matrix[:, : len(kernel)] = kernel
    return matrix

# %% 1.5 wrong · moves to the left
def as_matrix(kernel, size):
    outputs = size - len(kernel) + 1
    matrix = np.zeros((outputs, size))
    for i in range(outputs):
        matrix[outputs - 1 - i, i : i + len(kernel)] = kernel
    return matrix

# %% 1.5 wrong · whole numbers only
def as_matrix(kernel, size):
    outputs = size - len(kernel) + 1
    matrix = np.zeros((outputs, size), dtype=int)
    for i in range(outputs):
        matrix[i, i : i + len(kernel)] = kernel
    return matrix

# %% 1.5 wrong · windows side by side
def as_matrix(kernel, size):
    f = len(kernel)
    matrix = np.zeros((size - f + 1, size))
    for i in range(size // f):
        if i < size - f + 1:
            matrix[i, i * f : i * f + f] = kernel
    return matrix

# %% 1.5 wrong · always three weights
def as_matrix(kernel, size):
    matrix = np.zeros((size - 2, size))
    for i in range(size - 2):
        matrix[i, i : i + 3] = kernel
    return matrix

# %% 1.5 wrong · returns after the first row
def as_matrix(kernel, size):
    outputs = size - len(kernel) + 1
    matrix = np.zeros((outputs, size))
    for i in range(outputs):
        matrix[i, i : i + len(kernel)] = kernel
        return matrix

# %% 1.5 wrong · ones instead of the weights
def as_matrix(kernel, size):
    outputs = size - len(kernel) + 1
    matrix = np.zeros((outputs, size))
    for i in range(outputs):
        matrix[i, i : i + len(kernel)] = 1
    return matrix

# %% 1.5 wrong · main diagonal only
def as_matrix(kernel, size):
    outputs = size - len(kernel) + 1
    matrix = np.zeros((outputs, size))
    for i in range(outputs):
        matrix[i, i] = kernel[0]
    return matrix

# %% 1.5 wrong · list of rows without zeros on the right
def as_matrix(kernel, size):
    rows = []
    for i in range(size - len(kernel) + 1):
        rows.append([0] * i + list(kernel))
    return rows

# %% 1.5 wrong · slice ends at F
def as_matrix(kernel, size):
    outputs = size - len(kernel) + 1
    matrix = np.zeros((outputs, size))
    for i in range(outputs):
        matrix[i, i : len(kernel)] = kernel
    return matrix

# %% 1.5 wrong · runs over all pixels
def as_matrix(kernel, size):
    matrix = np.zeros((size - len(kernel) + 1, size))
    for i in range(size):
        matrix[i, i : i + len(kernel)] = kernel
    return matrix

# %% 1.5 wrong · shape not in brackets
def as_matrix(kernel, size):
    outputs = size - len(kernel) + 1
    matrix = np.zeros(outputs, size)
    for i in range(outputs):
        matrix[i, i : i + len(kernel)] = kernel
    return matrix

# %% 1.5 wrong · return forgotten
def as_matrix(kernel, size):
    outputs = size - len(kernel) + 1
    matrix = np.zeros((outputs, size))
    for i in range(outputs):
        matrix[i, i : i + len(kernel)] = kernel

# %% 1.6 right · one minus window by image
def share_of_zeros(height, width, kernel_height, kernel_width):
    return 1 - kernel_height * kernel_width / (height * width)

# %% 1.6 right · all entries counted
def share_of_zeros(height, width, kernel_height, kernel_width):
    outputs = (height - kernel_height + 1) * (width - kernel_width + 1)
    entries = outputs * height * width
    weights = outputs * kernel_height * kernel_width
    return (entries - weights) / entries

# %% 1.6 right · one row of the matrix drawn as an image
def share_of_zeros(height, width, kernel_height, kernel_width):
    row = np.zeros((height, width))
    row[:kernel_height, :kernel_width] = 1
    return float(np.mean(row == 0))

# %% 1.6 right · a Fraction, then a float
def share_of_zeros(height, width, kernel_height, kernel_width):
    from fractions import Fraction

    return float(1 - Fraction(kernel_height, height) * Fraction(kernel_width, width))

# %% 1.6 right · early return for a kernel of the image's size
def share_of_zeros(height, width, kernel_height, kernel_width):
    if (kernel_height, kernel_width) == (height, width):
        return 0.0
    pixels, window = height * width, kernel_height * kernel_width
    return (pixels - window) / pixels

# %% 1.6 right · pixels counted in two loops
def share_of_zeros(height, width, kernel_height, kernel_width):
    zeros = 0
    for i in range(height):
        for j in range(width):
            if i >= kernel_height or j >= kernel_width:
                zeros += 1
    return zeros / (height * width)

# %% 1.6 right · two shares multiplied, float32
def share_of_zeros(height, width, kernel_height, kernel_width):
    full = np.prod(np.float32([kernel_height, kernel_width]) / np.float32([height, width]))
    return float(np.float32(1) - full)

# %% 1.6 right · zeros beside and below the window
def share_of_zeros(height, width, kernel_height, kernel_width):
    below = (height - kernel_height) * width
    beside = kernel_height * (width - kernel_width)
    return (below + beside) / (height * width)

# %% 1.6 wrong · share of the weights
def share_of_zeros(height, width, kernel_height, kernel_width):
    return kernel_height * kernel_width / (height * width)

# %% 1.6 wrong · per cent
def share_of_zeros(height, width, kernel_height, kernel_width):
    return 100 * (1 - kernel_height * kernel_width / (height * width))

# %% 1.6 wrong · number of zeros
def share_of_zeros(height, width, kernel_height, kernel_width):
    outputs = (height - kernel_height + 1) * (width - kernel_width + 1)
    return float(outputs * (height * width - kernel_height * kernel_width))

# %% 1.6 wrong · whole-number division
def share_of_zeros(height, width, kernel_height, kernel_width):
    return float((height * width - kernel_height * kernel_width) // (height * width))

# %% 1.6 wrong · rounded to two digits
def share_of_zeros(height, width, kernel_height, kernel_width):
    return round(1 - kernel_height * kernel_width / (height * width), 2)

# %% 1.6 wrong · brackets forgotten
def share_of_zeros(height, width, kernel_height, kernel_width):
    return 1 - kernel_height * kernel_width / height * width

# %% 1.6 wrong · matrix taken for square
def share_of_zeros(height, width, kernel_height, kernel_width):
    outputs = (height - kernel_height + 1) * (width - kernel_width + 1)
    return 1 - outputs * kernel_height * kernel_width / (height * width) ** 2

# %% 1.6 wrong · square kernels only
def share_of_zeros(height, width, kernel_height, kernel_width):
    return 1 - kernel_height**2 / (height * width)

# %% 1.6 wrong · square images only
def share_of_zeros(height, width, kernel_height, kernel_width):
    return 1 - kernel_height * kernel_width / height**2

# %% 1.6 wrong · one axis only
def share_of_zeros(height, width, kernel_height, kernel_width):
    return 1 - kernel_width / width

# %% 1.6 wrong · shares of zeros multiplied
def share_of_zeros(height, width, kernel_height, kernel_width):
    return (1 - kernel_height / height) * (1 - kernel_width / width)

# %% 1.6 wrong · zeros by weights
def share_of_zeros(height, width, kernel_height, kernel_width):
    window = kernel_height * kernel_width
    return (height * width - window) / window

# %% 1.6 wrong · outputs by inputs
def share_of_zeros(height, width, kernel_height, kernel_width):
    outputs = (height - kernel_height + 1) * (width - kernel_width + 1)
    return 1 - outputs / (height * width)

# %% 1.6 wrong · weights counted once for all rows
def share_of_zeros(height, width, kernel_height, kernel_width):
    outputs = (height - kernel_height + 1) * (width - kernel_width + 1)
    return 1 - kernel_height * kernel_width / (outputs * height * width)

# %% 1.6 wrong · plus one forgotten in the weights
def share_of_zeros(height, width, kernel_height, kernel_width):
    entries = (height - kernel_height + 1) * (width - kernel_width + 1) * height * width
    weights = (height - kernel_height) * (width - kernel_width) * kernel_height * kernel_width
    return 1 - weights / entries

# %% 1.6 wrong · sides added
def share_of_zeros(height, width, kernel_height, kernel_width):
    return 1 - (kernel_height + kernel_width) / (height + width)

# %% 1.6 wrong · kernel's two sides swapped against the image's
def share_of_zeros(height, width, kernel_height, kernel_width):
    outputs = (height - kernel_height + 1) * (width - kernel_width + 1)
    rows = (height - kernel_width + 1) * (width - kernel_height + 1)
    return 1 - rows * kernel_height * kernel_width / (outputs * height * width)

# %% 1.6 wrong · negative share
def share_of_zeros(height, width, kernel_height, kernel_width):
    return kernel_height * kernel_width / (height * width) - 1

# %% 1.6 wrong · text with a per cent sign
def share_of_zeros(height, width, kernel_height, kernel_width):
    return f"{1 - kernel_height * kernel_width / (height * width):.1%}"

# %% 1.6 wrong · kernel is unknown here
def share_of_zeros(height, width, kernel_height, kernel_width):
    return 1 - kernel.size / (height * width)

# %% 1.6 wrong · unpacks a number
def share_of_zeros(height, width, kernel_height, kernel_width):
    rows, columns = height
    return 1 - kernel_height * kernel_width / (rows * columns)

# %% 1.6 wrong · return forgotten
def share_of_zeros(height, width, kernel_height, kernel_width):
    share = 1 - kernel_height * kernel_width / (height * width)
