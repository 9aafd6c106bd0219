"""Messages between the grader's processes: they come back as they were, and nothing else is read."""

import json
from typing import Any

import pytest

from tests.grading.made_up import graded, mark
from workbook.course.grading.findings import Garbled, read_findings, run_result
from workbook.course.grading.records import Graded
from workbook.course.grading.referee_messages import (
    QUESTIONS,
    Answers,
    Cell,
    ChapterTasks,
    Failed,
    ReadQuestion,
    RuleQuestion,
    Ruling,
    TasksQuestion,
)
from workbook.course.grading.untrusted_json import nesting_depth
from workbook.course.jailed import jail_messages
from workbook.course.jailed.jail_messages import (
    AnswerReport,
    CellFailed,
    ExerciseTask,
    JailSettings,
    KillRun,
    PlainObservation,
    Ready,
    RunCompleted,
    RunEnded,
    RunRequest,
    RunStep,
    SecondLook,
    StartRun,
    StepBegan,
)
from workbook.course.jailed.strict_json import MessageError, WireMessage, read_any

TASK = ExerciseTask("f", True, "module:function", 2.5, ({"tuple": [1, None]}, [1]))
REPORT = AnswerReport(
    "2.2",
    "observed",
    "",
    (PlainObservation(None, "", {"float": "nan"}), PlainObservation("error", "raised", None)),
)
FINDINGS: list[WireMessage] = [
    StepBegan(0, 0.25),
    SecondLook("2.2"),
    CellFailed("own", "why"),
    REPORT,
    RunCompleted(),
]
MESSAGES: list[WireMessage] = [
    *FINDINGS,
    JailSettings(("numpy",), 2**30, 6.0, True),
    RunRequest((RunStep("own", "", "x = 1"), RunStep("observe", "2.2", "")), {"2.2": TASK}, 20.0),
    Ready(), StartRun(1), KillRun(2), RunEnded(3),
    Answers("02", (Cell("own", "", "x"),), {"2.7": ""}, ("2.1",), "", ("a note",), {"2.2": ("reference.conv2d",)}),
    ChapterTasks("import numpy", (Cell("setup", "", "import numpy"),), ("numpy",), {"2.2": TASK}, 20.0),
    Ruling("wrong", "", "", "detail", "text"), Failed("why"),
    ReadQuestion(b"\x00\xff", "02"), TasksQuestion("02", "marks"), RuleQuestion(REPORT, "02", "practice"),
    graded("ann", mark("ann"), mark("ann", "2.7", "needs review", notes=("a", "b"))),
]  # fmt: skip


def _through(value: Any) -> Any:
    return json.loads(json.dumps(value))


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_comes_back_as_it_was(message: WireMessage) -> None:
    assert type(message).from_json(_through(message.to_json())) == message


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_missing_unknown_and_mistyped_fields_are_refused(message: WireMessage) -> None:
    good = _through(message.to_json())
    bad: list[Any] = [None, 1, "text", [], {}, [good], {**good, "more": 1}]
    for name in good:
        bad += [{key: value for key, value in good.items() if key != name}, {**good, name: object()}]
    for value in bad:
        with pytest.raises(MessageError):
            type(message).from_json(value)


def test_questions_are_told_apart_by_their_first_fields() -> None:
    for kinds in (QUESTIONS, (StartRun, KillRun)):
        for message in (message for message in MESSAGES if isinstance(message, kinds)):
            assert read_any(kinds, _through(message.to_json())) == message
    with pytest.raises(MessageError):
        read_any(QUESTIONS, {"do": "read"})


def _line(**fields: Any) -> bytes:
    return json.dumps(fields).encode() + b"\n"


