"""Train every vision task's network with three seeds and measure it: `python -m workbook.course.bench_tasks`.

A family of tasks is a function that takes a seed and gives a `Run` for each score; `FAMILIES` lists them. Scores
are read on scenes and drawings that no training saw and no setting was chosen by. `--out` also writes the rows to a
file, with hardware, seeds and date; `--weights` the networks that chapter 14 begins with,
`data/results/vision_networks.npz`.
"""

import argparse
import datetime
import json
import os
import platform
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean, stdev
from typing import Any

SEEDS = (1, 2, 3)


@dataclass(frozen=True)
class Run:
    """One score of one training: `cpu_seconds` is what the training took; `target` is None where none was set."""

    task: str
    metric: str
    target: float | None
    score: float
    cpu_seconds: float
    model: Any
    seed: int

    def line(self) -> str:
        """Give the run as text."""
        return f"seed {self.seed}: {self.task} {self.metric} {self.score:.3f} in {self.cpu_seconds:.0f} CPU seconds"


@dataclass(frozen=True)
class Row:
    """One score of a task, for each seed. `cpu_seconds` is the mean time of training one network."""

    task: str
    metric: str
    target: float | None
    scores: list[float]
    parameters: int
    cpu_seconds: float

    @property
    def is_reached(self) -> bool:
        """Whether the mean over the seeds reaches the target; True where none was set."""
        return self.target is None or mean(self.scores) >= self.target

    def line(self) -> str:
        """Give the row as text: mean ± standard deviation, each seed, target, cost."""
        spread = f" ± {stdev(self.scores):.3f}" if len(self.scores) > 1 else ""
        each = " ".join(f"{score:.3f}" for score in self.scores)
        return (
            f"{self.task:21} {self.metric:14} {mean(self.scores):.3f}{spread} ({each}){self._verdict()}; "
            f"{self.parameters:,} parameters, {self.cpu_seconds:.0f} CPU seconds a training"
        )

    def _verdict(self) -> str:
        if self.target is None:
            return ""
        missed = f"missed by {self.target - mean(self.scores):.3f}"
        return f", target {self.target:.2f} {'reached' if self.is_reached else missed}"


Family = Callable[[int], Iterator[Run]]


def _train(seed: int, make: Callable[..., Any], *arguments: Any) -> tuple[Any, float]:
    """Train one network from a seed; give it and the CPU seconds."""
    import keras

    keras.utils.set_random_seed(seed)
    start = time.process_time()
    model = make(*arguments)
    return model, time.process_time() - start


def scene_runs(seed: int) -> Iterator[Run]:
    """Train the networks of chapter 14 on scenes, detector and U-Net from the encoder of the classifier."""
    from workbook.vision_tasks import networks, tasks

    test, recipes = tasks.unseen_scenes(), tasks.RECIPES
    many = tasks.training_scenes(tasks.WINDOWS, seed=seed)
    reader, seconds = _train(seed, tasks.train_classifier, many, recipes["image classification"])
    for k in (1, 5):
        score = tasks.class_score(reader, test, k)
        yield Run("image classification", f"top-{k}", None, score, seconds, reader, seed)
    some = tasks.training_scenes(seed=seed + 100)
    detector, seconds = _train(seed, tasks.train_detector, some, recipes["object detection"], reader)
    score = tasks.presence_score(detector, test)
    yield Run("multi-label", "mean AP", None, score, seconds, detector, seed)
    yield Run("object detection", "mAP@.5", 0.80, tasks.box_score(detector, test), seconds, detector, seed)
    more = tasks.training_scenes(tasks.MANY, seed=seed + 200)
    recipe = recipes["semantic segmentation"]
    segmenter, seconds = _train(seed, tasks.train_segmenter, more, recipe, reader)
    score = tasks.pixel_score(segmenter, test)
    yield Run("semantic segmentation", "mean IoU", 0.85, score, seconds, segmenter, seed)
    head, seconds = _train(seed, tasks.train_offsets, segmenter, some, recipes["instance segmentation"])
    whole = networks.instance_segmenter(detector, segmenter, head)
    score = tasks.mask_score(whole, test)
    yield Run("instance segmentation", "mask AP@.5", 0.70, score, seconds, whole, seed)


