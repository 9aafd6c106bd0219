"""Write what people read: a page of feedback for each learner's chapter, and the instructor's report.

The pages are self-contained: no scripts, no outside resources, and a policy that forbids both. All text by learners is
cleaned here and escaped by the templates, which get plain texts and numbers only.
"""

import base64
import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import fmean, median
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from workbook.course.grading import copies, deadlines
from workbook.course.grading.copies import Pair
from workbook.course.grading.records import OUTCOMES, Graded, Mark, in_order
from workbook.course.grading.untrusted import (
    one_line,
    readable_names,
    safe_name,
    shorten,
    visible,
    write_atomically,
)

TEMPLATES = Path(__file__).parent / "templates"
MISTAKES, EXAMPLES, ODDITIES, WAITING, PAIRS = 20, 2, 300, 100, 100  # how many the report shows at most
LONGEST_EXAMPLE = 4000  # characters of an answer in the report
STRANGE = ("error", "timeout", "memory", "died", "malformed")


def write_feedback(
    folder: Path, graded: Iterable[Graded], lateness: deadlines.LatenessByKey | None = None
) -> list[Path]:
    """Write `folder/STUDENT/CHAPTER.html` for each submission, and return the files.

    A page holds what the learner may see: outcome, points, feedback and their own answer. `Mark.detail`, the
    notes, the names of mistakes and the oddity are for the instructor, and never reach the template.
    """
    template = templates().get_template("feedback.html")
    ordered = in_order(graded)
    paths = feedback_paths(folder, ordered)
    for submission in ordered:
        page = _feedback(submission, (lateness or {}).get(submission.key))
        write_atomically(paths[submission.key], template.render(page=page))
    return [paths[submission.key] for submission in ordered]


def feedback_paths(folder: Path, graded: Iterable[Graded]) -> dict[tuple[str, str], Path]:
    """Return where each submission's page of feedback is, by learner and chapter: `folder/STUDENT/CHAPTER.html`."""
    keys = [submission.key for submission in graded]
    names = readable_names(student for student, _ in keys)
    return {
        (student, chapter): folder / names[student] / f"{safe_name(chapter)}.html"
        for student, chapter in keys
    }


def write_index(path: Path, graded: Iterable[Graded], pages: Mapping[tuple[str, str], Path]) -> None:
    """Write the instructor's list of all pages of feedback, by learner: it is for nobody else."""
    by_student: dict[str, list[Graded]] = defaultdict(list)
    for submission in in_order(graded):
        by_student[submission.student].append(submission)
    rows = [
        {
            "student": one_line(student) or "(no name)",
            "pages": [_index_entry(submission, path, pages) for submission in submissions],
        }
        for student, submissions in by_student.items()
    ]
    write_atomically(path, templates().get_template("index.html").render(rows=rows))


def _index_entry(submission: Graded, path: Path, pages: Mapping[tuple[str, str], Path]) -> dict[str, str]:
    points = _number(submission.points)
    most = _number(sum(mark.max_points for mark in submission.marks))
    return {
        "chapter": one_line(submission.chapter),
        "link": _link(path, pages[submission.key]),
        "points": "not handed in" if submission.is_absent else f"{points} of {most}",
    }


def _link(page: Path, target: Path) -> str:
    """Return a link from one page to another, relative, as a URL."""
    return quote(target.relative_to(page.parent).as_posix())


def write_report(
    path: Path,
    graded: Iterable[Graded],
    pairs: Iterable[Pair] = (),
    unread: Iterable[Graded] = (),
    lateness: deadlines.LatenessByKey | None = None,
    *,
    feedback: Mapping[tuple[str, str], Path] | None = None,
    review: Path | None = None,
) -> None:
    """Write the instructor's page: outcomes, mistakes, oddities, answers that wait, similar answers, all marks.

    `unread` are files of no known chapter: they are listed among the oddities. `feedback` are the pages of feedback by
    learner and chapter, below the report's folder, to which the marks link. `review` is the page on which a person
    marks answers, in the same folder.
    """
    template = templates().get_template("report.html")
    links = {key: _link(path, page) for key, page in (feedback or {}).items()}
    report = _report(in_order(graded), list(pairs), in_order(unread), links)
    report["late"] = _late(in_order(graded), lateness or {})
    report["review"] = "" if review is None else review.name
    write_atomically(path, template.render(report=report))


@cache
def templates() -> Environment:
    """Return the templates, with the style and the policy of a page without scripts."""
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined,
                       trim_blocks=True, lstrip_blocks=True, auto_reload=False)  # fmt: skip
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    environment.globals["style"] = Markup(style)  # our own, and the only text that is not escaped
    environment.globals["policy"] = policy(style)
    return environment


def policy(style: str, script: str = "") -> str:
    """Return a page's policy: it names the digests of the only style sheet and script, so that no others apply."""
    sources = [f"'sha256-{_digest(text)}'" if text else "'none'" for text in (script, style)]
    return "default-src 'none'; script-src {}; style-src {}; base-uri 'none'; form-action 'none'".format(
        *sources
    )


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@dataclass(frozen=True)
class _Answer:
    """A mark as the templates see it: cleaned texts."""

    student: str
    exercise: str
    title: str
    outcome: str
    css: str
    points: str
    most: str
    feedback: str = ""
    answer: str = ""
    detail: str = ""


