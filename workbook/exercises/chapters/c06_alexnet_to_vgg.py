"""The exercises of chapter 06: from LeNet-5 to AlexNet and VGG."""

from typing import Any

import numpy as np

from workbook.exercises import Exercise, Inputs, Mistake, value_exercise
from workbook.exercises.models import observe_model, same_model


def _size_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw sizes that leave every remainder when divided by 4, beside the paper's two."""
    drawn = [4 * int(rng.integers(20, 110)) + rest for rest in (2, 3, 0, 1)]
    return [(227,), (224,), *((size,) for size in drawn)]


def _chain(
    size: int, *, first: int = 11, pool: int = 3, more: int = 1, up: int = 0, around: int = 0
) -> tuple:
    """Give the four sizes; the options turn them into a mistake's."""
    sizes = []
    for window, strides in ((first, 4), (pool, 2), (pool, 2), (pool, 2)):
        pad, around = around, 0
        size = (size + 2 * pad - window + up * (strides - 1)) // strides + more
        sizes.append(size)
    return tuple(sizes)


SIZES = Exercise(
    id="6.1",
    title="Where 227 comes from",
    answer_name="alexnet_sizes",
    section="AlexNet",
    minutes=6,
    points=2,
    cases=_size_cases,
    reference=lambda size: _chain(size),
    mistakes=(
        Mistake(
            "forgets the first window",
            lambda size: _chain(size, more=0),
            "A window has one place more than it has steps: floor((size − window) / strides) **+ 1**.",
        ),
        Mistake(
            "pools without overlap",
            lambda size: _chain(size, pool=2),
            "These are the sizes of 2×2 pooling. AlexNet's pooling windows overlap: 3×3 at strides 2.",
        ),
        Mistake(
            "rounds up",
            lambda size: _chain(size, up=1),
            "A last window that would hang over the edge is counted. Keras drops it: round down.",
        ),
        Mistake(
            "pads the first convolution",
            lambda size: _chain(4 * -(-size // 4) + 7),
            'The first convolution is `padding="valid"`: only conv2 to conv5 keep their size.',
        ),
        Mistake(
            "adds two pixels all round",
            lambda size: _chain(size, around=2),
            "Some libraries add two pixels on each side of a 224 image to get 55. Here nothing is added.",
        ),
    ),
    hints=(
        "conv2 to conv5 keep the size. Four layers change it: conv1 and the three poolings.",
        "Each is floor((size − window) / strides) + 1: window 11 and strides 4, then three times window 3, strides 2.",
        "Write a small function of (size, window, strides), and call it four times, each on the result before.",
    ),
)


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
            "Here every filter reads all maps below. In conv2, conv4 and conv5 it reads those of its own tower, half.",
        ),
        Mistake(
            "splits conv3 too",
            {**TOWERS, "conv3": 442752},
            "conv3 is where the towers meet: its filters read all 256 maps.",
        ),
        Mistake(
            "counts one tower",
            {"conv1": 17472, "conv2": 153728, "conv3": 442560, "conv4": 331968, "conv5": 221312},
            "That is one of the two towers. Both belong to the network: count all filters.",
        ),
        Mistake(
            "forgets the biases",
            {"conv1": 34848, "conv2": 307200, "conv3": 884736, "conv4": 663552, "conv5": 442368},
            "These are the weights alone. Every filter has a bias as well, whatever it reads.",
        ),
        Mistake(
            "takes a quarter",
            {"conv1": 34944, "conv2": 153856, "conv3": 885120, "conv4": 332160, "conv5": 221440},
            "Halving the maps that a filter reads *and* the filters gives one tower. There are two, so it is a half.",
        ),
    ),
    hints=(
        "An ordinary layer has (F·F·C + 1)·filters parameters, C being the number of maps that one filter reads.",
        "C is 3 for conv1, 96 / 2 = 48 for conv2, and 256 for conv3. Go on with conv4 and conv5.",
        "conv2 is (5·5·48 + 1)·256; in conv4 and conv5 a filter reads 384 / 2 = 192 maps.",
    ),
)


