"""The exercises of chapter 15: reading strings, generating, watching clips, comparing."""

from collections.abc import Callable
from itertools import groupby, product
from typing import Any

import numpy as np

from workbook.exercises import Exercise, Inputs, Mistake
from workbook.vision_tasks import reading

Arrays = tuple[np.ndarray, np.ndarray]

# 15.1 What a path reads


def _paths(rng: np.random.Generator) -> list[Inputs]:
    """Draw paths with repeats, a double digit (a blank between), and a digit that comes again later."""
    cases: list[Inputs] = [([8, 8, 0, 8, 1],), ([0, 0, 1, 1, 0, 0],), ([0, 0, 0],), ([3, 0, 5],)]
    while len(cases) < 8:
        a, b, c = (int(label) for label in rng.choice(np.arange(1, 11), 3, replace=False))
        path = [a, a, 0, a, b, c, 0, 0, b]
        widths = rng.integers(1, 3, len(path))
        cases.append((np.repeat(path, widths).tolist(),))
    return cases


def collapse(path: list[int]) -> str:
    """Merge equal neighbours, drop the blanks, write the digits."""
    return "".join(str(label - 1) for label, _ in groupby(path) if label != 0)


def _without_blanks(path: list[int]) -> list[int]:
    return [label for label in path if label != 0]


COLLAPSE = Exercise(
    id="15.1",
    title="What a path reads",
    answer_name="collapse",
    section="A class for each column",
    minutes=8,
    points=2,
    cases=_paths,
    reference=collapse,
    solved_by=("vision_tasks.reading.collapse",),
    mistakes=(
        Mistake(
            "drops the blanks first",
            lambda path: collapse(_without_blanks(path)),
            "The blanks are dropped first, so two equal digits with a blank between them become neighbours and are "
            "merged: 77 reads 7. Merge first, then drop the blanks.",
        ),
        Mistake(
            "does not merge",
            lambda path: "".join(str(label - 1) for label in _without_blanks(path)),
            "Equal neighbours are not merged. A digit is several columns wide, and only a blank or another digit ends "
            "it: merge first.",
        ),
        Mistake(
            "keeps the blanks",
            lambda path: "".join(str(label - 1) for label, _ in groupby(path)),
            "A blank becomes the text -1. It stands for no digit: leave class 0 out.",
        ),
        Mistake(
            "writes the classes",
            lambda path: "".join(str(label) for label, _ in groupby(path) if label != 0),
            "Every digit is 1 too high. Class 0 is the blank, so class 1 is the digit 0: subtract 1.",
        ),
        Mistake(
            "writes each digit once",
            lambda path: "".join(str(label - 1) for label in dict.fromkeys(_without_blanks(path))),
            "A digit that comes again later is lost. Merge only *neighbours*, not all equal digits.",
        ),
        Mistake(
            "gives a list",
            lambda path: [int(digit) for digit in collapse(path)],
            "The digits are right, but in a list. Join them into one string.",
        ),
    ),
    hints=(
        "Go from column to column. When does a column add a digit to the text?",
        "It adds one if its class is not the blank and differs from the class before it. `itertools.groupby(path)` "
        "merges equal neighbours.",
        '`"".join(str(label - 1) for label, _ in groupby(path) if label != 0)`',
    ),
)


# 15.2 The probability of a string


def _grids(rng: np.random.Generator) -> list[Inputs]:
    """Draw grids of two to five columns and three or four classes, and texts that fit, some with a double digit."""
    cases = []
    for columns, classes, text in ((2, 3, "1"), (3, 3, "00"), (4, 3, "10"), (4, 4, "2"), (5, 4, "011")):
        cases.append((rng.dirichlet(np.ones(classes), columns), text))
    return cases


def string_probability(probabilities: np.ndarray, text: str) -> float:
    """Add up the probabilities of all paths (products over the columns) that read `text`."""
    return sum(_path_probabilities(probabilities, text))


def _path_probabilities(
    probabilities: np.ndarray, text: str, reads: Callable[[tuple[int, ...]], str] = reading.collapse
) -> list[float]:
    """List the probabilities of the paths that read `text`."""
    columns, classes = probabilities.shape
    products = []
    for path in product(range(classes), repeat=columns):
        if reads(path) == text:
            products.append(float(np.prod(probabilities[np.arange(columns), path])))
    return products


def _unmerged(path: tuple[int, ...]) -> str:
    return "".join(str(label - 1) for label in path if label != 0)


def _without_blank_paths(path: tuple[int, ...]) -> str:
    return "" if 0 in path else reading.collapse(path)


