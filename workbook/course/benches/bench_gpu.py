"""Measure training on one accelerator with JAX: `workbook bench gpu --cifar FILE.npz --out data/results/gpu.json`.

Each row is stored as soon as it is measured, so that a stopped benchmark leaves what it has. A training's seconds are
wall-clock seconds of the preparation (a whitened first layer), of the optimisation, and of the test with its views.
Two other times are left out: the compilation, for which a training with other labels comes first, in the same process,
and the copy of the examples to the device. All trainings of a row share one model; its weights and its optimizer are
reset before each.

`FILE.npz` holds `x_train`, `y_train`, `x_test` and `y_test` of CIFAR-10: uint8 (N, 32, 32, 3) and class numbers.
"""

import datetime
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import mean, stdev
from typing import Annotated, Any

import numpy as np
import typer

from workbook.training.recipes import Examples, Recipe, cifar10, mnist

SEEDS = 3
PARTS = ("limits", "airbench94 settings", "cifar10 full", "mnist quick", "mnist accurate", "input paths")
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


@dataclass(frozen=True)
class Size:
    """How large a benchmark is: examples, epochs (None: the recipe's) and the side of the matrices for the peak."""

    examples: int | None = None
    epochs: int | None = None
    widths: tuple[int, int, int] = (64, 256, 256)
    batch: int = 2_000
    side: int = 8_192


WHOLE = Size()
TINY = Size(examples=600, epochs=2, widths=(8, 8, 8), batch=100, side=256)  # to try the benchmark on a CPU


def measure(
    parts: tuple[str, ...], cifar: Examples | None, *, seeds: int = SEEDS, size: Size = WHOLE
) -> Iterator[dict[str, Any]]:
    """Yield rows part by part; parts of CIFAR-10 are left out without `cifar`."""
    limits: dict[str, float] = {}
    for part in parts:
        if part == "limits":
            limits = measured_limits(size.side)
            yield {"part": part, **limits}
        elif part == "input paths":
            if cifar is not None:
                yield from input_paths(_cut(cifar, size), size)
        elif part.startswith("mnist"):
            recipe = mnist.QUICK if part == "mnist quick" else mnist.ACCURATE
            for precision in ("bfloat16", "float32"):
                yield trainings(recipe, _cut(recipe.load(1), size), precision, seeds, size) | {"part": part}
        elif cifar is not None:
            settings = cifar10.airbench94(size.widths, size.batch)
            longest = cifar10.FULL if size.examples is None else cifar10.QUICK
            recipe = settings if part == "airbench94 settings" else longest
            for precision in ("bfloat16", "float32"):
                row = trainings(recipe, _cut(cifar, size), precision, seeds, size)
                yield row | {"part": part} | _use(row, limits, precision)


def trainings(
    recipe: Recipe, examples: Examples, precision: str, seeds: int, size: Size = WHOLE
) -> dict[str, Any]:
    """Train with seeds 1, 2 ... and return accuracies, seconds and how they are divided."""
    from workbook.training.run import computing_in

    with computing_in(precision):
        one = _Trainings(recipe, examples, size.epochs or recipe.epochs)
    compile_seconds = one.train(0, examples.y_train[::-1])["seconds"]
    runs = [one.train(seed, examples.y_train) for seed in range(1, seeds + 1)]
    return {
        "training": recipe.title,
        "precision": precision,
        "epochs": one.epochs,
        "batch": recipe.batch_size,
        "n": len(runs),
        "runs": runs,
        "compile_seconds": round(compile_seconds - mean(run["seconds"] for run in runs), 2),
        "seconds_in_steps": one.seconds_in_steps(),
        "flops": one.flops(),
    }


