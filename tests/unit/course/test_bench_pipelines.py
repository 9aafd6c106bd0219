"""The ways that are compared do the same work: every image comes once, moved and perhaps mirrored."""

import json
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from tests import ROOT
from workbook.course.benches import bench_pipelines
from workbook.course.benches.bench_pipelines import (
    ANCHOR,
    PIPELINES,
    REACH,
    PipelineSpeed,
    measure_pipelines,
)
from workbook.course.cli.app import app
from workbook.data import bundled

COUNT, SIDE = 24, 8
EXACT = [name for name in PIPELINES if "layers" not in name]  # Keras's layers move by interpolation


def some() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (COUNT, SIDE, SIDE, 3), dtype=np.uint8), np.arange(COUNT)


def windows(image: np.ndarray) -> set[bytes]:
    """All that an image may have become."""
    padded = np.pad(image, ((REACH, REACH), (REACH, REACH), (0, 0)), "reflect")
    places = range(2 * REACH + 1)
    cuts = [padded[top : top + SIDE, left : left + SIDE] for top in places for left in places]
    return {cut.tobytes() for cut in cuts} | {cut[:, ::-1].tobytes() for cut in cuts}


def given(name: str, folder: Path) -> tuple[np.ndarray, np.ndarray]:
    batches: Any = PIPELINES[name](*some(), 10, folder)
    parts = [tuple(np.asarray(part) for part in batch) for batch in batches]
    return tuple(np.concatenate(one) for one in zip(*parts, strict=True))  # type: ignore[return-value]


@pytest.mark.parametrize("name", EXACT)
def test_every_image_comes_once_moved_and_perhaps_mirrored(name: str, tmp_path: Path) -> None:
    images, _ = some()
    x, y = given(name, tmp_path)
    assert sorted(y) == list(range(COUNT))
    assert list(y) != list(range(COUNT))
    assert x.dtype == np.uint8
    assert all(image.tobytes() in windows(images[label]) for image, label in zip(x, y, strict=True))
    assert sum(np.array_equal(image, images[label]) for image, label in zip(x, y, strict=True)) < COUNT / 2


def test_keras_layers_give_every_image_once_too(tmp_path: Path) -> None:
    (layered,) = set(PIPELINES) - set(EXACT)
    x, y = given(layered, tmp_path)
    assert x.shape == (COUNT, SIDE, SIDE, 3)
    assert sorted(y) == list(range(COUNT))


def test_every_way_is_measured_and_the_anchor_comes_first() -> None:
    rows = list(measure_pipelines(*some(), batch_size=10, epochs=2))
    assert [row.name for row in rows] == [*PIPELINES, "data.batches, without fit"]
    assert rows[0].name == ANCHOR
    for row in rows:
        assert len(row.images_per_cpu_second) == 2
        assert min(row.images_per_cpu_second) > 0


def test_lines_compare_with_the_first() -> None:
    slow, fast = PipelineSpeed("slow", [900.0, 1000.0, 1200.0]), PipelineSpeed("fast", [4000.0])
    assert "1,000 (900 to 1,200)" in slow.line(slow.middle)
    assert "1.0 times" in slow.line(slow.middle)
    assert "4.0 times" in fast.line(slow.middle)


def test_rows_are_written_with_what_they_were_measured_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench_pipelines, "measure_pipelines", lambda x, y: [PipelineSpeed("one", [5.0])])
    arguments = ["bench", "pipelines", "--samples", "500", "--out", str(tmp_path / "rows.json")]
    ended = CliRunner().invoke(app, arguments)
    assert ended.exit_code == 0, ended.output
    stored = json.loads((tmp_path / "rows.json").read_text(encoding="utf-8"))
    assert stored["rows"] == [{"name": "one", "images_per_cpu_second": [5.0]}]
    assert {"data", "hardware", "batch", "date"} <= set(stored)
    assert ended.output.rstrip().endswith("1.0 times")


def test_the_page_shows_what_is_stored() -> None:
    stored = json.loads(bundled.bundled_file("results/pipelines.json").read_text(encoding="utf-8"))
    rows = [PipelineSpeed(**row) for row in stored["rows"]]
    assert [row.name for row in rows] == [*PIPELINES, "data.batches, without fit"]
    page = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")
    assert stored["hardware"] in page
    for row in rows:
        speeds = row.images_per_cpu_second
        span = f"{min(speeds):,.0f} to {max(speeds):,.0f}"
        assert f"| {row.name} | {median(speeds):,.0f} | {span} | {row.middle / rows[0].middle:.1f} |" in page


def test_too_few_images_are_refused_in_a_line() -> None:
    with pytest.raises(ValueError, match=r"^[^\n]*Received: 24 images, 3 epochs$"):
        next(measure_pipelines(*some(), batch_size=25))
