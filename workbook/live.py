"""A line that shows the progress of a computation, so that no cell is silent for long.

`model.fit(..., verbose=0, callbacks=[live.progress("LeNet-5")])` shows epoch, loss, accuracy and the time left, with a
small curve of the loss. `for size in live.track(sizes, "sizes")` shows how many of the items are completed. Each is one
line that is updated in place; the last state stays. In a terminal it is text. If a program executes the notebook,
nothing is shown, so that stored outputs hold no times.
"""

import html
import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from workbook import colours

if TYPE_CHECKING:
    import keras

PAUSE = 0.3  # seconds between two updates
POINTS = 80  # in the curve of the loss
WIDTH, HEIGHT = 120, 22  # of that curve, in pixels
COLOUR = colours.BLUE  # of the training loss, as in `plots`
ACCURACIES = ("accuracy", "acc", "sparse_categorical_accuracy", "categorical_accuracy", "binary_accuracy")

T = TypeVar("T")
Curve = Sequence[tuple[float, float]]  # the completed share of a training, 0 to 1, and the loss


def is_watched() -> bool:
    """Return whether a person is watching, in a terminal or in a notebook's front end.

    A front end can ask its user for input; programs that execute notebooks (nbclient, nbconvert, nbgrader) cannot.
    nbval says that it can, but runs in pytest. Colab has its own way of asking.
    """
    if "PYTEST_CURRENT_TEST" in os.environ or "NBGRADER_EXECUTION" in os.environ:
        return False
    here = kernel()
    if here is not None:
        return "google.colab" in sys.modules or bool(getattr(here, "_allow_stdin", False))
    return sys.stdout is not None and sys.stdout.isatty()


def kernel() -> Any:
    """Return the kernel that runs this code, or None outside a notebook. Imports nothing."""
    return getattr(_shell(), "kernel", None)


def _shell() -> Any:
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None


# ---------------------------------------------------------------- for `fit`


def progress(name: str = "") -> "keras.callbacks.Callback":
    """Return a callback that shows a line while `fit` runs: epoch, loss, accuracy, time left, and the loss as a curve.

    The last state stays: epochs, seconds, loss and accuracy, also of the validation data if there are any. The line
    begins with `name`. If nobody is watching, the callback does nothing.
    """
    import keras

    if not is_watched():
        return keras.callbacks.Callback()
    training = _Training(name)
    callback: keras.callbacks.Callback = keras.callbacks.LambdaCallback(
        on_train_begin=lambda logs: training.begin(callback.params),
        on_epoch_begin=lambda epoch, logs: training.epoch_begins(epoch),
        on_train_batch_end=lambda batch, logs: training.batch_ends(batch, logs),
        on_epoch_end=lambda epoch, logs: training.epoch_ends(logs),
        on_train_end=lambda logs: training.end(),
    )
    return callback


class _Training:
    """The progress of a training, and the line that shows it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def begin(self, params: Mapping[str, Any]) -> None:
        """Show the line; `params` are those of Keras's callbacks: the numbers of epochs and of steps per epoch."""
        self.epochs, self.steps = params["epochs"], params.get("steps")
        self.epoch, self.completed = 0, 0
        self.logs: Mapping[str, float] = {}
        self.curve: list[tuple[float, float]] = []
        self.line = LiveLine(self.name)
        self.line.show(["Keras is preparing the first step"], 0.0)

    def epoch_begins(self, epoch: int) -> None:
        """Note the number of the epoch, counted from 0."""
        self.epoch = epoch

    def batch_ends(self, batch: int, logs: Mapping[str, float] | None) -> None:
        """Add a point to the curve, and show the line if the last update is long enough ago."""
        logs = logs or {}
        in_epoch = (batch + 1) / self.steps if self.steps else 0.0  # a generator's first epoch: steps unknown
        done = (self.epoch + in_epoch) / self.epochs
        if "loss" in logs and (not self.curve or done - self.curve[-1][0] >= 1 / POINTS):
            self.curve.append((done, float(logs["loss"])))
        if self.line.is_due():
            self.line.show([f"epoch {self.epoch + 1} of {self.epochs}", *_scores(logs)], done, self.curve)

    def epoch_ends(self, logs: Mapping[str, float] | None) -> None:
        """Note the results of the epoch, which now include those of the validation data."""
        self.logs, self.completed = logs or {}, self.completed + 1

    def end(self) -> None:
        """Write the last state."""
        epochs = "1 epoch" if self.completed == 1 else f"{self.completed} epochs"
        self.line.close([f"{epochs} in {duration(self.line.elapsed())}", *_scores(self.logs)], self.curve)


