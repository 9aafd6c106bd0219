"""Compare an answer's observed value with the expected one, and describe the difference in words.

A comparison is a function `(observed, expected, inputs) -> str | None`. It returns None if the values agree, otherwise
a clause that follows the call: "output_size(7, 3): got 4, expected 5". It works on plain values only: numbers,
strings, arrays, and tuples, lists and dictionaries of them.
"""

import itertools
import re
import reprlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np

MOST_ITEMS = 20  # of a sequence, written out
FEW = 10  # below this, "too large" would give away too much
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


class Opaque:
    """A stand-in for a value that cannot be compared and stayed in the answer's process; `words` describes it."""

    def __init__(self, words: str) -> None:
        self.words = words

    def __repr__(self) -> str:
        return self.words


Comparison = Callable[[Any, Any, tuple[Any, ...]], str | None]


def plain(value: Any) -> Any:
    """Return a value in plain types: tensors as arrays, NumPy scalars as numbers, also inside lists and dictionaries.

    A subclass becomes a plain array, list or dictionary. Every other value is returned as it is.
    """
    if isinstance(value, np.ndarray) and type(value) is not np.ndarray:
        return np.array(value, subok=False)
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (tuple, list)):
        kind = type(value) if type(value) in (tuple, list) else list  # a named tuple becomes a list
        return kind(plain(item) for item in value)
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if hasattr(value, "__array__") and not isinstance(value, np.ndarray):
        return plain(np.asarray(value))
    return value


def short(value: Any, limit: int = 220) -> str:
    """Return a value as text of at most `limit` characters, however large or odd it is; a large array as its shape.

    Objects are written without their addresses, so that the text of an answer is the same in every run.
    """
    try:
        text = _written(value, limit, depth=3)
    except Exception:  # the __repr__ of a learner's object may raise
        text = f"<{type(value).__name__}>"
    text = without_addresses(text)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def without_addresses(text: str) -> str:
    """Return text without the addresses of objects, which differ from run to run: "<object object>"."""
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
        items = [_written(item, limit, depth - 1) for item in value[:MOST_ITEMS]]
        if len(value) > MOST_ITEMS:
            items.append("…")
        inner = ", ".join(items)
        return f"({inner})" if isinstance(value, tuple) else f"[{inner}]"
    if isinstance(value, Mapping) and depth:
        pairs = itertools.islice(value.items(), MOST_ITEMS)
        inner = ", ".join(f"{key!r}: {_written(item, limit, depth - 1)}" for key, item in pairs)
        return "{" + inner + "}"
    if isinstance(value, (tuple, list, dict, set, int)):
        return reprlib.repr(value)
    return repr(value)


def _summary(array: np.ndarray) -> str:
    if array.size and np.issubdtype(array.dtype, np.number) and np.all(np.isfinite(array)):
        return f"array of shape {array.shape}, from {array.min():.4g} to {array.max():.4g}"
    return f"array of shape {array.shape}, dtype {array.dtype}"


@dataclass(frozen=True)
class Close:
    """A comparison that accepts numbers within `atol + rtol * |expected|` of the expected ones.

    For an array, `rtol` also applies to the largest value; see `tolerance`.

    Types must agree: a whole number must be an int, text must be a string, and an array must have the expected shape.
    NaN is never accepted. A `veiled` comparison says in what respect an entry is off, never the value: it is for an
    answer that is a constant, which a message that held the expected number would give away.
    """

    rtol: float
    atol: float
    is_veiled: bool = False

    def __call__(self, observed: Any, expected: Any, inputs: tuple[Any, ...] = ()) -> str | None:
        """Return the difference in words, or None."""
        difference = _veiled_difference if self.is_veiled else _difference
        try:
            return difference(plain(observed), expected, self.rtol, self.atol)
        except Exception as error:  # a learner's value may be of any kind
            return f"got {kind(observed)} that cannot be compared ({type(error).__name__})"


