"""The files that describe the project agree: pins, bounds, Python versions, targets, workflows."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from tests import ROOT

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = PYPROJECT["project"]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
SUPPORTED = [f"3.{minor}" for minor in range(30) if f"3.{minor}" in SpecifierSet(PROJECT["requires-python"])]
TENSORFLOW = {"tensorflow", "tensorflow-cpu"}


def pins() -> list[Requirement]:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith(("#", "-"))]


def pinned_version(requirement: Requirement) -> str:
    (specifier,) = requirement.specifier
    assert specifier.operator == "=="
    assert "*" not in specifier.version
    return specifier.version


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):  ##", (ROOT / "Makefile").read_text(), re.MULTILINE))


def steps(workflow: Path) -> list[dict]:
    jobs = yaml.safe_load(workflow.read_text())["jobs"].values()
    return [step for job in jobs for step in job["steps"]]


# --- Requirements -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("requirement", pins(), ids=lambda requirement: requirement.name)
def test_every_requirement_is_one_exact_version(requirement):
    assert pinned_version(requirement)


@pytest.mark.parametrize("line", PROJECT["dependencies"])
def test_every_dependency_is_pinned_within_its_bounds(line):
    dependency = Requirement(line)
    versions = {canonicalize_name(pin.name): pinned_version(pin) for pin in pins()}
    assert versions[canonicalize_name(dependency.name)] in dependency.specifier


@pytest.mark.parametrize(
    ("platform", "machine", "expected"),
    [
        ("linux", "x86_64", "tensorflow-cpu"),
        ("win32", "AMD64", "tensorflow-cpu"),
        ("linux", "aarch64", "tensorflow"),
        ("darwin", "arm64", "tensorflow"),
    ],
)
def test_each_machine_gets_one_tensorflow(platform, machine, expected):
    environment = {"sys_platform": platform, "platform_machine": machine}
    candidates = [pin for pin in pins() if pin.name in TENSORFLOW]
    assert all(pin.marker for pin in candidates)
    assert [pin.name for pin in candidates if pin.marker.evaluate(environment)] == [expected]


def test_the_gpu_hint_names_the_pinned_tensorflow():
    hints = re.findall(r'"tensorflow\[and-cuda\]==([\d.]+)"', (ROOT / "requirements.txt").read_text())
    assert hints
    assert set(hints) == {pinned_version(pin) for pin in pins() if pin.name in TENSORFLOW}


def test_tests_and_lessons_do_not_pin_one_package_twice():
    extra = {canonicalize_name(Requirement(line).name) for line in PROJECT["optional-dependencies"]["test"]}
    assert not extra & {canonicalize_name(pin.name) for pin in pins()}


# --- Python versions ----------------------------------------------------------------------------------------


def test_the_set_up_accepts_the_pythons_that_the_package_does():
    source = (ROOT / ".ci" / "bootstrap.py").read_text()
    declared = re.search(r"^SUPPORTED = (.+?)(  #|$)", source, re.MULTILINE)
    assert declared is not None
    assert [f"{major}.{minor}" for major, minor in re.findall(r"\((\d+), (\d+)\)", declared[1])] == SUPPORTED


def test_binder_uses_a_supported_python():
    assert (ROOT / "binder" / "runtime.txt").read_text().strip().removeprefix("python-") in SUPPORTED


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_test_every_supported_python(workflow):
    for job in yaml.safe_load(workflow.read_text())["jobs"].values():
        assert job["strategy"]["matrix"]["python"] == SUPPORTED


# --- Workflows and make -------------------------------------------------------------------------------------


def test_there_are_workflows_for_changes_and_for_the_night():
    # YAML 1.1 reads the key `on` as true.
    events = {path.stem: set(yaml.safe_load(path.read_text())[True]) for path in WORKFLOWS}
    assert {"push", "pull_request"} <= events["fast"]
    assert "schedule" in events["notebooks"]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_workflow_steps_either_use_an_action_or_run_a_command(workflow):
    for step in steps(workflow):
        assert ("uses" in step) != ("run" in step)


def test_every_make_target_that_is_named_exists():
    texts = [(ROOT / "README.md").read_text(), (ROOT / ".ci" / "run").read_text()]
    texts += [step["run"] for workflow in WORKFLOWS for step in steps(workflow) if "run" in step]
    named = {target for text in texts for target in re.findall(r"(?:^|`)make ([a-z]+)", text, re.MULTILINE)}
    assert {"test", "lint", "fast"} <= named <= make_targets()


def test_the_readme_gives_the_two_commands():
    readme = (ROOT / "README.md").read_text()
    assert "make lab" in readme
    assert "make test" in readme
