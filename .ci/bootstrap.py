"""Make the project's virtual environment and run things in it: what the Makefile calls.

This file uses the standard library only and runs on Python 3.7 or later, so that an old Python prints a sentence
and not a SyntaxError. A failure that the reader can fix is one line on stderr and a non-zero exit code.
"""

from __future__ import annotations

import errno
import hashlib
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

SUPPORTED = ((3, 11), (3, 12), (3, 13))  # as `requires-python` in pyproject.toml
RANGE = "Python 3.11, 3.12 or 3.13"
# As in workbook/machine.py: systems without a build of TensorFlow and JAX.
WITHOUT_BACKEND = {
    ("darwin", "x86_64"): ("an Intel Mac", "in Docker"),
    ("win32", "ARM64"): ("Windows on ARM", "in WSL 2"),
}
LEAST_FREE_BYTES = 4 * 10**9
FIRST_NOTEBOOK = "my_notebooks/00_start_here.ipynb"
UNFINISHED = "unfinished"
INTERRUPTED = 130
# Groups of tests go to three workers, the longest group first; conftest.py says what a group is. On two cores a third
# worker uses the time in which the others wait for a kernel, a jail or a time limit. Each needs up to 2 GB.
PYTEST = [
    "python",
    "-m",
    "pytest",
    "-n",
    "3",
    "--dist",
    "loadscope",
    "--no-loadscope-reorder",
    "-q",
    "--durations=10",
]
NBVAL = ["--nbval", "--nbval-current-env", "--nbval-cell-timeout=240"]
NBVAL += ["--nbval-sanitize-with", "tests/nbval_sanitize.cfg"]

# The files that say what the environment must hold. `make lock` writes the lock from the other two.
LOCK = "requirements.lock"
SOURCES = ("requirements.txt", "pyproject.toml")
UV = "uv==0.13.9"

# What pip installs for each profile, the smaller one first: an environment made for `test` also serves `lab`.
PROFILES = {
    "lab": ["-c", LOCK, "-r", "requirements.txt"],
    "test": ["-c", LOCK, "-r", "requirements.txt", "-e", ".[test]"],
}

# One file for all supported systems and Python versions. pip's configuration is not read: no host name gets into it.
UV_COMPILE = shlex.split(
    "uv pip compile --no-config --system-certs --universal --python-version 3.11 --extra test "
    "--no-emit-package cnn-workbook --annotation-style line --custom-compile-command 'make lock'"
)

# A pattern in the output of a failed pip, uv or venv, and the line that the reader gets. The first match wins.
DIAGNOSES = [
    (
        r"No space left on device|Errno 28|not enough space on the disk",
        "The disk is full. Free at least 4 GB, then run the same command again.",
    ),
    (
        r"ensurepip is not|No module named .?(ensurepip|venv)|python3?[\d.]*-venv",
        "This Python cannot make virtual environments. On Debian or Ubuntu: sudo apt install {venv_package}",
    ),
    (
        r"Permission denied|Errno 13|Access is denied|Read-only file system",
        "No permission to write in {root}. Move the project to a folder of your own, then run the same command again.",
    ),
    (
        r"No module named .?pip\b",
        ".venv has no pip. Run `make clean`, then the same command again.",
    ),
    (
        r"HTTP error \d{3}|\d{3} (Client|Server) Error|too many \d{3} error responses",
        "The package index answered with an error ({match}). Wait a few minutes, then run the same command again.",
    ),
    (
        r"NewConnectionError|NameResolutionError|getaddrinfo|name resolution|Network is unreachable"
        r"|Connection (refused|reset|aborted|broken)|Max retries exceeded|IncompleteRead|Timeout|timed out"
        r"|ProxyError|SSLError|error sending request",
        "The package index cannot be reached. Check network and proxy, then run the same command again.",
    ),
    (
        r"No matching distribution found for (?P<name>\S+)",
        "The package index has no {name} for this machine ({machine}). Try again later. If it still fails, this kind "
        "of machine is not supported: use the README's Binder link, which needs no set-up.",
    ),
    (
        r"ResolutionImpossible|conflicting dependencies|No solution found",
        "requirements.txt, pyproject.toml and requirements.lock contradict each other. Run `make lock` after a change "
        "of the first two, or restore all three with `git checkout`.",
    ),
]


