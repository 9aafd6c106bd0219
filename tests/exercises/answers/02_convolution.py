# %% 2.1 right · two loops, buffer of zeros
def slide(image, kernel):
    kh, kw = kernel.shape
    rows, columns = image.shape[0] - kh + 1, image.shape[1] - kw + 1
    out = np.zeros((rows, columns))
    for i in range(rows):
        for j in range(columns):
            out[i, j] = np.sum(image[i : i + kh, j : j + kw] * kernel)
    return out

# %% 2.1 right · lists grow, then np.array
def slide(image, kernel):
    answer = []
    for top in range(len(image) - len(kernel) + 1):
        row = []
        for left in range(len(image[0]) - len(kernel[0]) + 1):
            window = image[top : top + len(kernel), left : left + len(kernel[0])]
            row.append((window * kernel).sum())
        answer.append(row)
    return np.array(answer)

# %% 2.1 right · loops over the weights, whole images shifted
def slide(image, kernel):
    height, width = image.shape[0] - kernel.shape[0] + 1, image.shape[1] - kernel.shape[1] + 1
    out = np.zeros((height, width))
    for i in range(kernel.shape[0]):
        for j in range(kernel.shape[1]):
            out += kernel[i, j] * image[i : i + height, j : j + width]
    return out

# %% 2.1 right · while loops and np.vdot
def slide(image, kernel):
    (H, W), (kh, kw) = image.shape, kernel.shape
    out = np.empty((H - kh + 1, W - kw + 1))
    y = 0
    while y + kh <= H:
        x = 0
        while x + kw <= W:
            out[y, x] = np.vdot(image[y : y + kh, x : x + kw], kernel)
            x += 1
        y += 1
    return out

# %% 2.1 right · two fors in a comprehension
def slide(image, kernel):
    kh, kw = kernel.shape
    return np.array([
        [np.tensordot(image[i : i + kh, j : j + kw], kernel, axes=2) for j in range(image.shape[1] - kw + 1)]
        for i in range(image.shape[0] - kh + 1)
    ])

# %% 2.1 right · einsum for each window, float32 result
def slide(image, kernel):
    kh, kw = kernel.shape
    out = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1), "float32")
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.einsum("ij,ij", image[i : i + kh, j : j + kw], kernel)
    return out

# %% 2.1 right · flat windows, dot product with the flat kernel
def slide(image, kernel):
    weights = kernel.ravel()
    kh, kw = kernel.shape
    out = np.zeros(np.subtract(image.shape, kernel.shape) + 1)
    for i in range(len(out)):
        for j in range(len(out[0])):
            out[i][j] = image[i : i + kh, j : j + kw].ravel() @ weights
    return out

# %% 2.1 right · reshaped at the end, float in Python
def slide(image, kernel):
    kh, kw = kernel.shape
    h, w = image.shape[0] - kh + 1, image.shape[1] - kw + 1
    sums = []
    for i in range(h):
        for j in range(w):
            products = image[i : i + kh, j : j + kw] * kernel
            sums.append(float(sum(products.flat)))
    return np.reshape(sums, (h, w))

# %% 2.1 wrong · returns in the inner loop
def slide(image, kernel):
    kh, kw = kernel.shape
    out = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.sum(image[i : i + kh, j : j + kw] * kernel)
            return out

# %% 2.1 wrong · one window too few
def slide(image, kernel):
    kh, kw = kernel.shape
    out = np.zeros((image.shape[0] - kh, image.shape[1] - kw))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.sum(image[i : i + kh, j : j + kw] * kernel)
    return out

# %% 2.1 wrong · last row and column left at zero
def slide(image, kernel):
    kh, kw = kernel.shape
    out = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1))
    for i in range(image.shape[0] - kh):
        for j in range(image.shape[1] - kw):
            out[i, j] = np.sum(image[i : i + kh, j : j + kw] * kernel)
    return out

# %% 2.1 wrong · kernel turned
def slide(image, kernel):
    # shows with kernels that are not symmetric
    kernel = kernel[::-1, ::-1]
    kh, kw = kernel.shape
    out = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.sum(image[i : i + kh, j : j + kw] * kernel)
    return out

# %% 2.1 wrong · always 3×3
def slide(image, kernel):
    out = np.zeros((image.shape[0] - 2, image.shape[1] - 2))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.sum(image[i : i + 3, j : j + 3] * kernel)
    return out

# %% 2.1 wrong · square kernels only
def slide(image, kernel):
    k = kernel.shape[0]
    out = np.zeros((image.shape[0] - k + 1, image.shape[1] - k + 1))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.sum(image[i : i + k, j : j + k] * kernel)
    return out

