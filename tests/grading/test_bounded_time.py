"""What one learner hands in costs a bounded time, whatever it is."""

import json
import time
import zipfile
from pathlib import Path

import pytest

from tests import ROOT
from tests.grading.conftest import PRACTICE_SEED, SEED, Notebook, filled
from tests.grading.odd_notebooks import solved
from workbook.course.grading import class_run, journal
from workbook.course.grading.attempts import graders_report
from workbook.course.grading.grader import Grader
from workbook.course.grading.options import GradingOptions
from workbook.course.grading.referee_pool import RefereeLostError, RefereePool
from workbook.exercises import find
from workbook.exercises.models import observe_model


def _zip(path: Path, notebooks: dict[str, Notebook]) -> None:
    path.parent.mkdir(parents=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, found in notebooks.items():
            archive.writestr(name, json.dumps(found))


def test_twenty_unnamed_notebooks_in_a_zip_are_graded_once_for_each_chapter(
    jailed: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = filled({"2.2": "def subsample(full, strides):\n    return full\n"})
    papers = {f"Untitled{number}.ipynb": wrong for number in range(18)}
    papers |= {"Untitled91.ipynb": solved(), "Untitled92.ipynb": solved("01_why_convolution")}
    _zip(tmp_path / "class" / "ann" / "work.zip", papers)
    graded: list[str] = []
    monkeypatch.setattr(class_run, "write", lambda *written: None)
    original = Grader.grade

    def count(self: Grader, submission: class_run.Submission) -> class_run.Graded:
        graded.append(submission.origin)
        return original(self, submission)

    monkeypatch.setattr(Grader, "grade", count)
    run = journal.begin(tmp_path / "out", seed=1, resume=False)
    chapters = class_run.chapters_of(ROOT, ["01", "02"])
    result = class_run.grade(tmp_path / "class", run, GradingOptions(ROOT, chapters, seconds=60.0))
    assert len(graded) == 2
    assert [(submission.chapter, submission.points) for submission in result.graded] == [
        ("01_why_convolution", sum(mark.max_points for mark in result.graded[0].marks)),
        ("02_convolution", 12),
    ]
    assert "Older files were not graded" in result.graded[1].oddity


def test_a_ruling_that_takes_too_long_costs_its_own_time_only() -> None:
    referees = RefereePool(1, ROOT, seed=SEED, practice_seed=PRACTICE_SEED)
    report = graders_report("2.2", "error", "raised")
    try:
        with pytest.raises(RefereeLostError, match="did not answer"):
            referees.rule("02_convolution", "marks", report, 0.0)
        assert referees.rule("02_convolution", "marks", report).outcome == "error"
    finally:
        referees.close()


@pytest.mark.slow
def test_a_forged_model_that_would_compute_for_hours_is_refused_at_once() -> None:
    import keras
    from keras import layers

    exercise = find("5.3")
    reference = exercise.reference(8, 10)
    output = reference.inputs[0]
    for _ in range(20):
        output = layers.AveragePooling2D(1000, strides=1, padding="same")(output)
    forged = keras.Model(reference.inputs[0], reference(output))
    expected = observe_model(exercise.reference, 8, 10)
    begin = time.process_time()
    difference = exercise.compare(observe_model(lambda *inputs: forged), expected, (8, 10))
    assert difference == "got a model that takes too long to compute here"
    assert time.process_time() - begin < 5