def _answer(mark: Mark, *, for_instructor: bool, longest: int = LONGEST_EXAMPLE) -> _Answer:
    outcome = mark.outcome if mark.outcome in OUTCOMES else "malformed"
    return _Answer(
        student=one_line(mark.student) or "(no name)",
        exercise=one_line(mark.exercise),
        title=one_line(mark.title),
        outcome=outcome,
        css=outcome.replace(" ", "-"),
        points="–" if mark.points is None else _number(mark.points),
        most=_number(mark.max_points),
        feedback="" if for_instructor else _text(mark.feedback),
        answer=_text(mark.answer, longest),
        detail=_text(mark.detail, longest) if for_instructor else "",
    )


def _feedback(submission: Graded, late: deadlines.Lateness | None = None) -> dict[str, Any]:
    return {
        "late": "" if late is None else deadlines.in_words(late, submission.points),
        "student": one_line(submission.student) or "(no name)",
        "chapter": one_line(submission.chapter),
        "points": _number(submission.points),
        "most": _number(sum(mark.max_points for mark in submission.marks)),
        "is_absent": submission.is_absent,
        "shared": _text(submission.shared_feedback),
        "waiting": sum(mark.points is None for mark in submission.marks),
        "answers": [_answer(mark, for_instructor=False, longest=20_000) for mark in submission.marks],
    }


def _report(
    graded: list[Graded],
    pairs: Sequence[Pair],
    unread: list[Graded],
    links: Mapping[tuple[str, str], str],
) -> dict[str, Any]:
    by_chapter: dict[str, list[Graded]] = defaultdict(list)
    by_exercise: dict[str, list[Mark]] = defaultdict(list)
    for submission in graded:
        by_chapter[submission.chapter].append(submission)
        for mark in submission.marks if not submission.is_absent else ():
            by_exercise[mark.exercise].append(mark)
    groups = [by_exercise[name] for name in sorted(by_exercise, key=_order)]
    oddities = list(_oddities([*unread, *graded]))
    return {
        "submissions": _handed_in(graded),
        "learners": len({submission.student for submission in graded}),
        "key": [(name, name.replace(" ", "-")) for name in OUTCOMES],
        "has_links": bool(links),
        "chapters": [_chapter(name, submissions, links) for name, submissions in sorted(by_chapter.items())],
        "exercises": [_distribution(marks) for marks in groups],
        "mistakes": _mistakes(groups),
        "oddities": oddities[:ODDITIES],
        "more_oddities": max(0, len(oddities) - ODDITIES),
        "waiting": [waiting for waiting in map(_waiting, groups) if waiting["answers"]],
        "pairs": _alike(pairs)[:PAIRS],
        "more_pairs": max(0, len(_alike(pairs)) - PAIRS),
    }


