"""`pytest -k` with an exercise id selects that exercise alone."""

import subprocess
import sys

import pytest

from tests import ROOT


@pytest.mark.slow
@pytest.mark.parametrize(
    ("wanted", "some", "others"),
    [
        ("2.1", ("[2.1]", "[0-2.1]", "[0-2.1-", "wrong_ones_do_not[2.1]"), ("12.1", "[2.2]", "2.10")),
        pytest.param("1.", ("[1.1]", "[1.4]"), ("[11.1]", "[2.1]", "[1.1-x"), marks=pytest.mark.claims),
        pytest.param("3.1 or 3.2", ("[3.1]", "[13.2]"), ("[3.3]",), marks=pytest.mark.claims),
    ],
)
def test_an_exercise_id_selects_that_exercise(
    wanted: str, some: tuple[str, ...], others: tuple[str, ...]
) -> None:
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "tests/exercises", "-k", wanted]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert all(name in names for name in some), names
    assert not any(name in names for name in others), names
    if wanted.count(".") == 1:
        lines = [line for line in names.splitlines() if "::" in line]
        assert all(f"[{wanted}" in line or f"-{wanted}" in line for line in lines), lines


@pytest.mark.claims
def test_an_exercise_that_does_not_exist_is_said() -> None:
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "tests/exercises", "-k", "3.99"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == pytest.ExitCode.USAGE_ERROR
    assert "There is no test of 3.99." in run.stderr
