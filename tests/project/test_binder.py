"""Binder installs the same versions as everybody else, and repo2docker accepts the folder."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from tests import ROOT

REQUIREMENTS = "binder/requirements.txt"


def significant_lines(path: Path) -> list[str]:
    return [line for line in path.read_text().splitlines() if line and not line.startswith("#")]


def test_binder_takes_its_pins_and_the_lock_from_the_root():
    assert significant_lines(ROOT / REQUIREMENTS) == ["-c ../requirements.lock", "-r ../requirements.txt"]
    assert "-e ." in significant_lines(ROOT / "requirements.txt")


@pytest.fixture(scope="module")
def dockerfile(tmp_path_factory) -> str:
    """The Dockerfile that repo2docker would build. It reads only these files of the repository."""
    if importlib.util.find_spec("repo2docker") is None:
        pytest.skip("jupyter-repo2docker is not installed: pip install -e .[test]")
    clone = tmp_path_factory.mktemp("clone")
    (clone / "binder").mkdir()
    names = [path.relative_to(ROOT) for path in (ROOT / "binder").iterdir() if path.is_file()]
    for name in [*names, "requirements.txt", "requirements.lock", "pyproject.toml"]:
        (clone / name).write_bytes((ROOT / name).read_bytes())
    dry_run = subprocess.run(
        [sys.executable, "-m", "repo2docker", "--no-build", "--debug", "."],
        cwd=clone,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert dry_run.returncode == 0, dry_run.stderr
    return dry_run.stdout + dry_run.stderr


def test_repo2docker_installs_from_the_root_of_the_whole_repository(dockerfile):
    lines = [line.strip() for line in dockerfile.splitlines()]
    install = next(index for index, line in enumerate(lines) if f'-r "{REQUIREMENTS}"' in line)
    whole_copy = next(index for index, line in enumerate(lines) if line.endswith(" src/ ${REPO_DIR}/"))
    workdirs = [line for line in lines[:install] if line.startswith("WORKDIR")]
    assert whole_copy < install
    assert workdirs[-1] == "WORKDIR ${REPO_DIR}"


def test_repo2docker_takes_the_python_of_the_runtime_file(dockerfile):
    version = (ROOT / "binder" / "runtime.txt").read_text().strip().removeprefix("python-")
    assert f"Building conda environment for python={version}" in dockerfile
    assert f"environment-2epy-2d{version.replace('.', '-2e')}" in dockerfile
