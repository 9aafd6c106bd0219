"""Build the notebooks from the chapters' sources, and check that notebooks and sources agree."""

import os
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from workbook.course.authoring import chapter, outputs
from workbook.course.authoring.lint import lint_chapter, lint_executed, lint_learner
from workbook.exercises import exercises_of

CELL_SECONDS = 120


def build(root: Path, *, only: list[str] | None = None, force: bool = False) -> Iterator[str]:
    """Write `notebooks/` and `solutions/`, and yield a line per step.

    A complete notebook is executed only if its code has changed, or with `force`; see `outputs`. Nothing is written for
    a chapter that `lint` rejects (`ValueError`) or whose execution fails (`CellExecutionError`).
    """
    address = chapter.repository(root)
    for source in chosen(root, only):
        yield from _build_chapter(root, source, address, force=force)
    for orphan in orphans(root):
        yield f"{orphan.relative_to(root)}: has no source in solutions/; remove it"


def _build_chapter(root: Path, source: Path, address: str, *, force: bool) -> Iterator[str]:
    """Write both notebooks of a chapter, and yield a line per step."""
    notebook = _complete(source, address)
    copy = chapter.learner(notebook)
    problems = lint_chapter(source.stem, notebook, copy)
    if problems:
        raise ValueError(f"solutions/{source.name}: " + "; ".join(problems))
    path = root / "solutions" / f"{source.stem}.ipynb"
    stored = _read_or_none(path)
    if force or not _reuses(notebook, stored):
        yield f"{source.stem}: executing"
        execute(notebook, path.parent)
        if stored is not None:
            outputs.keep_measured(notebook, stored)
        outputs.clean(notebook)
    nbformat.write(notebook, path)
    learner_path = root / "notebooks" / f"{source.stem}.ipynb"
    learner_path.parent.mkdir(exist_ok=True)
    nbformat.write(copy, learner_path)
    yield f"{source.stem}: built"


def _complete(source: Path, address: str) -> NotebookNode:
    """Return the complete notebook. If exercises are unknown because the chapter has none, ValueError says so."""
    try:
        return chapter.complete(source, address)
    except ValueError:
        exercises_of(source.stem)
        raise


def _reuses(notebook: NotebookNode, stored: NotebookNode | None) -> bool:
    """Copy the stored outputs into a notebook; return whether it needs no execution."""
    if stored is None or not outputs.take_stored(notebook, stored):
        return False
    outputs.clean(notebook)
    return not lint_executed(notebook)


def names(root: Path) -> list[str]:
    """Return the names of all chapters."""
    return [source.stem for source in chapter.sources(root)]


def chosen(root: Path, only: list[str] | None) -> list[Path]:
    """Return the chapter sources whose names start with a word of `only`; all sources if there are no words."""
    sources = chapter.sources(root)
    return [source for source in sources if source.stem.startswith(tuple(only))] if only else sources


def execute(notebook: NotebookNode, folder: Path, *, seconds: int = CELL_SECONDS) -> None:
    """Run a notebook in `folder` and store the outputs in it; CellExecutionError if a cell raises."""
    from nbclient import NotebookClient

    # Under pytest, and so under nbval, ipykernel does not capture file descriptor 2. The build must not either, or the
    # stored outputs would differ.
    environment = {**os.environ, "PYTEST_CURRENT_TEST": "build", "WORKBOOK_PROGRESS": "off"}
    client = NotebookClient(
        notebook,
        timeout=seconds,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
        extra_arguments=["--log-level=ERROR"],  # without the warning that a kernel over TCP is not encrypted
    )
    client.execute(env=environment)


def check(root: Path, *, only: list[str] | None = None) -> list[str]:
    """Return a message for each difference between the notebooks and their sources, and for each lint problem."""
    problems = [f"{path.relative_to(root)}: no source in solutions/" for path in orphans(root)]
    sources = chapter.sources(root)
    if not sources:
        problems.append("solutions/: no chapter sources (NN_topic.py)")
    misnamed = sorted(set((root / "solutions").glob("*.py")) - set(sources))
    problems += [f"solutions/{path.name}: not named NN_topic.py, so it is not a chapter" for path in misnamed]
    for source in chosen(root, only):
        try:
            problems += _check_chapter(root, source)
        except (ValueError, SyntaxError) as error:
            problems.append(f"solutions/{source.name}: {error}")
    return problems


def _check_chapter(root: Path, source: Path) -> list[str]:
    """Return the problems of a chapter's source and of its two stored notebooks."""
    notebook = _complete(source, chapter.repository(root))
    copy = chapter.learner(notebook)
    problems = [f"solutions/{source.name}: {text}" for text in lint_chapter(source.stem, notebook, copy)]
    for built, folder, lint in ((notebook, "solutions", lint_executed), (copy, "notebooks", lint_learner)):
        path = root / folder / f"{source.stem}.ipynb"
        name = f"{folder}/{path.name}"
        stored = _read_or_none(path)
        if stored is None:
            fault = "not a notebook" if path.exists() else "missing"
            problems.append(f"{name}: {fault}; run `workbook build`")
            continue
        problems += [f"{name}: {text}; run `workbook build`" for text in _differences(built, stored)]
        problems += [f"{name}: {text}" for text in lint(stored)]
    return problems


def orphans(root: Path) -> list[Path]:
    """Return the notebooks that have no source."""
    stems = set(names(root))
    folders = [root / "notebooks", root / "solutions"]
    return sorted(path for folder in folders for path in folder.glob("*.ipynb") if path.stem not in stems)


def _read_or_none(path: Path) -> NotebookNode | None:
    """Return a stored notebook, or None if it is missing or damaged."""
    try:
        return nbformat.read(path, as_version=4)
    except Exception:  # a damaged file can fail in any way
        return None


def _differences(built: NotebookNode, stored: NotebookNode) -> list[str]:
    """Return how ids, types, sources and metadata differ, cell by cell. Outputs are compared by nbval."""
    if [cell.id for cell in built.cells] != [cell.id for cell in stored.cells]:
        return ["its cells are not those of its source"]
    texts = []
    if built.metadata != stored.metadata:
        texts.append("its metadata differ from its source's")
    for cell, stored_cell in zip(built.cells, stored.cells, strict=True):
        for key in ("cell_type", "source", "metadata"):
            if cell[key] != stored_cell[key]:
                texts.append(f"the {key} of cell {cell.id} differs from its source's")
    return texts
