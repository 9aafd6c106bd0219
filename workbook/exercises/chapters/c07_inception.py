"""The exercises of chapter 07: Inception and batch normalisation."""

from typing import Any

import numpy as np

from workbook.exercises import Exercise, Inputs, Mistake
from workbook.exercises.models import observe_model, same_model

# 7.1 The price of a bottleneck


def _cost_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw maps that are not square and widths that are all different, beside fixed ones."""
    height, width = rng.choice(np.arange(5, 30), 2, replace=False).tolist()
    channels, reduced, filters = rng.choice(np.arange(3, 120), 3, replace=False).tolist()
    drawn = ((height, width, channels), 5, reduced, filters)
    return [
        ((10, 10, 64), 5, 32, 64),
        drawn,
        ((7, 9, 48), 3, 6, 40),
        ((6, 5, 20), 7, 3, 11),
        ((3, 4, 8), 1, 5, 6),
    ]


def bottleneck_cost(
    shape: tuple[int, int, int], kernel_size: int, reduced: int, filters: int
) -> tuple[int, int]:
    """Return the parameters, biases included, and the MACs of a 1×1 convolution and the larger one after it."""
    height, width, channels = shape
    first = channels * reduced
    second = kernel_size**2 * reduced * filters
    return first + reduced + second + filters, height * width * (first + second)


def _cost(
    shape: tuple[int, int, int],
    kernel_size: int,
    reduced: int,
    filters: int,
    *,
    bottleneck: bool = True,
    reads_all: bool = False,
    biases: int | None = None,
    bias_macs: bool = False,
    square: bool = False,
) -> tuple[int, int]:
    """Count as `bottleneck_cost` does; each option makes one mistake."""
    height, width, channels = shape
    first = channels * reduced if bottleneck else 0
    second = kernel_size**2 * (channels if reads_all else reduced) * filters
    biases = reduced + filters if biases is None else biases
    places = height**2 if square else height * width
    macs = first + second + (biases if bias_macs else 0)
    return first + second + biases, places * macs


BOTTLENECK = Exercise(
    id="7.1",
    title="The price of a bottleneck",
    answer_name="bottleneck_cost",
    section="The bottleneck",
    minutes=8,
    points=2,
    cases=_cost_cases,
    reference=bottleneck_cost,
    mistakes=(
        Mistake(
            "forgets the biases",
            lambda *inputs: _cost(*inputs, biases=0),
            "The parameters lack the biases. Each of the `reduced` and each of the `filters` filters has one: add "
            "them.",
        ),
        Mistake(
            "forgets the biases of the 1×1",
            lambda shape, kernel_size, reduced, filters: _cost(
                shape, kernel_size, reduced, filters, biases=filters
            ),
            "This leaves out the biases of the 1×1 convolution. It is a layer like any other: each of its `reduced` "
            "filters has a bias.",
        ),
        Mistake(
            "leaves the 1×1 out",
            lambda *inputs: _cost(*inputs, bottleneck=False),
            "This leaves out the 1×1 convolution. It is cheap, but not free: it has C·reduced weights, used at "
            "every pixel.",
        ),
        Mistake(
            "lets the large kernel read all channels",
            lambda *inputs: _cost(*inputs, reads_all=True),
            "The large kernel still reads all C channels. It comes after the 1×1, so it reads only `reduced`.",
        ),
        Mistake(
            "counts biases as MACs",
            lambda *inputs: _cost(*inputs, bias_macs=True),
            "This counts the biases among the MACs. A MAC is a multiplication with its addition, and a bias is only "
            "added: leave it out.",
        ),
        Mistake(
            "takes every map for square",
            lambda *inputs: _cost(*inputs, square=True),
            "This squares the height. The number of places is height · width.",
        ),
    ),
    hints=(
        "Two layers, one after the other: C → reduced by 1×1, reduced → filters by F×F.",
        "Weights: C·reduced, then F·F·reduced·filters. Every weight is used once per pixel.",
        "The parameters are both layers' weights + reduced + filters. The MACs are both layers' weights · height · "
        "width.",
    ),
)


# 7.2 An inception module


def _module_cases(rng: np.random.Generator) -> list[Inputs]:
    widths = tuple(rng.choice(np.arange(2, 20), 6, replace=False).tolist())
    return [((14, 18, 24), (8, 6, 12, 2, 4, 3)), ((9, 7, int(rng.integers(5, 16))), widths)]


def _module(shape: tuple[int, int, int], widths: tuple[int, ...], mistake: str = "") -> Any:
    """Return the module of the paper's figure 2b, or one with a mistake."""
    import keras
    from keras import layers

    def conv(x: Any, filters: int, size: int) -> Any:
        activation = None if mistake == "linear" and size == 1 else "relu"
        return layers.Conv2D(filters, size, padding="same", activation=activation)(x)

    filters1, reduce3, filters3, reduce5, filters5, projection = widths
    if mistake == "mean":
        pool = layers.AveragePooling2D(3, strides=1, padding="same")
    else:
        pool = layers.MaxPooling2D(3, strides=1, padding="valid" if mistake == "shrinks" else "same")
    inputs = keras.Input(shape)
    if mistake == "naive":
        branch3 = conv(inputs, filters3, 3)
        branch5 = conv(inputs, filters5, 5)
        branch_pool = pool(inputs)
    else:
        branch3 = conv(conv(inputs, reduce3, 1), filters3, 3)
        branch5 = conv(branch3 if mistake == "series" else conv(inputs, reduce5, 1), filters5, 5)
        if mistake == "before":
            branch_pool = pool(conv(inputs, projection, 1))
        else:
            branch_pool = conv(pool(inputs), projection, 1)
    branches = [conv(inputs, filters1, 1), branch3, branch5, branch_pool]
    if mistake == "order":
        branches.reverse()
    return keras.Model(inputs, layers.Concatenate()(branches))


