"""The examples of each league: those to practise on, and a fresh split that a seed draws.

All of them are bundled, so that every entry everywhere is trained on the same bytes. An official result comes from a
split that is drawn after all entries are in, or from examples of the instructor's own.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbook import data
from workbook.data import standins
from workbook.league.standings import League
from workbook.training.recipes.spoken_digit import log_mel_bytes

Bytes = NDArray[np.uint8]
Labels = NDArray[np.int64]
LOUDNESS = (-12.0, 0.0)  # decibels of the voice over the noise
NOISES = 5  # copies of each test recording, each in other noise
HELD_OUT_DIGITS = 10_000
HELD_OUT_VOICES = 4


@dataclass(frozen=True, eq=False)
class Split:
    """Training examples and those that an entry is marked on: bytes (N, height, width, channels) and labels (N,)."""

    x_train: Bytes
    y_train: Labels
    x_test: Bytes
    y_test: Labels


@lru_cache(maxsize=2)
def practice(league: League) -> Split:
    """Return the split that learners have: MNIST's own, 12 and 4 voices, crops from different tiles."""
    if league.name == "mnist":
        digits = data.load("mnist")
        return Split(digits.x_train, digits.y_train, digits.x_test, digits.y_test)
    if league.name == "crops":
        return _without_names(standins.photograph_crops())
    speech = standins.synthetic_speech()
    voices = np.concatenate([speech.speakers_train, speech.speakers_test])  # type: ignore[list-item]
    return _speech(voices, set(speech.speakers_test.tolist()), seed=0)  # type: ignore[union-attr]


@lru_cache(maxsize=1)
def drawn(league: League, seed: int) -> Split:
    """Return a split that a seed draws.

    Of the 70,000 digits, 10,000 are held out; of the 16 voices, four; of each photograph, a fifth of its tiles. No
    entry brings weights, so having seen an example before is no help.
    """
    rng = np.random.default_rng((17, seed))
    if league.name == "mnist":
        digits = data.load("mnist")
        x = np.concatenate([digits.x_train, digits.x_test])
        y = np.concatenate([digits.y_train, digits.y_test])
        order = rng.permutation(len(x))
        held_out, kept = order[:HELD_OUT_DIGITS], np.sort(order[HELD_OUT_DIGITS:])
        return Split(x[kept], y[kept], x[held_out], y[held_out])
    if league.name == "crops":
        return _without_names(standins.photograph_crops(seed=seed))
    speech = standins.synthetic_speech()
    voices = np.concatenate([speech.speakers_train, speech.speakers_test])  # type: ignore[list-item]
    chosen = rng.permutation(np.unique(voices))[:HELD_OUT_VOICES]
    return _speech(voices, set(chosen.tolist()), seed=seed + 1)


def checked_examples(league: League, x: Any, y: Any) -> tuple[Bytes, Labels]:
    """Return examples of somebody's own as the league needs them; ValueError, in a sentence, if they are not."""
    images, labels = np.asarray(x), np.asarray(y)
    if images.dtype != np.uint8 or images.shape[1:] != league.shape or not 20 <= len(images) <= 50_000:
        shape = ", ".join(map(str, league.shape))
        raise ValueError(
            f"x must be bytes (N, {shape}) with N from 20 to 50,000. Received: {images.dtype} {images.shape}"
        )
    is_right = np.issubdtype(labels.dtype, np.integer) and labels.shape == (len(images),)
    if not is_right or labels.min() < 0 or labels.max() > 9:
        raise ValueError(
            f"y must be {len(images)} class numbers from 0 to 9. Received: {labels.dtype} {labels.shape}"
        )
    return images, labels.astype(np.int64)


def _without_names(dataset: data.Dataset) -> Split:
    return Split(dataset.x_train, dataset.y_train, dataset.x_test, dataset.y_test)


def _speech(voices: NDArray[np.str_], held_out: set[str], *, seed: int) -> Split:
    """Return log-mel images of noisy recordings; the voices in `held_out` are those to be marked on."""
    speech = standins.synthetic_speech()
    clips = np.concatenate([speech.x_train, speech.x_test])
    labels = np.concatenate([speech.y_train, speech.y_test])
    is_test = np.isin(voices, sorted(held_out))
    rng = np.random.default_rng((18, seed))
    train = in_noise(clips[~is_test], rng)
    test = np.concatenate([in_noise(clips[is_test], rng) for _ in range(NOISES)])
    return Split(
        log_mel_bytes(train), labels[~is_test], log_mel_bytes(test), np.tile(labels[is_test], NOISES)
    )


def in_noise(clips: NDArray[np.int16], rng: np.random.Generator) -> NDArray[np.int16]:
    """Return recordings (N, samples) with white noise, each at a loudness between those of `LOUDNESS`."""
    sound = clips.astype(np.float64)
    power = np.mean(sound**2, axis=1, keepdims=True)
    decibels = rng.uniform(*LOUDNESS, (len(clips), 1))
    noise = rng.normal(size=clips.shape) * np.sqrt(power / 10 ** (decibels / 10))
    return np.clip(sound + noise, -32768, 32767).astype(np.int16)
