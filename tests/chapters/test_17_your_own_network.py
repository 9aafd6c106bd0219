"""Chapter 17's claims: what its entries reach, what its simulation shows, and what the league refuses."""

from itertools import permutations
from typing import Any

import numpy as np
import pytest

from tests import harness
from workbook import league
from workbook.league import course_entries, examples, race

CHAPTER = "17_your_own_network"
SEEDS = (1, 2, 3)
BEGINNINGS = ("def build", "def ends_with", "LEAGUE")


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    """Run the chapter's set-up and the cells that define its entries."""
    return harness.run_chapter(CHAPTER, harness.named(starts=BEGINNINGS))


@pytest.fixture(scope="module")
def prose() -> str:
    return harness.prose(CHAPTER)


def test_the_formula_of_the_curve_is_the_count_of_the_network(names: dict[str, Any]) -> None:
    for filters in (2, 12, 35):
        assert league.two_layers(filters).count_params() == 2 * filters**2 + 66 * filters + 10
    small, _ = course_entries.COURSE_ENTRIES["mnist"]["small"]
    assert names["build"]().count_params() == league.two_layers(12).count_params()
    assert league.two_layers(35).count_params() == small().count_params() == 4770


def test_every_entry_of_the_chapter_is_taken(names: dict[str, Any]) -> None:
    for which, build, recipe in (
        ("mnist", "build", "recipe"),
        ("speech", "build_speech", "recipe_speech"),
        ("crops", "build_crops", "recipe_crops"),
        (names["LEAGUE"], "my_build", "my_recipe"),
    ):
        entry = league.entry_of(which, names[build], names[recipe])
        assert entry.league.name == which


def test_the_three_tricks_are_refused(names: dict[str, Any]) -> None:
    assert len(names["tricks"]) == 3
    for trick in names["tricks"].values():
        with pytest.raises(league.NotTakenError):
            league.entry_of("mnist", trick, names["recipe"])


def test_two_equal_entries_pass_the_rule_in_one_case_of_ten(prose: str) -> None:
    """Of the orders of six runs that are all alike, two in twenty have one entry's three on top."""
    orders = list(permutations(range(6), 3))
    apart = [order for order in orders if set(order) in ({0, 1, 2}, {3, 4, 5})]
    assert len(apart) / len(orders) == pytest.approx(0.1)
    assert "in one case of ten" in prose


def test_the_noise_is_as_loud_as_the_prose_says(prose: str) -> None:
    assert "up to sixteen times the power of the voice" in prose
    assert 10 ** (-examples.LOUDNESS[0] / 10) == pytest.approx(16, rel=0.02)


def _accuracy(which: str, build: Any, recipe: Any, seed: int) -> float:
    entry = league.entry_of(which, build, recipe)
    split = examples.practice(entry.league)
    lap = race.run_lap(entry, split.x_train, split.y_train, split.x_test, seed=seed)
    return float(np.mean(lap.predicted == split.y_test))


@pytest.mark.claims
def test_the_head_matters_for_speech(names: dict[str, Any]) -> None:
    """Global average pooling loses to `Flatten` by more than ten points on every seed."""
    flatten, recipe = course_entries.COURSE_ENTRIES["speech"]["strides"]
    pooled = [_accuracy("speech", names["build_speech"], names["recipe_speech"], seed) for seed in SEEDS]
    flat = [_accuracy("speech", flatten, lambda: recipe, seed) for seed in SEEDS]
    assert min(flat) > max(pooled) + 0.1


@pytest.mark.claims
@pytest.mark.parametrize("seed", SEEDS)
def test_the_first_entry_misses_the_target(names: dict[str, Any], seed: int) -> None:
    accuracy = _accuracy("mnist", names["build"], names["recipe"], seed)
    assert 0.8 < accuracy < 0.99


@pytest.mark.claims
@pytest.mark.parametrize("seed", SEEDS)
def test_two_epochs_of_crops_are_behind_the_courses_six(names: dict[str, Any], seed: int) -> None:
    accuracy = _accuracy("crops", names["build_crops"], names["recipe_crops"], seed)
    stored = next(iter(league.own_entries("crops"))).score
    assert 0.6 < accuracy < min(stored.accuracies)
