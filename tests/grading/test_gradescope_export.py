"""Gradescope's export: numbered folders, and a table that says whose they are."""

import json
import zipfile
from pathlib import Path

from tests import ROOT
from tests.grading.conftest import notebook
from workbook.course.grading.class_run import chapters_of
from workbook.course.grading.gradescope_export import submitters
from workbook.course.grading.submissions import find

CHAPTERS = chapters_of(ROOT)
TABLE = """---
submission_101:
  :submitters:
  - :name: 王伟
    :sid: '2301'
    :email: wei@uni.edu
  :created_at: 2026-11-20 21:00:00.000000000 Z
  :score: 3.0
  :results:
    tests:
    - name: an exercise
      :name: not a learner
submission_102:
  :submitters:
  - :name: "Zo\\u00eb M\\u00fcller"
    :sid: ''
  - :name: O'Brien
submission_103:
  :submitters:
  - :name: 王伟
    :sid:
    :email: wei2@uni.edu
submission_104:
  :submitters:
  - :name: 'Ann ''the'' Ant'
submission_105:
  :status: processed
"""


def test_the_table_names_the_learners() -> None:
    assert submitters(TABLE) == {
        "submission_101": "王伟 2301",
        "submission_102": "Zoë Müller and O'Brien",
        "submission_103": "王伟 wei2@uni.edu",
        "submission_104": "Ann 'the' Ant",
    }
    assert (
        submitters("")
        == submitters("\x00{[")
        == submitters('submission_1:\n  :submitters:\n  - :name: "')
        == {}
    )


def _students(path: Path) -> list[tuple[str, str]]:
    return [(submission.student, submission.chapter) for submission in find(path, CHAPTERS)]


def test_an_export_is_graded_by_name(tmp_path: Path) -> None:
    export = tmp_path / "assignment_7_export"
    for number, name in (
        (101, "02_convolution.ipynb"),
        (102, "homework.ipynb"),
        (105, "02_convolution.ipynb"),
    ):
        folder = export / f"submission_{number}"
        folder.mkdir(parents=True)
        (folder / name).write_text(json.dumps(notebook()))
    (export / "submission_104").mkdir()
    (export / "submission_104" / "answers.pdf").write_bytes(b"%PDF")
    (export / "submission_metadata.yml").write_text(TABLE, encoding="utf-8")
    expected = [
        ("Ann 'the' Ant", ""),
        ("Zoë Müller and O'Brien", ""),
        ("submission_105", "02_convolution"),
        ("王伟 2301", "02_convolution"),
    ]
    assert _students(export) == expected
    with zipfile.ZipFile(tmp_path / "assignment_7_export.zip", "w") as archive:
        for path in export.rglob("*"):
            archive.write(path, path.relative_to(tmp_path))
    assert _students(tmp_path / "assignment_7_export.zip") == expected


def test_a_second_download_is_the_same_class(tmp_path: Path) -> None:
    path = tmp_path / "export of ps2 (1).zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("assignment_55_export/submission_metadata.yml", TABLE)
        archive.writestr("assignment_55_export/submission_101/work.ipynb", json.dumps(notebook()))
        archive.writestr("assignment_55_export/submission_102/answers.pdf", b"")
    assert _students(path) == [("Zoë Müller and O'Brien", ""), ("王伟 2301", "")]


def test_a_learners_own_table_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "submission_101").mkdir()
    (tmp_path / "submission_101" / "02_convolution.ipynb").write_text(json.dumps(notebook()))
    (tmp_path / "submission_101" / "submission_metadata.yml").write_text(TABLE, encoding="utf-8")
    assert _students(tmp_path) == [("submission_101", "02_convolution")]
