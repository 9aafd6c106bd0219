"""Checkpoints of a run, written as a whole or not at all: weights, optimizer, dropout's generators, history.

Keras's own files leave out the state of random layers, but a resumed run must draw what an uninterrupted one draws.
"""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import keras

NAME = "checkpoint.npz"


def save(folder: Path, model: "keras.Model", about: dict[str, Any]) -> None:
    """Write a compiled model's whole state and `about` (plain values), and then replace the old file."""
    content: dict[str, Any] = {name: np.asarray(variable) for name, variable in _state(model).items()}
    content["about"] = np.array(json.dumps(about))
    part = folder / f"{NAME}.part"
    with part.open("wb") as file:
        np.savez(file, **content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(folder / NAME)


def read(folder: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]] | None:
    """Return a checkpoint's `about` and arrays; None if there is none, ValueError if it is damaged."""
    path = folder / NAME
    if not path.exists():
        return None
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        return json.loads(str(arrays.pop("about"))), arrays
    except Exception as error:  # a damaged zip file raises many kinds
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ValueError(
            f"{path} cannot be read ({reason}). Delete it to start from the beginning."
        ) from error


def restore(model: "keras.Model", arrays: dict[str, np.ndarray]) -> None:
    """Load a checkpoint's arrays into a compiled model and its optimizer; ValueError if they do not fit."""
    model.optimizer.build(model.trainable_variables)
    state = _state(model)
    shapes = {name: tuple(variable.shape) for name, variable in state.items()}
    if shapes != {name: array.shape for name, array in arrays.items()}:
        raise ValueError("The checkpoint belongs to another network or optimizer: its arrays do not fit.")
    for name, variable in state.items():
        variable.assign(arrays[name])


def _state(model: "keras.Model") -> dict[str, Any]:
    """Return all variables, numbered: those of the layers and their random generators, then the optimizer's."""
    state = {f"model_{number:04}": variable for number, variable in enumerate(model.variables)}
    return state | {
        f"optimizer_{number:04}": variable for number, variable in enumerate(model.optimizer.variables)
    }
