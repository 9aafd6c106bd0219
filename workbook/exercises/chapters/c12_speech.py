"""The exercises of chapter 12: speech."""

from collections.abc import Callable
from typing import Any

import numpy as np

from workbook import audio
from workbook.exercises import Exercise, Inputs, Mistake
from workbook.exercises.models import observe_model, same_model

Sizes = dict[str, float]

# 12.1 Cut a sound into frames


def _frame_cases(rng: np.random.Generator) -> list[Inputs]:
    drawn = int(rng.integers(40, 60)), 10, int(rng.integers(6, 10))
    sizes = (20, 6, 2), (23, 8, 5), (25, 8, 3), (31, 7, 4), (30, 9, 2), drawn
    return [
        (rng.integers(1, 100, samples).astype(float), frame_length, hop)
        for samples, frame_length, hop in sizes
    ]


def cut_frames(signal: np.ndarray, frame_length: int, hop: int) -> np.ndarray:
    """Return the whole frames of a signal, one every `hop` samples: (frames, frame_length)."""
    starts = range(0, len(signal) - frame_length + 1, hop)
    return np.array([signal[start : start + frame_length] for start in starts])


def _one_too_few(signal: np.ndarray, frame_length: int, hop: int) -> np.ndarray:
    starts = range(0, len(signal) - frame_length, hop)
    return np.array([signal[start : start + frame_length] for start in starts])


def _filled_up(signal: np.ndarray, frame_length: int, hop: int) -> np.ndarray:
    padded = np.pad(signal, (0, frame_length))
    starts = range(0, len(signal), hop)
    return np.array([padded[start : start + frame_length] for start in starts])


def _rest_group(signal: np.ndarray, frame_length: int, hop: int) -> str:
    return "samples left over" if (len(signal) - frame_length) % hop else "nothing left over"


FRAMES = Exercise(
    id="12.1",
    title="Cut a sound into frames",
    answer_name="cut_frames",
    section="From a wave to frames",
    minutes=6,
    points=2,
    cases=_frame_cases,
    groups=_rest_group,
    reference=cut_frames,
    solved_by=("audio.frames",),
    mistakes=(
        Mistake(
            "leaves the last frame out",
            _one_too_few,
            "The last frame is missing where it ends exactly at the end of the signal. The last start is len(signal) "
            "− frame_length, and `range` stops *before* its end: add 1.",
        ),
        Mistake(
            "puts frames side by side",
            lambda signal, frame_length, hop: cut_frames(signal, frame_length, frame_length),
            "Each frame begins where the one before it ends. Frames overlap: begin one every `hop` samples.",
        ),
        Mistake(
            "moves on by one sample",
            lambda signal, frame_length, hop: cut_frames(signal, frame_length, 1),
            "A frame begins at every sample. Step by `hop`, which is the stride of chapter 02.",
        ),
        Mistake(
            "takes the hop for the overlap",
            lambda signal, frame_length, hop: cut_frames(signal, frame_length, frame_length - hop),
            "Neighbouring frames share `hop` samples here. The hop is the distance between their *starts*, so they "
            "share frame_length − hop samples.",
        ),
        Mistake(
            "fills up the end",
            _filled_up,
            "The frames at the end are padded with zeros. Return whole frames only, and drop what is left of the "
            "signal.",
        ),
        Mistake(
            "swaps rows and columns",
            lambda signal, frame_length, hop: cut_frames(signal, frame_length, hop).T,
            "The frames are columns here. Make each frame a row: (frames, frame_length).",
        ),
    ),
    hints=(
        "Frame number i is `signal[i * hop : i * hop + frame_length]`.",
        "The starts are `range(0, len(signal) - frame_length + 1, hop)`.",
        "`np.array([signal[start : start + frame_length] for start in starts])`",
    ),
)


# 12.2 What a spectrogram's pixels mean


