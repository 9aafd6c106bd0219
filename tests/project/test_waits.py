"""No cell is silent for long. `workbook bench waits` measures, and stores what takes long."""

import ast

import pytest

from tests import ROOT
from workbook.course.authoring import chapter
from workbook.course.benches.bench_waits import STORED, Wait, read

SOURCES = chapter.sources(ROOT)
WAITS = read(ROOT / STORED)
LOADING = "loading Keras takes some seconds"
NOT_YET: set[str] = set()  # chapters that `workbook bench waits` has not measured
QUICK = {"02_convolution"}  # one layer that learns in two seconds


def _sources() -> dict[str, dict[str, str]]:
    """Return each chapter's cells, id to source."""
    address = chapter.repository(ROOT)
    notebooks = {source.stem: chapter.complete(source, address) for source in SOURCES}
    return {name: {cell.id: cell.source for cell in book.cells} for name, book in notebooks.items()}


CELLS = _sources()
LONG = [(name, wait) for name, waits in WAITS.items() for wait in waits]


def test_every_chapter_is_measured() -> None:
    """All but those that `workbook bench waits` has yet to measure with the lines that they show now."""
    missing = {source.stem for source in SOURCES} - WAITS.keys()
    numbers = {name[:2] for name in missing}
    assert numbers == NOT_YET, f"run `workbook bench waits {' '.join(sorted(numbers - NOT_YET))}`"


@pytest.mark.parametrize(("name", "wait"), LONG, ids=lambda value: getattr(value, "id", value))
def test_a_cell_that_takes_long_shows_that_it_works(name: str, wait: Wait) -> None:
    assert wait.id in CELLS[name], f"its code has changed: run `workbook bench waits {name[:2]}`"
    source = CELLS[name][wait.id]
    assert LOADING in source or not wait.is_silent, f"{name}: {wait.line()}"


def _silent_fits(code: str) -> list[str]:
    """Return Keras's `fit` calls without `live.progress`; NumPy's polynomials have a `fit` without `verbose`."""
    silent = []
    for node in ast.walk(ast.parse(code)):
        if not (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "fit"
        ):
            continue
        options = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
        callbacks = options.get("callbacks", "")
        if "verbose" in options and callbacks != "callbacks" and "live.progress(" not in callbacks:
            silent.append(ast.unparse(node))
    return silent


@pytest.mark.parametrize("name", sorted(CELLS.keys() - QUICK))
def test_every_training_shows_its_progress(name: str) -> None:
    """Also one of two seconds: a learner may change the number of epochs."""
    source = ROOT / "solutions" / f"{name}.py"
    assert _silent_fits(source.read_text(encoding="utf-8")) == []


def test_a_training_without_a_line_is_found() -> None:
    assert _silent_fits("model.fit(x, verbose=0)") == ["model.fit(x, verbose=0)"]
    assert _silent_fits("model.fit(x, verbose=0, callbacks=[watch])")
    assert not _silent_fits("model.fit(x, verbose=0, callbacks=[watch, live.progress()])")
    assert not _silent_fits("Polynomial.fit(x, y, 3)")
