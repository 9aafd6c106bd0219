"""Run code cells of a chapter's source as a learner's kernel would, without a kernel."""

import linecache
import warnings
import zlib
from functools import cache
from pathlib import Path
from typing import Any

import jupytext

from workbook.exercises import Exercise, chapter_of


@cache
def cells(source: Path) -> tuple[Any, ...]:
    """Return the cells of a chapter's source, `solutions/NN_topic.py`."""
    return tuple(jupytext.read(source, fmt="py:percent").cells)


def run(source: str, names: dict[str, Any]) -> dict[str, Any]:
    """Run a cell in these names, and return them. Python can show its lines in a traceback, as in a notebook."""
    filename = f"<cell {zlib.crc32(source.encode()):08x}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(source, filename, "exec"), names)
    return names


def names_before(root: Path, exercise: Exercise) -> dict[str, Any]:
    """Return the names that a learner has when the answer cell runs: those of the set-up and earlier answers."""
    return dict(_names_before(root / "solutions" / f"{chapter_of(exercise.id)}.py", exercise.id))


@cache
def _names_before(source: Path, exercise_id: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    for cell in cells(source):
        tags = cell.metadata.get("tags", [])
        if cell.cell_type != "code":
            continue
        if str(cell.metadata.get("exercise")) == exercise_id:
            break
        if "setup" in tags or "exercise" in tags:
            run(cell.source, names)
    return names
