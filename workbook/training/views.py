"""Predict several views of a test image and average the outputs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbook.training.seeds import checked_choice


@dataclass(frozen=True)
class View:
    """One view of an image: moved by some pixels, then mirrored or not. `weight` is relative to that of other views."""

    down: int = 0
    right: int = 0
    is_mirrored: bool = False
    weight: float = 1.0

    def __call__(self, images: NDArray[Any]) -> NDArray[Any]:
        """Return the images (N, H, W, C) in this view; pixels from outside an image are its reflection."""
        rows, columns = self.places(*images.shape[1:3])
        if self.down or self.right:
            return images.take(rows, axis=1).take(columns, axis=2)
        return images[:, :, ::-1] if self.is_mirrored else images

    def places(self, height: int, width: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return which rows (height,) and columns (width,) of an image the view shows, in its order."""
        reach = max(abs(self.down), abs(self.right))
        if reach >= min(height, width):
            raise ValueError(
                f"A view must move by less than the image's size. Received: {self}, images {height}×{width}"
            )
        rows = _reflected(np.arange(height) - self.down, height)
        columns = _reflected(np.arange(width) - self.right, width)
        return rows, columns[::-1] if self.is_mirrored else columns


def _reflected(places: NDArray[np.intp], size: int) -> NDArray[np.intp]:
    """Return the places inside 0 to `size` − 1 that a mirror at each edge shows at `places`."""
    return size - 1 - np.abs(size - 1 - np.abs(places))


def _with_mirrored(*views: View) -> tuple[View, ...]:
    """Return each view as it is and mirrored, with half its weight each."""
    return tuple(
        replace(view, is_mirrored=is_mirrored, weight=view.weight / 2)
        for view in views
        for is_mirrored in (False, True)
    )


# "flip and shift" is airbench's: the centre has half the weight, two diagonal moves a quarter each.
VIEWS: dict[str, tuple[View, ...]] = {
    "plain": (View(),),
    "flip": _with_mirrored(View()),
    "shift": (
        View(weight=0.5),
        View(1, 0, weight=0.125),
        View(-1, 0, weight=0.125),
        View(0, 1, weight=0.125),
        View(0, -1, weight=0.125),
    ),
    "flip and shift": _with_mirrored(View(weight=0.5), View(1, 1, weight=0.25), View(-1, -1, weight=0.25)),
}


def predict_averaged(
    model: Any, x: ArrayLike, *, views: str | Sequence[View] = "flip", batch_size: int = 500
) -> NDArray[np.float32]:
    """Return a model's outputs (N, ...) for images (N, H, W, C), averaged over several views of each image.

    `views` is "plain", "flip", "shift" (the centre and four moves by a pixel), "flip and shift" (six views), or your
    own views. Do not flip digits. Outputs are averaged as they are, logits or probabilities; n views take n times as
    long. On the JAX backend all views of a batch are one compiled function; on an accelerator a batch is larger than
    `batch_size` images, and all batches are one call. ValueError for an unknown name, no view, weights that are not
    positive, or other shapes.
    """
    chosen = VIEWS[checked_choice("views", views, VIEWS)] if isinstance(views, str) else tuple(views)
    if not chosen or not all(isinstance(view, View) and view.weight > 0 for view in chosen):
        raise ValueError(
            f"views must be View values with weights above 0, at least one. Received: views={views!r}"
        )
    images = np.asarray(x)
    if images.ndim < 3 or not len(images):
        raise ValueError(f"x must be images (N, H, W, C) with N at least 1. Received: shape {images.shape}")
    for view in chosen:  # a view that does not fit is told here, not inside compiled code
        view.places(*images.shape[1:3])
    if _is_on_jax(model):
        return _averaged_on_jax(model, images, chosen, batch_size)
    total = sum(view.weight for view in chosen)
    parts = []
    for start in range(0, len(images), batch_size):
        batch = images[start : start + batch_size]
        outputs = (view.weight / total * np.asarray(model.predict_on_batch(view(batch))) for view in chosen)
        parts.append(np.asarray(sum(outputs), np.float32))
    return np.concatenate(parts)


# ---------------------------------------------------------------- on the JAX backend

KEPT = "_workbook_views"  # the attribute of a model that holds its compiled functions
ON_ACCELERATOR = 12_000  # images of one batch, all views counted


def _is_on_jax(model: Any) -> bool:
    """Return whether the model is Keras's and computes with JAX on one device."""
    import keras

    is_jax = isinstance(model, keras.Model) and keras.backend.backend() == "jax"
    return is_jax and keras.distribution.distribution() is None


def _averaged_on_jax(
    model: Any, images: NDArray[Any], views: tuple[View, ...], batch_size: int
) -> NDArray[np.float32]:
    """Return the averaged outputs; a last batch is filled up with copies of an image, so that one shape is compiled."""
    import jax

    is_fast = jax.default_backend() != "cpu"
    size = max(batch_size, ON_ACCELERATOR // len(views)) if is_fast else batch_size
    size = min(size, len(images))
    count = -(-len(images) // size)
    filler = np.repeat(images[:1], count * size - len(images), axis=0)
    batches = np.concatenate([images, filler]).reshape(count, size, *images.shape[1:])
    weights = [[variable.value for variable in part] for part in _weights_of(model)]
    each, every = _functions_on_jax(model, views)
    outputs = every(weights, batches) if is_fast else [each(weights, batch) for batch in batches]
    return np.concatenate([np.asarray(output, np.float32) for output in outputs])[: len(images)]


def _weights_of(model: Any) -> tuple[Any, Any]:
    return model.trainable_variables, model.non_trainable_variables


def _functions_on_jax(model: Any, views: tuple[View, ...]) -> tuple[Any, Any]:
    """Return two compiled functions: weights and a batch (n, H, W, C) → outputs, and (batches, n, H, W, C) likewise."""
    import jax

    kept = model.__dict__.setdefault(KEPT, {})
    key = (views, *(id(variable) for part in _weights_of(model) for variable in part))
    if key in kept:
        return kept[key]
    total = sum(view.weight for view in views)
    shares = np.array([view.weight / total for view in views], np.float32)

    def each(weights: Any, batch: Any) -> Any:
        shown = []
        for view in views:
            rows, columns = view.places(*batch.shape[1:3])
            shown.append(batch[:, rows][:, :, columns])
        seen = jax.numpy.concatenate(shown)  # (views n, H, W, C)
        outputs, _ = model.stateless_call(*weights, seen, training=False)
        outputs = outputs.astype("float32").reshape(len(views), len(batch), *outputs.shape[1:])
        return jax.numpy.tensordot(shares, outputs, axes=1, precision="highest")

    kept[key] = (
        jax.jit(each),
        jax.jit(lambda weights, batches: jax.lax.map(lambda batch: each(weights, batch), batches)),
    )
    return kept[key]
