"""Chapter 14's claims: the small ones at once, the trained ones as bands over three seeds."""

import json
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest

from tests import harness
from workbook.arithmetic import receptive_field
from workbook.course.benches import task_families
from workbook.data import bundled
from workbook.exercises import Exercise, find
from workbook.vision_tasks import arrows, metrics, networks, scenes, stored, targets, tasks

CHAPTER = "14_detect_segment_locate"
SEEDS = 4, 5, 6  # not those of the chapter or of the stored results


@pytest.fixture(scope="module")
def names() -> dict:
    """Run the chapter's code cells that neither train nor draw, without exercises and checks."""
    return harness.run_chapter(CHAPTER, harness.demonstrations(trained=False))


@pytest.fixture(scope="module")
def unseen() -> scenes.Scenes:
    return tasks.unseen_scenes()


def test_the_four_scores_are_no_softmax(names: dict) -> None:
    assert names["scores"].sum() == pytest.approx(2.31, abs=0.005)
    assert names["softmax"].sum() == pytest.approx(1)


def test_an_empty_map_classifies_most_pixels_correctly(names: dict) -> None:
    matrix = names["nothing"]
    assert np.trace(matrix) / matrix.sum() > 0.8
    assert metrics.mean_iou(matrix) < 0.1


def test_centres_are_rare(names: dict) -> None:
    assert np.mean(names["heat"] == 1) < 0.002


def test_the_coarsest_cells_see_41_pixels() -> None:
    detector = networks.detector()
    convs = [detector.get_layer(name) for name in networks.ENCODER[:5]]
    assert receptive_field((conv.kernel_size[0], conv.strides[0]) for conv in convs) == 41


def test_settings_are_not_chosen_on_test_digits() -> None:
    assert not np.array_equal(tasks.validation_scenes(20).images, tasks.unseen_scenes(20).images)
    assert tasks.TEST_SEED != tasks.VALIDATION_SEED


def reference(name: str) -> Callable[..., Any]:
    exercise = find(name)
    assert isinstance(exercise, Exercise)
    return exercise.reference


def test_exercises_and_package_do_the_same() -> None:
    rng = np.random.default_rng(1)
    corners = rng.uniform(0, 20, (9, 2))
    boxes = np.concatenate([corners, corners + rng.uniform(5, 15, (9, 2))], axis=1)
    overlaps = metrics.box_iou(boxes, boxes)
    iou = reference("14.1")
    assert overlaps == pytest.approx(np.array([[iou(tuple(a), tuple(b)) for b in boxes] for a in boxes]))
    ranks = rng.permutation(9) / 9
    assert reference("14.2")(boxes, ranks, 0.3) == targets.suppress(boxes, ranks, 0.3).tolist()
    hits = rng.random(30) < 0.6
    assert reference("14.3")(hits.tolist(), 25) == pytest.approx(metrics.average_precision(hits, 25))
    matrix = rng.integers(0, 9, (4, 4))
    assert reference("14.5")(matrix) == pytest.approx(metrics.mean_iou(matrix))
    true, moved = rng.random((5, 4, 2)) * 20, rng.random((5, 4, 2)) * 20
    assert reference("14.6")(moved, true, 0.3) == pytest.approx(metrics.pck(moved, true, share=0.3))


def test_the_stored_networks_stay_in_the_chapters_bands(unseen: scenes.Scenes) -> None:
    reader, segmenter = stored.load("classifier"), stored.load("segmenter")
    assert tasks.class_score(reader, unseen) > 0.96
    assert tasks.class_score(reader, unseen, 5) > 0.99
    assert tasks.pixel_score(segmenter, unseen) > 0.80


@pytest.mark.claims
def test_what_the_chapter_trains_stays_in_its_bands(unseen: scenes.Scenes) -> None:
    reader, segmenter = stored.load("classifier"), stored.load("segmenter")
    scores: dict[str, list[float]] = {}
    for seed in SEEDS:
        keras.utils.set_random_seed(seed)
        drawn = tasks.training_scenes(1500, seed=seed)
        detector = tasks.train_detector(drawn, tasks.RECIPES["object detection"], reader)
        head = tasks.train_offsets(segmenter, drawn, tasks.RECIPES["instance segmentation"])
        separator = networks.instance_segmenter(detector, segmenter, head)
        scores.setdefault("boxes", []).append(tasks.box_score(detector, unseen))
        scores.setdefault("presence", []).append(tasks.presence_score(detector, unseen))
        scores.setdefault("masks", []).append(tasks.mask_score(separator, unseen))
    print({name: np.round(values, 3).tolist() for name, values in scores.items()})
    assert min(scores["boxes"]) > 0.75
    assert min(scores["masks"]) > 0.70
    assert np.all(np.array(scores["presence"]) > scores["boxes"])


@pytest.mark.claims
def test_the_landmark_finder_stays_in_its_band() -> None:
    new = arrows.make_arrows(400, seed=tasks.TEST_SEED)
    for seed in SEEDS:
        keras.utils.set_random_seed(seed)
        drawn = arrows.make_arrows(tasks.ARROWS, seed=seed)
        points = tasks.find_landmarks(
            tasks.train_landmark_finder(drawn, tasks.RECIPES["keypoints"]), new.images
        )
        off = np.linalg.norm(points - new.points, axis=2)
        print(
            f"PCK {metrics.pck(points, new.points):.3f}, medians {np.median(off, axis=0).round(2)}, {off.max():.1f}"
        )
        assert metrics.pck(points, new.points) > 0.90
        assert np.median(off, axis=0).max() < targets.FINE
        assert off.max() > 5  # a wrong peak is far off


def test_the_stored_results_reach_their_targets() -> None:
    runs = json.loads(bundled.bundled_file("results/vision_tasks.json").read_text(encoding="utf-8"))
    rows = {(row["task"], row["metric"]): row for row in runs["rows"]}
    assert all(len(row["scores"]) == 3 for row in rows.values())
    chapter = [
        "image classification, top-1", "image classification, top-5", "multi-label", "object detection",
        "semantic segmentation", "instance segmentation", "keypoints",
    ]  # fmt: skip
    assert [task for task, _ in rows][:7] == chapter, "the chapter prints the first seven"
    for task, (metric, target) in task_families.TARGETS.items():
        if task.startswith("generation"):
            continue  # stored in results/generation.json
        row = rows[task, metric]
        assert row["target"] == target
        assert target is None or np.mean(row["scores"]) >= target, row