def arrow_runs(seed: int) -> Iterator[Run]:
    """Train the landmark finder of chapter 14 on arrows."""
    from workbook.vision_tasks import arrows, tasks

    drawn = arrows.make_arrows(tasks.ARROWS, seed=seed)
    finder, seconds = _train(seed, tasks.train_landmark_finder, drawn, tasks.RECIPES["keypoints"])
    unseen = arrows.make_arrows(tasks.TEST, seed=tasks.TEST_SEED)
    yield Run("keypoints", "PCK@.1", 0.95, tasks.landmark_score(finder, unseen), seconds, finder, seed)


FAMILIES: dict[str, Family] = {"scenes": scene_runs, "arrows": arrow_runs}


def measure_tasks(
    seeds: Iterable[int] = SEEDS,
    *,
    families: Mapping[str, Family] = FAMILIES,
    report: Callable[[Run], None] = lambda run: None,
) -> Iterator[Row]:
    """Train and measure every task with each seed, family by family; give a row for each score. Stores nothing.

    `report` is told of every run as it ends.
    """
    import keras

    for family in families.values():
        runs: dict[tuple[str, str], list[Run]] = {}
        for seed in seeds:
            keras.backend.clear_session()
            for run in family(seed):
                report(run)
                runs.setdefault((run.task, run.metric), []).append(run)
        yield from (_row(mine) for mine in runs.values())


def _row(runs: list[Run]) -> Row:
    first, seconds = runs[0], round(mean(run.cpu_seconds for run in runs), 1)
    scores = [round(run.score, 4) for run in runs]
    return Row(first.task, first.metric, first.target, scores, first.model.count_params(), seconds)


def one_thread() -> None:
    """Give TensorFlow one thread, so that figures do not depend on the number of cores; call before its import."""
    os.environ |= {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}


def write(path: Path, rows: list[Row], seconds: float, *, seeds: Iterable[int] = SEEDS) -> None:
    """Write rows and their circumstances as JSON."""
    text = json.dumps(_circumstances(seconds, seeds) | {"rows": [asdict(row) for row in rows]}, indent=1)
    path.write_text(text + "\n", encoding="utf-8")


def _circumstances(seconds: float, seeds: Iterable[int]) -> dict[str, Any]:
    import keras

    from workbook.course.experiments import processor

    return {
        "data": "made from MNIST's training digits without the last 5,000; scores on scenes of its test digits",
        "hardware": f"{processor()}, one thread, no GPU",
        "software": f"Python {platform.python_version()}, Keras {keras.__version__}, {keras.backend.backend()}",
        "seeds": list(seeds),
        "date": datetime.date.today().isoformat(),
        "cpu_seconds": round(seconds),
    }


def main(arguments: list[str] | None = None) -> None:
    """Print every row; with `--out` and `--weights` also write files."""
    parser = argparse.ArgumentParser(prog="python -m workbook.course.bench_tasks", description=__doc__)
    parser.add_argument("--out", type=Path, help="also write the rows there, as JSON")
    parser.add_argument(
        "--weights", type=Path, help="also write there what the first seed's networks learned"
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    options = parser.parse_args(arguments)
    one_thread()
    start, rows, keep = time.process_time(), [], {}

    def report(run: Run) -> None:
        print(run.line(), flush=True)
        if options.weights is not None and run.seed == SEEDS[0]:
            keep[run.model.name] = run.model
            if run.model.name == "segmenter":
                _store(keep, options.weights)

    for row in measure_tasks(options.seeds, report=report):
        print(row.line(), flush=True)
        rows.append(row)
    if options.out is not None:
        write(options.out, rows, time.process_time() - start, seeds=options.seeds)


def _store(models: dict[str, Any], path: Path) -> None:
    from workbook.vision_tasks import stored

    stored.save({name: models[name] for name in stored.BUILDERS}, path)


if __name__ == "__main__":
    main()
