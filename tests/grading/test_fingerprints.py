"""What judged a mark: it changes with everything that judges, and with nothing else."""

import ast
from pathlib import Path

import pytest

from tests import ROOT
from tests.grading.made_up import graded, mark
from workbook.course.grading import fingerprints
from workbook.course.grading.fingerprints import Judges, differences, read_known
from workbook.exercises import chapter_names

CHAPTER = "02_convolution"


def _judges(**given: float) -> Judges:
    return Judges(ROOT, seconds=given.get("seconds", 120.0), memory=int(given.get("memory", 2**33)))


@pytest.fixture
def edited(monkeypatch: pytest.MonkeyPatch):
    """Let a module read otherwise: `edited(module, old, new)`."""

    def edit(module: str, old: str, new: str) -> None:
        path = fingerprints._path(module)
        source = path.read_text(encoding="utf-8")
        assert old in source
        tree = fingerprints._parsed(source.replace(old, new))
        before = fingerprints._tree

        def read(name: str) -> ast.Module:
            return tree if name == module else before(name)

        monkeypatch.setattr(fingerprints, "_tree", read)
        for cached in (fingerprints._module_digest, fingerprints._imports_of, fingerprints._definition):
            cached.cache_clear()

    yield edit
    monkeypatch.undo()
    for cached in (fingerprints._module_digest, fingerprints._imports_of, fingerprints._definition):
        cached.cache_clear()


def _changed(before: dict[str, str], exercise: str) -> list[str]:
    return differences(before, _judges().fingerprint(CHAPTER, exercise).parts)


def test_all_that_judges_is_in_it() -> None:
    parts = _judges().fingerprint(CHAPTER, "2.3").parts
    for name in (
        "exercise 2.3", "workbook/exercises/judge.py", "workbook/exercises/compare.py", "workbook/exercises/observe.py",
        "workbook/exercises/models.py", "workbook/exercises/model_graph.py", "workbook/course/jailed/transport.py",
        "workbook/course/jailed/running.py", "workbook/course/grading/attempts.py", "workbook/arithmetic.py",
        "workbook/course/grading/submitted_answers.py", "notebooks/02_convolution.ipynb", "numpy",
        "Python", "time limit",
    ):  # fmt: skip
        assert parts.get(name), name
    for name in ("pages", "exports", "gradebook", "copies", "class_run", "review_page"):
        assert f"workbook/course/grading/{name}.py" not in parts
    assert "workbook/reference.py" not in parts  # 2.1 needs it, 2.3 does not
    assert "workbook/reference.py" in _judges().fingerprint(CHAPTER, "2.1").parts


def test_a_changed_engine_changes_every_exercise(edited) -> None:
    before = {name: _judges().fingerprint(CHAPTER, name).parts for name in ("2.1", "2.3")}
    edited("workbook.exercises.judge", "if not wrong and len", "if wrong == [] and len")
    for exercise, parts in before.items():
        assert _changed(parts, exercise) == ["workbook/exercises/judge.py changed"]


def test_a_changed_exercise_changes_itself_alone(edited) -> None:
    before = {name: _judges().fingerprint(CHAPTER, name).parts for name in ("2.1", "2.3", "2.4")}
    edited("workbook.exercises.chapters.c02_convolution", "for _ in range(10):", "for _ in range(20):")
    assert {name: _changed(parts, name) for name, parts in before.items()} == {
        "2.1": [], "2.3": ["exercise 2.3 changed"], "2.4": [],
    }  # fmt: skip


def test_docstrings_judge_nothing(edited) -> None:
    before = _judges().fingerprint(CHAPTER, "2.3").parts
    edited(
        "workbook.exercises.judge",
        '"""Return the verdict on a report: one',
        '"""Say what the verdict is: one',
    )
    assert _changed(before, "2.3") == []


def test_every_exercise_is_found_in_its_chapter() -> None:
    for chapter in chapter_names():
        for exercise in fingerprints._judged(chapter):
            code, _ = fingerprints._definition(f"workbook.exercises.chapters.c{chapter}", exercise.id)
            assert f"'{exercise.id}'" in code


def test_limits_and_versions_are_told_with_their_values() -> None:
    before = _judges(seconds=120.0).fingerprint(CHAPTER, "2.3").parts
    after = _judges(seconds=300.0).fingerprint(CHAPTER, "2.3").parts
    assert differences(before, after) == ["time limit 120 s → 300 s"]
    assert differences({"a": "1"}, {"b": "2"}) == ["b is now used", "a is no longer used"]


def test_marks_carry_what_judged_them_and_words_do_not(tmp_path: Path) -> None:
    judges = _judges()
    stamped = judges.stamped(graded("ann", mark("ann", "2.3"), mark("ann", "2.7", "needs review")))
    digest = judges.fingerprint(CHAPTER, "2.3").digest
    assert [one.judged_by for one in stamped.marks] == [digest, ""]
    assert judges.outdated(stamped) == []
    assert _judges(seconds=1.0).outdated(stamped) == ["2.3"]
    judges.remember(tmp_path, stamped)
    judges.remember(tmp_path, stamped)
    known = read_known(tmp_path)
    assert list(known) == [digest]
    assert _judges(seconds=1.0).changed_since(stamped.marks[0], known) == ["time limit 120 s → 1 s"]
    assert _judges(seconds=1.0).changed_since(stamped.marks[0], {}) == [fingerprints.UNKNOWN]


def test_a_damaged_list_of_fingerprints_is_as_if_it_were_lost(tmp_path: Path) -> None:
    for text in ("", "[]", '{"a": 3}', "{"):
        (tmp_path / fingerprints.FILE).write_text(text)
        assert read_known(tmp_path) == {}