def _size_cases(rng: np.random.Generator) -> list[Inputs]:
    cases: list[Inputs] = [(8000, 8000, 256, 128), (12000, 16000, 400, 160)]
    for _ in range(3):
        frame_length, hop = 2 * int(rng.integers(100, 400)), int(rng.integers(50, 95))
        rate = int(rng.choice([11025, 22050, 44100]))
        cases.append((frame_length + hop * int(rng.integers(20, 90)), rate, frame_length, hop))
        cases.append((frame_length + hop * int(rng.integers(20, 90)) + hop // 2, rate, frame_length, hop))
    return cases


def spectrogram_sizes(samples: int, rate: int, frame_length: int, hop: int) -> Sizes:
    """Return a spectrogram's numbers of frames and bins, and the distances between bins in Hz and frames in ms."""
    return {
        "frames": (samples - frame_length) // hop + 1,
        "bins": frame_length // 2 + 1,
        "hertz": rate / frame_length,
        "milliseconds": 1000 * hop / rate,
    }


def _changed(key: str, value: Callable[..., float]) -> Callable[..., Sizes]:
    """Return a wrong answer: the right sizes, except that `value` computes the entry `key`."""
    return lambda *inputs: {**spectrogram_sizes(*inputs), key: value(*inputs)}


SIZES = Exercise(
    id="12.2",
    title="What a spectrogram's pixels mean",
    answer_name="spectrogram_sizes",
    section="The short-time Fourier transform",
    minutes=6,
    points=2,
    cases=_size_cases,
    reference=spectrogram_sizes,
    mistakes=(
        Mistake(
            "counts one frame too few",
            _changed("frames", lambda n, rate, length, hop: (n - length) // hop),
            "One frame is missing: the first one, which begins at 0. Use the formula of chapter 02, floor((W − F) / "
            "S) + 1.",
        ),
        Mistake(
            "divides the samples by the hop",
            _changed("frames", lambda n, rate, length, hop: n // hop),
            "`samples // hop` also counts starts near the end, where no whole frame fits. Use (samples − "
            "frame_length) // hop + 1.",
        ),
        Mistake(
            "counts a bin for each sample",
            _changed("bins", lambda n, rate, length, hop: length),
            "This counts one bin per sample. For real samples, one half of the spectrum mirrors the other: there are "
            "frame_length // 2 + 1 bins.",
        ),
        Mistake(
            "forgets one end of the spectrum",
            _changed("bins", lambda n, rate, length, hop: length // 2),
            "One bin is missing. The bins go from 0 Hz to half the sampling rate, both ends included: add 1.",
        ),
        Mistake(
            "divides half the rate by the bins",
            _changed("hertz", lambda n, rate, length, hop: rate / 2 / (length // 2 + 1)),
            "This divides half the rate by the number of bins. There is one gap fewer than there are bins: the "
            "distance is rate / frame_length.",
        ),
        Mistake(
            "takes the frame for the column",
            _changed("milliseconds", lambda n, rate, length, hop: 1000 * length / rate),
            "This is the length of a frame. Neighbouring columns are one `hop` apart: 1000 · hop / rate.",
        ),
        Mistake(
            "gives seconds",
            _changed("milliseconds", lambda n, rate, length, hop: hop / rate),
            "These are seconds. Multiply by 1000 to get milliseconds.",
        ),
    ),
    hints=(
        "Frames: the output size of chapter 02 for an input of `samples`, a window of `frame_length` and a stride of "
        "`hop`.",
        "Bin k belongs to waves with k periods in a frame of frame_length / rate seconds; k goes from 0 to "
        "frame_length / 2.",
        "bins: `frame_length // 2 + 1`; hertz: `rate / frame_length`; milliseconds: `1000 * hop / rate`.",
    ),
)


# 12.3 Loudness in decibels


def _power_cases(rng: np.random.Generator) -> list[Inputs]:
    cases: list[Inputs] = []
    for shape, floor in (((4, 5), -60.0), ((3, 7), -40.0), ((6, 2), -80.0)):
        power = 10 ** rng.uniform(-9, 3, shape)
        power[0, 0], power[-1, -1] = 0.0, 10 ** rng.uniform(3.5, 4.5)
        power[1, 0] = power[-1, -1] * 0.4
        cases.append((power, floor))
    return cases


def decibels(power: np.ndarray, floor: float) -> np.ndarray:
    """Return decibels below the largest power, and `floor` for everything fainter."""
    return 10 * np.log10(np.maximum(power / power.max(), 10 ** (floor / 10)))


def _unlimited(power: np.ndarray, floor: float) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return 10 * np.log10(power / power.max())


def _moved_up(power: np.ndarray, floor: float) -> np.ndarray:
    return decibels(power, floor) - floor


def _in_bels(observed: Any, expected: Any, inputs: Inputs) -> bool:
    """Return whether everything above the floor is a tenth of what it should be."""
    _, floor = inputs
    is_heard = expected > floor + 1
    return np.shape(observed) == expected.shape and np.allclose(10 * observed[is_heard], expected[is_heard])


DECIBELS = Exercise(
    id="12.3",
    title="Loudness in decibels",
    answer_name="decibels",
    section="Loudness in decibels",
    minutes=6,
    points=2,
    cases=_power_cases,
    reference=decibels,
    solved_by=("audio.decibel",),
    mistakes=(
        Mistake(
            "multiplies by 20",
            lambda power, floor: np.maximum(2 * decibels(power, -1000), floor),
            "This multiplies by 20, which is for amplitudes. Power is an amplitude squared: use 10 · log₁₀.",
        ),
        Mistake(
            "takes another logarithm",
            lambda power, floor: np.maximum(np.log(10) * decibels(power, -1000), floor),
            "`np.log` is the natural logarithm. Decibels use base 10: `np.log10`.",
        ),
        Mistake(
            "does not compare with the loudest",
            lambda power, floor: np.maximum(decibels(power, -1000) + 10 * np.log10(power.max()), floor),
            "These are decibels above a power of 1. Divide by the largest power first, so that the loudest place is 0.",
        ),
        Mistake(
            "leaves silence at minus infinity",
            _unlimited,
            "There is no lower limit, so silence becomes −∞. Raise everything fainter to `floor`, preferably "
            "before the logarithm.",
        ),
        Mistake(
            "compares each row with itself",
            lambda power, floor: decibels(power / power.max(axis=1, keepdims=True), floor),
            "Each row is divided by its own maximum, so every row has a 0. Divide the whole picture by its one "
            "largest power.",
        ),
        Mistake(
            "starts at the floor",
            _moved_up,
            "The floor is 0 here, and louder places are above it. Make the loudest place 0, and everything else "
            "negative.",
        ),
        Mistake(
            "forgets the 10",
            lambda power, floor: decibels(power, floor) / 10,
            "These are bels: the logarithm alone. A bel has ten decibels: multiply by 10.",
            _in_bels,
        ),
    ),
    hints=(
        "Ten times the power is 10 dB more, a hundred times is 20 dB more: 10 · log₁₀ of a ratio.",
        "The ratio is `power / power.max()`, which is 1 at the loudest place.",
        "`floor` decibels are the ratio 10 ** (floor / 10): apply `np.maximum` with that ratio before `np.log10`.",
    ),
)


# 12.4 Bands on the mel scale


def _band_cases(rng: np.random.Generator) -> list[Inputs]:
    return [
        (0.0, 4000.0, 8),
        (100.0, 3800.0, 5),
        (float(rng.integers(20, 300)), float(rng.integers(3000, 8000)), int(rng.integers(3, 12))),
        (float(rng.integers(20, 300)), float(rng.integers(3000, 8000)), int(rng.integers(3, 12))),
    ]


def band_centres(low: float, high: float, bands: int) -> np.ndarray:
    """Return the centres, in hertz, of bands that are equally spaced in mel."""
    lowest, highest = (2595 * np.log10(1 + hertz / 700) for hertz in (low, high))
    mel = np.linspace(lowest, highest, bands + 2)[1:-1]
    return 700 * (10 ** (mel / 2595) - 1)


def _mel(hertz: float) -> float:
    return float(2595 * np.log10(1 + hertz / 700))


def _mel_points(low: float, high: float, count: int) -> np.ndarray:
    return np.linspace(_mel(low), _mel(high), count)


def _hertz(mel: np.ndarray) -> np.ndarray:
    return 700 * (10 ** (mel / 2595) - 1)


BAND_CENTRES = Exercise(
    id="12.4",
    title="Bands on the mel scale",
    answer_name="band_centres",
    section="The mel scale",
    minutes=10,
    points=3,
    cases=_band_cases,
    reference=band_centres,
    mistakes=(
        Mistake(
            "spreads them evenly in hertz",
            lambda low, high, bands: np.linspace(low, high, bands + 2)[1:-1],
            "These are equally spaced in hertz. Convert to mel first, space them equally there, and convert back.",
        ),
        Mistake(
            "stays in mel",
            lambda low, high, bands: _mel_points(low, high, bands + 2)[1:-1],
            "These are in mel. Solve m = 2595 · log₁₀(1 + f / 700) for f to get back to hertz.",
        ),
        Mistake(
            "puts bands on the ends",
            lambda low, high, bands: _hertz(_mel_points(low, high, bands)),
            "The first band's centre is `low` itself here, and the last one's is `high`. A band reaches from the "
            "centre below it to the centre above it, so one more point is needed at either end: take bands + 2 "
            "points, and keep the inner ones.",
        ),
        Mistake(
            "keeps the ends",
            lambda low, high, bands: _hertz(_mel_points(low, high, bands + 2)),
            "`low` and `high` are included here. They are where the first triangle begins and the last one ends: "
            "leave them out.",
        ),
        Mistake(
            "forgets the 1 on the way back",
            lambda low, high, bands: _hertz(_mel_points(low, high, bands + 2)[1:-1]) + 700,
            "All centres are 700 Hz too high. Subtract 1 on the way back: f = 700 · (10^(m / 2595) − 1).",
        ),
        Mistake(
            "goes back with e instead of 10",
            lambda low, high, bands: 700 * (np.exp(_mel_points(low, high, bands + 2)[1:-1] / 2595) - 1),
            "This goes back with `np.exp`. The formula's logarithm has base 10, so its inverse is 10 ** (m / 2595).",
        ),
    ),
    hints=(
        "There are three steps: convert `low` and `high` to mel, space points equally between them, and convert these "
        "to hertz.",
        "`np.linspace(mel_low, mel_high, bands + 2)[1:-1]` gives the centres in mel.",
        "Back: f = 700 · (10 ** (m / 2595) − 1).",
    ),
)


# 12.5 Kernels that slide along frequency


def _frequency_cnn(
    bands: int,
    frames: int,
    filters: int,
    *,
    kernels: tuple[tuple[int, int], tuple[int, int]] | None = None,
    pool_size: tuple[int, int] = (2, 1),
    padding: str = "valid",
    activation: str | None = "relu",
    widening: int = 2,
    flatten: bool = True,
    end: str | None = "softmax",
) -> Any:
    """Build the network of exercise 12.5; the options turn it into one of the mistakes."""
    import keras
    from keras import layers

    first, second = kernels or ((5, frames), (5, 1))
    settings = {"activation": activation, "padding": padding}
    inputs = keras.Input((bands, frames, 1))
    x = layers.Conv2D(filters, first, **settings)(inputs)
    x = layers.MaxPooling2D(pool_size)(x)
    x = layers.Conv2D(widening * filters, second, **settings)(x)
    x = layers.Flatten()(x) if flatten else layers.GlobalMaxPooling2D()(x)
    return keras.Model(inputs, layers.Dense(10, activation=end)(x))


FREQUENCY_CNN = Exercise(
    id="12.5",
    title="Kernels that slide along frequency",
    answer_name="frequency_cnn",
    section="Which way shall a kernel slide?",
    minutes=10,
    points=3,
    cases=lambda rng: [
        (40, 61, 8),
        (int(rng.integers(22, 39)), int(rng.integers(41, 60)), int(rng.integers(3, 8))),
    ],
    reference=_frequency_cnn,
    observe=observe_model,
    compare=same_model(),
    time_limit=30,
    mistakes=(
        Mistake(
            "slides along time",
            lambda bands, frames, filters: _frequency_cnn(
                bands, frames, filters, kernels=((bands, 5), (1, 5)), pool_size=(1, 2)
            ),
            "These kernels span all bands and slide along time. A kernel size is (rows, columns), here (bands, "
            "frames): a kernel of 5 bands and all frames is (5, frames).",
        ),
        Mistake(
            "slides along both",
            lambda bands, frames, filters: _frequency_cnn(bands, frames, filters, kernels=((5, 5), (5, 5))),
            "The kernels are 5×5 and slide along both axes. The table's first kernel spans all frames: (5, frames).",
        ),
        Mistake(
            "pads the edges",
            lambda bands, frames, filters: _frequency_cnn(bands, frames, filters, padding="same"),
            'With `padding="same"` the kernel slides along time as well, partly over zeros. Leave the padding out: a '
            "kernel as long as the image then has only one place along time.",
        ),
        Mistake(
            "pools everything",
            lambda bands, frames, filters: _frequency_cnn(bands, frames, filters, flatten=False),
            "The head keeps one maximum per filter, wherever on the frequency axis it occurs. Vowels differ in "
            "whether a peak is high or low: use `layers.Flatten()`, as in the table.",
        ),
        Mistake(
            "keeps the number of filters",
            lambda bands, frames, filters: _frequency_cnn(bands, frames, filters, widening=1),
            "Both convolutions have the same number of filters. Give the second twice as many.",
        ),
        Mistake(
            "leaves the activation out",
            lambda bands, frames, filters: _frequency_cnn(bands, frames, filters, activation=None),
            'The convolutions have no activation. Set `activation="relu"` in both.',
        ),
        Mistake(
            "ends without a softmax",
            lambda bands, frames, filters: _frequency_cnn(bands, frames, filters, end=None),
            'The outputs are scores, not probabilities. Give the last layer `activation="softmax"`.',
        ),
    ),
    hints=(
        "An image is (bands, frames, 1), so a kernel size is (number of bands, number of frames).",
        'Begin with `layers.Conv2D(filters, (5, frames), activation="relu")`, whose output is (bands − 4, 1, '
        "filters). Then comes `layers.MaxPooling2D((2, 1))`.",
        "The second kernel is (5, 1), with twice the filters. Then come `layers.Flatten()` and `layers.Dense(10, "
        'activation="softmax")`.',
    ),
)


# 12.6 The shift between two voices


def _image_cases(rng: np.random.Generator) -> list[Inputs]:
    cases: list[Inputs] = []
    for step, axis in ((2, 0), (-3, 1), (-3, 0), (3, 1), (1, 0), (0, 1), (-2, 1), (3, 0)):
        image = rng.random((7, 9))
        other = audio.shifted(image, **{("bands", "frames")[axis]: -step}) + rng.uniform(0, 0.02, image.shape)
        cases.append((image, other, 3, axis))
    # Unrelated images, for which each of these mistakes changes the answer, and so does the wrong sign.
    while len(cases) < 12:
        inputs = rng.random((6, 8)) ** 3, rng.random((6, 8)) ** 3, 4, len(cases) % 2
        mistaken = [shift(*inputs) for shift in (_rolled, _wrong_axis, _absolute)]
        right = best_shift(*inputs)
        if len(cases) == 11:  # where errors over what overlaps alone are no other mistake, and wrong
            overlapping = {_over_what_overlaps(*inputs, reduce) for reduce in (np.sum, np.mean)}
            if overlapping & {right, *mistaken}:
                continue
        if right not in (*mistaken, -right):
            cases.append(inputs)
    return cases


def _shifts(other: np.ndarray, steps: range, axis: int) -> dict[int, np.ndarray]:
    """Return step → `other` shifted by that step along an axis."""
    name = ("bands", "frames")[axis]
    return {step: audio.shifted(other, **{name: step}) for step in steps}


def _nearest(image: np.ndarray, shifts: dict[int, np.ndarray]) -> int:
    """Return the step whose shifted image has the smallest squared error."""
    return min(shifts, key=lambda step: float(((image - shifts[step]) ** 2).sum()))


def best_shift(image: np.ndarray, other: np.ndarray, largest: int, axis: int) -> int:
    """Return the shift of `other` along an axis that brings it nearest to `image`."""
    name = ("bands", "frames")[axis]
    steps = range(-largest, largest + 1)
    errors = [((image - audio.shifted(other, **{name: step})) ** 2).sum() for step in steps]
    return steps[int(np.argmin(errors))]


def _rolled(image: np.ndarray, other: np.ndarray, largest: int, axis: int) -> int:
    return _nearest(image, {step: np.roll(other, step, axis) for step in range(-largest, largest + 1)})


def _wrong_axis(image: np.ndarray, other: np.ndarray, largest: int, axis: int) -> int:
    return best_shift(image, other, largest, 1 - axis)


def _one_way(image: np.ndarray, other: np.ndarray, largest: int, axis: int) -> int:
    return _nearest(image, _shifts(other, range(largest + 1), axis))


def _over_what_overlaps(
    image: np.ndarray, other: np.ndarray, largest: int, axis: int, reduce: Callable[..., Any]
) -> int:
    steps = range(-largest, largest + 1)
    shifts, covered = _shifts(other, steps, axis), _shifts(np.ones_like(other), steps, axis)
    return min(steps, key=lambda step: float(reduce(((image - shifts[step]) ** 2)[covered[step] > 0])))


def _farthest(image: np.ndarray, other: np.ndarray, largest: int, axis: int) -> int:
    shifts = _shifts(other, range(-largest, largest + 1), axis)
    return max(shifts, key=lambda step: float(((image - shifts[step]) ** 2).sum()))


def _summed_first(image: np.ndarray, other: np.ndarray, largest: int, axis: int) -> int:
    shifts = _shifts(other, range(-largest, largest + 1), axis)
    return min(shifts, key=lambda step: abs(float((image - shifts[step]).sum())))


def _without_the_largest(image: np.ndarray, other: np.ndarray, largest: int, axis: int) -> int:
    return _nearest(image, _shifts(other, range(-largest, largest), axis))


def _absolute(image: np.ndarray, other: np.ndarray, largest: int, axis: int) -> int:
    shifts = _shifts(other, range(-largest, largest + 1), axis)
    return min(shifts, key=lambda step: float(abs(image - shifts[step]).sum()))


BEST_SHIFT = Exercise(
    id="12.6",
    title="The shift between two voices",
    answer_name="best_shift",
    section="Is the shift in frequency?",
    minutes=10,
    points=3,
    cases=_image_cases,
    groups=lambda image, other, largest, axis: "shifts in time" if axis else "shifts in frequency",
    reference=best_shift,
    may_use=("audio.shifted",),
    mistakes=(
        Mistake(
            "has the wrong sign",
            lambda image, other, largest, axis: best_shift(other, image, largest, axis),
            "This moves `image` towards `other`. Move `other` towards `image`.",
        ),
        Mistake(
            "takes the other axis",
            _wrong_axis,
            "The shift is along the wrong axis. Axis 0 counts the rows (bands), axis 1 the columns (frames).",
        ),
        Mistake(
            "goes round the edge",
            _rolled,
            "`np.roll` wraps around: what leaves at one edge comes back at the other, so the highest notes become the "
            "lowest. Use `audio.shifted`, which fills with silence.",
        ),
        Mistake(
            "looks one way only",
            _one_way,
            "Only shifts from 0 upwards are tried. Try −largest to largest, both included.",
        ),
        Mistake(
            "takes the worst",
            _farthest,
            "This is the shift with the largest error. Take the smallest: `np.argmin`.",
        ),
        Mistake(
            "lets errors cancel",
            _summed_first,
            "The differences are added up with their signs, so positive and negative ones cancel. Square each "
            "difference first.",
        ),
        Mistake(
            "gives the place in the list",
            lambda image, other, largest, axis: best_shift(image, other, largest, axis) + largest,
            "This is the position of the best shift in the list of shifts. Return the shift itself: the list begins "
            "with −largest, not with 0.",
        ),
        Mistake(
            "leaves the largest shift out",
            _without_the_largest,
            "The shift `largest` is not tried, because `range` stops *before* its end. Use `range(-largest, largest + "
            "1)`.",
        ),
        Mistake(
            "adds up absolute differences",
            _absolute,
            "The differences are not squared: this adds up their absolute values. Square each difference first.",
        ),
    ),
    hints=(
        "Try every shift from −largest to largest, and keep the error of each: the sum of (image − moved)².",
        "`audio.shifted(other, bands=step)` moves along axis 0, `audio.shifted(other, frames=step)` along axis 1.",
        "`steps = range(-largest, largest + 1)`; then `steps[int(np.argmin(errors))]`.",
    ),
)

EXERCISES = (FRAMES, SIZES, DECIBELS, BAND_CENTRES, FREQUENCY_CNN, BEST_SHIFT)
