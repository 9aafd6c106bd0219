"""Find the names that a cell's source defines, without running it."""

import ast
import re
import warnings
from collections.abc import Iterable

LONGEST_PARSED = 200_000  # characters: a longer cell is searched, not parsed
BEGINS = r"^(?:(?:async[ ])?def[ ]+{0}\b|{0}[ ]*(?::[^=\n]*)?=[^=])"


def defined(source: str, names: Iterable[str]) -> set[str]:
    """Return those of the names that a cell defines at its top level: `def name(`, `name = …`, `import … as name`.

    In a cell with a syntax error, a name counts if a line begins in one of the first two ways.
    """
    possible = {name for name in names if name in source}
    if not possible:
        return set()
    tree = _tree(source)
    if tree is not None:
        return possible.intersection(name for node in tree.body for name in _bound(node))
    return {name for name in possible if re.search(BEGINS.format(re.escape(name)), source, re.MULTILINE)}


def imports(source: str) -> list[str]:
    """Return the import statements at a cell's top level, one for each name, as Python writes them."""
    tree = _tree(source)
    statements: list[str] = []
    for node in tree.body if tree is not None else []:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            statements += [ast.unparse(_import_of(node, alias)) for alias in node.names]
    return statements


def _import_of(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> ast.stmt:
    if isinstance(node, ast.Import):
        return ast.Import(names=[alias])
    return ast.ImportFrom(module=node.module, names=[alias], level=node.level)


def _tree(source: str) -> ast.Module | None:
    """Return a cell's syntax tree, without its magics if it has some; None if it is not Python."""
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
    """Return the source with `pass` in place of IPython's own lines: `%time`, `!ls`, `name?`."""
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
    return {part.id for target in targets for part in _parts(target) if isinstance(part, ast.Name)}


def _parts(target: ast.expr) -> Iterable[ast.expr]:
    """Return the parts of a target: `a, (b, *c)` binds three names, `a[i]` and `a.b` bind none."""
    if isinstance(target, (ast.Tuple, ast.List)):
        return [part for element in target.elts for part in _parts(element)]
    return _parts(target.value) if isinstance(target, ast.Starred) else [target]
