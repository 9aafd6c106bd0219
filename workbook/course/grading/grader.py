"""Grade one submission: read it, run its answers in the jail, rule on what they did, and tell the learner.

The marks come from cases that the learner never sees. An answer that fails runs once more on practice cases, and
feedback shows those.
"""

import hashlib
import itertools
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, replace
from typing import Protocol

from workbook.course.grading.attempts import (
    NOT_REACHED,
    AnswerReports,
    Budget,
    graders_report,
    run_answers,
)
from workbook.course.grading.containers import NOTHING
from workbook.course.grading.jail import Jail, JailError
from workbook.course.grading.records import Graded, Mark
from workbook.course.grading.referee_messages import (
    Answers,
    ChapterTasks,
    Ruling,
    exercise_of,
    later_key,
    ruling_on,
)
from workbook.course.grading.referee_pool import RefereeLostError, RefereePool
from workbook.course.jailed.jail_messages import AnswerReport
from workbook.exercises import Exercise, FreeText, Verdict, exercises_of
from workbook.exercises.judge import WRITE_IT, own_work

SUSPICIOUS_RULING = (
    5.0  # seconds for a ruling where another of the submission's values was too much for the referee
)
MOST_FAILURES = 3  # of cells of a learner's own, in what people read
REVEALING = ("wrong", "error", "malformed")  # outcomes whose feedback needs practice cases
NO_TIME = "There was no time left to run it on cases that can be shown."
MOST_CONFIRMATIONS = 2  # runs of an answer alone, without the course's functions
ONLY_WITH = "right only where the course's own functions exist"
NOT_CONFIRMED = "no time was left to run it without the course's functions: look whether it calls one"
SECOND = "the second attempt, below the check, is the one that counts"
ONLY_HIDDEN = "Right on the practice cases, but not on all of the grader's."
WITHOUT_CASES = {  # what the learner reads where the detail would show a hidden case
    "timeout": "It did not finish in time on one of the grader's cases.",
    "memory": "It needed more memory than there is on one of the grader's cases.",
    "died": "It ended the process that ran it: `os._exit`, a crash, or too much memory.",
}


class HandedIn(Protocol):
    """What is graded: a `submissions.Submission`, or one that came over the network."""

    @property
    def student(self) -> str: ...
    @property
    def chapter(self) -> str: ...
    @property
    def origin(self) -> str: ...
    @property
    def lms_id(self) -> str: ...
    @property
    def problem(self) -> str: ...
    @property
    def oddity(self) -> str: ...
    def read(self) -> bytes:
        """Return the file's bytes; ValueError with one sentence if that cannot be done."""
        ...


@dataclass(frozen=True)
class _Judged:
    """The attempt at an exercise that counts, with its ruling."""

    key: str
    ruling: Ruling
    note: str = ""


