"""Run an answer on given cases and record what it does.

This module knows no right answers, so that it can also run in a process that must not know them. Its reports hold
plain values: `judge.Ruler` compares them with the reference, in the same process or in another one.
"""

import _thread
import contextlib
import copy
import io
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from workbook.calls import collected_calls
from workbook.exercises.compare import plain, short
from workbook.exercises.errors import describe, signature

MOST_PRINTED = 2000  # characters
STATES = ("observed", "not started", "error", "timeout", "memory", "malformed", "died")  # of a report
FAILURES = ("not started", "wrong", "error", "timeout", "memory")  # of an observation
Inputs = tuple[Any, ...]


def call(answer: Any, *inputs: Any) -> Any:
    """Return what the function `answer` returns for `inputs`."""
    return answer(*inputs)


def value(answer: Any, *inputs: Any) -> Any:
    """Return a plain value as it is."""
    return answer


class Asked(Protocol):
    """The part of an exercise that running an answer needs."""

    @property
    def answer_name(self) -> str: ...
    @property
    def is_function(self) -> bool: ...
    @property
    def observe(self) -> Callable[..., Any]: ...
    @property
    def time_limit(self) -> float: ...


@dataclass(frozen=True)
class Observation:
    """The result of an answer for one case: a plain value, or the way in which it failed (one of FAILURES).

    Of an exception, `signature` says what another one must agree in to have the same cause: see `errors.signature`.
    """

    result: Any = None
    failure: str | None = None
    detail: str = ""
    signature: str = ""


@dataclass(frozen=True)
class Report:
    """The result of an answer: one observation per case, or why there are none.

    After a case that raised, the next ones are observed all the same. What ends the observations is time, memory, and
    an answer that is not started.

    `state` is one of STATES: "observed", or an outcome that needs no comparison. `calls` are the course's own functions
    that were called meanwhile.
    """

    state: str
    detail: str = ""
    observations: tuple[Observation, ...] = ()
    calls: tuple[str, ...] = ()


class TimeLimit(BaseException):
    """The answer ran out of time. A BaseException, so that a learner's `except Exception` does not catch it."""


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

    handler = signal.signal(signal.SIGALRM, ring)
    timer = signal.setitimer(signal.ITIMER_REAL, seconds, 0.5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, *timer)  # somebody else's alarm, a test's own limit for one


