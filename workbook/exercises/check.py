"""`check("2.3", output_size)` judges an answer at once; `check.hint("2.3")` shows the next hint."""

import copy
import html
import os
import re
import secrets
from collections.abc import Iterable, Sequence
from typing import Any

from workbook.exercises.exercise import Exercise, FreeText
from workbook.exercises.judge import Ruler, Verdict, own_work
from workbook.exercises.models import observe_model
from workbook.exercises.observe import Inputs, observe
from workbook.exercises.passed_exercises import PassedExercises
from workbook.exercises.registry import chapter_names, exercises_of, find

HEADS = {
    "wrong": "not yet",
    "timeout": "out of time",
    "memory": "out of memory",
}  # else the outcome's own name
NAMES = {"cnn": "CNN", "vgg": "VGG", "alexnet": "AlexNet", "resnet": "ResNet", "densenet": "DenseNet"}
COLOURS = {"passed": "#1a9850", "not started": "#888888"}


class Message:
    """A few lines of text for the learner, shown in a box by front ends that render HTML.

    Where the text names `section` in quotation marks, the box links to the section's heading in the notebook.
    """

    def __init__(self, text: str, colour: str = "#3182bd", section: str = "") -> None:
        self.text = text
        self.colour = colour
        self.section = section

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        body = re.sub(r"`([^`\n]+)`", r"<code>\1</code>", html.escape(self.text))
        if self.section:
            name = html.escape(self.section)
            body = body.replace(f"&quot;{name}&quot;", f'<a href="#{_anchor(name)}">{name}</a>')
        style = f"border-left:4px solid {self.colour};padding:2px 0 2px 12px;white-space:pre-wrap"
        return f'<div style="{style}">{body}</div>'


def _anchor(heading: str) -> str:
    """Return the anchor of a heading, as JupyterLab and nbconvert make it."""
    return heading.replace(" ", "-")


class ShareTable(Message):
    """A message with a table: rows of texts, and in each row a share that is drawn as a bar."""

    def __init__(
        self, heads: Sequence[str], rows: Sequence[Sequence[str]], shares: Sequence[float], note: str = ""
    ):
        widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in (heads, *rows)]
        super().__init__("\n".join([*lines, note]).rstrip())
        self.heads, self.rows, self.shares, self.note = heads, rows, shares, note

    def _repr_html_(self) -> str:
        cell = 'style="text-align:left;padding:1px 12px 1px 0;font-size:13px"'
        heads = "".join(
            f'<th scope="col" {cell}>{html.escape(head)}</th>' if head else f"<td {cell}></td>"
            for head in (*self.heads, "")
        )
        body = "".join(
            f"<tr>{''.join(f'<td {cell}>{html.escape(text)}</td>' for text in row)}<td {cell}>{_bar(share)}</td></tr>"
            for row, share in zip(self.rows, self.shares, strict=True)
        )
        note = f"<div>{html.escape(self.note)}</div>" if self.note else ""
        return f'<div style="overflow-x:auto"><table><tr>{heads}</tr>{body}</table>{note}</div>'


def _bar(share: float) -> str:
    """Return a bar 80 pixels wide, filled up to a share from 0 to 1; its colours show on white and on black."""
    outer = "display:inline-block;width:80px;height:9px;border:1px solid #888888;border-radius:5px;overflow:hidden"
    inner = f"display:block;width:{100 * share:.0f}%;height:100%;background:#2a9d5c"
    label = f'role="img" aria-label="{100 * share:.0f} percent"'
    return f'<span {label} style="{outer}"><span style="{inner}"></span></span>'


def _show(message: Message) -> None:
    """Show a message: as a box in a notebook, as text elsewhere."""
    from IPython import get_ipython
    from IPython.display import display

    if get_ipython() is None:
        print(message)
    else:
        display(message)


