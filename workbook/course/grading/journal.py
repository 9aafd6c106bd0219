"""The results of a run so far, on disk after every submission: a run that is killed at any moment can be resumed.

`run.json` holds what makes a run reproducible: its seeds. `journal.jsonl` gets one line for each graded submission,
written through to the disk. A submission whose line was cut off is graded again.
"""

import hashlib
import json
import os
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import MISSING, dataclass, fields, replace
from pathlib import Path
from typing import TextIO

from workbook.course.grading.records import Graded, Mark
from workbook.course.grading.untrusted import write_atomically

RUN, JOURNAL = "run.json", "journal.jsonl"
LARGEST_SEED = 2**32


@dataclass(frozen=True)
class Run:
    """A run of the grader: where it writes, the seeds of its cases, the file with its deadlines.

    `partial_credit` says which exercises give points for what is right, as `partial_credit.chosen_exercises` reads it.
    """

    folder: Path
    seed: int
    practice_seed: int
    deadlines: Path | None = None
    partial_credit: str = ""

    @property
    def name(self) -> str:
        """A name for the run that tells nothing about its cases."""
        return hashlib.sha256(f"{self.seed} {self.practice_seed}".encode()).hexdigest()[:16]


def begin(
    folder: Path,
    *,
    seed: int | None,
    resume: bool,
    deadlines: Path | None = None,
    partial_credit: str = "",
) -> Run:
    """Open a run in `folder`: a new one, or with `resume` the one that is there.

    Without `deadlines` or `partial_credit`, those of the run stay.
    ValueError in one line if the folder holds a run and `resume` is not set, holds other things, or has another seed.
    """
    path = folder / RUN
    if path.exists():
        if not resume:
            raise ValueError(
                f"{folder} already holds a run: continue it with --resume, or choose another --out."
            )
        return _written(_resumed(folder, path, seed), deadlines, partial_credit)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(f"{folder} exists and does not hold a run of the grader: choose another --out.")
    folder.mkdir(parents=True, exist_ok=True)
    run = Run(
        folder, secrets.randbelow(LARGEST_SEED) if seed is None else seed, secrets.randbelow(LARGEST_SEED)
    )
    return _written(run, deadlines, partial_credit)


def _written(run: Run, deadlines: Path | None, partial_credit: str) -> Run:
    """Write down a run, with new deadlines and another partial credit if there are any."""
    run = run if deadlines is None else replace(run, deadlines=deadlines.resolve())
    run = replace(run, partial_credit=partial_credit or run.partial_credit)
    entries: dict[str, int | str] = {"seed": run.seed, "practice_seed": run.practice_seed}
    if run.deadlines is not None:
        entries["deadlines"] = str(run.deadlines)
    if run.partial_credit:
        entries["partial_credit"] = run.partial_credit
    write_atomically(run.folder / RUN, json.dumps(entries) + "\n")
    return run


def _resumed(folder: Path, path: Path, seed: int | None) -> Run:
    try:
        seeds = json.loads(path.read_text(encoding="utf-8"))
        deadlines = Path(seeds["deadlines"]) if "deadlines" in seeds else None
        partial_credit = str(seeds.get("partial_credit", ""))
        run = Run(folder, int(seeds["seed"]), int(seeds["practice_seed"]), deadlines, partial_credit)
    except (OSError, ValueError, KeyError, TypeError):
        raise ValueError(f"{path} is damaged: remove the folder {folder} and grade again.") from None
    if seed not in (None, run.seed):
        raise ValueError(
            f"The run in {folder} was started with --seed {run.seed}: resume without --seed, or choose another --out."
        )
    return run


class Journal:
    """The lines of a run's journal; one process writes it."""

    def __init__(self, folder: Path) -> None:
        """Open the journal in `folder` and lock it; ValueError if another process has locked it."""
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / JOURNAL
        self._file: TextIO = self.path.open("a+", encoding="utf-8", newline="\n")
        _lock(self._file, folder)
        self._entries: dict[tuple[str, str, str], Graded] = {}
        self._file.seek(0)
        for graded in _read(self._file):
            self._entries[_key(graded)] = graded
        self._end_the_last_line()

    def _end_the_last_line(self) -> None:
        """Make the next entry begin on a line of its own."""
        data = self.path.read_bytes()
        if data and not data.endswith(b"\n"):
            self._file.write("\n")

    def find(self, student: str, origin: str, digest: str) -> Graded | None:
        """Return the latest result for exactly these bytes, whatever judged them; None if there is none."""
        graded = self._entries.get((student, origin, digest))
        return graded if graded is not None and graded.chapter else None

    def holds(self, graded: Graded) -> bool:
        """Return whether there is a result for the same bytes, or for a file that could not be read before either."""
        return _key(graded) in self._entries

    def append(self, graded: Graded) -> None:
        """Note a submission as graded; it is on disk when this returns."""
        self._file.write(json.dumps({"graded": graded.to_json()}) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        self._entries[_key(graded)] = graded

    def close(self) -> None:
        """Close and unlock."""
        self._file.close()


def stored(folder: Path) -> list[Graded]:
    """Return what a run has graded, in its order, also while it goes on; the last entry for a submission counts."""
    with (folder / JOURNAL).open(encoding="utf-8") as file:
        return list(_read(file))


def _read(lines: Iterable[str]) -> Iterator[Graded]:
    """Yield the entries; a field that an older grader did not write has its default."""
    for line in lines:
        try:
            entry = json.loads(line)["graded"]
            marks = [_defaults(Mark) | mark for mark in entry["marks"]]
            yield Graded.from_json(_defaults(Graded) | entry | {"marks": marks})
        except (ValueError, KeyError, TypeError):  # cut off by the end of the process: graded again
            continue


def _defaults(kind: type[Graded] | type[Mark]) -> dict[str, object]:
    """Return the fields of a message that have a default, as JSON."""
    given = {field.name: field.default for field in fields(kind) if field.default is not MISSING}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in given.items()}


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
        raise ValueError(f"Another grader is writing to {folder}: wait for it or end it.") from None
