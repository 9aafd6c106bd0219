"""Say what a wrong result has in common with the right one, where no named mistake explains it.

A diagnosis is computed from all wrong cases of an answer and holds in each of them: a transposition, a sign, a factor,
an offset, another order, a wrong edge. Where the values show nothing, the inputs may: `condition` looks for what the
wrong cases share and the right ones lack, `other_inputs` for changed inputs that the result would be right for.
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
MOST_ENTRIES = 6  # of a tuple that is looked at entry by entry
ENOUGH = 3  # wrong cases, from which on single numbers do not agree by chance
FACTORS = {
    2: "twice the right one",
    0.5: "half of the right one",
    3: "three times the right one",
    4: "four times the right one",
    0.25: "a quarter of the right one",
    8: "eight times the right one",
    1 / 8: "an eighth of the right one",
    10: "10 times the right one",
    0.1: "a tenth of the right one",
    100: "100 times the right one: a percentage instead of a share?",
    0.01: "a hundredth of the right one",
    1000: "1,000 times the right one",
    0.001: "a thousandth of the right one",
    255: "255 times the right one",
    1 / 255: "1/255 of the right one",
    math.log(2): "the right one times ln 2 (0.693): another base of the logarithm?",
    1 / math.log(2): "the right one divided by ln 2 (0.693): another base of the logarithm?",
    math.log(10): "the right one times ln 10 (2.303): another base of the logarithm?",
    1 / math.log(10): "the right one divided by ln 10 (2.303): another base of the logarithm?",
}
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")


@dataclass(frozen=True)
class Case:
    """A case that an answer got wrong with a value, and the inputs by the names of the function's parameters."""

    observed: Any
    expected: Any
    inputs: Mapping[str, Any]


Rule = Callable[[Case], Iterator[str]]


def diagnose(cases: Sequence[Case]) -> str:
    """Return what the wrong values have in common with the right ones, as a clause, or ""."""
    if not cases:
        return ""
    parts = _same_words([_parts(case) for case in cases])
    if parts:
        return parts
    inner = _same_entry(cases)
    if inner is not None:
        place, entries = inner
        return f"{place}, {words}" if (words := _of_values(entries)) else f"the difference is {place} alone"
    return _of_values(cases)


def _same_words(words: Sequence[str]) -> str:
    """Return the words if they are the same for all cases, else ""."""
    return words[0] if len(set(words)) == 1 else ""


# The parts of a result ---------------------------------------------------------------------------------------------


def _parts(case: Case) -> str:
    """Return what is wrong with a tuple as a whole: one value instead of several, several instead of one, an order."""
    observed, expected = case.observed, case.expected
    is_several = isinstance(expected, (tuple, list)) and 2 <= len(expected) <= MOST_ENTRIES
    if is_several and _is_number(observed):
        places = [place for place, entry in enumerate(expected) if _equal(observed, entry)]
        if len(places) == 1:
            return f"only the {ORDINALS[places[0]]} of the {len(expected)} values is returned"
        if all(map(_is_number, expected)) and _equal(observed, sum(expected)):
            return "the values are added up: return them separately"
    if _is_number(expected) and isinstance(observed, (tuple, list)) and 2 <= len(observed) <= MOST_ENTRIES:
        places = [place for place, entry in enumerate(observed) if _equal(entry, expected)]
        if len(places) == 1:
            return (
                f"the {ORDINALS[places[0]]} value is right, but one number is asked for, not {len(observed)}"
            )
    if is_several and isinstance(observed, (tuple, list)) and len(observed) == len(expected):
        if len(expected) == 2 and _equal(observed[0], expected[1]) and _equal(observed[1], expected[0]):
            return "the two values are swapped"
        if all(map(_is_number, [*observed, *expected])) and _equal(sorted(observed), sorted(expected)):
            return "the values are right, but in another order"
    return ""


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _same_entry(cases: Sequence[Case]) -> tuple[str, list[Case]] | None:
    """Return the one entry of a dictionary or a short tuple that is wrong in all cases, and its values."""
    wrong: set[Any] = set()
    found: list[dict[Any, tuple[Any, Any]]] = []
    for case in cases:
        entries = _entries(case.observed, case.expected)
        if entries is None:
            return None
        found.append(entries)
        wrong |= {key for key, (mine, other) in entries.items() if not _equal(mine, other)}
    if len(wrong) != 1:
        return None
    (key,) = wrong
    place = f"at {key!r}" if isinstance(cases[0].expected, Mapping) else f"in the {ORDINALS[key]} value"
    return place, [Case(*entries[key], case.inputs) for entries, case in zip(found, cases, strict=True)]


