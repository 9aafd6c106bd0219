"""The package as a whole: quick to import, quiet, and with imports that point down."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import ROOT
from workbook import moved

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


# A module may import what is on a lower floor, never what is above. A room is a module of `workbook`, or a folder with
# everything in it.
FLOORS = (
    ("calls", "colours", "gradients", "keras_settings", "moved", "tables"),
    ("live", "machine", "picture_upload", "plots", "quiet"),
    ("arithmetic", "text"),
    ("reference", "data", "architectures", "accountant"),
    ("interactive",),
    ("audio", "diagrams", "drawing", "ledger", "pretrained", "roofline", "stepper", "vision_tasks"),
    ("interpret", "microphone"),
    ("training",),
    ("league",),
    ("exercises",),
    ("exercises.chapters",),
    ("", "course.jailed"),
    (
        "course.alternative_texts",
        "course.authoring",
        "course.grading",
        "course.learner_folder",
        "course.record",
    ),
    ("course.benches", "course.league", "course.makers"),
    ("course.cli",),
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}


def _module(path: Path) -> str:
    """Name a file as Python does, without "workbook.": "data.bundled"; "" is the package's own `__init__`."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix("__init__").rstrip(".")


PATHS = {_module(path): path for path in MODULES}


def _room(module: str) -> str:
    parts = module.split(".")
    return next(room for end in (2, 1) if (room := ".".join(parts[:end])) in FLOOR)


def _project_imports(path: Path) -> set[str]:
    """Return the modules of the package that a file imports, also those imported inside functions."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                names.add(name if name.removeprefix("workbook.") in PATHS else node.module)
    return {name.removeprefix("workbook.") for name in names} & PATHS.keys() - {"", "course"}


@pytest.mark.parametrize(
    "module", [name for name in PATHS if name != "course"], ids=lambda name: name or "workbook"
)
def test_imports_point_down(module: str) -> None:
    here = _room(module)
    upward = {
        imported
        for imported in _project_imports(PATHS[module])
        if _room(imported) != here and FLOOR[_room(imported)] >= FLOOR[here]
    }
    assert not upward, f"workbook.{module} imports what is not below it: {sorted(upward)}"


def test_no_import_goes_in_a_circle() -> None:
    """Remove the modules that import nothing that is left; a circle would remain."""
    waiting = {module: _project_imports(path) - {module} for module, path in PATHS.items()}
    while free := [module for module, needs in waiting.items() if not needs & waiting.keys()]:
        for module in free:
            del waiting[module]
    assert not waiting, f"a circle: {sorted(waiting)}"


@pytest.mark.parametrize("module", [name for name in PATHS if not name.startswith("course")])
def test_only_the_course_needs_nbgrader(module: str) -> None:
    assert "nbgrader" not in {name.split(".")[0] for name in _imports(PATHS[module])}


def test_the_lowest_modules_need_little() -> None:
    def packages(module: str) -> set[str]:
        return {name.split(".")[0] for name in _imports(PATHS[module])} - set(sys.stdlib_module_names)

    assert packages("calls") == set()
    assert packages("arithmetic") == {"workbook"}
    assert _project_imports(PATHS["arithmetic"]) == {"calls"}
    assert packages("plots") <= {"numpy", "matplotlib", "workbook"}
    assert _project_imports(PATHS["plots"]) == {"colours"}


def test_each_name_means_one_thing() -> None:
    """No two modules share a name, and no two public classes do."""
    homes: dict[str, list[str]] = {}
    for module, path in PATHS.items():
        if path.name != "__init__.py":
            homes.setdefault(f"module {path.stem}", []).append(module)
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes.setdefault(f"class {node.name}", []).append(module)
    assert not {name: modules for name, modules in homes.items() if len(modules) > 1}


# Every line with which a notebook of the course imports, or once imported, from the package.
NOTEBOOK_IMPORTS = """
from workbook import accountant, architectures, arithmetic, check, data, figures
from workbook import accountant, arithmetic, architectures, chains, check, data, data_sources, figures, plots
from workbook import architectures, arithmetic, check, data, figures, plots
from workbook import arithmetic, check, data, figures, interactive, plots, receptive, reference
from workbook import arithmetic, check, data, figures, interactive, plots, reference, stepper
from workbook import arithmetic, check, data, data_sources, drawing, figures, plots
from workbook import arithmetic, check, data, figures, plots, receptive, reference
from workbook import arithmetic, check, data, figures, plots, reference
from workbook import arithmetic, check, data, figures, plots, reference, stepper
from workbook import audio, check, data, data_sources, plots, standins
from workbook import augment, check, data, data_sources, figures, plots, roofline, standins
from workbook import check, data, figures, plots
from workbook import check, data, interpret, plots, receptive
from workbook import check, data, plots, text
from workbook import check, data_sources, plots
from workbook import check, interpret, pictures, plots, pretrained
from workbook import pictures, plots, pretrained, recipes
from workbook import training
from workbook.accountant import account
from workbook.architectures import blocks, inception, inception_v3
from workbook.architectures import densenet
from workbook.architectures import resnet
from workbook.architectures.vgg import FILTERS, TABLE
from workbook.interpret import gradients
from workbook.layers import LocalResponseNormalization
from workbook.training import recipes, run
from workbook.vision_tasks import arrows, metrics, networks, scenes, stored, targets, tasks
from workbook.vision_tasks import embedding, reading, tasks, video
"""


def test_import_lines_of_older_notebooks_still_work() -> None:
    result = _run(NOTEBOOK_IMPORTS)
    assert result.returncode == 0, result.stderr


def test_a_short_name_and_its_home_are_one_module() -> None:
    from workbook import figures
    from workbook.ledger import figures as home

    assert figures is home
    assert home.__spec__ is not None
    assert home.__spec__.name == home.__name__ == "workbook.ledger.figures"
    assert set(moved.HOMES.values()) <= {f"workbook.{module}" for module in PATHS}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_keras_is_imported_inside_functions(path: Path) -> None:
    """Only modules that define networks, or classes of Keras's kinds, need Keras to be imported at all."""
    if path.parent.name in ("architectures", "training") or path.name in ("batching.py", "on_device.py"):
        return
    top = {name.split(".")[0] for name in _imports(path, top_only=True)}
    assert not top & {"tensorflow", "keras", "tensorflow_datasets"}
