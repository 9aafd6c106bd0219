"""The process that reads submissions and rules on reports: trusted code, untrusted data.

It runs `python -m workbook.course.grading.referee ROOT SEED PRACTICE-SEED` and answers each question, one JSON line,
with one JSON line (`referee_messages`). It never runs a learner's code. But a notebook or a model's description may be
made to exhaust or crash the process that reads it: this process can be lost at any time, and `referee_pool` starts it
again.
"""

import ast
import importlib
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from workbook.course.grading.course_calls import course_functions
from workbook.course.grading.masters import read_masters, solutions_of
from workbook.course.grading.referee_messages import (
    QUESTIONS,
    Answers,
    Cell,
    ChapterTasks,
    Failed,
    ReadQuestion,
    RuleQuestion,
    Ruling,
    TasksQuestion,
    ruling_on,
)
from workbook.course.grading.submitted_answers import read_answers
from workbook.course.jailed import transport
from workbook.course.jailed.jail_messages import AnswerReport, ExerciseTask
from workbook.course.jailed.strict_json import WireMessage, read_any
from workbook.exercises import Exercise, exercises_of
from workbook.exercises.judge import Ruler, Verdict, own_work
from workbook.exercises.models import observe_model
from workbook.exercises.observe import Inputs, Observation, Report

CELL_SECONDS = 20.0
ALWAYS_LOADED = ("numpy", "matplotlib.pyplot")


class Referee:
    """Reads submissions, draws cases and rules, for one run of the grader."""

    def __init__(self, root: Path, *, seed: int, practice_seed: int) -> None:
        """Cases for the marks come from `seed`, those that feedback shows from `practice_seed`."""
        self.root = root
        self.seeds = {"marks": seed, "practice": practice_seed}
        self.masters = read_masters(root)
        self._rulers: dict[tuple[str, str], Ruler] = {}
        self._tasks: dict[tuple[str, str], ChapterTasks] = {}
        self._solutions: dict[str, dict[str, str]] = {}

    def reply(self, question: WireMessage) -> WireMessage:
        """Answer one question."""
        if isinstance(question, ReadQuestion):
            return self.read(question.data, question.chapter)
        if isinstance(question, TasksQuestion):
            return self.tasks(question.chapter, question.purpose)
        assert isinstance(question, RuleQuestion)
        return self.rule(question.chapter, question.purpose, question.report)

    def read(self, data: bytes, chapter: str) -> Answers:
        """Return the answers in an untrusted notebook, with the course's functions that each uses."""
        answers = read_answers(data, self.masters, chapter)
        if answers.problem:
            return answers
        return replace(answers, course_calls=self._course_calls(answers))

    def _course_calls(self, answers: Answers) -> dict[str, tuple[str, ...]]:
        """Return for each answer the course's own functions that it uses and the solution does not."""
        chapter = answers.chapter
        if chapter not in self._solutions:
            self._solutions[chapter] = solutions_of(self.root / "solutions" / f"{chapter}.ipynb")
        solutions = self._solutions[chapter]
        setup = self.masters[chapter].setup
        own = [cell.source for cell in answers.cells if cell.kind == "own"]
        return {
            exercise: tuple(course_functions(setup, [source, *own], solutions.get(exercise, "")))
            for exercise, source in answers.sources.items()
        }

    def tasks(self, chapter: str, purpose: str) -> ChapterTasks:
        """Return what a run of a chapter needs: its set-up, its demonstrations, the cases, the modules to load."""
        if (chapter, purpose) not in self._tasks:
            master = self.masters[chapter]
            exercises = [exercise for exercise in exercises_of(chapter) if isinstance(exercise, Exercise)]
            modules = _modules(master.setup, exercises)
            if "keras" in modules:  # now, so that no ruling has to wait for it
                importlib.import_module("keras")
            self._tasks[chapter, purpose] = ChapterTasks(
                setup=master.setup,
                cells=tuple(
                    Cell(cell.kind, cell.exercise, cell.source)
                    for cell in master.cells
                    if cell.kind != "text"
                ),
                modules=tuple(modules),
                exercises={exercise.id: self._task(exercise, purpose) for exercise in exercises},
                cell_seconds=CELL_SECONDS,
            )
        return self._tasks[chapter, purpose]

    def _task(self, exercise: Exercise, purpose: str) -> ExerciseTask:
        return ExerciseTask(
            answer_name=exercise.answer_name,
            is_function=exercise.is_function,
            observe=f"{exercise.observe.__module__}:{exercise.observe.__qualname__}",
            time_limit=exercise.time_limit,
            cases=tuple(transport.encode(tuple(inputs)) for inputs in self._ruler(exercise, purpose).cases),
            solved_by=exercise.solved_by,
        )

    def _ruler(self, exercise: Exercise, purpose: str) -> Ruler:
        key = exercise.id, purpose
        if key not in self._rulers:
            self._rulers[key] = Ruler(exercise, seed=self.seeds[purpose])
        return self._rulers[key]

    def rule(self, chapter: str, purpose: str, report: AnswerReport) -> Ruling:
        """Rule on a report that came out of the jail."""
        exercise = next(exercise for exercise in exercises_of(chapter) if exercise.id == report.exercise)
        assert isinstance(exercise, Exercise)
        try:
            seen = read_report(report)
        except (transport.TransportError, RecursionError) as error:
            verdict = Verdict(exercise, "malformed", f"got a result that cannot be read: it {error}")
        else:
            verdict = own_work(self._ruler(exercise, purpose).verdict(seen), seen.calls)
        right, wrong = _groups(exercise, self._ruler(exercise, purpose).cases, verdict.right_cases)
        return replace(ruling_on(verdict), right_groups=right, wrong_groups=wrong)


