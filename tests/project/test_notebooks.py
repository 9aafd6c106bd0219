"""The notebooks as a learner meets them: untouched, filled in, and with no network and no data folder."""

import os
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from tests import ROOT
from tests.offline import environment, without_network
from workbook.exercises import exercises_of

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
RUN = """
import sys, nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(notebook, timeout=180, kernel_name="python3", resources={"metadata": {"path": sys.argv[2]}}).execute()
nbformat.write(notebook, sys.argv[1])
"""


def _execute(notebook: NotebookNode, tmp_path: Path) -> NotebookNode:
    """Execute a notebook in a process of its own, offline, and return it with its outputs."""
    path = tmp_path / "notebook.ipynb"
    nbformat.write(notebook, path)
    command = [*without_network(), sys.executable, "-c", RUN, str(path), str(tmp_path)]
    offline = environment(tmp_path, os.environ)
    result = subprocess.run(command, capture_output=True, text=True, env=offline, check=False)
    assert result.returncode == 0, result.stderr[-3000:]
    return nbformat.read(path, as_version=4)


def _texts(cell: NotebookNode) -> str:
    return "\n".join(
        one.get("text") or one.get("data", {}).get("text/plain", "") for one in cell.get("outputs", [])
    )


def _kept(cells: Iterable[NotebookNode]) -> list[NotebookNode]:
    """Leave out the demonstrations: nbval runs the whole notebooks, the learner's copies offline."""
    tags = {"setup", "exercise", "check"}
    return [cell for cell in cells if tags & set(cell.metadata.get("tags", []))]


def _said(ran: NotebookNode) -> dict[str, str]:
    checks = [cell for cell in ran.cells if "check" in cell.metadata.get("tags", [])]
    return {cell.metadata.exercise: _texts(cell) for cell in checks}


@pytest.mark.claims
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_check_of_an_untouched_notebook_says_not_started(path: Path, tmp_path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = _kept(notebook.cells)
    ran = _execute(notebook, tmp_path)
    assert _said(ran), "no checks ran"
    assert all("not started" in text for text in _said(ran).values()), _said(ran)
    outputs = [(cell, one) for cell in ran.cells for one in cell.get("outputs", [])]
    assert not [_texts(cell) for cell, one in outputs if one.get("name") == "stderr"]


@pytest.mark.claims
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_check_passes_with_the_answers_filled_in(path: Path, tmp_path: Path) -> None:
    """Copy the answers by cell id into the learner's notebook, and leave out the demonstrations."""
    notebook = nbformat.read(path, as_version=4)
    answers = nbformat.read(ROOT / "solutions" / path.name, as_version=4)
    sources = {cell.id: cell.source for cell in answers.cells}
    notebook.cells = _kept(notebook.cells)
    for cell in notebook.cells:
        if "exercise" in cell.metadata.get("tags", []) and cell.cell_type == "code":
            assert sources[cell.id] != cell.source
            cell.source = sources[cell.id]
    said = _said(_execute(notebook, tmp_path))
    judged = [one.id for one in exercises_of(path.stem) if hasattr(one, "mistakes")]
    assert sorted(said) == sorted(judged)
    assert all("passed" in text for text in said.values()), said


def test_offline_there_is_no_network_no_data_folder_and_an_empty_home() -> None:
    code = (
        "import os, pathlib, socket; assert not list(pathlib.Path.home().iterdir())\n"
        "assert 'WORKBOOK_DATA_DIR' not in os.environ\n"
        "socket.create_connection(('192.0.2.1', 80), timeout=1)"
    )
    command = [sys.executable, str(ROOT / "tests" / "offline.py"), "-c", code]
    with_data = {**os.environ, "WORKBOOK_DATA_DIR": "/somewhere"}
    result = subprocess.run(command, capture_output=True, text=True, env=with_data, check=False)
    assert result.returncode == 1
    assert "no network here" in result.stderr


def test_no_stored_notebook_shows_pictures_of_cifar() -> None:
    """CIFAR-10 may not be distributed: what loads it is stored with the stand-in's pictures."""
    loading = [
        (path.name, "".join(str(output.get("text", "")) for output in cell.outputs))
        for path in sorted((ROOT / "solutions").glob("*.ipynb"))
        for cell in nbformat.read(path, as_version=4).cells
        if cell.cell_type == "code" and re.search(r"^[^#]*data\.load\(\"cifar10\"", cell.source, re.MULTILINE)
    ]
    assert loading
    for name, told in loading:
        assert "STAND-IN" in told, f"{name} holds CIFAR-10: build it without WORKBOOK_DATA_DIR"
