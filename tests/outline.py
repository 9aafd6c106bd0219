"""Build large networks without their weights: shapes and counts are known, and no number is in memory."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import keras


def outline(build: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """Call a builder and return its model, whose weights have shapes and no values.

    Keras keeps a list of the weights still to be drawn, for each thread, and draws them all as soon as it can: the
    thread is one that ends here.
    """

    def without_weights() -> Any:
        with keras.StatelessScope(initialize_variables=False):
            return build(*arguments, **options)

    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(without_weights).result()
