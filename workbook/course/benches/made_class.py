"""Make up a class of learners: right answers, named mistakes, blank answers and odd ones.

Every notebook comes with the expected outcome of each of its exercises, so that a grader's marks can be compared with
them one by one.
"""

import copy
import inspect
import json
import random
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from workbook.course.grading.masters import solutions_of
from workbook.exercises import Exercise, Mistake, exercise, exercises_of, judge, registry

Notebook = dict[str, Any]


@dataclass(frozen=True)
class Made:
    """A made-up submission. `expected` holds (outcome, mistake) for each exercise."""

    student: str
    chapter: str
    kind: str
    notebook: Notebook
    expected: dict[str, tuple[str, str]]


@dataclass(frozen=True)
class _Answer:
    source: str
    outcome: str
    mistake: str = ""
    before: str = ""


def make_class(root: Path, chapters: list[str], learners: int, *, seed: int) -> list[Made]:
    """Return one submission for each learner, the chapters in turn; the same for the same seed."""
    rng = random.Random(seed)
    made = []
    for number in range(learners):
        chapter = chapters[number % len(chapters)]
        kind = ("right", "mistaken", "mixed", "blank", "odd")[(number // len(chapters)) % 5]
        made.append(_submission(root, chapter, kind, f"learner{number:03}", rng))
    return made


def write_class(made: list[Made], folder: Path) -> None:
    """Write the submissions as FOLDER/STUDENT/CHAPTER.ipynb."""
    for submission in made:
        path = folder / submission.student / f"{submission.chapter}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(submission.notebook, indent=1), encoding="utf-8")


def _submission(root: Path, chapter: str, kind: str, student: str, rng: random.Random) -> Made:
    answers: dict[str, _Answer] = {}
    for task in exercises_of(chapter):
        if isinstance(task, Exercise):
            answers[task.id] = _answer(root, chapter, kind, task, rng)
    notebook = json.loads((root / "notebooks" / f"{chapter}.ipynb").read_text(encoding="utf-8"))
    _fill(notebook, {name: answer.source for name, answer in answers.items() if answer.source})
    for source in dict.fromkeys(answer.before for answer in answers.values() if answer.before):
        notebook["cells"].insert(3, _own(source, f"own-{len(notebook['cells'])}"))
    change = rng.choice(FRONT_ENDS) if kind in ("right", "odd", "mixed") else _as_it_is
    change(notebook)
    expected = {name: (answer.outcome, answer.mistake) for name, answer in answers.items()}
    return Made(student, chapter, kind, notebook, expected)


def _answer(root: Path, chapter: str, kind: str, task: Exercise, rng: random.Random) -> _Answer:
    right = _Answer(_solutions(root, chapter)[task.id], "passed")
    if kind == "right":
        return right
    if kind == "blank":
        return _Answer("", "not started")
    if kind == "mistaken":
        return _mistaken(task, rng.choice(task.mistakes))
    if kind == "odd":
        return rng.choice(ODD)(task, right)
    return rng.choice((right, _mistaken(task, rng.choice(task.mistakes)), _Answer("", "not started")))


@cache
def _solutions(root: Path, chapter: str) -> dict[str, str]:
    return solutions_of(root / "solutions" / f"{chapter}.ipynb")


# Wrong by a named mistake -----------------------------------------------------------------------------------


def _mistaken(task: Exercise, mistake: Mistake) -> _Answer:
    """Return the mistake as an answer: the jail does not hold it, so the submission carries its source."""
    number = task.mistakes.index(mistake)
    if not task.is_function:
        return _Answer(f"{task.answer_name} = {mistake.answer!r}", _outcome(task, mistake), mistake.name)
    module = f"c{registry.chapter_of(task.id)}"
    source = (
        f"from workbook.exercises.chapters.{module} import EXERCISES as _all\n"
        f"{task.answer_name} = {{task.id: task for task in _all}}[{task.id!r}].mistakes[{number}].answer"
    )
    return _Answer(source, _outcome(task, mistake), mistake.name, _carry(module))


def _outcome(task: Exercise, mistake: Mistake) -> str:
    return _outcome_of(task.id, task.mistakes.index(mistake))


@cache
def _outcome_of(exercise_id: str, number: int) -> str:
    """Return a mistake's outcome: one that raises is an error."""
    task = registry.find(exercise_id)
    assert isinstance(task, Exercise)
    mistake = task.mistakes[number]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return judge(task, mistake.answer, seed=0).outcome


@cache
def _carry(module: str) -> str:
    """Return a cell that brings a chapter's exercises along, as files of the learner's own."""
    folder = Path(inspect.getfile(registry)).parent
    names = ("exercise.py", f"chapters/{module}.py")
    texts = {name: (folder / name).read_text(encoding="utf-8") for name in names}
    exported = [name for name in dir(exercise) if not name.startswith("_")]
    return (
        "import json, os, workbook.exercises as _exercises\n"
        f"_texts = json.loads({json.dumps(texts)!r})\n"
        "os.makedirs('carried/chapters', exist_ok=True)\n"
        "for _name, _text in _texts.items():\n"
        "    open(os.path.join('carried', _name), 'w', encoding='utf-8').write(_text)\n"
        "_exercises.__path__.append(os.path.abspath('carried'))\n"
        "import workbook.exercises.exercise as _exercise, workbook.exercises.compare as _compare\n"
        f"for _name in {exported!r}:\n"
        "    setattr(_exercises, _name, getattr(_exercise, _name))\n"
        "for _name in ('Comparison', 'close', 'plain', 'short'):\n"
        "    setattr(_exercises, _name, getattr(_compare, _name))"
    )


# Odd ones ---------------------------------------------------------------------------------------------------


def _noisy(task: Exercise, right: _Answer) -> _Answer:
    noise = (
        "import sys, warnings\nprint('hello')\nprint('oops', file=sys.stderr)\nwarnings.warn('mind this')\n"
    )
    return _Answer(noise + right.source, "passed")


def _with_helper(task: Exercise, right: _Answer) -> _Answer:
    if not task.is_function:
        return right
    helper = right.source.replace(f"def {task.answer_name}(", f"def _{task.answer_name}_helper(", 1)
    if helper == right.source:
        return right
    source = f"def {task.answer_name}(*inputs):\n    return _{task.answer_name}_helper(*inputs)"
    return _Answer(source, "passed", before=helper)


def _does_not_parse(task: Exercise, right: _Answer) -> _Answer:
    return _Answer(f"def {task.answer_name}(:\n    return 1", "error")


def _raises(task: Exercise, right: _Answer) -> _Answer:
    if not task.is_function:
        return _Answer(f"{task.answer_name} = 1 / 0", "error")
    return _Answer(f"def {task.answer_name}(*inputs):\n    raise RuntimeError('no idea')", "error")


def _wrong_kind(task: Exercise, right: _Answer) -> _Answer:
    return _Answer(f"{task.answer_name} = {'3' if task.is_function else 'len'}", "malformed")


def _another_name(task: Exercise, right: _Answer) -> _Answer:
    return _Answer("def my_own_name(*inputs):\n    return 3", "error")


def _returns_an_object(task: Exercise, right: _Answer) -> _Answer:
    body = "object()" if not task.is_function else "lambda *inputs: object()"
    return _Answer(f"{task.answer_name} = {body}", "wrong")


def _not_implemented(task: Exercise, right: _Answer) -> _Answer:
    if not task.is_function:
        return _Answer(f"{task.answer_name} = ...", "not started")
    return _Answer(f"def {task.answer_name}(*inputs):\n    raise NotImplementedError()", "not started")


def _after_a_magic(task: Exercise, right: _Answer) -> _Answer:
    return _Answer("%matplotlib inline\n" + right.source, "passed")


def _leaves(task: Exercise, right: _Answer) -> _Answer:
    if not task.is_function:
        return right
    return _Answer(f"import os\ndef {task.answer_name}(*inputs):\n    os._exit(0)", "died")


ODD: tuple[Callable[[Exercise, _Answer], _Answer], ...] = (
    _noisy, _with_helper, _does_not_parse, _raises, _wrong_kind, _another_name, _returns_an_object, _not_implemented,
    _after_a_magic, _leaves,
)  # fmt: skip


# As the front ends save it ----------------------------------------------------------------------------------


def _as_it_is(notebook: Notebook) -> None:
    return None


def _as_lab(notebook: Notebook) -> None:
    """JupyterLab keeps ids, runs cells and adds its own marks."""
    for number, cell in enumerate(_code(notebook)):
        cell["execution_count"] = number + 1
        cell["metadata"] |= {"trusted": True, "editable": True}
        cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["<b>42</b>\n"]}]


