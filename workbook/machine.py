"""Say in one line what this machine or this Python lacks, when the course is imported.

pip installs the course on an Intel Mac and on Windows on ARM, but TensorFlow and JAX have no build for them. On an
unsupported Python it installs nothing; a folder that is on the path is imported all the same.
"""

import importlib.util
import platform
import sys

from workbook.keras_settings import BACKENDS

OLDEST, TOO_NEW, RANGE = (3, 11), (3, 14), "Python 3.11, 3.12 or 3.13"
# (sys.platform, platform.machine()) without a build of TensorFlow and JAX: its name, and the way out.
WITHOUT_BACKEND = {
    ("darwin", "x86_64"): ("an Intel Mac", "in Docker"),
    ("win32", "ARM64"): ("Windows on ARM", "in WSL 2"),
}


def problem(version: tuple[int, ...], system: tuple[str, str]) -> str:
    """Return one line on a Python (major, minor) or a system that the course does not support; "" if there is none."""
    if not OLDEST <= version[:2] < TOO_NEW:
        running = ".".join(map(str, version[:2]))
        return (
            f'The CNN Workbook needs {RANGE}; this is Python {running}. README.md, "Start", shows the set-up.'
        )
    if system in WITHOUT_BACKEND:
        name, way = WITHOUT_BACKEND[system]
        return (
            f"TensorFlow and JAX have no build for {name}: cells that use Keras do not run here. The course runs in "
            f'Colab, on Binder and {way}: README.md, "Elsewhere".'
        )
    return ""


def report() -> None:
    """Print the line, unless a backend is installed all the same."""
    line = problem(tuple(sys.version_info[:2]), (sys.platform, platform.machine()))
    if line and not any(importlib.util.find_spec(name) for name in BACKENDS):
        print(line)
