"""Know which of the course's own functions an answer calls, however the call is spelled, and close them to it.

A function that solves an exercise notes its own call. While an answer is observed, the names are collected: an alias,
`getattr` or an import elsewhere leads to the same function. Otherwise a note costs nothing.
"""

import contextlib
import importlib
from collections.abc import Iterable, Iterator, Mapping
from types import CodeType, FunctionType

_collected: set[str] | None = None


class CourseFunction(BaseException):
    """Raised by a closed function. A BaseException, so that an answer's `except Exception` does not catch it."""


def note_call(name: str) -> None:
    """Note that a function of the course was called: "reference.conv2d"."""
    if _collected is not None:
        _collected.add(name)


@contextlib.contextmanager
def collected_calls() -> Iterator[set[str]]:
    """Collect the names of the functions that are called meanwhile, in any thread, into the set that is given."""
    global _collected
    before, _collected = _collected, set()
    try:
        yield _collected
    finally:
        _collected = before


def words(name: str) -> str:
    """Return what an answer is told that leaves its work to a function of the course."""
    return f"the course's own `{name.rpartition('.')[2]}` did the work"


def functions(names: Iterable[str]) -> dict[str, FunctionType]:
    """Return the functions with these names; without those that are ruled out with some arguments only."""
    found = {}
    for name in names:
        module, _, function = name.rpartition(".")
        if " " not in name:
            found[name] = getattr(importlib.import_module(f"workbook.{module}"), function)
    return found


@contextlib.contextmanager
def closed(known: Mapping[str, FunctionType]) -> Iterator[None]:
    """Make functions note their call and raise meanwhile, under whatever name they are called.

    The functions get other code: an alias is the same function, and closed too.
    """
    codes = {function: function.__code__ for function in known.values()}
    try:
        for name, function in known.items():
            function.__code__ = _closed_code(name)
        yield
    finally:
        for function, code in codes.items():
            function.__code__ = code


def remove(known: Mapping[str, FunctionType]) -> None:
    """Take the code of functions away for good: under whatever name they are called, they raise PermissionError."""
    for name, function in known.items():
        function.__code__ = _closed_code(name, "PermissionError")


def _closed_code(name: str, error: str = "calls.CourseFunction") -> CodeType:
    source = f"""
def refuse(*arguments, **options):
    from workbook import calls
    calls.note_call({name!r})
    raise {error}({words(name)!r})
"""
    made: dict[str, FunctionType] = {}
    exec(compile(source, "<closed>", "exec"), made)
    return made["refuse"].__code__
