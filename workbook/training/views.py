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
        reach = max(abs(self.down), abs(self.right))
        height, width = images.shape[1:3]
        if reach >= min(height, width):
            raise ValueError(
                f"A view must move by less than the image's size. Received: {self}, images {images.shape}"
            )
        if reach:
            margins = [(0, 0), (reach, reach), (reach, reach)] + [(0, 0)] * (images.ndim - 3)
            top, left = reach - self.down, reach - self.right
            images = np.pad(images, margins, "reflect")[:, top : top + height, left : left + width]
        return images[:, :, ::-1] if self.is_mirrored else images


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
    long. ValueError for an unknown name, no view, weights that are not positive, or other shapes.
    """
    chosen = VIEWS[checked_choice("views", views, VIEWS)] if isinstance(views, str) else tuple(views)
    if not chosen or not all(isinstance(view, View) and view.weight > 0 for view in chosen):
        raise ValueError(
            f"views must be View values with weights above 0, at least one. Received: views={views!r}"
        )
    images = np.asarray(x)
    if images.ndim < 3 or not len(images):
        raise ValueError(f"x must be images (N, H, W, C) with N at least 1. Received: shape {images.shape}")
    total = sum(view.weight for view in chosen)
    parts = []
    for start in range(0, len(images), batch_size):
        batch = images[start : start + batch_size]
        outputs = (view.weight / total * np.asarray(model.predict_on_batch(view(batch))) for view in chosen)
        parts.append(np.asarray(sum(outputs), np.float32))
    return np.concatenate(parts)
