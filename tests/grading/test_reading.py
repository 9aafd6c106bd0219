"""Reading answers: the same from every front end, whatever was moved or copied, and never an exception."""

import copy
import json
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests import ROOT
from tests.grading import front_ends
from workbook.course.grading import submitted_notebook
from workbook.course.grading.definitions import defined
from workbook.course.grading.masters import Master, MasterCell, is_answer, read_masters
from workbook.course.grading.referee_messages import Answers, Cell
from workbook.course.grading.submitted_answers import read_answers
from workbook.exercises import exercises_of

CHAPTER = "02_convolution"
MASTERS = read_masters(ROOT)
MASTER = MASTERS[CHAPTER]
IDS = tuple(f"2.{number}" for number in range(1, 7))
HELPER = "def window(image, row, column):\n    return image[row : row + 3, column : column + 3]"
Notebook = dict[str, Any]


def _blank() -> Notebook:
    return json.loads((ROOT / "notebooks" / f"{CHAPTER}.ipynb").read_text(encoding="utf-8"))


def _source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def _solution(name: str = CHAPTER) -> dict[str, str]:
    """Return cell id → solution, without the markers."""
    complete = nbformat.read(ROOT / "solutions" / f"{name}.ipynb", as_version=4)
    return {
        cell.id: "\n".join(line for line in cell.source.split("\n") if "SOLUTION" not in line)
        for cell in complete.cells
        if cell.id.startswith("exercise-")
    }


SOLUTION = _solution()


def _answered() -> Notebook:
    """Make the notebook of an honest learner: all answers, and a helper of their own before the first."""
    made = _blank()
    for cell in made["cells"]:
        cell["source"] = SOLUTION.get(cell["id"], _source(cell))
    made["cells"].insert(_place(made, "exercise-2-1"), _code(HELPER, "my-own-cell"))
    return made


def _code(source: str, cell_id: str | None = None, **metadata: Any) -> dict[str, Any]:
    cell: dict[str, Any] = {
        "cell_type": "code",
        "metadata": metadata,
        "source": source,
        "outputs": [],
        "execution_count": None,
    }
    return cell if cell_id is None else {**cell, "id": cell_id}


def _place(made: Notebook, cell_id: str) -> int:
    return next(place for place, cell in enumerate(made["cells"]) if cell.get("id") == cell_id)


def _cell(made: Notebook, cell_id: str) -> dict[str, Any]:
    return made["cells"][_place(made, cell_id)]


def _read(made: Any, chapter: str = "") -> Answers:
    return read_answers(json.dumps(made).encode(), MASTERS, chapter)


def _answers(found: Answers) -> dict[str, str]:
    return {cell.exercise: cell.source for cell in found.cells if cell.kind == "answer"}


def _kinds(found: Answers) -> list[str]:
    return [f"{cell.kind} {cell.exercise}".strip() for cell in found.cells]


EXPECTED = _read(_answered())
RIGHT = {cell_id.removeprefix("exercise-").replace("-", "."): text for cell_id, text in SOLUTION.items()}


# --- The masters ----------------------------------------------------------------------------------------------


def test_the_masters_have_an_answer_cell_and_a_check_for_every_exercise() -> None:
    for name, master in MASTERS.items():
        known = [one.id for one in exercises_of(name)]
        assert sorted(master.exercises) == known
        assert sorted(cell.exercise for cell in master.cells if cell.kind == "check") == sorted(
            master.answer_names
        )
        assert "import" in master.setup
        assert all(
            cell.exercise == "" for cell in master.cells if cell.kind not in ("answer", "check", "text")
        )


def test_what_the_masters_cells_are() -> None:
    kinds = [cell.kind for cell in MASTER.cells]
    assert set(kinds) == {"text", "setup", "answer", "check", "slow", "demonstration"}
    counts = {kind: kinds.count(kind) for kind in ("setup", "answer", "check")}
    assert counts == {"setup": 1, "answer": 6, "check": 6}
    assert MASTER.answer_names["2.1"] == "slide"
    assert [cell.exercise for cell in MASTER.cells if is_answer(cell)] == list(IDS)


