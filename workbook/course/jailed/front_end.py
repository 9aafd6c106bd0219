"""The shell that runs a learner's cells. What else a notebook's front end offers does nothing here.

A cell that begins with `!pip install …`, `%tensorboard` or Colab's `drive.mount(…)` is an honest one. Where answers are
graded, there is no system to command and no drive to mount: the line does nothing, and the rest of the cell runs.
"""

import ast
import functools
import importlib.util
import sys
from typing import Any

OTHER_LANGUAGES = frozenset((
    "bash", "cython", "javascript", "js", "perl", "pypy", "python", "python2", "python3", "ruby", "script", "sh", "sql",
    "sx", "system", "!",
))  # fmt: skip
# Line magics whose errors are the learner's.
RUNS_PYTHON = frozenset(("lprun", "memit", "mprun", "prun", "run", "time", "timeit"))
# Line magics that do nothing here: no system, no front end, and the set-up has run before the learner's first cell.
NOT_RUN = frozenset(("load_ext", "reload_ext", "reset", "reset_selective"))
COLAB = "google.colab"


class Nothing:
    """Stands for a module of Colab's: whatever is called in it does nothing."""

    def __call__(self, *args: Any, **options: Any) -> None:
        """Do nothing."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self


class Missing:
    """Stands for a package that is not there: an import of it that is not used harms nobody."""

    def __init__(self, name: str) -> None:
        self._name = name

    def _raise(self, *args: Any, **options: Any) -> Any:
        raise ModuleNotFoundError(f"No module named {self._name!r} where answers are graded")

    __call__ = __getitem__ = __iter__ = _raise

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._raise()


class SkipMissingImports(ast.NodeTransformer):
    """Lets a cell go on after an import, at its top level, of a package that is not there."""

    def visit_Module(self, node: ast.Module) -> ast.Module:
        """Replace such imports by stand-ins."""
        node.body = [kept for statement in node.body for kept in self._kept(statement)]
        return node

    def _kept(self, node: ast.stmt) -> list[ast.stmt]:
        if isinstance(node, ast.ImportFrom) and not node.level and not _is_there(node.module or ""):
            return [_stand_in(node, alias.asname or alias.name, node.module or "") for alias in node.names]
        if isinstance(node, ast.Import):
            return [part for alias in node.names for part in self._import(node, alias)]
        return [node]

    def _import(self, node: ast.Import, alias: ast.alias) -> list[ast.stmt]:
        if _is_there(alias.name):
            return [ast.copy_location(ast.Import(names=[alias]), node)]
        return [_stand_in(node, alias.asname or alias.name.split(".")[0], alias.name)]


def _is_there(module: str) -> bool:
    top = module.split(".")[0]
    try:
        is_installed = top in sys.modules or importlib.util.find_spec(top) is not None
    except (ImportError, ValueError):
        is_installed = True
    return is_installed and not _is_of_colab(module)


def _is_of_colab(module: str) -> bool:
    return module == COLAB or module.startswith(f"{COLAB}.")


def _stand_in(node: ast.stmt, name: str, module: str) -> ast.stmt:
    """Return the statement that binds a name to a stand-in; `from … import *` binds none.

    A cell that *asks* whether it is on Colab, by an import in `try`, is not changed: the answer is no.
    """
    if name == "*":
        return ast.copy_location(ast.Pass(), node)
    made = "Nothing()" if _is_of_colab(module) else f"Missing({module!r})"
    source = f"{name} = __import__({__name__!r}, fromlist=['Missing']).{made}"
    statement = ast.parse(source).body[0]
    for part in ast.walk(statement):
        ast.copy_location(part, node)
    return ast.fix_missing_locations(statement)


@functools.cache
def shell() -> Any:
    """Return the one IPython shell: it knows magics and `display` as a notebook does, and keeps no history."""
    from IPython.core.history import HistoryManager
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.text import SList

    class Shell(InteractiveShell):
        """A shell without a user and without a system: figures stay in memory, tracebacks are not written."""

        def enable_gui(self, gui: Any = None) -> None:
            """Do nothing."""

        def enable_matplotlib(self, gui: Any = None) -> tuple[Any, str]:
            """Keep the back end that is set."""
            return gui, "agg"

        def showtraceback(self, *args: Any, **options: Any) -> None:
            """Do nothing."""

        def showsyntaxerror(self, *args: Any, **options: Any) -> None:
            """Do nothing."""

        def system(self, cmd: str) -> None:
            """Run nothing, and say that it went well."""
            self.user_ns["_exit_code"] = 0

        system_raw = system_piped = system

        def getoutput(self, cmd: str, split: bool = True, depth: int = 0) -> Any:
            """Return what a command prints that is not run: nothing."""
            return SList() if split else ""

        def run_line_magic(self, magic_name: str, line: str, _stack_depth: int = 1) -> Any:
            """Run a magic; one that is unknown, or for the front end and fails, does nothing."""
            if magic_name in NOT_RUN or self.find_line_magic(magic_name) is None:
                return None
            if magic_name in RUNS_PYTHON:
                return super().run_line_magic(magic_name, line, _stack_depth + 1)
            try:
                return super().run_line_magic(magic_name, line, _stack_depth + 1)
            except Exception:  # it is about the system, the front end or a package, which are not here
                return None

        def run_cell_magic(self, magic_name: str, line: str, cell: str) -> Any:
            """Run a magic; the cell below an unknown one is run as it is, one in another language is not."""
            if magic_name in OTHER_LANGUAGES:
                return None
            if self.find_cell_magic(magic_name) is None:
                return self.run_cell(cell, store_history=False).raise_error()
            return super().run_cell_magic(magic_name, line, cell)

    HistoryManager.enabled = False  # type: ignore[assignment]
    instance = Shell.instance()
    instance.ast_transformers.append(SkipMissingImports())
    return instance
