"""The masters: the learners' notebooks as the course hands them out. Grading takes everything but answers from them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbook.exercises import Exercise, exercises_of


@dataclass(frozen=True)
class MasterCell:
    """A cell of a master. `kind` is "setup", "answer", "check", "demonstration", "slow" or "text".

    `exercise` is set for answers, checks and the text cells that are themselves an answer.
    """

    id: str
    kind: str
    exercise: str
    source: str


@dataclass(frozen=True)
class Master:
    """A chapter's notebook, trusted. `answer_names` maps each exercise in code to the name that its answer defines."""

    chapter: str
    setup: str
    cells: tuple[MasterCell, ...]
    answer_names: dict[str, str] = field(default_factory=dict)

    @property
    def exercises(self) -> tuple[str, ...]:
        """The exercises in the notebook's order, with those answered in words."""
        return tuple(cell.exercise for cell in self.cells if is_answer(cell))


def is_answer(cell: MasterCell) -> bool:
    """Return whether a learner fills in the cell, with code or with words."""
    return cell.kind == "answer" or (cell.kind == "text" and cell.exercise != "")


def learner_notebooks(root: Path) -> list[Path]:
    """Return the paths of the learners' notebooks of the project at `root`, in the order of the chapters."""
    return sorted((root / "notebooks").glob("[0-9][0-9]_*.ipynb"))


def read_masters(root: Path) -> dict[str, Master]:
    """Read `notebooks/NN_topic.ipynb` below the project's folder, by chapter.

    ValueError if there is none, or if an exercise has no cell to answer in.
    """
    paths = learner_notebooks(root)
    if not paths:
        raise ValueError(
            f"{root} has no notebooks/NN_topic.ipynb: run `workbook build`, or give the project's folder."
        )
    return {path.stem: read_master(path) for path in paths}


def read_master(path: Path) -> Master:
    """Read one learner's notebook of the project; its name is the chapter's."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cells = tuple(_cell(cell) for cell in notebook["cells"])
    setup = "\n".join(cell.source for cell in cells if cell.kind == "setup")
    exercises = exercises_of(path.stem)
    names = {exercise.id: exercise.answer_name for exercise in exercises if isinstance(exercise, Exercise)}
    master = Master(path.stem, setup, cells, names)
    if sorted(master.exercises) != sorted(exercise.id for exercise in exercises):
        raise ValueError(f"{path}: the answer cells do not match the exercises; run `workbook build`.")
    return master


def solutions_of(notebook: Path) -> dict[str, str]:
    """Return the course's own answers from a complete notebook, by exercise id; none if the file is missing."""
    if not notebook.is_file():
        return {}
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return {
        cell["metadata"]["exercise"]: "".join(cell["source"])
        for cell in cells
        if cell["cell_type"] == "code" and "exercise" in cell["metadata"].get("tags", [])
    }


def _cell(cell: dict[str, Any]) -> MasterCell:
    tags = cell["metadata"].get("tags", [])
    kind = _kind(cell["cell_type"], tags)
    is_stub = kind in ("answer", "check") or (kind == "text" and "exercise" in tags)
    exercise = cell["metadata"].get("exercise", "") if is_stub else ""
    return MasterCell(cell["id"], kind, exercise, "".join(cell["source"]))


def _kind(cell_type: str, tags: Sequence[str]) -> str:
    if cell_type != "code" or "colab" in tags or "badges" in tags:
        return "text"
    for tag, kind in (("setup", "setup"), ("exercise", "answer"), ("check", "check"), ("slow", "slow")):
        if tag in tags:
            return kind
    return "demonstration"
