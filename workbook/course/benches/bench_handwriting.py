"""Measure how many photographed digits are classified correctly: MNIST's test digits, drawn on paper and photographed.

Each row is one effect of a camera, a pen or the paper. The photographs are simulated from a seed, so that they have
this effect and no other.
"""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbook import data
from workbook.data.handwriting import Floats

HEIGHT, WIDTH = 800, 600  # of a photograph, pixels
Predict = Callable[[NDArray[np.uint8]], NDArray[np.floating]]


@dataclass(frozen=True)
class Scene:
    """The paper, the pen and the camera of a photograph.

    `ink` is a colour in 0-1, and `paper` a grey value. `light` is the share by which the light decreases from one side
    to the other, `noise` the standard deviation of values in 0-1, `blur` a radius in pixels. `squares` and `lines` are
    the distance of printed lines in pixels, `edge` is the share of the width that is table, `tilt` the largest rotation
    and perspective in degrees, `quality` that of the JPEG.
    """

    ink: tuple[float, float, float] = (0.12, 0.12, 0.14)
    paper: float = 0.93
    light: float = 0.0
    noise: float = 0.0
    blur: float = 0.0
    squares: int = 0
    lines: int = 0
    edge: float = 0.0
    thin: bool = False
    tilt: float = 0.0
    quality: int = 92
    megapixels: float = 0.48


ROWS: Mapping[str, Scene] = {
    "even light": Scene(),
    "light falls by 15 %": Scene(light=0.15),
    "light falls by 30 %": Scene(light=0.30),
    "light falls by 45 %": Scene(light=0.45),
    "noise": Scene(noise=0.06),
    "squared paper": Scene(squares=30),
    "ruled paper": Scene(lines=44),
    "the table's edge": Scene(edge=0.12),
    "pencil": Scene(ink=(0.55, 0.55, 0.56), noise=0.01),
    "thin pen": Scene(thin=True),
    "blurred": Scene(blur=5),
    "JPEG, quality 50": Scene(quality=50),
    "perspective of 10 degrees": Scene(tilt=10),
    "blue ink": Scene(ink=(0.15, 0.22, 0.62)),
    "12 megapixels": Scene(megapixels=12),
    "all at once": Scene(
        ink=(0.3, 0.33, 0.5), light=0.25, noise=0.02, squares=30, edge=0.08, blur=1.5, tilt=5, quality=70
    ),
}


def photograph(digit: NDArray[np.uint8], scene: Scene, rng: np.random.Generator) -> bytes:
    """Return a photograph of a digit, uint8 (28, 28, 1), on paper, as a JPEG file."""
    from PIL import Image, ImageFilter

    ink = _stroke(digit, scene, rng)
    page = np.full((HEIGHT, WIDTH), scene.paper)
    page = np.minimum(page, _print(scene, rng))
    colours = page[..., None] * (1 - ink[..., None]) + ink[..., None] * np.array(scene.ink)
    if scene.edge:
        table = int(scene.edge * WIDTH)
        colours[:, :table] = (0.30, 0.22, 0.16)
    picture = Image.fromarray(np.rint(255 * colours).astype(np.uint8))
    if scene.tilt:
        picture = _tilted(picture, scene.tilt, rng)
    if scene.blur:
        picture = picture.filter(ImageFilter.GaussianBlur(scene.blur))
    if scene.megapixels > 1:
        scale = (1e6 * scene.megapixels / (HEIGHT * WIDTH)) ** 0.5
        picture = picture.resize((round(WIDTH * scale), round(HEIGHT * scale)), Image.Resampling.BICUBIC)
    seen = np.asarray(picture, np.float32) / 255
    if scene.light:
        seen = seen * _light(seen.shape[:2], scene.light, rng)[..., None].astype(np.float32)
    if scene.noise:
        seen = seen + rng.normal(0, scene.noise, seen.shape).astype(np.float32)
    file = io.BytesIO()
    Image.fromarray(np.rint(255 * np.clip(seen, 0, 1)).astype(np.uint8)).save(
        file, "JPEG", quality=scene.quality
    )
    return file.getvalue()


