"""What an honest learner may do, and still pass; and what each way of failing is called."""

import json
import re
from collections.abc import Callable

import pytest

from tests.grading.attacks import RIGHT, RIGHT_SIZE, WRONG
from tests.grading.conftest import PRACTICE_SEED, Notebook, Paper, filled, notebook, outcomes, own_cell
from workbook.course.grading.course_calls import course_functions
from workbook.course.grading.grader import ONLY_HIDDEN, Grader
from workbook.course.grading.jail import Jail
from workbook.course.grading.records import Graded, Mark
from workbook.exercises import Exercise, find
from workbook.exercises.judge import Ruler

Grade = Callable[..., Graded]
HONEST = {
    "prints": f"print('a lot of it\\n' * 1000)\n{RIGHT}",
    "warns": f"import warnings\nwarnings.warn('mind this')\n{RIGHT}",
    "writes to stderr": f"import sys\nsys.stderr.write('oops')\n{RIGHT}",
    "imports what is there": f"import scipy, PIL, math, collections\nfrom pathlib import Path\n{RIGHT}",
    "draws": f"import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\n{RIGHT}",
    "uses magics": f"%matplotlib inline\n%config InlineBackend.figure_format = 'retina'\n{RIGHT}",
    "times itself": f"%%time\n{RIGHT}",
    "shows what it did": f"{RIGHT}\nfrom IPython.display import display\ndisplay(subsample(np.eye(4), 2))\nnp.eye(4)",
    "checks itself": f"{RIGHT}\ncheck('2.2', subsample)\ncheck.hint('2.2')",
    "tests itself and fails at that": f"{RIGHT}\nassert subsample(np.eye(4), 2).shape == (9, 9)",
    "is an array method": "import numpy as np\nsubsample = lambda full, step: np.asarray(full)[::step, ::step]",
    "is a class": "class Sub:\n    def __call__(self, full, strides):\n        return full[::strides, ::strides]\n"
    "subsample = Sub()",
    "is partly built": "import functools\ndef _s(a, full, strides):\n    return full[::strides, ::strides]\n"
    "subsample = functools.partial(_s, 1)",
    "has threads": "from concurrent.futures import ThreadPoolExecutor\ndef subsample(full, strides):\n"
    "    with ThreadPoolExecutor(2) as pool:\n"
    "        return list(pool.map(lambda f: f[::strides, ::strides], [full]))[0]",
    "sets a seed and prints options": f"np.random.seed(0)\nnp.set_printoptions(precision=2)\n{RIGHT}",
}  # fmt: skip


def _mark(graded: Graded, exercise: str = "2.2") -> Mark:
    return next(mark for mark in graded.marks if mark.exercise == exercise)


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_answer_passes(name: str, graded: Grade) -> None:
    mark = _mark(graded(filled({"2.2": HONEST[name]})))
    assert mark.outcome == "passed", mark.detail
    assert mark.points == mark.max_points


def _with_cell(source: str, place: int, answer: str) -> Notebook:
    found = filled({"2.2": answer})
    found["cells"].insert(place, own_cell(source))
    return found


USES_HELPER = "def subsample(full, strides):\n    return thinned(full, strides)\n"
HELPER = "def thinned(full, strides):\n    return full[::strides, ::strides]\n"


@pytest.mark.slow
def test_keras_is_there_in_a_chapter_that_does_not_load_it(grader: Grader) -> None:
    """Its import takes longer than this session's limit: a jail of its own."""
    answer = (
        "import keras\ndef subsample(full, strides):\n"
        "    return keras.ops.convert_to_numpy(keras.ops.array(full)[::strides, ::strides])\n"
    )
    with Jail(memory=6 * 2**30, seconds=120.0) as jail:
        patient = Grader(jail, grader.referees)
        mark = _mark(patient.grade(Paper(json.dumps(filled({"2.2": answer})).encode())))
    assert mark.outcome == "passed", mark.detail


def test_what_a_learner_imports_in_the_set_up_cell_is_there(graded: Grade) -> None:
    found = filled(
        {"2.2": "def subsample(full, strides):\n    return full[:: int(math.fabs(strides)), ::strides]\n"}
    )
    setup = next(cell for cell in found["cells"] if "setup" in cell["metadata"].get("tags", []))
    setup["source"] = "".join(setup["source"]) + "\nimport math\nwrong = 1 / 0"
    mark = _mark(graded(found))
    assert mark.outcome == "passed", mark.detail


@pytest.mark.parametrize("place", [0, 5, -1], ids=["at the top", "early", "at the bottom"])
def test_a_helper_of_the_learners_own_is_found_wherever_it_stands(place: int, graded: Grade) -> None:
    mark = _mark(graded(_with_cell(HELPER, place if place >= 0 else 10**6, USES_HELPER)))
    assert mark.outcome == "passed", mark.detail


