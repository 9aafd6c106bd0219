"""Rewrite an answer so that temporaries and dead code make no difference: what is left is compared by `copies`.

A name that is assigned once is replaced by its value, so that `height = image.shape[0]` and `h, w = image.shape` become
the same. A name that is never read, code that is never reached, and prints are dropped. The result is for comparing,
not for running: it may compute a value twice.
"""

import ast
import copy
from collections import Counter
from collections.abc import Iterator

LARGEST = 20_000  # nodes that replacing names may add
MOST_ROUNDS = 10  # of dropping what is never read
Function = ast.FunctionDef | ast.AsyncFunctionDef
ENDS = (ast.Return, ast.Raise, ast.Break, ast.Continue)


class TooLargeError(ValueError):
    """Replacing the names would make the code too large."""


def simplified(tree: ast.Module) -> ast.Module:
    """Take temporaries and dead code out of `tree` and return it; TooLargeError if it would become too large.

    Names are replaced in functions only: what a module assigns may be the answer.
    """
    _Plain().visit(tree)
    budget = [LARGEST]
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            _drop_unread(node)
            _Inline(_temporaries(node), budget).run(node)
            _drop_unread(node)
    tree.body = _reached(tree.body)
    return tree


class _Plain(ast.NodeTransformer):
    """Write statements in one way: one target per assignment, no code that is never reached, no prints."""

    def visit(self, node: ast.AST) -> ast.AST:
        """Simplify the parts of a node first, then its lists of statements."""
        node = super().visit(node)
        for name in ("body", "orelse", "finalbody"):
            statements = getattr(node, name, None)
            if isinstance(statements, list):
                plain = [new for statement in statements for new in _plain(statement)]
                setattr(node, name, _reached(plain))
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        """Drop `+ 0`, `- 0`, `* 1` and `/ 1`."""
        self.generic_visit(node)
        neutral = 0 if isinstance(node.op, (ast.Add, ast.Sub)) else 1
        if isinstance(node.op, (ast.Add, ast.Sub, ast.Mult, ast.Div)) and _is_number(node.right, neutral):
            return node.left
        return node


def _is_number(node: ast.AST, value: int) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) in (int, float) and node.value == value


def _plain(statement: ast.AST) -> Iterator[ast.stmt]:
    """Yield the statements that say the same as one: none if it does nothing."""
    if isinstance(statement, ast.Assign):
        for target in statement.targets:
            yield from _assigned(target, statement.value)
    elif isinstance(statement, ast.AnnAssign):
        if statement.value is not None:
            yield from _assigned(statement.target, statement.value)
    elif isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
        read = ast.Name(statement.target.id, ast.Load())
        yield ast.Assign([statement.target], ast.BinOp(read, statement.op, statement.value))
    elif isinstance(statement, ast.If) and isinstance(statement.test, ast.Constant):
        yield from statement.body if statement.test.value else statement.orelse
    elif isinstance(statement, ast.stmt) and not _does_nothing(statement):
        yield statement


def _assigned(target: ast.expr, value: ast.expr) -> Iterator[ast.stmt]:
    """Yield an assignment of each name: `a, b = x` as `a = x[0]` and `b = x[1]`."""
    if not isinstance(target, (ast.Tuple, ast.List)) or any(
        isinstance(item, ast.Starred) for item in target.elts
    ):
        if not (isinstance(target, ast.Name) and isinstance(value, ast.Name) and target.id == value.id):
            yield ast.Assign([target], value)
        return
    names = {node.id for node in ast.walk(target) if isinstance(node, ast.Name)}
    read = {node.id for node in ast.walk(value) if isinstance(node, ast.Name)}
    if names & read or not all(isinstance(item, ast.Name) for item in target.elts):
        yield ast.Assign([target], value)  # `a, b = b, a` is not two assignments
        return
    parts = (
        value.elts
        if isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(target.elts)
        else None
    )
    for number, item in enumerate(target.elts):
        part = parts[number] if parts else ast.Subscript(value, ast.Constant(number), ast.Load())
        yield ast.Assign([item], part)


