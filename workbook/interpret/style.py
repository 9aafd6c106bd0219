"""Style transfer: one picture's content and another's style, as distances between feature maps and Gram matrices.

Gatys, Ecker and Bethge 2016, "Image style transfer using convolutional neural networks". Two deviations: each distance
is divided by the size of its target, so that weights mean the same in every layer and model; and pixels follow
normalised gradient steps (`ascent.climb`) instead of L-BFGS.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbook.interpret import maps, penalties
from workbook.interpret.ascent import Bounds, climb
from workbook.interpret.gradients import Objective, input_gradient

if TYPE_CHECKING:
    import keras

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Style:
    """A stylised `image` (H, W, C), and the losses before each step and after the last, (steps + 1,) each.

    `content` and `style` are without their weights: 0 is a perfect match, 1 a distance as large as the target itself.
    """

    image: Array
    content: Array
    style: Array


def gram_matrix(feature_maps: ArrayLike) -> Array:
    """Return which filters fire together: the mean over all places of the products of two maps.

    (batch, H, W, filters) → (batch, filters, filters), symmetric. Where things are is lost, on purpose.
    ValueError for another rank.
    """
    array = np.asarray(feature_maps)
    if array.ndim != 4:
        raise ValueError(f"Feature maps are (batch, H, W, filters). Received: shape {array.shape}")
    return np.einsum("bhwi,bhwj->bij", array, array) / (array.shape[1] * array.shape[2])


def style_loss(made: Sequence[ArrayLike], wanted: Sequence[ArrayLike]) -> float:
    """Return how far the Gram matrices `made` are from those `wanted`, one of each for every layer.

    The mean over the layers of |made - wanted|² / |wanted|²: 0 for a perfect match. ValueError for no layers, or lists
    or matrices that do not fit each other.
    """
    pairs = [
        (np.asarray(one, float), np.asarray(other, float)) for one, other in zip(made, wanted, strict=False)
    ]
    if not pairs or len(made) != len(wanted) or any(one.shape != other.shape for one, other in pairs):
        shapes = [[np.shape(one) for one in matrices] for matrices in (made, wanted)]
        raise ValueError(f"Give one matrix made and one wanted for each layer. Received: {shapes}")
    return float(np.mean([np.sum((one - other) ** 2) / np.sum(other**2) for one, other in pairs]))


def _gram(feature_maps: Any) -> Any:
    from keras import ops

    height, width = ops.shape(feature_maps)[1:3]
    return ops.einsum("bhwi,bhwj->bij", feature_maps, feature_maps) / (height * width)


def stylise(
    model: "keras.Model",
    content: ArrayLike,
    style: ArrayLike,
    *,
    content_layers: Sequence[str],
    style_layers: Sequence[str],
    content_weight: float = 1.0,
    style_weight: float = 1.0,
    smoothness: float = 0.0,
    start: ArrayLike | None = None,
    steps: int = 100,
    rate: float = 0.02,
    bounds: Bounds = (0.0, 1.0),
) -> Style:
    """Change a picture until its feature maps match `content` and its Gram matrices match `style`.

    Pictures are (H, W, C), as the model takes them, pixels within `bounds`; the two may differ in size. Minimised is
    content_weight · content + style_weight · style + smoothness · total variation per value; content and style are
    means over their layers of |difference|² / |target|². It begins with the content, or with `start` of the same shape.
    The model may be one for another size, as for `dream`.

    ValueError for no layers, unknown ones, negative weights, or pictures that do not fit.
    """
    if min(content_weight, style_weight, smoothness) < 0 or content_weight + style_weight == 0:
        raise ValueError(
            "Weights are 0 or more, and not both 0. "
            f"Received: content {content_weight}, style {style_weight}, smoothness {smoothness}"
        )
    cut = maps.any_size(model, [*content_layers, *style_layers])
    first = maps.as_images(cut, np.asarray(content if start is None else start)[np.newaxis])
    wanted = _targets(cut, content, len(content_layers)), _targets(cut, style, len(content_layers))
    targets = [*wanted[0][0], *wanted[1][1]]
    if first.shape[1:] != np.shape(content):
        raise ValueError(f"start has the content's shape. Received: {first.shape[1:]}, {np.shape(content)}")
    weights = content_weight, style_weight, smoothness / first[0].size
    gradient = input_gradient(_objective(cut, targets, len(content_layers), weights))
    images, record = climb(gradient, first, steps=steps, rate=rate, bounds=bounds, what="style transfer")
    losses = [-record[:, 0, i] / (weight or 1) for i, weight in enumerate(weights[:2])]
    return Style(images[0], *losses)


def _targets(cut: "keras.Model", picture: ArrayLike, contents: int) -> tuple[list[Array], list[Array]]:
    """Return the feature maps of the content layers and the Gram matrices of the style layers of one picture."""
    from keras import ops

    given = maps.listed(cut(maps.as_images(cut, np.asarray(picture)[np.newaxis]), training=False))
    arrays = [ops.convert_to_numpy(one) for one in given]
    return arrays[:contents], [gram_matrix(one) for one in arrays[contents:]]


def _objective(
    cut: "keras.Model", targets: list[Array], contents: int, weights: tuple[float, ...]
) -> Objective:
    """Give minus the three weighted losses: (batch, 3)."""
    from keras import ops

    def distance(one: Any, target: Array) -> Any:
        axes, size = tuple(range(1, len(one.shape))), max(float(np.sum(target**2)), 1e-12)
        return ops.sum(ops.square(one - ops.cast(target, one.dtype)), axis=axes) / size

    def objective(images: Any) -> Any:
        given = maps.listed(cut(images, training=False))
        found = [*given[:contents], *(_gram(one) for one in given[contents:])]
        losses = [distance(one, target) for one, target in zip(found, targets, strict=True)]
        content = sum(losses[:contents]) / max(contents, 1)
        style = sum(losses[contents:]) / max(len(losses) - contents, 1)
        smooth = penalties.PENALTIES["total_variation"](images)
        nothing = 0 * smooth  # where one of the two has no layers
        terms = [nothing + content, nothing + style, smooth]
        return -ops.stack([weight * term for weight, term in zip(weights, terms, strict=True)], axis=-1)

    return objective
