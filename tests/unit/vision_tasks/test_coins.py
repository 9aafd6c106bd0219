"""Coins: the hand-made truth, the made-up pictures, and what is read off the network's answers."""

import keras
import numpy as np
import pytest

from workbook import data
from workbook.vision_tasks import coins, metrics, networks


def test_the_photograph_is_halved() -> None:
    picture = coins.photograph()
    assert picture.shape == (152, 192, 1)
    assert picture.dtype == np.uint8
    assert picture.mean() == pytest.approx(data.photograph("coins").mean(), abs=0.5)


def test_the_truth_has_24_coins_inside_the_picture_that_do_not_overlap() -> None:
    boxes, masks = coins.true_boxes(), coins.true_masks()
    assert boxes.shape == (24, 4)
    assert masks.shape == (24, 152, 192)
    assert boxes.min() >= 0
    assert np.all(boxes[:, 2:] <= (152, 192))
    assert masks.sum(axis=0).max() == 1
    overlaps = metrics.box_iou(boxes, boxes) - np.eye(24)
    assert overlaps.max() == 0


def test_each_true_mask_fills_its_box_as_a_disc_does() -> None:
    for (y0, x0, y1, x1), mask in zip(coins.true_boxes(), coins.true_masks(), strict=True):
        rows, columns = np.nonzero(mask)
        assert (rows.min(), columns.min()) == pytest.approx((y0, x0), abs=1)
        assert (rows.max() + 1, columns.max() + 1) == pytest.approx((y1, x1), abs=1)
        assert mask.sum() / ((y1 - y0) * (x1 - x0)) == pytest.approx(np.pi / 4, abs=0.05)


def test_coins_are_brighter_than_the_ground_right_outside_their_outline() -> None:
    """An outline that missed its coin, or was too wide, would have the ground's grey inside its edge."""
    picture = data.photograph("coins").astype(float)
    for points in coins.outlines():
        outline = 2 * points
        centre = outline.mean(axis=0)
        inside, outside = (
            np.mean([picture[tuple((centre + share * (point - centre)).astype(int))] for point in outline])
            for share in (0.93, 1.07)
        )
        assert inside > outside + 20


def test_made_up_pictures_agree_with_their_annotations() -> None:
    made = coins.make_coins(20, seed=3)
    assert made.images.shape == (20, 96, 96, 1)
    for number, (boxes, labels) in enumerate(zip(made.boxes, made.labels, strict=True)):
        assert 1 <= len(boxes) <= 9
        assert not labels.any()
        masks = made.masks(number)
        for (y0, x0, y1, x1), mask in zip(boxes.astype(int), masks, strict=True):
            assert mask[y0:y1, x0:x1].sum() == mask.sum() > 0
            assert mask[y0].any()
            assert mask[y1 - 1].any()
        assert np.array_equal(masks.any(axis=0), made.class_maps[number] > 0)


def test_a_seed_makes_the_same_coins_and_another_seed_others() -> None:
    first, again, other = (coins.make_coins(3, seed=seed).images for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_made_up_coins_need_a_count() -> None:
    with pytest.raises(ValueError, match=r"count must be at least 1. Received: count=0"):
        coins.make_coins(0, seed=1)


def test_no_relief_is_taken_from_the_photograph_of_the_test() -> None:
    assert "coins" not in coins.RELIEFS
    assert set(coins.RELIEFS) <= set(data.pictures.PHOTOGRAPHS)


def test_the_network_reads_pictures_of_any_size() -> None:
    answer = coins.look(networks.coin_finder(), coins.photograph())
    assert answer["centres"].shape == (38, 48, 1)
    assert answer["boxes"].shape == (38, 48, 4)
    assert answer["pixels"].shape == (152, 192, 2)
    assert answer["pixels"].sum(axis=-1) == pytest.approx(1, abs=1e-5)


def perfect_answer() -> dict[str, np.ndarray]:
    """Return what a network would say that knows the truth, with two bright cells at each coin."""
    heat, regression = np.zeros((38, 48, 1), np.float32), np.zeros((38, 48, 4), np.float32)
    for y0, x0, y1, x1 in coins.true_boxes():
        y, x = (y0 + y1) / 8, (x0 + x1) / 8
        for step, height in ((0, 0.9), (1, 0.5)):
            row, column = int(y), int(x) + step
            heat[row, column] = height
            regression[row, column] = (y - row - 0.5, x - column - 0.5, (y1 - y0) / 16, (x1 - x0) / 16)
    coin = coins.true_masks().any(axis=0)
    return {"centres": heat, "boxes": regression, "pixels": np.stack([~coin, coin], axis=-1).astype(float)}


def test_a_perfect_answer_has_perfect_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = perfect_answer()
    monkeypatch.setattr(coins, "look", lambda model, image: answer)
    assert coins.scores(keras.Model()) == {"coins, boxes": 1, "coins, tight boxes": 1, "coins, masks": 1}


def test_suppression_leaves_one_box_for_each_coin() -> None:
    answer = perfect_answer()
    assert len(coins.every_box(answer, least=0.2).shapes) == 48
    assert len(coins.every_box(answer, least=0.6).shapes) == 24
    assert len(coins.find(answer).shapes) == 24


def test_an_empty_answer_has_no_boxes_no_masks_and_scores_of_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = perfect_answer()
    answer["centres"][:] = 0
    found = coins.find(answer)
    assert len(found.shapes) == 0
    assert coins.find_masks(answer, found.shapes).shape == (0, 152, 192)
    monkeypatch.setattr(coins, "look", lambda model, image: answer)
    assert set(coins.scores(keras.Model()).values()) == {0}


def test_one_grey_splits_two_greys_between_them() -> None:
    picture = np.array([[10, 10, 12], [200, 205, 200]], np.uint8)
    assert 12 <= coins.best_threshold(picture) < 200


def test_one_grey_is_fooled_by_the_light_in_the_corner() -> None:
    picture, true = coins.photograph()[..., 0], coins.true_masks().any(axis=0)
    bright = picture > coins.best_threshold(picture)
    corner = np.s_[:12, :60]
    assert not true[corner].any()
    assert bright[corner].mean() > 0.9
    assert metrics.class_iou(metrics.confusion(true, bright, 2))[1] < 0.85


@pytest.mark.claims
def test_made_up_coins_teach_what_coins_are() -> None:
    scores = []
    for seed in (4, 5, 6):
        keras.utils.set_random_seed(seed)
        scores.append(coins.scores(coins.train(coins.make_coins(seed=seed))))
    print(scores)
    assert min(row["coins, boxes"] for row in scores) > 0.95
    assert min(row["coins, masks"] for row in scores) > 0.85