def _stroke(digit: NDArray[np.uint8], scene: Scene, rng: np.random.Generator) -> Floats:
    """Return the digit's ink on the page, 0-1 (HEIGHT, WIDTH): enlarged, with sharp edges, near the middle."""
    from PIL import Image, ImageFilter

    side = int(rng.integers(280, 380))
    large = Image.fromarray(digit[..., 0]).resize((side, side), Image.Resampling.BICUBIC)
    large = large.filter(ImageFilter.GaussianBlur(side / 90))
    if scene.thin:
        large = large.filter(ImageFilter.MinFilter(2 * (side // 70) + 1))
    values = np.asarray(large, float) / 255
    sharp = np.clip((values - 0.35) / 0.2, 0, 1)
    page = np.zeros((HEIGHT, WIDTH))
    top, left = int(rng.integers(150, 260)), int(rng.integers(120, WIDTH - side - 20))
    page[top : top + side, left : left + side] = sharp
    return page


def _print(scene: Scene, rng: np.random.Generator) -> Floats:
    """Return the brightness of the printed paper, 0-1 (HEIGHT, WIDTH): squares, lines, or 1 everywhere."""
    page = np.ones((HEIGHT, WIDTH))
    distance = scene.squares or scene.lines
    if distance:
        start = int(rng.integers(0, distance))
        for row in range(start, HEIGHT, distance):
            page[row : row + 2] = 0.66
        for column in range(start, WIDTH, distance) if scene.squares else ():
            page[:, column : column + 2] = 0.66
    return page


def _light(shape: tuple[int, ...], fall: float, rng: np.random.Generator) -> Floats:
    """Return the light at each pixel: 1 at one side, 1 - `fall` at the other, in a random direction."""
    angle = rng.uniform(0, 2 * np.pi)
    rows, columns = np.linspace(-1, 1, shape[0])[:, None], np.linspace(-1, 1, shape[1])
    along = np.sin(angle) * rows + np.cos(angle) * columns
    return 1 - fall * (along - along.min()) / np.ptp(along)


def _tilted(picture: Any, degrees: float, rng: np.random.Generator) -> Any:
    """Return the picture as seen by a camera held at an angle, on a background as bright as the paper."""
    from PIL import Image

    angle = np.deg2rad(rng.uniform(-degrees, degrees))
    strength = np.sin(np.deg2rad(rng.uniform(-degrees, degrees))) / HEIGHT
    centre = np.array([WIDTH / 2, HEIGHT / 2])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    offset = centre - turn @ centre
    matrix = [*turn[0], offset[0], *turn[1], offset[1], 0.0, strength]
    return picture.transform(
        picture.size, Image.Transform.PERSPECTIVE, matrix, Image.Resampling.BICUBIC, fillcolor=(237, 237, 237)
    )


@dataclass(frozen=True)
class Result:
    """The number of photographs of a row that were classified correctly or refused, of `count`."""

    row: str
    right: int
    refused: int
    count: int


def measure_handwriting(predict: Predict, *, count: int = 100, seed: int = 1) -> list[Result]:
    """Classify `count` photographs of each row; `predict` takes (N, 28, 28, 1) and returns (N, 10).

    Only digits that the network classifies correctly in MNIST's own form are photographed, so that its errors do not
    count.
    """
    mnist = data.load("mnist")
    candidates, labels = mnist.x_test[: 3 * count], mnist.y_test[: 3 * count]
    chosen = np.flatnonzero(predict(candidates).argmax(axis=1) == labels)[:count]
    return [_measure_row(row, predict, candidates[chosen], labels[chosen], seed) for row in ROWS]


def _measure_row(
    row: str, predict: Predict, originals: NDArray[np.uint8], labels: NDArray[np.integer], seed: int
) -> Result:
    """Photograph and classify digits (N, 28, 28, 1) under the effect of one row."""
    rng = np.random.default_rng(seed)
    digits: list[NDArray[np.uint8]] = []
    is_read = np.ones(len(originals), bool)
    for number, original in enumerate(originals):
        picture = data.read_picture(photograph(original, ROWS[row], rng))
        try:
            digits.append(data.to_digit(picture))
        except ValueError:
            digits.append(np.zeros((28, 28, 1), np.uint8))
            is_read[number] = False
    predicted = predict(np.stack(digits)).argmax(axis=1)
    right = int(np.count_nonzero((predicted == labels) & is_read))
    return Result(row, right, int(np.count_nonzero(~is_read)), len(originals))
