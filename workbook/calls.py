"""Record which of the course's own functions an answer calls, however the call is spelled, and close them to it.

A function that solves an exercise notes its own call. While an answer is observed, the names are collected: an alias,
`getattr` or an import elsewhere leads to the same function. At other times a note has no effect.
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
    """Yield a set that collects the names of the functions that are called until the block ends, in any thread."""
    global _collected
    before, _collected = _collected, set()
    try:
        yield _collected
    finally:
        _collected = before


def words(name: str) -> str:
    """Return the words for an answer that leaves its work to a function of the course."""
    return f"the course's own `{name.rpartition('.')[2]}` did the work"


def functions(names: Iterable[str]) -> dict[str, FunctionType]:
    """Return the functions with these names.

    "reference.conv2d with groups", a call with some arguments only, is `reference._conv2d_with_groups`: what does the
    work of such calls is a function of its own.
    """
    functions = {}
    for name in names:
        module, _, function = name.rpartition(".")
        if " " in function:
            function = "_" + function.replace(" ", "_")
        functions[name] = getattr(importlib.import_module(f"workbook.{module}"), function)
    return functions


@contextlib.contextmanager
def closed(solvers: Mapping[str, FunctionType]) -> Iterator[None]:
    """Make functions note their call and raise `CourseFunction` until the block ends, under any name.

    Their code is replaced, so an alias, which is the same function, is closed too.
    """
    codes = {function: function.__code__ for function in solvers.values()}
    try:
        for name, function in solvers.items():
            function.__code__ = _closed_code(name)
        yield
    finally:
        for function, code in codes.items():
            function.__code__ = code


def remove(solvers: Mapping[str, FunctionType]) -> None:
    """Replace the code of functions for good: under any name they raise PermissionError."""
    for name, function in solvers.items():
        function.__code__ = _closed_code(name, "PermissionError")


def _closed_code(name: str, error: str = "calls.CourseFunction") -> CodeType:
    """Return code that notes the call of the function `name`, then raises `error`."""
    source = f"""
def refuse(*arguments, **options):
    from workbook import calls
    calls.note_call({name!r})
    raise {error}({words(name)!r})
"""
    made: dict[str, FunctionType] = {}
    exec(compile(source, "<closed>", "exec"), made)
    return made["refuse"].__code__
