"""Train every vision task's network with three seeds and measure it: `python -m workbook.course.bench_tasks`.

The two segmenters begin with the encoder of the detector of the same seed, as in chapter 14. Scores are read on 500
scenes (arrows) made from test digits that no training saw. `--out` also writes them to a file, with hardware, seeds
and date: `data/results/vision_tasks.json` is made so.
"""

import argparse
import datetime
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean, stdev
from typing import Any

SEEDS = (1, 2, 3)
TARGETS = {  # task: (metric, the score to reach)
    "object detection": ("mAP@.5", 0.80),
    "semantic segmentation": ("mean IoU", 0.85),
    "instance segmentation": ("mask AP@.5", 0.70),
    "keypoints": ("PCK@.1", 0.95),
}


@dataclass(frozen=True)
class Row:
    """One task: a score for each seed. `cpu_seconds` is the mean time of training one network."""

    task: str
    metric: str
    target: float
    scores: list[float]
    parameters: int
    cpu_seconds: float

    @property
    def is_reached(self) -> bool:
        """Whether the mean over the seeds reaches the target."""
        return mean(self.scores) >= self.target

    def line(self) -> str:
        """Give the row as text: mean ± standard deviation, each seed, target, cost."""
        spread = f" ± {stdev(self.scores):.3f}" if len(self.scores) > 1 else ""
        each = " ".join(f"{score:.3f}" for score in self.scores)
        missed = f"missed by {self.target - mean(self.scores):.3f}"
        return (
            f"{self.task:21} {self.metric:10} {mean(self.scores):.3f}{spread} ({each}), target {self.target:.2f} "
            f"{'reached' if self.is_reached else missed}; {self.parameters:,} parameters, "
            f"{self.cpu_seconds:.0f} CPU seconds a training"
        )


def measure_tasks(
    seeds: Iterable[int] = SEEDS, report: Callable[[str], None] = lambda line: None
) -> Iterator[Row]:
    """Train and measure every task with each seed; give the rows when all seeds are through. Stores nothing.

    `report` is told of every run as it ends, in a line.
    """
    runs = []
    for seed in seeds:
        for run in _one_seed(seed):
            report(f"seed {seed}: {run['task']} {run['score']:.3f} in {run['cpu_seconds']:.0f} CPU seconds")
            runs.append(run)
    for task, (metric, target) in TARGETS.items():
        mine = [run for run in runs if run["task"] == task]
        scores = [round(run["score"], 4) for run in mine]
        seconds = round(mean(run["cpu_seconds"] for run in mine), 1)
        yield Row(task, metric, target, scores, mine[0]["parameters"], seconds)


def _one_seed(seed: int) -> Iterator[dict[str, Any]]:
    """Train the four networks with one seed: new scenes, new weights."""
    import keras

    from workbook.vision_tasks import arrows, tasks

    keras.backend.clear_session()
    test, detector = tasks.unseen_scenes(), None
    some = tasks.training_scenes(seed=seed)
    makers: tuple[tuple[str, Callable[..., Any], Callable[..., float]], ...] = (
        ("object detection", tasks.train_detector, tasks.box_score),
        ("semantic segmentation", tasks.train_segmenter, tasks.pixel_score),
        ("instance segmentation", tasks.train_instance_segmenter, tasks.mask_score),
    )
    for task, make, score in makers:
        keras.utils.set_random_seed(seed)
        start = time.process_time()
        model = (
            make(some, tasks.RECIPES[task]) if detector is None else make(some, tasks.RECIPES[task], detector)
        )
        detector = model if detector is None else detector
        yield _run(task, model, time.process_time() - start, score(model, test))
    keras.utils.set_random_seed(seed)
    drawn = arrows.make_arrows(tasks.ARROWS, seed=seed)
    start = time.process_time()
    model = tasks.train_landmark_finder(drawn, tasks.RECIPES["keypoints"])
    seconds = time.process_time() - start
    unseen = arrows.make_arrows(tasks.TEST, seed=tasks.TEST_SEED)
    yield _run("keypoints", model, seconds, tasks.landmark_score(model, unseen))


def _run(task: str, model: Any, seconds: float, score: float) -> dict[str, Any]:
    return {"task": task, "parameters": model.count_params(), "cpu_seconds": seconds, "score": score}


def main(arguments: list[str] | None = None) -> None:
    """Print every row; with `--out` also write them to a file."""
    parser = argparse.ArgumentParser(prog="python -m workbook.course.bench_tasks", description=__doc__)
    parser.add_argument("--out", type=Path, help="also write the rows there, as JSON")
    options = parser.parse_args(arguments)
    # One thread, so that the figures do not depend on the number of cores; TensorFlow reads this when imported.
    os.environ |= {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
    start, rows = time.process_time(), []
    for row in measure_tasks(report=lambda line: print(line, flush=True)):
        print(row.line(), flush=True)
        rows.append(asdict(row))
    if options.out is not None:
        text = json.dumps(_circumstances(start) | {"rows": rows}, indent=1, ensure_ascii=False)
        options.out.write_text(text + "\n", encoding="utf-8")


def _circumstances(start: float) -> dict[str, Any]:
    import platform

    import keras

    from workbook.course.experiments import processor
    from workbook.vision_tasks import tasks

    return {
        "data": f"{tasks.SCENES} scenes of MNIST's training digits and {tasks.ARROWS} arrows for training, "
        f"{tasks.TEST} of each, of test digits, for the scores",
        "hardware": f"{processor()}, one thread, no GPU",
        "software": f"Python {platform.python_version()}, Keras {keras.__version__}, {keras.backend.backend()}",
        "seeds": list(SEEDS),
        "date": datetime.date.today().isoformat(),
        "cpu_seconds": round(time.process_time() - start),
    }


if __name__ == "__main__":
    main()
