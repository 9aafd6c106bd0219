"""One training of an entry: the loop, the clock, the curve, and what a notebook shows."""

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from workbook import league
from workbook.league import course_entries, examples, practice, race
from workbook.league.entry import read_settings
from workbook.league.standings import LEAGUES


def _build(shape: tuple[int, int, int] = (40, 61, 1)) -> keras.Model:
    inputs = keras.Input(shape)
    x = layers.Rescaling(1 / 255)(inputs)
    x = layers.Conv2D(4, 5, strides=4, use_bias=False)(x)
    x = layers.ReLU()(layers.BatchNormalization(momentum=0.5)(x))
    return keras.Model(inputs, layers.Dense(10)(layers.Flatten()(x)))


def _lap(seed: int = 1, **recipe: Any) -> race.Lap:
    entry = league.entry_of("speech", _build, lambda: recipe)
    split = examples.practice(entry.league)
    return race.run_lap(entry, split.x_train, split.y_train, split.x_test, seed=seed)


def test_the_same_seed_leads_to_the_same_predictions() -> None:
    first, second, other = _lap(1), _lap(1), _lap(2)
    assert np.array_equal(first.predicted, second.predicted)
    assert not np.array_equal(first.predicted, other.predicted)


def test_a_learning_curve_has_the_accuracy_of_each_stretch() -> None:
    lap = _lap(epochs=5, learning_rate=0.003, batch_size=50)
    seconds = [point.seconds for point in lap.curve]
    assert seconds == sorted(seconds)
    assert len(lap.curve) == 40
    assert all(0 <= point.accuracy <= 1 for point in lap.curve)
    assert np.mean([point.accuracy for point in lap.curve[-8:]]) > np.mean(
        [point.accuracy for point in lap.curve[:8]]
    )
    assert lap.cpu_seconds >= seconds[-1]


def test_the_clock_stops_a_training(monkeypatch: pytest.MonkeyPatch) -> None:
    from workbook.training import callbacks

    monkeypatch.setattr(
        race, "_clock", lambda seconds: callbacks.StopOnTime(1e-9, clock=race.time.process_time)
    )
    lap = _lap(epochs=200)
    assert lap.is_stopped
    assert len(lap.curve) < 40


def test_a_network_with_too_much_work_is_refused() -> None:
    with pytest.raises(league.NotTakenError, match=r"multiplications"):
        race.check_work(_build(), 1000)


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "rmsprop", "sgd"])
@pytest.mark.parametrize("schedule", ["constant", "cosine", "triangle"])
def test_a_schedule_ends_where_it_should(optimizer: str, schedule: str) -> None:
    settings = read_settings(
        {"optimizer": optimizer, "schedule": schedule, "epochs": 10, "learning_rate": 0.5}
    )
    made = race.optimizer_of(settings, steps_per_epoch=10)
    assert type(made).__name__.lower() == optimizer
    rate = made._learning_rate
    if schedule == "constant":
        assert float(rate) == 0.5
        return
    assert float(rate(0)) < 0.05
    assert float(rate(20)) == pytest.approx(0.5, rel=1e-4)
    assert float(rate(100)) == pytest.approx(0, abs=1e-3)


def test_views_are_averaged() -> None:
    model = _build((28, 28, 1))
    x = np.random.default_rng(1).integers(0, 256, (7, 28, 28, 1)).astype(np.uint8)
    from workbook.training.views import predict_averaged

    for views in ("plain", "shift", "flip and shift"):
        expected = predict_averaged(model, x, views=views)
        np.testing.assert_allclose(race.predicted_scores(model, x, views), expected, rtol=1e-4, atol=1e-5)


def test_try_it_shows_the_result_among_the_courses_own() -> None:
    trial = league.try_it("speech", _build, dict, seeds=(1, 2))
    assert trial.yours is not None
    assert len(trial.yours.score.accuracies) == 2
    assert "2 seeds" in trial.note
    text = str(trial.table())
    assert "yours" in text
    assert all(placed.score.name in text for placed in league.own_entries("speech"))
    ax = trial.draw()
    assert next(line.get_label() for line in ax.lines) == "yours, training"


def test_a_league_with_a_target_draws_its_errors() -> None:
    placed = practice.own_entries("mnist")
    ax = practice.draw_curves(LEAGUES["mnist"], None, placed)
    assert ax.get_yscale() == "log"
    curves = {line.get_label(): line for line in ax.lines}
    last = placed[0].curve[-1].accuracy
    drawn = curves[f"{placed[0].score.name}, training"].get_ydata()
    assert drawn[-1] == pytest.approx(100 - 100 * last)
    assert list(curves["target 99 %"].get_ydata()) == pytest.approx([1, 1])


@pytest.mark.parametrize("build", [lambda: ..., lambda: None, lambda: 3])
def test_an_entry_that_is_not_started_stops_nothing(build: Any) -> None:
    trial = league.try_it("speech", build, dict)
    assert trial.yours is None
    assert trial.note.startswith("build()")
    assert "yours" not in str(trial.table())
    trial.draw()


def test_the_stored_results_are_those_of_the_courses_entries() -> None:
    for name, entries in course_entries.COURSE_ENTRIES.items():
        stored = {placed.score.name: placed for placed in practice.own_entries(name)}
        assert set(stored) == set(entries)
        for entry, (build, _) in entries.items():
            assert stored[entry].score.parameters == build().count_params()
            assert len(stored[entry].score.accuracies) == 3
            assert all(seconds < LEAGUES[name].cpu_seconds for seconds in stored[entry].score.cpu_seconds)
    assert all(placed.score.mean >= 0.99 for placed in practice.own_entries("mnist"))


@pytest.mark.claims
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_courses_entries_reach_their_marks_again(seed: int) -> None:
    """The two that train for seconds, within three points of the stored range."""
    for name, entry in (("speech", "strides"), ("crops", "three blocks")):
        build, recipe = course_entries.COURSE_ENTRIES[name][entry]
        taken = league.entry_of(name, build, lambda recipe=recipe: recipe)
        split = examples.practice(taken.league)
        lap = race.run_lap(taken, split.x_train, split.y_train, split.x_test, seed=seed)
        stored = next(placed for placed in practice.own_entries(name) if placed.score.name == entry)
        accuracy = np.mean(lap.predicted == split.y_test)
        assert accuracy > min(stored.score.accuracies) - 0.03
