"""Data sets prepared by TensorFlow Datasets (TFDS): read a prepared folder, or download and prepare one.

A folder is checked before it is read, and a download is moved into place only when it is complete.
"""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbook import live, quiet
from workbook.data.bundled import (
    DIGITS,
    LICENCES,
    TITLES,
    DataError,
    Dataset,
    first_line,
    one_second,
    speech_fields,
)


def prepared_roots() -> list[Path]:
    """Return the folders that may hold prepared TFDS data: those of two variables, then the usual one."""
    named = [os.environ.get(variable) for variable in ("WORKBOOK_DATA_DIR", "TFDS_DATA_DIR")]
    roots = [Path(folder) for folder in named if folder]
    usual = usual_root()
    return [*roots, usual] if usual else roots


def usual_root() -> Path | None:
    """Return TFDS's usual folder, or None for a user without a home folder, as in some containers."""
    try:
        return Path.home() / "tensorflow_datasets"
    except RuntimeError:
        return None


def prepared_folders(name: str) -> list[Path]:
    """Return the folders `root/name/version` that exist, the newest version of each root."""
    folders = []
    for root in prepared_roots():
        try:
            versions = [path for path in (root / name).iterdir() if re.fullmatch(r"\d+\.\d+\.\d+", path.name)]
        except OSError:
            continue
        if versions:
            folders.append(max(versions, key=lambda path: [int(part) for part in path.name.split(".")]))
    return folders


def read_prepared(name: str, folder: Path) -> Dataset:
    """Read a prepared TFDS folder such as `…/cifar10/3.0.2`, without a network.

    Raises `DataError`, naming the folder, if it is incomplete, damaged, or TensorFlow is not installed.
    """
    check_complete(folder)
    failure = None
    line = live.LiveLine(f"reading {name}")
    line.show(["TensorFlow takes a few seconds"], 0.0)
    with quiet.stderr_aside():  # TensorFlow's C++ side writes there while it reads
        try:
            return _read_builder(name, folder)
        except ImportError as error:
            failure = DataError(f"{folder} needs tensorflow and tensorflow-datasets ({first_line(error)}).")
        except Exception as error:
            failure = DataError(f"{folder} is damaged ({type(error).__name__}: {first_line(error)}).")
        finally:
            line.close([])
    raise failure


def check_complete(folder: Path) -> None:
    """Compare a folder's files with its `dataset_info.json`; raise `DataError` if some are missing or short.

    A tfrecord file frames each example with 16 bytes, which `numBytes` leaves out.
    """
    try:
        info = json.loads((folder / "dataset_info.json").read_text(encoding="utf-8"))
        kind = info["fileFormat"]
        for split in info["splits"]:
            lengths = [int(length) for length in split["shardLengths"]]
            expected = int(split["numBytes"]) + (16 * sum(lengths) if kind == "tfrecord" else 0)
            files = list(folder.glob(f"*-{split['name']}.{kind}-*-of-{len(lengths):05d}"))
            actual = sum(file.stat().st_size for file in files)
            if len(files) != len(lengths) or actual < expected:
                raise ValueError(f"split {split['name']!r} has {actual:,} of {expected:,} bytes")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{folder} is incomplete ({first_line(error)}).") from error


def _read_builder(name: str, folder: Path) -> Dataset:
    import tensorflow_datasets as tfds

    builder = tfds.builder_from_directory(str(folder))
    fields = _read_speech(builder) if name == "spoken_digit" else _read_images(builder)
    names = DIGITS if name == "spoken_digit" else tuple(builder.info.features["label"].names)
    return Dataset(
        name=name,
        class_names=names,
        source=f"{TITLES[name]}, from a prepared TFDS folder, {folder.parent.name}/{folder.name}",
        licence=LICENCES[name],
        **fields,
    )


def _examples(builder: Any, split: str, batch_size: int | None) -> Iterator[dict[str, Any]]:
    """Yield a split's examples, or batches of them, as NumPy, in the stored order."""
    import tensorflow_datasets as tfds

    options = tfds.ReadConfig(try_autocache=False, interleave_cycle_length=1)
    stored = builder.as_dataset(split=split, batch_size=batch_size, shuffle_files=False, read_config=options)
    yield from tfds.as_numpy(stored)


def _read_images(builder: Any) -> dict[str, Any]:
    """Read the images and labels of both splits; ValueError if a split has fewer than it should have."""
    fields: dict[str, Any] = {}
    for split in ("train", "test"):
        count = builder.info.splits[split].num_examples
        images = np.empty((count, *builder.info.features["image"].shape), np.uint8)
        labels = np.empty(count, np.int64)
        start, line = 0, live.LiveLine(f"{split} split")
        for batch in _examples(builder, split, batch_size=100):
            stop = start + len(batch["label"])
            images[start:stop], labels[start:stop] = batch["image"], batch["label"]
            start = stop
            if line.is_due():
                line.show([f"{start:,} of {count:,} images"], 0.0)
        line.close([])
        if start != count:
            raise ValueError(f"split {split!r} has {start:,} of {count:,} images")
        fields[f"x_{split}"], fields[f"y_{split}"] = images, labels
    return fields


def _read_speech(builder: Any) -> dict[str, Any]:
    """Read the recordings; numbers 0-4 of each digit and speaker are the test set, as the authors define it."""
    parts: dict[str, list[tuple[NDArray[np.int16], int, str]]] = {"train": [], "test": []}
    for example in _examples(builder, "train", batch_size=None):
        _, speaker, number = Path(example["audio/filename"].decode()).stem.split("_")
        split = "test" if int(number) < 5 else "train"
        parts[split].append((one_second(example["audio"]), int(example["label"]), speaker))
    count = sum(map(len, parts.values()))
    expected = builder.info.splits["train"].num_examples
    if count != expected:
        raise ValueError(f"it has {count:,} of {expected:,} recordings")
    return speech_fields(parts)


