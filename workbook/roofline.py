"""The roofline: how fast a computation can be at most, from its arithmetic and the bytes that it moves.

S. Williams, A. Waterman and D. Patterson, "Roofline: an insightful visual performance model for multicore
architectures", Communications of the ACM, 2009. A processor can do `peak` operations a second, its memory can move
`bandwidth` bytes a second. What does few operations a byte is limited by the second, whatever the first.

Seconds are CPU seconds where Keras computes on the CPU, so that all figures are those of one core and other programs
do not disturb them, and seconds of the clock where it computes on a GPU.
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
    """What was measured: `peak` in FLOP/s, `bandwidth` in bytes/s, by which clock ("CPU seconds" or "seconds")."""

    peak: float
    bandwidth: float
    clock: str = "CPU seconds"

    def __post_init__(self) -> None:
        if not (self.peak > 0 and self.bandwidth > 0):
            raise ValueError(f"peak and bandwidth are above 0. Received: {self.peak!r}, {self.bandwidth!r}")

    @property
    def ridge(self) -> float:
        """The intensity, in FLOP per byte, from which on the peak can be reached."""
        return self.peak / self.bandwidth

    def attainable(self, intensity: float) -> float:
        """Return the most FLOP/s that a computation of this intensity (FLOP per byte) can reach."""
        return min(self.peak, intensity * self.bandwidth)


@dataclass(frozen=True)
class Work:
    """What one layer does for one batch: operations, and bytes that it has to move at least."""

    name: str
    kind: str
    operations: int
    moved: int

    @property
    def intensity(self) -> float:
        """Operations per byte."""
        return self.operations / self.moved


def works(model: Any, *, batch_size: int = 1, bytes_each: int = 4) -> list[Work]:
    """Return the work of a model's layers, forwards, in the accountant's order.

    A layer moves what it reads, what it puts out and its parameters, each once, `bytes_each` a value. It does two
    operations a MAC; a layer without MACs, such as ReLU, is counted with one operation for each value that it puts out.
    Layers that compute nothing are left out.
    """
    from workbook import accountant

    if batch_size < 1 or bytes_each < 1:
        raise ValueError(
            f"batch_size and bytes_each are at least 1. Received: {batch_size!r}, {bytes_each!r}"
        )
    rows = accountant.account(model).rows
    found = []
    for row in rows:
        if row.kind in WITHOUT_ARITHMETIC:
            continue
        read = sum(rows[number].activations for number in row.inputs)
        operations = OPERATIONS_PER_MAC * row.macs or row.activations
        moved = batch_size * (read + row.activations) + row.parameters
        found.append(Work(row.name, row.kind, batch_size * operations, bytes_each * moved))
    return found


def on_gpu() -> bool:
    """Whether Keras's backend sees a GPU, on which it then computes."""
    import keras

    try:
        return bool(keras.distribution.list_devices("gpu"))
    except RuntimeError:  # JAX's answer where there is none
        return False


def clock() -> Callable[[], float]:
    """Return the clock by which to measure: CPU seconds, or seconds where a GPU computes."""
    return time.perf_counter if on_gpu() else time.process_time


def seconds_of(function: Callable[[], Any], *, repeats: int = 5) -> float:
    """Return the least time of `repeats` calls of `function`, after one that is not counted.

    Where the function gives a tensor, its first value is fetched, so that the work is done when the clock stops.
    """
    if repeats < 1:
        raise ValueError(f"repeats is at least 1. Received: {repeats!r}")
    now, times = clock(), []
    for _ in range(repeats + 1):
        start = now()
        _finish(function())
        times.append(now() - start)
    return min(times[1:])


def _finish(result: Any) -> None:
    """Wait until a tensor is computed: a backend may answer before."""
    if hasattr(result, "shape") and not isinstance(result, np.ndarray):
        float(result[(0,) * len(result.shape)])


def measured_peak(*, size: int = 1024, repeats: int = 5) -> float:
    """Return the FLOP/s of a float32 matrix product (size, size) · (size, size), on Keras's backend."""
    import keras

    values = np.random.default_rng(0).random((size, size), np.float32)
    matrix = keras.ops.convert_to_tensor(values)
    seconds = seconds_of(lambda: keras.ops.matmul(matrix, matrix), repeats=repeats)
    return OPERATIONS_PER_MAC * size**3 / seconds


def measured_bandwidth(*, megabytes: int = 64, repeats: int = 5) -> float:
    """Return the bytes a second that copying an array moves: each byte is read and written.

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
