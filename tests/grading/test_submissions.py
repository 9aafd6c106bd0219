"""Finding submissions: every layout that teachers have, and every trick that a name or a zip can play."""

import io
import os
import pickle
import random
import socket
import stat
import struct
import time
import unicodedata
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest

from workbook.course.grading import containers, names
from workbook.course.grading.submissions import Submission, find, newest

CHAPTERS = ("01_why_convolution", "02_convolution", "03_pooling")
NOTEBOOK = b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
FILE = "02_convolution.ipynb"


def _folder(root: Path, *paths: str, content: bytes = NOTEBOOK) -> Path:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    return root


def _zip(path: Path, *members: str | zipfile.ZipInfo, content: bytes = NOTEBOOK) -> Path:
    path.write_bytes(_zip_bytes(members, content))
    return path


def _zip_bytes(members: Iterable[str | zipfile.ZipInfo], content: bytes = NOTEBOOK) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in members:
            archive.writestr(member, content)
    return data.getvalue()


def _told(found: list[Submission]) -> list[tuple[str, str, str]]:
    assert all(one.read() == NOTEBOOK for one in found if not one.problem)
    return [(one.student, one.chapter, one.lms_id) for one in found]


def _check_names(found: list[Submission]) -> None:
    """Every identifier can be shown, is short, and names no path; no two learners share one."""
    for one in found:
        assert 0 < len(one.student) <= 120
        assert one.student == one.student.strip(" .")
        for char in one.student + one.origin:
            assert unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Zl", "Zp")
        assert not set(one.student) & set('/\\:*?"<>|\0')
        one.student.encode("utf-8")
        one.origin.encode("utf-8")
        assert "\n" not in one.problem


# --- Layouts --------------------------------------------------------------------------------------------------


def test_a_folder_of_notebooks(tmp_path: Path) -> None:
    _folder(
        tmp_path, "alice.ipynb", "bob_02_convolution.ipynb", "03_pooling_carol.ipynb", "03-pooling dan.ipynb"
    )
    assert _told(find(tmp_path, CHAPTERS)) == [
        ("alice", "", ""),
        ("bob", "02_convolution", ""),
        ("carol", "03_pooling", ""),
        ("dan", "03_pooling", ""),
    ]


def test_a_folder_for_each_learner(tmp_path: Path) -> None:
    _folder(tmp_path, f"alice/{FILE}", "alice/03_pooling.ipynb", f"bob/work/{FILE}", "carol/final.ipynb")
    assert _told(find(tmp_path, CHAPTERS)) == [
        ("alice", "02_convolution", ""),
        ("alice", "03_pooling", ""),
        ("bob", "02_convolution", ""),
        ("carol", "", ""),
    ]


def test_a_folder_for_each_chapter(tmp_path: Path) -> None:
    _folder(tmp_path, "02_convolution/alice.ipynb", "03_pooling/alice.ipynb", "03_pooling/bob/work.ipynb")
    assert _told(find(tmp_path, CHAPTERS)) == [
        ("alice", "02_convolution", ""),
        ("alice", "03_pooling", ""),
        ("bob", "03_pooling", ""),
    ]


def test_one_learners_folder_and_one_notebook(tmp_path: Path) -> None:
    _folder(tmp_path, f"alice/{FILE}")
    expected = [("alice", "02_convolution", "")]
    assert _told(find(tmp_path, CHAPTERS)) == expected
    assert _told(find(tmp_path / "alice", CHAPTERS)) == expected
    assert _told(find(tmp_path / "alice" / FILE, CHAPTERS)) == expected


@pytest.mark.parametrize("inside", ["", "submitted"])
def test_nbgraders_tree_from_the_course_folder_and_from_within(tmp_path: Path, inside: str) -> None:
    paths = [f"submitted/{who}/ps{n}/{FILE}" for who in ("alice", "bob") for n in (1,)]
    _folder(
        tmp_path, *paths, "submitted/carol/02_convolution/timestamp.txt", f"source/ps1/{FILE}", "gradebook.db"
    )
    found = find(tmp_path / inside, CHAPTERS)
    assert _told(found) == [(who, "02_convolution", "") for who in ("alice", "bob")] + [
        ("carol", "02_convolution", "")
    ]
    assert found[2].problem == "No notebook (.ipynb) was handed in."


@pytest.mark.parametrize("prefix", ["submitted/", "course/submitted/", "", "course/"])
def test_nbgraders_tree_in_a_zip(tmp_path: Path, prefix: str) -> None:
    path = _zip(
        tmp_path / "course.zip", *[f"{prefix}{who}/02_convolution/{FILE}" for who in ("alice", "bob")]
    )
    assert _told(find(path, CHAPTERS)) == [("alice", "02_convolution", ""), ("bob", "02_convolution", "")]


def test_one_learner_in_nbgraders_tree_stays_that_learner(tmp_path: Path) -> None:
    _folder(tmp_path, "submitted/alice/mine.ipynb", "submitted/alice/other.ipynb")
    assert {one.student for one in find(tmp_path, CHAPTERS)} == {"alice"}


def test_a_folder_around_a_class_is_taken_off(tmp_path: Path) -> None:
    path = _zip(tmp_path / "download.zip", "class/alice.ipynb", "class/bob.ipynb", "class/notes.txt")
    assert [(one.student, one.origin) for one in find(path, CHAPTERS)] == [
        ("alice", "class/alice.ipynb"),
        ("bob", "class/bob.ipynb"),
    ]


