"""A class that uses nbgrader: its own commands release, submit, collect, give feedback and export around the grader."""

import csv
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests import ROOT
from tests.grading.conftest import filled
from tests.grading.test_run import _grade, _rows
from workbook.course.grading import submissions

pytest.importorskip("nbgrader.api")
CHAPTER = "02_convolution"
CONFIG = """c = get_config()
c.CourseDirectory.course_id = "cs1"
c.Exchange.root = {exchange!r}
c.ZipCollectApp.collect_directory_structure = "{{downloaded}}/{{assignment_id}}/{{collect_step}}"
c.FileNameCollectorPlugin.named_regexp = r".*/(?P<student_id>[^/]+)_(?P<file_id>02_convolution\\.ipynb)$"
"""


class Course:
    """An instructor's course folder, an exchange, and a home for each learner."""

    def __init__(self, place: Path) -> None:
        self.place, self.folder, self.exchange = place, place / "course", place / "exchange"
        self.exchange.mkdir()
        self.exchange.chmod(0o777)
        (self.folder / "source" / CHAPTER).mkdir(parents=True)
        shutil.copy(ROOT / "solutions" / f"{CHAPTER}.ipynb", self.folder / "source" / CHAPTER)
        config = CONFIG.format(exchange=str(self.exchange))
        (self.folder / "nbgrader_config.py").write_text(config, encoding="utf-8")

    def run(self, folder: Path, *words: str, home: str = "instructor") -> str:
        """Run one of nbgrader's commands as its user would; return what it says."""
        place = self.place / home
        place.mkdir(exist_ok=True)
        environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(place),
            "JUPYTER_DATA_DIR": str(place / "data"),
        }
        ran = subprocess.run([sys.executable, "-m", "nbgrader", *words], cwd=folder, env=environment,
                             capture_output=True, text=True, timeout=120, check=False)  # fmt: skip
        assert ran.returncode == 0, ran.stderr
        assert "Traceback" not in ran.stderr, ran.stderr
        return ran.stderr

    def submit(self, name: str, notebook: dict) -> None:
        """Hand in a notebook through the exchange."""
        home = self.place / name
        (home / CHAPTER).mkdir(parents=True)
        shutil.copy(self.folder / "nbgrader_config.py", home)
        (home / CHAPTER / f"{CHAPTER}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
        self.run(home, "submit", CHAPTER, f"--student={name}", home=name)


@pytest.mark.claims
def test_feedback_comes_back_through_the_exchange_to_its_learner_alone(jailed: None, tmp_path: Path) -> None:
    course = Course(tmp_path)
    course.run(course.folder, "generate_assignment", CHAPTER)
    course.run(course.folder, "release_assignment", CHAPTER)
    answers = {
        "jane@uni.edu": "def output_size(*_):\n    return 'by jane@uni.edu'",
        "李娜": "def output_size(*_):\n    return 'by 李娜'",
    }
    for name, answer in answers.items():
        course.submit(name, filled({"2.4": answer}))
    course.run(course.folder, "collect", CHAPTER)
    (course.folder / "submitted" / "absent" / CHAPTER).mkdir(parents=True)

    database = f"sqlite:///{course.folder / 'gradebook.db'}"
    result = _grade(course.folder / "submitted", tmp_path / "graded", "--db", database)
    assert result.returncode == 0, result.stderr
    assert {row["student"] for row in _rows(tmp_path / "graded")} == {*answers, "absent"}

    formgrader = tmp_path / "graded" / "formgrader"
    course.run(formgrader, "generate_feedback", CHAPTER)
    course.run(formgrader, "release_feedback", CHAPTER)
    for name in answers:
        home = tmp_path / name
        course.run(home, "fetch_feedback", CHAPTER, f"--student={name}", home=name)
        (page,) = home.rglob(f"feedback/*/{CHAPTER}.html")
        text = page.read_text(encoding="utf-8")
        assert [other for other in answers if f"by {other}" in text] == [name]

    course.run(formgrader, "export", "--to", str(tmp_path / "export.csv"))
    with (tmp_path / "export.csv").open(encoding="utf-8", newline="") as file:
        exported = {row["student_id"] for row in csv.DictReader(file)}
    assert exported == {*answers, "absent"}


@pytest.mark.claims
def test_what_zip_collect_collects_is_found(tmp_path: Path) -> None:
    course = Course(tmp_path)
    course.run(course.folder, "generate_assignment", CHAPTER)
    archive = course.folder / "downloaded" / CHAPTER / "archive"
    archive.mkdir(parents=True)
    names = ("JSmith", "li_na_", "王伟", "O'Brien")
    with zipfile.ZipFile(archive / "submissions.zip", "w") as packed:
        for name in names:
            packed.writestr(f"{name}_{CHAPTER}.ipynb", json.dumps(filled({})))
    course.run(course.folder, "zip_collect", CHAPTER)
    found = submissions.find(course.folder, [CHAPTER])
    assert {(one.student, one.chapter) for one in found} == {(name, CHAPTER) for name in names}
