"""All that crosses the wall of the jail, as types: requests and orders go in, findings and news come out.

What a submission can write are findings alone. They are a claim, not a fact: `workbook.course.grading.findings` is the
one place that reads them.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from workbook.exercises.observe import FAILURES, STATES

from .strict_json import AtMost, Json, OneOf, OnWire, WireMessage

LONGEST_DETAIL = 1000  # characters
MOST_OBSERVATIONS = 1000
MOST_CALLS = 100
LONGEST_ID = 20  # characters of an exercise's id
STEP_KINDS = ("setup", "answer", "own", "shown", "observe")  # "shown" is a demonstration of the chapter
ExerciseId = Annotated[str, AtMost(LONGEST_ID)]
Detail = Annotated[str, AtMost(LONGEST_DETAIL)]
CallName = Annotated[str, AtMost(100)]


# Into the jail: what to run --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class JailSettings(WireMessage):
    """How a jail runs submissions: `memory` in bytes of address space, `seconds` on the clock, both for one run."""

    modules: tuple[str, ...]
    memory: int
    seconds: float
    jail: bool


@dataclass(frozen=True)
class RunStep(WireMessage):
    """One thing to do: run a cell's source, or observe the answer to an exercise."""

    is_row: ClassVar[bool] = True

    kind: Annotated[str, OneOf(STEP_KINDS)]
    exercise: str
    source: str


@dataclass(frozen=True)
class ExerciseTask(WireMessage):
    """What the jail must know of an exercise, without what is right. `observe` is "module:function".

    `solved_by` are the functions of the course that are closed while the answer is observed.
    """

    answer_name: str
    is_function: bool
    observe: str
    time_limit: float
    cases: tuple[Json, ...]  # as `transport.encode` writes them
    solved_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class RunRequest(WireMessage):
    """One run of a submission: the steps in their order, the task of each exercise, the limit of one cell.

    `removed` are functions of the course that this run lacks: both their code and the files that hold it.
    """

    steps: tuple[RunStep, ...]
    tasks: dict[str, ExerciseTask]
    cell_seconds: float
    removed: tuple[str, ...] = ()


# Out of the jail: what a run tells. A submission can forge every one of these --------------------------------------


@dataclass(frozen=True)
class StepBegan(WireMessage):
    """Step number `step` of the request began, `at` seconds after the start of the run."""

    step: Annotated[int, OnWire("begin")]
    at: float


@dataclass(frozen=True)
class SecondLook(WireMessage):
    """An answer that missed a name is observed once more, after all cells have run."""

    exercise: Annotated[ExerciseId, OnWire("again")]


@dataclass(frozen=True)
class CellFailed(WireMessage):
    """The set-up or a cell of the learner's own raised."""

    kind: Annotated[Annotated[str, OneOf(("own", "setup"))], OnWire("failed")]
    detail: Detail


@dataclass(frozen=True)
class PlainObservation(WireMessage):
    """What an answer did in one case: a failure with its detail, or a result as `transport.encode` writes it."""

    is_row: ClassVar[bool] = True

    failure: Annotated[str | None, OneOf((None, *FAILURES))]
    detail: Detail
    result: Json
    signature: Detail = ""


@dataclass(frozen=True)
class AnswerReport(WireMessage):
    """What an answer did on the cases, and which of the course's functions it called.

    The grader writes one itself where a run ended in the middle.
    """

    exercise: Annotated[ExerciseId, OnWire("report")]
    state: Annotated[str, OneOf(STATES)]
    detail: Detail
    observations: Annotated[tuple[PlainObservation, ...], AtMost(MOST_OBSERVATIONS)]
    calls: Annotated[tuple[CallName, ...], AtMost(MOST_CALLS)] = ()


@dataclass(frozen=True)
class RunCompleted(WireMessage):
    """The run came to its end: the last finding."""

    end: Annotated[bool, OneOf((True,))] = True


# Between the grader and the process that forks -------------------------------------------------------------------


@dataclass(frozen=True)
class Ready(WireMessage):
    """The modules are loaded."""

    ready: Annotated[bool, OneOf((True,))] = True


@dataclass(frozen=True)
class StartRun(WireMessage):
    """Fork for run number `run`. Two file descriptors come along: the request to read, the findings to write."""

    run: int


@dataclass(frozen=True)
class KillRun(WireMessage):
    """End run number `run`."""

    run: Annotated[int, OnWire("kill")]


@dataclass(frozen=True)
class RunEnded(WireMessage):
    """The process of run number `run` has ended."""

    run: Annotated[int, OnWire("ended")]
