"""The benchmark of an accelerator: its stored rows are those of the page, and what it refuses it refuses in a line."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests import ROOT
from workbook.course.benches import bench_gpu
from workbook.course.benches.bench_gpu import table
from workbook.data import bundled
from workbook.training.recipes import cifar10


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


def test_the_use_of_a_device_is_counted_by_hand() -> None:
    row = {
        "flops": 6e12,
        "seconds_in_steps": 1.5,
        "runs": [{"training_seconds": 1.0}, {"training_seconds": 3.0}],
    }
    used = bench_gpu._use(row, {"bfloat16_flops_per_second": 12e12}, "bfloat16")
    assert used == {
        "share_of_peak": 0.25,
        "share_of_peak_in_steps": 0.3333,
        "share_of_time_in_steps": 0.75,
    }
    assert bench_gpu._use(row, {}, "float32") == {}


def test_the_settings_are_airbenchs() -> None:
    recipe = cifar10.airbench94()
    assert (recipe.batch_size, recipe.epochs, recipe.drop_last) == (2_000, 8, True)
    optimizer = recipe.optimizer(25, 8)
    rates = [optimizer._learning_rate, optimizer.bias_learning_rate, optimizer.head_learning_rate]
    first = [float(rate(0)) for rate in rates]
    assert first == pytest.approx([0.24, 0.053 * 2_000, 0.67 * 2_000 / 256**2])
    assert [float(rate(200)) for rate in rates] == [0, 0, 0]
    small = cifar10.airbench94((4, 4, 4)).build()
    norms = [layer for layer in small.layers if type(layer).__name__ == "BatchNormalization"]
    assert {(layer.momentum, layer.epsilon) for layer in norms} == {(0.6, 1e-12)}


def test_files_and_parts_are_checked(tmp_path: Path) -> None:
    np.savez(tmp_path / "half.npz", x_train=np.zeros(1), y_train=np.zeros(1))
    with pytest.raises(ValueError, match="Missing: x_test, y_test"):
        bench_gpu.read_cifar(tmp_path / "half.npz")
    arrays = {name: np.zeros((3, 2)) for name in ("x_train", "y_train", "x_test", "y_test")}
    np.savez(tmp_path / "whole.npz", **arrays)
    assert bench_gpu.read_cifar(tmp_path / "whole.npz").source == "whole.npz"
