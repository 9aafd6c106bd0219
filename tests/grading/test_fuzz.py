"""Notebooks changed at random, in their bytes, their JSON and their cells: each ends with marks.

WORKBOOK_FUZZ sets how many; 2,000 take a few minutes.
"""

import copy
import json
import os
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.grading.conftest import Notebook, Paper, filled, notebook, own_cell
from workbook.course.grading.grader import Grader
from workbook.course.grading.records import OUTCOMES

COUNT = int(os.environ.get("WORKBOOK_FUZZ", "120"))
ODD_VALUES: list[Any] = [
    None, True, 0, -1, 10**30, 1.5, "", "x" * 1000, "\ud800", "\x1b[2J", "\0", [], [[]], {}, {"a": {"b": []}},
    "exercise-2-2", ["setup"], "<script>alert(1)</script>", "../../etc/passwd", [1, None, "a"], "raise SystemExit",
    "%%bash\ntrue",
]  # fmt: skip
ODD_SOURCES = [
    "1 / 0", "raise SystemExit", "import os\nos._exit(1)", "def subsample(full, strides):\n    return full",
    "x = (", "\0", "def subsample(full, strides):\n    return full[::strides, ::strides]", "%who", "?", "await x",
    "yield 1", "return 3",
    "subsample = None", "del subsample", "exit()", "quit()", "get_ipython().reset()", "import this", "lambda: (yield)",
    "subsample = type('S', (), {'__call__': lambda self, *a: self})()", "class subsample: pass", "1 if 1 else", "\t x",
    "def subsample(full, strides):\n    return {full.shape: full}", "globals().clear()",
    "async def subsample(a, b): return a",
]  # fmt: skip


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] * bool(path) + [place for key, one in items for place in _places(one, (*path, key))]


def _holder(found: Notebook, place: tuple[Any, ...]) -> Any:
    for key in place[:-1]:
        found = found[key]
    return found


def _change_a_value(found: Notebook, rng: random.Random) -> None:
    place = rng.choice(_places(found))
    _holder(found, place)[place[-1]] = copy.deepcopy(rng.choice(ODD_VALUES))


def _remove_a_value(found: Notebook, rng: random.Random) -> None:
    place = rng.choice(_places(found))
    del _holder(found, place)[place[-1]]


def _change_a_source(found: Notebook, rng: random.Random) -> None:
    cells = [cell for cell in found["cells"] if isinstance(cell, dict) and cell.get("cell_type") == "code"]
    rng.choice(cells)["source"] = rng.choice(ODD_SOURCES)


def _shuffle_cells(found: Notebook, rng: random.Random) -> None:
    rng.shuffle(found["cells"])


def _double_a_cell(found: Notebook, rng: random.Random) -> None:
    found["cells"].insert(rng.randrange(len(found["cells"])), copy.deepcopy(rng.choice(found["cells"])))


def _swap_ids(found: Notebook, rng: random.Random) -> None:
    one, other = rng.sample(found["cells"], 2)
    one["id"], other["id"] = other.get("id"), one.get("id")


def _add_a_cell(found: Notebook, rng: random.Random) -> None:
    found["cells"].insert(
        rng.randrange(len(found["cells"])), own_cell(rng.choice(ODD_SOURCES), f"own{rng.random()}")
    )


CHANGES: list[Callable[[Notebook, random.Random], None]] = [
    _change_a_value, _remove_a_value, _change_a_source, _shuffle_cells, _double_a_cell, _swap_ids, _add_a_cell,
]  # fmt: skip


def _mutated(rng: random.Random) -> bytes:
    """Change a notebook in one to four ways, and now and then its bytes."""
    answers = {"2.2": rng.choice(ODD_SOURCES), "2.6": rng.choice(ODD_SOURCES)}
    found = filled(answers) if rng.random() < 0.7 else notebook(folder="solutions")
    for _ in range(rng.randint(1, 4)):
        try:
            rng.choice(CHANGES)(found, rng)
        except (KeyError, IndexError, TypeError, AttributeError, ValueError):  # it was broken before
            continue
    data = bytearray(json.dumps(found).encode())
    if rng.random() < 0.25:
        for _ in range(rng.randint(1, 5)):
            data[rng.randrange(len(data))] = rng.randrange(256)
    if rng.random() < 0.05:
        del data[rng.randrange(len(data)) :]
    return bytes(data)


@pytest.mark.parametrize("count", [15, pytest.param(COUNT, marks=pytest.mark.claims)])
def test_every_mutated_submission_ends_with_marks(grader: Grader, count: int) -> None:
    rng = random.Random(11)
    seen: Counter[str] = Counter()
    for _ in range(count):
        graded = grader.grade(Paper(_mutated(rng)))
        assert graded.chapter == "02_convolution"
        assert [mark.exercise for mark in graded.marks] == ["2.1", "2.2", "2.3", "2.4", "2.5", "2.6"]
        for mark in graded.marks:
            assert mark.outcome in OUTCOMES
            assert mark.points == (mark.max_points if mark.outcome == "passed" else 0)
        seen.update(mark.outcome for mark in graded.marks)
    print(seen)
    assert {"passed", "not started", "malformed", "error"} <= set(seen)
    graded = grader.grade(Paper(json.dumps(notebook(folder="solutions")).encode()))
    assert {mark.outcome for mark in graded.marks} == {"passed"}
