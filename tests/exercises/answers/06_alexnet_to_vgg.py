# %% 6.1 right · loop with whole division
def alexnet_sizes(size):
    maps = (size - 11) // 4 + 1
    sizes = [maps]
    for _ in range(3):
        maps = (maps - 3) // 2 + 1
        sizes.append(maps)
    return tuple(sizes)

# %% 6.1 right · arithmetic.output_size four times
def alexnet_sizes(size):
    a = arithmetic.output_size(size, 11, 4, "valid")
    b = arithmetic.output_size(a, 3, 2, "valid")
    c = arithmetic.output_size(b, 3, 2, "valid")
    return a, b, c, arithmetic.output_size(c, 3, 2, "valid")

# %% 6.1 right · recursion over the table of layers
def alexnet_sizes(size, table=((11, 4), (3, 2), (3, 2), (3, 2))):
    if not table:
        return ()
    kernel_size, strides = table[0]
    size = (size - kernel_size + strides) // strides
    return (size,) + alexnet_sizes(size, table[1:])

# %% 6.1 right · counts the window positions with range
def alexnet_sizes(size):
    sizes = []
    for window, step in [(11, 4)] + [(3, 2)] * 3:
        size = len(range(0, size - window + 1, step))
        sizes.append(size)
    return tuple(sizes)

# %% 6.1 right · NumPy whole numbers, float floor
def alexnet_sizes(size):
    out = np.zeros(4, np.int64)
    out[0] = np.floor((size - 11) / 4) + 1
    for i in (1, 2, 3):
        out[i] = np.floor((out[i - 1] - 3) / 2) + 1
    return tuple(out)

# %% 6.1 right · asks Keras for the shapes
def alexnet_sizes(size):
    x = keras.Input((size, size, 3))
    answer = []
    x = layers.Conv2D(96, 11, strides=4)(x)
    answer.append(x.shape[1])
    for _ in range(3):
        x = layers.MaxPooling2D(3, strides=2)(x)
        answer.append(x.shape[1])
    return tuple(answer)

# %% 6.1 right · rounding up, as Keras writes valid
import math

def alexnet_sizes(size):
    first = math.ceil((size - 10) / 4)
    second = math.ceil((first - 2) / 2)
    third = math.ceil((second - 2) / 2)
    fourth = math.ceil((third - 2) / 2)
    return (first, second, third, fourth)

# %% 6.1 right · accumulate and other algebra for the pooling
from itertools import accumulate

