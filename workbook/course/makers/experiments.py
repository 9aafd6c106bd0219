"""Run the experiments of chapters 05 and 08 and store the results: `python -m workbook.course.makers.experiments NAME`.

`cures` (chapter 05) trains a network that over-fits a few digits, untouched and with each of three cures, with three
seeds each. `degradation` (chapter 08) trains plain and residual networks of several depths on small digits, with three
seeds each. `surface` trains the deepest pair again with the first seed, and evaluates the training loss in a plane
through each of the two. The results go to `data/results/`, with hardware, seeds and date; the checksums are updated.
TensorFlow gets one thread, so that the results do not depend on the number of cores. Another processor or another
version still changes single runs.
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from workbook import data
from workbook.course.makers.make_data import write_checksums
from workbook.course.record import circumstances, one_thread
from workbook.data.bundled import bundle_folder
from workbook.interpret import surface

if TYPE_CHECKING:
    import keras

DEPTHS, SEEDS = (8, 20, 56), (0, 1, 2)
KINDS = {"plain": "", "residual": "A"}  # the shortcut option; "" has none
SIDE, TRAINING, VALIDATION = 12, 3000, 2000
EPOCHS, BATCH, RATE, DECAY = 5, 100, 0.05, 1e-4
WIDTH, NORM_MOMENTUM = 0.5, 0.8
STEPS = np.linspace(-1, 1, 17)
SURFACE_DIGITS, PLANE_SEED = 200, 5

CURES: dict[str, dict[str, float]] = {
    "untouched": {},
    "dropout": {"dropout": 0.5},
    "weight decay": {"decay": 1.0},
    "augmentation": {"shift": 0.1},
}
CURE_SEEDS = (1, 2, 3)
FEW, UNSEEN = 500, 2000
CURE_EPOCHS, CURE_BATCH, CURE_RATE = 15, 50, 0.004

DEGRADATION = {
    "data": f"MNIST, {TRAINING} digits for training, {VALIDATION} for validation, {SIDE}×{SIDE} pixels",
    "recipe": f"{EPOCHS} epochs, batch {BATCH}, SGD with momentum .9, rate {RATE} falling to 0 as a cosine, "
    f"weight decay {DECAY}, filters 8, 16, 32",
}
OVERFITTING = {
    "data": f"MNIST, {FEW} digits for training, {UNSEEN} for validation, 28×28 pixels",
    "recipe": f"{CURE_EPOCHS} epochs, batch {CURE_BATCH}, AdamW, rate {CURE_RATE}",
}


def small_digits(images: np.ndarray) -> np.ndarray:
    """Cut off a border of 2 pixels, average squares of 2×2, scale to −.5 … .5: (N, 28, 28, 1) → (N, 12, 12, 1)."""
    cut = images[:, 2:-2, 2:-2].astype("float32") / 255
    return cut.reshape(-1, SIDE, 2, SIDE, 2, 1).mean(axis=(2, 4)) - 0.5


def digits() -> dict[str, np.ndarray]:
    """Return the first training digits of MNIST for training and the last ones for validation."""
    mnist = data.load("mnist")
    return {
        "x": small_digits(mnist.x_train[:TRAINING]),
        "y": mnist.y_train[:TRAINING],
        "x_val": small_digits(mnist.x_train[-VALIDATION:]),
        "y_val": mnist.y_train[-VALIDATION:],
    }


def network(kind: str, depth: int) -> "keras.Model":
    """Build a CIFAR-style network of 6n + 2 layers with half its filters (8, 16, 32); it outputs logits."""
    import keras

    from workbook.architectures import resnet
    from workbook.architectures.blocks import BuildOptions

    if kind not in KINDS or depth < 8 or (depth - 2) % 6:
        raise ValueError(
            f'kind must be "plain" or "residual", and depth 6n + 2. Received: kind={kind!r}, depth={depth}'
        )
    inputs = keras.Input((SIDE, SIDE, 1))
    row = resnet.ResNet(((depth - 2) // 6,) * 3, shortcut=KINDS[kind])
    model = keras.Model(inputs, resnet.cifar(inputs, row, BuildOptions(10, activation=None, width=WIDTH)))
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = NORM_MOMENTUM
    return model


def train(kind: str, depth: int, seed: int, digits: dict[str, np.ndarray]) -> tuple["keras.Model", dict]:
    """Train one network; return it and the row to store. Errors are shares, measured at the end."""
    import keras

    start = time.process_time()
    keras.utils.set_random_seed(seed)
    model = network(kind, depth)
    rate = keras.optimizers.schedules.CosineDecay(RATE, EPOCHS * len(digits["x"]) // BATCH)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(rate, momentum=0.9, weight_decay=DECAY), loss, metrics=["accuracy"])
    history = model.fit(digits["x"], digits["y"], batch_size=BATCH, epochs=EPOCHS, verbose=0).history
    train_loss, train_accuracy = model.evaluate(digits["x"], digits["y"], batch_size=500, verbose=0)
    val_loss, val_accuracy = model.evaluate(digits["x_val"], digits["y_val"], batch_size=500, verbose=0)
    return model, {
        "kind": kind,
        "depth": depth,
        "seed": seed,
        "parameters": sum(weight.shape.num_elements() for weight in model.trainable_weights),
        "epoch_losses": _rounded(history["loss"]),
        "training_loss": _rounded(train_loss),
        "training_error": _rounded(1 - train_accuracy),
        "validation_loss": _rounded(val_loss),
        "validation_error": _rounded(1 - val_accuracy),
        "cpu_seconds": round(time.process_time() - start, 1),
    }


def large_network(*, dropout: float = 0.0, shift: float = 0.0) -> "keras.Model":
    """Build chapter 05's network that is too large for a few digits: 106,122 parameters for images (28, 28, 1)."""
    import keras
    from keras import layers

    inputs = x = keras.Input((28, 28, 1))
    x = layers.Rescaling(1 / 255)(x)
    x = layers.RandomTranslation(shift, shift, fill_mode="constant")(x) if shift else x
    x = layers.Conv2D(16, 5, strides=2, padding="same", activation="relu")(x)  # (batch, 14, 14, 16)
    x = layers.Conv2D(32, 3, strides=2, padding="same", activation="relu")(x)  # (batch, 7, 7, 32)
    x = layers.Dropout(dropout)(layers.Flatten()(x))
    x = layers.Dropout(dropout)(layers.Dense(64, activation="relu")(x))
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(x))


