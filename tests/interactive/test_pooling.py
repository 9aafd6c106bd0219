"""The pooling picture: its JavaScript pools as the reference does, and counts what a move changes."""

import numpy as np
import pytest

from workbook import reference
from workbook.interactive.pooling import MARGIN, frame, pooling

SOURCE = np.random.default_rng(0).integers(0, 256, (9 + 2 * MARGIN, 12 + 2 * MARGIN))
IMAGE = SOURCE[:9, :12]
STRIPES = np.tile([0, 0, 1, 1], (16, 5))


@pytest.mark.parametrize("kind", ["max", "mean"])
def test_pooling_equals_the_reference(node, kind):
    settings = [(size, strides) for size in (1, 2, 3, 9) for strides in (1, 2, 3, 5)]
    code = "settings.map(([size, strides]) => asset.pool(image, size, strides, kind))"
    outputs = node("pooling", code, settings=settings, image=IMAGE, kind=kind)
    for (size, strides), output in zip(settings, outputs, strict=True):
        expected = reference.pool2d(IMAGE, size, strides=strides, kind=kind)
        np.testing.assert_allclose(output, expected)


def test_skipping_keeps_the_first_pixel_of_every_window(node):
    output = node("pooling", 'asset.pool(image, 3, 2, "skip")', image=IMAGE)
    assert output == IMAGE[:7:2, :10:2].tolist()


def test_a_window_that_does_not_fit_gives_no_output(node):
    assert node("pooling", 'asset.pool(image, 10, 1, "max")', image=IMAGE) == []


def test_the_frame_shows_what_python_shows(node):
    moves = [(0, 0), (1, 0), (0, -1), (-4, 4), (4, -4)]
    code = "moves.map(([down, right]) => asset.view(source, margin, down, right))"
    views = node("pooling", code, source=SOURCE, moves=moves, margin=MARGIN)
    for (down, right), seen in zip(moves, views, strict=True):
        assert seen == frame(SOURCE, down, right).tolist()
        assert np.shape(seen) == (9, 12)


def test_what_moved_down_comes_from_above():
    assert np.array_equal(frame(SOURCE, 2, 0)[2:], frame(SOURCE, 0, 0)[:-2])


def test_changes_are_counted_and_weighed(node):
    before, after = [[1, 2], [3, 4]], [[1, 2], [4, 2]]
    result = node("pooling", "asset.compare(before, after)", before=before, after=after)
    assert result == {"changed": [[False, False], [True, True]], "count": 2, "share": 3 / 10}


def test_a_change_of_outputs_that_were_all_dark_has_no_share(node):
    result = node("pooling", "asset.compare([[0, 0]], [[0, 9]])")
    assert result == {"changed": [[False, True]], "count": 1, "share": None}


@pytest.fixture
def explained(node):
    """Return a function: the move that explains the max-pooled output after the input has moved, or None."""

    def move(source, size, strides, down, right):
        before, after = (
            reference.pool2d(frame(source, *moved), size, strides=strides)
            for moved in ((0, 0), (down, right))
        )
        return node(
            "pooling", f"asset.explainedBy(before, after, {down}, {right})", before=before, after=after
        )

    return move


def test_a_move_by_whole_steps_moves_the_output_along(explained):
    assert explained(SOURCE, 2, 2, 0, 4) == [0, 2]
    assert explained(SOURCE, 3, 2, -2, 0) == [-1, 0]
    assert explained(SOURCE, 2, 1, 3, -1) == [3, -1]


def test_no_move_explains_the_output_after_half_a_step(explained):
    assert explained(SOURCE, 2, 2, 0, 1) is None
    assert explained(STRIPES, 2, 2, 0, 1) is None


def test_stripes_moved_by_their_period_stay(explained):
    assert explained(STRIPES, 2, 2, 0, 4) == [0, 0]


def test_the_verdict_is_said_in_words(node):
    code = "moves.map((move) => asset.verdict({ count: 3 }, move))"
    alone, both, none = node("pooling", code, moves=[[0, -1], [2, 1], None])
    assert alone == "It moves along, by 1 column."
    assert both == "It moves along, by 2 rows and 1 column."
    assert none == "No move explains it."
    assert node("pooling", "asset.verdict({ count: 0 }, [0, 0])") == ""


def test_the_alternative_text_counts_what_changed():
    before, after = (reference.pool2d(frame(SOURCE, 0, right), 3, strides=2) for right in (0, 1))
    changed = np.count_nonzero(before != after)
    alt = pooling({"noise": SOURCE, "stripes": STRIPES}, pool_size=3, strides=2).alt
    assert f"max pooling {changed} of {after.size}." in alt


@pytest.mark.parametrize("picture", [SOURCE[0], SOURCE[:8], -SOURCE, np.full(SOURCE.shape, np.inf)])
def test_other_pictures_are_refused(picture):
    with pytest.raises(ValueError, match="picture"):
        pooling({"mine": picture})


@pytest.mark.parametrize("options", [{"pool_size": 10}, {"pool_size": 0}, {"strides": 0}])
def test_windows_that_do_not_fit_are_refused(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        pooling({"mine": SOURCE}, **options)


@pytest.mark.claims
def test_the_pooling_picture_keeps_the_rules(keeps_the_rules):
    keeps_the_rules(pooling({"noise": SOURCE, "stripes": STRIPES}))


@pytest.mark.claims
def test_arrow_keys_move_the_input_and_changes_are_counted(show):
    shown = show(pooling({"noise": SOURCE}))
    shown.get_by_label("Input:").press("ArrowRight")
    before, after = (reference.pool2d(frame(SOURCE, 0, right), 2) for right in (0, 1))
    text = f"{np.count_nonzero(before != after)} of {after.size} changed"
    assert text in shown.locator(".pooling > div").last.inner_text()
    shown.get_by_label("Input:").press("ArrowRight")
    assert "It moves along, by 1 column." in shown.locator(".pooling > div").last.inner_text()
    shown.get_by_role("button", name="Move back").click()
    assert shown.locator(".pooling").inner_text().count("0 of 24 changed.") == 3


@pytest.mark.claims
def test_an_output_is_chosen_by_key_or_click_and_its_window_is_told(show):
    shown = show(pooling({"noise": SOURCE}), width=390, dark=True)
    image = frame(SOURCE, 0, 0)
    output = shown.get_by_label("Output of max pooling")
    output.click(position={"x": 2, "y": 2})
    assert f"max {image[:2, :2].max()}" in shown.locator(".formula").inner_text()
    output.press("ArrowDown")
    assert f"max {image[2:4, :2].max()}" in shown.locator(".formula").inner_text()


@pytest.mark.claims
def test_window_and_strides_are_tied_until_strides_are_chosen(show):
    shown = show(pooling({"noise": SOURCE}))
    shown.get_by_label("window", exact=True).press("ArrowRight")
    assert "max pooling, 3 × 4" in shown.locator(".pooling").inner_text()
    shown.get_by_label("strides", exact=True).press("ArrowLeft")
    assert "max pooling, 4 × 5" in shown.locator(".pooling").inner_text()
    assert not shown.get_by_label("strides = window").is_checked()
