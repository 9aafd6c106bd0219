"""Read a cell's source without running it: what it defines, what it reads, and whether anything was filled in."""

import ast
import re
import symtable
import warnings
from collections.abc import Iterable, Iterator

LONGEST_PARSED = 200_000  # characters: a longer cell is searched, not parsed
BEGINS = r"^(?:(?:async[ ])?def[ ]+{0}\b|{0}[ ]*(?::[^=\n]*)?=[^=])"
CELL_MAGIC = re.compile(r"\s*%%(\w+|!)")
# Cell magics below which there is no Python, or Python whose names do not stay.
OTHER_TEXT = frozenset((
    "bash", "cython", "file", "html", "HTML", "javascript", "js", "latex", "markdown", "perl", "pypy", "python",
    "python2", "python3", "ruby", "script", "sh", "sql", "svg", "SVG", "system", "sx", "timeit", "writefile", "!",
))  # fmt: skip
DEEP = re.compile(
    r"__code__|__globals__|__closure__|__kwdefaults__|\bget_objects\b|\bget_referrers\b|\b_getframe\b|\bgetsource\b|"
    r"\bimportlib\.reload\b|\bspec_from_file_location\b|\bnote_call\b|\bjailed\b|\bworkbook\.(?:exercises|calls|course)\b"
)
RUN_LINE = re.compile(r"^[ \t]*%run\b", re.MULTILINE)
SHELL_LINE = re.compile(
    r"^\s*(?:[\w, ]+=\s*)?(?:!|%(?:pip|conda|mamba|micromamba|uv|system|sx)\b)|^\s*%%(?:bash|sh|script|!)"
)
ASSIGNED_MAGIC = re.compile(r"^(\s*[\w, ]+=)\s*[!%].*$")
# Names by which a cell may change what another one sees.
FAR_REACHING = frozenset((
    "exec", "eval", "globals", "locals", "vars", "setattr", "delattr", "__import__", "get_ipython", "builtins",
    "importlib", "sys",
))  # fmt: skip


def defined(source: str, names: Iterable[str]) -> set[str]:
    """Return those of the names that a cell defines at its top level: `def name(`, `name = …`, `import … as name`.

    Blocks such as `if`, `try` and `with` belong to the top level. In a cell with a syntax error, a name counts if a
    line begins in one of the first two ways.
    """
    possible = {name for name in names if name in source}
    if not possible:
        return set()
    tree = _tree(source)
    if tree is not None:
        return possible.intersection(name for node in tree.body for name in _bound(node))
    return {name for name in possible if re.search(BEGINS.format(re.escape(name)), source, re.MULTILINE)}


def written(source: str, names: Iterable[str]) -> set[str]:
    """Return those of the names that a cell defines by code of the learner's own.

    An import from the course does not count, nor does a definition that is as empty as a stub.
    """
    possible = {name for name in names if name in source}
    tree = _tree(source) if possible else None
    if tree is None:
        return defined(source, possible)
    own = [node for node in tree.body if not _is_import_from_course(node) and not _does_nothing(node)]
    return possible.intersection(name for node in own for name in _bound(node))


def functions(source: str) -> list[str]:
    """Return the names of the functions that a cell defines with `def` at its top level."""
    tree = _tree(source)
    body = tree.body if tree is not None else []
    return [node.name for node in body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]


def all_defined(source: str) -> set[str]:
    """Return every name that a cell defines at its top level."""
    tree = _tree(source)
    return set() if tree is None else {name for node in tree.body for name in _bound(node)}


def read_names(source: str) -> set[str]:
    """Return the names that a cell reads and other cells may have made; all its words if Python cannot read it."""
    text = _python(source)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            table = symtable.symtable(text, "cell", "exec") if len(text) <= LONGEST_PARSED else None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        table = None
    if table is None:
        return set(re.findall(r"[^\W\d]\w*", source[:LONGEST_PARSED]))
    return set(_globals_read(table))


def _globals_read(table: symtable.SymbolTable) -> Iterator[str]:
    waiting = [table]
    while waiting:
        scope = waiting.pop()
        waiting += scope.get_children()
        is_top = scope.get_type() == "module"
        for symbol in scope.get_symbols():
            if symbol.is_referenced() and (is_top or symbol.is_global()):
                yield symbol.get_name()


