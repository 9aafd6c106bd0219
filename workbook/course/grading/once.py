"""Run a request in a process made for it alone: in a jail of its own, or, with --unsafe, in none."""

import contextlib
import functools
import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from workbook.course.grading.zygote import MOST_OUTPUT, Ran, parse

NOBODY = 65534
GRACE = 60.0  # seconds for starting Python and importing Keras


def run_once(
    command: Sequence[str],
    request: bytes,
    seconds: float,
    *,
    environment: Mapping[str, str] | None = None,
    folder: str | None = None,
    drop: bool = False,
) -> Ran:
    """Run a command that reads the request on standard input and tells its findings on standard output.

    With `drop`, root gives its rights away to nobody where nobody can run this Python.
    """
    options: dict[str, Any] = {"start_new_session": True} if os.name == "posix" else {}
    if drop and _nobody_can_run(command[0]):
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
    late = threading.Event()

    def ring() -> None:
        late.set()
        _kill(process)

    timer = threading.Timer(seconds + GRACE, ring)
    timer.start()
    writer = threading.Thread(target=_write, args=(process, request), daemon=True)
    writer.start()
    assert process.stdout is not None
    data = process.stdout.read(MOST_OUTPUT + 1)
    _kill(process)
    process.wait()
    timer.cancel()
    writer.join()
    process.stdout.close()
    findings = parse(data)
    if late.is_set():
        return Ran(findings, "timeout")
    if len(data) > MOST_OUTPUT:
        return Ran(findings, "output")
    return Ran(findings, "ended" if findings and findings[-1] == {"end": True} else "died")


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
    """Whether this is root, and nobody may run this Python."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return False
    try:
        tried = subprocess.run(
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
    return tried.returncode == 0
