"""Copies are found under other names and layouts; what everybody writes, and what is short, is no suspicion."""

import json
import random
import time
from pathlib import Path

import pytest

from tests import ROOT
from tests.grading.conftest import filled, own_cell
from tests.grading.made_up import HOSTILE, HOSTILE_NAMES, graded, hostile, mark
from workbook.course.grading.copies import (
    COURSE,
    SHORTEST,
    SIMPLIFIED,
    Pair,
    normal_form,
    simplified_form,
    suspected,
)
from workbook.course.grading.earlier_answers import earlier_answers
from workbook.course.grading.journal import Journal
from workbook.course.grading.masters import solutions_of
from workbook.course.grading.options import GradingOptions
from workbook.course.grading.records import Graded
from workbook.exercises import exercises_of

SOLUTION = '''def slide(image, kernel):
    """Cross-correlate a grey image (H, W) with a kernel (kh, kw)."""
    height = image.shape[0] - kernel.shape[0] + 1
    width = image.shape[1] - kernel.shape[1] + 1
    result = np.zeros((height, width))
    for i in range(height):
        for j in range(width):
            result[i, j] = (image[i : i + kernel.shape[0], j : j + kernel.shape[1]] * kernel).sum()
    return result
'''
RENAMED = """
def slide(bild, kern: np.ndarray) -> np.ndarray:
    # my own work
    h = image_height = bild.shape[0x0] - kern.shape[0] + 1
    b = bild.shape[1] - kern.shape[1] + 1
    out = np.zeros((h, b))
    for zeile in range(h):
        for spalte in range(b):
            out[zeile, spalte] = (bild[zeile:zeile + kern.shape[0], spalte : (spalte + kern.shape[1])] * kern).sum()
    return out
""".replace("h = image_height =", "h =")
OTHER = """
def slide(image, kernel):
    kh, kw = kernel.shape
    rows = []
    for top in range(len(image) - kh + 1):
        row = []
        for left in range(len(image[0]) - kw + 1):
            total = 0
            for a in range(kh):
                for b in range(kw):
                    total += image[top + a][left + b] * kernel[a][b]
            row.append(total)
        rows.append(row)
    return np.array(rows)
"""


def _class(*answers: str, exercise: str = "2.1") -> list[Graded]:
    names = [f"student{number:03}" for number in range(len(answers))]
    return [
        graded(name, mark(name, exercise, answer=answer)) for name, answer in zip(names, answers, strict=True)
    ]


def _written(number: int) -> str:
    """Write an answer of its own: a chain of statements drawn at random."""
    rng = random.Random(number)
    lines = ["def f(a, b, c, d):"]
    for index in range(10):
        function = rng.choice(["sum", "max", "min", "mean"])
        call = f"np.{function}({rng.choice('abcd')}, axis={rng.randint(0, 3)})"
        left = f"{rng.choice('abcd')} {rng.choice('+-*/')} {call}"
        lines.append(f"    x{index} = {left} {rng.choice('+-*/')} {rng.randint(0, 99)}")
    return "\n".join([*lines, "    return x9"])


def _who(pairs: list[Pair]) -> set[tuple[str, str]]:
    return {(pair.first, pair.second) for pair in pairs}


def test_a_copy_under_other_names_is_found_with_both_sources() -> None:
    pairs = suspected(_class(SOLUTION, OTHER, RENAMED))
    assert len(pairs) == 1
    pair = pairs[0]
    assert (pair.first, pair.second, pair.similarity, pair.group) == ("student000", "student002", 1.0, 2)
    assert (pair.first_source, pair.second_source) == (SOLUTION, RENAMED)
    assert not pair.as_course


def test_a_copy_with_a_line_changed_is_found_as_near() -> None:
    near = RENAMED.replace("    return out", "    out = out + 0\n    return out")
    pairs = suspected(_class(SOLUTION, OTHER, near))
    assert _who(pairs) == {("student000", "student002")}
    assert 0.8 <= pairs[0].similarity < 1


