"""Run a request in a process made for it alone: in a jail of its own, or, with --unsafe, in none."""

import contextlib
import functools
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

from workbook.course.grading.findings import FindingsReader, RunResult

NOBODY = 65534
GRACE = 60.0  # seconds for starting Python and importing Keras


def run_in_own_process(
    command: Sequence[str],
    request: bytes,
    seconds: float,
    quiet: float,
    *,
    environment: Mapping[str, str],
    folder: str,
    drop_rights: bool,
) -> RunResult:
    """Run a command that reads the request on standard input and tells its findings on standard output.

    It ends after `seconds`, or when it tells nothing for `quiet` seconds; starting Python does not count. With
    `drop_rights`, root becomes nobody if nobody can run this Python.
    """
    options: dict[str, Any] = {"start_new_session": True} if os.name == "posix" else {}
    if drop_rights and _nobody_can_run(command[0]):
        options |= {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        cwd=folder,
        **options,
    )
    writer = threading.Thread(target=_write, args=(process, request), daemon=True)
    writer.start()
    findings = FindingsReader()
    watch = _Watch(process, seconds, quiet)
    assert process.stdout is not None
    while not findings.is_full and (part := os.read(process.stdout.fileno(), 2**20)):
        lines = findings.lines
        findings.feed(part)
        if findings.lines > lines:
            watch.hear()
    end = "output" if findings.is_full else watch.end
    _kill(process)
    process.wait()
    spent = watch.stop()
    writer.join()
    process.stdout.close()
    return findings.result(end, spent)


class _Watch:
    """Ends a process that is late: a thread that waits, because Windows cannot wait for a pipe."""

    def __init__(self, process: subprocess.Popen, seconds: float, quiet: float) -> None:
        self.end = ""
        self._process, self._seconds, self._quiet = process, seconds, quiet
        self._begin = time.monotonic()
        self._deadline = self._news = self._begin + GRACE + seconds  # until the first finding
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._wait, daemon=True)
        self._thread.start()

    def hear(self) -> None:
        """Note that a finding arrived. The clock of the run starts with the first."""
        now = time.monotonic()
        if self._news == self._deadline:
            self._begin, self._deadline = now, now + self._seconds
        self._news = now + self._quiet

    def stop(self) -> float:
        """Stop watching; return the seconds since the first finding."""
        self._stopped.set()
        self._thread.join()
        return time.monotonic() - self._begin

    def _wait(self) -> None:
        while not self._stopped.wait(0.1):
            now = time.monotonic()
            if now >= min(self._deadline, self._news):
                self.end = "timeout" if now >= self._deadline else "hung"
                _kill(self._process)
                return


def _write(process: subprocess.Popen, request: bytes) -> None:
    assert process.stdin is not None
    with contextlib.suppress(OSError):
        process.stdin.write(request)
    with contextlib.suppress(OSError):
        process.stdin.close()


def _kill(process: subprocess.Popen) -> None:
    """End the process and, where the system has sessions, all that it started and that did not leave its session."""
    with contextlib.suppress(OSError):
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


@functools.cache
def _nobody_can_run(python: str) -> bool:
    """Return whether this is root and the user nobody may run this Python."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return False
    try:
        trial = subprocess.run(
            [python, "-I", "-c", "import numpy"],
            user=NOBODY,
            group=NOBODY,
            extra_groups=[],
            capture_output=True,
            check=False,
            cwd="/",
        )
    except OSError:
        return False
    return trial.returncode == 0
