"""What a stored result says of how it came about: the machine, the software, the seeds, the day and what it cost."""

import datetime
import os
from collections.abc import Iterable
from typing import Any


def one_thread() -> None:
    """Give TensorFlow one thread, so that figures do not depend on the number of cores; call before its import."""
    os.environ |= {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}


def circumstances(seconds: float, seeds: Iterable[int]) -> dict[str, Any]:
    """Describe an experiment that ran on one thread for so many CPU seconds, as plain values for JSON."""
    from workbook.training.devices import processor, software

    return {
        "hardware": f"{processor()}, one thread, no GPU",
        "software": software(),
        "seeds": list(seeds),
        "date": datetime.date.today().isoformat(),
        "cpu_seconds": round(seconds),
    }
