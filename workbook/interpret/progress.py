"""A line that counts steps, where somebody is looking; silence where a notebook is executed by a program."""

import os
import sys
import time
from collections.abc import Iterator
from typing import Any

PAUSE = 0.5  # seconds between two updates; shorter work shows nothing


def is_watched() -> bool:
    """Whether a person is in front: a terminal, or a notebook's front end, which can ask its user for input.

    Programs that execute notebooks (nbclient, nbconvert, nbgrader) cannot; nbval says that it can, and runs in pytest.
    """
    if "PYTEST_CURRENT_TEST" in os.environ or "NBGRADER_EXECUTION" in os.environ:
        return False
    kernel = _kernel()
    if kernel is not None:
        return bool(getattr(kernel, "_allow_stdin", False))
    return sys.stdout is not None and sys.stdout.isatty()


def _kernel() -> Any:
    """Return the kernel that this code runs in, or None outside a notebook; imports nothing."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None)


def counted(steps: int, what: str) -> Iterator[int]:
    """Yield 0 to steps - 1, and show how far it is while somebody watches; the line is wiped at the end."""
    if not is_watched():
        yield from range(steps)
        return
    line, shown = _Line(), time.monotonic()
    try:
        for step in range(steps):
            if time.monotonic() - shown >= PAUSE:
                shown = time.monotonic()
                line.show(f"{what}: step {step} of {steps}")
            yield step
    finally:
        line.wipe()


class _Line:
    """One line that is written over: an updated output in a notebook, a carriage return in a terminal."""

    def __init__(self) -> None:
        self._handle: Any = None
        self._width = 0

    def show(self, text: str) -> None:
        """Write the line, over what it said before."""
        self._width = max(self._width, len(text))
        if _kernel() is None:
            print(f"\r{text:{self._width}}", end="", flush=True)
        elif self._handle is None:
            from IPython.display import display

            self._handle = display({"text/plain": text}, raw=True, display_id=True)
        else:
            self._handle.update({"text/plain": text}, raw=True)

    def wipe(self) -> None:
        """Take the line away, if there is one."""
        if self._width and _kernel() is None:
            print(f"\r{'':{self._width}}\r", end="", flush=True)
        elif self._handle is not None:
            self._handle.update({"text/plain": ""}, raw=True)
