"""Say what a wrong result has in common with the right one, where no named mistake explains it.

A diagnosis is offered as "This looks like …". It is computed from all wrong cases of an answer and holds in each of
them: a transposition, a sign, a factor, an offset of one, another order, a wrong edge. Where the values show nothing,
the inputs may: `condition` looks for what the wrong cases share and the right ones lack.
"""

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from workbook.exercises.compare import tolerance

CLOSE = 1e-5  # relative to the largest value, as in `compare.tolerance`
MOST_VALUES = 1_000_000  # of an array that is looked at
MOST_AXES = 4  # whose orders are tried
FACTORS = {
    2: "twice", 0.5: "half", 3: "three times", 4: "four times", 0.25: "a quarter of", 10: "10 times", 0.1: "a tenth of",
    100: "100 times (a percentage, where a share was asked for)", 0.01: "a hundredth of", 1000: "1,000 times",
    0.001: "a thousandth of", 255: "255 times", 1 / 255: "1/255 of", 8: "eight times", 1 / 8: "an eighth of",
    math.log(2): "0.693 = ln 2 times (another base of the logarithm)",
    1 / math.log(2): "1.443 = 1 / ln 2 times (another base of the logarithm)",
    math.log(10): "2.303 = ln 10 times (another base of the logarithm)",
    1 / math.log(10): "0.434 = 1 / ln 10 times (another base of the logarithm)",
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A case that an answer got wrong with a value, and the inputs by the names of the function's parameters."""

    observed: Any
    expected: Any
    inputs: Mapping[str, Any]


def diagnose(cases: Sequence[Case]) -> str:
    """Return what the wrong values have in common with the right ones, as a sentence, or ""."""
    if not cases:
        return ""
    inner = _same_entry(cases)
    if inner is not None:
        place, entries = inner
        words = _of_values(entries)
        return f"{place}, {words}" if words else ""
    return _of_values(cases)


def _same_entry(cases: Sequence[Case]) -> tuple[str, list[Case]] | None:
    """Return the one entry of a dictionary or a short tuple that is wrong in all cases, and its values."""
    wrong: set[Any] = set()
    for case in cases:
        entries = _entries(case.observed, case.expected)
        if entries is None:
            return None
        wrong |= {key for key, (mine, other) in entries.items() if not _equal(mine, other)}
    if len(wrong) != 1:
        return None
    (key,) = wrong
    found = [
        Case(*entries[key], case.inputs)
        for case in cases
        if (entries := _entries(case.observed, case.expected))
    ]
    ordinal = {0: "first", 1: "second", 2: "third"}
    is_mapping = isinstance(cases[0].expected, Mapping)
    return (f"At {key!r}" if is_mapping else f"In the {ordinal.get(key, f'{key + 1}th')} value"), found


def _entries(observed: Any, expected: Any) -> dict[Any, tuple[Any, Any]] | None:
    if isinstance(expected, Mapping) and isinstance(observed, Mapping) and set(observed) == set(expected):
        return {key: (observed[key], expected[key]) for key in expected}
    if (
        isinstance(expected, tuple)
        and isinstance(observed, (tuple, list))
        and 2 <= len(expected) == len(observed) <= 6
    ):
        return dict(enumerate(zip(observed, expected, strict=True)))
    return None


def _of_values(cases: Sequence[Case]) -> str:
    for rule in RULES:
        try:
            words = {rule(case) for case in cases}
        except (ValueError, TypeError, OverflowError, ZeroDivisionError, FloatingPointError):
            continue
        if len(words) == 1 and (found := words.pop()):
            return found
    try:
        return _by_a_size(cases)
    except (ValueError, TypeError, OverflowError, ZeroDivisionError, FloatingPointError):
        return ""


# Rules: what one case shows, or "" ---------------------------------------------------------------------------------


def _array(value: Any) -> np.ndarray | None:
    """Return a number, an array or nested lists of numbers as an array; None for anything else."""
    if isinstance(value, (bool, str)) or value is None:
        return None
    if isinstance(value, (np.ndarray, Real, complex, list, tuple)):
        try:
            array = np.asarray(value)
        except ValueError:  # rows of unequal length
            return None
        is_number = np.issubdtype(array.dtype, np.number) or array.dtype == bool
        return array if is_number and 0 < array.size <= MOST_VALUES else None
    return None


def _both(case: Case) -> tuple[np.ndarray, np.ndarray] | None:
    """Return both values as arrays, or None if one is none or holds NaN or infinity."""
    observed, expected = _array(case.observed), _array(case.expected)
    if (
        observed is None
        or expected is None
        or not (np.isfinite(observed).all() and np.isfinite(expected).all())
    ):
        return None
    if observed.dtype == bool or np.issubdtype(observed.dtype, np.integer):
        observed = observed.astype(float)
    if expected.dtype == bool or np.issubdtype(expected.dtype, np.integer):
        expected = expected.astype(float)
    return observed, expected


def _near(observed: np.ndarray, expected: np.ndarray) -> bool:
    if observed.shape != expected.shape:
        return False
    return bool(np.all(np.abs(observed - expected) <= tolerance(expected, CLOSE, 1e-9)))


def _equal(observed: Any, expected: Any) -> bool:
    pair = _both(Case(observed, expected, {}))
    if pair is not None:
        return _near(*pair)
    if type(observed) is not type(expected):
        return False
    if isinstance(expected, np.ndarray):
        return np.array_equal(observed, expected)
    if isinstance(expected, Mapping):
        return set(observed) == set(expected) and all(
            _equal(observed[key], expected[key]) for key in expected
        )
    if isinstance(expected, (list, tuple)):
        return len(observed) == len(expected) and all(map(_equal, observed, expected))
    return bool(observed == expected)


def _not_a_number(case: Case) -> str:
    observed = _array(case.observed)
    if observed is None or np.isfinite(observed).all():
        return ""
    return (
        "there are NaN (0 / 0, or a root or logarithm of a negative number) in the result"
        if np.isnan(observed).any()
        else "there are infinite values (a division by 0, or a logarithm of 0) in the result"
    )


def _type(case: Case) -> str:
    if isinstance(case.expected, bool) and isinstance(case.observed, bool):
        return "the answer is the opposite of the right one"
    if isinstance(case.expected, str) and isinstance(case.observed, str):
        mine, other = case.observed, case.expected
        if mine.lower() == other.lower():
            return "capital and small letters differ, and nothing else"
        if mine.split() == other.split() or mine.strip() == other.strip():
            return "spaces differ, and nothing else"
        if mine == other[::-1]:
            return "the text is reversed"
        return ""
    if (isinstance(case.observed, (str, bool)) or case.observed is None) and case.expected is not None:
        return ""
    pair = _both(case)
    if pair is None:
        return ""
    if np.iscomplexobj(pair[0]) and not np.iscomplexobj(pair[1]) and _near(pair[0].real, pair[1]):
        return "the numbers are right, but complex: take the real part"
    is_same = pair[0].size == pair[1].size and _near(pair[0].reshape(pair[1].shape), pair[1])
    if is_same and pair[0].shape == pair[1].shape:
        mine, other = _kind_of_number(case.observed), _kind_of_number(case.expected)
        return f"the numbers are right, but in {mine} instead of {other}"
    if is_same and np.squeeze(pair[0]).shape == np.squeeze(pair[1]).shape:
        return "the values are right, but there is an axis of length 1 too many or too few"
    if is_same:
        return (
            f"the values are right, but in the shape {pair[0].shape}" if pair[0].ndim != pair[1].ndim else ""
        )
    return ""


def _kind_of_number(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype}"
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _place(case: Case) -> str:
    """Transposed, mirrored, rolled, or in another order."""
    pair = _both(case)
    if pair is None or pair[1].ndim == 0 or pair[0].size != pair[1].size or pair[0].ndim != pair[1].ndim:
        return ""
    observed, expected = pair
    axes = range(expected.ndim)
    if expected.ndim == 2 and _near(observed.T, expected):
        return "rows and columns are swapped: the result is transposed"
    if 3 <= expected.ndim <= MOST_AXES:
        for order in itertools.permutations(axes):
            if list(order) != list(axes) and _near(np.transpose(observed, order), expected):
                return "the axes are in another order: all values are right, at other places"
    if observed.shape != expected.shape:
        return ""
    for axis in axes:
        if _near(np.flip(observed, axis), expected):
            return (
                "the order is reversed" if expected.ndim == 1 else f"the order along axis {axis} is reversed"
            )
    if expected.ndim > 1 and _near(np.flip(observed), expected):
        return "the order along all axes is reversed: the result is turned by half a turn"
    for axis, step in itertools.product(axes, (1, -1)):
        if expected.shape[axis] > 2 and _near(np.roll(observed, step, axis), expected):
            return f"the values are shifted by one place along axis {axis}"
    if _near(np.sort(observed, axis=None), np.sort(expected, axis=None)):
        return "the values are right, but in another order"
    return ""


def _scale(case: Case) -> str:
    """A sign, a complement, a power, a factor or an offset."""
    pair = _both(case)
    if pair is None or pair[0].shape != pair[1].shape or not np.any(pair[1]):
        return ""
    observed, expected = pair
    if not np.any(observed):
        return "the result is 0 everywhere" if observed.size > 1 else "the result is 0"
    if _near(-observed, expected):
        return "the sign is the opposite"
    if np.ptp(expected) and _near(1 - observed, expected):
        return "the result is 1 minus the right one"
    ratio = _ratio(observed, expected)
    if ratio is not None and abs(ratio - 1) > CLOSE:
        for factor, words in FACTORS.items():
            if math.isclose(ratio, factor, rel_tol=1e-4):
                return f"the result is {words} the right one"
            if math.isclose(ratio, -factor, rel_tol=1e-4):
                return f"the sign is the opposite, and the result is {words} the right one"
    if np.all(expected >= 0) and _near(np.sqrt(np.maximum(observed, 0)), expected):
        return "the result is the square of the right one: a root is missing"
    if np.all(observed >= 0) and _near(observed**2, expected):
        return "the result is the square root of the right one"
    if np.all(observed) and _near(1 / observed, expected):
        return "the result is the reciprocal of the right one: numerator and denominator are swapped"
    return _offset(observed, expected)


def _ratio(observed: np.ndarray, expected: np.ndarray) -> float | None:
    """Return the factor between two arrays, or None if it is not the same for all values."""
    place = np.unravel_index(np.argmax(np.abs(expected)), expected.shape)
    if not expected[place]:
        return None
    ratio = observed[place] / expected[place]
    if np.iscomplexobj(ratio) or not ratio:
        return None
    return float(ratio) if _near(observed / ratio, expected) else None


def _offset(observed: np.ndarray, expected: np.ndarray) -> str:
    distance = observed - expected
    first = float(distance.flat[0])
    if first and _near(observed - first, expected) and abs(first) > 1e-3 * float(np.abs(expected).max()):
        words = "large" if first > 0 else "small"
        where = "every value is" if expected.size > 1 else "the result is"
        return f"{where} {abs(first):.4g} too {words}"
    return ""


def _rounded(case: Case) -> str:
    pair = _both(case)
    if pair is None or pair[0].shape != pair[1].shape:
        return ""
    observed, expected = pair
    if _near(observed, expected):
        return ""
    if not _near(np.rint(expected), expected) and _near(np.rint(observed), observed):
        if np.array_equal(observed, np.trunc(expected)):
            return "the fractions are cut off"
        if np.abs(observed - expected).max() <= 0.5 + 1e-6:
            return "the values are rounded to whole numbers"
    if np.any(expected < 0) and _near(observed, np.maximum(expected, 0)):
        return "the negative values have become 0"
    if _near(observed, np.abs(expected)):
        return "the negative values have lost their sign"
    low, high = observed.min(), observed.max()
    between = (observed > low) & (observed < high)
    if observed.size > 3 and between.any() and _near(observed, np.clip(expected, low, high)):
        return f"the values are cut off at {low:.4g} and {high:.4g}"
    return ""


def _extent(case: Case) -> str:
    """One row too few, one column too many: the shapes differ and the common part is right."""
    pair = _both(case)
    if pair is None or pair[0].ndim != pair[1].ndim or pair[0].shape == pair[1].shape or not pair[0].ndim:
        return ""
    observed, expected = pair
    if observed.ndim == 2 and observed.shape == expected.shape[::-1]:
        return "the shape is transposed: rows and columns are swapped"
    lengths = tuple(map(min, observed.shape, expected.shape))
    lead, tail = (tuple(slice(0, n) for n in lengths), tuple(slice(-n, None) for n in lengths))
    axes = [axis for axis in range(expected.ndim) if observed.shape[axis] != expected.shape[axis]]
    differences = {observed.shape[axis] - expected.shape[axis] for axis in axes}
    if len(differences) > 1:
        return ""
    difference = differences.pop()
    count = "is one value" if abs(difference) == 1 else "are values"
    what = f"there {count} too {'many' if difference > 0 else 'few'}"
    along = "" if expected.ndim == 1 else f" along axis {' and '.join(map(str, axes))}"
    for common, where in ((lead, "end"), (tail, "beginning")):
        if _near(observed[common], expected[common]):
            return f"at the {where} {what}{along}"
    return f"{what}{along}" if abs(difference) == 1 else ""


def _edge(case: Case) -> str:
    """Wrong at one place along an axis, or only at the edge."""
    pair = _both(case)
    if pair is None or pair[0].shape != pair[1].shape or not pair[1].ndim:
        return ""
    observed, expected = pair
    wrong = np.abs(observed - expected) > tolerance(expected, CLOSE, 1e-9)
    if not wrong.any() or wrong.all():
        return ""
    for axis, length in enumerate(expected.shape):
        others = tuple(other for other in range(expected.ndim) if other != axis)
        places = np.flatnonzero(wrong.any(axis=others))
        if length > 2 and len(places) == 1 and places[0] in (0, length - 1):
            which = "first" if places[0] == 0 else "last"
            what = (
                "value"
                if expected.ndim == 1
                else ("row" if axis == 0 else "column")
                if expected.ndim == 2
                else ""
            )
            return f"all is right except the {which} {what or f'place along axis {axis}'}"
    large = [axis for axis, length in enumerate(expected.shape) if length > 2]
    inner = tuple(slice(1, -1) if axis in large else slice(None) for axis in range(expected.ndim))
    if large and not wrong[inner].any():
        return "all is right except at the edge"
    return ""


def _unfilled(case: Case) -> str:
    pair = _both(case)
    if pair is None or pair[0].shape != pair[1].shape or pair[1].size < 3:
        return ""
    observed, expected = pair
    is_right = np.abs(observed - expected) <= tolerance(expected, CLOSE, 1e-9)
    if is_right.any() and not is_right.all() and not np.any(observed[~is_right]):
        return "all is right but for values that have stayed 0"
    return ""


def _reduced(case: Case) -> str:
    """An axis is summed that should stay, or stays that should be summed."""
    pair = _both(case)
    if pair is None or abs(pair[0].ndim - pair[1].ndim) != 1:
        return ""
    shorter, longer = sorted(pair, key=lambda array: array.ndim)
    for axis in range(longer.ndim):
        for reduce, verb in ((np.sum, "summed"), (np.mean, "averaged"), (np.max, "reduced to its maximum")):
            reduced = reduce(longer, axis=axis)
            if reduced.shape == shorter.shape and _near(reduced, shorter):
                is_missing = shorter is pair[0]
                return (
                    f"axis {axis} is {verb}, and should stay"
                    if is_missing
                    else f"axis {axis} is not yet {verb}"
                )
    return ""


def _summand(case: Case) -> str:
    """One number per channel is wrong."""
    pair = _both(case)
    if pair is None or pair[0].shape != pair[1].shape or pair[1].ndim < 2 or pair[1].shape[-1] < 2:
        return ""
    distance = pair[0] - pair[1]
    per_channel = distance.reshape(-1, distance.shape[-1])[0]
    if np.any(per_channel) and distance.size > distance.shape[-1] and _near(pair[0] - per_channel, pair[1]):
        return "the result is right up to a summand for each place along the last axis"
    return ""


def _pattern(case: Case) -> str:
    """The input itself, one value everywhere, or a factor for each row."""
    pair = _both(case)
    if pair is None:
        return ""
    observed, expected = pair
    for name, value in case.inputs.items():
        given = _array(value)
        if given is not None and given.size > 1 and _near(observed, np.asarray(given, observed.dtype)):
            return f"the result is `{name}`, unchanged"
    if observed.shape != expected.shape:
        return ""
    if observed.size > 2 and not np.ptp(observed) and np.ptp(expected):
        return "the same value stands everywhere"
    for axis in range(expected.ndim):
        if expected.ndim >= 2 and expected.shape[axis] > 1 and _proportional(observed, expected, axis):
            rows = (
                "row"
                if axis == expected.ndim - 1
                else "column"
                if expected.ndim == 2
                else f"line along axis {axis}"
            )
            return f"the result is right up to a factor that differs from {rows} to {rows}"
    return ""


def _proportional(observed: np.ndarray, expected: np.ndarray, axis: int) -> bool:
    """Return whether the factor between two arrays is the same for all values along an axis."""
    largest = np.abs(expected).argmax(axis=axis, keepdims=True)
    mine, other = (np.take_along_axis(array, largest, axis) for array in (observed, expected))
    if not (np.all(mine) and np.all(other)):
        return False
    return _near(observed * (other / mine), expected)


RULES: tuple[Callable[[Case], str], ...] = (
    _not_a_number, _type, _place, _scale, _rounded, _extent, _edge, _reduced, _summand, _unfilled, _pattern,
)  # fmt: skip


def _by_a_size(cases: Sequence[Case]) -> str:
    """Return the input, or its size, that the results are too large by: as a factor or as a summand."""
    pairs = [_both(case) for case in cases]
    if any(pair is None or pair[0].shape != pair[1].shape for pair in pairs):
        return ""
    checked = [pair for pair in pairs if pair is not None]
    sizes = [dict(_sizes(case)) for case in cases]
    for name in sizes[0]:
        if not all(name in size for size in sizes):
            continue
        values = [float(size[name]) for size in sizes]
        if any(value in (0, 1) for value in values):
            continue
        for words, undone in (
            (f"too large by the factor {name}", lambda mine, size: mine / size),
            (f"too small by the factor {name}", lambda mine, size: mine * size),
            (f"too large by {name}", lambda mine, size: mine - size),
            (f"too small by {name}", lambda mine, size: mine + size),
        ):
            if all(
                _near(undone(mine, size), other) for (mine, other), size in zip(checked, values, strict=True)
            ):
                return f"the result is {words}"
    return ""


def _sizes(case: Case) -> Iterator[tuple[str, float]]:
    """Yield the numbers that an input holds or has: its value, its length, its shape, its size."""
    for name, value in case.inputs.items():
        if isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value):
            yield f"`{name}`", float(value)
        elif isinstance(value, np.ndarray) and value.ndim:
            yield f"the number of values in `{name}`", value.size
            for axis, length in enumerate(value.shape):
                yield f"`{name}.shape[{axis}]`", length
            if value.ndim >= 2:
                yield f"the number of pixels of `{name}`", value.shape[0] * value.shape[1]
            if np.issubdtype(value.dtype, np.number) and value.size and np.isfinite(value.sum()):
                yield f"the sum of `{name}`", float(value.sum())
                yield f"the largest value of `{name}`", float(value.max())
        elif isinstance(value, (list, tuple)):
            yield f"the length of `{name}`", len(value)
    expected = _array(case.expected)
    if expected is not None and expected.ndim:
        yield "the number of values in the result", expected.size


