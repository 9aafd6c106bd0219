"""What the commands need: one line where it is missing, nothing left behind, and extras that are complete."""

import ast
import os
import subprocess
import sys
import tomllib
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

import pytest
import typer
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from typer.testing import CliRunner

from tests import ROOT
from workbook.course.benches.bench_notebooks import without
from workbook.course.cli import needs

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LINE = 'pip install -c requirements.lock -e ".[{}]"'


@pytest.fixture
def bare(tmp_path: Path):
    """Return a function that runs `workbook ...` where no optional package can be imported."""
    (tmp_path / "sitecustomize.py").write_text(without(needs.OPTIONAL))
    work = tmp_path / "work"
    work.mkdir()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(tmp_path), str(ROOT)))}
    environment.pop("KERAS_BACKEND", None)

    def run(*arguments: str) -> tuple[int, list[str], list[Path]]:
        command = [sys.executable, "-m", "workbook.course.cli.app", *arguments]
        done = subprocess.run(
            command, cwd=work, env=environment, capture_output=True, text=True, check=False, timeout=120
        )
        return done.returncode, (done.stdout + done.stderr).splitlines(), list(work.iterdir())

    return run


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "extra"),
    [
        ("grade . --out graded", "grade"),
        ("gradescope 02", "grade"),
        ("build 02", "test"),
        ("build --check", "test"),
        ("wrap", "test"),
        ("contents", "test"),
        ("api", "test"),
        ("site", "site"),
        ("train mnist", "tensorflow"),
        ("train mnist --processes 2", "tensorflow"),
        ("bench train", "tensorflow"),
        ("bench tasks", "tensorflow"),
        ("bench notebooks", "test"),
        ("bench checks 2.1", "test"),
    ],
)
def test_a_missing_extra_is_one_line_and_nothing_is_left(bare, command, extra) -> None:
    root = [] if command.startswith(("train", "bench t")) else ["--root", str(ROOT)]
    code, lines, left = bare(*command.split(), *root)
    assert code == 2
    assert len(lines) == 1
    assert lines[0].startswith(f"`workbook {command.split()[0]}")
    assert lines[0].endswith(LINE.format(extra))
    assert left == []


@pytest.mark.parametrize(
    ("missing", "scheduler", "database", "extra"),
    [
        (needs.BACKENDS, None, None, "tensorflow"),
        (("distributed",), "tcp://a:1", None, "cluster"),
        (("psycopg2",), None, "postgresql+psycopg2://a/b", "postgres"),
        (("psycopg2",), None, "postgresql://a/b", "postgres"),
    ],
)
def test_grading_says_what_is_missing_before_it_writes(
    monkeypatch, tmp_path, capsys, missing, scheduler, database, extra
) -> None:
    from workbook.course.cli import grade_cli

    monkeypatch.setattr(needs, "_is_installed", lambda module: module not in missing)
    with pytest.raises(typer.Exit) as caught:
        grade_cli.grade(tmp_path, out=tmp_path / "out", scheduler=scheduler, db=database, root=ROOT)
    assert caught.value.exit_code == 2
    assert capsys.readouterr().err.strip().endswith(LINE.format(extra))
    assert not (tmp_path / "out").exists()


def test_one_backend_is_enough(monkeypatch) -> None:
    monkeypatch.setattr(needs, "_is_installed", lambda module: module != "tensorflow")
    needs.require("`workbook train`", (), backend=True)


def test_an_import_that_fails_for_another_reason_keeps_its_traceback(monkeypatch) -> None:
    app = typer.Typer(cls=needs.Commands)

    @app.command()
    def first() -> None:
        import workbook.nowhere  # noqa: F401

    @app.command()
    def second() -> None:
        import nbgrader  # noqa: F401

    monkeypatch.setitem(sys.modules, "nbgrader", None)
    assert isinstance(CliRunner().invoke(app, ["first"]).exception, ModuleNotFoundError)
    assert CliRunner().invoke(app, ["second"]).exit_code == 2


# Extras are complete ----------------------------------------------------------------------------------------

DISTRIBUTIONS = packages_distributions()
# Rooms of the package that run with an extra; all others run with the dependencies alone.
ROOMS = {
    "course/grading": "grade",
    "course/jailed": "grade",
    "course/authoring": "site",
    "course/benches": "test",
    "course/makers": "test",
    "course": "test",
}
# Imported inside a function that says in one line what to install, or only where it is there.
GUARDED = {
    "accountant/table.py": {"pandas"},
    "course/grading/cluster.py": {"distributed"},
    "course/makers/convert_efficientnet.py": {"efficientnet_lite_pytorch", "torch"},  # run once, by hand
}


def _names(extra: str) -> set[str]:
    """Return the distributions of an extra, those of the extras that it names included."""
    names: set[str] = set()
    for line in PROJECT["optional-dependencies"][extra]:
        requirement = Requirement(line)
        if requirement.name == PROJECT["name"]:
            names |= set().union(*map(_names, requirement.extras))
        else:
            names.add(canonicalize_name(requirement.name))
    return names


def _with_requirements(names: set[str]) -> set[str]:
    """Return distributions and all that they require on this machine."""
    waiting, reached = set(names), set[str]()
    while waiting:
        name = waiting.pop()
        reached.add(name)
        try:
            lines = requires(name) or []
        except PackageNotFoundError:  # for another machine
            continue
        needed = [Requirement(line) for line in lines]
        waiting |= {
            canonicalize_name(one.name)
            for one in needed
            if one.marker is None or one.marker.evaluate({"extra": ""})
        } - reached
    return reached


@cache
def _allowed(extra: str | None) -> set[str]:
    return _with_requirements(BASE | (_names(extra) if extra else set()))


def _imports(path: Path) -> set[str]:
    modules: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            modules.add(node.module.split(".")[0])
    return modules - set(sys.stdlib_module_names) - {"workbook", "tests"}


BASE = {canonicalize_name(Requirement(line).name) for line in PROJECT["dependencies"]}
PATHS = sorted((ROOT / "workbook").rglob("*.py"))


@pytest.mark.parametrize("path", PATHS, ids=lambda path: str(path.relative_to(ROOT / "workbook")))
def test_what_a_module_imports_is_in_its_extra(path: Path) -> None:
    name = path.relative_to(ROOT / "workbook").as_posix()
    extra = next((extra for room, extra in ROOMS.items() if name.startswith(f"{room}/")), None)
    allowed = _allowed(extra)
    optional = {*needs.BACKENDS, "ml_dtypes", *GUARDED.get(name, ())}
    for module in _imports(path) - optional:
        packages = {canonicalize_name(package) for package in DISTRIBUTIONS[module]}
        assert packages & allowed, f"{name} imports {module}, which is not in [{extra or 'dependencies'}]"


@pytest.mark.parametrize("extra", ["grade", "cluster", "postgres", "test"])
def test_extras_that_run_answers_have_a_backend(extra) -> None:
    assert {"tensorflow", "tensorflow-cpu"} <= _names(extra)


@pytest.mark.parametrize("extra", needs.MODULES)
def test_what_a_command_asks_for_is_in_the_extra_that_it_names(extra) -> None:
    for module in set(needs.MODULES[extra]) - set(needs.BACKENDS):
        if module in DISTRIBUTIONS:
            assert {canonicalize_name(name) for name in DISTRIBUTIONS[module]} & _names(extra), module
