"""Reading strips: paths and their probabilities against Keras's CTC, strips against what they say."""

import numpy as np
import pytest

from workbook import data
from workbook.vision_tasks import reading


def some_scores(seed: int, count: int = 30, columns: int = 12, classes: int = 11) -> np.ndarray:
    """Draw scores in which neighbours often agree and the blank is frequent."""
    rng = np.random.default_rng(seed)
    path = np.repeat(rng.integers(0, classes, (count, columns // 2)), 2, axis=1)
    path[rng.random(path.shape) < 0.3] = reading.BLANK
    scores = rng.normal(0, 1, (count, columns, classes))
    np.put_along_axis(scores, path[..., None], 3, axis=-1)
    return scores.astype(np.float32)


@pytest.mark.parametrize(
    ("path", "text"),
    [((), ""), ((0, 0), ""), ((8, 8, 0, 8), "77"), ((1, 1, 10, 10, 1), "090"), ((0, 3, 3, 0), "2")],
)
def test_paths_collapse(path: tuple[int, ...], text: str) -> None:
    assert reading.collapse(path) == text


@pytest.mark.parametrize("seed", range(3))
def test_greedy_reading_is_keras(seed: int) -> None:
    from keras import ops

    scores = some_scores(seed)
    lengths = np.full(len(scores), scores.shape[1], np.int32)
    decoded, _ = ops.ctc_decode(scores, lengths, strategy="greedy", mask_index=reading.BLANK)
    theirs = ["".join(str(one - 1) for one in row if one > 0) for row in np.asarray(decoded)[0]]
    assert reading.read(scores) == theirs
    assert any(len(set(text)) < len(text) for text in theirs)
    assert len({len(text) for text in theirs}) > 2


@pytest.mark.parametrize("text", ["", "3", "33", "3034", "12121", "000"])
def test_the_probability_of_a_string_is_keras_loss(text: str) -> None:
    from keras import ops

    scores = some_scores(4, count=1, columns=8)
    probabilities = np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)
    classes = reading.targets([text or "0"])
    lengths = np.array([len(text)], np.int32), np.array([8], np.int32)
    loss = float(np.asarray(ops.ctc_loss(classes, scores, *lengths, mask_index=reading.BLANK))[0])
    assert reading.string_probability(probabilities[0], text) == pytest.approx(np.exp(-loss), rel=1e-4)


def test_the_probability_of_a_string_is_the_sum_over_its_paths() -> None:
    probabilities = np.random.default_rng(5).dirichlet(np.ones(4), 6)
    total = 0.0
    for text in ["", "0", "1", "22", "012", "101", "2210"]:
        paths = list(reading.paths_of(text, 6, 4))
        summed = sum(float(np.prod(probabilities[np.arange(6), path])) for path in paths)
        assert reading.string_probability(probabilities, text) == pytest.approx(summed, rel=1e-9)
        total += summed
    assert 0 < total < 1


def test_a_text_too_long_for_the_columns_has_no_path() -> None:
    probabilities = np.full((3, 11), 1 / 11)
    assert reading.string_probability(probabilities, "123") > 0
    assert reading.string_probability(probabilities, "113") == 0  # four columns at least: a blank between
    assert not list(reading.paths_of("113", 3))
    with pytest.raises(ValueError, match="digits below 3"):
        reading.paths_of("13", 3, 4)


def test_targets_are_classes_and_zeros() -> None:
    assert reading.targets(["07", "9", "123"]).tolist() == [[1, 8, 0], [10, 0, 0], [2, 3, 4]]


def test_a_string_is_right_or_wrong_as_a_whole() -> None:
    assert reading.sequence_accuracy(["12", "3", "44", ""], ["12", "3", "4", "7"]) == 0.5


def test_losses_keras_and_the_targets_agree_on_the_blank() -> None:
    import keras

    scores, texts = some_scores(6, count=3, columns=10), ["12", "5", "990"]
    loss = float(keras.losses.CTC()(reading.targets(texts), scores))
    probabilities = np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)
    ours = [-np.log(reading.string_probability(p, t)) for p, t in zip(probabilities, texts, strict=True)]
    assert loss == pytest.approx(np.mean(ours), rel=1e-4)


# Strips ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def strips() -> reading.Strips:
    return reading.unseen_strips(200)


def test_strips_are_bytes_with_one_to_five_digits(strips: reading.Strips) -> None:
    assert strips.images.shape == (200, 24, 80, 1)
    assert strips.images.dtype == np.uint8
    assert {len(text) for text in strips.texts} == {1, 2, 3, 4, 5}
    assert {digit for text in strips.texts for digit in text} == set("0123456789")


def test_the_same_seed_gives_the_same_strips(strips: reading.Strips) -> None:
    again, other = reading.unseen_strips(20), reading.training_strips(20, seed=3)
    assert np.array_equal(again.images, strips.images[:20])
    assert again.texts == strips.texts[:20]
    assert other.texts != again.texts


def test_digits_stand_in_the_order_of_the_text() -> None:
    """Write 0s and 1s that are blocks of their own width, and read them off the columns."""
    wide, slim = np.zeros((28, 28)), np.zeros((28, 28))
    wide[4:24, 7:20], slim[4:24, 12:15] = 255, 255
    rules = reading.StripRules(heights=(20, 20), strokes=0, noise=0.0)
    some = reading.make_strips(np.stack([wide, slim]), np.array([0, 1]), 50, seed=1, rules=rules)
    for image, text in zip(some.images, some.texts, strict=True):
        columns = (image[..., 0] > 0).any(axis=0)
        assert columns.sum() == sum(13 if digit == "0" else 3 for digit in text)
        order = np.flatnonzero(np.diff(np.r_[0, columns, 0])).reshape(-1, 2)
        widths = [int(end - start) for start, end in order]
        if len(widths) == len(text):  # no two digits touch
            assert ["0" if width == 13 else "1" for width in widths] == list(text)


def test_strips_say_what_they_cannot_do() -> None:
    mnist = data.load("mnist", samples=20, test_samples=20)
    for count, rules in ((0, None), (3, reading.StripRules(heights=(13, 30)))):
        with pytest.raises(ValueError, match="count must be at least 1"):
            reading.make_strips(mnist.x_test, mnist.y_test, count, seed=0, rules=rules)


def test_the_reader_gives_scores_for_each_column() -> None:
    model = reading.reader()
    assert model.output_shape == (None, 20, 11)
    assert model.count_params() < 200_000
