"""Set the random seed and the size of a run; check arguments."""

import numbers
import os
from collections.abc import Collection
from typing import Any

BUDGETS = ("quick", "full")
# How many threads TensorFlow computes an operation with, and how many operations at a time; read when it is imported.
THREADS = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")


def seed_everything(seed: int, *, deterministic: bool = False) -> None:
    """Seed Python, NumPy and the backend, so that weights, dropout and shuffles are reproducible.

    `deterministic` also makes TensorFlow add in a fixed order, and fail for an operation that cannot; JAX needs no such
    call. Two runs are bit-identical on the same machine with the same number of threads and the same setting of
    oneDNN; elsewhere they agree to about three digits. ValueError unless 0 <= seed < 2³².
    """
    seed = checked_integer("seed", seed, least=0, most=2**32 - 1)
    import keras

    keras.utils.set_random_seed(seed)
    if deterministic and keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()


def budget() -> str:
    """Return "quick" (the default) or "full", the value of WORKBOOK_BUDGET; ValueError for another value."""
    value = os.environ.get("WORKBOOK_BUDGET", "") or BUDGETS[0]
    return checked_choice("WORKBOOK_BUDGET", value, BUDGETS)


def by_budget(*, quick: Any, full: Any) -> Any:
    """Return the value for the current budget: `epochs = by_budget(quick=1, full=20)`."""
    return full if budget() == "full" else quick


def checked_choice(name: str, value: str, choices: Collection[str]) -> str:
    """Return `value` if it is one of the choices; ValueError otherwise."""
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}. Received: {name}={value!r}")
    return value


def checked_integer(name: str, value: Any, *, least: int = 1, most: int | None = None) -> int:
    """Return `value` if it is an integer from `least` to `most`; ValueError otherwise."""
    is_integer = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if is_integer and least <= value and (most is None or value <= most):
        return int(value)
    limits = f"at least {least}" if most is None else f"from {least} to {most}"
    raise ValueError(f"{name} must be an integer, {limits}. Received: {name}={value!r}")
