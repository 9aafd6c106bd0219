"""The loss in a plane: directions as long as the filters, and a grid whose middle is the network itself."""

import numpy as np
import pytest

from workbook.interpret import surface


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(8)


@pytest.fixture
def weights(rng: np.random.Generator) -> list[np.ndarray]:
    """A convolution, its batch normalisation (γ, β, mean, variance), and a dense layer with bias."""
    shapes = (3, 2, 4, 5), (5,), (5,), (5,), (5,), (6, 7), (7,)
    return [rng.normal(1, 2, shape) for shape in shapes]


def test_each_filter_of_a_direction_has_the_norm_of_the_weights_filter(weights, rng):
    direction = surface.random_direction(weights, rng)
    for moved, one in zip(direction, weights, strict=True):
        if one.ndim > 1:
            norms = [
                [np.linalg.norm(array[..., f]) for f in range(array.shape[-1])] for array in (moved, one)
            ]
            np.testing.assert_allclose(*norms)


def test_normalising_keeps_the_direction_of_each_filter(weights, rng):
    drawn = rng.standard_normal(weights[0].shape)
    scaled = surface.filter_normalised(drawn, weights[0])
    for f in range(drawn.shape[-1]):
        a, b = drawn[..., f].ravel(), scaled[..., f].ravel()
        assert a @ b == pytest.approx(np.linalg.norm(a) * np.linalg.norm(b))


def test_biases_and_batch_normalisation_are_not_moved(weights, rng):
    direction = surface.random_direction(weights, rng)
    assert [bool(one.any()) for one in direction] == [one.ndim > 1 for one in weights]
    assert [one.shape for one in direction] == [one.shape for one in weights]


def test_a_filter_of_zeros_is_not_moved_and_divides_by_nothing(weights, rng):
    weights[0][..., 2] = 0
    scaled = surface.filter_normalised(rng.standard_normal(weights[0].shape), weights[0])
    assert not scaled[..., 2].any()
    assert np.isfinite(surface.filter_normalised(np.zeros_like(weights[0]), weights[0])).all()


def test_rescaled_weights_give_the_same_relative_direction(weights):
    directions = [
        surface.random_direction([scale * one for one in weights], np.random.default_rng(3))
        for scale in (1, 10)
    ]
    np.testing.assert_allclose(10 * directions[0][0], directions[1][0])


def test_displacing_adds_and_leaves_the_input_alone(weights, rng):
    before = [one.copy() for one in weights]
    first, second = (surface.random_direction(weights, rng) for _ in range(2))
    moved = surface.displaced(weights, (first, second), (0.5, -2))
    np.testing.assert_allclose(moved[0], before[0] + 0.5 * first[0] - 2 * second[0])
    assert all(np.array_equal(one, other) for one, other in zip(weights, before, strict=True))


def test_a_grid_of_a_quadratic_is_its_formula_and_the_first_direction_goes_right():
    first, second = [np.array([[1.0], [0.0]])], [np.array([[0.0], [1.0]])]
    steps = (-1.0, 0.0, 2.0)
    grid = surface.loss_grid(
        lambda moved: float(moved[0][0, 0] ** 2 + 10 * moved[0][1, 0] ** 2),
        [np.zeros((2, 1))],
        (first, second),
        steps,
    )
    np.testing.assert_allclose(grid, [[a**2 + 10 * b**2 for a in steps] for b in steps])


def test_the_centre_is_the_models_own_loss(rng):
    keras = pytest.importorskip("keras")
    keras.utils.set_random_seed(0)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((6, 5, 1)),
            layers.Conv2D(3, 3),
            layers.BatchNormalization(),
            layers.Flatten(),
            layers.Dense(4),
        ]
    )
    loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    x, y = rng.normal(size=(8, 6, 5, 1)).astype("float32"), rng.integers(0, 4, 8)
    model.compile(loss=loss_of)
    expected = model.evaluate(x, y, verbose=0)

    def loss(weights: list[np.ndarray]) -> float:
        model.set_weights(weights)
        return float(loss_of(y, model(x, training=False)))

    weights = model.get_weights()
    directions = surface.random_direction(weights, rng), surface.random_direction(weights, rng)
    grid = surface.loss_grid(loss, weights, directions, (-1, 0, 1))
    assert grid.shape == (3, 3)
    assert grid[1, 1] == pytest.approx(expected, rel=1e-5)
    assert len(np.unique(grid.round(6))) > 5


@pytest.mark.parametrize("wrong", [(3, 2), (2, 3, 1), (6,)])
def test_a_direction_of_another_shape_is_refused(wrong):
    with pytest.raises(ValueError, match=r"shape of weights. Received: direction"):
        surface.filter_normalised(np.zeros(wrong), np.zeros((2, 3)))


def test_one_step_for_each_direction(weights, rng):
    with pytest.raises(ValueError, match="Received: 1 directions, 2 steps"):
        surface.displaced(weights, [surface.random_direction(weights, rng)], (1, 2))
