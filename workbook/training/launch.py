"""Watch over the processes of one training, and say in one line how it ended if it did not end well.

A process that loses the others is ended by the runtime below Keras, with a page of addresses and no word for people. So
the command that a person types starts the process that trains, keeps its messages in a file, and waits.
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
SAID_WHY = 2  # the exit code of a process that printed its one line
INTERRUPTED = 130
GRACE = 5.0  # seconds between asking a process to end and making it


@dataclass(frozen=True)
class Ending:
    """How a training ended: an exit code, and a line for people where there is something to say."""

    code: int
    line: str = ""


def local_teams(processes: int) -> list[Team]:
    """Make the members of a team whose processes all run on this machine, at a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    return [Team(processes, number, address) for number in range(processes)]


def environment(team: Team, environ: Mapping[str, str]) -> dict[str, str]:
    """Give the environment of a process that trains as that member of a team."""
    own = {ADDRESS[0]: team.address, PROCESSES[0]: str(team.processes), PROCESS[0]: str(team.process)}
    return {**environ, **own, WORKER: "1"}


def supervise(
    members: Sequence[Team], arguments: Sequence[str], environ: Mapping[str, str], logs: Path
) -> Ending:
    """Run `python ARGUMENTS` once for each member here; when one ends badly, end the rest and say which and how.

    Process 0 prints where this one does; what the others print, and every message of the runtime, goes to
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
        bad = {team: code for team, code in codes.items() if code}
        if bad:
            team, code = min(bad.items(), key=lambda one: (one[1] == -signal.SIGABRT, one[0].process))
            return Ending(code if code > 0 else 128 - code, _line(team, code, logs))
        if all(code == 0 for code in codes.values()):
            return Ending(0)
        time.sleep(0.1)


def _line(team: Team, code: int, logs: Path) -> str:
    """Say how process `team.process` ended; an abort is how the runtime ends a process that has lost the others."""
    log = logs / f"process-{team.process}.log"
    who = f"process {team.process} of {team.processes}"
    if code == SAID_WHY:
        said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return "" if team.process == 0 else f"{who}: {said[-1] if said else 'ended'}"
    if code == -signal.SIGABRT:
        return f"{who} lost the others: one of them ended, or never came to {team.address}. See {log}"
    how = f"was ended by signal {-code}" if code < 0 else f"failed with code {code}"
    return f"{who} {how}. See {log}"


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
