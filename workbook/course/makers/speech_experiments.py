"""Run the experiments of chapter 12 and store the results: `python -m workbook.course.makers.speech_experiments NAME`.

`kernels` trains four networks on the Free Spoken Digit Dataset's own split, with the same speakers in training and
test, and moves the test images up, down and in time. `unseen` leaves out one of the six speakers at a time. `late`
leaves out the one who begins latest, and also tests on his clips moved to the start. `voices` takes the bundled voices:
it trains on low ones and tests on other low ones and on high ones. A matcher without training is compared with the
networks: the nearest image, where images may be moved along an axis. The results go to `data/results/`, with hardware,
seeds and date; the checksums are updated. TensorFlow gets one thread.
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from workbook import audio, data
from workbook.course.makers.make_data import write_checksums
from workbook.course.record import circumstances, one_thread
from workbook.data import standins
from workbook.data.bundled import DataError, Dataset, bundle_folder
from workbook.training.recipes.mnist import norm_relu

if TYPE_CHECKING:
    import keras


class SpeechNetwork(NamedTuple):
    """One network: its filters, the sizes of its two kernels (bands, frames; None for all), and its pooling."""

    filters: tuple[int, int]
    kernels: tuple[tuple[int | None, int | None], tuple[int, int]]
    pool_size: tuple[int, int]


# The first kernel spans the whole of the axis along which it does not slide.
NETWORKS = {
    "frequency": SpeechNetwork((24, 32), ((5, None), (5, 1)), (2, 1)),
    "time": SpeechNetwork((24, 32), ((None, 5), (1, 5)), (1, 2)),
    "both": SpeechNetwork((8, 12), ((5, 5), (5, 5)), (2, 2)),
}
KINDS = (*NETWORKS, "neither")
SEEDS = (0, 1, 2)
RATE, DROPOUT, UNITS = 0.004, 0.3, 5
RECORDED, BUNDLED = (10, 50), (30, 20)  # epochs, batch size
BAND_SHIFTS, FRAME_SHIFTS = tuple(range(-4, 5)), tuple(range(-8, 9, 2))
LARGEST = 6  # the matcher's largest shift, in bands or frames
HIGH_VOICE = 130.0  # hertz; between the bundled voices' 101 and 163


def network(kind: str, bands: int = audio.BANDS, frames: int = 61) -> "keras.Model":
    """Build the network whose kernels slide along "frequency", "time", "both" or "neither" axis."""
    import keras
    from keras import layers

    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}. Received: kind={kind!r}")
    inputs = x = keras.Input((bands, frames, 1))
    if kind == "neither":
        x = norm_relu(layers.Dense(UNITS, use_bias=False)(layers.Flatten()(x)))
    else:
        row = NETWORKS[kind]
        for filters, (height, width) in zip(row.filters, row.kernels, strict=True):
            x = norm_relu(layers.Conv2D(filters, (height or bands, width or frames), use_bias=False)(x))
            x = layers.MaxPooling2D(row.pool_size)(x)
        x = layers.Flatten()(x)
    x = layers.Dropout(DROPOUT)(x)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(x))


def train(
    kind: str, seed: int, images: np.ndarray, labels: np.ndarray, size: tuple[int, int]
) -> "keras.Model":
    """Train one network on images (N, bands, frames); `size` is (epochs, batch size)."""
    import keras

    epochs, batch_size = size
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    model = network(kind, *images.shape[1:])
    rate = keras.optimizers.schedules.CosineDecay(RATE, epochs * len(images) // batch_size)
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    model.fit(images[..., np.newaxis], labels, batch_size=batch_size, epochs=epochs, verbose=0)
    return model


def accuracy(model: "keras.Model", images: np.ndarray, labels: np.ndarray) -> float:
    """Return the share of images (N, bands, frames) that a model classifies correctly."""
    scores = model.predict(images[..., np.newaxis], batch_size=500, verbose=0)
    return round(float(np.mean(scores.argmax(axis=1) == labels)), 4)


def matching(
    images: np.ndarray, labels: np.ndarray, known: np.ndarray, known_labels: np.ndarray, axis: str
) -> list[dict[str, float]]:
    """Match each image with the nearest known one, which may be moved along an axis; return a row per largest shift.

    `accuracy` is how often the nearest image has the same label. `same` and `different` are the squared distance after
    the best shift over that without a shift, for images of the same and of different labels (mean over pairs). `shift`
    is the mean best shift to the same label, above 0 if the known images move up or later.
    """
    same = labels[:, np.newaxis] == known_labels
    flat = images.reshape(len(images), -1)
    unmoved = best = _distances(flat, known)
    shift = np.zeros(best.shape)
    rows = []
    for largest in range(LARGEST + 1):
        for step in {largest, -largest} if largest else ():
            moved = audio.shifted(known, **{"bands" if axis == "frequency" else "frames": step})
            distances = _distances(flat, moved)
            shift = np.where(distances < best, step, shift)
            best = np.minimum(best, distances)
        ratio = best / unmoved
        hits = known_labels[best.argmin(axis=1)] == labels
        row = {"accuracy": hits, "same": ratio[same], "different": ratio[~same], "shift": shift[same]}
        rows.append({name: round(float(np.mean(values)), 4) for name, values in row.items()})
    return rows


def _distances(flat: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return the squared distance of each row of `flat` to each known image."""
    others = known.reshape(len(known), -1)
    squares = (flat**2).sum(axis=1)[:, np.newaxis] + (others**2).sum(axis=1)
    return np.maximum(squares - 2 * flat @ others.T, 1e-6)


