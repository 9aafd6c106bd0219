"""Run a recipe: train, save, resume. The same seed, machine and number of threads lead to the same weights.

The folder of a finished run holds `model.keras`, `history.csv`, `curve.png` and `run.json`; before that, a checkpoint
is written after each epoch. A run that was killed continues after the last completed epoch with `resume=True`, and ends
with the same weights.
"""

import contextlib
import csv
import datetime
import json
import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from workbook.colours import BLUE, VERMILION
from workbook.training import checkpoint
from workbook.training.placement import ALONE, Placement
from workbook.training.recipes import Examples, Recipe
from workbook.training.seeds import checked_choice, checked_integer, seed_everything

if TYPE_CHECKING:
    import keras

    from workbook.data.batching import Batches

MODEL, HISTORY, CURVE, RECORD = "model.keras", "history.csv", "curve.png", "run.json"
TEST_BATCH_SIZE = 500
PRECISIONS = ("auto", "float32", "bfloat16")
DEFAULTS = {"precision": "float32"}  # what a checkpoint without the entry was trained with


@dataclass(frozen=True)
class Progress:
    """The progress of a run: completed epochs and steps, how many there are, and the last completed epoch's row."""

    epoch: int
    epochs: int
    step: int
    steps: int
    row: dict[str, float] | None


@dataclass(frozen=True)
class TrainingResult:
    """The result of a run. `accuracy` is the share of the `n` test examples that are classified correctly.

    `cpu_seconds` is user and system time from building the network to the end of training, summed over all sessions of
    a resumed run. It excludes loading Keras and the data. `peak_bytes` is the peak memory of the last process,
    including both.
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
    precision: str = "float32"


def train(
    recipe: Recipe,
    *,
    seed: int,
    out: Path,
    resume: bool = False,
    epochs: int | None = None,
    progress: Callable[[Progress], None] | None = None,
    placement: Placement = ALONE,
    precision: str = "float32",
    on_device: bool | str = "auto",
) -> TrainingResult:
    """Train a recipe, write the run to the folder `out`, and return the result.

    `epochs` replaces the recipe's number of epochs. `progress` is called after every step, or after every call of
    several steps on an accelerator. With `resume`, the run in `out` continues after its last completed epoch, or starts
    if there is none.

    `precision` is "float32", "bfloat16" or "auto": bfloat16 for the layers' arithmetic where every accelerator has it.
    Weights, the statistics of batch normalisation and the last layer are float32 in any case. `on_device` is that of
    `workbook.training.fit`.

    `placement` says which devices to train on (`workbook.training.placement.place`). All processes of a team call this
    with the same arguments, and each returns the same result; only the first writes to the folder.

    Raises `ValueError` for numbers out of range. Without `resume`, also for an unfinished run in `out`; with `resume`,
    for a run in `out` that has other settings.
    """
    placement.check_batch(recipe.batch_size)
    plan = _plan(recipe, seed, recipe.epochs if epochs is None else epochs)
    plan["precision"] = resolved_precision(precision)
    stored = _checkpoint_to_resume(Path(out), plan, resume=resume, writes=placement.writes)
    import keras  # noqa: F401  # loaded before the clock starts

    examples = recipe.load(seed)
    start = time.process_time()
    seed_everything(seed)
    with placement.scope(), computing_in(plan["precision"]):
        run = _Run(recipe, plan, examples, Path(out), placement, on_device)
        if stored is not None:
            run.restore(*stored)
        placement.check_agreement(len(run.rows))
        run.fit(start, progress)
    with computing_in(plan["precision"]):
        run.collect_weights()
    result = run.result()
    if placement.writes:
        _write(Path(out), run.model, result)
    return result


def _plan(recipe: Recipe, seed: int, epochs: int) -> dict[str, Any]:
    """Return the settings that a resumed run must share with its beginning; ValueError for numbers out of range."""
    return {
        "data": recipe.data,
        "recipe": recipe.name,
        "seed": checked_integer("seed", seed, least=0, most=2**32 - 1),
        "epochs": checked_integer("epochs", epochs),
    }


def resolved_precision(precision: str) -> str:
    """Return "float32" or "bfloat16"; "auto" is bfloat16 where every GPU has it. ValueError for another name."""
    checked_choice("precision", precision, PRECISIONS)
    if precision != "auto":
        return precision
    from workbook.training.devices import find_gpus, has_bfloat16

    gpus = find_gpus()
    return "bfloat16" if gpus and all(has_bfloat16(gpu) for gpu in gpus) else "float32"


@contextlib.contextmanager
def computing_in(precision: str) -> Iterator[None]:
    """Let layers that are built meanwhile compute in "float32" or "bfloat16", with weights in float32."""
    import keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy({"float32": "float32", "bfloat16": "mixed_bfloat16"}[precision])
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _checkpoint_to_resume(
    out: Path, plan: dict[str, Any], *, resume: bool, writes: bool
) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Return the checkpoint (settings, arrays) to resume, or None; without `resume`, delete a finished run."""
    if out.exists() and not out.is_dir():
        raise ValueError(f"out must be a folder. Received: {out}, which is a file")
    out.mkdir(parents=True, exist_ok=True)
    if not resume and not writes:
        return None  # the process that writes also cleans the folder
    if not resume:
        if (out / checkpoint.NAME).exists() and not (out / RECORD).exists():
            raise ValueError(
                f"{out} holds an unfinished run: resume it (--resume), or choose another folder."
            )
        for name in (checkpoint.NAME, RECORD, MODEL, HISTORY, CURVE):
            (out / name).unlink(missing_ok=True)
        return None
    stored = checkpoint.read(out)
    if stored is not None:
        about, _ = stored
        for name, value in plan.items():
            if about.get(name, DEFAULTS.get(name)) != value:
                raise ValueError(
                    f"{out} holds a run with {name}={about.get(name)!r}. Received: {name}={value!r}"
                )
    return stored


