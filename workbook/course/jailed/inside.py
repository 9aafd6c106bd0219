"""The program in the jail: `serve` forks for each submission, `once` runs one and ends.

`serve FD` reads messages from a socket: {"run": n} with two file descriptors (the request to read, the findings to
write) and {"kill": n}; it answers {"ready": …}, then {"ended": n, "status": …}. The process that forks never reads what
a submission wrote. Each submission gets namespaces, a scratch folder and limits of its own, so that it can reach
neither the process that forked it nor a submission beside it.
"""

import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
from typing import Any

MESSAGE_BYTES = 65536
LARGEST_REQUEST = 2**28


def main(arguments: list[str]) -> None:
    """Run as `python -I inside.py PATH serve|once FD-OR-DASH SETTINGS-JSON`."""
    path, mode, channel, settings = arguments
    sys.path.insert(0, path)
    chosen = json.loads(settings)
    if mode == "serve":
        serve(socket.socket(fileno=int(channel)), chosen)
    else:
        once(chosen)


def serve(control: socket.socket, settings: dict[str, Any]) -> None:
    """Answer messages until the other end closes."""
    from jailed import confine, running

    running.warm(settings["modules"])
    running.silence()
    gc.freeze()
    _Server(control, settings, confine).loop()


class _Server:
    """Forks a process for each submission, and buries it."""

    def __init__(self, control: socket.socket, settings: dict[str, Any], confine: Any) -> None:
        self.control, self.settings, self.confine = control, settings, confine
        self.keepers: dict[int, int] = {}
        self.watched = selectors.DefaultSelector()
        self.watched.register(control, selectors.EVENT_READ, None)

    def say(self, message: dict[str, Any]) -> None:
        self.control.send(json.dumps(message).encode())

    def loop(self) -> None:
        self.say({"ready": True})
        while True:
            for key, _ in self.watched.select():
                if key.data is None:
                    if not self.hear():
                        return
                else:
                    self.bury(*key.data)

    def hear(self) -> bool:
        data, fds, _, _ = socket.recv_fds(self.control, MESSAGE_BYTES, 2)
        if not data:
            return False
        message = json.loads(data)
        if "run" in message:
            self.start(message["run"], *fds)
        elif message["kill"] in self.keepers:
            os.kill(self.keepers[message["kill"]], signal.SIGTERM)
        return True

    def start(self, number: int, request: int, findings: int) -> None:
        """Fork a keeper, which forks the submission's own process in a pid namespace where that is the first."""
        keeper = os.fork()
        if keeper == 0:
            _exit_after(lambda: _keep(self.confine, self.settings, request, findings))
        os.close(request)
        os.close(findings)
        self.keepers[number] = keeper
        handle = os.pidfd_open(keeper)
        self.watched.register(handle, selectors.EVENT_READ, (number, handle))

    def bury(self, number: int, handle: int) -> None:
        self.watched.unregister(handle)
        os.close(handle)
        _, status, usage = os.wait4(self.keepers.pop(number), 0)
        code = os.waitstatus_to_exitcode(status)
        self.say({"ended": number, "status": code, "cpu": usage.ru_utime + usage.ru_stime})


def _exit_after(work: Any) -> None:
    """Do the work of a forked process, and never return into what its parent was doing."""
    code = 71
    try:
        code = work()
    except BaseException:
        code = 70
    finally:
        os._exit(code)


def _keep(confine: Any, settings: dict[str, Any], request: int, findings: int) -> int:
    """Wait for the submission's process; when told to, kill it, and with it all that it started."""
    confine.close_all_but((request, findings))
    confine.new_namespaces()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    child = os.fork()
    if child == 0:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        _exit_after(lambda: _confined(confine, settings, request, findings))
    signal.signal(signal.SIGTERM, lambda number, frame: os.kill(child, signal.SIGKILL))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    os.close(request)
    os.close(findings)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _confined(confine: Any, settings: dict[str, Any], request: int, findings: int) -> int:
    os.setsid()  # a signal to "my process group" must not reach those that forked this one
    confine.own_scratch()
    os.chdir("/scratch")
    confine.hold_devices()
    confine.own_nowhere()
    confine.own_user()
    return _work(confine, settings, request, findings)


def _work(confine: Any, settings: dict[str, Any], request: int, findings: int) -> int:
    """Read the request, give up every right, and run it."""
    from jailed import running

    with open(request, "rb") as file:
        asked = json.loads(file.read(LARGEST_REQUEST))
    confine.limit(memory=settings["memory"], seconds=settings["seconds"])
    if settings["jail"]:
        confine.drop_capabilities()
        confine.filter_system_calls()
    gc.unfreeze()

    def tell(finding: dict[str, Any]) -> None:
        os_write_all(findings, json.dumps(finding).encode() + b"\n")

    running.run(asked, tell)
    return 0


def os_write_all(descriptor: int, data: bytes) -> None:
    """Write all of `data` to a pipe."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def once(settings: dict[str, Any]) -> None:
    """Run the request on standard input in this very process; findings go to standard output."""
    from jailed import running

    request, findings = os.dup(0), os.dup(1)
    running.warm(settings["modules"])
    running.silence()
    limits: Any = importlib.import_module("jailed.confine") if sys.platform == "linux" else _NoLimits
    _exit_after(lambda: _work(limits, settings, request, findings))


class _NoLimits:
    """Stands in where the system offers none of it: only `--unsafe` comes here."""

    @staticmethod
    def limit(*, memory: int, seconds: float) -> None:
        """Do nothing."""


if __name__ == "__main__":
    main(sys.argv[1:])
