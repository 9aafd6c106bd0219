"""The exercises of chapter 07: Inception and batch normalisation."""

from typing import Any

import numpy as np

from workbook.exercises import Exercise, Inputs, Mistake
from workbook.exercises.models import observe_model, same_model


def _cost_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw maps that are not square, and widths that all differ."""
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
    """Count the parameters (with biases) and the MACs of a 1×1 convolution and the larger one after it."""
    height, width, channels = shape
    first = channels * reduced
    second = kernel_size**2 * reduced * filters
    return first + reduced + second + filters, height * width * (first + second)


def _cost(shape: tuple[int, int, int], k: int, reduced: int, filters: int, **wrong: Any) -> tuple[int, int]:
    """Count as `bottleneck_cost`; `wrong` sets what a mistake has instead."""
    height, width, channels = shape
    first = wrong.get("first", channels * reduced)
    second = wrong.get("second", k * k * reduced * filters)
    places = wrong.get("places", height * width)
    biases = wrong.get("biases", reduced + filters)
    return first + second + biases, places * (first + second + wrong.get("added", 0))


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
            lambda shape, k, reduced, filters: _cost(shape, k, reduced, filters, biases=0),
            "The parameters lack the biases: one for each of the `reduced` and each of the `filters` filters.",
        ),
        Mistake(
            "forgets the biases of the 1×1",
            lambda shape, k, reduced, filters: _cost(shape, k, reduced, filters, biases=filters),
            "The 1×1 convolution is a layer like any other: its `reduced` filters have a bias each.",
        ),
        Mistake(
            "leaves the 1×1 out",
            lambda shape, k, reduced, filters: _cost(shape, k, reduced, filters, first=0),
            "The 1×1 convolution is missing. It is cheap and not free: C·reduced weights, used at every pixel.",
        ),
        Mistake(
            "lets the large kernel read all channels",
            lambda shape, k, reduced, filters: _cost(
                shape, k, reduced, filters, second=k * k * shape[2] * filters
            ),
            "The large kernel still reads all C channels. It stands after the 1×1, so that it reads only `reduced`.",
        ),
        Mistake(
            "counts biases as MACs",
            lambda shape, k, reduced, filters: _cost(shape, k, reduced, filters, added=reduced + filters),
            "The biases are among the MACs. A MAC is a multiplication with its addition; a bias is only added.",
        ),
        Mistake(
            "takes every map for square",
            lambda shape, k, reduced, filters: _cost(shape, k, reduced, filters, places=shape[0] ** 2),
            "The number of places is height · width; this squares the height.",
        ),
    ),
    hints=(
        "Two layers, one after the other: C → reduced by 1×1, reduced → filters by F×F.",
        "Weights: C·reduced, then F·F·reduced·filters. Every weight is used once for each pixel.",
        "Parameters are both layers' weights, + reduced + filters; MACs are both layers' weights · height · width.",
    ),
)


def _module_cases(rng: np.random.Generator) -> list[Inputs]:
    widths = tuple(int(one) for one in rng.choice(np.arange(2, 20), 6, replace=False))
    return [((14, 18, 24), (8, 6, 12, 2, 4, 3)), ((9, 7, int(rng.integers(5, 16))), widths)]


def _module(shape: tuple[int, int, int], widths: tuple[int, ...], wrong: str = "") -> Any:
    """Build figure 2b's module, or one of the mistakes with it."""
    import keras
    from keras import layers

    def conv(x: Any, filters: int, size: int) -> Any:
        bare = wrong == "linear" and size == 1
        return layers.Conv2D(filters, size, padding="same", activation=None if bare else "relu")(x)

    one, reduce3, three, reduce5, five, projection = widths
    inputs = keras.Input(shape)
    pool = {
        "mean": layers.AveragePooling2D(3, strides=1, padding="same"),
        "shrinks": layers.MaxPooling2D(3, strides=1),
    }.get(wrong, layers.MaxPooling2D(3, strides=1, padding="same"))
    small = conv(inputs, one, 1)
    middle = conv(inputs if wrong == "naive" else conv(inputs, reduce3, 1), three, 3)
    below = {"naive": inputs, "series": middle}.get(wrong)
    large = conv(conv(inputs, reduce5, 1) if below is None else below, five, 5)
    last = pool(conv(inputs, projection, 1)) if wrong == "before" else pool(inputs)
    last = last if wrong in ("naive", "before") else conv(last, projection, 1)
    branches = [small, middle, large, last]
    return keras.Model(inputs, layers.Concatenate()(branches[::-1] if wrong == "order" else branches))


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
            "The 1×1 of the fourth branch stands before the pooling. In the table it comes after.",
        ),
        Mistake(
            "leaves the ReLU of the 1×1 out",
            lambda shape, widths: _module(shape, widths, "linear"),
            "The 1×1 convolutions have no activation. Every convolution of the module ends with a ReLU.",
        ),
        Mistake(
            "lets the branches shrink",
            lambda shape, widths: _module(shape, widths, "shrinks"),
            "The branches have different heights and widths and cannot be joined. Every layer needs "
            '`padding="same"`, and the pooling `strides=1` as well: its default is the window\'s size.',
        ),
        Mistake(
            "averages instead of taking the maximum",
            lambda shape, widths: _module(shape, widths, "mean"),
            "The fourth branch takes means. The table asks for `MaxPooling2D`.",
        ),
        Mistake(
            "puts the branches in series",
            lambda shape, widths: _module(shape, widths, "series"),
            "The 5×5 branch reads the output of the 3×3. All four branches start from the module's input.",
        ),
        Mistake(
            "joins the branches in another order",
            lambda shape, widths: _module(shape, widths, "order"),
            "The branches are right and joined in another order. The table's is: 1×1, 3×3, 5×5, pooling.",
        ),
    ),
    hints=(
        "Begin with `inputs = keras.Input(shape)`; each branch starts from `inputs`, not from the branch before.",
        'The second branch: `b = layers.Conv2D(reduce3, 1, activation="relu")(inputs)`, then a `Conv2D(three, 3, '
        'padding="same", activation="relu")(b)`.',
        'The fourth: `layers.MaxPooling2D(3, strides=1, padding="same")(inputs)`, then the 1×1. Last: '
        "`layers.Concatenate()([a, b, c, d])`.",
    ),
)


