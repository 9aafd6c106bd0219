"""Compare an answer's observed value with the expected one, and say in words where they differ.

A comparison is a function `(observed, expected, inputs) -> str | None`: None when they agree, otherwise a
clause that finishes the sentence "output_size(7, 3) ...". It works on plain values only: numbers, strings,
arrays, and tuples, lists and dictionaries of them.
"""

import itertools
import re
import reprlib
from collections.abc import Callable, Mapping, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np

FEW = 20  # items of a sequence that are written out
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


class Opaque:
    """Stands for a value of a kind that is not compared, and that stayed where the answer ran; `words` name it."""

    def __init__(self, words: str) -> None:
        self.words = words

    def __repr__(self) -> str:
        return self.words


Comparison = Callable[[Any, Any, tuple[Any, ...]], str | None]


def plain(value: Any) -> Any:
    """Turn tensors into arrays and NumPy scalars into numbers; leave all else as it is."""
    if isinstance(value, np.ndarray) and type(value) is not np.ndarray:
        return np.array(value, subok=False)
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (tuple, list)):
        return type(value)([plain(item) for item in value]) if type(value) in (tuple, list) else list(value)
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if hasattr(value, "__array__") and not isinstance(value, np.ndarray):
        return plain(np.asarray(value))
    return value


def short(value: Any, limit: int = 220) -> str:
    """Write a value in at most `limit` characters, however large or odd it is; a large array by its shape.

    Objects are written without their addresses, so that the same answer gives the same words in every run.
    """
    try:
        text = _written(value, limit, depth=3)
    except Exception:  # a learner's object may raise when it is written
        text = f"<{type(value).__name__}>"
    text = without_addresses(text)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def without_addresses(text: str) -> str:
    """Leave out where objects lie in memory, which differs from run to run: "<object object>"."""
    return ADDRESS.sub("", text)


def _written(value: Any, limit: int, depth: int) -> str:
    if isinstance(value, np.ndarray):
        if value.ndim == 0:
            return f"{value[()]!r}"
        if value.size > 36 or value.ndim > 2:
            return _summary(value)
        return np.array2string(value, precision=4, separator=", ", suppress_small=True)
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, (tuple, list)) and depth:
        items = [_written(item, limit, depth - 1) for item in value[:FEW]]
        inner = ", ".join(items + ["…"] * (len(value) > FEW))
        return f"({inner})" if isinstance(value, tuple) else f"[{inner}]"
    if isinstance(value, Mapping) and depth:
        pairs = itertools.islice(value.items(), FEW)
        return "{" + ", ".join(f"{key!r}: {_written(item, limit, depth - 1)}" for key, item in pairs) + "}"
    return reprlib.repr(value) if isinstance(value, (tuple, list, dict, set, int)) else repr(value)


def _summary(array: np.ndarray) -> str:
    if array.size and np.issubdtype(array.dtype, np.number) and np.all(np.isfinite(array)):
        return f"array of shape {array.shape}, from {array.min():.4g} to {array.max():.4g}"
    return f"array of shape {array.shape}, dtype {array.dtype}"


def close(*, rtol: float = 1e-5, atol: float = 1e-7) -> Comparison:
    """Make a comparison that accepts numbers within `atol + rtol * |expected|`, and nothing of another kind.

    A whole number is expected as an int, text as text, an array in its exact shape. NaN is never accepted.
    """

    def compare(observed: Any, expected: Any, inputs: tuple[Any, ...] = ()) -> str | None:
        try:
            return _difference(plain(observed), expected, rtol, atol)
        except Exception as error:  # a value of a kind that nobody thought of
            return f"gave {kind(observed)} that cannot be compared ({type(error).__name__})"

    return compare


def _difference(observed: Any, expected: Any, rtol: float, atol: float) -> str | None:
    if observed is None and expected is not None:
        return "gave None. Is a `return` missing?"
    if isinstance(expected, bool):
        return _exact(observed, expected, bool, "True or False")
    if isinstance(expected, str):
        return _exact(observed, expected, str, "a string")
    if isinstance(expected, Integral):
        return _whole(observed, int(expected))
    if isinstance(expected, Real):
        return _real(observed, float(expected), rtol, atol)
    if isinstance(expected, np.ndarray):
        return _array(observed, expected, rtol, atol)
    if isinstance(expected, Mapping):
        return _mapping(observed, expected, rtol, atol)
    if isinstance(expected, Sequence):
        return _sequence(observed, expected, rtol, atol)
    return None if observed == expected else f"gave {short(observed)}, expected {short(expected)}"


def _exact(observed: Any, expected: Any, kind: type, words: str) -> str | None:
    if not isinstance(observed, kind):
        return f"gave {kind(observed)}, expected {words}"
    return None if observed == expected else f"gave {observed!r}, expected {expected!r}"


