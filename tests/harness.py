"""Read the solutions out of the chapters' sources, and run code as a cell of the chapter would."""

import ast
import inspect
import textwrap
import warnings
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Any

import jupytext

from tests import ROOT
from workbook.course.authoring.chapter import BEGIN, END, stub
from workbook.exercises import Exercise, Verdict, chapter_of, find
from workbook.exercises.judge import Ruler
from workbook.exercises.observe import observe


@cache
def cells(chapter: str) -> tuple[Any, ...]:
    """Give the cells of a chapter's source."""
    return tuple(jupytext.read(ROOT / "solutions" / f"{chapter}.py", fmt="py:percent").cells)


def answer_source(exercise: Exercise) -> str:
    """Give the code of the exercise's answer cell, with its solution."""
    for cell in cells(chapter_of(exercise.id)):
        is_answer = cell.cell_type == "code" and "exercise" in cell.metadata.get("tags", [])
        if is_answer and str(cell.metadata.get("exercise")) == exercise.id:
            return cell.source
    raise LookupError(exercise.id)


def solution_source(exercise: Exercise) -> str:
    """Give the answer cell's code without the markers."""
    lines = answer_source(exercise).split("\n")
    return "\n".join(line for line in lines if line.strip() not in (BEGIN, END))


def stub_source(exercise: Exercise) -> str:
    """Give what the learner finds in the answer cell."""
    return stub(answer_source(exercise))


def reference_source(exercise: Exercise) -> str | None:
    """Give the source of a reference that is a plain function, renamed to the answer's name; else None."""
    reference = exercise.reference
    if not inspect.isfunction(reference) or reference.__name__ == "<lambda>":
        return None
    if not reference.__module__.startswith("workbook.exercises."):
        return None  # the package's own functions have tests, and mutants, of their own
    tree = ast.parse(textwrap.dedent(inspect.getsource(reference)))
    tree.body[0].name = exercise.answer_name  # type: ignore[attr-defined]
    return ast.unparse(tree)


def namespace(exercise: Exercise) -> dict[str, Any]:
    """Give the names that a learner has when the answer cell runs: those of the set-up and earlier answers."""
    return dict(_names_before(chapter_of(exercise.id), exercise.id))


@cache
def _names_before(chapter: str, exercise_id: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    for cell in cells(chapter):
        tags = cell.metadata.get("tags", [])
        if cell.cell_type != "code":
            continue
        if str(cell.metadata.get("exercise")) == exercise_id:
            break
        if "setup" in tags or "exercise" in tags:
            run(cell.source, names)
    return names


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
    """Run the code cells of a chapter that are chosen, in order, and give their names.

    `after` holds names that are set anew after the cell of a name, or after the one with the tag "setup".
    """
    found = {} if names is None else names
    for cell in cells(chapter):
        if cell.cell_type == "code" and choice(cell):
            run(cell.source, found)
            for mark in (cell.metadata.get("name"), *cell.metadata.get("tags", [])):
                found |= (after or {}).get(mark, {})
    return found


def run(source: str, names: dict[str, Any]) -> dict[str, Any]:
    """Run a cell in these names and give them back."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(source, "<cell>", "exec"), names)
    return names


def answer(exercise: Exercise, source: str) -> Any:
    """Run an answer cell and give the value or function that the check would read."""
    return run(source, namespace(exercise))[exercise.answer_name]


@lru_cache(maxsize=8)
def _ruler(exercise_id: str, seed: int) -> Ruler:
    return Ruler(find(exercise_id), seed=seed)  # type: ignore[arg-type]


def judge_again(exercise: Exercise, answer: Any, *, seed: int, limit: float | None = None) -> Verdict:
    """Judge as `judge` does; for all answers on one seed the reference and the mistakes run once."""
    ruler = _ruler(exercise.id, seed)
    return ruler.verdict(observe(exercise, answer, ruler.cases, limit=limit))
