"""nbgrader accepts the notebooks: its own preprocessors and validator run on every chapter."""

from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from tests import ROOT
from workbook.course.authoring import chapter
from workbook.exercises import exercises_of

nbgrader = pytest.importorskip("nbgrader.preprocessors")
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SOLUTIONS = sorted((ROOT / "solutions").glob("*.ipynb"))
RELEASE = ("IncludeHeaderFooter", "LockCells", "ClearSolutions", "ClearOutput", "CheckCellMetadata",
           "ComputeChecksums", "ClearHiddenTests", "ClearMarkScheme", "CheckCellMetadata")  # fmt: skip


def _read(path: Path) -> NotebookNode:
    return nbformat.read(path, as_version=4)


def _process(notebook: NotebookNode, *names: str) -> NotebookNode:
    for name in names:
        notebook, _ = getattr(nbgrader, name)().preprocess(notebook, {"metadata": {"path": str(ROOT)}})
    return notebook


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
def test_nbgrader_releases_the_complete_notebooks(path: Path) -> None:
    released = _process(_read(path), *RELEASE)
    for cell in released.cells:
        assert chapter.BEGIN not in cell.source
        if cell.metadata.get("nbgrader", {}).get("solution") and cell.cell_type == "code":
            assert "raise NotImplementedError()" in cell.source
            assert "def " in cell.source or cell.source.startswith("# YOUR CODE HERE")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_nbgrader_finds_every_exercise_and_its_points(path: Path) -> None:
    released = _process(_read(path), *RELEASE)
    expected = {f"check-{one.id.replace('.', '-')}": one.points for one in exercises_of(path.stem)
                if hasattr(one, "mistakes")}  # fmt: skip
    points = {
        cell.metadata.nbgrader.grade_id: cell.metadata.nbgrader.points
        for cell in released.cells
        if cell.metadata.get("nbgrader", {}).get("grade") and cell.cell_type == "code"
    }
    assert points == expected
    assert all("checksum" in cell.metadata.nbgrader for cell in released.cells if "nbgrader" in cell.metadata)


def test_nbgrader_gives_points_for_right_answers_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run one exercise through nbgrader's own scoring: the solution, and the learner's untouched stub."""
    from nbgrader.utils import determine_grade

    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    scores = {}
    for folder in ("solutions", "notebooks"):
        notebook = _read(ROOT / folder / "02_convolution.ipynb")
        wanted = [
            c
            for c in notebook.cells
            if "setup" in c.metadata.get("tags", []) or c.metadata.get("exercise") == "2.2"
        ]
        notebook.cells = wanted
        ran = _process(notebook, "Execute")
        check = next(cell for cell in ran.cells if "check" in cell.metadata.get("tags", []))
        scores[folder] = determine_grade(check)
    assert scores == {"solutions": (1.0, 1.0), "notebooks": (0, 1.0)}
