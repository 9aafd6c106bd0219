"""Draw arrows in any direction and size, with four landmarks: tip, tail, left barb, right barb.

Left and right are as seen when walking from the tail to the tip.
"""

from dataclasses import dataclass

import numpy as np

from workbook.vision_tasks.raster import add_clutter, as_bytes, draw_line

LANDMARKS = ("tip", "tail", "left barb", "right barb")


@dataclass(frozen=True)
class Arrows:
    """Pictures of one arrow each: `images` (N, size, size, 1) bytes, `points` (N, 4, 2), the (y, x) of LANDMARKS.

    Pixel (0, 0) covers (0, 0) to (1, 1), so its centre is (.5, .5). Boxes use the same coordinates.
    """

    images: np.ndarray
    points: np.ndarray

    def __len__(self) -> int:
        return len(self.images)


def make_arrows(
    count: int,
    *,
    seed: int,
    size: int = 48,
    lengths: tuple[float, float] = (16, 34),
    strokes: int = 5,
    noise: float = 12.0,
) -> Arrows:
    """Draw `count` arrows on clutter, at random places, in random directions, `lengths` pixels long."""
    if count < 1 or not 0 < lengths[0] <= lengths[1] < size - 4:
        raise ValueError(
            "count must be at least 1, and lengths must be increasing and below size - 4. "
            f"Received: {count=}, {lengths=}, {size=}"
        )
    rng = np.random.default_rng(seed)
    images, points = [], []
    for _ in range(count):
        picture = np.zeros((size, size), np.float32)
        add_clutter(picture, strokes, rng)
        landmarks = _landmarks(rng, size, lengths)
        grey, thickness = rng.uniform(150, 255), rng.uniform(1.5, 2.5)
        for end in landmarks[1:]:
            draw_line(picture, landmarks[0] - 0.5, end - 0.5, grey=grey, thickness=thickness)
        images.append(as_bytes(picture, noise, rng))
        points.append(landmarks)
    return Arrows(np.stack(images), np.stack(points))


def _landmarks(rng: np.random.Generator, size: int, lengths: tuple[float, float]) -> np.ndarray:
    """Draw an arrow's landmarks (4, 2) at random, all at least two pixels inside the border."""
    while True:
        length = rng.uniform(*lengths)
        angle = rng.uniform(0, 2 * np.pi)
        barb = length * rng.uniform(0.3, 0.45)
        opening = rng.uniform(0.45, 0.8)  # radians between shaft and barb
        turns = np.array([angle, angle + opening, angle - opening])  # from the tip to the tail and the barbs
        arms = np.array([length, barb, barb])
        offsets = -arms[:, None] * np.stack([np.sin(turns), np.cos(turns)], axis=1)
        centre = rng.uniform(2, size - 2, 2)
        tip = centre - offsets[0] / 2
        points = np.vstack([tip, tip + offsets])
        if points.min() >= 2 and points.max() <= size - 2:
            return points