MODULE = Exercise(
    id="7.2",
    title="An inception module",
    answer_name="inception_module",
    section="A module with bottlenecks",
    minutes=12,
    points=3,
    cases=_module_cases,
    reference=_module,
    observe=observe_model,
    compare=same_model(),
    time_limit=30,
    mistakes=(
        Mistake(
            "leaves the bottlenecks out",
            lambda shape, widths: _module(shape, widths, "naive"),
            "This is the naive module: the large kernels read all channels, and the pooling passes all of them on. Put "
            "a 1×1 before the 3×3, one before the 5×5, and one after the pooling.",
        ),
        Mistake(
            "projects before the pooling",
            lambda shape, widths: _module(shape, widths, "before"),
            "This puts the 1×1 of the fourth branch before the pooling. In the table it comes after the pooling.",
        ),
        Mistake(
            "leaves the ReLU of the 1×1 out",
            lambda shape, widths: _module(shape, widths, "linear"),
            "The 1×1 convolutions have no activation. Every convolution of the module ends with a ReLU: set "
            '`activation="relu"`.',
        ),
        Mistake(
            "lets the branches shrink",
            lambda shape, widths: _module(shape, widths, "shrinks"),
            'The branches have different heights and widths and cannot be joined. Set `padding="same"` in every '
            "layer, and `strides=1` in the pooling, because its default is the window's size.",
        ),
        Mistake(
            "averages instead of taking the maximum",
            lambda shape, widths: _module(shape, widths, "mean"),
            "The fourth branch averages its windows. The table asks for `MaxPooling2D`.",
        ),
        Mistake(
            "puts the branches in series",
            lambda shape, widths: _module(shape, widths, "series"),
            "The 5×5 branch reads the output of the 3×3. All four branches start from the module's input.",
        ),
        Mistake(
            "joins the branches in another order",
            lambda shape, widths: _module(shape, widths, "order"),
            "The branches are right, but their order is not. Join them as in the table: 1×1, 3×3, 5×5, pooling.",
        ),
    ),
    hints=(
        "Begin with `inputs = keras.Input(shape)`; each branch starts from `inputs`, not from the branch before.",
        'The second branch: `b = layers.Conv2D(reduce3, 1, activation="relu")(inputs)`, then '
        '`layers.Conv2D(three, 3, padding="same", activation="relu")(b)`.',
        'The fourth: `layers.MaxPooling2D(3, strides=1, padding="same")(inputs)`, then the 1×1. Last: '
        "`layers.Concatenate()([a, b, c, d])`.",
    ),
)


