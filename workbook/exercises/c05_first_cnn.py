"""The exercises of chapter 05: a first CNN."""

from typing import Any

import numpy as np

from workbook.exercises import Exercise, Mistake, value_exercise
from workbook.exercises.capacity import CHOOSE_DEGREE, EARLY_STOPPING
from workbook.exercises.models import observe_model, same_model

Inputs = tuple


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


EXERCISES = (CROSS_ENTROPY, LENET_BY_HAND, FROM_A_TABLE, CONFUSION, CHOOSE_DEGREE, EARLY_STOPPING)