class _Run:
    """One session of a run: the network, its optimizer, and the rows of the completed epochs."""

    def __init__(
        self,
        recipe: Recipe,
        plan: dict[str, Any],
        examples: Examples,
        out: Path,
        placement: Placement,
        on_device: bool | str,
    ) -> None:
        self.recipe, self.plan, self.examples, self.out = recipe, plan, examples, out
        self.placement, self.on_device = placement, on_device
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
        import keras
        from keras import losses

        model = self.recipe.build()
        if self.recipe.prepare is not None:
            self.recipe.prepare(model, self.examples.x_train)
        self.placement.synchronise(model)
        loss = losses.CategoricalCrossentropy(from_logits=True, label_smoothing=self.recipe.label_smoothing)
        # Elsewhere it gains nothing: JAX takes the steps of a call one by one, and teams exchange gradients at each.
        is_alone_on_tensorflow = keras.backend.backend() == "tensorflow" and self.placement == ALONE
        model.compile(
            self.recipe.optimizer(self.steps, self.epochs),
            loss,
            metrics=["accuracy"],
            steps_per_execution=self.recipe.steps_per_execution if is_alone_on_tensorflow else 1,
        )
        return model

    def restore(self, about: dict[str, Any], arrays: dict[str, Any]) -> None:
        """Load a checkpoint; ValueError if it was trained on other data."""
        if about["source"] != self.examples.source:
            raise ValueError(
                f"The run was started with data from {about['source']}. Received: {self.examples.source}"
            )
        checkpoint.restore(self.model, arrays)
        self.rows, self.seconds_before = about["history"], about["cpu_seconds"]

    def fit(self, start: float, progress: Callable[[Progress], None] | None) -> None:
        """Train the remaining epochs, and write a checkpoint after each."""
        from workbook.training import resident

        self.batches.epoch = len(self.rows)
        callbacks = self.recipe.callbacks(self.steps, self.epochs) if self.recipe.callbacks else []
        resident.fit(
            self.model,
            self.batches,
            initial_epoch=len(self.rows),
            epochs=self.epochs,
            callbacks=[*callbacks, self._recorder(start, progress)],
            on_device=self.on_device,
        )
        self.cpu_seconds = self.seconds_before + time.process_time() - start

    def _recorder(self, start: float, progress: Callable[[Progress], None] | None) -> Any:
        """Return the callback that stores the rows, writes checkpoints and reports progress."""
        from keras import callbacks

        def report(calls: int) -> None:
            if progress is not None:
                share = (
                    min(1.0, calls / recorder.params["steps"]) if calls else 0
                )  # a call may be several steps
                step = len(self.rows) * self.steps + round(share * self.steps)
                row = self.rows[-1] if self.rows else None
                progress(Progress(len(self.rows), self.epochs, step, self.epochs * self.steps, row))

        def end_epoch(epoch: int, logs: dict[str, Any]) -> None:
            row = {"epoch": epoch + 1, "loss": float(logs["loss"]), "accuracy": float(logs["accuracy"])}
            self.rows.append(row)
            seconds = self.seconds_before + time.process_time() - start
            about = {"source": self.examples.source, "history": self.rows, "cpu_seconds": seconds}
            if self.placement.writes:
                checkpoint.save(self.out, self.model, self.plan | about)
            report(0)

        recorder = callbacks.LambdaCallback(
            on_epoch_begin=self.batches.begin,
            on_train_batch_end=lambda batch, logs: report(batch + 1),
            on_epoch_end=end_epoch,
        )
        return recorder

    def collect_weights(self) -> None:
        """Copy the weights from several devices to a network on one, which accepts test batches of any size."""
        if self.placement.strategy is not None:
            model = self.recipe.build()
            model.set_weights([np.asarray(weights) for weights in self.model.get_weights()])
            self.model = model

    def result(self) -> TrainingResult:
        """Classify the test examples and return the result."""
        from workbook.training.devices import hardware, software

        examples = self.examples
        if self.recipe.predict is not None:
            scores = self.recipe.predict(self.model, examples.x_test)
        else:
            scores = self.model.predict(examples.x_test, batch_size=TEST_BATCH_SIZE, verbose=0)
        return TrainingResult(
            **self.plan,
            accuracy=float(np.mean(np.argmax(scores, axis=1) == examples.y_test)),
            n=len(examples.y_test),
            parameters=self.model.count_params(),
            cpu_seconds=round(self.cpu_seconds, 2),
            peak_bytes=peak_bytes(),
            history=self.rows,
            source=examples.source,
            is_standin=examples.is_standin,
            hardware=hardware(),
            software=software(),
            date=datetime.date.today().isoformat(),
        )


