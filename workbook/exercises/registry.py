"""Find exercises by id: chapter 2's stand in the tuple EXERCISES of `workbook/exercises/chapters/c02_*.py`."""

import importlib
from pathlib import Path

from workbook.exercises.exercise import Exercise, FreeText

FOLDER = Path(__file__).parent / "chapters"


def chapters() -> list[str]:
    """List the chapters that have exercises, as "02_convolution"."""
    return sorted(path.stem[1:] for path in FOLDER.glob("c[0-9][0-9]_*.py"))


def chapter_of(exercise_id: str) -> str:
    """Give the chapter of an exercise: "2.3" → "02_convolution"."""
    number, dot, rest = exercise_id.partition(".") if isinstance(exercise_id, str) else ("", "", "")
    if not (dot and number.isdecimal() and rest.isdecimal()):
        raise ValueError(f'An exercise id is a text such as "2.3", in quotes. Received: {exercise_id!r}')
    return _chapter(number)


def _chapter(number: int | str) -> str:
    found = [name for name in chapters() if str(number).isdecimal() and int(name[:2]) == int(number)]
    if not found:
        raise ValueError(f"There is no chapter {number} with exercises. Received: {number!r}")
    return found[0]


def exercises_of(chapter: int | str) -> tuple[Exercise | FreeText, ...]:
    """Give the exercises of a chapter, by its number (2) or name ("02_convolution")."""
    name = chapter if chapter in chapters() else _chapter(chapter)
    return importlib.import_module(f"workbook.exercises.chapters.c{name}").EXERCISES


def find(exercise_id: str) -> Exercise | FreeText:
    """Give the exercise with this id; ValueError in one line if there is none."""
    known = exercises_of(chapter_of(exercise_id))
    for one in known:
        if one.id == exercise_id:
            return one
    ids = ", ".join(one.id for one in known)
    raise ValueError(f"There is no exercise {exercise_id}. This chapter has {ids}.")


def all_exercises() -> list[Exercise]:
    """Give every exercise that a check judges, chapter by chapter."""
    return [one for name in chapters() for one in exercises_of(name) if isinstance(one, Exercise)]
