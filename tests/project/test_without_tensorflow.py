"""Chapters run on JAX where TensorFlow is not installed: those that need gradients or the weights of layers."""

from pathlib import Path

import nbformat
import pytest

from tests import ROOT
from workbook.course.authoring import chapter
from workbook.course.benches.bench_notebooks import measure

LONG = "### What do its filters look for?"  # in chapter 10


@pytest.mark.claims
@pytest.mark.parametrize("number", ["03", "04", "08", "10"])
def test_a_chapter_runs_on_jax_alone(tmp_path: Path, number: str) -> None:
    (source,) = (ROOT / "solutions").glob(f"{number}_*.py")
    path = tmp_path / f"{source.stem}.ipynb"
    notebook = chapter.complete(source, chapter.repository(ROOT))
    # The pictures from there on take a minute and a half on JAX, and use the same gradients as the ones before.
    end = next((i for i, cell in enumerate(notebook.cells) if LONG in cell.source), None)
    notebook.cells = notebook.cells[:end]
    nbformat.write(notebook, path)
    measure(path, backend="jax")  # raises CellExecutionError for a cell that fails
