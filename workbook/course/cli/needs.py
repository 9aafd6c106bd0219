"""What a command needs beyond the course itself: in one line, before anything is written."""

import importlib.util
import re
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import typer
import typer.core

from workbook.keras_settings import BACKENDS

# The modules that an extra of pyproject.toml brings, as Python imports them.
MODULES = {
    "grade": ("jinja2", "nbformat", "nbgrader", "psutil", "dateutil", "pkg_resources"),
    "cluster": ("distributed",),
    "postgres": ("psycopg2",),
    "site": ("jupytext", "myst_nb", "nbformat", "sphinx", "sphinx_book_theme"),
    "test": ("jupytext", "nbclient", "nbformat", "pandas", "psutil", "scipy"),
    "tensorflow": BACKENDS,
}
# The extra of a command; all others need `test`.
EXTRAS = {"grade": "grade", "gradescope": "grade", "league": "grade", "site": "site"}
OPTIONAL = {module for modules in MODULES.values() for module in modules}


def require(what: str, extras: Sequence[str], *, backend: bool = False) -> None:
    """Check that the modules of `extras` can be imported, and a backend for Keras; end with one line if not.

    `what` begins the line: "`workbook grade`".
    """
    for extra in extras:
        missing = next((module for module in MODULES[extra] if not _is_installed(module)), None)
        if missing is not None:
            stop(line(what, missing, extra))
    if backend and not any(map(_is_installed, BACKENDS)):
        stop(line(what, "tensorflow", "tensorflow"))


def stop(text: str, code: int = 2) -> NoReturn:
    """Print one line on stderr and end the command with an exit code."""
    print(text, file=sys.stderr)
    raise typer.Exit(code)


def line(what: str, module: str, extra: str) -> str:
    """Return the line that names a missing module and the command that installs its extra."""
    name = "TensorFlow (or JAX)" if module in BACKENDS else module
    command = f'pip install -c requirements.lock -e ".[{extra}]"'
    return f"{what} needs {name}, which is not installed. In the project's folder: {command}"


def _is_installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


class Commands(typer.core.TyperGroup):
    """The `workbook` command: a missing optional package ends any of its commands in one line."""

    def invoke(self, ctx: Any) -> Any:
        """Run the chosen command. An import that fails for another reason keeps its traceback."""
        try:
            return super().invoke(ctx)
        except ModuleNotFoundError as error:
            module = (error.name or "").partition(".")[0]
            if module not in OPTIONAL:
                raise
            command = ctx.invoked_subcommand or ""
            extra = "tensorflow" if module in BACKENDS else EXTRAS.get(command, "test")
            stop(line(f"`workbook {command}`", module, extra))


def drivers(database: str | None) -> tuple[str, ...]:
    """Return the extras that a database's address needs: `postgres` for one with psycopg2."""
    return ("postgres",) if re.match(r"postgres\w*(\+psycopg2)?:", database or "") else ()
