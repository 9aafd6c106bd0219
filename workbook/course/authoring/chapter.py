"""Turn a chapter's source into its two notebooks, in memory.

The source is `solutions/NN_topic.py` in jupytext's percent format, with the solutions in place between
`### BEGIN SOLUTION` and `### END SOLUTION`. The complete notebook keeps them; the learner's copy has a stub in
their place that parses and runs. Cell ids, nbgrader's metadata and the badges are made here.
"""

import ast
import hashlib
import json
import textwrap
import tomllib
from collections import Counter
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from workbook.course.authoring import links
from workbook.exercises import Exercise, FreeText, find

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
# As `requires-python` in pyproject.toml, for the cell that installs the course.
OLDEST, TOO_NEW, PYTHONS = (3, 11), (3, 14), "Python 3.11, 3.12 or 3.13"
STUB_COMMENT = "# YOUR CODE HERE: replace each ... below"
TEXT_STUB = "*Write your answer here.*"
ROLES = (
    "setup",
    "exercise",
    "check",
    "slow",
    "timed",
    "widget",
    "cover",
    "nbval-ignore-output",
    "nbval-check-output",
)


def sources(root: Path) -> list[Path]:
    """List the chapters' sources, in order."""
    return sorted((root / "solutions").glob("[0-9][0-9]_*.py"))


def repository(root: Path) -> str:
    """Return the address of the repository; pyproject.toml is the only place that names it."""
    with (root / "pyproject.toml").open("rb") as file:
        return tomllib.load(file)["project"]["urls"]["Repository"].rstrip("/")


def complete(source: Path, address: str) -> NotebookNode:
    """Build the complete notebook of a source, not yet executed."""
    cells = []
    for cell in jupytext.read(source, fmt="py:percent").cells:
        if cell.cell_type == "raw":
            continue
        cells.append(_with_metadata(cell))
    first = [_badges(source.stem, address), _colab(address)]
    notebook = new_notebook(cells=cells[:1] + first + cells[1:], metadata=_notebook_metadata())
    _set_ids(notebook, source.stem)
    _add_links(notebook, source)
    nbformat.validate(notebook)
    return notebook


def learner(notebook: NotebookNode) -> NotebookNode:
    """Build the learner's copy of a complete notebook: stubs for solutions, no outputs."""
    cells = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            copy = new_code_cell(stub(cell.source))
        elif "exercise" in cell.metadata.get("tags", []) and BEGIN in cell.source:
            copy = new_markdown_cell(TEXT_STUB)
        else:
            copy = new_markdown_cell(cell.source)
        copy.id = cell.id
        copy.metadata = NotebookNode(cell.metadata)
        cells.append(copy)
    result = new_notebook(cells=cells, metadata=_notebook_metadata())
    nbformat.validate(result)
    return result


def _notebook_metadata() -> dict:
    return {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }


def _badges(name: str, address: str) -> NotebookNode:
    """Return the row of links to the services that open a chapter; not as pictures, which would be broken offline."""
    path = address.removeprefix("https://github.com/")
    notebook = f"{path}/blob/main/notebooks/{name}.ipynb"
    places = {
        "Colab": f"https://colab.research.google.com/github/{notebook}",
        "Binder": f"https://mybinder.org/v2/gh/{path}/main?labpath=notebooks%2F{name}.ipynb",
        "Kaggle": f"https://kaggle.com/kernels/welcome?src=https://github.com/{notebook}",
        "Deepnote": f"https://deepnote.com/launch?url=https://github.com/{notebook}",
    }
    row = " · ".join(f"[{place}]({link})" for place, link in places.items())
    return new_markdown_cell(f"Open this chapter in {row}", metadata={"tags": ["badges"]})


def _colab(address: str) -> NotebookNode:
    """Return the cell that installs the course where it is missing, and prints one line about the result."""
    source = f"""# This installs the course where it is missing, as on Colab and Kaggle. Elsewhere it does nothing.
import importlib.util, subprocess, sys
if importlib.util.find_spec("workbook") is None:
    needed = ["cnn-workbook @ git+{address}"]
    if not (importlib.util.find_spec("tensorflow") or importlib.util.find_spec("jax")):
        needed.append("tensorflow")
    if not {OLDEST} <= sys.version_info < {TOO_NEW}:
        print(f"The course needs {PYTHONS}; this is Python {{sys.version.split()[0]}}. "
              "Choose another kernel, or open the chapter in Binder.")
    else:
        print("Installing the course, about a minute ... ", end="", flush=True)
        pip = [sys.executable, "-m", "pip", "install", "-q", *needed]
        done = subprocess.run(pip, capture_output=True, text=True)
        importlib.invalidate_caches()
        last = ([line for line in done.stderr.splitlines() if "ERROR" in line] or ["no message"])[-1]
        print(f"failed: {{last.removeprefix('ERROR: ').rstrip('.')}}. Is the network on? Then run this cell again."
              if done.returncode else "done.")"""
    return new_code_cell(source, metadata={"tags": ["colab"], "jupyter": {"source_hidden": True}})


