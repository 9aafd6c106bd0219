"""Wrap the prose of a chapter's source at 120 characters; nothing that is rendered changes.

Paragraphs alone are filled again, also those of lists and quotations. Headings, tables, code, HTML, display formulas
and paragraphs with hard line breaks stay as they are.
"""

import re
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

WIDTH = 118  # of a line of Markdown, which follows `# ` in the source
PROSE = "# %% [markdown]"
# Code and formulas stay on one line.
WORD = re.compile(r"(?:`[^`]*`|\$[^$]*\$|\S)+")
# At the beginning of a line these would be read as a list, a heading, a quotation, a table, a rule or HTML.
STARTS_A_BLOCK = re.compile(r"([-+*=_~>#|:<]|\d+[.)]$|\$\$|```)")


def wrap_source(path: Path) -> bool:
    """Wrap the prose of a chapter's source; return whether it changed."""
    before = path.read_text(encoding="utf-8")
    cells = re.split(r"(?m)^(?=# %%)", before)
    after = "".join(_wrap_cell(cell) if cell.startswith(PROSE) else cell for cell in cells)
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
