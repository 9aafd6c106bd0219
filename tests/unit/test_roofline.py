"""The roofline: limits, intensities against counts made by hand, and measurements that stay within reason."""

import time

import numpy as np
import pytest

from workbook import roofline
from workbook.roofline import Machine, Work

MACHINE = Machine(peak=100e9, bandwidth=20e9)


@pytest.mark.parametrize(
    ("intensity", "attainable"), [(0.25, 5e9), (4.9, 98e9), (5, 100e9), (5.1, 100e9), (1000, 100e9)]
)
def test_the_lower_limit_counts(intensity: float, attainable: float) -> None:
    assert MACHINE.attainable(intensity) == pytest.approx(attainable)


def test_the_ridge_is_where_the_limits_meet() -> None:
    assert MACHINE.ridge == 5
    assert MACHINE.ridge * MACHINE.bandwidth == MACHINE.peak


@pytest.mark.parametrize(("peak", "bandwidth"), [(0, 1), (1, 0), (-1, 1), (float("nan"), 1)])
def test_a_machine_that_does_nothing_is_refused(peak: float, bandwidth: float) -> None:
    with pytest.raises(ValueError, match=r"above 0\. Received"):
        Machine(peak, bandwidth)


@pytest.fixture(scope="module")
def model():
    import keras
    from keras import layers

    inputs = keras.Input((8, 6, 3))
    x = layers.Conv2D(5, 3, padding="same", use_bias=False, name="conv")(inputs)  # (8, 6, 5)
    y = layers.Conv2D(5, 1, padding="same", name="point")(x)  # (8, 6, 5)
    x = layers.ReLU(name="relu")(layers.Add(name="add")([x, y]))
    x = layers.Dense(10, name="dense")(layers.Flatten(name="flatten")(x))
    return keras.Model(inputs, x)


def test_the_work_of_each_layer_is_what_is_counted_by_hand(model) -> None:
    places, batch = 8 * 6, 7
    counted = {work.name: work for work in roofline.works(model, batch_size=batch)}
    assert counted == {
        "conv": Work(
            "conv", "Conv2D", batch * 2 * places * 9 * 3 * 5, 4 * (batch * places * (3 + 5) + 9 * 3 * 5)
        ),
        "point": Work("point", "Conv2D", batch * 2 * places * 5 * 5, 4 * (batch * places * 10 + 30)),
        "add": Work("add", "Add", batch * places * 5, 4 * batch * places * 15),
        "relu": Work("relu", "ReLU", batch * places * 5, 4 * batch * places * 10),
        "dense": Work("dense", "Dense", batch * 2 * 240 * 10, 4 * (batch * 250 + 2410)),
    }
    assert counted["relu"].intensity == 1 / 8


def test_a_larger_batch_raises_the_intensity_of_a_dense_layer_and_not_of_relu(model) -> None:
    small, large = ({w.name: w.intensity for w in roofline.works(model, batch_size=n)} for n in (1, 256))
    assert large["dense"] > 9 * small["dense"]
    assert large["relu"] == small["relu"]


def test_half_the_bytes_double_the_intensity(model) -> None:
    for whole, half in zip(roofline.works(model), roofline.works(model, bytes_each=2), strict=True):
        assert half.intensity == 2 * whole.intensity


@pytest.mark.parametrize("options", [{"batch_size": 0}, {"bytes_each": 0}])
def test_an_empty_batch_is_refused(model, options: dict) -> None:
    with pytest.raises(ValueError, match=r"at least 1\. Received"):
        roofline.works(model, **options)


def test_the_clock_counts_cpu_seconds_without_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roofline, "on_gpu", lambda: False)
    assert roofline.clock() is time.process_time
    monkeypatch.setattr(roofline, "on_gpu", lambda: True)
    assert roofline.clock() is time.perf_counter


def test_the_first_call_is_not_counted_and_the_shortest_time_is_returned(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ticks = iter([0.0, 9.0, 10.0, 13.0, 20.0, 22.0])
    monkeypatch.setattr(roofline, "clock", lambda: lambda: next(ticks))
    assert roofline.seconds_of(lambda: None, repeats=2) == 2.0
    with pytest.raises(ValueError, match="repeats must be at least 1"):
        roofline.seconds_of(lambda: None, repeats=0)


def test_a_tensor_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    fetched = []

    class Late:
        shape = (2, 3)

        def __getitem__(self, place: tuple) -> float:
            fetched.append(place)
            return 1.0

    roofline.seconds_of(Late, repeats=2)
    assert fetched == [(0, 0)] * 3


def test_on_a_gpu_the_copy_is_made_by_the_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    import keras

    monkeypatch.setattr(roofline, "on_gpu", lambda: True)
    added = []
    monkeypatch.setattr(
        keras.ops, "add", lambda tensor, number: added.append(np.asarray(tensor).nbytes) or tensor
    )
    assert roofline.measured_bandwidth(megabytes=2, repeats=2) > 0
    assert added == [2_000_000] * 3


def test_this_machine_is_measured_within_reason() -> None:
    machine = roofline.measure()
    assert 1e8 < machine.peak < 1e16  # from a tenth of a GFLOP/s to more than any accelerator has
    assert 1e8 < machine.bandwidth < 1e14
    assert machine.clock == "CPU seconds" if not roofline.on_gpu() else "seconds"
