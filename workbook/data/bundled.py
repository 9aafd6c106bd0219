"""The `Dataset` class, and the readers of the files bundled in `data/`.

Every reader returns a whole `Dataset` or raises `DataError`: a broken file is named, never half read.
"""

import gzip
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
SAMPLE_RATE = 8000
CLIP_LENGTH = 8000  # samples: one second

MNIST_FILES = {
    "x_train": "mnist/train-images-idx3-ubyte.gz",
    "y_train": "mnist/train-labels-idx1-ubyte.gz",
    "x_test": "mnist/t10k-images-idx3-ubyte.gz",
    "y_test": "mnist/t10k-labels-idx1-ubyte.gz",
}
MOVIE_REVIEWS_FILE = "movie_reviews.tsv.gz"

LICENCES = {
    "mnist": "CC BY-SA 3.0 (LeCun, Cortes and Burges)",
    "cifar10": "none stated; cite Krizhevsky 2009; not redistributed with this project",
    "spoken_digit": "CC BY-SA 4.0 (Jackson and contributors)",
    "movie_reviews": "MIT (vaderSentiment, Hutto)",
}
TITLES = {
    "mnist": "MNIST (LeCun et al. 1998)",
    "cifar10": "CIFAR-10 (Krizhevsky 2009)",
    "spoken_digit": "Free Spoken Digit Dataset (Jackson et al.)",
}


class DataError(RuntimeError):
    """A data set that could not be read; the message is one line and says how to fix it."""


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """A data set, split for training and testing.

    `x_train` and `x_test` are uint8 images (N, H, W, C), int16 waveforms (N, 8000) or lists of sentences;
    `y_train` and `y_test` are int64 class numbers (N,). Waveforms are one second at 8 kHz: longer recordings
    are cut, shorter ones are followed by zeros. For them `speakers_train` and `speakers_test` name who spoke.
    """

    name: str
    x_train: Any
    y_train: NDArray[np.int64]
    x_test: Any
    y_test: NDArray[np.int64]
    class_names: tuple[str, ...]
    source: str
    licence: str
    is_standin: bool = False
    speakers_train: NDArray[np.str_] | None = None
    speakers_test: NDArray[np.str_] | None = None

    def __repr__(self) -> str:
        standin = " (STAND-IN)" if self.is_standin else ""
        return "\n".join(
            [
                f"Dataset {self.name!r}{standin}",
                f"  {len(self.class_names)} classes: {', '.join(self.class_names)}",
                f"  train: {_describe(self.x_train)}, labels {self.y_train.shape}",
                f"  test:  {_describe(self.x_test)}, labels {self.y_test.shape}",
                f"  source: {self.source}",
                f"  licence: {self.licence}",
            ]
        )


def _describe(inputs: Any) -> str:
    if isinstance(inputs, list):
        return f"{len(inputs):,} sentences"
    return f"{inputs.dtype} {inputs.shape}"


# ---------------------------------------------------------------- the bundled files


def bundle_folder() -> Path:
    """Return the folder of the bundled files: `_data` in an installed package, else the project's `data`."""
    installed = Path(__file__).parents[1] / "_data"
    return installed if installed.is_dir() else Path(__file__).parents[2] / "data"


def bundled_file(name: str) -> Path:
    """Return the path of a bundled file after comparing its sha256 with `checksums.txt`.

    Raises `DataError`, which names the file and the fix, if it is missing, unreadable or altered.
    """
    path = bundle_folder() / name
    fix = f"Restore it with `git checkout data/{name}`, or install cnn-workbook again."
    expected = _checksum(name)
    try:
        with path.open("rb") as file:
            actual = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"The bundled file {path} cannot be read ({first_line(error)}). {fix}") from error
    if actual != expected:
        size = path.stat().st_size
        raise DataError(f"The bundled file {path} ({size:,} bytes) does not match its checksum. {fix}")
    return path


def stored(name: str) -> Any:
    """Return a stored result of `data/results/`: the values of NAME.json, or the arrays of "NAME.npz" by their names.

    Raises `DataError` for a damaged file, and `ValueError` for an unknown name.
    """
    folder = bundle_folder() / "results"
    file = name if name.endswith(".npz") else f"{name}.json"
    if not (folder / file).is_file():
        names = sorted(path.stem if path.suffix == ".json" else path.name for path in folder.glob("*.*"))
        raise ValueError(f"name must be one of {', '.join(names)}. Received: name={name!r}")
    path = bundled_file(f"results/{file}")
    if path.suffix == ".json":
        return json.loads(path.read_text(encoding="utf-8"))
    with np.load(path, allow_pickle=False) as arrays:
        return dict(arrays)


