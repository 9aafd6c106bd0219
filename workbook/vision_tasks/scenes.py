"""Compose scenes of several digits, and know where each digit is: boxes, labels and masks come for free.

A scene is a small grey canvas with short strokes of clutter, noise, and a few digits of different size and
brightness. A digit may cover at most `overlap` of the box of another. Everything is drawn from one seed.
"""

from dataclasses import dataclass

import numpy as np

from workbook.vision_tasks.raster import add_clutter, as_bytes, resize

TRIES = 30
INK = 0.4  # a pixel belongs to a digit where it has this share of the digit's brightness


@dataclass(frozen=True)
class Scenes:
    """Pictures with everything that is known of them. Boxes are (y0, x0, y1, x1) in pixels, y1 and x1 past the end.

    `images` (N, size, size, 1) bytes; `boxes` N arrays (digits, 4); `labels` N arrays (digits,);
    `class_maps` (N, size, size), 0 for the background, 1 + digit; `instance_maps` (N, size, size), 0, 1, 2 …, in
    the order of the boxes.
    """

    images: np.ndarray
    boxes: list[np.ndarray]
    labels: list[np.ndarray]
    class_maps: np.ndarray
    instance_maps: np.ndarray

    def __len__(self) -> int:
        return len(self.images)

    def masks(self, number: int) -> np.ndarray:
        """Give the masks of one scene, (digits, size, size) bool, in the order of its boxes."""
        return self.instance_maps[number] == np.arange(1, len(self.boxes[number]) + 1)[:, None, None]


@dataclass(frozen=True)
class SceneRules:
    """How scenes are composed. `digits` are the fewest and the most that are tried, `heights` those of a
    digit in pixels, `overlap` the share of a box that another may cover, `strokes` counts pieces of clutter.
    """

    size: int = 48
    digits: tuple[int, int] = (1, 4)
    heights: tuple[int, int] = (16, 24)
    overlap: float = 0.15
    strokes: int = 4
    noise: float = 8.0


def make_scenes(
    digits: np.ndarray, labels: np.ndarray, count: int, *, seed: int, rules: SceneRules | None = None
) -> Scenes:
    """Compose `count` scenes from `digits` (N, 28, 28) or (N, 28, 28, 1) and their `labels` (N,)."""
    rules = SceneRules() if rules is None else rules
    if count < 1 or not 0 < rules.heights[0] <= rules.heights[1] <= rules.size:
        raise ValueError(f"count ≥ 1, heights that fit into the size. Received: count={count!r}, {rules}")
    rng = np.random.default_rng(seed)
    digits = digits.reshape(-1, 28, 28)
    made = [_scene(digits, labels, rng, rules) for _ in range(count)]
    images, boxes, names, classes, instances = (list(column) for column in zip(*made, strict=True))
    return Scenes(np.stack(images), boxes, names, np.stack(classes), np.stack(instances))


def _scene(digits: np.ndarray, labels: np.ndarray, rng: np.random.Generator, rules: SceneRules) -> tuple:
    """Compose one scene; give its image, boxes, labels, class map and instance map."""
    picture = np.zeros((rules.size, rules.size), np.float32)
    instances = np.zeros((rules.size, rules.size), np.uint8)
    add_clutter(picture, rules.strokes, rng)
    placed: list[tuple[int, int, int, int]] = []
    classes = [0]
    for _ in range(int(rng.integers(rules.digits[0], rules.digits[1] + 1))):
        chosen = int(rng.integers(len(digits)))
        glyph = _glyph(digits[chosen], rng, rules)
        box = _free_place(glyph.shape, placed, rng, rules)
        if box is None:
            continue
        placed.append(box)
        classes.append(1 + int(labels[chosen]))
        part = np.s_[box[0] : box[2], box[1] : box[3]]
        instances[part][glyph > INK * glyph.max()] = len(placed)
        np.maximum(picture[part], glyph, out=picture[part])
    names = np.array(classes, np.uint8)
    tight = np.array([_extent(instances == number) for number in range(1, len(placed) + 1)])
    image = as_bytes(picture, rules.noise, rng)
    return image, tight, names[1:].astype(int) - 1, names[instances], instances


def _glyph(digit: np.ndarray, rng: np.random.Generator, rules: SceneRules) -> np.ndarray:
    """Cut a digit (28, 28) out of its frame; resize it to a random height, and to a random brightness."""
    y0, x0, y1, x1 = _extent(digit > 60)
    height = int(rng.integers(rules.heights[0], rules.heights[1] + 1))
    width = max(3, round(height * (x1 - x0) / (y1 - y0)))
    glyph = resize(digit[y0:y1, x0:x1], height, min(width, rules.size))
    return (glyph * rng.uniform(0.75, 1.0)).astype(np.float32)


def _free_place(
    shape: tuple[int, ...],
    placed: list[tuple[int, int, int, int]],
    rng: np.random.Generator,
    rules: SceneRules,
) -> tuple[int, int, int, int] | None:
    """Draw places until one covers no box, and is covered by none, by more than `overlap`; None after `TRIES`."""
    height, width = shape
    for _ in range(TRIES):
        y, x = (int(rng.integers(rules.size - side + 1)) for side in shape)
        box = y, x, y + height, x + width
        if all(covered(box, other) <= rules.overlap for other in placed):
            return box
    return None


def windows(some: Scenes, *, side: int = 24, jitter: int = 0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Cut a square around every digit: windows (digits, side, side, 1) and their labels (digits,).

    Each is moved by up to `jitter` pixels along y and x. Beyond the picture there is black.
    """
    rng = np.random.default_rng(seed)
    cut = []
    for image, boxes in zip(some.images, some.boxes, strict=True):
        padded = np.pad(image, ((side, side), (side, side), (0, 0)))
        middles = (boxes[:, :2] + boxes[:, 2:]) // 2 + rng.integers(-jitter, jitter + 1, (len(boxes), 2))
        cut += [padded[y : y + side, x : x + side] for y, x in middles + side - side // 2]
    return np.stack(cut), np.concatenate(some.labels)


def covered(box: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> float:
    """Give the overlap of two boxes as a share of the smaller one's area, 0 to 1."""
    height = max(0, min(box[2], other[2]) - max(box[0], other[0]))
    width = max(0, min(box[3], other[3]) - max(box[1], other[1]))
    areas = [(one[2] - one[0]) * (one[3] - one[1]) for one in (box, other)]
    return height * width / min(areas)


def _extent(mask: np.ndarray) -> tuple[int, int, int, int]:
    """Give the box (y0, x0, y1, x1) around the true pixels of a mask (H, W)."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1
