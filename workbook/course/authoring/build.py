"""Build the notebooks from the chapters' sources, and check that they agree."""

import os
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

from workbook.course.authoring import chapter
from workbook.course.authoring.lint import lint_chapter, lint_executed, lint_learner

CELL_SECONDS = 120


def build(root: Path, *, only: list[str] | None = None, force: bool = False) -> Iterator[str]:
    """Write `notebooks/` and `solutions/`, and say what was done, a line a chapter.

    A complete notebook is executed only when its source changed, or with `force`. Nothing is written for a
    chapter whose execution fails, or in which the lint finds something (ValueError).
    """
    address = chapter.repository(root)
    for source in chapter.sources(root):
        if only and not any(source.stem.startswith(one) for one in only):
            continue
        notebook = chapter.complete(source, address)
        copy = chapter.learner(notebook)
        problems = lint_chapter(source.stem, notebook, copy)
        if problems:
            raise ValueError(f"solutions/{source.name}: " + "; ".join(problems))
        target = root / "solutions" / f"{source.stem}.ipynb"
        if force or not _same_and_executed(notebook, target):
            yield f"{source.stem}: executing"
            execute(notebook, target.parent)
            nbformat.write(notebook, target)
        learner_target = root / "notebooks" / f"{source.stem}.ipynb"
        learner_target.parent.mkdir(exist_ok=True)
        nbformat.write(copy, learner_target)
        yield f"{source.stem}: built"
    for orphan in orphans(root):
        yield f"{orphan.relative_to(root)}: has no source in solutions/; remove it"


def names(root: Path) -> list[str]:
    """List the chapters' names."""
    return [source.stem for source in chapter.sources(root)]


def unknown_chapters(root: Path, wanted: list[str]) -> list[str]:
    """List the words that no chapter's name starts with."""
    return [one for one in wanted if not any(name.startswith(one) for name in names(root))]


def execute(notebook: NotebookNode, folder: Path, *, seconds: int = CELL_SECONDS) -> None:
    """Run a notebook in `folder` and keep its outputs; CellExecutionError if a cell raises."""
    # nbval runs under pytest, where ipykernel does not capture file descriptor 2: build in the same way.
    environment = {**os.environ, "PYTEST_CURRENT_TEST": "build"}
    client = NotebookClient(
        notebook, timeout=seconds, kernel_name="python3", resources={"metadata": {"path": str(folder)}},
        record_timing=False,
    )  # fmt: skip
    client.execute(env=environment)
    _add_alternative_texts(notebook)
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = {"name": "python"}


def _add_alternative_texts(notebook: NotebookNode) -> None:
    """Give each stored picture the text of its cell's `alt`, where nbconvert and GitHub look for it."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}) and "alt" in cell.metadata:
                output.metadata["image/png"] = {"alt": cell.metadata["alt"]}


def check(root: Path, *, only: list[str] | None = None) -> list[str]:
    """List everything in which the notebooks and their sources disagree; an empty list is what we want."""
    problems = [f"{path.relative_to(root)}: no source in solutions/" for path in orphans(root)]
    found = chapter.sources(root)
    if not found:
        problems.append("solutions/: no chapter sources (NN_topic.py)")
    others = sorted(set((root / "solutions").glob("*.py")) - set(found))
    problems += [
        f"solutions/{path.name}: not named NN_topic.py, so no chapter is made of it" for path in others
    ]
    for source in found:
        if only and not any(source.stem.startswith(one) for one in only):
            continue
        try:
            problems += _check_chapter(root, source)
        except (ValueError, SyntaxError) as error:
            problems.append(f"solutions/{source.name}: {error}")
    return problems


def _check_chapter(root: Path, source: Path) -> list[str]:
    notebook = chapter.complete(source, chapter.repository(root))
    copy = chapter.learner(notebook)
    problems = [f"solutions/{source.name}: {text}" for text in lint_chapter(source.stem, notebook, copy)]
    for built, folder, lint in ((notebook, "solutions", lint_executed), (copy, "notebooks", lint_learner)):
        path = root / folder / f"{source.stem}.ipynb"
        name = f"{folder}/{path.name}"
        if not path.exists():
            problems.append(f"{name}: missing; run `workbook build`")
            continue
        try:
            stored = _read(path)
        except Exception as error:  # a damaged file can fail in any way
            problems.append(f"{name}: not a notebook ({type(error).__name__}); run `workbook build --force`")
            continue
        problems += [f"{name}: {text}; run `workbook build`" for text in _differences(built, stored)]
        problems += [f"{name}: {text}" for text in lint(stored)]
    return problems


def orphans(root: Path) -> list[Path]:
    """List the notebooks that no source makes."""
    names = {source.stem for source in chapter.sources(root)}
    folders = [root / "notebooks", root / "solutions"]
    return sorted(path for folder in folders for path in folder.glob("*.ipynb") if path.stem not in names)


def _read(path: Path) -> NotebookNode:
    return nbformat.read(path, as_version=4)


def _same_and_executed(notebook: NotebookNode, path: Path) -> bool:
    try:
        stored = _read(path)
    except Exception:  # missing or damaged: made anew
        return False
    return not _differences(notebook, stored) and not lint_executed(stored)


def _differences(built: NotebookNode, stored: NotebookNode) -> list[str]:
    """Compare ids, types, sources and metadata, cell by cell; outputs are nbval's business."""
    if [cell.id for cell in built.cells] != [cell.id for cell in stored.cells]:
        return ["its cells are not those of its source"]
    texts = []
    if built.metadata != stored.metadata:
        texts.append("its metadata differ from its source's")
    for one, other in zip(built.cells, stored.cells, strict=True):
        for key in ("cell_type", "source", "metadata"):
            if one[key] != other[key]:
                texts.append(f"the {key} of cell {one.id} differs from its source's")
    return texts
