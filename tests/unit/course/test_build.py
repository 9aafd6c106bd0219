"""Authoring: sources make notebooks, and `workbook build --check` sees every way in which they can part."""

import re
import shutil
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from typer.testing import CliRunner

from tests import ROOT
from workbook.course.authoring import build as builder
from workbook.course.authoring import chapter, lint
from workbook.course.cli.app import app

NAME = "02_convolution"
SOURCE = ROOT / "solutions" / f"{NAME}.py"
ADDRESS = "https://github.com/someone/course"
CHAPTERS = chapter.sources(ROOT)


@pytest.fixture(scope="module")
def one_chapter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with a single chapter, built: without neighbours, so without the links to them."""
    root = tmp_path_factory.mktemp("project")
    (root / "solutions").mkdir()
    for path in (SOURCE, SOURCE.with_suffix(".ipynb")):
        shutil.copy(path, root / "solutions")
    shutil.copy(ROOT / "pyproject.toml", root)
    assert list(builder.build(root)) == [f"{NAME}: built"]
    assert builder.check(root) == []
    return root


@pytest.fixture
def project(one_chapter: Path, tmp_path: Path) -> Path:
    """A copy of the project with one chapter, built."""
    shutil.copytree(one_chapter, tmp_path, dirs_exist_ok=True)
    return tmp_path


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) >= 1
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_projects_notebooks_agree_with_their_sources() -> None:
    assert builder.check(ROOT) == []


def test_building_twice_gives_the_same() -> None:
    one, other = (chapter.learner(chapter.complete(SOURCE, ADDRESS)) for _ in range(2))
    assert nbformat.writes(one) == nbformat.writes(other)


def test_a_word_changed_in_the_source_is_drift(project: Path) -> None:
    _edit(project / "solutions" / f"{NAME}.py", "photograph?", "picture?")
    problems = builder.check(project)
    assert len(problems) == 2
    assert all("its cells are not those of its source; run `workbook build`" in text for text in problems)


@pytest.mark.parametrize("folder", ["solutions", "notebooks"])
def test_a_word_changed_in_a_notebook_is_drift(project: Path, folder: str) -> None:
    _edit(project / folder / f"{NAME}.ipynb", "photograph?", "picture?")
    (problem,) = builder.check(project)
    assert problem.startswith(f"{folder}/{NAME}.ipynb: the source of cell")


def test_changed_metadata_is_drift(project: Path) -> None:
    _edit(project / "notebooks" / f"{NAME}.ipynb", '"points": 3', '"points": 30')
    (problem,) = builder.check(project)
    assert "the metadata of cell check-2-" in problem


def test_an_orphan_and_a_missing_notebook_are_seen(project: Path) -> None:
    (project / "notebooks" / f"{NAME}.ipynb").rename(project / "notebooks" / "07_old.ipynb")
    problems = builder.check(project)
    assert "notebooks/07_old.ipynb: no source in solutions/" in problems
    assert f"notebooks/{NAME}.ipynb: missing; run `workbook build`" in problems


def test_outputs_in_a_learners_copy_are_seen(project: Path) -> None:
    path = project / "notebooks" / f"{NAME}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[3].execution_count = 3
    nbformat.write(notebook, path)
    (problem,) = builder.check(project)
    assert "has outputs or a run number" in problem


def test_a_damaged_notebook_and_a_misnamed_source_are_seen(project: Path) -> None:
    (project / "notebooks" / f"{NAME}.ipynb").write_text("{", encoding="utf-8")
    (project / "solutions" / "6_next.py").write_text("# %%\n", encoding="utf-8")
    (project / "solutions" / "06_next.py").write_text("# %%\nx = 1\n", encoding="utf-8")
    problems = builder.check(project)
    assert any(f"notebooks/{NAME}.ipynb: not a notebook" in problem for problem in problems)
    assert any("6_next.py: not named NN_topic.py" in problem for problem in problems)
    assert any("solutions/06_next.py: There is no chapter" in problem for problem in problems)
    assert builder.check(project, only=["07"]) == [text for text in problems if "not named" in text]


def test_a_chapter_without_exercises_says_where_they_go(project: Path) -> None:
    source = project / "solutions" / "18_topic.py"
    source.write_text('# %% tags=["exercise"] exercise="18.1"\nx = 1\n', encoding="utf-8")
    place = "Its exercises go to workbook/exercises/chapters/c18_topic.py."
    (problem,) = builder.check(project, only=["18"])
    assert problem.startswith(
        "solutions/18_topic.py: There is no chapter 18_topic. Chapters with exercises: 00_"
    )
    assert problem.endswith(place)
    with pytest.raises(ValueError, match=re.escape(place)):
        list(builder.build(project, only=["18"]))


def test_a_picture_without_an_alternative_text_is_seen(project: Path) -> None:
    path = project / "solutions" / f"{NAME}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    outputs = [
        output
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]
    assert all(len(output.metadata["image/png"]["alt"]) > 40 for output in outputs)
    del outputs[0].metadata["image/png"]
    nbformat.write(notebook, path)
    (problem,) = builder.check(project)
    assert "shows a picture without an alternative text" in problem


@pytest.mark.parametrize(
    ("text", "is_wide"),
    [
        (f"{'x' * 101}", False),
        (f"{'x' * 50}  {'y' * 50}", True),
        (f"{'x' * 101}\n{'y' * 101}", True),
        (f"{'x' * 50}  {'y' * 48}\n" * 3, False),
    ],
)
def test_a_printed_table_that_is_too_wide_is_seen(text: str, is_wide: bool) -> None:
    printed = nbformat.v4.new_output("stream", text=text)
    shown = nbformat.v4.new_output("execute_result", {"text/plain": text, "text/html": "<table>"})
    plain = nbformat.v4.new_output("execute_result", {"text/plain": text})
    for output, expected in ((printed, is_wide), (plain, is_wide), (shown, False)):
        cell = nbformat.v4.new_code_cell("x", outputs=[output], execution_count=1)
        problems = lint.lint_executed(nbformat.v4.new_notebook(cells=[cell]))
        assert bool(problems) == expected
        assert all("over 100 columns" in problem for problem in problems)


def test_a_line_of_code_that_is_too_long_is_seen() -> None:
    notebook = chapter.complete(SOURCE, ADDRESS)
    notebook.cells[3].source = f"x = 1\nlong_name = {'y' * 90}"
    problems = lint.lint_chapter(NAME, notebook, chapter.learner(notebook))
    assert any("has 102 columns, at most 95" in problem for problem in problems)


def test_an_unexecuted_solution_is_seen(project: Path) -> None:
    path = project / "solutions" / f"{NAME}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    cell = next(cell for cell in notebook.cells if cell.cell_type == "code")
    cell.execution_count = None
    nbformat.write(notebook, path)
    (problem,) = builder.check(project)
    assert "is not executed" in problem


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("    ### END SOLUTION\n", "", "has no '### END SOLUTION'"),
        ("    ### BEGIN SOLUTION\n", "", "without '### BEGIN SOLUTION'"),
        ("    ### END SOLUTION\n", "    ### BEGIN SOLUTION\n", "appears twice without"),
        ("    ### BEGIN SOLUTION\n", "    # begin solution\n", "is almost a marker"),
        ('exercise="2.1"', 'exercise="2.77"', "There is no exercise 2.77"),
        ('check("2.2", subsample);', "", "exercise 2.2: needs one check cell"),
        ("(10 min, 3 points)", "(11 min, 3 points)", "its heading is"),
        ('tags=["setup"]', 'tags=["set-up"]', "unknown tag 'set-up'"),
        ("# ## Formulae", "# ## Formulas", "has no part 'Formulae'"),
        ("# ## Stride\n", "# ## Steps\n", "there is no section 'Stride'"),
        ("photograph?", "photograph? " + "word " * 30, "longer than 120 characters"),
    ],
)
def test_a_fault_in_the_source_is_named(project: Path, old: str, new: str, words: str) -> None:
    _edit(project / "solutions" / f"{NAME}.py", old, new)
    assert any(words in problem for problem in builder.check(project)), builder.check(project)


def test_an_exercise_without_cells_and_with_too_few_mistakes_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    import dataclasses

    known = lint.exercises_of(NAME)
    poor = dataclasses.replace(known[0], mistakes=known[0].mistakes[:2], hints=())
    extra = [dataclasses.replace(known[0], id=name) for name in ("2.8", "2.9")]
    monkeypatch.setattr(lint, "exercises_of", lambda name: (poor, *known[1:], *extra))
    notebook = chapter.complete(SOURCE, ADDRESS)
    problems = lint.lint_chapter(NAME, notebook, chapter.learner(notebook))
    assert "exercise 2.1: needs at least 3 mistakes" in problems
    assert "exercise 2.1: needs at least 2 hints" in problems
    assert "exercise 2.9 is defined but has no cells" in problems
    assert any("has 8 exercises" in problem for problem in problems)


def test_two_mistakes_of_one_name_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    import dataclasses

    known = lint.exercises_of(NAME)
    first = known[0].mistakes[0]
    twice = dataclasses.replace(known[0], mistakes=(*known[0].mistakes, first))
    monkeypatch.setattr(lint, "exercises_of", lambda name: (twice, *known[1:]))
    notebook = chapter.complete(SOURCE, ADDRESS)
    problems = lint.lint_chapter(NAME, notebook, chapter.learner(notebook))
    assert problems == [f"exercise 2.1: two mistakes have the same name: {first.name!r}"]


def test_a_leaked_solution_and_a_repeated_id_are_seen() -> None:
    notebook = chapter.complete(SOURCE, ADDRESS)
    copy = chapter.learner(notebook)
    index = next(i for i, cell in enumerate(copy.cells) if cell.metadata.get("tags") == ["exercise"])
    copy.cells[index].source = notebook.cells[index].source
    notebook.cells[3].id = notebook.cells[4].id
    problems = lint.lint_chapter(NAME, notebook, copy)
    assert any("a solution marker leaks" in problem for problem in problems)
    assert any("the learner's copy holds the solution" in problem for problem in problems)
    assert any("appears twice" in problem for problem in problems)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def f(x):\n    ### BEGIN SOLUTION\n    return x\n    ### END SOLUTION",
         f"def f(x):\n    {chapter.STUB_COMMENT}\n    return ..."),
        ("### BEGIN SOLUTION\na = 1\nb, c = 2, 3\n### END SOLUTION",
         f"{chapter.STUB_COMMENT}\na = ...\nb = ...\nc = ..."),
        ("### BEGIN SOLUTION\na: int = 1\ndef g():\n    return 1\n### END SOLUTION\nd = 1",
         f"{chapter.STUB_COMMENT}\na = ...\ng = ...\nd = 1"),
        ("### BEGIN SOLUTION\nform = {'a': 1, 'b': f(2)}\n### END SOLUTION",
         f'{chapter.STUB_COMMENT}\nform = {{\n    "a": ...,\n    "b": ...,\n}}'),
        ("x = 1", "x = 1"),
    ],
)  # fmt: skip
def test_stubs_parse_and_run(source: str, expected: str) -> None:
    assert chapter.stub(source) == expected
    exec(chapter.stub(source), {})


def test_a_form_with_awkward_keys_and_an_indexed_assignment_make_valid_stubs() -> None:
    source = chapter.stub(
        '### BEGIN SOLUTION\nform = {"it\'s": 1, \'a "b"\': 2, 3: 4}\ngrid[0] = 5\n### END SOLUTION'
    )
    names: dict = {}
    exec(source, names)
    assert names["form"] == {"it's": ..., 'a "b"': ..., 3: ...}
    assert "grid" not in names


def test_a_solution_that_names_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="must assign the name"):
        chapter.stub("### BEGIN SOLUTION\nprint(1)\n### END SOLUTION")


@pytest.mark.parametrize("source", CHAPTERS, ids=lambda path: path.stem)
def test_the_learners_copy_has_nothing_of_the_solution(source: Path) -> None:
    notebook = chapter.complete(source, ADDRESS)
    copy = chapter.learner(notebook)
    assert all(not cell.get("outputs") and cell.get("execution_count") is None for cell in copy.cells)
    for cell, theirs in zip(notebook.cells, copy.cells, strict=True):
        if "exercise" in cell.metadata.get("tags", []):
            inside = cell.source.split(chapter.BEGIN)[1].split(chapter.END)[0].strip()
            assert inside not in theirs.source


def test_links_come_from_the_one_address() -> None:
    copy = chapter.learner(chapter.complete(SOURCE, ADDRESS))
    badges, colab = copy.cells[1:3]
    assert "github/someone/course/blob/main/notebooks/02_convolution.ipynb" in badges.source
    assert "gh/someone/course/main?labpath=notebooks%2F02_convolution.ipynb" in badges.source
    assert f"git+{ADDRESS}" in colab.source
    exec(colab.source, {})  # where the course is installed it does nothing


def test_the_links_to_places_have_no_pictures_that_break_offline() -> None:
    badges = chapter.complete(SOURCE, ADDRESS).cells[1].source
    assert "![" not in badges
    assert "<img" not in badges
    assert re.findall(r"\[(\w+)\]\(https://", badges) == ["Colab", "Binder", "Kaggle", "Deepnote"]
    assert "kaggle.com/kernels/welcome?src=https://github.com/someone/course/blob/main/notebooks/" in badges
    assert "deepnote.com/launch?url=https://github.com/someone/course/blob/main/notebooks/" in badges


NETWORK = (
    "WARNING: Retrying (Retry(total=0)) after connection broken\n"
    "ERROR: Could not find a version that satisfies the requirement hatchling\n"
    "ERROR: No matching distribution found for hatchling\n"
)


@pytest.mark.parametrize(
    ("version", "here", "errors", "packages", "line"),
    [
        ((3, 12, 3), {"tensorflow"}, "", 1, "Installing the course, about a minute ... done."),
        ((3, 13, 0), {"jax"}, "", 1, "Installing the course, about a minute ... done."),
        ((3, 11, 0), set(), "", 2, "Installing the course, about a minute ... done."),
        (
            (3, 12, 3),
            {"tensorflow"},
            NETWORK,
            1,
            "Installing the course, about a minute ... failed: No matching distribution found for hatchling. "
            "Is the network on? Then run this cell again.",
        ),
        ((3, 12, 3), {"jax"}, "what?", 1, "Installing the course, about a minute ... failed: no message. Is"),
        (
            (3, 10, 4),
            {"tensorflow"},
            "",
            0,
            "The course needs Python 3.11, 3.12 or 3.13; this is Python 3.10.4. ",
        ),
        (
            (3, 14, 0),
            {"tensorflow"},
            "",
            0,
            "The course needs Python 3.11, 3.12 or 3.13; this is Python 3.14.0. ",
        ),
        ((3, 10, 4), {"workbook"}, "", 0, ""),
    ],
)
def test_the_first_cell_installs_the_course_where_it_is_missing(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
    version: tuple[int, int, int],
    here: set[str],
    errors: str,
    packages: int,
    line: str,
) -> None:
    """Python's version, the installed packages and pip are pretended."""
    import importlib.util
    import subprocess
    import sys

    calls = []

    def run(command: list[str], **options: object) -> subprocess.CompletedProcess:
        calls.append(command)
        return subprocess.CompletedProcess(command, int(bool(errors)), "", errors)

    source = chapter.learner(chapter.complete(SOURCE, ADDRESS)).cells[2].source
    with monkeypatch.context() as pretended:
        pretended.setattr(subprocess, "run", run)
        pretended.setattr(importlib.util, "find_spec", lambda name: name if name in here else None)
        pretended.setattr(sys, "version_info", version)
        pretended.setattr(sys, "version", ".".join(map(str, version)) + " (main)")
        exec(source, {})
    printed = capsys.readouterr().out
    assert printed.startswith(line)
    assert len(printed.splitlines()) == bool(line)
    installed = [word for call in calls for word in call[call.index("-q") + 1 :]]
    assert len(installed) == packages
    assert installed[:1] == ([f"cnn-workbook @ git+{ADDRESS}"] if packages else [])


