"""The check itself: its messages, its comparisons and its time limit."""

import collections
import dataclasses
import re
import signal
import sys
import time
from typing import Any

import numpy as np
import pytest

from workbook.exercises import (
    Check,
    Exercise,
    Mistake,
    all_exercises,
    as_text,
    close,
    judge,
    plain,
    value_exercise,
)
from workbook.exercises.check import Message
from workbook.exercises.compare import short, veiled

DOUBLE = Exercise(
    id="2.1",
    title="Double",
    answer_name="double",
    reference=lambda x: 2 * x,
    cases=lambda rng: [(rng.integers(1, 9, (2, 3)),) for _ in range(3)],
    mistakes=(
        Mistake("squares", lambda x: x * x + 100, "This squares: multiply by two, not by itself."),
        Mistake("raises", lambda x: x + "a", "An array and a string cannot be added."),
        Mistake(
            "negative",
            lambda x: -x,
            "Never seen.",
            looks_like=lambda observed, expected, inputs: observed.max() < 0,
        ),
    ),
    hints=("twice", "2 * x"),
    section="Slide, multiply, add",
)


@pytest.mark.parametrize(
    ("observed", "expected", "words"),
    [
        (None, 3, "Is a `return` missing?"),
        (5.0, 5, "got the float 5"),
        (True, 1, "expected a whole number"),
        ("5", 5, "a str"),
        (4, 5, "got 4, expected 5"),
        (float("nan"), 0.5, "got nan"),
        (0.4, 0.5, "got 0.4, expected 0.5"),
        ("x", 0.5, "expected a number"),
        (1, True, "got an int (1), expected True or False"),
        ("a", "b", "expected 'b'"),
        ((1, 2), (1, 3), "got (1, 2), expected (1, 3)"),
        ((1, 2, 3), (1, 2), "got 3 values"),
        (7, (1, 2), "expected 2 values"),
        ({"a": 1}, {"a": 1, "b": 2}, "the key 'b' is missing"),
        ({"a": 1, "c": 2}, {"a": 1}, "the key 'c' is not expected"),
        ({"a": 2}, {"a": 1}, "at 'a'"),
        ({"a": ...}, {"a": 1}, "not filled in yet"),
        (3, {"a": 1}, "dictionary"),
        (np.ones((2, 3)), np.ones((3, 2)), "shape (2, 3), expected (3, 2)"),
        (np.array([1.0, np.nan]), np.ones(2), "NaN"),
        (np.array(["a"]), np.ones(1), "expected numbers"),
        ([[1], [1, 2]], np.ones((2, 1)), "unequal length"),
        (np.zeros(100), np.ones(100), "100 of 100 values differ"),
        (np.zeros(2), np.ones(2), "expected"),
        ((1.0, 2), (1, 2), "at position 0: got the float 1, expected the whole number 1"),
        (object(), np.ones(2), "expected an array"),
    ],
)
def test_a_difference_is_named(observed: Any, expected: Any, words: str) -> None:
    assert words in (close()(observed, expected, ()) or "")


@pytest.mark.parametrize(
    ("observed", "expected"),
    [
        (5, 5), (np.int64(5), 5), (np.array(5), 5), (0.5, 0.5), (1, 1.0), (np.float32(0.5), 0.5), ("a", "a"),
        (True, True), (np.True_, True), ([1, 2], (1, 2)), ((1, (2, 3)), [1, [2, 3]]), (np.array([1, 2]), (1, 2)),
        ([[1, 2]], np.array([[1, 2]])), (np.ones(3) + 1e-9, np.ones(3)), ({"a": [1]}, {"a": (1.0,)}),
    ],
)  # fmt: skip
def test_equal_values_agree(observed: Any, expected: Any) -> None:
    assert close()(observed, expected, ()) is None


def test_a_lying_array_is_read_as_plain_numbers() -> None:
    class Liar(np.ndarray):
        def __eq__(self, other: object) -> Any:
            return True

    assert type(plain(np.zeros(3).view(Liar))) is np.ndarray
    assert close()(np.zeros(3).view(Liar), np.ones(3), ()) is not None


def test_a_named_tuple_of_other_numbers_is_a_list_of_plain_ones() -> None:
    Pair = collections.namedtuple("Pair", "found score")
    observed = Pair(np.bool_(True), np.float32(0.5))
    assert plain(observed) == [True, 0.5]
    assert all(type(item) in (bool, float) for item in plain(observed))
    assert close()(observed, [True, 0.5], ()) is None
    assert close()(observed, [False, 0.5], ()) is not None


