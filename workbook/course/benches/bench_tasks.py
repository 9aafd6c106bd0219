"""Train the networks of the vision tasks with several seeds and score them: `workbook bench tasks`.

A family of tasks is a function that takes a seed and yields a `TaskRun` per score; `task_families` has them.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from workbook.course.record import circumstances

SEEDS = (1, 2, 3)
DATA = {
    "data": "made from MNIST's training digits without the last 5,000; scores on others made of its test digits"
}


@dataclass(frozen=True)
class TaskRun:
    """One score of one training, which took `cpu_seconds`; `target` is None if none was set."""

    task: str
    metric: str
    target: float | None
    score: float
    cpu_seconds: float
    parameters: int
    seed: int

    def line(self) -> str:
        """Return the run as text."""
        return f"seed {self.seed}: {self.task} {self.metric} {self.score:.3f} in {self.cpu_seconds:.0f} CPU seconds"


@dataclass(frozen=True)
class TaskScore:
    """One score of a task, per seed. `cpu_seconds` is the mean over the trainings."""

    task: str
    metric: str
    target: float | None
    scores: list[float]
    parameters: int
    cpu_seconds: float

    @property
    def is_reached(self) -> bool:
        """Whether the mean over the seeds reaches the target; True if none was set."""
        return self.target is None or mean(self.scores) >= self.target

    def line(self) -> str:
        """Return the row as text: mean ± standard deviation, each seed, target, cost."""
        spread = f" ± {stdev(self.scores):.3f}" if len(self.scores) > 1 else ""
        each = " ".join(f"{score:.3f}" for score in self.scores)
        return (
            f"{self.task:21} {self.metric:14} {mean(self.scores):.3f}{spread} ({each}){self._verdict()}; "
            f"{self.parameters:,} parameters, {self.cpu_seconds:.0f} CPU seconds per training"
        )

    def _verdict(self) -> str:
        if self.target is None:
            return ""
        missed = f"missed by {self.target - mean(self.scores):.3f}"
        return f", target {self.target:.2f} {'reached' if self.is_reached else missed}"


Family = Callable[[int], Iterator[TaskRun]]


def measure_tasks(
    seeds: Iterable[int] = SEEDS,
    *,
    families: Mapping[str, Family],
    report: Callable[[TaskRun], None] = lambda run: None,
) -> Iterator[TaskScore]:
    """Train and measure every task with each seed, family by family; yield a row per score.

    `report` is called with every run as it ends.
    """
    import keras

    for family in families.values():
        runs: dict[tuple[str, str], list[TaskRun]] = {}
        for seed in seeds:
            keras.backend.clear_session()
            for run in family(seed):
                report(run)
                runs.setdefault((run.task, run.metric), []).append(run)
        yield from (_row(task_runs) for task_runs in runs.values())


def _row(runs: list[TaskRun]) -> TaskScore:
    first = runs[0]
    seconds = round(mean(run.cpu_seconds for run in runs), 1)
    scores = [round(run.score, 4) for run in runs]
    return TaskScore(first.task, first.metric, first.target, scores, first.parameters, seconds)


def write(path: Path, rows: list[TaskScore], seconds: float, *, seeds: Iterable[int] = SEEDS) -> None:
    """Write rows and their circumstances as JSON; rows of other tasks stay in the file.

    ValueError for a file that holds something else, or rows of another machine, other software or other seeds.
    """
    about = DATA | circumstances(seconds, seeds)
    kept: list[dict[str, Any]] = []
    if path.exists():
        before = _stored(path, about)
        new = {(row.task, row.metric) for row in rows}
        kept = [row for row in before["rows"] if (row["task"], row["metric"]) not in new]
        about["cpu_seconds"] += before["cpu_seconds"]
    about |= {"rows": kept + [asdict(row) for row in rows]}
    path.write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _stored(path: Path, about: Mapping[str, Any]) -> dict[str, Any]:
    """Read a file of rows that were measured under the same circumstances."""
    try:
        before = json.loads(path.read_text(encoding="utf-8"))
        stored = {name: before[name] for name in ("hardware", "software", "seeds", "rows", "cpu_seconds")}
    except (ValueError, KeyError, TypeError):
        raise ValueError(f"{path} holds no rows of vision tasks: choose another file") from None
    for name in ("hardware", "software", "seeds"):
        if stored[name] != about[name]:
            raise ValueError(f"{path} has {name} {stored[name]}, this is {about[name]}: choose another file")
    return stored