# 7.3 Batch normalisation in NumPy


def _norm_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw batches whose channels differ in mean and spread; ε is large, so that its place matters."""
    cases = []
    for shape in ((4, 5, 3, 2), (3, 2, 4, 5), (6, 1, 1, 3), (2, 3, 5, 4)):
        spread = rng.uniform(0.2, 0.8, shape[-1])
        centre = rng.uniform(1, 3, shape[-1])
        gamma = rng.uniform(1.5, 3, shape[-1])
        beta = rng.uniform(0.3, 1, shape[-1])
        drawn = rng.normal(size=shape) + np.arange(shape[0])[:, None, None, None]  # the images differ
        cases.append((drawn * spread + centre, gamma, beta, float(rng.uniform(0.1, 0.4))))
    cases[1][0][..., 0] = 1.5  # a channel that does not vary
    return cases


def batch_norm(x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, epsilon: float) -> np.ndarray:
    """Normalise each channel over the batch and all places, then scale and shift it."""
    mean = x.mean(axis=(0, 1, 2))
    variance = ((x - mean) ** 2).mean(axis=(0, 1, 2))
    return gamma * (x - mean) / np.sqrt(variance + epsilon) + beta


def _normalised(x: np.ndarray, gamma: Any, beta: Any, epsilon: float, axes: Any) -> np.ndarray:
    """Return `x` normalised over `axes`, then scaled and shifted."""
    mean = x.mean(axis=axes, keepdims=True)
    variance = x.var(axis=axes, keepdims=True)
    return gamma * (x - mean) / np.sqrt(variance + epsilon) + beta


BATCH_NORM = Exercise(
    id="7.3",
    title="Batch normalisation in NumPy",
    answer_name="batch_norm",
    section="Batch normalisation",
    minutes=12,
    points=3,
    cases=_norm_cases,
    reference=batch_norm,
    mistakes=(
        Mistake(
            "takes one mean for everything",
            lambda x, gamma, beta, epsilon: _normalised(x, gamma, beta, epsilon, (0, 1, 2, 3)),
            "This takes one mean and one variance for all channels together. Each channel has its own: take them "
            "over the axes (0, 1, 2) and leave the last axis.",
        ),
        Mistake(
            "normalises each place by itself",
            lambda x, gamma, beta, epsilon: _normalised(x, gamma, beta, epsilon, 0),
            "This normalises each place over the batch alone. After a convolution a channel is the same feature at "
            "every place, so height and width count too: `axis=(0, 1, 2)`.",
        ),
        Mistake(
            "normalises each image by itself",
            lambda x, gamma, beta, epsilon: _normalised(x, gamma, beta, epsilon, (1, 2)),
            "This normalises each image separately, which is called instance normalisation. Here the mean runs over "
            "the batch (axis 0) as well.",
        ),
        Mistake(
            "normalises over the channels",
            lambda x, gamma, beta, epsilon: _normalised(x, gamma, beta, epsilon, -1),
            "This normalises over the channels of one pixel, which is layer normalisation. Keep the channels apart, "
            "and take the mean over all the other axes.",
        ),
        Mistake(
            "divides by the variance",
            lambda x, gamma, beta, epsilon: (
                gamma * (x - x.mean((0, 1, 2))) / (x.var((0, 1, 2)) + epsilon) + beta
            ),
            "This divides by the variance. Divide by its square root, which has the unit of x.",
        ),
        Mistake(
            "adds ε outside the root",
            lambda x, gamma, beta, epsilon: (
                gamma * (x - x.mean((0, 1, 2))) / (x.std((0, 1, 2)) + epsilon) + beta
            ),
            "This adds ε to the root. In the paper and in Keras it is inside: √(variance + ε).",
        ),
        Mistake(
            "leaves ε out where it is not needed",
            lambda x, gamma, beta, epsilon: (
                gamma * (x - x.mean((0, 1, 2))) / np.maximum(x.std((0, 1, 2)), np.sqrt(epsilon) * 1e-3) + beta
            ),
            "ε is missing. It is always part of the formula, √(variance + ε), and not only a guard against zero.",
        ),
        Mistake(
            "divides the variance by m − 1",
            lambda x, gamma, beta, epsilon: (
                gamma * (x - x.mean((0, 1, 2))) / np.sqrt(x.var((0, 1, 2), ddof=1) + epsilon) + beta
            ),
            "This divides the variance by m − 1. In training mode it is the plain mean of the squared distances: "
            "divide by m.",
        ),
        Mistake(
            "forgets γ and β",
            lambda x, gamma, beta, epsilon: _normalised(x, 1.0, 0.0, epsilon, (0, 1, 2)),
            "The last step is missing. Scale and shift the result: γ · x̂ + β.",
        ),
    ),
    hints=(
        "m counts all values of a channel in the batch: batch · height · width.",
        "`mean = x.mean(axis=(0, 1, 2))` has one number per channel, and broadcasts against (batch, H, W, C).",
        "`gamma * (x - mean) / np.sqrt(x.var(axis=(0, 1, 2)) + epsilon) + beta`",
    ),
)


# 7.4 Moving statistics


def _moving_cases(rng: np.random.Generator) -> list[Inputs]:
    cases = []
    for count, shape in ((3, (4, 3, 2, 3)), (1, (2, 3, 5, 2)), (5, (3, 2, 2, 4))):
        drawn = [rng.normal(size=shape) * rng.uniform(1.5, 3) + rng.uniform(1, 4) for _ in range(count)]
        cases.append((drawn, float(rng.uniform(0.6, 0.9))))
    return cases


def moving_statistics(batches: list[np.ndarray], momentum: float) -> tuple[np.ndarray, np.ndarray]:
    """Return Keras's moving mean and variance of each channel after the last batch."""
    channels = batches[0].shape[-1]
    mean, variance = np.zeros(channels), np.ones(channels)
    for batch in batches:
        mean = momentum * mean + (1 - momentum) * batch.mean(axis=(0, 1, 2))
        variance = momentum * variance + (1 - momentum) * batch.var(axis=(0, 1, 2))
    return mean, variance


