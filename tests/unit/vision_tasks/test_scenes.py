"""The scenes and arrows: drawn from one seed, and what is known of them is true."""

import numpy as np
import pytest

from workbook import data
from workbook.vision_tasks import arrows, raster, scenes


@pytest.fixture(scope="module")
def examples() -> scenes.Scenes:
    mnist = data.load("mnist")
    return scenes.make_scenes(mnist.x_test, mnist.y_test, 120, seed=3)


def test_the_same_seed_gives_the_same_scenes(examples: scenes.Scenes) -> None:
    mnist = data.load("mnist")
    again = scenes.make_scenes(mnist.x_test, mnist.y_test, 120, seed=3)
    other = scenes.make_scenes(mnist.x_test, mnist.y_test, 120, seed=4)
    assert np.array_equal(examples.images, again.images)
    assert all(np.array_equal(*pair) for pair in zip(examples.boxes, again.boxes, strict=True))
    assert not np.array_equal(examples.images, other.images)


def test_shapes_and_kinds(examples: scenes.Scenes) -> None:
    assert examples.images.shape == (120, 48, 48, 1)
    assert examples.images.dtype == np.uint8
    assert examples.class_maps.shape == examples.instance_maps.shape == (120, 48, 48)
    assert len(examples) == len(examples.boxes) == len(examples.labels) == 120
    assert {len(labels) for labels in examples.labels} == {1, 2, 3, 4}


def test_boxes_lie_inside_and_fit_their_masks(examples: scenes.Scenes) -> None:
    for number, boxes in enumerate(examples.boxes):
        masks = examples.masks(number)
        assert masks.shape == (len(boxes), 48, 48)
        for (y0, x0, y1, x1), mask in zip(boxes, masks, strict=True):
            assert 0 <= y0 < y1 <= 48
            assert 0 <= x0 < x1 <= 48
            inside = mask[y0:y1, x0:x1]
            assert inside.sum() == mask.sum() > 10
            assert inside[0].any()
            assert inside[-1].any()
            assert inside[:, 0].any()
            assert inside[:, -1].any()


def test_maps_agree_with_labels(examples: scenes.Scenes) -> None:
    for number, labels in enumerate(examples.labels):
        names = np.r_[0, labels + 1]
        assert np.array_equal(names[examples.instance_maps[number]], examples.class_maps[number])


def test_digits_have_the_heights_asked_for(examples: scenes.Scenes) -> None:
    boxes = np.concatenate(examples.boxes)
    heights = boxes[:, 2] - boxes[:, 0]
    assert heights.max() <= 24
    assert np.mean(heights >= 15) > 0.95


def test_overlaps_stay_below_the_limit() -> None:
    rng = np.random.default_rng(0)
    blocks = np.zeros((5, 28, 28), np.uint8)
    blocks[:, 2:26, 4:24] = 255  # full rectangles: a box is exactly its mask where nothing covers it
    limit = scenes.SceneRules(overlap=0.0, noise=0.0, strokes=0)
    crowded = scenes.make_scenes(blocks, rng.integers(0, 10, 5), 60, seed=1, rules=limit)
    for number in range(60):
        pairs = [(a, b) for i, a in enumerate(crowded.boxes[number]) for b in crowded.boxes[number][:i]]
        assert all(scenes.covered(tuple(a), tuple(b)) == 0 for a, b in pairs)


def test_overlap_is_a_share_of_the_smaller_box() -> None:
    assert scenes.covered((0, 0, 4, 4), (2, 2, 10, 10)) == pytest.approx(4 / 16)
    assert scenes.covered((0, 0, 4, 4), (4, 0, 8, 4)) == 0
    assert scenes.covered((0, 0, 8, 8), (2, 2, 4, 4)) == 1


def test_windows_hold_their_digit_in_the_middle(examples: scenes.Scenes) -> None:
    windows, labels = scenes.windows(examples)
    assert windows.shape == (sum(map(len, examples.labels)), 24, 24, 1)
    assert labels.tolist() == [label for labels in examples.labels for label in labels]
    y0, x0, y1, x1 = examples.boxes[0][0]
    y, x = (y0 + y1) // 2 - 12, (x0 + x1) // 2 - 12
    padded = np.pad(examples.images[0], ((12, 12), (12, 12), (0, 0)))
    assert np.array_equal(windows[0], padded[y + 12 : y + 36, x + 12 : x + 36])
    moved, _ = scenes.windows(examples, jitter=2, seed=1)
    shifts = [(dy, dx) for dy in range(-2, 3) for dx in range(-2, 3)]
    around = np.pad(examples.images[0], ((20, 20), (20, 20), (0, 0)))
    cut = [around[y + dy + 20 : y + dy + 44, x + dx + 20 : x + dx + 44] for dy, dx in shifts]
    assert sum(np.array_equal(moved[0], one) for one in cut) == 1


