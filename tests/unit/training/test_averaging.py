"""Averages of weights against NumPy's; normalisation's statistics against those of the data."""

from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

from workbook.training import EpochAverage, ExponentialAverage, refresh_normalisation

EPOCHS, STEPS, BATCH = 5, 4, 8


def examples() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    x = rng.normal(3.0, 2.0, (STEPS * BATCH, 6)).astype(np.float32)
    return x, rng.integers(0, 3, len(x))


def a_network() -> keras.Model:
    keras.utils.set_random_seed(2)
    layers = keras.layers
    model = keras.Sequential(
        [keras.Input((6,)), layers.Dense(5), layers.BatchNormalization(), layers.ReLU(), layers.Dense(3)]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9), loss)
    return model


class Watch(keras.callbacks.Callback):
    """Keep the weights after every step, and after every epoch."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[list[np.ndarray]] = []
        self.epochs: list[list[np.ndarray]] = []

    def on_train_begin(self, logs: Any = None) -> None:
        self.first = self.model.get_weights()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.steps.append(self.model.get_weights())

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.epochs.append(self.model.get_weights())


def trained(*callbacks: Any, epochs: int = EPOCHS) -> keras.Model:
    model = a_network()
    x, y = examples()
    model.fit(x, y, batch_size=BATCH, epochs=epochs, shuffle=False, callbacks=list(callbacks), verbose=0)
    return model


def assert_weights(model: keras.Model, expected: list[np.ndarray]) -> None:
    for ours, theirs in zip(model.get_weights(), expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


def test_the_mean_of_the_last_epochs_is_numpys() -> None:
    watch = Watch()
    model = trained(watch, EpochAverage(3))
    assert_weights(model, [np.mean(parts, axis=0) for parts in zip(*watch.epochs[-3:], strict=True)])
    assert np.abs(model.get_weights()[0] - watch.epochs[-1][0]).max() > 1e-3


def test_more_epochs_than_there_are_is_all_of_them() -> None:
    watch = Watch()
    model = trained(watch, EpochAverage(99), epochs=2)
    assert_weights(model, [np.mean(parts, axis=0) for parts in zip(*watch.epochs, strict=True)])


def test_a_training_that_ends_before_the_last_epochs_stays_as_it_is() -> None:
    watch, average = Watch(), EpochAverage(1)
    model = a_network()
    x, y = examples()
    stop = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: setattr(model, "stop_training", epoch == 1)
    )
    model.fit(x, y, batch_size=BATCH, epochs=EPOCHS, callbacks=[watch, stop, average], verbose=0)
    assert len(watch.epochs) == 2
    assert_weights(model, watch.epochs[-1])


@pytest.mark.parametrize(("every", "ramp"), [(1, 0.0), (3, 0.0), (2, 3.0)])
def test_the_exponential_average_is_numpys(every: int, ramp: float) -> None:
    watch = Watch()
    model = trained(watch, ExponentialAverage(0.8, every=every, ramp=ramp))
    expected = watch.first
    for step, weights in enumerate(watch.steps, 1):
        if step % every == 0:
            decay = 0.8 * (step / (EPOCHS * STEPS)) ** ramp
            expected = [decay * old + (1 - decay) * new for old, new in zip(expected, weights, strict=True)]
    assert_weights(model, expected)


def test_feeding_back_goes_on_from_the_average() -> None:
    """Two steps from the average, then half of the way: with plain descent it can be walked by hand."""
    x, y = examples()
    walked, fed = a_network(), a_network()
    for model in (walked, fed):
        model.compile(keras.optimizers.SGD(0.1), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    average = ExponentialAverage(0.5, every=2, feeds_back=True)
    fed.fit(x, y, batch_size=BATCH, epochs=1, shuffle=False, callbacks=[average], verbose=0)
    slow = walked.get_weights()
    for step in range(STEPS):
        rows = slice(step * BATCH, (step + 1) * BATCH)
        walked.train_on_batch(x[rows], y[rows])
        if step % 2:
            slow = [0.5 * old + 0.5 * new for old, new in zip(slow, walked.get_weights(), strict=True)]
            walked.set_weights(slow)
    assert_weights(fed, walked.get_weights())


def test_the_statistics_are_those_of_all_examples() -> None:
    model = a_network()
    x, _ = examples()
    before = model.get_weights()
    refresh_normalisation(model, x, batch_size=13)  # 13, 13 and 6
    inputs = ops.convert_to_numpy(model.layers[0](x))
    norm = model.layers[1]
    np.testing.assert_allclose(
        ops.convert_to_numpy(norm.moving_mean), inputs.mean(axis=0), rtol=1e-4, atol=1e-5
    )
    np.testing.assert_allclose(ops.convert_to_numpy(norm.moving_variance), inputs.var(axis=0), rtol=1e-3)
    assert norm.momentum == 0.99
    for place in (0, 1, 2, 3, 6, 7):  # everything but the statistics
        np.testing.assert_array_equal(model.get_weights()[place], before[place])


def test_networks_within_networks_are_found_and_frozen_ones_left_alone() -> None:
    inner = keras.Sequential([keras.Input((6,)), keras.layers.BatchNormalization()])
    frozen = keras.layers.BatchNormalization(trainable=False)
    model = keras.Sequential([keras.Input((6,)), frozen, inner])
    x, _ = examples()
    refresh_normalisation(model, x)
    np.testing.assert_allclose(
        ops.convert_to_numpy(inner.layers[0].moving_mean), x.mean(axis=0), rtol=1e-2, atol=1e-2
    )
    assert not np.any(ops.convert_to_numpy(frozen.moving_mean))


def test_after_averaging_the_statistics_fit_the_averaged_weights() -> None:
    x, _ = examples()
    model = trained(EpochAverage(2, refresh=x))
    inputs = ops.convert_to_numpy(model.layers[0](x))
    np.testing.assert_allclose(
        ops.convert_to_numpy(model.layers[1].moving_mean), inputs.mean(axis=0), rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize(
    "make",
    [
        lambda: EpochAverage(0),
        lambda: EpochAverage(True),
        lambda: ExponentialAverage(1.0),
        lambda: ExponentialAverage(0.9, every=0),
        lambda: ExponentialAverage(0.9, ramp=-1),
        lambda: refresh_normalisation(a_network(), np.zeros((0, 6))),
        lambda: refresh_normalisation(a_network(), np.zeros((3, 6)), batch_size=0),
    ],
)
def test_bad_input_gets_one_clear_error(make: Any) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]*Received: [^\n]+$"):
        make()