def _moving(
    batches: list[np.ndarray], momentum: float, *, start: float = 1.0, ddof: int = 0, root: bool = False
) -> Any:
    channels = batches[0].shape[-1]
    mean, variance = np.zeros(channels), np.full(channels, start)
    for batch in batches:
        spread = batch.var(axis=(0, 1, 2), ddof=ddof)
        mean = momentum * mean + (1 - momentum) * batch.mean(axis=(0, 1, 2))
        variance = momentum * variance + (1 - momentum) * (np.sqrt(spread) if root else spread)
    return mean, variance


def _averaged(batches: list[np.ndarray], momentum: float) -> Any:
    means = [batch.mean(axis=(0, 1, 2)) for batch in batches]
    variances = [batch.var(axis=(0, 1, 2)) for batch in batches]
    return np.mean(means, axis=0), np.mean(variances, axis=0)


MOVING = Exercise(
    id="7.4",
    title="Moving statistics",
    answer_name="moving_statistics",
    section="Training and inference",
    minutes=8,
    points=2,
    cases=_moving_cases,
    reference=moving_statistics,
    mistakes=(
        Mistake(
            "gives the momentum to the new batch",
            lambda batches, momentum: _moving(batches, 1 - momentum),
            "Old and new are exchanged. In Keras `momentum` is the share of the old value. In PyTorch it is the "
            "share of the new one, so Keras's 0.9 is PyTorch's 0.1.",
        ),
        Mistake(
            "starts the variance at zero",
            lambda batches, momentum: _moving(batches, momentum, start=0.0),
            "This starts the moving variance at 0. Keras starts it at 1, and the moving mean at 0.",
        ),
        Mistake(
            "keeps the standard deviation",
            lambda batches, momentum: _moving(batches, momentum, root=True),
            "This averages standard deviations. Average the variances: the root is taken only when they are used.",
        ),
        Mistake(
            "divides the variance by m − 1",
            lambda batches, momentum: _moving(batches, momentum, ddof=1),
            "This divides the batch's variance by m − 1. Keras keeps the variance that it normalises with: divide "
            "by m.",
        ),
        Mistake(
            "averages all batches alike",
            _averaged,
            "This is the plain average over the batches. A moving average forgets: each step keeps `momentum` of "
            "the old value and adds 1 − `momentum` of the new one.",
        ),
        Mistake(
            "remembers the last batch only",
            lambda batches, momentum: _moving(batches[-1:], momentum),
            "This uses only the last batch. Update the same two arrays batch after batch.",
        ),
    ),
    hints=(
        "Start with `np.zeros(channels)` and `np.ones(channels)`, and go through the batches in order.",
        "`mean = momentum * mean + (1 - momentum) * batch.mean(axis=(0, 1, 2))`, and the same for the variance.",
    ),
)


