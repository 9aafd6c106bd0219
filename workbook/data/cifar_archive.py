"""CIFAR-10 from its authors' own archive, `cifar-10-python.tar.gz`, without TensorFlow.

The archive holds pickled dictionaries. Unpickling can run any code. So the archive must have the md5 that its authors
publish (https://www.cs.toronto.edu/~kriz/cifar.html), and the unpickler accepts only lists, strings and NumPy arrays of
bytes.
"""

import hashlib
import io
import os
import pickle
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from workbook.data.bundled import LICENCES, TITLES, DataError, Dataset, first_line

MD5 = "c58f30108f718f92721af3b95e74349a"
FILES = ("cifar-10-python.tar.gz", "cifar-10-batches-py.tar.gz", "cifar-10-batches-py-target_archive")
FOLDER = "cifar-10-batches-py"
TRAINING = tuple(f"data_batch_{number}" for number in range(1, 6))
SIDE, CHANNELS, CLASSES = 32, 3, 10
IMAGE_BYTES = SIDE * SIDE * CHANNELS
MOST_BYTES = 64_000_000  # of one file in the archive; the original's have 31 million


def find_archives() -> list[Path]:
    """Return the archives in `WORKBOOK_DATA_DIR` and in Keras's folder of data sets, under Keras's names for them."""
    folders = [os.environ.get("WORKBOOK_DATA_DIR"), _keras_folder()]
    paths = [Path(folder).expanduser() / name for folder in folders if folder for name in FILES]
    return [path for path in paths if path.is_file()]


def _keras_folder() -> str:
    home = os.environ.get("KERAS_HOME") or os.path.join(os.path.expanduser("~"), ".keras")
    return os.path.join(home, "datasets")


def read_archive(path: Path) -> Dataset:
    """Return the data set in an archive: 50,000 training and 10,000 test images, uint8 (N, 32, 32, 3).

    Raises `DataError`, naming the file, if it cannot be read or is not the original.
    """
    try:
        with path.open("rb") as file:
            md5 = hashlib.file_digest(file, "md5").hexdigest()
        if md5 != MD5:
            raise DataError(
                f"{path} is not the original CIFAR-10 archive, or is incomplete: its md5 is {md5}, not {MD5}. "
                "Delete it and download it again."
            )
        with tarfile.open(path, "r:gz") as archive:
            return _read(archive)
    except (
        OSError,
        EOFError,
        tarfile.TarError,
        zlib.error,
        pickle.UnpicklingError,
        ValueError,
        KeyError,
    ) as error:
        raise DataError(f"{path} cannot be read ({first_line(error)}).") from error


def _read(archive: tarfile.TarFile) -> Dataset:
    batches = [_batch(_member(archive, name), name) for name in TRAINING]
    x_test, y_test = _batch(_member(archive, "test_batch"), "test_batch")
    names = _entry(_member(archive, "batches.meta"), "label_names", "batches.meta")
    return Dataset(
        name="cifar10",
        x_train=np.concatenate([images for images, _ in batches]),
        y_train=np.concatenate([labels for _, labels in batches]),
        x_test=x_test,
        y_test=y_test,
        class_names=_names(names),
        source=f"{TITLES['cifar10']}, from its archive cifar-10-python.tar.gz",
        licence=LICENCES["cifar10"],
    )


def _member(archive: tarfile.TarFile, name: str) -> dict[Any, Any]:
    """Return the dictionary in one of the archive's files. ValueError if there is none."""
    try:
        member = archive.getmember(f"{FOLDER}/{name}")
    except KeyError:
        raise ValueError(f"it has no file {FOLDER}/{name}") from None
    file = archive.extractfile(member)
    if file is None or member.size > MOST_BYTES:
        raise ValueError(f"{name} is not a file, or is too large: {member.size:,} bytes")
    content = load_plain(file)
    if not isinstance(content, dict):
        raise ValueError(f"{name} does not hold a dictionary")
    return content


def _entry(content: dict[Any, Any], key: str, name: str) -> Any:
    """Return an entry of the file `name`. Python 2 wrote the keys as bytes."""
    for spelling in (key.encode(), key):
        if spelling in content:
            return content[spelling]
    raise ValueError(f"{name} has no entry {key!r}")


