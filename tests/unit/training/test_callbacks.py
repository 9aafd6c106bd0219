"""The curve is drawn where somebody looks and nowhere else; a training ends on time."""

import subprocess
import sys
from itertools import count
from typing import Any

import keras
import numpy as np
import pytest

from workbook.training import LiveCurve, StopOnTime, callbacks

X, Y = np.zeros((8, 2), np.float32), np.ones((8, 1), np.float32)

CELL = """
from workbook.training import LiveCurve
import keras, numpy as np
model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")
history = model.fit(np.zeros((8, 2)), np.ones((8, 1)), epochs=3, callbacks=[LiveCurve()], verbose=0)
"""


def a_network() -> keras.Model:
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    return model


# ---------------------------------------------------------------- the curve


def test_the_curve_is_silent_here(capsys: pytest.CaptureFixture[str]) -> None:
    curve = LiveCurve()
    history = a_network().fit(X, Y, epochs=2, callbacks=[curve], verbose=0).history
    assert curve.shown == 0
    assert curve.values[""] == pytest.approx(history["loss"])
    assert capsys.readouterr().out == ""


def test_the_curve_is_silent_in_a_plain_process() -> None:
    run = subprocess.run([sys.executable, "-c", CELL], capture_output=True, text=True, check=True)
    assert run.stdout == ""
    assert run.stderr == ""


def test_where_somebody_looks_one_picture_is_drawn_over(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[dict[str, Any]] = []

    class Handle:
        def update(self, content: dict[str, Any], *, raw: bool) -> None:
            assert raw
            shown.append(content)

    def display(content: dict[str, Any], *, raw: bool, display_id: bool) -> Handle:
        assert not shown, "the first drawing makes the picture, later ones draw over it"
        assert raw
        assert display_id
        shown.append(content)
        return Handle()

    monkeypatch.setattr(callbacks, "in_front_end", lambda: True)
    monkeypatch.setattr("IPython.display.display", display)
    curve = LiveCurve("mae")
    model = a_network()
    history = model.fit(X, Y, validation_data=(X, Y), epochs=3, callbacks=[curve], verbose=0).history
    assert curve.shown == len(shown) == 3
    assert all(content["image/png"].startswith(b"\x89PNG") for content in shown)
    assert len({content["image/png"] for content in shown}) == 3
    last = history["mae"][-1], history["val_mae"][-1]
    assert shown[-1]["text/plain"] == f"after 3 epochs: mae {last[0]:.4f}, validation mae {last[1]:.4f}"


def test_a_metric_that_is_not_measured_is_refused() -> None:
    with pytest.raises(ValueError, match=r"loss, mae|mae, loss") as caught:
        a_network().fit(X, Y, epochs=1, callbacks=[LiveCurve("accuracy")], verbose=0)
    assert str(caught.value).endswith("Received: metric='accuracy'")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("watched", "expected"), [(True, {"display_data": 1, "update_display_data": 2}), (False, {})]
)
def test_in_a_real_kernel_it_draws_for_a_reader_only(
    watched: bool, expected: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A front end that can ask its user is a reader's; a program that executes notebooks cannot ask."""
    from jupyter_client.manager import start_new_kernel

    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    manager, client = start_new_kernel(kernel_name="python3")
    counts: dict[str, int] = {}

    def note(message: dict[str, Any]) -> None:
        kind = message["msg_type"]
        if "display_data" in kind:
            assert "image/png" in message["content"]["data"]
            counts[kind] = counts.get(kind, 0) + 1
        assert kind not in ("error", "stream"), message["content"]

    try:
        client.execute_interactive(CELL, allow_stdin=watched, output_hook=note, timeout=300)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert counts == expected


# ---------------------------------------------------------------- time


def test_the_training_ends_after_the_batch_at_which_time_is_over() -> None:
    ticks = count()  # a clock that moves a second each time it is looked at
    stop = StopOnTime(3, clock=lambda: float(next(ticks)))
    batches = []
    watch = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: batches.append(batch))
    a_network().fit(X, Y, batch_size=2, epochs=5, callbacks=[stop, watch], verbose=0)
    assert stop.stopped
    assert batches == [0, 1, 2]


def test_a_training_in_time_is_left_alone_and_the_clock_starts_again() -> None:
    ticks = count()
    stop = StopOnTime(7, clock=lambda: float(next(ticks)))
    for _ in range(2):
        history = a_network().fit(X, Y, batch_size=4, epochs=3, callbacks=[stop], verbose=0).history
        assert len(history["loss"]) == 3
        assert not stop.stopped


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), "60", True])
def test_a_time_that_is_none_is_refused(seconds: float) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]*Received: seconds="):
        StopOnTime(seconds)
