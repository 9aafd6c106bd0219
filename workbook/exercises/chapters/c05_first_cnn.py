"""The exercises of chapter 05: a first CNN."""

from typing import Any

import numpy as np

from workbook.exercises import Exercise, Inputs, Mistake, value_exercise
from workbook.exercises.models import observe_model, same_model


def _loss_cases(rng: np.random.Generator) -> list[Inputs]:
    cases = []
    for batch, classes in ((4, 3), (7, 10), (2, 5), (12, 2)):
        probabilities = rng.dirichlet(np.ones(classes) * 0.7, batch) * 0.98 + 0.02 / classes
        cases.append((probabilities, rng.integers(0, classes, batch)))
    return cases


def cross_entropy(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Give the mean of −ln(the probability of the true class)."""
    chosen = probabilities[np.arange(len(labels)), labels]
    return float(-np.log(chosen).mean())


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
            lambda p, y: np.log(p[np.arange(len(y)), y]).mean(),
            "The sign is turned: the logarithm of a probability is negative, and a loss must fall when the "
            "probability rises.",
        ),
        Mistake(
            "adds up instead of averaging",
            lambda p, y: -np.log(p[np.arange(len(y)), y]).sum(),
            "Added up over the batch. Take the mean, so that the loss does not depend on the batch size.",
        ),
        Mistake(
            "takes the largest probability",
            lambda p, y: -np.log(p.max(axis=1)).mean(),
            "This reads the largest probability of each row. The loss asks for the probability of the *true* class, "
            "however small it is.",
        ),
        Mistake(
            "takes another logarithm",
            lambda p, y: -np.log2(p[np.arange(len(y)), y]).mean(),
            "This is the logarithm to base 2 (bits). Keras uses the natural logarithm, `np.log`.",
        ),
        Mistake(
            "takes every label in every row",
            lambda p, y: -np.log(p[:, y]).mean(),
            "`probabilities[:, labels]` takes all labels from every row. Pair each row with its own label: "
            "`probabilities[np.arange(len(labels)), labels]`.",
        ),
        Mistake(
            "averages over all classes",
            lambda p, y: -np.log(p).mean(),
            "Every class counts here. Only the true class's probability does; pick it with the labels first.",
        ),
    ),
    hints=(
        "First pick one number a row: the probability that the network gave to the true class.",
        "`probabilities[np.arange(len(labels)), labels]` picks them, (batch,).",
        "`-np.log(picked).mean()`",
    ),
)


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
            "These are the weights alone. Every filter and every unit has a bias as well.",
        ),
        Mistake(
            "forgets the depth",
            {"C1": 156, "C3": 416, "C5": 3120, "F6": 10164, "output": 850},
            "The filters of C3 and C5 are counted flat. They span all maps below: 6 for C3, 16 for C5.",
        ),
        Mistake(
            "gives every map below a bias",
            {"C1": 156, "C3": 2496, "C5": 49920, "F6": 10164, "output": 850},
            "A filter has one bias, however many maps it reads.",
        ),
        Mistake(
            "uses the sparse C3 of the paper",
            {"C1": 156, "C3": 1516, "C5": 48120, "F6": 10164, "output": 850},
            "1,516 is the paper's C3, where each filter reads only some of the six maps. Here each reads all six.",
        ),
        Mistake(
            "forgets the pooling before C5",
            {"C1": 156, "C3": 2416, "C5": 192120, "F6": 10164, "output": 850},
            "C5 reads the pooled maps, 5×5, not the 10×10 maps that C3 makes.",
        ),
    ),
    hints=(
        "A convolution layer has (F·F·C + 1)·filters parameters, a dense layer (inputs + 1)·units.",
        "C1: one channel, six 5×5 filters. C3: six channels, sixteen 5×5 filters. C5 reads 16 maps of 5×5.",
        "C1 is (5·5·1 + 1)·6 = 156, C5 is (5·5·16 + 1)·120, and the output layer is (84 + 1)·10.",
    ),
)


def _table(filters: int, classes: int, **changes: Any) -> Any:
    """Build the network of exercise 5.3; `changes` turn it into one of the mistakes."""
    import keras
    from keras import layers

    settings: dict[str, Any] = {"strides": 2, "padding": "same", "activation": "relu"}
    settings |= {name: value for name, value in changes.items() if name in settings}
    inputs = keras.Input((28, 28, 1))
    x = layers.Conv2D(filters, 3, **settings)(inputs)
    x = layers.Conv2D(changes.get("twice", 2) * filters, 3, **settings)(x)
    x = (layers.Flatten() if changes.get("head") == "flatten" else layers.GlobalAveragePooling2D())(x)
    return keras.Model(inputs, layers.Dense(classes, activation=changes.get("end", "softmax"))(x))


FROM_A_TABLE = Exercise(
    id="5.3",
    title="A network from its table",
    answer_name="small_cnn",
    section="Fewer parameters, more digits",
    minutes=10,
    points=3,
    cases=lambda rng: [(8, 10), (int(rng.integers(3, 24)), int(rng.integers(2, 12)))],
    reference=_table,
    observe=observe_model,
    compare=same_model(),
    time_limit=30,
    mistakes=(
        Mistake(
            "flattens instead of averaging",
            lambda filters, classes: _table(filters, classes, head="flatten"),
            "The head flattens the maps, and the dense layer on top needs a weight for each of their pixels. The table "
            "asks for global average pooling: one number a map.",
        ),
        Mistake(
            "forgets the strides",
            lambda filters, classes: _table(filters, classes, strides=1),
            "The maps stay 28×28: both convolutions in the table have strides 2.",
        ),
        Mistake(
            "leaves the padding out",
            lambda filters, classes: _table(filters, classes, padding="valid"),
            'Keras\'s default is `padding="valid"`; the table says same, so that 28 becomes 14 and then 7.',
        ),
        Mistake(
            "leaves the activation out",
            lambda filters, classes: _table(filters, classes, activation=None),
            "Without an activation two convolutions are one linear map, however many filters they have.",
        ),
        Mistake(
            "ends without a softmax",
            lambda filters, classes: _table(filters, classes, end=None),
            'The outputs are scores, not probabilities: the last layer needs `activation="softmax"`.',
        ),
        Mistake(
            "keeps the number of filters",
            lambda filters, classes: _table(filters, classes, twice=1),
            "Both convolutions have the same number of filters. The second has twice as many.",
        ),
    ),
    hints=(
        "Begin with `inputs = keras.Input((28, 28, 1))` and end with `return keras.Model(inputs, outputs)`.",
        "Each layer is called on the tensor before it: `x = layers.Conv2D(filters, 3, ...)(inputs)`.",
        'The head: `x = layers.GlobalAveragePooling2D()(x)`, then `layers.Dense(classes, activation="softmax")(x)`.',
    ),
)


def _label_cases(rng: np.random.Generator) -> list[Inputs]:
    cases = []
    for count, classes in ((30, 4), (50, 3), (12, 6), (40, 10)):
        true = rng.integers(0, classes - 1, count)  # the last class never occurs
        predicted = np.where(rng.random(count) < 0.6, true, rng.integers(0, classes - 1, count))
        true[:3], predicted[:3] = 0, (1, 1, 2 if classes > 3 else 0)  # never symmetric
        true[3], predicted[3] = 1, 1
        cases.append((true, predicted, classes))
    return cases


def confusion(true: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Count the pairs (true, predicted)."""
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
    mistakes=(
        Mistake(
            "swaps rows and columns",
            lambda true, predicted, classes: confusion(predicted, true, classes),
            "Rows and columns are exchanged. Here the row is the true class, the column the prediction.",
        ),
        Mistake(
            "sizes the matrix by what occurs",
            _seen_only,
            "A class that does not occur still has its row and column: the matrix is classes × classes.",
        ),
        Mistake(
            "sets instead of counting",
            _once,
            "Every pair counts once only. Add 1 each time: with `matrix[true, predicted] += 1` on whole arrays NumPy "
            "adds once for repeated pairs, so loop, or use `np.add.at`.",
        ),
        Mistake(
            "divides by the number of images",
            lambda true, predicted, classes: confusion(true, predicted, classes) / len(true),
            "These are shares. The matrix holds counts, whole numbers.",
        ),
        Mistake(
            "leaves the diagonal empty",
            lambda true, predicted, classes: (
                confusion(true, predicted, classes) * (1 - np.eye(classes, dtype=int))
            ),
            "The right answers are missing. They belong on the diagonal.",
        ),
    ),
    hints=(
        "Start from `np.zeros((classes, classes), dtype=int)`.",
        "Go through the pairs: `for t, p in zip(true, predicted):`",
    ),
)


