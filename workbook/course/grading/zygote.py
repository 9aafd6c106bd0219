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
LONGEST_START = 300.0  # seconds; importing Keras on a slow machine takes many
LONGEST_END = 10.0
MESSAGE_BYTES = 65536
PROBE = {"steps": [], "tasks": {}, "cell_seconds": 1}


class JailError(RuntimeError):
    """The jail itself does not work; the message is one line."""


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
        self._process.kill()
        self._process.wait()
        self._control.close()
        self._errors.close()

    def can_fork(self) -> bool:
        """Whether a run with nothing in it comes to its end: some systems refuse namespaces within namespaces."""
        return self.run(json.dumps(PROBE).encode(), 30.0).end == "ended"

    def run(self, request: bytes, seconds: float) -> Ran:
        """Run one request within `seconds` on the clock. JailError if the jail has died."""
        reading, writing = os.pipe()
        try:
            number, ended, news = self._start(request, writing)
        except OSError:
            self.alive = False
            raise JailError("the jail has ended") from None
        finally:
            os.close(writing)
        try:
            data, end = self._read(reading, time.monotonic() + seconds)
        finally:
            os.close(reading)
        if end or not ended.wait(LONGEST_END):
            self._kill(number)
            if not ended.wait(LONGEST_END):
                self.alive = False
        with self._lock:
            self._ended.pop(number, None)
        findings = parse(data)
        if not end:
            end = "ended" if findings and findings[-1] == {"end": True} else "died"
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
        parts: list[bytes] = []
        size = 0
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                return b"".join(parts), "timeout"
            ready, _, _ = select.select([reading], [], [], min(left, 1.0))
            if not ready:
                if not self.alive:
                    return b"".join(parts), ""
                continue
            part = os.read(reading, 2**20)
            if not part:
                return b"".join(parts), ""
            parts.append(part)
            size += len(part)
            if size > MOST_OUTPUT:
                return b"".join(parts), "output"

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
    """Read findings line by line, and stop at the first line that is none."""
    found = []
    for line in data.split(b"\n"):
        if not line:
            continue
        try:
            finding = json.loads(line)
        except (ValueError, RecursionError, MemoryError):
            break
        if not isinstance(finding, dict):
            break
        found.append(finding)
    return tuple(found)
