"""No cell of a chapter needs a learner's answer: with nothing attempted, a notebook runs to its end."""

import ast
from collections.abc import Iterator

import pytest

from tests import harness
from workbook.exercises import chapter_names


def assigned(tree: ast.AST) -> set[str]:
    """Return the names that code assigns, defines or imports at its top level."""
    names: set[str] = set()
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        else:
            names |= {
                part.id
                for part in ast.walk(node)
                if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
            }
    return names


def used(tree: ast.AST) -> set[str]:
    """Return the names that code reads, in functions as well."""
    return {
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }


def trespasses(cells: Iterator[tuple[str, bool, bool]]) -> list[str]:
    """Return the answers that a cell reads which is no check: of cells (source, is an answer, is a check), in order.

    A name that a later cell assigns again is no answer any more.
    """
    answers: set[str] = set()
    found: list[str] = []
    for source, is_answer, is_check in cells:
        tree = ast.parse(source)
        if is_answer:
            answers |= assigned(tree)
            continue
        if not is_check:
            found += sorted(answers & used(tree))
        answers -= assigned(tree)
    return found


@pytest.mark.parametrize("chapter", chapter_names())
def test_only_its_check_reads_an_answer(chapter: str) -> None:
    cells = [cell for cell in harness.cells(chapter) if cell.cell_type == "code"]
    tags = [set(cell.metadata.get("tags", [])) for cell in cells]
    assert any("exercise" in tag for tag in tags)
    rows = [(cell.source, "exercise" in tag, "check" in tag) for cell, tag in zip(cells, tags, strict=True)]
    assert trespasses(iter(rows)) == []


def test_a_cell_that_reads_an_answer_is_seen() -> None:
    answer = ("def slide(x):\n    return x", True, False)
    check = ('check("2.1", slide);', False, True)
    assert trespasses(iter([answer, check, ("def later():\n    return slide(3)", False, False)])) == ["slide"]
    assert trespasses(iter([answer, check, ("slide = 3", False, False), ("slide", False, False)])) == []
    assert trespasses(iter([answer, check, ("print(other.slide)", False, False)])) == []
