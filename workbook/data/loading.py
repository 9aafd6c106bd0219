"""Load the course's data sets and pictures: `data.load("mnist")`, `data.photograph("chelsea")`.

`data.batches` prepares arrays for `fit`. Heavy packages are imported only by `data.batches`, or when a prepared TFDS
folder is read. Every data set is available without a network: bundled, prepared earlier, or as a stand-in.
"""

import numbers
import os
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbook.arithmetic import integer
from workbook.data import bundled, cifar_archive, standins, tfds
from workbook.data.bundled import DataError, Dataset

if TYPE_CHECKING:
    from workbook.data.augment import Augmentation
    from workbook.data.batching import Batches

NAMES = ("mnist", "cifar10", "spoken_digit", "movie_reviews")


def load(
    name: str,
    *,
    samples: int | None = None,
    test_samples: int | None = None,
    allow_download: bool = True,
    timeout: float = 600.0,
    archive: str | os.PathLike[str] | None = None,
) -> Dataset:
    """Load and return a data set: "mnist", "cifar10", "spoken_digit" or "movie_reviews".

    MNIST and the movie reviews are bundled. The others come from a TFDS folder prepared earlier (in
    `WORKBOOK_DATA_DIR`, `TFDS_DATA_DIR` or `~/tensorflow_datasets`), or from a download of at most `timeout` seconds.
    If neither works, a stand-in made by the project takes their place: one printed line says so, and `is_standin` is
    True.

    CIFAR-10 is also read from its authors' archive, `cifar-10-python.tar.gz`, without TensorFlow: the file `archive`,
    or else one in `WORKBOOK_DATA_DIR` or in Keras's folder, `~/.keras/datasets`.

    `samples` and `test_samples` keep at most this many training and test examples, as evenly over the classes as the
    set allows: the first of each class, in the stored order, so that the choice is always the same.

    Raises `ValueError` for an unknown name, a number below 1, or an archive of another data set, and `DataError` for a
    damaged bundled file and for an `archive` that cannot be read.
    """
    if not isinstance(name, str) or name not in NAMES:
        raise ValueError(f"name must be one of {', '.join(NAMES)}. Received: name={name!r}")
    for option, count in (("samples", samples), ("test_samples", test_samples)):
        if count is not None:
            integer(option, count, 1)
    if not (isinstance(timeout, numbers.Real) and timeout > 0):
        raise ValueError(f"timeout must be a number of seconds above 0. Received: timeout={timeout!r}")
    if archive is not None and name != "cifar10":
        raise ValueError(
            f"archive must be None unless name is cifar10. Received: {name=}, archive={archive!r}"
        )
    if archive is not None:
        return _subset(cifar_archive.read_archive(Path(archive).expanduser()), samples, test_samples)
    dataset = _bundled(name) or _prepared(name) or _downloaded_or_standin(name, allow_download, timeout)
    return _subset(dataset, samples, test_samples)


def batches(
    x: ArrayLike,
    y: ArrayLike | None = None,
    *,
    batch_size: int = 100,
    seed: int = 0,
    augment: "Augmentation | Sequence[Augmentation]" = (),
    shuffle: bool = True,
    drop_last: bool = False,
    start_epoch: int = 0,
) -> "Batches":
    """Return shuffled batches of arrays for `fit`, augmented a batch at a time; see `workbook.data.batching.Batches`.

    `x` (N, ...) stays in memory as it is, so leave images uint8 and begin the network with `Rescaling(1 / 255)`. The
    order and `augment` (see `workbook.data.augment`) depend only on `seed` and the epoch. Loads Keras.
    Raises `ValueError` for arrays of different lengths or a wrong shape, and for numbers out of range.
    """
    from workbook.data.batching import Batches

    return Batches(
        x,
        y,
        batch_size=batch_size,
        seed=seed,
        augment=augment,
        shuffle=shuffle,
        drop_last=drop_last,
        start_epoch=start_epoch,
    )


def _bundled(name: str) -> Dataset | None:
    """Return the data set from the bundled files, or None if it is not bundled."""
    if name == "movie_reviews":
        return bundled.read_bundled_movie_reviews()
    if name == "mnist" and (bundled.bundle_folder() / "mnist").is_dir():
        return bundled.read_bundled_mnist()
    return None


def _prepared(name: str) -> Dataset | None:
    """Return the data set from an archive or a complete prepared folder, or None; print why others are skipped."""
    for variable in ("WORKBOOK_DATA_DIR", "TFDS_DATA_DIR"):
        folder = os.environ.get(variable)
        if folder and not os.path.isdir(folder):
            print(f"{name}: {variable} is skipped: {folder!r} is not a folder that can be read.")
        elif folder and not os.access(folder, os.R_OK | os.X_OK):
            print(f"{name}: {variable} is skipped: there is no permission to read {folder!r}.")
    for path in cifar_archive.find_archives() if name == "cifar10" else []:
        try:
            return cifar_archive.read_archive(path)
        except DataError as error:
            print(f"{name}: skipped: {error}")
    for prepared in tfds.prepared_folders(name):
        try:
            return tfds.read_prepared(name, prepared)
        except DataError as error:
            print(f"{name}: skipped: {error}")
    return None


def _downloaded_or_standin(name: str, allow_download: bool, timeout: float) -> Dataset:
    """Return the data set from a download, or its stand-in; print a line for a stand-in."""
    reason = "downloads are not allowed"
    if allow_download:
        try:
            return tfds.read_prepared(name, tfds.download(name, timeout=timeout))
        except DataError as error:
            reason = str(error).rstrip(".")
    if name not in standins.MAKERS:
        raise DataError(
            f"{name}: no bundled files, no prepared folder, no download ({reason}). Install cnn-workbook again."
        )
    dataset = standins.MAKERS[name]()
    print(
        f"{name}: STAND-IN, NOT THE REAL DATA ({reason}): {dataset.source}. "
        "For the real data, load it once with a network or set WORKBOOK_DATA_DIR to a prepared TFDS folder."
    )
    return dataset


def _subset(dataset: Dataset, samples: int | None, test_samples: int | None) -> Dataset:
    """Return the data set with at most this many training and test examples."""
    changes: dict[str, Any] = {}
    for split, count in (("train", samples), ("test", test_samples)):
        labels = getattr(dataset, f"y_{split}")
        if count is None or count >= len(labels):
            continue
        kept = _first_of_each_class(labels, count)
        for field in fields(dataset):
            value = getattr(dataset, field.name)
            if field.name.endswith(f"_{split}") and value is not None:
                is_list = isinstance(value, list)
                changes[field.name] = [value[index] for index in kept] if is_list else value[kept]
    return replace(dataset, **changes)


def _first_of_each_class(labels: NDArray[np.int64], count: int) -> NDArray[np.intp]:
    """Return `count` positions, in ascending order: of the first example of each class, then the second, and so on."""
    rank = np.empty(len(labels), np.int64)  # the number of earlier examples of the same class
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        rank[members] = np.arange(len(members))
    return np.sort(np.argsort(rank, kind="stable")[:count])
