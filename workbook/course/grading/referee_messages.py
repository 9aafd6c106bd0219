"""All that the grader and its referees say to each other, as types: questions, and the answers to them."""

from dataclasses import dataclass, field
from typing import Annotated

from workbook.course.jailed.jail_messages import AnswerReport, ExerciseTask
from workbook.course.jailed.strict_json import OneOf, OnWire, WireMessage
from workbook.exercises import Verdict, as_text

CELL_KINDS = ("setup", "answer", "later", "check", "demonstration", "slow", "own", "changed")
LATER = "/2"  # after an exercise's id: the second attempt at it
Purpose = Annotated[str, OneOf(("marks", "practice"))]


def later_key(exercise: str) -> str:
    """Return the key under which the second attempt at an exercise is run."""
    return exercise + LATER


def exercise_of(key: str) -> str:
    """Return the exercise of an attempt's key."""
    return key.removesuffix(LATER)


@dataclass(frozen=True)
class Cell(WireMessage):
    """A code cell. `exercise` is "" for cells that belong to none.

    Of a submission: "answer" and "own" are the learner's; "later" is a definition of an answer below its check;
    "check" marks a place and has the master's source; "changed" is a demonstration of the course that the learner
    changed, run only where an answer misses a name.
    Of a master: any kind but "own", "later" and "changed".
    """

    kind: Annotated[str, OneOf(CELL_KINDS)]
    exercise: str
    source: str

    @property
    def key(self) -> str:
        """The key of the attempt that the cell makes; "" for a cell that makes none."""
        return {"answer": self.exercise, "later": later_key(self.exercise)}.get(self.kind, "")


@dataclass(frozen=True)
class Answers(WireMessage):
    """What a submission holds for one chapter.

    `cells` are in the submission's order. `texts` are the answers in words, "" where untouched. `missing` are the
    exercises without a cell, `unstarted` those whose cell is blank or a stub and that nothing else answers, `misnamed`
    those whose cell defines another function, with its name. `problem` is one sentence if the file cannot be graded,
    or "". `notes` are clauses for the instructor. `course_calls` lists for each answer the course's own functions that
    it names. `shown` is what people see of each attempt: its cell, and the other cells that made it what it was.
    """

    chapter: str
    cells: tuple[Cell, ...] = ()
    texts: dict[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    problem: str = ""
    notes: tuple[str, ...] = ()
    course_calls: dict[str, tuple[str, ...]] = field(default_factory=dict)
    unstarted: tuple[str, ...] = ()
    misnamed: dict[str, str] = field(default_factory=dict)
    shown: dict[str, str] = field(default_factory=dict)

    @property
    def sources(self) -> dict[str, str]:
        """The answers in code, by exercise."""
        return {cell.exercise: cell.source for cell in self.cells if cell.kind == "answer"}

    @property
    def attempts(self) -> set[str]:
        """The keys of the attempts that can be run."""
        return {cell.key for cell in self.cells if cell.key and exercise_of(cell.key) not in self.unstarted}


@dataclass(frozen=True)
class ChapterTasks(WireMessage):
    """What a run needs of a chapter: its set-up, its own code cells, the modules to load, the task of each exercise."""

    setup: str
    cells: tuple[Cell, ...]
    modules: tuple[str, ...]
    exercises: dict[str, ExerciseTask]
    cell_seconds: float


@dataclass(frozen=True)
class Ruling(WireMessage):
    """The verdict on one answer. `detail` is for the instructor, `text` for the learner.

    `right_groups` are the kinds of cases on all of which the answer is right, `wrong_groups` the others.
    """

    outcome: str
    mistake: str
    advice: str
    detail: str
    text: str
    right_groups: tuple[str, ...] = ()
    wrong_groups: tuple[str, ...] = ()


def ruling_on(verdict: Verdict) -> Ruling:
    """Return the ruling that tells a verdict."""
    return Ruling(
        outcome=verdict.outcome,
        mistake=verdict.mistake or "",
        advice=verdict.advice,
        detail=verdict.detail,
        text=as_text(verdict),
    )


@dataclass(frozen=True)
class Failed(WireMessage):
    """A question that the referee could not answer, and why."""

    reason: Annotated[str, OnWire("failed")]


# Questions: the first field of each is in no other ----------------------------------------------------------------


@dataclass(frozen=True)
class ReadQuestion(WireMessage):
    """Which answers are in this file? `chapter` is what the file's name tells, or "". Reply: `Answers`."""

    data: bytes
    chapter: str


@dataclass(frozen=True)
class TasksQuestion(WireMessage):
    """What does a run of this chapter need? Reply: `ChapterTasks`."""

    chapter: Annotated[str, OnWire("tasks_of")]
    purpose: Purpose


@dataclass(frozen=True)
class RuleQuestion(WireMessage):
    """Is this answer right? Reply: `Ruling`."""

    report: AnswerReport
    chapter: str
    purpose: Purpose


QUESTIONS = (ReadQuestion, TasksQuestion, RuleQuestion)
