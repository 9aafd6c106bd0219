"""A made-up class, and texts that would do harm where they are not treated as text."""

import random
from typing import Any

from workbook.course.grading.records import Graded, Mark
from workbook.exercises import FreeText, exercises_of

HOSTILE = (
    '<script>alert(1)</script><img src=x onerror="alert(1)">',
    "</code></pre></td></table><style>*{display:none}</style><a href='javascript:alert(1)'>x</a>",
    '"><svg onload=alert(1)> {{ 7 * 7 }} {% raw %} ${7*7} &lt;b&gt;',
    "\x1b]0;title\x07\x1b[31mred\x1b[2J\x9b1m",
    "a\u202edesrever\u2066 \u200bhidden\ufeff",
    "half \ud800 of one, \udfff of the other",
    "nul \x00 and bell \x07 and \x7f",
    "=HYPERLINK(\"http://example.org\",\"x\")",
    "+1+1", "-2+3", "@SUM(1)", "\t=1+1", "\r=1+1", "a;=1+1\n=2+2", " =1+1",
    "~~~~\n<script>alert(1)</script>\n```\n![x](http://example.org/x.png) [x](javascript:alert(1)) $\\href{x:1}{}$",
    "x" * 100_000,
    "\u0301" * 3000,
)  # fmt: skip
HOSTILE_NAMES = (
    *HOSTILE, "..", "../../etc/passwd", "..\\..\\boot.ini", "/etc/passwd", "C:\\x", "con", "NUL.txt", "lpt1", "a.",
    "a ", "", " ", ".", "Anna", "anna", "ANNA", "ann\u0430", "ﬁ", "fi", "Zoë", "Zoe\u0308", "Müller, Anna",
    "a\nb", "a,b", "~root",
    "-rf", "%2e%2e", "a/b", "a\\b", "a:b", "\N{FULLWIDTH FULL STOP}" * 2, "0123", "123",
)  # fmt: skip
CHAPTER = "02_convolution"
RIGHT = """def output_size(size, kernel_size, strides, padding):
    \"\"\"Give the number of window positions along one axis.\"\"\"
    if padding == "same":
        return -(-size // strides)
    return (size - kernel_size) // strides + 1"""
WORDS = FreeText("2.7", "In your own words", points=4)
EXERCISES = {CHAPTER: (*exercises_of(CHAPTER), WORDS)}


def mark(student: str, exercise: str = "2.4", outcome: str = "passed", **given: Any) -> Mark:
    """Make one mark: full points where it passed, none where it waits."""
    most = float(next(one.points for one in EXERCISES[CHAPTER] if one.id == exercise))
    points = {"passed": most, "needs review": None}.get(outcome, 0.0)
    fields: dict[str, Any] = {
        "title": "Output sizes",
        "points": points,
        "max_points": most,
        "answer": RIGHT,
        **given,
    }
    return Mark(student=student, chapter=CHAPTER, exercise=exercise, outcome=outcome, **fields)


def graded(student: str, *marks: Mark, **given: str) -> Graded:
    """Make a submission of these marks."""
    return Graded(student, CHAPTER, f"{student}.ipynb", "0" * 64, marks, **given)


def hostile(index: int) -> Graded:
    """Make a submission in which every text does harm, its learner's name too."""
    text = HOSTILE[index % len(HOSTILE)]
    name = HOSTILE_NAMES[index]
    given = {
        "title": text,
        "mistake": text,
        "detail": text,
        "feedback": text,
        "answer": text,
        "notes": (text,),
    }
    outcomes = {"2.4": "wrong", "2.5": "error", "2.7": "needs review"}
    marks = [mark(name, exercise, outcome, **given) for exercise, outcome in outcomes.items()]
    return graded(name, *marks, oddity=text, lms_id=text)


def classroom(count: int = 30, seed: int = 0) -> list[Graded]:
    """Make a class whose outcomes are drawn at random, the same for the same seed."""
    rng = random.Random(seed)
    found = []
    for number in range(count):
        student = f"student{number:02}"
        marks = []
        for one in EXERCISES[CHAPTER]:
            outcome = rng.choice(["passed"] * 6 + ["wrong"] * 3 + ["not started", "error"])
            wrong = {}
            if isinstance(one, FreeText):
                outcome = "needs review"
            elif outcome == "wrong":
                wrong = {"mistake": rng.choice(one.mistakes).name}
            answer = f"{RIGHT}\n# {student}" if outcome != "not started" else ""
            text = f"{one.id} {one.title}: {outcome}."
            marks.append(mark(student, one.id, outcome, title=one.title, answer=answer, feedback=text,
                              detail=f"hidden case {number}", **wrong))  # fmt: skip
        found.append(graded(student, *marks, lms_id=str(1000 + number)))
    return found
