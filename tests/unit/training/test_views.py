"""Test-time views against views made by hand; whitening against the covariance it leaves; first kernels that copy."""

from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

from workbook import data
from workbook.training import VIEWS, Dirac, View, patches, predict_averaged, whitening, whitening_kernel


def images() -> np.ndarray:
    return np.random.default_rng(3).integers(0, 255, (9, 6, 7, 2)).astype(np.uint8)


def a_network() -> keras.Model:
    keras.utils.set_random_seed(4)
    layers = keras.layers
    return keras.Sequential(
        [keras.Input((6, 7, 2)), layers.Rescaling(1 / 255), layers.Flatten(), layers.Dense(3, "softmax")]
    )


# ---------------------------------------------------------------- views


def test_a_view_moves_down_and_right_and_mirrors() -> None:
    image = np.arange(20).reshape(1, 4, 5, 1)
    moved = View(1, 2)(image)
    np.testing.assert_array_equal(moved[:, 1:, 2:], image[:, :3, :3])
    np.testing.assert_array_equal(moved[:, 0, 2:], image[:, 1, :3])  # reflected: row 1 comes in above row 0
    np.testing.assert_array_equal(View(-1, 0)(image)[:, :3], image[:, 1:])
    np.testing.assert_array_equal(View(1, 2, is_mirrored=True)(image), moved[:, :, ::-1])


@pytest.mark.parametrize(("name", "count"), [("plain", 1), ("flip", 2), ("shift", 5), ("flip and shift", 6)])
def test_the_average_is_that_of_the_views(name: str, count: int) -> None:
    model, x = a_network(), images()
    assert len(VIEWS[name]) == count
    assert sum(view.weight for view in VIEWS[name]) == pytest.approx(1)
    expected = sum(view.weight * model.predict(view(x), verbose=0) for view in VIEWS[name])
    averaged = predict_averaged(model, x, views=name, batch_size=4)
    np.testing.assert_allclose(averaged, expected, rtol=1e-5)
    np.testing.assert_allclose(averaged.sum(axis=1), 1, rtol=1e-5)


def test_with_flips_an_image_and_its_mirror_image_get_the_same() -> None:
    model, x = a_network(), images()
    np.testing.assert_allclose(
        predict_averaged(model, x), predict_averaged(model, x[:, :, ::-1]), rtol=1e-5, atol=1e-6
    )


def test_weights_of_own_views_count_in_proportion() -> None:
    model, x = a_network(), images()
    plain, moved = (predict_averaged(model, x, views=[view]) for view in (View(), View(1, 0)))
    both = predict_averaged(model, x, views=[View(weight=3), View(1, 0, weight=1)])
    np.testing.assert_allclose(both, 0.75 * plain + 0.25 * moved, rtol=1e-5)


@pytest.mark.parametrize(
    "options",
    [
        {"views": "upside down"},
        {"views": []},
        {"views": [View(weight=0)]},
        {"views": [View(6, 0)]},
        {"x": np.zeros((0, 6, 7, 2))},
        {"x": np.zeros((6, 7))},
    ],
)
def test_bad_views_get_one_clear_error(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]*Received: [^\n]+$"):
        predict_averaged(a_network(), **{"x": images(), **options})


# ---------------------------------------------------------------- first weights


def test_patches_lie_as_kernels_do() -> None:
    x = images()
    rows = patches(x, 2)
    assert rows.shape == (9 * 5 * 6, 8)
    np.testing.assert_array_equal(rows[0], x[0, :2, :2].reshape(-1))
    np.testing.assert_array_equal(rows[7], x[0, 1:3, 1:3].reshape(-1))


@pytest.mark.parametrize(("size", "on_device"), [(2, False), (3, False), (3, True)])
def test_whitened_patches_are_uncorrelated_and_of_variance_one(
    size: int, on_device: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Real digits and their gradients: two channels that hang together, as colours do."""
    monkeypatch.setattr(whitening, "has_accelerator", lambda: on_device)
    digits = data.load("mnist", samples=400).x_train.astype(np.float32) / 255
    x = np.concatenate([digits[:, 4:24, 4:24], digits[:, 5:25, 4:24] - digits[:, 4:24, 4:24]], axis=-1)
    x += np.random.default_rng(5).normal(0, 0.05, x.shape).astype(np.float32)
    x -= x.mean(axis=(0, 1, 2))
    kernel = whitening_kernel(x, size, epsilon=1e-6)
    count = 2 * size * size
    assert kernel.shape == (size, size, 2, 2 * count)
    layer = keras.layers.Conv2D(2 * count, size, use_bias=False)
    layer.build(x.shape)
    layer.set_weights([kernel])
    outputs = ops.convert_to_numpy(layer(x)).reshape(-1, 2 * count)
    moments = outputs[:, :count].T @ outputs[:, :count] / len(outputs)
    np.testing.assert_allclose(moments, np.eye(count), atol=0.02)
    np.testing.assert_allclose(outputs[:, count:], -outputs[:, :count], atol=1e-3)
    before = np.corrcoef(patches(x, size).T)
    assert np.abs(before - np.eye(count)).max() > 0.5  # it was not so before


def test_epsilon_keeps_what_hardly_varies_small() -> None:
    x = np.zeros((10, 4, 4, 1), np.float32)
    x[:, ::2] = np.random.default_rng(0).normal(size=(10, 2, 4, 1))
    assert np.abs(whitening_kernel(0 * x + 1e-4 * x, 2)).max() < 1 / np.sqrt(5e-4) + 1e-3


@pytest.mark.parametrize(("inputs", "filters"), [(3, 8), (8, 3), (4, 4)])
def test_dirac_hands_the_first_channels_on(inputs: int, filters: int) -> None:
    layer = keras.layers.Conv2D(filters, 3, padding="same", use_bias=False, kernel_initializer=Dirac(seed=1))
    x = np.random.default_rng(6).normal(size=(2, 5, 6, inputs)).astype(np.float32)
    copied = min(inputs, filters)
    outputs = ops.convert_to_numpy(layer(x))
    np.testing.assert_allclose(outputs[..., :copied], x[..., :copied], atol=1e-6)
    rest = layer.get_weights()[0][..., copied:]
    bound = 1 / np.sqrt(9 * inputs)
    assert rest.size == 0 or 0.8 * bound < np.abs(rest).max() <= bound


def test_dirac_is_repeated_by_its_seed_and_made_again_from_its_config() -> None:
    one = Dirac(seed=2)
    again = keras.initializers.deserialize(keras.initializers.serialize(one))
    first, second = (ops.convert_to_numpy(make((3, 3, 2, 5))) for make in (one, again))
    np.testing.assert_array_equal(first, second)
    assert np.any(first != ops.convert_to_numpy(Dirac(seed=3)((3, 3, 2, 5))))
    line = ops.convert_to_numpy(Dirac(seed=2)((5, 2, 2)))
    np.testing.assert_array_equal(line[2], np.eye(2))


@pytest.mark.parametrize(
    "make",
    [
        lambda: whitening_kernel(np.zeros((4, 5, 3)), 2),
        lambda: whitening_kernel(np.zeros((0, 5, 5, 3)), 2),
        lambda: whitening_kernel(images(), 7),
        lambda: whitening_kernel(images(), 0),
        lambda: whitening_kernel(images(), 2, epsilon=0),
        lambda: Dirac()((2, 3, 4, 4)),
        lambda: Dirac()((4, 4)),
    ],
)
def test_bad_input_gets_one_clear_error(make: Any) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]*Received: [^\n]+$"):
        make()
