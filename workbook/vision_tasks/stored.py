"""Trained networks that come with the course: chapter 14's classifier and U-Net.

`workbook bench tasks --weights FILE` trains them and writes the file.
"""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from workbook.data.bundled import DataError, bundled_file, first_line
from workbook.vision_tasks import networks

if TYPE_CHECKING:
    import keras

FILE = "results/vision_networks.npz"
BUILDERS: dict[str, Callable[[], "keras.Model"]] = {
    "classifier": networks.classifier,
    "segmenter": networks.segmenter,
}


def save(models: dict[str, "keras.Model"], path: Path) -> None:
    """Write the weights of trained networks as 16-bit arrays "classifier/0", "classifier/1", …"""
    arrays = {
        f"{name}/{number}": weights.astype(np.float16)
        for name, model in models.items()
        for number, weights in enumerate(model.get_weights())
    }
    with path.open("wb") as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]


def load(name: str, path: Path | None = None) -> "keras.Model":
    """Return a trained "classifier" or "segmenter"; ValueError for other names, DataError for a bad file."""
    if name not in BUILDERS:
        raise ValueError(f"name must be one of {', '.join(BUILDERS)}. Received: name={name!r}")
    model = BUILDERS[name]()
    try:
        with np.load(path or bundled_file(FILE), allow_pickle=False) as arrays:
            weights = [arrays[f"{name}/{number}"] for number in range(len(model.weights))]
        model.set_weights([array.astype(np.float32) for array in weights])
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise DataError(f"{FILE} does not hold the {name} ({first_line(error)}).") from error
    return model
