"""Who is ahead of whom, and the examples that decide."""

import numpy as np
import pytest

from workbook.league import examples
from workbook.league.standings import LEAGUES, Score, ranking

MNIST, SPEECH, CROPS = (LEAGUES[name] for name in ("mnist", "speech", "crops"))


def _score(name: str, *accuracies: float, parameters: int = 1000) -> Score:
    return Score(name, parameters, accuracies, (1.0,) * len(accuracies))


def test_parameters_decide_among_those_that_reach_the_target() -> None:
    placed = ranking(
        MNIST,
        [
            _score("large", 0.995, parameters=9000),
            _score("small", 0.9901, parameters=3000),
            _score("tiny", 0.98, parameters=100),
        ],
    )
    assert [(place, score.name) for place, score in placed] == [(1, "small"), (2, "large"), (None, "tiny")]


def test_the_mean_decides_and_then_the_spread() -> None:
    placed = ranking(
        SPEECH,
        [_score("wide", 0.88, 0.92), _score("narrow", 0.90, 0.90), _score("best", 0.91, 0.93)],
    )
    assert [(place, score.name) for place, score in placed] == [(1, "best"), (2, "narrow"), (3, "wide")]


def test_entries_that_agree_share_a_place() -> None:
    placed = ranking(CROPS, [_score("b", 0.9, 0.8), _score("a", 0.8, 0.9), _score("c", 0.7)])
    assert [(place, score.name) for place, score in placed] == [(1, "a"), (1, "b"), (3, "c")]


def test_less_than_a_tenth_of_a_point_is_a_tie() -> None:
    """Then the spread decides, although the other's mean is higher."""
    placed = ranking(SPEECH, [_score("higher", 0.9003, 0.9005), _score("steadier", 0.9, 0.9)])
    assert placed[0][1].name == "steadier"


@pytest.mark.parametrize(
    ("first", "second", "overlap"),
    [((0.9, 0.92), (0.92, 0.95), True), ((0.9, 0.91), (0.92, 0.95), False), ((0.8, 0.99), (0.9,), True)],
)
def test_ranges_overlap(first: tuple[float, ...], second: tuple[float, ...], overlap: bool) -> None:
    assert _score("a", *first).overlaps(_score("b", *second)) is overlap
    assert _score("b", *second).overlaps(_score("a", *first)) is overlap


@pytest.mark.parametrize(("league", "count", "held_out"), [(SPEECH, 360, 600), (CROPS, 5000, 1000)])
def test_a_seed_draws_a_split_of_its_own(league: object, count: int, held_out: int) -> None:
    first, second = (examples.drawn(league, seed) for seed in (1, 2))  # type: ignore[arg-type]
    for split in (first, second, examples.practice(league)):  # type: ignore[arg-type]
        assert split.x_train.shape == (count, *league.shape)
        assert split.x_test.shape == (held_out, *league.shape)
        assert split.x_train.dtype == split.x_test.dtype == np.uint8
        assert set(split.y_train) == set(split.y_test) == set(range(10))
    assert not np.array_equal(first.x_test, second.x_test)
    examples.drawn.cache_clear()
    again = examples.drawn(league, 1)  # type: ignore[arg-type]
    assert np.array_equal(first.x_test, again.x_test)
    assert np.array_equal(first.y_train, again.y_train)


def test_no_digit_is_trained_on_and_held_out() -> None:
    split = examples.drawn(MNIST, 3)
    assert len(split.x_train) == 60_000
    assert len(split.x_test) == 10_000
    trained = {image.tobytes() for image in split.x_train}
    # MNIST has few digits twice; all others are on one side
    assert sum(image.tobytes() in trained for image in split.x_test) < 10


def test_the_voices_that_decide_are_not_trained_on(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[set[str]] = []
    speech = examples._speech

    def noted(voices: np.ndarray, held_out: set[str], *, seed: int) -> examples.Split:
        seen.append(held_out)
        return speech(voices, held_out, seed=seed)

    monkeypatch.setattr(examples, "_speech", noted)
    examples.drawn.cache_clear()
    for seed in (1, 2, 3):
        examples.drawn(SPEECH, seed)
    assert all(len(held_out) == 4 for held_out in seen)
    assert len({frozenset(held_out) for held_out in seen}) > 1


def test_noise_has_the_loudness_that_is_stated() -> None:
    clips = np.tile(np.round(8000 * np.sin(np.arange(8000) / 5)).astype(np.int16), (200, 1))
    noisy = examples.in_noise(clips, np.random.default_rng(1)).astype(float)
    noise = noisy - clips
    ratio = 10 * np.log10((clips.astype(float) ** 2).mean() / (noise**2).mean(axis=1))
    assert -12.5 < ratio.min() < -10
    assert -1 < ratio.max() < 1.5  # loud noise is cut off at 16 bits


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        (np.zeros((30, 28, 28, 1)), np.zeros(30, int), "x must be bytes"),
        (np.zeros((30, 28, 28), np.uint8), np.zeros(30, int), "x must be bytes"),
        (np.zeros((3, 28, 28, 1), np.uint8), np.zeros(3, int), "x must be bytes"),
        (np.zeros((30, 28, 28, 1), np.uint8), np.full(30, 10), "y must be 30 class numbers"),
        (np.zeros((30, 28, 28, 1), np.uint8), np.zeros(29, int), "y must be 30 class numbers"),
        (np.zeros((30, 28, 28, 1), np.uint8), np.zeros(30), "y must be 30 class numbers"),
    ],
)
def test_examples_of_ones_own_are_checked(x: np.ndarray, y: np.ndarray, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        examples.checked_examples(MNIST, x, y)