def pitches(dataset: Dataset) -> dict[str, float]:
    """Return each speaker's pitch in hertz, the median over their clips, lowest voice first."""
    clips = np.concatenate([dataset.x_train, dataset.x_test])
    who = np.concatenate([_speakers(dataset, "train"), _speakers(dataset, "test")])
    hertz = np.array([audio.pitch(clip) for clip in clips])
    medians = {str(name): round(float(np.nanmedian(hertz[who == name])), 1) for name in np.unique(who)}
    return dict(sorted(medians.items(), key=lambda item: item[1]))


def onsets(dataset: Dataset) -> dict[str, int]:
    """Return each speaker's onset, the milliseconds before a clip is first loud: the median over their clips.

    Loud means within 24 decibels of the clip's loudest place.
    """
    images = audio.log_mel(np.concatenate([dataset.x_train, dataset.x_test]))
    who = np.concatenate([_speakers(dataset, "train"), _speakers(dataset, "test")])
    first = (images > 1 - 24 / audio.RANGE).any(axis=1).argmax(axis=1)  # (clips,), in frames
    milliseconds = 1000 * audio.HOP / audio.SAMPLE_RATE
    return {str(name): round(float(np.median(first[who == name])) * milliseconds) for name in np.unique(who)}


def _speakers(dataset: Dataset, split: str) -> np.ndarray:
    speakers = getattr(dataset, f"speakers_{split}")
    if speakers is None:
        raise ValueError(f"the data set must name its speakers. Received: {dataset.name!r} without speakers")
    return speakers


def kernels(dataset: Dataset) -> list[dict[str, Any]]:
    """Train every kind with every seed on the official split; test on moved images, too."""
    images, test = audio.log_mel(dataset.x_train), audio.log_mel(dataset.x_test)
    runs = []
    for kind in KINDS:
        for seed in SEEDS:
            start = time.process_time()
            model = train(kind, seed, images, dataset.y_train, RECORDED)
            moved = {
                "moved_bands": [audio.shifted(test, bands=step) for step in BAND_SHIFTS],
                "moved_frames": [audio.shifted(test, frames=step) for step in FRAME_SHIFTS],
            }
            row = {
                name: [accuracy(model, images, dataset.y_test) for images in versions]
                for name, versions in moved.items()
            }
            runs.append(
                _about(kind, seed, model)
                | _shares(model, images, dataset.y_train, test, dataset.y_test)
                | row
            )
            runs[-1]["cpu_seconds"] = round(time.process_time() - start, 1)
            print(json.dumps(runs[-1]), flush=True)
    return runs


def unseen(dataset: Dataset) -> list[dict[str, Any]]:
    """Leave out one speaker at a time: train on all clips of the others, test on all of this one."""
    images = audio.log_mel(np.concatenate([dataset.x_train, dataset.x_test]))
    labels = np.concatenate([dataset.y_train, dataset.y_test])
    who = np.concatenate([_speakers(dataset, "train"), _speakers(dataset, "test")])
    runs: list[dict[str, Any]] = []
    for speaker in np.unique(who):
        out = who == speaker
        parts = images[out], labels[out], images[~out], labels[~out]
        for axis in ("frequency", "time"):
            runs.append(
                {"kind": "matching", "axis": axis, "speaker": str(speaker), "rows": matching(*parts, axis)}
            )
            print(json.dumps(runs[-1]), flush=True)
        for kind in KINDS:
            for seed in SEEDS:
                model = train(kind, seed, images[~out], labels[~out], RECORDED)
                shares = _shares(model, images[~out], labels[~out], images[out], labels[out])
                runs.append(_about(kind, seed, model) | {"speaker": str(speaker)} | shares)
                print(json.dumps(runs[-1]), flush=True)
    return runs


def late(dataset: Dataset) -> list[dict[str, Any]]:
    """Leave out the speaker who begins latest; test on his clips as they are, and moved to the start."""
    onset = onsets(dataset)
    speaker = max(onset, key=lambda name: onset[name])
    images = audio.log_mel(np.concatenate([dataset.x_train, dataset.x_test]))
    labels = np.concatenate([dataset.y_train, dataset.y_test])
    out = np.concatenate([_speakers(dataset, "train"), _speakers(dataset, "test")]) == speaker
    step = -round(onset[speaker] * audio.SAMPLE_RATE / 1000 / audio.HOP)
    moved = audio.shifted(images[out], frames=step)
    runs = []
    for kind in KINDS:
        for seed in SEEDS:
            model = train(kind, seed, images[~out], labels[~out], RECORDED)
            shares = _shares(model, images[~out], labels[~out], images[out], labels[out])
            shares["moved"] = accuracy(model, moved, labels[out])
            runs.append(_about(kind, seed, model) | {"speaker": speaker, "frames": step} | shares)
            print(json.dumps(runs[-1]), flush=True)
    return runs