def _add_links(notebook: NotebookNode, source: Path) -> None:
    """Link the mentions of chapters and exercises; add the links to the previous and the next chapter, if any."""
    paths = sources(source.parents[1])
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            text = links.link_mentions(cell.source, source.stem, {path.stem for path in paths})
            cell.source = links.with_anchor(text)
    chapters = links.read_chapters(paths)
    if len(chapters) < 2 or source.stem not in [chapter.name for chapter in chapters]:
        return
    badges = next(cell for cell in notebook.cells if "badges" in cell.metadata.get("tags", []))
    badges.source += f"\n\n{links.navigation(source.stem, chapters)}"
    end = new_markdown_cell(links.what_next(source.stem, chapters), metadata={"tags": ["navigation"]})
    end.id = f"c{source.stem[:2]}-navigation"
    notebook.cells.append(end)


def _with_metadata(cell: NotebookNode) -> NotebookNode:
    """Return a cell of the source with the metadata that it has in the notebooks."""
    tags = list(cell.metadata.get("tags", []))
    exercise_id = cell.metadata.get("exercise")
    metadata: dict = {"tags": tags} if tags else {}
    if "alt" in cell.metadata:
        metadata["alt"] = cell.metadata["alt"]
    if exercise_id is not None:
        metadata["exercise"] = str(exercise_id)
        role = _nbgrader(find(str(exercise_id)), tags, cell)
        if role:
            metadata["nbgrader"] = role
    make = new_code_cell if cell.cell_type == "code" else new_markdown_cell
    return make(cell.source.strip("\n"), metadata=metadata)


def _nbgrader(exercise: Exercise | FreeText, tags: list[str], cell: NotebookNode) -> dict | None:
    """Return nbgrader's cell metadata (schema version 3), or None for the text above an exercise."""
    number = exercise.id.replace(".", "-")
    base = {"schema_version": 3, "task": False}
    points = {"points": exercise.points}
    if "check" in tags:
        check = {"grade_id": f"check-{number}", "grade": True, "locked": True, "solution": False}
        return base | points | check
    answer = {"grade_id": f"exercise-{number}", "locked": False, "solution": True}
    if "exercise" in tags and cell.cell_type == "code":
        return base | answer | {"grade": False}
    if "exercise" in tags and BEGIN in cell.source:  # an answer in words, graded by a person
        return base | points | answer | {"grade": True}
    return None


def _set_ids(notebook: NotebookNode, name: str) -> None:
    """Set the id of every cell: the exercise's, or one made from the cell's text and its number among equal cells."""
    counts: Counter[str] = Counter()
    for cell in notebook.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        text = hashlib.sha256(cell.source.encode()).hexdigest()[:10]
        base = grade_id or f"c{name[:2]}-{text}"
        counts[base] += 1
        cell.id = base if counts[base] == 1 else f"{base}-{counts[base]}"


def stub(source: str) -> str:
    """Replace each solution by a stub that parses and runs.

    Inside a function the stub returns `...`; elsewhere it sets every name that the solution assigns to `...`, or
    to a dictionary with the same keys. ValueError if a marker has no partner.
    """
    lines = source.split("\n")
    kept: list[str] = []
    start = None
    for number, line in enumerate(lines):
        if _is_marker(line, BEGIN):
            if start is not None:
                raise ValueError(
                    f"'{BEGIN}' appears twice without '{END}' between, at line {number + 1} of the cell"
                )
            start = number
        elif _is_marker(line, END):
            if start is None:
                raise ValueError(f"'{END}' without '{BEGIN}' at line {number + 1} of the cell")
            indent = line[: len(line) - len(line.lstrip())]
            kept += [indent + text for text in _stub_lines(lines[start + 1 : number], bool(indent))]
            start = None
        elif start is None:
            kept.append(line)
    if start is not None:
        raise ValueError(f"'{BEGIN}' at line {start + 1} of the cell has no '{END}'")
    return "\n".join(kept)


def _is_marker(line: str, marker: str) -> bool:
    """Return whether a line is a marker. ValueError for one that is almost a marker: it would leak the solution."""
    words = " ".join(line.upper().strip("# ").split())
    if line.strip() != marker and words == marker.strip("# "):
        raise ValueError(f"{line.strip()!r} is almost a marker: write '{marker}' on a line of its own")
    return line.strip() == marker


def _stub_lines(solution: list[str], in_function: bool) -> list[str]:
    if in_function:
        return [STUB_COMMENT, "return ..."]
    stubs: dict[str, str] = {}
    for node in ast.parse(textwrap.dedent("\n".join(solution))).body:
        if isinstance(node, ast.FunctionDef):
            stubs[node.name] = f"{node.name} = ..."
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            stubs |= {
                name: _empty(name, node.value) for target in targets for name in _assigned_names(target)
            }
    if not stubs:
        raise ValueError("a solution outside a function must assign the name that the check reads")
    return [STUB_COMMENT, *stubs.values()]


def _assigned_names(target: ast.expr) -> list[str]:
    nodes = [node for node in ast.walk(target) if isinstance(node, ast.Name)]
    return [node.id for node in nodes if isinstance(node.ctx, ast.Store)]


def _empty(name: str, value: ast.expr | None) -> str:
    """Write a stub's assignment; a dictionary keeps its keys, so that the learner fills in a form."""
    if not isinstance(value, ast.Dict) or not value.keys:
        return f"{name} = ..."
    keys = [key.value for key in value.keys if isinstance(key, ast.Constant)]
    if len(keys) < len(value.keys):  # a key is computed, or another dictionary is unpacked
        return f"{name} = ..."
    rows = [f"    {json.dumps(key, ensure_ascii=False)}: ...," for key in keys]
    return "\n".join([f"{name} = {{", *rows, "}"])