def _chapter(name: str, graded: list[Graded], links: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    """Return a chapter's table: a row for each learner, a cell for each exercise.

    Mean and median are those of what was handed in.
    """
    all_marks = [mark for submission in graded for mark in submission.marks]
    exercises = sorted({mark.exercise for mark in all_marks}, key=_order)
    rows = []
    for submission in graded:
        marks = {mark.exercise: _answer(mark, for_instructor=False, longest=0) for mark in submission.marks}
        cells = [marks.get(exercise) for exercise in exercises]
        points = "" if submission.is_absent else _number(submission.points)
        link = links.get(submission.key, "")
        rows.append({"student": one_line(submission.student), "cells": cells, "points": points, "link": link})
    points_handed_in = [submission.points for submission in graded if not submission.is_absent]
    return {
        "chapter": one_line(name),
        "submissions": _handed_in(graded),
        "learners": len(graded),
        "mean": _number(fmean(points_handed_in)) if points_handed_in else "–",
        "median": _number(median(points_handed_in)) if points_handed_in else "–",
        "most": _number(max(sum(mark.max_points for mark in submission.marks) for submission in graded)),
        "waiting": sum(mark.points is None for mark in all_marks),
        "exercises": exercises,
        "rows": rows,
    }


def _handed_in(graded: list[Graded]) -> int:
    """Return the number of submissions that were handed in."""
    return sum(not submission.is_absent for submission in graded)


def _distribution(marks: list[Mark]) -> dict[str, Any]:
    """Return the counts of an exercise's outcomes, also as the parts of a bar of width 100."""
    counts = Counter(mark.outcome for mark in marks)
    bars, start = [], 0.0
    for outcome in OUTCOMES:
        if counts[outcome]:
            width = 100 * counts[outcome] / len(marks)
            bars.append({"css": outcome.replace(" ", "-"), "start": f"{start:.2f}", "width": f"{width:.2f}"})
            start += width
    points = [mark.points for mark in marks if mark.points is not None]
    return {
        "exercise": one_line(marks[0].exercise),
        "title": one_line(marks[0].title),
        "counts": ", ".join(f"{counts[name]} {name}" for name in OUTCOMES if counts[name]),
        "bars": bars,
        "mean": _number(fmean(points)) if points else "–",
        "most": _number(marks[0].max_points),
    }


def _mistakes(groups: list[list[Mark]]) -> list[dict[str, Any]]:
    """Return the most common mistakes, each with a few different answers."""
    by_mistake: dict[tuple[str, str], list[Mark]] = defaultdict(list)
    for mark in (mark for marks in groups for mark in marks if mark.mistake):
        by_mistake[mark.exercise, mark.mistake].append(mark)
    most_common = sorted(by_mistake.values(), key=lambda marks: -len(marks))[:MISTAKES]
    return [
        {
            "count": len(marks),
            "exercise": one_line(marks[0].exercise),
            "title": one_line(marks[0].title),
            "mistake": one_line(marks[0].mistake),
            "examples": [_answer(mark, for_instructor=True) for mark in _different(marks)],
        }
        for marks in most_common
    ]


def _different(marks: list[Mark]) -> list[Mark]:
    """Return the first few marks with different answers."""
    different: dict[str, Mark] = {}
    for mark in marks:
        different.setdefault(mark.answer.strip(), mark)
    return list(different.values())[:EXAMPLES]


def _oddities(graded: list[Graded]) -> Iterable[dict[str, str]]:
    """Yield what was odd about files and about answers that raised, hung or died; and the notes."""
    for submission in graded:
        student, chapter = one_line(submission.student), one_line(submission.chapter)
        if submission.oddity:
            yield {"student": student, "where": chapter, "what": one_line(submission.oddity, 500)}
        for mark in submission.marks:
            is_told = mark.outcome == "malformed" and mark.detail in submission.oddity  # of the whole file
            what = [f"{mark.outcome}: {mark.detail}"] if mark.outcome in STRANGE and not is_told else []
            for text in [*what, *mark.notes]:
                yield {"student": student, "where": one_line(mark.exercise), "what": one_line(text, 300)}


def _waiting(marks: list[Mark]) -> dict[str, Any]:
    waiting = [mark for mark in marks if mark.points is None]
    return {
        "exercise": one_line(marks[0].exercise),
        "title": one_line(marks[0].title),
        "answers": [_answer(mark, for_instructor=True) for mark in waiting[:WAITING]],
        "more": max(0, len(waiting) - WAITING),
    }


def _late(graded: list[Graded], lateness: deadlines.LatenessByKey) -> list[dict[str, str]]:
    """Return the late submissions, with the points before and after."""
    rows = []
    for submission in graded:
        late = lateness.get(submission.key)
        if late is not None and (late.days or (late.handed_in is not None and late.handed_in.at is None)):
            when, source = deadlines.time_of(late)
            rows.append(
                {
                    "student": one_line(submission.student),
                    "chapter": one_line(submission.chapter),
                    "deadline": deadlines.shown(late.deadline),
                    "when": f"{when} ({source})",
                    "days": str(late.days or "?"),
                    "percent": f"{late.percent:g} %",
                    "points": _number(submission.points),
                    "after": _number(late.points_after(submission.points)),
                }
            )
    return rows


def _alike(pairs: Sequence[Pair]) -> list[dict[str, Any]]:
    """Return the pairs as the report shows them: those of a group of equal answers are one entry."""
    groups: dict[tuple[str, ...], list[Pair]] = defaultdict(list)
    for pair in pairs:
        key = (pair.exercise, pair.first) if pair.group > 2 else (pair.exercise, pair.first, pair.second)
        groups[key].append(pair)
    return [_pair(group) for group in groups.values()]


def _pair(group: list[Pair]) -> dict[str, Any]:
    """Return a pair, or the pairs of a group of equal answers: two of the answers, and everybody's name."""
    pair = group[0]
    names = [one_line(other.second) for other in group]
    return {
        "exercise": one_line(pair.exercise),
        "title": one_line(pair.title),
        "first": one_line(pair.first),
        "second": names[0],
        "others": names[1:],
        "first_source": _text(pair.first_source, LONGEST_EXAMPLE),
        "second_source": _text(pair.second_source, LONGEST_EXAMPLE),
        "how": _how(min(other.similarity for other in group), pair),
    }


def _how(similarity: float, pair: Pair) -> str:
    if similarity == copies.EXACT:
        how = "the same except for names and layout"
    elif similarity == copies.SIMPLIFIED:
        how = "the same except for names, temporaries and dead code"
    else:
        how = f"{similarity:.0%} similar"
    if pair.group > 2:
        how += f", a group of {pair.group}"
    if pair.as_course:
        how += "; the same as the course's own solution"
    if pair.is_usual:
        how += "; more than a quarter of the class wrote it so"
    return how


def _text(text: str, longest: int = 20_000) -> str:
    """Return a text of several lines that is safe to show: invisible characters written out, the rest cut."""
    return visible(shorten(text, longest)).strip("\n") if longest else ""


def _order(exercise: str) -> tuple[list[int], str]:
    return [int(part) for part in exercise.split(".") if part.isdecimal()], exercise


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
