"""The benchmark of the notebooks measures what it says."""

from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from workbook.course.benches.bench_notebooks import (
    MEMORY,
    SECONDS,
    NotebookCost,
    as_markdown,
    measure,
    measure_notebooks,
)


def _notebook(path: Path, *sources: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    nbformat.write(new_notebook(cells=[new_markdown_cell("# T"), *map(new_code_cell, sources)]), path)
    return path


def test_time_work_and_memory_are_measured(tmp_path: Path) -> None:
    busy = "import time\nstart = time.process_time()\nwhile time.process_time() - start < 1.0:\n    pass"
    large = "import time\nblock = bytearray(300 * 2**20)\nblock[::4096] = b'x' * len(block[::4096])\ntime.sleep(0.5)"
    quiet, loud = (
        _notebook(tmp_path / name, *cells) for name, cells in (("q.ipynb", ["1"]), ("l.ipynb", [busy, large]))
    )
    small, big = measure(quiet), measure(loud)
    assert big.cpu_seconds >= small.cpu_seconds + 0.8
    assert big.peak_bytes >= small.peak_bytes + 250 * 2**20
    assert big.seconds >= 1.5


def test_the_kernel_sees_what_a_learner_installs(tmp_path: Path) -> None:
    code = (
        "import importlib.util, sys\nassert importlib.util.find_spec('jax') is None\nassert 'jax' not in sys.modules\n"
        "try:\n    import jax\nexcept ModuleNotFoundError:\n    pass\nelse:\n    raise RuntimeError('seen')\n"
        "import keras, numpy.linalg"
    )
    assert measure(_notebook(tmp_path / "n.ipynb", code)).cpu_seconds > 0


def test_both_folders_are_run_and_chapters_chosen(tmp_path: Path) -> None:
    for folder in ("notebooks", "solutions"):
        for name in ("01_a", "02_b"):
            _notebook(tmp_path / folder / f"{name}.ipynb", "1")
    rows = list(measure_notebooks(tmp_path, ["02"]))
    assert [row.name for row in rows] == ["notebooks/02_b.ipynb", "solutions/02_b.ipynb"]


def test_the_budget_is_seconds_and_memory() -> None:
    assert NotebookCost("a", SECONDS, 1.0, int(MEMORY)).within_budget
    assert not NotebookCost("a", SECONDS + 1, 1.0, 1).within_budget
    assert not NotebookCost("a", 1.0, 1.0, int(MEMORY) + 1).within_budget
    assert "OVER BUDGET" in NotebookCost("a", SECONDS + 1, 1.0, 1).line()


def test_the_table_has_a_row_for_each_notebook() -> None:
    table = as_markdown([NotebookCost("notebooks/01_a.ipynb", 1.25, 2.5, 3 * 2**20)])
    assert "| notebooks/01_a.ipynb | 1.2 | 2.5 | 3 |" in table
    assert "n = 1" in table


def test_on_jax_there_is_no_tensorflow(tmp_path: Path) -> None:
    code = (
        "import os\nassert os.environ['KERAS_BACKEND'] == 'jax'\n"
        "try:\n    import tensorflow\nexcept ImportError:\n    pass\nelse:\n    raise RuntimeError('seen')"
    )
    assert measure(_notebook(tmp_path / "n.ipynb", code), backend="jax").cpu_seconds > 0
