"""A learner's `keras.json`: what the course sets right, and what it says."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests import ROOT
from workbook import keras_settings


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Write `keras.json` in a home of the test's."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delenv("KERAS_BACKEND", raising=False)

    def write(content: Any) -> Path:
        path = tmp_path / "keras.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    return write


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch):
    def only(*names: str) -> None:
        monkeypatch.setattr(
            keras_settings.importlib.util, "find_spec", lambda name: object() if name in names else None
        )

    return only


@pytest.mark.parametrize("content", [{}, {"backend": "tensorflow", "floatx": "float32"}, "{", "[]"])
def test_usual_settings_and_unreadable_ones_need_no_word(settings, installed, capsys, content) -> None:
    installed("tensorflow")
    settings(content)
    keras_settings.choose_backend()
    assert capsys.readouterr().out == ""
    assert "KERAS_BACKEND" not in os.environ


@pytest.mark.parametrize(
    ("wanted", "present", "chosen", "words"),
    [
        (
            "torch",
            ("tensorflow", "torch"),
            "tensorflow",
            "asks for the torch backend, on which some cells do not run",
        ),
        ("openvino", ("jax",), "jax", "asks for the openvino backend"),
        ("jax", ("tensorflow",), "tensorflow", "Keras's jax backend is not installed"),
        ("tensorflow", ("jax",), "jax", "Keras's tensorflow backend is not installed"),
        (["jax"], ("tensorflow",), "tensorflow", "asks for the ['jax'] backend"),
    ],
)
def test_another_backend_is_replaced_in_one_line(
    settings, installed, capsys, monkeypatch, wanted, present, chosen, words
) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "")  # so that the test's own change is undone
    installed(*present)
    path = settings({"backend": wanted})
    before = path.read_bytes()
    keras_settings.choose_backend()
    assert os.environ["KERAS_BACKEND"] == chosen
    line = capsys.readouterr().out
    assert words in line
    assert line.endswith(f"The course uses {chosen} in this kernel.\n")
    assert line.count("\n") == 1
    assert path.read_bytes() == before


def test_jax_in_the_file_stays(settings, installed, capsys) -> None:
    installed("tensorflow", "jax")
    settings({"backend": "jax"})
    keras_settings.choose_backend()
    assert "KERAS_BACKEND" not in os.environ
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("backend", "words"),
    [
        ("torch", "10, 11, 13 and 16 need TensorFlow or JAX"),
        ("jax", "not installed: pip install jax"),
        ("tensorflow", ""),
    ],
)
def test_a_chosen_backend_stays(settings, installed, capsys, monkeypatch, backend, words) -> None:
    installed("tensorflow", "torch")
    settings({"backend": "openvino"})
    monkeypatch.setenv("KERAS_BACKEND", backend)
    keras_settings.choose_backend()
    assert os.environ["KERAS_BACKEND"] == backend
    line = capsys.readouterr().out
    assert words in line
    assert bool(line) == bool(words)


def test_an_entry_that_keras_refuses_is_named(settings, installed, capsys) -> None:
    installed("tensorflow")
    path = settings({"floatx": "float8"})
    keras_settings.choose_backend()
    line = capsys.readouterr().out
    assert str(path) in line
    assert "floatx='float8'. Write one of float16, float32, float64, or delete the file" in line


def _fake_keras(image_data_format: str, floatx: str, policy: str) -> Any:
    state = {"image_data_format": image_data_format, "floatx": floatx, "policy": policy}
    return SimpleNamespace(
        state=state,
        config=SimpleNamespace(
            image_data_format=lambda: state["image_data_format"],
            floatx=lambda: state["floatx"],
            dtype_policy=lambda: SimpleNamespace(name=state["policy"]),
            set_image_data_format=lambda value: state.update(image_data_format=value),
            set_floatx=lambda value: state.update(floatx=value),
            set_dtype_policy=lambda value: state.update(policy=value),
        ),
    )


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (("channels_last", "float32", "float32"), ("channels_last", "float32", "float32"), ""),
        (("channels_last", "float32", "mixed_bfloat16"), ("channels_last", "float32", "mixed_bfloat16"), ""),
        (
            ("channels_first", "float32", "float32"),
            ("channels_last", "float32", "float32"),
            "set to channels_first (",
        ),
        (
            ("channels_first", "float16", "float16"),
            ("channels_last", "float32", "float32"),
            "set to channels_first and float16",
        ),
        (
            ("channels_last", "float64", "mixed_float16"),
            ("channels_last", "float32", "mixed_float16"),
            "uses float32",
        ),
    ],
)
def test_format_and_float_type_are_set_right(capsys, before, after, words) -> None:
    keras = _fake_keras(*before)
    keras_settings.apply_usual(keras)
    assert tuple(keras.state.values()) == after
    line = capsys.readouterr().out
    assert words in line
    assert bool(line) == bool(words)


def _run(folder: Path, code: str, content: dict[str, str]) -> str:
    (folder / "keras.json").write_text(json.dumps(content))
    environment = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"}
    environment |= {"KERAS_HOME": str(folder), "PYTHONPATH": str(ROOT), "WORKBOOK_PROGRESS": "off"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


OTHER = {"image_data_format": "channels_first", "floatx": "float16", "backend": "tensorflow"}
STATE = "print(keras.config.image_data_format(), keras.config.floatx(), keras.layers.Dense(2).compute_dtype)"


@pytest.mark.slow
@pytest.mark.parametrize("order", ["import workbook, keras", "import keras, workbook"])
def test_keras_itself_is_set_right(tmp_path, order) -> None:
    said, state = _run(tmp_path, f"{order}; {STATE}", OTHER).splitlines()
    assert said.startswith("Keras was set to channels_first and float16 (in ")
    assert state == "channels_last float32 float32"


ALL_CHECKS = """
from workbook.exercises import all_exercises, judge
import keras
failed = []
for exercise in all_exercises():
    verdict = judge(exercise, exercise.reference, seed=1)
    if not verdict:
        failed.append((exercise.id, verdict.detail, verdict.mistake))
print("failed:", failed, keras.backend.backend())
"""


@pytest.mark.claims
@pytest.mark.parametrize(
    "content",
    [
        {"image_data_format": "channels_first"},
        {"floatx": "float16"},
        {"backend": "jax"},
        {"floatx": "float64", "image_data_format": "channels_first", "backend": "torch"},
    ],
)
def test_every_check_passes_the_courses_answer(tmp_path, content) -> None:
    backend = "jax" if content.get("backend") == "jax" else "tensorflow"
    assert _run(tmp_path, ALL_CHECKS, content).splitlines()[-1] == f"failed: [] {backend}"