def _norm_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw batches with channels of different centre and spread; ε is large, so that its place shows."""
    cases = []
    for shape in ((4, 5, 3, 2), (3, 2, 4, 5), (6, 1, 1, 3), (2, 3, 5, 4)):
        spread, centre = rng.uniform(0.2, 0.8, shape[-1]), rng.uniform(1, 3, shape[-1])
        gamma, beta = rng.uniform(1.5, 3, shape[-1]), rng.uniform(0.3, 1, shape[-1])
        drawn = rng.normal(size=shape) + np.arange(shape[0])[:, None, None, None]  # images differ
        cases.append((drawn * spread + centre, gamma, beta, float(rng.uniform(0.1, 0.4))))
    cases[1][0][..., 0] = 1.5  # a channel that does not vary
    return cases


def batch_norm(x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, epsilon: float) -> np.ndarray:
    """Normalise each channel over the batch and all places, then scale and shift it."""
    mean = x.mean(axis=(0, 1, 2))
    variance = ((x - mean) ** 2).mean(axis=(0, 1, 2))
    return gamma * (x - mean) / np.sqrt(variance + epsilon) + beta


def _normalised(x: np.ndarray, gamma: Any, beta: Any, epsilon: float, axes: Any) -> np.ndarray:
    """Normalise over other axes."""
    mean, variance = x.mean(axis=axes, keepdims=True), x.var(axis=axes, keepdims=True)
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
            "One mean and one variance for all channels together. Each channel has its own: take them over the axes "
            "(0, 1, 2) and leave the last one.",
        ),
        Mistake(
            "normalises each place by itself",
            lambda x, gamma, beta, epsilon: _normalised(x, gamma, beta, epsilon, 0),
            "The statistics are taken over the batch alone, for each place by itself. After a convolution a channel is "
            "the same feature at every place, so height and width count too: axis=(0, 1, 2).",
        ),
        Mistake(
            "normalises each image by itself",
            lambda x, gamma, beta, epsilon: _normalised(x, gamma, beta, epsilon, (1, 2)),
            "Each image is normalised by itself; that is called instance normalisation. Here the batch (axis 0) "
            "is part of the mean.",
        ),
        Mistake(
            "normalises over the channels",
            lambda x, gamma, beta, epsilon: _normalised(x, gamma, beta, epsilon, -1),
            "The statistics run over the channels of one pixel; that is layer normalisation. Keep the channels "
            "apart, and take the mean over all the other axes.",
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
            "ε is added to the root. In the paper and in Keras it stands inside: √(variance + ε).",
        ),
        Mistake(
            "leaves ε out where it is not needed",
            lambda x, gamma, beta, epsilon: (
                gamma * (x - x.mean((0, 1, 2))) / np.maximum(x.std((0, 1, 2)), np.sqrt(epsilon) * 1e-3) + beta
            ),
            "ε is missing. It is part of the formula, √(variance + ε), and not only a guard against zero.",
        ),
        Mistake(
            "divides the variance by m − 1",
            lambda x, gamma, beta, epsilon: (
                gamma * (x - x.mean((0, 1, 2))) / np.sqrt(x.var((0, 1, 2), ddof=1) + epsilon) + beta
            ),
            "The variance divides by m − 1. In training mode it is the plain mean of the squared distances: 1/m.",
        ),
        Mistake(
            "forgets γ and β",
            lambda x, gamma, beta, epsilon: _normalised(x, 1.0, 0.0, epsilon, (0, 1, 2)),
            "The last step is missing: γ · x̂ + β.",
        ),
    ),
    hints=(
        "m counts everything that a channel has in the batch: batch · height · width values.",
        "`mean = x.mean(axis=(0, 1, 2))` has one number a channel, and broadcasts against (batch, H, W, C).",
        "`gamma * (x - mean) / np.sqrt(x.var(axis=(0, 1, 2)) + epsilon) + beta`",
    ),
)


def _moving_cases(rng: np.random.Generator) -> list[Inputs]:
    cases = []
    for count, shape in ((3, (4, 3, 2, 3)), (1, (2, 3, 5, 2)), (5, (3, 2, 2, 4))):
        drawn = [rng.normal(size=shape) * rng.uniform(1.5, 3) + rng.uniform(1, 4) for _ in range(count)]
        cases.append((drawn, float(rng.uniform(0.6, 0.9))))
    return cases


def moving_statistics(batches: list[np.ndarray], momentum: float) -> tuple[np.ndarray, np.ndarray]:
    """Follow Keras's moving mean and variance of each channel through the batches."""
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
    return np.mean(means, axis=0), np.mean([batch.var(axis=(0, 1, 2)) for batch in batches], axis=0)


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
            "Old and new are exchanged. In Keras `momentum` is what stays of the old value; PyTorch's momentum is the "
            "share of the new one, so that Keras's .9 is PyTorch's .1.",
        ),
        Mistake(
            "starts the variance at zero",
            lambda batches, momentum: _moving(batches, momentum, start=0.0),
            "The moving variance starts at 1, as Keras has it (and the moving mean at 0).",
        ),
        Mistake(
            "keeps the standard deviation",
            lambda batches, momentum: _moving(batches, momentum, root=True),
            "These are averages of standard deviations. The variance is kept; the root is taken when it is used.",
        ),
        Mistake(
            "divides the variance by m − 1",
            lambda batches, momentum: _moving(batches, momentum, ddof=1),
            "The batch's variance divides by m − 1. Keras keeps the same variance that it normalises with: 1/m.",
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
            "Only the last batch has left a trace. Update the same two arrays batch after batch.",
        ),
    ),
    hints=(
        "Start with `np.zeros(channels)` and `np.ones(channels)`, and go through the batches in order.",
        "`mean = momentum * mean + (1 - momentum) * batch.mean(axis=(0, 1, 2))`, and the variance likewise.",
    ),
)


