"""The exercises of chapter 15: reading strings, generating, watching clips, comparing."""

from collections.abc import Callable
from itertools import groupby, product

import numpy as np

from workbook.exercises import Exercise, Inputs, Mistake
from workbook.vision_tasks import reading


def _paths(rng: np.random.Generator) -> list[Inputs]:
    """Draw paths with repeats, a double digit (a blank between), and a digit that comes again later."""
    cases: list[Inputs] = [([8, 8, 0, 8, 1],), ([0, 0, 1, 1, 0, 0],), ([0, 0, 0],)]
    while len(cases) < 8:
        a, b, c = (int(one) for one in rng.choice(np.arange(1, 11), 3, replace=False))
        path = [a, a, 0, a, b, c, 0, 0, b]
        repeats = rng.integers(1, 3, len(path))
        cases.append(([one for one, times in zip(path, repeats, strict=True) for _ in range(times)],))
    return cases


def collapse(path: list[int]) -> str:
    """Merge equal neighbours, drop the blanks, write the digits."""
    return "".join(str(one - 1) for one, _ in groupby(path) if one != 0)


def _digits(path: list[int]) -> list[int]:
    return [one for one in path if one != 0]


COLLAPSE = Exercise(
    id="15.1",
    title="What a path reads",
    answer_name="collapse",
    section="A class for each column",
    minutes=8,
    points=2,
    cases=_paths,
    reference=collapse,
    mistakes=(
        Mistake(
            "drops the blanks first",
            lambda path: collapse(_digits(path)),
            "The blanks went first, so two equal digits with a blank between became neighbours and were merged: 77 "
            "reads 7. Merge first, then drop the blanks.",
        ),
        Mistake(
            "does not merge",
            lambda path: "".join(str(one - 1) for one in _digits(path)),
            "Equal neighbours are not merged. A digit is several columns wide; only a blank, or another digit, begins "
            "a new one.",
        ),
        Mistake(
            "keeps the blanks",
            lambda path: "".join(str(one - 1) for one, _ in groupby(path)),
            "A blank became the text -1. It stands for no digit: leave class 0 out.",
        ),
        Mistake(
            "writes the classes",
            lambda path: "".join(str(one) for one, _ in groupby(path) if one != 0),
            "Every digit is one too high. Class 0 is the blank, so class 1 is the digit 0: write `one - 1`.",
        ),
        Mistake(
            "writes each digit once",
            lambda path: "".join(str(one - 1) for one in dict.fromkeys(_digits(path))),
            "A digit that comes again later is lost. Only *neighbours* are merged, not all that are equal.",
        ),
        Mistake(
            "gives a list",
            lambda path: [int(one) for one in collapse(path)],
            "The digits are right. Asked for is one string: join them.",
        ),
    ),
    hints=(
        "Go from column to column. When does a column add a digit to the text?",
        "If its class is no blank and not the one before it. `itertools.groupby(path)` merges equal neighbours.",
        '`"".join(str(one - 1) for one, _ in groupby(path) if one != 0)`',
    ),
)


def _grids(rng: np.random.Generator) -> list[Inputs]:
    """Draw grids of two to five columns and three or four classes, and texts that fit, some with a double digit."""
    cases = []
    for columns, classes, text in ((2, 3, "1"), (3, 3, "00"), (4, 3, "10"), (4, 4, "2"), (5, 4, "011")):
        cases.append((rng.dirichlet(np.ones(classes), columns), text))
    return cases


def string_probability(probabilities: np.ndarray, text: str) -> float:
    """Add up the probabilities of all paths (products over the columns) that read `text`."""
    return sum(_all_paths(probabilities, text))


def _all_paths(
    probabilities: np.ndarray, text: str, reads: Callable[[tuple[int, ...]], str] = reading.collapse
) -> list[float]:
    """List the probabilities of the paths that read `text`."""
    columns, classes = probabilities.shape
    found = []
    for path in product(range(classes), repeat=columns):
        if reads(path) == text:
            found.append(float(np.prod(probabilities[np.arange(columns), path])))
    return found


def _unmerged(path: tuple[int, ...]) -> str:
    return "".join(str(one - 1) for one in path if one != 0)


def _unblanked(path: tuple[int, ...]) -> str:
    return "" if 0 in path else reading.collapse(path)


