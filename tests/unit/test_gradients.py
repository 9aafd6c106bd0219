"""Gradients with respect to images and to weights, on the backend of this process; `test_on_jax` runs these on JAX."""

import numpy as np
import pytest

from workbook import gradients


@pytest.fixture
def model():
    import keras

    keras.utils.set_random_seed(1)
    return keras.Sequential(
        [
            keras.Input((6, 6, 2)),
            keras.layers.Conv2D(3, 3, activation="tanh"),
            keras.layers.BatchNormalization(),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(4),
        ]
    )


@pytest.fixture
def images() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(5, 6, 6, 2)).astype("float32")


def test_weight_gradients_are_the_slopes_of_the_loss(model, images) -> None:
    import keras

    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    labels = np.array([0, 1, 2, 3, 0])
    before = [weight.copy() for weight in model.get_weights()]
    slopes = gradients.weight_gradients(model, loss, images, labels)
    assert [slope.shape for slope in slopes] == [tuple(v.shape) for v in model.trainable_variables]
    assert all(np.array_equal(*pair) for pair in zip(before, model.get_weights(), strict=True))

    step = 1e-2
    for variable, slope in zip(model.trainable_variables, slopes, strict=True):
        value = keras.ops.convert_to_numpy(variable)
        direction = np.random.default_rng(1).normal(size=value.shape)
        losses = []
        for sign in (1, -1):
            variable.assign(value + sign * step * direction)
            with keras.StatelessScope():  # the moving averages stay
                losses.append(float(loss(labels, model(images, training=True))))
        variable.assign(value)
        measured = (losses[0] - losses[1]) / (2 * step)
        assert measured == pytest.approx(float((slope * direction).sum()), abs=2e-3)


def test_the_slope_of_one_pixel_is_its_weight(images) -> None:
    from keras import ops

    weights = np.arange(images.size).reshape(images.shape) / images.size
    slope = gradients.input_slope(lambda pixels: ops.sum(pixels * weights.astype("float32")), images)
    np.testing.assert_allclose(slope, weights, rtol=1e-6)


def test_an_unused_image_has_slope_0(images) -> None:
    from keras import ops

    slope = gradients.input_slope(lambda pixels: ops.sum(pixels[:1] ** 2), images)
    assert np.any(slope[0])
    assert not np.any(slope[1:])


def test_another_backend_is_named(model, images, monkeypatch) -> None:
    import keras

    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    for call in (
        lambda: gradients.input_gradient(lambda pixels: pixels),
        lambda: gradients.input_slope(lambda pixels: pixels, images),
        lambda: gradients.weight_gradients(model, lambda targets, outputs: outputs, images, images),
    ):
        with pytest.raises(ValueError, match=r"need TensorFlow or JAX: set KERAS_BACKEND .*'torch'"):
            call()
