"""Report what this machine has for training, with a sentence of advice on each point: `device_report()`."""

import os
import platform
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import workbook
from workbook.tables import Table

# Vector instructions that TensorFlow's and XLA's kernels use, the widest last.
FEATURES = (
    "sse4_2",
    "avx",
    "fma",
    "avx2",
    "avx512f",
    "avx512_vnni",
    "avx512_bf16",
    "amx_bf16",
    "asimd",
    "sve",
)
TENSOR_CORES = (7, 0)  # the lowest compute capability with which float16 is faster, from NVIDIA's table
BFLOAT16 = (8, 0)  # the lowest compute capability whose tensor cores take bfloat16
NVIDIA_SMI_SECONDS = 5.0  # how long nvidia-smi may take


@dataclass(frozen=True)
class Line:
    """One point of the report: its name, what was found, and advice."""

    name: str
    found: str
    advice: str


@dataclass(frozen=True)
class Gpu:
    """A GPU as the backend names it, with its memory in GiB and compute capability where these are known."""

    name: str
    memory: float | None = None
    capability: tuple[int, int] | None = None

    def __str__(self) -> str:
        memory = "" if self.memory is None else f", {self.memory:.0f} GiB"
        capability = "" if self.capability is None else ", compute capability {}.{}".format(*self.capability)
        return self.name + memory + capability


def has_accelerator() -> bool:
    """Return whether Keras computes with JAX on an accelerator."""
    import keras

    if keras.backend.backend() != "jax":
        return False
    import jax

    return jax.default_backend() != "cpu"


@dataclass(frozen=True)
class DeviceReport:
    """What was found, point by point: a table in a notebook; `str` has the advice below each point."""

    lines: tuple[Line, ...]

    def __str__(self) -> str:
        width = max(len(line.name) for line in self.lines)
        return "\n".join(
            f"{line.name:{width}}  {line.found}\n{'':{width}}  → {line.advice}" for line in self.lines
        )

    def _repr_html_(self) -> str:
        rows = [(line.name, line.found, line.advice) for line in self.lines]
        return Table(("point", "found", "advice"), rows)._repr_html_()

    def found(self, name: str) -> str:
        """Return what was found for a point such as "backend"; ValueError for an unknown point."""
        for line in self.lines:
            if line.name == name:
                return line.found
        raise ValueError(
            f"name must be one of {', '.join(line.name for line in self.lines)}. Received: name={name!r}"
        )


def device_report() -> DeviceReport:
    """Return a report on the processor, the backend and its GPUs. Loads Keras; changes nothing."""
    import keras

    backend, gpus = keras.backend.backend(), find_gpus()
    return DeviceReport(
        (
            _processor_line(),
            _cores_line(),
            _backend_line(backend, keras.__version__),
            *((_onednn_line(),) if backend == "tensorflow" else ()),
            _gpu_line(gpus),
            _precision_line(gpus, keras.config.dtype_policy().name),
            _xla_line(gpus, backend),
        )
    )


def hardware() -> str:
    """Return the processor, its usable cores and the GPUs in one line, for stored results."""
    gpus = find_gpus()
    names = " and ".join(str(gpu) for gpu in gpus) if gpus else "no GPU"
    count = cores()
    return f"{processor()}, {count} core{'s' if count != 1 else ''}, {names}"


def software() -> str:
    """Return the versions of Python and Keras and the name of the backend, for stored results."""
    import keras

    return f"Python {platform.python_version()}, Keras {keras.__version__}, {keras.backend.backend()}"


def processor() -> str:
    """Return the processor's name where the system provides it (Linux), else its family."""
    return _cpuinfo("model name") or platform.processor() or platform.machine()


def cores() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def cpu_features() -> tuple[str, ...]:
    """List the vector instructions that matter here; empty where the system does not list them."""
    flags = set(f"{_cpuinfo('flags')} {_cpuinfo('Features')}".split())
    return tuple(feature for feature in FEATURES if feature in flags)


def find_gpus() -> list[Gpu]:
    """List the GPUs that Keras's backend can use."""
    import keras

    backend = keras.backend.backend()
    if backend == "tensorflow":
        return _tensorflow_gpus()
    if backend == "jax":
        return _jax_gpus()
    return []


def has_bfloat16(gpu: Gpu) -> bool:
    """Return whether a GPU computes with bfloat16 faster than with float32; False where its capability is unknown."""
    return gpu.capability is not None and gpu.capability >= BFLOAT16


