"""Describe an exception of an answer: in words for the learner, and as a signature by which causes are compared."""

import ast
import linecache
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from workbook.exercises.compare import without_addresses

LONGEST_MESSAGE = 300  # characters
ESCAPE_CODE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")  # colours, as Keras writes them
WRAPPED = re.compile(r"Exception encountered when calling ")
NODE = re.compile(r"\{\{.*?\}\}")  # an operation's name in TensorFlow
VALUES = re.compile(r"(Invalid input shape) for input .*?(?= with name)", re.DOTALL)  # of a whole array
NUMBER = re.compile(r"\d+(\.\d+)?")
CHAPTERS = "chapters"  # the folder of the exercises' files, wherever a copy of it lies
# Functions that do the same as an operator, under the operator's name.
OPERATORS = {
    "add": "Add", "subtract": "Sub", "multiply": "Mult", "divide": "Div", "true_divide": "Div",
    "floor_divide": "FloorDiv", "mod": "Mod", "power": "Pow", "matmul": "MatMult",
}  # fmt: skip


def describe(error: BaseException) -> str:
    """Return the error's name and message, and the line of the learner's cell that raised it."""
    text = _text(error)
    frames = [place for place in _places(error.__traceback__) if is_cell(place[0])]
    if not frames:
        return text
    filename, (first, *_) = frames[-1]
    line = linecache.getline(filename, first).strip()
    return f"{text} (line {first}{': ' + line if line else ''})"


def signature(error: BaseException) -> str:
    """Return what an exception with the same cause agrees in.

    The exception's type, its message without numbers, and the operation that raised it in the learner's cell or in an
    exercise's file: "ValueError: operands could not be broadcast together with shapes (,) (,) in Mult".
    """
    places = [place for place in _places(error.__traceback__) if is_cell(place[0]) or _is_chapter(place[0])]
    operation = _operation(*places[-1]) if places else ""
    return f"{NUMBER.sub('', _text(error))} in {operation or 'no known operation'}"


def is_cell(filename: str) -> bool:
    """Return whether a file is a notebook's cell."""
    return "ipykernel" in filename or filename.startswith(("<ipython", "<cell", "<stdin"))


def _is_chapter(filename: str) -> bool:
    return Path(filename).parent.name == CHAPTERS


def _text(error: BaseException) -> str:
    """Return name and message in one paragraph, without escape codes and addresses."""
    try:
        message = ESCAPE_CODE.sub("", without_addresses(str(error))).strip()
    except Exception:  # an exception of the learner's own that cannot be written
        message = ""
    paragraphs = VALUES.sub(r"\1", message).split("\n\n")
    if WRAPPED.match(paragraphs[0]):  # Keras says in which layer first, then what
        paragraphs = [f"{paragraphs[0]} {NODE.sub('', ' '.join(paragraphs[1:2]))}"]
    paragraph = " ".join(paragraphs[0].split())
    return f"{type(error).__name__}: {paragraph}".rstrip(": ")[:LONGEST_MESSAGE]


Position = tuple[int, int, int, int]  # first and last line from 1, first and last column from 0, in bytes


def _places(traceback: TracebackType | None) -> Iterator[tuple[str, Position]]:
    """Yield the file and the position of every call that the exception went through, innermost last."""
    while traceback is not None:
        code = traceback.tb_frame.f_code
        positions = list(code.co_positions())[traceback.tb_lasti // 2]
        first, last, start, end = positions
        line = traceback.tb_lineno or 0
        yield code.co_filename, (first or line, last or line, start or 0, end or 0)
        traceback = traceback.tb_next


def _operation(filename: str, position: Position) -> str:
    """Return the kind of the expression at a position: "Mult", "Subscript", "call of reshape"."""
    first, last, start, end = position
    lines = [linecache.getline(filename, number).encode() for number in range(first, last + 1)]
    if not any(lines):
        return ""
    lines[-1] = lines[-1][:end]
    lines[0] = lines[0][start:]
    try:
        statement = ast.parse(textwrap.dedent(b"".join(lines).decode())).body[0]
    except (SyntaxError, ValueError, IndexError):
        return ""
    node: ast.AST = statement.value if isinstance(statement, ast.Expr) else statement
    if isinstance(node, (ast.BinOp, ast.AugAssign, ast.UnaryOp)):
        return type(node.op).__name__
    if isinstance(node, ast.Call):
        name = ast.unparse(node.func).rsplit(".", 1)[-1]
        return OPERATORS.get(name, f"call of {name}")
    return type(node).__name__