def _groups(
    exercise: Exercise, cases: Sequence[Inputs], right_cases: Sequence[bool]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the kinds of cases on all of which an answer is right, and the others; none if nothing was compared."""
    if exercise.groups is None or len(right_cases) != len(cases):
        return (), ()
    is_right: dict[str, bool] = {}
    for inputs, right in zip(cases, right_cases, strict=True):
        name = exercise.groups(*inputs)
        is_right[name] = is_right.get(name, True) and right
    right_groups = tuple(name for name, right in is_right.items() if right)
    return right_groups, tuple(name for name in is_right if name not in right_groups)


def read_report(report: AnswerReport) -> Report:
    """Build the values that a report describes; TransportError if it describes none."""
    reader = transport.Reader()  # one for all: together they must not be too large
    observations = tuple(
        Observation(reader.read(seen.result), seen.failure, seen.detail, seen.signature)
        for seen in report.observations
    )
    return Report(report.state, report.detail, observations, report.calls)


def _modules(setup: str, exercises: Sequence[Exercise]) -> list[str]:
    """Return the modules that a chapter's set-up imports, and those of functions that are closed to answers.

    Keras too if an answer is a model.
    """
    names: dict[str, None] = dict.fromkeys(ALWAYS_LOADED)
    for node in ast.walk(ast.parse(setup)):
        if isinstance(node, ast.Import):
            names |= dict.fromkeys(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "workbook":
            names |= dict.fromkeys(f"workbook.{alias.name}" for alias in node.names if alias.name != "check")
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module: None}
    closed = [name.rpartition(".")[0] for exercise in exercises for name in exercise.solved_by]
    names |= dict.fromkeys(f"workbook.{module}" for module in closed)
    if any(exercise.observe is observe_model for exercise in exercises):
        names |= {"keras": None}
    return list(names)


def main(arguments: list[str]) -> None:
    """Answer questions, one per line, until there are none."""
    root, seed, practice_seed = arguments
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="replace")
    os.dup2(2, 1)  # whatever else is printed is not a reply
    referee = Referee(Path(root), seed=int(seed), practice_seed=int(practice_seed))
    for line in sys.stdin:
        try:
            reply = referee.reply(read_any(QUESTIONS, json.loads(line))).to_json()
        except Exception as error:  # data made to break the reader; the grader says so, and goes on
            reply = Failed(f"{type(error).__name__}: {error}"[:500]).to_json()
        replies.write(json.dumps(reply) + "\n")
        replies.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
