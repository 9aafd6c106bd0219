"""Keep a learner's work apart: copies of the chapters in `my_notebooks/`, which no update of the course overwrites.

`make lab` calls `fill`, `workbook chapters update` calls `fetch`. `my_notebooks/.copied.json` holds the fingerprint of
the version of each chapter that the learner has. It shows which chapters have changed since.
"""

import contextlib
import hashlib
import json
import os
import shutil
import sys
from pathlib import Path

FOLDER = "my_notebooks"
RECORD = ".copied.json"
MARK = "new-version"


def chapters(root: Path) -> list[Path]:
    """Return the paths of the course's own notebooks for learners, in order."""
    return sorted((root / "notebooks").glob("[0-9][0-9]_*.ipynb"))


def fill(root: Path) -> list[str]:
    """Copy each chapter that the learner does not have yet; return the names of the copied chapters."""
    folder = root / FOLDER
    folder.mkdir(exist_ok=True)
    record = _read_record(folder)
    copied = []
    for chapter in chapters(root):
        if _copy(chapter, folder / chapter.name):
            record[chapter.stem] = _fingerprint(chapter)
            copied.append(chapter.stem)
        else:  # a copy that is older than the record is taken to be of this version
            record.setdefault(chapter.stem, _fingerprint(chapter))
    _write_record(folder, record)
    return copied


def changed(root: Path) -> list[str]:
    """Return the chapters that have changed since the learner's copy was made."""
    record = _read_record(root / FOLDER)
    return [
        chapter.stem
        for chapter in chapters(root)
        if record.get(chapter.stem) not in (None, _fingerprint(chapter))
    ]


def fetch(root: Path, name: str) -> Path:
    """Copy the current version of a chapter to a new name beside the learner's copy; return its path."""
    folder = root / FOLDER
    chapter = root / "notebooks" / f"{name}.ipynb"
    target = _free_name(folder, name)
    _copy(chapter, target)
    _write_record(folder, _read_record(folder) | {name: _fingerprint(chapter)})
    return target


def notice(root: Path) -> str:
    """Return one line that names the changed chapters and says how to get them; "" if there are none."""
    numbers = [name[:2] for name in changed(root)]
    if not numbers:
        return ""
    what = "Chapter" if len(numbers) == 1 else "Chapters"
    have = "has" if len(numbers) == 1 else "have"
    command = f"{_command()} chapters update {' '.join(numbers)}"
    return f"{what} {', '.join(numbers)} {have} changed since your copy. `{command}` puts the new version beside yours."


def _command() -> str:
    """Return what the learner types for `workbook`: with its folder if the environment is not activated."""
    if os.environ.get("VIRTUAL_ENV") or shutil.which("workbook"):
        return "workbook"
    return str(Path(".venv", "Scripts" if os.name == "nt" else "bin", "workbook"))


def _copy(source: Path, target: Path) -> bool:
    """Copy a file; return False, and change nothing, if the target exists."""
    try:
        with target.open("xb") as file:
            file.write(source.read_bytes())
    except FileExistsError:
        return False
    except OSError:
        with contextlib.suppress(OSError):
            target.unlink()  # half a notebook would never be replaced
        raise
    return True


def _free_name(folder: Path, name: str) -> Path:
    target, number = folder / f"{name}.{MARK}.ipynb", 1
    while target.exists():
        number += 1
        target = folder / f"{name}.{MARK}-{number}.ipynb"
    return target


def _fingerprint(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _read_record(folder: Path) -> dict[str, str]:
    """Return the recorded fingerprints; none if the file is missing or damaged."""
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _write_record(folder: Path, record: dict[str, str]) -> None:
    text = json.dumps(dict(sorted(record.items())), indent=1)
    new = folder / f"{RECORD}.new"
    new.write_text(text, encoding="utf-8")
    new.replace(folder / RECORD)


def main(root: Path) -> int:
    """Fill the folder, print what is new; return the exit code."""
    try:
        copied = fill(root)
    except OSError as error:
        print(
            f"{root / FOLDER} cannot be filled: {error.strerror}. Fix this, then run the command again.",
            file=sys.stderr,
        )
        return 1
    if copied:
        print(
            f"{len(copied)} chapters are copied to {FOLDER}/. "
            "Work there: an update of the course changes nothing in it."
        )
    if line := notice(root):
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path.cwd()))
