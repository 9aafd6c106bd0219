"""The families of chapter 15's tasks: rows from runs, without any training."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from workbook.course import bench_tasks, bench_tasks_more
from workbook.vision_tasks import video


def _measured(seed: int) -> list[dict[str, Any]]:
    about = {"parameters": 1200, "cpu_seconds": 10.0 * seed}
    return [{"task": f"video, {name}", "score": 0.90 + seed / 100} | about for name in ("digit", "motion")]


def test_a_family_of_rows_gives_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video, "measure", _measured)
    runs = list(bench_tasks_more.video_runs(3))
    assert [run.task for run in runs] == ["video, digit", "video, motion"]
    assert {run.target for run in runs} == {0.95}
    assert runs[0].model.count_params() == 1200
    assert runs[0].line() == "seed 3: video, digit accuracy 0.930 in 30 CPU seconds"


def test_the_bench_makes_rows_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video, "measure", _measured)
    families = {"video": bench_tasks_more.FAMILIES["video"]}
    rows = list(bench_tasks.measure_tasks((1, 2, 3), families=families))
    assert [row.task for row in rows] == ["video, digit", "video, motion"]
    assert rows[0].scores == pytest.approx([0.91, 0.92, 0.93])
    assert rows[0].parameters == 1200
    assert not rows[0].is_reached
    assert "missed by 0.030" in rows[0].line()


def test_no_family_has_the_name_of_another() -> None:
    assert not set(bench_tasks_more.FAMILIES) & set(bench_tasks.FAMILIES)
    assert len(bench_tasks_more.TARGETS) == 6


def test_rows_are_printed_and_stored(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "environ", dict(os.environ))
    monkeypatch.setattr(video, "measure", _measured)
    bench_tasks_more.main(["video", "--out", str(tmp_path / "rows.json")])
    stored = json.loads((tmp_path / "rows.json").read_text(encoding="utf-8"))
    assert [row["task"] for row in stored["rows"]] == ["video, digit", "video, motion"]
    assert {"hardware", "software", "seeds", "date", "cpu_seconds"} <= set(stored)
    assert "video, motion" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        bench_tasks_more.main(["dancing"])
    assert "no family is called 'dancing'" in capsys.readouterr().err