def _write(out: Path, model: "keras.Model", result: TrainingResult) -> None:
    """Write the four files; `run.json` last, because it shows that the run is finished."""
    import keras

    # A new model that is not compiled can be loaded without the recipe's optimizer.
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
    """Return a plot of training loss and accuracy by epoch, with the test accuracy as a horizontal line."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3), layout="constrained")
    left, right = figure.subplots(1, 2)
    epochs = [row["epoch"] for row in result.history]
    losses = [row["loss"] for row in result.history]
    accuracies = [100 * row["accuracy"] for row in result.history]  # %
    test = 100 * result.accuracy
    left.plot(epochs, losses, "o-", color=BLUE)
    left.set(ylabel="training loss")
    right.plot(epochs, accuracies, "o-", color=BLUE, label="training")
    right.axhline(test, color=VERMILION, linestyle="--", label=f"test, {test:.2f} %")
    right.set(ylabel="accuracy, %")
    right.legend(fontsize=8)
    for ax in (left, right):
        ax.set_xlabel("epoch")
        ax.xaxis.get_major_locator().set_params(integer=True)
        ax.grid(alpha=0.3)
    figure.suptitle(f"{result.data}, recipe {result.recipe}, seed {result.seed}")
    return figure


def peak_bytes() -> int:
    """Return the peak memory of this process in bytes; on Linux, without its parent's memory from before a fork."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        return 1024 * int(next(line.split()[1] for line in lines if line.startswith("VmHWM")))
    except (OSError, StopIteration):
        import resource

        unit = 1 if platform.system() == "Darwin" else 1024
        return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