def close(*, rtol: float = 1e-5, atol: float = 1e-7) -> Close:
    """Return the usual comparison of an exercise."""
    return Close(rtol, atol)


def veiled(*, rtol: float = 1e-5, atol: float = 1e-7) -> Close:
    """Return the comparison of an exercise whose answer is a constant."""
    return Close(rtol, atol, is_veiled=True)


def _veiled_difference(observed: Any, expected: Any, rtol: float, atol: float) -> str | None:
    if observed is ...:
        return "not filled in yet"
    if observed is None and isinstance(expected, (Mapping, Sequence)):
        return f"got None, expected {_sort_of(expected)}"
    if observed is None or expected is None:
        return None if observed is expected else f"{short(observed)} is wrong"
    if isinstance(expected, Mapping):
        return _veiled_mapping(observed, expected, rtol, atol)
    if isinstance(expected, Sequence) and not isinstance(expected, str):
        return _veiled_sequence(observed, expected, rtol, atol)
    difference = _difference(observed, expected, rtol, atol)
    if difference is None:
        return None
    if isinstance(observed, float) and isinstance(expected, Integral) and not isinstance(expected, bool):
        if observed.is_integer():
            return f"got the float {short(observed)}, expected a whole number (int)"
        return f"got {short(observed)}, expected a whole number (int): can it have a fraction?"
    if isinstance(expected, Real) and not isinstance(expected, bool):
        if isinstance(observed, bool) or not isinstance(observed, Real):
            return f"got {kind(observed)}, expected a number"
        if isinstance(expected, Integral) and max(abs(float(observed)), abs(int(expected))) < FEW:
            return f"{short(observed)} is wrong"
        return f"{short(observed)} is {_how_far(float(observed), float(expected))}"
    if type(observed) is not type(expected):
        return f"got {kind(observed)}, expected {_sort_of(expected)}"
    return f"{short(observed)} is wrong"


def _sort_of(value: Any) -> str:
    if isinstance(value, (tuple, list, Mapping)):
        return f"{len(value)} values"
    sorts = ((bool, "True or False"), (str, "a string"), (Integral, "a whole number"), (Real, "a number"))
    return next((words for sort, words in sorts if isinstance(value, sort)), type(value).__name__)


def _how_far(observed: float, expected: float) -> str:
    """Return how a number is off, in powers of ten: "too large by a factor of about 1,000"."""
    if not np.isfinite(observed):
        return "not a finite number"
    if observed and expected and (observed < 0) != (expected < 0):
        return "of the wrong sign"
    way = "large" if abs(observed) > abs(expected) else "small"
    if not observed or not expected:
        return f"too {way}"
    magnitude = abs(np.log10(abs(observed / expected)))
    if magnitude > 0.7:
        return f"too {way} by a factor of about {10 ** max(1, round(magnitude)):,}"
    return f"too {way}, but near" if magnitude < 0.05 else f"too {way}, by less than a factor of 5"


def _veiled_mapping(observed: Any, expected: Mapping, rtol: float, atol: float) -> str | None:
    if not isinstance(observed, Mapping):
        return f"got {kind(observed)}, expected a dictionary with the keys {', '.join(map(repr, expected))}"
    for key in (*expected, *observed):
        if key not in observed:
            return f"the key {key!r} is missing"
        if key not in expected:
            return f"the key {key!r} is not expected"
    differences = {key: _veiled_difference(observed[key], expected[key], rtol, atol) for key in expected}
    wrong = {key: difference for key, difference in differences.items() if difference}
    if not wrong:
        return None
    key, difference = next(iter(wrong.items()))
    others = f"; also wrong: {', '.join(map(repr, list(wrong)[1:]))}" if len(wrong) > 1 else ""
    return f"at {key!r}: {difference}{others}"


