"""Stand-ins for the data sets that may not be bundled: made by the project, and never presented as real."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from workbook.data.bundled import DIGITS, Dataset, bundled_file, one_second, speech_fields
from workbook.data.pictures import photograph

SPEECH_FILE = "spoken_digits.npz"

# Ten classes: class name → photograph, and the rows and columns that show it.
REGIONS: dict[str, tuple[str, slice, slice]] = {
    "astronaut": ("astronaut", slice(0, 512), slice(0, 512)),
    "cat": ("chelsea", slice(0, 300), slice(0, 451)),
    "coffee cup": ("coffee", slice(0, 400), slice(70, 480)),
    "table top": ("coffee", slice(0, 400), slice(480, 600)),
    "launch pad": ("rocket", slice(0, 427), slice(0, 640)),
    "galaxies": ("hubble_deep_field", slice(0, 872), slice(0, 1000)),
    "tissue": ("ihc", slice(0, 512), slice(0, 512)),
    "retina": ("retina", slice(200, 1200), slice(200, 1200)),
    "motorcycle": ("motorcycle", slice(150, 450), slice(80, 640)),
    "workshop": ("motorcycle", slice(0, 150), slice(0, 741)),
}
TILE = 40  # pixels; every crop lies inside one tile, and every fifth tile is for testing
PER_CLASS = {"train": 500, "test": 100}


def photograph_crops(*, seed: int | None = None) -> Dataset:
    """Return colour crops of 32×32 in ten classes, 5,000 for training and 1,000 for testing.

    Each class is a bundled photograph or a part of one, cut into tiles. Training and test crops come from different
    tiles. A crop is 24-40 pixels wide, scaled to 32, and flipped left to right half the time. Without `seed`, the crops
    are always the same. With one, the test tiles (a fifth of all) and the crops are drawn from it.
    """
    images: dict[str, list[NDArray[np.uint8]]] = {"train": [], "test": []}
    labels: dict[str, list[int]] = {"train": [], "test": []}
    rng = np.random.default_rng(32 if seed is None else (32, seed))
    for label, (name, rows, columns) in enumerate(REGIONS.values()):
        picture = photograph(name)[rows, columns]
        tiles = {split: tiles_of(picture, split) for split in PER_CLASS}
        if seed is not None:
            tiles = _split_tiles(tiles["train"] + tiles["test"], rng)
        for split, count in PER_CLASS.items():
            own = tiles[split]
            images[split] += [_crop(own[index % len(own)], rng) for index in range(count)]
            labels[split] += [label] * count
    orders = {split: rng.permutation(len(labels[split])) for split in images}
    return Dataset(
        name="cifar10",
        x_train=np.stack(images["train"])[orders["train"]],
        y_train=np.array(labels["train"], np.int64)[orders["train"]],
        x_test=np.stack(images["test"])[orders["test"]],
        y_test=np.array(labels["test"], np.int64)[orders["test"]],
        class_names=tuple(REGIONS),
        source="5,000 + 1,000 crops of scikit-image's colour photographs, split by tiles of each",
        licence="data/README.md names the licence of each photograph",
        is_standin=True,
    )


def tiles_of(picture: NDArray[np.uint8], split: str) -> list[NDArray[np.uint8]]:
    """Return a picture's whole tiles of 40×40 for "train" or "test": every fifth is for testing."""
    height, width, _ = picture.shape
    corners = [(y, x) for y in range(0, height - TILE + 1, TILE) for x in range(0, width - TILE + 1, TILE)]
    own = [corner for index, corner in enumerate(corners) if (index % 5 == 2) == (split == "test")]
    return [picture[y : y + TILE, x : x + TILE] for y, x in own]


def _split_tiles(
    tiles: list[NDArray[np.uint8]], rng: np.random.Generator
) -> dict[str, list[NDArray[np.uint8]]]:
    """Return tiles as "train" and "test", a fifth of them, at least one, for testing."""
    order = rng.permutation(len(tiles))
    count = max(1, len(tiles) // 5)
    return {"test": [tiles[i] for i in order[:count]], "train": [tiles[i] for i in order[count:]]}


def _crop(tile: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return a square of random size from a tile, scaled to (32, 32, 3)."""
    from PIL import Image

    size = int(rng.integers(24, TILE + 1))
    y, x = rng.integers(0, TILE - size + 1, 2)
    image = Image.fromarray(np.ascontiguousarray(tile[y : y + size, x : x + size]))
    crop = np.asarray(image.resize((32, 32), Image.Resampling.BILINEAR))
    return crop[:, ::-1] if rng.random() < 0.5 else crop


def synthetic_speech() -> Dataset:
    """Read the bundled digits spoken by a speech synthesiser; training and test voices differ."""
    parts: dict[str, list[tuple[NDArray[np.int16], int, str]]] = {"train": [], "test": []}
    with np.load(bundled_file(SPEECH_FILE), allow_pickle=False) as stored:
        clips = np.split(decode_mu_law(stored["audio"]), np.cumsum(stored["lengths"])[:-1])
        for clip, label, speaker, is_test in zip(
            clips, stored["labels"], stored["speakers"], stored["is_test"], strict=True
        ):
            parts["test" if is_test else "train"].append((one_second(clip), int(label), str(speaker)))
    counts = f"{len(parts['train'])} + {len(parts['test'])}"
    return Dataset(
        name="spoken_digit",
        class_names=DIGITS,
        source=f"{counts} digits spoken by the synthesiser eSpeak NG, training and test in different voices",
        licence="as the project: the recordings were made for it",
        is_standin=True,
        **speech_fields(parts),
    )


def encode_mu_law(waveform: NDArray[np.int16]) -> NDArray[np.uint8]:
    """Return samples compressed to 8 bits: companding with µ = 255, as in ITU-T G.711 without its segments."""
    compressed = np.log1p(255 * np.abs(waveform / 32768)) / np.log1p(255)  # 0-1
    return np.round(127.5 + 127.5 * np.sign(waveform) * compressed).astype(np.uint8)


def decode_mu_law(codes: NDArray[np.uint8]) -> NDArray[np.int16]:
    """Return the samples that `encode_mu_law` compressed; the error is at most about 2 % of full scale."""
    signed = (codes.astype(np.float64) - 127.5) / 127.5
    magnitude = np.expm1(np.abs(signed) * np.log1p(255)) / 255  # 0-1
    return np.round(32767 * np.sign(signed) * magnitude).astype(np.int16)


MAKERS: dict[str, Callable[[], Dataset]] = {"cifar10": photograph_crops, "spoken_digit": synthetic_speech}
