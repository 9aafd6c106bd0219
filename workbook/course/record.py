"""The circumstances of a stored result: machine, software, seeds, date and cost."""

import datetime
import os
from collections.abc import Iterable
from typing import Any

from workbook.training.seeds import THREADS


def one_thread() -> None:
    """Limit TensorFlow to one thread, so that results do not depend on the number of cores. Call before its import."""
    os.environ |= dict.fromkeys(THREADS, "1")


def circumstances(seconds: float, seeds: Iterable[int]) -> dict[str, Any]:
    """Return the circumstances of an experiment that took `seconds` of CPU time on one thread, as values for JSON."""
    from workbook.training.devices import processor, software

    return {
        "hardware": f"{processor()}, one thread, no GPU",
        "software": software(),
        "seeds": list(seeds),
        "date": datetime.date.today().isoformat(),
        "cpu_seconds": round(seconds),
    }
