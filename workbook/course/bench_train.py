"""Measure every training recipe against its target, and keras.io's convnet as the anchor, each in its own process.

`workbook bench train` prints the table. `python -m workbook.course.bench_train NAME SEED` runs one training and prints
what it took as JSON; that is the process in which each is measured. CPU seconds are user and system time, of the
training and of the whole process; memory is the most that the process held.
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
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import mean, stdev
from typing import Any

ANCHOR, ANCHOR_EPOCHS, ANCHOR_GOAL = "anchor", 15, 0.990
MEMORY = 1e9  # bytes a quick training may take
DEFAULT, OFF, ON = "as TensorFlow chooses", "off", "on"
VARIABLE = "TF_ENABLE_ONEDNN_OPTS"


@dataclass(frozen=True)
class Run:
    """What one training took. `accuracy` is the share of the test examples that it reads right at its end."""

    seed: int
    accuracy: float
    epochs: int
    parameters: int
    cpu_seconds: float
    process_seconds: float
    peak_bytes: int
    n: int
    is_standin: bool = False
    wall_seconds: float = 0.0  # of the process


@dataclass(frozen=True)
class Row:
    """All runs of one recipe with one setting of oneDNN, and the target that they are held against."""

    name: str
    onednn: str
    runs: list[Run]
    target: dict[str, float | None] = field(default_factory=dict)

    @property
    def accuracy(self) -> float:
        """Give the mean over the runs."""
        return mean(run.accuracy for run in self.runs)

    @property
    def cpu_seconds(self) -> float:
        """Give the mean CPU seconds of training."""
        return mean(run.cpu_seconds for run in self.runs)

    @property
    def peak_bytes(self) -> int:
        """Give the most that any run held."""
        return max(run.peak_bytes for run in self.runs)

    def misses(self) -> list[str]:
        """Say which targets are missed, each in a few words."""
        some = []
        if (wanted := self.target.get("accuracy")) is not None and self.accuracy < wanted:
            some.append(f"{100 * (wanted - self.accuracy):.2f} points short")
        if (limit := self.target.get("cpu_seconds")) is not None and self.cpu_seconds > limit:
            some.append(f"{self.cpu_seconds - limit:.0f} CPU-s over")
        if (most := self.target.get("parameters")) is not None and self.runs[0].parameters > most:
            some.append("too many parameters")
        if (memory := self.target.get("peak_bytes")) is not None and self.peak_bytes > memory:
            some.append("too much memory")
        if any(run.is_standin for run in self.runs):
            some.append("a stand-in, not the real data")
        return some


HEAD = (
    "training", "oneDNN", "n", "test accuracy: mean ± sd (lowest), %", "target", "CPU-s: training (target)",
    "CPU-s: process", "wall s: process", "peak MB", "parameters", "verdict",
)  # fmt: skip


def cells(row: Row) -> tuple[str, ...]:
    """Give a row's text for each column of `HEAD`."""
    shares = [100 * run.accuracy for run in row.runs]
    spread = f" ± {stdev(shares):.2f}" if len(shares) > 1 else ""
    wanted, limit = row.target.get("accuracy"), row.target.get("cpu_seconds")
    misses = row.misses()
    return (
        row.name,
        row.onednn,
        str(len(shares)),
        f"{mean(shares):.2f}{spread} ({min(shares):.2f})",
        "" if wanted is None else f"≥ {100 * wanted:.1f}",
        f"{row.cpu_seconds:.1f}" + ("" if limit is None else f" (≤ {limit:.0f})"),
        f"{mean(run.process_seconds for run in row.runs):.1f}",
        f"{mean(run.wall_seconds for run in row.runs):.0f}",
        f"{row.peak_bytes / 1e6:,.0f}",
        f"{row.runs[0].parameters:,}",
        "; ".join(misses) if misses else "reached" if row.target else "",
    )


def plan(only: list[str], *, cifar: bool) -> list[tuple[str, str]]:
    """List what is to be measured: (recipe or anchor, oneDNN). ValueError for a data set without recipes."""
    from workbook.training import recipes

    known = [name for name in recipes.names() if cifar or name != "cifar10"]
    for name in [*only, *(["cifar10"] if cifar else [])]:
        if name not in recipes.names():
            raise ValueError(f"there are recipes for {', '.join(recipes.names())}, not for {name!r}")
        if name not in known:
            raise ValueError("the long runs of cifar10 are measured with --cifar")
    chosen = [name for name in known if not only or name in only or (cifar and name == "cifar10")]
    rows = [(f"{data} {one}", ON) for data in chosen for one in recipes.names(data)]
    if "mnist" in chosen:
        rows = [(ANCHOR, DEFAULT), (ANCHOR, ON), ("mnist quick", OFF), *rows]
    return rows