def _entries(observed: Any, expected: Any) -> dict[Any, tuple[Any, Any]] | None:
    if isinstance(expected, Mapping) and isinstance(observed, Mapping) and set(observed) == set(expected):
        return {key: (observed[key], expected[key]) for key in expected}
    if (
        isinstance(expected, tuple)
        and isinstance(observed, (tuple, list))
        and 2 <= len(expected) == len(observed) <= MOST_ENTRIES
    ):
        return dict(enumerate(zip(observed, expected, strict=True)))
    return None


def _of_values(cases: Sequence[Case]) -> str:
    """Return the first rule's words that hold in all cases."""
    are_single = any(
        array is not None and array.size == 1 for array in (_array(case.expected) for case in cases)
    )
    expected = [case.expected for case in cases]
    is_chance = are_single and (len(cases) < ENOUGH or all(_equal(other, expected[0]) for other in expected))
    rules = [*RULES_OF_TYPES, *([] if is_chance else RULES)]
    for rule in rules:
        try:
            words = _common_words(rule, cases)
        except (ValueError, TypeError, OverflowError, ZeroDivisionError, FloatingPointError):
            continue
        if words:
            return words
    try:
        return "" if is_chance else _by_a_size(cases) or _by_any_factor(cases)
    except (ValueError, TypeError, OverflowError, ZeroDivisionError, FloatingPointError):
        return ""


def _common_words(rule: Rule, cases: Sequence[Case]) -> str:
    """Return the first words that a rule yields for all cases, or "". A 1 for a 2 is half of it, and 1 too small."""
    first, *others = [list(rule(case)) for case in cases]
    return next((words for words in first if all(words in other for other in others)), "")


# Rules: each yields all that is true of one case, the most specific words first ------------------------------------


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


def _alike(case: Case) -> tuple[np.ndarray, np.ndarray] | None:
    """Return both values as arrays of one shape, or None."""
    pair = _both(case)
    return pair if pair is not None and pair[0].shape == pair[1].shape else None


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


def _not_a_number(case: Case) -> Iterator[str]:
    """Yield whether the result contains NaN or infinity, where the right one does not."""
    observed, expected = _array(case.observed), _array(case.expected)
    if (
        observed is None
        or np.isfinite(observed).all()
        or (expected is not None and not np.isfinite(expected).all())
    ):
        return
    if np.isnan(observed).any():
        yield "the result contains NaN, from 0 / 0 or from a root or logarithm of a negative number"
    if np.isinf(observed).any():
        yield "the result contains infinity, from a division by 0 or a logarithm of 0"


def _type(case: Case) -> Iterator[str]:
    """Yield what is wrong with a text, a truth value, or the kind of number."""
    if isinstance(case.expected, bool) and isinstance(case.observed, bool):
        yield "the answer is the opposite of the right one"
        return
    if isinstance(case.expected, str) and isinstance(case.observed, str):
        yield from _text(case.observed, case.expected)
    pair = _both(case)
    if pair is None:
        return
    observed, expected = pair
    if np.iscomplexobj(observed) and not np.iscomplexobj(expected) and _near(observed.real, expected):
        yield "the numbers are right, but complex: take the real part"
        return
    if observed.size != expected.size or not _near(observed.reshape(expected.shape), expected):
        return
    if observed.shape == expected.shape:
        mine, other = _kind_of_number(case.observed), _kind_of_number(case.expected)
        yield f"the numbers are right, but in {mine} instead of {other}"
    else:
        yield from _layout(observed, expected)


