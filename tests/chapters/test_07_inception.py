"""The claims of chapters 06 and 07 on trained networks, over three seeds and with the chapters' own cells."""

import pytest

from tests import harness

SEEDS = (1, 2, 3)


def _names(chapter: str, *starts: str) -> dict:
    """Run a chapter's set-up and the cells whose source begins with one of `starts`."""
    return harness.run_chapter(chapter, harness.named(starts=starts))


@pytest.fixture(scope="module")
def inception() -> dict:
    return _names("07_inception", "def deep_network", "mnist = ")


@pytest.fixture(scope="module")
def alexnet() -> dict:
    return _names("06_alexnet_to_vgg", "mnist = ")


@pytest.mark.claims
@pytest.mark.parametrize("seed", SEEDS)
def test_the_normalised_network_learns_at_rates_at_which_the_plain_one_does_not(inception, seed):
    keras, accuracy = inception["keras"], {}
    for rate, normalise in ((0.1, False), (0.3, False), (0.3, True)):
        keras.utils.set_random_seed(seed)
        model = inception["deep_network"](normalise)
        model.compile(keras.optimizers.SGD(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
        model.fit(inception["x_train"], inception["y_train"], batch_size=50, epochs=4, verbose=0)
        unseen = inception["x_val"], inception["y_val"]
        accuracy[rate, normalise] = model.evaluate(*unseen, batch_size=500, verbose=0)[1]
    print(seed, accuracy)
    assert max(accuracy[0.1, False], accuracy[0.3, False]) < 0.6
    assert accuracy[0.3, True] > 0.8


@pytest.mark.claims
@pytest.mark.parametrize("seed", SEEDS)
def test_with_adam_the_plain_network_learns_too_and_the_normalised_one_learns_more(inception, seed):
    keras, accuracy = inception["keras"], {}
    for normalise in (False, True):
        keras.utils.set_random_seed(seed)
        model = inception["deep_network"](normalise)
        model.compile(keras.optimizers.Adam(0.003), "sparse_categorical_crossentropy", metrics=["accuracy"])
        model.fit(inception["x_train"], inception["y_train"], batch_size=50, epochs=4, verbose=0)
        unseen = inception["x_val"], inception["y_val"]
        accuracy[normalise] = model.evaluate(*unseen, batch_size=500, verbose=0)[1]
    print(seed, accuracy)
    assert 0.85 < accuracy[False] < 0.95
    assert 0.92 < accuracy[True] < 0.98
    assert accuracy[True] > accuracy[False]


@pytest.mark.claims
@pytest.mark.parametrize("seed", SEEDS)
def test_relu_ends_lower_than_tanh_and_the_sigmoid_does_not_learn(alexnet, seed):
    keras, losses, accuracies = alexnet["keras"], {}, {}
    initializers = {"sigmoid": "glorot_uniform", "tanh": "glorot_uniform", "relu": "he_uniform"}
    for name, initializer in initializers.items():
        keras.utils.set_random_seed(seed)
        model = alexnet["small_network"](name, initializer)
        optimizer = keras.optimizers.SGD(0.01, momentum=0.9)
        model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
        history = model.fit(
            alexnet["x_train"], alexnet["y_train"], batch_size=50, epochs=5, verbose=0
        ).history
        losses[name] = history["loss"][-1]
        accuracies[name] = model.evaluate(alexnet["x_val"], alexnet["y_val"], batch_size=500, verbose=0)[1]
    print(seed, losses, accuracies)
    assert losses["sigmoid"] > 2.2
    assert losses["relu"] < 0.8 * losses["tanh"]
    assert min(accuracies["tanh"], accuracies["relu"]) > 0.9
