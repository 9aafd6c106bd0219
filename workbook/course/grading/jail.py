"""Run a submission's code where it can hurt nothing: bubblewrap around a process that forks for each submission.

`Jail` is what the grader uses; what runs inside is `workbook.course.jailed`. A jail has no network, no home, no
/proc, a read-only system without the course's answers, and a scratch folder in memory. Each submission has limits
on time, memory, processes, files and output, and cannot reach the process that forked it.
"""

import contextlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workbook.course.grading import view
from workbook.course.grading.once import run_once
from workbook.course.grading.zygote import JailError, JailLostError, Ran, Zygote
from workbook.data.bundled import bundle_folder

__all__ = ["Jail", "JailError", "Ran", "missing"]

SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin")
ALSO = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/fonts", "/nix/store")
BESIDE = ("solutions", "tests", ".git")  # folders beside the package that hold answers
SCRATCH_BYTES = 2**26
VIEW = "/jail"
INSIDE = "jailed/inside.py"
SCRATCH = "/scratch"
ENVIRONMENT = {
    "HOME": SCRATCH,
    "TMPDIR": SCRATCH,
    "LANG": "C.UTF-8",
    "MPLBACKEND": "agg",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PATH": "/usr/bin:/bin",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
}
HOW_TO_INSTALL = (
    "Install it (Debian, Ubuntu: sudo apt install bubblewrap; Fedora: sudo dnf install bubblewrap; a Mac or Windows "
    "has none: grade in a Linux machine or WSL 2). --unsafe runs submissions without a jail: only for people whom "
    "you would let use your account."
)


def missing() -> str | None:
    """Say in one line why there can be no jail here, or None if there can."""
    if sys.platform != "linux" or not shutil.which("bwrap"):
        return f"Grading needs bubblewrap (the program bwrap), and there is none here. {HOW_TO_INSTALL}"
    tried = subprocess.run(
        [*_base_command(), "--ro-bind", "/usr", "/usr", *_links(), "/usr/bin/true"],
        capture_output=True,
        text=True,
        check=False,
    )
    if tried.returncode:
        reason = (tried.stderr.strip().splitlines() or ["no reason given"])[-1]
        return (
            f"bubblewrap is installed but cannot make a jail here ({reason}). The system must allow unprivileged user "
            "namespaces: on Ubuntu 24.04, sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0; in a container, "
            "run it with the right to make namespaces. --unsafe runs submissions without a jail."
        )
    return None


class Jail:
    """Runs requests, each in a process of its own; several threads may call `run` at the same time.

    Chapters that need Keras are served by a process that has imported it once; the others by one that has not.
    """

    def __init__(
        self, *, memory: int, seconds: float, unsafe: bool = False, folder: Path | None = None
    ) -> None:
        """`memory` in bytes of address space and `seconds` on the clock limit each run.

        `folder` holds what the jail shows of the course; what is there is removed first. None makes one.
        """
        self.memory, self.seconds, self.unsafe = memory, seconds, unsafe
        self.folder = Path(tempfile.mkdtemp(prefix="workbook-jail-")) if folder is None else folder.resolve()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        self.folder.chmod(0o755)
        view.make(self.folder)
        if unsafe:
            view.link_data(self.folder)
        self._zygotes: dict[tuple[str, ...], Zygote] = {}
        self._retired: list[Zygote] = []
        self._forks = not unsafe
        self._lock = threading.Lock()
        self._closed = False
        self.notice = ""

    def __enter__(self) -> "Jail":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """End every process and remove the folder."""
        with self._lock:
            self._closed = True
            for one in (*self._zygotes.values(), *self._retired):
                one.close()
            self._zygotes.clear()
            self._retired.clear()
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, request: dict[str, Any], modules: Sequence[str], seconds: float | None = None) -> Ran:
        """Run a request (`workbook.course.jailed.running` says what it holds) and give what was found.

        Whatever the submission does, this returns within a few seconds of the limit. JailError if the jail
        itself does not start.
        """
        limit = self.seconds if seconds is None else seconds
        data = json.dumps(request).encode()
        if self._forks:
            for _ in range(
                2
            ):  # a jail that is lost, by whosever doing, is made anew; one that loses two has died
                zygote = self._zygote(tuple(modules))
                if zygote is None:
                    break
                with contextlib.suppress(JailLostError):
                    return zygote.run(data, limit)
            else:
                return Ran((), "died")
        command = self._command("once", "-", modules, limit)
        with tempfile.TemporaryDirectory(prefix="workbook-scratch-") as scratch:
            os.chmod(scratch, 0o777)
            environment = self._environment(scratch)
            return run_once(command, data, limit, environment=environment, folder=scratch, drop=self.unsafe)

    def _environment(self, scratch: str) -> dict[str, str]:
        """Give a run without a jail the settings that a jail sets; bubblewrap clears all others itself."""
        if not self.unsafe:
            return dict(os.environ)
        return {
            **os.environ,
            **ENVIRONMENT,
            "PATH": os.environ.get("PATH", ""),
            "HOME": scratch,
            "TMPDIR": scratch,
        }

    def _zygote(self, modules: tuple[str, ...]) -> Zygote | None:
        """Give the process that forks for these modules; start it if there is none, or if it has died."""
        with self._lock:
            if self._closed:
                raise JailError("the jail is closed")
            self._bury_the_retired()
            found = self._zygotes.get(modules)
            if found is None or not found.alive or found.stuck:
                if found is not None:
                    self._retired.append(found)
                found = Zygote(lambda channel: self._command("serve", channel, modules, self.seconds))
                if not found.can_fork():
                    found.close()
                    self._forks = False
                    self.notice = "no nested namespaces here: every submission gets a jail of its own, slowly"
                    return None
                self._zygotes[modules] = found
            return found

    def _bury_the_retired(self) -> None:
        """Close the processes that fork no more, once nobody waits for what they run."""
        idle = [one for one in self._retired if one.idle]
        for one in idle:
            one.close()
            self._retired.remove(one)

    def _command(self, mode: str, channel: str, modules: Sequence[str], seconds: float) -> list[str]:
        settings = {
            "modules": list(modules),
            "memory": self.memory,
            "seconds": seconds,
            "jail": not self.unsafe,
        }
        place = str(self.folder) if self.unsafe else VIEW
        inner = [sys.executable, "-I", "-B", f"{place}/{INSIDE}", place, mode, channel, json.dumps(settings)]
        return inner if self.unsafe else [*_base_command(), *_mounts(self.folder), *inner]


