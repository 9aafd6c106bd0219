"""Run a request in a process made for it alone: in a jail of its own, or, with --unsafe, in none."""

import contextlib
import functools
import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from workbook.course.grading.findings import MOST_OUTPUT, RunResult, run_result

NOBODY = 65534
GRACE = 60.0  # seconds for starting Python and importing Keras


def run_in_own_process(
    command: Sequence[str],
    request: bytes,
    seconds: float,
    *,
    environment: Mapping[str, str],
    folder: str,
    drop_rights: bool,
) -> RunResult:
    """Run a command that reads the request on standard input and tells its findings on standard output.

    With `drop_rights`, root becomes nobody if nobody can run this Python.
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
    is_late = threading.Event()

    def end_late_process() -> None:
        is_late.set()
        _kill(process)

    timer = threading.Timer(seconds + GRACE, end_late_process)
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
    if is_late.is_set():
        return run_result(data, "timeout")
    return run_result(data, "output" if len(data) > MOST_OUTPUT else "")


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