CLASSES = [
    ("提交/张敏/02_convolution.ipynb", "提交/李娜/02_convolution.ipynb"),
    ("a/提交/张敏/02_convolution.ipynb", "a/提交/李娜/02_convolution.ipynb"),
    ("提交/张敏/homework.ipynb", "提交/李娜/homework.ipynb"),
    ("提交/张敏_02_convolution.ipynb", "提交/李娜/02_convolution.ipynb", "提交/notes.txt"),
    ("提交/02_convolution/张敏.ipynb", "提交/02_convolution/李娜.ipynb"),
    ("提交/02_convolution/张敏/mine.ipynb", "提交/02_convolution/李娜/mine.ipynb"),
    ("course/submitted/张敏/ps1/02_convolution.ipynb", "course/submitted/李娜/ps1/02_convolution.ipynb"),
    ("作业/张敏/02_convolution.ipynb", "作业/李娜/answers.pdf"),
]


@pytest.mark.parametrize("paths", CLASSES)
@pytest.mark.parametrize("packed", [False, True])
def test_a_folder_around_learners_folders_is_taken_off(
    tmp_path: Path, paths: tuple[str, ...], packed: bool
) -> None:
    name = "作业 (1)"
    path = _zip(tmp_path / f"{name}.zip", *paths) if packed else _folder(tmp_path / name, *paths)
    assert {one.student for one in find(path, CHAPTERS)} == {"张敏", "李娜"}


ONE_LEARNERS = [
    ("张敏/02_convolution/02_convolution.ipynb", "张敏/03_pooling/03_pooling.ipynb"),
    ("张敏/02_convolution/mine.ipynb", "张敏/03_pooling/other.ipynb"),
    ("张敏/draft/02_convolution.ipynb", "张敏/final v2/02_convolution.ipynb"),
    ("张敏/02_convolution.ipynb", "张敏/old/02_convolution.ipynb", "张敏/备份/02_convolution.ipynb"),
    ("张敏/作业1/02_convolution.ipynb", "张敏/作业2/03_pooling.ipynb"),
    ("张敏/Desktop/course/02_convolution.ipynb",),
    ("张敏/submission_metadata.yml", "张敏/02_convolution.ipynb", "张敏/03_pooling.ipynb"),
]


@pytest.mark.parametrize("paths", ONE_LEARNERS)
def test_one_learners_own_folders_are_no_class(tmp_path: Path, paths: tuple[str, ...]) -> None:
    assert {one.student for one in find(_folder(tmp_path, *paths), CHAPTERS)} == {"张敏"}


def test_a_second_download_of_one_learners_work_has_the_learners_name(tmp_path: Path) -> None:
    path = _zip(tmp_path / "张敏 (1).zip", f"张敏/{FILE}")
    assert _told(find(path, CHAPTERS)) == [("张敏", "02_convolution", "")]


def test_a_learner_of_a_platform_cannot_hand_in_a_class(tmp_path: Path) -> None:
    paths = [f"Mallory_1_assignsubmission_file_/{name}/{FILE}" for name in ("ann", "bob")]
    assert {one.student for one in find(_zip(tmp_path / "a.zip", *paths), CHAPTERS)} == {"Mallory_1"}


