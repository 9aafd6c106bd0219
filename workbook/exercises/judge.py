"""Judge an answer: run it on fresh cases, compare, and name the mistake. Never raises for a bad answer."""

import _thread
import contextlib
import copy
import io
import linecache
import signal
import threading
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from workbook.exercises.compare import plain, short
from workbook.exercises.exercise import Exercise, Inputs, Mistake

MOST_PRINTED = 2000  # characters
OUTCOMES = ("passed", "wrong", "not started", "error", "timeout", "malformed")


@dataclass(frozen=True)
class Verdict:
    """What a check found. `detail` says where it went wrong, `advice` which mistake it looks like."""

    exercise: Exercise
    outcome: str
    detail: str = ""
    mistake: str | None = None
    advice: str = ""

    def __bool__(self) -> bool:
        return self.outcome == "passed"


@dataclass(frozen=True)
class Observation:
    """What an answer gave for one case: a plain value, or the way it failed."""

    inputs: Inputs
    result: Any = None
    failure: str | None = None
    detail: str = ""


class TimeLimit(BaseException):
    """The answer ran out of time. Not an Exception, so that `except Exception` does not swallow it."""


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TimeLimit in the main thread after `seconds`; again every half second if it is swallowed.

    Outside the main thread there is no limit: Python can interrupt no other.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    if not hasattr(signal, "setitimer"):
        with _time_limit_without_alarm(seconds):
            yield
        return

    def ring(number: int, frame: Any) -> None:
        raise TimeLimit

    previous = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, 0.5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


@contextlib.contextmanager
def _time_limit_without_alarm(seconds: float) -> Iterator[None]:
    """Do the same where the system has no alarm signal (Windows): interrupt the main thread."""
    rang, done = threading.Event(), threading.Event()

    def ring() -> None:
        wait = seconds
        while not done.wait(wait):
            rang.set()
            _thread.interrupt_main()
            wait = 0.5

    thread = threading.Thread(target=ring, daemon=True)
    thread.start()
    try:
        yield
    except KeyboardInterrupt:
        if rang.is_set():
            raise TimeLimit from None
        raise
    finally:
        done.set()
        thread.join()


def judge(exercise: Exercise, answer: Any, *, seed: int | None = None, limit: float | None = None) -> Verdict:
    """Judge `answer`: fresh cases unless a seed is given; `limit` seconds for all cases together."""
    if _untouched(answer):
        return Verdict(exercise, "not started")
    if exercise.is_function and not callable(answer):
        detail = (
            f"expects the function {exercise.answer_name}, got {short(answer, 60)}. Pass it without brackets."
        )
        return Verdict(exercise, "malformed", detail)
    if callable(answer) and not exercise.is_function:
        return Verdict(
            exercise, "malformed", f"expects a value, got a function: {exercise.answer_name} is not one"
        )
    cases = list(exercise.cases(np.random.default_rng(seed)))
    seen = _observe_all(exercise, answer, cases, exercise.time_limit if limit is None else limit)
    if any(one.failure == "not started" for one in seen):
        return Verdict(exercise, "not started")
    wrong = []
    for one in seen:
        expected = plain(exercise.observe(exercise.reference, *copy.deepcopy(one.inputs)))
        difference = None if one.failure else _compared(exercise, one, expected)
        if one.failure or difference:
            wrong.append((one, expected, difference))
    if not wrong:
        return Verdict(exercise, "passed", _count(len(seen)) if exercise.is_function else "")
    one, _, difference = wrong[0]
    mistake = _recognise(exercise, [(one, expected) for one, expected, _ in wrong])
    return Verdict(
        exercise,
        one.failure or "wrong",
        f"{_call_text(exercise, one.inputs)} {one.detail or difference}",
        mistake.name if mistake else None,
        mistake.message if mistake else "",
    )


def _compared(exercise: Exercise, one: Observation, expected: Any) -> str | None:
    """Compare, and turn a value that cannot even be compared into a difference."""
    try:
        return exercise.compare(one.result, expected, one.inputs)
    except Exception as error:  # the learner's value may be of any kind
        return f"gave {short(one.result, 60)}, which cannot be compared ({type(error).__name__})"


def _untouched(answer: Any) -> bool:
    """Whether an answer is still the stub's `...`, or a form in which nothing is filled in."""
    return answer is ... or (
        type(answer) is dict and bool(answer) and all(one is ... for one in answer.values())
    )


def _count(cases: int) -> str:
    return "1 fresh case" if cases == 1 else f"{cases} fresh cases"