def test_a_folder_without_masters_is_told(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="workbook build"):
        read_masters(tmp_path)


# --- Front ends -----------------------------------------------------------------------------------------------


def test_an_honest_notebook() -> None:
    assert EXPECTED.chapter == CHAPTER
    assert (EXPECTED.problem, EXPECTED.missing, EXPECTED.notes, EXPECTED.texts) == ("", (), (), {})
    assert _answers(EXPECTED) == RIGHT
    assert _kinds(EXPECTED) == ["own", *[f"{kind} {one}" for one in IDS for kind in ("answer", "check")]]
    assert EXPECTED.cells[0] == Cell("own", "", HELPER)


@pytest.mark.parametrize(
    "save",
    [
        front_ends.jupyterlab,
        front_ends.vs_code,
        front_ends.classic,
        front_ends.colab,
        lambda made: front_ends.colab(made, ids="kept"),
        lambda made: front_ends.colab(made, ids="kept", keeps_metadata=False),
        lambda made: front_ends.colab(made, keeps_metadata=False),
    ],
    ids=[
        "JupyterLab",
        "VS Code",
        "classic",
        "Colab",
        "Colab, ids kept",
        "Colab, ids alone",
        "Colab, nothing kept",
    ],
)
@pytest.mark.parametrize("chapter", ["", CHAPTER])
def test_every_front_end_gives_the_same_answers(save: Callable[[Notebook], bytes], chapter: str) -> None:
    assert read_answers(save(_answered()), MASTERS, chapter) == EXPECTED


def test_nbgraders_own_release_gives_the_same_answers() -> None:
    complete = nbformat.read(ROOT / "solutions" / f"{CHAPTER}.ipynb", as_version=4)
    without_helper = tuple(cell for cell in EXPECTED.cells if cell.kind != "own")
    found = read_answers(front_ends.nbgrader_release(complete, _answered()), MASTERS)
    assert (found.cells, found.missing, found.notes) == (without_helper, (), ())


@pytest.mark.parametrize("name", sorted(MASTERS))
def test_every_chapters_complete_and_blank_notebooks_are_read(name: str) -> None:
    for folder in ("solutions", "notebooks"):
        found = read_answers((ROOT / folder / f"{name}.ipynb").read_bytes(), MASTERS)
        assert (found.chapter, found.problem, found.missing, found.notes) == (name, "", (), ())
        assert list(_answers(found)) == list(MASTERS[name].answer_names)
        assert "own" not in {cell.kind for cell in found.cells}


def test_the_tags_metadata_and_attachments_of_a_submission_count_for_nothing() -> None:
    made = _answered()
    for cell in made["cells"]:
        cell["metadata"] |= {
            "tags": [*cell["metadata"].get("tags", []), "skip-execution"],
            "deletable": False,
        }
        cell["attachments"] = {"../../x": {"image/png": "AAAA"}}
    made["metadata"] = {
        "kernelspec": {"name": "evil", "argv": ["/bin/sh"]},
        "language_info": {"name": "ruby"},
    }
    assert _read(made) == EXPECTED


# --- What learners do -----------------------------------------------------------------------------------------


def test_what_is_written_into_cells_of_the_course_is_the_learners_own() -> None:
    made = _answered()
    for cell in made["cells"]:
        if cell["cell_type"] == "code" and not cell["id"].startswith(("exercise-", "my-")):
            cell["source"] = "raise SystemExit"
    found = _read(made)
    assert tuple(cell for cell in found.cells if cell.source != "raise SystemExit") == EXPECTED.cells
    kinds = [cell.kind for cell in found.cells if cell.source == "raise SystemExit"]
    demonstrations = [cell.kind for cell in MASTER.cells].count("demonstration")
    assert kinds.count("own") == 8  # the cell that installs, the set-up, six checks
    assert kinds.count("changed") == demonstrations > 10
    assert found.notes == (
        "the set-up cell was changed: the course's own was run, then what was added to it",
    )