def _checksum(name: str) -> str:
    """Return the sha256 of a bundled file according to `checksums.txt`."""
    path = bundle_folder() / "checksums.txt"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        pairs = [line.split(maxsplit=1) for line in lines]  # digest, file
        return {file: digest for digest, file in pairs}[name]
    except (OSError, ValueError, KeyError) as error:
        fix = "Restore it with `git checkout data/checksums.txt`, or install cnn-workbook again."
        raise DataError(f"{path} has no checksum for {name} ({first_line(error)}). {fix}") from error


def read_idx(path: Path) -> NDArray[np.uint8]:
    """Read a gzipped idx file of unsigned bytes (MNIST's web page describes the format).

    Header: two zero bytes, type 8, the number of axes, then the length of each axis as a big-endian
    32-bit number. The values are decompressed straight into the array. Raises `DataError` for anything else.
    """
    try:
        with gzip.open(path) as file:
            magic = file.read(4)
            if magic[:3] != b"\x00\x00\x08":
                raise ValueError(f"not an idx file of bytes: it starts with {magic.hex()}")
            shape = tuple(np.frombuffer(file.read(4 * magic[3]), ">u4").tolist())
            values = np.empty(shape, np.uint8)
            _fill(file, memoryview(values.reshape(-1).data))
    except (OSError, EOFError, ValueError) as error:
        raise DataError(f"{path} cannot be read as an idx file ({first_line(error)}).") from error
    return values


def _fill(file: gzip.GzipFile, target: memoryview) -> None:
    """Read exactly `len(target)` bytes, the file's last."""
    done = 0
    while done < len(target):
        count = file.readinto(target[done:])
        if count == 0:
            raise EOFError(f"it ends after {done:,} of {len(target):,} values")
        done += count
    if file.read(1):
        raise ValueError(f"it continues after {done:,} values")


def read_bundled_mnist() -> Dataset:
    """Read all of MNIST from `data/mnist`: 60,000 + 10,000 images. TensorFlow is not needed."""
    arrays = {field: read_idx(bundled_file(file)) for field, file in MNIST_FILES.items()}
    return Dataset(
        name="mnist",
        x_train=arrays["x_train"][..., np.newaxis],  # (60000, 28, 28, 1)
        y_train=arrays["y_train"].astype(np.int64),
        x_test=arrays["x_test"][..., np.newaxis],  # (10000, 28, 28, 1)
        y_test=arrays["y_test"].astype(np.int64),
        class_names=tuple("0123456789"),
        source=f"{TITLES['mnist']}, the four original idx files, bundled",
        licence=LICENCES["mnist"],
    )


def read_bundled_movie_reviews() -> Dataset:
    """Read the bundled snippets of movie reviews: class 1 if the mean of people's ratings is above 0."""
    with gzip.open(bundled_file(MOVIE_REVIEWS_FILE), "rt", encoding="utf-8", newline="\n") as file:
        rows = [line.rstrip("\n").split("\t") for line in file]
    sentences: dict[str, list[str]] = {"train": [], "test": []}
    labels: dict[str, list[int]] = {"train": [], "test": []}
    for split, rating, sentence in rows:
        sentences[split].append(sentence)
        labels[split].append(int(float(rating) > 0))
    return Dataset(
        name="movie_reviews",
        x_train=sentences["train"],
        y_train=np.array(labels["train"], np.int64),
        x_test=sentences["test"],
        y_test=np.array(labels["test"], np.int64),
        class_names=("negative", "positive"),
        source="movie-review snippets, rated (Hutto and Gilbert 2014), bundled; not Kim 2014's MR file",
        licence=LICENCES["movie_reviews"],
    )


def one_second(waveform: NDArray[Any]) -> NDArray[np.int16]:
    """Return a waveform as int16 (8000,): cut after one second, or followed by zeros."""
    clip = np.zeros(CLIP_LENGTH, np.int16)
    clip[: len(waveform)] = waveform[:CLIP_LENGTH]
    return clip


def speech_fields(parts: dict[str, list[tuple[NDArray[np.int16], int, str]]]) -> dict[str, Any]:
    """Return the fields of a `Dataset` from lists of (clip, label, speaker) for "train" and "test"."""
    fields: dict[str, Any] = {}
    for split, clips in parts.items():
        fields[f"x_{split}"] = np.stack([clip for clip, _, _ in clips])
        fields[f"y_{split}"] = np.array([label for _, label, _ in clips], np.int64)
        fields[f"speakers_{split}"] = np.array([speaker for _, _, speaker in clips])
    return fields


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message, or its type."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