# %% 2.1 wrong · square images only
def slide(image, kernel):
    kh, kw = kernel.shape
    size = image.shape[0]
    out = np.zeros((size - kh + 1, size - kw + 1))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.sum(image[i : i + kh, j : j + kw] * kernel)
    return out

# %% 2.1 wrong · height and width of the kernel swapped
def slide(image, kernel):
    kw, kh = kernel.shape
    out = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.sum(image[i : i + kh, j : j + kw] * kernel)
    return out

# %% 2.1 wrong · row and column of the map swapped
def slide(image, kernel):
    kh, kw = kernel.shape
    out = np.zeros((image.shape[1] - kw + 1, image.shape[0] - kh + 1))
    for i in range(image.shape[0] - kh + 1):
        for j in range(image.shape[1] - kw + 1):
            out[j, i] = np.sum(image[i : i + kh, j : j + kw] * kernel)
    return out

# %% 2.1 wrong · mean instead of sum
def slide(image, kernel):
    kh, kw = kernel.shape
    out = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.mean(image[i : i + kh, j : j + kw] * kernel)
    return out

# %% 2.1 wrong · matrix product instead of products pixel by pixel
def slide(image, kernel):
    kh, kw = kernel.shape
    out = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.sum(image[i : i + kh, j : j + kw] @ kernel)
    return out

# %% 2.1 wrong · whole numbers, fractions cut off
def slide(image, kernel):
    # an image from 0 to 1
    kh, kw = kernel.shape
    out = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1), dtype=int)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.sum(image[i : i + kh, j : j + kw] * kernel)
    return out