def _sums(probabilities: np.ndarray, text: str) -> float:
    columns, classes = probabilities.shape
    total = 0.0
    for path in product(range(classes), repeat=columns):
        if reading.collapse(path) == text:
            total += float(probabilities[np.arange(columns), path].sum())
    return total


def _repeat_group(probabilities: np.ndarray, text: str) -> str:
    repeats = any(text[place] == text[place + 1] for place in range(len(text) - 1))
    return "a digit twice in a row" if repeats else "no digit twice in a row"


STRING_PROBABILITY = Exercise(
    id="15.2",
    title="The probability of a string",
    answer_name="string_probability",
    section="All paths that read the same",
    minutes=12,
    points=3,
    cases=_grids,
    groups=_repeat_group,
    reference=string_probability,
    may_use=("vision_tasks.reading.collapse",),
    solved_by=("vision_tasks.reading.string_probability",),
    mistakes=(
        Mistake(
            "takes the best path",
            lambda probabilities, text: max(_path_probabilities(probabilities, text)),
            "This is the probability of the best path alone. Add up the probabilities of all paths that read the text.",
        ),
        Mistake(
            "adds along a path",
            _sums,
            "The probabilities along a path are added. Multiply them: all columns must agree with the path at once.",
        ),
        Mistake(
            "gives the mean of the paths",
            lambda probabilities, text: float(np.mean(_path_probabilities(probabilities, text))),
            "This is the mean over the paths. Only one path can happen, so their probabilities add up: take the sum.",
        ),
        Mistake(
            "does not merge",
            lambda probabilities, text: float(sum(_path_probabilities(probabilities, text, _unmerged))),
            "Only blanks are dropped, so paths in which a digit is several columns wide are missing. Use "
            "`reading.collapse`, which merges them too.",
        ),
        Mistake(
            "leaves out paths with blanks",
            lambda probabilities, text: float(
                sum(_path_probabilities(probabilities, text, _without_blank_paths))
            ),
            "Paths with a blank are missing. The blank is a class like any other: try all classes from 0 on.",
        ),
        Mistake(
            "gives the loss",
            lambda probabilities, text: float(-np.log(sum(_path_probabilities(probabilities, text)))),
            "This is −ln of the probability, the CTC loss. Return the probability itself.",
        ),
    ),
    hints=(
        "Try every path. A path is one class for each column: does it read the given text?",
        "`itertools.product(range(classes), repeat=columns)` lists all paths.",
        "`np.prod(probabilities[np.arange(columns), path])` is the probability of one path.",
    ),
)


# 15.3 A cloud of codes


def _clouds(rng: np.random.Generator) -> list[Inputs]:
    return [
        (rng.normal(0, 1, shape), rng.normal(-1, 0.8, shape), rng.normal(0, 1, shape))
        for shape in ((3, 4), (5, 2), (2, 6))
    ]


def cloud(mean: np.ndarray, log_variance: np.ndarray, noise: np.ndarray) -> Arrays:
    """Return a code drawn from each cloud, (n, codes), and each cloud's divergence from the normal one, (n,)."""
    codes = mean + np.exp(log_variance / 2) * noise
    divergence = (mean**2 + np.exp(log_variance) - 1 - log_variance).sum(axis=1) / 2
    return codes, divergence


def _with_codes(codes: Callable[..., np.ndarray]) -> Callable[..., Arrays]:
    """Make the wrong answer with the right divergence and other codes."""
    return lambda mean, log_variance, noise: (
        codes(mean, log_variance, noise),
        cloud(mean, log_variance, noise)[1],
    )


def _with_divergence(change: Callable[[np.ndarray], Any]) -> Callable[..., Any]:
    """Make the wrong answer with the right codes and a changed divergence."""

    def answer(mean: np.ndarray, log_variance: np.ndarray, noise: np.ndarray) -> Any:
        codes, divergence = cloud(mean, log_variance, noise)
        return codes, change(divergence)

    return answer


def _averaged_divergence(mean: np.ndarray, log_variance: np.ndarray, noise: np.ndarray) -> Arrays:
    codes, divergence = cloud(mean, log_variance, noise)
    return codes, divergence / mean.shape[1]