def _sums(probabilities: np.ndarray, text: str) -> float:
    columns, classes = probabilities.shape
    paths = [path for path in product(range(classes), repeat=columns) if reading.collapse(path) == text]
    return float(sum(probabilities[np.arange(columns), path].sum() for path in paths))


STRING_PROBABILITY = Exercise(
    id="15.2",
    title="The probability of a string",
    answer_name="string_probability",
    section="All paths that read the same",
    minutes=12,
    points=3,
    cases=_grids,
    reference=string_probability,
    mistakes=(
        Mistake(
            "takes the best path",
            lambda probabilities, text: max(_all_paths(probabilities, text)),
            "This is the probability of the best path alone. Every path that reads the text counts: add them all up.",
        ),
        Mistake(
            "adds along a path",
            _sums,
            "The columns of a path are added. All of them must come out as the path says: multiply.",
        ),
        Mistake(
            "gives the mean of the paths",
            lambda probabilities, text: float(np.mean(_all_paths(probabilities, text))),
            "This is the mean over the paths. They exclude each other, so their probabilities add up.",
        ),
        Mistake(
            "does not merge",
            lambda probabilities, text: float(sum(_all_paths(probabilities, text, _unmerged))),
            "Only blanks are dropped: paths in which a digit is several columns wide are missing. `reading.collapse` "
            "merges them, too.",
        ),
        Mistake(
            "leaves out paths with blanks",
            lambda probabilities, text: float(sum(_all_paths(probabilities, text, _unblanked))),
            "Paths that have a blank are missing. The blank is a class like any other: run through all, from 0.",
        ),
        Mistake(
            "gives the loss",
            lambda probabilities, text: float(-np.log(sum(_all_paths(probabilities, text)))),
            "This is −ln of the probability, the CTC loss. Asked for is the probability.",
        ),
    ),
    hints=(
        "Try every path. A path is a class for each column; is its text the one asked for?",
        "`itertools.product(range(classes), repeat=columns)` gives all paths.",
        "`np.prod(probabilities[np.arange(columns), path])` is the probability of one.",
    ),
)


Arrays = tuple[np.ndarray, np.ndarray]


def _clouds(rng: np.random.Generator) -> list[Inputs]:
    return [
        (rng.normal(0, 1, shape), rng.normal(-1, 0.8, shape), rng.normal(0, 1, shape))
        for shape in ((3, 4), (5, 2), (2, 6))
    ]


def cloud(mean: np.ndarray, log_variance: np.ndarray, noise: np.ndarray) -> Arrays:
    """Draw a code from each cloud, (n, codes), and give each cloud's divergence from the normal one, (n,)."""
    codes = mean + np.exp(log_variance / 2) * noise
    divergence = (mean**2 + np.exp(log_variance) - 1 - log_variance).sum(axis=1) / 2
    return codes, divergence


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
            lambda mean, log_variance, noise: (
                mean + log_variance * noise,
                cloud(mean, log_variance, noise)[1],
            ),
            "The noise is multiplied by the log-variance, which may be negative. The standard deviation is "
            "e^(log-variance / 2).",
        ),
        Mistake(
            "takes the variance for the width",
            lambda mean, log_variance, noise: (
                mean + np.exp(log_variance) * noise,
                cloud(mean, log_variance, noise)[1],
            ),
            "The noise is multiplied by the variance. Its root, the standard deviation, is wanted: halve the "
            "log-variance before the exponential.",
        ),
        Mistake(
            "gives the middle",
            lambda mean, log_variance, noise: (mean, cloud(mean, log_variance, noise)[1]),
            "The codes are the means: nothing is drawn. Add the standard deviation times the noise.",
        ),
        Mistake(
            "forgets the half",
            lambda mean, log_variance, noise: (
                cloud(mean, log_variance, noise)[0],
                2 * cloud(mean, log_variance, noise)[1],
            ),
            "The divergence is twice too large: the sum is halved.",
        ),
        Mistake(
            "turns the sign",
            lambda mean, log_variance, noise: (
                cloud(mean, log_variance, noise)[0],
                -cloud(mean, log_variance, noise)[1],
            ),
            "The divergence is negative. It is 0 for the normal cloud and positive for every other.",
        ),
        Mistake(
            "averages over the codes",
            lambda mean, log_variance, noise: (
                cloud(mean, log_variance, noise)[0],
                cloud(mean, log_variance, noise)[1] / mean.shape[1],
            ),
            "The divergence is a mean over the code's numbers. It is their sum.",
        ),
        Mistake(
            "adds up the pictures",
            lambda mean, log_variance, noise: (
                cloud(mean, log_variance, noise)[0],
                float(cloud(mean, log_variance, noise)[1].sum()),
            ),
            "The divergences of all pictures are added up. Each picture has its own: sum over the last axis only.",
        ),
    ),
    hints=(
        "Variance = e^(log-variance); standard deviation = its root = e^(log-variance / 2).",
        "`mean + np.exp(log_variance / 2) * noise` are the codes.",
        "`(mean**2 + np.exp(log_variance) - 1 - log_variance).sum(axis=1) / 2`",
    ),
)


