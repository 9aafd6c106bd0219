"""The claims of chapters 06 and 07 on trained networks, over three seeds and with the chapters' own cells."""

import pytest

from tests import harness

SEEDS = (1, 2, 3)


def _names(chapter: str, *starts: str) -> dict:
    """Run a chapter's set-up and the cells whose source begins with one of `starts`."""
    return harness.run_chapter(chapter, harness.named(starts=starts))


@pytest.fixture(scope="module")
def inception() -> dict:
    return _names("07_inception", "def deep_network", "def network_with_heads", "mnist = ")


@pytest.fixture(scope="module")
def alexnet() -> dict:
    return _names("06_alexnet_to_vgg", "mnist = ")


@pytest.mark.claims
@pytest.mark.parametrize("seed", SEEDS)
def test_vgg11_learns_and_vgg19_hardly(alexnet, seed):
    keras, np, ends = alexnet["keras"], alexnet["np"], {}
    digits = alexnet["x_train"][:2000]
    framed = np.pad(digits, ((0, 0), (2, 2), (2, 2), (0, 0))).astype("float32") / 255  # (2000, 32, 32, 1)
    for name in ("vgg11", "vgg19"):
        keras.utils.set_random_seed(seed)
        model = alexnet["architectures"].build(name, input_shape=(32, 32, 1), num_classes=10, width=1 / 8)
        model.compile(keras.optimizers.Adam(0.001), "sparse_categorical_crossentropy")
        history = model.fit(framed, alexnet["y_train"][:2000], batch_size=50, epochs=4, verbose=0).history
        ends[name] = history["loss"][-1]
    print(seed, ends)
    assert ends["vgg11"] < 1
    assert ends["vgg19"] > 1.5


@pytest.mark.claims
@pytest.mark.parametrize("seed", SEEDS)
def test_auxiliary_heads_make_a_deep_network_learn(inception, seed):
    keras, np, accuracy = inception["keras"], inception["np"], {}
    for heads in (False, True):
        keras.utils.set_random_seed(seed)
        model = inception["network_with_heads"](heads)
        count = len(model.outputs)
        losses = ["sparse_categorical_crossentropy"] * count
        model.compile(keras.optimizers.Adam(0.003), losses, loss_weights=[1, 0.3, 0.3][:count])
        model.fit(inception["x_train"], [inception["y_train"]] * count, batch_size=50, epochs=4, verbose=0)
        main = keras.Model(model.input, model.outputs[0])
        predicted = main.predict(inception["x_val"], batch_size=500, verbose=0).argmax(axis=1)
        accuracy[heads] = float(np.mean(predicted == inception["y_val"]))
    print(seed, accuracy)
    assert accuracy[False] < 0.5
    assert accuracy[True] > 0.8


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