class Grader:
    """Grades submissions one by one; several threads may call `grade` at the same time."""

    def __init__(self, jail: Jail, referees: RefereePool) -> None:
        self.jail, self.referees = jail, referees

    def grade(self, submission: HandedIn) -> Graded:
        """Grade a submission. Whatever it is, it ends with a mark for each exercise of its chapter.

        Only a jail that does not work raises: no submission could be graded then.
        """
        try:
            data = submission.read()
        except ValueError as error:
            return unreadable(submission, submission.chapter, submission.problem or str(error), "")
        except Exception as error:
            return failed(submission, submission.chapter, error, "")
        digest = hashlib.sha256(data).hexdigest()
        try:
            return self._read_and_graded(submission, data, digest)
        except JailError:
            raise
        except Exception as error:
            return failed(submission, submission.chapter, error, digest)

    def _read_and_graded(self, submission: HandedIn, data: bytes, digest: str) -> Graded:
        try:
            answers = self.referees.read(data, submission.chapter)
        except RefereeLostError as lost:
            problem = f"The file cannot be read: the process that reads it {lost}."
            return unreadable(submission, submission.chapter, problem, digest)
        if answers.problem:
            return unreadable(submission, answers.chapter, answers.problem, digest)
        try:
            return self._graded(submission, answers, digest)
        except JailError:
            raise
        except Exception as error:
            return failed(submission, answers.chapter, error, digest)

    def _graded(self, submission: HandedIn, answers: Answers, digest: str) -> Graded:
        chapter = answers.chapter
        budget = Budget(self.jail.seconds)
        collected = run_answers(self.jail, self._tasks(chapter, "marks"), answers, budget)
        judged = {
            exercise.id: self._judge(answers, exercise.id, collected, budget)
            for exercise in exercises_of(chapter)
            if isinstance(exercise, Exercise)
        }
        judged |= self._reopened(answers, judged, collected, budget)
        judged |= self._confirmed(answers, judged, collected, budget)
        practice = self._practice(answers, judged, collected, budget)
        marks = tuple(
            _code_mark(submission, answers, exercise, judged[exercise.id], practice.get(exercise.id))
            if isinstance(exercise, Exercise)
            else _text_mark(submission, answers, exercise)
            for exercise in exercises_of(chapter)
        )
        failures = [
            f"a cell of the learner's own raised {text}" for text in collected.failures[:MOST_FAILURES]
        ]
        oddity = "; ".join(filter(None, [submission.oddity, *answers.notes, *collected.oddities, *failures]))
        return Graded(
            submission.student, chapter, submission.origin, digest, marks, oddity, submission.lms_id
        )

    def _judge(self, answers: Answers, exercise: str, collected: AnswerReports, budget: Budget) -> _Judged:
        """Rule on an exercise: on the answer at its check, and if that is not right, on a second attempt below it."""
        first = _Judged(exercise, self._rule(answers, exercise, "marks", collected, budget))
        again = later_key(exercise)
        if first.ruling.outcome == "passed" or again not in collected.reports:
            return first
        second = _Judged(again, self._rule(answers, again, "marks", collected, budget))
        return second if second.ruling.outcome == "passed" else first

    def _rule(
        self, answers: Answers, key: str, purpose: str, collected: AnswerReports, budget: Budget
    ) -> Ruling:
        exercise = exercise_of(key)
        report = collected.reports.get(key) or _report_without_run(answers, exercise, collected)
        if report.state == "not started" and exercise in answers.misnamed:
            report = graders_report(exercise, "error", _misnamed(answers, exercise))
        try:
            report = replace(report, exercise=exercise)
            return self.referees.rule(answers.chapter, purpose, report, budget.ruling)
        except RefereeLostError as lost:
            budget.ruling = SUSPICIOUS_RULING
            detail = f"got a value that cannot be compared: the process that compares it {lost}"
            return Ruling("malformed", mistake="", advice="", detail=detail, text=detail)

    def _reopened(
        self, answers: Answers, judged: Mapping[str, _Judged], collected: AnswerReports, budget: Budget
    ) -> dict[str, _Judged]:
        """Judge the answers again that raised an error while functions of the course were closed, with these open.

        An answer that is right now has left its work to them, whatever it says. One that is wrong has its own mistake.
        """
        exercises = {exercise.id: exercise for exercise in exercises_of(answers.chapter)}
        raised = {
            attempt.key: exercise
            for name, attempt in judged.items()
            if attempt.ruling.outcome == "error"
            and isinstance(exercise := exercises[name], Exercise)
            and exercise.solved_by
        }
        if not raised:
            return {}
        tasks = _opened(self._tasks(answers.chapter, "marks"))
        run = run_answers(self.jail, tasks, answers, budget, raised.keys(), collected.skipped)
        reopened = {}
        for key, exercise in raised.items():
            if key not in run.reports:
                continue
            ruling = self._rule(answers, key, "marks", run, budget)
            if ruling.outcome == "passed":
                told = {*collected.reports[key].calls, *run.reports[key].calls}
                ruling = _left_to_the_course(exercise, told)
            closed = judged[exercise.id].ruling  # only these cases are the learner's own work
            ruling = replace(ruling, right_groups=closed.right_groups, wrong_groups=closed.wrong_groups)
            reopened[exercise.id] = _Judged(key, ruling)
        return reopened

    def _confirmed(
        self, answers: Answers, judged: Mapping[str, _Judged], collected: AnswerReports, budget: Budget
    ) -> dict[str, _Judged]:
        """Run the answers that earn points again without the functions that solve their exercise.

        A submission can undo what notes and closes these functions, or load them again. An answer that is right without
        them is the learner's own work. Return the changed judgements, and those that the time did not suffice for.
        """
        exercises = {exercise.id: exercise for exercise in exercises_of(answers.chapter)}
        removed = {
            name: functions
            for name, earned in judged.items()
            if _earns(earned.ruling) and (functions := _removable(exercises[name]))
        }
        together = tuple(dict.fromkeys(itertools.chain(*removed.values())))
        rulings = self._without(answers, judged, removed, together, collected, budget)
        changed = {}
        for name, functions in removed.items():
            earned, ruling = judged[name], rulings.get(name)
            # Alone: it may use what another exercise removes, or the time did not suffice for all answers together.
            for _ in range(MOST_CONFIRMATIONS):
                if ruling is not None and _credit(ruling) == _credit(earned.ruling):
                    break
                ruling = self._without(answers, judged, [name], functions, collected, budget).get(name)
            if ruling is None or _credit(ruling) != _credit(earned.ruling):
                changed[name] = _corrected(earned, ruling, exercises[name])
        return changed

    def _without(
        self,
        answers: Answers,
        judged: Mapping[str, _Judged],
        exercises: Iterable[str],
        removed: tuple[str, ...],
        collected: AnswerReports,
        budget: Budget,
    ) -> dict[str, Ruling]:
        """Return the rulings on answers that run without the removed functions, as far as the time sufficed."""
        keys = {judged[name].key for name in exercises}
        if not keys:
            return {}
        tasks = _opened(self._tasks(answers.chapter, "marks"))
        run = run_answers(self.jail, tasks, answers, budget, keys, collected.skipped, removed)
        reported = keys & run.reports.keys()
        return {exercise_of(key): self._rule(answers, key, "marks", run, budget) for key in reported}

    def _practice(
        self, answers: Answers, judged: Mapping[str, _Judged], collected: AnswerReports, budget: Budget
    ) -> dict[str, str]:
        """Return what a learner may read of each answer that failed: how it does on the practice cases."""
        failed_keys = {
            attempt.key
            for attempt in judged.values()
            if attempt.ruling.outcome in REVEALING and attempt.ruling.advice != WRITE_IT
        }
        if not failed_keys:
            return {}
        tasks = _opened(self._tasks(answers.chapter, "practice"))
        run = run_answers(self.jail, tasks, answers, budget, failed_keys, collected.skipped)
        texts = {}
        for key in failed_keys:
            exercise = exercise_of(key)
            hidden = judged[exercise].ruling
            ruling = self._rule(answers, key, "practice", run, budget)
            if key in answers.attempts and key not in run.reports:
                text = f"{exercise}: {hidden.outcome}. {NO_TIME}\n{hidden.advice}"
            elif ruling.outcome == "passed":
                text = f"{ONLY_HIDDEN}\n{hidden.advice}"
            else:
                text = ruling.text
            texts[exercise] = "\n".join([text.strip(), *_told_to_learner(run)])
        return texts

    def _tasks(self, chapter: str, purpose: str) -> ChapterTasks:
        try:
            return self.referees.tasks(chapter, purpose)
        except RefereeLostError:  # lost by what it read before: a new process takes its place
            return self.referees.tasks(chapter, purpose)


