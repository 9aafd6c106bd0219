"""Make wrong versions of a right answer: one small change each, as a slip of the hand would."""

import ast
import copy
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

OPERATORS: dict[type, tuple[type, ...]] = {
    ast.Add: (ast.Sub,), ast.Sub: (ast.Add,), ast.Mult: (ast.Add, ast.FloorDiv), ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Mult, ast.Div), ast.Mod: (ast.Mult,), ast.Pow: (ast.Mult,), ast.MatMult: (ast.Mult,),
}  # fmt: skip
COMPARISONS: dict[type, type] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
NAMES = {
    "max": "min",
    "min": "max",
    "mean": "sum",
    "sum": "mean",
    "zeros": "ones",
    "argmax": "argmin",
    "ceil": "floor",
}
SYMMETRIC = ("max", "min", "maximum", "minimum")  # functions whose two arguments may be swapped

Change = Callable[[Any], None]  # changes a node in place


def mutants(source: str) -> Iterator[tuple[str, str]]:
    """Yield (name of the change, changed source) for every mutation of a piece of code.

    The name is the changed expression before and after, as "row + 1 → row - 1", so that comments and line numbers do
    not matter. If the same change is possible several times, the later ones end in "(2)", "(3)", ...
    """
    tree = ast.parse(source)
    nodes = list(ast.walk(tree))
    counts: Counter[str] = Counter()
    for index, node in enumerate(nodes):
        for change in _changes(node):
            shown = _index_to_show(nodes, index)
            changed = copy.deepcopy(tree)
            changed_nodes = list(ast.walk(changed))
            change(changed_nodes[index])
            name = f"{_first_line(nodes[shown])} → {_first_line(changed_nodes[shown])}"
            counts[name] += 1
            after = ast.unparse(ast.fix_missing_locations(changed))
            if after != ast.unparse(tree):
                yield (name if counts[name] == 1 else f"{name} ({counts[name]})"), after


def _index_to_show(nodes: list[ast.AST], index: int) -> int:
    """Return which node names a change: a number or a name alone says too little, so what is around it is shown."""
    while not isinstance(
        nodes[index], (ast.BinOp, ast.Call, ast.Compare, ast.Subscript, ast.UnaryOp, ast.stmt)
    ):
        node = nodes[index]
        index = next(number for number, parent in enumerate(nodes) if node in ast.iter_child_nodes(parent))
    return index


def _first_line(node: ast.AST) -> str:
    return ast.unparse(node).split("\n")[0]


def _changes(node: ast.AST) -> Iterator[Change]:
    """Yield every change of a node."""
    if isinstance(node, (ast.BinOp, ast.AugAssign)):
        for operator in OPERATORS.get(type(node.op), ()):
            yield _setting("op", operator())
        if isinstance(node, ast.BinOp):
            yield lambda n: _become(n, n.left)
            yield lambda n: _become(n, n.right)
    elif isinstance(node, ast.Constant):
        for value in _other_constants(node.value):
            yield _setting("value", value)
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARISONS:
        operator = COMPARISONS[type(node.ops[0])]()
        yield _setting("ops", [operator, *node.ops[1:]])
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.Not)):
        yield lambda n: _become(n, n.operand)
    elif isinstance(node, ast.Attribute) and node.attr in NAMES:
        yield _setting("attr", NAMES[node.attr])
    elif isinstance(node, ast.Name) and node.id in NAMES and isinstance(node.ctx, ast.Load):
        yield _setting("id", NAMES[node.id])
    elif isinstance(node, ast.Call) and len(node.args) == 2 and not _is_symmetric(node):
        yield lambda n: n.args.reverse()
    elif isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Load) and len(node.elts) == 2:
        yield lambda n: n.elts.reverse()
    elif isinstance(node, ast.Slice):
        for part in ("lower", "upper", "step"):
            if getattr(node, part) is not None:
                yield _setting(part, None)


def _setting(field: str, value: Any) -> Change:
    return lambda node: setattr(node, field, value)


def _other_constants(value: Any) -> tuple[Any, ...]:
    if isinstance(value, bool):
        return (not value,)
    return (value + 1, value - 1) if isinstance(value, (int, float)) else ()


def _is_symmetric(call: ast.Call) -> bool:
    """Return whether the two arguments may be swapped: max(a, b), or cannot be, as in f(*a, b)."""
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    return name in SYMMETRIC or any(isinstance(argument, ast.Starred) for argument in call.args)


def _become(node: ast.AST, other: ast.AST) -> None:
    """Turn a node into another one in place."""
    node.__class__ = other.__class__
    node.__dict__.update(other.__dict__)
