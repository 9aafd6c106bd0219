"""Remember which exercises passed, in one JSON file in the user's data folder. The grader never reads it.

`WORKBOOK_PROGRESS=off` writes nothing; progress then lasts as long as the kernel.
"""

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

VARIABLE = "WORKBOOK_PROGRESS"
APPLICATION = "cnn-workbook"
MOST_BYTES = 1_000_000  # bytes of a file that is read
LOCK_SECONDS = 5.0  # to wait for another kernel


class PassedExercises:
    """The exercises that passed: those of this kernel together with those in the file.

    A file that cannot be read is kept beside the new one as `progress.json.damaged`. Where nothing can be written, the
    progress of this kernel remains. Neither raises; `problem` describes the failure.
    """

    def __init__(self, folder: Path | None = None) -> None:
        """Keep the file in `folder`; by default in the user's data folder, found when it is first needed."""
        self._folder = folder
        self._passed: dict[str, str] = {}  # the time of the first pass by exercise id
        self.problem = ""

    @property
    def path(self) -> Path | None:
        """The file, or None if progress is switched off."""
        if os.environ.get(VARIABLE, "").strip().lower() in ("off", "0", "no", "false"):
            return None
        if self._folder is None:
            from platformdirs import user_data_path

            self._folder = user_data_path(APPLICATION, appauthor=False)
        return self._folder / "progress.json"

    def passed(self) -> dict[str, str]:
        """Return the time of the first pass by exercise id, in ISO format."""
        path = self.path
        if path is not None and path.exists():
            with self._reporting_problems(path):
                self._merge(_read(path))
        return dict(self._passed)

    def record(self, exercise_id: str) -> None:
        """Remember that an exercise passed."""
        is_new = exercise_id not in self._passed
        self._passed.setdefault(exercise_id, datetime.now(UTC).isoformat(timespec="seconds"))
        path = self.path
        if path is None or not is_new:
            return
        with self._reporting_problems(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with _locked(path):
                if path.exists():
                    self._merge(self._readable(path))
                _write(path, {"passed": dict(sorted(self._passed.items()))})

    def _merge(self, other: dict[str, str]) -> None:
        """Add the exercises of another record; of two times the earlier one stays."""
        for exercise_id, time in other.items():
            self._passed[exercise_id] = min(time, self._passed.get(exercise_id, time))

    def _readable(self, path: Path) -> dict[str, str]:
        """Return what a file holds; put a damaged one aside."""
        try:
            return _read(path)
        except ValueError:
            path.replace(path.with_name(path.name + ".damaged"))
            return {}

    @contextlib.contextmanager
    def _reporting_problems(self, path: Path) -> Iterator[None]:
        """Set `problem` if using the file fails."""
        self.problem = ""
        try:
            yield
        except OSError as error:
            reason = error.strerror or type(error).__name__
            self.problem = f"{path} cannot be used ({reason}), so progress lasts until this kernel stops."
        except ValueError:
            self.problem = (
                f"{path} is damaged. The next exercise that passes starts a new file and renames this one to "
                f"{path.name}.damaged."
            )


def _read(path: Path) -> dict[str, str]:
    """Return the times by exercise id; ValueError if the file is damaged."""
    if path.stat().st_size > MOST_BYTES:
        raise ValueError("too large")
    stored: Any = json.loads(path.read_text(encoding="utf-8"))
    passed = stored.get("passed") if isinstance(stored, dict) else None
    if not isinstance(passed, dict) or not all(isinstance(time, str) for time in passed.values()):
        raise ValueError("not a record of progress")
    return passed


def _write(path: Path, record: dict[str, Any]) -> None:
    """Replace the file in one step, so that a kernel that is killed leaves the old one or the new one."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".new")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            json.dump(record, stream, indent=1)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the file's lock: two kernels may pass an exercise at the same time."""
    from filelock import FileLock

    with FileLock(path.with_name(path.name + ".lock"), timeout=LOCK_SECONDS):
        yield
