"""Choose where a training runs: on one device, several devices of a machine, or several processes on any machines.

This is data parallelism: every device holds the same weights and reads its share of each batch, and the gradients are
averaged before the step, so that the result does not depend on the number of devices. The TensorFlow backend uses
`tf.distribute.MirroredStrategy` for several devices of one machine; on the JAX backend, `keras.distribution` also spans
processes.
"""

import contextlib
import os
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras

PATIENCE = 60.0  # seconds to wait for the other processes
HEARTBEAT = 20  # seconds of silence after which a process counts as dead
# Environment variables: Keras's own, those that SLURM sets for each task, and that of a Kubernetes indexed Job.
ADDRESS = ("KERAS_DISTRIBUTION_JOB_ADDRESSES",)
PROCESSES = ("KERAS_DISTRIBUTION_NUM_PROCESSES", "SLURM_NTASKS")
PROCESS = ("KERAS_DISTRIBUTION_PROCESS_ID", "SLURM_PROCID", "JOB_COMPLETION_INDEX")


@dataclass(frozen=True)
class Team:
    """The processes of one training: their number, which one this is (from 0), and process 0's address "host:port"."""

    processes: int
    process: int
    address: str

    def __post_init__(self) -> None:
        if self.processes < 2:
            raise ValueError(f"processes must be at least 2 for a team. Received: processes={self.processes}")
        if not 0 <= self.process < self.processes:
            raise ValueError(
                f"process must be between 0 and {self.processes - 1}. Received: process={self.process}"
            )
        host, _, port = self.address.rpartition(":")
        if not host or not port.isdigit() or not 0 < int(port) < 65536:
            raise ValueError(
                f"address must be host:port, such as 10.0.0.1:12345. Received: address={self.address!r}"
            )

    @property
    def host_and_port(self) -> tuple[str, int]:
        """The host and the port of process 0."""
        host, _, port = self.address.rpartition(":")
        return host.strip("[]"), int(port)


def team_from(
    environ: Mapping[str, str],
    *,
    address: str | None = None,
    processes: int | None = None,
    process: int | None = None,
) -> Team | None:
    """Return the team that the arguments describe, completed from the environment; None for a single process.

    SLURM's variables count only together with an address, so that a single run inside an allocation stays single.
    ValueError if a part is missing or is not a number.
    """
    address = address or _first(environ, ADDRESS)
    if address is None:
        if processes is not None or process is not None:
            raise ValueError(
                "Several processes need the address of process 0, as host:port. Received: address=None"
            )
        return None
    count = processes if processes is not None else _number(environ, PROCESSES)
    number = process if process is not None else _number(environ, PROCESS)
    if count == 1:
        return None
    if count is None or number is None:
        if count is None:
            missing: str = "number of processes"
            names: tuple[str, ...] = PROCESSES
        else:
            missing, names = "number of this process", PROCESS
        raise ValueError(f"The {missing} is missing. Pass it as an argument, or set {' or '.join(names)}.")
    return Team(count, number, address.split(",")[0])