def _batch(content: dict[Any, Any], name: str) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return images (N, 32, 32, 3) and labels (N,). A stored row has 1,024 red, then green, then blue values."""
    rows, labels = _entry(content, "data", name), _entry(content, "labels", name)
    if not isinstance(rows, PlainArray) or not isinstance(labels, list):
        raise ValueError(f"{name} has no array of images or no list of labels")
    images = rows.array()
    if images.shape != (len(labels), IMAGE_BYTES):
        raise ValueError(f"{name} has images of shape {images.shape} for {len(labels):,} labels")
    if not all(type(label) is int and 0 <= label < CLASSES for label in labels):
        raise ValueError(f"{name} has labels that are not integers from 0 to {CLASSES - 1}")
    pictures = images.reshape(-1, CHANNELS, SIDE, SIDE).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(pictures), np.array(labels, np.int64)


def _names(names: Any) -> tuple[str, ...]:
    if not isinstance(names, list) or len(names) != CLASSES:
        raise ValueError(f"batches.meta does not name {CLASSES} classes")
    return tuple(name.decode("ascii") if isinstance(name, bytes) else str(name) for name in names)


# ---------------------------------------------------------------- reading pickles without running code


class PlainArray:
    """The state of a pickled array of bytes, kept as plain values until its form has been checked."""

    def __init__(self, *arguments: Any) -> None:
        self.state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state

    def array(self) -> NDArray[np.uint8]:
        """Return the array. Raises `ValueError` unless the state is that of a complete uint8 array."""
        try:
            _, shape, dtype, is_fortran, content = self.state
            is_plain = isinstance(content, bytes) and isinstance(dtype, PlainType) and dtype.code == "u1"
            if not is_plain or not all(type(length) is int and length >= 0 for length in shape):
                raise ValueError("it is not an array of bytes")
            values = np.frombuffer(content, np.uint8)
            return values.reshape(tuple(shape), order="F" if is_fortran else "C")
        except (TypeError, ValueError) as error:
            raise ValueError(f"an array in it is damaged ({first_line(error)})") from error


class PlainType:
    """The type of a pickled array's values, by its code: "u1" are bytes."""

    def __init__(self, code: Any = None, *arguments: Any) -> None:
        self.code = code.decode("latin-1") if isinstance(code, bytes) else code

    def __setstate__(self, state: Any) -> None:
        """Ignore the byte order: bytes have none."""


def _encoded(text: Any, encoding: Any = "latin1") -> bytes:
    """Return the bytes that Python 3 writes as text where a pickle is to be read by Python 2, too."""
    if not isinstance(text, str):
        raise pickle.UnpicklingError("bytes are not stored as text")
    return text.encode("latin-1")


KNOWN: dict[tuple[str, str], Callable[..., Any]] = {
    ("numpy", "ndarray"): PlainArray,
    ("numpy", "dtype"): PlainType,
    ("numpy.core.multiarray", "_reconstruct"): PlainArray,
    ("numpy._core.multiarray", "_reconstruct"): PlainArray,
    ("_codecs", "encode"): _encoded,
}


class _PlainUnpickler(pickle.Unpickler):
    """An unpickler that knows the names in KNOWN, which lead to functions of this module, and refuses all others."""

    def find_class(self, module: str, name: str) -> Any:
        try:
            return KNOWN[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no data set needs") from None

    def persistent_load(self, pid: Any) -> Any:
        raise pickle.UnpicklingError("it refers to objects elsewhere")


def load_plain(file: IO[bytes]) -> Any:
    """Return what a pickle holds: plain values and `PlainArray`s. Raises `pickle.UnpicklingError` for anything else."""
    try:
        return _PlainUnpickler(io.BytesIO(file.read(MOST_BYTES)), encoding="bytes").load()
    except (pickle.UnpicklingError, OSError, EOFError):
        raise
    except Exception as error:  # a broken pickle may ask for anything of any object
        raise pickle.UnpicklingError(f"broken ({type(error).__name__})") from error
