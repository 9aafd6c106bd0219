"""Draw on small grey pictures: resize an image, draw a line, add clutter and noise."""

from functools import lru_cache

import numpy as np

STAMP = 11  # side of the square around a stroke of clutter


@lru_cache(maxsize=4096)
def _weights(old: int, new: int) -> np.ndarray:
    """Return the matrix (new, old) that resizes one axis: linear interpolation, or averages if it shrinks."""
    reach = max(1.0, old / new)
    centres = (np.arange(new) + 0.5) * old / new - 0.5
    weights = np.maximum(0.0, 1 - np.abs(np.arange(old) - centres[:, None]) / reach)
    return weights / weights.sum(axis=1, keepdims=True)


def resize(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """Return a grey image (H, W) smoothly resized to (height, width), as float."""
    return _weights(image.shape[0], height) @ image @ _weights(image.shape[1], width).T


def draw_line(
    picture: np.ndarray, start: np.ndarray, end: np.ndarray, *, grey: float, thickness: float
) -> None:
    """Draw a straight line with smooth edges, from (y, x) to (y, x), in place in a float picture (H, W).

    Here (0, 0) is the centre of the first pixel.
    """
    low = np.floor(np.minimum(start, end) - thickness - 1).astype(int).clip(0)
    high = np.ceil(np.maximum(start, end) + thickness + 2).astype(int).clip(0, picture.shape)
    y, x = np.ogrid[low[0] : high[0], low[1] : high[1]]
    dy, dx = end - start
    length = max(float(np.hypot(dy, dx)), 1e-6)
    along = ((y - start[0]) * dy + (x - start[1]) * dx) / length**2  # 0 at the start, 1 at the end
    along = along.clip(0, 1)
    distance = np.hypot(y - start[0] - along * dy, x - start[1] - along * dx)
    part = picture[low[0] : high[0], low[1] : high[1]]
    np.maximum(part, grey * (thickness / 2 + 0.5 - distance).clip(0, 1), out=part)


@lru_cache(maxsize=1)
def _strokes() -> np.ndarray:
    """Return 200 short strokes, 3 to 7 pixels long, in random directions: (200, 11, 11), 0 to 1."""
    rng = np.random.default_rng(0)
    stamps = np.zeros((200, STAMP, STAMP), np.float32)
    for stamp in stamps:
        angle = rng.uniform(0, np.pi)
        half = rng.uniform(1.5, 3.5) * np.array([np.sin(angle), np.cos(angle)])
        centre = STAMP // 2 + rng.uniform(-0.5, 0.5, 2)
        draw_line(stamp, centre - half, centre + half, grey=1.0, thickness=rng.uniform(1, 2))
    return stamps


def add_clutter(picture: np.ndarray, strokes: int, rng: np.random.Generator) -> None:
    """Draw short grey strokes, 3 to 7 pixels long, at random places, in place in a float picture (H, W)."""
    rows, columns = (rng.integers(0, side - STAMP + 1, strokes) for side in picture.shape)
    stamps, greys = rng.integers(0, len(_strokes()), strokes), rng.uniform(80, 220, strokes)
    for row, column, stamp, grey in zip(rows, columns, stamps, greys, strict=True):
        part = picture[row : row + STAMP, column : column + STAMP]
        np.maximum(part, grey * _strokes()[stamp], out=part)


def as_bytes(picture: np.ndarray, noise: float, rng: np.random.Generator) -> np.ndarray:
    """Return a float picture (H, W) with normal noise added, as bytes (H, W, 1)."""
    noisy = picture + noise * rng.standard_normal(picture.shape, dtype=np.float32)
    return noisy.clip(0, 255).astype(np.uint8)[..., np.newaxis]