CLOUD = Exercise(
    id="15.3",
    title="A cloud of codes",
    answer_name="cloud",
    section="A code for every picture",
    minutes=8,
    points=2,
    cases=_clouds,
    reference=cloud,
    mistakes=(
        Mistake(
            "takes the log-variance for the width",
            _with_codes(lambda mean, log_variance, noise: mean + log_variance * noise),
            "The noise is multiplied by the log-variance, which may be negative. Multiply it by the standard "
            "deviation, e^(log-variance / 2).",
        ),
        Mistake(
            "takes the variance for the width",
            _with_codes(lambda mean, log_variance, noise: mean + np.exp(log_variance) * noise),
            "The noise is multiplied by the variance. Multiply it by the standard deviation, the root of the "
            "variance: halve the log-variance before the exponential.",
        ),
        Mistake(
            "gives the middle",
            _with_codes(lambda mean, log_variance, noise: mean),
            "The codes are the means, so nothing is drawn. Add the standard deviation times the noise.",
        ),
        Mistake(
            "forgets the half",
            _with_divergence(lambda divergence: 2 * divergence),
            "The divergence is twice as large as it should be. Halve the sum.",
        ),
        Mistake(
            "has the wrong sign",
            _with_divergence(lambda divergence: -divergence),
            "The divergence has the wrong sign. It is 0 for the normal cloud and positive otherwise: change its sign.",
        ),
        Mistake(
            "averages over the codes",
            _averaged_divergence,
            "The divergence is the mean over the numbers of a code. Take their sum.",
        ),
        Mistake(
            "adds up the pictures",
            _with_divergence(lambda divergence: float(divergence.sum())),
            "The divergences of all pictures are added up. Each picture has its own: sum over the last axis only.",
        ),
    ),
    hints=(
        "The variance is e^(log-variance). The standard deviation is its root, e^(log-variance / 2).",
        "The codes are `mean + np.exp(log_variance / 2) * noise`.",
        "`(mean**2 + np.exp(log_variance) - 1 - log_variance).sum(axis=1) / 2`",
    ),
)


# 15.4 Into the noise, and a step back


def _noisy_pictures(rng: np.random.Generator) -> list[Inputs]:
    cases = []
    for shape, left in (((3, 4, 5), 4), ((2, 3, 3), 7), ((4, 2, 6), 3)):
        pictures, guess = rng.uniform(-1, 1, shape), rng.uniform(-1, 1, shape)
        cases.append((pictures, rng.normal(0, 1, shape), rng.uniform(0.1, 0.9, len(pictures)), guess, left))
    return cases


def noise_and_step(
    pictures: np.ndarray, noise: np.ndarray, time: np.ndarray, guess: np.ndarray, left: int
) -> Arrays:
    """Mix pictures with noise, each at its time; then take the first of `left` steps from there to the guess."""
    share = time[:, None, None]
    noisy = (1 - share) * pictures + share * noise
    return noisy, noisy + (guess - noisy) / left


def _unfaded(
    pictures: np.ndarray, noise: np.ndarray, time: np.ndarray, guess: np.ndarray, left: int
) -> Arrays:
    noisy = pictures + time[:, None, None] * noise
    return noisy, noisy + (guess - noisy) / left


def _mean_time(
    pictures: np.ndarray, noise: np.ndarray, time: np.ndarray, guess: np.ndarray, left: int
) -> Arrays:
    return noise_and_step(pictures, noise, np.full_like(time, time.mean()), guess, left)


def _whole_way(
    pictures: np.ndarray, noise: np.ndarray, time: np.ndarray, guess: np.ndarray, left: int
) -> Arrays:
    return noise_and_step(pictures, noise, time, guess, 1)


def _backwards(
    pictures: np.ndarray, noise: np.ndarray, time: np.ndarray, guess: np.ndarray, left: int
) -> Arrays:
    return noise_and_step(pictures, noise, time, guess, -left)


NOISE = Exercise(
    id="15.4",
    title="Into the noise, and a step back",
    answer_name="noise_and_step",
    section="From noise, step by step",
    minutes=10,
    points=3,
    cases=_noisy_pictures,
    reference=noise_and_step,
    mistakes=(
        Mistake(
            "turns time round",
            lambda pictures, noise, time, guess, left: noise_and_step(pictures, noise, 1 - time, guess, left),
            "Time runs backwards here. At time 0 there must be the picture alone, at time 1 the noise alone.",
        ),
        Mistake(
            "does not fade the picture",
            _unfaded,
            "Noise is added to the whole picture. The picture must fade as the noise grows: multiply it by 1 − time.",
        ),
        Mistake(
            "takes one time for all",
            _mean_time,
            "All pictures get the same time. Each has its own: `time[:, None, None]` aligns the times with the "
            "pictures.",
        ),
        Mistake(
            "walks the whole way",
            _whole_way,
            "The step goes all the way to the guess. With `left` steps to go, one step is 1 / left of the way.",
        ),
        Mistake(
            "walks away",
            _backwards,
            "The step leads away from the guess. The way from a to b is b − a.",
        ),
        Mistake(
            "walks to the picture",
            lambda pictures, noise, time, guess, left: noise_and_step(pictures, noise, time, pictures, left),
            "The step leads to the true picture, which is unknown when a new picture is drawn. Step towards the guess.",
        ),
    ),
    hints=(
        "A mix of two arrays a and b is share · a + (1 − share) · b.",
        "`share = time[:, None, None]` has the shape (n, 1, 1): one time per picture.",
        "`noisy + (guess - noisy) / left` is the end of the step.",
    ),
)


