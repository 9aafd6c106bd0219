"""The notebooks as a learner meets them: untouched, filled in, and with no network and no data folder."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from workbook.exercises import exercises_of

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
GUARD = (
    "import socket as s\n_connect = s.socket.connect\n"
    """
def connect(self, address):
    host = address[0] if isinstance(address, tuple) else ""
    if self.family == s.AF_UNIX or host in ("127.0.0.1", "localhost", "::1"):
        return _connect(self, address)
    raise OSError("no network here")
def getaddrinfo(host, *rest, **options):
    if host in (None, "", "127.0.0.1", "localhost", "::1"):
        return _getaddrinfo(host, *rest, **options)
    raise s.gaierror("no network here")
_getaddrinfo, s.getaddrinfo, s.socket.connect = s.getaddrinfo, getaddrinfo, connect
"""
)
RUN = """
import sys, nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(notebook, timeout=180, kernel_name="python3", resources={"metadata": {"path": sys.argv[2]}}).execute()
nbformat.write(notebook, sys.argv[1])
"""


def _execute(notebook: NotebookNode, tmp_path: Path, **environment: str) -> NotebookNode:
    """Execute a notebook in a process of its own and give it back with its outputs."""
    path = tmp_path / "notebook.ipynb"
    nbformat.write(notebook, path)
    kept = {
        key: value for key, value in os.environ.items() if key not in ("WORKBOOK_DATA_DIR", "TFDS_DATA_DIR")
    }
    command = [*_without_network(), sys.executable, "-c", RUN, str(path), str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True, env={**kept, **environment}, check=False)
    assert result.returncode == 0, result.stderr[-3000:]
    return nbformat.read(path, as_version=4)


def _without_network() -> list[str]:
    """Give a command prefix that takes the network away where the system allows it; the guard does the rest."""
    prefix = [
        "unshare",
        "--user",
        "--map-root-user",
        "--net",
        "sh",
        "-c",
        'ip link set lo up && exec "$@"',
        "sh",
    ]
    if not shutil.which("unshare") or not shutil.which("ip"):
        return []
    works = subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0
    return prefix if works else []


def _texts(cell: NotebookNode) -> str:
    return "\n".join(
        one.get("text") or one.get("data", {}).get("text/plain", "") for one in cell.get("outputs", [])
    )


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs_untouched_with_no_network_and_no_data_folder(path: Path, tmp_path: Path) -> None:
    guard, home = tmp_path / "guard", tmp_path / "home"
    guard.mkdir()
    home.mkdir()
    (guard / "sitecustomize.py").write_text(GUARD)
    environment = {"HOME": str(home), "PYTHONPATH": str(guard), "MPLCONFIGDIR": str(home)}
    ran = _execute(nbformat.read(path, as_version=4), tmp_path, **environment)
    said = {
        cell.metadata.exercise: _texts(cell) for cell in ran.cells if "check" in cell.metadata.get("tags", [])
    }
    assert said, "no checks ran"
    assert all("not started" in text for text in said.values()), said
    errors = [
        _texts(cell) for cell in ran.cells for one in cell.get("outputs", []) if one.get("name") == "stderr"
    ]
    assert not errors


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_check_passes_with_the_answers_filled_in(path: Path, tmp_path: Path) -> None:
    """Copy the answers by cell id into the learner's notebook, and leave out the slow demonstrations."""
    notebook = nbformat.read(path, as_version=4)
    answers = nbformat.read(ROOT / "solutions" / path.name, as_version=4)
    sources = {cell.id: cell.source for cell in answers.cells}
    kept = []
    for cell in notebook.cells:
        tags = set(cell.metadata.get("tags", []))
        if "exercise" in tags and cell.cell_type == "code":
            assert sources[cell.id] != cell.source
            cell.source = sources[cell.id]
        if tags & {"setup", "exercise", "check"} or cell.cell_type == "markdown":
            kept.append(cell)
    notebook.cells = kept
    ran = _execute(notebook, tmp_path)
    said = {
        cell.metadata.exercise: _texts(cell) for cell in ran.cells if "check" in cell.metadata.get("tags", [])
    }
    judged = [one.id for one in exercises_of(path.stem) if hasattr(one, "mistakes")]
    assert sorted(said) == sorted(judged)
    assert all("passed" in text for text in said.values()), said


def test_the_guard_stops_connections(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(GUARD)
    code = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=1)"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False
    )
    assert "no network here" in result.stderr