def alexnet_sizes(size):
    return tuple(accumulate([(size - 7) // 4, 0, 0, 0], lambda maps, _: (maps - 1) // 2))

# %% 6.1 wrong · forgot the start position
def alexnet_sizes(size):
    a = (size - 11) // 4
    b = (a - 3) // 2
    c = (b - 3) // 2
    return a, b, c, (c - 3) // 2

# %% 6.1 wrong · pooling simply halves
def alexnet_sizes(size):
    a = (size - 11) // 4 + 1
    return a, a // 2, a // 4, a // 8

# %% 6.1 wrong · rounds up
import math

def alexnet_sizes(size):
    a = math.ceil((size - 11) / 4) + 1
    b = math.ceil((a - 3) / 2) + 1
    c = math.ceil((b - 3) / 2) + 1
    return a, b, c, math.ceil((c - 3) / 2) + 1

# %% 6.1 wrong · keeps the fractions
def alexnet_sizes(size):
    a = (size - 11) / 4 + 1
    b = (a - 3) / 2 + 1
    c = (b - 3) / 2 + 1
    return a, b, c, (c - 3) / 2 + 1

# %% 6.1 wrong · hard-coded for 227
def alexnet_sizes(size):
    return 55, 27, 13, 6

# %% 6.1 wrong · round instead of floor
def alexnet_sizes(size):
    sizes = [round((size - 11) / 4 + 1)]
    for _ in range(3):
        sizes.append(round((sizes[-1] - 3) / 2 + 1))
    return tuple(sizes)

# %% 6.1 wrong · padding same everywhere
def alexnet_sizes(size):
    a = -(-size // 4)
    b = -(-a // 2)
    c = -(-b // 2)
    return a, b, c, -(-c // 2)

# %% 6.1 wrong · begins with the image, drops the last pooling
def alexnet_sizes(size):
    sizes = [size, (size - 11) // 4 + 1]
    for _ in range(2):
        sizes.append((sizes[-1] - 3) // 2 + 1)
    return tuple(sizes)

# %% 6.1 wrong · only the last size
def alexnet_sizes(size):
    size = (size - 11) // 4 + 1
    for _ in range(3):
        size = (size - 3) // 2 + 1
    return size

# %% 6.1 wrong · the start counted inside the division
def alexnet_sizes(size):
    a = (size - 11 + 1) // 4
    b = (a - 3 + 1) // 2
    c = (b - 3 + 1) // 2
    return a, b, c, (c - 3 + 1) // 2

# %% 6.1 wrong · size and strides of the pooling swapped
def alexnet_sizes(size):
    sizes = [(size - 11) // 4 + 1]
    for _ in range(3):
        sizes.append((sizes[-1] - 2) // 3 + 1)
    return tuple(sizes)

# %% 6.1 wrong · every pooling reads conv1
def alexnet_sizes(size):
    a = (size - 11) // 4 + 1
    return (a,) + tuple((a - 3) // 2 + 1 for _ in range(3))

# %% 6.1 wrong · returns in the loop
def alexnet_sizes(size):
    maps = (size - 11) // 4 + 1
    sizes = [maps]
    for _ in range(3):
        maps = (maps - 3) // 2 + 1
        sizes.append(maps)
        return tuple(sizes)

# %% 6.1 wrong · smallest first
def alexnet_sizes(size):
    sizes = [(size - 11) // 4 + 1]
    for _ in range(3):
        sizes.insert(0, (sizes[0] - 3) // 2 + 1)
    return tuple(sizes)

# %% 6.1 wrong · assumes that one pixel is always missing
def alexnet_sizes(size):
    # the paper's 224 becomes 227, but 227 becomes 230 as well
    size += 3
    a = (size - 11) // 4 + 1
    b = (a - 3) // 2 + 1
    c = (b - 3) // 2 + 1
    return a, b, c, (c - 3) // 2 + 1

# %% 6.2 right · the formula spelled out
parameters = {
    "conv1": 11 * 11 * 3 * 96 + 96,
    "conv2": 5 * 5 * (96 // 2) * 256 + 256,
    "conv3": 3 * 3 * 256 * 384 + 384,
    "conv4": 3 * 3 * (384 // 2) * 384 + 384,
    "conv5": 3 * 3 * (384 // 2) * 256 + 256,
}

# %% 6.2 right · plain numbers
parameters = {"conv1": 34_944, "conv2": 307_456, "conv3": 885_120, "conv4": 663_936, "conv5": 442_624}

# %% 6.2 right · tower by tower
parameters = {
    "conv1": 2 * (11 * 11 * 3 + 1) * 48,
    "conv2": 2 * (5 * 5 * 48 + 1) * 128,
    "conv3": 2 * (3 * 3 * (128 + 128) + 1) * 192,
    "conv4": 2 * (3 * 3 * 192 + 1) * 192,
    "conv5": 2 * (3 * 3 * 192 + 1) * 128,
}

# %% 6.2 right · arithmetic.conv_parameters
parameters = {
    "conv1": arithmetic.conv_parameters(11, 3, 96),
    "conv2": arithmetic.conv_parameters(5, 96, 256, groups=2),
    "conv3": arithmetic.conv_parameters(3, 256, 384),
    "conv4": arithmetic.conv_parameters(3, 384, 384, groups=2),
    "conv5": arithmetic.conv_parameters(3, 384, 256, groups=2),
}

# %% 6.2 right · comprehension over a table, dict()
table = [(11, 96, 1), (5, 256, 2), (3, 384, 1), (3, 384, 2), (3, 256, 2)]
before = [3] + [filters for _, filters, _ in table]
parameters = dict(
    (f"conv{i + 1}", (size**2 * before[i] // groups + 1) * filters)
    for i, (size, filters, groups) in enumerate(table)
)

# %% 6.2 right · NumPy whole numbers
sizes, channels = np.array([11, 5, 3, 3, 3]), np.array([3, 96, 256, 384, 384])
filters, groups = np.array([96, 256, 384, 384, 256]), np.array([1, 2, 1, 2, 2])
counts = (sizes * sizes * channels // groups + 1) * filters
parameters = {f"conv{i}": count for i, count in enumerate(counts, start=1)}

# %% 6.2 right · filled by a loop, last layer first
parameters = {}
for name, size, channels, filters in (
    ("conv5", 3, 192, 256), ("conv4", 3, 192, 384), ("conv3", 3, 256, 384), ("conv2", 5, 48, 256), ("conv1", 11, 3, 96),
):
    weights, biases = np.prod([size, size, channels, filters]), filters
    parameters[name] = weights + biases

# %% 6.2 right · Keras layers with groups
parameters = {}
channels = 3
for i, (size, filters, groups) in enumerate(((11, 96, 1), (5, 256, 2), (3, 384, 1), (3, 384, 2), (3, 256, 2)), 1):
    layer = layers.Conv2D(filters, size, groups=groups)
    layer.build((None, 27, 27, channels))
    parameters[f"conv{i}"] = layer.count_params()
    channels = filters

# %% 6.2 wrong · forgot the biases
parameters = {
    "conv1": 11 * 11 * 3 * 96,
    "conv2": 5 * 5 * 48 * 256,
    "conv3": 3 * 3 * 256 * 384,
    "conv4": 3 * 3 * 192 * 384,
    "conv5": 3 * 3 * 192 * 256,
}

# %% 6.2 wrong · forgot the groups
parameters = {
    "conv1": (11 * 11 * 3 + 1) * 96,
    "conv2": (5 * 5 * 96 + 1) * 256,
    "conv3": (3 * 3 * 256 + 1) * 384,
    "conv4": (3 * 3 * 384 + 1) * 384,
    "conv5": (3 * 3 * 384 + 1) * 256,
}

# %% 6.2 wrong · channels and filters both halved
parameters = {
    "conv1": (11 * 11 * 3 + 1) * 96,
    "conv2": (5 * 5 * 48 + 1) * 128,
    "conv3": (3 * 3 * 256 + 1) * 384,
    "conv4": (3 * 3 * 192 + 1) * 192,
    "conv5": (3 * 3 * 192 + 1) * 128,
}

# %% 6.2 wrong · conv3 in two groups as well
parameters = {
    "conv1": (11 * 11 * 3 + 1) * 96,
    "conv2": (5 * 5 * 48 + 1) * 256,
    "conv3": (3 * 3 * 128 + 1) * 384,
    "conv4": (3 * 3 * 192 + 1) * 384,
    "conv5": (3 * 3 * 192 + 1) * 256,
}

# %% 6.2 wrong · the biases halved too
parameters = {
    "conv1": (11 * 11 * 3 + 1) * 96,
    "conv2": (5 * 5 * 96 + 1) * 256 // 2,
    "conv3": (3 * 3 * 256 + 1) * 384,
    "conv4": (3 * 3 * 384 + 1) * 384 // 2,
    "conv5": (3 * 3 * 384 + 1) * 256 // 2,
}

# %% 6.2 wrong · conv1 halved as well
parameters = {
    "conv1": 11 * 11 * 3 * 48 + 48,
    "conv2": 5 * 5 * 48 * 256 + 256,
    "conv3": 3 * 3 * 256 * 384 + 384,
    "conv4": 3 * 3 * 192 * 384 + 384,
    "conv5": 3 * 3 * 192 * 256 + 256,
}

# %% 6.2 wrong · a bias for each group
parameters = {
    "conv1": 11 * 11 * 3 * 96 + 96,
    "conv2": 5 * 5 * 48 * 256 + 512,
    "conv3": 3 * 3 * 256 * 384 + 384,
    "conv4": 3 * 3 * 192 * 384 + 768,
    "conv5": 3 * 3 * 192 * 256 + 512,
}

# %% 6.2 wrong · conv5 missing
parameters = {"conv1": 34_944, "conv2": 307_456, "conv3": 885_120, "conv4": 663_936}

# %% 6.2 wrong · text instead of numbers
parameters = {"conv1": "34,944", "conv2": "307,456", "conv3": "885,120", "conv4": "663,936", "conv5": "442,624"}

# %% 6.2 wrong · a list without the names
parameters = [34_944, 307_456, 885_120, 663_936, 442_624]

# %% 6.2 wrong · conv2 with a 3×3 kernel
parameters = {
    "conv1": (11 * 11 * 3 + 1) * 96,
    "conv2": (3 * 3 * 48 + 1) * 256,
    "conv3": (3 * 3 * 256 + 1) * 384,
    "conv4": (3 * 3 * 192 + 1) * 384,
    "conv5": (3 * 3 * 192 + 1) * 256,
}

# %% 6.2 wrong · kernel not squared
parameters = {
    "conv1": (11 * 3 + 1) * 96,
    "conv2": (5 * 48 + 1) * 256,
    "conv3": (3 * 256 + 1) * 384,
    "conv4": (3 * 192 + 1) * 384,
    "conv5": (3 * 192 + 1) * 256,
}

# %% 6.2 wrong · weights and biases in pairs
parameters = {
    "conv1": (34_848, 96),
    "conv2": (307_200, 256),
    "conv3": (884_736, 384),
    "conv4": (663_552, 384),
    "conv5": (442_368, 256),
}

# %% 6.2 wrong · conv5 reads its own filters
parameters = {
    "conv1": 34_944,
    "conv2": 307_456,
    "conv3": 885_120,
    "conv4": 663_936,
    "conv5": (3 * 3 * 128 + 1) * 256,
}

# %% 6.3 right · loop over the channels, NumPy
def local_response(maps, k, n, alpha, beta):
    half, channels = n // 2, maps.shape[-1]
    out = np.zeros(maps.shape)
    for i in range(channels):
        window = maps[..., max(0, i - half) : min(channels - 1, i + half) + 1]
        out[..., i] = maps[..., i] / (k + alpha * np.sum(window**2, axis=-1)) ** beta
    return out

# %% 6.3 right · band matrix and einsum
def local_response(maps, k, n, alpha, beta):
    place = np.arange(maps.shape[-1])
    band = (np.abs(place[:, None] - place[None, :]) <= n // 2).astype(float)
    sums = np.einsum("hwj,ji->hwi", np.square(maps), band)
    return maps * (k + alpha * sums) ** -beta

# %% 6.3 right · padded and sliding_window_view
def local_response(maps, k, n, alpha, beta):
    r = n // 2
    squares = np.pad(maps * maps, [(0, 0), (0, 0), (r, r)])
    sums = np.lib.stride_tricks.sliding_window_view(squares, 2 * r + 1, axis=2).sum(axis=-1)
    return maps / np.power(k + alpha * sums, beta)

# %% 6.3 right · differences of running sums
def local_response(maps, k, n, alpha, beta):
    height, width, channels = maps.shape
    running = np.concatenate([np.zeros((height, width, 1)), np.cumsum(maps.astype(float) ** 2, axis=2)], axis=2)
    i = np.arange(channels)
    upper, lower = np.minimum(channels, i + n // 2 + 1), np.maximum(0, i - n // 2)
    return maps / (k + alpha * (running[:, :, upper] - running[:, :, lower])) ** beta

# %% 6.3 right · SciPy, convolve1d with zeros outside
from scipy import ndimage

def local_response(maps, k, n, alpha, beta):
    ones = np.ones(2 * (n // 2) + 1)
    sums = ndimage.convolve1d(np.asarray(maps, float) ** 2, ones, axis=-1, mode="constant", cval=0.0)
    return maps / (k + alpha * sums) ** beta

# %% 6.3 right · TensorFlow, float32 result
import tensorflow as tf

def local_response(maps, k, n, alpha, beta):
    batch = tf.constant(np.asarray(maps)[np.newaxis], tf.float32)
    out = tf.nn.local_response_normalization(batch, depth_radius=n // 2, bias=k, alpha=alpha, beta=beta)
    return out[0].numpy()

# %% 6.3 right · the layer of the package
def local_response(maps, k, n, alpha, beta):
    layer = LocalResponseNormalization(k=k, n=n, alpha=alpha, beta=beta)
    return np.asarray(layer(np.asarray(maps, "float32")[None]))[0]

# %% 6.3 right · four plain loops over Python floats
def local_response(maps, k, n, alpha, beta):
    height, width, channels = maps.shape
    answer = np.empty((height, width, channels))
    for row in range(height):
        for column in range(width):
            for i in range(channels):
                total = 0.0
                for j in range(channels):
                    if abs(i - j) <= n // 2:
                        total += float(maps[row, column, j]) ** 2
                answer[row, column, i] = maps[row, column, i] / (k + alpha * total) ** beta
    return answer

# %% 6.3 right · keras.ops, one channel shifted after the other
def local_response(maps, k, n, alpha, beta):
    maps = keras.ops.convert_to_tensor(maps, "float32")
    r, channels = n // 2, maps.shape[-1]
    squares = keras.ops.pad(keras.ops.square(maps), ((0, 0), (0, 0), (r, r)))
    sums = sum(squares[:, :, s : s + channels] for s in range(2 * r + 1))
    return keras.ops.convert_to_numpy(maps / keras.ops.power(k + alpha * sums, beta))

# %% 6.3 right · stacked from a comprehension, logarithm for the power
def local_response(maps, k, n, alpha, beta):
    N = maps.shape[2]
    def b(i):
        neighbours = [maps[:, :, j] ** 2 for j in range(max(0, i - n // 2), min(N - 1, i + n // 2) + 1)]
        return maps[:, :, i] * np.exp(-beta * np.log(k + alpha * sum(neighbours)))
    return np.stack([b(i) for i in range(N)], axis=2)

# %% 6.3 wrong · the last neighbour left out
def local_response(maps, k, n, alpha, beta):
    N = maps.shape[-1]
    out = np.zeros(maps.shape)
    for i in range(N):
        window = maps[..., max(0, i - n // 2) : min(N - 1, i + n // 2)]
        out[..., i] = maps[..., i] / (k + alpha * (window**2).sum(-1)) ** beta
    return out

# %% 6.3 wrong · negative start of the slice
def local_response(maps, k, n, alpha, beta):
    out = np.zeros(maps.shape)
    for i in range(maps.shape[-1]):
        window = maps[..., i - n // 2 : i + n // 2 + 1]
        out[..., i] = maps[..., i] / (k + alpha * (window**2).sum(-1)) ** beta
    return out

# %% 6.3 wrong · forgot the squares
def local_response(maps, k, n, alpha, beta):
    N = maps.shape[-1]
    out = np.zeros(maps.shape)
    for i in range(N):
        window = maps[..., max(0, i - n // 2) : min(N - 1, i + n // 2) + 1]
        out[..., i] = maps[..., i] / (k + alpha * window.sum(-1)) ** beta
    return out

# %% 6.3 wrong · mean of the squares instead of the sum
def local_response(maps, k, n, alpha, beta):
    N = maps.shape[-1]
    out = np.zeros(maps.shape)
    for i in range(N):
        window = maps[..., max(0, i - n // 2) : min(N - 1, i + n // 2) + 1]
        out[..., i] = maps[..., i] / (k + alpha * (window**2).mean(-1)) ** beta
    return out

# %% 6.3 wrong · alpha divided by n, as PyTorch does
def local_response(maps, k, n, alpha, beta):
    N = maps.shape[-1]
    out = np.zeros(maps.shape)
    for i in range(N):
        window = maps[..., max(0, i - n // 2) : min(N - 1, i + n // 2) + 1]
        out[..., i] = maps[..., i] / (k + alpha / n * (window**2).sum(-1)) ** beta
    return out

# %% 6.3 wrong · the window goes round the ends
def local_response(maps, k, n, alpha, beta):
    squares = maps**2
    sums = sum(np.roll(squares, shift, axis=-1) for shift in range(-(n // 2), n // 2 + 1))
    return maps / (k + alpha * sums) ** beta

# %% 6.3 wrong · neighbours n to each side
def local_response(maps, k, n, alpha, beta):
    N = maps.shape[-1]
    out = np.zeros(maps.shape)
    for i in range(N):
        window = maps[..., max(0, i - n) : min(N - 1, i + n) + 1]
        out[..., i] = maps[..., i] / (k + alpha * (window**2).sum(-1)) ** beta
    return out

# %% 6.3 wrong · only the power of the sum
def local_response(maps, k, n, alpha, beta):
    N = maps.shape[-1]
    out = np.zeros(maps.shape)
    for i in range(N):
        window = maps[..., max(0, i - n // 2) : min(N - 1, i + n // 2) + 1]
        out[..., i] = maps[..., i] / (k + alpha * (window**2).sum(-1) ** beta)
    return out

# %% 6.3 wrong · returns inside the loop
def local_response(maps, k, n, alpha, beta):
    N = maps.shape[-1]
    out = np.zeros(maps.shape)
    for i in range(N):
        window = maps[..., max(0, i - n // 2) : min(N - 1, i + n // 2) + 1]
        out[..., i] = maps[..., i] / (k + alpha * (window**2).sum(-1)) ** beta
        return out

# %% 6.3 wrong · overwrites the maps that it still reads
def local_response(maps, k, n, alpha, beta):
    maps = np.array(maps, float)
    N = maps.shape[-1]
    for i in range(N):
        window = maps[..., max(0, i - n // 2) : min(N - 1, i + n // 2) + 1]
        maps[..., i] = maps[..., i] / (k + alpha * (window**2).sum(-1)) ** beta
    return maps

# %% 6.3 wrong · neighbours in the rows
def local_response(maps, k, n, alpha, beta):
    rows = maps.shape[0]
    out = np.zeros(maps.shape)
    for i in range(rows):
        window = maps[max(0, i - n // 2) : min(rows - 1, i + n // 2) + 1]
        out[i] = maps[i] / (k + alpha * (window**2).sum(0)) ** beta
    return out

# %% 6.3 wrong · sums over the whole map
def local_response(maps, k, n, alpha, beta):
    N = maps.shape[-1]
    out = np.zeros(maps.shape)
    for i in range(N):
        window = maps[..., max(0, i - n // 2) : min(N - 1, i + n // 2) + 1]
        out[..., i] = maps[..., i] / (k + alpha * np.sum(window**2)) ** beta
    return out

# %% 6.3 wrong · an even n spans n channels
def local_response(maps, k, n, alpha, beta):
    # right for odd n; with n = 2 it sums i − 1 and i only
    N = maps.shape[-1]
    out = np.zeros(maps.shape)
    for i in range(N):
        start = i - n // 2
        window = maps[..., max(0, start) : min(N, start + n)]
        out[..., i] = maps[..., i] / (k + alpha * (window**2).sum(-1)) ** beta
    return out

# %% 6.3 wrong · the denominator only
def local_response(maps, k, n, alpha, beta):
    N = maps.shape[-1]
    out = np.zeros(maps.shape)
    for i in range(N):
        window = maps[..., max(0, i - n // 2) : min(N - 1, i + n // 2) + 1]
        out[..., i] = (k + alpha * (window**2).sum(-1)) ** beta
    return out

# %% 6.3 wrong · does not count itself
def local_response(maps, k, n, alpha, beta):
    N = maps.shape[-1]
    out = np.zeros(maps.shape)
    for i in range(N):
        others = [j for j in range(max(0, i - n // 2), min(N - 1, i + n // 2) + 1) if j != i]
        out[..., i] = maps[..., i] / (k + alpha * (maps[..., others] ** 2).sum(-1)) ** beta
    return out

# %% 6.3 wrong · the paper's numbers instead of the arguments
def local_response(maps, k, n, alpha, beta):
    N = maps.shape[-1]
    out = np.zeros(maps.shape)
    for i in range(N):
        window = maps[..., max(0, i - 2) : min(N - 1, i + 2) + 1]
        out[..., i] = maps[..., i] / (2 + 0.0001 * (window**2).sum(-1)) ** 0.75
    return out

# %% 6.3 wrong · alpha multiplies k as well
def local_response(maps, k, n, alpha, beta):
    N = maps.shape[-1]
    out = np.zeros(maps.shape)
    for i in range(N):
        window = maps[..., max(0, i - n // 2) : min(N - 1, i + n // 2) + 1]
        out[..., i] = maps[..., i] / (alpha * (k + (window**2).sum(-1))) ** beta
    return out

# %% 6.3 wrong · squares the sum
def local_response(maps, k, n, alpha, beta):
    N = maps.shape[-1]
    out = np.zeros(maps.shape)
    for i in range(N):
        window = maps[..., max(0, i - n // 2) : min(N - 1, i + n // 2) + 1]
        out[..., i] = maps[..., i] / (k + alpha * window.sum(-1) ** 2) ** beta
    return out

# %% 6.4 right · the formula
def stacked(kernel_size, channels):
    depth = (kernel_size - 1) // 2
    return depth * 9 * channels**2, kernel_size**2 * channels**2

# %% 6.4 right · arithmetic.conv_parameters without biases
def stacked(kernel_size, channels):
    one = arithmetic.conv_parameters(3, channels, channels, bias=False)
    large = arithmetic.conv_parameters(kernel_size, channels, channels, bias=False)
    return kernel_size // 2 * one, large

# %% 6.4 right · adds layers until they see enough
def stacked(kernel_size, channels):
    field, weights = 1, 0
    while field < kernel_size:
        field += 2
        weights += 3 * 3 * channels * channels
    return (weights, kernel_size * kernel_size * channels * channels)

# %% 6.4 right · recursion
def stacked(kernel_size, channels):
    if kernel_size == 3:
        return 9 * channels**2, 9 * channels**2
    weights, _ = stacked(kernel_size - 2, channels)
    return weights + 9 * channels**2, (kernel_size * channels) ** 2

# %% 6.4 right · asks for the receptive field
def stacked(kernel_size, channels):
    count = 1
    while arithmetic.receptive_field([(3, 1)] * count) != kernel_size:
        count += 1
    return sum(9 * channels**2 for _ in range(count)), (2 * count + 1) ** 2 * channels**2

# %% 6.4 right · NumPy products of kernel shapes
def stacked(kernel_size, channels):
    shapes = [(3, 3, channels, channels)] * (kernel_size >> 1)
    return np.sum([np.prod(shape) for shape in shapes]), np.prod((kernel_size, kernel_size, channels, channels))

# %% 6.4 right · divmod and a generator
def stacked(kernel_size, channels):
    depth, _ = divmod(kernel_size, 2)
    return tuple(factor * channels * channels for factor in (9 * depth, kernel_size * kernel_size))

# %% 6.4 wrong · one layer too many
def stacked(kernel_size, channels):
    depth = (kernel_size + 1) // 2
    return depth * 9 * channels**2, kernel_size**2 * channels**2

# %% 6.4 wrong · a third of the kernel size as depth
def stacked(kernel_size, channels):
    # 3 and 5 come out right by luck if rounded up; 9 and 11 do not
    depth = -(-kernel_size // 3)
    return depth * 9 * channels**2, kernel_size**2 * channels**2

# %% 6.4 wrong · two less as depth
def stacked(kernel_size, channels):
    # right for 3 only
    depth = kernel_size - 2
    return depth * 9 * channels**2, kernel_size**2 * channels**2

# %% 6.4 wrong · biases counted
def stacked(kernel_size, channels):
    depth = (kernel_size - 1) // 2
    return depth * (9 * channels + 1) * channels, (kernel_size**2 * channels + 1) * channels

# %% 6.4 wrong · channels counted once
def stacked(kernel_size, channels):
    depth = (kernel_size - 1) // 2
    return depth * 9 * channels, kernel_size**2 * channels

# %% 6.4 wrong · large kernel first
def stacked(kernel_size, channels):
    depth = (kernel_size - 1) // 2
    return kernel_size**2 * channels**2, depth * 9 * channels**2

# %% 6.4 wrong · always three layers
def stacked(kernel_size, channels):
    return 3 * 9 * channels**2, kernel_size**2 * channels**2

# %% 6.4 wrong · the ratio of the two
def stacked(kernel_size, channels):
    depth = (kernel_size - 1) // 2
    return (depth * 9 * channels**2) / (kernel_size**2 * channels**2)

# %% 6.4 wrong · large kernel not squared
def stacked(kernel_size, channels):
    depth = (kernel_size - 1) // 2
    return depth * 9 * channels**2, kernel_size * channels**2

# %% 6.4 wrong · one layer of the stack only
def stacked(kernel_size, channels):
    return 9 * channels**2, kernel_size**2 * channels**2

# %% 6.4 wrong · field grows by three a layer
def stacked(kernel_size, channels):
    # right for 3 only; 5 would need 4/3 of a layer
    depth = kernel_size / 3
    return int(depth * 9 * channels**2), kernel_size**2 * channels**2

# %% 6.4 wrong · in units of C²
def stacked(kernel_size, channels):
    depth = (kernel_size - 1) // 2
    return 9 * depth, kernel_size**2

# %% 6.4 wrong · weights to the power of the depth
def stacked(kernel_size, channels):
    depth = (kernel_size - 1) // 2
    return (9 * channels**2) ** depth, (kernel_size * channels) ** 2

# %% 6.4 wrong · stack of depth K
def stacked(kernel_size, channels):
    return kernel_size * 9 * channels**2, kernel_size**2 * channels**2

# %% 6.5 right · functional, two loops
def small_vgg(repeats, filters, classes):
    inputs = keras.Input((32, 32, 3))
    x = inputs
    for count, width in zip(repeats, filters):
        for _ in range(count):
            x = layers.Conv2D(width, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Flatten()(x)
    x = layers.Dense(64, activation="relu")(x)
    x = layers.Dropout(0.5)(x)
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))

# %% 6.5 right · Sequential with add
def small_vgg(repeats, filters, classes):
    model = keras.Sequential()
    model.add(keras.Input(shape=(32, 32, 3)))
    for stage in range(len(repeats)):
        for _ in range(repeats[stage]):
            model.add(layers.Conv2D(filters[stage], (3, 3), padding="same"))
            model.add(layers.ReLU())
        model.add(layers.MaxPool2D(pool_size=(2, 2)))
    model.add(layers.Flatten())
    model.add(layers.Dense(64))
    model.add(layers.ReLU())
    model.add(layers.Dropout(0.5))
    model.add(layers.Dense(classes))
    model.add(layers.Softmax())
    return model

# %% 6.5 right · Activation layers and names
def small_vgg(repeats, filters, classes):
    images = keras.Input((32, 32, 3), name="images")
    x = images
    for s, (r, f) in enumerate(zip(repeats, filters, strict=True), start=1):
        for i in range(1, r + 1):
            x = layers.Conv2D(f, 3, strides=1, padding="same", name=f"conv{s}_{i}")(x)
            x = layers.Activation("relu", name=f"relu{s}_{i}")(x)
        x = layers.MaxPooling2D(2, strides=2, name=f"pool{s}")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Activation("relu")(layers.Dense(64, name="fc1")(x))
    x = layers.Dropout(rate=0.5, name="drop")(x)
    x = layers.Activation("softmax", name="probabilities")(layers.Dense(classes, name="fc2")(x))
    return keras.Model(inputs=images, outputs=x, name="small_vgg")

# %% 6.5 right · one nested Sequential a stage
def small_vgg(repeats, filters, classes):
    def stage(count, width):
        convolutions = [layers.Conv2D(width, 3, padding="same", activation="relu") for _ in range(count)]
        return keras.Sequential([*convolutions, layers.MaxPooling2D(2)])

    head = keras.Sequential([
        layers.Flatten(), layers.Dense(64, "relu"), layers.Dropout(0.5), layers.Dense(classes, "softmax"),
    ])
    inputs = keras.Input((32, 32, 3))
    x = inputs
    for pair in zip(repeats, filters):
        x = stage(*pair)(x)
    return keras.Model(inputs, head(x))

# %% 6.5 right · keras.activations called on tensors
def small_vgg(repeats, filters, classes):
    inputs = keras.Input((32, 32, 3))
    x = inputs
    for r, f in zip(repeats, filters):
        for _ in range(r):
            x = keras.activations.relu(layers.Conv2D(f, (3, 3), padding="same")(x))
        x = layers.MaxPooling2D((2, 2), (2, 2))(x)
    x = keras.activations.relu(layers.Dense(64)(layers.Flatten()(x)))
    x = layers.Dense(classes)(layers.Dropout(0.5)(x))
    return keras.Model(inputs, keras.activations.softmax(x))

# %% 6.5 right · keras.ops for the activations
def small_vgg(repeats, filters, classes):
    inputs = keras.Input((32, 32, 3))
    x = inputs
    for r, f in zip(repeats, filters):
        for _ in range(r):
            x = keras.ops.relu(layers.Conv2D(f, 3, padding="same")(x))
        x = layers.MaxPooling2D()(x)
    x = keras.ops.relu(layers.Dense(64)(layers.Flatten()(x)))
    x = layers.Dropout(0.5)(x)
    return keras.Model(inputs, keras.ops.softmax(layers.Dense(classes)(x), axis=-1))

# %% 6.5 right · one list of layers, He start
def small_vgg(repeats, filters, classes):
    same = dict(padding="same", activation="relu", kernel_initializer="he_uniform")
    widths = [[f] * r + [None] for r, f in zip(repeats, filters)]
    trunk = [layers.MaxPooling2D(2) if f is None else layers.Conv2D(f, 3, **same) for stage in widths for f in stage]
    head = [layers.Flatten(), layers.Dense(64, activation="relu"), layers.Dropout(0.5), layers.Dense(classes, activation="softmax")]
    return keras.Sequential([keras.Input((32, 32, 3))] + trunk + head)

# %% 6.5 right · recursion over the stages
def small_vgg(repeats, filters, classes):
    def stages(x, repeats, filters):
        if not repeats:
            return x
        for _ in range(repeats[0]):
            x = layers.Conv2D(filters[0], 3, padding="same", activation=keras.activations.relu)(x)
        return stages(layers.MaxPooling2D(2)(x), repeats[1:], filters[1:])

    inputs = keras.layers.Input((32, 32, 3))
    x = layers.Flatten()(stages(inputs, repeats, filters))
    x = layers.Dropout(0.5)(layers.Dense(64, activation=keras.activations.relu)(x))
    outputs = layers.Dense(classes, activation=keras.activations.softmax)(x)
    return keras.models.Model(inputs, outputs)

# %% 6.5 wrong · convolutions without ReLU
def small_vgg(repeats, filters, classes):
    inputs = keras.Input((32, 32, 3))
    x = inputs
    for count, width in zip(repeats, filters):
        for _ in range(count):
            x = layers.Conv2D(width, 3, padding="same")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Dropout(0.5)(layers.Dense(64, activation="relu")(layers.Flatten()(x)))
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))

# %% 6.5 wrong · no padding
def small_vgg(repeats, filters, classes):
    inputs = keras.Input((32, 32, 3))
    x = inputs
    for count, width in zip(repeats, filters):
        for _ in range(count):
            x = layers.Conv2D(width, 3, activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Dropout(0.5)(layers.Dense(64, activation="relu")(layers.Flatten()(x)))
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))

# %% 6.5 wrong · one convolution a stage
def small_vgg(repeats, filters, classes):
    inputs = keras.Input((32, 32, 3))
    x = inputs
    for width in filters:
        x = layers.Conv2D(width, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Dropout(0.5)(layers.Dense(64, activation="relu")(layers.Flatten()(x)))
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))

# %% 6.5 wrong · pooling after each convolution
def small_vgg(repeats, filters, classes):
    inputs = keras.Input((32, 32, 3))
    x = inputs
    for count, width in zip(repeats, filters):
        for _ in range(count):
            x = layers.Conv2D(width, 3, padding="same", activation="relu")(x)
            x = layers.MaxPooling2D(2)(x)
    x = layers.Dropout(0.5)(layers.Dense(64, activation="relu")(layers.Flatten()(x)))
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))

# %% 6.5 wrong · no dropout
def small_vgg(repeats, filters, classes):
    inputs = keras.Input((32, 32, 3))
    x = inputs
    for count, width in zip(repeats, filters):
        for _ in range(count):
            x = layers.Conv2D(width, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Dense(64, activation="relu")(layers.Flatten()(x))
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))

# %% 6.5 wrong · dropout of a twentieth
def small_vgg(repeats, filters, classes):
    inputs = keras.Input((32, 32, 3))
    x = inputs
    for count, width in zip(repeats, filters):
        for _ in range(count):
            x = layers.Conv2D(width, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Dropout(0.05)(layers.Dense(64, activation="relu")(layers.Flatten()(x)))
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))

# %% 6.5 wrong · dropout before the first dense layer
def small_vgg(repeats, filters, classes):
    inputs = keras.Input((32, 32, 3))
    x = inputs
    for count, width in zip(repeats, filters):
        for _ in range(count):
            x = layers.Conv2D(width, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Dropout(0.5)(layers.Flatten()(x))
    x = layers.Dense(64, activation="relu")(x)
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))

# %% 6.5 wrong · dropout on the probabilities
def small_vgg(repeats, filters, classes):
    inputs = keras.Input((32, 32, 3))
    x = inputs
    for count, width in zip(repeats, filters):
        for _ in range(count):
            x = layers.Conv2D(width, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Dense(64, activation="relu")(layers.Flatten()(x))
    x = layers.Dense(classes, activation="softmax")(x)
    return keras.Model(inputs, layers.Dropout(0.5)(x))

# %% 6.5 wrong · global average instead of Flatten
def small_vgg(repeats, filters, classes):
    inputs = keras.Input((32, 32, 3))
    x = inputs
    for count, width in zip(repeats, filters):
        for _ in range(count):
            x = layers.Conv2D(width, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Dense(64, activation="relu")(layers.GlobalAveragePooling2D()(x))
    x = layers.Dropout(0.5)(x)
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))

# %% 6.5 wrong · scores without softmax
def small_vgg(repeats, filters, classes):
    inputs = keras.Input((32, 32, 3))
    x = inputs
    for count, width in zip(repeats, filters):
        for _ in range(count):
            x = layers.Conv2D(width, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Dropout(0.5)(layers.Dense(64, activation="relu")(layers.Flatten()(x)))
    return keras.Model(inputs, layers.Dense(classes)(x))

# %% 6.5 wrong · sigmoid instead of softmax
def small_vgg(repeats, filters, classes):
    inputs = keras.Input((32, 32, 3))
    x = inputs
    for count, width in zip(repeats, filters):
        for _ in range(count):
            x = layers.Conv2D(width, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Dropout(0.5)(layers.Dense(64, activation="relu")(layers.Flatten()(x)))
    return keras.Model(inputs, layers.Dense(classes, activation="sigmoid")(x))

# %% 6.5 wrong · average pooling
def small_vgg(repeats, filters, classes):
    inputs = keras.Input((32, 32, 3))
    x = inputs
    for count, width in zip(repeats, filters):
        for _ in range(count):
            x = layers.Conv2D(width, 3, padding="same", activation="relu")(x)
        x = layers.AveragePooling2D(2)(x)
    x = layers.Dropout(0.5)(layers.Dense(64, activation="relu")(layers.Flatten()(x)))
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))

# %% 6.5 wrong · repeats and filters swapped
def small_vgg(repeats, filters, classes):
    inputs = keras.Input((32, 32, 3))
    x = inputs
    for width, count in zip(repeats, filters):
        for _ in range(count):
            x = layers.Conv2D(width, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Dropout(0.5)(layers.Dense(64, activation="relu")(layers.Flatten()(x)))
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))

# %% 6.5 wrong · ten classes whatever is asked
def small_vgg(repeats, filters, classes):
    inputs = keras.Input((32, 32, 3))
    x = inputs
    for count, width in zip(repeats, filters):
        for _ in range(count):
            x = layers.Conv2D(width, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Dropout(0.5)(layers.Dense(64, activation="relu")(layers.Flatten()(x)))
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(x))

# %% 6.5 wrong · no pooling after the last stage
def small_vgg(repeats, filters, classes):
    inputs = keras.Input((32, 32, 3))
    x = inputs
    for number, (count, width) in enumerate(zip(repeats, filters)):
        if number > 0:
            x = layers.MaxPooling2D(2)(x)
        for _ in range(count):
            x = layers.Conv2D(width, 3, padding="same", activation="relu")(x)
    x = layers.Dropout(0.5)(layers.Dense(64, activation="relu")(layers.Flatten()(x)))
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))

# %% 6.5 wrong · dense layer without ReLU
def small_vgg(repeats, filters, classes):
    inputs = keras.Input((32, 32, 3))
    x = inputs
    for count, width in zip(repeats, filters):
        for _ in range(count):
            x = layers.Conv2D(width, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Dropout(0.5)(layers.Dense(64)(layers.Flatten()(x)))
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))

# %% 6.5 wrong · ReLU once a stage
def small_vgg(repeats, filters, classes):
    inputs = keras.Input((32, 32, 3))
    x = inputs
    for count, width in zip(repeats, filters):
        for _ in range(count):
            x = layers.Conv2D(width, 3, padding="same")(x)
        x = layers.MaxPooling2D(2)(layers.ReLU()(x))
    x = layers.Dropout(0.5)(layers.Dense(64, activation="relu")(layers.Flatten()(x)))
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))

# %% 6.5 wrong · returns in the loop over the stages
def small_vgg(repeats, filters, classes):
    inputs = keras.Input((32, 32, 3))
    x = inputs
    for count, width in zip(repeats, filters):
        for _ in range(count):
            x = layers.Conv2D(width, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
        y = layers.Dropout(0.5)(layers.Dense(64, activation="relu")(layers.Flatten()(x)))
        return keras.Model(inputs, layers.Dense(classes, activation="softmax")(y))

# %% 6.5 wrong · grey images
def small_vgg(repeats, filters, classes):
    inputs = keras.Input((32, 32, 1))
    x = inputs
    for count, width in zip(repeats, filters):
        for _ in range(count):
            x = layers.Conv2D(width, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Dropout(0.5)(layers.Dense(64, activation="relu")(layers.Flatten()(x)))
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))

# %% 6.5 wrong · 4,096 units as in the paper
def small_vgg(repeats, filters, classes):
    inputs = keras.Input((32, 32, 3))
    x = inputs
    for count, width in zip(repeats, filters):
        for _ in range(count):
            x = layers.Conv2D(width, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Dropout(0.5)(layers.Dense(4096, activation="relu")(layers.Flatten()(x)))
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))

# %% 6.5 wrong · the tensor instead of the model
def small_vgg(repeats, filters, classes):
    inputs = keras.Input((32, 32, 3))
    x = inputs
    for count, width in zip(repeats, filters):
        for _ in range(count):
            x = layers.Conv2D(width, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Dropout(0.5)(layers.Dense(64, activation="relu")(layers.Flatten()(x)))
    return layers.Dense(classes, activation="softmax")(x)

# %% 6.5 wrong · every convolution reads the image of its stage
def small_vgg(repeats, filters, classes):
    # equal when every entry of repeats is 1
    inputs = keras.Input((32, 32, 3))
    before = inputs
    for count, width in zip(repeats, filters):
        for _ in range(count):
            x = layers.Conv2D(width, 3, padding="same", activation="relu")(before)
        before = layers.MaxPooling2D(2)(x)
    x = layers.Dropout(0.5)(layers.Dense(64, activation="relu")(layers.Flatten()(before)))
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))

# %% 6.5 wrong · batch normalisation added
def small_vgg(repeats, filters, classes):
    inputs = keras.Input((32, 32, 3))
    x = inputs
    for count, width in zip(repeats, filters):
        for _ in range(count):
            x = layers.Conv2D(width, 3, padding="same")(x)
            x = layers.ReLU()(layers.BatchNormalization()(x))
        x = layers.MaxPooling2D(2)(x)
    x = layers.Dropout(0.5)(layers.Dense(64, activation="relu")(layers.Flatten()(x)))
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))

# %% 6.6 right · functional, three convolutions written out
def small_nin(blocks, classes):
    inputs = keras.Input((32, 32, 3))
    x = inputs
    for kernel_size, filters in blocks:
        x = layers.Conv2D(filters, kernel_size, padding="same", activation="relu")(x)
        x = layers.Conv2D(filters, 1, padding="same", activation="relu")(x)
        x = layers.Conv2D(filters, 1, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Conv2D(classes, 1, activation="relu")(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Softmax()(x))

# %% 6.6 right · Sequential, padding only where it matters
def small_nin(blocks, classes):
    model = keras.Sequential([keras.Input((32, 32, 3))])
    for size, filters in blocks:
        model.add(layers.Conv2D(filters, size, padding="same", activation="relu"))
        for _ in range(2):
            model.add(layers.Conv2D(filters, 1, activation="relu"))
        model.add(layers.MaxPool2D(2))
    model.add(layers.Conv2D(classes, 1, activation="relu"))
    model.add(layers.GlobalAvgPool2D())
    model.add(layers.Activation("softmax"))
    return model

# %% 6.6 right · loop over the kernel sizes, ReLU layers
def small_nin(blocks, classes):
    inputs = x = keras.Input((32, 32, 3))
    for kernel_size, filters in blocks:
        for size in (kernel_size, 1, 1):
            x = layers.Conv2D(filters, (size, size), padding="same")(x)
            x = layers.ReLU()(x)
        x = layers.MaxPooling2D((2, 2), strides=(2, 2))(x)
    x = layers.ReLU()(layers.Conv2D(classes, (1, 1), padding="same")(x))
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Softmax()(x)
    return keras.Model(inputs=inputs, outputs=x)

# %% 6.6 right · a nested Sequential for each mlpconv
def small_nin(blocks, classes):
    def mlpconv(kernel_size, filters):
        return keras.Sequential([
            layers.Conv2D(filters, kernel_size, padding="same", activation="relu"),
            layers.Conv2D(filters, 1, activation="relu"),
            layers.Conv2D(filters, 1, activation="relu"),
        ])

    inputs = keras.Input((32, 32, 3))
    x = inputs
    for block in blocks:
        x = layers.MaxPooling2D()(mlpconv(*block)(x))
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(classes, 1, activation="relu")(x))
    return keras.Model(inputs, layers.Softmax()(x), name="nin")

# %% 6.6 right · keras.activations and names
def small_nin(blocks, classes):
    inputs = keras.Input((32, 32, 3))
    x = inputs
    for i, (kernel_size, filters) in enumerate(blocks):
        for j, size in enumerate([kernel_size, 1, 1]):
            x = layers.Conv2D(filters, size, padding="same", name=f"conv{i}_{j}")(x)
            x = keras.activations.relu(x)
        x = layers.MaxPooling2D(2, name=f"pool{i}")(x)
    x = keras.activations.relu(layers.Conv2D(classes, 1, name="class_maps")(x))
    x = layers.GlobalAveragePooling2D(name="average")(x)
    return keras.Model(inputs, keras.activations.softmax(x))

# %% 6.6 right · keras.ops for the activations, softmax too
def small_nin(blocks, classes):
    inputs = keras.Input((32, 32, 3))
    x = inputs
    for kernel_size, filters in blocks:
        x = keras.ops.relu(layers.Conv2D(filters, kernel_size, padding="same")(x))
        x = keras.ops.relu(layers.Conv2D(filters, 1)(x))
        x = keras.ops.relu(layers.Conv2D(filters, 1)(x))
        x = layers.MaxPooling2D(2)(x)
    x = keras.ops.relu(layers.Conv2D(classes, 1)(x))
    return keras.Model(inputs, keras.ops.softmax(layers.GlobalAveragePooling2D()(x)))

# %% 6.6 right · one list by comprehension
def small_nin(blocks, classes):
    trunk = [
        layer
        for kernel_size, filters in blocks
        for layer in (
            *(layers.Conv2D(filters, k, padding="same", activation="relu") for k in (kernel_size, 1, 1)),
            layers.MaxPooling2D(2),
        )
    ]
    head = [layers.Conv2D(classes, 1, padding="same", activation="relu"), layers.GlobalAveragePooling2D(), layers.Softmax()]
    return keras.Sequential([layers.Input((32, 32, 3)), *trunk, *head])

# %% 6.6 wrong · one 1×1 convolution only
def small_nin(blocks, classes):
    inputs = keras.Input((32, 32, 3))
    x = inputs
    for kernel_size, filters in blocks:
        x = layers.Conv2D(filters, kernel_size, padding="same", activation="relu")(x)
        x = layers.Conv2D(filters, 1, activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Conv2D(classes, 1, activation="relu")(x)
    return keras.Model(inputs, layers.Softmax()(layers.GlobalAveragePooling2D()(x)))

# %% 6.6 wrong · softmax before the average
def small_nin(blocks, classes):
    inputs = keras.Input((32, 32, 3))
    x = inputs
    for kernel_size, filters in blocks:
        for size in (kernel_size, 1, 1):
            x = layers.Conv2D(filters, size, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Conv2D(classes, 1, activation="relu")(x)
    return keras.Model(inputs, layers.GlobalAveragePooling2D()(layers.Softmax()(x)))

# %% 6.6 wrong · no ReLU on the class maps
def small_nin(blocks, classes):
    inputs = keras.Input((32, 32, 3))
    x = inputs
    for kernel_size, filters in blocks:
        for size in (kernel_size, 1, 1):
            x = layers.Conv2D(filters, size, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Conv2D(classes, 1)(x)
    return keras.Model(inputs, layers.Softmax()(layers.GlobalAveragePooling2D()(x)))

# %% 6.6 wrong · large kernel without padding
def small_nin(blocks, classes):
    inputs = keras.Input((32, 32, 3))
    x = inputs
    for kernel_size, filters in blocks:
        for size in (kernel_size, 1, 1):
            x = layers.Conv2D(filters, size, activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Conv2D(classes, 1, activation="relu")(x)
    return keras.Model(inputs, layers.Softmax()(layers.GlobalAveragePooling2D()(x)))

# %% 6.6 wrong · global maximum
def small_nin(blocks, classes):
    inputs = keras.Input((32, 32, 3))
    x = inputs
    for kernel_size, filters in blocks:
        for size in (kernel_size, 1, 1):
            x = layers.Conv2D(filters, size, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Conv2D(classes, 1, activation="relu")(x)
    return keras.Model(inputs, layers.Softmax()(layers.GlobalMaxPooling2D()(x)))

# %% 6.6 wrong · dense head
def small_nin(blocks, classes):
    inputs = keras.Input((32, 32, 3))
    x = inputs
    for kernel_size, filters in blocks:
        for size in (kernel_size, 1, 1):
            x = layers.Conv2D(filters, size, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Flatten()(x)
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))

# %% 6.6 wrong · averages first, then a dense layer
def small_nin(blocks, classes):
    # as many parameters as asked for, but the ReLU comes after the average
    inputs = keras.Input((32, 32, 3))
    x = inputs
    for kernel_size, filters in blocks:
        for size in (kernel_size, 1, 1):
            x = layers.Conv2D(filters, size, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dense(classes, activation="relu")(x)
    return keras.Model(inputs, layers.Softmax()(x))

# %% 6.6 wrong · no softmax
def small_nin(blocks, classes):
    inputs = keras.Input((32, 32, 3))
    x = inputs
    for kernel_size, filters in blocks:
        for size in (kernel_size, 1, 1):
            x = layers.Conv2D(filters, size, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Conv2D(classes, 1, activation="relu")(x)
    return keras.Model(inputs, layers.GlobalAveragePooling2D()(x))

# %% 6.6 wrong · pair read the other way round
def small_nin(blocks, classes):
    inputs = keras.Input((32, 32, 3))
    x = inputs
    for filters, kernel_size in blocks:
        for size in (kernel_size, 1, 1):
            x = layers.Conv2D(filters, size, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Conv2D(classes, 1, activation="relu")(x)
    return keras.Model(inputs, layers.Softmax()(layers.GlobalAveragePooling2D()(x)))

# %% 6.6 wrong · large kernel three times
def small_nin(blocks, classes):
    inputs = keras.Input((32, 32, 3))
    x = inputs
    for kernel_size, filters in blocks:
        for _ in range(3):
            x = layers.Conv2D(filters, kernel_size, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Conv2D(classes, 1, activation="relu")(x)
    return keras.Model(inputs, layers.Softmax()(layers.GlobalAveragePooling2D()(x)))

# %% 6.6 wrong · 1×1 convolutions without ReLU
def small_nin(blocks, classes):
    inputs = keras.Input((32, 32, 3))
    x = inputs
    for kernel_size, filters in blocks:
        x = layers.Conv2D(filters, kernel_size, padding="same", activation="relu")(x)
        x = layers.Conv2D(filters, 1)(x)
        x = layers.Conv2D(filters, 1)(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Conv2D(classes, 1, activation="relu")(x)
    return keras.Model(inputs, layers.Softmax()(layers.GlobalAveragePooling2D()(x)))

# %% 6.6 wrong · no pooling after the last block
def small_nin(blocks, classes):
    inputs = keras.Input((32, 32, 3))
    x = inputs
    for i, (kernel_size, filters) in enumerate(blocks):
        for size in (kernel_size, 1, 1):
            x = layers.Conv2D(filters, size, padding="same", activation="relu")(x)
        if i < len(blocks) - 1:
            x = layers.MaxPooling2D(2)(x)
    x = layers.Conv2D(classes, 1, activation="relu")(x)
    return keras.Model(inputs, layers.Softmax()(layers.GlobalAveragePooling2D()(x)))

# %% 6.6 wrong · average pooling between the blocks
def small_nin(blocks, classes):
    inputs = keras.Input((32, 32, 3))
    x = inputs
    for kernel_size, filters in blocks:
        for size in (kernel_size, 1, 1):
            x = layers.Conv2D(filters, size, padding="same", activation="relu")(x)
        x = layers.AveragePooling2D(2)(x)
    x = layers.Conv2D(classes, 1, activation="relu")(x)
    return keras.Model(inputs, layers.Softmax()(layers.GlobalAveragePooling2D()(x)))

# %% 6.6 wrong · 3×3 for the class maps
def small_nin(blocks, classes):
    inputs = keras.Input((32, 32, 3))
    x = inputs
    for kernel_size, filters in blocks:
        for size in (kernel_size, 1, 1):
            x = layers.Conv2D(filters, size, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Conv2D(classes, 3, padding="same", activation="relu")(x)
    return keras.Model(inputs, layers.Softmax()(layers.GlobalAveragePooling2D()(x)))

# %% 6.6 wrong · softmax twice
def small_nin(blocks, classes):
    inputs = keras.Input((32, 32, 3))
    x = inputs
    for kernel_size, filters in blocks:
        for size in (kernel_size, 1, 1):
            x = layers.Conv2D(filters, size, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Conv2D(classes, 1, activation="softmax")(x)
    return keras.Model(inputs, layers.Softmax()(layers.GlobalAveragePooling2D()(x)))

# %% 6.6 wrong · overlapping pooling as in the paper
def small_nin(blocks, classes):
    inputs = keras.Input((32, 32, 3))
    x = inputs
    for kernel_size, filters in blocks:
        for size in (kernel_size, 1, 1):
            x = layers.Conv2D(filters, size, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
    x = layers.Conv2D(classes, 1, activation="relu")(x)
    return keras.Model(inputs, layers.Softmax()(layers.GlobalAveragePooling2D()(x)))

# %% 6.6 wrong · dropout added
def small_nin(blocks, classes):
    inputs = keras.Input((32, 32, 3))
    x = inputs
    for kernel_size, filters in blocks:
        for size in (kernel_size, 1, 1):
            x = layers.Conv2D(filters, size, padding="same", activation="relu")(x)
        x = layers.Dropout(0.5)(layers.MaxPooling2D(2)(x))
    x = layers.Conv2D(classes, 1, activation="relu")(x)
    return keras.Model(inputs, layers.Softmax()(layers.GlobalAveragePooling2D()(x)))

# %% 6.6 wrong · returns nothing
def small_nin(blocks, classes):
    inputs = keras.Input((32, 32, 3))
    x = inputs
    for kernel_size, filters in blocks:
        for size in (kernel_size, 1, 1):
            x = layers.Conv2D(filters, size, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Conv2D(classes, 1, activation="relu")(x)
    model = keras.Model(inputs, layers.Softmax()(layers.GlobalAveragePooling2D()(x)))
