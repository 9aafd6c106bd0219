"""Wrap a chapter's source: prose at 120 characters, code at 95. What is rendered or computed does not change.

In prose, only paragraphs are filled again, also those of lists and quotations. Headings, tables, code, HTML, display
formulas and paragraphs with hard line breaks stay as they are. In code, only statements with a line that is too long
change: a comment at the end of the line moves above it, ruff formats the statement, and a string alone on its line is
split at a space. A person must shorten what is still too long, such as a docstring.
"""

import ast
import re
import subprocess
import sys
import textwrap
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

WIDTH = 118  # of a line of Markdown, which follows `# ` in the source
CODE_WIDTH = 95  # of a line of code: what JupyterLab shows beside its side bar
PROSE = "# %% [markdown]"
# Code and formulas stay on one line.
WORD = re.compile(r"(?:`[^`]*`|\$[^$]*\$|\S)+")
# At the beginning of a line these would be read as a list, a heading, a quotation, a table, a rule or HTML.
STARTS_A_BLOCK = re.compile(r"([-+*=_~>#|:<]|\d+[.)]$|\$\$|```)")


def wrap_source(path: Path) -> bool:
    """Wrap the prose and the code of a chapter's source; return whether it changed."""
    before = path.read_text(encoding="utf-8")
    cells = re.split(r"(?m)^(?=# %%)", before)
    after = "".join(_wrap_cell(cell) if cell.startswith(PROSE) else _wrap_code_cell(cell) for cell in cells)
    if after != before:
        path.write_text(after, encoding="utf-8")
    return after != before


def is_wrapped(markdown: str) -> bool:
    """Return whether no line of prose is longer than it must be."""
    too_long = any(len(line) > WIDTH for line in markdown.split("\n"))
    return not too_long or wrap(markdown) == markdown


def wrap(markdown: str) -> str:
    """Return a Markdown text with its paragraphs filled."""
    lines = markdown.split("\n")
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown)
    # From the last paragraph up, so that the line numbers of the others stay right.
    for opening, inline in reversed(list(pairwise(tokens))):
        if opening.type == "paragraph_open" and opening.map and _may_be_filled(inline):
            start, end = opening.map
            lines[start:end] = _fill(lines[start:end])
    return "\n".join(lines)


def _wrap_cell(cell: str) -> str:
    """Wrap a cell of the source: its first line says what it is, every other line begins with `#`."""
    head, *comments = cell.rstrip("\n").split("\n")
    if not all(re.match(r"#( |$)", line) for line in comments):
        raise ValueError(f"a line of a Markdown cell does not begin with '# ': {cell[:200]!r}")
    text = wrap("\n".join(line[2:] for line in comments))
    ending = cell[len(cell.rstrip("\n")) :]
    return "\n".join([head, *(f"# {line}".rstrip() for line in text.split("\n"))]) + ending


def _wrap_code_cell(cell: str) -> str:
    """Wrap a code cell of the source below its `# %%` line; text before the first cell stays as it is."""
    head, newline, code = cell.partition("\n")
    return f"{head}{newline}{wrap_code(code)}" if head.startswith("# %%") and "[raw]" not in head else cell


def wrap_code(code: str) -> str:
    """Return code with every statement that has too long a line formatted again; unchanged if it cannot be parsed."""
    if all(len(line) <= CODE_WIDTH for line in code.split("\n")):
        return code
    try:
        statements = _simple_parts(ast.parse(code).body)
    except SyntaxError:  # a magic
        return code
    lines = code.split("\n")
    for first, last, tail in sorted(statements, reverse=True):
        part = lines[first - 1 : last]
        if any(len(line) > CODE_WIDTH for line in part):
            lines[first - 1 : last] = _laid_out(part, tail)
    wrapped = "\n".join(piece for line in lines for piece in _split_string(line))
    return wrapped if ast.dump(ast.parse(wrapped)) == ast.dump(ast.parse(code)) else code


