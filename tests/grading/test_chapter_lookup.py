"""Notebooks whose names hold the chapter's number, or nothing of it: whose they are."""

import json
from pathlib import Path

import pytest

from tests import ROOT
from tests.grading.conftest import notebook
from workbook.course.grading import journal
from workbook.course.grading.chapter_lookup import without_numbers
from workbook.course.grading.class_run import chapters_of, find_submissions
from workbook.course.grading.names import split_number
from workbook.course.grading.options import GradingOptions
from workbook.course.grading.submissions import Submission

CHAPTERS = chapters_of(ROOT)
SECOND, FIFTH = "02_convolution", "05_first_cnn"

NUMBERED = {
    "王伟_02": (SECOND, "王伟"),
    "O'Brien-05": (FIFTH, "O'Brien"),
    "Zoë Müller 02": (SECOND, "Zoë Müller"),
    "王伟 2301_02": (SECOND, "王伟 2301"),
    "ann.ch02": (SECOND, "ann"),
    "ann_Chapter 05": (FIFTH, "ann"),
    "ann_02 (1)": (SECOND, "ann"),
    "02_ann": (SECOND, "ann"),
    "ann": ("", "ann"),
    "ann02": ("", "ann02"),
    "ann_2": ("", "ann_2"),
    "ann_2302": ("", "ann_2302"),
    "ann_77": ("", "ann_77"),
    "_02": ("", "_02"),
    "02": ("", "02"),
}


@pytest.mark.parametrize("name", NUMBERED)
def test_a_number_in_a_name_may_be_a_chapters(name: str) -> None:
    assert split_number(name, CHAPTERS) == NUMBERED[name]


def _students(*files: tuple[str, str]) -> list[str]:
    found = [Submission(name, chapter, f"{name}.ipynb") for name, chapter in files]
    return [submission.student for submission in without_numbers(found, CHAPTERS)]


def test_a_number_is_taken_out_where_the_cells_agree() -> None:
    assert _students(("王伟_02", SECOND), ("王伟_05", FIFTH)) == ["王伟", "王伟"]
    assert _students(("ann_02", SECOND), ("bob_02", FIFTH), ("eve_02", SECOND)) == ["ann", "bob_02", "eve"]


def test_a_number_stays_where_it_is_part_of_the_names() -> None:
    teams = [f"team_{number:02}" for number in range(1, 13)]
    assert _students(*[(team, SECOND) for team in teams]) == teams
    assert _students(("ann_02", SECOND), ("Ann", SECOND)) == ["ann_02", "Ann"]
    assert _students(("ann_02", "")) == ["ann_02"]


def test_a_folders_name_is_the_learners() -> None:
    found = [Submission("team_02", SECOND, "team_02/02_convolution.ipynb")]
    assert without_numbers(found, CHAPTERS) == found
    found = [Submission("ann_02", SECOND, "ann_02_1234_5_x.ipynb", lms_id="1234")]
    assert without_numbers(found, CHAPTERS) == found


def test_a_folder_of_notebooks_with_numbers(tmp_path: Path) -> None:
    handed_in = tmp_path / "handed_in"
    handed_in.mkdir()
    for name, chapter in (("王伟_02", SECOND), ("王伟_05", FIFTH), ("李娜-02", SECOND)):
        (handed_in / f"{name}.ipynb").write_text(json.dumps(notebook(chapter)))
    (handed_in / "王伟_02_convolution.ipynb").write_text(json.dumps(notebook()))
    run = journal.begin(tmp_path / "out", seed=1, resume=False)
    _, found = find_submissions(handed_in, run, GradingOptions(ROOT, CHAPTERS))
    assert [(one.student, one.chapter) for one in found] == [
        ("李娜", SECOND),
        ("王伟", SECOND),
        ("王伟", FIFTH),
    ]
    assert "Older files were not graded" in found[1].oddity
