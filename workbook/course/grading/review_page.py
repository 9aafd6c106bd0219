"""Write `review.html`, the page on which a person gives points and comments: one file, without a network.

It shows one answer at a time, first those that wait for a person, then those with a note, then those that failed, then
those that passed. It saves the table that `workbook grade --review` reads. Learners' texts are in the page as data; its
script sets them as text, and the policy allows this script alone.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup

from workbook.course.grading.exports import REVIEW, Entry, Key, cell_name, label, plain
from workbook.course.grading.pages import TEMPLATES, policy, templates
from workbook.course.grading.records import OUTCOMES, Graded, Mark, in_order
from workbook.course.grading.untrusted import one_line, shorten, visible, write_atomically

MOST_ANSWERS = 5000  # on the page; those that passed are left out first
LONGEST_WAITING, LONGEST_JUDGED = 20_000, 4_000  # characters of an answer
KEYS = (
    (("j", "k"), "next and previous answer"),
    (("u", "Ctrl+Enter"), "next unmarked answer"),
    (("0", "…", "9"), "give these points"),
    (("f",), "give all points"),
    (("c",), "write a comment"),
    (("Esc",), "leave a box"),
    (("Alt+1", "…", "Alt+9"), "use a comment from before"),
    (("/",), "find"),
    (("s", "Ctrl+S"), "save"),
)


def write_review_page(
    path: Path,
    graded: Iterable[Graded],
    filled: Mapping[Key, Entry],
    *,
    run: str,
    notes: Mapping[Key, str] | None = None,
) -> None:
    """Write the page for these automatic marks.

    `filled` is what the review table holds, by label and exercise. `run` names the run, so that drafts in a browser do
    not get into another one. `notes` says what else is known of an answer, for example that formgrader has a mark.
    """
    submissions = in_order(graded)
    oddities = {submission.key: submission.oddity for submission in submissions}
    marks = [mark for submission in submissions for mark in submission.marks if _is_reviewed(mark)]
    marks.sort(key=_order)
    answers = []
    for mark in marks[:MOST_ANSWERS]:
        oddity = oddities[mark.student, mark.chapter]
        about_file = f"about the file: {oddity}" if oddity else ""
        answers.append(
            _answer(mark, filled, ((notes or {}).get((mark.student, mark.exercise), ""), about_file))
        )
    on_page = {(answer["label"], answer["exercise"]) for answer in answers}
    data = {
        "run": run,
        "head": list(REVIEW),
        "answers": answers,
        "others": [_row(key, entry) for key, entry in filled.items() if key not in on_page],
        "exercises": sorted({answer["exercise"] for answer in answers}, key=_numbers),
    }
    page = {"data": data, "shortcuts": KEYS, "left_out": max(0, len(marks) - MOST_ANSWERS)}
    style, script = (
        "".join((TEMPLATES / name).read_text(encoding="utf-8") for name in names)
        for names in (("style.css", "review.css"), ("review.js",))
    )
    html = (
        templates()
        .get_template("review.html")
        .render(page=page, style=Markup(style), script=Markup(script), policy=policy(style, script))
    )
    write_atomically(path, html)


def _is_reviewed(mark: Mark) -> bool:
    """Return whether a person can mark it: there is an answer, or it waits for one."""
    return mark.points is None or (bool(mark.answer.strip()) and mark.outcome != "not started")


def _order(mark: Mark) -> tuple[int, list[int], str]:
    if mark.points is None:
        rank = 0
    elif mark.notes:
        rank = 1
    else:
        rank = 3 if mark.outcome == "passed" else 2
    return rank, _numbers(mark.exercise), mark.student


def _numbers(exercise: str) -> list[int]:
    return [int(part) for part in exercise.split(".") if part.isdecimal()]


def _answer(mark: Mark, filled: Mapping[Key, Entry], more_notes: Iterable[str]) -> dict[str, Any]:
    """Return an answer as the script reads it: cleaned texts and plain numbers."""
    outcome = mark.outcome if mark.outcome in OUTCOMES else "malformed"
    points, comment = filled.get((label(mark.student), mark.exercise), (None, ""))
    longest = LONGEST_WAITING if mark.points is None else LONGEST_JUDGED
    return {
        "label": label(mark.student),
        "student": one_line(mark.student) or "(no name)",
        "exercise": one_line(mark.exercise),
        "row": cell_name(mark.exercise),
        "title": one_line(mark.title),
        "outcome": outcome,
        "css": outcome.replace(" ", "-"),
        "points": None if mark.points is None else plain(mark.points),
        "most": plain(mark.max_points),
        "answer": _text(mark.answer, longest),
        "detail": _text(mark.detail, LONGEST_JUDGED),
        "mistake": one_line(mark.mistake),
        "notes": [one_line(text, 500) for text in (*mark.notes, *more_notes) if text],
        "feedback": "" if mark.points is None else _text(mark.feedback, LONGEST_JUDGED),
        "given": {"points": "" if points is None else str(plain(points)), "comment": comment},
    }


def _row(key: Key, entry: Entry) -> list[str]:
    points, comment = entry
    return [key[0], cell_name(key[1]), "" if points is None else str(plain(points)), comment, ""]


def _text(text: str, longest: int) -> str:
    return visible(shorten(text, longest)).strip("\n")