def _text(observed: str, expected: str) -> Iterator[str]:
    """Yield how two texts differ."""
    if observed.lower() == expected.lower():
        yield "capital and small letters differ, and nothing else"
    if observed.split() == expected.split() or observed.strip() == expected.strip():
        yield "spaces differ, and nothing else"
    if observed == expected[::-1] and len(expected) > 1:
        yield "the text is reversed"


def _layout(observed: np.ndarray, expected: np.ndarray) -> Iterator[str]:
    """Yield how the shapes of two arrays with the same values differ."""
    count = observed.ndim - expected.ndim
    if observed.squeeze().shape == expected.squeeze().shape:
        if not count:
            yield "the values are right, but the axes of length 1 are in the wrong places"
            return
        axes = "1 axis" if abs(count) == 1 else f"{abs(count)} axes"
        yield f"the values are right, but {axes} of length 1 {'too many' if count > 0 else 'missing'}"
    if count:
        yield f"the values are right, but laid out along {_axes(observed.ndim)} instead of {_axes(expected.ndim)}"


def _axes(count: int) -> str:
    return "1 axis" if count == 1 else f"{count} axes"


def _kind_of_number(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype}"
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _place(case: Case) -> Iterator[str]:
    """Yield whether the values are transposed, mirrored, rolled, or in another order."""
    pair = _both(case)
    if pair is None or pair[1].ndim == 0 or pair[0].size != pair[1].size or pair[0].ndim != pair[1].ndim:
        return
    observed, expected = pair
    axes = range(expected.ndim)
    if expected.ndim == 2 and _near(observed.T, expected):
        yield "rows and columns are swapped: the result is transposed"
    if 3 <= expected.ndim <= MOST_AXES:
        for order in itertools.permutations(axes):
            if list(order) != list(axes) and _near(np.transpose(observed, order), expected):
                yield "the values are right, but the axes are in another order"
    if observed.shape != expected.shape or expected.size < 3:
        return
    for axis in axes:
        if expected.shape[axis] > 1 and _near(np.flip(observed, axis), expected):
            yield (
                "the order is reversed" if expected.ndim == 1 else f"the order along axis {axis} is reversed"
            )
    if expected.ndim > 1 and _near(np.flip(observed), expected):
        yield "the result is rotated by 180°"
    for axis, step in itertools.product(axes, (1, -1)):
        if expected.shape[axis] > 2 and _near(np.roll(observed, step, axis), expected):
            yield f"the values are shifted by one place along axis {axis}"
    if _near(np.sort(observed, axis=None), np.sort(expected, axis=None)):
        yield "the values are right, but in another order"


def _scale(case: Case) -> Iterator[str]:
    """Yield by which sign, complement, power, factor or offset all values are wrong."""
    pair = _alike(case)
    if pair is None or not np.any(pair[1]):
        return
    observed, expected = pair
    if not np.any(observed):
        yield "the result is 0 everywhere" if observed.size > 1 else "the result is always 0"
    if _near(-observed, expected):
        yield "the sign is the opposite"
    if _near(1 - observed, expected):
        yield "the result is 1 minus the right one"
    ratio = _ratio(observed, expected)
    for factor, words in FACTORS.items() if ratio is not None else ():
        if ratio is not None and math.isclose(abs(ratio), factor, rel_tol=1e-4):
            yield f"{'the sign is the opposite, and ' if ratio < 0 else ''}the result is {words}"
    if np.all(expected >= 0) and np.all(observed >= 0):
        if _near(np.sqrt(observed), expected):
            yield "the result is the square of the right one"
        if _near(observed**2, expected):
            yield "the result is the square root of the right one"
    if np.all(observed) and _near(1 / observed, expected):
        yield "the result is the reciprocal of the right one: numerator and denominator are swapped"
    yield from _offset(observed, expected)