def test_a_folder_around_moodles_folders_is_taken_off(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a.zip", "CS1/Jane Doe_7_assignsubmission_file_/mine.ipynb")
    assert _told(find(path, CHAPTERS)) == [("Jane Doe_7", "", "7")]


@pytest.mark.parametrize("end", ["_", ""])
def test_moodles_zip_with_folders(tmp_path: Path, end: str) -> None:
    path = _zip(
        tmp_path / "CS1-Convolution-77.zip",
        f"Jane Doe_1234567_assignsubmission_file{end}/{FILE}",
        f"Jane Doe_7654321_assignsubmission_file{end}/sub/folder/{FILE}",
        f"Zoë Ünal_31_assignsubmission_file{end}/work.ipynb",
        f"Participant_99_assignsubmission_file{end}/answers.pdf",
        f"Zoë Ünal_31_assignsubmission_onlinetext{end}/onlinetext.html",
        f"Group B_12_assignsubmission_file{end}/{FILE}",
    )
    found = find(path, CHAPTERS)
    assert _told(found) == [
        ("Group B_12", "02_convolution", "12"),
        ("Jane Doe_1234567", "02_convolution", "1234567"),
        ("Jane Doe_7654321", "02_convolution", "7654321"),
        ("Participant_99", "", "99"),
        ("Zoë Ünal_31", "", "31"),
    ]
    problems = ["", "", "", "No notebook (.ipynb) was handed in, only answers.pdf.", ""]
    assert [one.problem for one in found] == problems


def test_moodles_zip_without_folders_and_unpacked(tmp_path: Path) -> None:
    name = "Jane Doe_1234567_assignsubmission_file_02_convolution.ipynb"
    expected = [("Jane Doe_1234567", "02_convolution", "1234567")]
    assert _told(find(_zip(tmp_path / "flat.zip", name), CHAPTERS)) == expected
    assert _told(find(_folder(tmp_path / "flat", name), CHAPTERS)) == expected


def test_a_file_name_cannot_pass_for_another_learner_of_moodle(tmp_path: Path) -> None:
    evil = "Mallory_1_assignsubmission_file_Jane Doe_2_assignsubmission_file_02_convolution.ipynb"
    assert _told(find(_zip(tmp_path / "a.zip", evil), CHAPTERS)) == [("Mallory_1", "02_convolution", "1")]


def test_canvas_zip(tmp_path: Path) -> None:
    path = _zip(
        tmp_path / "submissions.zip",
        "doejane_12345_67890_02_convolution.ipynb",
        "doejane_LATE_12345_67891_02_convolution-1.ipynb",
        "doejane_12345_67892_03_pooling.ipynb",
        "müllerkai_LATE_777_67893_hw.ipynb",
        "anon_aB3x9_67894_02_convolution.ipynb",
        "LATE_anon_Zz3x9_67895_02_convolution.ipynb",
        "textkim_888_text.html",
    )
    found = find(path, CHAPTERS)
    assert _told(found) == [
        ("anon_Zz3x9", "02_convolution", ""),
        ("anon_aB3x9", "02_convolution", ""),
        ("doejane_12345", "02_convolution", "12345"),
        ("doejane_12345", "03_pooling", "12345"),
        ("müllerkai_777", "", "777"),
        ("textkim_888", "", "888"),
    ]
    jane = found[2]
    assert jane.origin == "doejane_LATE_12345_67891_02_convolution-1.ipynb"
    assert jane.older_files == ("doejane_12345_67890_02_convolution.ipynb",)
    assert jane.oddity == "Older files were not graded: doejane_12345_67890_02_convolution.ipynb."
    assert found[5].problem == "No notebook (.ipynb) was handed in, only textkim_888_text.html."


def test_canvas_numbers_decide_and_then_the_copys(tmp_path: Path) -> None:
    base = "doejane_12345"
    names_ = [f"{base}_9_02_convolution-7.ipynb", f"{base}_10_02_convolution.ipynb"]
    assert find(_zip(tmp_path / "a.zip", *names_), CHAPTERS)[0].origin == names_[1]
    copies = [f"{base}_67890_02_convolution{one}.ipynb" for one in ("-2", "-10", "", "-9")]
    kept = find(_zip(tmp_path / "b.zip", *copies), CHAPTERS)
    assert [one.origin for one in kept] == [copies[1]]
    assert kept[0].older_files == (copies[2], copies[0], copies[3])


def test_a_file_name_cannot_pass_for_another_learner_of_canvas(tmp_path: Path) -> None:
    evil = "mallory_1_100_doejane_12345_99999_02_convolution.ipynb"
    assert _told(find(_zip(tmp_path / "a.zip", evil), CHAPTERS)) == [("mallory_1", "02_convolution", "1")]


def test_a_learners_number_beside_the_chapters_is_no_canvas_name(tmp_path: Path) -> None:
    _folder(tmp_path, "s_1234567_02_convolution.ipynb", "hw_01_02_convolution.ipynb")
    assert _told(find(tmp_path, CHAPTERS)) == [
        ("hw_01", "02_convolution", ""),
        ("s_1234567", "02_convolution", ""),
    ]


def test_copies_by_browsers_and_jupyter(tmp_path: Path) -> None:
    alice = ["alice_02_convolution.ipynb", "alice_02_convolution (1).ipynb", "alice_02_convolution (2).ipynb"]
    bob = ["bob/02_convolution.ipynb", "bob/02_convolution-Copy1.ipynb"]
    found = find(_folder(tmp_path, *alice, *bob), CHAPTERS)
    assert [(one.student, one.origin) for one in found] == [("alice", alice[2]), ("bob", bob[1])]
    assert found[0].older_files == tuple(alice[:2])


def test_numbers_that_tell_learners_apart_stay(tmp_path: Path) -> None:
    _folder(
        tmp_path,
        "02_convolution_group-1.ipynb",
        "02_convolution_group-2.ipynb",
        "alice-1.ipynb",
        "alice.ipynb",
    )
    assert [one.student for one in find(tmp_path, CHAPTERS)] == ["alice", "alice-1", "group-1", "group-2"]


def test_several_files_whose_names_tell_no_chapter_all_stay_and_can_be_compared(tmp_path: Path) -> None:
    found = find(_folder(tmp_path, "alice/a9.ipynb", "alice/a10.ipynb", "bob/x.ipynb"), CHAPTERS)
    assert [one.student for one in found] == ["alice", "alice", "bob"]
    kept = newest(found[:2])
    assert (kept.origin, kept.older_files) == ("alice/a10.ipynb", ("alice/a9.ipynb",))
    with pytest.raises(ValueError, match="empty"):
        newest([])


def test_a_copy_that_cannot_be_read_does_not_replace_one_that_can(tmp_path: Path) -> None:
    _folder(tmp_path, f"alice/{FILE}")
    os.symlink(FILE, tmp_path / "alice" / "02_convolution (1).ipynb")
    (one,) = find(tmp_path, CHAPTERS)
    assert one.read() == NOTEBOOK
    assert one.older_files == ("alice/02_convolution (1).ipynb",)


def test_all_can_be_one_learners_whatever_the_names_say(tmp_path: Path) -> None:
    _folder(tmp_path, FILE, "bob_02_convolution.ipynb", "scratch.ipynb", "doejane_1_2_03_pooling.ipynb")
    assert _told(find(tmp_path, CHAPTERS, student="alice")) == [
        ("alice", "", ""),
        ("alice", "02_convolution", ""),
        ("alice", "03_pooling", ""),
    ]


@pytest.mark.parametrize("kind", ["folder", "moodle", "canvas"])
def test_a_zip_that_a_learner_handed_in_is_opened_one_level(tmp_path: Path, kind: str) -> None:
    inner = _zip_bytes([FILE, "deep/er/03_pooling.ipynb", ".ipynb_checkpoints/x.ipynb", "__MACOSX/._x.ipynb"])
    name, student, number = {
        "folder": ("alice.zip", "alice", ""),
        "moodle": ("Jane Doe_7_assignsubmission_file_/work.zip", "Jane Doe_7", "7"),
        "canvas": ("doejane_7_8_work.zip", "doejane_7", "7"),
    }[kind]
    if kind == "folder":
        (tmp_path / "in").mkdir()
        (tmp_path / "in" / name).write_bytes(inner)
    else:
        _zip(tmp_path / "in", name, content=inner).rename(tmp_path / "in.zip")
    found = find(tmp_path / ("in" if kind == "folder" else "in.zip"), CHAPTERS)
    assert _told(found) == [(student, "02_convolution", number), (student, "03_pooling", number)]


def test_names_inside_a_learners_zip_tell_no_learner(tmp_path: Path) -> None:
    inner = _zip_bytes([f"Jane Doe_2_assignsubmission_file_/{FILE}", f"submitted/bob/ps1/{FILE}"])
    path = _zip(tmp_path / "a.zip", "Mallory_1_assignsubmission_file_/x.zip", content=inner)
    assert {(one.student, one.lms_id) for one in find(path, CHAPTERS)} == {("Mallory_1", "1")}


def test_a_zip_in_a_zip_in_a_zip_is_not_opened(tmp_path: Path) -> None:
    inner = _zip_bytes(["inner.zip"], _zip_bytes([FILE]))
    (one,) = find(_zip(tmp_path / "a.zip", "doejane_7_8_work.zip", content=inner), CHAPTERS)
    assert one.problem == "The zip that was handed in holds no notebook."


def test_what_is_no_work_is_skipped(tmp_path: Path) -> None:
    hidden = (
        f".ipynb_checkpoints/{FILE}",
        "__MACOSX/alice/x.ipynb",
        "alice/._02_convolution.ipynb",
        ".h.ipynb",
    )
    junk = (*hidden, f"alice/.ipynb_checkpoints/{FILE}", "alice/notes.txt", "README.md")
    assert len(find(_folder(tmp_path / "a", f"alice/{FILE}", *junk), CHAPTERS)) == 1
    assert len(find(_zip(tmp_path / "a.zip", f"alice/{FILE}", *junk), CHAPTERS)) == 1


def test_nothing_to_grade_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "x.tar.gz").write_bytes(b"x")
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 and no more")
    _zip(tmp_path / "none.zip", "readme.txt")
    for name, text in (
        ("missing", "does not exist"),
        ("nul\0", "does not exist"),
        ("empty", "holds no notebook"),
        ("none.zip", "holds no notebook"),
        ("x.tar.gz", "unpack other archives"),
        ("broken.zip", "damaged"),
    ):
        with pytest.raises(ValueError, match=text) as error:
            find(tmp_path / name, CHAPTERS)
        assert "\n" not in str(error.value)


