"""The exercises of chapter 10: looking inside a network."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from workbook.exercises import Exercise, Inputs, Mistake
from workbook.exercises.models import observe_model, same_model

# 10.1 A network with windows


def _window_cases(rng: np.random.Generator) -> list[Inputs]:
    return [(8, 10), (int(rng.integers(9, 20)), int(rng.integers(2, 9)))]


def network_with_maps(filters: int, classes: int) -> Any:
    """Build a small CNN whose outputs are the maps of both convolutions and the probabilities."""
    import keras
    from keras import layers

    inputs = keras.Input((28, 28, 1))
    low = layers.Conv2D(filters, 3, activation="relu")(inputs)
    high = layers.Conv2D(2 * filters, 3, activation="relu")(layers.MaxPooling2D(2)(low))
    x = layers.Flatten()(layers.MaxPooling2D(2)(high))
    return keras.Model(inputs, [low, high, layers.Dense(classes, activation="softmax")(x)])


def _with_outputs(sizes: Inputs, names: Sequence[str], *, activation: str | None = "relu") -> Any:
    """Build the network of exercise 10.1 with other outputs."""
    import keras
    from keras import layers

    filters, classes = sizes
    inputs = keras.Input((28, 28, 1))
    low = layers.Conv2D(filters, 3, activation=activation)(inputs)
    pooled_low = layers.MaxPooling2D(2)(low)
    high = layers.Conv2D(2 * filters, 3, activation=activation)(pooled_low)
    pooled_high = layers.MaxPooling2D(2)(high)
    probabilities = layers.Dense(classes, activation="softmax")(layers.Flatten()(pooled_high))
    tensors = {
        "low": low,
        "high": high,
        "pooled low": pooled_low,
        "pooled high": pooled_high,
        "probabilities": probabilities,
        "extra": layers.Conv2D(filters, 3, activation=activation)(inputs),
    }
    return keras.Model(inputs, [tensors[name] for name in names])


WINDOW = Exercise(
    id="10.1",
    title="A network with windows",
    answer_name="network_with_maps",
    section="Feature maps",
    minutes=10,
    points=3,
    cases=_window_cases,
    reference=network_with_maps,
    observe=observe_model,
    compare=same_model(),
    time_limit=60,
    mistakes=(
        Mistake(
            "shows the probabilities only",
            lambda *sizes: _with_outputs(sizes, ["probabilities"]),
            "The model outputs only the probabilities. A model may have several outputs: `keras.Model(inputs, [low, "
            "high, probabilities])`.",
        ),
        Mistake(
            "shows the maps only",
            lambda *sizes: _with_outputs(sizes, ["low", "high"]),
            "The model outputs the maps, but not the probabilities. Add them as the third output.",
        ),
        Mistake(
            "shows the pooled maps",
            lambda *sizes: _with_outputs(sizes, ["pooled low", "pooled high", "probabilities"]),
            "These are the maps after pooling, half as wide. Keep the output of each convolution in a variable, and "
            "output that.",
        ),
        Mistake(
            "turns the order round",
            lambda *sizes: _with_outputs(sizes, ["probabilities", "high", "low"]),
            "The outputs are in reverse order. Go from the image up: first convolution, second convolution, "
            "probabilities.",
        ),
        Mistake(
            "leaves the activation out",
            lambda *sizes: _with_outputs(sizes, ["low", "high", "probabilities"], activation=None),
            'These maps have no ReLU. The convolutions need `activation="relu"`.',
        ),
        Mistake(
            "shows a new convolution",
            lambda *sizes: _with_outputs(sizes, ["extra", "high", "probabilities"]),
            "The first output comes from an extra convolution with weights of its own. Output the tensor that the "
            "network itself reads next.",
        ),
    ),
    hints=(
        "Write the network first, and keep the result of each convolution in a variable: `low = ...`, `high = ...`.",
        "The pooling layer reads `low`; the second convolution reads the pooled maps.",
        "`return keras.Model(inputs, [low, high, probabilities])`",
    ),
)


# 10.2 The activation degree


def _map_cases(rng: np.random.Generator) -> list[Inputs]:
    cases = []
    for batch, height, width, filters in ((3, 4, 5, 6), (2, 7, 3, 4), (5, 2, 2, 7)):
        maps = np.maximum(rng.normal(0.3, 1, (batch, height, width, filters)), 0)
        cases.append((maps, int(rng.integers(0, min(batch, height, width)))))
    return cases


def activation_degree(maps: np.ndarray, k: int) -> np.ndarray:
    """Sum the feature map of filter k for each image."""
    return maps[..., k].sum(axis=(1, 2))


DEGREE = Exercise(
    id="10.2",
    title="The activation degree",
    answer_name="activation_degree",
    section="What excites a filter?",
    minutes=6,
    points=2,
    cases=_map_cases,
    reference=activation_degree,
    mistakes=(
        Mistake(
            "takes the mean",
            lambda maps, k: maps[..., k].mean(axis=(1, 2)),
            "This is the mean of the map. The activation degree is the sum of its values.",
        ),
        Mistake(
            "takes the largest value",
            lambda maps, k: maps[..., k].max(axis=(1, 2)),
            "This is the largest value of the map. The activation degree adds up all its values.",
        ),
        Mistake(
            "adds up the batch as well",
            lambda maps, k: maps[..., k].sum(),
            "This returns one number for all images together. Sum over axes 1 and 2 only, so that the batch axis "
            "remains.",
        ),
        Mistake(
            "adds up all filters",
            lambda maps, k: maps.sum(axis=(1, 2, 3)),
            "This adds up all filters. Select filter `k` on the last axis first.",
        ),
        Mistake(
            "gives every filter",
            lambda maps, k: maps.sum(axis=(1, 2)),
            "These are the degrees of all filters, (batch, filters). Return those of filter `k` alone, (batch,).",
        ),
        Mistake(
            "takes k for a row",
            lambda maps, k: maps[:, k].sum(axis=(1, 2)),
            "`k` is used as a row of the map. Channels are the last axis in Keras: `maps[..., k]`.",
        ),
        Mistake(
            "takes k for an image",
            lambda maps, k: maps[k].sum(axis=(0, 1)),
            "`k` is used as an image of the batch. It is the number of the filter, on the last axis.",
        ),
    ),
    hints=(
        "The maps are (batch, H, W, filters). On which axis do you select, and over which do you sum?",
        "`maps[..., k]` has the shape (batch, H, W).",
        "`maps[..., k].sum(axis=(1, 2))`",
    ),
)


# 10.3 One step uphill


def _step_cases(rng: np.random.Generator) -> list[Inputs]:
    cases = []
    """Draw gradients so large that a small number in the denominator, as many write, changes nothing."""
    for shape, size, rate in (
        ((2, 3, 4, 1), 20.0, 0.1),
        ((3, 2, 2, 3), 50.0, 0.3),
        ((1, 4, 3, 1), 30.0, 0.9),
    ):
        scales = size * 10.0 ** np.arange(shape[0]).reshape(-1, 1, 1, 1)
        cases.append((rng.uniform(0, 1, shape), scales * rng.normal(0.4, 1, shape), rate))
    return cases


def step_uphill(images: np.ndarray, gradients: np.ndarray, rate: float) -> np.ndarray:
    """Move each image along its gradient, divided by its root mean square, and keep the pixels in 0 to 1."""
    size = np.sqrt((gradients**2).mean(axis=(1, 2, 3), keepdims=True))
    return np.clip(images + rate * gradients / size, 0, 1)


def _step(images: np.ndarray, direction: np.ndarray, rate: float) -> np.ndarray:
    return np.clip(images + rate * direction, 0, 1)


def _size(gradients: np.ndarray) -> np.ndarray:
    return np.sqrt((gradients**2).mean(axis=(1, 2, 3), keepdims=True))


UPHILL = Exercise(
    id="10.3",
    title="One step uphill",
    answer_name="step_uphill",
    section="Gradient ascent on the pixels",
    minutes=8,
    points=2,
    cases=_step_cases,
    reference=step_uphill,
    mistakes=(
        Mistake(
            "goes downhill",
            lambda images, gradients, rate: _step(images, -gradients / _size(gradients), rate),
            "This goes downhill, as training does. Here the score must rise: add the gradient.",
        ),
        Mistake(
            "takes the gradient as it is",
            lambda images, gradients, rate: _step(images, gradients, rate),
            "The gradient is not scaled: a small one moves nothing, a large one jumps. Divide it by its root mean "
            "square.",
        ),
        Mistake(
            "measures the whole batch",
            lambda images, gradients, rate: _step(images, gradients / np.sqrt((gradients**2).mean()), rate),
            "One size is computed for the whole batch, so one image with a steep gradient slows down all others. "
            "Compute it for each image: `axis=(1, 2, 3), keepdims=True`.",
        ),
        Mistake(
            "divides by the norm",
            lambda images, gradients, rate: _step(
                images, gradients / np.sqrt((gradients**2).sum(axis=(1, 2, 3), keepdims=True)), rate
            ),
            "This divides by the root of the *sum* of squares, so the step shrinks with the number of pixels. Take "
            "the root of the *mean* of squares.",
        ),
        Mistake(
            "forgets the root",
            lambda images, gradients, rate: _step(images, gradients / _size(gradients) ** 2, rate),
            "This divides by the mean of the squares. Take its square root: `np.sqrt`.",
        ),
        Mistake(
            "keeps the sign only",
            lambda images, gradients, rate: _step(images, np.sign(gradients), rate),
            "Every pixel moves by the same amount. Keep the values of the gradient, so that a pixel with a larger "
            "slope moves further.",
        ),
        Mistake(
            "leaves the range",
            lambda images, gradients, rate: images + rate * gradients / _size(gradients),
            "Some pixels leave the range from 0 to 1. Limit them with `np.clip(…, 0, 1)`.",
        ),
    ),
    hints=(
        "There are three steps: compute the size of each image's gradient, move, and return to the range.",
        "`np.sqrt((gradients**2).mean(axis=(1, 2, 3), keepdims=True))` has the shape (batch, 1, 1, 1).",
        "`np.clip(images + rate * gradients / size, 0, 1)`",
    ),
)


# 10.4 What the top never sees


def _chain_cases(rng: np.random.Generator) -> list[Inputs]:
    drawn = tuple((int(rng.integers(2, 6)), int(rng.integers(1, 3))) for _ in range(4))
    return [
        (28, ((3, 1), (2, 2), (3, 1), (2, 2))),
        (32, ((5, 1), (2, 2), (5, 1), (2, 2))),
        (31, ((3, 2), (3, 2), (3, 1))),
        (33, ((7, 3), (4, 2))),
        (100 + int(rng.integers(0, 8)), drawn),
    ]


def field_and_unseen(size: int, layers: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Return how many pixels one value of the last map sees, and how many at the end no value sees."""
    field, step = 1, 1
    values = size
    for kernel, strides in layers:
        field += (kernel - 1) * step
        step *= strides
        values = (values - kernel) // strides + 1
    return field, size - ((values - 1) * step + field)


