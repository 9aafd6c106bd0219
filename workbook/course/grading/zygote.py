"""The grader's end of a jail that forks for each submission."""

import contextlib
import json
import os
import select
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from workbook.course.grading.findings import FindingsReader, RunResult
from workbook.course.jailed.jail_messages import KillRun, Ready, RunEnded, RunRequest, StartRun
from workbook.course.jailed.strict_json import WireMessage

SMALL, PAUSE = 4096, 0.002  # bytes that were read at once, and seconds before the next read
LONGEST_START = 300.0  # seconds; importing Keras on a slow machine takes many
LONGEST_END = 10.0
MESSAGE_BYTES = 65536
PROBE = RunRequest(steps=(), tasks={}, cell_seconds=1)


class JailError(RuntimeError):
    """The jail itself does not work; the message is one line."""


class JailLostError(JailError):
    """The jail ended while it was in use."""


@dataclass
class _Run:
    """A run that somebody waits for. `is_over` is also set when the whole jail ends; `has_ended` is not."""

    is_over: threading.Event = field(default_factory=threading.Event)
    has_ended: bool = False


class Zygote:
    """A jail with the modules loaded, and the socket to it."""

    def __init__(self, command: Callable[[str], list[str]]) -> None:
        """`command` returns the command line for the number of a file descriptor, the other end of the socket."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (closed by `close`)
        with theirs:
            self._process = subprocess.Popen(
                command(str(theirs.fileno())),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._errors,
            )
        self._control = ours
        self._lock = threading.Lock()
        self._runs: dict[int, _Run] = {}
        self._last_number = 0
        self.alive = True
        self.stuck = (
            False  # a run did not end when it was killed: new ones start elsewhere, those beside it go on
        )
        self._await_ready()
        threading.Thread(target=self._listen, daemon=True).start()

    def _await_ready(self) -> None:
        self._control.settimeout(LONGEST_START)
        try:
            Ready.from_json(json.loads(self._control.recv(MESSAGE_BYTES)))
        except (OSError, ValueError):
            reason = self._reason()
            self.close()
            raise JailError(f"the jail does not start: {reason}") from None
        self._control.settimeout(None)

    def _reason(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it gives no reason"

    def close(self) -> None:
        """End the jail and everything in it."""
        self.alive = False
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(2)  # it ends by itself when the socket does, unless a submission still runs
        self._process.kill()
        self._process.wait()
        self._control.close()
        self._errors.close()

    @property
    def idle(self) -> bool:
        """Whether nobody waits for a run."""
        with self._lock:
            return not self._runs

    def can_fork(self) -> bool:
        """Return whether an empty run comes to its end: some systems refuse namespaces within namespaces."""
        return self.run(json.dumps(PROBE.to_json()).encode(), 30.0).end == "ended"

    def run(self, request: bytes, seconds: float, quiet: float | None = None) -> RunResult:
        """Run one request within `seconds` on the clock; end one that tells nothing for `quiet` seconds.

        JailLostError if the jail has died, before or meanwhile.
        """
        begin = time.monotonic()
        reading, writing = os.pipe()
        try:
            number, run = self._start(request, writing)
        except OSError:
            self.alive = False
            raise JailLostError("the jail has ended") from None
        finally:
            os.close(writing)
        findings = FindingsReader()
        try:
            end = self._read(reading, findings, begin + seconds, seconds if quiet is None else quiet)
        finally:
            os.close(reading)
        if end or not run.is_over.wait(LONGEST_END):
            self._kill(number)
            if not run.is_over.wait(LONGEST_END):
                self.stuck = True
        with self._lock:
            self._runs.pop(number, None)
        result = findings.result(end, time.monotonic() - begin)
        if result.end == "died" and not self.alive and not run.has_ended:  # it ended with the whole jail
            raise JailLostError("the jail has ended")
        return result

    def _start(self, request: bytes, writing: int) -> tuple[int, _Run]:
        with tempfile.NamedTemporaryFile() as file:
            file.write(request)
            file.flush()
            only_to_read = os.open(file.name, os.O_RDONLY)
        try:
            with self._lock:
                self._last_number += 1
                number = self._last_number
                run = self._runs[number] = _Run()
                socket.send_fds(self._control, [_line(StartRun(number))], [only_to_read, writing])
                return number, run
        finally:
            os.close(only_to_read)

    def _read(self, reading: int, findings: FindingsReader, deadline: float, quiet: float) -> str:
        """Read until the other end closes; return "timeout", "hung" or "output" if that was cut short, else ""."""
        lines, news = 0, time.monotonic()
        while True:
            now = time.monotonic()
            if findings.lines > lines:
                lines, news = findings.lines, now
            if now >= deadline:
                return "timeout"
            if now >= news + quiet:
                return "hung"
            ready, _, _ = select.select([reading], [], [], min(deadline - now, news + quiet - now, 1.0))
            if not ready:
                if not self.alive:
                    return ""
                continue
            part = os.read(reading, 2**20)
            if not part:
                return ""
            findings.feed(part)
            if findings.is_full:
                return "output"
            if len(part) < SMALL:
                time.sleep(PAUSE)  # a submission that writes byte by byte must not keep this process busy

    def _kill(self, number: int) -> None:
        with contextlib.suppress(OSError), self._lock:
            self._control.send(_line(KillRun(number)))

    def _listen(self) -> None:
        """Note which runs have ended; when the jail is gone, all have."""
        while True:
            try:
                ended = RunEnded.from_json(json.loads(self._control.recv(MESSAGE_BYTES)))
            except (OSError, ValueError):  # closed, or a process that no longer speaks as agreed
                break
            with self._lock:
                run = self._runs.get(ended.run)
            if run is not None:
                run.has_ended = True
                run.is_over.set()
        self.alive = False
        with self._lock:
            waiting = list(self._runs.values())
        for run in waiting:
            run.is_over.set()


def _line(message: WireMessage) -> bytes:
    return json.dumps(message.to_json()).encode()