@contextlib.contextmanager
def _time_limit_without_alarm(seconds: float) -> Iterator[None]:
    """Do the same where the system has no alarm signal (Windows): interrupt the main thread.

    The interrupt gets a handler of its own: without one it does nothing where SIGINT is ignored, as in a job that a
    script starts in the background.
    """
    rang, done = threading.Event(), threading.Event()

    def interrupted(number: int, frame: Any) -> None:
        if rang.is_set() and not done.is_set():
            raise TimeLimit
        if callable(handler):
            handler(number, frame)

    def ring() -> None:
        wait = seconds
        while not done.wait(wait):
            rang.set()
            _thread.interrupt_main()
            wait = 0.5

    handler = signal.signal(signal.SIGINT, interrupted)
    thread = threading.Thread(target=ring, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        signal.signal(signal.SIGINT, handler)


def observe(
    exercise: Asked, answer: Any, cases: Sequence[Inputs], *, limit: float | None = None, replay: bool = True
) -> Report:
    """Run `answer` on the cases, within `limit` seconds for all together. Never raises for a bad answer.

    What the answer prints is shown again after the run, up to `MOST_PRINTED` characters, if `replay`.
    """
    if is_untouched(answer):
        return Report("not started")
    if exercise.is_function and not callable(answer):
        detail = f"The answer must be the function {exercise.answer_name}: pass its name, without brackets."
        return Report("malformed", f"{detail} Received: {short(answer, 60)}")
    if exercise.is_function and (kind := _keras_object(answer)):
        detail = f"The answer must be the function {exercise.answer_name}: pass its name, without calling it."
        return Report("malformed", f"{detail} Received: {kind}")
    if callable(answer) and not exercise.is_function:
        detail = f"The answer must be the value {exercise.answer_name}. Received: a function"
        return Report("malformed", detail)
    seconds = exercise.time_limit if limit is None else limit
    with collected_calls() as calls:
        observations = _observe_all(exercise, answer, cases, seconds, replay)
    if any(observation.failure == "not started" for observation in observations):
        return Report("not started")
    return Report("observed", observations=tuple(observations), calls=tuple(sorted(calls)))


def _keras_object(answer: Any) -> str:
    """Return what an answer is, if it is a Keras model or layer, which Python can call; else ""."""
    keras = sys.modules.get("keras")  # if it was never imported, the answer is neither
    if keras is None or not isinstance(answer, keras.Layer):
        return ""
    return "a Keras model" if isinstance(answer, keras.Model) else "a Keras layer"


def is_untouched(answer: Any) -> bool:
    """Return whether an answer is still the stub's `...`, or a form in which nothing is filled in."""
    return answer is ... or (
        type(answer) is dict and bool(answer) and all(entry is ... for entry in answer.values())
    )


def _observe_all(
    exercise: Asked, answer: Any, cases: Sequence[Inputs], limit: float, replay: bool
) -> list[Observation]:
    """Return the observations of the cases in order, until time or memory runs out."""
    observations: list[Observation] = []
    printed = _Printed()
    try:
        with contextlib.redirect_stdout(printed), time_limit(limit):
            for inputs in cases:
                observations.append(observe_case(exercise.observe, answer, inputs))
                if observations[-1].failure in ("not started", "memory"):
                    break
    except TimeLimit:
        observations.append(Observation(None, "timeout", f"did not finish within {limit:g} s"))
    if replay and printed.getvalue():
        print(printed.getvalue())
    return observations


class _Printed(io.StringIO):
    """The text that an answer prints, up to `MOST_PRINTED` characters: a loop must not flood the page."""

    def write(self, text: str) -> int:
        room = MOST_PRINTED - self.tell()
        if room > 0:
            super().write(text[:room] + (" …" if len(text) >= room else ""))
        return len(text)


def observe_case(observe: Callable[..., Any], answer: Any, inputs: Inputs) -> Observation:
    """Run an answer on one case and return the observation. Raises only TimeLimit and KeyboardInterrupt."""
    given = copy.deepcopy(inputs)
    try:
        result = plain(observe(answer, *given))
    except NotImplementedError:
        return Observation(None, "not started")
    except (KeyboardInterrupt, TimeLimit):
        raise
    except MemoryError:
        return Observation(None, "memory", "needed more memory than there is")
    except BaseException as error:  # the learner's code may raise anything, SystemExit too
        return Observation(None, "error", f"raised {describe(error)}", signature(error))
    if is_untouched(result):
        return Observation(None, "not started")
    if not _unchanged(given, inputs):
        detail = "it changed its input. Work on a copy: `x = x.copy()`"
        return Observation(result, "wrong", detail)
    return Observation(result)


def _unchanged(given: Inputs, inputs: Inputs) -> bool:
    """Return whether the arrays, lists and dictionaries in `given` are still equal to those in `inputs`."""
    for after, before in zip(given, inputs, strict=True):
        if isinstance(before, np.ndarray):
            if not np.array_equal(after, before, equal_nan=np.issubdtype(before.dtype, np.inexact)):
                return False
        elif type(after) is not type(before):
            return False
        elif isinstance(before, (list, tuple)) and all(not isinstance(item, (list, dict)) for item in before):
            if len(after) != len(before) or not _unchanged(tuple(after), tuple(before)):
                return False
        elif isinstance(before, (list, dict, tuple, str, int, float)) and repr(after) != repr(before):
            return False
    return True
