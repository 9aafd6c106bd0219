"""Run a recipe: train, save, resume. The same seed on the same machine and number of threads gives the same weights.

A run's folder holds `model.keras`, `history.csv`, `curve.png` and `run.json` when it is through, and a checkpoint after
each epoch before. A run that was killed goes on from the last whole epoch with `resume=True`, to the same end.
"""

import csv
import datetime
import json
import platform
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from workbook.training import checkpoint
from workbook.training.placement import ALONE, Placement
from workbook.training.recipes import Examples, Recipe

if TYPE_CHECKING:
    import keras

    from workbook.data.batching import Batches

MODEL, HISTORY, CURVE, RECORD = "model.keras", "history.csv", "curve.png", "run.json"
BATCH_AT_TEST = 500


@dataclass(frozen=True)
class Progress:
    """Where a run is: epochs that are through of how many, steps of all, and the last whole epoch's row."""

    epoch: int
    epochs: int
    step: int
    steps: int
    row: dict[str, float] | None


@dataclass(frozen=True)
class TrainingResult:
    """What came out. `n` is how many test examples were read; accuracy is the share that was right.

    `cpu_seconds` counts user and system time from building the network to the end of training, over all sittings,
    without loading Keras and the data; `peak_bytes` is the last process's, with them.
    """

    data: str
    recipe: str
    seed: int
    epochs: int
    accuracy: float
    n: int
    parameters: int
    cpu_seconds: float
    peak_bytes: int
    history: list[dict[str, float]]
    source: str
    is_standin: bool
    hardware: str
    software: str
    date: str


def train(
    recipe: Recipe,
    *,
    seed: int,
    out: Path,
    resume: bool = False,
    epochs: int | None = None,
    progress: Callable[[Progress], None] | None = None,
    placement: Placement = ALONE,
) -> TrainingResult:
    """Train a recipe, write the run into the folder `out`, and give what came out.

    `epochs` replaces the recipe's number. `progress` is told of every step. With `resume` the run in `out` goes on
    after its last whole epoch, or begins where there is none. ValueError, in one line, for numbers that make no
    sense, for an unfinished run in `out` without `resume`, and for a run of other settings with it.

    `placement` says on which devices (`workbook.training.placement.place`). All processes of a team call this alike,
    with the same folder, which the first of them writes; each of them gives the same result.
    """
    placement.check_batch(recipe.batch_size)
    plan = _plan(recipe, seed, recipe.epochs if epochs is None else epochs)
    stored = _stored(Path(out), plan, resume, placement.writes)
    import keras  # noqa: F401  # loaded before the clock starts

    from workbook.training.seeds import seed_everything

    examples = recipe.load(seed)
    start = time.process_time()
    seed_everything(seed)
    with placement.scope():
        run = _Run(recipe, plan, examples, Path(out), placement)
        if stored is not None:
            run.restore(*stored)
        placement.check_agreement(len(run.rows))
        run.fit(start, progress)
    run.bring_home()
    result = run.result()
    if placement.writes:
        _write(Path(out), run.model, result)
    return result


def _plan(recipe: Recipe, seed: int, epochs: int) -> dict[str, Any]:
    """Give what two runs must have in common for one to go on with the other; ValueError for impossible numbers."""
    if not 0 <= seed < 2**32:
        raise ValueError(f"seed must lie between 0 and 2**32 - 1. Received: seed={seed}")
    if epochs < 1:
        raise ValueError(f"epochs must be at least 1. Received: epochs={epochs}")
    return {"data": recipe.data, "recipe": recipe.name, "seed": seed, "epochs": epochs}


