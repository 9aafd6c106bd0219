"""Honest notebooks that look odd have all their points, and people see what was graded."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.grading.attacks import RIGHT, RIGHT_SIZE, WRONG
from tests.grading.conftest import Notebook, Paper, filled, outcomes
from tests.grading.odd_notebooks import (
    HELPER,
    ODD,
    STUB,
    USES_HELPER,
    all_of,
    answer,
    below,
    cell_of,
    own,
    solved,
)
from workbook.course.grading.attempts import modules_of
from workbook.course.grading.grader import NO_TIME, SECOND, Grader
from workbook.course.grading.records import Graded, Mark
from workbook.course.grading.referee_messages import ChapterTasks

Grade = Callable[[Notebook], Graded]


def _mark(graded: Graded, exercise: str = "2.2") -> Mark:
    return next(mark for mark in graded.marks if mark.exercise == exercise)


@pytest.mark.parametrize("name", ODD)
def test_an_odd_notebook_has_all_its_points(name: str, graded: Grade) -> None:
    found = solved()
    ODD[name](found)
    result = graded(found)
    assert set(outcomes(result).values()) == {"passed"}, [mark.detail for mark in result.marks] + [
        result.oddity
    ]


def test_commands_to_the_system_are_noted(graded: Grade) -> None:
    result = graded(filled({"2.2": f"!pip install einops\n{RIGHT}"}))
    assert result.oddity == "commands to the system are not run: !pip install einops"


def test_code_that_looks_into_code_is_noted(graded: Grade) -> None:
    result = graded(filled({"2.2": f"import gc\ngc.get_objects()\n{RIGHT}"}))
    assert result.oddity == "a cell looks into the code around it (get_objects): look at it"


def test_the_modules_of_a_run_are_the_chapters_and_keras_where_it_is_named() -> None:
    tasks = ChapterTasks("", (), ("numpy",), {}, 1.0)
    assert modules_of(tasks, ["import numpy", "x = 'a kerastic word'"]) == ("numpy",)
    assert modules_of(tasks, ["import numpy", "    from tensorflow import nn"]) == ("numpy", "keras")
    assert modules_of(replace(tasks, modules=("keras",)), ["import keras"]) == ("keras",)


@pytest.mark.claims
def test_keras_is_loaded_before_an_answer_that_imports_it(graded: Grade) -> None:
    """Its import takes seconds, on a busy machine more than an answer has."""
    answer = RIGHT.replace("\n", "\n    import sys\n    assert 'keras' in sys.modules\n    import keras\n", 1)
    assert _mark(graded(filled({"2.2": answer}))).outcome == "passed"
    unused = RIGHT.replace("\n", "\n    import sys\n    assert 'k' + 'eras' not in sys.modules\n", 1)
    assert _mark(graded(filled({"2.2": unused}))).outcome == "passed"


# Cannot be interrupted from inside: no alarm is heard while this waits.
DEAF = (
    "def {name}(*inputs):\n    import signal, time\n    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\n"
    "    while True:\n        time.sleep(1)\n"
)


def test_a_hang_costs_its_exercise_only(
    graded: Grade, grader: Grader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grader.jail, "seconds", 4.0)
    found = solved()
    for name, function in {"2-1": "slide", "2-3": "same_padding", "2-5": "conv_layer"}.items():
        answer(DEAF.format(name=function), f"exercise-{name}")(found)
    result = graded(found)
    assert outcomes(result) == {
        "2.1": "timeout", "2.2": "passed", "2.3": "timeout", "2.4": "passed", "2.5": "timeout", "2.6": "passed",
    }  # fmt: skip


def test_many_slow_cells_of_ones_own_cost_no_points(
    graded: Grade, grader: Grader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grader.jail, "seconds", 4.0)
    found = solved()
    for number in range(5):
        own("while True:\n    pass", name=f"own-{number}")(found)
    assert set(outcomes(graded(found)).values()) == {"passed"}


def test_a_misspelt_function_is_named(graded: Grade) -> None:
    mark = _mark(graded(filled({"2.2": RIGHT.replace("subsample", "sub_sample")})))
    assert mark.outcome == "error"
    assert "its cell defines `sub_sample` and not `subsample`" in mark.detail
    assert "the name must be `subsample`" in mark.feedback


BLANK = ["", "# nothing yet", STUB, "def subsample(full, strides):\n    pass", "subsample = ..."]
ELSEWHERE = [
    "from workbook.reference import flip as subsample",
    "globals()['subsample'] = lambda a, s: a[::s, ::s]",
]


@pytest.mark.parametrize("blank", BLANK)
@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_a_blank_answer_is_not_started_whatever_else_makes_its_name(
    blank: str, elsewhere: str, graded: Grade
) -> None:
    found = filled({"2.2": blank}, before=elsewhere)
    result = graded(found)
    assert (_mark(result).outcome, result.points) == ("not started", 0)


# What people see ----------------------------------------------------------------------------------------------


def test_a_redefinition_before_the_check_is_what_counts_and_what_is_shown(graded: Grade) -> None:
    found = solved()
    below(WRONG, "exercise-2-2")(found)
    mark = _mark(graded(found))
    assert mark.outcome == "wrong"
    shown = mark.answer
    assert shown.index("# Replaced by a later cell:") < shown.index("[::strides, ::strides]")
    assert shown.index("# The answer that was graded:") < shown.index("[1::strides, ::strides]")


def test_helpers_are_shown_and_other_cells_are_not(graded: Grade) -> None:
    found = solved()
    all_of(own("unrelated = 1", name="unrelated"), own(HELPER), answer(USES_HELPER))(found)
    shown = _mark(graded(found)).answer
    assert (
        shown
        == f"# Another cell that ran:\n{HELPER.strip()}\n\n# The answer that was graded:\n{USES_HELPER.strip()}"
    )


@pytest.mark.parametrize(
    "source",
    ["import builtins\nbuiltins.len = None", "exec('subsample = 1')", "%run other.py"],
)
def test_a_cell_that_may_change_anything_is_shown_with_every_answer(source: str, graded: Grade) -> None:
    result = graded(filled({"2.2": RIGHT, "2.4": RIGHT_SIZE}, before=source))
    for exercise in ("2.2", "2.4"):
        assert f"# Another cell that ran:\n{source}" in _mark(result, exercise).answer


def test_a_cell_that_changes_what_an_answer_reads_is_shown_with_it(graded: Grade) -> None:
    reads = RIGHT.replace("full[", "np.asarray(full)[")
    result = graded(filled({"2.2": reads, "2.4": RIGHT_SIZE}, before="np.asarray = None"))
    assert "# Another cell that ran:\nnp.asarray = None" in _mark(result).answer
    assert _mark(result, "2.4").answer == RIGHT_SIZE


def test_an_answer_alone_is_shown_as_it_is(graded: Grade) -> None:
    assert _mark(graded(filled({"2.2": RIGHT}, before="x = 1"))).answer == RIGHT


def test_a_second_attempt_that_counts_is_the_one_that_is_shown(graded: Grade) -> None:
    found = solved()
    all_of(answer(WRONG), below(RIGHT))(found)
    mark = _mark(graded(found))
    assert (mark.outcome, mark.notes) == ("passed", (SECOND,))
    assert mark.answer.index(RIGHT.strip()) > mark.answer.index(WRONG.strip())


def test_what_failed_in_a_cell_of_ones_own_is_told(graded: Grade) -> None:
    found = filled({"2.2": WRONG}, before=f"thin = 1 / 0\n{HELPER}")
    result = graded(found)
    mark = _mark(result)
    assert mark.outcome == "wrong"
    assert (
        "A cell of your own raised ZeroDivisionError: division by zero (line 1: thin = 1 / 0)"
        in mark.feedback
    )
    assert "a cell of the learner's own raised ZeroDivisionError" in result.oddity


# Time ---------------------------------------------------------------------------------------------------------


def test_without_time_for_practice_cases_no_hidden_one_is_shown(
    grader: Grader, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = grader._practice

    def late(answers, judged, collected, budget):  # type: ignore[no-untyped-def]
        budget.spend(budget.left)
        return original(answers, judged, collected, budget)

    monkeypatch.setattr(grader, "_practice", late)
    mark = _mark(grader.grade(Paper(json.dumps(filled({"2.2": WRONG})).encode())))
    assert mark.outcome == "wrong"
    assert NO_TIME in mark.feedback
    assert "array" not in mark.feedback


def test_a_submission_on_which_the_grader_fails_is_an_outcome(
    grader: Grader, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*arguments: object) -> None:
        raise TypeError("hidden case 7")

    for name in ("_practice", "_judge", "_read_and_graded"):
        with monkeypatch.context() as patch:
            patch.setattr(grader, name, fails)
            result = grader.grade(Paper(json.dumps(filled({"2.2": WRONG})).encode()))
        assert set(outcomes(result).values()) == {"malformed"}
        assert "The grader failed on this file (TypeError): a person must look at it." in result.oddity
        assert "hidden" not in "".join(mark.feedback for mark in result.marks)


def test_the_stub_of_the_first_cell_is_the_courses() -> None:
    assert cell_of(filled({}), "exercise-2-2")["source"] == STUB
