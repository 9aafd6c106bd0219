"""The grader's container: what can be said of it without Docker. The nightly workflow builds and runs it."""

import re
import shlex

import yaml

from tests import ROOT
from tests.project.test_metadata import PROJECT, SUPPORTED

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
GUIDE = (ROOT / "docs" / "grading.md").read_text(encoding="utf-8")


def _commands(text: str) -> list[list[str]]:
    """Return the docker commands in a text, as words."""
    lines = re.findall(r"^ *(docker .*)$", text.replace("\\\n", " "), re.MULTILINE)
    return [shlex.split(line) for line in lines]


def test_it_installs_what_the_project_locks() -> None:
    (install,) = re.findall(r"^RUN pip install (.*)$", DOCKERFILE, re.MULTILINE)
    words = shlex.split(install)
    assert "requirements.txt" in words
    assert words[words.index("-c") + 1] == "requirements.lock"
    (extra,) = re.findall(r"\.\[(\w+)\]", install)
    assert extra in PROJECT["optional-dependencies"]
    assert "bubblewrap" in DOCKERFILE
    assert re.search(r"^FROM python:([\d.]+)", DOCKERFILE, re.MULTILINE)[1] in SUPPORTED


def test_the_learners_container_installs_the_lock_and_keeps_their_work_outside() -> None:
    text = (ROOT / "Dockerfile.lab").read_text(encoding="utf-8")
    build, run = _commands(text.replace("\n# ", "\n").replace("\n#\n", "\n"))
    assert build[build.index("-f") + 1] == "Dockerfile.lab"
    assert run[-1] == build[build.index("-t") + 1]
    assert run[run.index("-v") + 1] == "$PWD/my_notebooks:/course/my_notebooks"
    assert "-c requirements.lock -r requirements.txt" in text
    instructions = [line.split()[0] for line in text.splitlines() if re.match(r"[A-Z]+ ", line)]
    assert instructions.index("USER") < instructions.index("CMD")
    assert "python -m workbook.course.learner_folder && exec jupyter lab" in text
    assert re.search(r"^FROM python:([\d.]+)", text, re.MULTILINE)[1] in SUPPORTED


def test_submissions_do_not_run_as_root() -> None:
    instructions = [line.split()[0] for line in DOCKERFILE.splitlines() if re.match(r"[A-Z]+ ", line)]
    assert "USER" in instructions[instructions.index("RUN") :]
    assert instructions.index("USER") < instructions.index("ENTRYPOINT")
    assert not re.search(r"^USER root", DOCKERFILE, re.MULTILINE)


def test_nothing_of_a_class_gets_into_the_image() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert {"handed_in", "graded", "runs", ".git", ".venv"} <= set(ignored)
    needed = ("workbook", "notebooks", "solutions", "data", "requirements.lock", "pyproject.toml")
    assert not set(needed) & set(ignored)


def test_the_night_runs_the_commands_of_the_guide() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "claims.yml").read_text(encoding="utf-8"))
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    (script,) = [step["run"] for step in steps if "docker" in step.get("run", "")]
    assert _commands(script) == _commands(GUIDE)
    assert len(_commands(GUIDE)) == 2
