"""The exercises of chapter 06: from LeNet-5 to AlexNet and VGG."""

from typing import Any

import numpy as np

from workbook.exercises import Exercise, Inputs, Mistake, value_exercise
from workbook.exercises.models import observe_model, same_model

# 6.1 Where 227 comes from


def _size_cases(rng: np.random.Generator) -> list[Inputs]:
    """Return the paper's two sizes, and draw one for every remainder of a division by 4."""
    drawn = [4 * int(rng.integers(20, 110)) + rest for rest in (2, 3, 0, 1)]
    return [(227,), (224,), *((size,) for size in drawn)]


def _sizes(
    size: int, *, padding: int = 0, pool_size: int = 3, round_up: bool = False, first_place: int = 1
) -> tuple[int, ...]:
    """Return the sizes after conv1 and the three poolings; the options turn them into a mistake's."""
    size += 2 * padding
    sizes = []
    for window, strides in ((11, 4), (pool_size, 2), (pool_size, 2), (pool_size, 2)):
        room = size - window
        steps = -(-room // strides) if round_up else room // strides
        size = steps + first_place
        sizes.append(size)
    return tuple(sizes)


def _sizes_with_padded_conv1(size: int) -> tuple[int, ...]:
    """Return the sizes if conv1 pads, so that its output is ceil(size / 4)."""
    output_size = -(-size // 4)
    return _sizes(4 * (output_size - 1) + 11)


SIZES = Exercise(
    id="6.1",
    title="Where 227 comes from",
    answer_name="alexnet_sizes",
    section="AlexNet",
    minutes=6,
    points=2,
    cases=_size_cases,
    reference=lambda size: _sizes(size),
    mistakes=(
        Mistake(
            "forgets the first window",
            lambda size: _sizes(size, first_place=0),
            "This counts the steps of the window. It has one place more: floor((size − window) / strides) **+ 1**.",
        ),
        Mistake(
            "pools without overlap",
            lambda size: _sizes(size, pool_size=2),
            "These are the sizes of 2×2 pooling. AlexNet's pooling windows overlap: 3×3 with strides 2.",
        ),
        Mistake(
            "rounds up",
            lambda size: _sizes(size, round_up=True),
            "This counts a last window that hangs over the edge. Keras drops it: round down.",
        ),
        Mistake(
            "pads the first convolution",
            _sizes_with_padded_conv1,
            'This pads the first convolution. It has `padding="valid"`: only conv2 to conv5 keep their size.',
        ),
        Mistake(
            "adds two pixels all round",
            lambda size: _sizes(size, padding=2),
            "This adds two pixels on each side, as some libraries do to get 55 from a 224 image. Add nothing here.",
        ),
    ),
    hints=(
        "conv2 to conv5 keep the size. Four layers change it: conv1 and the three poolings.",
        "Each is floor((size − window) / strides) + 1: window 11 and strides 4, then three times window 3, strides 2.",
        "Write a small function of (size, window, strides), and call it four times, each time on the previous "
        "result.",
    ),
)


# 6.2 Two towers

TOWERS = {"conv1": 34944, "conv2": 307456, "conv3": 885120, "conv4": 663936, "conv5": 442624}

TWO_TOWERS = value_exercise(
    id="6.2",
    title="Two towers",
    answer_name="parameters",
    section="Two towers",
    minutes=8,
    points=2,
    reference=TOWERS,
    mistakes=(
        Mistake(
            "ignores the towers",
            {"conv1": 34944, "conv2": 614656, "conv3": 885120, "conv4": 1327488, "conv5": 884992},
            "This lets every filter read all maps below. In conv2, conv4 and conv5 it reads only those of its own "
            "tower, which is half of them.",
        ),
        Mistake(
            "splits conv3 too",
            {**TOWERS, "conv3": 442752},
            "This splits conv3 as well. The towers meet in conv3: its filters read all 256 maps.",
        ),
        Mistake(
            "counts one tower",
            {"conv1": 17472, "conv2": 153728, "conv3": 442560, "conv4": 331968, "conv5": 221312},
            "This counts one of the two towers. Both belong to the network: count all filters.",
        ),
        Mistake(
            "forgets the biases",
            {"conv1": 34848, "conv2": 307200, "conv3": 884736, "conv4": 663552, "conv5": 442368},
            "This counts only the weights. Every filter also has a bias, however many maps it reads.",
        ),
        Mistake(
            "takes a quarter",
            {"conv1": 34944, "conv2": 153856, "conv3": 885120, "conv4": 332160, "conv5": 221440},
            "In conv2, conv4 and conv5 this halves the maps that a filter reads *and* the number of filters, which "
            "gives one tower. There are two towers: halve only the maps.",
        ),
    ),
    hints=(
        "An ordinary layer has (F·F·C + 1)·filters parameters. C is the number of maps that one filter reads.",
        "C is 3 for conv1, 96 / 2 = 48 for conv2, and 256 for conv3. What is it for conv4 and conv5?",
        "conv2 is (5·5·48 + 1)·256; in conv4 and conv5 a filter reads 384 / 2 = 192 maps.",
    ),
)


# 6.3 Local response normalisation


def _response_cases(rng: np.random.Generator) -> list[Inputs]:
    cases = []
    for shape, n in (((2, 3, 7), 5), ((3, 4, 6), 2), ((1, 2, 8), 4), ((4, 3, 5), 3)):
        k, alpha, beta = rng.uniform((1.5, 0.6, 0.4), (3.0, 0.9, 0.9)).round(2).tolist()
        cases.append((rng.uniform(1.0, 4.0, shape), k, n, alpha, beta))
    return cases


def local_response(maps: np.ndarray, k: float, n: int, alpha: float, beta: float) -> np.ndarray:
    """Divide each activation by a power of the activations of the neighbouring channels at the same place."""
    result = np.empty_like(maps)
    for i in range(maps.shape[-1]):
        window = maps[..., max(0, i - n // 2) : i + n // 2 + 1]
        result[..., i] = maps[..., i] / (k + alpha * np.sum(window**2, axis=-1)) ** beta
    return result


def _window_sums(values: np.ndarray, before: int, after: int) -> np.ndarray:
    """Return for each channel i the sum over the channels i − before to i + after, cut off at the ends."""
    channels = range(values.shape[-1])
    sums = [values[..., max(0, i - before) : i + after + 1].sum(axis=-1) for i in channels]
    return np.stack(sums, axis=-1)


def _exactly_n(maps: np.ndarray, k: float, n: int, alpha: float, beta: float) -> np.ndarray:
    """Span n channels also where n is even: i − n // 2 to i + (n − 1) // 2."""
    return maps / (k + alpha * _window_sums(maps**2, n // 2, (n - 1) // 2)) ** beta


def _wrapped(maps: np.ndarray, k: float, n: int, alpha: float, beta: float) -> np.ndarray:
    energy = sum(np.roll(maps**2, shift, axis=-1) for shift in range(-(n // 2), n // 2 + 1))
    return maps / (k + alpha * energy) ** beta


def _negative_start(maps: np.ndarray, k: float, n: int, alpha: float, beta: float) -> np.ndarray:
    channels = range(maps.shape[-1])
    windows = [maps[..., i - n // 2 : i + n // 2 + 1] for i in channels]
    energy = np.stack([(window**2).sum(axis=-1) for window in windows], axis=-1)
    return maps / (k + alpha * energy) ** beta


def _unsquared(maps: np.ndarray, k: float, n: int, alpha: float, beta: float) -> np.ndarray:
    return maps / (k + alpha * _window_sums(maps, n // 2, n // 2)) ** beta


def _one_short(maps: np.ndarray, k: float, n: int, alpha: float, beta: float) -> np.ndarray:
    return maps / (k + alpha * _window_sums(maps**2, n // 2, n // 2 - 1)) ** beta


def _mean_of_squares(maps: np.ndarray, k: float, n: int, alpha: float, beta: float) -> np.ndarray:
    counts = _window_sums(np.ones_like(maps), n // 2, n // 2)
    return maps / (k + alpha * _window_sums(maps**2, n // 2, n // 2) / counts) ** beta


def _neighbours_only(maps: np.ndarray, k: float, n: int, alpha: float, beta: float) -> np.ndarray:
    return maps / (k + alpha * (_window_sums(maps**2, n // 2, n // 2) - maps**2)) ** beta


RESPONSE = Exercise(
    id="6.3",
    title="Local response normalisation",
    answer_name="local_response",
    section="Local response normalisation",
    minutes=12,
    points=3,
    cases=_response_cases,
    groups=lambda maps, k, n, *powers: "n is odd" if n % 2 else "n is even",
    reference=local_response,
    mistakes=(
        Mistake(
            "spans n channels where n is even",
            _exactly_n,
            "For an even n this window misses its last channel. By the formula it runs from i − n//2 to i + n//2, "
            "both included: n = 2 spans three channels.",
        ),
        Mistake(
            "wraps round at the ends",
            _wrapped,
            "At the first and last channels this window goes on at the other end. Cut it off there: begin the slice at "
            "`max(0, …)`.",
        ),
        Mistake(
            "begins the slice at a negative number",
            _negative_start,
            "The window of the first channels begins at a negative number, which counts from the end, so the slice is "
            "empty or holds other channels. Begin it at `max(0, i - n // 2)`.",
        ),
        Mistake(
            "divides alpha by n",
            lambda maps, k, n, alpha, beta: local_response(maps, k, n, alpha / n, beta),
            "This divides α by n, as some libraries do. The paper's formula does not.",
        ),
        Mistake(
            "does not square",
            _unsquared,
            "This adds up the activations. The formula adds up their squares.",
        ),
        Mistake(
            "forgets the power",
            lambda maps, k, n, alpha, beta: local_response(maps, k, n, alpha, 1.0),
            "The denominator has no exponent. Raise it to the power β.",
        ),
        Mistake(
            "sums over all channels",
            lambda maps, k, n, alpha, beta: local_response(maps, k, 2 * maps.shape[-1], alpha, beta),
            "This sums over all channels. Only the neighbours count: *local* response normalisation.",
        ),
        Mistake(
            "leaves the last neighbour out",
            _one_short,
            "The last channel of each window is missing, because a slice stops *before* its end. End it at "
            "`i + n // 2 + 1`.",
        ),
        Mistake(
            "averages the squares",
            _mean_of_squares,
            "This takes the mean of the squares. The formula adds them up: use `.sum`.",
        ),
        Mistake(
            "does not count the channel itself",
            _neighbours_only,
            "The channel itself is missing from its own window. The sum goes over all channels from i − n//2 to "
            "i + n//2, including i.",
        ),
    ),
    hints=(
        "Go through the channels, and leave rows and columns to NumPy: `maps[..., i]` is a whole map.",
        "The window of channel i is `maps[..., max(0, i - n // 2) : i + n // 2 + 1]`; at the end NumPy cuts it off.",
        "`(window ** 2).sum(axis=-1)` adds up the squares at each place, (height, width).",
    ),
)

# 6.4 Small kernels, stacked

STACKED = Exercise(
    id="6.4",
    title="Small kernels, stacked",
    answer_name="stacked",
    section="VGG",
    minutes=6,
    points=1,
    cases=lambda rng: [(size, int(rng.integers(20, 300))) for size in (5, 7, 9, 11, 3)],
    reference=lambda kernel_size, channels: (
        9 * channels**2 * (kernel_size // 2),
        kernel_size**2 * channels**2,
    ),
    mistakes=(
        Mistake(
            "fits the small kernels side by side",
            lambda kernel_size, channels: (
                9 * channels**2 * (kernel_size // 3),
                kernel_size**2 * channels**2,
            ),
            "This counts kernels side by side. They are stacked: the first sees 3 pixels, and each further one adds "
            "2, so two see 5 and three see 7.",
        ),
        Mistake(
            "counts one layer of the stack",
            lambda kernel_size, channels: (9 * channels**2, kernel_size**2 * channels**2),
            "This counts one 3×3 layer. It takes several to see as far as the large kernel: add them up.",
        ),
        Mistake(
            "reads one channel",
            lambda kernel_size, channels: (9 * channels * (kernel_size // 2), kernel_size**2 * channels),
            "This multiplies the window by C. Each of the C filters spans all C channels: multiply by C².",
        ),
        Mistake(
            "adds biases",
            lambda kernel_size, channels: (
                (9 * channels + 1) * channels * (kernel_size // 2),
                (kernel_size**2 * channels + 1) * channels,
            ),
            "This counts the biases too. The exercise asks for the weights alone.",
        ),
        Mistake(
            "swaps the two",
            lambda kernel_size, channels: (
                kernel_size**2 * channels**2,
                9 * channels**2 * (kernel_size // 2),
            ),
            "The two numbers are exchanged. The order is (stack of 3×3, one large kernel).",
        ),
    ),
    hints=(
        "How many 3×3 layers see 5 pixels, and how many see 7? The field grows by 2 with each layer.",
        "A kernel of K×K needs K // 2 layers of 3×3, each with 3·3·C·C weights.",
    ),
)


# 6.5 VGG from its table


def _small_vgg(
    repeats: tuple[int, ...],
    filters: tuple[int, ...],
    classes: int,
    *,
    padding: str = "same",
    activation: str | None = "relu",
    pool_always: bool = False,
    pool_last: bool = True,
    dropout: bool = True,
) -> Any:
    """Return the network of the table; the options turn it into a mistake."""
    import keras
    from keras import layers

    inputs = keras.Input((32, 32, 3))
    x = inputs
    for stage, (count, width) in enumerate(zip(repeats, filters, strict=True), start=1):
        for step in range(1, count + 1):
            x = layers.Conv2D(width, 3, padding=padding, activation=activation)(x)
            if pool_always and step < count:
                x = layers.MaxPooling2D(2)(x)
        if pool_last or stage < len(repeats):
            x = layers.MaxPooling2D(2)(x)
    x = layers.Flatten()(x)
    x = layers.Dense(64, activation="relu")(x)
    if dropout:
        x = layers.Dropout(0.5)(x)
    outputs = layers.Dense(classes, activation="softmax")(x)
    return keras.Model(inputs, outputs)


def _vgg_cases(rng: np.random.Generator) -> list[Inputs]:
    widths = (rng.permutation(8) + 3).tolist()
    return [
        ((2, 1, 2), tuple(widths[:3]), int(rng.integers(3, 12))),
        ((1, 2), tuple(widths[3:5]), int(rng.integers(3, 12))),
    ]


VGG_TABLE = Exercise(
    id="6.5",
    title="VGG from its table",
    answer_name="small_vgg",
    section="VGG",
    minutes=12,
    points=3,
    cases=_vgg_cases,
    reference=_small_vgg,
    observe=observe_model,
    compare=same_model(may_rescale=True),
    time_limit=30,
    mistakes=(
        Mistake(
            "pools after every convolution",
            lambda *inputs: _small_vgg(*inputs, pool_always=True),
            "This pools after every convolution. VGG pools once per stage, after its last convolution.",
        ),
        Mistake(
            "has one convolution per stage",
            lambda repeats, filters, classes: _small_vgg((1,) * len(repeats), filters, classes),
            "Only one convolution per stage has an effect. `repeats` says how many each stage has, and each reads the "
            "one before it.",
        ),
        Mistake(
            "does not pool at the end",
            lambda *inputs: _small_vgg(*inputs, pool_last=False),
            "The last stage is not pooled. Every stage ends with pooling, the last one too.",
        ),
        Mistake(
            "leaves the padding out",
            lambda *inputs: _small_vgg(*inputs, padding="valid"),
            "Without padding each convolution takes two pixels away. VGG keeps the size between poolings: set "
            '`padding="same"`.',
        ),
        Mistake(
            "keeps the first width",
            lambda repeats, filters, classes: _small_vgg(repeats, filters[:1] * len(filters), classes),
            "All stages have as many filters as the first. Pair repeats and filters with `zip`.",
        ),
        Mistake(
            "leaves the activation out",
            lambda *inputs: _small_vgg(*inputs, activation=None),
            'Without ReLU between them two 3×3 convolutions are one linear 5×5 convolution. Set `activation="relu"`.',
        ),
        Mistake(
            "leaves dropout out",
            lambda *inputs: _small_vgg(*inputs, dropout=False),
            "The dropout is missing. The table has it before the last layer.",
        ),
    ),
    hints=(
        "Two loops: `for count, width in zip(repeats, filters):`, and within it `for _ in range(count):`.",
        'Inside: `x = layers.Conv2D(width, 3, padding="same", activation="relu")(x)`. Pool once per stage.',
        "Then Flatten, Dense(64), Dropout(0.5) and Dense(classes), in this order, each called on `x`.",
    ),
)


# 6.6 A network of small networks


def _small_nin(
    blocks: tuple[tuple[int, int], ...],
    classes: int,
    *,
    small_layers: int = 2,
    small_kernels: bool = True,
    small_activation: str | None = "relu",
    head: str = "convolution",
    softmax: bool = True,
) -> Any:
    """Return the network of the table; the options turn it into a mistake."""
    import keras
    from keras import layers

    inputs = keras.Input((32, 32, 3))
    x = inputs
    for kernel_size, filters in blocks:
        x = layers.Conv2D(filters, kernel_size, padding="same", activation="relu")(x)
        small_size = 1 if small_kernels else kernel_size
        for _ in range(small_layers):
            x = layers.Conv2D(filters, small_size, padding="same", activation=small_activation)(x)
        x = layers.MaxPooling2D(2)(x)
    if head == "convolution":
        x = layers.Conv2D(classes, 1, activation="relu")(x)
        x = layers.GlobalAveragePooling2D()(x)
    else:
        x = layers.Flatten()(x) if head == "flatten" else layers.GlobalAveragePooling2D()(x)
        x = layers.Dense(classes)(x)
    if softmax:
        x = layers.Softmax()(x)
    return keras.Model(inputs, x)


def _nin_cases(rng: np.random.Generator) -> list[Inputs]:
    blocks = ((5, int(rng.integers(3, 12))), (3, int(rng.integers(3, 12))))
    classes = int(rng.integers(13, 20))
    one_block = ((3, int(rng.integers(3, 12))),)
    return [(blocks, classes), (one_block, int(rng.integers(2, 20)))]


NIN = Exercise(
    id="6.6",
    title="A network of small networks",
    answer_name="small_nin",
    section="Network in Network",
    minutes=10,
    points=3,
    cases=_nin_cases,
    reference=_small_nin,
    observe=observe_model,
    compare=same_model(may_rescale=True),
    time_limit=30,
    mistakes=(
        Mistake(
            "leaves out the ReLU of the class maps",
            lambda *inputs: _small_nin(*inputs, head="dense"),
            "The class maps pass no ReLU before their mean is taken (a dense layer after the pooling would compute the "
            "same). Here a 1×1 convolution with ReLU makes one map per class, and the mean of that map is the score.",
        ),
        Mistake(
            "flattens",
            lambda *inputs: _small_nin(*inputs, head="flatten"),
            "The head flattens the maps and needs a weight for each pixel. This network has no dense layer: use a "
            "1×1 convolution and global average pooling.",
        ),
        Mistake(
            "has one small layer per block",
            lambda *inputs: _small_nin(*inputs, small_layers=1),
            "This has one 1×1 convolution per block. The table has two after the large one.",
        ),
        Mistake(
            "repeats the large kernel",
            lambda *inputs: _small_nin(*inputs, small_kernels=False),
            "All three convolutions of a block have the large kernel. Only the first has it: the other two are 1×1.",
        ),
        Mistake(
            "leaves out the inner activations",
            lambda *inputs: _small_nin(*inputs, small_activation=None),
            "Without an activation the 1×1 convolutions are one linear map, which can be multiplied into the "
            'layer before. Set `activation="relu"`.',
        ),
        Mistake(
            "ends without a softmax",
            lambda *inputs: _small_nin(*inputs, softmax=False),
            "The outputs are scores, not probabilities. End with a softmax layer.",
        ),
    ),
    hints=(
        "Go through the blocks: `for kernel_size, filters in blocks:`, with three convolutions and a pooling inside.",
        'A 1×1 convolution is `layers.Conv2D(filters, 1, activation="relu")`.',
        'The head: `layers.Conv2D(classes, 1, activation="relu")`, then GlobalAveragePooling2D, then Softmax.',
    ),
)

EXERCISES = (SIZES, TWO_TOWERS, RESPONSE, STACKED, VGG_TABLE, NIN)
