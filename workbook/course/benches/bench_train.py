"""Compare every training recipe with its target, and with keras.io's convnet as the anchor: `workbook bench train`.

Each training runs in its own process, `python -m workbook.course.benches.bench_train NAME SEED`, which prints its costs
as JSON. CPU seconds are user and system time, of the training and of the whole process; memory is the process's peak.
"""

import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from workbook.course.benches.bench_train_table import (
    ANCHOR,
    ANCHOR_EPOCHS,
    ANCHOR_GOAL,
    DEFAULT,
    OFF,
    ON,
    RecipeRun,
    RecipeScore,
)

MEMORY = 1e9  # bytes that a quick training may take
VARIABLE = "TF_ENABLE_ONEDNN_OPTS"


def plan(only: list[str], *, cifar: bool) -> list[tuple[str, str]]:
    """List what to measure: (recipe or anchor, oneDNN). ValueError for a data set without recipes."""
    from workbook.training import recipes

    for name in only:
        if name not in recipes.names():
            raise ValueError(f"{name} has no recipes; choose from {', '.join(recipes.names())}")
    chosen = [name for name in recipes.names() if not only or name in only or (cifar and name == "cifar10")]
    titles = [f"{data} {recipe}" for data in chosen for recipe in recipes.names(data)]
    rows = [(title, ON) for title in titles if cifar or not _is_long(title)]
    if "mnist" in chosen:
        rows = [(ANCHOR, DEFAULT), (ANCHOR, ON), ("mnist quick", OFF), *rows]
    return rows


def measure(
    rows: list[tuple[str, str]],
    seeds: int,
    report: Callable[[str], None] = lambda line: None,
    *,
    kept: Path | None = None,
) -> Iterator[RecipeScore]:
    """Run every row with seeds 1, 2 ..., one process after another; movie reviews with all ten folds.

    Each completed training leaves a file in the folder `kept`; a training that has a file is not run again. ValueError
    for a file that holds something else.
    """
    for name, onednn in rows:
        runs = []
        for seed in _seeds(name, seeds):
            runs.append(_kept_or_measured(name, seed, onednn, kept))
            report(
                f"{name}, oneDNN {onednn}, seed {seed}: {100 * runs[-1].accuracy:.2f} %, "
                f"{runs[-1].cpu_seconds:.1f} CPU-s, {runs[-1].peak_bytes / 1e6:,.0f} MB"
            )
        yield RecipeScore(name, onednn, runs, _target(name, onednn))


def _kept_or_measured(name: str, seed: int, onednn: str, kept: Path | None) -> RecipeRun:
    """Read a training's file, or run the training and write one; the file appears complete or not at all."""
    if kept is None:
        return measure_one(name, seed, onednn)
    file = kept / f"{name} {onednn} {seed}.json".replace(" ", "-")
    if file.exists():
        try:
            return RecipeRun(**json.loads(file.read_text(encoding="utf-8")))
        except (ValueError, TypeError) as error:
            raise ValueError(
                f"{file} holds no measured training ({error}): delete it to run the training again"
            ) from None
    run = measure_one(name, seed, onednn)
    kept.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    part.write_text(json.dumps(asdict(run)) + "\n", encoding="utf-8")
    part.replace(file)
    return run


def _is_long(name: str) -> bool:
    return name.startswith("cifar10") and not name.endswith("quick")


def _seeds(name: str, seeds: int) -> range:
    """Return ten folds for the movie reviews, at most three seeds for a long run, and `seeds` seeds for the others."""
    if name.startswith("movie_reviews"):
        return range(10)
    return range(1, (min(seeds, 3) if _is_long(name) else seeds) + 1)


def _target(name: str, onednn: str) -> dict[str, float | None]:
    """Return the targets of a row; rows for comparison have none."""
    if name == ANCHOR or onednn != ON:
        return {}
    from workbook.training import recipes

    target = asdict(recipes.recipe(*name.split()).target)
    return target | {"peak_bytes": MEMORY if name.endswith(" quick") else None}


def about(seeds: int) -> dict[str, Any]:
    """Return the machine, the software, the seeds and the date."""
    from workbook.training.devices import processor

    return {
        "hardware": f"{processor()}, {os.cpu_count()} cores, no GPU used",
        "software": ", ".join([f"Python {platform.python_version()}", *_versions()]),
        "seeds": list(range(1, seeds + 1)),
        "folds": "movie reviews: ten folds, n = 10, the vocabulary from the nine that train",
        "date": datetime.date.today().isoformat(),
        "memory": "the peak of the process, libraries and data included; on the TensorFlow backend without JAX, which "
        "TensorFlow loads if it is installed",
        "cpu_seconds": "user + system; the process includes the loading of Keras and data, and the test",
        "threads": "MNIST's recipes on one thread, twenty steps in a call; all others and the anchor on one thread per "
        "core, a step in a call",
        "anchor": "keras.io's Simple MNIST convnet, trained until the end of the first epoch after which "
        f"it classifies {100 * ANCHOR_GOAL:.1f} % of the test digits correctly; these tests are not counted",
    }


def _versions() -> list[str]:
    """Return the versions of Keras and of TensorFlow, by whichever name it was installed."""
    from importlib.metadata import distributions

    versions = {
        package.name.lower().replace("_", "-"): package.version for package in distributions() if package.name
    }
    return [
        f"{name} {versions[name]}" for name in ("keras", "tensorflow", "tensorflow-cpu") if name in versions
    ]


