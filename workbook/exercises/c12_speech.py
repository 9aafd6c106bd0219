"""The exercises of chapter 12: speech."""

from typing import Any

import numpy as np

from workbook import audio
from workbook.exercises import Exercise, Mistake
from workbook.exercises.models import observe_model, same_model
from workbook.exercises.sound import BAND_CENTRES, DECIBELS, FRAMES, SIZES

Inputs = tuple


def _table(bands: int, frames: int, filters: int, **changes: Any) -> Any:
    """Build the network of exercise 12.5; `changes` turn it into one of the mistakes."""
    import keras
    from keras import layers

    inputs = keras.Input((bands, frames, 1))
    first, second = changes.get("kernels", ((5, frames), (5, 1)))
    settings = {"activation": changes.get("activation", "relu"), "padding": changes.get("padding", "valid")}
    x = layers.Conv2D(filters, first, **settings)(inputs)
    x = layers.MaxPooling2D(changes.get("pool_size", (2, 1)))(x)
    x = layers.Conv2D(changes.get("twice", 2) * filters, second, **settings)(x)
    x = (layers.GlobalMaxPooling2D() if changes.get("head") == "global" else layers.Flatten())(x)
    return keras.Model(inputs, layers.Dense(10, activation=changes.get("end", "softmax"))(x))


FREQUENCY_CNN = Exercise(
    id="12.5",
    title="Kernels that slide along frequency",
    answer_name="frequency_cnn",
    section="Which way shall a kernel slide?",
    minutes=10,
    points=3,
    cases=lambda rng: [
        (40, 61, 8),
        (int(rng.integers(22, 39)), int(rng.integers(41, 60)), int(rng.integers(3, 9))),
    ],
    reference=_table,
    observe=observe_model,
    compare=same_model(),
    time_limit=30,
    mistakes=(
        Mistake(
            "slides along time",
            lambda bands, frames, filters: _table(
                bands, frames, filters, kernels=((bands, 5), (1, 5)), pool_size=(1, 2)
            ),
            "These kernels span all bands and slide along time. Rows are bands, columns are frames, and a size is "
            "(rows, columns): a kernel of 5 bands and all frames is (5, frames).",
        ),
        Mistake(
            "slides along both",
            lambda bands, frames, filters: _table(
                bands, frames, filters, kernels=((5, 5), (5, 5)), pool_size=(2, 1)
            ),
            "The kernels are 5×5 and slide along both axes. The table's first kernel has all frames in it.",
        ),
        Mistake(
            "pads the edges",
            lambda bands, frames, filters: _table(bands, frames, filters, padding="same"),
            'With `padding="same"` the kernel slides along time as well, half of it over zeros. Without padding '
            "there is "
            "only one place for a kernel as long as the image.",
        ),
        Mistake(
            "pools everything",
            lambda bands, frames, filters: _table(bands, frames, filters, head="global"),
            "The head keeps one number a filter, wherever on the frequency axis it was found. Whether a peak is "
            "high or low "
            "tells vowels apart: the table flattens.",
        ),
        Mistake(
            "keeps the number of filters",
            lambda bands, frames, filters: _table(bands, frames, filters, twice=1),
            "Both convolutions have the same number of filters. The second has twice as many.",
        ),
        Mistake(
            "leaves the activation out",
            lambda bands, frames, filters: _table(bands, frames, filters, activation=None),
            'The convolutions have no activation: `activation="relu"` in both.',
        ),
        Mistake(
            "ends without a softmax",
            lambda bands, frames, filters: _table(bands, frames, filters, end=None),
            'The outputs are scores, not probabilities: the last layer needs `activation="softmax"`.',
        ),
    ),
    hints=(
        "An image is (bands, frames, 1), so a kernel's size is (bands of it, frames of it).",
        'First `layers.Conv2D(filters, (5, frames), activation="relu")`: its output is (bands − 4, 1, filters). Then '
        "`layers.MaxPooling2D((2, 1))`.",
        "Second kernel (5, 1), twice the filters; then `layers.Flatten()` and `layers.Dense(10, "
        'activation="softmax")`.',
    ),
)