def _veiled_sequence(observed: Any, expected: Sequence, rtol: float, atol: float) -> str | None:
    if isinstance(observed, np.ndarray) and observed.ndim == 1:
        observed = [plain(item) for item in observed]
    if isinstance(observed, str) or not isinstance(observed, Sequence):
        return f"got {kind(observed)}, expected {len(expected)} values"
    if len(observed) != len(expected):
        count = len(observed)
        return f"got {count} value{'' if count == 1 else 's'} {short(observed)}, expected {len(expected)}"
    places = [
        (place, difference)
        for place, (mine, other) in enumerate(zip(observed, expected, strict=True), start=1)
        if (difference := _veiled_difference(mine, other, rtol, atol))
    ]
    if not places:
        return None
    if sorted(map(repr, observed)) == sorted(map(repr, expected)):
        return f"{short(observed)} holds the right values in another order"
    place, difference = places[0]
    also = f", and {len(places) - 1} more" if len(places) > 1 else ""
    return f"value {place} of {len(expected)}: {difference}{also}"


def _difference(observed: Any, expected: Any, rtol: float, atol: float) -> str | None:
    if observed is None and expected is not None:
        return "got None. Is a `return` missing?"
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
    return None if observed == expected else f"got {short(observed)}, expected {short(expected)}"


def _exact(observed: Any, expected: Any, expected_type: type, words: str) -> str | None:
    if not isinstance(observed, expected_type):
        return f"got {kind(observed)}, expected {words}"
    return None if observed == expected else f"got {observed!r}, expected {expected!r}"


def _whole(observed: Any, expected: int) -> str | None:
    if isinstance(observed, np.ndarray) and observed.ndim == 0:
        observed = observed.item()
    if isinstance(observed, float):
        difference = f"got the float {short(observed)}, expected the whole number {expected}"
        if observed == expected:
            return f"{difference}. Make it an int: `int(…)`, or `//` instead of `/`"
        return difference
    if isinstance(observed, bool) or not isinstance(observed, Integral):
        return f"got {kind(observed)}, expected a whole number (int)"
    if int(observed) == expected:
        return None
    written = f"{int(observed):,}" if abs(int(observed)) < 10**18 else "a number of more than 18 digits"
    return f"got {written}, expected {expected:,}"


def _real(observed: Any, expected: float, rtol: float, atol: float) -> str | None:
    if isinstance(observed, np.ndarray) and observed.ndim == 0:
        observed = observed.item()
    if isinstance(observed, bool) or not isinstance(observed, Real):
        return f"got {kind(observed)}, expected a number"
    if not np.isfinite(float(observed)) and np.isfinite(expected):
        return f"got {observed}, expected {expected:.6g}"
    if np.isclose(float(observed), expected, rtol=rtol, atol=atol):
        return None
    mine, other = told_apart(float(observed), expected)
    return f"got {mine}, expected {other}"


def _array(observed: Any, expected: np.ndarray, rtol: float, atol: float) -> str | None:
    if isinstance(observed, (list, tuple)):
        if not _holds_numbers(observed, 10 * expected.size + 1000):
            return f"got a list that is not a table of numbers, expected an array of shape {expected.shape}"
        try:
            observed = np.array(observed)
        except ValueError:
            return "got rows of unequal length, expected an array"
    if not isinstance(observed, np.ndarray):
        return f"got {kind(observed)}, expected an array of shape {expected.shape}"
    if observed.shape != expected.shape:
        return f"got an array of shape {observed.shape}, expected {expected.shape}"
    if not (np.issubdtype(observed.dtype, np.number) or observed.dtype == bool):
        return f"got an array of {observed.dtype}, expected numbers"
    if not np.all(np.isfinite(observed)) and np.all(np.isfinite(expected)):
        return "got NaN or infinity in places, expected finite numbers"
    with np.errstate(invalid="ignore"):  # infinite values in both
        distance = np.abs(np.asarray(observed) - expected)
    is_near = np.isfinite(expected) & (distance <= tolerance(expected, rtol, atol))
    agree = is_near | (np.asarray(observed) == expected)
    if np.all(agree):
        return None
    mine, other = short(observed), short(expected)
    if expected.size <= 36 and expected.ndim <= 2 and mine != other:
        return f"got\n{mine}\nexpected\n{other}"
    place = tuple(int(index) for index in np.unravel_index(np.argmax(distance * ~agree), expected.shape))
    mine, other = told_apart(np.asarray(observed)[place], expected[place])
    return f"got {mine} at {list(place)}, expected {other} ({int((~agree).sum())} of {expected.size} values differ)"