def test_a_submission_can_be_sent_to_another_process(tmp_path: Path) -> None:
    found = find(_zip(tmp_path / "a.zip", "doejane_7_8_w.zip", content=_zip_bytes([FILE])), CHAPTERS)
    assert _told(pickle.loads(pickle.dumps(found))) == [("doejane_7", "02_convolution", "7")]


# --- Every learner --------------------------------------------------------------------------------------------


def _by_student(found: list[Submission]) -> dict[str, str]:
    return {one.student: one.problem for one in found}


@pytest.mark.parametrize("packed", [False, True])
def test_every_learner_with_a_folder_is_listed(tmp_path: Path, packed: bool) -> None:
    files = ("alice/02_convolution.ipynb", "bob/answers.pdf", "carol/a.html", "carol/b.docx", "dan/work.rar")
    folder = _folder(tmp_path / "class", *files, "erin/.keep", "eve/.ipynb_checkpoints/x.ipynb")
    for name in ("nobody", "grace/deep/er"):
        (folder / name).mkdir(parents=True)
    path = folder
    if packed:
        path = tmp_path / "class.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for place in sorted(folder.rglob("*")):
                archive.write(place, place.relative_to(tmp_path))
    assert _by_student(find(path, CHAPTERS)) == {
        "alice": "",
        "bob": "No notebook (.ipynb) was handed in, only answers.pdf.",
        "carol": "No notebook (.ipynb) was handed in, only a.html, b.docx.",
        "dan": "No notebook (.ipynb) was handed in, only work.rar.",
        "erin": "Nothing was handed in.",
        "eve": "Nothing was handed in.",
        "grace": "Nothing was handed in.",
        "nobody": "Nothing was handed in.",
    }