def _image_cases(rng: np.random.Generator) -> list[Inputs]:
    cases: list[Inputs] = []
    for step, axis in ((2, 0), (-3, 1), (-3, 0), (3, 1), (1, 0), (0, 1), (-2, 1), (3, 0)):
        image = rng.random((7, 9))
        other = audio.shifted(image, **{("bands", "frames")[axis]: -step}) + rng.uniform(0, 0.02, image.shape)
        cases.append((image, other, 3, axis))
    while len(cases) < 12:  # unlike pictures, for which going round the edge matters
        inputs = rng.random((6, 8)) ** 3, rng.random((6, 8)) ** 3, 4, len(cases) % 2
        if best_shift(*inputs) not in (_rolled(*inputs), _wrong_axis(*inputs), -best_shift(*inputs)):
            cases.append(inputs)
    return cases


def _nearest(image: np.ndarray, others: dict[int, np.ndarray]) -> int:
    return min(others, key=lambda step: float(((image - others[step]) ** 2).sum()))


def best_shift(image: np.ndarray, other: np.ndarray, largest: int, axis: int) -> int:
    """Find the shift of `other` along an axis that brings it nearest to `image`."""
    name = ("bands", "frames")[axis]
    steps = range(-largest, largest + 1)
    errors = [((image - audio.shifted(other, **{name: step})) ** 2).sum() for step in steps]
    return steps[int(np.argmin(errors))]


def _rolled(image: np.ndarray, other: np.ndarray, largest: int, axis: int) -> int:
    return _nearest(image, {step: np.roll(other, step, axis) for step in range(-largest, largest + 1)})


def _wrong_axis(image: np.ndarray, other: np.ndarray, largest: int, axis: int) -> int:
    return best_shift(image, other, largest, 1 - axis)


def _one_way(image: np.ndarray, other: np.ndarray, largest: int, axis: int) -> int:
    name = ("bands", "frames")[axis]
    return _nearest(image, {step: audio.shifted(other, **{name: step}) for step in range(largest + 1)})


def _farthest(image: np.ndarray, other: np.ndarray, largest: int, axis: int) -> int:
    name = ("bands", "frames")[axis]
    moved = {step: audio.shifted(other, **{name: step}) for step in range(-largest, largest + 1)}
    return max(moved, key=lambda step: float(((image - moved[step]) ** 2).sum()))


def _summed_first(image: np.ndarray, other: np.ndarray, largest: int, axis: int) -> int:
    name = ("bands", "frames")[axis]
    moved = {step: audio.shifted(other, **{name: step}) for step in range(-largest, largest + 1)}
    return min(moved, key=lambda step: abs(float((image - moved[step]).sum())))


BEST_SHIFT = Exercise(
    id="12.6",
    title="The shift between two voices",
    answer_name="best_shift",
    section="Is the shift in frequency?",
    minutes=10,
    points=3,
    cases=_image_cases,
    reference=best_shift,
    mistakes=(
        Mistake(
            "turns the sign",
            lambda image, other, largest, axis: best_shift(other, image, largest, axis),
            "This moves `image` towards `other`. The question is how far `other` has to move to come to `image`: "
            "the other "
            "way.",
        ),
        Mistake(
            "takes the other axis",
            _wrong_axis,
            "The shift is along the wrong axis. Axis 0 counts rows, the bands; axis 1 columns, the frames.",
        ),
        Mistake(
            "goes round the edge",
            _rolled,
            "`np.roll` brings in again at one edge what leaves at the other: the highest notes become the lowest. "
            "`audio.shifted` fills with silence.",
        ),
        Mistake(
            "looks one way only",
            _one_way,
            "Only shifts from 0 upwards are tried. Try −largest to largest, both included.",
        ),
        Mistake(
            "takes the worst",
            _farthest,
            "This is the shift with the largest error. The best one has the smallest: `np.argmin`.",
        ),
        Mistake(
            "lets errors cancel",
            _summed_first,
            "The differences are added up as they are, so that too much here makes up for too little there. Square "
            "each "
            "difference first.",
        ),
        Mistake(
            "gives the place in the list",
            lambda image, other, largest, axis: best_shift(image, other, largest, axis) + largest,
            "This is the place of the best shift in the list of shifts. The list begins with −largest, not with 0.",
        ),
    ),
    hints=(
        "Try every shift from −largest to largest, and keep the error of each: the sum of (image − moved)².",
        "`audio.shifted(other, bands=step)` moves along axis 0, `audio.shifted(other, frames=step)` along axis 1.",
        "`steps = range(-largest, largest + 1)`; then `steps[int(np.argmin(errors))]`.",
    ),
)


EXERCISES = (FRAMES, SIZES, DECIBELS, BAND_CENTRES, FREQUENCY_CNN, BEST_SHIFT)