def voices(dataset: Dataset) -> list[dict[str, Any]]:
    """Train on eight low voices; test on the other four and on the high ones. Each low voice is left out once."""
    images = audio.log_mel(np.concatenate([dataset.x_train, dataset.x_test]))
    labels = np.concatenate([dataset.y_train, dataset.y_test])
    who = np.concatenate([_speakers(dataset, "train"), _speakers(dataset, "test")])
    low = [name for name, hertz in pitches(dataset).items() if hertz < HIGH_VOICE]
    is_high = ~np.isin(who, low)
    runs: list[dict[str, Any]] = []
    for rotation in range(3):
        is_left = np.isin(who, low[rotation::3])
        known = images[~is_left & ~is_high], labels[~is_left & ~is_high]
        tests = {"low": (images[is_left], labels[is_left]), "high": (images[is_high], labels[is_high])}
        for name, test in tests.items():
            for axis in ("frequency", "time"):
                rows = matching(*test, *known, axis)
                runs.append(
                    {"kind": "matching", "axis": axis, "rotation": rotation, "tested": name, "rows": rows}
                )
        for kind in KINDS:
            for seed in SEEDS:
                model = train(kind, seed, *known, BUNDLED)
                accuracies = {name: accuracy(model, *test) for name, test in tests.items()}
                runs.append(
                    _about(kind, seed, model)
                    | {"rotation": rotation, "training": accuracy(model, *known)}
                    | accuracies
                )
                print(json.dumps(runs[-1]), flush=True)
    return runs


def _about(kind: str, seed: int, model: "keras.Model") -> dict[str, Any]:
    return {"kind": kind, "seed": seed, "parameters": model.count_params()}


def _shares(
    model: "keras.Model", images: np.ndarray, labels: np.ndarray, test: np.ndarray, test_labels: np.ndarray
) -> dict[str, float]:
    return {"training": accuracy(model, images, labels), "test": accuracy(model, test, test_labels)}


def _recorded() -> Dataset:
    dataset = data.load("spoken_digit", allow_download=False)
    if dataset.is_standin:
        raise DataError(
            "this experiment needs the Free Spoken Digit Dataset: set WORKBOOK_DATA_DIR to its TFDS folder"
        )
    return dataset


EXPERIMENTS: dict[
    str, tuple[Callable[[], Dataset], Callable[[Dataset], list[dict[str, Any]]], tuple[int, int]]
] = {
    "kernels": (_recorded, kernels, RECORDED),
    "unseen": (_recorded, unseen, RECORDED),
    "late": (_recorded, late, RECORDED),
    "voices": (standins.synthetic_speech, voices, BUNDLED),
}


def run(name: str, folder: Path) -> None:
    """Run one experiment and write speech_NAME.json."""
    import keras  # noqa: F401  # loaded before the clock starts

    start = time.process_time()
    load, experiment, (epochs, batch_size) = EXPERIMENTS[name]
    dataset = load()
    runs = experiment(dataset)
    about = {
        "data": dataset.source.partition(", from a prepared")[0],
        "images": f"log-mel, {audio.BANDS} bands × 61 frames of {audio.FRAME_LENGTH} samples every {audio.HOP}",
        "recipe": f"{epochs} epochs, batch {batch_size}, Adam with rate {RATE} falling to 0 as a cosine, "
        f"batch normalisation, dropout {DROPOUT}; nothing was tuned",
        **circumstances(time.process_time() - start, SEEDS),
        "band_shifts": list(BAND_SHIFTS),
        "frame_shifts": list(FRAME_SHIFTS),
        "pitch": pitches(dataset),
        "onset": onsets(dataset),
        "runs": runs,
    }
    text = json.dumps(about, ensure_ascii=False).replace('{"kind"', '\n{"kind"')
    (folder / f"speech_{name}.json").write_text(text + "\n", encoding="utf-8")


def main(arguments: list[str] | None = None) -> None:
    """Run one experiment, then update the checksums."""
    parser = argparse.ArgumentParser(
        prog="python -m workbook.course.makers.speech_experiments", description=__doc__
    )
    parser.add_argument("name", choices=EXPERIMENTS)
    parser.add_argument(
        "--target", type=Path, help="write to this folder, without checksums; default: data/results/"
    )
    options = parser.parse_args(arguments)
    one_thread()
    folder = options.target or bundle_folder() / "results"
    folder.mkdir(parents=True, exist_ok=True)
    run(options.name, folder)
    if options.target is None:
        write_checksums(bundle_folder())


if __name__ == "__main__":
    main()