# 7.5 One step of RMSProp


def _step_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw arrays of several shapes; ε is large, so that its place matters."""
    cases = []
    for shape in ((4,), (3, 2), (2, 1, 3)):
        weights = rng.normal(size=shape)
        gradient = rng.normal(size=shape) + 0.5
        average = rng.uniform(0.1, 2, shape)
        learning_rate, rho, epsilon = rng.uniform((0.05, 0.6, 0.1), (0.3, 0.9, 0.5)).tolist()
        cases.append((weights, gradient, average, learning_rate, rho, epsilon))
    cases[1][2][...] = 0  # as before the very first step
    return cases


def rmsprop_step(
    weights: np.ndarray,
    gradient: np.ndarray,
    average: np.ndarray,
    learning_rate: float,
    rho: float,
    epsilon: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Take one step of RMSProp as Keras does; return the new weights and the new average of squares."""
    average = rho * average + (1 - rho) * gradient**2
    return weights - learning_rate * gradient / np.sqrt(average + epsilon), average


def _moved(average: np.ndarray, squares: np.ndarray, rho: float) -> np.ndarray:
    return rho * average + (1 - rho) * squares


def _epsilon_outside(
    weights: np.ndarray,
    gradient: np.ndarray,
    average: np.ndarray,
    learning_rate: float,
    rho: float,
    epsilon: float,
) -> tuple[np.ndarray, np.ndarray]:
    average = _moved(average, gradient**2, rho)
    return weights - learning_rate * gradient / (np.sqrt(average) + epsilon), average


def _without_root(
    weights: np.ndarray,
    gradient: np.ndarray,
    average: np.ndarray,
    learning_rate: float,
    rho: float,
    epsilon: float,
) -> tuple[np.ndarray, np.ndarray]:
    average = _moved(average, gradient**2, rho)
    return weights - learning_rate * gradient / (average + epsilon), average


def _with_old_average(
    weights: np.ndarray,
    gradient: np.ndarray,
    average: np.ndarray,
    learning_rate: float,
    rho: float,
    epsilon: float,
) -> tuple[np.ndarray, np.ndarray]:
    step = learning_rate * gradient / np.sqrt(average + epsilon)
    return weights - step, _moved(average, gradient**2, rho)


def _unsquared(
    weights: np.ndarray,
    gradient: np.ndarray,
    average: np.ndarray,
    learning_rate: float,
    rho: float,
    epsilon: float,
) -> tuple[np.ndarray, np.ndarray]:
    average = _moved(average, np.abs(gradient), rho)
    return weights - learning_rate * gradient / np.sqrt(average + epsilon), average


RMSPROP = Exercise(
    id="7.5",
    title="One step of RMSProp",
    answer_name="rmsprop_step",
    section="RMSProp",
    minutes=8,
    points=2,
    cases=_step_cases,
    reference=rmsprop_step,
    mistakes=(
        Mistake(
            "adds ε outside the root",
            _epsilon_outside,
            "This adds ε to the root. In Keras, and in the formula above, it is inside: √(average + ε).",
        ),
        Mistake(
            "divides without the root",
            _without_root,
            "This divides by the average of squares itself. Divide by its root, the RMS, which has the unit of a "
            "gradient.",
        ),
        Mistake(
            "steps with the old average",
            _with_old_average,
            "This divides by the old average. Update it first: the current gradient belongs to it.",
        ),
        Mistake(
            "averages the gradients, not their squares",
            _unsquared,
            "This averages the absolute values of the gradients. RMSProp averages their *squares*.",
        ),
        Mistake(
            "exchanges old and new",
            lambda weights, gradient, average, learning_rate, rho, epsilon: rmsprop_step(
                weights, gradient, average, learning_rate, 1 - rho, epsilon
            ),
            "Old and new are exchanged. ρ is the share of the *old* average, and the new square gets 1 − ρ.",
        ),
        Mistake(
            "climbs",
            lambda weights, gradient, average, learning_rate, rho, epsilon: rmsprop_step(
                weights, gradient, average, -learning_rate, rho, epsilon
            ),
            "This steps up the gradient. Subtract the step, so that the loss becomes smaller.",
        ),
    ),
    hints=(
        "Two lines are enough: first the new average of squares, then the weights with that average.",
        "`average = rho * average + (1 - rho) * gradient**2`",
        "`weights - learning_rate * gradient / np.sqrt(average + epsilon)`; return both, weights first.",
    ),
)


