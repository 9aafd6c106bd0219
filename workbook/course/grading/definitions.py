"""Which names a cell's source defines, told without running it."""

import ast
import re
import warnings
from collections.abc import Iterable

LONGEST_PARSED = 200_000  # characters: a longer cell is searched, not parsed
BEGINS = r"^(?:(?:async[ ])?def[ ]+{0}\b|{0}[ ]*(?::[^=\n]*)?=[^=])"


def defined(source: str, names: Iterable[str]) -> set[str]:
    """Give those of the names that a cell defines at its top level: `def name(`, `name = …`, `import … as name`.

    In a cell that does not parse, because of a mistake, a name counts if a line begins in one of the first two ways.
    """
    possible = {name for name in names if name in source}
    if not possible:
        return set()
    tree = _tree(source)
    if tree is not None:
        return possible.intersection(name for node in tree.body for name in _bound(node))
    return {name for name in possible if re.search(BEGINS.format(re.escape(name)), source, re.MULTILINE)}


def imports(source: str) -> list[str]:
    """List a cell's import statements at its top level, one for each module, as Python writes them."""
    tree = _tree(source)
    found: list[str] = []
    for node in tree.body if tree is not None else []:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                found.append(ast.unparse(_with_one(node, alias)))
    return found


def _with_one(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> ast.stmt:
    if isinstance(node, ast.Import):
        return ast.Import(names=[alias])
    return ast.ImportFrom(module=node.module, names=[alias], level=node.level)


def _tree(source: str) -> ast.Module | None:
    """Parse a cell, without IPython's magics where it has some; None if it is no Python."""
    if len(source) > LONGEST_PARSED:
        return None
    for text in dict.fromkeys((source, _without_magics(source))):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return None


def _without_magics(source: str) -> str:
    """Replace lines that are IPython's alone: `%time`, `!ls`, `name?`."""
    lines = source.split("\n")
    for number, line in enumerate(lines):
        text = line.strip()
        if text.startswith(("%", "!")) or text.endswith("?"):
            lines[number] = line[: len(line) - len(line.lstrip())] + "pass"
    return "\n".join(lines)


def _bound(node: ast.stmt) -> set[str]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {node.name}
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return {alias.asname or alias.name for alias in node.names}
    targets: list[ast.expr] = []
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        targets = [node.target]
    return {one.id for target in targets for one in _parts(target) if isinstance(one, ast.Name)}


def _parts(target: ast.expr) -> Iterable[ast.expr]:
    """Take a target apart: `a, (b, *c)` binds three names, `a[i]` and `a.b` bind none."""
    if isinstance(target, (ast.Tuple, ast.List)):
        return [part for one in target.elts for part in _parts(one)]
    return _parts(target.value) if isinstance(target, ast.Starred) else [target]
