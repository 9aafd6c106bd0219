"""The learned distance: neighbours against SciPy's tree, the loss against Keras's cross-entropy and by hand."""

import numpy as np
import pytest

from workbook.vision_tasks import embedding


def some_vectors(seed: int, count: int = 60, classes: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Draw vectors of length 1 around a middle for each class, and their labels."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, count)
    vectors = rng.normal(0, 1, (classes, 5))[labels] + rng.normal(0, 0.8, (count, 5))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True), labels


@pytest.mark.parametrize("count", [1, 3])
def test_neighbours_are_those_of_scipys_tree(count: int) -> None:
    from scipy.spatial import KDTree

    vectors, labels = some_vectors(1)
    theirs = KDTree(vectors).query(vectors, count + 1)[1][:, 1:]  # the first is the vector itself
    assert np.array_equal(embedding.neighbours(vectors, count), theirs)
    hits = (labels[theirs] == labels[:, None]).any(axis=1)
    recall = embedding.recall_at(vectors, labels, count)
    assert recall == pytest.approx(hits.mean())
    assert 0.3 < recall < 1


def test_distances_are_scipys() -> None:
    from scipy.spatial.distance import cdist

    rng = np.random.default_rng(2)
    one, other = rng.normal(0, 1, (6, 4, 4, 1)), rng.normal(0, 1, (5, 4, 4, 1))
    expected = cdist(one.reshape(6, -1), other.reshape(5, -1))
    assert embedding.distances(one, other) == pytest.approx(expected)


def test_nobody_is_his_own_neighbour() -> None:
    vectors = np.array([[0.0, 0.0], [0.0, 0.0], [3.0, 0.0], [3.5, 0.0]])
    assert embedding.neighbours(vectors)[:, 0].tolist() == [1, 0, 3, 2]
    assert embedding.recall_at(vectors, np.array([0, 1, 2, 2])) == 0.5
    for count in (0, 4):
        with pytest.raises(ValueError, match="count must be from 1"):
            embedding.neighbours(vectors, count)


def test_the_loss_is_a_cross_entropy_over_the_others() -> None:
    import keras

    vectors = some_vectors(3, count=12)[0].astype(np.float32)
    cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    expected = []
    for number in range(12):
        rest = np.delete(np.arange(12), number)
        logits = (vectors[rest] @ vectors[number] / embedding.TEMPERATURE)[None]
        partner = np.flatnonzero(rest == (number ^ 1))  # 0 and 1, 2 and 3, …
        expected.append(float(cross_entropy(partner, logits)))
    found = float(embedding.contrast_loss(None, vectors.reshape(6, 2, 5)))
    assert found == pytest.approx(np.mean(expected), rel=1e-4)


def test_the_loss_prefers_partners_that_are_close_and_others_that_are_far() -> None:
    apart = np.array([[[1, 0], [1, 0]], [[-1, 0], [-1, 0]]], np.float32)
    together, crossed = np.tile(apart[:1], (2, 1, 1)), np.swapaxes(apart, 0, 1)
    losses = [float(embedding.contrast_loss(None, one)) for one in (apart, together, crossed)]
    assert losses == sorted(losses)
    assert losses[1] == pytest.approx(np.log(3), rel=1e-5)  # three others, all alike


def test_pairs_show_one_digit_twice_and_classes_that_are_known() -> None:
    pairs = embedding.training_pairs(60, seed=2)
    assert pairs.shape == (60, 2, 28, 28, 1)
    assert pairs.dtype == np.uint8
    assert np.array_equal(embedding.training_pairs(60, seed=2), pairs)
    ink = pairs.reshape(60, 2, -1).astype(float)
    assert np.all(np.abs(ink[:, 0] - ink[:, 1]).mean(axis=1) > 5)  # no view is the other


def test_unseen_views_show_the_new_classes() -> None:
    some = embedding.unseen_views(150)
    assert some.images.shape == (150, 28, 28, 1)
    assert set(some.labels.tolist()) == set(embedding.NEW)
    assert not set(embedding.NEW) & set(embedding.KNOWN)
    assert np.array_equal(embedding.unseen_views(10).images, some.images[:10])
    with pytest.raises(ValueError, match="one of the labels"):
        embedding.unseen_views(3, classes=(11,))
    with pytest.raises(ValueError, match="at least 0"):
        embedding.make_views(some.images, seed=0, slant=-1.0)


def test_a_slant_shifts_rows_and_keeps_the_middle() -> None:
    digit = np.zeros((5, 9))
    digit[:, 4] = 1
    assert embedding.slanted(digit, 1.0).argmax(axis=1).tolist() == [2, 3, 4, 5, 6]
    assert embedding.slanted(digit, -0.5).argmax(axis=1).tolist() == [5, 4, 4, 4, 3]
    assert np.array_equal(embedding.slanted(digit, 0.0), digit)
    assert embedding.slanted(digit, 3.0).sum() == 3  # what leaves the picture is gone


def test_vectors_have_length_one() -> None:
    model = embedding.embedder()
    vectors = embedding.embed(model, embedding.unseen_views(8).images)
    assert vectors.shape == (8, 192)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(8), abs=1e-5)
    assert embedding.projector().output_shape == (None, 32)
    assert model.count_params() < 200_000


def test_a_batch_of_pairs_can_be_trained() -> None:
    from workbook.vision_tasks import tasks

    model = embedding.train_embedder(embedding.training_pairs(20), tasks.TaskTraining(1, 0.001, 10))
    assert model.output_shape == (None, 192)
