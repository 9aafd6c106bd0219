"""Run a submission's code where it can hurt nothing: bubblewrap around a process that forks for each submission.

`Jail` is what the grader uses; what runs inside is `workbook.course.jailed`. A jail has no network, no home, no
/proc, a read-only system without the course's answers, and a scratch folder in memory. Each submission has limits
on time, memory, processes, files and output, and cannot reach the process that forked it.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

from workbook.course.grading import jailed_package, other_copies
from workbook.course.grading.findings import RunResult
from workbook.course.grading.single_run import run_in_own_process
from workbook.course.grading.zygote import JailError, JailLostError, Zygote
from workbook.course.jailed.jail_messages import JailSettings, RunRequest
from workbook.data.bundled import bundle_folder

__all__ = ["Jail", "JailError", "missing"]

SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin")
ALSO = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/fonts", "/nix/store")
SCRATCH_BYTES = 2**26
INSIDE = "/jail"  # where the jail shows the course's package and `jailed`
PROGRAM = "import sys; sys.path.insert(0, sys.argv[1]); from jailed import inside; inside.main(sys.argv[2:])"
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
    "Install it: sudo apt install bubblewrap (Debian, Ubuntu) or sudo dnf install bubblewrap (Fedora). On a Mac or "
    "Windows, grade in the container that docs/grading.md describes, or in WSL 2. --unsafe runs submissions without a "
    "jail: use it only for people whom you would let use your account."
)

AS_ROOT = (
    "Warning: this runs as root. Linux limits the processes and threads of all other users only: run it as an "
    "ordinary user."
)


def is_root() -> bool:
    """Return whether this process has root's rights."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def missing() -> str | None:
    """Return in one line why there can be no jail here, or None if there can."""
    if sys.platform != "linux" or not shutil.which("bwrap"):
        return f"Grading needs bubblewrap (the program bwrap), which is not installed. {HOW_TO_INSTALL}"
    trial = subprocess.run(
        [*_base_command(), "--ro-bind", "/usr", "/usr", *_links(), "/usr/bin/true"],
        capture_output=True,
        text=True,
        check=False,
    )
    if trial.returncode:
        reason = (trial.stderr.strip().splitlines() or ["no reason given"])[-1]
        return (
            f"bubblewrap is installed but cannot make a jail ({reason}). Allow unprivileged user namespaces. "
            "On Ubuntu 24.04: sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0. In a container: start it "
            "with --security-opt seccomp=unconfined --security-opt apparmor=unconfined. "
            "--unsafe runs submissions without a jail."
        )
    return None