def _noisy_pictures(rng: np.random.Generator) -> list[Inputs]:
    cases = []
    for shape, left in (((3, 4, 5), 4), ((2, 3, 3), 7), ((4, 2, 6), 3)):
        pictures, guess = rng.uniform(-1, 1, shape), rng.uniform(-1, 1, shape)
        cases.append((pictures, rng.normal(0, 1, shape), rng.uniform(0.1, 0.9, len(pictures)), guess, left))
    return cases


def noise_and_step(
    pictures: np.ndarray, noise: np.ndarray, time: np.ndarray, guess: np.ndarray, left: int
) -> Arrays:
    """Mix pictures with noise, each at its time; then walk one of `left` steps from there to the guess."""
    share = time[:, None, None]
    noisy = (1 - share) * pictures + share * noise
    return noisy, noisy + (guess - noisy) / left


def _step(noisy: np.ndarray, guess: np.ndarray, left: int) -> Arrays:
    return noisy, noisy + (guess - noisy) / left


def _mean_time(
    pictures: np.ndarray, noise: np.ndarray, time: np.ndarray, guess: np.ndarray, left: int
) -> Arrays:
    return noise_and_step(pictures, noise, np.full_like(time, time.mean()), guess, left)


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
            "Time runs the other way: at time 0 there should be the picture alone, at time 1 the noise alone.",
        ),
        Mistake(
            "does not fade the picture",
            lambda pictures, noise, time, guess, left: _step(
                pictures + time[:, None, None] * noise, guess, left
            ),
            "Noise is added to the whole picture. The picture fades as the noise grows: its share is 1 − time.",
        ),
        Mistake(
            "takes one time for all",
            _mean_time,
            "All pictures got the same time. Each has its own: `time[:, None, None]` lines times up with pictures.",
        ),
        Mistake(
            "walks the whole way",
            lambda pictures, noise, time, guess, left: (
                noise_and_step(pictures, noise, time, guess, left)[0],
                guess,
            ),
            "The step goes all the way to the guess. With `left` steps to go, one of them is 1 / left of the way.",
        ),
        Mistake(
            "walks away",
            lambda pictures, noise, time, guess, left: (
                noise_and_step(pictures, noise, time, guess, left)[0],
                noise_and_step(pictures, noise, time, guess, -left)[1],
            ),
            "The step leads away from the guess. The way from a to b is b − a.",
        ),
        Mistake(
            "walks to the picture",
            lambda pictures, noise, time, guess, left: noise_and_step(pictures, noise, time, pictures, left),
            "The step leads to the true picture, which nobody knows when a new one is drawn. Walk to the guess.",
        ),
    ),
    hints=(
        "A mix of two things: share · one + (1 − share) · other.",
        "`share = time[:, None, None]` has the shape (n, 1, 1): one time for each picture.",
        "`noisy + (guess - noisy) / left` is the end of the step.",
    ),
)