def _stored(
    out: Path, plan: dict[str, Any], resume: bool, writes: bool
) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Look into the folder: give the checkpoint to go on with, or None; a finished run makes room for a new one."""
    if out.exists() and not out.is_dir():
        raise ValueError(f"out is a folder for the run. Received: {out}, which is a file")
    out.mkdir(parents=True, exist_ok=True)
    if not resume and not writes:
        return None  # the process that writes looks after the folder
    if not resume:
        if (out / checkpoint.NAME).exists() and not (out / RECORD).exists():
            raise ValueError(f"{out} holds an unfinished run: resume it, or choose another folder.")
        for name in (checkpoint.NAME, RECORD, MODEL, HISTORY, CURVE):
            (out / name).unlink(missing_ok=True)
        return None
    stored = checkpoint.read(out)
    if stored is not None:
        for name, value in plan.items():
            if stored[0].get(name) != value:
                raise ValueError(
                    f"{out} holds a run with {name}={stored[0].get(name)!r}. Received: {name}={value!r}"
                )
    return stored


class _Run:
    """One sitting of a run: the network, its optimizer, and the rows of the epochs that are through."""

    def __init__(
        self, recipe: Recipe, plan: dict[str, Any], examples: Examples, out: Path, placement: Placement
    ) -> None:
        self.recipe, self.plan, self.examples, self.out = recipe, plan, examples, out
        self.placement = placement
        self.rows: list[dict[str, float]] = []
        self.seconds_before = self.cpu_seconds = 0.0
        self.epochs = plan["epochs"]
        self.batches = self._batches()
        self.steps = len(self.batches)
        self.model = self._compiled()

    def _batches(self) -> "Batches":
        from workbook.data.batching import Batches

        one_hot = np.eye(len(self.examples.class_names), dtype=np.float32)
        return Batches(
            self.examples.x_train,
            one_hot[self.examples.y_train],  # (N, classes)
            batch_size=self.recipe.batch_size,
            seed=self.plan["seed"],
            augment=self.recipe.augment(),
            drop_last=self.recipe.drop_last,
            share=(self.placement.process, self.placement.processes),
            multiple_of=self.placement.devices,
        )

    def _compiled(self) -> "keras.Model":
        from keras import losses

        model = self.recipe.build()
        if self.recipe.prepare is not None:
            self.recipe.prepare(model, self.examples.x_train)
        self.placement.synchronise(model)
        loss = losses.CategoricalCrossentropy(from_logits=True, label_smoothing=self.recipe.label_smoothing)
        model.compile(self.recipe.optimizer(self.steps, self.epochs), loss, metrics=["accuracy"])
        return model

    def restore(self, about: dict[str, Any], arrays: dict[str, Any]) -> None:
        """Go back to where a checkpoint was written; ValueError if that was on other data."""
        if about["source"] != self.examples.source:
            raise ValueError(f"The run was begun on {about['source']}. Received: {self.examples.source}")
        checkpoint.restore(self.model, arrays)
        self.rows, self.seconds_before = about["history"], about["cpu_seconds"]

    def fit(self, start: float, progress: Callable[[Progress], None] | None) -> None:
        """Train the epochs that are missing; after each, write a checkpoint."""
        self.batches.epoch = len(self.rows)
        more = self.recipe.callbacks(self.steps, self.epochs) if self.recipe.callbacks else []
        self.model.fit(
            self.batches,
            initial_epoch=len(self.rows),
            epochs=self.epochs,
            callbacks=[*more, self._watch(start, progress)],
            verbose=0,
        )
        self.cpu_seconds = self.seconds_before + time.process_time() - start

    def _watch(self, start: float, progress: Callable[[Progress], None] | None) -> Any:
        """Make the callback that keeps the rows, writes checkpoints and tells of progress."""
        from keras import callbacks

        def tell(batch: int) -> None:
            if progress is not None:
                done = len(self.rows) * self.steps + batch
                row = self.rows[-1] if self.rows else None
                progress(Progress(len(self.rows), self.epochs, done, self.epochs * self.steps, row))

        def epoch_ends(epoch: int, logs: dict[str, Any]) -> None:
            names = ("loss", "accuracy")
            self.rows.append({"epoch": epoch + 1} | {name: float(logs[name]) for name in names})
            seconds = self.seconds_before + time.process_time() - start
            about = {"source": self.examples.source, "history": self.rows, "cpu_seconds": seconds}
            if self.placement.writes:
                checkpoint.save(self.out, self.model, self.plan | about)
            tell(0)

        return callbacks.LambdaCallback(
            on_epoch_begin=self.batches.begin,
            on_train_batch_end=lambda batch, logs: tell(batch + 1),
            on_epoch_end=epoch_ends,
        )

    def bring_home(self) -> None:
        """Take the weights of several devices over into a network on one, which reads test batches of any size."""
        if self.placement.strategy is not None:
            alone = self.recipe.build()
            alone.set_weights([np.asarray(one) for one in self.model.get_weights()])
            self.model = alone

    def result(self) -> TrainingResult:
        """Read the test examples and say what came out."""

        from workbook.training.devices import hardware, software

        some = self.examples
        if self.recipe.predict is not None:
            scores = self.recipe.predict(self.model, some.x_test)
        else:
            scores = self.model.predict(some.x_test, batch_size=BATCH_AT_TEST, verbose=0)
        return TrainingResult(
            **self.plan,
            accuracy=float(np.mean(np.argmax(scores, axis=1) == some.y_test)),
            n=len(some.y_test),
            parameters=self.model.count_params(),
            cpu_seconds=round(self.cpu_seconds, 2),
            peak_bytes=peak_bytes(),
            history=self.rows,
            source=some.source,
            is_standin=some.is_standin,
            hardware=hardware(),
            software=software(),
            date=datetime.date.today().isoformat(),
        )


def _write(out: Path, model: "keras.Model", result: TrainingResult) -> None:
    """Write the four files; `run.json` last, because it says that the run is through."""
    import keras

    # A model of its own, not compiled, so that it loads without the recipe's optimizer.
    keras.Model(model.inputs, model.outputs, name=model.name).save(out / MODEL)
    with (out / HISTORY).open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["epoch", "loss", "accuracy"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(result.history)
    _draw(result).savefig(out / CURVE, dpi=120)
    text = json.dumps(asdict(result), indent=1, ensure_ascii=False) + "\n"
    part = out / f"{RECORD}.part"
    part.write_text(text, encoding="utf-8")
    part.replace(out / RECORD)


def _draw(result: TrainingResult) -> Any:
    """Draw loss and accuracy on the training examples over the epochs, and the test accuracy as a line."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3), layout="constrained")
    left, right = figure.subplots(1, 2)
    epochs = [row["epoch"] for row in result.history]
    left.plot(epochs, [row["loss"] for row in result.history], "o-", color="#0072B2")
    left.set(ylabel="loss, in training")
    right.plot(
        epochs, [100 * row["accuracy"] for row in result.history], "o-", color="#0072B2", label="in training"
    )
    right.axhline(
        100 * result.accuracy, color="#D55E00", linestyle="--", label=f"test, {100 * result.accuracy:.2f} %"
    )
    right.set(ylabel="right, %")
    right.legend(fontsize=8)
    for ax in (left, right):
        ax.set_xlabel("epoch")
        ax.xaxis.get_major_locator().set_params(integer=True)
        ax.grid(alpha=0.3)
    figure.suptitle(f"{result.data}, recipe {result.recipe}, seed {result.seed}")
    return figure


def peak_bytes() -> int:
    """Give the most memory that this process has held, from the kernel: its own, not that of the one that made it."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        return 1024 * int(next(line.split()[1] for line in lines if line.startswith("VmHWM")))
    except (OSError, StopIteration):
        import resource

        unit = 1 if platform.system() == "Darwin" else 1024
        return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
