"""The examples that decide: drawn by a seed after all entries are in, or an instructor's own."""

import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbook.league import examples
from workbook.league.standings import LEAGUES, League
from workbook.training.recipes.spoken_digit import log_mel_bytes

MOST_BYTES = 32 * 2**20  # of the examples of one file


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Examples (N, height, width, channels) and their classes (N,), which never enter the jail.

    `draw` is the seed of the split that they are from, so that nobody trains on them; None for an instructor's own,
    with which entries train on the practice split. `words` say where they come from.
    """

    league: str
    x: NDArray[np.uint8]
    y: NDArray[np.int64]
    draw: int | None
    words: str


def drawn(league: League, seed: int) -> HeldOut:
    """Return the held-out examples that a seed draws."""
    split = examples.drawn(league, seed)
    words = f"{len(split.y_test):,} examples drawn with --seed {seed}"
    return HeldOut(league.name, split.x_test, split.y_test, seed, words)


def read_files(paths: Iterable[Path]) -> dict[str, HeldOut]:
    """Return the examples of an instructor's files, by league; ValueError, in one line, for a file that is none."""
    held_out: dict[str, HeldOut] = {}
    for path in paths:
        own = read_file(path)
        if own.league in held_out:
            raise ValueError(f"--held-out must name one file per league. Received: two for {own.league}")
        held_out[own.league] = own
    return held_out


def read_file(path: Path) -> HeldOut:
    """Return the examples of one file, an .npz with the arrays `x` and `y`.

    The shape of `x` tells the league: bytes (N, 28, 28, 1), (N, 40, 61, 1) or (N, 32, 32, 3), or recordings of one
    second at 8 kHz, int16 (N, 8000). ValueError, in one line, for anything else.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            x, y = arrays["x"], arrays["y"]
    except (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile):
        raise ValueError(f"{path} must be an .npz file with the arrays x and y.") from None
    if x.dtype == np.int16 and x.shape[1:] == (8000,):
        x = log_mel_bytes(x)
    league = _league_of(x)
    if league is None or x.nbytes > MOST_BYTES:
        shapes = ", ".join(f"(N, {', '.join(map(str, rules.shape))})" for rules in LEAGUES.values())
        raise ValueError(
            f"x in {path} must be bytes {shapes}, at most 32 MiB, or int16 (N, 8000). Received: {x.dtype} {x.shape}"
        )
    try:
        images, labels = examples.checked_examples(league, x, y)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    return HeldOut(league.name, images, labels, None, f"{len(labels):,} examples from {path.name}")


def _league_of(x: NDArray[Any]) -> League | None:
    return next((rules for rules in LEAGUES.values() if x.shape[1:] == rules.shape), None)
