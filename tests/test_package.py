"""The package as a whole: quick to import, quiet, and with imports that point down."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "workbook"
MODULES = sorted(PACKAGE.rglob("*.py"))
HEAVY = (
    "tensorflow",
    "keras",
    "jax",
    "torch",
    "matplotlib",
    "skimage",
    "scipy",
    "numpy",
    "IPython",
    "nbformat",
)


def _run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    import os

    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=False,
    )


def _imports(path: Path, *, top_only: bool = False) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = tree.body if top_only else list(ast.walk(tree))
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def test_import_workbook_loads_nothing_heavy() -> None:
    code = f"import sys, workbook; print([name for name in {HEAVY} if name in sys.modules])"
    assert _run(code).stdout.strip() == "[]"


def test_import_workbook_is_quick() -> None:
    code = (
        "import time; start = time.process_time(); import workbook; "
        "print(1000 * (time.process_time() - start))"
    )
    best = min(float(_run(code).stdout) for _ in range(3))
    assert best < 50, f"{best:.0f} ms"


def test_loading_keras_is_quiet() -> None:
    result = _run("import workbook, keras; print(keras.ops.sum(keras.ops.ones((2, 2))))")
    assert result.returncode == 0
    assert result.stderr == ""
    assert "4.0" in result.stdout


def test_a_failing_import_is_not_hidden(tmp_path: Path) -> None:
    (tmp_path / "jax.py").write_text("import os\nos.write(2, b'reason\\n')\nraise ImportError('broken')\n")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import workbook; import jax"
    result = _run(code)
    assert result.returncode != 0
    assert "reason" in result.stderr
    assert "ImportError: broken" in result.stderr


def test_settings_of_the_learner_win() -> None:
    code = "import os, workbook; print(os.environ['TF_ENABLE_ONEDNN_OPTS'])"
    assert _run(code, TF_ENABLE_ONEDNN_OPTS="0").stdout.strip() == "0"


def test_check_is_found_in_the_package() -> None:
    assert _run("from workbook import check; print(type(check).__name__)").stdout.strip() == "Check"
    assert "has no attribute 'chek'" in _run("import workbook; workbook.chek").stderr


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_is_long(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    limit = 450 if path.parent.name == "exercises" and path.name.startswith("c") else 400
    assert lines <= limit, f"{lines} lines"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_down(path: Path) -> None:
    name = str(path.relative_to(PACKAGE))
    found = _imports(path)
    if not name.startswith("course"):
        assert not {one for one in found if one.startswith("workbook.course")}, (
            "nothing imports workbook.course"
        )
        assert not {one for one in found if one.split(".")[0] == "nbgrader"}
    if name == "arithmetic.py":
        assert {one.split(".")[0] for one in found} <= set(sys.stdlib_module_names)
    if name == "plots.py":
        assert {one.split(".")[0] for one in found} <= {"numpy", "matplotlib", *sys.stdlib_module_names}
    if not name.startswith(("course", "stepper")):
        assert "workbook.plots" not in found, "plots is for notebooks"
    if not name.startswith(("course", "exercises", "__init__")):
        assert not {one for one in found if one.startswith("workbook.exercises")}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_keras_is_imported_inside_functions(path: Path) -> None:
    """Only modules that define networks, or classes of Keras's kinds, need Keras to be imported at all."""
    if path.parent.name in ("architectures", "training") or path.name in ("layers.py", "batches.py"):
        return
    top = {one.split(".")[0] for one in _imports(path, top_only=True)}
    assert not top & {"tensorflow", "keras", "tensorflow_datasets"}