def _chain(size: int, layers: Sequence[tuple[int, int]]) -> tuple[int, int, int]:
    """Return the field, the distance between neighbouring values in pixels, and the number of values."""
    field, step, values = 1, 1, size
    for kernel, strides in layers:
        field += (kernel - 1) * step
        step *= strides
        values = (values - kernel) // strides + 1
    return field, step, values


def _strides_too_early(size: int, layers: Sequence[tuple[int, int]]) -> tuple[int, int]:
    field, step = 1, 1
    for kernel, strides in layers:
        step *= strides
        field += (kernel - 1) * step
    values = _chain(size, layers)[2]
    return field, size - ((values - 1) * step + field)


def _tiles(size: int, layers: Sequence[tuple[int, int]]) -> tuple[int, int]:
    field, _, values = _chain(size, layers)
    return field, size - values * field


def _without_field(size: int, layers: Sequence[tuple[int, int]]) -> tuple[int, int]:
    field, step, values = _chain(size, layers)
    return field, size - values * step


def _without_strides(size: int, layers: Sequence[tuple[int, int]]) -> tuple[int, int]:
    field = 1 + sum(kernel - 1 for kernel, _ in layers)
    _, step, values = _chain(size, layers)
    return field, size - ((values - 1) * step + field)


FIELD = Exercise(
    id="10.4",
    title="What the top never sees",
    answer_name="field_and_unseen",
    section="Each neuron looks at the whole image",
    minutes=10,
    points=3,
    cases=_chain_cases,
    reference=field_and_unseen,
    mistakes=(
        Mistake(
            "multiplies the strides too early",
            _strides_too_early,
            "A layer's own strides are used in its own term. The values that a layer reads are spaced by the strides "
            "of the layers *below* it: add (kernel − 1)·step first, then multiply the step.",
        ),
        Mistake(
            "forgets the strides in the field",
            _without_strides,
            "The field grows by kernel − 1 for every layer. Above a layer with strides, neighbouring values are "
            "further apart: add (kernel − 1)·step.",
        ),
        Mistake(
            "lays the fields side by side",
            _tiles,
            "The fields are laid side by side. They overlap, because each begins one step after the last one: "
            "together they cover (values − 1)·step + field pixels.",
        ),
        Mistake(
            "counts steps only",
            _without_field,
            "This takes values·step pixels as covered. The last value sees a whole field from where it begins: "
            "(values − 1)·step + field.",
        ),
        Mistake(
            "believes that all is seen",
            lambda size, layers: (_chain(size, layers)[0], 0),
            'The field is right, but not every pixel is seen. With "valid" padding, a window that no longer fits is '
            "left out: count the pixels at the end that no window covers.",
        ),
        Mistake(
            "answers in the other order",
            lambda size, layers: field_and_unseen(size, layers)[::-1],
            "The two results are in the wrong order. Return the field first, then the number of unseen pixels.",
        ),
    ),
    hints=(
        "Follow three numbers through the layers: the field, the distance between neighbouring values in pixels, and "
        "the number of values.",
        "In the loop: `field += (kernel - 1) * step`, then `step *= strides`, and "
        "`values = (values - kernel) // strides + 1`.",
        "All fields together cover `(values - 1) * step + field` pixels.",
    ),
)