def _corrected(earned: _Judged, ruling: Ruling | None, exercise: Exercise | FreeText) -> _Judged:
    """Return the judgement on an answer that earns other points without the course's functions, or was not reached."""
    assert isinstance(exercise, Exercise)
    if ruling is None:
        return replace(earned, note=NOT_CONFIRMED)
    if earned.ruling.outcome == "passed":
        return _Judged(earned.key, _left_to_the_course(exercise, set()), ONLY_WITH)
    own = replace(earned.ruling, right_groups=ruling.right_groups, wrong_groups=ruling.wrong_groups)
    return replace(earned, ruling=own)


def _opened(tasks: ChapterTasks) -> ChapterTasks:
    """Return the tasks without functions that are closed."""
    opened = {name: replace(task, solved_by=()) for name, task in tasks.exercises.items()}
    return replace(tasks, exercises=opened)


def _removable(exercise: Exercise | FreeText) -> tuple[str, ...]:
    """Return the functions of the course that solve an exercise."""
    return exercise.solved_by if isinstance(exercise, Exercise) else ()


def _earns(ruling: Ruling) -> bool:
    """Return whether an answer earns points, or would with partial credit."""
    return ruling.outcome == "passed" or bool(ruling.right_groups)


def _credit(ruling: Ruling) -> tuple[str, ...]:
    """Return what of an answer earns points: all, or the kinds of cases that are right."""
    return ("everything",) if ruling.outcome == "passed" else ruling.right_groups


def _left_to_the_course(exercise: Exercise, told: Set[str]) -> Ruling:
    """Return the ruling on an answer that a function of the course worked out; `told` are those it says it called."""
    name = next((name for name in exercise.solved_by if name in told), exercise.solved_by[0])
    return ruling_on(own_work(Verdict(exercise, "passed"), [name]))


def _report_without_run(answers: Answers, exercise: str, collected: AnswerReports) -> AnswerReport:
    """Return the grader's own report on an exercise that no run reported on."""
    if exercise in answers.missing:
        return graders_report(exercise, "not started", "its cell is not in the notebook")
    if exercise in answers.unstarted:
        return graders_report(exercise, "not started", "its cell is blank, or still the stub")
    if collected.is_cut_short:
        return graders_report(exercise, "timeout", NOT_REACHED)
    return graders_report(exercise, "died", "it was not reached")


