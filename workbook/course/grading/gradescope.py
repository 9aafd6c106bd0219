"""Gradescope: the zip of an autograder, and the results of one learner.

After Gradescope's "Autograder Specifications" (gradescope-autograders.readthedocs.io, pages specs and best_practices):
the zip holds `setup.sh` and an executable `run_autograder` at its root; it is unpacked to /autograder/source; the
submission is in /autograder/submission; the results go to /autograder/results/results.json, always.
"""

import io
import re
import stat
import tomllib
import zipfile
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from workbook.course.grading.masters import learner_notebooks
from workbook.course.grading.records import Graded, Mark
from workbook.course.grading.untrusted import clean, one_line, shorten, write_atomically

LONGEST_OUTPUT = 10_000  # characters of one test
FIXED_DATE = (1980, 1, 1, 0, 0, 0)  # so that the same project gives the same zip
FILES = ("pyproject.toml", "README.md", "LICENSE", "requirements.txt")
FOLDERS = ("workbook", "data")
PACKED = (".gz", ".npz", ".png")  # compressed already
PINS = "requirements-grade.txt"

SETUP = """#!/usr/bin/env bash
# Run once, as root, while Gradescope builds the image.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install -y --no-install-recommends bubblewrap
for version in 3.12 3.11 3.13; do
  apt-get install -y --no-install-recommends "python$version" "python$version-venv" && break
done
"python$version" -m venv /opt/cnn-workbook
cd /autograder/source
/opt/cnn-workbook/bin/pip install --no-cache-dir -r {pins}
# The references are in this folder, and the package is not copied elsewhere.
chown -R root:root /autograder/source
chmod -R go-rwx /autograder/source
"""

RUN = """#!/usr/bin/env bash
# Run as root for each submission. Whatever happens, results.json exists at the end.
umask 077
results=/autograder/results/results.json
chown -R root:root /autograder/source
chmod -R go-rwx /autograder/source
rm -f "$results"
cd /autograder/source
# The container holds this one submission. If it allows no jail inside, a user without rights runs the answers.
jail=$(/opt/cnn-workbook/bin/python -c 'from workbook.course.grading.jail import missing; print(missing() or "")')
unsafe=()
if [ -n "$jail" ]; then echo "$jail"; unsafe=(--unsafe); fi
/opt/cnn-workbook/bin/workbook grade /autograder/submission --out /tmp/graded --chapters {chapters} \\
  --gradescope "$results" "${{unsafe[@]}}"
code=$?
if [ ! -s "$results" ]; then
  echo "grading ended with code $code and without results"
  printf '%s\\n' '{failed}' > "$results"
fi
chmod 644 "$results"
"""

FAILED = (
    '{"score": 0, "stdout_visibility": "hidden", "output": '
    '"The grader itself failed: this is no verdict on your answers. Please tell your instructor."}'
)


def write_zip(root: Path, chapters: Sequence[str], out: Path) -> None:
    """Write an autograder for chapters of the project at `root`, named as "02_convolution".

    It holds the package, its data, the learners' notebooks of these chapters and pinned requirements, but no solution
    notebook. ValueError for an unknown chapter, or if there are none.
    """
    existing = [path.stem for path in learner_notebooks(root)]
    unknown = [chapter for chapter in chapters if chapter not in existing]
    if unknown or not chapters:
        raise ValueError(
            f"Choose chapters from {', '.join(existing) or '(none)'}. Received: {', '.join(unknown) or 'none'}"
        )
    numbers = ",".join(dict.fromkeys(chapter.partition("_")[0] for chapter in chapters))
    texts = {
        "setup.sh": SETUP.format(pins=PINS),
        "run_autograder": RUN.format(chapters=numbers, failed=FAILED),
        PINS: requirements(root),
    }
    notebooks = [f"notebooks/{chapter}.ipynb" for chapter in dict.fromkeys(chapters)]
    content = {name: text.encode("utf-8") for name, text in texts.items()}
    content |= {name: (root / name).read_bytes() for name in (*_project_files(root), *notebooks)}
    write_atomically(out, _zip(content))


def _project_files(root: Path) -> Iterator[str]:
    """Yield the files that installing the package needs, as paths from the root; no links and no caches."""
    for name in FILES:
        if (root / name).is_file():
            yield name
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            below = path.relative_to(root)
            hidden = any(part.startswith(".") or part == "__pycache__" for part in below.parts)
            if path.is_file() and not path.is_symlink() and not hidden:
                yield below.as_posix()


def requirements(root: Path) -> str:
    """Return the pinned requirements of the project, and those of its extra `grade` pinned as installed here."""
    with (root / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    extra = project.get("optional-dependencies", {}).get("grade", [])
    pinned = (root / "requirements.txt").read_text(encoding="utf-8").rstrip("\n").split("\n")
    names = {project.get("name", ""), *map(_package, pinned)}  # the project's own extras are pinned there
    return "\n".join([*pinned, *[_pinned(line) for line in extra if _package(line) not in names]]) + "\n"


def _pinned(requirement: str) -> str:
    """Return a requirement pinned to the installed version; unchanged if it is pinned or not installed."""
    if "==" in requirement:
        return requirement
    try:
        return f"{_package(requirement)}=={version(_package(requirement))}"
    except PackageNotFoundError:
        return requirement


def _package(requirement: str) -> str:
    return re.split(r"[^A-Za-z0-9._-]", requirement.strip(), maxsplit=1)[0].lower()


def _zip(content: dict[str, bytes]) -> bytes:
    """Return a zip of files by name, the same for the same content."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(content):
            mode = 0o755 if name in ("setup.sh", "run_autograder") else 0o644
            info = zipfile.ZipInfo(name, FIXED_DATE)
            info.create_system = 3  # Unix, so that the permissions count
            info.external_attr = (stat.S_IFREG | mode) << 16
            is_packed = name.endswith(PACKED)
            info.compress_type = zipfile.ZIP_STORED if is_packed else zipfile.ZIP_DEFLATED
            archive.writestr(info, content[name])
    return buffer.getvalue()


def results_json(*graded: Graded) -> dict[str, Any]:
    """Return what Gradescope reads: one test for each exercise, with the learner's feedback.

    Several `Graded` are one learner's chapters. Hidden cases stay hidden: only `feedback` of a mark is shown, and what
    the run printed is for the instructor. An answer that waits for a person counts 0, and says so.
    """
    tests = [_test(mark) for submission in graded for mark in submission.marks]
    oddities = "\n".join(one_line(submission.oddity) for submission in graded if submission.oddity)
    result: dict[str, Any] = {
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "output": oddities,
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "tests": tests,
    }
    if not tests:
        result |= {"score": 0.0, "output": oddities or "No answers were found."}
    return result


def _test(mark: Mark) -> dict[str, Any]:
    test = {
        "number": mark.exercise,
        "name": one_line(mark.title),
        "score": float(mark.points or 0),
        "max_score": float(mark.max_points),
        "output": _output(mark),
        "visibility": "visible",
    }
    if mark.outcome == "needs review":
        return test
    return {**test, "status": "passed" if mark.outcome == "passed" else "failed"}


def _output(mark: Mark) -> str:
    if mark.points is None:
        text = f"A person reads this answer; its points come later.\n{clean(mark.feedback)}"
        return text.strip()[:LONGEST_OUTPUT]
    return shorten(clean(mark.feedback) or mark.outcome, LONGEST_OUTPUT)
