"""The exercises of chapter 11: dreams and style."""

from collections.abc import Mapping, Sequence

import numpy as np

from workbook.exercises import Exercise, Inputs, Mistake

Arrays = Sequence[np.ndarray]

# 11.1 More of what is there


def _map_cases(rng: np.random.Generator) -> list[Inputs]:
    return [(rng.normal(0.4, 1.5, shape),) for shape in ((3, 4, 5, 2), (2, 6, 3, 5), (4, 2, 2, 3))]


def amplify(maps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each image's mean squared activation, and its derivative with respect to each activation."""
    values = maps.size / len(maps)
    return (maps**2).mean(axis=(1, 2, 3)), 2 * maps / values


def _pulled(maps: np.ndarray, direction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the right score with another derivative: `direction` divided by the number of values."""
    return (maps**2).mean(axis=(1, 2, 3)), direction / maps[0].size


AMPLIFY = Exercise(
    id="11.1",
    title="More of what is there",
    answer_name="amplify",
    section="What a layer sees, amplified",
    minutes=10,
    points=3,
    cases=_map_cases,
    reference=amplify,
    mistakes=(
        Mistake(
            "takes the mean",
            lambda maps: (maps.mean(axis=(1, 2, 3)), np.ones_like(maps) / maps[0].size),
            "This is the mean of the activations: it pulls all of them up equally, even the faint ones. Take the mean "
            "of the *squares*, which pulls hardest where the layer responds most already.",
        ),
        Mistake(
            "adds up the squares",
            lambda maps: ((maps**2).sum(axis=(1, 2, 3)), 2 * maps),
            "This is the sum of the squares, which grows with the size of the picture. Take the mean.",
        ),
        Mistake(
            "averages the batch as well",
            lambda maps: ((maps**2).mean(), 2 * maps / maps.size),
            "This returns one score for all images together. Return one per image: keep the batch axis, and divide by "
            "the number of values in *one* image's maps.",
        ),
        Mistake(
            "divides by the whole batch",
            lambda maps: ((maps**2).mean(axis=(1, 2, 3)), 2 * maps / maps.size),
            "The score is right, but the derivative is divided by the number of values in the whole batch. Divide by "
            "that of one image, H·W·filters.",
        ),
        Mistake(
            "forgets the two",
            lambda maps: _pulled(maps, maps),
            "The derivative of a² is 2·a: the factor 2 is missing.",
        ),
        Mistake(
            "forgets to divide the derivative",
            lambda maps: ((maps**2).mean(axis=(1, 2, 3)), 2 * maps),
            "The score is right. It is a mean, so divide its derivative by the number of values as well.",
        ),
        Mistake(
            "goes downhill",
            lambda maps: _pulled(maps, -2 * maps),
            "The derivative has the wrong sign: it makes the layer respond less. The derivative of a² is +2·a.",
        ),
        Mistake(
            "pulls everything up",
            lambda maps: _pulled(maps, 2 * np.abs(maps)),
            "Negative activations are pulled up here. The derivative of a² has the sign of a: negative values must "
            "become more negative.",
        ),
    ),
    hints=(
        "The score: square, then take the mean over axes 1, 2 and 3, which leaves one number per image.",
        "The derivative of (a₁² + a₂² + … + aₙ²) / n with respect to a₁ is 2·a₁ / n. How large is n for one image?",
        "`(maps**2).mean(axis=(1, 2, 3))` and `2 * maps / maps[0].size`",
    ),
)


# 11.2 The sizes of the octaves


def _size_cases(rng: np.random.Generator) -> list[Inputs]:
    drawn = (int(rng.integers(110, 300)), int(rng.integers(310, 500)), int(rng.integers(2, 6)), 1.3)
    return [(128, 96, 4, 1.4), (100, 340, 3, 2.0), (97, 61, 1, 1.4), (203, 150, 5, 1.4), drawn]


def octave_sizes(height: int, width: int, octaves: int, scale: float) -> list[tuple[int, int]]:
    """List the sizes of the octaves, the smallest first and the picture's own last."""
    return [(round(height / scale**k), round(width / scale**k)) for k in reversed(range(octaves))]


def _rounded_each_time(height: int, width: int, octaves: int, scale: float) -> list[tuple[int, int]]:
    sizes = [(height, width)]
    while len(sizes) < octaves:
        sizes.insert(0, (round(sizes[0][0] / scale), round(sizes[0][1] / scale)))
    return sizes


def _sizes(height: int, width: int, powers: Sequence[int], scale: float) -> list[tuple[int, int]]:
    return [(round(height / scale**k), round(width / scale**k)) for k in powers]


SIZES = Exercise(
    id="11.2",
    title="The sizes of the octaves",
    answer_name="octave_sizes",
    section="Octaves",
    minutes=8,
    points=2,
    cases=_size_cases,
    reference=octave_sizes,
    solved_by=("interpret.dreaming.octave_sizes",),
    mistakes=(
        Mistake(
            "begins with the largest",
            lambda height, width, octaves, scale: octave_sizes(height, width, octaves, scale)[::-1],
            "The sizes are right, but in the wrong order. A dream begins with the smallest: put it first.",
        ),
        Mistake(
            "rounds down",
            lambda height, width, octaves, scale: [
                (int(height / scale**k), int(width / scale**k)) for k in reversed(range(octaves))
            ],
            "These sizes are cut off, not rounded. Use `round`.",
        ),
        Mistake(
            "rounds each time",
            _rounded_each_time,
            "Each size is computed from the rounded one above it, so the errors add up. Divide the picture's own size "
            "by scale**k, and round once.",
        ),
        Mistake(
            "leaves the picture's own size out",
            lambda height, width, octaves, scale: _sizes(height, width, range(octaves, 0, -1), scale),
            "The picture's own size is missing. Add it as the last octave, k = 0.",
        ),
        Mistake(
            "has one size too many",
            lambda height, width, octaves, scale: _sizes(height, width, range(octaves, -1, -1), scale),
            "There is one size too many. The picture's own size counts as an octave: begin with k = octaves − 1.",
        ),
        Mistake(
            "grows",
            lambda height, width, octaves, scale: [
                (round(height * scale**k), round(width * scale**k)) for k in range(octaves)
            ],
            "These sizes are larger than the picture, which has no more detail to give. Divide by scale**k.",
        ),
        Mistake(
            "turns height and width round",
            lambda height, width, octaves, scale: octave_sizes(width, height, octaves, scale),
            "Height and width are swapped. Arrays have the rows first: (height, width).",
        ),
    ),
    hints=(
        "Octave k below the picture's own has the size (height / scale**k, width / scale**k). Which values does k "
        "take?",
        "k goes from octaves − 1 down to 0: `for k in reversed(range(octaves))`.",
    ),
)


# 11.3 No detail is lost


def _octave_cases(rng: np.random.Generator) -> list[Inputs]:
    cases = []
    for height, width in ((2, 3), (4, 2), (3, 5)):
        picture = rng.uniform(-1, 1, (2 * height, 2 * width, 3))
        small = picture.reshape(height, 2, width, 2, 3).mean(axis=(1, 3))
        cases.append((picture, small, small + rng.normal(0.1, 0.3, small.shape)))
    return cases


def next_octave(picture: np.ndarray, small: np.ndarray, dreamed: np.ndarray) -> np.ndarray:
    """Enlarge what was dreamed at half the size, and add it to the picture."""
    change = dreamed - small
    return picture + np.repeat(np.repeat(change, 2, axis=0), 2, axis=1)


def _twice(image: np.ndarray) -> np.ndarray:
    return image.repeat(2, axis=0).repeat(2, axis=1)


NEXT = Exercise(
    id="11.3",
    title="No detail is lost",
    answer_name="next_octave",
    section="Octaves",
    minutes=8,
    points=2,
    cases=_octave_cases,
    reference=next_octave,
    mistakes=(
        Mistake(
            "enlarges the dream",
            lambda picture, small, dreamed: _twice(dreamed),
            "This enlarges the small dream itself into blocks of four equal pixels, so the picture's fine detail is "
            "lost. Enlarge only what was *changed*, and add it to the picture.",
        ),
        Mistake(
            "adds the dream",
            lambda picture, small, dreamed: picture + _twice(dreamed),
            "This adds the whole dream to the picture, so the picture counts twice. Add only the change: dreamed − "
            "small.",
        ),
        Mistake(
            "takes the change the wrong way round",
            lambda picture, small, dreamed: picture - _twice(dreamed - small),
            "The change has the wrong sign: it undoes the dream. Compute dreamed − small.",
        ),
        Mistake(
            "forgets the dream",
            lambda picture, small, dreamed: picture.copy(),
            "This is the picture as it was. Add what the smaller octave dreamed.",
        ),
        Mistake(
            "lays tiles",
            lambda picture, small, dreamed: picture + np.tile(dreamed - small, (2, 2, 1)),
            "`np.tile` lays four copies of the change side by side. Enlarging turns each value into a block of 2×2: "
            "use `np.repeat` along the rows and along the columns.",
        ),
        Mistake(
            "thins the change",
            lambda picture, small, dreamed: picture + _twice(dreamed - small) / 4,
            "The change is divided among four pixels. An enlarged picture stays as bright as it was: do not divide.",
        ),
    ),
    hints=(
        "What changed at the small size? `dreamed - small`.",
        "`np.repeat(change, 2, axis=0)` doubles every row. Do the same along axis 1.",
    ),
)


# 11.4 The Gram matrix


def _style_map_cases(rng: np.random.Generator) -> list[Inputs]:
    return [(rng.normal(0.5, 1, shape),) for shape in ((4, 5, 3), (3, 6, 4), (7, 2, 5))]


def gram_matrix(maps: np.ndarray) -> np.ndarray:
    """Average the products of every two filters over all places."""
    height, width, filters = maps.shape
    columns = maps.reshape(height * width, filters)
    return columns.T @ columns / (height * width)


def _columns(maps: np.ndarray) -> np.ndarray:
    return maps.reshape(-1, maps.shape[-1])


def _mixed(maps: np.ndarray) -> np.ndarray:
    """Reshape as if the filters were the first axis."""
    rows = maps.reshape(maps.shape[-1], -1)
    return rows @ rows.T / rows.shape[1]


def _cosines(maps: np.ndarray) -> np.ndarray:
    gram = gram_matrix(maps)
    sizes = np.sqrt(np.diag(gram))
    return gram / np.outer(sizes, sizes)


GRAM = Exercise(
    id="11.4",
    title="The Gram matrix",
    answer_name="gram_matrix",
    section="The Gram matrix",
    minutes=10,
    points=3,
    cases=_style_map_cases,
    reference=gram_matrix,
    solved_by=("interpret.style.gram_matrix",),
    mistakes=(
        Mistake(
            "compares places",
            lambda maps: _columns(maps) @ _columns(maps).T / len(_columns(maps)),
            "This compares every place with every place, (H·W, H·W). Compare every filter with every filter: "
            "`columns.T @ columns`.",
        ),
        Mistake(
            "forgets to divide",
            lambda maps: _columns(maps).T @ _columns(maps),
            "This is the sum over the places, which grows with the size of the picture. Divide by the number of "
            "places, H·W.",
        ),
        Mistake(
            "divides by the filters as well",
            lambda maps: gram_matrix(maps) / maps.shape[-1],
            "This divides by H·W·filters, which is another convention. Here the Gram matrix is the mean over places: "
            "divide by H·W.",
        ),
        Mistake(
            "mixes filters and places",
            _mixed,
            "`reshape(filters, -1)` does not move the filters to the front: it reads the numbers in their old order, "
            "which mixes filters with places. Reshape to (H·W, filters), then transpose.",
        ),
        Mistake(
            "takes the mean off",
            lambda maps: np.cov(_columns(maps).T, bias=True),
            "This is the covariance, which subtracts the mean of each filter first. A Gram matrix does not subtract "
            "it.",
        ),
        Mistake(
            "takes cosines",
            _cosines,
            "Every entry is divided by the sizes of its two filters, so the diagonal is 1. How strongly a filter "
            "responds is part of the style: leave that division out.",
        ),
        Mistake(
            "multiplies the means",
            lambda maps: np.outer(maps.mean(axis=(0, 1)), maps.mean(axis=(0, 1))),
            "These are products of means. Multiply first, place by place, then average: two filters that fire at "
            "different places have the product 0.",
        ),
    ),
    hints=(
        "First make a table with one row for each place and one column for each filter: (H·W, filters).",
        "`columns.T @ columns` multiplies every column with every column and sums over the rows.",
        "Then divide by the number of places.",
    ),
)


# 11.5 The style loss


def _gram_cases(rng: np.random.Generator) -> list[Inputs]:
    cases = []
    for sizes in ((2, 3), (4, 2, 3), (5,)):
        wanted = [10.0**k * _symmetric(rng, size) for k, size in enumerate(sizes)]
        made = [gram + 0.5 * 10.0**k * _symmetric(rng, len(gram)) for k, gram in enumerate(wanted)]
        cases.append((made, wanted))
    made, wanted = cases[0]
    cases.append(
        (made[::-1], wanted[::-1])
    )  # in one of the two the last layer is not the one with the largest loss
    return cases


def _symmetric(rng: np.random.Generator, size: int) -> np.ndarray:
    values = rng.normal(0.3, 1, (2 * size, size))
    return values.T @ values / len(values)


def style_loss(made: Arrays, wanted: Arrays) -> float:
    """Average the relative squared distances of the Gram matrices over the layers."""
    distances = [np.sum((a - b) ** 2) / np.sum(b**2) for a, b in zip(made, wanted, strict=True)]
    return float(np.mean(distances))


def _lumped(made: Arrays, wanted: Arrays) -> float:
    distance = sum(np.sum((a - b) ** 2) for a, b in zip(made, wanted, strict=True))
    size = sum(np.sum(b**2) for b in wanted)
    return float(distance / size)


def _unsquared(made: Arrays, wanted: Arrays) -> float:
    pairs = zip(made, wanted, strict=True)
    return float(np.mean([np.linalg.norm(a - b) / np.linalg.norm(b) for a, b in pairs]))


def _absolute(made: Arrays, wanted: Arrays) -> float:
    pairs = zip(made, wanted, strict=True)
    return float(np.mean([np.abs(a - b).sum() / np.abs(b).sum() for a, b in pairs]))


def _not_relative(made: Arrays, wanted: Arrays) -> float:
    return float(np.mean([np.sum((a - b) ** 2) for a, b in zip(made, wanted, strict=True)]))


STYLE_LOSS = Exercise(
    id="11.5",
    title="The style loss",
    answer_name="style_loss",
    section="The style loss",
    minutes=8,
    points=2,
    cases=_gram_cases,
    reference=style_loss,
    solved_by=("interpret.style.style_loss",),
    mistakes=(
        Mistake(
            "adds up the layers",
            lambda made, wanted: len(made) * style_loss(made, wanted),
            "This adds up the layers. Take their mean, so that the loss means the same for any number of layers.",
        ),
        Mistake(
            "is not relative",
            _not_relative,
            "The distances are not divided by the size of the wanted matrix, so the layer with the largest numbers "
            "dominates. Divide by the sum of wanted².",
        ),
        Mistake(
            "divides by what was made",
            lambda made, wanted: style_loss(wanted, made),
            "This divides by the Gram matrix of the picture that is being made, which changes with every step. Divide "
            "by the wanted one.",
        ),
        Mistake(
            "lumps the layers together",
            _lumped,
            "Distances and sizes are added up over all layers before the division, so a layer with large numbers "
            "dominates. Divide layer by layer, then take the mean.",
        ),
        Mistake(
            "takes the root",
            _unsquared,
            "These are distances. The loss uses squared distances: leave the square root out.",
        ),
        Mistake(
            "takes absolute values",
            _absolute,
            "This takes the absolute values of the differences. Square them instead.",
        ),
        Mistake(
            "looks at the last layer only",
            lambda made, wanted: style_loss(made[-1:], wanted[-1:]),
            "Only the last layer counts here. Fine patterns show in the early layers: use all layers, and average.",
        ),
    ),
    hints=(
        "For one layer: the sum of (made − wanted)², divided by the sum of wanted².",
        "Loop over both lists together: `for a, b in zip(made, wanted)`. At the end, take the mean.",
    ),
)


# 11.6 The whole loss


def _loss_cases(rng: np.random.Generator) -> list[Inputs]:
    cases = []
    for shape, content, style, smoothness in (
        ((4, 6, 3), 3.0, 1.0, 0.5),
        ((5, 3, 3), 0.2, 10.0, 1.0),
        ((3, 4, 3), 0.5, 0.0, 20.0),
        ((6, 5, 1), 0.0, 0.5, 9.0),
        ((5, 6, 1), 1.0, 1.1, 0.1),  # the largest term has neither the largest weight nor the largest loss
    ):
        weights = {"content": content, "style": style, "smoothness": smoothness}
        image = rng.uniform(-1, 1, shape)
        cases.append((float(rng.uniform(0.6, 0.9)), float(rng.uniform(0.3, 0.5)), image, weights))
    return cases


def whole_loss(
    content: float, style: float, image: np.ndarray, weights: Mapping[str, float]
) -> tuple[float, str]:
    """Add up the weighted losses of a picture, and name the largest of them."""
    down = np.abs(np.diff(image, axis=0)).sum()
    right = np.abs(np.diff(image, axis=1)).sum()
    terms = {"content": content, "style": style, "smoothness": (down + right) / image.size}
    weighted = {name: weights[name] * term for name, term in terms.items()}
    return sum(weighted.values()), max(weighted, key=weighted.get)  # type: ignore[arg-type]


def _terms(content: float, style: float, image: np.ndarray) -> dict[str, float]:
    rough = sum(float(np.abs(np.diff(image, axis=axis)).sum()) for axis in (0, 1)) / image.size
    return {"content": content, "style": style, "smoothness": rough}


def _unweighted(
    content: float, style: float, image: np.ndarray, weights: Mapping[str, float]
) -> tuple[float, str]:
    terms = _terms(content, style, image)
    return sum(terms.values()), max(terms, key=lambda name: terms[name])


def _largest_before(
    content: float, style: float, image: np.ndarray, weights: Mapping[str, float]
) -> tuple[float, str]:
    total, _ = whole_loss(content, style, image, weights)
    return total, _unweighted(content, style, image, weights)[1]


def _rough_as_sum(
    content: float, style: float, image: np.ndarray, weights: Mapping[str, float]
) -> tuple[float, str]:
    return whole_loss(content, style, image, {**weights, "smoothness": weights["smoothness"] * image.size})


def _down_only(
    content: float, style: float, image: np.ndarray, weights: Mapping[str, float]
) -> tuple[float, str]:
    down = float(np.abs(np.diff(image, axis=0)).sum()) / image.size
    terms = {**_terms(content, style, image), "smoothness": down}
    weighted = {name: weights[name] * term for name, term in terms.items()}
    return sum(weighted.values()), max(weighted, key=lambda name: weighted[name])


def _smallest(
    content: float, style: float, image: np.ndarray, weights: Mapping[str, float]
) -> tuple[float, str]:
    terms = _terms(content, style, image)
    weighted = {name: weights[name] * term for name, term in terms.items()}
    return sum(weighted.values()), min(weighted, key=lambda name: weighted[name])


def _negative(
    content: float, style: float, image: np.ndarray, weights: Mapping[str, float]
) -> tuple[float, str]:
    total, largest = whole_loss(content, style, image, weights)
    return -total, largest


def _style_subtracted(
    content: float, style: float, image: np.ndarray, weights: Mapping[str, float]
) -> tuple[float, str]:
    total, largest = whole_loss(content, style, image, weights)
    return total - 2 * weights["style"] * style, largest


WHOLE_LOSS = Exercise(
    id="11.6",
    title="The whole loss",
    answer_name="whole_loss",
    section="Content and style together",
    minutes=8,
    points=2,
    cases=_loss_cases,
    reference=whole_loss,
    mistakes=(
        Mistake(
            "leaves the weights out",
            _unweighted,
            "The three losses are added without their weights. Multiply each by its weight first.",
        ),
        Mistake(
            "names the largest before weighting",
            _largest_before,
            "The total is right, but the name is that of the largest loss before weighting. The *weighted* loss is "
            "what pulls the picture: name the largest of those.",
        ),
        Mistake(
            "turns the signs round",
            _negative,
            "The total has the wrong sign. A loss is 0 for a perfect match and positive otherwise: add all three.",
        ),
        Mistake(
            "rewards the distance to the style",
            _style_subtracted,
            "The style loss is subtracted, so the picture would move away from the style. Add all three.",
        ),
        Mistake(
            "adds the roughness up",
            _rough_as_sum,
            "The total variation is a sum here, which grows with the size of the picture. Divide it by the number of "
            "values, `image.size`.",
        ),
        Mistake(
            "forgets smoothness",
            lambda content, style, image, weights: whole_loss(
                content, style, image, {**weights, "smoothness": 0.0}
            ),
            "The third term is missing. Add the weighted total variation of the image, divided by its number of "
            "values.",
        ),
        Mistake(
            "looks down only",
            _down_only,
            "Only neighbours in a column are compared. Total variation counts those in a row as well.",
        ),
        Mistake(
            "names the smallest",
            _smallest,
            "This names the smallest weighted loss. Name the largest.",
        ),
        Mistake(
            "names the largest weight",
            lambda content, style, image, weights: (
                whole_loss(content, style, image, weights)[0],
                max(weights, key=lambda name: weights[name]),
            ),
            "The total is right, but the name is that of the largest weight. Name the largest product of weight "
            "and loss.",
        ),
    ),
    hints=(
        "The total variation: `np.abs(np.diff(image, axis=0)).sum()` plus the same along axis 1. Divide it by "
        "`image.size`.",
        "Put the three weighted losses in a dictionary `d`. Then use `sum(d.values())` and `max(d, key=d.get)`.",
    ),
)

EXERCISES = (AMPLIFY, SIZES, NEXT, GRAM, STYLE_LOSS, WHOLE_LOSS)
