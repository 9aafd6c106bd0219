"""Chapters run on JAX where TensorFlow is not installed: those that need gradients or the weights of layers."""

from pathlib import Path

import nbformat
import pytest

from tests import ROOT
from workbook.course.authoring import chapter
from workbook.course.benches.bench_notebooks import measure


@pytest.mark.claims
@pytest.mark.timeout(900)
@pytest.mark.parametrize("number", ["03", "04", "08", "10"])
def test_a_chapter_runs_on_jax_alone(tmp_path: Path, number: str) -> None:
    (source,) = (ROOT / "solutions").glob(f"{number}_*.py")
    path = tmp_path / f"{source.stem}.ipynb"
    nbformat.write(chapter.complete(source, chapter.repository(ROOT)), path)
    measure(path, backend="jax")  # raises CellExecutionError for a cell that fails
