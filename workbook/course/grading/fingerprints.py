"""Say what judged a mark: a fingerprint of all code, cases, notebooks and packages that take part in a verdict.

A mark carries the digest of its fingerprint. A later run with another fingerprint can so tell which marks another
version of the course made, and which part of it has changed since.
"""

import ast
import hashlib
import json
import platform
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import metadata
from pathlib import Path

import workbook
from workbook.course.grading.records import Graded, Mark
from workbook.course.grading.untrusted import write_atomically
from workbook.exercises import Exercise, exercises_of

PACKAGE = Path(workbook.__file__).parent
ENGINE = (  # what reads, runs and judges; all that these import judges, too
    "workbook.course.grading.grader",
    "workbook.course.grading.referee",
    "workbook.course.jailed.inside",
)
PACKAGES = ("numpy", "keras", "tensorflow")
FILE = "judged_by.json"
UNKNOWN = "graded by an unknown version of the course"
Parts = dict[str, str]  # part → digest or version


@dataclass(frozen=True)
class Fingerprint:
    """All that judges one exercise, part by part, and a digest of it."""

    digest: str
    parts: Parts


class Judges:
    """What judges the exercises in this run. `seconds` and `memory` are the limits of one submission."""

    def __init__(self, root: Path, *, seconds: float, memory: int) -> None:
        self.root = root
        self._limits = {"time limit": f"{seconds:g} s", "memory limit": f"{memory / 2**30:g} GiB"}
        self._known: dict[str, Fingerprint] = {}
        self._written: set[str] = set()

    def fingerprint(self, chapter: str, exercise: str) -> Fingerprint:
        """Return the fingerprint of an exercise that a check judges."""
        if exercise not in self._known:
            definition, modules = _definition(f"workbook.exercises.chapters.c{chapter}", exercise)
            parts = {
                f"exercise {exercise}": _digest(definition),
                **{
                    f"{folder}/{chapter}.ipynb": self._notebook(folder, chapter)
                    for folder in ("notebooks", "solutions")
                },
                **{_shown(name): digest for name, digest in _closure((*ENGINE, *modules))},
                **_versions(),
                **self._limits,
            }
            self._known[exercise] = Fingerprint(_digest(json.dumps(parts, sort_keys=True)), parts)
        return self._known[exercise]

    def _notebook(self, folder: str, chapter: str) -> str:
        """Return a digest of the code in a notebook of the course; "" if it is missing."""
        path = self.root / folder / f"{chapter}.ipynb"
        if not path.is_file():
            return ""
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        return _digest(json.dumps([cell["source"] for cell in cells if cell["cell_type"] == "code"]))

    def stamped(self, graded: Graded) -> Graded:
        """Return a submission whose marks say what judged them. Answers in words are judged by a person."""
        judged = {exercise.id for exercise in _judged(graded.chapter)}
        marks = tuple(
            replace(mark, judged_by=self.fingerprint(graded.chapter, mark.exercise).digest)
            if mark.exercise in judged
            else mark
            for mark in graded.marks
        )
        return replace(graded, marks=marks)

    def outdated(self, graded: Graded) -> list[str]:
        """Return the exercises of a stored submission that other code would judge now."""
        judged = {exercise.id for exercise in _judged(graded.chapter)}
        return [
            mark.exercise
            for mark in graded.marks
            if mark.exercise in judged
            and mark.judged_by != self.fingerprint(graded.chapter, mark.exercise).digest
        ]

    def changed_since(self, mark: Mark, known: Mapping[str, Parts]) -> list[str]:
        """Return what changed since a stored mark was made, in words; none if nothing did.

        `known` are the parts of the fingerprints that stored marks carry.
        """
        now = self.fingerprint(mark.chapter, mark.exercise)
        if mark.judged_by == now.digest:
            return []
        return differences(known[mark.judged_by], now.parts) if mark.judged_by in known else [UNKNOWN]

    def remember(self, folder: Path, stamped: Graded) -> None:
        """Write down in a run's folder what judged these marks, each fingerprint once."""
        used = [self.fingerprint(mark.chapter, mark.exercise) for mark in stamped.marks if mark.judged_by]
        new = {fingerprint.digest: fingerprint.parts for fingerprint in used}
        if new.keys() - self._written:
            write_atomically(folder / FILE, json.dumps(read_known(folder) | new) + "\n")
            self._written |= new.keys()


