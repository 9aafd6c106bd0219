"""The files that describe the project agree: pins, lock, bounds, Python versions, targets, workflows, addresses."""

import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from tests import ROOT
from workbook.machine import OLDEST, TOO_NEW, WITHOUT_BACKEND

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = PYPROJECT["project"]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
SUPPORTED = [f"3.{minor}" for minor in range(30) if f"3.{minor}" in SpecifierSet(PROJECT["requires-python"])]
TENSORFLOW = {"tensorflow", "tensorflow-cpu"}
MACHINES = {
    "Linux x86_64": {"sys_platform": "linux", "platform_machine": "x86_64", "platform_system": "Linux"},
    "Linux aarch64": {"sys_platform": "linux", "platform_machine": "aarch64", "platform_system": "Linux"},
    "Windows": {"sys_platform": "win32", "platform_machine": "AMD64", "platform_system": "Windows"},
    "macOS arm64": {"sys_platform": "darwin", "platform_machine": "arm64", "platform_system": "Darwin"},
}


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
        ("linux", "x86_64", ["tensorflow-cpu"]),
        ("win32", "AMD64", ["tensorflow-cpu"]),
        ("linux", "aarch64", ["tensorflow"]),
        ("darwin", "arm64", ["tensorflow"]),
        ("darwin", "x86_64", []),  # pip succeeds, and `import workbook` says what is missing
        ("win32", "ARM64", []),
    ],
)
@pytest.mark.parametrize("python", SUPPORTED)
def test_each_machine_gets_one_tensorflow(platform, machine, expected, python):
    environment = {"sys_platform": platform, "platform_machine": machine, "python_version": python}
    extra = [Requirement(line) for line in PROJECT["optional-dependencies"]["tensorflow"]]
    for candidates in ([pin for pin in pins() if pin.name in TENSORFLOW], extra):
        assert all(candidate.marker for candidate in candidates)
        assert [one.name for one in candidates if one.marker.evaluate(environment)] == expected
    assert bool(expected) == ((platform, machine) not in WITHOUT_BACKEND)


def test_an_unsupported_python_reaches_the_projects_own_sentence():
    environment = {"sys_platform": "linux", "platform_machine": "x86_64", "python_version": "3.14"}
    assert not [pin for pin in pins() if pin.name in TENSORFLOW and pin.marker.evaluate(environment)]
    bounds = SpecifierSet(f">={'.'.join(map(str, OLDEST))},<{'.'.join(map(str, TOO_NEW))}")
    assert bounds == SpecifierSet(PROJECT["requires-python"])


def test_the_gpu_hint_names_the_pinned_tensorflow():
    hints = re.findall(r'"tensorflow\[and-cuda\]==([\d.]+)"', (ROOT / "requirements.txt").read_text())
    assert hints
    assert set(hints) == {pinned_version(pin) for pin in pins() if pin.name in TENSORFLOW}


def test_tests_and_lessons_do_not_pin_one_package_twice():
    extra = {canonicalize_name(Requirement(line).name) for line in PROJECT["optional-dependencies"]["test"]}
    assert not extra & {canonicalize_name(pin.name) for pin in pins()}


# --- The lock -----------------------------------------------------------------------------------------------


def locked(environment: dict[str, str]) -> dict[str, str]:
    """Return package → version as requirements.lock gives them for one machine and one Python."""
    lines = [line.split("  #")[0] for line in (ROOT / "requirements.lock").read_text().splitlines()]
    entries = [Requirement(line) for line in lines if line and not line.startswith("#")]
    entries = [entry for entry in entries if entry.marker is None or entry.marker.evaluate(environment)]
    versions: dict[str, str] = {canonicalize_name(entry.name): pinned_version(entry) for entry in entries}
    assert len(versions) == len(entries), "two versions of one package for the same machine"
    return versions


@pytest.mark.parametrize("python", SUPPORTED)
@pytest.mark.parametrize("machine", MACHINES)
def test_the_lock_has_every_pin_and_every_requirement_of_the_tests(machine, python):
    environment = MACHINES[machine] | {"python_version": python, "python_full_version": f"{python}.0"}
    versions = locked(environment)
    extras = PROJECT["optional-dependencies"]
    names = ("tensorflow", "jax", "grade", "cluster", "distributed", "site", "test")
    lines = [*PROJECT["dependencies"], *(line for name in names for line in extras[name])]
    for requirement in [*pins(), *map(Requirement, lines)]:
        name = canonicalize_name(requirement.name)
        if name == "cnn-workbook" or (requirement.marker and not requirement.marker.evaluate(environment)):
            continue
        assert versions.get(name, "0") in requirement.specifier, f"{requirement}: run `make lock`"
    assert len(TENSORFLOW & versions.keys()) == 1


