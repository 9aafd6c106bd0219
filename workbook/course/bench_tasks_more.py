"""Families of chapter 15's tasks, in the manner of `bench_tasks`: `python -m workbook.course.bench_tasks_more`.

Strings are read on 500 strips of test digits; neighbours are asked for on 2,000 views of test digits of classes that no
training saw; clips are 1,000 of test digits; generated pictures are read by a classifier that learned from other
digits than the generators. Words after the command keep those families; `--out` also writes the rows to a file.
"""

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbook.course import bench_tasks
from workbook.course.bench_tasks import Family, Run

TARGETS = {  # metric, and the score to reach
    "scene text": ("sequences", 0.90),
    "metric learning": ("recall@1", 0.90),
    "video, digit": ("accuracy", 0.95),
    "video, motion": ("accuracy", 0.95),
    "generation, VAE": ("read as wanted", 0.85),
    "generation, diffusion": ("read as wanted", 0.85),
}


@dataclass(frozen=True)
class Counted:
    """Stands for a network of which the number of parameters is left."""

    parameters: int

    def count_params(self) -> int:
        """Give the number of parameters, as a Keras model does."""
        return self.parameters


def reading_runs(seed: int) -> Iterator[Run]:
    """Train a reader of strips."""
    import keras

    from workbook.vision_tasks import reading

    some = reading.training_strips(seed=seed)
    keras.utils.set_random_seed(seed)
    start = time.process_time()
    model = reading.train_reader(some)
    seconds = time.process_time() - start
    yield _run("scene text", reading.reading_score(model, reading.unseen_strips()), seconds, model, seed)


def embedding_runs(seed: int) -> Iterator[Run]:
    """Train an embedder on pairs of views."""
    import keras

    from workbook.vision_tasks import embedding

    pairs = embedding.training_pairs(seed=seed)
    keras.utils.set_random_seed(seed)
    start = time.process_time()
    model = embedding.train_embedder(pairs)
    seconds = time.process_time() - start
    score = embedding.embedding_score(model, embedding.unseen_views())
    yield _run("metric learning", score, seconds, model, seed)


def video_runs(seed: int) -> Iterator[Run]:
    """Train a network for clips; a score for the digit and one for the motion."""
    from workbook.vision_tasks import video

    yield from _from_rows(video.measure(seed), seed)


def generation_runs(seed: int) -> Iterator[Run]:
    """Train a variational autoencoder and a diffusion model."""
    from workbook.vision_tasks import generation

    yield from _from_rows(generation.measure(seed), seed)


FAMILIES: dict[str, Family] = {
    "reading": reading_runs,
    "embedding": embedding_runs,
    "video": video_runs,
    "generation": generation_runs,
}


def _run(task: str, score: float, seconds: float, model: Any, seed: int) -> Run:
    metric, target = TARGETS[task]
    return Run(task, metric, target, score, seconds, model, seed)


def _from_rows(rows: list[dict[str, Any]], seed: int) -> Iterator[Run]:
    for row in rows:
        yield _run(row["task"], row["score"], row["cpu_seconds"], Counted(row["parameters"]), seed)


def main(arguments: list[str] | None = None) -> None:
    """Print every row; with `--out` also write them to a file."""
    parser = argparse.ArgumentParser(prog="python -m workbook.course.bench_tasks_more", description=__doc__)
    parser.add_argument("families", nargs="*", help=f"of {', '.join(FAMILIES)}; all when left out")
    parser.add_argument("--out", type=Path, help="also write the rows there, as JSON")
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.families) - set(FAMILIES))
    if unknown:
        parser.error(f"no family is called {unknown[0]!r}; there are {', '.join(FAMILIES)}")
    bench_tasks.one_thread()
    chosen = {name: one for name, one in FAMILIES.items() if not options.families or name in options.families}
    start, rows = time.process_time(), []
    for row in bench_tasks.measure_tasks(families=chosen, report=lambda run: print(run.line(), flush=True)):
        print(row.line(), flush=True)
        rows.append(row)
    if options.out is not None:
        bench_tasks.write(options.out, rows, time.process_time() - start)


if __name__ == "__main__":
    main()
