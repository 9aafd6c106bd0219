"""Plain values as JSON and back: how cases go into the jail and how results come out.

Numbers, strings, None, `...`, NumPy arrays of numbers or truth values, and tuples, lists and dictionaries of them.
Everything else becomes words. Reading builds nothing but these: no pickle, no class that the text names, no code.
"""

import base64
import binascii
import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from workbook.exercises.compare import Opaque, kind

DEEPEST = 60
MOST_VALUES = 500_000
LARGEST_ARRAY = 2**26  # bytes
LONGEST_TEXT = 2**20  # characters
LONGEST_WORDS = 200
WIDEST_INT = 2**64
KINDS = "biufc"  # NumPy's: truth values, integers, unsigned integers, floats, complex numbers


class TransportError(ValueError):
    """What was received is not such a value; the message is a clause."""


def encode(value: Any, depth: int = 0) -> Any:
    """Return a value as what `json.dumps` takes. Never raises for an odd value: that becomes words."""
    try:
        return _encode(value, depth)
    except RecursionError:
        return {"other": "a value that is nested too deeply"}
    except Exception:  # a class of the learner's own may raise anywhere
        return {"other": words(value)}


def _encode(value: Any, depth: int) -> Any:
    if value is None or value is True or value is False:
        return value
    if value is ...:
        return {"ellipsis": True}
    if depth >= DEEPEST:
        return {"other": "a value that is nested too deeply"}
    if type(value) in _WRITERS:
        return _WRITERS[type(value)](value, depth)
    for python_type, write in _WRITERS.items():
        if isinstance(value, python_type):
            return write(value, depth)
    if isinstance(value, Mapping):
        return _write_pairs(dict(value), depth)
    return {"other": words(value)}


def words(value: Any) -> str:
    """Return words for a value of another kind, however odd it is."""
    try:
        return str(kind(value))[:LONGEST_WORDS]
    except Exception:  # a learner's class may raise in every method
        return "an object that cannot be written"


def _write_int(value: int, depth: int) -> Any:
    number = int(value)
    if abs(number) < WIDEST_INT:
        return number
    return {"other": "an integer of more than 19 digits"}


def _write_float(value: float, depth: int) -> Any:
    number = float(value)
    return number if math.isfinite(number) else {"float": repr(number)}


def _write_text(value: str, depth: int) -> Any:
    text = str.__str__(value)[:LONGEST_TEXT]
    return text.encode("utf-8", "replace").decode()  # a lone surrogate cannot be written


def _write_array(value: np.ndarray, depth: int) -> Any:
    array = np.array(value, subok=False)
    if array.dtype.kind == "U" and array.size <= LONGEST_TEXT:
        return {"texts": [list(array.shape), [_write_text(str(item), 0) for item in array.ravel()]]}
    if array.dtype.kind not in KINDS:
        return {"other": f"an array of {array.dtype}"[:LONGEST_WORDS]}
    if array.nbytes > LARGEST_ARRAY:
        return {"other": f"an array of shape {array.shape}, too large to compare"}
    array = np.ascontiguousarray(array.astype(array.dtype.newbyteorder("<"), copy=False)).reshape(array.shape)
    return {"array": [array.dtype.str, list(array.shape), base64.b64encode(array.tobytes()).decode()]}


def _write_complex(value: complex, depth: int) -> Any:
    return {"complex": [_write_float(value.real, 0), _write_float(value.imag, 0)]}


def _write_list(value: list, depth: int) -> Any:
    return [_encode(item, depth + 1) for item in list.__iter__(value)]


def _write_tuple(value: tuple, depth: int) -> Any:
    return {"tuple": [_encode(item, depth + 1) for item in tuple.__iter__(value)]}


def _write_pairs(value: dict, depth: int) -> Any:
    items = [[_encode(key, depth + 1), _encode(item, depth + 1)] for key, item in dict.items(value)]
    return {"pairs": items}


_WRITERS: dict[type, Any] = {
    float: _write_float,
    int: _write_int,
    str: _write_text,
    np.ndarray: _write_array,
    list: _write_list,
    tuple: _write_tuple,
    dict: _write_pairs,
    complex: _write_complex,
    np.generic: lambda value, depth: _encode(value.item(), depth + 1),
}


def decode(value: Any) -> Any:
    """Return the value that `encode` described; TransportError if it is not such a description."""
    return Reader().read(value)