def test_the_lock_names_no_host_and_no_path():
    text = (ROOT / "requirements.lock").read_text()
    assert not re.search(
        r"://|\s@\s|--(extra-)?index|--find-links|^-|/(tmp|home|root|work)/", text, re.MULTILINE
    )


@pytest.mark.parametrize("package", ["torch", "scikit-image"])
def test_the_lock_stays_free_of_what_the_course_does_without(package):
    for environment in MACHINES.values():
        assert package not in locked(environment)


def test_the_install_without_make_uses_the_lock():
    installs = re.findall(r"pip install .*-r requirements.txt.*", (ROOT / "README.md").read_text())
    assert installs
    assert all("-c requirements.lock" in command for command in installs)


# --- Python versions ----------------------------------------------------------------------------------------


def test_the_set_up_accepts_the_pythons_that_the_package_does():
    source = (ROOT / ".ci" / "bootstrap.py").read_text()
    declared = re.search(r"^SUPPORTED = (.+?)(  #|$)", source, re.MULTILINE)
    assert declared is not None
    assert [f"{major}.{minor}" for major, minor in re.findall(r"\((\d+), (\d+)\)", declared[1])] == SUPPORTED


def test_binder_uses_a_supported_python():
    assert (ROOT / "binder" / "runtime.txt").read_text().strip().removeprefix("python-") in SUPPORTED


@pytest.mark.parametrize("name", ["test", "claims"])
def test_workflows_test_every_supported_python(name):
    (workflow,) = [path for path in WORKFLOWS if path.stem == name]
    for job in yaml.safe_load(workflow.read_text())["jobs"].values():
        assert job["strategy"]["matrix"]["python"] == SUPPORTED


# --- Workflows and make -------------------------------------------------------------------------------------


def test_there_are_workflows_for_changes_and_for_the_night():
    # YAML 1.1 reads the key `on` as true.
    events = {path.stem: set(yaml.safe_load(path.read_text())[True]) for path in WORKFLOWS}
    assert {"push", "pull_request"} <= events["test"]
    assert "schedule" in events["claims"]
    assert "push" in events["site"]


def test_the_site_is_published_where_the_readme_says():
    owner, name = PROJECT["urls"]["Repository"].removeprefix("https://github.com/").split("/")
    addresses = set(re.findall(r"https://[\w-]+\.github\.io/[\w.-]+/", (ROOT / "README.md").read_text()))
    assert addresses == {f"https://{owner}.github.io/{name}/"}


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_workflow_steps_either_use_an_action_or_run_a_command(workflow):
    for step in steps(workflow):
        assert ("uses" in step) != ("run" in step)


def test_every_make_target_that_is_named_exists():
    texts = [(ROOT / "README.md").read_text(), (ROOT / ".ci" / "run").read_text()]
    texts += [step["run"] for workflow in WORKFLOWS for step in steps(workflow) if "run" in step]
    named = {target for text in texts for target in re.findall(r"(?:^|`)make ([a-z]+)", text, re.MULTILINE)}
    assert {"test", "lint", "claims"} <= named <= make_targets()


