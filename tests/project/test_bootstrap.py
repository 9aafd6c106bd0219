"""The set-up behind `make`: a failure is one line and a non-zero exit code; a second call installs nothing."""

import errno
import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests import ROOT
from workbook.machine import WITHOUT_BACKEND

GIGABYTE = 10**9

spec = importlib.util.spec_from_file_location("bootstrap", ROOT / ".ci" / "bootstrap.py")
assert spec is not None
assert spec.loader is not None
bootstrap = importlib.util.module_from_spec(spec)
sys.modules["bootstrap"] = bootstrap  # dataclasses look their module up
spec.loader.exec_module(bootstrap)


@dataclass
class FakeShell:
    """Replace the commands that the set-up starts: make a pretend .venv, or fail as the real commands do."""

    version: str = "3.11"
    installed: set[str] = field(default_factory=set)
    pip: Callable[[], tuple[int, str]] = lambda: (0, "")
    venv: Callable[[], tuple[int, str]] = lambda: (0, "")
    uv: Callable[[], tuple[int, str]] = lambda: (0, "")
    target: Callable[[list[str]], int] = lambda command: 0
    calls: list[list[str]] = field(default_factory=list)

    def run(self, command: list[str], **options: object) -> SimpleNamespace:
        self.calls.append(command)
        code, text = self.answer(command)
        return SimpleNamespace(returncode=code, stdout=text, stderr=text)

    def answer(self, command: list[str]) -> tuple[int, str]:
        if "venv" in command:
            code, text = self.venv()
            if code == 0:
                python = Path(command[-1]) / "bin" / "python"
                python.parent.mkdir()
                python.touch()
            return code, text
        if "uv" in command:
            return self.uv()
        if "pip" in command:
            return self.pip()
        if command[0] in self.installed or Path(command[0]).exists():
            return 0, self.version.replace(".", " ")
        return 127, ""

    def run_in_foreground(self, command: list[str], folder: Path) -> int:
        self.calls.append(command)
        return self.target(command)

    def count(self, word: str) -> int:
        return sum(word in command for command in self.calls)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "requirements.txt").write_text("numpy==2.4.6\n")
    (tmp_path / "requirements.lock").write_text("numpy==2.4.6\n")
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    return tmp_path


def machine_of(project: Path, shell: FakeShell, **changes: object) -> bootstrap.Machine:
    options: dict = {
        "root": project,
        "environ": {},
        "version_info": (3, 11, 7),
        "system": ("linux", "x86_64"),
        "free_bytes": lambda path: 50 * GIGABYTE,
        "run": shell.run,
        "run_in_foreground": shell.run_in_foreground,
        "is_root": False,
    }
    return bootstrap.Machine(**(options | changes))


def failure_line(capsys: pytest.CaptureFixture, machine: bootstrap.Machine, target: str = "lab") -> str:
    """Run a target that must fail; return the one line it wrote to stderr."""
    code = bootstrap.main([target], machine)
    lines = capsys.readouterr().err.strip().splitlines()
    assert code != 0
    assert len(lines) == 1
    return lines[0]


# --- Which Python -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [(3, 7, 0), (3, 10, 13), (3, 14, 0)])
def test_an_unsupported_python_is_named_with_the_fix(project, capsys, version):
    line = failure_line(capsys, machine_of(project, FakeShell(), version_info=version))
    assert "needs Python 3.11, 3.12 or 3.13" in line
    assert f"Python {version[0]}.{version[1]}" in line
    assert "PYTHON=" in line
    assert not (project / ".venv").exists()


@pytest.mark.parametrize("system", WITHOUT_BACKEND, ids=" ".join)
def test_a_system_without_a_backend_is_named_before_anything_is_installed(project, capsys, system):
    shell = FakeShell()
    line = failure_line(capsys, machine_of(project, shell, system=system))
    assert f"no build for {WITHOUT_BACKEND[system][0]}" in line
    assert not shell.calls
    assert bootstrap.WITHOUT_BACKEND == WITHOUT_BACKEND


def test_a_supported_python_elsewhere_on_the_path_is_used(project):
    shell = FakeShell(version="3.12", installed={"python3.12"})
    assert bootstrap.main(["lab"], machine_of(project, shell, version_info=(3, 14, 0))) == 0
    assert ["python3.12", "-m", "venv", str(project / ".venv")] in shell.calls


