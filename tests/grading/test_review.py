"""The page for reviewing, and the table that it saves: who comes first, what it may do, and every encoding of Excel."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.grading.made_up import HOSTILE, HOSTILE_NAMES, classroom, graded, hostile, mark
from tests.grading.test_pages import Page, _assert_accessible
from workbook.course.grading import exports
from workbook.course.grading.class_run import with_review
from workbook.course.grading.pages import policy, write_feedback, write_report
from workbook.course.grading.review_page import MOST_ANSWERS, write_review_page
from workbook.course.grading.spreadsheet_text import decoded
from workbook.course.grading.untrusted import visible

HEAD = "student,exercise,points,comment,max_points\r\n"


def _page(path: Path, *submissions: Any, **given: Any) -> tuple[Page, dict[str, Any]]:
    write_review_page(path, submissions, given.pop("filled", {}), run="0123", **given)
    page = Page(path)
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', page.source, re.DOTALL)
    assert data is not None
    return page, json.loads(data[1])


def test_what_waits_comes_first_then_notes_then_failures(tmp_path: Path) -> None:
    one = graded(
        "anna",
        mark("anna", "2.1", "passed"),
        mark("anna", "2.3", "wrong"),
        mark("anna", "2.4", "passed", notes=("uses the course's own reference.conv2d",)),
        mark("anna", "2.7", "needs review", answer="in words"),
        mark("anna", "2.5", "not started", answer="def conv_layer(image, kernel, bias):\n    return ..."),
        mark("anna", "2.6", "died", answer=""),
    )
    _, data = _page(tmp_path / "review.html", one)
    assert [answer["exercise"] for answer in data["answers"]] == ["2.7", "2.4", "2.3", "2.1"]
    assert data["exercises"] == ["2.1", "2.3", "2.4", "2.7"]
    waits, noted = data["answers"][:2]
    assert (waits["points"], waits["most"], waits["answer"], waits["row"]) == (
        None,
        4,
        "in words",
        "exercise-2-7",
    )
    assert noted["notes"] == ["uses the course's own reference.conv2d"]


def test_what_a_person_gave_is_on_the_page_and_what_it_does_not_show_is_kept(tmp_path: Path) -> None:
    marks = (mark("anna", "2.7", "needs review"), mark("anna", "2.3", "wrong"))
    one = graded("anna", *marks, oddity="Older files were not graded.")
    filled = {("anna", "2.7"): (2.5, "good"), ("bob", "3.1"): (1.0, "from another chapter")}
    _, data = _page(tmp_path / "r.html", one, filled=filled, notes={("anna", "2.3"): "marked in formgrader"})
    assert [answer["given"] for answer in data["answers"]] == [
        {"points": "2.5", "comment": "good"},
        {"points": "", "comment": ""},
    ]
    assert data["answers"][1]["notes"] == [
        "marked in formgrader",
        "about the file: Older files were not graded.",
    ]
    assert data["others"] == [["bob", "exercise-3-1", "1", "from another chapter", ""]]


@pytest.mark.parametrize("index", range(len(HOSTILE)))
def test_no_text_of_a_learner_is_markup_or_program(tmp_path: Path, index: int) -> None:
    page, data = _page(tmp_path / "review.html", hostile(index))
    plain, _ = _page(tmp_path / "plain.html", graded("anna", mark("anna", "2.7", "needs review")))
    assert page.shape == plain.shape
    _assert_accessible(page)
    assert len(page.find("script")) == 2
    assert visible(page.source) == page.source
    shown = visible(HOSTILE[index][:4000]).strip("\n")
    assert all(answer["answer"].startswith(shown) for answer in data["answers"])


def test_the_policy_allows_the_pages_own_script_and_nothing_else(tmp_path: Path) -> None:
    page, _ = _page(tmp_path / "review.html", *classroom(3))
    style = re.findall(r"<style>(.*?)</style>", page.source, re.DOTALL)[0]
    script = re.findall(r"<script>(.*?)</script>", page.source, re.DOTALL)[0]
    stated = next(meta["content"] for meta in page.find("meta") if "http-equiv" in meta)
    assert stated == policy(style, script)
    assert "script-src 'sha256-" in stated
    assert not re.search(r"innerHTML|insertAdjacentHTML|document\.write|eval\(|fetch\(|https?://", script)


def test_the_script_finds_every_element_that_it_names(tmp_path: Path) -> None:
    page, _ = _page(tmp_path / "review.html", *classroom(1))
    script = page.source.rsplit("<script>", 1)[1]
    ids = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    assert set(re.findall(r'(?:at|fill|getElementById)\("(\w+)"', script)) <= ids


def test_a_large_class_is_cut_at_what_passed(tmp_path: Path) -> None:
    passed = [graded(f"s{n}", mark(f"s{n}", "2.4", answer="x")) for n in range(MOST_ANSWERS + 5)]
    waits = graded("z", mark("z", "2.7", "needs review"))
    page, data = _page(tmp_path / "review.html", *passed, waits)
    assert len(data["answers"]) == MOST_ANSWERS
    assert data["answers"][0]["student"] == "z"
    assert "6 more answers are not on this page" in "".join(page.text)


def test_the_report_leads_to_the_page(tmp_path: Path) -> None:
    write_report(tmp_path / "report.html", classroom(1), review=tmp_path / "review.html")
    assert [link["href"] for link in Page(tmp_path / "report.html").find("a")][-1] == "review.html"


# The table ------------------------------------------------------------------------------------------------------------

CLASS = [
    graded(name, mark(name, "2.7", "needs review"), mark(name, "2.4"))
    for name in ("王伟", "李娜", "Müller", "喆")
]
SAVED = [
    ("王伟,exercise-2-7,3,很好\r\n", "gbk", ("王伟", 3.0, "很好")),
    ("喆,exercise-2-7,1.5,\r\n", "gbk", ("喆", 1.5, "")),
    ("王伟,exercise-2-7,3,\N{CJK UNIFIED IDEOGRAPH-9555}\r\n", "gb18030", ("王伟", 3.0, "\u9555")),
    ("Müller,exercise-2-7,2,schön\r\n", "cp1252", ("Müller", 2.0, "schön")),
    ("王伟,exercise-2-7,3,好\r\n", "big5", None),
    ("王伟,exercise-2-7,3,好\r\n", "utf-16", ("王伟", 3.0, "好")),
    ("王伟,exercise-2-7,3,好\r\n", "utf-8", ("王伟", 3.0, "好")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "encoding", "expected"), [row for row in SAVED if row[2]], ids=lambda one: str(one)[:12]
)
def test_a_table_is_read_in_the_encoding_in_which_a_spreadsheet_saved_it(
    tmp_path: Path, rows: str, encoding: str, expected: tuple[str, float, str]
) -> None:
    path = tmp_path / "review.csv"
    path.write_bytes((HEAD + rows).encode(encoding))
    student, points, comment = expected
    assert exports.read_marks(path, CLASS) == {(student, "2.7"): (points, comment)}
    names = [submission.student for submission in CLASS]
    assert exports.read_marks(path, names=names) == {(student, "2.7"): (points, comment)}
    exports.write_review(path, CLASS)
    assert path.read_bytes().decode("utf-8-sig").count(student) == 1


def test_a_chinese_comment_is_read_where_no_name_tells_the_encoding(tmp_path: Path) -> None:
    path = tmp_path / "review.csv"
    path.write_bytes(f"{HEAD}anna,exercise-2-7,3,写得很好\r\n".encode("gbk"))
    found = [graded("anna", mark("anna", "2.7", "needs review"))]
    assert exports.read_marks(path, found) == {("anna", "2.7"): (3.0, "写得很好")}
    path.write_bytes(f"{HEAD}anna,exercise-2-7,3,Größe\r\n".encode("cp1252"))
    with pytest.raises(ValueError, match="is not UTF-8"):
        exports.read_marks(path, found)


def test_no_bytes_make_decoding_raise() -> None:
    for data in (b"", b"\xff", b"\xff\xfe", b"\xff\xfea", b"\x80" * 9, bytes(range(256))):
        assert decoded(data, lambda text: set(), set()) is None or isinstance(
            decoded(data, lambda t: set(), set()), str
        )


def test_a_saved_table_is_taken_over_and_an_empty_row_takes_back(tmp_path: Path) -> None:
    path, saved = tmp_path / "review.csv", tmp_path / "Downloads.csv"
    path.write_text(
        f"{HEAD}王伟,exercise-2-7,3,old,4\r\n李娜,exercise-2-7,1,stays,4\r\n喆,3.1,1,other,\r\n",
        encoding="utf-8",
    )
    saved.write_text(f"{HEAD}王伟,exercise-2-7,,,4\r\nMüller,exercise-2-4,1,new,2\r\n", encoding="utf-8-sig")
    exports.merge_review(path, saved, CLASS)
    assert exports.read_marks(path, CLASS) == {
        ("李娜", "2.7"): (1.0, "stays"),
        ("Müller", "2.4"): (1.0, "new"),
    }
    assert "喆,exercise-3-1,1,other" in path.read_text(encoding="utf-8")
    before = path.read_bytes()
    saved.write_text(f"{HEAD}nobody,exercise-2-7,1,,4\r\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"nobody in this run is called 'nobody'"):
        exports.merge_review(path, saved, CLASS)
    assert path.read_bytes() == before
    with pytest.raises(ValueError, match="cannot be read"):
        exports.merge_review(path, tmp_path / "nowhere.csv", CLASS)


def test_a_comment_alone_reaches_the_learner_and_leaves_the_points(tmp_path: Path) -> None:
    found = [
        graded("ann", mark("ann", feedback="Right."), mark("ann", "2.7", "needs review", feedback="Later."))
    ]
    path = tmp_path / "review.csv"
    path.write_text(f"{HEAD}ann,exercise-2-4,,Well done.\r\nann,exercise-2-7,,Ask me.\r\n", encoding="utf-8")
    (reviewed,) = with_review(found, exports.read_marks(path, found))
    assert [(one.points, one.feedback) for one in reviewed.marks] == [
        (2, "Well done.\nRight."),
        (None, "Ask me.\nLater."),
    ]
    assert exports.write_review(path, found) == 1
    (page,) = write_feedback(tmp_path, [reviewed])
    assert "Well done." in page.read_text(encoding="utf-8")
    (tmp_path / "saved.csv").write_text(f"{HEAD}ann,exercise-2-4,,\r\n", encoding="utf-8")
    exports.merge_review(path, tmp_path / "saved.csv", found)
    (reviewed,) = with_review(found, exports.read_marks(path, found))
    assert reviewed.marks[0] == found[0].marks[0]


def test_hostile_names_come_back_to_their_learners(tmp_path: Path) -> None:
    found = [graded(name, mark(name, "2.7", "needs review")) for name in HOSTILE_NAMES]
    _, data = _page(tmp_path / "review.html", *found)
    with (tmp_path / "saved.csv").open("w", encoding="utf-8-sig", newline="") as file:
        file.write(HEAD)
        csv.writer(file).writerows([answer["label"], answer["row"], "1", ""] for answer in data["answers"])
    read = exports.read_marks(tmp_path / "saved.csv", found)
    assert {student for student, _ in read} == set(HOSTILE_NAMES)
