"""Run one submission: the master's set-up, the learner's cells, and each answer on the cases that the grader drew.

A request is {"steps": [[what, exercise, source], …], "tasks": {exercise: {…}}, "cell_seconds": s}; `what` is "setup",
"answer", "own", "shown" (a demonstration of the chapter) or "observe". Findings are told one by one, so that a process
that ends in the middle has told all that it knew.
"""

import contextlib
import functools
import importlib
import io
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jailed import transport

from workbook.exercises.observe import Observation, Report, TimeLimit, describe, observe, time_limit

LONGEST_DETAIL = 1000  # characters
Tell = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Task:
    """What is asked of an answer, without what is right."""

    answer_name: str
    is_function: bool
    observe: Callable[..., Any]
    time_limit: float


def warm(modules: list[str]) -> None:
    """Import what every submission needs, and make the shell that runs cells, before anybody's code is near."""
    import matplotlib

    matplotlib.use("agg")
    for name in modules:
        importlib.import_module(name)
    shell()


@functools.cache
def shell() -> Any:
    """Give the one IPython shell: it knows magics and `display` as a notebook does, and keeps no history."""
    from IPython.core.history import HistoryManager
    from IPython.core.interactiveshell import InteractiveShell

    class Shell(InteractiveShell):
        """A shell that nobody looks at: figures stay in memory, tracebacks are not written."""

        def enable_gui(self, gui: Any = None) -> None:
            """Do nothing."""

        def enable_matplotlib(self, gui: Any = None) -> tuple[Any, str]:
            """Keep the back end that is set."""
            return gui, "agg"

        def showtraceback(self, *args: Any, **options: Any) -> None:
            """Do nothing."""

        def showsyntaxerror(self, *args: Any, **options: Any) -> None:
            """Do nothing."""

    HistoryManager.enabled = False  # type: ignore[assignment]
    return Shell.instance()


def run(request: dict[str, Any], tell: Tell) -> None:
    """Carry out the steps of a request in order and tell what each gave."""
    runner = _Runner(request, tell)
    start = time.monotonic()
    for number, (what, exercise, source) in enumerate(request["steps"]):
        tell({"begin": number, "at": round(time.monotonic() - start, 3)})
        if what == "observe":
            runner.observe(exercise)
        else:
            runner.run_cell(what, exercise, source)
    for exercise in runner.postponed:
        tell({"again": exercise})
        runner.observe(exercise, last=True)
    tell({"end": True})


class _Runner:
    def __init__(self, request: dict[str, Any], tell: Tell) -> None:
        self.tasks = request["tasks"]
        self.cell_seconds = request["cell_seconds"]
        self.tell = tell
        self.shell = shell()
        self.failures: dict[str, BaseException] = {}
        self.postponed: list[str] = []

    def run_cell(self, what: str, exercise: str, source: str) -> None:
        """Run a cell; an error ends the cell and nothing else."""
        error: BaseException | None
        try:
            with time_limit(self.cell_seconds):
                result = self.shell.run_cell(source, store_history=False)
            error = result.error_before_exec or result.error_in_exec
        except TimeLimit as late:
            error = late
        if error is None:
            self.failures.pop(exercise, None)
            return
        if what == "answer":
            self.failures[exercise] = error
        elif what in ("own", "setup"):
            self.tell({"failed": what, "detail": _words(error)})

    def observe(self, exercise: str, *, last: bool = False) -> None:
        """Observe an answer. One that misses a name is tried again at the end, when all cells have run."""
        report = self._report(exercise)
        if not last and _misses_a_name(report):
            self.postponed.append(exercise)
            return
        self.tell({"report": exercise, **as_plain(report)})

    def _report(self, exercise: str) -> Report:
        asked = self.tasks[exercise]
        task = Task(asked["answer_name"], asked["is_function"], _named(asked["observe"]), asked["time_limit"])
        missing = object()
        answer = self.shell.user_ns.get(task.answer_name, missing)
        error = self.failures.get(exercise)
        if answer is missing and error is not None:
            if isinstance(error, TimeLimit):
                return Report("timeout", f"its cell did not finish within {self.cell_seconds:g} s")
            if isinstance(error, MemoryError):
                return Report("memory", "its cell needed more memory than there is")
            return Report("error", f"its cell raised {_words(error)}")
        if answer is missing:
            return Report("not started", f"its cell does not make {task.answer_name}")
        cases = [transport.decode(one) for one in asked["cases"]]
        return observe(task, answer, cases, replay=False)


def _named(path: str) -> Callable[..., Any]:
    """Find a function by "module:name"; the grader names it, never the submission."""
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name)


def _words(error: BaseException) -> str:
    try:
        if isinstance(error, SyntaxError):
            return f"{type(error).__name__}: {error.msg} (line {error.lineno})"[:LONGEST_DETAIL]
        return describe(error)[:LONGEST_DETAIL]
    except Exception:  # an exception class of the learner's own
        return "an exception that cannot be written"


def _misses_a_name(report: Report) -> bool:
    details = [report.detail] + [one.detail for one in report.observations if one.failure == "error"]
    return any("NameError" in one for one in details)


def as_plain(report: Report) -> dict[str, Any]:
    """Write a report as plain values."""
    return {
        "state": report.state,
        "detail": report.detail[:LONGEST_DETAIL],
        "observations": [_plain_observation(one) for one in report.observations],
    }


def _plain_observation(one: Observation) -> list[Any]:
    return [one.failure, one.detail[:LONGEST_DETAIL], transport.encode(one.result)]


def silence() -> None:
    """Send what is printed nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for one in (0, 1, 2):
        os.dup2(nowhere, one)
    for stream in filter(None, (sys.stdout, sys.stderr)):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    sys.stdin = io.TextIOWrapper(io.FileIO(os.dup(nowhere), "r"))
