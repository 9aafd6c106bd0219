"""The exercises of chapter 05: a first CNN."""

from typing import Any

import numpy as np

from workbook.exercises import Exercise, Inputs, Mistake, value_exercise
from workbook.exercises.models import observe_model, same_model

# 5.1 The loss that is minimised


def _loss_cases(rng: np.random.Generator) -> list[Inputs]:
    cases = []
    for batch, classes in ((4, 3), (7, 10), (2, 5), (12, 2)):
        probabilities = rng.dirichlet(np.ones(classes) * 0.7, batch) * 0.98 + 0.02 / classes
        cases.append((probabilities, rng.integers(0, classes, batch)))
    return cases


def cross_entropy(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean of −ln(the probability of the true class)."""
    return float(-np.log(_chosen(probabilities, labels)).mean())


def _chosen(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return probabilities[np.arange(len(labels)), labels]


CROSS_ENTROPY = Exercise(
    id="5.1",
    title="The loss that is minimised",
    answer_name="cross_entropy",
    section="What training minimises",
    minutes=8,
    points=2,
    cases=_loss_cases,
    reference=cross_entropy,
    mistakes=(
        Mistake(
            "forgets the minus",
            lambda probabilities, labels: np.log(_chosen(probabilities, labels)).mean(),
            "The sign is wrong. The logarithm of a probability is negative, and a loss must fall when the "
            "probability rises: put a minus in front.",
        ),
        Mistake(
            "adds up instead of averaging",
            lambda probabilities, labels: -np.log(_chosen(probabilities, labels)).sum(),
            "This adds up over the batch. Take the mean, so that the loss does not depend on the batch size.",
        ),
        Mistake(
            "takes the largest probability",
            lambda probabilities, labels: -np.log(probabilities.max(axis=1)).mean(),
            "This takes the largest probability of each row. Take the probability of the *true* class, however "
            "small it is.",
        ),
        Mistake(
            "takes another logarithm",
            lambda probabilities, labels: -np.log2(_chosen(probabilities, labels)).mean(),
            "This is the logarithm to base 2, which counts bits. Keras uses the natural logarithm, `np.log`.",
        ),
        Mistake(
            "takes every label in every row",
            lambda probabilities, labels: -np.log(probabilities[:, labels]).mean(),
            "`probabilities[:, labels]` takes all labels from every row. Pair each row with its own label: "
            "`probabilities[np.arange(len(labels)), labels]`.",
        ),
        Mistake(
            "averages over all classes",
            lambda probabilities, labels: -np.log(probabilities).mean(),
            "This averages over all classes. Only the probability of the true class counts: pick it with the labels "
            "first.",
        ),
        Mistake(
            "averages over the whole one-hot matrix",
            lambda probabilities, labels: cross_entropy(probabilities, labels) / probabilities.shape[1],
            "The sum over the one-hot matrix is divided by all its entries, most of which are 0. Divide by the number "
            "of rows: sum over each row first, `.sum(axis=1)`, then take the mean.",
        ),
    ),
    hints=(
        "First pick one number per row: the probability that the network gave to the true class.",
        "`probabilities[np.arange(len(labels)), labels]` picks them. The shape is (batch,).",
        "`-np.log(picked).mean()`",
    ),
)


# 5.2 LeNet-5 by hand

LENET = {"C1": 156, "C3": 2416, "C5": 48120, "F6": 10164, "output": 850}

LENET_BY_HAND = value_exercise(
    id="5.2",
    title="LeNet-5 by hand",
    answer_name="parameters",
    section="LeNet-5",
    minutes=8,
    points=2,
    reference=LENET,
    mistakes=(
        Mistake(
            "forgets the biases",
            {"C1": 150, "C3": 2400, "C5": 48000, "F6": 10080, "output": 840},
            "This counts only the weights. Every filter and every unit also has a bias.",
        ),
        Mistake(
            "forgets the depth",
            {"C1": 156, "C3": 416, "C5": 3120, "F6": 10164, "output": 850},
            "This counts flat filters in C3 and C5. They span all maps below: 6 for C3, 16 for C5.",
        ),
        Mistake(
            "gives every map below a bias",
            {"C1": 156, "C3": 2496, "C5": 49920, "F6": 10164, "output": 850},
            "This counts a bias for each map that a filter reads. A filter has one bias, however many maps it reads.",
        ),
        Mistake(
            "uses the sparse C3 of the paper",
            {"C1": 156, "C3": 1516, "C5": 48120, "F6": 10164, "output": 850},
            "1,516 is the paper's C3, in which each filter reads only some of the six maps. Here each filter reads "
            "all six.",
        ),
        Mistake(
            "forgets the pooling before C5",
            {"C1": 156, "C3": 2416, "C5": 192120, "F6": 10164, "output": 850},
            "This counts C5 on the 10×10 maps that C3 makes. C5 reads the pooled maps, which are 5×5.",
        ),
    ),
    hints=(
        "A convolution layer has (F·F·C + 1)·filters parameters, a dense layer (inputs + 1)·units.",
        "C1: one channel, six 5×5 filters. C3: six channels, sixteen 5×5 filters. C5 reads 16 maps of 5×5.",
        "C1 is (5·5·1 + 1)·6 = 156, C5 is (5·5·16 + 1)·120, and the output layer is (84 + 1)·10.",
    ),
)


# 5.3 A network from its table


def _small_cnn(
    filters: int,
    classes: int,
    *,
    strides: int = 2,
    padding: str = "same",
    activation: str | None = "relu",
    growth: int = 2,
    flatten: bool = False,
    last_activation: str | None = "softmax",
) -> Any:
    """Return the network of the table; the options turn it into a mistake."""
    import keras
    from keras import layers

    settings: dict[str, Any] = {"strides": strides, "padding": padding, "activation": activation}
    inputs = keras.Input((28, 28, 1))
    x = layers.Conv2D(filters, 3, **settings)(inputs)
    x = layers.Conv2D(growth * filters, 3, **settings)(x)
    x = layers.Flatten()(x) if flatten else layers.GlobalAveragePooling2D()(x)
    outputs = layers.Dense(classes, activation=last_activation)(x)
    return keras.Model(inputs, outputs)


FROM_A_TABLE = Exercise(
    id="5.3",
    title="A network from its table",
    answer_name="small_cnn",
    section="Fewer parameters",
    minutes=10,
    points=3,
    cases=lambda rng: [(8, 10), (int(rng.integers(9, 24)), int(rng.integers(2, 10)))],
    reference=_small_cnn,
    observe=observe_model,
    compare=same_model(may_rescale=True),
    time_limit=30,
    mistakes=(
        Mistake(
            "flattens instead of averaging",
            lambda filters, classes: _small_cnn(filters, classes, flatten=True),
            "The head flattens the maps, so the dense layer needs a weight for each of their pixels. The table asks "
            "for global average pooling: one number per map.",
        ),
        Mistake(
            "forgets the strides",
            lambda filters, classes: _small_cnn(filters, classes, strides=1),
            "The maps stay 28×28. In the table both convolutions have strides 2.",
        ),
        Mistake(
            "leaves the padding out",
            lambda filters, classes: _small_cnn(filters, classes, padding="valid"),
            'The convolutions do not pad, because Keras\'s default is `padding="valid"`. The table says same, so '
            "that 28 becomes 14 and then 7.",
        ),
        Mistake(
            "leaves the activation out",
            lambda filters, classes: _small_cnn(filters, classes, activation=None),
            "Without an activation two convolutions are one linear map, however many filters they have. Set "
            '`activation="relu"` in both.',
        ),
        Mistake(
            "ends without a softmax",
            lambda filters, classes: _small_cnn(filters, classes, last_activation=None),
            'The outputs are scores, not probabilities. Set `activation="softmax"` in the last layer.',
        ),
        Mistake(
            "keeps the number of filters",
            lambda filters, classes: _small_cnn(filters, classes, growth=1),
            "Both convolutions have the same number of filters. Give the second twice as many.",
        ),
    ),
    hints=(
        "Begin with `inputs = keras.Input((28, 28, 1))` and end with `return keras.Model(inputs, outputs)`.",
        "Call each layer on the tensor before it: `x = layers.Conv2D(filters, 3, ...)(inputs)`.",
        'The head: `x = layers.GlobalAveragePooling2D()(x)`, then `layers.Dense(classes, activation="softmax")(x)`.',
    ),
)


# 5.4 A confusion matrix


def _label_cases(rng: np.random.Generator) -> list[Inputs]:
    cases = []
    for count, classes in ((30, 4), (50, 3), (12, 6), (40, 10)):
        true = rng.integers(0, classes - 1, count)  # the last class never occurs
        predicted = np.where(rng.random(count) < 0.6, true, rng.integers(0, classes - 1, count))
        true[:3] = 0
        predicted[:3] = (1, 1, 2 if classes > 3 else 0)  # a symmetric matrix is unlikely: swapped axes show
        true[3] = 1
        predicted[3] = 1
        cases.append((true, predicted, classes))
    return cases


def confusion(true: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Return the number of each pair (true, predicted)."""
    matrix = np.zeros((classes, classes), dtype=int)
    np.add.at(matrix, (true, predicted), 1)
    return matrix


def _seen_only(true: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    size = int(max(true.max(), predicted.max())) + 1
    return confusion(true, predicted, classes)[:size, :size]


def _once(true: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    return (confusion(true, predicted, classes) > 0).astype(int)


CONFUSION = Exercise(
    id="5.4",
    title="A confusion matrix",
    answer_name="confusion_matrix",
    section="Which digits does it confuse?",
    minutes=6,
    points=2,
    cases=_label_cases,
    reference=confusion,
    solved_by=("vision_tasks.metrics.confusion",),
    mistakes=(
        Mistake(
            "swaps rows and columns",
            lambda true, predicted, classes: confusion(predicted, true, classes),
            "Rows and columns are exchanged. The row is the true class, the column the prediction.",
        ),
        Mistake(
            "sizes the matrix by what occurs",
            _seen_only,
            "The matrix is only as large as the labels that occur. A class that does not occur still has its row "
            "and column: the shape is classes × classes.",
        ),
        Mistake(
            "sets instead of counting",
            _once,
            "This counts each pair only once. With `matrix[true, predicted] += 1` on whole arrays NumPy adds once "
            "for repeated pairs: write a loop, or use `np.add.at`.",
        ),
        Mistake(
            "divides by the number of images",
            lambda true, predicted, classes: confusion(true, predicted, classes) / len(true),
            "These are shares of the images. The matrix holds counts, which are whole numbers: do not divide.",
        ),
        Mistake(
            "leaves the diagonal empty",
            lambda true, predicted, classes: (
                confusion(true, predicted, classes) * (1 - np.eye(classes, dtype=int))
            ),
            "The correct predictions are missing. Count them too: they belong on the diagonal.",
        ),
    ),
    hints=(
        "Start from `np.zeros((classes, classes), dtype=int)`.",
        "Go through the pairs: `for t, p in zip(true, predicted):`",
    ),
)


# 5.5 Choose the capacity


def _polynomial_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw cases until every mistake differs from the right choice, and from every other mistake, in one of them."""
    while True:
        cases = _noisy_polynomials(rng)
        chosen = (_best, *COMMON_CHOICES, *RARE_CHOICES)
        choices = {tuple(choose(*inputs) for inputs in cases) for choose in chosen}
        choices.add(tuple(inputs[4][0] for inputs in cases))  # the first degree, whatever the points
        if len(choices) == len(chosen) + 1:
            return cases


def _noisy_polynomials(rng: np.random.Generator) -> list[Inputs]:
    """Draw noisy points of polynomials on which no common mistake chooses the right degree.

    In the fourth case the degrees are not in order; in the fifth, that of the polynomial is not among them.
    """
    cases: list[Inputs] = []
    while len(cases) < 5:
        degree = (1, 2, 2, 3, 3)[len(cases)]
        degrees = ((1, 2, 3, 5, 9),) * 3 + ((2, 9, 3, 1, 5), (1, 2, 4, 9))
        coefficients = rng.uniform(0.5, 1.5, degree + 1) * rng.choice([-1, 1], degree + 1)
        x = np.linspace(-2, 2, 14) + rng.uniform(-0.05, 0.05, 14)
        x_val = np.linspace(-1.9, 1.95, 40) + rng.uniform(-0.05, 0.05, 40)
        y = np.polyval(coefficients, x) + rng.normal(0, 0.5, 14)
        y_val = np.polyval(coefficients, x_val) + rng.normal(0, 0.5, 40)
        inputs = (x, y, x_val, y_val, degrees[len(cases)])
        mistaken = [choose(*inputs) for choose in COMMON_CHOICES]
        if _best(*inputs) not in mistaken:
            cases.append(inputs)
    return cases


def _error(x: np.ndarray, y: np.ndarray, at: np.ndarray, target: np.ndarray, degree: int) -> float:
    """Fit a polynomial to (x, y) and return its mean squared error on (at, target)."""
    fitted = np.polynomial.Polynomial.fit(x, y, degree)
    return float(np.mean((fitted(at) - target) ** 2))


def _best(
    x: np.ndarray, y: np.ndarray, x_val: np.ndarray, y_val: np.ndarray, degrees: tuple[int, ...]
) -> int:
    return min(degrees, key=lambda degree: _error(x, y, x_val, y_val, degree))


def _best_on_training(
    x: np.ndarray, y: np.ndarray, x_val: np.ndarray, y_val: np.ndarray, degrees: tuple[int, ...]
) -> int:
    return min(degrees, key=lambda degree: _error(x, y, x, y, degree))


def _best_of_all(
    x: np.ndarray, y: np.ndarray, x_val: np.ndarray, y_val: np.ndarray, degrees: tuple[int, ...]
) -> int:
    return _best(x, y, x_val, y_val, tuple(range(max(degrees) + 1)))


def _too_few(
    x: np.ndarray, y: np.ndarray, x_val: np.ndarray, y_val: np.ndarray, degrees: tuple[int, ...]
) -> int:
    """Fit with as many coefficients as the degree says, which is one too few."""
    return min(degrees, key=lambda degree: _error(x, y, x_val, y_val, degree - 1))


def _largest_error(
    x: np.ndarray, y: np.ndarray, x_val: np.ndarray, y_val: np.ndarray, degrees: tuple[int, ...]
) -> int:
    """Compare the largest errors at a single point."""

    def largest(degree: int) -> float:
        fitted = np.polynomial.Polynomial.fit(x, y, degree)
        return float(abs(fitted(x_val) - y_val).max())

    return min(degrees, key=largest)


def _first_dip(
    x: np.ndarray, y: np.ndarray, x_val: np.ndarray, y_val: np.ndarray, degrees: tuple[int, ...]
) -> int:
    """Return the last degree before the first that is no better."""
    errors = [_error(x, y, x_val, y_val, degree) for degree in degrees]
    for place in range(1, len(degrees)):
        if errors[place] >= errors[place - 1]:
            return degrees[place - 1]
    return degrees[-1]


def _worst(
    x: np.ndarray, y: np.ndarray, x_val: np.ndarray, y_val: np.ndarray, degrees: tuple[int, ...]
) -> int:
    return max(degrees, key=lambda degree: _error(x, y, x_val, y_val, degree))


def _smallest_gap(
    x: np.ndarray, y: np.ndarray, x_val: np.ndarray, y_val: np.ndarray, degrees: tuple[int, ...]
) -> int:
    def gap(degree: int) -> float:
        return abs(_error(x, y, x_val, y_val, degree) - _error(x, y, x, y, degree))

    return min(degrees, key=gap)


def _swapped_points(
    x: np.ndarray, y: np.ndarray, x_val: np.ndarray, y_val: np.ndarray, degrees: tuple[int, ...]
) -> int:
    return _best(x_val, y_val, x, y, degrees)


def _by_both(
    x: np.ndarray, y: np.ndarray, x_val: np.ndarray, y_val: np.ndarray, degrees: tuple[int, ...]
) -> int:
    """Choose by the sum of both errors."""

    def both(degree: int) -> float:
        return _error(x, y, x_val, y_val, degree) + _error(x, y, x, y, degree)

    return min(degrees, key=both)


COMMON_CHOICES = (_best_on_training, _worst, _smallest_gap)
RARE_CHOICES = (_first_dip, _best_of_all, _too_few, _largest_error, _swapped_points, _by_both)

CHOOSE_DEGREE = Exercise(
    id="5.5",
    title="Choose the capacity",
    answer_name="best_degree",
    section="Under-fitting and over-fitting",
    minutes=8,
    points=2,
    cases=_polynomial_cases,
    reference=_best,
    mistakes=(
        Mistake(
            "chooses by the training error",
            _best_on_training,
            "This chooses by the error on the points that were fitted, which falls with every higher degree. Fit on "
            "(x, y), and choose by the error on (x_val, y_val), which the fit has not seen.",
        ),
        Mistake(
            "takes the largest error",
            _worst,
            "This is the degree with the largest validation error. Take the smallest.",
        ),
        Mistake(
            "looks for the smallest gap",
            _smallest_gap,
            "This looks for the smallest gap between the two errors. A model that is equally bad on both has no "
            "gap: choose by the validation error itself.",
        ),
        Mistake(
            "stops at the first degree that is no better",
            _first_dip,
            "This stops at the first degree that is no better than the one before. The error may rise and fall again, "
            "and the degrees may be in any order: compare all of them.",
        ),
        Mistake(
            "fits to the validation points",
            _swapped_points,
            "This fits to the validation points and chooses by the error on the training points. Fit on (x, y), and "
            "choose by the error on (x_val, y_val).",
        ),
        Mistake(
            "adds both errors",
            _by_both,
            "This chooses by the sum of both errors. The training error says nothing about new points: choose by the "
            "validation error alone.",
        ),
        Mistake(
            "tries all degrees up to the largest",
            _best_of_all,
            "This chooses among all degrees up to the largest. Choose only among those in `degrees`.",
        ),
        Mistake(
            "gives the position in the list",
            lambda x, y, x_val, y_val, degrees: degrees.index(_best(x, y, x_val, y_val, degrees)),
            "This is the position in the list. Return the degree at that position.",
        ),
    ),
    hints=(
        "For each degree: fit on (x, y), then measure the mean squared error on (x_val, y_val).",
        "`np.polynomial.Polynomial.fit(x, y, degree)` returns a function that you can call on `x_val`.",
        "Keep the errors in a list; `degrees[int(np.argmin(errors))]`.",
    ),
)


# 5.6 Early stopping


def _stop_cases(rng: np.random.Generator) -> list[Inputs]:
    cases: list[Inputs] = [
        ([0.9, 0.5, 0.6, 0.55, 0.52, 0.7, 0.3], 3),
        ([0.9, 0.5, 0.6, 0.4, 0.45, 0.44, 0.5, 0.2], 2),
        ([0.9, 0.8, 0.7, 0.6], 2),
        ([0.5, 0.6, 0.7], 1),
        ([0.5, 0.3, 0.4, 0.6], 3),
        ([0.5, 0.5, 0.5, 0.4], 2),
    ]
    for _ in range(6):
        fall = np.linspace(1, 0.3, 8) + rng.uniform(-0.12, 0.12, 8)
        rise = np.linspace(0.35, 0.8, 7) + rng.uniform(-0.12, 0.12, 7)
        losses = np.concatenate([fall, rise]).round(3).tolist()
        cases.append((losses, int(rng.integers(1, 4))))
    return cases


def stop_and_best(losses: list[float], patience: int) -> tuple[int, int]:
    """Return the epoch after which training stops and the best epoch until then, both counted from 0."""
    best, waited = 0, 0
    for epoch in range(1, len(losses)):
        if losses[epoch] < losses[best]:
            best, waited = epoch, 0
        else:
            waited += 1
        if waited == patience:
            return epoch, best
    return len(losses) - 1, best


def _against_the_last(losses: list[float], patience: int) -> tuple[int, int]:
    waited = 0
    for epoch in range(1, len(losses)):
        waited = waited + 1 if losses[epoch] >= losses[epoch - 1] else 0
        if waited == patience:
            return epoch, int(np.argmin(losses[: epoch + 1]))
    return len(losses) - 1, int(np.argmin(losses))


def _forgets_to_reset(losses: list[float], patience: int) -> tuple[int, int]:
    best, waited = 0, 0
    for epoch in range(1, len(losses)):
        if losses[epoch] < losses[best]:
            best = epoch
        else:
            waited += 1
        if waited == patience:
            return epoch, best
    return len(losses) - 1, best


def _ties_count(losses: list[float], patience: int) -> tuple[int, int]:
    best, waited = 0, 0
    for epoch in range(1, len(losses)):
        if losses[epoch] <= losses[best]:
            best, waited = epoch, 0
        else:
            waited += 1
        if waited == patience:
            return epoch, best
    return len(losses) - 1, best


EARLY_STOPPING = Exercise(
    id="5.6",
    title="Early stopping",
    answer_name="early_stopping",
    section="Four cures, measured",
    minutes=10,
    points=2,
    cases=_stop_cases,
    reference=stop_and_best,
    mistakes=(
        Mistake(
            "compares with the epoch before",
            _against_the_last,
            "This counts epochs that are worse than the one before. Patience counts epochs since the *best* one: a "
            "loss that recovers only a little has not improved.",
        ),
        Mistake(
            "never resets the count",
            _forgets_to_reset,
            "This goes on counting after an improvement. Set the count back to 0 at every new best.",
        ),
        Mistake(
            "takes a tie for progress",
            _ties_count,
            "This treats an equal loss as an improvement. It is not one: compare with `<`.",
        ),
        Mistake(
            "begins with the best of all epochs",
            lambda losses, patience: (
                min(int(np.argmin(losses)) + patience, len(losses) - 1),
                int(np.argmin(losses)),
            ),
            "This looks for the best of all epochs first. Training does not know the future: go through the epochs "
            "in order, and stop at the first long wait.",
        ),
        Mistake(
            "stops one epoch late",
            lambda losses, patience: stop_and_best(losses, patience + 1),
            "This stops one epoch too late. With patience P training ends at the P-th epoch in a row without an "
            "improvement.",
        ),
        Mistake(
            "knows the future",
            lambda losses, patience: (stop_and_best(losses, patience)[0], int(np.argmin(losses))),
            "This looks for the best epoch in the whole list. Training has stopped, so the later epochs never "
            "happened: search only up to the stop.",
        ),
        Mistake(
            "returns the last epoch as the best",
            lambda losses, patience: (stop_and_best(losses, patience)[0], stop_and_best(losses, patience)[0]),
            "The second number is the last epoch here. Return the epoch whose weights are restored, which is the "
            "best one.",
        ),
        Mistake(
            "swaps the two",
            lambda losses, patience: stop_and_best(losses, patience)[::-1],
            "The two numbers are exchanged. The order is (stopped, best).",
        ),
    ),
    hints=(
        "Go through the losses and remember two things: the best epoch so far, and how many epochs you have waited.",
        "A smaller loss becomes the best, and the waiting starts again at 0. Otherwise you wait one epoch more.",
        "When the waiting reaches the patience, return `(epoch, best)`. After the loop return `(len(losses) - 1, "
        "best)`.",
    ),
)

# 5.7 Take the light out


def _photograph_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw unevenly lit pages with thin dark strokes."""
    cases: list[Inputs] = []
    for height, width, window in ((7, 9, 3), (12, 8, 5), (9, 15, 5), (16, 11, 7)):
        page = rng.uniform(180, 230, (height, width))  # paper is never quite even
        for _ in range(3):
            row, column = int(rng.integers(1, height - 1)), int(rng.integers(1, width - 1))
            page[row, column // 2 : column + 1] *= rng.uniform(0.2, 0.6)
            page[row // 2 : row + 1, column] *= rng.uniform(0.2, 0.6)
        light = np.linspace(rng.uniform(0.9, 1), rng.uniform(0.3, 0.6), width)
        cases.append((page * light * np.linspace(1, rng.uniform(0.6, 0.9), height)[:, None], window))
    return cases


def _around(photograph: np.ndarray, window: int, *, filled: float = 0.0, shift: int = 0) -> np.ndarray:
    """Return the window around each pixel: (H, W, window, window), with `filled` beyond the edge.

    `shift` moves the window's centre down and to the right.
    """
    reach = window // 2
    before, after = reach - shift, reach + shift
    padded = np.pad(photograph, ((before, after), (before, after)), constant_values=filled)
    return np.lib.stride_tricks.sliding_window_view(padded, (window, window))


def ink_of(photograph: np.ndarray, window: int) -> np.ndarray:
    """Return the share of the light that the ink takes away at each pixel."""
    paper = _around(photograph, window).max(axis=(2, 3))
    return 1 - photograph / paper


def _of_inner_windows(photograph: np.ndarray, window: int) -> np.ndarray:
    """Return the ink where the whole window fits inside the photograph: (H - window + 1, W - window + 1)."""
    windows = np.lib.stride_tricks.sliding_window_view(photograph, (window, window))
    reach = window // 2
    return 1 - photograph[reach:-reach, reach:-reach] / windows.max(axis=(2, 3))


FIND_INK = Exercise(
    id="5.7",
    title="Take the light out",
    answer_name="find_ink",
    section="A photograph is not a scan",
    minutes=10,
    points=3,
    cases=_photograph_cases,
    reference=ink_of,
    mistakes=(
        Mistake(
            "subtracts instead of dividing",
            lambda photograph, window: _around(photograph, window).max(axis=(2, 3)) - photograph,
            "This subtracts the brightness from that of the paper. In the shadow the same ink makes a smaller "
            "difference: divide by the paper, `1 - photograph / paper`.",
        ),
        Mistake(
            "divides by the brightest pixel of all",
            lambda photograph, window: 1 - photograph / photograph.max(),
            "This divides by the brightest pixel of the whole photograph, so paper in the shadow counts as ink. Take "
            "the largest brightness of the window around each pixel.",
        ),
        Mistake(
            "returns the evened light instead of the ink",
            lambda photograph, window: 1 - ink_of(photograph, window),
            "This is brightness / paper, which is 1 on white paper. The ink is what is missing: subtract this from 1.",
        ),
        Mistake(
            "takes the mean of the window",
            lambda photograph, window: (
                1 - photograph * window**2 / _around(photograph, window).sum(axis=(2, 3))
            ),
            "This divides by the mean of the window, with zeros beyond the edge. Ink darkens the mean, so it is not "
            "the brightness of the paper: take the largest value.",
        ),
        Mistake(
            "takes the darkest pixel of the window",
            lambda photograph, window: (
                1 - photograph / _around(photograph, window, filled=np.inf).min(axis=(2, 3))
            ),
            "This divides by the smallest brightness within the window, which is the ink's. Paper is light: take the "
            "largest.",
        ),
        Mistake(
            "begins the window at the pixel",
            lambda photograph, window: (
                1 - photograph / _around(photograph, window, shift=window // 2).max(axis=(2, 3))
            ),
            "The window begins at the pixel and reaches down and to the right. The pixel is in the middle: it reaches "
            "`window // 2` pixels to each side.",
        ),
        Mistake(
            "leaves the edge out",
            _of_inner_windows,
            "The result is smaller than the photograph. Near the edge take the largest of those pixels of the window "
            "that are inside, or pad with zeros, which are never the largest.",
        ),
    ),
    hints=(
        "First the paper (H, W): for each pixel, the largest brightness of the window around it. Then "
        "`1 - photograph / paper`.",
        "The window of pixel (row, column) begins at `max(0, row - window // 2)` and ends before "
        "`row + window // 2 + 1`; the same for the columns. Two loops will do.",
        "Without loops: `np.pad(photograph, window // 2)`, then "
        "`np.lib.stride_tricks.sliding_window_view(padded, (window, window))` and the maximum over its last two axes.",
    ),
)

EXERCISES = (
    CROSS_ENTROPY,
    LENET_BY_HAND,
    FROM_A_TABLE,
    CONFUSION,
    CHOOSE_DEGREE,
    EARLY_STOPPING,
    FIND_INK,
)