def _does_nothing(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Pass):
        return True
    if isinstance(statement, ast.While):
        return isinstance(statement.test, ast.Constant) and not statement.test.value
    if isinstance(statement, (ast.For, ast.If)):
        return not statement.body and not statement.orelse
    if not isinstance(statement, ast.Expr):
        return False
    value = statement.value
    is_print = isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "print"
    return is_print or isinstance(value, (ast.Constant, ast.Name))


def _reached(statements: list[ast.stmt]) -> list[ast.stmt]:
    """Return the statements up to the first that ends the block."""
    for number, statement in enumerate(statements):
        if isinstance(statement, ENDS):
            return statements[: number + 1]
    return statements


def _drop_unread(function: Function) -> None:
    """Drop assignments to names that the function never reads, until there are none."""
    for _ in range(MOST_ROUNDS):
        if not _Drop(_read_names(function)).run(function):
            return


def _read_names(function: Function) -> set[str]:
    """Return the names that are read for another purpose than to give themselves a new value."""
    counts: Counter[str] = Counter()
    for node in ast.walk(function):
        if isinstance(node, (ast.Global, ast.Nonlocal)):
            counts.update(node.names)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Store):
            counts[node.id] += 1
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            counts[name] -= sum(
                isinstance(part, ast.Name) and part.id == name for part in ast.walk(node.value)
            )
    return {name for name, count in counts.items() if count > 0}


class _Drop(ast.NodeTransformer):
    """Drop assignments to other names than `kept`, and blocks that are empty then."""

    def __init__(self, kept: set[str]) -> None:
        self.kept = kept
        self.dropped = False

    def run(self, function: Function) -> bool:
        """Change the function; return whether anything was dropped."""
        self.visit(function)
        return self.dropped

    def visit_Assign(self, node: ast.Assign) -> ast.AST | None:
        """Drop an assignment to a name that is not read."""
        target = node.targets[0]
        if not isinstance(target, ast.Name) or target.id in self.kept:
            return node
        self.dropped = True
        return None

    def generic_visit(self, node: ast.AST) -> ast.AST:
        """Visit the parts, and drop statements that do nothing any more."""
        super().generic_visit(node)
        for name in ("body", "orelse"):
            statements = getattr(node, name, None)
            if isinstance(statements, list):
                setattr(node, name, [statement for statement in statements if not _does_nothing(statement)])
        return node


def _temporaries(function: Function) -> set[str]:
    """Return the names that are assigned once, by a statement of their own, and whose value nothing changes."""
    assigned: Counter[str] = Counter()
    bound: Counter[str] = Counter()
    changed: set[str] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            assigned[node.targets[0].id] += 1
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            bound[node.id] += 1
        elif isinstance(node, ast.arg):
            bound[node.arg] += 1
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            changed |= set(node.names)
        elif isinstance(node, (ast.Subscript, ast.Attribute)) and not isinstance(node.ctx, ast.Load):
            changed.add(_base(node))
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            changed.add(_base(node.value.func))  # `rows.append(row)`
    return {name for name, count in assigned.items() if count == bound[name] == 1 and name not in changed}


def _base(node: ast.AST) -> str:
    """Return the name at the beginning of `name.a[0].b`, or ""."""
    while isinstance(node, (ast.Subscript, ast.Attribute)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


class _Inline(ast.NodeTransformer):
    """Replace names by their values. `budget` holds the number of nodes that may still be added."""

    def __init__(self, names: set[str], budget: list[int]) -> None:
        self.names = names
        self.budget = budget
        self.values: dict[str, ast.expr] = {}

    def run(self, function: Function) -> None:
        """Change the function."""
        self.visit(function)

    def visit_Assign(self, node: ast.Assign) -> ast.AST | None:
        """Keep the value of a name that is replaced, and drop its assignment."""
        self.generic_visit(node)
        target = node.targets[0]
        if not isinstance(target, ast.Name) or target.id not in self.names:
            return node
        self.values[target.id] = node.value
        return None

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """Return the value of a name that is replaced."""
        if not isinstance(node.ctx, ast.Load) or node.id not in self.values:
            return node
        value = self.values[node.id]
        self.budget[0] -= sum(1 for _ in ast.walk(value))
        if self.budget[0] < 0:
            raise TooLargeError
        return copy.deepcopy(value)
