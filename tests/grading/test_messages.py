"""Messages between the grader's processes: they come back as they were, and nothing else is read."""

import json
import random
import tracemalloc
from typing import Any

import pytest

from tests.grading.made_up import graded, mark
from workbook.course.grading import findings
from workbook.course.grading.findings import (
    LONGEST_LINE,
    MOST_FINDINGS,
    MOST_OUTPUT,
    MOST_VALUES,
    FindingsReader,
    Garbled,
    read_findings,
    run_result,
)
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
    ("reference.conv2d",),
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
    {"calls": [1]}, {"calls": ["x" * 101]}, {"calls": ["x"] * 101}, {"calls": None},
]  # fmt: skip


@pytest.mark.parametrize("line", GARBLED, ids=range(len(GARBLED)))
def test_an_object_that_is_no_finding_is_garbled_and_the_next_line_is_read(line: bytes) -> None:
    assert read_findings(line + _line(end=True)) == (Garbled(), RunCompleted())


@pytest.mark.parametrize("change", REPORTS, ids=range(len(REPORTS)))
def test_a_garbled_report_says_on_which_exercise(change: dict[str, Any]) -> None:
    good = {"report": "2.2", "state": "observed", "detail": "", "observations": [], "calls": []}
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


# The reader of findings ---------------------------------------------------------------------------------------

PIECES = [
    *(json.dumps(message.to_json()).encode() for message in FINDINGS),
    b'{"begin": 1, "at": 1' + b"0" * 400 + b"}",
    b'{"begin": 1' + b"0" * 5000 + b', "at": 0}',
    b"{}", b"[]", b"", b"null",
    b'{"report": "2.2"}', b'{"report": "2.2", "state": "observed", "detail": "", "observations": [[null, "", "',
    b'{"end": true, "end": false}', b"\xff\xfe",
    b'"' + b"\\" * 99, b"[" * 300, b"{" * 300, b'{"a":' * 150, b"NaN", b"\0",
    b'{"again": "\\ud800"}', b'{"failed": "own", "detail": "' + b"x" * 2000 + b'"}',
    b"-", b"1e999", b"\r", b"\xe2\x80\xa8",
]  # fmt: skip


def _bytes(rng: random.Random) -> bytes:
    """Make what a submission might write: findings, their parts and noise, on lines or not."""
    data = bytearray()
    for _ in range(rng.randrange(12)):
        piece = bytearray(rng.choice(PIECES))
        for _ in range(rng.choice((0, 0, 0, 1, 3))):
            if piece:
                piece[rng.randrange(len(piece))] = rng.randrange(256)
        data += piece[: rng.randrange(len(piece) + 1)] if rng.random() < 0.1 else piece
        data += rng.choice((b"\n", b"\n", b"\n", b"\n\n", b"", b" \n"))
    return bytes(data)


def test_two_thousand_runs_of_noise_are_read_the_same_however_they_arrive() -> None:
    rng = random.Random(5)
    kinds = set()
    for _ in range(2000):
        data = _bytes(rng)
        whole = run_result(data)
        reader, start = FindingsReader(), 0
        while start < len(data):
            end = start + rng.choice((1, 7, 100, 10_000))
            reader.feed(data[start:end])
            start = end
        assert reader.result() == whole
        assert whole.end in ("ended", "died")
        kinds |= {type(finding) for finding in whole.findings}
        for finding in whole.findings:
            if isinstance(finding, StepBegan):
                assert type(finding.at) is float
    assert kinds == {StepBegan, SecondLook, CellFailed, AnswerReport, RunCompleted, Garbled}


def test_of_several_reports_on_an_exercise_the_first_is_kept() -> None:
    lines = [
        _line(report="2.2", state=state, detail="", observations=[], calls=[])
        for state in ("observed", "error")
    ]
    assert read_findings(b"".join(lines * 100)) == (AnswerReport("2.2", "observed", "", ()),)


FLOODS = {
    "a line without an end": b"x" * 2**20,
    "small lines": b"{}\n" * 2**18,
    "empty lists": b'{"a":[' + b"[]," * 2**17 + b"0]}\n",
    "large reports": _line(report="2.2", state="observed", detail="", observations=[[None, "", "x" * 2**20]], calls=[]),
    "other reports": _line(report="9.9", state="observed", detail="", observations=[[None, "", [0] * 2**17]], calls=[]),
}  # fmt: skip


@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_of_findings_is_not_held_in_memory(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A submission may write gigabytes before it is ended. The limits are an eighth of the real ones here."""
    most, longest = MOST_OUTPUT // 8, LONGEST_LINE // 8
    for limit, value in (("MOST_OUTPUT", most), ("LONGEST_LINE", longest), ("MOST_VALUES", MOST_VALUES // 8)):
        monkeypatch.setattr(findings, limit, value)
    reader = FindingsReader()
    tracemalloc.start()
    for _ in range(1 + most // len(FLOODS[name])):
        reader.feed(FLOODS[name])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert reader.is_full
    assert reader.result("output").end == "output"
    assert peak < 6 * longest
    assert reader.lines <= MOST_FINDINGS + 1