def test_a_name_that_a_demonstration_made_is_found(graded: Grade) -> None:
    """The chapter's cells above define `kernel`; an answer that leans on it passes for the learner, and here."""
    answer = "def subsample(full, strides):\n    assert kernel.shape == (3, 3)\n    return full[::strides, ::strides]\n"
    mark = _mark(graded(filled({"2.2": answer})))
    assert mark.outcome == "passed", mark.detail


def test_a_helper_in_a_demonstration_that_the_learner_changed_is_found(graded: Grade) -> None:
    found = filled({"2.2": USES_HELPER})
    shown = next(
        cell for cell in found["cells"]
        if cell["cell_type"] == "code" and not set(cell["metadata"].get("tags", [])) & {"setup", "exercise", "check"}
        and "colab" not in cell["metadata"].get("tags", [])
    )  # fmt: skip
    shown["source"] = HELPER
    mark = _mark(graded(found))
    assert mark.outcome == "passed", mark.detail


def test_a_demonstration_further_down_is_no_help(graded: Grade) -> None:
    """A name that only the cells below the exercise make is missing, as for the learner who runs from the top."""
    mark = _mark(graded(filled({"2.1": "slide = lambda *inputs: [learned] * 3"})), "2.1")
    assert mark.outcome in ("error", "wrong")
    assert mark.points == 0


def test_a_name_that_nobody_made_is_an_error_that_names_it(graded: Grade) -> None:
    mark = _mark(graded(filled({"2.2": USES_HELPER})))
    assert mark.outcome == "error"
    assert "NameError: name 'thinned' is not defined" in mark.feedback


def test_one_answer_that_ends_the_process_costs_its_own_points_only(graded: Grade) -> None:
    ends = "import os\ndef same_padding(*a):\n    os._exit(1)\n"
    result = graded(filled({"2.2": RIGHT, "2.3": ends, "2.4": RIGHT_SIZE}))
    assert outcomes(result) == {
        "2.1": "not started", "2.2": "passed", "2.3": "died",
        "2.4": "passed", "2.5": "not started", "2.6": "not started",
    }  # fmt: skip
    assert "2.3" in result.oddity


WAYS = [
    ("def subsample(full, strides):\n    while True:\n        pass\n", "timeout", "did not finish"),
    ("while True:\n    pass\n", "timeout", "did not finish"),
    ("def subsample(full, strides):\n    return bytearray(10**12)\n", "memory", "memory"),
    ("def subsample(full, strides):\n    raise ValueError('so it is')\n", "error", "ValueError: so it is (line 2:"),
    ("def subsample(full, strides)\n    return 1\n", "error", "SyntaxError"),
    ("import os\nos._exit(0)\n", "died", "ended"),
    ("subsample = 3\n", "malformed", "must be the function subsample"),
    ("x = 1\n", "not started", "does not make subsample"),
    (WRONG, "wrong", "shape"),
    ("def subsample(full, strides):\n    return full[: -(-len(full) // strides), : -(-full.shape[1] // strides)]\n",
     "wrong", "got"),
    ("def subsample(full, strides):\n    full *= 2\n    return full[::strides, ::strides] / 2\n",
     "wrong", "changed its input"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "outcome", "words"), WAYS, ids=lambda one: str(one)[:25])
def test_each_way_of_failing_has_its_name(source: str, outcome: str, words: str, graded: Grade) -> None:
    mark = _mark(graded(filled({"2.2": source})))
    assert mark.outcome == outcome, mark.detail
    assert mark.points == 0
    assert words in mark.detail
    assert mark.feedback
    assert mark.answer == source


def test_a_named_mistake_is_told_with_practice_cases(graded: Grade) -> None:
    answer = (
        "def conv_parameters(kernel_size, in_channels, filters):\n"
        "    return kernel_size**2 * in_channels * filters\n"
    )
    mark = _mark(graded(filled({"2.6": answer})), "2.6")
    assert (mark.outcome, mark.mistake) == ("wrong", "forgets the biases")
    assert "Each filter also has a bias" in mark.feedback
    assert "expected" in mark.feedback


def test_right_on_the_practice_cases_alone_says_so(graded: Grade, grader: Grader) -> None:
    """An answer that knows the practice cases by heart: it cannot know the hidden ones."""
    exercise = find("2.2")
    assert isinstance(exercise, Exercise)
    known = [int(full.sum()) for full, _ in Ruler(exercise, seed=PRACTICE_SEED).cases]
    answer = (
        f"known = {known}\ndef subsample(full, strides):\n"
        "    return full[::strides, ::strides] if int(full.sum()) in known else full\n"
    )
    mark = _mark(graded(filled({"2.2": answer})))
    assert mark.outcome == "wrong"
    assert ONLY_HIDDEN in mark.feedback
    assert "expected" not in mark.feedback


