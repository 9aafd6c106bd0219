"""The vision tasks: each metric against a well-kept library's, each target against its decoding."""

import contextlib
import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from workbook.data.bundled import DataError
from workbook.vision_tasks import arrows, metrics, networks, scenes, stored, targets, tasks
from workbook.vision_tasks.metrics import Detection, Truth


def random_boxes(rng: np.random.Generator, count: int) -> np.ndarray:
    corner, sides = rng.uniform(0, 30, (count, 2)), rng.uniform(6, 18, (count, 2))
    return np.concatenate([corner, corner + sides], axis=1)


def as_masks(boxes: np.ndarray) -> np.ndarray:
    rows, columns = np.ogrid[:48, :48]
    whole = boxes.round().astype(int)
    return np.array(
        [(y0 <= rows) & (rows < y1) & (x0 <= columns) & (columns < x1) for y0, x0, y1, x1 in whole]
    )


def a_detector(seed: int, *, with_masks: bool = False) -> tuple[list[Detection], list[Truth]]:
    """Make pictures and a detector that moves, misses, doubles and invents boxes, and confuses classes."""
    rng = np.random.default_rng(seed)
    found, truth = [], []
    for _ in range(30):
        boxes, labels = random_boxes(rng, int(rng.integers(1, 5))), rng.integers(0, 4, 4)
        labels = labels[: len(boxes)]
        moved = np.concatenate(
            [boxes + rng.normal(0, 0.8, boxes.shape), boxes + rng.normal(0, 3, boxes.shape)]
        )
        moved[:, 2:] = np.maximum(moved[:, 2:], moved[:, :2] + 1)
        names = np.where(rng.random(len(moved)) < 0.8, np.tile(labels, 2), rng.integers(0, 4, len(moved)))
        kept = rng.random(len(moved)) < 0.7
        moved, names = np.concatenate([moved[kept], random_boxes(rng, 2)]), np.r_[names[kept], [0, 3]]
        shapes, wanted = (as_masks(moved), as_masks(boxes)) if with_masks else (moved, boxes)
        found.append(
            Detection(shapes, names, rng.permutation(1000)[: len(names)] / 1000 + rng.random() * 1e-4)
        )
        truth.append(Truth(wanted, labels))
    return found, truth


def shape_for_coco(shape: np.ndarray) -> dict[str, Any]:
    from pycocotools import mask

    if shape.ndim == 2:
        coded = mask.encode(np.asfortranarray(shape.astype(np.uint8)))
        return {"segmentation": coded, "area": float(shape.sum()), "bbox": [0, 0, 1, 1]}
    y0, x0, y1, x1 = map(float, shape)
    return {"bbox": [x0, y0, x1 - x0, y1 - y0], "area": (y1 - y0) * (x1 - x0)}


