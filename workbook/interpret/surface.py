"""The loss of a network in a plane through its weights, along filter-normalised random directions.

Scaling a filter before batch normalisation or ReLU changes the weights but not the network's function, so the length
of a step alone has no meaning. A direction is therefore scaled, filter by filter, to the size of the weights to which
it is added.

Source: Li, Xu, Taylor, Studer and Goldstein 2018, "Visualizing the loss landscape of neural nets", section 4.

Arrays in, arrays out: weights are lists as `model.get_weights()` returns them. No function here needs Keras.
"""

from collections.abc import Callable, Sequence

import numpy as np

from workbook.calls import note_call

Weights = Sequence[np.ndarray]


def filter_normalised(direction: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return `direction` with each filter scaled to the norm of the same filter of `weights`.

    The last axis is that of the filters: (kh, kw, C, filters) of a convolution, (inputs, units) of a dense layer. For
    vectors (biases, batch normalisation), scalars and filters of zeros the result is 0, so that they do not change.
    ValueError if the shapes differ.
    """
    note_call("interpret.surface.filter_normalised")
    direction, weights = np.asarray(direction, float), np.asarray(weights, float)
    if direction.shape != weights.shape:
        raise ValueError(
            f"direction must have the shape of weights. Received: direction {direction.shape}, weights {weights.shape}"
        )
    if weights.ndim < 2:
        return np.zeros_like(weights)
    axes = tuple(range(weights.ndim - 1))
    lengths = np.sqrt(np.sum(direction**2, axis=axes))  # (filters,)
    targets = np.sqrt(np.sum(weights**2, axis=axes))
    return direction * targets / np.where(lengths == 0, 1, lengths)


def random_direction(weights: Weights, rng: np.random.Generator) -> list[np.ndarray]:
    """Return a random Gaussian direction for a whole network, filter-normalised: one array for each of `weights`."""
    return [filter_normalised(rng.standard_normal(np.shape(array)), array) for array in weights]


def displaced(weights: Weights, directions: Sequence[Weights], steps: Sequence[float]) -> list[np.ndarray]:
    """Return the weights at `steps` along the directions: θ + a·δ + b·η for two directions."""
    if len(directions) != len(steps):
        raise ValueError(
            f"There must be one step per direction. Received: {len(directions)} directions, {len(steps)} steps"
        )
    moved = [np.array(array, float) for array in weights]
    for direction, step in zip(directions, steps, strict=True):
        for array, change in zip(moved, direction, strict=True):
            array += step * change
    return moved


def loss_grid(
    loss: Callable[[list[np.ndarray]], float],
    weights: Weights,
    directions: tuple[Weights, Weights],
    steps: Sequence[float],
) -> np.ndarray:
    """Return `loss(weights)` at every pair of steps, as a grid (len(steps), len(steps)).

    `grid[i, j]` is the loss at `steps[j]` along the first direction (to the right in plots) and `steps[i]` along the
    second (up). Losses that are not finite are kept.
    """
    first, second = directions
    grid = np.empty((len(steps), len(steps)))
    for row, up in enumerate(steps):
        for column, right in enumerate(steps):
            grid[row, column] = loss(displaced(weights, (first, second), (right, up)))
    return grid