def test_an_empty_paper_is_not_started(graded: Grade) -> None:
    result = graded(notebook())
    assert set(outcomes(result).values()) == {"not started"}
    assert result.points == 0
    assert result.oddity == ""


def test_the_solutions_have_all_points(graded: Grade) -> None:
    result = graded(notebook(folder="solutions"))
    assert set(outcomes(result).values()) == {"passed"}
    assert result.points == sum(mark.max_points for mark in result.marks)


def test_what_is_no_notebook_is_malformed_in_every_exercise(grader: Grader) -> None:
    for data in (b"", b"\xff\xfe", b"{", b"[]", b"[" * 100_000, b'{"cells": 3}'):
        result = grader.grade(Paper(data))
        assert set(outcomes(result).values()) == {"malformed"}
        assert len(result.marks) == 6
        feedback = result.marks[0].feedback
        assert re.fullmatch(
            r"Your file could not be graded because the file is [^.]+\.( It seems [^.]+\.)?", feedback
        ), feedback


def test_an_answer_in_words_waits_for_a_person(grader: Grader) -> None:
    found = notebook("00_start_here")
    blank = grader.grade(Paper(json.dumps(found).encode(), chapter="00_start_here"))
    assert _mark(blank, "0.6").outcome == "not started"
    for cell in found["cells"]:
        if cell["id"] == "exercise-0-6":
            cell["source"] = "The axes are <b>swapped</b>."
    mark = _mark(grader.grade(Paper(json.dumps(found).encode(), chapter="00_start_here")), "0.6")
    assert (mark.outcome, mark.points, mark.answer) == ("needs review", None, "The axes are <b>swapped</b>.")


@pytest.mark.slow
def test_models_come_out_of_the_jail_as_layers(grader: Grader) -> None:
    right = notebook("05_first_cnn", "solutions")
    result = grader.grade(Paper(json.dumps(right).encode(), chapter="05_first_cnn"))
    assert _mark(result, "5.3").outcome == "passed"
    lambdas = (
        "def small_cnn(filters, classes):\n    inputs = keras.Input((28, 28, 1))\n"
        "    return keras.Model(inputs, layers.Lambda(lambda x: x)(inputs))\n"
    )
    found = filled({"5.3": lambdas}, chapter="05_first_cnn")
    mark = _mark(grader.grade(Paper(json.dumps(found).encode(), chapter="05_first_cnn")), "5.3")
    assert mark.outcome == "wrong"
    assert "Lambda" in mark.detail


def test_the_courses_own_function_is_no_answer_and_other_uses_of_the_course_are_noted(graded: Grade) -> None:
    leans = "def slide(image, kernel):\n    return reference.conv2d(image, kernel)\n"
    mark = _mark(graded(filled({"2.1": leans})), "2.1")
    assert (mark.outcome, mark.points) == ("wrong", 0)
    assert mark.detail == "the course's own `conv2d` did the work"
    assert mark.detail in mark.feedback
    assert mark.notes == ("uses the course's own reference.conv2d",)
    uses = "def slide(image, kernel):\n    arithmetic.output_size(7, 3)\n    return [[0]]\n"
    assert _mark(graded(filled({"2.1": uses})), "2.1").notes == (
        "uses the course's own arithmetic.output_size",
    )


SETUP = "from workbook import check, data, reference as ref, arithmetic\nimport numpy as np"
LEANING = [
    (["def f(x):\n    return ref.conv2d(x)"], ["ref.conv2d"]),
    (
        ["def f(x):\n    return helper(x)", "def helper(x):\n    return arithmetic.output_size(x)"],
        ["arithmetic.output_size"],
    ),
    (["def f(x):\n    return x", "y = arithmetic.output_size(3)"], []),
    (["from workbook.reference import conv2d as f"], ["reference.conv2d"]),
    (["def f(x):\n    return np.sum(x) + len(data.load('mnist'))"], []),
    (["def f(:"], []),
]  # fmt: skip


@pytest.mark.parametrize(("sources", "found"), LEANING)
def test_leaning_is_seen_directly_and_through_helpers(sources: list[str], found: list[str]) -> None:
    assert course_functions(SETUP, sources) == found


def test_what_the_solution_uses_is_no_leaning() -> None:
    source = "def f(x):\n    return ref.conv2d(x)"
    assert course_functions(SETUP, [source], source) == []