def coco_precision(found: list[Detection], truth: list[Truth], kind: str, threshold: float) -> float:
    """Return the mean average precision as COCO's own code computes it."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    rows: list[dict[str, Any]] = []
    results: list[dict[str, Any]] = []
    for number, (one, real) in enumerate(zip(found, truth, strict=True), 1):
        for shape, label in zip(real.shapes, real.labels, strict=True):
            row: dict[str, Any] = {"image_id": number, "category_id": int(label) + 1, "iscrowd": 0}
            rows.append(row | shape_for_coco(shape) | {"id": len(rows) + 1})
        for shape, label, score in zip(*one, strict=True):
            row = {"image_id": number, "category_id": int(label) + 1, "score": float(score)}
            results.append(row | shape_for_coco(shape))
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = {
            "info": {},
            "images": [{"id": n, "height": 48, "width": 48} for n in range(1, len(found) + 1)],
            "annotations": rows,
            "categories": [{"id": n} for n in range(1, 11)],
        }
        coco.createIndex()
        evaluation = COCOeval(coco, coco.loadRes(results), kind)
        evaluation.params.iouThrs = np.array([threshold])
        evaluation.evaluate()
        evaluation.accumulate()
    precision = evaluation.eval["precision"][0, :, :, 0, -1]  # (recalls, classes), all sizes, 100 detections
    return float(precision[:, (precision > -1).all(axis=0)].mean())


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("threshold", [0.5, 0.75])
def test_box_precision_is_cocos(seed: int, threshold: float) -> None:
    found, truth = a_detector(seed)
    ours = metrics.mean_average_precision(found, truth, threshold=threshold)
    assert 0.05 < ours < 0.95
    assert ours == pytest.approx(coco_precision(found, truth, "bbox", threshold), abs=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_mask_precision_is_cocos(seed: int) -> None:
    found, truth = a_detector(seed, with_masks=True)
    ours = metrics.mean_average_precision(found, truth)
    assert 0.05 < ours < 0.95
    assert ours == pytest.approx(coco_precision(found, truth, "segm", 0.5), abs=1e-9)


def test_box_and_mask_iou_are_cocos() -> None:
    from pycocotools import mask

    rng = np.random.default_rng(1)
    one, other = random_boxes(rng, 6), random_boxes(rng, 5)
    as_coco = [[shape_for_coco(box)["bbox"] for box in boxes] for boxes in (one, other)]
    assert np.allclose(metrics.box_iou(one, other), mask.iou(*map(np.array, as_coco), [0] * 5))
    coded = [[shape_for_coco(m)["segmentation"] for m in as_masks(boxes)] for boxes in (one, other)]
    assert np.allclose(metrics.mask_iou(as_masks(one), as_masks(other)), mask.iou(*coded, [0] * 5))


def test_precision_of_ranked_hits_by_hand() -> None:
    assert metrics.average_precision(np.array([True, True]), 2) == 1
    assert metrics.average_precision(np.array([True, False]), 2) == pytest.approx(51 / 101)  # recalls 0 to .5
    assert metrics.average_precision(np.array([False, True]), 1) == pytest.approx(0.5)
    assert metrics.average_precision(np.array([], bool), 3) == 0


def test_an_object_is_found_once() -> None:
    assert metrics.match(np.array([[0.9], [0.8]]), 0.5).tolist() == [True, False]
    assert metrics.match(np.array([[0.6, 0.7], [0.1, 0.8]]), 0.5).tolist() == [True, False]
    assert metrics.match(np.zeros((2, 0)), 0.5).tolist() == [False, False]


def test_a_perfect_and_an_empty_detector() -> None:
    _, truth = a_detector(0)
    perfect = [Detection(one.shapes, one.labels, np.ones(len(one.labels))) for one in truth]
    nothing = [Detection(np.zeros((0, 4)), np.zeros(0, int), np.zeros(0)) for _ in truth]
    assert metrics.mean_average_precision(perfect, truth) == 1
    assert metrics.mean_average_precision(nothing, truth) == 0


def test_mean_iou_is_keras() -> None:
    import keras

    rng = np.random.default_rng(2)
    true, predicted = rng.integers(0, 5, (4, 20, 20)), rng.integers(0, 5, (4, 20, 20))
    predicted = np.where(rng.random(true.shape) < 0.6, true, predicted)
    theirs = keras.metrics.MeanIoU(num_classes=7)  # two classes neither occur nor are predicted
    theirs.update_state(true, predicted)
    ours = metrics.confusion(true, predicted, 7)
    assert metrics.mean_iou(ours) == pytest.approx(float(theirs.result()), abs=1e-6)
    assert np.isnan(metrics.class_iou(ours)[5:]).all()
    assert np.array_equal(ours, np.asarray(theirs.total_cm))


def test_top_k_is_keras() -> None:
    import keras

    rng = np.random.default_rng(3)
    scores, labels = rng.random((200, 10), np.float32), rng.integers(0, 10, 200)
    for k in (1, 3, 5):
        theirs = keras.metrics.sparse_top_k_categorical_accuracy(labels, scores, k=k)
        assert metrics.top_k_accuracy(scores, labels, k) == pytest.approx(float(np.mean(theirs)))


def test_multi_label_precision_by_hand() -> None:
    scores = np.array([[0.9, 0.2, 0.5], [0.8, 0.7, 0.1], [0.1, 0.9, 0.3]])
    present = np.array([[True, True, False], [False, False, False], [True, False, False]])
    first = (51 + 50 * 2 / 3) / 101  # hits at ranks 1 and 3: precisions 1 and 2/3
    assert metrics.multi_label_precision(scores, present) == pytest.approx((first + 1 / 3) / 2)


def test_presence_is_known_from_the_labels(few: scenes.Scenes) -> None:
    present = tasks.presence_truth(few)
    assert present.shape == (60, 10)
    assert all(
        set(np.flatnonzero(row)) == set(labels) for row, labels in zip(present, few.labels, strict=True)
    )


def test_pck_measures_each_object_by_its_own_size() -> None:
    square = np.array([[0.0, 0.0], [0.0, 20.0], [10.0, 20.0], [10.0, 0.0]])
    true = np.stack([square, square / 10])
    moved = true + np.array([1.5, 0.0])
    assert metrics.pck(moved, true) == 0.5  # 1.5 pixels: within .1 · 20, not within .1 · 2
    assert metrics.pck(true, true) == 1
    assert metrics.pck(true + np.array([1.5, 1.5]), true) == 0  # both within 2, the distance is not


def test_suppression_is_tensorflows() -> None:
    import tensorflow as tf

    rng = np.random.default_rng(4)
    for _ in range(5):
        boxes, scores = random_boxes(rng, 25), rng.permutation(25) / 25
        for threshold in (0.3, 0.5):
            theirs = tf.image.non_max_suppression(boxes, scores, 25, iou_threshold=threshold).numpy()
            assert targets.suppress(boxes, scores, threshold).tolist() == theirs.tolist()


def test_local_maxima_are_those_of_a_maximum_filter() -> None:
    from scipy.ndimage import maximum_filter

    heat = np.random.default_rng(5).random((12, 12, 3))
    theirs = maximum_filter(heat, (3, 3, 1), mode="constant", cval=-np.inf) == heat
    assert np.array_equal(targets.local_maxima(heat), theirs)


# Targets and decoding: what is put in comes out -----------------------------------------------------------------


@pytest.fixture(scope="module")
def few() -> scenes.Scenes:
    return tasks.unseen_scenes(60)


def test_boxes_come_back_from_their_targets(few: scenes.Scenes) -> None:
    heat, regression = targets.centre_targets(few.boxes, few.labels)
    found = [targets.decode_boxes(h, r[..., :4], least=0.9) for h, r in zip(heat, regression, strict=True)]
    truth = [Truth(b.astype(float), n) for b, n in zip(few.boxes, few.labels, strict=True)]
    assert metrics.mean_average_precision(found, truth, threshold=0.95) > 0.98


def test_masks_come_back_from_their_targets(few: scenes.Scenes) -> None:
    heat, _ = targets.centre_targets(few.boxes, few.labels)
    offsets = targets.offset_targets(few.instance_maps, few.boxes)[..., :2]
    ink = few.instance_maps > 0
    parts = zip(heat, offsets, ink.astype(float), strict=True)
    found = [targets.decode_masks(*part, least=0.9) for part in parts]
    truth = [Truth(few.masks(n), few.labels[n]) for n in range(len(few))]
    assert metrics.mean_average_precision(found, truth, threshold=0.75) > 0.95


def test_one_place_has_one_name() -> None:
    heat, numbers = np.zeros((12, 12, 10)), np.zeros((12, 12, 4))
    numbers[..., 2:] = 1.0  # 16 × 16 pixels
    heat[5, 5, 3], heat[5, 5, 8], heat[5, 6, 1], heat[9, 9, 8] = 0.9, 0.6, 0.5, 0.7
    found = targets.decode_boxes(heat, numbers)
    assert found.labels.tolist() == [3, 8]
    assert found.shapes.tolist() == [[14, 14, 30, 30], [30, 30, 46, 46]]


def test_nothing_is_found_where_no_centre_is_high() -> None:
    zeros = np.zeros((12, 12, 10)), np.zeros((24, 24, 2)), np.zeros((48, 48))
    assert len(targets.decode_masks(*zeros).shapes) == 0
    assert len(targets.decode_boxes(zeros[0], np.zeros((12, 12, 4))).shapes) == 0


def test_landmarks_come_back_from_their_targets() -> None:
    some = arrows.make_arrows(40, seed=2)
    heat = targets.landmark_targets(some.points)
    assert heat.shape == (40, 576, 4)
    assert np.allclose(heat.sum(axis=1), 1)
    inside = (some.points > 6) & (
        some.points < 42
    )  # at the border a hill is cut off, and its centre of mass moves in
    assert np.abs(targets.decode_landmarks(heat) - some.points)[inside].max() < 0.2


# Networks and training --------------------------------------------------------------------------------------


def whole_instance_segmenter() -> Any:
    return networks.instance_segmenter(networks.detector(), networks.segmenter(), networks.offset_head())


@pytest.mark.parametrize(
    ("build", "shapes"),
    [
        (networks.classifier, {"classes": (10,)}),
        (networks.detector, {"centres": (12, 12, 10), "boxes": (12, 12, 4)}),
        (networks.segmenter, {"pixels": (48, 48, 11)}),
        (networks.offset_head, {"offsets": (24, 24, 2)}),
        (
            whole_instance_segmenter,
            {"centres": (12, 12, 10), "offsets": (24, 24, 2), "ink": (48, 48, 1)},
        ),
        (networks.landmark_finder, {"landmarks": (576, 4)}),
    ],
)
def test_networks_give_what_they_promise(build: Callable, shapes: dict[str, tuple[int, ...]]) -> None:
    model = build()
    found = model.output if isinstance(model.output, dict) else {model.output_names[0]: model.output}
    assert {name: tuple(one.shape[1:]) for name, one in found.items()} == shapes
    assert model.count_params() < (400_000 if build is whole_instance_segmenter else 200_000)


def test_the_joined_network_says_what_its_parts_say(few: scenes.Scenes) -> None:
    parts = networks.detector(), networks.segmenter(), networks.offset_head()
    out = tasks.predict(networks.instance_segmenter(*parts), few.images)
    assert out["centres"] == pytest.approx(tasks.predict(parts[0], few.images)["centres"], abs=1e-5)
    assert out["ink"] == pytest.approx(1 - tasks.predict(parts[1], few.images)[..., :1], abs=1e-5)
    maps = tasks.predict(networks.features(parts[1]), few.images)
    assert out["offsets"] == pytest.approx(tasks.predict(parts[2], maps), abs=1e-5)


def test_the_head_for_offsets_learns_on_a_segmenter_that_stays(
    few: scenes.Scenes, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[Any, Any, list[str]]] = []

    def train(model: Any, x: Any, *rest: Any) -> None:
        seen.append((model, x, [weight.path for weight in model.trainable_variables]))

    monkeypatch.setattr(tasks, "train", train)
    segmenter = networks.segmenter()
    head = tasks.train_offsets(segmenter, few, tasks.RECIPES["instance segmentation"])
    ((joined, images, learning),) = seen
    assert images is few.images
    assert learning == [weight.path for weight in head.trainable_variables]
    maps = networks.features(segmenter)(few.images, training=False)
    expected = np.asarray(head(maps, training=False))
    assert np.asarray(joined(few.images, training=False)) == pytest.approx(expected, abs=1e-5)
    assert segmenter.trainable_variables


def test_an_encoder_is_copied_whole(few: scenes.Scenes) -> None:
    import keras

    source, target = networks.classifier(), networks.detector(24)
    networks.copy_encoder(source, target)
    windows, _ = scenes.windows(few)
    ends = [keras.Model(one.input, one.get_layer("encoder_6_cut").output) for one in (source, target)]
    ours, theirs = (tasks.predict(end, windows[:4]) for end in ends)
    assert np.array_equal(ours, theirs)
    assert ours.std() > 0


def test_stored_networks_come_back(tmp_path: Any, few: scenes.Scenes) -> None:
    models = {name: build() for name, build in stored.BUILDERS.items()}
    stored.save(models, tmp_path / "some.npz")
    for name, model in models.items():
        again = stored.load(name, tmp_path / "some.npz")
        images = few.images if name == "segmenter" else scenes.windows(few)[0]
        assert tasks.predict(again, images) == pytest.approx(tasks.predict(model, images), abs=5e-3)
    with pytest.raises(ValueError, match="Received: name='reader'"):
        stored.load("reader")
    (tmp_path / "some.npz").write_bytes(b"no archive")
    with pytest.raises(DataError, match="does not hold the classifier"):
        stored.load("classifier", tmp_path / "some.npz")


def test_the_centre_loss_by_hand() -> None:
    true = np.zeros((1, 2, 2, 1), np.float32)
    true[0, 0, 0, 0], true[0, 0, 1, 0] = 1, 0.5
    p = np.full_like(true, 0.2)
    centre, near, far = 0.8**2 * np.log(0.2), 0.5**4 * 0.2**2 * np.log(0.8), 0.2**2 * np.log(0.8)
    assert float(tasks.centre_loss(true, p)) == pytest.approx(-(centre + near + 2 * far), rel=1e-5)


def test_errors_count_only_where_they_are_marked() -> None:
    true = np.zeros((1, 2, 2, 3), np.float32)
    true[0, 1, 1] = [2.0, -1.0, 1.0]
    assert float(tasks.where_marked(true, np.ones((1, 2, 2, 2), np.float32))) == pytest.approx(3.0)
    assert float(tasks.where_marked(np.zeros_like(true), np.ones((1, 2, 2, 2), np.float32))) == 0


def test_the_dimmest_centre_is_that_of_the_least_sure_digit() -> None:
    centres = np.zeros((2, 12, 12, 10))
    boxes = [np.array([[0, 0, 8, 8], [20, 20, 40, 40]]), np.array([[40, 40, 48, 48]])]
    labels = [np.array([3, 7]), np.array([0])]
    centres[0, 1, 1, 3], centres[0, 6, 7, 7] = 0.9, 0.4  # the second is one cell off
    centres[1, 11, 11, 1] = 1.0  # another digit's map
    empty = np.zeros((2, 48, 48), np.uint8)
    examples = scenes.Scenes(empty[..., None], boxes, labels, empty, empty)
    assert tasks.dimmest_centres(centres, examples) == pytest.approx([0.4, 0.0])
