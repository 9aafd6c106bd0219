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
from dataclasses import dataclass
from typing import Any

MOST_OUTPUT = 2**26  # bytes of findings from one run
MOST_FINDINGS = 20_000  # lines: some for each cell
MOST_VALUES = 4_000_000  # in one line
SMALL, PAUSE = 4096, 0.002  # bytes that were read at once, and seconds before the next
DEEPEST = 200  # lists in lists in one line; a value takes three for each of its own
LONGEST_START = 300.0  # seconds; importing Keras on a slow machine takes many
LONGEST_END = 10.0
MESSAGE_BYTES = 65536
PROBE = {"steps": [], "tasks": {}, "cell_seconds": 1}


class JailError(RuntimeError):
    """The jail itself does not work; the message is one line."""


class JailLostError(JailError):
    """The jail ended while it was in use."""


@dataclass(frozen=True)
class Ran:
    """What came of one run.

    `findings` are the lines that were told, not yet believed. `end` is "ended" (told to its end), "timeout",
    "output" (wrote too much) or "died". `cpu` is in seconds, 0 where it is not known.
    """

    findings: tuple[dict[str, Any], ...]
    end: str
    cpu: float = 0.0


class Zygote:
    """A jail with the modules loaded, and the socket to it."""

    def __init__(self, command: Callable[[str], list[str]]) -> None:
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
        self._ended: dict[int, tuple[threading.Event, dict[str, Any]]] = {}
        self._last = 0
        self.alive = True
        self.stuck = (
            False  # a run did not end when it was told to: those beside it go on, new ones start elsewhere
        )
        self._await_ready()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _await_ready(self) -> None:
        self._control.settimeout(LONGEST_START)
        try:
            ready = bool(self._control.recv(MESSAGE_BYTES))
        except OSError:
            ready = False
        self._control.settimeout(None)
        if not ready:
            reason = self._reason()
            self.close()
            raise JailError(f"the jail does not start: {reason}")

    def _reason(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it says nothing"

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
        """Whether nothing runs that anybody waits for."""
        with self._lock:
            return not self._ended

    def can_fork(self) -> bool:
        """Whether a run with nothing in it comes to its end: some systems refuse namespaces within namespaces."""
        return self.run(json.dumps(PROBE).encode(), 30.0).end == "ended"

    def run(self, request: bytes, seconds: float) -> Ran:
        """Run one request within `seconds` on the clock. JailLostError if the jail has died, before or meanwhile."""
        reading, writing = os.pipe()
        try:
            number, ended, news = self._start(request, writing)
        except OSError:
            self.alive = False
            raise JailLostError("the jail has ended") from None
        finally:
            os.close(writing)
        try:
            data, end = self._read(reading, time.monotonic() + seconds)
        finally:
            os.close(reading)
        if end or not ended.wait(LONGEST_END):
            self._kill(number)
            if not ended.wait(LONGEST_END):
                self.stuck = True
        with self._lock:
            self._ended.pop(number, None)
        findings = parse(data)
        if not end:
            end = "ended" if findings and findings[-1] == {"end": True} else "died"
        if (
            end == "died" and not self.alive and not news
        ):  # not this run's doing: it ended with the whole jail
            raise JailLostError("the jail has ended")
        return Ran(findings, end, float(news.get("cpu", 0.0)))

    def _start(self, request: bytes, writing: int) -> tuple[int, threading.Event, dict[str, Any]]:
        with tempfile.NamedTemporaryFile() as file:
            file.write(request)
            file.flush()
            only_to_read = os.open(file.name, os.O_RDONLY)
        try:
            with self._lock:
                self._last += 1
                number = self._last
                self._ended[number] = (threading.Event(), {})
                message = json.dumps({"run": number}).encode()
                socket.send_fds(self._control, [message], [only_to_read, writing])
                return number, *self._ended[number]
        finally:
            os.close(only_to_read)

    def _read(self, reading: int, deadline: float) -> tuple[bytes, str]:
        """Read until the other end closes; give what was read, and "timeout" or "output" if that was cut short."""
        data = bytearray()
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                return bytes(data), "timeout"
            ready, _, _ = select.select([reading], [], [], min(left, 1.0))
            if not ready:
                if not self.alive:
                    return bytes(data), ""
                continue
            part = os.read(reading, 2**20)
            if not part:
                return bytes(data), ""
            data += part
            if len(data) > MOST_OUTPUT:
                return bytes(data), "output"
            if len(part) < SMALL:
                time.sleep(PAUSE)  # one who writes byte by byte must not keep this process busy

    def _kill(self, number: int) -> None:
        with contextlib.suppress(OSError), self._lock:
            self._control.send(json.dumps({"kill": number}).encode())

    def _listen(self) -> None:
        """Note which runs have ended; when the jail is gone, all have."""
        while True:
            try:
                data = self._control.recv(MESSAGE_BYTES)
            except OSError:
                data = b""
            if not data:
                break
            message = json.loads(data)
            with self._lock:
                event, news = self._ended.get(message["ended"], (threading.Event(), {}))
            news.update(message)
            event.set()
        self.alive = False
        with self._lock:
            waiting = list(self._ended.values())
        for event, _ in waiting:
            event.set()


def parse(data: bytes) -> tuple[dict[str, Any], ...]:
    """Read findings line by line, and stop at the first line that is none, or that would cost too much to read."""
    found: list[dict[str, Any]] = []
    start = 0
    while start < len(data) and len(found) < MOST_FINDINGS:
        end = data.find(b"\n", start)
        end = len(data) if end < 0 else end
        finding = _finding(data[start:end])
        if finding is None:
            break
        found.append(finding)
        start = end + 1
    return tuple(found)


def _finding(line: bytes) -> dict[str, Any] | None:
    """Read one line; None if it is no object, holds too many values, or is nested so that writing it again may fail."""
    if sum(map(line.count, (b",", b"[", b"{"))) > MOST_VALUES:
        return None
    try:
        finding = json.loads(line)
    except (ValueError, RecursionError, MemoryError):
        return None
    return finding if isinstance(finding, dict) and _is_flat(finding) else None


def _is_flat(value: Any) -> bool:
    """Whether lists and dictionaries are nested no deeper than what honest values need."""
    level = [value]
    for _ in range(DEEPEST):
        parts = (one.values() if isinstance(one, dict) else one for one in level)
        level = [one for part in parts for one in part if isinstance(one, (list, dict))]
        if not level:
            return True
    return False