def _response_cases(rng: np.random.Generator) -> list[Inputs]:
    cases = []
    for shape, n in (((2, 3, 7), 5), ((3, 4, 6), 2), ((1, 2, 8), 4), ((4, 3, 5), 3)):
        k, alpha, beta = rng.uniform((1.5, 0.6, 0.4), (3.0, 0.9, 0.9)).round(2).tolist()
        cases.append((rng.uniform(1.0, 4.0, shape), k, n, alpha, beta))
    return cases


def local_response(maps: np.ndarray, k: float, n: int, alpha: float, beta: float) -> np.ndarray:
    """Divide each activation by what its neighbours in depth do at the same place."""
    result = np.empty_like(maps)
    for i in range(maps.shape[-1]):
        window = maps[..., max(0, i - n // 2) : i + n // 2 + 1]
        result[..., i] = maps[..., i] / (k + alpha * np.sum(window**2, axis=-1)) ** beta
    return result


def _exactly_n(maps: np.ndarray, k: float, n: int, alpha: float, beta: float) -> np.ndarray:
    """Span i − n // 2 to i + (n − 1) // 2: n channels, also where n is even."""
    result = np.empty_like(maps)
    for i in range(maps.shape[-1]):
        window = maps[..., max(0, i - n // 2) : i + (n + 1) // 2]
        result[..., i] = maps[..., i] / (k + alpha * np.sum(window**2, axis=-1)) ** beta
    return result


def _wrapped(maps: np.ndarray, k: float, n: int, alpha: float, beta: float) -> np.ndarray:
    energy = sum(np.roll(maps**2, shift, axis=-1) for shift in range(-(n // 2), n // 2 + 1))
    return maps / (k + alpha * energy) ** beta


def _unsquared(maps: np.ndarray, k: float, n: int, alpha: float, beta: float) -> np.ndarray:
    return maps * local_response(np.sqrt(maps), k, n, alpha, beta) / np.sqrt(maps)


RESPONSE = Exercise(
    id="6.3",
    title="Local response normalisation",
    answer_name="local_response",
    section="Local response normalisation",
    minutes=12,
    points=3,
    cases=_response_cases,
    reference=local_response,
    mistakes=(
        Mistake(
            "spans n channels where n is even",
            _exactly_n,
            "For an even n the window misses its last channel. By the formula it runs from i − n//2 to i + n//2, both "
            "included: n = 2 spans three channels.",
        ),
        Mistake(
            "wraps round at the ends",
            _wrapped,
            "At the first and the last channels the window goes on at the other end. Cut it off instead (a negative "
            "start of a slice counts from the end: use `max(0, …)`).",
        ),
        Mistake(
            "divides alpha by n",
            lambda maps, k, n, alpha, beta: local_response(maps, k, n, alpha / n, beta),
            "Some libraries divide α by n. The paper's formula does not.",
        ),
        Mistake(
            "does not square",
            _unsquared,
            "The activations are added up as they are. The formula adds their squares.",
        ),
        Mistake(
            "forgets the power",
            lambda maps, k, n, alpha, beta: local_response(maps, k, n, alpha, 1.0),
            "The denominator is not raised to the power β.",
        ),
        Mistake(
            "sums over all channels",
            lambda maps, k, n, alpha, beta: local_response(maps, k, 2 * maps.shape[-1], alpha, beta),
            "Every channel counts here. Only the neighbours do: *local* response normalisation.",
        ),
    ),
    hints=(
        "Go through the channels, and leave rows and columns to NumPy: `maps[..., i]` is a whole map.",
        "The window of channel i is `maps[..., max(0, i - n // 2) : i + n // 2 + 1]`; at the end NumPy cuts it off.",
        "`(window ** 2).sum(axis=-1)` adds up the squares at each place, (height, width).",
    ),
)


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
            "Stacked kernels do not lie side by side: the first sees 3 pixels, and each further one adds 2. Two see 5, "
            "three see 7.",
        ),
        Mistake(
            "counts one layer of the stack",
            lambda kernel_size, channels: (9 * channels**2, kernel_size**2 * channels**2),
            "That is one 3×3 layer. It takes several to see as far as the large kernel; add them up.",
        ),
        Mistake(
            "reads one channel",
            lambda kernel_size, channels: (9 * channels * (kernel_size // 2), kernel_size**2 * channels),
            "Each of the C filters spans all C channels: C² times the window, not C times.",
        ),
        Mistake(
            "adds biases",
            lambda kernel_size, channels: (
                (9 * channels + 1) * channels * (kernel_size // 2),
                (kernel_size**2 * channels + 1) * channels,
            ),
            "Biases are counted in. The question is about the weights alone.",
        ),
        Mistake(
            "swaps the two",
            lambda kernel_size, channels: (
                kernel_size**2 * channels**2,
                9 * channels**2 * (kernel_size // 2),
            ),
            "The order is (stack of 3×3, one large kernel).",
        ),
    ),
    hints=(
        "How many 3×3 layers see 5 pixels, how many 7? The field grows by 2 with each.",
        "A kernel of K×K needs K // 2 layers of 3×3, each with 3·3·C·C weights.",
    ),
)


def _vgg(repeats: tuple[int, ...], filters: tuple[int, ...], classes: int, **changes: Any) -> Any:
    """Build the network of exercise 6.5; `changes` turn it into one of the mistakes."""
    import keras
    from keras import layers

    x = inputs = keras.Input((32, 32, 3))
    settings: dict[str, Any] = {"padding": "same", "activation": "relu"}
    settings |= {name: value for name, value in changes.items() if name in settings}
    for stage, (count, width) in enumerate(zip(repeats, filters, strict=True)):
        for step in range(changes.get("count", count)):
            x = layers.Conv2D(changes.get("width", width), 3, **settings)(x)
            if changes.get("eager") and step < count - 1:
                x = layers.MaxPooling2D(2)(x)
        if stage < len(repeats) - changes.get("unpooled", 0):
            x = layers.MaxPooling2D(2)(x)
    x = layers.Dense(64, activation="relu")(layers.Flatten()(x))
    x = layers.Dropout(0.5)(x) if changes.get("dropout", True) else x
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))


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
    reference=lambda repeats, filters, classes: _vgg(repeats, filters, classes),
    observe=observe_model,
    compare=same_model(),
    time_limit=30,
    mistakes=(
        Mistake(
            "pools after every convolution",
            lambda *inputs: _vgg(*inputs, eager=True),
            "There is a pooling after every convolution. VGG pools once a stage, after the last convolution of it.",
        ),
        Mistake(
            "has one convolution a stage",
            lambda *inputs: _vgg(*inputs, count=1),
            "Each stage has one convolution. `repeats` says how many it has.",
        ),
        Mistake(
            "does not pool at the end",
            lambda *inputs: _vgg(*inputs, unpooled=1),
            "The last stage is not pooled. Every stage ends with pooling, the last one too.",
        ),
        Mistake(
            "leaves the padding out",
            lambda *inputs: _vgg(*inputs, padding="valid"),
            'Each convolution takes two pixels away. VGG keeps the size between poolings: `padding="same"`.',
        ),
        Mistake(
            "keeps the first width",
            lambda repeats, filters, classes: _vgg(repeats, filters, classes, width=filters[0]),
            "All stages have as many filters as the first. Pair repeats and filters: `zip`.",
        ),
        Mistake(
            "leaves the activation out",
            lambda *inputs: _vgg(*inputs, activation=None),
            "Without ReLU between them two 3×3 convolutions are one linear 5×5 convolution.",
        ),
        Mistake(
            "leaves dropout out",
            lambda *inputs: _vgg(*inputs, dropout=False),
            "The table has dropout before the last layer.",
        ),
    ),
    hints=(
        "Two loops: `for count, width in zip(repeats, filters):`, and within it `for _ in range(count):`.",
        'Inside: `x = layers.Conv2D(width, 3, padding="same", activation="relu")(x)`. Pool once a stage.',
        "Then Flatten, Dense(64), Dropout(0.5) and Dense(classes), one after another, each called on `x`.",
    ),
)


def _nin(blocks: tuple[tuple[int, int], ...], classes: int, **changes: Any) -> Any:
    """Build the network of exercise 6.6; `changes` turn it into one of the mistakes."""
    import keras
    from keras import layers

    x = inputs = keras.Input((32, 32, 3))
    for kernel_size, filters in blocks:
        x = layers.Conv2D(filters, kernel_size, padding="same", activation="relu")(x)
        for _ in range(changes.get("ones", 2)):
            size = kernel_size if changes.get("large") else 1
            x = layers.Conv2D(filters, size, padding="same", activation=changes.get("inner", "relu"))(x)
        x = layers.MaxPooling2D(2)(x)
    if changes.get("flat"):
        x = layers.Dense(classes)(layers.Flatten()(x))
    elif changes.get("dense"):
        x = layers.Dense(classes)(layers.GlobalAveragePooling2D()(x))
    else:
        x = layers.GlobalAveragePooling2D()(layers.Conv2D(classes, 1, activation="relu")(x))
    return keras.Model(inputs, layers.Softmax()(x) if changes.get("softmax", True) else x)


NIN = Exercise(
    id="6.6",
    title="A network of small networks",
    answer_name="small_nin",
    section="Network in Network",
    minutes=10,
    points=3,
    cases=lambda rng: [
        (((5, int(rng.integers(3, 12))), (3, int(rng.integers(3, 12)))), int(rng.integers(13, 20))),
        (((3, int(rng.integers(3, 12))),), int(rng.integers(2, 20))),
    ],
    reference=lambda blocks, classes: _nin(blocks, classes),
    observe=observe_model,
    compare=same_model(),
    time_limit=30,
    mistakes=(
        Mistake(
            "classifies with a dense layer",
            lambda *inputs: _nin(*inputs, dense=True),
            "A dense layer follows the pooling. Here the classes come first: a 1×1 convolution makes one map for each, "
            "and its mean is the score.",
        ),
        Mistake(
            "flattens",
            lambda *inputs: _nin(*inputs, flat=True),
            "The head flattens the maps and needs a weight for each pixel. This network has no dense layer.",
        ),
        Mistake(
            "has one small layer a block",
            lambda *inputs: _nin(*inputs, ones=1),
            "Each block has one 1×1 convolution. The table has two after the large one.",
        ),
        Mistake(
            "repeats the large kernel",
            lambda *inputs: _nin(*inputs, large=True),
            "All three convolutions of a block have the large kernel. Only the first has; the others are 1×1.",
        ),
        Mistake(
            "leaves out the inner activations",
            lambda *inputs: _nin(*inputs, inner=None),
            "1×1 convolutions without an activation are one linear map, and can be multiplied into the layer before.",
        ),
        Mistake(
            "ends without a softmax",
            lambda *inputs: _nin(*inputs, softmax=False),
            "The outputs are scores, not probabilities: the last layer is a softmax.",
        ),
    ),
    hints=(
        "Go through the blocks: `for kernel_size, filters in blocks:`, with three convolutions and a pooling inside.",
        'A 1×1 convolution is `layers.Conv2D(filters, 1, activation="relu")`.',
        'The head: `layers.Conv2D(classes, 1, activation="relu")`, then GlobalAveragePooling2D, then Softmax.',
    ),
)


EXERCISES = (SIZES, TWO_TOWERS, RESPONSE, STACKED, VGG_TABLE, NIN)
