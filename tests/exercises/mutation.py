"""Make wrong versions of a right answer: one small change each, as a slip of the hand would."""

import ast
import copy
from collections.abc import Iterator

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


def mutants(source: str) -> Iterator[tuple[str, str]]:
    """Yield (what was changed, changed source) for every mutation of a piece of code, docstrings left alone."""
    tree = ast.parse(source)
    for index, node in enumerate(ast.walk(tree)):
        for what, change in _changes(node):
            changed = copy.deepcopy(tree)
            target = list(ast.walk(changed))[index]
            change(target)
            text = ast.unparse(ast.fix_missing_locations(changed))
            if text != ast.unparse(tree):
                yield f"line {getattr(node, 'lineno', '?')}: {what}", text


def _changes(node: ast.AST) -> Iterator[tuple[str, object]]:
    if isinstance(node, (ast.BinOp, ast.AugAssign)):
        for new in OPERATORS.get(type(node.op), ()):
            yield f"{type(node.op).__name__} → {new.__name__}", lambda n, new=new: setattr(n, "op", new())
        if isinstance(node, ast.BinOp):
            yield "right term dropped", lambda n: _become(n, n.left)
            yield "left term dropped", lambda n: _become(n, n.right)
    elif isinstance(node, ast.Constant):
        yield from _constant_changes(node)
    elif isinstance(node, ast.Compare):
        for old in node.ops[:1]:
            if type(old) in COMPARISONS:
                new = COMPARISONS[type(old)]
                yield f"{type(old).__name__} → {new.__name__}", lambda n, new=new: n.ops.__setitem__(0, new())
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.Not)):
        yield "sign or not dropped", lambda n: _become(n, n.operand)
    elif isinstance(node, ast.Attribute) and node.attr in NAMES:
        yield f"{node.attr} → {NAMES[node.attr]}", lambda n: setattr(n, "attr", NAMES[n.attr])
    elif isinstance(node, ast.Name) and node.id in NAMES and isinstance(node.ctx, ast.Load):
        yield f"{node.id} → {NAMES[node.id]}", lambda n: setattr(n, "id", NAMES[n.id])
    elif isinstance(node, ast.Call) and len(node.args) == 2 and not _symmetric(node):
        yield "arguments swapped", lambda n: n.args.reverse()
    elif isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Load) and len(node.elts) == 2:
        yield "pair swapped", lambda n: n.elts.reverse()
    elif isinstance(node, ast.Slice):
        yield from _slice_changes(node)


def _constant_changes(node: ast.Constant) -> Iterator[tuple[str, object]]:
    value = node.value
    if isinstance(value, bool):
        yield f"{value} → {not value}", lambda n: setattr(n, "value", not n.value)
    elif isinstance(value, (int, float)):
        for other in (value + 1, value - 1):
            yield f"{value} → {other}", lambda n, other=other: setattr(n, "value", other)


def _slice_changes(node: ast.Slice) -> Iterator[tuple[str, object]]:
    for part in ("lower", "upper", "step"):
        if getattr(node, part) is not None:
            yield f"{part} bound dropped", lambda n, part=part: setattr(n, part, None)


def _symmetric(node: ast.Call) -> bool:
    """Whether swapping the two arguments means nothing: max(a, b), min(a, b), f(*a, b)."""
    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    return name in ("max", "min", "maximum", "minimum") or any(
        isinstance(one, ast.Starred) for one in node.args
    )


def _become(node: ast.AST, other: ast.AST) -> None:
    """Turn a node into another one in place."""
    node.__class__ = other.__class__
    node.__dict__.update(other.__dict__)