class Check:
    """The object `check`. It remembers which hints were shown, what passed, and the last failures."""

    def __init__(self, progress: PassedExercises | None = None) -> None:
        self._hints_shown: dict[str, int] = {}
        self._progress = PassedExercises() if progress is None else progress
        self._failed: dict[str, tuple[Ruler, int]] = {}

    def __call__(self, exercise_id: str, answer: Any) -> bool:
        """Judge `answer`, show the verdict, and return whether it passed. Never raises in a notebook.

        Under nbgrader a wrong answer raises AssertionError, as nbgrader expects of a test cell.
        """
        exercise = self._find(exercise_id)
        if exercise is None:
            return False
        ruler = Ruler(exercise, seed=secrets.randbits(32))
        report = observe(exercise, answer, ruler.cases)
        verdict = own_work(ruler.verdict(report), report.calls)
        if os.environ.get("NBGRADER_EXECUTION"):
            if not verdict:
                raise AssertionError(as_text(verdict))
        elif verdict:
            self._progress.record(exercise.id)
        if verdict:
            self._failed.pop(exercise.id, None)
        elif verdict.case is not None:
            self._failed[exercise.id] = (ruler, verdict.case)
        text = as_text(verdict)
        if verdict.case is not None and exercise.is_function:
            text += f'\nTo try this case again: `{exercise.answer_name}(*check.case("{exercise.id}"))`.'
        _show(Message(text, COLOURS.get(verdict.outcome, "#d95f02"), exercise.section))
        return bool(verdict)

    def case(self, exercise_id: str) -> Inputs | None:
        """Return the inputs of the case that failed last, as a tuple, to be tried again: `slide(*check.case("2.1"))`.

        None, with a message, if no case of this exercise has failed.
        """
        found = self._last_failure(exercise_id)
        return None if found is None else copy.deepcopy(found[0].cases[found[1]])

    def expected(self, exercise_id: str) -> Any:
        """Return the right result for `check.case(...)`.

        None, with a message, if no case has failed, or if the result would be the answer itself.
        """
        found = self._last_failure(exercise_id)
        if found is None:
            return None
        ruler, case = found
        if ruler.exercise.observe is observe_model:
            _show(Message(f"{exercise_id} asks for a model. The right one would be the answer."))
            return None
        return copy.deepcopy(ruler.expected(case))

    def _last_failure(self, exercise_id: str) -> tuple[Ruler, int] | None:
        exercise = self._find(exercise_id)
        if exercise is None:
            return None
        if not exercise.is_function:
            _show(Message(f"{exercise.id} asks for a value and has no inputs: there is no case to show."))
            return None
        if exercise.id not in self._failed:
            call = f'`check("{exercise.id}", {exercise.answer_name})`'
            _show(Message(f"No case of {exercise.id} has failed yet. Run {call} first."))
            return None
        return self._failed[exercise.id]

    def hint(self, exercise_id: str, step: int | None = None) -> None:
        """Show the next hint of an exercise, or hint number `step`, counted from 1."""
        exercise = self._find(exercise_id)
        if exercise is None:
            return
        last = len(exercise.hints)
        number = self._hints_shown.get(exercise.id, 0) + 1 if step is None else step
        if type(number) is not int or not 1 <= number <= last:
            again = f'Show one again with `check.hint("{exercise.id}", 1)`.'
            _show(Message(f"{exercise.id} has hints 1 to {last}. {again}"))
            return
        self._hints_shown[exercise.id] = number
        more = "the last one" if number == last else "run this cell again for the next one"
        _show(Message(f"Hint {number} of {last} for {exercise.id} ({more}):\n{exercise.hints[number - 1]}"))

    def progress(self, chapter: int | str | None = None) -> None:
        """Show what has passed: of the whole course, chapter by chapter, or of one chapter."""
        passed = self._progress.passed()
        if chapter is None:
            _show(_course_table(passed, self._progress.problem))
            return
        try:
            exercises = exercises_of(chapter)
        except ValueError as error:
            _show(Message(str(error)))
            return
        rows = [
            (exercise.id, exercise.title, _state(exercise, passed), f"{exercise.points}")
            for exercise in exercises
        ]
        shares = [float(exercise.id in passed) for exercise in exercises]
        _show(ShareTable(("", "exercise", "", "points"), rows, shares, self._progress.problem))

    def _find(self, exercise_id: str) -> Exercise | None:
        """Return the exercise; show a message and return None if a check cannot judge it."""
        try:
            exercise = find(exercise_id)
        except ValueError as error:
            _show(Message(str(error)))
            return None
        if isinstance(exercise, FreeText):
            _show(Message(f"{exercise.id} is answered in words. A person marks it."))
            return None
        return exercise


def _state(exercise: Exercise | FreeText, passed: Iterable[str]) -> str:
    if isinstance(exercise, FreeText):
        return "in words"
    return "passed" if exercise.id in passed else "not yet"


def _title(chapter: str) -> str:
    """Return a chapter's name as words: "05_first_cnn" → "First CNN"."""
    words = [NAMES.get(word, word) for word in chapter[3:].split("_")]
    return " ".join([words[0][:1].upper() + words[0][1:], *words[1:]])


def _course_table(passed: dict[str, str], problem: str) -> ShareTable:
    """Return the table of all chapters. Questions in words count neither as passed nor as missing."""
    rows, shares = [], []
    for name in chapter_names():
        exercises = [exercise for exercise in exercises_of(name) if isinstance(exercise, Exercise)]
        done = [exercise for exercise in exercises if exercise.id in passed]
        left = sum(exercise.minutes for exercise in exercises if exercise.id not in passed)
        points = sum(exercise.points for exercise in done), sum(exercise.points for exercise in exercises)
        counts = (
            f"{len(done)} of {len(exercises)}",
            f"{points[0]} of {points[1]}",
            f"{left} min" if left else "done",
        )
        rows.append((name[:2], _title(name), *counts))
        shares.append(len(done) / len(exercises))
    return ShareTable(("", "chapter", "passed", "points", "to do"), rows, shares, problem)


def as_text(verdict: Verdict) -> str:
    """Return a verdict as the learner reads it."""
    exercise = verdict.exercise
    head = f"{exercise.id} {exercise.title}: {HEADS.get(verdict.outcome, verdict.outcome)}"
    if verdict.outcome == "passed":
        return f"{head} ({verdict.detail})." if verdict.detail else f"{head}."
    if verdict.outcome == "not started":
        to_do = f"Replace the `...` in the cell of `{exercise.answer_name}`. Then run that cell and this one."
        return f"{head}. {to_do}"
    lines = [f"{head}.", verdict.detail]
    if verdict.advice:
        lines.append(verdict.advice)
    lines.append(
        f'Stuck? Run `check.hint("{exercise.id}")` in a new cell, or read "{exercise.section}" again.'
    )
    return "\n".join(lines)


check = Check()

__all__ = ["Check", "as_text", "check"]