def constant(observed: Sequence[Any], expected: Sequence[Any]) -> str:
    """Return a sentence if an answer gives one and the same result in all cases, three at least, and should not."""
    if len(observed) < 3 or all(_equal(other, expected[0]) for other in expected[1:]):
        return ""
    if all(_equal(value, observed[0]) for value in observed[1:]):
        return "the result is the same in every case, whatever the inputs"
    return ""


# Inputs --------------------------------------------------------------------------------------------------------------


def condition(inputs: Sequence[Mapping[str, Any]], right: Sequence[bool]) -> str:
    """Return what the inputs of all wrong cases share and those of the right ones lack, or "".

    It needs a right case, a wrong one, and three together: "Right in 3 cases. Wrong in the 4 where `strides` is not 1."
    """
    if len(right) < 3 or all(right) or not any(right):
        return ""
    properties = [dict(_properties(given)) for given in inputs]
    for words in properties[list(right).index(False)]:
        if all(
            words in owned and owned[words] is not is_right
            for owned, is_right in zip(properties, right, strict=True)
        ):
            wrong = list(right).count(False)
            count = f"in the {wrong} cases" if wrong > 1 else "in the one case"
            return f"Only {count} where {words} the result is wrong; the others are right"
    return ""


def _properties(given: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    """Yield statements on the inputs of a case, and whether they hold."""
    numbers = {}
    for name, value in given.items():
        if isinstance(value, (bool, str)) or value is None:
            for known in (True, False, None) if not isinstance(value, str) else (value,):
                yield f"`{name}` is {known!r}", value is known or value == known
            if isinstance(value, str):
                yield f"`{name}` is empty", not value
                yield f"`{name}` has capital letters", value != value.lower()
        elif isinstance(value, Real):
            numbers[name] = value
            yield from _of_number(f"`{name}`", value)
        elif isinstance(value, np.ndarray):
            yield from _of_array(name, value)
        elif isinstance(value, (list, tuple, dict)):
            yield f"`{name}` is empty", not value
            yield f"`{name}` has one entry", len(value) == 1
            yield f"`{name}` has more than one entry", len(value) > 1
            if all(isinstance(item, (str, int, float, tuple)) for item in value):
                yield f"`{name}` holds an entry twice", len(set(value)) < len(value)
    for (first, left), (second, right) in itertools.combinations(numbers.items(), 2):
        yield f"`{first}` is larger than `{second}`", left > right
        yield f"`{first}` is smaller than `{second}`", left < right
        yield f"`{first}` and `{second}` are equal", left == right
        yield f"`{first}` and `{second}` differ", left != right
        if isinstance(left, int) and isinstance(right, int) and left and right:
            yield f"`{first}` is not a multiple of `{second}`", left % right != 0
            yield f"`{second}` is not a multiple of `{first}`", right % left != 0


def _of_number(name: str, value: Real) -> Iterator[tuple[str, bool]]:
    number = float(value)
    for bound in (0, 1, 2):
        yield f"{name} is {bound}", number == bound
        yield f"{name} is not {bound}", number != bound
        yield f"{name} is larger than {bound}", number > bound
    yield f"{name} is negative", number < 0
    yield f"{name} is even", number % 2 == 0
    yield f"{name} is odd", number % 2 == 1
    yield f"{name} is no whole number", not number.is_integer()


def _of_array(name: str, value: np.ndarray) -> Iterator[tuple[str, bool]]:
    if value.ndim >= 2:
        yield f"`{name}` is not square", value.shape[0] != value.shape[1]
        yield f"`{name}` is square", value.shape[0] == value.shape[1]
        yield f"`{name}` is higher than wide", value.shape[0] > value.shape[1]
        yield f"`{name}` is wider than high", value.shape[0] < value.shape[1]
        for axis in (0, 1):
            yield f"`{name}.shape[{axis}]` is odd", value.shape[axis] % 2 == 1
            yield f"`{name}.shape[{axis}]` is even", value.shape[axis] % 2 == 0
    for ndim in (1, 2, 3, 4):
        yield f"`{name}` has {ndim} ax{'e' if ndim > 1 else 'i'}s", value.ndim == ndim
    for axis, length in enumerate(value.shape):
        yield f"`{name}.shape[{axis}]` is 1", length == 1
        yield f"`{name}.shape[{axis}]` is larger than 1", length > 1
    if value.size and np.issubdtype(value.dtype, np.number) and not np.iscomplexobj(value):
        yield f"`{name}` has negative values", bool((value < 0).any())
        yield f"`{name}` has no negative values", bool((value >= 0).all())
        yield f"`{name}` has zeros", bool((value == 0).any())
        yield f"`{name}` is 0 everywhere", bool((value == 0).all())
        yield (
            f"`{name}` has the same value more than once",
            value.size < 10_000 and len(np.unique(value)) < value.size,
        )
        yield f"`{name}` holds whole numbers", bool(np.issubdtype(value.dtype, np.integer))