def test_a_folder_of_hidden_files_alone_is_told_by_a_zip_that_names_no_folders(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a.zip", f"alice/{FILE}", "bob/.keep", "__MACOSX/bob/._x")
    assert _by_student(find(path, CHAPTERS)) == {"alice": "", "bob": "Nothing was handed in."}


def test_beside_notebooks_documents_are_learners_and_lists_are_not(tmp_path: Path) -> None:
    files = ("alice.ipynb", "bob.pdf", "carol_02_convolution.txt", "names.csv", "notes.txt", "README.md")
    folder = _folder(tmp_path, *files, "02_convolution.pdf", content=NOTEBOOK)
    (folder / "carol_02_convolution.txt").write_text("my answers")
    (folder / "empty").mkdir()
    assert _by_student(find(folder, CHAPTERS)) == {
        "alice": "",
        "bob": "No notebook (.ipynb) was handed in, only bob.pdf.",
        "carol": "No notebook (.ipynb) was handed in, only carol_02_convolution.txt.",
        "empty": "Nothing was handed in.",
    }


def test_beside_notebooks_only_an_empty_folder_is_a_learner(tmp_path: Path) -> None:
    _folder(tmp_path, "张敏.ipynb", "pictures/digit.png")
    for name in ("赵磊", "pictures/old", "03_pooling"):
        (tmp_path / name).mkdir()
    assert _by_student(find(tmp_path, CHAPTERS)) == {"张敏": "", "赵磊": "Nothing was handed in."}


def test_in_folders_of_chapters_too(tmp_path: Path) -> None:
    _folder(tmp_path, "02_convolution/alice.ipynb", "02_convolution/bob.pdf", "02_convolution/names.csv")
    (tmp_path / "03_pooling").mkdir()
    assert [(one.student, one.chapter) for one in find(tmp_path, CHAPTERS)] == [
        ("alice", "02_convolution"),
        ("bob", "02_convolution"),
    ]


def test_an_empty_folder_of_nbgraders_tree_is_a_learner(tmp_path: Path) -> None:
    _folder(tmp_path, f"submitted/alice/02_convolution/{FILE}")
    (tmp_path / "submitted" / "bob" / "02_convolution").mkdir(parents=True)
    (tmp_path / "submitted" / "carol").mkdir()
    assert _by_student(find(tmp_path, CHAPTERS)) == {
        "alice": "",
        "bob": "Nothing was handed in.",
        "carol": "Nothing was handed in.",
    }


@pytest.mark.parametrize(
    "name",
    [
        "02_convolution.ipynb.txt",
        "02_convolution.ipynb.json",
        "02_convolution.json",
        "02_convolution.txt",
        "02_convolution.ipynb.download",
        "02_convolution.ipynb (1).txt",
        "02_convolution",
        "02_CONVOLUTION.IPYNB",
        "02_convolution.IPYNB.TXT",
    ],
)
@pytest.mark.parametrize("place", ["alice/", "alice_", "doejane_7_8_", "Jane_7_assignsubmission_file_/"])
@pytest.mark.parametrize(
    "content", [NOTEBOOK, b"\xef\xbb\xbf\n  " + NOTEBOOK, NOTEBOOK.decode().encode("utf-16")]
)
def test_a_notebook_is_read_whatever_was_added_to_its_name(
    tmp_path: Path, name: str, place: str, content: bytes
) -> None:
    student = {"d": "doejane_7", "J": "Jane_7"}.get(place[0], "alice")
    for path in (
        _folder(tmp_path / "in", place + name, "zoe.ipynb", content=content),
        _zip(tmp_path / "in.zip", place + name, "zoe.ipynb", content=content),
    ):
        one, _ = find(path, CHAPTERS)
        assert (one.student, one.chapter, one.problem) == (student, "02_convolution", "")
        assert one.origin == place + name
        assert one.read() == content


def test_of_two_equal_names_the_real_notebook_counts(tmp_path: Path) -> None:
    _folder(tmp_path, f"alice/{FILE}.txt", f"alice/{FILE}", f"bob/{FILE}", "bob/02_convolution (1).ipynb.txt")
    alice, bob = find(tmp_path, CHAPTERS)
    assert (alice.origin, alice.older_files) == (f"alice/{FILE}", (f"alice/{FILE}.txt",))
    assert bob.origin == "bob/02_convolution (1).ipynb.txt"


def test_a_text_that_is_no_notebook_is_not_read(tmp_path: Path) -> None:
    _folder(tmp_path, f"alice/{FILE}")
    _folder(tmp_path, "alice/data.json", "bob/data.json", content=b'{"a": 1}')
    _folder(tmp_path, "bob/notes.txt", content=b"cells and nbformat")
    assert _by_student(find(tmp_path, CHAPTERS)) == {
        "alice": "",
        "bob": "No notebook (.ipynb) was handed in, only data.json, notes.txt.",
    }


def test_a_notebook_by_another_name_is_found_in_a_learners_zip(tmp_path: Path) -> None:
    inner = _zip_bytes([f"{FILE}.txt"])
    (one,) = find(_zip(tmp_path / "a.zip", "doejane_7_8_work.zip", content=inner), CHAPTERS)
    assert (one.chapter, one.problem) == ("02_convolution", "")


def test_on_gradescope_any_file_is_the_learners(tmp_path: Path) -> None:
    _folder(tmp_path, "answers.pdf")
    (one,) = find(tmp_path, CHAPTERS, student="learner")
    assert one.problem == "No notebook (.ipynb) was handed in, only answers.pdf."


def test_a_deep_path_takes_bounded_time_and_memory(tmp_path: Path) -> None:
    path = _zip(
        tmp_path / "a.zip", f"alice/{FILE}", "bob/" + "a/" * 30_000, "carol/" + "b/" * 30_000 + ".keep"
    )
    begin = time.process_time()
    assert "alice" in _by_student(find(path, CHAPTERS))
    assert time.process_time() - begin < 2


ENCODED = {
    "gbk": ["王伟", "李娜", "朱镕基", "张三丰"],
    "big5": ["王偉", "陳怡君", "林志明"],
    "cp932": ["佐藤", "鈴木さくら", "高橋ケン"],
    "cp949": ["김민준", "이서연", "박지훈"],
    "cp437": ["Müller", "Zoë", "José"],
    "cp866": ["Иванов", "Петрова"],
}


@pytest.mark.parametrize("encoding", ENCODED)
def test_names_in_the_encoding_of_their_country_can_be_read(tmp_path: Path, encoding: str) -> None:
    data = _zip_bytes([f"{number:0>40}/{FILE}" for number in range(len(ENCODED[encoding]))])
    for number, name in enumerate(ENCODED[encoding]):
        raw = name.encode(encoding)
        data = data.replace(f"{number:0>40}".encode(), raw + b" " * (40 - len(raw)))
    (tmp_path / "a.zip").write_bytes(data)
    found = find(tmp_path / "a.zip", CHAPTERS)
    assert {one.origin.split("/")[0].strip() for one in found} == set(ENCODED[encoding])


# --- Names ----------------------------------------------------------------------------------------------------

HOSTILE_NAMES = (
    "\x1b[31mred\x1b[0m", "\x1b]0;title\x07x", "a\u202eb", "a\u2066b", "a\u200bb", "line\nbreak", "tab\t", "\x7f", "..",
    ".", "a/b", "a\\b", "C:alice", "<script>alert(1)</script>", "&amp;", "=1+1", "+1", "-rf", "@x", "con", "NUL.txt",
    "a" * 300, "é" * 200, "\udcff\udcfe", "👩‍🎓", "", "~", "a~" + "0" * 10, "\u0301accent", "名前", "שלום",
    "l\u0301" * 999,
)  # fmt: skip


def test_identifiers_of_hostile_names_are_safe_and_their_own() -> None:
    given = names.identifiers(HOSTILE_NAMES)
    _check_names([Submission(one, "", "") for one in given.values()])
    folded = {unicodedata.normalize("NFKC", one).casefold() for one in given.values()}
    assert len(folded) == len(HOSTILE_NAMES)
    assert all(not one.startswith(("=", "+", "-", "@", ".")) for one in given.values())
    assert names.identifiers(HOSTILE_NAMES[::-1]) == given


def test_plain_names_stay_as_they_are() -> None:
    plain = ("alice", "Jane Doe_1234567", "o'neil", "a.b@c.org", "Zoë Ünal_31", "王小明_5", "x_1")
    signs = (
        "阿依古丽·买买提",
        "阿依古丽•买买提",
        "ジョン・スミス",
        "O\N{RIGHT SINGLE QUOTATION MARK}Brien",
        "李强（2）",
        "Li (2)",
    )
    assert names.identifiers(plain + signs) == {one: one for one in plain + signs}


def test_a_wide_space_is_a_space(tmp_path: Path) -> None:
    _folder(tmp_path, "王\u3000伟\u300002_convolution.ipynb", "王 伟_03_pooling.ipynb")
    assert _told(find(tmp_path, CHAPTERS)) == [("王 伟", "02_convolution", ""), ("王 伟", "03_pooling", "")]


def test_signs_make_no_two_names_one_and_begin_none() -> None:
    given = names.identifiers(["李强（2）", "李强(2)", "(2)", "·x"])
    assert len({unicodedata.normalize("NFKC", one) for one in given.values()}) == 4
    assert all(one[0].isalnum() for one in given.values())


def test_what_earlier_graders_called_a_learner_is_known() -> None:
    assert names.former_identifiers("阿依古丽·买买提") == ["阿依古丽_买买提~b733e70e9e"]
    assert names.former_identifiers("alice") == []


def test_names_that_differ_in_capitals_alone_get_a_digest_each() -> None:
    given = names.identifiers(["Alice", "alice", "ALICE", "bob"])
    assert len({one.casefold() for one in given.values()}) == 4
    assert given["bob"] == "bob"
    assert given["Alice"].startswith("Alice~")


def test_no_name_can_be_made_to_equal_another_ones_identifier() -> None:
    victim = names.identifiers(["a\x1bb"])["a\x1bb"]
    assert len(set(names.identifiers(["a\x1bb", victim, "a_b"]).values())) == 3


def test_a_macs_accents_are_the_same_learner() -> None:
    given = names.identifiers(["Zoe\u0308", "Zo\u00eb"])
    assert set(given.values()) == {"Zo\u00eb"}


def test_random_names_never_collapse() -> None:
    rng = random.Random(4)
    letters = "aAbBéÉßſK\u212a\u0301 ._-~/\\\x1b\u202e\udcff"
    for _ in range(100):
        these = {"".join(rng.choices(letters, k=rng.randint(0, 6))) for _ in range(12)}
        given = names.identifiers(these)
        different = {unicodedata.normalize("NFC", one) for one in these}
        assert len({one.casefold() for one in given.values()}) == len(different)


def test_names_on_disk_with_escapes_and_bytes_that_are_no_text(tmp_path: Path) -> None:
    for name in (b"\x1b[31malice.ipynb", b"\xff\xfe.ipynb", "a\u202elice.ipynb".encode(), b"new\nline.ipynb"):
        with open(os.path.join(os.fsencode(tmp_path), name), "wb") as file:
            file.write(NOTEBOOK)
    found = find(tmp_path, CHAPTERS)
    assert len(_told(found)) == 4
    _check_names(found)


# --- The disk -------------------------------------------------------------------------------------------------


def test_links_pipes_sockets_and_large_files_are_told_and_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.ipynb"
    secret.write_bytes(b"the solutions")
    subs = _folder(tmp_path / "subs", "good.ipynb")
    os.symlink(secret, subs / "link.ipynb")
    os.symlink("/dev/zero", subs / "zero.ipynb")
    os.symlink(tmp_path, subs / "folderlink")
    os.symlink(subs, subs / "loop")
    os.mkfifo(subs / "pipe.ipynb")
    with (subs / "large.ipynb").open("wb") as file:
        file.truncate(containers.MOST_BYTES + 1)
    with socket.socket(socket.AF_UNIX) as plug:
        plug.bind(str(subs / "plug.ipynb"))
        found = {one.student: one for one in find(subs, CHAPTERS)}
    assert {name for name, one in found.items() if not one.problem} == {"good"}
    assert found["folderlink"].problem == found["link"].problem == containers.LINK
    assert found["pipe"].problem == found["plug"].problem == containers.NOT_REGULAR
    assert found["large"].problem == "It is larger than 50 MB."
    for one in found.values():
        if one.problem:
            with pytest.raises(ValueError, match=r"^It is"):
                one.read()


def test_hard_links_are_fine(tmp_path: Path) -> None:
    _folder(tmp_path, "alice.ipynb")
    os.link(tmp_path / "alice.ipynb", tmp_path / "bob.ipynb")
    assert len(_told(find(tmp_path, CHAPTERS))) == 2


def test_what_becomes_a_link_or_a_pipe_after_it_was_found_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / FILE).write_bytes(b"the solutions")
    (one,) = find(_folder(tmp_path / "subs", f"alice/{FILE}"), CHAPTERS)
    path = tmp_path / "subs" / "alice" / FILE
    path.unlink()
    os.symlink(tmp_path / "secret" / FILE, path)
    with pytest.raises(ValueError, match="cannot be opened"):
        one.read()
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(ValueError, match="not a regular file"):
        one.read()
    path.unlink()
    path.parent.rmdir()
    os.symlink(tmp_path / "secret", path.parent)
    with pytest.raises(ValueError, match="cannot be opened"):
        one.read()


