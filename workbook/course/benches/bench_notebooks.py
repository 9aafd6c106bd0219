"""Measure each notebook: seconds, CPU seconds and peak memory of its kernel.

The kernel sees the packages of a learner's environment: those that only development needs are hidden.
"""

import datetime
import os
import platform
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
import psutil
from nbclient import NotebookClient

from workbook.course.benches.sampling import Sampler

SECONDS, MEMORY = 60.0, 1.0 * 2**30  # the budget of a notebook: seconds, bytes
# Per backend, what `make dev` installs and a learner's environment for this backend does not have. TensorFlow and Keras
# import JAX, pandas and SciPy if they can: 175 MiB.
HIDDEN = {"tensorflow": ("jax", "jaxlib", "pandas", "scipy"), "jax": ("tensorflow", "pandas")}

_WITHOUT = """\
from importlib.machinery import PathFinder

found = PathFinder.find_spec


def find_spec(fullname, path=None, target=None):
    return None if fullname.partition(".")[0] in {packages!r} else found(fullname, path, target)


PathFinder.find_spec = find_spec  # a finder of one's own may ask it too
"""


@dataclass(frozen=True)
class NotebookCost:
    """What it cost to run one notebook."""

    name: str
    seconds: float
    cpu_seconds: float
    peak_bytes: int

    @property
    def within_budget(self) -> bool:
        return self.seconds <= SECONDS and self.peak_bytes <= MEMORY

    def line(self) -> str:
        verdict = "" if self.within_budget else "  OVER BUDGET"
        memory = f"{self.peak_bytes / 2**20:6.0f} MiB"
        return f"{self.name:45} {self.seconds:6.1f} s {self.cpu_seconds:6.1f} CPU-s {memory}{verdict}"


def measure_notebooks(
    root: Path, chapters: list[str], *, backend: str = "tensorflow"
) -> Iterator[NotebookCost]:
    """Run the notebooks of `notebooks/` and `solutions/` one after another; yield what each cost."""
    for folder in ("notebooks", "solutions"):
        for path in sorted((root / folder).glob("*.ipynb")):
            if not chapters or path.stem.startswith(tuple(chapters)):
                yield measure(path, name=f"{folder}/{path.name}", backend=backend)


def measure(path: Path, *, name: str = "", backend: str = "tensorflow") -> NotebookCost:
    """Run one notebook on a backend of Keras; sample the memory of its kernel every 50 ms."""
    notebook = nbformat.read(path, as_version=4)
    resources = {"metadata": {"path": str(path.parent)}}
    client = NotebookClient(notebook, timeout=300, kernel_name="python3", resources=resources)
    sampler = _KernelSampler()
    start = time.perf_counter()
    with (
        tempfile.TemporaryDirectory() as folder,
        client.setup_kernel(env=_environment(Path(folder), backend)),
        sampler,
    ):
        for index, cell in enumerate(notebook.cells):
            client.execute_cell(cell, index)
        sampler.sample()
    return NotebookCost(
        name or path.name, time.perf_counter() - start, sampler.cpu_seconds, sampler.peak_bytes
    )


def without(packages: Iterable[str]) -> str:
    """Return a `sitecustomize.py` for a process that is to find no module of these packages, as if none were installed.

    None in `sys.modules` would hide them too, but Keras on JAX asks whether "tensorflow" is a key there.
    """
    return _WITHOUT.format(packages=tuple(packages))


def _environment(folder: Path, backend: str = "tensorflow") -> dict[str, str]:
    """Return the variables of a process that cannot import a backend's HIDDEN packages, by a file in `folder`."""
    (folder / "sitecustomize.py").write_text(without(HIDDEN[backend]), encoding="utf-8")
    paths = [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "KERAS_BACKEND": backend}


class _KernelSampler(Sampler):
    """Sample, in a thread, the memory and CPU time of this process's descendants: the kernel and what it starts."""

    def __init__(self) -> None:
        super().__init__()
        self.peak_bytes = 0
        self._cpu: dict[int, float] = {}

    @property
    def cpu_seconds(self) -> float:
        return sum(self._cpu.values())

    def sample(self) -> None:
        """Add up the processes that live."""
        total = 0
        for process in psutil.Process().children(recursive=True):
            try:
                total += process.memory_info().rss
                times = process.cpu_times()
            except psutil.Error:
                continue
            self._cpu[process.pid] = times.user + times.system
        self.peak_bytes = max(self.peak_bytes, total)


def as_markdown(rows: list[NotebookCost]) -> str:
    """Return the table in Markdown, with the machine and the date."""
    lines = [
        "# How long each notebook runs",
        "",
        f"Measured {datetime.date.today().isoformat()}, {psutil.cpu_count()} cores, "
        f"Python {platform.python_version()}, one notebook at a time, n = 1. Budget: 60 s and 1.0 GiB.",
        "",
        "| notebook | seconds | CPU seconds | peak memory (MiB) |",
        "|---|---:|---:|---:|",
    ]
    for row in rows:
        lines.append(
            f"| {row.name} | {row.seconds:.1f} | {row.cpu_seconds:.1f} | {row.peak_bytes / 2**20:.0f} |"
        )
    return "\n".join(lines) + "\n"