class SetupError(Exception):
    """A failure, as one line that says what is wrong and what to do."""


def run_in_foreground(command: Sequence[str], folder: Path) -> int:
    """Run a command that handles Ctrl-C itself (JupyterLab asks, pytest reports); return its exit code."""
    interrupted = False
    process = subprocess.Popen(command, cwd=str(folder))
    while True:
        try:
            code = process.wait()
            return INTERRUPTED if interrupted and code else code
        except KeyboardInterrupt:
            interrupted = True


@dataclass
class Machine:
    """Everything outside this file that the set-up reads or changes. Tests pass their own."""

    root: Path = field(default_factory=lambda: Path(__file__).resolve().parent.parent)
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    version_info: Sequence = sys.version_info
    free_bytes: Callable[[Path], int] = lambda path: shutil.disk_usage(str(path)).free
    system: tuple = (sys.platform, platform.machine())
    run: Callable[..., subprocess.CompletedProcess] = subprocess.run
    run_in_foreground: Callable[[Sequence[str], Path], int] = run_in_foreground
    is_root: bool = hasattr(os, "geteuid") and os.geteuid() == 0

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        """The environment's own interpreter."""
        return interpreter_of(self.venv)

    @property
    def state_file(self) -> Path:
        return self.venv / ".workbook-state"


def interpreter_of(venv: Path) -> Path:
    """Return the path of a virtual environment's interpreter."""
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def say(text: str) -> None:
    print(text, flush=True)


# --- Which Python -------------------------------------------------------------------------------------------


