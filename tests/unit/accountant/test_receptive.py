"""The measured receptive field agrees with the formula, and bad input is named."""

import numpy as np
import pytest

from workbook import arithmetic
from workbook.accountant import receptive


def _stack(layers: list[tuple[str, int, int]], size: int):
    import keras

    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.Input((size, size, 2))])
    for kind, width, strides in layers:
        if kind == "conv":
            model.add(keras.layers.Conv2D(4, width, strides=strides, activation="relu"))
        else:
            model.add(keras.layers.MaxPooling2D(width, strides=strides))
    return model


@pytest.fixture
def images() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(16, 40, 40, 2))


@pytest.mark.parametrize(
    "layers",
    [
        [("conv", 3, 1)],
        [("conv", 3, 1), ("conv", 3, 1)],
        [("conv", 3, 1)] * 3,
        [("conv", 5, 2), ("conv", 3, 1)],
        [("conv", 3, 1), ("pool", 2, 2), ("conv", 3, 1)],
        [("conv", 3, 1), ("pool", 3, 2), ("conv", 3, 1)],
    ],
)
def test_the_measured_field_is_the_formulas(layers: list[tuple[str, int, int]], images: np.ndarray) -> None:
    expected = arithmetic.receptive_field([(width, strides) for _, width, strides in layers])
    gradient = receptive.gradient_map(_stack(layers, 40), images)
    assert gradient.shape == (40, 40)
    assert receptive.field_box(gradient)[2:] == (expected, expected)


def test_the_place_moves_the_field(images: np.ndarray) -> None:
    model = _stack([("conv", 3, 2)], 40)
    assert receptive.field_box(receptive.gradient_map(model, images, place=(0, 0))) == (0, 0, 3, 3)
    assert receptive.field_box(receptive.gradient_map(model, images, place=(4, 7))) == (8, 14, 3, 3)


def test_a_constant_kernel_counts_the_paths() -> None:
    import keras

    model = keras.Sequential(
        [keras.Input((9, 9, 1))] + [keras.layers.Conv2D(1, 3, kernel_initializer="ones") for _ in range(2)]
    )
    gradient = receptive.gradient_map(model, np.zeros((1, 9, 9, 1)), place=(2, 2))
    np.testing.assert_allclose(gradient[2:7, 2:7], np.outer([1, 2, 3, 2, 1], [1, 2, 3, 2, 1]), rtol=1e-6)


def test_the_effective_field_holds_the_share() -> None:
    gradient = np.zeros((9, 9))
    gradient[1:8, 1:8] = 1
    gradient[3:6, 3:6] = 100
    assert receptive.effective_field(gradient, 0.9) == (3, 3)
    assert receptive.effective_field(gradient, 0.97) == (5, 5)
    assert receptive.effective_field(gradient, 1) == (7, 7)
    assert receptive.effective_field(np.pad(np.ones((1, 4)), 2)) == (1, 4)


@pytest.mark.parametrize("share", [0, -0.1, 1.01])
def test_a_share_outside_its_range_is_named(share: float) -> None:
    with pytest.raises(ValueError, match="Received: share="):
        receptive.effective_field(np.ones((3, 3)), share)


def test_a_gradient_without_a_field_is_named() -> None:
    with pytest.raises(ValueError, match=r"Received: shape \(3, 3\)"):
        receptive.field_box(np.zeros((3, 3)))
    with pytest.raises(ValueError, match=r"Received: shape \(3,\)"):
        receptive.field_box(np.ones(3))


def test_bad_images_places_and_models_are_named(images: np.ndarray) -> None:
    import keras

    model = _stack([("conv", 3, 1)], 40)
    with pytest.raises(ValueError, match=r"images must be .* Received"):
        receptive.gradient_map(model, images[0])
    with pytest.raises(ValueError, match=r"38 × 38. Received: place=\(38, 0\)"):
        receptive.gradient_map(model, images, place=(38, 0))
    flat = keras.Sequential([keras.Input((40, 40, 2)), keras.layers.GlobalAveragePooling2D()])
    with pytest.raises(ValueError, match="must output feature maps"):
        receptive.gradient_map(flat, images)


def test_another_backend_is_named(monkeypatch: pytest.MonkeyPatch, images: np.ndarray) -> None:
    import keras

    monkeypatch.setattr(keras.backend, "backend", lambda: "numpy")
    with pytest.raises(ValueError, match=r"KERAS_BACKEND.*Received: 'numpy'"):
        receptive.gradient_map(None, images)