def _polynomial_cases(rng: np.random.Generator) -> list[Inputs]:
    cases: list[Inputs] = []
    while len(cases) < 5:
        degree = (1, 2, 2, 3, 3)[len(cases)]
        coefficients = rng.uniform(0.5, 1.5, degree + 1) * rng.choice([-1, 1], degree + 1)
        grids = np.linspace(-2, 2, 14), np.linspace(-1.9, 1.95, 40)
        x, x_val = (grid + rng.uniform(-0.05, 0.05, grid.shape) for grid in grids)
        y, y_val = (np.polyval(coefficients, one) + rng.normal(0, 0.5, one.shape) for one in (x, x_val))
        inputs = (x, y, x_val, y_val, (1, 2, 3, 5, 9))
        if _best(*inputs) not in (rule(*inputs) for rule in (_best_on_training, _worst, _smallest_gap)):
            cases.append(inputs)
    return cases


def _error(x: np.ndarray, y: np.ndarray, at: np.ndarray, target: np.ndarray, degree: int) -> float:
    """Fit a polynomial to (x, y) and give its mean squared error on (at, target)."""
    fitted = np.polynomial.Polynomial.fit(x, y, degree)
    return float(np.mean((fitted(at) - target) ** 2))


def _best(
    x: np.ndarray, y: np.ndarray, x_val: np.ndarray, y_val: np.ndarray, degrees: tuple[int, ...]
) -> int:
    return min(degrees, key=lambda degree: _error(x, y, x_val, y_val, degree))