# 10.5 How rough is a picture?


def _image_cases(rng: np.random.Generator) -> list[Inputs]:
    return [(rng.uniform(0, 1, shape),) for shape in ((2, 5, 4, 1), (3, 3, 6, 2), (1, 4, 4, 1))]


def total_variation(images: np.ndarray) -> np.ndarray:
    """Add up the absolute differences of neighbours, down and to the right, for each image."""
    down = np.abs(images[:, 1:] - images[:, :-1]).sum(axis=(1, 2, 3))
    right = np.abs(images[:, :, 1:] - images[:, :, :-1]).sum(axis=(1, 2, 3))
    return down + right


def _differences(images: np.ndarray) -> list[np.ndarray]:
    return [np.diff(images, axis=1), np.diff(images, axis=2)]


def _without_the_last(images: np.ndarray) -> np.ndarray:
    down = np.abs(np.diff(images, axis=1))[:, :, :-1]
    right = np.abs(np.diff(images, axis=2))[:, :-1]
    return down.sum(axis=(1, 2, 3)) + right.sum(axis=(1, 2, 3))


TOTAL_VARIATION = Exercise(
    id="10.5",
    title="How rough is a picture?",
    answer_name="total_variation",
    section="A price for ink",
    minutes=8,
    points=2,
    cases=_image_cases,
    reference=total_variation,
    solved_by=("interpret.penalties.total_variation",),
    mistakes=(
        Mistake(
            "squares the differences",
            lambda images: sum((difference**2).sum(axis=(1, 2, 3)) for difference in _differences(images)),
            "The differences are squared. Add up their absolute values, so that one sharp edge costs no more than the "
            "same rise in small steps.",
        ),
        Mistake(
            "lets ups and downs cancel",
            lambda images: sum(difference.sum(axis=(1, 2, 3)) for difference in _differences(images)),
            "Rises and falls cancel here. Take the absolute value of each difference before you add.",
        ),
        Mistake(
            "takes the absolute value too late",
            lambda images: sum(np.abs(difference.sum(axis=(1, 2, 3))) for difference in _differences(images)),
            "The absolute value comes after the sum, when rises and falls have already cancelled. Apply it to each "
            "difference.",
        ),
        Mistake(
            "looks down only",
            lambda images: np.abs(np.diff(images, axis=1)).sum(axis=(1, 2, 3)),
            "Only neighbours in a column are compared. Compare those in a row as well.",
        ),
        Mistake(
            "looks right only",
            lambda images: np.abs(np.diff(images, axis=2)).sum(axis=(1, 2, 3)),
            "Only neighbours in a row are compared. Compare those in a column as well.",
        ),
        Mistake(
            "wraps around the edge",
            lambda images: sum(
                np.abs(images - np.roll(images, 1, axis)).sum(axis=(1, 2, 3)) for axis in (1, 2)
            ),
            "`np.roll` wraps around the edge, so the last row is compared with the first. Compare `images[:, 1:]` "
            "with `images[:, :-1]`.",
        ),
        Mistake(
            "adds up the batch",
            lambda images: sum(np.abs(difference).sum() for difference in _differences(images)),
            "This returns one number for the whole batch. Sum over axes 1, 2 and 3 only.",
        ),
        Mistake(
            "takes means",
            lambda images: sum(
                np.abs(difference).mean(axis=(1, 2, 3)) for difference in _differences(images)
            ),
            "These are means of the differences. Total variation is a sum.",
        ),
        Mistake(
            "counts each pair twice",
            lambda images: 2 * total_variation(images),
            "Each pair of neighbours is counted twice, once from either pixel. Compare each pixel only with the one "
            "below and the one to the right.",
        ),
        Mistake(
            "leaves the last row and column out",
            _without_the_last,
            "The last row and the last column are left out of both comparisons. Pixels of the last row have a right "
            "neighbour, and those of the last column have one below: compare them too.",
        ),
    ),
    hints=(
        "`images[:, 1:] - images[:, :-1]` is the difference between each row and the row above it.",
        "Take absolute values first, then sum over axes (1, 2, 3). Do the same along the width.",
    ),
)