def tolerance(expected: np.ndarray, rtol: float, atol: float) -> float | np.ndarray:
    """Return how far each value of an array may lie from the expected one.

    A correct answer in float32 is off by about 1e-7 of the *largest* value, even where a value is small: where large
    terms cancel, a small result keeps their error. So the tolerance is relative to the largest value of the array, not
    to each value alone. Over 40 seeds of every exercise, a reference in float32 was off by at most 1e-6 of the largest
    value (batch normalisation, 7.3): `rtol`, usually 1e-5, leaves ten times that.
    """
    values = np.abs(expected[np.isfinite(expected)])
    return atol + rtol * (np.abs(expected) + (values.max() if values.size else 0.0))


def told_apart(observed: Any, expected: Any) -> tuple[str, str]:
    """Return two numbers as text, with enough digits to show the difference, at least 6."""
    for digits in range(6, 18):
        mine, other = f"{observed:.{digits}g}", f"{expected:.{digits}g}"
        if mine != other:
            break
    return mine, other


def _holds_numbers(value: Sequence, most: int) -> bool:
    """Return whether nested lists hold only numbers and arrays, at most `most` values together."""
    left = most
    waiting: list[Any] = [value]
    while waiting:
        item = waiting.pop()
        left -= item.size if isinstance(item, np.ndarray) else 1
        if left < 0 or not isinstance(item, (list, tuple, np.ndarray, Real, bool, complex, np.generic)):
            return False
        if isinstance(item, (list, tuple)):
            if len(item) > left:
                return False
            waiting += item
    return True


def _mapping(observed: Any, expected: Mapping, rtol: float, atol: float) -> str | None:
    if not isinstance(observed, Mapping):
        return f"got {kind(observed)}, expected a dictionary with the keys {', '.join(map(repr, expected))}"
    for key, value in expected.items():
        if key not in observed:
            return f"the key {key!r} is missing"
        if observed[key] is ...:
            return f"at {key!r}: not filled in yet"
        difference = _difference(observed[key], value, rtol, atol)
        if difference:
            return f"at {key!r}: {difference}"
    for key in observed:
        if key not in expected:
            return f"the key {key!r} is not expected"
    return None


def _sequence(observed: Any, expected: Sequence, rtol: float, atol: float) -> str | None:
    if isinstance(observed, np.ndarray) and observed.ndim >= 1:
        observed = [plain(item) for item in observed]
    if isinstance(observed, str) or not isinstance(observed, Sequence):
        return f"got {kind(observed)}, expected {len(expected)} values: {short(expected)}"
    if len(observed) != len(expected):
        values = "1 value" if len(observed) == 1 else f"{len(observed)} values"
        return f"got {values} {short(observed)}, expected {len(expected)}"
    for index, (item, expected_item) in enumerate(zip(observed, expected, strict=True)):
        difference = _difference(item, expected_item, rtol, atol)
        if difference is None:
            continue
        mine, other = short(observed), short(expected)
        if isinstance(expected_item, (Real, str)) and type(item) is type(expected_item) and mine != other:
            return f"got {mine}, expected {other}"
        return f"at position {index}: {difference}"
    return None


def kind(value: Any) -> str:
    """Return the type of a value in words, and the value: "a list ([1, 2])"."""
    if isinstance(value, Opaque):
        return value.words
    name = type(value).__name__
    article = "an" if name[0].lower() in "aeiou" else "a"
    return f"{article} {name}" if callable(value) else f"{article} {name} ({short(value, 60)})"