def _best_on_training(x, y, x_val, y_val, degrees):  # type: ignore[no-untyped-def]
    return min(degrees, key=lambda degree: _error(x, y, x, y, degree))


def _worst(x, y, x_val, y_val, degrees):  # type: ignore[no-untyped-def]
    return max(degrees, key=lambda degree: _error(x, y, x_val, y_val, degree))


def _smallest_gap(x, y, x_val, y_val, degrees):  # type: ignore[no-untyped-def]
    return min(degrees, key=lambda d: abs(_error(x, y, x_val, y_val, d) - _error(x, y, x, y, d)))


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
            "This is the degree that fits best the points that it was fitted to, and a higher degree always does. "
            "Fit on (x, y), and choose by the error on (x_val, y_val), which the fit has not seen.",
        ),
        Mistake(
            "takes the largest error",
            _worst,
            "This is the degree with the largest validation error: take the smallest.",
        ),
        Mistake(
            "looks for the smallest gap",
            _smallest_gap,
            "This looks for the smallest gap between the two errors. A model that is equally bad on both has no gap. "
            "What counts is the validation error itself.",
        ),
        Mistake(
            "gives the position in the list",
            lambda x, y, x_val, y_val, degrees: degrees.index(_best(x, y, x_val, y_val, degrees)),
            "This is the place in the list, not the degree that stands there.",
        ),
    ),
    hints=(
        "For each degree: fit on (x, y), then measure the mean squared error on (x_val, y_val).",
        "`np.polynomial.Polynomial.fit(x, y, degree)` gives a function that you can call on `x_val`.",
        "Keep the errors in a list; `degrees[int(np.argmin(errors))]`.",
    ),
)


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
        losses = [round(float(one), 3) for one in (*fall, *rise)]
        cases.append((losses, int(rng.integers(1, 4))))
    return cases


def stop_and_best(losses: list[float], patience: int) -> tuple[int, int]:
    """Give the epoch after which training stops and the best one until then, both counted from 0."""
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
            "You count epochs that are worse than the one before. Patience counts epochs since the *best* one: a loss "
            "that only recovers a little has not improved.",
        ),
        Mistake(
            "never resets the count",
            _forgets_to_reset,
            "The waiting goes on counting after an improvement. Every new best sets it back to 0.",
        ),
        Mistake(
            "takes a tie for progress",
            _ties_count,
            "An equal loss counts as an improvement here. It is none: compare with `<`.",
        ),
        Mistake(
            "begins with the best of all epochs",
            lambda losses, patience: (
                min(int(np.argmin(losses)) + patience, len(losses) - 1),
                int(np.argmin(losses)),
            ),
            "This looks for the best of all epochs first. Training does not know what comes: walk through the "
            "epochs in order, and stop at the first long wait.",
        ),
        Mistake(
            "stops one epoch late",
            lambda losses, patience: stop_and_best(losses, patience + 1),
            "One epoch too many: with patience P training ends at the P-th epoch in a row without an improvement.",
        ),
        Mistake(
            "knows the future",
            lambda losses, patience: (stop_and_best(losses, patience)[0], int(np.argmin(losses))),
            "The best epoch is looked for in the whole list. Training has stopped: later epochs never happened.",
        ),
        Mistake(
            "returns the last epoch as the best",
            lambda losses, patience: (stop_and_best(losses, patience)[0],) * 2,
            "The second number is the epoch whose weights are restored: the best one, not the last.",
        ),
    ),
    hints=(
        "Walk through the losses with two memories: the best epoch so far, and how many epochs you have waited.",
        "A smaller loss: it becomes the best, and the waiting starts again at 0. Otherwise you wait one more.",
        "When the waiting reaches the patience, return `(epoch, best)`; after the loop `(len(losses) - 1, best)`.",
    ),
)

EXERCISES = (
    CROSS_ENTROPY,
    LENET_BY_HAND,
    FROM_A_TABLE,
    CONFUSION,
    CHOOSE_DEGREE,
    EARLY_STOPPING,
)
