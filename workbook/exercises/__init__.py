"""Exercises, and the checks that judge their answers and name the mistake."""

from workbook.exercises.check import Check, as_text, check
from workbook.exercises.compare import Comparison, close, plain, short
from workbook.exercises.exercise import Exercise, FreeText, Mistake, call, no_inputs, value, value_exercise
from workbook.exercises.judge import Verdict, judge
from workbook.exercises.observe import Inputs
from workbook.exercises.registry import all_exercises, chapter_names, chapter_of, exercises_of, find

__all__ = [
    "Check", "Comparison", "Exercise", "FreeText", "Inputs", "Mistake", "Verdict", "all_exercises", "as_text", "call",
    "chapter_names", "chapter_of", "check", "close", "exercises_of", "find", "judge", "no_inputs", "plain", "short",
    "value", "value_exercise",
]  # fmt: skip