def test_answers_written_apart_are_no_suspicion() -> None:
    assert suspected(_class(SOLUTION, OTHER)) == []
    assert suspected(_class(*[_written(number) for number in range(60)])) == []


@pytest.mark.parametrize("count", [2, 3, 4, 5, 9])
def test_many_alike_are_listed_like_two(count: int) -> None:
    """In a small class four that are the same are as telling as two, also if they are most of it."""
    for others in ([], [_written(number) for number in range(4)], [_written(number) for number in range(30)]):
        pairs = suspected(_class(*others, *[SOLUTION] * count))
        first = f"student{len(others):03}"
        assert _who(pairs) == {(first, f"student{len(others) + n:03}") for n in range(1, count)}
        assert {pair.group for pair in pairs} == {count}


def test_the_usual_answer_comes_last_and_says_so() -> None:
    """More than a quarter of the class, and more than three learners."""
    apart = [_written(number) for number in range(12)]
    two = [apart[0].replace("x2", "y")]
    pairs = suspected(_class(*apart, *[SOLUTION] * 5, *two))
    assert [pair.is_usual for pair in pairs] == [False] + [True] * 4
    assert {pair.is_usual for pair in suspected(_class(*apart, *[SOLUTION] * 4))} == {False}


def _retyped(number: int) -> str:
    """Change a line of the answer, another one for each number."""
    lines = RENAMED.rstrip().split("\n")
    return "\n".join([*lines[:-1], f"    out = out + {number}", lines[-1]])


def test_many_near_copies_are_listed_too() -> None:
    others = [_written(number) for number in range(2)]
    pairs = suspected(_class(*others, *[_retyped(number) for number in range(2, 7)]))
    assert len(pairs) == 4
    assert {name for pair in pairs for name in (pair.first, pair.second)} == {
        f"student00{n}" for n in (2, 3, 4, 5, 6)
    }
    assert all(0.8 <= pair.similarity < 0.99 for pair in pairs)


RETYPED = """
def slide(image, kernel):
    unused = len(image) * 2
    kh, kw = kernel.shape[0], kernel.shape[1]
    rows = image.shape[0] - kh + 1
    print("rows", rows)
    feature_map = np.zeros((rows, image.shape[1] - kw + 1))
    counter = 0
    for r in range(rows):
        for c in range(image.shape[1] - kw + 1):
            window = image[r : r + kh, c : c + kw]
            product = window * kernel
            counter += 1
            feature_map[r, c] = product.sum() + 0
    if False:
        feature_map = None
    return feature_map
    return "never"
"""


def test_retyped_temporaries_and_dead_code_hide_nothing() -> None:
    pairs = suspected(_class(SOLUTION, OTHER, RETYPED))
    assert _who(pairs) == {("student000", "student002")}
    assert (pairs[0].similarity, pairs[0].group) == (SIMPLIFIED, 2)


def test_three_forms_of_one_answer_are_one_group() -> None:
    pairs = suspected(_class(SOLUTION, RETYPED, RENAMED, OTHER))
    assert [(pair.first, pair.second, pair.similarity, pair.group) for pair in pairs] == [
        ("student000", "student002", 1.0, 3),
        ("student000", "student001", SIMPLIFIED, 3),
    ]