class _Trainings:
    """One model that is trained again and again: initial weights, optimizer and data of each seed."""

    def __init__(self, recipe: Recipe, examples: Examples, epochs: int) -> None:
        from keras import losses

        from workbook.data.batching import Batches

        self.recipe, self.examples, self.epochs = recipe, examples, epochs
        self.eye = np.eye(len(examples.class_names), dtype=np.float32)
        self.batches = Batches(
            examples.x_train,
            self.eye[examples.y_train],
            batch_size=recipe.batch_size,
            augment=recipe.augment(),
            drop_last=recipe.drop_last,
        )
        self.model = recipe.build()
        if recipe.prepare is not None:
            recipe.prepare(self.model, examples.x_train)
        loss = losses.CategoricalCrossentropy(from_logits=True, label_smoothing=recipe.label_smoothing)
        self.model.compile(recipe.optimizer(len(self.batches), epochs), loss, metrics=["accuracy"])

    def _begin(self, seed: int, labels: np.ndarray) -> None:
        """Set the state of a training that has not begun."""
        from workbook.training import resident
        from workbook.training.seeds import seed_everything

        seed_everything(seed)
        fresh = self.recipe.build()
        start = time.perf_counter()
        if self.recipe.prepare is not None:
            self.recipe.prepare(fresh, self.examples.x_train)
        self.prepare_seconds = time.perf_counter() - start
        self.model.set_weights(fresh.get_weights())
        for variable in self.model.optimizer.variables:
            if "learning_rate" not in variable.path:
                variable.assign(np.zeros(variable.shape, variable.dtype))
        self.batches.seed, self.batches.epoch, self.batches._drawn = seed, 0, None
        self.batches.y = self.eye[labels]
        self.batches.__dict__.pop(resident.KEPT, None)
        resident._on_device(self.batches, self.model)[0].block_until_ready()

    def train(self, seed: int, labels: np.ndarray) -> dict[str, Any]:
        """Train and test once; return the accuracy, the seconds of both and the parts."""
        from workbook.training import fit

        self._begin(seed, labels)
        callbacks = self.recipe.callbacks(len(self.batches), self.epochs) if self.recipe.callbacks else []
        start = time.perf_counter()
        fit(self.model, self.batches, epochs=self.epochs, callbacks=callbacks, on_device=True)
        trained = time.perf_counter()
        if self.recipe.predict is not None:
            scores = self.recipe.predict(self.model, self.examples.x_test)
        else:
            scores = self.model.predict(self.examples.x_test, batch_size=2_000, verbose=0)
        end = time.perf_counter()
        accuracy = float(np.mean(np.argmax(scores, axis=1) == self.examples.y_test))
        return {
            "seed": seed,
            "accuracy": accuracy,
            "seconds": round(self.prepare_seconds + end - start, 3),
            "prepare_seconds": round(self.prepare_seconds, 3),
            "training_seconds": round(trained - start, 3),
            "test_seconds": round(end - trained, 3),
        }

    def seconds_in_steps(self) -> float:
        """Return the seconds of all compiled steps of a training, called one after another without Keras's loop."""
        import jax

        from workbook.training import resident

        model, batches = self.model, self.batches
        rows = resident.Rows(batches, resident._steps_per_call(batches, (), None))
        function = resident._compiled(model, rows)
        state = model._get_jax_state(
            trainable_variables=True,
            non_trainable_variables=True,
            optimizer_variables=True,
            metrics_variables=True,
        )
        state = jax.tree.map(lambda array: array.copy(), state)  # each call takes its state's memory
        frozen = np.zeros(len(model.trainable_variables), bool)
        x, y = resident._on_device(batches, model)
        calls = [jax.device_put(rows[number][0]) for number in range(len(rows))]
        _, state = function(state, frozen, x, y, calls[0])
        jax.block_until_ready(state)
        start = time.perf_counter()
        for _ in range(self.epochs):
            for drawn in calls:
                _, state = function(state, frozen, x, y, drawn)
        jax.block_until_ready(state)
        return round(time.perf_counter() - start, 3)

    def flops(self) -> float:
        """Return the FLOPs of a training: 2 per MAC, and the backward pass as twice the forward one."""
        from workbook.accountant import account

        steps = len(self.batches) * self.epochs
        examples = min(steps * self.recipe.batch_size, len(self.examples.x_train) * self.epochs)
        return 6.0 * account(self.model).macs * examples


