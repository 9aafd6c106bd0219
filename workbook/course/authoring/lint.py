"""What a chapter must have, beyond running: checked by `workbook build --check`."""

import ast
import re
from collections import Counter

from nbformat import NotebookNode

from workbook.course.authoring.chapter import BEGIN, END, ROLES, STUB_COMMENT
from workbook.course.authoring.links import read_head, without_links
from workbook.course.authoring.wrap import CODE_WIDTH, WIDTH, is_wrapped
from workbook.exercises import Exercise, exercises_of

MISTAKES, HINTS = 3, 2
LONGEST_CELL = 16  # statements in a cell that is not set-up or an exercise
WIDEST_OUTPUT = 100  # columns of printed text; a single sentence may be wider, because it wraps
PARTS = ("You will be able to", "Minutes", "Summary", "Formulae", "Where to read on")


def lint_chapter(name: str, notebook: NotebookNode, copy: NotebookNode) -> list[str]:
    """List what is wrong with a chapter as built."""
    return [
        *_ids(notebook),
        *_tags(notebook),
        *_head(name, notebook),
        *_parts(notebook),
        *_long_cells(notebook),
        *_wide_code(notebook),
        *_prose(notebook),
        *_exercises(name, notebook),
        *_leaks(notebook, copy),
        *_stubs(copy),
    ]


def lint_executed(notebook: NotebookNode) -> list[str]:
    """List the cells of a complete notebook that are not executed, and the outputs that it must not hold."""
    problems = []
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        if cell.execution_count is None:
            problems.append(f"cell {cell.id} is not executed, so nbval compares nothing")
        for output in cell.outputs:
            if output.output_type == "error":
                problems.append(f"cell {cell.id} holds an error")
            if "image/png" in output.get("data", {}) and not output.metadata.get("image/png", {}).get("alt"):
                problems.append(f'cell {cell.id} shows a picture without an alternative text (alt="...")')
            if _is_wide(output):
                problems.append(
                    f"cell {cell.id} prints over {WIDEST_OUTPUT} columns; show a workbook.tables.Table"
                )
            if output.output_type == "stream" and output.name == "stderr":
                problems.append(f"cell {cell.id} writes to stderr: {output.text.strip()[:80]!r}")
        if "check" in cell.metadata.get("tags", []) and "passed" not in str(cell.outputs):
            problems.append(f"check cell {cell.id} does not say passed")
    return problems


def _is_wide(output: NotebookNode) -> bool:
    """Return whether an output is text that is too wide: two lines over the limit, or one with aligned columns."""
    data = output.get("data", {})
    if output.output_type != "stream" and set(data) != {"text/plain"}:
        return False  # a picture, a widget, HTML or an error
    text = output.text if output.output_type == "stream" else data["text/plain"]
    wide = [line for line in text.split("\n") if len(line) > WIDEST_OUTPUT]
    return len(wide) > 1 or any("  " in line.strip() for line in wide)


def lint_learner(notebook: NotebookNode) -> list[str]:
    """List the cells of a learner's copy that hold outputs: they could give a solution away."""
    return [
        f"cell {cell.id} has outputs or a run number; run `workbook build`"
        for cell in notebook.cells
        if cell.cell_type == "code" and (cell.outputs or cell.execution_count is not None)
    ]


def _tagged(notebook: NotebookNode, tag: str) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if tag in cell.metadata.get("tags", [])]


def _ids(notebook: NotebookNode) -> list[str]:
    grade_ids = [cell.metadata.nbgrader.grade_id for cell in notebook.cells if "nbgrader" in cell.metadata]
    cell_ids = [cell.id for cell in notebook.cells]
    # The two kinds are counted apart: a cell's id may be its grade_id.
    repeated = [
        name for names in (grade_ids, cell_ids) for name, count in Counter(names).items() if count > 1
    ]
    return [f"the id {name} appears twice" for name in dict.fromkeys(repeated)]


def _tags(notebook: NotebookNode) -> list[str]:
    allowed = {*ROLES, "badges", "colab", "navigation"}
    tags = {tag for cell in notebook.cells for tag in cell.metadata.get("tags", [])}
    problems = [f"unknown tag {tag!r}" for tag in sorted(tags - allowed)]
    setup = _tagged(notebook, "setup")
    if len(setup) != 1:
        return [*problems, "needs exactly one cell tagged 'setup'"]
    lines = setup[0].source.split("\n")
    first = {
        word: next((i for i, line in enumerate(lines) if word in line), len(lines))
        for word in ("workbook", "keras")
    }
    if first["keras"] < first["workbook"]:
        problems.append("the set-up imports keras before workbook, which makes Keras quiet and fast")
    return problems


def _head(name: str, notebook: NotebookNode) -> list[str]:
    if notebook.cells and read_head(name, notebook.cells[0].source):
        return []
    return ["must begin with `# NN · Title`, `**A question?**` and `**Minutes:** about N with the exercises`"]


def _parts(notebook: NotebookNode) -> list[str]:
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    return [f"has no part {part!r}" for part in PARTS if part not in text]


