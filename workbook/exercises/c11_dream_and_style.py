"""The exercises of chapter 11: three about dreams here, three about style in `styles`."""

import numpy as np

from workbook.exercises import Exercise, Mistake
from workbook.exercises.styles import GRAM, STYLE_LOSS, WHOLE_LOSS

Inputs = tuple


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

EXERCISES = (AMPLIFY, SIZES, NEXT, GRAM, STYLE_LOSS, WHOLE_LOSS)
