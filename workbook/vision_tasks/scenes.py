"""Compose scenes of several digits, with the box, label and mask of each digit.

A scene is a small grey picture with short strokes of clutter, noise, and a few digits of different sizes and
brightness. The boxes of two digits overlap by at most the share `overlap` of the smaller one. Everything is
drawn from one seed.
"""

from dataclasses import dataclass

import numpy as np

from workbook.vision_tasks.raster import add_clutter, as_bytes, resize

TRIES = 30  # random places per digit; if none is free, the digit is left out
INK = 0.4  # a pixel belongs to a digit if it has more than this share of the digit's brightness


@dataclass(frozen=True)
class Scenes:
    """Pictures with their annotations. Boxes are (y0, x0, y1, x1) in pixels, y1 and x1 exclusive.

    `images` (N, size, size, 1) bytes; `boxes` N arrays (digits, 4); `labels` N arrays (digits,);
    `class_maps` (N, size, size), 0 for the background, else 1 + digit; `instance_maps` (N, size, size), 0 for the
    background, else 1, 2, … in the order of the boxes.
    """

    images: np.ndarray
    boxes: list[np.ndarray]
    labels: list[np.ndarray]
    class_maps: np.ndarray
    instance_maps: np.ndarray

    def __len__(self) -> int:
        return len(self.images)

    def masks(self, number: int) -> np.ndarray:
        """Return the masks of one scene, (digits, size, size) bool, in the order of its boxes."""
        return self.instance_maps[number] == np.arange(1, len(self.boxes[number]) + 1)[:, None, None]


@dataclass(frozen=True)
class SceneRules:
    """How scenes are composed: `digits` is the range of their number, `heights` that of a digit's height in pixels.

    `overlap` is the largest overlap of two boxes, as a share of the smaller one; `strokes` is the number of strokes of
    clutter, `noise` the standard deviation of the noise in grey levels.
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
    """Return `count` scenes composed from `digits` (N, 28, 28) or (N, 28, 28, 1) and their `labels` (N,)."""
    rules = SceneRules() if rules is None else rules
    if count < 1 or not 0 < rules.heights[0] <= rules.heights[1] <= rules.size:
        raise ValueError(
            f"count must be at least 1, and heights must fit into the size. Received: {count=}, {rules}"
        )
    rng = np.random.default_rng(seed)
    digits = digits.reshape(-1, 28, 28)
    scenes = [_scene(digits, labels, rng, rules) for _ in range(count)]
    # From a list of scenes to a list for each field.
    images, boxes, digit_labels, class_maps, instance_maps = (
        list(values) for values in zip(*scenes, strict=True)
    )
    return Scenes(np.stack(images), boxes, digit_labels, np.stack(class_maps), np.stack(instance_maps))


def _scene(digits: np.ndarray, labels: np.ndarray, rng: np.random.Generator, rules: SceneRules) -> tuple:
    """Compose one scene; return its image, boxes, labels, class map and instance map."""
    picture = np.zeros((rules.size, rules.size), np.float32)
    instances = np.zeros((rules.size, rules.size), np.uint8)
    add_clutter(picture, rules.strokes, rng)
    placed: list[tuple[int, int, int, int]] = []
    classes = [0]
    for _ in range(int(rng.integers(rules.digits[0], rules.digits[1] + 1))):
        row = int(rng.integers(len(digits)))
        glyph = _glyph(digits[row], rng, rules)
        box = _free_place(glyph.shape, placed, rng, rules)
        if box is None:
            continue
        placed.append(box)
        classes.append(1 + int(labels[row]))
        area = np.s_[box[0] : box[2], box[1] : box[3]]
        instances[area][glyph > INK * glyph.max()] = len(placed)
        np.maximum(picture[area], glyph, out=picture[area])
    class_numbers = np.array(classes, np.uint8)  # of the background and of each instance
    boxes = np.array([_extent(instances == number) for number in range(1, len(placed) + 1)])
    image = as_bytes(picture, rules.noise, rng)
    return image, boxes, class_numbers[1:].astype(int) - 1, class_numbers[instances], instances


def _glyph(digit: np.ndarray, rng: np.random.Generator, rules: SceneRules) -> np.ndarray:
    """Return a digit (28, 28) without its margin, with a random height and brightness."""
    y0, x0, y1, x1 = _extent(digit > 60)  # of 255: fainter pixels count as margin
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
    """Draw a box at random that overlaps no placed box by more than `overlap`; return None after `TRIES` failures."""
    height, width = shape
    for _ in range(TRIES):
        y = int(rng.integers(rules.size - height + 1))
        x = int(rng.integers(rules.size - width + 1))
        box = y, x, y + height, x + width
        if all(covered(box, placed_box) <= rules.overlap for placed_box in placed):
            return box
    return None


def windows(
    scenes: Scenes, *, side: int = 24, jitter: int = 0, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Return a square window around every digit, (digits, side, side, 1), and the labels (digits,).

    Each window is moved by up to `jitter` pixels along y and x. Pixels outside the picture are black.
    """
    rng = np.random.default_rng(seed)
    squares = []
    for image, boxes in zip(scenes.images, scenes.boxes, strict=True):
        padded = np.pad(image, ((side, side), (side, side), (0, 0)))
        middles = (boxes[:, :2] + boxes[:, 2:]) // 2 + rng.integers(-jitter, jitter + 1, (len(boxes), 2))
        corners = middles + side - side // 2  # in the padded picture
        squares += [padded[y : y + side, x : x + side] for y, x in corners]
    return np.stack(squares), np.concatenate(scenes.labels)


def with_equal_neighbours(scenes: Scenes, *, digits: int) -> list[int]:
    """Return the numbers of the scenes with this number of `digits` in which two digits of one class touch."""
    return [
        number
        for number, labels in enumerate(scenes.labels)
        if len(labels) == digits
        and any(
            labels[i] == labels[j] and _touch(*scenes.masks(number)[[i, j]])
            for j in range(digits)
            for i in range(j)
        )
    ]


def _touch(mask: np.ndarray, other: np.ndarray) -> bool:
    """Return whether two masks (H, W) have pixels that are equal or neighbours, diagonal ones too."""
    near = np.pad(mask, 1)
    for axis in (0, 1):
        near = near | np.roll(near, 1, axis) | np.roll(near, -1, axis)
    return bool(np.any(near[1:-1, 1:-1] & other))


def covered(box: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> float:
    """Return the overlap of two boxes as a share of the smaller one's area, 0 to 1."""
    height = max(0, min(box[2], other[2]) - max(box[0], other[0]))
    width = max(0, min(box[3], other[3]) - max(box[1], other[1]))
    area = (box[2] - box[0]) * (box[3] - box[1])
    other_area = (other[2] - other[0]) * (other[3] - other[1])
    return height * width / min(area, other_area)


def _extent(mask: np.ndarray) -> tuple[int, int, int, int]:
    """Return the box (y0, x0, y1, x1) around the true pixels of a mask (H, W)."""
    rows = np.flatnonzero(mask.any(axis=1))
    columns = np.flatnonzero(mask.any(axis=0))
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1
