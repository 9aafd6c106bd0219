"""Measure the checks on answers by people who saw an exercise's text alone: `tests/exercises/answers/NN_topic.py`.

Each file holds answers in cells, `# %% 2.1 right · loops` and `# %% 2.1 wrong · returns inside the loop`. `names.toml`
beside them says which named mistake each wrong answer makes, as a reader judged it; all others make none.
"""

import contextlib
import io
import re
import tomllib
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from workbook.course.authoring.run_cells import names_before, run
from workbook.exercises import Exercise, Verdict, find
from workbook.exercises.judge import Ruler
from workbook.exercises.models import observe_model
from workbook.exercises.observe import observe

FOLDER = Path("tests", "exercises", "answers")
HEAD = re.compile(r"^# %% (\d+\.\d+) (right|wrong) · (.*)$", re.MULTILINE)
SECONDS = 30.0  # for all cases of an answer


@dataclass(frozen=True)
class StrangersAnswer:
    """An answer cell: "right" or "wrong", in which way, and its code."""

    exercise_id: str
    kind: str
    words: str
    source: str


@dataclass(frozen=True)
class Judged:
    """A verdict on an answer; None where its cell itself raised, as the learner sees without a check."""

    answer: StrangersAnswer
    seed: int
    verdict: Verdict | None

    @property
    def is_explained(self) -> bool:
        """Whether a wrong answer got a name, a diagnosis, or a detail that was made to explain."""
        verdict = self.verdict
        return verdict is not None and bool(verdict.mistake or verdict.advice or self._is_described)

    @property
    def _is_described(self) -> bool:
        """Whether the detail itself tells in what respect the answer is off.

        That of a model names the layer; that of a value says how far an entry is off; and a missing `return` is told.
        """
        assert self.verdict is not None
        exercise = self.verdict.exercise
        return (
            exercise.observe is observe_model or not exercise.is_function or "`return`" in self.verdict.detail
        )


@cache
def read_answers(root: Path) -> dict[str, tuple[StrangersAnswer, ...]]:
    """Return the answers by exercise id."""
    answers: dict[str, list[StrangersAnswer]] = {}
    for path in sorted((root / FOLDER).glob("[0-9][0-9]_*.py")):
        text = path.read_text(encoding="utf-8")
        heads = list(HEAD.finditer(text))
        ends = [head.start() for head in heads[1:]] + [len(text)]
        for head, end in zip(heads, ends, strict=True):
            exercise_id, kind, words = head.groups()
            answer = StrangersAnswer(exercise_id, kind, words.strip(), text[head.end() : end])
            answers.setdefault(exercise_id, []).append(answer)
    return {exercise_id: tuple(found) for exercise_id, found in answers.items()}


@cache
def true_names(root: Path) -> dict[str, dict[str, str]]:
    """Return, by exercise id and words, the mistake that a wrong answer really makes."""
    return tomllib.loads((root / FOLDER / "names.toml").read_text(encoding="utf-8"))


def judge_answers(root: Path, exercise_id: str, seeds: Iterable[int]) -> Iterator[Judged]:
    """Judge all answers to an exercise on each seed; on one seed the reference and the mistakes run once."""
    exercise = find(exercise_id)
    assert isinstance(exercise, Exercise)
    for seed in seeds:
        ruler = Ruler(exercise, seed=seed)
        for answer in read_answers(root)[exercise_id]:
            yield Judged(answer, seed, _verdict(root, exercise, answer, ruler))


def _verdict(root: Path, exercise: Exercise, answer: StrangersAnswer, ruler: Ruler) -> Verdict | None:
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            value = run(answer.source, names_before(root, exercise))[exercise.answer_name]
        except Exception:  # the cell itself raises
            return None
        return ruler.verdict(observe(exercise, value, ruler.cases, limit=SECONDS))


@dataclass(frozen=True)
class CheckRow:
    """The counts of one exercise over all its answers and seeds."""

    exercise_id: str
    right: int
    right_accepted: int
    wrong: int
    wrong_refused: int
    named: int
    explained: int
    false_names: int
    problems: tuple[str, ...] = ()

    def __add__(self, other: "CheckRow") -> "CheckRow":
        sums = [getattr(self, name) + getattr(other, name) for name in list(self.__dataclass_fields__)[1:]]
        return CheckRow("all", *sums)

    def line(self) -> str:
        """Return the row of the table below `HEADS`."""
        right = f"{self.right_accepted}/{self.right}"
        wrong = f"{self.wrong_refused}/{self.wrong}"
        named, explained = (f"{count / max(1, self.wrong):.0%}" for count in (self.named, self.explained))
        return (
            f"{self.exercise_id:8} {right:>12} {wrong:>12} {named:>6} {explained:>10} {self.false_names:>11}"
        )


HEADS = f"{'exercise':8} {'right passed':>12} {'wrong not':>12} {'named':>6} {'explained':>10} {'false names':>11}"


def measure_checks(root: Path, exercise_id: str, seeds: Iterable[int]) -> CheckRow:
    """Return the row of an exercise."""
    names = true_names(root).get(exercise_id, {})
    judged = list(judge_answers(root, exercise_id, seeds))
    right = [each for each in judged if each.answer.kind == "right"]
    wrong = [each for each in judged if each.answer.kind == "wrong"]
    false_names = [each for each in wrong if _name(each) not in (None, names.get(each.answer.words))]
    problems = [f"refused: {each.answer.words}" for each in right if not each.verdict]
    problems += [f"accepted: {each.answer.words}" for each in wrong if each.verdict]
    problems += [f"false name: {each.answer.words} → {_name(each)}" for each in false_names]
    return CheckRow(
        exercise_id,
        right=len(right),
        right_accepted=sum(bool(each.verdict) for each in right),
        wrong=len(wrong),
        wrong_refused=sum(not each.verdict for each in wrong),
        named=sum(_name(each) is not None for each in wrong),
        explained=sum(each.is_explained or each.verdict is None for each in wrong),
        false_names=len(false_names),
        problems=tuple(dict.fromkeys(problems)),
    )


def _name(judged: Judged) -> str | None:
    return judged.verdict.mistake if judged.verdict is not None else None
