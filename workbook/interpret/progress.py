"""A progress line that is shown to a person, and not where a program executes a notebook."""

import os
import sys
import time
from collections.abc import Iterator
from typing import Any

PAUSE = 0.5  # seconds between two updates; shorter work shows no line


def is_watched() -> bool:
    """Return whether a person is watching, in a terminal or in a notebook's front end.

    A front end can ask its user for input; programs that execute notebooks (nbclient, nbconvert, nbgrader) cannot.
    nbval claims that it can, but runs in pytest.
    """
    if "PYTEST_CURRENT_TEST" in os.environ or "NBGRADER_EXECUTION" in os.environ:
        return False
    here = kernel()
    if here is not None:
        return bool(getattr(here, "_allow_stdin", False))
    return sys.stdout is not None and sys.stdout.isatty()


def kernel() -> Any:
    """Return the kernel that runs this code, or None outside a notebook. Imports nothing."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None)


def counted(steps: int, task: str) -> Iterator[int]:
    """Yield 0 to steps - 1, and show the progress while a person watches; clear the line at the end."""
    if not is_watched():
        yield from range(steps)
        return
    line, shown = _Line(), time.monotonic()
    try:
        for step in range(steps):
            if time.monotonic() - shown >= PAUSE:
                shown = time.monotonic()
                line.show(f"{task}: step {step} of {steps}")
            yield step
    finally:
        line.clear()


class _Line:
    """One line that is overwritten: an updated output in a notebook, a carriage return in a terminal."""

    def __init__(self) -> None:
        self._handle: Any = None
        self._width = 0

    def show(self, text: str) -> None:
        """Write the line over the one before."""
        self._width = max(self._width, len(text))
        if kernel() is None:
            print(f"\r{text:{self._width}}", end="", flush=True)
        elif self._handle is None:
            from IPython.display import display

            self._handle = display({"text/plain": text}, raw=True, display_id=True)
        else:
            self._handle.update({"text/plain": text}, raw=True)

    def clear(self) -> None:
        """Clear the line, if there is one."""
        if self._width and kernel() is None:
            print(f"\r{'':{self._width}}\r", end="", flush=True)
        elif self._handle is not None:
            self._handle.update({"text/plain": ""}, raw=True)
