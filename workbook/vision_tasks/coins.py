"""Find coins in a photograph with a network that has seen made-up coins only.

The photograph is `data.photograph("coins")`, 24 Greek coins (Brooklyn Museum), shrunk to half its height and width.
Its truth, `data/coins_outlines.json`, was made by hand for this course. A made-up coin is a lopsided disc on a dark,
unevenly lit ground, with a patch of another photograph as its relief. Boxes are (y0, x0, y1, x1) in pixels.
"""

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from workbook import data
from workbook.data.bundled import bundled_file
from workbook.vision_tasks import metrics, networks, targets, tasks
from workbook.vision_tasks.metrics import Detection, Truth
from workbook.vision_tasks.raster import as_bytes, resize
from workbook.vision_tasks.scenes import Scenes

if TYPE_CHECKING:
    import keras

OUTLINES = "coins_outlines.json"
HEIGHT, WIDTH = 152, 192  # the photograph at half its size, in pixels
RELIEFS = (
    "brick",
    "chelsea",
    "coffee",
    "grass",
    "gravel",
    "moon",
    "motorcycle",
    "rocket",
)  # no coins in them
# Of a made-up picture: its side in pixels, the number of its coins and their radii in pixels.
SIZE = 96
COINS = (2, 9)
RADII = (8.0, 18.0)
GAP = 1.5  # pixels between two made-up coins, at least
REACH = 1.4  # largest distance of a coin's pixel from the centre of its box, in halves of the box's sides
SCENES = 300
RECIPE = tasks.TaskTraining(epochs=5, peak=0.01, batch_size=8)  # larger batches need more memory


# The photograph and its truth -----------------------------------------------------------------------------------


def photograph() -> np.ndarray:
    """Return the photograph at half its height and width, the mean of 2 × 2 pixels each: bytes (152, 192, 1)."""
    picture = np.pad(data.photograph("coins"), ((0, 1), (0, 0)), mode="edge")  # 303 rows become 304
    halved = picture.reshape(HEIGHT, 2, WIDTH, 2).mean(axis=(1, 3))
    return np.round(halved).astype(np.uint8)[..., np.newaxis]


def outlines() -> list[np.ndarray]:
    """Return the outline of each of the 24 coins in the halved photograph: points (36, 2) as (y, x)."""
    stored = json.loads(bundled_file(OUTLINES).read_text(encoding="utf-8"))
    return [np.array(points) / 2 for points in stored["outlines"]]


def true_boxes() -> np.ndarray:
    """Return the box around each coin of the halved photograph: (24, 4)."""
    return np.array([[*points.min(axis=0), *points.max(axis=0)] for points in outlines()])


def true_masks() -> np.ndarray:
    """Return which pixels of the halved photograph each coin covers by half or more: (24, 152, 192) bool."""
    from PIL import Image, ImageDraw

    fine = 8  # the outline is drawn at eight times the size
    masks = []
    for points in outlines():
        canvas = Image.new("L", (fine * WIDTH, fine * HEIGHT))
        ImageDraw.Draw(canvas).polygon([(fine * x, fine * y) for y, x in points], fill=1)
        masks.append(np.asarray(canvas).reshape(HEIGHT, fine, WIDTH, fine).mean(axis=(1, 3)) >= 0.5)
    return np.stack(masks)


def truth() -> Truth:
    """Return the true boxes, as the metrics expect them; all labels are 0."""
    boxes = true_boxes()
    return Truth(boxes, np.zeros(len(boxes), int))


# Made-up coins --------------------------------------------------------------------------------------------------


def make_coins(count: int = SCENES, *, seed: int) -> Scenes:
    """Return `count` pictures (96, 96, 1) of two to nine made-up coins each, with their boxes and masks.

    Every label is 0; `class_maps` is 1 on a coin and 0 elsewhere.
    """
    if count < 1:
        raise ValueError(f"count must be at least 1. Received: count={count}")
    rng = np.random.default_rng(seed)
    scenes = [_scene(rng) for _ in range(count)]
    images, boxes, instances = (list(values) for values in zip(*scenes, strict=True))
    labels = [np.zeros(len(scene_boxes), int) for scene_boxes in boxes]
    instance_maps = np.stack(instances)
    return Scenes(np.stack(images), boxes, labels, (instance_maps > 0).astype(np.uint8), instance_maps)


