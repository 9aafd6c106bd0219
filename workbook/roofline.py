"""The roofline: the highest speed of a computation, from its arithmetic and the bytes that it moves.

S. Williams, A. Waterman and D. Patterson, "Roofline: an insightful visual performance model for multicore
architectures", Communications of the ACM, 2009. A processor does at most `peak` operations per second, its memory moves
at most `bandwidth` bytes per second. A computation with few operations per byte is limited by its memory, however fast
the processor is.

Seconds are CPU seconds where Keras computes on the CPU: they are those of one core, and other programs do not disturb
them. On a GPU they are seconds of the clock.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

OPERATIONS_PER_MAC = 2  # a multiplication and an addition
WITHOUT_ARITHMETIC = ("InputLayer", "Flatten", "Reshape", "Dropout", "ZeroPadding2D", "Cropping2D")


@dataclass(frozen=True)
class Machine:
    """The speed of a machine: `peak` in FLOP/s, `bandwidth` in bytes/s, by which clock ("CPU seconds" or "seconds")."""

    peak: float
    bandwidth: float
    clock: str = "CPU seconds"

    def __post_init__(self) -> None:
        if not (self.peak > 0 and self.bandwidth > 0):
            raise ValueError(
                f"peak and bandwidth must be above 0. Received: peak={self.peak!r}, bandwidth={self.bandwidth!r}"
            )

    @property
    def ridge(self) -> float:
        """The intensity, in FLOP per byte, above which the peak can be reached."""
        return self.peak / self.bandwidth

    def attainable(self, intensity: float) -> float:
        """Return the most FLOP/s that a computation of this intensity (FLOP per byte) can reach."""
        return min(self.peak, intensity * self.bandwidth)


@dataclass(frozen=True)
class Work:
    """The work of one layer for one batch: its operations, and the fewest bytes that it has to move."""

    name: str
    kind: str
    operations: int
    moved: int

    @property
    def intensity(self) -> float:
        """Operations per byte."""
        return self.operations / self.moved


def works(model: Any, *, batch_size: int = 1, bytes_each: int = 4) -> list[Work]:
    """Return the work of a model's layers in a forward pass, in the accountant's order.

    A layer moves its inputs, its outputs and its parameters once each, `bytes_each` per value. It does two operations
    per MAC; a layer without MACs, such as ReLU, counts as one operation per output value. Layers that compute nothing
    are left out.
    """
    from workbook import accountant

    if batch_size < 1 or bytes_each < 1:
        raise ValueError(
            f"batch_size and bytes_each must be at least 1. Received: {batch_size=!r}, {bytes_each=!r}"
        )
    rows = accountant.account(model).rows
    listed = []
    for row in rows:
        if row.kind in WITHOUT_ARITHMETIC:
            continue
        read = sum(rows[number].activations for number in row.inputs)
        operations = OPERATIONS_PER_MAC * row.macs or row.activations
        moved = batch_size * (read + row.activations) + row.parameters
        listed.append(Work(row.name, row.kind, batch_size * operations, bytes_each * moved))
    return listed


def on_gpu() -> bool:
    """Return whether Keras's backend sees a GPU, on which it then computes."""
    import keras

    try:
        return bool(keras.distribution.list_devices("gpu"))
    except RuntimeError:  # from JAX, where there is none
        return False


def clock() -> Callable[[], float]:
    """Return the clock to measure with: CPU seconds, or seconds where a GPU computes."""
    return time.perf_counter if on_gpu() else time.process_time


def seconds_of(function: Callable[[], Any], *, repeats: int = 5) -> float:
    """Return the shortest time of `repeats` calls of `function`, after one that is not counted.

    If the function returns a tensor, its first value is fetched, so that the work is done when the clock stops.
    """
    if repeats < 1:
        raise ValueError(f"repeats must be at least 1. Received: repeats={repeats!r}")
    now, times = clock(), []
    for _ in range(repeats + 1):
        start = now()
        _finish(function())
        times.append(now() - start)
    return min(times[1:])


def _finish(result: Any) -> None:
    """Wait until a tensor is computed: a backend may return before that."""
    if hasattr(result, "shape") and not isinstance(result, np.ndarray):
        float(result[(0,) * len(result.shape)])


def measured_peak() -> float:
    """Return the FLOP/s of a float32 matrix product (1024, 1024) · (1024, 1024), on Keras's backend."""
    import keras

    size = 1024
    values = np.random.default_rng(0).random((size, size), np.float32)
    matrix = keras.ops.convert_to_tensor(values)
    seconds = seconds_of(lambda: keras.ops.matmul(matrix, matrix))
    return OPERATIONS_PER_MAC * size**3 / seconds


def measured_bandwidth(*, megabytes: int = 64, repeats: int = 5) -> float:
    """Return the bytes per second that copying an array moves: each byte is read and written.

    On a CPU by NumPy, between two arrays far larger than its caches; on a GPU by adding 1 to a tensor there.
    """
    values = np.zeros(megabytes * 10**6 // 4, np.float32)
    if on_gpu():
        import keras

        tensor = keras.ops.convert_to_tensor(values)
        seconds = seconds_of(lambda: keras.ops.add(tensor, 1), repeats=repeats)
    else:
        target = np.ones_like(values)
        seconds = seconds_of(lambda: np.copyto(target, values), repeats=repeats)
    return 2 * values.nbytes / seconds


def measure() -> Machine:
    """Measure this machine in a second or two."""
    name = "seconds" if on_gpu() else "CPU seconds"
    return Machine(measured_peak(), measured_bandwidth(), name)
