"""CONTRIBUTING.md is complete: its map names every folder, its tags are those that the lint allows."""

from pathlib import Path

import pytest

from tests import ROOT
from workbook.course.authoring.chapter import ROLES

TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
TOPS = [
    ROOT / name
    for name in ("solutions", "notebooks", "data", "docs", "binder", "lab", ".github", "workbook", "tests")
]
IN_UNIT = ROOT / "tests" / "unit"  # mirrors the package, so the map names it as a whole


def folders() -> list[str]:
    """Return the folders with files of their own, as "workbook/data", but not caches and those of unit tests."""
    folders = [path for top in TOPS for path in [top, *top.rglob("*")] if path.is_dir()]
    folders = [
        path for path in folders if not path.name.startswith((".", "__")) and IN_UNIT not in path.parents
    ]
    return [path.relative_to(ROOT).as_posix() for path in folders if _has_files(path)]


def _has_files(folder: Path) -> bool:
    return any(
        path.is_file() and path.suffix != ".pyc" and path.name != "__init__.py" for path in folder.iterdir()
    )


@pytest.mark.parametrize("folder", [name for name in folders() if name != "tests"])
def test_the_map_names_every_folder(folder: str) -> None:
    assert f"`{folder}/`" in TEXT


@pytest.mark.parametrize("tag", ROLES)
def test_every_tag_is_explained(tag: str) -> None:
    assert f"`{tag}`" in TEXT.partition("## Cell tags")[2].partition("\n## ")[0]