def _step_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw arrays of several shapes; ε is large, so that its place shows."""
    cases = []
    for shape in ((4,), (3, 2), (2, 1, 3)):
        weights, gradient = rng.normal(size=shape), rng.normal(size=shape) + 0.5
        average, rate = rng.uniform(0.1, 2, shape), float(rng.uniform(0.05, 0.3))
        cases.append(
            (weights, gradient, average, rate, float(rng.uniform(0.6, 0.9)), float(rng.uniform(0.1, 0.5)))
        )
    cases[1][2][...] = 0  # the first step of all
    return cases


def rmsprop_step(
    weights: np.ndarray,
    gradient: np.ndarray,
    average: np.ndarray,
    learning_rate: float,
    rho: float,
    epsilon: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Take one step of RMSProp as Keras does; give the new weights and the new average of squares."""
    average = rho * average + (1 - rho) * gradient**2
    return weights - learning_rate * gradient / np.sqrt(average + epsilon), average


def _outside(w: Any, g: Any, a: Any, rate: float, rho: float, epsilon: float) -> Any:
    a = rho * a + (1 - rho) * g**2
    return w - rate * g / (np.sqrt(a) + epsilon), a


def _no_root(w: Any, g: Any, a: Any, rate: float, rho: float, epsilon: float) -> Any:
    a = rho * a + (1 - rho) * g**2
    return w - rate * g / (a + epsilon), a