def _kernels(rng: np.random.Generator) -> list[Inputs]:
    """Draw channels, filters, side and span, all different."""
    cases: list[Inputs] = [(1, 16, 5, 3)]
    while len(cases) < 5:
        channels, filters = (int(one) for one in rng.choice(np.arange(8, 64), 2, replace=False))
        side, span = (int(one) for one in rng.choice([2, 3, 5, 7], 2, replace=False))
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
            "The biases are missing: each filter of each layer has one.",
        ),
        Mistake(
            "gives time the input's channels",
            lambda channels, filters, side, span: (
                (span * side**2 * channels + 1) * filters,
                (side**2 * channels + 1) * filters + (span * channels + 1) * filters,
            ),
            "The convolution over time reads the clip's own channels. It comes after the one over space, so it reads "
            "that one's filters.",
        ),
        Mistake(
            "keeps the channels apart in time",
            lambda channels, filters, side, span: (
                (span * side**2 * channels + 1) * filters,
                (side**2 * channels + 1) * filters + (span + 1) * filters,
            ),
            "The convolution over time reads one channel a filter, as a depthwise one would. An ordinary convolution "
            "reads all of them: span · filters weights a filter.",
        ),
        Mistake(
            "forgets a side",
            lambda channels, filters, side, span: (
                (span * side * channels + 1) * filters,
                (side * channels + 1) * filters + (span * filters + 1) * filters,
            ),
            "A kernel over space is side · side large; one side is missing.",
        ),
        Mistake(
            "gives both in the other order",
            lambda channels, filters, side, span: space_time_parameters(channels, filters, side, span)[::-1],
            "Both numbers are right, but in the other order: joint first, then separable.",
        ),
    ),
    hints=(
        "A filter has a weight for each place of its kernel and each channel that it reads, and one bias.",
        "The joint kernel is span · side · side large. The separable one is two layers: side · side, then span.",
        "The second layer reads `filters` channels: `(span * filters + 1) * filters`.",
    ),
)


def _neighbourhoods(rng: np.random.Generator) -> list[Inputs]:
    """Draw clouds of points of unequal length around class centres, with labels in mixed order."""
    cases: list[Inputs] = []
    while len(cases) < 4:
        count, dimensions, classes = int(rng.integers(14, 20)), int(rng.integers(2, 5)), 3
        labels = rng.integers(0, classes, count)
        points = rng.normal(0, 1, (classes, dimensions))[labels] + rng.normal(0, 0.7, (count, dimensions))
        case = points * rng.uniform(0.3, 3, (count, 1)), labels
        shares = [recall_at_1(*case), _by_products(*case), _by_means(*case), _farthest(*case)]
        if len(set(shares)) == 4 and 1 not in shares:
            cases.append(case)
    return cases


def _distances(embeddings: np.ndarray) -> np.ndarray:
    return np.linalg.norm(embeddings[:, None] - embeddings[None], axis=2)


def recall_at_1(embeddings: np.ndarray, labels: np.ndarray) -> float:
    """Give the share of points whose nearest other point has the same label."""
    distances = np.linalg.norm(embeddings[:, None] - embeddings[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    nearest = distances.argmin(axis=1)
    return float(np.mean(labels[nearest] == labels))


def _farthest(embeddings: np.ndarray, labels: np.ndarray) -> float:
    return float(np.mean(labels[_distances(embeddings).argmax(axis=1)] == labels))


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
    mistakes=(
        Mistake(
            "finds itself",
            lambda embeddings, labels: 1.0,
            "This is 1, whatever the points are: each is its own nearest neighbour, at distance 0. Put the diagonal of "
            "the distances to infinity.",
        ),
        Mistake(
            "takes the farthest",
            _farthest,
            "This looks at the farthest point. The nearest has the *smallest* distance.",
        ),
        Mistake(
            "compares by products",
            _by_products,
            "The neighbour is the one with the largest product, so long vectors are everybody's neighbours. Products "
            "and distances agree only where all vectors have length 1. Use distances.",
        ),
        Mistake(
            "compares with class means",
            _by_means,
            "Each point is compared with the means of the classes. Recall at 1 asks for the nearest single point.",
        ),
        Mistake(
            "counts",
            lambda embeddings, labels: round(recall_at_1(embeddings, labels) * len(labels)),
            "This is how many points are right. Asked for is their share: divide by the number of points.",
        ),
    ),
    hints=(
        "First all differences: `embeddings[:, None] - embeddings[None]` has the shape (n, n, dimensions).",
        "`np.linalg.norm(…, axis=2)` gives (n, n); `np.fill_diagonal(distances, np.inf)`: no point finds itself.",
        "`nearest = distances.argmin(axis=1)`, and the share in which `labels[nearest] == labels`.",
    ),
)

EXERCISES = (
    COLLAPSE,
    STRING_PROBABILITY,
    CLOUD,
    NOISE,
    SPACE_TIME,
    RECALL,
)