def _use(row: dict[str, Any], limits: dict[str, float], precision: str) -> dict[str, float]:
    """Return which share of the device's peak a training reaches, whole and in its compiled steps alone."""
    peak = limits.get(f"{precision}_flops_per_second")
    if not peak:
        return {}
    seconds = mean(run["training_seconds"] for run in row["runs"])
    return {
        "share_of_peak": round(row["flops"] / seconds / peak, 4),
        "share_of_peak_in_steps": round(row["flops"] / row["seconds_in_steps"] / peak, 4),
        "share_of_time_in_steps": round(row["seconds_in_steps"] / seconds, 4),
    }


# ---------------------------------------------------------------- the device's limits


def measured_limits(side: int = WHOLE.side) -> dict[str, float]:
    """Return the FLOP per second of a product of two square matrices, by precision, and the bytes per second of a copy.

    Medians of ten after three for warming up; a copy's bytes are counted as read and written.
    """
    import jax
    from jax import numpy as jnp

    limits = {}
    product = jax.jit(jnp.matmul)
    for precision in ("bfloat16", "float32"):
        keys = jax.random.split(jax.random.key(1))
        pair = [jax.random.normal(key, (side, side), precision) for key in keys]
        limits[f"{precision}_flops_per_second"] = 2 * side**3 / _median_seconds(partial(product, *pair))
    values = jax.random.normal(jax.random.key(2), (4 * side * side,), "float32")
    add = jax.jit(lambda array: array + 1)
    limits["bytes_per_second"] = 2 * values.nbytes / _median_seconds(partial(add, values))
    return limits


def _median_seconds(compute: Callable[[], Any], count: int = 10) -> float:
    times = []
    for _ in range(count + 3):
        start = time.perf_counter()
        compute().block_until_ready()
        times.append(time.perf_counter() - start)
    return float(np.median(times[3:]))


# ---------------------------------------------------------------- the input paths


def input_paths(examples: Examples, size: Size = WHOLE) -> Iterator[dict[str, Any]]:
    """Yield images per second of an epoch of the airbench94 settings in bfloat16, by input path; best of three epochs.

    "plain arrays" changes no image; the other paths move and mirror them.
    """
    from workbook.training import fit
    from workbook.training.run import computing_in

    recipe = cifar10.airbench94(size.widths, size.batch)
    with computing_in("bfloat16"):
        one = _Trainings(recipe, examples, 4)
    model, batches = one.model, one.batches
    x, y = examples.x_train, one.eye[examples.y_train]
    paths: dict[str, Callable[[], Any]] = {
        "plain arrays, no augmentation": lambda: model.fit(x, y, batch_size=recipe.batch_size, verbose=0),
        "data.batches": lambda: fit(model, batches, on_device=False),
        "on the device, one step per call": lambda: fit(model, batches, on_device=True, steps_per_call=1),
        "on the device, an epoch per call": lambda: fit(model, batches, on_device=True),
    }
    for name, epoch in paths.items():
        seconds = []
        for _ in range(4):  # the first compiles
            start = time.perf_counter()
            epoch()
            seconds.append(time.perf_counter() - start)
        rates = [round(len(x) / second) for second in seconds[1:]]
        yield {"part": "input paths", "path": name, "images_per_second": max(rates), "epochs": rates}


# ---------------------------------------------------------------- the command


def _cut(examples: Examples, size: Size) -> Examples:
    """Return the first examples, if the benchmark is a small one."""
    if size.examples is None:
        return examples
    cut = slice(size.examples)
    return replace(
        examples,
        x_train=examples.x_train[cut],
        y_train=examples.y_train[cut],
        x_test=examples.x_test[cut],
        y_test=examples.y_test[cut],
    )


