"""Copy the course's package as a submission may see it: all that learners use, and nothing that knows an answer."""

import contextlib
import shutil
from pathlib import Path

import workbook
from workbook.data.bundled import bundle_folder

PACKAGE = Path(workbook.__file__).parent
JAILED = Path(__file__).parents[1] / "jailed"
NEEDED_OF_EXERCISES = ("compare.py", "errors.py", "observe.py", "models.py")
LEFT_OUT = ("exercises", "course", "_data", "__pycache__")
SILENT_CHECK = '''"""Stands in for the exercises where answers are graded: here `check` says nothing."""


class _Silent:
    """Takes what `check` takes, and does nothing."""

    def __call__(self, exercise_id, answer=None):
        return None

    def __getattr__(self, name):
        """Return a method that does nothing, for `check.hint` and all others."""
        return lambda *arguments, **options: None


check = _Silent()
'''


def make(folder: Path) -> None:
    """Copy the package without its exercises and without course/ into `folder`, and `jailed` beside it.

    The bundled data are not copied: the jail binds them at `workbook/_data`; without one, `link_data` does.
    """
    target = folder / "workbook"
    shutil.copytree(PACKAGE, target, ignore=lambda path, names: _ignored(Path(path), names))
    exercises = target / "exercises"
    exercises.mkdir()
    (exercises / "__init__.py").write_text(SILENT_CHECK, encoding="utf-8")
    for name in NEEDED_OF_EXERCISES:
        shutil.copyfile(PACKAGE / "exercises" / name, exercises / name)
    shutil.copytree(JAILED, folder / "jailed", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "cmdline").write_bytes(b"python\0")
    (target / "_data").mkdir()


def link_data(folder: Path, *, copy: bool = False) -> None:
    """Show the bundled data in a copy that is used without a jail: as a link, or copied where links fail."""
    place = folder / "workbook" / "_data"
    place.rmdir()
    if not copy:
        with contextlib.suppress(OSError):
            place.symlink_to(bundle_folder(), target_is_directory=True)
    if not place.exists():
        shutil.copytree(bundle_folder(), place)


def open_to_all(folder: Path) -> None:
    """Let every user read what is in a folder, whatever the umask was when it was made."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


def _ignored(path: Path, names: list[str]) -> list[str]:
    is_top = path == PACKAGE
    return [name for name in names if name == "__pycache__" or (is_top and name in LEFT_OUT)]
