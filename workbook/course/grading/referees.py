"""The grader's end of the referee: ask, wait so long, and start it anew if it was lost."""

import base64
import contextlib
import json
import queue
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

LONGEST = 120.0  # seconds for one question; the first that needs Keras waits for its import
LARGEST_REPLY = 2**28
MEMORY = 6 * 2**30  # bytes of address space: a short answer can be made to unfold into any size


class RefereeLostError(RuntimeError):
    """The process died or did not answer; the message says which."""


class Referee:
    """One process, asked by one thread at a time."""

    def __init__(self, root: Path, *, seed: int, practice_seed: int) -> None:
        self._command = [sys.executable, "-m", "workbook.course.grading.referee", str(root)]
        self._command += [str(seed), str(practice_seed)]
        self._process: subprocess.Popen[bytes] | None = None
        self._rest = b""

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

    def ask(self, question: dict[str, Any], *, seconds: float = LONGEST) -> dict[str, Any]:
        """Ask one question; RefereeLostError if no answer comes within `seconds`."""
        process = self._started()
        try:
            assert process.stdin is not None
            process.stdin.write(json.dumps(question).encode() + b"\n")
            process.stdin.flush()
            line = self._line(process, time.monotonic() + seconds)
        except (OSError, ValueError):
            line = None
        if line is None:
            code = process.poll()
            self.close()
            raise RefereeLostError("was lost" if code is None else f"ended with code {code}")
        return json.loads(line)

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._rest = b""
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
            _limit(self._process.pid)
        return self._process

    def _line(self, process: subprocess.Popen[bytes], deadline: float) -> bytes | None:
        assert process.stdout is not None
        parts = [self._rest]
        size = 0
        while b"\n" not in parts[-1]:
            left = deadline - time.monotonic()
            if left <= 0 or size > LARGEST_REPLY:
                return None
            if not select.select([process.stdout], [], [], left)[0]:
                return None
            part = process.stdout.read1(2**20)  # type: ignore[attr-defined]
            if not part:
                return None
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


class Referees:
    """A few referees for many threads."""

    def __init__(self, count: int, root: Path, *, seed: int, practice_seed: int) -> None:
        self._all = [Referee(root, seed=seed, practice_seed=practice_seed) for _ in range(count)]
        self._free: queue.Queue[Referee] = queue.Queue()
        for one in self._all:
            self._free.put(one)

    def close(self) -> None:
        """End every process."""
        for one in self._all:
            one.close()

    def read(self, data: bytes, chapter: str) -> dict[str, Any]:
        """Read a notebook: see `referee.Bench.read`."""
        return self._ask({"do": "read", "data": base64.b64encode(data).decode(), "chapter": chapter})

    def tasks(self, chapter: str, purpose: str) -> dict[str, Any]:
        """Give what the jail needs of a chapter: see `referee.Bench.tasks`."""
        return self._ask({"do": "tasks", "chapter": chapter, "purpose": purpose})

    def rule(self, chapter: str, exercise: str, purpose: str, report: dict[str, Any]) -> dict[str, Any]:
        """Rule on a report: see `referee.Bench.rule`."""
        question = {"do": "rule", "chapter": chapter, "exercise": exercise, "purpose": purpose}
        return self._ask({**question, "report": report})

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        referee = self._free.get()
        try:
            reply = referee.ask(question)
        finally:
            self._free.put(referee)
        if "failed" in reply:
            raise RefereeLostError(reply["failed"])
        return reply
