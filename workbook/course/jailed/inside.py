"""The program in the jail: `serve` forks for each submission, `once` runs one and ends.

`serve FD` reads orders from a socket, `StartRun` (with two file descriptors: the request to read, the findings to
write) and `KillRun`; it answers `Ready`, then `RunEnded` for each run. The process that forks never reads what a
submission wrote. Each submission gets namespaces, a scratch folder and limits of its own, so that it can reach
neither the process that forked it nor a submission beside it.
"""

import gc
import json
import os
import selectors
import signal
import socket
import sys
from collections.abc import Callable

from workbook import calls

from . import running
from .jail_messages import JailSettings, KillRun, Ready, RunEnded, RunRequest, StartRun
from .strict_json import WireMessage, read_any

if sys.platform == "linux":
    from . import confine  # elsewhere `--unsafe` runs submissions without limits

MESSAGE_BYTES = 65536
LARGEST_REQUEST = 2**28
FAILED = 70  # exit code of a forked process whose own work raised


def main(arguments: list[str]) -> None:
    """Run with the arguments serve|once FD-OR-DASH SETTINGS-JSON."""
    mode, channel, settings_json = arguments
    settings = JailSettings.from_json(json.loads(settings_json))
    running.warm_up(settings.modules)
    if mode == "serve":
        control = socket.socket(fileno=int(channel))
        running.silence()
        gc.freeze()
        _Server(control, settings).loop()
    else:
        request, findings = os.dup(0), os.dup(1)
        running.silence()
        _exit_after(lambda: _work(settings, _prepared(settings, request), findings))


class _Server:
    """Forks a process for each submission, and waits for its end."""

    def __init__(self, control: socket.socket, settings: JailSettings) -> None:
        self.control, self.settings = control, settings
        self.keepers: dict[int, int] = {}  # run → process
        self.selector = selectors.DefaultSelector()
        self.selector.register(control, selectors.EVENT_READ, None)

    def say(self, message: WireMessage) -> None:
        self.control.send(json.dumps(message.to_json()).encode())

    def loop(self) -> None:
        self.say(Ready())
        while True:
            for key, _ in self.selector.select():
                if key.data is None:
                    if not self.obey():
                        return
                else:
                    self.bury(*key.data)

    def obey(self) -> bool:
        """Carry out one order; return False when the other end is closed."""
        data, descriptors, _, _ = socket.recv_fds(self.control, MESSAGE_BYTES, 2)
        if not data:
            return False
        order = read_any((StartRun, KillRun), json.loads(data))
        if isinstance(order, StartRun):
            self.start(order.run, *descriptors)
        elif isinstance(order, KillRun) and order.run in self.keepers:
            os.kill(self.keepers[order.run], signal.SIGTERM)
        return True

    def start(self, run: int, request: int, findings: int) -> None:
        """Fork a keeper, which forks the submission's own process as the first in a namespace of processes."""
        keeper = os.fork()
        if keeper == 0:
            _exit_after(lambda: _keep(self.settings, request, findings))
        os.close(request)
        os.close(findings)
        self.keepers[run] = keeper
        handle = os.pidfd_open(keeper)
        self.selector.register(handle, selectors.EVENT_READ, (run, handle))

    def bury(self, run: int, handle: int) -> None:
        self.selector.unregister(handle)
        os.close(handle)
        os.waitpid(self.keepers.pop(run), 0)
        self.say(RunEnded(run))


def _exit_after(work: Callable[[], None]) -> None:
    """Do the work of a forked process, and never return into what its parent was doing."""
    code = FAILED
    try:
        work()
        code = 0
    finally:
        os._exit(code)


def _keep(settings: JailSettings, request: int, findings: int) -> None:
    """Wait for the submission's process; when told to, kill it, and with it all that it started."""
    confine.close_all_but((request, findings))
    confine.new_namespaces()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    child = os.fork()
    if child == 0:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        _exit_after(lambda: _confined_work(settings, request, findings))
    signal.signal(signal.SIGTERM, lambda number, frame: os.kill(child, signal.SIGKILL))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    os.close(request)
    os.close(findings)
    os.waitpid(child, 0)


def _confined_work(settings: JailSettings, request: int, findings: int) -> None:
    os.setsid()  # a signal to "my process group" must not reach those that forked this one
    confine.own_scratch()
    os.chdir("/scratch")
    confine.hold_devices()
    confine.own_nowhere()
    run_request = _prepared(settings, request)
    confine.own_user()
    _work(settings, run_request, findings)


def _prepared(settings: JailSettings, request: int) -> RunRequest:
    """Read the request, and hide the files with the functions that it removes, so that they cannot be loaded again."""
    with open(request, "rb") as file:
        run_request = RunRequest.from_json(json.loads(file.read(LARGEST_REQUEST)))
    if settings.jail:
        removed = calls.functions(run_request.removed).values()
        confine.hide({function.__code__.co_filename for function in removed})
    return run_request


def _work(settings: JailSettings, run_request: RunRequest, findings: int) -> None:
    """Give up every right, and run the request."""
    if sys.platform == "linux":
        confine.limit(memory=settings.memory, seconds=settings.seconds)
    if settings.jail:
        confine.drop_capabilities()
        confine.filter_system_calls()
    gc.unfreeze()

    def tell(finding: WireMessage) -> None:
        _write_all(findings, json.dumps(finding.to_json()).encode() + b"\n")

    running.run(run_request, tell)


def _write_all(descriptor: int, data: bytes) -> None:
    """Write all of `data` to a pipe."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