def _ratio(observed: np.ndarray, expected: np.ndarray) -> float | None:
    """Return the factor between two arrays, or None if it is not the same for all values, or 1."""
    place = np.unravel_index(np.argmax(np.abs(expected)), expected.shape)
    if not expected[place] or np.iscomplexobj(observed):
        return None
    ratio = float(observed[place] / expected[place])
    if not ratio or abs(ratio - 1) <= CLOSE:
        return None
    return ratio if _near(observed / ratio, expected) else None


def _offset(observed: np.ndarray, expected: np.ndarray) -> Iterator[str]:
    """Yield the number by which all values are too large or too small."""
    first = float((observed - expected).flat[0])
    if (
        not first
        or abs(first) <= 1e-3 * float(np.abs(expected).max())
        or not _near(observed - first, expected)
    ):
        return
    way = "large" if first > 0 else "small"
    if expected.size > 1:
        yield f"every value is {abs(first):.4g} too {way}"
    elif first.is_integer():
        yield f"where it is wrong, the result is exactly {abs(first):.0f} too {way}"


def _rounded(case: Case) -> Iterator[str]:
    """Yield whether the values are truncated, rounded or clipped, or have lost their sign."""
    pair = _alike(case)
    if pair is None or _near(*pair):
        return
    observed, expected = pair
    if not _near(np.rint(expected), expected) and _near(np.rint(observed), observed):
        if np.array_equal(observed, np.trunc(expected)):
            yield "the fractions are cut off"
        if np.abs(observed - expected).max() <= 0.5 + 1e-6:
            yield "the values are rounded to whole numbers"
    if np.any(expected < 0) and _near(observed, np.maximum(expected, 0)):
        yield "the negative values have become 0"
    if _near(observed, np.abs(expected)):
        yield "the negative values have lost their sign"
    if observed.size > 3 and not _near(np.rint(expected), expected):
        low, high = observed.min(), observed.max()
        between = (observed > low) & (observed < high)
        if between.any() and _near(observed, np.clip(expected, low, high)):
            yield "the largest or smallest values are cut off"