def cure(name: str, seed: int, digits: dict[str, np.ndarray]) -> dict[str, Any]:
    """Train the large network with one of `CURES`; return the row to store, with one number per epoch."""
    import keras

    options, start = dict(CURES[name]), time.process_time()
    decay = options.pop("decay", 0.0)
    keras.utils.set_random_seed(seed)
    model = large_network(**options)
    optimizer = keras.optimizers.AdamW(CURE_RATE, weight_decay=decay)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    unseen = digits["x_val"], digits["y_val"]
    history = model.fit(
        digits["x"],
        digits["y"],
        batch_size=CURE_BATCH,
        epochs=CURE_EPOCHS,
        validation_data=unseen,
        validation_batch_size=500,
        verbose=0,
    ).history
    curves = {key: _rounded(values) for key, values in history.items()}
    return {"cure": name, "seed": seed} | curves | {"cpu_seconds": round(time.process_time() - start, 1)}


def plane(model: "keras.Model", digits: dict[str, np.ndarray]) -> np.ndarray:
    """Evaluate the training loss of a trained model in a plane through its weights."""
    import keras

    x, y = digits["x"][:SURFACE_DIGITS], digits["y"][:SURFACE_DIGITS]
    forward = keras.Model(model.inputs, model.outputs)
    weights, rng = model.get_weights(), np.random.default_rng(PLANE_SEED)
    directions = surface.random_direction(weights, rng), surface.random_direction(weights, rng)

    def loss(moved: list[np.ndarray]) -> float:
        forward.set_weights(moved)
        logits = np.asarray(forward.predict_on_batch(x), float)
        shifted = logits - logits.max(axis=1, keepdims=True)
        return float(np.mean(np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(y)), y]))

    grid = surface.loss_grid(loss, weights, directions, STEPS.tolist())
    forward.set_weights(weights)
    return grid


def degradation(folder: Path) -> None:
    """Train every kind, depth and seed; write degradation.json."""
    import keras

    start = time.process_time()
    small = digits()
    runs = []
    for depth in DEPTHS:
        for kind in KINDS:
            for seed in SEEDS:
                runs.append(train(kind, depth, seed, small)[1])
                print(json.dumps(runs[-1]), flush=True)
                keras.backend.clear_session()
    about = DEGRADATION | circumstances(time.process_time() - start, SEEDS)
    _write(folder / "degradation.json", about | {"runs": runs})


def cures(folder: Path) -> None:
    """Train with every cure and seed; write cures.json."""
    import keras

    start = time.process_time()
    mnist = data.load("mnist")
    runs = []
    few = {
        "x": mnist.x_train[:FEW],
        "y": mnist.y_train[:FEW],
        "x_val": mnist.x_train[-UNSEEN:],
        "y_val": mnist.y_train[-UNSEEN:],
    }
    for name in CURES:
        for seed in CURE_SEEDS:
            runs.append(cure(name, seed, few))
            print(name, seed, runs[-1]["val_loss"][-1], runs[-1]["val_accuracy"][-1], flush=True)
            keras.backend.clear_session()
    _write(
        folder / "cures.json",
        OVERFITTING | circumstances(time.process_time() - start, CURE_SEEDS) | {"runs": runs},
    )


def surfaces(folder: Path) -> None:
    """Train the deepest pair with the first seed, evaluate both planes; write surface.npz."""
    start = time.process_time()
    small = digits()
    grids = {}
    for kind in KINDS:
        model, run = train(kind, DEPTHS[-1], SEEDS[0], small)
        print(json.dumps(run), flush=True)
        grids[kind] = plane(model, small).astype("float32")
    about = DEGRADATION | circumstances(time.process_time() - start, SEEDS)
    about |= {"depth": DEPTHS[-1], "digits": SURFACE_DIGITS}
    np.savez_compressed(
        folder / "surface.npz",
        steps=STEPS,
        about=np.array(json.dumps(about)),
        plain=grids["plain"],
        residual=grids["residual"],
    )


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _rounded(value: Any) -> Any:
    if isinstance(value, list):
        return [round(float(number), 4) for number in value]
    return round(float(value), 4)


EXPERIMENTS: dict[str, Callable[[Path], None]] = {
    "cures": cures,
    "degradation": degradation,
    "surface": surfaces,
}


def main(arguments: list[str] | None = None) -> None:
    """Run one experiment, then update the checksums."""
    parser = argparse.ArgumentParser(prog="python -m workbook.course.makers.experiments", description=__doc__)
    parser.add_argument("name", choices=EXPERIMENTS)
    parser.add_argument(
        "--target", type=Path, help="write to this folder, without checksums; default: data/results/"
    )
    options = parser.parse_args(arguments)
    one_thread()
    folder = options.target or bundle_folder() / "results"
    folder.mkdir(parents=True, exist_ok=True)
    EXPERIMENTS[options.name](folder)
    if options.target is None:
        write_checksums(bundle_folder())


if __name__ == "__main__":
    main()
