"""What a run of the grader has found so far, on disk after every submission: killed at any moment, it goes on.

`run.json` holds what makes a run reproducible: its seeds. `journal.jsonl` gets one line for each graded submission,
written through to the disk; a line that was cut off is graded again.
"""

import hashlib
import importlib
import inspect
import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from workbook.course.grading.records import Graded
from workbook.exercises import exercises_of

RUN, JOURNAL = "run.json", "journal.jsonl"
LARGEST_SEED = 2**32


@dataclass(frozen=True)
class Run:
    """A run of the grader: where it writes, and the seeds of its cases."""

    folder: Path
    seed: int
    practice_seed: int


def begin(folder: Path, *, seed: int | None, resume: bool) -> Run:
    """Open a run in `folder`: a new one, or with `resume` the one that is there.

    ValueError in one line if the folder holds a run and `resume` is not set, holds other things, or has another seed.
    """
    path = folder / RUN
    if path.exists():
        if not resume:
            raise ValueError(
                f"{folder} holds a run already: go on with it (--resume) or choose another --out."
            )
        return _resumed(folder, path, seed)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(f"{folder} exists and holds no run of the grader: choose another --out.")
    folder.mkdir(parents=True, exist_ok=True)
    run = Run(
        folder, secrets.randbelow(LARGEST_SEED) if seed is None else seed, secrets.randbelow(LARGEST_SEED)
    )
    write_through(path, json.dumps({"seed": run.seed, "practice_seed": run.practice_seed}) + "\n")
    return run


def _resumed(folder: Path, path: Path, seed: int | None) -> Run:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        run = Run(folder, int(kept["seed"]), int(kept["practice_seed"]))
    except (OSError, ValueError, KeyError, TypeError):
        raise ValueError(f"{path} is damaged: remove the folder {folder} and grade anew.") from None
    if seed not in (None, run.seed):
        raise ValueError(
            f"{folder} was begun with --seed {run.seed}: resume without --seed, or choose another --out."
        )
    return run


def write_through(path: Path, text: str) -> None:
    """Write a file whole or not at all, and to the disk before it gets its name."""
    part = path.with_name(path.name + ".part")
    with part.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


class Journal:
    """The lines of a run's journal; one process writes it."""

    def __init__(self, folder: Path) -> None:
        """Open the journal in `folder` and lock it; ValueError if another process has it."""
        self.path = folder / JOURNAL
        self._file: TextIO = self.path.open("a+", encoding="utf-8", newline="\n")
        _lock(self._file, folder)
        self._known: dict[tuple[str, str, str], tuple[str, Graded]] = {}
        for course, graded in self._read():
            self._known[_key(graded)] = course, graded
        self._end_the_last_line()

    def _read(self) -> Iterator[tuple[str, Graded]]:
        self._file.seek(0)
        for line in self._file:
            try:
                entry = json.loads(line)
                yield entry["course"], Graded.from_json(entry["graded"])
            except (ValueError, KeyError, TypeError):  # cut off by the end of the process: graded again
                continue

    def _end_the_last_line(self) -> None:
        """Make what is appended begin on a line of its own."""
        data = self.path.read_bytes()
        if data and not data.endswith(b"\n"):
            self._file.write("\n")

    def find(self, student: str, origin: str, digest: str) -> Graded | None:
        """Give what was found for these very bytes, if the exercises have not changed since."""
        course, graded = self._known.get((student, origin, digest), ("", None))
        if graded is None or not graded.chapter or course != course_version(graded.chapter):
            return None
        return graded

    def append(self, graded: Graded) -> None:
        """Note a submission as graded; on disk when this returns."""
        course = course_version(graded.chapter) if graded.chapter else ""
        entry: dict[str, Any] = {"course": course, "graded": graded.to_json()}
        self._file.write(json.dumps(entry) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        self._known[_key(graded)] = course, graded

    def close(self) -> None:
        """Close and unlock."""
        self._file.close()


def _key(graded: Graded) -> tuple[str, str, str]:
    return graded.student, graded.origin, graded.digest


def _lock(file: TextIO, folder: Path) -> None:
    try:
        import fcntl
    except ImportError:  # Windows: nothing to lock with
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise ValueError(f"Another grader is writing to {folder}: wait for it, or end it.") from None


_versions: dict[str, str] = {}


def course_version(chapter: str) -> str:
    """Give a fingerprint of a chapter's exercises: when one is mended, its submissions are graded again."""
    if chapter not in _versions:
        modules = {f"workbook.exercises.chapters.c{chapter}"} | {
            name
            for one in exercises_of(chapter)
            for name in (getattr(getattr(one, "reference", None), "__module__", None), _maker(one))
            if name and name.startswith("workbook.")
        }
        text = "".join(inspect.getsource(importlib.import_module(name)) for name in sorted(modules))
        _versions[chapter] = hashlib.sha256(text.encode()).hexdigest()[:16]
    return _versions[chapter]


def _maker(exercise: Any) -> str | None:
    return getattr(getattr(exercise, "cases", None), "__module__", None)
