"""Measure how long each cell of the complete notebooks runs, and how long a person who watches sees no output.

Times are CPU seconds of the kernel, which other programs on the machine hardly change. On two idle cores a cell takes
about this many seconds, or fewer.
"""

import datetime
import itertools
import json
import platform
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil
from nbclient import NotebookClient
from nbformat import NotebookNode

from workbook.course.authoring import chapter
from workbook.course.authoring.build import chosen

SECONDS = 3.0  # a cell that runs for longer is listed, and must have an output by then
SILENCE = 8.0  # the longest time without an output after the first: a line says that Keras is preparing
STORED = Path("tests/fixtures/waits.json")
OUTPUTS = ("stream", "display_data", "update_display_data", "execute_result")


@dataclass(frozen=True)
class Wait:
    """A cell's time, the time until its first output, and the longest time without one, in CPU seconds."""

    id: str
    first_line: str
    seconds: float
    first_output: float
    silence: float

    @property
    def is_silent(self) -> bool:
        """Whether the cell is without an output for so long that it seems to hang."""
        return self.first_output > SECONDS or self.silence > SILENCE

    def line(self) -> str:
        """Return the measurement as a line of text."""
        verdict = "  SILENT" if self.is_silent else ""
        times = f"{self.seconds:6.1f} s, first output at {self.first_output:4.1f} s"
        return f"{self.id:16} {times}, silent for {self.silence:4.1f} s{verdict}  {self.first_line}"


class _Watcher(NotebookClient):
    """A client that executes a notebook as a front end with a person does, and notes when outputs arrive."""

    output_times: list[float]  # of the current cell, in CPU seconds

    def process_message(
        self, msg: dict[str, Any], cell: NotebookNode, cell_index: int
    ) -> NotebookNode | None:
        """Note the kernel's CPU time at an output."""
        if msg["msg_type"] in OUTPUTS:
            self.output_times.append(_cpu_seconds())
        return super().process_message(msg, cell, cell_index)


def _cpu_seconds() -> float:
    """Return the CPU seconds of this process's descendants: the kernel and what it started."""
    total = 0.0
    for process in psutil.Process().children(recursive=True):
        try:
            times = process.cpu_times()
        except psutil.Error:
            continue
        total += times.user + times.system
    return total


def measure(notebook: NotebookNode, folder: Path) -> list[Wait]:
    """Run a notebook in `folder`; return its cells that run for more than SECONDS."""
    resources = {"metadata": {"path": str(folder)}}
    client = _Watcher(notebook, timeout=600, kernel_name="python3", resources=resources)
    waits = []
    with client.setup_kernel():
        assert client.kc is not None
        client.kc.allow_stdin = True  # a front end that can ask its user is watched
        for index, cell in enumerate(notebook.cells):
            start = _cpu_seconds()
            client.output_times = [start]
            client.execute_cell(cell, index)
            end = _cpu_seconds()
            times = [*client.output_times, end]
            silence = max(later - earlier for earlier, later in itertools.pairwise(times))
            if cell.cell_type == "code" and end - start > SECONDS:
                seconds = (end - start, times[1] - start, silence)
                waits.append(
                    Wait(cell.id, cell.source.split("\n")[0], *(round(value, 1) for value in seconds))
                )
    return waits


def measure_chapters(root: Path, chapters: list[str]) -> Iterator[tuple[str, list[Wait]]]:
    """Run the chapters' sources one after another; yield the name of each and its cells over SECONDS."""
    address = chapter.repository(root)
    for source in chosen(root, chapters):
        yield source.stem, measure(chapter.complete(source, address), source.parent)


def store(path: Path, name: str, waits: list[Wait]) -> None:
    """Write a chapter's measured cells into the file; the other chapters in it are kept."""
    stored = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    day = datetime.date.today().isoformat()
    stored[name] = {
        "measured": f"{day}, {psutil.cpu_count()} cores, Python {platform.python_version()}, n = 1",
        "cells": [asdict(wait) for wait in waits],
    }
    text = json.dumps(dict(sorted(stored.items())), indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def read(path: Path) -> dict[str, list[Wait]]:
    """Return the measured cells in the file, by chapter."""
    stored = json.loads(path.read_text(encoding="utf-8"))
    return {name: [Wait(**cell) for cell in measured["cells"]] for name, measured in stored.items()}
