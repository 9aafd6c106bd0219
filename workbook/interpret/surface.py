"""The loss of a network in a plane through its weights, along filter-normalised random directions.

Scaling a filter before batch normalisation or ReLU changes the weights and not the network, so a step of a fixed
length means nothing. A direction is therefore scaled filter by filter to the size of the weights it is added to.

Source: Li, Xu, Taylor, Studer and Goldstein 2018, "Visualizing the loss landscape of neural nets", section 4.

Arrays in, arrays out: a list of weights as `model.get_weights()` gives it. No function here needs Keras.
"""

from collections.abc import Callable, Sequence

import numpy as np

Weights = Sequence[np.ndarray]


def filter_normalised(direction: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Scale each filter of `direction` to the norm of the same filter of `weights`; give an array of their shape.

    The last axis counts the filters: (kh, kw, C, filters) of a convolution, (inputs, units) of a dense layer.
    Vectors (biases, batch normalisation) and scalars give zeros: they are not moved. A filter of zeros too.
    ValueError where the shapes differ.
    """
    direction, weights = np.asarray(direction, float), np.asarray(weights, float)
    if direction.shape != weights.shape:
        raise ValueError(
            f"A direction has the shape of the weights. Received: direction {direction.shape}, weights {weights.shape}"
        )
    if weights.ndim < 2:
        return np.zeros_like(weights)
    axes = tuple(range(weights.ndim - 1))
    lengths = np.sqrt(np.sum(direction**2, axis=axes))  # (filters,)
    wanted = np.sqrt(np.sum(weights**2, axis=axes))
    return direction * wanted / np.where(lengths == 0, 1, lengths)


def random_direction(weights: Weights, rng: np.random.Generator) -> list[np.ndarray]:
    """Draw a Gaussian direction for a whole network, filter-normalised; one array for each of `weights`."""
    return [filter_normalised(rng.standard_normal(np.shape(one)), one) for one in weights]


def displaced(weights: Weights, directions: Sequence[Weights], steps: Sequence[float]) -> list[np.ndarray]:
    """Give the weights at `steps` along the directions: θ + a·δ + b·η for two. The input is not changed."""
    if len(directions) != len(steps):
        raise ValueError(
            f"One step for each direction. Received: {len(directions)} directions, {len(steps)} steps"
        )
    moved = [np.array(one, float) for one in weights]
    for direction, step in zip(directions, steps, strict=True):
        for place, change in zip(moved, direction, strict=True):
            place += step * change
    return moved


def loss_grid(
    loss: Callable[[list[np.ndarray]], float],
    weights: Weights,
    directions: tuple[Weights, Weights],
    steps: Sequence[float],
) -> np.ndarray:
    """Evaluate `loss(weights)` at every pair of steps; give the grid (len(steps), len(steps)).

    `grid[i, j]` is the loss at `steps[j]` along the first direction (drawn to the right) and `steps[i]` along the
    second (up). A loss that is not finite stays as it is.
    """
    first, second = directions
    grid = np.empty((len(steps), len(steps)))
    for row, up in enumerate(steps):
        for column, right in enumerate(steps):
            grid[row, column] = loss(displaced(weights, (first, second), (right, up)))
    return grid