# One training in its own process -----------------------------------------------------------------------------


def measure_one(name: str, seed: int, onednn: str) -> RecipeRun:
    """Run one training in a process and return its costs; RuntimeError with its last line if it fails."""
    environment = os.environ | {VARIABLE: {OFF: "0"}.get(onednn, "1")}
    command = [sys.executable, "-m", "workbook.course.benches.bench_train", name, str(seed)]
    command += ["--default"] if onednn == DEFAULT else []
    start = time.perf_counter()
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if ended.returncode:
        last = (ended.stderr.strip().splitlines() or ["no message"])[-1]
        raise RuntimeError(f"{name}, seed {seed}, ended with code {ended.returncode}: {last}")
    costs = json.loads(ended.stdout.strip().splitlines()[-1])
    return RecipeRun(**costs | {"wall_seconds": round(time.perf_counter() - start, 1)})


def run_recipe(name: str, seed: int) -> dict[str, Any]:
    """Run a recipe, such as "mnist quick", in a temporary folder; return its costs."""
    from workbook.training import recipes, run

    recipe = recipes.recipe(*name.split())
    recipe.limit_threads()
    examples = recipe.load(seed)
    with tempfile.TemporaryDirectory() as folder:
        result = run.train(replace(recipe, load=lambda seed: examples), seed=seed, out=Path(folder))
    names = (
        "seed",
        "accuracy",
        "epochs",
        "parameters",
        "cpu_seconds",
        "peak_bytes",
        "n",
        "is_standin",
        "hardware",
        "date",
    )
    costs = {name: getattr(result, name) for name in names}
    return costs | {"flops": _flops(recipe.build(), len(examples.x_train) * result.epochs)}


def _flops(model: Any, examples: int) -> float:
    """Return the FLOPs of training on this many examples: 2 per MAC, and the backward pass as twice the forward one."""
    from workbook.accountant import account

    return 3.0 * 2 * account(model).macs * examples


def run_anchor(seed: int, *, epochs: int = ANCHOR_EPOCHS) -> dict[str, Any]:
    """Train keras.io's "Simple MNIST convnet" (Chollet 2015) until it classifies 99.0 % of the test digits correctly.

    As published: float32 pixels from 0 to 1; 3×3 convolutions with 32 and 64 filters, ReLU, each with 2×2 maximum
    pooling; dropout .5; ten softmax outputs; Adam, batch 128, a tenth of the digits for validation, 15 epochs.
    """
    import keras
    from keras import layers

    from workbook import data
    from workbook.training.devices import hardware
    from workbook.training.run import peak_bytes

    mnist = data.load("mnist")
    start = time.process_time()
    test_seconds = 0.0
    keras.utils.set_random_seed(seed)
    x_train, x_test = (x.astype("float32") / 255 for x in (mnist.x_train, mnist.x_test))
    y_train, y_test = (keras.utils.to_categorical(y, 10) for y in (mnist.y_train, mnist.y_test))
    model = keras.Sequential([
        keras.Input((28, 28, 1)),
        layers.Conv2D(32, 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Conv2D(64, 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Flatten(),
        layers.Dropout(0.5),
        layers.Dense(10, activation="softmax"),
    ])  # fmt: skip
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    scores = []

    def test(epoch: int, logs: dict[str, Any]) -> None:
        nonlocal test_seconds
        before = time.process_time()
        scores.append(model.evaluate(x_test, y_test, verbose=0)[1])
        model.stop_training = scores[-1] >= ANCHOR_GOAL
        test_seconds += time.process_time() - before

    tester = keras.callbacks.LambdaCallback(on_epoch_end=test)
    model.fit(
        x_train, y_train, batch_size=128, epochs=epochs, validation_split=0.1, callbacks=[tester], verbose=0
    )
    return {
        "seed": seed,
        "accuracy": scores[-1],
        "epochs": len(scores),
        "parameters": model.count_params(),
        "cpu_seconds": round(time.process_time() - start - test_seconds, 2),
        "peak_bytes": peak_bytes(),
        "n": len(y_test),
        "hardware": hardware(),
        "date": datetime.date.today().isoformat(),
        "flops": _flops(model, len(x_train) * 9 // 10 * len(scores)),
    }


def main(arguments: list[str] | None = None) -> None:
    """Run one training and print its costs as one line of JSON."""
    parser = argparse.ArgumentParser(
        prog="python -m workbook.course.benches.bench_train", description=__doc__
    )
    parser.add_argument("name", help='a recipe, as "mnist quick", or "anchor"')
    parser.add_argument("seed", type=int)
    parser.add_argument("--default", action="store_true", help="leave the choice of oneDNN to TensorFlow")
    options = parser.parse_args(arguments)
    if os.environ.get("KERAS_BACKEND", "tensorflow") == "tensorflow":
        sys.modules.setdefault("jax", None)  # type: ignore[arg-type]  # TensorFlow would load it in vain
    if options.default:
        os.environ.pop(VARIABLE, None)  # set when this package was imported; TensorFlow is not loaded yet
    costs = run_anchor(options.seed) if options.name == ANCHOR else run_recipe(options.name, options.seed)
    print(json.dumps(costs | {"process_seconds": round(time.process_time(), 2)}))


if __name__ == "__main__":
    main()