def read_cifar(path: Path) -> Examples:
    """Return CIFAR-10 from a file of arrays; ValueError if an array is missing."""
    with np.load(path, allow_pickle=False) as stored:
        if missing := {"x_train", "y_train", "x_test", "y_test"} - set(stored.files):
            raise ValueError(f"{path} must hold CIFAR-10's arrays. Missing: {', '.join(sorted(missing))}")
        arrays = {name: stored[name] for name in ("x_train", "y_train", "x_test", "y_test")}
    return Examples(**arrays, class_names=CLASSES, source=path.name)


HEAD = (
    "| training | n | test accuracy: mean ± sd, % | seconds: mean (lowest to highest) | in compiled steps |"
)


def table(rows: list[dict[str, Any]]) -> list[str]:
    """Return the trainings, and then the input paths, as lines of Markdown."""
    lines = [HEAD, "|---|---:|---:|---:|---:|"]
    for row in rows:
        if "runs" not in row:
            continue
        precision = f", {row['precision']}" if "precision" in row else ""
        accuracy = [100 * run["accuracy"] for run in row["runs"]]
        seconds = [run["seconds"] for run in row["runs"]]
        share = f"{row['seconds_in_steps'] / mean(seconds):.0%}" if "seconds_in_steps" in row else ""
        spread = f" ± {stdev(accuracy):.2f}" if len(accuracy) > 1 else ""
        span = f"{mean(seconds):.2f} ({min(seconds):.2f} to {max(seconds):.2f})"
        name = row["training"] + precision
        lines.append(f"| {name} | {row['n']} | {mean(accuracy):.2f}{spread} | {span} | {share} |")
    paths = [row for row in rows if row["part"] == "input paths"]
    if paths:
        lines += ["", "| input path | images per second |", "|---|---:|"]
        lines += [f"| {row['path']} | {row['images_per_second']:,} |" for row in paths]
    return lines


def about(cifar: Examples | None) -> dict[str, Any]:
    """Return the hardware, the software, the data and the date."""
    import jax

    from workbook.training.devices import hardware, software

    return {
        "hardware": hardware(),
        "software": f"{software()}, JAX {jax.__version__}",
        "data": "MNIST" if cifar is None else f"MNIST; CIFAR-10 from {cifar.source}",
        "date": datetime.date.today().isoformat(),
        "seconds": "wall clock: preparation, training and test, without compiling and without the copy of the data",
    }


def bench_gpu(
    *,
    cifar: Annotated[Path | None, typer.Option(help="CIFAR-10 as arrays, an .npz file.")] = None,
    out: Annotated[Path | None, typer.Option(help="Also write the rows to this file, as JSON.")] = None,
    only: Annotated[str, typer.Option(help="These parts only, separated by commas.")] = ",".join(PARTS),
    seeds: Annotated[int, typer.Option(min=1, help="Number of seeds.")] = SEEDS,
    tiny: Annotated[bool, typer.Option("--tiny", help="A few examples, to try the benchmark.")] = False,
) -> None:
    """Measure recipes, input paths and the use of an accelerator (JAX backend)."""
    import keras

    parts = tuple(part.strip() for part in only.split(","))
    try:
        if unknown := set(parts) - set(PARTS):
            raise ValueError(f"there is no part {min(unknown)!r}; choose from {', '.join(PARTS)}")
        if keras.backend.backend() != "jax":
            raise ValueError(f"set KERAS_BACKEND=jax (it is {keras.backend.backend()})")
        examples = None if cifar is None else read_cifar(cifar)
        rows: list[dict[str, Any]] = []
        described = about(examples)
        for row in measure(parts, examples, seeds=seeds, size=TINY if tiny else WHOLE):
            rows.append(row)
            typer.echo(json.dumps(row))
            if out is not None:
                text = json.dumps({"about": described, "rows": rows}, indent=1, ensure_ascii=False)
                out.write_text(text + "\n", encoding="utf-8")
        typer.echo("\n".join(table(rows)))
    except (ValueError, OSError) as error:
        typer.echo(str(error))
        raise typer.Exit(2) from None


def register(bench: typer.Typer) -> None:
    """Add the command to `workbook bench`."""
    bench.command("gpu")(bench_gpu)


if __name__ == "__main__":
    typer.run(bench_gpu)
