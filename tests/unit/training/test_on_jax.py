"""Gradients and training on the JAX backend: the same tests, in a process of their own."""

import os
import re
import subprocess
import sys

import pytest

from tests import ROOT

FILES = (
    "test_gradients",
    "accountant/test_receptive",
    "data/test_batching",
    "training/test_muon",
    "training/test_schedules",
    "training/test_averaging",
    "training/test_resident",
    "training/test_views",
)


@pytest.mark.claims
def test_all_pieces_work_on_jax() -> None:
    files = [str(ROOT / "tests" / "unit" / f"{name}.py") for name in FILES]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment |= {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    code = (
        "import sys, pytest, keras; assert keras.backend.backend() == 'jax'; "
        "sys.exit(pytest.main(['-q', '-p', 'no:cacheprovider', *sys.argv[1:]]))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, *files], capture_output=True, text=True, env=environment, check=False
    )
    assert run.returncode == 0, run.stdout[-3000:]
    passed = re.search(r"(\d+) passed in", run.stdout)
    assert passed is not None
    assert int(passed[1]) > 100