def measure(
    rows: list[tuple[str, str]], seeds: int, report: Callable[[str], None] = lambda line: None
) -> Iterator[Row]:
    """Run every row with seeds 1, 2 …, one process after another; movie reviews with all ten folds."""
    for name, onednn in rows:
        runs = []
        for seed in _seeds(name, seeds):
            runs.append(measure_one(name, seed, onednn))
            report(
                f"{name}, oneDNN {onednn}, seed {seed}: {100 * runs[-1].accuracy:.2f} %, "
                f"{runs[-1].cpu_seconds:.1f} CPU-s, {runs[-1].peak_bytes / 1e6:,.0f} MB"
            )
        yield Row(name, onednn, runs, _target(name, onednn))


def _seeds(name: str, seeds: int) -> range:
    """Give all ten folds of the movie reviews, one seed for a long run, and what was asked for elsewhere."""
    if name.startswith("movie_reviews"):
        return range(10)
    is_long = name.startswith("cifar10") and not name.endswith("quick")
    return range(1, 2 if is_long else seeds + 1)


def _target(name: str, onednn: str) -> dict[str, float | None]:
    """Give the targets of a row; rows that only stand for comparison have none."""
    if name == ANCHOR or onednn != ON:
        return {}
    from workbook.training import recipes

    target = asdict(recipes.recipe(*name.split()).target)
    return target | {"peak_bytes": MEMORY if name.endswith(" quick") else None}


def ratios(rows: list[Row]) -> list[str]:
    """Say how many times the CPU seconds of MNIST's quick recipe the anchor takes; empty if one was not run."""
    told = [_compare(*pair) for pair in _pairs(rows)]
    anchors = [run for row in rows if row.name == ANCHOR for run in row.runs]
    if any(run.accuracy < ANCHOR_GOAL for run in anchors):
        told.append(f"The anchor did not get to 99.0 % within {ANCHOR_EPOCHS} epochs with every seed.")
    return told


def is_missed(rows: list[Row]) -> bool:
    """Say whether any target is missed, the one for the anchor's CPU seconds included."""
    return any(row.misses() for row in rows) or any("missed" in line for line in ratios(rows))


def _pairs(rows: list[Row]) -> Iterator[tuple[str, Row, Row]]:
    by = {(row.name, row.onednn): row for row in rows}
    settings = (
        ("as users run both", DEFAULT, ON),
        ("oneDNN on for both", ON, ON),
        ("the recipe with oneDNN off too", DEFAULT, OFF),
    )
    for words, first, second in settings:
        if (ANCHOR, first) in by and ("mnist quick", second) in by:
            yield words, by[ANCHOR, first], by["mnist quick", second]


def _compare(words: str, anchor: Row, row: Row) -> str:
    ratio, verdict = anchor.cpu_seconds / row.cpu_seconds, ""
    share = row.target.get("anchor_share")
    if share is not None and anchor.onednn == DEFAULT:
        verdict = f", target {1 / share:.0f}: {'reached' if ratio * share >= 1 else 'missed'}"
    return f"anchor / {row.name}, CPU seconds to {100 * ANCHOR_GOAL:.1f} %, {words}: {ratio:.1f}{verdict}"


def about(seeds: int) -> dict[str, Any]:
    """Describe the machine, the seeds and the day."""
    from workbook.training.devices import processor

    return {
        "hardware": f"{processor()}, {os.cpu_count()} cores, no GPU used",
        "software": ", ".join([f"Python {platform.python_version()}", *_versions()]),
        "seeds": list(range(1, seeds + 1)),
        "folds": "movie reviews: ten folds, n = 10, the vocabulary from the nine that train",
        "date": datetime.date.today().isoformat(),
        "cpu_seconds": "user + system; training without, process with the loading of Keras and data and the test",
        "anchor": "keras.io's Simple MNIST convnet, trained until the end of the first epoch after which it reads "
        f"{100 * ANCHOR_GOAL:.1f} % of the test digits; that reading is not counted",
    }


def _versions() -> list[str]:
    """Name the packages that train, by whatever name TensorFlow was installed."""
    from importlib.metadata import distributions

    found = {one.name.lower().replace("_", "-"): one.version for one in distributions() if one.name}
    return [f"{name} {found[name]}" for name in ("keras", "tensorflow", "tensorflow-cpu") if name in found]