class Jail:
    """Runs requests, each in a process of its own. Several threads may call `run` at the same time.

    Chapters that need Keras are served by a process that has imported it once; the others by one that has not.
    """

    def __init__(
        self, *, memory: int, seconds: float, unsafe: bool = False, folder: Path | None = None
    ) -> None:
        """`memory` in bytes of address space limits each run, `seconds` on the clock all runs of a submission together.

        `folder` holds what the jail shows of the course. Its content is removed first. None makes a folder. So does
        root without a jail: the runs then belong to a user who may not look into root's folders.
        """
        self.memory, self.seconds, self.unsafe = memory, seconds, unsafe
        for_nobody = unsafe and hasattr(os, "geteuid") and os.geteuid() == 0
        if folder is None or for_nobody:
            folder = Path(tempfile.mkdtemp(prefix="workbook-jail-"))
        self.folder = folder.resolve()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        self.folder.chmod(0o755)
        jailed_package.make(self.folder)
        if unsafe:
            jailed_package.link_data(self.folder, copy=for_nobody)
        if for_nobody:
            jailed_package.open_to_all(self.folder)
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
            for zygote in (*self._zygotes.values(), *self._retired):
                zygote.close()
            self._zygotes.clear()
            self._retired.clear()
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(
        self,
        request: RunRequest,
        modules: Sequence[str],
        seconds: float | None = None,
        quiet: float | None = None,
    ) -> RunResult:
        """Run a request in a process that has loaded `modules`, and return the result.

        A run that tells nothing for `quiet` seconds is ended before the limit. Whatever the submission does, this
        returns within a few seconds of the limit. JailError if the jail itself does not start.
        """
        limit = self.seconds if seconds is None else seconds
        data = json.dumps(request.to_json()).encode()
        if self._forks:
            for _ in range(2):  # a lost jail, whoever broke it, is made again; a run that loses two has died
                zygote = self._zygote(tuple(modules))
                if zygote is None:
                    break
                with contextlib.suppress(JailLostError):
                    return zygote.run(data, limit, quiet)
            else:
                return RunResult((), "died")
        command = self._command("once", "-", modules, limit)
        with tempfile.TemporaryDirectory(prefix="workbook-scratch-") as scratch:
            os.chmod(scratch, 0o777)
            environment = self._environment(scratch)
            return run_in_own_process(
                command,
                data,
                limit,
                limit if quiet is None else quiet,
                environment=environment,
                folder=scratch,
                drop_rights=self.unsafe,
            )

    def _environment(self, scratch: str) -> dict[str, str]:
        """Return the variables of a run: those that a jail sets. In a jail, bubblewrap clears all others itself."""
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
        """Return the process that forks for these modules; start it if there is none, or if it has died."""
        with self._lock:
            if self._closed:
                raise JailError("the jail is closed")
            self._bury_the_retired()
            zygote = self._zygotes.get(modules)
            if zygote is None or not zygote.alive or zygote.stuck:
                if zygote is not None:
                    self._retired.append(zygote)
                zygote = Zygote(lambda channel: self._command("serve", channel, modules, self.seconds))
                if not zygote.can_fork():
                    zygote.close()
                    self._forks = False
                    self.notice = (
                        "No nested namespaces here: each submission gets its own jail, which is slow."
                    )
                    return None
                self._zygotes[modules] = zygote
            return zygote

    def _bury_the_retired(self) -> None:
        """Close the processes that fork no more, once nobody waits for what they run."""
        idle = [zygote for zygote in self._retired if zygote.idle]
        for zygote in idle:
            zygote.close()
            self._retired.remove(zygote)

    def _command(self, mode: str, channel: str, modules: Sequence[str], seconds: float) -> list[str]:
        settings = JailSettings(tuple(modules), self.memory, seconds, jail=not self.unsafe)
        place = str(self.folder) if self.unsafe else INSIDE
        inner = [
            sys.executable,
            "-I",
            "-B",
            "-c",
            PROGRAM,
            place,
            mode,
            channel,
            json.dumps(settings.to_json()),
        ]
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
    """Return bubblewrap's options: a system to read, this Python, the course's package, and nothing else."""
    words = ["--ro-bind", "/usr", "/usr", *_links()]
    for path in ALSO:
        words += ["--ro-bind-try", path, path]
    for path in _python_folders():
        words += ["--ro-bind", path, path]
    for name, value in ENVIRONMENT.items():
        words += ["--setenv", name, value]
    words += ["--setenv", "TF_ENABLE_ONEDNN_OPTS", os.environ.get("TF_ENABLE_ONEDNN_OPTS", "1")]
    words += _hidden()
    words += ["--ro-bind", str(folder), INSIDE, "--ro-bind", str(bundle_folder()), f"{INSIDE}/workbook/_data"]
    # TensorFlow reads two files of /proc/self and stops without them; nothing else of /proc is there.
    words += ["--dir", "/proc/self", "--symlink", os.path.realpath(sys.executable), "/proc/self/exe"]
    words += ["--ro-bind", str(folder / "cmdline"), "/proc/self/cmdline"]
    words += ["--dev", "/dev", "--tmpfs", "/dev/pts", "--remount-ro", "/dev/pts", "--remount-ro", "/dev"]
    words += ["--size", str(SCRATCH_BYTES), "--tmpfs", SCRATCH]
    if not any(Path(path).is_relative_to("/tmp") for path in _python_folders()):  # this Python may live there
        words += ["--symlink", SCRATCH, "/tmp"]
    return [*words, "--remount-ro", "/", "--chdir", SCRATCH]


def _python_folders() -> list[str]:
    """Return the folders of this Python and its packages, outermost first, without those in the system's own."""
    candidates = {sys.prefix, sys.base_prefix, sys.exec_prefix}
    candidates |= {path for path in sys.path if "-packages" in Path(path).name}
    folders: list[str] = []
    for path in sorted(os.path.realpath(path) for path in candidates if os.path.isdir(path)):
        if not any(Path(path).is_relative_to(outer) for outer in (*SYSTEM, *folders)):
            folders.append(path)
    return folders


def _hidden() -> list[str]:
    """Cover every copy of the course, and what is beside it, wherever a bound folder shows it: it holds the answers."""
    bound = [path for path in SYSTEM if os.path.isdir(path) and not os.path.islink(path)]
    bound += [path for path in (*_python_folders(), other_copies.NIX_STORE) if os.path.isdir(path)]
    folders, archives = other_copies.find(tuple(bound))
    words: list[str] = []
    for folder in folders:
        words += ["--tmpfs", folder]
    for archive in archives:
        words += ["--ro-bind", os.devnull, archive]
    return words