def _scores(logs: Mapping[str, float]) -> list[str]:
    """Return "loss 0.123", "accuracy 96.4 %" and the same of the validation data, as far as `logs` has them."""
    texts = []
    for prefix, name in (("", ""), ("val_", "validation ")):
        if prefix + "loss" in logs:
            texts.append(f"{name}loss {logs[prefix + 'loss']:.3f}")
        for metric in ACCURACIES:
            if prefix + metric in logs:
                texts.append(f"{name}accuracy {100 * logs[prefix + metric]:.1f} %")
    return texts


# ---------------------------------------------------------------- for loops


def track(items: Iterable[T], name: str, *, keep: bool = True) -> Iterator[T]:
    """Yield the items, and show the current one and the time left: "sizes: 2 of 8 · 12 s left".

    The last state stays. With `keep=False` the line is cleared at the end, and a loop of less than `PAUSE` shows none.
    A `track` or `progress` inside a `track` adds its text to the same line.
    """
    if not is_watched():
        yield from items
        return
    values = list(items)
    total = len(values)
    line = LiveLine(name, share=1 / max(total, 1))
    last: list[str] = []
    try:
        for number, item in enumerate(values):
            if line.is_due() or (keep and number == 0):
                line.show([f"{number + 1} of {total}"], number / total)
            yield item
        last = [f"{total} in {duration(line.elapsed())}"]
    except GeneratorExit:  # the loop was left
        last = [f"stopped at {number + 1} of {total}"]
        raise
    finally:
        line.close(last if keep else [])


