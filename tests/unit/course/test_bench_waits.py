"""The bench of waits sees what somebody who watches sees."""

from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from workbook.course.benches import bench_waits
from workbook.course.benches.bench_waits import Wait

BUSY = """
import time
def work(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
"""
SILENT = "work(0.6)"
SHOWN = """
from workbook import live
live.PAUSE = 0.1
for _ in live.track(range(6), "steps"):
    work(0.1)
"""


@pytest.mark.slow
def test_work_and_silence_are_measured_with_a_watcher(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    monkeypatch.setattr(bench_waits, "SECONDS", 0.5)
    monkeypatch.setattr(bench_waits, "SILENCE", 0.5)
    cells = [new_code_cell(source) for source in (BUSY, SILENT, SHOWN)]
    silent, shown = bench_waits.measure(new_notebook(cells=cells), tmp_path)
    assert silent.first_line == "work(0.6)"
    assert silent.seconds >= 0.6
    assert silent.silence >= 0.6
    assert shown.seconds >= 0.6
    assert shown.first_output <= shown.silence < 0.5
    assert "SILENT" in silent.line()
    assert "SILENT" not in shown.line()


def test_a_chapter_that_is_measured_again_replaces_itself_alone(tmp_path: Path) -> None:
    path = tmp_path / "waits.json"
    old, new, other = (Wait("c", "fit()", seconds, 0.5, 1.0) for seconds in (4.0, 5.0, 6.0))
    for name, wait in (("02_b", old), ("01_a", other), ("02_b", new)):
        bench_waits.store(path, name, [wait])
    assert bench_waits.read(path) == {"01_a": [other], "02_b": [new]}
    assert list(bench_waits.read(path)) == ["01_a", "02_b"]
    assert "cores, Python 3" in path.read_text(encoding="utf-8")