def test_deleted_and_moved_cells_of_the_course_change_nothing() -> None:
    made = _answered()
    kept = [cell for cell in made["cells"] if cell["id"].startswith(("exercise-", "my-"))]
    made["cells"] = kept[::-1]
    assert _answers(_read(made)) == RIGHT
    assert _kinds(_read(made)) == [f"answer {one}" for one in reversed(IDS)] + ["own"]


def test_a_cell_that_was_cut_and_pasted_is_found_by_what_nbgrader_wrote() -> None:
    made = _answered()
    _cell(made, "exercise-2-2")["id"] = "a1b2c3d4"
    assert _read(made) == EXPECTED
    del _cell(made, "a1b2c3d4")["metadata"]["nbgrader"]
    assert _read(made) == EXPECTED
    _cell(made, "a1b2c3d4")["metadata"] = {}
    assert _read(made) == EXPECTED


@pytest.mark.parametrize("name", ["copy", "exercise-2-2"])
@pytest.mark.parametrize("where", [0, 1])
def test_the_last_definition_before_the_check_is_the_answer(where: int, name: str) -> None:
    """VS Code gave copies the same id until 2024."""
    made = _answered()
    original = _cell(made, "exercise-2-2")
    again = {**copy.deepcopy(original), "id": name, "source": "def subsample(full, strides):\n    return 0"}
    made["cells"].insert(_place(made, "exercise-2-2") + where, again)
    found = _read(made)
    sources = [RIGHT["2.2"], again["source"]]
    assert _answers(found) == RIGHT | {"2.2": sources[where]}
    assert Cell("own", "", sources[1 - where]) in found.cells
    assert found.shown["2.2"].index(sources[where]) > found.shown["2.2"].index(sources[1 - where])
    same_id = ("the answer cell of 2.2 appears 2 times; one was taken",) if name == "exercise-2-2" else ()
    assert found.notes[-1:] == same_id or not same_id


def test_a_stub_that_was_kept_as_a_copy_does_not_stand_in_the_way() -> None:
    made = _answered()
    stub = next(cell.source for cell in MASTER.cells if cell.id == "exercise-2-2")
    again = {**copy.deepcopy(_cell(made, "exercise-2-2")), "source": stub}
    for place in (_place(made, "exercise-2-2"), _place(made, "exercise-2-2") + 1):
        changed = copy.deepcopy(made)
        changed["cells"].insert(place, again)
        assert _read(changed).cells == EXPECTED.cells


def test_a_solution_in_a_new_cell_beside_the_stub_is_the_answer() -> None:
    made = _answered()
    cell = _cell(made, "exercise-2-3")
    answer, cell["source"] = (
        cell["source"],
        next(one.source for one in MASTER.cells if one.id == "exercise-2-3"),
    )
    made["cells"].insert(_place(made, "exercise-2-3"), _code(answer, "new"))
    found = _read(made)
    assert found.cells == EXPECTED.cells
    assert found.notes == ("the answer to 2.3 was taken from another cell: its own defines none",)


@pytest.mark.parametrize("new_half", ["first", "second"])
def test_a_cell_that_was_split_runs_whole(new_half: str) -> None:
    """The classic notebook leaves the id with the second half, JupyterLab with the first."""
    made = _answered()
    original = _cell(made, "exercise-2-1")
    first, second = "PADDING = 0", original["source"]
    place = _place(made, "exercise-2-1")
    halves = [copy.deepcopy(original) | {"source": first}, copy.deepcopy(original) | {"source": second}]
    halves[new_half == "second"]["id"] = "new"
    made["cells"][place : place + 1] = halves
    found = _read(made)
    assert _answers(found) == RIGHT
    assert [cell.source for cell in found.cells[:3]] == [HELPER, first, second]