SAME_SIMPLIFIED = [
    ("def f(x):\n    y = x + 1\n    return y * 2", "def f(a):\n    return (a + 1) * 2"),
    ("def f(x):\n    h, w = x.shape\n    return h * w", "def f(x):\n    return x.shape[0] * x.shape[1]"),
    ("def f(x):\n    a, b = x, 2\n    return a * b", "def f(x):\n    return x * 2"),
    ("def f(x):\n    n = 0\n    for i in x:\n        n += i\n    return sum(x)", "def f(x):\n    return sum(x)"),
    ("def f(x):\n    x += 1\n    return x", "def f(x):\n    x = x + 1\n    return x"),
    ("def f(x):\n    return x\n    x = 3", "def f(x):\n    return x"),
    ("def f(x):\n    if True:\n        return x", "def f(x):\n    return x"),
    ("def f(x):\n    while 0:\n        x()\n    pass\n    x\n    return x * 1 + 0", "def f(x):\n    return x"),
    ("def f(x):\n    y: int\n    y: int = x\n    return y", "def f(x):\n    return x"),
    ("def f(x):\n    a = b = x\n    return a + b", "def f(x):\n    return x + x"),
    ("class A:\n    def f(self):\n        y = self.x\n        return y", "class A:\n    def f(s):\n        return s.x"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "two"), SAME_SIMPLIFIED)
def test_simplified_code_forgets_temporaries_and_dead_code(one: str, two: str) -> None:
    assert normal_form(one) != normal_form(two)
    assert simplified_form(one) == simplified_form(two)


DIFFERENT_SIMPLIFIED = [
    ("def f(x):\n    x, y = y, x\n    return x", "def f(x):\n    x = y\n    return x"),
    ("def f(x):\n    r = []\n    r.append(x)\n    return r", "def f(x):\n    return []"),
    ("def f(x):\n    r = g()\n    r[0] = x\n    return r", "def f(x):\n    return g()"),
    ("def f(x):\n    n = 0\n    for i in x:\n        n += i\n    return n", "def f(x):\n    return 0"),
    ("def f(x):\n    global y\n    y = x", "def f(x):\n    global y"),
    ("y = 3", "y = 4"), ("y = 3\nz = 4", "z = 4"), ("def f(x):\n    return x + 1", "def f(x):\n    return x"),
    ("def f(x):\n    check(x)\n    return x", "def f(x):\n    return x"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "two"), DIFFERENT_SIMPLIFIED)
def test_simplified_code_keeps_what_the_answer_does(one: str, two: str) -> None:
    assert simplified_form(one) != simplified_form(two)


def test_names_whose_values_would_grow_without_end_are_left_alone() -> None:
    lines = [f"    x{n} = x{n - 1} + x{n - 1}" for n in range(1, 40)]
    began = time.process_time()
    assert simplified_form("\n".join(["def f(x0):", *lines, "    return x39"])) is None
    assert time.process_time() - began < 1


def test_helpers_beside_the_answer_are_compared() -> None:
    """What is shown of an answer holds the cells that made it what it was."""
    answer = "def slide(image, kernel):\n    return helper(image, kernel)\n\n"
    one, two = (answer + source.replace("def slide", "def helper") for source in (SOLUTION, RETYPED))
    assert _who(suspected(_class(one, OTHER, two))) == {("student000", "student002")}


def test_answers_of_another_year_are_compared_with_these_and_not_with_each_other() -> None:
    now = _class(OTHER, RETYPED, _written(1))
    earlier = [graded(name, mark(name, "2.1", answer=source)) for name, source in
               (("old1", SOLUTION), ("old2", SOLUTION), ("old3", _written(5)))]  # fmt: skip
    pairs = suspected(now, earlier=earlier)
    assert [(pair.first, pair.second, pair.second_source) for pair in pairs] == [
        ("student001", "old1 (earlier)", SOLUTION)
    ]
    assert suspected(_class(OTHER), earlier=earlier) == []


def test_an_answer_like_the_published_solution_is_listed_last() -> None:
    pairs = suspected(_class(RETYPED, OTHER, _written(1), _written(1)), {"2.1": SOLUTION})
    assert [(pair.first, pair.second, pair.as_course) for pair in pairs] == [
        ("student002", "student003", False),
        ("student000", COURSE, True),
    ]
    short = "def f(a, b):\n    return (a - b) // 2 + 1"
    assert suspected(_class(short, OTHER), {"2.1": short}) == []


