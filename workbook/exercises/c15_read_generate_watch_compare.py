"""The exercises of chapter 15: strings, and neighbours (clouds, noise and clips stand in `generating`)."""

from collections.abc import Callable
from itertools import groupby, product

import numpy as np

from workbook.exercises import Exercise, Mistake
from workbook.exercises.generating import CLOUD, NOISE, SPACE_TIME
from workbook.vision_tasks import reading

Inputs = tuple


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

EXERCISES = (COLLAPSE, STRING_PROBABILITY, CLOUD, NOISE, SPACE_TIME, RECALL)
