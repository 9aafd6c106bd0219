"""Compare the grader with nbgrader's own autograde on the same submissions, in processor seconds."""

import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from workbook.course.benches import made_class
from workbook.course.benches.sampling import Sampler


@dataclass(frozen=True)
class Cost:
    """What grading a class cost: seconds on the clock, processor seconds and peak memory of all its processes."""

    name: str
    submissions: int
    seconds: float
    cpu_seconds: float
    peak_bytes: int
    right: int
    marks: int

    def line(self) -> str:
        """Return the row of the table."""
        per_submission = self.cpu_seconds / self.submissions
        return (
            f"| {self.name} | {self.seconds:.0f} | {self.cpu_seconds:.0f} | {per_submission:.2f} | "
            f"{self.peak_bytes / 2**20:.0f} | {self.right} of {self.marks} |"
        )


HEAD = (
    "| grader | seconds | CPU seconds | CPU seconds per submission | peak memory (MiB) | marks as expected |\n"
    "|---|---:|---:|---:|---:|---:|"
)


class Watch(Sampler):
    """Adds up what a process and its descendants use, also those that have ended."""

    interval = 0.02

    def __init__(self, process: subprocess.Popen) -> None:
        super().__init__()
        self.cpu_seconds, self.peak_bytes = 0.0, 0
        self._root = psutil.Process(process.pid)

    def sample(self) -> None:
        """Add up the processes that live. One that ended is counted in its parent, so the largest sum is right."""
        total, memory = 0.0, 0
        for process in [self._root, *_descendants(self._root)]:
            with contextlib.suppress(psutil.Error):
                times = process.cpu_times()
                memory += process.memory_info().rss
                total += times.user + times.system + times.children_user + times.children_system
        self.cpu_seconds = max(self.cpu_seconds, total)
        self.peak_bytes = max(self.peak_bytes, memory)


def _descendants(process: psutil.Process) -> list[psutil.Process]:
    with contextlib.suppress(psutil.Error):
        return process.children(recursive=True)
    return []


def compare(root: Path, chapter: str, learners: int, *, jobs: int, seed: int = 1) -> Iterator[Cost]:
    """Yield what both graders cost on the same made-up submissions, one after the other.

    Both get only the chapter's set-up, exercises and checks: nbgrader runs every cell of a notebook, and this course's
    demonstrations train networks.
    """
    everyone = made_class.make_class(root, [chapter], 5 * learners, seed=seed)
    made = [submission for submission in everyone if submission.kind in ("right", "mixed")][:learners]
    with tempfile.TemporaryDirectory(prefix="workbook-bench-") as folder:
        yield _ours(root, Path(folder), made, jobs)
        yield _nbgraders(root, Path(folder), made)


def _ours(root: Path, folder: Path, made: Sequence[made_class.Made], jobs: int) -> Cost:
    made_class.write_class(list(made), folder / "class")
    words = ["grade", str(folder / "class"), "--out", str(folder / "out")]
    words += ["--root", str(root), "--jobs", str(jobs)]
    watch, seconds = _watched([sys.executable, "-m", "workbook.course.cli.app", *words], folder)
    rows = _our_rows(folder / "out")
    expected = _expected(made)
    right = sum(rows.get(key) == passed for key, passed in expected.items())
    name = f"workbook grade --jobs {jobs}"
    return Cost(name, len(made), seconds, watch.cpu_seconds, watch.peak_bytes, right, len(expected))


def _expected(made: Sequence[made_class.Made]) -> dict[tuple[str, str], bool]:
    return {
        (submission.student, name): outcome == "passed"
        for submission in made
        for name, (outcome, _) in submission.expected.items()
    }


def _our_rows(out: Path) -> dict[tuple[str, str], bool]:
    lines = (out / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    marks = [mark for line in lines for mark in json.loads(line)["graded"]["marks"]]
    return {(mark["student"], mark["exercise"]): mark["outcome"] == "passed" for mark in marks}


def _nbgraders(root: Path, folder: Path, made: Sequence[made_class.Made]) -> Cost:
    from workbook.course.grading.gradebook import tools_on_path

    chapter = made[0].chapter
    course = folder / "course"
    _put(course / "source" / chapter / f"{chapter}.ipynb", _master(root, chapter))
    for submission in made:
        path = course / "submitted" / submission.student / chapter / f"{chapter}.ipynb"
        _put(path, _as_handed_in(submission))
    nbgrader = [sys.executable, "-m", "nbgrader"]
    options = ["--ExecutePreprocessor.timeout=120", "--log-level=ERROR"]
    with tools_on_path():
        subprocess.run(
            [*nbgrader, "generate_assignment", chapter], cwd=course, check=True, capture_output=True
        )
        watch, seconds = _watched([*nbgrader, "autograde", chapter, *options], course)
    rows = _their_rows(course / "gradebook.db", chapter)
    expected = _expected(made)
    right = sum(rows.get(key) == passed for key, passed in expected.items())
    return Cost(
        "nbgrader autograde", len(made), seconds, watch.cpu_seconds, watch.peak_bytes, right, len(expected)
    )


def _master(root: Path, chapter: str) -> made_class.Notebook:
    solution = json.loads((root / "solutions" / f"{chapter}.ipynb").read_text(encoding="utf-8"))
    return made_class.without_demonstrations(solution)


def _as_handed_in(submission: made_class.Made) -> made_class.Notebook:
    """Return a notebook with ids, which Colab moves: nbgrader reads its own metadata, but demands valid notebooks."""
    kept = made_class.without_demonstrations(submission.notebook)
    for number, cell in enumerate(kept["cells"]):
        cell.setdefault("id", f"cell-{number}")
    kept["nbformat_minor"] = 5
    return kept


def _put(path: Path, notebook: made_class.Notebook) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook), encoding="utf-8")


def _their_rows(database: Path, chapter: str) -> dict[tuple[str, str], bool]:
    from nbgrader.api import Gradebook

    rows = {}
    with Gradebook(f"sqlite:///{database}") as book:
        for submission in book.assignment_submissions(chapter):
            for notebook in submission.notebooks:
                for grade in notebook.grades:
                    exercise = grade.name.removeprefix("check-").replace("-", ".")
                    rows[submission.student.id, exercise] = grade.score > 0
    return rows


def _watched(command: list[str], folder: Path) -> tuple[Watch, float]:
    """Run a command and return what it used and its seconds; RuntimeError with the end of its output if it fails."""
    start = time.monotonic()
    with tempfile.TemporaryFile("w+") as words:
        process = subprocess.Popen(command, cwd=folder, stdout=words, stderr=subprocess.STDOUT)
        with Watch(process) as watch:
            process.wait()
        words.seek(0)
        if process.returncode:
            raise RuntimeError(
                f"{' '.join(command[:4])} ended with {process.returncode}: {words.read()[-500:]}"
            )
    return watch, time.monotonic() - start


def tools_missing() -> str | None:
    """Return what is missing for the comparison, or None."""
    if shutil.which("bwrap") is None:
        return "bubblewrap"
    try:
        import nbgrader  # noqa: F401
    except ImportError:
        return "nbgrader"
    return None