# 15.5 Space and time, together or apart


def _kernels(rng: np.random.Generator) -> list[Inputs]:
    """Draw channels, filters, side and span, all different."""
    cases: list[Inputs] = [(1, 16, 5, 3)]
    while len(cases) < 5:
        channels, filters = (int(count) for count in rng.choice(np.arange(8, 64), 2, replace=False))
        side, span = (int(length) for length in rng.choice([2, 3, 5, 7], 2, replace=False))
        cases.append((channels, filters, side, span))
    return cases


def space_time_parameters(channels: int, filters: int, side: int, span: int) -> tuple[int, int]:
    """Count the parameters, biases included, of a joint space-time convolution and of a separable one."""
    joint = (span * side * side * channels + 1) * filters
    space = (side * side * channels + 1) * filters
    time = (span * filters + 1) * filters
    return joint, space + time


SPACE_TIME = Exercise(
    id="15.5",
    title="Space and time, together or apart",
    answer_name="space_time_parameters",
    section="Kernels that span time",
    minutes=6,
    points=2,
    cases=_kernels,
    reference=space_time_parameters,
    mistakes=(
        Mistake(
            "forgets the biases",
            lambda channels, filters, side, span: (
                span * side**2 * channels * filters,
                side**2 * channels * filters + span * filters**2,
            ),
            "The biases are missing. Each filter of each layer has one.",
        ),
        Mistake(
            "gives time the input's channels",
            lambda channels, filters, side, span: (
                (span * side**2 * channels + 1) * filters,
                (side**2 * channels + 1) * filters + (span * channels + 1) * filters,
            ),
            "The convolution over time reads the clip's own channels. It follows the convolution over space: let it "
            "read that layer's filters.",
        ),
        Mistake(
            "keeps the channels apart in time",
            lambda channels, filters, side, span: (
                (span * side**2 * channels + 1) * filters,
                (side**2 * channels + 1) * filters + (span + 1) * filters,
            ),
            "The convolution over time reads one channel per filter, as a depthwise one does. An ordinary convolution "
            "reads all of them: span · filters weights per filter.",
        ),
        Mistake(
            "forgets a side",
            lambda channels, filters, side, span: (
                (span * side * channels + 1) * filters,
                (side * channels + 1) * filters + (span * filters + 1) * filters,
            ),
            "The factor `side` appears only once. A kernel over space has side · side places.",
        ),
        Mistake(
            "gives both in the other order",
            lambda channels, filters, side, span: space_time_parameters(channels, filters, side, span)[::-1],
            "Both numbers are right, but in the wrong order. Return the joint one first, then the separable one.",
        ),
    ),
    hints=(
        "A filter has one weight for each place of its kernel and each channel that it reads, and one bias.",
        "The joint kernel has span · side · side places. The separable one is two layers: side · side places, then "
        "span places.",
        "The second layer reads `filters` channels: `(span * filters + 1) * filters`.",
    ),
)


# 15.6 Recall at 1


def _neighbourhoods(rng: np.random.Generator) -> list[Inputs]:
    """Draw clouds of points of unequal length around class centres, with labels in mixed order.

    Two points of one class are in the same place, and their next neighbour is of another class.
    """
    cases: list[Inputs] = []
    while len(cases) < 4:
        count, dimensions, classes = int(rng.integers(14, 20)), int(rng.integers(2, 5)), 3
        labels = rng.integers(0, classes, count)
        points = rng.normal(0, 1, (classes, dimensions))[labels] + rng.normal(0, 0.7, (count, dimensions))
        case = points * rng.uniform(0.3, 3, (count, 1)), labels
        first, second = np.flatnonzero(labels == labels[-1])[[0, -1]]
        case[0][second] = case[0][first]
        wrong = (_by_products, _by_means, _farthest, _without_twins, _along_the_axes)
        shares = [recall(*case) for recall in (recall_at_1, *wrong)]
        if first < second and len(set(shares)) == len(shares) and 1 not in shares:
            cases.append(case)
    return cases


