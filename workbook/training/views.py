"""Look at a test image several ways and average what the network says."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbook.training.seeds import checked_choice


@dataclass(frozen=True)
class View:
    """One way of looking: moved by pixels, then mirrored or not. `weight` is relative to the other views'."""

    down: int = 0
    right: int = 0
    is_mirrored: bool = False
    weight: float = 1.0

    def __call__(self, images: NDArray[Any]) -> NDArray[Any]:
        """Return the images (N, H, W, C) seen so; what comes in from outside is the reflected image."""
        reach = max(abs(self.down), abs(self.right))
        height, width = images.shape[1:3]
        if reach >= min(height, width):
            raise ValueError(f"A move is smaller than the image. Received: {self}, images {images.shape}")
        if reach:
            margins = [(0, 0), (reach, reach), (reach, reach), *((0, 0) for _ in images.shape[3:])]
            top, left = reach - self.down, reach - self.right
            images = np.pad(images, margins, "reflect")[:, top : top + height, left : left + width]
        return images[:, :, ::-1] if self.is_mirrored else images


def _both_ways(view: View) -> tuple[View, View]:
    half = view.weight / 2
    return tuple(View(view.down, view.right, is_mirrored, half) for is_mirrored in (False, True))  # type: ignore[return-value]


_CORNERS = (View(weight=0.5), View(1, 1, weight=0.25), View(-1, -1, weight=0.25))
_CROSS = (View(weight=0.5), *(View(*move, weight=0.125) for move in ((1, 0), (-1, 0), (0, 1), (0, -1))))

# "flip and shift" is airbench's: the centre counts half, two diagonal moves a quarter each, all both ways round.
VIEWS: dict[str, tuple[View, ...]] = {
    "plain": (View(),),
    "flip": _both_ways(View()),
    "shift": _CROSS,
    "flip and shift": tuple(one for view in _CORNERS for one in _both_ways(view)),
}


def predict_averaged(
    model: Any, x: ArrayLike, *, views: str | Sequence[View] = "flip", batch_size: int = 500
) -> NDArray[np.float32]:
    """Predict images (N, H, W, C) under several views and average the outputs, (N, ...) of the model's last axis.

    `views` is "plain", "flip", "shift" (the centre and four moves by a pixel), "flip and shift" (six views), or views
    of your own. Digits must not be flipped. Outputs are averaged as they come, logits or probabilities; n views take
    n times as long. ValueError for an unknown name, no view, weights that are not positive, or other shapes.
    """
    chosen = VIEWS[checked_choice("views", views, VIEWS)] if isinstance(views, str) else tuple(views)
    if not chosen or not all(isinstance(one, View) and one.weight > 0 for one in chosen):
        raise ValueError(
            f"views are View values with weights above 0, at least one. Received: views={views!r}"
        )
    images = np.asarray(x)
    if images.ndim < 3 or not len(images):
        raise ValueError(f"Images are (N, H, W, C), at least one. Received: shape {images.shape}")
    total = sum(one.weight for one in chosen)
    parts = []
    for start in range(0, len(images), batch_size):
        batch = images[start : start + batch_size]
        seen = (one.weight / total * np.asarray(model.predict_on_batch(one(batch))) for one in chosen)
        parts.append(np.asarray(sum(seen), np.float32))
    return np.concatenate(parts)