def duration(seconds: float) -> str:
    """Return seconds as text, rounded: "7 s", "2 min 5 s"."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


# ---------------------------------------------------------------- the line


class LiveLine:
    """One line that is overwritten: an output that is updated in a notebook, a carriage return in a terminal.

    A line that is made while another one is open in the same cell writes into that one. `share`, 0 to 1, is the part of
    this line's work that is done by a line inside it. If nobody is watching, nothing is written.
    """

    _open: ClassVar[list["LiveLine"]] = []  # the outermost first

    def __init__(self, name: str, *, share: float = 0.0) -> None:
        self.name, self.share = name, share
        self._parts: list[str] = []
        self._done = 0.0
        self._curve: Curve = ()
        self._start = self._shown = time.monotonic()
        self._first = (0.0, self._start) if share else None
        self._handle: Any = None
        self._width = 0
        self._cell = getattr(_shell(), "execution_count", None)
        self._watched = is_watched()
        if self._watched:
            in_cell = [line for line in LiveLine._open if line._cell == self._cell]  # others were interrupted
            LiveLine._open = [*in_cell, self]

    def elapsed(self) -> float:
        """Return the seconds since the line was made."""
        return time.monotonic() - self._start

    def is_due(self) -> bool:
        """Return whether the last update was at least `PAUSE` ago."""
        return time.monotonic() - self._shown >= PAUSE

    def show(self, parts: Sequence[str], done: float, curve: Curve = ()) -> None:
        """Overwrite the text with these parts; `done` is the completed share of the work, 0 to 1."""
        if not self._watched:
            return
        self._shown = time.monotonic()
        self._parts, self._done, self._curve = list(parts), done, curve
        if self._first is None and done:  # what came before, such as compiling, comes only once
            self._first = done, self._shown
        outermost = LiveLine._open[0]
        outermost._write([*_texts(LiveLine._open), *outermost._left()])

    def close(self, parts: Sequence[str], curve: Curve = ()) -> None:
        """Write the last state; clear the line if there are no parts."""
        place = LiveLine._open.index(self) if self in LiveLine._open else None
        LiveLine._open = LiveLine._open[:place]  # with lines inside it that an error left open
        if place != 0:
            return
        self._parts, self._done, self._curve = list(parts), 1.0, curve
        if parts:
            self._write(_texts([self]))
            print(end="" if kernel() else "\n")
        elif self._handle is not None:
            self._handle.update({"text/plain": ""}, raw=True)
        elif self._width:
            print(f"\r{'':{self._width}}\r", end="", flush=True)

    def _done_with_inner(self) -> float:
        """Return the completed share of the work, with what the lines inside have done of the current item."""
        done, share = 0.0, 1.0
        for line in [self, *(line for line in LiveLine._open if line is not self)]:
            done += share * line._done
            share *= line.share
        return min(done, 1.0)

    def _left(self) -> list[str]:
        """Return ["12 s left"], or [] while this is unknown."""
        done = self._done_with_inner()
        if self._first is None or done <= self._first[0]:
            return []
        first, since = self._first
        return [f"{duration((1 - done) * (time.monotonic() - since) / (done - first))} left"]

    def _write(self, texts: Sequence[str]) -> None:
        """Write the texts over the line, with the bar and the curve in a notebook."""
        text = " · ".join(texts)
        if kernel() is None:
            self._width = max(self._width, len(text))
            print(f"\r{text:{self._width}}", end="", flush=True)
            return
        content = {"text/plain": text, "text/html": as_html(texts, self._done_with_inner(), self._curve)}
        if self._handle is None:
            from IPython.display import display

            self._handle = display(content, raw=True, display_id=True)
        else:
            self._handle.update(content, raw=True)


def _texts(lines: Sequence[LiveLine]) -> list[str]:
    """Return the parts of the lines' texts, the name of a line before its first part."""
    texts = []
    for line in lines:
        if line._parts:
            name = f"{line.name}: " if line.name else ""
            texts += [name + line._parts[0], *line._parts[1:]]
    return texts


def as_html(texts: Sequence[str], done: float, curve: Curve = ()) -> str:
    """Return a line as HTML: a bar of the share `done`, 0 to 1, the curve of the loss above it, the texts beside."""
    spans = "".join(f"<span>{html.escape(text)}</span>" for text in texts)
    outer = "display:flex;align-items:center;gap:1em;font-variant-numeric:tabular-nums"
    inner = "display:flex;flex-wrap:wrap;gap:0 1em"
    bottom = HEIGHT - 1.5
    paths = (
        f'<path d="M0 {bottom}H{WIDTH}" stroke="currentColor" stroke-width="3" opacity="0.25"/>'
        f'<path d="M0 {bottom}H{done * WIDTH:.1f}" stroke="{COLOUR}" stroke-width="3"/>{_curve_path(curve)}'
    )
    size = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    label = f'role="img" aria-label="{100 * done:.0f} % done"'
    picture = f'<svg {size} style="flex:none" {label} fill="none">{paths}</svg>'
    return f'<div style="{outer}">{picture}<div style="{inner}">{spans}</div></div>'


def _curve_path(curve: Curve) -> str:
    """Return the curve of the loss as SVG, or "" for fewer than two points."""
    if len(curve) < 2:
        return ""
    losses = [loss for _, loss in curve]
    low, high = min(0.0, *losses), max(losses)
    scale = (HEIGHT - 7) / (high - low or 1.0)
    points = " ".join(f"{done * WIDTH:.1f},{1.5 + (high - loss) * scale:.1f}" for done, loss in curve)
    return f'<polyline points="{points}" stroke="{COLOUR}" stroke-width="1.5"/>'
