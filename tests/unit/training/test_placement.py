"""One device, two devices and two processes learn the same; what goes wrong between processes ends in one line."""

import csv
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from tests import ROOT
from workbook.training.launch import Ending, local_teams, supervise
from workbook.training.placement import Placement, Team, team_from

TINY = str(ROOT / "tests" / "fixtures" / "train_tiny.py")
TOLERANCE = 2e-5  # relative: sums of float32 in another order


def alone(backend: str) -> dict[str, str]:
    """Return an environment for one backend, without a cluster's variables and without a GPU."""
    kept = {
        key: value for key, value in os.environ.items() if not key.startswith(("KERAS_", "SLURM_", "XLA_"))
    }
    return {**kept, "KERAS_BACKEND": backend, "JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": ""}


def train(backend: str, out: Path, devices: int, *options: str) -> str:
    command = [sys.executable, TINY, str(out), str(devices), *options]
    result = subprocess.run(command, env=alone(backend), capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr[-3000:]
    return result.stdout.splitlines()[-1]


def losses(out: Path) -> np.ndarray:
    with (out / "history.csv").open(encoding="utf-8") as file:
        return np.array([float(row["loss"]) for row in csv.DictReader(file)])


def weights(out: Path) -> list[np.ndarray]:
    import keras

    return keras.saving.load_model(out / "model.keras").get_weights()


def assert_the_same(first: Path, second: Path) -> None:
    np.testing.assert_allclose(losses(first), losses(second), rtol=TOLERANCE)
    for ours, theirs in zip(weights(first), weights(second), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-4)


@pytest.mark.claims
@pytest.mark.parametrize("backend", ["tensorflow", pytest.param("jax", marks=pytest.mark.claims)])
def test_two_devices_learn_what_one_learns(backend: str, tmp_path: Path) -> None:
    """Batch normalisation is in it: statistics of half a batch each would give other losses."""
    assert train(backend, tmp_path / "one", 1).startswith("1 device ")
    assert train(backend, tmp_path / "two", 2).startswith("2 devices ")
    assert losses(tmp_path / "one")[-1] < 0.5 * losses(tmp_path / "one")[0]
    assert_the_same(tmp_path / "one", tmp_path / "two")


@pytest.mark.claims
@pytest.mark.parametrize("backend", ["tensorflow", pytest.param("jax", marks=pytest.mark.claims)])
def test_a_ragged_last_batch_is_cut_to_what_the_devices_share(backend: str, tmp_path: Path) -> None:
    train(backend, tmp_path / "ragged", 2, "--examples", "645")  # ten batches of 64, and 5 left
    train(backend, tmp_path / "even", 2, "--examples", "644")
    assert np.all(np.isfinite(losses(tmp_path / "ragged")))
    assert len(losses(tmp_path / "ragged")) == len(losses(tmp_path / "even")) == 4


@pytest.mark.claims
def test_two_processes_learn_what_one_learns(tmp_path: Path) -> None:
    train("jax", tmp_path / "one", 1)
    ending = supervise(local_teams(2), [TINY, str(tmp_path / "two"), "1"], alone("jax"), tmp_path / "logs")
    assert ending == Ending(0)
    assert_the_same(tmp_path / "one", tmp_path / "two")
    assert "2 devices in 2 processes" in (tmp_path / "logs" / "process-1.log").read_text()


@pytest.mark.claims
@pytest.mark.parametrize("backend", ["tensorflow", pytest.param("jax", marks=pytest.mark.claims)])
def test_images_on_the_device_teach_the_same(backend: str, tmp_path: Path) -> None:
    """On one device and on two; on JAX in calls of several steps, with a smaller last batch."""
    train(backend, tmp_path / "host", 1)
    for devices in (1, 2):
        out = tmp_path / f"device{devices}"
        train(backend, out, devices, "--on-device")
        np.testing.assert_allclose(losses(tmp_path / "host"), losses(out), rtol=1e-5)
        assert_the_same(tmp_path / "host", out)


@pytest.mark.claims
def test_two_processes_with_images_on_the_device_learn_the_same(tmp_path: Path) -> None:
    train("jax", tmp_path / "one", 1)
    arguments = [TINY, str(tmp_path / "two"), "1", "--on-device"]
    assert supervise(local_teams(2), arguments, alone("jax"), tmp_path / "logs") == Ending(0)
    np.testing.assert_allclose(losses(tmp_path / "one"), losses(tmp_path / "two"), rtol=1e-5)
    assert_the_same(tmp_path / "one", tmp_path / "two")


@pytest.mark.claims
def test_a_killed_process_ends_the_others_and_nothing_is_lost(tmp_path: Path) -> None:
    train("jax", tmp_path / "whole", 1)
    out, slowly = tmp_path / "out", ["--seconds-per-epoch", "1.5"]
    killer = threading.Thread(
        target=_kill_once_there_is, args=(out / "checkpoint.npz", "KERAS_DISTRIBUTION_PROCESS_ID=1")
    )
    killer.start()
    ending = supervise(local_teams(2), [TINY, str(out), "1", *slowly], alone("jax"), tmp_path / "logs")
    killer.join()
    assert ending.code == 128 + signal.SIGKILL
    assert ending.line.startswith("process 1 of 2 was ended by signal 9")
    assert not (out / "history.csv").exists()
    again = [TINY, str(out), "1", "--resume"]
    assert supervise(local_teams(2), again, alone("jax"), tmp_path / "logs") == Ending(0)
    assert_the_same(tmp_path / "whole", out)


def _kill_once_there_is(file: Path, mark: str) -> None:
    end = time.monotonic() + 120
    while not file.exists() and time.monotonic() < end:
        time.sleep(0.05)
    for process in Path("/proc").glob("[0-9]*"):
        try:
            ours = TINY.encode() in (process / "cmdline").read_bytes()
            if ours and mark.encode() in (process / "environ").read_bytes():
                os.kill(int(process.name), signal.SIGKILL)
        except OSError:
            continue


@pytest.mark.claims
def test_a_resumed_training_may_have_other_devices(tmp_path: Path) -> None:
    """What was begun on two devices goes on with one: the same weights, the same order."""
    train("jax", tmp_path / "whole", 1)
    out = tmp_path / "out"
    slowly = [sys.executable, TINY, str(out), "2", "--seconds-per-epoch", "1.5"]
    with subprocess.Popen(slowly, env=alone("jax"), stderr=subprocess.DEVNULL) as begun:
        while not (out / "checkpoint.npz").exists() and begun.poll() is None:
            time.sleep(0.05)
        begun.kill()
    train("jax", out, 1, "--resume")
    assert_the_same(tmp_path / "whole", out)


SAY = """
import sys
from workbook.training.placement import Team, place
try:
    place({devices}, {team}, patience=2)
except ValueError as error:
    print(error)
"""


def said(backend: str, devices: int, team: str) -> str:
    code = SAY.format(devices=devices, team=team)
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, env=alone(backend), capture_output=True, text=True, check=False)
    return result.stdout.strip()