LONG = "x" * (jail_messages.LONGEST_DETAIL + 1)
GARBLED = [
    _line(begin=True, at=0), _line(begin="0", at=0), _line(begin=0), _line(begin=0, at=0, more=1),
    _line(begin=0, at="0"), _line(begin=0, at=10**400), _line(begin=0.5, at=0), b'{"begin": 0, "at": NaN}\n',
    b'{"begin": 0, "at": 1e999}\n', _line(again=3), _line(again=LONG), _line(failed="answer", detail=""),
    _line(failed="own", detail=LONG), _line(end=1), _line(end=False), _line(end=True, begin=0, at=0), _line(),
    _line(unknown=1),
]  # fmt: skip
REPORTS = [
    {"state": "passed"}, {"state": None}, {"detail": LONG}, {"observations": {}}, {"observations": [[]]},
    {"observations": [["passed", "", None]]}, {"observations": [["", "", None]]}, {"observations": [[None, LONG, 1]]},
    {"observations": [[None, "", 1, 2]]}, {"observations": [[None, "", 0]] * 1001}, {"begin": 0, "at": 0}, {"x": 1},
]  # fmt: skip


@pytest.mark.parametrize("line", GARBLED, ids=range(len(GARBLED)))
def test_an_object_that_is_no_finding_is_garbled_and_the_next_line_is_read(line: bytes) -> None:
    assert read_findings(line + _line(end=True)) == (Garbled(), RunCompleted())


@pytest.mark.parametrize("change", REPORTS, ids=range(len(REPORTS)))
def test_a_garbled_report_says_on_which_exercise(change: dict[str, Any]) -> None:
    good = {"report": "2.2", "state": "observed", "detail": "", "observations": []}
    assert read_findings(_line(**good)) == (AnswerReport("2.2", "observed", "", ()),)
    if "begin" not in change:  # then it is taken for another finding, which names no exercise
        assert read_findings(_line(**{**good, **change})) == (Garbled("2.2"),)
    else:
        assert isinstance(read_findings(_line(**{**good, **change}))[0], Garbled)


@pytest.mark.parametrize(
    "line", [b"", b"[]\n", b"3\n", b"{\n", b"\xff\n", b"\xfe\xff\x00{\x00}\n", b"9" * 5000 + b"\n"]
)
def test_reading_stops_at_a_line_that_is_no_object(line: bytes) -> None:
    assert read_findings(_line(end=True) + line + _line(end=True))[:2] in (
        (RunCompleted(),),
        (RunCompleted(),) * 2,
    )
    assert line == b"" or len(read_findings(_line(end=True) + line + _line(end=True))) == 1


def test_a_run_has_ended_only_where_that_is_its_last_finding() -> None:
    assert run_result(_line(end=True)).end == "ended"
    assert run_result(_line(end=True), "timeout").end == "timeout"
    for data in (b"", _line(end=True) + _line(), _line(begin=0, at=0)):
        assert run_result(data).end == "died"


def test_the_errors_of_messages_hold_nothing_of_what_was_received() -> None:
    for value in ({"begin": "SECRET", "at": 0}, {"SECRET": 1}, "SECRET", {"begin": 0, "at": ["SECRET"]}):
        with pytest.raises(MessageError) as caught:
            StepBegan.from_json(value)
        assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "depth"),
    [
        ("", 0), ("1", 0), ("[]", 1), ('{"a": [[1], 2]}', 3), ('"[[["', 0), ('["\\"[[", "\\\\"]', 1), ('["[[[', 1),
        ('["\\', 1), ("[" * 5000 + "]" * 5000, 5000), ("[]" * 5000, 1), ("]]][", 0), ('"' + "\\\\" * 10**6 + '[["', 0),
        ('"' + '\\"' * 10**6 + "[[", 0),
    ],
    ids=range(13),
)  # fmt: skip
def test_the_depth_of_json_is_told_before_it_is_parsed(text: str, depth: int) -> None:
    assert nesting_depth(text) == depth


def test_a_journal_line_of_another_shape_is_no_result() -> None:
    whole = _through(graded("ann", mark("ann")).to_json())
    for change in ({"marks": [{}]}, {"points": 3}, {"student": None}):
        with pytest.raises(MessageError):
            Graded.from_json({**whole, **change})
