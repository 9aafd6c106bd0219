"""What the benchmark of an accelerator computes and refuses; to try its trainings, run `workbook bench gpu --tiny`."""

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from workbook.course.benches import bench_gpu
from workbook.course.cli.app import app
from workbook.training.recipes import cifar10


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
    ended = CliRunner().invoke(app, ["bench", "gpu", "--only", "everything"])
    assert ended.exit_code == 2
    assert "there is no part 'everything'" in ended.stdout