def _scene(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw one picture; return its image (96, 96, 1), boxes (coins, 4) and instance map (96, 96)."""
    picture = _ground(rng)
    instances = np.zeros((SIZE, SIZE), np.uint8)
    boxes: list[tuple[float, float, float, float]] = []
    circles: list[tuple[float, float, float]] = []
    for _ in range(int(rng.integers(COINS[0], COINS[1] + 1))):
        circle = _free_circle(circles, rng)
        if circle is None:
            continue
        circles.append(circle)
        cover = _add_coin(picture, circle, rng)
        instances[cover >= 0.5] = len(circles)
        rows, columns = (np.flatnonzero((cover >= 0.5).any(axis=axis)) for axis in (1, 0))
        boxes.append((rows[0], columns[0], rows[-1] + 1, columns[-1] + 1))
    return as_bytes(picture, rng.uniform(2, 6), rng), np.array(boxes, float), instances


def _ground(rng: np.random.Generator) -> np.ndarray:
    """Draw a dark ground whose light changes from corner to corner, with a few bright specks: (96, 96)."""
    corners = rng.uniform(15, 120) + rng.uniform(-25, 25, (2, 2))
    ground = resize(corners, SIZE, SIZE) + resize(rng.normal(0, 4, (8, 8)), SIZE, SIZE)
    specks = rng.integers(0, SIZE, (int(rng.integers(0, 6)), 2))
    ground[specks[:, 0], specks[:, 1]] += rng.uniform(20, 80, len(specks))
    return ground


def _free_circle(
    circles: list[tuple[float, float, float]], rng: np.random.Generator
) -> tuple[float, float, float] | None:
    """Draw a circle (y, x, radius) that touches no other; None after 30 failures."""
    for _ in range(30):
        radius = rng.uniform(*RADII)
        y, x = rng.uniform(1.1 * radius, SIZE - 1.1 * radius, 2)
        if all(
            np.hypot(y - row, x - column) > 1.1 * (radius + placed_radius) + GAP
            for row, column, placed_radius in circles
        ):
            return float(y), float(x), float(radius)
    return None


def _add_coin(
    picture: np.ndarray, circle: tuple[float, float, float], rng: np.random.Generator
) -> np.ndarray:
    """Draw a coin in place; return how much of each pixel it covers, 0 to 1 (96, 96)."""
    y, x, radius = circle
    rows, columns = np.ogrid[:SIZE, :SIZE]
    down, right = rows + 0.5 - y, columns + 0.5 - x
    distance, angle = np.hypot(down, right), np.arctan2(down, right)
    edge = radius * (1 + _wave(angle, rng, 0.03))
    cover = (edge - distance + 0.5).clip(0, 1)
    side = int(2.4 * radius)
    top, left = int(y) - side // 2, int(x) - side // 2
    relief = np.zeros((SIZE, SIZE))
    low, high = (max(top, 0), max(left, 0)), (min(top + side, SIZE), min(left + side, SIZE))
    patch = _relief(side, rng)[low[0] - top : high[0] - top, low[1] - left : high[1] - left]
    relief[low[0] : high[0], low[1] : high[1]] = patch
    light = rng.uniform(0, 2 * np.pi)
    rim = np.exp(-(((edge - distance - 1.5) / 1.2) ** 2)) * (0.6 + 0.4 * np.cos(angle - light))
    shade = 1 - rng.uniform(0, 0.35) * np.exp(-np.maximum(distance - edge, 0) / 4)
    metal = np.median(picture[cover > 0.5]) + rng.uniform(25, 110)
    coin = metal + rng.uniform(8, 28) * relief + rng.uniform(0, 45) * rim
    picture[:] = cover * coin + (1 - cover) * picture * shade
    return cover


def _wave(angle: np.ndarray, rng: np.random.Generator, strength: float) -> np.ndarray:
    """Return a smooth random function of the angle with the standard deviation `strength`, within ±.1."""
    terms = [
        rng.normal(0, strength) * np.cos(count * angle + rng.uniform(0, 2 * np.pi)) for count in (2, 3, 4, 5)
    ]
    return (sum(terms) / np.sqrt(2)).clip(-0.1, 0.1)


def _relief(side: int, rng: np.random.Generator) -> np.ndarray:
    """Return a random square of another photograph, resized to (side, side), with mean 0 and variance 1."""
    grey = _greys()[int(rng.integers(len(RELIEFS)))]
    cut = int(rng.integers(side, 4 * side))
    top, left = (int(rng.integers(length - cut)) for length in grey.shape)
    patch = resize(grey[top : top + cut, left : left + cut], side, side)
    return (patch - patch.mean()) / (patch.std() + 1e-6)


@lru_cache(maxsize=1)
def _greys() -> tuple[np.ndarray, ...]:
    """Return the photographs of RELIEFS as grey pictures (H, W), float32."""
    pictures = (data.photograph(name) for name in RELIEFS)
    return tuple(
        (picture.mean(axis=2) if picture.ndim == 3 else picture).astype(np.float32) for picture in pictures
    )


# Train and find -------------------------------------------------------------------------------------------------


def train(examples: Scenes, recipe: tasks.TaskTraining = RECIPE) -> "keras.Model":
    """Train a network that finds coins in pictures of any size, see `networks.coin_finder`."""
    heat, boxes = targets.centre_targets(examples.boxes, examples.labels, size=SIZE, classes=1)
    y = {"centres": heat, "boxes": boxes, "pixels": examples.class_maps}
    loss = {"centres": tasks.centre_loss, "boxes": tasks.where_marked, "pixels": tasks.pixel_loss}
    return tasks.train(networks.coin_finder(), examples.images, y, loss, recipe)


def look(model: "keras.Model", image: np.ndarray) -> dict[str, np.ndarray]:
    """Return what the network says of one image (H, W, 1): "centres" and "boxes", (H/4, W/4, …), "pixels" (H, W, 2)."""
    outputs: dict[str, Any] = model.predict(image[np.newaxis], verbose=0)
    return {name: values[0] for name, values in outputs.items()}


def find(answer: dict[str, np.ndarray], *, overlap: float = 0.4) -> Detection:
    """Return the boxes in what `look` returns; of two whose IoU is above `overlap`, only the surer one."""
    return targets.decode_boxes(answer["centres"], answer["boxes"], overlap=overlap)


def every_box(answer: dict[str, np.ndarray], *, least: float) -> Detection:
    """Return a box for each cell of the map of centres that is above `least`, neighbours included."""
    heat, regression = answer["centres"], answer["boxes"]
    rows, columns = np.nonzero(heat[..., 0] > least)
    boxes = targets.boxes_at(rows, columns, regression)
    return Detection(boxes, np.zeros(len(boxes), int), heat[rows, columns, 0])


def find_masks(answer: dict[str, np.ndarray], boxes: np.ndarray) -> np.ndarray:
    """Return for each of the boxes (n, 4) the pixels of its coin: (n, H, W) bool.

    A pixel that is called a coin belongs to the box whose centre is nearest, measured in halves of the box's sides, and
    to none if all are further away than `REACH`.
    """
    coin = answer["pixels"][..., 1] > 0.5
    if not len(boxes):
        return np.zeros((0, *coin.shape), bool)
    rows, columns = np.ogrid[: coin.shape[0], : coin.shape[1]]
    distances = np.stack(
        [
            np.hypot((2 * rows + 1 - y0 - y1) / (y1 - y0), (2 * columns + 1 - x0 - x1) / (x1 - x0))
            for y0, x0, y1, x1 in boxes
        ]
    )  # (n, H, W)
    nearest = distances.argmin(axis=0) == np.arange(len(boxes))[:, None, None]
    return nearest & coin & (distances <= REACH)


def scores(model: "keras.Model") -> dict[str, float]:
    """Return the scores of a trained network on the photograph, each 0 to 1.

    They are the boxes' average precision at IoUs of .5 and .75, and the mean, over the coins, of the best IoU with any
    mask. Only boxes with a score above .2 get a mask.
    """
    answer, true = look(model, photograph()), truth()
    boxes = find(answer)
    masks = find_masks(answer, boxes.shapes[boxes.scores > 0.2])
    overlaps = metrics.mask_iou(true_masks(), masks)  # (24, masks)
    return {
        "coins, boxes": metrics.class_precision([boxes], [true], 0, 0.5),
        "coins, tight boxes": metrics.class_precision([boxes], [true], 0, 0.75),
        "coins, masks": float(overlaps.max(axis=1, initial=0).mean()),
    }


def best_threshold(image: np.ndarray) -> int:
    """Return the grey level that best splits a uint8 picture into dark and bright pixels (Otsu 1979).

    It maximises the variance between the two groups, each weighted by its number of pixels. The level itself counts as
    dark. ValueError for a picture of a single grey.
    """
    counts = np.bincount(image.ravel(), minlength=256) / image.size
    dark = np.cumsum(counts)  # the share of pixels at this grey or below
    sums = np.cumsum(counts * np.arange(256))
    with np.errstate(divide="ignore", invalid="ignore"):
        between = (sums[-1] * dark - sums) ** 2 / (dark * (1 - dark))
    return int(np.nanargmax(between))