def _extent(case: Case) -> Iterator[str]:
    """Yield which rows or columns are too few or too many, where the shapes differ and the common part is right."""
    pair = _both(case)
    if pair is None or pair[0].ndim != pair[1].ndim or pair[0].shape == pair[1].shape or not pair[0].ndim:
        return
    observed, expected = pair
    lengths = tuple(map(min, observed.shape, expected.shape))
    lead, tail = (tuple(slice(0, n) for n in lengths), tuple(slice(-n, None) for n in lengths))
    axes = [axis for axis in range(expected.ndim) if observed.shape[axis] != expected.shape[axis]]
    differences = {observed.shape[axis] - expected.shape[axis] for axis in axes}
    if len({difference > 0 for difference in differences}) > 1:
        return
    is_one = {abs(difference) for difference in differences} == {1}
    count = "is one value" if is_one else "are values"
    what = f"there {count} too {'many' if max(differences) > 0 else 'few'}"
    along = (
        ""
        if expected.ndim == 1
        else f" of {'axis' if len(axes) == 1 else 'axes'} {' and '.join(map(str, axes))}"
    )
    for common, where in ((lead, "end"), (tail, "beginning")):
        if _near(observed[common], expected[common]):
            yield f"{what} at the {where}{along}"
    if min(differences) > 0:
        starts = [(mine - other) // 2 for mine, other in zip(observed.shape, expected.shape, strict=True)]
        middle = tuple(slice(start, start + n) for start, n in zip(starts, expected.shape, strict=True))
        if _near(observed[middle], expected):
            yield "the right result is in the middle, with extra values around it"
    if is_one and along:
        yield f"{what} along {along.removeprefix(' of ')}"


def _edge(case: Case) -> Iterator[str]:
    """Yield at which place along an axis, or whether at the edge, the only wrong values are."""
    pair = _alike(case)
    if pair is None or not pair[1].ndim:
        return
    observed, expected = pair
    wrong = np.abs(observed - expected) > tolerance(expected, CLOSE, 1e-9)
    if not wrong.any() or wrong.all():
        return
    for axis, length in enumerate(expected.shape):
        others = tuple(other for other in range(expected.ndim) if other != axis)
        places = np.flatnonzero(wrong.any(axis=others))
        if length > 2 and len(places) == 1 and places[0] in (0, length - 1):
            which = "first" if places[0] == 0 else "last"
            what = {(1, 0): "value", (2, 0): "row", (2, 1): "column"}.get((expected.ndim, axis))
            yield f"everything is right except the {which} {what or f'place along axis {axis}'}"
    large = [axis for axis, length in enumerate(expected.shape) if length > 2]
    inner = tuple(slice(1, -1) if axis in large else slice(None) for axis in range(expected.ndim))
    if large and not wrong[inner].any():
        yield "everything is right except at the edge"


def _unfilled(case: Case) -> Iterator[str]:
    """Yield whether the only wrong values are 0."""
    pair = _alike(case)
    if pair is None or pair[1].size < 3:
        return
    observed, expected = pair
    is_right = np.abs(observed - expected) <= tolerance(expected, CLOSE, 1e-9)
    if is_right.any() and not is_right.all() and not np.any(observed[~is_right]):
        yield "everything is right except some values that are 0"


def _reduced(case: Case) -> Iterator[str]:
    """Yield which axis is wrongly summed or kept, or along which axis only one place is returned."""
    pair = _both(case)
    if (
        pair is None
        or abs(pair[0].ndim - pair[1].ndim) != 1
        or not isinstance(case.expected, (np.ndarray, Real))
    ):
        return
    if isinstance(case.observed, (tuple, list)) and not isinstance(case.expected, np.ndarray):
        return
    shorter, longer = sorted(pair, key=lambda array: array.ndim)
    if not np.any(shorter):
        return
    is_missing = shorter is pair[0]
    for axis in range(longer.ndim):
        if longer.shape[axis] < 2 or longer.shape[:axis] + longer.shape[axis + 1 :] != shorter.shape:
            continue
        if _near(np.broadcast_to(np.expand_dims(shorter, axis), longer.shape), longer):
            if not is_missing:
                yield f"the right result is repeated along axis {axis}"
            return
        for reduce, verb in ((np.sum, "summed"), (np.mean, "averaged"), (np.max, "reduced to its maximum")):
            if _near(reduce(longer, axis=axis), shorter):
                yield f"axis {axis} {f'is {verb}, but should be kept' if is_missing else f'still has to be {verb}'}"
        for place, words in ((0, "first"), (-1, "last")) if is_missing else ():
            if _near(longer.take(place, axis), shorter):
                yield f"only the {words} place along axis {axis} is returned"


def _pattern(case: Case) -> Iterator[str]:
    """Yield whether the result is the input, has one value everywhere, or is off by one factor per channel."""
    pair = _both(case)
    if pair is None:
        return
    observed, expected = pair
    for name, value in case.inputs.items():
        given = _array(value)
        if given is not None and given.size > 1 and _near(observed, np.asarray(given, observed.dtype)):
            yield f"the result is `{name}`, unchanged"
    if observed.shape != expected.shape or observed.size < 3:
        return
    if not np.ptp(observed) and np.ptp(expected):
        yield "all values are the same"
    if _ratio(observed, expected) is not None:
        yield "all values are off by the same factor"
    if expected.ndim < 2:
        return
    if expected.shape[-1] > 1:
        summands = (observed - expected).reshape(-1, expected.shape[-1])[0]
        if np.ptp(summands) and observed.size > len(summands) and _near(observed - summands, expected):
            yield (
                "each channel (place along the last axis) is off by a constant: "
                "something that is added is missing or wrong"
            )
        leading = tuple(range(expected.ndim - 1))
        if _proportional(observed, expected, leading):
            yield f"each {'column' if expected.ndim == 2 else 'channel'} is off by its own factor"
    if expected.ndim == 2 and _proportional(observed, expected, (1,)):
        yield "each row is off by its own factor"


def _proportional(observed: np.ndarray, expected: np.ndarray, axes: tuple[int, ...]) -> bool:
    """Return whether the factor between two arrays is the same for all values along some axes."""
    length = math.prod(expected.shape[axis] for axis in axes)
    mine, other = (
        np.moveaxis(array, axes, range(len(axes))).reshape(length, -1) for array in (observed, expected)
    )
    if length < 2:
        return False
    largest = np.abs(other).argmax(axis=0)[None]
    factor = np.take_along_axis(mine, largest, 0), np.take_along_axis(other, largest, 0)
    if not (np.all(factor[0]) and np.all(factor[1])):
        return False
    return _near(mine * (factor[1] / factor[0]), other)


RULES_OF_TYPES: tuple[Rule, ...] = (_not_a_number, _type)
RULES: tuple[Rule, ...] = (_place, _scale, _rounded, _extent, _edge, _unfilled, _reduced)


def _by_a_size(cases: Sequence[Case]) -> str:
    """Return the input, or its size, by which the results are multiplied, divided, or shifted."""
    pairs = [_alike(case) for case in cases]
    checked = [pair for pair in pairs if pair is not None]
    if len(checked) < len(pairs):
        return ""
    sizes = [dict(_sizes(case)) for case in cases]
    for name in sizes[0]:
        if not all(name in size for size in sizes):
            continue
        values = [float(size[name]) for size in sizes]
        if any(value in (0, 1) for value in values):
            continue
        for words, undone in UNDONE.items():
            if all(
                _near(undone(mine, size), other) for (mine, other), size in zip(checked, values, strict=True)
            ):
                return f"the result is the right one {words} {name}"
    return ""


UNDONE: dict[str, Callable[[np.ndarray, float], np.ndarray]] = {
    "multiplied by": lambda observed, size: observed / size,
    "divided by": lambda observed, size: observed * size,
    "plus": lambda observed, size: observed - size,
    "minus": lambda observed, size: observed + size,
}


def _sizes(case: Case) -> Iterator[tuple[str, float]]:
    """Yield the numbers that an input holds or has: its value, its length, its shape, its sum."""
    for name, value in case.inputs.items():
        if _is_number(value) and math.isfinite(value):
            yield f"`{name}`", float(value)
        elif isinstance(value, np.ndarray) and value.ndim:
            yield f"the number of values in `{name}`", value.size
            for axis, length in enumerate(value.shape):
                yield f"`{name}.shape[{axis}]`", length
            if value.ndim >= 2:
                yield f"`{name}.shape[0] * {name}.shape[1]`", value.shape[0] * value.shape[1]
            if np.issubdtype(value.dtype, np.number) and value.size and np.isfinite(value.sum()):
                yield f"the sum of `{name}`", float(value.sum())
                yield f"the largest value of `{name}`", float(value.max())
        elif isinstance(value, (list, tuple)):
            yield f"the length of `{name}`", len(value)
    expected = _array(case.expected)
    if expected is not None and expected.ndim:
        yield "the number of values in the result", expected.size


def _by_any_factor(cases: Sequence[Case]) -> str:
    """Return the factor that all results are off by, what the case shows, or ""."""
    pairs = [_alike(case) for case in cases]
    ratios = [_ratio(*pair) if pair is not None else None for pair in pairs]
    known = [ratio for ratio in ratios if ratio is not None]
    if len(known) == len(cases) >= ENOUGH and all(
        math.isclose(ratio, known[0], rel_tol=1e-4) for ratio in known
    ):
        return f"the result is {known[0]:.4g} times the right one, in every case"
    return _common_words(_pattern, cases)


def constant(observed: Sequence[Any], expected: Sequence[Any]) -> str:
    """Return a clause if an answer gives one and the same result in all cases, three at least, and should not."""
    if (
        len(observed) < ENOUGH
        or observed[0] is None
        or all(_equal(other, expected[0]) for other in expected[1:])
    ):
        return ""
    if all(_equal(value, observed[0]) for value in observed[1:]):
        return "the result is the same in every case, whatever the inputs"
    return ""


# Inputs --------------------------------------------------------------------------------------------------------------


def condition(inputs: Sequence[Mapping[str, Any]], right: Sequence[bool]) -> str:
    """Return what the inputs of all wrong cases share and those of the right ones lack, as a sentence, or "".

    It needs two right and two wrong cases, and says nothing if inputs that have nothing to do with each other tell
    the cases apart equally well: one of them does so by chance.
    """
    if list(right).count(True) < 2 or list(right).count(False) < 2:
        return ""
    properties = [dict(_properties(given)) for given in inputs]
    found: dict[tuple[str, ...], str] = {}
    for names, words in properties[list(right).index(False)]:
        key = names, words
        if all(
            key in owned and owned[key] is not is_right
            for owned, is_right in zip(properties, right, strict=True)
        ):
            found.setdefault(names, words)
    if len(found) != 1:
        return ""
    (words,) = found.values()
    count = list(right).count(False)
    return f"The result is wrong in exactly the {count} cases where {words}; in all others it is right"


Property = tuple[tuple[str, ...], str]
KINDRED = (
    ("height", "width"), ("size", "strides"), ("pool_size", "strides"), ("kernel_size", "strides"), ("top", "left"),
    ("kernel_height", "kernel_width"), ("kernel_size", "size"), ("pool_size", "size"), ("in_channels", "filters"),
)  # fmt: skip


def _properties(given: Mapping[str, Any]) -> Iterator[tuple[Property, bool]]:
    """Yield the parameters and a statement on them, and whether it holds in a case."""
    for name, value in given.items():
        statements: Iterator[tuple[str, bool]] = iter(())
        if isinstance(value, (bool, str)) or value is None:
            statements = iter([(f"`{name}` is {value!r}", True), (f"`{name}` is empty", value == "")])
        elif _is_number(value):
            statements = _of_number(f"`{name}`", value)
        elif isinstance(value, np.ndarray):
            statements = _of_array(name, value)
        elif isinstance(value, (list, tuple, dict)):
            statements = iter(
                [
                    (f"`{name}` is empty", not value),
                    (f"`{name}` has one entry", len(value) == 1),
                    (f"`{name}` has more than one entry", len(value) > 1),
                ]
            )
        for words, holds in statements:
            yield ((name,), words), holds
    for first, second in KINDRED:
        left, right = given.get(first), given.get(second)
        if _is_number(left) and _is_number(right):
            assert left is not None
            assert right is not None
            names = (first, second)
            yield (names, f"`{first}` and `{second}` differ"), left != right
            yield (names, f"`{first}` and `{second}` are equal"), left == right
            if isinstance(left, int) and isinstance(right, int) and right:
                yield (names, f"`{first}` is not a multiple of `{second}`"), left % right != 0


def _of_number(name: str, value: Any) -> Iterator[tuple[str, bool]]:
    number = float(value)
    yield f"{name} is not 0", number != 0
    yield f"{name} is 0", number == 0
    yield f"{name} is not 1", number != 1
    yield f"{name} is 1", number == 1
    yield f"{name} is larger than 1", number > 1
    yield f"{name} is negative", number < 0
    yield f"{name} is not a whole number", not number.is_integer()


def _of_array(name: str, value: np.ndarray) -> Iterator[tuple[str, bool]]:
    if value.ndim >= 2 and name in ("image", "kernel", "maps", "window", "kernels"):
        yield f"`{name}` is not square", value.shape[0] != value.shape[1]
        yield f"`{name}` is square", value.shape[0] == value.shape[1]
    for ndim in (1, 2, 3, 4):
        yield f"`{name}` has {_axes(ndim)}", value.ndim == ndim
    for axis, length in enumerate(value.shape):
        yield f"`{name}.shape[{axis}]` is larger than 1", length > 1
        yield f"`{name}.shape[{axis}]` is 1", length == 1
    if value.size and np.issubdtype(value.dtype, np.number):
        yield f"`{name}` is 0 everywhere", not np.any(value)
        yield f"`{name}` does not hold whole numbers", not np.issubdtype(value.dtype, np.integer)


def other_inputs(inputs: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield changes of all cases' inputs, in words: "`height` and `width` swapped", and the inputs after the change.

    An answer that gives the right result for the changed inputs probably makes this change.
    """
    names = list(inputs[0])
    for first, second in itertools.combinations(names, 2):
        if all(_are_alike(given[first], given[second]) for given in inputs):
            swapped = [{**given, first: given[second], second: given[first]} for given in inputs]
            yield f"`{first}` and `{second}` swapped", swapped
    for name in names:
        values = [given[name] for given in inputs]
        if all(map(_is_number, values)):
            if all(isinstance(value, int) for value in values):
                yield (
                    f"`{name}` + 1 in place of `{name}`",
                    _with(inputs, name, [value + 1 for value in values]),
                )
                yield (
                    f"`{name}` - 1 in place of `{name}`",
                    _with(inputs, name, [value - 1 for value in values]),
                )
            for fixed in dict.fromkeys([0, 1, 2, 3, *values]):
                if any(value != fixed for value in values):
                    yield (
                        f"`{name}` = {fixed:.6g} whatever is asked",
                        _with(inputs, name, [fixed] * len(values)),
                    )
        elif all(isinstance(value, np.ndarray) and np.issubdtype(value.dtype, np.number) for value in values):
            yield from _other_arrays(inputs, name, values)


def _other_arrays(
    inputs: Sequence[Mapping[str, Any]], name: str, values: list[np.ndarray]
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield changes of an array: negated, zero, mirrored, transposed."""
    yield f"the sign of `{name}` changed", _with(inputs, name, [0 - value for value in values])
    yield f"`{name}` = 0", _with(inputs, name, [np.zeros_like(value) for value in values])
    yield f"`{name}` = 1", _with(inputs, name, [np.ones_like(value) for value in values])
    for axis in range(min(value.ndim for value in values)):
        flipped = [np.flip(value, axis) for value in values]
        yield f"`{name}` reversed along axis {axis}", _with(inputs, name, flipped)
    if all(value.ndim >= 2 for value in values):
        yield f"`{name}` turned by 180°", _with(inputs, name, [value[::-1, ::-1] for value in values])
        swapped = [np.swapaxes(value, 0, 1) for value in values]
        yield f"rows and columns of `{name}` swapped", _with(inputs, name, swapped)


def _are_alike(first: Any, second: Any) -> bool:
    if isinstance(first, np.ndarray) and isinstance(second, np.ndarray):
        return first.shape == second.shape
    return type(first) is type(second) or (_is_number(first) and _is_number(second))


def _with(inputs: Sequence[Mapping[str, Any]], name: str, values: Sequence[Any]) -> list[dict[str, Any]]:
    return [{**given, name: value} for given, value in zip(inputs, values, strict=True)]