def _long_cells(notebook: NotebookNode) -> list[str]:
    problems = []
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        if cell.cell_type != "code" or {"setup", "exercise", "colab"} & set(tags):
            continue
        count = _count_statements(cell.source)
        if count > LONGEST_CELL:
            problems.append(f"cell {cell.id} has {count} statements, at most {LONGEST_CELL}: split it")
    return problems


def _count_statements(code: str) -> int:
    """Return the number of statements of a cell, those in blocks too; of its lines if it cannot be parsed."""
    try:
        return sum(isinstance(node, ast.stmt) for node in ast.walk(ast.parse(code)))
    except SyntaxError:  # a magic
        lines = [line.strip() for line in code.split("\n")]
        return sum(bool(line) and not line.startswith("#") for line in lines)


def _wide_code(notebook: NotebookNode) -> list[str]:
    """List the lines of code that are too long, except those of the cell that installs the course."""
    return [
        f"a line of code has {len(line)} columns, at most {CODE_WIDTH}; run `workbook wrap`: {line.strip()[:40]!r}"
        for cell in notebook.cells
        if cell.cell_type == "code" and "colab" not in cell.metadata.get("tags", [])
        for line in cell.source.split("\n")
        if len(line) > CODE_WIDTH
    ]


def _prose(notebook: NotebookNode) -> list[str]:
    return [
        f"a line of prose is longer than {WIDTH + 2} characters, in {cell.source.strip()[:40]!r}; run `workbook wrap`"
        for cell in notebook.cells
        if cell.cell_type == "markdown"
        and not {"badges", "navigation"} & set(cell.metadata.get("tags", []))
        and not is_wrapped(without_links(cell.source))
    ]


def _exercises(name: str, notebook: NotebookNode) -> list[str]:
    problems = []
    exercises = {exercise.id: exercise for exercise in exercises_of(name)}
    if not 4 <= len(exercises) <= 7:
        problems.append(f"has {len(exercises)} exercises; a chapter must have four to seven")
    used = {cell.metadata["exercise"] for cell in notebook.cells if "exercise" in cell.metadata}
    problems += [f"exercise {id_} is defined but has no cells" for id_ in exercises if id_ not in used]
    problems += [f"exercise {id_} of another chapter has cells here" for id_ in sorted(used - set(exercises))]
    for exercise in exercises.values():
        cells = [cell for cell in notebook.cells if cell.metadata.get("exercise") == exercise.id]
        texts = [without_links(cell.source) for cell in cells]
        headings = [text.split("\n")[0] for text in texts if text.startswith("### Exercise")]
        if headings != [exercise.heading]:
            problems.append(
                f"exercise {exercise.id}: its heading is {headings}, expected {exercise.heading!r}"
            )
        if isinstance(exercise, Exercise):
            problems += [
                f"exercise {exercise.id}: {text}" for text in _one_exercise(exercise, cells, notebook)
            ]
    return problems


def _one_exercise(exercise: Exercise, cells: list[NotebookNode], notebook: NotebookNode) -> list[str]:
    problems = []
    check = f'check("{exercise.id}", {exercise.answer_name});'
    if [cell.source.strip() for cell in cells if "check" in cell.metadata.get("tags", [])] != [check]:
        problems.append(f"needs one check cell `{check}`")
    answers = [
        cell for cell in cells if cell.cell_type == "code" and "exercise" in cell.metadata.get("tags", [])
    ]
    if len(answers) != 1 or BEGIN not in answers[0].source:
        problems.append("needs one code cell with a solution between the markers")
    if len(exercise.mistakes) < MISTAKES:
        problems.append(f"needs at least {MISTAKES} mistakes")
    names = Counter(mistake.name for mistake in exercise.mistakes)
    problems += [f"two mistakes have the same name: {name!r}" for name, count in names.items() if count > 1]
    if len(exercise.hints) < HINTS:
        problems.append(f"needs at least {HINTS} hints")
    text = "\n".join(cell.source for cell in notebook.cells)
    if exercise.section not in re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE):
        problems.append(f"there is no section {exercise.section!r} in the chapter")
    return problems


def _leaks(notebook: NotebookNode, copy: NotebookNode) -> list[str]:
    problems = []
    for cell, theirs in zip(notebook.cells, copy.cells, strict=True):
        if BEGIN in theirs.source or END in theirs.source or "SOLUTION" in theirs.source:
            problems.append(f"cell {cell.id}: a solution marker leaks into the learner's copy")
        is_answer = cell.cell_type == "code" and "exercise" in cell.metadata.get("tags", [])
        if is_answer and cell.source == theirs.source:
            problems.append(f"cell {cell.id}: the learner's copy holds the solution")
    return problems


def _stubs(copy: NotebookNode) -> list[str]:
    problems = []
    for cell in _tagged(copy, "exercise"):
        if cell.cell_type != "code":
            continue
        if STUB_COMMENT not in cell.source:
            problems.append(f"cell {cell.id}: no stub")
        try:
            ast.parse(cell.source)
        except SyntaxError as error:
            problems.append(f"cell {cell.id}: the stub does not parse ({error.msg})")
    return problems