def _whole(observed: Any, expected: int) -> str | None:
    if isinstance(observed, np.ndarray) and observed.ndim == 0:
        observed = observed.item()
    if isinstance(observed, float):
        return f"gave the float {short(observed)}, expected the whole number {expected}"
    if isinstance(observed, bool) or not isinstance(observed, Integral):
        return f"gave {kind(observed)}, expected a whole number (int)"
    if int(observed) == expected:
        return None
    given = f"{int(observed):,}" if abs(int(observed)) < 10**18 else "a number of more than 18 digits"
    return f"gave {given}, expected {expected:,}"


def _real(observed: Any, expected: float, rtol: float, atol: float) -> str | None:
    if isinstance(observed, np.ndarray) and observed.ndim == 0:
        observed = observed.item()
    if isinstance(observed, bool) or not isinstance(observed, Real):
        return f"gave {kind(observed)}, expected a number"
    if not np.isfinite(float(observed)) and np.isfinite(expected):
        return f"gave {observed}, expected {expected:.6g}"
    if np.isclose(float(observed), expected, rtol=rtol, atol=atol):
        return None
    return f"gave {float(observed):.6g}, expected {expected:.6g}"


def _array(observed: Any, expected: np.ndarray, rtol: float, atol: float) -> str | None:
    if isinstance(observed, (list, tuple)):
        if not _holds_numbers(observed, 10 * expected.size + 1000):
            return f"gave a list that is no table of numbers, expected an array of shape {expected.shape}"
        try:
            observed = np.array(observed)
        except ValueError:
            return "gave rows of unequal length, expected an array"
    if not isinstance(observed, np.ndarray):
        return f"gave {kind(observed)}, expected an array of shape {expected.shape}"
    if observed.shape != expected.shape:
        return f"gave an array of shape {observed.shape}, expected {expected.shape}"
    if not (np.issubdtype(observed.dtype, np.number) or observed.dtype == bool):
        return f"gave an array of {observed.dtype}, expected numbers"
    if not np.all(np.isfinite(observed)) and np.all(np.isfinite(expected)):
        return "gave NaN or infinity in places, expected numbers"
    agree = np.isclose(observed, expected, rtol=rtol, atol=atol)
    if np.all(agree):
        return None
    if expected.size <= 36 and expected.ndim <= 2:
        return f"gave\n{short(observed)}\nexpected\n{short(expected)}"
    where = tuple(int(i) for i in np.argwhere(~agree)[0])
    return (
        f"gave {np.asarray(observed)[where]:.6g} at {list(where)}, expected {expected[where]:.6g} "
        f"({int((~agree).sum())} of {expected.size} values differ)"
    )


def _holds_numbers(value: Sequence, most: int) -> bool:
    """Whether lists within lists hold numbers and arrays alone, at most so many."""
    waiting: list[Any] = [value]
    while waiting:
        one = waiting.pop()
        most -= one.size if isinstance(one, np.ndarray) else 1
        if most < 0 or not isinstance(one, (list, tuple, np.ndarray, Real, bool, complex, np.generic)):
            return False
        if isinstance(one, (list, tuple)):
            if len(one) > most:
                return False
            waiting += one
    return True


def _mapping(observed: Any, expected: Mapping, rtol: float, atol: float) -> str | None:
    if not isinstance(observed, Mapping):
        return f"gave {kind(observed)}, expected a dictionary with the keys {', '.join(map(repr, expected))}"
    for key, value in expected.items():
        if key not in observed:
            return f"misses the key {key!r}"
        difference = (
            "not filled in yet" if observed[key] is ... else _difference(observed[key], value, rtol, atol)
        )
        if difference:
            return f"at {key!r}: {difference}"
    extra = [key for key in observed if key not in expected]
    return f"has the key {extra[0]!r}, which was not asked for" if extra else None


def _sequence(observed: Any, expected: Sequence, rtol: float, atol: float) -> str | None:
    if isinstance(observed, np.ndarray) and observed.ndim >= 1:
        observed = [plain(item) for item in observed]
    if isinstance(observed, str) or not isinstance(observed, Sequence):
        return f"gave {kind(observed)}, expected {len(expected)} values: {short(expected)}"
    if len(observed) != len(expected):
        return f"gave {len(observed)} values {short(observed)}, expected {len(expected)}"
    for index, (one, other) in enumerate(zip(observed, expected, strict=True)):
        inner = _difference(one, other, rtol, atol)
        if inner:
            flat = isinstance(other, (Real, str)) and type(one) is type(other)
            return (
                f"gave {short(observed)}, expected {short(expected)}"
                if flat
                else f"at position {index}: {inner}"
            )
    return None


def kind(value: Any) -> str:
    """Name what a value is, and show it: "a list ([1, 2])"."""
    if isinstance(value, Opaque):
        return value.words
    name = type(value).__name__
    article = "an" if name[0].lower() in "aeiou" else "a"
    return f"{article} {name} ({short(value, 60)})" if not callable(value) else f"{article} {name}"