def test_a_file_that_grows_or_goes_is_told(tmp_path: Path) -> None:
    (one,) = find(_folder(tmp_path, "alice.ipynb"), CHAPTERS)
    with (tmp_path / "alice.ipynb").open("r+b") as file:
        file.truncate(containers.MOST_BYTES + 1)
    with pytest.raises(ValueError, match="larger than 50 MB"):
        one.read()
    (tmp_path / "alice.ipynb").unlink()
    with pytest.raises(ValueError, match="No such file"):
        one.read()


# --- Zips -----------------------------------------------------------------------------------------------------

TRICKS = (
    "../victim/02_convolution.ipynb", "/victim_02_convolution.ipynb", "..\\victim\\02_convolution.ipynb",
    "C:\\victim\\02_convolution.ipynb", "C:victim_02_convolution.ipynb", "a/../../victim_02_convolution.ipynb",
    "\\\\server\\share\\victim.ipynb",
)  # fmt: skip


def test_paths_that_point_outside_are_told_and_pass_for_nobody(tmp_path: Path) -> None:
    found = find(_zip(tmp_path / "a.zip", "victim_02_convolution.ipynb", "bob.ipynb", *TRICKS), CHAPTERS)
    _check_names(found)
    good = [one for one in found if not one.problem]
    assert [one.student for one in good] == ["bob", "victim"]
    assert good[1].older_files == ()
    assert {one.problem for one in found if one.problem} == {containers.OUTSIDE}
    assert len(found) == len(TRICKS) + 2


