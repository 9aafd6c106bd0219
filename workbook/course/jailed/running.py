"""Run one submission: the master's set-up, the learner's cells, and each answer on the cases that the grader drew.

`RunRequest` says what to do. Findings are told one by one, so that a process that ends in the middle has told all that
it knew.
"""

import ast
import builtins
import contextlib
import importlib
import io
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from workbook import calls
from workbook.exercises.errors import describe, is_cell
from workbook.exercises.observe import Observation, Report, TimeLimit, observe, time_limit

from . import transport
from .front_end import shell
from .jail_messages import (
    LONGEST_DETAIL,
    AnswerReport,
    CellFailed,
    PlainObservation,
    RunCompleted,
    RunRequest,
    SecondLook,
    StepBegan,
)
from .strict_json import WireMessage

Tell = Callable[[WireMessage], None]
MISSING = object()


@dataclass(frozen=True)
class Task:
    """What is asked of an answer, without what is right."""

    answer_name: str
    is_function: bool
    observe: Callable[..., Any]
    time_limit: float


def warm_up(modules: Iterable[str]) -> None:
    """Import what every submission needs, and make the shell that runs cells, before anybody's code is near."""
    import matplotlib

    matplotlib.use("agg")
    for name in modules:
        importlib.import_module(name)
    shell()


def run(request: RunRequest, tell: Tell) -> None:
    """Carry out the steps of a request in order and tell what each gave."""
    calls.remove(calls.functions(request.removed))
    builtins.input = lambda prompt="": ""  # nobody is there to answer
    sys.path.insert(0, "")  # as in a notebook: a file that a cell writes can be imported
    runner = _Runner(request, tell)
    start = time.monotonic()
    for number, step in enumerate(request.steps):
        tell(StepBegan(number, round(time.monotonic() - start, 3)))
        if step.kind == "observe":
            runner.observe(step.exercise)
        else:
            runner.run_cell(step.kind, step.exercise, step.source)
    for exercise in runner.postponed:
        tell(SecondLook(exercise))
        runner.observe(exercise, last=True)
    tell(RunCompleted())


class _Runner:
    def __init__(self, request: RunRequest, tell: Tell) -> None:
        self.tasks = request.tasks
        self.cell_seconds = request.cell_seconds
        self.tell = tell
        self.shell = shell()
        self.failures: dict[str, BaseException] = {}
        self.postponed: list[str] = []
        # Found before a line of the learner's runs: it may put others in their place.
        self.solved_by = {
            exercise: calls.functions(task.solved_by) for exercise, task in request.tasks.items()
        }

    def run_cell(self, kind: str, exercise: str, source: str) -> None:
        """Run a cell; an error ends the cell and nothing else.

        A line that the system refuses, such as a command to pip, does not end its cell: elsewhere it worked.
        """
        importlib.invalidate_caches()  # a file that the cell before has written is found
        error: BaseException | None = None
        try:
            with time_limit(self.cell_seconds):
                while source:
                    failure = self._run_source(source)
                    error = error or failure
                    source = self._below(source, failure) if isinstance(failure, OSError) else ""
        except TimeLimit as late:
            error = late
        if error is None:
            self.failures.pop(exercise, None)
            return
        if kind == "answer":
            self.failures[exercise] = error
        elif kind in ("own", "setup"):
            self.tell(CellFailed(kind, _words(error)))

    def _run_source(self, source: str) -> BaseException | None:
        result = self.shell.run_cell(source, store_history=False)
        return result.error_before_exec or result.error_in_exec

    def _below(self, source: str, failure: BaseException) -> str:
        """Return a cell's statements below the one that failed, on their lines; "" if there are none."""
        with contextlib.suppress(Exception):  # the learner may have put anything in the place of anything
            text = self.shell.transform_cell(source)
            failed = cell_line(failure)
            for node in ast.parse(text).body:
                end = node.end_lineno or 0
                if node.lineno <= failed <= end:
                    below = "\n".join(text.split("\n")[end:])
                    return "\n" * end + below if below.strip() else ""
        return ""

    def observe(self, exercise: str, *, last: bool = False) -> None:
        """Observe an answer. One that misses a name is observed again at the end, when all cells have run."""
        report = self._report(exercise)
        if not last and _misses_a_name(report):
            self.postponed.append(exercise)
            return
        self.tell(as_plain(exercise, report))

    def _report(self, exercise: str) -> Report:
        asked = self.tasks[exercise]
        task = Task(asked.answer_name, asked.is_function, _function(asked.observe), asked.time_limit)
        answer = self.shell.user_ns.get(task.answer_name, MISSING)
        error = self.failures.get(exercise)
        if answer is MISSING and error is not None:
            if isinstance(error, TimeLimit):
                return Report("timeout", f"its cell did not finish within {self.cell_seconds:g} s")
            if isinstance(error, MemoryError):
                return Report("memory", "its cell needed more memory than there is")
            return Report("error", f"its cell raised {_words(error)}")
        if answer is MISSING:
            return Report("not started", f"its cell does not make {task.answer_name}")
        cases = [transport.decode(case) for case in asked.cases]
        with calls.closed(self.solved_by[exercise]):
            return observe(task, answer, cases, replay=False)


def cell_line(error: BaseException) -> int:
    """Return the line of a cell's top level at which an error was raised; 0 if it was elsewhere."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno or 0 for frame in frames if is_cell(frame.filename) and frame.name == "<module>"]
    return lines[0] if lines else 0


def _function(path: str) -> Callable[..., Any]:
    """Return a function by "module:name"; the grader names it, never the submission."""
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
    failures = [seen.detail for seen in report.observations if seen.failure == "error"]
    return any("NameError" in detail for detail in [report.detail, *failures])


def as_plain(exercise: str, report: Report) -> AnswerReport:
    """Write a report as a message of plain values."""
    observations = tuple(map(_plain_observation, report.observations))
    return AnswerReport(exercise, report.state, report.detail[:LONGEST_DETAIL], observations, report.calls)


def _plain_observation(seen: Observation) -> PlainObservation:
    detail, signature = seen.detail[:LONGEST_DETAIL], seen.signature[:LONGEST_DETAIL]
    return PlainObservation(seen.failure, detail, transport.encode(seen.result), signature)


def silence() -> None:
    """Send what is printed nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    for stream in filter(None, (sys.stdout, sys.stderr)):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    sys.stdin = io.TextIOWrapper(io.FileIO(os.dup(nowhere), "r"))
