"""Where randomness and the size of a run are set."""

import numbers
import os
from collections.abc import Collection
from typing import Any

BUDGETS = ("quick", "full")


def seed_everything(seed: int, *, deterministic: bool = False) -> None:
    """Seed Python, NumPy and the backend, so that weights, dropout and shuffles come out the same again.

    `deterministic` also asks TensorFlow for operations that add in a fixed order (an error where it has none); JAX
    needs no such call. Two runs are bit-identical on the same machine with the same number of threads and the same
    setting of oneDNN; elsewhere they agree to about three digits. ValueError unless 0 <= seed < 2³².
    """
    is_whole = isinstance(seed, numbers.Integral) and not isinstance(seed, bool)
    if not (is_whole and 0 <= seed < 2**32):
        raise ValueError(f"A seed is a whole number from 0 to 2³² - 1. Received: seed={seed!r}")
    import keras

    keras.utils.set_random_seed(int(seed))
    if deterministic and keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()


def budget() -> str:
    """Return "quick" (the default) or "full", as WORKBOOK_BUDGET says; ValueError for another word."""
    word = os.environ.get("WORKBOOK_BUDGET", "") or BUDGETS[0]
    return checked_choice("WORKBOOK_BUDGET", word, BUDGETS)


def by_budget(*, quick: Any, full: Any) -> Any:
    """Choose the value for the present budget: `epochs = by_budget(quick=1, full=20)`."""
    return full if budget() == "full" else quick


def checked_choice(name: str, value: str, choices: Collection[str]) -> str:
    """Return a word that is one of the choices; ValueError that names them otherwise."""
    if value not in choices:
        raise ValueError(f"{name} is one of {', '.join(choices)}. Received: {name}={value!r}")
    return value
