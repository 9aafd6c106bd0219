"""The exercises of chapter 12: speech."""

from typing import Any

import numpy as np

from workbook import audio
from workbook.exercises import Exercise, Inputs, Mistake
from workbook.exercises.models import observe_model, same_model

Sizes = dict[str, float]


def _frame_cases(rng: np.random.Generator) -> list[Inputs]:
    sizes = (20, 6, 2), (23, 8, 5), (25, 8, 3), (31, 7, 4), (30, 9, 2)
    more = int(rng.integers(40, 60)), 10, int(rng.integers(6, 10))
    return [(rng.integers(1, 100, samples).astype(float), *rest) for samples, *rest in (*sizes, more)]


def cut_frames(signal: np.ndarray, frame_length: int, hop: int) -> np.ndarray:
    """Cut a signal into whole frames, one every `hop` samples."""
    starts = range(0, len(signal) - frame_length + 1, hop)
    return np.array([signal[start : start + frame_length] for start in starts])


def _one_too_few(signal: np.ndarray, frame_length: int, hop: int) -> np.ndarray:
    starts = range(0, len(signal) - frame_length, hop)
    return np.array([signal[start : start + frame_length] for start in starts])


def _filled_up(signal: np.ndarray, frame_length: int, hop: int) -> np.ndarray:
    count = -(-len(signal) // hop)
    return cut_frames(np.pad(signal, (0, hop * count - len(signal) + frame_length)), frame_length, hop)[
        :count
    ]


FRAMES = Exercise(
    id="12.1",
    title="Cut a sound into frames",
    answer_name="cut_frames",
    section="From a wave to frames",
    minutes=6,
    points=2,
    cases=_frame_cases,
    reference=cut_frames,
    mistakes=(
        Mistake(
            "leaves the last frame out",
            _one_too_few,
            "The last frame is missing where it ends exactly at the end of the signal. The last possible start is "
            "len(signal) − frame_length, and `range` stops *before* its end: add 1.",
        ),
        Mistake(
            "puts frames side by side",
            lambda signal, frame_length, hop: cut_frames(signal, frame_length, frame_length),
            "Each frame begins where the one before ends. They overlap: a frame begins every `hop` samples.",
        ),
        Mistake(
            "moves on by one sample",
            lambda signal, frame_length, hop: cut_frames(signal, frame_length, 1),
            "A frame begins at every sample. Step by `hop`: it is the stride of chapter 02.",
        ),
        Mistake(
            "takes the hop for the overlap",
            lambda signal, frame_length, hop: cut_frames(signal, frame_length, frame_length - hop),
            "Neighbours share `hop` samples here. The hop is the distance between their *starts*; they share "
            "frame_length − hop.",
        ),
        Mistake(
            "fills up the end",
            _filled_up,
            "The frames at the end are filled up with zeros. Only whole frames are wanted: what is left over is "
            "dropped.",
        ),
        Mistake(
            "turns rows and columns",
            lambda signal, frame_length, hop: cut_frames(signal, frame_length, hop).T,
            "The frames stand in columns. Each row is one frame: (frames, frame_length).",
        ),
    ),
    hints=(
        "Frame number i is `signal[i * hop : i * hop + frame_length]`.",
        "The starts are `range(0, len(signal) - frame_length + 1, hop)`.",
        "`np.array([signal[start : start + frame_length] for start in starts])`",
    ),
)


def _size_cases(rng: np.random.Generator) -> list[Inputs]:
    cases: list[Inputs] = [(8000, 8000, 256, 128), (12000, 16000, 400, 160)]
    for _ in range(3):
        frame_length, hop = 2 * int(rng.integers(100, 400)), int(rng.integers(50, 95))
        rate = int(rng.choice([11025, 22050, 44100]))
        cases.append((frame_length + hop * int(rng.integers(20, 90)), rate, frame_length, hop))
        cases.append((frame_length + hop * int(rng.integers(20, 90)) + hop // 2, rate, frame_length, hop))
    return cases


def spectrogram_sizes(samples: int, rate: int, frame_length: int, hop: int) -> Sizes:
    """Say what a spectrogram's rows and columns are."""
    return {
        "frames": (samples - frame_length) // hop + 1,
        "bins": frame_length // 2 + 1,
        "hertz": rate / frame_length,
        "milliseconds": 1000 * hop / rate,
    }


def _changed(key: str, value):  # type: ignore[no-untyped-def]
    """Make the wrong answer in which one entry is another function of the inputs."""
    return lambda *inputs: spectrogram_sizes(*inputs) | {key: value(*inputs)}


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
            "One frame is missing: the first one, which begins at 0. It is the formula of chapter 02, "
            "floor((W − F) / S) + 1.",
        ),
        Mistake(
            "divides the samples by the hop",
            _changed("frames", lambda n, rate, length, hop: n // hop),
            "`samples // hop` counts starts near the end too, where no whole frame fits any more.",
        ),
        Mistake(
            "counts a bin for each sample",
            _changed("bins", lambda n, rate, length, hop: length),
            "There are only half as many bins, and one: for real samples the other half of the spectrum is a mirror "
            "image.",
        ),
        Mistake(
            "forgets one end of the spectrum",
            _changed("bins", lambda n, rate, length, hop: length // 2),
            "The bins go from 0 Hz to half the sampling rate, both ends included: one more.",
        ),
        Mistake(
            "divides half the rate by the bins",
            _changed("hertz", lambda n, rate, length, hop: rate / 2 / (length // 2 + 1)),
            "Half the rate is divided by the number of bins. Between so many bins there is one gap fewer: "
            "the distance is rate / frame_length.",
        ),
        Mistake(
            "takes the frame for the column",
            _changed("milliseconds", lambda n, rate, length, hop: 1000 * length / rate),
            "This is how long a frame lasts. From column to column the sound moves on by one `hop`.",
        ),
        Mistake(
            "gives seconds",
            _changed("milliseconds", lambda n, rate, length, hop: hop / rate),
            "These are seconds; a second has 1000 milliseconds.",
        ),
    ),
    hints=(
        "Frames: the output size of chapter 02 for an input of `samples`, a window of `frame_length`, a stride of "
        "`hop`.",
        "Bin k counts waves that go round k times in a frame of frame_length / rate seconds; k goes from 0 to "
        "frame_length / 2.",
        "bins: `frame_length // 2 + 1`; hertz: `rate / frame_length`; milliseconds: `1000 * hop / rate`.",
    ),
)


def _power_cases(rng: np.random.Generator) -> list[Inputs]:
    cases: list[Inputs] = []
    for shape, floor in (((4, 5), -60.0), ((3, 7), -40.0), ((6, 2), -80.0)):
        power = 10 ** rng.uniform(-9, 3, shape)
        power[0, 0], power[-1, -1] = 0.0, 10 ** rng.uniform(3.5, 4.5)
        power[1, 0] = power[-1, -1] * 0.4
        cases.append((power, floor))
    return cases


def decibels(power: np.ndarray, floor: float) -> np.ndarray:
    """Give decibels below the largest power, and `floor` for all that is fainter."""
    return 10 * np.log10(np.maximum(power / power.max(), 10 ** (floor / 10)))


def _unlimited(power: np.ndarray, floor: float) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return 10 * np.log10(power / power.max())


def _moved_up(power: np.ndarray, floor: float) -> np.ndarray:
    return decibels(power, floor) - floor


DECIBELS = Exercise(
    id="12.3",
    title="Loudness in decibels",
    answer_name="decibels",
    section="Loudness in decibels",
    minutes=6,
    points=2,
    cases=_power_cases,
    reference=decibels,
    mistakes=(
        Mistake(
            "multiplies by 20",
            lambda power, floor: np.maximum(2 * decibels(power, -1000), floor),
            "20 · log₁₀ is for amplitudes. This is power, the amplitude's square: 10 · log₁₀.",
        ),
        Mistake(
            "takes another logarithm",
            lambda power, floor: np.maximum(np.log(10) * decibels(power, -1000), floor),
            "`np.log` is the natural logarithm. Decibels use base 10: `np.log10`.",
        ),
        Mistake(
            "does not compare with the loudest",
            lambda power, floor: np.maximum(decibels(power, -1000) + 10 * np.log10(power.max()), floor),
            "These are decibels above a power of 1. Divide by the largest power first, so that the loudest place is "
            "0.",
        ),
        Mistake(
            "leaves silence at minus infinity",
            _unlimited,
            "Nothing stops at the floor, and silence gives −∞. Raise all that is fainter to `floor`, best before "
            "taking "
            "the logarithm.",
        ),
        Mistake(
            "compares each row with itself",
            lambda power, floor: decibels(power / power.max(axis=1, keepdims=True), floor),
            "Each row is divided by its own maximum, so that every row has a 0. One loudest place counts for the "
            "whole "
            "picture.",
        ),
        Mistake(
            "starts at the floor",
            _moved_up,
            "The floor is at 0 here and the loudest above it. The loudest is 0, everything else is below.",
        ),
    ),
    hints=(
        "Ten times the power is 10 dB more, a hundred times 20 dB: 10 · log₁₀ of a ratio.",
        "The ratio is `power / power.max()`, 1 at the loudest place.",
        "`floor` decibels are the ratio 10 ** (floor / 10): take `np.maximum` with that before `np.log10`.",
    ),
)


def _band_cases(rng: np.random.Generator) -> list[Inputs]:
    return [
        (0.0, 4000.0, 8),
        (100.0, 3800.0, 5),
        (float(rng.integers(20, 300)), float(rng.integers(3000, 8000)), int(rng.integers(3, 12))),
        (float(rng.integers(20, 300)), float(rng.integers(3000, 8000)), int(rng.integers(3, 12))),
    ]


def band_centres(low: float, high: float, bands: int) -> np.ndarray:
    """Give the centres, in hertz, of bands equally far apart in mel."""
    lowest, highest = (2595 * np.log10(1 + hertz / 700) for hertz in (low, high))
    mel = np.linspace(lowest, highest, bands + 2)[1:-1]
    return 700 * (10 ** (mel / 2595) - 1)


def _mel(hertz: float) -> float:
    return float(2595 * np.log10(1 + hertz / 700))


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
            "These are equally far apart in hertz. Go to mel first, take equal steps there, and come back.",
        ),
        Mistake(
            "stays in mel",
            lambda low, high, bands: np.linspace(_mel(low), _mel(high), bands + 2)[1:-1],
            "These are mel. Solve m = 2595 · log₁₀(1 + f / 700) for f and go back to hertz.",
        ),
        Mistake(
            "puts bands on the ends",
            lambda low, high, bands: 700 * (10 ** (np.linspace(_mel(low), _mel(high), bands) / 2595) - 1),
            "The first band's centre is `low` itself here, and the last one's `high`. A band reaches from its "
            "neighbour "
            "below to its neighbour above, so there is one point more at either end: bands + 2 points, the inner "
            "ones are "
            "the centres.",
        ),
        Mistake(
            "keeps the ends",
            lambda low, high, bands: 700 * (10 ** (np.linspace(_mel(low), _mel(high), bands + 2) / 2595) - 1),
            "`low` and `high` are among them. They are where the first triangle begins and the last one ends: cut "
            "them off.",
        ),
        Mistake(
            "forgets the 1 on the way back",
            lambda low, high, bands: 700 * 10 ** (np.linspace(_mel(low), _mel(high), bands + 2)[1:-1] / 2595),
            "All are 700 Hz too high: on the way back, f = 700 · (10^(m / 2595) − 1).",
        ),
        Mistake(
            "goes back with e instead of 10",
            lambda low, high, bands: (
                700 * (np.exp(np.linspace(_mel(low), _mel(high), bands + 2)[1:-1] / 2595) - 1)
            ),
            "The formula's logarithm has base 10, so that its inverse is 10 ** (m / 2595), not `np.exp`.",
        ),
    ),
    hints=(
        "Three steps: `low` and `high` to mel; equally spaced points between them; back to hertz.",
        "`np.linspace(mel_low, mel_high, bands + 2)[1:-1]` are the centres in mel.",
        "Back: f = 700 · (10 ** (m / 2595) − 1).",
    ),
)


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

EXERCISES = (
    FRAMES,
    SIZES,
    DECIBELS,
    BAND_CENTRES,
    FREQUENCY_CNN,
    BEST_SHIFT,
)