def test_the_first_cell_knows_the_supported_pythons_and_parses_on_old_ones() -> None:
    import ast
    import tomllib

    with (ROOT / "pyproject.toml").open("rb") as file:
        needed = tomllib.load(file)["project"]["requires-python"]
    oldest, too_new = (".".join(map(str, version)) for version in (chapter.OLDEST, chapter.TOO_NEW))
    assert needed == f">={oldest},<{too_new}"
    ast.parse(chapter.complete(SOURCE, ADDRESS).cells[2].source, feature_version=(3, 7))


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a chapter of two cells, which the lint lets pass."""
    monkeypatch.setattr(builder, "lint_chapter", lambda name, notebook, copy: [])
    (tmp_path / "solutions").mkdir()
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def _write(root: Path, body: str) -> None:
    (root / "solutions" / "02_tiny.py").write_text(f"# %% [markdown]\n# # Tiny\n\n# %%\n{body}\n")


def test_build_executes_and_writes_both_copies(tiny: Path) -> None:
    root = tiny
    _write(root, "print(6 * 7)")
    assert list(builder.build(root)) == ["02_tiny: executing", "02_tiny: built"]
    stored: NotebookNode = nbformat.read(root / "solutions" / "02_tiny.ipynb", as_version=4)
    assert stored.cells[-1].outputs[0].text == "42\n"
    assert not nbformat.read(root / "notebooks" / "02_tiny.ipynb", as_version=4).cells[-1].outputs
    assert list(builder.build(root)) == ["02_tiny: built"], "an unchanged chapter is not executed again"
    assert list(builder.build(root, only=["03"])) == []


def _built(root: Path) -> list[bytes]:
    return [(root / folder / "02_tiny.ipynb").read_bytes() for folder in ("notebooks", "solutions")]


def test_executing_twice_gives_the_same_bytes(tiny: Path) -> None:
    """Streams in pieces, addresses, widgets, pictures, and a time that nbval ignores."""
    body = (
        "import sys, time\nfor _ in range(3):\n    print(1)\n    sys.stdout.flush()\n    time.sleep(0.2)\n\n"
        "# %%\nobject()\n\n# %%\nimport ipywidgets\nipywidgets.IntSlider()\n\n"
        '# %% alt="A line that rises from 1 to 2."\nimport matplotlib.pyplot as plt\nplt.plot([1, 2]);\n\n'
        '# %% tags=["nbval-ignore-output"]\nprint(time.time())'
    )
    _write(tiny, body)
    assert list(builder.build(tiny)) == ["02_tiny: executing", "02_tiny: built"]
    before = _built(tiny)
    assert list(builder.build(tiny, force=True)) == ["02_tiny: executing", "02_tiny: built"]
    assert _built(tiny) == before
    stored = nbformat.reads(before[1].decode(), as_version=4)
    assert [len(cell.outputs) for cell in stored.cells if cell.cell_type == "code"] == [0, 1, 1, 1, 1, 1]


def test_prose_and_metadata_change_without_execution(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _write(
        tiny,
        'print(6 * 7)\n\n# %% alt="A line that rises."\nimport matplotlib.pyplot as plt\nplt.plot([1, 2]);',
    )
    list(builder.build(tiny))
    monkeypatch.setattr(builder, "execute", lambda *arguments: pytest.fail("executed"))
    source = tiny / "solutions" / "02_tiny.py"
    _edit(source, "# # Tiny", "# # Tiny and new")
    _edit(source, "# %%\nprint", "# %% [markdown]\n# One more cell\n\n# %%\nprint")
    _edit(source, "that rises", "that goes up")
    assert list(builder.build(tiny)) == ["02_tiny: built"]
    stored = nbformat.read(tiny / "solutions" / "02_tiny.ipynb", as_version=4)
    assert stored.cells[0].source == "# Tiny and new"
    assert stored.cells[-2].outputs[0].text == "42\n"
    assert stored.cells[-1].outputs[-1].metadata["image/png"]["alt"] == "A line that goes up."
    assert builder.check(tiny) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [("6 * 7", "6 * 8"), ("print", "pass\nprint"), ("print", "pass\n\n# %%\nprint")],
)
def test_a_change_of_code_executes(tiny: Path, old: str, new: str) -> None:
    _write(tiny, "print(6 * 7)")
    list(builder.build(tiny))
    _edit(tiny / "solutions" / "02_tiny.py", old, new)
    assert list(builder.build(tiny)) == ["02_tiny: executing", "02_tiny: built"]
    assert builder.check(tiny) == []


def test_a_comment_needs_no_execution(tiny: Path) -> None:
    _write(tiny, "print(6 * 7)")
    list(builder.build(tiny))
    _edit(tiny / "solutions" / "02_tiny.py", "print", "# a comment\nprint")
    assert list(builder.build(tiny)) == ["02_tiny: built"]
    assert builder.check(tiny) == []


def test_a_new_address_is_written_without_execution(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _write(tiny, "print(6 * 7)")
    list(builder.build(tiny))
    monkeypatch.setattr(builder, "execute", lambda *arguments: pytest.fail("executed"))
    _edit(tiny / "pyproject.toml", chapter.repository(ROOT), ADDRESS)
    assert builder.check(tiny) != []
    assert list(builder.build(tiny)) == ["02_tiny: built"]
    assert builder.check(tiny) == []
    for content in _built(tiny):
        notebook = nbformat.reads(content.decode(), as_version=4)
        badges, colab = notebook.cells[1:3]
        assert "github/someone/course/blob/main/notebooks/02_tiny.ipynb" in badges.source
        assert f"git+{ADDRESS}" in colab.source
    stored = nbformat.read(tiny / "solutions" / "02_tiny.ipynb", as_version=4)
    assert stored.cells[-1].outputs[0].text == "42\n"


def test_a_chapter_that_fails_writes_nothing(tiny: Path) -> None:
    root = tiny
    _write(root, "print(1 / 0)")
    result = CliRunner().invoke(app, ["build", "--root", str(root)])
    assert result.exit_code == 1
    assert "ZeroDivisionError: division by zero" in result.output
    assert not (root / "solutions" / "02_tiny.ipynb").exists()


def test_the_command_says_what_is_wrong_in_a_line(tmp_path: Path, project: Path) -> None:
    run = CliRunner().invoke
    assert "is not the project's folder" in run(app, ["build", "--root", str(tmp_path / "nowhere")]).output
    assert "no chapter starts with '77'; the chapters are 02_convolution" in run(
        app, ["build", "77", "--root", str(project)]
    ).output.replace("\n", " ")
    result = run(app, ["build", "--check", "--root", str(project)])
    assert (result.exit_code, result.output.strip()) == (0, "notebooks and sources agree")
    assert run(app, ["build", "--check", "[/b]", "--root", str(project)]).exit_code == 2
    assert run(app, ["bench", "notebooks", "99", "--root", str(project)]).exit_code == 2
    _edit(project / "solutions" / f"{NAME}.py", "# ## Formulae", "# ## Formulas")
    result = run(app, ["build", "--root", str(project)])
    assert (result.exit_code, "has no part 'Formulae'" in result.output) == (1, True)
    _edit(project / "solutions" / f"{NAME}.py", "# ## Formulas", "# ## Formulae")
    _edit(project / "notebooks" / f"{NAME}.ipynb", "photograph?", "picture?")
    result = run(app, ["build", "--check", "--root", str(project)])
    assert result.exit_code == 1
    assert "1 problem(s)" in result.output
