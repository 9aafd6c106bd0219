"""Seeds, the budget, what the machine has, and what importing the package sets before Keras loads."""

import os
import random
import subprocess
import sys

import keras
import numpy as np
import pytest

from workbook import training
from workbook.training import (
    DeviceReport,
    budget,
    by_budget,
    device_report,
    devices,
    hardware,
    seed_everything,
)

FIT = """
import workbook
import keras, numpy as np
from workbook import augment, data
x, y = np.zeros((20, 8, 8, 1), np.uint8), np.zeros(20)
layers = keras.layers
model = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(2, 3), layers.Flatten(), layers.Dense(1)])
model.compile("sgd", "mse")
model.fit(data.batches(x, y, batch_size=6, augment=[augment.shift(1)]), epochs=2, verbose=0)
print(keras.backend.backend())
"""


def run(code: str, **settings: str) -> subprocess.CompletedProcess[str]:
    unset = ("KERAS_BACKEND", "TF_ENABLE_ONEDNN_OPTS", "TF_CPP_MIN_LOG_LEVEL")
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment | settings, check=True
    )


# ---------------------------------------------------------------- seeds and the budget


def test_a_seed_repeats_python_numpy_and_weights() -> None:
    drawn = []
    for _ in range(2):
        seed_everything(5)
        layer = keras.layers.Dense(3)
        layer.build((None, 2))
        drawn.append((random.random(), np.random.rand(), keras.ops.convert_to_numpy(layer.kernel).tolist()))
    assert drawn[0] == drawn[1]
    seed_everything(6)
    assert random.random() != drawn[0][0]


def test_operations_in_a_fixed_order_can_be_asked_for() -> None:
    """In a process of its own: it cannot be taken back without a trace."""
    code = (
        "from workbook.training import seed_everything; seed_everything(1, deterministic=True); "
        "from tensorflow.python.framework.config import is_op_determinism_enabled; print(is_op_determinism_enabled())"
    )
    assert run(code).stdout.strip() == "True"


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, True, "1"])
def test_what_is_no_seed_is_refused(seed: int) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]*Received: seed="):
        seed_everything(seed)


def test_the_budget_is_quick_unless_the_setting_says_full(monkeypatch: pytest.MonkeyPatch) -> None:
    for word, expected in ((None, "quick"), ("", "quick"), ("quick", "quick"), ("full", "full")):
        monkeypatch.delenv("WORKBOOK_BUDGET", raising=False)
        if word is not None:
            monkeypatch.setenv("WORKBOOK_BUDGET", word)
        assert budget() == expected
        assert by_budget(quick=1, full=20) == (20 if expected == "full" else 1)


def test_another_budget_is_refused_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBOOK_BUDGET", "fulll")
    with pytest.raises(ValueError, match=r"^[^\n]*quick, full\. Received: WORKBOOK_BUDGET='fulll'$"):
        budget()


# ---------------------------------------------------------------- devices


def test_the_report_says_what_is_here_with_a_sentence_of_advice_each() -> None:
    report = device_report()
    assert isinstance(report, DeviceReport)
    points = {line.name: line for line in report.lines}
    assert {"processor", "cores", "backend", "GPU", "mixed precision", "XLA"} <= set(points)
    assert report.found("backend").startswith(keras.backend.backend())
    assert report.found("cores") == f"{devices.cores()} usable"
    assert points["mixed precision"].found == "float32"
    for line in report.lines:
        assert line.found
        assert line.advice.endswith(".")
        assert line.found in str(report)
        assert line.advice in str(report)


def test_an_unknown_point_is_refused_with_the_names() -> None:
    with pytest.raises(ValueError, match=r"processor, cores.*Received: name='ram'"):
        device_report().found("ram")


def test_hardware_is_one_line() -> None:
    line = hardware()
    assert "\n" not in line
    assert devices.processor() in line
    assert ("no GPU" in line) == (not devices.find_gpus())


@pytest.mark.parametrize(
    ("features", "advised"),
    [
        (("avx2",), "Stay with float32"),
        (("avx512f", "amx_bf16"), "Try mixed_bfloat16"),
        ((), "Stay with float32"),
    ],
)
def test_sixteen_bits_are_advised_where_the_cpu_computes_in_them(
    features: tuple[str, ...], advised: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices, "find_gpus", list)
    monkeypatch.setattr(devices, "cpu_features", lambda: features)
    (line,) = (line for line in device_report().lines if line.name == "mixed precision")
    assert line.advice.startswith(advised)


def test_a_gpu_changes_the_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    card = devices.Gpu("Tesla T4", 15.0, (7, 5))
    monkeypatch.setattr(devices, "find_gpus", lambda: [card])
    report = device_report()
    assert report.found("GPU") == "Tesla T4, 15 GiB, compute capability 7.5"
    assert "mixed_float16" in str(report)
    assert "no GPU" not in hardware()
    monkeypatch.setattr(devices, "find_gpus", lambda: [devices.Gpu("Tesla K80", None, (3, 7))] * 2)
    assert "no tensor cores" in str(device_report())
    assert "Several" in str(device_report())


def test_what_nvidias_tool_says_is_read_and_its_failure_borne(
    monkeypatch: pytest.MonkeyPatch, tmp_path: os.PathLike[str]
) -> None:
    tool = os.path.join(tmp_path, "nvidia-smi")
    for script, expected in (("echo 15360; echo 40960", [15.0, 40.0]), ("exit 9", []), ("echo [N/A]", [])):
        with open(tool, "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\n{script}\n")
        os.chmod(tool, 0o755)
        monkeypatch.setattr(devices.shutil, "which", lambda name: tool)
        assert devices._nvidia_memories() == expected
    monkeypatch.setattr(devices.shutil, "which", lambda name: None)
    assert devices._nvidia_memories() == []


# ---------------------------------------------------------------- what importing the package sets


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_a_training_in_a_fresh_process_is_quiet(backend: str) -> None:
    result = run(FIT, KERAS_BACKEND=backend)
    assert result.stdout.strip() == backend
    assert result.stderr == ""


@pytest.mark.claims  # three processes that load TensorFlow
def test_onednn_is_on_before_keras_loads_and_the_report_knows() -> None:
    code = "from workbook.training import device_report; print(device_report().found('oneDNN'))"
    assert run(code).stdout.strip() == "on"
    assert run(code, TF_ENABLE_ONEDNN_OPTS="0").stdout.strip() == "off"
    late = run("import tensorflow; " + code)
    assert late.stdout.strip() == "as TensorFlow chose for this processor"


def test_the_package_lists_what_it_has_and_loads_keras_for_what_needs_it() -> None:
    assert sorted(training._HOMES) == sorted(training.__all__)
    assert all(getattr(training, name) is not None for name in training.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Moun'"):
        training.Moun  # noqa: B018
    code = "import sys, workbook.training, workbook.training.devices as d; d.processor(); print('keras' in sys.modules)"
    assert run(code).stdout.strip() == "False"
