"""Supervise the processes of one training, and say in one line what went wrong, if anything did.

When a process loses the others, the runtime below Keras ends it with a page of addresses and no explanation. The
command that a person types therefore starts the training processes, writes their messages to files, and waits.
"""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from workbook.training.placement import ADDRESS, PROCESS, PROCESSES, Team

WORKER = "WORKBOOK_TRAIN_WORKER"  # set in the environment of a process that trains for a team
EXPLAINED = 2  # the exit code of a process that printed what was wrong
INTERRUPTED = 130
GRACE = 5.0  # seconds between asking a process to end and killing it


@dataclass(frozen=True)
class Ending:
    """How a training ended: an exit code, and a line that explains a failure."""

    code: int
    line: str = ""


def local_teams(processes: int) -> list[Team]:
    """Return the members of a team whose processes all run on this machine, at a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    return [Team(processes, number, address) for number in range(processes)]


def environment(team: Team, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment variables of a process that trains as this member of a team."""
    own = {ADDRESS[0]: team.address, PROCESSES[0]: str(team.processes), PROCESS[0]: str(team.process)}
    return {**environ, **own, WORKER: "1"}


def supervise(
    members: Sequence[Team], arguments: Sequence[str], environ: Mapping[str, str], logs: Path
) -> Ending:
    """Run `python ARGUMENTS` once for each member; when one fails, end the rest and say which failed and how.

    Process 0 prints to this process's output. What the others print, and all messages of the runtime, go to
    `logs/process-N.log`.
    """
    logs.mkdir(parents=True, exist_ok=True)
    running: dict[Team, subprocess.Popen[bytes]] = {}
    try:
        for team in members:
            with (logs / f"process-{team.process}.log").open("wb") as log:
                running[team] = subprocess.Popen(
                    [sys.executable, *arguments],
                    env=environment(team, environ),
                    stdout=None if team.process == 0 else log,
                    stderr=log,
                )
        return _wait(running, logs)
    except KeyboardInterrupt:
        return Ending(INTERRUPTED, "stopped")
    finally:
        _end(list(running.values()))


def _wait(running: Mapping[Team, "subprocess.Popen[bytes]"], logs: Path) -> Ending:
    while True:
        codes = {team: process.poll() for team, process in running.items()}
        failed = [team for team, code in codes.items() if code]
        if failed:
            # The runtime aborts processes that lost another: report the one that failed by itself, if there is one.
            team = min(failed, key=lambda team: (codes[team] == -signal.SIGABRT, team.process))
            code = codes[team] or 0
            return Ending(code if code > 0 else 128 - code, _line(team, code, logs))
        if all(code == 0 for code in codes.values()):
            return Ending(0)
        time.sleep(0.1)


def _line(team: Team, code: int, logs: Path) -> str:
    """Return a line on how a process ended. By an abort, the runtime ends a process that has lost the others."""
    log = logs / f"process-{team.process}.log"
    name = f"process {team.process} of {team.processes}"
    if code == EXPLAINED and team.process == 0:
        return ""  # it printed its line here
    if code == EXPLAINED:
        messages = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return f"{name}: {messages[-1] if messages else 'ended'}"
    if code == -signal.SIGABRT:
        return f"{name} lost the others: one of them ended, or never connected to {team.address}. See {log}"
    how = f"was ended by signal {-code}" if code < 0 else f"failed with code {code}"
    return f"{name} {how}. See {log}"


def _end(processes: Sequence["subprocess.Popen[bytes]"]) -> None:
    for process in processes:
        if process.poll() is None:
            process.terminate()
    end = time.monotonic() + GRACE
    for process in processes:
        try:
            process.wait(timeout=max(0.0, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
