"""Typed messages as JSON: frozen dataclasses that are read strictly. Standard library only.

It is in this folder because both ends of every pipe need it, and the end inside the jail sees nothing else of course/.
"""

import base64
import dataclasses
import math
import types
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Self, TypeVar, get_args, get_origin, get_type_hints

Json = Any  # a part of a message that the message carries and does not look into
M = TypeVar("M", bound="WireMessage")
Layout = list[tuple[str, str, Any]]  # of each field: name in JSON, name in Python, type
_layouts: dict[type, Layout] = {}


class MessageError(ValueError):
    """What was received is not the message that it must be. The text names the field, never what the field held."""


@dataclass(frozen=True)
class AtMost:
    """Bounds the length of a text, a list or a mapping: `Annotated[str, AtMost(1000)]`."""

    length: int

    def problem(self, value: object) -> str:
        """Return what is wrong with a value, or ""."""
        is_long = isinstance(value, (str, list, dict)) and len(value) > self.length
        return f"must have a length of at most {self.length:,}" if is_long else ""


@dataclass(frozen=True)
class OneOf:
    """Bounds a field to a few values: `Annotated[str, OneOf(STATES)]`."""

    values: tuple[str | bool | None, ...]

    def problem(self, value: object) -> str:
        """Return what is wrong with a value, or ""."""
        is_known = any(type(value) is type(known) and value == known for known in self.values)
        return "" if is_known else f"must be one of {', '.join(map(repr, self.values))}"


@dataclass(frozen=True)
class OnWire:
    """The name of a field in JSON, if it differs from the name in Python: `Annotated[int, OnWire("begin")]`."""

    name: str


@dataclass(frozen=True)
class WireMessage:
    """What two processes say to each other. A subclass is a frozen dataclass of plain fields, tuples and messages.

    On the wire a message is a JSON object with exactly its fields; with `is_row`, a list of them in their order.
    """

    is_row: ClassVar[bool] = False

    def to_json(self) -> Any:
        """Return the message as what `json.dumps` takes."""
        values = {name: _written(getattr(self, field)) for name, field, _ in _layout(type(self))}
        return list(values.values()) if self.is_row else values

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Return the message that `to_json` wrote; MessageError for anything else."""
        layout = _layout(cls)
        names = [name for name, _, _ in layout]
        if cls.is_row:
            if not isinstance(value, list) or len(value) != len(names):
                raise MessageError(f"{cls.__name__} must be a list of {len(names)} values")
            value = dict(zip(names, value, strict=True))
        if not isinstance(value, dict):
            raise MessageError(f"{cls.__name__} must be an object. Received: {type(value).__name__}")
        if value.keys() != set(names):
            raise MessageError(f"{cls.__name__} must have the fields {', '.join(names)} and no others")
        return cls(
            **{field: _read(hint, value[name], f"{cls.__name__}.{field}") for name, field, hint in layout}
        )


def read_any(kinds: Sequence[type[M]], value: object) -> M:
    """Read a message of one of several kinds: the first field of each is in no other. MessageError if none fits."""
    for kind in kinds:
        first, _, _ = _layout(kind)[0]
        if isinstance(value, dict) and first in value:
            return kind.from_json(value)
    raise MessageError(f"a message must be one of {', '.join(kind.__name__ for kind in kinds)}")


def _layout(kind: type[WireMessage]) -> Layout:
    """Return the layout of a kind of messages, worked out once."""
    if kind not in _layouts:
        hints = get_type_hints(kind, include_extras=True)
        _layouts[kind] = [
            (_wire_name(field.name, hints[field.name]), field.name, hints[field.name])
            for field in dataclasses.fields(kind)
        ]
    return _layouts[kind]


def _wire_name(name: str, hint: Any) -> str:
    extras = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    return next((extra.name for extra in extras if isinstance(extra, OnWire)), name)


def _written(value: Any) -> Any:
    if isinstance(value, WireMessage):
        return value.to_json()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, tuple):
        return [_written(item) for item in value]
    if isinstance(value, dict):
        return {key: _written(item) for key, item in value.items()}
    return value


def _read(hint: Any, value: Any, place: str) -> Any:
    """Read one field; `place` names it in errors."""
    if get_origin(hint) is Annotated:
        hint, *extras = get_args(hint)
        for limit in extras:
            if isinstance(limit, (AtMost, OneOf)) and (problem := limit.problem(value)):
                raise MessageError(f"{place} {problem}")
    if hint is Any:
        return value
    if isinstance(hint, types.UnionType):  # X | None
        return None if value is None else _read(get_args(hint)[0], value, place)
    if get_origin(hint) is tuple:
        _demand(isinstance(value, list), place, "a list", value)
        return tuple(_read(get_args(hint)[0], item, f"{place}[]") for item in value)
    if get_origin(hint) is dict:
        _demand(isinstance(value, dict), place, "an object", value)
        return {key: _read(get_args(hint)[1], item, f"{place}[]") for key, item in value.items()}
    if issubclass(hint, WireMessage):
        return hint.from_json(value)
    return _read_plain(hint, value, place)


def _read_plain(hint: type, value: Any, place: str) -> Any:
    if hint is float:
        _demand(type(value) in (int, float) and _is_finite(value), place, "a finite number", value)
        return float(value)
    if hint is bytes:
        _demand(isinstance(value, str), place, "a text in base64", value)
        try:
            return base64.b64decode(value, validate=True)
        except ValueError:
            raise MessageError(f"{place} must be a text in base64") from None
    _demand(type(value) is hint, place, f"of type {hint.__name__}", value)
    return value


def _demand(is_right: bool, place: str, wanted: str, value: object) -> None:
    if not is_right:
        raise MessageError(f"{place} must be {wanted}. Received: {type(value).__name__}")


def _is_finite(value: float) -> bool:
    """Return whether a number is finite as a float: an integer may be too large for one."""
    try:
        return math.isfinite(value)
    except OverflowError:
        return False
