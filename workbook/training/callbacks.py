"""Callbacks: a curve that grows while the network learns, and a time limit."""

import io
import time
from collections.abc import Callable
from typing import Any

import keras

from workbook import live
from workbook.colours import BLUE, VERMILION

SIZE = (6.0, 3.0)  # inches
COLOURS = {"": BLUE, "val_": VERMILION}


class LiveCurve(keras.callbacks.Callback):
    """Draw a metric over the epochs in JupyterLab, in one picture that is updated; do nothing elsewhere.

    The last picture stays in the notebook, with its numbers as alternative text. Nothing is shown in a terminal, under
    pytest and nbval, and where a program executes the notebook. `shown` counts the drawings.
    """

    def __init__(self, metric: str = "loss") -> None:
        super().__init__()
        self.metric, self.shown = metric, 0
        self.values: dict[str, list[float]] = {}
        self._handle: Any = None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Start a new picture."""
        self.values, self._handle = {"": [], "val_": []}, None

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Add a point and draw; ValueError if the training does not measure the metric."""
        logs = logs or {}
        if self.metric not in logs:
            raise ValueError(f"metric must be one of {', '.join(logs)}. Received: metric={self.metric!r}")
        for prefix, values in self.values.items():
            if prefix + self.metric in logs:
                values.append(float(logs[prefix + self.metric]))
        if in_front_end():
            self._show(epoch + 1)

    def text(self) -> str:
        """Return the last values as one line of text."""
        names = {"": self.metric, "val_": f"validation {self.metric}"}
        parts = (f"{names[prefix]} {values[-1]:.4f}" for prefix, values in self.values.items() if values)
        return f"after {len(self.values[''])} epochs: {', '.join(parts)}"

    def picture(self, last_epoch: int) -> bytes:
        """Return the curve as a PNG whose last point is at `last_epoch`."""
        from matplotlib.figure import Figure
        from matplotlib.ticker import MaxNLocator

        figure = Figure(SIZE, layout="constrained")
        ax = figure.subplots()
        for (prefix, values), label in zip(self.values.items(), ("training", "validation"), strict=True):
            if values:
                first = last_epoch - len(values) + 1
                epochs = range(first, last_epoch + 1)
                ax.plot(epochs, values, marker="o", color=COLOURS[prefix], label=label)
        ax.set(xlabel="epoch", ylabel=self.metric)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.legend()
        stream = io.BytesIO()
        figure.savefig(stream, format="png", dpi=100)
        return stream.getvalue()

    def _show(self, epoch: int) -> None:
        from IPython.display import display

        content = {"image/png": self.picture(epoch), "text/plain": self.text()}
        if self._handle is None:
            self._handle = display(content, raw=True, display_id=True)
        else:
            self._handle.update(content, raw=True)
        self.shown += 1


class StopOnTime(keras.callbacks.Callback):
    """Stop the training after the first batch that ends `seconds` or more after its start; `stopped` says if it did.

    Wall-clock seconds are counted from the beginning of `fit`; with `clock=time.process_time`, CPU seconds. The
    weights of the unfinished epoch stay. ValueError unless `seconds` is a number above 0.
    """

    def __init__(self, seconds: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not seconds > 0:
            raise ValueError(f"seconds must be a number above 0. Received: seconds={seconds!r}")
        self.seconds, self.stopped = seconds, False
        self._clock, self._start = clock, 0.0

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Start the clock."""
        self._start, self.stopped = self._clock(), False

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Stop the training if the time is over."""
        if self._clock() - self._start >= self.seconds:
            self.model.stop_training = self.stopped = True


def in_front_end() -> bool:
    """Return whether a person is looking at a notebook, so that a picture can be shown and updated."""
    return live.kernel() is not None and live.is_watched()