def version_of(machine: Machine, command: str) -> tuple[int, ...] | None:
    """Return (major, minor) of an interpreter, or None if it does not start."""
    try:
        answer = machine.run(
            [command, "-c", "import sys; print(*sys.version_info[:2])"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        return tuple(int(part) for part in answer.stdout.split()) if answer.returncode == 0 else None
    except (OSError, ValueError):
        return None


def choose_python(machine: Machine) -> str:
    """Return a supported interpreter: the running one if it is supported, else one found by its name.

    Raises `SetupError` if there is none, or if the reader chose an unsupported one with `PYTHON=`.
    """
    version = tuple(machine.version_info[:2])
    if version in SUPPORTED:
        return sys.executable
    running = "{}.{}".format(*version)
    chosen = machine.environ.get("PYTHON")
    if chosen:
        raise SetupError(f"The CNN Workbook needs {RANGE}. PYTHON={chosen} is Python {running}.")
    for major, minor in reversed(SUPPORTED):
        name = f"python{major}.{minor}"
        if version_of(machine, name) == (major, minor):
            say(f"python3 is Python {running}; using {name}.")
            return name
    raise SetupError(
        f"The CNN Workbook needs {RANGE}; python3 is Python {running}. Install a supported version, or pass its path: "
        "make lab PYTHON=/path/to/python3.12"
    )


# --- The environment ----------------------------------------------------------------------------------------


def digest(machine: Machine) -> str:
    """Return a fingerprint of the files that say what the environment must hold."""
    content = hashlib.sha256()
    for name in (*SOURCES, LOCK):
        content.update((machine.root / name).read_bytes())
    return content.hexdigest()


def finished_state(machine: Machine, profile: str) -> str:
    """Return the state of a complete environment. It includes the folder, because an environment cannot be moved."""
    return f"{profile} {digest(machine)} {machine.root}"


def read_state(machine: Machine) -> str | None:
    """Return what the last set-up wrote, or None if the reader made .venv by hand."""
    try:
        return machine.state_file.read_text().strip()
    except (FileNotFoundError, NotADirectoryError, UnicodeDecodeError):
        return None


def is_ready(machine: Machine, profile: str) -> bool:
    """Return whether the environment is complete for a profile. Needs neither pip nor the network."""
    names = list(PROFILES)
    sufficient = [finished_state(machine, name) for name in names[names.index(profile) :]]
    return read_state(machine) in sufficient and has_supported_python(machine)


def has_supported_python(machine: Machine) -> bool:
    return machine.python.exists() and version_of(machine, str(machine.python)) in SUPPORTED


def can_be_completed(machine: Machine) -> bool:
    """Return whether pip may install into this environment: it was once complete here, or the reader made it."""
    state = read_state(machine)
    was_complete = state is not None and state != UNFINISHED and state.endswith(f" {machine.root}")
    return (state is None or was_complete) and has_supported_python(machine)


def ensure(machine: Machine, profile: str) -> None:
    """Install what `profile` needs, or do nothing if it is there. Raises `SetupError`."""
    if is_ready(machine, profile):
        return
    check_system(machine)
    python = choose_python(machine)
    check_disk(machine)
    if not can_be_completed(machine):
        make_venv(machine, python)
    finished = finished_state(machine, profile)
    machine.state_file.write_text(UNFINISHED)
    say("Installing the packages: about 2 GB, one to five minutes.")
    pip = [str(machine.python), "-m", "pip", "--disable-pip-version-check"]
    call(machine, [*pip, "install", *PROFILES[profile]])
    machine.state_file.write_text(finished)
    say("The environment .venv is ready.")


def check_system(machine: Machine) -> None:
    if machine.system in WITHOUT_BACKEND:
        name, way = WITHOUT_BACKEND[machine.system]
        raise SetupError(
            f"TensorFlow and JAX have no build for {name}, so the course does not run here. It runs in Colab, on "
            f'Binder and {way}: README.md, "Elsewhere".'
        )


def check_disk(machine: Machine) -> None:
    free = machine.free_bytes(machine.root)
    if free < LEAST_FREE_BYTES:
        raise SetupError(
            f"The packages need 4 GB of disk, and {machine.root} has {free / 1e9:.1f} GB free. Free some space, "
            "then run the same command again."
        )


def make_venv(machine: Machine, python: str) -> None:
    """Make an empty environment and replace an incomplete one. It counts as unfinished until pip has succeeded."""
    if machine.venv.is_symlink() or machine.venv.is_file():
        machine.venv.unlink()
    elif machine.venv.exists():
        say("Replacing .venv: it is incomplete, was moved, or has an unsupported Python.")
        shutil.rmtree(str(machine.venv))
    machine.venv.mkdir()
    machine.state_file.write_text(UNFINISHED)
    say("Making the virtual environment .venv.")
    call(machine, [python, "-m", "venv", str(machine.venv)], quiet=True)


def call(machine: Machine, command: list[str], *, quiet: bool = False) -> None:
    """Run a set-up command, and show its progress unless `quiet`. Raises `SetupError` that explains a failure."""
    result = machine.run(
        command,
        cwd=str(machine.root),
        text=True,
        errors="replace",
        stdout=subprocess.PIPE if quiet else None,
        stderr=subprocess.PIPE,
    )
    if result.returncode:
        raise SetupError(diagnose(machine, "\n".join(filter(None, (result.stdout, result.stderr)))))


def diagnose(machine: Machine, output: str) -> str:
    """Return one line that says what is wrong and what to do, given the output of a failed command."""
    major, minor = machine.version_info[:2]
    for pattern, advice in DIAGNOSES:
        match = re.search(pattern, output)
        if match:
            return advice.format(
                match=match.group(),
                name=match.groupdict().get("name"),
                root=machine.root,
                machine=f"{sys.platform} {platform.machine()}, Python {major}.{minor}",
                venv_package=f"python{major}.{minor}-venv",
            )
    lines = [line.strip() for line in output.splitlines() if line.strip()] or ["no message"]
    errors = [line for line in lines if re.match(r"(ERROR|Error)\b", line)] or lines
    return f"The set-up failed: {errors[-1]}"


# --- What the Makefile's targets run ------------------------------------------------------------------------


def run_all(machine: Machine, *commands: Sequence[str]) -> int:
    """Run all commands of the environment, unless one is interrupted; return the first exit code other than 0."""
    codes = []
    for program, *arguments in commands:
        say(" ".join(["$", program, *arguments]))
        command = [str(machine.python.parent / program), *arguments]
        codes.append(machine.run_in_foreground(command, machine.root))
        if codes[-1] == INTERRUPTED:
            break
    return next((code for code in codes if code), 0)


def lab(machine: Machine) -> int:
    """Open JupyterLab at the learner's copy of the first notebook, with the options in `LAB_ARGS`."""
    ensure(machine, "lab")
    code = machine.run_in_foreground(
        [str(machine.python), "-m", "workbook.course.learner_folder"], machine.root
    )
    if code:
        return code
    options = shlex.split(machine.environ.get("LAB_ARGS", ""))
    if machine.is_root and "--allow-root" not in options:
        options.append("--allow-root")
    return run_all(machine, ["python", "-m", "jupyterlab", FIRST_NOTEBOOK, *options])


def test(machine: Machine) -> int:
    """Run all tests but the claims, and every complete notebook with nbval, in one go."""
    ensure(machine, "test")
    return run_all(machine, [*PYTEST, *NBVAL, "tests", "solutions"])


def claims(machine: Machine) -> int:
    """Run the slower tests: claims about training, other backends, learners' notebooks without network and data."""
    ensure(machine, "test")
    learner = [*PYTEST, *NBVAL, "notebooks"]
    return run_all(machine, [*PYTEST, "-m", "claims", "tests"], ["python", "tests/offline.py", *learner[1:]])


def fast(machine: Machine) -> int:
    """Run the quick tests alone."""
    ensure(machine, "test")
    return run_all(machine, [*PYTEST, "-m", "not slow and not claims", "tests"])


def lint(machine: Machine) -> int:
    """Check style and types, and that the notebooks are what their sources build."""
    ensure(machine, "test")
    return run_all(
        machine,
        ["ruff", "check"],
        ["ruff", "format", "--check"],
        ["mypy"],
        ["oxlint", "--deny-warnings", "workbook/interactive/assets", "lab"],
        ["python", ".ci/format_js.py"],
        ["workbook", "build", "--check"],
    )


def build(machine: Machine) -> int:
    """Build the notebooks from their sources."""
    ensure(machine, "test")
    return run_all(machine, ["workbook", "build"])


def site(machine: Machine) -> int:
    """Build the course as a site, from the stored notebooks."""
    ensure(machine, "test")
    return run_all(machine, ["workbook", "site"])


def dev(machine: Machine) -> int:
    """Make the environment that tests and development need; run nothing."""
    ensure(machine, "test")
    say("Activate it with `source .venv/bin/activate` (Windows: .venv\\Scripts\\activate).")
    return 0


def lock(machine: Machine) -> int:
    """Write requirements.lock: one version of each package that requirements.txt and the tests need.

    A version that still fits is kept. Delete the file first to take the newest version of every package. The
    project's own environment is not used: it cannot be made while the lock contradicts a changed requirement.
    """
    say(f"Resolving the packages for {RANGE} and all supported systems.")
    with tempfile.TemporaryDirectory() as folder:
        call(machine, [choose_python(machine), "-m", "venv", folder], quiet=True)
        python = str(interpreter_of(Path(folder)))
        call(machine, [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", UV])
        call(machine, [python, "-m", *UV_COMPILE, *SOURCES, "--output-file", LOCK], quiet=True)
    say(f"{LOCK} is written. Commit it together with what you changed.")
    return 0


def clean(machine: Machine) -> int:
    """Remove the environment and the caches; keep notebooks, data and results."""
    for name in (".venv", ".pytest_cache", ".mypy_cache", ".ruff_cache", "dist", "build", "site"):
        if (machine.root / name).exists():
            shutil.rmtree(str(machine.root / name))
    return 0


TARGETS = {
    "lab": lab,
    "test": test,
    "claims": claims,
    "fast": fast,
    "lint": lint,
    "build": build,
    "site": site,
    "dev": dev,
    "lock": lock,
    "clean": clean,
}


def main(arguments: Sequence[str], machine: Machine) -> int:
    """Run one target; return the exit code."""
    if len(arguments) != 1 or arguments[0] not in TARGETS:
        print("Usage: bootstrap.py {}".format("|".join(TARGETS)), file=sys.stderr)
        return 2
    try:
        return TARGETS[arguments[0]](machine)
    except KeyboardInterrupt:
        print("\nInterrupted. Run the same command again: an incomplete .venv is rebuilt.", file=sys.stderr)
        return INTERRUPTED
    except SetupError as error:
        print(error, file=sys.stderr)
    except OSError as error:
        print(explain_os_error(error, machine), file=sys.stderr)
    return 1


def explain_os_error(error: OSError, machine: Machine) -> str:
    names = {
        errno.ENOSPC: "No space left on device",
        errno.EACCES: "Permission denied",
        errno.EPERM: "Permission denied",
        errno.EROFS: "Read-only file system",
    }
    return diagnose(machine, names.get(error.errno or 0, f"Error: {error}"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Machine()))