# %% 2.1 wrong · padded to the size of the image
def slide(image, kernel):
    kh, kw = kernel.shape
    padded = np.pad(image, ((kh // 2, kh - 1 - kh // 2), (kw // 2, kw - 1 - kw // 2)))
    out = np.zeros(image.shape)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.sum(padded[i : i + kh, j : j + kw] * kernel)
    return out

# %% 2.1 wrong · negative sums silenced
def slide(image, kernel):
    kh, kw = kernel.shape
    out = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = max(0, np.sum(image[i : i + kh, j : j + kw] * kernel))
    return out

# %% 2.1 wrong · windows side by side instead of sliding
def slide(image, kernel):
    kh, kw = kernel.shape
    out = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1))
    for i in range(0, out.shape[0], kh):
        for j in range(0, out.shape[1], kw):
            out[i, j] = np.sum(image[i : i + kh, j : j + kw] * kernel)
    return out

# %% 2.1 wrong · sums along one axis only
def slide(image, kernel):
    # raises: a row does not fit into a number
    kh, kw = kernel.shape
    out = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.sum(image[i : i + kh, j : j + kw] * kernel, axis=0)
    return out

# %% 2.1 wrong · one long list
def slide(image, kernel):
    kh, kw = kernel.shape
    sums = []
    for i in range(image.shape[0] - kh + 1):
        for j in range(image.shape[1] - kw + 1):
            sums.append(np.sum(image[i : i + kh, j : j + kw] * kernel))
    return np.array(sums)

# %% 2.2 right · slices
def subsample(full, strides):
    return full[::strides, ::strides]

# %% 2.2 right · two loops
def subsample(full, strides):
    rows, columns = range(0, full.shape[0], strides), range(0, full.shape[1], strides)
    out = np.zeros((len(rows), len(columns)))
    for i, row in enumerate(rows):
        for j, column in enumerate(columns):
            out[i, j] = full[row, column]
    return out

# %% 2.2 right · np.ix_
def subsample(full, strides):
    return full[np.ix_(np.arange(0, len(full), strides), np.arange(0, full.shape[1], strides))]

# %% 2.2 right · masks by remainder
def subsample(full, strides):
    rows = np.arange(full.shape[0]) % strides == 0
    columns = np.arange(full.shape[1]) % strides == 0
    return full[rows][:, columns]

# %% 2.2 right · comprehension, np.array
def subsample(full, strides):
    return np.array([list(row[::strides]) for row in full[::strides]])

# %% 2.2 right · np.take along both axes, float32
def subsample(full, strides):
    for axis in (0, 1):
        full = np.take(full, range(0, full.shape[axis], strides), axis=axis)
    return full.astype("float32")

# %% 2.2 right · a copy by slices and transposes
def subsample(full, strides):
    half = full[slice(None, None, strides)].T
    return np.ascontiguousarray(half[slice(None, None, strides)].T)

# %% 2.2 right · TensorFlow's strided_slice
import tensorflow as tf

def subsample(full, strides):
    return tf.strided_slice(tf.constant(full), [0, 0], full.shape, [strides, strides]).numpy()

# %% 2.2 wrong · rows only
def subsample(full, strides):
    return full[::strides]

# %% 2.2 wrong · columns only
def subsample(full, strides):
    return full[:, ::strides]

# %% 2.2 wrong · stride of 2 whatever is asked
def subsample(full, strides):
    return full[::2, ::2]

# %% 2.2 wrong · begins at the first full step
def subsample(full, strides):
    return full[strides::strides, strides::strides]

# %% 2.2 wrong · begins at strides − 1
def subsample(full, strides):
    return full[strides - 1 :: strides, strides - 1 :: strides]

# %% 2.2 wrong · flattened first
def subsample(full, strides):
    return full.ravel()[::strides]

# %% 2.2 wrong · one step too long
def subsample(full, strides):
    return full[:: strides + 1, :: strides + 1]

# %% 2.2 wrong · mean of each block
def subsample(full, strides):
    h, w = full.shape[0] // strides, full.shape[1] // strides
    return full[: h * strides, : w * strides].reshape(h, strides, w, strides).mean(axis=(1, 3))

# %% 2.2 wrong · cut out instead of thinned out
def subsample(full, strides):
    return full[:strides, :strides]

# %% 2.2 wrong · last row lost where strides do not divide
def subsample(full, strides):
    # 5 rows with strides 2 give 3, not 2
    return full[::strides, ::strides][: full.shape[0] // strides, : full.shape[1] // strides]

# %% 2.2 wrong · last pixel never reached
def subsample(full, strides):
    # range ends before H − 1: 5 rows with strides 2
    rows, columns = range(0, full.shape[0] - 1, strides), range(0, full.shape[1] - 1, strides)
    return full[np.ix_(rows, columns)]

# %% 2.2 wrong · transposed
def subsample(full, strides):
    return full[::strides, ::strides].T

# %% 2.2 wrong · the others set to zero instead of removed
def subsample(full, strides):
    out = np.zeros_like(full)
    out[::strides, ::strides] = full[::strides, ::strides]
    return out

# %% 2.2 wrong · the diagonal only
def subsample(full, strides):
    index = np.arange(0, min(full.shape), strides)
    return full[index, index]

# %% 2.2 wrong · columns counted by the rows
def subsample(full, strides):
    # raises or loses columns where the map is not square
    index = np.arange(0, full.shape[0], strides)
    return full[np.ix_(index, index)]

# %% 2.2 wrong · drops every strides-th row and column
def subsample(full, strides):
    rows = np.arange(full.shape[0]) % strides != 0
    columns = np.arange(full.shape[1]) % strides != 0
    return full[rows][:, columns]

# %% 2.2 wrong · whole numbers
def subsample(full, strides):
    # a map with fractions
    return full[::strides, ::strides].astype(int)

# %% 2.3 right · the formula with math.ceil
import math

def same_padding(size, kernel_size, strides):
    outputs = math.ceil(size / strides)
    total = max((outputs - 1) * strides + kernel_size - size, 0)
    before = total // 2
    return before, total - before

# %% 2.3 right · negative whole division
def same_padding(size, kernel_size, strides):
    windows = -(-size // strides)
    missing = (windows - 1) * strides + kernel_size - size
    if missing <= 0:
        return (0, 0)
    return missing // 2, (missing + 1) // 2

# %% 2.3 right · the package's arithmetic
def same_padding(size, kernel_size, strides):
    return arithmetic.same_padding(size, kernel_size, strides)

# %% 2.3 right · by the remainder
def same_padding(size, kernel_size, strides):
    rest = size % strides
    total = kernel_size - (rest if rest else strides)
    total = total if total > 0 else 0
    half, odd = divmod(total, 2)
    return half, half + odd

# %% 2.3 right · adds pixels behind and in front in turn
def same_padding(size, kernel_size, strides):
    wanted = len(range(0, size, strides))
    before = after = 0
    while before + size + after < (wanted - 1) * strides + kernel_size:
        if after > before:
            before += 1
        else:
            after += 1
    return before, after

# %% 2.3 right · searches the smallest padding that fits
def same_padding(size, kernel_size, strides):
    wanted = (size + strides - 1) // strides
    total = 0
    while size + total < kernel_size or (size + total - kernel_size) // strides + 1 < wanted:
        total += 1
    return total // 2, -(-total // 2)

# %% 2.3 right · NumPy whole numbers
def same_padding(size, kernel_size, strides):
    outputs = np.ceil(size / strides).astype(int)
    total = np.maximum((outputs - 1) * strides + kernel_size - size, 0)
    return np.floor_divide(total, 2), total - total // 2

# %% 2.3 right · the last window's reach
def same_padding(size, kernel_size, strides):
    last_start = (size - 1) // strides * strides
    total = max(0, last_start + kernel_size - size)
    return tuple((total + odd) // 2 for odd in (0, 1))

# %% 2.3 wrong · extra pixel in front
def same_padding(size, kernel_size, strides):
    total = max((-(-size // strides) - 1) * strides + kernel_size - size, 0)
    return total - total // 2, total // 2

# %% 2.3 wrong · no lower bound at zero
def same_padding(size, kernel_size, strides):
    # strides larger than the kernel
    total = (-(-size // strides) - 1) * strides + kernel_size - size
    return total // 2, total - total // 2

# %% 2.3 wrong · floor instead of ceil
def same_padding(size, kernel_size, strides):
    total = max((size // strides - 1) * strides + kernel_size - size, 0)
    return total // 2, total - total // 2

# %% 2.3 wrong · strides ignored
def same_padding(size, kernel_size, strides):
    total = kernel_size - 1
    return total // 2, total - total // 2

# %% 2.3 wrong · half a kernel on both sides, as PyTorch
def same_padding(size, kernel_size, strides):
    return kernel_size // 2, kernel_size // 2

# %% 2.3 wrong · keeps the size in spite of the strides
def same_padding(size, kernel_size, strides):
    total = (size - 1) * strides + kernel_size - size
    return total // 2, total - total // 2

# %% 2.3 wrong · the total only
def same_padding(size, kernel_size, strides):
    return max((-(-size // strides) - 1) * strides + kernel_size - size, 0)

# %% 2.3 wrong · the total on both sides
def same_padding(size, kernel_size, strides):
    total = max((-(-size // strides) - 1) * strides + kernel_size - size, 0)
    return total, total

# %% 2.3 wrong · half pixels
def same_padding(size, kernel_size, strides):
    total = max((-(-size // strides) - 1) * strides + kernel_size - size, 0)
    return total / 2, total / 2

# %% 2.3 wrong · odd pixel lost
def same_padding(size, kernel_size, strides):
    total = max((-(-size // strides) - 1) * strides + kernel_size - size, 0)
    return total // 2, total // 2

# %% 2.3 wrong · odd total rounded up on both sides
import math

def same_padding(size, kernel_size, strides):
    total = max((math.ceil(size / strides) - 1) * strides + kernel_size - size, 0)
    return math.ceil(total / 2), math.ceil(total / 2)

# %% 2.3 wrong · one window too many
def same_padding(size, kernel_size, strides):
    total = max(-(-size // strides) * strides + kernel_size - size, 0)
    return total // 2, total - total // 2

# %% 2.3 wrong · round instead of whole division
def same_padding(size, kernel_size, strides):
    # round(1.5) = 2: a total of 3 gives (2, 1)
    total = max((-(-size // strides) - 1) * strides + kernel_size - size, 0)
    before = round(total / 2)
    return before, total - before

# %% 2.3 wrong · always the example of the text
def same_padding(size, kernel_size, strides):
    return (1, 1) if strides == 1 else (0, 1)

# %% 2.3 wrong · zero as soon as strides are above 1
def same_padding(size, kernel_size, strides):
    if strides > 1:
        return 0, 0
    return (kernel_size - 1) // 2, kernel_size // 2

# %% 2.3 wrong · kernel minus strides, as if the strides divided the size
def same_padding(size, kernel_size, strides):
    # right for 28 with strides 2, not for 29
    total = max(kernel_size - strides, 0)
    return total // 2, total - total // 2

# %% 2.3 wrong · everything behind
def same_padding(size, kernel_size, strides):
    return 0, max((-(-size // strides) - 1) * strides + kernel_size - size, 0)

# %% 2.3 wrong · nothing returned if nothing is added
def same_padding(size, kernel_size, strides):
    # 8 pixels, kernel 1 or strides larger than the kernel
    total = (-(-size // strides) - 1) * strides + kernel_size - size
    if total > 0:
        return total // 2, total - total // 2

# %% 2.4 right · the formula
def output_size(size, kernel_size, strides, padding):
    return (size - kernel_size + 2 * padding) // strides + 1

# %% 2.4 right · math.floor
import math

def output_size(size, kernel_size, strides, padding):
    moves = math.floor((size - kernel_size + 2 * padding) / strides)
    return 1 + moves

# %% 2.4 right · counts the starts
def output_size(size, kernel_size, strides, padding):
    return len(range(-padding, size + padding - kernel_size + 1, strides))

# %% 2.4 right · slides a window
def output_size(size, kernel_size, strides, padding):
    count, start = 0, -padding
    while start + kernel_size <= size + padding:
        count += 1
        start += strides
    return count

# %% 2.4 right · the package's arithmetic
def output_size(size, kernel_size, strides, padding):
    return arithmetic.output_size(size, kernel_size, strides, padding)

# %% 2.4 right · divmod, the start counted as a step
def output_size(size, kernel_size, strides, padding):
    padded = size + padding + padding
    positions, _ = divmod(padded - kernel_size + strides, strides)
    return positions

# %% 2.4 right · NumPy whole number
def output_size(size, kernel_size, strides, padding):
    return np.int64(np.floor_divide(np.array(size - kernel_size + 2 * padding), strides)) + 1

# %% 2.4 right · recursion
def output_size(size, kernel_size, strides, padding):
    if padding > 0:
        return output_size(size + 2 * padding, kernel_size, strides, 0)
    if size < kernel_size:
        return 0
    return 1 + output_size(size - strides, kernel_size, strides, 0)

# %% 2.4 right · shape of a thinned-out array
def output_size(size, kernel_size, strides, padding):
    padded = np.pad(np.zeros(size), padding)
    return np.lib.stride_tricks.sliding_window_view(padded, kernel_size)[::strides].shape[0]

# %% 2.4 wrong · the start not counted
def output_size(size, kernel_size, strides, padding):
    return (size - kernel_size + 2 * padding) // strides

# %% 2.4 wrong · padding once
def output_size(size, kernel_size, strides, padding):
    return (size - kernel_size + padding) // strides + 1

# %% 2.4 wrong · rounded up
def output_size(size, kernel_size, strides, padding):
    return -(-(size - kernel_size + 2 * padding) // strides) + 1

# %% 2.4 wrong · not rounded
def output_size(size, kernel_size, strides, padding):
    return (size - kernel_size + 2 * padding) / strides + 1

# %% 2.4 wrong · rounded to the nearest
def output_size(size, kernel_size, strides, padding):
    return round((size - kernel_size + 2 * padding) / strides) + 1

# %% 2.4 wrong · one inside the division
def output_size(size, kernel_size, strides, padding):
    return (size - kernel_size + 2 * padding + 1) // strides

# %% 2.4 wrong · strides forgotten
def output_size(size, kernel_size, strides, padding):
    return size - kernel_size + 2 * padding + 1

# %% 2.4 wrong · padding forgotten
def output_size(size, kernel_size, strides, padding):
    return (size - kernel_size) // strides + 1

# %% 2.4 wrong · sign of the kernel
def output_size(size, kernel_size, strides, padding):
    return (size + kernel_size - 2 * padding) // strides + 1

# %% 2.4 wrong · padding taken away
def output_size(size, kernel_size, strides, padding):
    return (size - kernel_size - 2 * padding) // strides + 1

# %% 2.4 wrong · as padding same
def output_size(size, kernel_size, strides, padding):
    return -(-size // strides)

# %% 2.4 wrong · only the size divided
def output_size(size, kernel_size, strides, padding):
    return size // strides - kernel_size + 2 * padding + 1

# %% 2.4 wrong · multiplied by the strides
def output_size(size, kernel_size, strides, padding):
    return (size - kernel_size + 2 * padding) * strides + 1

# %% 2.4 wrong · height and width as a pair
def output_size(size, kernel_size, strides, padding):
    one = (size - kernel_size + 2 * padding) // strides + 1
    return one, one

# %% 2.4 wrong · text
def output_size(size, kernel_size, strides, padding):
    return f"{(size - kernel_size + 2 * padding) // strides + 1}"

# %% 2.4 wrong · kernel minus one
def output_size(size, kernel_size, strides, padding):
    return (size - (kernel_size - 1) + 2 * padding) // strides + 1

# %% 2.5 right · three loops, sum of products
def conv_layer(image, kernel, bias):
    kh, kw, channels, filters = kernel.shape
    out = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1, filters))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            for f in range(filters):
                out[i, j, f] = np.sum(image[i : i + kh, j : j + kw, :] * kernel[:, :, :, f]) + bias[f]
    return out

# %% 2.5 right · tensordot at each place
def conv_layer(image, kernel, bias):
    kh, kw = kernel.shape[:2]
    out = np.empty((image.shape[0] - kh + 1, image.shape[1] - kw + 1, kernel.shape[3]))
    for i, j in np.ndindex(*out.shape[:2]):
        out[i, j] = np.tensordot(image[i : i + kh, j : j + kw], kernel, axes=3) + bias
    return out

# %% 2.5 right · sliding windows and einsum
def conv_layer(image, kernel, bias):
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape[:2], axis=(0, 1))  # (H', W', C, kh, kw)
    return np.einsum("hwcij,ijcf->hwf", windows, kernel) + bias

# %% 2.5 right · shifted images times the weights
def conv_layer(image, kernel, bias):
    kh, kw, _, filters = kernel.shape
    h, w = image.shape[0] - kh + 1, image.shape[1] - kw + 1
    out = np.zeros((h, w, filters)) + bias
    for i in range(kh):
        for j in range(kw):
            out += image[i : i + h, j : j + w] @ kernel[i, j]
    return out

# %% 2.5 right · one matrix product of all patches
def conv_layer(image, kernel, bias):
    kh, kw, channels, filters = kernel.shape
    h, w = image.shape[0] - kh + 1, image.shape[1] - kw + 1
    patches = np.array([image[i : i + kh, j : j + kw].ravel() for i in range(h) for j in range(w)])
    return (patches @ kernel.reshape(-1, filters) + bias).reshape(h, w, filters)

# %% 2.5 right · the package's reference and the bias
def conv_layer(image, kernel, bias):
    return reference.conv2d(image, kernel) + bias

# %% 2.5 right · SciPy, one channel and filter after the other
from scipy.signal import correlate2d

def conv_layer(image, kernel, bias):
    maps = []
    for f in range(kernel.shape[-1]):
        parts = [correlate2d(image[..., c], kernel[..., c, f], mode="valid") for c in range(image.shape[-1])]
        maps.append(sum(parts) + bias[f])
    return np.stack(maps, axis=-1)

# %% 2.5 right · keras.ops.conv, float32
def conv_layer(image, kernel, bias):
    import keras
    batch = keras.ops.convert_to_tensor(image[np.newaxis], "float32")
    out = keras.ops.conv(batch, keras.ops.convert_to_tensor(kernel, "float32"), strides=1, padding="valid")
    return keras.ops.convert_to_numpy(out)[0] + np.float32(bias)

# %% 2.5 right · TensorFlow with bias_add
import tensorflow as tf

def conv_layer(image, kernel, bias):
    x = tf.cast(image, tf.float32)[tf.newaxis]
    y = tf.nn.conv2d(x, tf.cast(kernel, tf.float32), strides=1, padding="VALID")
    return tf.nn.bias_add(y, tf.cast(bias, tf.float32))[0].numpy()

# %% 2.5 right · a Keras layer with these weights
def conv_layer(image, kernel, bias):
    from keras import layers
    layer = layers.Conv2D(kernel.shape[3], kernel.shape[:2])
    layer.build((None, *image.shape))
    layer.set_weights([kernel, bias])
    return np.array(layer(image[None].astype("float32")))[0]

# %% 2.5 wrong · bias forgotten
def conv_layer(image, kernel, bias):
    kh, kw, _, filters = kernel.shape
    out = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1, filters))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.tensordot(image[i : i + kh, j : j + kw], kernel, axes=3)
    return out

# %% 2.5 wrong · bias for each weight
def conv_layer(image, kernel, bias):
    kh, kw, _, filters = kernel.shape
    out = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1, filters))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            for f in range(filters):
                out[i, j, f] = np.sum(image[i : i + kh, j : j + kw] * kernel[..., f] + bias[f])
    return out

# %% 2.5 wrong · first channel only
def conv_layer(image, kernel, bias):
    kh, kw, _, filters = kernel.shape
    out = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1, filters))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            for f in range(filters):
                out[i, j, f] = np.sum(image[i : i + kh, j : j + kw, 0] * kernel[:, :, 0, f]) + bias[f]
    return out

# %% 2.5 wrong · the last channel overwrites the others
def conv_layer(image, kernel, bias):
    kh, kw, channels, filters = kernel.shape
    out = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1, filters))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            for f in range(filters):
                for c in range(channels):
                    out[i, j, f] = np.sum(image[i : i + kh, j : j + kw, c] * kernel[:, :, c, f]) + bias[f]
    return out

# %% 2.5 wrong · bias added for each channel
def conv_layer(image, kernel, bias):
    kh, kw, channels, filters = kernel.shape
    out = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1, filters))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            for f in range(filters):
                for c in range(channels):
                    out[i, j, f] += np.sum(image[i : i + kh, j : j + kw, c] * kernel[:, :, c, f]) + bias[f]
    return out

# %% 2.5 wrong · kernel turned
def conv_layer(image, kernel, bias):
    kernel = kernel[::-1, ::-1]
    kh, kw, _, filters = kernel.shape
    out = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1, filters))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.tensordot(image[i : i + kh, j : j + kw], kernel, axes=3) + bias
    return out

# %% 2.5 wrong · filters first in the output
def conv_layer(image, kernel, bias):
    kh, kw, _, filters = kernel.shape
    out = np.zeros((filters, image.shape[0] - kh + 1, image.shape[1] - kw + 1))
    for i in range(out.shape[1]):
        for j in range(out.shape[2]):
            out[:, i, j] = np.tensordot(image[i : i + kh, j : j + kw], kernel, axes=3) + bias
    return out

# %% 2.5 wrong · mean over the channels
def conv_layer(image, kernel, bias):
    kh, kw, channels, filters = kernel.shape
    out = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1, filters))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.tensordot(image[i : i + kh, j : j + kw], kernel, axes=3) / channels + bias
    return out

# %% 2.5 wrong · all filters added up
def conv_layer(image, kernel, bias):
    kh, kw, _, filters = kernel.shape
    out = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            for f in range(filters):
                out[i, j] += np.sum(image[i : i + kh, j : j + kw] * kernel[..., f]) + bias[f]
    return out

# %% 2.5 wrong · first filter only
def conv_layer(image, kernel, bias):
    kh, kw, _, filters = kernel.shape
    out = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1, 1))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j, 0] = np.sum(image[i : i + kh, j : j + kw] * kernel[..., 0]) + bias[0]
    return out

# %% 2.5 wrong · the first bias for all filters
def conv_layer(image, kernel, bias):
    kh, kw, _, filters = kernel.shape
    out = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1, filters))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.tensordot(image[i : i + kh, j : j + kw], kernel, axes=3) + bias[0]
    return out

# %% 2.5 wrong · sum of all biases
def conv_layer(image, kernel, bias):
    kh, kw, _, filters = kernel.shape
    out = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1, filters))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.tensordot(image[i : i + kh, j : j + kw], kernel, axes=3)
    return out + bias.sum()

# %% 2.5 wrong · height and width of the kernel swapped
def conv_layer(image, kernel, bias):
    kw, kh, _, filters = kernel.shape
    out = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1, filters))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.tensordot(image[i : i + kh, j : j + kw], kernel, axes=3) + bias
    return out

# %% 2.5 wrong · ReLU at the end
def conv_layer(image, kernel, bias):
    kh, kw, _, filters = kernel.shape
    out = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1, filters))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.tensordot(image[i : i + kh, j : j + kw], kernel, axes=3) + bias
    return np.maximum(out, 0)

# %% 2.5 wrong · returns in the inner loop
def conv_layer(image, kernel, bias):
    kh, kw, _, filters = kernel.shape
    out = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1, filters))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.tensordot(image[i : i + kh, j : j + kw], kernel, axes=3) + bias
        return out

# %% 2.5 wrong · one window too few
def conv_layer(image, kernel, bias):
    kh, kw, _, filters = kernel.shape
    out = np.zeros((image.shape[0] - kh, image.shape[1] - kw, filters))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.tensordot(image[i : i + kh, j : j + kw], kernel, axes=3) + bias
    return out

# %% 2.5 wrong · channels not added up
def conv_layer(image, kernel, bias):
    # a fourth axis is left
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape[:2], axis=(0, 1))
    return np.einsum("hwcij,ijcf->hwcf", windows, kernel) + bias

# %% 2.5 wrong · windows and weights in different order
def conv_layer(image, kernel, bias):
    # sliding_window_view puts the channels before the window
    filters = kernel.shape[-1]
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape[:2], axis=(0, 1))
    h, w = windows.shape[:2]
    return (windows.reshape(h, w, -1) @ kernel.reshape(-1, filters)) + bias

# %% 2.5 wrong · three channels and 3×3 taken for granted
def conv_layer(image, kernel, bias):
    h, w, filters = image.shape[0] - 2, image.shape[1] - 2, kernel.shape[-1]
    out = np.zeros((h, w, filters)) + bias
    for i in range(3):
        for j in range(3):
            for c in range(3):
                out += image[i : i + h, j : j + w, c : c + 1] * kernel[i, j, c]
    return out

# %% 2.5 wrong · padded to the size of the image
def conv_layer(image, kernel, bias):
    kh, kw, _, filters = kernel.shape
    padded = np.pad(image, (((kh - 1) // 2, kh // 2), ((kw - 1) // 2, kw // 2), (0, 0)))
    out = np.zeros((*image.shape[:2], filters))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.tensordot(padded[i : i + kh, j : j + kw], kernel, axes=3) + bias
    return out

# %% 2.6 right · the formula
def conv_parameters(kernel_size, in_channels, filters):
    return (kernel_size**2 * in_channels + 1) * filters

# %% 2.6 right · weights plus biases
def conv_parameters(kernel_size, in_channels, filters):
    weights = kernel_size * kernel_size * in_channels * filters
    biases = filters
    return weights + biases

# %% 2.6 right · np.prod of the shape
def conv_parameters(kernel_size, in_channels, filters):
    return np.prod((kernel_size, kernel_size, in_channels, filters)) + filters

# %% 2.6 right · adds filter by filter
def conv_parameters(kernel_size, in_channels, filters):
    return sum(kernel_size**2 * in_channels + 1 for _ in range(filters))

# %% 2.6 right · counts with a Keras layer
def conv_parameters(kernel_size, in_channels, filters):
    import keras
    layer = keras.layers.Conv2D(filters, kernel_size)
    layer.build((None, None, None, in_channels))
    return layer.count_params()

# %% 2.6 right · the package's arithmetic
def conv_parameters(kernel_size, in_channels, filters):
    return arithmetic.conv_parameters(kernel_size, in_channels, filters)

# %% 2.6 right · sizes of two arrays
def conv_parameters(kernel_size, in_channels, filters):
    kernel = np.empty((kernel_size, kernel_size, in_channels, filters), dtype="uint8")
    return kernel.size + np.empty(filters).size

# %% 2.6 right · math.prod
import math

def conv_parameters(kernel_size, in_channels, filters):
    return filters + math.prod([kernel_size] * 2 + [in_channels, filters])

# %% 2.6 wrong · biases forgotten
def conv_parameters(kernel_size, in_channels, filters):
    return kernel_size**2 * in_channels * filters

# %% 2.6 wrong · one bias for the layer
def conv_parameters(kernel_size, in_channels, filters):
    return kernel_size**2 * in_channels * filters + 1

# %% 2.6 wrong · channels forgotten
def conv_parameters(kernel_size, in_channels, filters):
    return (kernel_size**2 + 1) * filters

# %% 2.6 wrong · a bias for each channel of each filter
def conv_parameters(kernel_size, in_channels, filters):
    # right for grey images
    return (kernel_size**2 + 1) * in_channels * filters

# %% 2.6 wrong · kernel not squared
def conv_parameters(kernel_size, in_channels, filters):
    return (kernel_size * in_channels + 1) * filters

# %% 2.6 wrong · twice the kernel size instead of the square
def conv_parameters(kernel_size, in_channels, filters):
    # right for 2×2
    return (2 * kernel_size * in_channels + 1) * filters

# %% 2.6 wrong · biases of the inputs
def conv_parameters(kernel_size, in_channels, filters):
    # right where in_channels = filters
    return kernel_size**2 * in_channels * filters + in_channels

# %% 2.6 wrong · always colour images
def conv_parameters(kernel_size, in_channels, filters):
    return (kernel_size**2 * 3 + 1) * filters

# %% 2.6 wrong · times the size of the image
def conv_parameters(kernel_size, in_channels, filters):
    return 32 * 32 * (kernel_size**2 * in_channels + 1) * filters

# %% 2.6 wrong · filters forgotten
def conv_parameters(kernel_size, in_channels, filters):
    return kernel_size**2 * in_channels + 1

# %% 2.6 wrong · brackets forgotten
def conv_parameters(kernel_size, in_channels, filters):
    return kernel_size**2 * in_channels + 1 * filters

# %% 2.6 wrong · weights and biases as a pair
def conv_parameters(kernel_size, in_channels, filters):
    return kernel_size**2 * in_channels * filters, filters

# %% 2.6 wrong · the text's 760 by heart
def conv_parameters(kernel_size, in_channels, filters):
    return 760

# %% 2.6 wrong · everything squared
def conv_parameters(kernel_size, in_channels, filters):
    return ((kernel_size * in_channels) ** 2 + 1) * filters

# %% 2.6 wrong · bytes instead of numbers
def conv_parameters(kernel_size, in_channels, filters):
    return 4 * (kernel_size**2 * in_channels + 1) * filters

# %% 2.6 wrong · prints instead of returning
def conv_parameters(kernel_size, in_channels, filters):
    print((kernel_size**2 * in_channels + 1) * filters)

# %% 2.6 wrong · xor instead of power
def conv_parameters(kernel_size, in_channels, filters):
    return (kernel_size ^ 2 * in_channels + 1) * filters