def _late(w: Any, g: Any, a: Any, rate: float, rho: float, epsilon: float) -> Any:
    return w - rate * g / np.sqrt(a + epsilon), rho * a + (1 - rho) * g**2


def _unsquared(w: Any, g: Any, a: Any, rate: float, rho: float, epsilon: float) -> Any:
    a = rho * a + (1 - rho) * np.abs(g)
    return w - rate * g / np.sqrt(a + epsilon), a


def _climbs(w: Any, g: Any, a: Any, rate: float, rho: float, epsilon: float) -> Any:
    a = rho * a + (1 - rho) * g**2
    return w + rate * g / np.sqrt(a + epsilon), a


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
            _outside,
            "ε is added to the root. Keras, and the formula above, have it inside: √(average + ε).",
        ),
        Mistake(
            "divides without the root",
            _no_root,
            "This divides by the average of squares itself. Its root has the unit of a gradient: that is the RMS.",
        ),
        Mistake(
            "steps with the old average",
            _late,
            "The step divides by the average as it was. Update it first: the present gradient belongs to it.",
        ),
        Mistake(
            "averages the gradients, not their squares",
            _unsquared,
            "The average is taken over the sizes of the gradients. RMSProp averages their *squares*.",
        ),
        Mistake(
            "exchanges old and new",
            lambda w, g, a, rate, rho, epsilon: rmsprop_step(w, g, a, rate, 1 - rho, epsilon),
            "ρ is the share of the *old* average; the new square gets 1 − ρ.",
        ),
        Mistake(
            "climbs",
            _climbs,
            "The step goes up the gradient. Subtract it, to make the loss smaller.",
        ),
    ),
    hints=(
        "Two lines: first the new average of squares, then the weights with that average.",
        "`average = rho * average + (1 - rho) * gradient**2`",
        "`weights - learning_rate * gradient / np.sqrt(average + epsilon)`; return both, weights first.",
    ),
)


def _label_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw labels of several numbers of classes; one case is the text's."""
    drawn = [(np.array([3, 0, 9]), 10, 0.1)]
    for count, classes in ((4, 5), (6, 3), (2, 7)):
        labels = rng.integers(0, classes, count)
        labels[0], labels[1] = classes - 1, 0
        drawn.append((labels, classes, float(rng.uniform(0.15, 0.4))))
    return drawn


def smooth_labels(labels: np.ndarray, classes: int, epsilon: float) -> np.ndarray:
    """Mix one-hot labels with the uniform distribution."""
    return (1 - epsilon) * np.eye(classes)[labels] + epsilon / classes


def _mixed(labels: np.ndarray, classes: int, true: float, other: float) -> np.ndarray:
    return np.where(np.eye(classes)[labels] == 1, true, other)


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
            lambda labels, classes, epsilon: _mixed(labels, classes, 1 - epsilon, epsilon / (classes - 1)),
            "This gives 1 − ε to the true class and ε/(K − 1) to the others, a common misprint. In the paper and in "
            "Keras ε is spread over *all* K classes: 1 − ε + ε/K and ε/K.",
        ),
        Mistake(
            "forgets the true class's own share",
            lambda labels, classes, epsilon: _mixed(labels, classes, 1 - epsilon, epsilon / classes),
            "The rows do not add up to 1. The true class gets a share of ε as well: 1 − ε + ε/K.",
        ),
        Mistake(
            "adds without taking away",
            lambda labels, classes, epsilon: _mixed(
                labels, classes, 1 + epsilon / classes, epsilon / classes
            ),
            "ε/K is added everywhere, and nothing is taken from the true class: multiply the one-hot label by "
            "1 − ε first.",
        ),
        Mistake(
            "gives ε to every other class",
            lambda labels, classes, epsilon: _mixed(labels, classes, 1 - epsilon, epsilon),
            "Each other class gets all of ε. It is divided by the number of classes.",
        ),
        Mistake(
            "leaves the labels hard",
            lambda labels, classes, epsilon: np.eye(classes)[labels],
            "These are the one-hot labels, not smoothed yet.",
        ),
    ),
    hints=(
        "`np.eye(classes)[labels]` is one-hot, (n, K).",
        "Keep 1 − ε of it, and spread ε evenly over all K classes: each gets ε/K, the true one too.",
        "`(1 - epsilon) * np.eye(classes)[labels] + epsilon / classes`",
    ),
)

EXERCISES = (
    BOTTLENECK,
    MODULE,
    BATCH_NORM,
    MOVING,
    RMSPROP,
    SMOOTHING,
)