def test_the_verdict_names_the_mistake() -> None:
    verdict = judge(DOUBLE, lambda x: x * x + 100, seed=1)
    assert (verdict.outcome, verdict.mistake) == ("wrong", "squares")
    assert "This squares" in as_text(verdict)
    assert 'check.hint("2.1")' in as_text(verdict)
    assert not verdict


def test_an_error_is_matched_to_the_mistake_that_raises_it() -> None:
    verdict = judge(DOUBLE, lambda x: x + "b", seed=1)
    assert (verdict.outcome, verdict.mistake) == ("error", "raises")


def test_a_predicate_can_recognise_a_mistake() -> None:
    assert judge(DOUBLE, lambda x: -5 * x).mistake == "negative"


class _Unwritable:
    def __repr__(self) -> str:
        raise RuntimeError("no text for you")


class _UnwritableError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text for you")


def _raise_unwritable(x: Any) -> Any:
    raise _UnwritableError


def _nested(depth: int) -> list:
    value: list = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "answer",
    [
        lambda x: 10**5000,
        lambda x: np.array([1, 2], "timedelta64[s]"),
        lambda x: np.full((2, 3), np.timedelta64(1, "s")),
        lambda x: _nested(3000),
        lambda x: _Unwritable(),
        lambda x: [_Unwritable()],
        _raise_unwritable,
        lambda x: x.dtype,
        lambda x: (value for value in x),
        lambda x, y: x,
        lambda x: {1: 2},
        lambda x: np.array([None, "a"], dtype=object),
    ],
)
@pytest.mark.parametrize("reference", [lambda x: 2 * x, lambda x: 7, lambda x: 0.5, lambda x: (1, 2)])
def test_an_odd_answer_gets_a_verdict(answer: Any, reference: Any) -> None:
    verdict = judge(dataclasses.replace(DOUBLE, reference=reference, mistakes=()), answer, seed=1)
    assert verdict.outcome in ("wrong", "error")
    assert len(as_text(verdict)) < 1000


@pytest.mark.parametrize("answer", [lambda x: list(range(10**5)), lambda x: np.zeros((1000, 1000))])
def test_a_large_answer_gets_a_short_message(answer: Any) -> None:
    assert len(as_text(judge(DOUBLE, answer, seed=1))) < 1000


def test_only_a_few_items_of_a_large_value_are_written() -> None:
    written = []

    class Item:
        def __repr__(self) -> str:
            written.append(1)
            return "item"

    for value in (
        [Item() for _ in range(10**4)],
        {index: Item() for index in range(10**4)},
        [[Item()] * 99] * 99,
    ):
        written.clear()
        assert len(short(value)) <= 220
        assert len(written) <= 20 * 20


def test_prints_are_shown_and_cut_short(capsys: pytest.CaptureFixture[str]) -> None:
    def chatty(x: Any) -> Any:
        print("debugging")
        for _ in range(20000):
            print("and more")
        return 2 * x

    assert judge(DOUBLE, chatty)
    printed = capsys.readouterr().out
    assert printed.startswith("debugging")
    assert len(printed) < 2100


def test_emptying_an_input_list_is_noticed() -> None:
    exercise = dataclasses.replace(
        DOUBLE, cases=lambda rng: [([1, 2, 3],), ([[1], [2]],)], reference=len, mistakes=()
    )

    def empties(items: list) -> int:
        count = len(items)
        items.clear()
        return count

    def swaps(items: list) -> int:
        items[0] = None
        return len(items)

    for answer in (empties, swaps):
        assert "changed its input" in judge(exercise, answer).detail
    assert judge(exercise, len)


def test_an_unknown_mistake_gets_no_name() -> None:
    verdict = judge(DOUBLE, lambda x: 3 * x)
    assert (verdict.outcome, verdict.mistake) == ("wrong", None)


def test_an_error_names_the_learners_line() -> None:
    names: dict[str, Any] = {}
    exec(compile("def double(x):\n    y = 1\n    return x / missing\n", "<ipython-input-1>", "exec"), names)
    detail = judge(DOUBLE, names["double"]).detail
    assert "NameError: name 'missing' is not defined" in detail
    assert "line 3" in detail


