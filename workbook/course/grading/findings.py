"""The one place that turns bytes out of a jail into typed messages. Whatever a submission writes passes through here.

Read is at most `MOST_OUTPUT` bytes of a run, `MOST_FINDINGS` lines, `MOST_VALUES` values in a line, nested `DEEPEST`
deep. A line is exactly one finding of `jail_messages`, or it is `Garbled`. What the findings say is still a claim:
`attempts` takes of it what was asked for.
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
MOST_FINDINGS = 20_000  # lines: some for each cell
MOST_VALUES = 4_000_000  # in one line
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
    "output" (wrote too much) or "died".
    """

    findings: tuple[Finding, ...]
    end: str


def run_result(data: bytes, end: str = "") -> RunResult:
    """Read what a run wrote. `end` says why it was cut short; "" if it was not: then its last finding decides."""
    findings = read_findings(data)
    if not end:
        end = "ended" if findings and isinstance(findings[-1], RunCompleted) else "died"
    return RunResult(findings, end)


def read_findings(data: bytes) -> tuple[Finding, ...]:
    """Read findings line by line; stop at the first line that is no object, or that would cost too much to read."""
    findings: list[Finding] = []
    start = 0
    while start < len(data) and len(findings) < MOST_FINDINGS:
        end = data.find(b"\n", start)
        end = len(data) if end < 0 else end
        value = _parsed(data[start:end])
        if not isinstance(value, dict):
            break
        findings.append(_finding(value))
        start = end + 1
    return tuple(findings)


def _parsed(line: bytes) -> object:
    """Parse a line of JSON; None if it is none, holds too many values, or is nested too deeply."""
    if sum(map(line.count, (b",", b"[", b"{"))) > MOST_VALUES:
        return None
    try:
        text = line.decode("utf-8")
        return None if nesting_depth(text) > DEEPEST else json.loads(text)
    except (ValueError, RecursionError, MemoryError):
        return None


def _finding(value: dict[str, object]) -> Finding:
    try:
        told: Told = read_any(KINDS, value)
        return told
    except MessageError:
        exercise = value.get("report")
        return Garbled(exercise) if isinstance(exercise, str) and len(exercise) <= LONGEST_ID else Garbled()