# ---------------------------------------------------------------- downloads


@dataclass(frozen=True)
class Download:
    """What TFDS downloads for a data set: the address, the megabytes, and the packages that it needs."""

    url: str
    megabytes: int
    packages: tuple[str, ...] = ("tensorflow", "tensorflow-datasets", "importlib-resources")


DOWNLOADS = {
    "mnist": Download("https://storage.googleapis.com/cvdf-datasets/mnist/train-labels-idx1-ubyte.gz", 11),
    "cifar10": Download("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz", 170),
    "spoken_digit": Download(
        "https://github.com/Jakobovski/free-spoken-digit-dataset/archive/v1.0.9.tar.gz",
        12,
        ("tensorflow", "tensorflow-datasets", "importlib-resources", "pydub"),
    ),
}
PROBE_SECONDS = 5.0
# Both run in a process of their own, so that the time limit holds whatever hangs inside.
_PROBE = """
import sys, urllib.request
try:
    urllib.request.urlopen(urllib.request.Request(sys.argv[1], method="HEAD"), timeout=float(sys.argv[2]))
except OSError as error:
    sys.exit(str(getattr(error, "reason", error)))
"""
_PREPARE = """
import sys
import tensorflow_datasets as tfds
name, folder = sys.argv[1:]
tfds.disable_progress_bar()
tfds.builder(name, data_dir=folder).download_and_prepare(download_dir=folder + "/downloads")
"""


def download(name: str, *, timeout: float) -> Path:
    """Download and prepare a data set with TFDS; return its folder.

    The files are made in a hidden folder beside the target and moved into place when complete: on failure,
    time-out or interruption nothing is left. Prints the progress. Raises `DataError` with the reason.
    """
    plan = DOWNLOADS[name]
    if missing := missing_packages(plan):
        raise DataError(f"the download needs packages: pip install {' '.join(missing)}")
    reach(plan.url)
    try:
        target = _download_root()
        free = shutil.disk_usage(target).free / 1e6
        if free < 4 * plan.megabytes:
            raise DataError(f"{target} has {free:,.0f} MB free; {4 * plan.megabytes:,} MB are needed")
        with tempfile.TemporaryDirectory(prefix=".workbook-", dir=target) as scratch:
            _run_preparation(name, Path(scratch), plan.megabytes, timeout)
            return _move_into_place(name, Path(scratch), target)
    except OSError as error:
        raise DataError(f"the download could not be written ({first_line(error)})") from error


def missing_packages(plan: Download) -> list[str]:
    """Return the packages that a download needs and that are not installed."""
    return [name for name in plan.packages if importlib.util.find_spec(name.replace("-", "_")) is None]


def _download_root() -> Path:
    """Return the first root that exists and can be written to; make the usual one if there is none."""
    for root in prepared_roots():
        if os.path.isdir(root) and os.access(root, os.W_OK | os.X_OK):
            return root
    usual = usual_root()
    if usual is None:
        raise DataError("there is no folder to download to: set WORKBOOK_DATA_DIR to a folder that exists")
    usual.mkdir(parents=True, exist_ok=True)
    return usual


def reach(url: str) -> None:
    """Raise `DataError` unless the address answers within seconds: offline, nobody has to wait."""
    host = url.split("/")[2]
    command = [sys.executable, "-c", _PROBE, url, str(PROBE_SECONDS - 1)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PROBE_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise DataError(f"no answer from {host} within {PROBE_SECONDS:g} seconds") from None
    if done.returncode:
        raise DataError(f"{host} cannot be reached ({_last_line(done.stderr)})")


def _run_preparation(name: str, scratch: Path, megabytes: int, timeout: float) -> None:
    environment = {**os.environ, "NO_GCE_CHECK": "true", "CUDA_VISIBLE_DEVICES": ""}
    log = scratch / "log.txt"
    deadline = time.monotonic() + timeout
    with log.open("wb") as file:
        command = [sys.executable, "-c", _PREPARE, name, str(scratch)]
        process = subprocess.Popen(command, stdout=file, stderr=file, env=environment, start_new_session=True)
        try:
            while process.poll() is None and time.monotonic() < deadline:
                print(f"\r{name}: {_size(scratch):,.0f} of about {megabytes} MB", end="", flush=True)
                time.sleep(0.25)
        finally:
            finished = process.poll() is not None
            process.kill()
            process.wait()
            print(flush=True)
    if not finished:
        raise DataError(f"the download took longer than {timeout:g} seconds")
    if process.returncode:
        raise DataError(f"the download failed ({_last_line(log.read_text(errors='replace'))})")


def _move_into_place(name: str, scratch: Path, target: Path) -> Path:
    """Move the complete folder into place; the unreadable one that it replaces is deleted with the scratch folder."""
    built = max((scratch / name).glob("*.*.*"), default=scratch / name)
    check_complete(built)
    final = target / name / built.name
    final.parent.mkdir(exist_ok=True)
    if final.exists():
        os.replace(final, scratch / "replaced")
    os.replace(built, final)
    return final


def _size(folder: Path) -> float:
    """Return the megabytes of the files below a folder while another process writes there."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:
            continue
    return total / 1e6


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no message"])[-1][:200]