def table_lines(rows: list[Row]) -> list[str]:
    """Write the table in Markdown."""
    head = ["| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD)]
    return head + ["| " + " | ".join(cells(row)) + " |" for row in rows]


def as_markdown(rows: list[Row], described: dict[str, Any]) -> str:
    """Write the table, the ratios and the circumstances."""
    lines = [*table_lines(rows), "", *(f"- {line}" for line in ratios(rows))]
    lines += [f"- {name}: {value}" for name, value in described.items()]
    return "\n".join(lines) + "\n"


def as_json(rows: list[Row], described: dict[str, Any]) -> str:
    """Write every run, the ratios and the circumstances."""
    content = {"about": described, "ratios": ratios(rows), "rows": [asdict(row) for row in rows]}
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


# One training in its own process -----------------------------------------------------------------------------


def measure_one(name: str, seed: int, onednn: str) -> Run:
    """Start a process for one training and read what it took; RuntimeError with its last line if it fails."""
    environment = os.environ | {VARIABLE: {OFF: "0"}.get(onednn, "1")}
    command = [sys.executable, "-m", "workbook.course.bench_train", name, str(seed)]
    command += ["--default"] if onednn == DEFAULT else []
    start = time.perf_counter()
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if ended.returncode:
        last = (ended.stderr.strip().splitlines() or ["no message"])[-1]
        raise RuntimeError(f"{name}, seed {seed}, ended with code {ended.returncode}: {last}")
    took = json.loads(ended.stdout.strip().splitlines()[-1])
    return Run(**took | {"wall_seconds": round(time.perf_counter() - start, 1)})


def run_recipe(name: str, seed: int) -> dict[str, Any]:
    """Run a recipe, such as "mnist quick", in a folder that is thrown away."""
    from workbook.training import recipes, run

    with tempfile.TemporaryDirectory() as folder:
        result = run.train(recipes.recipe(*name.split()), seed=seed, out=Path(folder))
    kept = ("seed", "accuracy", "epochs", "parameters", "cpu_seconds", "peak_bytes", "n", "is_standin")
    return {name: getattr(result, name) for name in kept}


def run_anchor(seed: int, *, epochs: int = ANCHOR_EPOCHS) -> dict[str, Any]:
    """Train keras.io's "Simple MNIST convnet" (Chollet 2015) as a reader would, until it reads 99.0 % of the test.

    As published: float32 pixels from 0 to 1; 3×3 convolutions with 32 and 64 filters, ReLU, each with 2×2 maximum
    pooling; dropout .5; ten softmax outputs; Adam, batch 128, a tenth of the digits for validation, 15 epochs.
    """
    import keras
    from keras import layers

    from workbook import data
    from workbook.training.run import peak_bytes

    mnist = data.load("mnist")
    start, reading = time.process_time(), 0.0
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

    def read(epoch: int, logs: dict[str, Any]) -> None:
        nonlocal reading
        before = time.process_time()
        scores.append(model.evaluate(x_test, y_test, verbose=0)[1])
        model.stop_training = scores[-1] >= ANCHOR_GOAL
        reading += time.process_time() - before

    watch = keras.callbacks.LambdaCallback(on_epoch_end=read)
    model.fit(
        x_train, y_train, batch_size=128, epochs=epochs, validation_split=0.1, callbacks=[watch], verbose=0
    )
    return {
        "seed": seed,
        "accuracy": scores[-1],
        "epochs": len(scores),
        "parameters": model.count_params(),
        "cpu_seconds": round(time.process_time() - start - reading, 2),
        "peak_bytes": peak_bytes(),
        "n": len(y_test),
    }


def main(arguments: list[str] | None = None) -> None:
    """Run one training and print what it took, as one line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m workbook.course.bench_train", description=__doc__)
    parser.add_argument("name", help='a recipe, as "mnist quick", or "anchor"')
    parser.add_argument("seed", type=int)
    parser.add_argument("--default", action="store_true", help="leave oneDNN as TensorFlow chooses")
    options = parser.parse_args(arguments)
    if options.default:
        os.environ.pop(VARIABLE, None)  # set when this package was imported; TensorFlow is not loaded yet
    took = run_anchor(options.seed) if options.name == ANCHOR else run_recipe(options.name, options.seed)
    print(json.dumps(took | {"process_seconds": round(time.process_time(), 2)}))


if __name__ == "__main__":
    main()
