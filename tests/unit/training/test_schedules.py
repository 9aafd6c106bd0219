"""Schedules against values worked out by hand, and as `fit` goes through them."""

from typing import Any

import keras
import numpy as np
import pytest
from keras.optimizers import schedules

from workbook.training import Steps, Triangular, WarmUp


def rates(schedule: Any, steps: Any) -> list[float]:
    return [float(schedule(step)) for step in steps]


def test_a_triangle_rises_and_falls_in_straight_lines() -> None:
    triangle = Triangular(1.0, 10)
    by_hand = [0, 0.5, 1, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125, 0, 0, 0]
    np.testing.assert_allclose(rates(triangle, range(13)), by_hand, atol=1e-6)


def test_a_triangle_begins_and_ends_where_it_is_told() -> None:
    triangle = Triangular(0.6, 8, warm_up=0.5, start=0.2, end=0.1)
    by_hand = [0.2, 0.3, 0.4, 0.5, 0.6, 0.475, 0.35, 0.225, 0.1, 0.1]
    np.testing.assert_allclose(rates(triangle, range(10)), by_hand, atol=1e-6)


def test_without_warm_up_it_only_falls_and_with_nothing_else_it_only_rises() -> None:
    np.testing.assert_allclose(
        rates(Triangular(1.0, 4, warm_up=0), range(5)), [1, 0.75, 0.5, 0.25, 0], atol=1e-6
    )
    np.testing.assert_allclose(
        rates(Triangular(1.0, 4, warm_up=1), range(4)), [0, 0.25, 0.5, 0.75], atol=1e-6
    )


def test_warm_up_leads_to_the_other_schedules_beginning() -> None:
    constant = WarmUp(0.5, 4)
    np.testing.assert_allclose(rates(constant, range(7)), [0.1, 0.2, 0.3, 0.4, 0.5, 0.5, 0.5], atol=1e-6)
    falling = WarmUp(Triangular(0.8, 4, warm_up=0), 3)
    by_hand = [0.2, 0.4, 0.6, 0.8, 0.6, 0.4, 0.2, 0.0]
    np.testing.assert_allclose(rates(falling, range(8)), by_hand, atol=1e-6)


def test_steps_drop_at_the_step_that_is_named() -> None:
    drops = Steps(0.4, [3, 5], factor=0.5)
    np.testing.assert_allclose(rates(drops, range(7)), [0.4, 0.4, 0.4, 0.2, 0.2, 0.1, 0.1], rtol=1e-6)


def test_keras_cosine_warms_up_as_ours_does() -> None:
    """The module recommends it: both rise by the same steps and fall by the same formula."""
    theirs = schedules.CosineDecay(1 / 3, 8, alpha=0.1, warmup_target=1.0, warmup_steps=2)
    ours = WarmUp(schedules.CosineDecay(1.0, 8, alpha=0.1), 2)
    falling = [0.1 + 0.9 * (1 + np.cos(np.pi * step / 8)) / 2 for step in range(9)]
    for wave in (theirs, ours):
        np.testing.assert_allclose(rates(wave, range(12)), [1 / 3, 2 / 3, *falling, 0.1], atol=1e-6)


ALL = [
    Triangular(0.3, 6, warm_up=0.5),
    WarmUp(Steps(0.3, [2]), 2),
    WarmUp(0.3, 2),
    Steps(0.3, [2, 4]),
]


@pytest.mark.parametrize("schedule", ALL, ids=lambda schedule: type(schedule).__name__)
def test_a_saved_schedule_is_the_same(schedule: Any) -> None:
    optimizer = keras.optimizers.SGD(schedule)
    again = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    assert type(again._learning_rate) is type(schedule)
    np.testing.assert_allclose(rates(again._learning_rate, range(8)), rates(schedule, range(8)))


@pytest.mark.parametrize("schedule", ALL, ids=lambda schedule: type(schedule).__name__)
def test_fit_takes_a_step_of_each_rate(schedule: Any) -> None:
    """A weight whose gradient is -1 walks the sum of the rates."""
    model = keras.Sequential(
        [keras.Input((1,)), keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")]
    )
    model.compile(keras.optimizers.SGD(schedule), lambda truth, given: -given)
    walked = []
    watch = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: walked.append(float(watch.model.get_weights()[0][0, 0]))
    )
    model.fit(np.ones((6, 1)), np.ones((6, 1)), batch_size=2, epochs=2, callbacks=[watch], verbose=0)
    np.testing.assert_allclose(walked, np.cumsum(rates(schedule, range(6))), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Triangular(-1.0, 10),
        lambda: Triangular(1.0, 0),
        lambda: Triangular(1.0, 2.5),  # type: ignore[arg-type]
        lambda: Triangular(1.0, 10, warm_up=1.5),
        lambda: Triangular(1.0, 10, end=-0.1),
        lambda: Triangular("fast", 10),  # type: ignore[arg-type]
        lambda: WarmUp("fast", 10),  # type: ignore[arg-type]
        lambda: WarmUp(0.1, 0),
        lambda: Steps(0.1, []),
        lambda: Steps(0.1, [5, 3]),
        lambda: Steps(0.1, [0, 3]),
        lambda: Steps(0.1, [3], factor=0),
        lambda: Triangular(float("nan"), 10),
    ],
)
def test_bad_input_gets_one_clear_error(make: Any) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]*Received: [^\n]+$"):
        make()