def _misnamed(answers: Answers, exercise: str) -> str:
    wanted = next(
        known.answer_name
        for known in exercises_of(answers.chapter)
        if known.id == exercise and isinstance(known, Exercise)
    )
    return f"its cell defines `{answers.misnamed[exercise]}` and not `{wanted}`: the name must be `{wanted}`"


def _told_to_learner(run: AnswerReports) -> list[str]:
    """Return lines on what failed in the learner's own cells. They come from a run that saw practice cases only."""
    return [f"A cell of your own raised {text}" for text in run.failures[:MOST_FAILURES]]


def _code_mark(
    submission: HandedIn, answers: Answers, exercise: Exercise, judged: _Judged, practice: str | None
) -> Mark:
    ruling = judged.ruling
    allowed = {name.rpartition(".")[2] for name in exercise.may_use}
    named = answers.course_calls.get(exercise.id, ())
    calls = [name for name in named if name.rpartition(".")[2] not in allowed]
    notes = [f"uses the course's own {', '.join(calls)}"] if calls else []
    notes += [SECOND] if judged.key != exercise.id else []
    notes += [judged.note] if judged.note else []
    feedback = ruling.text if practice is None else practice
    if ruling.outcome in WITHOUT_CASES:
        why = f"It {NOT_REACHED}." if ruling.detail == NOT_REACHED else WITHOUT_CASES[ruling.outcome]
        feedback = f"{exercise.id} {exercise.title}: {ruling.outcome}. {why}"
    return Mark(
        student=submission.student,
        chapter=answers.chapter,
        exercise=exercise.id,
        title=exercise.title,
        outcome=ruling.outcome,
        points=exercise.points if ruling.outcome == "passed" else 0,
        max_points=exercise.points,
        mistake=ruling.mistake,
        detail=ruling.detail,
        feedback=feedback,
        answer=answers.shown.get(judged.key, ""),
        notes=tuple(notes),
        right_groups=ruling.right_groups,
        wrong_groups=ruling.wrong_groups,
    )


def _text_mark(submission: HandedIn, answers: Answers, exercise: FreeText) -> Mark:
    text = answers.texts.get(exercise.id, "")
    return Mark(
        student=submission.student,
        chapter=answers.chapter,
        exercise=exercise.id,
        title=exercise.title,
        outcome="needs review" if text else "not started",
        points=None if text else 0,
        max_points=exercise.points,
        feedback="A person will read this answer." if text else "No answer was handed in.",
        answer=text,
    )


def unreadable(submission: HandedIn, chapter: str, problem: str, digest: str) -> Graded:
    """Mark every exercise of a submission that cannot be read as malformed; `problem` is one sentence."""
    feedback = f"Your file could not be graded because {problem[:1].lower()}{problem[1:]}"
    marks = tuple(
        Mark(
            student=submission.student,
            chapter=chapter,
            exercise=exercise.id,
            title=exercise.title,
            outcome="malformed",
            points=0,
            max_points=exercise.points,
            detail=problem,
            feedback=feedback,
        )
        for exercise in (exercises_of(chapter) if chapter else ())
    )
    return Graded(submission.student, chapter, submission.origin, digest, marks, problem, submission.lms_id)


def failed(submission: HandedIn, chapter: str, error: Exception, digest: str) -> Graded:
    """Mark a submission on which the grader itself failed: it gets no points, and an instructor is told to look."""
    name = type(error).__name__
    problem = f"The grader failed on this file ({name}): a person must look at it."
    result = unreadable(submission, chapter, problem, digest)
    told = "Your file could not be graded because of an error in the grader. A person will look at it."
    return replace(result, marks=tuple(replace(mark, feedback=told) for mark in result.marks))


def absent(student: str, chapter: str, lms_id: str = "", problem: str = "") -> Graded:
    """Mark every exercise of a chapter that a learner did not hand in as not started.

    `problem` is one sentence on what was handed in instead of any chapter, or "".
    """
    feedback = "Nothing was handed in for this chapter."
    if problem and problem != NOTHING:
        feedback = f"What was handed in is no notebook of this chapter. {problem}"
    marks = tuple(
        Mark(
            student=student,
            chapter=chapter,
            exercise=exercise.id,
            title=exercise.title,
            outcome="not started",
            points=0,
            max_points=exercise.points,
            feedback=feedback,
        )
        for exercise in exercises_of(chapter)
    )
    return Graded(student, chapter, "", "", marks, "", lms_id)
