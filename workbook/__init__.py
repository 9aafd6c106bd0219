"""The CNN Workbook's helper package: `from workbook import data, plots, check`.

Importing it loads nothing heavy. It sets the environment variables that TensorFlow reads when it is first
imported, and makes that first import quiet.
"""

import importlib
import os
import sys
from typing import TYPE_CHECKING, Any

from workbook import machine, moved, quiet

if TYPE_CHECKING:
    from workbook.exercises import check as check

__version__ = "0.1.0"

# Whether TensorFlow was imported before, so that nothing set below affects it.
CAME_LATE = "tensorflow" in sys.modules and os.environ.get("TF_ENABLE_ONEDNN_OPTS") is None
# With oneDNN, convolutions take 1.3-2 times less CPU time; TensorFlow does not choose it on every processor.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
machine.report()
quiet.install()
moved.install()


def __getattr__(name: str) -> Any:
    """Load `check` on first use; modules load by `from workbook import NAME`."""
    if name == "check":
        return importlib.import_module("workbook.exercises").check
    raise AttributeError(f"module 'workbook' has no attribute {name!r}")