def _simple_parts(body: list[ast.stmt]) -> list[tuple[int, int, str]]:
    """Return (first line, last line, completion) of each simple statement and of each head of a block.

    A head such as `for x in y:` can be parsed with "pass" below it, its completion; that of a simple statement is "".
    """
    parts: list[tuple[int, int, str]] = []
    for statement in body:
        inner = [child for name in ("body", "orelse", "finalbody") for child in getattr(statement, name, [])]
        if not inner:
            parts.append((statement.lineno, statement.end_lineno or statement.lineno, ""))
        elif inner[0].lineno > statement.lineno:
            parts.append((statement.lineno, _first_line(inner[0]) - 1, "    pass"))
            parts += _simple_parts(inner)
    return parts


def _first_line(statement: ast.stmt) -> int:
    """Return the first line of a statement or of its decorators."""
    decorators = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(decorator.lineno for decorator in decorators)])


def _laid_out(lines: list[str], tail: str) -> list[str]:
    """Return the lines of one statement as ruff formats them; a final `;`, which hides a cell's value, stays."""
    indent = lines[0][: len(lines[0]) - len(lines[0].lstrip())]
    comment = re.search(r"  (#[^\"']*)$", lines[0])
    if len(lines) == 1 and comment:
        above, line = indent + comment[1], lines[0][: comment.start()]
        return [above, *(_laid_out([line], tail) if len(line) > CODE_WIDTH else [line])]
    text = textwrap.dedent("\n".join(lines))
    hides = not tail and text.rstrip().endswith(";")
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "-"]
    options = ["--line-length", str(CODE_WIDTH - len(indent) - hides), "--stdin-filename", "cell.py"]
    result = subprocess.run(
        [*command, *options], input=f"{text}\n{tail}\n", capture_output=True, text=True, check=False
    )
    if result.returncode:  # not a statement of its own, such as the head of `else`
        return lines
    formatted = result.stdout.rstrip().removesuffix(tail).rstrip() + (";" if hides else "")
    return textwrap.indent(formatted, indent).split("\n")


def _split_string(line: str) -> list[str]:
    """Return a line that holds only a string as several lines, split at spaces outside of braces."""
    match = re.fullmatch(r'(\s*)(f?)"([^"\\]*)"(,?)', line)
    if len(line) <= CODE_WIDTH or not match:
        return [line]
    indent, prefix, text, comma = match.groups()
    room = CODE_WIDTH - len(indent) - len(prefix) - 2
    depths = [text[:place].count("{") - text[:place].count("}") for place in range(len(text))]
    spaces = [
        place + 1
        for place in range(min(room, len(text)))
        if text[place] == " " and not (prefix and depths[place])
    ]
    if not spaces:
        return [line]
    first, rest = text[: spaces[-1]], text[spaces[-1] :]
    rest_prefix = prefix if "{" in rest else ""
    return [
        f'{indent}{prefix if "{" in first else ""}"{first}"',
        *_split_string(f'{indent}{rest_prefix}"{rest}"{comma}'),
    ]


def _may_be_filled(inline: Token) -> bool:
    children = inline.children or []
    return "$$" not in inline.content and all(child.type != "hardbreak" for child in children)


def _fill(lines: list[str]) -> list[str]:
    """Fill the lines of one paragraph. The first may begin with a list's marker, the next ones are indented like it."""
    marker = re.match(r"(?:\s*(?:[-+*]|\d+[.)]|>)\s+)*\s*", lines[0])
    first = marker.group() if marker else ""
    quoted = ">" in first
    indent = first if quoted else " " * len(first)
    texts = [lines[0][len(first) :]]
    texts += [re.sub(r"^[\s>]+", "", line) if quoted else line.strip() for line in lines[1:]]
    filled: list[str] = []
    line = first
    for word in _words(" ".join(texts)):
        is_empty = line in (first, indent)
        if not is_empty and len(line) + 1 + len(word) > WIDTH:
            filled.append(line)
            line, is_empty = indent, True
        line += word if is_empty else f" {word}"
    return [*filled, line]


def _words(text: str) -> list[str]:
    """Split a paragraph where it may be broken: not inside code, not before what would begin a block."""
    words: list[str] = []
    for word in WORD.findall(text):
        if words and STARTS_A_BLOCK.match(word):
            words[-1] += f" {word}"
        else:
            words.append(word)
    return words