def recall_at_1(embeddings: np.ndarray, labels: np.ndarray) -> float:
    """Return the share of points whose nearest other point has the same label."""
    distances = np.linalg.norm(embeddings[:, None] - embeddings[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    nearest = distances.argmin(axis=1)
    return float(np.mean(labels[nearest] == labels))


def _farthest(embeddings: np.ndarray, labels: np.ndarray) -> float:
    distances = np.linalg.norm(embeddings[:, None] - embeddings[None], axis=2)
    return float(np.mean(labels[distances.argmax(axis=1)] == labels))


def _without_twins(embeddings: np.ndarray, labels: np.ndarray) -> float:
    """Leave out every distance of 0, not only a point's distance to itself."""
    distances = np.linalg.norm(embeddings[:, None] - embeddings[None], axis=2)
    distances[distances == 0] = np.inf
    return float(np.mean(labels[distances.argmin(axis=1)] == labels))


def _along_the_axes(embeddings: np.ndarray, labels: np.ndarray) -> float:
    """Measure by the sum of absolute differences."""
    distances = abs(embeddings[:, None] - embeddings[None]).sum(axis=2)
    np.fill_diagonal(distances, np.inf)
    return float(np.mean(labels[distances.argmin(axis=1)] == labels))


def _by_products(embeddings: np.ndarray, labels: np.ndarray) -> float:
    products = embeddings @ embeddings.T
    np.fill_diagonal(products, -np.inf)
    return float(np.mean(labels[products.argmax(axis=1)] == labels))


def _by_means(embeddings: np.ndarray, labels: np.ndarray) -> float:
    names = np.unique(labels)
    means = np.array([embeddings[labels == name].mean(axis=0) for name in names])
    nearest = np.linalg.norm(embeddings[:, None] - means[None], axis=2).argmin(axis=1)
    return float(np.mean(names[nearest] == labels))


RECALL = Exercise(
    id="15.6",
    title="Recall at 1",
    answer_name="recall_at_1",
    section="A number for neighbours",
    minutes=8,
    points=2,
    cases=_neighbourhoods,
    reference=recall_at_1,
    solved_by=("vision_tasks.embedding.recall_at",),
    mistakes=(
        Mistake(
            "finds itself",
            lambda embeddings, labels: 1.0,
            "This is 1 for any points: each is its own nearest neighbour, at distance 0. Set the diagonal of the "
            "distances to infinity.",
        ),
        Mistake(
            "takes the farthest",
            _farthest,
            "This takes the farthest point. Take the nearest one, which has the *smallest* distance.",
        ),
        Mistake(
            "leaves out a point in the same place",
            _without_twins,
            "Every distance of 0 is left out here. Two points may be in the same place, and are then each other's "
            "nearest neighbours: leave out only the diagonal, a point's distance to itself.",
        ),
        Mistake(
            "adds up absolute differences",
            _along_the_axes,
            "The distance here is the sum of absolute differences. The exercise asks for the Euclidean distance: the "
            "root of the sum of squares, `np.linalg.norm(…, axis=2)`.",
        ),
        Mistake(
            "compares by products",
            _by_products,
            "The neighbour here is the point with the largest product, so long vectors are everybody's neighbours. "
            "Use distances: the two agree only where all vectors have length 1.",
        ),
        Mistake(
            "compares with class means",
            _by_means,
            "Each point is compared with the class means. Compare it with every single other point, and take the "
            "nearest.",
        ),
        Mistake(
            "counts",
            lambda embeddings, labels: round(recall_at_1(embeddings, labels) * len(labels)),
            "This is the number of right points. Divide it by the number of points to get the share.",
        ),
        Mistake(
            "gives per cent",
            lambda embeddings, labels: 100 * recall_at_1(embeddings, labels),
            "This is in per cent. A share is between 0 and 1: do not multiply by 100.",
        ),
    ),
    hints=(
        "Compute all differences first: `embeddings[:, None] - embeddings[None]` has the shape (n, n, dimensions).",
        "`np.linalg.norm(…, axis=2)` gives the distances (n, n). With `np.fill_diagonal(distances, np.inf)`, no point "
        "finds itself.",
        "`nearest = distances.argmin(axis=1)`; then take the share of points with `labels[nearest] == labels`.",
    ),
)

EXERCISES = (COLLAPSE, STRING_PROBABILITY, CLOUD, NOISE, SPACE_TIME, RECALL)