def _first(environ: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    name = _first_name(environ, names)
    return None if name is None else environ[name]


def _first_name(environ: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    """Return the first variable of `names` that is set, and not to ""."""
    return next((name for name in names if environ.get(name)), None)


def _number(environ: Mapping[str, str], names: tuple[str, ...]) -> int | None:
    name = _first_name(environ, names)
    if name is None:
        return None
    if not environ[name].isdigit():
        raise ValueError(f"{name} must be an integer. Received: {name}={environ[name]!r}")
    return int(environ[name])


@dataclass(frozen=True)
class Placement:
    """The devices of a training over all processes, and the role of this process."""

    devices: int = 1
    processes: int = 1
    process: int = 0
    strategy: Any = None  # a tf.distribute.Strategy, a keras.distribution.DataParallel, or None

    @property
    def writes(self) -> bool:
        """Whether this process writes the files: only process 0 does."""
        return self.process == 0

    def scope(self) -> AbstractContextManager[Any]:
        """Return the scope in which the model is built, compiled and trained."""
        return contextlib.nullcontext() if self.strategy is None else self.strategy.scope()

    def check_batch(self, batch_size: int) -> None:
        """Raise ValueError for a batch size that is not a multiple of the number of devices."""
        if batch_size % self.devices:
            raise ValueError(
                f"batch_size must be a multiple of the {self.devices} devices. Received: batch_size={batch_size}"
            )

    def synchronise(self, model: "keras.Model") -> None:
        """Make batch normalisation use the whole batch, as on one device, not the device's share.

        On the JAX backend it does so by itself: a batch is one array, wherever its parts are.
        """
        import keras

        if self.strategy is not None and keras.backend.backend() == "tensorflow":
            for layer in model.layers:
                if isinstance(layer, keras.layers.BatchNormalization):
                    layer.synchronized = True

    def check_agreement(self, epochs: int) -> None:
        """Raise ValueError unless all processes read the same number of epochs from the checkpoint."""
        if self.processes == 1:
            return
        from jax.experimental import multihost_utils

        counts = [int(count) for count in multihost_utils.process_allgather(epochs)]
        if len(set(counts)) > 1:
            raise ValueError(
                f"All processes must resume from one checkpoint, in a shared folder. Received: epochs={counts}"
            )

    def __str__(self) -> str:
        if self.processes > 1:
            return f"{self.devices} devices in {self.processes} processes"
        return "1 device" if self.devices == 1 else f"{self.devices} devices"


ALONE = Placement()


def place(devices: int = 1, team: Team | None = None, *, patience: float = PATIENCE) -> Placement:
    """Prepare this process to train on `devices` accelerators, or on logical CPU devices if there are too few of them.

    Call it before anything is computed with Keras. A member of a team waits at most `patience` seconds for process 0.
    ValueError, in one line, for a backend without this feature, an address that does not answer, or a port in use.
    """
    import keras

    backend = keras.backend.backend()
    if devices < 1:
        raise ValueError(f"devices must be at least 1. Received: devices={devices}")
    if backend == "jax":
        return _place_jax(devices, team, patience)
    if team is not None:
        raise ValueError(
            f"Several processes need the JAX backend: set KERAS_BACKEND=jax. Received: the {backend} backend"
        )
    if devices == 1:
        return Placement()
    if backend != "tensorflow":
        raise ValueError(
            f"Several devices need the TensorFlow or JAX backend. Received: the {backend} backend"
        )
    return _place_tensorflow(devices)


def _place_tensorflow(devices: int) -> Placement:
    import tensorflow as tf

    if len(tf.config.list_physical_devices("GPU")) >= devices:
        gpus = [f"GPU:{number}" for number in range(devices)]
        return Placement(devices, strategy=tf.distribute.MirroredStrategy(gpus))
    cpu = tf.config.list_physical_devices("CPU")[0]
    logical = [tf.config.LogicalDeviceConfiguration()] * devices
    try:
        tf.config.set_logical_device_configuration(cpu, logical)
    except RuntimeError:
        if len(tf.config.list_logical_devices("CPU")) < devices:
            raise ValueError(_too_late(devices)) from None
    cpus = [f"CPU:{number}" for number in range(devices)]
    return Placement(devices, strategy=tf.distribute.MirroredStrategy(cpus))


def _place_jax(devices: int, team: Team | None, patience: float) -> Placement:
    import jax
    import keras

    with contextlib.suppress(RuntimeError):  # too late once the backend is initialised; counted below
        jax.config.update("jax_num_cpu_devices", devices)
    if team is not None:
        _join(jax, team, patience)
    if devices == 1 and team is None:
        return Placement()
    chosen = _chosen_devices(jax, devices)
    names = [f"{device.platform}:{device.id}" for device in chosen]
    parallel = keras.distribution.DataParallel(devices=names, auto_shard_dataset=False)
    return Placement(len(chosen), jax.process_count(), jax.process_index(), parallel)


def _chosen_devices(jax: Any, devices: int) -> list[Any]:
    """Return `devices` devices of every process: accelerators if there are enough, else CPU devices."""
    for platform in (None, "cpu"):
        available = [jax.local_devices(process, platform) for process in range(jax.process_count())]
        if all(len(local) >= devices for local in available):
            return [device for local in available for device in local[:devices]]
    raise ValueError(_too_late(devices))


def _too_late(devices: int) -> str:
    return f"Keras has already computed something: ask for {devices} devices at the start of the process."


def _join(jax: Any, team: Team, patience: float) -> None:
    """Connect to the other processes, after checks, because the runtime ends a process without an explanation."""
    from jax.experimental import multihost_utils

    if team.process == 0:
        _check_port_is_free(team)
    else:
        _await_coordinator(team, patience)
    try:
        with _noise_to_stderr():
            jax.distributed.initialize(
                team.address,
                team.processes,
                team.process,
                initialization_timeout=max(1, int(patience)),
                heartbeat_timeout_seconds=HEARTBEAT,
            )
            multihost_utils.sync_global_devices("met")
    except Exception as error:
        reason = str(error).splitlines()[0]
        raise ValueError(
            f"The {team.processes} processes could not connect at {team.address}: {reason}"
        ) from None


@contextlib.contextmanager
def _noise_to_stderr() -> Iterator[None]:
    """Redirect what the runtime prints below Python to stderr, where its other messages go."""
    sys.stdout.flush()
    stdout = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        os.dup2(stdout, 1)
        os.close(stdout)


def _check_port_is_free(team: Team) -> None:
    host, port = team.host_and_port
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        raise ValueError(
            f"Process 0 cannot listen at {team.address}: {reason}. Choose another port."
        ) from None


def _await_coordinator(team: Team, patience: float) -> None:
    end = time.monotonic() + patience
    while True:
        try:
            with socket.create_connection(team.host_and_port, timeout=2):
                return
        except OSError as error:
            if time.monotonic() >= end:
                raise ValueError(
                    f"No answer from {team.address} after {patience:.0f} s ({error}). Is process 0 running there?"
                ) from None
        time.sleep(0.2)
