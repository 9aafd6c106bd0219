"""The benchmark of an accelerator: its stored rows are those of the page, and what it refuses it refuses in a line."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import ROOT
from workbook.course.benches.bench_gpu import table
from workbook.data import bundled


def test_the_page_shows_what_is_stored() -> None:
    stored = json.loads(bundled.bundled_file("results/gpu.json").read_text(encoding="utf-8"))
    page = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")
    lines = table(stored["rows"])
    assert len(lines) > 10
    missing = [line for line in lines if line not in page]
    assert not missing
    for row in stored["rows"]:
        if "runs" in row:
            assert row["n"] == len(row["runs"]) >= 3, row["training"]


@pytest.mark.claims
def test_a_tiny_benchmark_on_a_cpu_stores_its_rows(tmp_path: Path) -> None:
    out = tmp_path / "gpu.json"
    command = [sys.executable, "-m", "workbook.course.benches.bench_gpu", "--tiny", "--seeds", "2"]
    command += ["--only", "mnist quick", "--out", str(out)]
    ran = subprocess.run(
        command, env=os.environ | {"KERAS_BACKEND": "jax"}, capture_output=True, text=True, timeout=280
    )
    assert ran.returncode == 0, ran.stderr
    stored = json.loads(out.read_text(encoding="utf-8"))
    assert {"hardware", "software", "date"} <= stored["about"].keys()
    assert [row["precision"] for row in stored["rows"]] == ["bfloat16", "float32"]
    for row in stored["rows"]:
        assert [run["seed"] for run in row["runs"]] == [1, 2]
        assert all(run["seconds"] > 0 and 0 <= run["accuracy"] <= 1 for run in row["runs"])
    assert table(stored["rows"])[-1] in ran.stdout


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--only", "speed"], "there is no part 'speed'; choose from limits, airbench94 settings"),
        (["--only", "limits"], "set KERAS_BACKEND=jax (it is tensorflow)"),
    ],
)
def test_what_it_refuses_is_said_in_a_line(
    options: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from workbook.course.cli.app import app

    with pytest.raises(SystemExit) as ended:
        app(["bench", "gpu", *options])
    assert ended.value.code == 2
    assert sentence in capsys.readouterr().out