def reaches_far(source: str) -> bool:
    """Return whether a cell may change any name of other cells: by running a text or a file, or by a magic."""
    tree = _tree(source)
    if tree is None or CELL_MAGIC.match(source) or RUN_LINE.search(source):
        return True
    return any(_reaches_far(node) for node in ast.walk(tree))


def _reaches_far(node: ast.AST) -> bool:
    if isinstance(node, ast.Name):
        return node.id in FAR_REACHING
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return any(alias.name == "*" or alias.name in FAR_REACHING for alias in node.names)
    return isinstance(node, ast.Global)


def changed_parts(source: str) -> set[str]:
    """Return the names of other cells whose attributes or items a cell sets: `np` for `np.flip = None`."""
    tree = _tree(source)
    nodes = list(ast.walk(tree)) if tree is not None else []
    own = {node.id for node in nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
    own |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    stores = (node for node in nodes if isinstance(node, (ast.Attribute, ast.Subscript)))
    return {_root(node) for node in stores if not isinstance(node.ctx, ast.Load)} - own


def _root(node: ast.expr) -> str:
    """Return the name at the beginning of `a.b[0].c`; "" if there is none."""
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def checked_value(source: str, exercise: str) -> str:
    """Return the expression that a cell hands to the check of an exercise: "subsample"; "" if it calls none."""
    tree = _tree(source)
    for node in tree.body if tree is not None else []:
        call = node.value if isinstance(node, (ast.Expr, ast.Assign)) else None
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "check":
            first = call.args[0] if call.args else None
            if len(call.args) == 2 and isinstance(first, ast.Constant) and first.value == exercise:
                return ast.get_source_segment(_python(source), call.args[1]) or ""
    return ""


def is_unfilled(source: str, stub: str) -> bool:
    """Return whether an answer's cell holds nothing of the learner's: it is blank, the stub, or as empty as a stub.

    Comments, docstrings and layout do not count.
    """
    if source.strip() == stub.strip():
        return True
    tree, stub_tree = _tree(source), _tree(stub)
    if tree is None or RUN_LINE.search(source):
        return not source.strip()
    try:
        if stub_tree is not None and ast.dump(_without_words(tree)) == ast.dump(_without_words(stub_tree)):
            return True
        return _is_empty(tree.body)
    except RecursionError:
        return False


def _dump(node: ast.AST) -> str:
    """Return a text that is the same for equal trees; "" for one that is nested too deeply to say."""
    try:
        return ast.dump(node)
    except RecursionError:
        return ""


def _without_words(tree: ast.Module) -> ast.Module:
    """Remove docstrings and other texts that stand alone."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [part for part in body if not _is_text(part)]  # type: ignore[attr-defined]
    return tree


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_empty(body: list[ast.stmt]) -> bool:
    """Return whether statements do nothing, up to a `raise NotImplementedError` that nothing comes before."""
    for node in body:
        if isinstance(node, ast.Raise):
            return "NotImplementedError" in _dump(node)
        if not _does_nothing(node):
            return False
    return True


def _does_nothing(node: ast.stmt) -> bool:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return _is_empty(node.body)
    if isinstance(node, (ast.Return, ast.Assign, ast.AnnAssign, ast.Expr)):
        return node.value is None or _is_blank_value(node.value) or _is_text(node)
    return isinstance(node, ast.Pass)


def _is_blank_value(node: ast.expr) -> bool:
    """Return whether an expression is `...`, or a form in which nothing is filled in."""
    if isinstance(node, ast.Dict):
        return bool(node.values) and all(map(_is_blank_value, node.values))
    if isinstance(node, ast.Tuple):
        return bool(node.elts) and all(map(_is_blank_value, node.elts))
    return isinstance(node, ast.Constant) and node.value is ...


def added(source: str, original: str, *, definitions_only: bool = False) -> str:
    """Return the statements of a changed cell that the original does not have, as they are written.

    With `definitions_only`, they are functions, classes, imports, and names for plain values: what takes no time. The
    result is "" for a cell with a syntax error, and the whole source if the original is no Python.
    """
    tree, original_tree = _tree(source), _tree(original)
    if tree is None:
        return ""
    known = {_dump(node) for node in original_tree.body} if original_tree is not None else set()
    lines = _python(source).split("\n")
    kept = []
    for node in tree.body:
        is_wanted = not definitions_only or _is_definition(node)
        if _dump(node) not in known and is_wanted and not isinstance(node, ast.Pass):
            kept.append("\n".join(lines[_first_line(node) - 1 : node.end_lineno]))
    return "\n".join(kept)


def _first_line(node: ast.stmt) -> int:
    decorators = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _is_definition(node: ast.stmt) -> bool:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)):
        return True
    if isinstance(node, ast.Assign):
        try:
            ast.literal_eval(node.value)
        except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
            return False
        return True
    return False


def shell_lines(source: str) -> list[str]:
    """Return a cell's lines that give commands to the system: `!ls`, `%pip install …`, `%%bash`."""
    return [line.strip() for line in source.split("\n") if SHELL_LINE.match(line[:200])]


def deep_words(source: str) -> list[str]:
    """Return the words in a cell by which code looks into other code: an honest answer rarely has one."""
    return list(dict.fromkeys(DEEP.findall(source)))


def _is_import_from_course(node: ast.stmt) -> bool:
    if isinstance(node, ast.ImportFrom):
        return (node.module or "").split(".")[0] == "workbook"
    return isinstance(node, ast.Import) and any(
        alias.name.split(".")[0] == "workbook" for alias in node.names
    )


def _tree(source: str) -> ast.Module | None:
    """Return a cell's syntax tree, without its magics if it has some; None if it is not Python."""
    if len(source) > LONGEST_PARSED:
        return None
    for text in dict.fromkeys((source, _python(source))):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return None


def _python(source: str) -> str:
    """Return the source with `pass` in place of IPython's own lines: `%time`, `!ls`, `name?`; as many lines.

    Below a cell magic that takes another language, nothing is left.
    """
    magic = CELL_MAGIC.match(source)
    if magic and magic[1] in OTHER_TEXT:
        return "\n" * source.count("\n")
    lines = source.split("\n")
    for number, line in enumerate(lines):
        text = line.strip()
        if text.startswith(("%", "!", "?")) or text.endswith("?"):
            lines[number] = line[: len(line) - len(line.lstrip())] + "pass"
        elif assigned := ASSIGNED_MAGIC.match(line[:2000]):
            lines[number] = f"{assigned[1]} None"
    return "\n".join(lines)


def _bound(node: ast.stmt) -> set[str]:
    """Return the names that a statement binds, in the blocks below it too."""
    names: set[str] = set()
    waiting = [node]
    while waiting:
        statement = waiting.pop()
        names |= _bound_by(statement)
        if not isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            waiting += _blocks(statement)
    return names


def _bound_by(node: ast.stmt) -> set[str]:
    """Return the names that a statement itself binds."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {node.name}
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return {alias.asname or alias.name for alias in node.names}
    targets: list[ast.expr] = []
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, (ast.For, ast.AsyncFor)) or (
        isinstance(node, ast.AnnAssign) and node.value is not None
    ):
        targets = [node.target]
    elif isinstance(node, (ast.With, ast.AsyncWith)):
        targets = [item.optional_vars for item in node.items if item.optional_vars is not None]
    return {part.id for target in targets for part in _parts(target) if isinstance(part, ast.Name)}


def _blocks(node: ast.stmt) -> Iterator[ast.stmt]:
    """Yield the statements in the blocks of `if`, `for`, `while`, `with`, `try` and `match`."""
    for field in ("body", "orelse", "finalbody"):
        yield from getattr(node, field, [])
    for part in (*getattr(node, "handlers", []), *getattr(node, "cases", [])):
        yield from part.body


def _parts(target: ast.expr) -> Iterable[ast.expr]:
    """Return the parts of a target: `a, (b, *c)` binds three names, `a[i]` and `a.b` bind none."""
    if isinstance(target, (ast.Tuple, ast.List)):
        return [part for element in target.elts for part in _parts(element)]
    return _parts(target.value) if isinstance(target, ast.Starred) else [target]