def test_not_implemented_is_not_started() -> None:
    def double(x: Any) -> Any:
        raise NotImplementedError

    assert judge(DOUBLE, double).outcome == "not started"


def test_the_time_limit_beats_except_exception() -> None:
    def stubborn(x: Any) -> Any:
        while True:
            try:
                time.sleep(0.01)
            except Exception:  # what a learner might write
                continue

    assert judge(DOUBLE, stubborn, limit=0.2).outcome == "timeout"


def test_the_alarm_is_off_after_a_check() -> None:
    judge(DOUBLE, lambda x: 2 * x, limit=0.1)
    time.sleep(0.2)


@pytest.mark.parametrize("handler", [signal.default_int_handler, signal.SIG_IGN], ids=["usual", "ignored"])
def test_without_an_alarm_signal_the_time_limit_still_works(
    monkeypatch: pytest.MonkeyPatch, handler: Any
) -> None:
    """Also in a job that a script starts in the background, where SIGINT is ignored."""
    monkeypatch.delattr("signal.setitimer")
    before = signal.signal(signal.SIGINT, handler)
    try:
        _a_stubborn_answer_and_a_loop_are_stopped()
        assert signal.getsignal(signal.SIGINT) is handler
    finally:
        signal.signal(signal.SIGINT, before)


def _a_stubborn_answer_and_a_loop_are_stopped() -> None:
    swallowed = []

    def stubborn(x: Any) -> Any:
        while True:
            try:
                time.sleep(0.01)
            except BaseException:
                if len(swallowed) == 2:
                    raise
                swallowed.append(1)

    assert judge(DOUBLE, stubborn, limit=0.1).outcome == "timeout"
    assert len(swallowed) == 2

    def loops(x: Any) -> Any:
        while True:
            pass

    assert judge(DOUBLE, loops, limit=0.2).outcome == "timeout"
    assert judge(DOUBLE, lambda x: 2 * x, limit=5)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no alarm signal")
def test_the_time_limit_leaves_another_alarm_as_it_was() -> None:
    rang = []
    before = signal.signal(signal.SIGALRM, lambda number, frame: rang.append(number))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        assert judge(DOUBLE, lambda x: 2 * x, limit=5)
        assert 0 < signal.getitimer(signal.ITIMER_REAL)[0] <= 0.3
        time.sleep(0.4)
        assert rang == [signal.SIGALRM]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_values_are_judged_too() -> None:
    exercise = value_exercise(
        id="2.9", title="Size", answer_name="size", reference=5, hints=("a", "b"), section="x",
        mistakes=(Mistake("six", 6, "One too many."),),
    )  # fmt: skip
    assert judge(exercise, 5)
    assert judge(exercise, 6).mistake == "six"
    assert judge(exercise, ...).outcome == "not started"
    assert judge(exercise, len).outcome == "malformed"


def test_a_form_counts_as_started_once_something_is_filled_in() -> None:
    exercise = value_exercise(
        id="2.9", title="Form", answer_name="form", reference={"a": 1, "b": 2}, hints=("a", "b"), section="x",
        mistakes=(Mistake("both one", {"a": 1, "b": 1}, "The second is another number."),),
    )  # fmt: skip
    assert judge(exercise, {"a": ..., "b": ...}).outcome == "not started"
    half = judge(exercise, {"a": 1, "b": ...})
    assert (half.outcome, half.mistake) == ("wrong", None)
    assert "at 'b': not filled in yet" in half.detail
    assert judge(exercise, {"a": 1, "b": 2})


