"""Other ways around the grader: what they score, and that a check without the course's functions is fair."""

from collections.abc import Callable

import pytest

from tests.grading.attacks import RIGHT_SIZE
from tests.grading.conftest import Notebook, filled, outcomes
from tests.grading.odd_notebooks import answer, own, solved
from tests.grading.sly_answers import OTHER_WAYS, UNSEEN_CALLS
from workbook.course.grading.grader import NOT_CONFIRMED, ONLY_WITH, Grader
from workbook.course.grading.records import Graded, Mark

Grade = Callable[[Notebook], Graded]


def _mark(graded: Graded, exercise: str) -> Mark:
    return next(mark for mark in graded.marks if mark.exercise == exercise)


@pytest.mark.parametrize("name", UNSEEN_CALLS)
def test_a_call_that_nobody_sees_scores_nothing(name: str, graded: Grade) -> None:
    answers, before = UNSEEN_CALLS[name]
    result = graded(filled(answers, before=before))
    assert result.points == 0
    assert all(_mark(result, exercise).outcome == "wrong" for exercise in answers)


@pytest.mark.parametrize("name", OTHER_WAYS)
def test_no_other_way_scores(name: str, graded: Grade) -> None:
    answers, before = OTHER_WAYS[name]
    result = graded(filled({**answers, "2.6": PARAMETERS}, before=before))
    assert all(_mark(result, exercise).points == 0 for exercise in answers)


PARAMETERS = "def conv_parameters(size, channels, filters):\n    return (size**2 * channels + 1) * filters\n"
COPY = UNSEEN_CALLS["the source, executed without its notes"][0]["2.4"].replace("output_size = ", "copied = ")


def test_a_call_that_nobody_sees_earns_no_partial_credit(graded: Grade) -> None:
    wrong_in_one = f"{COPY}\ndef output_size(w, f, s, p):\n    return copied(w, f, s, p) if s == 1 else 0\n"
    mark = _mark(graded(filled({"2.4": wrong_in_one})), "2.4")
    assert (mark.outcome, mark.right_groups) == ("wrong", ())
    own_work = RIGHT_SIZE.replace("return ", "return 0 if strides > 1 else ")
    assert _mark(graded(filled({"2.4": own_work})), "2.4").right_groups == ("stride 1",)


def test_an_instructor_learns_how_it_was_found(graded: Grade) -> None:
    answers, before = UNSEEN_CALLS["the source, executed without its notes"]
    mark = _mark(graded(filled(answers, before=before)), "2.4")
    assert ONLY_WITH in mark.notes
    assert "the course's own `output_size` did the work" in mark.feedback


def test_answers_may_be_compared_with_the_courses_functions(graded: Grade) -> None:
    """In the answer's cell below it, or in a cell with helpers: what such a line tells does not matter."""
    found = solved()
    compared = "assert output_size(5, 3, 1, 0) == arithmetic.output_size(5, 3, 1, 0)\ndone = True"
    answer(RIGHT_SIZE + compared, "exercise-2-4")(found)
    own(
        "for size in (5, 6):\n    print(reference.conv2d(np.eye(size), np.eye(2)))\n\n"
        "def biased(count):\n    return count + 1"
    )(found)
    helped = (
        "def conv_parameters(size, channels, filters):\n    return biased(size**2 * channels) * filters\n"
    )
    answer(helped, "exercise-2-6")(found)
    result = graded(found)
    assert set(outcomes(result).values()) == {"passed"}
    assert ONLY_WITH not in [note for mark in result.marks for note in mark.notes]


def test_an_answer_that_builds_on_an_earlier_one_is_its_own_work(graded: Grade) -> None:
    """Also where the earlier one is not: each loses its own points only."""
    layer = (
        "def conv_layer(image, kernel, bias):\n"
        "    places = zip(image.shape[:2], kernel.shape[:2])\n"
        "    size = [output_size(length, width, 1, 0) for length, width in places]\n"
        "    output = np.zeros((*size, len(bias)))\n    for i, j, k in np.ndindex(output.shape):\n"
        "        window = image[i : i + kernel.shape[0], j : j + kernel.shape[1]]\n"
        "        output[i, j, k] = np.sum(window * kernel[..., k]) + bias[k]\n    return output\n"
    )
    result = graded(filled({"2.4": "output_size = arithmetic.output_size", "2.5": layer}))
    assert (outcomes(result)["2.4"], outcomes(result)["2.5"]) == ("wrong", "passed")


def test_without_time_a_person_is_told(graded: Grade, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Grader, "_without", lambda *arguments: {})
    mark = _mark(graded(filled({"2.4": RIGHT_SIZE})), "2.4")
    assert (mark.outcome, mark.notes) == ("passed", (NOT_CONFIRMED,))