def _cpuinfo(key: str) -> str:
    """Return the first value of a key in /proc/cpuinfo, or ""."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    values = (line.partition(":")[2].strip() for line in lines if line.partition(":")[0].strip() == key)
    return next(values, "")


def _tensorflow_gpus() -> list[Gpu]:
    import tensorflow as tf

    memories, gpus = _nvidia_memories(), []
    for index, device in enumerate(tf.config.list_physical_devices("GPU")):
        details = tf.config.experimental.get_device_details(device)
        memory = memories[index] if index < len(memories) else None
        gpus.append(Gpu(details.get("device_name", device.name), memory, details.get("compute_capability")))
    return gpus


def _jax_gpus() -> list[Gpu]:
    import jax

    gpus = [device for device in jax.local_devices() if device.platform not in ("cpu", "interpreter")]
    return [Gpu(device.device_kind, _jax_memory(device), _jax_capability(device)) for device in gpus]


def _jax_memory(device: Any) -> float | None:
    statistics = device.memory_stats() or {}
    return statistics["bytes_limit"] / 2**30 if "bytes_limit" in statistics else None


def _jax_capability(device: Any) -> tuple[int, int] | None:
    parts = str(getattr(device, "compute_capability", "")).split(".")
    if len(parts) != 2 or not all(part.isdigit() for part in parts):
        return None
    return int(parts[0]), int(parts[1])


def _nvidia_memories() -> list[float]:
    """Ask nvidia-smi for the memory of each visible GPU, in GiB; return an empty list if it fails."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return []
    query = [tool, "--query-gpu=memory.total", "--format=csv,noheader,nounits"]
    try:
        answer = subprocess.run(
            query, capture_output=True, text=True, timeout=NVIDIA_SMI_SECONDS, check=True
        ).stdout
        return [float(line) / 1024 for line in answer.splitlines() if line.strip()]
    except (OSError, subprocess.SubprocessError, ValueError):
        return []


# ---------------------------------------------------------------- the points of the report


def _processor_line() -> Line:
    features = cpu_features()
    wide = any(feature.startswith(("avx512", "amx", "sve")) for feature in features)
    advice = (
        "Wide vectors: float32 convolutions run at full speed here without any setting."
        if wide
        else "Narrow or unknown vectors: choose small images and few filters for quick runs."
    )
    return Line("processor", f"{processor()} ({', '.join(features) or 'features unknown'})", advice)


def _cores_line() -> Line:
    count = cores()
    return Line(
        "cores",
        f"{count} usable",
        "TensorFlow and JAX use all of them. With another number of threads, results differ in the fourth digit.",
    )


def _backend_line(backend: str, version: str) -> Line:
    return Line(
        "backend",
        f"{backend}, Keras {version}",
        "Set KERAS_BACKEND to tensorflow or jax before you import Keras; later changes have no effect.",
    )


def _onednn_line() -> Line:
    setting = os.environ.get("TF_ENABLE_ONEDNN_OPTS")
    if setting == "1" and not workbook.CAME_LATE:
        return Line(
            "oneDNN", "on", "Keep it on: where measured, convolutions needed 1.3 to 2 times less CPU time."
        )
    found = "off" if setting == "0" else "as TensorFlow chose for this processor"
    return Line(
        "oneDNN", found, "Set TF_ENABLE_ONEDNN_OPTS=1 before you import TensorFlow, or import workbook first."
    )


def _gpu_line(gpus: list[Gpu]) -> Line:
    if not gpus:
        return Line(
            "GPU", "none", "Use the quick recipes here. On Colab: Runtime → Change runtime type → T4 GPU."
        )
    use = "Keras uses it by itself."
    if len(gpus) > 1:
        use = "Several: use all of them with tf.distribute or keras.distribution."
    names = "; ".join(str(gpu) for gpu in gpus)
    return Line("GPU", names, f"{use} Choose batches as large as memory allows.")


def _precision_line(gpus: list[Gpu], policy: str) -> Line:
    if not gpus:
        if any(feature.endswith("_bf16") for feature in cpu_features()):
            advice = "Try mixed_bfloat16, which this CPU supports. Avoid mixed_float16, far slower with TensorFlow."
        else:
            advice = "Stay with float32: 16-bit numbers took 3 to 9 times longer on such a CPU."
        return Line("mixed precision", policy, advice)
    if any(gpu.capability is not None and gpu.capability < TENSOR_CORES for gpu in gpus):
        return Line("mixed precision", policy, "Stay with float32: this GPU has no tensor cores.")
    return Line(
        "mixed precision",
        policy,
        'Try keras.config.set_dtype_policy("mixed_float16"); keep the last layer float32.',
    )


def _xla_line(gpus: list[Gpu], backend: str) -> Line:
    if backend == "jax":
        return Line(
            "XLA",
            "always (JAX compiles with it)",
            "Keep shapes fixed: each new batch shape is compiled again.",
        )
    if gpus:
        return Line("XLA", 'jit_compile="auto"', "Leave it: Keras turns XLA on where the model supports it.")
    return Line(
        "XLA",
        'jit_compile="auto"',
        "Do not set jit_compile=True on a CPU: some networks took 3 to 9 times longer.",
    )