def test_a_chosen_unsupported_python_is_refused_although_another_is_there(project, capsys):
    shell = FakeShell(version="3.12", installed={"python3.12"})
    machine = machine_of(project, shell, version_info=(3, 9, 1), environ={"PYTHON": "python3.9"})
    assert "PYTHON=python3.9 is Python 3.9" in failure_line(capsys, machine)


@pytest.mark.skipif(os.name == "nt", reason="make is a Unix tool")
def test_make_says_so_when_python_does_not_start():
    make = subprocess.run(
        ["make", "lab", "PYTHON=/nowhere/python"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    first, *rest = make.stderr.strip().splitlines()
    assert make.returncode != 0
    assert "needs Python 3.11, 3.12 or 3.13, and /nowhere/python is none" in first
    assert all(line.startswith("make") for line in rest)


# --- What can go wrong --------------------------------------------------------------------------------------


def test_a_full_disk_is_reported_before_anything_is_made(project, capsys):
    line = failure_line(capsys, machine_of(project, FakeShell(), free_bytes=lambda path: 1.5 * GIGABYTE))
    assert "need 4 GB" in line
    assert "1.5 GB free" in line
    assert not (project / ".venv").exists()


PIP_FAILURES = {
    "no network": (
        "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError('<connection>: "
        "Failed to establish a new connection: [Errno -3] Temporary failure in name resolution')'\n"
        "ERROR: No matching distribution found for keras==3.15.1",
        "index cannot be reached",
    ),
    "time-out": ("ReadTimeoutError('HTTPSConnectionPool: Read timed out.')", "cannot be reached"),
    "registry error": (
        "ERROR: HTTP error 503 while getting keras\nERROR: 503 Server Error: Service Unavailable",
        "answered with an error (HTTP error 503)",
    ),
    "nothing for this machine": (
        "ERROR: Could not find a version that satisfies the requirement tensorflow==2.21.0\n"
        "ERROR: No matching distribution found for tensorflow==2.21.0",
        "has no tensorflow==2.21.0 for this machine",
    ),
    "disk fills up": ("ERROR: Could not install: [Errno 28] No space left on device", "disk is full"),
    "permission": ("ERROR: Could not install: [Errno 13] Permission denied: 'x'", "No permission to write"),
    "contradiction": ("ERROR: ResolutionImpossible: for help visit", "contradict each other"),
    "no pip": ("python: No module named pip", "make clean"),
    "something new": ("some output\nERROR: the moon is full\nmore", "ERROR: the moon is full"),
    "silence": ("", "no message"),
}


@pytest.mark.parametrize("case", PIP_FAILURES)
def test_a_failing_pip_is_explained_in_one_line(project, capsys, case):
    output, expected = PIP_FAILURES[case]
    machine = machine_of(project, FakeShell(pip=lambda: (1, output)))
    assert expected in failure_line(capsys, machine)
    assert not bootstrap.is_ready(machine, "lab")


@pytest.mark.parametrize(
    "output",
    [
        "The virtual environment was not created successfully because ensurepip is not\navailable.",
        "python: No module named venv",
    ],
)
def test_a_missing_venv_module_names_the_package(project, capsys, output):
    machine = machine_of(project, FakeShell(venv=lambda: (1, output)))
    assert "sudo apt install python3.11-venv" in failure_line(capsys, machine)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (errno.EACCES, "No permission to write"),
        (errno.EROFS, "No permission to write"),
        (errno.ENOSPC, "disk is full"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_an_error_of_the_file_system_is_one_line(project, capsys, monkeypatch, number, expected):
    def refuse(path: Path, *arguments: object) -> None:
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr(Path, "mkdir", refuse)
    assert expected in failure_line(capsys, machine_of(project, FakeShell()))


def test_an_unknown_target_lists_the_targets(project, capsys):
    assert "lab|test|claims" in failure_line(capsys, machine_of(project, FakeShell()), "laboratory")


# --- Interrupted, incomplete, complete ----------------------------------------------------------------------


def test_an_interrupted_install_is_repeated(project, capsys):
    def interrupt() -> tuple[int, str]:
        (project / ".venv" / "half-unpacked").touch()
        raise KeyboardInterrupt

    assert "Interrupted" in failure_line(capsys, machine_of(project, FakeShell(pip=interrupt)))

    shell = FakeShell()
    assert bootstrap.main(["lab"], machine_of(project, shell)) == 0
    assert not (project / ".venv" / "half-unpacked").exists()
    assert (shell.count("venv"), shell.count("install")) == (1, 1)


@pytest.mark.parametrize(
    "make_half",
    [
        lambda venv: venv.mkdir(),
        lambda venv: venv.write_text("a file"),
        lambda venv: venv.symlink_to("nowhere"),
        lambda venv: ((venv / "bin").mkdir(parents=True), (venv / "pyvenv.cfg").touch()),
    ],
    ids=["empty folder", "file", "dangling link", "without python"],
)
def test_an_incomplete_environment_is_rebuilt(project, make_half):
    make_half(project / ".venv")
    shell = FakeShell()
    machine = machine_of(project, shell)
    assert bootstrap.main(["lab"], machine) == 0
    assert (shell.count("venv"), shell.count("install")) == (1, 1)
    assert bootstrap.is_ready(machine, "lab")


def test_an_environment_made_by_hand_is_kept_and_completed(project):
    (project / ".venv" / "bin").mkdir(parents=True)
    (project / ".venv" / "bin" / "python").touch()
    shell = FakeShell()
    assert bootstrap.main(["lab"], machine_of(project, shell)) == 0
    assert (shell.count("venv"), shell.count("install")) == (0, 1)


def test_an_environment_of_another_python_is_rebuilt(project):
    assert bootstrap.main(["lab"], machine_of(project, FakeShell())) == 0
    shell = FakeShell(version="3.14")
    assert bootstrap.main(["lab"], machine_of(project, shell)) == 0
    assert shell.count("venv") == 1


@pytest.mark.parametrize("target", ["lab", "test", "claims", "fast", "lint", "build"])
def test_the_second_call_runs_no_pip_and_asks_nothing_of_the_disk(project, target):
    assert bootstrap.main([target], machine_of(project, FakeShell())) == 0
    shell = FakeShell(pip=lambda: (1, "no network"))
    assert bootstrap.main([target], machine_of(project, shell, free_bytes=lambda path: 0)) == 0
    assert (shell.count("venv"), shell.count("pip")) == (0, 0)


@pytest.mark.parametrize("name", ["requirements.txt", "pyproject.toml", "requirements.lock"])
def test_changed_requirements_are_installed_into_the_same_environment(project, name):
    assert bootstrap.main(["lab"], machine_of(project, FakeShell())) == 0
    (project / name).write_text("changed")
    shell = FakeShell()
    assert bootstrap.main(["lab"], machine_of(project, shell)) == 0
    assert (shell.count("venv"), shell.count("install")) == (0, 1)


def test_an_environment_for_tests_serves_the_lab_and_not_the_other_way(project):
    machine = machine_of(project, FakeShell())
    bootstrap.ensure(machine, "lab")
    assert not bootstrap.is_ready(machine, "test")
    bootstrap.ensure(machine, "test")
    assert bootstrap.is_ready(machine, "lab")


@pytest.mark.parametrize("profile", ["lab", "test"])
def test_packages_are_installed_as_the_lock_says(project, profile):
    shell = FakeShell()
    bootstrap.ensure(machine_of(project, shell), profile)
    (install,) = [call for call in shell.calls if "install" in call]
    assert install[install.index("-c") + 1] == "requirements.lock"


def test_a_moved_environment_is_rebuilt(project, tmp_path):
    assert bootstrap.main(["lab"], machine_of(project, FakeShell())) == 0
    moved = tmp_path / "moved"
    moved.mkdir()
    for name in (".venv", "requirements.txt", "pyproject.toml", "requirements.lock"):
        (project / name).rename(moved / name)
    shell = FakeShell()
    assert bootstrap.main(["lab"], machine_of(moved, shell)) == 0
    assert shell.count("venv") == 1


def test_clean_removes_the_environment_and_can_be_repeated(project):
    machine = machine_of(project, FakeShell())
    bootstrap.main(["lab"], machine)
    assert bootstrap.main(["clean"], machine) == 0
    assert not (project / ".venv").exists()
    assert bootstrap.main(["clean"], machine) == 0


# --- The lock -----------------------------------------------------------------------------------------------


def test_the_lock_is_resolved_outside_the_projects_environment(project):
    shell = FakeShell()
    assert bootstrap.main(["lock"], machine_of(project, shell)) == 0
    make, install, resolve = shell.calls
    assert make[1:-1] == ["-m", "venv"]
    scratch = make[-1]
    assert not scratch.startswith(str(project))
    assert not Path(scratch).exists()
    assert install[0].startswith(scratch)
    assert resolve[:3] == [install[0], "-m", "uv"]
    assert resolve[-4:] == ["requirements.txt", "pyproject.toml", "--output-file", "requirements.lock"]
    assert not (project / ".venv").exists()


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("  x No solution found when resolving dependencies:", "contradict each other"),
        ("error: error sending request for url", "index cannot be reached"),
    ],
)
def test_a_lock_that_cannot_be_resolved_is_explained_in_one_line(project, capsys, output, expected):
    assert expected in failure_line(
        capsys, machine_of(project, FakeShell(uv=lambda: (1, output))), target="lock"
    )


# --- What the targets run -----------------------------------------------------------------------------------


def test_dev_makes_the_environment_of_the_tests_and_runs_nothing(project, capsys):
    def start(command: list[str]) -> int:
        raise AssertionError(command)

    machine = machine_of(project, FakeShell(target=start))
    assert bootstrap.main(["dev"], machine) == 0
    assert bootstrap.is_ready(machine, "test")
    assert "activate" in capsys.readouterr().out


def test_lab_opens_the_first_notebook_with_the_readers_options(project):
    shell = FakeShell()
    machine = machine_of(project, shell, environ={"LAB_ARGS": "--no-browser --port 8899"}, is_root=True)
    assert bootstrap.main(["lab"], machine) == 0
    assert shell.calls[-1][1:] == [
        "-m",
        "jupyterlab",
        "my_notebooks/00_start_here.ipynb",
        "--no-browser",
        "--port",
        "8899",
        "--allow-root",
    ]


def test_lab_first_makes_the_learners_copies_and_stops_if_it_cannot(project):
    shell = FakeShell()
    assert bootstrap.main(["lab"], machine_of(project, shell)) == 0
    assert shell.calls[-2][1:] == ["-m", "workbook.course.learner_folder"]
    shell = FakeShell(target=lambda command: int("workbook.course.learner_folder" in command))
    assert bootstrap.main(["lab"], machine_of(project, shell)) == 1
    assert shell.count("jupyterlab") == 0


def test_lab_does_not_allow_root_to_others(project):
    shell = FakeShell()
    bootstrap.main(["lab"], machine_of(project, shell))
    assert "--allow-root" not in shell.calls[-1]


def test_tests_and_complete_notebooks_run_in_one_session(project):
    shell = FakeShell()
    assert bootstrap.main(["test"], machine_of(project, shell)) == 0
    (session,) = [call for call in shell.calls if "pytest" in call]
    assert session[-2:] == ["tests", "solutions"]
    assert {"--nbval", "--nbval-cell-timeout=240", "loadscope"} <= set(session)
    assert "claims" not in session


@pytest.mark.parametrize(("codes", "expected"), [((0, 0), 0), ((1, 0), 1), ((0, 5), 5), ((3, 1), 3)])
def test_claims_and_the_learners_notebooks_both_run_and_both_count(project, codes, expected):
    shell = FakeShell(target=lambda command: codes["--nbval" in command])
    assert bootstrap.main(["claims"], machine_of(project, shell)) == expected
    claims, notebooks = shell.calls[-2:]
    assert claims[claims.index("-m", 3) + 1] == "claims"
    assert "--nbval" not in claims
    assert notebooks[-1] == "notebooks"
    assert notebooks[1] == "tests/offline.py"
    assert "--nbval-cell-timeout=240" in notebooks


def test_an_interrupted_run_starts_nothing_more(project):
    shell = FakeShell(target=lambda command: bootstrap.INTERRUPTED)
    assert bootstrap.main(["claims"], machine_of(project, shell)) == bootstrap.INTERRUPTED
    assert shell.count("pytest") == 1


def test_a_command_in_the_foreground_returns_its_code(tmp_path):
    assert bootstrap.run_in_foreground([sys.executable, "-c", "raise SystemExit(7)"], tmp_path) == 7
