"""The families of tasks: rows from runs, without any training."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from workbook.course.benches import bench_tasks, task_families
from workbook.course.cli.app import app
from workbook.vision_tasks import stored as stored_networks
from workbook.vision_tasks import video


def _measured(seed: int) -> list[dict[str, Any]]:
    about = {"parameters": 1200, "cpu_seconds": 10.0 * seed}
    return [{"task": f"video, {name}", "score": 0.90 + seed / 100} | about for name in ("digit", "motion")]


def test_a_family_of_rows_gives_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video, "measure", _measured)
    runs = list(task_families.video_runs(3))
    assert [run.task for run in runs] == ["video, digit", "video, motion"]
    assert {run.target for run in runs} == {0.95}
    assert runs[0].parameters == 1200
    assert runs[0].line() == "seed 3: video, digit accuracy 0.930 in 30 CPU seconds"


def test_the_bench_makes_rows_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video, "measure", _measured)
    families = {"video": task_families.FAMILIES["video"]}
    rows = list(bench_tasks.measure_tasks((1, 2, 3), families=families))
    assert [row.task for row in rows] == ["video, digit", "video, motion"]
    assert rows[0].scores == pytest.approx([0.91, 0.92, 0.93])
    assert rows[0].parameters == 1200
    assert not rows[0].is_reached
    assert "missed by 0.030" in rows[0].line()


def test_every_task_has_a_metric_and_the_targets_are_those_of_the_course() -> None:
    wanted = {task: target for task, (_, target) in task_families.TARGETS.items() if target is not None}
    assert wanted == {
        "object detection": 0.80, "semantic segmentation": 0.85, "instance segmentation": 0.70, "keypoints": 0.95,
        "scene text": 0.90, "metric learning": 0.90, "video, digit": 0.95, "video, motion": 0.95,
        "generation, VAE": 0.85, "generation, diffusion": 0.85,
    }  # fmt: skip


def test_rows_are_printed_and_stored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "environ", dict(os.environ))
    monkeypatch.setattr(video, "measure", _measured)
    ended = CliRunner().invoke(app, ["bench", "tasks", "video", "--out", str(tmp_path / "rows.json")])
    assert ended.exit_code == 1  # .92 is less than .95
    stored = json.loads((tmp_path / "rows.json").read_text(encoding="utf-8"))
    assert [row["task"] for row in stored["rows"]] == ["video, digit", "video, motion"]
    assert {"data", "hardware", "software", "seeds", "date", "cpu_seconds"} <= set(stored)
    assert "video, motion" in ended.output


def test_an_unknown_family_is_one_line() -> None:
    ended = CliRunner().invoke(app, ["bench", "tasks", "dancing"])
    assert ended.exit_code == 2
    assert "no family of tasks is called 'dancing'" in ended.output


def test_the_networks_of_chapter_14_are_written_whole(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(os, "environ", dict(os.environ))
    trained = {name: build() for name, build in stored_networks.BUILDERS.items()}
    monkeypatch.setattr(task_families, "stored_networks", lambda seed: trained if seed == 1 else {})
    path = tmp_path / "networks.npz"
    assert CliRunner().invoke(app, ["bench", "tasks", "--weights", str(path)]).exit_code == 0
    for name, model in trained.items():
        back = stored_networks.load(name, path)
        for ours, theirs in zip(model.get_weights(), back.get_weights(), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-6)