# 10.6 Is it fooled?


def _deception_cases(rng: np.random.Generator) -> list[Inputs]:
    cases = []
    """Draw probabilities, some exactly at the threshold; one threshold is so low that two classes reach it."""
    for count, classes, threshold in ((24, 3, 0.6), (40, 4, 0.5), (31, 2, 0.75), (28, 3, 0.3)):
        probabilities = rng.dirichlet(np.full(classes, 0.5), count)
        targets = np.where(rng.random(count) < 0.6, probabilities.argmax(1), rng.integers(0, classes, count))
        probabilities[:2] = (1 - threshold) / (classes - 1)
        targets[:2] = 1, 0
        probabilities[[0, 1], [1, 0]] = threshold  # just enough
        probabilities[2:5] = 0.04 / (classes - 1)
        probabilities[2:5, 1] = 0.96
        targets[2:5] = 0, 0, 1
        cases.append((probabilities, targets, threshold))
    return cases


def share_fooled(probabilities: np.ndarray, targets: np.ndarray, threshold: float) -> float:
    """Return the share of images whose target class has at least this probability."""
    chosen = probabilities[np.arange(len(targets)), targets]
    return float((chosen >= threshold).mean())


def _chosen(probabilities: np.ndarray, targets: np.ndarray) -> np.ndarray:
    return probabilities[np.arange(len(targets)), targets]


