"""The grader's end of the referees: ask, wait for a limited time, and start a process again if it was lost."""

import contextlib
import json
import queue
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from workbook.course.grading.referee_messages import (
    Answers,
    ChapterTasks,
    Failed,
    ReadQuestion,
    RuleQuestion,
    Ruling,
    TasksQuestion,
)
from workbook.course.jailed.jail_messages import AnswerReport
from workbook.course.jailed.strict_json import WireMessage

# Seconds for one question. The tasks of a chapter may wait for the import of Keras; what a learner wrote must be quick.
LONGEST, LONGEST_READING, LONGEST_RULING = 120.0, 30.0, 20.0
LARGEST_REPLY = 2**28
MEMORY = 6 * 2**30  # bytes of address space: a short answer can be made to unfold into any size
M = TypeVar("M", bound=WireMessage)


class RefereeLostError(RuntimeError):
    """The process died or did not answer; the message says which, as the end of "the process that …"."""


class _Referee:
    """One process, asked by one thread at a time."""

    def __init__(self, root: Path, *, seed: int, practice_seed: int) -> None:
        self._command = [sys.executable, "-m", "workbook.course.grading.referee", str(root)]
        self._command += [str(seed), str(practice_seed)]
        self._process: subprocess.Popen[bytes] | None = None
        self._rest = b""
        self._prepared: set[tuple[str, str]] = set()  # chapters and purposes whose tasks it has told

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()
        self._process = None

    def rule(self, question: RuleQuestion, seconds: float) -> Ruling:
        """Ask for a ruling, after what takes time whatever the answer is."""
        self._started()
        if (question.chapter, question.purpose) not in self._prepared:
            self.ask(TasksQuestion(question.chapter, question.purpose), ChapterTasks, LONGEST)
        return self.ask(question, Ruling, seconds)

    def ask(self, question: WireMessage, reply: type[M], seconds: float) -> M:
        """Ask one question; RefereeLostError if no reply of this kind comes within `seconds`."""
        process = self._started()
        try:
            assert process.stdin is not None
            process.stdin.write(json.dumps(question.to_json()).encode() + b"\n")
            process.stdin.flush()
            value = json.loads(self._line(process, time.monotonic() + seconds))
            if isinstance(value, dict) and "failed" in value:
                raise RefereeLostError(f"failed ({Failed.from_json(value).reason})")
            if isinstance(question, TasksQuestion):
                self._prepared.add((question.chapter, question.purpose))
            return reply.from_json(value)
        except (OSError, ValueError):
            code = process.poll()
            self.close()
            raise RefereeLostError("did not answer" if code is None else f"ended with code {code}") from None

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._rest = b""
            self._prepared.clear()
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
            _limit(self._process.pid)
        return self._process

    def _line(self, process: subprocess.Popen[bytes], deadline: float) -> bytes:
        """Return one line of the process; OSError if it does not come in time, is too long, or the process ends."""
        assert process.stdout is not None
        parts = [self._rest]
        size = 0
        while b"\n" not in parts[-1]:
            seconds_left = deadline - time.monotonic()
            if seconds_left <= 0 or size > LARGEST_REPLY:
                raise TimeoutError
            if not select.select([process.stdout], [], [], seconds_left)[0]:
                raise TimeoutError
            part = process.stdout.read1(2**20)  # type: ignore[attr-defined]
            if not part:
                raise BrokenPipeError
            parts.append(part)
            size += len(part)
        line, _, self._rest = b"".join(parts).partition(b"\n")
        return line


def _limit(pid: int) -> None:
    """Limit a process's memory and its core dumps, where the system can do that from outside."""
    if sys.platform == "linux":
        import resource

        with contextlib.suppress(OSError):
            resource.prlimit(pid, resource.RLIMIT_AS, (MEMORY, MEMORY))
            resource.prlimit(pid, resource.RLIMIT_CORE, (0, 0))


class RefereePool:
    """A few referees for many threads. Each method raises RefereeLostError if the referee is lost."""

    def __init__(self, count: int, root: Path, *, seed: int, practice_seed: int) -> None:
        self._referees = [_Referee(root, seed=seed, practice_seed=practice_seed) for _ in range(count)]
        self._free: queue.Queue[_Referee] = queue.Queue()
        for referee in self._referees:
            self._free.put(referee)

    def close(self) -> None:
        """End every process."""
        for referee in self._referees:
            referee.close()

    def read(self, data: bytes, chapter: str) -> Answers:
        """Return the answers in a notebook."""
        with self._one() as referee:
            return referee.ask(ReadQuestion(data, chapter), Answers, LONGEST_READING)

    def tasks(self, chapter: str, purpose: str) -> ChapterTasks:
        """Return what a run of a chapter needs, with cases for "marks" or "practice"."""
        with self._one() as referee:
            return referee.ask(TasksQuestion(chapter, purpose), ChapterTasks, LONGEST)

    def rule(
        self, chapter: str, purpose: str, report: AnswerReport, seconds: float = LONGEST_RULING
    ) -> Ruling:
        """Return the verdict on a report."""
        with self._one() as referee:
            return referee.rule(RuleQuestion(report, chapter, purpose), seconds)

    @contextlib.contextmanager
    def _one(self) -> Iterator[_Referee]:
        referee = self._free.get()
        try:
            yield referee
        finally:
            self._free.put(referee)
