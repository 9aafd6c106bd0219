"""The process that reads submissions and rules on what was observed: trusted code, untrusted data.

It runs `python -m workbook.course.grading.referee ROOT SEED PRACTICE-SEED` and answers one JSON line with one. It never
runs a learner's code; but a notebook or a model's description may be made to exhaust or crash whoever reads it, so
this process can be lost at any time (`Referee` in referees.py starts it anew).
"""

import ast
import base64
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbook.course.grading import answer_cells, leaning
from workbook.course.grading.copies import solutions_of
from workbook.course.jailed import transport
from workbook.exercises import Exercise, FreeText, as_text, exercises_of
from workbook.exercises.judge import Ruler, Verdict
from workbook.exercises.models import observe_model
from workbook.exercises.observe import Observation, Report

CELL_SECONDS = 20.0
MOST_OBSERVATIONS = 1000
LONGEST_DETAIL = 1000  # characters
ALWAYS = ("numpy", "matplotlib.pyplot")


class Bench:
    """Reads submissions, draws cases and rules, for one run of the grader."""

    def __init__(self, root: Path, *, seed: int, practice_seed: int) -> None:
        """Cases for the marks come from `seed`, those that feedback shows from `practice_seed`."""
        self.root = root
        self.seeds = {"marks": seed, "practice": practice_seed}
        self.masters = answer_cells.read_masters(root)
        self._rulers: dict[tuple[str, str], Ruler] = {}
        self._tasks: dict[tuple[str, str], dict[str, Any]] = {}
        self._solutions: dict[str, dict[str, str]] = {}

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        """Carry out one question: {"do": "read" | "tasks" | "rule", …}."""
        if question["do"] == "read":
            return self.read(base64.b64decode(question["data"]), question["chapter"])
        if question["do"] == "tasks":
            return self.tasks(question["chapter"], question["purpose"])
        return self.rule(question["chapter"], question["exercise"], question["purpose"], question["report"])

    def read(self, data: bytes, chapter: str) -> dict[str, Any]:
        """Read an untrusted notebook; give its cells in order, its answers' sources, and what is to be noted."""
        found = answer_cells.read_answers(data, self.masters, chapter)
        if found.problem or not found.chapter:
            return {"problem": found.problem or "no cell of any chapter", "chapter": found.chapter}
        cells = [[one.kind, one.exercise, one.source] for one in found.cells]
        answers = {exercise: source for kind, exercise, source in cells if kind == "answer"}
        own = [source for kind, _, source in cells if kind == "own"]
        return {
            "problem": "",
            "chapter": found.chapter,
            "cells": cells,
            "answers": answers,
            "texts": dict(found.texts),
            "missing": list(found.missing),
            "notes": list(found.notes),
            "leaning": self._leaning(found.chapter, answers, own),
        }

    def _leaning(self, chapter: str, answers: Mapping[str, str], own: list[str]) -> dict[str, list[str]]:
        """List for each answer the course's own functions that it uses and the solution does not."""
        if chapter not in self._solutions:
            self._solutions[chapter] = solutions_of(self.root / "solutions" / f"{chapter}.ipynb")
        setup = self.masters[chapter].setup
        return {
            exercise: leaning.course_functions(
                setup, [source, *own], self._solutions[chapter].get(exercise, "")
            )
            for exercise, source in answers.items()
        }

    def tasks(self, chapter: str, purpose: str) -> dict[str, Any]:
        """Give what the jail needs of a chapter: its set-up, its demonstrations, the cases, the modules to load."""
        if (chapter, purpose) not in self._tasks:
            master = self.masters[chapter]
            shown = [[one.kind, one.exercise, one.source] for one in master.cells if one.kind != "text"]
            exercises = [one for one in exercises_of(chapter) if isinstance(one, Exercise)]
            self._tasks[chapter, purpose] = {
                "setup": master.setup,
                "cells": shown,
                "modules": _modules(master.setup, exercises),
                "tasks": {one.id: self._task(one, purpose) for one in exercises},
                "cell_seconds": CELL_SECONDS,
            }
        return self._tasks[chapter, purpose]

    def _task(self, exercise: Exercise, purpose: str) -> dict[str, Any]:
        cases = [transport.encode(tuple(inputs)) for inputs in self._ruler(exercise, purpose).cases]
        return {
            "answer_name": exercise.answer_name,
            "is_function": exercise.is_function,
            "observe": f"{exercise.observe.__module__}:{exercise.observe.__qualname__}",
            "time_limit": exercise.time_limit,
            "cases": cases,
        }

    def _ruler(self, exercise: Exercise, purpose: str) -> Ruler:
        key = exercise.id, purpose
        if key not in self._rulers:
            self._rulers[key] = Ruler(exercise, seed=self.seeds[purpose])
        return self._rulers[key]

    def rule(self, chapter: str, exercise_id: str, purpose: str, report: Any) -> dict[str, Any]:
        """Rule on a report that came out of the jail: outcome, mistake, detail, and the text for a learner."""
        exercise = next(one for one in exercises_of(chapter) if one.id == exercise_id)
        assert isinstance(exercise, Exercise)
        try:
            seen = read_report(report)
        except (transport.TransportError, RecursionError) as error:
            verdict = Verdict(exercise, "malformed", f"gave what cannot be read: it {error}")
        else:
            verdict = self._ruler(exercise, purpose).verdict(seen)
        return {
            "outcome": verdict.outcome,
            "mistake": verdict.mistake or "",
            "advice": verdict.advice,
            "detail": verdict.detail,
            "text": as_text(verdict),
        }


