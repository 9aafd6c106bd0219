"""Find exercises by id. Those of chapter 2 are in the tuple EXERCISES of `workbook/exercises/chapters/c02_*.py`."""

import importlib
import re
from pathlib import Path

from workbook.exercises.exercise import Exercise, FreeText

FOLDER = Path(__file__).parent / "chapters"
NAME = re.compile(r"\d\d_\w+")  # of a chapter


def chapter_names() -> list[str]:
    """Return the names of the chapters that have exercises, such as "02_convolution"."""
    return sorted(path.stem[1:] for path in FOLDER.glob("c[0-9][0-9]_*.py"))


def chapter_of(exercise_id: str) -> str:
    """Return the chapter of an exercise: "2.3" → "02_convolution"."""
    number, dot, rest = exercise_id.partition(".") if isinstance(exercise_id, str) else ("", "", "")
    if not (dot and number.isdecimal() and rest.isdecimal()):
        raise ValueError(f'An exercise id must be a string such as "2.3". Received: {exercise_id!r}')
    return _chapter(number)


def _chapter(number: int | str) -> str:
    names = chapter_names()
    for name in names:
        if str(number).isdecimal() and int(name[:2]) == int(number):
            return name
    raise ValueError(f"There is no chapter {number}. Chapters with exercises: {', '.join(names)}.")


def exercises_of(chapter: int | str) -> tuple[Exercise | FreeText, ...]:
    """Return the exercises of a chapter, by its number (2) or name ("02_convolution")."""
    try:
        name = chapter if chapter in chapter_names() else _chapter(chapter)
    except ValueError as error:
        if isinstance(chapter, str) and NAME.fullmatch(chapter):  # a chapter that is being written
            raise ValueError(
                f"{error} Its exercises go to workbook/exercises/chapters/c{chapter}.py."
            ) from None
        raise
    return importlib.import_module(f"workbook.exercises.chapters.c{name}").EXERCISES


def find(exercise_id: str) -> Exercise | FreeText:
    """Return the exercise with this id; raise ValueError if there is none."""
    exercises = exercises_of(chapter_of(exercise_id))
    for exercise in exercises:
        if exercise.id == exercise_id:
            return exercise
    ids = ", ".join(exercise.id for exercise in exercises)
    raise ValueError(f"There is no exercise {exercise_id}. This chapter has {ids}.")


def all_exercises() -> list[Exercise]:
    """Return every exercise that a check judges, chapter by chapter."""
    exercises = [exercise for chapter in chapter_names() for exercise in exercises_of(chapter)]
    return [exercise for exercise in exercises if isinstance(exercise, Exercise)]