def test_an_address_where_nobody_is_gets_one_line() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
        text = said("jax", 1, f"Team(2, 1, {address!r})")
    assert text.startswith(f"No answer from {address} after 2 s")
    assert len(text.splitlines()) == 1


def test_a_port_in_use_gets_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        text = said("jax", 1, f"Team(2, 0, {address!r})")
    assert text == f"Process 0 cannot listen at {address}: Address already in use. Choose another port."


def test_a_team_needs_jax() -> None:
    text = said("tensorflow", 1, "Team(2, 0, '127.0.0.1:12345')")
    assert text.startswith("Several processes need the JAX backend: set KERAS_BACKEND=jax")


@pytest.mark.slow
def test_a_process_whose_team_never_comes_ends_with_a_line(tmp_path: Path) -> None:
    first = local_teams(2)[0]
    code = "import os; from workbook.training.placement import place, team_from\n"
    code += "place(1, team_from(os.environ), patience=3)"
    ending = supervise([first], ["-c", code], alone("jax"), tmp_path)
    assert ending.code != 0
    assert ending.line.startswith("process 0 of 2")
    assert first.address in ending.line
    assert len(ending.line.splitlines()) == 1


@pytest.mark.parametrize(
    ("environ", "given", "expected"),
    [
        ({}, {}, None),
        ({"SLURM_NTASKS": "4", "SLURM_PROCID": "2"}, {}, None),  # an allocation, but nobody named an address
        (
            {"KERAS_DISTRIBUTION_JOB_ADDRESSES": "n1:9,n2:9", "SLURM_NTASKS": "4", "SLURM_PROCID": "2"},
            {},
            Team(4, 2, "n1:9"),
        ),
        (
            {"KERAS_DISTRIBUTION_JOB_ADDRESSES": "job-0.svc:9", "JOB_COMPLETION_INDEX": "1"},
            {"processes": 2},
            Team(2, 1, "job-0.svc:9"),
        ),
        ({"SLURM_NTASKS": "4"}, {"address": "n1:9", "processes": 3, "process": 0}, Team(3, 0, "n1:9")),
        ({"SLURM_NTASKS": "1", "SLURM_PROCID": "0"}, {"address": "n1:9"}, None),
    ],
)  # fmt: skip
def test_a_team_comes_from_the_environment(environ: dict, given: dict, expected: Team | None) -> None:
    assert team_from(environ, **given) == expected


@pytest.mark.parametrize(
    ("environ", "given", "words"),
    [
        ({}, {"processes": 2, "process": 0}, "need the address"),
        ({}, {"address": "n1:9", "processes": 2}, "number of this process is missing"),
        ({}, {"address": "n1:9", "process": 0}, "number of processes is missing"),
        (
            {"SLURM_NTASKS": "many"},
            {"address": "n1:9"},
            "an integer. Received: SLURM_NTASKS='many'",
        ),
        ({}, {"address": "n1", "processes": 2, "process": 0}, "host:port"),
        ({}, {"address": "n1:99999", "processes": 2, "process": 0}, "host:port"),
        ({}, {"address": "n1:9", "processes": 2, "process": 2}, "between 0 and 1"),
    ],
)
def test_a_team_with_a_part_missing_is_refused(environ: dict, given: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        team_from(environ, **given)


def test_a_batch_is_divided_evenly() -> None:
    with pytest.raises(ValueError, match=r"a multiple of the 3 devices. Received: batch_size=100"):
        Placement(devices=3).check_batch(100)