def _judged(chapter: str) -> list[Exercise]:
    exercises = exercises_of(chapter) if chapter else ()
    return [exercise for exercise in exercises if isinstance(exercise, Exercise)]


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Return what changed between the parts of two fingerprints, in words."""
    words = []
    for name in {**after, **before}:
        old, new = before.get(name, ""), after.get(name, "")
        if old == new:
            continue
        if not old or not new:
            words.append(f"{name} {'is now used' if new else 'is no longer used'}")
        elif name in (*PACKAGES, "Python", "time limit", "memory limit"):
            words.append(f"{name} {old} → {new}")
        else:
            words.append(f"{name} changed")
    return words


def read_known(folder: Path) -> dict[str, Parts]:
    """Return the parts of the fingerprints that a run's marks carry, by digest; none if they are lost."""
    try:
        known = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return {
            str(digest): {str(name): str(part) for name, part in parts.items()}
            for digest, parts in known.items()
        }
    except (OSError, ValueError, AttributeError):
        return {}


# Code ----------------------------------------------------------------------------------------------------------------


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


@cache
def _versions() -> Parts:
    versions = {"Python": platform.python_version()}
    for name in PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def _path(module: str) -> Path | None:
    """Return the file of a module of this package, or None."""
    head, *parts = module.split(".")
    if head != workbook.__name__:
        return None
    place = PACKAGE.joinpath(*parts)
    return next((path for path in (place.with_suffix(".py"), place / "__init__.py") if path.is_file()), None)


def _shown(module: str) -> str:
    path = _path(module)
    assert path is not None
    return path.relative_to(PACKAGE.parent).as_posix()


@cache
def _tree(module: str) -> ast.Module:
    """Return a module's code without docstrings."""
    path = _path(module)
    assert path is not None
    return _parsed(path.read_text(encoding="utf-8"))


def _parsed(source: str) -> ast.Module:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if (
            isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
            and ast.get_docstring(node) is not None
        ):
            node.body = node.body[1:] or [ast.Pass()]
    return tree


@cache
def _module_digest(module: str) -> str:
    return _digest(ast.unparse(_tree(module)))  # comments and layout judge nothing


def _imports(tree: ast.AST, package: str) -> set[str]:
    """Return the modules of this package that code imports, also inside functions."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = ".".join(filter(None, (package, node.module))) if node.level else node.module or ""
            names |= {module} | {f"{module}.{alias.name}" for alias in node.names}
    return {name for name in names if _path(name) is not None}


def _closure(modules: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield these modules and all that they import, with the digest of each."""
    waiting, seen = sorted(set(modules)), set()
    while waiting:
        module = waiting.pop()
        if module not in seen:
            seen.add(module)
            waiting += _imports_of(module) - seen
    for module in sorted(seen):
        yield module, _module_digest(module)


@cache
def _imports_of(module: str) -> frozenset[str]:
    path = _path(module)
    assert path is not None
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    return frozenset(_imports(_tree(module), package))


@cache
def _definition(module: str, exercise: str) -> tuple[str, frozenset[str]]:
    """Return the code that defines an exercise, and the modules that this code imports.

    It is the statement that holds the exercise's id, and all that it uses of its module.
    """
    statements = _tree(module).body
    by_name = {name: statement for statement in statements for name in _defined(statement)}
    chosen = {
        id(statement): statement
        for statement in statements
        if any(isinstance(node, ast.Constant) and node.value == exercise for node in ast.walk(statement))
    }
    waiting = list(chosen.values())
    while waiting:
        used = {node.id for node in ast.walk(waiting.pop()) if isinstance(node, ast.Name)}
        for statement in (by_name[name] for name in used & by_name.keys()):
            if id(statement) not in chosen:
                chosen[id(statement)] = statement
                waiting.append(statement)
    used = {
        node.id for statement in chosen.values() for node in ast.walk(statement) if isinstance(node, ast.Name)
    }
    kept = [_narrowed(statement, used) for statement in statements if id(statement) in chosen]
    tree = ast.Module(kept, [])
    return ast.unparse(tree), frozenset(_imports(tree, module.rpartition(".")[0]))


def _narrowed(statement: ast.stmt, used: set[str]) -> ast.stmt:
    """Return an import with the names that are used alone; any other statement as it is."""
    if isinstance(statement, ast.ImportFrom):
        names = [alias for alias in statement.names if (alias.asname or alias.name) in used]
        return ast.ImportFrom(statement.module, names, statement.level)
    return statement


def _defined(statement: ast.stmt) -> set[str]:
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        return {statement.name}
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return {(alias.asname or alias.name).split(".")[0] for alias in statement.names}
    return {
        node.id
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
