"""The exercises of chapter 11: dreams and style."""

from collections.abc import Mapping, Sequence

import numpy as np

from workbook.exercises import Exercise, Inputs, Mistake


def _map_cases(rng: np.random.Generator) -> list[Inputs]:
    return [(rng.normal(0.4, 1.5, shape),) for shape in ((3, 4, 5, 2), (2, 6, 3, 5), (4, 2, 2, 3))]


def amplify(maps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give each image's mean squared activation, and its derivative with respect to each activation."""
    values = maps.size / len(maps)
    return (maps**2).mean(axis=(1, 2, 3)), 2 * maps / values


def _pulled(maps: np.ndarray, direction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give the right score with another derivative, `direction` divided by the number of values."""
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
            "This is the mean of the activations: it pulls all of them up alike, also the faint ones. The mean of "
            "the *squares* pulls hardest where the layer sees most already.",
        ),
        Mistake(
            "adds up the squares",
            lambda maps: ((maps**2).sum(axis=(1, 2, 3)), 2 * maps),
            "This is the sum of the squares, which grows with the size of the picture. Take the mean.",
        ),
        Mistake(
            "averages the batch as well",
            lambda maps: ((maps**2).mean(), 2 * maps / maps.size),
            "One score comes out for all images together. Each has its own: leave the batch axis alone, and count the "
            "values of *one* image's maps.",
        ),
        Mistake(
            "divides by the whole batch",
            lambda maps: ((maps**2).mean(axis=(1, 2, 3)), 2 * maps / maps.size),
            "The score is right. But the derivative is divided by the values of the whole batch; each image's mean is "
            "over its own H·W·filters values.",
        ),
        Mistake(
            "forgets the two",
            lambda maps: _pulled(maps, maps),
            "The derivative of a² is 2·a: the 2 is missing.",
        ),
        Mistake(
            "forgets to divide the derivative",
            lambda maps: ((maps**2).mean(axis=(1, 2, 3)), 2 * maps),
            "The score is a mean, so its derivative is divided by the number of values, too.",
        ),
        Mistake(
            "goes downhill",
            lambda maps: _pulled(maps, -2 * maps),
            "The derivative has the wrong sign: it would make the layer see less. A square grows away from zero.",
        ),
        Mistake(
            "pulls everything up",
            lambda maps: _pulled(maps, 2 * np.abs(maps)),
            "Negative activations are pulled up here. The derivative of a² has the sign of a: what is negative becomes "
            "more so.",
        ),
    ),
    hints=(
        "The score: square, then the mean over axes 1, 2 and 3, so that one number for each image is left.",
        "The derivative of (a₁² + a₂² + … + aₙ²) / n with respect to a₁ is 2·a₁ / n. How large is n for one image?",
        "`(maps**2).mean(axis=(1, 2, 3))` and `2 * maps / maps[0].size`",
    ),
)


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


def _sizes(height: int, width: int, powers: list[int], scale: float) -> list[tuple[int, int]]:
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
    mistakes=(
        Mistake(
            "begins with the largest",
            lambda height, width, octaves, scale: octave_sizes(height, width, octaves, scale)[::-1],
            "The sizes are right, in the wrong order. A dream begins with the smallest.",
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
            "Each size is made from the rounded one above it, and the errors add up. Divide the picture's own size by "
            "scale**k, and round once.",
        ),
        Mistake(
            "leaves the picture's own size out",
            lambda height, width, octaves, scale: _sizes(height, width, [*range(octaves, 0, -1)], scale),
            "The picture's own size is missing. It is the last octave, k = 0.",
        ),
        Mistake(
            "has one size too many",
            lambda height, width, octaves, scale: _sizes(height, width, [*range(octaves, -1, -1)], scale),
            "There is one size too many. The picture's own size counts as an octave.",
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
            "Height and width are exchanged. Arrays have the rows first: (height, width).",
        ),
    ),
    hints=(
        "Octave k below the picture's own has the size (height / scale**k, width / scale**k). Which k are there?",
        "From octaves − 1 down to 0: `for k in reversed(range(octaves))`.",
    ),
)


def _octave_cases(rng: np.random.Generator) -> list[Inputs]:
    cases = []
    for height, width in ((2, 3), (4, 2), (3, 5)):
        picture = rng.uniform(-1, 1, (2 * height, 2 * width, 3))
        small = picture.reshape(height, 2, width, 2, 3).mean(axis=(1, 3))
        cases.append((picture, small, small + rng.normal(0.1, 0.3, small.shape)))
    return cases


def next_octave(picture: np.ndarray, small: np.ndarray, dreamed: np.ndarray) -> np.ndarray:
    """Add what was dreamed at half the size, enlarged, to the picture."""
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
            "The small dream itself is enlarged: blocks of four equal pixels, and the fine detail of the picture is "
            "gone. Enlarge only what was *changed*, and add it to the picture.",
        ),
        Mistake(
            "adds the dream",
            lambda picture, small, dreamed: picture + _twice(dreamed),
            "The whole dream is added on top of the picture, which counts the picture twice. Take its change: dreamed "
            "minus small.",
        ),
        Mistake(
            "takes the change the wrong way round",
            lambda picture, small, dreamed: picture - _twice(dreamed - small),
            "The change has the wrong sign: it undoes the dream. It is what the picture became minus what it was.",
        ),
        Mistake(
            "forgets the dream",
            lambda picture, small, dreamed: picture.copy(),
            "This is the picture as it was. What the smaller octave dreamed has to be added.",
        ),
        Mistake(
            "lays tiles",
            lambda picture, small, dreamed: picture + np.tile(dreamed - small, (2, 2, 1)),
            "The change is laid out four times side by side (`np.tile`). Enlarging makes each value a block of 2×2: "
            "`np.repeat`, along the rows and along the columns.",
        ),
        Mistake(
            "thins the change",
            lambda picture, small, dreamed: picture + _twice(dreamed - small) / 4,
            "The change is divided among four pixels. A picture that is made larger stays as bright as it was.",
        ),
    ),
    hints=(
        "What was changed at the small size? `dreamed - small`.",
        "`np.repeat(change, 2, axis=0)` doubles every row. Do the same along axis 1.",
    ),
)


Arrays = Sequence[np.ndarray]


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
    """Reshape as if the filters stood first."""
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
    mistakes=(
        Mistake(
            "compares places",
            lambda maps: _columns(maps) @ _columns(maps).T / len(_columns(maps)),
            "This compares every place with every place, (H·W, H·W). Asked for is every filter with every filter: "
            "`columns.T @ columns`.",
        ),
        Mistake(
            "forgets to divide",
            lambda maps: _columns(maps).T @ _columns(maps),
            "This is the sum over the places, so a larger picture has a larger one. Divide by their number, H·W.",
        ),
        Mistake(
            "divides by the filters as well",
            lambda maps: gram_matrix(maps) / maps.shape[-1],
            "You divide by H·W·filters. That is another convention; here it is the mean over places: divide by H·W.",
        ),
        Mistake(
            "mixes filters and places",
            _mixed,
            "`reshape(filters, -1)` does not bring the filters to the front: it cuts the numbers up as they come, and "
            "mixes filters with places. Reshape to (H·W, filters), then transpose.",
        ),
        Mistake(
            "takes the mean off",
            lambda maps: np.cov(_columns(maps).T, bias=True),
            "This is the covariance: the mean of each filter is taken off first. A Gram matrix keeps it.",
        ),
        Mistake(
            "takes cosines",
            _cosines,
            "Every entry is divided by the sizes of its two filters, so the diagonal is 1. How strongly a filter "
            "answers belongs to the style: leave it in.",
        ),
        Mistake(
            "multiplies the means",
            lambda maps: np.outer(maps.mean(axis=(0, 1)), maps.mean(axis=(0, 1))),
            "These are products of means. Multiply first, place by place: two filters that fire at different places "
            "have the product 0.",
        ),
    ),
    hints=(
        "Make a table first, one row for each place, one column for each filter: (H·W, filters).",
        "`columns.T @ columns` multiplies every column with every column and adds up over the rows.",
        "Then divide by the number of places.",
    ),
)


def _gram_cases(rng: np.random.Generator) -> list[Inputs]:
    cases = []
    for sizes in ((2, 3), (4, 2, 3), (5,)):
        wanted = [10.0**k * _symmetric(rng, size) for k, size in enumerate(sizes)]
        made = [one + 0.5 * 10.0**k * _symmetric(rng, len(one)) for k, one in enumerate(wanted)]
        cases.append((made, wanted))
    return cases


def _symmetric(rng: np.random.Generator, size: int) -> np.ndarray:
    values = rng.normal(0.3, 1, (2 * size, size))
    return values.T @ values / len(values)


def style_loss(made: Arrays, wanted: Arrays) -> float:
    """Average the relative squared distances of the Gram matrices over the layers."""
    distances = [
        np.sum((one - other) ** 2) / np.sum(other**2) for one, other in zip(made, wanted, strict=True)
    ]
    return float(np.mean(distances))


def _pairs(made: Arrays, wanted: Arrays) -> list[tuple[np.ndarray, np.ndarray]]:
    return list(zip(made, wanted, strict=True))


def _lumped(made: Arrays, wanted: Arrays) -> float:
    distance = sum(np.sum((one - other) ** 2) for one, other in _pairs(made, wanted))
    return float(distance / sum(np.sum(other**2) for other in wanted))


STYLE_LOSS = Exercise(
    id="11.5",
    title="The style loss",
    answer_name="style_loss",
    section="The style loss",
    minutes=8,
    points=2,
    cases=_gram_cases,
    reference=style_loss,
    mistakes=(
        Mistake(
            "adds up the layers",
            lambda made, wanted: len(made) * style_loss(made, wanted),
            "The layers are added up. Take their mean, so that the loss means the same however many layers there are.",
        ),
        Mistake(
            "is not relative",
            lambda made, wanted: float(np.mean([np.sum((a - b) ** 2) for a, b in _pairs(made, wanted)])),
            "The distances are not divided by the size of what is wanted, so the layer with the largest numbers "
            "decides alone.",
        ),
        Mistake(
            "divides by what was made",
            lambda made, wanted: style_loss(wanted, made),
            "You divide by the Gram matrix of the picture that is being made, which changes with every step. Divide by "
            "the wanted one.",
        ),
        Mistake(
            "lumps the layers together",
            _lumped,
            "Distances and sizes are added up over all layers before the division, so one layer with large numbers "
            "drowns the others. Divide layer by layer, then take the mean.",
        ),
        Mistake(
            "takes the root",
            lambda made, wanted: float(
                np.mean([np.linalg.norm(a - b) / np.linalg.norm(b) for a, b in _pairs(made, wanted)])
            ),
            "These are distances; the loss takes them squared.",
        ),
        Mistake(
            "takes absolute values",
            lambda made, wanted: float(
                np.mean([np.abs(a - b).sum() / np.abs(b).sum() for a, b in _pairs(made, wanted)])
            ),
            "The differences are taken as absolute values. The loss squares them.",
        ),
        Mistake(
            "looks at the last layer only",
            lambda made, wanted: style_loss(made[-1:], wanted[-1:]),
            "Only the last layer counts here. Fine patterns live in the early ones: take all, and average.",
        ),
    ),
    hints=(
        "One layer: the sum of (made − wanted)², divided by the sum of wanted².",
        "Loop over both lists together: `for one, other in zip(made, wanted)`; at the end the mean.",
    ),
)


def _loss_cases(rng: np.random.Generator) -> list[Inputs]:
    cases = []
    for shape, content, style, smoothness in (
        ((4, 6, 3), 3.0, 1.0, 0.5), ((5, 3, 3), 0.2, 10.0, 1.0), ((3, 4, 3), 0.5, 0.0, 20.0), ((6, 5, 1), 0.0, 0.5, 9.0)
    ):  # fmt: skip
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


def _one_way(
    content: float, style: float, image: np.ndarray, weights: Mapping[str, float]
) -> tuple[float, str]:
    down = float(np.abs(np.diff(image, axis=0)).sum()) / image.size
    terms = {**_terms(content, style, image), "smoothness": down}
    weighted = {name: weights[name] * term for name, term in terms.items()}
    return sum(weighted.values()), max(weighted, key=lambda name: weighted[name])


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
            "The three losses are added as they are. Multiply each by its weight first.",
        ),
        Mistake(
            "names the largest before weighting",
            _largest_before,
            "The total is right. But what pulls the picture is the *weighted* loss: name the largest of those.",
        ),
        Mistake(
            "turns the signs round",
            lambda content, style, image, weights: (
                -whole_loss(content, style, image, weights)[0],
                whole_loss(content, style, image, weights)[1],
            ),
            "The total has the wrong sign. These are losses, 0 for a perfect match, and are made small.",
        ),
        Mistake(
            "rewards the distance to the style",
            lambda content, style, image, weights: (
                whole_loss(content, style, image, {**weights, "style": -weights["style"]})[0],
                whole_loss(content, style, image, weights)[1],
            ),
            "The style loss is subtracted, so the picture would flee from the style. All three are added.",
        ),
        Mistake(
            "adds the roughness up",
            _rough_as_sum,
            "The total variation is a sum here, and grows with the size of the picture. Divide by the number of "
            "values, `image.size`.",
        ),
        Mistake(
            "forgets smoothness",
            lambda content, style, image, weights: whole_loss(
                content, style, image, {**weights, "smoothness": 0.0}
            ),
            "The third term is missing: the total variation of the image, divided by its number of values.",
        ),
        Mistake(
            "looks down only",
            _one_way,
            "Only neighbours in a column are compared. The total variation counts those in a row as well.",
        ),
        Mistake(
            "names the smallest",
            lambda content, style, image, weights: (
                whole_loss(content, style, image, weights)[0],
                min(
                    _terms(content, style, image),
                    key=lambda name: weights[name] * _terms(content, style, image)[name],
                ),
            ),
            "This names the smallest weighted loss. Asked for is the largest.",
        ),
    ),
    hints=(
        "The roughness: `np.abs(np.diff(image, axis=0)).sum()` plus the same along axis 1, divided by `image.size`.",
        "Put the three weighted losses in a dictionary; `sum(d.values())` and `max(d, key=d.get)` do the rest.",
    ),
)

EXERCISES = (
    AMPLIFY,
    SIZES,
    NEXT,
    GRAM,
    STYLE_LOSS,
    WHOLE_LOSS,
)
