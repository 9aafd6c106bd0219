"""Change each right answer a little, in every way that we know, and see whether the check notices.

A mutant that survives is listed in `survivors.toml` with the reason why it is equivalent to the right answer; the
test then shows it on many fresh inputs. Run this file with -s to see the share of mutants killed.
"""

import contextlib
import io
import tomllib
from pathlib import Path

import pytest

from tests import harness
from tests.exercises.mutation import mutants
from workbook.exercises import Exercise, all_exercises

SURVIVORS = tomllib.loads((Path(__file__).parent / "survivors.toml").read_text(encoding="utf-8"))
LEAST_KILLED = 0.95
SEED = 11
MORE_SEEDS = range(100, 120)


def _survives(exercise: Exercise, source: str, seed: int) -> bool:
    """Whether the check accepts a mutant. One that does not even run is noticed by the learner: killed."""
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            answer = harness.answer(exercise, source)
        except Exception:  # the cell itself fails
            return False
        return bool(harness.judge_again(exercise, answer, seed=seed, limit=3.0))


@pytest.mark.parametrize("exercise", all_exercises(), ids=lambda one: one.id)
def test_the_check_kills_mutants(exercise: Exercise) -> None:
    sources = [harness.solution_source(exercise), harness.reference_source(exercise)]
    listed = SURVIVORS.get(exercise.id, {})
    total, alive = 0, []
    for source in filter(None, sources):
        for what, text in mutants(source):
            total += 1
            if _survives(exercise, text, SEED):
                alive.append((what, text))
    unlisted = [f"{what}\n{text}" for what, text in alive if what not in listed]
    print(f"{exercise.id}: {total - len(alive)} of {total} mutants killed, {len(listed)} equivalent")
    for what, text in alive:
        for seed in MORE_SEEDS if what in listed else ():
            assert _survives(exercise, text, seed), f"{what} is listed as equivalent and is not"
    assert total >= 1
    assert 1 - len(unlisted) / total >= LEAST_KILLED, "too many survivors:\n" + "\n".join(unlisted)
    assert not unlisted, "survivors that survivors.toml does not explain:\n" + "\n".join(unlisted)


def test_every_listed_survivor_is_still_one() -> None:
    known = {one.id: one for one in all_exercises()}
    for exercise_id, listed in SURVIVORS.items():
        sources = [harness.solution_source(known[exercise_id]), harness.reference_source(known[exercise_id])]
        found = {what for source in filter(None, sources) for what, _ in mutants(source)}
        assert set(listed) <= found, f"{exercise_id}: stale entries {sorted(set(listed) - found)}"
        assert all(len(reason) > 15 for reason in listed.values())
