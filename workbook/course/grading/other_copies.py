"""Find further copies of the course on this machine, which hold the answers: a jail must not show them.

A copy may be installed for all users, lie beside this one as a checkout, or wait in an archive.
"""

import functools
import os
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

PACKAGE = "workbook"
MARKS = ("exercises/chapters", "course/grading")  # folders that only this package has
BESIDE = ("solutions", "tests", ".git", "build", "dist")  # folders beside the package that hold answers
SOLUTIONS = ("02_convolution.py", "02_convolution.ipynb")
ARCHIVES = "*cnn[-_]workbook*"
NIX_STORE = "/nix/store"


@functools.cache
def find(roots: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the folders below `roots` that belong to a copy of the course, and its archives."""
    folders: dict[str, None] = {}
    archives: list[str] = []
    for root in roots:
        for path, names, files in _walk(root):
            folders |= dict.fromkeys(_of_course(Path(path), names))
            archives += [os.path.join(path, name) for name in files if fnmatch(name.lower(), ARCHIVES)]
    return tuple(folders), tuple(archives)


def _walk(root: str) -> Iterator[tuple[str, list[str], list[str]]]:
    """Walk through folders; of installed packages only the uppermost ones are looked at."""
    if root == NIX_STORE:  # millions of files: a copy would be a package of its own
        for package in Path(root).glob(f"*/lib/python3*/site-packages/{PACKAGE}"):
            yield str(package.parent), [PACKAGE], []
        return
    for path, names, files in os.walk(root):
        yield path, list(names), files
        if path.endswith("-packages"):
            names[:] = [name for name in names if name.endswith(".egg")]


def _of_course(folder: Path, names: list[str]) -> Iterator[str]:
    """Yield those of a folder's own folders that belong to a copy of the course."""
    is_copy = PACKAGE in names and any((folder / PACKAGE / mark).is_dir() for mark in MARKS)
    if is_copy:
        yield str(folder / PACKAGE)
        if not folder.name.endswith("-packages"):
            yield from (str(folder / name) for name in BESIDE if name in names)
    elif "solutions" in names and any((folder / "solutions" / name).exists() for name in SOLUTIONS):
        yield str(folder / "solutions")
