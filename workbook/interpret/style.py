"""Style transfer: the content of one picture in the style of another, by feature maps and Gram matrices.

Gatys, Ecker and Bethge 2016, "Image style transfer using convolutional neural networks". There are two deviations: each
distance is divided by its target's squared norm, so that weights mean the same in every layer and model; and the pixels
follow normalised gradient steps (`ascent.climb`) instead of L-BFGS.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbook.calls import note_call
from workbook.gradients import Objective, input_gradient
from workbook.interpret import maps, penalties
from workbook.interpret.ascent import Bounds, climb

if TYPE_CHECKING:
    import keras

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Style:
    """A stylised `image` (H, W, C), and the losses before each step and after the last, (steps + 1,) each.

    `content` and `style` are losses without weights: 0 is a perfect match, 1 a distance as large as the target itself.
    A loss with weight 0 is recorded as 0.
    """

    image: Array
    content: Array
    style: Array


def gram_matrix(feature_maps: ArrayLike) -> Array:
    """Return which filters are active together: the mean product of each pair of maps over all positions.

    (batch, H, W, filters) → (batch, filters, filters), symmetric. Positions are lost, on purpose.
    ValueError unless there are four axes.
    """
    note_call("interpret.style.gram_matrix")
    array = np.asarray(feature_maps)
    if array.ndim != 4:
        raise ValueError(f"feature_maps must be (batch, H, W, filters). Received: shape {array.shape}")
    return np.einsum("bhwi,bhwj->bij", array, array) / (array.shape[1] * array.shape[2])


def style_loss(made: Sequence[ArrayLike], wanted: Sequence[ArrayLike]) -> float:
    """Return how far the Gram matrices `made` are from those `wanted`; each sequence has one per layer.

    It is the mean over the layers of |made - wanted|² / |wanted|², 0 for a perfect match. ValueError for no layers, and
    for sequences or matrices of different sizes.
    """
    note_call("interpret.style.style_loss")
    grams = [np.asarray(gram, float) for gram in made]
    targets = [np.asarray(gram, float) for gram in wanted]
    shapes = [gram.shape for gram in grams], [target.shape for target in targets]
    if not grams or shapes[0] != shapes[1]:
        raise ValueError(f"made and wanted must have the same shapes, one per layer. Received: {shapes}")
    losses = [
        np.sum((gram - target) ** 2) / np.sum(target**2) for gram, target in zip(grams, targets, strict=True)
    ]
    return float(np.mean(losses))


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
    """Change a picture so that its feature maps approach those of `content`, its Gram matrices those of `style`.

    Pictures are model inputs (H, W, C) with pixels within `bounds`; the two may differ in size. The loss is
    content_weight · content + style_weight · style + smoothness · total variation per value, where content and style
    are means over their layers of |difference|² / |target|². The picture starts as `start`, or else as the content. The
    model may be built for another size, as for `dream`.

    ValueError for no layers, unknown layers, negative weights, or pictures that do not fit.
    """
    if min(content_weight, style_weight, smoothness) < 0 or content_weight + style_weight == 0:
        raise ValueError(
            "Weights must be at least 0, and those of content and style not both 0. "
            f"Received: {content_weight=}, {style_weight=}, {smoothness=}"
        )
    cut = maps.any_size(model, [*content_layers, *style_layers])
    first = maps.as_images(cut, np.asarray(content if start is None else start)[np.newaxis])
    content_maps, _ = _targets(cut, content, len(content_layers))
    _, style_grams = _targets(cut, style, len(content_layers))
    targets = [*content_maps, *style_grams]
    if first.shape[1:] != np.shape(content):
        raise ValueError(
            f"start must have the shape of content. Received: {first.shape[1:]}, {np.shape(content)}"
        )
    weights = content_weight, style_weight, smoothness / first[0].size
    gradient = input_gradient(_objective(cut, targets, len(content_layers), weights))
    images, record = climb(gradient, first, steps=steps, rate=rate, bounds=bounds, task="style transfer")
    losses = [-record[:, 0, i] / (weight or 1) for i, weight in enumerate(weights[:2])]
    return Style(images[0], *losses)


def _targets(cut: "keras.Model", picture: ArrayLike, contents: int) -> tuple[list[Array], list[Array]]:
    """Return the feature maps of the content layers and the Gram matrices of the style layers of one picture."""
    from keras import ops

    outputs = maps.listed(cut(maps.as_images(cut, np.asarray(picture)[np.newaxis]), training=False))
    arrays = [ops.convert_to_numpy(output) for output in outputs]
    return arrays[:contents], [gram_matrix(array) for array in arrays[contents:]]


def _objective(
    cut: "keras.Model", targets: list[Array], contents: int, weights: tuple[float, ...]
) -> Objective:
    """Return an objective with minus the three weighted losses: (batch, 3)."""
    from keras import ops

    def distance(tensor: Any, target: Array) -> Any:
        axes = tuple(range(1, len(tensor.shape)))
        squared_norm = max(float(np.sum(target**2)), 1e-12)
        return ops.sum(ops.square(tensor - ops.cast(target, tensor.dtype)), axis=axes) / squared_norm

    def objective(images: Any) -> Any:
        outputs = maps.listed(cut(images, training=False))
        tensors = [*outputs[:contents], *(_gram(output) for output in outputs[contents:])]
        losses = [distance(tensor, target) for tensor, target in zip(tensors, targets, strict=True)]
        content = sum(losses[:contents]) / max(contents, 1)
        style = sum(losses[contents:]) / max(len(losses) - contents, 1)
        smooth = penalties.PENALTIES["total_variation"](images)
        zeros = 0 * smooth  # content or style is the number 0 if it has no layers
        terms = [zeros + content, zeros + style, smooth]
        return -ops.stack([weight * term for weight, term in zip(weights, terms, strict=True)], axis=-1)

    return objective