def read_report(value: Any) -> Report:
    """Read a report that nobody vouches for; TransportError if it is none."""
    if not isinstance(value, dict) or not isinstance(value.get("observations"), list):
        raise transport.TransportError("is no report")
    state, detail = value.get("state"), value.get("detail")
    if not isinstance(state, str) or not isinstance(detail, str):
        raise transport.TransportError("is no report")
    reader = transport.Reader()  # one for all: together they must not be too large
    seen = tuple(_read_observation(one, reader) for one in value["observations"][:MOST_OBSERVATIONS])
    return Report(state, detail[:LONGEST_DETAIL], seen)


def _read_observation(value: Any, reader: transport.Reader) -> Observation:
    if not isinstance(value, list) or len(value) != 3:
        raise transport.TransportError("holds an observation that is none")
    failure, detail, result = value
    if not isinstance(failure, str | None) or not isinstance(detail, str):
        raise transport.TransportError("holds an observation that is none")
    return Observation(reader.read(result), failure or None, detail[:LONGEST_DETAIL])


def _modules(setup: str, exercises: list[Exercise]) -> list[str]:
    """List the modules that a chapter's set-up imports; Keras too where an answer is a model."""
    names = dict.fromkeys(ALWAYS)
    for node in ast.walk(ast.parse(setup)):
        if isinstance(node, ast.Import):
            names |= dict.fromkeys(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "workbook":
            names |= dict.fromkeys(f"workbook.{alias.name}" for alias in node.names if alias.name != "check")
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module: None}
    if any(one.observe is observe_model for one in exercises):
        names |= {"keras": None}
    return list(names)


def free_texts(chapter: str) -> list[str]:
    """List the questions of a chapter that a person marks."""
    return [one.id for one in exercises_of(chapter) if isinstance(one, FreeText)]


def main(arguments: list[str]) -> None:
    """Answer questions, one a line, until there are none."""
    root, seed, practice_seed = arguments
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="replace")
    os.dup2(2, 1)  # whatever else is printed is no reply
    bench = Bench(Path(root), seed=int(seed), practice_seed=int(practice_seed))
    for line in sys.stdin:
        try:
            reply = bench.answer(json.loads(line))
        except Exception as error:  # data made to break the reader; the grader says so, and goes on
            reply = {"failed": f"{type(error).__name__}: {error}"[:500]}
        replies.write(json.dumps(reply) + "\n")
        replies.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