def test_halves_with_the_same_id_run_both() -> None:
    made = _answered()
    place = _place(made, "exercise-2-1")
    made["cells"].insert(place, copy.deepcopy(made["cells"][place]) | {"source": "PADDING = 0"})
    found = _read(made)
    assert [cell.source for cell in found.cells[:3]] == [HELPER, "PADDING = 0", RIGHT["2.1"]]


def test_answers_that_were_merged_into_one_cell_count_for_each() -> None:
    made = _answered()
    _cell(made, "exercise-2-1")["source"] = RIGHT["2.1"] + "\n\n" + RIGHT["2.2"]
    del made["cells"][_place(made, "exercise-2-2")]
    found = _read(made)
    assert found.missing == ()
    assert _kinds(found)[:4] == ["own", "answer 2.1", "answer 2.2", "check 2.1"]
    assert found.notes == ("the answer to 2.2 is in the cell of 2.1",)


def test_two_answers_in_one_new_cell_count_for_each() -> None:
    made = _answered()
    both = RIGHT["2.1"] + "\n\n" + RIGHT["2.2"]
    for one in ("exercise-2-1", "exercise-2-2"):
        del made["cells"][_place(made, one)]
    made["cells"].append(_code(both))
    assert _answers(_read(made)) == RIGHT | {"2.1": both, "2.2": both}


def test_a_deleted_answer_is_missing_and_one_made_text_too() -> None:
    made = _answered()
    del made["cells"][_place(made, "exercise-2-2")]
    _cell(made, "exercise-2-3")["cell_type"] = "markdown"
    found = _read(made)
    assert found.missing == ("2.2", "2.3")
    assert found.notes == ("the answer cell of 2.3 is no longer a code cell",)


def test_an_answer_with_a_mistake_in_its_syntax_is_still_the_answer() -> None:
    broken = "def subsample(full, strides):\n    return full[::strides, ::strides"
    made = json.loads(front_ends.colab(_answered(), keeps_metadata=False))
    place = next(p for p, cell in enumerate(made["cells"]) if "def subsample" in _source(cell))
    made["cells"][place]["source"] = broken
    assert _answers(_read(made))["2.2"] == broken


def test_checks_that_were_copied_mark_a_place_and_what_was_added_to_one_runs_before_it() -> None:
    made = _answered()
    _cell(made, "check-2-1")["source"] = "import os; os._exit(0)"
    made["cells"].append(_code("check('2.6', conv_parameters)", "again"))
    found = _read(made)
    added = Cell("own", "", "import os; os._exit(0)")
    assert (*found.cells[:2], *found.cells[3:-1]) == EXPECTED.cells
    assert found.cells[2] == added
    assert found.cells[-1] == Cell("check", "2.6", 'check("2.6", conv_parameters);')


def test_copies_of_slow_cells_are_left_out_whatever_their_id() -> None:
    made = _answered()
    slow = next(cell for cell in made["cells"] if "slow" in cell["metadata"].get("tags", []))
    made["cells"].append({**slow, "id": "new", "source": "while True: pass"})
    found = _read(made)
    assert found.cells == EXPECTED.cells
    assert found.notes == ("a changed copy of a cell of the course was left out",)


def _master_with_text() -> dict[str, Master]:
    text = MasterCell("exercise-2-7", "text", "2.7", "*Write your answer here.*")
    return {CHAPTER: Master(CHAPTER, MASTER.setup, (*MASTER.cells, text), MASTER.answer_names)}


