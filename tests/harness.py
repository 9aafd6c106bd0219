"""Read the solutions out of the chapters' sources, and run code as a cell of the chapter would."""

import ast
import inspect
import sys
import textwrap
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from tests import ROOT
from workbook.course.authoring import run_cells
from workbook.course.authoring.chapter import BEGIN, END, stub
from workbook.exercises import Exercise, Verdict, chapter_of, find
from workbook.exercises.judge import Ruler
from workbook.exercises.observe import observe


def cells(chapter: str) -> tuple[Any, ...]:
    """Return the cells of a chapter's source."""
    return run_cells.cells(ROOT / "solutions" / f"{chapter}.py")


def prose(chapter: str) -> str:
    """Return the Markdown of a chapter, each cell on one line, so that line breaks do not matter."""
    markdown = [cell.source for cell in cells(chapter) if cell.cell_type == "markdown"]
    return "\n".join(" ".join(text.split()) for text in markdown)


def answer_source(exercise: Exercise) -> str:
    """Return the code of the exercise's answer cell, with its solution."""
    for cell in cells(chapter_of(exercise.id)):
        is_answer = cell.cell_type == "code" and "exercise" in cell.metadata.get("tags", [])
        if is_answer and str(cell.metadata.get("exercise")) == exercise.id:
            return cell.source
    raise LookupError(exercise.id)


def solution_source(exercise: Exercise) -> str:
    """Return the answer cell's code without the markers."""
    lines = answer_source(exercise).split("\n")
    return "\n".join(line for line in lines if line.strip() not in (BEGIN, END))


def stub_source(exercise: Exercise) -> str:
    """Return what the learner finds in the answer cell."""
    return stub(answer_source(exercise))


def reference_source(exercise: Exercise) -> str | None:
    """Return the source of a reference that is a plain function, under the answer's name; None for any other.

    None also for one with options: they turn it into the mistakes. Annotations are left out, because a change of them
    changes nothing. Run the source with `reference_names`.
    """
    reference = exercise.reference
    if not inspect.isfunction(reference) or reference.__name__ == "<lambda>":
        return None
    if not reference.__module__.startswith("workbook.exercises."):
        return None  # the package's own functions have tests of their own
    parameters = inspect.signature(reference).parameters.values()
    if any(p.default is not p.empty or p.kind is p.VAR_KEYWORD for p in parameters):
        return None
    tree = ast.parse(textwrap.dedent(inspect.getsource(reference)))
    function = tree.body[0]
    assert isinstance(function, ast.FunctionDef)
    function.name = exercise.answer_name
    return ast.unparse(_Unannotated().visit(tree))


class _Unannotated(ast.NodeTransformer):
    """Leave the annotations out of a function."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        assert node.value is not None
        return ast.copy_location(ast.Assign([node.target], node.value), node)


def reference_names(exercise: Exercise) -> dict[str, Any]:
    """Return the names that a reference has: those of its module."""
    return dict(vars(sys.modules[exercise.reference.__module__]))


def namespace(exercise: Exercise) -> dict[str, Any]:
    """Return the names that a learner has when the answer cell runs: those of the set-up and earlier answers."""
    return run_cells.names_before(ROOT, exercise)


run = run_cells.run
Choice = Callable[[Any], bool]


def named(*names: str, starts: tuple[str, ...] = ()) -> Choice:
    """Choose a chapter's set-up, its cells of these names, and those whose source begins so."""

    def choose(cell: Any) -> bool:
        is_setup = "setup" in cell.metadata.get("tags", [])
        return is_setup or cell.metadata.get("name") in names or cell.source.startswith(starts)

    return choose


def demonstrations(*, trained: bool) -> Choice:
    """Choose what is neither exercise nor check and shows no picture; what trains only if asked, and if it is named."""

    def choose(cell: Any) -> bool:
        tags = set(cell.metadata.get("tags", []))
        if tags & {"exercise", "check"} or cell.metadata.get("alt"):
            return False
        return "slow" not in tags or (trained and "name" in cell.metadata)

    return choose


def run_chapter(
    chapter: str,
    choice: Choice,
    names: dict[str, Any] | None = None,
    *,
    after: Mapping[str, dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """Run the chosen code cells of a chapter, in order, and return their names.

    `after` holds names to set again after the cell with a name, or after the one with the tag "setup".
    """
    names = {} if names is None else names
    for cell in cells(chapter):
        if cell.cell_type == "code" and choice(cell):
            run(cell.source, names)
            for mark in (cell.metadata.get("name"), *cell.metadata.get("tags", [])):
                names |= (after or {}).get(mark, {})
    return names


def answer(exercise: Exercise, source: str, names: dict[str, Any] | None = None) -> Any:
    """Run an answer cell, in the learner's names or in others, and return the value that the check would read."""
    return run(source, namespace(exercise) if names is None else names)[exercise.answer_name]


@lru_cache(maxsize=8)
def ruler(exercise_id: str, seed: int) -> Ruler:
    """Return the judge of an exercise on one seed."""
    return Ruler(find(exercise_id), seed=seed)  # type: ignore[arg-type]


def judge_again(exercise: Exercise, answer: Any, *, seed: int, limit: float | None = None) -> Verdict:
    """Judge as `judge` does; for all answers on one seed the reference and the mistakes run once."""
    judge = ruler(exercise.id, seed)
    return judge.verdict(observe(exercise, answer, judge.cases, limit=limit))
