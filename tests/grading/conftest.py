"""One jail and one referee for all tests that grade."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests import ROOT
from workbook.course.grading.grader import Grader
from workbook.course.grading.jail import Jail, missing
from workbook.course.grading.records import Graded
from workbook.course.grading.referee_pool import RefereePool

SEED, PRACTICE_SEED = 7, 8
Notebook = dict[str, Any]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what runs in the jail as slow."""
    for item in items:
        if "jailed" in getattr(item, "fixturenames", ()):
            item.add_marker("slow")


@dataclass(frozen=True)
class Paper:
    """A submission in memory."""

    data: bytes
    student: str = "ann"
    chapter: str = "02_convolution"
    origin: str = "ann.ipynb"
    lms_id: str = ""
    problem: str = ""
    oddity: str = ""

    def read(self) -> bytes:
        """Return the bytes."""
        return self.data


def notebook(chapter: str = "02_convolution", folder: str = "notebooks") -> Notebook:
    """Read a notebook of the course."""
    return json.loads((ROOT / folder / f"{chapter}.ipynb").read_text(encoding="utf-8"))


def filled(answers: Mapping[str, str], *, before: str = "", chapter: str = "02_convolution") -> Notebook:
    """Fill answers into the learner's notebook; `before` is a cell of the learner's own behind the set-up."""
    found = notebook(chapter)
    for cell in found["cells"]:
        exercise = cell["metadata"].get("exercise")
        if (
            cell["cell_type"] == "code"
            and "exercise" in cell["metadata"].get("tags", [])
            and exercise in answers
        ):
            cell["source"] = answers[exercise]
    if before:
        found["cells"].insert(1, own_cell(before))
    return found


def own_cell(source: str, name: str = "my-own-cell") -> Notebook:
    """Make a code cell as a learner adds it."""
    return {
        "cell_type": "code",
        "id": name,
        "metadata": {},
        "source": source,
        "outputs": [],
        "execution_count": None,
    }


def outcomes(graded: Graded) -> dict[str, str]:
    """Return the outcome of each exercise."""
    return {mark.exercise: mark.outcome for mark in graded.marks}


@pytest.fixture(scope="session")
def jailed() -> None:
    """Pass over a test that needs a jail where there can be none; in CI there must be one."""
    problem = missing()
    if problem and not os.environ.get("CI"):
        pytest.skip(problem)
    assert problem is None


@pytest.fixture(scope="session")
def grader(jailed: None) -> Iterator[Grader]:
    """A grader whose limits are short, for the whole session."""
    referees = RefereePool(1, ROOT, seed=SEED, practice_seed=PRACTICE_SEED)
    with Jail(memory=6 * 2**30, seconds=12.0) as jail:
        yield Grader(jail, referees)
    referees.close()


@pytest.fixture(scope="session")
def graded(grader: Grader) -> Callable[[Notebook], Graded]:
    """Grade a notebook given as a dictionary."""

    def grade(found: Notebook, chapter: str = "02_convolution") -> Graded:
        return grader.grade(Paper(json.dumps(found).encode(), chapter=chapter))

    return grade