def test_the_readme_starts_with_a_clone_and_the_two_commands():
    (block,) = re.findall(r"```sh\n(git clone .*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert [line.split("  ")[0] for line in block.splitlines()][1:] == ["make lab", "make test"]


# --- One address --------------------------------------------------------------------------------------------

# Sites that show a GitHub repository by its owner and name.
REPOSITORY = re.compile(
    r"(?:https://github\.com|img\.shields\.io/github/license|colab\.research\.google\.com/github"
    r"|mybinder\.org/v2/gh|nbviewer\.org/github)/([\w.-]+/[\w.-]+)"
)
OTHER_PROJECTS = {"containers/bubblewrap"}
PAGES = [
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "SECURITY.md",
    "CITATION.cff",
    "docs",
    ".github",
    ".devcontainer",
]


def texts() -> dict[str, str]:
    """Return path → text of everything that describes the project to people or to services."""
    paths = [ROOT / name for name in PAGES]
    files = [
        path for folder in paths for path in ([folder] if folder.is_file() else sorted(folder.rglob("*.*")))
    ]
    readable = {".md", ".cff", ".yml", ".json"}
    return {str(path.relative_to(ROOT)): path.read_text() for path in files if path.suffix in readable}


@pytest.mark.parametrize("name", texts())
def test_every_address_of_a_repository_is_the_projects(name):
    expected = PROJECT["urls"]["Repository"].removeprefix("https://github.com/")
    repositories = {repository.removesuffix(".git") for repository in REPOSITORY.findall(texts()[name])}
    assert repositories <= {expected, *OTHER_PROJECTS}


def test_the_badges_lead_to_workflows_and_notebooks_that_exist():
    readme = (ROOT / "README.md").read_text()
    workflows = set(re.findall(r"actions/workflows/([\w.-]+\.yml)/badge", readme))
    assert workflows == {path.name for path in WORKFLOWS}
    targets = re.findall(r"blob/main/([\w/.-]+)|labpath=([\w%.-]+)", readme)
    assert len(targets) >= 2
    assert all((ROOT / (colab or binder.replace("%2F", "/"))).is_file() for colab, binder in targets)


@pytest.mark.parametrize("name", texts())
def test_every_relative_link_leads_to_a_file(name):
    links = re.findall(r"\]\((?!https?://|#)([^)#\s]+)", texts()[name])
    assert [link for link in links if not (ROOT / name).parent.joinpath(link).exists()] == []


def test_the_readmes_table_has_every_chapter_executed():
    linked = re.findall(r"^\| \[[^]]+\]\((\S+)\)", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert linked == [f"solutions/{path.stem}.ipynb" for path in sorted((ROOT / "solutions").glob("*.py"))]


# --- What a repository says about itself --------------------------------------------------------------------


def test_the_citation_agrees_with_the_package():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert {"cff-version", "message", "title", "authors"} <= citation.keys()
    assert str(citation["version"]) == PROJECT["version"]
    assert citation["license"] == PROJECT["license"]
    assert citation["repository-code"] == PROJECT["urls"]["Repository"]
    assert [author["name"] for author in citation["authors"]] == [
        author["name"] for author in PROJECT["authors"]
    ]


@pytest.mark.parametrize(
    "path", sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*_*.yml")), ids=lambda path: path.stem
)
def test_issue_forms_have_what_github_requires(path):
    form = yaml.safe_load(path.read_text())
    assert form["name"]
    assert form["description"]
    fields = [field for field in form["body"] if field["type"] != "markdown"]
    assert len({field["id"] for field in fields}) == len(fields)
    assert all(field["attributes"]["label"] for field in fields)
    assert any(field.get("validations", {}).get("required") for field in fields)


def test_pre_commit_runs_the_projects_own_tools():
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert repository["repo"] == "local"
    tools = {"ruff", "mypy", "oxlint", "python", "workbook"}
    assert {hook["entry"].split()[0] for hook in repository["hooks"]} == tools
    assert {hook["language"] for hook in repository["hooks"]} == {"system"}


def test_the_development_container_uses_a_supported_python():
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text())
    assert container["image"].rpartition(":")[2] in SUPPORTED
    assert container["postCreateCommand"].split()[:2] == ["make", "dev"]
    assert container["postCreateCommand"].endswith("&& .venv/bin/workbook chapters")
    opened = [Path(name) for name in container["customizations"]["codespaces"]["openFiles"]]
    assert [path.parent.name for path in opened] == ["my_notebooks"]
    assert all((ROOT / "notebooks" / path.name).is_file() for path in opened)


def test_no_test_may_take_longer_than_the_last_resort_allows() -> None:
    """Where a mark allows more, faulthandler would end the worker, and the tests after it would be lost."""
    options = PYPROJECT["tool"]["pytest"]["ini_options"]
    longest = options["faulthandler_timeout"]
    assert options["timeout"] < longest
    for path in (ROOT / "tests").rglob("*.py"):
        for seconds in re.findall(r"mark\.timeout\((\d+)\)", path.read_text(encoding="utf-8")):
            assert int(seconds) < longest, path