def test_answers_in_words() -> None:
    masters = _master_with_text()
    made = _answered()
    cell: dict[str, Any] = {"cell_type": "markdown", "metadata": {}, "source": ["Because\n", "of padding."]}
    for given in ({"id": "exercise-2-7"}, {"metadata": {"id": "exercise-2-7"}}):
        changed = {**made, "cells": [*made["cells"], cell | given]}
        assert read_answers(json.dumps(changed).encode(), masters).texts == {"2.7": "Because\nof padding."}
    tagged = {"nbgrader": {"grade_id": "exercise-2-7"}}
    for stub in ("*Write your answer here.*", "YOUR ANSWER HERE", " "):
        changed = {**made, "cells": [*made["cells"], cell | {"metadata": tagged, "source": stub}]}
        found = read_answers(json.dumps(changed).encode(), masters)
        assert (found.texts, found.missing) == ({"2.7": ""}, ())
    assert read_answers(json.dumps(made).encode(), masters).missing == ("2.7",)


# --- Which chapter --------------------------------------------------------------------------------------------


def test_the_named_chapter_wins_if_one_cell_is_its() -> None:
    made = _answered()
    assert _read(made, "03_pooling").chapter == CHAPTER
    other = json.loads((ROOT / "notebooks" / "03_pooling.ipynb").read_text(encoding="utf-8"))
    made["cells"].append(other["cells"][0])
    assert _read(made, "03_pooling").chapter == "03_pooling"
    assert _read(made).chapter == CHAPTER
    assert _read(made, "99_nowhere").chapter == CHAPTER


def test_a_notebook_of_no_chapter_is_told() -> None:
    empty = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    assert _read(empty).problem == "The notebook holds no cell of any chapter."
    assert _read({**empty, "cells": [_code("x = 1"), _code("import keras")]}).problem != ""


def test_a_bare_answer_tells_the_chapter_by_its_name() -> None:
    found = _read({"cells": [_code(RIGHT["2.5"])]})
    assert (found.chapter, _answers(found), len(found.missing)) == (CHAPTER, {"2.5": RIGHT["2.5"]}, 5)


# --- Names that cells define ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        "def f(x):\n    return x", "async def f(): pass", "class f: pass", "f = 1", "f: int = 1", "a, (f, *b) = c",
        "a = f = 2", "from m import g as f", "import f", "%matplotlib inline\nf = 1", "!ls\nf = 1\nf?",
        "def f(x: return", "f = (", "@d\ndef f(): pass",
    ],
)  # fmt: skip
def test_a_cell_that_defines_a_name(source: str) -> None:
    assert defined(source, ["f", "nothing"]) == {"f"}


@pytest.mark.parametrize(
    "source",
    [
        "", "f(1)", "f == 1", "x.f = 1", "f[0] = 1", "def g():\n    f = 1", "f: int", "# f = 1", "'''\nf = 1\n'''",
        "f == (", "def fg(: x", "f += 1", "print(f) (",
    ],
)  # fmt: skip
def test_a_cell_that_does_not(source: str) -> None:
    assert defined(source, ["f"]) == set()


