"""Wrapping changes nothing that is rendered or computed."""

import ast
import re
from pathlib import Path

import jupytext
import pytest
from markdown_it import MarkdownIt

from tests import ROOT
from workbook.course.authoring import chapter, wrap

LONG = (
    "A word and another word, a `code span that stays whole`, a $for + mula$ and [a link](https://example.org). "
    * 4
)


def render(markdown: str) -> str:
    """Return the HTML with every run of white space as one space, as a browser shows it."""
    return re.sub(r"\s+", " ", MarkdownIt("gfm-like", {"linkify": False}).render(markdown))


def same_code(first: str, second: str) -> bool:
    """Return whether two cells compute and show the same: their syntax is the same, and so is a `;` at the end."""
    if first == second:
        return True
    same_end = first.rstrip().endswith(";") == second.rstrip().endswith(";")
    return same_end and ast.dump(ast.parse(first)) == ast.dump(ast.parse(second))


def source(*lines: str) -> str:
    return "\n".join(lines)


@pytest.mark.parametrize(
    "markdown",
    [
        LONG,
        f"## A heading that is long {LONG}",
        f"- {LONG}\n- {LONG}\n  {LONG}\n\n  {LONG}\n  1. {LONG}\n  2. short",
        f"12. {LONG}",
        f"> {LONG}\n> {LONG}",
        f"| a | b |\n|---|---|\n| {LONG} | {LONG} |",
        f"```python\n{LONG}\n```",
        f"    {LONG}",
        f"<div>\n{LONG}\n</div>\n\n{LONG}",
        f"$$ {LONG.replace('$', '')} $$",
        f"ends in two spaces  \n{LONG}\\\n{LONG}",
        " - ".join([LONG] * 3) + " 2. " + " # ".join([LONG] * 3) + " > " + LONG + " 1) " + LONG,
        "word " * 23 + "1990. A sentence ends with a number " + "* * " * 40,
        f"[![badge](https://example.org/a.svg)](https://example.org/{'x' * 200}) {LONG}",
        f"**bold {LONG.strip()}** and *slanted {LONG.strip()}*",
        f"first\nsecond\n\n{LONG}\n\n***\n\n{LONG}",
    ],
)
def test_what_is_rendered_stays_the_same(markdown: str) -> None:
    wrapped = wrap.wrap(markdown)
    assert render(wrapped) == render(markdown)
    assert wrap.wrap(wrapped) == wrapped
    assert wrap.is_wrapped(wrapped)


def test_paragraphs_are_filled() -> None:
    lines = wrap.wrap(f"- {LONG}\n{LONG}").split("\n")
    assert max(map(len, lines)) <= wrap.WIDTH
    assert min(map(len, lines[:-1])) > wrap.WIDTH - 30
    assert [line[:2] for line in lines] == ["- "] + ["  "] * (len(lines) - 1)
    assert "`code span that stays whole`" in wrap.wrap(LONG)
    assert not wrap.is_wrapped(LONG)
    assert wrap.wrap("one\ntwo") == "one two"


@pytest.mark.parametrize("path", chapter.sources(ROOT), ids=lambda path: path.stem)
def test_every_chapter_is_rendered_the_same_when_wrapped(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / path.name
    copy.write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    wrap.wrap_source(copy)
    before, after = (jupytext.read(one, fmt="py:percent").cells for one in (path, copy))
    assert [cell.metadata for cell in before] == [cell.metadata for cell in after]
    for old, new in zip(before, after, strict=True):
        if old.cell_type == "markdown":
            assert render(new.source) == render(old.source)
        else:
            assert same_code(new.source, old.source)
    assert not wrap.wrap_source(copy), "wrapping twice changes nothing more"


@pytest.mark.parametrize(
    ("code", "wrapped"),
    [
        ("short = 1", "short = 1"),
        ("%magic " + "x" * 100, "%magic " + "x" * 100),
        (
            f"show({'a' * 30}, {'b' * 40}, c='{'d' * 12}');",
            f'show(\n    {"a" * 30}, {"b" * 40}, c="{"d" * 12}"\n);',
        ),
        (
            f"for x in y:\n    if x:\n        call({'a' * 40}, {'b' * 41})\n    z = 'kept'",
            f"for x in y:\n    if x:\n        call(\n            {'a' * 40}, {'b' * 41}\n        )\n    z = 'kept'",
        ),
        (
            f"for {'x' * 40} in zip({'y' * 30}, {'z' * 30}):\n    pass",
            f"for {'x' * 40} in zip(\n    {'y' * 30}, {'z' * 30}\n):\n    pass",
        ),
        (f"a = {'b' * 60}  # {'c' * 40}", f"# {'c' * 40}\na = {'b' * 60}"),
        (
            f'print(f"{"word " * 15}{{x:,}} {"more " * 5}")',
            f'print(\n    f"{"word " * 15}{{x:,}} more "\n    "{"more " * 4}"\n)',
        ),
        (f'"""{"d" * 100}"""', f'"""{"d" * 100}"""'),
    ],
)
def test_long_code_is_laid_out_again_and_computes_the_same(code: str, wrapped: str) -> None:
    assert wrap.wrap_code(code) == wrapped
    if not code.startswith("%"):
        assert ast.dump(ast.parse(wrapped)) == ast.dump(ast.parse(code))


def test_a_cell_of_code_is_wrapped_in_its_source(tmp_path: Path) -> None:
    file = tmp_path / "x.py"
    long_line = f"call({'a' * 44}, {'b' * 44})"
    file.write_text(
        f'# ---\n# x: "{"y" * 120}"\n# ---\n\n# %% tags=["slow"]\n{long_line}\n', encoding="utf-8"
    )
    assert wrap.wrap_source(file)
    assert f"call(\n    {'a' * 44}, {'b' * 44}\n)\n" in file.read_text(encoding="utf-8")
    assert not wrap.wrap_source(file)