def _base_command() -> list[str]:
    command = ["bwrap", "--unshare-all", "--unshare-user", "--uid", "1000", "--gid", "1000"]
    command += ["--hostname", "jail", "--die-with-parent", "--new-session", "--clearenv"]
    return [*command, "--cap-drop", "ALL", "--cap-add", "CAP_SYS_ADMIN", "--cap-add", "CAP_SETPCAP"]


def _links() -> list[str]:
    """Bind the system's folders read-only, or repeat them where they are links into /usr."""
    words: list[str] = []
    for path in map(Path, SYSTEM[1:]):
        if path.is_symlink():
            words += ["--symlink", os.readlink(path), str(path)]
        elif path.is_dir():
            words += ["--ro-bind", str(path), str(path)]
    return words


def _mounts(folder: Path) -> list[str]:
    """Give bubblewrap's options: a system to read, this Python, the view; all else is not there."""
    words = ["--ro-bind", "/usr", "/usr", *_links()]
    for path in ALSO:
        words += ["--ro-bind-try", path, path]
    for path in _python_folders():
        words += ["--ro-bind", path, path]
    for name, value in ENVIRONMENT.items():
        words += ["--setenv", name, value]
    words += ["--setenv", "TF_ENABLE_ONEDNN_OPTS", os.environ.get("TF_ENABLE_ONEDNN_OPTS", "1")]
    words += _hidden()
    words += ["--ro-bind", str(folder), VIEW, "--ro-bind", str(bundle_folder()), f"{VIEW}/workbook/_data"]
    # TensorFlow reads two files of /proc/self and stops without them; nothing else of /proc is there.
    words += ["--dir", "/proc/self", "--symlink", os.path.realpath(sys.executable), "/proc/self/exe"]
    words += ["--ro-bind", str(folder / "cmdline"), "/proc/self/cmdline"]
    words += ["--dev", "/dev", "--tmpfs", "/dev/pts", "--remount-ro", "/dev/pts", "--remount-ro", "/dev"]
    words += ["--size", str(SCRATCH_BYTES), "--tmpfs", SCRATCH]
    if not any(Path(path).is_relative_to("/tmp") for path in _python_folders()):  # this Python may live there
        words += ["--symlink", SCRATCH, "/tmp"]
    return [*words, "--remount-ro", "/", "--chdir", SCRATCH]


def _python_folders() -> list[str]:
    """List the folders of this Python and its packages, outermost first, without those in the system's own."""
    wanted = {sys.prefix, sys.base_prefix, sys.exec_prefix}
    wanted |= {one for one in sys.path if "-packages" in Path(one).name}
    found: list[str] = []
    for path in sorted(os.path.realpath(one) for one in wanted if os.path.isdir(one)):
        if not any(Path(path).is_relative_to(one) for one in (*SYSTEM, *found)):
            found.append(path)
    return found


def _hidden() -> list[str]:
    """Cover what holds the answers, the package and what lies beside it, wherever one of the bound folders shows it."""
    words: list[str] = []
    spec = importlib.util.find_spec("workbook")
    for place in spec.submodule_search_locations or [] if spec else []:
        package = Path(os.path.realpath(place))
        for path in (package, *(package.parent / name for name in BESIDE)):
            if path.is_dir() and any(path.is_relative_to(one) for one in (*SYSTEM, *_python_folders())):
                words += ["--tmpfs", str(path)]
    return words