def _observe_all(exercise: Exercise, answer: Any, cases: list[Inputs], limit: float) -> list[Observation]:
    """Observe case after case within the limit; stop at the first failure."""
    seen: list[Observation] = []
    printed = _Printed()
    try:
        with contextlib.redirect_stdout(printed), time_limit(limit):
            for inputs in cases:
                seen.append(_observe(exercise, answer, inputs))
                if seen[-1].failure:
                    break
    except TimeLimit:
        late = Observation(cases[len(seen)], None, "timeout", f"did not finish within {limit:g} s")
        seen.append(late)
    if printed.getvalue():
        print(printed.getvalue())
    return seen


class _Printed(io.StringIO):
    """What an answer prints while it is judged, up to `MOST_PRINTED` characters: a loop must not flood the page."""

    def write(self, text: str) -> int:
        room = MOST_PRINTED - self.tell()
        if room > 0:
            super().write(text[:room] + (" …" if len(text) >= room else ""))
        return len(text)


def _observe(exercise: Exercise, answer: Any, inputs: Inputs) -> Observation:
    given = copy.deepcopy(inputs)
    try:
        result = plain(exercise.observe(answer, *given))
    except NotImplementedError:
        return Observation(inputs, None, "not started")
    except KeyboardInterrupt:
        raise
    except TimeLimit:
        raise
    except BaseException as error:  # the learner's code may raise anything, SystemExit too
        return Observation(inputs, None, "error", f"raised {_describe(error)}")
    if _untouched(result):
        return Observation(inputs, None, "not started")
    if not _unchanged(given, inputs):
        detail = "gave a result but changed its input. Work on a copy: `x = x.copy()`"
        return Observation(inputs, result, "wrong", detail)
    return Observation(inputs, result)


def _describe(error: BaseException) -> str:
    """Name the error, and the line of the learner's cell that raised it."""
    try:
        text = f"{type(error).__name__}: {error}".strip().rstrip(":")[:300]
    except Exception:  # an exception of the learner's own that cannot be written
        text = type(error).__name__
    frames = [one for one in traceback.extract_tb(error.__traceback__) if _is_cell(one.filename)]
    if not frames:
        return text
    line = linecache.getline(frames[-1].filename, frames[-1].lineno or 0).strip()
    return f"{text} (line {frames[-1].lineno}{': ' + line if line else ''})"


def _is_cell(filename: str) -> bool:
    return "ipykernel" in filename or filename.startswith(("<ipython", "<cell", "<stdin"))


def _unchanged(given: Inputs, inputs: Inputs) -> bool:
    """Whether the arrays, lists and dictionaries among the inputs are as they were."""
    for one, other in zip(given, inputs, strict=True):
        if isinstance(other, np.ndarray):
            if not np.array_equal(one, other, equal_nan=np.issubdtype(other.dtype, np.inexact)):
                return False
        elif type(one) is not type(other):
            return False
        elif isinstance(other, (list, tuple)) and all(not isinstance(item, (list, dict)) for item in other):
            if len(one) != len(other) or not _unchanged(tuple(one), tuple(other)):
                return False
        elif isinstance(other, (list, dict, tuple, str, int, float)) and repr(one) != repr(other):
            return False
    return True


def _recognise(exercise: Exercise, wrong: list[tuple[Observation, Any]]) -> Mistake | None:
    """Find the first named mistake that explains every wrong case."""
    for mistake in exercise.mistakes:
        if all(_explains(exercise, mistake, one, expected) for one, expected in wrong):
            return mistake
    return None


def _explains(exercise: Exercise, mistake: Mistake, one: Observation, expected: Any) -> bool:
    if one.failure in ("timeout",) or (one.failure == "wrong"):
        return False
    if mistake.looks_like is not None:
        try:
            return one.failure is None and bool(mistake.looks_like(one.result, expected, one.inputs))
        except Exception:  # a predicate over a learner's value of any shape
            return False
    other = _observe(exercise, mistake.answer, one.inputs)
    if one.failure or other.failure:
        return one.failure == other.failure and one.detail.split(":")[0] == other.detail.split(":")[0]
    return _compared(exercise, one, other.result) is None


def _call_text(exercise: Exercise, inputs: Inputs) -> str:
    """Write the call as the learner would: `output_size(7, 3)`; large arrays by their shape."""
    if not exercise.is_function and not inputs:
        return exercise.answer_name
    texts = [_argument(item) for item in inputs]
    return f"{exercise.answer_name}({', '.join(texts)})" if exercise.is_function else exercise.answer_name


def _argument(item: Any) -> str:
    if isinstance(item, np.ndarray):
        return (
            f"<array {item.shape}>"
            if item.size > 9
            else np.array2string(item, separator=",").replace("\n", "")
        )
    return short(item, 80)
