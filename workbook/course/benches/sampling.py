"""Take samples in a thread while something is measured."""

import threading
from typing import Self


class Sampler:
    """Calls `sample` every `interval` seconds for as long as its `with` block runs."""

    interval = 0.05  # seconds

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self.interval):
            self.sample()

    def sample(self) -> None:
        """Take one sample."""
        raise NotImplementedError