# --- Hostile files --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf  \n", "empty"),
        (b"\xff\xfe{\x00", "UTF-8"),
        (b"\x80", "UTF-8"),
        (b"<html>", "from line 1 on, it is not JSON"),
        (b'{"cells": [\n\n<<<<<<< HEAD', "from line 3 on, it is not JSON"),
        (b"<html>", "it is not JSON."),
        (b'{"cells": [\n', "from line 2 on, it is not JSON. It seems to be cut off: download it again"),
        ('{"cells": ["作'.encode()[:-1], "It seems to be cut off"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"cells":' * 100_000, "nested too deeply"),
        (b'{"cells": ' + b"[" * 5000 + b"]" * 5000 + b"}", "nested too deeply"),
        (b"null", "no list of cells"),
        (b"[]", "no list of cells"),
        (b"NaN", "no list of cells"),
        (b"9" * 10_000, "no list of cells"),
        (b'"cells"', "no list of cells"),
        (b'{"cells": {"0": {}}}', "no list of cells"),
        (b'{"cells": null}', "no list of cells"),
        (b'{"nbformat": 3, "worksheets": [{"cells": []}]}', "old format 3"),
        (b'{"cells": [' + b"0," * 1_000_000 + b"0]}", "1,000,001 cells"),
        (b'{"cells": [{"source": 7}]}', "source of cell 1 is neither"),
        (b'{"cells": [{"source": ["a", 7]}]}', "source of cell 1 is neither"),
        (b'{"cells": [{"source": {"a": 1}}]}', "source of cell 1 is neither"),
        (b'{"cells": [{"source": null}]}', "source of cell 1 is neither"),
        (b'{"cells": [{"source": "' + b"x" * 1_000_001 + b'"}]}', "Cell 1 has more than"),
        (
            b'{"cells": [' + b",".join([b'{"source": "' + b"x" * 999_999 + b'"}'] * 6) + b"]}",
            "more than 5,000,000",
        ),
        (b'{"cells": [], "x": "' + b"x" * submitted_notebook.MOST_BYTES + b'"}', "larger than 50 MB"),
    ],
    ids=range(28),
)
def test_what_is_no_notebook_is_told_in_one_sentence(data: bytes, said: str) -> None:
    begin = time.process_time()
    found = read_answers(data, MASTERS, CHAPTER)
    assert said in found.problem
    assert found.problem.endswith(".")
    assert "\n" not in found.problem
    assert (found.chapter, found.cells) == (CHAPTER, ())
    assert time.process_time() - begin < 2