def _as_colab(notebook: Notebook) -> None:
    """Colab moves the id into the metadata, and writes an older format."""
    notebook["nbformat_minor"] = 0
    notebook["metadata"]["colab"] = {"provenance": [], "toc_visible": True}
    for cell in notebook["cells"]:
        cell["metadata"]["id"] = cell.pop("id")
    for cell in _code(notebook):
        cell["metadata"]["outputId"] = "1f"


def _as_vscode(notebook: Notebook) -> None:
    """VS Code marks the language of each cell and writes sources as lists."""
    for cell in notebook["cells"]:
        cell["metadata"]["vscode"] = {"languageId": "python"}
        cell["source"] = "".join(cell["source"]).splitlines(keepends=True)


FRONT_ENDS: tuple[Callable[[Notebook], None], ...] = (_as_it_is, _as_lab, _as_colab, _as_vscode)


def _code(notebook: Notebook) -> Iterator[dict[str, Any]]:
    return (cell for cell in notebook["cells"] if cell["cell_type"] == "code")


def _fill(notebook: Notebook, answers: dict[str, str]) -> None:
    for cell in _code(notebook):
        name = cell["metadata"].get("exercise")
        if "exercise" in cell["metadata"].get("tags", []) and name in answers:
            cell["source"] = answers[name]


def _own(source: str, name: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "id": name,
        "metadata": {},
        "source": source,
        "outputs": [],
        "execution_count": None,
    }


def without_demonstrations(notebook: Notebook) -> Notebook:
    """Copy a notebook with its set-up, its exercises, their checks and the learner's own cells only."""
    kept = copy.deepcopy(notebook)
    kept["cells"] = [cell for cell in kept["cells"] if _is_graded(cell)]
    return kept


def _is_graded(cell: dict[str, Any]) -> bool:
    tags = set(cell["metadata"].get("tags", []))
    is_own = cell["cell_type"] == "code" and str(cell.get("id", "")).startswith("own-")
    return is_own or (cell["cell_type"] == "code" and bool(tags & {"setup", "exercise", "check"}))
