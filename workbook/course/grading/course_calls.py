"""Find which of the course's own functions an answer calls: a place to look, since the call may be the answer."""

import ast
from collections.abc import Iterable

# Modules for looking at things, not for computing answers.
FREE = ("check", "data", "plots", "stepper", "interactive", "figures")


def course_functions(setup: str, sources: Iterable[str], solution: str = "") -> list[str]:
    """Return the course's functions that the first source uses, directly or through later ones.

    Those that the solution uses too are left out. `sources` are the answer and the learner's own cells. Names are
    written as "reference.conv2d".
    """
    modules = _modules(setup)
    answer, *own = sources
    used = _used(answer, modules) | _defined_through(answer, own, modules)
    return sorted(used - _used(solution, modules))


def _modules(source: str) -> set[str]:
    """Return the names by which a source knows the course's modules."""
    names: set[str] = set()
    for node in _nodes(source):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "workbook":
            names |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {
                alias.asname or alias.name.split(".")[0]
                for alias in node.names
                if alias.name.split(".")[0] == "workbook"
            }
    return names - set(FREE)


def _used(source: str, modules: set[str]) -> set[str]:
    functions: set[str] = set()
    modules = modules | _modules(source)
    for node in _nodes(source):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            functions.add(f"{node.value.id}.{node.attr}")
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("workbook."):
            module = (node.module or "").removeprefix("workbook.")
            functions |= {f"{module}.{alias.name}" for alias in node.names}
    return functions


def _defined_through(answer: str, own: list[str], modules: set[str]) -> set[str]:
    """Return what the learner's own cells use if they make a name that the answer reads."""
    reads = {node.id for node in _nodes(answer) if isinstance(node, ast.Name)}
    functions: set[str] = set()
    for source in own:
        if reads & _makes(source):
            functions |= _used(source, modules)
    return functions


def _makes(source: str) -> set[str]:
    names: set[str] = set()
    for node in _nodes(source):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return names


def _nodes(source: str) -> list[ast.AST]:
    """Return all nodes of a source's syntax tree; none for a source that does not parse."""
    try:
        return list(ast.walk(ast.parse(source)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