ODD: tuple[Any, ...] = (
    None,
    True,
    7,
    -1.5,
    "",
    "x" * 999,
    "exercise-2-1",
    [],
    ["exercise"],
    {},
    {"id": "exercise-2-1"},
    [[["x"]]],
    "\ud800",
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_notebook_is_read_in_every_encoding_that_editors_store(encoding: str) -> None:
    text = json.dumps({"cells": [{"cell_type": "code", "source": "王伟"}]}, ensure_ascii=False)
    cells, _ = submitted_notebook.read_cells(text.encode(encoding))
    assert [cell.source for cell in cells] == ["王伟"]


@pytest.mark.parametrize("key", ["id", "metadata", "cell_type", "outputs", "attachments", "execution_count"])
def test_odd_values_in_a_cell_are_read_with_patience(key: str) -> None:
    for value in ODD:
        made = _answered()
        for cell in made["cells"]:
            cell[key] = value
        assert isinstance(_read(made), Answers)


@pytest.mark.parametrize("key", ["id", "tags", "exercise", "nbgrader"])
def test_odd_values_in_the_metadata_are_read_with_patience(key: str) -> None:
    for value in ODD:
        made = _answered()
        for cell in made["cells"]:
            cell["metadata"][key] = value
        assert _answers(_read(made)) == RIGHT


def test_entries_that_are_no_cells_are_counted_and_left_out() -> None:
    made = _answered()
    made["cells"] = [*ODD[:7], *made["cells"], [], 7]
    found = _read(made)
    assert found.cells == EXPECTED.cells
    assert found.notes == ("9 entries of the notebook are not cells",)


def test_numbers_that_python_would_not_read_do_not_matter() -> None:
    made = json.dumps(_answered()).replace(
        '"nbformat": 4', '"nbformat": ' + "9" * 100_000 + ', "x": [NaN, Infinity, 1e999]'
    )
    assert read_answers(made.encode(), MASTERS) == EXPECTED


def test_of_a_key_that_stands_twice_the_last_counts() -> None:
    text = json.dumps(_answered()).replace(
        '"id": "exercise-2-1"', '"id": "exercise-2-2", "id": "exercise-2-1"'
    )
    assert read_answers(text.encode(), MASTERS) == EXPECTED


def test_sources_can_be_written_as_text() -> None:
    made = _answered()
    _cell(made, "exercise-2-2")["source"] = "def subsample(a, b):\r\n    return '\ud800\x00\u202e'\r"
    found = _read(made)
    source = _answers(found)["2.2"]
    assert source == "def subsample(a, b):\n    return '\ufffd\x00\u202e'\n"
    source.encode("utf-8")


@pytest.mark.parametrize(
    "source",
    [
        "(" * 100_000 + "slide", "slide = " + "-" * 100_000 + "1", "slide = " + "1+" * 50_000 + "1", "slide\x00",
        "slide" + " " * 900_000 + "?", " " * 900_000 + "slide", 'check("2.1", x)' + " " * 900_000 + "x", "%" * 900_000,
        "slide = " + "[" * 90 + "]" * 90, "slide." * 20_000 + "x", "\\\n" * 100_000 + "slide",
        "slide = '''" + "\n" * 99_999,
        "def slide(" + "a," * 50_000 + "): pass", "slide" + "\n" * 900_000,
    ],
)  # fmt: skip
def test_sources_that_are_hard_to_parse(source: str) -> None:
    begin = time.process_time()
    made = _answered()
    made["cells"].append(_code(source))
    found = _read(made)
    assert {one: text for one, text in _answers(found).items() if one != "2.1"} == {
        one: text for one, text in RIGHT.items() if one != "2.1"
    }
    assert _answers(found)["2.1"] == RIGHT["2.1"]
    assert time.process_time() - begin < 2


def test_five_thousand_cells_are_read_in_time() -> None:
    made = _answered()
    room = submitted_notebook.MOST_CELLS - len(made["cells"])
    made["cells"] += [_code(f"def slide(image, kernel):\n    return {number}") for number in range(room)]
    begin = time.process_time()
    found = _read(made)
    assert _answers(found) == RIGHT
    assert len(found.cells) == room + 13
    assert time.process_time() - begin < 5


def _mutate(rng: random.Random, made: Notebook) -> bytes:
    """Change cells, ids, metadata, values and at last bytes, at random."""
    for _ in range(rng.randint(1, 6)):
        cells = made["cells"]
        place = rng.randrange(len(cells))
        if not isinstance(cells[place], dict):
            continue
        other = copy.deepcopy(rng.choice(cells))
        kind = rng.randrange(6)
        if kind == 0:
            del cells[place]
        elif kind == 1:
            cells.insert(place, other)
        elif kind == 2:
            cells[place] = rng.choice((other, *ODD))
        elif kind == 3:
            cells[place][rng.choice(("id", "metadata", "cell_type", "source", "outputs"))] = rng.choice(ODD)
        elif kind == 4 and isinstance(cells[place].get("metadata"), dict):
            cells[place]["metadata"][rng.choice(("id", "tags", "exercise", "nbgrader"))] = rng.choice(ODD)
        elif kind == 5 and isinstance(cells[place].get("source"), str):
            source = cells[place]["source"]
            cut = rng.randint(0, len(source))
            cells[place]["source"] = (
                source[:cut] + rng.choice(("", "\x00", "(", "\ud800", "\n%", "def slide")) + source[cut:]
            )
    data = bytearray(json.dumps(made).encode())
    if rng.random() < 0.4:
        for _ in range(rng.randint(1, 4)):
            data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data[: rng.randrange(len(data))] if rng.random() < 0.1 else data)


def test_three_hundred_mutations_all_end_in_answers_or_a_sentence() -> None:
    rng = random.Random(11)
    original = json.dumps(_answered())
    problems = 0
    for _ in range(300):
        found = read_answers(
            _mutate(rng, json.loads(original)), MASTERS, rng.choice(("", CHAPTER, "03_pooling"))
        )
        problems += bool(found.problem)
        assert found.problem or (found.chapter == CHAPTER and found.cells)
        answered = [cell.exercise for cell in found.cells if cell.kind == "answer"]
        assert len(answered) == len(set(answered))
        if not found.problem:
            assert sorted([*answered, *found.missing]) == list(IDS)
        for cell in found.cells:
            cell.source.encode("utf-8")
            assert cell.kind in ("answer", "later", "own", "check", "changed")
        assert "\n" not in "".join((found.problem, *found.notes))
    assert 30 < problems < 270