def test_what_the_exercise_gives_everybody_is_no_likeness() -> None:
    """Answers that share a long given part and differ in three lines of their own."""
    given = _written(1000)
    parts = ["\n".join(_written(number).split("\n")[1:4]) for number in range(12)]
    own = [given.replace("    return x9", part + "\n    return x2") for part in parts]
    assert suspected(_class(*own)) == []
    assert _who(suspected(_class(*own, own[0].replace("x2", "y")))) == {("student000", "student012")}


def test_a_group_gives_each_member_once() -> None:
    pairs = suspected(_class(*[_written(number) for number in range(40)], *[SOLUTION] * 5))
    assert _who(pairs) == {("student040", f"student04{n}") for n in (1, 2, 3, 4)}
    assert {pair.group for pair in pairs} == {5}


def test_short_answers_and_blank_ones_are_not_compared() -> None:
    short = "def f(a, b):\n    return (a - b) // 2 + 1"
    assert len(normal_form(short)) < SHORTEST
    assert suspected(_class(short, short, "", "")) == []
    blank = [graded(name, mark(name, "2.1", "not started", answer=SOLUTION)) for name in ("a", "b")]
    assert suspected(blank) == []


def test_the_courses_own_solution_is_marked_and_comes_last() -> None:
    answers = _class(SOLUTION, RENAMED, OTHER, OTHER)
    pairs = suspected(answers, {"2.1": SOLUTION})
    assert [(pair.first, pair.as_course) for pair in pairs] == [("student002", False), ("student000", True)]


def test_solutions_are_read_from_the_complete_notebook() -> None:
    solutions = solutions_of(ROOT / "solutions" / "02_convolution.ipynb")
    assert set(solutions) == {one.id for one in exercises_of("02_convolution")}
    assert "def slide" in solutions["2.1"]


def test_different_exercises_are_not_compared() -> None:
    one, two = _class(SOLUTION)[0], graded("other", mark("other", "2.2", answer=SOLUTION))
    assert suspected([one, two]) == []


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("x = 0x10", "x = 16"), ("a = 1_000", "b = 1000"), ("a = 'x'", 'a = "x"'),
        ("def f(a: int) -> int: return a", "def f(b): return b"),
        ("def f(a):\n    '''Doc.'''\n    return a", "def f(z):\n  return (z)  # c"),
        ("import numpy as np\nnp.sum", "import numpy as n\nn.sum"),
        ("[i for i in y]", "[k for k in y]"), ("x: int = 3", "y: float = 3"),
        ("%pip install x\nx = 1", "!ls\ny = 1"),
    ],
)  # fmt: skip
def test_the_normal_form_forgets_names_and_layout(one: str, two: str) -> None:
    assert normal_form(one) == normal_form(two)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("f(a=1)", "f(b=1)"), ("np.sum(x)", "np.max(x)"), ("a = b = 1; a", "a = b = 1; b"),
        ("x + y * z", "(x + y) * z"),
        ("1", "1.0"), ("'a'", "b'a'"), ("import numpy", "import keras"), ("[a, [b]]", "[[a], b]"), ("a < b", "a > b"),
    ],
)  # fmt: skip
def test_the_normal_form_keeps_what_the_answer_does(one: str, two: str) -> None:
    assert normal_form(one) != normal_form(two)


def test_unreadable_answers_are_compared_by_their_words() -> None:
    broken = SOLUTION.replace("return result", "return result)")
    spaced = broken.replace("    ", "  ").replace("height)", "height)  # mine")
    pairs = suspected(_class(broken, spaced, OTHER + ")"))
    assert _who(pairs) == {("student000", "student001")}