def test_clutter_is_background(examples: scenes.Scenes) -> None:
    bright = (examples.images[..., 0] > 90) & (examples.class_maps == 0)
    assert bright.sum(axis=(1, 2)).min() >= 0
    assert np.mean(bright.sum(axis=(1, 2)) > 5) > 0.9


@pytest.mark.parametrize(("count", "rules"), [(0, None), (3, scenes.SceneRules(heights=(20, 60)))])
def test_impossible_scenes_are_refused(count: int, rules: scenes.SceneRules | None) -> None:
    with pytest.raises(ValueError, match="Received"):
        scenes.make_scenes(np.ones((2, 28, 28)), np.zeros(2, int), count, seed=0, rules=rules)


def test_resizing_keeps_flat_pictures_flat_and_ramps_rising() -> None:
    assert np.allclose(raster.resize(np.full((20, 12), 7.0), 14, 9), 7)
    ramp = raster.resize(np.repeat(np.arange(20.0)[:, None], 5, axis=1), 10, 5)
    assert np.all(np.diff(ramp[:, 0]) > 0)
    assert ramp.mean() == pytest.approx(9.5, abs=0.01)


def test_a_line_is_bright_on_its_way_and_dark_beside_it() -> None:
    picture = np.zeros((20, 30))
    raster.draw_line(picture, np.array([5.0, 4.0]), np.array([5.0, 20.0]), grey=200, thickness=1.0)
    assert np.all(picture[5, 4:21] == 200)
    assert picture[5, 23] == 0
    assert picture[8].max() == 0
    assert picture[:, :2].max() == 0


@pytest.fixture(scope="module")
def drawn() -> arrows.Arrows:
    return arrows.make_arrows(100, seed=5, noise=0, strokes=0)


def test_landmarks_lie_inside_and_on_the_arrow(drawn: arrows.Arrows) -> None:
    assert drawn.images.shape == (100, 48, 48, 1)
    assert drawn.points.shape == (100, 4, 2)
    assert drawn.points.min() >= 2
    assert drawn.points.max() <= 46
    for image, points in zip(drawn.images, drawn.points, strict=True):
        rows, columns = np.floor(points).astype(int).T
        assert image[rows, columns, 0].min() > 20


def test_left_is_left_of_the_way_from_tail_to_tip(drawn: arrows.Arrows) -> None:
    tip, tail, left, right = np.moveaxis(drawn.points, 1, 0)
    way = tip - tail
    for barb, sign in ((left, 1), (right, -1)):
        side = way[:, 0] * (barb - tip)[:, 1] - way[:, 1] * (barb - tip)[:, 0]  # y points down
        assert np.all(np.sign(side) == sign)


def test_arrows_point_everywhere_and_have_the_lengths_asked_for(drawn: arrows.Arrows) -> None:
    way = drawn.points[:, 0] - drawn.points[:, 1]
    lengths = np.linalg.norm(way, axis=1)
    assert lengths.min() >= 16
    assert lengths.max() <= 34
    quarters = np.floor(np.arctan2(way[:, 0], way[:, 1]) / (np.pi / 2)).astype(int)
    assert set(quarters) == {-2, -1, 0, 1}


def test_the_same_seed_gives_the_same_arrows() -> None:
    one, other = arrows.make_arrows(5, seed=1), arrows.make_arrows(5, seed=1)
    assert np.array_equal(one.images, other.images)
    assert np.array_equal(one.points, other.points)
    with pytest.raises(ValueError, match="Received"):
        arrows.make_arrows(3, seed=1, lengths=(20, 60))


def test_scenes_with_touching_equal_digits_are_found() -> None:
    maps = np.zeros((5, 8, 8), np.uint8)
    maps[:, :3, :3], maps[:, :3, 3:6], maps[:, 7, 7] = 1, 2, 3  # 1 and 2 touch, 3 lies apart
    maps[3, :, 3] = 0  # a gap
    labels = [np.array(row) for row in ([4, 4, 1], [4, 5, 4], [4, 4], [4, 4, 4], [1, 4, 4])]
    boxes = [np.zeros((len(row), 4)) for row in labels]
    examples = scenes.Scenes(maps[..., None], boxes, labels, maps, maps)
    assert scenes.with_equal_neighbours(examples, digits=3) == [0]
    assert scenes.with_equal_neighbours(examples, digits=2) == [2]