def _likeliest_as_well(probabilities: np.ndarray, targets: np.ndarray, threshold: float) -> float:
    is_likeliest = probabilities.argmax(axis=1) == targets
    return float((is_likeliest & (_chosen(probabilities, targets) >= threshold)).mean())


FOOLED = Exercise(
    id="10.6",
    title="Is it fooled?",
    answer_name="share_fooled",
    section="Is another network fooled too?",
    minutes=6,
    points=2,
    cases=_deception_cases,
    reference=share_fooled,
    mistakes=(
        Mistake(
            "asks for any class",
            lambda p, targets, threshold: float((p.max(axis=1) >= threshold).mean()),
            "An image counts here if *any* class is probable. It fools the network only if its target class is: look "
            "up that probability alone.",
        ),
        Mistake(
            "asks for the likeliest class",
            lambda p, targets, threshold: float((p.argmax(axis=1) == targets).mean()),
            "This ignores the threshold and tests whether the target is the likeliest class. Test whether the "
            "target's probability is at least the threshold.",
        ),
        Mistake(
            "does not count the threshold itself",
            lambda p, targets, threshold: float((_chosen(p, targets) > threshold).mean()),
            'An image with exactly the threshold is left out. "At least" means `>=`.',
        ),
        Mistake(
            "counts",
            lambda p, targets, threshold: int((_chosen(p, targets) >= threshold).sum()),
            "This is a count. Divide it by the number of images to get the share.",
        ),
        Mistake(
            "averages the probabilities",
            lambda p, targets, threshold: float(_chosen(p, targets).mean()),
            "This is the mean probability of the target class. First test whether each image reaches the threshold, "
            "then take the share.",
        ),
        Mistake(
            "pairs every image with every target",
            lambda p, targets, threshold: float((p[:, targets] >= threshold).mean()),
            "`probabilities[:, targets]` pairs every image with every target. Index the rows as well: "
            "`probabilities[np.arange(len(targets)), targets]`.",
        ),
        Mistake(
            "asks for the likeliest class as well",
            _likeliest_as_well,
            "The target must be the likeliest class here as well. With a threshold below 0.5 it need not be: only its "
            "probability counts.",
        ),
        Mistake(
            "gives per cent",
            lambda p, targets, threshold: 100 * share_fooled(p, targets, threshold),
            "This is in per cent. A share is between 0 and 1: do not multiply by 100.",
        ),
        Mistake(
            "gives the share that is not fooled",
            lambda p, targets, threshold: 1 - share_fooled(p, targets, threshold),
            "This is the share of images whose target class stays *below* the threshold. Count those that reach it.",
        ),
    ),
    hints=(
        "First select one number for each image: the probability of the class that it was made for.",
        "`probabilities[np.arange(len(targets)), targets]`, as in exercise 5.1.",
        "Compare with the threshold, and take the mean of the True and False values.",
    ),
)

EXERCISES = (WINDOW, DEGREE, UPHILL, FIELD, TOTAL_VARIATION, FOOLED)