def test_check_prints_and_returns_a_bool(capsys: pytest.CaptureFixture[str]) -> None:
    check = Check()
    assert check("2.4", lambda w, f, s, p: (w - f + 2 * p) // s + 1) is True
    assert check("2.4", lambda w, f, s, p: 0) is False
    printed = capsys.readouterr().out
    assert "2.4 Output size: passed" in printed
    assert "not yet" in printed


@pytest.mark.parametrize("exercise_id", ["2.99", "99.1", "two", "", "2", "².4", None, 2.3, [2]])
def test_an_unknown_id_is_one_line(exercise_id: Any, capsys: pytest.CaptureFixture[str]) -> None:
    check = Check()
    assert check(exercise_id, 5) is False
    check.hint(exercise_id)
    lines = capsys.readouterr().out.strip().split("\n")
    assert len(lines) == 2
    assert all(len(line) > 10 for line in lines)


def test_hints_come_one_by_one(capsys: pytest.CaptureFixture[str]) -> None:
    check = Check()
    texts = []
    for _ in range(4):
        check.hint("2.4")
        texts.append(capsys.readouterr().out)
    assert [text[:6] for text in texts[:3]] == ["Hint 1", "Hint 2", "Hint 3"]
    assert "hints 1 to 3" in texts[3]
    check.hint("2.4", 1)
    assert "Hint 1" in capsys.readouterr().out
    for odd in (9, 0, "1", 1.0, True):
        check.hint("2.4", odd)  # type: ignore[arg-type]
        assert "hints 1 to 3" in capsys.readouterr().out


def test_progress_lists_the_chapter(capsys: pytest.CaptureFixture[str]) -> None:
    check = Check()
    check("2.4", lambda w, f, s, p: (w - f + 2 * p) // s + 1)
    check("2.4", lambda w, f, s, p: 0)
    check.progress(2)
    check.progress(77)
    check.progress([2])  # type: ignore[arg-type]
    printed = capsys.readouterr().out
    lines = {line.split(" ")[0]: line for line in printed.splitlines()}
    assert "passed" in lines["2.4"]  # what passed once remains passed
    assert "not yet" in lines["2.1"]
    assert "no chapter 77" in printed


def _slide(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Answer 2.1 without a function of the course."""
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    return np.einsum("ijkl,kl->ij", windows, kernel)


def test_the_case_that_failed_can_be_had(capsys: pytest.CaptureFixture[str]) -> None:
    check = Check()
    assert check.case("2.1") is None
    assert "No case of 2.1 has failed yet" in capsys.readouterr().out
    check("2.1", lambda image, kernel: image)
    assert '`slide(*check.case("2.1"))`' in capsys.readouterr().out
    image, kernel = check.case("2.1")
    again, _ = check.case("2.1")
    assert np.array_equal(image, again)
    image[:] = 0  # a copy: the next call gives the case as it was
    assert check.case("2.1")[0].any()
    expected = check.expected("2.1")
    assert expected.shape == (image.shape[0] - kernel.shape[0] + 1, image.shape[1] - kernel.shape[1] + 1)
    check("2.1", _slide)
    assert check.case("2.1") is None


@pytest.mark.parametrize(
    ("exercise_id", "words"),
    [("5.2", "has no inputs"), ("99.1", "no chapter 99"), ("0.6", "answered in words")],
)
def test_where_there_is_no_case_it_is_said(
    exercise_id: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert Check().case(exercise_id) is None
    assert Check().expected(exercise_id) is None
    assert words in capsys.readouterr().out


def test_the_model_that_is_asked_for_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    check = Check()
    check("5.3", lambda filters, classes: None)
    assert check.case("5.3") is not None
    assert check.expected("5.3") is None
    assert "would be the answer" in capsys.readouterr().out


CONSTANTS = [exercise for exercise in all_exercises() if not exercise.is_function]


def _numbers(value: Any) -> set[str]:
    """Return the numbers of an expected value that would give it away, as they may be written."""
    if isinstance(value, dict):
        return {text for item in value.values() for text in _numbers(item)}
    if isinstance(value, (tuple, list)):
        return {text for item in value for text in _numbers(item)}
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) >= 10
    return {f"{value}", f"{value:,}"} if is_number else set()


def _wrong_values(expected: Any) -> list[Any]:
    """Return wrong answers as somebody enters them who wants to be told: zeros, ones, off by a bit, by types."""
    changes = [lambda x: 0, lambda x: 1, lambda x: -x, lambda x: x + 7, lambda x: 13 * x, lambda x: x / 1.01,
               lambda x: None, lambda x: "x", lambda x: [x], lambda x: 1e300, lambda x: True]  # fmt: skip
    if isinstance(expected, dict):
        whole = [{key: _changed(value, change) for key, value in expected.items()} for change in changes]
        single = [
            {**expected, key: _changed(value, change)}
            for key, value in expected.items()
            for change in changes[:4]
        ]
        return [*whole, *single, {}, dict(list(expected.items())[1:]), {**expected, "more": 1}, [], 0, None]
    return [
        *(tuple(_changed(value, change) for value in expected) for change in changes),
        expected[:-1],
        (),
        0,
        None,
    ]


def _changed(value: Any, change: Any) -> Any:
    if isinstance(value, str) or value is None:
        return 0
    return change(value)


@pytest.mark.parametrize("exercise", CONSTANTS, ids=lambda exercise: exercise.id)
def test_a_constant_is_never_told(exercise: Exercise) -> None:
    hidden = _numbers(exercise.reference)
    for answer in [*_wrong_values(exercise.reference), *(mistake.answer for mistake in exercise.mistakes)]:
        if answer == exercise.reference:
            continue
        verdict = judge(exercise, answer)
        entered = {text.lstrip("-") for text in _numbers(answer)}
        told = set(re.findall(r"(?<![\d,.])\d[\d,]*(?:\.\d+)?", as_text(verdict)))
        assert not verdict
        assert not (told - entered) & hidden, as_text(verdict)


@pytest.mark.parametrize(
    ("observed", "expected", "words"),
    [
        (48, 48120, "too small by a factor of about 1,000"),
        (47000, 48120, "too small, but near"),
        (-48120, 48120, "of the wrong sign"),
        (0, 48120, "too small"),
        (48120.0, 48120, "expected a whole number (int)"),
        (3, 4, "3 is wrong"),
        (None, 4, "None is wrong"),
        ((320, 16, 480), (16, 320, 480), "right values in another order"),
        ((16, 320), (16, 320, 480), "got 2 values"),
        ((16, 32, 480), (16, 320, 480), "value 2 of 3: 32 is too small by a factor of about 10"),
        (
            {"a": 500, "b": 1},
            {"a": 50, "b": 7},
            "at 'a': 500 is too large by a factor of about 10; also wrong: 'b'",
        ),
        ("3x3", "5x5", "'3x3' is wrong"),
        (7, "5x5", "expected a string"),
    ],
)
def test_a_veiled_difference_says_in_what_respect(observed: Any, expected: Any, words: str) -> None:
    said = veiled()(observed, expected, ())
    assert words in said
    assert veiled()(expected, expected, ()) is None


def test_under_nbgrader_a_wrong_answer_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    with pytest.raises(AssertionError, match="Output size"):
        Check()("2.4", lambda w, f, s, p: 0)
    with pytest.raises(AssertionError, match="not started"):
        Check()("2.4", ...)


def test_the_box_escapes_what_the_learner_made() -> None:
    page = Message("got <script>alert(1)</script> and `x`")._repr_html_()
    assert "<script>" not in page
    assert "<code>x</code>" in page


def test_a_message_links_to_the_section_that_it_names() -> None:
    text = 'Read "Slide, multiply & add" again.'
    page = Message(text, section="Slide, multiply & add")._repr_html_()
    assert '<a href="#Slide,-multiply-&amp;-add">Slide, multiply &amp; add</a>' in page
    assert "href" not in Message(text)._repr_html_()
    assert repr(Message(text, section="Slide, multiply & add")) == text


def test_a_wrong_answer_is_sent_to_its_section(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Message] = []
    monkeypatch.setattr(sys.modules[Message.__module__], "_show", shown.append)
    assert not Check()("2.4", lambda *inputs: 0)
    assert '<a href="#The-output-size">The output size</a>' in shown[0]._repr_html_()


@pytest.mark.parametrize("exercise", all_exercises(), ids=lambda exercise: exercise.id)
def test_a_sections_anchor_needs_no_escape(exercise: Exercise) -> None:
    """JupyterLab compares a link's fragment with the heading as it is, so it must not be changed by a browser."""
    assert re.fullmatch(r"[\w ,:?!.'()-]+", exercise.section, flags=re.ASCII)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.zeros((40, 40)), "array of shape (40, 40), from 0 to 0"),
        (np.full((7, 7), np.nan), "array of shape (7, 7), dtype float64"),
        (np.array([1, 2]), "[1, 2]"),
        (np.array(3), "3"),
        (0.123456789, "0.123457"),
        ({"a": (1, 2)}, "{'a': (1, 2)}"),
        ("x" * 500, "'" + "x" * 218 + "…"),
        ([object()], "[<object object>]"),
    ],
)
def test_values_are_written_short(value: Any, text: str) -> None:
    assert short(value).replace("np.int64(3)", "3") == text


def test_an_errors_words_are_the_same_in_every_run() -> None:
    from workbook.exercises.errors import describe

    assert (
        describe(TypeError(f"{object()!r} is not iterable")) == "TypeError: <object object> is not iterable"
    )
