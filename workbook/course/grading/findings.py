"""The one place that turns bytes out of a jail into typed messages. Whatever a submission writes passes through here.

Read is at most `MOST_OUTPUT` bytes of a run, `MOST_FINDINGS` lines and `MOST_VALUES` values, nested `DEEPEST` deep. Of
several reports on an exercise only the first is kept. A line is exactly one finding of `jail_messages`, or it is
`Garbled`. What the findings say is still a claim: `attempts` takes of it what was asked for.
"""

import json
from dataclasses import dataclass

from workbook.course.grading.untrusted_json import nesting_depth
from workbook.course.jailed.jail_messages import (
    LONGEST_ID,
    AnswerReport,
    CellFailed,
    RunCompleted,
    SecondLook,
    StepBegan,
)
from workbook.course.jailed.strict_json import MessageError, read_any

MOST_OUTPUT = 2**26  # bytes of findings from one run
LONGEST_LINE = 2**25  # bytes
MOST_FINDINGS = 20_000  # lines: some for each cell
MOST_VALUES = 2_000_000  # in all lines of a run: lists, objects, and what is in them
DEEPEST = 200  # lists in lists in one line; a value takes three for each of its own
Told = StepBegan | SecondLook | CellFailed | AnswerReport | RunCompleted
KINDS: tuple[type[Told], ...] = (StepBegan, SecondLook, CellFailed, AnswerReport, RunCompleted)


@dataclass(frozen=True)
class Garbled:
    """An object that is no finding. `exercise` is the one on which it claims to report, or ""."""

    exercise: str = ""


Finding = Told | Garbled


@dataclass(frozen=True)
class RunResult:
    """What came of one run.

    `findings` are a claim of the submission. `end` is the grader's own knowledge: "ended" (told to its end), "timeout",
    "hung" (told nothing for too long), "output" (wrote too much) or "died". `seconds` is the time that it took.
    """

    findings: tuple[Finding, ...]
    end: str
    seconds: float = 0.0


class FindingsReader:
    """Reads what a run writes while it writes it, and holds no more than the limits allow.

    `is_full` says that the run wrote too much: nothing more is read. `lines` counts the lines so far.
    """

    def __init__(self) -> None:
        self.lines = 0
        self.is_full = False
        self._findings: list[Finding] = []
        self._reported: set[str] = set()
        self._rest = bytearray()
        self._bytes_left, self._values_left = MOST_OUTPUT, MOST_VALUES
        self._is_over = False  # after a line that is no object: the rest is counted, not read

    def feed(self, part: bytes) -> None:
        """Read the next bytes."""
        self._bytes_left -= len(part)
        if self._bytes_left < 0 or self.is_full:
            self.is_full = True
            self._rest.clear()
            return
        if self._is_over:
            return
        searched = len(self._rest)
        self._rest += part
        start = 0
        while (end := self._rest.find(b"\n", max(start, searched))) >= 0 and not self._is_over:
            self._read(self._rest[start:end])
            start = end + 1
        del self._rest[:start]
        if len(self._rest) > LONGEST_LINE:
            self._is_over = True
        if self._is_over:
            self._rest.clear()

    def result(self, end: str = "", seconds: float = 0.0) -> RunResult:
        """Return what was read. `end` says why the run was cut short; "" if it was not: its last finding decides."""
        if self._rest and not self._is_over:
            self._read(self._rest)
        self._rest = bytearray()
        if not end:
            told_all = bool(self._findings) and isinstance(self._findings[-1], RunCompleted)
            end = "ended" if told_all else "died"
        return RunResult(tuple(self._findings), end, seconds)

    def _read(self, line: bytearray) -> None:
        """Read one line; stop at one that is no object, or that would cost too much to read."""
        self.lines += 1
        value = self._parsed(line) if self.lines <= MOST_FINDINGS else None
        if not isinstance(value, dict):
            self._is_over = True
            return
        finding = _finding(value)
        exercise = finding.exercise if isinstance(finding, (AnswerReport, Garbled)) else ""
        if not exercise or exercise not in self._reported:
            self._findings.append(finding)
        if isinstance(finding, AnswerReport):
            self._reported.add(exercise)

    def _parsed(self, line: bytearray) -> object:
        """Parse a line of JSON; None if it is none, holds too many values, or is nested too deeply."""
        self._values_left -= sum(map(line.count, (b",", b"[", b"{")))
        if self._values_left < 0:
            return None
        try:
            text = line.decode("utf-8")
            return None if nesting_depth(text) > DEEPEST else json.loads(text)
        except (ValueError, RecursionError, MemoryError):
            return None


def run_result(data: bytes, end: str = "") -> RunResult:
    """Read what a run wrote, all at once."""
    reader = FindingsReader()
    reader.feed(data)
    return reader.result(end)


def read_findings(data: bytes) -> tuple[Finding, ...]:
    """Return the findings in what a run wrote."""
    return run_result(data).findings


def _finding(value: dict[str, object]) -> Finding:
    try:
        told: Told = read_any(KINDS, value)
        return told
    except MessageError:
        exercise = value.get("report")
        return Garbled(exercise) if isinstance(exercise, str) and len(exercise) <= LONGEST_ID else Garbled()