# 7.6 Smooth labels


def _label_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw labels for several numbers of classes; the first case is the one of the text."""
    drawn = [(np.array([3, 0, 9]), 10, 0.1)]
    for count, classes in ((4, 5), (6, 3), (2, 7)):
        labels = rng.integers(0, classes, count)
        labels[0] = classes - 1
        labels[1] = 0
        drawn.append((labels, classes, float(rng.uniform(0.15, 0.4))))
    return [*drawn, (np.array([1, 3, 0]), 6, 0.2)]  # the last classes do not occur


def smooth_labels(labels: np.ndarray, classes: int, epsilon: float) -> np.ndarray:
    """Mix one-hot labels with the uniform distribution."""
    return (1 - epsilon) * np.eye(classes)[labels] + epsilon / classes


def _shared(labels: np.ndarray, classes: int, true_share: float, other_share: float) -> np.ndarray:
    return np.where(np.eye(classes)[labels] == 1, true_share, other_share)


SMOOTHING = Exercise(
    id="7.6",
    title="Smooth labels",
    answer_name="smooth_labels",
    section="Label smoothing",
    minutes=6,
    points=1,
    cases=_label_cases,
    reference=smooth_labels,
    mistakes=(
        Mistake(
            "shares ε among the other classes",
            lambda labels, classes, epsilon: _shared(labels, classes, 1 - epsilon, epsilon / (classes - 1)),
            "This gives 1 − ε to the true class and ε/(K − 1) to the others, a common misprint. In the paper and in "
            "Keras ε is spread over *all* K classes: 1 − ε + ε/K and ε/K.",
        ),
        Mistake(
            "forgets the true class's own share",
            lambda labels, classes, epsilon: _shared(labels, classes, 1 - epsilon, epsilon / classes),
            "The rows do not add up to 1. The true class also gets a share of ε: 1 − ε + ε/K.",
        ),
        Mistake(
            "adds without taking away",
            lambda labels, classes, epsilon: _shared(
                labels, classes, 1 + epsilon / classes, epsilon / classes
            ),
            "This adds ε/K everywhere and takes nothing from the true class. Multiply the one-hot label by 1 − ε "
            "first.",
        ),
        Mistake(
            "gives ε to every other class",
            lambda labels, classes, epsilon: _shared(labels, classes, 1 - epsilon, epsilon),
            "This gives all of ε to each other class. Divide it by the number of classes.",
        ),
        Mistake(
            "leaves the labels hard",
            lambda labels, classes, epsilon: np.eye(classes)[labels],
            "These are the one-hot labels. Keep 1 − ε of them, and spread ε over all classes.",
        ),
        Mistake(
            "has a column only for classes that occur",
            lambda labels, classes, epsilon: smooth_labels(labels, classes, epsilon)[:, : labels.max() + 1],
            "There are only as many columns as the largest label needs. Every class has a column, whether it occurs or "
            "not: `np.eye(classes)[labels]`.",
        ),
    ),
    hints=(
        "`np.eye(classes)[labels]` is one-hot, (n, K).",
        "Keep 1 − ε of it, and spread ε evenly over all K classes: each gets ε/K, the true one too.",
        "`(1 - epsilon) * np.eye(classes)[labels] + epsilon / classes`",
    ),
)

EXERCISES = (BOTTLENECK, MODULE, BATCH_NORM, MOVING, RMSPROP, SMOOTHING)
