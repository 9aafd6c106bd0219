"""Grade on many machines through a Dask scheduler: one task per submission; only this machine writes the marks.

The workers need this package and bubblewrap, and nothing else: the notebooks and the submissions travel with the
tasks. A worker that dies loses nothing: its tasks go to another one, and a submission is noted once.
"""

import atexit
import hashlib
import itertools
import logging
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from workbook.course.grading import jail, journal
from workbook.course.grading.grader import Grader, unreadable
from workbook.course.grading.options import GradingOptions
from workbook.course.grading.records import Graded
from workbook.course.grading.referee_pool import RefereePool
from workbook.course.grading.submissions import Submission

CONNECT_SECONDS = 20
AHEAD = 4  # tasks sent ahead for each thread of the workers
TRIES = 3  # times that a submission is sent whose task Dask cancelled


@dataclass(frozen=True)
class SentSubmission:
    """A submission as it travels: what `Grader.grade` needs, with the file's bytes."""

    student: str
    chapter: str
    origin: str
    lms_id: str
    problem: str
    oddity: str
    data: bytes | None

    def read(self) -> bytes:
        """Return the bytes; ValueError with the reason if there are none."""
        if self.data is None:
            raise ValueError(self.problem)
        return self.data


@dataclass(frozen=True)
class ClusterSettings:
    """What all tasks of a run share."""

    seed: int
    practice_seed: int
    seconds: float
    memory: int
    unsafe: bool


def grade(waiting: list[Submission], run: journal.Run, options: GradingOptions) -> Iterator[Graded]:
    """Send the submissions to the scheduler's workers; yield marks as they come.

    ValueError in one line if distributed is not installed or no scheduler or worker answers.
    """
    client, distributed = _client(options.scheduler or "")
    settings = ClusterSettings(run.seed, run.practice_seed, options.seconds, options.memory, options.unsafe)
    with client:
        class_sent = _SentClass(client, _course_files(options.root), settings)
        results = distributed.as_completed(with_results=False)
        left = iter(waiting)
        room = AHEAD * max(1, sum(client.nthreads().values()))
        for submission in itertools.islice(left, room):
            results.add(class_sent.send(submission))
        while class_sent.under_way:
            future = next(results)
            submission, tries = class_sent.under_way.pop(future.key)
            graded = _result(future, submission, tries)
            if graded is None:
                results.add(class_sent.send(submission, tries + 1))
                continue
            yield graded
            future.release()
            for submission in itertools.islice(left, room - len(class_sent.under_way)):
                results.add(class_sent.send(submission))


class _SentClass:
    """The tasks under way, by key: the submission and how often it was sent; and the course's files on the workers."""

    def __init__(self, client: Any, files: dict[str, bytes], settings: ClusterSettings):
        self.client = client
        self.files = files
        self.settings = settings
        self.under_way: dict[str, tuple[Submission, int]] = {}
        self._course = self._spread()

    def send(self, submission: Submission, tries: int = 1) -> Any:
        """Return the future of one submission's task, sent for the `tries`-th time."""
        if self._course.status != "finished":
            self._course = self._spread()
        identity = repr((submission.origin, submission.student)).encode()
        future = self.client.submit(
            grade_one,
            _sendable(submission),
            self.settings,
            self._course,
            key=f"grade-{hashlib.sha256(identity).hexdigest()[:24]}-{tries}",
            pure=False,
            retries=2,
        )
        self.under_way[future.key] = (submission, tries)
        return future

    def _spread(self) -> Any:
        """Put the course's files on every worker there is; ValueError in one line if there is none.

        Dask cannot compute them again: if the workers that held them are gone, it cancels every task that needs them,
        and `send` spreads them again.
        """
        try:
            (course,) = self.client.scatter([self.files], broadcast=True, hash=False, timeout=CONNECT_SECONDS)
            return course
        except (OSError, TimeoutError, CancelledError):
            raise ValueError(
                "The scheduler or its last worker is gone. What was graded is kept: start them, and run the same "
                "command again with --resume."
            ) from None


def _client(address: str) -> tuple[Any, Any]:
    try:
        import distributed
    except ModuleNotFoundError:
        raise ValueError('--scheduler needs dask.distributed: pip install "cnn-workbook[cluster]".') from None
    for name in ("distributed", "distributed.client"):  # they print tracebacks of what is mended here
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        client = distributed.Client(address, timeout=CONNECT_SECONDS)
        client.wait_for_workers(1, timeout=CONNECT_SECONDS)
    except (OSError, ValueError, TimeoutError) as error:
        reason = str(error).strip().split("\n")[0]
        raise ValueError(f"No scheduler with a worker answers at {address}: {reason}") from None
    return client, distributed


def _sendable(submission: Submission) -> SentSubmission:
    data, problem = None, submission.problem
    try:
        data = submission.read()
    except ValueError as error:
        problem = problem or str(error)
    return SentSubmission(
        student=submission.student,
        chapter=submission.chapter,
        origin=submission.origin,
        lms_id=submission.lms_id,
        problem=problem,
        oddity=submission.oddity,
        data=data,
    )


def _result(future: Any, submission: Submission, tries: int) -> Graded | None:
    """Return a task's marks; None if Dask cancelled it, because a worker took the marks or the files with it.

    A submission that its workers did not survive is malformed, and says so.
    """
    try:
        return Graded.from_json(future.result())
    except Exception as error:
        if isinstance(error, CancelledError) and tries < TRIES:
            return None
        problem = f"The workers ended while they graded it ({type(error).__name__})."
    return unreadable(submission, submission.chapter, problem, "")


def _course_files(root: Path) -> dict[str, bytes]:
    paths = [*(root / "notebooks").glob("*.ipynb"), *(root / "solutions").glob("*.ipynb")]
    return {f"{path.parent.name}/{path.name}": path.read_bytes() for path in paths}


# On a worker -------------------------------------------------------------------------------------------------

_graders: dict[tuple[Any, ...], Grader] = {}
_grader_lock = threading.Lock()


def grade_one(
    submission: SentSubmission, settings: ClusterSettings, course: dict[str, bytes]
) -> dict[str, Any]:
    """Grade one submission in this worker's jail, which is made for the first one."""
    return _grader(settings, course).grade(submission).to_json()


def _grader(settings: ClusterSettings, course: dict[str, bytes]) -> Grader:
    version = hashlib.sha256(
        repr(sorted((name, len(data)) for name, data in course.items())).encode()
    ).hexdigest()
    key = (*asdict(settings).values(), version)
    with _grader_lock:
        if key not in _graders:
            _graders[key] = _new_grader(settings, course)
        return _graders[key]


def _new_grader(settings: ClusterSettings, course: dict[str, bytes]) -> Grader:
    problem = None if settings.unsafe else jail.missing()
    if problem:
        raise jail.JailError(problem)
    import distributed

    place = distributed.get_worker().local_directory  # Dask removes it, also after a worker that was killed
    folder = tempfile.TemporaryDirectory(prefix="workbook-course-", dir=place)
    for name, data in course.items():
        path = Path(folder.name, name)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    referees = RefereePool(1, Path(folder.name), seed=settings.seed, practice_seed=settings.practice_seed)
    workers_jail = jail.Jail(
        memory=settings.memory,
        seconds=settings.seconds,
        unsafe=settings.unsafe,
        folder=Path(tempfile.mkdtemp(prefix="workbook-jail-", dir=place)),
    )
    for end in (folder.cleanup, referees.close, workers_jail.close):
        atexit.register(end)
    return Grader(workers_jail, referees)