def test_one_odd_path_does_not_make_a_class_one_learner(tmp_path: Path) -> None:
    path = _zip(tmp_path / "x.zip", "x/alice.ipynb", "x/bob.ipynb", "../evil.ipynb", "notes.txt")
    assert {"alice", "bob"} <= {one.student for one in find(path, CHAPTERS)}


def test_backslashes_are_separators(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a.zip", f"alice\\{FILE}", f"bob\\{FILE}")
    assert _told(find(path, CHAPTERS)) == [("alice", "02_convolution", ""), ("bob", "02_convolution", "")]


def _special(name: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = mode << 16
    return info


def test_links_and_devices_in_a_zip(tmp_path: Path) -> None:
    kinds = {"link": stat.S_IFLNK, "pipe": stat.S_IFIFO, "device": stat.S_IFCHR, "plain": stat.S_IFREG}
    path = tmp_path / "a.zip"
    _zip(path, *[_special(f"{name}.ipynb", kind | 0o644) for name, kind in kinds.items()], content=NOTEBOOK)
    problems = {one.student: one.problem for one in find(path, CHAPTERS)}
    regular = containers.NOT_REGULAR
    assert problems == {"link": containers.LINK, "pipe": regular, "device": regular, "plain": ""}


def _patched(data: bytes, at_local: int, at_central: int, form: str, value: int) -> bytes:
    """Write a number into every local and every central header of a zip."""
    result = bytearray(data)
    for mark, offset in ((b"PK\x03\x04", at_local), (b"PK\x01\x02", at_central)):
        start = result.find(mark)
        while start >= 0:
            struct.pack_into(form, result, start + offset, value)
            start = result.find(mark, start + 4)
    return bytes(result)


def test_encrypted_members_and_unusual_methods(tmp_path: Path) -> None:
    plain = _zip_bytes(["alice.ipynb"])
    cases = {"encrypted": _patched(plain, 6, 8, "<H", 1), "packed": _patched(plain, 8, 10, "<H", 98)}
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w", method) as archive:
            archive.writestr("alice.ipynb", NOTEBOOK)
        cases[f"packed {method}"] = data.getvalue()
    for text, data_ in cases.items():
        (tmp_path / "a.zip").write_bytes(data_)
        (one,) = find(tmp_path / "a.zip", CHAPTERS)
        assert text.split()[0] in one.problem
        with pytest.raises(ValueError, match=text.split()[0]):
            one.read()


def test_a_bad_checksum_and_a_cut_zip(tmp_path: Path) -> None:
    data = _zip_bytes(["alice.ipynb"])
    (tmp_path / "a.zip").write_bytes(_patched(data, 14, 16, "<I", 1))
    (one,) = find(tmp_path / "a.zip", CHAPTERS)
    with pytest.raises(ValueError, match="damaged"):
        one.read()
    (tmp_path / "a.zip").write_bytes(data[: len(data) // 2])
    with pytest.raises(ValueError, match="damaged"):
        find(tmp_path / "a.zip", CHAPTERS)


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    bomb = _zip_bytes(["alice.ipynb"], bytes(containers.MOST_BYTES + 1))
    assert len(bomb) < 100_000
    (tmp_path / "a.zip").write_bytes(bomb)
    (one,) = find(tmp_path / "a.zip", CHAPTERS)
    assert one.problem == "It is larger than 50 MB."
    (tmp_path / "a.zip").write_bytes(_patched(bomb, 22, 24, "<I", 100))  # says 100 bytes
    (one,) = find(tmp_path / "a.zip", CHAPTERS)
    with pytest.raises(ValueError, match="damaged"):
        one.read()


def test_a_nested_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = _zip(
        tmp_path / "a.zip", "doejane_7_8_w.zip", content=_zip_bytes([FILE], bytes(containers.MOST_BYTES + 1))
    )
    (one,) = find(path, CHAPTERS)
    assert one.problem == "It is larger than 50 MB."
    path = _zip(tmp_path / "b.zip", "doejane_7_8_w.zip", content=bytes(containers.MOST_BYTES + 1))
    (one,) = find(path, CHAPTERS)
    assert one.problem == "It is larger than 50 MB."


def test_overlapping_members_unpack_no_more_than_one(tmp_path: Path) -> None:
    """Two entries of the table of contents that point at the same data."""
    data = bytearray(_zip_bytes(["alice.ipynb", "bobby.ipynb"]))
    second = data.find(b"PK\x01\x02", data.find(b"PK\x01\x02") + 4)
    struct.pack_into("<I", data, second + 42, 0)
    (tmp_path / "a.zip").write_bytes(data)
    found = {one.student: one for one in find(tmp_path / "a.zip", CHAPTERS)}
    with pytest.raises(ValueError, match="damaged"):
        found["bobby"].read()


def test_a_table_of_contents_without_end_is_refused(tmp_path: Path) -> None:
    entry = b"PK\x01\x02" + bytes(24) + struct.pack("<H", 1) + bytes(16) + b"a"
    count = containers.MOST_DIRECTORY // len(entry) + 2
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 65535, 65535, count * len(entry), 0, 0)
    (tmp_path / "a.zip").write_bytes(entry * count + end)
    begin = time.process_time()
    with pytest.raises(ValueError, match="table of contents is too long"):
        find(tmp_path / "a.zip", CHAPTERS)
    assert time.process_time() - begin < 1


def test_too_many_notebooks_in_a_learners_zip(tmp_path: Path) -> None:
    path = _zip(
        tmp_path / "a.zip", "doejane_7_8_w.zip", content=_zip_bytes([f"n{i}.ipynb" for i in range(51)])
    )
    (one,) = find(path, CHAPTERS)
    assert one.problem == "The zip that was handed in holds more than 50 notebooks."


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_of_two_members_with_one_name_the_last_counts(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(f"alice/{FILE}", b"first")
        archive.writestr(f"alice/{FILE}", b"second")
        archive.writestr(f"bob/{FILE}", b"third")
    found = find(tmp_path / "a.zip", CHAPTERS)
    assert [one.read() for one in found] == [b"second", b"third"]
    assert found[0].older_files == (f"alice/{FILE}",)


def test_names_in_a_zip_in_other_encodings(tmp_path: Path) -> None:
    data = _zip_bytes(["XXXX.ipynb", "YYYY.ipynb", "ZZZZ.ipynb"])
    for old, new in ((b"XXXX", "éé".encode()), (b"YYYY", b"a\x81\x82b"), (b"ZZZZ", b"\x1b[3m")):
        data = data.replace(old, new)
    (tmp_path / "a.zip").write_bytes(data)
    found = find(tmp_path / "a.zip", CHAPTERS)
    _check_names(found)
    students = [one.student for one in found]
    assert "éé" in students  # UTF-8 that does not say so, as a Mac writes it
    assert "aüéb" in students  # code page 437
    assert len(students) == 3
    (tmp_path / "a.zip").write_bytes(_patched(data, 6, 8, "<H", 0x800))  # says UTF-8 and is none
    with pytest.raises(ValueError, match="damaged"):
        find(tmp_path / "a.zip", CHAPTERS)


def test_a_nul_in_a_members_name(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(_zip_bytes(["alice.ipynbXtxt"]).replace(b"ipynbX", b"ipynb\0"))
    (one,) = find(tmp_path / "a.zip", CHAPTERS)
    assert "NUL" in one.problem


def test_very_long_names(tmp_path: Path) -> None:
    path = _zip(
        tmp_path / "a.zip", "a" * 60_000 + ".ipynb", "a" * 60_001 + ".ipynb", "e\u0301" * 20_000 + ".ipynb"
    )
    begin = time.process_time()
    found = find(path, CHAPTERS)
    assert time.process_time() - begin < 2
    assert len({one.student for one in found}) == 3
    _check_names(found)


def _mutated(rng: random.Random, original: bytes) -> bytes:
    data = bytearray(original)
    for _ in range(rng.choice((1, 1, 2, 8))):
        place, kind = rng.randrange(len(data)), rng.random()
        if kind < 0.7:
            data[place] = rng.choice((0, 1, 0x2E, 0x2F, 0x5C, 0xFF, rng.randrange(256)))
        elif kind < 0.85:
            del data[place : place + rng.randint(1, 40)]
        else:
            data[place:place] = rng.randbytes(rng.randint(1, 40))
    return bytes(data)


def _refusals(path: Path) -> list[str]:
    """Find and read all that a zip holds; return the messages of what failed."""
    said = []
    try:
        found = find(path, CHAPTERS)
    except ValueError as error:
        return [str(error)]
    _check_names(found)
    for one in found:
        try:
            assert len(one.read()) <= containers.MOST_BYTES
        except ValueError as error:
            said.append(str(error))
    return said


def test_three_hundred_mutations_of_a_zip_end_in_a_list_or_one_line(tmp_path: Path) -> None:
    rng = random.Random(20)
    inner = _zip_bytes([FILE, "03_pooling.ipynb"])
    original = io.BytesIO()
    with zipfile.ZipFile(original, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("doejane_12345_67890_02_convolution.ipynb", NOTEBOOK)
        archive.writestr("Jane Doe_1_assignsubmission_file_/work.zip", inner, zipfile.ZIP_STORED)
    said: list[str] = []
    for _ in range(300):
        (tmp_path / "a.zip").write_bytes(_mutated(rng, original.getvalue()))
        said += _refusals(tmp_path / "a.zip")
    assert len(said) > 50
    assert all(one and "\n" not in one for one in said)
    assert list(tmp_path.iterdir()) == [tmp_path / "a.zip"]
