"""Sentences of film reviews: Kim's text CNN with random word vectors; the seed chooses which of ten folds is the test.

Kim 2014, section 3, has no test set for such sentences and cross-validates over ten folds; so does this recipe. All
10,568 sentences are shuffled once, always in the same order; the last digit of the seed is the number of the test fold.
The vocabulary is made from the other nine folds only. The sentences are of the same kind as Kim's but with new ratings,
so his 76.1 % for random vectors is a guide, not a comparison.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from workbook.training.recipes.definition import Examples, Recipe, Target

if TYPE_CHECKING:
    import keras

FOLDS, ORDER_SEED = 10, 2014
SIZE, LENGTH = 12_000, 40  # entries of the vocabulary, words per sentence
DIMENSIONS, WIDTHS, FILTERS = 64, (3, 4, 5), 64
RATE = 0.002


def load(seed: int) -> Examples:
    """Return word ids (N, 40). Fold number `seed % 10` is the test; the vocabulary does not use it."""
    from workbook import data, text

    dataset = data.load("movie_reviews")
    sentences = [*dataset.x_train, *dataset.x_test]
    labels = np.concatenate([dataset.y_train, dataset.y_test])
    train, test = folds(len(sentences), seed % FOLDS)
    words = text.vocabulary((sentences[row] for row in train), size=SIZE)

    def ids(rows: np.ndarray) -> np.ndarray:
        return text.encode((sentences[row] for row in rows), words, length=LENGTH).astype(np.int32)

    return Examples(
        ids(train),
        labels[train],
        ids(test),
        labels[test],
        dataset.class_names,
        dataset.source,
        dataset.is_standin,
    )


def folds(count: int, fold: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the positions of the training and of the test sentences: `fold` of ten is the test."""
    order = np.random.default_rng(ORDER_SEED).permutation(count)
    is_test = np.arange(count) % FOLDS == fold
    return order[~is_test], order[is_test]


def network() -> "keras.Model":
    """Build Kim's network: embedding, widths 3, 4 and 5, the maximum over time, dropout, two scores."""
    import keras
    from keras import layers

    from workbook import text

    body = text.text_cnn(SIZE, dimensions=DIMENSIONS, widths=WIDTHS, filters=FILTERS, length=LENGTH)
    kept = body.layers[-2].output  # after dropout, before chapter 13's single sigmoid: (192,)
    return keras.Model(
        body.input, layers.Dense(2, dtype="float32", name="scores")(kept), name="movie_reviews_quick"
    )


def adam(steps_per_epoch: int, epochs: int) -> Any:
    """Return Adam with a rate that falls to 0 along a cosine."""
    from keras import optimizers

    return optimizers.Adam(optimizers.schedules.CosineDecay(RATE, steps_per_epoch * epochs))


QUICK = Recipe(
    data="movie_reviews",
    name="quick",
    summary="Kim's text CNN on nine of ten folds; the seed chooses the test fold",
    load=load,
    build=network,
    optimizer=adam,
    epochs=3,
    batch_size=50,
    target=Target(0.761),
)