DEEP = (
    "(" * 9000, "-" * 9000 + "1", "a" + ".b" * 4900, "not " * 2400 + "1", "lambda:" * 1400 + "1", "[" * 90 + "]" * 90,
    "a" + "[0]" * 3000, "a" + "()" * 4900, "1" + "+1" * 4900, "x = " + "9" * 9000, "x = 0x" + "f" * 9000,
    "if 1:\n" * 1500, "\n".join(" " * n + "if 1:" for n in range(130)), "f'" + "{" * 4000, "x" * 10_000_000,
    "x\n" * 2_000_000, "\x00", "\ud800 = 1", "#" * 9999, "'\\d'", "a if b else " * 800 + "c", "{" * 150 + "}" * 150,
    "async " * 1600, "@a\n" * 3000, "%timeit 1", "def f(:",
)  # fmt: skip


@pytest.mark.parametrize("source", [*DEEP, *HOSTILE], ids=range(len(DEEP) + len(HOSTILE)))
def test_no_source_makes_it_raise(source: str) -> None:
    began = time.process_time()
    assert isinstance(normal_form(source), list)
    simplified_form(source)
    simplified_form("def f(x):\n    y = x\n" + "\n".join(f"    {line}" for line in source[:9000].split("\n")))
    suspected(_class(source, source + " ", exercise="2.1"))
    assert time.process_time() - began < 3


def test_hostile_names_and_texts_pass_through() -> None:
    found = [hostile(index) for index in range(len(HOSTILE_NAMES))]
    assert {pair.first for pair in suspected(found)} <= set(HOSTILE_NAMES)


@pytest.mark.claims
def test_three_hundred_of_the_largest_answers_take_bounded_time() -> None:
    """300 answers of 10,000 characters that differ a little: the most work that a class can make."""
    long = [f"x = [{', '.join(str((n * 7919 + k) % 1000) for k in range(1900))}]" for n in range(300)]
    began = time.process_time()
    suspected(_class(*long))
    assert time.process_time() - began < 60


def _earlier(path: Path) -> list[tuple[str, str]]:
    options = GradingOptions(root=ROOT, chapters=("02_convolution",))
    found = earlier_answers(path, options, ("02_convolution",))
    return [(one.student, mark.answer) for one in found for mark in one.marks if mark.exercise == "2.1"]


def test_another_years_answers_come_from_its_run_or_its_submissions(tmp_path: Path) -> None:
    run_journal = Journal(tmp_path / "graded")
    for submission in (*_class("old"), *_class(SOLUTION)):
        run_journal.append(submission)
    run_journal.close()
    assert _earlier(tmp_path / "graded") == [("student000", SOLUTION)]

    (tmp_path / "class" / "ann").mkdir(parents=True)
    (tmp_path / "class" / "ann" / "02_convolution.ipynb").write_text(json.dumps(filled({"2.1": SOLUTION})))
    (tmp_path / "class" / "bob.ipynb").write_text("not a notebook")
    (tmp_path / "class" / "eve.ipynb").write_text(
        json.dumps(filled({"2.1": "def slide(image, kernel):\n    pass"}))
    )
    assert _earlier(tmp_path / "class") == [("ann", SOLUTION)]

    (tmp_path / "graded" / "journal.jsonl").write_text('{"graded": {"from": "an older grader"}}\n')
    with pytest.raises(ValueError, match="is a run of another version of the grader"):
        _earlier(tmp_path / "graded")


def test_another_years_answer_is_compared_as_it_was_graded(tmp_path: Path) -> None:
    """With its helper, and with a second attempt below the check: both may be what counted."""
    found = filled({"2.1": "def slide(image, kernel):\n    return helper(image, kernel)"}, before=HELPER)
    check = next(number for number, cell in enumerate(found["cells"]) if cell["id"] == "check-2-1")
    found["cells"].insert(check + 1, own_cell(SOLUTION, "again"))
    (tmp_path / "ann_02_convolution.ipynb").write_text(json.dumps(found))
    (_, first), (_, second) = _earlier(tmp_path)
    assert "return helper(image, kernel)" in first
    assert HELPER in first
    assert SOLUTION.strip() in second


HELPER = "def helper(image, kernel):\n    return image[: len(kernel)] * kernel.sum()"