class Reader:
    """Reads one description, and counts, so that a small text cannot become a huge value."""

    def __init__(self) -> None:
        self.left = MOST_VALUES
        self.bytes_left = LARGEST_ARRAY

    def read(self, value: Any, depth: int = 0) -> Any:
        self.left -= 1
        if self.left < 0:
            raise TransportError("holds too many values")
        if depth > DEEPEST + 2:
            raise TransportError("is nested too deeply")
        if value is None or isinstance(value, (bool, int, float, str)):
            return value
        if isinstance(value, list):
            return [self.read(item, depth + 1) for item in value]
        if isinstance(value, dict) and len(value) == 1:
            ((tag, content),) = value.items()
            if tag in self._READERS:
                return self._READERS[tag](self, content, depth)
        raise TransportError("is not the description of a value")

    def _tuple(self, content: Any, depth: int) -> tuple:
        if not isinstance(content, list):
            raise TransportError("holds something that is not a tuple")
        return tuple(self.read(item, depth + 1) for item in content)

    def _pairs(self, content: Any, depth: int) -> dict:
        if not isinstance(content, list):
            raise TransportError("holds something that is not a dictionary")
        result: dict = {}
        for pair in content:
            if not isinstance(pair, list) or len(pair) != 2:
                raise TransportError("holds something that is not a dictionary")
            key = self.read(pair[0], depth + 1)
            try:
                result[key] = self.read(pair[1], depth + 1)
            except TypeError:
                raise TransportError("holds a dictionary with a key of a wrong kind") from None
        return result

    def _array(self, content: Any, depth: int) -> np.ndarray:
        dtype, shape, data = self._three(content)
        if not isinstance(dtype, str) or not isinstance(data, str) or len(dtype) > 4:
            raise TransportError("holds something that is not an array")
        try:
            kind_of = np.dtype(dtype)
            raw = base64.b64decode(data, validate=True)
        except (TypeError, ValueError, binascii.Error):
            raise TransportError("holds something that is not an array") from None
        self.bytes_left -= len(raw)
        if (
            kind_of.kind not in KINDS
            or self.bytes_left < 0
            or len(raw) != kind_of.itemsize * math.prod(shape)
        ):
            raise TransportError("holds an array whose size is wrong")
        return np.frombuffer(raw, dtype=kind_of).reshape(shape).astype(kind_of.newbyteorder("="))

    def _texts(self, content: Any, depth: int) -> np.ndarray:
        if not isinstance(content, list) or len(content) != 2 or not isinstance(content[1], list):
            raise TransportError("holds something that is not an array")
        shape = _shape(content[0])
        if len(content[1]) != math.prod(shape) or not all(isinstance(text, str) for text in content[1]):
            raise TransportError("holds an array whose size is wrong")
        widest = max(map(len, content[1]), default=1) or 1
        self.bytes_left -= 4 * widest * len(content[1])  # NumPy gives every text the room of the widest
        if self.bytes_left < 0:
            raise TransportError("holds too many values")
        return np.array(content[1], dtype=f"<U{widest}").reshape(shape)

    def _float(self, content: Any, depth: int) -> float:
        if content not in ("nan", "inf", "-inf"):
            raise TransportError("holds something that is not a number")
        return float(content)

    def _complex(self, content: Any, depth: int) -> complex:
        parts = [self.read(item, depth + 1) for item in content] if isinstance(content, list) else []
        if len(parts) != 2 or not all(isinstance(part, (int, float)) for part in parts):
            raise TransportError("holds something that is not a number")
        return complex(float(parts[0]), float(parts[1]))

    def _other(self, content: Any, depth: int) -> Opaque:
        if not isinstance(content, str):
            raise TransportError("holds something that is not a text")
        return Opaque(content[:LONGEST_WORDS])

    @staticmethod
    def _three(content: Any) -> tuple[Any, tuple[int, ...], Any]:
        if not isinstance(content, list) or len(content) != 3:
            raise TransportError("holds something that is not an array")
        return content[0], _shape(content[1]), content[2]

    _READERS: ClassVar[dict[str, Any]] = {
        "tuple": _tuple,
        "pairs": _pairs,
        "array": _array,
        "texts": _texts,
        "float": _float,
        "complex": _complex,
        "other": _other,
        "ellipsis": lambda self, content, depth: ...,
    }


def _shape(value: Any) -> tuple[int, ...]:
    """Return a shape: at most 32 sizes, each at least 0, whose product is bounded."""
    is_shape = isinstance(value, list) and len(value) <= 32
    if not is_shape or not all(type(size) is int and 0 <= size <= LARGEST_ARRAY for size in value):
        raise TransportError("holds something that is not an array")
    if math.prod(value) > LARGEST_ARRAY:
        raise TransportError("holds an array whose size is wrong")
    return tuple(value)
