"""Change each right answer a little, in every way that we know, and see whether the check notices.

A mutant that survives is listed in `survivors.toml` with the reason why it is equivalent to the right answer; the
test then shows it on many fresh inputs. Run this file with -s to see the share of mutants killed.
"""

import contextlib
import io
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests import harness
from tests.exercises.mutation import mutants
from workbook.exercises import Exercise, all_exercises, find
from workbook.exercises.models import observe_model

pytestmark = pytest.mark.slow

SURVIVORS = tomllib.loads((Path(__file__).parent / "survivors.toml").read_text(encoding="utf-8"))
LEAST_KILLED = 0.95
SEED = 11
TIME_LIMIT = 3.0
MORE_SEEDS = range(100, 120)


def _right_answers(exercise: Exercise) -> list[tuple[str, dict[str, Any]]]:
    """Return the chapter's solution and, if it is a function, the reference: source and the names that it needs."""
    answers = [(harness.solution_source(exercise), harness.namespace(exercise))]
    reference = harness.reference_source(exercise)
    if reference is not None:
        answers.append((reference, harness.reference_names(exercise)))
    return answers


def _survives(
    exercise: Exercise,
    source: str,
    names: dict[str, Any],
    *,
    seed: int = SEED,
    limit: float | None = TIME_LIMIT,
) -> bool:
    """Return whether the check accepts an answer. One that does not even run is noticed by the learner."""
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            answer = harness.answer(exercise, source, dict(names))
        except Exception:  # the cell itself fails
            return False
        return bool(harness.judge_again(exercise, answer, seed=seed, limit=limit))


@pytest.mark.parametrize("exercise", all_exercises(), ids=lambda exercise: exercise.id)
def test_the_check_kills_mutants(exercise: Exercise) -> None:
    listed = SURVIVORS.get(exercise.id, {})
    total = 0
    stale = set(listed)
    alive = []
    for source, names in _right_answers(exercise):
        assert _survives(exercise, source, names, limit=None), "the unchanged answer must pass"
        for change, mutant in mutants(source):
            total += 1
            stale.discard(change)
            if _survives(exercise, mutant, names):
                alive.append((change, mutant, names))
    unlisted = [f"{change}\n{mutant}" for change, mutant, _ in alive if change not in listed]
    print(f"{exercise.id}: {total - len(alive)} of {total} mutants killed, {len(listed)} equivalent")
    seeds = MORE_SEEDS[:3] if exercise.observe is observe_model else MORE_SEEDS  # models take long to build
    for change, mutant, names in alive:
        for seed in seeds if change in listed else ():
            assert _survives(exercise, mutant, names, seed=seed, limit=None), (
                f"{change} is listed as equivalent and is not"
            )
    assert total >= 1
    assert 1 - len(unlisted) / total >= LEAST_KILLED, "too many survivors:\n" + "\n".join(unlisted)
    assert not unlisted, "survivors that survivors.toml does not explain:\n" + "\n".join(unlisted)
    assert not stale, f"survivors.toml lists changes that are not possible any more: {sorted(stale)}"


def test_every_survivor_has_an_exercise_and_a_reason() -> None:
    for exercise_id, listed in SURVIVORS.items():
        assert isinstance(find(exercise_id), Exercise)
        assert all(len(reason) > 15 for reason in listed.values())


def test_a_change_is_named_by_its_expression_and_not_by_its_place() -> None:
    source = "def f(row):\n    first = row[0] + 1\n    return max(first, key=abs)"
    commented = source.replace("    first", "    # a comment\n\n    first").replace("+ 1", "+  1  # another")
    names = [name for name, _ in mutants(source)]
    assert names == [name for name, _ in mutants(commented)]
    assert {"row[0] + 1 → row[0] - 1", "row[0] → row[1]", "max(first, key=abs) → min(first, key=abs)"} <= set(
        names
    )
    twice = [name for name, _ in mutants("a = 1\nb = a\na = 1")]
    assert twice == ["a = 1 → a = 2", "a = 1 → a = 0", "a = 1 → a = 2 (2)", "a = 1 → a = 0 (2)"]
