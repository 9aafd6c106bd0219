"""Grading on many machines: a scheduler and two workers in processes of their own, one of them killed in the middle."""

import contextlib
import csv
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests import ROOT
from tests.grading.test_run import _command, _rows, _wrong_marks
from workbook.course.benches import made_class
from workbook.course.cli.app import app
from workbook.course.grading import cluster

distributed = pytest.importorskip("distributed")
PATIENCE = 60.0


def _start(module: str, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", module, *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[str]:
    """Start a scheduler; yield its address."""
    with _scheduler(tmp_path) as (_, address):
        yield address


@contextlib.contextmanager
def _scheduler(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    place = tmp_path / "scheduler.json"
    words = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(place))
    process = _start("distributed.cli.dask_scheduler", *words)
    try:
        until = time.monotonic() + PATIENCE
        while not place.exists() or not place.read_text().strip():
            assert process.poll() is None, process.stderr and process.stderr.read()
            assert time.monotonic() < until, "the scheduler does not start"
            time.sleep(0.1)
        yield process, json.loads(place.read_text())["address"]
    finally:
        process.kill()
        process.wait()


def _worker(address: str, name: str) -> subprocess.Popen[str]:
    words = (
        address,
        "--nthreads",
        "1",
        "--no-nanny",
        "--name",
        name,
        "--no-dashboard",
        "--death-timeout",
        "60",
    )
    return _start("distributed.cli.dask_worker", *words)


@pytest.mark.claims
@pytest.mark.parametrize("second", ["at once", "late"])
def test_a_worker_that_is_killed_loses_nothing(
    jailed: None, scheduler: str, tmp_path: Path, second: str
) -> None:
    """With a late second worker, the first one takes the course's files with it: Dask cancels what is under way."""
    made = made_class.make_class(ROOT, ["02_convolution", "03_pooling"], 24, seed=4)
    made_class.write_class(made, tmp_path / "class")
    workers = [_worker(scheduler, name) for name in ("one", "two")[: 1 if second == "late" else 2]]
    out = tmp_path / "out"
    command = _command(tmp_path / "class", out, "--scheduler", scheduler, "--seed", "5")
    grading = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        _wait_for_lines(out / "journal.jsonl", 4, grading)
        if second == "late":
            workers.append(_worker(scheduler, "two"))
            _wait_for_workers(scheduler, 2)
        workers[0].send_signal(signal.SIGKILL)
        said, errors = grading.communicate(timeout=4 * PATIENCE)
    finally:
        for process in (*workers, grading):
            process.kill()
            process.wait()
    assert grading.returncode == 0, errors
    assert re.search(r"of which 24 in this run", said)
    lines = [json.loads(line)["graded"] for line in (out / "journal.jsonl").read_text().splitlines()]
    assert sorted(one["student"] for one in lines) == sorted(one.student for one in made)
    assert _wrong_marks(made, out) == []
    _same_marks_as_on_one_machine(tmp_path, out)


@pytest.mark.claims
def test_a_scheduler_that_is_killed_is_said_in_one_line(jailed: None, tmp_path: Path) -> None:
    made_class.write_class(made_class.make_class(ROOT, ["02_convolution"], 12, seed=4), tmp_path / "class")
    out = tmp_path / "out"
    with _scheduler(tmp_path) as (process, address):
        worker = _worker(address, "one")
        grading = subprocess.Popen(
            _command(tmp_path / "class", out, "--scheduler", address),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            _wait_for_lines(out / "journal.jsonl", 1, grading)
            process.kill()
            _, errors = grading.communicate(timeout=4 * PATIENCE)
        finally:
            for one in (worker, grading):
                one.kill()
                one.wait()
    assert grading.returncode == 2, errors
    assert "Traceback" not in errors
    assert errors.strip().split("\n")[-1].startswith("The scheduler or its last worker is gone.")
    assert (out / "journal.jsonl").read_text().count("\n") >= 1


def _wait_for_workers(address: str, count: int) -> None:
    with distributed.Client(address) as client:
        client.wait_for_workers(count, timeout=PATIENCE)


def _wait_for_lines(path: Path, count: int, process: subprocess.Popen[str]) -> None:
    until = time.monotonic() + 2 * PATIENCE
    while not path.exists() or path.read_text().count("\n") < count:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until, "nothing is graded"
        time.sleep(0.05)


def _same_marks_as_on_one_machine(tmp_path: Path, out: Path) -> None:
    here = tmp_path / "here"
    command = _command(tmp_path / "class", here, "--seed", "5")
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    assert _rows(here) == _rows(out)
    with (here / "grades.csv").open(encoding="utf-8-sig") as file:
        assert len(list(csv.reader(file))) > 24


def test_no_scheduler_is_said_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made_class.write_class(made_class.make_class(ROOT, ["02_convolution"], 1, seed=1), tmp_path / "class")
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 1)
    _, _, _, *words = _command(tmp_path / "class", tmp_path / "out", "--scheduler", "tcp://127.0.0.1:9")
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 2
    assert result.stderr.startswith("No scheduler with a worker answers at tcp://127.0.0.1:9")
    assert result.stderr.count("\n") == 1
